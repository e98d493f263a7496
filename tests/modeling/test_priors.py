"""Priors are read back from their words, replace those of a model in both of its forms, and are read off models."""

import math
import pickle
import re
from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from scipy import stats

from gapmodel.errors import ConfigError, UnknownNameError
from gapmodel.inference.sampling import sample_prior
from gapmodel.modeling.built_priors import model_priors, prior_words, with_priors, words_faults
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.prior_sets import with_prior_set
from gapmodel.modeling.priors import (
    DISTRIBUTIONS,
    Beta,
    Exponential,
    Gamma,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    LogNormal,
    Normal,
    StudentT,
    Uniform,
    parse_prior,
    read_prior,
    read_words,
)
from gapmodel.modeling.registry import list_variants, load_variant

# Each class → the same in SciPy.
SAME = {
    Normal(-1, 2.5): stats.norm(-1, 2.5),
    HalfNormal(0.3): stats.halfnorm(scale=0.3),
    StudentT(4, 0, 1.5): stats.t(4, 0, 1.5),
    HalfStudentT(4, 2): stats.t(4, 0, 2),
    LogNormal(math.log(3), 0.5): stats.lognorm(0.5, scale=3),
    Gamma(2, 0.1): stats.gamma(2, scale=10),
    InverseGamma(3, 2): stats.invgamma(3, scale=2),
    Exponential(3): stats.expon(scale=1 / 3),
    Uniform(0.1, 7): stats.uniform(0.1, 6.9),
    Beta(2, 3): stats.beta(2, 3),
}


@pytest.fixture(scope="module")
def lags(simulated):
    return LagOptions().lags(simulated[0])


@pytest.fixture(scope="module")
def data(lags):
    return LagOptions().data(lags)


def _density(model, name, value):
    """Log density of one variable at a value of its own, without the Jacobian of its transform."""
    rv = model[name]
    transform = model.rvs_to_transforms[rv]
    point = model.initial_point()
    at = value if transform is None else transform.forward(value, *rv.owner.inputs).eval()
    point[model.rvs_to_values[rv].name] = np.asarray(at)
    return float(model.compile_logp(vars=rv, jacobian=False)(point))


def test_every_distribution_is_tested():
    assert {type(prior).__name__ for prior in SAME} == set(DISTRIBUTIONS)


@pytest.mark.parametrize("prior", SAME, ids=str)
def test_words_are_read_back(prior):
    assert read_prior(str(prior)) == prior
    assert read_prior(type(prior).example)
    assert pickle.loads(pickle.dumps(prior)) == prior
    by_name = ", ".join(f"{key}={value!r}" for key, value in prior.parameters.items())
    assert parse_prior(f" error_sd = {type(prior).__name__}({by_name})") == ("error_sd", prior)


@pytest.mark.parametrize("number", [0.1, 1 / 3, -2.0, 1e-7, 12345678.9, math.log(0.12), math.log(3), math.pi])
def test_numbers_are_exact(number):
    assert read_prior(str(Normal(number, 1))) == Normal(number, 1)


@pytest.mark.parametrize(
    ("text", "prior"),
    [
        ("Normal(0, 1)", Normal(0, 1)),
        ("Normal( -.5 ,sigma=2e1)", Normal(-0.5, 20)),
        ("LogNormal(log 3, 0.5)", LogNormal(math.log(3), 0.5)),
        ("LogNormal(mu=log(3), sigma=.5)", LogNormal(math.log(3), 0.5)),
        ("Gamma(mu=2, sigma=1)", Gamma(4, 2)),
    ],
)
def test_ways_to_write_one(text, prior):
    assert read_prior(text) == prior


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("slope", ConfigError, "such as 'error_sd=HalfNormal(2)'"),
        ("2x=Normal(0, 1)", ConfigError, "such as"),
        ("x=Normal", ConfigError, "write it like 'Normal(0, 1)'"),
        ("x=Normal(0, 1) months", ConfigError, "is no distribution"),
        ("x=Nomal(0, 1)", UnknownNameError, "did you mean 'Normal'?"),
        ("x=__import__(1)", UnknownNameError, "choose one of 'Normal'"),
        ("x=Normal(0, sigm=1)", UnknownNameError, "did you mean 'sigma'?"),
        ("x=Normal(0)", ConfigError, "lacks sigma: write it like"),
        ("x=Normal()", ConfigError, "lacks mu and sigma"),
        ("x=Normal(0, 1, 2)", ConfigError, "too many"),
        ("x=Normal(mu=0, 1)", ConfigError, "name it too"),
        ("x=Normal(0, mu=1)", ConfigError, "gives mu twice"),
        ("x=Normal(0, 1,)", ConfigError, "too many"),
        ("x=Normal(0, one)", ConfigError, "sigma of Normal is 'one': write a number"),
        ("x=Normal(log 0, 1)", ConfigError, "logarithm of one above 0"),
        ("x=Normal(0, 0)", ConfigError, "sigma of Normal is 0: give a number above 0"),
        ("x=Normal(1e999, 1)", ConfigError, "finite"),
        ("x=Uniform(2, 1)", ConfigError, "the smaller one first"),
        ("x=Gamma(alpha=2, sigma=1)", ConfigError, "alpha and beta, or mu and sigma"),
        ("x=Gamma(mu=-2, sigma=1)", ConfigError, "mu of Gamma is -2"),
        ("x=Gamma(2)", ConfigError, "lacks beta"),
    ],
)
def test_what_is_no_prior(text, error, says):
    with pytest.raises(error, match=re.escape(says)):
        parse_prior(text)


