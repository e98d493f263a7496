"""Sections of the page: the answer, the controls, and the average gap over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from gapmodel.analysis import track_record
from gapmodel.analysis.sentences import (
    estimand,
    estimate_text,
    headline,
    limits,
    probability_by,
    right_edge,
    slope_sentence,
    zero_long,
    zero_short,
)
from gapmodel.analysis.wording import Wording
from gapmodel.errors import plural
from gapmodel.report.html import Cell, Row, Section, figure, scope, scroll, table
from gapmodel.report.payload import baseline_path
from gapmodel.report.shown import band_estimates, zero_texts
from gapmodel.report.source import PageData
from gapmodel.report.text import bundled_note, day, esc, number, prose, signed, span

__all__ = ["answer", "boxes", "controls", "evidence", "gap", "meaning", "zero"]


def answer(data: PageData) -> Section:
    """The answer first, in one sentence."""
    s = data.summary
    return Section(
        "answer",
        f"How far are {s['follower']} models behind {s['leader']} models?",
        f'<p class="answer" id="answer-sentence">{prose(headline(s))}</p>',
    )


def meaning(data: PageData) -> Section:
    """Its slope, P(zero), and what it is an average of."""
    s = data.summary
    d = s["data"]
    scope = (
        f"{plural(d['n_scores'], 'score')} of {plural(d['n_models'], 'model')}, released {day(d['first'])} to "
        f"{day(d['last'])}; variant {s['model']}; data {d['snapshot']}."
    )
    return Section(
        "meaning",
        "Is it closing, and what is it of?",
        f'<p id="zero-sentence">{prose(f"{slope_sentence(s)} {zero_short(s)}")}</p>'
        f'<p class="quiet">{prose(f"{estimand(s)} {right_edge(s)} {scope}")}</p>'
        + (f'<p class="quiet" id="bundled">{prose(bundled_note(data.run))}</p>' if data.run.bundled else ""),
    )


def evidence(data: PageData) -> Section:
    """What speaks for and against the intervals, and what may not be concluded."""
    s = data.summary
    rows: list[Row] = [(row, {}) for row in track_record.evidence(s["known_truth"], s["out_of_time"])]
    found = table(["checked", "found"], rows, caption="What speaks for and against this answer", name="evidence-table")
    forbidden = "".join(f"<li>{prose(text)}</li>" for text in limits(s))
    intro = "Calibration on simulated tables, whose truth is known, and forecasts made at past dates."
    html = (
        f"<p>{prose(intro)}</p>{scroll(found, label='Evidence')}<h3>What may not be concluded</h3><ul>{forbidden}</ul>"
    )
    return Section("evidence", "How far can this be trusted?", html)


def controls(data: PageData) -> Section:
    """Choice of benchmarks, dates, labs and scale, and what the posterior says of the choice."""
    b, known = data.benchmarks, data.known
    lacking = f"Not at hand: {data.facts}." if isinstance(data.facts, str) else ""
    seen = {str(v) for name in b["benchmark"] if (v := known.of(name, "visibility")) is not None}
    makers = data.record_makers.values()
    labs = sorted({lab.strip() for maker in makers for lab in maker.labs.split(",")} - {""}, key=str.casefold)
    countries = sorted({maker.country for maker in makers} - {""})
    months = sorted({str(month.date()) for month in data.lags["month"]})
    dates = _options(months, [month[:7] for month in months])
    boxes = "".join(
        f'<li><label><input type="checkbox" name="benchmark" value="{k}" checked> <span>{esc(row["title"])}'
        f"{' (not in the model)' if pd.isna(row['gap_median']) else ''}</span></label></li>"
        for k, row in enumerate(b.to_dict("records"))
    )
    note = (
        "The choice changes the raw means, boxes, frontiers, forest and other measures. Bands and P(zero) are always "
        "those of all benchmarks in the model, and grey while others are chosen: for another set, run the model on it. "
        "Dates change what is in view, and no number."
    )
    if data.draws is None:
        note += " This run kept no draws: the posterior mean of a choice of several benchmarks is not available."
    bounded = any(known.of(name, "ceiling") is not None for name in b["benchmark"])
    why = '<span class="why" id="scale-why">No benchmark has a known floor and ceiling.</span>'
    scale_why, scale_off = ("", "") if bounded else (why, ' disabled aria-describedby="scale-why"')
    groups = [("lab", "Labs", labs), ("country", "Countries", countries)]
    marks = "".join(
        f'<optgroup label="{label}">{_options([f"{kind}:{v}" for v in values], values)}</optgroup>'
        for kind, label, values in groups
        if values
    )
    category = _select(
        "category", "Category", sorted({c for c in b["category"] if c}), "All benchmarks are of one category."
    )
    visibility = _select(
        "visibility",
        "Questions",
        sorted(seen),
        lacking or "Of all benchmarks the questions are seen alike, or it is not known.",
    )
    mark_why = lacking or "The table of scores names no labs and no countries."
    mark = (
        '<p class="field"><label for="mark">Highlight</label>\n<select id="mark"'
        + ("" if marks else ' disabled aria-describedby="mark-why"')
        + f'><option value="">no one</option>{marks}</select>'
        + ("" if marks else f'<span class="why" id="mark-why">{esc(mark_why)}</span>')
        + "</p>"
    )
    html = f"""<form id="controls" autocomplete="off">
