"""As-of replay, forecasts and their scores: leakage, closed forms, hand computations, a whole small backtest."""

import json
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gapmodel.backtest import AVERAGE, Forecast, forecast, forecast_job
from gapmodel.cli import main
from gapmodel.errors import ConfigError, InsufficientDataError, UnknownNameError
from gapmodel.fit import SamplerSettings
from gapmodel.lagoptions import LagOptions
from gapmodel.naive import FLOOR_SD, NAIVE_METHODS, History, error_sds, point_forecast
from gapmodel.predictive import forecast_moments, log_predictive_density, predict_lags
from gapmodel.replay import cutoff_dates, prepare
from gapmodel.scores import validate_scores
from gapmodel.scoring import mixture_log_score
from gapmodel.skill import brier_table, goals, skill_table
from gapmodel.store import file_hashes
from gapmodel.variant import Variant, linear_trend

CUTOFFS = cutoff_dates("2025-06-30")
LINE = Variant("line", "", lambda data: None, linear_trend, {}, "line.py")
SETTINGS = SamplerSettings(draws=60, tune=100, chains=2, seed=3)
# The least that has every part: a level and a slope, a shock that runs on, independent errors.
TINY = '''"""One line, a shock, independent errors."""
import pymc as pm
import pytensor.tensor as pt
from gapmodel.likelihood import add_data, censored_lags, model_coords, ou_errors
PRIORS = {"level": "Normal(8, 5) months"}
def build(data):
    with pm.Model(coords=model_coords(data)) as model:
        d = add_data(data)
        level, rate = pm.Normal("intercept_population", 8.0, 5.0), pm.Normal("slope_population", 0.0, 3.0)
        shock = pm.Normal("shock", 0.0, 1.0, dims="month")
        each = pt.ones(len(data.benchmark))
        level = pm.Deterministic("intercept", level * each, dims="benchmark")
        rate = pm.Deterministic("slope", rate * each, dims="benchmark")
        mean = level[:, None] + rate[:, None] * d["years"] + shock
        ou_errors("errors", censored_lags(d) - mean, d, sd=pm.HalfNormal("error_sd", 4.0))
    return model
'''


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("variant") / "tiny.py"
    path.write_text(TINY)
    return str(path)


@pytest.fixture(scope="module")
def pairs(simulated):
    return prepare(simulated[0], LagOptions(), CUTOFFS)[0]


def _scrambled(scores, cutoff):
    """Every score released after the cutoff another one, and every model of then in the other group."""
    table = scores.table.reset_index(drop=True)
    late = table["release_date"] > cutoff
    assert 0.1 < late.mean() < 0.9
    rng = np.random.default_rng(0)
    table.loc[late, "score"] = rng.permutation(table.loc[late, "score"].to_numpy())
    table.loc[late, "weights"] = table.loc[late, "weights"].map({"open": "closed", "closed": "open"})
    columns = ["benchmark", "model", "release_date", "weights", "score"]
    info = scores.benchmarks.reset_index()[["benchmark", "category"]]
    return validate_scores(table[columns], info, today=table["release_date"].max().date())


def test_cutoffs_are_quarter_ends_before_the_last_month():
    assert [str(d.date()) for d in CUTOFFS] == ["2024-06-30", "2024-09-30", "2024-12-31", "2025-03-31"]
    assert len(cutoff_dates("2025-06-30", monthly=True)) == 12
    assert str(cutoff_dates("2025-07-31", first="2025-06-01")[-1].date()) == "2025-06-30"
    with pytest.raises(ConfigError, match="--monthly"):
        cutoff_dates("2025-06-30", first="2025-04-30")


def test_nothing_after_the_cutoff_matters(simulated, pairs, tiny):
    scores, _ = simulated
    cutoff = CUTOFFS[1]
    replay, outcome = pairs[1]
    other, changed = next(
        pair
        for pair in prepare(_scrambled(scores, cutoff), LagOptions(), CUTOFFS)[0]
        if pair[0].cutoff == np.datetime64(cutoff, "D")
    )
    assert not np.array_equal(outcome.value, changed.value, equal_nan=True), "the outcome did change"
    for name, array in replay.data.arrays.items():
        np.testing.assert_array_equal(getattr(other.data, name), array, err_msg=name)
    for name in ("month", "value", "exact", "published"):
        np.testing.assert_array_equal(getattr(other.history, name), getattr(replay.history, name), err_msg=name)
    assert other.data.reference_date == replay.data.reference_date
    for method in (*NAIVE_METHODS, tiny):
        before, _ = forecast(method, replay, SETTINGS)
        after, _ = forecast(method, other, SETTINGS)
        for name in ("draws", "centre", "scale", "trend", "average_sd"):
            np.testing.assert_array_equal(getattr(before, name), getattr(after, name), err_msg=f"{method} {name}")