def test_numbers_are_numbers():
    for wrong in ("1", True, None, math.nan):
        with pytest.raises(ConfigError, match="sigma of HalfNormal"):
            HalfNormal(wrong)
    assert HalfNormal(np.float32(2)) == HalfNormal(2)


def test_words_of_a_file():
    said = read_words("2 + 10 * Gamma(2, 0.1) months, shifted")
    assert (said.shift, said.scale, said.prior, said.rest) == (2.0, 10.0, Gamma(2, 0.1), " months, shifted")
    assert str(said) == "2 + 10 * Gamma(2, 0.1) months, shifted"
    assert read_words("weakly informative") is None
    assert read_words("Normal(log_noise_population, 0.5)").prior is None


@pytest.mark.parametrize("prior", SAME, ids=str)
def test_a_prior_replaces_that_of_a_model(prior, data):
    plain = load_variant("hierarchical_iid")
    name = "intercept_population" if prior.support[0] < 0 else "error_sd"
    model = with_priors(plain, {name: prior}).build(data)
    twice = math.log(2) if isinstance(prior, HalfStudentT) else 0.0
    assert _density(model, name, 0.4) == pytest.approx(SAME[prior].logpdf(0.4) + twice)
    assert model_priors(model) == model_priors(plain.build(data)) | {name: str(prior)}
    assert np.isfinite(model.compile_logp()(model.initial_point()))


def test_both_forms_get_it_and_nothing_else_changes(data):
    plain = load_variant("shared_shock")
    given = {"slope_population": Normal(0, 1), "error_sd": Uniform(0, 20), "shock_length": Gamma(4, 1)}
    variant = with_priors(plain, given)
    for form, before in ((variant.build, plain.build), (variant.integrated, plain.integrated)):
        model, other = form(data), before(data)
        read = model_priors(model)
        assert read == model_priors(other) | {name: str(prior) for name, prior in given.items()}
        assert {v.name for v in model.named_vars.values()} == {v.name for v in other.named_vars.values()}
        assert model.rvs_to_values[model["error_sd"]].name == "error_sd_interval__"
    none = replace(plain, integrated=lambda data: None)
    assert with_priors(none, given).integrated(data) is None
    assert variant.priors["slope_population"] == "Normal(0, 1) months/year"
    assert variant.priors["intercept_sd"] == plain.priors["intercept_sd"]
    assert not words_faults(variant.priors, variant.build(data))


def test_the_likelihood_stays(data):
    plain = load_variant("hierarchical_ou")
    models = [plain.build(data), with_priors(plain, {"slope_population": StudentT(4, 0, 1)}).build(data)]
    point = models[0].initial_point()
    values = [m.compile_logp(vars=m.potentials)(point) for m in models]
    assert values[0] == pytest.approx(values[1])
    assert {v.name for v in models[0].data_vars} == {v.name for v in models[1].data_vars}


def test_prior_draws(data):
    variant = with_priors(load_variant("hierarchical_iid"), {"slope_population": Normal(5, 0.1)})
    draws = sample_prior(variant, data, draws=2000, seed=1)["slope_population"]
    # Six standard errors of the mean, and of the SD.
    assert float(draws.mean()) == pytest.approx(5.0, abs=0.014)
    assert float(draws.std()) == pytest.approx(0.1, abs=0.01)


def test_a_set_of_priors_widens_those_that_are_given(data):
    variant = with_prior_set(with_priors(load_variant("pooled"), {"slope_population": Normal(0, 1)}), "wide")
    assert model_priors(variant.build(data))["slope_population"] == "Normal(0, 2)"


def test_identity():
    plain = load_variant("pooled")
    assert with_priors(plain, {}) is plain
    one, other = {"error_sd": HalfNormal(4)}, {"error_sd": HalfNormal(5)}
    both = one | {"slope_population": Normal(0, 1)}
    hashes = [plain.sha256, *(with_priors(plain, given).sha256 for given in (one, other, both))]
    assert len({text[:12] for text in hashes}) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", text) for text in hashes)
    assert with_priors(plain, dict(reversed(both.items()))).sha256 == hashes[-1]
    assert plain.shipped
    assert not with_priors(plain, one).shipped
    with pytest.raises(ConfigError, match="give one such as"):
        with_priors(plain, {"error_sd": "HalfNormal(4)"})


