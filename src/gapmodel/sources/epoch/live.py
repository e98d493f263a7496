"""Today's files of Epoch AI's hub as a snapshot, by the rules that build the bundled tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.errors import DataError
from gapmodel.files.safe_csv import FORMULA_STARTS
from gapmodel.sources.epoch import hub as epoch
from gapmodel.sources.epoch import tables
from gapmodel.sources.joining.assemble import nothing_left
from gapmodel.sources.joining.weights import settle_models
from gapmodel.sources.snapshot import Snapshot, left_out_table
from gapmodel.sources.web.archive import read_archive
from gapmodel.sources.web.http import Client, Fetched, SourceError

__all__ = ["EpochFiles", "EpochUrls", "build_snapshot", "fetch_files", "hub_snapshot"]

_MORE = ("weights_date_origin", "evaluated_date")
_BOOKKEEPING = {epoch.HUB_INDEX, "eci_benchmark_difficulties_and_slopes.csv", "eci_scaling.csv"}


@dataclass(frozen=True)
class EpochUrls:
    """Where the three files are."""

    benchmarks: str = "https://epoch.ai/data/eci_benchmarks.csv"
    scores: str = "https://epoch.ai/data/eci_scores.csv"
    archive: str = "https://epoch.ai/data/benchmark_data.zip"


@dataclass(frozen=True)
class EpochFiles:
    """The files, by name.

    Attributes
    ----------
    index, hub : mapping of str to bytes
        Those of the Capabilities Index, and those of the hub export.
    downloads : tuple of Fetched
        Where they came from.
    """

    index: Mapping[str, bytes]
    hub: Mapping[str, bytes]
    downloads: tuple[Fetched, ...] = ()


def fetch_files(client: Client, urls: EpochUrls | None = None) -> EpochFiles:
    """Download all three; one that fails fails all.

    Raises
    ------
    SourceError
        See `gapmodel.sources.web.http.Client.get` and `read_archive`; HTML in place of CSV.
    """
    urls = urls or EpochUrls()
    index = {}
    downloads = []
    for name, url in ((epoch.INDEX_BENCHMARKS, urls.benchmarks), (epoch.INDEX_SCORES, urls.scores)):
        found = client.get(url, what=f"Epoch's {name}")
        index[name] = _csv(found.content, name)
        downloads.append(found)
    archive = client.get(urls.archive, what="Epoch's benchmark_data.zip")
    return EpochFiles(index, read_archive(archive.content, what="Epoch's benchmark_data.zip"), (*downloads, archive))


def build_snapshot(
    files: EpochFiles,
    *,
    today: date,
    aliases: Mapping[str, str] | None = None,
    overrides: pd.DataFrame | None = None,
    review: epoch.Review | None = None,
) -> Snapshot:
    """Make a snapshot as the bundled ones are made, with the day of the download.

    A hub file that has changed its shape costs its benchmark (or its raw scores) and no more; a benchmark that is new
    is called by its name, in category ``uncategorised``. Both are listed.

    Parameters
    ----------
    files : EpochFiles
    today : datetime.date
        Day of the download; it is the day of the snapshot.
    aliases, overrides
        See `gapmodel.sources.joining.weights.settle_models`.
    review : Review, optional
        Default: that of the package.

    Returns
    -------
    Snapshot

    Raises
    ------
    DataError
        A file of the index has changed its shape, or no score is left.
    """
    review = review or epoch.load_review()
    released = epoch.releases(files.index, files.hub, review, strict=False)
    models = epoch.index_models(files.index, review, released)
    faults = epoch.hub_faults(files.hub, review.info)
    info = review.info.copy()
    info.loc[list(faults), ["hub_file", "score_se_column"]] = np.nan
    rows = epoch.index_rows(files.index, files.hub, info, released)

    source = {"kind": "epoch", "date": str(today), "downloads": [found.record() for found in files.downloads]}
    return _snapshot(models, rows, info, released, faults, files.hub, review, source, today, aliases, overrides)


def hub_snapshot(
    files: Mapping[str, bytes],
    *,
    today: date,
    aliases: Mapping[str, str] | None = None,
    overrides: pd.DataFrame | None = None,
    review: epoch.Review | None = None,
) -> Snapshot:
    """Make a snapshot of a hub export that one has, by the same rules.

    Parameters
    ----------
    files : mapping of str to bytes
        CSV files by name. With both files of the Capabilities Index among them, what `build_snapshot` makes of them;
        without the hub's index of models, versions and dates are those of its other files.
    today, aliases, overrides, review
        See `build_snapshot`.

    Raises
    ------
    DataError
        No file is of the hub, or no score is left.
    """
    review = review or epoch.load_review()
    known = {f"{name}.csv" for name in review.info["hub_file"].dropna()}
    if not known & set(files):
        raise DataError("no file is one of Epoch's hub (gpqa_diamond.csv, ...): give its export as it was downloaded")
    index = {name: files[name] for name in (epoch.INDEX_BENCHMARKS, epoch.INDEX_SCORES) if name in files}
    hub = {name: content for name, content in files.items() if name not in index}
    hub.setdefault(epoch.HUB_INDEX, epoch.index_of_files(hub))
    if len(index) == 2:
        return build_snapshot(EpochFiles(index, hub), today=today, aliases=aliases, overrides=overrides, review=review)
    released = epoch.releases({}, hub, review, strict=False)
    models = epoch.hub_models(
        hub, review, released, pd.DataFrame(columns=["model", "weights", "licence_tier", "weights_origin"])
    )
    absent = {name: "" for name, file in review.info["hub_file"].dropna().items() if f"{file}.csv" not in hub}
    info = review.info.drop(index=list(absent))
    faults = epoch.hub_faults(hub, info)
    info = info.copy()
    info.loc[list(faults), ["hub_file", "score_se_column"]] = np.nan
    rows = epoch.hub_rows(hub, info, released)
    models = models[models["model"].isin(rows["model"])]
    source = {"kind": "epoch", "date": str(today), "files": len(files)}
    return _snapshot(models, rows, info, released, faults, hub, review, source, today, aliases, overrides)


def _snapshot(
    models: pd.DataFrame,
    rows: pd.DataFrame,
    info: pd.DataFrame,
    released: pd.DataFrame,
    faults: Mapping[str, str],
    hub: Mapping[str, bytes],
    review: epoch.Review,
    source: dict[str, Any],
    today: date,
    aliases: Mapping[str, str] | None,
    overrides: pd.DataFrame | None,
) -> Snapshot:
    table = models.set_index("model")
    table["weights"] = table["weights"].replace("unknown", np.nan)
    settled = settle_models(table, today=today, aliases=aliases, overrides=overrides)
    names = [name for name in settled.models.index if str(name).startswith(FORMULA_STARTS)]
    usable = settled.models.drop(index=names).rename_axis("model").reset_index()
    rows, unused, strangers = tables.settled_rows(rows, usable, released)
    listed = {name: why for kind, name, why in settled.left_out if kind == "model"}
    # What a person has decided is no open question.
    decided = {name for name, why in listed.items() if why == "never released" or "'excluded'" in why}
    unused = unused[~unused["model"].isin(decided)]
    unused["reason"] = [listed.get(name, why) for name, why in zip(unused["model"], unused["reason"], strict=True)]
    left_out = [*settled.left_out, *(("model", name, why) for name, why in strangers if name not in listed)]
    file_of = {str(name): f"{file!s}.csv" for name, file in review.info["hub_file"].dropna().items()}
    left_out += [("file", file_of[name], why) for name, why in faults.items()]
    known = set(file_of.values()) | _BOOKKEEPING
    left_out += [("file", name, "not among the reviewed files of the hub") for name in sorted(set(hub) - known)]
    if not len(rows):
        raise nothing_left(settled)
    rows, about, dropped = tables.choose(rows, info, strict=False)
    left_out += [("benchmark", name, why) for name, why in dropped]
    new = sorted(set(about.index) - set(review.info.index) - {epoch.ECI})
    notes = [f"new benchmarks, category not settled: {', '.join(new)}"] if new else []
    return Snapshot(
        scores=tables.scores_text(rows, more_columns=_MORE),
        benchmarks=tables.benchmarks_text(about),
        credits=(epoch.CREDIT,),
        left_out=left_out_table(left_out),
        names=settled.names,
        source=source,
        notes=tuple(notes),
        unused=unused,
    )


def _csv(content: bytes, name: str) -> bytes:
    if content.lstrip()[:1] == b"<":
        raise SourceError(f"Epoch's {name}: this is a page of HTML and not CSV; check the URL, or try again later")
    return content
