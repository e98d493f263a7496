"""``ledger add``, ``score`` and ``show``: forecasts that cannot be taken back unseen, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gapmodel.cli.console import output
from gapmodel.cli.options import DataOptions, Json, Out, Quiet, grouped
from gapmodel.cli.saying import say
from gapmodel.errors import CheckError, ConfigError

if TYPE_CHECKING:
    from gapmodel.ledger.chain import Ledger
    from gapmodel.ledger.scoring import LedgerScores
    from gapmodel.runs.run import Run
    from gapmodel.scores.table import Scores

__all__ = ["keep_answer", "print_kept", "print_scores", "register"]

Folder = Annotated[Path, typer.Option("--ledger", help="Folder of the ledger.")]
_DEFAULT = Path("results") / "ledger"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(
        help="Keep forecasts so that none can be taken back unseen, and score them when they are due.",
        no_args_is_help=True,
    )
    group.command("add")(add)
    group.command("score")(grouped(score))
    group.command("show")(show)
    app.add_typer(group, name="ledger")


def add(
    ledger: Folder = _DEFAULT,
    run: Annotated[Path | None, typer.Option("--run", help="Run folder: adds its forecast.")] = None,
    scores: Annotated[Path | None, typer.Option("--scores", help="--run: its table, if it is not bundled.")] = None,
    benchmarks: Annotated[Path | None, typer.Option("--benchmarks", help="--run: its benchmarks.csv.")] = None,
    variant: Annotated[str | None, typer.Option("--variant", help="--run: its own variant file.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="--run: also where it may not be cited; marked.")] = False,
    published: Annotated[str | None, typer.Option("--published", help="Who published a statement: adds that.")] = None,
    link: Annotated[str | None, typer.Option("--link", help="--published: where.")] = None,
    said_on: Annotated[str | None, typer.Option("--said-on", help="--published: when, an ISO date.")] = None,
    sentence: Annotated[str | None, typer.Option("--sentence", help="--published: in which words.")] = None,
    months: Annotated[float | None, typer.Option("--months", help="--published: the lag that it states.")] = None,
    on: Annotated[str | None, typer.Option("--on", help="--published: on which day, an ISO date.")] = None,
    benchmark: Annotated[
        str | None, typer.Option("--benchmark", help="--published: on which benchmark; default: the average.")
    ] = None,
    interval: Annotated[
        tuple[float, float] | None, typer.Option("--interval", help="--published: its interval, in months.")
    ] = None,
    prob: Annotated[float, typer.Option("--prob", help="--interval: its probability.")] = 0.9,
    quiet: Quiet = False,
) -> int:
    """Add the forecast of a run, or a statement that somebody published."""
    from gapmodel import api
    from gapmodel.runs.progress import Stages

    said: dict[str, Any] = {
        "who": published, "link": link, "published": said_on, "sentence": sentence, "months": months, "on": on,
    }  # fmt: skip
    options = {"who": "--published", "published": "--said-on"}
    if run is None and published is None:
        raise ConfigError("give --run FOLDER, or --published WHO with what was said")
    of_statement = {**{k: v for k, v in said.items() if k != "who"}, "benchmark": benchmark, "interval": interval}
    of_run = {"scores": scores, "benchmarks": benchmarks, "variant": variant, "draft": draft or None}
    stray = of_statement if published is None else of_run
    wrong = [options.get(name, f"--{name}") for name, value in stray.items() if value is not None]
    if wrong:
        raise ConfigError(f"{wrong[0]} goes with {'--published' if published is None else '--run'}: leave it out")
    if published is not None:
        if run is not None:
            raise ConfigError("--run and --published are two entries: add one after the other")
        lacking = [options.get(name, f"--{name}") for name, value in said.items() if value is None]
        if lacking:
            raise ConfigError(f"a published statement needs {', '.join(lacking)} too")
        statement = {**said, "benchmark": benchmark, "interval": interval, "prob": prob}
        made = api.ledger_add(ledger, published=statement)
    else:
        with Stages(quiet=quiet) as clock:
            made = api.ledger_add(
                ledger, run, scores=scores, benchmarks=benchmarks, variant=variant, draft=draft, stage=clock.stage
            )
    _print_added(made)
    return 0


def score(
    data: DataOptions,
    ledger: Folder = _DEFAULT,
    table: Annotated[
        list[Path] | None,
        typer.Option("--table", help="Table that a forecast was made on, if it is not bundled (repeatable)."),
    ] = None,
    out: Out = None,
    as_json: Json = False,
) -> int:
    """Score every due statement against a later table, by the backtest's own rules."""
    from gapmodel import api
    from gapmodel.cli import printing
    from gapmodel.cli.changes import read_any

    chosen = data.select()
    found = api.ledger_score(ledger, chosen, tables=[read_any(str(name)) for name in table or ()], out=out)
    if as_json:
        printing.print_json(_as_dict(found))
    else:
        print_scores(found)
        if out is not None:
            say(f"written to {out}")
    return 0


def show(ledger: Folder = _DEFAULT, as_json: Json = False) -> int:
    """List the entries of a ledger, and say whether its chain holds."""
    from rich.markup import escape
    from rich.table import Table

    from gapmodel import api
    from gapmodel.cli import printing

    found = api.ledger_show(ledger)
    if as_json:
        printing.print_json({"head": found.head, "entries": found.table.to_dict("records")})
        return 0
    console = output()
    view = Table(title=escape(f"Ledger {ledger}"), title_justify="left")
    for name in ("entry", "entered", "kind", "about", "who", "says"):
        view.add_column(name)
    for row in found.table.to_dict("records"):
        view.add_row(*(escape(str(value)) for value in row.values()))
    console.print(view)
    say(_head(found))
    return 0


