"""What is shipped to be quoted beside an answer: track records of variants, and gaps that others published."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import pandas as pd

from gapmodel.analysis.wording import Wording

__all__ = [
    "evidence", "known_truth", "lasting_options", "out_of_time", "published_gaps", "revised", "shipped_json",
]  # fmt: skip

#: The scenario whose lag is no straight line.
BENT = "closing_then_flat"
#: Regimes of `gapmodel.simulation.frontiers` in which releases and evaluations come at random.
TIDY = ("dense", "sparse")
#: The regime that keeps releases, dates and evaluations of a real table.
OURS = "replayed"


def known_truth(method: str) -> list[dict[str, Any]]:
    """Rows of the shipped table (from ``scripts/publish_evidence.py``) for one method; empty where it was not run.

    Each row: ``regime, method, scenario, n``, coverage of 90 % intervals, bias and width of slope (months per year) and
    gap (months), and the share of data sets with P(zero within 12 months) > 0.5.
    """
    source = resources.files("gapmodel.data") / "known_truth.csv"
    if not source.is_file():
        return []
    table = pd.read_csv(io.StringIO(source.read_text(encoding="utf-8")))
    return [{str(k): v for k, v in row.items()} for row in table[table["method"] == method].to_dict("records")]


def shipped_json(name: str) -> Any | None:
    """A file of the package's data; None where it has none."""
    source = resources.files("gapmodel.data") / name
    return json.loads(source.read_text(encoding="utf-8")) if source.is_file() else None


