"""The section of two measures beside months: how far scores are apart today, and how long records waited."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from gapmodel.errors import plural
from gapmodel.lags.measures import Waiting
from gapmodel.report.html import Cell, Row, Section, figure, paragraphs, scope, table
from gapmodel.report.source import PageData
from gapmodel.report.text import day, number, signed

__all__ = ["index_text", "measures", "measures_payload", "noise_text", "point_rows", "waiting_text"]


def measures(data: PageData) -> Section:
    """Score units and points of an index; then waiting times, told apart from the lag."""
    s = data.summary
    intro = (
        f"The lag is a time, and looks back: since when had {s['leader']} models what {s['follower']} models have now? "
        "Two other measures answer other questions, from the same records and without a model."
    )
    return Section(
        "measures", "Other measures: points, and waiting times", paragraphs(intro) + _scores(data) + _waiting(data)
    )


def noise_text(data: PageData) -> str:
    """On how many benchmarks the difference is within the noise, and on how many that is not known."""
    gaps = _gaps(data)
    known = gaps[gaps["noise"].notna()]
    unknown = len(gaps) - len(known)
    if known.empty:
        return (
            "Whether a difference is within the noise is not known: on none of "
            f"{plural(len(gaps), 'benchmark')} have both scores an error."
        )
    inside = sum(value is True for value in known["within_noise"])
    words = f"{inside} of {len(known)} differences with known errors of both scores {'is' if inside == 1 else 'are'} "
    words += "within the noise (90 %)"
    if any(_derived(data, row) for row in known.to_dict("records")):
        words += "; an error that the source does not give is derived from those of other models on the same benchmark"
    return f"{words}. " + (f"On {unknown} of {len(gaps)} benchmarks no error is known." if unknown else "")


def index_text(data: PageData) -> list[str]:
    """The gap in points of each composite index of the table."""
    s = data.summary
    said = []
    for row in data.known.indices:
        ahead, behind = (s["leader"], s["follower"]) if row["difference"] >= 0 else (s["follower"], s["leader"])
        noise = "" if math.isnan(row["noise"]) else f", give or take {number(row['noise'])}"
        verdict = {True: ", within the noise", False: "", None: ""}[row["within_noise"]]
        said.append(
            f"{row['title']}, {day(row['month'])}: the best {ahead} model stood {number(abs(row['difference']))} "
            f"{row['unit']} above the best {behind} one{noise}{verdict} "
            f"({row['leader_model']} {number(row['leader_level'])}, {row['follower_model']} "
            f"{number(row['follower_level'])}). It is a composite of benchmarks, and no part of the average above."
        )
    return said


def waiting_text(data: PageData) -> str:
    """What the waiting times say together."""
    s, found = data.summary, data.waited
    if found is None or data.catch_up is None:
        return "No record has a waiting time."
    unmatched = int(data.catch_up["matched_date"].isna().sum())
    older = found.records - found.matched - unmatched
    left = f"{unmatched or 'none'} {'is' if unmatched == 1 else 'are'} not matched yet"
    if older:
        left += f", {older} may be older than {'its' if older == 1 else 'their'} first date"
    shares = "; ".join(
        f"within {month} months {round(100 * share)} %"
        for month, share in found.within.items()
        if not math.isnan(share)
    )
    return (
        f"Forward: {s['follower']} models have matched {found.matched} of "
        f"{plural(found.records, s['leader'] + ' record')}; {left}: those count as bounds, at least so long. "
        f"{_median(found)}{f' Matched {shares}.' if shares else ''}"
    )


def point_rows(data: PageData) -> pd.DataFrame:
    """Rows of the score gaps on benchmarks of known range, as shares of it: ``title, leader, follower, noise``."""
    titles = data.titles
    rows = []
    for r in _gaps(data).to_dict("records"):
        floor, top = (data.known.of(r["benchmark"], key) for key in ("lower_bound", "ceiling"))
        if floor is None or top is None:
            continue
        low, size = float(floor), float(top) - float(floor)
        best = {role: (r[f"{role}_level"] - low) / size for role in ("leader", "follower")}
        rows.append({"title": titles.get(r["benchmark"], r["benchmark"]), **best, "noise": r["noise"] / size})
    return pd.DataFrame(rows, columns=["title", "leader", "follower", "noise"])


def measures_payload(data: PageData) -> dict[str, Any]:
    """Columns that the scripts draw."""
    place = {name: k for k, name in enumerate(data.benchmarks["benchmark"])}
    gaps, rows = _gaps(data), data.catch_up if data.catch_up is not None else pd.DataFrame()
    return {
        "scores": [
            {
                "b": place[r["benchmark"]], "date": str(r["month"].date()),
                "leader": [r["leader_level"], r["leader_model"]],
                "follower": [r["follower_level"], r["follower_model"]], "difference": round(r["difference"], 6),
                "noise": None if math.isnan(r["noise"]) else round(r["noise"], 6), "within": r["within_noise"],
            }
            for r in gaps.to_dict("records") if r["benchmark"] in place
        ],
        "waiting": [
            [place[r["benchmark"]], str(r["date"].date()), round(r["months"], 2), int(r["censoring"]), r["model"],
             "" if pd.isna(r["matched_date"]) else str(r["matched_date"].date())]
            for r in rows.to_dict("records") if r["benchmark"] in place
        ],
        "median": _finite(data.waited),
    }  # fmt: skip


def _finite(found: Waiting | None) -> float | None:
    return None if found is None or math.isinf(found.median) else round(found.median, 2)


def _median(found: Waiting) -> str:
    if math.isinf(found.median):
        return "Fewer than half were matched, so there is no median."
    upper = "no end seen" if math.isinf(found.upper) else number(found.upper)
    return (
        f"Half were matched within {number(found.median)} months (90 % interval {number(found.lower)} to {upper}, over "
        "benchmarks drawn again)."
    )


def _gaps(data: PageData) -> pd.DataFrame:
    assert data.score_gaps is not None  # `read_page_data` gives it
    return data.score_gaps


def _derived(data: PageData, row: Mapping[Any, Any]) -> bool:
    """Whether an error of the pair is derived."""
    pairs = {(row["benchmark"], row[f"{role}_model"]) for role in ("leader", "follower")}
    return bool(pairs & data.known.derived)


def _unit(data: PageData, benchmark: str) -> str:
    return str(data.known.of(benchmark, "unit") or "")


def _fixed(data: PageData) -> str:
    return f"The sentences are of all {plural(len(data.benchmarks), 'benchmark')}."


def _scores(data: PageData) -> str:
    s, gaps = data.summary, _gaps(data)
    titles = data.titles
    rows: list[Row] = []
    for r in gaps.to_dict("records"):
        verdict = {True: "yes", False: "no", None: "not known"}[r["within_noise"]]
        values = [titles.get(r["benchmark"], r["benchmark"]), str(r["month"].date()), _unit(data, r["benchmark"]),
                  Cell(r["leader_level"], 3), Cell(r["follower_level"], 3),
                  Cell(r["difference"], text=signed(r["difference"], 3)), Cell(r["noise"], 3), verdict]  # fmt: skip
        if _derived(data, r):
            values[-1] += ", by a derived error"
        rows.append((values, {}))
    names = [f"best {s['leader']}", f"best {s['follower']}"]
    shown = figure(
        "points",
        title="The gap in points",
        scope_html=scope(f"All {plural(len(data.benchmarks), 'benchmark')}.", follows="Rows", fixed=_fixed(data)),
        caption=(
            f"Best score of {s['leader']} and {s['follower']} models at the last month-end at which each benchmark was "
            "run, as a share of its range; the table has score units, and benchmarks without a known range. The bar "
            f"below a pair is as long as a difference that the errors of both scores make in 90 %. {noise_text(data)}"
        ),
        alt=f"Pairs of best scores by benchmark. {noise_text(data)}",
        table_html=table(
            ["benchmark", "month-end", "unit", *names, "difference", "noise, ±", "within the noise"],
            rows,
            caption="Score units; difference above zero: the followers are behind",
            digits=3,
        ),
    )
    return paragraphs(*index_text(data)) + shown


def _waiting(data: PageData) -> str:
    s = data.summary
    rows: list[Row] = []
    titles = data.titles
    for r in data.catch_up.to_dict("records") if data.catch_up is not None else ():
        matched = "" if pd.isna(r["matched_date"]) else str(r["matched_date"].date())
        bound = "at least, may be older" if matched else "not matched yet, at least"
        kind = {1: bound, -1: "at most", 0: "matched after"}[int(r["censoring"])]
        title = titles.get(r["benchmark"], r["benchmark"])
        rows.append(([title, str(r["date"].date()), r["model"], kind, Cell(r["months"]), matched], {}))
    return figure(
        "waiting",
        title=f"How long until a {s['leader']} record was matched",
        scope_html=scope(f"All {plural(len(data.benchmarks), 'benchmark')}.", follows="Records", fixed=_fixed(data)),
        caption=(
            f"{waiting_text(data)} Dots: matched after so long. Triangles upwards: not matched yet, or older "
            "than known, so at least so long. Triangles downwards: at most so long. A fall on the right is no closing: "
            "of young records only those that were matched quickly can be dots."
        ),
        alt=f"Points by date of the record. {waiting_text(data)}",
        table_html=table(
            ["benchmark", "record of", f"{s['leader']} model", "kind", "months", "matched on"], rows,
            caption="Waiting times of records",
        ),
    )  # fmt: skip
