"""What was said at past dates beside what is said of them now."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gapmodel.plot.style import FOLLOWER, INK, MUTED, date_axis, finish, plain, sheet, styled

__all__ = ["plot_past"]


def plot_past(
    said: pd.DataFrame, bands: pd.DataFrame, *, groups: tuple[str, str], title: str | None = None, note: str = ""
) -> Figure:
    """The gap with its interval as it stood at each past cutoff, and the trend that is fitted now.

    Parameters
    ----------
    said : pandas.DataFrame
        ``cutoff, gap_median, gap_lower, gap_upper``; one row per cutoff, months.
    bands : pandas.DataFrame
        ``date, q05, q50, q95`` of the average trend, months.
    groups : (str, str)
        Names of leader and follower.
    title, note : str
    """
    days = pd.to_datetime(said["cutoff"]).to_numpy()
    room = pd.Timedelta(days=60)
    shown = bands[(bands["date"] >= days.min() - room) & (bands["date"] <= days.max() + room)]
    with styled():
        fig = sheet(7.2, 4.0)
        ax = fig.subplots()
        dates = shown["date"].to_numpy()
        ax.fill_between(dates, shown["q05"], shown["q95"], color=MUTED, alpha=0.2, linewidth=0)
        ax.plot(dates, shown["q50"], color=INK, linewidth=1.3, linestyle=(0, (1, 1.5)))
        median = said["gap_median"].to_numpy()
        away = np.abs(np.vstack([median - said["gap_lower"], said["gap_upper"] - median]))
        ax.errorbar(days, median, yerr=away, fmt="D", color=FOLLOWER, markersize=4, linewidth=1.1)
        ax.axhline(0.0, color=MUTED, linewidth=0.7)
        ax.set_ylabel(f"Months, {plain(groups[1])} behind {plain(groups[0])}")
        ax.grid(axis="y")
        ax.set_axisbelow(True)
        date_axis(ax, pd.Timestamp(days.min()) - room, pd.Timestamp(days.max()) + room, max_ticks=12)
        handles = [
            Line2D(
                [], [], color=FOLLOWER, marker="D", markersize=4, linewidth=1.1, label="gap said then, 90 % interval"
            ),
            Line2D([], [], color=INK, linewidth=1.3, linestyle=(0, (1, 1.5)), label="said now: median"),
            Patch(facecolor=MUTED, alpha=0.2, label="90 % interval"),
        ]
        finish(
            fig, title=title or "The gap as it stood at past dates, and as it is seen now", handles=handles, note=note
        )
    return fig
