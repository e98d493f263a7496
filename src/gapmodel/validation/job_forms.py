"""The form of a job's file, and of the results of each study: what they hold, with ranges and a hash.

A sweep averages over hundreds of files. One that is cut off, altered or of another form is no result: its job is done
again. What a job returns is held to the same form before it is kept.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from pydantic.config import ConfigDict, with_config
from pydantic.fields import Field

from gapmodel.analysis.file_forms import Count, Day, Hash, Name, Number, Quantity, Share, ZeroLag
from gapmodel.files.strict_json import parse_json

__all__ = ["JOB_VERSION", "RESULTS", "JobFile", "job_file", "read_job", "result_fault"]

#: Raised by one where a reader of the earlier form would misread or lack something.
JOB_VERSION = 1

_closed = with_config(ConfigDict(extra="forbid", strict=True))
# Rows of tables: named columns are checked, others are kept.
_open = with_config(ConfigDict(extra="allow", strict=True))


@_closed
class JobFile(TypedDict):
    """The content of ``jobs/*.json``; `sha256` is that of all the rest."""

    schema_version: Literal[1]
    job: str
    result: dict[str, Any] | list[dict[str, Any]]
    sha256: Hash


@_open
class SweepRow(TypedDict):
    """One fit of a sensitivity or influence sweep, see `gapmodel.validation.sweep.run_sweep`."""

    gap_mean: Number
    gap_median: Number
    gap_lower: Number
    gap_upper: Number
    gap_lower50: Number
    gap_upper50: Number
    slope_mean: Number
    slope_median: Number
    slope_lower: Number
    slope_upper: Number
    probability_12: NotRequired[Share]
    probability_24: NotRequired[Share]
    probability_60: NotRequired[Share]
    probability_never: Share
    n_benchmarks: Count
    n_lags: Count
    n_censored: Count
    rhat_max: Number | None
    divergences: Count
    passed: bool


@_open
class FoldCell(TypedDict):
    """A held-out lag, see `gapmodel.validation.folds.score_fold`."""

    variant: Name
    kind: Name
    fold: Name
    benchmark: Name
    month: Day
    lpd: Number
    divergences: Count


@_closed
class AnswerDraws(TypedDict):
    """Draws of a whole fit, lists of one length."""

    gap: Annotated[list[Number], Field(min_length=1)]
    slope: Annotated[list[Number], Field(min_length=1)]
    days: Annotated[list[Number | None], Field(min_length=1)]


@_open
class WholeFit(TypedDict):
    """The answers of a compared variant, see `gapmodel.validation.comparison.comparison_job`."""

    variant: Name
    passed: bool
    note: str
    start: Day
    average_gap_months: Quantity
    slope_months_per_year: Quantity
    zero_lag: ZeroLag
    draws: AnswerDraws


@_open
class RankRow(TypedDict):
    """The rank of one true value."""

    quantity: Name
    u: Share
    truth: Number
    mean: Number
    sd: Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
    ess: Number | None


@_open
class RankedSimulation(TypedDict):
    """One simulation of a calibration."""

    ranks: Annotated[list[RankRow], Field(min_length=1)]
    divergences: Count


@_open
class RecoveredRow(TypedDict):
    """One method on one simulated table, see `gapmodel.validation.recovery.Recovery.job`."""

    method: Name
    scenario: Name
    seed: Count
    gap: Number
    gap_lower: Number
    gap_upper: Number
    gap_truth: Number
    gap_covered: bool
    slope: Number
    slope_lower: Number
    slope_upper: Number
    slope_truth: Number
    slope_covered: bool
    probability_12: Share
    divergences: Count


@_open
class ScoredForecast(TypedDict):
    """One method at one cutoff, see `gapmodel.validation.replay.forecast_job`."""

    cutoff: Day
    cells: list[dict[str, Any]]
    below: list[dict[str, Any]]
    fit: dict[str, Any]


#: Kind of study → form of a job's result.
RESULTS: dict[str, Any] = {
    "sweep": SweepRow,
    "comparison": list[FoldCell] | WholeFit,
    "calibration": RankedSimulation,
    "recovery": RecoveredRow,
    "forecast": ScoredForecast,
}


@lru_cache(maxsize=8)
def _adapter(kind: str) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(JobFile if kind == "" else RESULTS[kind])


def job_file(job: str, result: Any) -> dict[str, Any]:
    """The content of a job's file."""
    content = {"schema_version": JOB_VERSION, "job": job, "result": result}
    return content | {"sha256": _digest(content)}


def read_job(content: bytes, job: str, kind: str | None) -> Any | None:
    """The result in a job's file.

    Parameters
    ----------
    content : bytes
    job : str
        Whose file it should be.
    kind : str or None
        Of `RESULTS`; None for jobs whose result has no form.

    Returns
    -------
    dict or list of dict, or None
        None where the file is cut off, altered, of another version or job, or its result has not the form.
    """
    try:
        found = parse_json(content)
        _adapter("").validate_python(found)
    except ValueError:  # pydantic's errors are of this kind
        return None
    if found["job"] != job or found["sha256"] != _digest({k: v for k, v in found.items() if k != "sha256"}):
        return None
    return found["result"] if kind is None or not result_fault(found["result"], kind) else None


def result_fault(result: Any, kind: str) -> str:
    """What is wrong with a job's result, in one line; empty where nothing is."""
    from pydantic import ValidationError

    try:
        _adapter(kind).validate_python(result)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))[:100]}: {first['msg']}"
    return _disorder(result)


def _disorder(result: Any) -> str:
    """Numbers of one row that contradict each other."""
    if not isinstance(result, dict):
        return ""
    for name in ("gap", "slope"):
        names = [f"{name}_{end}" for end in ("lower", "lower50", "median", "upper50", "upper")]
        values = [result[key] for key in names if key in result]
        if any(b < a for a, b in pairwise(values)):
            return f"the interval of {name} is out of order"
    if isinstance(draws := result.get("draws"), dict) and len({len(each) for each in draws.values()}) > 1:
        return "draws of several lengths"
    ahead = [result[f"probability_{k}"] for k in (12, 24, 60) if f"probability_{k}" in result]
    never = result.get("probability_never")
    if any(b < a for a, b in pairwise(ahead)) or (ahead and never is not None and ahead[-1] + never > 1.0 + 1e-9):
        return "the probabilities are out of order"
    return ""


def _digest(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
