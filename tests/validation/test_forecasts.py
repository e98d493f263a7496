"""Predicted lags against closed forms, and naive forecasts by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gapmodel.errors import UnknownNameError
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.predictive import forecast_moments, log_predictive_density, predict_lags
from gapmodel.modeling.variant import Variant, linear_trend
from gapmodel.stats.proper_scores import mixture_log_score
from gapmodel.validation.baseline_forecasts import FLOOR_SD, History, error_sds, point_forecast
from gapmodel.validation.forecasts import Forecast
from gapmodel.validation.replay import prepare
from tests.support.replays import CUTOFFS

LINE = Variant("line", "", lambda data: None, linear_trend, {}, "line.py")


@pytest.fixture(scope="module")
def pairs(simulated):
    return prepare(simulated[0], LagOptions(), CUTOFFS)[0]


# --- predicted lags ---------------------------------------------------------------------------------------------------


def _samples(data, n, **values):
    one = {"intercept_population": 6.0, "slope_population": -1.0, "error_sd": 3.0} | values
    out = {name: (("chain", "draw"), np.full((1, n), value)) for name, value in one.items()}
    full = (1, n, len(data.benchmark))
    out["intercept"] = (("chain", "draw", "benchmark"), np.full(full, 6.0))
    out["slope"] = (("chain", "draw", "benchmark"), np.full(full, -1.0))
    out["excess_raw"] = (("chain", "draw", "stretch"), np.zeros((1, n, len(data.stretch_real))))
    return xr.Dataset(out)


def test_predicted_lags_are_the_process_given_its_last_value(pairs):
    """Mean, SD and covariance over time of an OU error that starts from the last residual."""
    data = pairs[0][0].data
    n, length = 20_000, 4.0
    lags = predict_lags(LINE, _samples(data, n, error_length=length), data, seed=1)
    b = int(np.flatnonzero((data.observed > 0).any(axis=1))[0])
    last = int(np.flatnonzero(data.observed[b])[-1])
    months = 12 * data.years
    value = lags[0, b, last]
    one, two = last + 2, last + 7
    d1, d2 = months[one] - months[last], months[two] - months[last]
    residual = value - (6.0 - data.years[last])
    for t, d in ((one, d1), (two, d2)):
        rho = np.exp(-d / length)
        sd = 3.0 * np.sqrt(1 - rho**2)
        assert lags[:, b, t].mean() == pytest.approx(6.0 - data.years[t] + rho * residual, abs=4 * sd / np.sqrt(n))
        assert lags[:, b, t].std() == pytest.approx(sd, rel=4 / np.sqrt(2 * n))
    covariance = 9.0 * (np.exp(-(d2 - d1) / length) - np.exp(-(d1 + d2) / length))
    assert np.cov(lags[:, b, one], lags[:, b, two])[0, 1] == pytest.approx(covariance, abs=4 * 9 / np.sqrt(n))
    # Up to the last cell: what was observed, nothing elsewhere.
    seen = data.observed[b, : last + 1] > 0
    exact = seen & (data.censoring[b, : last + 1] == 0)
    np.testing.assert_array_equal(lags[0, b, : last + 1][exact], data.lag[b, : last + 1][exact])
    assert np.isnan(lags[:, b, : last + 1][:, ~seen]).all()


def test_a_benchmark_never_observed_is_predicted_from_the_stationary_law(pairs):
    data = pairs[0][0].data
    data = data.only(np.arange(len(data.benchmark))[:, None] > 0)
    lags = predict_lags(LINE, _samples(data, 4000, error_length=4.0), data, seed=2)[:, 0]
    np.testing.assert_allclose(lags.std(axis=0), 3.0, rtol=4.5 / np.sqrt(8000))
    centre, scale = forecast_moments(LINE, _samples(data, 1, error_length=4.0), data)
    np.testing.assert_allclose(centre[0, 0], 6.0 - data.years)
    np.testing.assert_allclose(scale[0, 0], 3.0)


@pytest.mark.parametrize("length", [{}, {"error_length": 4.0}])
def test_moments_agree_with_draws_and_with_the_predictive_density(simulated, pairs, length):
    replay, _ = pairs[1]
    data = replay.data
    samples = _samples(data, 4000, **length)
    centre, scale = forecast_moments(LINE, samples, data)
    lags = predict_lags(LINE, samples, data, seed=5)
    ahead = ~np.isnan(centre[0])
    sd = scale.mean(axis=0)[ahead]
    assert (np.abs(lags.mean(axis=0)[ahead] - centre.mean(axis=0)[ahead]) < 4.5 * sd / np.sqrt(4000)).all()
    # The same mixture as the one that scores held-out folds.
    options = LagOptions()
    sizes = (len(data.censored_sign), len(data.stretch_real))
    target = options.data(
        options.lags(simulated[0]),
        months=data.month, benchmarks=data.benchmark, pad_censored=sizes, reference_date=data.reference_date,
    )  # fmt: skip
    cells = np.zeros(data.observed.shape, dtype=bool)
    cells[:, replay.ahead] = True
    rows, columns = np.nonzero(cells & (target.observed > 0))
    few = samples.isel(draw=slice(0, 3)).assign(error_sd=(("chain", "draw"), np.array([[1.0, 3.0, 5.0]])))
    centre, scale = (a[:, rows, columns] for a in forecast_moments(LINE, few, data))
    got = mixture_log_score(centre, scale, target.value[rows, columns], target.censoring[rows, columns])
    np.testing.assert_allclose(got, log_predictive_density(LINE, few, data, target, cells))


def test_an_average_keeps_what_its_benchmarks_share():
    """A common shift of SD 2 and own errors of SD 3: the average of four has SD sqrt(4 + 9/4), not sqrt(13/4)."""
    rng = np.random.default_rng(1)
    n = 20_000
    shift = 2.0 * rng.standard_normal((n, 1, 1))
    centre = 5.0 + shift + np.zeros((n, 5, 1))
    draws = centre + 3.0 * rng.standard_normal((n, 5, 1))
    made = Forecast(draws, centre, np.full((n, 5, 1), 3.0), trend=centre)
    cells = np.array([[True], [True], [True], [True], [False]])
    average = made.average(cells, seed=0)
    sd = np.sqrt(4 + 9 / 4)
    assert average.draws.std() == pytest.approx(sd, rel=4 / np.sqrt(2 * n))
    assert average.scale[0, 0, 0] == pytest.approx(1.5)
    assert average.trend.std() == pytest.approx(2.0, rel=4 / np.sqrt(2 * n))
    assert np.isnan(made.average(np.zeros((5, 1), dtype=bool), seed=0).centre).all()


def test_a_point_forecasts_average_has_the_stated_sd_at_each_horizon():
    made = Forecast(np.zeros((2, 3, 2)), np.full((1, 3, 2), 4.0), np.ones((1, 3, 2)), average_sd=np.array([1.0, 2.5]))
    average = made.average(np.ones((3, 2), dtype=bool), seed=1)
    n = len(average.draws)
    np.testing.assert_allclose(average.draws.std(axis=0)[0], [1.0, 2.5], rtol=4 / np.sqrt(2 * n))
    np.testing.assert_array_equal(average.scale[0, 0], [1.0, 2.5])


# --- baselines --------------------------------------------------------------------------------------------------------

MONTH = pd.date_range("2024-01-31", periods=4, freq="ME").to_numpy().astype("datetime64[D]")
AHEAD = pd.date_range("2024-05-31", periods=2, freq="ME").to_numpy().astype("datetime64[D]")
NAN = np.nan
HISTORY = History(
    MONTH,
    value=np.array([[1.0, 2.0, 3.0, 4.0], [6.0, 8.0, NAN, NAN], [NAN, NAN, NAN, 5.0], [NAN] * 4]),
    exact=np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 1], [0] * 4], dtype=bool),
    published=np.array([[1.0, 2.0, 3.0, 4.0], [6.0, NAN, NAN, NAN], [NAN, NAN, NAN, 5.0], [NAN] * 4]),
)


def test_naive_forecasts_by_hand():
    day = 1 / 30.4375
    np.testing.assert_array_equal(point_forecast("last_value", HISTORY, AHEAD)[:, 0], [4, 8, 5, NAN])
    rising = point_forecast("last_value_rising", HISTORY, AHEAD)
    # From the month of the last value: 31 and 61 days, and from the end of February 92.
    np.testing.assert_allclose(rising[0], [4 + 31 * day, 4 + 61 * day])
    np.testing.assert_allclose(rising[1, 0], 8 + 92 * day)
    np.testing.assert_allclose(point_forecast("historical_mean", HISTORY, AHEAD)[:3, 1], [2.5, 7, 5])
    # Means over benchmarks by month are 3.5, 2, 3, 4.5.
    days = (MONTH - MONTH[0]).astype(float)
    wanted = np.polyval(np.polyfit(days, [3.5, 2, 3, 4.5], 1), (AHEAD - MONTH[0]).astype(float))
    mean = point_forecast("line_mean", HISTORY, AHEAD)
    np.testing.assert_allclose(mean[:3], np.tile(wanted, (3, 1)))
    assert np.isnan(mean[3]).all()
    each = point_forecast("line_single", HISTORY, AHEAD)
    own = np.polyval(np.polyfit(days, [1, 2, 3, 4], 1), (AHEAD - MONTH[0]).astype(float))
    np.testing.assert_allclose(each[0], own)
    np.testing.assert_allclose(each[1:3], mean[1:3])
    with pytest.raises(UnknownNameError, match="last_value"):
        point_forecast("last", HISTORY, AHEAD)


def test_sds_are_past_errors_at_that_horizon():
    # One benchmark that rises by 2 per month: last_value misses by 2 h, always.
    month = pd.date_range("2023-01-31", periods=10, freq="ME").to_numpy().astype("datetime64[D]")
    value = 2.0 * np.arange(10.0)[None, :]
    history = History(month, value, np.ones((1, 10), dtype=bool), value)
    single, average = error_sds("last_value", history, horizons=6)
    # 9, 8, 7, 6 errors at 1 to 4 months; 5 are too few: from there it grows as the root of the horizon.
    np.testing.assert_allclose(single, [2, 4, 6, 8, 8 * np.sqrt(5 / 4), 8 * np.sqrt(6 / 4)])
    # No average of one benchmark: the floor.
    np.testing.assert_allclose(average, FLOOR_SD * np.sqrt(np.arange(1, 7)))
    steady = History(month, np.ones((1, 10)), np.ones((1, 10), dtype=bool), np.ones((1, 10)))
    single, _ = error_sds("last_value", steady, horizons=4)
    np.testing.assert_array_equal(single, FLOOR_SD)
