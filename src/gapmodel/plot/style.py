"""The one look of all figures: colours, fonts, the frame of title, legend and footer.

Figures are made with the object-oriented API on the Agg canvas. `pyplot` is never imported, and rcParams are
changed only inside `styled`, from Matplotlib's defaults, so that a user's matplotlibrc does not matter.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import MonthLocator, YearLocator, num2date
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter

from gapmodel.units import DAYS_PER_MONTH

__all__ = [
    "CHAIN_LINKED",
    "FOLLOWER",
    "INK",
    "LEADER",
    "MUTED",
    "STYLE",
    "date_axis",
    "finish",
    "plain",
    "sheet",
    "styled",
]

# Okabe & Ito (2008): told apart under every common colour blindness, and in greyscale.
LEADER = "#0072B2"
FOLLOWER = "#D55E00"
INK = "#222222"
MUTED = "#6B6B6B"

STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],  # shipped with Matplotlib, so every machine draws the same
    "font.size": 8.0,
    "axes.labelsize": 8.0,
    "axes.titlesize": 8.0,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#8A8A8A",
    "xtick.color": "#8A8A8A",
    "ytick.color": "#8A8A8A",
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.3,
    "hatch.linewidth": 0.4,
    "figure.dpi": 200.0,
    "savefig.dpi": 200.0,
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "gapmodel",
    "pdf.fonttype": 42,
    "date.epoch": "1970-01-01T00:00:00",
}

#: Legend entry of `gapmodel.lags.published_line.chain_linked_mean`.
CHAIN_LINKED = "chain-linked mean (composition held)"

_TITLE_PT, _SUBTITLE_PT, _NOTE_PT, _LEADING = 10.0, 8.5, 6.5, 1.3
_MARGIN_IN = 0.08
_SCREEN_DPI = 100


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house style; on leaving, rcParams are as they were."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)  # type: ignore[arg-type]
        yield


def plain(text: Any, *, width: int | None = None, lines: int = 1) -> str:
    """Text from data, made safe to draw: no mathtext, no control characters.

    Parameters
    ----------
    text
        Anything; white space is made even.
    width : int, optional, characters
        Longer text is cut, or with `lines` above 1 wrapped and then cut, with an ellipsis.
    lines : int
        At most; without `width` there is one.
    """
    line = " ".join(str(text).split())
    line = "".join(c for c in line if unicodedata.category(c)[0] != "C")
    # Cut first, escape last: a cut between backslash and dollar sign would undo the escape.
    parts = [line]
    if width is not None and len(line) > width:
        parts = [line] if lines == 1 else textwrap.wrap(line, width)
        if len(parts) > lines or len(parts[-1]) > width:
            parts = parts[:lines]
            parts[-1] = parts[-1][: width - 1].rstrip() + "…"
    return "\n".join(parts).replace("$", r"\$")


class _Sheet(Figure):
    """A figure that shows itself in a notebook, which knows figures of `pyplot` alone."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        picture = BytesIO()
        self.savefig(picture, format="png", dpi=STYLE["savefig.dpi"])
        return picture.getvalue(), {"width": round(self.get_figwidth() * _SCREEN_DPI)}


