"""The model of the scores: its data, its density against a quadrature, what identifies it, and known lags recovered."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from scipy import integrate, special, stats

from gapmodel.contract import check_contract
from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.fit import SamplerSettings, sample_prior
from gapmodel.groups import parse_group
from gapmodel.lagoptions import LagOptions
from gapmodel.latent import (
    capability,
    decomposition,
    frontier_progress,
    lag_by_category,
    replicate_scores,
    score_calibration,
    with_scores,
)
from gapmodel.latentcheck import (
    SIZES,
    hide,
    index_predictions,
    path_job,
    path_table,
    predicted_scores,
    prediction_summary,
)
from gapmodel.latentforecast import forecast_lags
from gapmodel.predictive import replicate_lags
from gapmodel.registry import load_variant
from gapmodel.sbc import simulate
from gapmodel.scoredata import BOUND_SHARE, ScoreData, score_data
from gapmodel.scores import validate_scores

# Three leaders and three followers on two benchmarks; "low" is better downwards, from 10 to 2.
ROWS = [
    ("up", "C1", "2024-01-10", "closed", 0.2, np.nan),
    ("up", "C2", "2024-05-20", "closed", 0.6, 0.05),
    ("up", "C3", "2024-10-15", "closed", 0.9, np.nan),
    ("up", "O1", "2024-02-15", "open", 0.1, np.nan),
    ("up", "O2", "2024-08-01", "open", 0.5, np.nan),
    ("up", "O3", "2024-12-12", "open", 1.0, np.nan),
    ("low", "C1", "2024-01-10", "closed", 8.0, np.nan),
    ("low", "C2", "2024-05-20", "closed", 5.0, np.nan),
    ("low", "C3", "2024-10-15", "closed", 3.0, np.nan),
    ("low", "O2", "2024-08-01", "open", 10.0, np.nan),
    ("low", "O3", "2024-12-12", "open", 4.0, np.nan),
]
INFO = pd.DataFrame(
    [("up", "higher", 0.0, 1.0), ("low", "lower", 10.0, 2.0)],
    columns=["benchmark", "direction", "lower_bound", "ceiling"],
)
OPTIONS = LagOptions(cutoff="2024-12-31", leader_start_up_months=0.0, follower_start_up_months=0.0)


def table(rows=ROWS, info=INFO):
    columns = ["benchmark", "model", "release_date", "weights", "score", "score_se"]
    return validate_scores(pd.DataFrame(rows, columns=columns), info, today=date(2025, 1, 1))


@pytest.fixture(scope="module")
def variant():
    return load_variant("latent_frontier")


@pytest.fixture(scope="module")
def data() -> ScoreData:
    return OPTIONS.data(OPTIONS.lags(table()), view="scores")


@pytest.fixture(scope="module")
def prior(variant, data):
    return sample_prior(variant, data, draws=400, seed=3)


def test_scores_become_logits_and_bounds(data):
    assert data.benchmark.tolist() == ["low", "up"]
    assert data.model.tolist() == ["C1", "O1", "C2", "O2", "C3", "O3"], "in order of release"
    assert data.model_follower.tolist() == [0, 1, 0, 1, 0, 1]
    name = [(str(data.benchmark[b]), str(data.model[i])) for b, i in zip(data.score_benchmark, data.score_model)]
    logit = dict(zip(name, data.score_logit, strict=True))
    # Where lower is better, 8 of a worst 10 and a best 2 is a quarter of the way.
    assert logit["low", "C1"] == pytest.approx(np.log(0.25 / 0.75))
    assert logit["up", "C3"] == pytest.approx(np.log(9.0))
    bounds = {name[k]: s for k, s in zip(data.bound_score, data.bound_sign, strict=True)}
    assert bounds == {("low", "O2"): -1.0, ("up", "O3"): 1.0}
    # The one standard error of "up" implies 0.6 x 0.4 / 0.05**2 = 96 items: half an item is a bound there.
    assert logit["up", "O3"] == pytest.approx(special.logit(1 - 0.5 / 96))
    assert logit["low", "O2"] == pytest.approx(special.logit(BOUND_SHARE))
    assert [str(data.model[k]) for k in data.bounded] == ["O2", "O3"]
    assert np.flatnonzero(data.score_exact == 0).tolist() == sorted(data.bound_score)


def test_sampling_variance_comes_from_the_errors_that_are_known(data):
    name = [(str(data.benchmark[b]), str(data.model[i])) for b, i in zip(data.score_benchmark, data.score_model)]
    variance = dict(zip(name, data.score_variance, strict=True))
    assert variance["up", "C2"] == pytest.approx((0.05 / (0.6 * 0.4)) ** 2)
    assert variance["up", "C1"] == pytest.approx(1 / (96 * 0.2 * 0.8)), "as large a sample"
    assert {variance["low", m] for m in ("C1", "C2", "C3", "O3")} == {0.0}, "none known"


def test_a_scale_without_bounds_gets_them_from_its_scores():
    info = INFO.assign(lower_bound=np.nan, ceiling=np.nan)
    shares = {}
    for top in (1.0, 100.0, 250.0):
        rows = [(b, m, d, w, s / 10 * top if b == "up" else s, np.nan) for b, m, d, w, s, _ in ROWS]
        rows = [(b, m, d, w, s if b != "up" else s * 10, e) for b, m, d, w, s, e in rows]
        found = OPTIONS.data(OPTIONS.lags(table(rows, info)), view="scores")
        one = (found.score_benchmark == 1) & (found.score_model == 0)
        shares[top] = float(special.expit(found.score_logit[one][0]))
    assert shares[1.0] == pytest.approx(0.2)
    assert shares[100.0] == pytest.approx(0.2)
    # 25 to 250, widened by 11.25 on either side.
    assert shares[250.0] == pytest.approx((50 - 13.75) / 247.5)


def test_the_best_of_several_scores_counts_and_other_groups_take_no_part():
    again = [("up", "C1", "2024-01-10", "closed", 0.3, np.nan)]
    rows = [(*r, "first") for r in ROWS] + [(*again[0], "again")]
    frame = pd.DataFrame(
        rows, columns=["benchmark", "model", "release_date", "weights", "score", "score_se", "variant"]
    )
    scores = validate_scores(frame, INFO, today=date(2025, 1, 1))
    lags = OPTIONS.lags(scores)
    found = OPTIONS.data(lags, view="scores")
    assert len(found.score_logit) == len(ROWS)
    assert np.isclose(found.score_logit, special.logit(0.3)).sum() == 1
    nobody = parse_group("model=C9", name="nobody")
    with pytest.raises(InsufficientDataError, match="nobody"):
        score_data(OPTIONS.data(lags), scores, follower=nobody)


def test_what_comes_after_the_cutoff_is_not_in_the_data():
    early = replace(OPTIONS, cutoff="2024-10-31")
    full = early.data(early.lags(table()), view="scores")
    cut = early.data(early.lags(table([r for r in ROWS if r[2] <= "2024-10-31"])), view="scores")
    for name, value in full.arrays.items():
        np.testing.assert_array_equal(value, cut.arrays[name], err_msg=name)


def test_other_data_and_options_are_refused(variant, data):
    with pytest.raises(ConfigError, match="fitted to scores"):
        variant.build(OPTIONS.data(OPTIONS.lags(table())))
    with pytest.raises(ConfigError, match="clamp and tolerance"):
        replace(OPTIONS, clamp=True).data(OPTIONS.lags(table()), view="scores")
    with pytest.raises(ConfigError, match="cutoff"):
        data.only(np.ones_like(data.observed, dtype=bool))
    with pytest.raises(ValueError, match="pad_scores"):
        OPTIONS.data(OPTIONS.lags(table()), view="scores", pad_scores=(6, 11, 1, 2))


def test_contract(variant, data):
    check_contract(variant, data)


VALUES = {
    "lag_level": 5.0, "lag_slope": -1.2, "offset_sd": 2.0, "offset_slope_sd": 0.5, "deviation_sd": 1.5,
    "deviation_length": 9.0, "pace_sd": 0.3, "log_steepness_population": np.log(0.15), "steepness_sd": 0.4,
    "difficulty_population": 1.0, "difficulty_sd": 9.0, "log_noise_level": np.log(0.3),
    "flagship": [2.0, 3.0], "small_extra": [7.0, 9.0], "flagship_share": [0.6, 0.3],
    "mean_offset_raw": 0.2, "offset_raw": [0.7, -0.7], "mean_offset_slope_raw": 0.4, "offset_slope_raw": [-0.6, 0.6],
    "log_steepness_relative": [0.3, -0.3],
    "difficulty_logits": [0.9, -0.6], "log_noise_logits": [np.log(0.25), np.log(0.4)],
}  # fmt: skip


def _evaluated(variant, data):
    """The potential at `VALUES` (paths: random), these values, and one draw of all that the model names."""
    model = variant.build(data)
    rng = np.random.default_rng(8)
    variables = [*model.free_RVs, *model.deterministics]
    shapes = model.eval_rv_shapes()
    rest = {rv.name: rng.normal(size=shapes[rv.name]) for rv in model.free_RVs if rv.name not in VALUES}
    assert set(rest) == {"log_pace", "lag_path", "deviation_raw", "shortfall_raw"}
    rest["lag_path"] += VALUES["lag_level"]
    values = {
        rv.name: np.broadcast_to(VALUES.get(rv.name, rest.get(rv.name)), shapes[rv.name]) for rv in model.free_RVs
    }
    potential = next(p for p in model.potentials if p.name == "scores")
    # One function for all, compiled as fast as can be: it is called once.
    function = pytensor.function(model.free_RVs, [potential, *variables], mode="FAST_COMPILE", on_unused_input="ignore")
    density, *found = function(*(np.asarray(values[rv.name], dtype=float) for rv in model.free_RVs))
    draws = {
        var.name: (
            ("chain", "draw", *map(str, model.named_vars_to_dims.get(var.name, ()))),
            np.asarray(value)[None, None],
        )
        for var, value in zip(variables, found, strict=True)
    }
    return float(density), values, xr.Dataset(draws, coords={"benchmark": data.benchmark})


@pytest.fixture(scope="module")
def point(variant, data):
    return _evaluated(variant, data)


def test_the_path_is_one_ou_process(variant, data, point):
    """Knots near the data are parameters, those beyond are steps away from them: together one density."""
    _, values, samples = point
    model = variant.build(data)
    parts = [model["lag_path"], model["deviation_raw"]]
    at = [pt.as_tensor(np.asarray(values[rv.name], dtype=float)) for rv in parts]
    log = sum(pm.logp(rv, value).sum() for rv, value in zip(parts, at, strict=True))
    others = [rv for rv in model.free_RVs if rv not in parts]
    density = pytensor.function(others, log, mode="FAST_COMPILE", on_unused_input="ignore")
    found = density(*(np.asarray(values[rv.name], dtype=float) for rv in others))
    sd, length = VALUES["deviation_sd"], VALUES["deviation_length"]
    knots = 12.0 * variant.build.__globals__["KNOTS"]
    step = sd * np.sqrt(1.0 - np.exp(-2.0 * (knots[1] - knots[0]) / length))
    covariance = sd**2 * np.exp(-np.abs(np.subtract.outer(knots, knots)) / length)
    process = stats.multivariate_normal(np.zeros(len(knots)), covariance)
    jacobian = len(values["deviation_raw"]) * np.log(step)
    assert found - jacobian == pytest.approx(process.logpdf(samples["deviation"].to_numpy()[0, 0]), abs=1e-3)


def test_offsets_of_benchmarks_are_independent(prior):
    """Mean and zero-sum rest have the spreads that make the sum so."""
    for name in ("offset", "offset_slope"):
        unit = (prior[name] / prior[f"{name}_sd"]).to_numpy()[0]
        n = len(unit)
        np.testing.assert_allclose(np.cov(unit.T), np.eye(2), atol=4 * np.sqrt(2 / n))


def _by_hand(variant, data, values, s):
    """Log density of the scores by quadrature over each model's shortfall, in months."""
    lag = variant.trend(s, data.model_years)["benchmark_trend"].transpose("chain", "draw", "benchmark", "time")
    lag = lag.to_numpy()[0, 0]
    time = 12.0 * data.model_years
    pace = s["pace"].to_numpy()[0, 0]
    knots = data.pace_knots

    def frontier(at):  # the pace is linear between knots, so the integral over each piece is exact
        points = np.concatenate([[0.0], knots[(knots > min(0, at)) & (knots < max(0, at))], [at]])
        return np.sign(at) * np.trapezoid(np.interp(np.sort(points), knots, pace), np.sort(points))

    steepness, noise = (np.exp(s[n].to_numpy()[0, 0]) for n in ("log_steepness", "log_noise"))
    difficulty = s["difficulty"].to_numpy()[0, 0]
    total = 0.0
    sign = dict(zip(data.bound_score.tolist(), data.bound_sign.tolist(), strict=True))
    own = dict(zip(data.bounded.tolist(), range(len(data.bounded)), strict=True))
    for i in range(len(data.model)):
        g = int(data.model_follower[i])
        one, two = (1 / s[n].to_numpy()[0, 0][g] for n in ("flagship", "small_extra"))
        two = 1 / (1 / one + 1 / two)
        share = s["flagship_share"].to_numpy()[0, 0][g]
        scores = np.flatnonzero(data.score_model == i)

        def density(short, scores=scores, i=i, g=g, one=one, two=two, share=share):
            log = np.log(share * one * np.exp(-one * short) + (1 - share) * two * np.exp(-two * short))
            for k in scores:
                b = data.score_benchmark[k]
                level = frontier(time[i] - g * lag[b, i]) - short
                centre, sd = steepness[b] * (level - difficulty[b]), steepness[b] * noise[b]
                if k in sign:
                    log += stats.norm.logcdf(sign[k] * (centre - data.score_logit[k]) / sd)
                else:
                    log += stats.norm.logpdf(data.score_logit[k], centre, np.hypot(sd, np.sqrt(data.score_variance[k])))
            return np.exp(log)

        if i in own:
            raw = values["shortfall_raw"][own[i]]
            unit = np.exp(values["log_steepness_population"])
            short = 0.5 * np.log1p(np.exp(raw)) / unit
            slope = 0.5 * special.expit(raw) / unit
            total += np.log(density(short)) + np.log(slope) - stats.norm.logpdf(raw)
        else:
            total += np.log(integrate.quad(density, 0.0, 300.0, epsabs=0, limit=500, points=[5.0, 20.0, 60.0])[0])
    return total


