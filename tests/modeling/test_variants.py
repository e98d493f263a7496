"""Every variant keeps the contract; those that nest agree when the extra part is switched off."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gapmodel.errors import ConfigError
from gapmodel.inference.contract import check_contract
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.prior_sets import with_prior_set
from gapmodel.modeling.registry import list_variants, load_variant

MODELS = Path(__file__).parents[2] / "models"
NAMES = sorted(list_variants())


@pytest.fixture(scope="module")
def lags(simulated):
    scores, _ = simulated
    return LagOptions().lags(scores)


@pytest.fixture(scope="module")
def data(lags):
    return LagOptions().data(lags)


@pytest.mark.parametrize("name", NAMES)
def test_contract(name, lags):
    variant = load_variant(name)
    check_contract(variant, LagOptions().data(lags, view=variant.view))


@pytest.mark.parametrize("name", NAMES)
def test_docstring_is_the_model(name):
    """Equation, a prior table with each prior that is drawn, what identifies it, and a source."""
    variant = load_variant(name)
    text = (MODELS / f"{name}.py").read_text(encoding="utf-8")
    doc = text.split('"""')[1]
    assert ".. math::" in doc
    assert "What identifies it" in doc
    assert re.search(r"^Source: ", doc, re.MULTILINE)
    table = doc[doc.index("parameter  ") :]
    for parameter, prior in variant.priors.items():
        assert re.search(rf"^{parameter}\b", table, re.MULTILINE), parameter
        numbers = re.findall(r"[\d.]+", prior.split(")")[0])
        row = re.search(rf"^{parameter}\b.*$", table, re.MULTILINE).group()
        assert all(number in row for number in numbers), (parameter, prior, row)


USER = '''"""Mine."""
import pymc as pm
import xarray as xr
from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors

PRIORS = {"level": "Normal(5, 5)"}


def build(data):
    with pm.Model(coords=model_coords(data)) as model:
        d = add_data(data)
        level = pm.Normal("level", 5.0, 5.0, dims="benchmark")
        error_sd = pm.HalfNormal("error_sd", 4.0)
        ou_errors("errors", censored_lags(d) - level[:, None], d, sd=error_sd)
    return model


def trend(samples, years):
    flat = samples["level"] + 0.0 * xr.DataArray(years, dims="time")
    return xr.Dataset(
        {"benchmark_trend": flat, "population_mean": flat.mean("benchmark"), "population_sd": flat.std("benchmark")}
    )
'''


OWN_VIEW = """
from gapmodel.lags.views import View


def matched(lags, leader_start_up_months, follower_start_up_months):
    return lags.catch_up[lags.catch_up["censoring"] == 0].rename(columns={"months": "value"})


VIEW = View("matched", "time until the leader's record was matched, where it was", matched)
"""


def test_a_users_file_may_bring_a_view_of_its_own(tmp_path, lags):
    path = tmp_path / "mine.py"
    path.write_text(USER + OWN_VIEW, encoding="utf-8")
    variant = load_variant(path)
    data = LagOptions().data(lags, view=variant.view)
    check_contract(variant, data)
    rows = LagOptions().data(lags, view="catch_up")
    assert 0 < data.observed.sum() < rows.observed.sum()
    assert "matched view" in repr(variant)


def test_a_users_file_keeps_the_contract(tmp_path, data):
    path = tmp_path / "mine.py"
    path.write_text(USER, encoding="utf-8")
    check_contract(load_variant(str(path)), data)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"population_mean": flat.mean("benchmark"), ', "", "no 'population_mean'"),
        ("flat.mean(", "flat.mean('time').mean(", "dims"),
        ('"error_sd"', '"noise"', "error_sd"),
        ('PRIORS = {"level"', 'PRIORS = {"lvel"', "lvel"),
        ("4.0)", "nan)", "build fails"),
        ('"Normal(5, 5)"', '"StudentT(3, 5, 5)"', "'level', which the model draws from Normal"),
        (
            '"Normal(5, 5)"',
            '"Normal(5, 4) months"',
            "'Normal(5, 4) months' of 'level', which the model draws from Normal(5, 5)",
        ),
        ('"Normal(5, 5)"', '"Normal(5 months, 5)"', "write 'Normal(5, 5)' and then the unit"),
        ('"Normal(5, 5)"', '"2 + Normal(5, 5)"', "which the model draws from Normal(5, 5)"),
    ],
)
def test_a_broken_file_is_told_what_is_wrong(tmp_path, data, old, new, says):
    path = tmp_path / "mine.py"
    path.write_text(USER.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(says)):
        check_contract(load_variant(str(path)), data)


