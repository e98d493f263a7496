"""``data diff`` and ``update``: what later data change, in the scores, the lags and the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gapmodel.cli.options import Accept, Horizon, Json, LagChoice, Quiet, SamplerOptions, Workers, accepted, grouped
from gapmodel.cli.saying import say
from gapmodel.cli.source_options import ArtificialAnalysisOptions, EpochOptions, JoinOptions, NetOptions, Subset
from gapmodel.cli.sources import artificial_analysis_snapshot, epoch_snapshot
from gapmodel.cli.tables import data_app
from gapmodel.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from gapmodel.modeling.options import LagOptions
    from gapmodel.scores.table import Scores
    from gapmodel.sources.snapshot import Snapshot

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    data_app.command("diff")(grouped(diff))
    app.command()(grouped(update))


def diff(
    lag: LagChoice,
    old: Annotated[str, typer.Argument(help="Snapshot folder, scores.csv, or the name of a bundled snapshot.")],
    new: Annotated[str, typer.Argument(help="The same, later.")],
    everything: Annotated[
        bool, typer.Option("--everything", "--all-benchmarks", help="Opt-in benchmarks too.")
    ] = False,
    fit: Annotated[bool, typer.Option("--fit", help="Also say what moved the answer of a model (12 fits).")] = False,
    variant: Annotated[str | None, typer.Option(help="--fit: variant name, or the path of your own .py file.")] = None,
    draws: Annotated[int, typer.Option(help="--fit: posterior draws per chain.")] = 2000,
    out: Annotated[Path, typer.Option("--out", help="--fit: folder of the fits; resumes there.")] = Path(
        "results/diff"
    ),
    workers: Workers = 1,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Compare two tables: models and scores added, revised, removed, and what of that moved the lags and the answer."""
    from gapmodel.cli.source_tables import print_answer_steps, print_diff, print_lag_steps
    from gapmodel.sources.diff import diff_panels, diff_scores, plain_rows
    from gapmodel.validation.decomposition import decompose_lags

    options = lag.options()
    before, after = (read_any(name) for name in (old, new))
    subset = Subset(everything=everything)
    scores = diff_scores(before, after)
    panel = diff_panels(_panel(before, subset, options), _panel(after, subset, options))
    chosen = (subset.of(before).select(), subset.of(after).select())
    steps = decompose_lags(*chosen, options)
    answer = _answer_steps(chosen, options, variant, draws, out, workers, quiet=quiet) if fit else None
    if as_json:
        said: dict[str, Any] = {"old": old, "new": new, "scores": scores.as_dict(), "panel": panel.as_dict()}
        said["what_moved_the_lags"] = plain_rows(steps)
        if answer is not None:
            said["what_moved_the_answer"] = plain_rows(answer)
        print(json.dumps(said, indent=2))
    else:
        print_diff(scores, panel, (old, new))
        print_lag_steps(steps)
        if answer is not None:
            print_answer_steps(answer)
    return 2 if answer is not None and not bool(answer["passed"].dropna().all()) else 0


def _answer_steps(
    chosen: tuple[Scores, Scores],
    options: LagOptions,
    variant: str | None,
    draws: int,
    out: Path,
    workers: int,
    *,
    quiet: bool,
) -> pd.DataFrame:
    """See `gapmodel.validation.decomposition.decompose_answer`; with the table in `out`."""
    from gapmodel.files.atomic import atomic_text, csv_text
    from gapmodel.inference.sampling import SamplerSettings
    from gapmodel.modeling.registry import DEFAULT_VARIANT
    from gapmodel.runs import progress
    from gapmodel.validation.decomposition import decompose_answer

    settings = replace(SamplerSettings(), draws=draws)
    with progress.Jobs(quiet=quiet) as jobs:
        steps = decompose_answer(
            *chosen, options, variant or DEFAULT_VARIANT, out, settings=settings, workers=workers, progress=jobs.tick
        )
    atomic_text(out / "decomposition.csv", csv_text(steps))
    return steps


