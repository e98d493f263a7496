"""What must hold for every timeline, and agreement with a slow reading of the definition, day by day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gapmodel.lags.definition import lag_at
from gapmodel.lags.frontier import build_frontier
from gapmodel.lags.panel import compute_lags
from gapmodel.lags.sides import benchmark_frontiers
from gapmodel.scores.groups import CLOSED, OPEN
from gapmodel.scores.table import validate_scores

START = np.datetime64("2024-01-01")
DAY = np.timedelta64(1, "D")
SPAN = 150
TIMES = START + np.arange(SPAN + 60) * DAY

# A model: group, day, score. Few days and few scores, so that ties and same-day releases are common.
MODELS = st.lists(
    st.tuples(st.sampled_from(["closed", "open"]), st.integers(0, SPAN), st.integers(0, 12)),
    min_size=2,
    max_size=16,
)
# With these there is a window of two months or more on every day from the 60th.
ANCHORS = [("closed", 3, 5), ("open", 5, 4), ("closed", 50, 6), ("open", 45, 3)]
FLOORS = st.sampled_from([-np.inf, 2.0, 5.0])


def frontiers(models, floor=-np.inf, names=None):
    names = [f"m{k:02d}" for k in range(len(models))] if names is None else names
    pair = []
    for group in ("closed", "open"):
        rows = [(START + day * DAY, score, n) for (g, day, score), n in zip(models, names, strict=True) if g == group]
        pair.append(build_frontier(*(zip(*rows, strict=True) if rows else ([], [], [])), floor=floor))
    return pair


def lags(models, floor=-np.inf, times=TIMES):
    return lag_at(times, *frontiers(models, floor))


def same(first, second):
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, two)


def scores(models, **options):
    """A scores table with benchmarks ``x`` and ``y`` (the same models, `y` in reversed score order)."""
    rows = [
        (name, f"{g}-{k:02d}", START + day * DAY, g, float(score if name == "x" else -score))
        for name in ("x", "y")
        for k, (g, day, score) in enumerate(models)
    ]
    table = pd.DataFrame(rows, columns=["benchmark", "model", "release_date", "weights", "score"])
    return validate_scores(table, today=date(2026, 8, 1), **options)


# --- the definition, read slowly


def slow_lag(models, floor, t):
    """Day by day, as in docs/lag.md: no frontier objects, no searching in sorted arrays."""
    seen = {g: [(d, s) for h, d, s in models if h == g and d <= t] for g in ("closed", "open")}
    if not seen["closed"] or not seen["open"]:
        return np.nan, 0

    def best(group, day):
        return max((s for d, s in seen[group] if d <= day and s > floor), default=-np.inf)

    def first_day(group, test):
        return next(day for day in range(t + 1) if test(best(group, day)))

    def on_first_level(group, day):
        """Nothing was measured in the group before that day, not even at the floor."""
        return not any(d < day for d, _ in seen[group])

    low, high = best("open", t), best("closed", t)
    if low == high == -np.inf:
        return np.nan, 0
    if low == -np.inf:
        return (t - first_day("closed", lambda level: level > -np.inf)) / 30.4375, 1
    if high == -np.inf:
        return -(t - first_day("open", lambda level: level > -np.inf)) / 30.4375, -1
    if low <= high:
        day = first_day("closed", lambda level: level >= low)
        return (t - day) / 30.4375, int(on_first_level("closed", day))
    day = first_day("open", lambda level: level > high)
    return -(t - day) / 30.4375, -int(on_first_level("open", day))


@given(MODELS, FLOORS)
@settings(max_examples=150, deadline=None)
def test_agrees_with_the_slow_reading(models, floor):
    days = range(0, SPAN + 20, 5)
    lag, censoring = lags(models, floor, START + np.array(days) * DAY)
    expected = [slow_lag(models, floor, t) for t in days]
    np.testing.assert_allclose(lag, [e[0] for e in expected], rtol=1e-12, atol=0)
    np.testing.assert_array_equal(censoring, [e[1] for e in expected])


# --- frontiers


@given(MODELS, FLOORS)
def test_frontiers_rise_and_are_reached_by_a_model(models, floor):
    for group, frontier in zip(("closed", "open"), frontiers(models, floor), strict=True):
        assert (np.diff(frontier.levels) > 0).all()
        assert (np.diff(frontier.dates) > np.timedelta64(0, "D")).all()
        assert (frontier.levels > floor).all()
        assert (np.diff(frontier.evaluated) >= np.timedelta64(0, "D")).all()
        named = {(f"m{k:02d}", START + d * DAY, s) for k, (g, d, s) in enumerate(models) if g == group}
        assert set(zip(frontier.models, frontier.dates, frontier.levels, strict=True)) <= named


# --- invariances


@given(MODELS, FLOORS, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(models, floor, random):
    names = [f"m{k:02d}" for k in range(len(models))]
    order = random.sample(range(len(models)), len(models))
    mixed = frontiers([models[k] for k in order], floor, [names[k] for k in order])
    for one, two in zip(frontiers(models, floor, names), mixed, strict=True):
        for field in ("dates", "levels", "models", "evaluated", "floor_before_first"):
            np.testing.assert_array_equal(getattr(one, field), getattr(two, field))
    same(lags(models, floor), lag_at(TIMES, *mixed))


@given(MODELS, FLOORS, st.integers(-2000, 2000))
def test_shifted_dates(models, floor, days):
    shifted = [(g, d + days, s) for g, d, s in models]
    same(lags(models, floor), lags(shifted, floor, TIMES + days * DAY))


RESCALINGS = st.sampled_from([lambda s: 3.0 * s - 40.0, lambda s: np.exp(s / 3.0), lambda s: -1.0 / (s + 1.0)])


@given(MODELS, FLOORS, RESCALINGS)
def test_monotone_rescaling(models, floor, rescale):
    rescaled = [(g, d, rescale(s)) for g, d, s in models]
    same(lags(models, floor), lags(rescaled, floor if np.isinf(floor) else rescale(floor)))


@given(MODELS, FLOORS, st.data())
def test_dominated_model(models, floor, data):
    """Worse than its group's frontier and released between two models of the group: nothing moves."""
    group = data.draw(st.sampled_from(["closed", "open"]))
    before = frontiers(models, floor)
    frontier = before[group == "open"]
    assume(len(frontier.dates) and frontier.evaluated[-1] > frontier.dates[0])
    first, last = ((d - START).astype(int) for d in (frontier.dates[0], frontier.evaluated[-1]))
    day = data.draw(st.integers(int(first), int(last)))
    level = frontier.levels[frontier.position(np.array([START + day * DAY]))[0]]
    score = level - data.draw(st.sampled_from([0.0, 0.5, 3.0])) if day > first else level - 0.5
    after = frontiers([*models, (group, day, score)], floor)
    for one, two in zip(before, after, strict=True):
        same((one.dates, one.levels), (two.dates, two.levels))
        assert one.floor_before_first == two.floor_before_first
        same(one.evaluated[[0, -1][: len(one.evaluated)]], two.evaluated[[0, -1][: len(one.evaluated)]])
    same(lag_at(TIMES, *before), lag_at(TIMES, *after))


