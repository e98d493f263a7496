"""Run folders: everything that one analysis leaves on disk.

A run is written into a hidden sibling folder and renamed into place when it is whole, so that a folder with the
run's name is always complete.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from gapmodel.analysis.analyse import Analysis
from gapmodel.errors import ConfigError
from gapmodel.files.atomic import (
    atomic_netcdf,
    atomic_text,
    csv_text,
    file_hashes,
    run_target,
    staging_folder,
    swap_folder,
    write_json,
)
from gapmodel.inference.crossing import HORIZON_YEARS
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.variant import Variant
from gapmodel.plot import save_figure
from gapmodel.runs.figures import run_figures
from gapmodel.runs.lag_files import write_lags
from gapmodel.runs.provenance import code_sha256, package_versions
from gapmodel.scores.table import Scores

__all__ = ["run_id", "write_analysis"]


def run_id(
    variant: Variant,
    scores: Scores,
    settings: SamplerSettings,
    options: LagOptions,
    *,
    horizon_years: float = HORIZON_YEARS,
) -> str:
    """Name of a run: the variant and a hash of everything that determines its numbers.

    Parameters
    ----------
    variant : Variant
    scores : Scores
    settings : SamplerSettings
        As asked for, before the variant's wishes.
    options : LagOptions
    horizon_years : float

    Returns
    -------
    str
        ``<variant>-<10 hex digits>``.
    """
    parts = [variant.name, variant.sha256, scores.sha256, settings.as_dict(), options.as_dict(), float(horizon_years)]
    text = json.dumps(parts, sort_keys=True)
    return f"{variant.name}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def write_analysis(
    analysis: Analysis,
    folder: Path,
    *,
    options: LagOptions,
    command: str,
    inputs: dict[str, Any] | None = None,
    duration_seconds: dict[str, float] | None = None,
) -> Path:
    """Write a whole run folder; returns its path.

    Parameters
    ----------
    analysis : Analysis
    folder : Path
        An earlier run in it is replaced, with what was made from it (see `gapmodel.files.folder_swap.DERIVED`); files
        of the user stay.
    options : LagOptions
    command : str
        As the user gave it, without machine paths.
    inputs : dict, optional
        Which table and which subset of it, without machine paths, so that the run can be made again.
    duration_seconds : dict
        Stage → seconds; kept in the manifest alone, so that the other files depend on data, code and seed only.

    Raises
    ------
    ConfigError
        The folder cannot be written, or holds something other than a run.
    """
    place = run_target(folder)
    fit, horizon = analysis.fit, analysis.summary["zero_lag"]["horizon_years"]
    name = run_id(fit.variant, analysis.scores, analysis.settings, options, horizon_years=horizon)
    staging = None
    try:
        staging = staging_folder(place)
        write_lags(analysis.lags, staging)
        atomic_text(staging / "per_benchmark.csv", csv_text(analysis.per_benchmark))
        atomic_text(staging / "zero_lag_curve.csv", csv_text(analysis.curve))
        atomic_text(staging / "baseline_lines.csv", csv_text(analysis.baseline.lines))
        atomic_text(staging / "baseline_monthly.csv", csv_text(analysis.baseline.monthly))
        atomic_text(staging / "trend_bands.csv", csv_text(analysis.bands))
        atomic_text(staging / "predictive_checks.csv", csv_text(analysis.predictive))
        atomic_netcdf(staging / "posterior.nc", analysis.fit.idata)
        # Single precision: what is reported is computed before, from double.
        atomic_netcdf(staging / "draws.nc", analysis.draws.merge(analysis.crossing).astype("float32"))
        write_json(staging / "summary.json", analysis.summary)
        write_json(staging / "audit.json", analysis.audit.as_dict())
        write_json(
            staging / "checks.json",
            {
                "passed": all(c.passed for c in analysis.checks),
                "checks": [{**c.as_dict(), "value": _finite(c.value)} for c in analysis.checks],
            },
        )
        (staging / "figures").mkdir()
        for title, figure in run_figures(analysis, run=name).items():
            save_figure(figure, staging / "figures" / title)
        write_json(
            staging / "manifest.json",
            {
                "run_id": name,
                "data": {**analysis.summary["data"], "credits": list(analysis.scores.credits)},
                "variant": {
                    "name": analysis.fit.variant.name,
                    "summary": analysis.fit.variant.summary,
                    "file": analysis.fit.variant.path,
                    "sha256": analysis.fit.variant.sha256,
                    "shipped": analysis.fit.variant.shipped,
                    "priors": analysis.fit.variant.priors,
                },
                "inputs": inputs or {},
                "options": options.as_dict(),
                "sampler": analysis.fit.settings.as_dict(),
                "sampler_asked": analysis.settings.as_dict(),
                "seed": analysis.fit.settings.seed,
                "sampled_as": analysis.fit.sampled_as,
                "versions": package_versions(),
                "code_sha256": code_sha256(),
                "command": command,
                "duration_seconds": duration_seconds or {},
                "files": file_hashes(staging),
            },
        )
        staging.chmod(0o755)
        swap_folder(staging, place)
    except OSError as error:
        raise ConfigError(f"cannot write the run to '{folder}': {error.strerror or error}") from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
    return folder


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
