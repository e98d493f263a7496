"""What a column of a table made for people holds: dates, open or closed, who made the model; by name and content.

A column has a role when its name is one of a list and its cells can be read that way, so that a benchmark called
*Open* stays a benchmark. The values of the file itself go before those of every other table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from gapmodel.errors import DataError, quoted
from gapmodel.sources.convert.records import BLANK, cell_text, column_key

__all__ = ["column_roles", "open_or_closed", "role_notes", "roles_of_row"]

# Role → names of columns, the best first; without case, spaces and signs.
_NAMES = {
    "release_date": (
        *("releasedate", "release", "released", "releasedat", "modelreleasedate", "datereleased", "dateofrelease"),
        *("publicationdate", "launchdate", "launched", "date"),
    ),
    "weights": (
        *("weights", "openweights", "isopenweights", "openweight", "isopenweight", "openclosed", "openorclosed"),
        *("isopen", "open", "isopensource", "opensource", "opensourced", "osmodel", "modelaccessibility"),
        *("accessibility", "accessibilitygroup", "modelaccess", "access", "license", "licence", "modellicense"),
    ),
    "weights_date": ("weightsdate", "weightsreleasedate", "openweightsdate"),
    "announced_date": ("announceddate", "announcementdate", "announced", "announcedat"),
    "organization": ("organization", "organisation", "modelorganization", "developer", "creator", "maker", "lab"),
    "licence_tier": ("licencetier", "licensetier"),
    "country": ("country", "countryoforganization"),
}
_DATES = ("release_date", "weights_date", "announced_date")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ][0-9:.]+(Z|[+-][0-9:]+)?)?")
_LIKE_A_DATE = re.compile(r"[0-9]{4}([-/.][0-9]{1,2}){0,2}.*")
_OPEN = {"open", "true", "yes", "y", "1", "open weights", "open weight", "open source", "open-source", "open-weights"}
_CLOSED = {"closed", "false", "no", "n", "0", "api", "api access", "closed weights", "closed source", "closed-source"}


def column_roles(table: pd.DataFrame, *, taken: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """The columns that say something of a model.

    Parameters
    ----------
    table : pandas.DataFrame
        Cells as text or typed.
    taken : iterable of str
        Columns that are something else.

    Returns
    -------
    dict
        Role → columns, the best first: a cell that is empty in one is taken from the next.
    """
    names = {column_key(c): str(c) for c in table if str(c) not in set(taken)}
    roles: dict[str, tuple[str, ...]] = {}
    for role, keys in _NAMES.items():
        found = tuple(names[k] for k in keys if k in names and _can_be(role, table[names[k]]))
        if found:
            roles[role] = found
    return roles


def roles_of_row(row: Mapping[str, Any], roles: Mapping[str, tuple[str, ...]], where: str) -> dict[str, str | None]:
    """What one row says of its model.

    Parameters
    ----------
    row : mapping
        Column → cell.
    roles : mapping
        From `column_roles`.
    where : str
        What a message calls the row.

    Returns
    -------
    dict
        Role → text, ``None`` where nothing is said; ``release_date`` and ``weights`` always. Days without a time;
        ``weights`` as ``open``, ``closed`` or ``unreleased``.

    Raises
    ------
    DataError
        A cell that says neither open nor closed, or two columns that contradict each other.
    """
    found: dict[str, str | None] = {"release_date": None, "weights": None}
    for role, columns in roles.items():
        said: list[tuple[str, str]] = []
        for column in columns:
            text = cell_text(row[column])
            if text is None:
                continue
            value = _flag(column, text, where) if role == "weights" else _day(text) if role in _DATES else text
            if value is not None:
                said.append((column, value))
        if role == "weights" and len({value for _, value in said}) > 1:
            words = " and ".join(f"column {quoted(c)} says {v}" for c, v in said)
            raise DataError(f"{where}: {words}; fix one, or remove the column")
        found[role] = said[0][1] if said else None
    return found


def open_or_closed(text: str, *, licence: bool = False) -> str | None:
    """``open``, ``closed`` or ``unreleased``; ``None`` where the words say none of them.

    Parameters
    ----------
    text : str
    licence : bool
        The words name a licence: a named one is open, ``proprietary`` closed.

    Examples
    --------
    >>> open_or_closed("Open weights (restricted use)"), open_or_closed("Proprietary"), open_or_closed("TRUE")
    ('open', 'closed', 'open')
    >>> open_or_closed("MIT"), open_or_closed("MIT", licence=True)
    (None, 'open')
    """
    word = " ".join(text.casefold().replace("_", " ").split())
    if word in BLANK | {"unknown", "other", "undisclosed"}:
        return None
    if word == "unreleased":
        return "unreleased"
    if word in _CLOSED or word.startswith(("proprietary", "propriet", "closed", "api ", "hosted access")):
        return "closed"
    if word in _OPEN or word.startswith(("open weights", "open-weights", "open weight", "open source", "open-source")):
        return "open"
    return "open" if licence else None


def role_notes(roles: Mapping[str, tuple[str, ...]]) -> list[str]:
    """What was taken for what, one sentence per role whose column has another name."""
    words = {"weights": "open or closed", "release_date": "release date", "weights_date": "date of the weights"}
    return [
        f"column {', then '.join(map(quoted, columns))} taken as {words.get(role, role.replace('_', ' '))}"
        for role, columns in roles.items()
        if columns != (role,)
    ]


def _can_be(role: str, column: pd.Series) -> bool:
    texts = [text for text in map(cell_text, column) if text is not None]
    if role in _DATES:
        return any(_LIKE_A_DATE.fullmatch(text) for text in texts)
    if role == "weights":
        licence = _is_licence(str(column.name))
        return any(open_or_closed(text, licence=licence) for text in texts)
    return bool(texts)


def _flag(column: str, text: str, where: str) -> str | None:
    licence = _is_licence(column)
    value = open_or_closed(text, licence=licence)
    blank = text.casefold() in BLANK | {"unknown", "other", "undisclosed"}
    if value is None and not blank:
        raise DataError(f"{where}, column {column}: {quoted(text)} says neither open nor closed; write open or closed")
    return value


def _is_licence(column: str) -> bool:
    return column_key(column) in ("license", "licence", "modellicense")


def _day(text: str) -> str:
    match = _DAY.fullmatch(text)
    return match.group(1) if match else text
