"""What would have been predicted at a past cutoff, and how that compares with what came.

Forecasts never see the outcome, except that the average is taken over those benchmarks that have a known lag in the
month in question, in forecast and outcome alike.

One job is one method at one cutoff: `forecast_job`. Its randomness has a seed of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from gapmodel.inference.compile_cache import compiled_for
from gapmodel.inference.convergence import convergence_checks, diagnostics
from gapmodel.inference.crossing import SUSTAINED_MONTHS, crossing_draws, crossing_grid, probability_by
from gapmodel.inference.gap import gap_draws, summarise, trend_draws
from gapmodel.inference.sampling import Fit, SamplerSettings
from gapmodel.modeling.predictive import forecast_moments, predict_lags
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.variant import Variant
from gapmodel.stats.proper_scores import crps, mixture_cdf, mixture_log_score, randomised_pit
from gapmodel.validation.baseline_forecasts import FEWEST_CELLS, NAIVE_METHODS, error_sds, point_forecast
from gapmodel.validation.replay import Outcome, Replay

__all__ = [
    "AVERAGE",
    "BENCHMARK",
    "PROBS",
    "THRESHOLDS",
    "Forecast",
    "answer_at",
    "below_probabilities",
    "forecast",
    "forecast_job",
    "job_settings",
    "score_cells",
    "score_forecast",
    "score_rows",
]

THRESHOLDS = (0.0, 3.0, 6.0)
PROBS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
BENCHMARK, AVERAGE = "benchmark", "average"

_POINT_DRAWS = 4000


@dataclass(frozen=True)
class Forecast:
    """Predicted lags of B benchmarks at H month-ends, as draws and as an equal mixture of K normals per cell.

    Attributes
    ----------
    draws : numpy.ndarray, shape (n, B, H), months
    centre, scale : numpy.ndarray, shape (K, B, H), months
    trend : numpy.ndarray, shape (n, B, H), months, optional
        Without shock and errors; what the package's statements are about.
    average_sd : numpy.ndarray, shape (H,), months, optional
        SD of the error of an average, where draws of benchmarks are not joint.
    answer : dict, optional
        What a run at the cutoff would have said, see `answer_at`; None for what is no fit.
    """

    draws: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    trend: np.ndarray | None = None
    average_sd: np.ndarray | None = None
    answer: dict[str, Any] | None = None

    def average(self, cells: np.ndarray, *, seed: int) -> Forecast:
        """Forecast of the average over some cells of each month.

        Parameters
        ----------
        cells : numpy.ndarray of bool, shape (B, H)
        seed : int
            Used where the forecast has an `average_sd`, whose draws are made here.

        Returns
        -------
        Forecast
            Of one benchmark; NaN at months without a cell.
        """
        n = cells.sum(axis=0)
        weight = np.where(cells, 1.0, 0.0) / np.maximum(n, 1)
        weight[:, n == 0] = np.nan

        def mean(values: np.ndarray) -> np.ndarray:
            # In one order of memory: a forecast that was kept has the same sums to the last digit.
            return np.ascontiguousarray(np.where(cells, values, 0.0) * weight).sum(axis=1, keepdims=True)

        centre = mean(self.centre)
        if self.average_sd is None:
            variance = np.ascontiguousarray(np.where(cells, self.scale**2, 0.0) * weight**2)
            scale = np.sqrt(variance.sum(axis=1, keepdims=True))
            trend = None if self.trend is None else mean(self.trend)
            return Forecast(mean(self.draws), centre, scale, trend)
        # Errors with independent increments: the SD at each horizon is as stated.
        steps = np.sqrt(np.diff(np.square(self.average_sd), prepend=0.0))
        noise = np.random.default_rng(seed).standard_normal((_POINT_DRAWS, 1, len(steps)))
        draws = centre + np.cumsum(steps * noise, axis=-1)
        return Forecast(draws, centre, self.average_sd[None, None, :] + np.zeros_like(centre))


def forecast(method: str | Variant, replay: Replay, settings: SamplerSettings) -> tuple[Forecast, dict[str, Any]]:
    """Forecast of one method at one cutoff, and the diagnostics of its fit; sees no outcome.

    Parameters
    ----------
    method : str or Variant
        One of `NAIVE_METHODS`, a variant's name or file, or a variant.
    replay : Replay
    settings : SamplerSettings
        Its seed is the job's.

    Returns
    -------
    forecast : Forecast
        At the months of ``replay.ahead``; a baseline has NaN where it predicts nothing.
    diagnostics : dict
        As `gapmodel.inference.convergence.diagnostics` gives, and ``worst``: failed check → where; empty for baselines.
    """
    columns = replay.ahead
    if isinstance(method, str) and method in NAIVE_METHODS:
        months = replay.data.month[columns]
        centre = point_forecast(method, replay.history, months)
        sd, average_sd = error_sds(method, replay.history, horizons=len(columns))
        # Evenly spaced quantiles in place of random draws: no Monte Carlo error.
        steps = stats.norm.ppf((np.arange(_POINT_DRAWS) + 0.5) / _POINT_DRAWS)[:, None, None]
        scale = np.where(np.isnan(centre), np.nan, sd)
        return Forecast(centre + scale * steps, centre[None], scale[None], average_sd=average_sd), {}
    variant = method if isinstance(method, Variant) else load_variant(method)
    fit = compiled_for(variant, replay.data).sample(settings)
    samples, data = fit.posterior, replay.data
    paths = predict_lags(variant, samples, data, seed=settings.seed + 1)[:, :, columns]
    centre, scale = (values[:, :, columns] for values in forecast_moments(variant, samples, data))
    trend = variant.trend(samples, data.years[columns])["benchmark_trend"]
    trend = trend.transpose("chain", "draw", "benchmark", "time").to_numpy().reshape(paths.shape)
    checks = convergence_checks(fit.idata)
    worst = {check.name: check.detail for check in checks if not check.passed}
    answer = answer_at(fit, replay, seed=settings.seed + 2)
    return Forecast(paths, centre, scale, trend, answer=answer), diagnostics(checks) | {"worst": worst}


def answer_at(fit: Fit, replay: Replay, *, seed: int) -> dict[str, Any]:
    """What a run at the cutoff would have said of the average gap.

    Parameters
    ----------
    fit : Fit
        Of the replay.
    replay : Replay
    seed : int
        See `gapmodel.inference.gap.gap_draws`.

    Returns
    -------
    dict
        ``n_benchmarks`` that had a lag or bound by then; ``gap_…`` (months) and ``slope_…`` (months per year): median,
        ends of the 90 % interval, SD and Monte Carlo error of the mean; ``zero_12_months`` and ``never``: probability
        that the average trend reaches zero within twelve months, and that it does not within the horizon;
        ``n_draws``.
    """
    names = [str(name) for name, seen in zip(replay.data.benchmark, replay.eligible, strict=True) if seen]
    start = pd.Timestamp(replay.cutoff)
    gaps, grid = gap_draws(fit, start, seed=seed, benchmarks=names), crossing_grid(start)
    out: dict[str, Any] = {"n_benchmarks": len(names), "n_draws": int(gaps.sizes["chain"] * gaps.sizes["draw"])}
    for key, name in (("gap", "average_gap"), ("slope", "slope")):
        entry = summarise(gaps[name])
        ends = entry["interval"]
        out |= {f"{key}_median": entry["median"], f"{key}_lower": ends["lower"], f"{key}_upper": ends["upper"]}
        out |= {f"{key}_sd": entry["sd"], f"{key}_mcse": entry["mcse"]}
    crossing = crossing_draws(trend_draws(fit, grid, benchmarks=names, each=False)["average"])
    (year, horizon), _ = probability_by(crossing["touched"], grid[[12, len(grid) - 1 - SUSTAINED_MONTHS]], start)
    return out | {"zero_12_months": float(year), "never": 1.0 - float(horizon)}


def forecast_job(*, method: str, replay: Replay, outcome: Outcome, settings: dict[str, Any]) -> dict[str, Any]:
    """Forecast and score one method at one cutoff.

    Parameters
    ----------
    method : str
        See `forecast`.
    replay : Replay
    outcome : Outcome
    settings : dict
        Keywords of `SamplerSettings`; the seed of the fit is made from theirs, the method and the cutoff.

    Returns
    -------
    dict
        ``cutoff`` (ISO); ``cells``: one row per forecast of a benchmark or of the average that has an outcome, see
        `score_rows`; ``below``: one row per statement "the average lag is at or below x at some month-end by then";
        ``fit``: diagnostics, empty for baselines; ``answer``: see `answer_at`, empty for baselines.
    """
    given = SamplerSettings(**settings)
    cutoff = str(replay.cutoff)
    made, fit = forecast(method, replay, job_settings(given, method, cutoff))
    scored = score_forecast(made, replay, outcome, seed=given.seed)
    return {"cutoff": cutoff, **scored, "fit": fit, "answer": made.answer or {}}


def job_settings(given: SamplerSettings, method: str, cutoff: str) -> SamplerSettings:
    """The settings of one job: those of the backtest, with a seed made from theirs, the method and the cutoff."""
    return replace(given, seed=_seed(given.seed, method, cutoff))


def score_forecast(made: Forecast, replay: Replay, outcome: Outcome, *, seed: int) -> dict[str, Any]:
    """Score one forecast, however made.

    Parameters
    ----------
    made : Forecast
    replay : Replay
    outcome : Outcome
        Both of the same cutoff.
    seed : int
        Of the random part of the PIT, and see `Forecast.average`.

    Returns
    -------
    dict
        See `score_cells`.
    """
    return score_cells(
        made,
        outcome,
        cutoff=str(replay.cutoff),
        months=np.datetime_as_string(replay.data.month[replay.ahead], unit="D"),
        benchmarks=[str(b) for b in replay.data.benchmark],
        eligible=replay.eligible,
        seed=seed,
    )


def score_cells(
    made: Forecast,
    outcome: Outcome,
    *,
    cutoff: str,
    months: np.ndarray,
    benchmarks: list[str],
    eligible: np.ndarray,
    seed: int,
) -> dict[str, Any]:
    """Score a forecast of B benchmarks at H months, wherever it is kept.

    Parameters
    ----------
    made : Forecast
    outcome : Outcome
        Both of shape (…, B, H).
    cutoff : str
        ISO date.
    months : numpy.ndarray, shape (H,), ISO text
    benchmarks : list of str, length B
    eligible : numpy.ndarray of bool, shape (B,)
        Those that take part: they had a lag or bound by the cutoff.
    seed : int
        Of the random part of the PIT, and see `Forecast.average`.

    Returns
    -------
    dict
        ``cells`` and ``below`` of `forecast_job`. An average is one over at least `FEWEST_CELLS` eligible benchmarks
        with a known lag, ``n_benchmarks`` in its rows.
    """
    rng = np.random.default_rng(_seed(seed, "outcome", cutoff))  # the same for every method
    scored = eligible[:, None] & ~np.isnan(outcome.value)
    cells = score_rows(made, outcome, scored, months, benchmarks, BENCHMARK, rng)

    inside = eligible[:, None] & outcome.known
    inside &= inside.sum(axis=0) >= FEWEST_CELLS
    n = inside.sum(axis=0)
    average = made.average(inside, seed=seed)
    value = np.where(n > 0, np.where(inside, outcome.value, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan)[None]
    seen = Outcome(value, np.zeros(value.shape, dtype=int), np.full(value.shape, -np.inf), np.full(value.shape, np.inf))
    rows = score_rows(average, seen, ~np.isnan(value), months, [AVERAGE], AVERAGE, rng)
    for row in rows:
        row["n_benchmarks"] = int(n[row["horizon"] - 1])
    return {"cells": cells + rows, "below": _below(average, value[0], months)}


def _seed(seed: int, *words: str) -> int:
    text = "\n".join([str(seed), *words])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])


def score_rows(
    made: Forecast,
    outcome: Outcome,
    scored: np.ndarray,
    months: np.ndarray,
    names: list[str],
    target: str,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """One row per scored cell for which the method has a forecast.

    Parameters
    ----------
    made : Forecast
    outcome : Outcome
    scored : numpy.ndarray of bool, shape (B, H)
    months : numpy.ndarray, shape (H,), ISO text
    names : list of str, length B
    target : str
        `BENCHMARK` or `AVERAGE`.
    rng : numpy.random.Generator
        For the PIT of bounds.

    Returns
    -------
    list of dict
        ``target, benchmark, horizon`` (months ahead), ``month, outcome, censoring``. ``q05`` … ``q95`` and ``mean`` are
        the forecast's (months); ``crps`` (months, lower is better), ``log_score`` (nats, higher is better) and ``pit``
        as in `gapmodel.stats.proper_scores`.
    """
    uniform = rng.random(outcome.value.shape)
    rows = []
    for b, h in zip(*np.nonzero(scored & ~np.isnan(made.centre).any(axis=0)), strict=True):
        value, sign = float(outcome.value[b, h]), int(outcome.censoring[b, h])
        draws, centre, scale = made.draws[:, b, h], made.centre[:, b, h], made.scale[:, b, h]
        row: dict[str, Any] = {
            "target": target,
            "benchmark": names[b],
            "horizon": int(h) + 1,
            "month": str(months[h]),
            "outcome": value,
            "censoring": sign,
            "mean": float(centre.mean()),
        }
        row |= {f"q{round(100 * p):02d}": float(q) for p, q in zip(PROBS, np.quantile(draws, PROBS), strict=True)}
        row["crps"] = float(crps(draws, value, low=outcome.low[b, h], high=outcome.high[b, h]))
        row["log_score"] = float(mixture_log_score(centre, scale, value, sign))
        row["pit"] = float(randomised_pit(mixture_cdf(centre, scale, value), sign, uniform[b, h]))
        rows.append(row)
    return rows


def _below(average: Forecast, value: np.ndarray, months: np.ndarray) -> list[dict[str, Any]]:
    """Statements on the average lag: P(at or below x at some month-end by then), and whether it was.

    ``observed``: of the average lag itself; ``trend``: of the average trend, as the package's statements are.
    """
    rows = []
    seen = ~np.isnan(value)
    for kind, paths in (("observed", average.draws), ("trend", average.trend)):
        if paths is None:
            continue
        probability = below_probabilities(paths[:, 0], seen)
        happened = np.minimum.accumulate(np.where(seen, value, np.inf))
        for h in np.flatnonzero(seen):
            if np.isnan(average.centre[:, 0, h]).any():
                continue
            rows += [
                {
                    "kind": kind,
                    "horizon": int(h) + 1,
                    "month": str(months[h]),
                    "threshold": x,
                    "probability": float(probability[k, h]),
                    "happened": bool(happened[h] <= x),
                }
                for k, x in enumerate(THRESHOLDS)
            ]
    return rows


def below_probabilities(paths: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """P(at or below each of `THRESHOLDS` at some month-end up to each).

    Parameters
    ----------
    paths : numpy.ndarray, shape (n, H), months
        Draws of an average.
    seen : numpy.ndarray of bool, shape (H,)
        Months that count.

    Returns
    -------
    numpy.ndarray, shape (thresholds, H)
    """
    lowest = np.fmin.accumulate(np.where(seen, paths, np.inf), axis=1)
    return np.stack([(lowest <= x).mean(axis=0) for x in THRESHOLDS])
