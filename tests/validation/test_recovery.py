"""Known truth: panels from the model itself, and scores from simulated frontiers. Small versions of scripts/."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gapmodel.inference.sampling import SamplerSettings, compile_variant, sample_prior
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.predictive import prior_lag_share, replicate_lags
from gapmodel.modeling.registry import list_variants, load_variant
from gapmodel.validation.recovery import STRAIGHT_LINE, Recovery, recovery_table
from tests.conftest import binomial_range

SETTINGS = SamplerSettings(draws=400, tune=500, chains=2, seed=1)


@pytest.fixture(scope="module")
def data(simulated):
    scores, truth = simulated
    options = LagOptions()
    return options.data(options.lags(scores), months=truth.months)


# A model of the scores is not fitted to lags: tests/validation/test_latent_recovery.py recovers it from scores.
OF_LAGS = sorted(name for name in list_variants() if not load_variant(name).view.of_scores)
# One with its Gaussian parts integrated out, one without; `--every-variant` asks for all.
ALWAYS = ("shared_shock", "hierarchical_ou")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in ALWAYS else pytest.mark.every_variant) for n in OF_LAGS]
)
def test_panels_simulated_from_the_model_are_recovered(name, data):
    """Parameters and panels drawn from the prior: 90 % intervals cover about 90 % of the time."""
    variant = load_variant(name)
    n = 25
    prior = sample_prior(variant, data, draws=n, seed=11)
    panels = replicate_lags(variant, prior, data, seed=12)
    compiled = compile_variant(variant, data)
    watched = [k for k in ("intercept_population", "slope_population", "error_sd", "error_length") if k in prior]
    covered = dict.fromkeys(watched, 0)
    rng = np.random.default_rng(13)
    for k in range(n):
        posterior = compiled.with_data(_censored(panels[k], data, rng)).sample(replace(SETTINGS, seed=k)).posterior
        for key in watched:
            low, high = np.quantile(posterior[key], [0.05, 0.95])
            covered[key] += bool(low <= float(prior[key].isel(chain=0, draw=k)) <= high)
    least, _ = binomial_range(n, 0.9)
    assert all(count >= least for count in covered.values()), covered


def _censored(panel, data, rng):
    """Type I censoring of the stretches of `data`: limits drawn apart from the lags.

    A stretch that begins beyond its limit shows its steps, and its level only as beyond the limit.
    """
    cells = (data.censored_benchmark, data.censored_month)
    value = panel[cells]
    begin = value[[np.flatnonzero(data.censored_stretch == r)[0] for r in range(len(data.stretch_real))]]
    limit = rng.normal(8.0, 6.0, len(begin))
    hidden = (begin > limit)[data.censored_stretch]
    lag = np.where(data.observed > 0, panel, 0.0)
    lag[cells] = np.where(hidden, 0.0, value)
    bound = np.where(hidden, value - (begin - limit)[data.censored_stretch], 0.0)
    real = (begin > limit).astype(float)
    return replace(data, lag=lag, censored_bound=bound, censored_sign=hidden.astype(float), stretch_real=real)


@pytest.mark.parametrize("name", sorted(list_variants()))
def test_prior_lags_are_plausible(name, data, simulated):
    variant = load_variant(name)
    if variant.view.of_scores:
        scores, truth = simulated
        data = LagOptions().data(LagOptions().lags(scores), months=truth.months, view=variant.view)
    prior = sample_prior(variant, data, draws=2000, seed=3)
    # 2,000 draws: a share of 0.95 has a Monte Carlo error of at most 0.005.
    assert prior_lag_share(variant, prior, data, seed=4) >= 0.95


def test_known_lag_small_table():
    """Small version of scripts/check_default.py: the default covers, independent errors are far too sure."""
    recovery = Recovery(SETTINGS, simulation={"n_benchmarks": 12})
    rows = [
        recovery.job(STRAIGHT_LINE if method == STRAIGHT_LINE else load_variant(method), scenario, seed)
        for method in ("shared_shock", "hierarchical_iid", STRAIGHT_LINE)
        for scenario in (("constant",) if method == "hierarchical_iid" else ("constant", "closing", "opening"))
        for seed in range(100, 103)
    ]
    by_scenario = recovery_table(pd.DataFrame(rows))
    table = by_scenario.groupby("method").mean(numeric_only=True)
    least, _ = binomial_range(9, 0.9)
    assert table.loc["shared_shock", "slope_coverage"] * 9 >= least
    assert table.loc["shared_shock", "gap_coverage"] * 9 >= least
    # The shared shock and the time correlation are what widens: at least twice, on the same panels.
    width = by_scenario.query("scenario == 'constant'").set_index("method")["slope_width"]
    assert width["shared_shock"] > 2 * width["hierarchical_iid"]
    constant = pd.DataFrame(rows).query("method == 'shared_shock' and scenario == 'constant'")
    assert (constant["probability_12"] > 0.5).sum() == 0


def test_jobs_do_not_depend_on_their_order():
    first, second = Recovery(SETTINGS), Recovery(SETTINGS)
    a = [first.job(STRAIGHT_LINE, "constant", seed) for seed in (3, 4)]
    b = [second.job(STRAIGHT_LINE, "constant", seed) for seed in (4, 3)][::-1]
    assert a == b
