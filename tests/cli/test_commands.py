"""The commands from outside: exit codes, one clear error, whole run folders, same seed same bytes."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from gapmodel.analysis.sentences import headline
from gapmodel.cli.app import main
from gapmodel.runs.provenance import code_sha256
from tests.support.sampler import STAND_IN

QUICK = ["--quick", "--draws", "60", "--tune", "200", "--quiet"]


def gapmodel(*words, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-m", "gapmodel.cli.app", *map(str, words)],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=300, env=os.environ | environment,
    )  # fmt: skip


@pytest.fixture
def called(simulated_files, monkeypatch, capsys):
    """Call a command in this process (PyMC is imported once): exit code and what went to standard error."""

    def call(*words):
        monkeypatch.chdir(simulated_files)
        monkeypatch.setattr(sys, "argv", ["gapmodel", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, capsys.readouterr().err

    return call


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with simulated scores, what a quick run on them said, and how to repeat the run."""
    from gapmodel.simulation.frontiers import simulate_scores

    folder = tmp_path_factory.mktemp("run")
    frame, info, _ = simulate_scores(seed=7, n_benchmarks=6, n_months=30)
    frame.to_csv(folder / "scores.csv", index=False, date_format="%Y-%m-%d")
    info.to_csv(folder / "benchmarks.csv", index=False)

    def run(name, *command, **environment):
        files = ["--scores", "scores.csv", "--benchmarks", "benchmarks.csv"]
        words = [*(command or ["run"]), *files, *QUICK, "--seed", 5, "--out", name]
        return gapmodel(*words, cwd=folder, **environment)

    return folder, run("a"), run


def test_run_folder_is_whole_and_marked_not_citable(finished):
    folder, done, _ = finished
    # 120 draws cannot pass the gate: exit 2, written all the same, and not citable.
    assert done.returncode == 2, done.stderr
    assert "not citable" in done.stdout
    run = folder / "a"
    names = {"summary.json", "lags.csv", "lags.nc", "per_benchmark.csv", "posterior.nc", "checks.json", "manifest.json"}
    assert names <= {p.name for p in run.iterdir()}
    figures = {p.stem for p in (run / "figures").glob("*.png")}
    assert figures == {p.stem for p in (run / "figures").glob("*.svg")}
    assert figures == {
        "frontiers", "lag_panel", "monthly_boxes", "average_trend", "zero_probability", "forest",
    }  # fmt: skip
    summary = json.loads((run / "summary.json").read_text())
    assert done.stdout.splitlines()[-1] == headline(summary)
    assert headline(summary).startswith("[DRAFT, not citable] ")
    for key in ("average_gap_months", "slope_months_per_year"):
        assert {"date", "mean", "median", "sd", "interval", "mcse"} <= summary[key].keys()
        assert summary[key]["interval"].keys() >= {"prob", "lower", "upper", "kind"}
    zero = summary["zero_lag"]
    assert {"horizon", "probability_by", "date_quantiles", "probability_never", "prior_probability_by"} <= zero.keys()
    probabilities = [row["probability"] for row in zero["probability_by"]]
    assert probabilities == sorted(probabilities)
    assert probabilities[-1] + zero["probability_never"] == pytest.approx(1.0)
    assert len(summary["per_benchmark"]) == summary["data"]["n_benchmarks"]
    assert {"rhat_max", "ess_bulk_min", "ess_tail_min", "divergences", "bfmi_min", "passed"} <= summary[
        "diagnostics"
    ].keys()
    assert summary["citable"] is False
    assert summary["seed"] == 5
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["sampler"]["draws"] == 60
    assert manifest["command"].startswith("gapmodel run --scores scores.csv")
    assert "/" not in manifest["command"]
    assert manifest["code_sha256"] == code_sha256()
    assert manifest["sampled_as"]["form"] in ("plain", "integrated")
    assert not [p for p in folder.iterdir() if p.name.startswith(".")], "staging folders are gone"


def test_same_seed_same_bytes(finished):
    """Of files, whatever the draws are; that draws are the same is for the test below."""
    folder, _, run = finished
    for name in ("b", "c"):
        assert run(name, "fit", "pooled", PYTHONPATH=str(STAND_IN)).returncode == 2
    for name in ("summary.json", "lags.csv", "per_benchmark.csv", "checks.json", "figures/lag_panel.svg"):
        assert (folder / "b" / name).read_bytes() == (folder / "c" / name).read_bytes(), name


