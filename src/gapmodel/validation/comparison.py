"""A comparison folder: every variant fitted, scored on held-out lags, weighed and stacked. An interrupted one resumes.

Each fit and each fold is written when it is done, and read back where it is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.files.atomic import atomic_text, csv_text, write_json
from gapmodel.modeling.variant import Variant
from gapmodel.plot import plot_comparison
from gapmodel.scores.table import Scores
from gapmodel.validation.comparison_jobs import Plan, VariantJobs, fold_list, variant_job
from gapmodel.validation.comparison_table import STACKED, Comparison, conclude, markdown
from gapmodel.validation.jobs import open_jobs, run_jobs

__all__ = ["compare_variants", "comparison_figure"]


def compare_variants(
    scores: Scores,
    variants: Sequence[Variant],
    folder: Path,
    plan: Plan,
    *,
    workers: int = 1,
    loadable: Sequence[str] | None = None,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> Comparison:
    """Fit, score, weigh and stack `variants`; write ``comparison.csv``, its Markdown, ``cells.csv``, ``stacked.json``.

    Parameters
    ----------
    scores : Scores
    variants : sequence of Variant
        Those that are not fitted to monthly lags are fitted, but not scored.
    folder : pathlib.Path
        Where finished fits and folds are kept; a folder of another data set or plan is refused.
    plan : Plan
    workers : int
        Processes, each with one variant at a time.
    loadable : sequence of str, optional
        Names or paths by which a worker loads `variants`; needed for more than one worker.
    progress : callable
        Told a label, the jobs done, and all jobs.

    Returns
    -------
    Comparison
        Without variants for whose view the data are too few.

    Raises
    ------
    ConfigError
        The folder holds another comparison, two variants share a name, several workers and no `loadable`, or fewer
        than two (of monthly lags, that can be fitted) were given.
    InsufficientDataError
        The data allow no folds.
    """
    if len(variants) < 2:
        raise ConfigError("a comparison needs at least two variants")
    names = [variant.name for variant in variants]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"two variants are called '{name}': name each once, or rename a file")
    lags = plan.options.lags(scores)
    target = plan.options.data(lags)
    folds = fold_list(target, plan)
    spec = {"data_sha256": scores.sha256, **plan.as_dict()}
    open_jobs(folder, spec)
    if workers > 1:
        if loadable is None:
            raise ConfigError("several workers load variants by name: give names or files, or one worker")
        parts = {
            name: {"variant": given, "scores": scores, "plan": plan, "folder": str(folder.resolve())}
            for name, given in zip(names, loadable, strict=True)
        }
        # What a worker could not do is done again below, where its error is met.
        run_jobs(variant_job, parts, folder, spec=spec, workers=workers, retries=0, progress=progress)
    jobs = [VariantJobs(variant, scores, lags, plan, folder) for variant in variants]
    total = sum(1 + len(folds) * job.scored for job in jobs)
    done = 0
    fits: list[dict[str, Any]] = []
    cells: list[pd.DataFrame] = []
    skipped: dict[str, str] = {}
    for job in jobs:
        progress(f"{job.variant.name}: fit", done, total)
        done += 1
        try:
            fits.append(job.fit())
        except InsufficientDataError as error:
            skipped[job.variant.name] = str(error)
            done += len(folds) * job.scored
            continue
        if not job.scored:
            continue
        for rows, fold in zip(job.score(target, folds), folds, strict=True):
            cells.append(rows)
            done += 1
            progress(f"{job.variant.name}: without {fold.name}", done, total)
        job.compiled = None  # memory
    progress("done", total, total)
    if sum(job.scored and job.variant.name not in skipped for job in jobs) < 2:
        raise ConfigError("fewer than two variants of monthly lags could be fitted: nothing to compare")
    comparison = conclude(fits, pd.concat(cells, ignore_index=True), scores.credits)
    _write(comparison, skipped, folder)
    return comparison


def _write(comparison: Comparison, skipped: dict[str, str], folder: Path) -> None:
    atomic_text(folder / "comparison.csv", csv_text(comparison.table))
    atomic_text(folder / "cells.csv", csv_text(comparison.cells))
    about = {"as_of": comparison.as_of, **comparison.stacked, "skipped": skipped}
    write_json(folder / "stacked.json", about | {"credits": list(comparison.credits)})
    atomic_text(folder / "comparison.md", markdown(comparison))


def comparison_figure(comparison: Comparison) -> Figure:
    """Answers and predictive scores of all variants side by side."""
    return plot_comparison(
        comparison.table,
        as_of=comparison.as_of,
        emphasised=(STACKED,),
        note=" ".join(comparison.credits),
    )
