"""A lag panel as the arrays that every variant is built from, with the start-up of benchmarks handled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.errors import InsufficientDataError
from gapmodel.units import MONTHS_PER_YEAR, months_between

__all__ = ["EXCESS_SCALE", "FOLLOWER_START_UP_MONTHS", "LEADER_START_UP_MONTHS", "PanelData", "panel_data"]

# Chosen on simulated frontiers with known lag, see results/reference/check_default.
LEADER_START_UP_MONTHS = 3.0
FOLLOWER_START_UP_MONTHS = 6.0

# Width in months of the softplus that says how far a censored lag lies beyond its bound: unconstrained values of order
# one are excesses of a few months.
EXCESS_SCALE = 4.0


@dataclass(frozen=True)
class PanelData:
    """A lag panel as plain arrays of fixed shape, B benchmarks × T months, N censored cells in R stretches.

    Cells that are not observed are zero and masked, so that one compiled model serves every panel of one
    shape.

    Attributes
    ----------
    benchmark : numpy.ndarray, shape (B,), str
    category : numpy.ndarray, shape (C,), str
        Categories that occur, sorted.
    category_of : numpy.ndarray of int, shape (B,)
        Index of each benchmark's category.
    month : numpy.ndarray, shape (T,), datetime64[D]
    reference_date : numpy.datetime64
        Where the time axis is centred.
    years : numpy.ndarray, shape (T,)
        Years since the reference date.
    lag : numpy.ndarray, shape (B, T), months
        Lag where observed exactly, else 0.
    observed : numpy.ndarray of float, shape (B, T)
        1 where the cell has a lag or a bound.
    previous : numpy.ndarray of int, shape (B, T)
        Column of the benchmark's previous observed cell (0 where there is none).
    gap : numpy.ndarray, shape (B, T), months
        Time since the previous observed cell (1 where there is none).
    first : numpy.ndarray of float, shape (B, T)
        1 at the first observed cell of a benchmark.
    censored_benchmark, censored_month : numpy.ndarray of int, shape (N,)
    censored_bound : numpy.ndarray, shape (N,), months
    censored_sign : numpy.ndarray of float, shape (N,)
        +1: lag at least the bound; -1: at most; 0: padding.
    censored_stretch : numpy.ndarray of int, shape (N,)
        Stretch of each censored cell. Over a stretch no record of the group that is behind intervenes and the lag
        changes by one day per day, so that all its cells are the same number of months beyond their bounds.
    stretch_real : numpy.ndarray of float, shape (R,)
        1 for stretches that occur; 0: padding.
    """

    benchmark: np.ndarray
    category: np.ndarray
    category_of: np.ndarray
    month: np.ndarray
    reference_date: np.datetime64
    years: np.ndarray
    lag: np.ndarray
    observed: np.ndarray
    previous: np.ndarray
    gap: np.ndarray
    first: np.ndarray
    censored_benchmark: np.ndarray
    censored_month: np.ndarray
    censored_bound: np.ndarray
    censored_sign: np.ndarray
    censored_stretch: np.ndarray
    stretch_real: np.ndarray

    #: Fields that go into the model as `pm.Data`.
    ARRAYS: ClassVar[tuple[str, ...]] = (
        "category_of",
        "years",
        "lag",
        "observed",
        "previous",
        "gap",
        "first",
        "censored_benchmark",
        "censored_month",
        "censored_bound",
        "censored_sign",
        "censored_stretch",
        "stretch_real",
    )

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Name → array of everything that enters the model as data."""
        return {name: getattr(self, name) for name in self.ARRAYS}

    def years_at(self, dates) -> np.ndarray:
        """Years from the reference date to each of `dates` (date-like or array_like), shape (n,)."""
        return np.atleast_1d(months_between(dates, self.reference_date)) / MONTHS_PER_YEAR

    @property
    def censoring(self) -> np.ndarray:
        """+1, -1 or 0 by cell, shape (B, T)."""
        grid = np.zeros(self.observed.shape)
        real = self.censored_sign != 0
        grid[self.censored_benchmark[real], self.censored_month[real]] = self.censored_sign[real]
        return grid

    @property
    def value(self) -> np.ndarray:
        """Lag or bound by cell, NaN where not observed, shape (B, T), months."""
        grid = np.where(self.observed > 0, self.lag, np.nan)
        real = self.censored_sign != 0
        grid[self.censored_benchmark[real], self.censored_month[real]] = self.censored_bound[real]
        return grid

    @property
    def stretch(self) -> np.ndarray:
        """Censored stretch by cell, -1 where the lag is no bound, shape (B, T)."""
        grid = np.full(self.observed.shape, -1)
        real = self.censored_sign != 0
        grid[self.censored_benchmark[real], self.censored_month[real]] = self.censored_stretch[real]
        return grid

    def only(self, keep: np.ndarray) -> PanelData:
        """The same panel with the cells outside `keep` (bool, shape (B, T)) not observed; shapes stay."""
        seen = (self.observed > 0) & keep
        arrays = _arrays(
            np.where(seen, self.value, np.nan),
            self.censoring,
            self.stretch,
            self.month,
            self.reference_date,
            sizes=(len(self.censored_bound), len(self.stretch_real)),
        )
        return replace(self, **arrays)


