"""Gap and slope at a date: a straight line gives back its level and its slope, leap year or not."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gapmodel.inference.gap import gap_draws, trend_draws
from gapmodel.modeling.variant import linear_trend
from gapmodel.units import MONTHS_PER_YEAR, months_between

REFERENCE = np.datetime64("2024-11-29")


@pytest.fixture
def straight():
    """A fit with one draw: two benchmarks whose lines fall by 1 and by 3 months per year."""
    one = (("chain", "draw"), np.zeros((1, 1)))
    posterior = xr.Dataset(
        {
            "intercept": (("chain", "draw", "benchmark"), np.array([[[5.0, 7.0]]])),
            "slope": (("chain", "draw", "benchmark"), np.array([[[-1.0, -3.0]]])),
            "intercept_population": one, "slope_population": (("chain", "draw"), np.full((1, 1), -2.0)),
            "intercept_sd": one, "slope_sd": one,
        },
        coords={"benchmark": ["a", "b"]},
    )  # fmt: skip
    data = SimpleNamespace(years_at=lambda days: np.atleast_1d(months_between(days, REFERENCE)) / MONTHS_PER_YEAR)
    return SimpleNamespace(variant=SimpleNamespace(trend=linear_trend), data=data, posterior=posterior)


@pytest.mark.parametrize("date", ["2024-02-29", "2025-01-31", "2026-07-31"])
def test_a_line_gives_back_its_slope(straight, date):
    found = gap_draws(straight, date, seed=1)
    assert found["slope"].item() == pytest.approx(-2.0, rel=1e-12)
    assert found["population_slope"].item() == pytest.approx(-2.0, rel=1e-12)
    np.testing.assert_allclose(found["benchmark_slope"].to_numpy().ravel(), [-1.0, -3.0], rtol=1e-12)
    years = (pd.Timestamp(date) - pd.Timestamp(REFERENCE)).days / 365.25
    assert found["average_gap"].item() == pytest.approx(6.0 - 2.0 * years)
    assert gap_draws(straight, date, seed=1, benchmarks=["a"])["slope"].item() == pytest.approx(-1.0, rel=1e-12)


def test_averages_alone_are_the_same_in_blocks(straight):
    months = pd.date_range("2024-01-31", periods=30, freq="ME")
    whole, averages = trend_draws(straight, months), trend_draws(straight, months, each=False)
    xr.testing.assert_allclose(averages, whole.drop_vars("benchmark_trend"), rtol=1e-14)
