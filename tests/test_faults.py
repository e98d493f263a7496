"""Killed, no room, not allowed, two at once, damaged, elsewhere: nothing finished is lost, nothing half is whole."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gapmodel.cli import main
from gapmodel.errors import ConfigError, DataError, GapmodelError
from gapmodel.jobs import failed_jobs, job_path, run_jobs
from gapmodel.lag import compute_lags
from gapmodel.saved import read_run
from gapmodel.store import file_hashes, open_jobs, run_target, staging_folder, swap_folder, write_json, write_lags
from gapmodel.swap import DERIVED, MANIFEST, settle_folder
from tests.runs import make_run

ROOT = Path(__file__).parents[1]
# Forking a process that has threads is fine here: the child touches files and ends.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

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
    return saved.summary["answer"]


def fake_run(folder: Path, answer: int) -> Path:
    """The least that is a run; both answers have a file that the other has not."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "summary.json", {"answer": answer, "citable": False})
    write_json(folder / "checks.json", {"passed": False})
    (folder / f"only_{answer}.csv").write_text("x\n")
    parts = {"run_id": f"run-{answer}", "data": {}, "sampler": {}, "variant": {}}
    write_json(folder / MANIFEST, {**parts, "files": file_hashes(folder)})
    return folder


OWN = ("notes.txt", "citation/own.md", "deep/er/draft.tex")


def add_files(folder: Path) -> None:
    for name in (*OWN, *DERIVED):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def hidden(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.parent.iterdir() if p.name.startswith("."))


def age(folder: Path) -> None:
    for path in folder.parent.glob(".*"):
        os.utime(path, (1, 1))


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


def reference_run(folder: Path) -> Path:
    """The committed run, which has no netCDF files."""
    return Path(shutil.copytree(REFERENCE, folder, ignore=shutil.ignore_patterns("*.nc")))


def test_everything_that_commands_make_from_a_run_is_dropped_with_it(tmp_path, called):
    reference_run(tmp_path / "run")
    before = set(file_hashes(tmp_path / "run"))
    assert called("report", tmp_path / "run")[0] == 0
    assert called("cite", tmp_path / "run")[0] == 0
    assert set(file_hashes(tmp_path / "run")) - before == DERIVED


