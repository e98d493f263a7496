"""The files of a lag panel, all of one panel or none."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pandas as pd

from gapmodel.errors import ConfigError
from gapmodel.files.atomic import atomic_netcdf, atomic_text, csv_text
from gapmodel.files.folder_swap import place_files
from gapmodel.lags.panel import Lags, panel_table

__all__ = ["write_lags"]

_HDF5 = b"\x89HDF\r\n\x1a\n"  # how a file of netCDF 4 begins


def write_lags(result: Lags, folder: Path, *, monthly: pd.DataFrame | None = None) -> list[Path]:
    """Write ``lags.csv``, ``lags.nc`` and one table each of views, frontiers and what was skipped, all of one panel.

    Parameters
    ----------
    result : Lags
    folder : pathlib.Path
    monthly : pandas.DataFrame, optional
        Means by month, see `gapmodel.lags.published_line.Baseline`; written as ``baseline_monthly.csv``.

    Raises
    ------
    ConfigError
        The folder has a file of one of these names that is something else.
    OSError
        The folder cannot be written; earlier files in it are as they were.
    """
    tables = {
        "lags.csv": panel_table(result.panel),
        "release.csv": result.release,
        "catch_up.csv": result.catch_up,
        "frontiers.csv": result.frontiers,
        "skipped.csv": result.skipped,
        **({} if monthly is None else {"baseline_monthly.csv": monthly}),
    }
    names = [*tables, "lags.nc"]
    theirs = [name for name in names if not _is_ours(folder / name, tables.get(name))]
    if theirs:
        raise ConfigError(f"'{folder / theirs[0]}' is no file of gapmodel lags and would be lost: give another --out")
    folder.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".lags-", dir=folder))
    try:
        for name, table in tables.items():
            atomic_text(staging / name, csv_text(table))
        atomic_netcdf(staging / "lags.nc", result.panel)
        place_files(staging, folder, names)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return [folder / name for name in names]


def _is_ours(path: Path, table: pd.DataFrame | None) -> bool:
    """Whether a file is not there, or begins as what is written under its name: a table, or netCDF."""
    try:
        with path.open("rb") as file:
            if table is None:
                return file.read(len(_HDF5)) == _HDF5
            first = file.readline().decode("utf-8").rstrip("\r\n").split(",")
    except FileNotFoundError:
        return True
    except (OSError, UnicodeDecodeError):
        return False
    return first[0] == str(table.columns[0]) and set(first) >= set(map(str, table.columns[:3]))
