"""Revision triangle: the lag of a month as it was seen then, and as it is seen later.

A model that is released in a month is run on a benchmark days or months later, and until then the lag of that month is
another one than it will be. Vintages of one table are those of the as-of replay (`gapmodel.scores.vintages`); two
tables of different days are two vintages that were published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel import __version__
from gapmodel.errors import ConfigError, InsufficientDataError, UnknownNameError
from gapmodel.files.atomic import atomic_text, csv_text, writable_folder, write_json
from gapmodel.modeling.options import LagOptions, read_day
from gapmodel.plot import plot_revisions, save_figure
from gapmodel.scores.table import Scores
from gapmodel.scores.vintages import KnownDays, known_days
from gapmodel.stats.proper_scores import clustered_mean
from gapmodel.units import DAYS_PER_MONTH, month_ends
from gapmodel.validation.replay import FIRST_CUTOFF

__all__ = [
    "DRAWS",
    "MONTHS_LATER",
    "REPLAY",
    "Revisions",
    "find_revisions",
    "monthly_revisions",
    "revision_summary",
    "revision_triangle",
    "table_revisions",
    "write_revisions",
]

#: Months after its end at which a month is looked at again.
MONTHS_LATER = (0, 1, 2, 3, 6, 12)
#: Of the delays of scores without a day of evaluation.
DRAWS = 10
#: Source of the vintages that the replay makes.
REPLAY = "as-of replay"

_CELL = ["source", "draw", "benchmark", "month"]
_COLUMNS = [*_CELL, "vintage", "months_later", "lag_months", "censoring"]


@dataclass(frozen=True)
class Revisions:
    """What later scores do to the lags of a month.

    Attributes
    ----------
    table, monthly, summary : pandas.DataFrame
        From `revision_triangle` and `table_revisions`, `monthly_revisions` and `revision_summary`.
    known : KnownDays
        Of the first draw.
    """

    table: pd.DataFrame
    monthly: pd.DataFrame
    summary: pd.DataFrame
    known: KnownDays


def find_revisions(
    scores: Scores,
    options: LagOptions,
    *,
    older: Scores | None = None,
    months_later: Sequence[int] = MONTHS_LATER,
    first: Any = FIRST_CUTOFF,
    draws: int = DRAWS,
    seed: int = 0,
) -> Revisions:
    """Revisions in the as-of replay of a table and, where an older table is given, from that one to it.

    Raises
    ------
    ConfigError, InsufficientDataError
        See `revision_triangle` and `table_revisions`.
    """
    table = revision_triangle(scores, options, months_later=months_later, first=first, draws=draws, seed=seed)
    if older is not None:
        table = pd.concat([table, table_revisions(older, scores, options)], ignore_index=True)
    known = known_days(scores, leader=options.leader, follower=options.follower, seed=seed)
    return Revisions(table, monthly_revisions(table), revision_summary(table), known)


def revision_triangle(
    scores: Scores,
    options: LagOptions | None = None,
    *,
    months_later: Sequence[int] = MONTHS_LATER,
    first: Any = FIRST_CUTOFF,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """The lags of every month as seen at its end and some months later, by what was known then.

    Parameters
    ----------
    scores : Scores
    options : LagOptions, optional
    months_later : sequence of int
        Of the vintages of a month; 0 is the month's end.
    first : date-like
        No month is earlier.
    draws : int
        Times that the delays of scores without a day of evaluation are drawn; once where all have one, or none.
    seed : int
        Of the first draw; it goes up by one.

    Returns
    -------
    pandas.DataFrame
        One row per draw, benchmark, month and vintage that shows a lag or bound: ``source``, ``draw``, ``benchmark``,
        ``month`` (month-end), ``vintage`` (day as of which the lag is seen), ``months_later`` (from month to vintage),
        ``lag_months``, ``censoring`` (-1, 0, +1). What a vintage shows depends on the scores known by its day, and on
        days of evaluation, but on no later score.

    Raises
    ------
    ConfigError
        `months_later` are not whole numbers from 0 on, there is no draw, or `options` have a cutoff.
    InsufficientDataError
        There is no lag, or no month from `first` on.

    Examples
    --------
    >>> from gapmodel.sources.load import load_scores
    >>> scores = load_scores(pool=["GPQA Diamond"])
    >>> seen = revision_triangle(scores, months_later=[0, 3], first="2026-03-31", draws=1)
    >>> seen[seen["month"] == "2026-03-31"]["lag_months"].round(1).tolist()
    [4.4, 4.4]
    """
    options = options or LagOptions()
    later = sorted(set(months_later))
    if not later or any(not isinstance(k, int | np.integer) or k < 0 for k in later):
        raise ConfigError(f"months_later is {list(months_later)}: give whole numbers of months, 0 or more")
    if draws < 1:
        raise ConfigError(f"draws is {draws}: give 1 or more")
    if options.cutoff is not None:
        raise ConfigError("a revision triangle makes its own cutoffs: leave the cutoff out")
    start = read_day(first, "first")
    months = month_ends(start, pd.Timestamp(options.lags(scores).panel["month"].to_numpy()[-1]))
    parts = []
    for draw in range(draws):
        known = known_days(scores, leader=options.leader, follower=options.follower, seed=seed + draw)
        if draw and not known.n_drawn:
            break
        for vintage in months:
            try:
                panel = replace(options, cutoff=vintage).lags(known.on(vintage)).panel
            except (InsufficientDataError, UnknownNameError):  # nothing, or no model of a group, had been run yet
                continue
            seen = _lags(panel, vintage, REPLAY, draw)
            parts.append(seen[seen["months_later"].isin(later) & (seen["month"] >= start)])
    if not any(len(part) for part in parts):
        raise InsufficientDataError(f"no lag was known at a month-end from {start.date()} on: begin earlier")
    return _sorted(parts)


def table_revisions(older: Scores, newer: Scores, options: LagOptions | None = None) -> pd.DataFrame:
    """The lags of every month in two tables of different days.

    Parameters
    ----------
    older, newer : Scores
        With the day on which each was taken (`Scores.as_of`).
    options : LagOptions, optional

    Returns
    -------
    pandas.DataFrame
        As `revision_triangle`, of the benchmarks in both and the months up to the last of the older; ``months_later``
        are whole months from the month to the day of the table, ``draw`` is 0.

    Raises
    ------
    ConfigError
        A table has no day, or the newer one is not the later.

    Examples
    --------
    >>> from gapmodel.sources.load import load_scores
    >>> table_revisions(load_scores("epoch_2026-08"), load_scores("epoch_2026-05"))
    Traceback (most recent call last):
    ...
    gapmodel.errors.ConfigError: the older table was taken on 2026-08-11, the newer one on 2026-05-14: exchange them
    """
    options = options or LagOptions()
    days = []
    for role, table in (("older", older), ("newer", newer)):
        if table.as_of is None:
            raise ConfigError(f"the {role} table, '{table.snapshot}', has no day: give a snapshot")
        days.append(table.as_of)
    if days[0] >= days[1]:
        said = f"the older table was taken on {days[0].date()}, the newer one on {days[1].date()}"
        raise ConfigError(f"{said}: exchange them")
    source = f"{older.snapshot} to {newer.snapshot}"
    before, after = (
        _lags(options.lags(table).panel, day, source, 0) for table, day in zip((older, newer), days, strict=True)
    )
    after = after[after["benchmark"].isin(before["benchmark"]) & (after["month"] <= before["month"].max())]
    return _sorted([before[before["benchmark"].isin(after["benchmark"])], after])


def monthly_revisions(table: pd.DataFrame) -> pd.DataFrame:
    """The average over benchmarks of each month, as first seen and as seen later, over the same benchmarks.

    Parameters
    ----------
    table : pandas.DataFrame
        From `revision_triangle` or `table_revisions`, or several of them.

    Returns
    -------
    pandas.DataFrame
        One row per ``source``, ``month``, ``first_seen`` and ``months_later`` (months after the month's end of both
        vintages): ``n``, benchmarks with a lag, and not a bound, in both, as a mean over draws; ``first_lag``,
        ``later_lag`` and ``change`` (months), averages over these and the draws.
    """
    grouped = _changes(table).groupby(["source", "month", "first_seen", "months_later"], as_index=False)
    out = grouped.agg(
        n=("change", "size"),
        first_lag=("first_lag", "mean"),
        later_lag=("lag_months", "mean"),
        change=("change", "mean"),
    )
    return out.assign(n=out["n"] / out["source"].map(table.groupby("source")["draw"].nunique()))


def revision_summary(table: pd.DataFrame) -> pd.DataFrame:
    """How much months are revised: the mean change of a lag from when its month is first seen to later.

    Parameters
    ----------
    table : pandas.DataFrame
        From `revision_triangle` or `table_revisions`, or several of them.

    Returns
    -------
    pandas.DataFrame
        One row per ``source``, ``first_seen`` and ``months_later`` (months after the month's end of both vintages):
        ``n`` (benchmark-months with a lag, and not a bound, in both; mean over draws), ``months``, ``change`` and
        ``change_se`` (months; below zero where lags were too long at first; the benchmarks and draws of a month are one
        cluster, months nearer than `months_later` are taken as correlated; NaN for one month), ``revised`` (share that
        changed by more than a day), ``unseen`` (share of the later vintage's lags and bounds that the first lacked).
    """
    key = ["source", "first_seen", "months_later"]
    later = table.assign(first_seen=_first(table))
    shown = later.loc[later["months_later"] == later["first_seen"], _CELL].assign(shown=True)
    later = later[later["months_later"] > later["first_seen"]].merge(shown, on=_CELL, how="left")
    unseen = later.assign(unseen=later["shown"].isna()).groupby(key)["unseen"].mean()
    draws = table.groupby("source")["draw"].nunique()
    rows = []
    for _, part in _changes(table).sort_values(_CELL).groupby(key):
        source, first_seen, months_later = part[key].iloc[0]
        mean = clustered_mean(part["change"], part["month"], overlap=max(1, months_later))
        rows.append(
            {
                "source": source,
                "first_seen": first_seen,
                "months_later": months_later,
                "n": mean.n / draws[source],
                "months": mean.clusters,
                "change": mean.value,
                "change_se": mean.se,
                "revised": float((part["change"].abs() > 1.0 / DAYS_PER_MONTH).mean()),
                "unseen": float(unseen[source, first_seen, months_later]),
            }
        )
    return pd.DataFrame(rows, columns=[*key, "n", "months", "change", "change_se", "revised", "unseen"])


def write_revisions(found: Revisions, scores: Scores, options: LagOptions, folder: Path) -> None:
    """Write ``revisions.csv``, ``monthly.csv``, ``summary.csv``, ``revisions.json`` and the figure in three formats."""
    writable_folder(folder).mkdir(parents=True, exist_ok=True)
    for name, table in (("revisions", found.table), ("monthly", found.monthly), ("summary", found.summary)):
        atomic_text(folder / f"{name}.csv", csv_text(table))
    about = {
        "gapmodel": __version__,
        "data": {"sha256": scores.sha256, "snapshot": scores.snapshot},
        "known_by": found.known.as_dict(),
        "draws": int(found.table["draw"].nunique()),
        "options": options.as_dict(),
        "credits": list(scores.credits),
    }
    write_json(folder / "revisions.json", about)
    said = found.known.sentence
    note = f"{said[0].upper()}{said[1:]}. {' '.join(scores.credits)}"
    save_figure(plot_revisions(found.monthly, found.summary, note=note), folder / "revisions")


def _first(table: pd.DataFrame) -> pd.Series:
    """Months after which the month of each row is first seen, by source and draw."""
    return table.groupby(["source", "draw", "month"])["months_later"].transform("min")


def _changes(table: pd.DataFrame) -> pd.DataFrame:
    """Cells with a lag in the month's first vintage and in a later one, with ``first_lag`` and ``change``."""
    table = table.assign(first_seen=_first(table))
    exact = table[table["censoring"] == 0]
    then = exact[exact["months_later"] == exact["first_seen"]].set_index(_CELL)["lag_months"].rename("first_lag")
    cells = exact[exact["months_later"] > exact["first_seen"]].join(then, on=_CELL, how="inner")
    return cells.assign(change=cells["lag_months"] - cells["first_lag"])


def _lags(panel: xr.Dataset, vintage: pd.Timestamp, source: str, draw: int) -> pd.DataFrame:
    """Every lag and bound of a panel, as seen on a day."""
    b, m = np.nonzero(panel["observed"].transpose("benchmark", "month").to_numpy())
    month = pd.DatetimeIndex(panel["month"].to_numpy())[m]
    # A day before the end of its month makes no whole month.
    whole = 12 * (vintage.year - month.year) + vintage.month - month.month - (not vintage.is_month_end)
    lag, censoring = (panel[name].transpose("benchmark", "month").to_numpy()[b, m] for name in ("lag", "censoring"))
    return pd.DataFrame(
        {
            "source": source,
            "draw": draw,
            "benchmark": panel["benchmark"].to_numpy().astype(str)[b],
            "month": month,
            "vintage": vintage,
            "months_later": whole,
            "lag_months": lag,
            "censoring": censoring.astype(int),
        }
    )


def _sorted(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts)[_COLUMNS].sort_values([*_CELL, "vintage"], ignore_index=True)
