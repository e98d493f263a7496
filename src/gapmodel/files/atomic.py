"""Writing files so that nothing half-written is ever taken for whole, and the files of a lag panel."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.errors import ConfigError
from gapmodel.files.folder_swap import MANIFEST, alone_beside, place_files, settle_folder, staging_folder, swap_folder
from gapmodel.files.safe_csv import csv_table, csv_text
from gapmodel.lags.panel import LagResult, panel_table

__all__ = [
    "atomic_netcdf",
    "atomic_text",
    "csv_table",
    "csv_text",
    "file_hashes",
    "open_jobs",
    "run_target",
    "staging_folder",
    "swap_folder",
    "writable_folder",
    "write_json",
    "write_lags",
]


def writable_folder(folder: Path) -> Path:
    """Check early that `folder` can be made and written to, before minutes of sampling.

    Raises
    ------
    ConfigError
        It is a file, or cannot be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"output '{folder}' is a file: give a folder")
    if folder.is_symlink() and not folder.exists():
        raise ConfigError(f"output '{folder}' is a link that leads nowhere: give a folder")
    parent = folder
    while not parent.exists():
        parent = parent.parent
    try:
        if not parent.is_dir():
            raise NotADirectoryError
        with tempfile.TemporaryFile(dir=parent):
            pass
    except OSError as error:
        raise ConfigError(f"cannot write to '{folder}' ({type(error).__name__}): choose another --out") from error
    return folder


def run_target(folder: Path) -> Path:
    """Check early that `folder` can take a run: it can be written, and is new, empty or an earlier run.

    What a killed run left beside it is put in order first. Returns the folder without symbolic links: a run is made
    beside its place and moved, which must not replace a link by a folder.

    Raises
    ------
    ConfigError
    """
    folder = folder.resolve()
    with alone_beside(folder):
        writable_folder(folder)
        writable_folder(folder.parent)
        try:
            settle_folder(folder)
        except OSError as error:
            raise ConfigError(f"cannot write beside '{folder}' ({error.strerror}): choose another --out") from error
        if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
            raise ConfigError(f"'{folder}' holds files that are not a run: give a new folder as --out")
    return folder


def open_jobs(folder: Path, spec: dict[str, Any]) -> Path:
    """Make or reopen a folder of resumable jobs; what they are jobs of is kept in ``spec.json``.

    Raises
    ------
    ConfigError
        The folder cannot be written, or holds jobs of another specification, or other files.
    """
    writable_folder(folder)
    path = folder / "spec.json"
    wanted = json.loads(json.dumps(spec, default=_plain))
    if path.is_file():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise ConfigError(f"'{path}' is damaged: give a new folder as --out, or remove this one") from None
        if found != wanted:
            raise ConfigError(f"'{folder}' holds jobs on other data or settings: give a new folder as --out")
    elif folder.is_dir() and any(not p.name.startswith(".spec.json-") for p in folder.iterdir()):
        raise ConfigError(f"'{folder}' holds other files: give a new folder as --out")
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, wanted)
    return folder


def file_hashes(folder: Path) -> dict[str, str]:
    """Relative name → SHA-256 of every file below `folder`."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically; NaN and infinity are refused rather than written as invalid JSON."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=_plain) + "\n"
    atomic_text(path, text)


def write_lags(result: LagResult, folder: Path, *, monthly: pd.DataFrame | None = None) -> list[Path]:
    """Write ``lags.csv``, ``lags.nc``, ``release.csv``, ``catch_up.csv`` and ``skipped.csv``, all of one panel.

    Parameters
    ----------
    result : LagResult
    folder : pathlib.Path
    monthly : pandas.DataFrame, optional
        Means by month, see `gapmodel.lags.published_line.Baseline`; written as ``baseline_monthly.csv``.

    Raises
    ------
    OSError
        The folder cannot be written; earlier files in it are as they were.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "lags.csv": panel_table(result.panel),
        "release.csv": result.release,
        "catch_up.csv": result.catch_up,
        "skipped.csv": result.skipped,
        **({} if monthly is None else {"baseline_monthly.csv": monthly}),
    }
    names = [*tables, "lags.nc"]
    staging = Path(tempfile.mkdtemp(prefix=".lags-", dir=folder))
    try:
        for name, table in tables.items():
            atomic_text(staging / name, csv_text(table))
        atomic_netcdf(staging / "lags.nc", result.panel)
        place_files(staging, folder, names)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return [folder / name for name in names]


def atomic_text(path: Path, text: str) -> None:
    """Write a text file under a temporary name, then rename it into place."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def atomic_netcdf(path: Path, content: xr.Dataset | xr.DataTree) -> None:
    """Write a netCDF file under a temporary name, then rename it into place."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        content.to_netcdf(temporary, engine="h5netcdf")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot write {type(value).__name__} to JSON")
