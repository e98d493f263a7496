"""The main path: a posterior with divergences is sampled once more, with smaller steps and the settings recorded."""

import pytest

from gapmodel.analysis import CAREFUL_TARGET_ACCEPT, analyse
from gapmodel.fit import CompiledVariant, SamplerSettings
from gapmodel.registry import load_variant

SMALL = SamplerSettings(draws=60, tune=150, chains=2, seed=3)


@pytest.fixture
def sampled(monkeypatch):
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


def test_one_benchmark_has_no_shared_shock(simulated):
    scores, _ = simulated
    one = scores.subset(benchmarks=[scores.benchmarks.index[0]])
    analysis = analyse(one, load_variant("shared_shock"), SMALL)
    assert "shock" not in analysis.fit.posterior
    assert "shock_sd" not in analysis.fit.posterior
    assert analysis.summary["data"]["n_benchmarks"] == 1
