"""Sections of the page that show each benchmark: its frontiers, its gap and its slope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gapmodel.analysis.rounding import round_estimate
from gapmodel.analysis.wording import Wording
from gapmodel.errors import plural
from gapmodel.report.html import Cell, Row, Section, figure, scope, table
from gapmodel.report.payload import over_benchmarks
from gapmodel.report.shown import chance_text
from gapmodel.report.source import PageData
from gapmodel.report.text import day, esc, number

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
        words += f" Seen in {plural(len(observed), 'month')}, {count or 'none'} of them censored."
        cards.append(
            figure(
                f"frontier-{k}",
                builder="frontier",
                key=k,
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
        "month-ends, rings where the lag is censored. Names stand at the newest records "
        "that have room; point at a record for any other, the tables list all."
    )
    legend = '<p class="quiet" id="frontier-mark" role="status"></p>'
    legend += '<ul class="legend" id="frontier-legend" aria-hidden="true"></ul>'
    return Section(
        "frontiers",
        "Benchmark by benchmark",
        f"<p>{esc(intro)}</p>{scope(f'All {plural(len(cards), "benchmark")}.', follows='Shown')}{legend}"
        f'<div class="cards">{"".join(cards)}</div>',
    )


def forest(data: PageData) -> Section:
    """Gap and slope of every benchmark, and over benchmarks."""
    rows: list[Row] = []
    ranked = data.benchmarks.assign(place=range(len(data.benchmarks))).sort_values("gap_median", ascending=False)
    s = data.summary
    n_draws = s["zero_lag"]["n_draws"]
    entries = {entry["benchmark"]: entry for entry in s["per_benchmark"]}
    for r in ranked.to_dict("records"):
        entry = entries.get(r["benchmark"])  # none where the benchmark is not in the model
        numbers = [
            cell for key in ("gap_months", "slope_months_per_year") for cell in _cells(entry and entry[key], n_draws)
        ]
        chance = _chance(data, r["probability_by_12_months"])
        rest = [None if pd.isna(r[k]) else int(r[k]) for k in ("n_months", "n_censored")]
        rows.append(
            (
                [r["title"], r["category"], *numbers, chance, *rest],
                {"row": r["place"]},
            )
        )
    for label, key, slope in over_benchmarks(s):
        values = _cells(s[key], n_draws) + _cells(s[slope] if slope else None, n_draws)
        rows.append(([label, "", *values, None, None, None], {}))

    def said(entry: Mapping[str, Any]) -> str:
        return Wording().estimate("months", round_estimate(entry["gap_months"], n_draws))

    top, low = ranked.iloc[0], ranked[ranked["gap_median"].notna()].iloc[-1]
    html = figure(
        "forest",
        title=f"Gap and slope by benchmark on {day(s['average_gap_months']['date'])}",
        scope_html=scope(
            f"All {plural(len(ranked), 'benchmark')}.",
            follows="Blue rows",
            fixed="Grey rows are over the benchmarks that they name, and a choice does not change them.",
        ),
        caption=(
            "Posterior median, 50 % (thick) and 90 % intervals, equal-tailed. Benchmarks share strength, so one "
            "with few months is drawn towards the others; the last row is a benchmark that is not among these."
        ),
        alt=(
            f"Intervals of gap and slope for {plural(len(ranked), 'benchmark')}. Largest gap: {top['title']}, "
            f"{said(entries[top['benchmark']])}; smallest: {low['title']}, {said(entries[low['benchmark']])}."
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


def _chance(data: PageData, probability: float) -> Cell:
    return Cell(probability, text=chance_text(data, probability))


def _cells(entry: Mapping[str, Any] | None, n_draws: int) -> list[Cell]:
    """Median and interval ends, shown rounded, downloaded as they are."""
    if entry is None:
        return [Cell(None)] * 3
    shown = round_estimate(entry, n_draws)
    return [Cell(number.value, text=number.text) for number in (shown.value, shown.lower, shown.upper)]
