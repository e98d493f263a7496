"""``revisions``: what the lag of a month was thought to be then, and later."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gapmodel.cli.console import output
from gapmodel.cli.options import DataOptions, Json, LagChoice, Out, grouped

if TYPE_CHECKING:
    from gapmodel.validation.revisions import Revisions

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(grouped(revisions))


def revisions(
    data: DataOptions,
    lag: LagChoice,
    older: Annotated[
        str | None, typer.Option(help="Earlier snapshot to compare with: its folder, or the name of a bundled one.")
    ] = None,
    months_later: Annotated[
        list[int] | None,
        typer.Option(help="Months after which a month is looked at (repeatable); default: 0, 1, 2, 3, 6, 12."),
    ] = None,
    first: Annotated[str | None, typer.Option(help="First month, an ISO date; default: 2024-06-30.")] = None,
    draws: Annotated[int, typer.Option(min=1, help="Draws of the delays of scores without a day of evaluation.")] = 10,
    seed: Annotated[int, typer.Option(help="Seed of these draws.")] = 0,
    out: Out = None,
    as_json: Json = False,
) -> int:
    """Say how the lags of a month change as more models are run: as seen at its end, and months later."""
    from gapmodel.cli.changes import read_any
    from gapmodel.cli.source_options import Loaded
    from gapmodel.modeling.options import read_day

    start = None if first is None else read_day(first, "--first")
    options, table = lag.options(), data.select()
    before = None
    if older is not None:
        chosen = {name: getattr(data, name) for name in ("pool", "exclude", "category", "everything", "visibility")}
        before = Loaded(**chosen, exclude_organization=data.exclude_organization, table=read_any(older)).select()

    from gapmodel import api
    from gapmodel.cli import printing
    from gapmodel.sources.diff import plain_rows

    folder = out or Path("results") / "revisions"
    study = api.revisions(
        table,
        older=before,
        options=options,
        months_later=months_later or None,
        draws=draws,
        seed=seed,
        folder=folder,
        **({} if start is None else {"first": start}),
    )
    if as_json:
        printing.print_json({"known_by": study.detail.known.as_dict(), "summary": plain_rows(study.table)})
    else:
        _print(study.detail, folder)
    return 0


def _print(found: Revisions, folder: Path) -> None:
    """The rule, the mean revisions, and where the files are."""
    from rich.markup import escape
    from rich.table import Table

    console = output()
    console.print(escape(found.known.sentence))
    for source, rows in found.summary.groupby("source", sort=False):
        view = Table(title=escape(f"{source}: mean change of a lag, in months"), title_justify="left")
        for name in ("first seen", "seen again", "change", "lags", "months", "changed", "not seen at first"):
            view.add_column(name, justify="right")
        for row in rows[rows["first_seen"] <= 12].to_dict("records"):
            error = "" if row["change_se"] != row["change_se"] else f" ± {row['change_se']:.2f}"
            view.add_row(
                f"{row['first_seen']} months after", f"{row['months_later']}", f"{row['change']:+.2f}{error}",
                f"{row['n']:.0f}", f"{row['months']}", f"{row['revised']:.0%}", f"{row['unseen']:.0%}",
            )  # fmt: skip
        console.print(view)
    console.print(escape(f"written to {folder}"))
