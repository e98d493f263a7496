"""Other publishers' definitions of the gap, so that their numbers can be computed again on other scores.

None has an uncertainty or uses bounds: they are what published numbers are compared with, not answers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.errors import InsufficientDataError
from gapmodel.lags.panel import Lags
from gapmodel.scores.groups import CLOSED, Group
from gapmodel.scores.table import Scores
from gapmodel.units import months_between

__all__ = ["horizontal_distance", "lags_at_crossings", "lags_of_model", "mean_of_months"]


def horizontal_distance(frontiers: pd.DataFrame) -> float:
    """Mean time between two frontiers, over all levels that both have reached.

    Parameters
    ----------
    frontiers : pandas.DataFrame
        Records of one benchmark whose scores rise: ``role`` (leader or follower), ``date, level``, as in
        `gapmodel.lags.panel.Lags.frontiers`.

    Returns
    -------
    float, months
        Every score unit counts alike; negative where the follower was first on the whole.

    Raises
    ------
    InsufficientDataError
        The two have no level in common.

    Examples
    --------
    The leader reaches 2 at once, the follower 1 after two months and 2 after four:

    >>> import pandas as pd
    >>> month = pd.Timedelta(days=30)
    >>> start = pd.Timestamp("2026-01-01")
    >>> frontiers = pd.DataFrame({"role": ["leader", "leader", "follower", "follower", "follower"],
    ...                           "date": [start, start + month, start, start + 2 * month, start + 4 * month],
    ...                           "level": [0.0, 2.0, 0.0, 1.0, 2.0]})
    >>> round(horizontal_distance(frontiers), 1)
    2.0
    """
    sides = {role: part.sort_values("date") for role, part in frontiers.groupby("role")}
    if len(sides) < 2:
        raise InsufficientDataError("a distance of two frontiers needs records of both groups")
    level = {role: part["level"].to_numpy(dtype=float) for role, part in sides.items()}
    low, high = max(v.min() for v in level.values()), min(v.max() for v in level.values())
    edges = np.unique(np.concatenate([*level.values(), [low, high]]))
    edges = edges[(edges >= low) & (edges <= high)]
    if len(edges) < 2:
        raise InsufficientDataError("the two frontiers have no level in common")
    # Between two records each frontier was reached on one day: that of the first record at the upper end or above.
    dates = {r: part["date"].to_numpy()[np.searchsorted(level[r], edges[1:])] for r, part in sides.items()}
    return float(np.average(months_between(dates["follower"], dates["leader"]), weights=np.diff(edges)))


def lags_at_crossings(lags: Lags, *, first: str) -> np.ndarray:
    """Lags on the days on which the follower set a record, bounds left out; shape (n_records,), months.

    Parameters
    ----------
    lags : Lags
    first : str
        ISO date; earlier records are left out.
    """
    release = lags.release
    chosen = (release["date"] >= pd.Timestamp(first)) & (release["censoring"] == 0)
    return release.loc[chosen, "lag_months"].to_numpy(dtype=float)


def lags_of_model(scores: Scores, model: str, *, leader: Group = CLOSED) -> pd.DataFrame:
    """How long before a model's release the leader stood at its score, on each benchmark that it was run on.

    Parameters
    ----------
    scores : Scores
    model : str
    leader : Group

    Returns
    -------
    pandas.DataFrame
        ``benchmark, lag_months, reached`` (False where no model of the leader has that score: the lag is NaN).

    Raises
    ------
    InsufficientDataError
        The model has no score.
    """
    table = scores.table.assign(better=scores.table["score"])
    lower = scores.benchmarks["direction"].reindex(table["benchmark"]).to_numpy() == "lower"
    table.loc[lower, "better"] *= -1.0
    own = table[table["model"] == model]
    if own.empty:
        raise InsufficientDataError(f"no score of model '{model}'")
    available = table.assign(day=leader.availability(table))[leader.mask(table)]
    rows = []
    for benchmark, mine in own.groupby("benchmark"):
        best = mine.sort_values("better").iloc[-1]
        above = available[(available["benchmark"] == benchmark) & (available["better"] >= best["better"])]
        lag = np.nan if above.empty else float(months_between(best["release_date"], above["day"].min()))
        rows.append((str(benchmark), lag, not above.empty))
    return pd.DataFrame(rows, columns=["benchmark", "lag_months", "reached"])


def mean_of_months(panel: xr.Dataset, *, first: str) -> float:
    """Mean over all exact lags of the months from `first` (ISO date) on, months."""
    lag = panel["lag"].where(panel["observed"] & (panel["censoring"] == 0)).sel(month=slice(first, None))
    return float(lag.mean())
