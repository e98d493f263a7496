"""What cannot be read in a table made for people: one list by kind, so that no kind hides another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gapmodel.errors import DataError

__all__ = ["Fault", "fault_list", "refuse"]

_SHOWN = 10
#: Kinds in the order in which they are told.
KINDS = {
    "score": "scores that cannot be read",
    "scale": "scores on another scale than the rest of their column",
    "repeat": "different scores of one model on one benchmark",
    "date": "dates that cannot be read",
    "flag": "cells that say neither open nor closed",
    "contradiction": "rows or columns that contradict each other",
}


@dataclass(frozen=True)
class Fault:
    """One place that cannot be read.

    Attributes
    ----------
    kind : str
        Key of `KINDS`.
    line : int
    column : str
    text : str
        What is wrong, and a fix that works.
    """

    kind: str
    line: int
    column: str
    text: str

    @property
    def place(self) -> str:
        """Line and column, where it is of one."""
        return f"line {self.line}" + (f", column {self.column}" if self.column else "")


def fault_list(faults: Iterable[Fault], file: str) -> str:
    """The faults by kind; of each kind ten, and the number of the rest."""
    faults = list(faults)
    lines = []
    for kind, title in KINDS.items():
        mine = sorted((f for f in faults if f.kind == kind), key=lambda f: (f.line, f.column))
        if not mine:
            continue
        lines.append(f"{title} ({len(mine)}):")
        lines += [f"  {file}, {f.place}: {f.text}" for f in mine[:_SHOWN]]
        if len(mine) > _SHOWN:
            more = ", ".join(str(f.line) for f in mine[_SHOWN : _SHOWN + 40])
            lines.append(f"  and {len(mine) - _SHOWN} more, on lines {more}{' ...' if len(mine) > _SHOWN + 40 else ''}")
    return "\n".join(lines)


def refuse(faults: Iterable[Fault], file: str) -> DataError:
    """The error of a table that has faults."""
    faults = list(faults)
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    end = "nothing is written. Fix these, or leave them out with --allow-left-out"
    return DataError(f"{file}: {count}\n{fault_list(faults, file)}\n{end}")
