"""Dates that a model's name states, and whether its release date agrees with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["NEAR_DAYS", "StatedDate", "contradiction", "stated_dates"]

#: A name may carry the day of a checkpoint, which is out a few days later.
NEAR_DAYS = 14

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"),
    "december",
)
_FIRST_YEAR, _LAST_YEAR = 2018, 2039
_START, _END = r"(?<![0-9A-Za-z.])", r"(?![0-9A-Za-z]|\.[0-9])"
# The longest forms first: what one form has read, a shorter one does not read again.
_FORMS = (
    re.compile(rf"{_START}(?P<year>20[0-9]{{2}})[-_.]?(?P<month>[01][0-9])[-_.]?(?P<day>[0-3][0-9]){_END}"),
    re.compile(rf"{_START}(?P<month>[01][0-9])-(?P<day>[0-3][0-9])-(?P<year>20[0-9]{{2}}){_END}"),
    re.compile(rf"{_START}(?P<month>[01][0-9])-(?P<year>20[0-9]{{2}}){_END}"),
    re.compile(rf"{_START}(?P<year>20[0-9]{{2}})-(?P<month>[01][0-9]){_END}"),
    re.compile(rf"{_START}(?P<name>[A-Z][a-z]{{2,8}})\.?,? ?(?P<year>20[0-9]{{2}}){_END}"),
    re.compile(rf"{_START}(?P<month>[01][0-9])-(?P<day>[0-3][0-9]){_END}"),
    re.compile(rf"{_START}(?P<short>2[0-9])(?P<month>[01][0-9]){_END}"),
    re.compile(rf"{_START}(?P<month>[01][0-9])(?P<day>[0-3][0-9]){_END}"),
)


@dataclass(frozen=True)
class StatedDate:
    """A date in a name, as far as it goes.

    Attributes
    ----------
    text : str
        As it is written.
    year, day : int or None
    month : int
    """

    text: str
    year: int | None
    month: int
    day: int | None

    def days_from(self, when: date) -> int:
        """Days by which `when` misses it: 0 within it, and of the nearest year where it states none."""
        years = [self.year] if self.year is not None else [when.year - 1, when.year, when.year + 1]
        spans = []
        for year in years:
            first = date(year, self.month, self.day or 1)
            end = first if self.day else (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            spans.append(max((first - when).days, (when - end).days, 0))
        return min(spans)


def stated_dates(name: str) -> list[StatedDate]:
    """Dates in a name or a version's label.

    Parameters
    ----------
    name : str

    Returns
    -------
    list of StatedDate
        Full dates (``2024-11-20``, ``20241120``, ``01-29-2025``), months (``Nov 2024``, ``09-2025``, ``2507``) and days
        without a year (``0125``, ``04-17``). Four digits are year and month where they begin with 20 to 29, else month
        and day; what is no date of the calendar is none.

    Examples
    --------
    >>> [s.text for s in stated_dates("GPT-4o (Nov 2024), gpt-4o-2024-11-20")]
    ['2024-11-20', 'Nov 2024']
    """
    found, rest = [], name
    for form in _FORMS:
        for match in form.finditer(rest):
            parts = match.groupdict()
            stated = _stated(match.group(0).strip(), parts)
            if stated is not None:
                found.append(stated)
                rest = rest[: match.start()] + " " * len(match.group(0)) + rest[match.end() :]
    return found


def contradiction(name: str, when: date) -> str:
    """Which date in `name` a release on `when` contradicts; empty where none does.

    Parameters
    ----------
    name : str
        Of a model or a version.
    when : datetime.date

    Returns
    -------
    str
        The stated date as written, where the release misses it by more than `NEAR_DAYS`.

    Examples
    --------
    >>> from datetime import date
    >>> contradiction("GPT-4o (Nov 2024)", date(2024, 5, 13)), contradiction("GPT-4o (Nov 2024)", date(2024, 11, 20))
    ('Nov 2024', '')
    """
    return next((s.text for s in stated_dates(name) if s.days_from(when) > NEAR_DAYS), "")


def _stated(text: str, parts: dict[str, str | None]) -> StatedDate | None:
    named = (parts.get("name") or "").casefold()
    of_name = [k for k, full in enumerate(_MONTHS, start=1) if named and full.startswith(named)]
    if named and not of_name:
        return None
    month = of_name[0] if named else int(parts["month"] or 0)
    said = parts.get("day")
    short, long = parts.get("short"), parts.get("year")
    year = 2000 + int(short) if short else int(long) if long else None
    day = int(said) if said else None
    if year is not None and not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        date(year or 2024, month, day or 1)  # 2024 has a 29 February
    except ValueError:
        return None
    return StatedDate(text, year, month, None if (month, day) == (2, 29) and year is None else day)
