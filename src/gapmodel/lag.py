r"""From two frontiers to the lag panel (benchmark × month).

Let :math:`L(t)` and :math:`F(t)` be the frontiers of the leader (closed) and the follower (open).

* Follower at or below the leader, :math:`F(t) \le L(t)`:
  :math:`\mathrm{lag}(t) = t - \min\{s : L(s) \ge F(t)\}`. When that first date is the leader's first level on
  record, the leader may have stood there earlier: the lag is *at least* this (right-censored, +1).
* Follower ahead, :math:`F(t) > L(t)`: :math:`\mathrm{lag}(t) = -(t - \min\{s : F(s) > L(t)\})`. When that first
  date is the follower's first level on record, the lag is *at most* this (left-censored, -1).

Months are 30.4375 days. Models at the floor of a scale (score at or below `lower_bound`) were run but
have no level: a follower at the floor is right-censored at the leader's first level; with both at
the floor nothing is observed. A leader seen at the floor before its first level stood below it, so reaching
that level is dated exactly and not censored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.frontier import Frontier, build_frontier
from gapmodel.groups import CLOSED, OPEN, Group
from gapmodel.scores import Scores
from gapmodel.units import month_ends, months_between

__all__ = [
    "DEFAULT_GRACE_MONTHS",
    "LagResult",
    "benchmark_frontiers",
    "clamped",
    "compute_lags",
    "lag_at",
    "panel_table",
]

# A window that ends with the last evaluated release always ends at the bottom of a saw tooth; one that lasts too
# long counts missing evaluations as lag. The unbiased length is the usual distance between two
# evaluated releases of a group, about a month both in simulated and in real tables.
DEFAULT_GRACE_MONTHS = 1


@dataclass(frozen=True)
class LagResult:
    """The lag panel and two further views of the same frontiers.

    Attributes
    ----------
    panel : xarray.Dataset
        Dims ``(benchmark, month)``; variables ``lag`` (months, signed), ``censoring`` (-1, 0, +1),
        ``leader_level`` and ``follower_level`` (score units), ``leader_model``, ``follower_model``,
        ``follower_date`` (when the follower's record in force was released), ``n_leader`` and
        ``n_follower`` (models run so far), ``in_window``, ``observed`` (in the window with a lag), ``stretch`` (number
        of the record in force of the group that is behind: within one of a benchmark the lag changes by a day a day).
        Outside the window `lag` is NaN and `censoring` 0.
    release : pandas.DataFrame
        One row a follower record, in the window or not: its lag on the day of release.
    catch_up : pandas.DataFrame
        One row a leader record: months until the follower matched it, right-censored (+1) at the end of the
        window, left-censored (-1) when the follower's first level on record already matched it.
    skipped : pandas.DataFrame
        Columns ``benchmark, reason``.
    """

    panel: xr.Dataset
    release: pd.DataFrame
    catch_up: pd.DataFrame
    skipped: pd.DataFrame


def lag_at(times, leader: Frontier, follower: Frontier, *, tolerance: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Signed lag of `follower` behind `leader` at each time, and how it is censored.

    Parameters
    ----------
    times : array_like of datetime64, shape (n_times,)
    tolerance : float, score units
        A follower that is not more than this below the leader counts as level, with a lag of zero; further below, the
        leader's first date is that at which it stood at the follower's level plus the tolerance.

    Returns
    -------
    lag : numpy.ndarray, shape (n_times,)
        Months; NaN where either group has no model on record or both stand at the floor.
    censoring : numpy.ndarray of int8, shape (n_times,)
        +1: the lag is at least this; -1: at most this; 0: observed (or NaN).
    """
    times = np.asarray(times, dtype="datetime64[D]")
    lag = np.full(times.shape, np.nan)
    censoring = np.zeros(times.shape, dtype=np.int8)
    if not len(leader.evaluated) or not len(follower.evaluated):
        return lag, censoring
    on_record = (times >= leader.evaluated[0]) & (times >= follower.evaluated[0])
    i, j = leader.position(times), follower.position(times)

    floor_follower = on_record & (j < 0) & (i >= 0)
    lag[floor_follower] = months_between(times[floor_follower], leader.dates[:1])
    censoring[floor_follower] = 1
    floor_leader = on_record & (i < 0) & (j >= 0)
    lag[floor_leader] = -months_between(times[floor_leader], follower.dates[:1])
    censoring[floor_leader] = -1

    both = (i >= 0) & (j >= 0)
    if both.any():
        t, low, high = times[both], follower.levels[j[both]], leader.levels[i[both]]
        behind, ahead = low + tolerance <= high, low > high
        # Where the condition fails the index may run past the end; those entries are not used.
        reached = np.minimum(np.searchsorted(leader.levels, low + tolerance, side="left"), len(leader.dates) - 1)
        passed = np.minimum(np.searchsorted(follower.levels, high, side="right"), len(follower.dates) - 1)
        lag[both] = np.where(behind, months_between(t, leader.dates[reached]), 0.0)
        lag[both] = np.where(ahead, -months_between(t, follower.dates[passed]), lag[both])
        right = behind & (reached == 0) & (not leader.floor_before_first)
        left = ahead & (passed == 0) & (not follower.floor_before_first)
        censoring[both] = right.astype(np.int8) - left.astype(np.int8)
    return lag + 0.0, censoring  # a lead of no days is 0, not -0


def benchmark_frontiers(
    scores: Scores, *, cutoff=None, leader: Group = CLOSED, follower: Group = OPEN
) -> dict[str, tuple[Frontier, Frontier]]:
    """Frontiers ``{benchmark: (leader, follower)}`` with directions and floors applied, as of `cutoff` where given.

    Raises
    ------
    ConfigError
        A model belongs to both groups.
    UnknownNameError
        A group's condition names a column or value that the table lacks.
    InsufficientDataError
        A group is empty.
    """
    # Before the cutoff is applied: a name that comes later is known, though the group is absent by then.
    leader.check(scores.table)
    follower.check(scores.table)
    return _frontiers(scores if cutoff is None else scores.as_of_cutoff(cutoff), leader, follower)


def _frontiers(scores: Scores, leader: Group, follower: Group) -> dict[str, tuple[Frontier, Frontier]]:
    table = scores.table
    masks = {"leader": leader.mask(table), "follower": follower.mask(table)}
    for role, group in (("leader", leader), ("follower", follower)):
        if not masks[role].any():
            raise InsufficientDataError(f"no score belongs to the {role} group '{group.name}' ({group.expression})")
    shared = masks["leader"] & masks["follower"]
    if shared.any():
        raise ConfigError(
            f"model '{table.loc[shared, 'model'].iloc[0]}' is in both groups: make '{leader.expression}' "
            f"and '{follower.expression}' exclude each other"
        )
    names = table["benchmark"].to_numpy(dtype=object)
    models = table["model"].to_numpy(dtype=object)
    values = table["score"].to_numpy(dtype=float)
    sign = _signs(scores, table["benchmark"])
    bound = table["benchmark"].map(scores.benchmarks["lower_bound"]).to_numpy(dtype=float)
    floors = np.where(np.isnan(bound), -np.inf, sign * bound)
    dates = {"leader": leader.availability(table), "follower": follower.availability(table)}

    rows_of = pd.Series(np.arange(len(table))).groupby(names, sort=True).indices
    frontiers = {}
    for name, rows in rows_of.items():
        pair = []
        for role in ("leader", "follower"):
            k = rows[masks[role][rows]]
            floor = floors[rows[0]]
            pair.append(build_frontier(dates[role][k], (sign * values)[k], models[k], floor=floor))
        frontiers[str(name)] = (pair[0], pair[1])
    return frontiers


def compute_lags(
    scores: Scores,
    *,
    cutoff=None,
    grace_months: int = DEFAULT_GRACE_MONTHS,
    leader: Group = CLOSED,
    follower: Group = OPEN,
    first_month=None,
    tolerance: float = 0.0,
) -> LagResult:
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
        follower counts as level, see `lag_at`.

    Returns
    -------
    LagResult

    Raises
    ------
    ConfigError, UnknownNameError
        See `benchmark_frontiers`; negative `grace_months`, `tolerance` outside [0, 1).
    InsufficientDataError
        A group is absent, or no benchmark has two months in its window.
    """
    if grace_months < 0:
        raise ConfigError(f"grace_months is {grace_months}: give 0 or more")
    if not 0.0 <= tolerance < 1.0:
        raise ConfigError(f"tolerance is {tolerance}: give a share of the scale, from 0 to below 1")
    leader.check(scores.table)
    follower.check(scores.table)
    if cutoff is not None:
        scores = scores.as_of_cutoff(cutoff)
    end = _last_month_end(scores)
    kept: dict[str, tuple[Frontier, Frontier, pd.DatetimeIndex]] = {}
    skipped: list[tuple[str, str]] = []
    for name, (lead, follow) in _frontiers(scores, leader, follower).items():
        window, reason = _window(lead, follow, end, grace_months, first_month, leader.name, follower.name)
        if window is None:
            skipped.append((name, reason))
        else:
            kept[name] = (lead, follow, window)
    if not kept:
        detail = "; ".join(f"{n}: {r}" for n, r in skipped[:5])
        raise InsufficientDataError(f"no benchmark can be used ({detail})")
    near = {name: tolerance * _scale(scores, name) for name in kept}
    panel = _panel(scores, kept, leader, follower, grace_months, end, near)
    release = pd.concat([_release_rows(n, *v, near[n]) for n, v in kept.items()], ignore_index=True)
    catch_up = pd.concat([_catch_up_rows(n, *v, near[n]) for n, v in kept.items()], ignore_index=True)
    for view in (release, catch_up):
        view["level"] *= _signs(scores, view["benchmark"])
        view.insert(1, "leader", leader.name)
        view.insert(2, "follower", follower.name)
    return LagResult(panel, release, catch_up, pd.DataFrame(skipped, columns=["benchmark", "reason"]))


def clamped(panel: xr.Dataset) -> xr.Dataset:
    """The panel with leads (negative lags) set to zero, as in the published analysis; bounds on leads become exact."""
    lag = panel["lag"]
    return panel.assign(lag=lag.clip(min=0.0, keep_attrs=True), censoring=panel["censoring"].where(~(lag < 0.0), 0))


def panel_table(panel: xr.Dataset) -> pd.DataFrame:
    """The panel as one row a (benchmark, month) inside the window, dates as ISO text."""
    variables = ["lag", "censoring", "leader_level", "leader_model", "follower_level", "follower_model"]
    variables += ["n_leader", "n_follower", "in_window"]
    frame = panel[variables].to_dataframe().reset_index()
    frame = frame[frame.pop("in_window")].rename(columns={"lag": "lag_months"})
    frame["month"] = frame["month"].dt.strftime("%Y-%m-%d")
    frame.insert(2, "leader", panel.attrs["leader"])
    frame.insert(3, "follower", panel.attrs["follower"])
    keep = ["benchmark", "month", "lag_months", "censoring"]
    return frame[keep + [c for c in frame.columns if c not in keep]].reset_index(drop=True)


def _signs(scores: Scores, names: pd.Series) -> np.ndarray:
    """-1 for benchmarks where lower is better, so that more is better everywhere inside."""
    return np.where(names.map(scores.benchmarks["direction"]).to_numpy() == "lower", -1.0, 1.0)


def _scale(scores: Scores, name: str) -> float:
    """Length of a benchmark's scale, score units."""
    ends = scores.benchmarks.loc[[name], ["lower_bound", "ceiling"]].to_numpy(dtype=float)[0]
    if np.isfinite(ends).all():
        return float(abs(ends[1] - ends[0]))
    values = scores.table.loc[scores.table["benchmark"] == name, "score"]
    return float(values.max() - values.min())


def _last_month_end(scores: Scores) -> pd.Timestamp:
    """Last complete month-end on or before the day on which the data were taken (a cutoff, where given)."""
    limit = scores.as_of
    if limit is None:
        dates = [scores.table["release_date"].max()]
        if "weights_date" in scores.table:
            dates.append(scores.table["weights_date"].max())
        return max(d for d in dates if not pd.isna(d)) + pd.offsets.MonthEnd(0)
    return limit if limit.is_month_end else limit - pd.offsets.MonthEnd(1)


def _window(lead: Frontier, follow: Frontier, end, grace, first_month, leader_name, follower_name):
    for frontier, name in ((lead, leader_name), (follow, follower_name)):
        if not len(frontier.evaluated):
            return None, f"no {name} model"
    if not len(lead.dates) and not len(follow.dates):
        return None, "every score is at the floor"
    start = max(lead.evaluated[0], follow.evaluated[0])
    last = pd.Timestamp(min(lead.evaluated[-1], follow.evaluated[-1]))
    stop = min(last + pd.offsets.MonthEnd(0) + pd.offsets.MonthEnd(grace), end)
    if first_month is not None:
        start = max(pd.Timestamp(start), pd.Timestamp(first_month))
    window = month_ends(start, stop)
    if len(window) < 2:
        return (
            None,
            f"fewer than 2 month-ends with both {leader_name} and {follower_name} models under evaluation",
        )
    return window, ""


def _panel(scores, kept, leader, follower, grace, end, near) -> xr.Dataset:
    months = month_ends(min(w[0] for _, _, w in kept.values()), max(w[-1] for _, _, w in kept.values()))
    times = months.to_numpy("datetime64[D]")
    names = list(kept)
    shape = (len(names), len(months))
    out = {
        "lag": np.full(shape, np.nan),
        "censoring": np.zeros(shape, dtype=np.int8),
        "leader_level": np.full(shape, np.nan),
        "follower_level": np.full(shape, np.nan),
        "leader_model": np.full(shape, "", dtype=object),
        "follower_model": np.full(shape, "", dtype=object),
        "follower_date": np.full(shape, np.datetime64("NaT", "ns")),
        "n_leader": np.zeros(shape, dtype=np.int64),
        "n_follower": np.zeros(shape, dtype=np.int64),
        "in_window": np.zeros(shape, dtype=bool),
        "stretch": np.zeros(shape, dtype=np.int64),
    }
    for b, (name, (lead, follow, window)) in enumerate(kept.items()):
        inside = (months >= window[0]) & (months <= window[-1])
        sign = _signs(scores, pd.Series([name]))[0]
        out["in_window"][b] = inside
        out["lag"][b, inside], out["censoring"][b, inside] = lag_at(times[inside], lead, follow, tolerance=near[name])
        ahead = out["lag"][b] < 0
        out["stretch"][b] = np.where(ahead, lead.position(times), follow.position(times)) + 1
        for role, frontier in (("leader", lead), ("follower", follow)):
            k = frontier.position(times)
            has = inside & (k >= 0)
            out[f"{role}_level"][b, has] = sign * frontier.levels[k[has]]
            out[f"{role}_model"][b, has] = frontier.models[k[has]]
            if role == "follower":
                out["follower_date"][b, has] = frontier.dates[k[has]].astype("datetime64[ns]")
            out[f"n_{role}"][b] = np.searchsorted(frontier.evaluated, times, side="right")
    info = scores.benchmarks.loc[names]
    panel = xr.Dataset(
        {key: (("benchmark", "month"), value) for key, value in out.items()},
        coords={
            "benchmark": np.array(names, dtype=object),
            "month": months,
            "title": ("benchmark", info["title"].to_numpy(dtype=object)),
            "category": ("benchmark", info["category"].to_numpy(dtype=object)),
            "leader_first": ("benchmark", _first_dates(v[0] for v in kept.values())),
            "follower_first": ("benchmark", _first_dates(v[1] for v in kept.values())),
        },
        attrs={
            "leader": leader.name,
            "follower": follower.name,
            "leader_condition": leader.expression,
            "follower_condition": follower.expression,
            "grace_months": grace,
            "last_month": str(end.date()),
            "data_sha256": scores.sha256,
        },
    )
    panel["observed"] = panel["in_window"] & ~np.isnan(panel["lag"])
    panel["lag"].attrs = {"units": "months", "long_name": f"lag of {follower.name} behind {leader.name}"}
    panel["censoring"].attrs = {"long_name": "+1: at least; -1: at most; 0: observed"}
    return panel


def _first_dates(frontiers) -> np.ndarray:
    """Release date of the first model run in each group, datetime64[ns]."""
    return np.array([f.evaluated[0] for f in frontiers], dtype="datetime64[ns]")


def _release_rows(name: str, lead: Frontier, follow: Frontier, _window: pd.DatetimeIndex, near: float) -> pd.DataFrame:
    lag, censoring = lag_at(follow.dates, lead, follow, tolerance=near)
    return pd.DataFrame(
        {
            "benchmark": name,
            "date": pd.to_datetime(follow.dates).as_unit("ns"),
            "model": follow.models,
            "level": follow.levels,
            "lag_months": lag,
            "censoring": censoring,
        }
    ).dropna(subset="lag_months")


def _catch_up_rows(name: str, lead: Frontier, follow: Frontier, window: pd.DatetimeIndex, near: float) -> pd.DataFrame:
    end = window[-1].to_datetime64().astype("datetime64[D]")
    dates, levels, models = (a[lead.dates <= end] for a in (lead.dates, lead.levels, lead.models))
    k = np.searchsorted(follow.levels, levels - near, side="left")
    match = np.full(len(dates), np.datetime64("NaT", "D"))
    known = k < len(follow.dates)
    match[known] = follow.dates[k[known]]
    matched = known & (match <= end)
    first = matched & (k == 0) & (not follow.floor_before_first)
    match[~matched] = np.datetime64("NaT", "D")
    return pd.DataFrame(
        {
            "benchmark": name,
            "date": pd.to_datetime(dates).as_unit("ns"),
            "model": models,
            "level": levels,
            "months": months_between(np.where(matched, match, end), dates),
            "censoring": np.where(matched, -first.astype(np.int8), 1).astype(np.int8),
            "matched_date": pd.to_datetime(match).as_unit("ns"),
        }
    )
