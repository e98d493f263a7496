"""``ask``: ready questions, each the default model on other groups or benchmarks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gapmodel.cli.options import Json, Out, Quiet, SamplerOptions, TableOptions, grouped
from gapmodel.cli.saying import say

if TYPE_CHECKING:
    from gapmodel.analysis.questions import Part
    from gapmodel.inference.sampling import SamplerSettings
    from gapmodel.runs.run import Run
    from gapmodel.scores.table import Scores

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(grouped(ask))


def ask(
    table: TableOptions,
    sampler: SamplerOptions,
    question: Annotated[
        str | None, typer.Argument(help="One of the questions, or all; without one they are listed.")
    ] = None,
    about: Annotated[str | None, typer.Argument(help="Category or lab, for the questions about one.")] = None,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Answer a ready question: china-us, licence, public-private, category NAME, lab NAME, or all; alone: list them."""
    from gapmodel.analysis.questions import ALL, QUESTIONS, every_question, parts_of
    from gapmodel.cli import printing
    from gapmodel.errors import ConfigError, InsufficientDataError
    from gapmodel.files.in_use import alone_in

    if question is None:
        return _list(table, as_json=as_json)
    origin = {
        "scores": None if table.scores is None else table.scores.name,
        "benchmarks": None if table.benchmarks is None else table.benchmarks.name,
        "snapshot": table.snapshot,
    }
    whole = table.read()
    if question != ALL:
        parts = parts_of(question, about, whole=whole, origin=origin)
        folder = out or Path("results") / "questions" / _slug(question, about)
        code, found = _answer(parts, folder, sampler, quiet=quiet, as_json=as_json)
        if as_json:
            shown = [{key: row[key] for key in ("part", "answer", "folder", "run")} for row in found]
            printing.print_json({"question": question, "about": about, "answers": shown})
        elif len(found) > 1:
            say(f"\n{QUESTIONS[question].text}")
            for row in found:
                say(f"{row['part']}: {row['answer']}")
        return code
    if about:
        raise ConfigError("'all' is every question, and takes no name: gapmodel ask all")
    folder, code, kept = out or Path("results") / "questions" / ALL, 0, []
    with alone_in(folder):
        for asked, subject, found_parts in every_question(whole=whole, origin=origin):
            entry: dict[str, Any] = {"question": asked.name, "about": subject, "text": asked.text}
            if isinstance(found_parts, str):
                kept.append(entry | {"lacks": found_parts, "answers": []})
                continue
            if not as_json:
                say(f"\n{asked.text} {subject or ''}".rstrip())
            try:
                worst, found = _answer(
                    found_parts, folder / _slug(asked.name, subject), sampler, quiet=quiet, as_json=as_json, resume=True
                )
            except InsufficientDataError as error:  # known only when its lags are made
                kept.append(entry | {"lacks": str(error), "answers": []})
                continue
            code = max(code, worst)
            kept.append(entry | {"lacks": "", "answers": found})
        return _keep_all(kept, folder, whole, code, as_json=as_json)


def _answer(
    parts: list[Part], folder: Path, sampler: SamplerOptions, *, quiet: bool, as_json: bool, resume: bool = False
) -> tuple[int, list[dict[str, Any]]]:
    """Fit each part into a folder of its own; exit code and what was found.

    With `resume` what an interrupted command finished is kept, and said.
    """
    from gapmodel import api
    from gapmodel.analysis.sentences import headline
    from gapmodel.cli import printing
    from gapmodel.cli.fitting import command_line, exit_code
    from gapmodel.files.atomic import run_target
    from gapmodel.runs.progress import Stages
    from gapmodel.runs.writer import write_run

    settings, code, found = sampler.settings(), 0, []
    targets = [run_target(folder / _slug(part.label) if part.label else folder) for part in parts]
    for part, target in zip(parts, targets, strict=True):
        made = _finished(part, target, settings, quick=sampler.quick) if resume else None
        if made is None:
            clock = Stages(quiet=quiet)
            with clock:
                made = api.fit(
                    part.scores, options=part.options, settings=settings, quick=sampler.quick, stages=clock,
                    command=command_line(),
                )  # fmt: skip
                clock.stage("write")
                write_run(made, target, duration_seconds=clock.seconds())
        elif not as_json:
            say(f"kept from before: {target}")
        code = max(code, exit_code(made))
        s = made.summary
        found.append(
            {
                "part": part.label, "answer": headline(s), "folder": str(target), "run": made.run_id,
                "model": s["model"], "data_sha256": s["data"]["sha256"], "benchmarks": s["data"]["n_benchmarks"],
                "citable": s["citable"],
                "gap": s["average_gap_months"], "slope": s["slope_months_per_year"],
                "n_draws": s["zero_lag"]["n_draws"], "never": s["zero_lag"]["probability_never"],
            }
        )  # fmt: skip
        if not as_json:
            if part.label:
                say(f"\n{part.label}")
            printing.print_answer(made, target)
    return code, found


def _finished(part: Part, target: Path, settings: SamplerSettings, *, quick: bool) -> Run | None:
    """The run of `part` that stands in `target`, whole, of these settings and versions."""
    from gapmodel.errors import DataError
    from gapmodel.modeling.registry import load_variant
    from gapmodel.runs.provenance import package_versions
    from gapmodel.runs.reader import read_run, verify_files
    from gapmodel.runs.writer import run_id

    try:
        made = read_run(target)
        verify_files(made)
    except DataError:  # none, or a damaged one: it is made again
        return None
    wanted = run_id(load_variant(), part.scores, settings, part.options)
    same = made.run_id == wanted and made.manifest["versions"] == package_versions()
    return made if same and made.summary["quick"] == quick else None


def _keep_all(kept: list[dict[str, Any]], folder: Path, whole: Scores, code: int, *, as_json: bool) -> int:
    """Write ``questions.json``, which `report --questions` reads, and say every answer once more."""
    from gapmodel.analysis.questions import DEFAULT_QUESTION
    from gapmodel.cli import printing
    from gapmodel.files.atomic import write_json

    folder.mkdir(parents=True, exist_ok=True)
    for row in kept:
        for answer in row["answers"]:
            answer["folder"] = Path(answer["folder"]).relative_to(folder.resolve()).as_posix()
    usual = [answer["data_sha256"] for row in kept if row["question"] == DEFAULT_QUESTION for answer in row["answers"]]
    result = {"data_sha256": usual[0] if usual else whole.sha256, "snapshot": whole.snapshot, "questions": kept}
    write_json(folder / "questions.json", result)
    if as_json:
        printing.print_json(result)
        return code
    say("")
    for row in kept:
        say(f"{row['text']} {row['about'] or ''}".rstrip())
        for answer in row["answers"]:
            say(f"  {answer['part']}: {answer['answer']}" if answer["part"] else f"  {answer['answer']}")
        if row["lacks"]:
            say(f"  not answered: {row['lacks']}")
    say(f"written to {folder / 'questions.json'}")
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
        say(f"{row['command']}\n  {row['question']}\n  needs {', '.join(row['needs'])}" + (
            f"; not to be had: {row['lacks']}" if row["lacks"] else ""))  # fmt: skip
    return 0


def _slug(*words: str | None) -> str:
    text = " ".join(word for word in words if word)
    return re.sub(r"[^\w.-]+", "_", text).strip("_.") or "answer"
