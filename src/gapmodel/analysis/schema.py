"""The form of the files of a run: what each must hold, its version, and what they must not contradict.

One check for writing and for reading. `check_file` is about one file, `check_run` about the files of a folder together;
`reasons_against` is the only place that says whether a run may be cited.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast

from pydantic.config import ConfigDict
from pydantic.fields import Field
from pydantic.functional_validators import AfterValidator

from gapmodel.errors import DataError, quoted

__all__ = [
    "SCHEMA_VERSION",
    "Checks",
    "Manifest",
    "Summary",
    "check_file",
    "check_run",
    "check_summary",
    "manifest_digest",
    "reasons_against",
]

#: Of ``summary.json``; raised by one where a reader of the earlier form would misread or lack something.
SCHEMA_VERSION = 2
VERSIONS = {"summary.json": SCHEMA_VERSION, "checks.json": 1, "manifest.json": 1, "audit.json": 1}


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

_CLOSED = ConfigDict(extra="forbid", strict=True)


class Interval(TypedDict):
    """An equal-tailed interval with its probability."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    prob: Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)]
    kind: Literal["equal-tailed"]
    lower: Number
    upper: Number


class Quantity(TypedDict):
    """One quantity in months or months per year; `mcse` is that of the mean."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    mean: Number
    median: Number
    sd: Positive
    interval: Interval
    mcse: Positive
    ess_bulk: NotRequired[Positive]
    date: NotRequired[Day]


class ProbabilityBy(TypedDict):
    """A probability at a date, with the Monte Carlo error of a posterior one."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    date: Day
    probability: Share
    mcse: NotRequired[Share]


class ZeroLag(TypedDict):
    """When the average trend is at or below zero."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
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


class Ahead(TypedDict):
    """A probability so many months ahead."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    months_ahead: Count
    probability: Share


class BenchmarkEntry(TypedDict):
    """The answer on one benchmark."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    benchmark: Name
    title: Annotated[str, Field(min_length=1)]
    category: Line
    gap_months: Quantity
    slope_months_per_year: Quantity
    probability_by: list[Ahead]
    n_months: Count
    n_censored: Count
    last_month: Day


class StraightLine(TypedDict):
    """One published straight line."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    benchmark: Name
    n_months: Count
    intercept_months: Number
    slope_months_per_year: Number
    zero_date: Day | None


class BaselineEntry(TypedDict):
    """The published straight lines."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    method: Line
    clamped_at_zero: bool
    censored_months: Line
    mean: StraightLine
    benchmarks: list[StraightLine]


class PriorEntry(TypedDict):
    """What the priors say before any data."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    lag_share_within_range: Share
    range_months: Annotated[list[Number], Field(min_length=2, max_length=2)]
    draws: Annotated[int, Field(ge=1)]


class PredictiveCheck(TypedDict):
    """Whether the model reproduces a statistic of the panel."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    statistic: Name
    observed: Number
    tail_probability: Share
    flagged: bool


class Diagnostics(TypedDict):
    """Values of the sampling checks; None where one is not finite."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    rhat_max: Number | None
    ess_bulk_min: Number | None
    ess_tail_min: Number | None
    divergences: Count
    bfmi_min: Number | None
    mcse_probability_max: Number | None
    passed: bool


class Gate(TypedDict):
    """What the gate on the data says: names of checks, and why those were accepted that would block."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    passed: bool
    blocking: list[Name]
    warnings: list[Name]
    accepted: dict[Name, Name]


class Data(TypedDict):
    """What was pooled, in numbers."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
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


class Audited(TypedDict):
    """How much rests on flagged records."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    n_months: Count
    n_on_flagged_records: Count


class Skipped(TypedDict):
    """A benchmark that takes no part."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    benchmark: Name
    reason: Line


class Condition(TypedDict):
    """A group of models."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    name: Name
    condition: Name


class Options(TypedDict):
    """The choices by which scores became lags."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
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


