"""The main path as one pure function: scores → lags → posterior → estimands → summary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.baseline import Baseline, published_baseline
from gapmodel.checks import Check, convergence_checks, diagnostics, mcse_check
from gapmodel.crossing import (
    HORIZON_YEARS,
    QUANTILES,
    SUSTAINED_MONTHS,
    crossing_draws,
    crossing_grid,
    date_quantiles,
    probability_by,
    probability_mcse,
)
from gapmodel.evidence import known_truth, out_of_time
from gapmodel.fit import CompiledVariant, Fit, SamplerSettings, compile_variant, sample_prior
from gapmodel.frontier import Frontier
from gapmodel.gap import INTERVAL_PROB, gap_draws, summarise, summary_row, trend_draws
from gapmodel.groups import CLOSED, OPEN, Group
from gapmodel.lag import DEFAULT_GRACE_MONTHS, LagResult, clamped, compute_lags
from gapmodel.ppc import censoring_limits, predictive_checks
from gapmodel.predictive import prior_lag_share
from gapmodel.scores import Scores
from gapmodel.sides import benchmark_frontiers
from gapmodel.variant import FOLLOWER_START_UP_MONTHS, LEADER_START_UP_MONTHS, PanelData, Variant, panel_data
from gapmodel.views import CATCH_UP, MONTHLY, view_panel

__all__ = ["Analysis", "LagOptions", "analyse", "report_dates"]

PRIOR_DRAWS = 4000
# A posterior with divergences is sampled once more with smaller steps: tables of one or two benchmarks need it.
CAREFUL_TARGET_ACCEPT = 0.995
_OFFSETS = (6, 12, 24, 36, 60, 120)


@dataclass(frozen=True)
class LagOptions:
    """How scores become model data.

    Attributes
    ----------
    cutoff : date-like, optional
        Nothing released later is seen.
    grace_months : int
    leader_start_up_months, follower_start_up_months : float
    leader, follower : Group
    first_month : date-like, optional
        Months before it are left out.
    tolerance : float
        Share of a benchmark's scale within which the follower counts as level, see `compute_lags`.
    clamp : bool
        Negative lags become zero, as in the published analysis; default: signed.
    """

    cutoff: Any = None
    grace_months: int = DEFAULT_GRACE_MONTHS
    leader_start_up_months: float = LEADER_START_UP_MONTHS
    follower_start_up_months: float = FOLLOWER_START_UP_MONTHS
    leader: Group = CLOSED
    follower: Group = OPEN
    first_month: Any = None
    tolerance: float = 0.0
    clamp: bool = False

    def lags(self, scores: Scores) -> LagResult:
        """The lag panel under these options."""
        return compute_lags(
            scores,
            cutoff=self.cutoff,
            grace_months=self.grace_months,
            leader=self.leader,
            follower=self.follower,
            first_month=self.first_month,
            tolerance=self.tolerance,
        )

    def data(self, lags: LagResult, *, view: str = MONTHLY, **keywords: Any) -> PanelData:
        """Model arrays of one view (see `view_panel`) under these options; other keywords as in `panel_data`."""
        leader, follower = self.leader_start_up_months, self.follower_start_up_months
        panel = view_panel(lags, view, leader_start_up_months=leader, follower_start_up_months=follower)
        if view == CATCH_UP:
            leader = follower = 0.0  # the view carries the start-up already
        if self.clamp:
            panel = clamped(panel)
        return panel_data(panel, leader_start_up_months=leader, follower_start_up_months=follower, **keywords)

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for the manifest."""
        return {
            "cutoff": None if self.cutoff is None else str(pd.Timestamp(self.cutoff).date()),
            "grace_months": self.grace_months,
            "leader_start_up_months": self.leader_start_up_months,
            "follower_start_up_months": self.follower_start_up_months,
            "leader": {"name": self.leader.name, "condition": self.leader.expression},
            "follower": {"name": self.follower.name, "condition": self.follower.expression},
            "first_month": None if self.first_month is None else str(pd.Timestamp(self.first_month).date()),
            "tolerance": self.tolerance,
            "clamp": self.clamp,
        }


