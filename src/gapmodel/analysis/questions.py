"""Ready questions: which groups and benchmarks each compares, and which columns it needs. The model is always the same.

A question is a name for choices that `run` takes one by one (``--leader``, ``--follower``, ``--category``,
``--visibility``); most have one part, and so one answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gapmodel.audit.gate import MIN_MONTHS
from gapmodel.errors import ConfigError, InsufficientDataError, UnknownNameError, nearest, some_of
from gapmodel.lags.panel import Lags
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.groups import parse_group
from gapmodel.scores.table import Scores
from gapmodel.sources.load import pooled

__all__ = ["ALL", "DEFAULT_QUESTION", "QUESTIONS", "Part", "Question", "every_question", "parts_of"]

DEFAULT_QUESTION = "open-closed"
#: Name that stands for every question.
ALL = "all"


@dataclass(frozen=True)
class Question:
    """A ready question.

    Attributes
    ----------
    name, text : str
        As on the command line, and in words.
    needs : tuple of str
        Columns, ``scores.country`` or ``benchmarks.category``, that must be there and not empty.
    takes : str
        Name of what must be named with it (``CATEGORY``, ``LAB``); empty where nothing is.
    """

    name: str
    text: str
    needs: tuple[str, ...]
    takes: str = ""

    @property
    def command(self) -> str:
        """The command that answers it."""
        return f"gapmodel ask {self.name}" + (f" {self.takes}" if self.takes else "")


@dataclass(frozen=True)
class Part:
    """What one answer of a question rests on: label (empty where it is the only one), scores and options."""

    label: str
    scores: Scores
    options: LagOptions = field(default_factory=LagOptions)


_WEIGHTS = "scores.weights"
#: As tables write it; the bundled ones have the first.
_US = ("United States of America", "United States", "USA", "US")
QUESTIONS: Mapping[str, Question] = {
    question.name: question
    for question in (
        Question(DEFAULT_QUESTION, "How far are open models behind closed ones?", (_WEIGHTS,)),
        Question(
            "public-private",
            "Is the gap another on benchmarks whose questions are public than on those whose questions are not?",
            (_WEIGHTS, "benchmarks.visibility"),
        ),
        Question("china-us", "How far are Chinese models behind those of the United States?", ("scores.country",)),
        Question(
            "licence",
            "How far are models behind closed ones that anyone may use for anything?",
            (_WEIGHTS, "scores.licence_tier"),
        ),
        Question(
            "category",
            "How far are open models behind closed ones in one category of benchmarks?",
            (_WEIGHTS, "benchmarks.category"),
            "CATEGORY",
        ),
        Question("lab", "How far is one lab behind the best of all others?", ("scores.organization",), "LAB"),
    )
}


def parts_of(question: str, about: str | None = None, *, whole: Scores, origin: Mapping[str, Any]) -> list[Part]:
    """The parts of a question on a table, checked before anything is sampled.

    Parameters
    ----------
    question : str
        One of `QUESTIONS`.
    about : str, optional
        The category or the lab, of a question that takes one.
    whole : Scores
        The table before any choice.
    origin : mapping
        Names of its files, see `gapmodel.sources.load.pooled`.

    Returns
    -------
    list of Part

    Raises
    ------
    UnknownNameError
        No such question, category or lab, or the table lacks a column that it needs.
    ConfigError
        A name is missing, or given to a question that takes none.
    InsufficientDataError
        Too few scores are left for a lag; the text names the question.
    """
    if question not in QUESTIONS:
        raise UnknownNameError(f"there is no question '{question}'{nearest(question, QUESTIONS) or some_of(QUESTIONS)}")
    asked = QUESTIONS[question]
    if asked.takes and not about:
        raise ConfigError(f"the question '{question}' is about one {asked.takes.lower()}: {asked.command}")
    if about and not asked.takes:
        raise ConfigError(f"the question '{question}' takes no name: {asked.command}")
    check_columns(asked, whole)
    parts = []
    for label, choice, options in _choices(question, about or "", whole):
        try:
            scores = pooled(whole, origin=origin, **choice)
            _enough(options.lags(scores))
        except InsufficientDataError as error:
            where = f" on {label}" if label else ""
            raise InsufficientDataError(
                f"the data are too thin for the question '{question}'{where}: {error}"
            ) from None
        except UnknownNameError as error:
            raise UnknownNameError(f"this table cannot answer the question '{question}': {error}") from None
        parts.append(Part(label, scores, options))
    return parts


def every_question(
    *, whole: Scores, origin: Mapping[str, Any]
) -> Iterator[tuple[Question, str | None, list[Part] | str]]:
    """Every question, with each category and each lab that the table has.

    Parameters
    ----------
    whole, origin
        See `parts_of`.

    Yields
    ------
    question : Question
    about : str or None
        Category or lab.
    parts : list of Part or str
        Or why the table cannot answer it: too few scores, a column that it lacks.
    """
    for asked in QUESTIONS.values():
        for about in _subjects(asked, whole):
            try:
                yield asked, about, parts_of(asked.name, about, whole=whole, origin=origin)
            except (InsufficientDataError, UnknownNameError) as error:
                yield asked, about, str(error)


def _subjects(asked: Question, whole: Scores) -> list[str | None]:
    if not asked.takes:
        return [None]
    frame = whole.benchmarks if asked.name == "category" else whole.table
    column = "category" if asked.name == "category" else "organization"
    if column not in frame:
        return [asked.takes]  # the text that names the missing column is that of any of them
    values = {name.strip() for value in frame[column].dropna().astype(str) for name in _names(value, asked)}
    return [*sorted(values - {""}, key=str.casefold)] or [asked.takes]


def _names(value: str, asked: Question) -> list[str]:
    return value.split(",") if asked.name == "lab" else [value]


def check_columns(question: Question, scores: Scores) -> None:
    """Check that a table has what a question needs.

    Raises
    ------
    UnknownNameError
        A column is missing, or empty throughout.
    """
    for need in question.needs:
        table, _, column = need.partition(".")
        frame = scores.table if table == "scores" else scores.benchmarks
        state = "lacks" if column not in frame else "has empty" if not _filled(frame[column]) else ""
        if state:
            raise UnknownNameError(
                f"the question '{question.name}' needs the column '{column}' of {table}.csv, which this table {state}: "
                "fill it (docs/scores-format.md), or ask another question"
            )


def _enough(lags: Lags) -> None:
    """Fewer benchmarks than the gate asks for are answered, and held back by it; one benchmark is no average."""
    seen = lags.panel["observed"]
    benchmarks, months = int(seen.any("month").sum()), int(seen.any("benchmark").sum())
    if benchmarks < 2 or months < MIN_MONTHS:
        raise InsufficientDataError(
            f"lags on {benchmarks} of at least 2 benchmarks, in {months} of at least {MIN_MONTHS} months: take a table "
            "with more scores, or ask another question"
        )


def _filled(column: Any) -> bool:
    return bool((column.notna() & (column.astype(str).str.strip() != "")).any())


def _choices(question: str, about: str, whole: Scores) -> list[tuple[str, dict[str, Any], LagOptions]]:
    """Label, choice of benchmarks, and options of each part."""
    if question == "public-private":
        return [
            ("benchmarks with public questions", {"visibilities": ["public"]}, LagOptions()),
            ("benchmarks whose questions are not public", {"visibilities": _not_public(whole)}, LagOptions()),
        ]
    if question == "china-us":
        known = set(whole.table["country"].dropna().astype(str))
        spelt = [name for name in _US if name in known] or [_US[0]]
        leader = parse_group(f"country={'|'.join(spelt)}", name="US")
        return [("", {}, LagOptions(leader=leader, follower=parse_group("country=China", name="Chinese")))]
    if question == "licence":
        follower = parse_group("licence_tier=unrestricted", name="freely-licensed")
        return [("", {}, LagOptions(follower=follower))]
    if question == "category":
        return [("", {"categories": [about]}, LagOptions())]
    if question == "lab":
        found = _of_lab(about, whole)
        names, own = "|".join(found), min(found, key=len)
        leader = parse_group(f"organization!={names}", name="other")
        return [("", {}, LagOptions(leader=leader, follower=parse_group(f"organization={names}", name=own)))]
    return [("", {}, LagOptions())]


def _not_public(whole: Scores) -> list[str]:
    found = sorted({str(v) for v in whole.benchmarks["visibility"].dropna()} - {"", "public"})
    if not found:
        raise InsufficientDataError(
            "the data are too thin for the question 'public-private': no benchmark has questions that are not public"
        )
    return found


def _of_lab(lab: str, whole: Scores) -> list[str]:
    """Values of the column that name the lab, alone or together with others, in any case."""
    values = sorted({str(v) for v in whole.table["organization"].dropna()} - {""})
    found = [v for v in values if lab.casefold() in {name.strip().casefold() for name in v.split(",")}]
    if not found:
        raise UnknownNameError(f"no model of the table is of the lab '{lab}'{nearest(lab, values) or some_of(values)}")
    return found
