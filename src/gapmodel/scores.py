"""The scores table: its schema, its validation, and the subsets an analysis may ask for.

The format is in ``docs/scores-format.md``. It all works on data frames; `gapmodel.sources` reads files.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.cells import Cells, all_text, as_text, json_rows, objects, text_cells, together
from gapmodel.errors import ConfigError, DataError, InsufficientDataError, UnknownNameError

__all__ = ["Scores", "fault_report", "nearest", "quoted", "validate_scores"]

_REQUIRED = ("benchmark", "model", "release_date", "weights", "score")
_OPTIONAL = ("weights_date", "organization", "score_se", "variant", "source", "licence_tier")
_BENCHMARK_COLUMNS = (
    *("benchmark", "title", "category", "unit", "direction", "lower_bound", "ceiling"),
    *("composite_of", "source", "licence"),
)
# Properties of a model, not of a run: a model that has two values of one of them is two models.
_OF_A_MODEL = ("release_date", "weights", "weights_date", "licence_tier")
_FLOATS = ("score", "score_se", "lower_bound", "ceiling")
_DATES = ("release_date", "weights_date")
_NAT = np.datetime64("NaT", "ns")
_SORT = ["benchmark", "release_date", "model", "variant"]
_MAX_FAULTS = 20
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

Fault = tuple[str, int, str, str]  # file, line (0: the whole file), column ("" where none), text
Readers = dict[str, Callable[[str], str | None]]


@dataclass(frozen=True, eq=False)
class Scores:
    """Validated scores; made by `validate_scores` only.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a (benchmark, model, variant), sorted by benchmark, release date, model and variant, with a
        `RangeIndex`. Dates are datetime64[ns] (``weights_date`` is ``NaT`` where not given), ``score`` and
        ``score_se`` float in the benchmark's own unit, text is object with ``None`` where empty. Optional
        columns where given; unknown columns last, in alphabetical order.
    benchmarks : pandas.DataFrame
        One row for every benchmark of `table`, index ``benchmark``, all documented columns. ``lower_bound``
        and ``ceiling`` are float, ``NaN`` where there is none; ``default_set``, where given, is bool.
    sha256 : str
        Hash of the content; row order, column order, number formatting and empty columns do not change it.
    credits : tuple of str
        Lines to print wherever results of the data are shown.
    snapshot : str
        Name of the data: a bundled snapshot, or the file name.
    as_of : pandas.Timestamp or None
        Day on which the data were taken; ``None`` where unknown.
    """

    table: pd.DataFrame
    benchmarks: pd.DataFrame
    sha256: str
    credits: tuple[str, ...]
    snapshot: str
    as_of: pd.Timestamp | None

    def subset(
        self,
        *,
        benchmarks: str | Iterable[str] | None = None,
        exclude_benchmarks: str | Iterable[str] | None = None,
        categories: str | Iterable[str] | None = None,
        first: Any = None,
        last: Any = None,
        organizations: str | Iterable[str] | None = None,
        exclude_organizations: str | Iterable[str] | None = None,
        licence_tiers: str | Iterable[str] | None = None,
        models: str | Iterable[str] | None = None,
        exclude_models: str | Iterable[str] | None = None,
        default_set_only: bool = False,
    ) -> Scores:
        """Keep the rows that meet every condition; benchmarks left without rows go.

        `first` and `last` bound the release date, both included. A row without an organization or licence
        tier meets no list of them, and no list excludes it.

        Raises
        ------
        UnknownNameError
            A name does not occur in the data.
        ConfigError
            A date cannot be read, or `default_set_only` with data that mark no default set.
        InsufficientDataError
            Nothing is left.
        """
        table, keep = self.table, np.ones(len(self.table), dtype=bool)
        category = table["benchmark"].map(self.benchmarks["category"])
        for what, column, names, negated in (
            ("benchmark", table["benchmark"], benchmarks, False),
            ("benchmark", table["benchmark"], exclude_benchmarks, True),
            ("category", category, categories, False),
            ("organization", table.get("organization"), organizations, False),
            ("organization", table.get("organization"), exclude_organizations, True),
            ("licence_tier", table.get("licence_tier"), licence_tiers, False),
            ("model", table["model"], models, False),
            ("model", table["model"], exclude_models, True),
        ):
            if names is not None:
                keep &= _among(column, names, what) != negated
        if first is not None:
            keep &= (table["release_date"] >= _day(first, "first")).to_numpy()
        if last is not None:
            keep &= (table["release_date"] <= _day(last, "last")).to_numpy()
        if default_set_only:
            if "default_set" not in self.benchmarks:
                raise ConfigError(
                    "the data mark no default set: add a column default_set (true or false) to benchmarks"
                )
            keep &= table["benchmark"].map(self.benchmarks["default_set"]).to_numpy(dtype=bool)
        return self._rows(keep, "no score is left in the subset: ask for fewer conditions")

    def as_of_cutoff(self, cutoff: Any) -> Scores:
        """The data as they could have been known on `cutoff`, the day itself included.

        Rows of models released later go. So do rows of open models whose weights came later: on the cutoff
        such a model could not be downloaded, so it cannot be on the open frontier; nor is it counted as
        closed, for the closed frontier would lose a level when the weights come. `as_of` becomes the cutoff
        where that is earlier.

        Raises
        ------
        ConfigError
            The cutoff is not a date.
        InsufficientDataError
            Nothing was released by then.
        """
        day = _day(cutoff, "cutoff")
        keep = (self.table["release_date"] <= day).to_numpy()
        if "weights_date" in self.table:
            keep = keep & ~(self.table["weights_date"] > day).to_numpy()
        left = self._rows(keep, f"no score was out by {day.date()}: choose a later cutoff")
        return replace(left, as_of=day if self.as_of is None else min(day, self.as_of))

    def _rows(self, keep: np.ndarray, empty: str) -> Scores:
        if not keep.any():
            raise InsufficientDataError(empty)
        table = self.table.loc[keep].reset_index(drop=True)
        info = self.benchmarks.loc[sorted(table["benchmark"].unique())]
        return replace(self, table=table, benchmarks=info, sha256=_hash(table, info))


def validate_scores(
    table: pd.DataFrame,
    benchmarks: pd.DataFrame | None = None,
    *,
    today: date,
    file: str = "scores",
    benchmarks_file: str = "benchmarks",
    snapshot: str = "scores",
    credits: Iterable[str] = (),
    as_of: Any = None,
) -> Scores:
    """Check both tables and give them types.

    Parameters
    ----------
    table, benchmarks : pandas.DataFrame
        As in ``docs/scores-format.md``; cells may be text or typed. An index named ``line`` holds the line
        numbers for messages, else rows count from line 2 (line 1 is the header).
    today : datetime.date
        Dates after it are faults.
    file, benchmarks_file : str
        What messages call the tables.
    snapshot, credits, as_of
        See `Scores`.

    Raises
    ------
    DataError
        Lists all faults of both tables at once (20, then how many more), each with its mend.
    """
    raw, cells = _as_objects(table, file)
    none = pd.DataFrame({"benchmark": []})
    raw_info, info_cells = _as_objects(none if benchmarks is None else benchmarks, benchmarks_file)
    if not len(raw):
        raise DataError(f"{file}: the table has no rows; add one row per benchmark and model")
    readers, info_readers = _readers(pd.Timestamp(today).date())
    wrong, info_wrong = _wrong(cells, readers), _wrong(info_cells, info_readers)
    faults = _schema_faults(raw, cells, _REQUIRED, readers, wrong, file)
    faults += _schema_faults(raw_info, info_cells, ("benchmark",), info_readers, info_wrong, benchmarks_file)
    # Faulty cells become missing, so that the checks across rows still see all the others.
    info = _typed(raw_info, _without(info_cells, info_wrong))
    cells = _without(cells, wrong)
    typed = _typed(raw, cells)
    faults += _benchmark_faults(info, benchmarks_file) + _row_faults(typed, cells, info, file)
    if faults:
        raise DataError(fault_report(faults, order=(file, benchmarks_file), columns=[*raw, *raw_info]))

    _fill_model_properties(typed, cells)
    known = [c for c in (*_REQUIRED, *_OPTIONAL) if c in typed]
    typed = typed[known + sorted(str(c) for c in set(typed) - set(known))]
    order = np.argsort(together(*(cells[c].ranked() for c in _SORT if c in cells)), kind="stable")
    typed = typed.iloc[order].reset_index(drop=True)
    info = _complete(info, sorted(cells["benchmark"].distinct))
    day = None if as_of is None else _day(as_of, "as_of")
    return Scores(typed, info, _hash(typed, info), tuple(credits), snapshot, day)


def nearest(word: str, choices: Iterable[Any]) -> str:
    """``: did you mean 'mmlu'?``, or nothing where no choice is near; case does not matter."""
    folded = {str(c).casefold(): str(c) for c in choices}
    close = difflib.get_close_matches(str(word).casefold(), list(folded), n=1, cutoff=0.6)
    return f": did you mean '{folded[close[0]]}'?" if close else ""


def quoted(value: Any) -> str:
    """A value for a message: in quotes, control characters escaped, 60 characters at most."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(value))
    return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}...'"


