"""Many benchmarks at once: the same lags as one by one and as in plain pandas, at a cost that rows do not multiply."""

from __future__ import annotations

import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.pandas_peer import pandas_lags
from benchmarks.tables import score_table
from gapmodel.errors import DataError
from gapmodel.lags.frontier import FrontierTable, build_frontier, build_frontiers
from gapmodel.lags.panel import compute_lags, panel_table
from gapmodel.scores.distinct import json_rows, text_cells, together
from gapmodel.scores.table import validate_scores
from gapmodel.sources.csv import parse_table

TODAY = date(2026, 8, 1)
START, DAY = np.datetime64("2024-01-01"), np.timedelta64(1, "D")


def panels(table: pd.DataFrame, info: pd.DataFrame | None = None, **options):
    return compute_lags(validate_scores(table, info, today=TODAY), **options)


def test_the_same_lags_as_plain_pandas():
    table = score_table(benchmarks=25, scores_each=60, seed=3)
    peer = pandas_lags(table.assign(release_date=pd.to_datetime(table["release_date"])))
    ours = panel_table(panels(table).panel)
    assert ours["benchmark"].tolist() == peer["benchmark"].tolist()
    assert ours["month"].tolist() == peer["month"].dt.strftime("%Y-%m-%d").tolist()
    np.testing.assert_allclose(ours["lag_months"], peer["lag_months"], rtol=0, atol=1e-12)
    assert ours["censoring"].tolist() == peer["censoring"].tolist()
    assert set(peer["censoring"]) == {-1, 0, 1}  # all three kinds were compared


@pytest.mark.parametrize("tolerance", [0.0, 0.03])
def test_together_as_one_by_one(tolerance):
    """Floors and directions that differ by benchmark; weights that come later."""
    table = score_table(benchmarks=6, scores_each=40, seed=5)
    names = sorted(table["benchmark"].unique())
    floors = [0.9, 0.1, 0.8, 0.2, 0.95, 0.05]
    info = pd.DataFrame({"benchmark": names, "direction": ["lower", "higher"] * 3, "lower_bound": floors})
    low = table["benchmark"].isin(names[::2])
    table["score"] = np.where(low, 1.0 - table["score"], table["score"])
    later = pd.to_datetime(table["release_date"]) + pd.to_timedelta(table["model"].str[-1].astype(int) * 9, unit="D")
    table["weights_date"] = later.dt.strftime("%Y-%m-%d").where(table["weights"] == "open")
    scores = validate_scores(table, info, today=TODAY, as_of="2026-06-30")
    whole = compute_lags(scores, tolerance=tolerance)
    assert len(whole.panel["benchmark"]) == 6
    assert (np.isnan(whole.panel["follower_level"]) & whole.panel["observed"]).any()  # at the floor
    for name in names:
        alone = compute_lags(scores.subset(benchmarks=name), tolerance=tolerance)
        for view in ("release", "catch_up"):
            part = getattr(whole, view)
            pd.testing.assert_frame_equal(
                part[part["benchmark"] == name].reset_index(drop=True), getattr(alone, view), check_dtype=False
            )
        here = whole.panel.sel(benchmark=[name], month=alone.panel["month"])
        for variable in alone.panel:
            np.testing.assert_array_equal(here[variable], alone.panel[variable])


# --- frontiers, read slowly

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 8), st.integers(0, 6), st.sampled_from("abcde")),
    min_size=1,
    max_size=30,
)
FLOORS = np.array([-np.inf, 2.0, -np.inf, 4.0])


@given(ROWS)
@settings(max_examples=200, deadline=None)
def test_frontiers_by_hand(rows):
    """Day by day: the best of the day, where it is above all days before; of equals, the first name."""
    benchmark, day, score, model = (np.array(column) for column in zip(*rows))
    dates = START + day * DAY
    table = build_frontiers(benchmark, dates, score, model, floors=FLOORS)
    assert len(table) == 4
    for b, floor in enumerate(FLOORS):
        mine = [(d, s, m) for c, d, s, m in rows if c == b]
        best, steps = floor, []
        for d in sorted({d for d, _, _ in mine}):
            top = max(s for e, s, _ in mine if e == d)
            if top > best:
                best = top
                steps.append((d, top, min(m for e, s, m in mine if (e, s) == (d, top))))
        got = table[b]
        assert list(zip((got.dates - START).astype(int), got.levels, got.models)) == steps
        assert (got.evaluated - START).astype(int).tolist() == sorted(d for d, _ in {(d, m) for d, _, m in mine})
        low = [d for d, s, _ in mine if s <= floor]
        assert got.floor_before_first == bool(steps and low and min(low) < steps[0][0])


