"""One row per record that sets a frontier: its date, flag and score, what stands behind them, and what rests on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.lags.definition import records_at
from gapmodel.lags.frontier import FrontierTable
from gapmodel.lags.sides import Sides
from gapmodel.scores.groups import Group
from gapmodel.scores.table import Scores

__all__ = ["COLUMNS", "frontier_records", "months_resting_on", "resting_months"]

COLUMNS = [
    "benchmark", "group", "model", "version", "release_date", "date_source", "weights", "weights_origin", "score",
    "score_se", "runner_up", "margin", "months", "model_months",
]  # fmt: skip
_TEXT = ("version", "date_source", "weights", "weights_origin")


def frontier_records(scores: Scores, sides: Sides, panel: xr.Dataset, groups: tuple[Group, Group]) -> pd.DataFrame:
    """The records of both groups on the benchmarks of a panel.

    Parameters
    ----------
    scores : Scores
        What the frontiers were built from.
    sides : Sides
        Of `scores`.
    panel : xarray.Dataset
        From `gapmodel.lags.panel.compute_lags`, without a tolerance.
    groups : (Group, Group)
        Leader and follower.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, most months first. ``release_date`` is the day from which the model counts for its group
        (datetime64[D]); ``runner_up`` the best other model of the group while the record stood and ``margin`` what the
        record is ahead of it (score units, 0 or more; NaN without one); ``months`` how many observed months of the
        benchmark rest on the record, and ``model_months`` on all records of the model. Index: numbers from 0.
    """
    kept = [sides.names.index(str(name)) for name in panel["benchmark"].to_numpy()]
    months = resting_months(sides, panel)
    rows = _rows_of_scores(scores, sides, groups)
    out = []
    for role, group, table in zip(("leader", "follower"), groups, (sides.leader, sides.follower), strict=True):
        of_benchmark = dict(list(rows[rows["role"] == role].groupby("benchmark")))
        for b in kept:
            if table.count[b]:
                out += _records(of_benchmark[sides.names[b]], table, b, sides, group.name, months[role])
    frame = pd.DataFrame(out, columns=COLUMNS[:-1])
    for column in (*_TEXT, "runner_up"):
        frame[column] = pd.Series([None if pd.isna(v) else str(v) for v in frame[column]], frame.index, dtype=object)
    frame["model_months"] = frame.groupby("model")["months"].transform("sum")
    order = ["months", "model_months", "benchmark", "model"]
    return frame.sort_values(order, ascending=[False, False, True, True], ignore_index=True)[COLUMNS]


def resting_months(sides: Sides, panel: xr.Dataset) -> dict[str, np.ndarray]:
    """How many observed months of the panel rest on each record, by role; int, shape (number of records,)."""
    used = records_of_cells(sides, panel)
    return {
        role: np.bincount(used[role][used[role] >= 0], minlength=len(table.dates))
        for role, table in (("leader", sides.leader), ("follower", sides.follower))
    }


def months_resting_on(chosen: pd.DataFrame, sides: Sides, panel: xr.Dataset, groups: tuple[Group, Group]) -> int:
    """How many observed months of the panel rest on one of these rows of `frontier_records`."""
    used = records_of_cells(sides, panel)
    marked = np.zeros(len(used["leader"]), dtype=bool)
    for role, group, table in zip(("leader", "follower"), groups, (sides.leader, sides.follower), strict=True):
        named = {(r["benchmark"], r["model"]) for r in chosen[chosen["group"] == group.name].to_dict("records")}
        of_record = np.array(
            [(sides.names[b], m) in named for b, m in zip(table.benchmark, table.models, strict=True)] + [False]
        )
        marked |= of_record[used[role]]
    return int(marked.sum())


def records_of_cells(sides: Sides, panel: xr.Dataset) -> dict[str, np.ndarray]:
    """The record of each group that each observed lag rests on; int, shape (n_observed,), -1 where it has none."""
    seen = panel["observed"].to_numpy()
    numbers = np.array([sides.names.index(str(name)) for name in panel["benchmark"].to_numpy()])
    benchmark = np.broadcast_to(numbers[:, None], seen.shape)[seen]
    times = np.broadcast_to(panel["month"].to_numpy().astype("datetime64[D]")[None, :], seen.shape)[seen]
    leading, following, _ = records_at(times, benchmark, sides.leader, sides.follower, np.zeros(len(sides.names)))
    return {"leader": leading, "follower": following}


def _rows_of_scores(scores: Scores, sides: Sides, groups: tuple[Group, Group]) -> pd.DataFrame:
    """The best row of each model on each benchmark, with its role, level and the day from which it counts."""
    table = scores.table
    parts = []
    sign = pd.Series(sides.sign, index=sides.names)
    for role, group in zip(("leader", "follower"), groups, strict=True):
        mine = table[group.mask(table)].copy()
        mine["role"], mine["day"] = role, group.availability(mine)
        mine["level"] = mine["score"] * mine["benchmark"].map(sign)
        mine = mine.sort_values(["benchmark", "model", "level"], kind="stable")
        parts.append(mine.drop_duplicates(["benchmark", "model"], keep="last"))
    rows = pd.concat(parts, ignore_index=True)
    for column in (*_TEXT, "score_se"):
        if column not in rows:
            rows[column] = np.nan if column == "score_se" else None
    return rows


def _records(own: pd.DataFrame, table: FrontierTable, b: int, sides: Sides, group: str, months: np.ndarray) -> list:
    """The records of one group on one benchmark, as rows in the order of `COLUMNS` without the last."""
    by_model = own.set_index("model")
    days, levels = own["day"].to_numpy("datetime64[D]"), own["level"].to_numpy(dtype=float)
    models = own["model"].to_numpy(dtype=object)
    out = []
    for k in range(table.start[b], table.start[b + 1]):
        model = table.models[k]
        end = table.dates[k + 1] if k + 1 < table.start[b + 1] else np.datetime64("9999-12-31", "D")
        others = np.flatnonzero((days < end) & (models != model))
        second = others[levels[others].argmax()] if len(others) else None
        row = by_model.loc[model]
        out.append(
            (
                sides.names[b], group, model, row["version"], table.dates[k], row["date_source"], row["weights"],
                row["weights_origin"], float(row["score"]), float(row["score_se"]),
                None if second is None else str(models[second]),
                np.nan if second is None else float(table.levels[k] - levels[second]),
                int(months[k]),
            )
        )  # fmt: skip
    return out
