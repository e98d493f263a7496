"""``data audit``: which dates, flags and scores the lags rest on, and what speaks against each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gapmodel.cli.changes import read_any
from gapmodel.cli.options import Json, LagChoice, TableOptions, grouped
from gapmodel.cli.saying import say
from gapmodel.cli.source_options import Subset
from gapmodel.cli.tables import data_app

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["register", "unused_scores"]

_SHOWN = 30


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    data_app.command("audit")(grouped(audit))


def audit(
    subset: Subset,
    lag: LagChoice,
    scores: Annotated[
        str, typer.Argument(help="scores.csv (benchmarks.csv beside it), snapshot folder, or bundled snapshot.")
    ] = "epoch_2026-08",
    benchmarks: Annotated[Path | None, typer.Argument(help="benchmarks.csv, where it is not beside it.")] = None,
    every_record: Annotated[bool, typer.Option("--all", help="Every record, not only those with most months.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 2 where anything is left to look at, not only where a check blocks.")
    ] = False,
    as_json: Json = False,
) -> int:
    """List the records that set a frontier: date, flag, score, where they come from, and what speaks against each."""
    options = lag.options()
    table = read_any(scores) if benchmarks is None else TableOptions(Path(scores), benchmarks).read()

    from gapmodel.audit import audit_scores
    from gapmodel.cli import printing
    from gapmodel.sources.facts import other_sources

    chosen = subset.of(table).select()
    facts = other_sources(chosen.table["model"].unique(), snapshot=table.snapshot)
    found = audit_scores(chosen, options, facts=facts, left_out=unused_scores(scores))
    if as_json:
        printing.print_json(found.as_dict())
    else:
        printing.print_audit(found, shown=None if every_record else _SHOWN)
        for credit in table.credits:
            say(f"data: {credit}")
    return 2 if found.blocking or (strict and not (found.clean and all(c.status == "ok" for c in found.checks))) else 0


def unused_scores(name: str) -> pd.DataFrame:
    """The scores that a bundled snapshot or a snapshot folder leaves out; no rows for a file of one's own."""
    from gapmodel.sources import bundled
    from gapmodel.sources.snapshot import unused_of

    path = Path(name)
    return bundled.unused(name) if name in bundled.SNAPSHOTS and not path.exists() else unused_of(path)
