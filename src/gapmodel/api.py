"""What a notebook and the command line both call: load, fit, read, compare, test, cite.

Everything here is also in ``gapmodel`` itself: ``import gapmodel as gm``, ``gm.fit(gm.load_scores())``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from gapmodel.analysis.analyse import analyse
from gapmodel.cite.claims import Claims
from gapmodel.cite.collect import collect
from gapmodel.cite.ranges import read_ranges
from gapmodel.errors import ConfigError
from gapmodel.inference.contract import check_contract
from gapmodel.inference.crossing import HORIZON_YEARS, crossing_grid
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.lags.panel import Lags
from gapmodel.lags.views import MONTHLY
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import DEFAULT_VARIANT, list_variants, load_variant
from gapmodel.modeling.variant import Variant
from gapmodel.plot import plot_ecdf_differences, plot_false_alarms, plot_influence, plot_skill, plot_specifications
from gapmodel.runs.progress import Stages
from gapmodel.runs.reader import read_run
from gapmodel.runs.run import Run, run_of
from gapmodel.scores.groups import Group
from gapmodel.scores.table import Scores, validate_scores
from gapmodel.simulation import frontiers as simulation
from gapmodel.sources.facts import other_sources
from gapmodel.sources.load import load_scores
from gapmodel.validation.study import Study, files_of, study_folder

__all__ = [
    "backtest",
    "calibrate",
    "chosen_variant",
    "claims",
    "compare",
    "compute_lags",
    "false_alarms",
    "fit",
    "influence",
    "list_variants",
    "load_scores",
    "load_variant",
    "read_run",
    "sensitivity",
    "simulate_scores",
    "write_report",
]

Tick = Callable[[str, int, int], None]


def compute_lags(scores: Scores, options: LagOptions | None = None, **choices: Any) -> Lags:
    """Monthly lags of the follower behind the leader.

    Parameters
    ----------
    scores : Scores
    options : LagOptions, optional
    **choices
        Fields of `LagOptions` in place of those of `options`: ``cutoff, leader, follower, first_month`` ...

    Returns
    -------
    Lags
        ``panel`` has dims (benchmark, month); lags in months.

    Raises
    ------
    ConfigError, UnknownNameError, InsufficientDataError
        See `gapmodel.lags.panel.compute_lags`.

    Examples
    --------
    >>> lags = compute_lags(load_scores(), cutoff="2026-03-31")
    >>> lags.panel["lag"].dims, str(lags.panel["month"].values[-1])[:10]
    (('benchmark', 'month'), '2026-03-31')
    """
    return _options(options, choices).lags(scores)


def fit(
    scores: Scores,
    variant: str | Path | Variant = DEFAULT_VARIANT,
    *,
    options: LagOptions | None = None,
    cutoff: str | date | None = None,
    leader: str | Group | None = None,
    follower: str | Group | None = None,
    settings: SamplerSettings | None = None,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    seed: int | None = None,
    priors: Mapping[str, Any] | None = None,
    horizon_years: float = HORIZON_YEARS,
    quick: bool = False,
    progress: bool = True,
    stages: Stages | None = None,
    command: str = "gm.fit",
) -> Run:
    """Fit one variant to one table.

    Parameters
    ----------
    scores : Scores
    variant : str, path or Variant
        A shipped one by name, or a file of your own, which is checked against the contract first.
    options : LagOptions, optional
        How scores become lags; `cutoff`, `leader` and `follower` are fields of it by name.
    settings : SamplerSettings, optional
        `draws` and `tune` (of each chain), `chains` and `seed` are fields of it by name.
    priors : mapping, optional
        Parameter → prior in place of the variant's, see `gapmodel.modeling.priors`.
    horizon_years : float
        How far ahead a crossing counts.
    quick : bool
        A small run for trying out, marked as not citable.
    progress : bool
        Show it.
    stages, command
        Of the command line: its display, which it opens and closes itself, and what it records.

    Returns
    -------
    Run
        Whether or not its checks passed; nothing is written.

    Raises
    ------
    GapmodelError
        See `gapmodel.analysis.analyse.analyse`.

    Examples
    --------
    >>> run = fit(load_scores(pool=["gpqa diamond", "SimpleBench"]), quick=True, progress=False)
    >>> run.gap.unit, run.citable
    ('months', False)
    """
    chosen = _options(options, {"cutoff": cutoff, "leader": leader, "follower": follower})
    crossing_grid(date(2026, 1, 31), horizon_years=horizon_years)
    base = settings or SamplerSettings()
    if quick and settings is None:
        base = base.quick()
    named: dict[str, Any] = {"draws": draws, "tune": tune, "chains": chains, "seed": seed}
    asked = replace(base, **{name: value for name, value in named.items() if value is not None})
    model = chosen_variant(variant, priors=priors)
    if not model.shipped:
        check_contract(model, chosen.data(chosen.lags(scores), view=model.view))
    shown = stages or Stages(quiet=not progress)
    with nullcontext() if stages is not None else shown:
        analysis = analyse(
            scores,
            model,
            asked,
            options=chosen,
            horizon_years=horizon_years,
            quick=quick,
            stage=shown.stage,
            progress=shown.sampling,
            facts=other_sources(scores.table["model"].unique(), snapshot=scores.snapshot),
            left_out=scores.left_out,
        )
    return run_of(analysis, inputs=scores.origin, command=command)


def chosen_variant(variant: str | Path | Variant, *, priors: Mapping[str, Any] | None = None) -> Variant:
    """A variant by name, path or itself, with other priors where given.

    Examples
    --------
    >>> chosen_variant("shared_shock").name
    'shared_shock'
    """
    model = variant if isinstance(variant, Variant) else load_variant(variant)
    if priors:
        from gapmodel.modeling.priors import with_priors

        model = with_priors(model, priors)
    return model


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
    folder : path-like, optional
        Written and resumed there; default: in memory alone.
    progress : callable
        Told label, jobs done and jobs in all.

    Returns
    -------
    Study
        `detail` is a `gapmodel.validation.comparison_table.Comparison`.

    Raises
    ------
    ConfigError, InsufficientDataError
        See `gapmodel.validation.comparison.compare_variants`.

    Examples
    --------
    >>> compare(load_scores(), ["shared_shock"])
    Traceback (most recent call last):
    ...
    gapmodel.errors.ConfigError: a comparison needs at least two variants
    """
    from gapmodel.validation.comparison import compare_variants, comparison_figure
    from gapmodel.validation.comparison_jobs import FIT_SETTINGS, Plan

    if blocks < 2 or months_ahead < 1:
        raise ConfigError("give blocks of at least 2 and months_ahead of at least 1")
    if horizon_years < 1.0:
        raise ConfigError(
            f"horizon_years is {horizon_years:g}: give at least 1, since P(zero within 12 months) is compared"
        )
    chosen = [chosen_variant(name) for name in (variants if variants is not None else list_variants())]
    if variants is None:  # the others would be fitted, but not scored
        chosen = [variant for variant in chosen if variant.view == MONTHLY]
    plan = Plan(
        settings=settings or FIT_SETTINGS,
        options=options or LagOptions(),
        blocks=blocks,
        months_ahead=months_ahead,
        leave_benchmark_out=leave_benchmark_out,
        horizon_years=horizon_years,
    )
    plan = replace(plan, fold_settings=replace(plan.fold_settings, seed=plan.settings.seed))
    lags = plan.options.lags(scores)
    for variant in chosen:
        if not variant.shipped:
            check_contract(variant, plan.options.data(lags, view=variant.view))
    with study_folder(folder) as place:
        result = compare_variants(scores, chosen, place, plan, progress=progress)
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
    >>> backtest(load_scores(), ["shared_shok"])
    Traceback (most recent call last):
    ...
    gapmodel.errors.UnknownNameError: unknown variant 'shared_shok': did you mean 'shared_shock'?
    """
    from gapmodel.validation.backtest import BACKTEST_SETTINGS, BASELINES, BacktestPlan, run_backtest

    plan = BacktestPlan(
        variants=_checked(scores, variants, options or LagOptions()),
        baselines=tuple(BASELINES if baselines is None else baselines),
        settings=settings or (BACKTEST_SETTINGS.quick() if quick else BACKTEST_SETTINGS),
        options=options or LagOptions(),
        first=first,
        monthly=monthly,
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
    >>> calibrate(["levelling", "no_such"], n=2)
    Traceback (most recent call last):
    ...
    gapmodel.errors.UnknownNameError: unknown variant 'no_such': did you mean 'no_pooling'?
    """
    from gapmodel.validation.calibration import CALIBRATION_SETTINGS, load_variants, run_calibration

    names = [str(name) for name in variants]
    loaded = load_variants(names)
    scores, chosen = scores or load_scores(), options or LagOptions()
    _checked(scores, variants, chosen)
    lags = chosen.lags(scores)
    panels = {view: chosen.data(lags, view=view) for view in sorted({v.view for v in loaded.values()})}
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
    from gapmodel.validation.recovery import STRAIGHT_LINE

    with study_folder(folder) as place:
        result = run_false_alarms(
            [str(name) for name in variants],
            place,
            n=n,
            first_seed=first_seed,
            regimes=tuple(simulation.REGIMES if regimes is None else regimes),
            scenarios=tuple(simulation.SCENARIOS if scenarios is None else scenarios),
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


#: Of each fit of a sensitivity or influence study.
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
    gapmodel.errors.ConfigError: variant 'catch_up' is not fitted to monthly lags: choose one that is
    """
    from gapmodel.validation.multiverse import FACTORS, REFERENCE
    from gapmodel.validation.sensitivity import sensitivity_folder

    chosen = options or LagOptions()
    (name,) = _checked(scores, [variant], chosen)
    whole = scores if scores.whole is None else scores.whole
    with study_folder(folder) as place:
        result = sensitivity_folder(
            whole, scores, chosen, name, place,
            settings=settings or SWEEP_SETTINGS, workers=workers, progress=progress,
        )  # fmt: skip
        files = files_of(place)
    table = result.tables["multiverse.csv"]
    rows = table[table["part"].isin([REFERENCE, "factorial"])]
    note = " ".join(scores.credits)
    return Study(
        "sensitivity", table, result, result.passed,
        lambda: plot_specifications(rows, factors=list(FACTORS), reference=REFERENCE, note=note), files,
    )  # fmt: skip


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
    gapmodel.errors.ConfigError: variant 'catch_up' is not fitted to monthly lags: choose one that is
    """
    from gapmodel.validation.sensitivity import influence_folder

    chosen = options or LagOptions()
    (name,) = _checked(scores, [variant], chosen)
    with study_folder(folder) as place:
        result = influence_folder(
            scores, chosen, name, place, settings=settings or SWEEP_SETTINGS, workers=workers, progress=progress
        )
        files = files_of(place)
    table, note = result.tables["influence.csv"], " ".join(scores.credits)
    return Study(
        "influence", table, result, result.passed,
        lambda: plot_influence(table.iloc[1:], reference=table.iloc[0], note=note), files,
    )  # fmt: skip


def claims(run: Run, *, language: str = "en", comparison: str | Path | None = None, draft: bool = False) -> Claims:
    """The claims of a run: numbers rounded by their Monte Carlo error, in sentences.

    Parameters
    ----------
    run : Run
    language : str
        ``en`` or ``zh``.
    comparison : path-like, optional
        Folder of a comparison on the same data, for the range over variants.
    draft : bool
        Take a run that is not citable too, and watermark its claims.

    Raises
    ------
    CheckError
        The run is not citable and `draft` is false.
    DataError
        The comparison is on other data.

    Examples
    --------
    >>> found = claims(read_run("results/reference/august_2026"))
    >>> found["gap.average"].unit
    'months'
    """
    ranges = None if comparison is None else read_ranges(comparison, run)
    return collect(run, language=language, ranges=ranges, draft=draft)


def write_report(
    run: Run,
    path: str | Path,
    *,
    comparison: str | Path | None = None,
    trust: str | Path | None = None,
    sensitivity: str | Path | None = None,
) -> Path:
    """Write the page of a run: one HTML file that needs no network.

    Parameters
    ----------
    run : Run
    path : path-like
        Ends in ``.html``.
    comparison, trust, sensitivity : path-like, optional
        Folders of studies that the page shows too.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ConfigError
        The path does not end in ``.html``, or cannot be written.
    DataError
        See `gapmodel.report.source.read_page_data`.

    Examples
    --------
    >>> write_report(read_run("results/reference/august_2026"), "page.txt")
    Traceback (most recent call last):
    ...
    gapmodel.errors.ConfigError: 'page.txt' is no page: give a file that ends in .html
    """
    from gapmodel.files.atomic import atomic_text, writable_folder
    from gapmodel.report import build_page, read_page_data

    target = Path(path)
    if target.is_dir() or target.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"'{target}' is no page: give a file that ends in .html")
    writable_folder(target.parent)
    beside = {
        name: None if folder is None else Path(folder)
        for name, folder in (("comparison", comparison), ("trust", trust), ("sensitivity", sensitivity))
    }
    page = build_page(read_page_data(run, **beside))
    target.parent.mkdir(parents=True, exist_ok=True)
    atomic_text(target, page)
    return target


