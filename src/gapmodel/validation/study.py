"""`Study`: what comes of anything that repeats a fit, the same shape for all of them, with or without a folder."""

from __future__ import annotations

import html
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gapmodel.errors import ConfigError
from gapmodel.files.atomic import atomic_bytes, writable_folder
from gapmodel.files.in_use import alone_in

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Study", "study_folder"]


@dataclass(frozen=True, eq=False)
class Study:
    """Result of a comparison, backtest, calibration, false-alarm or sensitivity study.

    Attributes
    ----------
    kind : str
    table : pandas.DataFrame
        The main table.
    detail : object
        All that was found, in the type of the study.
    passed : bool
        Every fit was made and passed its checks, and the study's own test where it has one.
    draw : callable
        Draws the main figure.
    files : dict
        Relative name → content of every file of the study's folder, jobs included.
    """

    kind: str
    table: pd.DataFrame
    detail: Any = field(repr=False)
    passed: bool
    draw: Callable[[], Figure] = field(repr=False)
    files: dict[str, bytes] = field(repr=False)

    def plot(self) -> Figure:
        """The main figure."""
        return self.draw()

    def save(self, folder: str | Path) -> Path:
        """Write the study's folder; the same study resumes from it.

        Raises
        ------
        ConfigError
            The folder cannot be written, or holds something.
        """
        target = writable_folder(Path(folder))
        if target.is_dir() and any(target.iterdir()):
            raise ConfigError(f"'{target}' holds files: give a new folder")
        for name, content in self.files.items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_bytes(path, content)
        return target

    def __repr__(self) -> str:
        shown = self.table.iloc[:6, :5].to_string(index=False, float_format="%.2f", max_colwidth=40)
        more = f"\n  {len(self.table)} rows, {self.table.shape[1]} columns: see .table"
        return f"{self.kind}: {'passed' if self.passed else 'NOT passed'}\n{shown}{more}"

    def _repr_html_(self) -> str:
        mark = "passed" if self.passed else "<strong>not passed</strong>"
        return f"<p>{html.escape(self.kind)}: {mark}</p>" + self.table.to_html(max_rows=20, max_cols=12, escape=True)


@contextmanager
def study_folder(folder: str | Path | None):
    """The folder of a study, kept from other processes meanwhile, or one that goes when its content is in memory."""
    if folder is not None:
        with alone_in(Path(folder)):
            yield Path(folder)
        return
    with tempfile.TemporaryDirectory(prefix="gapmodel-") as name:
        yield Path(name) / "study"


def files_of(folder: Path) -> dict[str, bytes]:
    """Relative name → content of every file under a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
