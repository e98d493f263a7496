"""Tables, draws and trees of a run, from memory or from its folder, by the same names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from gapmodel.analysis.schema import check_file
from gapmodel.errors import DataError
from gapmodel.files.atomic import plain_value
from gapmodel.files.safe_csv import csv_table
from gapmodel.files.strict_json import parse_json
from gapmodel.lags.panel import panel_table
from gapmodel.runs.provenance import code_sha256

if TYPE_CHECKING:  # to read a run needs no sampler
    from gapmodel.analysis.analyse import Analysis

__all__ = ["BundledParts", "FolderParts", "MemoryParts", "check_hash", "tables_of"]

_DATES = ["date", "month", "matched_date", "zero_date"]


def tables_of(analysis: Analysis) -> dict[str, pd.DataFrame]:
    """File name → table, as a run folder has them; those of the lags apart."""
    return {
        "per_benchmark.csv": analysis.per_benchmark,
        "zero_lag_curve.csv": analysis.curve,
        "baseline_lines.csv": analysis.baseline.lines,
        "baseline_monthly.csv": analysis.baseline.monthly,
        "trend_bands.csv": analysis.bands,
        "predictive_checks.csv": analysis.predictive,
    }


@dataclass(frozen=True)
class MemoryParts:
    """Of an analysis that was just made."""

    analysis: Analysis = field(repr=False)

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name in self._tables() or name in ("lags.nc", "draws.nc", "audit.json")

    def table(self, name: str) -> pd.DataFrame:
        """A table by its file name; a copy."""
        tables = self._tables()
        if name not in tables:
            raise DataError(f"a run has no table {name}: give one of {', '.join(sorted(tables))}")
        frame = tables[name].copy()
        for column in frame.columns.intersection(_DATES):
            frame[column] = pd.to_datetime(frame[column])
        return frame

    def dataset(self, name: str) -> xr.Dataset:
        """``lags.nc`` or ``draws.nc``."""
        if name == "lags.nc":
            return self.analysis.lags.panel
        if name == "draws.nc":
            return self.analysis.draws.merge(self.analysis.crossing)
        raise DataError(f"a run has no dataset {name}: give lags.nc or draws.nc")

    def audit(self) -> dict[str, Any]:
        """The content of ``audit.json``."""
        return json.loads(json.dumps(self.analysis.audit.as_dict(), default=plain_value))

    def tree(self) -> xr.DataTree:
        """The complete tree."""
        from gapmodel.inference.tree import complete_tree

        made = self.analysis
        return complete_tree(
            made.fit,
            made.prior,
            made.lags.panel,
            seed=(made.fit.settings.seed + 5) % 2**32,
            leader_start_up_months=made.options.leader_start_up_months,
            attrs={"data_sha256": made.scores.sha256, "code_sha256": code_sha256(), "seed": made.fit.settings.seed},
        )

    def _tables(self) -> dict[str, pd.DataFrame]:
        lags = self.analysis.lags
        return {
            **tables_of(self.analysis),
            "lags.csv": panel_table(lags.panel),
            "release.csv": lags.release,
            "catch_up.csv": lags.catch_up,
            "skipped.csv": lags.skipped,
            "frontiers.csv": lags.frontiers,
        }


@dataclass(frozen=True)
class FolderParts:
    """Of a folder; what is read must be what the run wrote."""

    folder: Path
    hashes: dict[str, str] = field(repr=False)

    def has(self, name: str) -> bool:
        """Whether the folder keeps this file."""
        return (self.folder / name).is_file()

    def content(self, name: str) -> bytes:
        """A file as it lies there; `OSError` where there is none."""
        return (self.folder / name).read_bytes()

    def table(self, name: str) -> pd.DataFrame:
        """A CSV file of the run."""
        frame = csv_table(self.verified(name))
        for column in frame.columns.intersection(_DATES):
            frame[column] = pd.to_datetime(frame[column])
        return frame

    def dataset(self, name: str) -> xr.Dataset:
        """A netCDF file of the run."""
        self.verified(name)
        with xr.open_dataset(self.folder / name, engine="h5netcdf") as data:
            return data.load()

    def audit(self) -> dict[str, Any] | None:
        """``audit.json``, where there is one."""
        if not self.has("audit.json"):
            return None
        content = parse_json(self.verified("audit.json"))
        check_file(content, "audit.json", where=str(self.folder / "audit.json"))
        return content

    def tree(self) -> xr.DataTree:
        """``posterior.nc``."""
        self.verified("posterior.nc")
        with xr.open_datatree(self.folder / "posterior.nc", engine="h5netcdf") as tree:
            return tree.load()

    def verified(self, name: str) -> bytes:
        """The content of a file that is as the manifest says.

        Raises
        ------
        DataError
        """
        try:
            content = self.content(name)
        except OSError:
            raise DataError(f"run '{self.folder}' has no readable {name}: run it again") from None
        check_hash(content, name, self.hashes, self.folder)
        return content


@dataclass(frozen=True)
class BundledParts(FolderParts):
    """Of the run that comes with the package: its text files alone, without pictures and draws."""

    files: Mapping[str, bytes] = field(repr=False, default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the archive keeps this file."""
        return name in self.files

    def content(self, name: str) -> bytes:
        """A file of the archive; `OSError` where there is none."""
        try:
            return self.files[name]
        except KeyError:
            raise FileNotFoundError(name) from None


def check_hash(content: bytes, name: str, hashes: dict[str, Any], folder: Path) -> None:
    """Check a file of a run against the manifest.

    Raises
    ------
    DataError
        It was altered.
    """
    if hashes.get(name) != hashlib.sha256(content).hexdigest():
        raise DataError(f"'{folder / name}' is not the file that the run wrote: it was altered, run it again")
