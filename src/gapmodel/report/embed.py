"""One figure as one small HTML file, to stand in another page: picture, answer, credit and link, no script."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from gapmodel.analysis.sentences import headline, standing, zero_short
from gapmodel.errors import ConfigError, UnknownNameError, nearest, some_of
from gapmodel.files.atomic import atomic_text
from gapmodel.report.measures import index_text, noise_text, point_rows, waiting_text
from gapmodel.report.page import check_page_path, policy
from gapmodel.report.text import esc
from gapmodel.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["EMBEDDED", "MAX_BYTES", "embedded_figure", "write_figure"]

#: Name of a figure → what it shows.
EMBEDDED = {
    "trend": "The average gap over time, with the lags that it rests on",
    "zero": "Probability that the average gap has reached zero",
    "boxes": "Monthly lags over benchmarks",
    "frontiers": "Best scores of both groups on each benchmark, and the lag",
    "forest": "Gap and slope of each benchmark",
    "points": "The gap in points: best scores of both groups",
    "waiting": "How long until a record was matched",
    "past": "The gap as it stood at past dates, and as it is seen now",
}
MAX_BYTES = 300_000


def embedded_figure(run: Run, name: str, *, link: str = "") -> str:
    """The HTML; the same run gives the same bytes.

    Parameters
    ----------
    run : Run
    name : str
        One of `EMBEDDED`.
    link : str
        Address of the whole page, to which the figure links.

    Raises
    ------
    UnknownNameError
        No such figure.
    ConfigError
        The link is no web address.
    """
    if name not in EMBEDDED:
        raise UnknownNameError(f"there is no figure '{name}'{nearest(name, EMBEDDED) or some_of(EMBEDDED)}")
    if link and not re.match(r"https?://\S+$", link):
        raise ConfigError(f"--link '{link}' is no web address: give https://…")
    drawn, more_said = _drawn(run, name)
    said = " ".join([headline(run.summary), *more_said])
    credit = " ".join([*filter(None, [standing(run.summary)]), f"Run {run.run_id}, gapmodel.", *run.summary["credits"]])
    more = f'<a href="{esc(link)}" target="_blank" rel="noopener">The whole page</a>. ' if link else ""
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy([])}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{esc(EMBEDDED[name])}</title>
<meta name="description" content="{esc(said)}">
<style>
body {{ margin: 0; padding: 0.5rem; background: #fff; color: #1f2328; font: 14px/1.5 system-ui, sans-serif; }}
figure {{ margin: 0; }} small {{ color: #5c6169; }} a {{ color: #00588a; }}
.picture {{ overflow-x: auto; }} .picture svg {{ width: 100%; min-width: 34rem; height: auto; }}
</style>
</head>
<body>
<figure role="group" aria-label="{esc(EMBEDDED[name])}">
<div class="picture" tabindex="0" role="region" aria-label="Picture, scrolls sideways where it is narrow">
{_picture(drawn, name, said)}
</div>
<figcaption><p>{esc(said)}</p><small>{more}{esc(credit)}</small></figcaption>
</figure>
</body>
</html>
"""
    if len(page.encode()) >= MAX_BYTES:
        raise ConfigError(f"the figure '{name}' of this run is larger than {MAX_BYTES // 1000} kB: embed another")
    return page


def write_figure(run: Run, name: str, path: Path, *, link: str = "") -> Path:
    """Write `embedded_figure`, whole or not at all.

    Raises
    ------
    ConfigError, UnknownNameError
        See `embedded_figure`; the path does not end in ``.html``, or cannot be written.
    """
    check_page_path(path)
    content = embedded_figure(run, name, link=link)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_text(path, content)
    return path


def _drawn(run: Run, name: str) -> tuple[Figure, list[str]]:
    """The figure, and what its caption says beside the answer."""
    if name in ("points", "waiting", "past"):
        from gapmodel.plot import plot_past, plot_points, plot_waiting
        from gapmodel.report.past import past_text
        from gapmodel.report.source import read_page_data
        from gapmodel.runs.figures import run_note

        data, note = read_page_data(run), run_note(run.summary, run=run.run_id)
        groups = (str(run.summary["leader"]), str(run.summary["follower"]))
        if name == "points":
            rows = point_rows(data)
            if rows.empty:
                raise ConfigError("of no benchmark of this run the range of scores is known: embed another figure")
            return plot_points(rows, groups=groups, note=note), [*index_text(data), noise_text(data)]
        if name == "past":
            if isinstance(data.past, str) or data.past.answers.empty or data.bands is None:
                why = data.past if isinstance(data.past, str) else "none were kept"
                raise ConfigError(f"this run has no answers at earlier dates ({why}): embed another figure")
            drawn = plot_past(data.past.answers, data.bands, groups=groups, note=note)
            return drawn, [past_text(data.past, data.bands)]
        waited = data.waited
        if data.catch_up is None or waited is None:
            raise ConfigError("no record of this run has a waiting time: embed another figure")
        return plot_waiting(data.catch_up, median=waited.median, groups=groups, note=note), [waiting_text(data)]
    figures = {
        "trend": run.plot.trend, "zero": run.plot.zero_probability, "boxes": run.plot.monthly,
        "frontiers": run.plot.frontiers, "forest": run.plot.forest,
    }  # fmt: skip
    return figures[name](), [zero_short(run.summary)] if name == "zero" else []


def _picture(drawn: Figure, name: str, said: str) -> str:
    """The figure as an ``svg`` element with a text for those who do not see it."""
    import matplotlib

    stream = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "gapmodel", "svg.fonttype": "path"}):
        drawn.savefig(stream, format="svg", metadata={"Date": None, "Title": said})
    text = stream.getvalue().decode()
    text = text[text.index("<svg") :]
    start = f'<svg role="img" aria-label="{esc(EMBEDDED[name])}. {esc(said)}"'
    return re.sub(r"<!--.*?-->\n?", "", text.replace("<svg", start, 1), flags=re.DOTALL)
