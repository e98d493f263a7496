"""What the scripts of the page read: compact columns, rounded where the picture cannot tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from gapmodel.analysis.rounding import round_estimate
from gapmodel.analysis.sentences import headline, standing
from gapmodel.analysis.wording import Wording
from gapmodel.report.measures import measures_payload
from gapmodel.report.past import past_payload
from gapmodel.report.shown import band_estimates, chance_text, interval_estimate, zero_texts
from gapmodel.report.source import PageData
from gapmodel.units import DAYS_PER_MONTH, MONTHS_PER_YEAR

__all__ = ["baseline_path", "over_benchmarks", "page_payload", "skill_lines", "specifications"]


def page_payload(data: PageData) -> dict[str, Any]:
    """Everything as lists, dicts, numbers, strings and None; deterministic."""
    summary = data.summary
    names = list(data.benchmarks["benchmark"])
    n_draws = summary["zero_lag"]["n_draws"]
    entries = {entry["benchmark"]: entry for entry in summary["per_benchmark"]}
    drawn = None if data.multiverse is None else specifications(data.multiverse)
    return {
        "run": data.run.run_id,
        "leader": summary["leader"],
        "follower": summary["follower"],
        "asOf": summary["zero_lag"]["start"],
        "standing": standing(summary) or "",
        "answer": headline(summary),
        "credits": list(summary["credits"]),
        "average": _pair(summary["average_gap_months"], summary["slope_months_per_year"], n_draws),
        "summaryRows": [
            {"label": label} | _pair(summary[gap], summary[slope] if slope else None, n_draws)
            for label, gap, slope in over_benchmarks(summary)
        ],
        "benchmarks": [
            _benchmark(row, entries.get(row["benchmark"]), n_draws) | _bounds(data, row["benchmark"])
            for row in data.benchmarks.to_dict("records")
        ],
        "lags": _lags(data.lags, names),
        "bands": None if data.bands is None else _columns(data.bands) | {"said": _bands_said(data)},
        "baseline": baseline_path(data),
        "zero": _columns(data.curve)
        | {"never": summary["zero_lag"]["probability_never"], "horizon": summary["zero_lag"]["horizon"],
           "sustainedMonths": summary["zero_lag"]["sustained_months"], "said": zero_texts(data)},
        "frontiers": [_frontier(data, name) for name in names],
        "makers": _makers(data),
        "measures": measures_payload(data),
        "draws": _draws(data, names),
        "variants": [] if data.comparison is None else [_variant(data, r) for r in data.comparison.to_dict("records")],
        "multiverse": drawn,
        "multiverseSaid": [_said(data, "months", *row) for row in drawn or ()],
        "skill": None if data.skill is None else skill_lines(data.skill),
        "past": past_payload(data),
    }  # fmt: skip


def over_benchmarks(summary: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
    """Rows over benchmarks: label, and the summary's entries of gap and slope. The choice of the page moves none."""
    still = len(summary.get("still_run", {"benchmarks": ()})["benchmarks"])
    rows = [
        (f"average of all {summary['data']['n_benchmarks']}", "average_gap_months", "slope_months_per_year"),
        (f"average of the {still} still run", "still_run_gap_months", "still_run_slope_months_per_year"),
        ("population mean", "population_mean_gap_months", "population_slope_months_per_year"),
        ("a new benchmark", "new_benchmark_gap_months", None),
    ]
    return [row for row in rows if row[1] in summary]


def baseline_path(data: PageData) -> dict[str, Any]:
    """The published straight line: dates and months at the first and last month it was fitted to."""
    line = data.lines.iloc[-1]
    first, last = data.monthly["month"].iloc[0], data.monthly["month"].iloc[-1]
    years = (first - last).days / (DAYS_PER_MONTH * MONTHS_PER_YEAR)
    slope, level = float(line["slope_months_per_year"]), float(line["intercept_months"])
    return {
        "x": [str(first.date()), str(last.date())],
        "y": [round(level + slope * years, 4), round(level, 4)],
        "slope": slope,
        "zero": None if pd.isna(line["zero_date"]) else str(pd.Timestamp(line["zero_date"]).date()),
    }


def _pair(gap: Mapping[str, Any], slope: Mapping[str, Any] | None, n_draws: int) -> dict[str, Any]:
    """Numbers to draw, and under ``said`` the texts that say them."""
    entries = {"gap": gap} if slope is None else {"gap": gap, "slope": slope}
    kinds, words = {"gap": "months", "slope": "rate"}, Wording()
    said = {name: words.estimate(kinds[name], round_estimate(entry, n_draws)) for name, entry in entries.items()}
    return {"slope": None} | {name: _estimate(entry) for name, entry in entries.items()} | {"said": said}


def _estimate(entry: Mapping[str, Any]) -> list[float]:
    return [entry["median"], entry["interval"]["lower"], entry["interval"]["upper"]]


def _plain(value: Any) -> Any:
    """JSON values: dates as text, missing and infinite as None."""
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.item() if hasattr(value, "item") else value


def _columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    return {str(name): [_plain(v) for v in table[name]] for name in table}


def _benchmark(row: dict[Any, Any], entry: Mapping[str, Any] | None, n_draws: int) -> dict[str, Any]:
    said = None if entry is None else _pair(entry["gap_months"], entry["slope_months_per_year"], n_draws)["said"]
    keys = ("median", "lower", "upper")
    return {
        "name": row["benchmark"],
        "title": row["title"],
        "category": row["category"],
        "gap": [_plain(row[f"gap_{k}"]) for k in (*keys, "lower50", "upper50")],
        "slope": [_plain(row[f"slope_{k}"]) for k in keys],
        "said": said,
    }


