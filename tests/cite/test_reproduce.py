"""Making a run again: what of it is recovered, refused, and how differences are counted."""

import copy
import json
import sys
from dataclasses import replace

import pytest

from gapmodel.cite.differences import TOLERANCE
from gapmodel.cite.reproduce import differences_of, original_scores, original_variant, reproduce
from gapmodel.cli.app import main
from gapmodel.errors import ConfigError, DataError
from gapmodel.modeling.options import LagOptions
from gapmodel.runs.reader import read_run
from tests.support.sampler import prior_draws

QUICK = ["--quick", "--draws", "60", "--tune", "150", "--quiet"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A quick run of the simplest variant on a part of simulated scores, in a folder with its files."""
    from gapmodel.simulation.frontiers import simulate_scores

    folder = tmp_path_factory.mktemp("small")
    frame, info, _ = simulate_scores(seed=7, n_benchmarks=4, n_months=24)
    frame.to_csv(folder / "scores.csv", index=False, date_format="%Y-%m-%d")
    info.to_csv(folder / "benchmarks.csv", index=False)
    files = ["--scores", str(folder / "scores.csv"), "--benchmarks", str(folder / "benchmarks.csv")]
    left_out = ["--exclude-benchmark", str(info["benchmark"].iloc[0])]
    words = ["gapmodel", "fit", "pooled", *files, *left_out, *QUICK, "--seed", "5", "--out", str(folder / "run")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", words)
        prior_draws(patch)
        patch.setattr("gapmodel.runs.writer.run_figures", lambda *args, **keywords: {})  # seconds, and not needed here
        with pytest.raises(SystemExit) as stop:
            main()
    assert stop.value.code == 2, "so few draws do not pass the checks"
    return folder


def files(folder):
    return {"scores": folder / "scores.csv", "benchmarks": folder / "benchmarks.csv"}


def changed(run, edit):
    summary = copy.deepcopy(run.summary)
    edit(summary)
    return {(d.claim, d.number): d for d in differences_of(run, summary)}


def test_the_same_summary_has_no_differences(run):
    differences = differences_of(run, run.summary)
    assert len(differences) > 50
    assert all(d.holds and d.in_mcse == 0.0 for d in differences)


def test_differences_are_counted_in_mcse(run):
    first = changed(run, lambda s: None)["gap.average", "value"]

    def edit(summary):
        summary["average_gap_months"]["median"] += 2 * first.mcse
        summary["slope_months_per_year"]["interval"]["lower"] -= 50
        summary["zero_lag"]["date_quantiles"]["0.05"] = None
        summary["data"]["n_models"] += 1

    found = changed(run, edit)
    assert found["gap.average", "value"].in_mcse == pytest.approx(2.0)
    assert found["gap.average", "value"].holds
    assert found["gap.average", "lower"].in_mcse == 0.0
    assert found["slope.average", "lower"].in_mcse < -TOLERANCE
    assert not found["slope.average", "lower"].holds
    assert not found["zero.date.q05", "value"].holds, "0.05 is far from the probability of zero by the horizon"
    assert not found["data.models", "value"].holds
    assert sum(not d.holds for d in found.values()) == 3


def test_a_claim_that_does_not_come_out_again_differs(run):
    gone = changed(run, lambda s: s["per_benchmark"].pop())
    lost = [d for d in gone.values() if d.after is None and d.before is not None]
    assert len(lost) == 6, "value and ends of one gap and one slope"
    assert not any(d.holds for d in lost)


def test_options_are_recovered(run):
    recorded = run.summary["options"]
    assert LagOptions.from_dict(recorded).as_dict() == LagOptions.from_dict(recorded).as_dict() | recorded
    with pytest.raises(ConfigError, match="does not know: colour"):
        LagOptions.from_dict(recorded | {"colour": "red"})


def test_the_bundled_scores_of_a_run_are_found(run):
    assert original_scores(run).sha256 == run.summary["data"]["sha256"]


def test_other_data_and_variants_are_refused(run, tmp_path):
    with pytest.raises(ConfigError, match="not those of the run: their hash is"):
        original_scores(_with(run, summary={"data": {"sha256": "0" * 64}}))
    with pytest.raises(ConfigError, match="'mine.csv', which is not bundled: give that file as --scores"):
        original_scores(_with(run, manifest={"data": {"snapshot": "mine.csv"}}))
    with pytest.raises(DataError, match="no such file"):
        original_scores(run, scores=tmp_path / "none.csv")
    with pytest.raises(ConfigError, match=r"is not that of the run: its hash is"):
        original_variant(_with(run, manifest={"variant": {"sha256": "0" * 64}}))


def _with(run, *, summary=None, manifest=None):
    """The run with parts of its entries replaced."""
    parts = {"summary": copy.deepcopy(run.summary), "manifest": copy.deepcopy(run.manifest)}
    for name, changes in (("summary", summary), ("manifest", manifest)):
        for key, value in (changes or {}).items():
            parts[name][key] |= value
    return replace(run, **parts)


def test_the_part_of_a_table_is_recovered_from_manifest_or_summary(small):
    run = read_run(small / "run")
    wanted = run.summary["data"]["sha256"]
    assert original_scores(run, **files(small)).sha256 == wanted
    older = replace(run, manifest={k: v for k, v in run.manifest.items() if k != "inputs"})
    assert original_scores(older, **files(small)).sha256 == wanted
    table = (small / "scores.csv").read_text().splitlines()
    (small / "short.csv").write_text("\n".join(table[:-1]) + "\n")
    with pytest.raises(ConfigError, match="not those of the run"):
        original_scores(run, scores=small / "short.csv", benchmarks=small / "benchmarks.csv")


def test_a_run_comes_out_again_with_its_seed(small, without_sampler):
    run = read_run(small / "run")
    differences = reproduce(run, **files(small))
    assert all(d.before == d.after for d in differences)
    assert json.dumps([d.in_mcse for d in differences if d.mcse > 0 and d.in_mcse != 0.0]) == "[]"