class Summary(TypedDict):
    """The content of ``summary.json``."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    schema_version: int
    leader: Name
    follower: Name
    average_gap_months: Quantity
    population_mean_gap_months: Quantity
    new_benchmark_gap_months: Quantity
    slope_months_per_year: Quantity
    population_slope_months_per_year: Quantity
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


class SamplingCheck(TypedDict):
    """One check of the sampling."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    name: Name
    value: Number | None
    rule: Literal["<=", ">="]
    threshold: Number
    passed: bool
    detail: Line


class FindingEntry(TypedDict):
    """One thing that a check of the data found."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    model: Line
    benchmark: Line
    row: Count | None
    detail: Line
    blocking: bool


class DataCheckEntry(TypedDict):
    """One check of the data."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    name: Name
    status: Literal["ok", "warning", "blocking"]
    accepted: Line
    findings: list[FindingEntry]


class Checks(TypedDict):
    """The content of ``checks.json``; `passed` is about the sampling."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    schema_version: int
    passed: bool
    checks: Annotated[list[SamplingCheck], Field(min_length=1)]
    data: Annotated[list[DataCheckEntry], Field(min_length=1)]


class VariantEntry(TypedDict):
    """Which variant made a run."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    name: Name
    summary: str
    file: Name
    sha256: Hash
    shipped: NotRequired[bool]
    priors: dict[Name, Line]
    other_priors: NotRequired[dict[Name, Line]]


class DataWithCredits(Data):
    """`Data` with its credits."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    credits: list[Line]


class Manifest(TypedDict):
    """The content of ``manifest.json``; `sha256` is that of all the rest of it."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
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


class RecordFlag(TypedDict):
    """What speaks against a record."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    check: Name
    detail: Line
    settled: bool


class RecordEntry(TypedDict):
    """A record that sets a frontier."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
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


class AuditFinding(TypedDict):
    """A finding that is about no record."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    check: Name
    benchmark: Line
    model: Line
    detail: Line


class AuditFile(TypedDict):
    """The content of ``audit.json``."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]
    schema_version: int
    months: Count
    months_on_flagged_records: Count
    records: list[RecordEntry]
    findings: list[AuditFinding]
    checks: dict[Name, Line]
    gate: list[DataCheckEntry]


_FORMS: dict[str, Any] = {
    "summary.json": Summary,
    "checks.json": Checks,
    "manifest.json": Manifest,
    "audit.json": AuditFile,
}


@lru_cache(maxsize=8)
def _reader(kind: str) -> Any:
    from pydantic import TypeAdapter  # 0.1 s to import: only where a file is read or written

    return TypeAdapter(_FORMS[kind])


