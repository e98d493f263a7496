"""Tables that people have: each kind of trouble with the right reading, and forms of a file that change nothing."""

import io
import json
import sys
import zipfile
from datetime import date

import numpy as np
import pandas as pd
import pytest

from gapmodel.cli.app import main
from gapmodel.errors import DataError, UnknownNameError
from gapmodel.lags.panel import compute_lags
from gapmodel.sources.convert.files import read_folder
from gapmodel.sources.convert.formats import ConvertOptions, convert
from gapmodel.sources.epoch.live import hub_snapshot
from gapmodel.sources.joining.assemble import assemble
from gapmodel.sources.joining.variants import Named, split_names
from gapmodel.sources.snapshot import read_snapshot
from tests.sources.forms import USUAL, forms

TODAY = date(2026, 6, 1)
LEADERBOARD = """Model,Release date,License,Arithmetic,Spelling
Ash-1,2024-01-10,Proprietary,40.5%,30%
Birch 7B,2024-02-15,Apache 2.0,30.2%,20%
Cedar 2,2024-03-20,Proprietary,60.1%,50%
Dogwood 8B,2024-05-01,MIT,50.0%,45%
Elder 3,2024-06-05,Proprietary,80.9%,70%
"""


def read(content, name="t.csv", **options):
    content = content if isinstance(content, bytes) else content.encode()
    return convert("auto", content, name, ConvertOptions(**options))


def scores(found):
    """(benchmark, model) → score."""
    return {(r.benchmark, r.model): r.score for r in found.rows.itertuples()}


def snapshot(found):
    return assemble(found, kind="file", today=TODAY)


def run(*words, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gapmodel", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    return stop.value.code


def test_a_usual_leaderboard_goes_in_without_an_edit(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "board.csv").write_text(LEADERBOARD)
    assert run("data", "convert", "board.csv", monkeypatch=monkeypatch) == 0
    said = capsys.readouterr().out
    assert "column 'License' taken as open or closed" in said
    assert "10 scores of 5 models on 2 benchmarks, 2 open and 3 closed" in said
    assert "monthly lags" in said
    assert "mean over benchmarks with an exact lag" in said
    about = pd.read_csv("snapshots/board/benchmarks.csv").set_index("benchmark")
    assert about.loc["Arithmetic", ["unit", "ceiling", "lower_bound"]].tolist() == ["percent", 100.0, 0.0]
    panel = compute_lags(read_snapshot(tmp_path / "snapshots" / "board")).panel
    assert panel.sizes["benchmark"] == 2


# Flags and dates


@pytest.mark.parametrize(
    ("column", "cells", "flags"),
    [
        ("open", ("true", "false"), ("open", "closed")),
        ("is_open", ("1", "0"), ("open", "closed")),
        ("open_weights", ("yes", "no"), ("open", "closed")),
        ("Open weights?", ("✓", "✗"), ("open", "closed")),
        ("os_model", ("True", "False"), ("open", "closed")),
        ("Open/Closed", ("Open", "Closed"), ("open", "closed")),
        ("Model accessibility", ("Open weights (restricted use)", "API access"), ("open", "closed")),
        ("License", ("Llama 3 Community", "Proprietary"), ("open", "closed")),
        ("proprietary", ("false", "true"), ("open", "closed")),
        ("is_closed", ("no", "yes"), ("open", "closed")),
        ("type", ("open-weights", "proprietary"), ("open", "closed")),
        ("kind of thing", ("Open source", "closed"), ("open", "closed")),
    ],
)
def test_flags_in_usual_words_and_columns(column, cells, flags):
    text = f"model,released,{column},acc\n" + "".join(f"M{k},2024-01-0{k + 1},{c},0.4\n" for k, c in enumerate(cells))
    found = read(text)
    assert tuple(found.models["weights"]) == flags
    assert set(found.rows["benchmark"]) == {"acc"}
    assert (column, "weights") in {(t.column, t.role) for t in found.taken}


@pytest.mark.parametrize("column", ["release", "date", "releaseDate", "Publication date", "Launch date", "released_at"])
@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024-01-10T00:00:00Z", "2024-01-10"),
        ("2024-03", "2024-03-31"),
        ("March 2024", "2024-03-31"),
        ("5 Mar 2024", "2024-03-05"),
        ("2024/3/5", "2024-03-05"),
        ("5.3.2024", "2024-03-05"),
        ("45356", "2024-03-05"),
    ],
)
def test_dates_in_usual_forms_and_columns(column, cell, day):
    found = read(f"model,{column},open,acc\nM1,{cell},true,0.4\n")
    assert found.models.loc["M1", "release_date"] == day
    assert ("month alone" in str(found.models.loc["M1"].get("date_source"))) == (cell in ("2024-03", "March 2024"))


