"""Variants side by side: what each says, and how well it predicted what it had not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, finish, plain, sheet, styled

__all__ = ["plot_comparison"]


def plot_comparison(
    table: pd.DataFrame,
    *,
    as_of: pd.Timestamp | str,
    emphasised: Sequence[str] = (),
    title: str | None = None,
    note: str = "",
) -> Figure:
    """Gap, slope, P(zero within 12 months) and P(never) of each variant, and its elpd difference to the best.

    Parameters
    ----------
    table : pandas.DataFrame
        ``variant, gap_median, gap_lower, gap_upper, slope_median, slope_lower, slope_upper, probability_12_months,
        probability_never, difference_future, se_future, weight, passed``, optionally ``difference_benchmark,
        se_benchmark``. In the order in which rows are drawn; missing numbers are not drawn.
    as_of : date-like
    emphasised : sequence of str
        Variants drawn in the second colour.
    title, note : str
    """
    y = np.arange(len(table), dtype=float)
    strong = table["variant"].isin(emphasised).to_numpy()
    kinds = [k for k in ("future", "benchmark") if f"difference_{k}" in table]
    heads = {"future": "elpd,\nmonths ahead", "benchmark": "elpd, new\nbenchmark"}
    with styled():
        fig = sheet(7.2, 0.21 * len(table) + 1.6)
        axes = fig.subplots(1, 4 + len(kinds), width_ratios=[3, 3, 1.5, 1.5, *[2.0] * len(kinds)], sharey=True)
        for ax, what in zip(axes, ("gap", "slope"), strict=False):
            _points(ax, y, strong, table[f"{what}_median"], table[f"{what}_lower"], table[f"{what}_upper"])
            ax.axvline(0.0, color=INK, linewidth=0.7, zorder=1)
        axes[0].set_xlabel("Gap (months)")
        axes[1].set_xlabel("Slope (months per year)")
        _bars(axes[2], y, strong, table["probability_12_months"], "P(zero in\n12 months)")
        _bars(axes[3], y, strong, table["probability_never"], "P(not in\nhorizon)")
        for ax, kind in zip(axes[4:], kinds, strict=True):
            d, se = table[f"difference_{kind}"], table[f"se_{kind}"]
            _points(ax, y, strong, d, d - se, d + se)
            ax.axvline(0.0, color=INK, linewidth=0.7, zorder=1)
            ax.set_xlabel(heads[kind])
        names = [f"{v}{'' if ok else ' †'}" for v, ok in zip(table["variant"], table["passed"], strict=True)]
        shown = table["weight"].astype(float).where(~strong)
        weights = ["" if np.isnan(w) else f"  {w:.0%}" for w in shown]
        labels = [plain(name, width=30) + weight for name, weight in zip(names, weights, strict=True)]
        axes[0].set_yticks(y, labels)
        axes[0].set_ylim(len(table) - 0.4, -0.6)
        for ax in axes:
            ax.grid(axis="x")
            ax.set_axisbelow(True)
            ax.tick_params(axis="y", length=0)
            ax.spines["left"].set_visible(False)
        handles = [
            Line2D([], [], color=LEADER, marker="o", markersize=3.5, linewidth=0.9, label="a variant"),
        ]
        if strong.any():
            handles.append(
                Line2D([], [], color=FOLLOWER, marker="o", markersize=3.5, linewidth=0.9, label="mixture of all")
            )
        if any(weights):
            handles.append(Line2D([], [], color=MUTED, linestyle="", label="%: stacking weight"))
        rule = (
            "Gap and slope: median and 90 % equal-tailed interval. elpd: difference to the best variant ± 1 standard "
            "error over folds; differences below 4 or within 2 standard errors decide nothing."
        )
        if not table["passed"].astype(bool).all():
            rule += " †: a check failed."
        text = title or f"What each variant says on {pd.Timestamp(as_of):%Y-%m-%d}, and how well it predicted"
        return finish(fig, title=text, note=f"{rule}\n{note}".strip(), handles=handles)


def _bars(ax: Axes, y: np.ndarray, strong: np.ndarray, probability: pd.Series, label: str) -> None:
    """Probabilities with their numbers, inside the frame however long the bar."""
    for place, p, mine in zip(y, probability, strong, strict=True):
        ax.barh(place, p, height=0.5, color=FOLLOWER if mine else LEADER)
        if not np.isnan(p):
            long = p > 0.6
            at, side = (p - 0.04, "right") if long else (p + 0.04, "left")
            ax.text(at, place, f"{p:.2f}", va="center", ha=side, fontsize=6.5, color="white" if long else INK)
    ax.set_xlim(0.0, 1.0)
    ax.set_xticks([0.0, 1.0])
    ax.set_xlabel(label)


def _points(ax: Axes, y: np.ndarray, strong: np.ndarray, middle: pd.Series, lower: pd.Series, upper: pd.Series) -> None:
    for mine, colour in ((~strong, LEADER), (strong, FOLLOWER)):
        ax.hlines(y[mine], lower[mine], upper[mine], color=colour, linewidth=0.9, zorder=2)
        ax.plot(middle[mine], y[mine], "o", color=colour, markersize=3.8, markeredgecolor="white",
                markeredgewidth=0.5, zorder=3)  # fmt: skip
