"""What no command foresaw: one line, an exit code of its own, and a file without secrets."""

import errno
import sys
import warnings
from pathlib import Path

import pytest

from gapmodel.cli.fitting import command_line
from gapmodel.errors import ConfigError
from gapmodel.modeling.registry import load_variant
from gapmodel.report.server import make_server
from gapmodel.sources.web.http import Client
from tests.support.commandline import caller


@pytest.fixture
def called(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return caller(tmp_path, monkeypatch, capsys)


def failing(monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("gapmodel.sources.bundled.load", fail)


def test_any_exception_is_one_line_and_a_file_without_secrets(called, tmp_path, monkeypatch):
    monkeypatch.setenv("AA_API_KEY", "s3cret-value")
    failing(monkeypatch, ZeroDivisionError("with s3cret-value\x1b[31m inside"))
    code, out, error = called("data", "show")
    assert code == 70
    assert out == ""
    assert error.count("\n") == 1
    assert "ZeroDivisionError" in error
    assert "s3cret" not in error
    assert "\x1b" not in error
    (crash,) = Path(tmp_path).glob("gapmodel-crash-*.txt")
    assert "Traceback" in crash.read_text()
    assert "s3cret" not in crash.read_text()


def test_an_exit_of_foreign_code_is_no_success(called, monkeypatch):
    failing(monkeypatch, SystemExit(0))
    code, _, error = called("data", "show")
    assert code == 1
    assert "ended the program" in error


def test_an_exception_of_no_kind_is_caught_too(called, monkeypatch):
    failing(monkeypatch, BaseException("x"))
    code, _, error = called("data", "show")
    assert (code, error.count("\n")) == (70, 1)


@pytest.mark.parametrize(
    "words",
    [("run", "--scores", "a\x1b[2J.csv"), ("lags", "--scores", "a\nb.csv"), ("fit", "o\u200bwn.py"),
     ("run", "--accept", "few_months:a\x1b[31mb"), ("run", "--accept", "few_months:a\u200bb")],
)  # fmt: skip
def test_what_no_manifest_may_hold_is_refused_before_anything_is_sampled(called, tmp_path, words):
    if "." in words[-1]:
        (tmp_path / words[-1]).write_text("x")
    code, _, error = called(*words)
    assert code == 1
    assert "sign that nobody sees" in error
    assert error.count("\n") == 1
    assert error.strip().isprintable()


def test_the_command_in_a_manifest_is_one_printable_line(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gapmodel", "run", "--out", "a\nb\x1b[2J"])
    assert command_line() == r"gapmodel run --out a\nb\x1b[2J"


def test_errors_of_the_system_say_what_helps(called, monkeypatch):
    failing(monkeypatch, OSError(errno.ENAMETOOLONG, "File name too long", "x" * 300))
    assert "give another name" in called("data", "show")[2]


def test_a_misspelt_key_of_the_sampler_is_refused(tmp_path):
    path = tmp_path / "own.py"
    path.write_text('"""Own."""\nSAMPLER = {"target_acept": 0.99}\ndef build(data): ...\n')
    with pytest.raises(ConfigError, match="did you mean 'target_accept'"):
        load_variant(path)


def test_an_empty_host_is_not_every_address(tmp_path):
    with pytest.raises(ConfigError, match="every address"):
        make_server(tmp_path, host="")


@pytest.mark.parametrize(
    "said", ['"ab/C9"', '"ab\\/C9"', '"\\u0061b/C\\u0039"', "ab%2FC9", "ab%2fC9", "&#97;b&#x2F;C9"]
)
def test_a_key_is_removed_in_every_spelling(said):
    client = Client(secret_header=("x-api-key", "ab/C9"))
    assert b"[key]" in client._clean(f'{{"a": {said}}}'.encode())
    assert client._clean(b"AB/C9 ab/C8") == b"AB/C9 ab/C8"


def test_warnings_of_libraries_are_one_line_without_their_sources(called, monkeypatch):
    def warn(*_, **__):
        warnings.warn("odd \x1b[2J\nthing", RuntimeWarning, stacklevel=1)
        raise ConfigError("done")

    monkeypatch.setattr("gapmodel.sources.bundled.load", warn)
    _, _, error = called("data", "show")
    assert error == "gapmodel: warning of a library (RuntimeWarning): odd \\x1b[2J thing\ngapmodel: done\n"
