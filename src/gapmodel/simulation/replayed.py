r"""Scores with a known lag on the pattern of a real table: its releases, dates, groups, shortfalls and evaluations.

What is taken from the table: which models there are, when each counts for its group, which benchmarks each was run on,
how far each falls short of its group's frontier, how steep, hard and noisy each benchmark is. What is simulated: the
closed frontier, whose pace varies; the lag, which is known; the benchmarks' deviations from it; the noise of scores.
Such tables are the nearest thing to our own data whose truth is known.

The pattern rests on a response curve per benchmark, :math:`z_{ib} = d_b (\theta_i - \kappa_b) + \eta_{ib}` with
:math:`z` the logit of the share of the way from floor to ceiling (the two-parameter logistic form, Birnbaum 1968; as in
Ho et al. 2025), fitted by alternating least squares. A group's frontier runs straight from record to record of
:math:`\theta`, and on at its mean pace after the last; a shortfall is what a model lacks to it. Capabilities become
months by the mean pace of the leader's records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.errors import InsufficientDataError, UnknownNameError
from gapmodel.scores.groups import CLOSED, OPEN, Group
from gapmodel.scores.rescaling import share_of_scale
from gapmodel.scores.table import Scores
from gapmodel.simulation.frontiers import SCENARIOS, Truth, least_squares_slope
from gapmodel.units import DAYS_PER_MONTH, MONTHS_PER_YEAR

__all__ = ["Pattern", "evaluation_pattern", "simulate_replayed"]

_SWEEPS = 100
_MARGIN = 0.01  # from floor and ceiling, for logits that are finite
_PSEUDO_SCORES = 3.0  # of the average benchmark's steepness, and of the average noise, lent to each
_STEEPNESS_RANGE = 4.0  # times or a fraction of the average
_FEWEST_RECORDS = 3


@dataclass(frozen=True)
class Pattern:
    """Who was run on what in a table: M models, B benchmarks, N scores. Months count from the first of `months`.

    Attributes
    ----------
    model, benchmark : numpy.ndarray of str, shapes (M,) and (B,)
    follower : numpy.ndarray of bool, shape (M,)
    date : numpy.ndarray of datetime64[D], shape (M,)
        From which a model counts for its group, see `gapmodel.scores.groups.Group.availability`.
    shortfall : numpy.ndarray, shape (M,), months of progress
        Behind its group's frontier; at least 0.
    steepness : numpy.ndarray, shape (B,), logits per month of progress
    difficulty : numpy.ndarray, shape (B,), months
        When the leader's average progress reaches half-way.
    noise : numpy.ndarray, shape (B,), months of progress
        SD of the deviation of one model on the benchmark.
    score_model, score_benchmark : numpy.ndarray of int, shape (N,)
    months : numpy.ndarray of datetime64[D], shape (T,)
        Month-ends of the panel.
    info : pandas.DataFrame
        Of the benchmarks: ``benchmark``, ``category`` and, where the table has it, ``default_set``.
    """

    model: np.ndarray
    benchmark: np.ndarray
    follower: np.ndarray
    date: np.ndarray
    shortfall: np.ndarray
    steepness: np.ndarray
    difficulty: np.ndarray
    noise: np.ndarray
    score_model: np.ndarray
    score_benchmark: np.ndarray
    months: np.ndarray
    info: pd.DataFrame

    def elapsed(self, dates: np.ndarray) -> np.ndarray:
        """Months from the first day of the first month to `dates` (datetime64)."""
        origin = self.months[0].astype("datetime64[M]").astype("datetime64[D]")
        return (dates - origin).astype(float) / DAYS_PER_MONTH


def evaluation_pattern(scores: Scores, months: Any, *, leader: Group = CLOSED, follower: Group = OPEN) -> Pattern:
    """What a replayed simulation takes from a table.

    Parameters
    ----------
    scores : Scores
        Models of neither group take no part; of several scores of one model on one benchmark the best counts.
    months : array_like of datetime64, shape (T,)
        Month-ends of the panel, over which the scenario runs.
    leader, follower : Group

    Returns
    -------
    Pattern

    Raises
    ------
    InsufficientDataError
        A group has fewer than three records of capability, or the leader's make no progress.

    Examples
    --------
    >>> from gapmodel.sources.load import read_table
    >>> import pandas as pd
    >>> pattern = evaluation_pattern(read_table("epoch_2026-08"), pd.date_range("2023-06-30", "2026-07-31", freq="ME"))
    >>> len(pattern.model) == len(pattern.shortfall) and bool((pattern.shortfall >= 0).all())
    True
    """
    table = scores.table
    role = np.where(leader.mask(table), 0, np.where(follower.mask(table), 1, -1))
    date = np.where(role == 1, follower.availability(table), leader.availability(table))
    info = scores.benchmarks
    sign = np.where(info["direction"].to_numpy() == "lower", -1.0, 1.0)
    of_row = info.index.get_indexer(pd.Index(table["benchmark"]))
    score = table["score"].to_numpy(dtype=float)
    frame = pd.DataFrame(
        {
            "benchmark": table["benchmark"].to_numpy(dtype=object),
            "model": table["model"].to_numpy(dtype=object),
            "score": score,
            "level": score * sign[of_row],
            "follower": role == 1,
            "date": date.astype("datetime64[D]"),
        }
    )[(role >= 0) & ~scores.composite.to_numpy()[of_row]]
    # The earliest of a model's days, where rows differ: it is one release.
    frame["date"] = frame.groupby("model")["date"].transform("min")
    best = frame.sort_values("level").drop_duplicates(["benchmark", "model"], keep="last")
    best = best.sort_values(["benchmark", "date", "model"])
    benchmark_of, benchmark = pd.factorize(best["benchmark"], sort=True)
    model_of, model = pd.factorize(best["model"], sort=True)
    about = best.drop_duplicates("model").set_index("model").loc[model]
    share, _ = share_of_scale(best["score"].to_numpy(), benchmark_of, info.loc[benchmark])
    share = np.clip(share, _MARGIN, 1.0 - _MARGIN)
    logit = np.log(share) - np.log1p(-share)
    capability, steepness, difficulty, noise = _response_curves(logit, benchmark_of, model_of)

    grid = np.asarray(months, dtype="datetime64[D]")
    is_follower, day = about["follower"].to_numpy(dtype=bool), about["date"].to_numpy().astype("datetime64[D]")
    origin = grid[0].astype("datetime64[M]").astype("datetime64[D]")
    t = (day - origin).astype(float) / DAYS_PER_MONTH
    ahead = np.zeros(len(model))
    pace = {}
    for name, group in ((leader.name, ~is_follower), (follower.name, is_follower)):
        ahead[group], pace[name] = _above(t[group], capability[group], name)
    month = pace[leader.name]
    level = float(np.mean((capability + ahead - month * t)[~is_follower]))
    columns = ["category", *(["default_set"] if "default_set" in info else [])]
    return Pattern(
        model=np.asarray(model, dtype=str),
        benchmark=np.asarray(benchmark, dtype=str),
        follower=is_follower,
        date=day,
        shortfall=ahead / month,
        steepness=steepness * month,
        difficulty=(difficulty - level) / month,
        noise=noise / month,
        score_model=model_of,
        score_benchmark=benchmark_of,
        months=grid,
        info=info.loc[benchmark, columns].rename_axis("benchmark").reset_index(),
    )


def simulate_replayed(
    pattern: Pattern,
    *,
    seed: int,
    scenario: str = "constant",
    averaged: Any = None,
    offset_sd_months: float = 2.0,
    pace_sd: float = 0.3,
) -> tuple[pd.DataFrame, pd.DataFrame, Truth]:
    """Simulate scores with a known latent lag on the pattern of a table.

    Parameters
    ----------
    pattern : Pattern
    seed : int
    scenario : {'constant', 'closing', 'opening', 'closing_then_flat'}
        As in `gapmodel.simulation.frontiers.simulate_scores`, over the months of the pattern.
    averaged : sequence of str, optional
        Benchmarks over which the gap is averaged: their deviations have mean zero, so that the truth is the scenario's.
        Default: all.
    offset_sd_months : float, months
        SD of the constant deviations of benchmarks' lags.
    pace_sd : float
        Log-SD of the leader's pace in half-year blocks.

    Returns
    -------
    scores, benchmarks : pandas.DataFrame
        In the format of ``scores.csv`` and ``benchmarks.csv``; scores from 0 to 1.
    truth : Truth

    Raises
    ------
    UnknownNameError
        Unknown scenario, or a name in `averaged` that the pattern lacks.
    """
    if scenario not in SCENARIOS:
        raise UnknownNameError(f"unknown scenario '{scenario}': choose one of {', '.join(SCENARIOS)}")
    mean_over = np.isin(pattern.benchmark, pattern.benchmark if averaged is None else list(averaged))
    lacking = set() if averaged is None else set(averaged) - set(pattern.benchmark)
    if lacking:
        raise UnknownNameError(f"no benchmark '{sorted(lacking)[0]}' in the pattern: average over those that it has")
    rng = np.random.default_rng(seed)
    elapsed = pattern.elapsed(pattern.months)
    span = elapsed[-1]

    def latent_lag(t: np.ndarray) -> np.ndarray:
        return SCENARIOS[scenario](np.clip(t / span, 0.0, 1.0))

    t = pattern.elapsed(pattern.date)
    edges = np.arange(min(t.min(), 0.0) - 60.0, span + 18.0, 6.0)
    progress = np.concatenate(([0.0], np.cumsum(6.0 * np.exp(pace_sd * rng.standard_normal(len(edges) - 1)))))
    # Zero in the middle of the panel, where difficulties are anchored.
    progress += span / 2.0 - np.interp(span / 2.0, edges, progress)
    offset = offset_sd_months * rng.standard_normal(len(pattern.benchmark))
    offset -= offset[mean_over].mean()

    i, b = pattern.score_model, pattern.score_benchmark
    behind = np.where(pattern.follower[i], latent_lag(t[i]) + offset[b], 0.0)
    level = np.interp(t[i] - behind, edges, progress) - pattern.shortfall[i]
    level += pattern.noise[b] * rng.standard_normal(len(b))
    score = 1.0 / (1.0 + np.exp(-pattern.steepness[b] * (level - pattern.difficulty[b])))
    frame = pd.DataFrame(
        {
            "benchmark": pattern.benchmark[b],
            "model": pattern.model[i],
            "release_date": pd.to_datetime(pattern.date[i]),
            "weights": np.where(pattern.follower[i], "open", "closed"),
            "score": score,
        }
    )
    lag = latent_lag(elapsed)
    recent = float(latent_lag(np.array(span)) - latent_lag(np.array(span - 12.0)))
    return frame, pattern.info.copy(), Truth(pattern.months, lag, least_squares_slope(elapsed, lag), recent, offset)


def _response_curves(
    logit: np.ndarray, benchmark: np.ndarray, model: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Capability (M,), steepness, difficulty and noise SD in units of capability (B,), by alternating least squares.

    Capability has mean 0 and SD 1. Benchmarks with few scores borrow `_PSEUDO_SCORES` of the average steepness and
    noise.
    """
    count = np.bincount(benchmark)
    capability = np.bincount(model, logit) / np.bincount(model)
    for _ in range(_SWEEPS):
        capability = (capability - capability.mean()) / (capability.std() or 1.0)
        x_mean = np.bincount(benchmark, capability[model]) / count
        z_mean = np.bincount(benchmark, logit) / count
        x, z = capability[model] - x_mean[benchmark], logit - z_mean[benchmark]
        average = max(float(x @ z / (x @ x)), 1e-6)
        spread = float(x @ x) / len(x)
        slope = np.bincount(benchmark, x * z) + _PSEUDO_SCORES * spread * average
        steepness = slope / (np.bincount(benchmark, x * x) + _PSEUDO_SCORES * spread)
        steepness = np.clip(steepness, average / _STEEPNESS_RANGE, average * _STEEPNESS_RANGE)
        difficulty = x_mean - z_mean / steepness
        d = steepness[benchmark]
        # A normal prior of SD 1 on capabilities: a model with one score is drawn to the mean.
        noise = float(np.mean((logit - d * (capability[model] - difficulty[benchmark])) ** 2))
        seen = np.bincount(model, d * (logit + d * difficulty[benchmark]))
        capability = seen / (np.bincount(model, d * d) + noise)
    squares = (logit / d + difficulty[benchmark] - capability[model]) ** 2
    variance = (np.bincount(benchmark, squares) + _PSEUDO_SCORES * squares.mean()) / (count + _PSEUDO_SCORES)
    return capability, steepness, difficulty, np.sqrt(variance)


def _above(t: np.ndarray, capability: np.ndarray, group: str) -> tuple[np.ndarray, float]:
    """How far a group's frontier lies above each of its models, shape (m,), and its mean pace per month."""
    order = np.lexsort((-capability, t))
    best = np.maximum.accumulate(capability[order])
    record = np.flatnonzero(np.diff(best, prepend=-np.inf) > 0.0)
    at, level = t[order][record], best[record]
    if len(record) < _FEWEST_RECORDS or at[-1] <= at[0]:
        raise InsufficientDataError(f"{len(record)} records of the {group} group: too few to take a pattern from")
    # Least squares: the first and the last record alone would say much of two models.
    pace = least_squares_slope(at, level) / MONTHS_PER_YEAR
    if not pace > 0.0:
        raise InsufficientDataError(f"the records of the {group} group make no progress: no pattern can be taken")
    frontier = np.interp(t, at, level) + pace * np.maximum(t - at[-1], 0.0)
    return np.maximum(frontier - capability, 0.0), pace
