"""Tables that were made for people: records from CSV or JSON, and their cells as text, numbers and names."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from gapmodel.errors import DataError, quoted
from gapmodel.sources.artificial_analysis.records import load_json
from gapmodel.sources.csv import parse_table

__all__ = [
    "BLANK",
    "cell_number",
    "cell_text",
    "column_key",
    "is_number",
    "link_text",
    "pick_column",
    "read_records",
    "row_dicts",
]

# Cells that say "not measured" in tables made for people.
BLANK = frozenset({"", "-", "–", "—", "n/a", "na", "nan", "none", "null", "?"})


def read_records(content: bytes, file: str) -> pd.DataFrame:
    """A table from CSV, a JSON list, JSON lines, ``{"rows": [{"row": ...}]}``, ``{"data": [...]}`` or model cards.

    Parameters
    ----------
    content : bytes
    file : str
        What messages call it.

    Returns
    -------
    pandas.DataFrame
        Object columns; index ``line``: lines of a CSV file, see `gapmodel.sources.csv.parse_table`, records of JSON
        from 1 on. What is nested deeper in a record is left out.

    Raises
    ------
    DataError
        HTML, damaged JSON, or no list of records; for CSV see `parse_table`.
    """
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
        raise DataError(f"{file}: no list of records; give a list of objects, one per model")
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
    if not isinstance(card, dict):
        return {}
    out: dict[str, Any] = {"model": card.get("name")}
    for result in _objects(card.get("results")):
        data = next((d for d in (result.get("dataset"), result.get("task")) if isinstance(d, dict) and d), {})
        for metric in _objects(result.get("metrics")):
            title = f"{data.get('name') or data.get('type')} ({metric.get('name') or metric.get('type')})"
            out.setdefault(title, metric.get("value"))
    return out


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def row_dicts(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows, column names as text."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def cell_number(cell: Any, where: str) -> float | None:
    """A cell as a number; ``None`` where it says that there is nothing.

    Parameters
    ----------
    cell
        Number or text.
    where : str
        What a message calls its place.

    Returns
    -------
    float or None

    Raises
    ------
    DataError
        It says something else than a finite number.
    """
    if cell_text(cell) is None:
        return None
    if not is_number(cell):
        raise DataError(f"{where}: {quoted(cell)} is not a number; write 0.5, and nothing where it is not measured")
    return float(cell)


def is_number(cell: Any) -> bool:
    """Whether a cell holds a finite number, typed or as text."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | str) or cell_text(cell) is None:
        return False
    try:
        return math.isfinite(float(cell)) and "_" not in str(cell)
    except (ValueError, OverflowError):
        return False


def cell_text(cell: Any) -> str | None:
    """A cell as text; ``None`` where it says that there is nothing."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    text = str(cell).strip()
    return None if text.casefold() in BLANK else text


def link_text(cell: Any) -> str:
    """A model name without the link around it, in Markdown or HTML."""
    text = re.sub(r"<[^<>]*>", "", cell_text(cell) or "")
    return " ".join(re.sub(r"\[([^\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)", r"\1", text).split())


def column_key(column: Any) -> str:
    """A column's name without case, spaces and signs, by which spellings of one name are the same."""
    return re.sub(r"[^a-z0-9±]", "", str(column).casefold())


def pick_column(columns: Mapping[str, str], choices: tuple[str, ...], file: str, what: str) -> str:
    """The column that is there under the first of several names.

    Parameters
    ----------
    columns : mapping
        `column_key` of a column → its name.
    choices : tuple of str
        Keys, the best first.
    file : str
        What messages call the table.
    what : str
        What the column holds, as a message would have it called.

    Returns
    -------
    str
        The name of the column.

    Raises
    ------
    DataError
        None is there.
    """
    for name in choices:
        if name in columns:
            return columns[name]
    raise DataError(f"{file}: no column with the {what}; call it '{what}'")
