"""A comparison folder: variants fitted, scored on held-out lags, weighed and stacked. An interrupted one resumes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gapmodel import __version__
from gapmodel.analysis.analyse import analyse
from gapmodel.errors import ConfigError, GapmodelError, InsufficientDataError
from gapmodel.files.atomic import atomic_text, csv_text, write_json
from gapmodel.inference.compile_cache import compiled_for
from gapmodel.inference.crossing import HORIZON_YEARS
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.registry import chosen_variant
from gapmodel.modeling.variant import Variant
from gapmodel.plot import plot_comparison
from gapmodel.scores.table import Scores
from gapmodel.validation.comparison_table import STACKED, Comparison, conclude, markdown
from gapmodel.validation.folds import Fold, benchmark_folds, future_folds, score_fold
from gapmodel.validation.jobs import failed_jobs, pickled, run_jobs

__all__ = ["FIT_SETTINGS", "Plan", "compare_variants", "comparison_figure", "comparison_job", "fold_list"]

FIT_SETTINGS = SamplerSettings(draws=2500)
_FOLD_SETTINGS = SamplerSettings(draws=500, tune=500, chains=2)


@dataclass(frozen=True)
class Plan:
    """What a comparison does.

    Attributes
    ----------
    settings, fold_settings : SamplerSettings
        Of the whole fits, and of the refits without a fold.
    options : LagOptions
    blocks, months_ahead : int
        Leave-future-out folds, see `gapmodel.validation.folds.future_folds`.
    leave_benchmark_out : bool
    horizon_years : float
    """

    settings: SamplerSettings = FIT_SETTINGS
    fold_settings: SamplerSettings = _FOLD_SETTINGS
    options: LagOptions = field(default_factory=LagOptions)
    blocks: int = 8
    months_ahead: int = 3
    leave_benchmark_out: bool = True
    horizon_years: float = HORIZON_YEARS

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            # How many chains run side by side changes nothing.
            "sampler": {name: value for name, value in self.settings.as_dict().items() if name != "cores"},
            "fold_sampler": {name: value for name, value in self.fold_settings.as_dict().items() if name != "cores"},
            "options": self.options.as_dict(),
            "blocks": self.blocks,
            "months_ahead": self.months_ahead,
            "leave_benchmark_out": self.leave_benchmark_out,
            "horizon_years": self.horizon_years,
        }


def compare_variants(
    scores: Scores,
    variants: Sequence[str | Path | Variant],
    folder: Path,
    plan: Plan,
    *,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> Comparison:
    """Fit, score, weigh and stack `variants`, and write the folder.

    Written: ``spec.json``, ``jobs/``, ``comparison.csv``, its Markdown, ``cells.csv``, ``stacked.json`` and
    ``variants/*.json``, the answers of each; and ``failed.json`` where jobs failed. A job is a fit or a fold of one
    variant, so that variants can be added to a folder later.

    Parameters
    ----------
    scores : Scores
    variants : sequence of str, path or Variant
        Those that are not fitted to monthly lags are fitted, but not scored.
    folder : pathlib.Path
        An earlier comparison of the same data and plan is resumed.
    plan : Plan
    workers, progress
        See `gapmodel.validation.jobs.run_jobs`.

    Returns
    -------
    Comparison
        Without variants for whose view the data are too few.

    Raises
    ------
    ConfigError
        The folder holds another comparison, or one of an earlier version; two variants share a name; or fewer than two
        (of monthly lags, that can be fitted) were given.
    InsufficientDataError
        The data allow no folds.
    GapmodelError
        A fit failed.
    """
    if len(variants) < 2:
        raise ConfigError("a comparison needs at least two variants")
    chosen: dict[str, tuple[Variant, str | Variant]] = {}
    for given in variants:
        variant = chosen_variant(given)
        if not variant.sha256:  # made by hand: it must be told from others of its name
            variant = given = replace(variant, sha256=hashlib.sha256(pickled(variant.name, variant)).hexdigest())
        if variant.name in chosen:
            raise ConfigError(f"two variants are called '{variant.name}': name each once, or rename a file")
        file = str(given).endswith(".py")
        loadable = given if isinstance(given, Variant) else str(Path(given).resolve()) if file else str(given)
        chosen[variant.name] = (variant, loadable)
    if any(folder.glob("variants/*.nc")):
        raise ConfigError(
            f"'{folder}' holds fits of an earlier version (variants/*.nc), from which this one cannot go on: "
            "give a new folder as --out"
        )
    lags = plan.options.lags(scores)
    target = plan.options.data(lags)
    folds = fold_list(target, plan)
    if workers > 1:
        plan = replace(
            plan, settings=replace(plan.settings, cores=1), fold_settings=replace(plan.fold_settings, cores=1)
        )
    jobs: dict[str, dict[str, Any]] = {}
    fits: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for variant, given in chosen.values():
        try:
            plan.options.data(lags, view=variant.view)
        except InsufficientDataError as error:
            skipped[variant.name] = str(error)
            continue
        name = f"{variant.name} {variant.sha256[:12]}"
        fits[variant.name] = f"{name} fit"
        jobs[f"{name} fit"] = {"variant": given, "scores": scores, "plan": plan}
        for k, fold in enumerate(folds if variant.view.monthly_lags else ()):
            settings = replace(plan.fold_settings, seed=(plan.fold_settings.seed + k) % 2**32)
            jobs[f"{name} without {fold.kind} {fold.name}"] = {
                "variant": given,
                "fold": fold,
                "target": target,
                "settings": settings,
            }
    if sum(chosen[name][0].view.monthly_lags for name in fits) < 2:
        raise ConfigError("fewer than two variants of monthly lags could be fitted: nothing to compare")
    spec = {"kind": "comparison", "data_sha256": scores.sha256, "gapmodel": __version__, **plan.as_dict()}
    results = run_jobs(comparison_job, jobs, folder, form="comparison", spec=spec, workers=workers, progress=progress)
    for name, reason in failed_jobs(folder).items():
        if name in jobs:
            raise GapmodelError(f"'{name}' failed ({reason}): the same command tries again what failed, and only that")
    rows = [results.pop(name) for name in fits.values()]
    cells = pd.DataFrame([row for part in results.values() for row in part])
    comparison = conclude(rows, cells, scores.credits)
    _write(comparison, rows, skipped, folder)
    return comparison


def fold_list(target: PanelData, plan: Plan) -> list[Fold]:
    """The folds of a plan: blocks of months, and benchmarks where asked for."""
    folds = future_folds(target, blocks=plan.blocks, months_ahead=plan.months_ahead)
    return [*folds, *benchmark_folds(target)] if plan.leave_benchmark_out else list(folds)


def comparison_job(*, variant: str | Variant, **part: Any) -> dict[str, Any] | list[dict[str, Any]]:
    """The whole fit of a variant, or one without a fold.

    Parameters
    ----------
    variant : str or Variant
        Name, path or the variant.
    **part
        ``scores, plan`` or ``fold, target, settings``.

    Returns
    -------
    dict or list of dict
        Of the whole fit, its answers, checks and ``draws``: ``gap`` (months), ``slope`` (months per year) and ``days``
        (to zero, None for never), lists of the same length. Without a fold, see
        `gapmodel.validation.folds.score_fold`.
    """
    model = chosen_variant(variant)
    return _without(model, **part) if "fold" in part else _whole(model, **part)


def _without(variant: Variant, *, fold: Fold, target: PanelData, settings: SamplerSettings) -> list[dict[str, Any]]:
    rows = score_fold(compiled_for(variant, target), target, fold, settings)
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _whole(variant: Variant, *, scores: Scores, plan: Plan) -> dict[str, Any]:
    data = plan.options.data(plan.options.lags(scores), view=variant.view)
    made = analyse(
        scores,
        variant,
        plan.settings,
        options=plan.options,
        horizon_years=plan.horizon_years,
        compiled=compiled_for(variant, data),
    )
    s = made.summary
    failed = [f"{c.name} {c.value:.3g}" for c in made.checks if not c.passed]
    note = f"checks failed: {', '.join(failed)}" if failed else ""
    if not variant.view.monthly_lags:
        note = f"fitted to the {variant.view.name} view: other data, not scored; {note}".rstrip("; ")
    days = made.crossing["touched"].to_numpy().ravel()
    return {
        "variant": variant.name,
        "sha256": variant.sha256,
        "summary": variant.summary,
        "priors": variant.priors,
        "passed": not failed,
        "note": note,
        "start": s["zero_lag"]["start"],
        "diagnostics": s["diagnostics"],
        "predictive_checks": s["predictive_checks"],
        "average_gap_months": s["average_gap_months"],
        "slope_months_per_year": s["slope_months_per_year"],
        "zero_lag": s["zero_lag"],
        "draws": {
            "gap": made.draws["average_gap"].to_numpy().ravel().tolist(),
            "slope": made.draws["slope"].to_numpy().ravel().tolist(),
            "days": [None if np.isinf(day) else float(day) for day in days],
        },
    }


def _write(comparison: Comparison, fits: list[dict[str, Any]], skipped: Mapping[str, str], folder: Path) -> None:
    atomic_text(folder / "comparison.csv", csv_text(comparison.table))
    atomic_text(folder / "cells.csv", csv_text(comparison.cells))
    about = {"as_of": comparison.as_of, **comparison.stacked, "skipped": dict(skipped)}
    write_json(folder / "stacked.json", about | {"credits": list(comparison.credits)})
    atomic_text(folder / "comparison.md", markdown(comparison))
    (folder / "variants").mkdir(exist_ok=True)
    for fit in fits:
        answers = {key: value for key, value in fit.items() if key != "draws"}
        write_json(folder / "variants" / f"{fit['variant']}.json", answers)


def comparison_figure(comparison: Comparison) -> Figure:
    """Answers and predictive scores of all variants side by side."""
    return plot_comparison(
        comparison.table,
        as_of=comparison.as_of,
        emphasised=(STACKED,),
        note=" ".join(comparison.credits),
    )