@dataclass(frozen=True)
class Analysis:
    """Everything that a run folder is written from.

    Attributes
    ----------
    scores : Scores
    lags : LagResult
    frontiers : dict
    baseline : Baseline
    fit : Fit
    checks : list of Check
    summary : dict
        The content of ``summary.json``.
    per_benchmark : pandas.DataFrame
    draws : xarray.Dataset
        Gap and slope draws at the reported date, see `gapmodel.gap.gap_draws`.
    trend : xarray.Dataset
        Average and population trend at month-ends from the panel's start to the horizon, draws kept.
    crossing : xarray.Dataset
        Draws of the time to zero, see `gapmodel.crossing.crossing_draws`.
    predictive : pandas.DataFrame
        Prior and posterior predictive checks, see `gapmodel.ppc.predictive_checks`; column ``distribution`` tells them
        apart. Empty for a variant of another view.
    curve : pandas.DataFrame
        Monthly ``date, probability, mcse, sustained, prior``.
    """

    scores: Scores
    lags: LagResult
    frontiers: dict[str, tuple[Frontier, Frontier]]
    baseline: Baseline
    fit: Fit
    checks: list[Check]
    summary: dict[str, Any]
    per_benchmark: pd.DataFrame
    draws: xr.Dataset
    trend: xr.Dataset
    crossing: xr.Dataset
    predictive: pd.DataFrame = field(repr=False)
    curve: pd.DataFrame = field(repr=False)

    @property
    def bands(self) -> pd.DataFrame:
        """Quantiles of the average trend, one row a month-end: ``date, mean, q05, q10, q25, q50, q75, q90, q95``."""
        average = self.trend["average"]
        columns = {f"q{round(100 * p):02d}": average.quantile(p, ("chain", "draw")).to_numpy() for p in QUANTILES}
        mean = average.mean(("chain", "draw")).to_numpy()
        return pd.DataFrame({"date": average["time"].to_numpy(), "mean": mean, **columns})


def report_dates(as_of: pd.Timestamp, *, horizon_years: float) -> list[pd.Timestamp]:
    """Dates at which P(zero by date) is reported: fixed distances, and the next five year-ends."""
    limit = as_of + pd.offsets.MonthEnd(round(horizon_years * 12))
    ahead = [as_of + pd.offsets.MonthEnd(k) for k in _OFFSETS] + [limit]
    year_ends = [pd.Timestamp(as_of.year + k, 12, 31) for k in range(6)]
    return sorted({d for d in [*ahead, *year_ends] if as_of < d <= limit})


def analyse(
    scores: Scores,
    variant: Variant,
    settings: SamplerSettings,
    *,
    options: LagOptions | None = None,
    horizon_years: float = HORIZON_YEARS,
    quick: bool = False,
    compiled: CompiledVariant | None = None,
    stage: Callable[[str], None] = lambda text: None,
    progress: Callable | None = None,
) -> Analysis:
    """Run the whole path; writes nothing.

    Parameters
    ----------
    scores : Scores
    variant : Variant
    settings : SamplerSettings
    options : LagOptions, optional
    horizon_years : float
        How far ahead a crossing counts.
    quick : bool
        Mark the result as not citable.
    compiled : CompiledVariant, optional
        `variant` compiled for these very data, where it is at hand.
    stage : callable
        Told the name of each stage.
    progress : callable, optional
        See `gapmodel.fit.CompiledVariant.sample`.

    Raises
    ------
    GapmodelError
        See `compute_lags`, `panel_data`, `crossing_grid`.
    """
    options = options or LagOptions()
    stage("lags")
    lags = options.lags(scores)
    data = options.data(lags, view=variant.view)
    skipped = _skipped(lags, data)
    as_of = pd.Timestamp(lags.panel["month"].to_numpy()[-1])
    grid = crossing_grid(as_of, horizon_years=horizon_years)
    baseline = published_baseline(lags.panel)

    stage("compile")
    compiled = compiled or compile_variant(variant, data)
    stage("sample")
    fit = compiled.sample(settings, progress=progress)
    if _divergences(fit) and settings.target_accept < CAREFUL_TARGET_ACCEPT:
        stage("sample again")
        settings = replace(settings, target_accept=CAREFUL_TARGET_ACCEPT, tune=2 * settings.tune)
        fit = compiled.sample(settings, progress=progress)
    stage("summarise")
    prior = sample_prior(variant, data, draws=PRIOR_DRAWS, seed=settings.seed + 1)

    gaps = gap_draws(fit, as_of, seed=settings.seed + 2)
    path = trend_draws(fit, grid)
    crossing = crossing_draws(path["average"])
    crossing_prior = crossing_draws(trend_draws(fit, grid, samples=prior)["average"])
    zero, curve, mcse = _zero_lag(crossing, crossing_prior, grid, as_of, horizon_years)
    per_benchmark, mcse_each = _per_benchmark(gaps, path, lags.panel, data, zero["start"])
    checks = [*convergence_checks(fit.idata), mcse_check(mcse | mcse_each)]
    past = pd.DatetimeIndex(lags.panel["month"].to_numpy())
    trend = trend_draws(fit, past.append(grid[1 : 1 + 12 * min(4, round(horizon_years))]))

    predictive = _predictive(fit, prior, lags, options, settings.seed + 4)
    passed = all(check.passed for check in checks)
    table = scores.table
    used = table[table["benchmark"].isin(data.benchmark)]
    estimates = {
        name: {"date": str(as_of.date()), **summarise(gaps[key])}
        for name, key in (
            ("average_gap_months", "average_gap"),
            ("population_mean_gap_months", "population_mean"),
            ("new_benchmark_gap_months", "new_benchmark"),
            ("slope_months_per_year", "slope"),
            ("population_slope_months_per_year", "population_slope"),
        )
    }
    summary = {
        "leader": options.leader.name,
        "follower": options.follower.name,
        **estimates,
        "zero_lag": zero,
        "per_benchmark": _records(per_benchmark),
        "baseline": _baseline_summary(baseline),
        "prior": {
            "lag_share_within_range": prior_lag_share(variant, prior, data, seed=settings.seed + 3),
            "range_months": [-12, 36],
            "draws": PRIOR_DRAWS,
        },
        "predictive_checks": [
            {k: row[k] for k in ("statistic", "observed", "tail_probability", "flagged")}
            for row in predictive.query("distribution == 'posterior'").to_dict("records")
        ],
        "diagnostics": diagnostics(checks),
        "known_truth": known_truth(variant.name),
        "out_of_time": out_of_time(variant.name),
        "data": {
            "sha256": scores.sha256,
            "snapshot": scores.snapshot,
            "n_benchmarks": len(data.benchmark),
            "n_models": int(used["model"].nunique()),
            "n_scores": len(used),
            "first": str(used["release_date"].min().date()),
            "last": str(used["release_date"].max().date()),
            "as_of": str(as_of.date()),
            "n_lags": int(lags.panel["observed"].sum()),
            "n_right_censored": int((lags.panel["censoring"] > 0).sum()),
            "n_left_censored": int((lags.panel["censoring"] < 0).sum()),
            "n_lags_in_model": int(data.observed.sum()),
            "n_censored_in_model": int((data.censored_sign != 0).sum()),
        },
        "skipped": skipped,
        "options": options.as_dict(),
        "model": variant.name,
        "seed": settings.seed,
        "quick": quick,
        "citable": passed and not quick,
        "credits": list(scores.credits),
    }
    frontiers = benchmark_frontiers(scores, cutoff=options.cutoff, leader=options.leader, follower=options.follower)
    kept = {str(name): frontiers[str(name)] for name in lags.panel["benchmark"].to_numpy()}
    return Analysis(
        scores, lags, kept, baseline, fit, checks, summary, per_benchmark, gaps, trend, crossing, predictive, curve
    )


