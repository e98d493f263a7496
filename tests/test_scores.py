"""The scores table: types, faults in cells and across rows, subsets, replay of an earlier day, the hash."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gapmodel.errors import ConfigError, DataError, InsufficientDataError, UnknownNameError
from gapmodel.scorefaults import nearest, quoted
from gapmodel.scores import Scores, validate_scores
from gapmodel.sources import bundled

TODAY = date(2026, 8, 1)
HEADER = ("benchmark", "model", "release_date", "weights", "score")


def frame(*rows, columns=HEADER):
    return pd.DataFrame(list(rows), columns=list(columns), dtype=object)


def valid(**changes):
    """Two benchmarks, a closed and two open models; `changes` are whole columns."""
    table = frame(
        ("x", "A", "2025-01-01", "closed", "0.5"),
        ("y", "A", "2025-01-01", "closed", "7"),
        ("x", "B", "2025-03-01", "open", "0.4"),
        ("x", "C", "2025-06-01", "open", "0.6"),
        ("y", "C", "2025-06-01", "open", "8"),
    )
    return table.assign(**{name: pd.Series(values, dtype=object) for name, values in changes.items()})


def check(table, benchmarks=None, **options) -> Scores:
    return validate_scores(table, benchmarks, today=TODAY, **options)


def faults(table, benchmarks=None) -> list[str]:
    with pytest.raises(DataError) as caught:
        check(table, benchmarks, file="scores.csv", benchmarks_file="benchmarks.csv")
    lines = str(caught.value).splitlines()
    return lines[1:] if re.fullmatch(r"\d+ faults:", lines[0]) else lines


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


# --- faults in a cell


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("50%", "'50%' is not a number; write 0.5 (or 50 on a scale to 100)"),
        ("1,5", "'1,5' is not a number; write 1.5"),
        ("1,234", "'1,234' is not a number; write 1234 (or a point for decimals)"),
        ("1 234.5", "'1 234.5' is not a number; write 1234.5"),
        ("\N{MINUS SIGN}3", "'\N{MINUS SIGN}3' is not a number; write -3"),
        ("NA", "'NA' is not a number; leave it out where there is none"),
        ("nan", "'nan' is not a number; leave it out where there is none"),
        ("inf", "'inf' is not finite; give a finite number, or leave it out"),
        ("-Infinity", "'-Infinity' is not finite; give a finite number, or leave it out"),
        (float("inf"), "'inf' is not finite; give a finite number, or leave it out"),
        ("1e999", "'1e999' is too large; give a finite number"),
        ("1_000", "'1_000' is not a number; write digits with a point, such as 0.5"),
        ("0x10", "'0x10' is not a number; write digits with a point, such as 0.5"),
        ("\u0661", "'\u0661' is not a number; write digits with a point, such as 0.5"),
        (True, "'true' is not a number; write digits with a point, such as 0.5"),
        (" ", "the cell is empty; leave out rows without a score"),
        (float("nan"), "the cell is empty; leave out rows without a score"),
        ("a\x1b[31m", r"'a\x1b[31m' is not a number; write digits with a point, such as 0.5"),
    ],
)
def test_bad_score(cell, says):
    assert faults(valid(score=["0.5", "7", cell, "0.6", "8"])) == [f"scores.csv, line 4, column score: {says}"]


@pytest.mark.parametrize(("cell", "number"), [("1e-2", 0.01), ("+.5", 0.5), ("3.", 3.0), ("-0", 0.0), ("007", 7.0)])
def test_good_score(cell, number):
    score = check(frame(("x", "A", "2025-01-01", "open", cell))).table["score"].iloc[0]
    assert score == number
    assert not np.signbit(score)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("2025-13-01", "'2025-13-01' is not in the calendar; write year-month-day, such as 2025-02-01"),
        ("2025-02-29", "'2025-02-29' is not in the calendar; write year-month-day, such as 2025-02-01"),
        ("01/02/2025", "'01/02/2025' is not a date; write year-month-day, such as 2025-02-01"),
        ("2025-1-2", "'2025-1-2' is not a date; write year-month-day, such as 2025-02-01"),
        ("2025-01", "'2025-01' is not a date; write year-month-day, such as 2025-02-01"),
        ("20250101", "'20250101' is not a date; write year-month-day, such as 2025-02-01"),
        ("45000", "'45000' is not a date; write year-month-day, such as 2025-02-01"),
        (pd.Timestamp("2025-01-01 12:00"), "'2025-01-01 12:00:00' is not a date; write year-month-day"),
        ("2026-08-02", "'2026-08-02' is a future date (today is 2026-08-01); mend it, or leave the row out"),
        ("9999-01-01", "'9999-01-01' is a future date"),
        ("0202-05-01", "'0202-05-01' is too early for a model; mend the year"),
        ("", "the cell is empty; every row needs a release_date"),
        (pd.NaT, "the cell is empty; every row needs a release_date"),
    ],
)
def test_bad_date(cell, says):
    (fault,) = faults(valid(release_date=["2025-01-01", "2025-01-01", cell, "2025-06-01", "2025-06-01"]))
    assert fault.startswith(f"scores.csv, line 4, column release_date: {says}")


def test_today_is_not_in_the_future():
    assert len(check(frame(("x", "A", TODAY, "open", 1))).table) == 1


@pytest.mark.parametrize("column", ["benchmark", "model", "weights"])
def test_empty_name(column):
    table = valid()
    table.loc[2, column] = "  "
    assert faults(table) == [f"scores.csv, line 4, column {column}: the cell is empty; every row needs a {column}"]


def test_unknown_weights_and_negative_standard_error():
    table = valid(score_se=[None, None, "-0.1", None, None])
    table.loc[2, "weights"] = "Open"
    assert faults(table) == [
        "scores.csv, line 4, column weights: 'Open' is unknown; write open or closed",
        "scores.csv, line 4, column score_se: '-0.1' is negative; a standard error is 0 or more",
    ]


def test_missing_column_names_the_nearest():
    table = valid().rename(columns={"score": "scores", "release_date": "Release Date", "weights": "zzz"})
    got = faults(table)
    assert "scores.csv: no column 'score'; rename 'scores'" in got
    assert "scores.csv: no column 'release_date'; rename 'Release Date'" in got
    assert "scores.csv: no column 'weights'; add it" in got


def test_duplicate_columns_and_no_rows():
    table = valid(extra=["a"] * 5).rename(columns={"extra": " score"})
    assert faults(table) == ["scores.csv: column 'score' occurs 2 times; keep one"]
    assert faults(valid().iloc[:0]) == ["scores.csv: the table has no rows; add one row per benchmark and model"]


# --- faults across rows


def test_duplicate_score_names_both_rows():
    assert faults(pd.concat([valid(), valid().iloc[[2]]])) == [
        (
            "scores.csv, line 7: duplicate score of 'B' on 'x', already on line 4; "
            "keep one, or tell them apart in the column variant"
        )
    ]
    assert len(faults(pd.concat([valid(variant=["v"] * 5)] * 2))) == 5


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("release_date", "2025-06-02", "'2025-06-02', but model 'C' has '2025-06-01' on line 5"),
        ("weights", "closed", "'closed', but model 'C' has 'open' on line 5"),
        ("licence_tier", "other", "'other', but model 'C' has 'mit' on line 5"),
    ],
)
def test_two_identities_of_a_model_name_both_rows(column, value, says):
    table = valid(licence_tier=["mit"] * 5)
    table.loc[4, column] = value
    mend = "mend one, or give the two versions different names"
    assert faults(table) == [f"scores.csv, line 6, column {column}: {says}; {mend}"]


def test_a_conflict_is_told_once_a_model():
    rows = [(f"b{k}", "A", "2025-01-01" if k % 2 else "2025-01-02", "open", "1") for k in range(10)]
    assert len(faults(frame(*rows))) == 1


def test_weights_date_order_and_closed_models():
    assert faults(valid(weights_date=[None, None, "2025-02-28", None, None])) == [
        (
            "scores.csv, line 4, column weights_date: '2025-02-28' is before the release date '2025-03-01'; "
            "mend one of them"
        )
    ]
    (fault,) = faults(valid(weights_date=["2025-01-01", None, None, None, None]))
    assert fault.startswith("scores.csv, line 2, column weights_date: '2025-01-01' on a closed model")
    check(valid(weights_date=[None, None, "2025-03-01", None, None]))


@pytest.mark.parametrize(
    ("direction", "floor", "ceiling", "bad"),
    [("higher", "0", "0.5", [0.6]), ("lower", "1", "0.5", [0.4]), ("", "0", "0.55", [0.6])],
)
def test_score_beyond_the_ceiling(direction, floor, ceiling, bad):
    info = pd.DataFrame({"benchmark": ["x"], "direction": [direction], "lower_bound": [floor], "ceiling": [ceiling]})
    got = faults(valid(), info)
    assert [float(re.search(r"score: (\S+) is beyond the ceiling", f)[1]) for f in got] == bad


def test_scores_at_the_floor_and_rounding_at_the_ceiling_are_allowed():
    table = valid(score=["0.5", "7", "-3", "1.0000000001", "8"])
    info = pd.DataFrame({"benchmark": ["x"], "lower_bound": ["0.25"], "ceiling": ["1"]})
    assert check(table, info).table["score"].min() == -3.0


def test_benchmark_faults():
    info = pd.DataFrame(
        {"benchmark": ["x", "x", None, "y", "z"], "direction": ["up", "", "", "lower", ""],
         "lower_bound": ["5%", "", "", "0", "1"], "ceiling": ["", "", "", "1", "1"], "default_set": ["yes"] + [""] * 4}
    )  # fmt: skip
    assert faults(valid(), info) == [
        "benchmarks.csv, line 2, column direction: 'up' is unknown; write higher or lower",
        "benchmarks.csv, line 2, column lower_bound: '5%' is not a number; write 0.05 (or 5 on a scale to 100)",
        "benchmarks.csv, line 2, column default_set: 'yes' is unknown; write true or false",
        "benchmarks.csv, line 3, column benchmark: 'x' is already on line 2; keep one",
        "benchmarks.csv, line 4, column benchmark: the cell is empty; every row needs a benchmark",
        (
            "benchmarks.csv, line 5, column ceiling: 1 is not below the lower_bound 0, the worst score; "
            "exchange or mend them"
        ),
        (
            "benchmarks.csv, line 6, column ceiling: 1 is not above the lower_bound 1, the worst score; "
            "exchange or mend them"
        ),
    ]


def test_all_faults_of_both_tables_at_once():
    table = valid(score=["0.5", "x", "50%", "0.6", "8"], weights_date=["2025-01-01", None, "1/2", None, None])
    table = pd.concat([table, table.iloc[[3]]], ignore_index=True).drop(columns="release_date")
    got = faults(table, pd.DataFrame({"name": ["x"], "ceiling": ["a"]}))
    where = [g.split(":")[0] for g in got]
    assert where == [
        "scores.csv",
        "scores.csv, line 2, column weights_date",
        "scores.csv, line 3, column score",
        "scores.csv, line 4, column score",
        "scores.csv, line 4, column weights_date",
        "scores.csv, line 7",
        "benchmarks.csv",
        "benchmarks.csv, line 2, column ceiling",
    ]


def test_long_lists_of_faults_are_cut():
    rows = [("x", f"m{k}", "2025-01-01", "open", "bad") for k in range(50)]
    with pytest.raises(DataError) as caught:
        check(frame(*rows))
    lines = str(caught.value).splitlines()
    assert len(lines) == 22
    assert lines[0] == "50 faults:"
    assert lines[-1] == "and 30 more"


@settings(deadline=None, max_examples=30)
@given(bad=st.sets(st.tuples(st.integers(0, 11), st.sampled_from(HEADER[2:])), min_size=1, max_size=15))
def test_every_faulty_cell_is_reported_and_no_other(bad):
    table = frame(*[("x", f"m{k}", "2025-01-01", "open", "1") for k in range(12)])
    for row, column in bad:
        table.loc[row, column] = "?"
    found = {(int(m[1]) - 2, m[2]) for f in faults(table) if (m := re.match(r"\S+ line (\d+), column (\w+):", f))}
    assert found == bad


# --- order and content


@st.composite
def tables(draw):
    names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=4)
    properties = draw(
        st.dictionaries(
            names,
            st.tuples(st.dates(date(2020, 1, 1), TODAY), st.sampled_from(["open", "closed"])),
            min_size=1,
            max_size=5,
        )
    )
    key = st.tuples(names, st.sampled_from(sorted(properties)), st.sampled_from([None, "a", "b"]))
    keys = draw(st.lists(key, unique=True, min_size=1, max_size=12))
    score = st.floats(allow_nan=False, allow_infinity=False)
    rows = [(b, m, *properties[m], draw(score), v, draw(st.none() | names)) for b, m, v in keys]
    return frame(*rows, columns=(*HEADER, "variant", "odd column"))


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
        ({"benchmarks": ["x", "qqq"]}, "unknown benchmark 'qqq'"),
        ({"organizations": ["Aldr"]}, "unknown organization 'Aldr': did you mean 'Alder'?"),
        ({"exclude_organizations": ["birch"]}, "unknown organization 'birch': did you mean 'Birch'?"),
        ({"licence_tiers": ["mti"]}, "unknown licence_tier 'mti': did you mean 'mit'?"),
        ({"exclude_models": ["Z"]}, "unknown model 'Z'"),
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


# --- words


def test_words():
    assert nearest("MMLU", ["mmlu", "gpqa"]) == ": did you mean 'mmlu'?"
    assert nearest("zzz", ["mmlu"]) == nearest("a", []) == ""
    assert quoted("a\nb") == r"'a\nb'"
    assert len(quoted("x" * 500)) == 62


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
