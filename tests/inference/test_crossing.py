"""Crossing dates: closed form on straight lines, never, already there, touched or lasting, quantiles."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmodel.errors import ConfigError
from gapmodel.inference.crossing import (
    SUSTAINED_MONTHS,
    crossing_draws,
    crossing_grid,
    date_quantiles,
    probability_by,
    probability_mcse,
)

START = "2026-01-31"
GRID = crossing_grid(START, horizon_years=1)  # 13 dates of the horizon, then SUSTAINED_MONTHS more


def days_of(grid=GRID) -> np.ndarray:
    return (grid - grid[0]).days.to_numpy().astype(float)


def path(values, grid=GRID) -> xr.DataArray:
    """One chain; rows of `values` are draws."""
    values = np.atleast_2d(np.asarray(values, dtype=float))[None]
    return xr.DataArray(values, dims=("chain", "draw", "time"), coords={"time": grid})


def draws(*days) -> xr.DataArray:
    return xr.DataArray(np.array([days], dtype=float), dims=("chain", "draw"))


# --- the grid


def test_grid():
    assert [str(d.date()) for d in GRID[:3]] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert str(GRID[12].date()) == "2027-01-31"
    assert len(GRID) == 13 + SUSTAINED_MONTHS
    inside = crossing_grid("2026-01-15", horizon_years=0.25)
    assert [str(d.date()) for d in inside[:2]] == ["2026-01-15", "2026-01-31"]


@pytest.mark.parametrize("horizon", [0.0, 0.01, -1.0, 101.0])
def test_impossible_horizon(horizon):
    with pytest.raises(ConfigError, match="horizon is"):
        crossing_grid(START, horizon_years=horizon)


# --- straight lines, in closed form


@pytest.mark.parametrize("start", [START, "2026-01-15"])
def test_straight_lines_cross_where_they_should(start):
    grid = crossing_grid(start, horizon_years=3)
    days = days_of(grid)
    rng = np.random.default_rng(1)
    level, slope = rng.uniform(-2.0, 8.0, 400), rng.normal(-3.0, 4.0, 400)
    result = crossing_draws(path(level[:, None] + slope[:, None] * days / 365.25, grid))
    horizon = days[-1 - SUSTAINED_MONTHS]

    expected = np.where(slope < 0, -level / slope * 365.25, np.inf)
    expected = np.where(expected <= horizon, expected, np.inf)
    expected = np.where(level <= 0, 0.0, expected)
    np.testing.assert_allclose(result["touched"][0], expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(result["already"][0], level <= 0)
    # A falling line stays below; one that starts below and rises stays if it lasts the first months.
    falling = slope < 0
    np.testing.assert_array_equal(result["sustained"][0][falling], result["touched"][0][falling])
    lasts = (level <= 0) & (level + slope * days[SUSTAINED_MONTHS] / 365.25 <= 0)
    np.testing.assert_array_equal(result["sustained"][0][~falling], np.where(lasts, 0.0, np.inf)[~falling])
    assert result.attrs["start"] == start


def test_crossing_on_a_grid_date_and_between():
    values = np.array([[2.0, 1.0, 0.0, *[-1.0] * 13], [3.0, 1.0, -1.0, *[-1.0] * 13]])
    touched = crossing_draws(path(values))["touched"][0]
    assert touched.to_numpy().tolist() == [59.0, 28.0 + 31.0 / 2]


def test_never():
    result = crossing_draws(path(np.full(16, 1.0)))
    assert result["touched"].item() == result["sustained"].item() == np.inf
    assert not result["already"].item()


def test_below_only_beyond_the_horizon_is_never():
    result = crossing_draws(path([*[1.0] * 13, -1.0, -1.0, -1.0]))
    assert result["touched"].item() == np.inf


def test_already_there():
    zero = crossing_draws(path([0.0, *[-1.0] * 15]))
    assert zero["already"].item()
    assert zero["touched"].item() == zero["sustained"].item() == 0.0


def test_touched_but_not_sustained():
    """Below for three month-ends only: it needs the month of crossing and `SUSTAINED_MONTHS` more."""
    short = crossing_draws(path([1.0, 1.0, -1.0, -1.0, -1.0, *[1.0] * 11]))
    assert short["touched"].item() == 28.0 + 31.0 / 2
    assert short["sustained"].item() == np.inf
    long = crossing_draws(path([1.0, 1.0, -1.0, -1.0, -1.0, -1.0, *[1.0] * 10]))
    assert long["sustained"].item() == long["touched"].item()


def test_touched_first_sustained_later():
    result = crossing_draws(path([-1.0, 1.0, 1.0, -1.0, *[-1.0] * 12]))
    assert result["already"].item()
    assert result["touched"].item() == 0.0
    assert result["sustained"].item() == days_of()[2] + 15.0  # half-way through April


def test_crossing_in_the_last_month_of_the_horizon_looks_beyond_it():
    lasting = crossing_draws(path([*[1.0] * 12, -1.0, -1.0, -1.0, -1.0]))
    assert lasting["sustained"].item() == lasting["touched"].item() < days_of()[12]
    returning = crossing_draws(path([*[1.0] * 12, -1.0, -1.0, -1.0, 1.0]))
    assert np.isfinite(returning["touched"].item())
    assert returning["sustained"].item() == np.inf


def test_order_of_dims_does_not_matter():
    values = path(np.linspace(3.0, -1.0, 16))
    assert crossing_draws(values.transpose("time", "draw", "chain")).identical(crossing_draws(values))


@given(st.lists(st.lists(st.integers(-3, 3), min_size=16, max_size=16), min_size=1, max_size=5))
@settings(deadline=None)
def test_sustained_is_never_before_touched(values):
    result = crossing_draws(path(values))
    assert bool((result["sustained"] >= result["touched"]).all())
    np.testing.assert_array_equal(result["already"], result["touched"] == 0.0)


# --- probabilities


def test_probability_by():
    p, mcse = probability_by(draws(0.0, 10.0, 10.5, np.inf), ["2026-01-30", START, "2026-02-10", "2026-02-11"], START)
    assert p.tolist() == [0.0, 0.25, 0.5, 0.75]
    assert mcse.shape == (4,)
    assert (mcse > 0).all()


@given(
    st.lists(st.floats(0, 4000) | st.just(np.inf), min_size=4, max_size=30),
    st.lists(st.integers(0, 5000), min_size=2, max_size=6),
)
@settings(deadline=None, max_examples=40)
def test_probability_grows_with_the_date(values, offsets):
    dates = np.datetime64(START) + np.sort(offsets) * np.timedelta64(1, "D")
    p, _ = probability_by(draws(*values), dates, START)
    assert (np.diff(p) >= 0).all()
    assert (p >= 0).all()
    assert (p <= np.isfinite(values).mean()).all()


def test_mcse_of_independent_draws_is_the_binomial_error():
    hit = np.random.default_rng(2).random((4, 2000)) < 0.3
    mcse = probability_mcse(xr.DataArray(hit, dims=("chain", "draw")))
    assert mcse == pytest.approx(np.sqrt(0.3 * 0.7 / 8000), rel=0.15)


def test_mcse_of_repeated_draws_is_larger():
    hit = np.repeat(np.random.default_rng(3).random((4, 200)) < 0.3, 10, axis=1)
    mcse = probability_mcse(xr.DataArray(hit, dims=("chain", "draw")))
    assert mcse == pytest.approx(np.sqrt(0.3 * 0.7 / 800), rel=0.3)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_mcse_where_all_draws_agree_is_not_zero(value):
    assert probability_mcse(xr.DataArray(np.full((4, 250), value), dims=("chain", "draw"))) == 0.5 / 1001


# --- quantiles


def test_quantiles_with_never():
    quantiles = date_quantiles(draws(5.0, 40.0, np.inf, np.inf), START, probs=(0.25, 0.5, 0.51, 0.95))
    assert quantiles == {"0.25": "2026-02-05", "0.5": "2026-03-12", "0.51": None, "0.95": None}


def test_all_or_none_within_the_horizon():
    assert set(date_quantiles(draws(np.inf, np.inf), START).values()) == {None}
    assert set(date_quantiles(draws(0.0, 0.0), START).values()) == {START}


def test_quantile_within_a_day_is_the_day_by_which_it_is_reached():
    assert date_quantiles(draws(10.2), START, probs=(0.5,)) == {"0.5": "2026-02-11"}


@given(
    st.lists(st.floats(0, 4000) | st.just(np.inf), min_size=1, max_size=40),
    st.sampled_from([0.05, 0.25, 0.5, 0.9]),
)
@settings(deadline=None, max_examples=60)
def test_quantile_date_is_the_first_by_which_that_share_has_crossed(values, prob):
    sample = draws(*values)
    (text,) = date_quantiles(sample, START, probs=(prob,)).values()

    def share(date) -> float:
        return float((sample <= (np.datetime64(date) - np.datetime64(START)) / np.timedelta64(1, "D")).mean())

    if text is None:
        assert np.isfinite(values).mean() < prob
    else:
        assert share(text) >= prob > share(np.datetime64(text) - np.timedelta64(1, "D"))
