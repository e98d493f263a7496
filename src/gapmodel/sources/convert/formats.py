"""Files that one already has: LMArena tables, wide CSV, Hugging Face style JSON, saved Artificial Analysis files.

Each importer says what its file says and nothing more; open/closed flags and dates that a file lacks are joined by
`gapmodel.sources.joining.weights`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gapmodel.errors import DataError, UnknownNameError, nearest, quoted
from gapmodel.sources.artificial_analysis.records import import_records, parse_saved
from gapmodel.sources.convert.records import (
    cell_number,
    cell_text,
    column_key,
    is_number,
    link_text,
    pick_column,
    read_records,
    row_dicts,
)
from gapmodel.sources.csv import parse_table
from gapmodel.sources.roles import column_roles, role_notes, roles_of_row
from gapmodel.sources.snapshot import Imported

__all__ = ["KINDS", "ConvertOptions", "convert"]

_MODEL = ("model", "modelname", "fullname", "modeldisplayname", "name", "modelversion")


@dataclass(frozen=True)
class ConvertOptions:
    """What a file does not say of itself.

    Attributes
    ----------
    benchmark : str, optional
        Name of the benchmark of an LMArena table; default ``LMArena``.
    columns : tuple of str
        The columns of a wide table that are benchmarks; default: all that hold numbers and are not known otherwise.
    weights : str, optional
        ``open`` or ``closed``: holds for every model of the file that does not state it.
    """

    benchmark: str | None = None
    columns: tuple[str, ...] = ()
    weights: str | None = None


def convert(kind: str, content: bytes, file: str, options: ConvertOptions | None = None) -> Imported:
    """Read a file of a known kind.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    content : bytes
    file : str
        What messages call it.
    options : ConvertOptions, optional

    Returns
    -------
    Imported

    Raises
    ------
    UnknownNameError
        No such kind, a column that the file lacks, or weights that are neither open nor closed.
    DataError
        The file is not of this kind, or has cells that cannot be read.
    """
    if kind not in KINDS:
        raise UnknownNameError(f"unknown kind {quoted(kind)}{nearest(kind, KINDS) or f': choose {", ".join(KINDS)}'}")
    options = options or ConvertOptions()
    if options.weights not in (None, "open", "closed"):
        raise UnknownNameError(f"--weights is {quoted(options.weights)}: write open or closed")
    found = KINDS[kind](content, file, options)
    if options.weights is not None:
        models = found.models.copy()
        blank = models["weights"].isna() if "weights" in models else pd.Series(True, index=models.index)
        models.loc[blank, "weights"], models.loc[blank, "weights_origin"] = options.weights, "stated by the user"
        found = Imported(found.rows, models, found.benchmarks, found.credits, found.left_out, found.notes, found.about)
    return found


def _artificial_analysis(content: bytes, file: str, options: ConvertOptions) -> Imported:
    records, tier, version = parse_saved(content, file)
    return import_records(records, version=version, tier=tier, what=file)


def _lmarena(content: bytes, file: str, options: ConvertOptions) -> Imported:
    """A leaderboard as CSV or JSON: model, score, and where given interval, organization, licence, category.

    A licence column states the weights: ``Proprietary`` is closed, a named licence open.
    """
    records = read_records(content, file)
    columns = _columns(records, file)
    model = pick_column(columns, _MODEL, file, "model")
    score = pick_column(columns, ("arenascore", "arenaelorating", "arenaelo", "rating", "score", "elo"), file, "score")
    published, category = columns.get("leaderboardpublishdate"), columns.get("category")
    if published is not None:
        # Ratings of different days are not on one scale.
        day = records[published].map(cell_text)
        records = records[day == day.dropna().max()]
    title = options.benchmark or "LMArena"
    roles = column_roles(records, taken={c for c in (published, category, model, score) if c is not None})
    rows: list[dict[str, Any]] = []
    models: dict[str, dict[str, Any]] = {}
    for line, row in zip(records.index, row_dicts(records), strict=True):
        name, value = link_text(row[model]), cell_number(row[score], f"{file}, line {line}, column {score}")
        if not name or value is None:
            continue
        kind = None if category is None else cell_text(row[category])
        rows.append(
            {
                "benchmark": title if kind is None else f"{title} {kind}",
                "model": name,
                "score": value,
                "score_se": _interval_se(row, columns),
                "source": "LMArena",
            }
        )
        where = f"{file}, line {line}"
        found = roles_of_row(row, roles, where)
        origin = None if found["weights"] is None else f"{file}, column {roles['weights'][0]}"
        models[name] = _same_model(
            models.get(name, {}), {**found, "weights_origin": origin}, f"{where}: {quoted(name)}"
        )
    names = sorted({str(row["benchmark"]) for row in rows})
    about = [
        {
            "benchmark": n,
            "title": n,
            "category": "preference",
            "unit": "Elo",
            "direction": "higher",
            "source": "LMArena",
        }
        for n in names
    ]
    credit = ("LMArena, https://lmarena.ai/ (check the terms of the file you have)",)
    return _imported(rows, models, about, file, credit, notes=tuple(role_notes(roles)))


def _wide_csv(content: bytes, file: str, options: ConvertOptions) -> Imported:
    return _wide(parse_table(content, file), file, options)


def _hf_json(content: bytes, file: str, options: ConvertOptions) -> Imported:
    """Records of a leaderboard (a list, JSON lines, or the rows of a dataset page), or ``model-index`` cards."""
    return _wide(read_records(content, file), file, options)


def _wide(table: pd.DataFrame, file: str, options: ConvertOptions) -> Imported:
    """One row per model, one column per benchmark."""
    columns = _columns(table, file)
    model = pick_column(columns, _MODEL, file, "model")
    roles = column_roles(table, taken={model, *options.columns})
    known = {column for columns in roles.values() for column in columns} | {model}
    for name in options.columns:
        if name not in table:
            raise UnknownNameError(f"{file}: no column {quoted(name)}{nearest(name, table)}")
    benchmarks, left_out = list(options.columns), []
    for column in [str(c) for c in table if c not in known and c not in benchmarks]:
        if options.columns:
            left_out.append(("column", column, "not named as a benchmark"))
        elif any(is_number(cell) for cell in table[column]):
            benchmarks.append(column)
        else:
            left_out.append(("column", column, "holds no number"))
    rows: list[dict[str, Any]] = []
    models: dict[str, dict[str, Any]] = {}
    for line, row in zip(table.index, row_dicts(table), strict=True):
        name = link_text(row[model])
        if not name:
            raise DataError(
                f"{file}, line {line}: the cell of column {quoted(model)} is empty; every row needs a model"
            )
        where = f"{file}, line {line}: {quoted(name)}"
        found = roles_of_row(row, roles, f"{file}, line {line}")
        models[name] = _same_model(models.get(name, {}), found, where)
        for benchmark in benchmarks:
            value = cell_number(row[benchmark], f"{file}, line {line}, column {benchmark}")
            if value is not None:
                rows.append({"benchmark": benchmark, "model": name, "score": value, "source": file})
    about = [{"benchmark": b, "title": b, "direction": "higher"} for b in benchmarks]
    note = f"taken as benchmarks, higher is better: {', '.join(sorted(benchmarks)) or 'none'}"
    return _imported(rows, models, about, file, (), left_out=tuple(left_out), notes=(*role_notes(roles), note))


def _columns(table: pd.DataFrame, file: str) -> dict[str, str]:
    """Column by `column_key`; of the columns with a meaning of their own none may be there twice."""
    found: dict[str, str] = {}
    for column in map(str, table):
        key = column_key(column)
        if key in found and key in (*_MODEL, "releasedate", "weights", "organization"):
            raise DataError(f"{file}: columns {quoted(found[key])} and {quoted(column)} say the same; keep one")
        found.setdefault(key, column)
    return found


def _same_model(earlier: dict[str, Any], found: dict[str, Any], where: str) -> dict[str, Any]:
    """What rows of one model say together: a blank is filled from another row, two values are a fault."""
    for key, value in found.items():
        if None not in (value, earlier.get(key)) and value != earlier[key]:
            raise DataError(
                f"{where} has {key} {quoted(value)} here and {quoted(earlier[key])} in an earlier row; fix one of them"
            )
    return {key: earlier.get(key) if found.get(key) is None else found[key] for key in {**earlier, **found}}


def _imported(
    rows: list[dict[str, Any]],
    models: Mapping[str, dict[str, Any]],
    about: list[dict[str, Any]],
    file: str,
    credit: tuple[str, ...],
    **more: Any,
) -> Imported:
    if not rows:
        raise DataError(f"{file}: no model has a score; check that the file is of this kind")
    scores = pd.DataFrame(rows)
    twice = scores[scores.duplicated(["benchmark", "model"])]
    if len(twice):
        model, benchmark = twice.iloc[0]["model"], twice.iloc[0]["benchmark"]
        raise DataError(f"{file}: {quoted(model)} has two scores on {quoted(benchmark)}; keep one row per model")
    if "score_se" in scores and scores["score_se"].isna().all():
        scores = scores.drop(columns="score_se")
    table = pd.DataFrame(list(models.values()), index=list(models), dtype=object)
    if "weights" in table and "weights_origin" not in table:
        table["weights_origin"] = [file if w else None for w in table["weights"]]
    return Imported(scores, table, pd.DataFrame(about), credit, about={"file": file}, **more)


def _interval_se(row: Mapping[str, Any], columns: Mapping[str, str]) -> float:
    """Standard error from a 95 % interval: ``+5/-4``, ``±5``, or columns with its two ends; NaN where not given."""
    low, high = columns.get("ratinglower"), columns.get("ratingupper")
    if low is not None and high is not None and is_number(row[low]) and is_number(row[high]):
        return (float(row[high]) - float(row[low])) / 2.0 / 1.96
    text = next((cell_text(row[columns[k]]) for k in ("95ci", "95ci±", "ci") if k in columns), None)
    numbers = [abs(float(n)) for n in re.findall(r"\d+(?:\.\d+)?", text or "")]
    return sum(numbers) / len(numbers) / 1.96 if numbers else math.nan


Importer = Callable[[bytes, str, ConvertOptions], Imported]
KINDS: dict[str, Importer] = {
    "artificial-analysis": _artificial_analysis,
    "lmarena": _lmarena,
    "wide-csv": _wide_csv,
    "hf-json": _hf_json,
}