def test_a_replay_is_the_panel_of_that_day(simulated, pairs):
    scores, _ = simulated
    for cutoff, (replay, outcome) in zip(CUTOFFS, pairs):
        options = LagOptions(cutoff=cutoff)
        alone = options.data(options.lags(scores))
        months = np.isin(replay.data.month, alone.month)
        rows = np.isin(replay.data.benchmark, alone.benchmark)
        np.testing.assert_array_equal(replay.data.value[np.ix_(rows, months)], alone.value)
        assert replay.data.observed.sum() == alone.observed.sum()
        assert replay.data.reference_date == alone.reference_date
        assert replay.history.month[-1] == np.datetime64(cutoff, "D")
        assert replay.data.month[replay.ahead[0]] == np.datetime64(cutoff + pd.offsets.MonthEnd(1), "D")
        assert outcome.value.shape == (len(replay.data.benchmark), len(replay.ahead))
    shapes = {tuple(a.shape for a in replay.data.arrays.values()) for replay, _ in pairs}
    assert len(shapes) == 1, "one compiled model serves every cutoff"


def test_outcomes_are_the_lags_of_all_data_and_lie_within_their_limits(simulated, pairs):
    options = LagOptions()
    full = options.data(options.lags(simulated[0]))
    bounds = 0
    for replay, outcome in pairs:
        months = replay.data.month[replay.ahead]
        at = np.ix_(np.isin(full.benchmark, replay.data.benchmark), np.isin(full.month, months))
        rows = np.isin(replay.data.benchmark, full.benchmark)
        known = outcome.known[rows]
        np.testing.assert_array_equal(outcome.value[rows][known], full.value[at][known])
        np.testing.assert_array_equal(outcome.censoring[rows], full.censoring[at])
        seen = ~np.isnan(outcome.value)
        assert (outcome.low[seen] <= outcome.value[seen]).all()
        assert (outcome.value[seen] <= outcome.high[seen]).all()
        right = outcome.censoring > 0
        np.testing.assert_array_equal(outcome.value[right], outcome.high[right])
        assert (outcome.value[rows][right[rows]] <= full.value[at][right[rows]]).all()
        bounds += right.sum()
    assert bounds > 0


def test_too_early_a_cutoff_is_skipped_with_its_reason(simulated):
    early = pd.Timestamp("2023-03-31")
    kept, skipped = prepare(simulated[0], LagOptions(), [early, *CUTOFFS[:1]])
    assert len(kept) == 1
    assert "too few" in skipped["2023-03-31"]
    with pytest.raises(InsufficientDataError, match="every cutoff"):
        prepare(simulated[0], LagOptions(), [early])


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
    # One benchmark that rises by 2 a month: last_value misses by 2 h, always.
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


# --- scores and tables ------------------------------------------------------------------------------------------------


def test_a_job_scores_what_it_says(pairs):
    replay, outcome = pairs[1]
    result = forecast_job(method="last_value", replay=replay, outcome=outcome, settings=SETTINGS.as_dict())
    assert result == forecast_job(method="last_value", replay=replay, outcome=outcome, settings=SETTINGS.as_dict())
    json.dumps(result, allow_nan=False)
    made, _ = forecast("last_value", replay, SETTINGS)
    cells = pd.DataFrame(result["cells"])
    single = cells[cells["target"] == "benchmark"]
    assert len(single) == (replay.eligible[:, None] & ~np.isnan(outcome.value)).sum()
    row = single[single["censoring"] == 0].iloc[0]
    b = list(replay.data.benchmark).index(row["benchmark"])
    assert row["mean"] == made.centre[0, b, row["horizon"] - 1]
    assert row["q50"] == pytest.approx(row["mean"], abs=0.01)
    assert row["q95"] - row["q50"] == pytest.approx(1.645 * made.scale[0, b, row["horizon"] - 1], rel=0.01)
    average = cells[cells["target"] == AVERAGE]
    for _, row in average.iterrows():
        known = outcome.known[:, row["horizon"] - 1] & replay.eligible
        assert row["n_benchmarks"] == known.sum() >= 3
        assert row["outcome"] == pytest.approx(outcome.value[known, row["horizon"] - 1].mean())
    below = pd.DataFrame(result["below"])
    observed = average.set_index("horizon")["outcome"]
    for _, row in below.iterrows():
        assert row["happened"] == bool((observed[observed.index <= row["horizon"]] <= row["threshold"]).any())
    # More months and higher thresholds only make it likelier.
    for _, group in below.groupby("threshold"):
        assert group.sort_values("horizon")["probability"].is_monotonic_increasing
    for _, group in below.groupby("horizon"):
        assert group.sort_values("threshold")["probability"].is_monotonic_increasing


