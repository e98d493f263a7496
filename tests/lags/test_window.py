"""The window of a lag: its ends, grace, the snapshot's day, and a cutoff."""

from __future__ import annotations

import numpy as np
import pytest

from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.lags.panel import DEFAULT_GRACE_MONTHS, compute_lags
from gapmodel.lags.sides import benchmark_frontiers
from gapmodel.scores.groups import parse_group
from tests.support.timelines import TIMELINE, analyse, make, months, row, window

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
    with pytest.raises(ConfigError, match="grace_months is -1: give 0 to 1200"):
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