def test_days_with_slashes_are_read_where_the_column_tells_their_order():
    text = "model,date,open,acc\nA,{},true,0.4\nB,03/04/2024,false,0.5\n"
    assert read(text.format("14/03/2024")).models["release_date"].tolist() == ["2024-03-14", "2024-04-03"]
    assert read(text.format("03/14/2024")).models["release_date"].tolist() == ["2024-03-14", "2024-03-04"]
    with pytest.raises(DataError, match=r"line 2, column date: .*--date-order dmy or mdy"):
        read(text.format("01/02/2024"))
    found = read(text.format("01/02/2024"), date_order="mdy")
    assert found.models["release_date"].tolist() == ["2024-01-02", "2024-03-04"]


def test_columns_that_no_rule_knows_are_named():
    text = "who,when it came,downloadable?,acc\nA,2024-01-10,yes,0.4\nB,2024-02-10,no,0.5\n"
    found = read(text, model="who", date="when it came", flag="downloadable?")
    assert found.models[["release_date", "weights"]].to_numpy().tolist() == [
        ["2024-01-10", "open"], ["2024-02-10", "closed"],
    ]  # fmt: skip
    with pytest.raises(UnknownNameError, match="no column 'whom': did you mean 'who'"):
        read(text, model="whom")


def test_a_date_of_runs_is_no_release_date():
    text = "model,date,open,acc\nA,2024-01-10,true,0.4\nA (high),2024-02-10,true,0.5\nB,2024-01-10,false,0.4\n"
    found = read(text + "B (high),2024-04-10,false,0.6\n")
    assert found.models["release_date"].isna().all()
    assert any("days of runs and not of releases" in note for note in found.notes)
    assert read(text, date="date").models["release_date"].notna().all()


# Scales, repeats, efforts, columns that are no benchmarks


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        (("0.40", "0.30", "82", "0.70"), ("line 4", "0.82")),
        (("40", "30", "0.82", "70"), ("line 4", "82")),
        (("0.40", "82", "75", "0.30", "0.35"), ("line 3", "0.82")),
    ],
)
def test_a_mixed_scale_is_named_with_its_line(values, odd):
    text = "model,date,open,acc\n" + "".join(f"M{k},2024-01-0{k + 1},true,{v}\n" for k, v in enumerate(values))
    with pytest.raises(DataError) as caught:
        read(text)
    assert all(word in str(caught.value) for word in odd)
    assert len(read(text, as_is=("acc",)).rows) == len(values)
    left = read(text, leave_out=True)
    assert len(left.rows) == len(values) - sum(line.startswith("cell") for line, *_ in left.left_out)


def test_percent_signs_among_fractions_are_fractions():
    found = read("model,date,open,acc\nA,2024-01-10,true,0.5\nB,2024-01-10,false,60%\n")
    assert scores(found) == {("acc", "A"): 0.5, ("acc", "B"): 0.6}