@pytest.mark.parametrize(
    ("name", "prior", "error", "says"),
    [
        ("slop_population", Normal(0, 1), UnknownNameError, "did you mean 'slope_population'?"),
        ("zeta", Normal(0, 1), UnknownNameError, "choose one of 'intercept_population', 'intercept_sd'"),
        ("lag", Normal(0, 1), UnknownNameError, "no parameter 'lag'"),
        ("slope_sd", Normal(0, 1), ConfigError, "use HalfNormal, HalfStudentT, LogNormal, Gamma"),
        ("slope_sd", Uniform(-1, 1), ConfigError, "a Uniform above 0"),
        ("slope_raw", Normal(0, 1), ConfigError, "one for each benchmark"),
        (
            "slope",
            Normal(0, 1),
            ConfigError,
            "computed from other parameters: choose one of 'slope_population', 'slope_sd'",
        ),
        ("nu", Gamma(2, 1), ConfigError, "choose one of 'nu_above_two'"),
        ("error_precision", Gamma(2, 1), ConfigError, "one for each benchmark"),
    ],
)
def test_what_has_no_place_in_the_model(name, prior, error, says, data):
    variant = with_priors(load_variant("student_t"), {name: prior})
    with pytest.raises(error, match=re.escape(says)):
        variant.build(data)


def test_words_of_a_shifted_parameter(data):
    variant = with_priors(load_variant("student_t"), {"nu_above_two": Exponential(0.1)})
    assert variant.priors["nu"] == "2 + Exponential(0.1)"
    model = variant.build(data)
    assert model_priors(model)["nu"] == "2 + Exponential(0.1)"
    assert not words_faults(variant.priors, model)


@pytest.mark.parametrize("name", sorted(list_variants()))
def test_shipped_variants_are_read_off_their_models(name, lags):
    variant = load_variant(name)
    model = variant.build(LagOptions().data(lags, view=variant.view))
    read = model_priors(model)
    assert not any("parameters" in words or "CustomDist" in words for words in read.values())
    unread = {"log_noise", "log_noise_population"} if name in ("latent_all", "latent_frontier") else set()
    assert set(variant.priors) - set(read) == unread
    for parameter, words in read.items():
        said = variant.priors.get(parameter)
        assert said is None or said.startswith(words), (parameter, said, words)


def test_other_distributions_are_told_apart():
    with pm.Model(coords={"g": ["a", "b"]}) as model:
        sd = pm.HalfNormal("sd", 2.0)
        pm.Normal("hierarchical", 0.0, sd)
        pm.Cauchy("cauchy", 0.0, 1.5)
        pm.TruncatedNormal("truncated", 1.0, 2.0, lower=0.0)
        pm.CustomDist("custom", 0.0, logp=lambda value, mu: -((value - mu) ** 2))
        pm.Normal("each", [0.0, 1.0], 1.0, dims="g")
        pm.Normal("same", 2.0, 1.0, dims="g")
        pm.Exponential("third", 3.0)
        raw = pm.HalfNormal("scale_raw", 1.0)
        pm.Deterministic("scale", 10.0 * raw / 2.0 - 1.0)
        pm.Deterministic("square", sd**2)
    assert model_priors(model) == {
        "sd": "HalfNormal(2)",
        "cauchy": "Cauchy with parameters 0, 1.5",
        "truncated": "TruncatedNormal with parameters 1, 2, 0, inf",
        "custom": "CustomDist, whose density is in the code",
        "each": "Normal with parameters that differ along it",
        "same": "Normal(2, 1)",
        "third": "Exponential(3)",
        "scale": "-1 + 5 * HalfNormal(1)",
    }
    assert words_faults({"cauchy": "Cauchy(0, 9)", "hierarchical": "Normal(0, sd)", "square": "any"}, model) == []
    assert "depend on other" in words_faults({"hierarchical": "Normal(0, 2)"}, model)[0]
    refused = {
        "hierarchical": "it depends on other parameters: choose one of 'sd'",
        "custom": "leaves open",
        "truncated": "above 0",
        "scale_raw": "standard normal draw",
    }
    for name, says in refused.items():
        with pytest.raises(ConfigError, match=says):
            with_priors(_of(model), {name: Normal(0, 1)}).build(None)


def _of(model):
    from gapmodel.modeling.variant import Variant, linear_trend

    return Variant(name="own", summary="", build=lambda data: model, trend=linear_trend, priors={}, path="own.py")


def test_without_words_they_are_read_off_the_model(data):
    variant = load_variant("pooled")
    model = variant.build(data)
    assert prior_words(variant, model) == variant.priors
    silent = _of(model)
    assert prior_words(silent, model) == model_priors(model)
    assert with_priors(silent, {"error_sd": HalfNormal(1)}).priors == {}
    assert model_priors(with_prior_set(silent, "wide").build(data))["error_sd"] == "HalfNormal(8)"
