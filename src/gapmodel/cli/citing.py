"""``cite``, ``render``, ``verify``, ``reproduce``: numbers of a run for papers, and whether they still hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gapmodel.cli.console import output
from gapmodel.cli.options import Quiet
from gapmodel.cli.saying import say
from gapmodel.errors import CheckError

if TYPE_CHECKING:
    from gapmodel.cite.claims import Claims
    from gapmodel.cite.ranges import VariantRange
    from gapmodel.runs.run import Run

__all__ = ["register"]

RunFolder = Annotated[Path, typer.Argument(help="Folder that `gapmodel run` wrote.")]
Manuscript = Annotated[Path, typer.Argument(help="Markdown (.md), HTML (.html) or LaTeX (.tex) file.")]
Comparison = Annotated[
    Path | None, typer.Option("--comparison", help="Folder of `gapmodel compare` on the same data, for ranges.")
]
Language = Annotated[str, typer.Option("--lang", help="Language of the wording: en or zh.")]
Draft = Annotated[bool, typer.Option("--draft", help="Take a run that is not citable, and mark every claim.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (cite, render, verify, reproduce):
        app.command()(_checked(command))


def cite(
    run: RunFolder,
    out: Annotated[Path | None, typer.Option("--out", help="Output folder; default: citation/ in the run.")] = None,
    lang: Language = "en",
    comparison: Comparison = None,
    draft: Draft = False,
) -> int:
    """Write the claims of a run: sentences, tables, LaTeX macros, and a bibliography."""
    from gapmodel.analysis.sentences import headline
    from gapmodel.cite.collect import collect
    from gapmodel.cite.write import write_citation
    from gapmodel.runs.reader import read_run, verify_files

    saved = read_run(run)
    verify_files(saved)
    claims = collect(saved, language=lang, ranges=_ranges(comparison, saved), draft=draft)
    folder = out or run / "citation"
    write_citation(saved, claims, folder)
    console = output()
    console.print(claims)
    say(_digits_note(claims))
    say(f"written to {folder}")
    say(headline(saved.summary, language=lang))
    return 0


def render(
    manuscript: Manuscript,
    run: RunFolder,
    out: Annotated[Path | None, typer.Option("--out", help="Output file; default: NAME.rendered.ENDING.")] = None,
    lang: Language = "en",
    comparison: Comparison = None,
    draft: Draft = False,
) -> int:
    """Fill the placeholders of a manuscript, such as {{gap.average}}, from a run."""
    from gapmodel.cite.collect import collect
    from gapmodel.cite.render import render_file
    from gapmodel.runs.reader import read_run, verify_files

    saved = read_run(run)
    verify_files(saved)
    claims = collect(saved, language=lang, ranges=_ranges(comparison, saved), draft=draft)
    path, count, left = render_file(manuscript, claims, out)
    beside = f"; left as they are, in code or comments: lines {', '.join(map(str, left[:20]))}" if left else ""
    more = f" and {len(left) - 20} more" if len(left) > 20 else ""
    say(f"{count} claims filled, written to {path}{beside}{more}")
    return 0


def verify(manuscript: Manuscript, run: RunFolder, comparison: Comparison = None) -> int:
    """Find cited claims that are missing, stale or altered; exit 2 if there are any."""
    from rich.markup import escape
    from rich.table import Table

    from gapmodel.cite.verify import verify as findings_of
    from gapmodel.runs.reader import read_run, verify_files

    saved = read_run(run)
    verify_files(saved)
    findings = findings_of(manuscript, saved, ranges=_ranges(comparison, saved))
    wrong = [f for f in findings if not f.holds]
    if not findings:
        raise CheckError(f"'{manuscript}' cites no claim: fill it with `gapmodel render`, or input claims.tex")
    if not wrong:
        say(f"{len(findings)} cited claims hold (data {saved.summary['data']['sha256'][:12]}, run {saved.run_id})")
        return 0
    table = Table(title=f"{len(wrong)} of {len(findings)} cited claims do not hold", title_justify="left")
    for name in ("where", "claim", "status", "found", "expected"):
        table.add_column(name, overflow="fold")
    for f in wrong[:20]:
        where = Path(f.file).name + (f":{f.line}" if f.line else "")
        table.add_row(*map(escape, (where, f.reference, f.status, f.found, f.expected)))
    output().print(table)
    if len(wrong) > 20:
        rest = Counter(f.status for f in wrong[20:])
        say(f"and {len(wrong) - 20} more: {', '.join(f'{n} {status}' for status, n in rest.items())}")
    return 2


def reproduce(
    run: RunFolder,
    scores: Annotated[Path | None, typer.Option("--scores", help="Your scores.csv, if the run was on it.")] = None,
    benchmarks: Annotated[Path | None, typer.Option("--benchmarks", help="Your benchmarks.csv.")] = None,
    variant: Annotated[str | None, typer.Option("--variant", help="Your variant's .py file.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed; default: that of the run.")] = None,
    quiet: Quiet = False,
) -> int:
    """Run again from the manifest, and report each claim's difference in Monte Carlo standard errors."""
    from time import perf_counter

    from rich.markup import escape
    from rich.table import Table

    from gapmodel.runs.reader import read_run

    saved = read_run(run)

    from gapmodel.cite.differences import TOLERANCE
    from gapmodel.cite.reproduce import reproduce as differences_of
    from gapmodel.runs import progress

    clock = progress.Stages(quiet=quiet, start=perf_counter())
    with clock:
        differences = differences_of(
            saved, scores=scores, benchmarks=benchmarks, variant=variant, seed=seed,
            stage=clock.stage, progress=clock.sampling,
        )  # fmt: skip
    table = Table(title=escape(f"{saved.run_id}, run again"), title_justify="left")
    for name in ("claim", "number", "then", "now", "difference, MCSE", ""):
        table.add_column(name, justify="left" if name in ("claim", "number", "") else "right")
    for d in differences:
        apart = "" if d.in_mcse is None else f"{d.in_mcse:+.2f}"
        mark = "" if d.holds else "differs"
        table.add_row(*map(escape, (d.claim, d.number, _shown(d.before), _shown(d.after), apart, mark)))
    output().print(table)
    wrong = sum(not d.holds for d in differences)
    same = sum(d.before == d.after for d in differences)
    say(
        f"{len(differences)} numbers: {same} the same, {len(differences) - same - wrong} within {TOLERANCE:.1f} MCSE, "
        f"{wrong} beyond"
    )
    return 2 if wrong else 0


