"""Cells of tables that were made for people: numbers, days, open or closed, and what says that there is nothing."""

from __future__ import annotations

import calendar
import html
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gapmodel.errors import quoted

__all__ = [
    "BLANK",
    "SHORT_YEAR",
    "Day",
    "Unreadable",
    "cell_text",
    "column_key",
    "day_order",
    "is_number",
    "link_text",
    "links_weights",
    "open_or_closed",
    "read_day",
    "read_number",
    "with_points",
]

# Cells that say "not measured" in tables made for people.
BLANK = frozenset(
    (
        *("", "-", "--", "---", "–", "—", "?", "~", ".", "..", "…", "...", "n/a", "na", "n.a.", "nan", "nat", "none"),
        *("null", "nil", "#n/a", "<na>", "tbd", "tba", "pending", "unknown", "missing", "undisclosed", "not tested"),
        *("not run", "not available", "not reported", "not measured", "not evaluated", "⏳", "⌛", "🚧", "🔜"),
    )
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_FRONT = re.compile(r"([+-]?(?:\d[\d,.']*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)")
# What may stand behind a number without changing it: an interval, an error, footnote signs, a rank in brackets.
_BEHIND = re.compile(
    r"\s*(±\s*[\d.,]+\s*%?|\+[\d.,]+\s*/\s*-[\d.,]+|\+/-\s*[\d.,]+\s*%?|\([^()]*\)|\[[^\[\]]*\]|[*†‡§^¹²³]+|pts?|points?)\s*"
)
_COMMA = re.compile(r"[+-]?\d[\d.]*,\d+ ?%?")
_NOT_MEASURED = {"x", "✗", "✘", "❌"}  # in a column of numbers; in one of flags they say no
_MONTHS = {name.casefold(): k for names in (calendar.month_name, calendar.month_abbr) for k, name in enumerate(names)}
_MONTHS["sept"] = 9
#: In small letters: 3/4/24, 03-04-24, Mar 24, 5-Mar-24.
SHORT_YEAR = re.compile(
    rf"\d{{1,2}}([/.-])\d{{1,2}}\1\d{{2}}|(\d{{1,2}}[ -])?({'|'.join(filter(None, _MONTHS))})\.?[ -]['’]?\d{{2}}"
)
_WEIGHTS_LINK = re.compile(
    r"(?:\[[^\[\]]*\]\(|<a href=\"|<)?(?:https?:)?//(?:www\.)?huggingface\.co/"
    r"(?!(?:spaces|datasets|papers|blog|collections|docs|chat|posts|organizations)/)"
    r"[\w.-]+/(?P<name>[\w.-]+)/?(?:[?#)>\"].*)?"
)
_FIRST_YEAR = 2000
_SERIALS = range(40000, 55000)  # days of a spreadsheet, 2009 to 2050
_YES = {"true", "yes", "y", "1", "1.0", "✓", "✔", "✅"}
_NO = {"false", "no", "n", "0", "0.0", "✗", "✘", "❌"}
_OPEN = _YES | {"open", "☑", "open access", "downloadable", "public weights"}
_CLOSED = _NO | {"closed", "api", "private", "api only", "saas", "hosted"}
_NO_FLAG = {"unknown", "other", "undisclosed", "custom", "commercial", "not specified", "unspecified", "various"}


class Unreadable(ValueError):
    """A cell that says something which is not what its column holds; the text is what is wrong, and the fix."""


@dataclass(frozen=True)
class Day:
    """A day, and whether a month alone was given (its last day is taken)."""

    day: date
    month_only: bool = False


def cell_text(cell: Any) -> str | None:
    """A cell as text on one line; ``None`` where it says that there is nothing."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime | date):
        return None if str(cell) == "NaT" else cell.isoformat().removesuffix("T00:00:00")
    text = str(cell).strip()
    return None if text.casefold() in BLANK else text


def link_text(cell: Any) -> str:
    """Text of a cell without what a page puts around it: links, marks of stress, footnotes, signs at either end.

    Examples
    --------
    >>> link_text("[Ash-1](https://x.example) [^2] 🆕"), link_text("**Elm**<br>(5-shot)<sup>1</sup>")
    ('Ash-1', 'Elm (5-shot)')
    """
    text = _unmarked(cell_text(cell) or "")
    signs = "".join(c for c in text if unicodedata.category(c) in ("So", "Sk") or c in "\ufe0f\u200d")
    return " ".join(text.strip(signs + " ").split())


def _unmarked(text: str) -> str:
    """Text without the marks of HTML and Markdown around it; a raised sign is a footnote."""
    if not re.search(r"[<&\[*_`~]", text):
        return text
    text = re.sub(r"<(sup|sub|del|s|strike)\b[^<>]*>.*?</\1>", "", html.unescape(text), flags=re.I)
    text = re.sub(r"~~.+?~~", "", text)
    text = re.sub(r"</?[a-zA-Z][^<>]*>", lambda tag: " " if tag[0].lower().startswith("<br") else "", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)", r"\1", text)
    text = re.sub(r"\s*\[\^[^\[\]]*\]", "", text)
    text = re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", text)
    return re.sub(r"(?<![\w*])([*_])([^*_]+)\1(?![\w*])", r"\2", text).strip()


def links_weights(cell: Any) -> bool:
    """Whether a cell is a link to a model at huggingface.co, where weights are: no paper, demo or data set, no note.

    Examples
    --------
    >>> links_weights("https://huggingface.co/a/Ash-7B"), links_weights("https://huggingface.co/spaces/a/b")
    (True, False)
    """
    return isinstance(cell, str) and _WEIGHTS_LINK.fullmatch(cell.strip()) is not None


def linked_name(cell: Any) -> str | None:
    """Name under which huggingface.co has what a cell links to; ``None`` where it is no link to weights.

    Examples
    --------
    >>> linked_name("[Ash](https://huggingface.co/a/Ash-1-7B) (7B)"), linked_name("Ash-1")
    ('Ash-1-7B', None)
    """
    found = _WEIGHTS_LINK.fullmatch(cell.strip()) if isinstance(cell, str) else None
    return found["name"] if found else None


def column_key(column: Any) -> str:
    """A column's name without case, spaces and signs, by which spellings of one name are the same."""
    return re.sub(r"[^a-z0-9±]", "", str(column).casefold())


def with_points(cells: Sequence[Any], *, likely: bool = False) -> list[Any]:
    """The cells of a column with points for decimal commas, where its commas are decimal ones: ``0,42``, not ``1,234``.

    Parameters
    ----------
    cells : sequence
    likely : bool
        The file separates cells with semicolons, as spreadsheets do where decimals have a comma.

    Examples
    --------
    >>> with_points(["0,42", "1,5 %", "n/a"]), with_points(["1,234", "12,345"])
    (['0.42', '1.5 %', 'n/a'], ['1,234', '12,345'])
    """
    texts = [c.strip() for c in cells if isinstance(c, str) and _COMMA.fullmatch(c.strip())]
    surely = any(re.fullmatch(r"[+-]?(0,\d+|[\d.]+,(\d{1,2}|\d{4,})) ?%?", text) for text in texts)
    if not texts or not (surely or likely):
        return list(cells)
    return [
        c.strip().replace(".", "").replace(",", ".") if isinstance(c, str) and _COMMA.fullmatch(c.strip()) else c
        for c in cells
    ]


def read_number(cell: Any) -> tuple[float, bool, str] | None:
    """A number from a cell.

    Parameters
    ----------
    cell
        Typed or text.

    Returns
    -------
    value : float
    percent : bool
        A percent sign follows; the value is as written.
    behind : str
        What stands behind the number and was not read.
        ``None`` in place of all three where nothing was measured.

    Raises
    ------
    Unreadable

    Examples
    --------
    >>> read_number("9.6 %"), read_number("**85.3** ± 1.2"), read_number("1,234"), read_number("TBD")
    ((9.6, True, ''), (85.3, False, '± 1.2'), (1234.0, False, ''), None)
    >>> read_number("<ins>95.7</ins>"), read_number("[0.739](https://x.example)"), read_number("🥇 88")
    ((95.7, False, ''), (0.739, False, ''), (88.0, False, ''))
    """
    text = cell_text(cell)
    if text is None or text.casefold() in _NOT_MEASURED:
        return None
    if isinstance(cell, bool):
        raise Unreadable(f"{text} is no number; leave the cell empty where nothing was measured")
    if isinstance(cell, int | float):
        try:
            return _finite(float(cell), text), False, ""
        except OverflowError:
            raise Unreadable(f"{quoted(text)} is too large for a number; give a finite one") from None
    bare = _unmarked(text)
    if cell_text(bare) is None:
        return None
    bare = bare.replace("**", "").replace("\N{MINUS SIGN}", "-").replace("\xa0", " ").strip().removeprefix("'")
    while bare and unicodedata.category(bare[0]) == "So":  # a medal
        bare = bare[1:].strip()
    ratio = re.fullmatch(r"(\d+)\s*/\s*(\d+)", bare)
    if ratio and int(ratio[2]):
        return int(ratio[1]) / int(ratio[2]), False, ""
    front = _FRONT.match(bare)
    if front is None:
        raise Unreadable(
            f"{quoted(text)} is no number; write digits, or leave the cell empty where nothing was measured"
        )
    digits = front[1].replace("'", "")
    digits = _without_thousands(digits)
    rest, behind = bare[front.end() :], []
    while rest:
        found = _BEHIND.match(rest)
        if found is None:
            raise Unreadable(f"{quoted(text)} is no number; write digits alone, or leave the cell empty")
        behind.append(found[1])
        rest = rest[found.end() :]
    if not _NUMBER.fullmatch(digits):
        raise Unreadable(f"{quoted(text)} is no number; write digits with a point for decimals")
    return _finite(float(digits), text), bool(front[2]), " ".join(behind)


def is_number(cell: Any) -> bool:
    """Whether a cell holds a number, see `read_number`."""
    try:
        return not isinstance(cell, bool) and read_number(cell) is not None
    except Unreadable:
        return False


def day_order(cells: Sequence[Any]) -> str | None:
    """``dmy`` or ``mdy``: the order in which days such as ``03/14/2024`` are written; ``None`` if unclear."""
    pairs = [tuple(map(int, found.groups())) for cell in cells if (found := _slashed(cell_text(cell) or ""))]
    first, second = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    return "dmy" if first and not second else "mdy" if second and not first else None


def read_day(cell: Any, *, order: str | None = None, serial: bool = False) -> Day | None:
    """A day from a cell: ISO with or without a time, ``5 March 2024``, ``2024/3/5``, ``20240305``, a month alone.

    Parameters
    ----------
    cell
    order : {'dmy', 'mdy'}, optional
        Of ``03/04/2024``; days with points (``03.04.2024``) put the day first.
    serial : bool
        Numbers are days of a spreadsheet, or seconds or milliseconds since 1970.

    Raises
    ------
    Unreadable

    Examples
    --------
    >>> [str(read_day(text).day) for text in ("2024-01-10T00:00:00Z", "Mar 5, 2024", "2024-02", "5.3.2024")]
    ['2024-01-10', '2024-03-05', '2024-02-29', '2024-03-05']
    """
    found = _day(cell, order, serial)
    if found is not None and found.day.year < _FIRST_YEAR:
        raise Unreadable(f"{quoted(cell_text(cell))} is too early for a model; fix the year")
    return found


def _day(cell: Any, order: str | None, serial: bool) -> Day | None:
    text = cell_text(cell)
    if text is None:
        return None
    words = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", " ".join(text.replace(",", " ").split()).casefold())
    try:
        if found := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([t ].*)?", words):
            return Day(date(*(int(found[k]) for k in (1, 2, 3))))
        if found := re.fullmatch(r"(20\d\d|19\d\d)(\d\d)(\d\d)(\.0)?", words):
            return Day(date(*(int(found[k]) for k in (1, 2, 3))))
        if found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", words):
            return Day(date(int(found[3]), int(found[2]), int(found[1])))
        if found := re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})( .*)?", words):
            if order is None and found[1] != found[2]:
                fix = "write 2024-03-05, or say --date-order dmy or mdy"
                raise Unreadable(f"{quoted(text)} may be a day first or a month first; {fix}")
            a, b = int(found[1]), int(found[2])
            return Day(date(int(found[3]), *((b, a) if order == "dmy" else (a, b))))
        if (found := re.fullmatch(r"(\d{4})[-/.]?(0[1-9]|1[0-2])", words)) or (
            found := re.fullmatch(r"(\d{4})[-/.](\d)", words)
        ):
            return _month(int(found[1]), int(found[2]))
        if found := re.fullmatch(r"(\d{1,2})[/-](\d{4})", words):
            return _month(int(found[2]), int(found[1]))
        if day := _named_month(words):
            return day
        if serial and re.fullmatch(r"\d{5,}(\.\d+)?", words):
            return Day(_serial(float(words)))
    except Unreadable:
        raise
    except (ValueError, OverflowError):
        raise Unreadable(f"{quoted(text)} is not in the calendar; write year-month-day, 2024-03-05") from None
    if SHORT_YEAR.fullmatch(words):
        raise Unreadable(f"{quoted(text)} has a year of two digits; write year-month-day, 2024-03-05")
    if re.fullmatch(r"(q[1-4]|h[12])?\s*[- ]?\d{4}\s*[- ]?(q[1-4]|h[12])?", words):
        raise Unreadable(f"{quoted(text)} is too coarse for a date; write the day, 2024-03-05, or the month, 2024-03")
    raise Unreadable(f"{quoted(text)} is no date; write year-month-day, 2024-03-05")


