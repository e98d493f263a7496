"""The lag by the definition of docs/lag.md, written with pandas as one would write it for one table.

For every benchmark and month-end: the scores seen by then, the best of each group, and the first day on which the group
that is in front stood at the level of the other. Higher scores are better, and no scale has a floor. What the package
computes beside the lags (levels, models, two further views) is left out.
"""

from __future__ import annotations

import pandas as pd

__all__ = ["pandas_lags"]


def pandas_lags(table: pd.DataFrame, *, grace_months: int = 1) -> pd.DataFrame:
    """Lags of open behind closed models, months, and their censoring (+1, 0, -1).

    Parameters
    ----------
    table : pandas.DataFrame
        As ``scores.csv``, with ``release_date`` as dates.

    Returns
    -------
    pandas.DataFrame
        Columns ``benchmark, month, lag_months, censoring``, sorted; months inside the window of each benchmark.
    """
    end = table["release_date"].max() + pd.offsets.MonthEnd(0)
    parts = table.groupby("benchmark")[["release_date", "weights", "score"]].apply(_one, end, grace_months)
    return parts.reset_index("benchmark").reset_index(drop=True)


def _one(scores: pd.DataFrame, end: pd.Timestamp, grace_months: int) -> pd.DataFrame:
    """Lags of one benchmark."""
    closed = scores[scores["weights"] == "closed"]
    opened = scores[scores["weights"] == "open"]
    start = max(closed["release_date"].min(), opened["release_date"].min())
    last = min(closed["release_date"].max(), opened["release_date"].max())
    stop = min(last + pd.offsets.MonthEnd(0) + pd.offsets.MonthEnd(grace_months), end)
    rows = []
    for month in pd.date_range(start, stop, freq="ME"):
        closed_seen = closed[closed["release_date"] <= month]
        opened_seen = opened[opened["release_date"] <= month]
        closed_best, opened_best = closed_seen["score"].max(), opened_seen["score"].max()
        if opened_best <= closed_best:
            since = closed_seen.loc[closed_seen["score"] >= opened_best, "release_date"].min()
            lag = (month - since).days / 30.4375
            censoring = int(since == closed_seen["release_date"].min())
        else:
            since = opened_seen.loc[opened_seen["score"] > closed_best, "release_date"].min()
            lag = -(month - since).days / 30.4375
            censoring = -int(since == opened_seen["release_date"].min())
        rows.append((month, lag, censoring))
    return pd.DataFrame(rows, columns=["month", "lag_months", "censoring"])
