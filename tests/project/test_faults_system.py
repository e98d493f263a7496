"""Faults of the system: no room, no permission, an interruption, no reader, another time zone or locale."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from gapmodel.errors import ConfigError
from gapmodel.files.atomic import file_hashes, run_target
from tests.support.commandline import caller
from tests.support.faultsteps import fake_run, reference_run
from tests.support.runs import make_run


@pytest.fixture
def called(tmp_path, monkeypatch, capsys):
    """Call a command in this process: exit code, and what went to standard error."""
    call = caller(tmp_path, monkeypatch, capsys)
    return lambda *words: call(*words)[::2]


# --- no room, no permission -------------------------------------------------------------------------------------------


@contextmanager
def largest_file(size: int):
    """Files end at `size` bytes, as on a disk that is full then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [100, 20_000], ids=["no table fits", "the netCDF file does not fit"])
def test_lags_that_do_not_fit_leave_the_earlier_ones(simulated_files, called, size):
    words = ("lags", "--scores", "scores.csv", "--out", "lags")
    assert called(*words)[0] == 0
    before = file_hashes(simulated_files / "lags")
    assert size < max(p.stat().st_size for p in (simulated_files / "lags").iterdir())
    with largest_file(size):
        code, error = called(*words, "--grace", "0")
    assert code == 1
    assert "File too large" in error
    assert "make room" in error
    assert file_hashes(simulated_files / "lags") == before


def _refuse(*_, **__):
    raise OSError(errno.EROFS, "Read-only file system")


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--scores", "scores.csv", "--out", "new"],
        ["fit", "pooled", "--scores", "scores.csv", "--out", "new"],
        ["lags", "--scores", "scores.csv", "--out", "new"],
        ["compare", "pooled", "levelling", "--scores", "scores.csv", "--blocks", "2", "--out", "new"],
        ["backtest", "pooled", "--scores", "scores.csv", "--out", "new"],
        ["sensitivity", "pooled", "--scores", "scores.csv", "--out", "new"],
        ["calibrate", "pooled", "--scores", "scores.csv", "--out", "new"],
        ["report", "run"],
        ["cite", "run"],
    ],
    ids=lambda words: words[0],
)
def test_a_read_only_folder_is_one_clear_error_before_anything_is_sampled(words, simulated_files, called, monkeypatch):
    reference_run(simulated_files / "run")
    before = file_hashes(simulated_files)
    monkeypatch.setattr("tempfile.TemporaryFile", _refuse)
    # Of the class: modules that are imported meanwhile would keep a function in its place.
    begun = "gapmodel.inference.sampling.CompiledVariant.sample"
    monkeypatch.setattr(begun, lambda *_, **__: pytest.fail("it has begun to sample"))
    code, error = called(*words)
    assert code == 1
    assert "cannot write to" in error
    assert file_hashes(simulated_files) == before


def test_a_read_only_parent_of_a_run_is_found_early_too(tmp_path, monkeypatch):
    folder = fake_run(tmp_path / "run", 1)

    def refuse_beside(*, dir):
        if Path(dir) == tmp_path:
            _refuse()
        return Path(os.devnull).open()

    monkeypatch.setattr("tempfile.TemporaryFile", refuse_beside)
    with pytest.raises(ConfigError, match="cannot write to"):
        run_target(folder)


def test_other_failures_of_the_system_are_one_clear_error(tmp_path, called, monkeypatch):
    make_run(tmp_path / "run")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", "report.html")

    monkeypatch.setattr("gapmodel.report.write.atomic_text", full)
    code, error = called("report", "run")
    assert code == 1
    assert error == (
        "gapmodel: cannot read or write 'report.html': No space left on device; "
        "make room or check permissions, and try again\n"
    )


# --- interrupted, no one reads ----------------------------------------------------------------------------------------


def test_an_interruption_does_not_say_that_nothing_was_written(called, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("gapmodel.sources.bundled.load", interrupt)
    code, error = called("data", "show")
    assert code == 130
    assert "nothing was written" not in error
    assert "run the same command again to resume" in error


def test_a_reader_that_goes_away_is_not_met_with_a_traceback():
    first = "from gapmodel.cli.app import main; import sys; sys.argv = ['gapmodel', 'data', 'show']; main()"
    process = subprocess.Popen([sys.executable, "-c", first], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    error = process.stderr.read()
    assert process.wait(timeout=60) == 1
    assert error == b""


# --- another time zone, another locale --------------------------------------------------------------------------------


def test_time_zone_locale_and_encoding_change_no_byte(simulated_files, called):
    table = pd.read_csv(simulated_files / "scores.csv")
    table["model"] += " größer 模型"
    table["benchmark"] = table["benchmark"].replace({"bench-00": "größte ≥ 5"})
    table.to_csv(simulated_files / "scores.csv", index=False)
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    places = {
        "first": {"TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"},
        "latin": {"TZ": "Pacific/Pago_Pago", "PYTHONIOENCODING": "latin-1", **plain},
    }
    words = ["lags", "--scores", "scores.csv", "--out"]
    assert called(*words, "home")[0] == 0
    home = file_hashes(simulated_files / "home")
    code = [sys.executable, "-m", "gapmodel.cli.app", *words]
    running = {
        name: subprocess.Popen(
            [*code, name], cwd=simulated_files, env=os.environ | place, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for name, place in places.items()
    }
    for name, process in running.items():
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, (name, error.decode(errors="replace"))
    assert "größte ≥ 5" in (simulated_files / "home" / "lags.csv").read_text(encoding="utf-8")
    for name in places:
        assert file_hashes(simulated_files / name) == home
