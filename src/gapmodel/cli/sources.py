"""``data fetch`` and ``data convert``: today's data, or a file that one has, as a snapshot folder."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gapmodel.cli.options import grouped
from gapmodel.cli.source_options import ArtificialAnalysisOptions, EpochOptions, JoinOptions, NetOptions, ReadOptions
from gapmodel.cli.tables import data_app

if TYPE_CHECKING:
    from gapmodel.sources.convert.table import ConvertOptions
    from gapmodel.sources.snapshot import Snapshot

__all__ = ["artificial_analysis_snapshot", "converted", "epoch_snapshot", "register"]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    fetch = typer.Typer(
        help="Download today's data into a snapshot folder.", no_args_is_help=True, rich_markup_mode=None
    )
    fetch.command("artificial-analysis")(grouped(fetch_artificial_analysis))
    fetch.command("epoch")(grouped(fetch_epoch))
    data_app.add_typer(fetch, name="fetch")
    data_app.command("convert")(grouped(convert))


def fetch_artificial_analysis(
    source: ArtificialAnalysisOptions,
    join: JoinOptions,
    net: NetOptions,
    out: Annotated[Path, typer.Option("--out", help="Snapshot folder.")] = Path("snapshots/artificial-analysis"),
) -> int:
    """Download Artificial Analysis' scores, for your own use; the key comes from AA_API_KEY or the keyring."""
    from gapmodel.files.in_use import alone_in
    from gapmodel.sources.snapshot import check_place

    with alone_in(out):
        check_place(out)  # before a request is spent
        return _keep(artificial_analysis_snapshot(source, join, net), out)


def fetch_epoch(
    source: EpochOptions,
    join: JoinOptions,
    net: NetOptions,
    out: Annotated[Path, typer.Option("--out", help="Snapshot folder.")] = Path("snapshots/epoch"),
) -> int:
    """Download the files of Epoch AI's benchmarking hub (CC BY 4.0)."""
    from gapmodel.files.in_use import alone_in
    from gapmodel.sources.snapshot import check_place

    with alone_in(out):
        check_place(out)
        return _keep(epoch_snapshot(source, join, net), out)


def convert(
    read: ReadOptions,
    join: JoinOptions,
    file: Annotated[Path, typer.Argument(help="The file that you have; a folder or zip with --from epoch.")],
    kind: Annotated[
        str,
        typer.Option("--from", help="auto, table, lmarena, artificial-analysis or epoch; auto tells it by content."),
    ] = "auto",
    out: Annotated[Path | None, typer.Option("--out", help="Snapshot folder; default: snapshots/NAME.")] = None,
    taken: Annotated[
        str | None, typer.Option(help="Day on which the file was made, 2026-01-31; default: today.")
    ] = None,
    review: Annotated[
        Path | None,
        typer.Option("--review", help="CSV for a person to fill in what is open; what is filled in is used."),
    ] = None,
    allow_left_out: Annotated[
        bool,
        typer.Option(
            "--allow-left-out", help="Leave out what cannot be read, and go on though what is left out would lead."
        ),
    ] = False,
) -> int:
    """Turn a file that you have into a snapshot folder in gapmodel's format.

    Exit 2 where a model that is left out would set a frontier, unless --allow-left-out is given.
    """
    from gapmodel.audit.table_checks import leaders_left_out
    from gapmodel.cli.source_tables import print_converted
    from gapmodel.sources.convert.files import file_kind
    from gapmodel.sources.convert.review import read_review, review_table, write_review
    from gapmodel.sources.snapshot import check_place, write_snapshot

    day = _day(taken)
    kind = file_kind(file) if kind == "auto" else kind
    folder = out or Path("snapshots") / (file.name.split(".")[0] or "converted")
    check_place(folder)
    keywords = join.keywords()
    filled = None if review is None else read_review(review)
    if filled is not None:
        keywords = filled.over(keywords)
    snapshot = converted(file, kind, day, read.options(day, leave_out=allow_left_out), keywords)
    scores = write_snapshot(snapshot, folder)
    leads = leaders_left_out(scores, snapshot.unused)
    if review is not None:
        first = leads.drop_duplicates("model")
        said = dict(zip(first["model"], first["benchmark"] + ": " + first["detail"], strict=True))
        write_review(review, review_table(snapshot, said, filled))
    print_converted(snapshot, scores, leads, folder, review=review, allowed=allow_left_out)
    return 2 if len(leads) and not allow_left_out else 0


def converted(file: Path, kind: str, day: date, options: ConvertOptions, keywords: dict[str, Any]) -> Snapshot:
    """A file, or a folder or archive of Epoch AI's hub, as a snapshot.

    Raises
    ------
    GapmodelError
        It cannot be read; no score is left.
    """
    from gapmodel.sources.convert.files import read_content, read_folder
    from gapmodel.sources.convert.formats import convert as read
    from gapmodel.sources.epoch.live import hub_snapshot
    from gapmodel.sources.joining.assemble import assemble

    if kind == "epoch":
        return hub_snapshot(read_folder(file), today=day, **keywords)
    imported = read(kind, read_content(file), file.name, options)
    name = kind if kind != "auto" else "file"
    return assemble(imported, kind=name, today=day, **keywords)


def artificial_analysis_snapshot(source: ArtificialAnalysisOptions, join: JoinOptions, net: NetOptions) -> Snapshot:
    """Today's data of Artificial Analysis; offline, those of the day that the cache keeps.

    Raises
    ------
    GapmodelError
        No key; the source cannot be read (`fetch_imported`); no score is left (`assemble`).
    """
    from gapmodel.sources.artificial_analysis.api import BASE_URL, api_key, fetch_imported
    from gapmodel.sources.joining.assemble import assemble

    keywords = join.keywords()
    client = net.client(key=api_key())
    imported, dump = fetch_imported(client, base_url=source.base_url or BASE_URL, tier=source.tier)
    if "remaining" in dump.quota:
        note = f"requests left of the quota: {dump.quota['remaining']} of {dump.quota.get('limit', 'unknown')}"
        imported = replace(imported, notes=(*imported.notes, note))
    day = max(date.fromisoformat(page.date[:10]) for page in dump.pages)
    return assemble(imported, kind="artificial-analysis", today=day, **keywords)


def epoch_snapshot(source: EpochOptions, join: JoinOptions, net: NetOptions) -> Snapshot:
    """Today's data of Epoch AI; offline, those of the day that the cache keeps.

    Raises
    ------
    GapmodelError
        The source cannot be read (`fetch_files`); no score is left (`build_snapshot`).
    """
    from gapmodel.sources.epoch.live import EpochUrls, build_snapshot, fetch_files

    keywords = join.keywords()
    known = EpochUrls()
    urls = EpochUrls(
        source.eci_benchmarks_url or known.benchmarks,
        source.eci_scores_url or known.scores,
        source.archive_url or known.archive,
    )
    files = fetch_files(net.client(), urls)
    day = max(date.fromisoformat(found.date[:10]) for found in files.downloads)
    return build_snapshot(files, today=day, **keywords)


def _keep(snapshot: Snapshot, out: Path) -> int:
    from gapmodel.cli.source_tables import print_snapshot
    from gapmodel.sources.snapshot import write_snapshot

    scores = write_snapshot(snapshot, out)
    print_snapshot(snapshot, scores, out)
    return 0


def _day(text: str | None) -> date:
    from gapmodel.modeling.options import read_day

    return date.today() if text is None else read_day(text, "--taken").date()
