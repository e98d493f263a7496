"""``sensitivity`` and ``influence``: would another choice, prior or data set have said something else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gapmodel.cli.fitting import VARIANT_HELP
from gapmodel.cli.options import DataOptions, Json, LagChoice, Out, Quiet, SamplerOptions, Workers, grouped

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (sensitivity, influence):
        app.command()(grouped(command))


def sensitivity(
    data: DataOptions,
    lag: LagChoice,
    sampler: SamplerOptions,
    variant: Annotated[str | None, typer.Argument(help=VARIANT_HELP)] = None,
    workers: Workers = 1,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Scale the priors, and repeat the analysis under every other choice: a specification curve."""
    return _sweep("sensitivity", data, lag, sampler, variant, workers, out, quiet, as_json)


def influence(
    data: DataOptions,
    lag: LagChoice,
    sampler: SamplerOptions,
    variant: Annotated[str | None, typer.Argument(help=VARIANT_HELP)] = None,
    workers: Workers = 1,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Leave out each benchmark, organization and record-setting model, and see what moves."""
    return _sweep("influence", data, lag, sampler, variant, workers, out, quiet, as_json)


def _sweep(
    kind: str,
    data: DataOptions,
    lag: LagChoice,
    sampler: SamplerOptions,
    variant: str | None,
    workers: int,
    out: Path | None,
    quiet: bool,
    as_json: bool,
) -> int:
    options, chosen = lag.options(), data.select()

    from gapmodel import api
    from gapmodel.cli import printing
    from gapmodel.modeling.registry import DEFAULT_VARIANT
    from gapmodel.runs import progress
    from gapmodel.validation.studies import SWEEP_SETTINGS

    settings = sampler.settings()
    if not sampler.quick:
        settings = replace(
            settings,
            draws=sampler.draws or SWEEP_SETTINGS.draws,
            tune=sampler.tune or SWEEP_SETTINGS.tune,
            chains=sampler.chains or SWEEP_SETTINGS.chains,
        )
    folder = out or Path("results") / kind
    study_of = api.sensitivity if kind == "sensitivity" else api.influence
    with progress.Jobs(quiet=quiet) as jobs:
        study = study_of(
            chosen,
            variant or DEFAULT_VARIANT,
            options=options,
            settings=settings,
            folder=folder,
            workers=workers,
            progress=jobs.tick,
        )
    result = study.detail
    if as_json:
        printing.print_json(result.tables[next(iter(result.tables))])
    else:
        printing.print_lines(result.lines, result.credits, folder)
    return 0 if result.passed else 2
