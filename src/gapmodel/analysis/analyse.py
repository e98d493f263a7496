"""The main path as one pure function: scores → lags → posterior → estimands → summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.analysis.schema import SCHEMA_VERSION, VERSIONS, gate_entry, reasons_against
from gapmodel.analysis.summary import (
    baseline_entry,
    benchmark_entries,
    benchmark_table,
    data_entry,
    gap_entries,
    skipped_entry,
    still_run_entries,
    zero_entry,
)
from gapmodel.analysis.track_record import known_truth, out_of_time
from gapmodel.audit import Audit, audit_scores
from gapmodel.audit.gate import DataCheck, accepted_checks, predictive_gate
from gapmodel.inference.convergence import Check, convergence_checks, diagnostics, mcse_check
from gapmodel.inference.crossing import HORIZON_YEARS, QUANTILES, crossing_draws, crossing_grid
from gapmodel.inference.gap import gap_draws, trend_draws
from gapmodel.inference.predictive_checks import censoring_limits, predictive_checks
from gapmodel.inference.sampling import CompiledVariant, Fit, SamplerSettings, compile_variant, sample_prior
from gapmodel.lags.panel import Lags
from gapmodel.lags.published_line import Baseline, published_baseline
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.predictive import PRIOR_LAG_RANGE, prior_lag_share
from gapmodel.modeling.variant import Variant
from gapmodel.scores.table import Scores

__all__ = ["Analysis", "analyse"]

PRIOR_DRAWS = 4000
# A posterior with divergences is sampled once more with smaller steps: tables of one or two benchmarks need it.
CAREFUL_TARGET_ACCEPT = 0.995


@dataclass(frozen=True)
class Analysis:
    """Everything that a run folder is written from.

    Attributes
    ----------
    scores : Scores
        As they were given, before the cutoff.
    lags : Lags
    baseline : Baseline
    fit : Fit
    settings : SamplerSettings
        As asked for; `fit` has those that were used, which a variant or divergences may have changed.
    options : LagOptions
    checks : list of Check
    summary : dict
        The content of ``summary.json``.
    per_benchmark : pandas.DataFrame
        See `gapmodel.analysis.summary.benchmark_table`.
    draws : xarray.Dataset, dims (chain, draw), and benchmark for some; months and months per year
        Gap and slope draws at the reported date, see `gapmodel.inference.gap.gap_draws`.
    trend : xarray.Dataset, dims (chain, draw, time), and benchmark for one; months
        Trends of `gapmodel.inference.gap.trend_draws` at month-ends from the panel's start to four years ahead (or the
        horizon, where that is nearer), draws kept.
    crossing : xarray.Dataset, dims (chain, draw), days
        Draws of the time to zero, see `gapmodel.inference.crossing.crossing_draws`.
    predictive : pandas.DataFrame
        Prior and posterior predictive checks, see `gapmodel.inference.predictive_checks.predictive_checks`; column
        ``distribution`` tells them apart. Empty for a variant of another view.
    audit : Audit
        What the lags rest on.
    data_checks : tuple of DataCheck
        The gate on the data, that on the predictive checks with it.
    prior : xarray.Dataset, dims (chain, draw)
        Draws of the prior.
    curve : pandas.DataFrame
        Monthly ``date, probability, mcse, sustained, prior``, see `gapmodel.analysis.summary.zero_entry`.
    """

    scores: Scores
    lags: Lags
    baseline: Baseline
    fit: Fit
    settings: SamplerSettings
    options: LagOptions
    checks: list[Check]
    summary: dict[str, Any]
    per_benchmark: pd.DataFrame
    draws: xr.Dataset
    trend: xr.Dataset
    crossing: xr.Dataset
    predictive: pd.DataFrame = field(repr=False)
    curve: pd.DataFrame = field(repr=False)
    audit: Audit = field(repr=False)
    prior: xr.Dataset = field(repr=False)
    data_checks: tuple[DataCheck, ...] = field(repr=False)

    @property
    def checks_entry(self) -> dict[str, Any]:
        """The content of ``checks.json``."""
        return _checks_entry(self.checks, self.data_checks)

    @cached_property
    def bands(self) -> pd.DataFrame:
        """Mean and quantiles of the average trend, one row per month-end: ``date, mean, q05, q10, … q95``; months."""
        average = self.trend["average"]
        columns = {f"q{round(100 * p):02d}": average.quantile(p, ("chain", "draw")).to_numpy() for p in QUANTILES}
        mean = average.mean(("chain", "draw")).to_numpy()
        return pd.DataFrame({"date": average["time"].to_numpy(), "mean": mean, **columns})


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
    facts: Mapping[str, pd.DataFrame] | None = None,
    left_out: pd.DataFrame | None = None,
    accept: Mapping[str, str] | None = None,
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
        See `gapmodel.inference.sampling.CompiledVariant.sample`.
    facts, left_out : optional
        Other sources and scores that were left out, for the audit; see `gapmodel.audit.audit_scores`.

    accept : mapping, optional
        Name of a data check → why its finding is no reason to hold claims back.

    Returns
    -------
    Analysis
        Whether or not its checks passed.

    Raises
    ------
    GapmodelError
        See `compute_lags`, `panel_data`, `crossing_grid`, `compile_variant`.
    """
    options, asked = options or LagOptions(), settings
    stage("lags")
    lags = options.lags(scores)
    audit = audit_scores(scores, options, lags=lags, facts=facts, left_out=left_out)
    accepted_checks(audit.checks, accept or {})  # a wrong name is found before anything is sampled
    data = options.data(lags, view=variant.view)
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
    crossing = crossing_draws(trend_draws(fit, grid, each=False)["average"])
    crossing_prior = crossing_draws(trend_draws(fit, grid, samples=prior, each=False)["average"])
    zero, curve, mcse = zero_entry(crossing, crossing_prior, grid, as_of, horizon_years)
    # Benchmarks are asked for 12 months, however near the horizon.
    year = trend_draws(fit, crossing_grid(as_of, horizon_years=1.0)[:13])
    per_benchmark, mcse_each = benchmark_table(gaps, year, lags.panel, data, zero["start"])
    checks = [*convergence_checks(fit.idata, cores=settings.cores), mcse_check(mcse | mcse_each)]
    past = pd.DatetimeIndex(lags.panel["month"].to_numpy())
    trend = trend_draws(fit, past.append(grid[1 : 1 + 12 * min(4, round(horizon_years))]), each=False)

    predictive = _predictive(fit, prior, lags, options, settings.seed + 4)
    posterior = predictive.query("distribution == 'posterior'").to_dict("records")
    data_gate = accepted_checks((*audit.checks, predictive_gate(posterior)), accept or {})
    entry = _checks_entry(checks, data_gate)
    summary = {
        "schema_version": SCHEMA_VERSION,
        "leader": options.leader.name,
        "follower": options.follower.name,
        **gap_entries(gaps, as_of),
        **still_run_entries(gaps, per_benchmark, as_of),
        "zero_lag": zero,
        "per_benchmark": benchmark_entries(per_benchmark),
        "baseline": baseline_entry(baseline),
        "prior": {
            "lag_share_within_range": prior_lag_share(variant, prior, data, seed=settings.seed + 3),
            "range_months": list(PRIOR_LAG_RANGE),
            "draws": PRIOR_DRAWS,
        },
        "predictive_checks": [
            {k: row[k] for k in ("statistic", "observed", "tail_probability", "flagged")} for row in posterior
        ],
        "diagnostics": diagnostics(checks),
        # What is known of a shipped variant says nothing about a user's own under the same name.
        "known_truth": known_truth(variant.name) if variant.shipped else [],
        "out_of_time": out_of_time(variant.name) if variant.shipped else None,
        "data": data_entry(scores, lags, data, as_of, groups=(options.leader, options.follower)),
        "audit": {"n_months": audit.n_months, "n_on_flagged_records": audit.n_flagged},
        "data_gate": gate_entry(entry["data"]),
        "skipped": skipped_entry(lags, data),
        "options": options.as_dict(),
        "model": variant.name,
        "seed": settings.seed,
        "quick": quick,
        "citable": not reasons_against(quick, entry),
        "credits": list(scores.credits),
    }
    return Analysis(
        scores, lags, baseline, fit, asked, options, checks, summary, per_benchmark, gaps, trend, crossing,
        predictive, curve, audit, prior, data_gate,
    )  # fmt: skip