def test_the_density_is_the_quadrature(variant, data, point):
    density, values, samples = point
    assert density == pytest.approx(_by_hand(variant, data, values, samples), rel=1e-8)


def test_padding_changes_nothing(variant, point):
    density, _, _ = point
    padded = OPTIONS.data(OPTIONS.lags(table()), view="scores", pad_scores=(9, 20, 7, 5))
    # The first of the random numbers are the same.
    assert _evaluated(variant, padded)[0] == pytest.approx(density, rel=1e-12)


def test_shortfalls_are_drawn_given_the_scores(variant, data, point):
    """Mean of the drawn shortfalls against quadrature, for a model with two scores and one with one."""
    samples = point[2].isel(draw=np.zeros(4_000, dtype=int))
    drawn = capability(variant, samples, data, seed=4)
    for i in (0, 1):
        scores = np.flatnonzero(data.score_model == i)
        b = data.score_benchmark[scores]
        level = drawn.frontier[0, scores]
        steepness, noise = (np.exp(samples[n].to_numpy()[0, 0])[b] for n in ("log_steepness", "log_noise"))
        difficulty = samples["difficulty"].to_numpy()[0, 0][b]
        g = int(data.model_follower[i])
        flagship, extra, share = (
            float(samples[n].to_numpy()[0, 0, g]) for n in ("flagship", "small_extra", "flagship_share")
        )
        grid = np.linspace(0.0, 150.0, 200_001)
        two = flagship + extra
        log = np.log(share / flagship * np.exp(-grid / flagship) + (1 - share) / two * np.exp(-grid / two))
        for k in range(len(scores)):
            centre = steepness[k] * (level[k] - grid - difficulty[k])
            sd = np.hypot(steepness[k] * noise[k], np.sqrt(data.score_variance[scores[k]]))
            log += stats.norm.logpdf(data.score_logit[scores[k]], centre, sd)
        weight = np.exp(log - log.max())
        mean = np.average(grid, weights=weight)
        error = np.sqrt(np.average((grid - mean) ** 2, weights=weight) / 4_000)
        assert drawn.shortfall[:, i].mean() == pytest.approx(mean, abs=4 * error)


