"""What is wrong with a scores table: every fault with its file, line, column and fix."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.errors import nearest, quoted
from gapmodel.scores.distinct import Cells, together
from gapmodel.scores.names import hidden_sign, look_alike, spelling

__all__ = [
    "OF_A_MODEL",
    "Fault",
    "Readers",
    "benchmark_faults",
    "fault_report",
    "readers",
    "row_faults",
    "schema_faults",
    "without",
    "wrong_values",
]

# Properties of a model, not of a run: a model that has two values of one of them is two models.
OF_A_MODEL = ("release_date", "weights", "weights_date", "announced_date", "licence_tier")
#: Time zones make one day of difference between two dates of one event.
_SAME_EVENT = timedelta(days=1)
_MAX_FAULTS, _OF_OTHERS = 20, 8
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

_NAMES = ("benchmark", "model", "variant", "version", "date_source", "organization", "source", "licence_tier")
_BENCHMARK_NAMES = ("benchmark", "title", "category", "unit", "composite_of", "source", "licence")

Fault = tuple[str, int, str, str]  # file, line (0: the whole file), column ("" where none), text
Readers = dict[str, Callable[[str], str | None]]


def fault_report(faults: list[Fault], *, order: tuple[str, ...] = (), columns: Iterable[str] = ()) -> str:
    """One fault per line, by file, line and column; those beyond 20 are counted, and some of each file are shown.

    Parameters
    ----------
    faults : list of Fault
    order : tuple of str
        Files in their order.
    columns : iterable of str
        Columns in their order.

    Returns
    -------
    str
        Lines joined by line feeds, the number of faults first where there are several; empty without faults.
    """
    position = {name: k for k, name in reversed(list(enumerate(columns)))}
    files = {name: k for k, name in reversed(list(enumerate(order)))}
    ranked = sorted(faults, key=lambda f: (files.get(f[0], 0), f[1], position.get(f[2], -1)))
    lines = []
    for file, line, column, text in _shown(ranked):
        where = [file, f"line {line}" if line else "", f"column {column}" if column else ""]
        lines.append(f"{', '.join(w for w in where if w)}: {text}")
    more = [f"and {len(faults) - _MAX_FAULTS} more"] if len(faults) > _MAX_FAULTS else []
    head = [f"{len(faults)} faults:"] if len(faults) > 1 else []
    return "\n".join(head + lines + more)


def _shown(ranked: list[Fault]) -> list[Fault]:
    """As many as are shown: a long list of one file leaves room for what is wrong with the other, often its cause."""
    first = [fault for fault in ranked if fault[0] == ranked[0][0]]
    others = [fault for fault in ranked if fault[0] != ranked[0][0]]
    room = max(_MAX_FAULTS - len(others), _MAX_FAULTS - _OF_OTHERS)
    return [*first[:room], *others][:_MAX_FAULTS]


def readers(today: date) -> tuple[Readers, Readers]:
    """What is wrong with a cell, by column, for the scores and the benchmarks table; dates after `today` are."""
    read_date = partial(_date_fault, today=today)
    scores: Readers = {
        **dict.fromkeys(_NAMES, _name_fault),
        "release_date": read_date,
        "weights": partial(_choice_fault, ("open", "closed")),
        "score": _number_fault,
        "weights_date": read_date,
        "announced_date": read_date,
        "evaluated_date": read_date,
        "score_se": _error_fault,
    }
    benchmarks: Readers = {
        **dict.fromkeys(_BENCHMARK_NAMES, _name_fault),
        "direction": partial(_choice_fault, ("higher", "lower")),
        "lower_bound": _number_fault,
        "ceiling": _number_fault,
        "default_set": partial(_choice_fault, ("true", "false")),
        "visibility": partial(_choice_fault, ("public", "semi-private", "private")),
        "answers_public_since": read_date,
    }
    return scores, benchmarks


def wrong_values(cells: dict[str, Cells], readers: Readers) -> dict[str, dict[str, str]]:
    """Column → faulty value → what is wrong with it, for the columns that have a reader."""
    columns = {
        name: {value: readers[name](value) for value in cells[name].distinct} for name in readers if name in cells
    }
    return {name: {v: says for v, says in found.items() if says is not None} for name, found in columns.items()}


def without(cells: dict[str, Cells], wrong: dict[str, dict[str, str]]) -> dict[str, Cells]:
    """The same columns with the faulty values, as `wrong_values` gives them, taken for empty."""
    return {n: c.without(v in wrong[n] for v in c.distinct) if wrong.get(n) else c for n, c in cells.items()}


def schema_faults(
    raw: pd.DataFrame,
    cells: dict[str, Cells],
    required: tuple[str, ...],
    documented: Iterable[str],
    readers: Readers,
    wrong: dict[str, dict[str, str]],
    file: str,
) -> list[Fault]:
    """Columns that are absent or look like others, required cells that are empty, and cells with a faulty value.

    Parameters
    ----------
    raw : pandas.DataFrame
        From `gapmodel.scores.columns.as_objects`.
    cells : dict of str to Cells
        Of the same table.
    required : tuple of str
        Columns that must be there, with every cell filled.
    documented : iterable of str
        All columns of the format: others are kept, but for those that look like one.
    readers : dict
        The table's own, from `readers`.
    wrong : dict
        From `wrong_values`.
    file : str
        What the faults call the table.

    Returns
    -------
    list of Fault
        Not sorted, see `fault_report`.
    """
    known = (*required, *(set(readers) - set(required)))
    faults: list[Fault] = []
    alike = {_folded(name): name for name in documented}
    for given in map(str, raw):
        like = alike.get(_folded(given))
        if hidden_sign(given):
            text = f"the name of column {quoted(given)} holds a sign that nobody sees; type it again"
            faults.append((file, 0, "", text))
        elif given not in documented and like in raw:
            faults.append((file, 0, "", f"column {quoted(given)} beside '{like}'; keep one, or give it another name"))
        elif given not in documented and like and like not in required:
            faults.append((file, 0, "", f"column {quoted(given)} would not be read; rename it '{like}'"))
        elif given not in documented and (near := _one_letter_off(given, {*documented} & {*raw})):
            text = (
                f"column {quoted(given)} beside '{near}' would not be read; keep one, or give it a name less like that"
            )
            faults.append((file, 0, "", text))
        elif given not in documented and (near := _one_letter_off(given, {*documented} - {*raw})):
            text = f"column {quoted(given)} would not be read; rename it '{near}', or give it a name less like that"
            faults.append((file, 0, "", text))
    for name in required:
        if name not in cells:
            near = nearest(name, [c for c in raw if c not in known])
            fix = near.replace(": did you mean", "; rename").rstrip("?") or "; add it"
            faults.append((file, 0, "", f"no column '{name}'{fix}"))
            continue
        fix = "leave out rows without a score" if name == "score" else f"every row needs a {name}"
        empty = raw.index[cells[name].code < 0]
        faults += [(file, int(line), name, f"the cell is empty; {fix}") for line in empty]
    for name, says in wrong.items():
        if says:
            column = raw[name]
            bad = column[column.isin(list(says))]
            faults += [(file, int(line), name, says[bad[line]]) for line in bad.index]
    return faults


def benchmark_faults(info: pd.DataFrame, file: str) -> list[Fault]:
    """Benchmarks that occur twice or are made of themselves, and ceilings not on the better side of the lower bound.

    Parameters
    ----------
    info : pandas.DataFrame
        The benchmarks table from `gapmodel.scores.columns.typed_columns`, index ``line``.
    file : str
        What the faults call the table.

    Returns
    -------
    list of Fault
    """
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for line, row in zip(info.index, info.to_dict("records"), strict=True):
        name = row.get("benchmark")
        if name is not None and seen.setdefault(name, line) != line:
            faults.append((file, line, "benchmark", f"{quoted(name)} is already on line {seen[name]}; keep one"))
        if name is not None and name in (part.strip() for part in (row.get("composite_of") or "").split(";")):
            text = f"{quoted(name)} is made of itself; name the benchmarks it is made of, or leave the cell empty"
            faults.append((file, line, "composite_of", text))
        floor, ceiling = row.get("lower_bound", math.nan), row.get("ceiling", math.nan)
        lower = row.get("direction") == "lower"
        if (floor <= ceiling) if lower else (floor >= ceiling):
            side = "below" if lower else "above"
            text = f"{ceiling:g} is not {side} the lower_bound {floor:g}, the worst score; swap or fix them"
            faults.append((file, line, "ceiling", text))
    return faults


def row_faults(table: pd.DataFrame, cells: dict[str, Cells], info: pd.DataFrame, file: str) -> list[Fault]:
    """What no single cell shows: repeated scores, models of two identities, dates out of order, scores past a ceiling.

    Parameters
    ----------
    table : pandas.DataFrame
        The scores from `gapmodel.scores.columns.typed_columns`, index ``line``.
    cells : dict of str to Cells
        Of the same table, without faulty values.
    info : pandas.DataFrame
        The benchmarks table from `gapmodel.scores.columns.typed_columns`.
    file : str
        What the faults call the scores.

    Returns
    -------
    list of Fault
        In the order of rows.
    """
    lines = table.index.to_numpy()
    absent = Cells(np.full(len(table), -1), [])
    name, model, variant = (cells.get(c, absent) for c in ("benchmark", "model", "variant"))
    names, models = name.column(), model.column()
    found: list[tuple[int, Fault]] = []

    def add(row: Any, column: str, text: str) -> None:
        found.append((row, (file, int(lines[row]), column, text)))

    run = together(name.code, model.code, variant.code)
    again = pd.Series(run).duplicated().to_numpy() & (name.code >= 0) & (model.code >= 0)
    if again.any():
        _, at, number = np.unique(run, return_index=True, return_inverse=True)
        for row in np.flatnonzero(again & (lines != lines[at[number]])):
            what = f"duplicate score of {quoted(models[row])} on {quoted(names[row])}, already on line "
            add(row, "", f"{what}{lines[at[number[row]]]}; keep one, or tell them apart in the column variant")
    described = {spelling(each): each for each in info.get("benchmark", ()) if each is not None}
    spelt: dict[str, int] = {}
    for row in sorted(row for row in name.first_given(name) if row >= 0):
        here, form = names[row], spelling(names[row])
        there = described.get(form, here)
        before = spelt.setdefault(form, row)
        if before != row:
            other = f"{quoted(names[before])} of line {lines[before]}"
        elif there != here and here not in described.values():
            other = f"{quoted(there)} of the benchmarks table"
        else:
            continue
        add(row, "benchmark", f"{quoted(here)} is {other} in another spelling; give both one name")
    for column in OF_A_MODEL:
        value = cells.get(column, absent)
        rows = np.flatnonzero((model.code >= 0) & (value.code >= 0))
        before = value.first_given(model)[model.code[rows]]
        differs = value.code[rows] != value.code[before]
        rows, before = rows[differs], before[differs]
        for k in np.unique(model.code[rows], return_index=True)[1]:  # a conflict is told once per model
            here, there = (value.distinct[value.code[row]] for row in (rows[k], before[k]))
            text = f"{quoted(here)}, but model {quoted(models[rows[k]])} has {quoted(there)} on line {lines[before[k]]}"
            add(rows[k], column, f"{text}; fix one, or give the two versions different names")
    dates = ("weights_date", "release_date", "announced_date", "evaluated_date")
    downloadable, released, announced, evaluated = (cells.get(c, absent).column() for c in dates)
    weights = cells.get("weights", absent).column()
    for row in np.flatnonzero(cells.get("weights_date", absent).code >= 0):
        day, before = downloadable[row], released[row]
        if weights[row] == "closed":
            text = f"{quoted(day)} on a closed model; leave the cell empty, or write open as weights"
            add(row, "weights_date", text)
        elif before is not None and date.fromisoformat(day) < date.fromisoformat(before) - _SAME_EVENT:
            add(row, "weights_date", f"{quoted(day)} is before the release date {quoted(before)}; fix one of them")
    for row in np.flatnonzero(cells.get("announced_date", absent).code >= 0):
        day, before = released[row], announced[row]
        if day is not None and date.fromisoformat(day) < date.fromisoformat(before) - _SAME_EVENT:
            text = f"{quoted(day)} is before the announcement on {quoted(before)}; exchange or fix them"
            add(row, "release_date", text)
    for row in np.flatnonzero(cells.get("evaluated_date", absent).code >= 0):
        day, before = evaluated[row], released[row]
        if before is not None and date.fromisoformat(day) < date.fromisoformat(before) - _SAME_EVENT:
            text = (
                f"{quoted(day)} is before the release date {quoted(before)}; fix one of them, or leave the cell empty"
            )
            add(row, "evaluated_date", text)
    limits = {row.get("benchmark"): row for row in reversed(info.to_dict("records"))}
    of_name = [limits.get(v, {}) for v in (*name.distinct, None)]  # the last entry is that of rows without a name
    ceiling = np.array([limit.get("ceiling", math.nan) for limit in of_name])[name.code]
    lower = np.array([limit.get("direction") == "lower" for limit in of_name])[name.code]
    score = table["score"].to_numpy() if "score" in table else np.full(len(table), math.nan)
    with np.errstate(over="ignore"):
        excess = np.where(lower, ceiling - score, score - ceiling)
    for row in np.flatnonzero(excess > 1e-9 * np.maximum(1.0, np.abs(ceiling))):
        text = f"{score[row]:g} is beyond the ceiling {ceiling[row]:g} of {quoted(names[row])}; fix one of them"
        add(row, "score", text)
    return [fault for _, fault in sorted(found, key=lambda f: f[0])]


def _name_fault(text: str) -> str | None:
    # Names are compared and printed: two would look alike, a terminal would obey them, a table in LaTeX would break.
    sign = hidden_sign(text)
    if sign is None and (other := look_alike(text)):
        script = unicodedata.name(other).partition(" ")[0].capitalize()
        seen = f"U+{ord(other):04X}, a {script} letter among Latin ones that it looks like"
        return f"{quoted(text)} holds {seen}; type it again"
    if sign is None:
        return None
    if unicodedata.category(sign) == "Cc":
        return f"{quoted(text)} holds a line break or another control character; remove it"
    if unicodedata.category(sign) == "Zs":
        return f"{quoted(text)} holds the blank U+{ord(sign):04X}, which is no space; write a space"
    return f"{quoted(text)} holds U+{ord(sign):04X}, which nobody sees; remove it"


def _one_letter_off(name: str, choices: Iterable[str]) -> str:
    """The name in `choices` from which `name` differs by one sign more, less, other or two exchanged; else nothing."""
    for near in sorted(choices):
        start = next((k for k, (x, y) in enumerate(zip(name, near, strict=False)) if x != y), min(len(name), len(near)))
        a, b = name[start:], near[start:]
        exchanged = a[:2] == b[1::-1] and a[2:] == b[2:]
        if a != b and (a[1:] == b[1:] or a[1:] == b or a == b[1:] or (len(b) > 1 and exchanged)):
            return near
    return ""


def _folded(name: str) -> str:
    """A column's name without case, blanks, lines and dots; signs that nobody sees are gone, too."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name).casefold())