def _checked[**P](command: Callable[P, int]) -> Callable[P, int]:
    """A failed check exits 2, where other errors exit 1."""

    @wraps(command)
    def run(*args: P.args, **keywords: P.kwargs) -> int:
        try:
            return command(*args, **keywords)
        except CheckError as error:
            say(f"gapmodel: {error}", error=True)
            return 2

    return run


def _ranges(folder: Path | None, run: Run) -> VariantRange | None:
    from gapmodel.cite.ranges import read_ranges

    if folder is None:
        return None
    ranges = read_ranges(folder, run)
    if not ranges.spans:
        say(
            f"gapmodel: of {ranges.total} variants compared {ranges.passed} passed the checks: no range is given; "
            "compare again with more draws",
            error=True,
        )
    return ranges


def _digits_note(claims: Claims) -> str:
    """What sets the digits, and what more of them would cost."""
    from gapmodel.analysis.rounding import MONTH_STEPS, RoundedNumber, draws_factor

    value = claims["gap.average"].value
    if not isinstance(value, RoundedNumber) or value.step <= MONTH_STEPS.finest:
        return "numbers are rounded so that another seed would show the same"
    factor = draws_factor(value, MONTH_STEPS.finest)
    return (
        "numbers are rounded so that another seed would show the same: the average gap in steps of "
        f"{value.step:g} month{'' if value.step == 1 else 's'}; tenths would take about {factor:.0f} times the draws"
    )


def _shown(value: float | str | None) -> str:
    return "none" if value is None else value if isinstance(value, str) else f"{value:.4g}"
