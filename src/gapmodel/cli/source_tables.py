"""What the commands of `sources` print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from gapmodel.audit.table_checks import leaders_left_out
from gapmodel.cli.console import output
from gapmodel.errors import DataError, InsufficientDataError, plural, quoted

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gapmodel.scores.table import Scores
    from gapmodel.sources.convert.columns import Taken
    from gapmodel.sources.diff import PanelDiff, ScoresDiff
    from gapmodel.sources.snapshot import Snapshot
    from gapmodel.validation.update import Update

__all__ = ["print_answer_steps", "print_converted", "print_diff", "print_lag_steps", "print_snapshot", "print_update"]

_SHOWN = 12
# Benchmarks whose lags are printed right after a conversion.
_PANEL_ROWS = 40


def print_snapshot(snapshot: Snapshot, scores: Scores, folder: Path) -> None:
    """Print what a fetch gave: counts, joins, what was left out, credits, and how to go on."""
    console = output()
    _print_counts(scores)
    for note in snapshot.notes:
        console.print(escape(note), style="yellow")
    _print_leaders(leaders_left_out(scores, snapshot.unused))
    _print_left_out(snapshot)
    _print_end(snapshot, folder)
    console.print(escape(_next(folder)))


def print_converted(
    snapshot: Snapshot, scores: Scores, leads: pd.DataFrame, folder: Path, *, review: Path | None, allowed: bool
) -> None:
    """Print what a conversion gave, what matters most first: who is left out, what was taken for what, and why."""
    console = output()
    _print_leaders(leads)
    of_models = snapshot.left_out[snapshot.left_out["kind"] == "model"]["name"]
    used, gone = scores.table["model"].nunique(), of_models.nunique()
    if gone:
        share, lost = gone / (used + gone), len(snapshot.unused)
        of = f"{lost} of {lost + len(scores.table)} scores"
        console.print(f"left out: {gone} of {used + gone} models ({share:.0%}), {of}", style="yellow")
    for taken in snapshot.taken:
        console.print(escape(_taken_words(taken)), style="dim" if taken.role == "not read" else None)
    _print_counts(scores)
    for note in snapshot.notes:
        console.print(escape(note), style="yellow")
    _print_left_out(snapshot)
    _print_end(snapshot, folder)
    if review is not None:
        console.print(escape(f"open questions in {review}: fill in, and convert again with --review {review}"))
    if len(leads) and not allowed:
        fix = "settle them with --review review.csv (or --overrides), or go on without them: --allow-left-out"
        console.print(escape(f"models that are left out would set a frontier: {fix}"), style="bold yellow")
    else:
        _print_panel(scores, folder)
        console.print(escape(_next(folder)))


def _print_panel(scores: Scores, folder: Path) -> None:
    """The lag panel of what was converted, as ``gapmodel lags`` prints it; why there is none, where there is none."""
    from gapmodel.cli.printing import baseline_of, print_lags
    from gapmodel.modeling.options import LagOptions
    from gapmodel.scores.selection import select

    if len(scores.benchmarks) > _PANEL_ROWS:
        files = f"--scores {folder / 'scores.csv'} --benchmarks {folder / 'benchmarks.csv'}"
        output().print(escape(f"lags of {len(scores.benchmarks)} benchmarks: gapmodel lags {files}"))
        return
    try:
        lags = LagOptions().lags(select(scores))
    except (DataError, InsufficientDataError) as error:
        output().print(escape(f"no lags: {error}"), style="yellow")
        return
    print_lags(lags, baseline_of(lags.panel))


def _print_counts(scores: Scores) -> None:
    console, models = output(), scores.table.drop_duplicates("model")
    console.print(
        f"{plural(len(scores.table), 'score')} of {plural(len(models), 'model')} on "
        f"{plural(len(scores.benchmarks), 'benchmark')}, "
        f"{(models['weights'] == 'open').sum()} open and {(models['weights'] == 'closed').sum()} closed"
    )
    for column, words in (("weights_origin", "open or closed"), ("date_source", "release dates")):
        if column in models:
            for origin, count in models[column].value_counts().sort_index().items():
                console.print(escape(f"  {words} from {origin}: {plural(count, 'model')}"))


def _print_leaders(leads: pd.DataFrame) -> None:
    console = output()
    for row in leads.head(_SHOWN).to_dict("records"):
        words = f"left out, though above the frontier: {row['model']} on {row['benchmark']}, {row['detail']}"
        console.print(escape(words), style="bold yellow")
    if len(leads) > _SHOWN:
        console.print(f"  and {len(leads) - _SHOWN} more scores above it, see left_out_scores.csv", style="bold yellow")


def _print_left_out(snapshot: Snapshot) -> None:
    """Models by reason, the commonest first, and how much else there is."""
    console = output()
    unsettled = snapshot.left_out[snapshot.left_out["kind"] == "model"]
    if len(unsettled):
        console.print(f"{plural(len(unsettled), 'model')} left out:", style="yellow")
        shown = 0
        groups = sorted(unsettled.groupby("reason")["name"], key=lambda g: (-len(g[1]), str(g[0])))
        for reason, names in groups:
            room = max(_SHOWN - shown, 1)
            more = f" and {len(names) - room} more" if len(names) > room else ""
            console.print(escape(f"  {', '.join(map(str, names.head(room)))}{more}: {reason}"))
            shown += min(len(names), room)
        if shown < len(unsettled):
            console.print("  all of them are in left_out.csv")
    for kind, words in (("row", "rows"), ("cell", "cells"), ("key", "keys"), ("sheet", "sheets"), ("list", "lists")):
        mine = snapshot.left_out[snapshot.left_out["kind"] == kind]
        for row in mine.head(_SHOWN).to_dict("records"):
            console.print(escape(f"not read: {row['name']}: {row['reason']}"), style="yellow")
        if len(mine) > _SHOWN:
            console.print(f"  and {len(mine) - _SHOWN} more {words}, see left_out.csv", style="yellow")


def _print_end(snapshot: Snapshot, folder: Path) -> None:
    console = output()
    for credit in snapshot.credits:
        console.print(escape(f"data: {credit}"), style="dim")
    console.print(escape(f"written to {folder}"))


def _next(folder: Path) -> str:
    return f"next: gapmodel run --scores {folder / 'scores.csv'} --benchmarks {folder / 'benchmarks.csv'}"


def _taken_words(taken: Taken) -> str:
    words = {"weights": "open or closed", "score_se": "standard error"}
    if taken.role == "not read":
        return f"column {quoted(taken.column)} not read: {taken.why}"
    why = f" ({taken.why.strip()})" if taken.why else ""
    return f"column {quoted(taken.column)} taken as {words.get(taken.role, taken.role.replace('_', ' '))}{why}"


def print_diff(scores: ScoresDiff, panel: PanelDiff, names: tuple[str, str]) -> None:
    """Print what changed in the scores, and in the lag panel."""
    console = output()
    table = Table(title=escape(f"{names[0]} → {names[1]}"), title_justify="left")
    for name in ("", "added", "revised", "removed"):
        table.add_column(name, justify="right" if name else "left")
    revised = scores.models_revised["model"].nunique() if len(scores.models_revised) else 0
    table.add_row("models", str(len(scores.models_added)), str(revised), str(len(scores.models_removed)))
    table.add_row("benchmarks", str(len(scores.benchmarks_added)), "", str(len(scores.benchmarks_removed)))
    table.add_row(
        "scores", str(len(scores.scores_added)), str(len(scores.scores_revised)), str(len(scores.scores_removed))
    )
    console.print(table)
    for word, listed in (("new", scores.models_added), ("gone", scores.models_removed)):
        if listed:
            more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
            console.print(escape(f"models {word}: {', '.join(listed[:_SHOWN])}{more}"))
    for row in scores.models_revised.head(_SHOWN).to_dict("records"):
        console.print(escape(f"{row['model']}: {row['property']} {row['old'] or 'none'} → {row['new'] or 'none'}"))
    if panel.empty:
        console.print("the lag panel is the same")
        return
    console.print(
        f"lag panel: benchmarks with a change: {len(panel.by_benchmark)}; "
        f"of {panel.n_months_common} benchmark-months in both, {panel.n_months_changed} changed "
        f"(mean {panel.mean_change:+.2f} months over all); "
        f"{panel.n_months_added} months added, {panel.n_months_removed} removed"
    )
    table = Table(title="largest changes of the lag", title_justify="left")
    for name in ("benchmark", "changed", "added", "removed", "mean change", "last lag", "new on a frontier"):
        table.add_column(name, justify="left" if name in ("benchmark", "new on a frontier") else "right")
    for row in panel.by_benchmark.head(_SHOWN).to_dict("records"):
        table.add_row(
            escape(row["benchmark"]),
            str(row["months_changed"]),
            str(row["months_added"]),
            str(row["months_removed"]),
            _number(row["mean_change"], "+.1f"),
            f"{_number(row['last_old'], '.1f')} → {_number(row['last_new'], '.1f')}",
            escape(row["records"]),
        )
    console.print(table)


def print_lag_steps(steps: pd.DataFrame) -> None:
    """Print how each change between two tables moved the lags."""
    console = output()
    table = Table(title="what moved the lags, one change on top of the other", title_justify="left")
    for name in ("change", "mean lag of the last year", "moved", "lags", "bounds", "changed", ""):
        table.add_column(name, justify="left" if name in ("change", "") else "right")
    for row in steps.to_dict("records"):
        table.add_row(
            row["change"],
            f"{row['mean_lag']:.2f}",
            "" if row["moved"] != row["moved"] else f"{row['moved']:+.2f}",
            str(row["n_lags"]),
            str(row["n_censored"]),
            str(row["n_changed"]),
            row["meaning"],
        )
    console.print(table)


def print_answer_steps(steps: pd.DataFrame) -> None:
    """Print how each change between two tables moved the answer of a model."""
    console = output()
    table = Table(title="what moved the answer, one change on top of the other", title_justify="left")
    for name in ("change", "gap, months", "moved", "alone", "slope, months/year", "moved", "alone"):
        table.add_column(name, justify="left" if name == "change" else "right")
    for row in steps.to_dict("records"):
        cells = [row["change"]]
        for what in ("gap", "slope"):
            sign = "" if what == "gap" else "+"
            low, high = (_number(row[f"{what}_{end}"], f"{sign}.1f") for end in ("lower", "upper"))
            whole = row[what] == row[what]
            cells.append(f"{row[what]:{sign}.1f} ({low} to {high})" if whole else "")
            cells += [
                "" if row[f"{what}_{kind}"] != row[f"{what}_{kind}"] else f"{row[f'{what}_{kind}']:+.2f}"
                for kind in ("moved", "alone")
            ]
        table.add_row(*cells)
    console.print(table)
    console.print("moved: against the row above, these add up; alone: applied to the old table alone")
    failed = steps[steps["passed"] == False]  # noqa: E712
    if len(failed):
        console.print(f"CHECK FAILED in the fits of: {', '.join(failed['change'])}", style="red")


def print_update(update: Update, folder: Path) -> None:
    """Print what an update found, how the answer moved, and why."""
    console = output()
    if update.old is None or update.scores is None or update.panel is None:
        console.print("no earlier snapshot to compare with")
    else:
        print_diff(update.scores, update.panel, (update.old.snapshot, update.new.snapshot))
    if update.summary is None:
        console.print("nothing changed: the earlier answer stands", style="green")
        return
    if update.moved is None:
        console.print("no earlier answer to compare with")
    else:
        table = Table(title="how the answer moved", title_justify="left")
        for name in ("quantity", "old", "new", "change"):
            table.add_column(name, justify="left" if name == "quantity" else "right")
        for row in update.moved.to_dict("records"):
            form = "+.1f" if row["unit"] else "+.2f"
            table.add_row(escape(row["quantity"]), row["old_said"], row["new_said"], format(row["change"], form))
        console.print(table)
        if update.why is not None:
            print_answer_steps(update.why)
    console.print(escape(f"snapshot in {folder}"))


def _number(value: float, form: str) -> str:
    return "none" if value != value else format(value, form)