<div class="row">
{category}
{visibility}
<fieldset class="field" id="signs"><legend>Lags</legend>
<label><input type="radio" name="lag" value="signed" checked> signed</label>
<label><input type="radio" name="lag" value="clamped"> negative set to zero</label>
<span class="why" id="signs-why" hidden>No lag of these benchmarks is negative: the two are the same.</span></fieldset>
{mark}
<fieldset class="field"><legend>Scores</legend>
<label><input type="radio" name="scale" value="plain" checked> as they are</label>
<label><input type="radio" name="scale" value="logit"{scale_off}> logit near the ceiling</label>{scale_why}</fieldset>
<p class="field pair"><label for="from">Dates, from</label> <select id="from"><option value="">the first</option>\
{dates}</select>
<label for="to">to</label> <select id="to"><option value="">the last</option>{dates}</select></p>
</div>
<details class="choice"><summary>Choose benchmarks</summary>
<p><button type="button" data-choose="all">All</button> <button type="button" data-choose="none">None</button></p>
<fieldset><legend class="hidden">Benchmarks</legend><ul class="checks">{boxes}</ul></fieldset></details>
<p><output id="choice" for="category visibility"></output></p>
<p><button type="button" id="link">Copy link</button> <span id="linked" role="status"></span></p>
<p class="quiet">{esc(note)}</p>
</form>"""
    return Section("explore", "Explore", html)


def _options(values: Sequence[str], texts: Sequence[str]) -> str:
    return "".join(f'<option value="{esc(v)}">{esc(text)}</option>' for v, text in zip(values, texts, strict=True))


def _select(name: str, label: str, values: Sequence[str], few: str) -> str:
    """A choice among values; one that can change nothing is greyed and says why, in words that are read out with it."""
    off = f' disabled aria-describedby="{name}-why"' if len(values) < 2 else ""
    reason = f'<span class="why" id="{name}-why">{esc(few)}</span>' if off else ""
    # The value starts with a letter of its own, so that a category named "" is not taken for all of them.
    options = _options([f"c{value}" for value in values], values)
    return (
        f'<p class="field"><label for="{name}">{label}</label>\n<select id="{name}"{off}><option value="">all</option>'
        f"{options}</select>{reason}</p>"
    )


def gap(data: PageData) -> Section:
    """The mean gap over time: bands, raw mean, published line."""
    s = data.summary
    raw = {row["month"]: row for row in _monthly(data).reset_index().to_dict("records")}
    line = baseline_path(data)
    columns = ["month", "raw mean", "exact lags"]
    bands = {} if data.bands is None else {row["date"]: _band_cells(data, row) for row in data.bands.to_dict("records")}
    if bands:
        columns += ["median", "5 %", "25 %", "75 %", "95 %"]
    rows: list[Row] = []
    for month in sorted({*raw, *bands}):
        mean, count = (raw[month]["mean"], int(raw[month]["n"])) if month in raw else (None, None)
        values: list[Any] = [str(month.date()), Cell(mean, 2, (("raw", "mean"),)), Cell(count, 0, (("raw", "n"),))]
        if bands:
            values += bands.get(month, [None] * 5)
        rows.append((values, {"month": str(month.date())}))
    words = f"On {day(s['average_gap_months']['date'])}: {estimate_text(s, 'average_gap_months')}."
    zero = f"falls to zero on {day(line['zero'])}" if line["zero"] else "does not fall to zero"
    caption = (
        f"Posterior of the average trend. {words} Rings: raw mean of each month over benchmarks whose lag is exact; "
        "censored months are left out of it, so it is biased, and benchmarks come and go. The straight line is the "
        f"published analysis ({signed(line['slope'])} months per year, negative lags set to zero, no uncertainty; it "
        f"{zero}); it is shown to be compared with, not as an answer."
    )
    alt = f"Line chart of the average gap in months by date. {words}"
    if bands:
        start, first = next(iter(bands.items()))
        alt += (
            f" On {day(start)} the median was {first[0].text} months, 90 % interval {first[1].text} to {first[4].text}."
            f" After {day(s['zero_lag']['start'])} the trend is extended, and the interval widens."
        )
    else:
        caption += " This run kept no bands; the marker is the posterior at the last month."
    html = figure(
        "gap",
        title="Average gap over time",
        heading="h2",
        scope_html=scope(
            _all(data),
            follows="Rings",
            fixed=f"Bands and published line: {_all(data, capital=False)} A choice does not change them: a trend over "
            "other benchmarks is another fit.",
        ),
        caption=caption,
        alt=alt,
        table_html=table(columns, rows, caption="Months; raw means follow the controls", name="gap-table"),
    )
    return Section("gap", "The gap over time", html)


def zero(data: PageData) -> Section:
    """P(zero by date) with a slider, and the mass at never."""
    s, curve = data.summary, data.curve
    z = s["zero_lag"]
    last = len(curve) - 1
    start = min(12, last)
    held, texts = f"held {z['sustained_months']} months", zero_texts(data)
    rows: list[Row] = [
        (
            [
                str(r["date"].date()),
                Cell(r["probability"], text=texts["probability"][k]),
                Cell(r["mcse"], 4),
                *[Cell(r[name], text=texts[name][k]) for name in ("sustained", "prior")],
            ],
            {},
        )
        for k, r in enumerate(curve.to_dict("records"))
    ]
    words = Wording()
    dates = [row["date"] for row in z["probability_by"][::3]]
    by = "; ".join(f"by {day(date)} {words.probability(probability_by(s, date))}" for date in dates)
    never = f"not by {day(z['horizon'])}: {texts['never']}"
    slider = f"""<p class="slider"><label for="horizon">Horizon date</label>
