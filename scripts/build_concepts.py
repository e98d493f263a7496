"""Draw the pictures of docs/concepts.md: small hand-made timelines through the package's own lag engine.

    uv run scripts/build_concepts.py

A test draws them again and compares.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gapmodel.inference.crossing import crossing_draws, crossing_grid, probability_by
from gapmodel.lags.definition import lag_at
from gapmodel.lags.frontier import Frontier
from gapmodel.lags.panel import Lags, compute_lags
from gapmodel.lags.sides import benchmark_frontiers
from gapmodel.modeling.panel_data import FOLLOWER_START_UP_MONTHS, LEADER_START_UP_MONTHS, panel_data
from gapmodel.plot.style import FOLLOWER, INK, LEADER, MUTED, date_axis, finish, sheet, styled
from gapmodel.scores.table import Scores, validate_scores
from gapmodel.units import DAYS_PER_MONTH, months_between

FOLDER = Path(__file__).parents[1] / "docs" / "concepts"

DAY = np.timedelta64(1, "D")

# The example of docs/lag.md.
EXAMPLE = (
    ("C1", "2024-01-10", "closed", 0.40),
    ("O1", "2024-02-15", "open", 0.30),
    ("C2", "2024-03-20", "closed", 0.60),
    ("O2", "2024-05-01", "open", 0.50),
    ("C3", "2024-06-05", "closed", 0.80),
    ("O3", "2024-09-12", "open", 0.90),
    ("C4", "2024-09-25", "closed", 0.70),
)
# A benchmark on which open models are run for a year only, and closed ones go on.
LEFT_BEHIND = (
    *(
        (f"C{k}", day, "closed", score)
        for k, (day, score) in enumerate(
            [
                *[("2024-01-15", 0.30), ("2024-03-01", 0.42), ("2024-05-10", 0.50), ("2024-08-01", 0.60)],
                *[("2024-11-20", 0.70), ("2025-03-01", 0.80), ("2025-07-10", 0.86), ("2025-10-01", 0.90)],
            ]
        )
    ),
    *(
        (f"O{k}", day, "open", score)
        for k, (day, score) in enumerate(
            [("2024-02-20", 0.20), ("2024-06-15", 0.36), ("2024-09-20", 0.45), ("2025-01-15", 0.58)]
        )
    ),
)


def table(rows: tuple[tuple[str, str, str, float], ...]) -> Scores:
    """One benchmark as a scores table."""
    frame = pd.DataFrame(rows, columns=["model", "release_date", "weights", "score"]).assign(benchmark="example")
    return validate_scores(frame, today=date(2026, 1, 1))


def frontiers(scores: Scores) -> tuple[Frontier, Frontier]:
    """Leader's and follower's frontier of the only benchmark."""
    return benchmark_frontiers(scores)["example"]


def steps(ax: Axes, frontier: Frontier, end: np.datetime64, colour: str) -> None:
    """A frontier as a step line with its records."""
    x, y = np.append(frontier.dates, end), np.append(frontier.levels, frontier.levels[-1])
    ax.step(x, y, where="post", color=colour, linewidth=1.6)
    ax.plot(frontier.dates, frontier.levels, "o", color=colour, markersize=4)
    for day, level, model in zip(frontier.dates, frontier.levels, frontier.models, strict=True):
        ax.annotate(str(model), (day, level), xytext=(-4, 4), textcoords="offset points", ha="right", fontsize=7)


def daily(scores: Scores, first: str, last: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days, lags (months) and censoring."""
    days = np.arange(np.datetime64(first), np.datetime64(last) + DAY)
    return days, *lag_at(days, *frontiers(scores))


def line(colour: str, label: str, **keywords) -> Line2D:
    """An entry of the legend."""
    return Line2D([], [], color=colour, label=label, **keywords)


BOTH = (line(LEADER, "closed frontier", linewidth=1.6), line(FOLLOWER, "open frontier", linewidth=1.6))


