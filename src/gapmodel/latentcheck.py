"""Does a model of the scores recover a known lag path: simulated scores in, coverage by month out.

One job is one simulated table; all of a size share one compiled model, since scores are padded to common numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.compilecache import compiled_for
from gapmodel.fit import SamplerSettings
from gapmodel.gap import INTERVAL_PROB, gap_draws, trend_draws
from gapmodel.lagoptions import LagOptions
from gapmodel.registry import load_variant
from gapmodel.scoredata import as_score_data
from gapmodel.scores import validate_scores
from gapmodel.simulate import simulate_scores
from gapmodel.views import SCORES

__all__ = ["SIZES", "path_job", "path_table"]

#: Keywords of `simulate_scores`: about 350 models that are run at all, of 500 that are released; and a small table.
SIZES: dict[str, dict[str, Any]] = {
    "large": {"n_benchmarks": 40, "missing": 0.6, "releases_per_month": 4.2},
    "small": {"n_benchmarks": 12, "missing": 0.6, "releases_per_month": 2.0},
}

# Models, scores, bounds and models with one: the first that is enough.
_SLOTS = ((200, 700, 80, 40), (440, 4800, 400, 130), (700, 9000, 2000, 400))


def simulated_data(*, scenario: str, seed: int, simulation: dict[str, Any]):
    """Simulated scores as model arrays, padded, and the lag averaged over the benchmarks in them, by month."""
    frame, info, truth = simulate_scores(seed=seed, scenario=scenario, **simulation)
    scores = validate_scores(frame, info, today=pd.Timestamp(frame["release_date"].max()).date())
    options = LagOptions(cutoff=truth.months[-1])
    grid: dict[str, Any] = {"months": truth.months, "benchmarks": np.sort(info["benchmark"].to_numpy().astype(str))}
    lags = options.lags(scores)
    alone = as_score_data(options.data(lags, view=SCORES, **grid))
    needed = (len(alone.model), len(alone.score_logit), len(alone.bound_score), len(alone.bounded))
    slots = next((s for s in _SLOTS if all(a >= b for a, b in zip(s, needed, strict=True))), needed)
    data = as_score_data(options.data(lags, view=SCORES, pad_scores=slots, **grid))
    # Simulated benchmarks are numbered in the order of their names.
    number = [int(name.split("-")[1]) for name in data.benchmark]
    return data, truth.lag + truth.benchmark_offset[number].mean(), truth


def path_job(
    *, variant: str, scenario: str, seed: int, simulation: dict[str, Any], settings: dict[str, Any]
) -> dict[str, Any]:
    """Fit one simulated table and compare the path of the average lag with the truth.

    Returns
    -------
    dict
        ``scenario, seed, n_models, n_scores, divergences``; by month ``truth``, ``median``, ``lower``, ``upper`` (90 %,
        months); ``slope_truth, slope, slope_lower, slope_upper`` of the last 12 months (months a year).
    """
    data, truth, latent = simulated_data(scenario=scenario, seed=seed, simulation=simulation)
    chosen = load_variant(variant)
    fit = compiled_for(chosen, data).sample(replace(SamplerSettings(**settings), seed=seed))
    average = trend_draws(fit, data.month)["average"]
    tail = (1 - INTERVAL_PROB) / 2
    low, middle, high = (average.quantile(q, ("chain", "draw")).to_numpy() for q in (tail, 0.5, 1 - tail))
    slope = gap_draws(fit, data.month[-1], seed=seed)["slope"]
    slope_low, slope_high = np.quantile(slope, [tail, 1 - tail])
    return {
        "scenario": scenario,
        "seed": seed,
        "n_models": int(data.model_real.sum()),
        "n_scores": int(data.score_exact.sum() + np.abs(data.bound_sign).sum()),
        "divergences": int(fit.idata["sample_stats"]["diverging"].sum()),
        "truth": truth.tolist(),
        "median": middle.tolist(),
        "lower": low.tolist(),
        "upper": high.tolist(),
        "slope_truth": float(latent.recent_slope),
        "slope": float(slope.median()),
        "slope_lower": float(slope_low),
        "slope_upper": float(slope_high),
    }


def path_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Coverage of the lag path, of the last month and of the slope, by scenario and over all.

    Months of one table are not independent, so the standard error of the path's coverage is that over tables.
    """
    found = []
    for row in rows:
        truth, low, high = (np.array(row[k]) for k in ("truth", "lower", "upper"))
        inside = (low <= truth) & (truth <= high)
        found.append(
            {
                "scenario": row["scenario"],
                "path": inside.mean(),
                "end": float(inside[-1]),
                "slope": float(row["slope_lower"] <= row["slope_truth"] <= row["slope_upper"]),
                "path_bias": float(np.mean(np.array(row["median"]) - truth)),
                "end_bias": row["median"][-1] - truth[-1],
                "path_width": float(np.mean(high - low)),
            }
        )
    frame = pd.DataFrame(found)
    parts = [(str(name), part) for name, part in frame.groupby("scenario", sort=True)] + [("all", frame)]
    out = []
    for name, part in parts:
        n = len(part)
        line: dict[str, Any] = {"scenario": name, "n": n}
        for key in ("path", "end", "slope"):
            line[f"{key}_coverage"] = part[key].mean()
            line[f"{key}_se"] = part[key].std(ddof=1) / np.sqrt(n) if n > 1 else float("nan")
        for key in ("path_bias", "end_bias", "path_width"):
            line[key] = part[key].mean()
        out.append(line)
    return pd.DataFrame(out)
