"""The two frontiers of each benchmark, put together again from the tables of a run, and the lags as arrows.

``catch_up.csv`` holds every leader record of the window with its date, ``release.csv`` every follower record that
has a lag. A follower record from before the first leader model is in neither; the monthly table has its level and
model, and the first follower model's date stands in for its own.
"""

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


def benchmark_frontiers(lags: pd.DataFrame, release: pd.DataFrame, catch_up: pd.DataFrame) -> BenchmarkFrontiers:
    """Frontiers of one benchmark from its rows of three tables of a run, dates parsed, in order.

    Parameters
    ----------
    lags, release, catch_up : pandas.DataFrame
        Of ``lags.csv``, ``release.csv`` and ``catch_up.csv``; `lags` has a row at least.

    Returns
    -------
    BenchmarkFrontiers
    """
    end = lags["month"].iloc[-1]
    leader = tuple(_records(catch_up))
    inside = release[release["date"] <= end]
    follower = tuple(_records(inside))
    for row in lags[lags["follower_level"].notna()].head(1).to_dict("records"):
        known = [record.level for record in follower if pd.Timestamp(record.date) <= row["month"]]
        if row["follower_level"] not in known:
            date = str(pd.Timestamp(row["follower_first"]).date())
            follower = (Record(date, float(row["follower_level"]), str(row["follower_model"])), *follower)
    days = [(row["date"], row, False) for row in inside.to_dict("records")]
    days += [(row["month"], row, True) for row in lags[lags["lag_months"].notna()].tail(1).to_dict("records")]
    arrows = [
        arrow
        for day, row, monthly in days
        if (arrow := _arrow(day, row["lag_months"], row["censoring"], leader, follower, monthly=monthly))
    ]
    return BenchmarkFrontiers(leader, follower, tuple(arrows), str(end.date()))


def _records(table: pd.DataFrame) -> list[Record]:
    return [Record(str(r["date"].date()), float(r["level"]), str(r["model"])) for r in table.to_dict("records")]


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
