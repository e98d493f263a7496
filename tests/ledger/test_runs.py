"""From a run to its entry: what it says, what is refused, and what `update` does with a ledger."""

from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import gapmodel as gm
from gapmodel.analysis.sentences import headline
from gapmodel.cli.ledger import keep_answer, print_kept
from gapmodel.errors import CheckError, ConfigError
from gapmodel.files.atomic import file_hashes
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.validation.forecasts import forecast, job_settings
from gapmodel.validation.replay import replay_at_end
from tests.support.commandline import caller
from tests.support.sampler import prior_draws

ROOT = Path(__file__).parents[2]
SMALL = SamplerSettings(draws=60, tune=60, chains=2)


@pytest.fixture(scope="module", autouse=True)
def without_sampling():
    with pytest.MonkeyPatch.context() as patch:
        prior_draws(patch)
        yield


@pytest.fixture(scope="module")
def scores():
    return gm.load_scores(pool=["gpqa diamond", "SimpleBench", "weirdml", "ARC-AGI"])


@pytest.fixture(scope="module")
def run(scores):
    return gm.fit(scores, "pooled", settings=SMALL, quick=True, progress=False, seed=1)


@pytest.fixture(scope="module")
def ledger(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledger") / "ledger"
    return gm.ledger_add(folder, run, settings=SMALL, draft=True, today=date(2026, 8, 20))


def test_an_entry_says_what_the_run_says(run, ledger):
    made = ledger.entries[0]["forecast"]
    assert made["sentence"] == headline(run.summary)
    assert made["citable"] is False
    assert made["data"]["sha256"] == run.summary["data"]["sha256"]
    assert made["run"]["model_sha256"] == run.manifest["variant"]["sha256"]
    assert made["run"]["code_sha256"] == run.manifest["code_sha256"]
    zero = run.summary["zero_lag"]
    assert [(r["date"], r["probability"]) for r in made["zero"]] == [
        (r["date"], r["probability"]) for r in zero["probability_by"]
    ]
    assert made["cutoff"] == zero["start"]
    assert made["months"][0] == "2026-08-31"
    assert len(made["months"]) == 12
    assert {row["benchmark"] for row in made["benchmarks"]} == set(run.per_benchmark["benchmark"])
    assert {(row["kind"], row["threshold"]) for row in made["below"]} == {
        (kind, x) for kind in ("observed", "trend") for x in (0.0, 3.0, 6.0)
    }


def test_an_entry_is_the_forecast_of_a_backtest_on_that_day(run, scores, ledger):
    replay = replay_at_end(scores, run.options)
    settings = job_settings(SamplerSettings(**{**SMALL.as_dict(), "seed": 1}), "pooled", str(replay.cutoff))
    made, _ = forecast("pooled", replay, settings)
    entry = ledger.entries[0]["forecast"]
    for k, row in enumerate(entry["benchmarks"]):
        assert row["benchmark"] == str(replay.data.benchmark[replay.eligible][k])
        wanted = np.quantile(made.draws[:, replay.eligible][:, k], entry["probabilities"], axis=0).T
        np.testing.assert_array_equal(row["quantiles"], wanted)


def test_a_run_that_may_not_be_cited_is_refused_unless_it_is_said(run, scores, tmp_path, monkeypatch, capsys):
    with pytest.raises(CheckError, match=r"may not be cited \(it is a quick run.*--draft"):
        gm.ledger_add(tmp_path / "ledger", run)
    folder = run.save(tmp_path / "run")
    call = caller(tmp_path, monkeypatch, capsys)
    code, _, error = call("ledger", "add", "--run", "run", "--ledger", "kept", "--quiet")
    assert code == 1
    assert "may not be cited" in error
    assert not (tmp_path / "kept").exists()
    others = gm.load_scores(pool=["gpqa diamond"])
    with pytest.raises(ConfigError, match="the scores are not those of the run"):
        gm.ledger_add(tmp_path / "kept", folder, scores=others, draft=True)
    gm.ledger_add(tmp_path / "kept", folder, scores=scores, settings=SMALL, draft=True)
    with pytest.raises(ConfigError, match=r"0001.json' \(entry 1\) is of this run: a run is entered once"):
        gm.ledger_add(tmp_path / "kept", folder, draft=True)


def test_a_model_of_scores_has_no_entry(scores, run, tmp_path, monkeypatch):
    latent = gm.load_variant("latent_frontier")
    monkeypatch.setattr("gapmodel.ledger.add._origin", lambda *given: (scores, latent))
    with pytest.raises(ConfigError, match="predicts no monthly lags"):
        gm.ledger_add(tmp_path / "ledger", run, draft=True)


def test_update_scores_the_old_entries_and_adds_the_new_answer(run, scores, ledger, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "ledger"
    said = keep_answer(folder, run, scores, None, quiet=True)
    assert said["added"] is None
    assert "may not be cited" in said["why_not"]
    print_kept(said, folder)
    assert "no entry was added" in capsys.readouterr().out
    assert not folder.exists()
    monkeypatch.setattr("gapmodel.api.ledger_add", partial(gm.ledger_add, settings=SMALL, draft=True))
    first = keep_answer(folder, run, scores, None, quiet=True)
    assert (first["added"], first["scores"]) == (1, None)
    before = file_hashes(folder)
    # As an update that was killed after the entry does, when it is given again.
    assert keep_answer(folder, run, scores, None, quiet=True)["why_not"] == "entry 1 is this answer"
    assert file_hashes(folder) == before
    again = keep_answer(folder, None, scores, scores, quiet=True)
    assert again["added"] is None
    assert "nothing changed" in again["why_not"]
    assert any("nothing is due" in note for note in again["scores"]["notes"])
    print_kept(again, folder)
    assert "nothing is due" in capsys.readouterr().out
    assert file_hashes(folder) == before


def test_the_project_keeps_a_ledger():
    found = gm.ledger_show(ROOT / "results" / "ledger")
    assert found.table["kind"].tolist()[:2] == ["forecast", "published"]
    assert found.entries[0]["forecast"]["citable"]
    assert found.entries[1]["published"]["on"] == "2026-12-03"
    reference = gm.read_run(ROOT / "results" / "reference" / "august_2026")
    first = found.entries[0]["forecast"]
    if first["run"]["manifest_sha256"] == reference.manifest["sha256"]:  # until that run is made again
        assert first["sentence"] in (ROOT / "README.md").read_text(encoding="utf-8")
        assert gm.claims(reference)["gap.average"].sentence.startswith(first["sentence"])