def fault_report(faults: list[Fault], *, order: tuple[str, ...] = (), columns: Iterable[str] = ()) -> str:
    """One fault a line, by file, line and column; those beyond 20 are counted."""
    position = {name: k for k, name in reversed(list(enumerate(columns)))}
    files = {name: k for k, name in reversed(list(enumerate(order)))}
    ranked = sorted(faults, key=lambda f: (files.get(f[0], 0), f[1], position.get(f[2], -1)))
    lines = []
    for file, line, column, text in ranked[:_MAX_FAULTS]:
        where = [file, f"line {line}" if line else "", f"column {column}" if column else ""]
        lines.append(f"{', '.join(w for w in where if w)}: {text}")
    more = [f"and {len(faults) - _MAX_FAULTS} more"] if len(faults) > _MAX_FAULTS else []
    head = [f"{len(faults)} faults:"] if len(faults) > 1 else []
    return "\n".join(head + lines + more)


def _readers(today: date) -> tuple[Readers, Readers]:
    """What is wrong with a cell, by column, for the scores and the benchmarks table."""
    read_date = partial(_date_fault, today=today)
    scores: Readers = {
        "release_date": read_date,
        "weights": partial(_choice_fault, ("open", "closed")),
        "score": _number_fault,
        "weights_date": read_date,
        "score_se": _error_fault,
    }
    benchmarks: Readers = {
        "direction": partial(_choice_fault, ("higher", "lower")),
        "lower_bound": _number_fault,
        "ceiling": _number_fault,
        "default_set": partial(_choice_fault, ("true", "false")),
    }
    return scores, benchmarks


