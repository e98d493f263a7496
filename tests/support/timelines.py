"""Hand-drawn timelines of one benchmark, the lags of which are known, and what is read off them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from gapmodel.lags.definition import lag_at
from gapmodel.lags.panel import Lags, compute_lags
from gapmodel.lags.sides import benchmark_frontiers
from gapmodel.scores.table import Scores, validate_scores

MONTH = 30.4375


def months(later: str, earlier: str) -> float:
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days / MONTH


def make(*rows, benchmarks=None, as_of=None, **columns) -> Scores:
    """Rows are (model, day, weights, score), on the benchmark ``x`` where no fifth entry names another."""
    names = ["model", "release_date", "weights", "score", "benchmark"]
    table = pd.DataFrame([(*r, "x")[:5] for r in rows], columns=names, dtype=object)
    info = None if benchmarks is None else pd.DataFrame(benchmarks)
    return validate_scores(table.assign(**columns), info, today=date(2026, 8, 1), as_of=as_of)


def analyse(scores: Scores, *, grace_months: int = 3, **options) -> Lags:
    """With a grace of its own: the default is a choice about data, not about the definition."""
    return compute_lags(scores, grace_months=grace_months, **options)


def on(scores: Scores, *times: str) -> list[tuple[float, int]]:
    """Lag and censoring of open behind closed on the benchmark ``x``."""
    lag, censoring = lag_at(list(times), *benchmark_frontiers(scores)["x"])
    return list(zip(lag, censoring.tolist(), strict=True))


def row(result, month: str, benchmark: str = "x") -> tuple[float, int]:
    cell = result.panel.sel(benchmark=benchmark, month=month)
    return float(cell["lag"]), int(cell["censoring"])


def window(result, benchmark: str = "x") -> tuple[str, str]:
    inside = result.panel["month"].to_numpy()[result.panel["in_window"].sel(benchmark=benchmark).to_numpy()]
    return str(inside[0])[:10], str(inside[-1])[:10]


TIMELINE = (
    ("C1", "2024-01-10", "closed", 0.40),
    ("C2", "2024-03-20", "closed", 0.60),
    ("C3", "2024-06-05", "closed", 0.80),
    ("O1", "2024-02-15", "open", 0.30),
    ("O2", "2024-05-01", "open", 0.50),
    ("O3", "2024-09-12", "open", 0.90),
)


def floored(*rows) -> Scores:
    return make(*rows, benchmarks={"benchmark": ["x"], "lower_bound": [0.25]})
