"""Release and catch-up views on the grid of months, by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from gapmodel.errors import ConfigError
from gapmodel.lags.panel import compute_lags
from gapmodel.lags.views import View, view_named
from gapmodel.scores.table import validate_scores

ROWS = [
    ("C1", "2024-01-10", "closed", 0.30),
    ("C2", "2024-03-20", "closed", 0.50),
    ("C3", "2024-06-05", "closed", 0.80),
    ("C4", "2024-12-20", "closed", 0.95),
    ("O1", "2024-02-15", "open", 0.10),
    ("O2", "2024-05-01", "open", 0.40),
    ("O3", "2024-05-20", "open", 0.50),
    ("O4", "2024-12-12", "open", 0.90),
]
NONE = {"leader_start_up_months": 0.0, "follower_start_up_months": 0.0}


@pytest.fixture(scope="module")
def lags():
    frame = pd.DataFrame(ROWS, columns=["model", "release_date", "weights", "score"]).assign(benchmark="B")
    return compute_lags(validate_scores(frame, today=date(2025, 6, 1)))


def _cells(panel):
    seen = panel["observed"].to_numpy()[0]
    months = [str(m)[:10] for m in panel["month"].to_numpy()[seen]]
    return dict(
        zip(
            months,
            zip(panel["lag"].to_numpy()[0, seen].round(3).tolist(), panel["censoring"].to_numpy()[0, seen].tolist()),
        )
    )


def _months(later, earlier):
    return round((pd.Timestamp(later) - pd.Timestamp(earlier)).days / 30.4375, 3)


def test_monthly_is_the_panel_itself(lags):
    assert view_named("monthly").panel(lags, **NONE) is lags.panel


def test_release_takes_the_last_record_of_a_month_on_its_own_day(lags):
    assert _cells(view_named("release").panel(lags, **NONE)) == {
        "2024-02-29": (_months("2024-02-15", "2024-01-10"), 1),
        "2024-05-31": (_months("2024-05-20", "2024-03-20"), 0),
        "2024-12-31": (_months("2024-12-12", "2024-12-12"), 0),
    }


def test_catch_up_counts_from_the_closed_record(lags):
    got = _cells(view_named("catch_up").panel(lags, **NONE))
    assert got["2024-01-31"] == (_months("2024-05-01", "2024-01-10"), 0)
    assert got["2024-03-31"] == (_months("2024-05-20", "2024-03-20"), 0)
    assert got["2024-06-30"] == (_months("2024-12-12", "2024-06-05"), 0)
    # Not matched by the end of the window, which ends with the grid.
    assert got["2024-12-31"][1] == 1


def test_start_up_makes_bounds_of_catch_up_times(lags):
    got = _cells(view_named("catch_up").panel(lags, leader_start_up_months=1.0, follower_start_up_months=4.0))
    # C1 may have been reached earlier (at least), but its match came in the follower's start-up: nothing is known.
    assert "2024-01-31" not in got
    assert got["2024-03-31"][1] == -1
    assert got["2024-06-30"][1] == 0
    early = _cells(view_named("catch_up").panel(lags, leader_start_up_months=1.0, follower_start_up_months=0.0))
    assert early["2024-01-31"][1] == 1


def test_every_view_has_the_shape_that_models_need(lags):
    for view in ("release", "catch_up"):
        panel = view_named(view).panel(lags, **NONE)
        assert panel["lag"].dims == ("benchmark", "month")
        assert (np.isnan(panel["lag"]) != panel["observed"]).all()
        assert {"category", "leader_first", "follower_first"} <= set(panel.coords)


def test_a_view_of_its_own_is_one_object(lags):
    def matched(lags, leader_start_up, follower_start_up):
        return lags.catch_up[lags.catch_up["censoring"] == 0].rename(columns={"months": "value"})

    view = View("matched", "time until the leader's record was matched, where it was", matched)
    assert not view.monthly_lags
    every = _cells(view_named("catch_up").panel(lags, **NONE))
    assert _cells(view.panel(lags, **NONE)) == {month: cell for month, cell in every.items() if cell[1] == 0}


@pytest.mark.parametrize("view", ["weekly", None, ["monthly"]])
def test_unknown_view(view):
    with pytest.raises(ConfigError, match="choose one of monthly, release, catch_up, scores"):
        view_named(view)


@pytest.mark.parametrize("view", ["release", "catch_up"])
def test_months_before_the_first_one_are_left_out_of_every_view(view):
    frame = pd.DataFrame(ROWS, columns=["model", "release_date", "weights", "score"]).assign(benchmark="B")
    scores = validate_scores(frame, today=date(2025, 6, 1))
    every = _cells(view_named(view).panel(compute_lags(scores), **NONE))
    late = _cells(view_named(view).panel(compute_lags(scores, first_month="2024-05-10"), **NONE))
    assert late == {month: cell for month, cell in every.items() if month >= "2024-05-31"}
    assert 0 < len(late) < len(every)