@given(MODELS, FLOORS, st.randoms(use_true_random=False))
def test_swap_negates_where_no_scores_are_equal(models, floor, random):
    ranks = random.sample(range(13), 13)
    distinct = [(g, d, s + (ranks[k % 13] + 13 * (k // 13)) / 100.0) for k, (g, d, s) in enumerate(models)]
    closed, open_ = frontiers(distinct, floor)
    lag, censoring = lag_at(TIMES, closed, open_)
    back, back_censoring = lag_at(TIMES, open_, closed)
    same((lag, censoring), (-back, -back_censoring))


@given(MODELS, FLOORS)
def test_swap_never_changes_what_is_observed(models, floor):
    closed, open_ = frontiers(models, floor)
    np.testing.assert_array_equal(np.isnan(lag_at(TIMES, closed, open_)[0]), np.isnan(lag_at(TIMES, open_, closed)[0]))


@given(MODELS, FLOORS)
def test_between_releases_the_lag_grows_by_the_day(models, floor):
    lag, _ = lags(models, floor)
    release = np.isin(TIMES, [START + d * DAY for _, d, _ in models])
    step = np.diff(lag * 30.4375)[~release[1:]]
    moved = step[~np.isnan(step)]
    np.testing.assert_allclose(np.abs(moved), 1.0, atol=1e-9)  # minus one where the follower is ahead


# --- as-of replay


def three_futures(models, day, data):
    """The models known on a day, then with their own future, then with an invented one."""
    known, later = [m for m in models if m[1] <= day], [m for m in models if m[1] > day]
    other = st.tuples(st.sampled_from(["closed", "open"]), st.integers(day + 1, SPAN + 30), st.integers(0, 12))
    return known, known + later, known + data.draw(st.lists(other, max_size=8))


@given(MODELS, FLOORS, st.integers(0, SPAN), st.data())
def test_nothing_later_changes_a_lag(models, floor, day, data):
    before = TIMES[START + day * DAY >= TIMES]
    known, own, invented = (lags(m, floor, before) for m in three_futures(models, day, data))
    same(known, own)
    same(known, invented)


@given(MODELS, st.integers(60, SPAN), st.data())
@settings(max_examples=30, deadline=None)
def test_nothing_later_changes_a_replay(models, day, data):
    """The whole result with a cutoff: panel and attributes (with the hash of the data), views, skipped."""
    futures = three_futures(ANCHORS + models, day, data)
    known, *others = (compute_lags(scores(m), cutoff=START + day * DAY) for m in futures)
    for other in others:
        assert known.panel.identical(other.panel)
        for view in ("release", "catch_up", "skipped"):
            pd.testing.assert_frame_equal(getattr(known, view), getattr(other, view))


@given(MODELS, st.integers(60, SPAN))
@settings(max_examples=30, deadline=None)
def test_a_replay_is_the_beginning_of_the_full_panel(models, day):
    table = scores(ANCHORS + models, as_of="2024-12-31")
    early, full = compute_lags(table, cutoff=START + day * DAY).panel, compute_lags(table).panel
    inside = early["in_window"]
    assert bool((full["in_window"].sel(month=early["month"]) | ~inside).all())
    for name in ("lag", "censoring", "leader_level", "follower_level", "leader_model", "follower_model"):
        late = full[name].sel(month=early["month"])
        np.testing.assert_array_equal(early[name].to_numpy()[inside], late.to_numpy()[inside])


# --- the panel is lag_at on month-ends, whatever the window


@given(MODELS, st.integers(0, 6))
@settings(max_examples=30, deadline=None)
def test_panel_holds_lag_at_inside_the_window_and_nothing_outside(models, grace):
    table = scores(ANCHORS + models)
    panel = compute_lags(table, grace_months=grace).panel
    times = panel["month"].to_numpy().astype("datetime64[D]")
    for name, (lead, follow) in benchmark_frontiers(table).items():
        cell = panel.sel(benchmark=name)
        inside = cell["in_window"].to_numpy()
        assert (np.diff(np.flatnonzero(inside)) == 1).all()
        lag, censoring = lag_at(times, lead, follow)
        np.testing.assert_array_equal(cell["lag"], np.where(inside, lag, np.nan))
        np.testing.assert_array_equal(cell["censoring"], np.where(inside, censoring, 0))


@given(MODELS)
@settings(max_examples=20, deadline=None)
def test_direction_lower_is_the_negated_score(models):
    models = ANCHORS + models
    table = scores(models)
    info = pd.DataFrame({"benchmark": ["x", "y"], "direction": "lower"})
    negated = table.table.assign(score=-table.table["score"])
    lower = validate_scores(negated, info, today=date(2026, 8, 1))
    first, second = compute_lags(table), compute_lags(lower)
    for name in ("lag", "censoring"):
        np.testing.assert_array_equal(first.panel[name], second.panel[name])
    np.testing.assert_array_equal(first.panel["leader_level"], -second.panel["leader_level"])
    np.testing.assert_array_equal(first.release["lag_months"], second.release["lag_months"])
    np.testing.assert_array_equal(first.catch_up["months"], second.catch_up["months"])


@given(MODELS)
@settings(max_examples=20, deadline=None)
def test_swapped_groups_have_the_same_window(models):
    table = scores(ANCHORS + models)
    first, second = compute_lags(table), compute_lags(table, leader=OPEN, follower=CLOSED)
    np.testing.assert_array_equal(first.panel["in_window"], second.panel["in_window"])