@pytest.mark.parametrize(
    "words", ["", 'PRIORS = {"level": "Normal(mu=5.000, sigma=5) months, each"}', 'PRIORS = {"level": "weak"}']
)
def test_words_of_priors_may_be_left_out_or_have_another_form(tmp_path, data, words):
    path = tmp_path / "mine.py"
    path.write_text(USER.replace('PRIORS = {"level": "Normal(5, 5)"}', words), encoding="utf-8")
    check_contract(load_variant(str(path)), data)


@pytest.mark.parametrize(
    "sampler",
    [
        '{"adaptation": "dense"}',
        '{"mass_matrix_gamma": 1.0}',
        '{"adaptation": "low_rank", "mass_matrix_gamma": 0.0}',
        '{"adaptation": "low_rank", "mass_matrix_gamma": "one"}',
        '{"target_accept": "high"}',
        '{"target_accept": 1.0}',
    ],
)
def test_settings_that_nutpie_does_not_have(tmp_path, sampler):
    path = tmp_path / "mine.py"
    path.write_text(f"{USER}\nSAMPLER = {sampler}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="'SAMPLER'"):
        load_variant(str(path))


def _log_density(name, data, values):
    """The likelihood of the errors at given values of the free parameters, all others zero."""
    model = load_variant(name).build(data)
    rng = np.random.default_rng(5)
    latent = rng.normal(size=len(data.stretch_real))
    given = {}
    for rv in model.free_RVs:
        value = latent if rv.name == "excess_raw" else values.get(rv.name, 0.0)
        given[rv] = np.broadcast_to(np.asarray(value, dtype=float), tuple(model.eval_rv_shapes()[rv.name]))
    potential = next(p for p in model.potentials if p.name == "errors")
    # One evaluation is not worth the compiler of fits: a tenth of a second in place of ten.
    return float(potential.eval(given, on_unused_input="ignore", mode="FAST_COMPILE"))


BASE = {
    "intercept_population": 6.0, "intercept_sd": 2.0, "slope_population": -1.0, "slope_sd": 0.7, "error_sd": 3.0,
    "error_length": 4.0, "shock_length": 3.0, "curve_length": 1.5, "shock_sd": 1.3,
}  # fmt: skip


@pytest.mark.parametrize(
    ("wide", "switch", "narrow"),
    [
        ("shared_shock", {"shock_sd": 0.0}, "hierarchical_ou"),
        ("hierarchical_ou", {"error_length": 1e-3}, "hierarchical_iid"),
        ("hierarchical_iid", {"intercept_sd": 0.0, "slope_sd": 0.0}, "pooled"),
        ("student_t", {"error_precision": 1.0}, "shared_shock"),
        ("by_category", {"slope_category_sd": 0.0}, "shared_shock"),
        ("local_trend", {"drift_sd": 0.0}, "shared_shock"),
        ("curved", {"curve_sd": 0.0}, "shared_shock"),
    ],
)
def test_nested_variants_agree_when_the_extra_part_is_off(wide, switch, narrow, data):
    rng = np.random.default_rng(2)
    effects = {
        "intercept_raw": rng.normal(size=len(data.benchmark)), "slope_raw": rng.normal(size=len(data.benchmark)),
        "shock_raw": rng.normal(size=len(data.month)),
    }  # fmt: skip
    off = _log_density(wide, data, BASE | effects | switch)
    assert off == pytest.approx(_log_density(narrow, data, BASE | effects), rel=1e-6)
    if narrow != "pooled":
        on = BASE | effects | {name: 0.9 for name in switch} | {"category_raw": 1.0, "step_raw": 1.0, "curve_raw": 1.0}
        assert abs(_log_density(wide, data, on) - off) > 0.01, "the extra part does something"


def test_levelling_is_a_constant_without_its_slope(data):
    level = {"error_sd": 3.0, "error_length": 4.0, "shock_length": 3.0, "shock_sd": 1.3}
    flat = _log_density("shared_shock", data, level | {"intercept_population": 6.0})
    assert _log_density("levelling", data, level | {"floor_population": 6.0, "rate": 0.7}) == pytest.approx(flat)


def test_no_pooling_is_the_lines_themselves(data):
    rng = np.random.default_rng(4)
    raw = rng.normal(size=(2, len(data.benchmark)))
    same = {"intercept": 6.0 + 2.0 * raw[0], "slope": -1.0 + 0.7 * raw[1], "error_sd": 3.0}
    pooled = BASE | {"intercept_raw": raw[0], "slope_raw": raw[1]}
    assert _log_density("no_pooling", data, same) == pytest.approx(_log_density("hierarchical_iid", data, pooled))


def test_the_damped_path_goes_on_beyond_its_knots():
    """A horizon may be a century: the slope fades from where the last knot left it, at either end of time."""
    model = load_variant("damped")
    n = 46
    slope, length = np.linspace(2.0, -1.5, n), 24.0  # months per year; months
    one = xr.DataArray(np.ones((1, 1)), dims=("chain", "draw"))
    lines = dict.fromkeys(
        ("intercept", "slope"), xr.DataArray(np.zeros((1, 1, 1)), dims=("chain", "draw", "benchmark"))
    )
    samples = xr.Dataset(
        {
            "trend_slope": (("chain", "draw", "knot"), slope[None, None]), "trend_length": length * one,
            "intercept_population": 0.0 * one, "intercept_sd": one, "slope_sd": one, **lines,
        }
    )  # fmt: skip
    last, h = 16.75, 1e-4
    years = np.array([last - h, last, last + h, last + 2.0, 100.0, -6.25 - h, -6.25, -100.0])
    mean = model.trend(samples, years)["population_mean"].to_numpy().ravel()
    assert (mean[1] - mean[0]) / h == pytest.approx(slope[-1])
    assert (mean[2] - mean[1]) / h == pytest.approx(slope[-1], rel=1e-3)
    assert mean[3] - mean[1] == pytest.approx(slope[-1] * 2.0 * (1 - np.exp(-1.0)))
    assert mean[4] - mean[1] == pytest.approx(slope[-1] * 2.0)
    assert (mean[6] - mean[5]) / h == pytest.approx(slope[0], rel=1e-3)
    assert mean[6] - mean[7] == pytest.approx(slope[0] * 2.0)


def test_a_panel_longer_than_the_damped_path_is_refused(data):
    model = load_variant("damped")
    long = replace(data, years=data.years * 7.0)
    for form in (model.build, lambda data: model.kernel(data, model.priors)):
        with pytest.raises(ConfigError, match=r"path of 'damped' is made for 12: .*--first-month"):
            form(long)


def test_a_model_does_not_see_cells_that_are_not_observed(data):
    keep = np.arange(len(data.month))[None, :] < len(data.month) - 6
    cut = data.only(keep & np.ones_like(data.observed, dtype=bool))
    assert cut.observed[:, -6:].sum() == 0
    other = replace(data, lag=np.where(keep, data.lag, 99.0)).only(keep & np.ones_like(data.observed, dtype=bool))
    for name, value in cut.arrays.items():
        np.testing.assert_array_equal(value, other.arrays[name], err_msg=name)


def test_another_build_is_sampled_as_itself():
    """The forms of the file's own are of no other: a copy with another build would be sampled as the shipped one."""
    shipped = load_variant("shared_shock")
    assert shipped.kernel is not None
    assert shipped.integrated is not None
    copy = replace(shipped, build=load_variant("pooled").build)
    assert (copy.kernel, copy.integrated, copy.recover) == (None, None, None)
    assert replace(shipped, name="renamed").kernel is shipped.kernel
    assert with_prior_set(shipped, "wide").kernel is shipped.kernel
