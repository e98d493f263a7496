"""The likelihood against closed forms: multivariate normal OU density, censoring by quadrature, the OU path."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from scipy import stats

from gapmodel.modeling.likelihood import censored_lags, ou_errors, ou_path


def _ou_covariance(months, sd, length):
    return sd**2 * np.exp(-np.abs(months[:, None] - months[None, :]) / length)


def test_ou_errors_is_the_multivariate_normal_density_with_irregular_spacing():
    rng = np.random.default_rng(1)
    months = np.array([0.0, 1.0, 2.5, 6.0, 7.0])
    observed = np.array([[1, 1, 0, 1, 1], [0, 1, 1, 1, 0]], dtype=float)
    error = rng.normal(0.0, 3.0, size=(2, 5))
    previous = np.array([[0, 0, 1, 1, 3], [0, 0, 1, 2, 3]])
    gap = months[None, :] - months[previous]
    gap[gap == 0] = 1.0
    first = np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]], dtype=float)
    d = {"observed": observed, "previous": previous, "gap": gap, "first": first}
    with pm.Model() as model:
        ou_errors("errors", pt.as_tensor(error), {k: pt.as_tensor(v) for k, v in d.items()}, sd=2.0, length=4.0)
    expected = 0.0
    for row in range(2):
        keep = observed[row] > 0
        cov = _ou_covariance(months[keep], 2.0, 4.0)
        expected += stats.multivariate_normal(np.zeros(keep.sum()), cov).logpdf(error[row, keep])
    assert model.potentials[0].eval() == pytest.approx(expected, rel=1e-10)


def test_ou_path_has_the_ou_covariance():
    months = np.array([0.0, 1.0, 2.0, 4.5, 5.5, 9.0])
    columns = [
        ou_path(pt.as_tensor(unit), pt.as_tensor(months / 12.0), sd=1.7, length=3.0).eval() for unit in np.eye(6)
    ]
    factor = np.array(columns).T
    np.testing.assert_allclose(factor @ factor.T, _ou_covariance(months, 1.7, 3.0), atol=1e-12)


@pytest.mark.parametrize(("sign", "bound"), [(1.0, 7.0), (1.0, 2.0), (-1.0, -3.0), (-1.0, 6.0)])
def test_censored_lag_integrates_to_the_normal_tail(sign, bound):
    """One censored cell with independent errors: integrating the latent excess gives P(y beyond the bound)."""
    d = {
        "lag": np.zeros((1, 2)),
        "censored_benchmark": np.array([0, 0]),
        "censored_month": np.array([1, 1]),
        "censored_bound": np.array([bound, 0.0]),
        "censored_sign": np.array([sign, 0.0]),
        "censored_stretch": np.array([0, 0]),
        "stretch_real": np.array([1.0, 0.0]),
        "observed": np.array([[0.0, 1.0]]),
    }
    tensors = {k: pt.as_tensor(v) for k, v in d.items()}
    with pm.Model(coords={"stretch": [0, 1]}) as model:
        lag = censored_lags(tensors)
        ou_errors("errors", lag - 4.0, tensors, sd=3.0)
    logp = model.compile_logp()
    raw = np.linspace(-25.0, 40.0, 4001)
    # The second stretch is padding: at raw = 0 it contributes its own standard normal density and no more.
    values = np.array([logp({"excess_raw": np.array([z, 0.0])}) for z in raw]) - stats.norm.logpdf(0.0)
    integral = np.trapezoid(np.exp(values), raw)
    tail = stats.norm.sf(bound, 4.0, 3.0) if sign > 0 else stats.norm.cdf(bound, 4.0, 3.0)
    assert integral == pytest.approx(tail, rel=1e-4)


def test_padding_may_point_at_a_censored_cell():
    d = {
        "lag": np.zeros((1, 2)),
        "censored_benchmark": np.array([0, 0]),
        "censored_month": np.array([0, 0]),
        "censored_bound": np.array([5.0, 0.0]),
        "censored_sign": np.array([1.0, 0.0]),
        "censored_stretch": np.array([0, 0]),
        "stretch_real": np.array([1.0, 0.0]),
    }
    with pm.Model(coords={"stretch": [0, 1]}) as model:
        lag = censored_lags({k: pt.as_tensor(v) for k, v in d.items()})
    value = lag.eval({model["excess_raw"]: np.array([0.3, 2.0])})
    assert value[0, 0] == pytest.approx(5.0 + 4.0 * np.log1p(np.exp(0.3)))
    assert value[0, 1] == 0.0


def test_a_stretch_integrates_to_its_steps_and_a_bound():
    """Three censored months of one stretch, then an exact lag: known steps, and a level beyond the bound."""
    sd, length, mean, last, bound = 3.0, 5.0, 4.0, 6.5, np.array([5.0, 6.0, 7.1])
    d = {
        "lag": np.array([[0.0, 0.0, 0.0, last]]),
        "censored_benchmark": np.zeros(3, dtype=int),
        "censored_month": np.array([0, 1, 2]),
        "censored_bound": bound,
        "censored_sign": np.ones(3),
        "censored_stretch": np.zeros(3, dtype=int),
        "stretch_real": np.ones(1),
        "observed": np.ones((1, 4)),
        "previous": np.array([[0, 0, 1, 2]]),
        "gap": np.ones((1, 4)),
        "first": np.array([[1.0, 0.0, 0.0, 0.0]]),
    }
    tensors = {k: pt.as_tensor(v) for k, v in d.items()}
    with pm.Model(coords={"stretch": [0]}) as model:
        ou_errors("errors", censored_lags(tensors) - mean, tensors, sd=sd, length=length)
    logp = model.compile_logp()
    raw = np.linspace(-25.0, 25.0, 4001)
    integral = np.trapezoid(np.exp([logp({"excess_raw": np.array([z])}) for z in raw]), raw)
    law = stats.multivariate_normal(np.full(4, mean), _ou_covariance(np.arange(4.0), sd, length))
    excess = np.linspace(0.0, 60.0, 4001)
    path = np.column_stack([bound + excess[:, None], np.full(len(excess), last)])
    assert integral == pytest.approx(np.trapezoid(law.pdf(path), excess), rel=1e-4)
