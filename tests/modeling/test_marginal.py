"""The default model in two forms: the integrated density is the plain one's integral, draws put back are its."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from scipy import stats

from gapmodel.inference.sampling import CompiledVariant
from gapmodel.modeling.likelihood import ou_path
from gapmodel.modeling.marginal import _LENGTHS, HYPERPARAMETERS, log_density
from gapmodel.modeling.marginal_kernel import draw_lines_and_shock
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.panel_data import EXCESS_SCALE, PanelData
from gapmodel.modeling.prior_sets import with_prior_set
from gapmodel.modeling.registry import load_variant
from gapmodel.scores.selection import select
from gapmodel.sources import bundled

RAW = ("intercept_raw", "slope_raw", "shock_raw")
POINTS = [(4.0, 1.0, 1.5, 3.0, 3.5, 5.0), (0.01, 3.0, 6.0, 0.5, 0.7, 30.0), (12.0, 0.01, 0.02, 20.0, 9.0, 0.6)]


@pytest.fixture(scope="module")
def data() -> PanelData:
    """The bundled panel: gaps within benchmarks, both kinds of cells, months that few benchmarks have."""
    return LagOptions().data(LagOptions().lags(select(bundled.load())))


def _inputs(data):
    return data.observed, data.previous, data.gap, data.first, data.years


def _lags(data):
    return np.where(data.observed > 0, np.nan_to_num(data.value), 0.0) - 8.0


def _irregular(data):
    """The same lags at months of every length: more lengths of gaps than are kept at a time."""
    years = data.years + np.linspace(0.0, 0.05, len(data.years)) ** 2 + 0.02 * np.sin(np.arange(len(data.years)))
    gap = np.where(data.observed * (1 - data.first) > 0, 12.0 * (years - years[data.previous]), 0.0)
    assert len(np.unique(gap)) > 2 * _LENGTHS
    return replace(data, years=years, gap=gap)


@pytest.mark.parametrize("hyper", POINTS)
@pytest.mark.parametrize("months", ["regular", "irregular"])
def test_density_is_the_multivariate_normal_one(data, months, hyper):
    data = data if months == "regular" else _irregular(data)
    intercept_sd, slope_sd, shock_sd, shock_length, error_sd, error_length = hyper
    b, t = np.nonzero(data.observed)
    x, same = data.years[t], b[:, None] == b[None, :]
    distance = 12.0 * np.abs(x[:, None] - x[None, :])
    own = intercept_sd**2 + slope_sd**2 * x[:, None] * x[None, :] + error_sd**2 * np.exp(-distance / error_length)
    covariance = same * own + shock_sd**2 * np.exp(-distance / shock_length)
    lags = _lags(data)
    expected = stats.multivariate_normal(np.zeros(len(b)), covariance).logpdf(lags[b, t])
    value, of_lag, _ = log_density(lags, *_inputs(data), np.array(hyper))
    assert value == pytest.approx(expected, rel=1e-9)
    solved = np.linalg.solve(covariance, lags[b, t])
    np.testing.assert_allclose(of_lag[b, t], -solved, rtol=1e-6, atol=1e-8 * np.abs(solved).max())
    assert (of_lag[data.observed == 0] == 0).all()


@pytest.mark.parametrize("hyper", POINTS)
def test_gradient_by_fishers_identity_is_the_difference_quotient(data, hyper):
    lags, at = _lags(data), np.array(hyper)
    _, _, gradient = log_density(lags, *_inputs(data), at)
    for k in range(len(at)):
        step = np.zeros(len(at))
        step[k] = 1e-5 * at[k]
        up, down = (log_density(lags, *_inputs(data), at + sign * step)[0] for sign in (1, -1))
        # Fourth-order error is far below; what is left is cancellation, 1e-16 of the value over the step.
        error = 1e-14 * abs(up) / step[k]
        assert gradient[k] == pytest.approx((up - down) / (2 * step[k]), rel=1e-5, abs=max(error, 1e-7))


def _points(variant, data, *, seed):
    """Unconstrained values of both models at the same hyperparameters and excesses, at the prior's centre or near."""
    plain, integrated = variant.build(data), variant.integrated(data)
    rng = np.random.default_rng(seed)
    start = integrated.initial_point()
    shared = {name: value + 0.3 * rng.standard_normal(np.shape(value)) for name, value in start.items()}
    return plain, integrated, shared


@pytest.mark.parametrize("seed", [0, 1])
def test_integral_of_the_plain_form(data, seed):
    """Lines and shock are Gaussian given all else, so that mode and curvature of the plain form give their integral.

    The gradient is linear in them: differences of it over unit steps are the curvature, exactly.
    """
    plain, integrated, shared = _points(load_variant("shared_shock"), data, seed=seed)
    sizes = [plain.initial_point()[name].size for name in RAW]
    gradient = plain.compile_dlogp([plain[name] for name in RAW], mode="FAST_COMPILE")
    density = plain.compile_logp(mode="FAST_COMPILE")

    def at(raw):
        return shared | dict(zip(RAW, np.split(raw, np.cumsum(sizes)[:-1]), strict=True))

    n = sum(sizes)
    origin = gradient(at(np.zeros(n)))
    curvature = np.column_stack([gradient(at(unit)) - origin for unit in np.eye(n)])
    mode = -np.linalg.solve(curvature, origin)
    sign, log_det = np.linalg.slogdet(-curvature)
    assert sign == 1
    expected = density(at(mode)) + 0.5 * n * np.log(2 * np.pi) - 0.5 * log_det
    assert float(integrated.compile_logp(mode="FAST_COMPILE")(shared)) == pytest.approx(
        float(expected), abs=1e-8 * abs(float(expected))
    )


