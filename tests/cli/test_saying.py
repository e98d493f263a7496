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


def test_a_cutoff_after_the_data_is_said_to_change_nothing(simulated_files, monkeypatch, capsys):
    gapmodel = caller(simulated_files, monkeypatch, capsys)
    words = ("lags", "--scores", "scores.csv", "--benchmarks", "benchmarks.csv", "--out")
    assert "leaves nothing out" not in "".join(gapmodel(*words, "plain")[1:])
    assert "leaves nothing out" not in "".join(gapmodel(*words, "past", "--cutoff", "2024-12-31")[1:])
    said = " ".join("".join(gapmodel(*words, "late", "--cutoff", "2030-01-01")[1:]).split())
    assert "the cutoff 2030-01-01 leaves nothing out and changes nothing: the last release is of 20" in said
