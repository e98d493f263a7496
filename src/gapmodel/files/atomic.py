"""Atomic writes of files: a reader never sees a partial file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from gapmodel.errors import ConfigError
from gapmodel.files.folder_swap import MANIFEST, alone_beside, settle_folder, staging_folder, swap_folder
from gapmodel.files.keys import refuse_secrets, refuse_secrets_in
from gapmodel.files.safe_csv import csv_table, csv_text

__all__ = [
    "atomic_bytes",
    "atomic_netcdf",
    "atomic_text",
    "csv_table",
    "csv_text",
    "file_hashes",
    "plain_value",
    "remove_leftovers",
    "run_target",
    "staging_folder",
    "swap_folder",
    "writable_folder",
    "write_json",
]

# Of `atomic_bytes`: a hidden name with the one that the file was to have, and eight signs of `tempfile`.
_LEFTOVER = re.compile(r"\..+\.(json|csv|md|png|svg|pdf)-[a-z0-9_]{8}")


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


def file_hashes(folder: Path) -> dict[str, str]:
    """Relative name → SHA-256 of every file under `folder`."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically; NaN and infinity are refused rather than written as invalid JSON."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=plain_value) + "\n"
    atomic_text(path, text)


def atomic_text(path: Path, text: str) -> None:
    """Write a text file under a temporary name, then rename it into place."""
    atomic_bytes(path, text.encode())


def atomic_bytes(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, then rename it into place; one that would hold a key is refused."""
    refuse_secrets(content, path.name)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left of files that they were writing into `folder` and the folders in it.

    To be called where nobody else writes there (`gapmodel.files.in_use`).
    """
    for path in folder.rglob(".*"):
        if _LEFTOVER.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


def atomic_netcdf(path: Path, content: xr.Dataset | xr.DataTree) -> None:
    """Write a netCDF file under a temporary name, then rename it into place."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        content.to_netcdf(temporary, engine="h5netcdf")
        refuse_secrets_in(temporary, path.name)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def plain_value(value: Any) -> Any:
    """A NumPy scalar as a number of Python, for `json.dumps`.

    Raises
    ------
    TypeError
        It is something else.
    """
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot write {type(value).__name__} to JSON")
