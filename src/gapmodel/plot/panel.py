"""Heat map of the lag panel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, date_axis, finish, plain, sheet, styled

__all__ = ["plot_panel"]

# Blue where the leader is ahead, vermilion where the follower is; never white, which means "no data".
_CMAP = LinearSegmentedColormap.from_list(
    "gap", ["#7A3300", FOLLOWER, "#F3C6A5", "#F4F1EA", "#A9CFE6", LEADER, "#00344F"]
)
_LIMITS = (3, 6, 12, 18, 24)  # months; a colour bar beyond two years would wash out the rest
_EMPTY = "#D0D0D0"


def plot_panel(panel: xr.Dataset, *, title: str | None = None, note: str = "") -> Figure:
    """Lag of every benchmark in every month, months by colour.

    Benchmarks are grouped by category. In the window a cell that says only "at least" has a ``+``,
    "at most" a ``-``; a cell without any lag is hatched. Cells outside the window are blank.

    Parameters
    ----------
    panel : xarray.Dataset
        From `gapmodel.lags.panel.compute_lags`.
    title, note : str
        Title (default: says what is drawn) and footer.
    """
    categories = np.array([str(c) for c in panel["category"].to_numpy()], dtype=object)
    start = panel["in_window"].argmax("month").to_numpy()
    titles = [str(t) for t in panel["title"].to_numpy()]
    order = sorted(range(len(titles)), key=lambda k: (categories[k], start[k], titles[k].lower()))
    panel, categories = panel.isel(benchmark=order), categories[order]
    titles = [plain(titles[k], width=44) for k in order]
    lag = panel["lag"].to_numpy()
    inside, seen = panel["in_window"].to_numpy(), panel["observed"].to_numpy()
    n, n_months = lag.shape
    months = pd.DatetimeIndex(panel["month"].to_numpy())
    edges = np.append(months - pd.offsets.MonthBegin(1), months[-1:] + pd.Timedelta(days=1)).astype("datetime64[D]")
    middle = edges[:-1] + (edges[1:] - edges[:-1]) // 2
    largest = float(np.nanmax(np.abs(lag), initial=0.0, where=seen))
    limit = next((v for v in _LIMITS if v >= largest), _LIMITS[-1])
    norm = Normalize(-limit, limit)
    leader, follower = (
        plain(panel.attrs.get("leader", "leader")),
        plain(panel.attrs.get("follower", "follower")),
    )

    with styled():
        fig = sheet(max(7.2, min(3.6 + 0.12 * n_months, 11.0)), max(0.185 * n, 0.9) + 1.6)
        ax = fig.subplots()
        mesh = ax.pcolormesh(
            edges,
            np.arange(n + 1),
            np.ma.masked_where(~seen, lag),
            cmap=_CMAP,
            norm=norm,
            edgecolors="white",
            linewidth=0.4,
        )
        for b, m in zip(*np.nonzero(inside & ~seen), strict=True):
            ax.fill_between(
                edges[[m, m + 1]], b, b + 1, facecolor="white", edgecolor=_EMPTY, hatch="//////", linewidth=0
            )
        for code, marker in ((1, "+"), (-1, "_")):
            b, m = np.nonzero(seen & (panel["censoring"].to_numpy() == code))
            colours = np.where(np.abs(lag[b, m]) > 0.45 * limit, "white", INK)
            ax.scatter(middle[m], b + 0.5, marker=marker, s=14, c=list(colours), linewidths=0.8)
        for b in range(1, n):
            if categories[b] != categories[b - 1]:
                ax.axhline(b, color=MUTED, linewidth=0.7)
        ax.set_ylim(n, 0)
        ax.set_yticks(np.arange(n) + 0.5, titles)
        ax.tick_params(axis="y", length=0)
        date_axis(ax, edges[0], edges[-1], max_ticks=12)
        ax.set_xlabel("Month-end (calendar)")
        ax.set_ylabel("Benchmark")
        side = ax.secondary_yaxis("right")
        firsts = [b for b in range(n) if b == 0 or categories[b] != categories[b - 1]]
        lasts = [*firsts[1:], n]
        side.set_yticks(
            [(a + z) / 2 for a, z in zip(firsts, lasts, strict=True)], [plain(categories[b], width=30) for b in firsts]
        )
        side.tick_params(length=0, labelcolor=MUTED, labelsize=7.5)
        side.spines["right"].set_visible(False)
        over, under = bool((lag[seen] > limit).any()), bool((lag[seen] < -limit).any())
        extend = "both" if over and under else "max" if over else "min" if under else "neither"
        bar = fig.colorbar(
            mesh,
            ax=ax,
            orientation="horizontal",
            extend=extend,
            aspect=45,
            shrink=0.75,
            pad=0.02,
            fraction=0.05,
        )
        bar.set_label(f"Lag (months): below 0 {follower} ahead, above 0 {leader} ahead", fontsize=7.5)
        bar.ax.xaxis.set_major_locator(MultipleLocator(limit / 3))
        bar.ax.xaxis.set_major_formatter(lambda v, _: f"{v:g}".replace("-", "−"))
        handles = [
            Line2D([], [], color=INK, marker="+", linestyle="", markersize=5, label="at least (right-censored)"),
            Line2D([], [], color=INK, marker="_", linestyle="", markersize=5, label="at most (left-censored)"),
            Patch(facecolor="white", edgecolor=_EMPTY, hatch="//////", label="in the window, no lag"),
            Patch(facecolor="white", edgecolor="#BDBDBD", linewidth=0.5, label="outside the window"),
        ]
        text = title or f"Lag of {follower} behind {leader} models on {n} benchmark{'s'[: n != 1]}, by month"
        return finish(fig, title=text, note=note, handles=handles)