def update(
    subset: Subset,
    lag: LagChoice,
    sampler: SamplerOptions,
    epoch: EpochOptions,
    artificial_analysis: ArtificialAnalysisOptions,
    join: JoinOptions,
    net: NetOptions,
    source: Annotated[str, typer.Option("--source", help="epoch or artificial-analysis.")] = "epoch",
    folder: Annotated[Path | None, typer.Option("--folder", help="Snapshot; default: snapshots/SOURCE.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the runs; default: results/update-SOURCE.")
    ] = None,
    variant: Annotated[str | None, typer.Option(help="Variant name, or the path of your own .py file.")] = None,
    explain_draws: Annotated[
        int, typer.Option(help="Draws per chain of the 12 fits that say what moved the answer; 0 for none.")
    ] = 2000,
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", help="Ledger: scores its entries on the new table, and adds the new answer."),
    ] = None,
    horizon: Horizon = 10.0,
    accept: Accept = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Fetch, compare with the last snapshot, refit when something changed, and say how the answer moved and why."""
    from gapmodel.cli.ledger import keep_answer, print_kept
    from gapmodel.cli.source_tables import print_update
    from gapmodel.files.atomic import write_json
    from gapmodel.files.in_use import alone_in
    from gapmodel.ledger.chain import read_ledger
    from gapmodel.runs.reader import read_run
    from gapmodel.sources.snapshot import check_place
    from gapmodel.validation.update import run_update

    if source not in ("epoch", "artificial-analysis"):
        raise ConfigError(f"unknown source '{source}': choose epoch or artificial-analysis")
    options = lag.options()
    accepted(accept)
    place, runs = folder or Path("snapshots") / source, out or Path("results") / f"update-{source}"
    with alone_in(place), alone_in(runs):
        check_place(place)
        if ledger is not None and ledger.is_dir():
            read_ledger(ledger)  # one that was altered is refused before anything is fetched
        pointer = runs / "latest.json"
        latest = _latest(pointer) if pointer.is_file() else None
        earlier = None if latest is None else read_run(runs / str(latest["run"])).summary
        asked: dict[str, Any] = {
            "subset": asdict(subset),
            "lag": asdict(lag),
            "sampler": asdict(sampler),
            "variant": variant,
            "horizon": horizon,
        }
        others = latest is not None and latest.get("asked") != asked
        done: dict[str, Any] = {"code": 0}

        def fetch() -> Snapshot:
            if source == "epoch":
                return epoch_snapshot(epoch, join, net)
            return artificial_analysis_snapshot(artificial_analysis, join, net)

        def explain(before: Scores, after: Scores) -> pd.DataFrame:
            # Of these scores: what an update of the same day that was killed explained may have been of others.
            folder = runs / f"{done['run']}-explained-{after.sha256[:8]}"
            chosen = (subset.of(before).select(), subset.of(after).select())
            return _answer_steps(chosen, options, variant, explain_draws, folder, 1, quiet=quiet)

        def refit(table: Scores) -> Mapping[str, Any]:
            from gapmodel.cli import printing
            from gapmodel.cli.fitting import exit_code, fit_to_folder

            done["run"] = _next_name(table.snapshot, latest)
            target = runs / done["run"]
            analysis, folder = fit_to_folder(
                subset.of(table), lag, sampler, variant, horizon, target, quiet=quiet, accept=accept
            )
            if not as_json:
                printing.print_answer(analysis, folder)
            done["code"], done["made"] = exit_code(analysis), analysis
            return read_run(target).summary

        result = run_update(
            place,
            fetch=fetch,
            panel=lambda table: _panel(table, subset, options),
            fit=refit,
            earlier=earlier,
            answered=None if latest is None else latest["update"]["new"]["sha256"],
            force=others,
            explain=explain if explain_draws else None,
        )
        kept = None
        if ledger is not None:
            old = None if result.old is None else subset.of(result.old).select()
            kept = keep_answer(ledger, done.get("made"), subset.of(result.new).select(), old, quiet=quiet)
        # Last: until it is written, the same command does all of this again.
        if "run" in done:
            write_json(pointer, {"run": done["run"], "asked": asked, "update": result.as_dict()})
        if as_json:
            said = {} if kept is None else {"ledger": {name: kept[name] for name in ("scores", "added", "why_not")}}
            print(json.dumps({**result.as_dict(), **said}, indent=2))
        else:
            print_update(result, place)
            if others:
                say("asked with other options than the last time: part of the change comes from them")
            if kept is not None and ledger is not None:
                print_kept(kept, ledger)
        return int(done["code"])


def read_any(name: str) -> Scores:
    """A table by the name of a bundled snapshot, a snapshot folder, or a scores file (``benchmarks.csv`` beside it)."""
    from gapmodel.sources import bundled, csv
    from gapmodel.sources.snapshot import is_snapshot, read_snapshot

    path = Path(name)
    if name in bundled.SNAPSHOTS and not path.exists():
        return bundled.load(name)
    if not path.exists():
        raise DataError(f"no '{name}': give a folder, a scores.csv, or one of {', '.join(bundled.SNAPSHOTS)}")
    if path.is_dir() and is_snapshot(path):
        return read_snapshot(path)
    scores = path / "scores.csv" if (path / "scores.csv").is_file() else path
    info = scores.with_name("benchmarks.csv")
    return csv.read_scores(scores, info if info.is_file() and info != scores else None, today=date.today())


def _next_name(snapshot: str, latest: Mapping[str, Any] | None) -> str:
    """Folder of the next run: never that of the last answer, which the next one is compared with until it is whole."""
    before = "" if latest is None else str(latest["run"])
    if before == snapshot:
        return f"{snapshot}-2"
    number = before.removeprefix(f"{snapshot}-")
    return f"{snapshot}-{int(number) + 1}" if number != before and number.isdecimal() else snapshot


def _panel(table: Scores, subset: Subset, options: LagOptions) -> Any:
    return options.lags(subset.of(table).select()).panel


def _latest(pointer: Path) -> dict[str, Any]:
    try:
        content = json.loads(pointer.read_text(encoding="utf-8"))
        return {
            **content,
            "run": str(content["run"]),
            "update": {"new": {"sha256": content["update"]["new"]["sha256"]}},
        }
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(f"'{pointer}' is damaged: remove it, and the next update starts afresh") from None
