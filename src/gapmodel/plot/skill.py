"""How well past forecasts did: error by horizon beside the baselines, coverage of intervals, and PIT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, finish, plain, sheet, styled

__all__ = ["plot_skill"]

# Okabe & Ito (2008), without the two colours of the groups.
_BASELINES = ("#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#6B6B6B", "#B5A642")
_MARKS = ("s", "^", "v", "D", "P", "X")
_LEVELS = (50, 80, 90)
_TARGETS = (("benchmark", "single benchmarks"), ("average", "average"))
_BINS = 10
_TICKS = (1, 3, 6, 9, 12)


def plot_skill(
    table: pd.DataFrame,
    forecasts: pd.DataFrame,
    *,
    emphasised: Sequence[str],
    title: str | None = None,
    note: str = "",
) -> Figure:
    """CRPS by horizon for single benchmarks and the average, coverage by horizon, and the PIT of the first method.

    Parameters
    ----------
    table : pandas.DataFrame
        From `gapmodel.validation.skill.skill_table`.
    forecasts : pandas.DataFrame
        ``method, target, pit``.
    emphasised : sequence of str
        Methods that are tested, the first in the second colour with its errors, further ones in ink; the others are
        baselines. Coverage and PIT show the first.
    title, note : str
    """
    targets = [(key, words) for key, words in _TARGETS if (table["target"] == key).any()]
    methods = list(dict.fromkeys(table["method"]))
    tested = [name for name in emphasised if name in methods]
    others = [name for name in methods if name not in tested]
    with styled():
        fig = sheet(7.2, 2.0 * len(targets) + 1.5)
        axes = fig.subplots(len(targets), 3, squeeze=False, width_ratios=[3, 2.2, 1.8])
        for row, (key, words) in zip(axes, targets, strict=True):
            part = table[(table["target"] == key) & (table["horizon"] != "all")]
            _crps(row[0], part, tested, others)
            row[0].set_ylabel(f"{words}\nCRPS (months)")
            if tested:
                _coverage(row[1], part[part["method"] == tested[0]])
                pit = forecasts[(forecasts["method"] == tested[0]) & (forecasts["target"] == key)]["pit"]
                _pit(row[2], pit.to_numpy(dtype=float))
        for ax in axes[:, :2].flat:
            ax.set_xticks(_TICKS)
            ax.set_xlim(0.5, _TICKS[-1] + 0.5)
        for ax, words in zip(axes[-1], ("Months ahead", "Months ahead", "PIT"), strict=True):
            ax.set_xlabel(words)
        handles = [Line2D([], [], **_tested_style(k), label=plain(name)) for k, name in enumerate(tested)]
        handles += [
            Line2D(
                [],
                [],
                color=_colour(k),
                marker=_MARKS[k % len(_MARKS)],
                markersize=3.0,
                linewidth=0.8,
                label=plain(name),
            )
            for k, name in enumerate(others)
        ]
        rule = (
            "Left: mean CRPS, lower is better, ± 1 standard error for the first method; the axis ends at three times "
            "the highest value of the best baseline. Middle: share of outcomes in 50, 80 and 90 % intervals, wanted at "
            "the dotted lines. Right: probability integral transform, wanted flat; randomised for censored outcomes. "
            "Coverage and PIT of the first method named. Standard errors allow for overlap between cutoffs."
        )
        shown = title or "How forecasts made at past cutoffs compare with what came"
        return finish(fig, title=shown, note=f"{rule}\n{note}".strip(), handles=handles)


def _tested_style(k: int) -> dict[str, Any]:
    """The first method tested stands out; further ones are told apart by dashes and marks."""
    if k == 0:
        return {"color": FOLLOWER, "marker": "o", "markersize": 3.4, "linewidth": 1.6}
    mark, dashes = "sD^vP*"[(k - 1) % 6], ("--", ":", "-.", (0, (6, 1)), (0, (1, 1)))[(k - 1) % 5]
    return {"color": INK, "marker": mark, "markersize": 2.8, "linewidth": 0.9, "linestyle": dashes}


def _colour(k: int) -> str:
    return _BASELINES[k % len(_BASELINES)]


def _crps(ax: Axes, part: pd.DataFrame, tested: Sequence[str], others: Sequence[str]) -> None:
    tops = []
    for k, name in enumerate(others):
        line = part[part["method"] == name]
        h = line["horizon"].astype(int)
        tops.append(float(line["crps"].max()))
        ax.plot(
            h, line["crps"], color=_colour(k), marker=_MARKS[k % len(_MARKS)], markersize=2.6, linewidth=0.8, zorder=2
        )
    for k, name in enumerate(tested):
        line = part[part["method"] == name]
        h, value = line["horizon"].astype(int), line["crps"].to_numpy(dtype=float)
        se = np.nan_to_num(line["crps_se"].to_numpy(dtype=float))
        if k == 0:
            ax.fill_between(h, value - se, value + se, color=FOLLOWER, alpha=0.15, linewidth=0, zorder=1)
        ax.plot(h, value, **_tested_style(k), zorder=3 if k else 4)
    if tops:
        own = part[part["method"].isin(tested)]["crps"].max() if tested else 0.0
        ax.set_ylim(0.0, min(1.05 * part["crps"].max(), max(3.0 * min(tops), 1.3 * own)))
    ax.grid(axis="y")
    ax.set_axisbelow(True)


def _coverage(ax: Axes, line: pd.DataFrame) -> None:
    h = line["horizon"].astype(int)
    for level, shade in zip(_LEVELS, (0.45, 0.7, 1.0), strict=True):
        ax.axhline(level / 100, color=MUTED, linestyle=":", linewidth=0.8, zorder=1)
        ax.plot(
            h, line[f"coverage_{level}"], color=LEADER, alpha=shade, marker="o", markersize=2.6, linewidth=1.0, zorder=2
        )
        ax.text(_TICKS[-1] + 0.7, level / 100, f"{level} %", va="center", fontsize=6.5, color=MUTED)
    ax.set_ylim(0.0, 1.03)
    ax.set_ylabel("Coverage")


def _pit(ax: Axes, pit: np.ndarray) -> None:
    share, edges = np.histogram(pit, bins=_BINS, range=(0.0, 1.0))
    ax.bar(edges[:-1], share / max(len(pit), 1), width=1.0 / _BINS, align="edge", color=LEADER, edgecolor="white",
           linewidth=0.4)  # fmt: skip
    ax.axhline(1.0 / _BINS, color=INK, linewidth=0.7, linestyle=":")
    ax.set_xlim(0.0, 1.0)
    ax.set_ylabel("Share")
