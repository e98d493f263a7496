"""Lags between other groups than open and closed: conditions, absent groups, wrong names."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gapmodel.errors import ConfigError, InsufficientDataError, UnknownNameError
from gapmodel.lags.panel import panel_table
from gapmodel.scores.groups import CLOSED, OPEN, parse_group
from tests.support.timelines import TIMELINE, analyse, make


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
            "group 'Wonderland': no row has country = 'Wonderland': choose one of 'China', 'US'",
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