<input type="range" id="horizon" min="0" max="{last}" step="1" value="{start}">
<output id="horizon-answer" for="horizon"></output></p>"""
    html = figure(
        "zero",
        title="Probability that the average gap has reached zero",
        scope_html=scope(
            _all(data),
            fixed=f"{_all(data)} A choice does not change it: for other benchmarks, run the model on them.",
        ),
        caption=(
            f"Share of {z['n_draws']:,} draws in which {z['estimand']}, by date; hatched: {never}. The dashed grey "
            f"curve is what the priors alone say. {zero_long(s)}"
        ),
        alt=f"Curve of the probability that the average gap has reached zero: {by}. {never}.",
        table_html=table(["date", "P(zero)", "Monte Carlo error", held, "prior alone"], rows, caption="By month-end"),
        controls_html=slider,
    )
    return Section("zero", "When could it reach zero?", html)


def boxes(data: PageData) -> Section:
    """Monthly box plots over benchmarks."""
    raw = _monthly(data)
    keys = ["n", "censored", "mean", "median", "q25", "q75", "minimum", "maximum"]
    rows: list[Row] = [
        ([str(r["month"].date()), *[int(r[k]) if k in ("n", "censored") else r[k] for k in keys]], {})
        for r in raw.reset_index().to_dict("records")
    ]
    last = raw[raw["n"] > 0].iloc[-1]
    html = figure(
        "boxes",
        title="Monthly lags over benchmarks",
        scope_html=scope(_all(data), follows="Boxes, means and triangles"),
        caption=(
            "Boxes: quartiles and median of the exact lags of a month, whiskers to the extremes; the line joins the "
            "means. Triangles: censored lags, known only as bounds, and left out of boxes and means."
        ),
        alt=(
            f"Box plots of lags by month. In {str(last.name)[:7]} the median of {int(last['n'])} exact lags was "
            f"{number(last['median'])} months, quartiles {span(last['q25'], last['q75'])}."
        ),
        table_html=table(
            ["month", "exact", "censored", "mean", "median", "25 %", "75 %", "lowest", "highest"],
            rows,
            caption="Months; follows the controls",
            name="boxes-table",
        ),
    )
    return Section("boxes", "Month by month", html)


def _all(data: PageData, *, capital: bool = True) -> str:
    """Of which benchmarks a figure is while all are chosen."""
    return f"{'All' if capital else 'all'} {plural(len(data.benchmarks), 'benchmark')}."


def _band_cells(data: PageData, row: dict[Any, Any]) -> list[Cell]:
    """Median, and the ends of the 90 % and the 50 % interval, from low to high."""
    outer, inner = band_estimates(data, row)
    shown = (outer.value, outer.lower, inner.lower, inner.upper, outer.upper)
    keys = ("q50", "q05", "q25", "q75", "q95")
    return [Cell(row[key], text=number.text) for key, number in zip(keys, shown, strict=True)]


def _monthly(data: PageData) -> pd.DataFrame:
    """Statistics of the signed exact lags of each month, and counts: ``n, censored, mean, median, q25, ...``."""
    lags = data.lags[data.lags["lag_months"].notna()]
    exact = lags["lag_months"].where(lags["censoring"] == 0)
    groups = exact.groupby(lags["month"])
    quantiles = {name: groups.quantile(p) for name, p in
                 (("minimum", 0.0), ("q25", 0.25), ("median", 0.5), ("q75", 0.75), ("maximum", 1.0))}  # fmt: skip
    censored = (lags["censoring"] != 0).groupby(lags["month"]).sum()
    return pd.DataFrame({"n": groups.count(), "censored": censored, "mean": groups.mean(), **quantiles})
