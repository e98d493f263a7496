"""Is a model of the scores right: known lag paths recovered, and held-out scores predicted.

One job of the former is one simulated table; all of a size share one compiled model, since scores are padded to common
numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from scipy import special, stats

from gapmodel.errors import ConfigError
from gapmodel.inference.capability import replicate_scores
from gapmodel.inference.compile_cache import compiled_for
from gapmodel.inference.gap import INTERVAL_PROB, gap_draws, trend_draws
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.lags.views import SCORES
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.score_data import ScoreData, as_score_data
from gapmodel.modeling.variant import Variant
from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import simulate_scores

__all__ = [
    "SIZES",
    "hide",
    "index_predictions",
    "path_job",
    "path_table",
    "predicted_scores",
    "prediction_summary",
    "simulated_data",
]

_LARGE = {"n_benchmarks": 40, "missing": 0.6, "releases_per_month": 4.2}

#: Keywords of `simulate_scores`: about 350 models that are run at all, of 500 that are released; the same with
#: shortfalls of a form that the model of the scores does not have; and a small table of that kind.
SIZES: dict[str, dict[str, Any]] = {
    "large": {**_LARGE, "shortfall_in": "capability"},
    "large_time": {**_LARGE, "shortfall_in": "time"},
    "small": {"n_benchmarks": 12, "missing": 0.6, "releases_per_month": 2.0, "shortfall_in": "time"},
}

# Models, scores, bounds and models with one: the first that is enough.
_SLOTS = ((200, 700, 80, 40), (440, 4800, 400, 130), (700, 9000, 2000, 400))


def simulated_data(*, scenario: str, seed: int, simulation: dict[str, Any]):
    """Simulated scores as model arrays, with the lag that they were made with.

    Parameters
    ----------
    scenario, seed
        Of `gapmodel.simulation.frontiers.simulate_scores`.
    simulation : dict
        Its other keywords, see `SIZES`.

    Returns
    -------
    data : ScoreData
        Padded to numbers that tables of a size share.
    lag : numpy.ndarray, shape (T,), months
        Latent lag at each month of `data`, averaged over the benchmarks in it.
    truth : gapmodel.simulation.frontiers.Truth
        Averaged over all simulated benchmarks.
    """
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

    Parameters
    ----------
    variant : str
        Name or file; of the view ``scores``.
    scenario, seed, simulation
        See `simulated_data`; the seed is the sampler's too.
    settings : dict
        Keywords of `SamplerSettings`.

    Returns
    -------
    dict
        ``scenario, seed, n_models, n_scores, divergences``; ``rhat`` (the path's largest); by month ``truth``,
        ``median``, ``lower``, ``upper`` (90 %, months); ``slope_truth, slope, slope_lower, slope_upper`` of the last
        12 months (months per year).
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
        "rhat": float(az.rhat(average.to_dataset(name="path"))["path"].max()),
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

    Parameters
    ----------
    rows : list of dict
        From `path_job`.

    Returns
    -------
    pandas.DataFrame
        One row per scenario, then ``all``: ``scenario, n`` (tables); ``path_coverage, end_coverage, slope_coverage`` of
        the 90 % intervals, with the errors ``path_se, end_se, slope_se`` (NaN for one table); ``path_bias`` and
        ``end_bias`` (median less truth) and ``path_width``, months; ``rhat_max``.
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
                "rhat": row["rhat"],
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
        line["rhat_max"] = part["rhat"].max()
        out.append(line)
    return pd.DataFrame(out)


def hide(data: ScoreData, cells: np.ndarray) -> ScoreData:
    """`data` of the same shape without some of its scores; only exact scores can be hidden.

    Parameters
    ----------
    data : ScoreData
    cells : numpy.ndarray of bool, shape (N,)
        The scores to hide. A model that has none left, nor a bound, becomes padding.

    Returns
    -------
    ScoreData

    Raises
    ------
    ConfigError
        A bound is among them.
    """
    bounds = np.zeros(len(cells), dtype=bool)
    bounds[data.bound_score[data.bound_sign != 0]] = True
    if (cells & bounds).any():
        raise ConfigError("only exact scores can be hidden: a bound is among the cells")
    exact = np.where(cells, 0.0, data.score_exact)
    # A model with no score left is padding to the fit: its shortfall has nothing to be integrated against.
    told = np.bincount(data.score_model, weights=exact, minlength=len(data.model)) > 0
    told[data.bounded[data.bounded_real > 0]] = True
    return replace(data, score_exact=exact, model_real=np.where(told, data.model_real, 0.0))


def predicted_scores(
    variant: Variant, samples: xr.Dataset, fitted: ScoreData, cells: np.ndarray, *, seed: int
) -> pd.DataFrame:
    """Predictions of scores that were hidden from the fit, from what the fit knows of model, benchmark and date.

    Parameters
    ----------
    variant : Variant
    samples : xarray.Dataset
        Posterior from `fitted`.
    fitted : ScoreData
        From `hide`; it still holds what was hidden.
    cells : numpy.ndarray of bool, shape (N,)
        As `hide` was given.
    seed : int

    Returns
    -------
    pandas.DataFrame
        One row per cell: ``benchmark, model, follower, score`` (share of the way from floor to ceiling), ``predicted``
        (median), ``lower, upper`` (90 %), ``pit`` and ``log_density`` (of the logit, of a normal with the moments of
        the draws).
    """
    drawn = replicate_scores(variant, samples, fitted, seed=seed)[:, cells]
    logit = fitted.score_logit[cells]
    tail = (1 - INTERVAL_PROB) / 2
    quantiles = np.quantile(special.expit(drawn), [tail, 0.5, 1 - tail], axis=0)
    log_density = stats.norm.logpdf(logit, drawn.mean(axis=0), drawn.std(axis=0))
    return _predictions(fitted, cells, quantiles, (drawn < logit).mean(axis=0), log_density)


def index_predictions(data: ScoreData, cells: np.ndarray, index: pd.Series) -> pd.DataFrame:
    """The same from a published index of capability: by benchmark a straight line of the logit on the index.

    Parameters
    ----------
    data : ScoreData
    cells : numpy.ndarray of bool, shape (N,)
        To be predicted; the lines go through all other exact scores. (The index itself may have seen them.)
    index : pandas.Series
        Model → index.

    Returns
    -------
    pandas.DataFrame
        As `predicted_scores`, in the same order; NaN for models without an index, and for benchmarks with fewer than
        three other scores.
    """
    x = pd.Series(data.model[data.score_model]).map(index).to_numpy(dtype=float)
    z, b = data.score_logit, data.score_benchmark
    centre, scale, df = np.full(len(z), np.nan), np.full(len(z), np.nan), np.ones(len(z))
    for k in range(len(data.benchmark)):
        known = (b == k) & ~cells & (data.score_exact > 0) & ~np.isnan(x)
        if known.sum() > 2:
            line = stats.linregress(x[known], z[known])
            left = z[known] - line.intercept - line.slope * x[known]
            own = cells & (b == k)
            centre[own] = line.intercept + line.slope * x[own]
            df[own] = known.sum() - 2
            sd = max(np.sqrt(np.sum(left**2) / (known.sum() - 2)), 1e-6)  # a perfect line is too good
            away = (x[own] - x[known].mean()) ** 2 / np.sum((x[known] - x[known].mean()) ** 2)
            scale[own] = sd * np.sqrt(1.0 + 1.0 / known.sum() + away)  # of a new point, the line not known exactly
    centre, logit = centre[cells], z[cells]
    of_new = stats.t(df[cells], loc=centre, scale=scale[cells])
    tail = (1 - INTERVAL_PROB) / 2
    quantiles = [special.expit(of_new.ppf(q)) for q in (tail, 0.5, 1 - tail)]
    pit, log_density = of_new.cdf(logit), of_new.logpdf(logit)
    return _predictions(data, cells, quantiles, pit, log_density)


def _predictions(data: ScoreData, cells: np.ndarray, quantiles, pit, log_density) -> pd.DataFrame:
    """`quantiles` of the share: lower end, median, upper end."""
    model = data.score_model[cells]
    low, middle, high = quantiles
    return pd.DataFrame(
        {
            "benchmark": data.benchmark[data.score_benchmark[cells]],
            "model": data.model[model],
            "follower": data.model_follower[model] > 0,
            "score": special.expit(data.score_logit[cells]),
            "predicted": middle,
            "lower": low,
            "upper": high,
            "pit": pit,
            "log_density": log_density,
        }
    )


def prediction_summary(predictions: pd.DataFrame) -> dict[str, float]:
    """How good the predictions of `predicted_scores` are, over all of them.

    Returns
    -------
    dict
        ``n``; ``rmse`` of the median (share of the scale); ``covered90``, share within the 90 % intervals;
        ``mean_log_density`` of the logit (nats).
    """
    inside = (predictions["lower"] <= predictions["score"]) & (predictions["score"] <= predictions["upper"])
    return {
        "n": len(predictions),
        "rmse": float(np.sqrt(np.mean((predictions["predicted"] - predictions["score"]) ** 2))),
        "covered90": float(inside.mean()),
        "mean_log_density": float(predictions["log_density"].mean()),
    }
