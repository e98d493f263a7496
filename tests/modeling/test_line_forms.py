"""Kernels of the variants of lags are their models of PyMC with lines and shock integrated out."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gapmodel.errors import InsufficientDataError
from gapmodel.inference.sampling import SamplerSettings, built_model, compile_variant, sample_prior
from gapmodel.modeling.line_forms import FORMS
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.registry import load_variant
from gapmodel.scores.selection import select
from gapmodel.scores.table import validate_scores
from gapmodel.sources import bundled

# The default's is held to its own integrated form, in test_kernel.py.
NAMES = [name for name in FORMS if name != "shared_shock"]


@pytest.fixture(scope="module")
def data() -> PanelData:
    """A small panel with two categories."""
    scores = select(bundled.load(), categories=["mathematics", "science"])
    return LagOptions().data(LagOptions().lags(scores))


@pytest.fixture(scope="module")
def points(data):
    """Unconstrained points of each variant."""
    found = {}
    for name in NAMES:
        variant = load_variant(name)
        kernel = variant.kernel(data, variant.priors)
        found[name] = kernel, kernel.prior_points(3, np.random.default_rng(3))
    return found


class _Integrated:
    """Log density of a model with some of its variables integrated out, in which it is Gaussian.

    Its logarithm is then quadratic in them, so that gradients at zero and at unit vectors give the integral.
    """

    def __init__(self, model, names):
        values = {variable.name: model.rvs_to_values[variable].name for variable in model.free_RVs}
        self.start = model.initial_point()
        self.order = list(values.values())
        self.own = {name: values[name] for name in names if name in values}
        self.density = model.compile_fn([model.logp(), model.dlogp()], mode="FAST_COMPILE")
        sizes = [self.start[name].size for name in self.order]
        self.splits = np.cumsum(sizes)[:-1]
        inside = [np.full(n, name not in self.own.values()) for name, n in zip(self.order, sizes, strict=True)]
        self.inside = np.concatenate(inside)

    def _at(self, fixed, z):
        flat = np.concatenate([np.ravel(fixed.get(name, self.start[name])) for name in self.order])
        flat[self.inside] = z
        parts = zip(self.order, np.split(flat, self.splits), strict=True)
        value, gradient = self.density({name: part.reshape(self.start[name].shape) for name, part in parts})
        return float(value), gradient[self.inside]

    def law(self, kernel, point):
        """Density at zero, gradient there, and precision of what is integrated out."""
        parts = np.split(point, np.cumsum([v.size for v in kernel.variables])[:-1])
        fixed = {self.own[v.name]: part for v, part in zip(kernel.variables, parts, strict=True) if v.name in self.own}
        n = int(self.inside.sum())
        value, gradient = self._at(fixed, np.zeros(n))
        return value, gradient, np.array([gradient - self._at(fixed, unit)[1] for unit in np.eye(n)]).reshape(n, n)

    def __call__(self, kernel, point):
        value, gradient, precision = self.law(kernel, point)
        if not len(gradient):
            return value
        log_det = np.linalg.slogdet(precision)[1]
        constant = len(gradient) * np.log(2.0 * np.pi)
        return value + 0.5 * (gradient @ np.linalg.solve(precision, gradient) + constant - log_det)

    def drawn(self, samples):
        """Draws of what is integrated out, in the order of `law`, shape (draw, n)."""
        names = [name for name in self.order if name not in self.own.values()]
        flat = [samples[name].to_numpy()[0].reshape(samples.sizes["draw"], -1) for name in names]
        return np.concatenate(flat, axis=1)


@pytest.mark.parametrize("name", NAMES)
def test_density_is_that_of_the_model_integrated(name, data, points):
    kernel, at = points[name]
    expected = _Integrated(built_model(load_variant(name), data), [v.name for v in kernel.variables])
    for point in at:
        assert kernel.density(point)[0] == pytest.approx(expected(kernel, point), rel=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_draws_put_back_have_the_conditional_distribution(name, data, points):
    """Whitened by the model's own precision they are standard normal; bounds hold at 5 standard errors."""
    kernel, at = points[name]
    expected, n = _Integrated(built_model(load_variant(name), data), [v.name for v in kernel.variables]), 4000
    _, gradient, precision = expected.law(kernel, at[0])
    if not len(gradient):
        return
    samples = xr.Dataset(kernel.expand(np.tile(at[0], (1, n, 1))))
    away = expected.drawn(kernel.complete(samples, data, seed=1)) - np.linalg.solve(precision, gradient)
    white = away @ np.linalg.cholesky(precision)
    assert np.abs(white.mean(axis=0)).max() < 5.0 / np.sqrt(n)
    moments = white.T @ white / n - np.eye(len(gradient))
    assert np.abs(np.diag(moments)).max() < 5.0 * np.sqrt(2.0 / n)
    assert np.abs(moments - np.diag(np.diag(moments))).max() < 5.5 / np.sqrt(n)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_that_of_the_density(name, points):
    kernel, at = points[name]
    for point in at:
        steps = 1e-5 * np.eye(len(point))
        slopes = [(kernel.density(point + step)[0] - kernel.density(point - step)[0]) / 2e-5 for step in steps]
        gradient = kernel.density(point)[1]
        np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-7 * np.abs(gradient).max())


