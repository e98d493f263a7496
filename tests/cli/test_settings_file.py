"""``gapmodel.toml``: what is typed goes before it, it before defaults, and what it cannot mean is refused."""

import json
import os
import subprocess
import sys

import pytest
import typer.main

from gapmodel.cli.app import app
from gapmodel.cli.fitting import command_line
from tests.support.commandline import caller


@pytest.fixture
def called(monkeypatch, capsys, tmp_path):
    return caller(tmp_path, monkeypatch, capsys)


def settings(tmp_path, text):
    (tmp_path / "gapmodel.toml").write_text(text, encoding="utf-8")


def test_the_file_goes_before_defaults_and_the_command_line_before_it(called, tmp_path):
    settings(tmp_path, 'link = "https://a.example/"\n[report]\nfigure = "zero"\nembed = true\n')
    code, _, error = called("report")
    assert code == 0
    assert error == "from gapmodel.toml: --figure zero --embed --link https://a.example/\n"
    page = (tmp_path / "zero.html").read_text(encoding="utf-8")
    assert '<a href="https://a.example/"' in page
    code, _, error = called("report", "--figure", "trend")
    assert error == "from gapmodel.toml: --embed --link https://a.example/\n"
    assert (tmp_path / "trend.html").is_file()


def test_a_run_records_what_it_took_with_its_command(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gapmodel", "report", "--figure", "trend"])
    command = typer.main.get_command(app).commands["report"]
    took = {"figure": "zero", "embed": True, "link": "https://a.example/"}
    with command.make_context("report", ["--figure", "trend"], default_map=took):
        assert command_line() == "gapmodel report --figure trend (gapmodel.toml: --embed --link a.example)"
    # Nothing is left of it for the next command.
    assert command_line() == "gapmodel report --figure trend"


def test_a_table_goes_before_the_keys_of_all_commands(called, tmp_path):
    settings(tmp_path, "json = true\n[variants]\njson = false\n")
    code, out, error = called("variants")
    assert (code, error) == (0, "")
    assert "(default)" in out.splitlines()[0]
    settings(tmp_path, "json = true\n")
    code, out, error = called("variants", "pooled")
    assert error == "from gapmodel.toml: --json\n"
    assert json.loads(out)["file"] == "pooled.py"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("snapshott = 1", "no command has an option 'snapshott': did you mean 'snapshot'?"),
        ("[rum]\nseed = 1", "there is no command 'rum': did you mean 'run'?"),
        ("[run]\nsead = 1", "[run]: the command has no option 'sead': did you mean 'seed'?"),
        ("[data.convertt]\n", "there is no command 'data.convertt': did you mean 'data.convert'?"),
        ("[run]\nquiet = 3", "'quiet' is 3: give true or false"),
        ("[run]\nout = [1, 2]", "'out' is [1, 2]: give a text or a number"),
        ("[run]\nout = 5", "'out' is the number 5: give a name, in quotes"),
        ("[run", "is no valid TOML"),
    ],
)
def test_what_the_file_cannot_mean_is_refused(called, tmp_path, text, words):
    settings(tmp_path, text)
    code, out, error = called("variants")
    assert (code, out) == (1, "")
    assert words in error


def test_a_wrong_value_names_the_file(called, tmp_path):
    settings(tmp_path, '[run]\ndraws = "many"\n')
    code, _, error = called("run")
    assert code == 1
    assert "'--draws'" in error
    assert "(gapmodel.toml has --draws)" in error
    assert called("variants")[0] == 0


@pytest.mark.parametrize("words", [("ask",), ("variants",), ("report",), ("run", "--snapshot"), ("lags", "--scores")])
def test_a_name_of_100_000_signs_is_told_by_its_beginning(called, words):
    code, _, error = called(*words, "x" * 100_000)
    assert code == 1
    assert "xxx" in error
    assert len(error) < 1500


@pytest.mark.parametrize("words", ["gapmodel repor", "gapmodel models"])
def test_a_shell_completes_commands(words, tmp_path):
    asked = os.environ | {"_GAPMODEL_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "1"}
    program = "import sys; from gapmodel.cli.app import main; sys.argv = ['gapmodel']; main()"
    done = subprocess.run([sys.executable, "-c", program], env=asked, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.split() == (["report"] if words.endswith("repor") else [])
    assert done.stderr == ""
