r"""Scores with a known lag: two frontiers, random releases, benchmarks that come and go.

Capability is measured in months of closed-frontier progress. The closed latent frontier is :math:`C(t)=t`
(with an optional random pace), and the open one :math:`O(t) = C(t - \mathrm{lag}(t))`. A release falls short of its
group's frontier by a random number of months; a benchmark turns capability into a score by a sigmoid and adds
noise; it starts, is run on a random part of the releases, and is retired when it saturates.
With equal release and evaluation rates in both groups the measured monthly lag is unbiased for the
latent lag away from the start of a benchmark: the age of the best open release and the delay with which
the closed frontier reached its level have the same distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.errors import UnknownNameError

__all__ = ["REGIMES", "SCENARIOS", "Truth", "simulate_scores"]

# Latent lag in months as a function of u, the fraction of the period elapsed.
SCENARIOS = {
    "constant": lambda u: np.full_like(u, 5.0),
    "closing": lambda u: 9.0 - 6.0 * u,
    "opening": lambda u: 4.0 + 4.0 * u,
}

# How densely benchmarks are run: keywords of `simulate_scores`. Real tables lie between the two: "dense" gives an open
# frontier about 12 record steps a benchmark, "sparse" about 7.
REGIMES: dict[str, dict[str, Any]] = {
    "dense": {},
    "sparse": {"n_benchmarks": 15, "n_months": 41, "missing": 0.75},
}


@dataclass(frozen=True)
class Truth:
    """The latent lag behind simulated scores.

    Attributes
    ----------
    months : numpy.ndarray, shape (n_months,), datetime64[D]
        Month-ends.
    lag : numpy.ndarray, shape (n_months,), months
        Latent lag averaged over benchmarks.
    slope : float, months a year
        Least-squares slope of `lag`.
    benchmark_offset : numpy.ndarray, shape (n_benchmarks,), months
        Constant deviation of each benchmark's lag.
    """

    months: np.ndarray
    lag: np.ndarray
    slope: float
    benchmark_offset: np.ndarray


def simulate_scores(
    *,
    seed: int,
    scenario: str = "constant",
    n_benchmarks: int = 24,
    n_months: int = 36,
    releases_per_month: float = 2.5,
    open_releases_per_month: float | None = None,
    missing: float = 0.4,
    small_share: float = 0.5,
    shortfall_months: tuple[float, float] = (2.0, 12.0),
    noise_months: float = 1.5,
    offset_sd_months: float = 2.0,
    pace_sd: float = 0.3,
    look_back_months: tuple[float, float] = (12.0, 6.0),
    start_spread: float = 0.6,
    retire_at: float = 0.95,
) -> tuple[pd.DataFrame, pd.DataFrame, Truth]:
    """Simulate a scores table with a known latent lag.

    Parameters
    ----------
    seed : int
    scenario : {'constant', 'closing', 'opening'}
        5 months; 9 falling to 3; 4 rising to 8, linearly over the period.
    n_benchmarks, n_months : int
    releases_per_month, open_releases_per_month : float
        Poisson rate of each group; the open one defaults to the closed one.
    missing : float
        Probability that a release is not run on a benchmark.
    small_share : float
        Probability that a release is a small model.
    shortfall_months : (float, float)
        Mean of the exponential shortfall behind the group's frontier of a flagship and of a small model.
    noise_months : float
        SD of the deviation of one model on one benchmark, in months of progress.
    offset_sd_months : float
        SD of the constant deviations of benchmarks' lags; centred to mean zero in each data set.
    pace_sd : float
        Log-SD of the closed frontier's pace in half-year blocks (0: one month of progress a month).
    look_back_months : (float, float)
        How long before a benchmark's start a closed and an open model may have been released and still be run on
        it, at most; uniform down to zero by benchmark and group. The closed group reaches back further, as on
        real benchmarks: this makes the start-up transient.
    start_spread : float
        Benchmarks start evenly over this first fraction of the period.
    retire_at : float
        A benchmark takes no release after the first closed score above this.

    Returns
    -------
    scores : pandas.DataFrame
        In the format of ``scores.csv``.
    benchmarks : pandas.DataFrame
        In the format of ``benchmarks.csv``.
    truth : Truth

    Raises
    ------
    UnknownNameError
        Unknown scenario.
    """
    if scenario not in SCENARIOS:
        raise UnknownNameError(f"unknown scenario '{scenario}': choose one of {', '.join(SCENARIOS)}")
    rng = np.random.default_rng(seed)
    months = pd.date_range("2023-01-31", periods=n_months, freq="ME").to_numpy("datetime64[D]")
    origin = np.datetime64("2023-01-01")
    span = float((months[-1] - origin).astype(int)) / 30.4375
    history = 24.0  # releases before the panel, so that old levels exist

    def latent_lag(t):
        return SCENARIOS[scenario](np.clip(np.asarray(t, dtype=float) / span, 0.0, 1.0))

    knots = np.arange(-history - 30.0, span + 6.0, 6.0)
    pace = np.exp(pace_sd * rng.standard_normal(len(knots)))
    progress = np.concatenate(([0.0], np.cumsum(6.0 * pace)))
    edges = np.append(knots, knots[-1] + 6.0)

    def frontier(t):
        return np.interp(t, edges, progress)

    offset = offset_sd_months * rng.standard_normal(n_benchmarks)
    offset -= offset.mean()
    rates = {"closed": releases_per_month, "open": open_releases_per_month or releases_per_month}
    releases = {}
    for group, rate in rates.items():
        t = np.sort(rng.uniform(-history, span, rng.poisson(rate * (span + history))))
        scale = np.where(rng.random(len(t)) < small_share, shortfall_months[1], shortfall_months[0])
        releases[group] = (t, scale * rng.standard_exponential(len(t)))

    starts = rng.permutation(np.linspace(0.0, start_spread * span, n_benchmarks))
    rows = []
    for b in range(n_benchmarks):
        # The closed frontier scores 15 to 35 % at the start and passes 95 % after one to four years.
        life = rng.uniform(12.0, 48.0)
        steepness = (np.log(19.0) + 1.2) / life
        difficulty = frontier(starts[b]) + rng.uniform(0.6, 1.7) / steepness
        run = []
        for group, (t, short) in releases.items():
            reach = rng.uniform(0.0, look_back_months[group == "open"])
            used = (t >= starts[b] - reach) & (rng.random(len(t)) > missing)
            lag = (latent_lag(t) + offset[b]) if group == "open" else 0.0
            ability = frontier(t - lag - short) + noise_months * rng.standard_normal(len(t))
            score = 1.0 / (1.0 + np.exp(-steepness * (ability - difficulty)))
            run += [(group, i, t[i], score[i]) for i in np.flatnonzero(used)]
        retired = min((t for g, _, t, s in run if g == "closed" and s > retire_at), default=np.inf)
        rows += [(f"bench-{b:02d}", f"{g}-{i:03d}", t, g, s) for g, i, t, s in run if t <= retired]
    frame = pd.DataFrame(rows, columns=["benchmark", "model", "t", "weights", "score"])
    days = np.floor(frame.pop("t").to_numpy() * 30.4375).astype("timedelta64[D]")
    frame.insert(2, "release_date", pd.to_datetime(origin + days))
    names = pd.DataFrame({"benchmark": sorted(frame["benchmark"].unique())})
    names["category"] = "simulated"
    elapsed = (months - origin).astype(int) / 30.4375
    lag = latent_lag(elapsed)
    slope = float(np.polyfit(elapsed / 12.0, lag, 1)[0])
    return frame, names, Truth(months, lag, slope, offset)
