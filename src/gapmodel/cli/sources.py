"""``data fetch`` and ``data convert``: today's data, or a file that one has, as a snapshot folder."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gapmodel.cli.options import grouped
from gapmodel.cli.source_options import ArtificialAnalysisOptions, EpochOptions, JoinOptions, NetOptions
from gapmodel.cli.tables import data_app
from gapmodel.errors import DataError

if TYPE_CHECKING:
    from gapmodel.sources.snapshot import Snapshot

__all__ = ["artificial_analysis_snapshot", "epoch_snapshot", "register"]


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
    from gapmodel.sources.snapshot import check_place

    check_place(out)  # before a request is spent
    return _keep(artificial_analysis_snapshot(source, join, net), out)


def fetch_epoch(
    source: EpochOptions,
    join: JoinOptions,
    net: NetOptions,
    out: Annotated[Path, typer.Option("--out", help="Snapshot folder.")] = Path("snapshots/epoch"),
) -> int:
    """Download the files of Epoch AI's benchmarking hub (CC BY 4.0)."""
    from gapmodel.sources.snapshot import check_place

    check_place(out)
    return _keep(epoch_snapshot(source, join, net), out)


def convert(
    join: JoinOptions,
    file: Annotated[Path, typer.Argument(help="The file that you have.")],
    kind: Annotated[str, typer.Option("--from", help="artificial-analysis, lmarena, wide-csv or hf-json.")],
    out: Annotated[Path, typer.Option("--out", help="Snapshot folder.")],
    taken: Annotated[
        str | None, typer.Option(help="Day on which the file was made, 2026-01-31; default: today.")
    ] = None,
    benchmark: Annotated[str | None, typer.Option(help="lmarena: name of the benchmark.")] = None,
    column: Annotated[
        list[str] | None, typer.Option("--column", help="wide-csv, hf-json: this column is a benchmark (repeatable).")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="open or closed: holds for models of which the file does not say it.")
    ] = None,
) -> int:
    """Turn a file that you have into a snapshot folder in gapmodel's format."""
    from gapmodel.sources.convert.formats import ConvertOptions
    from gapmodel.sources.convert.formats import convert as read
    from gapmodel.sources.joining.assemble import assemble
    from gapmodel.sources.snapshot import check_place

    check_place(out)
    day = _day(taken)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); check the name") from None
    options = ConvertOptions(benchmark=benchmark, columns=tuple(column or ()), weights=weights)
    imported = read(kind, content, file.name, options)
    return _keep(assemble(imported, kind=kind, today=day, **join.keywords()), out)


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