def panel_data(
    panel: xr.Dataset,
    *,
    leader_start_up_months: float = LEADER_START_UP_MONTHS,
    follower_start_up_months: float = FOLLOWER_START_UP_MONTHS,
    months=None,
    benchmarks=None,
    pad_censored: tuple[int, int] | None = None,
    reference_date=None,
) -> PanelData:
    """Turn a lag panel into model arrays, with the start-up of each benchmark handled.

    When a benchmark is new, few models have been run on it. On the leader's side its history is cut off: a level
    that the leader reached within its first `leader_start_up_months` may have been reached earlier by a model that
    was never run. Such a lag counts as "at least" the time since the end of the start-up (censoring at a
    fixed date; the mirror image where the follower is ahead). On the follower's side its level is too low: lags of
    the first `follower_start_up_months` with both groups on record are left out.

    Parameters
    ----------
    panel : xarray.Dataset
        From `gapmodel.lags.panel.compute_lags`.
    leader_start_up_months, follower_start_up_months : float, months
        0 switches a rule off.
    months, benchmarks : array_like, optional
        Grids to lay the panel on, where panels must share one shape; default the panel's own, without benchmarks of
        which nothing is observed. Cells that the panel lacks are not observed; months outside the grid are dropped.
    pad_censored : (int, int), optional
        Pad the censored cells and their stretches to these numbers.
    reference_date : date-like, optional
        Default: the middle of the month grid.

    Returns
    -------
    PanelData

    Raises
    ------
    InsufficientDataError
        Fewer than three observed cells, or no uncensored one.
    """
    own_months = panel["month"].to_numpy().astype("datetime64[D]")
    month = own_months if months is None else np.asarray(months, dtype="datetime64[D]")
    names = panel["benchmark"].to_numpy().astype(str)
    benchmark = names if benchmarks is None else np.asarray(benchmarks, dtype=str)
    lag, censoring = _start_up(
        panel,
        leader_start_up_months=leader_start_up_months,
        follower_start_up_months=follower_start_up_months,
    )
    lag = _on_grid(lag, names, own_months, benchmark, month, np.nan)
    censoring = _on_grid(censoring, names, own_months, benchmark, month, 0.0)
    stretch = _on_grid(panel["stretch"].to_numpy(), names, own_months, benchmark, month, 0.0)
    category = dict(zip(names, panel["category"].to_numpy().astype(str), strict=True))
    seen = ~np.isnan(lag)
    if benchmarks is None:
        used = seen.any(axis=1)
        lag, censoring, stretch, seen, benchmark = (a[used] for a in (lag, censoring, stretch, seen, benchmark))
    exact = seen & (censoring == 0)
    if seen.sum() < 3 or not exact.any():
        raise InsufficientDataError(
            f"{int(seen.sum())} monthly lags outside the start-up, {int(exact.sum())} of them uncensored: "
            "too few to fit a trend. The others are bounds ('at least'): scores of earlier leading models make them "
            "exact, more benchmarks or months add to them"
        )
    if reference_date is None:
        reference_date = month[0] + (month[-1] - month[0]) // 2
    reference = np.datetime64(pd.Timestamp(reference_date), "D")
    categories, category_of = np.unique([category.get(name, "other") for name in benchmark], return_inverse=True)
    return PanelData(
        benchmark=benchmark,
        category=categories,
        category_of=category_of,
        month=month,
        reference_date=reference,
        years=months_between(month, reference) / MONTHS_PER_YEAR,
        **_arrays(lag, censoring, stretch, month, reference, sizes=pad_censored),
    )


