"""Both groups' frontiers on every benchmark: who belongs to which, directions, floors, and the cutoff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.lags.frontier import Frontier, FrontierTable, build_frontiers
from gapmodel.scores.groups import CLOSED, OPEN, Group
from gapmodel.scores.table import Scores

__all__ = ["Sides", "benchmark_frontiers", "both_sides"]

# Column of the table → number of each row's value, and the distinct values as a table of one column.
_Distinct = dict[str, tuple[np.ndarray, pd.DataFrame]]


def benchmark_frontiers(
    scores: Scores, *, cutoff=None, leader: Group = CLOSED, follower: Group = OPEN
) -> dict[str, tuple[Frontier, Frontier]]:
    """Frontiers of both groups on every benchmark, with directions and floors applied.

    Parameters
    ----------
    scores : Scores
    cutoff : date-like, optional
        Only what was known by then counts, see `Scores.as_of_cutoff`.
    leader, follower : Group

    Returns
    -------
    dict
        Benchmark → (leader's frontier, follower's frontier), by name; a group without a model has one of no records.

    Raises
    ------
    GapmodelError
        See `both_sides`.
    """
    sides = both_sides(scores, leader, follower, cutoff=cutoff)
    return {name: (sides.leader[b], sides.follower[b]) for b, name in enumerate(sides.names)}


@dataclass(frozen=True)
class Sides:
    """Both groups' frontiers on B benchmarks.

    Attributes
    ----------
    scores : Scores
        What they were built from, as known at the cutoff.
    names : list of str, length B
        Sorted.
    sign : numpy.ndarray, shape (B,)
        -1 where a lower score is better, else 1: times a score it gives a level, and times a level a score.
    leader, follower : FrontierTable
        Of levels, that is scores with the direction applied.
    scale : numpy.ndarray, shape (B,), score units
        From floor to ceiling where both are known, else the range of all scores on the benchmark.
    """

    scores: Scores
    names: list[str]
    sign: np.ndarray
    leader: FrontierTable
    follower: FrontierTable
    scale: np.ndarray


def both_sides(scores: Scores, leader: Group, follower: Group, *, cutoff=None) -> Sides:
    """Build both groups' frontiers on every benchmark of the table.

    Parameters
    ----------
    scores : Scores
    leader, follower : Group
    cutoff : date-like, optional
        Only what was known by then counts, see `Scores.as_of_cutoff`.

    Returns
    -------
    Sides

    Raises
    ------
    ConfigError
        A model belongs to both groups, or the cutoff is not a date.
    UnknownNameError
        A condition names a column or value that the table, before the cutoff is applied, lacks.
    InsufficientDataError
        A group has no score, or nothing was released by the cutoff.
    """
    distinct = _distinct(scores.table, leader, follower)
    # Before the cutoff is applied: a name that comes later is known, though the group is absent by then.
    for group in (leader, follower):
        _check(group, scores.table, distinct)
    if cutoff is not None:
        scores = scores.as_of_cutoff(cutoff)
        distinct = _distinct(scores.table, leader, follower)
    table = scores.table
    inside = {"leader": _members(leader, distinct), "follower": _members(follower, distinct)}
    for role, group in (("leader", leader), ("follower", follower)):
        if not inside[role].any():
            raise InsufficientDataError(f"no score belongs to the {role} group '{group.name}' ({group.expression})")
    shared = inside["leader"] & inside["follower"]
    if shared.any():
        raise ConfigError(
            f"model '{table.loc[shared, 'model'].iloc[0]}' is in both groups: make '{leader.expression}' "
            f"and '{follower.expression}' exclude each other"
        )
    # The table is sorted by benchmark, so that benchmarks are numbered in the order of names.
    benchmark, names = pd.factorize(table["benchmark"].to_numpy(dtype=object))
    models = table["model"].to_numpy(dtype=object)
    values = table["score"].to_numpy(dtype=float)
    info = scores.benchmarks.loc[names]
    sign = np.where(info["direction"].to_numpy() == "lower", -1.0, 1.0)
    bound = info["lower_bound"].to_numpy(dtype=float)
    floors = np.where(np.isnan(bound), -np.inf, sign * bound)
    better = sign[benchmark] * values
    tables = {}
    for role, group in (("leader", leader), ("follower", follower)):
        k = np.flatnonzero(inside[role])
        dates = group.availability(table)[k]
        tables[role] = build_frontiers(benchmark[k], dates, better[k], models[k], floors=floors)
    first = np.flatnonzero(np.diff(benchmark, prepend=-1))
    spread = np.maximum.reduceat(values, first) - np.minimum.reduceat(values, first)
    length = np.abs(info["ceiling"].to_numpy(dtype=float) - bound)
    scale = np.where(np.isfinite(length), length, spread)
    return Sides(scores, names.tolist(), sign, tables["leader"], tables["follower"], scale)


def _distinct(table: pd.DataFrame, *groups: Group) -> _Distinct:
    """The columns that the groups' conditions name; `Group` needs to look at each value once only."""
    found = {}
    for name in dict.fromkeys(c for group in groups for c, _, _ in group.conditions if c in table):
        column = table[name]
        code, values = pd.factorize(column.to_numpy() if column.dtype == object else column, use_na_sentinel=False)
        found[name] = code, pd.DataFrame({name: np.asarray(values, dtype=object)}, dtype=object)
    return found


def _check(group: Group, table: pd.DataFrame, distinct: _Distinct) -> None:
    """`Group.check`."""
    for condition in group.conditions:
        known = condition[0] in distinct
        Group(group.name, (condition,)).check(distinct[condition[0]][1] if known else table)


def _members(group: Group, distinct: _Distinct) -> np.ndarray:
    """`Group.mask`."""
    inside = []
    for condition in group.conditions:
        code, values = distinct[condition[0]]
        inside.append(Group(group.name, (condition,)).mask(values)[code])
    return np.logical_and.reduce(inside)
