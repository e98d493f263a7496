"""Calibration: bands and ranks by hand and against ArviZ, censoring of simulated panels, and planted bugs.

How large the planted-bug tests are. With n simulations the distribution function of the ranks has a standard error of
at most 0.5 / sqrt(n). A slope whose prior SD is halved, on a panel that says little of slopes, puts 26 % of ranks below
0.1 (a normal beyond 0.64 in place of 1.28) where the standard error is 0.03 at n = 90: caught in 99 of 100 seeds. A
wrong sign moves the level by about its posterior SD, and independence leaves the log density of the truth below nearly
all draws, where a third of that number is plenty. A bug counts as caught at an adjusted p below 0.01; a correct model
falls below that for 1 seed in 100, and fails its own test (0.001) for 1 in 1,000.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pymc as pm
import pytest
import xarray as xr
from arviz_stats.ecdf_utils import ecdf_pit

from gapmodel.errors import ConfigError
from gapmodel.inference.sampling import SamplerSettings, compile_variant, sample_prior
from gapmodel.modeling.panel_data import panel_data
from gapmodel.modeling.predictive import latent_lags
from gapmodel.modeling.registry import load_variant
from gapmodel.plot import plot_ecdf_differences
from gapmodel.stats.uniformity import band, holm, uniformity
from gapmodel.validation.calibration import calibration_table, prior_draws, run_calibration
from gapmodel.validation.sbc import censor, error_log_density, randomised_rank, rank_simulation, simulate

SETTINGS = SamplerSettings(draws=250, tune=250, chains=2, target_accept=0.9)


def _panel(lag, censoring, stretch, *, first="2024-01-31"):
    """Model arrays of given lags (NaN: not observed), censoring and stretches, without start-up rules."""
    n_benchmarks, n_months = np.shape(lag)
    grid = ("benchmark", "month")
    long_ago = np.full(n_benchmarks, np.datetime64("2020-01-01"))
    panel = xr.Dataset(
        {
            "lag": (grid, np.asarray(lag, dtype=float)),
            "observed": (grid, ~np.isnan(lag)),
            "censoring": (grid, np.asarray(censoring)),
            "stretch": (grid, np.asarray(stretch)),
            "leader_first": ("benchmark", long_ago),
            "follower_first": ("benchmark", long_ago),
            "category": ("benchmark", ["any"] * n_benchmarks),
        },
        coords={
            "benchmark": [f"b{k}" for k in range(n_benchmarks)],
            "month": pd.date_range(first, periods=n_months, freq="ME"),
        },
    )
    return panel_data(panel, leader_start_up_months=0.0, follower_start_up_months=0.0)


@pytest.fixture(scope="module")
def small():
    """5 benchmarks × 15 months; the first two stretches of 3 months of each are censored beyond 6 months."""
    return _beginning_censored(0, 15)


def _beginning_censored(first, n_months):
    """Lags of `n_months` of the 15 months, from the month `first` on."""
    month = np.tile(np.arange(15), (5, 1)) - first
    lag = np.where((month >= 0) & (month < n_months), 6.0, np.nan)
    return _panel(lag, ((month >= 0) & (month < 6)).astype(int), month // 3)


# Ranks and bands.


def test_band_is_that_of_arviz():
    """Counts differ by one at most: both bands are simulated."""
    own = band(100)
    at, _, lower, upper = ecdf_pit(np.linspace(0.01, 0.99, 100), 0.95, 5000, rng=np.random.default_rng(1))
    np.testing.assert_allclose(own.at, at[1:-1])
    assert np.abs(own.lower - lower[1:-1]).max() <= 0.01 + 1e-9
    assert np.abs(own.upper - upper[1:-1]).max() <= 0.01 + 1e-9


def test_p_values_of_uniform_samples_are_uniform_and_agree_with_the_band():
    rng = np.random.default_rng(2)
    limits, p = band(60), []
    for _ in range(400):
        u = rng.random(60)
        ecdf = np.searchsorted(np.sort(u), limits.at, side="right") / 60
        inside = bool(((ecdf >= limits.lower - 1e-12) & (ecdf <= limits.upper + 1e-12)).all())
        found = uniformity(u)
        assert found.inside == inside
        p.append(found.p_value)
    # 400 shares of 0.05 and 0.5: standard errors 0.011 and 0.025.
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=4 * 0.011)
    assert np.mean(np.array(p) < 0.5) == pytest.approx(0.5, abs=4 * 0.025)


@pytest.mark.parametrize(
    ("values", "mean", "spread"),
    [(lambda u: u**2, "low", None), (lambda u: 0.5 + 0.4 * (u - 0.5), None, "low"), (lambda u: u**0.5, "high", None)],
)
def test_other_distributions_are_found_and_described(values, mean, spread):
    u = (np.arange(300) + 0.5) / 300
    found = uniformity(values(u))
    assert not found.inside
    assert found.p_value < 0.001
    if mean is not None:
        assert (found.mean < 0.4) if mean == "low" else (found.mean > 0.6)
    if spread is not None:
        assert found.spread == pytest.approx(0.4, abs=0.01)


def test_uniformity_refuses_what_is_no_sample():
    for values in ([0.5], [0.5, 1.2], [0.5, np.nan]):
        with pytest.raises(ValueError, match="need two"):
            uniformity(values)


def test_holm_by_hand():
    # Sorted 0.01 × 3, 0.02 × 2, 0.03 × 1, never falling.
    np.testing.assert_allclose(holm([0.03, 0.01, 0.02]), [0.04, 0.03, 0.04])
    np.testing.assert_allclose(holm([0.9, 0.8]), [1.0, 1.0])


def test_rank_by_hand():
    draws = np.array([1.0, 2.0, 3.0])
    assert randomised_rank(2.5, draws, uniform=0.5) == pytest.approx((2 + 0.5) / 4)
    # Two of three draws tie with the truth: ranks 1, 2 and 3 are as likely.
    assert randomised_rank(1.0, np.array([0.0, 1.0, 1.0]), uniform=0.0) == pytest.approx(1 / 4)
    assert randomised_rank(1.0, np.array([0.0, 1.0, 1.0]), uniform=1.0) == pytest.approx(1.0)


def test_ranks_of_indicators_are_uniform():
    """0 and 1 with any probability: ties are broken at random."""
    rng = np.random.default_rng(3)
    u = []
    for _ in range(300):
        p = rng.beta(1.0, 3.0)
        u.append(randomised_rank(float(rng.random() < p), (rng.random(50) < p).astype(float), uniform=rng.random()))
    assert uniformity(u).p_value > 0.001


# Simulated panels.


def test_censoring_by_hand():
    """One stretch hidden beyond +6, one seen, one hidden beyond -2 on the other side."""
    nan = np.nan
    lag = [[6.0, 7.0, nan, 6.0, 7.0, 1.0], [-2.0, -3.0, 0.0, 0.0, 0.0, 0.0]]
    data = _panel(lag, [[1, 1, 0, 1, 1, 0], [-1, -1, 0, 0, 0, 0]], [[0, 0, 1, 2, 2, 3], [0, 0, 1, 1, 1, 1]])
    lags = np.array([[9.0, 9.5, 4.0, 5.0, 8.0, 1.0], [-5.0, -4.0, 0.5, 0.5, 0.5, 0.5]])
    censored, raw = censor(lags, data, rng=np.random.default_rng(4))
    expected = [
        [6.0, 6.5, nan, 5.0, 8.0, 1.0],  # begins 3 beyond 6: bounds keep its steps; begins at 5, short of 6: seen whole
        [-2.0, -1.0, 0.5, 0.5, 0.5, 0.5],  # begins 3 beyond -2
    ]
    np.testing.assert_allclose(censored.value, expected)
    np.testing.assert_array_equal(censored.censoring, [[1, 1, 0, 0, 0, 0], [-1, -1, 0, 0, 0, 0]])
    samples = xr.Dataset({"excess_raw": (("chain", "draw", "stretch"), raw[None, None])})
    truth = np.where(data.observed > 0, lags, 0.0)
    np.testing.assert_allclose(latent_lags(samples, censored)[0], truth)
    for name, values in censored.arrays.items():
        assert values.shape == data.arrays[name].shape


@pytest.mark.parametrize("name", ["hierarchical_iid", "student_t"])
def test_log_density_is_that_of_the_model(name, small):
    """NumPy against the model's potential, at prior draws with their simulated lags."""
    variant = load_variant(name)
    prior = sample_prior(variant, small, draws=3, seed=5)
    for k in range(3):
        simulation = simulate(variant, prior.isel(draw=[k]), small, seed=k)
        model = variant.build(simulation.data)
        point = {rv: simulation.truth[rv.name].isel(chain=0, draw=0).to_numpy() for rv in model.free_RVs}
        # The potential is a function of the random variables themselves; values take their places.
        theirs = float(model["errors"].eval(point, mode="FAST_COMPILE", on_unused_input="ignore"))
        own = float(error_log_density(variant, simulation.truth, simulation.data).item())
        assert own == pytest.approx(theirs, rel=1e-9)


