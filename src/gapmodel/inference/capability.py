r"""What `latent_frontier` says beyond the lag: progress of both frontiers, capability of a model, and its scores.

Everything is read off draws by the names in ``models/latent_frontier.py``: ``pace``, ``difficulty``,
``log_steepness``, ``log_noise``, ``flagship``, ``small_extra``, ``flagship_share``, ``shortfall_raw``, and the lag
through the variant's trend. Capability is in months of the leader's average progress, zero at the leader's frontier on
the reference date.

Where the lag goes. The follower's frontier is :math:`O(t) = C(t - \mathrm{lag}(t))`, so between two dates
:math:`\Delta O = C(t_1 - \mathrm{lag}_1) - C(t_0 - \mathrm{lag}_0)`: the follower goes over ground that the leader
covered in :math:`\Delta t - \Delta\mathrm{lag}` months, at a pace of :math:`\bar p = \Delta O / (\Delta t -
\Delta\mathrm{lag})`. Hence :math:`\Delta\mathrm{lag} = \Delta t - \Delta O / \bar p`: the lag falls where the follower
moves faster (:math:`\Delta O`) or over ground that the leader covered slowly (:math:`\bar p`). The distance in
capability, :math:`C(t) - O(t)`, changes by :math:`\Delta C - \Delta O`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr
from scipy import special

from gapmodel.errors import ConfigError
from gapmodel.inference.gap import INTERVAL_PROB
from gapmodel.modeling.score_data import BOUND_SHARE, ScoreData
from gapmodel.modeling.variant import Variant
from gapmodel.stats.draws import flat
from gapmodel.units import MONTHS_PER_YEAR

__all__ = [
    "Capability",
    "capability",
    "decomposition",
    "frontier_progress",
    "lag_by_category",
    "replicate_scores",
    "score_calibration",
    "with_scores",
]

# Width of the softplus in models/latent_frontier.py, in logits of the average benchmark.
_SHORTFALL_SCALE = 0.5
_TAIL = 1e-12


def frontier_progress(samples: xr.Dataset, data: ScoreData, at: np.ndarray) -> np.ndarray:
    """The leader's frontier, months of its average progress from the reference date.

    Parameters
    ----------
    samples : xarray.Dataset, dims (chain, draw, ...)
    data : ScoreData
    at : numpy.ndarray, shape (n,) or (n_draws, n), months from the reference date

    Returns
    -------
    numpy.ndarray, shape (n_draws, n)
    """
    pace = flat(samples["pace"])
    return data.progress(pace, np.atleast_2d(at)) - data.progress(pace, np.zeros((1, 1)))


class Capability:
    """Draws of what `latent_frontier` says of each model of its data.

    Attributes
    ----------
    model : numpy.ndarray, shape (M,), str
    frontier : numpy.ndarray, shape (n_draws, N), months
        Frontier of its group on its benchmark at the model's release, by score.
    shortfall : numpy.ndarray, shape (n_draws, M), months
        Behind it, drawn given the model's scores.
    value : numpy.ndarray, shape (n_draws, M), months
        Capability, averaged over benchmarks: a follower's lag is that of the average trend.
    """

    def __init__(self, model, frontier, shortfall, value) -> None:
        self.model, self.frontier, self.shortfall, self.value = model, frontier, shortfall, value


def capability(variant: Variant, samples: xr.Dataset, data: ScoreData, *, seed: int, given_scores: bool = True):
    """Capability of every model, from draws of `latent_frontier`.

    Parameters
    ----------
    variant : Variant
    samples : xarray.Dataset, dims (chain, draw, ...)
    data : ScoreData
    seed : int
    given_scores : bool
        False: shortfalls of models that nobody has seen, from their distribution.

    Returns
    -------
    Capability
    """
    rng = np.random.default_rng(seed)
    trend = variant.trend(samples, data.model_years)
    average = flat(trend["benchmark_trend"].mean("benchmark"), "time")
    lag = flat(_by_item(trend, samples, data), "item", "time")
    time = MONTHS_PER_YEAR * data.model_years
    b, i = data.score_benchmark, data.score_model
    frontier = frontier_progress(samples, data, time[i] - data.model_follower[i] * lag[:, b, i])
    draw = _given if given_scores else _unseen
    shortfall = draw(samples, data, frontier, rng)
    common = frontier_progress(samples, data, time - data.model_follower * average)
    return Capability(data.model, frontier, shortfall, common - shortfall)


def _by_item(trend: xr.Dataset, samples: xr.Dataset, data: ScoreData) -> xr.DataArray:
    """Lag at the models' releases on every benchmark that has scores; dim ``item`` in place of ``benchmark``."""
    if "item_offset" not in samples:
        return trend["benchmark_trend"].rename(benchmark="item")
    years = xr.DataArray(data.model_years, dims="time")
    return trend["population_mean"] + samples["item_offset"] + samples["item_offset_slope"] * years


