"""Columns of cells by their distinct values.

A million cells hold a few thousand different texts. What is read, checked or written cell by cell is read, checked or
written once per value here, and looked up for the rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Cells", "all_text", "as_text", "json_rows", "missing", "objects", "text_cells", "together"]

_AT_ONCE = 100_000


@dataclass(frozen=True)
class Cells:
    """A column of n cells with k distinct values.

    Attributes
    ----------
    code : numpy.ndarray of int, shape (n,)
        Number of each cell's value; -1 where the cell is empty.
    distinct : list, length k
    """

    code: np.ndarray
    distinct: list[Any]

    def column(self, values: Iterable[Any] | None = None, *, empty: Any = None, dtype: Any = object) -> np.ndarray:
        """An array of the cells, or of one of `values` for each.

        Parameters
        ----------
        values : iterable, length k, optional
            In place of the distinct values.
        empty
            What stands in empty cells.
        dtype : dtype

        Returns
        -------
        numpy.ndarray, shape (n,)
        """
        each = np.empty(len(self.distinct) + 1, dtype=dtype)  # code -1 is the last entry
        each[:-1] = self.distinct if values is None else list(values)
        each[-1] = empty
        return each[self.code]

    def changed(self, change: Callable[[Any], Any]) -> Cells:
        """The cells with each value changed; values that become one are one."""
        values = [change(value) for value in self.distinct]
        if values == self.distinct:
            return self
        again, unique = pd.factorize(np.array([*values, None], dtype=object))
        return Cells(again[self.code], unique.tolist())

    def without(self, bad: Iterable[bool]) -> Cells:
        """The cells with some values (bool, length k) taken for empty."""
        gone = np.array([*bad, True], dtype=bool)
        return Cells(np.where(gone[self.code], -1, self.code), self.distinct)

    def ranked(self) -> np.ndarray:
        """Place of each cell's value in their order, -1 where the cell is empty; shape (n,)."""
        rank = np.full(len(self.distinct) + 1, -1)
        rank[sorted(range(len(self.distinct)), key=self.distinct.__getitem__)] = np.arange(len(self.distinct))
        return rank[self.code]

    def first_given(self, owner: Cells) -> np.ndarray:
        """First row on which each owner's cell is given, -1 where there is none; shape (number of owners,)."""
        rows = np.flatnonzero((owner.code >= 0) & (self.code >= 0))[::-1]
        first = np.full(len(owner.distinct), -1)
        first[owner.code[rows]] = rows  # of repeated places the last assignment stays: the first row
        return first


def missing(value: Any) -> bool:
    """Whether a cell is empty: None, NaN, NaT and their kind."""
    if value is None or isinstance(value, str):
        return value is None
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def as_text(value: Any) -> str | None:
    """A cell as the file would hold it."""
    if missing(value):
        return None
    if isinstance(value, date | datetime | np.datetime64):
        return str(pd.Timestamp(value)).removesuffix(" 00:00:00")
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, float | np.floating):
        return repr(float(value) + 0.0)  # -0.0 is 0.0
    return str(value).strip() or None


def objects(values: Iterable[Any], index: pd.Index) -> pd.Series:
    """A column of objects, ``None`` where empty; pandas 3 would infer its own string type, with NaN for None."""
    return pd.Series([None if missing(v) else v for v in values], index=index, dtype=object)


def all_text(column: pd.Series) -> bool:
    """Whether every cell that is not empty is text."""
    return pd.api.types.infer_dtype(column, skipna=True) == "string"


def text_cells(column: pd.Series) -> Cells:
    """The texts of a column, see `as_text`."""
    if column.dtype == object and not all_text(column):
        # 1, 1.0 and True are equal as values and different as texts.
        column = pd.Series([as_text(v) for v in column], dtype=object)
    code, found = pd.factorize(column)
    texts = [as_text(v) for v in found]
    if any(a is not b for a, b in zip(texts, found, strict=True)):  # two values may be one text, or none
        again, unique = pd.factorize(np.array([*texts, None], dtype=object))
        code, texts = again[code], unique.tolist()
    return Cells(code, texts)


def together(*codes: np.ndarray) -> np.ndarray:
    """One whole number for each row of several codes (-1 or more), ordered as the rows of codes are."""
    key = np.zeros(len(codes[0]), dtype=np.int64)
    for code in codes:
        width = int(code.max(initial=-1)) + 2
        if int(key.max(initial=0)) * width >= 2**62:
            _, key = np.unique(key, return_inverse=True)
        key = key * width + (code + 1)
    return key


def json_rows(columns: list[Cells]) -> Iterator[str]:
    """The rows of text columns as JSON lists, in portions joined by ", "."""
    form = f"[{', '.join(['%s'] * len(columns))}]"
    written = [(c.code, np.array([*map(json.dumps, c.distinct), "null"], dtype=object)) for c in columns]
    for start in range(0, len(columns[0].code) if columns else 0, _AT_ONCE):
        rows = zip(*(each[code[start : start + _AT_ONCE]].tolist() for code, each in written), strict=True)
        yield ", ".join(map(form.__mod__, rows))