def lag() -> Figure:
    """The lag at one date: how long ago the closed frontier first stood where the open one stands."""
    scores = table(EXAMPLE)
    closed, opened = frontiers(scores)
    when, end = np.datetime64("2024-07-31"), np.datetime64("2024-08-31")
    fig = sheet(7.2, 3.0)
    ax = fig.subplots()
    steps(ax, closed, end, LEADER)
    keep = opened.dates < end
    cut = Frontier(opened.dates[keep], opened.levels[keep], opened.models[keep], opened.evaluated, False)
    steps(ax, cut, end, FOLLOWER)
    level = cut.levels[-1]
    reached = closed.dates[np.argmax(closed.levels >= level)]
    months = float(lag_at([when], closed, opened)[0][0])
    ax.axvline(when, color=MUTED, linewidth=0.8, linestyle=":")  # type: ignore[arg-type]
    ax.annotate("", (reached, level), (when, level), arrowprops={"arrowstyle": "<->", "color": INK, "linewidth": 1.0})
    ax.annotate(f"lag on {when}: {months:.1f} months", (when, level), xytext=(-6, -12),
                textcoords="offset points", ha="right", fontsize=8)  # fmt: skip
    date_axis(ax, "2023-12-20", "2024-09-05", max_ticks=12)
    ax.set_ylim(0.2, 0.95)
    ax.set_ylabel("Score")
    title = "The lag: how long ago closed models stood where open models stand now"
    return finish(fig, title=title, handles=BOTH)


def saw_tooth() -> Figure:
    """The lag day by day: one day per day up, and down at an open record."""
    scores = table(EXAMPLE)
    days, value, _ = daily(scores, "2024-05-01", "2024-10-31")
    panel = compute_lags(scores, cutoff="2024-10-31").panel
    fig = sheet(7.2, 2.8)
    ax = fig.subplots()
    # The line is broken where it jumps.
    jump = np.abs(np.diff(value)) > 0.5
    ax.plot(days, np.where(np.append(jump, False), np.nan, value), color=INK, linewidth=1.2)
    month = panel["month"].to_numpy()
    seen = (panel["censoring"].to_numpy()[0] == 0) & (month >= days[0])
    ax.plot(month[seen], panel["lag"].to_numpy()[0][seen], "o", color=LEADER, markersize=5)
    for model, day in (("O2", "2024-05-01"), ("O3", "2024-09-12")):
        ax.axvline(np.datetime64(day), color=FOLLOWER, linewidth=0.9, linestyle="--")  # type: ignore[arg-type]
        ax.annotate(f" open record {model}", (np.datetime64(day), 6.4), color=FOLLOWER, fontsize=7, va="top")
    ax.axhline(0.0, color=INK, linewidth=0.8)
    ax.annotate(
        "one day per day", (np.datetime64("2024-07-08"), 3.75), rotation=24, fontsize=7, color=MUTED, ha="center"
    )
    ax.annotate("open ahead: the lead grows", (np.datetime64("2024-10-28"), -2.4), fontsize=7, color=MUTED, ha="right")
    date_axis(ax, "2024-04-25", "2024-11-05", max_ticks=12)
    ax.set_ylim(-2.8, 6.6)
    ax.set_ylabel("Lag (months)")
    marks = (line(INK, "lag on each day"), line(LEADER, "month-ends, which the models see", marker="o", linestyle=""))
    return finish(fig, title="Saw teeth: months of one benchmark are not independent facts", handles=marks)