@given(ROWS, st.integers(0, 3), st.integers(-1, 9), st.integers(0, 7))
def test_questions_to_a_table_of_frontiers(rows, b, day, level):
    benchmark, days, score, model = (np.array(column) for column in zip(*rows))
    table = build_frontiers(benchmark, START + days * DAY, score, model, floors=FLOORS)
    time, at = np.array([START + day * DAY]), np.array([b])
    one = table[b]
    assert table.position(time, at)[0] == sum(one.dates <= time) - 1 == one.position(time)[0]
    assert table.run_by(time, at)[0] == sum(one.evaluated <= time)
    assert table.reached(np.array([float(level)]), at)[0] == sum(one.levels < level)
    assert table.reached(np.array([float(level)]), at, above=True)[0] == sum(one.levels <= level)
    again = FrontierTable.of(table[k] for k in range(4))
    for name in ("start", "dates", "levels", "models", "evaluated", "evaluated_start", "floor_before_first"):
        np.testing.assert_array_equal(getattr(again, name), getattr(table, name))


def test_no_model_at_all():
    empty = build_frontier([], [], [])
    assert len(empty.dates) == len(empty.evaluated) == 0
    assert np.isnat(FrontierTable.of([empty]).first_evaluated).all()


# --- the cost


def calls(function) -> int:
    """Python functions entered while it runs."""
    count = 0

    def watch(_frame, event, _argument):
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def test_rows_and_benchmarks_are_not_looked_at_one_by_one():
    """As many steps for 8 benchmarks with 20 scores each as for 40 with 100; arrays do the rest."""
    small, large = (
        validate_scores(score_table(benchmarks=b, scores_each=n), today=TODAY) for b, n in ((8, 20), (40, 100))
    )
    compute_lags(small)  # what is imported or kept at the first call
    few, many = calls(lambda: compute_lags(small)), calls(lambda: compute_lags(large))
    assert len(large.table) == 25 * len(small.table)
    assert many < 1.1 * few + 50


def test_reading_looks_at_distinct_cells_only():
    """Ten times the rows with the same models, days and scores are read in about as many steps."""

    def content(n_benchmarks: int) -> bytes:
        table = score_table(benchmarks=n_benchmarks, scores_each=50)
        return table.assign(score=table["score"].round(2)).to_csv(index=False).encode()

    def read(text: bytes):
        return validate_scores(parse_table(text, "s.csv"), today=TODAY)

    small, large = content(10), content(100)
    read(small)
    few, many = calls(lambda: read(small)), calls(lambda: read(large))
    assert many < 3 * few  # 90 more benchmarks have names and rows of defaults


# --- a plain file is read as any other


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=4)


@given(
    st.lists(st.lists(CELL.map(lambda s: s.replace(",", ";").replace('"', "'")), min_size=3, max_size=3), max_size=8)
)
def test_plain_and_quoted_files_are_one_table(rows):
    """Without a quote a file goes the fast way; with every cell quoted it goes the general one."""
    rows = [["one", "two", "three"], ["x", "y", "z"], *rows]
    plain = "\n".join(",".join(row) for row in rows)
    quoted = "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
    fast, slow = parse_table(plain.encode(), "s.csv"), parse_table(quoted.encode(), "s.csv")
    pd.testing.assert_frame_equal(fast, slow)


def test_one_fault_among_many_rows_has_its_line():
    table = score_table(benchmarks=100, scores_each=100)
    lines = table.to_csv(index=False).splitlines()
    lines[7000] = lines[7000].rsplit(",", 1)[0] + ",50%"
    lines[9000] = lines[8999]
    with pytest.raises(DataError) as caught:
        validate_scores(parse_table("\n".join(lines).encode(), "s.csv"), today=TODAY, file="s.csv")
    first, second = str(caught.value).splitlines()[1:]
    assert first == "s.csv, line 7001, column score: '50%' is not a number; write 0.5 (or 50 on a scale to 100)"
    name, model = lines[8999].split(",")[:2]
    assert second.startswith(f"s.csv, line 9001: duplicate score of '{model}' on '{name}', already on line 9000; ")


# --- cells


def test_cells_of_equal_values_and_different_texts_stay_apart():
    cells = text_cells(pd.Series([1, True, 1.0, " a ", "a", "", None, float("nan"), -0.0], dtype=object))
    assert cells.column().tolist() == ["1", "true", "1.0", "a", "a", None, None, None, "0.0"]
    assert cells.without(v == "a" for v in cells.distinct).column().tolist()[3:5] == [None, None]


@given(st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, 900), st.integers(-1, 3)), min_size=1, max_size=20))
def test_one_number_for_several_codes_keeps_their_order(rows):
    codes = [np.array(column) for column in zip(*rows)]
    key = together(*codes)
    wide = together(*[np.where(code < 0, -1, code * 2**40) for code in codes])  # more than 64 bits
    assert sorted(range(len(rows)), key=rows.__getitem__) == np.argsort(key, kind="stable").tolist()
    np.testing.assert_array_equal(np.argsort(key, kind="stable"), np.argsort(wide, kind="stable"))
    assert len(set(rows)) == len(set(key.tolist())) == len(set(wide.tolist()))


def test_rows_as_json():
    columns = [text_cells(pd.Series(["é", None, 'q"'], dtype=object)), text_cells(pd.Series([0.5, 1.0, np.nan]))]
    assert ", ".join(json_rows(columns)) == '["\\u00e9", "0.5"], [null, "1.0"], ["q\\"", null]'
