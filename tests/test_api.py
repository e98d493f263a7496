"""The notebook lines of the front door, from scores to a sentence."""

import datetime
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import gapmodel as gm
from gapmodel.analysis.sentences import estimate_text, headline
from tests.support.sampler import prior_draws

REFERENCE = Path(__file__).parents[1] / "results" / "reference" / "august_2026"


@pytest.fixture(scope="module")
def scores():
    return gm.load_scores(pool=["gpqa diamond", "SimpleBench", "weirdml"])


@pytest.fixture(scope="module")
def run(scores):
    with pytest.MonkeyPatch.context() as patch:
        prior_draws(patch)
        return gm.fit(scores, "pooled", quick=True, progress=False, seed=1)


def test_every_public_name_is_there():
    assert [name for name in gm.__all__ if not hasattr(gm, name)] == []
    assert dir(gm) == sorted(gm.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'fitt'"):
        gm.fitt  # noqa: B018


def test_data(scores):
    assert list(scores.benchmarks.index) == ["GPQA diamond", "SimpleBench", "WeirdML"]
    assert len(gm.load_scores("epoch_2026-05", categories=["mathematics"], exclude_organizations=["OpenAI"]).table)
    lags = gm.compute_lags(
        gm.load_scores(), cutoff="2026-03-31", leader="country=United States of America", follower="country=China"
    )
    assert lags.panel["lag"].dims == ("benchmark", "month")
    assert str(lags.panel["month"].to_numpy()[-1])[:10] == "2026-03-31"
    with pytest.raises(gm.errors.ConfigError, match="did you mean 'cutoff'"):
        gm.compute_lags(scores, cutof="2026-03-31")
    with pytest.raises(ValueError, match="give an ISO date"):
        gm.compute_lags(scores, cutoff="spring")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda s: gm.compute_lags(s, cutoff=20250101), "cutoff is 20250101: give an ISO date"),
        (lambda s: gm.compute_lags(s, grace_months="2"), "grace_months is '2': give a number"),
        (lambda s: gm.fit(s, draws="many"), "draws is 'many': give a whole number"),
        (lambda s: gm.fit(s, draws=500.5), "draws is 500.5: give a whole number"),
        (lambda s: gm.fit("scores.csv"), r"scores is a str: give what gm.load_scores gives"),
        (lambda s: gm.compute_lags(s, grace_months=1.5), "grace_months is 1.5: give a whole number"),
        (lambda s: gm.compute_lags(s, clamp="no"), "clamp is a str: give True or False"),
        (lambda s: gm.compute_lags(s, leader_start_up_months=-1), "leader_start_up_months is -1: give 0 to 1200"),
        (lambda s: gm.compute_lags(s, follower_start_up_months=np.inf), "follower_start_up_months is inf: give 0"),
        (lambda s: gm.compute_lags(s, leader=5), "leader is an int: give one such as"),
        (lambda s: gm.compute_lags(s, "default"), "options is a str: give gm.LagOptions"),
        (lambda s: gm.fit(s, 3), "the variant is an int: give its name"),
        (lambda s: gm.fit(s, settings={"draws": 100}), "settings is a dict: give gm.SamplerSettings"),
        (lambda s: gm.fit(s, priors="Normal(0, 1)"), "priors is a str: give a mapping"),
        (lambda s: gm.fit(s, accept="one_source"), "accept is a str: give a mapping"),
        (lambda s: gm.fit(s, horizon_years="ten"), "horizon_years is a str: give a number"),
        (lambda s: gm.compare(["damped", "pooled"]), "scores is a list: give what gm.load_scores gives"),
        (lambda s: gm.backtest("damped"), "scores is a str"),
        (lambda s: gm.revisions("epoch_2026-05"), "scores is a str"),
        (lambda s: gm.sensitivity(s.table), "scores is a DataFrame"),
        (lambda s: gm.influence(s, options={}), "options is a dict: give gm.LagOptions"),
        (lambda s: gm.backtest(s, first=2024), "first is 2024: give an ISO date"),
        (lambda s: gm.backtest(s, "dampd"), "unknown variant 'dampd'"),  # not letter by letter
        (lambda s: gm.calibrate("dampd", n=2), "unknown variant 'dampd'"),
        (lambda s: gm.calibrate(n=2.5), "n is a float: give a whole number"),
        (lambda s: gm.false_alarms(n=True), "n is a bool: give a whole number"),
        (lambda s: gm.claims(None), "run is a NoneType: give what gm.fit or gm.read_run gives"),
        (lambda s: gm.write_report("results/run", "page.html"), "run is a str"),
        (lambda s: gm.simulate_scores(seed="a"), "seed is a str: give a whole number"),
        (lambda s: gm.simulate_scores(seed=-1), "seed is -1"),
        (lambda s: gm.simulate_scores(seed=1, n_bench=3), "did you mean 'n_benchmarks'"),
        (lambda s: gm.read_run(REFERENCE).zero_date("0.5"), "q is '0.5': give a probability"),
        (lambda s: gm.read_run(REFERENCE).probability_zero(2027), "2027.* is no date"),
    ],
)
def test_wrong_arguments_are_one_clear_error(call, says, scores):
    with pytest.raises(gm.errors.GapmodelError, match=says):
        call(scores)


