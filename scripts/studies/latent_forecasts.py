"""Lags of coming months from `latent_frontier`: releases to come are drawn, and lags read off them as off any scores.

A frontier of the future is a record over releases, so a forecast of the lag panel needs to say who will be run on what.
Each group goes on releasing as in the twelve months before the end of the data: as many models on average (a Poisson
number), at dates drawn uniformly, each run on the benchmarks that a model drawn from those months was run on. Their
capabilities and scores are drawn from the model, scores without a sampling error of their own. Then the lag engine
reads off the lags (`gapmodel.lags.definition`).
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy import special

from gapmodel.inference.capability import frontier_progress
from gapmodel.lags.definition import lags_at
from gapmodel.lags.frontier import FrontierTable, build_frontiers
from gapmodel.modeling.score_data import BOUND_SHARE, ScoreData
from gapmodel.modeling.variant import Variant
from gapmodel.stats.draws import flat
from gapmodel.units import DAYS_PER_MONTH, DAYS_PER_YEAR, MONTHS_PER_YEAR

__all__ = ["forecast_lags"]

_NAMES = ("difficulty", "log_steepness", "log_noise", "flagship", "small_extra", "flagship_share")


def forecast_lags(
    variant: Variant, samples: xr.Dataset, data: ScoreData, months: np.ndarray, *, seed: int
) -> np.ndarray:
    """Signed lags at coming month-ends, one draw for each draw of the posterior.

    Parameters
    ----------
    variant : Variant
    samples : xarray.Dataset, dims (chain, draw, ...)
        A few hundred draws; each costs the frontiers of all benchmarks.
    data : ScoreData
        What was fitted.
    months : numpy.ndarray, shape (H,), datetime64[D]
        After the last month of `data`, at most a year.
    seed : int

    Returns
    -------
    numpy.ndarray, shape (n_draws, B, H), months
        A lag that could only be seen as a bound is that bound; NaN where a group has no score by then.
    """
    rng = np.random.default_rng(seed)
    months = np.asarray(months, dtype="datetime64[D]")
    end = data.month[-1]
    grid = end + np.linspace(0, (months[-1] - end).astype(int), 2 * len(months) + 1).round().astype("timedelta64[D]")
    paths = variant.trend(samples, data.years_at(grid))["benchmark_trend"]
    paths = flat(paths, "benchmark", "time")
    n_draws, n_b = paths.shape[:2]
    places = np.ndindex(samples.sizes["chain"], samples.sizes["draw"])
    ones = (samples[[*_NAMES, "pace"]].isel(chain=[c], draw=[d]) for c, d in places)
    new = [_releases(one, data, grid, path, rng) for one, path in zip(ones, paths, strict=True)]
    return _lags(data, new, months, n_draws, n_b)


def _releases(one: xr.Dataset, data: ScoreData, grid, path, rng) -> list[tuple[np.ndarray, ...]]:
    """Benchmark, day and logit of the scores of releases to come, of each group; `one` draw, `path` (B, grid)."""
    value = {name: one[name].to_numpy()[0, 0] for name in _NAMES}
    days = (grid - grid[0]).astype(int)
    years = data.years_at(grid)
    known = _on_record(data)
    recent = (data.model_real > 0) & (data.model_years > years[0] - 1.0) & (data.model_years <= years[0])
    out: list[tuple[np.ndarray, ...]] = []
    for group in (0, 1):
        pool = np.flatnonzero(recent & (data.model_follower == group))
        count = rng.poisson(len(pool) * days[-1] / DAYS_PER_YEAR)
        if not len(pool) or not count:
            out.append((np.zeros(0, dtype=int), np.zeros(0, dtype="datetime64[D]"), np.zeros(0)))
            continue
        like, day = rng.choice(pool, count), rng.integers(1, days[-1] + 1, count)
        small = rng.random(count) >= value["flagship_share"][group]
        mean = value["flagship"][group] + small * value["small_extra"][group]
        shortfall = mean * rng.standard_exponential(count)
        runs = [data.score_benchmark[known & (data.score_model == model)] for model in like]
        which = np.repeat(np.arange(count), [len(r) for r in runs])
        b = np.concatenate(runs).astype(int)
        at = MONTHS_PER_YEAR * np.interp(day[which], days, years)
        if group:
            lag = np.array([np.interp(d, days, path[k]) for d, k in zip(day[which], b, strict=True)])
            at = at - lag
        frontier = frontier_progress(one, data, at)[0]
        error = np.exp(value["log_noise"][b]) * rng.standard_normal(len(b))
        logit = np.exp(value["log_steepness"][b]) * (frontier - shortfall[which] - value["difficulty"][b] + error)
        out.append((b, grid[0] + day[which].astype("timedelta64[D]"), logit))
    return out


def _on_record(data: ScoreData) -> np.ndarray:
    """Scores and bounds that are no padding, shape (N,)."""
    known = data.score_exact > 0
    known[data.bound_score[data.bound_sign != 0]] = True
    return known


def _lags(data: ScoreData, new, months, n_draws: int, n_b: int) -> np.ndarray:
    """Lags of all draws at once: benchmark b of draw k is number ``k * n_b + b`` of one table of frontiers."""
    kept = np.flatnonzero(_on_record(data))
    age = np.round(MONTHS_PER_YEAR * DAYS_PER_MONTH * data.model_years[data.score_model[kept]]).astype("timedelta64[D]")
    day, follower = data.reference_date + age, data.model_follower[data.score_model[kept]]
    limit = special.logit(1.0 - BOUND_SHARE)

    def frontiers(group: int) -> FrontierTable:
        own = follower == group
        b = data.score_benchmark[kept[own]]
        numbers = [np.tile(b, n_draws) + np.repeat(n_b * np.arange(n_draws), len(b))]
        dates, logits = [np.tile(day[own], n_draws)], [np.tile(data.score_logit[kept[own]], n_draws)]
        for k, releases in enumerate(new):
            numbers.append(releases[group][0] + n_b * k)
            dates.append(releases[group][1])
            logits.append(np.clip(releases[group][2], -limit, limit))
        number, names = np.concatenate(numbers), np.arange(sum(map(len, numbers)))
        floors = np.full(n_draws * n_b, -np.inf)
        return build_frontiers(number, np.concatenate(dates), np.concatenate(logits), names, floors=floors)

    cell = np.repeat(np.arange(n_draws * n_b), len(months))
    lag, _ = lags_at(np.tile(months, n_draws * n_b), cell, frontiers(0), frontiers(1), np.zeros(n_draws * n_b))
    return lag.reshape(n_draws, n_b, len(months))
