"""The form of ``claims.json``: version, ranges, and what it must not contradict, in itself or in the run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict, cast

from pydantic.config import ConfigDict, with_config
from pydantic.fields import Field

from gapmodel.analysis.file_forms import (
    Count,
    Day,
    Hash,
    Line,
    Name,
    Number,
    Options,
    Positive,
    SamplingCheck,
    Share,
    first_fault,
)
from gapmodel.cite.claims import Claims
from gapmodel.errors import DataError, quoted
from gapmodel.files.strict_json import parse_json

__all__ = ["CLAIMS_VERSION", "check_claims", "claims_text", "contradictions", "read_claims"]

#: Of ``claims.json``; raised by one where a reader of the earlier form would misread or lack something.
CLAIMS_VERSION = 3

_closed = with_config(ConfigDict(extra="forbid", strict=True))


@_closed
class ShownNumber(TypedDict):
    """A number, as it is and as it is shown."""

    value: Number
    shown: Number
    step: Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
    mcse: Positive
    rerun_differs: Share


@_closed
class ShownDate(TypedDict):
    """A date, and the calendar period by which it is shown; null for not within the horizon."""

    value: Day | None
    shown: Annotated[list[Day], Field(min_length=2, max_length=2)] | None
    step_months: Annotated[int, Field(ge=1)]
    mcse_days: Positive | None
    rerun_differs: Share


@_closed
class ShownInterval(TypedDict):
    """An interval as it is shown."""

    prob: Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)]
    kind: Literal["equal-tailed"]
    lower: ShownNumber
    upper: ShownNumber


@_closed
class Compared(TypedDict):
    """What other variants say."""

    low: Line | None
    high: Line | None
    variants: list[Name]
    compared: Count


@_closed
class OfData(TypedDict):
    """Which data."""

    name: Name
    sha256: Hash
    as_of: Day


@_closed
class OfChecks(TypedDict):
    """Checks of the sampling."""

    passed: bool
    results: Annotated[list[SamplingCheck], Field(min_length=1)]


@_closed
class OfGate(TypedDict):
    """Checks of the data that warn, and those that were accepted."""

    warnings: list[Line]
    accepted: dict[Name, Name]


@_closed
class SourceEntry(TypedDict):
    """What a claim comes from; the hash of the manifest is null for a run in memory."""

    run_id: Name
    manifest_sha256: Hash | None
    model: Name
    model_sha256: Hash
    data: OfData
    credits: list[Line]
    seed: Count
    sampler: dict[Name, Any]
    options: Options
    versions: dict[Name, Name]
    checks: OfChecks
    data_gate: OfGate


@_closed
class ClaimEntry(TypedDict):
    """One claim, complete by itself."""

    id: Name
    estimand: Name
    unit: Literal["months", "months/year", "probability", "date", "count"]
    value: ShownNumber | ShownDate
    interval: ShownInterval | None
    text: dict[Literal["value", "unit", "interval", "full", "sentence"], Name]
    compared: Compared | None
    draft: bool
    source: SourceEntry


@_closed
class ClaimsFile(TypedDict):
    """The content of ``claims.json``."""

    schema_version: int
    draft: bool
    language: Literal["en", "zh"]
    comparison: Name | None
    source: SourceEntry
    claims: Annotated[list[ClaimEntry], Field(min_length=1)]


@lru_cache(maxsize=1)
def _reader() -> Any:
    from pydantic import TypeAdapter  # 0.1 s to import: only where a file is read or written

    return TypeAdapter(ClaimsFile)


def claims_text(claims: Claims) -> str:
    """The content of ``claims.json``, checked as a reader would.

    Raises
    ------
    DataError
        It would not be read again.
    """
    content = {"schema_version": CLAIMS_VERSION, **claims.as_dict()}
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    check_claims(parse_json(text), where="claims.json")
    return text


def read_claims(path: Path) -> dict[str, Any]:
    """Read a file of claims.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    dict
        `ClaimsFile`.

    Raises
    ------
    DataError
        It cannot be read, is of another version or form, or says two things at once.
    """
    try:
        content = parse_json(path.read_bytes())
    except OSError as error:
        raise DataError(f"'{path}' cannot be read ({error.strerror or error}): check the name") from None
    except ValueError as error:
        raise DataError(f"'{path}' is no JSON ({error}): it is damaged, make it again with `gapmodel cite`") from None
    check_claims(content, where=str(path))
    return cast(dict[str, Any], content)


def check_claims(content: Any, *, where: str) -> None:
    """Check version, form, ranges and what a file of claims says twice.

    Raises
    ------
    DataError
        The first fault is named.

    Examples
    --------
    >>> check_claims({"schema_version": 3, "claims": []}, where="claims.json")
    Traceback (most recent call last):
    ...
    gapmodel.errors.DataError: 'claims.json' has no valid 'draft' (field required): make it again with `gapmodel cite`
    """
    from pydantic import ValidationError

    again = "make it again with `gapmodel cite`"
    version = content.get("schema_version") if isinstance(content, dict) and "claims" in content else None
    if version is None:
        raise DataError(f"'{where}' is no file of claims of this version: {again}")
    if version != CLAIMS_VERSION or isinstance(version, bool):
        raise DataError(f"'{where}' has form {quoted(version)}, this version reads {CLAIMS_VERSION}: {again}")
    try:
        _reader().validate_python(content, strict=True)
    except ValidationError as error:
        raise DataError(f"'{where}' has no valid {first_fault(error)}: {again}") from None
    if fault := _fault(content):
        raise DataError(f"'{where}' contradicts itself ({fault}): {again}")


def contradictions(content: Mapping[str, Any], claims: Claims) -> list[tuple[str, str, str]]:
    """What a file of claims says otherwise than the run.

    Parameters
    ----------
    content : mapping
        From `read_claims`.
    claims : Claims
        Of the run, in any language and with any comparison.

    Returns
    -------
    list of tuple
        Name of the claim (or part of the file), what the file says, what the run says; empty where they agree. Texts
        and ranges are held against the run where language and comparison are those of the file.
    """
    theirs = json.loads(json.dumps(claims.as_dict()))
    out = [
        (name, _short(content[name]), _short(theirs[name]))
        for name in ("source", "draft")
        if content[name] != theirs[name]
    ]
    alike = (content["language"], content["comparison"]) == (theirs["language"], theirs["comparison"])
    kept = ("estimand", "unit", "value", "interval", *(("text", "compared") if alike else ()))
    ours = {claim["id"]: claim for claim in theirs["claims"]}
    for claim in content["claims"]:
        name = claim["id"]
        if name not in ours:
            out.append((name, claim["text"]["full"], "the run has no such claim"))
        elif any(claim[key] != ours[name][key] for key in kept):
            out.append((name, claim["text"]["full"], ours[name]["text"]["full"]))
    found = {claim["id"] for claim in content["claims"]}
    return out + [(name, "missing", claim["text"]["full"]) for name, claim in ours.items() if name not in found]


def _short(value: Any) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    return f"{value['run_id']}, manifest {(value['manifest_sha256'] or 'none')[:12]}"


def _fault(content: dict[str, Any]) -> str:
    """What the file says twice, and not alike; empty where it agrees with itself."""
    names = [claim["id"] for claim in content["claims"]]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        return f"{twice} is there twice"
    for claim in content["claims"]:
        if claim["source"] != content["source"] or claim["draft"] != content["draft"]:
            return f"{claim['id']} is of another source than the file"
        if fault := _number_fault(claim) or _text_fault(claim):
            return f"{claim['id']} {fault}"
    source = content["source"]
    if source["checks"]["passed"] != all(check["passed"] for check in source["checks"]["results"]):
        return "passed is not what the checks say"
    if not source["checks"]["passed"] and not content["draft"]:
        return "a check failed and it is no draft"
    return "" if source["sampler"].get("seed", source["seed"]) == source["seed"] else "two seeds"


def _number_fault(claim: dict[str, Any]) -> str:
    unit, value, interval = claim["unit"], claim["value"], claim["interval"]
    if ("step_months" in value) != (unit == "date"):
        return f"has unit {unit}, its value has not"
    if unit == "date":
        return "is a date, its interval is of numbers" if interval else ""
    number, shown = value["value"], value["shown"]
    if unit == "probability" and not 0.0 <= number <= 1.0:
        return "is no probability"
    if unit == "count" and (number < 0 or number % 1):
        return "is no count"
    if abs(shown - number) > 0.5 * value["step"] * (1 + 1e-9) + 1e-9:
        return f"is shown as {shown:g} and is {number:g}"
    if interval and not interval["lower"]["value"] <= number <= interval["upper"]["value"]:
        return "is outside its interval"
    if interval and interval["lower"]["shown"] > interval["upper"]["shown"]:
        return "has an interval that ends before it begins"
    return ""


def _text_fault(claim: dict[str, Any]) -> str:
    texts = set(claim["text"])
    if not {"value", "unit", "full", "sentence"} <= texts:
        return "lacks a text"
    return (
        "" if ("interval" in texts) == bool(claim["interval"]) else "has an interval without its text, or the reverse"
    )
