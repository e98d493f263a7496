"""Replicated and predicted lags against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.predictive import latent_lags, log_predictive_density, replicate_lags
from gapmodel.modeling.variant import Variant, linear_trend
from gapmodel.stats.draws import flat

LINE = Variant("line", "", lambda data: None, linear_trend, {}, "line.py")


@pytest.fixture(scope="module")
def data(simulated):
    scores, _ = simulated
    return LagOptions().data(LagOptions().lags(scores))


def _samples(data, n=1, **values):
    """Draws with given values, the same in each draw; level 6, slope -1, no spread."""
    one = {"intercept_population": 6.0, "slope_population": -1.0, "error_sd": 3.0} | values
    chain_draw = ("chain", "draw")
    out = {name: (chain_draw, np.full((1, n), value)) for name, value in one.items()}
    full = (1, n, len(data.benchmark))
    out["intercept"] = ((*chain_draw, "benchmark"), np.full(full, 6.0))
    out["slope"] = ((*chain_draw, "benchmark"), np.full(full, -1.0))
    out["excess_raw"] = ((*chain_draw, "stretch"), np.zeros((1, n, len(data.stretch_real))))
    return xr.Dataset(out)


def test_replicated_errors_have_the_sd_and_correlation_of_the_process(data):
    n = 4000
    lags = replicate_lags(LINE, _samples(data, n, error_length=4.0), data, seed=1)
    error = lags - (6.0 - data.years)[None, None, :]
    # Draws are independent: an SD of n values has a relative error of 1/sqrt(2n), a correlation one of 1/sqrt(n).
    assert error[:, 0].std(axis=0) == pytest.approx(np.full(len(data.month), 3.0), rel=4 / np.sqrt(2 * n))
    step = 12 * (data.years[11] - data.years[10])
    seen = np.corrcoef(error[:, 0, 10], error[:, 0, 11])[0, 1]
    assert seen == pytest.approx(np.exp(-step / 4.0), abs=4 / np.sqrt(n))
    assert abs(np.corrcoef(error[:, 0, 10], error[:, 1, 10])[0, 1]) < 4 / np.sqrt(n)


def test_a_benchmark_with_a_scale_has_wider_errors(data):
    scale = np.ones((1, 4000, len(data.benchmark)))
    scale[..., 1] = 2.5
    samples = _samples(data, 4000).assign(error_scale=(("chain", "draw", "benchmark"), scale))
    z = (replicate_lags(LINE, samples, data, seed=1)[:, :2, 5] - (6.0 - data.years[5])) / 3.0
    assert stats.kstest(z[:, 0], stats.norm.cdf).pvalue > 1e-3
    assert stats.kstest(z[:, 1] / 2.5, stats.norm.cdf).pvalue > 1e-3


def _held_out(data):
    column = np.arange(len(data.month))
    cells = np.zeros(data.observed.shape, dtype=bool)
    cells[:, -4:] = True
    train = data.only(np.broadcast_to(column < len(column) - 4, data.observed.shape))
    return train, cells


@pytest.mark.parametrize("scale", [1.0, 1.7])
def test_density_is_the_conditional_one_of_the_process(data, scale):
    train, cells = _held_out(data)
    scales = (("chain", "draw", "benchmark"), np.full((1, 1, len(data.benchmark)), scale))
    samples = _samples(train, 1, error_length=4.0)
    samples = samples if scale == 1.0 else samples.assign(error_scale=scales)
    got = log_predictive_density(LINE, samples, train, data, cells)
    rows, columns = np.nonzero(cells & (data.observed > 0))
    assert len(got) == len(rows) > 5
    filled = latent_lags(samples, train)[0]
    kinds = set()
    for k, (b, t) in enumerate(zip(rows, columns)):
        seen = np.flatnonzero(train.observed[b])
        mean, sd = 6.0 - data.years[t], 3.0 * scale
        if len(seen):
            last = seen[-1]
            rho = np.exp(-12 * (data.years[t] - data.years[last]) / 4.0)
            mean += rho * (filled[b, last] - (6.0 - data.years[last]))
            sd *= np.sqrt(1 - rho**2)
        z = (data.value[b, t] - mean) / sd
        censored = data.censoring[b, t]
        kinds.add(int(censored))
        expected = stats.norm.logpdf(z) - np.log(sd) if censored == 0 else stats.norm.logsf(censored * z)
        assert got[k] == pytest.approx(expected, rel=1e-9)
    assert 0 in kinds


def test_censored_outcomes_score_the_tail(data):
    train, cells = _held_out(data)
    b, t = next(zip(*np.nonzero(cells & (data.observed > 0) & (data.censoring == 0))))
    one = np.zeros_like(cells)
    one[b, t] = True
    for sign, tail in ((1.0, stats.norm.sf), (-1.0, stats.norm.cdf)):
        lag = data.lag.copy()
        lag[b, t] = 0.0
        target = replace(
            data,
            lag=lag,
            censored_benchmark=np.append(data.censored_benchmark, b),
            censored_month=np.append(data.censored_month, t),
            censored_bound=np.append(data.censored_bound, 7.0),
            censored_sign=np.append(data.censored_sign, sign),
        )
        got = log_predictive_density(LINE, _samples(train), train, target, one)
        assert got[0] == pytest.approx(np.log(tail((7.0 - (6.0 - data.years[t])) / 3.0)))


def test_draws_are_averaged_as_densities(data):
    train, cells = _held_out(data)
    both = _samples(train, 2)
    both["error_sd"] = (("chain", "draw"), np.array([[1.0, 5.0]]))
    parts = [log_predictive_density(LINE, _samples(train, error_sd=sd), train, data, cells) for sd in (1.0, 5.0)]
    got = log_predictive_density(LINE, both, train, data, cells)
    np.testing.assert_allclose(got, np.log(np.mean(np.exp(parts), axis=0)))


def test_the_shock_moves_the_prediction(data):
    train, cells = _held_out(data)
    samples = _samples(train)
    shocked = samples.assign(shock=(("chain", "draw", "month"), np.full((1, 1, len(data.month)), 2.0)))
    lifted = samples.assign(intercept=samples["intercept"] + 2.0)
    np.testing.assert_allclose(
        log_predictive_density(LINE, shocked, train, data, cells),
        log_predictive_density(LINE, lifted, train, data, cells),
    )


def test_draws_of_nothing_have_a_row_each():
    """Censored stretches of a table that has none."""
    none = xr.DataArray(np.zeros((2, 3, 0)), dims=("chain", "draw", "stretch"))
    assert flat(none).shape == (6, 0)
    assert flat(none, "stretch").shape == (6, 0)
    some = xr.DataArray(np.arange(12.0).reshape(3, 2, 2), dims=("draw", "chain", "b"))
    np.testing.assert_array_equal(flat(some), some.transpose("chain", "draw", "b").to_numpy().reshape(6, 2))