def sheet(width: float, height: float) -> Figure:
    """Empty figure of `width` × `height` inches, laid out by the constrained engine."""
    fig = _Sheet(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(fig)
    return fig


def finish(fig: Figure, *, title: str, subtitle: str = "", note: str = "", handles: Sequence[Any] = ()) -> Figure:
    """Add title and legend above and the footer below, then fix the layout.

    Parameters
    ----------
    title : str
        Ready for a caption; wrapped to the width.
    subtitle : str
        Under the title, in the size of the text.
    note : str
        Footer: data credit, run id, marks such as "quick run: not citable". Its line breaks are kept.
    handles : sequence of artists
        Entries of the legend, in one or more rows under the title.
    """
    width, height = fig.get_size_inches()
    title_lines = _wrap(title, _TITLE_PT, width, bold=True)
    note_lines = [line for part in str(note).splitlines() for line in _wrap(part, _NOTE_PT, width)]
    top = _MARGIN_IN
    x = _MARGIN_IN / width
    fig.text(
        x,
        1 - top / height,
        "\n".join(title_lines),
        fontsize=_TITLE_PT,
        fontweight="bold",
        va="top",
        linespacing=_LEADING,
    )
    top += len(title_lines) * _TITLE_PT * _LEADING / 72 + 0.04
    if subtitle:
        lines = _wrap(subtitle, _SUBTITLE_PT, width)
        fig.text(x, 1 - top / height, "\n".join(lines), fontsize=_SUBTITLE_PT, va="top", linespacing=_LEADING)
        top += len(lines) * _SUBTITLE_PT * _LEADING / 72 + 0.05
    if handles:
        top += _legend(fig, list(handles), 1 - top / height) + 0.02
    bottom = _MARGIN_IN / 2
    if note_lines:
        fig.text(
            x,
            bottom / height,
            "\n".join(note_lines),
            fontsize=_NOTE_PT,
            color=MUTED,
            va="bottom",
            linespacing=_LEADING,
        )
        bottom += len(note_lines) * _NOTE_PT * _LEADING / 72 + 0.04
    engine: Any = fig.get_layout_engine()
    engine.set(rect=(0.0, bottom / height, 1.0, 1.0 - (top + bottom) / height), w_pad=0.05, h_pad=0.05)
    # Layout is not idempotent to the last digit: do it once, so that every save is the same.
    fig.draw_without_rendering()
    fig.set_layout_engine("none")
    for ax in fig.axes:
        # The solver's last digits differ from figure to figure, and with them the names of clip paths in an SVG.
        left, bottom, width, height = (round(float(x), 6) for x in ax.get_position().bounds)
        ax.set_position((left, bottom, width, height))
    return fig


def date_axis(ax: Axes, first: Any, last: Any, *, max_ticks: int) -> None:
    """Time axis with about `max_ticks` labels at most: month names, the year under each January."""
    first, last = pd.Timestamp(first), pd.Timestamp(last)
    ax.set_xlim(np.datetime64(first), np.datetime64(last))  # type: ignore[arg-type]
    months = max((last - first).days / DAYS_PER_MONTH, 1.0)
    step = next((s for s in (1, 2, 3, 6, 12, 24, 60, 120, 240) if months / s <= max_ticks), 240)
    if step >= 12:
        ax.xaxis.set_major_locator(YearLocator(step // 12))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{num2date(x):%Y}"))
        return
    ax.xaxis.set_major_locator(MonthLocator(bymonth=range(1, 13, step)))
    # The first tick in view carries its year too, unless a January follows at once.
    offset = pd.DateOffset(months=1)
    start = first if first.day == 1 else (first + offset).replace(day=1)
    while (start.month - 1) % step:
        start += offset

    def label(x: float, _: Any) -> str:
        day = num2date(x)
        opening = (day.year, day.month) == (start.year, start.month) and day.month + step < 13
        year = day.month == 1 or opening
        return f"{day:%b}\n{day:%Y}" if year else f"{day:%b}"

    ax.xaxis.set_major_formatter(FuncFormatter(label))


def _wrap(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    per_char = size * (0.62 if bold else 0.53) / 72  # mean advance of DejaVu Sans
    space = width - 2 * _MARGIN_IN
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    for room in range(max(int(space / per_char), 20), 19, -1):  # a line of wide letters needs fewer of them
        lines = plain(text, width=room, lines=20).split("\n")
        widths = [text_to_path.get_text_width_height_descent(line, font, ismath=False)[0] / 72 for line in lines]
        if 1.02 * max(widths) <= space:  # hinted letters are a little wider
            break
    return lines


def _legend(fig: Figure, handles: list[Any], y: float) -> float:
    """Draw the legend with as many columns as fit; return its height in inches."""
    width, _ = fig.get_size_inches()
    for columns in range(len(handles), 0, -1):
        legend = fig.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(_MARGIN_IN / width, y),
            ncols=columns,
            borderaxespad=0.0,
            borderpad=0.0,
            handlelength=1.8,
            columnspacing=1.4,
        )
        legend.set_in_layout(False)
        box = legend.get_window_extent(fig.canvas.get_renderer())  # type: ignore[attr-defined]
        if box.width / fig.dpi <= width - 2 * _MARGIN_IN or columns == 1:
            break
        legend.remove()
    return float(box.height / fig.dpi) + 0.06
