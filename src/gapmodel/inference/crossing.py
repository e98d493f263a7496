"""When does the average gap reach zero: probabilities by date, never the mean of a date.

A crossing date is a ratio of two uncertain numbers: it has heavy tails and mass at "never". So a draw yields either
a date inside the horizon or "not within the horizon", and what is reported is P(reached by d) and quantiles
that may be "not within the horizon".
"""

from __future__ import annotations

from math import ceil
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.errors import ConfigError, expect

__all__ = [
    "HORIZON_YEARS",
    "QUANTILES",
    "SUSTAINED_MONTHS",
    "crossing_draws",
    "crossing_grid",
    "date_quantiles",
    "probability_by",
    "probability_mcse",
    "share_by",
]

HORIZON_YEARS = 10
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
SUSTAINED_MONTHS = 3


def crossing_grid(date, *, horizon_years: float = HORIZON_YEARS) -> pd.DatetimeIndex:
    """Month-ends from `date` to the horizon, and `SUSTAINED_MONTHS` beyond it.

    Parameters
    ----------
    date : date-like
        Stays as it is, a month-end or not.
    horizon_years : float
        Rounded to whole months.

    Returns
    -------
    pandas.DatetimeIndex

    Raises
    ------
    ConfigError
        The horizon is not between one month and a century.
    """
    # Before rounding, which NaN and infinity have not.
    expect(horizon_years, (int, float, np.integer, np.floating), "horizon_years", "give a number")
    if not 0.5 < horizon_years * 12 <= 1200.5:
        raise ConfigError(f"horizon is {horizon_years} years: give from 0.1 to 100")
    months = round(horizon_years * 12)
    start = pd.Timestamp(date)
    later = [start + pd.offsets.MonthEnd(k) for k in range(1, months + SUSTAINED_MONTHS + 1)]
    return pd.DatetimeIndex([start, *later]).as_unit("ns")


def crossing_draws(path: xr.DataArray) -> xr.Dataset:
    """Crossing of zero by each draw of a trend path.

    Parameters
    ----------
    path : xarray.DataArray, dims (chain, draw, time), months
        On the grid of `crossing_grid`; the last `SUSTAINED_MONTHS` points only tell whether a crossing lasts.

    Returns
    -------
    xarray.Dataset
        ``already`` (bool: at or below zero at the first date), ``touched`` and ``sustained``: days from the first date
        to the first time at or below zero, and to the first from which the path stays there for
        `SUSTAINED_MONTHS` months; ``inf`` where not within the horizon, 0 where already there. Crossings are
        interpolated linearly between month-ends (exact for a straight line).
    """
    path = path.transpose("chain", "draw", "time")
    values = path.to_numpy()
    days = (path["time"].to_numpy() - path["time"].to_numpy()[0]) / np.timedelta64(1, "D")
    n = values.shape[-1] - SUSTAINED_MONTHS
    below = values <= 0.0
    lasting = below[..., :n].copy()
    for k in range(1, SUSTAINED_MONTHS + 1):
        lasting &= below[..., k : n + k]
    dims = ("chain", "draw")
    coords = {name: path[name] for name in dims if name in path.coords}
    return xr.Dataset(
        {
            "already": (dims, below[..., 0]),
            "touched": (dims, _first_days(below[..., :n], values, days)),
            "sustained": (dims, _first_days(lasting, values, days)),
        },
        coords=coords,
        attrs={"start": str(path["time"].to_numpy()[0].astype("datetime64[D]"))},
    )


def _first_days(hit: np.ndarray, values: np.ndarray, days: np.ndarray) -> np.ndarray:
    k = hit.argmax(axis=-1)
    before = np.maximum(k - 1, 0)
    high = np.take_along_axis(values, before[..., None], axis=-1)[..., 0]
    low = np.take_along_axis(values, k[..., None], axis=-1)[..., 0]
    crossing = k > 0
    share = np.where(crossing, high / np.where(crossing, high - low, 1.0), 1.0)
    when = days[before] + share * (days[k] - days[before])
    return np.where(hit.any(axis=-1), np.where(k == 0, 0.0, when), np.inf)


def share_by(draws: xr.DataArray, dates, start) -> np.ndarray:
    """P(reached by each date) alone, shape (n,), see `probability_by`."""
    return np.array([float(r.mean()) for r in _reached(draws, dates, start)])


def probability_by(draws: xr.DataArray, dates, start) -> tuple[np.ndarray, np.ndarray]:
    """P(reached by each date) and its Monte Carlo standard error.

    Parameters
    ----------
    draws : xarray.DataArray, dims (chain, draw)
        Days from `start`, ``inf`` for never (see `crossing_draws`).
    dates : array_like of datetime64, shape (n,)
    start : date-like
        The first date of the grid.

    Returns
    -------
    probability, mcse : numpy.ndarray, shape (n,)
        See `probability_mcse`.
    """
    reached = _reached(draws, dates, start)
    return np.array([float(r.mean()) for r in reached]), np.array([probability_mcse(r) for r in reached])


def _reached(draws: xr.DataArray, dates, start) -> list[xr.DataArray]:
    offset = np.atleast_1d(np.asarray(dates, dtype="datetime64[ns]")) - np.datetime64(pd.Timestamp(start))
    return [draws <= days for days in offset / np.timedelta64(1, "D")]


def probability_mcse(indicator: xr.DataArray) -> float:
    """MCSE of the probability of an event, from the effective sample size of its indicator.

    Where all draws agree the sample shows no variance; then the rule-of-three-like bound of a Jeffreys
    posterior on the number of draws stands in for it.
    """
    p = float(indicator.mean())
    if p in (0.0, 1.0):
        return 0.5 / (indicator.size + 1)
    return float(np.asarray(az.mcse(indicator.astype(float), method="mean")))


def date_quantiles(draws: xr.DataArray, start, *, probs=QUANTILES) -> dict[str, str | None]:
    """Quantiles of the crossing date as ISO dates; None where the quantile is not within the horizon.

    Quantiles use the inverse of the empirical distribution function, so that "never" is never averaged in. A
    crossing within a day counts from the day after, as in `probability_by`: by the quantile of 0.5 at least half of
    the draws have crossed.

    Parameters
    ----------
    draws : xarray.DataArray, dims (chain, draw)
        Days from `start`, ``inf`` for never (see `crossing_draws`).
    start : date-like
        The first date of the grid.
    probs : sequence of float

    Returns
    -------
    dict
        Probability as text → ISO date or None.
    """
    days = np.quantile(draws.to_numpy(), probs, method="inverted_cdf")
    origin = pd.Timestamp(start)
    out: dict[str, Any] = {}
    for prob, day in zip(probs, days, strict=True):
        out[f"{prob:g}"] = None if np.isinf(day) else str((origin + pd.Timedelta(days=ceil(day))).date())
    return out
