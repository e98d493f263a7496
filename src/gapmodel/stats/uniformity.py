r"""Are ranks uniform? Simultaneous bands and p-values for the distribution function of values on (0, 1).

Säilynoja, Bürkner and Vehtari (2022, doi:10.1007/s11222-022-10090-6): at each of the points :math:`z_i = i/n` the count
of values up to :math:`z_i` is binomial; :math:`\gamma` is the smallest two-sided binomial tail over all points, and its
distribution under uniformity is simulated once for each n. A sample is inside the band of 95 % where its
:math:`\gamma` is not among the lowest 5 %. (arviz-stats has this band, and the tests compare with it; it gives no
p-value.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

__all__ = ["BAND_PROB", "Band", "Uniformity", "band", "holm", "uniformity"]

BAND_PROB = 0.95

_SIMULATIONS = 20_000
_SEED = 20220312
_SD_OF_UNIFORM = 12.0**-0.5


@dataclass(frozen=True)
class Band:
    """Simultaneous band of the empirical distribution function of n uniform values.

    Attributes
    ----------
    at : numpy.ndarray, shape (n - 1,)
        Points in (0, 1).
    lower, upper : numpy.ndarray, shape (n - 1,)
        Lowest and highest value inside the band.
    """

    at: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True)
class Uniformity:
    """How far values on (0, 1) are from uniform.

    Attributes
    ----------
    n : int
    max_deviation : float
        Largest distance between the empirical distribution function and the diagonal.
    p_value : float
        Share of uniform samples of this size that look as far or further from uniform; not below one in 20,000.
    mean : float
        0.5 where uniform; lower: the true values lie below the posterior.
    spread : float
        SD as a multiple of that of the uniform distribution; above 1: the posterior is too narrow.
    """

    n: int
    max_deviation: float
    p_value: float
    mean: float
    spread: float

    @property
    def inside(self) -> bool:
        """Within the simultaneous band of `BAND_PROB`."""
        return self.p_value >= 1.0 - BAND_PROB


def uniformity(values: Sequence[float] | np.ndarray) -> Uniformity:
    """Compare values on (0, 1) with the uniform distribution.

    Raises
    ------
    ValueError
        Fewer than two values, or one outside of [0, 1].
    """
    u = np.sort(np.asarray(values, dtype=float))
    if len(u) < 2 or not (u[0] >= 0.0 and u[-1] <= 1.0):
        span = f" from {u[0]} to {u[-1]}" if len(u) else ""
        raise ValueError(f"{len(u)} values{span}: need two in [0, 1]")
    n = len(u)
    statistic = _statistic(np.searchsorted(u, _points(n), side="right")[None])[0]
    below = np.searchsorted(_null(n), statistic, side="right")
    return Uniformity(
        n,
        float(stats.kstest(u, "uniform").statistic),
        float(max(below, 1) / _SIMULATIONS),
        float(u.mean()),
        float(u.std(ddof=1) / _SD_OF_UNIFORM),
    )


def band(n: int, *, prob: float = BAND_PROB) -> Band:
    """Band that holds the whole empirical distribution function of `n` uniform values with probability `prob`."""
    least = np.quantile(_null(n), 1.0 - prob, method="inverted_cdf")
    inside = _tails(n) >= least
    counts = np.arange(n + 1)[:, None]
    lower = np.where(inside, counts, n + 1).min(axis=0)
    upper = np.where(inside, counts, -1).max(axis=0)
    return Band(_points(n), lower / n, upper / n)


def holm(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """p-values adjusted for their number (Holm 1979): below 0.05 somewhere in 5 % of families that are all fine.

    Parameters
    ----------
    p_values : array_like, shape (n,)

    Returns
    -------
    numpy.ndarray, shape (n,)
        In the same order, 1 at most.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(raised, 1.0)
    return out


def _points(n: int) -> np.ndarray:
    return np.arange(1, n) / n


@lru_cache(maxsize=32)
def _tails(n: int) -> np.ndarray:
    """Two-sided tail probability of each count at each point, shape (n + 1, n - 1)."""
    counts, z = np.arange(n + 1)[:, None], _points(n)[None, :]
    return 2.0 * np.minimum(stats.binom.cdf(counts, n, z), stats.binom.sf(counts - 1, n, z))


def _statistic(counts: np.ndarray) -> np.ndarray:
    """Smallest tail probability over the points; `counts` has shape (samples, n - 1)."""
    tails = _tails(counts.shape[1] + 1)
    return tails[counts, np.arange(counts.shape[1])[None, :]].min(axis=1)


@lru_cache(maxsize=32)
def _null(n: int) -> np.ndarray:
    """Sorted statistics of simulated uniform samples."""
    rng = np.random.default_rng([_SEED, n])
    parts = []
    for _ in range(20):  # in parts: memory
        cells = rng.multinomial(n, np.full(n, 1.0 / n), size=_SIMULATIONS // 20)
        parts.append(_statistic(np.cumsum(cells, axis=1)[:, :-1]))
    return np.sort(np.concatenate(parts))
