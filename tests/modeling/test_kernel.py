"""The default model's kernel is its integrated form of PyMC: density, gradient, and what comes back from draws."""

import errno
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from gapmodel.inference.sampling import built_model, compile_variant, sample_prior
from gapmodel.modeling.built_priors import with_priors
from gapmodel.modeling.compiled import compiled
from gapmodel.modeling.kernel import Kernel, KernelVariable, scalar_variables
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.prior_sets import PRIOR_SETS, with_prior_set
from gapmodel.modeling.priors import Gamma, InverseGamma, StudentT, Uniform, read_prior
from gapmodel.modeling.registry import load_variant
from gapmodel.scores.selection import select
from gapmodel.sources import bundled

PADDING = 2

# One of each that kernels have code for: with its density in scipy.
PRIORS = [
    ("Normal(2, 3)", stats.norm(2, 3)), ("HalfNormal(2)", stats.halfnorm(scale=2)),
    ("StudentT(4, 1, 2)", stats.t(4, 1, 2)), ("LogNormal(log 3, 0.5)", stats.lognorm(0.5, scale=3)),
    ("Gamma(2, 0.5)", stats.gamma(2, scale=2)), ("InverseGamma(3, 2)", stats.invgamma(3, scale=2)),
    ("Exponential(2)", stats.expon(scale=0.5)),
]  # fmt: skip


@pytest.fixture(scope="module")
def data() -> PanelData:
    """The bundled panel."""
    lags = LagOptions().lags(select(bundled.load()))
    return LagOptions().data(lags)


def _kernel(data, priors=()):
    variant = with_priors(load_variant("shared_shock"), dict(priors))
    return variant, variant.kernel(data, variant.priors)


def test_density_and_gradient_are_those_of_the_model(data):
    """With priors of all kinds in it, so that one graph is compiled for all."""
    variant, _ = _kernel(
        data,
        {"intercept_population": StudentT(4, 7, 3), "error_sd": Gamma(3, 1), "shock_length": InverseGamma(3, 6)},
    )
    padded = LagOptions().data(
        LagOptions().lags(select(bundled.load())),
        pad_censored=(len(data.censored_sign) + 3, len(data.stretch_real) + PADDING),
    )
    kernel = variant.kernel(padded, variant.priors)
    assert kernel.n_dim == variant.kernel(data, variant.priors).n_dim
    model = variant.integrated(padded)
    variables = [model[v.name] for v in kernel.variables]
    density = model.compile_fn([model.logp(), model.dlogp(variables)], mode="FAST_COMPILE")
    start, splits = model.initial_point(), np.cumsum([v.size for v in kernel.variables])[:-1]
    assert kernel.variables[-1].name == "excess_raw"
    # In the model's padding: standard normal variables that touch nothing, here at zero.
    zeros = np.zeros(PADDING)
    for point in kernel.prior_points(4, np.random.default_rng(5)):
        names = [model.rvs_to_values[variable].name for variable in variables]
        parts = zip(names, np.split(point, splits), strict=True)
        at = {name: part for name, part in parts}
        at["excess_raw"] = np.concatenate([at["excess_raw"], zeros])
        value, gradient = density({name: part.reshape(start[name].shape) for name, part in at.items()})
        found, of_point = kernel.density(point)
        assert found == pytest.approx(float(value) - stats.norm.logpdf(zeros).sum(), rel=1e-8)
        np.testing.assert_allclose(of_point, gradient[:-PADDING], rtol=1e-8, atol=1e-8 * np.abs(gradient).max())


def test_padding_comes_back_as_its_prior(data):
    lags = LagOptions().lags(select(bundled.load()))
    padded = LagOptions().data(lags, pad_censored=(len(data.censored_sign) + 3, len(data.stretch_real) + PADDING))
    variant = load_variant("shared_shock")
    kernel = variant.kernel(padded, variant.priors)
    points = kernel.prior_points(500, np.random.default_rng(4))[None]
    samples = xr.Dataset(kernel.expand(points), coords={"chain": [0], "draw": np.arange(500)})
    excess = kernel.complete(samples, padded, seed=3)["excess_raw"].to_numpy()[0]
    assert (excess[:, :-PADDING] == samples["excess_raw"].to_numpy()[0]).all()
    # The sup of the empirical process: above 1.95 / sqrt(n) once in a thousand times.
    assert stats.kstest(excess[:, -PADDING:].ravel(), "norm").statistic < 1.95 / np.sqrt(500 * PADDING)


