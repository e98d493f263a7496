"""The answer under every other choice (a specification curve), and what leaving one unit out does to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, finish, plain, sheet, styled

__all__ = ["plot_influence", "plot_specifications"]

_PANELS = (("gap", "Gap\n(months)"), ("slope", "Slope\n(months per year)"))


def plot_specifications(
    table: pd.DataFrame, *, factors: Sequence[str], reference: str, title: str | None = None, note: str = ""
) -> Figure:
    """Gap and slope under every analysis of the factorial, sorted by slope, above a grid of what was chosen.

    Parameters
    ----------
    table : pandas.DataFrame
        ``name``, one column per factor, ``gap_*`` and ``slope_*`` (median, lower, upper), ``probability_24``.
    factors : sequence of str
        Columns of the grid.
    reference : str
        Name of the reference analysis.
    title, note : str
    """
    rows = table.dropna(subset=["slope_median"]).sort_values("slope_median", kind="stable").reset_index(drop=True)
    x = np.arange(len(rows))
    mine = (rows["name"] == reference).to_numpy()
    levels = [(factor, level) for factor in factors for level in dict.fromkeys(table[factor].dropna())]
    with styled():
        fig = sheet(7.2, 4.0 + 0.16 * len(levels))
        heights = [2.4, 2.4, 1.2, 0.16 * len(levels) / 0.45]
        axes = fig.subplots(4, 1, height_ratios=heights, sharex=True)
        for ax, (what, label) in zip(axes, _PANELS, strict=False):
            for chosen, colour in ((~mine, LEADER), (mine, FOLLOWER)):
                ax.vlines(x[chosen], rows[f"{what}_lower"][chosen], rows[f"{what}_upper"][chosen], color=colour, lw=0.9)
                ax.plot(x[chosen], rows[f"{what}_median"][chosen], "o", color=colour, markersize=3.0)
            ax.axhline(0.0, color=INK, linewidth=0.7)
            ax.set_ylabel(label)
            ax.grid(axis="y")
        axes[2].bar(x, rows["probability_24"], color=np.where(mine, FOLLOWER, LEADER), width=0.7)
        axes[2].set_ylabel("P(zero in\n24 mo.)")
        axes[2].set_ylim(0.0, max(0.25, float(rows["probability_24"].max()) * 1.15))
        grid = axes[3]
        for y, (factor, level) in enumerate(levels):
            on = (rows[factor] == level).to_numpy()
            grid.plot(x[on], np.full(on.sum(), y), "s", color=INK, markersize=2.6)
            grid.plot(x[~on], np.full((~on).sum(), y), "s", color="#E4E4E4", markersize=2.6)
        grid.set_yticks(range(len(levels)), [f"{factor}: {level}" for factor, level in levels], fontsize=6.5)
        grid.set_ylim(len(levels) - 0.4, -0.6)
        grid.set_xticks([])
        grid.set_xlabel("one analysis per column, sorted by slope")
        for ax in axes:
            ax.set_axisbelow(True)
        handles = [
            Line2D([], [], color=LEADER, marker="o", markersize=3.5, linewidth=0.9, label="another analysis"),
            Line2D([], [], color=FOLLOWER, marker="o", markersize=3.5, linewidth=0.9, label="the reference"),
        ]
        rule = "Median and 90 % equal-tailed interval."
        return finish(
            fig,
            title=title or f"{len(rows)} analyses of the same scores",
            note=f"{rule}\n{note}".strip(),
            handles=handles,
        )


def plot_influence(
    table: pd.DataFrame, *, reference: pd.Series, top: int = 12, title: str | None = None, note: str = ""
) -> Figure:
    """The units whose removal moves gap, slope or P(zero within 60 months) most.

    Parameters
    ----------
    table : pandas.DataFrame
        ``kind, left_out``, ``gap_median, slope_median, probability_60``; without the reference.
    reference : pandas.Series
        The reference's row.
    top : int
        Rows per panel.
    title, note : str
    """
    panels = (
        ("gap_median", "change of gap\n(months)"),
        ("slope_median", "change of slope\n(months per year)"),
        ("probability_60", "change of\nP(zero in 60 months)"),
    )
    colours = {"benchmark": LEADER, "organization": FOLLOWER, "model": MUTED}
    with styled():
        fig = sheet(7.2, 0.2 * top + 1.5)
        for ax, (column, label) in zip(fig.subplots(1, 3), panels, strict=True):
            change = (table[column] - float(reference[column])).dropna()
            order = change.abs().sort_values(ascending=False, kind="stable").index[:top]
            y = np.arange(len(order))
            kinds = table.loc[order, "kind"]
            ax.barh(y, change[order], color=[colours[kind] for kind in kinds], height=0.62)
            ax.set_yticks(y, [plain(str(name), width=24) for name in table.loc[order, "left_out"]], fontsize=6.5)
            ax.set_ylim(top - 0.4, -0.6)
            ax.axvline(0.0, color=INK, linewidth=0.7)
            ax.set_xlabel(label)
            ax.grid(axis="x")
            ax.set_axisbelow(True)
            ax.tick_params(axis="y", length=0)
        handles = [
            Line2D([], [], color=colour, marker="s", linestyle="", markersize=4.5, label=f"without this {kind}")
            for kind, colour in colours.items()
        ]
        low, high = float(reference["slope_lower"]), float(reference["slope_upper"])
        rule = (
            f"Change of the posterior median when one unit is left out. With everything: gap "
            f"{float(reference['gap_median']):.1f} months, slope {float(reference['slope_median']):+.1f} "
            f"({low:+.1f} to {high:+.1f}) months per year."
        )
        return finish(fig, title=title or "What leaving one out does", note=f"{rule}\n{note}".strip(), handles=handles)
