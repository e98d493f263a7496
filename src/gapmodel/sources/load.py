"""Scores by the name of a bundled snapshot or from the user's files, and the subset that an analysis pools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from gapmodel.errors import ConfigError
from gapmodel.scores.selection import select
from gapmodel.scores.table import Scores
from gapmodel.sources import bundled, csv
from gapmodel.sources.convert.kinds import has_ending_of_a_table
from gapmodel.sources.snapshot import is_snapshot, read_snapshot, unused_of

__all__ = ["DEFAULT_SNAPSHOT", "load_scores", "pooled", "read_snapshot_named", "read_table"]

DEFAULT_SNAPSHOT = "epoch_2026-08"


def read_table(source: str | Path = DEFAULT_SNAPSHOT, *, benchmarks: str | Path | None = None) -> Scores:
    """A whole table; a fetched snapshot comes with its credits and its day.

    Parameters
    ----------
    source : str or path-like
        A bundled snapshot, or a CSV file: text that ends in ``.csv`` or holds a slash is a file.
    benchmarks : path-like, optional
        What is known of the benchmarks of a file.

    Raises
    ------
    ConfigError
        `benchmarks` with a bundled snapshot, which has its own.
    DataError, UnknownNameError
        A file has faults; no such snapshot.
    """
    text = str(source)
    if not _is_file(source):
        if benchmarks is not None:
            raise ConfigError("benchmarks go with a scores file: give both")
        return read_snapshot_named(text)
    path, own = Path(source), None if benchmarks is None else Path(benchmarks)
    if path.name == "scores.csv" and is_snapshot(path.parent):
        beside = path.parent / "benchmarks.csv"
        if own is None or own.resolve() == beside.resolve():
            return replace(read_snapshot(path.parent), left_out=unused_of(path))
    return replace(csv.read_scores(path, own, today=date.today()), left_out=unused_of(path))


def read_snapshot_named(name: str) -> Scores:
    """A bundled snapshot, with the scores that it leaves out and the days on which its scores could be known.

    Raises
    ------
    UnknownNameError
        There is none of this name.
    """
    return replace(bundled.load(name), left_out=bundled.unused(name), evaluations=bundled.evaluations(name))


def load_scores(
    source: str | Path = DEFAULT_SNAPSHOT,
    *,
    benchmarks: str | Path | None = None,
    pool: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
    categories: Iterable[str] | None = None,
    exclude_organizations: Iterable[str] = (),
    visibilities: Iterable[str] | None = None,
    everything: bool = False,
) -> Scores:
    """Scores that an analysis pools: of a bundled snapshot its default benchmarks, of a file all.

    Parameters
    ----------
    source : str or path-like
        A bundled snapshot by name, or a scores file.
    benchmarks : path-like, optional
        The file that describes the benchmarks of a scores file.
    pool : iterable of str, optional
        These benchmarks alone, by name, title or identifier, in any case; in the default set or not.
    exclude, exclude_organizations : iterable of str
        Leave these out.
    categories, visibilities : iterable of str, optional
        These alone; visibilities are ``public``, ``semi-private``, ``private``.
    everything : bool
        Opt-in benchmarks too.

    Returns
    -------
    Scores
        With ``whole``, the table before the choice, and ``origin``, the choice itself.

    Raises
    ------
    ConfigError, DataError, UnknownNameError, InsufficientDataError
        See `read_table` and `gapmodel.scores.selection.select`.

    Examples
    --------
    >>> load_scores("epoch_2026-08", pool=["gpqa diamond"]).benchmarks.index.tolist()
    ['GPQA diamond']
    """
    own = _is_file(source)
    origin = {
        "scores": Path(source).name if own else None,
        "benchmarks": None if benchmarks is None else Path(benchmarks).name,
        "snapshot": DEFAULT_SNAPSHOT if own else str(source),
    }
    return pooled(
        read_table(source, benchmarks=benchmarks),
        origin=origin,
        pool=pool,
        exclude=exclude,
        categories=categories,
        exclude_organizations=exclude_organizations,
        visibilities=visibilities,
        everything=everything,
    )


def pooled(
    whole: Scores,
    *,
    origin: Mapping[str, Any],
    pool: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
    categories: Iterable[str] | None = None,
    exclude_organizations: Iterable[str] = (),
    visibilities: Iterable[str] | None = None,
    everything: bool = False,
) -> Scores:
    """What `load_scores` gives, of a table at hand.

    Parameters
    ----------
    whole : Scores
    origin : mapping
        ``scores, benchmarks, snapshot``: names without folders, for the manifest.
    pool, exclude, categories, exclude_organizations, visibilities, everything
        See `load_scores`.

    Raises
    ------
    ConfigError, UnknownNameError, InsufficientDataError
        See `gapmodel.scores.selection.select`.
    """
    chosen: dict[str, Any] = {
        "benchmarks": None if pool is None else _texts(pool),
        "exclude_benchmarks": _texts(exclude) or None,
        "categories": None if categories is None else _texts(categories),
        "exclude_organizations": _texts(exclude_organizations) or None,
        "visibilities": None if visibilities is None else _texts(visibilities),
        "everything": everything,
    }
    # The names of the command line of 1.0.0rc1: `reproduce` reads its runs by them.
    recorded = {
        **origin,
        "benchmark": chosen["benchmarks"],
        "exclude_benchmark": chosen["exclude_benchmarks"],
        "category": chosen["categories"],
        "exclude_organization": chosen["exclude_organizations"],
        "visibility": chosen["visibilities"],
        "all_benchmarks": everything,
    }
    return replace(select(whole, **chosen), origin=recorded)


def _is_file(source: str | Path) -> bool:
    return isinstance(source, Path) or "/" in str(source) or has_ending_of_a_table(str(source))


def _texts(names: str | Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
