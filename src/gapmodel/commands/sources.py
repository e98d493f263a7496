"""``data fetch``, ``data convert``, ``data diff`` and ``update``: today's data, and what they change."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gapmodel.commands.options import DataOptions, Horizon, Json, LagChoice, Quiet, SamplerOptions, grouped
from gapmodel.commands.tables import data_app
from gapmodel.errors import ConfigError, DataError

if TYPE_CHECKING:
    from gapmodel.scores import Scores
    from gapmodel.sources.http import Client
    from gapmodel.sources.snapshot import Snapshot

__all__ = ["register"]


@dataclass(frozen=True)
class JoinOptions:
    """What settles names, dates and open or closed where a source does not."""

    overrides: Annotated[
        Path | None, typer.Option("--overrides", help="CSV: model, weights, weights_date, release_date ... (yours).")
    ] = None
    aliases: Annotated[
        Path | None, typer.Option("--aliases", help="CSV: name, known_name, for names that differ by source.")
    ] = None

    def keywords(self) -> dict[str, Any]:
        """Keywords of `gapmodel.sources.assemble.assemble`."""
        from gapmodel.sources.names import load_aliases
        from gapmodel.sources.settle import read_overrides

        overrides = None if self.overrides is None else read_overrides(self.overrides)
        return {"overrides": overrides, "aliases": load_aliases(self.aliases)}


@dataclass(frozen=True)
class NetOptions:
    """Where downloads are kept."""

    cache: Annotated[Path | None, typer.Option("--cache", help="Cache folder; default: GAPMODEL_CACHE or yours.")] = (
        None
    )
    offline: Annotated[bool, typer.Option("--offline", help="Ask no server: use the copies in the cache.")] = False

    def client(self, *, key: str | None = None) -> Client:
        """A client, with the key where one is needed."""
        from gapmodel.sources.artificial_analysis import client_with_key
        from gapmodel.sources.cache import Cache, default_cache_folder
        from gapmodel.sources.http import Client

        cache = Cache(self.cache or default_cache_folder())
        if key is not None:
            return client_with_key(key, cache=cache, offline=self.offline)
        return Client(cache=cache, offline=self.offline)


@dataclass(frozen=True)
class EpochOptions:
    """Where Epoch's files are."""

    eci_benchmarks_url: Annotated[str | None, typer.Option(help="URL of eci_benchmarks.csv.")] = None
    eci_scores_url: Annotated[str | None, typer.Option(help="URL of eci_scores.csv.")] = None
    archive_url: Annotated[str | None, typer.Option(help="URL of benchmark_data.zip.")] = None


@dataclass(frozen=True)
class ArtificialAnalysisOptions:
    """Which endpoint of Artificial Analysis; the key comes from AA_API_KEY or the keyring."""

    tier: Annotated[str, typer.Option(help="auto, pro or free: auto takes Free where the key does not cover Pro.")] = (
        "auto"
    )
    base_url: Annotated[str | None, typer.Option(help="Base URL of their API.")] = None


@dataclass(frozen=True)
class Subset:
    """Which benchmarks an update pools."""

    benchmark: Annotated[list[str] | None, typer.Option("--benchmark", help="Only this benchmark (repeatable).")] = None
    exclude_benchmark: Annotated[
        list[str] | None, typer.Option("--exclude-benchmark", help="Leave out this benchmark (repeatable).")
    ] = None
    all_benchmarks: Annotated[
        bool, typer.Option("--all-benchmarks", help="Opt-in benchmarks too, not only the default set.")
    ] = False

    def of(self, table: Scores) -> Loaded:
        """The options of `gapmodel run` for a table that is at hand."""
        return Loaded(
            benchmark=self.benchmark,
            exclude_benchmark=self.exclude_benchmark,
            all_benchmarks=self.all_benchmarks,
            table=table,
        )


@dataclass(frozen=True)
class Loaded(DataOptions):
    """Data options whose table is read already."""

    table: Scores | None = field(default=None, compare=False)

    def read(self) -> Scores:
        """The table."""
        if self.table is None:
            raise ConfigError("no table is loaded")
        return self.table


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    fetch = typer.Typer(
        help="Download today's data into a snapshot folder.", no_args_is_help=True, rich_markup_mode=None
    )
    fetch.command("artificial-analysis")(grouped(fetch_artificial_analysis))
    fetch.command("epoch")(grouped(fetch_epoch))
    data_app.add_typer(fetch, name="fetch")
    data_app.command("convert")(grouped(convert))
    data_app.command("diff")(grouped(diff))
    app.command()(grouped(update))


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
    from gapmodel.sources.assemble import assemble
    from gapmodel.sources.convert import ConvertOptions
    from gapmodel.sources.convert import convert as read
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


