"""The form of an entry of a ledger: a forecast of a run, or a statement that somebody published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from pydantic.config import ConfigDict, with_config
from pydantic.fields import Field

from gapmodel.analysis.file_forms import Count, Day, Hash, Line, Name, Number, Options, Positive, Share, first_fault
from gapmodel.errors import DataError, quoted

__all__ = [
    "LEDGER_VERSION",
    "Entry",
    "ForecastEntry",
    "Statement",
    "check_entry",
    "entry_digest",
]

#: Raised by one where a reader of the earlier form would misread or lack something.
LEDGER_VERSION = 1

_closed = with_config(ConfigDict(extra="forbid", strict=True))

type Row = list[Number]
type Cells = list[list[list[Number]]]


@_closed
class Quantiles(TypedDict):
    """Quantiles of one lag for each month, in the order of ``probabilities``; months."""

    benchmark: Name
    mean: Row
    quantiles: list[Row]


@_closed
class ZeroBy(TypedDict):
    """P(the average trend is at or below zero at some month-end by a date)."""

    date: Day
    probability: Share
    mcse: NotRequired[Share]


@_closed
class Below(TypedDict):
    """P(the average is at or below a threshold at some month-end up to each month): of the lags or of their trend."""

    kind: Literal["observed", "trend"]
    threshold: Number
    probability: list[Share]


@_closed
class Kept(TypedDict):
    """Joint draws of the forecast, from which it is scored: draw × benchmark × month; months."""

    of: Annotated[int, Field(ge=2)]
    decimals: Annotated[int, Field(ge=1, le=12)] | None
    lag: Cells
    centre: Cells
    scale: Annotated[list[list[list[Positive]]], Field()]
    trend: Cells | None


@_closed
class RunIdentity(TypedDict):
    """Which run says it: hashes of its manifest, its variant, its code, and of the code that made the forecast."""

    run_id: Name
    manifest_sha256: Hash | None
    model: Name
    model_sha256: Hash
    code_sha256: Hash | None
    forecast_code_sha256: Hash
    versions: dict[Name, Name]


@_closed
class DataIdentity(TypedDict):
    """Which table, and which subset of it."""

    sha256: Hash
    snapshot: Name
    inputs: dict[str, Any]


@_closed
class ForecastEntry(TypedDict):
    """Lags of the months after `cutoff`, as an analysis of that day forecasts them."""

    cutoff: Day
    sentence: Line
    citable: bool
    leader: Name
    follower: Name
    run: RunIdentity
    data: DataIdentity
    options: Options
    seed: Count
    sampler: dict[Name, Any]
    months: Annotated[list[Day], Field(min_length=1, max_length=12)]
    probabilities: Row
    benchmarks: Annotated[list[Quantiles], Field(min_length=1)]
    average: Quantiles
    below: list[Below]
    zero: list[ZeroBy]
    zero_never: Share | None
    horizon: Day | None
    draws: Kept
    credits: list[Line]


@_closed
class StatedInterval(TypedDict):
    """An interval as it was published; months."""

    prob: Annotated[float, Field(gt=0.0, lt=1.0)]
    lower: Number
    upper: Number


@_closed
class Statement(TypedDict):
    """What somebody published about a lag on a later day; without a benchmark it is about the average."""

    who: Name
    published: Day
    link: Annotated[str, Field(pattern=r"^https?://\S+$")]
    sentence: Name
    benchmark: Name | None
    on: Day
    months: Number
    interval: StatedInterval | None


@_closed
class Entry(TypedDict):
    """One file of a ledger; `before` is the hash of the file before it, `sha256` that of all the rest of this one."""

    schema_version: int
    number: Annotated[int, Field(ge=1)]
    entered: Day
    before: Hash | None
    kind: Literal["forecast", "published"]
    forecast: NotRequired[ForecastEntry]
    published: NotRequired[Statement]
    sha256: Hash


@lru_cache(maxsize=1)
def _reader() -> Any:
    from pydantic import TypeAdapter  # 0.1 s to import: only where a file is read or written

    return TypeAdapter(Entry)


def entry_digest(entry: Mapping[str, Any]) -> str:
    """SHA-256 of an entry without its own hash."""
    rest = {name: value for name, value in entry.items() if name != "sha256"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check_entry(content: Any, *, where: str, again: str = "put the file back as it was added") -> None:
    """Check that `content` has the form of an entry, says one thing, and is what its hash says.

    Parameters
    ----------
    content : object
        As JSON gives it.
    where : str
        What an error calls it: file and number.
    again : str
        What to do, where it is not that the form is of another version.

    Raises
    ------
    DataError
        The first fault, and what to do.

    Examples
    --------
    >>> check_entry({"schema_version": 9}, where="'ledger/0001.json' (entry 1)")
    Traceback (most recent call last):
    ...
    gapmodel.errors.DataError: 'ledger/0001.json' (entry 1) has form '9', this version reads 1: install the gapmodel \
that wrote it
    """
    if not isinstance(content, dict):
        raise DataError(f"{where} is not a JSON object: {again}")
    version = content.get("schema_version")
    if version != LEDGER_VERSION or isinstance(version, bool):
        raise DataError(
            f"{where} has form {quoted(version)}, this version reads {LEDGER_VERSION}: install the gapmodel that "
            "wrote it"
        )
    from pydantic import ValidationError

    try:
        _reader().validate_python(content, strict=True)
    except ValidationError as error:
        raise DataError(f"{where} has no valid {first_fault(error)}: {again}") from None
    fault = _fault(content)
    if fault:
        raise DataError(f"{where} contradicts itself ({fault}): {again}")
    if content["sha256"] != entry_digest(content):
        raise DataError(f"{where} is not what was added, its hash is another: {again}")


def _fault(entry: dict[str, Any]) -> str:
    kind = entry["kind"]
    if {"forecast", "published"} & set(entry) != {kind}:
        return f"its kind is {kind}, what it holds is not"
    if kind == "published":
        said = entry["published"]
        interval = said["interval"]
        if interval is not None and not interval["lower"] <= interval["upper"]:
            return "the interval ends before it begins"
        return "it was entered before it was published" if entry["entered"] < said["published"] else ""
    made = entry["forecast"]
    months, n = made["months"], len(made["benchmarks"])
    if months != sorted(set(months)) or months[0] <= made["cutoff"]:
        return "its months are out of order"
    names = [row["benchmark"] for row in made["benchmarks"]]
    if len(set(names)) < n:
        return "a benchmark is there twice"
    for row in (*made["benchmarks"], made["average"]):
        levels = row["quantiles"]
        if len(levels) != len(months) or len(row["mean"]) != len(months):
            return f"{row['benchmark']} is not of its months"
        if any(len(at) != len(made["probabilities"]) for at in levels):
            return f"{row['benchmark']} has quantiles of other probabilities"
        if any(b < a for at in levels for a, b in pairwise(at)):
            return f"the quantiles of {row['benchmark']} fall"
    if any(len(row["probability"]) != len(months) for row in made["below"]):
        return "a probability is not of its months"
    kept = made["draws"]
    for name in ("lag", "centre", "scale", "trend"):
        cells = kept[name]
        if cells is not None and any(len(draw) != n or any(len(at) != len(months) for at in draw) for draw in cells):
            return f"its draws ({name}) are not of its benchmarks and months"
    return "" if kept["lag"] and kept["centre"] and len(kept["centre"]) == len(kept["scale"]) else "it has no draws"