def _wrong(cells: dict[str, Cells], readers: Readers) -> dict[str, dict[str, str]]:
    """What is wrong with each faulty value, by column."""
    columns = {
        name: {value: readers[name](value) for value in cells[name].distinct} for name in readers if name in cells
    }
    return {name: {v: says for v, says in found.items() if says is not None} for name, found in columns.items()}


def _without(cells: dict[str, Cells], wrong: dict[str, dict[str, str]]) -> dict[str, Cells]:
    return {n: c.without(v in wrong[n] for v in c.distinct) if wrong.get(n) else c for n, c in cells.items()}


def _schema_faults(
    raw: pd.DataFrame,
    cells: dict[str, Cells],
    required: tuple[str, ...],
    readers: Readers,
    wrong: dict[str, dict[str, str]],
    file: str,
) -> list[Fault]:
    filled = all(name in cells and (cells[name].code >= 0).all() for name in required)
    if filled and not any(wrong.values()):
        return []
    import pandera.pandas as pa  # 0.4 s to import: only where there is something to tell
    from pandera.errors import SchemaErrors

    def column(name: str):
        bad = list(wrong.get(name, ()))
        checks = [pa.Check(lambda cells: ~cells.isin(bad))] if bad else []
        return pa.Column(None, checks, nullable=name not in required, required=name in required)

    columns = {name: column(name) for name in (*required, *(set(readers) - set(required)))}
    try:
        pa.DataFrameSchema(columns).validate(raw, lazy=True)
    except SchemaErrors as error:
        found = error.failure_cases
    else:
        return []
    faults: list[Fault] = []
    for case in found.to_dict("records"):
        kind, name, value, line = (case[k] for k in ("check", "column", "failure_case", "index"))
        if kind == "column_in_dataframe":
            near = nearest(value, [c for c in raw if c not in columns])
            mend = near.replace(": did you mean", "; rename").rstrip("?") or "; add it"
            faults.append((file, 0, "", f"no column '{value}'{mend}"))
        elif kind == "not_nullable":
            mend = "leave out rows without a score" if name == "score" else f"every row needs a {name}"
            faults.append((file, int(line), name, f"the cell is empty; {mend}"))
        else:
            faults.append((file, int(line), name, wrong[name][value]))
    return faults


