"""One row of the table, work in a process of its own, versions."""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

__all__ = ["Measured", "Row", "installed", "isolated", "seconds", "setting"]

_PACKAGES = (
    "gapmodel",
    "numpy",
    "pandas",
    "xarray",
    "pymc",
    "pytensor",
    "nutpie",
    "numba",
    "arviz",
    "numpyro",
    "bambi",
)


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    what : str
    ours, peer : float or None
        The two numbers compared, in `unit`.
    unit : str
    ratio : float or None
        How many times as good ours is: above 1 is better than the peer. For the cost of a warm refit it is the share
        of its own sampling, where 1 is the least.
    goal : str
        What was asked for; empty where nothing was.
    note : str
        What the peer is, and whatever else a reader must know.
    """

    what: str
    ours: float | None
    peer: float | None = None
    unit: str = "s"
    ratio: float | None = None
    goal: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As a plain dictionary."""
        return asdict(self)


@dataclass(frozen=True)
class Measured:
    """What a function gave in a process of its own, and the most memory that process held, GB."""

    value: Any
    peak_gb: float


def isolated(function: Callable[..., Any], *, env: Mapping[str, str] | None = None, **arguments: Any) -> Measured:
    """Call a function in a fresh process, with further environment variables."""
    with _environment(env or {}), ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_watched, function, arguments).result()


def seconds(function: Callable[[], Any], *, repeat: int = 1) -> tuple[float, Any]:
    """The shortest time of several calls, and the last result."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        result = function()
        best = min(best, time.perf_counter() - start)
    return best, result


def installed(package: str) -> str | None:
    """Version of a package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def setting() -> dict[str, Any]:
    """Machine and versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: installed(name) for name in _PACKAGES if installed(name)},
    }


def _watched(function: Callable[..., Any], arguments: dict[str, Any]) -> Measured:
    value = function(**arguments)
    return Measured(value, _peak_gb())


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _processor() -> str:
    return _from_file("/proc/cpuinfo", "model name") or platform.processor() or "unknown"


def _peak_gb() -> float:
    """Most memory that this process held; `getrusage` would count the process that started it too."""
    held = _from_file("/proc/self/status", "VmHWM")
    if held is not None:
        return int(held.split()[0]) * 1024 / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def _from_file(path: str, field: str) -> str | None:
    """The first line ``field : value`` of a file that only Linux has."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), None)
