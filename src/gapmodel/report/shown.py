"""Numbers of tables as the page may show them: by the rounding of the answer, so that one number has one text.

Tables of a run keep quantiles and no standard deviation; it is taken from the 90 % interval by the normal law, and the
Monte Carlo error is to it as that of the average gap is to its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import NormalDist
from typing import Any

from gapmodel.analysis.rounding import (
    PROBABILITY_STEPS,
    RoundedEstimate,
    RoundedNumber,
    round_estimate,
    round_probability,
)
from gapmodel.analysis.sentences import never_number, prior_number
from gapmodel.analysis.wording import Wording
from gapmodel.report.html import Cell
from gapmodel.report.source import PageData

__all__ = ["band_estimates", "chance_text", "estimate_cells", "interval_estimate", "range_text", "zero_texts"]

_WIDTH = 2 * NormalDist().inv_cdf(0.95)


def interval_estimate(
    data: PageData, median: float, lower: float, upper: float, *, inner: tuple[float, float] | None = None
) -> RoundedEstimate:
    """A median and its 90 % interval in months, or months per year, as they may be shown; `inner`: ends of its 50 %."""
    own = data.summary["average_gap_months"]
    sd = (upper - lower) / _WIDTH
    low, high, prob = (lower, upper, 0.9) if inner is None else (*inner, 0.5)
    entry = {"median": median, "sd": sd, "mcse": own["mcse"] * sd / own["sd"] if own["sd"] else 0.0,
             "interval": {"lower": low, "upper": high, "prob": prob}}  # fmt: skip
    return round_estimate(entry, int(data.summary["zero_lag"]["n_draws"]))


def band_estimates(data: PageData, row: Mapping[Any, Any]) -> tuple[RoundedEstimate, RoundedEstimate]:
    """A row of the bands, with its 90 % and its 50 % interval; at the day of the answer the answer's own numbers."""
    wide, inner = row["q05"], (row["q25"], row["q75"])
    own = data.summary["average_gap_months"]
    outer = (
        round_estimate(own, int(data.summary["zero_lag"]["n_draws"]))
        if str(row["date"].date()) == own["date"]
        else interval_estimate(data, row["q50"], wide, row["q95"])
    )
    return outer, interval_estimate(data, row["q50"], wide, row["q95"], inner=inner)


def estimate_cells(values: Iterable[float], shown: RoundedEstimate) -> list[Cell]:
    """Median and ends of an interval, which sort and download as `values`, with the texts of the rounded ones."""
    texts = (shown.value.text, shown.lower.text, shown.upper.text)
    return [Cell(value, text=text) for value, text in zip(values, texts, strict=True)]


def chance_text(data: PageData, probability: float, mcse: float = 0.0) -> str:
    """A probability of the posterior; empty where missing."""
    if probability != probability:
        return ""
    return Wording().probability(round_probability(probability, mcse, int(data.summary["zero_lag"]["n_draws"])))


def range_text(probability: float) -> str:
    """An end of a range over variants: tenths, since they differ by more."""
    return Wording().probability(RoundedNumber(float(probability), 0.0, PROBABILITY_STEPS.coarsest))


def zero_texts(data: PageData) -> dict[str, Any]:
    """Columns of the curve of zero lag as texts, and that of never."""
    curve = data.curve.to_dict("records")
    return {
        "probability": [chance_text(data, row["probability"], row["mcse"]) for row in curve],
        "sustained": [chance_text(data, row["sustained"], row["mcse"]) for row in curve],
        "prior": [Wording().probability(prior_number(data.summary, row["prior"])) for row in curve],
        "never": Wording().probability(never_number(data.summary["zero_lag"])),
    }
