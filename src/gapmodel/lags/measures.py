"""Two measures beside months: how far scores are apart today, and how long a leader's record waited for its match.

The lag looks back from a day: since when had the leader what the follower has now. The waiting time looks forward from
a record of the leader: how long until the follower matched it. A record that is not matched yet has waited at least
until the end of its benchmark's window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

__all__ = ["NOISE_PROB", "Waiting", "score_gaps", "still_waiting", "waiting"]

#: Two scores whose difference is inside this interval of their errors are within the noise.
NOISE_PROB = 0.9
_Z = NormalDist().inv_cdf((1 + NOISE_PROB) / 2)
_RESAMPLES, _SEED = 1000, 20260731


@dataclass(frozen=True)
class Waiting:
    """How long records of the leader waited to be matched, by the estimator of Kaplan and Meier.

    Attributes
    ----------
    records, matched : int
        Of the leader, and how many of them the follower has matched.
    median : float, months
        Time by which half were matched; infinite where fewer were.
    lower, upper : float, months
        Ends of its 90 % interval, from benchmarks drawn with replacement.
    within : dict
        Months → share matched by then; NaN beyond the longest time seen.
    """

    records: int
    matched: int
    median: float
    lower: float
    upper: float
    within: dict[int, float]


def score_gaps(
    lags: pd.DataFrame, *, lower_is_better: Mapping[str, bool], errors: Mapping[tuple[str, str], float]
) -> pd.DataFrame:
    """Difference between both best scores on each benchmark at the last month-end at which it was run.

    Parameters
    ----------
    lags : pandas.DataFrame
        `gapmodel.lags.panel.panel_table`, months parsed.
    lower_is_better : mapping
        Benchmark → whether; a benchmark that is absent is taken for one on which more is better.
    errors : mapping
        (benchmark, model) → standard error of its score, score units; missing or NaN where unknown.

    Returns
    -------
    pandas.DataFrame
        ``benchmark, month, leader_model, leader_level, follower_model, follower_level``, ``difference`` (score units;
        above zero the follower is behind), ``noise`` (half width of its 90 % interval by the errors of both, NaN where
        one is unknown) and ``within_noise`` (None there).

    Examples
    --------
    >>> row = {"benchmark": "A", "month": pd.Timestamp("2026-01-31"), "leader_model": "x", "leader_level": 0.6,
    ...        "follower_model": "y", "follower_level": 0.5}
    >>> gap = score_gaps(pd.DataFrame([row]), lower_is_better={}, errors={("A", "x"): 0.03, ("A", "y"): 0.04}).iloc[0]
    >>> f"{gap['difference']:.3f} ± {gap['noise']:.3f}", gap["within_noise"]
    ('0.100 ± 0.082', False)
    """
    both = lags.dropna(subset=["leader_level", "follower_level"])
    last = both.sort_values("month").groupby("benchmark", sort=True).tail(1).sort_values("benchmark")
    columns = ["benchmark", "month", "leader_model", "leader_level", "follower_model", "follower_level"]
    table = last[columns].reset_index(drop=True)
    sign = np.where([lower_is_better.get(name, False) for name in table["benchmark"]], -1.0, 1.0)
    table["difference"] = sign * (table["leader_level"] - table["follower_level"])
    each = [
        [errors.get((row["benchmark"], row[f"{role}_model"]), np.nan) for role in ("leader", "follower")]
        for row in table.to_dict("records")
    ]
    table["noise"] = _Z * np.sqrt((np.asarray(each, dtype=float).reshape(-1, 2) ** 2).sum(axis=1))
    known = table["noise"].notna()
    inside = (table["difference"].abs() <= table["noise"]).astype(object)
    table["within_noise"] = inside.where(known, None)
    return table


def waiting(rows: pd.DataFrame, *, at: tuple[int, ...] = (6, 12)) -> Waiting | None:
    """Median waiting time with its interval, and the share matched within some months.

    A time that is "at most" (its match falls into the start-up of the follower) counts as matched at its bound: none is
    made shorter than it is known to be.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``benchmark, months`` and ``censoring``: 1 not matched yet, 0 matched, -1 matched at most so late.
    at : tuple of int, months

    Returns
    -------
    Waiting or None
        None without a record.

    Examples
    --------
    >>> rows = pd.DataFrame({"benchmark": ["A", "A", "B"], "months": [2.0, 6.0, 9.0], "censoring": [0, 1, 0]})
    >>> found = waiting(rows)
    >>> found.matched, found.median, round(found.within[6], 3)
    (2, 9.0, 0.333)
    """
    if rows.empty:
        return None
    times, seen = rows["months"].to_numpy(dtype=float), rows["censoring"].to_numpy() <= 0
    by = [np.flatnonzero(rows["benchmark"].to_numpy() == name) for name in sorted(set(rows["benchmark"]))]
    rng = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(_RESAMPLES):
        chosen = np.concatenate([by[k] for k in rng.integers(len(by), size=len(by))])
        drawn.append(_median(times[chosen], seen[chosen]))
    # Infinite medians are kept: an interval may end beyond what was seen.
    ordered = np.sort(drawn)
    low, high = (float(ordered[round(p * (_RESAMPLES - 1))]) for p in ((1 - NOISE_PROB) / 2, (1 + NOISE_PROB) / 2))
    when, left = still_waiting(times, seen)
    within = {
        month: float("nan")
        if month > times.max()
        else 1.0 - float(left[np.searchsorted(when, month, side="right") - 1])
        for month in at
    }
    return Waiting(len(rows), int(seen.sum()), _median(times, seen), low, high, within)


def still_waiting(times: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of records not matched yet after each time, by the estimator of Kaplan and Meier.

    Parameters
    ----------
    times : numpy.ndarray, months
    seen : numpy.ndarray of bool
        Matched at that time; else not matched until then.

    Returns
    -------
    times, share : numpy.ndarray
        Minus infinity with share 1 first, then the times of matches, in order.
    """
    order = np.lexsort((~seen, times))  # of equal times the matches come first
    t, event = times[order], seen[order]
    at_risk = len(t) - np.arange(len(t))
    share = np.cumprod(np.where(event, 1.0 - 1.0 / at_risk, 1.0))
    return np.append(-np.inf, t[event]), np.append(1.0, share[event])


def _median(times: np.ndarray, seen: np.ndarray) -> float:
    when, left = still_waiting(times, seen)
    done = np.flatnonzero(left <= 0.5 + 1e-12)
    return float(when[done[0]]) if len(done) else float("inf")
