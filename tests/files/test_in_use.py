"""One process at a time in a folder: who comes second is told who is there, and what a killed one leaves is no lock."""

import os
import signal
import time

import pytest

from gapmodel.errors import ConfigError
from gapmodel.files.in_use import alone_in
from tests.support.faultsteps import FORKS

pytestmark = FORKS


def held_elsewhere(folder):
    """A process that has the folder until it is killed."""
    if not (child := os.fork()):
        with alone_in(folder):
            signal.pause()
    mark = folder.with_name(f".{folder.name}.in-use")
    while not (mark.is_file() and mark.read_text()):
        time.sleep(0.001)
    return child, mark


def test_the_second_is_refused_and_told_who_is_there_until_that_one_is_gone(tmp_path):
    child, mark = held_elsewhere(tmp_path / "out")
    with (
        pytest.raises(ConfigError, match=f"'.*out' is in use by process {child} on .*: wait"),
        alone_in(tmp_path / "out"),
    ):
        pass
    with alone_in(tmp_path / "other"):
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert mark.exists()
    with alone_in(tmp_path / "out"), alone_in(tmp_path / "out"):
        assert f"process {os.getpid()} " in mark.read_text()
    assert list(tmp_path.iterdir()) == []


def test_what_somebody_wrote_into_the_mark_is_not_printed_raw(tmp_path):
    child, mark = held_elsewhere(tmp_path / "out")
    mark.write_text("\x1b[2J" * 200)
    with pytest.raises(ConfigError) as caught, alone_in(tmp_path / "out"):
        pass
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1500
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
