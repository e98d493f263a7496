"""The snapshots that come with the package, so that every published number can be made again offline."""

from __future__ import annotations

import io
from datetime import date
from importlib import resources

import pandas as pd

from gapmodel.errors import DataError, UnknownNameError, nearest, quoted
from gapmodel.scores.table import Scores, validate_scores
from gapmodel.sources.csv import parse_table
from gapmodel.sources.snapshot import read_unused

__all__ = ["SNAPSHOTS", "TAKEN", "evaluations", "load", "unused"]

#: Snapshot → the day on which it was taken.
TAKEN = {"epoch_2026-08": date(2026, 8, 11), "epoch_2026-05": date(2026, 5, 14)}
SNAPSHOTS = tuple(TAKEN)


def load(snapshot: str = "epoch_2026-08", *, today: date | None = None) -> Scores:
    """Return a bundled snapshot; `as_of` is the day on which it was taken.

    Parameters
    ----------
    snapshot : str
        One of `SNAPSHOTS`.
    today : datetime.date, optional
        Dates after it are faults. Default: the day of the snapshot.

    Raises
    ------
    UnknownNameError
        No such snapshot.
    DataError
        Its files are not installed.
    """
    if snapshot not in TAKEN:
        near = nearest(snapshot, SNAPSHOTS) or f": choose {' or '.join(SNAPSHOTS)}"
        raise UnknownNameError(f"unknown snapshot {quoted(snapshot)}{near}")
    folder = resources.files("gapmodel.data") / snapshot
    names = {part: f"{snapshot}/{part}.csv" for part in ("scores", "benchmarks")}
    try:
        tables = {part: parse_table((folder / f"{part}.csv").read_bytes(), names[part]) for part in names}
        credit_text = (folder / "CREDITS.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"snapshot {quoted(snapshot)} is not in this installation: install gapmodel again") from None
    return validate_scores(
        tables["scores"],
        tables["benchmarks"],
        today=today or TAKEN[snapshot],
        file=names["scores"],
        benchmarks_file=names["benchmarks"],
        snapshot=snapshot,
        credits=_credits(credit_text),
        as_of=TAKEN[snapshot],
    )


def unused(snapshot: str = "epoch_2026-08") -> pd.DataFrame:
    """Scores that a bundled snapshot leaves out, see `gapmodel.sources.snapshot.read_unused`."""
    return read_unused(resources.files("gapmodel.data") / snapshot / "left_out_scores.csv")


def evaluations(snapshot: str = "epoch_2026-08") -> pd.DataFrame:
    """When the scores of a bundled snapshot could be known, see `gapmodel.scores.vintages`.

    They are a file of their own, so that the content of the scores table, and its hash, stays that of earlier runs.

    Returns
    -------
    pandas.DataFrame
        ``benchmark, model`` as text, ``evaluated_date, earliest, latest`` as datetime64[ns].
    """
    file = resources.files("gapmodel.data") / snapshot / "evaluations.csv"
    table = pd.read_csv(io.BytesIO(file.read_bytes()), dtype=str)
    days = ["evaluated_date", "earliest", "latest"]
    return table.assign(**{name: pd.to_datetime(table[name]).astype("datetime64[ns]") for name in days})


def _credits(text: str) -> tuple[str, ...]:
    """The list items of a credits file, each on one line."""
    items: list[str] = []
    for line in text.splitlines():
        if line.startswith(("- ", "* ")):
            items.append(line[2:].strip())
        elif items and line.startswith("  ") and line.strip():
            items[-1] += f" {line.strip()}"
    return tuple(items)