def _forecasts():
    rows = []
    for method, error in (("model", 1.0), ("naive", 2.0)):
        for k, cutoff in enumerate(("2024-03-31", "2024-06-30")):
            rows += [
                {
                    "method": method, "cutoff": cutoff, "target": "benchmark", "benchmark": b, "horizon": h,
                    "outcome": 5.0, "censoring": int(b == "z"), "mean": 5.0 + error, "crps": error * (1 + k),
                    "log_score": -error, "pit": 0.5, "q05": 4.0, "q10": 4.5, "q25": 4.9, "q50": 5.0,
                    "q75": 4.95 if k else 6.0, "q90": 7.0, "q95": 8.0,
                }
                for b in ("y", "z") for h in (1, 3)
            ]  # fmt: skip
    return pd.DataFrame(rows)


def test_skill_by_hand():
    forecasts = _forecasts()
    # A cell that one method lacks counts for none.
    lacking = (forecasts["method"] == "naive") & (forecasts["benchmark"] == "z") & (forecasts["horizon"] == 3)
    forecasts = forecasts[~(lacking & (forecasts["cutoff"] == "2024-06-30"))]
    table = skill_table(forecasts, baselines=["naive", "model", "absent"], spacing=3).set_index(["method", "horizon"])
    assert table.loc[("model", "all"), "n"] == 7
    assert table.loc[("model", "1"), ["n", "n_censored", "cutoffs"]].tolist() == [4, 2, 2]
    assert table.loc[("model", "1"), "crps"] == 1.5
    # Totals -1 and +1 about the mean: sqrt(2 · 2) / 4.
    assert table.loc[("model", "1"), "crps_se"] == pytest.approx(0.5)
    assert table.loc[("model", "1"), "skill_naive"] == pytest.approx(0.5)
    assert table.loc[("model", "1"), "skill_naive_se"] == pytest.approx(0.0)
    # The 50 % interval ends at 6 or 4.95: exact outcomes are inside or not, and so are those of at least 5.
    assert table.loc[("model", "1"), "coverage_50"] == 0.5
    assert table.loc[("model", "1"), "coverage_90"] == 1.0
    assert table.loc[("model", "1"), "bias"] == 1.0
    assert table.loc[("model", "1"), "width_90"] == 4.0
    assert "skill_absent" not in table
    reached = goals(table.reset_index(), method="model", baselines=["naive"])["benchmark"]
    assert reached["coverage_held"] is False, "100 % is too much"
    assert reached["crps_held"] is True
    assert goals(table.reset_index(), method="naive", baselines=["model"])["benchmark"]["horizons"]["3"][
        "not_beaten"
    ] == ["model"]


def test_brier_by_hand():
    below = pd.DataFrame(
        {
            "method": ["a", "a", "b"], "cutoff": ["x", "y", "x"], "kind": "observed", "horizon": 6, "threshold": 3.0,
            "probability": [0.8, 0.5, 0.1], "happened": [True, True, True],
        }
    )  # fmt: skip
    table = brier_table(below, spacing=3).set_index(["method", "horizon"])
    assert table.loc[("a", "6"), "brier"] == pytest.approx(0.04), "the cutoff that b lacks does not count"
    assert table.loc[("b", "all"), "brier"] == pytest.approx(0.81)


# --- the whole --------------------------------------------------------------------------------------------------------