def test_prior_draws_do_not_depend_on_their_number(small):
    variant = load_variant("pooled")
    few, many = (prior_draws(variant, small, n=n, seed=6) for n in (3, 501))
    xr.testing.assert_equal(few, many.isel(draw=slice(3)))
    assert len(np.unique(many["slope_population"])) == 501


# A correct model passes, and planted bugs are caught.

N_SIMULATIONS = 60
CAUGHT, SPARED = 0.01, 0.001


def _simulated(data, n):
    """Panels from the hierarchical model with OU errors, with their truths."""
    variant = load_variant("hierarchical_ou")
    prior = prior_draws(variant, data, n=n, seed=7)
    return [simulate(variant, prior.isel(draw=[k]), data, seed=k) for k in range(n)]


@pytest.fixture(scope="module")
def simulations(small):
    made = _simulated(small, N_SIMULATIONS)
    hidden = np.mean([simulation.data.stretch_real.mean() for simulation in made])
    assert 0.3 < hidden < 0.8, "about half of the stretches are beyond their limit"
    return made


@pytest.fixture(scope="module")
def compiled(small):
    """The model of the simulations, compiled once: bugs are planted in what it is told of panel and prior.

    Its slope's prior SD is data, which nothing else differs in from the file's.
    """
    variant, normal = load_variant("hierarchical_ou"), pm.Normal

    def as_data(name, mu, sd, **more):
        return normal(name, mu, pm.Data("slope_prior_sd", [sd])[0] if name == "slope_population" else sd, **more)

    def build(data):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pm, "Normal", as_data)
            return variant.build(data)

    return compile_variant(replace(variant, build=build), small)


