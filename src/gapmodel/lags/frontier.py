"""The running best of one group of models on one benchmark.

The frontier of a group at a time `t` is the best score among its models released on or before
`t`. It is a step function, so it is stored as its record steps: dates at which the best rose.

`Frontier` is one of them. `FrontierTable` holds those of many benchmarks end to end, so that a million scores are a
few array operations and not a thousand times a few.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

__all__ = ["Frontier", "FrontierTable", "build_frontier", "build_frontiers"]

_DAY = "datetime64[D]"


@dataclass(frozen=True)
class Frontier:
    """Record steps of one group on one benchmark.

    Attributes
    ----------
    dates : numpy.ndarray, shape (n_records,), datetime64[D]
        Strictly increasing dates at which the best level rose.
    levels : numpy.ndarray, shape (n_records,)
        Strictly increasing levels after each record, in score units with the direction applied
        (a benchmark where lower is better has its scores negated, so that more is always better).
    models : numpy.ndarray, shape (n_records,), object
        The model that set each record.
    evaluated : numpy.ndarray, shape (n_models,), datetime64[D]
        Sorted release dates of every model of the group run on the benchmark, records or not; several scores of
        one model (variants) count once.
    floor_before_first : bool
        True when a model at the floor of the scale is on record before the first level: the
        group then stood *below* its first level, so that reaching it is a dated event.
    """

    dates: np.ndarray
    levels: np.ndarray
    models: np.ndarray
    evaluated: np.ndarray
    floor_before_first: bool

    def position(self, times: np.ndarray) -> np.ndarray:
        """Index of the record in force at each time (datetime64); -1 before the first level. Int, shape as `times`."""
        return np.searchsorted(self.dates, times, side="right") - 1


@dataclass(frozen=True)
class FrontierTable:
    """Frontiers of one group on B benchmarks, end to end; those of benchmark b stand from ``start[b]`` on.

    Attributes
    ----------
    start : numpy.ndarray of int, shape (B + 1,)
        Benchmark b has the records ``start[b]`` to ``start[b + 1]``, the latter not included.
    dates, levels, models : numpy.ndarray, shape (n_records,)
        See `Frontier`.
    evaluated_start : numpy.ndarray of int, shape (B + 1,)
    evaluated : numpy.ndarray, shape (n_models,), datetime64[D]
    floor_before_first : numpy.ndarray of bool, shape (B,)
    """

    start: np.ndarray
    dates: np.ndarray
    levels: np.ndarray
    models: np.ndarray
    evaluated_start: np.ndarray
    evaluated: np.ndarray
    floor_before_first: np.ndarray

    @classmethod
    def of(cls, frontiers: Iterable[Frontier]) -> FrontierTable:
        """Lay frontiers end to end."""
        each = list(frontiers)
        return cls(
            start=_starts([len(f.dates) for f in each]),
            dates=np.concatenate([f.dates for f in each]),
            levels=np.concatenate([f.levels for f in each]),
            models=np.concatenate([f.models for f in each]),
            evaluated_start=_starts([len(f.evaluated) for f in each]),
            evaluated=np.concatenate([f.evaluated for f in each]),
            floor_before_first=np.array([f.floor_before_first for f in each], dtype=bool),
        )

    def __len__(self) -> int:
        return len(self.start) - 1

    def __getitem__(self, b: int) -> Frontier:
        """The frontier of benchmark number `b`; its arrays are views."""
        own = slice(self.start[b], self.start[b + 1])
        run = slice(self.evaluated_start[b], self.evaluated_start[b + 1])
        return Frontier(
            self.dates[own], self.levels[own], self.models[own], self.evaluated[run], bool(self.floor_before_first[b])
        )

    @property
    def count(self) -> np.ndarray:
        """Number of records by benchmark, shape (B,)."""
        return np.diff(self.start)

    @cached_property
    def benchmark(self) -> np.ndarray:
        """Number of the benchmark of each record, shape (n_records,)."""
        return np.repeat(np.arange(len(self)), self.count)

    @cached_property
    def first_evaluated(self) -> np.ndarray:
        """Day of the first model run, datetime64[D], shape (B,); NaT where none was."""
        return self._evaluated_at(self.evaluated_start[:-1])

    @cached_property
    def last_evaluated(self) -> np.ndarray:
        """Day of the last model run, datetime64[D], shape (B,); NaT where none was."""
        return self._evaluated_at(self.evaluated_start[1:] - 1)

    def position(self, times: np.ndarray, benchmark: np.ndarray) -> np.ndarray:
        """Number, within its benchmark, of the record in force at each time; -1 before the first level.

        Parameters
        ----------
        times, benchmark : numpy.ndarray, one shape, datetime64[D] and int

        Returns
        -------
        numpy.ndarray of int, of the same shape
        """
        found = np.searchsorted(self._record_keys, _day_key(benchmark, times), side="right")
        return found - 1 - self.start[benchmark]

    def reached(self, level: np.ndarray, benchmark: np.ndarray, *, above: bool = False) -> np.ndarray:
        """Number, within its benchmark, of the first record at or above each level (`above`: above it).

        Parameters
        ----------
        level, benchmark : numpy.ndarray, one shape, score units with the direction applied and int

        Returns
        -------
        numpy.ndarray of int, of the same shape
            The number of records of the benchmark where none is.
        """
        # Ranks are whole numbers, so that benchmark and level make one sorted key.
        ranked, rank = self._ranks
        sought = np.searchsorted(ranked, level, side="right" if above else "left")
        width = len(ranked) + 1
        keys = self.benchmark * width + rank
        return np.searchsorted(keys, benchmark * width + sought, side="left") - self.start[benchmark]

    def run_by(self, times: np.ndarray, benchmark: np.ndarray) -> np.ndarray:
        """How many models were run by each time.

        Parameters
        ----------
        times, benchmark : numpy.ndarray, one shape, datetime64[D] and int

        Returns
        -------
        numpy.ndarray of int, of the same shape
        """
        return (
            np.searchsorted(self._evaluated_keys, _day_key(benchmark, times), "right") - self.evaluated_start[benchmark]
        )

    def _evaluated_at(self, index: np.ndarray) -> np.ndarray:
        some = np.diff(self.evaluated_start) > 0
        out = np.full(len(self), np.datetime64("NaT", "D"))
        out[some] = self.evaluated[index[some]]
        return out

    @cached_property
    def _record_keys(self) -> np.ndarray:
        return _day_key(self.benchmark, self.dates)

    @cached_property
    def _evaluated_keys(self) -> np.ndarray:
        return _day_key(np.repeat(np.arange(len(self)), np.diff(self.evaluated_start)), self.evaluated)

    @cached_property
    def _ranks(self) -> tuple[np.ndarray, np.ndarray]:
        return np.unique(self.levels, return_inverse=True)


def build_frontier(dates, scores, models, *, floor: float = -np.inf) -> Frontier:
    """Build the frontier of one group on one benchmark.

    Parameters
    ----------
    dates : array_like of datetime64, shape (n,)
    scores : array_like of float, shape (n,)
        In score units with the direction applied (more is better).
    models : array_like of str, shape (n,)
    floor : float
        Scores at or below it say only "not above the floor": they prove that a model was run, and
        set no level.

    Returns
    -------
    Frontier
        With zero records where every score is at the floor or there is no model.

    Notes
    -----
    Models released on one day make one record, set by the best of them. Of equal scores the earliest
    release holds the record, and on one day the alphabetically first name, so that row order never
    matters.
    """
    dates = np.asarray(dates, dtype=_DAY)
    return build_frontiers(np.zeros(len(dates), dtype=np.int64), dates, scores, models, floors=np.array([floor]))[0]


def build_frontiers(benchmark, dates, scores, models, *, floors) -> FrontierTable:
    """Build the frontiers of one group on B benchmarks, see `build_frontier`.

    Parameters
    ----------
    benchmark : array_like of int, shape (n,)
        Number of each score's benchmark, 0 to B - 1. Rows that are sorted by benchmark, date and model are not sorted
        again.
    dates, scores, models : array_like, shape (n,)
    floors : array_like of float, shape (B,)

    Returns
    -------
    FrontierTable
        Time and memory are linear in the rows (and in B).
    """
    floors = np.asarray(floors, dtype=float)
    benchmark, key, scores, models = _in_order(
        np.asarray(benchmark, dtype=np.int64),
        np.asarray(dates, dtype=_DAY),
        np.asarray(scores, dtype=float),
        np.asarray(models, dtype=object),
    )
    again = np.zeros(len(key), dtype=bool)  # a further score of a model
    again[1:] = key[1:] == key[:-1]
    again[again] = models[again] == models[np.flatnonzero(again) - 1]

    above = scores > floors[benchmark]
    keys, s, m = key[above], scores[above], models[above]
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = keys[1:] != keys[:-1]
    opens = np.flatnonzero(fresh)  # the first row of each day of a benchmark
    best = np.maximum.reduceat(s, opens) if len(s) else s
    day_key = keys[opens]
    record = best > _best_before(best, _starts(np.bincount(_benchmark_of(day_key), minlength=len(floors))))

    # Of the rows that set a day's record, the first: rows of a day are in the order of names.
    day = np.cumsum(fresh) - 1
    setters = np.flatnonzero((s == best[day]) & record[day]) if len(s) else opens
    _, first = np.unique(day[setters], return_index=True)
    date = _date_of(day_key[record])
    start = _starts(np.bincount(_benchmark_of(day_key[record]), minlength=len(floors)))

    floor_first = np.zeros(len(floors), dtype=bool)
    low, at = np.unique(benchmark[~above], return_index=True)
    low, seen = (a[np.diff(start)[low] > 0] for a in (low, _date_of(key[~above][at])))
    floor_first[low] = seen < date[start[low]]
    return FrontierTable(
        start,
        date,
        best[record],
        m[setters[first]],
        _starts(np.bincount(benchmark[~again], minlength=len(floors))),
        _date_of(key[~again]),
        floor_first,
    )


def _in_order(benchmark, dates, scores, models):
    """Rows by benchmark, date and model, as benchmark, key of benchmark and date, score and model."""
    key = _day_key(benchmark, dates)
    tied = np.flatnonzero(key[1:] == key[:-1])
    if (key[1:] < key[:-1]).any() or (models[tied] > models[tied + 1]).any():
        code, names = pd.factorize(models)
        rank = np.argsort(np.argsort(names.astype(str)))[code]
        order = np.lexsort((rank, key))
        benchmark, key, scores, models = (a[order] for a in (benchmark, key, scores, models))
    return benchmark, key, scores, models


def _best_before(best: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Running best of the same benchmark before each entry, -inf at its first."""
    before = np.full(len(best), -np.inf)
    for low, high in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
        if high - low > 1:
            np.maximum.accumulate(best[low : high - 1], out=before[low + 1 : high])
    return before


def _starts(counts) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


# Benchmark and day in one whole number: the day, from 1970 on, in the low half.
_HALF = np.int64(2**31)


def _day_key(benchmark: np.ndarray, dates: np.ndarray) -> np.ndarray:
    return (benchmark << 32) + (dates.astype(_DAY).astype(np.int64) + _HALF)


def _benchmark_of(key: np.ndarray) -> np.ndarray:
    return key >> 32


def _date_of(key: np.ndarray) -> np.ndarray:
    return ((key & (2**32 - 1)) - _HALF).astype(_DAY)
