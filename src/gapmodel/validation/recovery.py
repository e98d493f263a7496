"""Does a method recover a known lag: simulated scores in, coverage and false alarms out.

One job is one simulated data set and one method; jobs have seeds of their own, so that their order and number
change nothing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from gapmodel.inference.compile_cache import compiled_for
from gapmodel.inference.crossing import crossing_draws, crossing_grid, probability_by
from gapmodel.inference.gap import INTERVAL_PROB, gap_draws, trend_draws
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.lags.published_line import published_baseline
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.variant import Variant
from gapmodel.scores.selection import select
from gapmodel.scores.table import Scores, validate_scores
from gapmodel.simulation.frontiers import REGIMES, Truth, simulate_scores
from gapmodel.simulation.replayed import Pattern, evaluation_pattern, simulate_replayed
from gapmodel.sources.load import DEFAULT_SNAPSHOT, read_table
from gapmodel.units import DAYS_PER_YEAR

__all__ = [
    "KNOWN_TRUTH_REGIMES",
    "STRAIGHT_LINE",
    "Recovery",
    "recovery_job",
    "recovery_table",
    "straight_line_estimate",
]

STRAIGHT_LINE = "straight_line"

#: Keywords of a simulation, as `Recovery` takes them: the bundled table's pattern first, then independent releases.
KNOWN_TRUTH_REGIMES: dict[str, dict[str, Any]] = {"replayed": {"replayed": DEFAULT_SNAPSHOT}, **REGIMES}

# Room for censored cells and stretches: the first that is enough, so that nearly all data sets share a compiled model.
_CENSORED_SLOTS = ((480, 160), (1440, 480))


class Recovery:
    """Run methods on simulated data sets; each variant is compiled once.

    Parameters
    ----------
    settings : SamplerSettings
        Its seed is replaced by each job's.
    options : LagOptions
    simulation : dict
        Keywords of `simulate_scores`; or of `simulate_replayed`, with ``replayed``, the table (a bundled snapshot or a
        file) whose pattern it takes in place of `pattern`. What `select` chooses of that table is what is analysed.
    """

    def __init__(
        self, settings: SamplerSettings, *, options: LagOptions | None = None, simulation: dict[str, Any] | None = None
    ) -> None:
        self.settings = settings
        self.options = options or LagOptions()
        self.simulation = dict(simulation or {})
        self.replayed = self.simulation.pop("replayed", None)

    def job(self, method: Variant | str, scenario: str, seed: int) -> dict[str, Any]:
        """Simulate one data set, apply one method, and compare with the truth.

        Parameters
        ----------
        method : Variant or str
            A variant, or `STRAIGHT_LINE`.
        scenario : str
            See `gapmodel.simulation.frontiers.simulate_scores`.
        seed : int
            Of simulation and sampler.

        Returns
        -------
        dict
            ``method, scenario, seed``; for gap (months, at the last month) and slope (months per year): truth,
            estimate, bounds of the 90 % interval, ``covered``; ``probability_12`` = P(zero within 12 months);
            ``divergences``. The truth of the slope is the change of the latent lag over the last 12 months, which is
            what a variant reports; ``period_slope_truth`` and ``period_slope_covered`` hold the same interval against
            the least-squares slope over the whole period. Only where the lag is not linear do the two differ.
        """
        scores, truth = self.simulated(scenario, seed)
        options = replace(self.options, cutoff=truth.months[-1])
        lags = options.lags(scores)
        if isinstance(method, str):
            name = method
            estimate = straight_line_estimate(lags.panel.sel(month=lags.panel["month"] >= truth.months[0]))
        else:
            grid: dict[str, Any] = {"view": method.view, "months": truth.months, "benchmarks": scores.benchmarks.index}
            alone = options.data(lags, **grid)
            needed = (len(alone.censored_bound), len(alone.stretch_real))
            slots = next((s for s in _CENSORED_SLOTS if s[0] >= needed[0] and s[1] >= needed[1]), needed)
            name, estimate = method.name, self._posterior(method, options.data(lags, pad_censored=slots, **grid), seed)
        row = {"method": name, "scenario": scenario, "seed": seed}
        for quantity, interval, value in (
            ("gap", "gap", float(truth.lag[-1])),
            ("slope", "slope", truth.recent_slope),
            ("period_slope", "slope", truth.slope),
        ):
            low, high = estimate[f"{interval}_lower"], estimate[f"{interval}_upper"]
            row |= {f"{quantity}_truth": value, f"{quantity}_covered": bool(low <= value <= high)}
        return row | estimate

    def simulated(self, scenario: str, seed: int) -> tuple[Scores, Truth]:
        """The table of one job, as it is analysed, and the truth behind it; arguments as for `job`."""
        if self.replayed is None:
            frame, info, truth = simulate_scores(seed=seed, scenario=scenario, **self.simulation)
        else:
            pattern, averaged = _pattern(self.replayed, self.options)
            frame, info, truth = simulate_replayed(
                pattern, seed=seed, scenario=scenario, averaged=averaged, **self.simulation
            )
        # Of a replay, models released after the last month, too: they are past the cutoff, as in the real table.
        scores = validate_scores(frame, info, today=pd.Timestamp(frame["release_date"].max()).date())
        return (scores if self.replayed is None else select(scores)), truth

    def _posterior(self, variant: Variant, data: PanelData, seed: int) -> dict[str, Any]:
        fit = compiled_for(variant, data).sample(replace(self.settings, seed=seed))
        # Benchmarks that the panel lacks take part in no average.
        present = data.benchmark[data.observed.any(axis=1)]
        gaps = gap_draws(fit, data.month[-1], seed=seed, benchmarks=present)
        grid = crossing_grid(data.month[-1], horizon_years=1)
        path = trend_draws(fit, grid, benchmarks=present, each=False)["average"]
        soon, _ = probability_by(crossing_draws(path)["touched"], [grid[12]], grid[0])
        return {
            **_bounds("gap", gaps["average_gap"]),
            **_bounds("slope", gaps["slope"]),
            "probability_12": float(soon[0]),
            "divergences": int(fit.idata["sample_stats"]["diverging"].sum()),
        }


@lru_cache(maxsize=4)
def _pattern(source: str, options: LagOptions) -> tuple[Pattern, tuple[str, ...]]:
    """Pattern of a table, and the benchmarks that an analysis of it averages."""
    table = read_table(source)
    panel = options.lags(select(table)).panel
    dated = table.dated(dates=options.dates, open_date=options.open_date)
    pattern = evaluation_pattern(dated, panel["month"].to_numpy(), leader=options.leader, follower=options.follower)
    return pattern, tuple(panel["benchmark"].to_numpy().astype(str))


def recovery_job(
    *,
    method: str,
    scenario: str,
    seed: int,
    simulation: dict[str, Any],
    settings: dict[str, Any],
    options: LagOptions | None = None,
) -> dict[str, Any]:
    """`Recovery.job` from plain values, for a worker.

    Parameters
    ----------
    method : str
        `STRAIGHT_LINE`, or a variant's name or file.
    scenario, seed
        See `Recovery.job`.
    simulation : dict
        See `Recovery`.
    settings : dict
        Keywords of `SamplerSettings`; their seed is replaced.
    options : LagOptions, optional

    Returns
    -------
    dict
        See `Recovery.job`.
    """
    recovery = Recovery(SamplerSettings(**settings), options=options, simulation=simulation)
    return recovery.job(method if method == STRAIGHT_LINE else load_variant(method), scenario, seed)


def straight_line_estimate(panel: xr.Dataset) -> dict[str, Any]:
    """The published straight line through the mean of clamped lags, with the textbook's intervals.

    Parameters
    ----------
    panel : xarray.Dataset
        From `gapmodel.lags.panel.compute_lags`.

    Returns
    -------
    dict
        ``gap`` (months, at the last month with an exact lag) and ``slope`` (months per year), each with ``_lower`` and
        ``_upper`` (90 %); ``probability_12``: that the line is below zero a year later; ``divergences``, 0.
    """
    monthly = published_baseline(panel).monthly
    months = monthly["month"].to_numpy()
    years = (months - months[-1]) / np.timedelta64(1, "D") / DAYS_PER_YEAR
    fit = stats.linregress(years, monthly["mean"].to_numpy())
    df = len(years) - 2
    tail = (1 + INTERVAL_PROB) / 2
    width = float(stats.t.ppf(tail, df))
    covariance = -years.mean() * fit.stderr**2
    ahead_sd = np.sqrt(fit.intercept_stderr**2 + fit.stderr**2 + 2 * covariance)
    out: dict[str, Any] = {}
    for name, value, sd in (
        ("gap", fit.intercept, fit.intercept_stderr),
        ("slope", fit.slope, fit.stderr),
    ):
        out |= {
            name: float(value),
            f"{name}_lower": float(value - width * sd),
            f"{name}_upper": float(value + width * sd),
        }
    soon = stats.t.cdf(-(fit.intercept + fit.slope) / ahead_sd, df)
    return out | {"probability_12": float(soon), "divergences": 0}


def recovery_table(jobs: pd.DataFrame) -> pd.DataFrame:
    """Coverage, bias and false alarms by method and scenario, with the Monte Carlo error of a share.

    Parameters
    ----------
    jobs : pandas.DataFrame
        Rows of `Recovery.job`.

    Returns
    -------
    pandas.DataFrame
        One row per ``method, scenario``: ``n``; for slope (months per year) and gap (months) ``_coverage`` of the 90 %
        interval, ``_bias`` (estimate less truth) and ``_width``; ``zero_within_12_months``, the share with P(zero
        within 12 months) above 0.5; ``mc_error_of_a_share``, the largest that a share of `n` can have.
    """
    rows = []
    for (method, scenario), group in jobs.groupby(["method", "scenario"], sort=True):
        row: dict[str, Any] = {"method": method, "scenario": scenario, "n": len(group)}
        for name in ("slope", "gap"):
            row |= {
                f"{name}_coverage": group[f"{name}_covered"].mean(),
                f"{name}_bias": (group[name] - group[f"{name}_truth"]).mean(),
                f"{name}_width": (group[f"{name}_upper"] - group[f"{name}_lower"]).mean(),
            }
        row["zero_within_12_months"] = (group["probability_12"] > 0.5).mean()
        row["mc_error_of_a_share"] = 0.5 / np.sqrt(len(group))
        rows.append(row)
    return pd.DataFrame(rows)


def _bounds(name: str, draws: xr.DataArray) -> dict[str, float]:
    low, high = np.quantile(draws, [(1 - INTERVAL_PROB) / 2, (1 + INTERVAL_PROB) / 2])
    return {name: float(draws.mean()), f"{name}_lower": float(low), f"{name}_upper": float(high)}
