"""From scores to the lag panel (benchmark × month), and two further views of the same frontiers.

`gapmodel.lags.definition` says what a lag is, `gapmodel.lags.sides` whose frontiers are compared.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.lags.definition import lags_at
from gapmodel.lags.frontier import FrontierTable
from gapmodel.lags.sides import Sides, both_sides
from gapmodel.scores.groups import CLOSED, OPEN, Group
from gapmodel.scores.table import Scores
from gapmodel.units import months_between

__all__ = [
    "DEFAULT_GRACE_MONTHS",
    "Lags",
    "clamped",
    "compute_lags",
    "panel_table",
]

# A window that ends with the last evaluated release always ends at the bottom of a saw tooth; one that lasts too
# long counts missing evaluations as lag. The unbiased length is the usual distance between two
# evaluated releases of a group, about a month both in simulated and in real tables.
DEFAULT_GRACE_MONTHS = 1
_LONGEST_GRACE = 1200

_DAY, _MONTH = "datetime64[D]", "datetime64[M]"
_ONE_MONTH = np.timedelta64(1, "M")


@dataclass(frozen=True)
class Lags:
    """The lag panel and two further views of the same frontiers.

    Attributes
    ----------
    panel : xarray.Dataset
        Dims ``(benchmark, month)``; variables ``lag`` (months, signed), ``censoring`` (-1, 0, +1),
        ``leader_level`` and ``follower_level`` (score units), ``leader_model``, ``follower_model``,
        ``follower_date`` (when the follower's record in force was released), ``n_leader`` and
        ``n_follower`` (models run so far), ``in_window``, ``observed`` (in the window with a lag), ``stretch`` (number
        of the record in force of the group that is behind: within one of a benchmark the lag changes by one day per
        day). Outside the window `lag` is NaN and `censoring` 0.
    release : pandas.DataFrame
        One row per follower record, in the window or not: its lag on the day of release.
    catch_up : pandas.DataFrame
        One row per leader record: months until the follower matched it, right-censored (+1) at the end of the
        window, left-censored (-1) when the follower's first level on record already matched it.
    skipped : pandas.DataFrame
        Columns ``benchmark, reason``.
    frontiers : pandas.DataFrame
        Records of both frontiers of the panel's benchmarks, in the window or not, by benchmark and date: ``benchmark,
        role`` (leader or follower), ``date, model, level`` (score units).
    sides : Sides or None
        The frontiers of every benchmark as they were built, and the scores they were built from; None for lags read
        from a run.
    """

    panel: xr.Dataset
    release: pd.DataFrame
    catch_up: pd.DataFrame
    skipped: pd.DataFrame
    frontiers: pd.DataFrame
    sides: Sides | None = field(repr=False)

    def __repr__(self) -> str:
        panel, month = self.panel, self.panel["month"].to_index()
        observed, bounds = int(panel["observed"].sum()), int((panel["censoring"] != 0).sum())
        head = f"Lags of {panel.attrs['follower']} behind {panel.attrs['leader']}, months"
        size = f"{observed} monthly lags on {panel.sizes['benchmark']} benchmarks, {bounds} of them bounds"
        left = f"\n  {len(self.skipped)} benchmarks without a lag, see .skipped" if len(self.skipped) else ""
        return f"{head}\n  {size}\n  {month[0].date()} to {month[-1].date()}; panel has dims (benchmark, month){left}"

    def _repr_html_(self) -> str:
        last = self.panel.isel(month=-1)
        rows = pd.DataFrame(
            {
                "title": last["title"].to_series(),
                "lag (months)": last["lag"].to_series().round(1),
                "bound": last["censoring"].to_series().map({-1: "at most", 0: "", 1: "at least"}),
            }
        )
        day = str(pd.Timestamp(last["month"].item()).date())
        return f"<p>{html.escape(repr(self).splitlines()[0])}, on {day}</p>" + rows.to_html(escape=True, max_rows=20)

    @property
    def known(self) -> Sides:
        """`sides`, where the lags have them.

        Raises
        ------
        ConfigError
            They were read from a run: compute them from the scores.
        """
        if self.sides is None:
            raise ConfigError("lags that were read from a run hold no scores: compute them with compute_lags")
        return self.sides


def compute_lags(
    scores: Scores,
    *,
    cutoff=None,
    grace_months: int = DEFAULT_GRACE_MONTHS,
    leader: Group = CLOSED,
    follower: Group = OPEN,
    first_month=None,
    tolerance: float = 0.0,
) -> Lags:
    """Compute the lag panel of every benchmark.

    Parameters
    ----------
    scores : Scores
    cutoff : date-like, optional
        Nothing after it is seen; the grid ends at the last complete month, and never after the snapshot date.
        Default: the snapshot date, or for data without one the end of the month of the last release.
    grace_months : int, months
        A benchmark's window runs from the first month-end with both groups on record to the end of the month that
        lies `grace_months` after the last release evaluated in the group whose evaluations ended first, never
        beyond the cutoff.
    leader, follower : Group
    first_month : date-like, optional
        Drop months before it (the frontiers still use earlier releases).
    tolerance : float
        Share of a benchmark's scale (its bounds where both are known, else the range of its scores) within which the
        follower counts as level, see `gapmodel.lags.definition.lag_at`.

    Returns
    -------
    Lags

    Raises
    ------
    ConfigError, UnknownNameError
        See `gapmodel.lags.sides.benchmark_frontiers`; `grace_months` outside [0, 1200], `tolerance` outside [0, 1).
    InsufficientDataError
        A group is absent, or no benchmark has two months in its window.
    """
    if not 0 <= grace_months <= _LONGEST_GRACE:
        raise ConfigError(f"grace_months is {grace_months}: give 0 to {_LONGEST_GRACE}")
    if not 0.0 <= tolerance < 1.0:
        raise ConfigError(f"tolerance is {tolerance}: give a share of the scale, from 0 to below 1")
    sides = both_sides(scores, leader, follower, cutoff=cutoff)
    scores = sides.scores
    end = _last_month_end(scores)
    first, last, reasons = _windows(sides, end, grace_months, first_month, leader.name, follower.name)
    skipped = [(name, reason) for name, reason in zip(sides.names, reasons, strict=True) if reason]
    kept = np.flatnonzero([not reason for reason in reasons])
    if not len(kept):
        detail = "; ".join(f"{n}: {r}" for n, r in skipped[:5])
        raise InsufficientDataError(
            f"no benchmark can be used ({detail}): see what each lacks, and add scores or correct its lower_bound"
        )
    near = tolerance * sides.scale
    panel = _panel(scores, sides, kept, first, last, near)
    panel.attrs = {
        "leader": leader.name,
        "follower": follower.name,
        "leader_condition": leader.expression,
        "follower_condition": follower.expression,
        "grace_months": grace_months,
        "last_month": str(end.date()),
        "data_sha256": scores.sha256,
    }
    panel["lag"].attrs = {"units": "months", "long_name": f"lag of {follower.name} behind {leader.name}"}
    panel["censoring"].attrs = {"long_name": "+1: at least; -1: at most; 0: observed"}
    release = _release_rows(sides, kept, near)
    catch_up = _catch_up_rows(sides, kept, _month_end(last), near)
    if first_month is not None:
        start = pd.Timestamp(first_month).to_period("M").start_time
        release, catch_up = (view[view["date"] >= start].reset_index(drop=True) for view in (release, catch_up))
    for view in (release, catch_up):
        view.insert(1, "leader", leader.name)
        view.insert(2, "follower", follower.name)
    left = pd.DataFrame(skipped, columns=["benchmark", "reason"])
    return Lags(panel, release, catch_up, left, _frontier_rows(sides, kept), sides)


def clamped(panel: xr.Dataset) -> xr.Dataset:
    """The panel with leads (negative lags) set to zero, as in the published analysis; bounds on leads become exact."""
    return panel.assign(
        lag=panel["lag"].clip(min=0.0, keep_attrs=True), censoring=panel["censoring"].clip(min=0, keep_attrs=True)
    )


def panel_table(panel: xr.Dataset) -> pd.DataFrame:
    """The panel as one row per (benchmark, month) inside the window, ``month`` as ISO text.

    Parameters
    ----------
    panel : xarray.Dataset
        From `compute_lags`.

    Returns
    -------
    pandas.DataFrame
        ``benchmark, month, lag_months, censoring``, then names of the groups, levels (score units) and models, numbers
        of models, and what `panel` has of each benchmark.
    """
    variables = ["lag", "censoring", "leader_level", "leader_model", "follower_level", "follower_model"]
    variables += ["n_leader", "n_follower", "in_window"]
    frame = panel[variables].to_dataframe().reset_index()
    frame = frame[frame.pop("in_window")].rename(columns={"lag": "lag_months"})
    frame["month"] = frame["month"].dt.strftime("%Y-%m-%d")
    frame.insert(2, "leader", panel.attrs["leader"])
    frame.insert(3, "follower", panel.attrs["follower"])
    keep = ["benchmark", "month", "lag_months", "censoring"]
    return frame[keep + [c for c in frame.columns if c not in keep]].reset_index(drop=True)


def table_panel(table: pd.DataFrame) -> xr.Dataset:
    """The panel of a run that was read, from `panel_table` with ``month`` parsed: what figures draw.

    Days of the follower's records and stretches are not in the table, and not in what comes back.
    """
    grid = ("benchmark", "month")
    names = pd.Index(sorted(set(table["benchmark"])))
    months = pd.date_range(table["month"].min(), table["month"].max(), freq="ME", unit="ns")
    at = (names.get_indexer(pd.Index(table["benchmark"])), months.get_indexer(pd.DatetimeIndex(table["month"])))
    shape = (len(names), len(months))
    inside = np.zeros(shape, dtype=bool)
    inside[at] = True
    out: dict[str, np.ndarray] = {"in_window": inside}
    for column, name in {
        "lag_months": "lag",
        "leader_level": "leader_level",
        "follower_level": "follower_level",
    }.items():
        out[name] = np.full(shape, np.nan)
        out[name][at] = table[column]
    out["censoring"] = np.zeros(shape, dtype=np.int8)
    out["censoring"][at] = table["censoring"]
    first = table.drop_duplicates("benchmark").set_index("benchmark").loc[names]
    coords = {"benchmark": np.array(names, dtype=object), "month": months}
    named = {key: ("benchmark", first[key].fillna("").to_numpy(dtype=object)) for key in ("title", "category")}
    attributes = {role: str(table[role].iloc[0]) for role in ("leader", "follower")}
    panel = xr.Dataset({key: (grid, value) for key, value in out.items()}, coords=coords | named, attrs=attributes)
    panel["observed"] = panel["in_window"] & ~np.isnan(panel["lag"])
    return panel


def _last_month_end(scores: Scores) -> pd.Timestamp:
    """Last complete month-end on or before the day on which the data were taken (a cutoff, where given)."""
    limit = scores.as_of
    if limit is None:
        dates = [scores.table["release_date"].max()]
        if "weights_date" in scores.table:
            dates.append(scores.table["weights_date"].max())
        return max(d for d in dates if not pd.isna(d)) + pd.offsets.MonthEnd(0)
    return limit if limit.is_month_end else limit - pd.offsets.MonthEnd(1)


def _windows(sides: Sides, end, grace, first_month, leader_name, follower_name):
    """First and last month of each window (datetime64[M], shape (B,)), and why there is none ("" where there is)."""
    lead, follow = sides.leader, sides.follower
    start = np.maximum(lead.first_evaluated, follow.first_evaluated)
    if first_month is not None:
        start = np.maximum(start, pd.Timestamp(first_month).to_datetime64().astype(_DAY))
    first = start.astype(_MONTH)
    last = np.minimum(lead.last_evaluated, follow.last_evaluated).astype(_MONTH) + np.timedelta64(grace, "M")
    last = np.minimum(last, end.to_datetime64().astype(_MONTH))
    short = f"fewer than 2 month-ends with both {leader_name} and {follower_name} models under evaluation"
    reasons = np.select(
        [
            np.isnat(lead.first_evaluated),
            np.isnat(follow.first_evaluated),
            (lead.count == 0) & (follow.count == 0),
            ~(last > first),
        ],
        [f"no {leader_name} model", f"no {follower_name} model", "every score is at the floor", short],
        default="",
    )
    return first, last, reasons.tolist()


def _month_end(month: np.ndarray) -> np.ndarray:
    """Last day of each month, datetime64[D]."""
    return (month + _ONE_MONTH).astype(_DAY) - np.timedelta64(1, "D")


def _panel(scores: Scores, sides: Sides, kept: np.ndarray, first, last, near: np.ndarray) -> xr.Dataset:
    months = np.arange(first[kept].min(), last[kept].max() + _ONE_MONTH)
    shape = (len(kept), len(months))
    inside = (months >= first[kept, None]) & (months <= last[kept, None])
    benchmark = np.broadcast_to(kept[:, None], shape)
    times = np.broadcast_to(_month_end(months), shape)
    lag, censoring = np.full(shape, np.nan), np.zeros(shape, dtype=np.int8)
    lag[inside], censoring[inside] = lags_at(times[inside], benchmark[inside], sides.leader, sides.follower, near)
    out = {"lag": lag, "censoring": censoring}
    at = {}
    for role, group in (("leader", sides.leader), ("follower", sides.follower)):
        at[role] = group.position(times, benchmark)
        has = inside & (at[role] >= 0)
        record = group.start[benchmark[has]] + at[role][has]
        out[f"{role}_level"] = np.full(shape, np.nan)
        out[f"{role}_level"][has] = sides.sign[benchmark[has]] * group.levels[record]
        out[f"{role}_model"] = np.full(shape, "", dtype=object)
        out[f"{role}_model"][has] = group.models[record]
        if role == "follower":
            out["follower_date"] = np.full(shape, np.datetime64("NaT", "ns"))
            out["follower_date"][has] = group.dates[record].astype("datetime64[ns]")
        out[f"n_{role}"] = group.run_by(times, benchmark)
    out["in_window"] = inside
    # Not by the sign of the lag, since a lead of no days is a lag of zero. A leader at the floor has the level NaN.
    low, high = (sides.sign[kept, None] * out[f"{role}_level"] for role in ("follower", "leader"))
    out["stretch"] = np.where((low > high) | (inside & np.isnan(high)), at["leader"], at["follower"]) + 1
    order = ["lag", "censoring", "leader_level", "follower_level", "leader_model", "follower_model", "follower_date"]
    order += ["n_leader", "n_follower", "in_window", "stretch"]
    names = np.array([sides.names[b] for b in kept], dtype=object)
    info = scores.benchmarks.loc[names]
    panel = xr.Dataset(
        {key: (("benchmark", "month"), out[key]) for key in order},
        coords={
            "benchmark": names,
            "month": pd.DatetimeIndex(_month_end(months).astype("datetime64[ns]"), freq="ME"),
            "title": ("benchmark", info["title"].to_numpy(dtype=object)),
            "category": ("benchmark", info["category"].to_numpy(dtype=object)),
            "leader_first": ("benchmark", sides.leader.first_evaluated[kept].astype("datetime64[ns]")),
            "follower_first": ("benchmark", sides.follower.first_evaluated[kept].astype("datetime64[ns]")),
        },
    )
    panel["observed"] = panel["in_window"] & ~np.isnan(panel["lag"])
    return panel


def _release_rows(sides: Sides, kept: np.ndarray, near: np.ndarray) -> pd.DataFrame:
    follow = sides.follower
    rows = np.flatnonzero(np.isin(follow.benchmark, kept))
    benchmark, dates = follow.benchmark[rows], follow.dates[rows]
    lag, censoring = lags_at(dates, benchmark, sides.leader, follow, near)
    return _view(sides, follow, rows, lag_months=lag, censoring=censoring).dropna(
        subset="lag_months", ignore_index=True
    )


def _catch_up_rows(sides: Sides, kept: np.ndarray, end: np.ndarray, near: np.ndarray) -> pd.DataFrame:
    lead, follow = sides.leader, sides.follower
    rows = np.flatnonzero(np.isin(lead.benchmark, kept) & (lead.dates <= end[lead.benchmark]))
    benchmark, dates = lead.benchmark[rows], lead.dates[rows]
    k = follow.reached(lead.levels[rows] - near[benchmark], benchmark)
    match = np.full(len(rows), np.datetime64("NaT", "D"))
    known = k < follow.count[benchmark]
    match[known] = follow.dates[(follow.start[benchmark] + k)[known]]
    matched = known & (match <= end[benchmark])
    first = matched & (k == 0) & ~follow.floor_before_first[benchmark]
    match[~matched] = np.datetime64("NaT", "D")
    return _view(
        sides,
        lead,
        rows,
        months=months_between(np.where(matched, match, end[benchmark]), dates),
        censoring=np.where(matched, -first.astype(np.int8), 1).astype(np.int8),
        matched_date=pd.to_datetime(match).as_unit("ns"),
    )


def _frontier_rows(sides: Sides, kept: np.ndarray) -> pd.DataFrame:
    tables, numbers = [], []
    for role, group in (("leader", sides.leader), ("follower", sides.follower)):
        rows = np.flatnonzero(np.isin(group.benchmark, kept))
        table = _view(sides, group, rows)
        table.insert(1, "role", role)
        tables.append(table)
        numbers.append(group.benchmark[rows])
    order = np.argsort(np.concatenate(numbers), kind="stable")
    return pd.concat(tables).iloc[order].reset_index(drop=True)


def _view(sides: Sides, group: FrontierTable, rows: np.ndarray, **columns) -> pd.DataFrame:
    """Records of a group, one row each, with further columns."""
    benchmark = group.benchmark[rows]
    return pd.DataFrame(
        {
            "benchmark": pd.Series([sides.names[b] for b in benchmark], dtype="str"),
            "date": pd.to_datetime(group.dates[rows]).as_unit("ns"),
            "model": group.models[rows],
            "level": sides.sign[benchmark] * group.levels[rows],
            **columns,
        }
    )