@pytest.mark.parametrize("cells", ["0.5 0.9 2.1 5 12 30", "0.9 7.3 25 41 70", "0.6 7.2 25 41 70"])
def test_a_hard_benchmark_in_percent_is_no_mixed_scale(cells):
    cells = cells.split()
    text = "model,date,open,acc\n" + "".join(f"M{k},2024-01-0{k + 1},true,{v}\n" for k, v in enumerate(cells))
    assert len(read(text).rows) == len(cells)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ash-1 (high)", "Ash-1 (low)"),
        ("Ash-1-high", "Ash-1"),
        ("Ash-1-xhigh-effort", "Ash-1-low-effort"),
        ("Ash-1 (32k thinking)", "Ash-1 (no think)"),
        ("Ash-1_16K", "Ash-1_high"),
        ("Ash-1-thinking-32k", "Ash-1"),
        ("openrouter/lab/Ash-1", "lab/Ash-1"),
        ("Ash-1 (Azure)", "Ash-1 via Together"),
        ("Ash-1-FP8", "Ash-1"),
    ],
)
def test_efforts_hosts_and_spellings_are_one_model_and_the_best_counts(one, other):
    rows = [
        {"model": one, "date": "2024-01-10", "open": "true", "acc": 0.4},
        {"model": other, "date": "2024-01-10", "open": "true", "acc": 0.5},
        {"model": "Birch-2", "date": "2024-01-10", "open": "false", "acc": 0.6},
    ]
    for content, name in forms(pd.DataFrame(rows)):
        found = read(content, name)
        assert len(found.models) == 2, name
        assert sorted(found.rows["score"]) == [0.5, 0.6], name


@pytest.mark.parametrize(
    ("name", "model", "variant"),
    [
        ("Ash-1 w/ thinking", "Ash-1", "with thinking"),
        ("Ash-1 w/o thinking", "Ash-1", "without thinking"),
        ("Ash-1 w/thinking", "Ash-1", "with thinking"),
        ("Ash-1 with thinking", "Ash-1", "with thinking"),
        ("Ash-1 without thinking", "Ash-1", "without thinking"),
        ("Ash-1 (w/ thinking)", "Ash-1", "with thinking"),
        ("Ash-1 (w/o reasoning)", "Ash-1", "without reasoning"),
        ("Ash-1 (non-thinking)", "Ash-1", "non-thinking"),
        ("Ash-1 + thinking", "Ash-1", "with thinking"),
        ("Ash-1, no think", "Ash-1", "no think"),
        ("Ash-1 /no_think", "Ash-1", "no_think"),
        ("Ash-1 w/ thinking 16k", "Ash-1", "with thinking 16k"),
        ("Ash-1 with high reasoning effort", "Ash-1", "with high reasoning effort"),
        ("Ash-1 w/ tools", "Ash-1", "with tools"),
        ("Ash-1 with Elm-2", "Ash-1 with Elm-2", ""),
        ("Ash-1 + Elm-2", "Ash-1 + Elm-2", ""),
        ("Ash-1 with Squirrel", "Ash-1 with Squirrel", ""),
        ("lab/think", "lab/think", ""),
    ],
)
def test_modes_in_words_are_no_part_of_a_name(name, model, variant):
    assert split_names([name])[name] == Named(model, variant)


def test_two_spellings_are_one_model():
    text = "model,release,open,acc\nAsh-1,2024-01-10,true,0.4\nash 1,2024-01-10,true,{}\n"
    assert scores(read(text.format("0.4"))) == {("acc", "Ash-1"): 0.4}
    assert scores(read(text.format("0.5"), keep="best")) == {("acc", "Ash-1"): 0.5}