def test_anchors_hold_in_every_draw(variant, data, prior):
    first, last = data.anchor
    gained = frontier_progress(prior, data, np.array([first, 0.0, last]))
    np.testing.assert_allclose(gained[:, 2] - gained[:, 0], last - first, rtol=1e-9)
    np.testing.assert_allclose(gained[:, 1], 0.0, atol=1e-9)
    path = frontier_progress(prior, data, np.linspace(first - 60.0, last + 60.0, 400))
    assert (np.diff(path, axis=1) > 0).all(), "the leader's frontier never falls"
    np.testing.assert_allclose(prior["log_steepness"].mean("benchmark"), prior["log_steepness_population"], atol=1e-9)


def test_a_higher_score_is_a_higher_capability_on_every_benchmark(variant, data, prior):
    """No benchmark can be reversed: each score, raised alone, raises its model, whatever the parameters."""
    samples = prior.isel(draw=slice(50))
    before = capability(variant, samples, data, seed=1).value
    for k in np.flatnonzero(data.score_exact > 0):
        logit = data.score_logit.copy()
        logit[k] += 0.5
        after = capability(variant, samples, replace(data, score_logit=logit), seed=1).value
        own = data.score_model[k]
        if own in data.bounded:
            continue
        assert after[:, own].mean() > before[:, own].mean()


