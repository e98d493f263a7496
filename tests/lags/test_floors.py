"""Lags where lower is better, where scores are at the floor, and where weights came later."""

from __future__ import annotations

import numpy as np
import pytest

from gapmodel.lags.sides import benchmark_frontiers
from gapmodel.scores.groups import parse_group
from tests.support.timelines import TIMELINE, analyse, floored, make, months, on, window


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
