"""Options of the commands on sources: joins, downloads, addresses, and which benchmarks are pooled."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gapmodel.cli.options import DataOptions
from gapmodel.errors import ConfigError

if TYPE_CHECKING:
    from gapmodel.scores.table import Scores
    from gapmodel.sources.convert.table import ConvertOptions
    from gapmodel.sources.web.http import Client

__all__ = ["ArtificialAnalysisOptions", "EpochOptions", "JoinOptions", "Loaded", "NetOptions", "ReadOptions", "Subset"]


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
        """Keywords of `gapmodel.sources.joining.assemble.assemble`."""
        from gapmodel.sources.joining.names import load_aliases
        from gapmodel.sources.joining.weights import read_overrides

        overrides = None if self.overrides is None else read_overrides(self.overrides)
        return {"overrides": overrides, "aliases": load_aliases(self.aliases)}


@dataclass(frozen=True)
class ReadOptions:
    """What a file does not say of itself; each overrides a guess."""

    model: Annotated[str | None, typer.Option("--model", help="Column with the models.")] = None
    date: Annotated[str | None, typer.Option("--date", help="Column with the release dates.")] = None
    flag: Annotated[str | None, typer.Option("--flag", help="Column that says open or closed, or names a licence.")] = (
        None
    )
    column: Annotated[
        list[str] | None, typer.Option("--column", help="This column is a benchmark, others are not (repeatable).")
    ] = None
    ignore: Annotated[list[str] | None, typer.Option("--ignore", help="Do not read this column (repeatable).")] = None
    lower: Annotated[
        list[str] | None, typer.Option("--lower", help="On this benchmark a lower score is better (repeatable).")
    ] = None
    benchmark: Annotated[str | None, typer.Option("--benchmark", help="Name of the only benchmark.")] = None
    weights: Annotated[
        str | None, typer.Option("--weights", help="open or closed: holds for models of which the file is silent.")
    ] = None
    keep: Annotated[
        str | None, typer.Option("--keep", help="best, mean, first or last: what counts of several scores of a model.")
    ] = None
    zeros: Annotated[
        str | None, typer.Option("--zeros", help="missing or measured: what a score of exactly 0 means.")
    ] = None
    as_is: Annotated[
        list[str] | None, typer.Option("--as-is", help="The numbers of this column are on one scale (repeatable).")
    ] = None
    date_order: Annotated[
        str | None, typer.Option("--date-order", help="dmy or mdy: order of dates such as 03/04/2025.")
    ] = None
    sheet: Annotated[str | None, typer.Option("--sheet", help="Sheet of a spreadsheet.")] = None
    transposed: Annotated[
        bool | None,
        typer.Option("--transposed/--not-transposed", help="Models are the columns; default: as the names tell."),
    ] = None

    def options(self, taken: datetime.date, *, leave_out: bool) -> ConvertOptions:
        """As `gapmodel.sources.convert.formats.convert` takes them."""
        from gapmodel.sources.convert.table import ConvertOptions

        return ConvertOptions(
            benchmark=self.benchmark,
            columns=tuple(self.column or ()),
            weights=self.weights,
            model=self.model,
            date=self.date,
            flag=self.flag,
            ignored=tuple(self.ignore or ()),
            lower=tuple(self.lower or ()),
            keep=self.keep,
            zeros=self.zeros,
            as_is=tuple(self.as_is or ()),
            date_order=self.date_order,
            transposed=self.transposed,
            sheet=self.sheet,
            taken=taken,
            leave_out=leave_out,
        )


@dataclass(frozen=True)
class NetOptions:
    """Where downloads are kept."""

    cache: Annotated[Path | None, typer.Option("--cache", help="Cache folder; default: GAPMODEL_CACHE or yours.")] = (
        None
    )
    offline: Annotated[bool, typer.Option("--offline", help="Ask no server: use the copies in the cache.")] = False

    def client(self, *, key: str | None = None) -> Client:
        """A client, with the key where one is needed."""
        from gapmodel.sources.artificial_analysis.api import client_with_key
        from gapmodel.sources.web.cache import Cache, default_cache_folder
        from gapmodel.sources.web.http import Client

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

    pool: Annotated[
        list[str] | None, typer.Option("--pool", "--benchmark", help="Only this benchmark (repeatable).")
    ] = None
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", "--exclude-benchmark", help="Leave out this benchmark (repeatable)."),
    ] = None
    visibility: Annotated[
        list[str] | None,
        typer.Option("--visibility", help="Only benchmarks whose questions are public, semi-private or private."),
    ] = None
    everything: Annotated[
        bool, typer.Option("--everything", "--all-benchmarks", help="Opt-in benchmarks too, not only the default set.")
    ] = False

    def of(self, table: Scores) -> Loaded:
        """The options of `gapmodel run` for a table that is at hand."""
        return Loaded(
            pool=self.pool,
            exclude=self.exclude,
            visibility=self.visibility,
            everything=self.everything,
            table=table,
        )


@dataclass(frozen=True)
class Loaded(DataOptions):
    """Data options whose table is read already."""

    table: Scores | None = field(default=None, compare=False)

    def read(self) -> Scores:
        """The table.

        Raises
        ------
        ConfigError
            None is loaded.
        """
        if self.table is None:
            raise ConfigError("no table is loaded")
        return self.table

    def names(self) -> dict[str, str | None]:
        """The table by the name of its snapshot."""
        return {"scores": None, "benchmarks": None, "snapshot": self.read().snapshot}
