"""Single faults planted in a clean table of scores, to see whether checks of the data find them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["FAULTS", "Planted", "plant_fault"]


@dataclass(frozen=True)
class Planted:
    """A table with one fault.

    Attributes
    ----------
    scores, benchmarks : pandas.DataFrame
        In the format of ``scores.csv`` and ``benchmarks.csv``.
    names : frozenset of str
        Models or benchmarks of which a check that finds the fault speaks; empty where it is about the whole table.
    """

    scores: pd.DataFrame
    benchmarks: pd.DataFrame
    names: frozenset[str]


Change = Callable[[pd.DataFrame, pd.DataFrame, str, np.random.Generator], Planted]


def _moved(months: int) -> Change:
    def change(scores, benchmarks, model, rng):
        mine = scores["model"] == model
        for column in ("release_date", "weights_date", "announced_date"):
            if column in scores:
                scores.loc[mine, column] += pd.DateOffset(months=months)
        return Planted(_unreviewed(scores, mine, "date_source"), benchmarks, frozenset({model}))

    return change


def _flag(scores, benchmarks, model, rng):
    mine = scores["model"] == model
    scores.loc[mine, "weights"] = scores.loc[mine, "weights"].map({"open": "closed", "closed": "open"})
    if "weights_date" in scores:
        scores.loc[mine, "weights_date"] = pd.NaT
    return Planted(_unreviewed(scores, mine, "weights_origin"), benchmarks, frozenset({model}))


def _unreviewed(scores: pd.DataFrame, mine: pd.Series, origin: str) -> pd.DataFrame:
    """Nobody has looked at a fault: the review was of what stood there before."""
    if origin in scores:
        scores.loc[mine, origin] = None
    return scores


def _one_percentage(scores, benchmarks, model, rng):
    rows = np.flatnonzero(scores["model"] == model)
    row = rows[rng.integers(len(rows))]
    scores.loc[row, "score"] *= 100.0
    return Planted(scores, benchmarks, frozenset({model}))


def _half_in_percent(scores, benchmarks, model, rng):
    of_model = scores[scores["model"] == model].iloc[0]
    group = scores.index[(scores["benchmark"] == of_model["benchmark"]) & (scores["weights"] == of_model["weights"])]
    chosen = rng.choice(group, size=-(-len(group) // 2), replace=False)
    scores.loc[chosen, "score"] *= 100.0
    return Planted(scores, benchmarks, frozenset({of_model["benchmark"]}))


def _copy(times: int, *, noise: float = 0.0, scale: float = 1.0) -> Change:
    def change(scores, benchmarks, model, rng):
        name = scores.loc[scores["model"] == model, "benchmark"].iloc[0]
        mine = scores[scores["benchmark"] == name]
        parts, infos = [scores], [benchmarks]
        for k in range(times):
            other = mine.assign(benchmark=f"{name} again {k}")
            other["score"] = scale * (other["score"] + noise * rng.standard_normal(len(other)))
            parts.append(other)
            infos.append(benchmarks[benchmarks["benchmark"] == name].assign(benchmark=f"{name} again {k}"))
        names = frozenset({name, *(f"{name} again {k}" for k in range(times))})
        return Planted(pd.concat(parts, ignore_index=True), pd.concat(infos, ignore_index=True), names)

    return change


def _first_of_january(share: float) -> Change:
    def change(scores, benchmarks, model, rng):
        models = np.sort(scores["model"].unique())
        chosen = rng.choice(models, size=max(1, round(share * len(models))), replace=False)
        days = scores["release_date"]
        first = pd.to_datetime(days.dt.year.astype(str) + "-01-01")
        scores["release_date"] = days.mask(scores["model"].isin(chosen), first)
        return Planted(scores, benchmarks, frozenset())

    return change


def _at_chance(scores, benchmarks, model, rng):
    name = scores.loc[scores["model"] == model, "benchmark"].iloc[0]
    mine = scores["benchmark"] == name
    scores.loc[mine, "score"] = 0.25 + 0.02 * rng.standard_normal(int(mine.sum()))
    return Planted(scores, benchmarks, frozenset({name}))


#: Fault → how a table gets it.
FAULTS: dict[str, Change] = {
    "date ten years early": _moved(-120),
    "date two years early": _moved(-24),
    "date one year early": _moved(-12),
    "date one year late": _moved(12),
    "other flag": _flag,
    "flag of the leader": _flag,
    "one score in percent": _one_percentage,
    "half of a group's scores in percent": _half_in_percent,
    "a benchmark twice": _copy(1),
    "a benchmark twice, in percent": _copy(1, scale=100.0),
    "a benchmark twice, nearly": _copy(1, noise=0.003),
    "a benchmark under eight names": _copy(7),
    "all dates on 1 January": _first_of_january(1.0),
    "half of the dates on 1 January": _first_of_january(0.5),
    "one benchmark at chance level": _at_chance,
}


def plant_fault(scores: pd.DataFrame, benchmarks: pd.DataFrame, fault: str, *, model: str, seed: int) -> Planted:
    """Plant one fault.

    Parameters
    ----------
    scores, benchmarks : pandas.DataFrame
        As `gapmodel.simulation.frontiers.simulate_scores` gives them; left as they are.
    fault : str
        Of `FAULTS`.
    model : str
        The model that it befalls, or one of whose benchmarks.
    seed : int

    Returns
    -------
    Planted

    Examples
    --------
    >>> from gapmodel.simulation.frontiers import simulate_scores
    >>> scores, benchmarks, _ = simulate_scores(seed=1, n_benchmarks=6, n_months=24)
    >>> planted = plant_fault(scores, benchmarks, "other flag", model=scores["model"].iloc[0], seed=1)
    >>> int((planted.scores["weights"] != scores["weights"]).sum()) > 0
    True
    """
    rng = np.random.default_rng(seed)
    return FAULTS[fault](scores.reset_index(drop=True).copy(), benchmarks.copy(), model, rng)
