"""Where the commands print: as wide as the terminal, or wide enough for a log."""

from __future__ import annotations

from rich.console import Console

__all__ = ["output"]


def output() -> Console:
    """The console of standard output."""
    # A pipe or a log has no width of its own; tables should not be squeezed into 80 columns there.
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)