def _calibrated(compiled, simulations, *, told=lambda data: data):
    """Calibration table of fits to the simulations, by quantity; `told` is what the model is given of a panel."""
    rows = []
    for k, simulation in enumerate(simulations):
        fit = compiled.with_data(told(simulation.data)).sample(replace(SETTINGS, seed=k))
        rows += [{"variant": fit.variant.name} | row for row in rank_simulation(fit, simulation.truth, seed=k)]
    return calibration_table(pd.DataFrame(rows)).set_index("quantity")


def test_a_correct_model_passes(compiled, simulations):
    table = _calibrated(compiled, simulations)
    assert set(table.index) == {
        "intercept_population", "intercept_sd", "slope_population", "slope_sd", "error_sd", "error_length",
        "average_gap", "average_slope", "zero_within_24_months", "log_likelihood",
    }  # fmt: skip
    assert (table["n"] == N_SIMULATIONS).all()
    assert (table["p_adjusted"] > SPARED).all(), table


def test_a_wrong_sign_of_the_censoring_is_caught(compiled, simulations):
    table = _calibrated(compiled, simulations[:30], told=lambda data: replace(data, censored_sign=-data.censored_sign))
    assert table.loc["intercept_population", "p_adjusted"] < CAUGHT
    # Lags above their bounds are taken for lags below: the posterior lies too low, the truth above it.
    assert table.loc["intercept_population", "mean"] > 0.6


