"""What the table of scores knows beyond a run's own tables: labs, countries, errors of scores, visibility, an index.

A run in memory has its table. A folder keeps none; there the bundled table of the same name is read, and taken only
where it has every record of the run with the same score. Otherwise nothing is shown, and the page says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.errors import GapmodelError
from gapmodel.lags.measures import score_gaps
from gapmodel.lags.panel import panel_table
from gapmodel.runs.parts import MemoryParts
from gapmodel.runs.run import Run
from gapmodel.scores.table import Scores
from gapmodel.sources.load import pooled, read_table

__all__ = ["Facts", "Maker", "known_facts"]

_COMPOSITE = "composite"
_MIN_ERRORS = 10  # of other models on the benchmark, to derive one


@dataclass(frozen=True)
class Maker:
    """Who made a model, as the table says it; empty where it does not."""

    labs: str = ""
    country: str = ""


@dataclass(frozen=True)
class Facts:
    """See the module.

    Attributes
    ----------
    benchmarks : pandas.DataFrame
        By name: ``unit, direction, lower_bound, ceiling, visibility``, where the table has them.
    makers : dict
        Model → `Maker`.
    errors : dict
        (benchmark, model) → standard error of the best score, score units; only known and derived ones.
    derived : frozenset of (str, str)
        Of `errors`, those that the source does not give: by the number of questions that the errors of other models
        on the benchmark imply.
    indices : list of dict
        A row of `gapmodel.lags.measures.score_gaps` for each composite, with ``title`` and ``unit``.
    """

    benchmarks: pd.DataFrame
    makers: Mapping[str, Maker] = field(default_factory=dict)
    errors: Mapping[tuple[str, str], float] = field(default_factory=dict)
    derived: frozenset[tuple[str, str]] = frozenset()
    indices: list[dict[str, Any]] = field(default_factory=list)

    def of(self, benchmark: str, column: str) -> Any:
        """What is known of a benchmark; None where nothing is."""
        if column not in self.benchmarks or benchmark not in self.benchmarks.index:
            return None
        value: Any = self.benchmarks.loc[benchmark, column]
        return None if pd.isna(value) or value == "" else value

    def lower_is_better(self) -> dict[str, bool]:
        """Benchmark → whether a lower score is better."""
        return {str(name): self.of(str(name), "direction") == "lower" for name in self.benchmarks.index}


def known_facts(run: Run) -> Facts | str:
    """The facts, or why there are none."""
    scores = _table(run)
    if isinstance(scores, str):
        return scores
    table = scores.table
    best = _best(scores)
    errors, derived = _errors(best, scores.benchmarks)
    makers = {}
    for row in table.drop_duplicates("model").to_dict("records"):
        said = {key: row.get(key) for key in ("organization", "country")}
        labs, country = ("" if value is None or pd.isna(value) else str(value) for value in said.values())
        makers[str(row["model"])] = Maker(labs, country)
    return Facts(scores.benchmarks, makers, errors, derived, _indices(run, scores, errors))


def _table(run: Run) -> Scores | str:
    if isinstance(run.parts, MemoryParts):
        own = run.parts.analysis.scores
        return own.whole or own
    name = str(run.summary["data"]["snapshot"])
    lacking = (
        "a folder keeps no scores, and its table is none of the bundled ones: labs, errors and visibility are not known"
    )
    try:
        scores = read_table(name)
    except GapmodelError:
        return lacking
    records = run.frontiers
    there = records.merge(scores.table[["benchmark", "model", "score"]], on=["benchmark", "model"], how="left")
    same = np.isclose(there["score"], there["level"], rtol=1e-4)
    held = set(zip(there["benchmark"][same], there["model"][same], strict=True))
    lost = [pair for pair in zip(records["benchmark"], records["model"], strict=True) if pair not in held]
    return f"{lacking} ({name} has not {lost[0][1]} on {lost[0][0]} with this score)" if lost else scores


def _best(scores: Scores) -> pd.DataFrame:
    """The best score of each model on each benchmark, by its direction."""
    table = scores.table
    lower = table["benchmark"].map(scores.benchmarks["direction"] == "lower").fillna(False).astype(bool)
    ranked = table.assign(_rank=np.where(lower, -table["score"], table["score"])).sort_values("_rank", kind="stable")
    return ranked.drop_duplicates(["benchmark", "model"], keep="last")


def _errors(
    best: pd.DataFrame, benchmarks: pd.DataFrame
) -> tuple[dict[tuple[str, str], float], frozenset[tuple[str, str]]]:
    """Errors as given; of a share of right answers also by the number of questions that others' errors imply."""
    errors: dict[tuple[str, str], float] = {}
    derived = set()
    if "score_se" not in best:
        return errors, frozenset()
    for name, rows in best.groupby("benchmark"):
        known = rows["score_se"].notna() & (rows["score_se"] > 0)
        given = zip(rows["model"][known], rows["score_se"][known].astype(float), strict=True)
        errors |= {(str(name), str(model)): error for model, error in given}
        info = benchmarks.loc[name]
        share = info.get("lower_bound") == 0 and info.get("ceiling") == 1
        if not share or known.sum() < _MIN_ERRORS:
            continue
        spread = rows["score"] * (1 - rows["score"])
        questions = float((spread[known] / rows["score_se"][known] ** 2).median())
        if not questions > 1:
            continue
        for model, score in zip(rows["model"][~known], rows["score"][~known].astype(float), strict=True):
            right = min(max(score, 1 / questions), 1 - 1 / questions)  # no score is without error
            errors[str(name), str(model)] = float(np.sqrt(right * (1 - right) / questions))
            derived.add((str(name), str(model)))
    return errors, frozenset(derived)


def _indices(run: Run, scores: Scores, errors: Mapping[tuple[str, str], float]) -> list[dict[str, Any]]:
    """Composites of the table, by the groups and dates of the run; those without a lag are left out."""
    info = scores.benchmarks
    names = [str(name) for name in info.index[info["category"] == _COMPOSITE]] if "category" in info else []
    rows = []
    for name in names:
        try:
            chosen = pooled(scores, origin={"snapshot": scores.snapshot}, pool=[name])
            table = panel_table(run.options.lags(chosen).panel)
        except GapmodelError:  # too few scores for a lag
            continue
        found = score_gaps(
            table.assign(month=pd.to_datetime(table["month"])),
            lower_is_better={name: bool(info.loc[name, "direction"] == "lower")},
            errors=errors,
        )
        rows += [
            row | {"title": info.loc[name, "title"], "unit": info.loc[name, "unit"]} for row in found.to_dict("records")
        ]
    return [{str(key): value for key, value in row.items()} for row in rows]
