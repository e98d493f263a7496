"""``backtest``: what was forecast at past cutoffs, scored by what came."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gapmodel.cli.console import output
from gapmodel.cli.options import (
    DataOptions,
    Json,
    LagChoice,
    Out,
    Quiet,
    SamplerOptions,
    Workers,
    grouped,
)

if TYPE_CHECKING:
    from gapmodel.validation.backtest import Backtest

__all__ = ["Scheduler", "register"]

Scheduler = Annotated[
    str | None, typer.Option("--scheduler", help="Address of a running Dask scheduler, tcp://host:port.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(grouped(backtest))


def backtest(
    data: DataOptions,
    lag: LagChoice,
    sampler: SamplerOptions,
    variants: Annotated[
        list[str] | None, typer.Argument(help="Variant names or .py files to test; default: the default variant.")
    ] = None,
    baselines: Annotated[
        list[str] | None,
        typer.Option("--baselines", "--methods", help="Baseline to score against (repeatable); default: all."),
    ] = None,
    monthly: Annotated[
        bool, typer.Option("--monthly", help="A cutoff every month-end, not only every quarter.")
    ] = False,
    known_by: Annotated[
        str,
        typer.Option(
            help="Scores are seen from the release of their model (release) or when they could be known (evaluation)."
        ),
    ] = "release",
    first: Annotated[
        str | None, typer.Option("--first", "--from", help="First cutoff, an ISO date; default: 2024-06-30.")
    ] = None,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Forecast at past cutoffs with what was known then, and score against what came; resumes where it stopped."""
    from gapmodel.modeling.options import read_day

    start = None if first is None else read_day(first, "--first")
    options, table = lag.options(), data.select()

    from dataclasses import replace

    from gapmodel import api
    from gapmodel.cli import printing
    from gapmodel.modeling.registry import DEFAULT_VARIANT
    from gapmodel.runs import progress
    from gapmodel.validation.backtest import BACKTEST_SETTINGS

    settings = BACKTEST_SETTINGS.quick() if sampler.quick else BACKTEST_SETTINGS
    given = {name: getattr(sampler, name) for name in ("seed", "draws", "tune", "chains")}
    folder = out or Path("results") / "backtest"
    with progress.Jobs(quiet=quiet) as jobs:
        study = api.backtest(
            table,
            variants or [DEFAULT_VARIANT],
            options=options,
            settings=replace(settings, **{name: value for name, value in given.items() if value is not None}),
            baselines=baselines or None,
            monthly=monthly,
            known_by=known_by,
            quick=sampler.quick,
            folder=folder,
            workers=workers,
            scheduler=scheduler,
            progress=jobs.tick,
            **({} if start is None else {"first": start}),
        )
    result = study.detail
    if as_json:
        printing.print_json(result.summary)
    else:
        _print(result, folder)
    return 0 if result.summary["citable"] else 2


def _print(result: Backtest, folder: Path) -> None:
    """CRPS and coverage by method and horizon, goals, failures, and where the files are."""
    from rich.markup import escape
    from rich.table import Table

    from gapmodel.validation.skill import ALL_HORIZONS, REPORTED_HORIZONS

    console = output()
    s = result.summary
    console.print(escape(s["known_by"]["sentence"]))
    shown = [*map(str, REPORTED_HORIZONS), ALL_HORIZONS]
    for target, part in result.skill.groupby("target", sort=False):
        title = f"{target}: CRPS in months ± standard error (cover of 90 % intervals), by months ahead"
        view = Table(title=title, title_justify="left")
        view.add_column("method")
        for horizon in shown:
            view.add_column(horizon, justify="right")
        for method, rows in part.groupby("method", sort=False):
            cells = {str(row["horizon"]): _cell(row) for row in rows.to_dict("records")}
            view.add_row(escape(str(method)), *(cells.get(horizon, "") for horizon in shown))
        console.print(view)
    for name, entry in s["methods"].items():
        for target, goal in entry.items():
            worse = {h: v["not_beaten"] for h, v in goal["horizons"].items() if v["not_beaten"]}
            words = "; ".join(f"{h} months: {', '.join(names)}" for h, names in worse.items())
            console.print(
                escape(
                    f"{name}, {target}: 90 % intervals cover {goal['coverage_90']:.0%} "
                    f"({'within' if goal['coverage_held'] else 'outside'} 85 to 95 %); "
                    + (f"CRPS not better than {words}" if worse else "CRPS better than every baseline")
                )
            )
    for cutoff, reason in s["skipped_cutoffs"].items():
        console.print(escape(f"skipped cutoff {cutoff}: {reason}"))
    for job, reason in s["failed_jobs"].items():
        console.print(escape(f"JOB FAILED {job}: {reason}"), style="red")
    for fit in s["fits"]:
        if not fit["passed"]:
            words = f"R-hat {fit['rhat_max']:.3f}, ESS {fit['ess_bulk_min']:.0f}, {fit['divergences']} divergences"
            console.print(escape(f"CHECK FAILED {fit['method']} {fit['cutoff']}: {words}"), style="red")
    if s["quick"]:
        console.print("quick run: not citable", style="yellow")
    console.print(escape(f"{len(s['cutoffs'])} cutoffs, {s['n_outcomes']} outcomes; written to {folder}"))


def _cell(row: dict[Any, Any]) -> str:
    return f"{row['crps']:.2f} ± {row['crps_se']:.2f} ({row['coverage_90']:.0%})"
