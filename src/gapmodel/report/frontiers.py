"""The two frontiers of each benchmark as the page shows them, and the lags as arrows."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from gapmodel.units import DAYS_PER_MONTH

__all__ = ["Arrow", "BenchmarkFrontiers", "Record", "benchmark_frontiers"]


@dataclass(frozen=True)
class Record:
    """A frontier step: from `date` on, `level` (score units) was reached by `model`."""

    date: str
    level: float
    model: str


@dataclass(frozen=True)
class Arrow:
    """One lag, drawn at the level that one group reached later.

    Attributes
    ----------
    start, end : str
        ISO dates: when the other group had the level, and the day of the lag.
    level : float
    lag_months : float
        Signed.
    censoring : int
        +1: at least; -1: at most; 0: observed.
    monthly : bool
        The last month-end; else the release of a follower record.
    """

    start: str
    end: str
    level: float
    lag_months: float
    censoring: int
    monthly: bool


@dataclass(frozen=True)
class BenchmarkFrontiers:
    """What one panel shows: records in order of date, arrows, and the window's last day."""

    leader: tuple[Record, ...]
    follower: tuple[Record, ...]
    arrows: tuple[Arrow, ...]
    end: str


def benchmark_frontiers(
    records: pd.DataFrame, lags: pd.DataFrame, release: pd.DataFrame
) -> dict[str, BenchmarkFrontiers]:
    """Benchmark → its frontiers to the end of its window, from the tables of a run, dates parsed.

    Parameters
    ----------
    records, lags, release : pandas.DataFrame
        ``frontiers.csv``, ``lags.csv`` and ``release.csv``.

    Returns
    -------
    dict
        Of the benchmarks of `lags`.
    """
    of_records, of_release = (dict(list(table.groupby("benchmark"))) for table in (records, release))
    return {
        str(name): _one(of_records[name], rows, of_release.get(name, release[:0]))
        for name, rows in lags.groupby("benchmark")
    }


def _one(records: pd.DataFrame, lags: pd.DataFrame, release: pd.DataFrame) -> BenchmarkFrontiers:
    end = lags["month"].iloc[-1]
    seen = records[records["date"] <= end]
    leader, follower = (_records(seen[seen["role"] == role]) for role in ("leader", "follower"))
    days = [(row["date"], row, False) for row in release[release["date"] <= end].to_dict("records")]
    days += [(row["month"], row, True) for row in lags[lags["lag_months"].notna()].tail(1).to_dict("records")]
    arrows = [
        arrow
        for day, row, monthly in days
        if (arrow := _arrow(day, row["lag_months"], row["censoring"], leader, follower, monthly=monthly))
    ]
    return BenchmarkFrontiers(leader, follower, tuple(arrows), str(end.date()))


def _records(table: pd.DataFrame) -> tuple[Record, ...]:
    return tuple(Record(str(r["date"].date()), float(r["level"]), str(r["model"])) for r in table.to_dict("records"))


def _arrow(date, lag, censoring, leader, follower, *, monthly: bool) -> Arrow | None:
    """At the follower's level where it is behind, else at the leader's; None where that level has no record."""
    behind = lag > 0 or (lag == 0 and censoring >= 0)
    own, other = (follower, leader) if behind else (leader, follower)
    reached = [record for record in own if pd.Timestamp(record.date) <= date]
    # A group at the floor has no record yet: counted from the other's first level.
    source = reached[-1:] or list(other[:1])
    if not source:
        return None
    start = date - pd.Timedelta(days=round(abs(lag) * DAYS_PER_MONTH))
    return Arrow(str(start.date()), str(date.date()), source[0].level, float(lag), int(censoring), monthly)