def diff(
    lag: LagChoice,
    old: Annotated[str, typer.Argument(help="Snapshot folder, scores.csv, or the name of a bundled snapshot.")],
    new: Annotated[str, typer.Argument(help="The same, later.")],
    all_benchmarks: Annotated[bool, typer.Option("--all-benchmarks", help="Opt-in benchmarks too.")] = False,
    as_json: Json = False,
) -> int:
    """Compare two tables: models and scores added, revised, removed, and what that does to the lags."""
    from gapmodel.commands.source_tables import print_diff
    from gapmodel.sources.diff import diff_panels, diff_scores

    keywords = lag.keywords()
    before, after = (read_any(name) for name in (old, new))
    subset = Subset(all_benchmarks=all_benchmarks)
    scores = diff_scores(before, after)
    panel = diff_panels(_panel(before, subset, keywords), _panel(after, subset, keywords))
    if as_json:
        print(json.dumps({"old": old, "new": new, "scores": scores.as_dict(), "panel": panel.as_dict()}, indent=2))
    else:
        print_diff(scores, panel, (old, new))
    return 0


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
    horizon: Horizon = 10.0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Fetch, compare with the last snapshot, refit when something changed, and say how the answer moved and why."""
    from gapmodel.commands.source_tables import print_update
    from gapmodel.saved import read_run
    from gapmodel.sources.snapshot import check_place
    from gapmodel.store import write_json
    from gapmodel.update import run_update

    if source not in ("epoch", "artificial-analysis"):
        raise ConfigError(f"unknown source '{source}': choose epoch or artificial-analysis")
    keywords = lag.keywords()
    place, runs = folder or Path("snapshots") / source, out or Path("results") / f"update-{source}"
    check_place(place)
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

    def refit(table: Scores) -> dict[str, Any]:
        from gapmodel.commands.fitting import fit

        done["run"] = table.snapshot
        target = runs / table.snapshot
        done["code"] = fit(subset.of(table), lag, sampler, variant, horizon, target, quiet)
        return read_run(target).summary

    result = run_update(
        place,
        fetch=fetch,
        panel=lambda table: _panel(table, subset, keywords),
        fit=refit,
        earlier=earlier,
        force=others,
    )
    if "run" in done:
        write_json(pointer, {"run": done["run"], "asked": asked, "update": result.as_dict()})
    if as_json:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        print_update(result, place)
        if others:
            print("asked with other options than the last time: part of the change comes from them")
    return int(done["code"])


def artificial_analysis_snapshot(source: ArtificialAnalysisOptions, join: JoinOptions, net: NetOptions) -> Snapshot:
    """Today's data of Artificial Analysis."""
    from gapmodel.sources.artificial_analysis import BASE_URL, api_key, fetch_imported
    from gapmodel.sources.assemble import assemble

    keywords = join.keywords()
    client = net.client(key=api_key())
    imported, dump = fetch_imported(client, base_url=source.base_url or BASE_URL, tier=source.tier)
    if "remaining" in dump.quota:
        note = f"requests left of the quota: {dump.quota['remaining']} of {dump.quota.get('limit', 'unknown')}"
        imported = replace(imported, notes=(*imported.notes, note))
    day = max(date.fromisoformat(page.date[:10]) for page in dump.pages)
    return assemble(imported, kind="artificial-analysis", today=day, **keywords)


def epoch_snapshot(source: EpochOptions, join: JoinOptions, net: NetOptions) -> Snapshot:
    """Today's data of Epoch AI."""
    from gapmodel.sources.epoch_live import EpochUrls, build_snapshot, fetch_files

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
    scores = path / "scores.csv" if path.is_dir() else path
    info = scores.with_name("benchmarks.csv")
    return csv.read_scores(scores, info if info.is_file() and info != scores else None, today=date.today())


def _keep(snapshot: Snapshot, out: Path) -> int:
    from gapmodel.commands.source_tables import print_snapshot
    from gapmodel.sources.snapshot import write_snapshot

    scores = write_snapshot(snapshot, out)
    print_snapshot(snapshot, scores, out)
    return 0


def _panel(table: Scores, subset: Subset, keywords: dict[str, Any]) -> Any:
    from gapmodel.lag import compute_lags

    return compute_lags(subset.of(table).select(), **keywords).panel


def _latest(pointer: Path) -> dict[str, Any]:
    try:
        content = json.loads(pointer.read_text(encoding="utf-8"))
        return {**content, "run": str(content["run"])}
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(f"'{pointer}' is damaged: remove it, and the next update begins anew") from None


def _day(text: str | None) -> date:
    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--taken is '{text}': give an ISO date, 2026-01-31") from None
