"""Calibration of the forecasts of a ledger, with how few independent outcomes there are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy import stats

from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, finish, sheet, styled

__all__ = ["plot_ledger"]

_LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
_HORIZONS = (3, 6, 12)
_BAND = 0.9


def plot_ledger(
    forecasts: pd.DataFrame, independent: pd.DataFrame, *, title: str | None = None, note: str = ""
) -> Figure:
    """How often outcomes were below the quantiles that were stated, up to 3, 6 and 12 months ahead.

    On the diagonal statements are calibrated. Below it on the left and above it on the right: intervals too wide; above
    on the left and below on the right: too narrow. The grey range is where a calibrated ledger is 90 % of the time, had
    it as many outcomes as it has forecasts that share no month.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        ``target, horizon, cutoff, pit`` of due forecasts, from `gapmodel.ledger.scoring.score_ledger`.
    independent : pandas.DataFrame
        ``method, horizon, outcomes, cutoffs, independent``, from there too.
    title, note : str
    """
    fine = np.linspace(0.0, 1.0, 101)
    with styled():
        fig = sheet(7.2, 3.3)
        axes = fig.subplots(1, len(_HORIZONS), sharex=True, sharey=True)
        for ax, horizon in zip(axes, _HORIZONS, strict=True):
            here = forecasts[forecasts["horizon"] <= horizon]
            few = independent[independent["horizon"] <= horizon]
            n = int(few[few["horizon"] == few["horizon"].max()]["independent"].sum()) if len(few) else 0
            if n:
                low, high = (stats.binom.ppf(q, n, fine) / n for q in ((1 - _BAND) / 2, (1 + _BAND) / 2))
                ax.fill_between(fine, low, high, color=MUTED, alpha=0.2, linewidth=0)
            ax.plot([0, 1], [0, 1], color=INK, linewidth=0.6)
            for target, colour, mark in (("benchmark", LEADER, "o"), ("average", FOLLOWER, "s")):
                pit = here.loc[here["target"] == target, "pit"].to_numpy(dtype=float)
                if len(pit):
                    share = [float((pit <= level).mean()) for level in _LEVELS]
                    ax.plot(_LEVELS, share, color=colour, marker=mark, markersize=3.4, linewidth=0.9)
            ax.set_title(f"1 to {horizon} months ahead\n{len(here)} outcomes, {n} independent", fontsize=7.5)
            ax.set_xlabel("Stated probability")
            ax.set_xlim(0.0, 1.0)
            ax.set_ylim(-0.02, 1.02)
        axes[0].set_ylabel("Share of outcomes below")
        handles = [
            Line2D([], [], color=LEADER, marker="o", markersize=3.5, linewidth=0.9, label="lag of a benchmark"),
            Line2D([], [], color=FOLLOWER, marker="s", markersize=3.5, linewidth=0.9, label="average lag"),
            Patch(color=MUTED, alpha=0.2, linewidth=0, label="90 % range of so many independent outcomes"),
        ]
        rule = (
            "Below the diagonal on the left and above it on the right: intervals too wide; the other way round: too "
            "narrow. Independent: forecasts whose months do not overlap; lags of one day and of neighbouring months "
            "move together. Of an outcome that is a bound the place is drawn from what is possible, as in the backtest."
        )
        shown = title or "What became of the forecasts of the ledger"
        return finish(fig, title=shown, note=f"{rule}\n{note}".strip(), handles=handles)