@pytest.mark.parametrize(("words", "expected"), PRIORS)
def test_priors_have_their_density_gradient_and_draws(words, expected):
    def nothing(values):
        return 0.0, np.zeros(1)

    kernel = Kernel(
        (KernelVariable("x", read_prior(words)),), nothing, (), "plain", lambda samples, data, seed: samples
    )
    positive = kernel.variables[0].logarithm
    assert positive == (expected.support()[0] == 0.0)
    for x in (-1.0, 0.3, 1.2):
        value, gradient = kernel.density(np.array([x]))
        assert value == pytest.approx(expected.logpdf(np.exp(x)) + x if positive else expected.logpdf(x), rel=1e-10)
        up, down = (kernel.density(np.array([x + step]))[0] for step in (1e-5, -1e-5))
        assert gradient[0] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-7)
    draws = kernel.expand(kernel.prior_points(1000, np.random.default_rng(1))[None])["x"][1][0]
    # The sup of the empirical process: above 1.95 / sqrt(n) once in a thousand times.
    assert stats.kstest(draws, expected.cdf).statistic < 1.95 / np.sqrt(1000)


def test_words_that_a_kernel_has_no_code_for_are_left_to_the_model(data):
    for given in (
        {"slope_population": Uniform(-3, 3)},
        {"nothing": StudentT(4, 0, 1)},
        {"error_sd": StudentT(4, 0, 1)},
    ):
        _, kernel = _kernel(data, given)
        assert kernel is None
    assert scalar_variables({"x": "2 + Gamma(2, 0.1)"}, ("x",)) is None


@pytest.mark.parametrize("name", PRIOR_SETS)
def test_a_prior_set_reaches_the_kernel(data, name):
    made = with_prior_set(load_variant("shared_shock"), name)
    kernel, factor = made.kernel(data, made.priors), PRIOR_SETS[name]
    sigma = {v.name: v.prior.sigma for v in kernel.variables}
    assert sigma["slope_population"] == 3.0 * factor.get("*", factor.get("*slope_population", 1.0))
    assert sigma["shock_length"] == 0.5 * factor.get("*", 1.0)


def test_prior_draws_are_those_of_the_model(data):
    """Names, dims and labels are; a path of the shock has the deviation and correlation of its process."""
    variant = load_variant("shared_shock")
    prior = sample_prior(variant, data, draws=4000, seed=2)
    model = built_model(variant, data)
    assert set(prior) == {v.name for v in model.unobserved_RVs}
    for name, values in prior.items():
        assert values.dims == ("chain", "draw", *model.named_vars_to_dims.get(name, ()))
        assert all(
            list(map(str, values[dim].to_numpy())) == list(map(str, model.coords[dim])) for dim in values.dims[2:]
        )
    months = 12.0 * np.diff(data.years)[-1]
    shock = prior["shock"].to_numpy()[0] / prior["shock_sd"].to_numpy()[0, :, None]
    rho = np.exp(-months / prior["shock_length"].to_numpy()[0])
    steps = (shock[:, -1] - rho * shock[:, -2]) / np.sqrt(1.0 - rho**2)
    for standard in (shock[:, 0], shock[:, -1], steps):
        assert stats.kstest(standard, "norm").statistic < 1.95 / np.sqrt(4000)


def test_other_data_of_any_shape_need_no_compilation(data):
    fewer = data.only(np.arange(len(data.month)) < 30)
    shorter = replace(fewer, **{name: getattr(fewer, name)[:9] for name in ("stretch_real",)},
                      censored_stretch=np.minimum(fewer.censored_stretch, 8))  # fmt: skip
    compiled = compile_variant(load_variant("shared_shock"), data)
    assert compiled.kernel.form == "integrated"
    assert compiled.with_data(shorter).compiled.n_dim == compiled.compiled.n_dim - 5


def test_without_a_folder_to_write_to_code_is_compiled_all_the_same(monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)  # with which numba looks for a place

    def double(x):
        return 2.0 * x

    assert compiled(double)(1.5) == 3.0
