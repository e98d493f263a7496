"""Replicated and predicted lags: what a variant says that monthly lags look like, from prior or posterior draws.

A variant's samples are read by name: ``shock`` (month), ``error_sd``, ``error_length`` and ``error_scale``
(benchmark, a factor of ``error_sd``), each where it has one, and whatever its trend reads. Without ``error_length``
errors are independent.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy import stats
from scipy.special import logsumexp

from gapmodel.modeling.panel_data import EXCESS_SCALE, PanelData
from gapmodel.modeling.variant import Variant
from gapmodel.stats.draws import flat
from gapmodel.units import MONTHS_PER_YEAR

__all__ = [
    "PRIOR_LAG_RANGE",
    "forecast_moments",
    "latent_lags",
    "log_predictive_density",
    "predict_lags",
    "prior_lag_share",
    "replicate_lags",
]

# A prior that often puts lags outside a year ahead to three years behind contradicts what is known of the field.
PRIOR_LAG_RANGE = (-12.0, 36.0)


def replicate_lags(variant: Variant, samples: xr.Dataset, data: PanelData, *, seed: int) -> np.ndarray:
    """Simulate one uncensored panel from each draw.

    Parameters
    ----------
    variant : Variant
    samples : xarray.Dataset, dims (chain, draw, …)
    data : PanelData
    seed : int

    Returns
    -------
    numpy.ndarray, shape (n_draws, B, T), months
        Every cell of the grid, in the window or not. A model of the scores has no lag but the latent one, and no error
        of it: its trend.
    """
    rng = np.random.default_rng(seed)
    mean = _means(variant, samples, data)
    if variant.view.of_scores:
        return mean
    sd, length = _error_sd(samples, data), _error_length(samples)
    error = np.empty_like(mean)
    distance = np.concatenate([[np.inf], MONTHS_PER_YEAR * np.diff(data.years)])
    for k, step in enumerate(distance):
        rho = np.exp(-step / length)
        fresh = sd * np.sqrt(1.0 - rho**2) * rng.standard_normal(mean.shape[:2])
        error[..., k] = rho * (error[..., k - 1] if k else 0.0) + fresh
    return mean + error


def prior_lag_share(variant: Variant, samples: xr.Dataset, data: PanelData, *, seed: int) -> float:
    """Share of replicated lags, at the cells that were observed, within `PRIOR_LAG_RANGE` (months).

    Parameters
    ----------
    variant, samples, data, seed
        See `replicate_lags`; the samples are prior draws.

    Returns
    -------
    float
        From 0 to 1.
    """
    lags = replicate_lags(variant, samples, data, seed=seed)[:, data.observed > 0]
    low, high = PRIOR_LAG_RANGE
    return float(((lags >= low) & (lags <= high)).mean())


def latent_lags(samples: xr.Dataset, data: PanelData) -> np.ndarray:
    """Lags with the censored cells filled in from each draw.

    Parameters
    ----------
    samples : xarray.Dataset, dims (chain, draw, …)
        With ``excess_raw`` (stretch).
    data : PanelData

    Returns
    -------
    numpy.ndarray, shape (n_draws, B, T), months
        0 where not observed.
    """
    raw = flat(samples["excess_raw"], "stretch")
    lag = np.repeat(data.lag[None], len(raw), axis=0)
    real = data.censored_sign != 0
    excess = data.censored_sign[real] * EXCESS_SCALE * np.logaddexp(0.0, raw[:, data.censored_stretch[real]])
    lag[:, data.censored_benchmark[real], data.censored_month[real]] = data.censored_bound[real] + excess
    return lag


def log_predictive_density(
    variant: Variant, samples: xr.Dataset, data: PanelData, target: PanelData, cells: np.ndarray
) -> np.ndarray:
    """Log predictive density of each target cell alone, given the fitted panel.

    A cell is predicted from its trend, the shock (whose draws run on into months without data) and the benchmark's
    latest fitted error before it. A bound scores the log probability of lying beyond it.

    Parameters
    ----------
    variant : Variant
    samples : xarray.Dataset
        Posterior from `data`.
    data, target : PanelData
        The fitted panel and the one that holds the outcomes, on one grid.
    cells : numpy.ndarray of bool, shape (B, T)
        Which outcomes; not observed ones are left out.

    Returns
    -------
    numpy.ndarray, shape (n_cells,), nats
        In the order of ``numpy.nonzero(cells & (target.observed > 0))``.
    """
    rows, columns = np.nonzero(cells & (target.observed > 0))
    mean = _means(variant, samples, data)
    residual = latent_lags(samples, data) - mean
    length = _error_length(samples)
    column = np.arange(data.observed.shape[1])
    latest = np.maximum.accumulate(np.where(data.observed > 0, column, -1), axis=1)
    before = np.concatenate([np.full((len(latest), 1), -1), latest[:, :-1]], axis=1)[rows, columns]
    known = before >= 0
    distance = MONTHS_PER_YEAR * (data.years[columns] - data.years[np.maximum(before, 0)])
    rho = np.where(known, np.exp(-np.where(known, distance, 1.0) / length), 0.0)
    centre = mean[:, rows, columns] + rho * np.where(known, residual[:, rows, before], 0.0)
    scale = _error_sd(samples, data)[:, rows] * np.sqrt(1.0 - rho**2)
    value, censoring = target.value[rows, columns], target.censoring[rows, columns]
    z = (value - centre) / scale
    density = np.where(censoring == 0, stats.norm.logpdf(z) - np.log(scale), 0.0)
    for sign in (1, -1):
        beyond = censoring == sign
        density[:, beyond] = stats.norm.logsf(sign * z[:, beyond])
    return logsumexp(density, axis=0) - np.log(len(density))


def predict_lags(variant: Variant, samples: xr.Dataset, data: PanelData, *, seed: int) -> np.ndarray:
    """Joint future lags, one path from each draw: trend, shock, and errors that go on from the last fitted one.

    The month grid of `data` runs on beyond what was fitted; the model's own draws of the shock run on with it. What
    the cells of one draw share (trend, shock, a benchmark's error) makes sums and averages over them come out right.

    Parameters
    ----------
    variant : Variant
    samples : xarray.Dataset
        Posterior from `data`.
    data : PanelData
    seed : int

    Returns
    -------
    numpy.ndarray, shape (n_draws, B, T), months
        After a benchmark's last observed cell: predictions. Up to it: the lag, or the draw of a censored one; NaN where
        not observed. A benchmark that was never observed is predicted everywhere.
    """
    rng = np.random.default_rng(seed)
    mean, filled = _means(variant, samples, data), latent_lags(samples, data)
    sd, length = _error_sd(samples, data), _error_length(samples)
    seen = data.observed > 0
    ahead = np.arange(seen.shape[1]) > _last(seen)[:, None]
    lags = np.where(seen, filled, np.nan)
    error = np.zeros_like(sd)
    for k, step in enumerate(np.concatenate([[np.inf], MONTHS_PER_YEAR * np.diff(data.years)])):
        rho = np.exp(-step / length)
        fresh = sd * np.sqrt(1.0 - rho**2) * rng.standard_normal(sd.shape)
        error = np.where(seen[:, k], filled[..., k] - mean[..., k], rho * error + fresh)
        lags[..., k] = np.where(ahead[:, k], mean[..., k] + error, lags[..., k])
    return lags


def forecast_moments(variant: Variant, samples: xr.Dataset, data: PanelData) -> tuple[np.ndarray, np.ndarray]:
    """Centre and scale of each future lag given each draw: the forecast is the equal mixture of these normals.

    Given a draw, errors of different benchmarks are independent.

    Parameters
    ----------
    variant, samples, data
        See `predict_lags`.

    Returns
    -------
    centre, scale : numpy.ndarray, shape (n_draws, B, T), months
        NaN up to a benchmark's last observed cell. See `predict_lags`, which draws from them jointly.
    """
    mean = _means(variant, samples, data)
    residual = latent_lags(samples, data) - mean
    length = _error_length(samples)[:, :, None]
    seen = data.observed > 0
    last = _last(seen)
    known = (last >= 0)[:, None]
    months = MONTHS_PER_YEAR * data.years
    distance = months[None, :] - months[np.maximum(last, 0)][:, None]
    ahead = np.arange(seen.shape[1]) > last[:, None]
    rho = np.where(known, np.exp(-np.where(ahead & known, distance, 1.0) / length), 0.0)
    latest = residual[:, np.arange(len(last)), np.maximum(last, 0)][:, :, None]
    centre = mean + rho * np.where(known, latest, 0.0)
    scale = _error_sd(samples, data)[:, :, None] * np.sqrt(1.0 - rho**2)
    return np.where(ahead, centre, np.nan), np.where(ahead, scale, np.nan)


def _last(seen: np.ndarray) -> np.ndarray:
    """Column of each benchmark's last observed cell, -1 where there is none; shape (B,)."""
    return np.where(seen.any(axis=1), seen.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1), -1)


def _means(variant: Variant, samples: xr.Dataset, data: PanelData) -> np.ndarray:
    """Trend plus shock, shape (n_draws, B, T), months."""
    mean = flat(variant.trend(samples, data.years)["benchmark_trend"], "benchmark", "time")
    if "shock" in samples:
        mean = mean + flat(samples["shock"], "month")[:, None, :]
    return mean


def _error_sd(samples: xr.Dataset, data: PanelData) -> np.ndarray:
    """Stationary SD of the errors, shape (n_draws, B), months."""
    sd = np.repeat(flat(samples["error_sd"])[:, None], len(data.benchmark), axis=1)
    return sd * flat(samples["error_scale"], "benchmark") if "error_scale" in samples else sd


def _error_length(samples: xr.Dataset) -> np.ndarray:
    """Correlation length, shape (n_draws, 1), months; next to nothing where errors are independent."""
    if "error_length" in samples:
        return flat(samples["error_length"])[:, None]
    return np.full((samples.sizes["chain"] * samples.sizes["draw"], 1), 1e-9)
