"""The one conversion between days and months, and month-end grids."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["DAYS_PER_MONTH", "DAYS_PER_YEAR", "MONTHS_PER_YEAR", "month_ends", "months_between"]

# 365.25 / 12: the mean month of the Julian year, so that 12 months are one year exactly.
DAYS_PER_MONTH = 30.4375
MONTHS_PER_YEAR = 12.0
DAYS_PER_YEAR = 365.25


def months_between(later, earlier):
    """Return ``later - earlier`` in months of 30.4375 days.

    Parameters
    ----------
    later, earlier : datetime64 or array_like of datetime64
        Taken to the day; broadcast against each other.

    Returns
    -------
    numpy.ndarray of float, months
        Of the common shape; ``NaN`` where either is ``NaT``.
    """
    delta = np.asarray(later, dtype="datetime64[D]") - np.asarray(earlier, dtype="datetime64[D]")
    days = delta.astype("float64")
    return np.where(np.isnat(delta), np.nan, days) / DAYS_PER_MONTH


def month_ends(first, last) -> pd.DatetimeIndex:
    """Return the calendar month-ends in ``[first, last]`` (both included), as midnight timestamps."""
    return pd.date_range(pd.Timestamp(first), pd.Timestamp(last), freq="ME", unit="ns").normalize()
