"""The density of the model of the scores against a quadrature and by hand, and draws from it given scores."""

from dataclasses import replace

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from scipy import integrate, special, stats

from gapmodel.inference.capability import capability, replicate_scores, score_calibration
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.score_data import ScoreData
from tests.support.latentscores import OPTIONS, small_data, table


@pytest.fixture(scope="module")
def variant():
    return load_variant("latent_frontier")


@pytest.fixture(scope="module")
def data() -> ScoreData:
    return small_data()


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
                sd = np.hypot(sd, np.sqrt(data.score_variance[k]))
                if k in sign:
                    log += stats.norm.logcdf(sign[k] * (centre - data.score_logit[k]) / sd)
                else:
                    log += stats.norm.logpdf(data.score_logit[k], centre, sd)
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


def test_a_bound_counts_the_variance_that_it_was_drawn_with(variant, data):
    """Where scores are simulated, some with a reported error pass their bound."""
    variance = np.where(data.score_exact > 0, data.score_variance, 0.3)
    loose = replace(data, score_variance=variance)
    density, values, samples = _evaluated(variant, loose)
    assert density == pytest.approx(_by_hand(variant, loose, values, samples), rel=1e-8)
