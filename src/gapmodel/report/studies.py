"""Sections that need more than a run: variants side by side, other choices, earlier forecasts. None without data."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

import pandas as pd

from gapmodel.errors import plural
from gapmodel.report.html import Cell, Row, Section, figure, scope, table, table_block
from gapmodel.report.payload import skill_lines, specifications
from gapmodel.report.shown import chance_text, estimate_cells, interval_estimate, range_text
from gapmodel.report.source import PageData
from gapmodel.report.text import esc, span

__all__ = ["comparison", "sensitivity", "skill"]

_ERROR = re.compile(r"(coverage|skill)_.*_se")


def comparison(data: PageData) -> Section | None:
    """Variants side by side, each of which can be hidden."""
    t = data.comparison
    if t is None:
        return None
    boxes: list[str] = []
    rows: list[Row] = []
    for k, r in enumerate(t.to_dict("records")):
        boxes.append(
            f'<li><label><input type="checkbox" name="variant" value="{k}" checked> <span>{esc(r["variant"])}</span>'
            "</label></li>"
        )
        gaps = [cell for name in ("gap", "slope") for cell in _estimate_cells(data, r, name)]
        chances = [
            Cell(float(r[f"probability_{name}"]), text=chance_text(data, float(r[f"probability_{name}"])))
            for name in ("12_months", "never")
        ]
        scores = [r.get(name) for name in ("difference_future", "se_future", "weight")]
        note = r.get("note")
        rows.append(
            (
                [
                    r["variant"],
                    r["summary"],
                    *gaps,
                    *chances,
                    *scores,
                    bool(r["passed"]),
                    "" if pd.isna(note) else note,
                ],
                {"variant": k},
            )
        )
    lowest, highest = t["probability_12_months"].min(), t["probability_12_months"].max()
    html = figure(
        "variants",
        title="Variants side by side",
        scope_html=_fixed("compare"),
        caption=(
            "Median and 90 % interval of each variant; † failed a check. elpd: predictive score months ahead, "
            "difference to the best ± one standard error; under 4, or within two of these, it decides nothing. "
            f"P(zero in 12 months) runs from {range_text(lowest)} to {range_text(highest)} over variants: the "
            "form of the trend decides it, so cite the range or the mixture."
        ),
        alt=(
            f"Intervals of gap and slope for {plural(len(t), 'variant')}. Median gaps run from "
            f"{span(t['gap_median'].min(), t['gap_median'].max())} months."
        ),
        table_html=table(
            ["variant", "what it assumes", "gap", "5 %", "95 %", "slope", "5 %", "95 %", "P(zero in 12 months)",
             "P(not in horizon)", "elpd difference", "standard error", "weight", "passed", "note"],
            rows,
            caption="Months, and months per year",
            name="variants-table",
        ),
        controls_html=f'<fieldset><legend>Show</legend><ul class="checks">{"".join(boxes)}</ul></fieldset>',
    )  # fmt: skip
    return Section("variants", "Other models", html)


def sensitivity(data: PageData) -> Section | None:
    """The specification curve of a multiverse."""
    if data.multiverse is None:
        return None
    return _frame_section(
        data.multiverse,
        drawn=specifications(data.multiverse) is not None,
        name="multiverse",
        heading="Other choices",
        title="Specification curve",
        caption="The answer under combinations of choices of the analyst, single changes and other priors, in order of "
        "the gap; the table has their names.",
    )


def skill(data: PageData) -> Section | None:
    """How well such forecasts did before."""
    if data.skill is None:
        return None
    # A table of thirty columns would be an eighth of the page; the file has them all.
    kept = [c for c in data.skill if not str(c).startswith("exact_") and not _ERROR.fullmatch(str(c))]
    return _frame_section(
        data.skill[kept],
        drawn=skill_lines(data.skill) is not None,
        name="skill",
        heading="Was it right before?",
        title="Out-of-time skill",
        caption="Error of forecasts of the average gap made with only what was known at earlier dates, by months "
        "ahead; lower is better. The table leaves out standard errors of coverage and skill, which skill.csv has.",
    )


def _estimate_cells(data: PageData, row: dict[Any, Any], name: str) -> list[Cell]:
    values = [float(row[f"{name}_{end}"]) for end in ("median", "lower", "upper")]
    if not all(map(isfinite, values)):
        return [Cell(None)] * 3
    return estimate_cells(values, interval_estimate(data, values[0], values[1], values[2]))


def _frame_section(frame: pd.DataFrame, *, drawn: bool, name: str, heading: str, title: str, caption: str) -> Section:
    """A foreign table as it stands, with a figure where its columns allow one."""
    rows: list[Row] = [(["" if pd.isna(v) else v for v in row], {}) for row in frame.itertuples(index=False, name=None)]
    table_html = table([str(c) for c in frame], rows, caption=title, digits=3)
    if not drawn:
        return Section(name, heading, f"<p>{esc(caption)}</p>{table_block(name, title=title, table_html=table_html)}")
    alt = f"{title}, {plural(len(frame), 'row')}: see the data table."
    made = {"multiverse": "sensitivity", "skill": "backtest"}[name]
    shown = figure(name, title=title, caption=caption, alt=alt, table_html=table_html, scope_html=_fixed(made))
    return Section(name, heading, shown)


def _fixed(command: str) -> str:
    """What no choice on the page changes, since another command made it."""
    words = f"Of the benchmarks that gapmodel {command} was given."
    return scope(words, fixed=f"{words} A choice on this page does not change it.")