DRAWS = """
import hashlib
import sys
import gapmodel as gm
from gapmodel.inference.sampling import SamplerSettings, fit_variant
scores = gm.load_scores("scores.csv", benchmarks="benchmarks.csv")
data = gm.LagOptions().data(gm.LagOptions().lags(scores))
fit = fit_variant(gm.load_variant(sys.argv[1]), data, SamplerSettings(draws=60, tune=200, chains=2, seed=5))
for name, values in sorted(fit.posterior.items()):
    print(name, hashlib.sha256(values.to_numpy().tobytes()).hexdigest())
"""


# A kernel, and the variant whose arithmetic is PyTensor's own to the last sum.
@pytest.mark.parametrize("name", ["shared_shock", pytest.param("hierarchical_ou", marks=pytest.mark.every_variant)])
def test_draws_are_the_same_compiled_afresh_and_from_the_compilers_cache(name, simulated_files, tmp_path):
    caches = {"PYTENSOR_FLAGS": f"base_compiledir={tmp_path / 'cache'}", "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    fresh, again = (
        subprocess.run([sys.executable, "-c", DRAWS, name], cwd=simulated_files, env=os.environ | caches,
                       capture_output=True, text=True, check=True, timeout=300).stdout
        for _ in range(2)
    )  # fmt: skip
    assert len(fresh.splitlines()) > 8
    assert fresh == again


def test_manifest_lists_every_file_and_a_second_run_keeps_the_rest(finished):
    from gapmodel.files.atomic import file_hashes, swap_folder

    folder, *_ = finished
    listed = json.loads((folder / "a" / "manifest.json").read_text())["files"]
    assert file_hashes(folder / "a") == listed | {"manifest.json": file_hashes(folder / "a")["manifest.json"]}
    old, new = folder / "old", folder / "new"
    for target in (old, new):
        target.mkdir()
        (target / "manifest.json").write_text(json.dumps({"files": {"gone.csv": ""}}))
    (old / "gone.csv").write_text("ours")
    (old / "notes.txt").write_text("the user's")
    swap_folder(new, old)
    assert {p.name for p in old.iterdir()} == {"manifest.json", "notes.txt"}
    assert not new.exists()
    (old / "notes.txt").unlink()
    (old / "manifest.json").unlink()
    old.rmdir()


def test_posterior_can_be_read_back(finished):
    import xarray as xr

    folder, *_ = finished
    with xr.open_datatree(folder / "a" / "posterior.nc", engine="h5netcdf") as tree:
        assert tree["posterior"].sizes["chain"] == 2
        assert tree["posterior"].sizes["draw"] == 60


def test_lags_writes_the_panel(simulated_files):
    done = gapmodel("lags", "--scores", "scores.csv", "--out", "lags", cwd=simulated_files)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(simulated_files / "lags" / "lags.csv")
    assert {"benchmark", "month", "lag_months", "censoring", "leader", "follower"} <= set(table.columns)
    assert set(table["censoring"]) <= {-1, 0, 1}


def test_other_groups_name_themselves(simulated_files):
    scores = pd.read_csv(simulated_files / "scores.csv")
    scores["country"] = scores["weights"].map({"open": "China", "closed": "US"})
    scores.to_csv(simulated_files / "scores.csv", index=False)
    words = ["--leader", "country=US", "--follower", "country=China", "--out", "lags"]
    done = gapmodel("lags", "--scores", "scores.csv", *words, cwd=simulated_files)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(simulated_files / "lags" / "lags.csv")
    assert set(table["leader"]) == {"US"}
    assert set(table["follower"]) == {"China"}


