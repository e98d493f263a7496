"""The one way in which commands print a line: what steers a terminal is escaped, wherever it came from."""

from __future__ import annotations

import sys

from gapmodel.errors import printable

__all__ = ["say"]


def say(text: str, *, error: bool = False) -> None:
    """Print a line to standard output, or to standard error.

    Examples
    --------
    >>> say("written to a\\x1b[2J")
    written to a\\x1b[2J
    """
    print(printable(text), file=sys.stderr if error else sys.stdout, flush=True)
