"""Claims about zero lag. None is made without the mass at never, the horizon, and what other variants say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gapmodel.analysis.rounding import (
    PROBABILITY_STEPS,
    RoundedDate,
    RoundedNumber,
    round_probability,
)
from gapmodel.analysis.sentences import never_number, prior_number, probability_by, zero_date
from gapmodel.analysis.wording import Wording, watermarked
from gapmodel.cite.claims import Claim, Source
from gapmodel.cite.ranges import VariantRange

__all__ = ["zero_claims"]


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
    out += [build.quantile(quantile) for quantile in zero["date_quantiles"]]
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
        self.never_number = never_number(self.zero)
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
        number = probability_by(self.summary, row["date"])
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
        mcse = self.zero.get("probability_already_mcse", 0.0)
        number = round_probability(self.zero["probability_already"], mcse, int(self.zero["n_draws"]))
        estimand = f"probability that the average gap was at or below zero on {self.zero['start']}"
        return self._claim("zero.already", "zero.already", estimand, number, self._ends(compared))

    def quantile(self, quantile: str) -> Claim:
        number = zero_date(self.zero, quantile)
        compared = None if self.spanning is None else self.spanning.date(quantile)
        ends = None if compared is None else [self.words.period(RoundedDate(d, 0.0, 12)) for d in compared]
        name = f"zero.date.q{100 * float(quantile):02g}"
        estimand = f"date by which the average gap has reached zero with probability {quantile}"
        return self._claim(name, "zero.date", estimand, number, ends, prob=quantile)

    def prior(self, row: Mapping[str, Any]) -> Claim:
        value = prior_number(self.summary, row["probability"])
        text = self._text(value)
        never = self._text(prior_number(self.summary, self.zero["prior_probability_never"]))
        words, estimand = self.words, f"prior probability that the average gap reaches zero by {row['date']}"
        sentence = words("zero.prior", **self.common, value=text, never=never, day=words.date(row["date"]))
        full = words("full.zero", value=text, horizon=self.common["horizon"], never=never)
        texts = {"value": text, "unit": text, "full": full, "sentence": sentence}
        return self._finish(f"zero.prior.by.{row['date']}", estimand, "probability", value, texts, None)

    def _text(self, number: RoundedNumber) -> str:
        return self.words.probability(number, supported=self.supported)

    def _ends(self, ends: tuple[float, float] | None) -> list[str] | None:
        """Ends of a range over variants, to tenths or as bounds: what backtests support is this run's variant alone."""
        if ends is None:
            return None
        tenths = PROBABILITY_STEPS.coarsest
        return [self.words.probability(RoundedNumber(e, 0.0, tenths)) for e in ends]

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