@pytest.mark.parametrize(
    "names",
    [("Phi-3-medium", "Phi-3-mini"), ("Vicuna-13B-16k", "Vicuna-13B"), ("Oak 2 (Nov '24)", "Oak 2"),
     ("Elm-codex-max", "Elm-codex"), ("a/Fir-7B", "b/Fir-7B"), ("Ivy-3.1", "Ivy-31"), ("Yew-8B-base", "Yew-8B"),
     ("Ivy R1 05/28", "Yew V3 05/28"), ("Ivy 01/20", "Ivy 05/28")],
)  # fmt: skip
def test_names_that_only_look_alike_are_two_models(names):
    text = "model,date,open,acc\n" + "".join(f'"{n}",2024-01-10,true,0.4\n' for n in names)
    assert len(read(text).models) == 2


def test_variants_with_dates_of_their_own_are_models_of_their_own():
    text = "model,release,open,acc\nAsh-1,2024-01-10,true,0.4\nAsh-1 (high),2025-01-10,true,0.5\n"
    assert set(read(text).models.index) == {"Ash-1", "Ash-1 (high)"}


def test_rows_that_are_there_twice():
    row = "Ash-1,2024-01-10,true,0.4\n"
    head = "model,release,open,acc\n"
    found = read(head + row + row)
    assert scores(found) == {("acc", "Ash-1"): 0.4}
    assert any("there twice" in note for note in found.notes)
    other = head + row + row.replace("0.4", "0.6")
    with pytest.raises(DataError, match="0.4 on line 2 and 0.6 on line 3; --keep best"):
        read(other)
    assert [scores(read(other, keep=k))["acc", "Ash-1"] for k in ("best", "first", "last")] == [0.6, 0.4, 0.6]


def test_columns_that_are_no_benchmarks():
    text = (
        "model,release,open,acc,acc_ci_low,acc_ci_high,rank,params (B),price,context window,votes,std\n"
        "A,2024-01-10,true,0.50,0.40,0.60,1,7,0.1,8000,12,0.2\nB,2024-02-10,false,0.60,0.50,0.70,2,70,0.2,9000,13,0.2\n"
    )
    found = read(text)
    assert set(found.rows["benchmark"]) == {"acc"}
    assert found.rows["score_se"].tolist() == pytest.approx([0.1 / 1.96] * 2)
    left = {name for kind, name, _ in found.left_out if kind == "column"}
    assert left == {"rank", "params (B)", "price", "context window", "votes", "std"}


@pytest.mark.parametrize(
    ("column", "cell", "se"),
    [
        ("stderr", "0.05", 0.05),
        ("acc_stderr", "0.05", 0.05),
        ("Standard Error", "0.05", 0.05),
        ("95_pct_ci", "+0.1/-0.1", 0.1 / 1.96),
        ("95% CI", "±0.1", 0.1 / 1.96),
        ("CI", '"[0.4, 0.6]"', 0.1 / 1.96),
    ],
)
def test_errors_and_intervals_become_standard_errors(column, cell, se):
    found = read(f"model,release,open,acc,{column}\nA,2024-01-10,true,0.5,{cell}\n")
    assert found.rows["score_se"].tolist() == pytest.approx([se])


def test_an_average_is_a_composite_and_no_further_benchmark():
    found = read("model,release,open,a,b,Average\nA,2024-01-10,true,0.5,0.7,0.6\nB,2024-01-10,false,0.6,0.8,0.7\n")
    about = found.benchmarks.set_index("benchmark")["composite_of"]
    assert about["Average"] == "a; b"
    assert about[["a", "b"]].isna().all()


def test_a_zero_below_chance_is_not_measured_and_said():
    rows = "A,2024-01-10,true,{}\nB,2024-02-10,false,0.6\nC,2024-03-10,true,0.7\n"
    text = "model,release,open,MMLU (5-shot)\n" + rows.format("0.0")
    found = read(text)
    assert set(found.rows["model"]) == {"B", "C"}
    assert any("a guess scores 0.25; lines 2" in note for note in found.notes)
    assert len(read(text, zeros="measured").rows) == 3
    other = read(text.replace("MMLU (5-shot)", "Zed"))
    assert len(other.rows) == 3
    assert any("scores of 0 are taken as measured, lines 2 (--zeros missing)" in note for note in other.notes)
    assert len(read(text.replace("MMLU (5-shot)", "Zed"), zeros="missing").rows) == 2


