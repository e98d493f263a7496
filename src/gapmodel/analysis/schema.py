"""The form of the files of a run: what each must hold, its version, and what they must not contradict.

One check for writing and for reading. `check_file` is about one file, `check_run` about the files of a folder together;
`reasons_against` is the only place that says whether a run may be cited.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, cast

from gapmodel.analysis.file_forms import AuditFile, Checks, Manifest, Summary, ZeroLag, first_fault
from gapmodel.errors import DataError, quoted

__all__ = [
    "SCHEMA_VERSION",
    "Checks",
    "Manifest",
    "Summary",
    "check_file",
    "check_form",
    "check_run",
    "manifest_digest",
    "reasons_against",
]

#: Of ``summary.json``; raised by one where a reader of the earlier form would misread or lack something.
SCHEMA_VERSION = 2
VERSIONS = {"summary.json": SCHEMA_VERSION, "checks.json": 1, "manifest.json": 1, "audit.json": 1}


_FORMS: dict[str, Any] = {
    "summary.json": Summary,
    "checks.json": Checks,
    "manifest.json": Manifest,
    "audit.json": AuditFile,
    "zero_lag": ZeroLag,
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
    again = "this is no run of this version, run it again" if kind == "manifest.json" else "make the run again"
    version = content.get("schema_version")
    if version is None:
        raise DataError(f"'{where}' was written by an earlier gapmodel: {again}")
    if version != VERSIONS[kind] or isinstance(version, bool):
        raise DataError(f"'{where}' has form {quoted(version)}, this version reads {VERSIONS[kind]}: {again}")
    check_form(content, kind, where=where, again=again)
    fault = {"summary.json": _summary_fault, "checks.json": _checks_fault, "manifest.json": _manifest_fault}.get(
        kind, lambda _: ""
    )(content)
    if fault:
        raise DataError(f"'{where}' contradicts itself ({fault}): {again}")


def check_form(content: Any, kind: str, *, where: str, again: str) -> None:
    """Check types and ranges alone, of a file without a version too.

    Parameters
    ----------
    content : object
        As JSON gives it.
    kind : str
        One of those of `check_file`, or "zero_lag", the part of a summary that a comparison repeats.
    where, again : str
        What an error calls it, and what to do about it.

    Raises
    ------
    DataError
        As `check_file`.
    """
    from pydantic import ValidationError

    try:
        _reader(kind).validate_python(content, strict=True)
    except ValidationError as error:
        raise DataError(f"'{where}' has no valid {first_fault(error, kind)}: {again}") from None
    except RecursionError:
        raise DataError(f"'{where}' is nested too deeply: it is damaged, {again}") from None


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
    """What a check of the data found, the first of it, in one line; its note where it found nothing."""
    if not check["findings"]:
        return str(check.get("note", ""))
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
    *("population_slope_months_per_year", "still_run_gap_months", "still_run_slope_months_per_year"),
)
_NEAR = 1e-6


def _summary_fault(content: dict[str, Any]) -> str:
    summary = cast(Summary, content)
    named = {name: content[name] for name in _QUANTITIES if name in content}
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
    for name in named.keys() & set(_QUANTITIES):
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
        if entry["findings"] and "note" in entry:
            return f"{entry['name']} has findings and the note of a check without"
        if entry["accepted"] and worst != "blocking":
            return f"{entry['name']} was accepted and does not block"
    return ""


def _manifest_fault(content: dict[str, Any]) -> str:
    manifest = cast(Manifest, content)
    if manifest["sampler"].get("seed", manifest["seed"]) != manifest["seed"]:
        return "two seeds"
    bad = [name for name in manifest["files"] if name.startswith("/") or ".." in name.split("/")]
    return f"{quoted(bad[0])} leads out of the folder" if bad else ""
