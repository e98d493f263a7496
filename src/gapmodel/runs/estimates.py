"""Numbers of a run with what belongs to them: interval and Monte Carlo error, prior and the mass at never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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

    Examples
    --------
    >>> Estimate(5.68, 3.03, 8.4, 0.9, 5.69, 1.64, 0.007, "months", "2026-07-31")
    5.7 months (90 % interval 3.0 to 8.4) on 2026-07-31
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

    @classmethod
    def of(cls, entry: Mapping[str, Any], *, unit: str) -> Estimate:
        """From an entry of ``summary.json``."""
        interval = entry["interval"]
        return cls(
            entry["median"], interval["lower"], interval["upper"], interval["prob"], entry["mean"], entry["sd"],
            entry["mcse"], unit, entry["date"],
        )  # fmt: skip

    def __repr__(self) -> str:
        inside = f"{100 * self.prob:g} % interval {self.lower:.1f} to {self.upper:.1f}"
        return f"{self.median:.1f} {self.unit} ({inside}) on {self.date}"


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

    Examples
    --------
    >>> Probability(0.11, 0.002, 0.22, 0.22, "2027-12-31", "2036-07-31")
    0.11 by 2027-12-31 (before data 0.22; 0.22 that it is not by 2036-07-31)
    """

    value: float
    mcse: float
    prior: float
    never: float
    date: str
    horizon: str

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        rest = f"before data {self.prior:.2f}; {self.never:.2f} that it is not by {self.horizon}"
        return f"{self.value:.2f} by {self.date} ({rest})"