def _divergences(fit: Fit) -> int:
    return int(fit.idata["sample_stats"]["diverging"].sum())


def _predictive(fit: Fit, prior: xr.Dataset, lags: LagResult, options: LagOptions, seed: int) -> pd.DataFrame:
    """Predictive checks from prior and posterior; only the monthly view has limits beyond which it is censored."""
    if fit.variant.view != MONTHLY:
        return pd.DataFrame(columns=["distribution", "statistic", "observed", "tail_probability", "flagged"])
    limits = censoring_limits(lags.panel, fit.data, leader_start_up_months=options.leader_start_up_months)
    tables = [
        predictive_checks(fit.variant, draws, fit.data, limits, seed=seed).assign(distribution=name)
        for name, draws in (("prior", prior), ("posterior", fit.posterior))
    ]
    table = pd.concat(tables, ignore_index=True)
    return table[["distribution", *[c for c in table.columns if c != "distribution"]]]


def _skipped(lags: LagResult, data: PanelData) -> list[dict[str, str]]:
    """Benchmarks that take no part, with the reason: no window, or nothing left of it."""
    rows = [{"benchmark": str(row.benchmark), "reason": str(row.reason)} for row in lags.skipped.itertuples()]
    gone = sorted(set(lags.panel["benchmark"].to_numpy().astype(str)) - set(data.benchmark))
    return rows + [{"benchmark": name, "reason": "nothing observed after its start-up"} for name in gone]


