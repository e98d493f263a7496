"""The answer of a run in sentences: the only place that words it, for terminal, README, page, figure and citation.

Numbers are rounded by `gapmodel.analysis.rounding`, words are those of `gapmodel.analysis.wording`. A sign is settled
where the interval, rounded as it is shown, lies wholly on one side of zero; so no sentence says more than its numbers.
All texts are plain: escape them where they are put.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any, Literal

import pandas as pd

from gapmodel.analysis.forms import VariantRange, shipped_range
from gapmodel.analysis.rounding import (
    PROBABILITY_STEPS,
    RoundedDate,
    RoundedEstimate,
    RoundedNumber,
    probability_error,
    round_date,
    round_estimate,
    round_probability,
)
from gapmodel.analysis.track_record import revised
from gapmodel.analysis.wording import Wording

__all__ = [
    "accepted_text",
    "cited_headline",
    "date_error",
    "estimand",
    "estimate",
    "estimate_text",
    "headline",
    "limits",
    "never_number",
    "prior_number",
    "probability_by",
    "right_edge",
    "slope_sentence",
    "standing",
    "verdict",
    "year_end",
    "zero_date",
    "zero_long",
    "zero_short",
]

type Summary = Mapping[str, Any]


def headline(summary: Summary, *, language: str = "en") -> str:
    """The answer in one sentence: at most 30 words where groups have names of one word, the mark of a draft apart.

    Parameters
    ----------
    summary : mapping
        The content of ``summary.json``, see `gapmodel.analysis.schema.Summary`.
    language : str
        One of `gapmodel.analysis.wording.LANGUAGES`.

    Returns
    -------
    str
        Plain text; marked as a draft where the run may not be cited.

    Examples
    --------
    >>> import gapmodel as gm
    >>> print(headline(gm.read_run("results/reference/august_2026").summary))
    On 31 July 2026 open models were about 6.5 months behind closed ones (90 % interval 4 to 9); whether the gap is \
closing is not settled.
    """
    words = Wording(language)
    text = _headline(summary, words)
    return text if summary["citable"] else words("draft.sentence", text=text)


def cited_headline(summary: Summary, words: Wording) -> str:
    """The headline with estimand, model, data and seed, which `gapmodel cite` gives for ``gap.average``; unmarked."""
    data = summary["data"]
    return words(
        "gap.average", headline=_headline(summary, words), benchmarks=words.benchmarks(data["n_benchmarks"]),
        model=summary["model"], data=data["snapshot"], seed=summary["seed"],
    )  # fmt: skip


def _headline(summary: Summary, words: Wording) -> str:
    gap = estimate(summary, "average_gap_months")
    value, lower, upper = gap.value.rounded, gap.lower.rounded, gap.upper.rounded
    side = {1: "behind", -1: "ahead", 0: "either"}[gap.sign]
    names = {"follower": summary["follower"], "leader": summary["leader"]}
    place = "behind" if value > 0 else "ahead" if value < 0 else "level"
    months = value == 0  # then the interval has to name the unit
    low, high = (_size(number, words, unit=False) for number in (gap.lower, gap.upper))
    if lower < 0 < upper:
        between = words("interval.both", lower=_size(gap.lower, words, unit=months), upper=high)
    elif upper <= 0 and (lower < 0 or value < 0):  # a lead is counted upwards, so its ends change places
        between = words("interval.ahead" if months else "interval", lower=high, upper=_size(gap.lower, words, months))
    else:
        between = words("interval.behind" if months else "interval", lower=low, upper=_size(gap.upper, words, months))
    return words(
        "headline",
        **names,
        date=words.date(summary["average_gap_months"]["date"]),
        place=words(f"place.{place}", leader=names["leader"], size=_size(gap.value, words, unit=True)),
        prob=f"{100 * gap.prob:g}",
        interval=between,
        verdict=words(f"verdict.{side}.{verdict(summary)}", follower=names["follower"]),
    )


def _size(number: RoundedNumber, words: Wording, unit: bool) -> str:
    size = RoundedNumber(abs(number.rounded), 0.0, number.step)
    return words.with_unit("months", size) if unit else size.text


def estimate(summary: Summary, key: str) -> RoundedEstimate:
    """Median and interval of an entry of the summary, as they may be shown."""
    return round_estimate(summary[key], int(summary["zero_lag"]["n_draws"]))


def verdict(summary: Summary) -> Literal["closing", "opening", "not settled"]:
    """What the slope of the average gap allows one to say.

    Returns
    -------
    str
        ``closing`` where its 90 % interval, rounded as it is shown, lies below zero, so that the follower gains;
        ``opening`` where it lies above zero; else ``not settled``. Of a follower that leads, closing makes its lead
        grow.
    """
    sign = estimate(summary, "slope_months_per_year").sign
    return "opening" if sign > 0 else "closing" if sign < 0 else "not settled"


def estimate_text(summary: Summary, key: str) -> str:
    """Median with unit and interval of an entry of the summary: ``6.5 months (90 % interval 4 to 9)``."""
    kind = "rate" if key.endswith("per_year") else "months"
    return Wording().estimate(kind, estimate(summary, key))


def estimand(summary: Summary) -> str:
    """What the gap of the headline is an average of; the gap over the benchmarks still run and in the population."""
    words, n = Wording(), int(summary["data"]["n_benchmarks"])
    text = words("estimand", benchmarks=words.benchmarks(n), leader=summary["leader"], follower=summary["follower"])
    if "still_run" not in summary:  # a run made before it was computed
        return text
    still = len(summary["still_run"]["benchmarks"])
    key = "estimand.all" if still == n else "estimand.some" if still else "estimand.none"
    shown = estimate_text(summary, "still_run_gap_months") if still else ""
    text += words(key, n=still, estimate=shown)
    return text + words("estimand.population", estimate=estimate_text(summary, "population_mean_gap_months"))


def right_edge(summary: Summary) -> str:
    """How many benchmarks are still run and through when, and how much the newest months were revised in the past.

    Examples
    --------
    >>> import gapmodel as gm
    >>> print(right_edge(gm.read_run("results/reference/august_2026").summary))
    Of 15 benchmarks 9 are still run, through 31 July 2026. In replays of these data the lag of a month was 0.3 months \