def open_or_closed(text: str, *, licence: bool = False, inverted: bool = False) -> str | None:
    """``open``, ``closed`` or ``unreleased``; ``None`` where the words say none of them.

    Parameters
    ----------
    text : str
    licence : bool
        The words name a licence: a named one is open, ``proprietary`` closed.
    inverted : bool
        The column asks whether a model is closed: its yes is ``closed``. Words such as *open* keep their meaning.

    Examples
    --------
    >>> open_or_closed("Open weights (restricted use)"), open_or_closed("Proprietary"), open_or_closed("TRUE")
    ('open', 'closed', 'open')
    >>> open_or_closed("MIT"), open_or_closed("MIT", licence=True), open_or_closed("yes", inverted=True)
    (None, 'open', 'closed')
    """
    word = " ".join(text.casefold().replace("_", " ").replace("-", " ").split())
    if text.casefold() in BLANK or word in _NO_FLAG:
        return None
    if word == "unreleased" or word.startswith("not released"):
        return "unreleased"
    if inverted and word in _YES | _NO:
        return "open" if word in _NO else "closed"
    if word in _CLOSED or re.match(r"(propriet|closed|api |hosted access|non open|not open)", word):
        return "closed"
    if re.search(r"\b(proprietary|closed source|closed weights?)\b", word):
        return "closed"
    if re.search(r"\b(soon|planned|upcoming|later|future)\b", word):
        return None
    if word in _OPEN or re.match(r"(fully |partially )?open( (?!ish\b|api\b)|source|weight|$)", word):
        return "open"
    return "open" if licence and not re.search(r"terms of (service|use)|\beula\b|all rights", word) else None


