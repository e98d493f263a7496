"""What changed between two tables of scores, and what that does to the lag panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.scores.table import Scores

__all__ = ["PanelDiff", "ScoresDiff", "diff_panels", "diff_scores", "plain_rows"]

_PROPERTIES = ("release_date", "weights", "weights_date")


@dataclass(frozen=True)
class ScoresDiff:
    """Changes of a scores table.

    Attributes
    ----------
    models_added, models_removed, benchmarks_added, benchmarks_removed : tuple of str
    scores_added, scores_removed : pandas.DataFrame
        ``benchmark, model, score``; with ``variant`` where a model has several scores on a benchmark.
    scores_revised : pandas.DataFrame
        The same with ``old`` and ``new`` for the score.
    models_revised : pandas.DataFrame
        ``model, property, old, new`` for release date, weights and weights_date.
    same_content : bool
        The two tables are the same down to their hash.
    """

    models_added: tuple[str, ...]
    models_removed: tuple[str, ...]
    benchmarks_added: tuple[str, ...]
    benchmarks_removed: tuple[str, ...]
    scores_added: pd.DataFrame
    scores_removed: pd.DataFrame
    scores_revised: pd.DataFrame
    models_revised: pd.DataFrame
    same_content: bool

    @property
    def empty(self) -> bool:
        """Whether no score and no property of a model changed."""
        tables = (self.scores_added, self.scores_removed, self.scores_revised, self.models_revised)
        return not any(len(table) for table in tables)

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "models_added": list(self.models_added),
            "models_removed": list(self.models_removed),
            "benchmarks_added": list(self.benchmarks_added),
            "benchmarks_removed": list(self.benchmarks_removed),
            "scores_added": plain_rows(self.scores_added),
            "scores_removed": plain_rows(self.scores_removed),
            "scores_revised": plain_rows(self.scores_revised),
            "models_revised": plain_rows(self.models_revised),
            "same_content": self.same_content,
        }


@dataclass(frozen=True)
class PanelDiff:
    """Changes of a lag panel.

    Attributes
    ----------
    by_benchmark : pandas.DataFrame
        One row per benchmark with a change, largest first: ``benchmark, months_changed`` (lag or censoring),
        ``months_added, months_removed`` (observed in one panel only), ``mean_change`` (months, over the months observed
        in both; NaN where there are none), ``last_old, last_new`` (last observed lag, months), ``records`` (models on
        a frontier of the new panel and on none of the old).
    n_months_changed, n_months_added, n_months_removed : int
    n_months_common : int
        Benchmark-months observed in both.
    mean_change : float
        New minus old lag in months, over the benchmark-months observed in both; NaN without any.
    """

    by_benchmark: pd.DataFrame
    n_months_changed: int
    n_months_added: int
    n_months_removed: int
    n_months_common: int
    mean_change: float

    @property
    def empty(self) -> bool:
        """Whether the two panels are the same."""
        return not len(self.by_benchmark)

    def as_dict(self) -> dict[str, Any]:
        """As plain values; NaN is ``None``."""
        return {
            "benchmarks_changed": len(self.by_benchmark),
            "months_changed": self.n_months_changed,
            "months_added": self.n_months_added,
            "months_removed": self.n_months_removed,
            "months_common": self.n_months_common,
            "mean_change_months": _none(self.mean_change),
            "by_benchmark": plain_rows(self.by_benchmark),
        }


def diff_scores(old: Scores, new: Scores) -> ScoresDiff:
    """Compare two tables by benchmark and model, and by variant where a model has several scores."""
    key = ["benchmark", "model"]
    if any(s.table.duplicated(key).any() for s in (old, new)):
        key.append("variant")
    before, after = (_by_key(s.table, key) for s in (old, new))
    both = before.index.intersection(after.index)
    changed = both[(before[both] != after[both]).to_numpy()]
    revised = pd.DataFrame({"old": before[changed], "new": after[changed]}).rename_axis(key).reset_index()
    old_models, new_models = (_models(s.table) for s in (old, new))
    return ScoresDiff(
        models_added=_only(new_models.index, old_models.index),
        models_removed=_only(old_models.index, new_models.index),
        benchmarks_added=_only(new.benchmarks.index, old.benchmarks.index),
        benchmarks_removed=_only(old.benchmarks.index, new.benchmarks.index),
        scores_added=after[after.index.difference(before.index)].rename("score").rename_axis(key).reset_index(),
        scores_removed=before[before.index.difference(after.index)].rename("score").rename_axis(key).reset_index(),
        scores_revised=revised.sort_values(key, ignore_index=True),
        models_revised=_revised_models(old_models, new_models),
        same_content=old.sha256 == new.sha256,
    )


def diff_panels(old: xr.Dataset, new: xr.Dataset) -> PanelDiff:
    """Compare two lag panels month by month.

    Parameters
    ----------
    old, new : xarray.Dataset, dims (benchmark, month)
        See `gapmodel.lags.panel.Lags`.
    """
    before, after = xr.align(_cells(old), _cells(new), join="outer")
    seen_before, seen_after = _seen(before), _seen(after)
    common = seen_before & seen_after
    change = (after["lag"] - before["lag"]).where(common)
    moved = common & ((abs(change) > 1e-9) | (before["censoring"] != after["censoring"]))
    added, removed = seen_after & ~seen_before, seen_before & ~seen_after
    parts = (moved, added, removed)
    rows = []
    for name in before["benchmark"].to_numpy():
        counts = [int(part.sel(benchmark=name).sum()) for part in parts]
        if not any(counts):
            continue
        rows.append(
            {
                "benchmark": str(name),
                "months_changed": counts[0],
                "months_added": counts[1],
                "months_removed": counts[2],
                "mean_change": _mean(change.sel(benchmark=name)),
                "last_old": _last(before["lag"].sel(benchmark=name)),
                "last_new": _last(after["lag"].sel(benchmark=name)),
                "records": "; ".join(sorted(_holders(new, str(name)) - _holders(old, str(name)))),
            }
        )
    columns = [
        "benchmark", "months_changed", "months_added", "months_removed", "mean_change", "last_old", "last_new",
        "records",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    size = table["mean_change"].astype(float).abs().fillna(0.0) * table["months_changed"].astype(float)
    table = table.assign(size=size).sort_values(["size", "benchmark"], ascending=[False, True], ignore_index=True)
    return PanelDiff(
        by_benchmark=table.drop(columns="size"),
        n_months_changed=int(moved.sum()),
        n_months_added=int(added.sum()),
        n_months_removed=int(removed.sum()),
        n_months_common=int(common.sum()),
        mean_change=_mean(change),
    )


def _cells(panel: xr.Dataset) -> xr.Dataset:
    lag = panel["lag"].where(panel["observed"])
    censoring = panel["censoring"].where(panel["observed"])
    return xr.Dataset({"lag": lag, "censoring": censoring}).reset_coords(drop=True)


def _seen(cells: xr.Dataset) -> xr.DataArray:
    return xr.DataArray(~np.isnan(cells["lag"]))


def _holders(panel: xr.Dataset, name: str) -> set[str]:
    """Models that stand on a frontier of the benchmark in its window."""
    if name not in panel["benchmark"].to_numpy():
        return set()
    cells = panel.sel(benchmark=name)
    inside = cells["in_window"].to_numpy().astype(bool)
    names = np.concatenate([cells[v].to_numpy()[inside] for v in ("leader_model", "follower_model")])
    return {str(n) for n in names if n is not None and str(n) not in ("", "nan")}


def _by_key(table: pd.DataFrame, key: list[str]) -> pd.Series:
    table = table.reindex(columns=[*key, "score"])
    table[key] = table[key].fillna("")
    return table.set_index(key)["score"].sort_index()


def _models(table: pd.DataFrame) -> pd.DataFrame:
    found = table.drop_duplicates("model").set_index("model").reindex(columns=list(_PROPERTIES)).sort_index()
    for column in ("release_date", "weights_date"):
        days = pd.to_datetime(found[column])
        found[column] = pd.Series(
            [None if pd.isna(d) else str(d.date()) for d in days], index=found.index, dtype=object
        )
    return found


def _revised_models(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (model, column, old.loc[model, column], new.loc[model, column])
        for model in old.index.intersection(new.index)
        for column in _PROPERTIES
        if old.loc[model, column] != new.loc[model, column]
    ]
    return pd.DataFrame(rows, columns=["model", "property", "old", "new"])


def _only(these: pd.Index, those: pd.Index) -> tuple[str, ...]:
    return tuple(sorted(str(name) for name in these.difference(those)))


def _mean(values: xr.DataArray) -> float:
    return float(values.mean()) if bool((~np.isnan(values)).any()) else float("nan")


def _last(values: xr.DataArray) -> float:
    found = values.to_numpy()
    found = found[~np.isnan(found)]
    return float(found[-1]) if len(found) else float("nan")


def _none(value: Any) -> Any:
    return None if value is None or (isinstance(value, float) and np.isnan(value)) else value


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as plain values; NaN is ``None``."""
    return [{str(k): _none(v) for k, v in row.items()} for row in table.to_dict("records")]