def test_what_is_proposed_for_benchmarks():
    text = (
        "model,release,open,MMLU,Word error rate,Elo\nA,2024-01-10,true,40,8.5,1200\nB,2024-02-10,false,60,7.0,1300\n"
    )
    about = read(text).benchmarks.set_index("benchmark")
    assert about.loc["MMLU", ["direction", "lower_bound", "ceiling"]].tolist() == ["higher", 25.0, 100.0]
    assert about.loc["Word error rate", ["direction", "lower_bound", "ceiling"]].tolist() == ["lower", 100.0, 0.0]
    assert about.loc["Elo", ["lower_bound", "ceiling"]].isna().all()
    assert read(text, lower=("Elo",)).benchmarks.set_index("benchmark").loc["Elo", "direction"] == "lower"


# What cannot be read, and what is lost


def test_all_faults_at_once_by_kind_and_none_hides_another():
    rows = [f"M{k},2024-01-{k + 1:02},true,fifty" for k in range(25)]
    rows += [f"N{k},2024-02-{k + 1:02},true,0.5" for k in range(28)]
    rows += ["A,soon,true,0.5", "B,2024-02-30,true,0.5", "C,2024-02-03,perhaps,0.5", "D,2024-02-03,true,0.5"]
    with pytest.raises(DataError) as caught:
        read("model,release,open,acc\n" + "\n".join([*rows, "D,2024-02-03,true,0.6"]) + "\n")
    said = str(caught.value)
    for words in (
        "scores that cannot be read (25)", "line 2, column acc: 'fifty'", "and 15 more, on lines 12",
        "line 55, column release: 'soon'", "line 56, column release: '2024-02-30' is not in the calendar",
        "line 57, column open: 'perhaps'", "0.5 on line 58 and 0.6 on line 59",
    ):  # fmt: skip
        assert words in said


def test_one_odd_key_or_row_costs_no_file():
    records = [
        {"model": "A", "release": "2024-01-10", "open": True, "acc": 0.4, "acc_is_estimated": True},
        {"model": "", "release": "2024-01-10", "open": True, "acc": 0.9},
        {"model": "B", "release": "2024-02-10", "open": False, "acc": 0.5},
    ]
    found = read(json.dumps(records), "t.json")
    assert set(found.rows["model"]) == {"A", "B"}
    assert ("row", "line 2", "the cell of column 'model' is empty") in found.left_out
    assert ("column", "acc_is_estimated", "holds no number") in found.left_out


OWN = """model,release,open,acc
Elm-1,2025-05-01,true,0.5
Fir-5,2025-12-01,false,0.6
Zed-1,2025-06-01,,0.9
"""


