"""The columns of a scores table and their types: cells as text, numbers and dates, and what stands in empty ones."""

from __future__ import annotations

import math
from itertools import cycle

import numpy as np
import pandas as pd

from gapmodel.errors import DataError, quoted
from gapmodel.scores.distinct import Cells, all_text, as_text, objects, text_cells
from gapmodel.scores.names import one_form

__all__ = [
    "BENCHMARK_COLUMNS",
    "OPTIONAL",
    "REQUIRED",
    "as_objects",
    "complete",
    "fill_model_properties",
    "typed_columns",
]

REQUIRED = ("benchmark", "model", "release_date", "weights", "score")
OPTIONAL = (
    *("weights_date", "announced_date", "date_source", "version", "organization", "score_se", "variant", "source"),
    *("licence_tier", "evaluated_date"),
)
BENCHMARK_COLUMNS = (
    *("benchmark", "title", "category", "unit", "direction", "lower_bound", "ceiling"),
    *("composite_of", "source", "licence", "visibility", "answers_public_since"),
)
_FLOATS = ("score", "score_se", "lower_bound", "ceiling")
_DATES = ("release_date", "weights_date", "announced_date", "evaluated_date", "answers_public_since")
_NAT = np.datetime64("NaT", "ns")


def as_objects(table: pd.DataFrame, file: str) -> tuple[pd.DataFrame, dict[str, Cells]]:
    """Documented columns as stripped text, ``None`` where empty, and as `Cells`.

    Parameters
    ----------
    table : pandas.DataFrame
        Scores or benchmarks, cells as text or typed. An index named ``line`` holds the line numbers, else rows count
        from line 2; one named ``benchmark`` becomes a column.
    file : str
        What messages call the table.

    Returns
    -------
    table : pandas.DataFrame
        Index ``line``, column names stripped, text in one form (NFC). Other columns keep their types; text in them is
        stripped too.
    cells : dict of str to Cells
        The documented columns that are there.

    Raises
    ------
    DataError
        A column occurs twice.
    """
    if table.index.name == "benchmark" and "benchmark" not in table:
        table = table.reset_index()
    names = [str(c).strip() for c in table.columns]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DataError(f"{file}: column {quoted(twice[0])} occurs {names.count(twice[0])} times; keep one")
    lines = table.index if table.index.name == "line" else pd.RangeIndex(2, len(table) + 2)
    documented = {*REQUIRED, *OPTIONAL, *BENCHMARK_COLUMNS, "default_set"}
    out, cells = pd.DataFrame(index=pd.Index(lines, name="line")), {}
    for position, name in enumerate(names):
        column = table.iloc[:, position]
        if name in documented or all_text(column):
            texts = text_cells(column)
            if name in documented and name not in (*_FLOATS, *_DATES):
                texts = texts.changed(one_form)
            out[name] = pd.Series(texts.column(), index=out.index, dtype=object)
            if name in documented:
                cells[name] = texts
        elif column.dtype == object or pd.api.types.is_string_dtype(column):
            out[name] = objects((as_text(v) if isinstance(v, str) else v for v in column), out.index)
        else:
            out[name] = column.set_axis(out.index)
    return out, cells


def typed_columns(raw: pd.DataFrame, cells: dict[str, Cells]) -> pd.DataFrame:
    """Numbers, dates and true or false of the cells that have no fault; empty cells are missing.

    Parameters
    ----------
    raw : pandas.DataFrame
        From `as_objects`.
    cells : dict of str to Cells
        Of the same table, without faulty values (`gapmodel.scores.faults.without`).

    Returns
    -------
    pandas.DataFrame
        `raw` with numbers as float, dates as datetime64[ns], ``default_set`` as object of True, False and None, and the
        other documented columns as object of text.
    """
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


def fill_model_properties(table: pd.DataFrame, cells: dict[str, Cells]) -> None:
    """Fill what one row of a model says for all of its rows, in place: weights and announcement date, licence tier.

    Parameters
    ----------
    table : pandas.DataFrame
        From `typed_columns`; cells that are given stay.
    cells : dict of str to Cells
        Of the same table.
    """
    model = cells["model"]
    for name in [c for c in ("weights_date", "announced_date", "licence_tier") if c in table]:
        first = cells[name].first_given(model)[model.code]
        given = table[name].to_numpy()
        table[name] = pd.Series(np.where(first >= 0, given[first], table[name].to_numpy()), table.index, given.dtype)


def complete(info: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The benchmarks table with a row for every name, and the defaults.

    Parameters
    ----------
    info : pandas.DataFrame
        From `typed_columns`, each benchmark once.
    names : list of str

    Returns
    -------
    pandas.DataFrame
        Index ``benchmark``, in the order of `names`; all documented columns, then others in alphabetical order. Where
        not given the title is the name, the category ``uncategorised`` and the direction ``higher``; bounds are float,
        NaN where there is none; ``default_set``, where the table has it, is bool.
    """
    info = info.set_index("benchmark").reindex(pd.Index(names, name="benchmark", dtype=object))
    for column in BENCHMARK_COLUMNS[1:]:
        if column in ("lower_bound", "ceiling"):
            info[column] = info[column].astype(float) if column in info else math.nan
        elif column in _DATES:
            info[column] = (info[column] if column in info else pd.Series(_NAT, info.index)).astype("datetime64[ns]")
        else:
            info[column] = objects(info[column] if column in info else [None] * len(info), info.index)
    for column, defaults in (("title", names), ("category", ["uncategorised"]), ("direction", ["higher"])):
        info[column] = objects((v or d for v, d in zip(info[column], cycle(defaults), strict=False)), info.index)
    if "default_set" in info:
        info["default_set"] = [v is True for v in info["default_set"]]
    extra = sorted(str(c) for c in set(info) - set(BENCHMARK_COLUMNS))
    return info[[*BENCHMARK_COLUMNS[1:], *extra]]
