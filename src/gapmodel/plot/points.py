"""Two measures beside months: best scores of both groups by benchmark, and the waiting times of records."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, date_axis, finish, plain, sheet, styled

__all__ = ["plot_points", "plot_waiting"]

_NOISE = "#009E73"


def plot_points(rows: pd.DataFrame, *, groups: tuple[str, str], title: str | None = None, note: str = "") -> Figure:
    """Best scores of both groups, largest difference first.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``title, leader, follower`` and ``noise`` (NaN where unknown), shares of the benchmark's range.
    groups : (str, str)
        Names of leader and follower.
    title, note : str
    """
    rows = rows.assign(difference=rows["leader"] - rows["follower"]).sort_values("difference", ignore_index=True)
    y = np.arange(len(rows))
    with styled():
        fig = sheet(7.2, 0.24 * len(rows) + 1.5)
        ax = fig.subplots()
        ax.hlines(y, rows["follower"], rows["leader"], color=MUTED, linewidth=1.0)
        ax.plot(rows["follower"], y, "s", color=FOLLOWER, markersize=4.5)
        ax.plot(rows["leader"], y, "o", color=LEADER, markersize=4.5)
        known = rows["noise"].notna().to_numpy()
        middle = ((rows["leader"] + rows["follower"]) / 2)[known]
        half = rows["noise"][known] / 2
        ax.hlines(y[known] - 0.3, middle - half, middle + half, color=_NOISE, linewidth=2.0)
        ax.set_yticks(y, [plain(text, width=44) for text in rows["title"]])
        ax.set_ylim(-0.8, len(rows) - 0.4)
        ax.set_xlim(-0.02, 1.02)
        ax.xaxis.set_major_formatter(PercentFormatter(1.0))
        ax.set_xlabel("Best score, share of the benchmark's range")
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="x")
        ax.set_axisbelow(True)
        handles = [
            Line2D([], [], color=LEADER, marker="o", markersize=4.5, linestyle="", label=f"best {plain(groups[0])}"),
            Line2D([], [], color=FOLLOWER, marker="s", markersize=4.5, linestyle="", label=f"best {plain(groups[1])}"),
        ]
        if known.any():
            handles.append(
                Line2D([], [], color=_NOISE, linewidth=2.0, label="noise: a shorter difference is within it (90 %)")
            )
        finish(fig, title=title or "The gap in points", handles=handles, note=note)
    return fig


def plot_waiting(
    rows: pd.DataFrame, *, median: float, groups: tuple[str, str], title: str | None = None, note: str = ""
) -> Figure:
    """Time from each record of the leader to its match by the follower, bounds as triangles.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``date, months, censoring``.
    median : float, months
        Time by which half were matched; not drawn where infinite.
    groups : (str, str)
        Names of leader and follower.
    title, note : str
    """
    marks = ((0, "o", LEADER, "matched"), (1, "^", INK, "at least: not matched yet, or older than known"),
             (-1, "v", MUTED, "at most"))  # fmt: skip
    with styled():
        fig = sheet(7.2, 4.0)
        ax = fig.subplots()
        handles = []
        for code, marker, colour, label in marks:
            mine = rows[rows["censoring"] == code]
            if len(mine):
                style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4, "linestyle": ""}
                style |= {} if code == 0 else {"markerfacecolor": "none"}
                ax.plot(mine["date"].to_numpy(), mine["months"], **style)
                handles.append(Line2D([], [], label=label, **style))
        if math.isfinite(median):
            ax.axhline(median, color=FOLLOWER, linewidth=1.1, linestyle=(0, (4, 2)))
            handles.append(
                Line2D([], [], color=FOLLOWER, linewidth=1.1, linestyle=(0, (4, 2)), label="half were matched by then")
            )
        ax.axhline(0.0, color=MUTED, linewidth=0.7)
        ax.set_ylabel("Months from record to match")
        ax.set_xlabel(f"Date of the {plain(groups[0])} record")
        ax.grid(axis="y")
        ax.set_axisbelow(True)
        room = pd.Timedelta(days=20)
        date_axis(ax, rows["date"].min() - room, rows["date"].max() + room, max_ticks=12)
        text = title or f"How long until {plain(groups[1])} models matched a {plain(groups[0])} record"
        finish(fig, title=text, handles=handles, note=note)
    return fig