def _zero_lag(
    crossing: xr.Dataset, crossing_prior: xr.Dataset, grid: pd.DatetimeIndex, as_of: pd.Timestamp, horizon_years: float
) -> tuple[dict[str, Any], pd.DataFrame, dict[str, float]]:
    """The ``zero_lag`` entry, the monthly curve, and the MCSE of each reported probability."""
    inside = grid[: len(grid) - SUSTAINED_MONTHS]
    monthly = {
        name: probability_by(draws[kind], inside, as_of)
        for name, draws, kind in (
            ("probability", crossing, "touched"),
            ("sustained", crossing, "sustained"),
            ("prior", crossing_prior, "touched"),
        )
    }
    curve = pd.DataFrame(
        {
            "date": inside,
            "probability": monthly["probability"][0],
            "mcse": monthly["probability"][1],
            "sustained": monthly["sustained"][0],
            "mcse_sustained": monthly["sustained"][1],
            "prior": monthly["prior"][0],
        }
    )
    dates = report_dates(as_of, horizon_years=horizon_years)
    rows = curve.set_index("date").loc[dates]
    iso = [str(d.date()) for d in dates]
    never = crossing["touched"] == np.inf
    mcse = {f"P(zero by {d})": float(m) for d, m in zip(iso, rows["mcse"], strict=True)}
    mcse |= {f"P(zero for good by {d})": float(m) for d, m in zip(iso, rows["mcse_sustained"], strict=True)}
    mcse["P(already there)"] = probability_mcse(crossing["already"])
    mcse["P(not within the horizon)"] = probability_mcse(never)
    zero = {
        "estimand": "the average trend over the included benchmarks is at or below zero months",
        "start": str(as_of.date()),
        "horizon": str(inside[-1].date()),
        "horizon_years": horizon_years,
        "n_draws": int(never.size),
        "probability_already": float(crossing["already"].mean()),
        "probability_by": [
            {"date": d, "probability": float(p), "mcse": float(m)}
            for d, p, m in zip(iso, rows["probability"], rows["mcse"], strict=True)
        ],
        "probability_sustained_by": [
            {"date": d, "probability": float(p)} for d, p in zip(iso, rows["sustained"], strict=True)
        ],
        "sustained_months": SUSTAINED_MONTHS,
        "date_quantiles": date_quantiles(crossing["touched"], as_of),
        "probability_never": float(never.mean()),
        "never_means": "not within the horizon",
        "prior_probability_by": [{"date": d, "probability": float(p)} for d, p in zip(iso, rows["prior"], strict=True)],
        "prior_probability_never": float((crossing_prior["touched"] == np.inf).mean()),
    }
    return zero, curve.drop(columns="mcse_sustained"), mcse


def _per_benchmark(
    gaps: xr.Dataset, trend: xr.Dataset, panel: xr.Dataset, data: PanelData, start: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """One row a benchmark, and the MCSE of each probability in it."""
    year = pd.Timestamp(start) + pd.offsets.MonthEnd(12)
    rows, mcse = [], {}
    for name in data.benchmark:
        path = trend["benchmark_trend"].sel(benchmark=name)
        reached = (path.sel(time=slice(None, year)) <= 0).any("time")
        mcse[f"P({name} zero within 12 months)"] = probability_mcse(reached)
        cells = panel.sel(benchmark=name)
        of_benchmark = gaps.sel(benchmark=name)
        rows.append(
            summary_row(name, of_benchmark["benchmark_gap"], of_benchmark["benchmark_slope"])
            | {
                "title": str(cells["title"].item()),
                "category": str(cells["category"].item()),
                "probability_by_12_months": float(reached.mean()),
                "n_months": int(cells["observed"].sum()),
                "n_censored": int((cells["censoring"] != 0).sum()),
                "last_month": str(pd.Timestamp(panel["month"].to_numpy()[cells["in_window"]][-1]).date()),
            }
        )
    return pd.DataFrame(rows), mcse


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the per-benchmark table as nested records."""
    out = []
    for row in table.to_dict("records"):
        entry = {key: row[key] for key in ("benchmark", "title", "category")}
        for name, unit in (("gap", "gap_months"), ("slope", "slope_months_per_year")):
            entry[unit] = {
                "mean": row[f"{name}_mean"],
                "median": row[f"{name}_median"],
                "interval": {
                    "prob": INTERVAL_PROB,
                    "kind": "equal-tailed",
                    "lower": row[f"{name}_lower"],
                    "upper": row[f"{name}_upper"],
                },
            }
        entry["probability_by"] = [{"months_ahead": 12, "probability": row["probability_by_12_months"]}]
        entry |= {key: row[key] for key in ("n_months", "n_censored", "last_month")}
        out.append(entry)
    return out


def _baseline_summary(baseline: Baseline) -> dict[str, Any]:
    rows = [
        {
            "benchmark": row["benchmark"],
            "n_months": row["n_months"],
            "intercept_months": row["intercept_months"],
            "slope_months_per_year": row["slope_months_per_year"],
            "zero_date": None if pd.isna(row["zero_date"]) else str(row["zero_date"].date()),
        }
        for row in baseline.lines.to_dict("records")
    ]
    return {
        "method": "ordinary least squares on monthly lags, months taken as independent, no uncertainty",
        "clamped_at_zero": baseline.clamped,
        "censored_months": baseline.censored,
        "mean": rows[-1],
        "benchmarks": rows[:-1],
    }