def _bounds(data: PageData, name: str) -> dict[str, Any]:
    """What the table of scores knows of a benchmark; None where it is not at hand."""
    columns = {"visibility": "visibility", "floor": "lower_bound", "ceiling": "ceiling"}
    return {key: _plain(data.known.of(name, column)) for key, column in columns.items()}


def _makers(data: PageData) -> dict[str, list[str]]:
    """Model → labs and country, of the models that hold a record."""
    return {model: [maker.labs, maker.country] for model, maker in data.record_makers.items() if maker.labs}


def _draws(data: PageData, names: list[str]) -> dict[str, Any] | None:
    """Thinned draws in the order of `names`; None for a benchmark that is not in the model."""
    draws = data.draws
    if draws is None:
        return None
    place = {name: k for k, name in enumerate(draws.names)}
    rows = {
        key: [[round(float(v), 2) for v in values[place[name]]] if name in place else None for name in names]
        for key, values in (("gap", draws.gap), ("slope", draws.slope))
    }
    return {"n": draws.n_draws, "kept": draws.gap.shape[1], **rows}


def _lags(table: pd.DataFrame, names: list[str]) -> dict[str, Any]:
    """Observed lags as columns: benchmark and month by position, months, censoring."""
    table = table[table["lag_months"].notna()]
    months = sorted(set(table["month"]))
    place = {month: k for k, month in enumerate(months)}
    return {
        "months": [str(m.date()) for m in months],
        "b": [names.index(b) for b in table["benchmark"]],
        "m": [place[m] for m in table["month"]],
        "lag": [float(v) for v in table["lag_months"]],
        "c": [int(v) for v in table["censoring"]],
    }


def _frontier(data: PageData, name: str) -> dict[str, Any]:
    pair = data.frontiers[name]
    monthly = data.lags[(data.lags["benchmark"] == name) & data.lags["lag_months"].notna()]
    return {
        "leader": [[r.date, r.level, r.model] for r in pair.leader],
        "follower": [[r.date, r.level, r.model] for r in pair.follower],
        "arrows": [[a.start, a.end, a.level, round(a.lag_months, 2), a.censoring, a.monthly] for a in pair.arrows],
        "months": [
            [str(r["month"].date()), round(r["lag_months"], 2), int(r["censoring"])] for r in monthly.to_dict("records")
        ],
        "end": pair.end,
    }


def _said(data: PageData, kind: str, median: float, lower: float, upper: float) -> str:
    if not all(map(math.isfinite, (median, lower, upper))):
        return ""
    return Wording().estimate(kind, interval_estimate(data, median, lower, upper))


def _bands_said(data: PageData) -> list[list[str]]:
    """Median, 50 % and 90 % interval of each date."""
    words, said = Wording(), []
    for row in data.bands.to_dict("records") if data.bands is not None else ():
        outer, inner = band_estimates(data, row)
        ends = [words("interval", lower=e.lower.text, upper=e.upper.text) for e in (inner, outer)]
        said.append([words.with_unit("months", outer.value), *ends])
    return said


def _variant(data: PageData, row: dict[Any, Any]) -> dict[str, Any]:
    fields = {key: _plain(row.get(key)) for key in ("probability_12_months", "difference_future", "se_future")}
    return {
        "label": str(row["variant"]),
        "passed": bool(row["passed"]),
        "said": {
            name: _said(data, kind, *(float(row[f"{name}_{end}"]) for end in ("median", "lower", "upper")))
            for name, kind in (("gap", "months"), ("slope", "rate"))
        }
        | {"probability": chance_text(data, float(row["probability_12_months"]))},
        "gap": [_plain(row[f"gap_{k}"]) for k in ("median", "lower", "upper")],
        "slope": [_plain(row[f"slope_{k}"]) for k in ("median", "lower", "upper")],
        "probability": fields["probability_12_months"],
        "elpd": [fields["difference_future"], fields["se_future"]],
    }


def specifications(table: pd.DataFrame) -> list[list[Any]] | None:
    """Gap of each specification in rising order; None where the table has no such columns."""
    columns = ["gap_median", "gap_lower", "gap_upper"]
    if not set(columns) <= set(table):
        return None
    ordered = table.sort_values("gap_median", kind="stable")[columns].dropna()
    return [[_plain(v) for v in row] for row in ordered.itertuples(index=False, name=None)]


def skill_lines(table: pd.DataFrame) -> dict[str, Any] | None:
    """CRPS by horizon and method; None where the table has no such columns."""
    method = next((c for c in ("method", "forecaster", "model", "variant", "name") if c in table), None)
    horizon = next((c for c in ("horizon", "horizon_months", "months_ahead") if c in table), None)
    if method is None or horizon is None or "crps" not in table:
        return None
    table = table.assign(**{horizon: pd.to_numeric(table[horizon], errors="coerce")}).dropna(subset=[horizon, "crps"])
    if "target" in table and len(table):
        targets = list(dict.fromkeys(table["target"].astype(str)))
        chosen = next((t for t in targets if "average" in t), targets[0])
        table = table[table["target"].astype(str) == chosen]
    lines = {
        str(name): sorted([float(h), float(c)] for h, c in zip(rows[horizon], rows["crps"], strict=True))
        for name, rows in table.groupby(method, sort=True)
    }
    return {"lines": lines} if lines else None