@pytest.mark.parametrize("name", NAMES)
def test_draws_have_what_the_model_has(name, data):
    variant = load_variant(name)
    prior, model = sample_prior(variant, data, draws=50, seed=1), built_model(variant, data)
    assert set(prior) == {v.name for v in model.unobserved_RVs}
    for parameter, values in prior.items():
        assert values.dims == ("chain", "draw", *model.named_vars_to_dims.get(parameter, ()))
    # What is derived is derived as the model does it.
    derived = [v for v in model.deterministics if v.name in prior]
    inputs = [v for v in model.free_RVs if v.name in prior]
    of_model = model.compile_fn(derived, inputs=inputs, mode="FAST_COMPILE", point_fn=False, on_unused_input="ignore")
    for draw in range(3):
        found = of_model(*(prior[v.name].to_numpy()[0, draw] for v in inputs))
        for variable, expected in zip(derived, found, strict=True):
            np.testing.assert_allclose(prior[variable.name].to_numpy()[0, draw], expected, rtol=1e-8, atol=1e-10)


def test_priors_without_code_are_left_to_the_model(data):
    for name in NAMES:
        variant = load_variant(name)
        for parameter in variant.priors:
            other = {**variant.priors, parameter: "Uniform(0.5, 0.6)"}
            assert variant.kernel(data, other) is None, (name, parameter)


def test_one_benchmark_has_a_kernel_without_shock(data):
    one = LagOptions().data(LagOptions().lags(select(bundled.load(), benchmarks=["GPQA diamond"])))
    kernel = load_variant("shared_shock").kernel(one, load_variant("shared_shock").priors)
    assert "shock_sd" not in {v.name for v in kernel.variables}
    expected = _Integrated(built_model(load_variant("shared_shock"), one), [v.name for v in kernel.variables])
    for point in kernel.prior_points(2, np.random.default_rng(1)):
        assert kernel.density(point)[0] == pytest.approx(expected(kernel, point), rel=1e-8)


def _copies(days: int) -> PanelData:
    """Six benchmarks with the same scores, half a year apart; releases of open models are moved by up to some days."""
    rng = np.random.default_rng(2)
    month = pd.date_range("2023-01-15", periods=36, freq="30D")
    rows = []
    for b in range(6):
        for k, day in enumerate(month):
            rows.append((f"b{b}", f"closed {b} {k}", day, "closed", 0.1 + 0.02 * k))
            later = day + pd.Timedelta(days=180 + int(rng.integers(-days, days + 1)))
            rows.append((f"b{b}", f"open {b} {k}", later, "open", 0.1 + 0.02 * k))
    frame = pd.DataFrame(rows, columns=["benchmark", "model", "release_date", "weights", "score"])
    scores = validate_scores(frame, None, today=date(2027, 1, 1))
    return LagOptions().data(LagOptions().lags(scores))


@pytest.mark.parametrize("name", ["damped", "shared_shock", "student_t"])
def test_chains_that_go_where_errors_are_nothing_are_stopped(name):
    variant = load_variant(name)
    with pytest.raises(InsufficientDataError, match="monthly lags exactly"):
        compile_variant(variant, _copies(0)).sample(SamplerSettings(draws=400, tune=400, chains=2, seed=1))
    assert variant.kernel(_copies(9), variant.priors).unbounded() == ""


def test_one_tooth_each_is_sampled_where_chains_stay_away():
    """Intercepts and one slope have all lags exactly, of 12 months per year: where no chain comes."""
    early = LagOptions(cutoff="2024-06-30")
    data = early.data(early.lags(select(bundled.load())))
    compiled = compile_variant(load_variant("shared_shock"), data)
    assert "monthly lags exactly" in compiled.kernel.unbounded()
    found = compiled.sample(SamplerSettings(draws=100, tune=200, chains=2, seed=1))
    assert found.posterior["error_sd"].min() > 0.1


def test_lags_without_scatter_have_prior_draws():
    assert sample_prior(load_variant("shared_shock"), _copies(0), draws=10, seed=1)


def test_a_few_equal_lags_leave_room_for_errors():
    """Three lags on a line of their own: errors and shock vanish together, and one lag too many is outweighed."""
    data = _copies(9)
    data = replace(data, lag=np.full(data.lag.shape, 6.0))
    variant = load_variant("shared_shock")
    keep = np.zeros(data.observed.shape, dtype=bool)
    first = np.flatnonzero((data.observed[0] > 0) & (data.censoring[0] == 0))
    keep[0, first[:3]] = True
    assert variant.kernel(data.only(keep), variant.priors).unbounded() == ""
    keep[0, first[3]] = True
    assert "all 4 monthly lags exactly" in variant.kernel(data.only(keep), variant.priors).unbounded()


def test_variants_without_a_shock_need_no_scatter_between_benchmarks():
    for name in ("pooled", "hierarchical_iid", "no_pooling"):
        assert load_variant(name).kernel(_copies(0), load_variant(name).priors).unbounded() == ""
