"""The words of the field that the page and the documentation explain, each in one place: here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

__all__ = ["TERMS", "Term", "mark_terms"]


@dataclass(frozen=True)
class Term:
    """A word and what it means.

    Attributes
    ----------
    name : str
        As a heading.
    meaning : str
        One or two sentences that a newcomer understands.
    page : str
        Page of the documentation that says more, with its anchor.
    forms : tuple of str
        Other ways in which texts write it.
    """

    name: str
    meaning: str
    page: str
    forms: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Anchor."""
        return "term-" + re.sub(r"[^a-z0-9]+", "-", self.name.casefold()).strip("-")


#: In alphabetical order.
TERMS = (
    Term("bound", "A lag of which only a limit is known (at least, or at most, so long), because the record of its "
         "benchmark does not reach far enough. Also called censored.", "concepts.md#censoring",
         ("censored", "censoring", "bounds")),
    Term("calibration", "Whether intervals hold what they say: of many 90 % intervals, nine in ten should contain the "
         "true value. Tested on simulated tables whose truth is known.", "calibration.md", ("known truth",)),
    Term("coverage", "Share of intervals that contained the true value, or the value that came later.",
         "calibration.md", ("covered",)),
    Term("CRPS", "Continuous ranked probability score: the error of a forecast that is a whole distribution, in "
         "months; lower is better. For a forecast without spread it is the plain error.", "trust.md"),
    Term("cutoff", "The day up to which data are used. At a past cutoff nothing later is seen.", "trust.md",
         ("cutoffs",)),
    Term("draw", "One of many equally likely versions of the whole answer that the sampler returns; an interval holds "
         "a share of them.", "statistics.md", ("draws",)),
    Term("elpd", "Expected log predictive density: how well a variant predicts lags that it has not seen, in nats; "
         "higher is better. Differences below 4, or within two standard errors, decide nothing.", "compare.md"),
    Term("frontier", "Best score so far of a group of models on a benchmark: a step line that never falls.",
         "concepts.md#lag", ("frontiers",)),
    Term("gap", "The lag, averaged over benchmarks and freed by the model from the ups and downs of single months.",
         "concepts.md#average-gap-population-new-benchmark", ("average gap", "gaps")),
    Term("gate", "Named checks of the data, each ok, warning or blocking. A blocking one holds the answer back until "
         "someone accepts it with a reason.", "data-gate.md", ("checks of the data",)),
    Term("interval", "Range that holds the value with the probability given, here 90 %, if the model is right; as much "
         "probability lies below it as above.", "statistics.md", ("intervals",)),
    Term("lag", "How long before a day the leading group first had the score that the following group has on it, in "
         "months. Below zero where the followers lead.", "concepts.md#lag", ("lags",)),
    Term("median", "The value in the middle: the truth is as likely above it as below, if the model is right.",
         "statistics.md", ("medians",)),
    Term("mixture", "Answers of several variants, weighted by how well each predicts; also called stacked.",
         "compare.md", ("stacked",)),
    Term("Monte Carlo error", "How much a number would change with another seed of the sampler. It does not say how "
         "well the model fits.", "cite.md#rounding", ("Monte Carlo errors",)),
    Term("population mean", "Average gap over all benchmarks of the kind of which those at hand are a sample.",
         "concepts.md#average-gap-population-new-benchmark", ("mean of all benchmarks of this kind",)),
    Term("posterior", "What is believed after the data: the prior, changed by what was seen.", "statistics.md"),
    Term("prior", "What is assumed before the data. Where the prior alone gives the same number, the data have said "
         "nothing.", "statistics.md", ("priors",)),
    Term("record", "A score that was the best of its group when its model came out: a step of a frontier.", "dates.md",
         ("records",)),
    Term("replay", "The same analysis with only what was known at an earlier date, beside what came later.",
         "trust.md", ("replays", "replayed")),
    Term("shock", "A movement that all benchmarks share in a month, as when one strong model is released.",
         "concepts.md#shared-shock", ("shocks",)),
    Term("skill", "By how much a forecast does better than a simple one, such as that the last value stays.",
         "trust.md"),
    Term("slope", "Change of the gap per year; below zero it closes.", "statistics.md", ("slopes",)),
    Term("specification", "One combination of the choices that an analyst makes: data, definitions, priors.",
         "limits.md", ("specifications", "specification curve")),
    Term("variant", "One form of the model. All see the same lags and differ in what they assume of the trend and the "
         "errors.", "variants.md", ("variants",)),
)  # fmt: skip


@cache
def _forms() -> tuple[re.Pattern[str], dict[str, Term]]:
    """Pattern of every form, longest first, and whose it is."""
    owner = {form.casefold(): term for term in TERMS for form in (term.name, *term.forms)}
    words = "|".join(re.escape(form) for form in sorted(owner, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE), owner


def mark_terms(text: str, mark: Callable[[str, Term], str], *, seen: set[str]) -> str:
    """Replace the first use of each term.

    Parameters
    ----------
    text : str
    mark : callable
        Of the words as written and the term.
    seen : set of str
        Names of terms that are marked already; those of this text are added.

    Examples
    --------
    >>> mark_terms("Lags and a lag.", lambda words, term: f"[{words}]", seen=set())
    '[Lags] and a lag.'
    """
    pattern, owner = _forms()

    def replaced(match: re.Match[str]) -> str:
        term = owner[match[0].casefold()]
        if term.name in seen:
            return match[0]
        seen.add(term.name)
        return mark(match[0], term)

    return pattern.sub(replaced, text)
