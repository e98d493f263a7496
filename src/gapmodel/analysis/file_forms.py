"""The forms of the files of a run: what each holds, with its ranges. `gapmodel.analysis.schema` checks them."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypedDict

from pydantic.config import ConfigDict, with_config
from pydantic.fields import Field
from pydantic.functional_validators import AfterValidator

from gapmodel.errors import quoted

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = ["AuditFile", "Checks", "Manifest", "Summary", "first_fault"]


def first_fault(error: ValidationError, whole: str = "") -> str:
    """Where a file is not of its form, and why; `whole` is what it is called where it is all of it."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{quoted('.'.join(map(str, first['loc'])) or whole)} ({first['msg'][:1].lower()}{first['msg'][1:]})"


def _calendar(text: str) -> str:
    date.fromisoformat(text)
    return text


def _printable(text: str) -> str:
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise ValueError("holds a control character")
    return text


Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_calendar)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Line = Annotated[str, AfterValidator(_printable)]
Name = Annotated[str, Field(min_length=1), AfterValidator(_printable)]

#: A form that holds nothing else, in no other type.
_closed = with_config(ConfigDict(extra="forbid", strict=True))


@_closed
class Interval(TypedDict):
    """An equal-tailed interval with its probability."""

    prob: Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)]
    kind: Literal["equal-tailed"]
    lower: Number
    upper: Number


@_closed
class Quantity(TypedDict):
    """One quantity in months or months per year; `mcse` is that of the mean."""

    mean: Number
    median: Number
    sd: Positive
    interval: Interval
    mcse: Positive
    ess_bulk: NotRequired[Positive]
    date: NotRequired[Day]


@_closed
class ProbabilityBy(TypedDict):
    """A probability at a date, with the Monte Carlo error of a posterior one."""

    date: Day
    probability: Share
    mcse: NotRequired[Share]


@_closed
class ZeroLag(TypedDict):
    """When the average trend is at or below zero."""

    estimand: Line
    start: Day
    horizon: Day
    horizon_years: Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
    n_draws: Annotated[int, Field(ge=1)]
    probability_already: Share
    probability_already_mcse: Share
    probability_by: Annotated[list[ProbabilityBy], Field(min_length=1)]
    probability_sustained_by: Annotated[list[ProbabilityBy], Field(min_length=1)]
    sustained_months: Count
    date_quantiles: dict[str, Day | None]
    probability_never: Share
    probability_never_mcse: Share
    never_means: Line
    prior_probability_by: Annotated[list[ProbabilityBy], Field(min_length=1)]
    prior_probability_never: Share


@_closed
class Ahead(TypedDict):
    """A probability so many months ahead."""

    months_ahead: Count
    probability: Share


@_closed
class BenchmarkEntry(TypedDict):
    """The answer on one benchmark."""

    benchmark: Name
    title: Annotated[str, Field(min_length=1)]
    category: Line
    gap_months: Quantity
    slope_months_per_year: Quantity
    probability_by: list[Ahead]
    n_months: Count
    n_censored: Count
    last_month: Day


@_closed
class StraightLine(TypedDict):
    """One published straight line."""

    benchmark: Name
    n_months: Count
    intercept_months: Number
    slope_months_per_year: Number
    zero_date: Day | None


@_closed
class BaselineEntry(TypedDict):
    """The published straight lines."""

    method: Line
    clamped_at_zero: bool
    censored_months: Line
    mean: StraightLine
    benchmarks: list[StraightLine]


@_closed
class PriorEntry(TypedDict):
    """What the priors say before any data."""

    lag_share_within_range: Share
    range_months: Annotated[list[Number], Field(min_length=2, max_length=2)]
    draws: Annotated[int, Field(ge=1)]


@_closed
class PredictiveCheck(TypedDict):
    """Whether the model reproduces a statistic of the panel."""

    statistic: Name
    observed: Number
    tail_probability: Share
    flagged: bool


@_closed
class Diagnostics(TypedDict):
    """Values of the sampling checks; None where one is not finite."""

    rhat_max: Number | None
    ess_bulk_min: Number | None
    ess_tail_min: Number | None
    divergences: Count
    bfmi_min: Number | None
    mcse_probability_max: Number | None
    passed: bool


@_closed
class Gate(TypedDict):
    """What the gate on the data says: names of checks, and why those were accepted that would block."""

    passed: bool
    blocking: list[Name]
    warnings: list[Name]
    accepted: dict[Name, Name]


@_closed
class Data(TypedDict):
    """What was pooled, in numbers."""

    sha256: Hash
    snapshot: Name
    n_benchmarks: Annotated[int, Field(ge=1)]
    n_models: Count
    n_scores: Count
    first: Day
    last: Day
    as_of: Day
    n_lags: Count
    n_right_censored: Count
    n_left_censored: Count
    n_lags_in_model: Count
    n_censored_in_model: Count


@_closed
class Audited(TypedDict):
    """How much rests on flagged records."""

    n_months: Count
    n_on_flagged_records: Count


