"""The form of ``summary.json``: what it must hold, its version, and one check of both, on writing and on reading."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from gapmodel.errors import DataError

__all__ = ["SCHEMA_VERSION", "Summary", "check_summary"]

#: Raised by one where a reader of the earlier form would misread or lack something.
SCHEMA_VERSION = 1


class Interval(TypedDict):
    """An equal-tailed interval with its probability."""

    prob: float
    kind: Literal["equal-tailed"]
    lower: float
    upper: float


class Quantity(TypedDict):
    """One quantity in months or months per year; `mcse` is that of the mean."""

    mean: float
    median: float
    sd: float
    interval: Interval
    mcse: float
    ess_bulk: NotRequired[float]
    date: NotRequired[str]


class ProbabilityBy(TypedDict):
    """A probability at a date, with the Monte Carlo error of a posterior one."""

    date: str
    probability: float
    mcse: NotRequired[float]


class ZeroLag(TypedDict):
    """When the average trend is at or below zero."""

    estimand: str
    start: str
    horizon: str
    horizon_years: float
    n_draws: int
    probability_already: float
    probability_already_mcse: float
    probability_by: list[ProbabilityBy]
    probability_sustained_by: list[ProbabilityBy]
    sustained_months: int
    date_quantiles: dict[str, str | None]
    probability_never: float
    probability_never_mcse: float
    never_means: str
    prior_probability_by: list[ProbabilityBy]
    prior_probability_never: float


class BenchmarkEntry(TypedDict):
    """The answer on one benchmark."""

    benchmark: str
    title: str
    category: str
    gap_months: Quantity
    slope_months_per_year: Quantity
    probability_by: list[dict[str, float]]
    n_months: int
    n_censored: int
    last_month: str


class Data(TypedDict):
    """What was pooled, in numbers."""

    sha256: str
    snapshot: str
    n_benchmarks: int
    n_models: int
    n_scores: int
    first: str
    last: str
    as_of: str
    n_lags: int
    n_right_censored: int
    n_left_censored: int
    n_lags_in_model: int
    n_censored_in_model: int


class StillRun(TypedDict):
    """Benchmarks whose window ended at most so many months before the reported date."""

    within_months: int
    benchmarks: list[str]


class Summary(TypedDict):
    """The content of ``summary.json``; what is not required was added later, and lacks in runs made before."""

    schema_version: int
    leader: str
    follower: str
    average_gap_months: Quantity
    population_mean_gap_months: Quantity
    new_benchmark_gap_months: Quantity
    slope_months_per_year: Quantity
    population_slope_months_per_year: Quantity
    still_run: NotRequired[StillRun]
    still_run_gap_months: NotRequired[Quantity]
    still_run_slope_months_per_year: NotRequired[Quantity]
    zero_lag: ZeroLag
    per_benchmark: list[BenchmarkEntry]
    baseline: dict[str, Any]
    prior: dict[str, Any]
    predictive_checks: list[dict[str, Any]]
    diagnostics: dict[str, Any]
    known_truth: list[dict[str, Any]]
    out_of_time: dict[str, Any] | None
    data: Data
    audit: dict[str, int]
    skipped: list[dict[str, str]]
    options: dict[str, Any]
    model: str
    seed: int
    quick: bool
    citable: bool
    credits: list[str]


def check_summary(content: dict[str, Any], *, where: str) -> None:
    """Check that `content` has the form of `Summary`, of this version.

    Parameters
    ----------
    content : dict
    where : str
        What an error calls it.

    Raises
    ------
    DataError
        It is of an earlier or later version, or lacks something; the first fault is named.

    Examples
    --------
    >>> check_summary({"leader": "closed"}, where="summary.json")
    Traceback (most recent call last):
    ...
    gapmodel.errors.DataError: 'summary.json' was written by gapmodel 1.0.0rc1 or earlier: make the run again
    """
    version = content.get("schema_version")
    if version is None:
        raise DataError(f"'{where}' was written by gapmodel 1.0.0rc1 or earlier: make the run again")
    if version != SCHEMA_VERSION:
        raise DataError(f"'{where}' has form {version}, this version reads {SCHEMA_VERSION}: make the run again")
    from pydantic import TypeAdapter, ValidationError  # 0.1 s to import: only where a summary is read or written

    try:
        TypeAdapter(Summary).validate_python(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DataError(f"'{where}' has no valid '{place}' ({first['msg'].lower()}): make the run again") from None