def simulate_scores(*, seed: int, scenario: str = "constant", regime: str = "dense", **choices: Any) -> Scores:
    """Scores with a known lag.

    Parameters
    ----------
    seed : int
    scenario, regime : str
        Of `gapmodel.simulation.frontiers`: how the lag moves, and how tidy the evaluations are.
    **choices
        Keywords of `gapmodel.simulation.frontiers.simulate_scores`; `gapmodel.simulation` also gives the truth.

    Raises
    ------
    UnknownNameError, ConfigError
        No such scenario or regime; a choice is out of range.

    Examples
    --------
    >>> simulate_scores(seed=3, n_benchmarks=4, n_months=24).snapshot
    'simulated constant, seed 3'
    """
    from gapmodel.errors import UnknownNameError, nearest, some_of

    for what, name, known in (("scenario", scenario, simulation.SCENARIOS), ("regime", regime, simulation.REGIMES)):
        if name not in known:
            raise UnknownNameError(f"unknown {what} '{name}'{nearest(name, known) or some_of(known)}")
    table, info, truth = simulation.simulate_scores(
        seed=seed, scenario=scenario, **{**simulation.REGIMES[regime], **choices}
    )
    day = max(truth.months).date()
    return validate_scores(table, info, today=day, snapshot=f"simulated {scenario}, seed {seed}")


def _options(options: LagOptions | None, choices: Mapping[str, Any]) -> LagOptions:
    known = {f.name for f in fields(LagOptions)}
    unknown = sorted(set(choices) - known)
    if unknown:
        from gapmodel.errors import nearest

        raise ConfigError(f"there is no choice '{unknown[0]}'{nearest(unknown[0], known)}")
    given = {name: value for name, value in choices.items() if value is not None}
    return replace(options or LagOptions(), **given)


def _checked(scores: Scores, variants: Iterable[str | Path], options: LagOptions) -> tuple[str, ...]:
    """Names or paths as texts; a file of the user is held to the contract."""
    names = tuple(str(name) for name in variants)
    for name in names:
        model = load_variant(name)
        if not model.shipped:
            check_contract(model, options.data(options.lags(scores), view=model.view))
    return names
