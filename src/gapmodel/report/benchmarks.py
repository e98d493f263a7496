"""Sections of the page that show each benchmark: its frontiers, its gap and its slope."""

from __future__ import annotations

from typing import Any

import pandas as pd

from gapmodel.report.html import Cell, Row, Section, figure, table
from gapmodel.report.source import PageData
from gapmodel.report.text import day, esc, number, plural

__all__ = ["forest", "frontiers"]


def frontiers(data: PageData) -> Section:
    """One card per benchmark: both frontiers, the lag as arrows, models on hover."""
    s = data.summary
    cards = []
    for k, row in enumerate(data.benchmarks.to_dict("records")):
        pair = data.frontiers[row["benchmark"]]
        records = sorted(
            [(r.date, s["leader"], r.model, r.level) for r in pair.leader]
            + [(r.date, s["follower"], r.model, r.level) for r in pair.follower]
        )
        observed = data.lags[(data.lags["benchmark"] == row["benchmark"]) & data.lags["lag_months"].notna()]
        if len(observed):
            final = observed.iloc[-1]
            bound = {1: "at least ", -1: "at most "}.get(int(final["censoring"]), "")
            words = f"Lag on {day(final['month'])}: {bound}{number(final['lag_months'])} months."
        else:
            words = "No lag in its window."
        count = int((observed["censoring"] != 0).sum())
        words += f" {plural(len(observed), 'month')}, of which {count} censored."
        cards.append(
            figure(
                f"frontier-{k}",
                builder="frontier",
                key=k,
                heading="h4",
                title=str(row["title"]),
                caption=words,
                alt=f"Best scores so far of {s['leader']} and {s['follower']} models on {row['title']}. {words}",
                table_html=table(
                    ["date", "group", "model", "score"],
                    [([d, g, m, Cell(float(level), 4)], {}) for d, g, m, level in records],
                    caption=f"Records on {row['title']}",
                ),
                attributes=f' class="card" data-benchmark="{k}"',
            )
        )
    intro = (
        f"Steps: best score so far of {s['leader']} and {s['follower']} models, in each benchmark's own unit. An arrow "
        "starts when one group first had a level and ends when the other reached it, or at the last month-end; a "
        "dotted arrow with an open head is censored: its true start lies before the record. The strip below marks "
        "month-ends, rings where the lag is censored. Point at a record for the model's name; the tables list all."
    )
    legend = '<ul class="legend" id="frontier-legend" aria-hidden="true"></ul>'
    return Section(
        "frontiers", "Benchmark by benchmark", f'<p>{esc(intro)}</p>{legend}<div class="cards">{"".join(cards)}</div>'
    )


def forest(data: PageData) -> Section:
    """Gap and slope of every benchmark, and over benchmarks."""
    rows: list[Row] = []
    ranked = data.benchmarks.assign(place=range(len(data.benchmarks))).sort_values("gap_median", ascending=False)
    for r in ranked.to_dict("records"):
        numbers = [r[k] for k in ("gap_median", "gap_lower", "gap_upper", "slope_median", "slope_lower", "slope_upper")]
        rest = [None if pd.isna(r[k]) else int(r[k]) for k in ("n_months", "n_censored")]
        rows.append(
            ([r["title"], r["category"], *numbers, Cell(r["probability_by_12_months"], 3), *rest], {"row": r["place"]})
        )
    over = (
        ("average of these benchmarks", "average_gap_months", "slope_months_per_year"),
        ("population mean", "population_mean_gap_months", "population_slope_months_per_year"),
        ("a new benchmark", "new_benchmark_gap_months", None),
    )
    s = data.summary
    for label, key, slope in over:
        values = _bounds(s[key]) + (_bounds(s[slope]) if slope else [None] * 3)
        rows.append(([label, "", *values, None, None, None], {}))
    top, low = ranked.iloc[0], ranked[ranked["gap_median"].notna()].iloc[-1]
    html = figure(
        "forest",
        title=f"Gap and slope by benchmark on {day(s['average_gap_months']['date'])}",
        caption=(
            "Posterior median, 50 % (thick) and 90 % intervals, equal-tailed. Benchmarks share strength, so one "
            "with few months is drawn towards the others; the last row is a benchmark that is not among these."
        ),
        alt=(
            f"Intervals of gap and slope for {plural(len(ranked), 'benchmark')}. Largest gap: {top['title']}, median "
            f"{number(top['gap_median'])} months; smallest: {low['title']}, {number(low['gap_median'])}."
        ),
        table_html=table(
            ["benchmark", "category", "gap", "5 %", "95 %", "slope", "5 %", "95 %", "P(zero in 12 months)", "months",
             "censored"],
            rows,
            caption="Months, and months per year",
            name="forest-table",
        ),
    )  # fmt: skip
    return Section("forest", "Which benchmarks?", html)


def _bounds(entry: dict[str, Any]) -> list[float]:
    return [entry["median"], entry["interval"]["lower"], entry["interval"]["upper"]]
