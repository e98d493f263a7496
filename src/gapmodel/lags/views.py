"""What models are fitted to, laid on the grid of the monthly panel so that every model can be fitted to each.

``monthly`` is the lag at each month-end. ``release`` is the lag on the day of an open record, the bottom of each
saw tooth, at the end of that month. ``catch_up`` is the time until a closed record was matched, at the end of the month
of the closed record. ``scores`` is no lag at all but the scores themselves (see `gapmodel.modeling.score_data`); its
grid is that of the monthly lags. ``all_scores`` adds those of the benchmarks that the analysis does not average.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.lags.panel import Lags
from gapmodel.units import month_ends, months_between

__all__ = ["ALL_SCORES", "CATCH_UP", "MONTHLY", "RELEASE", "SCORES", "VIEWS", "View", "settled_catch_up", "view_named"]


@dataclass(frozen=True)
class View:
    """What a model is fitted to.

    Attributes
    ----------
    name : str
    long_name : str
        What its lag is.
    rows : callable, optional
        ``rows(lags, leader_start_up_months, follower_start_up_months) -> pandas.DataFrame`` with ``benchmark, date,
        value`` (months) and ``censoring``; None: every month-end of the panel.
    start_up_in_rows : bool
        `rows` applies the two start-up rules.
    of_scores : bool
        Fitted to the scores themselves and not to lags.
    every_benchmark : bool
        Fitted to the scores on benchmarks that the analysis does not average, too.
    """

    name: str
    long_name: str = "lag"
    rows: Callable[[Lags, float, float], pd.DataFrame] | None = field(default=None, repr=False)
    start_up_in_rows: bool = False
    of_scores: bool = False
    every_benchmark: bool = False

    @property
    def monthly_lags(self) -> bool:
        """Fitted to the lags at month-ends: baselines, forecasts and other variants can be held against it."""
        return self.rows is None and not self.of_scores

    def panel(self, lags: Lags, *, leader_start_up_months: float, follower_start_up_months: float) -> xr.Dataset:
        """Lay the view on a grid of month-ends.

        Of several records of one benchmark in one month the last counts.

        Parameters
        ----------
        lags : Lags
        leader_start_up_months, follower_start_up_months : float, months
            For `rows`.

        Returns
        -------
        xarray.Dataset, dims (benchmark, month)
            As `gapmodel.lags.panel.compute_lags` gives, with ``lag`` (months), ``censoring``, ``observed`` and
            ``stretch`` of the view; without `rows` the very panel. Others run from the month of the first record to the
            panel's last month; what the panel lacks there is missing.

        Raises
        ------
        InsufficientDataError
            The view has no row.
        """
        if self.rows is None:
            return lags.panel
        rows = self.rows(lags, leader_start_up_months, follower_start_up_months)
        last = pd.Timestamp(lags.panel["month"].to_numpy()[-1])
        rows = rows.assign(month=rows["date"] + pd.offsets.MonthEnd(0))
        rows = (
            rows[rows["month"] <= last]
            .sort_values(["benchmark", "date"])
            .drop_duplicates(["benchmark", "month"], keep="last")
        )
        if rows.empty:
            raise InsufficientDataError(f"no benchmark has a record in the view '{self.name}'")
        months = month_ends(rows["month"].min(), last)
        panel = lags.panel.reindex(month=months)
        shape = (panel.sizes["benchmark"], len(months))
        lag, censoring = np.full(shape, np.nan), np.zeros(shape, dtype=np.int8)
        at = (
            pd.Index(panel["benchmark"].to_numpy()).get_indexer(pd.Index(rows["benchmark"])),
            pd.Index(months).get_indexer(pd.Index(rows["month"])),
        )
        lag[at], censoring[at] = rows["value"], rows["censoring"]
        grid = ("benchmark", "month")
        return panel.assign(
            lag=(grid, lag, panel["lag"].attrs),
            censoring=(grid, censoring),
            observed=(grid, ~np.isnan(lag)),
            stretch=(grid, np.broadcast_to(np.arange(len(months)), shape)),  # each row is a fact of its own
        )


def view_named(view: View | str) -> View:
    """A view by name, or itself.

    Raises
    ------
    ConfigError
        Unknown view.

    Examples
    --------
    >>> view_named("release").long_name
    "lag on the day of the follower's record, at the end of its month"
    """
    if isinstance(view, View):
        return view
    if not isinstance(view, str) or view not in VIEWS:
        raise ConfigError(f"view is {view!r}: choose one of {', '.join(VIEWS)}")
    return VIEWS[view]


def _release_rows(lags: Lags, leader_start_up: float, follower_start_up: float) -> pd.DataFrame:
    return lags.release.rename(columns={"lag_months": "value"})


def _catch_up_rows(lags: Lags, leader_start_up: float, follower_start_up: float) -> pd.DataFrame:
    names = lags.panel["benchmark"].to_numpy()
    leader, follower = (pd.Series(lags.panel[f"{role}_first"].to_numpy(), names) for role in ("leader", "follower"))
    rows = settled_catch_up(lags.catch_up, leader, follower, leader_start_up, follower_start_up)
    return rows.rename(columns={"months": "value"})


def settled_catch_up(
    rows: pd.DataFrame,
    leader_first: pd.Series,
    follower_first: pd.Series,
    leader_start_up: float,
    follower_start_up: float,
) -> pd.DataFrame:
    """Times until records of the leader were matched, by the two start-up rules.

    In the start-up of a group dates are lost. A record of the leader's may have been reached earlier (its time is "at
    least"), and a match of the follower's too ("at most").

    Parameters
    ----------
    rows : pandas.DataFrame
        `gapmodel.lags.panel.Lags.catch_up`.
    leader_first, follower_first : pandas.Series
        Benchmark → day of the group's first model.
    leader_start_up, follower_start_up : float, months

    Returns
    -------
    pandas.DataFrame
        The rows that bound something, ``censoring`` by the rules.
    """
    early = months_between(rows["date"], rows["benchmark"].map(leader_first)) < leader_start_up
    since = months_between(rows["matched_date"], rows["benchmark"].map(follower_first))
    young = (rows["matched_date"].notna().to_numpy()) & (since < follower_start_up)
    # A record and its match that may both have been earlier bound nothing.
    rows = rows.assign(censoring=np.where(young, -1, np.where(early, 1, rows["censoring"])))
    return rows[~(early & (young | (rows["censoring"] < 0).to_numpy()))]


MONTHLY = View("monthly", "lag of the follower behind the leader at the month-end")
RELEASE = View("release", "lag on the day of the follower's record, at the end of its month", _release_rows)
CATCH_UP = View(
    "catch_up",
    "time until the leader's record was matched, at the end of the record's month",
    _catch_up_rows,
    start_up_in_rows=True,
)
SCORES = View("scores", of_scores=True)
ALL_SCORES = View("all_scores", of_scores=True, every_benchmark=True)

#: By name, as the ``VIEW`` of a variant's file has it.
VIEWS = {view.name: view for view in (MONTHLY, RELEASE, CATCH_UP, SCORES, ALL_SCORES)}
