r"""Scores with a known lag: two frontiers, random releases, benchmarks that come and go.

Capability is measured in months of closed-frontier progress. The closed latent frontier is :math:`C(t)=t`
(with an optional random pace), and the open one :math:`O(t) = C(t - \mathrm{lag}(t))`. A release falls short of its
group's frontier by a random number of months; a benchmark turns capability into a score by a sigmoid and adds
noise; it starts, is run on a random part of the releases, and is retired when it saturates.
With equal release and evaluation rates in both groups the measured monthly lag is unbiased for the
latent lag away from the start of a benchmark: the age of the best open release and the delay with which
the closed frontier reached its level have the same distribution.

Real tables are less tidy. Each option that makes them so is off by default, leaves the latent lag as it is, and draws
from a random stream of its own, so that one seed gives the same releases, benchmarks and noise with and without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from gapmodel.errors import UnknownNameError
from gapmodel.simulation.irregularities import HISTORY, RETIREMENT, Releases, burst_times, distil, retirement
from gapmodel.units import DAYS_PER_MONTH, MONTHS_PER_YEAR

__all__ = ["REGIMES", "SCENARIOS", "Truth", "least_squares_slope", "simulate_scores"]

# Latent lag in months as a function of u, the fraction of the period elapsed.
SCENARIOS = {
    "constant": lambda u: np.full_like(u, 5.0),
    "closing": lambda u: 9.0 - 6.0 * u,
    "opening": lambda u: 4.0 + 4.0 * u,
    "closing_then_flat": lambda u: 9.0 - 5.0 * np.minimum(u / 0.6, 1.0),
}

#: A release falls short of its group's frontier by months of the past, or by months of progress.
SHORTFALLS = ("time", "capability")

_SPARSE = {"n_benchmarks": 15, "n_months": 41, "missing": 0.75}
_BURSTS = {"burst_share": 0.8}
_DISTILLATION = {"distilled_share": 0.6}
_LAB_STOPS = {"stopped_share": 0.5}
_RETIRED_EARLY = {"retire_at": 0.8}
_REVISIONS = {"revised_share": 0.5, "rerun_share": 0.3}

# Keywords of `simulate_scores`. The first two say how densely benchmarks are run; real tables lie between them: "dense"
# gives an open frontier about 12 record steps per benchmark, "sparse" about 7. The others each make a dense table less
# tidy in one way, and the last makes a sparse one less tidy in all of them.
REGIMES: dict[str, dict[str, Any]] = {
    "dense": {},
    "sparse": _SPARSE,
    "bursts": _BURSTS,
    "distillation": _DISTILLATION,
    "lab_stops": _LAB_STOPS,
    "retired_early": _RETIRED_EARLY,
    "revisions": _REVISIONS,
    "everything": _SPARSE | _BURSTS | _DISTILLATION | _LAB_STOPS | _RETIRED_EARLY | _REVISIONS,
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
    slope : float, months per year
        Least-squares slope of `lag` over the whole period.
    recent_slope : float, months per year
        Change of the latent lag over the 12 months that end with the last month: what a slope reported for that month
        is to be compared with. The same as `slope` where the lag is linear.
    benchmark_offset : numpy.ndarray, shape (n_benchmarks,), months
        Constant deviation of each benchmark's lag.
    """

    months: np.ndarray
    lag: np.ndarray
    slope: float
    recent_slope: float
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
    shortfall_in: str = "time",
    noise_months: float = 1.5,
    offset_sd_months: float = 2.0,
    pace_sd: float = 0.3,
    look_back_months: tuple[float, float] = (12.0, 6.0),
    start_spread: float = 0.6,
    retire_at: float = 0.95,
    retired_by: str = "closed",
    burst_share: float = 0.0,
    bursts_per_year: float = 3.0,
    distilled_share: float = 0.0,
    stopped_group: str = "open",
    stopped_share: float = 0.0,
    stopped_at: float = 0.5,
    revised_share: float = 0.0,
    revision_months: float = 3.0,
    revision_delay_months: float = 6.0,
    rerun_share: float = 0.0,
) -> tuple[pd.DataFrame, pd.DataFrame, Truth]:
    """Simulate a scores table with a known latent lag.

    Parameters
    ----------
    seed : int
    scenario : {'constant', 'closing', 'opening', 'closing_then_flat'}
        5 months; 9 falling to 3; 4 rising to 8, linearly over the period; 9 falling to 4 over the first 60 % of it, and
        4 from then on.
    n_benchmarks, n_months : int
    releases_per_month, open_releases_per_month : float
        Poisson rate of each group; the open one defaults to the closed one.
    missing : float
        Probability that a release is not run on a benchmark.
    small_share : float
        Probability that a release is a small model.
    shortfall_months : (float, float)
        Mean of the exponential shortfall behind the group's frontier of a flagship and of a small model.
    shortfall_in : {'time', 'capability'}
        Of which months these are: a release stands where its group's frontier stood so long before; or so many months
        of progress, at a pace of one, below the frontier of its date. The same where `pace_sd` is 0.
    noise_months : float
        SD of the deviation of one model on one benchmark, in months of progress.
    offset_sd_months : float
        SD of the constant deviations of benchmarks' lags; centred to mean zero in each data set.
    pace_sd : float
        Log-SD of the closed frontier's pace in half-year blocks (0: one month of progress per month).
    look_back_months : (float, float)
        How long before a benchmark's start a closed and an open model may have been released and still be run on
        it, at most; uniform down to zero by benchmark and group. The closed group reaches back further, as on
        real benchmarks: this makes the start-up transient.
    start_spread : float
        Benchmarks start evenly over this first fraction of the period.
    retire_at, retired_by : float, {'closed', 'both', 'never'}
        A benchmark takes no release after the first closed score above `retire_at`; after both groups have one; or goes
        on for ever.
    burst_share, bursts_per_year : float
        This share of a group's releases moves to within half a month after the nearest of the group's bursts, which
        come at random at this rate.
    distilled_share : float
        This share of the open releases are students: each appears after a closed release, by 20 to 80 % of the latent
        lag, and has its teacher's shortfall and deviations on benchmarks. It is worse than its teacher by the rest of
        the lag, so that students are spread about the open frontier as other open releases are.
    stopped_group, stopped_share, stopped_at : {'closed', 'open'}, float, float
        A lab with this share of the group's releases makes none after this fraction of the period. The measured lag
        then drifts away from the latent one, since the group's records come further apart.
    revised_share, revision_months, revision_delay_months : float
        This share of scores is first off by a further deviation of this SD, in months of progress, and corrected after
        the delay: the table, taken at the end of the period, still has the first scores of the latest releases.
    rerun_share : float
        This share of scores is in the table twice: somebody else ran the model again (``variant`` is "rerun"), with
        a deviation of its own. The best counts, as everywhere.

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
        Unknown scenario, group, rule of retirement or kind of shortfall.
    """
    _known("scenario", scenario, SCENARIOS)
    _known("rule of retirement", retired_by, RETIREMENT)
    _known("group", stopped_group, ("closed", "open"))
    _known("kind of shortfall", shortfall_in, SHORTFALLS)
    early, below = (1.0, 0.0) if shortfall_in == "time" else (0.0, 1.0)
    rng = np.random.default_rng(seed)
    # Not from 0: a seed followed by zeros is the seed itself.
    burst_rng, student_rng, lab_rng, revision_rng, rerun_rng = (np.random.default_rng([seed, k]) for k in range(1, 6))
    months = pd.date_range("2023-01-31", periods=n_months, freq="ME").to_numpy("datetime64[D]")
    origin = np.datetime64("2023-01-01")
    span = float((months[-1] - origin).astype(int)) / DAYS_PER_MONTH

    def latent_lag(t):
        return SCENARIOS[scenario](np.clip(np.asarray(t, dtype=float) / span, 0.0, 1.0))

    knots = np.arange(-HISTORY - 30.0, span + 6.0, 6.0)
    pace = np.exp(pace_sd * rng.standard_normal(len(knots)))
    progress = np.concatenate(([0.0], np.cumsum(6.0 * pace)))
    edges = np.append(knots, knots[-1] + 6.0)

    def frontier(t):
        return np.interp(t, edges, progress)

    offset = offset_sd_months * rng.standard_normal(n_benchmarks)
    offset -= offset.mean()
    rates = {"closed": releases_per_month, "open": open_releases_per_month or releases_per_month}
    releases: dict[str, Releases] = {}
    for group, rate in rates.items():
        t = np.sort(rng.uniform(-HISTORY, span, rng.poisson(rate * (span + HISTORY))))
        scale = np.where(rng.random(len(t)) < small_share, shortfall_months[1], shortfall_months[0])
        releases[group] = Releases(t, scale * rng.standard_exponential(len(t)))
    for group, made in releases.items():
        t = burst_times(made.t, span, share=burst_share, per_year=bursts_per_year, rng=burst_rng)
        gone = (lab_rng.random(len(t)) < stopped_share) & (t > stopped_at * span) & (group == stopped_group)
        releases[group] = replace(made, t=t, exists=~gone)
    releases["open"] = distil(
        releases["closed"], releases["open"], latent_lag, span, share=distilled_share, rng=student_rng
    )

    starts = rng.permutation(np.linspace(0.0, start_spread * span, n_benchmarks))
    rows = []
    for b in range(n_benchmarks):
        # The closed frontier scores 15 to 35 % at the start and passes 95 % after one to four years.
        life = rng.uniform(12.0, 48.0)
        steepness = (np.log(19.0) + 1.2) / life
        difficulty = frontier(starts[b]) + rng.uniform(0.6, 1.7) / steepness
        run = []
        deviation: dict[str, np.ndarray] = {}
        for group, made in releases.items():
            t = made.t
            reach = rng.uniform(0.0, look_back_months[group == "open"])
            used = made.exists & (t >= starts[b] - reach) & (rng.random(len(t)) > missing)
            lag = (latent_lag(t) + offset[b]) if group == "open" else 0.0
            level = frontier(t - lag - early * made.short) - below * made.short
            deviation[group] = noise_months * rng.standard_normal(len(t))
            if group == "open":
                deviation[group][made.student] = deviation["closed"][made.teacher]
            first = (revision_rng.random(len(t)) < revised_share) & (t > span - revision_delay_months)
            off = revision_months * first * revision_rng.standard_normal(len(t))
            again = used & (rerun_rng.random(len(t)) < rerun_share)
            other = noise_months * rerun_rng.standard_normal(len(t))
            for variant, taken, error in (("", used, deviation[group] + off), ("rerun", again, other)):
                score = 1.0 / (1.0 + np.exp(-steepness * (level + error - difficulty)))
                run += [(group, i, variant, t[i], score[i]) for i in np.flatnonzero(taken)]
        retired = retirement(run, retired_by, retire_at)
        rows += [(f"bench-{b:02d}", f"{g}-{i:03d}", v, t, g, s) for g, i, v, t, s in run if t <= retired]
    frame = pd.DataFrame(rows, columns=["benchmark", "model", "variant", "t", "weights", "score"])
    if rerun_share == 0.0:
        frame = frame.drop(columns="variant")
    days = np.floor(frame.pop("t").to_numpy() * DAYS_PER_MONTH).astype("timedelta64[D]")
    frame.insert(2, "release_date", pd.to_datetime(origin + days))
    names = pd.DataFrame({"benchmark": sorted(frame["benchmark"].unique())})
    names["category"] = "simulated"
    elapsed = (months - origin).astype(int) / DAYS_PER_MONTH
    lag = latent_lag(elapsed)
    slope = least_squares_slope(elapsed, lag)
    recent = float(latent_lag(span) - latent_lag(span - 12.0))
    return frame, names, Truth(months, lag, slope, recent, offset)


def least_squares_slope(elapsed: np.ndarray, lag: np.ndarray) -> float:
    """Slope per year of `lag` on `elapsed` months, both of shape (n,)."""
    # Not polyfit: of a constant lag it gives zero with a rounding error, whose sign depends on the processor.
    return float(stats.linregress(elapsed / MONTHS_PER_YEAR, lag).slope)


def _known(what: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise UnknownNameError(f"unknown {what} '{value}': choose one of {', '.join(choices)}")