def censoring() -> Figure:
    """A level that the closed frontier had from the start: its lag is at least so long."""
    scores = table(EXAMPLE)
    closed, opened = frontiers(scores)
    when = np.datetime64("2024-04-15")
    end = np.datetime64("2024-05-31")
    fig = sheet(7.2, 4.3)
    top, bottom = fig.subplots(2, 1, sharex=True, height_ratios=(1.25, 1.0))
    for frontier, colour in ((closed, LEADER), (opened, FOLLOWER)):
        keep = frontier.dates < end
        cut = Frontier(frontier.dates[keep], frontier.levels[keep], frontier.models[keep], frontier.evaluated, False)
        steps(top, cut, end, colour)
    start = np.datetime64("2023-09-25")
    top.axvspan(start, closed.dates[0], facecolor="#EFEFEF", edgecolor="none")
    top.annotate("nobody ran the benchmark yet:\nclosed models may have stood at 0.3 long before",
                 (start + 5 * DAY, 0.62), fontsize=7, color=MUTED, va="top")  # fmt: skip
    top.annotate("", (closed.dates[0], 0.3), (when, 0.3), arrowprops={"arrowstyle": "<->", "color": INK})
    top.annotate("", (closed.dates[0] - 75 * DAY, 0.3), (closed.dates[0], 0.3),
                 arrowprops={"arrowstyle": "->", "color": INK, "linestyle": ":"})  # fmt: skip
    bound = float(lag_at([when], closed, opened)[0][0])
    top.annotate(f"at least {bound:.1f} months", (np.datetime64("2024-02-28"), 0.3), xytext=(0, -11), fontsize=8,
                 textcoords="offset points", ha="center")  # fmt: skip
    top.set_ylim(0.2, 0.7)
    top.set_ylabel("Score")
    days, value, sign = daily(scores, "2024-02-15", "2024-05-30")
    bottom.plot(days, np.where(sign == 1, value, np.nan), color=INK, linestyle="--")
    bottom.plot(days, np.where(sign == 0, value, np.nan), color=INK)
    for month in np.array(["2024-02-29", "2024-03-31", "2024-04-30"], dtype="datetime64[D]"):
        low = float(lag_at([month], closed, opened)[0][0])
        bottom.plot([month], [low], "^", color=FOLLOWER, markersize=6)
        bottom.annotate("", (month, low + 2.2), (month, low), arrowprops={"arrowstyle": "->", "color": FOLLOWER})
    bottom.set_ylim(0, 6.3)
    bottom.set_ylabel("Lag (months)")
    bottom.annotate("known exactly", (np.datetime64("2024-05-29"), 1.0), fontsize=7, color=MUTED, ha="right")
    bottom.annotate("one stretch of bounds: the steps are known, the level is not",
                    (np.datetime64("2024-02-08"), 1.9), fontsize=7, color=MUTED, ha="right")  # fmt: skip
    date_axis(bottom, start, end, max_ticks=12)
    marks = (*BOTH, line(FOLLOWER, "month with a bound", marker="^", linestyle=""))
    return finish(fig, title="Censoring: before the record begins nothing was measured", handles=marks)


def window() -> Figure:
    """The window of a benchmark that open models are no longer run on."""
    scores = table(LEFT_BEHIND)
    days, value, _ = daily(scores, "2024-02-20", "2025-12-31")
    result: Lags = compute_lags(scores, cutoff="2025-12-31")
    panel = result.panel.isel(benchmark=0)
    month = panel["month"].to_numpy()
    inside = panel["in_window"].to_numpy()
    closed, opened = frontiers(scores)
    fig = sheet(7.2, 3.4)
    rug, ax = fig.subplots(2, 1, sharex=True, height_ratios=(0.55, 2.0))
    for y, frontier, colour in ((1, closed, LEADER), (0, opened, FOLLOWER)):
        rug.plot(frontier.evaluated, np.full(len(frontier.evaluated), y), "|", color=colour, markersize=11, mew=1.6)
    rug.set_yticks([0, 1], ["open models run", "closed models run"])
    rug.set_ylim(-0.6, 1.6)
    rug.spines["left"].set_visible(False)
    rug.tick_params(left=False)
    first, last = month[inside][0], month[inside][-1]
    for axes in (rug, ax):
        axes.axvspan(first, last, facecolor="#E8F1F8", edgecolor="none", zorder=0)
    ax.annotate("window", (first, 15.6), xytext=(4, 0), textcoords="offset points", fontsize=8, color=LEADER)
    here = (days >= first) & (days <= last)
    jump = np.append(np.abs(np.diff(value)) > 0.5, False)
    smooth = np.where(jump, np.nan, value)
    ax.plot(days, np.where(here, smooth, np.nan), color=INK)
    ax.plot(days, np.where(days > last, smooth, np.nan), color=MUTED, linestyle=":")
    lag_values, signs = panel["lag"].to_numpy(), panel["censoring"].to_numpy()
    for sign_value, marker, colour in ((0, "o", LEADER), (1, "^", FOLLOWER)):
        at = inside & (signs == sign_value)
        ax.plot(month[at], lag_values[at], marker, color=colour, markersize=4.5)
    ax.annotate("outside: nobody runs open models any more,\nso the lag would grow for ever",
                (np.datetime64("2025-12-25"), 6.2), fontsize=7, color=MUTED, va="top", ha="right")  # fmt: skip
    ax.set_ylim(0, 17)
    ax.set_ylabel("Lag (months)")
    date_axis(ax, "2024-01-01", "2026-01-05", max_ticks=12)
    marks = (
        line(LEADER, "month with a lag", marker="o", linestyle=""),
        line(FOLLOWER, "month with a bound", marker="^", linestyle=""),
        Patch(facecolor="#E8F1F8", label="window: first month with both groups to a month after the last open model"),
    )
    return finish(fig, title="The observation window: a lag counts while both groups are run", handles=marks)