def test_errors_treated_as_independent_are_caught(compiled, simulations):
    """Where months are a thousand times as far apart, nothing is left of a correlation."""
    table = _calibrated(compiled, simulations[:30], told=lambda data: replace(data, gap=1000.0 * data.gap))
    assert table.loc["log_likelihood", "p_adjusted"] < CAUGHT
    # Spread between benchmarks stands in for what lags share over time, and the truth fits far worse than the draws.
    assert table.loc["log_likelihood", "mean"] < 0.2


def test_a_prior_twice_too_narrow_is_caught(compiled):
    """On 8 months, which say little of slopes: what lags say outweighs any prior. Months around them keep the shape."""
    half = 0.5 * compiled.variant.build(compiled.data)["slope_prior_sd"].get_value()
    planted = replace(compiled, compiled=compiled.compiled.with_data(slope_prior_sd=half))
    table = _calibrated(planted, _simulated(_beginning_censored(3, 8), 90))
    assert table.loc["slope_population", "p_adjusted"] < CAUGHT
    assert table.loc["slope_population", "spread"] > 1.1


# The folder.


def _resumable(folder, small, **keywords):
    settings = SamplerSettings(draws=60, tune=100, chains=2, seed=8)
    return run_calibration(
        ["pooled"], {"monthly": small}, folder, settings=settings, about={"panel": "small"}, **keywords
    )


def test_folder_is_written_and_resumes(tmp_path, small):
    first = _resumable(tmp_path / "c", small, n=3)
    names = {
        "spec.json",
        "jobs",
        "ranks.csv",
        "calibration.csv",
        "ecdf_pooled.png",
        "ecdf_pooled.svg",
        "ecdf_pooled.pdf",
    }
    assert {p.name for p in (tmp_path / "c").iterdir()} == names
    ranks = pd.read_csv(tmp_path / "c" / "ranks.csv")
    assert len(ranks) == 3 * len(first.table)
    assert ranks["u"].between(0.0, 1.0).all()
    ticks = []
    more = _resumable(tmp_path / "c", small, n=4, progress=lambda *tick: ticks.append(tick))
    assert ticks[0] == ("starting", 3, 4)
    assert (more.table["n"] == 4).all()
    pd.testing.assert_frame_equal(more.ranks[more.ranks["simulation"] < 3].reset_index(drop=True), first.ranks)
    with pytest.raises(ConfigError, match="other data or settings"):
        run_calibration(["pooled"], {"monthly": small}, tmp_path / "c", n=3, about={"panel": "another"})
    with pytest.raises(ConfigError, match="at least 2"):
        _resumable(tmp_path / "d", small, n=1)


def test_a_deviation_is_told_by_table_and_figure():
    """Ranks on the left half only: outside, and marked; uniform ones beside it: inside."""
    good = (np.random.default_rng(9).permutation(100) + 0.5) / 100
    parts = [
        pd.DataFrame({"variant": "any", "quantity": name, "u": u, "ess": 400.0})
        for name, u in (("fine", good), ("off", good / 2))
    ]
    ranks = pd.concat(parts)
    table = calibration_table(ranks)
    assert table["passed"].tolist() == table["inside_band"].tolist() == [True, False]
    assert table.loc[1, "max_deviation"] == pytest.approx(0.5, abs=0.01)
    figure = plot_ecdf_differences(ranks, table, title="a test")
    titles = [ax.get_title() for ax in figure.axes if ax.get_visible()]
    assert [("†" in title) for title in titles] == [False, True]
