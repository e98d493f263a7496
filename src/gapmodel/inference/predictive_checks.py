"""Do replicated panels look like the one that was seen: prior and posterior predictive checks.

The statistics are those that matter for a gap: how correlated months are, how long and high the saw teeth are, how
much is censored, negative or extreme, and whether benchmarks move together. A tail probability outside
`PLAUSIBLE` is flagged. Source: Gelman, Meng and Stern (1996).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.predictive import replicate_lags
from gapmodel.modeling.variant import Variant
from gapmodel.units import months_between

__all__ = ["PLAUSIBLE", "STATISTICS", "censoring_limits", "panel_statistics", "predictive_checks"]

PLAUSIBLE = (0.05, 0.95)

# Name → what it is, with its unit.
STATISTICS = {
    "autocorrelation": "lag-1 autocorrelation around each benchmark's mean",
    "tooth_length": "months from one fall of the lag to the next",
    "tooth_size": "mean fall, months",
    "share_censored": "share of months that are bounds",
    "share_negative": "share of months with a lead",
    "correlation": "correlation of monthly changes between benchmarks",
    "maximum": "largest lag or bound, months",
}


def censoring_limits(
    panel: xr.Dataset, data: PanelData, *, leader_start_up_months: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lag beyond which each cell of `data` would have been a bound: from above, and from below (a lead).

    Parameters
    ----------
    panel : xarray.Dataset
        From which `data` was made.
    data : PanelData
    leader_start_up_months : float, months
        As in `gapmodel.modeling.panel_data.panel_data`.

    Returns
    -------
    upper, lower : numpy.ndarray, shape (B, T), months
    """
    of = panel.sel(benchmark=data.benchmark)
    upper, lower = (
        sign * (months_between(data.month[None, :], of[f"{role}_first"].to_numpy()[:, None]) - leader_start_up_months)
        for role, sign in (("leader", 1.0), ("follower", -1.0))
    )
    value, exact = data.value, (data.observed > 0) & (data.censoring == 0)
    # What was seen takes precedence over what dates alone imply.
    upper = np.where(data.censoring > 0, value, np.where(exact & (data.lag > upper), np.inf, upper))
    lower = np.where(data.censoring < 0, value, np.where(exact & (data.lag < lower), -np.inf, lower))
    return upper, lower


def panel_statistics(lag: np.ndarray, censoring: np.ndarray, observed: np.ndarray) -> dict[str, np.ndarray]:
    """`STATISTICS` of panels with one pattern of observation.

    Parameters
    ----------
    lag : numpy.ndarray, shape (n, B, T), months
        Lags, and bounds where censored.
    censoring : numpy.ndarray, shape (n, B, T)
    observed : numpy.ndarray of bool, shape (B, T)

    Returns
    -------
    dict
        Name → array of shape (n,); NaN where a panel has none (no fall, say).
    """
    value = np.where(observed, lag, np.nan)
    count = observed.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(observed, lag - (np.where(observed, lag, 0.0).sum(axis=2) / count)[..., None], 0.0)
        pairs = observed[:, 1:] & observed[:, :-1]
        product = (centred[..., 1:] * centred[..., :-1] * pairs).sum(axis=(1, 2)) / pairs.sum()
        variance = np.square(centred).sum(axis=(1, 2)) / observed.sum()
        change = np.where(pairs, lag[..., 1:] - lag[..., :-1], 0.0)
        falls = (change < 0.0) & pairs
        n_falls = falls.sum(axis=(1, 2))
        n_pairs = pairs.sum(axis=0)
        # Sum over pairs of different benchmarks of the product of their changes in one month.
        together = np.square(change.sum(axis=1)) - np.square(change).sum(axis=1)
        of_pairs = (n_pairs * (n_pairs - 1)).sum()
        return {
            "autocorrelation": product / variance,
            "tooth_length": pairs.sum() / np.where(n_falls, n_falls, np.nan),
            "tooth_size": -np.where(falls, change, 0.0).sum(axis=(1, 2)) / np.where(n_falls, n_falls, np.nan),
            "share_censored": ((censoring != 0) & observed).sum(axis=(1, 2)) / observed.sum(),
            "share_negative": ((lag < 0.0) & observed).sum(axis=(1, 2)) / observed.sum(),
            "correlation": (together.sum(axis=1) / of_pairs) / (np.square(change).sum(axis=(1, 2)) / pairs.sum()),
            "maximum": np.nanmax(value, axis=(1, 2)),
        }


def predictive_checks(
    variant: Variant,
    samples: xr.Dataset,
    data: PanelData,
    limits: tuple[np.ndarray, np.ndarray],
    *,
    seed: int,
    max_draws: int = 1000,
) -> pd.DataFrame:
    """Compare the panel with replicates of it, censored where it would have been.

    Parameters
    ----------
    variant : Variant
    samples : xarray.Dataset
        Posterior or prior draws.
    data : PanelData
    limits : (numpy.ndarray, numpy.ndarray)
        From `censoring_limits`.
    seed : int
    max_draws : int
        Draws are thinned to this number.

    Returns
    -------
    pandas.DataFrame
        One row per statistic: ``statistic, observed, replicated_median, replicated_lower, replicated_upper`` (90 %
        equal-tailed), ``tail_probability`` = P(replicated above observed) with ties halved, ``flagged``.
    """
    thin = max(1, int(np.ceil(samples.sizes["chain"] * samples.sizes["draw"] / max_draws)))
    replicated = replicate_lags(variant, samples.isel(draw=slice(None, None, thin)), data, seed=seed)
    upper, lower = limits
    sign = (replicated > upper).astype(np.int8) - (replicated < lower).astype(np.int8)
    seen = data.observed > 0
    new = panel_statistics(np.clip(replicated, lower, upper), sign, seen)
    old = panel_statistics(data.value[None], data.censoring[None], seen)
    rows = []
    for name in STATISTICS:
        draws, value = new[name][np.isfinite(new[name])], float(old[name][0])
        if not len(draws) or not np.isfinite(value):
            continue
        tail = float((draws > value).mean() + 0.5 * (draws == value).mean())
        low, median, high = np.quantile(draws, [0.05, 0.5, 0.95])
        flagged = not PLAUSIBLE[0] <= tail <= PLAUSIBLE[1]
        rows.append((name, value, float(median), float(low), float(high), tail, flagged))
    columns = ["statistic", "observed", "replicated_median", "replicated_lower", "replicated_upper"]
    return pd.DataFrame(rows, columns=[*columns, "tail_probability", "flagged"])
