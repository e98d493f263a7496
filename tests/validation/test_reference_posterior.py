"""New fits against the reference draws, by nutpie and by PyMC's own NUTS: the same posterior."""

import gzip
import hashlib
import json
from pathlib import Path

import arviz as az
import numpy as np
import pymc as pm
import pytest
import xarray as xr

from gapmodel.inference.sampling import Fit, SamplerSettings, compile_variant
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import DEFAULT_VARIANT, load_variant
from gapmodel.scores.selection import select
from gapmodel.sources import bundled
from tests.support.scriptfile import load_script

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "results" / "reference" / "posterior"
SETTINGS = SamplerSettings(draws=1000, tune=1000, chains=2, seed=5)


@pytest.fixture(scope="module")
def script():
    return load_script("reference_posterior")


@pytest.fixture(scope="module")
def stem(script):
    return FOLDER / f"{DEFAULT_VARIANT}-{script.SNAPSHOT}"


@pytest.fixture(scope="module")
def info(stem):
    return json.loads(stem.with_name(f"{stem.name}.info.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def reference(stem):
    draws = json.loads(gzip.decompress(stem.with_name(f"{stem.name}.json.gz").read_bytes()))
    return xr.Dataset({name: (("chain", "draw"), np.array(values)) for name, values in draws.items()})


@pytest.fixture(scope="module")
def data(script):
    return LagOptions().data(LagOptions().lags(select(bundled.load(script.SNAPSHOT))))


def test_the_reference_is_of_this_model_and_these_data(script, stem, info, reference):
    packed = stem.with_name(f"{stem.name}.json.gz").read_bytes()
    assert hashlib.sha256(packed).hexdigest() == info["draws_sha256"]
    assert load_variant(DEFAULT_VARIANT).sha256 == info["variant"]["sha256"], "uv run scripts/reference_posterior.py"
    assert select(bundled.load(script.SNAPSHOT)).sha256 == info["data"]["sha256"]
    assert LagOptions().as_dict() == info["data"]["options"]
    assert all(check["passed"] for check in info["checks"])
    assert dict(reference.sizes) == {"chain": 10, "draw": 1000}
    # What posteriordb asks of reference draws: nearly independent, within chains too.
    assert min(info["ess_bulk_of_thinned"].values()) > 8000


def _pymc_nuts(data):
    variant = load_variant(DEFAULT_VARIANT)
    with variant.build(data):
        idata = pm.sample(
            nuts_sampler="pymc", draws=SETTINGS.draws, tune=SETTINGS.tune, chains=SETTINGS.chains, cores=1,
            random_seed=SETTINGS.seed, target_accept=SETTINGS.target_accept, progressbar=False,
        )  # fmt: skip
    return Fit(variant, data, SETTINGS, idata)


@pytest.fixture(scope="module")
def compiled(data):
    return compile_variant(load_variant(DEFAULT_VARIANT), data)


@pytest.mark.parametrize("sampler", ["nutpie", pytest.param("pymc", marks=pytest.mark.every_variant)])
def test_a_new_fit_agrees_within_four_mcse(sampler, script, data, compiled, reference):
    fit = _pymc_nuts(data) if sampler == "pymc" else compiled.sample(SETTINGS)
    found = script.quantities(fit)
    assert set(found.data_vars) == set(reference.data_vars)
    for name, truth in reference.data_vars.items():
        for method, value in (("mean", lambda x: float(x.mean())), ("sd", lambda x: float(x.std(ddof=1)))):
            error = np.hypot(*(float(az.mcse(x, method=method)) for x in (found[name], truth)))
            assert abs(value(found[name]) - value(truth)) < 4 * error, (name, method)


def test_fits_have_everything_that_the_plain_form_has_and_depend_on_the_seed_alone(data, compiled):
    settings = SamplerSettings(draws=60, tune=100, chains=2, seed=8)
    one, two = compiled.sample(settings).posterior, compiled.sample(settings).posterior
    xr.testing.assert_equal(one, two)
    model = load_variant(DEFAULT_VARIANT).build(data)
    named = {v.name for v in [*model.free_RVs, *model.deterministics]}
    assert named <= set(one)
    for name in named:
        assert one[name].dims[2:] == tuple(model.named_vars_to_dims.get(name, ())), name