def _arrays(
    lag: np.ndarray,
    censoring: np.ndarray,
    stretch: np.ndarray,
    month: np.ndarray,
    reference: np.datetime64,
    *,
    sizes: tuple[int, int] | None,
) -> dict[str, Any]:
    """Model arrays of a panel of lags and bounds (NaN: not observed), shape (B, T), as `PanelData` names them."""
    seen = ~np.isnan(lag)
    since = months_between(month, reference)
    # Column of the latest observed cell strictly before each cell; -1 where there is none.
    latest = np.maximum.accumulate(np.where(seen, np.arange(len(month)), -1), axis=1)
    previous = np.concatenate([np.full((len(lag), 1), -1), latest[:, :-1]], axis=1)
    has_previous = previous >= 0
    cb, cm = np.nonzero(seen & (censoring != 0))
    sign = censoring[cb, cm]
    stretches, stretch_of = np.unique(np.column_stack([cb, sign, stretch[cb, cm]]), axis=0, return_inverse=True)
    n_cells, n_stretches = sizes or (len(cb), len(stretches))
    if n_cells < len(cb) or n_stretches < len(stretches):
        raise ValueError(
            f"pad_censored is {sizes}, but the panel has {len(cb)} censored cells in {len(stretches)} stretches"
        )

    def padded(values: np.ndarray, size: int = n_cells) -> np.ndarray:
        return np.concatenate([values, np.zeros(size - len(values), dtype=values.dtype)])

    return {
        "lag": np.where(seen & (censoring == 0), lag, 0.0),
        "observed": seen.astype(float),
        "previous": np.maximum(previous, 0),
        "gap": np.where(has_previous, since[None, :] - since[np.maximum(previous, 0)], 1.0),
        "first": (seen & ~has_previous).astype(float),
        "censored_benchmark": padded(cb),
        "censored_month": padded(cm),
        "censored_bound": padded(lag[cb, cm]),
        "censored_sign": padded(sign),
        "censored_stretch": padded(stretch_of.ravel()),
        "stretch_real": padded(np.ones(len(stretches)), n_stretches),
    }


def _start_up(
    panel: xr.Dataset, *, leader_start_up_months: float, follower_start_up_months: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lags (NaN: not used) and censoring after the two start-up rules; shape (B, T)."""
    lag = np.where(panel["observed"].to_numpy(), panel["lag"].to_numpy().astype(float), np.nan)
    censoring = panel["censoring"].to_numpy().astype(float)
    month = panel["month"].to_numpy()
    since_leader = months_between(month[None, :], panel["leader_first"].to_numpy()[:, None])
    since_follower = months_between(month[None, :], panel["follower_first"].to_numpy()[:, None])
    # Behind, the leader reached the level `lag` months ago; ahead, the follower passed it -lag months ago.
    for sign, since in ((1.0, since_leader), (-1.0, since_follower)):
        bound = since - leader_start_up_months
        young = (censoring == 0) & (sign * lag >= 0) & (sign * lag > bound)
        lag = np.where(young, sign * bound, lag)
        censoring = np.where(young, sign, censoring)
    both = np.minimum(since_leader, since_follower)
    lag = np.where(both < follower_start_up_months, np.nan, lag)
    return lag, np.where(np.isnan(lag), 0.0, censoring)


def _on_grid(values, names, months, benchmark, month, fill) -> np.ndarray:
    """Lay (names × months) values on the grid (benchmark × month)."""
    out = np.full((len(benchmark), len(month)), fill)
    column = {m: k for k, m in enumerate(month)}
    keep = [k for k, m in enumerate(months) if m in column]
    row = {n: k for k, n in enumerate(benchmark)}
    at = np.ix_([row[n] for n in names], [column[months[k]] for k in keep])
    out[at] = values[:, keep]
    return out