def test_draws_put_back_have_the_moments_of_the_conditional_distribution(data):
    variant, n = load_variant("shared_shock"), 4000
    rng = np.random.default_rng(3)
    fixed = dict(zip(HYPERPARAMETERS, POINTS[0], strict=True)) | {"intercept_population": 8.0, "slope_population": -1.0}
    samples = xr.Dataset({name: (("chain", "draw"), np.full((1, n), value)) for name, value in fixed.items()})
    raw = rng.standard_normal(len(data.stretch_real))
    samples["excess_raw"] = (("chain", "draw", "stretch"), np.tile(raw, (1, n, 1)))
    found = variant.recover(samples, data, seed=4)

    b, t = np.nonzero(data.observed)
    x, months = data.years[t], 12.0 * data.years
    excess = EXCESS_SCALE * np.logaddexp(0.0, raw)
    lags = data.lag.copy()
    real = data.censored_sign != 0
    lags[data.censored_benchmark[real], data.censored_month[real]] = (
        data.censored_bound + data.censored_sign * excess[data.censored_stretch]
    )[real]
    residual = (lags - 8.0 + data.years)[b, t]
    # Everything that is drawn, and the lags, as one Gaussian vector.
    n_b, n_t = data.observed.shape
    lines = np.kron(np.eye(n_b), np.diag([4.0**2, 1.0**2]))
    design = np.zeros((len(b), 2 * n_b))
    design[np.arange(len(b)), 2 * b], design[np.arange(len(b)), 2 * b + 1] = 1.0, x
    at_month = np.eye(n_t)[t]
    shock = 1.5**2 * np.exp(-np.abs(months[:, None] - months[None, :]) / 3.0)
    error = (b[:, None] == b[None, :]) * 3.5**2 * np.exp(-12.0 * np.abs(x[:, None] - x[None, :]) / 5.0)
    prior = np.block([[lines, np.zeros((2 * n_b, n_t))], [np.zeros((n_t, 2 * n_b)), shock]])
    loading = np.hstack([design, at_month])
    gain = prior @ loading.T @ np.linalg.inv(loading @ prior @ loading.T + error)
    mean, covariance = gain @ residual, prior - gain @ loading @ prior

    line = np.stack([found["intercept"].to_numpy()[0] - 8.0, found["slope"].to_numpy()[0] + 1.0], axis=-1)
    drawn = np.concatenate([line.reshape(n, -1), found["shock"].to_numpy()[0]], axis=1)
    sd = np.sqrt(np.diag(covariance))
    # Means and (co)variances of standardised draws: errors of 1 / sqrt(n) and at most sqrt(2 / n); five of them.
    assert np.abs((drawn.mean(axis=0) - mean) / sd).max() < 5 / np.sqrt(n)
    away = np.cov(drawn.T) / np.outer(sd, sd) - covariance / np.outer(sd, sd)
    assert np.abs(away).max() < 5 * np.sqrt(2 / n)
    # The standard normal steps are those that the plain form would turn into the shock.
    again = ou_path(found["shock_raw"].to_numpy()[0, 0], data.years, sd=1.5, length=3.0).eval()
    np.testing.assert_allclose(again, found["shock"].to_numpy()[0, 0], atol=1e-10)


def test_one_benchmark_is_sampled_in_the_plain_form(data):
    alone = replace(
        data, benchmark=data.benchmark[:1], category_of=data.category_of[:1],
        **{name: getattr(data, name)[:1] for name in ("lag", "observed", "previous", "gap", "first")},
        censored_sign=np.zeros_like(data.censored_sign), censored_benchmark=np.zeros_like(data.censored_benchmark),
    )  # fmt: skip
    assert load_variant("shared_shock").integrated(alone) is None


def test_the_mass_matrix_is_low_rank_for_few_parameters_of_the_integrated_form_only(data):
    def chosen(n_dim, recover):
        return CompiledVariant(load_variant("shared_shock"), data, SimpleNamespace(n_dim=n_dim), recover).adaptation

    assert chosen(22, draw_lines_and_shock) == "low_rank"
    assert chosen(504, draw_lines_and_shock) == "diag"
    assert chosen(22, None) == "diag"


def test_a_copy_is_sampled_as_its_build_gives_it(tmp_path):
    """Its `build` may have been changed, and `integrated` with it forgotten."""
    path = tmp_path / "mine.py"
    path.write_text("from gapmodel.models.shared_shock import *\nPRIORS = {}\ndef integrated(data): raise ValueError\n")
    own = load_variant(str(path))
    assert own.integrated is None
    assert own.recover is None
    assert load_variant("shared_shock").integrated is not None
    assert load_variant("shared_shock").plain().integrated is None


def test_other_priors_reach_both_forms(data):
    wide = with_prior_set(load_variant("shared_shock"), "wide")
    for form in (wide.build, wide.integrated):
        model = form(data)
        sd = model["slope_population"].owner.inputs[-1].eval()
        assert sd == pytest.approx(6.0)
        assert isinstance(model, pm.Model)
