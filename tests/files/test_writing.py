"""Runs and lags are written whole or not at all: killed, no room, while it samples, into a link."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gapmodel.errors import ConfigError
from gapmodel.files.atomic import run_target
from gapmodel.files.folder_swap import settle_folder
from gapmodel.lags.panel import compute_lags
from gapmodel.runs.lag_files import write_lags
from tests.support.faultsteps import (
    DONE,
    FORKS,
    KILLED,
    REFERENCE,
    REFUSED,
    SURVIVED,
    age,
    hidden,
    steps,
    whole_answer,
)
from tests.support.runs import make_run

pytestmark = FORKS


# --- the real writer, with made-up content ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def analysis(simulated):
    """`analysis(k)`: what `write_run` needs, told apart by ``summary["seed"]``; nothing is sampled."""
    from gapmodel.inference.sampling import SamplerSettings
    from gapmodel.lags.published_line import published_baseline
    from gapmodel.modeling.options import LagOptions
    from gapmodel.modeling.registry import load_variant

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
        files = {name: json.loads((REFERENCE / f"{name}.json").read_text()) for name in ("summary", "checks", "audit")}
        summary = {**files["summary"], "seed": answer, "model": "pooled", "options": LagOptions().as_dict()}
        return SimpleNamespace(
            scores=scores, lags=lags, baseline=published_baseline(lags.panel), fit=fit, settings=fit.settings,
            checks_entry=files["checks"], summary=summary,
            per_benchmark=table, curve=table, bands=table, predictive=table, draws=draws, crossing=xr.Dataset(),
            audit=SimpleNamespace(as_dict=lambda: files["audit"]), options=LagOptions(),
        )  # fmt: skip

    return make


@pytest.fixture
def write(analysis, monkeypatch):
    from gapmodel.runs import parts, reader, writer
    from gapmodel.runs.run import run_of

    # Made-up content: its files are of several runs.
    for module in (writer, reader):
        monkeypatch.setattr(module, "check_run", lambda *contents, where: None)
    monkeypatch.setattr(writer, "run_figures", lambda analysis, run: {})
    monkeypatch.setattr(parts.MemoryParts, "tree", lambda self: self.analysis.fit.idata)
    return lambda answer, folder: writer.write_run(run_of(analysis(answer), command="gapmodel run"), folder)


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
    monkeypatch.setattr("gapmodel.runs.writer.write_json", full)
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


# --- killed while it samples, interrupted, no one reads ---------------------------------------------------------------

_SAMPLES_FOR_EVER = """
import sys, time
from types import SimpleNamespace
from gapmodel.analysis import analyse
from gapmodel.cli import app

def sample(settings, progress):
    print("sampling", flush=True)
    time.sleep(300)

analyse.compile_variant = lambda variant, data: SimpleNamespace(sample=sample)
sys.argv = ["gapmodel", *sys.argv[1:]]
app.main()
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
