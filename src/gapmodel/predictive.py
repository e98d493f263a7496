"""Replicated lags: what a variant says that monthly lags look like, from prior or posterior draws."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gapmodel.variant import PanelData, Variant

__all__ = ["PRIOR_LAG_RANGE", "prior_lag_share", "replicate_lags"]

# A prior that often puts lags outside a year ahead to three years behind contradicts what is known of the field.
PRIOR_LAG_RANGE = (-12.0, 36.0)


def replicate_lags(variant: Variant, samples: xr.Dataset, data: PanelData, *, seed: int) -> np.ndarray:
    """Simulate one uncensored panel from each draw.

    A variant's samples are read by name: its trend, ``shock`` (month) where it has one, and ``error_sd`` with
    ``error_length`` (independent errors where it has none).

    Parameters
    ----------
    variant : Variant
    samples : xarray.Dataset, dims (chain, draw, …)
    data : PanelData
    seed : int

    Returns
    -------
    numpy.ndarray, shape (n_draws, B, T), months
        Every cell of the grid, in the window or not.
    """
    rng = np.random.default_rng(seed)
    trend = variant.trend(samples, data.years)["benchmark_trend"]
    mean = trend.transpose("chain", "draw", "benchmark", "time").to_numpy()
    mean = mean.reshape(-1, *mean.shape[2:])
    if "shock" in samples:
        shock = samples["shock"].transpose("chain", "draw", "month").to_numpy()
        mean = mean + shock.reshape(-1, 1, shock.shape[-1])
    sd = samples["error_sd"].to_numpy().reshape(-1, 1)
    error = np.empty_like(mean)
    error[..., 0] = sd * rng.standard_normal(mean.shape[:2])
    step = 12.0 * np.diff(data.years)
    for k, distance in enumerate(step, start=1):
        rho = np.zeros_like(sd)
        if "error_length" in samples:
            rho = np.exp(-distance / samples["error_length"].to_numpy().reshape(-1, 1))
        fresh = rng.standard_normal(mean.shape[:2])
        error[..., k] = rho * error[..., k - 1] + sd * np.sqrt(1.0 - rho**2) * fresh
    return mean + error


def prior_lag_share(variant: Variant, samples: xr.Dataset, data: PanelData, *, seed: int) -> float:
    """Share of replicated lags, at the cells that were observed, within `PRIOR_LAG_RANGE` (months)."""
    lags = replicate_lags(variant, samples, data, seed=seed)[:, data.observed > 0]
    low, high = PRIOR_LAG_RANGE
    return float(((lags >= low) & (lags <= high)).mean())
