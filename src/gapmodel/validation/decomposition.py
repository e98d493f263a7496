"""What moved the answer from one table of scores to a later one: dates, flags, scores, models, benchmarks, time.

One change at a time, in the order of `CHANGES`, each on top of those before it, so that the steps add up to the whole
difference. A share that two changes have in common goes to the earlier one; so each change is also applied to the old
table alone, and what these do not explain together is the interaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.rescaling import scale_line
from gapmodel.scores.table import Scores
from gapmodel.validation.sweep import Choice, run_sweep

__all__ = ["CHANGES", "between", "decompose_answer", "decompose_lags"]

#: The changes in their order, and what each means.
CHANGES = {
    "dates": "models of both tables have the dates of the new one",
    "flags": "models of both tables are open or closed as the new one says",
    "scores": "scores of both tables have the values and scales of the new one",
    "models": "models and scores that only one table has, released by the day of the old one",
    "benchmarks": "benchmarks that entered or left",
    "since": "releases and months after the day of the old table",
}
_DATES = ("release_date", "weights_date", "announced_date", "date_source")
_FLAGS = ("weights", "weights_origin", "licence_tier", "organization", "country")
_RECENT_MONTHS = 12


def between(old: Scores, new: Scores, changes: Collection[str]) -> Scores:
    """The old table with some of the changes that lead to the new one.

    Parameters
    ----------
    old, new : Scores
        Of the benchmarks that an analysis pools.
    changes : collection of str
        Names of `CHANGES`. ``since`` changes no table: it is the cutoff, which is the caller's.

    Returns
    -------
    Scores
        With the day of `new`; models are matched by name, scores by benchmark, model and variant. With all changes the
        rows of `new`.
    """
    old = on_scale_of(new, old)
    rows = _rows(old, new, changes)
    left = set(old.benchmarks.index) - set(new.benchmarks.index)
    entered = set(new.benchmarks.index) - set(old.benchmarks.index)
    gone = left if "benchmarks" in changes else entered
    rows = rows[~rows["benchmark"].isin(gone)]
    rows = _with_properties(rows, old, new, changes)
    first, second = (new, old) if "scores" in changes else (old, new)
    info = pd.concat([first.benchmarks, second.benchmarks])
    info = info[~info.index.duplicated()].loc[sorted(rows["benchmark"].unique())]
    return replace(new, table=rows, benchmarks=info).rehashed()


def on_scale_of(new: Scores, old: Scores) -> Scores:
    """The old table with its scores in the units of the new one, where a straight line says how.

    Percent become fractions, raw scores normalised ones. A line is taken where it meets four fifths of the scores that
    both tables have, at least five; what it does not meet was scored again. Bounds move along, so that the lags
    of the old table stay as they are.

    Parameters
    ----------
    new, old : Scores

    Returns
    -------
    Scores
        `old` itself where every scale is the same.
    """
    key = _key(old, new)
    before, after = (_keyed(s, key) for s in (old, new))
    both = before.index.intersection(after.index)
    table, info = old.table.copy(), old.benchmarks.copy()
    moved = False
    shared = pd.DataFrame(
        {"benchmark": before.loc[both, "benchmark"], "old": before.loc[both, "score"], "new": after.loc[both, "score"]}
    )
    for name, pairs in shared.groupby("benchmark"):
        benchmark = str(name)
        line = scale_line(pairs["old"].to_numpy(dtype=float), pairs["new"].to_numpy(dtype=float))
        if line is None or str(info.loc[benchmark, "direction"]) != str(new.benchmarks.loc[benchmark, "direction"]):
            continue
        start, factor = line
        moved = True
        mine = table["benchmark"] == benchmark
        table.loc[mine, "score"] = start + factor * table.loc[mine, "score"]
        if "score_se" in table:
            table.loc[mine, "score_se"] *= factor
        for bound in ("lower_bound", "ceiling"):
            info.loc[[benchmark], bound] = start + factor * info.loc[[benchmark], bound]
    return replace(old, table=table, benchmarks=info).rehashed() if moved else old


def decompose_lags(old: Scores, new: Scores, options: LagOptions) -> pd.DataFrame:
    """How each change moves the lags, without a model.

    Parameters
    ----------
    old, new : Scores
        Of the benchmarks that an analysis pools.
    options : LagOptions

    Returns
    -------
    pandas.DataFrame
        One row per change, in order: ``change, meaning, mean_lag`` (months: mean over the observed benchmark-months of
        the last year of the panel after the change, bounds taken for lags), ``moved`` (against the row before),
        ``n_lags, n_censored`` and ``n_changed`` (benchmark-months whose lag or bound is another than before). The first
        row is the old table.

    Raises
    ------
    GapmodelError
        See `gapmodel.lags.panel.compute_lags`.
    """
    rows, before = [], None
    for name, table, own in _steps(old, new, options):
        panel = own.lags(table).panel
        seen = panel["observed"]
        recent = panel["lag"].where(seen).isel(month=slice(-_RECENT_MONTHS, None))
        cells = panel["lag"].where(seen).to_series().dropna().round(6)
        bounds = panel["censoring"].where(seen).to_series().dropna()
        same = pd.DataFrame({"lag": cells, "bound": bounds})
        row: dict[str, Any] = {
            "change": name,
            "meaning": CHANGES.get(name, "the old table"),
            "mean_lag": float(recent.mean()),
            "n_lags": len(cells),
            "n_censored": int((bounds != 0).sum()),
        }
        row["moved"] = np.nan if before is None else row["mean_lag"] - rows[-1]["mean_lag"]
        row["n_changed"] = 0 if before is None else _differences(before, same)
        before = same
        rows.append(row)
    columns = ["change", "meaning", "mean_lag", "moved", "n_lags", "n_censored", "n_changed"]
    return pd.DataFrame(rows, columns=columns)


def decompose_answer(
    old: Scores,
    new: Scores,
    options: LagOptions,
    variant: str,
    folder: Path,
    *,
    settings: SamplerSettings,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> pd.DataFrame:
    """How each change moves gap and slope of a model.

    Parameters
    ----------
    old, new : Scores
        Of the benchmarks that an analysis pools.
    options : LagOptions
    variant : str
        Name or path; fitted to monthly lags.
    folder : pathlib.Path
        Of resumable fits, see `gapmodel.validation.sweep.run_sweep`.
    settings : SamplerSettings
        Of each fit; the same seed for all.
    workers, progress
        See `gapmodel.validation.sweep.run_sweep`.

    Returns
    -------
    pandas.DataFrame
        One row per change, in order: ``change, meaning``; ``gap, slope`` (posterior medians after it, months and
        months per year) with ``_lower, _upper`` (90 %); ``gap_moved, slope_moved`` against the row before, which add up
        to the whole difference; ``gap_alone, slope_alone``, the change applied to the old table alone (NaN for
        ``since``); ``passed``. The first row is the old table, the last ``interaction``: the whole difference less
        ``since`` less the sum of the changes alone. Gaps are those of the last month of the old table, after ``since``
        of the last month of the new one.

    Raises
    ------
    ConfigError, InsufficientDataError, GapmodelError
        See `gapmodel.validation.sweep.run_sweep`.
    """
    choices = []
    for name, table, own in _steps(old, new, options):
        last = own.lags(table).panel["month"].to_numpy()[-1]
        choices.append(Choice(name, table, own, as_of=last, labels={"change": name}))
    cut = choices[0].options
    alone = [name for name in CHANGES if name != "since"]
    choices += [
        Choice(f"{name} alone", between(old, new, [name]), cut, as_of=choices[0].as_of, labels={"change": name})
        for name in alone
    ]
    spec = {"kind": "decomposition", "data_sha256": [old.sha256, new.sha256]}
    fits = run_sweep(choices, variant, folder, settings=settings, spec=spec, workers=workers, progress=progress)
    fits = fits.set_index("name")
    rows: list[dict[str, Any]] = []
    for name in ["old", *CHANGES]:
        fit = fits.loc[name]
        row: dict[str, Any] = {"change": name, "meaning": CHANGES.get(name, "the old table")}
        for what in ("gap", "slope"):
            row |= {
                what: fit[f"{what}_median"],
                **{f"{what}_{end}": fit[f"{what}_{end}"] for end in ("lower", "upper")},
            }
            row[f"{what}_moved"] = row[what] - rows[-1][what] if rows else np.nan
            single = f"{name} alone"
            row[f"{what}_alone"] = (
                fits.loc[single, f"{what}_median"] - rows[0][what] if single in fits.index else np.nan
            )
        rows.append({**row, "passed": bool(fit["passed"]), "problem": fit["problem"]})
    rest: dict[str, Any] = {"change": "interaction", "meaning": "what the changes alone do not explain together"}
    for what in ("gap", "slope"):
        known = rows[-2][what] - rows[0][what]  # before `since`
        rest[f"{what}_alone"] = known - sum(row[f"{what}_alone"] for row in rows[1:-1])
    return pd.DataFrame([*rows, rest])


def _steps(old: Scores, new: Scores, options: LagOptions) -> list[tuple[str, Scores, LagOptions]]:
    """Name, table and options of the old table and after each change."""
    day = old.as_of if old.as_of is not None else old.table["release_date"].max()
    if options.cutoff is not None:
        day = min(day, pd.Timestamp(options.cutoff))
    cut = replace(options, cutoff=day)
    steps, done = [("old", between(old, new, ()), cut)], []
    for name in CHANGES:
        done.append(name)
        steps.append((name, between(old, new, done), options if name == "since" else cut))
    return steps


def _key(old: Scores, new: Scores) -> list[str]:
    return ["benchmark", "model", *(["variant"] if any("variant" in s.table for s in (old, new)) else [])]


def _keyed(scores: Scores, key: list[str]) -> pd.DataFrame:
    table = scores.table.reindex(columns=[*scores.table, *(c for c in key if c not in scores.table)])
    return table.set_index(pd.MultiIndex.from_arrays([table[c].fillna("").to_numpy() for c in key]))


def _rows(old: Scores, new: Scores, changes: Collection[str]) -> pd.DataFrame:
    """Scores: which rows there are, and with which values."""
    key = _key(old, new)
    before, after = (_keyed(s, key) for s in (old, new))
    both = before.index.intersection(after.index)
    values = after if "scores" in changes else before
    shared = values.loc[both]
    here, there = before.loc[before.index.difference(both)], after.loc[after.index.difference(both)]
    common = set(old.benchmarks.index) & set(new.benchmarks.index)
    of_old, of_new = (t[~t["benchmark"].isin(common)] for t in (here, there))
    single = (there if "models" in changes else here)[lambda t: t["benchmark"].isin(common)]
    return pd.concat([shared, single, of_old, of_new]).reset_index(drop=True)


def _with_properties(rows: pd.DataFrame, old: Scores, new: Scores, changes: Collection[str]) -> pd.DataFrame:
    """Dates and flags of each model: of the new table where the change is made, else of the old one."""
    rows = rows.copy()
    for group, name in ((_DATES, "dates"), (_FLAGS, "flags")):
        first, second = (new, old) if name in changes else (old, new)
        for column in [c for c in group if c in old.table or c in new.table]:
            known = [s.table.drop_duplicates("model").set_index("model") for s in (first, second)]
            said = [k[column] if column in k else pd.Series(index=k.index, dtype=object) for k in known]
            # The word of a table that has the model counts, an empty cell too.
            value = pd.concat([said[0], said[1][~said[1].index.isin(said[0].index)]])
            rows[column] = rows["model"].map(value.astype(object))
            if column.endswith("_date"):
                rows[column] = pd.to_datetime(rows[column]).astype("datetime64[ns]")
    return rows


def _differences(before: pd.DataFrame, after: pd.DataFrame) -> int:
    one, other = before.align(after, join="outer")
    return int((one.ne(other) & ~(one.isna() & other.isna())).any(axis=1).sum())