def _number_fault(text: str) -> str | None:
    if _NUMBER.fullmatch(text):
        return None if math.isfinite(float(text)) else f"{quoted(text)} is too large; give a finite number"
    what, bare = quoted(text), text.replace("\N{MINUS SIGN}", "-").replace(" ", "")
    if bare.endswith("%") and _NUMBER.fullmatch(bare[:-1]):
        return f"{what} is not a number; write {float(bare[:-1]) / 100:.12g} (or {bare[:-1]} on a scale to 100)"
    if bare.casefold().lstrip("+-") in ("inf", "infinity"):
        return f"{what} is not finite; give a finite number, or leave it out"
    if bare.casefold() in ("na", "n/a", "nan", "none", "null", "-", "--", "?"):
        return f"{what} is not a number; leave it out where there is none"
    if re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", bare):
        return f"{what} is not a number; write {bare.replace(',', '')} (or a point for decimals)"
    for fixed in (bare, bare.replace(",", ".")):
        if _NUMBER.fullmatch(fixed):
            return f"{what} is not a number; write {fixed}"
    return f"{what} is not a number; write digits with a point, such as 0.5"


def _error_fault(text: str) -> str | None:
    negative = _NUMBER.fullmatch(text) and float(text) < 0
    return f"{quoted(text)} is negative; a standard error is 0 or more" if negative else _number_fault(text)


def _date_fault(text: str, *, today: date) -> str | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return f"{quoted(text)} is not a date; write year-month-day, such as 2025-02-01"
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return f"{quoted(text)} is not in the calendar; write year-month-day, such as 2025-02-01"
    if day > today:
        return f"{quoted(text)} is a future date (today is {today}); fix it, or leave the row out until then"
    return f"{quoted(text)} is too early for a model; fix the year" if day.year < 1950 else None


def _choice_fault(choices: tuple[str, ...], text: str) -> str | None:
    if text in choices:
        return None
    return f"{quoted(text)} is unknown; write {', '.join(choices[:-1])} or {choices[-1]}"
