"""Baseline forecasts: last value, last value growing by one month per month, historical mean, published straight lines.

They predict points. To be scored as distributions each gets a normal one, by one rule that uses nothing but the data
of the day: the SD at a horizon is the root mean square of the method's own errors at that horizon, had it been used at
every earlier month-end. Where there are fewer than `FEWEST_ERRORS` such errors, the SD of the longest shorter horizon
that has them grows with the square root of the horizon, from `FLOOR_SD` at one month where none has them. It is never
below `FLOOR_SD` and never falls with the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gapmodel.errors import UnknownNameError
from gapmodel.lags.published_line import fit_line
from gapmodel.units import MONTHS_PER_YEAR, months_between

__all__ = ["FEWEST_CELLS", "FEWEST_ERRORS", "FLOOR_SD", "NAIVE_METHODS", "History", "error_sds", "point_forecast"]

FLOOR_SD = 1.0
FEWEST_ERRORS = 6
# An average over fewer benchmarks is not called one.
FEWEST_CELLS = 3

LAST_VALUE, RISING = "last_value", "last_value_rising"
MEAN = "historical_mean"
LINE_EACH, LINE_MEAN = "line_single", "line_mean"

#: Name → what it predicts.
NAIVE_METHODS = {
    LAST_VALUE: "the last lag or bound, carried forward",
    RISING: "the last lag or bound, plus one month per month: no open record ever again",
    MEAN: "the mean of the benchmark's lags and bounds so far",
    LINE_EACH: "the published straight line of the benchmark (of the mean where it has fewer than two months)",
    LINE_MEAN: "the published straight line through the mean over benchmarks, for every benchmark",
}


@dataclass(frozen=True)
class History:
    """What is known on the day of a forecast, B benchmarks × T months; the last month is the day.

    Attributes
    ----------
    month : numpy.ndarray, shape (T,), datetime64[D]
    value : numpy.ndarray, shape (B, T), months
        Lag or bound; NaN where not observed.
    exact : numpy.ndarray of bool, shape (B, T)
        Where `value` is a lag.
    published : numpy.ndarray, shape (B, T), months
        Lags as the published analysis takes them: censored ones left out, negative ones set to zero.
    """

    month: np.ndarray
    value: np.ndarray
    exact: np.ndarray
    published: np.ndarray

    def until(self, column: int) -> History:
        """The same up to and with month `column`."""
        end = column + 1
        return History(self.month[:end], self.value[:, :end], self.exact[:, :end], self.published[:, :end])


def point_forecast(method: str, history: History, ahead: np.ndarray) -> np.ndarray:
    """Forecast of each benchmark's lag at future month-ends.

    Parameters
    ----------
    method : str
        One of `NAIVE_METHODS`.
    history : History
    ahead : numpy.ndarray, shape (H,), datetime64[D]

    Returns
    -------
    numpy.ndarray, shape (B, H), months
        NaN for benchmarks without a value so far, and where a line has fewer than two months.

    Raises
    ------
    UnknownNameError
    """
    value, month = history.value, history.month
    seen = ~np.isnan(value)
    known = seen.any(axis=1)
    if method in (LAST_VALUE, RISING):
        last = value.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
        latest = np.where(known, value[np.arange(len(value)), last], np.nan)
        rise = months_between(ahead[None, :], month[last][:, None]) if method == RISING else 0.0
        return latest[:, None] + np.zeros(len(ahead)) + rise
    if method == MEAN:
        total, n = np.where(seen, value, 0.0).sum(axis=1), seen.sum(axis=1)
        mean = np.where(known, total / np.maximum(n, 1), np.nan)
        return np.repeat(mean[:, None], len(ahead), axis=1)
    if method not in (LINE_EACH, LINE_MEAN):
        raise UnknownNameError(f"unknown baseline '{method}': choose one of {', '.join(NAIVE_METHODS)}")
    used = ~np.isnan(history.published)
    n = used.sum(axis=0)
    average = np.where(n > 0, np.where(used, history.published, 0.0).sum(axis=0) / np.maximum(n, 1), np.nan)
    out = np.repeat(_line(month, average, ahead)[None], len(value), axis=0)
    if method == LINE_EACH:
        for k in np.flatnonzero(used.sum(axis=1) >= 2):
            out[k] = _line(month, history.published[k], ahead)
    return np.where(known[:, None], out, np.nan)


def _line(month: np.ndarray, values: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    seen = ~np.isnan(values)
    if seen.sum() < 2:
        return np.full(len(ahead), np.nan)
    level, slope, _ = fit_line(month[seen], values[seen])
    return level + slope * months_between(ahead, month[seen][-1]) / MONTHS_PER_YEAR


def error_sds(method: str, history: History, *, horizons: int) -> tuple[np.ndarray, np.ndarray]:
    """SD at 1 to `horizons` months ahead for a benchmark and for the average, by the rule of this module.

    Parameters
    ----------
    method : str
        One of `NAIVE_METHODS`.
    history : History
    horizons : int, months

    Returns
    -------
    benchmark, average : numpy.ndarray, shape (horizons,), months
        Errors at censored outcomes do not count; an average is one over at least `FEWEST_CELLS` known outcomes.

    Raises
    ------
    UnknownNameError
        No such method.
    """
    n = len(history.month)
    single: list[list[float]] = [[] for _ in range(horizons)]
    average: list[list[float]] = [[] for _ in range(horizons)]
    for origin in range(n - 1):
        columns = np.arange(origin + 1, min(origin + 1 + horizons, n))
        forecast = point_forecast(method, history.until(origin), history.month[columns])
        error = np.where(history.exact[:, columns], history.value[:, columns], np.nan) - forecast
        for h in range(len(columns)):
            here = error[:, h][~np.isnan(error[:, h])]
            single[h].extend(here)
            if len(here) >= FEWEST_CELLS:
                average[h].append(here.mean())
    return _sds(single), _sds(average)


def _sds(errors: list[list[float]]) -> np.ndarray:
    sds = np.empty(len(errors))
    base, at = FLOOR_SD, 1
    for h, e in enumerate(errors, start=1):
        if len(e) >= FEWEST_ERRORS:
            base, at = max(FLOOR_SD, float(np.sqrt(np.mean(np.square(e))))), h
        sds[h - 1] = base * np.sqrt(h / at)
    return np.maximum.accumulate(sds)
