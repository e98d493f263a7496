"""Posterior summaries of the gap: its level and slope at a date, for the average and for each benchmark.

Everything is computed from draws with ``chain, draw`` kept, and summarised last.
"""

from __future__ import annotations

from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.inference.sampling import Fit

__all__ = ["INTERVAL_PROB", "gap_draws", "spread_row", "summarise", "summary_row", "trend_draws"]

INTERVAL_PROB = 0.9


# Dates that are computed at once where only their averages are kept.
_BLOCK = 12


def trend_draws(
    fit: Fit, dates, *, samples: xr.Dataset | None = None, benchmarks=None, each: bool = True
) -> xr.Dataset:
    """Trends of the variant at `dates`, from the posterior or other draws.

    Parameters
    ----------
    fit : Fit
    dates : date-like or sequence of them
    samples : xarray.Dataset, optional
        Draws in place of the posterior's (the prior's, say).
    benchmarks : sequence of str, optional
        Those that the average includes; default: all in the model.
    each : bool
        Keep the trend of each benchmark: of ten years of months and 40,000 draws that is gigabytes.

    Returns
    -------
    xarray.Dataset
        Dims ``chain, draw`` and ``time`` (datetime64): ``benchmark_trend`` (and ``benchmark``),
        ``average`` (mean over the included benchmarks), ``population_mean``, ``population_sd``; months.
    """
    times = pd.DatetimeIndex(np.atleast_1d(np.asarray(dates, dtype="datetime64[ns]")))
    years = fit.data.years_at(times.to_numpy())
    if each:
        return _trends(fit, years, samples, benchmarks).assign_coords(time=times)
    blocks = [
        _trends(fit, years[k : k + _BLOCK], samples, benchmarks).drop_vars("benchmark_trend")
        for k in range(0, len(years), _BLOCK)
    ]
    return xr.concat(blocks, "time", data_vars="minimal").assign_coords(time=times)


def _trends(fit: Fit, years: np.ndarray, samples: xr.Dataset | None, benchmarks) -> xr.Dataset:
    """The same at `years` since the reference date."""
    trend = fit.variant.trend(fit.posterior if samples is None else samples, years)
    included = trend["benchmark_trend"] if benchmarks is None else trend["benchmark_trend"].sel(benchmark=benchmarks)
    trend["average"] = included.mean("benchmark")
    return trend


def gap_draws(fit: Fit, date, *, seed: int, samples: xr.Dataset | None = None, benchmarks=None) -> xr.Dataset:
    """Gap and slope at one date.

    Parameters
    ----------
    fit : Fit
    date : date-like
    seed : int
        For the new benchmark's own deviation.
    samples : xarray.Dataset, optional
        Other draws than the posterior's.
    benchmarks : sequence of str, optional
        Those that the average includes.

    Returns
    -------
    xarray.Dataset
        Dims ``chain, draw``: ``average_gap``, ``population_mean``, ``new_benchmark``, ``slope`` (of the average),
        ``population_slope``; with ``benchmark``: ``benchmark_gap``, ``benchmark_slope``. Months, and months per year.
        A slope is the change over the 12 months that end at `date`.
    """
    # A year of 12 months before, to the fraction of a day: between two dates lie 365 or 366 days.
    years = fit.data.years_at(np.datetime64(pd.Timestamp(date), "D")) + np.array([-1.0, 0.0])
    trend = _trends(fit, years, samples, benchmarks)
    then, now = trend.isel(time=0, drop=True), trend.isel(time=1, drop=True)
    noise = np.random.default_rng(seed).standard_normal(tuple(now["population_mean"].shape))
    gaps = xr.Dataset(
        {
            "average_gap": now["average"],
            "population_mean": now["population_mean"],
            "new_benchmark": now["population_mean"] + now["population_sd"] * noise,
            "slope": now["average"] - then["average"],
            "population_slope": now["population_mean"] - then["population_mean"],
            "benchmark_gap": now["benchmark_trend"],
            "benchmark_slope": now["benchmark_trend"] - then["benchmark_trend"],
        }
    )
    for name in gaps.data_vars:
        gaps[name].attrs["units"] = "months/year" if "slope" in str(name) else "months"
    return gaps


def summarise(draws: xr.DataArray, *, prob: float = INTERVAL_PROB) -> dict[str, Any]:
    """Mean, median, SD, equal-tailed interval, MCSE of the mean and bulk ESS of one quantity.

    Parameters
    ----------
    draws : xarray.DataArray, dims (chain, draw)
    prob : float
        Probability of the interval, always stated in the result.

    Returns
    -------
    dict
        ``mean, median, sd, mcse`` in the unit of `draws`; ``interval`` with ``prob, kind, lower, upper``; ``ess_bulk``.
    """
    values = draws.to_numpy()
    lower, median, upper = np.quantile(values, [(1 - prob) / 2, 0.5, (1 + prob) / 2])
    return {
        "mean": float(values.mean()),
        "median": float(median),
        "sd": float(values.std(ddof=1)),
        "interval": {"prob": prob, "kind": "equal-tailed", "lower": float(lower), "upper": float(upper)},
        "mcse": _scalar(az.mcse(draws, method="mean")),
        "ess_bulk": _scalar(az.ess(draws, method="bulk")),
    }


def summary_row(name: str, gap: xr.DataArray, slope: xr.DataArray, *, prob: float = INTERVAL_PROB) -> dict[str, Any]:
    """Gap and slope of one quantity as a row of the per-benchmark table.

    Parameters
    ----------
    name : str
    gap, slope : xarray.DataArray, dims (chain, draw), months and months per year
    prob : float
        Of the outer interval; the inner one of the gap has 50 %.

    Returns
    -------
    dict
        ``benchmark``; ``gap_mean``, and ``_median, _lower, _upper, _lower50, _upper50``; ``slope_mean``, and ``_median,
        _lower, _upper``.
    """
    low, high = (1 - prob) / 2, (1 + prob) / 2
    g = [float(q) for q in np.quantile(gap, [low, 0.25, 0.5, 0.75, high])]
    s = [float(q) for q in np.quantile(slope, [low, 0.5, high])]
    return {
        "benchmark": name,
        "gap_mean": float(gap.mean()),
        "gap_median": g[2],
        "gap_lower": g[0],
        "gap_upper": g[4],
        "gap_lower50": g[1],
        "gap_upper50": g[3],
        "slope_mean": float(slope.mean()),
        "slope_median": s[1],
        "slope_lower": s[0],
        "slope_upper": s[2],
    }


def spread_row(gap: xr.DataArray, slope: xr.DataArray) -> dict[str, float]:
    """SD and Monte Carlo error of the mean, beside `summary_row`.

    Parameters
    ----------
    gap, slope : xarray.DataArray, dims (chain, draw), months and months per year

    Returns
    -------
    dict
        ``gap_sd, gap_mcse, slope_sd, slope_mcse``.
    """
    out = {}
    for name, draws in (("gap", gap), ("slope", slope)):
        out[f"{name}_sd"] = float(draws.to_numpy().std(ddof=1))
        out[f"{name}_mcse"] = _scalar(az.mcse(draws, method="mean"))
    return out


def _scalar(value: Any) -> float:
    return float(np.asarray(value))