def _benchmark_faults(info: pd.DataFrame, file: str) -> list[Fault]:
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for line, row in zip(info.index, info.to_dict("records"), strict=True):
        name = row.get("benchmark")
        if name is not None and seen.setdefault(name, line) != line:
            faults.append((file, line, "benchmark", f"{quoted(name)} is already on line {seen[name]}; keep one"))
        floor, ceiling = row.get("lower_bound", math.nan), row.get("ceiling", math.nan)
        lower = row.get("direction") == "lower"
        if (floor <= ceiling) if lower else (floor >= ceiling):
            side = "below" if lower else "above"
            text = f"{ceiling:g} is not {side} the lower_bound {floor:g}, the worst score; exchange or mend them"
            faults.append((file, line, "ceiling", text))
    return faults


def _row_faults(table: pd.DataFrame, cells: dict[str, Cells], info: pd.DataFrame, file: str) -> list[Fault]:
    """What no single cell shows: repeated scores, models with two identities, dates out of order."""
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
    for column in _OF_A_MODEL:
        value = cells.get(column, absent)
        rows = np.flatnonzero((model.code >= 0) & (value.code >= 0))
        before = value.first_given(model)[model.code[rows]]
        differs = value.code[rows] != value.code[before]
        rows, before = rows[differs], before[differs]
        for k in np.unique(model.code[rows], return_index=True)[1]:  # a conflict is told once a model
            here, there = (value.distinct[value.code[row]] for row in (rows[k], before[k]))
            text = f"{quoted(here)}, but model {quoted(models[rows[k]])} has {quoted(there)} on line {lines[before[k]]}"
            add(rows[k], column, f"{text}; mend one, or give the two versions different names")
    downloadable, released = (cells.get(c, absent).column() for c in ("weights_date", "release_date"))
    weights = cells.get("weights", absent).column()
    for row in np.flatnonzero(cells.get("weights_date", absent).code >= 0):
        day, before = downloadable[row], released[row]
        if weights[row] == "closed":
            text = f"{quoted(day)} on a closed model; leave the cell empty, or write open as weights"
            add(row, "weights_date", text)
        elif before is not None and day < before:  # ISO dates are ordered as texts
            add(row, "weights_date", f"{quoted(day)} is before the release date {quoted(before)}; mend one of them")
    limits = {row.get("benchmark"): row for row in reversed(info.to_dict("records"))}
    of_name = [limits.get(v, {}) for v in (*name.distinct, None)]  # the last entry is that of rows without a name
    ceiling = np.array([limit.get("ceiling", math.nan) for limit in of_name])[name.code]
    lower = np.array([limit.get("direction") == "lower" for limit in of_name])[name.code]
    score = table["score"].to_numpy() if "score" in table else np.full(len(table), math.nan)
    with np.errstate(over="ignore"):
        excess = np.where(lower, ceiling - score, score - ceiling)
    for row in np.flatnonzero(excess > 1e-9 * np.maximum(1.0, np.abs(ceiling))):
        text = f"{score[row]:g} is beyond the ceiling {ceiling[row]:g} of {quoted(names[row])}; mend one of them"
        add(row, "score", text)
    return [fault for _, fault in sorted(found, key=lambda f: f[0])]


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
    for mended in (bare, bare.replace(",", ".")):
        if _NUMBER.fullmatch(mended):
            return f"{what} is not a number; write {mended}"
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
        return f"{quoted(text)} is a future date (today is {today}); mend it, or leave the row out until then"
    return f"{quoted(text)} is too early for a model; mend the year" if day.year < 1950 else None


def _choice_fault(choices: tuple[str, ...], text: str) -> str | None:
    return None if text in choices else f"{quoted(text)} is unknown; write {' or '.join(choices)}"


def _as_objects(table: pd.DataFrame, file: str) -> tuple[pd.DataFrame, dict[str, Cells]]:
    """Documented columns as stripped text, ``None`` where empty, and as `Cells`; the index holds line numbers."""
    if table.index.name == "benchmark" and "benchmark" not in table:
        table = table.reset_index()
    names = [str(c).strip() for c in table.columns]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DataError(f"{file}: column {quoted(twice[0])} occurs {names.count(twice[0])} times; keep one")
    lines = table.index if table.index.name == "line" else pd.RangeIndex(2, len(table) + 2)
    documented = {*_REQUIRED, *_OPTIONAL, *_BENCHMARK_COLUMNS, "default_set"}
    out, cells = pd.DataFrame(index=pd.Index(lines, name="line")), {}
    for position, name in enumerate(names):
        column = table.iloc[:, position]
        if name in documented or all_text(column):
            texts = text_cells(column)
            out[name] = pd.Series(texts.column(), index=out.index, dtype=object)
            if name in documented:
                cells[name] = texts
        elif column.dtype == object or pd.api.types.is_string_dtype(column):
            out[name] = objects((as_text(v) if isinstance(v, str) else v for v in column), out.index)
        else:
            out[name] = column.set_axis(out.index)
    return out, cells


