"""Everything that repeats a fit, as one function each with the same shape of result: `Study`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from gapmodel.errors import ConfigError, expect
from gapmodel.inference.contract import check_contract
from gapmodel.inference.crossing import HORIZON_YEARS
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions, read_day
from gapmodel.modeling.registry import DEFAULT_VARIANT, chosen_variant, list_variants, load_variant
from gapmodel.modeling.variant import Variant
from gapmodel.plot import plot_ecdf_differences, plot_false_alarms, plot_revisions, plot_skill
from gapmodel.scores.table import Scores, expect_scores
from gapmodel.simulation import frontiers as simulation
from gapmodel.sources.load import load_scores
from gapmodel.validation.study import Study, files_of, study_folder

__all__ = ["backtest", "calibrate", "compare", "false_alarms", "influence", "revisions", "sensitivity"]

Tick = Callable[[str, int, int], None]


def compare(
    scores: Scores,
    variants: Sequence[str | Path | Variant] | None = None,
    *,
    options: LagOptions | None = None,
    settings: SamplerSettings | None = None,
    blocks: int = 8,
    months_ahead: int = 3,
    leave_benchmark_out: bool = True,
    horizon_years: float = HORIZON_YEARS,
    folder: str | Path | None = None,
    workers: int = 1,
    progress: Tick = lambda label, done, total: None,
) -> Study:
    """Fit variants side by side, score them on held-out lags, weigh and stack them.

    Parameters
    ----------
    scores : Scores
    variants : sequence, optional
        Default: all shipped ones that are fitted to monthly lags.
    options : LagOptions, optional
    settings : SamplerSettings, optional
        Of the whole fits.
    blocks, months_ahead : int
        Leave-future-out folds: blocks of months, each predicted from all months before them.
    leave_benchmark_out : bool
        Leave-one-benchmark-out folds too; about twice the time.
    horizon_years : float
        At least 1.
    folder, workers, progress
        See `gapmodel.validation.jobs.run_jobs`; without a folder in memory alone.

    Returns
    -------
    Study
        `detail` is a `gapmodel.validation.comparison_table.Comparison`.

    Raises
    ------
    GapmodelError
        See `gapmodel.validation.comparison.compare_variants`.

    Examples
    --------
    >>> compare(load_scores(), ["shared_shock"])
    Traceback (most recent call last):
    ...
    gapmodel.errors.ConfigError: a comparison needs at least two variants
    """
    from gapmodel.validation.comparison import FIT_SETTINGS, Plan, compare_variants, comparison_figure

    if blocks < 2 or months_ahead < 1:
        raise ConfigError("give blocks of at least 2 and months_ahead of at least 1")
    if horizon_years < 1.0:
        raise ConfigError(
            f"horizon_years is {horizon_years:g}: give at least 1, since P(zero within 12 months) is compared"
        )
    chosen, variants = _begun(scores, options, settings), _several(variants)
    if variants is None:  # the others would be fitted, but not scored
        variants = [name for name in list_variants() if load_variant(name).view.monthly_lags]
    plan = Plan(
        settings=settings or FIT_SETTINGS,
        options=chosen,
        blocks=blocks,
        months_ahead=months_ahead,
        leave_benchmark_out=leave_benchmark_out,
        horizon_years=horizon_years,
    )
    plan = replace(plan, fold_settings=replace(plan.fold_settings, seed=plan.settings.seed))
    for variant in map(chosen_variant, variants):
        if not variant.shipped:
            check_contract(variant, plan.options.data(plan.options.lags(scores), view=variant.view))
    with study_folder(folder) as place:
        result = compare_variants(scores, variants, place, plan, workers=workers, progress=progress)
        files = files_of(place)
    passed = bool(result.table["passed"].all())
    return Study("comparison", result.table, result, passed, lambda: comparison_figure(result), files)


def backtest(
    scores: Scores,
    variants: Sequence[str | Path] = (DEFAULT_VARIANT,),
    *,
    options: LagOptions | None = None,
    settings: SamplerSettings | None = None,
    baselines: Sequence[str] | None = None,
    first: str | date = "2024-06-30",
    monthly: bool = False,
    known_by: str = "release",
    quick: bool = False,
    folder: str | Path | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    progress: Tick = lambda label, done, total: None,
) -> Study:
    """Forecast at past cutoffs with what was known then, and score against what came.

    Parameters
    ----------
    scores : Scores
    variants : sequence of str or path
    options : LagOptions, optional
    settings : SamplerSettings, optional
    baselines : sequence of str, optional
        Forecasts to score against; default: all.
    first : date-like
        First cutoff.
    monthly : bool
        A cutoff at every month-end, not only at those of quarters.
    known_by : {'release', 'evaluation'}
        Scores are seen from the release of their model (pseudo real time), or from the day on which they could be known
        (real-time vintages, see `gapmodel.scores.vintages.known_days`).
    quick : bool
        Mark the result as not citable.
    folder, workers, scheduler, progress
        See `gapmodel.validation.jobs.run_jobs`; without a folder in memory alone.

    Returns
    -------
    Study
        `detail` is a `gapmodel.validation.backtest.Backtest`.

    Raises
    ------
    ConfigError, InsufficientDataError
        See `gapmodel.validation.backtest.run_backtest`.

    Examples
    --------
    >>> backtest(load_scores(), first="2030-12-31", baselines=["last_value"])
    Traceback (most recent call last):
    ...
    gapmodel.errors.ConfigError: no cutoff from 2030-12-31 to 2026-06-30: begin earlier, or take months (--monthly)
    """
    from gapmodel.validation.backtest import BACKTEST_SETTINGS, BASELINES, BacktestPlan, run_backtest

    chosen = _begun(scores, options, settings)
    plan = BacktestPlan(
        variants=_checked(scores, _several(variants), chosen),
        baselines=tuple(BASELINES if baselines is None else _several(baselines)),
        settings=settings or (BACKTEST_SETTINGS.quick() if quick else BACKTEST_SETTINGS),
        options=chosen,
        first=read_day(first, "first").date(),
        monthly=monthly,
        known_by=known_by,
        quick=quick,
    )
    with study_folder(folder) as place:
        result = run_backtest(scores, place, plan, workers=workers, scheduler=scheduler, progress=progress)
        files = files_of(place)
    names = [Path(name).stem for name in plan.variants]
    note = " ".join(scores.credits)
    return Study(
        "backtest", result.skill, result, bool(result.summary["citable"]),
        lambda: plot_skill(result.skill, result.forecasts, emphasised=names, note=note), files,
    )  # fmt: skip


def revisions(
    scores: Scores,
    *,
    older: Scores | None = None,
    options: LagOptions | None = None,
    months_later: Sequence[int] | None = None,
    first: str | date = "2024-06-30",
    draws: int | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
) -> Study:
    """The lags of a month as seen at its end and as seen later: how much too long the newest lags are.

    Parameters
    ----------
    scores : Scores
        Replayed by what was known at every month-end, see `gapmodel.scores.vintages.known_days`.
    older : Scores, optional
        An earlier snapshot, whose months are compared with those of `scores` too.
    options : LagOptions, optional
        Without a cutoff.
    months_later : sequence of int, optional
        Default: 0, 1, 2, 3, 6 and 12.
    first : date-like
        First month.
    draws : int, optional
        Of the delays of scores without a day of evaluation; default: 10.
    seed : int
    folder : path-like, optional
        Written there; default: in memory alone.

    Returns
    -------
    Study
        `table` from `gapmodel.validation.revisions.revision_summary`, `detail` is a
        `gapmodel.validation.revisions.Revisions`.

    Raises
    ------
    ConfigError, InsufficientDataError
        See `gapmodel.validation.revisions.revision_triangle` and `gapmodel.validation.revisions.table_revisions`.

    Examples
    --------
    >>> study = revisions(load_scores(pool=["GPQA Diamond"]), months_later=[0, 3], first="2026-01-31", draws=1)
    >>> study.table[["first_seen", "months_later", "months"]].to_numpy().tolist()
    [[0, 3, 3]]
    """
    from gapmodel.validation.revisions import DRAWS, MONTHS_LATER, find_revisions, write_revisions

    chosen = _begun(scores, options, None)
    found = find_revisions(
        scores, chosen, older=older, months_later=MONTHS_LATER if months_later is None else months_later, first=first,
        draws=DRAWS if draws is None else draws, seed=seed,
    )  # fmt: skip
    with study_folder(folder) as place:
        write_revisions(found, scores, chosen, place)
        files = files_of(place)
    note = " ".join(scores.credits)
    return Study(
        "revisions", found.summary, found, True, lambda: plot_revisions(found.monthly, found.summary, note=note), files
    )


def calibrate(
    variants: Sequence[str | Path] = (DEFAULT_VARIANT,),
    scores: Scores | None = None,
    *,
    options: LagOptions | None = None,
    settings: SamplerSettings | None = None,
    n: int = 300,
    note: str | None = None,
    folder: str | Path | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    progress: Tick = lambda label, done, total: None,
) -> Study:
    """Simulate panels from each variant, fit it to them, and test that the truths' ranks are uniform.

    Parameters
    ----------
    variants : sequence of str or path
    scores : Scores, optional
        Whose pattern of observed and censored lags the simulations have; default: the bundled data.
    options : LagOptions, optional
    settings : SamplerSettings, optional
    n : int
        Simulations per variant.
    note : str, optional
        Footer of the figure.
    folder, workers, scheduler, progress
        See `gapmodel.validation.jobs.run_jobs`; without a folder in memory alone.

    Returns
    -------
    Study
        `detail` is a `gapmodel.validation.calibration.Calibration`.

    Raises
    ------
    ConfigError, UnknownNameError, InsufficientDataError
        See `gapmodel.validation.calibration.run_calibration`.

    Examples
    --------
    >>> calibrate(["levelling", "no_poling"], n=2)
    Traceback (most recent call last):
    ...
    gapmodel.errors.UnknownNameError: unknown variant 'no_poling': did you mean 'no_pooling'?
    """
    from gapmodel.validation.calibration import CALIBRATION_SETTINGS, load_variants, run_calibration

    expect(n, int, "n", "give a whole number")
    variants = _several(variants)
    names = [str(name) for name in variants]
    loaded = load_variants(names)
    scores = load_scores() if scores is None else scores
    chosen = _begun(scores, options, settings)
    _checked(scores, variants, chosen)
    lags = chosen.lags(scores)
    panels = {view.name: chosen.data(lags, view=view) for view in {v.view for v in loaded.values()}}
    if note is None:
        note = " ".join([f"Observed cells and censored stretches of snapshot {scores.snapshot}.", *scores.credits])
    with study_folder(folder) as place:
        result = run_calibration(
            names,
            panels,
            place,
            n=n,
            settings=settings or CALIBRATION_SETTINGS,
            about={"data_sha256": scores.sha256, "options": chosen.as_dict()},
            note=note,
            workers=workers,
            scheduler=scheduler,
            progress=progress,
        )
        files = files_of(place)
    first = str(result.table["variant"].iloc[0])
    ranks, table = (frame[frame["variant"] == first] for frame in (result.ranks, result.table))
    title = f"Calibration of {first}: ranks of the truth in {table['n'].max()} simulations"
    return Study(
        "calibration", result.table, result, result.passed,
        lambda: plot_ecdf_differences(ranks, table, title=title, note=note), files,
    )  # fmt: skip


def false_alarms(
    variants: Sequence[str | Path] = (DEFAULT_VARIANT, "straight_line"),
    *,
    n: int = 100,
    first_seed: int = 0,
    regimes: Sequence[str] | None = None,
    scenarios: Sequence[str] | None = None,
    settings: SamplerSettings | None = None,
    folder: str | Path | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    progress: Tick = lambda label, done, total: None,
) -> Study:
    """Apply methods to simulated tables with a known lag: coverage, bias, and zero announced wrongly.

    Parameters
    ----------
    variants : sequence of str or path
        ``straight_line`` is the published method.
    n : int
        Tables per regime and scenario.
    first_seed : int
        Of the first table.
    regimes, scenarios : sequence of str, optional
        Of `gapmodel.simulation.frontiers`; default: all.
    settings : SamplerSettings, optional
    folder, workers, scheduler, progress
        See `gapmodel.validation.jobs.run_jobs`; without a folder in memory alone.

    Returns
    -------
    Study
        `detail` is a `gapmodel.validation.false_alarms.FalseAlarms`; passed where no variant raises too many alarms.

    Raises
    ------
    ConfigError, UnknownNameError, InsufficientDataError
        See `gapmodel.validation.false_alarms.run_false_alarms`.

    Examples
    --------
    >>> study = false_alarms(["straight_line"], n=2, regimes=["dense"], scenarios=["constant"])
    >>> study.table["n"].tolist()
    [2]
    """
    from gapmodel.validation.false_alarms import FALSE_ALARM_SETTINGS, run_false_alarms, too_many_alarms
    from gapmodel.validation.recovery import KNOWN_TRUTH_REGIMES, STRAIGHT_LINE

    expect(n, int, "n", "give a whole number")
    with study_folder(folder) as place:
        result = run_false_alarms(
            [str(name) for name in _several(variants)],
            place,
            n=n,
            first_seed=first_seed,
            regimes=tuple(KNOWN_TRUTH_REGIMES if regimes is None else _several(regimes)),
            scenarios=tuple(simulation.SCENARIOS if scenarios is None else _several(scenarios)),
            settings=settings or FALSE_ALARM_SETTINGS,
            workers=workers,
            scheduler=scheduler,
            progress=progress,
        )
        files = files_of(place)
    bad = too_many_alarms(result.table)
    passed = bool((bad["method"] == STRAIGHT_LINE).all()) and not result.failed  # the line is there to be compared with
    return Study(
        "false alarms", result.table, result, passed, lambda: plot_false_alarms(result.table, wanted=0.9), files
    )


#: Of each of hundreds of fits: enough for R-hat below 1.01 nearly everywhere, and a median to a thirtieth of its SD.
SWEEP_SETTINGS = SamplerSettings(draws=2000, tune=500, chains=2)


def sensitivity(
    scores: Scores,
    variant: str | Path = DEFAULT_VARIANT,
    *,
    options: LagOptions | None = None,
    settings: SamplerSettings | None = None,
    folder: str | Path | None = None,
    workers: int = 1,
    progress: Tick = lambda label, done, total: None,
) -> Study:
    """Scale the priors, and repeat the analysis under every other choice: a specification curve.

    Parameters
    ----------
    scores : Scores
        From `load_scores`; its ``whole`` table has the benchmarks that other choices pool.
    variant : str or path
    options : LagOptions, optional
    settings : SamplerSettings, optional
        Of each fit.
    folder, workers, progress
        See `gapmodel.validation.jobs.run_jobs`; without a folder in memory alone.

    Returns
    -------
    Study
        `detail` is a `gapmodel.validation.sensitivity.Outcome`.

    Raises
    ------
    ConfigError, InsufficientDataError
        See `gapmodel.validation.sensitivity.sensitivity_folder`.

    Examples
    --------
    >>> sensitivity(load_scores(), "catch_up")
    Traceback (most recent call last):
    ...
    gapmodel.errors.ConfigError: 'catch_up' is fitted to the catch_up view, ... monthly lags: give a variant of those
    """
    from gapmodel.validation.sensitivity import sensitivity_folder

    return _swept("sensitivity", sensitivity_folder, scores, variant, options, settings, folder, workers, progress)


def influence(
    scores: Scores,
    variant: str | Path = DEFAULT_VARIANT,
    *,
    options: LagOptions | None = None,
    settings: SamplerSettings | None = None,
    folder: str | Path | None = None,
    workers: int = 1,
    progress: Tick = lambda label, done, total: None,
) -> Study:
    """Leave out each benchmark, organization and record-setting model, and see what moves.

    Parameters
    ----------
    scores, variant, options, settings, folder, workers, progress
        See `sensitivity`.

    Returns
    -------
    Study
        `detail` is a `gapmodel.validation.sensitivity.Outcome`.

    Raises
    ------
    ConfigError, InsufficientDataError
        See `gapmodel.validation.sensitivity.influence_folder`.

    Examples
    --------
    >>> influence(load_scores(), "catch_up")
    Traceback (most recent call last):
    ...
    gapmodel.errors.ConfigError: 'catch_up' is fitted to the catch_up view, ... monthly lags: give a variant of those
    """
    from gapmodel.validation.sensitivity import influence_folder

    return _swept("influence", influence_folder, scores, variant, options, settings, folder, workers, progress)


def _swept(kind, function, scores, variant, options, settings, folder, workers, progress) -> Study:
    """What sensitivity and influence share."""
    chosen = _begun(scores, options, settings)
    (name,) = _checked(scores, [variant], chosen)
    with study_folder(folder) as place:
        result = function(
            scores, chosen, name, place, settings=settings or SWEEP_SETTINGS, workers=workers, progress=progress
        )
        files = files_of(place)
    return Study(kind, next(iter(result.tables.values())), result, result.passed, result.draw, files)


def _begun(scores: Scores, options: LagOptions | None, settings: SamplerSettings | None) -> LagOptions:
    """The options, once what was given is of the right kind."""
    expect_scores(scores)
    if options is not None:
        expect(options, LagOptions, "options", "give gm.LagOptions(...)")
    if settings is not None:
        expect(settings, SamplerSettings, "settings", "give gm.SamplerSettings(...)")
    return options or LagOptions()


def _several(given: Any) -> Any:
    """A single name or path as a list of it, where a text would be read letter by letter."""
    return [given] if isinstance(given, str | Path | Variant) else given


def _checked(scores: Scores, variants: Iterable[str | Path], options: LagOptions) -> tuple[str, ...]:
    """Names or paths as texts; a file of the user is held to the contract."""
    names = tuple(str(name) for name in variants)
    for name in names:
        if name.endswith(".py"):
            model = load_variant(name)
            check_contract(model, options.data(options.lags(scores), view=model.view))
    return names