def test_a_left_out_model_that_would_lead_is_first_and_exits_2(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text(OWN)
    assert run("data", "convert", "own.csv", monkeypatch=monkeypatch) == 2
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("left out, though above the frontier: Zed-1 on acc, 0.9 against")
    assert "left out: 1 of 3 models (33%), 1 of 3 scores" in said
    assert not any(line.startswith("next: gapmodel run") for line in said)
    assert run("data", "convert", "own.csv", "--allow-left-out", monkeypatch=monkeypatch) == 0
    assert "next: gapmodel run" in capsys.readouterr().out


def test_a_left_out_model_leads_where_its_group_is_absent(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text(OWN.replace("2025-05-01,true", "2025-05-01,"))
    assert run("data", "convert", "own.csv", monkeypatch=monkeypatch) == 2
    assert "no record of the open frontier" in capsys.readouterr().out


def test_a_review_file_is_written_filled_in_and_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text(OWN)
    words = ("data", "convert", "own.csv", "--review", "review.csv")
    assert run(*words, monkeypatch=monkeypatch) == 2
    review = pd.read_csv("review.csv", dtype=str, keep_default_na=False)
    assert review["model"].tolist() == ["Zed-1"]
    assert "0.9 against" in review.loc[0, "leads"]
    review.loc[0, "weights"] = "Closed"
    review.to_csv("review.csv", index=False)
    assert run(*words, monkeypatch=monkeypatch) == 0
    table = pd.read_csv("snapshots/own/scores.csv").set_index("model")
    assert table.loc["Zed-1", "weights"] == "closed"
    (tmp_path / "own.csv").write_text(OWN.replace("acc", "other").replace("Zed-1", "Zed 1"))
    assert run(*words, monkeypatch=monkeypatch) == 0, "what was filled in holds for the next table"
    assert pd.read_csv("review.csv", dtype=str)["model"].tolist() == ["Zed-1"]
    review.loc[0, "weights"] = "perhaps"
    review.to_csv("review.csv", index=False)
    assert run(*words, monkeypatch=monkeypatch) == 1
    assert "review.csv, line 2, column weights: 'perhaps'" in capsys.readouterr().err


# Forms of a file


def test_scale_changes_no_lag():
    panels = [
        compute_lags(snapshot(read(LEADERBOARD.replace("%", sign) if factor else LEADERBOARD)).validated()).panel
        for factor, sign in ((0, ""), (1, ""), (1, " %"))
    ]
    table = pd.read_csv(io.StringIO(LEADERBOARD))
    for column in ("Arithmetic", "Spelling"):
        table[column] = [float(v.rstrip("%")) / 100 for v in table[column]]
    panels.append(compute_lags(snapshot(read(table.to_csv(index=False))).validated()).panel)
    for panel in panels[1:]:
        np.testing.assert_allclose(panel["lag"], panels[0]["lag"])


def test_a_transposed_table_and_a_long_one():
    wide = pd.read_csv(io.StringIO(LEADERBOARD))
    expected = scores(read(LEADERBOARD))
    turned = wide.set_index("Model").T.rename_axis("Benchmark").to_csv()
    assert scores(read(turned)) == expected
    long = wide.melt(["Model", "Release date", "License"], var_name="Benchmark", value_name="Score")
    assert scores(read(long.to_csv(index=False))) == expected


def test_mappings_of_mappings():
    inner = {"Ash-1": {"release": "2024-01-10", "open": True, "acc": 0.5}, "Fir": {"open": False, "acc": 0.6}}
    assert scores(read(json.dumps(inner), "t.json")) == {("acc", "Ash-1"): 0.5, ("acc", "Fir"): 0.6}
    boards = {"acc": {"GPT-4": 0.5, "Claude 3 Opus": 0.6}}
    assert scores(read(json.dumps(boards), "t.json")) == {("acc", "GPT-4"): 0.5, ("acc", "Claude 3 Opus"): 0.6}
    boards = {"leaderboards": [{"name": "Verified", "results": [{"name": "Ash-1", "resolved": 30.0, "os_model": True}]},
                               {"name": "Lite", "results": [{"name": "Ash-1", "resolved": 20.0}]}]}  # fmt: skip
    assert scores(read(json.dumps(boards), "t.json")) == {("Verified", "Ash-1"): 30.0, ("Lite", "Ash-1"): 20.0}


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"\xd0\xcf\x11\xe0rest", "t.xls", "old Excel file"),
        (b"PK\x03\x04rest", "t.xlsx", "damaged"),
        (b"%PDF-1.7", "t.pdf", "no table"),
        (bytes(range(1, 256)) * 4, "t.csv", "no kind of file that is known"),
        (b"this is no spreadsheet", "t.xlsx", "plain text, which the name denies"),
        (b"<html><table>", "t.html", "page of HTML"),
        (b"PAR1rest", "t.parquet", "damaged parquet"),
        (b"\x1f\x8brest", "t.gz", "damaged gzip"),
        (b"a: [1, 2\nb: {", "t.yml", "no valid YAML"),
        (b"", "t.csv", "empty"),
        (b"model,acc\n", "t.csv", "no rows"),
        (b"model,acc\nA,1,2\n", "t.csv", "line 2: more cells"),
        (b"model,acc,acc\nA,1,2\n", "t.csv", "'acc' is there twice"),
    ],
)
def test_files_that_are_no_table_say_what_to_do(content, name, words):
    with pytest.raises(DataError, match=words):
        read(content, name)


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        ('[{"model": "A", "acc": NaN}]', "t.json", "NaN is no number of JSON; write null"),
        ('[{"model": "A", "acc": 1, "acc": 2}]', "t.json", "the key 'acc' is there twice in one record"),
        ('[["model", "acc"], ["A", 1], ["B", 2, 3]]', "t.json", "row 2: more cells than the header"),
        ("model,elo\nA,1250\nB,1100\nC,1.205\nD,1210\n", "t.csv", "line 4.*1.205 among 1100 to 1250: 1205"),
        ("model,release,acc\nB,2024-05-02,1\nA,0024-05-01,1\n", "t.csv", "line 3.*'0024-05-01' is too early"),
        ("model,weights,acc\nA,Open-ish,1\nB,open,2\n", "t.csv", "line 2.*Open-ish"),
        ("model,weights,acc\nA,Open API,1\nB,open,2\n", "t.csv", "line 2.*Open API"),
    ],
)
def test_what_has_no_one_reading_is_a_fault(content, name, words):
    with pytest.raises(DataError, match=words):
        read(content, name)


