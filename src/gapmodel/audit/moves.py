"""How far the average lag moves when one model is taken out, without a fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from gapmodel.lags.definition import lags_at
from gapmodel.lags.frontier import FrontierTable, build_frontiers
from gapmodel.lags.sides import Sides
from gapmodel.scores.groups import Group
from gapmodel.scores.table import Scores

__all__ = ["moves_without"]

_RECENT_MONTHS = 12


@dataclass(frozen=True)
class _Rows:
    """Scores of one group as arrays, shape (n,) each: number of the benchmark, day, level, model."""

    benchmark: np.ndarray
    day: np.ndarray
    level: np.ndarray
    model: np.ndarray

    def without(self, model: str, numbers: np.ndarray, floors: np.ndarray) -> FrontierTable:
        """Frontiers of the benchmarks in `numbers`, which count from 0 in their order."""
        keep = np.isin(self.benchmark, numbers) & (self.model != model)
        place = np.searchsorted(numbers, self.benchmark[keep])
        return build_frontiers(place, self.day[keep], self.level[keep], self.model[keep], floors=floors[numbers])


def moves_without(
    scores: Scores, sides: Sides, panel: xr.Dataset, groups: tuple[Group, Group], models: Iterable[str]
) -> dict[str, float]:
    """Change of the mean lag of the last twelve months without each model, in months.

    Parameters
    ----------
    scores : Scores
        What `sides` were built from.
    sides : Sides
    panel : xarray.Dataset
        From `gapmodel.lags.panel.compute_lags`.
    groups : (Group, Group)
        Leader and follower.
    models : iterable of str

    Returns
    -------
    dict
        Model → mean over the observed benchmark-months of the last twelve months, bounds taken for lags, without it
        minus with it. Months that have no lag without it are left out; NaN where none has.
    """
    recent = panel.isel(month=slice(-_RECENT_MONTHS, None))
    seen = recent["observed"].to_numpy()
    if not seen.any():
        return {}
    numbers = np.array([sides.names.index(str(name)) for name in recent["benchmark"].to_numpy()])
    benchmark = np.broadcast_to(numbers[:, None], seen.shape)[seen]
    times = np.broadcast_to(recent["month"].to_numpy().astype("datetime64[D]")[None, :], seen.shape)[seen]
    lag = recent["lag"].to_numpy()[seen]
    bound = scores.benchmarks.loc[sides.names, "lower_bound"].to_numpy(dtype=float)
    floors = np.where(np.isnan(bound), -np.inf, sides.sign * bound)
    rows = [_rows(scores, sides, group) for group in groups]
    setters = [dict(_setters(table)) for table in (sides.leader, sides.follower)]
    out = {}
    for model in models:
        own = np.array(sorted(set().union(*(s.get(model, ()) for s in setters))), dtype=np.int64)
        cells = np.flatnonzero(np.isin(benchmark, own))
        if not len(cells):
            out[model] = 0.0
            continue
        leader, follower = (each.without(model, own, floors) for each in rows)
        place = np.searchsorted(own, benchmark[cells])
        other, _ = lags_at(times[cells], place, leader, follower, np.zeros(len(own)))
        change = np.zeros(len(lag))
        change[cells] = other - lag[cells]
        out[model] = float(np.nanmean(change)) if not np.isnan(change).all() else float("nan")
    return out


def _rows(scores: Scores, sides: Sides, group: Group) -> _Rows:
    table = scores.table[group.mask(scores.table)]
    number = {name: k for k, name in enumerate(sides.names)}
    benchmark = table["benchmark"].map(number).to_numpy(dtype=np.int64)
    level = sides.sign[benchmark] * table["score"].to_numpy(dtype=float)
    return _Rows(benchmark, group.availability(table), level, table["model"].to_numpy(dtype=object))


def _setters(table: FrontierTable) -> Iterable[tuple[str, set[int]]]:
    """Model → numbers of the benchmarks on which it holds a record."""
    found: dict[str, set[int]] = {}
    for b, model in zip(table.benchmark.tolist(), table.models, strict=True):
        found.setdefault(str(model), set()).add(b)
    return found.items()