def _of_groups(samples: xr.Dataset, data: ScoreData) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean shortfall of flagships and of small models, and share of the former, shape (n_draws, M)."""
    group = data.model_follower.astype(int)
    flagship, extra, share = (flat(samples[n])[:, group] for n in ("flagship", "small_extra", "flagship_share"))
    return flagship, flagship + extra, share


def _unseen(samples, data, frontier, rng) -> np.ndarray:
    flagship, small, share = _of_groups(samples, data)
    mean = np.where(rng.random(share.shape) < share, flagship, small)
    return mean * rng.standard_exponential(mean.shape)


def _given(samples, data, frontier, rng) -> np.ndarray:
    """Shortfalls given the scores: a truncated normal in each of the two exponentials, or the model's own parameter."""
    b, i, exact = data.score_benchmark, data.score_model, data.score_exact
    steepness = np.exp(flat(samples["log_steepness"]))[:, b]
    seen = frontier - flat(samples["difficulty"])[:, b] - data.score_logit / steepness
    variance = np.exp(2.0 * flat(samples["log_noise"]))[:, b] + data.score_variance / steepness**2
    of_model = np.zeros((len(i), len(data.model)))
    of_model[np.arange(len(i)), i] = exact
    precision = np.maximum((1.0 / variance) @ of_model, 1e-6)  # hardly a statement at all
    mean = (seen / variance) @ of_model / precision
    flagship, small, share = _of_groups(samples, data)
    log_mass = []
    for prob, length in ((share, flagship), (1.0 - share, small)):
        rate = 1.0 / length
        inside = special.log_ndtr((mean - rate / precision) * np.sqrt(precision))
        log_mass.append(np.log(prob * rate) - rate * mean + 0.5 * rate**2 / precision + inside)
    first = rng.random(share.shape) < special.expit(log_mass[0] - log_mass[1])
    rate = 1.0 / np.where(first, flagship, small)
    centre, sd = mean - rate / precision, 1.0 / np.sqrt(precision)
    # Inverse distribution function of the upper tail, in logarithms so that a centre far below zero does no harm.
    log_upper = special.log_ndtr(centre / sd) + np.log(rng.uniform(_TAIL, 1.0, mean.shape))
    shortfall = np.maximum(centre - sd * special.ndtri_exp(log_upper), 0.0)
    real = data.bounded_real > 0
    unit = np.exp(flat(samples["log_steepness_population"]))[:, None]
    own = _SHORTFALL_SCALE * np.logaddexp(0.0, flat(samples["shortfall_raw"])) / unit
    shortfall[:, data.bounded[real]] = own[:, real]
    return shortfall


def replicate_scores(
    variant: Variant, samples: xr.Dataset, data: ScoreData, *, seed: int, given_scores: bool = True
) -> np.ndarray:
    """New draws of scores, of the same models or of others like them; arguments as for `capability`.

    Returns
    -------
    numpy.ndarray, shape (n_draws, N), logits
        With sampling error, and not cut at bounds.
    """
    found = capability(variant, samples, data, seed=seed, given_scores=given_scores)
    rng = np.random.default_rng([seed, 1])
    b = data.score_benchmark
    steepness = np.exp(flat(samples["log_steepness"]))[:, b]
    level = found.frontier - found.shortfall[:, data.score_model] - flat(samples["difficulty"])[:, b]
    spread = np.sqrt(steepness**2 * np.exp(2.0 * flat(samples["log_noise"]))[:, b] + data.score_variance)
    return steepness * level + spread * rng.standard_normal(level.shape)


def with_scores(data: ScoreData, logit: np.ndarray) -> ScoreData:
    """`data` with other logits, shape (N,), beyond `BOUND_SHARE` of the scale as bounds; padded to a shape of its own.

    Bounds and models with one are padded to all scores and models, so that every replication has the same shape.
    """
    limit = special.logit(1.0 - BOUND_SHARE)
    real = np.arange(len(logit)) < int((data.score_exact > 0).sum() + (data.bound_sign != 0).sum())
    sign = np.where(real & (np.abs(logit) >= limit), np.sign(logit), 0.0)
    bounds = np.flatnonzero(sign)
    bounded, place = np.unique(data.score_model[bounds], return_inverse=True)

    def padded(values, size):
        values = np.asarray(values)
        return np.concatenate([values, np.zeros(size - len(values), dtype=values.dtype)])

    n, m = len(logit), len(data.model)
    return replace(
        data,
        score_logit=np.where(real, np.clip(logit, -limit, limit), 0.0),
        score_exact=(real & (sign == 0.0)).astype(float),
        bound_score=padded(bounds, n),
        bound_model=padded(place.ravel(), n),
        bound_sign=padded(sign[bounds], n),
        bounded=padded(bounded, m),
        bounded_real=padded(np.ones(len(bounded)), m),
    )


