"""A snapshot folder: scores and benchmarks in the documented format, with credits, origins and what was left out.

It is written beside its place and renamed when whole and valid, so that a refresh that fails leaves the last good
snapshot as it was. The snapshot that was there before stays as ``FOLDER.previous``.
"""

from __future__ import annotations

import glob
import json
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import pandas as pd

from gapmodel.errors import ConfigError, DataError
from gapmodel.files.in_use import alone_in
from gapmodel.files.keys import refuse_secrets_in
from gapmodel.files.safe_csv import csv_table, neutral_table
from gapmodel.scores.table import Scores, validate_scores
from gapmodel.sources.csv import parse_table

__all__ = [
    "FILES",
    "UNUSED_COLUMNS",
    "Imported",
    "LeftOut",
    "Snapshot",
    "check_place",
    "is_snapshot",
    "left_out_table",
    "read_snapshot",
    "read_unused",
    "stage_snapshot",
    "swap_in",
    "unused_of",
    "write_snapshot",
]

_SECONDS_UNTIL_ABANDONED = 3600
_TIME = re.compile(rb"(?<=[0-9]{4}-[0-9]{2}-[0-9]{2})T[0-9:.]+(Z|\+00:00)")
SOURCE, UNUSED = "source.json", "left_out_scores.csv"
FILES = (
    *("scores.csv", "benchmarks.csv", "CREDITS.md", "left_out.csv", UNUSED, "names_report.csv"),
    SOURCE,
)
UNUSED_COLUMNS = ("benchmark", "model", "score", "release_date", "weights", "reason")

LeftOut = tuple[str, str, str]  # kind (model, benchmark, file, column, override), name, reason


@dataclass(frozen=True)
class Imported:
    """What one source says, before what it leaves blank is joined.

    Attributes
    ----------
    rows : pandas.DataFrame
        ``benchmark, model, score`` and any of ``variant, score_se, source, record_id``.
    models : pandas.DataFrame
        Index ``model``; see `gapmodel.sources.joining.weights.settle_models`.
    benchmarks : pandas.DataFrame
        In the format of ``benchmarks.csv``.
    credits : tuple of str
    left_out : tuple of (kind, name, reason)
    notes : tuple of str
        What to tell the user.
    about : dict
        For ``source.json``.
    taken : tuple of gapmodel.sources.convert.columns.Taken
        What each column was taken for.
    spellings : mapping of str to tuple of str
        Model → its names in the file, where these are others: efforts and hosts with them.
    """

    rows: pd.DataFrame
    models: pd.DataFrame
    benchmarks: pd.DataFrame
    credits: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)
    taken: tuple[Any, ...] = ()
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """Content of a snapshot folder.

    Attributes
    ----------
    scores, benchmarks : str
        The CSV files.
    credits : tuple of str
    left_out : pandas.DataFrame
        ``kind, name, reason``.
    names : pandas.DataFrame
        See `gapmodel.sources.joining.weights.Settled`.
    source : dict
        ``kind, date`` and what the source adds: URLs, hashes, tier, version.
    notes : tuple of str
    unused : pandas.DataFrame
        Scores of the models that are left out, `UNUSED_COLUMNS`: date and weights are missing where not known.
    taken : tuple of gapmodel.sources.convert.columns.Taken
        What each column of a converted file was taken for.
    """

    scores: str
    benchmarks: str
    credits: tuple[str, ...]
    left_out: pd.DataFrame
    names: pd.DataFrame
    source: dict[str, Any]
    notes: tuple[str, ...] = ()
    unused: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(UNUSED_COLUMNS)))
    taken: tuple[Any, ...] = ()

    def validated(self) -> Scores:
        """The scores, checked.

        Raises
        ------
        DataError
            The tables are not valid.
        """
        day = date.fromisoformat(self.source["date"])
        name = f"{self.source['kind']}_{day}"
        files = ("scores.csv", "benchmarks.csv")
        return _validated(self.scores.encode(), self.benchmarks.encode(), name, day, self.credits, files)


def left_out_table(rows: Iterable[LeftOut]) -> pd.DataFrame:
    """Rows as a table ``kind, name, reason``, sorted, each once."""
    return pd.DataFrame(sorted(set(rows)), columns=["kind", "name", "reason"])


