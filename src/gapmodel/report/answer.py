"""The answer of a run in sentences, each with its interval and with what may not be concluded from it.

Plain text: escape it where it is put on a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gapmodel.report.text import day, interval, number, plural, probability, signed, span

__all__ = ["answer_sentence", "citation_sentence", "limits", "probability_within_year", "standing", "zero_sentence"]


def answer_sentence(summary: Mapping[str, Any]) -> str:
    """Gap with interval, then what its slope does and does not allow one to say."""
    gap, slope, data = summary["average_gap_months"], summary["slope_months_per_year"], summary["data"]
    leader, follower = summary["leader"], summary["follower"]
    median, bounds = gap["median"], gap["interval"]
    side, spread = _side(gap)
    first = (
        f"On {day(gap['date'])}, {follower} models were {number(abs(median))} months {side} {leader} models "
        f"on average over {plural(data['n_benchmarks'], 'benchmark')} ({spread})"
    )
    if bounds["lower"] < 0 < bounds["upper"]:
        first += ", so which of the two leads cannot be concluded"
    rate = f"slope {signed(slope['median'])} months per year, {interval(slope)}"
    low, high = slope["interval"]["lower"], slope["interval"]["upper"]
    if low < 0 < high:
        return f"{first}; whether the gap is closing or widening cannot be concluded ({rate})."
    towards = "narrowing" if (high <= 0) == (median >= 0) else "widening"
    return f"{first}; the gap was {towards} ({rate}), from which no date of arrival may be concluded."


def _side(gap: Mapping[str, Any]) -> tuple[str, str]:
    """Behind or ahead of, and the interval in words."""
    if gap["median"] >= 0:
        return "behind", interval(gap)
    bounds = gap["interval"]  # a lead is counted upwards, so its bounds change places
    return "ahead of", f"{100 * bounds['prob']:.0f} % interval {span(-bounds['upper'], -bounds['lower'])}"


def zero_sentence(summary: Mapping[str, Any]) -> str:
    """P(zero by date) one year ahead, its horizon and the mass at never, beside the prior's."""
    zero = summary["zero_lag"]
    when, p, prior = probability_within_year(summary)
    return (
        f"The probability that the average gap reaches zero by {day(when)} is {probability(p)} "
        f"(prior alone: {probability(prior)}); that it does not within {zero['horizon_years']:g} years, "
        f"{probability(zero['probability_never'])}, from {zero['n_draws']:,} draws."
    )


def probability_within_year(summary: Mapping[str, Any]) -> tuple[str, float, float]:
    """Reported date nearest to 12 months ahead, its posterior and its prior probability."""
    zero = summary["zero_lag"]
    target = pd.Timestamp(zero["start"]) + pd.DateOffset(months=12)
    rows = zip(zero["probability_by"], zero["prior_probability_by"], strict=True)
    row, prior = min(rows, key=lambda pair: abs(pd.Timestamp(pair[0]["date"]) - target))
    return row["date"], row["probability"], prior["probability"]


def limits(summary: Mapping[str, Any]) -> list[str]:
    """What may not be concluded, most important first."""
    leader, follower = summary["leader"], summary["follower"]
    new = summary["new_benchmark_gap_months"]
    return [
        "That the gap will reach zero at a certain date. The model extends a trend; another form of trend fits the "
        "same months about as well and gives another probability.",
        f"That every task has this gap. It is an average; a benchmark not among these would have its own, with "
        f"{interval(new)} months.",
        f"That {follower} models equal {leader} models of that many months ago. The gap dates benchmark scores, "
        "not cost, safety, speed or use.",
    ]


def standing(summary: Mapping[str, Any]) -> str | None:
    """Why a run may not be cited; None where it may."""
    if summary["citable"]:
        return None
    if not summary["diagnostics"]["passed"]:
        return "Checks failed: these numbers are not citable."
    return "Quick run for trying out: these numbers are not citable."


def citation_sentence(summary: Mapping[str, Any], run_id: str) -> str:
    """One sentence for a text, with estimate, interval, data and run."""
    gap, data = summary["average_gap_months"], summary["data"]
    side, spread = _side(gap)
    return (
        f"As of {day(gap['date'])}, {summary['follower']} models were {number(abs(gap['median']))} months "
        f"{side} {summary['leader']} models on average over {plural(data['n_benchmarks'], 'benchmark')} "
        f"({spread}; gapmodel run {run_id}, variant {summary['model']}, data {data['snapshot']}, "
        f"SHA-256 {data['sha256'][:12]})."
    )
