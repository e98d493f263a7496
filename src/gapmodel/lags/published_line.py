"""The published analysis: a straight line by ordinary least squares through monthly lags.

One line for each benchmark and one for the mean over benchmarks, each with the date at which it hits zero, and
monthly box-plot statistics. No uncertainty, no censoring, months taken as independent: it is the
baseline that the models of this package are measured against, not an answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from pandas.api.typing import NaTType

from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.units import DAYS_PER_MONTH, MONTHS_PER_YEAR

__all__ = ["Baseline", "chain_linked_mean", "fit_line", "published_baseline"]

_DAYS_PER_YEAR = DAYS_PER_MONTH * MONTHS_PER_YEAR


@dataclass(frozen=True)
class Baseline:
    """Straight lines and box-plot statistics.

    Attributes
    ----------
    lines : pandas.DataFrame
        One row per benchmark, then ``mean over benchmarks``: ``benchmark, n_months, intercept_months`` (at the last
        month), ``slope_months_per_year, zero_date`` (``NaT`` where the line does not fall to zero).
    monthly : pandas.DataFrame
        One row per month: ``month, n, mean, chain_linked, n_linked, median, q25, q75, minimum, maximum`` (months);
        ``chain_linked`` and ``n_linked`` as `chain_linked_mean` gives them.
    clamped : bool
    censored : str
    """

    lines: pd.DataFrame
    monthly: pd.DataFrame
    clamped: bool
    censored: str


def fit_line(months, lag) -> tuple[float, float, pd.Timestamp | NaTType]:
    """Ordinary least squares of `lag` on date.

    Parameters
    ----------
    months : array_like of datetime64, shape (n,)
    lag : array_like of float, shape (n,), months

    Returns
    -------
    intercept : float, months
        At the last of `months`.
    slope : float, months per year
    zero_date : pandas.Timestamp
        Date at which the line is zero, in the past or the future; ``NaT`` where the slope is not negative, or
        the date is more than 170 years from the last month.

    Raises
    ------
    InsufficientDataError
        Fewer than two distinct dates.
    """
    months = np.asarray(months, dtype="datetime64[D]")
    lag = np.asarray(lag, dtype=float)
    if len(np.unique(months)) < 2:
        raise InsufficientDataError("a straight line needs lags of two different months")
    last = months.max()
    years = (months - last).astype(float) / _DAYS_PER_YEAR
    centred = years - years.mean()
    slope = float(centred @ lag / (centred @ centred))
    intercept = float(lag.mean() - slope * years.mean())
    # A slope of rounding size is a flat line.
    if slope >= -1e-9:
        return intercept, slope, pd.NaT
    zero = float(-intercept / slope)
    if abs(zero) > 170.0:
        return intercept, slope, pd.NaT
    return intercept, slope, pd.Timestamp(last + np.timedelta64(round(zero * _DAYS_PER_YEAR), "D"))


def chain_linked_mean(lag: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    """A mean over benchmarks that no change of their composition can move.

    It starts at the plain mean of the first month, and each month adds the mean change over the benchmarks that have a
    lag in both that month and the one before. A benchmark that enters or leaves does not move it, whatever its level.

    Parameters
    ----------
    lag : xarray.DataArray, dims (benchmark, month)
        Months, ascending; NaN where there is none.

    Returns
    -------
    mean : numpy.ndarray, shape (n_months,), months
        NaN where no benchmark has a lag. Where no benchmark links a month to the one before, it starts again at the
        plain mean.
    n_linked : numpy.ndarray of int, shape (n_months,)
        Benchmarks that link the month to the one before; 0 where the mean starts.

    Notes
    -----
    The level is that of the benchmarks of the first month; only changes carry over. Errors of the links add up, so
    that the difference between two months is better known the nearer they are.

    Examples
    --------
    The benchmark with the longest lag leaves, while every lag rises by a month:

    >>> import numpy as np, xarray as xr
    >>> lag = xr.DataArray([[10.0, 11.0, np.nan], [4.0, 5.0, 6.0]], dims=("benchmark", "month"))
    >>> lag.mean("benchmark").to_numpy().tolist(), chain_linked_mean(lag)[0].tolist()
    ([7.0, 8.0, 6.0], [7.0, 8.0, 9.0])
    """
    values = lag.transpose("benchmark", "month").to_numpy()
    change = np.diff(values, axis=1, prepend=np.nan)
    linked = ~np.isnan(change)
    n_linked = linked.sum(axis=0)
    step = np.where(linked, change, 0.0).sum(axis=0) / np.maximum(n_linked, 1)
    seen = ~np.isnan(values)
    plain = np.where(seen, values, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    out = np.full(values.shape[1], np.nan)
    for k in np.flatnonzero(seen.any(axis=0)):
        out[k] = out[k - 1] + step[k] if n_linked[k] else plain[k]
    return out, n_linked


def published_baseline(panel: xr.Dataset, *, clamp: bool = True, censored: str = "drop") -> Baseline:
    """Reproduce the published analysis on a lag panel.

    Parameters
    ----------
    panel : xarray.Dataset
        From `gapmodel.lags.panel.compute_lags`.
    clamp : bool
        Set negative lags (open ahead) to zero, as the published analysis did.
    censored : {'drop', 'keep'}
        Leave censored months out, or take their bounds for lags.

    Returns
    -------
    Baseline

    Raises
    ------
    ConfigError
        Unknown `censored`.
    InsufficientDataError
        No benchmark has two usable months.
    """
    if censored not in ("drop", "keep"):
        raise ConfigError(f"censored is '{censored}': choose 'drop' or 'keep'")
    use = panel["observed"] if censored == "keep" else panel["observed"] & (panel["censoring"] == 0)
    lag = panel["lag"].where(use)
    if clamp:
        lag = lag.clip(min=0.0)
    months = panel["month"].to_numpy()
    rows = []
    for name in panel["benchmark"].to_numpy():
        values = lag.sel(benchmark=name).to_numpy()
        seen = ~np.isnan(values)
        if seen.sum() >= 2:
            rows.append((str(name), int(seen.sum()), *fit_line(months[seen], values[seen])))
    n = lag.count("benchmark").to_numpy()
    seen = n > 0
    linked, n_linked = (values[seen] for values in chain_linked_mean(lag))  # before the gaps go: a chain breaks there
    lag, months, n = lag.isel(month=seen), months[seen], n[seen]
    mean = lag.mean("benchmark").to_numpy()
    if not rows or len(months) < 2:
        raise InsufficientDataError(
            "no benchmark has two months with a lag that is more than a bound ('at least'), as the published straight "
            "line needs: scores of earlier leading models would make bounds exact"
        )
    rows.append(("mean over benchmarks", len(months), *fit_line(months, mean)))
    columns = ["benchmark", "n_months", "intercept_months", "slope_months_per_year", "zero_date"]
    quantiles = lag.quantile([0.0, 0.25, 0.5, 0.75, 1.0], dim="benchmark").to_numpy()
    monthly = pd.DataFrame(
        {
            "month": months,
            "n": n,
            "mean": mean,
            "chain_linked": linked,
            "n_linked": n_linked,
            "median": quantiles[2],
            "q25": quantiles[1],
            "q75": quantiles[3],
            "minimum": quantiles[0],
            "maximum": quantiles[4],
        }
    )
    return Baseline(pd.DataFrame(rows, columns=columns), monthly, clamp, censored)
