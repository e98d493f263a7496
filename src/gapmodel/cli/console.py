"""Where the commands print: as wide as the terminal, or wide enough for a log."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from gapmodel.errors import printable

__all__ = ["output"]


class _Printable(Console):
    """A console on which no text steers the terminal; rich takes out a few control characters and leaves escapes."""

    def render_str(self, text: str, **keywords: Any) -> Text:
        """See `rich.console.Console.render_str`."""
        return super().render_str(printable(text), **keywords)


def output() -> Console:
    """The console of standard output."""
    # A pipe or a log has no width of its own; tables should not be squeezed into 80 columns there.
    console = _Printable(highlight=False)
    return console if console.is_terminal else _Printable(highlight=False, width=120)
