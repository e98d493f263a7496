"""Run folders: everything that one analysis leaves on disk, written atomically.

A run is written into a hidden sibling folder and renamed into place when it is whole, so that a folder with the
run's name is always complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.analysis import Analysis, LagOptions
from gapmodel.errors import ConfigError
from gapmodel.lag import LagResult, panel_table

__all__ = ["run_id", "writable_folder", "write_json", "write_lags", "write_run"]

_PACKAGES = ("gapmodel", "pymc", "pytensor", "nutpie", "numba", "arviz", "numpy", "pandas", "xarray")


def writable_folder(folder: Path) -> Path:
    """Check early that `folder` can be made and written to, before minutes of sampling.

    Raises
    ------
    ConfigError
        It is a file, or cannot be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"output '{folder}' is a file: give a folder")
    parent = folder
    while not parent.exists():
        parent = parent.parent
    try:
        if not parent.is_dir():
            raise NotADirectoryError
        with tempfile.TemporaryFile(dir=parent):
            pass
    except OSError as error:
        raise ConfigError(
            f"cannot write to '{folder}' ({type(error).__name__}): choose another --out"
        ) from error
    return folder


def run_id(*, model: str, data_sha256: str, seed: int, settings: dict[str, Any]) -> str:
    """Name of a run: the variant and a hash of what determines its numbers."""
    text = json.dumps([model, data_sha256, seed, settings], sort_keys=True, default=str)
    return f"{model}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically; NaN and infinity are refused rather than written as invalid JSON."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=_plain) + "\n"
    _atomic_text(path, text)


def write_lags(result: LagResult, folder: Path) -> list[Path]:
    """Write ``lags.csv``, ``lags.nc``, ``release.csv``, ``catch_up.csv`` and ``skipped.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "lags.csv": panel_table(result.panel),
        "release.csv": result.release,
        "catch_up.csv": result.catch_up,
        "skipped.csv": result.skipped,
    }
    for name, table in tables.items():
        _atomic_text(folder / name, _csv(table))
    _atomic_netcdf(folder / "lags.nc", result.panel)
    return [folder / name for name in (*tables, "lags.nc")]


def write_run(
    analysis: Analysis,
    folder: Path,
    *,
    options: LagOptions,
    command: str,
    duration_seconds: dict[str, float],
    figures: dict[str, Any],
    save_figure: Any,
) -> Path:
    """Write a whole run folder; returns its path.

    Parameters
    ----------
    analysis : Analysis
    folder : Path
        Replaced when it exists.
    options : LagOptions
    command : str
        As the user gave it, without machine paths.
    duration_seconds : dict
        Stage → seconds; kept in the manifest alone, so that the other files depend on data, code and seed only.
    figures : dict
        Name → matplotlib figure.
    save_figure : callable
        ``save_figure(figure, path_without_suffix)``.

    Raises
    ------
    ConfigError
        The folder cannot be written.
    """
    writable_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        write_lags(analysis.lags, staging)
        _atomic_text(staging / "per_benchmark.csv", _csv(analysis.per_benchmark))
        _atomic_text(staging / "zero_lag_curve.csv", _csv(analysis.curve))
        _atomic_text(staging / "baseline_lines.csv", _csv(analysis.baseline.lines))
        _atomic_text(staging / "baseline_monthly.csv", _csv(analysis.baseline.monthly))
        _atomic_netcdf(staging / "posterior.nc", analysis.fit.idata)
        write_json(staging / "summary.json", analysis.summary)
        write_json(
            staging / "checks.json",
            {
                "passed": all(c.passed for c in analysis.checks),
                "checks": [{**c.as_dict(), "value": _finite(c.value)} for c in analysis.checks],
            },
        )
        write_json(
            staging / "manifest.json",
            {
                "data": {**analysis.summary["data"], "credits": list(analysis.scores.credits)},
                "variant": {
                    "name": analysis.fit.variant.name,
                    "summary": analysis.fit.variant.summary,
                    "file": analysis.fit.variant.path,
                    "priors": analysis.fit.variant.priors,
                },
                "options": options.as_dict(),
                "sampler": analysis.fit.settings.as_dict(),
                "seed": analysis.fit.settings.seed,
                "versions": {
                    "python": platform.python_version(),
                    **{name: version(name) for name in _PACKAGES},
                },
                "command": command,
                "duration_seconds": duration_seconds,
            },
        )
        (staging / "figures").mkdir()
        for name, figure in figures.items():
            save_figure(figure, staging / "figures" / name)
        staging.chmod(0o755)
        _swap(staging, folder)
    except OSError as error:
        raise ConfigError(f"cannot write the run to '{folder}': {error.strerror or error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def _swap(staging: Path, folder: Path) -> None:
    """Put `staging` in the place of `folder`, which may exist."""
    old = None
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
        old.rmdir()
        folder.rename(old)
    staging.rename(folder)
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)


def _atomic_text(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _atomic_netcdf(path: Path, content: xr.Dataset | xr.DataTree) -> None:
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        content.to_netcdf(temporary, engine="h5netcdf")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _csv(table: pd.DataFrame) -> str:
    table = table.copy()
    for name in table.columns:
        if pd.api.types.is_datetime64_any_dtype(table[name]):
            table[name] = table[name].dt.strftime("%Y-%m-%d")
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot write {type(value).__name__} to JSON")