def score_calibration(variant: Variant, samples: xr.Dataset, data: ScoreData, *, seed: int) -> pd.DataFrame:
    """How often scores lie in the central intervals of their own replications (`replicate_scores`), by benchmark.

    Returns
    -------
    pandas.DataFrame
        ``benchmark, n, mean_pit, covered50, covered90``; a bound counts as covered where the interval reaches it, and
        has no part in the mean of the PIT. Since a model's shortfall is inferred from its other scores and from this
        one too, a score of a model with few others is covered more easily.
    """
    replicated = replicate_scores(variant, samples, data, seed=seed)
    sign = np.zeros(len(data.score_logit))
    real = data.bound_sign != 0
    sign[data.bound_score[real]] = data.bound_sign[real]
    rows = []
    for b, name in enumerate(data.item):
        own = np.flatnonzero((data.score_benchmark == b) & ((data.score_exact > 0) | (sign != 0)))
        z, s, drawn = data.score_logit[own], sign[own], replicated[:, own]
        row = {"benchmark": str(name), "n": len(own)}
        exact = s == 0
        row["mean_pit"] = float((drawn[:, exact] < z[exact]).mean()) if exact.any() else float("nan")
        for prob in (0.5, INTERVAL_PROB):
            low, high = np.quantile(drawn, [(1 - prob) / 2, (1 + prob) / 2], axis=0)
            covered = ((low <= z) | (s < 0)) & ((z <= high) | (s > 0))
            row[f"covered{round(100 * prob)}"] = float(covered.mean())
        rows.append(row)
    return pd.DataFrame(rows)


def decomposition(variant: Variant, samples: xr.Dataset, data: ScoreData, dates, *, prob: float = INTERVAL_PROB):
    """Between each two dates that follow each other: what the leader and the follower gained, and what the lag did.

    Parameters
    ----------
    dates : sequence of date-like, at least two, ascending
    prob : float
        Of the equal-tailed intervals.

    Returns
    -------
    pandas.DataFrame
        One row per period and quantity: ``start, end, quantity, median, lower, upper``. Quantities, of the average
        trend: ``leader_progress`` and ``follower_progress`` (months of the leader's average progress),
        ``distance_change`` (of capability; the difference of the two), ``lag_change`` (months), ``ground_pace`` (the
        leader's pace when it went where the follower went in the period), and the two parts of the lag's change, which
        sum to it: ``lag_by_follower``, elapsed months less `follower_progress`, is negative where the follower moved
        faster than the leader's average pace; ``lag_by_leader`` is negative where the follower's ground is ground that
        the leader had covered slowly.

    Raises
    ------
    ConfigError
        Fewer than two dates, or not ascending.
    """
    days = np.asarray(pd.DatetimeIndex(dates).to_numpy(), dtype="datetime64[D]")
    if len(days) < 2 or not (np.diff(days) > np.timedelta64(0, "D")).all():
        raise ConfigError("give at least two dates, in ascending order")
    years = data.years_at(days)
    lag = flat(variant.trend(samples, years)["benchmark_trend"].mean("benchmark"), "time")
    at = MONTHS_PER_YEAR * years
    leader = frontier_progress(samples, data, at)
    follower = frontier_progress(samples, data, at - lag)
    rows = []
    for k in range(len(days) - 1):
        gained, moved = leader[:, k + 1] - leader[:, k], follower[:, k + 1] - follower[:, k]
        change, elapsed = lag[:, k + 1] - lag[:, k], at[k + 1] - at[k]
        quantities = {
            "leader_progress": gained,
            "follower_progress": moved,
            "distance_change": gained - moved,
            "lag_change": change,
            "ground_pace": moved / (elapsed - change),
            "lag_by_follower": elapsed - moved,
            "lag_by_leader": change - (elapsed - moved),
        }
        for name, values in quantities.items():
            low, high = np.quantile(values, [(1 - prob) / 2, (1 + prob) / 2])
            row = {"start": days[k], "end": days[k + 1], "quantity": name, "median": float(np.median(values))}
            rows.append(row | {"lower": float(low), "upper": float(high)})
    return pd.DataFrame(rows)


def lag_by_category(variant: Variant, samples: xr.Dataset, data: ScoreData, date, *, prob: float = INTERVAL_PROB):
    """Lag averaged over the benchmarks of each category, and the probability that it is the shortest of all.

    Parameters
    ----------
    date : date-like
    prob : float
        Of the equal-tailed intervals.

    Returns
    -------
    pandas.DataFrame
        ``category, n_benchmarks, median, lower, upper`` (months at `date`) and ``shortest`` (probability), by median.
    """
    trend = variant.trend(samples, data.years_at(date))["benchmark_trend"].isel(time=0)
    lag = flat(trend, "benchmark")
    used = np.unique(data.category_of)
    means = np.stack([lag[:, data.category_of == c].mean(axis=1) for c in used], axis=1)
    low, middle, high = np.quantile(means, [(1 - prob) / 2, 0.5, (1 + prob) / 2], axis=0)
    found = pd.DataFrame(
        {
            "category": data.category[used],
            "n_benchmarks": np.bincount(data.category_of)[used],
            "median": middle,
            "lower": low,
            "upper": high,
            "shortest": np.bincount(means.argmin(axis=1), minlength=len(used)) / len(means),
        }
    )
    return found.sort_values("median", ignore_index=True)
