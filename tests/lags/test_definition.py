"""Hand-drawn timelines with exact lags: behind, ahead, ties, tolerance and stretches."""

from __future__ import annotations

import numpy as np
import pytest

from gapmodel.errors import ConfigError
from gapmodel.lags.definition import lag_at
from gapmodel.lags.frontier import build_frontier
from gapmodel.lags.panel import clamped
from tests.support.timelines import MONTH, TIMELINE, analyse, make, months, on, row

# --- the definition


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


def test_a_bound_on_a_lead_of_no_days_is_exact_where_leads_are_zero():
    scores = make(
        ("C1", "2024-01-10", "closed", 0.4), ("O1", "2024-02-29", "open", 0.5), ("O2", "2024-04-01", "open", 0.6)
    )
    result = analyse(scores)
    assert row(result, "2024-02-29") == (0.0, -1)
    assert set(clamped(result.panel)["censoring"].to_numpy().ravel().tolist()) == {0}


@pytest.mark.parametrize(
    ("closed", "benchmarks"),
    [
        ([("C1", "2024-01-10", "closed", 0.3), ("C2", "2024-01-20", "closed", 0.4)], None),
        ([("C1", "2024-01-10", "closed", 0.1)], NEAR | {"lower_bound": [0.2]}),  # at the floor
    ],
)
def test_a_lead_of_no_days_is_of_one_stretch_with_what_follows(closed, benchmarks):
    scores = make(*closed, ("O1", "2024-02-29", "open", 0.5), ("O2", "2024-04-01", "open", 0.6), benchmarks=benchmarks)
    panel = analyse(scores).panel.sel(benchmark="x")
    inside = panel["in_window"].to_numpy()
    assert panel["lag"].to_numpy()[inside][0] == 0.0
    assert (panel["censoring"].to_numpy()[inside] == -1).all()
    assert len(set(panel["stretch"].to_numpy()[inside])) == 1


def test_within_a_stretch_the_lag_changes_by_a_day_a_day():
    panel = analyse(make(*TIMELINE)).panel.sel(benchmark="x")
    inside = panel["in_window"].to_numpy()
    stretch, lag = panel["stretch"].to_numpy()[inside], panel["lag"].to_numpy()[inside]
    days = panel["month"].to_numpy()[inside].astype("datetime64[D]").astype(int)
    assert len(set(stretch)) == 3
    for number in set(stretch):
        steps = np.diff(lag[stretch == number]) * MONTH
        assert np.abs(steps) == pytest.approx(np.diff(days[stretch == number]))