shorter when seen again 1 month later, 0.5 when 6 months later, as more models had been run by then.
    """
    words, n = Wording(), int(summary["data"]["n_benchmarks"])
    known = revised(summary)
    revision = words("edge.unknown") if known is None else words("edge.revised", **known)
    if "still_run" not in summary:  # a run made before it was computed
        return revision.strip()
    names = set(summary["still_run"]["benchmarks"])
    last = max((row["last_month"] for row in summary["per_benchmark"] if row["benchmark"] in names), default="")
    if not last:
        return words("estimand.none").strip() + revision
    return words("edge", benchmarks=words.benchmarks(n), n=len(names), day=words.date(last)) + revision


def slope_sentence(summary: Summary) -> str:
    """How the average gap changed over the last 12 months."""
    words, slope = Wording(), estimate(summary, "slope_months_per_year")
    return words(
        "slope", follower=summary["follower"], unit=words.with_unit("rate", slope.value), prob=f"{100 * slope.prob:g}",
        interval=words("interval", lower=slope.lower.text, upper=slope.upper.text),
    )  # fmt: skip


def zero_short(summary: Summary) -> str:
    """P(zero) by `year_end`, and never, each beside the range over variants, where it is known, and the prior's own."""
    words, zero, forms = Wording(), summary["zero_lag"], shipped_range(summary)
    chance, never = _chance(summary, year_end(zero), words, forms), _never(summary, words, forms)
    return words("zero.short", **chance, horizon=words.date(zero["horizon"]), **never, unknown=_unknown(forms, words))


def zero_long(summary: Summary) -> str:
    """P(zero) by the ends of the next year, of the third and at the horizon; never; the median date; no mean."""
    words, zero, forms = Wording(), summary["zero_lag"], shipped_range(summary)
    reported = [row["date"] for row in zero["probability_by"]]
    dates = [d for d in (year_end(zero), year_end(zero, years=3), zero["horizon"]) if d in reported]
    chances = [words("zero.chance", **_chance(summary, date, words, forms)) for date in dict.fromkeys(dates)]
    return words(
        "zero.long", chances=", ".join(chances), horizon=words.date(zero["horizon"]),
        **_never(summary, words, forms), median=words.period(zero_date(zero, "0.5")), unknown=_unknown(forms, words),
    )  # fmt: skip


