"""The engine on real schedulers: a worker killed in the middle, resume, failures, names that are no paths."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gapmodel.errors import ConfigError
from gapmodel.files.atomic import file_hashes
from gapmodel.validation.jobs import failed_jobs, job_path, run_jobs

SPEC = {"what": "numbers", "seed": 3}


# The job during which a worker is killed.
VICTIM = 3


def numbers(*, seed, log=None, pause=0.0, fail_while=None, wait_for=None):
    """Numbers that depend on the seed alone; leaves a file that says which process began the job."""
    if log is not None:
        Path(log, f"{seed}-{time.monotonic_ns()}").write_text(str(os.getpid()))
    time.sleep(pause)
    while wait_for is not None and seed == VICTIM and not Path(wait_for).exists():
        time.sleep(0.05)
    if fail_while is not None and Path(fail_while).exists():
        raise ValueError(f"seed {seed} will not do")
    return {"seed": seed, "draws": np.random.default_rng(seed).normal(size=3).tolist(), "third": 1 / 3}


def not_plain(*, value):
    return {"value": value}


def fatal(*, seed, log):
    """Ends the worker, as running out of memory would."""
    Path(log, f"{seed}-{time.monotonic_ns()}").write_text("")
    if seed == 0:
        os._exit(1)
    return {"seed": seed}


def _jobs(n, **keywords):
    return {f"job {seed}": {"seed": seed} | keywords for seed in range(n)}


def _begun(log):
    """Seed → processes that began it."""
    begun = {}
    for path in sorted(Path(log).iterdir()):
        begun.setdefault(int(path.name.split("-")[0]), []).append(path.read_text())
    return begun


@pytest.fixture
def log(tmp_path):
    (tmp_path / "log").mkdir()
    return tmp_path / "log"


def test_a_worker_killed_in_the_middle_changes_nothing(tmp_path, log):
    """A scheduler and two workers at an address; one worker is killed while it works."""
    import logging

    from distributed import LocalCluster

    alone = run_jobs(numbers, _jobs(8), tmp_path / "alone", spec=SPEC)
    killed = []

    go = tmp_path / "go"

    def kill(label, done, total):
        pids = [pid for pid in _begun(log).get(VICTIM, []) if pid]
        if killed or not pids:
            return
        assert int(pids[-1]) != os.getpid()
        os.kill(int(pids[-1]), signal.SIGKILL)
        killed.append(done)
        go.touch()

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        memory_limit=None,
        silence_logs=logging.CRITICAL,
    ) as cluster:
        both = run_jobs(
            numbers,
            _jobs(8, log=str(log), pause=0.3, wait_for=str(go)),
            tmp_path / "both",
            spec=SPEC,
            scheduler=cluster.scheduler_address,
            progress=kill,
        )
    begun = _begun(log)
    assert killed
    assert killed[0] < 8
    assert len(begun[VICTIM]) > 1, "the job of the killed worker was run again"
    assert len({pid for pids in begun.values() for pid in pids}) >= 2, "both workers worked"
    assert both == alone
    assert file_hashes(tmp_path / "both") == file_hashes(tmp_path / "alone")
    assert list(both) == list(alone) == list(_jobs(8))


def test_a_job_that_kills_its_workers_is_given_up_and_the_rest_is_done(tmp_path, log):
    jobs = _jobs(4, log=str(log))
    results = run_jobs(fatal, jobs, tmp_path / "out", spec=SPEC, workers=2, retries=0)
    assert "KilledWorker" in failed_jobs(tmp_path / "out")["job 0"]
    # Jobs that waited on the same worker may be blamed with it, and are reported then; none is lost.
    assert set(results) | set(failed_jobs(tmp_path / "out")) == set(jobs)
    assert len(_begun(log)[0]) == 1, "not tried again, as asked"
    # The worker's own deeds are no reason to hold the others back for good.
    assert set(run_jobs(fatal, {k: v for k, v in jobs.items() if k != "job 0"}, tmp_path / "out", spec=SPEC)) == {
        "job 1", "job 2", "job 3",
    }  # fmt: skip


def test_finished_jobs_are_read_back_and_not_run_again(tmp_path, log):
    run_jobs(numbers, {k: v for k, v in _jobs(5, log=str(log)).items() if k != "job 2"}, tmp_path / "out", spec=SPEC)
    before = file_hashes(tmp_path / "out")
    seen = []
    resumed = run_jobs(
        numbers,
        _jobs(5, log=str(log)),
        tmp_path / "out",
        spec=SPEC,
        progress=lambda *told: seen.append(told),
    )
    assert seen == [("starting", 4, 5), ("job 2", 5, 5)]
    assert {seed: len(pids) for seed, pids in _begun(log).items()} == dict.fromkeys(range(5), 1)
    assert before.items() <= file_hashes(tmp_path / "out").items()
    assert resumed == run_jobs(numbers, _jobs(5), tmp_path / "whole", spec=SPEC)
    # Not one digit is lost on the way through the file.
    assert resumed["job 2"] == numbers(seed=2)


def test_a_file_cut_off_is_not_a_result(tmp_path):
    first = run_jobs(numbers, _jobs(2), tmp_path / "out", spec=SPEC)
    path = job_path(tmp_path / "out", "job 1")
    path.write_text(path.read_text()[:20])
    assert run_jobs(numbers, _jobs(2), tmp_path / "out", spec=SPEC) == first


def test_a_failure_is_reported_kept_apart_and_tried_again(tmp_path):
    block = tmp_path / "block"
    block.write_text("")
    jobs = _jobs(3)
    jobs["job 1"]["fail_while"] = str(block)
    results = run_jobs(numbers, jobs, tmp_path / "out", spec=SPEC)
    assert list(results) == ["job 0", "job 2"]
    assert failed_jobs(tmp_path / "out") == {"job 1": "ValueError: seed 1 will not do"}
    assert not job_path(tmp_path / "out", "job 1").exists()
    block.unlink()
    assert list(run_jobs(numbers, jobs, tmp_path / "out", spec=SPEC)) == ["job 0", "job 1", "job 2"]
    assert not (tmp_path / "out" / "failed.json").exists()


@pytest.mark.parametrize("value", [float("nan"), {1, 2}])
def test_what_json_cannot_hold_is_the_jobs_failure(tmp_path, value):
    assert run_jobs(not_plain, {"one": {"value": value}, "two": {"value": 2}}, tmp_path / "out", spec=SPEC) == {
        "two": {"value": 2}
    }
    assert set(failed_jobs(tmp_path / "out")) == {"one"}


def test_names_are_text_and_never_paths(tmp_path):
    names = ["../../outside", "/etc/x", "a/b", "a b", "a-b", "A-B", "", "é" * 300, ".."]
    jobs = {name: {"seed": k} for k, name in enumerate(names)}
    results = run_jobs(numbers, jobs, tmp_path / "out", spec=SPEC)
    assert {name: result["seed"] for name, result in results.items()} == {name: k for k, name in enumerate(names)}
    files = list((tmp_path / "out" / "jobs").iterdir())
    assert len({p.name.lower() for p in files}) == len(names)
    assert {p.name for p in tmp_path.iterdir()} == {"out"}


def test_another_specification_is_refused(tmp_path):
    run_jobs(numbers, _jobs(1), tmp_path / "out", spec=SPEC)
    with pytest.raises(ConfigError, match="other data or settings"):
        run_jobs(numbers, _jobs(1), tmp_path / "out", spec=SPEC | {"seed": 4})


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [({"workers": 0}, "0 workers"), ({"retries": -1}, "-1 retries"), ({"scheduler": "tcp://127.0.0.1:9"}, "dask")],
)
def test_bad_settings_are_one_clear_error(tmp_path, monkeypatch, keywords, expected):
    monkeypatch.setattr("gapmodel.validation.jobs._SECONDS_TO_CONNECT", 1)
    with pytest.raises(ConfigError, match=expected):
        run_jobs(numbers, _jobs(1), tmp_path / "out", spec=SPEC, **keywords)


def test_dask_is_imported_only_when_jobs_run():
    code = "import sys, gapmodel.validation.jobs; assert 'distributed' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
