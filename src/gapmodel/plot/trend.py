"""The posterior of the average gap over time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gapmodel.lags.published_line import chain_linked_mean
from gapmodel.plot.style import CHAIN_LINKED, INK, LEADER, MUTED, date_axis, finish, plain, sheet, styled

__all__ = ["plot_average_trend"]

_BANDS = ((0.9, 0.82), (0.8, 0.66), (0.5, 0.42))  # probability, lightness
_LINKED: dict[str, Any] = {
    "color": MUTED, "marker": "x", "markersize": 3.4, "markeredgewidth": 0.8, "linestyle": "",
}  # fmt: skip


def plot_average_trend(
    trend: xr.Dataset,
    panel: xr.Dataset,
    *,
    as_of: pd.Timestamp | str,
    average: str = "average",
    title: str | None = None,
    note: str = "",
) -> Figure:
    """Median and 50, 80 and 90 % bands of the average gap, lighter and dashed after `as_of`.

    Parameters
    ----------
    trend : xarray.Dataset
        From `gapmodel.inference.gap.trend_draws`; `average` has dims ``(chain, draw, time)``, months.
    panel : xarray.Dataset
        From `gapmodel.lags.panel.compute_lags`: the raw monthly means of its exact lags are drawn as rings, the
        chain-linked ones as crosses.
    as_of : date-like
        What comes after it is a forecast.
    average : str
        Variable of `trend`.
    title, note : str
        Title (default: says what is drawn) and footer.
    """
    as_of = pd.Timestamp(as_of)
    draws = trend[average].sortby("time")
    probs = [0.5, *[q for p, _ in _BANDS for q in ((1 - p) / 2, (1 + p) / 2)]]
    quantiles = draws.quantile(probs, dim=("chain", "draw")).transpose("quantile", "time").to_numpy()
    times = pd.DatetimeIndex(draws["time"].to_numpy())
    leader, follower = (
        plain(panel.attrs.get("leader", "leader")),
        plain(panel.attrs.get("follower", "follower")),
    )
    exact = panel["lag"].where(panel["observed"] & (panel["censoring"] == 0))
    count = draws.sizes["chain"] * draws.sizes["draw"]
    past, future = np.flatnonzero(times <= as_of), np.flatnonzero(times > as_of)
    if len(past):  # the two parts meet
        future = np.append(past[-1], future)
    with styled():
        fig = sheet(7.2, 3.9)
        ax = fig.subplots()
        x = times.to_numpy()
        for part, fade in ((past, 0.0), (future, 0.5)):
            if len(part) < 2:
                continue
            for k, (_, light) in enumerate(_BANDS):
                low, high = quantiles[1 + 2 * k, part], quantiles[2 + 2 * k, part]
                ax.fill_between(x[part], low, high, color=_tint(light + fade * (1 - light)), linewidth=0, zorder=1)
            ax.plot(
                x[part],
                quantiles[0, part],
                color=LEADER,
                linewidth=1.6,
                linestyle=(0, (3, 2)) if fade else "-",
                zorder=3,
            )
        if len(times) == 1:
            ax.errorbar(
                x,
                quantiles[0],
                yerr=np.abs(quantiles[1:3] - quantiles[0]),
                color=LEADER,
                marker="o",
                capsize=3,
            )
        months = panel["month"].to_numpy()
        ax.plot(
            months,
            exact.mean("benchmark", skipna=True),
            marker="o",
            markersize=3.4,
            markerfacecolor="none",
            markeredgecolor=INK,
            markeredgewidth=0.7,
            linestyle="",
            zorder=4,
        )
        ax.plot(months, chain_linked_mean(exact)[0], zorder=4, **_LINKED)
        ax.axhline(0.0, color=INK, linewidth=0.8, zorder=2)
        if len(future) > 1:
            start: Any = max(as_of, times[0]).to_numpy()
            ax.axvline(start, color=MUTED, linewidth=0.8, linestyle=":", zorder=2)
            ax.annotate(
                f"forecast after {as_of:%Y-%m-%d}",
                (start, 1),
                xycoords=("data", "axes fraction"),
                xytext=(3, -2),
                textcoords="offset points",
                va="top",
                fontsize=7,
                color=MUTED,
            )
        first = min(times[0], pd.Timestamp(months[0]))
        last = max(times[-1], pd.Timestamp(months[-1]))
        pad = pd.Timedelta(days=max(15, (last - first).days // 60))
        date_axis(ax, first - pad, last + pad, max_ticks=12)
        ax.grid(axis="y")
        ax.set_axisbelow(True)
        ax.set_xlabel("Calendar date")
        ax.set_ylabel("Average gap (months)")
        _sides(ax, leader, follower)
        handles = [
            Line2D([], [], color=LEADER, linewidth=1.6, label="posterior median"),
            *[Patch(facecolor=_tint(light), label=f"{100 * p:.0f} % interval") for p, light in reversed(_BANDS)],
            Line2D(
                [],
                [],
                color=INK,
                marker="o",
                markersize=3.4,
                markerfacecolor="none",
                linestyle="",
                label="raw monthly mean (exact lags only)",
            ),
            Line2D([], [], label=CHAIN_LINKED, **_LINKED),
        ]
        text = title or f"Average gap of {follower} behind {leader} models: posterior of the trend"
        rule = f"Bands: equal-tailed intervals of {count:,} draws. "
        rule += (
            "Raw means leave censored months out, so they are biased, and move when benchmarks enter or leave; the "
            "chain-linked mean starts at the first month's mean and adds the mean change of the benchmarks present in "
            "both months."
        )
        return finish(fig, title=text, note=f"{rule}\n{note}".strip(), handles=handles)


def _sides(ax, leader: str, follower: str) -> None:
    """Say what either side of zero means, where both are in view."""
    low, high = ax.get_ylim()
    ax.set_ylim(min(low, 0.0 - 0.05 * (high - low)), max(high, 0.05 * (high - low)))
    low, high = ax.get_ylim()
    for sign, name in ((1, leader), (-1, follower)):
        if (high if sign > 0 else -low) > 0.12 * (high - low):
            ax.annotate(
                f"{name} ahead",
                (0, 0),
                xycoords=("axes fraction", "data"),
                xytext=(3, 3 * sign),
                textcoords="offset points",
                va="bottom" if sign > 0 else "top",
                fontsize=7,
                color=MUTED,
                zorder=5,
            )


def _tint(lightness: float) -> tuple[float, float, float]:
    """The leader's colour mixed with white; opaque, so that nothing shines through."""
    r, g, b = (c + (1 - c) * lightness for c in to_rgb(LEADER))
    return r, g, b
