"""Numbers, dates and strings as they appear on the page; everything from data passes through `esc`."""

from __future__ import annotations

import html
import json
import math
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from gapmodel.analysis.wording import Wording

if TYPE_CHECKING:
    from gapmodel.runs.run import Run

__all__ = ["bundled_note", "day", "esc", "json_block", "number", "prose", "signed", "span"]


def esc(value: Any) -> str:
    """Text from data, safe in HTML content and in quoted attributes."""
    return html.escape(str(value), quote=True)


def prose(text: str) -> str:
    """A sentence of the page, escaped; a number and its per cent sign stay on one line, with the same characters."""
    return re.sub(r"\d+ %", r'<span class="whole">\g<0></span>', esc(text))


def number(value: float | None, digits: int = 1) -> str:
    """Fixed digits with a true minus sign; missing is blank."""
    if value is None or not math.isfinite(value):
        return ""
    text = f"{value:.{digits}f}"
    return text.replace("-", "" if float(text) == 0 else "−")


def signed(value: float, digits: int = 1) -> str:
    """As `number`, with a plus sign for what is above zero."""
    text = number(value, digits)
    return f"+{text}" if float(text.replace("−", "-")) > 0 else text


def span(lower: float, upper: float, digits: int = 1) -> str:
    """Bounds of an interval in words."""
    return f"{number(lower, digits)} to {number(upper, digits)}"


def bundled_note(run: Run) -> str:
    """What the run is that comes with the package, so that no one takes it for one of their own."""
    data = run.summary["data"]
    return (
        f"This is the reference run that comes with gapmodel: bundled data {data['snapshot']} as of "
        f"{day(data['as_of'])}, nothing was sampled to show it. For new data, or choices of your own: gapmodel run."
    )


def day(value: Any) -> str:
    """``31 July 2026``; blank where missing."""
    return "" if value is None or pd.isna(value) else Wording().date(str(value))


def json_block(content: Any) -> str:
    """JSON that cannot end the script element it stands in, nor open a comment in it; keys in given order."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for raw, safe in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(raw, safe)
    return text
