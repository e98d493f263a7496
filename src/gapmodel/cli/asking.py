"""``ask``: ready questions, each the default model on other groups or benchmarks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from gapmodel.cli.options import Json, Out, Quiet, SamplerOptions, TableOptions, grouped

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(grouped(ask))


def ask(
    table: TableOptions,
    sampler: SamplerOptions,
    question: Annotated[str | None, typer.Argument(help="One of the questions; without one they are listed.")] = None,
    about: Annotated[str | None, typer.Argument(help="Category or lab, for the questions about one.")] = None,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Answer a ready question: china-us, licence, public-private, category NAME, lab NAME; alone it lists them."""
    from gapmodel.analysis.questions import QUESTIONS, parts_of

    if question is None:
        return _list(table, as_json=as_json)
    origin = {
        "scores": None if table.scores is None else table.scores.name,
        "benchmarks": None if table.benchmarks is None else table.benchmarks.name,
        "snapshot": table.snapshot,
    }
    parts = parts_of(question, about, whole=table.read(), origin=origin)

    from gapmodel import api
    from gapmodel.analysis.sentences import headline
    from gapmodel.cli import printing
    from gapmodel.cli.fitting import command_line, exit_code
    from gapmodel.files.atomic import run_target
    from gapmodel.runs.progress import Stages
    from gapmodel.runs.writer import write_run

    folder = out or Path("results") / "questions" / _slug(question, about)
    settings, code, found = sampler.settings(), 0, []
    targets = [run_target(folder / _slug(part.label) if part.label else folder) for part in parts]
    for part, target in zip(parts, targets, strict=True):
        clock = Stages(quiet=quiet)
        with clock:
            made = api.fit(
                part.scores, options=part.options, settings=settings, quick=sampler.quick, stages=clock,
                command=command_line(),
            )  # fmt: skip
            clock.stage("write")
            write_run(made, target, duration_seconds=clock.seconds())
        code = max(code, exit_code(made))
        found.append({"part": part.label, "answer": headline(made.summary), "folder": str(target), "run": made.run_id})
        if not as_json:
            if part.label:
                print(f"\n{part.label}")
            printing.print_answer(made, target)
    if as_json:
        printing.print_json({"question": question, "about": about, "answers": found})
    elif len(found) > 1:
        print(f"\n{QUESTIONS[question].text}")
        for row in found:
            print(f"{row['part']}: {row['answer']}")
    return code


def _list(table: TableOptions, *, as_json: bool) -> int:
    from gapmodel.analysis.questions import QUESTIONS, check_columns
    from gapmodel.cli import printing
    from gapmodel.errors import UnknownNameError

    scores, rows = table.read(), []
    for asked in QUESTIONS.values():
        lacks = ""
        try:
            check_columns(asked, scores)
        except UnknownNameError as error:
            lacks = str(error)
        rows.append({"command": asked.command, "question": asked.text, "needs": list(asked.needs), "lacks": lacks})
    if as_json:
        printing.print_json({"questions": rows})
        return 0
    for row in rows:
        print(f"{row['command']}\n  {row['question']}\n  needs {', '.join(row['needs'])}" + (
            f"; not to be had: {row['lacks']}" if row["lacks"] else ""))  # fmt: skip
    return 0


def _slug(*words: str | None) -> str:
    text = " ".join(word for word in words if word)
    return re.sub(r"[^\w.-]+", "_", text).strip("_.") or "answer"
