"""Run folders: everything that one analysis leaves on disk.

A run is written into a hidden sibling folder and renamed into place when it is whole, so that a folder with the
run's name is always complete.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gapmodel.analysis.analyse import Analysis
from gapmodel.analysis.schema import VERSIONS, check_file, check_run, manifest_digest
from gapmodel.errors import ConfigError
from gapmodel.files.atomic import (
    atomic_netcdf,
    atomic_text,
    csv_text,
    file_hashes,
    plain_value,
    run_target,
    staging_folder,
    swap_folder,
    write_json,
)
from gapmodel.inference.crossing import HORIZON_YEARS
from gapmodel.inference.sampling import SamplerSettings, built_model
from gapmodel.modeling.built_priors import prior_words
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.variant import Variant
from gapmodel.plot import save_figure
from gapmodel.runs.figures import run_figures
from gapmodel.runs.lag_files import write_lags
from gapmodel.runs.parts import MemoryParts, tables_of
from gapmodel.runs.provenance import code_sha256, package_versions
from gapmodel.scores.table import Scores

if TYPE_CHECKING:
    from gapmodel.runs.run import Run

__all__ = ["manifest_of", "run_id", "write_run"]


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


def manifest_of(analysis: Analysis, *, inputs: Mapping[str, Any] | None = None, command: str) -> dict[str, Any]:
    """The manifest of a run, without the files of a folder.

    Parameters
    ----------
    analysis : Analysis
    inputs : mapping, optional
        Which table and which subset of it, without machine paths, so that the run can be made again.
    command : str
        As the user gave it, without machine paths.
    """
    fit, horizon = analysis.fit, analysis.summary["zero_lag"]["horizon_years"]
    variant = fit.variant
    return {
        "schema_version": VERSIONS["manifest.json"],
        "run_id": run_id(variant, analysis.scores, analysis.settings, analysis.options, horizon_years=horizon),
        "data": {**analysis.summary["data"], "credits": list(analysis.scores.credits)},
        "variant": {
            "name": variant.name,
            "summary": variant.summary,
            "file": variant.path,
            "sha256": variant.sha256,
            "shipped": variant.shipped,
            "priors": prior_words(variant, built_model(variant, fit.data)) if not variant.priors else variant.priors,
            "other_priors": variant.other_priors,
        },
        "inputs": dict(inputs or {}),
        "options": analysis.options.as_dict(),
        "sampler": fit.settings.as_dict(),
        "sampler_asked": analysis.settings.as_dict(),
        "seed": fit.settings.seed,
        "sampled_as": fit.sampled_as,
        "versions": package_versions(),
        "code_sha256": code_sha256(),
        "command": command,
        "accepted": analysis.summary["data_gate"]["accepted"],
        "files": {},
    }


def write_run(
    run: Run, folder: Path, *, command: str | None = None, duration_seconds: dict[str, float] | None = None
) -> Path:
    """Write a whole run folder; returns its path.

    Parameters
    ----------
    run : Run
        From memory.
    folder : Path
        An earlier run in it is replaced, with what was made from it (see `gapmodel.files.folder_swap.DERIVED`); files
        of the user stay.
    command : str, optional
        In place of the one in the manifest.
    duration_seconds : dict
        Stage → seconds; kept in the manifest alone, so that the other files depend on data, code and seed only.

    Raises
    ------
    ConfigError
        The folder cannot be written, or holds something other than a run.
    """
    if not isinstance(run.parts, MemoryParts):
        raise ConfigError("only a run from memory is written: copy the folder of another")
    analysis = run.parts.analysis
    place = run_target(folder)
    staging = None
    try:
        staging = staging_folder(place)
        write_lags(analysis.lags, staging)
        for name, table in tables_of(analysis).items():
            atomic_text(staging / name, csv_text(table))
        atomic_netcdf(staging / "posterior.nc", run.idata)
        # Single precision: what is reported is computed before, from double.
        atomic_netcdf(staging / "draws.nc", run.draws.astype("float32"))
        parts = {"summary.json": run.summary, "audit.json": analysis.audit.as_dict(), "checks.json": run.checks}
        plain = {name: json.loads(json.dumps(part, default=plain_value)) for name, part in parts.items()}
        for name, part in plain.items():
            check_file(part, name, where=name)
            write_json(staging / name, part)
        (staging / "figures").mkdir()
        for title, figure in run_figures(analysis, run=run.run_id).items():
            save_figure(figure, staging / "figures" / title)
        manifest = {**run.manifest, **({} if command is None else {"command": command})}
        manifest |= {"duration_seconds": duration_seconds or {}, "files": file_hashes(staging)}
        manifest = json.loads(json.dumps(manifest, default=plain_value))
        manifest["sha256"] = manifest_digest(manifest)
        check_file(manifest, "manifest.json", where="manifest.json")
        check_run(plain["summary.json"], plain["checks.json"], manifest, where=str(folder))
        write_json(staging / "manifest.json", manifest)
        staging.chmod(0o755)
        swap_folder(staging, place)
    except OSError as error:
        raise ConfigError(f"cannot write the run to '{folder}': {error.strerror or error}") from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
    return folder
