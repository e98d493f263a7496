"""Tables of a backtest: scores by method and horizon with errors that respect overlap, skill against baselines.

Every method is scored on the same cells. Skill is ``1 - CRPS / CRPS of the baseline``. All forecasts of a cutoff are
one cluster, and clusters whose forecasts look at common months are correlated, see
`gapmodel.stats.proper_scores.clustered_ratio`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.stats.proper_scores import ClusteredMean, brier_score, clustered_mean, clustered_ratio, covers

__all__ = ["ALL_HORIZONS", "GOAL_COVERAGE", "REPORTED_HORIZONS", "brier_table", "common_cells", "goals", "skill_table"]

ALL_HORIZONS = "all"
REPORTED_HORIZONS = (3, 6, 12)
#: 90 % intervals should cover between these shares.
GOAL_COVERAGE = (0.85, 0.95)

_INTERVALS = {50: ("q25", "q75"), 80: ("q10", "q90"), 90: ("q05", "q95")}
_CELL = ["cutoff", "target", "benchmark", "horizon"]


def common_cells(forecasts: pd.DataFrame, *, cell: Sequence[str] = _CELL) -> pd.DataFrame:
    """The rows of those cells that every method has forecast, so that no method is spared the hard ones.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        ``method`` and the columns in `cell`.
    cell : sequence of str
        Columns that tell outcomes apart.

    Returns
    -------
    pandas.DataFrame
    """
    methods = forecasts["method"].nunique()
    count = forecasts.groupby(list(cell))["method"].transform("nunique")
    return forecasts[count == methods]


def skill_table(forecasts: pd.DataFrame, *, baselines: Sequence[str], spacing: int) -> pd.DataFrame:
    """Scores of each method by target and horizon, and over all horizons.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        ``method, cutoff`` and the columns of `gapmodel.validation.forecasts.score_rows`.
    baselines : sequence of str
        Methods that skill is relative to; those that are not in the table are left out.
    spacing : int
        Months between cutoffs.

    Returns
    -------
    pandas.DataFrame
        One row per ``target, method, horizon`` (text; `ALL_HORIZONS` for all together): ``n`` outcomes, ``n_censored``,
        ``cutoffs``; ``crps`` (months), ``log_score`` (nats), each with ``_se``; ``coverage_50, _80, _90`` with ``_se``,
        ``exact_coverage_…`` of known outcomes alone; ``width_90`` (months); ``bias`` (months, forecast mean less known
        outcome); ``pit_mean``; ``skill_<baseline>`` and ``skill_<baseline>_se``. Empty where undefined.
    """
    rows = []
    used = common_cells(forecasts).sort_values([*_CELL, "method"])
    for target, of_target in used.groupby("target", sort=False):
        horizons = [str(h) for h in sorted(of_target["horizon"].unique())]
        for horizon in [*horizons, ALL_HORIZONS]:
            here = of_target if horizon == ALL_HORIZONS else of_target[of_target["horizon"] == int(horizon)]
            overlap = _overlap(int(here["horizon"].max()), spacing)
            by_method = dict(tuple(here.groupby("method", sort=True)))
            for method, group in by_method.items():
                row = {"target": target, "method": method, "horizon": horizon, **_scores(group, overlap)}
                for name in baselines:
                    if name in by_method and name != method:
                        ratio = clustered_ratio(
                            group["crps"], by_method[name]["crps"], group["cutoff"], overlap=overlap
                        )
                        row |= {f"skill_{name}": 1.0 - ratio.value, f"skill_{name}_se": ratio.se}
                rows.append(row)
    return pd.DataFrame(rows)


def _overlap(horizon: int, spacing: int) -> int:
    return max(1, -(-horizon // spacing))


def _scores(group: pd.DataFrame, overlap: int) -> dict[str, Any]:
    def mean(values: Any, rows: pd.DataFrame = group) -> ClusteredMean:
        return clustered_mean(values, rows["cutoff"], overlap=overlap)

    known = group[group["censoring"] == 0]
    crps, log_score = mean(group["crps"]), mean(group["log_score"])
    row: dict[str, Any] = {
        "n": crps.n,
        "n_censored": len(group) - len(known),
        "cutoffs": crps.clusters,
        "crps": crps.value,
        "crps_se": crps.se,
        "log_score": log_score.value,
        "log_score_se": log_score.se,
    }
    for level, (low, high) in _INTERVALS.items():
        inside = mean(covers(group[low], group[high], group["outcome"], group["censoring"]))
        exact = mean(covers(known[low], known[high], known["outcome"]), known)
        row |= {f"coverage_{level}": inside.value, f"coverage_{level}_se": inside.se}
        row[f"exact_coverage_{level}"] = exact.value
    row["width_90"] = float((group["q95"] - group["q05"]).mean())
    row["bias"] = mean(known["mean"] - known["outcome"], known).value
    row["pit_mean"] = float(group["pit"].mean())
    return row


def brier_table(below: pd.DataFrame, *, spacing: int) -> pd.DataFrame:
    """Brier scores of "the average lag is at or below x by then".

    Parameters
    ----------
    below : pandas.DataFrame
        ``method, cutoff, kind, horizon, threshold, probability, happened``.
    spacing : int

    Returns
    -------
    pandas.DataFrame
        One row per ``kind, threshold, method, horizon``: ``n`` (cutoffs), ``happened`` and ``probability`` (mean
        shares), ``brier``, ``brier_se``. ``trend`` statements are scored by the observed average too.
    """
    rows = []
    cell = ["cutoff", "kind", "horizon", "threshold"]
    for _, of_kind in below.groupby("kind", sort=True):
        used = common_cells(of_kind, cell=cell).sort_values([*cell, "method"])
        used = used.assign(all=ALL_HORIZONS, horizon=used["horizon"].astype(int))
        for (kind, x, method), group in used.groupby(["kind", "threshold", "method"], sort=True):
            parts: list[tuple[str, pd.DataFrame]] = [(str(h), part) for h, part in group.groupby("horizon", sort=True)]
            for horizon, part in [*parts, (ALL_HORIZONS, group)]:
                overlap = _overlap(int(part["horizon"].max()), spacing)
                score = clustered_mean(
                    brier_score(part["probability"], part["happened"]), part["cutoff"], overlap=overlap
                )
                rows.append(
                    {
                        "kind": kind,
                        "threshold": x,
                        "method": method,
                        "horizon": horizon,
                        "n": score.n,
                        "happened": float(part["happened"].astype(float).mean()),
                        "probability": float(part["probability"].mean()),
                        "brier": score.value,
                        "brier_se": score.se,
                    }
                )
    return pd.DataFrame(rows)


def goals(table: pd.DataFrame, *, method: str, baselines: Sequence[str]) -> dict[str, Any]:
    """Whether a method reached what was aimed at: 90 % intervals that cover, and a lower CRPS than every baseline.

    Parameters
    ----------
    table : pandas.DataFrame
        From `skill_table`.
    method : str
    baselines : sequence of str
        Those that `table` has a skill against count.

    Returns
    -------
    dict
        For each target: ``coverage_90`` (over all horizons) and ``coverage_held``; ``crps`` by reported horizon with
        the skill against each baseline, its error, and ``not_beaten``; ``crps_held``.
    """
    out: dict[str, Any] = {}
    for target, part in table[table["method"] == method].groupby("target", sort=False):
        rows: dict[str, dict[str, Any]] = {str(r["horizon"]): r for r in part.to_dict("records")}  # type: ignore[misc]
        total = rows[ALL_HORIZONS]
        low, high = GOAL_COVERAGE
        entry: dict[str, Any] = {
            "coverage_90": _number(total["coverage_90"]),
            "coverage_90_se": _number(total["coverage_90_se"]),
            "exact_coverage_90": _number(total["exact_coverage_90"]),
            "coverage_held": bool(low <= total["coverage_90"] <= high),
            "horizons": {},
        }
        for h in REPORTED_HORIZONS:
            if str(h) not in rows:
                continue
            row = rows[str(h)]
            skill = {
                name: {"skill": _number(row[f"skill_{name}"]), "se": _number(row[f"skill_{name}_se"])}
                for name in baselines
                if f"skill_{name}" in row and not pd.isna(row[f"skill_{name}"])
            }
            entry["horizons"][str(h)] = {
                "n": int(row["n"]),
                "cutoffs": int(row["cutoffs"]),
                "crps": _number(row["crps"]),
                "coverage_90": _number(row["coverage_90"]),
                "skill": skill,
                "not_beaten": [name for name, value in skill.items() if (value["skill"] or 0.0) <= 0.0],
            }
        entry["crps_held"] = bool(entry["horizons"]) and all(not h["not_beaten"] for h in entry["horizons"].values())
        out[str(target)] = entry
    return out


def _number(value: Any) -> float | None:
    return None if pd.isna(value) or not np.isfinite(value) else float(value)
