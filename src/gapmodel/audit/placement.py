"""Where a release date puts a model among the others: how long its records stand, and who came meanwhile."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gapmodel.lags.frontier import FrontierTable
from gapmodel.lags.sides import Sides
from gapmodel.units import DAYS_PER_MONTH, months_between

__all__ = ["placements"]

# Of a spread that is estimated from few models, in months.
_LEAST_SPREAD = 0.5


def placements(sides: Sides) -> pd.DataFrame:
    """One row per model and group that sets records, each number a median over the benchmarks of its records.

    A model that is dated too early seems to be ahead of its time twice: its records stand long in its own group, and
    the other group is long in reaching them. Levels play no part beyond their order, so that the unit does not matter.

    Parameters
    ----------
    sides : Sides

    Returns
    -------
    pandas.DataFrame
        ``model``; ``leads`` (bool: of the leading group); ``day``, of its first record (datetime64[D]); ``n`` records;
        ``stands`` (months until another model of its group passes the record, or until the last one that was run);
        ``unbeaten`` (the same for models of either group); ``ahead`` (months of ``stands`` and until the other group is
        level, less the median of the group); ``z`` (``ahead`` in robust standard deviations of the group);
        ``passed_by`` (how many models of its group came meanwhile); ``alone`` (months to the nearest other model).
    """
    tables = []
    for leads, own, other in ((True, sides.leader, sides.follower), (False, sides.follower, sides.leader)):
        rows = _record_rows(own, other)
        if not len(rows):
            continue
        found = rows.groupby("model", sort=True).agg(
            day=("day", "min"),
            n=("stands", "size"),
            stands=("stands", "median"),
            unbeaten=("unbeaten", "median"),
            both=("both", "median"),
            passed_by=("passed_by", "median"),
        )
        away = found["both"] - found["both"].median()
        spread = max(1.4826 * float(away.abs().median()), _LEAST_SPREAD)
        found = found.assign(leads=leads, ahead=away, z=away / spread).reset_index()
        tables.append(found.drop(columns="both"))
    table = pd.concat(tables, ignore_index=True)
    table["alone"] = _alone(table["day"], sides)
    return table


def _record_rows(own: FrontierTable, other: FrontierTable) -> pd.DataFrame:
    """One row per record of a group: how long it stands, in months."""
    benchmark, day = own.benchmark, own.dates
    # The next record is of another model, but for a better score of the same one on another day, which no table has.
    following = np.arange(len(day)) + 1
    is_last = following >= own.start[benchmark + 1]
    end = own.last_evaluated[benchmark]
    until = np.where(is_last, end, day[np.minimum(following, len(day) - 1)])
    stands = months_between(until, day)
    k = other.reached(own.levels, benchmark)
    reached = k < other.count[benchmark]
    at = other.dates[np.minimum(other.start[benchmark] + k, len(other.dates) - 1)] if len(other.dates) else until
    last = np.where(np.isnat(other.last_evaluated[benchmark]), end, other.last_evaluated[benchmark])
    behind = months_between(np.where(reached, at, np.maximum(last, day)), day)
    meanwhile = own.run_by(until - np.timedelta64(1, "D"), benchmark) - own.run_by(day, benchmark)
    return pd.DataFrame(
        {
            "model": own.models,
            "day": day.astype("datetime64[ns]"),
            "stands": stands,
            "unbeaten": np.where(behind > 0.0, np.minimum(stands, behind), 0.0),
            "both": stands + behind,
            "passed_by": np.maximum(meanwhile, 0),
        }
    )


def _alone(days: pd.Series, sides: Sides) -> np.ndarray:
    """Months to the nearest day on which another model of the table came out."""
    known = np.unique(np.concatenate([sides.leader.evaluated, sides.follower.evaluated]).astype(np.int64))
    day = days.to_numpy("datetime64[D]").astype(np.int64)
    place = np.searchsorted(known, day)
    before = np.where(place > 0, day - known[np.maximum(place - 1, 0)], np.iinfo(np.int64).max)
    after = np.where(place + 1 < len(known), known[np.minimum(place + 1, len(known) - 1)] - day, np.iinfo(np.int64).max)
    return np.minimum(before, after) / DAYS_PER_MONTH
