"""As-of replay: the panel as it was at a past cutoff, and the lags that came after it.

At a cutoff only models released by then are seen, or only scores known by then (`gapmodel.scores.vintages`), and
benchmarks and windows are those of that day. The outcome is the lag panel of all data under the same options. All
cutoffs share one grid of benchmarks × months, so that a variant is compiled once; what is on the grid beyond a replay's
own panel is not observed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.errors import ConfigError, InsufficientDataError, UnknownNameError
from gapmodel.lags.panel import Lags
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.panel_data import PanelData
from gapmodel.scores.table import Scores
from gapmodel.scores.vintages import KnownDays
from gapmodel.units import month_ends, months_between
from gapmodel.validation.baseline_forecasts import History

__all__ = ["FIRST_CUTOFF", "HORIZONS", "Outcome", "Replay", "cutoff_dates", "outcomes_of", "prepare", "replay_at_end"]

HORIZONS = 12
FIRST_CUTOFF = "2024-06-30"

# Panels of nearly the same size share one compiled model.
_CELLS, _STRETCHES = 64, 16


@dataclass(frozen=True)
class Replay:
    """The analysis as it could have been made at a cutoff, laid on the grid that all cutoffs share.

    Attributes
    ----------
    cutoff : numpy.datetime64
    data : PanelData, B benchmarks × T months
        Nothing is observed after the cutoff; its months are there for forecasts. Time is centred in the middle of the
        replayed panel, as it would have been then.
    history : History
        Up to the cutoff.
    """

    cutoff: np.datetime64
    data: PanelData
    history: History

    @property
    def ahead(self) -> np.ndarray:
        """Columns of `data` of the 1 to `HORIZONS` months after the cutoff that the grid has; int, shape (H,)."""
        first = len(self.history.month)
        return np.arange(first, min(first + HORIZONS, len(self.data.month)))

    @property
    def eligible(self) -> np.ndarray:
        """Benchmarks with a lag or bound outside their start-up by the cutoff; bool, shape (B,)."""
        return (self.data.observed > 0).any(axis=1)


@dataclass(frozen=True)
class Outcome:
    """Lags after a cutoff as all data show them, B benchmarks × H months.

    Attributes
    ----------
    value : numpy.ndarray, shape (B, H), months
        Lag, or the limit that it lies beyond; NaN where there is none.
    censoring : numpy.ndarray of int, shape (B, H)
        +1: the lag is at least `value`; -1: at most; 0: it is `value`.
    low, high : numpy.ndarray, shape (B, H), months
        Limits beyond which a lag is only seen as a bound: the age of the benchmark's record less its start-up.
    """

    value: np.ndarray
    censoring: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Cells with a lag; bool, shape (B, H)."""
        return ~np.isnan(self.value) & (self.censoring == 0)

    def at(self, columns: np.ndarray) -> Outcome:
        """Of some of the months."""
        return Outcome(*(grid[:, columns] for grid in (self.value, self.censoring, self.low, self.high)))


def cutoff_dates(last_month, *, first: Any = FIRST_CUTOFF, monthly: bool = False) -> list[pd.Timestamp]:
    """Month-ends at which to replay, of quarters or all of them.

    Parameters
    ----------
    last_month : date-like
        Last month of the panel; cutoffs end with the month before it.
    first : date-like
        No cutoff is earlier.
    monthly : bool
        All month-ends.

    Returns
    -------
    list of pandas.Timestamp
        Ascending.

    Raises
    ------
    ConfigError
        There is none.
    """
    start, end = pd.Timestamp(first), pd.Timestamp(last_month) - pd.offsets.MonthEnd(1)
    dates = [d for d in month_ends(start, end) if monthly or d.month % 3 == 0] if start <= end else []
    if not dates:
        raise ConfigError(f"no cutoff from {start.date()} to {end.date()}: begin earlier, or take months (--monthly)")
    return dates


