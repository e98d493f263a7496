"""Files that one already has: LMArena tables, wide CSV, Hugging Face style JSON, saved Artificial Analysis files.

Each importer says what its file says and nothing more; open/closed flags and dates that a file lacks are joined by
`gapmodel.sources.settle`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gapmodel.errors import DataError, UnknownNameError
from gapmodel.scorefaults import nearest, quoted
from gapmodel.sources.aa_records import import_records, load_json, parse_saved
from gapmodel.sources.csv import parse_table
from gapmodel.sources.snapshot import Imported

__all__ = ["KINDS", "ConvertOptions", "convert"]

# Cells that say "not measured" in tables made for people.
_BLANK = frozenset({"", "-", "–", "—", "n/a", "na", "nan", "none", "null", "?"})
_MODEL = ("model", "modelname", "fullname", "modeldisplayname", "name", "modelversion")
_PROPERTIES = {
    "releasedate": "release_date",
    "weights": "weights",
    "weightsdate": "weights_date",
    "organization": "organization",
    "organisation": "organization",
    "modelorganization": "organization",
    "licencetier": "licence_tier",
    "country": "country",
}


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
    file : str
        What messages call it.

    Raises
    ------
    UnknownNameError
        No such kind, or a column that the file lacks.
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

    The licence column states the weights: ``Proprietary`` is closed, a named licence open.
    """
    records = _records(content, file)
    columns = {_key(c): str(c) for c in records}
    model = _pick(columns, _MODEL, file, "model")
    score = _pick(columns, ("arenascore", "arenaelorating", "arenaelo", "rating", "score", "elo"), file, "score")
    licence = columns.get("license") or columns.get("licence")
    published, category = columns.get("leaderboardpublishdate"), columns.get("category")
    if published is not None:
        # Ratings of different days are not on one scale.
        records = records[records[published] == records[published].max()]
    title = options.benchmark or "LMArena"
    rows, models = [], {}
    for line, row in zip(records.index, _dicts(records), strict=True):
        name, value = _link_text(row[model]), _number(row[score], f"{file}, line {line}, column {score}")
        if not name or value is None:
            continue
        kind = None if category is None else _text(row[category])
        rows.append(
            {
                "benchmark": title if kind is None else f"{title} {kind}",
                "model": name,
                "score": value,
                "score_se": _interval_se(row, columns),
                "source": "LMArena",
            }
        )
        given = None if licence is None else _licence_weights(_text(row[licence]))
        models[name] = {
            **_properties(row, columns),
            "weights": given,
            "weights_origin": None if given is None else "LMArena licence column",
        }
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
    return _imported(
        rows, models, about, file, ("LMArena, https://lmarena.ai/ (check the terms of the file you have)",)
    )


def _wide_csv(content: bytes, file: str, options: ConvertOptions) -> Imported:
    return _wide(parse_table(content, file), file, options)


def _hf_json(content: bytes, file: str, options: ConvertOptions) -> Imported:
    """Records of a leaderboard (a list, JSON lines, or the rows of a dataset page), or ``model-index`` cards."""
    return _wide(_records(content, file), file, options)


def _wide(table: pd.DataFrame, file: str, options: ConvertOptions) -> Imported:
    """One row a model, one column a benchmark."""
    columns = {_key(c): str(c) for c in table}
    model = _pick(columns, _MODEL, file, "model")
    known = {columns[k] for k in _PROPERTIES if k in columns} | {model}
    for name in options.columns:
        if name not in table:
            raise UnknownNameError(f"{file}: no column {quoted(name)}{nearest(name, table)}")
    benchmarks, left_out = list(options.columns), []
    for column in [str(c) for c in table if c not in known and c not in benchmarks]:
        if options.columns:
            left_out.append(("column", column, "not named as a benchmark"))
        elif any(_is_number(cell) for cell in table[column]):
            benchmarks.append(column)
        else:
            left_out.append(("column", column, "holds no number"))
    rows, models = [], {}
    for line, row in zip(table.index, _dicts(table), strict=True):
        name = _link_text(row[model])
        if not name:
            raise DataError(
                f"{file}, line {line}: the cell of column {quoted(model)} is empty; every row needs a model"
            )
        models[name] = _properties(row, columns)
        for benchmark in benchmarks:
            value = _number(row[benchmark], f"{file}, line {line}, column {benchmark}")
            if value is not None:
                rows.append({"benchmark": benchmark, "model": name, "score": value, "source": file})
    about = [{"benchmark": b, "title": b, "direction": "higher"} for b in benchmarks]
    note = f"taken as benchmarks, higher is better: {', '.join(sorted(benchmarks)) or 'none'}"
    return _imported(rows, models, about, file, (), left_out=tuple(left_out), notes=(note,))


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
        raise DataError(f"{file}: {quoted(model)} has two scores on {quoted(benchmark)}; keep one row a model")
    if "score_se" in scores and scores["score_se"].isna().all():
        scores = scores.drop(columns="score_se")
    table = pd.DataFrame(list(models.values()), index=list(models), dtype=object)
    if "weights" in table and "weights_origin" not in table:
        table["weights_origin"] = [file if w else None for w in table["weights"]]
    return Imported(scores, table, pd.DataFrame(about), credit, about={"file": file}, **more)