def _typed(raw: pd.DataFrame, cells: dict[str, Cells]) -> pd.DataFrame:
    """Numbers, dates and true or false of the cells that have no fault; empty cells are missing."""
    out = raw.copy()
    for name, cell in cells.items():
        good = np.unique(cell.code[cell.code >= 0])
        if name in _FLOATS:
            values = np.full(len(cell.distinct), math.nan)
            values[good] = [float(cell.distinct[k]) + 0.0 for k in good]
            out[name] = cell.column(values, empty=math.nan, dtype=float)
        elif name in _DATES:
            values = np.full(len(cell.distinct), _NAT)
            values[good] = np.array([cell.distinct[k] for k in good], dtype="datetime64[ns]")
            out[name] = cell.column(values, empty=_NAT, dtype="datetime64[ns]")
        elif name == "default_set":
            out[name] = pd.Series(
                cell.column({"true": True, "false": False}.get(v) for v in cell.distinct), out.index, object
            )
        else:
            out[name] = pd.Series(cell.column(), index=out.index, dtype=object)
    return out


def _fill_model_properties(table: pd.DataFrame, cells: dict[str, Cells]) -> None:
    """One row of a model speaks for all of its rows where the others leave the cell empty."""
    model = cells["model"]
    for name in [c for c in ("weights_date", "licence_tier") if c in table]:
        first = cells[name].first_given(model)[model.code]
        given = table[name].to_numpy()
        table[name] = pd.Series(np.where(first >= 0, given[first], table[name].to_numpy()), table.index, given.dtype)


def _complete(info: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The benchmarks table with a row for every name, and the defaults."""
    info = info.set_index("benchmark").reindex(pd.Index(names, name="benchmark", dtype=object))
    for column in _BENCHMARK_COLUMNS[1:]:
        if column in ("lower_bound", "ceiling"):
            info[column] = info[column].astype(float) if column in info else math.nan
        else:
            info[column] = objects(info[column] if column in info else [None] * len(info), info.index)
    for column, defaults in (("title", names), ("category", ["uncategorised"]), ("direction", ["higher"])):
        info[column] = objects((v or d for v, d in zip(info[column], cycle(defaults), strict=False)), info.index)
    if "default_set" in info:
        info["default_set"] = [v is True for v in info["default_set"]]
    extra = sorted(str(c) for c in set(info) - set(_BENCHMARK_COLUMNS))
    return info[[*_BENCHMARK_COLUMNS[1:], *extra]]


def _hash(table: pd.DataFrame, info: pd.DataFrame) -> str:
    """Of the JSON text of both tables, each a list of column names and of rows of texts."""
    digest = hashlib.sha256(b"[")
    for frame, end in ((table, ", "), (info.reset_index(), "]")):
        columns = sorted(str(c) for c in frame if frame[c].notna().any())
        digest.update(f"[{json.dumps(columns)}".encode())
        for rows in json_rows([text_cells(frame[c]) for c in columns]):
            digest.update(f", {rows}".encode())
        digest.update(f"]{end}".encode())
    return digest.hexdigest()


def _among(column: pd.Series | None, names: str | Iterable[str], what: str) -> np.ndarray:
    if column is None:
        raise UnknownNameError(f"the data have no column {what}: add it to the scores table")
    wanted = [names] if isinstance(names, str) else list(names)
    present = set(column.dropna())
    for name in wanted:
        if name not in present:
            raise UnknownNameError(f"unknown {what} {quoted(name)}{nearest(name, sorted(present))}")
    return column.isin(wanted).to_numpy(dtype=bool)


def _day(value: Any, name: str) -> pd.Timestamp:
    try:
        day = pd.Timestamp(value).tz_localize(None).normalize().as_unit("ns")
    except (ValueError, TypeError, AttributeError):
        day = None
    if day is None or pd.isna(day):
        raise ConfigError(f"{name} is {quoted(value)}: write year-month-day, such as 2025-02-01")
    return day
