"""The exception tree, and pieces of messages: an error a user can cause is a `GapmodelError` that says the fix."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from typing import Any

__all__ = [
    "CheckError",
    "ConfigError",
    "DataError",
    "GapmodelError",
    "InsufficientDataError",
    "UnknownNameError",
    "check_file_name",
    "expect",
    "nearest",
    "plural",
    "printable",
    "quoted",
    "some_of",
]

_MAX_CHOICES = 8


class GapmodelError(Exception):
    """Base class; the command line prints its text and exits 1, without a traceback."""


class DataError(GapmodelError, ValueError):
    """A scores or benchmarks table cannot be used; the text names file, row, column, value and fix."""


class InsufficientDataError(GapmodelError):
    """Nothing is left to analyse (one group absent, a single month, an empty subset)."""


class UnknownNameError(GapmodelError, ValueError):
    """A variant, benchmark, category or option value that does not exist; the text suggests the nearest."""


class ConfigError(GapmodelError, ValueError):
    """A setting is out of range or an output place cannot be written."""


class CheckError(GapmodelError):
    """A result failed its checks where only a checked result may be used."""


def nearest(word: str, choices: Iterable[Any]) -> str:
    """``: did you mean 'mmlu'?``, or nothing where no choice is near or holds the word; case does not matter."""
    wanted, folded = str(word).casefold(), {str(c).casefold(): str(c) for c in choices}
    close = []
    if len(wanted) > 2:  # what begins alike is meant rather than what is spelt alike: gpqa, gpqa_diamond
        close = sorted((name for name in folded if name.startswith(wanted)), key=len)
    close = close or difflib.get_close_matches(wanted, list(folded), n=1, cutoff=0.6)
    if not close and len(wanted) > 2:
        close = sorted((name for name in folded if wanted in name), key=len)
    return f": did you mean '{folded[close[0]]}'?" if close else ""


def expect(value: Any, kind: type | tuple[type, ...], name: str, fix: str) -> None:
    """Refuse an argument of another type, where it would fail far from its cause or mean something else.

    Raises
    ------
    ConfigError

    Examples
    --------
    >>> expect("damped", int, "workers", "give a whole number")
    Traceback (most recent call last):
    ...
    gapmodel.errors.ConfigError: workers is a str: give a whole number
    """
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        found = type(value).__name__
        raise ConfigError(f"{name} is {'an' if found[0] in 'aeiou' else 'a'} {found}: {fix}")


def plural(count: int, noun: str) -> str:
    """``1 benchmark``, ``15 benchmarks``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def some_of(choices: Iterable[Any]) -> str:
    """``: choose one of 'a', 'b' or 4 others``, for a message that has no nearest."""
    names = [quoted(c) for c in choices]
    more = len(names) - _MAX_CHOICES
    return f": choose one of {', '.join(names[:_MAX_CHOICES])}{f' or {more} others' if more > 0 else ''}"


def printable(text: str) -> str:
    """Text for a terminal: signs that steer it, or that nobody sees, are escaped; line breaks and blanks stay.

    Examples
    --------
    >>> print(printable("a\\x1b[2Jb"))
    a\\x1b[2Jb
    """
    if text.isprintable():
        return text
    return "".join(
        c if c == "\n" or c.isprintable() or unicodedata.category(c) == "Zs" else repr(c)[1:-1] for c in text
    )


def check_file_name(name: str) -> None:
    """Refuse a file whose name would go into a manifest and cannot be printed.

    Raises
    ------
    DataError
        It holds a control character or a sign that nobody sees.
    """
    if not name.isprintable():
        raise DataError(f"the name of the file {quoted(name)} holds a sign that nobody sees: rename it")


def quoted(value: Any) -> str:
    """A value for a message: in quotes, control characters escaped, 60 characters at most."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))
    return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}...'"
