"""Numbers of a run with what belongs to them: interval and Monte Carlo error, prior and the mass at never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gapmodel.analysis.rounding import RoundedEstimate, round_estimate, round_probability
from gapmodel.analysis.wording import Wording

__all__ = ["Estimate", "Probability"]


@dataclass(frozen=True)
class Estimate:
    """A posterior quantity.

    Attributes
    ----------
    median, lower, upper : float
        The ends are those of the equal-tailed interval of probability `prob`.
    prob : float
    mean, sd : float
    mcse : float
        Monte Carlo standard error of the mean.
    unit : str
        ``months`` or ``months/year``, of all of them.
    date : str
        ISO date that it refers to.
    shown : RoundedEstimate
        Median and interval as they are printed and cited.

    Examples
    --------
    >>> import gapmodel as gm
    >>> gm.read_run("results/reference/august_2026").gap
    6.5 months (90 % interval 4 to 9) on 2026-07-31
    """

    median: float
    lower: float
    upper: float
    prob: float
    mean: float
    sd: float
    mcse: float
    unit: str
    date: str
    shown: RoundedEstimate

    @classmethod
    def of(cls, entry: Mapping[str, Any], *, unit: str, n_draws: int) -> Estimate:
        """From an entry of ``summary.json``; `n_draws` are those of all chains."""
        interval = entry["interval"]
        return cls(
            entry["median"], interval["lower"], interval["upper"], interval["prob"], entry["mean"], entry["sd"],
            entry["mcse"], unit, entry["date"], round_estimate(entry, n_draws),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"{Wording().estimate('months' if self.unit == 'months' else 'rate', self.shown)} on {self.date}"


@dataclass(frozen=True)
class Probability:
    """The probability that the average trend has reached zero by a month-end.

    Attributes
    ----------
    value : float
    mcse : float
        Monte Carlo standard error of `value`.
    prior : float
        The same of the model before it saw data.
    never : float
        Posterior probability that it is not reached within the horizon.
    date, horizon : str
        ISO month-ends.
    n_draws, n_prior_draws : int
        Of posterior and prior, which set the digits that are printed.

    Examples
    --------
    >>> Probability(0.11, 0.002, 0.24, 0.22, "2027-12-31", "2036-07-31", 40_000, 4000)
    0.10 by 2027-12-31 (prior alone: 0.2; 0.20 that it is not by 2036-07-31)
    """

    value: float
    mcse: float
    prior: float
    never: float
    date: str
    horizon: str
    n_draws: int
    n_prior_draws: int

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        value, prior, never = (
            Wording().probability(round_probability(p, mcse, n))
            for p, mcse, n in (
                (self.value, self.mcse, self.n_draws),
                (self.prior, 0.0, self.n_prior_draws),
                (self.never, self.mcse, self.n_draws),
            )
        )
        return f"{value} by {self.date} (prior alone: {prior}; {never} that it is not by {self.horizon})"