BAD = {
    "missing file": (["run", "--scores", "no.csv"], "no.csv"),
    "a folder": (["run", "--scores", "."], "directory"),
    "unknown variant": (["fit", "shared_shok", "--scores", "scores.csv"], "did you mean 'shared_shock'"),
    "missing variant file": (["fit", "mine.py", "--scores", "scores.csv"], "mine.py"),
    "unknown benchmark": (["run", "--scores", "scores.csv", "--benchmark", "bench-0x"], "did you mean"),
    "unknown excluded": (["lags", "--scores", "scores.csv", "--exclude-benchmark", "bench-0x"], "did you mean"),
    "cutoff": (["run", "--scores", "scores.csv", "--cutoff", "31.12.2025"], "ISO date"),
    "cutoff before data": (["run", "--scores", "scores.csv", "--cutoff", "2001-01-31"], "2001"),
    "horizon": (["run", "--scores", "scores.csv", "--horizon", "0"], "horizon"),
    "draws": (["run", "--scores", "scores.csv", "--draws", "1"], "draws is 1"),
    "group": (["run", "--scores", "scores.csv", "--leader", "closed"], "column=value"),
    "same group": (["run", "--scores", "scores.csv", "--leader", "weights=open"], "both groups"),
    "grace": (["run", "--scores", "scores.csv", "--grace", "-1"], "grace_months is -1"),
    "unknown option": (["run", "--scors", "scores.csv"], "--scors"),
    "unknown snapshot": (["run", "--snapshot", "epoch_2026-07"], "epoch_2026-0"),
    "benchmarks alone": (["run", "--benchmarks", "benchmarks.csv"], "--scores"),
    "output is a file": (["run", "--scores", "scores.csv", "--out", "scores.csv"], "is a file"),
    "output holds other files": (["run", "--scores", "scores.csv", "--out", "."], "not a run"),
    "output below a file": (["run", "--scores", "scores.csv", "--out", "scores.csv/x"], "cannot write"),
    "scores without their option": (["run", "scores.csv"], "(scores.csv): a scores table goes with --scores FILE"),
    "a word too many": (["run", "scores"], "(scores): see --help of the command"),
}


def test_an_error_from_outside_has_no_traceback(simulated_files):
    done = gapmodel("run", "--scores", "no.csv", cwd=simulated_files)
    assert done.returncode == 1
    assert "no.csv" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error(case, called, simulated_files):
    words, expected = BAD[case]
    before = {p.name for p in simulated_files.iterdir()}
    code, error = called(*words)
    assert code == 1
    assert expected in error
    assert {p.name for p in simulated_files.iterdir()} == before, "nothing is left behind"


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda t: t.assign(weights="open"), "closed"),
        (lambda t: t[t["release_date"] == t["release_date"].min()], ""),
        (lambda t: t.drop(columns="score"), "score"),
        (lambda t: t.assign(score="50%"), "50%"),
        (lambda t: t.iloc[:0], "no rows"),
    ],
    ids=["one group", "one day", "no score", "per cent", "header only"],
)
def test_unusable_scores_are_one_clear_error(edit, expected, called, simulated_files):
    edit(pd.read_csv(simulated_files / "scores.csv")).to_csv(simulated_files / "bad.csv", index=False)
    code, error = called("run", "--scores", "bad.csv")
    assert code == 1
    assert expected in error
    assert not (simulated_files / "results").exists()


@pytest.mark.parametrize(
    ("words", "others"),
    [([], set()), (["shared_shock", "catch_up"], {"catch_up"})],
)
def test_compare_takes_variants_of_other_data_only_by_name(words, others, called, monkeypatch):
    from gapmodel.errors import ConfigError
    from gapmodel.modeling.registry import list_variants, load_variant

    taken = []

    def instead(table, chosen, folder, plan, **keywords):
        taken.extend(load_variant(name) for name in chosen)
        raise ConfigError("asked for no more")

    monkeypatch.setattr("gapmodel.validation.comparison.compare_variants", instead)
    assert called("compare", *words, "--scores", "scores.csv", "--out", "new") == (1, "gapmodel: asked for no more\n")
    assert {variant.name for variant in taken if not variant.view.monthly_lags} == others
    if not words:
        left_out = set(list_variants()) - {variant.name for variant in taken}
        assert left_out == {"catch_up", "latent_all", "latent_frontier"}


def test_all_false_alarms_are_those_of_lags():
    from gapmodel.cli.calibrate import _chosen
    from gapmodel.modeling.registry import list_variants

    names = _chosen(["all"], [], also=["straight_line"], of_lags=True)
    assert set(names) == set(list_variants()) - {"latent_all", "latent_frontier"} | {"straight_line"}
    assert set(_chosen(["all"], [])) == set(list_variants())
