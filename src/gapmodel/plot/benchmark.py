"""One benchmark: both frontiers above, its monthly lag below, bounds drawn as bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, date_axis, finish, plain, sheet, styled

__all__ = ["plot_benchmark"]

_MARKS = ((0, "o", "observed"), (1, "^", "at least"), (-1, "v", "at most"))


def plot_benchmark(
    records: pd.DataFrame, lags: pd.DataFrame, *, unit: str = "", title: str | None = None, note: str = ""
) -> Figure:
    """Frontiers and lag of one benchmark over time.

    Parameters
    ----------
    records : pandas.DataFrame
        Of this benchmark: ``role`` (leader or follower), ``date, model, level`` (score units).
    lags : pandas.DataFrame
        Its rows of `gapmodel.lags.panel.panel_table`: ``month, lag_months, censoring, leader, follower, title``.
    unit : str
        Of the score.
    title, note : str
        Title (default: that of the benchmark) and footer.
    """
    months = pd.DatetimeIndex(pd.to_datetime(lags["month"]))
    lag = lags["lag_months"].to_numpy(dtype=float)
    seen = ~np.isnan(lag)
    names = {role: plain(str(lags[role].iloc[0])) for role in ("leader", "follower")}
    first, last = min(pd.Timestamp(records["date"].min()), months[0]), months[-1]
    with styled():
        fig = sheet(7.2, 4.6)
        above, below = fig.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        for role, colour in (("leader", LEADER), ("follower", FOLLOWER)):
            mine = records[(records["role"] == role) & (records["date"] <= last)].sort_values("date")
            if len(mine):
                dates = [*mine["date"], last]
                above.step(dates, [*mine["level"], mine["level"].iloc[-1]], where="post", color=colour)
                above.plot(mine["date"], mine["level"], "o", color=colour, markersize=2.5, label=names[role])
        above.set_ylabel(plain(f"Best score{f' ({unit})' if unit else ''}", width=40))
        for code, marker, label in _MARKS:
            chosen = seen & (lags["censoring"].to_numpy() == code)
            if chosen.any():
                filled = INK if code == 0 else "white"
                below.plot(
                    months[chosen], lag[chosen], marker, color=INK, markerfacecolor=filled, markersize=4, label=label
                )
        below.axhline(0, color=MUTED, linewidth=0.7)
        top = float(np.nanmax(lag, initial=1.0, where=seen))
        below.set_ylim(min(-0.5, float(np.nanmin(lag, initial=0.0, where=seen)) - 0.5), top + 1)
        below.set_ylabel("Lag (months)")
        room = pd.Timedelta(days=12)  # for the marks at both ends
        date_axis(below, first - room, last + room, max_ticks=12)
        handles = [*above.get_legend_handles_labels()[0], *below.get_legend_handles_labels()[0]]
        finish(
            fig,
            title=plain(title if title is not None else str(lags["title"].iloc[0])),
            handles=handles,
            note=note,
        )
    return fig
