"""The published picture: monthly box plots of lags with a straight line through their means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from gapmodel.lags.published_line import Baseline
from gapmodel.plot.style import (
    CHAIN_LINKED,
    FOLLOWER,
    INK,
    LEADER,
    MUTED,
    date_axis,
    finish,
    plain,
    sheet,
    styled,
)
from gapmodel.units import DAYS_PER_MONTH, MONTHS_PER_YEAR

__all__ = ["plot_monthly_boxes"]

_BOX = "#CFE3F1"
_LINKED: dict[str, Any] = {
    "color": INK, "linestyle": (0, (2, 1.2)), "linewidth": 0.9, "marker": "s", "markersize": 3.8,
    "markerfacecolor": "white", "markeredgewidth": 0.7,
}  # fmt: skip


def plot_monthly_boxes(panel: xr.Dataset, baseline: Baseline, *, title: str | None = None, note: str = "") -> Figure:
    """Box plots of the lags of each month over benchmarks, their two means, and the published straight line.

    Boxes span the quartiles, whiskers reach the extremes. Censored values, which the published analysis
    leaves out or takes for lags, are drawn apart as triangles. A strip below counts benchmarks.

    Parameters
    ----------
    panel : xarray.Dataset
        From `gapmodel.lags.panel.compute_lags`: its censored values.
    baseline : gapmodel.lags.published_line.Baseline
        Boxes, plain and chain-linked means, and the line ``mean over benchmarks``.
    title, note : str
        Title (default: says what is drawn) and footer.
    """
    monthly = baseline.monthly
    months = pd.DatetimeIndex(monthly["month"])
    line = baseline.lines.iloc[-1]
    first, last = months[0], months[-1]
    end = _end(first, last, line["zero_date"])
    leader, follower = (
        plain(panel.attrs.get("leader", "leader")),
        plain(panel.attrs.get("follower", "follower")),
    )
    with styled():
        fig = sheet(7.2, 4.4)
        ax, strip = fig.subplots(2, 1, sharex=True, height_ratios=[5, 1])
        stats: list[dict[str, Any]] = [
            {
                "med": r.median,
                "q1": r.q25,
                "q3": r.q75,
                "whislo": r.minimum,
                "whishi": r.maximum,
                "fliers": [],
            }
            for r in monthly.itertuples()
        ]
        where = months.to_numpy().astype("datetime64[D]").astype(float)
        thin = {"color": "#7FA8C4", "linewidth": 0.7}
        ax.bxp(
            stats,
            positions=where,
            widths=17.0,
            showfliers=False,
            patch_artist=True,
            manage_ticks=False,
            boxprops={"facecolor": _BOX, "edgecolor": "#7FA8C4", "linewidth": 0.7},
            whiskerprops=thin,
            capprops=thin,
            medianprops={"color": LEADER, "linewidth": 1.2},
            capwidths=8.0,
        )
        # Months without any value break the lines of means.
        means = monthly.set_index("month")[["mean", "chain_linked", "n_linked"]].reindex(panel["month"].to_numpy())
        ax.plot(*_linked(means), zorder=4, **_LINKED)
        ax.plot(means.index.to_numpy(), means["mean"], color=INK, marker="o", markersize=2.6, linewidth=0.9, zorder=4)
        _censored(ax, panel)
        _line(ax, line, first, last, end)
        ax.axhline(0.0, color=MUTED, linewidth=0.7, zorder=0)
        low, high = ax.get_ylim()
        ax.set_ylim(low, high + 0.16 * (high - low))  # room for the text on the line
        ax.set_ylabel(f"Lag of {follower} behind {leader} (months)")
        ax.grid(axis="y")
        ax.set_axisbelow(True)
        _counts(strip, panel, monthly)
        margin = pd.Timedelta(days=20)
        date_axis(strip, min(first, pd.DatetimeIndex(panel["month"].to_numpy())[0]) - margin, end, max_ticks=14)
        strip.set_xlabel("Month-end (calendar)")
        strip.set_ylabel("Benchmarks\n(number)", fontsize=7)
        handles = [
            Patch(facecolor=_BOX, edgecolor="#7FA8C4", label="quartiles; whiskers: extremes"),
            Line2D([], [], color=LEADER, linewidth=1.2, label="median"),
            Line2D([], [], color=INK, marker="o", markersize=2.6, linewidth=0.9, label="mean"),
            Line2D([], [], label=CHAIN_LINKED, **_LINKED),
            Line2D([], [], color=FOLLOWER, linewidth=1.4, label="straight line through the means"),
            _triangle("^", "at least (right-censored)"),
            _triangle("v", "at most (left-censored)"),
        ]
        used = "left out of boxes and line" if baseline.censored == "drop" else "taken as lags in boxes and line"
        rules = f"Published method: censored months {used}"
        rules += "; negative lags set to zero." if baseline.clamped else "; negative lags kept."
        text = title or f"Monthly lag of {follower} behind {leader} models and the published straight line"
        return finish(fig, title=text, note=f"{rules}\n{note}".strip(), handles=handles)


def _linked(means: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Months and chain-linked means, with a break before each month that no benchmark links to the one before."""
    months, values = means.index.to_numpy(), means["chain_linked"].to_numpy()
    starts = np.flatnonzero(means["n_linked"] == 0)
    return np.insert(months, starts, months[starts]), np.insert(values, starts, np.nan)


