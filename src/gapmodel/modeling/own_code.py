"""The code of a user's variant: whatever it does, one error that names its file and line, and no traceback."""

from __future__ import annotations

import ast
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import xarray as xr

from gapmodel.errors import ConfigError, GapmodelError, printable, quoted

__all__ = ["TREND_DIMS", "called", "checked_trend", "line_of", "own_trend"]

#: What a trend gives, and with which dims.
TREND_DIMS = {
    "benchmark_trend": ("benchmark", "chain", "draw", "time"),
    "population_mean": ("chain", "draw", "time"),
    "population_sd": ("chain", "draw", "time"),
}
_LONGEST = 300


def called(file: str, part: str, function: Callable, *args: Any) -> Any:
    """What `function` of the file gives; working directory and output are as they were afterwards.

    Raises
    ------
    ConfigError
        It fails, in whatever way: the text names the last line of the file that was come by.
    """
    try:
        with _process_kept():
            return function(*args)
    except (GapmodelError, KeyboardInterrupt):
        raise
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((f", line {f.lineno}" for f in reversed(frames) if Path(f.filename).name == Path(file).name), "")
        said = printable(" ".join(str(error).split()))
        said = f": {said[:_LONGEST]}" if said else ""
        raise ConfigError(f"{file}{line}: {part} fails: {type(error).__name__}{said}") from error


class _KeptOpen:
    """A stream that the code which it is lent to cannot close."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def close(self) -> None:
        """Do nothing: messages of this program go there later."""

    def __getattr__(self, name: str) -> Any:
        if name == "_stream":  # asked for before it is set, by unpickling
            raise AttributeError(name)
        return getattr(self._stream, name)


@contextmanager
def _process_kept() -> Iterator[None]:
    """Code that ends the process at once would pass for success, one that moves it would write elsewhere.

    What it prints goes to standard error, so that output for machines stays what it is. In other threads than the main
    one nothing is held: exit, directory and streams are of the whole process, and two threads would put back each
    other's.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    leave, place, holder = os._exit, _directory(), os.getpid()

    def refused(status: int = 0) -> NoReturn:
        if os.getpid() != holder or threading.current_thread() is not threading.main_thread():
            leave(status)  # a forked child ends so, and so does a library that watches the process
        raise SystemExit(f"os._exit({status})")

    kept: Any = None if sys.stderr is None else _KeptOpen(sys.stderr)
    os._exit = refused
    try:
        with redirect_stdout(kept), redirect_stderr(kept):
            yield
    finally:
        os._exit = leave
        if place and _directory() != place:
            os.chdir(place)


def _directory() -> Path | None:
    """The working directory; None where it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def own_trend(file: str, function: Callable) -> Callable:
    """`function` as the trend of a variant, `called` and `checked_trend` each time; can be sent to another process."""
    return partial(_trend, file, function)


def _trend(file: str, function: Callable, samples: xr.Dataset, years: np.ndarray) -> xr.Dataset:
    trend = called(file, "trend", function, samples, years)
    code = getattr(function, "__code__", None)
    where = f"{file}, line {code.co_firstlineno}" if code and Path(code.co_filename).name == Path(file).name else file
    return checked_trend(trend, len(years), where=where)


def checked_trend(trend: Any, times: int, *, where: str) -> xr.Dataset:
    """A trend that has what estimands read.

    Parameters
    ----------
    trend
        What a variant's function gave for `times` points in time.
    times : int
    where : str
        What messages begin with.

    Raises
    ------
    ConfigError
        It is no dataset, or lacks a variable, a dim or a time.
    """
    if not isinstance(trend, xr.Dataset):
        raise ConfigError(
            f"{where}: trend returns {type(trend).__name__}: return an xarray.Dataset with {', '.join(TREND_DIMS)}"
        )
    for name, dims in TREND_DIMS.items():
        if name not in trend:
            raise ConfigError(f"{where}: trend gives no '{name}': add it, with dims {', '.join(dims)}")
        given = tuple(map(str, trend[name].dims))
        if set(given) != set(dims):
            raise ConfigError(f"{where}: {name} of the trend has dims {given}, must have {dims}")
        if trend[name].sizes["time"] != times:
            raise ConfigError(f"{where}: {name} of the trend has {trend[name].sizes['time']} times for {times} years")
        if trend[name].dtype.kind not in "fiu":
            raise ConfigError(f"{where}: {name} of the trend is {quoted(trend[name].dtype)}: give numbers")
    return trend


def line_of(path: Path | None, name: str) -> str:
    """``, line 7``: where a file calls something with this name as first argument; nothing where it cannot be told."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8")) if path else None
    except (OSError, SyntaxError, ValueError):
        return ""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args) if tree else ()
    lines = [c.lineno for c in calls if isinstance(c.args[0], ast.Constant) and c.args[0].value == name]
    return f", line {min(lines)}" if lines else ""