def test_formulas_that_nobody_computed_are_a_fault():
    openpyxl = pytest.importorskip("openpyxl")
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in (["Model", "acc"], ["A", 0.5], ["B", "=B2+0.1"]):
        book.active.append(row)
    book.save(content)
    with pytest.raises(DataError, match="cell B3: formulas without their values"):
        read(content.getvalue(), "t.xlsx")


def test_counts_of_grades_are_no_benchmarks():
    rows = [f"m{k},{k / 20:.3f},{k},{20 - k - k % 3},{k % 3}" for k in range(12)]
    found = read("\n".join(["model,rate,score_2,score_1,score_0", *rows]))
    assert set(found.rows["benchmark"]) == {"rate"}
    # Scores whose sums differ stay.
    rows = [f"m{k},{k},{3 * k % 17}" for k in range(12)]
    found = read("\n".join(["model,task_1,task_2", *rows]), zeros="measured")
    assert set(found.rows["benchmark"]) == {"task_1", "task_2"}


def test_a_benchmark_that_runs_against_the_others_is_named():
    rows = [f"m{k},{40 + k},{30 + 2 * k},{90 - k}" for k in range(10)]
    text = "\n".join(["model,easy,hard,spill", *rows])
    (note,) = [n for n in read(text).notes if "against the others" in n]
    assert note.startswith("'spill' runs against the others (median rank correlation -1.00)")
    assert "--lower 'spill'" in note
    assert not any("against the others" in n for n in read(text, lower=("spill",)).notes)


def test_signs_and_sizes_behind_names():
    names = ["Ash-1*", "Ash-1", "Ash 4.0 1.2B† (1.2B)", "Jamba (12B/52B)", "Fir (70B)", "Fir (8B)", "Elm (12B/52B)",
             "Elm (94B/398B)", "Q*"]  # fmt: skip
    found = split_names(names)
    assert [found[n].model for n in names] == ["Ash-1", "Ash-1", "Ash 4.0 1.2B", "Jamba", *names[4:]]
    assert [found[n].variant for n in names[:4]] == ["*", "", "†, 1.2B", "12B/52B"]


