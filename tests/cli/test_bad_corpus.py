"""Every input of ``tests/data/bad`` gives the error that its manifest asks for, and leaves nothing behind."""

from __future__ import annotations

import ast
import os
import pickle
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from gapmodel.cli.app import main

ROOT = Path(__file__).parents[2]
BAD = ROOT / "tests" / "data" / "bad"
REFERENCE = ROOT / "results" / "reference" / "august_2026"
CASES = tomllib.loads((BAD / "cases.toml").read_text(encoding="utf-8"))["case"]
# Fine as they are, and wrong with the options or the other file of a case.
GOOD = {"good_scores.csv", "benchmarks_floor.csv", "benchmarks_composite.csv", "benchmarks_no_default.csv"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The corpus and a run; one for all cases, which may change nothing in it."""
    place = tmp_path_factory.mktemp("bad") / "here"
    shutil.copytree(BAD, place)
    shutil.copytree(REFERENCE, place / "ref", ignore=shutil.ignore_patterns("*.nc"))
    return place


def listing(folder: Path) -> dict[str, int]:
    # Python keeps compiled code beside a variant's file, unless it is told not to.
    files = [p for p in folder.parent.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    return {p.relative_to(folder).as_posix(): p.stat().st_mtime_ns for p in files}


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case["command"])[:70])
def test_bad_input(case, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["gapmodel", *case["command"]])
    files = case.get("files", {})
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    try:
        before = listing(folder)
        with pytest.raises(SystemExit) as stop:
            main()
        after = listing(folder)
    finally:
        for name in files:
            (folder / name).unlink()
    error = capsys.readouterr().err
    assert stop.value.code == 1
    assert error.startswith("gapmodel: ")
    assert [text for text in case["expect"] if text not in error] == [], error
    assert after == before, "something is left behind"


def test_the_corpus_is_large_and_every_file_of_it_is_used():
    files = {path.name for path in BAD.iterdir()} - {"cases.toml"}
    assert len(files - GOOD) >= 60
    assert {word for case in CASES for word in case["command"]} >= files
    assert len({tuple(case["command"]) for case in CASES if "files" not in case}) == len(
        [case for case in CASES if "files" not in case]
    )


#: Reading any of these runs code that the file brings.
RUNS_WHAT_IT_READS = {
    "pickle": {"load", "loads", "Unpickler"},
    "marshal": {"load", "loads"},
    "shelve": {"open"},
    "joblib": {"load"},
    "dill": {"load", "loads"},
    "cloudpickle": {"load", "loads"},
    "yaml": {"load", "unsafe_load"},
    "pd": {"read_pickle", "read_hdf"},
    "pandas": {"read_pickle", "read_hdf"},
}


def _risky_calls(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec", "__import__"):
            yield node.func.id
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            module, name = node.func.value.id, node.func.attr
            if name in RUNS_WHAT_IT_READS.get(module, ()):
                yield f"{module}.{name}"
        if any(keyword.arg == "allow_pickle" for keyword in node.keywords):
            yield "allow_pickle"


def test_no_pickle_and_no_other_code_is_read_from_files():
    found = {
        path.relative_to(ROOT).as_posix(): calls
        for top in ("src", "models", "scripts")
        for path in sorted((ROOT / top).rglob("*.py"))
        if (calls := list(_risky_calls(path)))
    }
    # A job and its arguments on their way to a worker: bytes of the same invocation, never of a file.
    assert found == {"src/gapmodel/validation/jobs.py": ["cloudpickle.loads"]}


class Runs:
    """Makes a folder as soon as it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_a_pickled_file_runs_nothing(tmp_path, monkeypatch, capsys):
    """A file that would run code when it is unpickled, under every name that commands read."""
    marker = tmp_path / "ran"
    payload = pickle.dumps(Runs(marker), protocol=0)  # plain text, so that it is not refused for its encoding
    pickle.loads(payload)
    marker.rmdir()
    monkeypatch.chdir(tmp_path)
    for name in ("scores.csv", "manifest.json", "summary.json", "source.json", "spec.json", "comparison.csv"):
        (tmp_path / name).write_bytes(payload)
    for words in (
        ["data", "validate", "scores.csv"],
        ["report", "."],
        ["cite", "."],
        ["lags", "--scores", "scores.csv"],
    ):
        monkeypatch.setattr(sys, "argv", ["gapmodel", *words])
        with pytest.raises(SystemExit) as stop:
            main()
        assert stop.value.code == 1
        assert capsys.readouterr().err.startswith("gapmodel: ")
    assert not marker.exists()
