"""Probability that the average gap has reached zero, by date."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from gapmodel.plot.style import INK, LEADER, MUTED, date_axis, finish, sheet, styled

__all__ = ["plot_zero_probability"]

_BAND = "#BBD7E9"
_HELD = "#009E73"  # not the follower's colour: this is the same gap
_THIN = 0.007  # what differs by less lies within the width of a line, and has no entry in the legend


def plot_zero_probability(
    curve: pd.DataFrame,
    *,
    prior: pd.DataFrame | None = None,
    never: float,
    horizon: pd.Timestamp | str,
    never_text: str | None = None,
    title: str | None = None,
    note: str = "",
) -> Figure:
    """P(gap has been zero by a date), with the mass that does not get there within the horizon.

    Parameters
    ----------
    curve : pandas.DataFrame
        ``date, probability, mcse``; optionally ``sustained`` (P that zero was reached and held).
    prior : pandas.DataFrame, optional
        The same of the prior, for comparison; its ``mcse`` is not drawn.
    never : float
        Probability of "not within the horizon".
    horizon : date-like
        Its last date.
    never_text : str, optional
        `never` as it may be shown; default: in whole per cent.
    title, note : str
        Title (default: says what is drawn) and footer; say the number of draws there.
    """
    curve = curve.sort_values("date")
    dates, p = pd.DatetimeIndex(curve["date"]), curve["probability"].to_numpy(dtype=float)
    end = pd.Timestamp(horizon)
    with styled():
        fig = sheet(7.2, 3.9)
        ax, beside = fig.subplots(1, 2, sharey=True, width_ratios=[7, 1])
        x = dates.to_numpy()
        marker = "o" if len(dates) == 1 else ""
        error = 2 * curve["mcse"].fillna(0.0).to_numpy(dtype=float) if "mcse" in curve else np.zeros_like(p)
        if error.max() > _THIN:
            ax.fill_between(x, np.clip(p - error, 0, 1), np.clip(p + error, 0, 1), color=_BAND, linewidth=0)
        ax.plot(x, p, color=LEADER, linewidth=1.8, marker=marker, markersize=4, zorder=4)
        held = curve["sustained"].to_numpy(dtype=float) if "sustained" in curve else None
        alike = held is not None and bool((np.abs(held - p) < _THIN).all())
        words = "posterior: zero reached by the date" + (", and held" if alike else "")
        handles = [Line2D([], [], color=LEADER, linewidth=1.8, label=words)]
        if error.max() > _THIN:
            handles.append(Patch(facecolor=_BAND, label="± 2 MCSE"))  # type: ignore[arg-type]
        if held is not None and not alike:
            style = {"color": _HELD, "linewidth": 1.3}
            ax.plot(x, held, marker=marker, markersize=4, zorder=3, **style)
            handles.append(Line2D([], [], label="posterior: reached and held", **style))  # type: ignore[arg-type]
        if prior is not None:
            style = {"color": MUTED, "linewidth": 1.2, "linestyle": (0, (4, 2))}
            before = prior.sort_values("date")
            ax.plot(pd.DatetimeIndex(before["date"]).to_numpy(), before["probability"], zorder=2, **style)
            handles.append(Line2D([], [], label="prior: zero reached by the date", **style))  # type: ignore[arg-type]
        first, last = dates[0], max(dates[-1], end)
        date_axis(
            ax,
            first - (last - first) * 0.01 - pd.Timedelta(days=5),
            last + (last - first) * 0.01 + pd.Timedelta(days=5),
            max_ticks=11,
        )
        ax.axvline(end.to_numpy(), color=MUTED, linewidth=0.8, linestyle=":")
        _never(beside, end, never, f"{never:.2f}" if never_text is None else never_text)
        ax.set_ylim(-0.01, 1.01)
        ax.yaxis.set_major_locator(MultipleLocator(0.2))
        ax.grid(axis="y")
        ax.set_axisbelow(True)
        ax.set_ylabel("Probability")
        ax.set_xlabel("Date (calendar)")
        text = title or f"Probability that the average gap reaches zero by a date, up to {end:%B %Y}"
        return finish(fig, title=text, note=note, handles=handles)


def _never(ax: Axes, end: pd.Timestamp, never: float, text: str) -> None:
    """A bar beside the curve, from the top down: the mass that does not reach zero within the horizon."""
    ax.bar(
        [0.0],
        [never],
        bottom=[1 - never],
        width=1.0,
        facecolor="white",
        edgecolor=INK,
        hatch="/////",
        linewidth=0.6,
    )
    ax.set_xlim(-0.6, 5.0)
    ax.annotate(
        f"not within\nthe horizon\n(to {end:%Y-%m}):\n{text}",
        (0.5, min(max(1 - never / 2, 0.12), 0.9)),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        annotation_clip=False,
    )
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0, labelleft=False, labelbottom=False)
