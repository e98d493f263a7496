"""The track record of each variant (known-truth simulations and backtest), quoted with every answer."""

from __future__ import annotations

import io
import json
from importlib import resources
from typing import Any

import pandas as pd

__all__ = ["known_truth", "known_truth_sentence", "out_of_time", "out_of_time_sentence"]

#: The scenario whose lag is no straight line.
BENT = "closing_then_flat"
#: Regimes of `gapmodel.simulation.frontiers` in which releases and evaluations come at random.
TIDY = ("dense", "sparse")


def known_truth(method: str) -> list[dict[str, Any]]:
    """Rows of the shipped table (from ``scripts/publish_evidence.py``) for one method; empty where it was not run.

    Each row: ``regime, method, scenario, n``, coverage of 90 % intervals, bias and width of slope (months per year) and
    gap (months), and the share of data sets with P(zero within 12 months) > 0.5.
    """
    source = resources.files("gapmodel.data") / "known_truth.csv"
    if not source.is_file():
        return []
    table = pd.read_csv(io.StringIO(source.read_text(encoding="utf-8")))
    return [{str(k): v for k, v in row.items()} for row in table[table["method"] == method].to_dict("records")]


def known_truth_sentence(rows: list[dict[str, Any]]) -> str:
    """The rows in a few sentences: what 90 % intervals covered, and how often zero was announced wrongly.

    Lags that change by a straight line and lags whose closing has ended are told apart: of the second a line is the
    wrong form, and a user should know what that costs.
    """
    if not rows:
        return "No known-truth table exists for this variant: its intervals are unchecked."
    straight = [row for row in rows if row["scenario"] != BENT]
    bent = [row for row in rows if row["scenario"] == BENT]
    parts = []
    for words, mine in _kinds(straight).items():
        parts.append(f"slope {_span(mine, 'slope_coverage')} and gap {_span(mine, 'gap_coverage')} {words}")
    n = min(row["n"] for row in rows)
    text = (
        f"On simulated frontiers whose lag is constant, closing or opening, 90 % intervals covered: "
        f"{'; '.join(parts)}, from at least {n} tables of each kind."
    )
    if bent:
        text += (
            f" Where a closing had ended, they covered the slope of the last year in {_span(bent, 'slope_coverage')} "
            f"and the gap in {_span(bent, 'gap_coverage')}."
        )
    constant = [row["zero_within_12_months"] for row in straight if row["scenario"] == "constant"]
    if constant:
        text += (
            " False alarms: with constant lag, zero within a year got a probability above one half in at most "
            f"{100 * max(constant):.0f} % of tables"
        )
        closing = [row["zero_within_12_months"] for row in rows if row["scenario"] in ("closing", BENT)]
        if closing:
            text += (
                "; with a lag that was closing, but did not reach zero within a year, in up to "
                f"{100 * max(closing):.0f} %"
            )
        text += "."
    return text


def _kinds(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows by kind of table, in words: tidy ones first, then all others with the name of the worst."""
    kinds = {f"with {name} evaluations": [r for r in rows if r["regime"] == name] for name in TIDY}
    others = [row for row in rows if row["regime"] not in TIDY]
    if others:
        worst = min(others, key=lambda row: row["gap_coverage"])["regime"].replace("_", " ")
        kinds[f"on less tidy tables (worst: {worst})"] = others
    return {words: mine for words, mine in kinds.items() if mine}


def _span(rows: list[dict[str, Any]], name: str) -> str:
    low, high = (f"{100 * pick(row[name] for row in rows):.0f}" for pick in (min, max))
    return f"{low} %" if low == high else f"{low}-{high} %"


def out_of_time(method: str) -> dict[str, Any] | None:
    """Result of the shipped backtest (published by ``scripts/publish_evidence.py``) for one method, None without one.

    ``cutoffs`` (how many), ``snapshot``, ``first``, ``last``, ``fits`` and ``fits_failed`` (that did not pass the
    convergence checks), and ``targets``: for ``average`` and ``benchmark`` what `gapmodel.validation.skill.goals`
    gives.
    """
    source = resources.files("gapmodel.data") / "backtest.json"
    if not source.is_file():
        return None
    shipped = json.loads(source.read_text(encoding="utf-8"))
    targets = shipped["methods"].get(method)
    return None if targets is None else {**shipped["about"], **shipped["fits"][method], "targets": targets}


def out_of_time_sentence(found: dict[str, Any] | None) -> str:
    """The backtest in one sentence: coverage, and which simple forecasts were not beaten at which horizon."""
    if found is None:
        return "No backtest exists for this variant: what it forecasts is unchecked."
    average, single = found["targets"]["average"], found["targets"]["benchmark"]
    beaten_by = [
        f"{horizon} months ahead {' and '.join(name.replace('_', ' ') for name in entry['not_beaten'])}"
        for horizon, entry in average["horizons"].items()
        if entry["not_beaten"]
    ]
    words = "not beaten: " + "; ".join(beaten_by) if beaten_by else "every simple forecast was beaten"
    failed = found.get("fits_failed", 0)
    note = f"; {failed} of its {found['fits']} fits did not pass their convergence checks" if failed else ""
    return (
        f"Replayed on the bundled data at {found['cutoffs']} past dates ({found['first']} to {found['last']}{note}), "
        f"90 % intervals covered {100 * average['coverage_90']:.0f} % of the average lags that came and "
        f"{100 * single['coverage_90']:.0f} % of the benchmarks'. Simple forecasts of the average by CRPS, {words}."
    )
