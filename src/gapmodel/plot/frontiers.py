"""Small multiples of the two frontiers of each benchmark, with the lag as an arrow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, date_axis, finish, plain, sheet, styled
from gapmodel.units import DAYS_PER_MONTH

__all__ = ["plot_frontiers"]

_WINDOW = "#F0F0F0"
# Records of much older models would squeeze the window; the step line still comes in from the left.
_MAX_HISTORY_MONTHS = 36


def plot_frontiers(
    frontiers: pd.DataFrame,
    panel: xr.Dataset,
    *,
    direction: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    n_arrows: int = 1,
    title: str | None = None,
    note: str = "",
) -> Figure:
    """Step lines of leader and follower, one benchmark per panel.

    Parameters
    ----------
    frontiers : pandas.DataFrame
        Records of both groups, `gapmodel.lags.panel.Lags.frontiers`; those on benchmarks not in `panel` are left out.
    panel : xarray.Dataset
        From `gapmodel.lags.panel.compute_lags`.
    direction : mapping, optional
        ``'lower'`` or ``'higher'`` is better; where absent it is read off the records.
    units : mapping, optional
        Unit of each benchmark's score, for its axis.
    n_arrows : int
        Lags shown, 1 to 3: the last observed month of the window and earlier ones at even distances.
    title, note : str
        Title (default: says what is drawn) and footer.
    """
    each = {str(name): table for name, table in frontiers.groupby("benchmark")}
    names = [str(b) for b in panel["benchmark"].to_numpy() if str(b) in each]
    first, last = _limits([each[n] for n in names], panel)
    columns = min(3, max(len(names), 1))  # as wide as a column of text: more would be too small to read there
    rows = max(math.ceil(len(names) / columns), 1)
    leader, follower = (
        plain(panel.attrs.get("leader", "leader")),
        plain(panel.attrs.get("follower", "follower")),
    )
    with styled():
        fig = sheet(7.2, 1.55 * rows + 1.3)
        grid = fig.subplots(rows, columns, squeeze=False)
        for ax, name in zip(grid.flat, names, strict=False):
            lower = _lower_is_better(name, each[name], direction)
            lag = _draw(ax, each[name], panel.sel(benchmark=name), n_arrows)
            _heading(ax, str(panel["title"].sel(benchmark=name).item()), lag)
            _unit(ax, (units or {}).get(name, ""), lower)
            date_axis(ax, first, last, max_ticks=5)
            ax.yaxis.set_major_locator(MaxNLocator(4, min_n_ticks=2))
        for k, ax in enumerate(grid.flat):
            ax.set_visible(k < len(names))
            if k + columns < len(names):
                ax.tick_params(labelbottom=False)
            else:
                ax.set_xlabel("Date", fontsize=7.5)
        fig.supylabel("Best score so far\n(each benchmark's own unit)", fontsize=8)
        handles = [
            Line2D([], [], color=LEADER, marker="o", markersize=3, label=f"{leader} frontier"),
            Line2D([], [], color=FOLLOWER, marker="s", markersize=3, label=f"{follower} frontier"),
            Line2D([], [], color=INK, marker=">", markersize=4, markevery=[1], label="lag at a month-end"),
            Line2D(
                [],
                [],
                color=INK,
                linestyle=(0, (2, 1.5)),
                marker=">",
                markersize=4,
                markerfacecolor="white",
                markevery=[1],
                label="censored lag (a bound)",
            ),
            Patch(facecolor=_WINDOW, edgecolor="#BDBDBD", linewidth=0.5, label="observation window"),
        ]
        many = "benchmark" if len(names) == 1 else "benchmarks"
        text = title or f"Frontiers of {leader} and {follower} models on {len(names)} {many}"
        return finish(fig, title=text, note=note, handles=handles)


def _unit(ax: Axes, unit: str, lower: bool) -> None:
    if unit or lower:
        label = plain(unit, width=26) or "score"
        ax.set_ylabel(label + "\n(lower is better)" * lower, fontsize=6.5)


def _limits(tables: list[pd.DataFrame], panel: xr.Dataset) -> tuple[Any, Any]:
    months = pd.DatetimeIndex(panel["month"].to_numpy())
    oldest = months[0] - pd.DateOffset(months=_MAX_HISTORY_MONTHS)
    first = max(min([table["date"].min() for table in tables] + [months[0]]), oldest)
    return first - pd.Timedelta(days=20), months[-1] + pd.Timedelta(days=25)


def _lower_is_better(name: str, records: pd.DataFrame, direction: Mapping[str, str] | None) -> bool:
    if direction is not None and name in direction:
        return direction[name] == "lower"
    return bool((records.groupby("role")["level"].diff() < 0).any())


def _heading(ax: Axes, name: str, lag: str) -> None:
    """Benchmark name on at most two short lines, and the lag in a lighter one."""
    name = plain(name, width=22, lines=2)
    ax.set_title(name + "\n", loc="left", fontsize=7, fontweight="bold", pad=4)
    ax.annotate(
        lag,
        (0, 1),
        xytext=(0, 2.5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=6.5,
        color=MUTED,
        va="bottom",
    )


def _draw(ax: Axes, records: pd.DataFrame, row: xr.Dataset, n_arrows: int) -> str:
    """Draw one benchmark; return its last lag as text."""
    text = "no lag in the window"
    months = row["month"].to_numpy().astype("datetime64[D]")
    inside = months[row["in_window"].to_numpy()]
    if len(inside):
        ax.axvspan(inside[0], inside[-1], color=_WINDOW, zorder=0, linewidth=0)
    for role, colour, marker, z in (("leader", LEADER, "o", 3), ("follower", FOLLOWER, "s", 4)):
        of_role = records[records["role"] == role]
        if not len(of_role):
            continue
        dates, levels = of_role["date"].to_numpy().astype("datetime64[D]"), of_role["level"].to_numpy()
        end = max([dates[-1], *inside[-1:]])
        ax.step(
            np.append(dates, end), np.append(levels, levels[-1]), where="post", color=colour, linewidth=1.1, zorder=z
        )
        ax.plot(dates, levels, marker, color=colour, markersize=2.3, linestyle="", zorder=z)
    observed = np.flatnonzero(row["observed"].to_numpy())
    if len(observed):
        wanted = min(max(n_arrows, 1), 3)
        chosen = sorted({int(observed[-1 - (len(observed) * i) // wanted]) for i in range(wanted)})
        for k in chosen:
            text = _arrow(ax, records, row.isel(month=k))
    ax.margins(y=0.1)
    return text


def _arrow(ax: Axes, records: pd.DataFrame, cell: xr.Dataset) -> str:
    """The lag of one month, also as text: at the level reached late, from its first date to the month."""
    lag, censoring = float(cell["lag"]), int(cell["censoring"])
    behind = lag > 0 or (lag == 0 and censoring >= 0)
    level = float(cell["follower_level" if behind else "leader_level"])
    if math.isnan(level):  # at the floor: counted from the other's first level
        level = float(records.loc[records["role"] == ("leader" if behind else "follower"), "level"].iloc[0])
    end = cell["month"].to_numpy().astype("datetime64[D]")
    start = end - np.timedelta64(round(abs(lag) * DAYS_PER_MONTH), "D")
    ax.annotate(
        "",
        xy=(end, level),
        xytext=(start, level),
        zorder=6,
        arrowprops={
            "arrowstyle": "-|>,head_width=0.16,head_length=0.34",
            "edgecolor": INK,
            "linewidth": 0.9,
            "facecolor": INK if censoring == 0 else "white",
            "shrinkA": 0,
            "shrinkB": 0,
            "linestyle": "-" if censoring == 0 else (0, (2, 1.5)),
        },
    )
    bound = {1: "≥ ", -1: "≤ "}.get(censoring, "")
    number = f"{lag:.1f}".replace("-", "−")
    return f"lag {bound}{number} months ({str(end)[:7]})"
