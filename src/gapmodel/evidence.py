"""What simulations with a known lag say of a method, quoted beside every answer it gives."""

from __future__ import annotations

import io
from importlib import resources
from typing import Any

import pandas as pd

__all__ = ["known_truth", "known_truth_sentence"]


def known_truth(method: str) -> list[dict[str, Any]]:
    """Rows of the shipped table (made by ``scripts/check_default.py``) for one method; empty where it was not run.

    Each row: ``regime, method, scenario, n``, coverage of 90 % intervals, bias and width of slope (months a year) and
    gap (months), and the share of data sets with P(zero within 12 months) > 0.5.
    """
    source = resources.files("gapmodel.data") / "known_truth.csv"
    if not source.is_file():
        return []
    table = pd.read_csv(io.StringIO(source.read_text(encoding="utf-8")))
    return [{str(k): v for k, v in row.items()} for row in table[table["method"] == method].to_dict("records")]


def known_truth_sentence(rows: list[dict[str, Any]]) -> str:
    """The rows in one sentence: what 90 % intervals covered, and how often zero was announced wrongly."""
    if not rows:
        return "No known-truth table exists for this variant: its intervals are unchecked."
    parts = []
    for regime in dict.fromkeys(row["regime"] for row in rows):
        mine = [row for row in rows if row["regime"] == regime]
        spans = []
        for name in ("slope", "gap"):
            values = [100 * row[f"{name}_coverage"] for row in mine]
            spans.append(f"{name} {min(values):.0f}-{max(values):.0f} %")
        parts.append(f"{' and '.join(spans)} with {regime} evaluations")
    constant = [row for row in rows if row["scenario"] == "constant"]
    false = max(row["zero_within_12_months"] for row in constant)
    return (
        f"On simulated frontiers with known lag, 90 % intervals covered: {'; '.join(parts)}. "
        f"Zero within a year was announced in at most {100 * false:.0f} % of data sets with constant lag."
    )
