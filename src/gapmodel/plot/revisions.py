"""What later scores do to the lags of a month: as seen then and as seen later."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, date_axis, finish, plain, sheet, styled

__all__ = ["plot_revisions"]

_FEWEST = 3


def plot_revisions(monthly: pd.DataFrame, summary: pd.DataFrame, *, title: str | None = None, note: str = "") -> Figure:
    """The average lag of each month as first seen and as last seen, and the mean revision by months later.

    One more panel for each pair of published tables: how the months that both cover differ.

    Parameters
    ----------
    monthly : pandas.DataFrame
        From `gapmodel.validation.revisions.monthly_revisions`; its first source is the replay.
    summary : pandas.DataFrame
        From `gapmodel.validation.revisions.revision_summary`.
    title, note : str
    """
    replay, *pairs = list(dict.fromkeys(summary["source"]))
    with styled():
        fig = sheet(7.2, 3.3)
        axes = fig.subplots(1, 2 + len(pairs), width_ratios=[2.3, 1.25, *[1.25] * len(pairs)])
        mine = monthly[(monthly["source"] == replay) & (monthly["n"] >= _FEWEST)]
        _months(axes[0], mine.sort_values("months_later").groupby("month").tail(1).sort_values("month"))
        rows = summary[(summary["source"] == replay) & (summary["first_seen"] == summary["first_seen"].min())]
        _bars(axes[1], rows["months_later"], rows["change"], rows["change_se"])
        axes[1].set_xlabel("Months after the\nend of the month")
        axes[1].set_ylabel("Mean change of a lag (months)")
        axes[1].set_title("As-of replay", loc="left")
        for ax, name in zip(axes[2:], pairs, strict=True):
            rows = summary[(summary["source"] == name) & (summary["first_seen"] <= 12)]
            _bars(ax, rows["first_seen"], rows["change"], rows["change_se"])
            ax.set_xlabel("Age of the month in\nthe earlier table (months)")
            ax.set_title("Between two tables", loc="left")
        span = [ax.get_ylim() for ax in axes[1:]]
        for ax in axes[1:]:
            ax.set_ylim(min(low for low, _ in span), max(high for _, high in span))
        handles = [
            Line2D([], [], color=FOLLOWER, marker="o", markersize=4, markerfacecolor="white", linestyle="",
                   label="as seen at the end of the month"),
            Line2D([], [], color=LEADER, marker="o", markersize=4, linestyle="", label="as seen up to a year later"),
        ]  # fmt: skip
        rule = (
            f"Left: mean over benchmarks with a lag in both vintages, {_FEWEST} or more (area: how many); they "
            "are others in other months, so that months are not comparable. Right: mean over benchmark-months, ± 2 "
            "standard errors by month where there is more than one; below zero the lag was too long at first."
            f"{''.join(f' Two tables: {plain(name)}.' for name in pairs)}"
        )
        shown = title or "How much the lag of a month changes when more models have been run"
        return finish(fig, title=shown, note=f"{rule}\n{note}".strip(), handles=handles)


def _months(ax: Axes, rows: pd.DataFrame) -> None:
    if not len(rows):
        ax.set_axis_off()
        return
    days = pd.DatetimeIndex(rows["month"]).to_numpy().astype("datetime64[D]")
    size = 4.0 + 4.0 * rows["n"].to_numpy(dtype=float)
    ax.vlines(days, rows["first_lag"], rows["later_lag"], color=MUTED, linewidth=1.0, zorder=1)
    ax.scatter(days, rows["later_lag"], s=size, color=LEADER, linewidths=0, zorder=2)
    ax.scatter(days, rows["first_lag"], s=size, facecolor="none", edgecolor=FOLLOWER, linewidths=1.0, zorder=3)
    pad = np.timedelta64(20, "D")
    date_axis(ax, days[0] - pad, days[-1] + pad, max_ticks=8)
    ax.set_ylim(bottom=min(0.0, float(rows[["first_lag", "later_lag"]].min().min())))
    ax.set_xlabel("Month-end (calendar)")
    ax.set_ylabel("Average lag (months)")
    ax.grid(axis="y")
    ax.set_axisbelow(True)


def _bars(ax: Axes, x: pd.Series, change: pd.Series, se: pd.Series) -> None:
    error = np.nan_to_num(2.0 * se.to_numpy(dtype=float))
    ax.axhline(0.0, color=INK, linewidth=0.7)
    ax.errorbar(x, change, yerr=error, color=LEADER, ecolor=MUTED, marker="o", markersize=3.4, linestyle="",
                elinewidth=1.0)  # fmt: skip
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    ax.set_xlim(-0.8, float(x.max()) + 0.8 if len(x) else 12.8)
    ax.grid(axis="y")
    ax.set_axisbelow(True)
