"""Small, consistent run folders without a sampler: real lags of simulated scores, draws from plain normal laws."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.analysis.schema import SCHEMA_VERSION, check_file, gate_entry, manifest_digest
from gapmodel.analysis.summary import benchmark_entries
from gapmodel.audit import audit_scores
from gapmodel.files.atomic import atomic_netcdf, atomic_text, csv_text, file_hashes, plain_value, write_json
from gapmodel.lags.panel import compute_lags
from gapmodel.lags.published_line import published_baseline
from gapmodel.runs.lag_files import write_lags
from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import simulate_scores

__all__ = ["SCRIPT", "make_comparison", "make_run"]

# A name from data that must not become part of a page.
SCRIPT = "<script>alert(1)</script>"
HORIZON_MONTHS = 120
CHAINS = 2
_DAYS_PER_MONTH = 30.4375


def make_run(
    folder: Path,
    *,
    n_benchmarks: int = 4,
    n_months: int = 24,
    draws: int = 300,
    seed: int = 3,
    gap: float = 6.0,
    slope: float = -1.5,
    keep_draws: bool = True,
    quick: bool = False,
    passed: bool = True,
    titles: dict[int, str] | None = None,
    models: dict[int, str] | None = None,
) -> Path:
    """Write a run folder that `gapmodel.runs.reader.read_run` accepts; same arguments, same bytes.

    Parameters
    ----------
    folder : pathlib.Path
        New or empty.
    draws : int
        A chain, of two.
    gap, slope : float
        Centre of the average trend at the last month: months, and months per year.
    keep_draws : bool
        Write ``draws.nc``; committed runs have none.
    quick, passed : bool
        Either makes the run not citable.
    titles : dict, optional
        Position of a benchmark → its title.
    models : dict, optional
        Position of a model in the sorted list → its name.
    """
    frame, info, _ = simulate_scores(seed=seed, n_benchmarks=n_benchmarks, n_months=n_months)
    info["category"] = [("agentic", "mathematics", "reasoning", "science")[k % 4] for k in range(len(info))]
    for k, title in (titles or {}).items():
        info.loc[k, "title"] = title
    names = sorted(frame["model"].unique())
    frame["model"] = frame["model"].replace({names[k]: new for k, new in (models or {}).items()})
    scores = validate_scores(frame, info, today=date(2030, 1, 1))
    lags = compute_lags(scores)
    baseline = published_baseline(lags.panel)
    as_of = pd.Timestamp(lags.panel["month"].to_numpy()[-1])
    benchmarks = [str(b) for b in lags.panel["benchmark"].to_numpy()]

    rng = np.random.default_rng(seed)
    shape = (CHAINS, draws, len(benchmarks))
    each_gap = gap + rng.normal(0, 1.5, shape[-1]) + rng.normal(0, 1.0, (*shape[:2], 1)) + rng.normal(0, 1.2, shape)
    each_slope = slope + rng.normal(0, 0.8, (*shape[:2], 1)) + rng.normal(0, 0.6, shape)
    average_gap, average_slope = each_gap.mean(-1), each_slope.mean(-1)
    with np.errstate(divide="ignore"):
        months = np.where(average_slope < 0, -12 * average_gap / average_slope, np.inf)
    months = np.where(average_gap <= 0, 0.0, np.where(months > HORIZON_MONTHS, np.inf, months))

    grid = as_of + pd.offsets.MonthEnd(0)
    dates = pd.DatetimeIndex([grid + pd.offsets.MonthEnd(k) for k in range(HORIZON_MONTHS + 1)])
    ahead = np.arange(HORIZON_MONTHS + 1)
    probability = np.array([(months <= k).mean() for k in ahead])
    curve = pd.DataFrame(
        {
            "date": dates,
            "probability": probability,
            "mcse": np.sqrt(probability * (1 - probability) / months.size),
            "sustained": probability,
            "prior": 0.1 + 0.3 * ahead / HORIZON_MONTHS,
        }
    )
    per_benchmark = _per_benchmark(each_gap, each_slope, lags.panel, benchmarks)
    past = pd.DatetimeIndex(lags.panel["month"].to_numpy()).append(dates[1:49])
    bands = _bands(average_gap, average_slope, past, as_of)

    folder.mkdir(parents=True, exist_ok=True)
    write_lags(lags, folder)
    for name, table in {
        "per_benchmark.csv": per_benchmark,
        "zero_lag_curve.csv": curve,
        "trend_bands.csv": bands,
        "baseline_lines.csv": baseline.lines,
        "baseline_monthly.csv": baseline.monthly,
    }.items():
        atomic_text(folder / name, csv_text(table))
    if keep_draws:
        dims = ("chain", "draw")
        days = months * _DAYS_PER_MONTH
        variables = {
            "average_gap": (dims, average_gap),
            "slope": (dims, average_slope),
            "benchmark_gap": ((*dims, "benchmark"), each_gap),
            "benchmark_slope": ((*dims, "benchmark"), each_slope),
            "touched": (dims, days),
            "sustained": (dims, days),
        }
        draws_set = xr.Dataset(variables, coords={"benchmark": np.array(benchmarks)})
        atomic_netcdf(folder / "draws.nc", draws_set.astype("float32"))
    summary = _summary(average_gap, average_slope, months, curve, per_benchmark, baseline, scores, lags, as_of)
    summary |= {"quick": quick, "citable": passed and not quick, "seed": seed}
    summary["diagnostics"]["passed"] = passed
    audit = audit_scores(scores)
    summary["audit"] = {"n_months": audit.n_months, "n_on_flagged_records": audit.n_flagged}
    # Too few benchmarks to be cited, which these tests are not about.
    data = [{"name": check.name, "status": "ok", "accepted": "", "findings": []} for check in audit.checks]
    summary["data_gate"] = gate_entry(data)
    summary = json.loads(json.dumps(summary, default=plain_value))
    check_file(summary, "summary.json", where="summary.json")
    write_json(folder / "summary.json", summary)
    write_json(folder / "audit.json", audit.as_dict())
    rhat = 1.002 if passed else 1.2
    checks = [{"name": "rhat_max", "value": rhat, "rule": "<=", "threshold": 1.01, "passed": passed, "detail": "slope"}]
    write_json(folder / "checks.json", {"schema_version": 1, "passed": passed, "checks": checks, "data": data})
    manifest = json.loads(
        json.dumps({
            "schema_version": 1,
            "run_id": f"shared_shock-test{seed}",
            "data": {**summary["data"], "credits": summary["credits"]},
            "variant": {
                "name": "shared_shock",
                "summary": "a made-up posterior for tests",
                "file": "shared_shock.py",
                "sha256": "0" * 64,
                "priors": {"slope_population": "Normal(0, 3) months/year"},
            },
            "options": summary["options"],
            "sampler": {"draws": draws, "tune": 0, "chains": CHAINS, "seed": seed, "sampler": "none"},
            "seed": seed,
            "versions": {"gapmodel": "0"},
            "command": "gapmodel run",
            "accepted": {},
            "duration_seconds": {"total": 0.0},
            "files": file_hashes(folder),
        })
    )  # fmt: skip
    write_json(folder / "manifest.json", manifest | {"sha256": manifest_digest(manifest)})
    return folder


def make_comparison(folder: Path, *, variants: tuple[str, ...] = ("shared_shock", "pooled", "levelling")) -> Path:
    """A folder with ``comparison.csv`` as `gapmodel compare` writes it; the stacked row comes last."""
    rows: list[dict[str, Any]] = []
    for k, name in enumerate((*variants, "stacked")):
        last = name == "stacked"
        rows.append(
            {
                "variant": name, "summary": f"what {name} assumes",
                "gap_median": 5.0 + k, "gap_lower": 3.0 + k, "gap_upper": 8.0 + k,
                "slope_median": -1.0 + k, "slope_lower": -2.0 + k, "slope_upper": 0.5 + k,
                "probability_12_months": 0.1 * k, "probability_never": 0.5,
                "passed": k != 1, "note": "checks failed: rhat_max 1.2" if k == 1 else "",
                "elpd_future": np.nan if last else -500.0 - k, "difference_future": np.nan if last else -float(k),
                "se_future": np.nan if last else 2.0, "warning_future": "",
                "weight": 1.0 if last else 1.0 / len(variants),
            }
        )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    atomic_text(folder / "comparison.csv", csv_text(pd.DataFrame(rows)))
    return folder


def _estimate(draws: np.ndarray, as_of: pd.Timestamp) -> dict[str, Any]:
    lower, median, upper = np.quantile(draws, [0.05, 0.5, 0.95])
    return {
        "date": str(as_of.date()),
        "mean": draws.mean(),
        "median": median,
        "sd": draws.std(ddof=1),
        "interval": {"prob": 0.9, "kind": "equal-tailed", "lower": lower, "upper": upper},
        "mcse": draws.std(ddof=1) / np.sqrt(draws.size),
        "ess_bulk": float(draws.size),
    }


def _per_benchmark(gaps: np.ndarray, slopes: np.ndarray, panel: xr.Dataset, benchmarks: list[str]) -> pd.DataFrame:
    rows = []
    for k, name in enumerate(benchmarks):
        cells = panel.sel(benchmark=name)
        g = np.quantile(gaps[..., k], [0.05, 0.25, 0.5, 0.75, 0.95])
        s = np.quantile(slopes[..., k], [0.05, 0.5, 0.95])
        rows.append(
            {
                "benchmark": name,
                "gap_mean": gaps[..., k].mean(), "gap_median": g[2], "gap_lower": g[0], "gap_upper": g[4],
                "gap_lower50": g[1], "gap_upper50": g[3],
                **{f"{what}_sd": values[..., k].std(ddof=1) for what, values in (("gap", gaps), ("slope", slopes))},
                **{f"{what}_mcse": values[..., k].std(ddof=1) / np.sqrt(values[..., k].size)
                   for what, values in (("gap", gaps), ("slope", slopes))},
                "slope_mean": slopes[..., k].mean(), "slope_median": s[1], "slope_lower": s[0], "slope_upper": s[2],
                "title": str(cells["title"].item()), "category": str(cells["category"].item()),
                "probability_by_12_months": float((gaps[..., k] + slopes[..., k] <= 0).mean()),
                "n_months": int(cells["observed"].sum()), "n_censored": int((cells["censoring"] != 0).sum()),
                "last_month": str(pd.Timestamp(panel["month"].to_numpy()[cells["in_window"]][-1]).date()),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _bands(gap: np.ndarray, slope: np.ndarray, dates: pd.DatetimeIndex, as_of: pd.Timestamp) -> pd.DataFrame:
    years = (dates - as_of).days.to_numpy() / 365.25
    path = gap.ravel()[:, None] + slope.ravel()[:, None] * years[None, :]
    levels = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
    columns = {f"q{round(100 * p):02d}": np.quantile(path, p, axis=0) for p in levels}
    return pd.DataFrame({"date": dates, "mean": path.mean(0), **columns})


def _summary(gap, slope, months, curve, per_benchmark, baseline, scores, lags, as_of) -> dict[str, Any]:
    rows = curve.iloc[[5, 12, 24, 60, HORIZON_MONTHS]]
    by = [
        {"date": str(r.date.date()), "probability": r.probability, "mcse": r.mcse, "prior": r.prior}
        for r in rows.itertuples()
    ]
    panel = lags.panel
    line = baseline.lines.iloc[-1]
    prior = [{"date": r["date"], "probability": r.pop("prior")} for r in by]
    quantiles = np.quantile(np.where(np.isinf(months), 1e9, months), [0.05, 0.5, 0.95], method="inverted_cdf")
    where = [None if q > 1e8 else str((as_of + pd.Timedelta(days=q * _DAYS_PER_MONTH)).date()) for q in quantiles]
    new = gap + np.random.default_rng(0).normal(0, 2, gap.shape)
    keys = {
        "average_gap_months": gap, "population_mean_gap_months": gap, "new_benchmark_gap_months": new,
        "slope_months_per_year": slope, "population_slope_months_per_year": slope,
        "still_run_gap_months": gap, "still_run_slope_months_per_year": slope,
    }  # fmt: skip
    summary = {
        "schema_version": SCHEMA_VERSION,
        "leader": "closed",
        "follower": "open",
        **{name: _estimate(values, as_of) for name, values in keys.items()},
        "still_run": {"within_months": 6, "benchmarks": per_benchmark["benchmark"].tolist()},
        "zero_lag": {
            "estimand": "the average trend over the included benchmarks is at or below zero months",
            "start": str(as_of.date()), "horizon": str(curve["date"].iloc[-1].date()), "horizon_years": 10.0,
            "n_draws": months.size, "probability_already": float((months == 0).mean()),
            "probability_already_mcse": 0.001,
            "probability_by": by,
            "probability_sustained_by": [{"date": r["date"], "probability": r["probability"]} for r in by],
            "sustained_months": 3, "date_quantiles": dict(zip(("0.05", "0.5", "0.95"), where)),
            "probability_never": float(np.isinf(months).mean()), "probability_never_mcse": 0.001,
            "never_means": "not within the horizon",
            "prior_probability_by": prior, "prior_probability_never": 0.6,
        },
        "per_benchmark": benchmark_entries(per_benchmark),
        "predictive_checks": [], "out_of_time": None,
        "baseline": {
            "method": "ordinary least squares", "clamped_at_zero": True, "censored_months": "drop",
            "mean": {
                **{k: line[k] for k in ("benchmark", "intercept_months", "slope_months_per_year")},
                "n_months": int(line["n_months"]),
                "zero_date": None if pd.isna(line["zero_date"]) else str(line["zero_date"].date()),
            },
            "benchmarks": [],
        },
        "prior": {"lag_share_within_range": 0.98, "range_months": [-12, 36], "draws": 1000},
        "diagnostics": {"rhat_max": 1.002, "ess_bulk_min": 900.0, "ess_tail_min": 900.0, "divergences": 0,
                        "bfmi_min": 0.9, "mcse_probability_max": 0.01, "passed": True},
        "known_truth": [],
        "data": {
            "sha256": scores.sha256, "snapshot": scores.snapshot, "n_benchmarks": len(per_benchmark),
            "n_models": int(scores.table["model"].nunique()), "n_scores": len(scores.table),
            "first": str(scores.table["release_date"].min().date()),
            "last": str(scores.table["release_date"].max().date()), "as_of": str(as_of.date()),
            "n_lags": int(panel["observed"].sum()), "n_right_censored": int((panel["censoring"] > 0).sum()),
            "n_left_censored": int((panel["censoring"] < 0).sum()),
            "n_lags_in_model": int(panel["observed"].sum()), "n_censored_in_model": 0,
        },
        "skipped": [{"benchmark": str(r.benchmark), "reason": str(r.reason)} for r in lags.skipped.itertuples()],
        "options": {
            "cutoff": None, "grace_months": 1, "leader_start_up_months": 3.0, "follower_start_up_months": 6.0,
            "leader": {"name": "closed", "condition": "weights=closed"},
            "follower": {"name": "open", "condition": "weights=open"},
        },
        "model": "shared_shock",
        "credits": ["Made-up scores of a simulation, for tests."],
    }  # fmt: skip
    return summary


def make_replay(folder: Path, summary: dict, *, answers: bool = True, **other) -> Path:
    """A backtest folder that belongs to the run of `summary`, with made-up forecasts; `other` replaces parts."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(5)
    name, cutoffs = summary["model"], ["2023-09-30", "2024-03-31"]
    rows = [
        {"method": name, "cutoff": cutoff, "target": "average", "month": pd.Timestamp(cutoff) + pd.offsets.MonthEnd(k),
         "horizon": k, "outcome": 5.0 + rng.normal(), "n_benchmarks": 4,
         "q05": 2.0, "q25": 4.0, "q50": 5.0, "q75": 6.0, "q95": 8.0}
        for cutoff in cutoffs for k in range(1, 7)
    ]  # fmt: skip
    rows[0]["outcome"] = -9.25  # outside
    atomic_text(folder / "forecasts.csv", csv_text(pd.DataFrame(rows)))
    told = {"n_benchmarks": 4, "n_draws": 4000, "zero_12_months": 0.125, "never": 0.5}
    for key, (low, mid, high) in {"gap": (3.0, 5.0, 7.0), "slope": (-2.0, -1.0, 1.0)}.items():
        told |= {f"{key}_median": mid, f"{key}_lower": low, f"{key}_upper": high, f"{key}_sd": 1.2, f"{key}_mcse": 0.02}
    if answers:
        table = pd.DataFrame([{"method": name, "cutoff": cutoff, **told} for cutoff in cutoffs])
        atomic_text(folder / "answers.csv", csv_text(table))
    about = {"data": summary["data"], "options": summary["options"], "fits": [{"method": name}]}
    write_json(folder / "backtest.json", about | {"known_by": {"rule": "evaluation"}} | other)
    skill = pd.DataFrame({"target": ["average"], "method": [name], "horizon": [3], "crps": [1.0]})
    atomic_text(folder / "skill.csv", csv_text(skill))
    return folder
