"""The choices that an analyst could have made otherwise, and the units whose removal could change the answer.

Multiverse analysis: Steegen, Tuerlinckx, Gelman and Vanpaemel (2016); specification curve: Simonsohn, Simmons and
Nelson (2020).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from gapmodel.errors import InsufficientDataError
from gapmodel.lags.views import RELEASE
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.prior_sets import PRIOR_SETS
from gapmodel.scores.selection import select
from gapmodel.scores.table import Scores
from gapmodel.validation.sweep import Choice

__all__ = ["CEILING_SHARE", "FACTORS", "REFERENCE", "influence", "multiverse", "near_ceiling"]

REFERENCE = "as published"
# A benchmark whose leader has come this far up its scale tells little more apart.
CEILING_SHARE = 0.95

# The factorial part: factor → level → what changes, as keywords of `LagOptions`; the first level is the default.
FACTORS: dict[str, dict[str, dict]] = {
    "leads": {"signed": {}, "clamped at zero": {"clamp": True}},
    "window": {"grace 1 month": {}, "grace 0": {"grace_months": 0}, "grace 3": {"grace_months": 3}},
    "start-up": {
        "bounds and burn-in": {},
        "as measured": {"leader_start_up_months": 0.0, "follower_start_up_months": 0.0},
    },
    "months": {"all": {}, "since 2024": {"first_month": "2024-01-01"}},
    "dates": {"first public use": {}, "announcement": {"dates": "announced"}},
    "benchmarks": {"default set": {}, "not near the ceiling": {}},
}


def multiverse(table: Scores, chosen: Scores, options: LagOptions) -> list[Choice]:
    """All analyses of the multiverse, the reference first.

    Parameters
    ----------
    table : Scores
        Everything that is at hand.
    chosen : Scores
        The subset that the reference analysis uses.
    options : LagOptions
        Of the reference.

    Returns
    -------
    list of Choice
        Labels: ``part`` (`REFERENCE`, ``factorial``, ``single`` or ``priors``), one column per factor, and ``change``
        in words. A single change departs from the reference in one thing.
    """
    full = near_ceiling(chosen, options)
    rest = [name for name in chosen.benchmarks.index if name not in full]
    sets = {"default set": chosen}
    if full and rest:
        sets["not near the ceiling"] = chosen.subset(benchmarks=rest)
    choices: list[Choice] = []
    for levels in product(*FACTORS.values()):
        labels = dict(zip(FACTORS, levels, strict=True))
        if labels["benchmarks"] not in sets:
            continue
        keywords: dict = {}
        for factor, level in labels.items():
            keywords |= FACTORS[factor][level]
        first = not choices
        changed = [level for factor, level in labels.items() if level != next(iter(FACTORS[factor]))]
        name = REFERENCE if first else ", ".join(changed)
        choices.append(
            Choice(
                name,
                sets[labels["benchmarks"]],
                replace(options, **keywords),
                labels={"part": REFERENCE if first else "factorial", "change": name, **labels},
            )
        )
    return choices + _singles(table, chosen, options)


def _singles(table: Scores, chosen: Scores, options: LagOptions) -> list[Choice]:
    def single(change: str, scores: Scores = chosen, *, part: str = "single", **keywords) -> Choice:
        own = {k: v for k, v in keywords.items() if k in ("view", "priors")}
        other = {k: v for k, v in keywords.items() if k not in own}
        return Choice(change, scores, replace(options, **other), **own, labels={"part": part, "change": change})

    choices = [
        single("lag at each open record (release view)", view=RELEASE),
        single("levels within 1 % of the scale count as level", tolerance=0.01),
        single("levels within 2 % of the scale count as level", tolerance=0.02),
        single("open models from the day of their API", open_date="api"),
    ]
    choices += [single(f"priors: {name}", part="priors", priors=name) for name in PRIOR_SETS if PRIOR_SETS[name]]
    everything = select(table, everything=True)
    if len(everything.benchmarks) > len(chosen.benchmarks):
        choices.append(single("opt-in benchmarks too", everything))
    for category, rows in chosen.benchmarks.groupby("category", sort=True):
        if 1 <= len(rows) < len(chosen.benchmarks):
            choices.append(single(f"{category} alone ({len(rows)})", chosen.subset(benchmarks=list(rows.index))))
    for visibility, rows in chosen.benchmarks.groupby("visibility", sort=True):
        if 1 <= len(rows) < len(chosen.benchmarks):
            words = f"{visibility} questions alone ({len(rows)})"
            choices.append(single(words, chosen.subset(benchmarks=list(rows.index))))
    for name in table.benchmarks.index[table.composite]:
        choices.append(single(f"{name} alone", select(table, benchmarks=[str(name)])))
    return choices


def near_ceiling(scores: Scores, options: LagOptions) -> list[str]:
    """Benchmarks whose leader stands at `CEILING_SHARE` of the scale or higher in the last month of the window."""
    panel = options.lags(scores).panel
    info = scores.benchmarks
    out = []
    for name in panel["benchmark"].to_numpy():
        level = panel["leader_level"].sel(benchmark=name).to_numpy()
        level = level[~np.isnan(level)]
        low, high = info.loc[[name], ["lower_bound", "ceiling"]].to_numpy(dtype=float)[0]
        if len(level) and np.isfinite([low, high]).all() and (level[-1] - low) / (high - low) >= CEILING_SHARE:
            out.append(str(name))
    return out


def influence(chosen: Scores, options: LagOptions) -> list[Choice]:
    """The reference, and the analysis without each benchmark, each organization and each record-setting model.

    Labels: ``kind`` (`REFERENCE`, ``benchmark``, ``organization``, ``model``), ``left_out`` and ``records`` (how many
    months of the panel have a frontier set by the unit; for a benchmark its observed months). Models and organizations
    that set no record in any window cannot change the lag of a month, and are left in.
    """
    panel = options.lags(chosen).panel
    seen = panel["observed"].to_numpy()
    record: dict[str, int] = {}
    for role in ("leader_model", "follower_model"):
        names, counts = np.unique(panel[role].to_numpy()[seen].astype(str), return_counts=True)
        for name, count in zip(names, counts, strict=True):
            if name:
                record[str(name)] = record.get(str(name), 0) + int(count)
    table = chosen.table
    choices = [Choice(REFERENCE, chosen, options, labels={"kind": REFERENCE, "left_out": "", "records": 0})]

    excluding: dict[str, Callable[[str], Scores]] = {
        "benchmark": lambda name: chosen.subset(exclude_benchmarks=[name]),
        "organization": lambda name: chosen.subset(exclude_organizations=[name]),
        "model": lambda name: chosen.subset(exclude_models=[name]),
    }

    def without(kind: str, name: str, records: int) -> None:
        try:
            scores = excluding[kind](name)
        except InsufficientDataError:
            return
        labels = {"kind": kind, "left_out": name, "records": records}
        choices.append(Choice(f"{kind}: {name}", scores, options, labels=labels))

    for k, name in enumerate(panel["benchmark"].to_numpy()):
        without("benchmark", str(name), int(seen[k].sum()))
    if "organization" in table:
        holder = table.drop_duplicates("model").set_index("model")["organization"]
        by_organization: dict[str, int] = {}
        for model, count in record.items():
            organization = holder.get(model)
            if not pd.isna(organization):
                by_organization[str(organization)] = by_organization.get(str(organization), 0) + count
        for name, count in sorted(by_organization.items()):
            without("organization", name, count)
    for name, count in sorted(record.items()):
        without("model", name, count)
    return choices