def prepare(
    scores: Scores, options: LagOptions, cutoffs: list[pd.Timestamp], *, known: KnownDays | None = None
) -> tuple[list[tuple[Replay, Outcome]], dict[str, str]]:
    """Replay every cutoff and look up its outcomes.

    Parameters
    ----------
    scores : Scores
    options : LagOptions
        Of every replay, with the cutoff put in; the outcomes are those of all data under the same options.
    cutoffs : list of pandas.Timestamp
        Month-ends, see `cutoff_dates`.
    known : KnownDays, optional
        Of the same scores: from which day each is seen. Default: from the release of its model.

    Returns
    -------
    pairs : list of (Replay, Outcome)
        By cutoff, on one grid of benchmarks and months.
    skipped : dict
        ISO date → why nothing can be forecast then.

    Raises
    ------
    InsufficientDataError
        No cutoff is left.
    """
    full = options.lags(scores)
    replayed: dict[pd.Timestamp, Lags] = {}
    skipped: dict[str, str] = {}
    for cutoff in cutoffs:
        then = replace(options, cutoff=cutoff)
        try:
            lags = then.lags(scores if known is None else known.on(cutoff))
            then.data(lags)
        # Of the names in groups all data have every one: a value that is absent then is a group without models.
        except (InsufficientDataError, UnknownNameError) as error:
            skipped[str(cutoff.date())] = str(error)
        else:
            replayed[cutoff] = lags
    if not replayed:
        raise InsufficientDataError(f"too few lags at every cutoff; at the last one: {list(skipped.values())[-1]}")
    panels = [full.panel, *(lags.panel for lags in replayed.values())]
    first = min(pd.Timestamp(panel["month"].to_numpy()[0]) for panel in panels)
    last = max(pd.Timestamp(full.panel["month"].to_numpy()[-1]), *replayed)
    months = month_ends(first, last).to_numpy().astype("datetime64[D]")
    benchmarks = np.array(sorted({str(name) for panel in panels for name in panel["benchmark"].to_numpy()}))
    outcomes = outcomes_of(full, options, months, benchmarks)
    pairs = []
    for cutoff, lags in replayed.items():
        replay = _replay(lags, replace(options, cutoff=cutoff), cutoff, months, benchmarks)
        pairs.append((replay, outcomes.at(replay.ahead)))
    return pairs, skipped


def replay_at_end(scores: Scores, options: LagOptions) -> Replay:
    """The analysis of a whole table as a replay at its last month, with the `HORIZONS` months after it on the grid.

    Parameters
    ----------
    scores : Scores
    options : LagOptions
        Their cutoff, where they have one, is that of the table.

    Raises
    ------
    InsufficientDataError
        Too few lags.
    """
    lags = options.lags(scores)
    own = pd.DatetimeIndex(lags.panel["month"].to_numpy())
    months = month_ends(own[0], own[-1] + pd.offsets.MonthEnd(HORIZONS)).to_numpy().astype("datetime64[D]")
    benchmarks = np.array(sorted(str(name) for name in lags.panel["benchmark"].to_numpy()))
    return _replay(lags, options, own[-1], months, benchmarks)


def outcomes_of(full: Lags, options: LagOptions, months: np.ndarray, benchmarks: np.ndarray) -> Outcome:
    """The lags of a table as outcomes.

    Parameters
    ----------
    full : Lags
        Of all data.
    options : LagOptions
    months : numpy.ndarray, shape (T,), datetime64[D]
    benchmarks : numpy.ndarray of str, shape (B,)
        What the table lacks has no outcome.

    Returns
    -------
    Outcome
        Of every benchmark and month.

    Raises
    ------
    InsufficientDataError
        Too few lags.
    """
    data = options.data(full, months=months, benchmarks=benchmarks)
    longest_lead, longest = _limits(full, options, months, benchmarks)
    value, sign = data.value, data.censoring.astype(int)
    low = np.where(sign < 0, np.fmax(longest_lead, value), longest_lead)
    high = np.where(sign > 0, np.fmin(longest, value), longest)
    return Outcome(np.where(sign > 0, high, np.where(sign < 0, low, value)), sign, low, high)


def _replay(
    lags: Lags, options: LagOptions, cutoff: pd.Timestamp, months: np.ndarray, benchmarks: np.ndarray
) -> Replay:
    own = lags.panel["month"].to_numpy().astype("datetime64[D]")
    alone = options.data(lags)
    sizes = (_up(len(alone.censored_bound), _CELLS), _up(len(alone.stretch_real), _STRETCHES))
    data = options.data(
        lags,
        months=months,
        benchmarks=benchmarks,
        pad_censored=sizes,
        reference_date=own[0] + (own[-1] - own[0]) // 2,
    )
    # The last months have no lag where nobody had run new models by then: the forecast still begins at the cutoff.
    day = np.datetime64(cutoff.date(), "D")
    end = int(np.flatnonzero(months == day)[0]) + 1
    exact = lags.panel["observed"] & (lags.panel["censoring"] == 0)
    published = (
        lags.panel["lag"]
        .where(exact)
        .clip(min=0.0)
        .transpose("benchmark", "month")
        .assign_coords(month=own)
        .reindex(benchmark=benchmarks, month=months[:end])
        .to_numpy()
    )
    known = (data.observed > 0) & (data.censoring == 0)
    return Replay(day, data, History(months[:end], data.value[:, :end], known[:, :end], published))


def _up(n: int, step: int) -> int:
    return step * max(1, -(-n // step))


def _limits(
    full: Lags, options: LagOptions, months: np.ndarray, benchmarks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Longest lead (as a negative lag) and longest lag that a record of its age can show, shape (B, T)."""
    first = full.panel[["leader_first", "follower_first"]].reindex(benchmark=benchmarks)
    age = {
        name: months_between(months[None, :], first[name].to_numpy()[:, None]) - options.leader_start_up_months
        for name in ("leader_first", "follower_first")
    }
    return -age["follower_first"], age["leader_first"]
