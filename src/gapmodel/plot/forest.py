"""Forest plot: gap and slope of each benchmark, their average, the population and a new benchmark."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, finish, plain, sheet, styled

__all__ = ["SUMMARY_ROWS", "plot_forest"]

SUMMARY_ROWS = ("average", "population_mean", "new_benchmark")


def plot_forest(
    table: pd.DataFrame,
    *,
    date: pd.Timestamp | str,
    summary: Sequence[str] = SUMMARY_ROWS,
    title: str | None = None,
    note: str = "",
) -> Figure:
    """Median, 50 and 90 % interval of each gap and slope at `date`.

    Benchmarks are grouped by category and sorted by their gap; the category with the largest gap comes first.

    Parameters
    ----------
    table : pandas.DataFrame
        ``benchmark, title, category, gap_median, gap_lower, gap_upper, gap_lower50, gap_upper50``,
        ``slope_median, slope_lower, slope_upper, n_months, n_censored``; months, and months per year. Missing
        numbers are not drawn.
    date : date-like
    summary : sequence of str
        Values of ``benchmark`` drawn below the others, in this order, where present.
    title, note : str
        Title (default: says what is drawn) and footer.
    """
    name = table["benchmark"].astype(str)
    rows = table[~name.isin(summary)].copy()
    bottom = pd.concat([table[name == s] for s in summary])
    rows["category"] = rows["category"].fillna("").astype(str)
    rows["top"] = rows.groupby("category")["gap_median"].transform("max")
    rows = rows.sort_values(["top", "category", "gap_median"], ascending=[False, True, False])
    show_categories = len(set(rows["category"])) > 1
    places: list[float] = []
    headings: list[tuple[float, str]] = []
    y, previous = 0.0, None
    for category in rows["category"]:
        if show_categories and category != previous:
            y += 0.35 if headings else 0.0
            headings.append((y, category or "no category"))
            y, previous = y + 1.0, category
        places.append(y)
        y += 1.0
    line = y - 0.35 if len(rows) else None
    for _ in range(len(bottom)):
        places.append(y + 0.3)
        y += 1.0
    every = pd.concat([rows, bottom], ignore_index=True)
    at = np.array(places)
    own = np.arange(len(every)) < len(rows)
    with styled():
        fig = sheet(7.2, 0.175 * (y + 1.0) + 1.35)
        left, right, side = fig.subplots(1, 3, width_ratios=[5, 3, 1.3], sharey=True)
        _intervals(left, every, at, own, "gap")
        _intervals(right, every, at, own, "slope")
        labels = [plain(t, width=44) for t in every["title"].fillna(every["benchmark"])]
        left.set_yticks(at, labels)
        left.set_ylim(y + 0.1, -0.9)
        for label, mine in zip(left.get_yticklabels(), own, strict=True):
            label.set_fontweight("normal" if mine else "bold")
        for place, category in headings:
            left.annotate(
                plain(category, width=44),
                (0, place),
                xycoords=("axes fraction", "data"),
                xytext=(-4, 0),
                ha="right",
                va="center",
                textcoords="offset points",
                fontsize=7,
                fontstyle="italic",
                color=MUTED,
                annotation_clip=False,
            )
        for ax in (left, right):
            ax.tick_params(axis="y", length=0)
            ax.axvline(0.0, color=INK, linewidth=0.7, zorder=1)
            ax.grid(axis="x")
            ax.set_axisbelow(True)
            ax.spines["left"].set_visible(False)
            if line is not None and len(bottom):
                ax.axhline(line, color=MUTED, linewidth=0.6)
        left.set_xlabel("Gap (months)")
        right.set_xlabel("Slope (months per year)")
        right.tick_params(axis="y", labelleft=False)
        _counts(side, every, at)
        handles = [
            Line2D(
                [],
                [],
                color=LEADER,
                marker="o",
                markersize=3.5,
                linewidth=0.9,
                label="median and 90 % interval",
            ),
            Line2D([], [], color=LEADER, linewidth=2.6, label="50 % interval (gap)"),
            Line2D([], [], color=FOLLOWER, marker="D", markersize=3.5, linewidth=0.9, label="over benchmarks"),
        ]
        rule = "Right: months observed and, of these, censored."
        text = title or f"Gap and its slope by benchmark on {pd.Timestamp(date):%Y-%m-%d}"
        return finish(fig, title=text, note=f"{rule}\n{note}".strip(), handles=handles)


def _intervals(ax: Axes, every: pd.DataFrame, at: np.ndarray, own: np.ndarray, what: str) -> None:
    for mine, colour, marker in ((own, LEADER, "o"), (~own, FOLLOWER, "D")):
        part, y = every[mine], at[mine]
        ax.hlines(y, part[f"{what}_lower"], part[f"{what}_upper"], color=colour, linewidth=0.9, zorder=2)
        if f"{what}_lower50" in part:
            ax.hlines(y, part[f"{what}_lower50"], part[f"{what}_upper50"], color=colour, linewidth=2.6, zorder=2)
        ax.plot(
            part[f"{what}_median"],
            y,
            marker=marker,
            markersize=3.8,
            color=colour,
            markeredgecolor="white",
            markeredgewidth=0.5,
            linestyle="",
            zorder=3,
        )


def _counts(ax: Axes, every: pd.DataFrame, at: np.ndarray) -> None:
    """Numbers of months and of censored months, as two columns of text."""
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(axis="both", length=0, labelleft=False, labelbottom=False)
    ax.set_xlim(0, 1)
    for x, column, head in ((0.5, "n_months", "months"), (1.0, "n_censored", "cens.")):
        ax.annotate(head, (x, 1), xycoords="axes fraction", ha="right", va="center", fontsize=6.5, color=MUTED)
        for place, value in zip(at, every[column], strict=True):
            if not pd.isna(value):
                ax.text(x, place, f"{int(value)}", ha="right", va="center", fontsize=7)
