"""The running best: records, ties, same-day releases, floors, and what is on record at a time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gapmodel.lags.frontier import Frontier, build_frontier

A, B, C, D = np.array(["2024-01-10", "2024-02-10", "2024-03-10", "2024-04-10"], dtype="datetime64[D]")


def steps(frontier: Frontier) -> list[tuple]:
    return list(zip(frontier.dates, frontier.levels, frontier.models, strict=True))


def test_only_rises_are_records():
    frontier = build_frontier([A, B, C, D], [0.3, 0.2, 0.5, 0.4], ["a", "b", "c", "d"])
    assert steps(frontier) == [(A, 0.3, "a"), (C, 0.5, "c")]
    np.testing.assert_array_equal(frontier.evaluated, [A, B, C, D])
    assert not frontier.floor_before_first


def test_equal_score_later_is_no_record():
    assert steps(build_frontier([B, A], [0.5, 0.5], ["early in the alphabet", "z"])) == [(A, 0.5, "z")]


def test_same_day_is_one_record_by_the_best():
    frontier = build_frontier([A, A, B], [0.3, 0.4, 0.35], ["x", "y", "z"])
    assert steps(frontier) == [(A, 0.4, "y")]
    np.testing.assert_array_equal(frontier.evaluated, [A, A, B])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_same_day_tie_is_held_by_the_first_name(order):
    names, scores, dates = ["ash", "birch", "cedar"], [0.3, 0.4, 0.4], [A, B, B]
    frontier = build_frontier(*([column[k] for k in order] for column in (dates, scores, names)))
    assert steps(frontier) == [(A, 0.3, "ash"), (B, 0.4, "birch")]


def test_variants_count_one_model_and_the_best_counts():
    frontier = build_frontier([A, A, B], [0.3, 0.6, 0.7], ["x", "x", "y"])
    assert steps(frontier) == [(A, 0.6, "x"), (B, 0.7, "y")]
    np.testing.assert_array_equal(frontier.evaluated, [A, B])


def test_score_at_the_floor_sets_no_level():
    frontier = build_frontier([A, B, C], [0.25, 0.20, 0.26], ["a", "b", "c"], floor=0.25)
    assert steps(frontier) == [(C, 0.26, "c")]
    np.testing.assert_array_equal(frontier.evaluated, [A, B, C])
    assert frontier.floor_before_first


@pytest.mark.parametrize("floor_day", [B, C])
def test_floor_on_or_after_the_first_level_dates_nothing(floor_day):
    frontier = build_frontier([B, floor_day], [0.5, 0.25], ["a", "b"], floor=0.25)
    assert steps(frontier) == [(B, 0.5, "a")]
    assert not frontier.floor_before_first


def test_everything_at_the_floor():
    frontier = build_frontier([A, B], [0.0, 0.0], ["a", "b"], floor=0.0)
    assert steps(frontier) == []
    assert len(frontier.evaluated) == 2
    assert not frontier.floor_before_first


def test_no_model():
    frontier = build_frontier([], [], [])
    assert steps(frontier) == []
    assert len(frontier.evaluated) == 0
    np.testing.assert_array_equal(frontier.position(np.array([A])), [-1])


def test_negative_levels_of_a_negated_scale():
    assert steps(build_frontier([A, B, C], [-9.0, -9.5, -8.0], list("abc"))) == [
        (A, -9.0, "a"),
        (C, -8.0, "c"),
    ]


def test_position_counts_the_day_of_release():
    frontier = build_frontier([A, C], [0.3, 0.5], ["a", "c"])
    day = np.timedelta64(1, "D")
    times = np.array([A - day, A, B, C - day, C, D])
    np.testing.assert_array_equal(frontier.position(times), [-1, 0, 0, 0, 1, 1])
