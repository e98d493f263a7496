"""The main path: sampled once more where there are divergences; what its summary counts, and within what time."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gapmodel.analysis.analyse import CAREFUL_TARGET_ACCEPT, analyse
from gapmodel.analysis.summary import data_entry, still_run_entries
from gapmodel.inference.sampling import CompiledVariant, SamplerSettings
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.scores.groups import parse_group
from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import simulate_scores

SMALL = SamplerSettings(draws=60, tune=150, chains=2, seed=3)


@pytest.fixture
def sampled(monkeypatch, without_sampler):
    """Settings of each call of the sampler; the first `troubled` calls report one divergence."""
    calls, troubled = [], [1]
    original = CompiledVariant.sample

    def sample(self, settings, *, progress=None):
        fit = original(self, settings, progress=progress)
        calls.append(settings)
        stats = fit.idata["sample_stats"].to_dataset()
        flags = stats["diverging"] & False
        flags[0, 0] = len(calls) <= troubled[0]
        fit.idata["sample_stats"] = fit.idata["sample_stats"].assign(diverging=flags)
        return fit

    monkeypatch.setattr(CompiledVariant, "sample", sample)
    return calls, troubled


def test_benchmarks_whose_window_ended_half_a_year_ago_are_no_longer_run():
    gap = np.random.default_rng(0).normal([4.0, 6.0, 20.0], 1.0, (2, 50, 3))
    dims = ("chain", "draw", "benchmark")
    gaps = xr.Dataset(
        {"benchmark_gap": (dims, gap), "benchmark_slope": (dims, -gap)}, coords={"benchmark": ["a", "b", "c"]}
    )
    as_of = pd.Timestamp("2026-07-31")
    table = pd.DataFrame({"benchmark": ["a", "b", "c"], "last_month": ["2026-07-31", "2026-01-31", "2025-12-31"]})
    found = still_run_entries(gaps, table, as_of)
    assert found["still_run"] == {"within_months": 6, "benchmarks": ["a", "b"]}
    assert found["still_run_gap_months"]["mean"] == pytest.approx(gap[..., :2].mean())
    assert found["still_run_slope_months_per_year"]["mean"] == pytest.approx(-gap[..., :2].mean())
    none = still_run_entries(gaps, table.assign(last_month="2025-01-31"), as_of)
    assert none == {"still_run": {"within_months": 6, "benchmarks": []}}


def test_divergences_are_answered_by_smaller_steps(simulated, sampled):
    calls, troubled = sampled
    scores, _ = simulated
    analysis = analyse(scores, load_variant("hierarchical_iid"), SMALL)
    assert [c.target_accept for c in calls] == [SMALL.target_accept, CAREFUL_TARGET_ACCEPT]
    assert calls[1].tune == 2 * SMALL.tune
    assert analysis.fit.settings.target_accept == CAREFUL_TARGET_ACCEPT, "what is recorded is what was used"
    assert analysis.summary["diagnostics"]["divergences"] == 0
    calls.clear()
    troubled[0] = 0
    analyse(scores, load_variant("hierarchical_iid"), SMALL)
    assert len(calls) == 1
    calls.clear()
    troubled[0] = 2
    analysis = analyse(scores, load_variant("hierarchical_iid"), SMALL)
    assert len(calls) == 2, "once more, not for ever"
    assert analysis.summary["diagnostics"]["divergences"] == 1
    assert not analysis.summary["citable"]


def test_one_benchmark_has_no_shared_shock(simulated, without_sampler):
    scores, _ = simulated
    one = scores.subset(benchmarks=[scores.benchmarks.index[0]])
    analysis = analyse(one, load_variant("shared_shock"), SMALL)
    assert "shock" not in analysis.fit.posterior
    assert "shock_sd" not in analysis.fit.posterior
    assert analysis.summary["data"]["n_benchmarks"] == 1


def test_within_12_months_means_12_months_whatever_the_horizon(simulated, without_sampler):
    scores, _ = simulated
    variant = load_variant("hierarchical_iid")
    near, far = (analyse(scores, variant, SMALL, horizon_years=years) for years in (0.5, 10.0))
    for name in ("probability_by_12_months", "gap_median"):
        assert near.per_benchmark[name].tolist() == far.per_benchmark[name].tolist()
    assert near.per_benchmark["probability_by_12_months"].between(0.01, 0.99).any(), "else the test says nothing"
    assert near.summary["zero_lag"]["horizon"] < far.summary["zero_lag"]["horizon"]
    assert near.settings == SMALL


def test_what_was_pooled_is_counted_as_of_the_cutoff(simulated):
    scores, _ = simulated
    cutoff = "2024-06-30"
    lags, options = (LagOptions(cutoff=cutoff).lags(scores), LagOptions(cutoff=cutoff))
    data = options.data(lags)
    entry = data_entry(scores, lags, data, pd.Timestamp(cutoff), groups=(options.leader, options.follower))
    known = scores.table[
        (scores.table["release_date"] <= cutoff) & scores.table["benchmark"].isin(list(map(str, data.benchmark)))
    ]
    assert entry["n_scores"] == len(known) < len(scores.table)
    assert entry["n_models"] == known["model"].nunique()
    assert entry["last"] == str(known["release_date"].max().date()) <= cutoff
    nobody = parse_group("model=" + str(known["model"].iloc[0]))
    few = data_entry(scores, lags, data, pd.Timestamp(cutoff), groups=(nobody, nobody))
    assert few["n_models"] == 1, "models of neither group are not counted"


def test_a_table_without_a_bound_is_answered_by_every_variant_of_lags():
    frame, info, _ = simulate_scores(seed=3, n_benchmarks=3, n_months=30)
    scores = validate_scores(frame, info, today=date(2026, 1, 1))
    options = LagOptions()
    assert (options.data(options.lags(scores)).censored_sign == 0).all(), "else the table is not what it is made for"
    analysis = analyse(scores, load_variant("shared_shock"), SMALL)
    assert np.isfinite(analysis.summary["average_gap_months"]["median"])
    assert not analysis.predictive.empty
