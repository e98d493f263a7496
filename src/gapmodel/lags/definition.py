r"""Definition of the lag between two frontiers at a date, and of its censoring.

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

from gapmodel.lags.frontier import Frontier, FrontierTable
from gapmodel.units import months_between

__all__ = ["lag_at", "lags_at", "records_at"]


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
    leading, following, ahead = records_at(times, benchmark, leader, follower, tolerance)
    lag = np.full(times.shape, np.nan)
    censoring = np.zeros(times.shape, dtype=np.int8)
    behind = ~ahead & (leading >= 0)
    lag[behind] = months_between(times[behind], leader.dates[leading[behind]])
    lag[ahead] = -months_between(times[ahead], follower.dates[following[ahead]])
    level = behind & (following >= 0)
    near = np.zeros(times.shape, dtype=bool)
    near[level] = (
        follower.levels[following[level]] + tolerance[benchmark[level]]
        > leader.levels[leader.start[benchmark[level]] + leader.position(times[level], benchmark[level])]
    )
    lag[near] = 0.0
    # Reached or passed by the first level on record: the group may have stood there before.
    first_leading = (leading == leader.start[benchmark]) & ~(leader.floor_before_first[benchmark] & (following >= 0))
    first_following = (following == follower.start[benchmark]) & ~(
        follower.floor_before_first[benchmark] & (leading >= 0)
    )
    censoring[behind & ~near & first_leading] = 1
    censoring[ahead & first_following] = -1
    return lag + 0.0, censoring  # a lead of no days is 0, not -0


def records_at(
    times: np.ndarray, benchmark: np.ndarray, leader: FrontierTable, follower: FrontierTable, tolerance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The two records that each lag rests on: where the level was set, and where it had been reached before.

    Parameters
    ----------
    times, benchmark, leader, follower, tolerance
        See `lags_at`.

    Returns
    -------
    leading, following : numpy.ndarray of int, shape as `times`
        Numbers of records in the tables of leader and follower; -1 where the group has none (at the floor) or there is
        no lag. Behind, the leader's is the first that reached the follower's level, and the follower's is the one in
        force; ahead, it is the other way round.
    ahead : numpy.ndarray of bool, shape as `times`
        The follower is ahead.
    """
    leading = np.full(times.shape, -1, dtype=np.int64)
    following = np.full(times.shape, -1, dtype=np.int64)
    on_record = (times >= leader.first_evaluated[benchmark]) & (times >= follower.first_evaluated[benchmark])
    i, j = leader.position(times, benchmark), follower.position(times, benchmark)
    floor_follower, floor_leader = on_record & (j < 0) & (i >= 0), on_record & (i < 0) & (j >= 0)
    leading[floor_follower] = leader.start[benchmark[floor_follower]]
    following[floor_leader] = follower.start[benchmark[floor_leader]]
    ahead = floor_leader
    both = (i >= 0) & (j >= 0)
    if both.any():
        b, near = benchmark[both], tolerance[benchmark[both]]
        at_i, at_j = leader.start[b] + i[both], follower.start[b] + j[both]
        low, high = follower.levels[at_j], leader.levels[at_i]
        passes = low > high
        # Where the condition fails the number may run past the end; those entries are not used.
        reached = leader.start[b] + np.minimum(leader.reached(low + near, b), leader.count[b] - 1)
        passed = follower.start[b] + np.minimum(follower.reached(high, b, above=True), follower.count[b] - 1)
        leading[both] = np.where(passes, at_i, np.where(low + near <= high, reached, at_i))
        following[both] = np.where(passes, passed, at_j)
        ahead = ahead.copy()
        ahead[both] = passes
    return leading, following, ahead