def _records(content: bytes, file: str) -> pd.DataFrame:
    """A table from CSV, a JSON list, JSON lines, ``{"rows": [{"row": ...}]}``, ``{"data": [...]}`` or model cards."""
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start not in (b"{", b"["):
        if start == b"<":
            raise DataError(f"{file}: this is a page of HTML, not a table; export it as CSV or JSON")
        return parse_table(content, file)
    lines = [line for line in content.decode("utf-8-sig", errors="replace").splitlines() if line.strip()]
    if start == b"{" and len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines):
        data: Any = [load_json(line.encode(), file) for line in lines]
    else:
        data = load_json(content.removeprefix(b"\xef\xbb\xbf"), file)
    if isinstance(data, dict):
        data = next((data[k] for k in ("rows", "data") if isinstance(data.get(k), list)), [data])
    if not isinstance(data, list) or not all(isinstance(r, dict) for r in data) or not data:
        raise DataError(f"{file}: no list of records; give a list of objects, one a model")
    flat = [_flat(r["row"] if isinstance(r.get("row"), dict) else r) for r in data]
    names = list(dict.fromkeys(k for record in flat for k in record))
    table = pd.DataFrame({str(n).strip(): pd.Series([r.get(n) for r in flat], dtype=object) for n in names})
    return table.set_axis(pd.RangeIndex(1, len(flat) + 1, name="line"))


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """One record without nesting: model cards, and ``evaluations``/``results`` of name → number or ``{value}``."""
    if isinstance(record.get("model-index"), list) and record["model-index"]:
        return _card(record["model-index"][0])
    out: dict[str, Any] = {}
    for key, value in record.items():
        if key == "model" and isinstance(value, dict):
            out["model"] = value.get("name")
        elif key in ("evaluations", "results", "scores") and isinstance(value, dict):
            for name, cell in value.items():
                out[name] = cell.get("value", cell.get("score")) if isinstance(cell, dict) else cell
        elif not isinstance(value, dict | list):
            out[key] = value
    return out


def _card(card: Any) -> dict[str, Any]:
    out: dict[str, Any] = {"model": card.get("name")}
    for result in card.get("results") or []:
        data = result.get("dataset") or result.get("task") or {}
        for metric in result.get("metrics") or []:
            title = f"{data.get('name') or data.get('type')} ({metric.get('name') or metric.get('type')})"
            out.setdefault(title, metric.get("value"))
    return out


def _properties(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    found = {target: _text(row[columns[key]]) for key, target in _PROPERTIES.items() if key in columns}
    return {column: found.get(column) for column in ("release_date", "weights", *found)}


def _licence_weights(licence: str | None) -> str | None:
    if licence is None or licence.casefold() in _BLANK | {"unknown", "other"}:
        return None
    return "closed" if licence.casefold().startswith("propriet") else "open"


def _interval_se(row: Mapping[str, Any], columns: Mapping[str, str]) -> float:
    """Standard error from a 95 % interval: ``+5/-4``, ``±5``, or columns with its two ends; NaN where not given."""
    low, high = columns.get("ratinglower"), columns.get("ratingupper")
    if low is not None and high is not None and _is_number(row[low]) and _is_number(row[high]):
        return (float(row[high]) - float(row[low])) / 2.0 / 1.96
    text = next((_text(row[columns[k]]) for k in ("95ci", "95ci±", "ci") if k in columns), None)
    numbers = [abs(float(n)) for n in re.findall(r"\d+(?:\.\d+)?", text or "")]
    return sum(numbers) / len(numbers) / 1.96 if numbers else math.nan


def _dicts(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _number(cell: Any, where: str) -> float | None:
    if _text(cell) is None:
        return None
    if not _is_number(cell):
        raise DataError(f"{where}: {quoted(cell)} is not a number; write 0.5, and nothing where it is not measured")
    return float(cell)


def _is_number(cell: Any) -> bool:
    if isinstance(cell, bool) or not isinstance(cell, int | float | str) or _text(cell) is None:
        return False
    try:
        return math.isfinite(float(cell)) and "_" not in str(cell)
    except ValueError:
        return False


def _text(cell: Any) -> str | None:
    """A cell as text; ``None`` where it says that there is nothing."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    text = str(cell).strip()
    return None if text.casefold() in _BLANK else text


def _link_text(cell: Any) -> str:
    """A model name without the link around it, in Markdown or HTML."""
    text = re.sub(r"<[^<>]*>", "", _text(cell) or "")
    return " ".join(re.sub(r"\[([^\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)", r"\1", text).split())


def _key(column: Any) -> str:
    return re.sub(r"[^a-z0-9±]", "", str(column).casefold())


def _pick(columns: Mapping[str, str], choices: tuple[str, ...], file: str, what: str) -> str:
    for name in choices:
        if name in columns:
            return columns[name]
    raise DataError(f"{file}: no column with the {what}; call it '{what}'")


Importer = Callable[[bytes, str, ConvertOptions], Imported]
KINDS: dict[str, Importer] = {
    "artificial-analysis": _artificial_analysis,
    "lmarena": _lmarena,
    "wide-csv": _wide_csv,
    "hf-json": _hf_json,
}
