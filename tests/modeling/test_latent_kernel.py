"""The kernel of the models of scores, held to the PyMC model of their file."""

from datetime import date

import numpy as np
import pandas as pd
import pytensor
import pytest
import xarray as xr

from gapmodel.inference.capability import capability
from gapmodel.modeling.priors import LogNormal
from gapmodel.modeling.registry import chosen_variant, load_variant
from gapmodel.modeling.score_data import ScoreData
from gapmodel.scores.selection import select
from gapmodel.scores.table import validate_scores
from tests.support.latentscores import INFO, OPTIONS, ROWS

BESIDE = [
    ("extra", "C2", "2024-05-20", "closed", 0.4, np.nan),
    ("extra", "C9", "2024-06-01", "closed", 0.3, np.nan),
    ("extra", "O2", "2024-08-01", "open", 0.35, np.nan),
]


@pytest.fixture(scope="module")
def scores():
    columns = ["benchmark", "model", "release_date", "weights", "score", "score_se"]
    info = pd.concat([INFO, pd.DataFrame([("extra", "higher", 0.0, 1.0)], columns=INFO.columns)])
    table = pd.DataFrame(ROWS + BESIDE, columns=columns)
    return select(validate_scores(table, info, today=date(2025, 1, 1)), benchmarks=["up", "low"])


@pytest.fixture(scope="module")
def data(scores) -> ScoreData:
    return OPTIONS.data(OPTIONS.lags(scores), view="all_scores")


@pytest.fixture(scope="module")
def kernel(data):
    variant = load_variant("latent_all")
    return variant.kernel(data, variant.priors)


def test_all_scores_are_those_beside_the_chosen_ones_too(data, scores):
    own = OPTIONS.data(OPTIONS.lags(scores), view="scores")
    assert list(own.item) == list(own.benchmark) == list(data.benchmark) == ["low", "up"]
    assert list(data.item) == ["low", "up", "extra"]
    assert set(data.model) - set(own.model) == {"C9"}
    assert len(data.score_logit) == len(own.score_logit) + len(BESIDE)
    assert (data.score_benchmark == 2).sum() == len(BESIDE)


def test_what_is_beside_obeys_the_conditions_on_models(scores):
    assert set(scores.subset(exclude_models=["C2"]).beside.table["model"]) == {"C9", "O2"}
    assert set(scores.as_of_cutoff("2024-06-15").beside.table["model"]) == {"C2", "C9"}
    assert scores.as_of_cutoff("2024-03-01").beside is None
    assert scores.dated(open_date="api").beside is not None
    assert select(scores, benchmarks=["up"]).beside.benchmarks.index.tolist() == ["extra", "low"]


def test_density_and_parameters_are_those_of_the_model(data, kernel):
    model = load_variant("latent_all").build(data)
    names = {
        "offset_free": "offset_raw_zerosum__",
        "offset_slope_free": "offset_slope_raw_zerosum__",
        "relative_free": "log_steepness_relative_zerosum__",
        "share_logit": "flagship_share_logodds__",
    }
    derived = model.deterministics
    # Terms apart: one addition of all has more operands than Python's mode can take.
    terms = [term.sum() for term in model.logp(sum=False)]
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        reference = model.compile_fn([*terms, *model.replace_rvs_by_values(derived)], inputs=model.value_vars)
    start, place = 0, {}
    for variable in kernel.variables:
        name = names.get(variable.name, variable.name + ("_log__" if variable.logarithm else ""))
        place[name] = (slice(start, start + variable.size), variable.shape)
        start += variable.size
    rng = np.random.default_rng(8)
    for x in kernel.prior_points(3, rng):
        point = {name: x[at] if shape else x[at][0] for name, (at, shape) in place.items()}
        found = reference(point)
        expected, values = sum(map(float, found[: len(terms)])), found[len(terms) :]
        assert kernel.density(x)[0] == pytest.approx(expected, rel=1e-8)
        samples = kernel.complete(xr.Dataset(kernel.expand(x[None, None])), data, seed=1)
        assert set(samples.data_vars) == {rv.name for rv in [*model.free_RVs, *derived]}
        for rv, wanted in zip(derived, values, strict=True):
            np.testing.assert_allclose(samples[rv.name].to_numpy()[0, 0], wanted, rtol=1e-6, atol=1e-6)


def test_the_gradient_is_that_of_the_density(kernel):
    rng = np.random.default_rng(3)
    x = kernel.prior_points(1, rng)[0]
    direction = rng.standard_normal(len(x))
    h = 1e-6
    difference = (kernel.density(x + h * direction)[0] - kernel.density(x - h * direction)[0]) / (2 * h)
    assert kernel.density(x)[1] @ direction == pytest.approx(difference, rel=1e-5)


def test_other_numbers_of_a_prior_are_read_and_other_kinds_left_to_the_model(data):
    prior = {"flagship": LogNormal(0.0, 1.0)}
    variant = chosen_variant("latent_frontier", priors=prior)
    assert [v.prior for v in variant.kernel(data, variant.priors).variables if v.name == "flagship"] == [
        prior["flagship"]
    ]
    assert variant.kernel(data, variant.priors | {"flagship_share": "Beta(3, 3)"}) is None


def test_capabilities_use_every_benchmark(data, kernel):
    points = kernel.prior_points(5, np.random.default_rng(1))[None]
    coords = {"chain": [0], "draw": np.arange(5)}
    samples = kernel.complete(xr.Dataset(kernel.expand(points), coords=coords), data, seed=1)
    samples = samples.assign_coords(benchmark=data.benchmark)
    found = capability(load_variant("latent_all"), samples, data, seed=1)
    assert found.frontier.shape == (5, len(data.score_logit))
    assert np.isfinite(found.value).all()
