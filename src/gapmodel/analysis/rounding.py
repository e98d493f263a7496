"""How many digits a number may show: none that a rerun with another seed would probably change.

Two runs estimate one number with independent errors of standard deviation s, the Monte Carlo standard error (MCSE).
Rounded to multiples of a step h they differ with probability E|X₁ - X₂| / h = (2/√π) s / h, averaged over where the
true value lies between two multiples. The step is the smallest of …, 0.1, 0.2, 0.5, 1, 2, 5, … that keeps this at or
below `RERUN_MAX`.

The step must not depend on the seed either: two runs that choose different steps differ as well. Estimated MCSEs of
quantiles vary by some 15 % from run to run, those of means by 3 %. So the MCSE of a quantile is taken from that of
the mean by the normal law, √(p(1-p)) / φ(z_p), and the MCSE of the mean is taken for at least what an efficiency of
`ASSUMED_EFFICIENCY` would give, which varies by 1 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, log10, pi, sqrt
from statistics import NormalDist
from typing import Any

import pandas as pd

from gapmodel.units import DAYS_PER_MONTH

__all__ = [
    "ASSUMED_EFFICIENCY",
    "MONTH_STEPS",
    "PROBABILITY_STEPS",
    "RERUN_MAX",
    "RoundedDate",
    "RoundedEstimate",
    "RoundedNumber",
    "Steps",
    "draws_factor",
    "exact_number",
    "mean_mcse",
    "probability_error",
    "quantile_mcse",
    "rerun_probability",
    "round_date",
    "round_estimate",
    "round_number",
    "round_probability",
]

RERUN_MAX = 0.05
ASSUMED_EFFICIENCY = 0.4
_FLIP = 2.0 / sqrt(pi)
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Steps:
    """Finest and coarsest step of one kind of number."""

    finest: float
    coarsest: float = inf


MONTH_STEPS = Steps(finest=0.1)
# The gate holds the MCSE of every probability at or below 0.01: coarser than tenths would hide more than it steadies.
PROBABILITY_STEPS = Steps(finest=0.01, coarsest=0.1)
_PERIODS = (1, 3, 6, 12, 24, 60, 120)


@dataclass(frozen=True)
class RoundedNumber:
    """A number as it may be shown.

    Attributes
    ----------
    value : float
        As in the summary.
    mcse : float
        Its Monte Carlo standard error; 0 for what no seed changes.
    step : float
        The shown number is a multiple of this.
    """

    value: float
    mcse: float
    step: float

    @property
    def rounded(self) -> float:
        """The nearest multiple of the step; halves go up."""
        return round(floor(self.value / self.step + 0.5) * self.step, 10) + 0.0

    @property
    def text(self) -> str:
        """Digits with a true minus sign; a whole number of half steps has none behind the point."""
        whole = self.step == 0.5 and self.rounded.is_integer()  # 6.0 would look like tenths
        decimals = 0 if whole else max(0, ceil(-log10(self.step) - 1e-9))
        return f"{self.rounded:.{decimals}f}".replace("-", "−")

    @property
    def rerun(self) -> float:
        """Probability that another seed shows another number."""
        return rerun_probability(self.mcse, self.step)

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for ``claims.json``."""
        return {
            "value": self.value,
            "shown": self.rounded,
            "step": self.step,
            "mcse": self.mcse,
            "rerun_differs": round(self.rerun, 4),
        }


@dataclass(frozen=True)
class RoundedEstimate:
    """A posterior quantity as it may be shown.

    Attributes
    ----------
    value, lower, upper : RoundedNumber
        Median and ends of the equal-tailed interval.
    prob : float
        Probability of the interval.
    """

    value: RoundedNumber
    lower: RoundedNumber
    upper: RoundedNumber
    prob: float

    @property
    def sign(self) -> int:
        """1 or -1 where the interval as shown lies wholly above or below zero, 0 where it holds zero."""
        return int(self.lower.rounded > 0.0) - int(self.upper.rounded < 0.0)