def lasting_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of an analysis but its cutoff: what replays of it have in common."""
    return {name: value for name, value in options.items() if name != "cutoff"}


def out_of_time(method: str) -> dict[str, Any] | None:
    """Result of the shipped backtest (published by ``scripts/publish_evidence.py``) for one method, None without one.

    ``cutoffs`` (how many), ``snapshot``, ``first``, ``last``, ``fits`` and ``fits_failed`` (that did not pass the
    convergence checks), ``protocol`` (criteria of docs/protocol.md that it met and missed; absent where it was not run
    by it), and ``targets``: for ``average`` and ``benchmark`` what `gapmodel.validation.skill.goals` gives.
    """
    shipped = shipped_json("backtest.json")
    if shipped is None:
        return None
    targets = shipped["methods"].get(method)
    if targets is None:
        return None
    judged = {"protocol": shipped["protocol"][method]} if method in shipped["protocol"] else {}
    return {**shipped["about"], **shipped["fits"][method], **judged, "targets": targets}


def revised(summary: Mapping[str, Any]) -> dict[str, str] | None:
    """By how much months of the run's data were shorter when seen again: ``short`` 1, ``long`` 6 months later; months.

    None for other data or choices than those of the shipped revisions, or where months became longer.
    """
    shipped = json.loads((resources.files("gapmodel.data") / "revisions.json").read_text(encoding="utf-8"))
    own = lasting_options(summary["options"])
    alike = summary["data"]["sha256"] == shipped["data_sha256"] and own == shipped["options"]
    short, long = (-float(shipped["change"][months]) for months in ("1", "6"))
    return {"short": f"{short:.1f}", "long": f"{long:.1f}"} if alike and min(short, long) > 0.0 else None


def published_gaps() -> pd.DataFrame:
    """Gaps that others published, each computed again on the bundled data.

    Returns
    -------
    pandas.DataFrame
        From ``scripts/published_gaps.py``: ``key, who, published`` (ISO day or month), ``when`` (the same in
        words), ``link, gap`` (months, in words), ``data, method, reason`` (why the two differ), ``ours`` (months),
        ``ours_is`` (what was computed).

    Examples
    --------
    >>> sorted(set(published_gaps()["who"]))[:2]
    ['CAISI (NIST)', 'Doubleword']
    """
    source = resources.files("gapmodel.data") / "published_gaps.csv"
    table = pd.read_csv(io.StringIO(source.read_text(encoding="utf-8")))
    words = [Wording().date(iso) if len(iso) > 7 else f"{pd.Timestamp(iso):%B %Y}" for iso in table["published"]]
    return table.assign(when=words)


def evidence(known: list[dict[str, Any]], replayed: dict[str, Any] | None) -> list[tuple[str, str]]:
    """What speaks for and against the intervals of a variant, in five rows at most: question and finding.

    Lags that change by a straight line and lags whose closing has ended are told apart: of the second a line is the
    wrong form, and a user should know what that costs.

    Parameters
    ----------
    known, replayed
        ``known_truth`` and ``out_of_time`` of a summary.

    Returns
    -------
    list of (str, str)
        Those nearest to real data first.
    """
    rows = []
    ours = [row for row in known if row["regime"] == OURS]
    rest = [row for row in known if row["regime"] != OURS]
    straight = [row for row in rest if row["scenario"] != BENT]
    bent = [row for row in rest if row["scenario"] == BENT]
    tidy = [row for row in straight if row["regime"] in TIDY]
    others = [row for row in straight if row["regime"] not in TIDY]
    if not known:
        rows.append(("Known lag, simulated", "no table exists for this variant: its intervals are unchecked"))
    if ours:
        found = f"90 % intervals covered {_covered(ours)}, in at least {_least(ours)} tables of each kind"
        rows.append(("Known lag, simulated on the dates and evaluations of real tables", found))
    if tidy:
        found = f"90 % intervals covered {_covered(tidy)}, in at least {_least(tidy)} tables of each kind"
        rows.append(("Known lag, simulated with dense and sparse evaluations", found))
    harder = []
    if others:
        worst = min(others, key=lambda row: row["gap_coverage"])["regime"].replace("_", " ")
        harder.append(f"less tidy tables (worst: {worst}): {_covered(others)}")
    if bent:
        harder.append(f"a closing that had ended: {_covered(bent)}")
    if harder:
        rows.append(("Known lag, harder tables", "; ".join(harder)))
    if alarms := _false_alarms(known):
        rows.append(("False alarms: zero within a year given more than even odds, though not reached", alarms))
    return [*rows, _out_of_time_row(replayed)]


def _covered(rows: list[dict[str, Any]]) -> str:
    return f"the gap in {_span(rows, 'gap_coverage')} and the slope in {_span(rows, 'slope_coverage')}"


def _least(rows: list[dict[str, Any]]) -> int:
    return min(row["n"] for row in rows)


def _span(rows: list[dict[str, Any]], name: str) -> str:
    low, high = (f"{100 * pick(row[name] for row in rows):.0f}" for pick in (min, max))
    return f"{low} %" if low == high else f"{low}-{high} %"


def _false_alarms(rows: list[dict[str, Any]]) -> str:
    parts = []
    for words, scenarios in (("constant lag", ("constant",)), ("closing lag", ("closing", BENT))):
        shares = [row["zero_within_12_months"] for row in rows if row["scenario"] in scenarios]
        if shares:
            parts.append(f"{words}: at most {100 * max(shares):.0f} % of tables")
    return "; ".join(parts)


def _out_of_time_row(found: dict[str, Any] | None) -> tuple[str, str]:
    if found is None:
        return "Forecasts at past dates", "no backtest exists for this variant: what it forecasts is unchecked"
    average, single = found["targets"]["average"], found["targets"]["benchmark"]
    ahead: dict[str, list[str]] = {}
    for horizon, entry in average["horizons"].items():
        for name in entry["not_beaten"]:
            ahead.setdefault(name.replace("_", " "), []).append(horizon)
    named = ", ".join(f"{name} ({', '.join(months)} months ahead)" for name, months in ahead.items())
    text = (
        f"90 % intervals covered {100 * average['coverage_90']:.0f} % of the average lags that came and "
        f"{100 * single['coverage_90']:.0f} % of the benchmarks'; simple forecasts of the average not beaten by CRPS: "
        f"{named or 'none'}"
    )
    if failed := found.get("fits_failed", 0):
        text += f"; {failed} of {found['fits']} fits did not pass their checks"
    if judged := found.get("protocol"):
        met, missed = ("; ".join(judged[key]) or "none" for key in ("met", "missed"))
        text += f". Criteria of the protocol for the choice of a model met: {met}; missed: {missed}"
    dates = f"{found['first']} to {found['last']}"
    return f"Forecasts on the bundled data at {found['cutoffs']} past dates ({dates})", text