def check_file(content: Any, kind: str, *, where: str) -> None:
    """Check that `content` has the form of a file of a run, of this version.

    Parameters
    ----------
    content : object
        As JSON gives it.
    kind : {'summary.json', 'checks.json', 'manifest.json', 'audit.json'}
    where : str
        What an error calls it.

    Raises
    ------
    DataError
        It is of another version, lacks something, has a value out of its range, or says two things at once; the first
        fault is named.

    Examples
    --------
    >>> check_file({"leader": "closed"}, "summary.json", where="summary.json")
    Traceback (most recent call last):
    ...
    gapmodel.errors.DataError: 'summary.json' was written by an earlier gapmodel: make the run again
    """
    if not isinstance(content, dict):
        raise DataError(f"'{where}' is not a JSON object: it is damaged, make the run again")
    version = content.get("schema_version")
    if version is None:
        raise DataError(f"'{where}' was written by an earlier gapmodel: make the run again")
    if version != VERSIONS[kind] or isinstance(version, bool):
        raise DataError(
            f"'{where}' has form {quoted(version)}, this version reads {VERSIONS[kind]}: make the run again"
        )
    from pydantic import ValidationError

    try:
        _reader(kind).validate_python(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = quoted(".".join(str(part) for part in first["loc"]))
        raise DataError(f"'{where}' has no valid {place} ({first['msg'].lower()}): make the run again") from None
    except RecursionError:
        raise DataError(f"'{where}' is nested too deeply: it is damaged, make the run again") from None
    fault = {"summary.json": _summary_fault, "checks.json": _checks_fault, "manifest.json": _manifest_fault}.get(
        kind, lambda _: ""
    )(content)
    if fault:
        raise DataError(f"'{where}' contradicts itself ({fault}): make the run again")


def check_summary(content: dict[str, Any], *, where: str) -> None:
    """`check_file` of a ``summary.json``."""
    check_file(content, "summary.json", where=where)


def check_run(
    summary: Mapping[str, Any], checks: Mapping[str, Any], manifest: Mapping[str, Any], *, where: str
) -> None:
    """Check that the files of a run, each of which has its form, say the same.

    Raises
    ------
    DataError
        They contradict each other; the first contradiction is named.
    """
    if manifest["sha256"] != manifest_digest(manifest):
        raise DataError(f"'{where}/manifest.json' is not the file that the run wrote: it was altered, run it again")
    gate = gate_entry(checks["data"])
    reasons = reasons_against(summary["quick"], checks)
    pairs = (
        ("citable", summary["citable"], not reasons),
        ("diagnostics.passed", summary["diagnostics"]["passed"], checks["passed"]),
        ("data_gate", summary["data_gate"], gate),
        ("accepted", manifest["accepted"], gate["accepted"]),
        ("data", {**summary["data"], "credits": summary["credits"]}, manifest["data"]),
        ("seed", summary["seed"], manifest["seed"]),
        ("options", summary["options"], manifest["options"]),
        ("model", summary["model"], manifest["variant"]["name"]),
    )
    for what, one, other in pairs:
        if one != other:
            raise DataError(f"the files of '{where}' contradict each other on '{what}': make the run again")


def gate_entry(data: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The ``data_gate`` entry of a summary, from the ``data`` of ``checks.json``."""
    held = [c["name"] for c in data if c["status"] == "blocking" and not c["accepted"]]
    return {
        "passed": not held,
        "blocking": held,
        "warnings": [c["name"] for c in data if c["status"] == "warning"],
        "accepted": {c["name"]: c["accepted"] for c in data if c["accepted"]},
    }


def reasons_against(quick: bool, checks: Mapping[str, Any]) -> list[str]:
    """Why a run may not be cited, one reason per item; empty where it may.

    Parameters
    ----------
    quick : bool
    checks : mapping
        The content of ``checks.json``.
    """
    reasons = ["it is a quick run"] if quick else []
    for check in checks["checks"]:
        if not check["passed"]:
            value = "not finite" if check["value"] is None else f"{check['value']:.4g}"
            where = f" ({check['detail']})" if check["detail"] else ""
            reasons.append(
                f"check {check['name']} failed: {value}, must be {check['rule']} {check['threshold']:g}{where}"
            )
    for check in checks.get("data", ()):
        if check["status"] == "blocking" and not check["accepted"]:
            reasons.append(f"data check {check['name']} blocks: {found_text(check)}")
    return reasons


def found_text(check: Mapping[str, Any]) -> str:
    """What a check of the data found, the first of it, in one line."""
    if not check["findings"]:
        return ""
    first, more = check["findings"][0], len(check["findings"]) - 1
    name = " on ".join(part for part in (first["model"], first["benchmark"]) if part)
    place = ", ".join(part for part in (name, f"line {first['row']}" if first["row"] else "") if part)
    text = f"{place}: {first['detail']}" if place else str(first["detail"])
    return text + (f" (and {more} more)" if more else "")


def manifest_digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest: what a citation names, so that it binds the whole run.

    Its own hash and the seconds that stages took are left out: the same run made again has the same.
    """
    rest = {name: value for name, value in manifest.items() if name not in ("sha256", "duration_seconds")}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


_QUANTITIES = (
    *("average_gap_months", "population_mean_gap_months", "new_benchmark_gap_months", "slope_months_per_year"),
    "population_slope_months_per_year",
)
_NEAR = 1e-6


def _summary_fault(content: dict[str, Any]) -> str:
    summary = cast(Summary, content)
    named = {name: content[name] for name in _QUANTITIES}
    for row in summary["per_benchmark"]:
        for key in ("gap_months", "slope_months_per_year"):
            named[f"{key} of {row['benchmark']}"] = cast(dict[str, Any], row)[key]
        if row["n_censored"] > row["n_months"]:
            return f"{row['benchmark']} has more bounds than months"
    for name, entry in named.items():
        ends = entry["interval"]
        if not ends["lower"] <= entry["median"] <= ends["upper"]:
            return f"the median of {name} is outside its interval"
    zero, data, as_of = summary["zero_lag"], summary["data"], summary["data"]["as_of"]
    for name in _QUANTITIES:
        if content[name].get("date", as_of) != as_of:
            return f"{name} is not of {as_of}"
    for name in ("probability_by", "probability_sustained_by", "prior_probability_by"):
        rows = content["zero_lag"][name]
        days, values = [row["date"] for row in rows], [row["probability"] for row in rows]
        if days != [row["date"] for row in zero["probability_by"]] or days != sorted(set(days)):
            return f"the dates of {name} are out of order"
        if any(b < a - _NEAR for a, b in pairwise(values)):
            return f"{name} falls with time"
        if days[0] <= zero["start"] or days[-1] > zero["horizon"]:
            return f"{name} is not between {zero['start']} and {zero['horizon']}"
    last = zero["probability_by"][-1]
    if last["date"] == zero["horizon"] and abs(last["probability"] + zero["probability_never"] - 1.0) > _NEAR:
        return "probability_never is not what probability_by leaves"
    if zero["start"] != as_of:
        return f"zero_lag does not start on {as_of}"
    if len(summary["per_benchmark"]) != data["n_benchmarks"]:
        return f"{len(summary['per_benchmark'])} benchmarks where data says {data['n_benchmarks']}"
    if len({row["benchmark"] for row in summary["per_benchmark"]}) < len(summary["per_benchmark"]):
        return "a benchmark is there twice"
    if data["n_right_censored"] + data["n_left_censored"] > data["n_lags"]:
        return "more bounds than lags"
    return ""


def _checks_fault(content: dict[str, Any]) -> str:
    checks = cast(Checks, content)
    for check in checks["checks"]:
        value, limit = check["value"], check["threshold"]
        holds = value is not None and (value <= limit if check["rule"] == "<=" else value >= limit)
        if holds != check["passed"]:
            return f"{check['name']} is {value} and passed is {check['passed']}"
    if checks["passed"] != all(check["passed"] for check in checks["checks"]):
        return "passed is not what the checks say"
    names = [check["name"] for check in (*checks["checks"], *checks["data"])]
    if len(set(names)) < len(names):
        return "a check is there twice"
    for entry in checks["data"]:
        worst = (
            "blocking" if any(f["blocking"] for f in entry["findings"]) else "warning" if entry["findings"] else "ok"
        )
        if entry["status"] != worst:
            return f"{entry['name']} is {entry['status']}, its findings are {worst}"
        if entry["accepted"] and worst != "blocking":
            return f"{entry['name']} was accepted and does not block"
    return ""


def _manifest_fault(content: dict[str, Any]) -> str:
    manifest = cast(Manifest, content)
    if manifest["sampler"].get("seed", manifest["seed"]) != manifest["seed"]:
        return "two seeds"
    bad = [name for name in manifest["files"] if name.startswith("/") or ".." in name.split("/")]
    return f"{quoted(bad[0])} leads out of the folder" if bad else ""
