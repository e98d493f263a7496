"""The scores table: types, order, columns that are not known, and the hash of its content."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.scoretables import check, tables, valid

# --- types and order


def test_types_order_and_defaults():
    scores = check(valid(weights_date=[None, None, "2025-04-01", None, None], score_se=["", "1", 0, " .5 ", None]))
    assert list(scores.table["model"]) == ["A", "B", "C", "A", "C"]
    assert isinstance(scores.table.index, pd.RangeIndex)
    assert scores.table["release_date"].dtype == scores.table["weights_date"].dtype == "datetime64[ns]"
    assert scores.table["score"].dtype == scores.table["score_se"].dtype == float
    np.testing.assert_array_equal(scores.table["score_se"], [np.nan, 0.0, 0.5, 1.0, np.nan])
    assert scores.table["weights"].dtype == scores.table["model"].dtype == object
    info = scores.benchmarks
    assert info.index.name == "benchmark"
    assert list(info.index) == list(info["title"]) == ["x", "y"]
    assert set(info["category"]) == {"uncategorised"}
    assert set(info["direction"]) == {"higher"}
    assert info[["lower_bound", "ceiling"]].isna().all(axis=None)
    assert info.loc["x", "unit"] is None
    assert scores.as_of is None
    assert scores.credits == ()
    assert len(scores.sha256) == 64


def test_benchmarks_are_typed_and_those_without_scores_go():
    info = pd.DataFrame(
        {"benchmark": ["z", "x"], "ceiling": ["", "1e0"], "lower_bound": [None, ".25"], "category": ["c", " maths "],
         "default_set": ["", "true"], "note": ["n", "kept"]}
    )  # fmt: skip
    got = check(valid(), info).benchmarks
    assert list(got.index) == ["x", "y"]
    assert got.loc["x", ["category", "ceiling", "lower_bound", "note"]].tolist() == [
        "maths",
        1.0,
        0.25,
        "kept",
    ]
    assert got.loc["y", "category"] == "uncategorised"
    assert got["default_set"].dtype == bool
    assert got["default_set"].tolist() == [True, False]


def test_typed_cells_equal_text_cells():
    text = valid(weights_date=[None, None, "2025-04-01", None, None])
    typed = text.assign(
        release_date=pd.to_datetime(text["release_date"]),
        weights_date=[pd.NaT, np.nan, date(2025, 4, 1), None, pd.NA],
        score=text["score"].astype(float),
    )
    a, b = check(text), check(typed)
    pd.testing.assert_frame_equal(a.table, b.table)
    assert a.sha256 == b.sha256


def test_validation_is_idempotent():
    info = pd.DataFrame({"benchmark": ["x"], "ceiling": ["1"], "default_set": ["true"]})
    once = check(valid(variant=["hi", None, "lo", None, None], extra=[1, 2, "a", None, " b "]), info)
    twice = check(once.table, once.benchmarks)
    pd.testing.assert_frame_equal(once.table, twice.table)
    pd.testing.assert_frame_equal(once.benchmarks, twice.benchmarks)
    assert once.sha256 == twice.sha256


def test_input_is_left_alone():
    table = valid(extra=[" a ", None, "", "b", "c"])
    before = table.copy(deep=True)
    check(table)
    pd.testing.assert_frame_equal(table, before)


def test_variants_of_one_model_are_allowed():
    table = pd.concat([valid(variant=["low"] * 5), valid(variant=["high"] * 5), valid(variant=[None] * 5)])
    got = check(table).table
    assert len(got) == 15
    assert got["variant"].tolist()[:3] == [None, "high", "low"]


def test_a_model_property_given_once_holds_for_all_its_rows():
    got = check(valid(weights_date=[None, None, None, None, "2025-07-01"], licence_tier=["", "", "", "mit", ""])).table
    c = got[got["model"] == "C"]
    assert (c["weights_date"] == pd.Timestamp("2025-07-01")).all()
    assert (c["licence_tier"] == "mit").all()
    assert got.loc[got["model"] != "C", "weights_date"].isna().all()
    assert all(v is None for v in got.loc[got["model"] != "C", "licence_tier"])


def test_column_without_content_is_kept_and_changes_no_hash():
    empty = check(valid(weights_date=[None] * 5, organization=[""] * 5))
    assert empty.table["weights_date"].dtype == "datetime64[ns]"
    assert empty.table["organization"].tolist() == [None] * 5
    assert empty.sha256 == check(valid()).sha256


# --- order and content


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(table=tables(), data=st.data())
def test_row_and_column_order_do_not_matter(table, data):
    order = data.draw(st.permutations(range(len(table))))
    columns = data.draw(st.permutations(list(table)))
    a, b = check(table), check(table.iloc[order][columns])
    pd.testing.assert_frame_equal(a.table, b.table)
    pd.testing.assert_frame_equal(a.benchmarks, b.benchmarks)
    assert a.sha256 == b.sha256
    assert len(a.table) == len(table)
    odd = dict(zip(zip(table["benchmark"], table["model"], table["variant"]), table["odd column"], strict=True))
    got = a.table
    for *run, value in zip(got["benchmark"], got["model"], got["variant"], got["odd column"], strict=True):
        assert odd[tuple(run)] == value


def test_number_formatting_does_not_change_the_hash():
    a = check(valid(score=["0.5", "7", ".4", "0.60", "8"]))
    b = check(valid(score=["5e-1", "7.0", "0.40", "+.6", 8]))
    assert a.sha256 == b.sha256


@pytest.mark.parametrize(
    ("column", "value"),
    [("benchmark", "z"), ("model", "D"), ("release_date", "2025-03-02"), ("weights", "closed"), ("score", "0.41"),
     ("odd", "2"), ("variant", "v"), ("source", "s")],
)  # fmt: skip
def test_content_changes_the_hash(column, value):
    table = valid(odd=["1"] * 5, variant=[None] * 5, source=[None] * 5)
    changed = table.copy()
    changed.loc[2, column] = value
    assert check(table).sha256 != check(changed).sha256


def test_benchmark_content_changes_the_hash_and_defaults_do_not():
    plain = check(valid())
    same = check(valid(), pd.DataFrame({"benchmark": ["x", "unused"], "direction": ["higher", "lower"]}))
    other = check(valid(), pd.DataFrame({"benchmark": ["x"], "direction": ["lower"]}))
    assert plain.sha256 == same.sha256 != other.sha256


def test_unknown_columns_survive_with_their_type():
    table = valid(odd=[" a ", None, "", "b", "c"]).assign(number=[1, 2, 3, 4, 5], flag=[True, False, True, True, False])
    got = check(table).table
    assert list(got)[-3:] == ["flag", "number", "odd"]
    assert got["number"].tolist() == [1, 3, 4, 2, 5]
    assert got["odd"].tolist() == ["a", None, "b", None, "c"]
    assert got["flag"].dtype == bool
