"""Nothing that a command prints steers the terminal: one function and one console print, and both escape it."""

import ast
import io
from pathlib import Path

import pytest
from rich.table import Table

from gapmodel.cli import console, saying
from tests.support.commandline import caller

ODD = "a\x1b[2J\x9bb"


def test_lines_and_tables_are_printed_without_control_characters(capsys, monkeypatch):
    saying.say(ODD)
    saying.say(ODD, error=True)
    view = Table(title=ODD)
    view.add_column(ODD)
    view.add_row(ODD)
    monkeypatch.setattr("sys.stdout", stream := io.StringIO())
    console.output().print(ODD)
    console.output().print(view)
    said = "".join([*capsys.readouterr(), stream.getvalue()])
    assert said.replace("\n", "").isprintable()
    assert said.count("a\\x1b[2J\\x9bb") == 6


def test_no_command_prints_by_itself():
    own = []
    for path in Path(saying.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func if isinstance(node, ast.Call) else None
            # JSON escapes what it holds.
            if isinstance(called, ast.Name) and called.id == "print" and "json.dumps" not in ast.unparse(node):
                own.append(path.name)
    assert own == ["saying.py"]


@pytest.mark.parametrize("words", [("lags", "--scores", "scores.csv", "--out", ODD)])
def test_a_folder_with_an_odd_name_is_printed_escaped(words, simulated_files, monkeypatch, capsys):
    code, out, error = caller(simulated_files, monkeypatch, capsys)(*words)
    assert code == 0
    assert (out + error).replace("\n", "").isprintable()
    assert (simulated_files / ODD).is_dir()


def test_a_cutoff_after_the_data_is_said_to_leave_nothing_out(simulated_files, monkeypatch, capsys):
    gapmodel = caller(simulated_files, monkeypatch, capsys)
    words = ("lags", "--scores", "scores.csv", "--benchmarks", "benchmarks.csv", "--out")
    assert "leaves nothing out" not in "".join(gapmodel(*words, "plain")[1:])
    assert "leaves nothing out" not in "".join(gapmodel(*words, "past", "--cutoff", "2024-12-31")[1:])
    said = " ".join("".join(gapmodel(*words, "late", "--cutoff", "2030-01-01")[1:]).split())
    assert "the cutoff 2030-01-01 leaves nothing out: the last release is of 20" in said


@pytest.mark.parametrize("option", ["--dates announced", "--open-date api"])
def test_a_choice_of_days_that_the_table_does_not_have_is_said_to_change_nothing(
    option, simulated_files, monkeypatch, capsys
):
    gapmodel = caller(simulated_files, monkeypatch, capsys)
    said = " ".join("".join(gapmodel("lags", "--scores", "scores.csv", *option.split())[1:]).split())
    assert f"{option} changes nothing: the scores have no" in said
    assert "changes nothing" not in "".join(gapmodel("lags", *option.split())[1:])


def test_a_snapshot_beside_a_table_is_refused(simulated_files, monkeypatch, capsys):
    gapmodel = caller(simulated_files, monkeypatch, capsys)
    code, _, error = gapmodel("lags", "--scores", "scores.csv", "--snapshot", "epoch_2026-05")
    assert (code, "--snapshot is in place of --scores" in error) == (1, True)


@pytest.mark.parametrize("name", ["lags.csv", "lags.nc", "skipped.csv", "baseline_monthly.csv"])
def test_files_of_others_are_not_replaced_by_lags(name, simulated_files, monkeypatch, capsys):
    gapmodel = caller(simulated_files, monkeypatch, capsys)
    (simulated_files / "mine").mkdir()
    (simulated_files / "mine" / name).write_text("month,lag\n1,2\n")
    code, _, error = gapmodel("lags", "--scores", "scores.csv", "--out", "mine")
    assert (code, "would be lost: give another --out" in " ".join(error.split())) == (1, True)
    assert [(p.name, p.read_text()) for p in (simulated_files / "mine").iterdir()] == [(name, "month,lag\n1,2\n")]
    for _ in range(2):  # its own are
        assert gapmodel("lags", "--scores", "scores.csv", "--out", "ours")[0] == 0
