"""Claims about zero lag. None is made without the mass at never, the horizon, and what other variants say."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, sqrt
from typing import Any

import pandas as pd

from gapmodel.cite.claims import Claim, Source
from gapmodel.cite.ranges import VariantRange
from gapmodel.cite.rounding import (
    PROBABILITY_STEPS,
    RoundedDate,
    RoundedNumber,
    probability_error,
    round_date,
    round_number,
)
from gapmodel.cite.wording import Wording, watermarked

__all__ = ["BOUND_HIGH", "BOUND_LOW", "date_error", "probability_text", "zero_claims"]

BOUND_LOW, BOUND_HIGH = 0.05, 0.95


def probability_text(number: RoundedNumber, words: Wording, *, supported: bool) -> str:
    """A probability in words: a bound below 0.05 and above 0.95 unless a backtest supports more; never 0 or 1.

    Parameters
    ----------
    number : RoundedNumber
    words : Wording
    supported : bool
        A backtest does: what would round to 0 or 1 alone is a bound.

    Returns
    -------
    str
    """
    if not supported and number.value < BOUND_LOW:
        return words("below", bound=f"{BOUND_LOW:g}")
    if not supported and number.value > BOUND_HIGH:
        return words("above", bound=f"{BOUND_HIGH:g}")
    if number.rounded <= 0.0:
        return words("below", bound=f"{number.step:g}")
    if number.rounded >= 1.0:
        return words("above", bound=f"{1 - number.step:g}")
    return number.text


def date_error(zero: Mapping[str, Any], date: str, prob: float) -> float:
    """MCSE of a quantile of the date of zero: that of the probability over the slope of P(zero by date).

    Parameters
    ----------
    zero : mapping
        The ``zero_lag`` entry of a summary.
    date : str
        The quantile, ISO.
    prob : float
        Its probability.

    Returns
    -------
    float, days
        By the slope between the two reported dates around `date`; infinite where it is zero.
    """
    start = {"date": zero["start"], "probability": zero["probability_already"]}
    rows = [start, *zero["probability_by"]]
    days = [(pd.Timestamp(row["date"]) - pd.Timestamp(zero["start"])).days for row in rows]
    day = (pd.Timestamp(date) - pd.Timestamp(zero["start"])).days
    k = next((i for i in range(1, len(rows)) if days[i] >= day), len(rows) - 1)
    rise = (rows[k]["probability"] - rows[k - 1]["probability"]) / max(days[k] - days[k - 1], 1)
    error = max(probability_error(prob, row.get("mcse", 0.0), int(zero["n_draws"])) for row in rows[k - 1 : k + 1])
    return error / rise if rise > 0 else inf


def zero_claims(
    summary: Mapping[str, Any],
    source: Source,
    words: Wording,
    *,
    ranges: VariantRange | None = None,
    draft: bool = False,
    backtest_supports: bool = False,
) -> list[Claim]:
    """``zero.by.<date>``, ``zero.never``, ``zero.already``, ``zero.date.q<percent>`` and ``zero.prior.by.<date>``.

    Parameters
    ----------
    summary : mapping
        ``summary.json`` of the run.
    source : Source
    words : Wording
    ranges, draft, backtest_supports
        See `gapmodel.cite.collect.collect`.

    Returns
    -------
    list of Claim
    """
    build = _Builder(summary, source, words, ranges, draft, backtest_supports)
    zero = summary["zero_lag"]
    out = [build.by(row) for row in zero["probability_by"]]
    out += [build.never(), build.already()]
    out += [build.quantile(quantile, date) for quantile, date in zero["date_quantiles"].items()]
    return out + [build.prior(row) for row in zero["prior_probability_by"]]


class _Builder:
    def __init__(
        self,
        summary: Mapping[str, Any],
        source: Source,
        words: Wording,
        ranges: VariantRange | None,
        draft: bool,
        supported: bool,
    ) -> None:
        self.summary, self.zero, self.source, self.words = summary, summary["zero_lag"], source, words
        self.ranges, self.draft, self.supported = ranges, draft, supported
        self.spanning = ranges if ranges is not None and ranges.spans else None
        self.n_draws = int(self.zero["n_draws"])
        # Not by the horizon is the complement of by the horizon, so both have one Monte Carlo error.
        at_horizon = [row["mcse"] for row in self.zero["probability_by"] if row["date"] == self.zero["horizon"]]
        self.never_number = self._number(self.zero["probability_never"], max(at_horizon, default=0.0))
        self.never_text = self._text(self.never_number)
        self.common = {
            "leader": summary["leader"],
            "follower": summary["follower"],
            "n": summary["data"]["n_benchmarks"],
            "date": words.date(summary["data"]["as_of"]),
            "horizon": words.date(self.zero["horizon"]),
            "model": source.model,
            "data": source.data_name,
            "seed": source.seed,
        }

    def by(self, row: Mapping[str, Any]) -> Claim:
        number = self._number(row["probability"], row["mcse"])
        compared = None if self.spanning is None else self.spanning.probability(row["date"])
        estimand = f"probability that the average gap has reached zero by {row['date']}"
        day = self.words.date(row["date"])
        return self._claim(f"zero.by.{row['date']}", "zero.by", estimand, number, self._ends(compared), day=day)

    def never(self) -> Claim:
        compared = None if self.spanning is None else self.spanning.entry("probability_never")
        estimand = f"probability that the average gap has not reached zero by the horizon, {self.zero['horizon']}"
        return self._claim("zero.never", "zero.never", estimand, self.never_number, self._ends(compared))

    def already(self) -> Claim:
        compared = None if self.spanning is None else self.spanning.entry("probability_already")
        number = self._number(self.zero["probability_already"], self.zero.get("probability_already_mcse", 0.0))
        estimand = f"probability that the average gap was at or below zero on {self.zero['start']}"
        return self._claim("zero.already", "zero.already", estimand, number, self._ends(compared))

    def quantile(self, quantile: str, date: str | None) -> Claim:
        prob = float(quantile)
        error = 0.0 if date is None else date_error(self.zero, date, prob)
        number = round_date(date, error, earliest=self.zero["start"])
        compared = None if self.spanning is None else self.spanning.date(quantile)
        ends = None if compared is None else [self.words.period(RoundedDate(d, 0.0, 12)) for d in compared]
        name = f"zero.date.q{100 * prob:02g}"
        estimand = f"date by which the average gap has reached zero with probability {quantile}"
        return self._claim(name, "zero.date", estimand, number, ends, prob=quantile)

    def prior(self, row: Mapping[str, Any]) -> Claim:
        def number(probability: float) -> RoundedNumber:
            draws = self.summary["prior"]["draws"]  # which are independent
            mcse = sqrt(probability * (1 - probability) / draws)
            return round_number(probability, probability_error(probability, mcse, draws), PROBABILITY_STEPS)

        value = number(row["probability"])
        text, never = self._text(value), self._text(number(self.zero["prior_probability_never"]))
        words, estimand = self.words, f"prior probability that the average gap reaches zero by {row['date']}"
        sentence = words("zero.prior", **self.common, value=text, never=never, day=words.date(row["date"]))
        full = words("full.zero", value=text, horizon=self.common["horizon"], never=never)
        texts = {"value": text, "unit": text, "full": full, "sentence": sentence}
        return self._finish(f"zero.prior.by.{row['date']}", estimand, "probability", value, texts, None)

    def _number(self, probability: float, mcse: float) -> RoundedNumber:
        return round_number(probability, probability_error(probability, mcse, self.n_draws), PROBABILITY_STEPS)

    def _text(self, number: RoundedNumber) -> str:
        return probability_text(number, self.words, supported=self.supported)

    def _ends(self, ends: tuple[float, float] | None) -> list[str] | None:
        """Ends of a range over variants, to tenths or as bounds: what backtests support is this run's variant alone."""
        if ends is None:
            return None
        tenths = PROBABILITY_STEPS.coarsest
        return [probability_text(RoundedNumber(e, 0.0, tenths), self.words, supported=False) for e in ends]

    def _range(self, ends: list[str] | None, *, never: bool) -> str:
        words, ranges = self.words, self.ranges
        if ranges is None:
            return words("range.none")
        if ends is None:
            return words("range.one", total=ranges.total, passed=ranges.passed)
        low, high = ends
        lows = self._ends(ranges.entry("probability_never")) or ["", ""]
        key = "range.never" if never else "range"
        text = words(key, passed=ranges.passed, low=low, high=high, never_low=lows[0], never_high=lows[1])
        failed = ranges.total - ranges.passed
        return text + (words("range.failed", failed=failed, total=ranges.total) if failed else "")

    def _claim(
        self,
        name: str,
        key: str,
        estimand: str,
        number: RoundedNumber | RoundedDate,
        ends: list[str] | None,
        **more: str,
    ) -> Claim:
        words = self.words
        text = words.period(number) if isinstance(number, RoundedDate) else self._text(number)
        never = key == "zero.never"
        sentence = words(
            key, **self.common, **more, value=text, never=self.never_text, range=self._range(ends, never=never)
        )
        full = words(
            "full.never" if never else "full.zero", value=text, horizon=self.common["horizon"], never=self.never_text
        )
        compared = None
        if self.ranges is not None:
            compared = {
                "low": ends[0] if ends else None,
                "high": ends[1] if ends else None,
                "variants": sorted(self.ranges.zero),
                "compared": self.ranges.total,
            }
        texts = {"value": text, "unit": text, "full": full, "sentence": sentence}
        unit = "date" if isinstance(number, RoundedDate) else "probability"
        return self._finish(name, estimand, unit, number, texts, compared)

    def _finish(
        self,
        name: str,
        estimand: str,
        unit: str,
        number: RoundedNumber | RoundedDate,
        texts: dict[str, str],
        compared: Mapping[str, Any] | None,
    ) -> Claim:
        marked = watermarked(texts, self.words, self.draft)
        return Claim(name, estimand, unit, number, marked, self.source, self.draft, compared=compared)
