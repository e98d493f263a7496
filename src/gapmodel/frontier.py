"""The running best of one group of models on one benchmark.

The frontier of a group at a time `t` is the best score among its models released on or before
`t`. It is a step function, so it is stored as its record steps: dates at which the best rose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Frontier", "build_frontier"]


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
        """Index of the record in force at each time; -1 before the first level."""
        return np.searchsorted(self.dates, times, side="right") - 1


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
    dates = np.asarray(dates, dtype="datetime64[D]")
    scores = np.asarray(scores, dtype=float)
    models = np.asarray(models, dtype=object)
    runs = set(zip(dates.tolist(), models.tolist(), strict=True))
    evaluated = np.sort(np.array([day for day, _ in runs], dtype="datetime64[D]"))

    above = scores > floor
    d, s, m = dates[above], scores[above], models[above]
    # Day first, then best score first, then name: the first row of a day is that day's candidate.
    order = np.lexsort((m.astype(str), -s, d))
    d, s, m = d[order], s[order], m[order]
    best_before = np.concatenate(([-np.inf], np.maximum.accumulate(s)[:-1])) if len(s) else s
    record = s > best_before
    d, s, m = d[record], s[record], m[record]
    floor_first = bool(len(d) and (dates[~above] < d[0]).any())
    return Frontier(d, s, m, evaluated, floor_first)