def _finite(value: float, text: str) -> float:
    if not math.isfinite(value):
        raise Unreadable(f"{quoted(text)} is not finite; give a finite number, or leave the cell empty")
    return value + 0.0


def _without_thousands(digits: str) -> str:
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", digits):
        return digits.replace(",", "")
    return digits


def _slashed(text: str) -> re.Match[str] | None:
    return re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-]\d{4}(?: .*)?", text) and re.match(r"(\d{1,2})[/-](\d{1,2})", text)


def _month(year: int, month: int) -> Day:
    return Day(date(year, month, calendar.monthrange(year, month)[1]), True)


def _named_month(words: str) -> Day | None:
    found = re.fullmatch(r"(?:[a-z]+ )?(\d{1,2})[ -]([a-z]+)\.?[ -](\d{4})", words)
    if found and found[2] in _MONTHS:
        return Day(date(int(found[3]), _MONTHS[found[2]], int(found[1])))
    found = re.fullmatch(r"([a-z]+)\.?[ -](\d{1,2})[ -](\d{4})", words)
    if found and found[1] in _MONTHS:
        return Day(date(int(found[3]), _MONTHS[found[1]], int(found[2])))
    found = re.fullmatch(r"(?:early |mid |late )?([a-z]+)\.?[ -]'?(\d{4})", words)
    if found and found[1] in _MONTHS:
        return _month(int(found[2]), _MONTHS[found[1]])
    return None


def _serial(value: float) -> date:
    if int(value) in _SERIALS:
        return date(1899, 12, 30) + timedelta(days=int(value))
    seconds = value / 1000 if value > 1e11 else value
    if not 1e9 < seconds < 3e9:
        raise ValueError(value)
    return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).date()
