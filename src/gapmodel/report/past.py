"""The section that shows the answer as it stood at each past cutoff, with what came later beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.analysis.replays import PastAnswers
from gapmodel.analysis.rounding import round_estimate, round_probability
from gapmodel.analysis.wording import Wording
from gapmodel.errors import plural
from gapmodel.report.html import Cell, Row, Section, figure, paragraphs, scope, table
from gapmodel.report.shown import estimate_cells, interval_estimate
from gapmodel.report.source import PageData
from gapmodel.report.text import day

__all__ = ["past", "past_payload", "past_text"]

_HEADING = "What was said at earlier dates?"


def past(data: PageData) -> Section:
    """A slider over cutoffs, or why there is none."""
    found, s = data.past, data.summary
    if isinstance(found, str):
        return Section(
            "past",
            _HEADING,
            paragraphs(
                f"No answers at earlier dates are shown: {found}. A replay makes them: gapmodel backtest {s['model']}, "
                "with the choices of this run, and the page again with --trust and its folder."
            ),
        )
    came = _came(found)
    rows = [_row(data, found, cutoff, months) for cutoff, months in came.items()]
    last = len(came) - 1
    slider = f"""<p class="slider"><label for="cutoff">As of</label>
<input type="range" id="cutoff" min="0" max="{last}" step="1" value="0">
<output id="cutoff-answer" for="cutoff"></output></p>"""
    inside, of = _inside(found.averages)
    html = figure(
        "past",
        title="The answer as it stood, and what came",
        scope_html=scope(
            "Of the benchmarks that had a lag at the cutoff.",
            fixed="Of the benchmarks that had a lag at the cutoff; a choice on this page does not change it.",
        ),
        caption=(
            f"Replay of {plural(len(came), 'cutoff')}: the same variant with only what was known by then "
            f"({found.known_by}). Band: forecast of the average lag of the months that followed, with its shocks. "
            f"Rings: what came, over the benchmarks that had a lag by the cutoff; {inside} of {of} lie inside the 90 % "
            "intervals; months of neighbouring cutoffs are the same, so these are fewer facts than they look. The "
            "dotted line is what this run says of the past."
        ),
        alt=f"Forecasts of the average lag at {plural(len(came), 'past cutoff')}; {inside} of {of} lags that came "
        "lie inside the 90 % intervals.",
        table_html=table(
            ["cutoff", "gap", "5 %", "95 %", "slope", "5 %", "95 %", "P(zero in 12 months)", "P(not in horizon)",
             "months that came", "lowest", "highest", "inside the 90 % interval"],
            rows,
            caption="Months, and months per year; what came: average lag",
            name="past-table",
        ),
        controls_html=slider,
    )  # fmt: skip
    return Section("past", _HEADING, html)


def past_text(found: PastAnswers, bands: pd.DataFrame) -> str:
    """How many of the gaps said at past cutoffs hold what is said of those dates now."""
    said = found.answers
    days = pd.to_datetime(said["cutoff"]).to_numpy().astype("datetime64[ns]").astype("int64")
    now = np.interp(days, bands["date"].to_numpy().astype("datetime64[ns]").astype("int64"), bands["q50"])
    held = int(((said["gap_lower"] <= now) & (now <= said["gap_upper"])).sum())
    return (
        f"At {plural(len(said), 'earlier date')} the same variant was asked with what was known by then "
        f"({found.known_by}); {held} of the {len(said)} intervals that it gave hold what is said of those dates now. "
        "Neighbouring dates share their data."
    )


def past_payload(data: PageData) -> dict[str, Any] | None:
    """What the scripts draw, and the sentence of each cutoff."""
    found = data.past
    if isinstance(found, str):
        return None
    columns = ("month", "q05", "q25", "q50", "q75", "q95", "outcome")
    came = _came(found)
    return {
        "cutoffs": list(came),
        "ahead": [{name: months[name].tolist() for name in columns} for months in came.values()],
        "gap": [_gap(found, cutoff) for cutoff in came],
        "said": [_sentence(data, found, cutoff, months) for cutoff, months in came.items()],
    }


def _came(found: PastAnswers) -> dict[str, pd.DataFrame]:
    """Cutoff → forecasts of the months after it, with what came; in order."""
    return {str(cutoff): months for cutoff, months in found.averages.groupby("cutoff", sort=True)}


def _answer(found: PastAnswers, cutoff: str) -> Mapping[str, Any] | None:
    if found.answers.empty:
        return None
    rows = found.answers[found.answers["cutoff"] == cutoff].to_dict("records")
    return {str(key): value for key, value in rows[0].items()} if rows else None


def _gap(found: PastAnswers, cutoff: str) -> list[float] | None:
    entry = _answer(found, cutoff)
    return None if entry is None else [entry[f"gap_{key}"] for key in ("median", "lower", "upper")]


def _rounded(entry: Mapping[str, Any], key: str) -> Any:
    interval = {"lower": entry[f"{key}_lower"], "upper": entry[f"{key}_upper"], "prob": 0.9}
    given = {"median": entry[f"{key}_median"], "sd": entry[f"{key}_sd"], "mcse": entry[f"{key}_mcse"]}
    return round_estimate(given | {"interval": interval}, int(entry["n_draws"]))


def _chance(entry: Mapping[str, Any], key: str) -> str:
    return Wording().probability(round_probability(float(entry[key]), 0.0, int(entry["n_draws"])))


def _sentence(data: PageData, found: PastAnswers, cutoff: str, rows: pd.DataFrame) -> str:
    words, entry = Wording(), _answer(found, cutoff)
    if entry is None:
        first = rows.iloc[0]
        shown = interval_estimate(data, first["q50"], first["q05"], first["q95"])
        said = f"As of {day(cutoff)} the average lag of {day(first['month'])} was forecast as " + words.estimate(
            "months", shown
        )
    else:
        gap, slope = (
            words.estimate(kind, _rounded(entry, key)) for kind, key in (("months", "gap"), ("rate", "slope"))
        )
        said = (
            f"As of {day(cutoff)}: gap {gap}, slope {slope}, over {plural(int(entry['n_benchmarks']), 'benchmark')}; "
            f"zero within 12 months {_chance(entry, 'zero_12_months')}, not within ten years {_chance(entry, 'never')}"
        )
    inside, of = _inside(rows)
    lowest, highest = rows["outcome"].min(), rows["outcome"].max()
    came = (
        f"in the one month that followed the average lag was {lowest:.1f} months, "
        f"{'inside' if inside else 'outside'} the 90 % interval."
        if of == 1
        else f"in {plural(of, 'month')} the average lag was {lowest:.1f} to {highest:.1f} months, "
        f"{inside} of them inside the 90 % interval."
    )
    return f"{said}. What came: {came}".replace(" -", " −")


def _inside(rows: pd.DataFrame) -> tuple[int, int]:
    return int(((rows["outcome"] >= rows["q05"]) & (rows["outcome"] <= rows["q95"])).sum()), len(rows)


def _row(data: PageData, found: PastAnswers, cutoff: str, rows: pd.DataFrame) -> Row:
    entry = _answer(found, cutoff)
    values: list[Any] = []
    for key in ("gap", "slope"):
        if entry is None:
            values += [None] * 3
            continue
        raw = (entry[f"{key}_{end}"] for end in ("median", "lower", "upper"))
        values += estimate_cells(raw, _rounded(entry, key))
    for key in ("zero_12_months", "never"):
        values.append(None if entry is None else Cell(float(entry[key]), text=_chance(entry, key)))
    inside, of = _inside(rows)
    return [cutoff, *values, of, rows["outcome"].min(), rows["outcome"].max(), inside], {}
