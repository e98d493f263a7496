r"""How far one frontier is behind another at a time, and whether that is an exact number of months or a bound.

Let :math:`L(t)` and :math:`F(t)` be the frontiers of the leader (closed) and the follower (open).

* Follower at or below the leader, :math:`F(t) \le L(t)`:
  :math:`\mathrm{lag}(t) = t - \min\{s : L(s) \ge F(t)\}`. When that first date is the leader's first level on
  record, the leader may have stood there earlier: the lag is *at least* this (right-censored, +1).
* Follower ahead, :math:`F(t) > L(t)`: :math:`\mathrm{lag}(t) = -(t - \min\{s : F(s) > L(t)\})`. When that first
  date is the follower's first level on record, the lag is *at most* this (left-censored, -1).

Months are 30.4375 days. Models at the floor of a scale (score at or below `lower_bound`) were run but
have no level: a follower at the floor is right-censored at the leader's first level; with both at
the floor nothing is observed. A leader seen at the floor before its first level stood below it, so reaching
that level is dated exactly and not censored.
"""

from __future__ import annotations

import numpy as np

from gapmodel.frontier import Frontier, FrontierTable
from gapmodel.units import months_between

__all__ = ["lag_at", "lags_at"]


def lag_at(times, leader: Frontier, follower: Frontier, *, tolerance: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Signed lag of `follower` behind `leader` at each time, and how it is censored.

    Parameters
    ----------
    times : array_like of datetime64, shape (n_times,)
    tolerance : float, score units
        A follower that is less than this below the leader counts as level, with a lag of zero; further below, the
        leader's first date is that at which it stood at the follower's level plus the tolerance.

    Returns
    -------
    lag : numpy.ndarray, shape (n_times,)
        Months; NaN where either group has no model on record or both stand at the floor.
    censoring : numpy.ndarray of int8, shape (n_times,)
        +1: the lag is at least this; -1: at most this; 0: observed (or NaN).
    """
    times = np.asarray(times, dtype="datetime64[D]")
    benchmark = np.zeros(times.shape, dtype=np.int64)
    return lags_at(times, benchmark, FrontierTable.of([leader]), FrontierTable.of([follower]), np.array([tolerance]))


def lags_at(
    times: np.ndarray, benchmark: np.ndarray, leader: FrontierTable, follower: FrontierTable, tolerance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`lag_at` on many benchmarks at once.

    Parameters
    ----------
    times : numpy.ndarray, datetime64[D], any shape
    benchmark : numpy.ndarray of int, shape as `times`
        Number of each time's benchmark in both tables, from 0 to B - 1.
    leader, follower : FrontierTable, B benchmarks
    tolerance : numpy.ndarray, shape (B,), score units

    Returns
    -------
    lag : numpy.ndarray, shape as `times`, months
    censoring : numpy.ndarray of int8, shape as `times`
        Both as `lag_at` gives them.
    """
    lag = np.full(times.shape, np.nan)
    censoring = np.zeros(times.shape, dtype=np.int8)
    on_record = (times >= leader.first_evaluated[benchmark]) & (times >= follower.first_evaluated[benchmark])
    i, j = leader.position(times, benchmark), follower.position(times, benchmark)

    floor_follower = on_record & (j < 0) & (i >= 0)
    lag[floor_follower] = _since(times, benchmark, leader, floor_follower)
    censoring[floor_follower] = 1
    floor_leader = on_record & (i < 0) & (j >= 0)
    lag[floor_leader] = -_since(times, benchmark, follower, floor_leader)
    censoring[floor_leader] = -1

    both = (i >= 0) & (j >= 0)
    if both.any():
        t, b, near = times[both], benchmark[both], tolerance[benchmark[both]]
        low, high = follower.levels[follower.start[b] + j[both]], leader.levels[leader.start[b] + i[both]]
        behind, ahead = low + near <= high, low > high
        # Where the condition fails the number may run past the end; those entries are not used.
        reached = np.minimum(leader.reached(low + near, b), leader.count[b] - 1)
        passed = np.minimum(follower.reached(high, b, above=True), follower.count[b] - 1)
        lag[both] = np.where(behind, months_between(t, leader.dates[leader.start[b] + reached]), 0.0)
        lag[both] = np.where(ahead, -months_between(t, follower.dates[follower.start[b] + passed]), lag[both])
        right = behind & (reached == 0) & ~leader.floor_before_first[b]
        left = ahead & (passed == 0) & ~follower.floor_before_first[b]
        censoring[both] = right.astype(np.int8) - left.astype(np.int8)
    return lag + 0.0, censoring  # a lead of no days is 0, not -0


def _since(times: np.ndarray, benchmark: np.ndarray, group: FrontierTable, where: np.ndarray) -> np.ndarray:
    """Months since the first level of the group."""
    return months_between(times[where], group.dates[group.start[benchmark[where]]])
