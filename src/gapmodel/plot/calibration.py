"""Ranks of known truths against their band, and what intervals covered on simulated tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, finish, plain, sheet, styled
from gapmodel.stats.uniformity import BAND_PROB, band

__all__ = ["plot_ecdf_differences", "plot_false_alarms"]

_COLUMNS = 4
_MARKS = ("o", "s", "^", "D", "v", "P")
# Okabe & Ito (2008), without the two colours of the groups.
_COLOURS = (LEADER, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", INK)


def plot_ecdf_differences(ranks: pd.DataFrame, table: pd.DataFrame, *, title: str, note: str = "") -> Figure:
    """Distribution function of the ranks of each quantity, less the diagonal, in its simultaneous band.

    Parameters
    ----------
    ranks : pandas.DataFrame
        ``quantity, u`` of one variant.
    table : pandas.DataFrame
        ``quantity, n, p_value, inside_band, passed`` of that variant, in the order of the panels.
    title, note : str
    """
    rows = -(-len(table) // _COLUMNS)
    with styled():
        fig = sheet(7.2, 1.35 * rows + 1.5)
        axes = fig.subplots(rows, _COLUMNS, sharex=True, sharey=True, squeeze=False)
        for ax, row in zip(axes.flat, table.to_dict("records"), strict=False):
            _difference(ax, ranks.loc[ranks["quantity"] == row["quantity"], "u"].to_numpy(), row)
        for ax in axes.flat[len(table) :]:
            ax.set_visible(False)
        for ax in axes[:, 0]:
            ax.set_ylabel("ECDF − rank")
        for k, ax in enumerate(axes.flat[: len(table)]):
            if k + _COLUMNS >= len(table):
                ax.set_xlabel("Rank of the truth")
                ax.tick_params(labelbottom=True)
        inside = table["inside_band"].astype(bool)
        handles = [
            *([Line2D([], [], color=LEADER, label="inside the band")] if inside.any() else []),
            *([] if inside.all() else [Line2D([], [], color=FOLLOWER, label="outside")]),
            Patch(color=MUTED, alpha=0.25, linewidth=0, label=f"simultaneous band of {100 * BAND_PROB:.0f} %"),
        ]
        rule = (
            "Ranks are uniform where posterior and truth agree. A curve above zero on the left and below on the right: "
            "intervals too narrow. All above: the posterior lies too high; all below: too low. Of curves that are "
            "fine, one in twenty leaves its band. †: outside even when the number of panels is allowed for."
        )
        return finish(fig, title=title, note=f"{rule}\n{note}".strip(), handles=handles)


def _difference(ax: Axes, u: np.ndarray, row: dict) -> None:
    limits = band(len(u))
    at = np.concatenate([[0.0], limits.at, [1.0]])
    low, high = (np.concatenate([[0.0], edge - limits.at, [0.0]]) for edge in (limits.lower, limits.upper))
    ax.fill_between(at, low, high, color=MUTED, alpha=0.25, linewidth=0)
    u = np.sort(u)
    steps = np.repeat(u, 2)
    level = np.repeat(np.arange(len(u) + 1) / len(u), 2)[1:-1]
    colour = LEADER if row["inside_band"] else FOLLOWER
    ax.plot(np.concatenate([[0.0], steps, [1.0]]), np.concatenate([[0.0], level - steps, [0.0]]), color=colour,
            linewidth=1.0)  # fmt: skip
    ax.axhline(0.0, color=INK, linewidth=0.5)
    mark = "" if row["passed"] else " †"
    p = f"p = {row['p_value']:.2g}" if row["p_value"] > 1e-4 else "p < 0.0001"
    ax.set_title(f"{plain(row['quantity'], width=26)}{mark}\n{p}", fontsize=7.0)
    ax.set_xlim(0.0, 1.0)
    ax.set_xticks([0.0, 0.5, 1.0], ["0", "0.5", "1"])


def plot_false_alarms(table: pd.DataFrame, *, wanted: float = 0.9, title: str | None = None, note: str = "") -> Figure:
    """Coverage of gap and slope, and announcements of zero, by method, regime and scenario.

    Parameters
    ----------
    table : pandas.DataFrame
        From `gapmodel.validation.false_alarms.false_alarm_table`.
    wanted : float
        Coverage aimed at.
    title, note : str
    """
    methods, regimes, scenarios = (list(dict.fromkeys(table[name])) for name in ("method", "regime", "scenario"))
    panels = (("gap_coverage", "Gap: coverage"), ("slope_coverage", "Slope: coverage"),
              ("zero_within_12_months", "Zero announced"))  # fmt: skip
    # Scenarios side by side within the row of their regime.
    step = 0.7 / max(len(scenarios), 1)
    with styled():
        fig = sheet(7.2, len(methods) * (0.24 * len(regimes) + 0.45) + 1.7)
        axes = fig.subplots(len(methods), 3, sharex="col", sharey=True, squeeze=False)
        for row, method in zip(axes, methods, strict=True):
            part = table[table["method"] == method]
            for ax, (column, words) in zip(row, panels, strict=True):
                for k, scenario in enumerate(scenarios):
                    here = part[part["scenario"] == scenario]
                    y = np.array([regimes.index(r) for r in here["regime"]]) + (k - (len(scenarios) - 1) / 2) * step
                    value, error = here[column].to_numpy(), here[f"{column}_mcse"].to_numpy()
                    colour = _COLOURS[k % len(_COLOURS)]
                    ax.hlines(y, value - error, value + error, color=colour, linewidth=0.8)
                    ax.plot(value, y, _MARKS[k % len(_MARKS)], color=colour, markersize=3.2)
                ax.axvline(wanted if "coverage" in column else 0.05, color=MUTED, linestyle=":", linewidth=0.8)
                ax.set_xlim(-0.03, 1.03)
                ax.grid(axis="y")
                ax.set_axisbelow(True)
                ax.tick_params(axis="y", length=0)
                if method == methods[-1]:
                    ax.set_xlabel(words)
            row[0].set_yticks(range(len(regimes)), [plain(r.replace("_", " ")) for r in regimes])
            row[0].set_ylim(len(regimes) - 0.5, -0.5)
            row[0].set_title(plain(method, width=40), loc="left", fontweight="bold")
        handles = [
            Line2D([], [], color=_COLOURS[k % len(_COLOURS)], marker=_MARKS[k % len(_MARKS)], markersize=3.5,
                   linewidth=0.8, label=plain(name.replace("_", " ")))
            for k, name in enumerate(scenarios)
        ]  # fmt: skip
        rule = (
            f"Coverage of 90 % intervals, wanted at the dotted line ({100 * wanted:.0f} %); slope over the last 12 "
            "months. Zero announced: share of tables in which P(zero within 12 months) is above 0.5, which is false in "
            "every scenario; at most 5 % is aimed at (dotted). Bars: Monte Carlo standard error."
        )
        text = title or "What intervals covered on simulated tables whose lag is known"
        return finish(fig, title=text, note=f"{rule}\n{note}".strip(), handles=handles)
