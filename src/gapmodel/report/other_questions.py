"""The section of ready questions: each with its answer, or why the table cannot answer it."""

from __future__ import annotations

from typing import Any

from gapmodel.analysis.questions import QUESTIONS
from gapmodel.analysis.rounding import round_estimate, round_probability
from gapmodel.analysis.wording import Wording
from gapmodel.report.html import Cell, Row, Section, paragraphs, table, table_block
from gapmodel.report.shown import estimate_cells
from gapmodel.report.source import PageData
from gapmodel.report.text import esc, prose

__all__ = ["questions"]


def questions(data: PageData) -> Section:
    """One part per question."""
    found = data.questions
    if isinstance(found, str):
        words = (
            f"None is shown: {found}. gapmodel ask all answers each with the same model, and the page takes the "
            "answers with --questions and its folder."
        )
        return Section("questions", "Other questions", paragraphs(words))
    parts = [
        "<p>"
        + prose(
            "The same model on other groups or benchmarks of the same table, each fitted by itself. Fewer benchmarks "
            "give wider intervals, and differences between the answers have intervals of their own, wider still."
        )
        + "</p>"
    ]
    for text in dict.fromkeys(row["text"] for row in found):
        mine = [row for row in found if row["text"] == text]
        asked_name = mine[0]["question"]
        command = QUESTIONS[asked_name].command if asked_name in QUESTIONS else f"gapmodel ask {asked_name}"
        parts.append(f'<h3 id="question-{esc(mine[0]["question"])}">{esc(text)}</h3>')
        told = [(row, answer) for row in mine for answer in row["answers"]]
        if len(told) == 1:
            parts.append(paragraphs(told[0][1]["answer"]))
        elif told:
            shown = table(
                ["of", "gap", "5 %", "95 %", "slope", "5 %", "95 %", "P(not in horizon)", "benchmarks", "citable"],
                [_row(row, answer) for row, answer in told],
                caption="Months, and months per year",
            )
            parts.append(
                table_block(f"question-{mine[0]['question']}-table", title=f"Answers: {asked_name}", table_html=shown)
            )
        lacking = [row for row in mine if row["lacks"]]
        if lacking:
            items = "".join(f"<li>{esc(row['about'] or text)}: {esc(row['lacks'])}</li>" for row in lacking)
            parts.append(f"<details><summary>Not answered: {len(lacking)}</summary><ul>{items}</ul></details>")
        parts.append(f'<p class="quiet">{esc(command)}</p>')
    return Section("questions", "Other questions", "".join(parts))


def _row(row: dict[str, Any], answer: dict[str, Any]) -> Row:
    cells: list[Cell] = []
    for key in ("gap", "slope"):
        shown = round_estimate(answer[key], int(answer["n_draws"]))
        raw = (answer[key]["median"], answer[key]["interval"]["lower"], answer[key]["interval"]["upper"])
        cells += estimate_cells(raw, shown)
    never = round_probability(float(answer["never"]), 0.0, int(answer["n_draws"]))
    cells.append(Cell(float(answer["never"]), text=Wording().probability(never)))
    name = " ".join(filter(None, (row["about"], answer["part"])))
    return [name, *cells, int(answer["benchmarks"]), bool(answer["citable"])], {}