def _end(first: pd.Timestamp, last: pd.Timestamp, zero: pd.Timestamp) -> pd.Timestamp:
    """Right end of the time axis: it shows the zero date where that is near enough."""
    roomy = last + (last - first) * 0.6 + pd.Timedelta(days=60)
    shown = not pd.isna(zero) and zero <= roomy
    return max(zero, last) + pd.Timedelta(days=45) if shown else last + (last - first) * 0.1 + pd.Timedelta(days=45)


def _triangle(marker: str, label: str) -> Line2D:
    return Line2D([], [], color=MUTED, marker=marker, linestyle="", markersize=4, markerfacecolor="none", label=label)


def _censored(ax: Axes, panel: xr.Dataset) -> None:
    lag, code = panel["lag"].to_numpy(), panel["censoring"].to_numpy()
    months = panel["month"].to_numpy().astype("datetime64[D]").astype(float)
    for value, marker in ((1, "^"), (-1, "v")):
        _, m = np.nonzero(panel["observed"].to_numpy() & (code == value))
        y = lag[panel["observed"].to_numpy() & (code == value)]
        # Beside the box, not on it.
        ax.scatter(
            months[m] + 11.5,
            y,
            marker=marker,
            s=9,
            facecolors="none",
            edgecolors=MUTED,
            linewidths=0.6,
            zorder=3,
        )


def _line(ax: Axes, line: pd.Series, first: pd.Timestamp, last: pd.Timestamp, end: pd.Timestamp) -> None:
    slope, level, zero = line["slope_months_per_year"], line["intercept_months"], line["zero_date"]
    stop = end if pd.isna(zero) else min(max(zero, last), end)
    dates = pd.DatetimeIndex([first, last, stop])
    years = (dates - last).days.to_numpy() / (DAYS_PER_MONTH * MONTHS_PER_YEAR)
    x = dates.to_numpy()
    ax.plot(x[:2], level + slope * years[:2], color=FOLLOWER, linewidth=1.4, zorder=5)
    ax.plot(x[1:], level + slope * years[1:], color=FOLLOWER, linewidth=1.4, linestyle=(0, (3, 2)), zorder=5)
    text = f"{slope:+.2f} months per year\n".replace("-", "−")
    if pd.isna(zero):
        text += "the line does not fall to zero"
    else:
        text += f"zero on {zero:%Y-%m-%d}"
        if first <= zero <= end:
            ax.plot([zero.to_numpy()], [0.0], marker="D", color=FOLLOWER, markersize=5, zorder=6, clip_on=False)
        else:
            text += " (outside the picture)"
    ax.annotate(
        text,
        (0.99, 0.98),
        xycoords="axes fraction",
        ha="right",
        va="top",
        fontsize=7.5,
        color=FOLLOWER,
        zorder=8,
        bbox={"boxstyle": "square,pad=0.2", "facecolor": "white", "alpha": 0.85, "linewidth": 0},
    )


def _counts(ax: Axes, panel: xr.Dataset, monthly: pd.DataFrame) -> None:
    """Benchmarks in the boxes of each month, and beside them those with a censored value."""
    months = panel["month"].to_numpy().astype("datetime64[D]")
    censored = (panel["observed"] & (panel["censoring"] != 0)).sum("benchmark").to_numpy()
    boxes = monthly["month"].to_numpy().astype("datetime64[D]").astype(float)
    ax.bar(boxes - 4.5, monthly["n"], width=9, color="#7FA8C4")
    ax.bar(months.astype(float) + 5.5, censored, width=9, facecolor="white", edgecolor=MUTED, linewidth=0.5)
    every = math.ceil(len(monthly) / 36)
    for x, n in list(zip(boxes, monthly["n"], strict=True))[::every]:
        ax.annotate(
            f"{n}",
            (x - 4.5, n),
            xytext=(0, 1),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=6,
        )
    ax.margins(y=0.35)
    ax.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    ax.annotate(
        "filled: in the box; outlined: censored",
        (1, 1),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        fontsize=6.5,
        color=MUTED,
    )
