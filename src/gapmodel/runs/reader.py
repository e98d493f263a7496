"""A run folder read back, whole and unaltered or not at all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from gapmodel.errors import DataError
from gapmodel.files.safe_csv import csv_table

__all__ = ["SavedRun", "read_run"]

MANIFEST, SUMMARY = "manifest.json", "summary.json"
_OF_MANIFEST = ("files", "data", "sampler", "variant", "versions")
_OF_CHECKS: dict[str, type] = {"checks": list}
_OF_SUMMARY: dict[str, type] = {
    **dict.fromkeys(("leader", "follower", "model"), str),
    **dict.fromkeys(("average_gap_months", "slope_months_per_year", "new_benchmark_gap_months", "zero_lag"), dict),
    **dict.fromkeys(("baseline", "prior", "diagnostics", "data", "options"), dict),
    **dict.fromkeys(("per_benchmark", "credits"), list),
    **dict.fromkeys(("quick", "citable"), bool),
    "seed": int,
}


@dataclass(frozen=True)
class SavedRun:
    """What a run left on disk.

    Attributes
    ----------
    folder : pathlib.Path
    summary, checks, manifest : dict
        The JSON files of the run.
    """

    folder: Path
    summary: dict[str, Any]
    checks: dict[str, Any]
    manifest: dict[str, Any]

    @property
    def run_id(self) -> str:
        """Variant and hash of everything that determines the numbers."""
        return str(self.manifest["run_id"])

    @property
    def citable(self) -> bool:
        """True when every check passed and the run was not a quick one."""
        return bool(self.summary["citable"])

    def has(self, name: str) -> bool:
        """Whether the run kept this file (committed runs hold no netCDF files)."""
        return (self.folder / name).is_file()

    def table(self, name: str) -> pd.DataFrame:
        """A CSV file of the run; columns of dates are parsed, empty cells are missing.

        Raises
        ------
        DataError
            The file is missing, or is not the one that the run wrote.
        """
        content = self._verified(name)
        frame = csv_table(content)
        for column in frame.columns.intersection(["date", "month", "matched_date", "zero_date"]):
            frame[column] = pd.to_datetime(frame[column])
        return frame

    def dataset(self, name: str) -> xr.Dataset:
        """A netCDF file of the run, loaded: ``lags.nc`` or ``draws.nc``.

        Raises
        ------
        DataError
            As `table`.
        """
        self._verified(name)
        with xr.open_dataset(self.folder / name, engine="h5netcdf") as data:
            return data.load()

    def _verified(self, name: str) -> bytes:
        path = self.folder / name
        try:
            content = path.read_bytes()
        except OSError:
            raise DataError(f"run '{self.folder}' has no readable {name}: run it again") from None
        _check_hash(content, name, self.manifest, self.folder)
        return content


def read_run(folder: Path | str) -> SavedRun:
    """Read a run folder.

    Raises
    ------
    DataError
        It is not a run, a file is missing or damaged, or the summary was altered after the run.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"no run folder '{folder}': give a folder that `gapmodel run` wrote")
    manifest = _json(folder, MANIFEST)
    _check_keys(folder / MANIFEST, manifest, {"run_id": str, **dict.fromkeys(_OF_MANIFEST, dict)})
    parts = {}
    for name, keys in ((SUMMARY, _OF_SUMMARY), ("checks.json", _OF_CHECKS)):
        parts[name] = _json(folder, name)
        _check_hash((folder / name).read_bytes(), name, manifest, folder)
        _check_keys(folder / name, parts[name], keys)
    return SavedRun(folder, parts[SUMMARY], parts["checks.json"], manifest)


def _check_keys(path: Path, content: dict[str, Any], keys: dict[str, type]) -> None:
    for key, kind in keys.items():
        if not isinstance(content.get(key), kind):
            raise DataError(f"'{path}' lacks '{key}': this is no run of this version, run it again")


def _json(folder: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"'{folder}' is not a whole run, it has no {name}: give a folder that `gapmodel run` wrote"
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        raise DataError(f"'{folder / name}' cannot be read as JSON: it is damaged, run it again") from None
    if not isinstance(content, dict):
        raise DataError(f"'{folder / name}' is not a JSON object: it is damaged, run it again")
    return content


def _check_hash(content: bytes, name: str, manifest: dict[str, Any], folder: Path) -> None:
    wanted = manifest["files"].get(name)
    if wanted != hashlib.sha256(content).hexdigest():
        raise DataError(f"'{folder / name}' is not the file that the run wrote: it was altered, run it again")
