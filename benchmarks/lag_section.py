"""The lag engine: against plain pandas, and as the rows grow."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import Row, isolated, seconds
from benchmarks.pandas_peer import pandas_lags
from benchmarks.tables import score_table

__all__ = ["lag_section"]

TODAY = date(2026, 8, 1)
SCORES_EACH = 1000
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)


def lag_section(*, full: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """Rows of the table, and the times by number of rows."""
    say("lags: cross-check")
    _cross_check()
    curve, repeat = [], 5 if full else 3
    with tempfile.TemporaryDirectory() as folder:
        for rows in SIZES:
            say(f"lags: {rows:,} rows")
            path = Path(folder) / f"{rows}.csv"
            score_table(benchmarks=rows // SCORES_EACH, scores_each=SCORES_EACH).to_csv(path, index=False)
            got = isolated(ours, path=str(path), repeat=repeat)
            curve.append({"rows": rows, **got.value, "peak_gb": got.peak_gb})
        largest = curve[-1]
        say(f"lags: {largest['rows']:,} rows with pandas, about a minute")
        peer = isolated(theirs, path=str(path))
    n = f"{largest['rows']:,} scores in {largest['rows'] // SCORES_EACH:,} benchmarks"
    whole = largest["read"] + largest["lags"]
    peer_whole = peer.value["read"] + peer.value["lags"]
    steps = np.polyfit(np.log([c["rows"] for c in curve[1:]]), np.log([c["read"] + c["lags"] for c in curve[1:]]), 1)
    rows = [
        Row(
            f"lags of {n}",
            largest["lags"],
            peer.value["lags"],
            ratio=peer.value["lags"] / largest["lags"],
            goal=">= 100 x",
            note=f"table in memory → lags, best of {repeat}; peer: pandas_peer.py, once, on all rows",
        ),
        Row(
            f"CSV → lags, {n}",
            whole,
            peer_whole,
            ratio=peer_whole / whole,
            goal="seconds",
            note="ours checks every cell and row and hashes the content, the peer checks nothing",
        ),
        Row(
            f"peak memory, CSV → lags, {n}",
            largest["peak_gb"],
            peer.peak_gb,
            "GB",
            peer.peak_gb / largest["peak_gb"],
            goal="<= 2 GB",
            note="of the whole process",
        ),
        Row(
            "growth of time, CSV → lags",
            float(steps[0]),
            None,
            "power of rows",
            goal="<= 1",
            note=f"from {curve[1]['rows']:,} to {largest['rows']:,} rows; 1: linear",
        ),
    ]
    return {"rows": [row.as_dict() for row in rows], "curve": curve}


def ours(*, path: str, repeat: int) -> dict[str, float]:
    """Seconds from a CSV file to scores, and from scores to the panel; what is imported on first use is not counted."""
    from gapmodel.lags.panel import compute_lags
    from gapmodel.scores.table import validate_scores
    from gapmodel.sources.csv import read_scores

    compute_lags(validate_scores(score_table(benchmarks=3, scores_each=30), today=TODAY))
    read, scores = seconds(lambda: read_scores(path, today=TODAY), repeat=repeat)
    lags, result = seconds(lambda: compute_lags(scores), repeat=repeat)
    return {"read": read, "lags": lags, "cells": int(result.panel["in_window"].sum())}


def theirs(*, path: str) -> dict[str, float]:
    """The same with pandas alone, once."""
    read, table = seconds(lambda: pd.read_csv(path, parse_dates=["release_date"]))
    lags, result = seconds(lambda: pandas_lags(table))
    return {"read": read, "lags": lags, "cells": len(result)}


def _cross_check() -> None:
    """Both give the same lags, else nothing is worth timing.

    Raises
    ------
    AssertionError
        They do not.
    """
    from gapmodel.lags.panel import compute_lags, panel_table
    from gapmodel.scores.table import validate_scores

    table = score_table(benchmarks=20, scores_each=200, seed=2)
    mine = panel_table(compute_lags(validate_scores(table, today=TODAY)).panel)
    peer = pandas_lags(table.assign(release_date=pd.to_datetime(table["release_date"])))
    assert mine["benchmark"].tolist() == peer["benchmark"].tolist()
    np.testing.assert_allclose(mine["lag_months"], peer["lag_months"], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(mine["censoring"], peer["censoring"])
