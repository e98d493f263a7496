"""``run``, ``fit``, ``compare``, ``variants``: what samples a posterior, and the list of what can be sampled."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import typer.main

from gapmodel.cli.options import (
    Accept,
    DataOptions,
    Horizon,
    Json,
    LagChoice,
    Out,
    Prior,
    Quiet,
    SamplerOptions,
    Workers,
    accepted,
    grouped,
)
from gapmodel.cli.saying import say
from gapmodel.cli.settings_file import FILE, taken_words
from gapmodel.errors import ConfigError, printable, quoted

if TYPE_CHECKING:
    from gapmodel.runs.run import Run

__all__ = ["exit_code", "fit_to_folder", "register"]

VARIANT_HELP = "Variant name, or the path of your own .py file."


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (run, fit, compare, variants):
        app.command()(grouped(command))
    app.command("models", hidden=True)(variants)  # its name in 1.0.0rc1


def run(
    data: DataOptions,
    lag: LagChoice,
    sampler: SamplerOptions,
    horizon: Horizon = 10.0,
    prior: Prior = None,
    accept: Accept = None,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Do everything: lags, baseline, default model, checks, figures, and the answer."""
    return fit(data, lag, sampler, None, horizon, prior, accept, out, quiet, as_json)


def fit(
    data: DataOptions,
    lag: LagChoice,
    sampler: SamplerOptions,
    variant: Annotated[str | None, typer.Argument(help=VARIANT_HELP)] = None,
    horizon: Horizon = 10.0,
    prior: Prior = None,
    accept: Accept = None,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Fit one variant, and write and print the same as `run`."""
    made, folder = fit_to_folder(
        data, lag, sampler, variant, horizon, out, quiet=quiet, priors=prior or (), accept=accept
    )

    from gapmodel.cli import printing

    if as_json:
        printing.print_json({**made.summary, "folder": str(folder)})
    else:
        printing.print_answer(made, folder)
    return exit_code(made)


def exit_code(made: Run) -> int:
    """0, or 2 where a check failed, of the sampling or of the data."""
    return 0 if made.checks["passed"] and made.summary["data_gate"]["passed"] else 2


def fit_to_folder(
    data: DataOptions,
    lag: LagChoice,
    sampler: SamplerOptions,
    variant: str | None,
    horizon: float,
    out: Path | None,
    *,
    quiet: bool,
    priors: Sequence[str] = (),
    accept: list[str] | None = None,
) -> tuple[Run, Path]:
    """Fit one variant and write the folder of the run; print nothing but the progress.

    Parameters
    ----------
    data, lag, sampler
        Options of the command line.
    variant : str or None
        Name or file; None for the default.
    horizon : float, years
    out : pathlib.Path or None
        None for a folder under ``results/``.
    quiet : bool
        No progress.
    priors : sequence of str
        Texts of ``--prior``.
    accept : list of str, optional
        Texts of ``--accept``.

    Returns
    -------
    made : Run
    folder : pathlib.Path

    Raises
    ------
    GapmodelError
        From any step; what is wrong with options and output folder is found first.
    """
    # What can be wrong with the input is found before PyMC is imported.
    from gapmodel.files.atomic import run_target
    from gapmodel.inference.crossing import crossing_grid
    from gapmodel.modeling.priors import parse_prior

    options, given = lag.options(), [parse_prior(text) for text in priors]
    other = dict(given)
    for name in other:
        if [parameter for parameter, _ in given].count(name) > 1:
            raise ConfigError(f"--prior names {quoted(name)} twice: give one prior")
    reasons = accepted(accept)
    crossing_grid(date(2026, 1, 31), horizon_years=horizon)
    table = data.select()
    if out is not None:
        run_target(out)

    from gapmodel import api
    from gapmodel.modeling.registry import DEFAULT_VARIANT
    from gapmodel.runs.progress import Stages
    from gapmodel.runs.writer import run_id, write_run

    chosen, settings = api.chosen_variant(variant or DEFAULT_VARIANT, priors=other), sampler.settings()
    name = run_id(chosen, table, settings, options, horizon_years=horizon)
    folder = run_target(out or Path("results") / name)
    clock = Stages(quiet=quiet)
    with clock:
        made = api.fit(
            table,
            chosen,
            options=options,
            settings=settings,
            horizon_years=horizon,
            quick=sampler.quick,
            accept=reasons,
            stages=clock,
            command=command_line(),
        )
        clock.stage("write")
        write_run(made, folder, duration_seconds=clock.seconds())
    return made, folder


def compare(
    data: DataOptions,
    lag: LagChoice,
    sampler: SamplerOptions,
    variants: Annotated[
        list[str] | None,
        typer.Argument(help="Variant names or files; default: all shipped that are fitted to monthly lags."),
    ] = None,
    horizon: Horizon = 10.0,
    blocks: Annotated[int, typer.Option(help="Blocks of months that are predicted from all months before them.")] = 8,
    months_ahead: Annotated[int, typer.Option(help="Months in a block.")] = 3,
    workers: Workers = 1,
    future_only: Annotated[
        bool, typer.Option("--future-only", help="Skip leave-one-benchmark-out: about half the time.")
    ] = False,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Fit variants side by side, score them on held-out lags, weigh and stack them; resumes where it stopped."""
    options = lag.options()
    if blocks < 2 or months_ahead < 1:
        raise ConfigError("give --blocks of at least 2 and --months-ahead of at least 1")
    if horizon < 1.0:
        raise ConfigError(
            f"--horizon-years is {horizon:g}: give at least 1, since P(zero within 12 months) is compared"
        )
    table = data.select()

    from gapmodel import api
    from gapmodel.cli import printing
    from gapmodel.plot import save_figure
    from gapmodel.runs import progress
    from gapmodel.validation.comparison import FIT_SETTINGS

    settings = sampler.settings()
    if sampler.draws is None and not sampler.quick:
        settings = replace(settings, draws=FIT_SETTINGS.draws)
    folder = out or Path("results") / "comparison"
    with progress.Jobs(quiet=quiet) as jobs:
        study = api.compare(
            table,
            variants or None,
            options=options,
            settings=settings,
            blocks=blocks,
            months_ahead=months_ahead,
            leave_benchmark_out=not future_only,
            horizon_years=horizon,
            folder=folder,
            workers=workers,
            progress=jobs.tick,
        )
    save_figure(study.plot(), folder / "comparison")
    if as_json:
        printing.print_json(study.table)
    else:
        printing.print_comparison(study.detail, folder)
    return 0 if study.passed and not sampler.quick else 2


def variants(
    name: Annotated[str | None, typer.Argument(help="One of them; without one they are listed.")] = None,
    as_json: Json = False,
) -> int:
    """List the model variants; with a name, print its card: the model, its priors, and what is known of it."""
    from gapmodel.cli import printing
    from gapmodel.modeling.registry import DEFAULT_VARIANT, list_variants, variant_card

    if name is not None:
        from gapmodel.analysis.track_record import evidence, known_truth, out_of_time

        card = variant_card(name)
        found = evidence(known_truth(name), out_of_time(name))
        if as_json:
            printing.print_json(card | {"evidence": [{"checked": checked, "found": told} for checked, told in found]})
            return 0
        say(f"{name}{' (default)' if name == DEFAULT_VARIANT else ''}\n\n{card['text']}\n\nWhat is known of it")
        for checked, told in found:
            say(f"  {checked}: {told}")
        say(f"\nFile {card['file']}, SHA-256 {card['sha256']}")
        return 0
    if as_json:
        printing.print_json(list_variants())
        return 0
    for each, summary in list_variants().items():
        say(f"{each}{' (default)' if each == DEFAULT_VARIANT else ''}: {summary}")
    return 0


def command_line() -> str:
    """The command as given, without the folders of paths, and what it took from the settings file."""

    def plain(words: list[str]) -> list[str]:
        return [Path(w).name if "/" in w and not w.startswith("-") else w for w in words]

    words = taken_words(typer.main.get_current_context(silent=True))
    taken = [f"({FILE}: {' '.join(plain(words))})"] if words else []
    # One printable line, as the manifest takes it.
    return printable(" ".join(["gapmodel", *plain(sys.argv[1:]), *taken])).replace("\n", r"\n")
