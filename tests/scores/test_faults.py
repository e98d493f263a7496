"""Faults in the scores table: in a cell, across rows, all told at once, with the nearest name."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmodel.errors import DataError, nearest, quoted
from tests.support.scoretables import HEADER, TODAY, check, frame, valid


def faults(table, benchmarks=None) -> list[str]:
    with pytest.raises(DataError) as caught:
        check(table, benchmarks, file="scores.csv", benchmarks_file="benchmarks.csv")
    lines = str(caught.value).splitlines()
    return lines[1:] if re.fullmatch(r"\d+ faults:", lines[0]) else lines


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
        ("2026-08-02", "'2026-08-02' is a future date (today is 2026-08-01); fix it, or leave the row out"),
        ("9999-01-01", "'9999-01-01' is a future date"),
        ("0202-05-01", "'0202-05-01' is too early for a model; fix the year"),
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


@pytest.mark.parametrize(("given", "near"), [("scores", "score"), ("models", "model"), ("weight", "weights")])
def test_a_column_one_letter_off_one_that_is_there_is_not_passed_over(given, near):
    assert faults(valid(**{given: ["1"] * 5})) == [
        f"scores.csv: column '{given}' beside '{near}' would not be read; keep one, or give it a name less like that"
    ]


# --- faults across rows


@pytest.mark.parametrize(("first", "spelling"), [("x", "X"), ("x 1", "x-1"), ("x1", "X_1")])
def test_a_benchmark_in_two_spellings_is_a_fault_and_not_two_benchmarks(first, spelling):
    table = valid().replace({"benchmark": {"x": first}})
    rows = np.flatnonzero(table["benchmark"] == first)
    table.iloc[rows[-1], table.columns.get_loc("benchmark")] = spelling
    assert faults(table) == [
        f"scores.csv, line {2 + rows[-1]}, column benchmark: '{spelling}' is '{first}' of line {2 + rows[0]} in "
        "another spelling; give both one name"
    ]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (
            "\u0430lpha",
            "'\u0430lpha' holds U+0430, a Cyrillic letter among Latin ones that it looks like; type it again",
        ),
        ("GP\u03a4-4", "'GP\u03a4-4' holds U+03A4, a Greek letter among Latin ones that it looks like; type it again"),
        ("\u03c4-bench", None),
        ("\u0413\u0438\u0433\u0430\u0427\u0430\u0442 Pro", None),
        ("\u03bcP", None),
    ],
)
def test_letters_of_another_script_that_look_alike_are_refused(name, fault):
    table = valid().replace({"model": {"C": name}})
    if fault is None:
        assert name in set(check(table).table["model"])
        return
    where = [f"scores.csv, line {2 + k}, column model: " for k in np.flatnonzero(table["model"] == name)]
    assert faults(table) == [place + fault for place in where]


def test_a_benchmark_that_its_description_spells_in_another_way_is_a_fault():
    info = pd.DataFrame({"benchmark": ["X"], "direction": ["lower"]})
    assert faults(valid(), info) == [
        "scores.csv, line 2, column benchmark: 'x' is 'X' of the benchmarks table in another spelling; "
        "give both one name"
    ]


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
    fix = "fix one, or give the two versions different names"
    assert faults(table) == [f"scores.csv, line 6, column {column}: {says}; {fix}"]


def test_a_conflict_is_told_once_a_model():
    rows = [(f"b{k}", "A", "2025-01-01" if k % 2 else "2025-01-02", "open", "1") for k in range(10)]
    assert len(faults(frame(*rows))) == 1


def test_weights_date_order_and_closed_models():
    assert faults(valid(weights_date=[None, None, "2025-02-27", None, None])) == [
        (
            "scores.csv, line 4, column weights_date: '2025-02-27' is before the release date '2025-03-01'; "
            "fix one of them"
        )
    ]
    (fault,) = faults(valid(weights_date=["2025-01-01", None, None, None, None]))
    assert fault.startswith("scores.csv, line 2, column weights_date: '2025-01-01' on a closed model")
    check(valid(weights_date=[None, None, "2025-03-01", None, None]))
    check(valid(weights_date=[None, None, "2025-02-28", None, None]))  # one day is a time zone


def test_an_announcement_does_not_come_after_the_release():
    (fault,) = faults(valid(announced_date=[None, None, "2025-03-03", None, None]))
    assert fault == (
        "scores.csv, line 4, column release_date: '2025-03-01' is before the announcement on '2025-03-03'; "
        "exchange or fix them"
    )
    (fault,) = faults(valid(announced_date=["2999-01-01", None, None, None, None]))
    assert "is a future date" in fault
    table = check(valid(announced_date=[None, None, "2025-01-01", None, None])).table
    assert table["announced_date"].notna().sum() >= 1


def test_unknown_visibility():
    info = pd.DataFrame({"benchmark": ["x"], "visibility": ["secret"]})
    (fault,) = faults(valid(), info)
    assert fault.endswith("column visibility: 'secret' is unknown; write public, semi-private or private")


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
        ("benchmarks.csv, line 5, column ceiling: 1 is not below the lower_bound 0, the worst score; swap or fix them"),
        ("benchmarks.csv, line 6, column ceiling: 1 is not above the lower_bound 1, the worst score; swap or fix them"),
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


@pytest.mark.parametrize(("of_other", "shown"), [(0, (20, 0)), (3, (17, 3)), (30, (12, 8))])
def test_a_long_list_leaves_room_for_the_other_file(of_other, shown):
    rows = [("x", f"m{k}", "2025-01-01", "open", "bad") for k in range(50)]
    info = pd.DataFrame({"benchmark": [f"b{k}" for k in range(of_other)], "ceiling": ["?"] * of_other})
    with pytest.raises(DataError) as caught:
        check(frame(*rows), info, file="scores.csv", benchmarks_file="benchmarks.csv")
    _, *lines, more = str(caught.value).splitlines()
    assert tuple(sum(line.startswith(name) for line in lines) for name in ("scores.csv", "benchmarks.csv")) == shown
    assert more == f"and {50 + of_other - sum(shown)} more"


@settings(deadline=None, max_examples=30)
@given(bad=st.sets(st.tuples(st.integers(0, 11), st.sampled_from(HEADER[2:])), min_size=1, max_size=15))
def test_every_faulty_cell_is_reported_and_no_other(bad):
    table = frame(*[("x", f"m{k}", "2025-01-01", "open", "1") for k in range(12)])
    for row, column in bad:
        table.loc[row, column] = "?"
    found = {(int(m[1]) - 2, m[2]) for f in faults(table) if (m := re.match(r"\S+ line (\d+), column (\w+):", f))}
    assert found == bad


# --- words


def test_words():
    assert nearest("MMLU", ["mmlu", "gpqa"]) == ": did you mean 'mmlu'?"
    assert nearest("zzz", ["mmlu"]) == nearest("a", []) == ""
    assert quoted("a\nb") == r"'a\nb'"
    assert len(quoted("x" * 500)) == 62


# --- names in one form, and columns that look like others

HIDDEN = (
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u202e",
    "\u00ad",
    "\u2028",
    "\x1b",
    "\x7f",
    "\ufe0f",
    "\u3164",
    "\u034f",
)
BLANKS = ("\xa0", "\u2009", "\u202f", "\u3000")


@pytest.mark.parametrize(
    "column", ["benchmark", "model", "organization", "variant", "version", "source", "licence_tier"]
)
def test_names_hold_no_sign_that_nobody_sees(column):
    for sign in (*HIDDEN, *BLANKS):
        rows = ["a", "b", f"a{sign}x", "c", "d"]
        says = [text for text in faults(valid(**{column: rows})) if f"line 4, column {column}" in text]
        assert len(says) == 1, repr(sign)
        assert says[0].isprintable()
        assert "write a space" in says[0] if sign in BLANKS else "remove it" in says[0]


@pytest.mark.parametrize("column", ["benchmark", "title", "category", "unit", "composite_of"])
def test_names_of_benchmarks_hold_none_either(column):
    info = pd.DataFrame({"benchmark": ["x"]} | {column: ["x\u200b"]})
    assert any(f"benchmarks.csv, line 2, column {column}: " in text for text in faults(valid(), info))


def test_an_accent_and_its_letter_are_one_name():
    table = valid()
    composed, apart = "Mod\xe9le", "Mode\u0301le"
    table["model"] = [composed, *table["model"][1:]]
    one = check(table)
    table["model"] = [apart, *table["model"][1:]]
    other = check(table)
    assert one.sha256 == other.sha256
    assert other.subset(models=[apart]).table["model"].tolist() == [composed]
    both = pd.concat([table.assign(model=composed, score="0.1"), table.assign(model=apart, score="0.2")])
    assert any("duplicate score" in text for text in faults(both))


@pytest.mark.parametrize("name", ["Score", "SCORE", "score ", "sc\u200bore", "s.core", "\uff53core"])
def test_a_column_that_looks_like_another_is_refused(name):
    table = valid()
    table[name if name.strip() != "score" else "Score "] = table["score"]
    assert any("beside 'score'" in text or "nobody sees" in text for text in faults(table))


@pytest.mark.parametrize("name", ["Weights_Date", "weights date", "Organization", "scoreSE", "Evaluated-Date"])
def test_a_column_that_would_be_read_under_its_right_name_is_refused(name):
    assert any("would not be read; rename it" in text for text in faults(valid().assign(**{name: "1"})))
    assert check(valid().assign(speed="1")).table["speed"].tolist() == ["1"] * len(valid())


def test_a_benchmark_is_not_made_of_itself():
    name = valid()["benchmark"].iloc[0]
    info = pd.DataFrame({"benchmark": [name], "composite_of": [f"other; {name}"]})
    assert faults(valid(), info) == [
        f"benchmarks.csv, line 2, column composite_of: '{name}' is made of itself; "
        "name the benchmarks it is made of, or leave the cell empty"
    ]