def test_a_package_that_is_missing_is_named(monkeypatch):
    sheet = next(content for content, name in forms(USUAL) if name == "t.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(DataError, match=r'save it as CSV, or run pip install "gapmodel\[tables\]"'):
        read(sheet, "t.xlsx")


def test_a_wide_table_given_as_scores_names_the_way(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "board.csv").write_text(LEADERBOARD)
    for words in (("data", "validate", "board.csv"), ("data", "show", "--scores", "board.csv")):
        assert run(*words, monkeypatch=monkeypatch) == 1
        said = capsys.readouterr().err
        assert "this is a wide table: gapmodel data convert board.csv" in said
        assert "faults" not in said


def test_validate_names_a_mixed_scale_with_its_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = zip("ABCD", ("2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"), (0.4, 0.3, 82, 0.7))
    text = "benchmark,model,release_date,weights,score\n" + "".join(f"a,{m},{d},open,{v}\n" for m, d, v in rows)
    (tmp_path / "scores.csv").write_text(text)
    assert run("data", "validate", "scores.csv", monkeypatch=monkeypatch) == 2
    assert "line 4: C on a has 82 where the rest lies between 0.3 and 0.7: is it 0.82?" in capsys.readouterr().out
    (tmp_path / "about.csv").write_text("benchmark,lower_bound\na,0\n")
    assert run("data", "validate", "scores.csv", "about.csv", monkeypatch=monkeypatch) == 0


def test_a_folder_and_an_archive_of_hub_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "hub"
    folder.mkdir()
    head = "Model version,mean_score,stderr,Release date,Organization\n"
    days = [f"{2023 + k // 4}-{1 + 3 * (k % 4):02}-10" for k in range(12)]
    rows = "".join(f"{m}-{k}_high,0.{40 + k},0.01,{day},Lab\n" for k, day in enumerate(days) for m in ("ash", "oak"))
    (folder / "gpqa_diamond.csv").write_text(head + rows)
    index = "Model version,Model name,Release date,Organization,Model accessibility\n" + "".join(
        f"{m}-{k}_high,{m.title()} {k},{day},Lab,{access}\n"
        for k, day in enumerate(days)
        for m, access in (("ash", "API access"), ("oak", "Open weights (unrestricted)"))
    )
    (folder / "epoch_capabilities_index.csv").write_text(index)
    with zipfile.ZipFile(tmp_path / "hub.zip", "w") as packed:
        for path in folder.iterdir():
            packed.write(path, f"data/{path.name}")
    for place in ("hub", "hub.zip"):
        words = ("data", "convert", place, "--out", f"out_{place}", "--taken", "2026-06-01")
        assert run(*words, monkeypatch=monkeypatch) == 0
        assert "24 scores of 24 models on 1 benchmark, 12 open and 12 closed" in capsys.readouterr().out
    same = [(tmp_path / f"out_{place}" / "scores.csv").read_text() for place in ("hub", "hub.zip")]
    assert same[0] == same[1]
    (folder / "epoch_capabilities_index.csv").unlink()
    (folder / "review.csv").write_text("")
    with pytest.raises(DataError, match="no model of the source can be used"):
        hub_snapshot(read_folder(folder), today=TODAY)


def test_too_little_for_lags_is_said_after_a_conversion(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.csv").write_text(
        "model,release,open,acc\nAsh-1,2024-01-10,true,0.4\nElm-2,2024-01-12,true,0.5\n"
    )
    assert run("data", "convert", "small.csv", monkeypatch=monkeypatch) == 0
    said = capsys.readouterr().out
    assert "no lags: " in said
    assert "monthly lags" not in said


def test_a_page_without_a_table_says_so():
    page = '# Ash\n\nA board, of "models", with\nnews, and more, of it\n\n```json\n{"a": "b", "c": 1}\n```\n'
    with pytest.raises(DataError, match="board.md: a page of Markdown without a table in it"):
        read(page, "board.md")
