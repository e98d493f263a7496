"""From Epoch AI's scores to tables in the documented format: the inclusion rule, the default set, fixed formats."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from gapmodel.errors import DataError
from gapmodel.files.safe_csv import neutral_table
from gapmodel.sources.epoch.evaluations import plausible_days
from gapmodel.sources.epoch.hub import ECI
from gapmodel.units import months_between

__all__ = ["LICENCE", "benchmarks_text", "choose", "scores_text", "settled_rows"]

LICENCE = "CC BY 4.0"
MIN_MODELS, MIN_JOINT_MONTHS, DEFAULT_JOINT_MONTHS = 5, 6.0, 12.0
COLUMNS = [
    "benchmark", "model", "version", "release_date", "announced_date", "date_source", "weights", "weights_date",
    "weights_origin", "score", "score_se", "organization", "country", "licence_tier", "source", "raw_score",
]  # fmt: skip
_REASONS = {
    "unreleased": "never released",
    "excluded": "no general language model",
    "unknown": "weights not settled",
}
_REVIEWED = ["visibility", "answers_public_since"]


def settled_rows(
    rows: pd.DataFrame, models: pd.DataFrame, released: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, list[tuple[str, str]]]:
    """Rows with the properties of their models; and what cannot be used, with the reason.

    Parameters
    ----------
    rows : pandas.DataFrame
        With ``model`` and ``version``, see `gapmodel.sources.epoch.hub.index_rows`.
    models : pandas.DataFrame
        As `gapmodel.sources.epoch.hub.model_table`, each model once.
    released : pandas.DataFrame
        See `gapmodel.sources.epoch.hub.releases`.

    Returns
    -------
    rows : pandas.DataFrame
        Those of models that are open or closed and have a release date.
    left_out_rows : pandas.DataFrame
        Of the others those that nobody has decided to leave out: ``benchmark, model, score, release_date, weights,
        reason``, date and weights missing where not known.
    left_out : list of (model, reason)
    """
    rows = rows.merge(models, on="model", how="left", validate="many_to_one")
    rows["weights"] = rows["weights"].fillna("unknown")
    rows["evaluated_date"] = plausible_days(rows["evaluated_date"], rows["release_date"])
    settled = rows["weights"].isin(["open", "closed"]) & rows["release_date"].notna()
    why, known = released["unsettled"], set(models["model"])
    left_out = []
    for model, group in rows[~settled].groupby("model"):
        if model in why.index and why[model]:
            reason = str(why[model])
        elif model not in set(released["model"]):
            reason = "a version that Epoch's index of models lacks"
        elif model not in known:
            reason = "not among the models of the index"
        else:
            weights = group["weights"].iloc[0]
            reason = _REASONS.get(weights, "no release date")
        left_out.append((str(model), reason))
    # What a person has decided is no open question, so it is not among the scores that may have been lost.
    open_question = ~settled & ~rows["weights"].isin(["unreleased", "excluded"])
    mine = rows[open_question]
    unused = mine[["benchmark", "model", "score"]].assign(
        release_date=mine["release_date"].fillna(mine["file_date"]),
        weights=mine["weights"].where(mine["weights"].isin(["open", "closed"])),
        reason=mine["model"].map(dict(left_out)),
    )
    return rows[settled].drop(columns="file_date"), unused, left_out


def choose(
    rows: pd.DataFrame, info: pd.DataFrame, *, strict: bool = True, default_set: Collection[str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, list[tuple[str, str]]]:
    """Apply the inclusion rule and the default set.

    Parameters
    ----------
    rows : pandas.DataFrame
        From `settled_rows`.
    info : pandas.DataFrame
        See `gapmodel.sources.epoch.hub.Review`.
    strict : bool
        A kept benchmark that `info` lacks is an error; else it is called by its name, in category
        ``uncategorised``, as new benchmarks of live data are.
    default_set : collection of str, optional
        The set as it was settled when the snapshot was published: a corrected date must not change what is pooled. A
        benchmark that the rule would add is listed. Default: the rule.

    Returns
    -------
    rows, benchmarks, dropped
        The rows kept, the benchmarks table, and (benchmark, reason) of what was dropped.

    Raises
    ------
    DataError
        `strict`, and `info` lacks a benchmark.
    """
    kept, dropped = [], []
    for key, group in rows.groupby("benchmark"):
        benchmark = str(key)
        sides = [group[group["weights"] == w] for w in ("open", "closed")]
        counts = [len(s) for s in sides]
        if min(counts) < MIN_MODELS:
            dropped.append((benchmark, f"{counts[0]} open and {counts[1]} closed models, {MIN_MODELS} of each needed"))
            continue
        days = [pd.to_datetime(s["weights_date"].fillna(s["release_date"])) for s in sides]
        joint = float(months_between(min(d.max() for d in days), max(d.min() for d in days)))
        if joint < MIN_JOINT_MONTHS:
            dropped.append((benchmark, f"joint window of {joint:.1f} months, {MIN_JOINT_MONTHS:g} needed"))
            continue
        kept.append((benchmark, joint))
    about = pd.DataFrame(kept, columns=["benchmark", "joint_months"]).set_index("benchmark")
    about = about.join(info[["title", "category", "marked", "note", "random_baseline", *_REVIEWED]])
    is_index = about.index == ECI
    about.loc[is_index, ["title", "category"]] = [ECI, "composite"]
    missing = about.index[about["category"].isna()]
    if len(missing) and strict:
        raise DataError(f"benchmark_info.csv lacks {', '.join(missing)}: add a title and a category")
    about.loc[missing, "title"] = list(missing)
    about.loc[missing, "category"] = "uncategorised"
    about["unit"] = np.where(is_index, "ECI points", "fraction")
    about["direction"] = "higher"
    # Scores of the index files are normalised, so chance is 0 there; those of the hub are raw, so chance is the floor.
    raw = rows["score"].notna().any() and ECI not in set(rows["benchmark"])
    about["lower_bound"] = np.where(
        is_index, np.nan, about["random_baseline"].astype(float).fillna(0.0) if raw else 0.0
    )
    about["ceiling"] = np.where(is_index, np.nan, 1.0)
    about["composite_of"] = np.where(is_index, "all benchmarks of the index", "")
    about["source"], about["licence"] = "Epoch AI", LICENCE
    by_rule = (about["joint_months"] >= DEFAULT_JOINT_MONTHS) & ~is_index
    about["default_set"] = by_rule if default_set is None else about.index.isin(list(default_set))
    for benchmark in about.index[by_rule & ~about["default_set"]]:
        dropped.append((str(benchmark), "kept; opt-in, since the default set was settled before it was long enough"))
    for benchmark in sorted(set(about.index[about["default_set"]]) - set(about.index[by_rule])):
        raise DataError(f"default_sets.csv has {benchmark}, which is no longer long enough: settle the set again")
    about["joint_months"] = about["joint_months"].round(1)
    return rows[rows["benchmark"].isin(about.index)], about.drop(columns="random_baseline"), dropped


def scores_text(rows: pd.DataFrame, *, more_columns: tuple[str, ...] = ()) -> str:
    """``scores.csv``: sorted, with fixed number formats."""
    rows = rows.reindex(columns=[*COLUMNS, *more_columns]).sort_values(["benchmark", "release_date", "model"])
    return neutral_table(rows).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def benchmarks_text(about: pd.DataFrame) -> str:
    """``benchmarks.csv``: sorted, with fixed number formats."""
    order = ["title", "category", "unit", "direction", "lower_bound", "ceiling", "composite_of", "source", "licence"]
    about = about.assign(default_set=about["default_set"].map({True: "true", False: "false"}))
    about = about[[*order, *_REVIEWED, "default_set", "joint_months", "marked", "note"]]
    about = about.sort_index().rename_axis("benchmark").reset_index()
    return neutral_table(about).to_csv(index=False, float_format="%g", lineterminator="\n")