@dataclass(frozen=True)
class RoundedDate:
    """A date as the calendar period that holds it.

    Attributes
    ----------
    value : str or None
        ISO date as in the summary; None for not within the horizon.
    mcse : float
        In days.
    months : int
        Length of the period: 1, 3, 6, 12, 24, 60 or 120.
    earliest : str or None
        ISO date before which the period cannot begin.
    """

    value: str | None
    mcse: float
    months: int
    earliest: str | None = None

    @property
    def period(self) -> tuple[pd.Timestamp, pd.Timestamp] | None:
        """First and last day of the period."""
        if self.value is None:
            return None
        date = pd.Timestamp(self.value)
        index = (date.year * 12 + date.month - 1) // self.months * self.months
        first = pd.Timestamp(index // 12, index % 12 + 1, 1)
        last = first + pd.DateOffset(months=self.months) - pd.Timedelta(days=1)
        return max(first, pd.Timestamp(self.earliest or first)), last

    @property
    def rerun(self) -> float:
        """Probability that another seed shows another period."""
        return 0.0 if self.value is None else rerun_probability(self.mcse, self.months * DAYS_PER_MONTH)

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for ``claims.json``."""
        period = self.period
        return {
            "value": self.value,
            "shown": None if period is None else [str(day.date()) for day in period],
            "step_months": self.months,
            "mcse_days": self.mcse if isfinite(self.mcse) else None,  # the probability hardly rises there
            "rerun_differs": round(self.rerun, 4),
        }


def rerun_probability(mcse: float, step: float) -> float:
    """Probability that two runs round to different multiples of `step`."""
    return min(1.0, _FLIP * mcse / step)


def mean_mcse(*, sd: float, mcse: float, n_draws: int) -> float:
    """MCSE of a posterior mean for the choice of a step: `mcse`, or what `ASSUMED_EFFICIENCY` gives if that is more.

    Parameters
    ----------
    sd, mcse : float, in one unit
        Posterior SD and estimated MCSE.
    n_draws : int
        Of all chains.

    Returns
    -------
    float, in that unit
    """
    return max(mcse, sd / sqrt(ASSUMED_EFFICIENCY * n_draws))


def quantile_mcse(mcse: float, prob: float) -> float:
    """MCSE of the quantile `prob` of a normal law from the MCSE of its mean (factor 1.25 at 0.5, 2.11 at 0.05)."""
    return mcse * sqrt(prob * (1.0 - prob)) / _NORMAL.pdf(_NORMAL.inv_cdf(prob))


def probability_error(probability: float, mcse: float, n_draws: int) -> float:
    """MCSE of a probability, not below that of independent draws with half an event more (no sample is sure).

    Parameters
    ----------
    probability, mcse : float
        As estimated.
    n_draws : int
        Of all chains.

    Returns
    -------
    float
    """
    share = (probability * n_draws + 0.5) / (n_draws + 1.0)
    return max(mcse, sqrt(share * (1.0 - share) / n_draws))


def round_number(value: float, mcse: float, steps: Steps, *, sd: float = inf) -> RoundedNumber:
    """Choose the step; never coarser than the posterior SD, since that would hide what was estimated.

    Parameters
    ----------
    value, mcse : float
    steps : Steps
    sd : float
        Posterior standard deviation of the quantity.

    Returns
    -------
    RoundedNumber
    """
    wanted = _up(_FLIP * mcse / RERUN_MAX) if mcse > 0 else steps.finest
    coarsest = min(steps.coarsest, _down(sd))
    return RoundedNumber(float(value), float(mcse), max(steps.finest, min(wanted, coarsest)))


def round_estimate(entry: Mapping[str, Any], n_draws: int) -> RoundedEstimate:
    """Median and interval of an entry of ``summary.json``, each with its own step.

    Parameters
    ----------
    entry : mapping
        ``median, sd, mcse, interval``, in one unit.
    n_draws : int
        Of all chains.

    Returns
    -------
    RoundedEstimate

    Examples
    --------
    >>> interval = {"prob": 0.9, "kind": "equal-tailed", "lower": 3.08, "upper": 8.37}
    >>> entry = {"median": 5.69, "sd": 1.63, "mcse": 0.0067, "interval": interval}
    >>> shown = round_estimate(entry, 40_000)
    >>> shown.value.text, shown.lower.text, shown.upper.text
    ('5.5', '3', '8')
    """
    interval, sd = entry["interval"], entry["sd"]
    tail = (1.0 - interval["prob"]) / 2
    error = mean_mcse(sd=sd, mcse=entry["mcse"], n_draws=n_draws)
    value, lower, upper = (
        round_number(number, quantile_mcse(error, prob), MONTH_STEPS, sd=sd)
        for number, prob in ((entry["median"], 0.5), (interval["lower"], tail), (interval["upper"], 1.0 - tail))
    )
    return RoundedEstimate(value, lower, upper, interval["prob"])


def round_probability(probability: float, mcse: float, n_draws: int) -> RoundedNumber:
    """A probability with the step that its error allows, see `probability_error`."""
    return round_number(probability, probability_error(probability, mcse, n_draws), PROBABILITY_STEPS)


def draws_factor(number: RoundedNumber, step: float) -> float:
    """How many times the draws would let a number be shown to `step`; the MCSE falls with the root of the draws."""
    return max(1.0, (_FLIP * number.mcse / (RERUN_MAX * step)) ** 2)


def exact_number(value: float, step: float) -> RoundedNumber:
    """A number without Monte Carlo error."""
    return RoundedNumber(float(value), 0.0, step)


def round_date(value: str | None, mcse_days: float, *, earliest: str | None = None) -> RoundedDate:
    """Choose the calendar period: month, quarter, half-year, year, 2, 5 or, where nothing finer holds, 10 years.

    Parameters
    ----------
    value : str or None
        ISO date; None for not within the horizon.
    mcse_days : float, days
        May be infinite.
    earliest : str, optional
        ISO date before which the period cannot begin.

    Returns
    -------
    RoundedDate
    """
    wanted = _FLIP * mcse_days / RERUN_MAX / DAYS_PER_MONTH
    return RoundedDate(value, mcse_days, next((m for m in _PERIODS if m >= wanted), _PERIODS[-1]), earliest)


def _ladder(exponent: int) -> list[float]:
    return [float(f"{digit}e{exponent}") for digit in (1, 2, 5)]


def _up(least: float) -> float:
    exponent = floor(log10(least))
    return next(s for s in [*_ladder(exponent), *_ladder(exponent + 1)] if s >= least * (1 - 1e-12))


def _down(most: float) -> float:
    if most == inf or most <= 0:
        return inf
    return max(s for s in _ladder(floor(log10(most))) if s <= most * (1 + 1e-12))
