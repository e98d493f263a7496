"""Damaged and altered runs are refused, and left as they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gapmodel.errors import DataError
from gapmodel.files.atomic import file_hashes
from gapmodel.files.folder_swap import MANIFEST
from gapmodel.runs.reader import read_run
from tests.support.commandline import caller
from tests.support.runs import make_run


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("made") / "run")


def read_file(folder: Path, name: str):
    saved = read_run(folder)
    return saved.dataset(name) if name.endswith(".nc") else saved.table(name)


@pytest.mark.parametrize("damage", ["cut", "one bit", "empty", "gone"])
def test_no_damaged_file_of_a_run_is_read(made, tmp_path, damage):
    names = json.loads((made / MANIFEST).read_text())["files"]
    assert {"summary.json", "draws.nc", "lags.nc", "lags.csv"} <= set(names)
    for name in names:
        folder = Path(shutil.copytree(made, tmp_path / name))
        path = folder / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        if damage == "gone":
            path.unlink()
        else:
            path.write_bytes({"cut": content[: len(content) // 2], "one bit": content, "empty": b""}[damage])
        with pytest.raises(DataError, match=f"{name}.*run it again|not a whole run, it has no {name}"):
            read_file(folder, name)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("report", "draws.nc"),
        ("report", "summary.json"),
        ("report", "per_benchmark.csv"),
        ("cite", "summary.json"),
        ("cite", "manifest.json"),
    ],
)
def test_commands_refuse_an_altered_run(made, tmp_path, called, name, command):
    folder = Path(shutil.copytree(made, tmp_path / "run"))
    before = file_hashes(folder)
    path = folder / name
    path.write_bytes(path.read_bytes()[:-10])
    altered = file_hashes(folder)
    code, error = called(command, "run")
    assert code == 1
    assert name in error
    assert "run it again" in error
    assert file_hashes(folder) == altered != before


@pytest.mark.parametrize("files", ["[]", "3", "null"])
def test_a_manifest_of_another_form_is_refused(made, tmp_path, files):
    folder = Path(shutil.copytree(made, tmp_path / "run"))
    manifest = json.loads((folder / MANIFEST).read_text()) | {"files": json.loads(files)}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="no valid 'files'"):
        read_run(folder)


@pytest.fixture
def called(tmp_path, monkeypatch, capsys):
    """Call a command in this process: exit code, and what went to standard error."""
    call = caller(tmp_path, monkeypatch, capsys)
    return lambda *words: call(*words)[::2]
