"""Dates and flags that a file states are read under their usual names, and no other table's stand in their place."""

import sys

import pandas as pd
import pytest

from gapmodel.cli.app import main
from gapmodel.errors import DataError
from gapmodel.sources.convert.formats import convert

OWN = """model,release,open,acc
DeepSeek V3,2025-05-01,true,0.5
GPT-5,2025-12-01,false,0.6
Zed-1,2025-06-01,false,0.9
"""


def test_dates_and_flags_of_the_file_are_not_replaced(tmp_path, monkeypatch, capsys):
    path = tmp_path / "own.csv"
    path.write_text(OWN)
    monkeypatch.setattr(
        sys, "argv", ["gapmodel", "data", "convert", str(path), "--from", "wide-csv", "--out", str(tmp_path / "out")]
    )
    with pytest.raises(SystemExit) as done:
        main()
    said = capsys.readouterr().out
    assert done.value.code == 0
    assert "column 'release' taken as release date" in said
    assert "column 'open' taken as open or closed" in said
    assert "release dates from own.csv: 3 models" in said
    assert "open or closed from own.csv: 3 models" in said
    table = pd.read_csv(tmp_path / "out" / "scores.csv").set_index("model")
    assert table["release_date"].to_dict() == {
        "DeepSeek V3": "2025-05-01",
        "GPT-5": "2025-12-01",
        "Zed-1": "2025-06-01",
    }
    assert table["weights"].to_dict() == {"DeepSeek V3": "open", "GPT-5": "closed", "Zed-1": "closed"}
    assert set(table["date_source"]) == {"own.csv"}


def test_a_left_out_model_above_the_frontier_is_named(tmp_path, monkeypatch, capsys):
    path = tmp_path / "own.csv"
    path.write_text(OWN.replace("Zed-1,2025-06-01,false", "Zed-1,2025-06-01,"))
    monkeypatch.setattr(
        sys, "argv", ["gapmodel", "data", "convert", str(path), "--from", "wide-csv", "--out", str(tmp_path / "out")]
    )
    with pytest.raises(SystemExit):
        main()
    said = " ".join(capsys.readouterr().out.split())
    assert "left out, though above the frontier: Zed-1 on acc, 0.9 against" in said
    left = pd.read_csv(tmp_path / "out" / "left_out_scores.csv")
    assert left[["model", "score", "release_date"]].to_numpy().tolist() == [["Zed-1", 0.9, "2025-06-01"]]
    monkeypatch.setattr(sys, "argv", ["gapmodel", "data", "audit", str(tmp_path / "out"), "--json"])
    with pytest.raises(SystemExit):
        main()


@pytest.mark.parametrize(
    ("column", "cells", "flags"),
    [
        ("open_weights", ("True", "False", "true"), ("open", "closed", "open")),
        ("is_open", ("1", "0", "1"), ("open", "closed", "open")),
        ("os_model", ("yes", "no", "yes"), ("open", "closed", "open")),
        ("Open/Closed", ("Open", "Closed", "open"), ("open", "closed", "open")),
        ("License", ("MIT", "Proprietary", "Apache 2.0"), ("open", "closed", "open")),
        ("Model accessibility", ("Open weights (x)", "API access", "Unreleased"), ("open", "closed", "unreleased")),
        ("weights", ("open", "closed", ""), ("open", "closed", None)),
    ],
)  # fmt: skip
def test_flags_under_usual_names(column, cells, flags):
    text = f"model,date,{column},acc\n" + "".join(f"M{k},2025-01-0{k + 1},{c},0.{k + 1}\n" for k, c in enumerate(cells))
    found = convert("wide-csv", text.encode(), "f.csv")
    assert tuple(found.models["weights"]) == flags
    assert set(found.rows["benchmark"]) == {"acc"}


@pytest.mark.parametrize(
    "column", ["release_date", "Release date", "release", "releaseDate", "date", "Publication date"]
)
def test_dates_under_usual_names(column):
    text = f"model,{column},weights,acc\nA,2024-01-10T00:00:00Z,open,0.1\nB,2024-02-10,closed,0.2\n"
    found = convert("wide-csv", text.encode(), "f.csv")
    assert found.models["release_date"].tolist() == ["2024-01-10", "2024-02-10"]


def test_a_benchmark_with_the_name_of_a_flag_stays_one():
    found = convert("wide-csv", b"model,release_date,weights,Open,Date\nA,2024-01-10,open,0.31,0.5\n", "f.csv")
    assert set(found.rows["benchmark"]) == {"Open", "Date"}


def test_flags_that_contradict_each_other_or_say_nothing():
    text = "model,date,weights,License,acc\nA,2024-01-10,closed,MIT,0.1\n"
    with pytest.raises(DataError, match="line 2: column 'weights' says closed and column 'License' says open"):
        convert("wide-csv", text.encode(), "f.csv")
    with pytest.raises(DataError, match="line 3, column weights: 'perhaps' says neither open nor closed"):
        convert("wide-csv", b"model,date,weights,acc\nA,2024-01-10,open,0.1\nB,2024-01-10,perhaps,0.1\n", "f.csv")