def year_end(zero: Mapping[str, Any], *, years: int = 1) -> str:
    """The date at which P(zero) is quoted: the end of the calendar year after the start, or the horizon if earlier.

    Parameters
    ----------
    zero : mapping
        The ``zero_lag`` entry of a summary.
    years : int
        How many calendar years after that of the start.
    """
    return min(f"{int(zero['start'][:4]) + years}-12-31", zero["horizon"])


def probability_by(summary: Summary, date: str) -> RoundedNumber:
    """P(zero by a reported date), as it may be shown."""
    row = next(row for row in summary["zero_lag"]["probability_by"] if row["date"] == date)
    return round_probability(row["probability"], row["mcse"], int(summary["zero_lag"]["n_draws"]))


def never_number(zero: Mapping[str, Any]) -> RoundedNumber:
    """P(not by the horizon), as it may be shown."""
    # The complement of that by the horizon, so both have one Monte Carlo error.
    at_horizon = [row["mcse"] for row in zero["probability_by"] if row["date"] == zero["horizon"]]
    return round_probability(zero["probability_never"], max(at_horizon, default=0.0), int(zero["n_draws"]))


def zero_date(zero: Mapping[str, Any], quantile: str) -> RoundedDate:
    """A quantile of the date of zero, as the period that may be shown; `quantile` is a key of ``date_quantiles``."""
    date = zero["date_quantiles"][quantile]
    error = 0.0 if date is None else date_error(zero, date, float(quantile))
    return round_date(date, error, earliest=zero["start"])


def prior_number(summary: Summary, probability: float) -> RoundedNumber:
    """A probability before any data, as it may be shown; prior draws are independent."""
    return round_probability(probability, 0.0, int(summary["prior"]["draws"]))


def _chance(summary: Summary, date: str, words: Wording, forms: VariantRange | None) -> dict[str, str]:
    prior = next(row for row in summary["zero_lag"]["prior_probability_by"] if row["date"] == date)
    return {
        "day": words.date(date),
        "value": words.probability(probability_by(summary, date)),
        "prior": words.probability(prior_number(summary, prior["probability"])),
        "forms": _between(forms.probability(date) if forms else None, forms, words),
    }


def _never(summary: Summary, words: Wording, forms: VariantRange | None) -> dict[str, str]:
    zero = summary["zero_lag"]
    return {
        "never": words.probability(never_number(zero)),
        "prior_never": words.probability(prior_number(summary, zero["prior_probability_never"])),
        "never_forms": _between(forms.entry("probability_never") if forms else None, forms, words),
    }


def _between(ends: tuple[float, float] | None, forms: VariantRange | None, words: Wording) -> str:
    """The range over variants, ended by a semicolon; empty where none is known. Tenths: variants differ by more."""
    if ends is None or forms is None:
        return ""
    low, high = (words.probability(RoundedNumber(end, 0.0, PROBABILITY_STEPS.coarsest)) for end in ends)
    return words("zero.forms", low=low, high=high, n=forms.passed)


def _unknown(forms: VariantRange | None, words: Wording) -> str:
    return words("zero.forms.unknown") if forms is None else ""


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


def limits(summary: Summary) -> list[str]:
    """What may not be concluded, most important first."""
    leader, follower = summary["leader"], summary["follower"]
    return [
        "That the gap will reach zero at a certain date. The model extends a trend; another form of trend fits the "
        "same months about as well and gives another probability.",
        "That every task has this gap. It is an average; a benchmark not among these would have its own: "
        f"{estimate_text(summary, 'new_benchmark_gap_months')}.",
        f"That {follower} models equal {leader} models of that many months ago. The gap dates benchmark scores, "
        "not cost, safety, speed or use.",
    ]


def standing(summary: Summary) -> str | None:
    """Why a run may not be cited; None where it may."""
    if summary["citable"]:
        return None
    if not summary["diagnostics"]["passed"]:
        return "Checks failed: these numbers are not citable."
    held = summary["data_gate"]["blocking"]
    if held:
        names = ", ".join(name.replace("_", " ") for name in held)
        return f"Held back by the checks of the data ({names}): these numbers are not citable."
    return "Quick run for trying out: these numbers are not citable."


def accepted_text(summary: Summary) -> list[str]:
    """What somebody accepted although a check of the data would hold it back, one sentence per check."""
    accepted = summary["data_gate"]["accepted"]
    return [f"Data check {name.replace('_', ' ')} would block; accepted: {why}" for name, why in accepted.items()]
