"""The headline picture: the lags that are known, what is known of the others, and the trend fitted to both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from gapmodel.lags.published_line import chain_linked_mean
from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, date_axis, finish, plain, sheet, styled

__all__ = ["incomplete_from", "plot_average_trend"]

_BAND_LIGHTNESS = 0.72
_BIN_MONTHS = 0.5  # lags nearer than this are one point
_FEWEST = 3  # benchmarks behind a month of the mean: fewer are a few points, which the picture shows anyway
_MONTHS_AHEAD = 24  # farther out the band would take the room that the lags need


def incomplete_from(lags: pd.DataFrame) -> pd.Timestamp | None:
    """First of the latest months whose evaluation is incomplete, or None.

    A lag is settled once a later model of both groups has been run on its benchmark: until then the models of its
    month may simply not have been run. The months after the last one of which at least half of the lags are settled
    are incomplete.

    Parameters
    ----------
    lags : pandas.DataFrame
        From `gapmodel.lags.panel.panel_table`: ``benchmark, month, lag_months, n_leader, n_follower``.

    Examples
    --------
    >>> import pandas as pd
    >>> months = pd.to_datetime(["2026-05-31", "2026-06-30", "2026-07-31"])
    >>> incomplete_from(pd.DataFrame({"benchmark": "a", "month": months, "lag_months": [1.0, 2.0, 3.0],
    ...                               "n_leader": [1, 2, 3], "n_follower": [1, 2, 2]}))
    Timestamp('2026-06-30 00:00:00')
    """
    known = lags.dropna(subset="lag_months")
    final = known.groupby("benchmark")[["n_leader", "n_follower"]].transform("max")
    settled = (known[["n_leader", "n_follower"]] < final).all(axis=1).groupby(known["month"]).mean()
    complete = settled.index[settled >= 0.5]
    later = settled.index if not len(complete) else settled.index[settled.index > complete.max()]
    return pd.Timestamp(later.min()) if len(later) else None


def plot_average_trend(
    bands: pd.DataFrame,
    lags: pd.DataFrame,
    *,
    as_of: pd.Timestamp | str,
    forms: Mapping[str, pd.DataFrame] | None = None,
    fitted: bool = True,
    title: str | None = None,
    subtitle: str = "",
    note: str = "",
) -> Figure:
    """Every lag behind the answer, bounds as arrows, and the trend of their average with its 90 % band.

    Parameters
    ----------
    bands : pandas.DataFrame
        ``date, q05, q50, q95`` of the average trend, months; see `gapmodel.analysis.analyse.Analysis.bands`.
    lags : pandas.DataFrame
        From `gapmodel.lags.panel.panel_table`.
    as_of : date-like
        What comes after it is a forecast.
    forms : mapping, optional
        Variant → its ``date, q50``: the range of their medians and that of `bands` is drawn as a hatched area.
    fitted : bool
        Whether the trend is of a model of these lags, and not of one of scores or waiting times.
    title, subtitle, note : str
        Title (default: says what is drawn), the line under it, and footer.

    Notes
    -----
    The chain-linked mean, `gapmodel.lags.published_line.chain_linked_mean`, adds to its value of the month before the
    mean change of the benchmarks with an exact lag in both months, as a chained index links its periods (ILO et al.,
    Consumer Price Index Manual, 2004, chapter 9). So it does not jump where a benchmark enters or leaves. Here it is
    shifted as a whole, so that its last month is the plain mean, and months with fewer than three exact lags are left
    out.
    """
    as_of = pd.Timestamp(as_of)
    bands = bands.sort_values("date")
    bands = bands[bands["date"] <= max(as_of, bands["date"].min()) + pd.DateOffset(months=_MONTHS_AHEAD)]
    times = pd.DatetimeIndex(bands["date"])
    known = lags.dropna(subset="lag_months")
    leader, follower = (plain(str(lags[role].iloc[0])) for role in ("leader", "follower"))
    start = incomplete_from(lags)
    months = pd.DatetimeIndex(lags["month"])
    first, last = min(times[0], months.min()), max(times[-1], months.max())
    past = times <= as_of
    # The two parts meet.
    future = ~past | (times == times[past][-1]) if past.any() else ~past
    with styled():
        fig = sheet(7.2, 4.6)
        ax = fig.subplots()
        for part, light in ((past, _BAND_LIGHTNESS), (future, 0.87)):
            mine = bands[part]
            ax.fill_between(mine["date"], mine["q05"], mine["q95"], color=_tint(LEADER, light), linewidth=0, zorder=1)
            dashed = part is future
            style: Any = (0, (3, 2)) if dashed else "-"
            ax.plot(mine["date"], mine["q50"], color=LEADER, linewidth=2.0, linestyle=style, zorder=5)
        if forms:
            _forms(ax, [bands, *forms.values()], times)
        _marks(ax, known, start)
        chained = _chain(ax, known)
        ax.axhline(0.0, color=INK, linewidth=0.8, zorder=2)
        low = min(0.0, float(known["lag_months"].min()), float(bands["q05"].min()))
        high = max(1.0, float(known["lag_months"].max()), float(bands["q95"].max()))
        room = 0.08 * (high - low)
        ax.set_ylim(low - room, high + room)
        if (times > as_of).any():
            ax.axvline(date2num(as_of), color=MUTED, linewidth=0.8, linestyle=":", zorder=2)
            _label(ax, f"forecast after {as_of:%Y-%m-%d}", (as_of, high + room), (4, -2), MUTED, va="top")
        pad = pd.Timedelta(days=max(15, (last - first).days // 60))
        date_axis(ax, first - pad, last + pad, max_ticks=12)
        ax.grid(axis="y")
        ax.set_axisbelow(True)
        ax.set_ylabel(f"Months {follower} is behind {leader}")
        _label(ax, f"0: {follower} level with {leader}", (first, 0.0), (0, -3), MUTED, va="top")
        most = int(_counts(known)["n"].max())
        handles: list[Any] = [
            Line2D([], [], color=_shade(n, most), marker="o", markersize=5, linestyle="", label=label)
            for n, label in ((1, "lag of one benchmark"), (most, f"of {most} with the same lag"))
            if n == most or most > 1
        ]
        for code, marker, words in ((1, "^", "at least"), (-1, "v", "at most")):
            if (known["censoring"] == code).any():
                label = f"only a bound is known: {words} this"
                handles.append(Line2D([], [], color=FOLLOWER, marker=marker, markersize=5, linestyle="", label=label))
        if chained:
            handles.append(Line2D([], [], color=INK, linewidth=1.3, label="mean of the exact lags"))
        handles.append(Line2D([], [], color=LEADER, linewidth=2.0, label="trend of the average"))
        handles.append(Patch(color=_tint(LEADER, _BAND_LIGHTNESS), label="its 90 % interval"))
        if forms:
            label = f"range over {len(forms) + 1} variants of the model"
            handles.append(Patch(facecolor="none", edgecolor=MUTED, hatch="////", label=label))
        rule = (
            "The trend is fitted to points and arrows alike."
            if fitted
            else "The trend is of a model that was not fitted to these lags: they are drawn to compare."
        )
        if chained:
            rule += (
                " The black line uses the points alone, so it leaves out the long lags of which only a bound is known. "
                "It is chain-linked: each month adds the mean change of the benchmarks known exactly in that month and "
                "the one before. So none moves it by entering or leaving, and its level is that of the benchmarks "
                f"known in its last month; it is drawn where {_FEWEST} or more are known."
            )
        if start is not None:
            rule += f" Pale from {start:%Y-%m}: on most benchmarks no later model of both groups has been run yet."
        if not forms:
            rule += " The range over variants of the model is not drawn: no other runs were given."
        text = title or f"How far {follower} models are behind {leader} ones, on each benchmark and on average"
        return finish(fig, title=text, subtitle=subtitle, note=f"{rule}\n{note}".strip(), handles=handles)


def _counts(known: pd.DataFrame) -> pd.DataFrame:
    """Lags of a month that are alike, with how many benchmarks they stand for."""
    place = (known["lag_months"] / _BIN_MONTHS).round() * _BIN_MONTHS
    grouped = known.assign(place=place).groupby(["month", "place", "censoring"])["lag_months"]
    return grouped.agg(lag="mean", n="size").reset_index()


def _marks(ax: Axes, known: pd.DataFrame, start: pd.Timestamp | None) -> None:
    table = _counts(known)
    most = int(table["n"].max())
    row: Any
    for row in table.itertuples():
        pale = 0.55 if start is not None and row.month >= start else 0.0
        if row.censoring == 0:
            colour = _tint(_shade(row.n, most), pale)
            ax.plot(row.month, row.lag, "o", color=colour, markersize=4.2, markeredgewidth=0, zorder=3)
        else:
            marker = "^" if row.censoring > 0 else "v"
            colour = _tint(FOLLOWER, max(pale, 0.55 * (1 - row.n / most)))
            tip = row.lag + 0.7 * row.censoring  # an arrow from the bound to where the lag may be
            ax.plot([row.month, row.month], [row.lag, tip], color=colour, linewidth=1.0, zorder=3)
            ax.plot(row.month, tip, marker, color=colour, markersize=3.6, markeredgewidth=0, zorder=3)


def _chain(ax: Axes, known: pd.DataFrame) -> bool:
    """Draw the chain-linked mean; False where no month has benchmarks enough for one."""
    exact = known[known["censoring"] == 0]
    exact = exact[exact.groupby("month")["lag_months"].transform("size") >= _FEWEST]
    if exact.empty:
        return False
    months = pd.DatetimeIndex(sorted(known["month"].unique()))
    wide = exact.set_index(["benchmark", "month"])["lag_months"].to_xarray().reindex(month=months)
    mean, linked = chain_linked_mean(wide)
    starts = np.flatnonzero((linked == 0) & ~np.isnan(mean))  # a new chain: no line leads to it
    for chain in np.split(np.arange(len(mean)), starts)[1:]:
        last = chain[~np.isnan(mean[chain])][-1]  # a chain is of changes; its level is that of its newest month
        mean[chain] += float(wide.isel(month=last).mean()) - mean[last]
    x, y = np.insert(months.to_numpy(), starts, months.to_numpy()[starts]), np.insert(mean, starts, np.nan)
    ax.plot(x, y, color="white", linewidth=2.6, zorder=4)
    ax.plot(x, y, color=INK, linewidth=1.3, zorder=4.1)
    return True


def _forms(ax: Axes, forms: list[pd.DataFrame], times: pd.DatetimeIndex) -> None:
    paths = pd.concat([f.set_index("date")["q50"] for f in forms], axis=1).reindex(times).dropna()
    ax.fill_between(
        paths.index, paths.min(axis=1), paths.max(axis=1),
        facecolor="none", edgecolor=MUTED, hatch="////", linewidth=0.6, zorder=1.5,
    )  # fmt: skip


def _label(ax: Axes, text: str, at: tuple[Any, float], shift: tuple[float, float], colour: str, **where: Any) -> None:
    paper = [withStroke(linewidth=2.2, foreground="white")]
    ax.annotate(
        text, at, xytext=shift, textcoords="offset points", fontsize=7.5, color=colour, zorder=6, path_effects=paper,
        **where,
    )  # fmt: skip


def _shade(n: int, most: int) -> str | tuple[float, float, float]:
    """Darker for more benchmarks."""
    return _tint(INK, 0.6 * (1 - (n - 1) / max(most - 1, 1)))


def _tint(colour: Any, lightness: float) -> tuple[float, float, float]:
    """A colour mixed with white; opaque, so that nothing shines through."""
    r, g, b = (c + (1 - c) * lightness for c in to_rgb(colour))
    return r, g, b
