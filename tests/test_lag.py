"""Hand-drawn timelines with exact lags: the definition, its conventions, windows, groups and views."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gapmodel.behind import lag_at
from gapmodel.errors import ConfigError, InsufficientDataError, UnknownNameError
from gapmodel.frontier import build_frontier
from gapmodel.groups import CLOSED, OPEN, parse_group
from gapmodel.lag import DEFAULT_GRACE_MONTHS, LagResult, clamped, compute_lags, panel_table
from gapmodel.scores import Scores, validate_scores
from gapmodel.sides import benchmark_frontiers

MONTH = 30.4375


def months(later: str, earlier: str) -> float:
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days / MONTH


def make(*rows, benchmarks=None, as_of=None, **columns) -> Scores:
    """Rows are (model, day, weights, score), on the benchmark ``x`` where no fifth entry names another."""
    names = ["model", "release_date", "weights", "score", "benchmark"]
    table = pd.DataFrame([(*r, "x")[:5] for r in rows], columns=names, dtype=object)
    info = None if benchmarks is None else pd.DataFrame(benchmarks)
    return validate_scores(table.assign(**columns), info, today=date(2026, 8, 1), as_of=as_of)


def analyse(scores: Scores, *, grace_months: int = 3, **options) -> LagResult:
    """With a grace of its own: the default is a choice about data, not about the definition."""
    return compute_lags(scores, grace_months=grace_months, **options)


def on(scores: Scores, *times: str) -> list[tuple[float, int]]:
    """Lag and censoring of open behind closed on the benchmark ``x``."""
    lag, censoring = lag_at(list(times), *benchmark_frontiers(scores)["x"])
    return list(zip(lag, censoring.tolist(), strict=True))


def row(result, month: str, benchmark: str = "x") -> tuple[float, int]:
    cell = result.panel.sel(benchmark=benchmark, month=month)
    return float(cell["lag"]), int(cell["censoring"])


def window(result, benchmark: str = "x") -> tuple[str, str]:
    inside = result.panel["month"].to_numpy()[result.panel["in_window"].sel(benchmark=benchmark).to_numpy()]
    return str(inside[0])[:10], str(inside[-1])[:10]


# --- the definition

TIMELINE = (
    ("C1", "2024-01-10", "closed", 0.40),
    ("C2", "2024-03-20", "closed", 0.60),
    ("C3", "2024-06-05", "closed", 0.80),
    ("O1", "2024-02-15", "open", 0.30),
    ("O2", "2024-05-01", "open", 0.50),
    ("O3", "2024-09-12", "open", 0.90),
)


def test_behind_ahead_and_first_record():
    scores = make(*TIMELINE)
    assert on(scores, "2024-02-29", "2024-05-31", "2024-08-31", "2024-09-30") == [
        (months("2024-02-29", "2024-01-10"), 1),  # 0.30: the first closed level is already above it
        (months("2024-05-31", "2024-03-20"), 0),  # 0.50 was passed by C2
        (months("2024-08-31", "2024-03-20"), 0),  # C3 does not matter
        (-months("2024-09-30", "2024-09-12"), 0),  # 0.90 > 0.80 since O3
    ]


def test_lag_jumps_on_the_day_of_release():
    assert on(make(*TIMELINE), "2024-04-30", "2024-05-01", "2024-09-11", "2024-09-12") == [
        (months("2024-04-30", "2024-01-10"), 1),
        (months("2024-05-01", "2024-03-20"), 0),
        (months("2024-09-11", "2024-03-20"), 0),
        (0.0, 0),  # ahead since today: minus zero months
    ]


def test_nothing_before_both_are_on_record():
    (lag, censoring), (later, _) = on(make(*TIMELINE), "2024-02-14", "2024-02-15")
    assert np.isnan(lag)
    assert censoring == 0
    assert later == months("2024-02-15", "2024-01-10")


def test_lead_is_dated_from_the_first_level_above_the_closed_one():
    scores = make(
        ("C1", "2024-01-01", "closed", 0.2),
        ("C2", "2024-06-01", "closed", 0.4),
        ("O1", "2024-01-15", "open", 0.1),
        ("O2", "2024-02-01", "open", 0.3),
        ("O3", "2024-03-01", "open", 0.5),
        ("O4", "2024-07-01", "open", 0.6),
    )
    assert on(scores, "2024-05-31", "2024-06-30", "2024-07-31") == [
        (-months("2024-05-31", "2024-02-01"), 0),  # 0.3 was the first above 0.2
        (-months("2024-06-30", "2024-03-01"), 0),  # 0.5 was the first above 0.4
        (-months("2024-07-31", "2024-03-01"), 0),  # and O4 makes the lead no longer
    ]


def test_lead_by_the_first_open_level_is_left_censored():
    scores = make(("C1", "2024-01-01", "closed", 0.2), ("O1", "2024-02-10", "open", 0.3))
    assert on(scores, "2024-03-31") == [(-months("2024-03-31", "2024-02-10"), -1)]


# --- ties and same-day releases


def test_tie_keeps_the_literal_formula():
    """At equality the lag is the age of the closed level, not zero."""
    scores = make(
        ("C1", "2024-01-01", "closed", 0.2),
        ("C2", "2024-02-01", "closed", 0.5),
        ("O1", "2024-06-15", "open", 0.5),
    )
    assert on(scores, "2024-06-30") == [(months("2024-06-30", "2024-02-01"), 0)]


def test_tie_is_not_negated_by_a_swap():
    leader = build_frontier(["2024-01-01", "2024-02-01"], [0.2, 0.5], ["C1", "C2"])
    follower = build_frontier(["2024-01-05", "2024-06-15"], [0.1, 0.5], ["O1", "O2"])
    (there,), (back,) = (
        lag_at(["2024-06-30"], leader, follower)[0],
        lag_at(["2024-06-30"], follower, leader)[0],
    )
    assert there == months("2024-06-30", "2024-02-01")
    assert back == months("2024-06-30", "2024-06-15")


def test_earlier_tie_is_not_negated_by_a_swap_either():
    """Behind asks for a level at or above, ahead for one above."""
    leader = build_frontier(["2024-01-01", "2024-02-01", "2024-04-01"], [0.2, 0.5, 0.7], ["C1", "C2", "C3"])
    follower = build_frontier(["2024-01-05", "2024-03-15"], [0.1, 0.5], ["O1", "O2"])
    assert lag_at(["2024-06-30"], leader, follower)[0].tolist() == [months("2024-06-30", "2024-02-01")]
    assert lag_at(["2024-06-30"], follower, leader)[0].tolist() == [-months("2024-06-30", "2024-04-01")]


def test_score_equal_to_the_first_closed_record_is_censored():
    scores = make(
        ("C1", "2024-01-01", "closed", 0.5),
        ("C2", "2024-03-01", "closed", 0.7),
        ("O1", "2024-06-15", "open", 0.5),
    )
    assert on(scores, "2024-06-30") == [(months("2024-06-30", "2024-01-01"), 1)]


@pytest.mark.parametrize(
    ("open_score", "expected"),
    [
        (0.4, (months("2024-03-31", "2024-03-01"), 0)),  # C2 of the same day is the first at or above it
        (0.5, (months("2024-03-31", "2024-03-01"), 0)),  # equal on the same day
        (0.6, (-months("2024-03-31", "2024-03-01"), 0)),  # ahead from that day
        (0.2, (months("2024-03-31", "2024-01-01"), 1)),
    ],
)
def test_same_day_releases(open_score, expected):
    scores = make(
        ("C1", "2024-01-01", "closed", 0.3),
        ("C2", "2024-03-01", "closed", 0.5),
        ("O0", "2024-01-20", "open", 0.1),
        ("O1", "2024-03-01", "open", open_score),
    )
    assert on(scores, "2024-03-31") == [expected]


@pytest.mark.parametrize(("open_score", "side"), [(0.5, 1), (0.4, 1), (0.6, -1)])
def test_same_day_first_releases_have_lag_zero_with_a_bound(open_score, side):
    scores = make(("C1", "2024-03-01", "closed", 0.5), ("O1", "2024-03-01", "open", open_score))
    assert on(scores, "2024-03-01") == [(0.0, side)]


# --- direction, floors, weights_date


def test_lower_is_better():
    rows = [(m, d, w, 10.0 - 10.0 * s) for m, d, w, s in TIMELINE]
    scores = make(*rows, benchmarks={"benchmark": ["x"], "direction": ["lower"]})
    times = ["2024-02-29", "2024-05-31", "2024-08-31", "2024-09-30"]
    assert on(scores, *times) == on(make(*TIMELINE), *times)
    result = analyse(scores)
    cell = result.panel.sel(benchmark="x", month="2024-05-31")
    assert float(cell["leader_level"]) == 4.0
    assert float(cell["follower_level"]) == 5.0
    assert result.release["level"].tolist() == [7.0, 5.0, 1.0]
    np.testing.assert_allclose(result.catch_up["level"], [6.0, 4.0, 2.0])


def floored(*rows) -> Scores:
    return make(*rows, benchmarks={"benchmark": ["x"], "lower_bound": [0.25]})


@pytest.mark.parametrize("floor", [0.25, 0.10])
def test_open_at_the_floor_is_right_censored_at_the_first_closed_level(floor):
    scores = floored(
        ("C1", "2024-01-10", "closed", 0.4),
        ("C2", "2024-02-10", "closed", 0.6),
        ("O1", "2024-02-15", "open", floor),
        ("O2", "2024-04-15", "open", 0.5),
    )
    assert on(scores, "2024-03-31", "2024-04-30") == [
        (months("2024-03-31", "2024-01-10"), 1),
        (months("2024-04-30", "2024-02-10"), 0),
    ]


def test_closed_at_the_floor_is_left_censored_at_the_first_open_level():
    scores = floored(("C1", "2024-01-10", "closed", 0.2), ("O1", "2024-02-15", "open", 0.4))
    assert on(scores, "2024-03-31") == [(-months("2024-03-31", "2024-02-15"), -1)]


def test_both_at_the_floor_is_no_equality():
    scores = floored(
        ("C1", "2024-01-10", "closed", 0.25),
        ("O1", "2024-02-15", "open", 0.25),
        ("C2", "2024-05-10", "closed", 0.5),
    )
    (lag, censoring), later = on(scores, "2024-03-31", "2024-05-31")
    assert np.isnan(lag)
    assert censoring == 0
    assert later == (months("2024-05-31", "2024-05-10"), 1)
    result = analyse(scores)
    assert result.panel["observed"].sel(benchmark="x").to_numpy().tolist() == [False, False, False, True]


def test_closed_floor_before_the_first_level_dates_it():
    rows = (("C1", "2024-02-10", "closed", 0.5), ("O1", "2024-03-10", "open", 0.4))
    assert on(floored(*rows), "2024-03-31") == [(months("2024-03-31", "2024-02-10"), 1)]
    earlier = ("C0", "2024-01-10", "closed", 0.25)
    assert on(floored(*rows, earlier), "2024-03-31") == [(months("2024-03-31", "2024-02-10"), 0)]
    same_day = ("C0", "2024-02-10", "closed", 0.25)
    assert on(floored(*rows, same_day), "2024-03-31") == [(months("2024-03-31", "2024-02-10"), 1)]


def test_open_floor_before_the_first_level_dates_a_lead():
    rows = (("C1", "2024-02-10", "closed", 0.3), ("O1", "2024-03-10", "open", 0.4))
    assert on(floored(*rows), "2024-03-31") == [(-months("2024-03-31", "2024-03-10"), -1)]
    assert on(floored(*rows, ("O0", "2024-01-10", "open", 0.2)), "2024-03-31") == [
        (-months("2024-03-31", "2024-03-10"), 0)
    ]


def test_floor_where_lower_is_better():
    scores = make(
        ("C1", "2024-01-10", "closed", 60),
        ("O1", "2024-02-10", "open", 100),
        ("O2", "2024-04-10", "open", 70),
        benchmarks={"benchmark": ["x"], "direction": ["lower"], "lower_bound": [100], "ceiling": [0]},
    )
    assert on(scores, "2024-03-31", "2024-04-30") == [
        (months("2024-03-31", "2024-01-10"), 1),
        (months("2024-04-30", "2024-01-10"), 1),
    ]
    assert benchmark_frontiers(scores)["x"][1].levels.tolist() == [-70.0]


def test_everything_at_the_floor_is_skipped():
    scores = make(
        *TIMELINE,
        ("C1", "2024-01-10", "closed", 0.0, "y"),
        ("O1", "2024-02-15", "open", 0.0, "y"),
        benchmarks={"benchmark": ["y"], "lower_bound": [0.0]},
    )
    result = analyse(scores)
    assert result.skipped.to_numpy().tolist() == [["y", "every score is at the floor"]]
    assert result.panel["benchmark"].to_numpy().tolist() == ["x"]


def test_weights_date_counts_for_the_open_frontier():
    rows = (
        ("C1", "2024-01-10", "closed", 0.4),
        ("O1", "2024-02-15", "open", 0.5),
        ("O2", "2024-03-01", "open", 0.3),
    )
    scores = make(*rows, weights_date=[None, "2024-05-20", None])
    assert on(make(*rows), "2024-03-31") == [(-months("2024-03-31", "2024-02-15"), -1)]
    assert on(scores, "2024-03-31", "2024-05-31") == [
        (months("2024-03-31", "2024-01-10"), 1),
        (-months("2024-05-31", "2024-05-20"), 0),
    ]


def test_weights_date_moves_the_window():
    rows = (("C1", "2024-01-10", "closed", 0.4), ("O1", "2024-02-15", "open", 0.5))
    rows += (("C2", "2024-08-10", "closed", 0.6),)
    assert window(analyse(make(*rows), grace_months=3)) == ("2024-02-29", "2024-05-31")
    late = make(*rows, weights_date=[None, "2024-05-20", None])
    assert window(analyse(late, grace_months=3)) == ("2024-05-31", "2024-08-31")


def test_weights_date_does_not_matter_to_other_groups():
    scores = make(
        ("C1", "2024-01-10", "closed", 0.4),
        ("O1", "2024-02-15", "open", 0.5),
        weights_date=[None, "2024-05-20"],
        country=["US", "China"],
    )
    us, china = parse_group("country=US"), parse_group("country=China")
    _, follow = benchmark_frontiers(scores, leader=us, follower=china)["x"]
    assert str(follow.dates[0]) == "2024-02-15"
    open_china = parse_group("country=China&weights=open")
    _, follow = benchmark_frontiers(scores, leader=us, follower=open_china)["x"]
    assert str(follow.dates[0]) == "2024-05-20"


# --- the window


@pytest.mark.parametrize(
    ("grace", "last"),
    [(0, "2024-06-30"), (1, "2024-07-31"), (2, "2024-08-31"), (3, "2024-09-30"), (9, "2024-09-30")],
)
def test_window_ends_with_the_group_that_stopped_first(grace, last):
    """The last closed model is of 5 June; data end in September."""
    result = analyse(make(*TIMELINE), grace_months=grace)
    assert window(result) == ("2024-02-29", last)
    outside = result.panel.isel(month=~result.panel["in_window"].sel(benchmark="x").to_numpy())
    assert np.isnan(outside["lag"]).all()
    assert (outside["censoring"] == 0).all()


def test_grace_from_a_release_on_a_month_end():
    scores = make(("C1", "2024-01-31", "closed", 0.4), ("O1", "2024-01-31", "open", 0.3), as_of="2025-01-31")
    assert window(analyse(scores, grace_months=1)) == ("2024-01-31", "2024-02-29")


def test_a_model_that_sets_no_record_keeps_the_window_open():
    closed_again = ("C4", "2024-08-02", "closed", 0.1)
    assert window(analyse(make(*TIMELINE, closed_again), grace_months=0)) == ("2024-02-29", "2024-08-31")


def test_window_never_passes_the_snapshot():
    assert window(analyse(make(*TIMELINE, as_of="2024-09-15"))) == ("2024-02-29", "2024-08-31")
    assert window(analyse(make(*TIMELINE, as_of="2024-09-30"))) == ("2024-02-29", "2024-09-30")
    late = analyse(make(*TIMELINE, as_of="2024-09-15"), cutoff="2026-01-31", grace_months=12)
    assert window(late) == ("2024-02-29", "2024-08-31")
    assert late.panel.attrs["last_month"] == "2024-08-31"


def test_without_a_snapshot_date_the_month_of_the_last_release_counts():
    assert analyse(make(*TIMELINE)).panel.attrs["last_month"] == "2024-09-30"
    scores = make(*TIMELINE, weights_date=[None, None, None, None, None, "2024-12-24"])
    assert analyse(scores).panel.attrs["last_month"] == "2024-12-31"


def test_first_month_drops_months_and_keeps_history():
    result = analyse(make(*TIMELINE), first_month="2024-05-01")
    assert window(result) == ("2024-05-31", "2024-09-30")
    assert row(result, "2024-05-31") == (months("2024-05-31", "2024-03-20"), 0)


def test_single_month():
    rows = (("C1", "2024-01-10", "closed", 0.4), ("O1", "2024-01-15", "open", 0.3))
    with pytest.raises(InsufficientDataError, match="x: fewer than 2 month-ends with both closed and open"):
        analyse(make(*rows, as_of="2024-02-28"))
    assert window(analyse(make(*rows, as_of="2024-02-29"))) == ("2024-01-31", "2024-02-29")


def test_default_grace():
    scores = make(*TIMELINE)
    assert compute_lags(scores).panel.identical(analyse(scores, grace_months=DEFAULT_GRACE_MONTHS).panel)
    assert compute_lags(scores).panel.attrs["grace_months"] == DEFAULT_GRACE_MONTHS


def test_negative_grace():
    with pytest.raises(ConfigError, match="grace_months is -1: give 0 or more"):
        analyse(make(*TIMELINE), grace_months=-1)


# --- cutoff


def test_cutoff_sees_nothing_later():
    scores = make(*TIMELINE)
    early = analyse(scores, cutoff="2024-05-31")
    assert window(early) == ("2024-02-29", "2024-05-31")
    assert row(early, "2024-05-31") == (months("2024-05-31", "2024-03-20"), 0)
    assert early.release["model"].tolist() == ["O1", "O2"]
    assert early.catch_up["model"].tolist() == ["C1", "C2"]
    full = analyse(scores).panel.sel(month=early.panel["month"])
    np.testing.assert_array_equal(early.panel["lag"], full["lag"])


def test_cutoff_inside_a_month_ends_the_grid_before_it():
    early = analyse(make(*TIMELINE), cutoff="2024-05-15")
    assert window(early) == ("2024-02-29", "2024-04-30")
    assert early.panel.attrs["last_month"] == "2024-04-30"


def test_cutoff_hides_weights_that_come_later():
    scores = make(*TIMELINE, weights_date=[None, None, None, None, "2024-07-01", None])
    assert analyse(scores, cutoff="2024-06-30").release["model"].tolist() == ["O1"]
    assert analyse(scores, cutoff="2024-07-31").release["model"].tolist() == ["O1", "O2"]


def test_cutoff_before_a_group_exists():
    with pytest.raises(InsufficientDataError, match="no score belongs to the follower group 'open'"):
        analyse(make(*TIMELINE), cutoff="2024-02-01")
    with pytest.raises(InsufficientDataError, match="no score was out by 2023-12-31"):
        analyse(make(*TIMELINE), cutoff="2023-12-31")


def test_cutoff_before_a_named_group_exists_is_missing_data_not_a_wrong_name():
    scores = make(*TIMELINE, country=["US", "US", "US", "China", "China", "India"])
    us = parse_group("country=US")
    with pytest.raises(InsufficientDataError, match="follower group 'India'"):
        analyse(scores, cutoff="2024-06-30", leader=us, follower=parse_group("country=India"))
    either = parse_group("country=China|India")
    assert analyse(scores, cutoff="2024-06-30", leader=us, follower=either).release["model"].tolist() == ["O1", "O2"]
    _, follow = benchmark_frontiers(scores, cutoff="2024-06-30", leader=us, follower=either)["x"]
    assert follow.models.tolist() == ["O1", "O2"]


# --- groups


def test_other_groups_name_themselves_everywhere():
    scores = make(*TIMELINE, country=["US", "US", "US", "China", "China", "China"])
    result = analyse(
        scores,
        leader=parse_group("country=US"),
        follower=parse_group("country!=US", name="rest of the world"),
    )
    attrs = result.panel.attrs
    assert (attrs["leader"], attrs["follower"]) == ("US", "rest of the world")
    assert (attrs["leader_condition"], attrs["follower_condition"]) == ("country=US", "country!=US")
    for table in (result.release, result.catch_up, panel_table(result.panel)):
        assert set(table["leader"]) == {"US"}
        assert set(table["follower"]) == {"rest of the world"}
    assert result.panel["lag"].attrs["long_name"] == "lag of rest of the world behind US"
    np.testing.assert_array_equal(result.panel["lag"], analyse(make(*TIMELINE)).panel["lag"])


def test_swapped_groups_negate():
    swapped = analyse(make(*TIMELINE), leader=OPEN, follower=CLOSED)
    panel = analyse(make(*TIMELINE)).panel
    np.testing.assert_array_equal(swapped.panel["lag"], -panel["lag"])
    np.testing.assert_array_equal(swapped.panel["censoring"], -panel["censoring"])
    assert (swapped.panel.attrs["leader"], swapped.panel.attrs["follower"]) == ("open", "closed")


def test_several_conditions():
    scores = make(*TIMELINE, country=["US", "US", "US", "China", "China", "India"])
    group = parse_group("weights = open & country = China|India")
    assert (group.name, group.expression) == ("open, China/India", "weights=open&country=China|India")
    assert parse_group(group.expression, name=group.name) == group
    assert group.mask(scores.table).sum() == 3


def test_not_a_value_holds_for_empty_cells():
    scores = make(*TIMELINE, country=["US", "US", "US", "China", None, None])
    assert parse_group("country!=US").mask(scores.table).sum() == 3
    assert parse_group("country!=US").name == "not US"


@pytest.mark.parametrize("weights", ["open", "closed"])
def test_group_absent(weights):
    only = [r for r in TIMELINE if r[2] == weights]
    with pytest.raises(InsufficientDataError, match=r"no score belongs to the (leader|follower) group"):
        analyse(make(*only))


def test_group_absent_on_one_benchmark_skips_it():
    result = analyse(make(*TIMELINE, ("C1", "2024-01-10", "closed", 0.5, "y")))
    assert result.skipped.to_numpy().tolist() == [["y", "no open model"]]


def test_groups_absent_on_every_benchmark():
    rows = (("C1", "2024-01-10", "closed", 0.5, "x"), ("O1", "2024-01-10", "open", 0.5, "y"))
    with pytest.raises(InsufficientDataError, match="x: no open model; y: no closed model"):
        analyse(make(*rows))


def test_overlapping_groups():
    scores = make(*TIMELINE, country=["US", "US", "US", "China", "US", "China"])
    with pytest.raises(ConfigError, match="model 'O2' is in both groups: make 'country=US' and 'weights=open'"):
        analyse(scores, leader=parse_group("country=US"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("country=china", "group 'china': no row has country = 'china': did you mean 'China'?"),
        ("county=China", "group 'China': no column 'county': did you mean 'country'?"),
        ("weights=opened", "group 'opened': no row has weights = 'opened': did you mean 'open'?"),
        (
            "country=Wonderland",
            "group 'Wonderland': no row has country = 'Wonderland': give a value that occurs in the scores table",
        ),
    ],
)
def test_unknown_names(text, message):
    scores = make(*TIMELINE, country=["US", "US", "US", "China", "China", "China"])
    with pytest.raises(UnknownNameError) as caught:
        analyse(scores, follower=parse_group(text))
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["", "China", "=China", "country=", "country=China&", "country=|"])
def test_unreadable_groups(text):
    with pytest.raises(ConfigError, match=re.escape("write column=value, column=a|b or column!=a, joined by &")):
        parse_group(text)


# --- the panel and its table


def test_panel_contents():
    panel = analyse(make(*TIMELINE, as_of="2024-09-30")).panel
    assert panel["lag"].dims == ("benchmark", "month")
    assert panel["lag"].attrs["units"] == "months"
    cell = panel.sel(benchmark="x", month="2024-06-30")
    assert (str(cell["leader_model"].item()), str(cell["follower_model"].item())) == ("C3", "O2")
    assert (int(cell["n_leader"]), int(cell["n_follower"])) == (3, 2)
    assert str(cell["follower_date"].to_numpy())[:10] == "2024-05-01"
    assert str(panel["leader_first"].to_numpy()[0])[:10] == "2024-01-10"
    assert panel.attrs["grace_months"] == 3


def test_month_grid_is_shared_and_windows_are_not():
    later = [(m, str(pd.Timestamp(d) + pd.DateOffset(months=6))[:10], w, s, "y") for m, d, w, s in TIMELINE]
    later = [(f"late-{m}", *rest) for m, *rest in later]
    result = analyse(make(*TIMELINE, *later), grace_months=0)
    assert window(result, "x") == ("2024-02-29", "2024-06-30")
    assert window(result, "y") == ("2024-08-31", "2024-12-31")
    expected = pd.date_range("2024-02-29", "2024-12-31", freq="ME")
    assert result.panel["month"].to_numpy().tolist() == expected.as_unit("ns").to_numpy().tolist()


def test_variants_count_one_model():
    rows = [*TIMELINE, ("C3", "2024-06-05", "closed", 0.85)]
    scores = make(*rows, variant=[None] * len(TIMELINE) + ["high effort"])
    cell = analyse(scores).panel.sel(benchmark="x", month="2024-06-30")
    assert int(cell["n_leader"]) == 3
    assert float(cell["leader_level"]) == 0.85


def test_panel_table():
    result = analyse(make(*TIMELINE), grace_months=0)
    table = panel_table(result.panel)
    assert list(table.columns[:4]) == ["benchmark", "month", "lag_months", "censoring"]
    assert table["month"].tolist() == [f"2024-0{k}-{d}" for k, d in [(2, 29), (3, 31), (4, 30), (5, 31), (6, 30)]]
    assert table.loc[3, "lag_months"] == months("2024-05-31", "2024-03-20")
    assert table["censoring"].tolist() == [1, 1, 1, 0, 0]


# --- two further views


def test_release_view():
    release = analyse(make(*TIMELINE)).release
    assert release["model"].tolist() == ["O1", "O2", "O3"]
    assert release["date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-15", "2024-05-01", "2024-09-12"]
    assert release["level"].tolist() == [0.3, 0.5, 0.9]
    assert release["lag_months"].tolist() == [
        months("2024-02-15", "2024-01-10"),
        months("2024-05-01", "2024-03-20"),
        0.0,
    ]
    assert release["censoring"].tolist() == [1, 0, 0]


def test_release_view_without_history():
    """An open record before any closed model has no lag; the next one on record has."""
    scores = make(
        ("O1", "2024-01-15", "open", 0.3),
        ("C1", "2024-02-10", "closed", 0.5),
        ("O2", "2024-03-15", "open", 0.4),
    )
    release = analyse(scores).release
    assert release["model"].tolist() == ["O2"]
    assert release["lag_months"].tolist() == [months("2024-03-15", "2024-02-10")]


def test_catch_up_view():
    catch_up = analyse(make(*TIMELINE)).catch_up
    assert catch_up["model"].tolist() == ["C1", "C2", "C3"]
    assert catch_up["months"].tolist() == [
        months("2024-05-01", "2024-01-10"),  # O2
        months("2024-09-12", "2024-03-20"),  # O3
        months("2024-09-12", "2024-06-05"),
    ]
    assert catch_up["censoring"].tolist() == [0, 0, 0]
    assert catch_up["matched_date"].dt.strftime("%m-%d").tolist() == ["05-01", "09-12", "09-12"]


def test_catch_up_is_censored_at_the_end_of_the_window():
    catch_up = analyse(make(*TIMELINE), grace_months=2).catch_up  # to 31 August
    assert catch_up["months"].tolist() == [
        months("2024-05-01", "2024-01-10"),
        months("2024-08-31", "2024-03-20"),
        months("2024-08-31", "2024-06-05"),
    ]
    assert catch_up["censoring"].tolist() == [0, 1, 1]
    assert catch_up["matched_date"].isna().tolist() == [False, True, True]


def test_catch_up_counts_the_last_day_of_the_window():
    scores = make(
        ("C1", "2024-01-10", "closed", 0.4),
        ("O0", "2024-01-15", "open", 0.1),
        ("O1", "2024-03-31", "open", 0.5),
        ("C2", "2024-03-31", "closed", 0.6),
    )
    result = analyse(scores, grace_months=0)
    assert window(result) == ("2024-01-31", "2024-03-31")
    assert result.catch_up["months"].tolist() == [months("2024-03-31", "2024-01-10"), 0.0]
    assert result.catch_up["censoring"].tolist() == [0, 1]


def test_catch_up_equal_score_matches_and_an_earlier_match_is_negative():
    scores = make(
        ("O0", "2024-01-05", "open", 0.1),
        ("O1", "2024-02-10", "open", 0.5),
        ("C1", "2024-01-20", "closed", 0.2),
        ("C2", "2024-04-20", "closed", 0.5),
    )
    catch_up = analyse(scores).catch_up
    assert catch_up["months"].tolist() == [
        months("2024-02-10", "2024-01-20"),
        -months("2024-04-20", "2024-02-10"),
    ]
    assert catch_up["censoring"].tolist() == [0, 0]


def test_catch_up_by_the_first_open_level_is_left_censored():
    rows = (("C1", "2024-01-20", "closed", 0.3), ("O1", "2024-02-10", "open", 0.5))
    first = analyse(floored(*rows, ("C2", "2024-05-20", "closed", 0.6))).catch_up
    assert first["censoring"].tolist() == [-1, 1]
    after_floor = analyse(floored(*rows, ("O0", "2024-01-05", "open", 0.2))).catch_up
    assert after_floor["censoring"].tolist() == [0]


def test_views_without_rows():
    scores = floored(
        ("C1", "2024-01-10", "closed", 0.4),
        ("O1", "2024-02-15", "open", 0.2),
        ("C2", "2024-04-10", "closed", 0.5),
    )
    result = analyse(scores)
    assert len(result.release) == 0
    assert {"leader", "follower", "lag_months", "censoring"} <= set(result.release.columns)
    assert result.catch_up["censoring"].tolist() == [1, 1]


# --- the documentation


def test_worked_example_of_the_documentation():
    text = (Path(__file__).parents[1] / "docs" / "lag.md").read_text(encoding="utf-8")

    def rows(header: str) -> list[list[str]]:
        lines = text.split(f"\n| {header} |")[1].split("\n\n")[0].splitlines()[2:]
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]

    scores = make(*rows("model | release_date | weights | score"), as_of="2024-10-31")
    result = analyse(scores, grace_months=1)
    table = panel_table(result.panel)
    got = table[["month", "leader_level", "follower_level", "lag_months", "censoring"]].to_numpy().tolist()
    expected = rows("month | closed | open | lag_months | censoring | why")
    assert [[m, f"{a:.2f}", f"{b:.2f}", f"{c:.3f}", str(d)] for m, a, b, c, d in got] == [r[:5] for r in expected]

    for view, header, number in (
        (result.release, "date | model | lag_months | censoring", "lag_months"),
        (result.catch_up, "date | model | months | censoring | matched_date", "months"),
    ):
        shown = view.assign(**{number: view[number].map("{:.3f}".format)})[header.split(" | ")].astype(str)
        assert shown.to_numpy().tolist() == rows(header)


# --- tolerance, clamping, stretches

NEAR = {"benchmark": ["x"], "lower_bound": [0.0], "ceiling": [1.0]}


@pytest.mark.parametrize(
    ("tolerance", "expected"),
    [
        (0.0, (months("2024-05-31", "2024-03-20"), 0)),  # O2 0.50: passed by C2
        (0.1, (months("2024-05-31", "2024-03-20"), 0)),  # 0.60: C2 again, exactly
        (0.11, (0.0, 0)),  # 0.61 is above the closed frontier of 0.60: level
    ],
)
def test_tolerance_counts_a_near_level_as_level(tolerance, expected):
    scores = make(*TIMELINE, benchmarks=NEAR)
    assert row(analyse(scores, tolerance=tolerance), "2024-05-31") == expected


def test_tolerance_leaves_leads_alone():
    scores = make(*TIMELINE, benchmarks=NEAR)
    assert row(analyse(scores, tolerance=0.15), "2024-09-30") == row(analyse(scores), "2024-09-30")
    with pytest.raises(ConfigError, match="tolerance is 1"):
        analyse(scores, tolerance=1.0)


def test_tolerance_is_a_share_of_the_range_where_bounds_are_not_known():
    scaled = make(*[(m, d, w, 100 + 60 * s) for m, d, w, s in TIMELINE])
    # Scores run from 118 to 154: a share of 0.2 is 7.2 points, that is 0.12 of the first scale.
    assert row(analyse(scaled, tolerance=0.2), "2024-05-31") == (0.0, 0)
    assert row(analyse(scaled, tolerance=0.1), "2024-05-31") == row(analyse(scaled), "2024-05-31")


def test_tolerance_matches_closed_records_sooner():
    scores = make(*TIMELINE, benchmarks=NEAR)
    plain, near = (analyse(scores, tolerance=t).catch_up.set_index("model")["months"] for t in (0.0, 0.11))
    assert plain["C2"] == months("2024-09-12", "2024-03-20")
    assert near["C2"] == months("2024-05-01", "2024-03-20")


def test_clamped_panel_has_no_leads():
    panel = analyse(make(*TIMELINE)).panel
    flat = clamped(panel)
    assert float(flat["lag"].min()) == 0.0
    assert float(panel["lag"].min()) < 0.0
    behind = panel["lag"] >= 0
    assert flat["lag"].where(behind).equals(panel["lag"].where(behind))


def test_within_a_stretch_the_lag_changes_by_a_day_a_day():
    panel = analyse(make(*TIMELINE)).panel.sel(benchmark="x")
    inside = panel["in_window"].to_numpy()
    stretch, lag = panel["stretch"].to_numpy()[inside], panel["lag"].to_numpy()[inside]
    days = panel["month"].to_numpy()[inside].astype("datetime64[D]").astype(int)
    assert len(set(stretch)) == 3
    for number in set(stretch):
        steps = np.diff(lag[stretch == number]) * MONTH
        assert np.abs(steps) == pytest.approx(np.diff(days[stretch == number]))
