"""One fault at the k-th file operation of a process, and run folders small enough to try each."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from gapmodel.analysis.schema import manifest_digest
from gapmodel.errors import GapmodelError
from gapmodel.files.atomic import file_hashes, write_json
from gapmodel.files.folder_swap import MANIFEST
from gapmodel.runs.reader import read_run

ROOT = Path(__file__).parents[2]
# Forking a process that has threads is fine here: the child touches files and ends.
FORKS = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

# What becomes of a command: done before the fault, done in spite of it, an error that says what is wrong, and so on.
DONE, SURVIVED, REFUSED, KILLED, CRASHED = 0, 5, 1, -signal.SIGKILL, 3
REFERENCE = ROOT / "results" / "reference" / "august_2026"


# --- one fault at the k-th file operation -----------------------------------------------------------------------------


def _touches_files(event: str, arguments: tuple) -> bool:
    if event == "open":
        return isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod")


def with_fault(act, *, at: int, kind: str) -> int:
    """Run `act` in a copy of this process; its `at`-th file operation kills it, or finds the disk full from then on."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal.alarm(60)
    code, seen = CRASHED, 0

    def hook(event, arguments):
        nonlocal seen
        if not _touches_files(event, arguments) or (kind == "full" and event in ("os.remove", "os.rmdir")):
            return
        seen += 1
        if seen == at and kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if seen == at or (seen > at and event in ("open", "os.mkdir")):
            raise OSError(errno.ENOSPC, "No space left on device")

    try:
        sys.addaudithook(hook)
        act()
        code = DONE if seen < at else SURVIVED
    except (GapmodelError, OSError):
        code = REFUSED
    finally:
        os._exit(code)


def steps(act, *, kind: str, each: int = 1, limit: int = 400):
    """Fault after fault, one at each `each`-th step, until `act` gets through."""
    for at in range(1, limit, each):
        outcome = with_fault(act, at=at, kind=kind)
        assert outcome in (DONE, SURVIVED, REFUSED, KILLED)
        yield outcome
        if outcome == DONE:
            return
    pytest.fail("never done")


# --- a run folder as it is written ------------------------------------------------------------------------------------


def whole_answer(folder: Path) -> int:
    """The answer in a run folder, every file of which is as its manifest says."""
    saved = read_run(folder)
    found = file_hashes(folder)
    for name, value in saved.manifest["files"].items():
        assert found[name] == value, name
    return saved.summary["seed"]


def fake_run(folder: Path, answer: int) -> Path:
    """The least that is a run, its seed the answer; both answers have a file that the other has not."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {name: json.loads((REFERENCE / name).read_text()) for name in ("summary.json", "checks.json", MANIFEST)}
    write_json(folder / "summary.json", {**parts["summary.json"], "seed": answer})
    write_json(folder / "checks.json", parts["checks.json"])
    (folder / f"only_{answer}.csv").write_text("x\n")
    manifest = {**parts[MANIFEST], "seed": answer, "run_id": f"run-{answer}", "files": file_hashes(folder)}
    manifest["sampler"] = {**manifest["sampler"], "seed": answer}
    write_json(folder / MANIFEST, manifest | {"sha256": manifest_digest(manifest)})
    return folder


def hidden(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.parent.iterdir() if p.name.startswith("."))


def age(folder: Path) -> None:
    for path in folder.parent.glob(".*"):
        os.utime(path, (1, 1))


def reference_run(folder: Path) -> Path:
    """The committed run, which has no netCDF files."""
    return Path(shutil.copytree(REFERENCE, folder, ignore=shutil.ignore_patterns("*.nc")))
