"""A run takes its place in a folder whole, whatever step fails; what is not the run's own is left alone."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from gapmodel.files.atomic import file_hashes, run_target, staging_folder, swap_folder
from gapmodel.files.folder_swap import DERIVED, MANIFEST, settle_folder
from tests.support.commandline import caller
from tests.support.faultsteps import CRASHED, DONE, FORKS, age, fake_run, hidden, reference_run, steps, whole_answer

pytestmark = FORKS
OWN = ("notes.txt", "citation/own.md", "deep/er/draft.tex")


def add_files(folder: Path) -> None:
    for name in (*OWN, *DERIVED):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def check_after_fault(folder: Path) -> int:
    """What must hold at once, and after the next command that writes there has begun; returns the answer found."""
    if folder.exists():
        assert whole_answer(folder) in (1, 2)
    run_target(folder)
    answer = whole_answer(folder)
    assert answer in (1, 2)
    for name in OWN:
        assert (folder / name).read_text() == name
    for name in DERIVED:
        # What was made from run 1 is there as long as run 1, and no longer.
        assert (folder / name).exists() == (answer == 1), name
    assert (folder / f"only_{3 - answer}.csv").exists() is False
    age(folder)
    settle_folder(folder)
    assert hidden(folder) == []
    return answer


@pytest.mark.parametrize("kind", ["kill", "full"])
def test_a_run_takes_its_place_whole_whatever_step_fails(tmp_path, kind):
    folder = tmp_path / "run"

    def act():
        staging = staging_folder(folder)
        fake_run(staging, 2)
        swap_folder(staging, folder)

    answers = []
    fake_run(folder, 1)
    add_files(folder)
    for outcome in steps(act, kind=kind):
        answers.append((outcome, check_after_fault(folder)))
        if answers[-1][1] == 2:
            shutil.rmtree(folder)
            fake_run(folder, 1)
            add_files(folder)
    assert len(answers) > 20
    assert {answer for outcome, answer in answers if outcome != DONE} == {1, 2}
    assert answers[-1] == (DONE, 2)


def test_what_cannot_take_its_place_leaves_the_earlier_run_there(tmp_path):
    fake_run(tmp_path / "run", 1)
    with pytest.raises(FileNotFoundError):
        swap_folder(tmp_path / "no such folder", tmp_path / "run")
    assert whole_answer(tmp_path / "run") == 1
    assert hidden(tmp_path / "run") == []


def test_two_runs_into_one_folder_at_once_leave_one_whole_run(tmp_path):
    folder, go = tmp_path / "run", tmp_path / "go"
    fake_run(folder, 1)
    add_files(folder)
    children = []
    for answer in (1, 2):
        if not (child := os.fork()):
            code = CRASHED
            try:
                while not go.exists():
                    time.sleep(0.001)
                for _ in range(60):
                    swap_folder(fake_run(staging_folder(run_target(folder)), answer), folder)
                code = DONE
            finally:
                os._exit(code)
        children.append(child)
    go.touch()
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [DONE, DONE]
    settle_folder(folder)
    answer = whole_answer(folder)
    assert not (folder / f"only_{3 - answer}.csv").exists()
    assert [name for name in OWN if not (folder / name).is_file()] == []
    assert [name for name in DERIVED if (folder / name).exists()] == []
    assert hidden(folder) == []


def test_a_damaged_manifest_of_the_earlier_run_loses_nothing(tmp_path):
    folder = fake_run(tmp_path / "run", 1)
    add_files(folder)
    (folder / MANIFEST).write_text('{"files": ')
    swap_folder(fake_run(staging_folder(folder), 2), folder)
    assert whole_answer(folder) == 2
    assert all((folder / name).is_file() for name in (*OWN, "only_1.csv"))
    assert not any((folder / name).exists() for name in DERIVED)


def test_a_run_being_written_by_another_process_is_left_alone(tmp_path):
    folder = fake_run(tmp_path / "run", 1)
    others = fake_run(staging_folder(folder), 2)
    run_target(folder)
    assert whole_answer(others) == 2
    age(folder)
    run_target(folder)
    assert not others.exists(), "an hour without a change: its process was killed"


def test_neighbours_with_similar_names_are_left_alone(tmp_path):
    folder, other = tmp_path / "run", tmp_path / "run.new-x"
    fake_run(folder, 1)
    fake_run(other, 2)
    kept = staging_folder(other)
    age(folder)
    settle_folder(folder)
    assert kept.exists()
    assert whole_answer(other) == 2


def test_everything_that_commands_make_from_a_run_is_dropped_with_it(tmp_path, called):
    reference_run(tmp_path / "run")
    before = set(file_hashes(tmp_path / "run"))
    assert called("report", tmp_path / "run")[0] == 0
    assert called("cite", tmp_path / "run")[0] == 0
    assert set(file_hashes(tmp_path / "run")) - before == DERIVED


@pytest.fixture
def called(tmp_path, monkeypatch, capsys):
    """Call a command in this process: exit code, and what went to standard error."""
    call = caller(tmp_path, monkeypatch, capsys)
    return lambda *words: call(*words)[::2]
