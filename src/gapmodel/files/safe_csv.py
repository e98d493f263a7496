"""Tables as CSV for people and for reading back: no cell runs as a formula, and no text changes on the way.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-``, ``@`` or a control character as a formula, even inside
quotes. So an apostrophe goes in front of such text (OWASP, "CSV Injection"), and in front of text that already has
apostrophes before such a character, so that `csv_table` can take it off again and nothing else. Numbers stay as they
are.
"""

from __future__ import annotations

import io
import re
from typing import Any

import pandas as pd

__all__ = ["FORMULA_STARTS", "csv_table", "csv_text", "neutral", "neutral_table", "restored"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

_RISKY = re.compile(r"'*[=+\-@\t\r\n]")
_NEUTRAL = re.compile(r"'+[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

#: Columns of names and sentences: ``007``, ``NA`` and ``True`` are text in them.
_TEXT = (
    *("benchmark", "category", "change", "fold", "follower", "follower_model", "kind", "leader", "leader_model"),
    *("left_out", "method", "model", "name", "note", "organization", "problem", "reason", "summary", "title"),
    "variant",
)


def neutral(cell: Any) -> Any:
    """`cell`, with an apostrophe in front where a spreadsheet would run it; other than text stays as it is."""
    risky = isinstance(cell, str) and _RISKY.match(cell) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if risky else cell


def restored(cell: Any) -> Any:
    """What `neutral` was given."""
    return cell[1:] if isinstance(cell, str) and _NEUTRAL.match(cell) else cell


def neutral_table(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with every cell and column name `neutral`; columns without text are as they were."""
    out = table.rename(columns=neutral)
    for position, name in enumerate(out.columns):
        column = table.iloc[:, position]
        if _textual(column):
            out[name] = pd.Series([neutral(v) for v in column], index=table.index, dtype=object)
    return out


def csv_text(table: pd.DataFrame, *, digits: int = 6) -> str:
    """A table as CSV: ISO dates, `digits` significant digits (17 lose nothing), ``\\n`` line ends, no formulas."""
    table = neutral_table(table)
    for name in table.select_dtypes("datetime").columns:
        table[name] = [None if pd.isna(day) else str(day.date()) for day in table[name]]
    return table.to_csv(index=False, float_format=f"%.{digits}g", lineterminator="\n")


def csv_table(content: bytes) -> pd.DataFrame:
    """Read back what `csv_text` wrote; only an empty cell is missing, and names are text whatever they look like.

    Raises
    ------
    ValueError
        Not UTF-8, not CSV, or empty (pandas' errors are of this kind).
    """
    table = pd.read_csv(
        io.BytesIO(content),
        dtype=dict.fromkeys(_TEXT, str),
        keep_default_na=False,
        na_values=[""],
    )
    for name in table.columns:
        if _textual(table[name]):
            table[name] = table[name].map(restored, na_action="ignore").astype(table[name].dtype)
    return table.rename(columns=restored)


def _textual(column: pd.Series) -> bool:
    kinds = pd.api.types
    return not (kinds.is_numeric_dtype(column) or kinds.is_datetime64_any_dtype(column))