@pytest.fixture
def called(simulated_files, monkeypatch, capsys):
    def call(*words):
        monkeypatch.chdir(simulated_files)
        monkeypatch.setattr(sys, "argv", ["gapmodel", "backtest", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return stop.value.code, said.out, said.err

    return call


FILES = ["--scores", "scores.csv", "--benchmarks", "benchmarks.csv", "--quiet"]
SMALL = ["--quick", "--draws", 60, "--tune", 100, "--seed", 3]


def test_a_backtest_is_written_resumed_and_the_same(called, simulated_files, tiny):
    names = ["--methods", "last_value", "--methods", "line_mean"]
    code, out, error = called(tiny, *FILES, *SMALL, *names, "--out", "a")
    assert code == 2, error  # quick
    assert "not citable" in out
    folder = simulated_files / "a"
    assert {p.name for p in folder.iterdir()} == {
        "spec.json", "jobs", "forecasts.csv", "below.csv", "skill.csv", "brier.csv", "backtest.json", "skill.png",
        "skill.svg", "skill.pdf",
    }  # fmt: skip
    summary = json.loads((folder / "backtest.json").read_text())
    assert summary["cutoffs"] == ["2024-06-30", "2024-09-30", "2024-12-31", "2025-03-31"]
    assert set(summary["methods"]["tiny"]) == {"benchmark", "average"}
    assert len(summary["fits"]) == 4
    assert summary["citable"] is False
    forecasts = pd.read_csv(folder / "forecasts.csv")
    assert set(forecasts["method"]) == {"tiny", "last_value", "line_mean"}
    assert forecasts["horizon"].between(1, 12).all()
    months = pd.to_datetime(forecasts["month"])
    ahead = 12 * (months.dt.year - pd.to_datetime(forecasts["cutoff"]).dt.year) + (
        months.dt.month - pd.to_datetime(forecasts["cutoff"]).dt.month
    )
    assert (ahead == forecasts["horizon"]).all()
    skill = pd.read_csv(folder / "skill.csv", dtype={"horizon": str})
    total = skill[(skill["horizon"] == "all") & (skill["target"] == "benchmark")].set_index("method")
    for method, group in forecasts[forecasts["target"] == "benchmark"].groupby("method"):
        assert total.loc[method, "crps"] == pytest.approx(group["crps"].mean(), rel=1e-5)
        assert total.loc[method, "n"] == len(group)

    # Half of the jobs are lost: what is there is not done again, and the folder comes out the same.
    before = file_hashes(folder)
    jobs = sorted((folder / "jobs").iterdir())
    assert len(jobs) == 12
    kept = {p: p.stat().st_mtime_ns for p in jobs[::2]}
    for path in jobs[1::2]:
        path.unlink()
    called(tiny, *FILES, *SMALL, *names, "--out", "a")
    assert file_hashes(folder) == before
    assert {p: p.stat().st_mtime_ns for p in kept} == kept

    code, _, error = called(tiny, *FILES, *SMALL, *names, "--grace", 2, "--out", "a")
    assert code == 1
    assert "other data or settings" in error


def test_a_variant_that_fails_does_not_sink_the_rest(called, simulated_files):
    (simulated_files / "broken.py").write_text(
        TINY.replace("        d = add_data(data)\n", "        raise RuntimeError('no such thing')\n")
    )
    code, out, _ = called("broken.py", *FILES, "--methods", "last_value", "--methods", "historical_mean", "--out", "a")
    assert code == 2
    assert "JOB FAILED broken" in out
    assert "no such thing" in " ".join(out.split())
    summary = json.loads((simulated_files / "a" / "backtest.json").read_text())
    assert len(summary["failed_jobs"]) == 4
    assert summary["citable"] is False
    assert set(pd.read_csv(simulated_files / "a" / "skill.csv")["method"]) == {"last_value", "historical_mean"}


BAD = {
    "date": (["--from", "30.6.2024"], "--from is '30.6.2024'"),
    "late": (["--from", "2025-06-30"], "no cutoff"),
    "baseline": (["--methods", "last_valu"], "last_value"),
    "variant": (["shared_shok"], "did you mean 'shared_shock'"),
    "view": (["catch_up"], "catch_up view"),
    "workers": (["--methods", "last_value", "--workers", 0], "0 workers"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error(case, called, simulated_files):
    words, expected = BAD[case]
    before = {p.name for p in simulated_files.iterdir()}
    code, _, error = called(*FILES, *words)
    assert code == 1
    assert expected in error
    assert {p.name for p in simulated_files.iterdir()} == before, "nothing is left behind"


def test_chains_side_by_side_change_nothing(pairs, tiny):
    """Workers sample their chains one after the other: the numbers are those of this process."""
    one, _ = forecast(tiny, pairs[0][0], replace(SETTINGS, cores=1))
    two, _ = forecast(tiny, pairs[0][0], replace(SETTINGS, cores=2))
    np.testing.assert_array_equal(one.draws, two.draws)