def test_one_fit(run):
    entry = run.summary["average_gap_months"]
    assert (run.gap.median, run.gap.lower) == (entry["median"], entry["interval"]["lower"])
    assert headline(run.summary) in repr(run)
    assert repr(run.slope).startswith(estimate_text(run.summary, "slope_months_per_year"))
    assert len(repr(run).splitlines()) <= 10
    assert len(repr(run.lags).splitlines()) <= 10
    assert "<table" in run._repr_html_()
    zero = run.summary["zero_lag"]
    by = zero["probability_by"][0]
    assert run.probability_zero(by["date"]).value == by["probability"]
    assert run.probability_zero(by["date"]).never == zero["probability_never"]
    for q in (0.05, 0.5):
        wanted = zero["date_quantiles"][f"{q:g}"]
        assert run.zero_date(q) == (None if wanted is None else datetime.date.fromisoformat(wanted))
    with pytest.raises(gm.errors.ConfigError, match="is outside"):
        run.probability_zero("2090-12-31")
    assert run.draws["average_gap"].dims == ("chain", "draw")
    assert (run.settings.seed, run.variant.name, run.options) == (1, "pooled", gm.LagOptions())
    assert not run.citable
    assert {"posterior", "prior", "posterior_predictive", "observed_data"} <= set(run.idata.children)


def test_one_benchmark_is_drawn_by_any_of_its_names(run):
    reference = gm.read_run(REFERENCE)
    for name in ("GPQA diamond", "gpqa DIAMOND", "gpqa_diamond"):
        assert len(run.plot.benchmark(name).axes) == 2
    assert reference.plot.benchmark("METR Time Horizons (average score)")
    with pytest.raises(gm.errors.UnknownNameError, match="did you mean 'GPQA Diamond'"):
        run.plot.benchmark("gpqa")
    variant = gm.load_variant("shared_shock")
    assert len(repr(variant).splitlines()) <= 10
    assert "slope_population" in variant._repr_html_()


def test_a_run_is_the_same_from_its_folder(run, tmp_path):
    again = gm.read_run(run.save(tmp_path / "run"))
    assert again.summary == json.loads(json.dumps(run.summary))
    assert (repr(again), again.gap, again.zero_date(0.3)) == (repr(run), run.gap, run.zero_date(0.3))
    for name in ("per_benchmark", "frontiers"):
        assert list(getattr(again, name).columns) == list(getattr(run, name).columns)
    np.testing.assert_array_equal(again.lags.panel["lag"], run.lags.panel["lag"])
    np.testing.assert_array_equal(again.idata["posterior"]["error_sd"], run.idata["posterior"]["error_sd"])
    assert again.run_id == run.run_id
    with pytest.raises(gm.errors.ConfigError, match="copy that folder"):
        again.save(tmp_path / "other")
    drawn = [getattr(run.plot, name)() for name in ("trend", "forest", "zero_probability")]
    assert all(isinstance(figure, Figure) for figure in drawn)
    assert again.plot.zero_probability()


def test_a_run_of_the_release_candidate_is_refused_with_what_to_do(run, tmp_path):
    folder = run.save(tmp_path / "run")
    summary = json.loads((folder / "summary.json").read_text())
    del summary["schema_version"]
    (folder / "summary.json").write_text(json.dumps(summary))
    manifest = json.loads((folder / "manifest.json").read_text())
    import hashlib

    manifest["files"]["summary.json"] = hashlib.sha256((folder / "summary.json").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(gm.errors.DataError, match=r"written by an earlier gapmodel: make the run again"):
        gm.read_run(folder)


def test_other_priors_reach_the_posterior_and_the_manifest(scores, run):
    narrow = gm.fit(
        scores, "pooled", quick=True, progress=False, seed=1, priors={"slope_population": gm.Normal(0, 0.01)}
    )
    assert narrow.slope.sd < 0.05 < run.slope.sd
    assert narrow.run_id != run.run_id
    assert narrow.manifest["variant"]["priors"]["slope_population"].startswith("Normal(0, 0.01)")
    assert narrow.manifest["variant"]["other_priors"] == {"slope_population": "Normal(0, 0.01)"}
    with pytest.raises(gm.errors.UnknownNameError, match="slope_population"):
        gm.fit(scores, "pooled", quick=True, progress=False, priors={"slope_populaton": gm.Normal(0, 1)})


def test_words(run, tmp_path):
    claims = gm.claims(run, draft=True)
    assert "months" in claims["gap.average"].sentence
    with pytest.raises(gm.errors.CheckError):
        gm.claims(run)
    page = gm.write_report(run, tmp_path / "page.html")
    assert run.run_id in page.read_text(encoding="utf-8")


def test_studies_without_a_folder(scores, tmp_path):
    study = gm.false_alarms(["straight_line"], n=2, regimes=["dense"], scenarios=["constant"])
    assert len(repr(study).splitlines()) <= 10
    assert study.plot()
    folder = study.save(tmp_path / "study")
    again = gm.false_alarms(["straight_line"], n=2, regimes=["dense"], scenarios=["constant"], folder=folder)
    assert again.table.equals(study.table), "the saved folder is resumed"
    simulated = gm.simulate_scores(seed=3, scenario="closing", n_benchmarks=4, n_months=24)
    assert "Scores 'simulated closing" in repr(simulated)
    with pytest.raises(gm.errors.UnknownNameError, match="did you mean 'closing'"):
        gm.simulate_scores(seed=3, scenario="closin")
    assert gm.load_variant("levelling").name in gm.list_variants()