def write_snapshot(snapshot: Snapshot, folder: Path) -> Scores:
    """Check a snapshot and write its folder; returns the scores.

    Raises
    ------
    DataError
        The tables are not valid; nothing is written.
    ConfigError
        The folder holds other files, cannot be written, or another process is at work there.
    """
    with alone_in(folder):
        staging = stage_snapshot(snapshot, folder)
        try:
            scores = read_snapshot(staging)
            swap_in(staging, folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return scores


def stage_snapshot(snapshot: Snapshot, folder: Path) -> Path:
    """Check a snapshot and write it into a hidden folder beside `folder`, which is left alone.

    Parameters
    ----------
    snapshot : Snapshot
    folder : pathlib.Path
        Where it is to go, see `swap_in`.

    Returns
    -------
    pathlib.Path
        The hidden folder; it is the caller's to remove.

    Raises
    ------
    DataError
        The tables are not valid.
    ConfigError
        `folder` holds other files (`check_place`), or its parent cannot be written.
    """
    check_place(folder)
    snapshot.validated()
    place, staging = folder.resolve(), None  # through a link, which stays
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{place.name}-new-", dir=place.parent))
        content = {
            "scores.csv": snapshot.scores,
            "benchmarks.csv": snapshot.benchmarks,
            "CREDITS.md": "# Credits\n\n" + "".join(f"- {line}\n" for line in snapshot.credits),
            "left_out.csv": _report_text(snapshot.left_out),
            UNUSED: _report_text(snapshot.unused.sort_values(["benchmark", "model"])),
            "names_report.csv": _report_text(snapshot.names),
            SOURCE: json.dumps(snapshot.source, indent=2, ensure_ascii=False, allow_nan=False) + "\n",
        }
        for name, text in content.items():
            (staging / name).write_text(text, encoding="utf-8", newline="\n")
        staging.chmod(0o755)
    except OSError as error:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        raise ConfigError(f"cannot write to '{folder}' ({error.strerror or error}): choose another --out") from None
    return staging


def check_place(folder: Path) -> None:
    """Check early that `folder` can take a snapshot: it is new, empty or an earlier snapshot.

    One that was killed in the middle of `swap_in` is put right: the earlier snapshot comes back to its place.

    Raises
    ------
    ConfigError
        It holds something else.
    """
    place = folder.resolve()
    previous = place.with_name(f"{place.name}.previous")
    if not place.exists() and is_snapshot(previous):
        previous.rename(place)
    for waste in _left_by_a_kill(place):
        shutil.rmtree(waste, ignore_errors=True)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"output '{folder}' is a file: give a folder")
    if folder.is_dir() and any(folder.iterdir()) and not is_snapshot(folder):
        raise ConfigError(f"'{folder}' holds files that are not a snapshot: give a new folder as --out")
    if folder.is_dir():
        foreign = sorted(p.name for p in folder.iterdir() if p.name not in FILES)
        if foreign:
            raise ConfigError(f"'{folder}' holds '{foreign[0]}', which is not of a snapshot: move it elsewhere first")


def swap_in(staging: Path, folder: Path, *, keep_previous: bool = False) -> None:
    """Put a staged snapshot in the place of `folder`; what was there becomes ``FOLDER.previous``.

    The same snapshot of the same day changes nothing, so that a command that was killed at its end may be given again.

    Parameters
    ----------
    staging : pathlib.Path
        From `stage_snapshot`; it is moved.
    folder : pathlib.Path
    keep_previous : bool
        ``FOLDER.previous`` stays, and what was there goes: nobody has answered on it.

    Raises
    ------
    ConfigError
        The place cannot be written (what was there is then as it was), ``FOLDER.previous`` is no snapshot, or a file
        holds a key (`gapmodel.files.keys`).
    """
    refuse_secrets_in(staging)
    place = folder.resolve()
    if _same_files(staging, place):
        return
    try:
        if place.is_dir() and any(place.iterdir()):
            previous = place.with_name(f"{place.name}.previous")
            gone = place.with_name(f".{place.name}-gone-{secrets.token_hex(8)}")
            if previous.exists() and not is_snapshot(previous):
                raise ConfigError(f"'{previous}' is not a snapshot: move it elsewhere first")
            if previous.exists() and not keep_previous:
                # Another name first: one that is half removed is no snapshot.
                shutil.rmtree(previous.rename(gone), ignore_errors=True)
            aside = gone if keep_previous and previous.exists() else previous
            place.rename(aside)
            try:
                staging.rename(place)
            except OSError:
                aside.rename(place)
                raise
            shutil.rmtree(gone, ignore_errors=True)
        else:
            if place.is_dir():
                place.rmdir()
            staging.rename(place)
    except OSError as error:
        raise ConfigError(f"cannot write '{folder}' ({error.strerror or error}): choose another --out") from None