def start_up() -> Figure:
    """What the two start-up rules do to the months of a new benchmark."""
    scores = table(LEFT_BEHIND)
    panel = compute_lags(scores, cutoff="2025-12-31").panel
    data = panel_data(panel)
    one = panel.isel(benchmark=0)
    month, raw, raw_sign = one["month"].to_numpy(), one["lag"].to_numpy(), one["censoring"].to_numpy()
    keep = one["in_window"].to_numpy()
    closed, opened = frontiers(scores)
    grid = {m: k for k, m in enumerate(data.month)}
    column = np.array([grid[m.astype("datetime64[D]")] for m in month])
    used = data.observed[0, column] > 0
    value, sign = data.value[0, column], data.censoring[0, column]
    fig = sheet(7.2, 3.4)
    ax = fig.subplots()
    begin, both = closed.dates[0], max(closed.dates[0], opened.dates[0])
    leader_end = begin + np.timedelta64(round(LEADER_START_UP_MONTHS * DAYS_PER_MONTH), "D")
    follower_end = both + np.timedelta64(round(FOLLOWER_START_UP_MONTHS * DAYS_PER_MONTH), "D")
    ax.axvspan(begin, leader_end, ymin=0.9, facecolor=LEADER, alpha=0.35, edgecolor="none")
    ax.axvspan(both, follower_end, ymin=0.8, ymax=0.88, facecolor=FOLLOWER, alpha=0.35, edgecolor="none")
    ax.annotate(f"levels reached by closed models in their first {LEADER_START_UP_MONTHS:g} months are bounds",
                (leader_end, 12.4), xytext=(4, 0), textcoords="offset points", fontsize=7, va="center")  # fmt: skip
    ax.annotate(f"the first {FOLLOWER_START_UP_MONTHS:g} months with both groups are left out",
                (follower_end, 10.95), xytext=(4, 0), textcoords="offset points", fontsize=7, va="center")  # fmt: skip
    out = keep & ~used
    ax.plot(month[out], raw[out], "x", color=MUTED, markersize=5)
    for k in np.flatnonzero(keep & used & (sign != 0) & (raw_sign == 0)):
        ax.plot([month[k], month[k]], [raw[k], value[k]], color=MUTED, linewidth=0.8)
        ax.plot([month[k]], [raw[k]], "o", markerfacecolor="none", markeredgecolor=MUTED, markersize=5)
    ax.plot(month[used & (sign > 0)], value[used & (sign > 0)], "^", color=FOLLOWER, markersize=5.5)
    ax.plot(month[used & (sign == 0)], value[used & (sign == 0)], "o", color=LEADER, markersize=5)
    ax.set_ylim(0, 13.2)
    ax.set_ylabel("Lag (months)")
    date_axis(ax, "2024-01-01", "2025-03-15", max_ticks=16)
    marks = (
        line(MUTED, "left out", marker="x", linestyle=""),
        line(MUTED, "as measured", marker="o", linestyle="", markerfacecolor="none"),
        line(FOLLOWER, "bound that the model sees", marker="^", linestyle=""),
        line(LEADER, "lag that the model sees", marker="o", linestyle=""),
    )
    return finish(fig, title="Start-up: when a benchmark is new, few models have been run on it", handles=marks)


def ou_paths(n: int, times: np.ndarray, *, sd: float, length: float, rng: np.random.Generator) -> np.ndarray:
    """Stationary Ornstein-Uhlenbeck paths at `times` (months), shape (n, T)."""
    path = np.empty((n, len(times)))
    path[:, 0] = sd * rng.standard_normal(n)
    for k, step in enumerate(np.diff(times)):
        rho = np.exp(-step / length)
        path[:, k + 1] = rho * path[:, k] + sd * np.sqrt(1 - rho**2) * rng.standard_normal(n)
    return path


