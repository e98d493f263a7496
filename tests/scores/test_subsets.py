"""Subsets of scores, replay of an earlier day, and the bundled snapshots."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmodel.errors import ConfigError, InsufficientDataError, UnknownNameError
from gapmodel.scores.table import Scores
from gapmodel.sources import bundled
from tests.support.scoretables import TODAY, check, tables, valid

# --- subsets


@pytest.fixture
def scores() -> Scores:
    table = valid(
        organization=["Alder", "Alder", "Birch", None, None],
        licence_tier=[None, None, "mit", "custom", "custom"],
        weights_date=[None, None, None, "2025-07-01", None],
    )
    info = pd.DataFrame(
        {"benchmark": ["x", "y"], "category": ["Mathematics", "coding"], "default_set": ["true", "false"]}
    )
    return check(table, info, snapshot="toy", credits=["who"], as_of="2025-12-31")


@pytest.mark.parametrize(
    ("conditions", "rows"),
    [
        ({}, "xA xB xC yA yC"),
        ({"benchmarks": "y"}, "yA yC"),
        ({"benchmarks": ["x", "y"]}, "xA xB xC yA yC"),
        ({"categories": ["coding"]}, "yA yC"),
        ({"first": "2025-03-01"}, "xB xC yC"),
        ({"last": date(2025, 3, 1)}, "xA xB yA"),
        ({"organizations": ["Alder"]}, "xA yA"),
        ({"exclude_organizations": "Alder"}, "xB xC yC"),
        ({"licence_tiers": ["mit"]}, "xB"),
        ({"models": ("A", "B")}, "xA xB yA"),
        ({"exclude_models": ["A"]}, "xB xC yC"),
        ({"default_set_only": True}, "xA xB xC"),
        ({"default_set_only": True, "exclude_models": ["A"], "last": "2025-05-01"}, "xB"),
    ],
)
def test_subset(scores, conditions, rows):
    got = scores.subset(**conditions)
    assert " ".join(got.table["benchmark"] + got.table["model"]) == rows
    assert isinstance(got.table.index, pd.RangeIndex)
    assert list(got.benchmarks.index) == sorted(set(got.table["benchmark"]))
    assert (got.snapshot, got.credits, got.as_of) == ("toy", ("who",), pd.Timestamp("2025-12-31"))
    assert (got.sha256 == scores.sha256) == (len(got.table) == len(scores.table))
    pd.testing.assert_frame_equal(check(got.table, got.benchmarks).table, got.table)


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ({"categories": "mathmatics"}, "unknown category 'mathmatics': did you mean 'Mathematics'?"),
        ({"benchmarks": ["x", "qqq"]}, "unknown benchmark 'qqq': choose one of 'x', 'y'"),
        ({"organizations": ["Aldr"]}, "unknown organization 'Aldr': did you mean 'Alder'?"),
        ({"exclude_organizations": ["birch"]}, "unknown organization 'birch': did you mean 'Birch'?"),
        ({"licence_tiers": ["mti"]}, "unknown licence_tier 'mti': did you mean 'mit'?"),
        ({"exclude_models": ["Z"]}, "unknown model 'Z': choose one of 'A', 'B', 'C'"),
    ],
)
def test_unknown_names(scores, conditions, says):
    with pytest.raises(UnknownNameError) as caught:
        scores.subset(**conditions)
    assert str(caught.value) == says


def test_other_subset_errors(scores):
    with pytest.raises(InsufficientDataError, match="no score is left"):
        scores.subset(models="B", categories="coding")
    with pytest.raises(InsufficientDataError):
        scores.subset(models=[])
    with pytest.raises(ConfigError, match="first is 'soon': write year-month-day"):
        scores.subset(first="soon")
    bare = check(valid())
    with pytest.raises(UnknownNameError, match="no column organization"):
        bare.subset(organizations="Alder")
    with pytest.raises(ConfigError, match="no default set"):
        bare.subset(default_set_only=True)


# --- an earlier day


def test_as_of_cutoff_includes_its_day(scores):
    got = scores.as_of_cutoff("2025-03-01")
    assert list(got.table["model"]) == ["A", "B", "A"]
    assert got.as_of == pd.Timestamp("2025-03-01")
    early = scores.subset(benchmarks="x").as_of_cutoff(date(2025, 1, 1))
    assert list(early.benchmarks.index) == ["x"]


def test_open_models_whose_weights_came_later_are_not_there_yet(scores):
    assert "C" not in set(scores.as_of_cutoff("2025-06-30").table["model"])
    assert "C" in set(scores.as_of_cutoff("2025-07-01").table["model"])


def test_as_of_cutoff_drops_benchmarks_and_fails_when_nothing_is_left(scores):
    only_y = check(valid().query("not (benchmark == 'y' and model == 'A')"))
    assert list(only_y.as_of_cutoff("2025-05-01").benchmarks.index) == ["x"]
    with pytest.raises(InsufficientDataError, match="no score was out by 2024-12-31"):
        scores.as_of_cutoff("2024-12-31")
    with pytest.raises(ConfigError, match="cutoff is 'never'"):
        scores.as_of_cutoff("never")


def test_a_late_cutoff_changes_nothing(scores):
    late = scores.as_of_cutoff(pd.Timestamp("2026-06-01 10:00", tz="UTC"))
    assert late.sha256 == scores.sha256
    assert late.as_of == scores.as_of
    assert check(valid()).as_of_cutoff("2026-01-01").as_of == pd.Timestamp("2026-01-01")


@settings(deadline=None, max_examples=30)
@given(table=tables(), first=st.dates(date(2021, 1, 1), TODAY), second=st.dates(date(2021, 1, 1), TODAY))
def test_replaying_twice_is_replaying_the_earlier(table, first, second):
    full, early = check(table), min(first, second)
    try:
        once = full.as_of_cutoff(early)
    except InsufficientDataError:
        return
    twice = full.as_of_cutoff(max(first, second)).as_of_cutoff(early)
    assert once.sha256 == twice.sha256
    assert once.as_of == twice.as_of
    assert (once.table["release_date"] <= pd.Timestamp(early)).all()


# --- bundled snapshots


def test_unknown_snapshot():
    with pytest.raises(UnknownNameError, match="did you mean 'epoch_2026-0[58]'"):
        bundled.load("epoch_2026-07")
    with pytest.raises(UnknownNameError, match="choose epoch_2026-08 or epoch_2026-05"):
        bundled.load("nothing")


@pytest.mark.parametrize("name", bundled.SNAPSHOTS)
def test_bundled_snapshot(name):
    scores = bundled.load(name)
    assert scores.snapshot == name
    assert str(scores.as_of.date())[:7] == name.removeprefix("epoch_")
    assert scores.table["release_date"].max() <= scores.as_of
    assert set(scores.table["weights"]) == {"open", "closed"}
    assert scores.credits
    assert all(scores.credits)
    assert len(scores.subset(default_set_only=True).benchmarks) > 1
