"""The choices by which scores become model data: cutoff, groups, window, start-up, tolerance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.errors import ConfigError, expect
from gapmodel.lags.panel import DEFAULT_GRACE_MONTHS, Lags, clamped, compute_lags
from gapmodel.lags.views import MONTHLY, View, view_named
from gapmodel.modeling.panel_data import FOLLOWER_START_UP_MONTHS, LEADER_START_UP_MONTHS, PanelData, panel_data
from gapmodel.modeling.score_data import score_data
from gapmodel.scores.groups import CLOSED, OPEN, Group, parse_group
from gapmodel.scores.table import Scores

__all__ = ["LagOptions", "read_day"]

# Of models; and well within what a date in nanoseconds can hold.
_FIRST_YEAR, _LAST_YEAR = 1950, 2200
_LONGEST_START_UP = 1200  # months


@dataclass(frozen=True)
class LagOptions:
    """How scores become model data.

    Attributes
    ----------
    cutoff : date-like, optional
        Nothing released later is seen.
    grace_months : int
    leader_start_up_months, follower_start_up_months : float
    leader, follower : Group or str
        A text such as ``country=China`` is read by `parse_group`.
    first_month : date-like, optional
        Months before it are left out.
    tolerance : float
        Share of a benchmark's scale within which the follower counts as level, see `compute_lags`.
    clamp : bool
        Negative lags become zero, as in the published analysis; default: signed.
    dates, open_date : str
        What counts as the day of a model, see `Scores.dated`.
    """

    cutoff: Any = None
    grace_months: int = DEFAULT_GRACE_MONTHS
    leader_start_up_months: float = LEADER_START_UP_MONTHS
    follower_start_up_months: float = FOLLOWER_START_UP_MONTHS
    leader: Group = CLOSED
    follower: Group = OPEN
    first_month: Any = None
    tolerance: float = 0.0
    clamp: bool = False
    dates: str = "access"
    open_date: str = "weights"

    def __post_init__(self) -> None:
        # Texts are read here, so that Python, the command line and a manifest give the same options.
        for name in ("leader", "follower"):
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, parse_group(value))
            expect(getattr(self, name), Group, name, "give one such as 'weights=open'")
        for name in ("grace_months", "leader_start_up_months", "follower_start_up_months", "tolerance"):
            value = getattr(self, name)
            if isinstance(value, bool | str) or not isinstance(value, Real):
                raise ConfigError(f"{name} is {value!r}: give a number")
            if "start_up" in name and not 0.0 <= float(value) <= _LONGEST_START_UP:
                raise ConfigError(f"{name} is {value!r}: give 0 to {_LONGEST_START_UP} months")
        if not isinstance(self.grace_months, Integral) and self.grace_months == self.grace_months:
            raise ConfigError(f"grace_months is {self.grace_months!r}: give a whole number")
        expect(self.clamp, (bool, np.bool_), "clamp", "give True or False")
        for name in ("cutoff", "first_month"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, read_day(value, name))

    @classmethod
    def from_dict(cls, recorded: Mapping[str, Any]) -> LagOptions:
        """From what `as_dict` gives; what is not recorded has its default.

        Raises
        ------
        ConfigError
            An option that this version does not know.

        Examples
        --------
        >>> LagOptions.from_dict(LagOptions(cutoff="2026-03-31").as_dict()) == LagOptions(cutoff="2026-03-31")
        True
        """
        unknown = set(recorded) - {f.name for f in fields(cls)}
        if unknown:
            raise ConfigError(f"the run has options that this version does not know: {', '.join(sorted(unknown))}")
        groups = {
            role: parse_group(recorded[role]["condition"], name=recorded[role]["name"])
            for role in ("leader", "follower")
            if role in recorded
        }
        return cls(**{**recorded, **groups})

    def lags(self, scores: Scores) -> Lags:
        """The lag panel under these options."""
        return compute_lags(
            scores.dated(dates=self.dates, open_date=self.open_date),
            cutoff=self.cutoff,
            grace_months=self.grace_months,
            leader=self.leader,
            follower=self.follower,
            first_month=self.first_month,
            tolerance=self.tolerance,
        )

    def data(self, lags: Lags, *, view: View | str = MONTHLY, **keywords: Any) -> PanelData:
        """Model arrays of one view (see `gapmodel.lags.views`) under these options; other keywords as in `panel_data`.

        A view of scores also takes `pad_scores` of `score_data`.

        Raises
        ------
        ConfigError
            Unknown view; `clamp`, `tolerance` or `first_month` with scores, which they say nothing about.
        """
        view = view_named(view)
        if view.of_scores and (self.clamp or self.tolerance or self.first_month is not None):
            raise ConfigError(
                "clamp, tolerance and a first month are about lags: leave them out with a model of the scores"
            )
        pad_scores = keywords.pop("pad_scores", None) if view.of_scores else None
        leader, follower = self.leader_start_up_months, self.follower_start_up_months
        panel = view.panel(lags, leader_start_up_months=leader, follower_start_up_months=follower)
        if view.start_up_in_rows:
            leader = follower = 0.0
        if self.clamp:
            panel = clamped(panel)
        data = panel_data(panel, leader_start_up_months=leader, follower_start_up_months=follower, **keywords)
        if view.of_scores:
            scores = lags.known.scores
            groups = {"leader": self.leader, "follower": self.follower}
            return score_data(data, scores, **groups, every=view.every_benchmark, pad_scores=pad_scores)
        return data

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for the manifest."""
        return {
            "cutoff": None if self.cutoff is None else str(pd.Timestamp(self.cutoff).date()),
            "grace_months": self.grace_months,
            "leader_start_up_months": self.leader_start_up_months,
            "follower_start_up_months": self.follower_start_up_months,
            "leader": {"name": self.leader.name, "condition": self.leader.expression},
            "follower": {"name": self.follower.name, "condition": self.follower.expression},
            "first_month": None if self.first_month is None else str(pd.Timestamp(self.first_month).date()),
            "tolerance": self.tolerance,
            "clamp": self.clamp,
            "dates": self.dates,
            "open_date": self.open_date,
        }


def read_day(value: Any, name: str) -> pd.Timestamp:
    """A day between the years 1950 and 2200, from an ISO date, a date or a time of day.

    Parameters
    ----------
    value : date-like
    name : str
        Of the option, for the error.

    Raises
    ------
    ConfigError
        It is no such day.

    Examples
    --------
    >>> read_day("2026-03-31", "cutoff")
    Timestamp('2026-03-31 00:00:00')
    """
    if isinstance(value, str):
        try:
            day = pd.Timestamp(datetime.strptime(value, "%Y-%m-%d"))
        except ValueError:
            raise ConfigError(f"{name} is '{value}': give an ISO date, 2026-01-31") from None
    elif isinstance(value, int | float):  # which would be nanoseconds since 1970
        raise ConfigError(f"{name} is {value!r}: give an ISO date, 2026-01-31")
    else:
        try:
            day = pd.Timestamp(value).normalize()
        except (ValueError, TypeError):
            raise ConfigError(f"{name} is {value!r}: give an ISO date, 2026-01-31") from None
    if pd.isna(day) or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ConfigError(f"{name} is '{value}': give a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    return day
