"""Other looks at the same frontiers, laid on the grid of the monthly panel so that every model can be fitted to them.

``monthly`` is the lag at each month-end. ``release`` is the lag on the day of an open record, the bottom of each
saw tooth, at the end of that month. ``catch_up`` is the time until a closed record was matched, at the end of the month
of the closed record. ``scores`` is no lag at all but the scores themselves (see `gapmodel.modeling.score_data`); its
grid is that of the monthly lags.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.lags.panel import Lags
from gapmodel.units import month_ends, months_between

__all__ = ["CATCH_UP", "MONTHLY", "RELEASE", "SCORES", "VIEWS", "view_panel"]

MONTHLY, RELEASE, CATCH_UP, SCORES = VIEWS = ("monthly", "release", "catch_up", "scores")


def view_panel(lags: Lags, view: str, *, leader_start_up_months: float, follower_start_up_months: float):
    """Lay one view on a grid of month-ends.

    Of several records of one benchmark in one month the last counts.

    Parameters
    ----------
    lags : Lags
    view : {'monthly', 'release', 'catch_up', 'scores'}
    leader_start_up_months, follower_start_up_months : float, months
        Used by ``catch_up`` alone, in which dates are otherwise lost: a record of the leader's start-up may have been
        reached earlier (its time is "at least"), and a match in the follower's start-up too ("at most").

    Returns
    -------
    xarray.Dataset, dims (benchmark, month)
        As `gapmodel.lags.panel.compute_lags` gives, with ``lag`` (months), ``censoring``, ``observed`` and ``stretch``
        of the view; for ``monthly`` and ``scores`` the very panel. The other two run from the month of the first
        record to the panel's last month; what the panel lacks there is missing.

    Raises
    ------
    ConfigError
        Unknown view.
    InsufficientDataError
        The view has no row.
    """
    if view in (MONTHLY, SCORES):
        return lags.panel
    if view == RELEASE:
        rows = lags.release.rename(columns={"lag_months": "value"})
    elif view == CATCH_UP:
        rows = lags.catch_up.rename(columns={"months": "value"})
        rows = _start_up(rows, lags.panel, leader=leader_start_up_months, follower=follower_start_up_months)
    else:
        raise ConfigError(f"view is '{view}': choose one of {', '.join(VIEWS)}")
    last = pd.Timestamp(lags.panel["month"].to_numpy()[-1])
    rows = rows.assign(month=rows["date"] + pd.offsets.MonthEnd(0))
    rows = (
        rows[rows["month"] <= last]
        .sort_values(["benchmark", "date"])
        .drop_duplicates(["benchmark", "month"], keep="last")
    )
    if rows.empty:
        raise InsufficientDataError(f"no benchmark has a record in the view '{view}'")
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


def _start_up(rows: pd.DataFrame, panel: xr.Dataset, *, leader: float, follower: float) -> pd.DataFrame:
    first = {
        role: pd.Series(panel[f"{role}_first"].to_numpy(), index=panel["benchmark"].to_numpy())
        for role in ("leader", "follower")
    }
    early = months_between(rows["date"], rows["benchmark"].map(first["leader"])) < leader
    since = months_between(rows["matched_date"], rows["benchmark"].map(first["follower"]))
    young = (rows["matched_date"].notna().to_numpy()) & (since < follower)
    # A record and its match that may both have been earlier bound nothing.
    rows = rows.assign(censoring=np.where(young, -1, np.where(early, 1, rows["censoring"])))
    return rows[~(early & (young | (rows["censoring"] < 0).to_numpy()))]