@_closed
class Skipped(TypedDict):
    """A benchmark that takes no part."""

    benchmark: Name
    reason: Line


@_closed
class Condition(TypedDict):
    """A group of models."""

    name: Name
    condition: Name


@_closed
class Options(TypedDict):
    """The choices by which scores became lags."""

    cutoff: Day | None
    grace_months: Count
    leader_start_up_months: Positive
    follower_start_up_months: Positive
    leader: Condition
    follower: Condition
    first_month: NotRequired[Day | None]
    tolerance: NotRequired[Share]
    clamp: NotRequired[bool]
    dates: NotRequired[Literal["access", "announced"]]
    open_date: NotRequired[Literal["weights", "api"]]


@_closed
class StillRun(TypedDict):
    """Benchmarks whose window ended at most so many months before the reported date."""

    within_months: Count
    benchmarks: list[Name]


@_closed
class Summary(TypedDict):
    """The content of ``summary.json``; what is not required was added later, and lacks in runs made before."""

    schema_version: int
    leader: Name
    follower: Name
    average_gap_months: Quantity
    population_mean_gap_months: Quantity
    new_benchmark_gap_months: Quantity
    slope_months_per_year: Quantity
    population_slope_months_per_year: Quantity
    still_run: NotRequired[StillRun]
    still_run_gap_months: NotRequired[Quantity]
    still_run_slope_months_per_year: NotRequired[Quantity]
    zero_lag: ZeroLag
    per_benchmark: Annotated[list[BenchmarkEntry], Field(min_length=1)]
    baseline: BaselineEntry
    prior: PriorEntry
    predictive_checks: list[PredictiveCheck]
    diagnostics: Diagnostics
    known_truth: list[dict[str, Number | Line | bool | None]]
    out_of_time: dict[str, Any] | None
    data: Data
    audit: Audited
    data_gate: Gate
    skipped: list[Skipped]
    options: Options
    model: Name
    seed: Count
    quick: bool
    citable: bool
    credits: list[Line]


@_closed
class SamplingCheck(TypedDict):
    """One check of the sampling."""

    name: Name
    value: Number | None
    rule: Literal["<=", ">="]
    threshold: Number
    passed: bool
    detail: Line


@_closed
class FindingEntry(TypedDict):
    """One thing that a check of the data found."""

    model: Line
    benchmark: Line
    row: Count | None
    detail: Line
    blocking: bool


@_closed
class DataCheckEntry(TypedDict):
    """One check of the data."""

    name: Name
    status: Literal["ok", "warning", "blocking"]
    accepted: Line
    findings: list[FindingEntry]
    note: NotRequired[Line]


@_closed
class Checks(TypedDict):
    """The content of ``checks.json``; `passed` is about the sampling."""

    schema_version: int
    passed: bool
    checks: Annotated[list[SamplingCheck], Field(min_length=1)]
    data: Annotated[list[DataCheckEntry], Field(min_length=1)]


@_closed
class VariantEntry(TypedDict):
    """Which variant made a run."""

    name: Name
    summary: str
    file: Name
    sha256: Hash
    shipped: NotRequired[bool]
    priors: dict[Name, Line]
    other_priors: NotRequired[dict[Name, Line]]


@_closed
class DataWithCredits(Data):
    """`Data` with its credits."""

    credits: list[Line]


@_closed
class Manifest(TypedDict):
    """The content of ``manifest.json``; `sha256` is that of all the rest of it."""

    schema_version: int
    run_id: Name
    data: DataWithCredits
    variant: VariantEntry
    inputs: NotRequired[dict[str, Any]]
    options: Options
    sampler: dict[Name, Any]
    sampler_asked: NotRequired[dict[Name, Any]]
    seed: Count
    sampled_as: NotRequired[dict[Name, Any]]
    versions: Annotated[dict[Name, Name], Field(min_length=1)]
    code_sha256: NotRequired[Hash]
    command: Line
    accepted: dict[Name, Name]
    duration_seconds: dict[Name, Positive]
    files: dict[Name, Hash]
    sha256: Hash


@_closed
class RecordFlag(TypedDict):
    """What speaks against a record."""

    check: Name
    detail: Line
    settled: bool


@_closed
class RecordEntry(TypedDict):
    """A record that sets a frontier."""

    benchmark: Name
    group: Name
    model: Name
    version: Line | None
    release_date: Day
    date_source: Line | None
    weights: Line | None
    weights_origin: Line | None
    score: Number
    score_se: Number | None
    runner_up: Line | None
    margin: Number | None
    months: Count
    model_months: Count
    flags: list[RecordFlag]


@_closed
class AuditFinding(TypedDict):
    """A finding that is about no record."""

    check: Name
    benchmark: Line
    model: Line
    detail: Line


@_closed
class AuditFile(TypedDict):
    """The content of ``audit.json``."""

    schema_version: int
    months: Count
    months_on_flagged_records: Count
    records: list[RecordEntry]
    findings: list[AuditFinding]
    checks: dict[Name, Line]
    gate: list[DataCheckEntry]