def shared_shock() -> Figure:
    """Lags of twelve benchmarks around a trend, with errors of their own, and with a shock that moves all of them."""
    rng = np.random.default_rng(4)
    times = np.arange(36.0)
    month = pd.date_range("2023-01-31", periods=36, freq="ME").to_numpy()
    trend = 8.0 - 0.1 * times
    own = ou_paths(12, times, sd=3.0, length=5.0, rng=rng)
    shock = ou_paths(1, times, sd=2.0, length=3.0, rng=rng)[0]
    fig = sheet(7.2, 3.2)
    for ax, extra, title in zip(
        fig.subplots(1, 2, sharey=True),
        (0.0, shock),
        ("errors of their own: they cancel in the mean", "and a shared shock: it does not cancel"),
        strict=True,
    ):
        lags = trend + own + extra
        ax.plot(month, lags.T, color="#BBBBBB", linewidth=0.7)
        ax.plot(month, lags.mean(axis=0), color=LEADER, linewidth=1.8)
        ax.plot(month, trend, color=INK, linewidth=1.2, linestyle="--")
        ax.set_title(title, loc="left")
        date_axis(ax, "2023-01-01", "2026-01-10", max_ticks=7)
    fig.axes[0].set_ylabel("Lag (months)")
    marks = (
        line("#BBBBBB", "one benchmark"),
        line(LEADER, "mean over 12 benchmarks", linewidth=1.8),
        line(INK, "true trend", linestyle="--"),
    )
    return finish(fig, title="The shared shock: one release moves many benchmarks at once (simulated)", handles=marks)


def crossing() -> Figure:
    """Draws of a straight trend, the dates at which they reach zero, and the probability by date."""
    rng = np.random.default_rng(1)
    grid = crossing_grid("2026-07-31", horizon_years=10)
    years = months_between(grid.to_numpy(), np.datetime64("2026-07-31")) / 12.0
    gap, slope = rng.normal(6.8, 1.6, (4, 1000, 1)), rng.normal(-1.0, 1.0, (4, 1000, 1))
    path = xr.DataArray(gap + slope * years, dims=("chain", "draw", "time"), coords={"time": grid})
    draws = crossing_draws(path)
    chance, _ = probability_by(draws["touched"], grid.to_numpy(), grid[0])
    never = float((draws["touched"] == np.inf).mean())
    fig = sheet(7.2, 3.2)
    left, right = fig.subplots(1, 2)
    for k in range(40):
        one = path.to_numpy()[0, k]
        hit = np.isfinite(float(draws["touched"][0, k]))
        # A draw is followed until it reaches zero.
        shown = np.where(np.maximum.accumulate(one <= 0.0), np.nan, one)
        left.plot(grid, shown, color=LEADER if hit else "#BBBBBB", linewidth=0.8)
        if hit:
            day = grid[0] + pd.Timedelta(days=float(draws["touched"][0, k]))
            left.plot([day], [0.0], "|", color=LEADER, markersize=9)
    left.axhline(0.0, color=INK, linewidth=0.8)
    left.set_ylim(-1.5, 20)
    left.set_ylabel("Average trend (months)")
    left.set_title("40 draws of the trend", loc="left")
    right.plot(grid, chance, color=LEADER, linewidth=1.8)
    right.axhspan(1 - never, 1.0, facecolor="#DDDDDD", edgecolor="none")
    right.annotate(f"not within 10 years: {never:.2f}", (grid[6], 1 - never / 2), fontsize=8, va="center")
    right.set_ylim(0, 1)
    right.set_ylabel("P(zero by date)")
    right.set_title("4,000 draws", loc="left")
    for ax in (left, right):
        date_axis(ax, "2026-06-01", "2036-10-31", max_ticks=6)
    marks = (line(LEADER, "reaches zero within the horizon"), line("#BBBBBB", "does not"))
    return finish(fig, title="The crossing date: a probability by date, with mass at never (simulated)", handles=marks)


PICTURES: dict[str, Callable[[], Figure]] = {
    f.__name__: f for f in (lag, saw_tooth, censoring, window, start_up, shared_shock, crossing)
}


def draw(name: str, folder: Path = FOLDER) -> Path:
    """Draw one picture as a PNG."""
    path = folder / f"{name}.png"
    with styled():
        PICTURES[name]().savefig(path, dpi=150, metadata={"Software": None})
    return path


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for picture in PICTURES:
        print(draw(picture))
