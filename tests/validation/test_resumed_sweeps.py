"""Sweeps: what is done is kept and not done again, what is damaged is made again."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from gapmodel.errors import ConfigError
from gapmodel.files.atomic import file_hashes
from gapmodel.validation.jobs import failed_jobs, job_path, open_jobs, run_jobs
from tests.support.faultsteps import ROOT

SPEC = {"what": "slow numbers"}


def slow(*, seed: int, log: str, pause: float) -> dict:
    Path(log, f"{seed}-{time.monotonic_ns()}").touch()
    time.sleep(pause)
    return {"value": seed / 3}


def sweep(folder: Path, *, pause: float) -> dict:
    (folder / "log").mkdir(parents=True, exist_ok=True)
    jobs = {f"job {k}": {"seed": k, "log": str(folder / "log"), "pause": pause} for k in range(12)}
    return run_jobs(slow, jobs, folder / "out", spec=SPEC)


def test_a_sweep_that_is_killed_keeps_what_is_done_and_goes_on(tmp_path):
    call = f"sweep(Path({str(tmp_path)!r}), pause=0.1)"
    code = f"from pathlib import Path; from tests.validation.test_resumed_sweeps import sweep; {call}"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    finished = tmp_path / "out" / "jobs"
    deadline = time.monotonic() + 60
    while not finished.is_dir() or len(list(finished.glob("*.json"))) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    kept = file_hashes(finished)
    assert 3 <= len(kept) < 12
    began = len(list((tmp_path / "log").iterdir()))
    results = sweep(tmp_path, pause=0.0)
    assert results == {f"job {k}": {"value": k / 3} for k in range(12)}
    assert {name: value for name, value in file_hashes(finished).items() if name in kept} == kept
    assert len(list((tmp_path / "log").iterdir())) - began == 12 - len([n for n in kept if not n.startswith(".")])


def test_a_sweep_that_was_killed_at_its_first_step_can_begin_again(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".spec.json-a1b2c3d4").write_text('{"wh')
    open_jobs(tmp_path / "out", SPEC)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    with pytest.raises(ConfigError, match="holds other files"):
        open_jobs(tmp_path / "other", SPEC)


def test_damaged_files_of_a_sweep(tmp_path):
    sweep(tmp_path, pause=0.0)
    out = tmp_path / "out"
    job_path(out, "job 1").write_bytes(b'{"job": "job 1", "res\xff')
    job_path(out, "job 2").write_text('{"job": "job 3", "result": {"value": 1.0}}')
    (out / "failed.json").write_text('{"job 1": "was')
    assert failed_jobs(out) == {}
    assert sweep(tmp_path, pause=0.0) == {f"job {k}": {"value": k / 3} for k in range(12)}
    (out / "spec.json").write_text('{"what"')
    with pytest.raises(ConfigError, match=r"spec\.json' is damaged"):
        sweep(tmp_path, pause=0.0)
