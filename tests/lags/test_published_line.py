"""The published straight line: exact small cases, the zero date, clamping and censored months."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.lags.published_line import chain_linked_mean, fit_line, published_baseline

YEAR = 365.25
MONTHS = pd.date_range("2024-01-31", periods=5, freq="ME", unit="ns")


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "D")


def panel(lag, censoring=None, months=MONTHS) -> xr.Dataset:
    """Rows of `lag` are benchmarks a, b, ...; NaN is outside the window."""
    lag = np.asarray(lag, dtype=float)
    censoring = np.zeros(lag.shape, dtype=np.int8) if censoring is None else np.asarray(censoring, dtype=np.int8)
    dims = ("benchmark", "month")
    names = np.array(list("abcdef")[: len(lag)], dtype=object)
    return xr.Dataset(
        {"lag": (dims, lag), "censoring": (dims, censoring), "observed": (dims, ~np.isnan(lag))},
        coords={"benchmark": names, "month": months[: lag.shape[1]]},
    )


# --- one line


def test_two_points():
    """A year of 365 days from 6 to 3 months: zero after another 365 days."""
    intercept, slope, zero = fit_line([day("2022-03-01"), day("2023-03-01")], [6.0, 3.0])
    assert intercept == pytest.approx(3.0)
    assert slope == pytest.approx(-3.0 * YEAR / 365)
    assert zero == pd.Timestamp("2024-02-29")


def test_zero_in_the_past():
    """Half-way through the 364 days."""
    assert fit_line([day("2022-03-02"), day("2023-03-01")], [3.0, -3.0])[2] == pd.Timestamp("2022-08-31")


@pytest.mark.parametrize("seed", range(5))
def test_least_squares_agrees_with_polyfit(seed):
    rng = np.random.default_rng(seed)
    months = day("2024-01-01") + np.sort(rng.choice(900, 12, replace=False)) * np.timedelta64(1, "D")
    lag = rng.normal(5.0, 3.0, 12)
    years = (months - months.max()) / np.timedelta64(1, "D") / YEAR
    slope, intercept = np.polyfit(years, lag, 1)
    got = fit_line(months, lag)
    assert got[:2] == (pytest.approx(intercept, rel=1e-9), pytest.approx(slope, rel=1e-9))
    if slope < 0 and abs(intercept / slope) < 170:
        expected = months.max() + np.timedelta64(round(-intercept / slope * YEAR), "D")
        assert got[2] == pd.Timestamp(expected)
    else:
        assert got[2] is pd.NaT


def test_order_of_months_does_not_matter():
    months = [day("2024-01-31"), day("2024-02-29"), day("2024-03-31")]
    forth, back = fit_line(months, [5.0, 4.0, 2.0]), fit_line(months[::-1], [2.0, 4.0, 5.0])
    assert forth[:2] == pytest.approx(back[:2])
    assert forth[2] == back[2]


@pytest.mark.parametrize("lag", [[4.0, 4.0, 4.0], [0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [0.1, 0.1, 0.1]])
def test_flat_and_rising_lines_have_no_zero_date(lag):
    assert fit_line(MONTHS[:3], lag)[2] is pd.NaT


@pytest.mark.parametrize("lag", [[600.0, 599.9], [-5.0, -5.000001]])
def test_zero_more_than_170_years_away_is_no_date(lag):
    """Ahead (or behind) on an almost flat line: the date would be millions of years off."""
    intercept, slope, zero = fit_line([day("2025-01-31"), day("2026-01-31")], lag)
    assert intercept == pytest.approx(lag[-1])
    assert slope < 0
    assert zero is pd.NaT


@pytest.mark.parametrize("months", [["2024-01-31"], ["2024-01-31", "2024-01-31"], []])
def test_one_date_is_no_line(months):
    with pytest.raises(InsufficientDataError, match="two different months"):
        fit_line([day(m) for m in months], [1.0] * len(months))


# --- the published analysis


def test_lines_of_benchmarks_and_of_the_mean():
    lag = [[8.0, 7.0, 6.0, 5.0, 4.0], [np.nan, 3.0, 5.0, 4.0, 2.0]]
    lines = published_baseline(panel(lag)).lines.set_index("benchmark")
    assert lines.index.tolist() == ["a", "b", "mean over benchmarks"]
    assert lines["n_months"].tolist() == [5, 4, 5]
    for name, months, values in (
        ("a", MONTHS, lag[0]),
        ("b", MONTHS[1:], lag[1][1:]),
        ("mean over benchmarks", MONTHS, [8.0, 5.0, 5.5, 4.5, 3.0]),
    ):
        intercept, slope, zero = fit_line(months, values)
        assert lines.loc[name, "intercept_months"] == intercept
        assert lines.loc[name, "slope_months_per_year"] == slope
        assert lines.loc[name, "zero_date"] == zero


def test_monthly_statistics():
    lag = [[1.0, 2.0, np.nan], [3.0, 4.0, np.nan], [5.0, np.nan, np.nan], [7.0, 9.0, np.nan]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monthly = published_baseline(panel(lag)).monthly
    assert monthly["month"].tolist() == list(MONTHS[:2])  # the month without a lag is left out
    assert monthly["n"].tolist() == [4, 3]
    first, second = monthly.drop(columns="month").to_dict("records")
    assert first == {
        "n": 4,
        "mean": 4.0,
        "chain_linked": 4.0,
        "n_linked": 0,
        "median": 4.0,
        "q25": 2.5,
        "q75": 5.5,
        "minimum": 1.0,
        "maximum": 7.0,
    }
    assert second == {
        "n": 3,
        "mean": 5.0,
        "chain_linked": pytest.approx(16 / 3),
        "n_linked": 3,
        "median": 4.0,
        "q25": 3.0,
        "q75": 6.5,
        "minimum": 2.0,
        "maximum": 9.0,
    }


def test_clamp_sets_a_lead_to_zero():
    lag = [[4.0, 2.0, -2.0, -4.0, -6.0]]
    clamped, signed = published_baseline(panel(lag)), published_baseline(panel(lag), clamp=False)
    assert (clamped.clamped, signed.clamped) == (True, False)
    assert clamped.monthly["mean"].tolist() == [4.0, 2.0, 0.0, 0.0, 0.0]
    assert signed.monthly["mean"].tolist() == lag[0]
    for result, values in ((clamped, [4.0, 2.0, 0.0, 0.0, 0.0]), (signed, lag[0])):
        assert result.lines["slope_months_per_year"][0] == fit_line(MONTHS, values)[1]


def test_clamping_comes_before_the_mean_over_benchmarks():
    monthly = published_baseline(panel([[6.0, 6.0], [-4.0, -4.0]])).monthly
    assert monthly["mean"].tolist() == [3.0, 3.0]


def test_censored_months_are_dropped_or_kept():
    lag, censoring = [[9.0, 5.0, 4.0, 3.0, -1.0]], [[1, 0, 0, 0, -1]]
    dropped = published_baseline(panel(lag, censoring), clamp=False)
    kept = published_baseline(panel(lag, censoring), clamp=False, censored="keep")
    assert (dropped.censored, kept.censored) == ("drop", "keep")
    assert dropped.lines["n_months"].tolist() == [3, 3]
    assert kept.lines["n_months"].tolist() == [5, 5]
    assert dropped.lines["slope_months_per_year"][0] == fit_line(MONTHS[1:4], lag[0][1:4])[1]
    assert kept.lines["slope_months_per_year"][0] == fit_line(MONTHS, lag[0])[1]
    assert dropped.monthly["month"].tolist() == list(MONTHS[1:4])


def test_benchmark_with_one_usable_month_has_no_line_and_counts_in_the_mean():
    result = published_baseline(panel([[4.0, 3.0, 2.0], [np.nan, 9.0, np.nan]]))
    assert result.lines["benchmark"].tolist() == ["a", "mean over benchmarks"]
    assert result.monthly["mean"].tolist() == [4.0, 6.0, 2.0]


def test_unusable_input():
    with pytest.raises(ConfigError, match="censored is 'kept': choose 'drop' or 'keep'"):
        published_baseline(panel([[4.0, 3.0]]), censored="kept")
    with pytest.raises(InsufficientDataError, match="no benchmark has two months"):
        published_baseline(panel([[4.0, 3.0]], [[1, 0]]))
    with pytest.raises(InsufficientDataError):
        published_baseline(panel([[4.0, np.nan], [np.nan, 3.0]]))


def test_the_chain_linked_mean_is_not_moved_by_a_benchmark_that_leaves():
    # The longest lag leaves after the second month, while every lag rises by a month.
    lag = [[10.0, 11.0, np.nan, np.nan], [4.0, 5.0, 6.0, 7.0]]
    monthly = published_baseline(panel(lag)).monthly
    assert monthly["mean"].tolist() == [7.0, 8.0, 6.0, 7.0]
    assert monthly["chain_linked"].tolist() == [7.0, 8.0, 9.0, 10.0]
    assert monthly["n_linked"].tolist() == [0, 2, 1, 1]


def test_a_chain_that_breaks_starts_again_at_the_plain_mean():
    lag = panel([[3.0, 4.0, np.nan, np.nan], [np.nan, np.nan, 8.0, 6.0]])["lag"]
    mean, linked = chain_linked_mean(lag)
    assert mean.tolist() == [3.0, 4.0, 8.0, 6.0]
    assert linked.tolist() == [0, 1, 0, 1]