def test_progress_in_numpy_is_that_of_the_model(variant, data, prior):
    at = np.array([-200.0, -20.3, -6.0, 0.0, 0.1, 5.9, 30.0, 400.0])
    rate = pt.dvector()
    progress = variant.build.__globals__["progress"]
    model = pytensor.function([rate], progress(rate, at, data.pace_knots[0]) - progress(rate, 0.0, data.pace_knots[0]))
    mine = frontier_progress(prior.isel(draw=slice(3)), data, at)
    for k in range(3):
        np.testing.assert_allclose(model(prior["pace"].to_numpy()[0, k]), mine[k], rtol=1e-10, atol=1e-10)


def test_lags_of_the_trend_have_no_error(variant, data, prior):
    trend = variant.trend(prior, data.years)["benchmark_trend"].transpose("chain", "draw", "benchmark", "time")
    np.testing.assert_allclose(replicate_lags(variant, prior, data, seed=1), trend.to_numpy()[0])


def test_decomposition_adds_up(variant, data, prior):
    found = decomposition(variant, prior.isel(draw=[5]), data, ["2024-02-29", "2024-07-31", "2024-12-31"])
    wide = found.pivot_table(index="start", columns="quantity", values="median")
    np.testing.assert_allclose(wide["lag_by_follower"] + wide["lag_by_leader"], wide["lag_change"])
    np.testing.assert_allclose(wide["leader_progress"] - wide["follower_progress"], wide["distance_change"])
    months = np.diff(data.years_at(["2024-02-29", "2024-07-31", "2024-12-31"])) * 12
    np.testing.assert_allclose(wide["follower_progress"], wide["ground_pace"] * (months - wide["lag_change"]))
    with pytest.raises(ConfigError, match="ascending"):
        decomposition(variant, prior, data, ["2024-07-31", "2024-02-29"])