def _checks_entry(checks: list[Check], data: tuple[DataCheck, ...]) -> dict[str, Any]:
    return {
        "schema_version": VERSIONS["checks.json"],
        "passed": all(check.passed for check in checks),
        "checks": [{**c.as_dict(), "value": c.value if np.isfinite(c.value) else None} for c in checks],
        "data": [check.as_dict() for check in data],
    }


def _divergences(fit: Fit) -> int:
    return int(fit.idata["sample_stats"]["diverging"].sum())


def _predictive(fit: Fit, prior: xr.Dataset, lags: Lags, options: LagOptions, seed: int) -> pd.DataFrame:
    """Predictive checks from prior and posterior; only the monthly view has limits beyond which it is censored."""
    if not fit.variant.view.monthly_lags:
        return pd.DataFrame(columns=["distribution", "statistic", "observed", "tail_probability", "flagged"])
    limits = censoring_limits(lags.panel, fit.data, leader_start_up_months=options.leader_start_up_months)
    tables = [
        predictive_checks(fit.variant, draws, fit.data, limits, seed=seed).assign(distribution=name)
        for name, draws in (("prior", prior), ("posterior", fit.posterior))
    ]
    table = pd.concat(tables, ignore_index=True)
    return table[["distribution", *[c for c in table.columns if c != "distribution"]]]