def keep_answer(folder: Path, run: Run | None, new: Scores, old: Scores | None, *, quiet: bool) -> dict[str, Any]:
    """Score the entries of a ledger on a new table, then add the answer to it; what `gapmodel update` does with one.

    Parameters
    ----------
    folder : pathlib.Path
    run : Run or None
        The new answer; None where nothing was refitted.
    new, old : Scores
        As pooled; the old table tells rescored history apart where an entry was made on it.
    quiet : bool

    Returns
    -------
    dict
        ``scores`` (as ``ledger score --json``, None for a new ledger), ``added`` (number of the entry, or None) and
        ``why_not``.

    Raises
    ------
    GapmodelError
        See `gapmodel.ledger.add.ledger_add` and `gapmodel.ledger.actions.ledger_score`.
    """
    from gapmodel import api
    from gapmodel.runs.progress import Stages

    found = None
    if folder.is_dir():
        before = api.ledger_show(folder)
        made_on = {e["forecast"]["data"]["sha256"] for e in before.entries if e["kind"] == "forecast"}
        tables = [old] if old is not None and old.sha256 in made_on else []
        found = api.ledger_score(before, new, tables=tables)
    kept: dict[str, Any] = {"scores": None if found is None else _as_dict(found), "added": None, "why_not": ""}
    if run is None:
        kept["why_not"] = "nothing changed, so there is no new answer"
    elif found is not None and (number := _entered(before.entries, run)):
        kept["why_not"] = f"entry {number} is this answer"
    else:
        try:
            with Stages(quiet=quiet) as clock:
                kept["added"] = len(api.ledger_add(folder, run, stage=clock.stage).entries)
        except CheckError as error:
            kept["why_not"] = str(error)
    kept["found"] = found
    return kept


def _entered(entries: Sequence[Mapping[str, Any]], run: Run) -> int | None:
    """Number of the entry that an update made of the same answer before it was killed."""
    for entry in entries:
        if entry["kind"] != "forecast":
            continue
        made, data = entry["forecast"]["run"], entry["forecast"]["data"]
        if (made["run_id"], data["sha256"]) == (run.run_id, run.summary["data"]["sha256"]):
            return int(entry["number"])
    return None


def print_kept(kept: dict[str, Any], folder: Path) -> None:
    """Print what `keep_answer` did."""
    if kept["found"] is not None:
        print_scores(kept["found"])
    if kept["added"] is None:
        say(f"no entry was added to the ledger '{folder}': {kept['why_not']}")
    else:
        say(f"added entry {kept['added']} to the ledger '{folder}'")


def _print_added(ledger: Ledger) -> None:
    say(f"added {ledger.where(len(ledger.entries))}: {ledger.table['says'].iloc[-1]}")
    say(_head(ledger))


def _head(ledger: Ledger) -> str:
    if ledger.head is None:
        return "no entry yet"
    return f"the chain holds; hash of entry {len(ledger.entries)}, to publish or write down: {ledger.head}"


def print_scores(found: LedgerScores) -> None:
    """Print due forecasts by entry, probabilities of zero, published statements, history, and what is to be said."""
    from rich.markup import escape
    from rich.table import Table

    console = output()
    by = found.by_entry
    if len(by):
        view = Table(title="Due forecasts, months", title_justify="left")
        for name in ("entry", "model", "as of", "lags of", "n", "entered before", "CRPS", "90 % cover"):
            view.add_column(name, justify="left" if name in ("model", "lags of") else "right")
        view.add_column("CRPS, history as it was", justify="right")
        view.add_column("history moved them by", justify="right")
        for row in by.to_dict("records"):
            view.add_row(
                str(row["entry"]), escape(row["method"]), row["cutoff"], row["target"], str(row["n"]),
                str(row["foreseen"]), f"{row['crps']:.2f}", f"{row['coverage_90']:.0%}",
                _or_not_known(row["crps_then"], ".2f"), _or_not_known(row["outcome_moved"], "+.2f"),
            )  # fmt: skip
        console.print(view)
    for title, table, numbers in (
        ("Due probabilities of zero", found.zero, ("probability", "brier")),
        ("Due published statements, months", found.published, ("months", "outcome", "crps")),
    ):
        if not len(table):
            continue
        view = Table(title=title, title_justify="left")
        for name in table.columns:
            view.add_column(str(name))
        for row in table.to_dict("records"):
            view.add_row(*(f"{v:.3g}" if k in numbers else escape(str(v)) for k, v in row.items()))
        console.print(view)
    for entry, steps in found.history.groupby("entry") if len(found.history) else ():
        moved = "; ".join(f"{r['change']} {r['moved']:+.2f}" for r in steps.to_dict("records") if r["change"] != "old")
        console.print(
            escape(f"since the table of entry {entry} the mean lag of its last year moved by, months: {moved}")
        )
    if len(found.independent):
        rows = [r for r in found.independent.to_dict("records") if r["horizon"] in (3, 6, 12)]
        for row in rows:
            console.print(
                escape(
                    f"{row['method']}, {row['horizon']} months ahead: {row['outcomes']} outcomes of {row['cutoffs']} "
                    f"forecasts, {row['independent']} of them share no month"
                )
            )
    for note in found.notes:
        console.print(escape(note))
    if not len(by) and not len(found.zero) and not len(found.published):
        console.print("nothing of the ledger is due in this table")


def _or_not_known(value: float, form: str) -> str:
    return "not known" if value != value else format(value, form)


def _as_dict(found: LedgerScores) -> dict[str, Any]:
    from gapmodel.ledger.actions import TABLES
    from gapmodel.sources.diff import plain_rows

    return {**{name: plain_rows(getattr(found, name)) for name in TABLES}, "notes": list(found.notes)}