def test_lags_of_categories_are_means_of_their_benchmarks(variant, data, prior):
    two = replace(data, category=np.array(["a", "b"]), category_of=np.array([1, 0]))
    found = lag_by_category(variant, prior, two, data.month[-1]).set_index("category")
    lag = variant.trend(prior, data.years_at(data.month[-1]))["benchmark_trend"].isel(time=0, chain=0)
    assert found.loc["a", "median"] == pytest.approx(float(lag.isel(benchmark=1).median()))
    assert found.loc["b", "upper"] == pytest.approx(float(lag.isel(benchmark=0).quantile(0.95)))
    assert found["shortest"].sum() == pytest.approx(1.0)
    assert found.loc["a", "shortest"] == pytest.approx(float((lag.isel(benchmark=1) < lag.isel(benchmark=0)).mean()))


AHEAD = np.array(["2025-01-31", "2025-04-30", "2025-12-31"], dtype="datetime64[D]")


def moved(prior, **values):
    """Draws of the prior with parameters set to a number."""
    return prior.isel(draw=slice(0, 6)).assign(
        {name: xr.full_like(prior[name][:, :6], v) for name, v in values.items()}
    )


def test_without_records_to_come_forecast_lags_are_those_of_the_scores(variant, data, prior):
    """Releases that fall far short set no record: on each benchmark the lag only grows older."""
    found = forecast_lags(variant, moved(prior, difficulty=1e4, log_steepness=0.0), data, AHEAD, seed=1)
    assert found.shape == (6, 2, 3)
    by_hand = {
        # O3 stood at 1.0, which no closed model has; C3's 0.9 was passed by O3 itself.
        "up": -(AHEAD - np.datetime64("2024-12-12")).astype(float),
        # O3's 4.0 is passed by C3's 3.0 only (lower is better): since 15 October.
        "low": (AHEAD - np.datetime64("2024-10-15")).astype(float),
    }
    for b, name in enumerate(data.benchmark):
        assert found[:, b] == pytest.approx(np.tile(by_hand[str(name)] / 30.4375, (6, 1)))


