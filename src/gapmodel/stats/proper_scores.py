r"""Proper scores of probabilistic forecasts, for outcomes that are known exactly or as a bound, and their errors.

An outcome is a value with a `censoring`: 0 known; +1 at least the value; -1 at most. Every outcome has limits, known in
advance, beyond which it could only have been seen as a bound. Scores go by what can be known, and stay proper:

* log score: log density of a known outcome, log probability of the half-line beyond a bound;
* CRPS: threshold-weighted, :math:`\int_{low}^{high} (F(z) - 1\{y \le z\})^2\,dz`, that is the CRPS of forecast and
  outcome both cut at the limits, for known and censored outcomes alike (Allen, Ginsbourger and Ziegel 2023,
  doi:10.1137/22M1532184). Cutting censored outcomes alone, as the survival CRPS does, is not proper: a forecast gains
  by moving to the side of the bound;
* PIT: drawn uniformly from the range that is possible, :math:`[F(c), 1]` for an outcome of at least :math:`c` (Czado,
  Gneiting and Held 2009, doi:10.1111/j.1541-0420.2009.01191.x);
* an interval covers where it reaches into the half-line. Censored outcomes are covered too easily, so coverage is
  always given for exact outcomes alone as well.

CRPS of draws is the fair estimator of Ferro (2014, doi:10.1002/qj.2270). Scores: Gneiting and Raftery (2007,
doi:10.1198/016214506000001437).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import logsumexp

__all__ = [
    "ClusteredMean",
    "brier_score",
    "clustered_mean",
    "clustered_ratio",
    "covers",
    "crps",
    "mixture_cdf",
    "mixture_log_score",
    "randomised_pit",
]


def crps(draws: np.ndarray, value, *, low=-np.inf, high=np.inf) -> np.ndarray:
    """Continuous ranked probability score of draws between two limits, fair in their number; lower is better.

    Parameters
    ----------
    draws : numpy.ndarray, shape (n_draws, …), at least 2 draws
    value : array_like, shape (…)
        Outcome; where it is censored, the limit.
    low, high : array_like, shape (…)
        Limits of what can be known.

    Returns
    -------
    numpy.ndarray, shape (…), in the unit of `draws`
        ``mean |x - y| - mean |x - x'| / 2`` over pairs of different draws; can be slightly negative.
    """
    x, value = np.clip(draws, low, high), np.clip(np.asarray(value, dtype=float), low, high)
    n = len(x)
    x = np.sort(x, axis=0)
    # Over sorted draws the sum of |x_i - x_j| over pairs i < j is sum (2 i - n + 1) x_i.
    weight = (2.0 * np.arange(n) - n + 1.0).reshape(-1, *[1] * (x.ndim - 1))
    spread = (weight * x).sum(axis=0) / (n * (n - 1.0) / 2.0)
    return np.abs(x - value).mean(axis=0) - spread / 2.0


def mixture_cdf(centre: np.ndarray, scale: np.ndarray, value) -> np.ndarray:
    """Distribution function of an equal mixture of normals.

    Parameters
    ----------
    centre, scale : numpy.ndarray, shape (K, …)
        Means and standard deviations of K components.
    value : array_like, shape (…)

    Returns
    -------
    numpy.ndarray, shape (…)
    """
    return stats.norm.cdf((np.asarray(value, dtype=float) - centre) / scale).mean(axis=0)


def mixture_log_score(centre: np.ndarray, scale: np.ndarray, value, censoring=0) -> np.ndarray:
    """Log density of an equal mixture of normals at an exact outcome, log tail probability at a bound; more is better.

    Parameters
    ----------
    centre, scale : numpy.ndarray, shape (K, …)
    value, censoring : array_like, shape (…)

    Returns
    -------
    numpy.ndarray, shape (…), nats
    """
    sign = np.asarray(censoring)
    z = (np.asarray(value, dtype=float) - centre) / scale
    exact = stats.norm.logpdf(z) - np.log(scale)
    tail = stats.norm.logsf(np.where(sign < 0, -z, z))
    return logsumexp(np.where(sign == 0, exact, tail), axis=0) - np.log(len(z))


def randomised_pit(probability, censoring, uniform) -> np.ndarray:
    """Probability integral transform, uniform where forecasts are calibrated.

    Parameters
    ----------
    probability : array_like
        Forecast distribution function at the outcome or bound.
    censoring : array_like of {-1, 0, 1}
    uniform : array_like
        Random numbers from [0, 1], used for bounds.

    Returns
    -------
    numpy.ndarray, of the common shape, from 0 to 1
    """
    p, sign, u = np.broadcast_arrays(np.asarray(probability, dtype=float), censoring, uniform)
    return np.where(sign > 0, p + (1.0 - p) * u, np.where(sign < 0, p * u, p))


def covers(lower, upper, value, censoring=0) -> np.ndarray:
    """Whether an interval holds an exact outcome, or reaches into the half-line of a censored one.

    Parameters
    ----------
    lower, upper : array_like, in the unit of `value`
        Ends, both included.
    value : array_like
        Outcome or bound.
    censoring : array_like of {-1, 0, 1}

    Returns
    -------
    numpy.ndarray of bool, of the common shape
    """
    value, sign = np.asarray(value, dtype=float), np.asarray(censoring)
    below, above = np.asarray(lower) <= value, value <= np.asarray(upper)
    return np.where(sign > 0, above, np.where(sign < 0, below, below & above))


def brier_score(probability, happened) -> np.ndarray:
    """Squared distance of a probability from what happened (1 or 0), elementwise; lower is better."""
    return np.square(np.asarray(probability, dtype=float) - np.asarray(happened, dtype=float))


@dataclass(frozen=True)
class ClusteredMean:
    """A mean or ratio over outcomes that are not independent.

    Attributes
    ----------
    value : float
        NaN where there is no outcome.
    se : float
        Standard error; NaN where there are fewer than two clusters.
    n : int
        Outcomes.
    clusters : int
    """

    value: float
    se: float
    n: int
    clusters: int


def clustered_mean(values, clusters, *, overlap: int) -> ClusteredMean:
    """Mean of `values`, with a standard error over clusters that are correlated up to `overlap` clusters apart.

    Everything forecast at one cutoff is one cluster. Forecasts of neighbouring cutoffs look at overlapping months, so
    their errors are correlated: the variance of the sum of cluster totals takes in the autocovariances with Bartlett's
    weights (Newey and West 1987, doi:10.2307/1913610), times C/(C-1) for C clusters. With few clusters estimated
    autocovariances are often negative by chance; the variance is never put below that of independent clusters.

    Parameters
    ----------
    values : array_like, shape (n,)
    clusters : array_like, shape (n,)
        Cutoffs, which sort in time.
    overlap : int
        Distance in clusters below which two forecasts share months, 1 for no overlap.

    Returns
    -------
    ClusteredMean
        In the unit of `values`.
    """
    values = np.asarray(values, dtype=float)
    return clustered_ratio(values, np.ones(len(values)), clusters, overlap=overlap)


def clustered_ratio(numerator, denominator, clusters, *, overlap: int) -> ClusteredMean:
    """Ratio of two sums over the same outcomes, with its error as in `clustered_mean` (delta method).

    Parameters
    ----------
    numerator, denominator : array_like, shape (n,)
        Two methods' scores of the same outcomes, say.
    clusters : array_like, shape (n,)
    overlap : int

    Returns
    -------
    ClusteredMean
        Without unit where both have the same.
    """
    a, b = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    names, index = np.unique(np.asarray(clusters), return_inverse=True)
    count = len(names)
    if not len(a):
        return ClusteredMean(float("nan"), float("nan"), 0, 0)
    ratio = a.sum() / b.sum()
    if count < 2:
        return ClusteredMean(float(ratio), float("nan"), len(a), count)
    total = np.bincount(index, weights=a - ratio * b, minlength=count)
    alone = float(total @ total)
    variance = alone
    for k in range(1, min(max(overlap, 1), count)):
        variance += 2.0 * (1.0 - k / max(overlap, 1)) * float(total[k:] @ total[:-k])
    variance = max(variance, alone) * count / (count - 1.0)
    return ClusteredMean(float(ratio), float(np.sqrt(variance) / abs(b.sum())), len(a), count)
