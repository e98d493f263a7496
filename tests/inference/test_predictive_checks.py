"""Predictive checks: statistics by hand, and uniform tail probabilities where the model is true."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from gapmodel.inference.predictive_checks import STATISTICS, censoring_limits, panel_statistics, predictive_checks
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.predictive import replicate_lags
from gapmodel.modeling.variant import Variant, linear_trend

LINE = Variant("line", "", lambda data: None, linear_trend, {}, "line.py")


def test_statistics_by_hand():
    lag = np.array([[[1.0, 2.0, 3.0, 0.0], [5.0, 6.0, -1.0, 0.0]]])
    censoring = np.array([[[1, 0, 0, 0], [0, 0, 0, 0]]])
    observed = np.array([[True, True, True, True], [True, True, True, False]])
    got = {name: float(values[0]) for name, values in panel_statistics(lag, censoring, observed).items()}
    assert set(got) == set(STATISTICS)
    # Falls: 3 → 0 and 6 → -1, in 5 pairs of months.
    assert got["tooth_length"] == pytest.approx(5 / 2)
    assert got["tooth_size"] == pytest.approx((3 + 7) / 2)
    assert got["share_censored"] == pytest.approx(1 / 7)
    assert got["share_negative"] == pytest.approx(1 / 7)
    assert got["maximum"] == 6.0
    # Changes: 1, 1, -3 and 1, -7: products 1·1 and 1·(-7), each pair of benchmarks counted twice in two months.
    squares = 1 + 1 + 9 + 1 + 49
    assert got["correlation"] == pytest.approx((2 * (1 - 7) / 4) / (squares / 5))
    first, second = np.array([-0.5, 0.5, 1.5, -1.5]), np.array([5, 6, -1.0]) - 10 / 3
    product = (first[1:] * first[:-1]).sum() + (second[1:] * second[:-1]).sum()
    assert got["autocorrelation"] == pytest.approx(
        (product / 5) / ((np.square(first).sum() + np.square(second).sum()) / 7)
    )


@pytest.fixture(scope="module")
def setting(simulated):
    scores, _ = simulated
    options = LagOptions()
    lags = options.lags(scores)
    data = options.data(lags)
    return data, censoring_limits(lags.panel, data, leader_start_up_months=options.leader_start_up_months)


def test_limits_are_the_bounds_of_the_censored_months(setting):
    data, (upper, lower) = setting
    right = data.censored_sign > 0
    cells = (data.censored_benchmark[right], data.censored_month[right])
    np.testing.assert_allclose(data.censored_bound[right], upper[cells])
    exact = (data.observed > 0) & (data.censoring == 0)
    assert (data.lag <= upper)[exact].all()
    assert (data.lag >= lower)[exact].all()


def _samples(data, n, **values):
    one = {"error_sd": 3.0, "error_length": 4.0} | values
    out = {name: (("chain", "draw"), np.full((1, n), value)) for name, value in one.items()}
    full = (1, n, len(data.benchmark))
    zero = (("chain", "draw"), np.zeros((1, n)))
    out |= {"intercept_population": zero, "slope_population": zero}
    out |= {
        name: (("chain", "draw", "benchmark"), np.full(full, v)) for name, v in (("intercept", 6.0), ("slope", 0.0))
    }
    return xr.Dataset(out)


def _observed_as(data, limits, panel):
    """`data` with another panel seen through the limits."""
    upper, lower = limits
    seen = data.observed > 0
    sign = np.where(seen, (panel > upper).astype(int) - (panel < lower).astype(int), 0)
    rows, columns = np.nonzero(sign)
    bound = np.clip(panel, lower, upper)
    return replace(
        data,
        lag=np.where(seen & (sign == 0), panel, 0.0),
        censored_benchmark=rows,
        censored_month=columns,
        censored_bound=bound[rows, columns],
        censored_sign=sign[rows, columns].astype(float),
        censored_stretch=np.arange(len(rows)),
        stretch_real=np.ones(len(rows)),
    )


def test_a_true_model_is_flagged_as_often_as_it_should_be(setting):
    """Panels from the model itself, at known parameters: tail probabilities are uniform."""
    data, limits = setting
    n = 120
    panels = replicate_lags(LINE, _samples(data, n), data, seed=5)
    tails = []
    for k in range(n):
        seen = _observed_as(data, limits, panels[k])
        tails.append(predictive_checks(LINE, _samples(data, 199), seen, limits, seed=100 + k).set_index("statistic"))
    for name in ("autocorrelation", "tooth_size", "share_censored", "maximum", "correlation"):
        values = [t.loc[name, "tail_probability"] for t in tails]
        assert stats.kstest(values, stats.uniform.cdf).pvalue > 1e-3, name


def test_independent_errors_are_caught(setting):
    data, limits = setting
    panel = replicate_lags(LINE, _samples(data, 1), data, seed=8)[0]
    checks = predictive_checks(
        LINE, _samples(data, 500, error_length=0.01), _observed_as(data, limits, panel), limits, seed=1
    ).set_index("statistic")
    assert checks.loc["autocorrelation", "flagged"]
    assert checks.loc["autocorrelation", "observed"] > checks.loc["autocorrelation", "replicated_upper"]