def test_followers_that_pass_the_leader_are_forecast_ahead(variant, data, prior):
    """Far beyond on all benchmarks, while the scale still has room: the lag is negative once one is released."""
    lag = {"lag_level": -300.0, "flagship": 0.1, "small_extra": 0.1, "difficulty": 0.0, "log_steepness": np.log(0.02)}
    found = forecast_lags(variant, moved(prior, **lag), data, AHEAD, seed=1)
    low = int(np.flatnonzero(data.benchmark == "low")[0])
    assert (found[:, low, 2] < 0).mean() > 0.5


def test_forecasts_of_lags_depend_on_the_seed_alone(variant, data, prior):
    few = prior.isel(draw=slice(0, 20))
    first, again, other = (forecast_lags(variant, few, data, AHEAD, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_replicated_scores_become_data_again(variant, data, prior):
    logit = replicate_scores(variant, prior.isel(draw=[0]), data, seed=2, given_scores=False)[0]
    again = with_scores(data, logit)
    limit = special.logit(1 - BOUND_SHARE)
    assert (again.bound_sign != 0).sum() == (np.abs(logit) >= limit).sum()
    exact = again.score_exact > 0
    np.testing.assert_array_equal(again.score_logit[exact], logit[exact])
    assert set(again.bounded[again.bounded_real > 0]) == set(data.score_model[~exact])


def test_scores_of_the_model_itself_are_calibrated(variant, data, point):
    """Data drawn from the very draws that are checked: 90 % intervals cover nine in ten."""
    wide = replace(data, **{n: np.tile(getattr(data, n), 60) for n in ("score_benchmark", "score_variance")})
    model = np.arange(60 * len(data.score_logit))
    wide = replace(
        wide, model=model.astype(str), model_real=np.ones(len(model)), score_model=model,
        model_years=data.model_years[np.tile(data.score_model, 60)],
        model_follower=data.model_follower[np.tile(data.score_model, 60)],
        score_exact=np.ones(len(model)), score_logit=np.zeros(len(model)),
    )  # fmt: skip
    samples = point[2].isel(draw=np.zeros(400, dtype=int))
    none = replace(wide, bounded_real=np.zeros_like(data.bounded_real), bound_sign=np.zeros_like(data.bound_sign))
    logit = replicate_scores(variant, samples.isel(draw=[0]), none, seed=9, given_scores=False)[0]
    drawn = replicate_scores(variant, samples, none, seed=10, given_scores=False)
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    inside = int(((low <= logit) & (logit <= high)).sum())
    least, most = stats.binom.ppf([1e-4, 1 - 1e-4], len(model), 0.9)
    assert least <= inside <= most
    report = score_calibration(variant, samples, replace(none, score_logit=logit), seed=11)
    assert report["n"].sum() == len(model)
    assert (report["covered90"] > 0.85).all()


def test_simulation_for_calibration_keeps_one_shape(variant, data, prior):
    """Whatever the draw, so that one compiled model serves all; the truth is the draw."""
    made = [simulate(variant, prior.isel(draw=[k]), data, seed=k) for k in range(6)]
    assert len({tuple(a.shape for a in s.data.arrays.values()) for s in made}) == 1
    assert len({s.data.score_logit.tobytes() for s in made}) == 6
    assert float(made[3].truth["lag_level"].item()) == float(prior["lag_level"][0, 3])


def test_hidden_scores_say_nothing(variant, data, prior):
    cells = (data.score_benchmark == 1) & np.isin(data.score_model, [0, 2])
    fitted = hide(data, cells)
    draws = prior.isel(draw=slice(100))
    alone = hide(data, data.score_exact * (data.score_model == 0) > 0)
    assert np.flatnonzero(alone.model_real == 0).tolist() == [0], "nothing is known of C1 any more"
    table = predicted_scores(variant, draws, fitted, cells, seed=5)
    assert table["model"].tolist() == ["C1", "C2"]
    changed = replace(data, score_logit=np.where(cells, 9.0, data.score_logit))
    other = predicted_scores(variant, draws, hide(changed, cells), cells, seed=5)
    np.testing.assert_array_equal(table["predicted"], other["predicted"])
    with pytest.raises(ConfigError, match="a bound"):
        hide(data, np.ones(len(cells), dtype=bool))


def test_a_line_through_an_index_predicts(data):
    index = pd.Series({"C1": 1.0, "C2": 2.0, "C3": 3.0, "O1": 0.5, "O2": 1.5})
    logit = np.array([1.0 + 2.0 * index.get(m, np.nan) for m in data.model[data.score_model]])
    line = replace(data, score_logit=np.where(data.score_exact > 0, logit, data.score_logit))
    cells = (line.score_benchmark == 1) & (line.score_model == 2)
    found = index_predictions(line, cells, index)
    np.testing.assert_allclose(special.logit(found["predicted"]), 5.0)
    # "low" has exact scores of three models with an index: with one held out too few are left.
    few = index_predictions(line, (line.score_benchmark == 0) & (line.score_model == 2), index)
    assert few["predicted"].isna().all()
    summary = prediction_summary(found.assign(lower=0.0, upper=1.0, score=found["predicted"] - 0.1))
    assert summary["rmse"] == pytest.approx(0.1)
    assert summary["covered90"] == 1.0


def test_a_known_lag_path_is_recovered():
    """A closing and an opening lag: the path within four posterior SD everywhere, and told apart."""
    settings = SamplerSettings(draws=300, tune=300, chains=2, target_accept=0.9).as_dict()
    rows = [
        path_job(variant="latent_frontier", scenario=s, seed=k, simulation=SIZES["small"], settings=settings)
        for k, s in ((21, "closing"), (22, "opening"))
    ]
    for row in rows:
        truth, median = np.array(row["truth"]), np.array(row["median"])
        sd = (np.array(row["upper"]) - np.array(row["lower"])) / (2 * stats.norm.ppf(0.95))
        assert (np.abs(median - truth) < 4 * sd).all()
        assert sd[-1] < 3.0, "the scores say something: the prior alone has an SD above 5"
    assert rows[0]["median"][-1] < rows[1]["median"][-1]
    line = path_table(rows).set_index("scenario").loc["all"]
    assert line["n"] == 2
