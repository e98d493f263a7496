"""``lags`` and ``data``: score tables and what follows from them without a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gapmodel.cli.light import without_dask
from gapmodel.cli.options import DataOptions, LagChoice, Out, TableOptions, grouped
from gapmodel.cli.saying import say
from gapmodel.errors import ConfigError

__all__ = ["data_app", "register"]

# Other files add commands to it, such as `sources`.
data_app = typer.Typer(
    help="Look at, check, fetch and convert score tables.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(grouped(lags))
    data_app.command("show")(grouped(show))
    data_app.command("validate")(validate)
    app.add_typer(data_app, name="data")


@without_dask()
def lags(data: DataOptions, lag: LagChoice, out: Out = None) -> int:
    """Compute the lag panel alone and write it as CSV and netCDF."""
    from gapmodel.cli import printing
    from gapmodel.files.atomic import writable_folder
    from gapmodel.lags.panel import clamped
    from gapmodel.runs.lag_files import write_lags

    options = lag.options()
    table = data.select()
    folder = writable_folder(out or Path("results") / "lags")
    if (folder / "manifest.json").is_file():
        raise ConfigError(f"'{folder}' holds a run, whose lags would be replaced: give another --out")
    result = options.lags(table)
    if lag.clamp:
        result = replace(result, panel=clamped(result.panel))
    baseline = printing.baseline_of(result.panel)
    printing.print_lags(result, baseline)
    printing.print_late_cutoff(table, options.cutoff)
    printing.print_idle_dates(table, options)
    printing.print_undescribed(table)
    printing.print_other_scale(table)
    write_lags(result, folder, monthly=None if baseline is None else baseline.monthly)
    say(f"written to {folder}")
    return 0


@without_dask()
def show(table: TableOptions) -> int:
    """List the benchmarks of a score table: models, dates, set, category."""
    from gapmodel.cli import printing

    printing.print_data(table.read())
    return 0


@without_dask()
def validate(
    scores: Annotated[Path, typer.Argument(help="scores.csv")],
    benchmarks: Annotated[Path | None, typer.Argument(help="benchmarks.csv")] = None,
) -> int:
    """Check your own files against the format; every fault is listed at once.

    Exit 2 where values of one benchmark look like two scales.
    """
    table = TableOptions(scores=scores, benchmarks=benchmarks).read()
    say(
        f"valid: {len(table.table)} scores, {table.table['model'].nunique()} models, "
        f"{len(table.benchmarks)} benchmarks, sha256 {table.sha256[:12]}"
    )

    from gapmodel.cli import printing
    from gapmodel.sources.csv import parse_table

    printing.print_undescribed(table)
    raw = parse_table(scores.read_bytes(), str(scores))
    lines = {(b, m): int(k) for k, b, m in zip(raw.index, raw["benchmark"], raw["model"], strict=True)}
    return 2 if printing.print_other_scale(table, lines) else 0
