"""A backtest folder: jobs, forecasts, tables of skill, summary and figure. An interrupted one resumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from gapmodel import __version__
from gapmodel.errors import ConfigError, InsufficientDataError, UnknownNameError
from gapmodel.files.atomic import atomic_text, csv_text, write_json
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.plot import plot_skill, save_figure
from gapmodel.scores.table import Scores
from gapmodel.scores.vintages import RELEASE, KnownDays, known_days
from gapmodel.units import DAYS_PER_MONTH
from gapmodel.validation.baseline_forecasts import NAIVE_METHODS
from gapmodel.validation.forecasts import forecast_job
from gapmodel.validation.jobs import failed_jobs, run_jobs
from gapmodel.validation.replay import FIRST_CUTOFF, HORIZONS, cutoff_dates, prepare
from gapmodel.validation.skill import brier_table, goals, skill_table

__all__ = ["BACKTEST_SETTINGS", "BASELINES", "Backtest", "BacktestPlan", "run_backtest"]

#: Everything that a variant is scored against, unless others are named.
BASELINES = (*NAIVE_METHODS, "hierarchical_iid")
BACKTEST_SETTINGS = SamplerSettings(target_accept=0.99, draws=1000, tune=500, chains=4)


@dataclass(frozen=True)
class BacktestPlan:
    """What a backtest does.

    Attributes
    ----------
    variants, baselines : tuple of str
        Variants by name or file; baselines of `NAIVE_METHODS`, or variants.
    settings : SamplerSettings
    options : LagOptions
    first : date-like
        No cutoff is earlier.
    monthly : bool
        Every month-end is a cutoff, not only those of quarters.
    known_by : {'release', 'evaluation'}
        When a score is seen, see `gapmodel.scores.vintages.known_days`; delays are drawn with the seed of `settings`.
    quick : bool
        Mark the result as not citable.
    """

    variants: tuple[str, ...]
    baselines: tuple[str, ...] = BASELINES
    settings: SamplerSettings = BACKTEST_SETTINGS
    options: LagOptions = field(default_factory=LagOptions)
    first: Any = FIRST_CUTOFF
    monthly: bool = False
    known_by: str = RELEASE
    quick: bool = False


@dataclass(frozen=True)
class Backtest:
    """Result of a backtest.

    Attributes
    ----------
    forecasts : pandas.DataFrame
        One row per forecast with an outcome: ``method, cutoff`` and the columns of
        `gapmodel.validation.forecasts.score_rows`.
    below : pandas.DataFrame
        One row per statement on the average lag, see `gapmodel.validation.skill.brier_table`.
    skill, brier : pandas.DataFrame
        From `gapmodel.validation.skill.skill_table` and `gapmodel.validation.skill.brier_table`.
    summary : dict
        The content of ``backtest.json``.
    answers : pandas.DataFrame
        One row per variant and cutoff: what a run would have said then, see
        `gapmodel.validation.forecasts.answer_at`. Empty where every method is a baseline without a model.
    """

    forecasts: pd.DataFrame
    below: pd.DataFrame
    skill: pd.DataFrame
    brier: pd.DataFrame
    summary: dict[str, Any]
    answers: pd.DataFrame


def run_backtest(
    scores: Scores,
    folder: Path,
    plan: BacktestPlan,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> Backtest:
    """Replay every cutoff with every method, score, and write the folder.

    Written: ``spec.json``, ``jobs/``, ``forecasts.csv``, ``answers.csv``, ``below.csv``, ``skill.csv``,
    ``brier.csv``, ``backtest.json``, ``skill.png``, ``.svg`` and ``.pdf``, and ``failed.json`` where jobs failed. A job
    depends on its own method and cutoff alone, so that methods and cutoffs can be added to a folder later.

    Parameters
    ----------
    scores : Scores
    folder : pathlib.Path
        An earlier backtest of the same data, options and sampler is resumed.
    plan : BacktestPlan
    workers, scheduler, progress
        See `gapmodel.validation.jobs.run_jobs`.

    Returns
    -------
    Backtest

    Raises
    ------
    ConfigError
        There is no such rule of when scores are known, a variant is not fitted to monthly lags, two have one name, the
        folder holds another backtest, or there is no cutoff from the first date on.
    UnknownNameError
        A method is neither a baseline nor a variant.
    InsufficientDataError
        No cutoff leaves data to fit, or no forecast has an outcome.
    """
    methods = _methods(plan)
    lags = plan.options.lags(scores)
    last = pd.Timestamp(lags.panel["month"].to_numpy()[-1])
    cutoffs = cutoff_dates(last, first=plan.first, monthly=plan.monthly)
    groups = {"leader": plan.options.leader, "follower": plan.options.follower}
    known = known_days(scores, plan.known_by, **groups, seed=plan.settings.seed)
    pairs, skipped = prepare(scores, plan.options, cutoffs, known=known)
    data = pairs[0][0].data
    settings = replace(plan.settings, cores=1 if workers > 1 or scheduler else plan.settings.cores).as_dict()
    spec = {
        "backtest of": scores.sha256,
        "gapmodel": __version__,
        "options": plan.options.as_dict(),
        # How many chains run side by side changes nothing.
        "sampler": {name: value for name, value in settings.items() if name != "cores"},
        "months": [str(data.month[0]), str(data.month[-1])],
        "benchmarks": [str(name) for name in data.benchmark],
        **({} if plan.known_by == RELEASE else {"known_by": plan.known_by, "known_days": known.sha256}),
    }
    jobs = {
        f"{name} {sha256[:12]} {replay.cutoff}".replace("  ", " "): {
            "method": given,
            "replay": replay,
            "outcome": outcome,
            "settings": settings,
        }
        for name, (given, sha256) in methods.items()
        for replay, outcome in pairs
    }
    results = run_jobs(
        forecast_job, jobs, folder, form="forecast", spec=spec, workers=workers, scheduler=scheduler, progress=progress
    )
    owner = dict(zip(jobs, [name for name in methods for _ in pairs], strict=True))
    forecasts, below = (_rows(results, owner, part) for part in ("cells", "below"))
    if forecasts.empty or below.empty:
        raise InsufficientDataError(
            "no forecast has an outcome: take earlier cutoffs, or see failed.json in the folder"
        )
    spacing = 1 if plan.monthly else 3
    backtest = Backtest(
        forecasts,
        below,
        skill_table(forecasts, baselines=_names(plan.baselines), spacing=spacing),
        brier_table(below, spacing=spacing),
        {},
        _answers(results, owner),
    )
    summary = _summary(scores, plan, known, backtest, results, owner, failed_jobs(folder), skipped)
    backtest = replace(backtest, summary=summary)
    _write(backtest, plan, folder, credits=scores.credits)
    return backtest


def _names(methods: Sequence[str]) -> list[str]:
    return [Path(name).stem if name.endswith(".py") else name for name in methods]


def _methods(plan: BacktestPlan) -> dict[str, tuple[str, str]]:
    """Name → what a worker loads it by, and the hash of its file (empty for point baselines)."""
    out: dict[str, tuple[str, str]] = {}
    for given in dict.fromkeys((*plan.variants, *plan.baselines)):
        if given in NAIVE_METHODS:
            out[given] = (given, "")
            continue
        try:
            variant = load_variant(given)
        except UnknownNameError as error:
            raise UnknownNameError(f"{error}; baselines that are no variants: {', '.join(NAIVE_METHODS)}") from error
        if not variant.view.monthly_lags:
            raise ConfigError(
                f"'{variant.name}' is fitted to the {variant.view.name} view and predicts no monthly lags: leave it out"
            )
        if variant.name in out:
            raise ConfigError(f"two methods are called '{variant.name}': rename a file")
        out[variant.name] = (str(Path(given).resolve()) if given.endswith(".py") else given, variant.sha256)
    return out


def _rows(results: Mapping[str, Any], owner: Mapping[str, str], part: str) -> pd.DataFrame:
    rows = [
        {"method": owner[job], "cutoff": result["cutoff"], **row}
        for job, result in results.items()
        for row in result[part]
    ]
    return pd.DataFrame(rows)


def _answers(results: Mapping[str, Any], owner: Mapping[str, str]) -> pd.DataFrame:
    rows = [
        {"method": owner[job], "cutoff": result["cutoff"], **result["answer"]}
        for job, result in results.items()
        if result["answer"]  # a baseline without a model has none
    ]
    return pd.DataFrame(rows)


def _summary(
    scores: Scores,
    plan: BacktestPlan,
    known: KnownDays,
    backtest: Backtest,
    results: Mapping[str, Any],
    owner: Mapping[str, str],
    failed: Mapping[str, str],
    skipped: Mapping[str, str],
) -> dict[str, Any]:
    baselines = _names(plan.baselines)
    fits = [
        {"method": owner[job], "cutoff": result["cutoff"], **result["fit"]}
        for job, result in results.items()
        if result["fit"]
    ]
    passed = all(fit["passed"] for fit in fits)
    forecasts = backtest.forecasts
    return {
        "methods": {name: goals(backtest.skill, method=name, baselines=baselines) for name in _names(plan.variants)},
        "baselines": baselines,
        "cutoffs": sorted(forecasts["cutoff"].unique()),
        "months_between_cutoffs": 1 if plan.monthly else 3,
        "known_by": known.as_dict(),
        "skipped_cutoffs": dict(skipped),
        "horizons": HORIZONS,
        "n_outcomes": int(forecasts.groupby(["cutoff", "target", "benchmark", "horizon"]).ngroups),
        "failed_jobs": dict(failed),
        "fits": fits,
        "fits_passed": passed,
        "data": {"sha256": scores.sha256, "snapshot": scores.snapshot},
        "options": plan.options.as_dict(),
        "sampler": plan.settings.as_dict(),
        "days_per_month": DAYS_PER_MONTH,
        "quick": plan.quick,
        "citable": passed and not failed and not plan.quick,
        "credits": list(scores.credits),
    }


def _write(backtest: Backtest, plan: BacktestPlan, folder: Path, *, credits: Sequence[str]) -> None:
    for name in ("forecasts", "below", "skill", "brier"):
        atomic_text(folder / f"{name}.csv", csv_text(getattr(backtest, name)))
    if not backtest.answers.empty:
        atomic_text(folder / "answers.csv", csv_text(backtest.answers))
    else:  # none of other methods stays
        (folder / "answers.csv").unlink(missing_ok=True)
    write_json(folder / "backtest.json", backtest.summary)
    note = " ".join([*_shortcomings(backtest.summary), *credits])
    figure = plot_skill(backtest.skill, backtest.forecasts, emphasised=_names(plan.variants), note=note)
    save_figure(figure, folder / "skill")


def _shortcomings(summary: Mapping[str, Any]) -> list[str]:
    """What a reader of the figure should know of the fits behind it."""
    failed = sum(not fit["passed"] for fit in summary["fits"])
    lost = len(summary["failed_jobs"])
    return [
        *(["Quick run, for trying out."] if summary["quick"] else []),
        *([f"{failed} of {len(summary['fits'])} fits did not pass their checks."] if failed else []),
        *([f"{lost} jobs failed and are left out."] if lost else []),
    ]
