"""Prior sets change the scales that they name, and nothing else."""

import numpy as np
import pytest

from gapmodel.errors import UnknownNameError
from gapmodel.inference.sampling import sample_prior
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.prior_sets import PRIOR_SETS, with_prior_set
from gapmodel.modeling.registry import load_variant


@pytest.fixture(scope="module")
def data(simulated):
    scores, _ = simulated
    return LagOptions().data(LagOptions().lags(scores))


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("wide", {"slope_population": 6.0, "error_sd": 8.0, "intercept_population": 10.0}),
        ("narrow", {"slope_population": 1.5, "error_sd": 2.0, "intercept_population": 2.5}),
        ("sceptical of a trend", {"slope_population": 1.0, "error_sd": 4.0, "intercept_population": 5.0}),
        ("as written", {"slope_population": 3.0, "error_sd": 4.0, "intercept_population": 5.0}),
    ],
)
def test_scales_of_the_priors(name, changed, data):
    variant = with_prior_set(load_variant("hierarchical_iid"), name)
    prior = sample_prior(variant, data, draws=4000, seed=1)
    # The relative error of an SD of 4,000 draws is 1.1 %; of a half-normal's root mean square the same.
    root = {
        k: float(np.sqrt(np.square(prior[k] - (8.0 if k == "intercept_population" else 0.0)).mean())) for k in changed
    }
    assert root == pytest.approx(changed, rel=0.05)
    assert float(prior["slope_raw"].std()) == pytest.approx(1.0, rel=0.05)


def test_the_likelihood_and_the_data_stay(data):
    variant = load_variant("hierarchical_ou")
    plain, wide = variant.build(data), with_prior_set(variant, "wide").build(data)
    point = plain.initial_point()
    names = {v.name for v in plain.free_RVs}
    assert {v.name for v in wide.free_RVs} == names
    assert {p.name for p in wide.potentials} == {p.name for p in plain.potentials}
    assert {"lag", "observed"} <= {v.name for v in wide.data_vars}
    values = [m.compile_logp(vars=m.potentials)(point) for m in (plain, wide)]
    assert values[0] == pytest.approx(values[1])


def test_every_variant_takes_every_set(data):
    for name in ("shared_shock", "levelling", "student_t"):
        for kind in PRIOR_SETS:
            model = with_prior_set(load_variant(name), kind).build(data)
            assert np.isfinite(model.compile_logp(vars=model.potentials)(model.initial_point())), (name, kind)


def test_unknown_set():
    with pytest.raises(UnknownNameError, match="wide"):
        with_prior_set(load_variant("pooled"), "wid")
