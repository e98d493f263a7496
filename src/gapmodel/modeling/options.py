"""The choices by which scores become model data: cutoff, groups, window, start-up, tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from gapmodel.errors import ConfigError
from gapmodel.lags.frontier import Frontier
from gapmodel.lags.panel import DEFAULT_GRACE_MONTHS, LagResult, clamped, compute_lags
from gapmodel.lags.sides import benchmark_frontiers
from gapmodel.lags.views import CATCH_UP, MONTHLY, SCORES, view_panel
from gapmodel.modeling.panel_data import FOLLOWER_START_UP_MONTHS, LEADER_START_UP_MONTHS, PanelData, panel_data
from gapmodel.modeling.score_data import score_data
from gapmodel.scores.groups import CLOSED, OPEN, Group
from gapmodel.scores.table import Scores

__all__ = ["LagOptions"]


@dataclass(frozen=True)
class LagOptions:
    """How scores become model data.

    Attributes
    ----------
    cutoff : date-like, optional
        Nothing released later is seen.
    grace_months : int
    leader_start_up_months, follower_start_up_months : float
    leader, follower : Group
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

    def lags(self, scores: Scores) -> LagResult:
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

    def frontiers(self, scores: Scores) -> dict[str, tuple[Frontier, Frontier]]:
        """Frontiers of both groups under these options, see `gapmodel.lags.sides.benchmark_frontiers`."""
        dated = scores.dated(dates=self.dates, open_date=self.open_date)
        return benchmark_frontiers(dated, cutoff=self.cutoff, leader=self.leader, follower=self.follower)

    def data(self, lags: LagResult, *, view: str = MONTHLY, **keywords: Any) -> PanelData:
        """Model arrays of one view (see `view_panel`) under these options; other keywords as in `panel_data`.

        The view ``scores`` also takes `pad_scores` of `score_data`.

        Raises
        ------
        ConfigError
            `clamp`, `tolerance` or `first_month` with scores, which they say nothing about.
        """
        if view == SCORES:
            if self.clamp or self.tolerance or self.first_month is not None:
                raise ConfigError(
                    "clamp, tolerance and a first month are about lags: leave them out with a model of the scores"
                )
            pad_scores = keywords.pop("pad_scores", None)
            monthly = self.data(lags, **keywords)
            return score_data(monthly, lags.scores, leader=self.leader, follower=self.follower, pad_scores=pad_scores)
        leader, follower = self.leader_start_up_months, self.follower_start_up_months
        panel = view_panel(lags, view, leader_start_up_months=leader, follower_start_up_months=follower)
        if view == CATCH_UP:
            leader = follower = 0.0  # the view carries the start-up already
        if self.clamp:
            panel = clamped(panel)
        return panel_data(panel, leader_start_up_months=leader, follower_start_up_months=follower, **keywords)

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