def _same_files(one: Path, other: Path) -> bool:
    """Whether two snapshots are the same but for the time of day at which they were fetched."""
    if not other.is_dir():
        return False
    each = [{p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} for folder in (one, other)]
    for files in each:
        files[SOURCE] = _TIME.sub(b"", files.get(SOURCE, b""))
    return each[0] == each[1]


def _left_by_a_kill(place: Path) -> list[Path]:
    """Hidden folders beside a snapshot that no process writes any more."""
    if not place.parent.is_dir():
        return []
    gone = list(place.parent.glob(f".{glob.escape(place.name)}-gone-*"))
    new = place.parent.glob(f".{glob.escape(place.name)}-new-*")
    return gone + [path for path in new if time.time() - path.stat().st_mtime > _SECONDS_UNTIL_ABANDONED]


def is_snapshot(folder: Path) -> bool:
    """Whether the folder has the files of a snapshot."""
    return (folder / SOURCE).is_file() and (folder / "scores.csv").is_file()


def read_snapshot(folder: Path) -> Scores:
    """Read and validate a snapshot folder; credits and the day of the snapshot come with it.

    Raises
    ------
    DataError
        A file is missing or damaged.
    """
    try:
        source = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
        day, kind = date.fromisoformat(source["date"]), str(source["kind"])
        scores, benchmarks = ((folder / name).read_bytes() for name in ("scores.csv", "benchmarks.csv"))
        credit = (folder / "CREDITS.md").read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"'{folder}' is not a whole snapshot ({error.strerror or error}): fetch it again") from None
    except (ValueError, KeyError, TypeError):
        raise DataError(f"'{folder / SOURCE}' is damaged: fetch it again") from None
    lines = tuple(line[2:].strip() for line in credit.splitlines() if line.startswith("- "))
    files = (str(folder / "scores.csv"), str(folder / "benchmarks.csv"))
    return _validated(scores, benchmarks, f"{kind}_{day}", day, lines, files)


def read_unused(path: Path | Traversable) -> pd.DataFrame:
    """Scores that a snapshot leaves out, `UNUSED_COLUMNS`; no rows where the file is not there.

    Raises
    ------
    DataError
        It cannot be read, or lacks a column.
    """
    if not path.is_file():
        return pd.DataFrame(columns=list(UNUSED_COLUMNS))
    try:
        table = csv_table(path.read_bytes()).reindex(columns=list(UNUSED_COLUMNS))
        table["score"] = table["score"].astype(float)
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name}: cannot be read ({error}): fetch or convert again") from None
    return table


def unused_of(scores: Path) -> pd.DataFrame:
    """Scores that a snapshot folder, or the ``scores.csv`` in one, leaves out; no rows for another file."""
    folder = scores if scores.is_dir() else scores.parent
    known = is_snapshot(folder) and (scores.is_dir() or scores.name == "scores.csv")
    return read_unused(folder / UNUSED) if known else pd.DataFrame(columns=list(UNUSED_COLUMNS))


def _report_text(table: pd.DataFrame) -> str:
    """A table for people: what a spreadsheet would take for a formula gets an apostrophe in front."""
    return neutral_table(table).to_csv(index=False, lineterminator="\n")


def _validated(
    scores: bytes, benchmarks: bytes, name: str, day: date, credit: tuple[str, ...], files: tuple[str, str]
) -> Scores:
    file, info_file = files
    return validate_scores(
        parse_table(scores, file),
        parse_table(benchmarks, info_file),
        today=day,
        file=file,
        benchmarks_file=info_file,
        snapshot=name,
        credits=credit,
        as_of=day,
    )
