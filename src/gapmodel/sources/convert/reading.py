"""What is passed along while a table is read: what a person says of it, its rows, and what is wrong or left out."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gapmodel.sources.convert.faults import Fault
from gapmodel.sources.joining.variants import identity
from gapmodel.sources.snapshot import LeftOut

__all__ = ["ConvertOptions", "Reading", "Row", "Score"]


@dataclass(frozen=True)
class ConvertOptions:
    """What a file does not say of itself; every guess can be overridden.

    Attributes
    ----------
    benchmark : str, optional
        Name of the benchmark of a table with one column of scores.
    columns : tuple of str
        The columns that are benchmarks; default: all that hold numbers and are not known otherwise.
    weights : str, optional
        ``open`` or ``closed``: holds for every model of the file that does not state it.
    model, date, flag : str, optional
        The columns of the model, of its release date, and of open or closed.
    ignored : tuple of str
        Columns that are not read.
    lower : tuple of str
        Benchmarks on which a lower score is better; default: as their names say.
    keep : str, optional
        ``best``, ``mean``, ``first`` or ``last``: what counts of several scores of one model. A mean takes all of
        them, also equal ones, as rows of single questions have.
    zeros : str, optional
        ``missing`` or ``measured``: what a score of exactly 0 means; default: missing where a guess scores more.
    as_is : tuple of str
        Columns whose numbers are right as they are, though they look mixed.
    date_order : str, optional
        ``dmy`` or ``mdy``: the order of days such as 03/04/2024.
    transposed : bool, optional
        Models are the columns; default: as the names tell.
    sheet : str, optional
        Which sheet of a spreadsheet.
    taken : datetime.date, optional
        Day on which the file was made.
    leave_out : bool
        What cannot be read is left out and listed; default: it is an error.
    """

    benchmark: str | None = None
    columns: tuple[str, ...] = ()
    weights: str | None = None
    model: str | None = None
    date: str | None = None
    flag: str | None = None
    ignored: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()
    keep: str | None = None
    zeros: str | None = None
    as_is: tuple[str, ...] = ()
    date_order: str | None = None
    transposed: bool | None = None
    sheet: str | None = None
    taken: datetime.date | None = None
    leave_out: bool = False


@dataclass
class Row:
    """One row: whose it is, what it says of its model, and its scores."""

    line: int
    name: str
    model: str
    variant: str
    facts: dict[str, str | None]
    cells: Mapping[str, Any]

    @property
    def key(self) -> str:
        return identity(self.model)


@dataclass
class Score:
    """One score as it was read: its row and column, the value, whether it was in percent, and its standard error."""

    row: Row
    column: str
    value: float
    percent: bool
    se: float | None = None


@dataclass
class Reading:
    """What comes together while a table is read."""

    file: str
    options: ConvertOptions
    faults: list[Fault] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    near: set[str] = field(default_factory=set)

    def fault(self, kind: str, line: int, column: str, text: str) -> None:
        self.faults.append(Fault(kind, line, column, text))