@pytest.fixture
def called(tmp_path, monkeypatch, capsys):
    """Call a command in this process: exit code, and what went to standard error."""

    def call(*words):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["gapmodel", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, capsys.readouterr().err

    return call


# --- the real writer, with made-up content ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def analysis(simulated):
    """`analysis(k)`: what `write_analysis` needs, told apart by ``summary["answer"]``; nothing is sampled."""
    from gapmodel.baseline import published_baseline
    from gapmodel.fit import SamplerSettings
    from gapmodel.registry import load_variant

    scores, _ = simulated
    lags = compute_lags(scores)
    table = pd.DataFrame({"benchmark": ["a"], "value": [0.5]})
    draws = xr.Dataset({"average_gap": (("chain", "draw"), np.zeros((2, 50)))})

    def make(answer: int):
        fit = SimpleNamespace(
            variant=load_variant("pooled"),
            settings=SamplerSettings(seed=answer),
            idata=xr.DataTree.from_dict({"posterior": draws}),
            sampled_as={"form": "plain", "adaptation": "diag"},
        )
        summary = {"answer": answer, "citable": False, "zero_lag": {"horizon_years": 10.0}, "data": {}}
        return SimpleNamespace(
            scores=scores, lags=lags, baseline=published_baseline(lags.panel), fit=fit, checks=[], summary=summary,
            per_benchmark=table, curve=table, bands=table, predictive=table, draws=draws, crossing=xr.Dataset(),
        )  # fmt: skip

    return make


@pytest.fixture
def write(analysis, monkeypatch):
    from gapmodel import runfolder
    from gapmodel.lagoptions import LagOptions

    monkeypatch.setattr(runfolder, "run_figures", lambda analysis, run: {})
    return lambda answer, folder: runfolder.write_analysis(
        analysis(answer), folder, options=LagOptions(), command="gapmodel run"
    )


@pytest.mark.parametrize("kind", ["kill", "full"])
def test_writing_a_run_can_fail_at_any_moment(tmp_path, write, kind):
    folder = write(1, tmp_path / "run")
    for outcome in steps(lambda: write(2, folder), kind=kind, each=9):
        assert outcome in (DONE, SURVIVED, KILLED if kind == "kill" else REFUSED)
        run_target(folder)
        assert whole_answer(folder) in ((2,) if outcome in (DONE, SURVIVED) else (1, 2))
    age(folder)
    settle_folder(folder)
    assert hidden(folder) == []


def test_a_full_disk_is_one_clear_error(tmp_path, write, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    write(1, tmp_path / "run")
    monkeypatch.setattr("gapmodel.runfolder.write_json", full)
    with pytest.raises(ConfigError, match="cannot write the run to .*: No space left on device"):
        write(2, tmp_path / "run")
    assert whole_answer(tmp_path / "run") == 1
    assert hidden(tmp_path / "run") == []


def test_the_current_folder_and_a_link_can_take_a_run(tmp_path, write, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write(1, Path())
    assert whole_answer(tmp_path / "here") == 1
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("here")
    write(2, Path("link"))
    assert (tmp_path / "link").is_symlink(), "the link is not replaced by a folder"
    assert whole_answer(tmp_path / "here") == 2
    assert {p.name for p in tmp_path.iterdir()} == {"here", "link"}


# --- killed while it samples, interrupted, no one reads ---------------------------------------------------------------

_SAMPLES_FOR_EVER = """
import sys, time
from types import SimpleNamespace
from gapmodel import analysis, cli

def sample(settings, progress):
    print("sampling", flush=True)
    time.sleep(300)

analysis.compile_variant = lambda variant, data: SimpleNamespace(sample=sample)
sys.argv = ["gapmodel", *sys.argv[1:]]
cli.main()
"""


def test_a_run_that_is_killed_while_it_samples_leaves_the_earlier_one(simulated_files):
    out = make_run(simulated_files / "out")
    before = {p: p.read_bytes() for p in sorted(simulated_files.rglob("*")) if p.is_file()}
    words = ["run", "--scores", "scores.csv", "--quick", "--quiet", "--out", out.name]
    code = [sys.executable, "-c", _SAMPLES_FOR_EVER, *words]
    process = subprocess.Popen(code, stdout=subprocess.PIPE, text=True, cwd=simulated_files)
    assert process.stdout.readline() == "sampling\n"
    process.kill()
    process.communicate(timeout=60)
    assert process.returncode == KILLED
    assert {p: p.read_bytes() for p in sorted(simulated_files.rglob("*")) if p.is_file()} == before


def test_an_interruption_does_not_say_that_nothing_was_written(called, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("gapmodel.sources.bundled.load", interrupt)
    code, error = called("data", "show")
    assert code == 130
    assert "nothing was written" not in error
    assert "the same command goes on from there" in error


def test_a_reader_that_goes_away_is_not_met_with_a_traceback():
    first = "from gapmodel.cli import main; import sys; sys.argv = ['gapmodel', 'data', 'show']; main()"
    process = subprocess.Popen([sys.executable, "-c", first], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    error = process.stderr.read()
    assert process.wait(timeout=60) == 1
    assert error == b""


# --- sweeps -----------------------------------------------------------------------------------------------------------

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
    code = f"from pathlib import Path; from tests.test_faults import sweep; sweep(Path({str(tmp_path)!r}), pause=0.1)"
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


@pytest.mark.parametrize("ending", ["json", "nc", "csv"])
def test_damaged_files_of_a_comparison_are_made_again(tmp_path, simulated, ending):
    from gapmodel.comparisonjobs import Plan, VariantJobs
    from gapmodel.registry import load_variant

    scores, _ = simulated
    variant, lags, folder = load_variant("pooled"), compute_lags(scores), tmp_path / "variants"
    folder.mkdir()
    write_json(folder / "pooled.json", {"variant": "pooled", "sha256": variant.sha256})
    xr.Dataset({"gap": ("draw", np.arange(500.0))}).to_netcdf(folder / "pooled.nc", engine="h5netcdf")
    (folder / "pooled.csv").write_text("kind,fold\nfuture,2025-01\n")
    files = sorted(folder.iterdir())
    VariantJobs(variant, scores, lags, Plan(), tmp_path)
    assert sorted(folder.iterdir()) == files
    path = folder / f"pooled.{ending}"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3 if ending != "csv" else 3])
    VariantJobs(variant, scores, lags, Plan(), tmp_path)
    assert list(folder.iterdir()) == []


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


@pytest.mark.parametrize("kind", ["kill", "full"])
def test_lags_of_two_panels_are_never_mixed(tmp_path, simulated, kind):
    scores, _ = simulated
    panels = [compute_lags(scores, cutoff=day) for day in ("2025-02-28", "2025-06-30")]
    tables = [{p.name: p.read_bytes() for p in write_lags(panel, tmp_path / str(k))} for k, panel in enumerate(panels)]
    assert tables[0]["lags.csv"] != tables[1]["lags.csv"]
    assert tables[0]["release.csv"] != tables[1]["release.csv"]
    for _ in steps(lambda: write_lags(panels[1], tmp_path / "0"), kind=kind, each=3):
        now = {p.name: p.read_bytes() for p in (tmp_path / "0").iterdir() if p.is_file()}
        assert any(now.items() <= whole.items() for whole in tables)
        write_lags(panels[0], tmp_path / "0")


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
    monkeypatch.setattr("gapmodel.fit.compile_variant", lambda *_: pytest.fail("it has begun to sample"))
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

    monkeypatch.setattr("gapmodel.store.atomic_text", full)
    code, error = called("report", "run")
    assert code == 1
    assert error == (
        "gapmodel: cannot read or write 'report.html': No space left on device; "
        "make room or check permissions, and try again\n"
    )


# --- damaged and altered runs -----------------------------------------------------------------------------------------


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
    with pytest.raises(DataError, match="lists no files"):
        read_run(folder)


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
    code = [sys.executable, "-m", "gapmodel.cli", *words]
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
