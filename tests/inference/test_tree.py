"""The complete tree: groups, labels, units, replicates, netCDF, and ArviZ on it."""

from dataclasses import replace

import arviz as az
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from gapmodel.errors import ConfigError
from gapmodel.files.atomic import atomic_netcdf
from gapmodel.inference.predictive_checks import censoring_limits
from gapmodel.inference.sampling import Fit, SamplerSettings, built_model, fit_variant, sample_prior
from gapmodel.inference.tree import complete_tree, stretch_labels, variable_units
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import list_variants, load_variant
from gapmodel.units import months_between
from tests.support import latentscores
from tests.support.sampler import prior_draws

OPTIONS = LagOptions()
GROUPS = {
    *("posterior", "prior", "posterior_predictive", "prior_predictive", "observed_data", "constant_data"),
    "sample_stats",
}
SETTINGS = SamplerSettings(draws=200, tune=200, chains=2, seed=5)


@pytest.fixture(scope="module")
def panel(simulated):
    return OPTIONS.lags(simulated[0]).panel


@pytest.fixture(scope="module")
def fit(simulated):
    """Hyperparameters and excesses from the prior; lines and shock given them and the lags."""
    with pytest.MonkeyPatch.context() as patch:
        prior_draws(patch)
        return fit_variant(load_variant("shared_shock"), OPTIONS.data(OPTIONS.lags(simulated[0])), SETTINGS)


@pytest.fixture(scope="module")
def prior(fit):
    return sample_prior(fit.variant, fit.data, draws=150, seed=6)


@pytest.fixture(scope="module")
def tree(fit, prior, panel):
    return complete_tree(fit, prior, panel, seed=7, draws=60, attrs={"seed": 5, "code_sha256": "ab", "level": 0.5})


def _of_prior(variant, data, panel, **keywords):
    """A tree in which prior draws stand for the posterior's: for what does not depend on sampling."""
    prior = sample_prior(variant, data, draws=20, seed=1)
    stats = xr.Dataset({"diverging": (("chain", "draw"), np.zeros((1, 20), dtype=bool))})
    idata = xr.DataTree.from_dict({"posterior": prior, "sample_stats": stats})
    return complete_tree(Fit(variant, data, SETTINGS, idata), prior, panel, seed=2, draws=10, **keywords)


@pytest.fixture
def figures():
    with mpl.rc_context({"backend": "Agg"}):
        yield
        plt.close("all")


@pytest.mark.slow
def test_groups_and_root(tree, fit, panel):
    assert set(tree.children) == GROUPS
    assert tree.attrs["variant"] == "shared_shock"
    assert tree.attrs["view"] == "monthly"
    assert (tree.attrs["seed"], tree.attrs["sampler_seed"], tree.attrs["predictive_seed"]) == (5, 5, 7)
    assert (tree.attrs["code_sha256"], tree.attrs["level"]) == ("ab", 0.5)
    assert tree.attrs["data_sha256"] == panel.attrs["data_sha256"]
    assert "gapmodel compare" in tree.attrs["loo_note"]
    assert "log_likelihood" in tree.attrs["absent_groups"]
    assert all(isinstance(value, str | int | float) for value in tree.attrs.values())


@pytest.mark.slow
def test_draws_are_those_of_the_fit(tree, fit, prior):
    posterior = tree["posterior"].to_dataset()
    assert set(posterior.data_vars) == set(fit.posterior.data_vars)
    for name, values in fit.posterior.items():
        assert posterior[name].dims == values.dims
        np.testing.assert_array_equal(posterior[name], values)
    # Excesses beyond bounds have no prior but the errors'.
    assert set(prior.data_vars) - set(tree["prior"].data_vars) == {"excess_raw"}
    assert tree["prior"].attrs["no_draws_of"] == "excess_raw"
    assert dict(tree["prior"].sizes) == {"chain": 1, "draw": 150, "benchmark": 8, "month": 31}


@pytest.mark.slow
def test_labels_and_units_everywhere(tree, fit, panel):
    for name, group in tree.children.items():
        for variable in group.data_vars.values():
            assert variable.attrs["units"] not in ("", "unknown"), (name, variable.name)
        if "month" in group.coords:
            assert group["month"].dtype == np.dtype("datetime64[ns]"), name
        if "title" in group.coords:
            assert group["title"].dims == group["category"].dims == group["benchmark"].dims
            expected = panel.sel(benchmark=group["benchmark"].to_numpy())
            np.testing.assert_array_equal(group["title"], expected["title"])
            np.testing.assert_array_equal(group["category"], expected["category"])
    for name in GROUPS - {"sample_stats"}:
        assert {"month", "benchmark"} <= set(tree[name].coords), name
    assert tree["constant_data"]["title"].dims == ("benchmark",)
    assert tree["observed_data"]["title"].dims == ("observation",)
    np.testing.assert_array_equal(tree["posterior"]["month"], panel["month"])
    units = {name: tree["posterior"][name].attrs["units"] for name in ("slope", "shock", "error_sd", "slope_raw")}
    assert units == {"slope": "months/year", "shock": "months", "error_sd": "months", "slope_raw": "1"}


@pytest.mark.slow
def test_observed_cells_and_their_censoring(tree, fit, panel):
    data = fit.data
    lag, constant = tree["observed_data"]["lag"], tree["constant_data"]
    assert lag.sizes == {"observation": int(data.observed.sum())}
    assert np.isfinite(lag).all()
    assert len(set(lag["observation"].to_numpy())) == lag.size
    for k in (0, 17, lag.size - 1):
        cell = lag[k]
        at = dict(benchmark=str(cell["benchmark"].item()), month=cell["month"].to_numpy())
        b, t = list(data.benchmark).index(at["benchmark"]), list(panel["month"].to_numpy()).index(at["month"])
        assert float(cell) == data.value[b, t]
        assert int(cell["censoring"]) == int(constant["censoring"].sel(at)) == data.censoring[b, t]
        assert float(constant["years"].sel(month=at["month"])) == pytest.approx(data.years[t])
        assert cell["observation"].item() == f"{at['benchmark']} {str(at['month'])[:7]}"
    np.testing.assert_array_equal(constant["observed"], data.observed)
    assert int((constant["censoring"] != 0).sum()) == int((data.censored_sign != 0).sum()) > 0


@pytest.mark.slow
def test_stretches_are_named_by_benchmark_and_first_month(tree, fit):
    data, constant = fit.data, tree["constant_data"]
    labels = tree["posterior"]["stretch"].to_numpy()
    np.testing.assert_array_equal(labels, constant["stretch"])
    named = constant["stretch_label"]
    for k, label in enumerate(labels):
        benchmark, month = np.nonzero((named == label).to_numpy())
        assert set(data.benchmark[benchmark]) == {label.split()[0]}
        assert str(data.month[month.min()])[:7] == label.split()[1]
        assert len(month) == int(constant["stretch_cells"][k]) == int((data.censored_stretch == k).sum())
        assert set(data.censoring[benchmark, month]) == {float(constant["stretch_sign"][k])}
    assert set(named.to_numpy()[data.censoring == 0]) == {""}


def test_padding_is_no_stretch(simulated):
    lags = OPTIONS.lags(simulated[0])
    data = OPTIONS.data(lags)
    cells, stretches = len(data.censored_sign), len(data.stretch_real)
    padded = OPTIONS.data(lags, pad_censored=(cells + 4, stretches + 2))
    labels = list(stretch_labels(padded))
    assert labels == [*stretch_labels(data), "padding 1", "padding 2"]
    assert len(set(labels)) == len(labels)


@pytest.mark.slow
def test_replicates_are_recorded_as_the_data_were(tree, fit, prior, panel):
    """A draw's replicate lies within the limits, which are the bounds of the censored cells."""
    lag, constant = tree["posterior_predictive"]["lag"], tree["constant_data"]
    assert lag.dims == ("chain", "draw", "observation")
    assert dict(lag.sizes) == {"chain": 2, "draw": 30, "observation": tree["observed_data"].sizes["observation"]}
    assert tree["prior_predictive"]["lag"].shape[:2] == (1, 60)
    np.testing.assert_array_equal(lag["observation"], tree["observed_data"]["observation"])
    kept = lag["draw"].to_numpy()
    assert (np.diff(kept) > 0).all()
    assert set(kept) < set(range(200))
    upper, lower = censoring_limits(panel, fit.data, leader_start_up_months=OPTIONS.leader_start_up_months)
    seen = fit.data.observed > 0
    np.testing.assert_array_equal(constant["upper_limit"], np.where(seen, upper, np.nan))
    np.testing.assert_array_equal(constant["lower_limit"], np.where(seen, lower, np.nan))
    upper, lower, bounds = upper[seen], lower[seen], fit.data.censoring[seen] > 0
    np.testing.assert_allclose(tree["observed_data"]["lag"][bounds], upper[bounds])
    assert ((lag <= upper) & (lag >= np.minimum(lower, upper))).all()
    at_bound = (lag == upper).mean(("chain", "draw"))
    assert float(at_bound[bounds].mean()) > float(at_bound[~bounds].mean())


@pytest.mark.slow
def test_replicates_belong_to_their_draw(fit, prior, panel):
    """With next to no error a replicate is the trend and shock of the draw that its labels name."""
    exact = fit.posterior.assign(error_sd=xr.zeros_like(fit.posterior["error_sd"]))
    idata = xr.DataTree.from_dict({"posterior": exact, "sample_stats": fit.idata["sample_stats"].to_dataset()})
    tree = complete_tree(replace(fit, idata=idata), prior, panel, seed=3, draws=20)
    lag, constant = tree["posterior_predictive"]["lag"], tree["constant_data"]
    one = lag[1, 4]
    of = exact.sel(chain=1, draw=one["draw"].item())
    rows = [list(fit.data.benchmark).index(b) for b in one["benchmark"].to_numpy()]
    columns = [list(panel["month"].to_numpy()).index(m) for m in one["month"].to_numpy()]
    mean = of["intercept"].to_numpy()[rows] + of["slope"].to_numpy()[rows] * fit.data.years[columns]
    mean += of["shock"].to_numpy()[columns]
    upper, lower = (constant[f"{side}_limit"].to_numpy()[rows, columns] for side in ("upper", "lower"))
    np.testing.assert_allclose(one, np.clip(mean, lower, upper), atol=1e-9)


@pytest.mark.slow
def test_one_seed_gives_one_tree(tree, fit, prior, panel):
    again = complete_tree(fit, prior, panel, seed=7, draws=60)
    for name in GROUPS:
        xr.testing.assert_identical(again[name].to_dataset(), tree[name].to_dataset())
    other = complete_tree(fit, prior, panel, seed=8, draws=60)["posterior_predictive"]
    assert not np.array_equal(other["draw"], tree["posterior_predictive"]["draw"])


@pytest.mark.slow
def test_nothing_of_the_fit_is_changed(fit, prior, panel):
    before = {name: node.to_dataset().copy(deep=True) for name, node in fit.idata.children.items()}
    old = prior.copy(deep=True)
    complete_tree(fit, prior, panel, seed=7, draws=60)
    for name, group in before.items():
        xr.testing.assert_identical(fit.idata[name].to_dataset(), group)
    xr.testing.assert_identical(prior, old)


@pytest.mark.slow
def test_netcdf_keeps_everything(tree, tmp_path):
    atomic_netcdf(tmp_path / "tree.nc", tree)
    with xr.open_datatree(tmp_path / "tree.nc", engine="h5netcdf") as read:
        assert read.attrs == tree.attrs
        assert set(read.children) == GROUPS
        for name in GROUPS:
            xr.testing.assert_identical(read[name].to_dataset().load(), tree[name].to_dataset())
            for variable, values in tree[name].data_vars.items():
                assert read[name][variable].dtype == values.dtype or values.dtype == object, variable
        assert read["posterior"]["month"].dtype == tree["posterior"]["month"].dtype


@pytest.mark.slow
@pytest.mark.parametrize("var_names", [None, ["intercept_population", "error_sd", "slope", "excess_raw"]])
def test_arviz_compares_prior_and_posterior(tree, figures, var_names):
    # ArviZ refuses more than 40 panels, hence the scalars in place of everything.
    scalars = [str(n) for n, v in tree["posterior"].data_vars.items() if v.ndim == 2]
    shown = az.plot_prior_posterior(tree, var_names=var_names or scalars, kind="ecdf")
    assert set(shown.viz["plot"].data_vars) == set(var_names or scalars)


@pytest.mark.slow
@pytest.mark.parametrize("group", ["posterior_predictive", "prior_predictive"])
def test_arviz_checks_predictions(tree, figures, group):
    shown = az.plot_ppc_dist(tree, group=group, num_samples=20, kind="ecdf")
    assert set(shown.viz["plot"].data_vars) == {"lag"}


@pytest.mark.slow
def test_arviz_draws_forests(tree, figures):
    az.plot_forest(tree)
    az.plot_forest(tree, var_names=["slope", "shock", "excess_raw"], combined=True)


@pytest.mark.slow
def test_arviz_summarises(tree, fit):
    table = az.summary(tree)
    rows = sum(int(v[0, 0].size) for v in fit.posterior.values())
    assert len(table) == rows
    first = tree["posterior"]["stretch"].to_numpy()[0]
    assert {f"excess_raw[{first}]", "slope[bench-00]"} <= set(table.index)
    assert np.isfinite(table.select_dtypes("number")).all(axis=None)


@pytest.mark.slow
def test_a_model_of_scores_has_no_replicates(tmp_path, figures):
    table = latentscores.table()
    lags = latentscores.OPTIONS.lags(table)
    variant, data = load_variant("latent_frontier"), latentscores.small_data()
    tree = _of_prior(variant, data, lags.panel)
    assert set(tree.children) == GROUPS - {"posterior_predictive", "prior_predictive"}
    absent = tree.attrs["absent_groups"]
    assert "posterior_predictive" in absent
    assert "prior_predictive" in absent
    # ArviZ has a dim named group of its own.
    assert tree["posterior"]["flagship"].dims == ("chain", "draw", "side")
    assert "shortfall_raw" not in tree["prior"]
    observed, constant = tree["observed_data"], tree["constant_data"]
    assert observed["score_logit"].size == len(latentscores.ROWS)
    assert constant["title"].dims == ("benchmark",)
    for k, name in enumerate(observed["model"].to_numpy()):
        row = next(r for r in latentscores.ROWS if (r[0], r[1]) == (observed["benchmark"].item(k), name))
        assert str(observed["released"].to_numpy()[k])[:10] == row[2]
        assert int(constant["model_follower"][k]) == (row[3] == "open")
        assert months_between(observed["month"][k], observed["released"][k]) >= 0
    # At floor and ceiling: O3 of "up" and O2 of "low".
    assert sorted(constant["observation"].to_numpy()[constant["censoring"] != 0]) == ["low O2", "up O3"]
    az.plot_prior_posterior(tree, var_names=["lag_level", "flagship"], kind="ecdf")
    az.plot_forest(tree, var_names=["lag_level", "flagship", "offset"])
    atomic_netcdf(tmp_path / "tree.nc", tree)
    with xr.open_datatree(tmp_path / "tree.nc", engine="h5netcdf") as read:
        for name, group in tree.children.items():
            xr.testing.assert_identical(read[name].to_dataset().load(), group.to_dataset())


@pytest.mark.slow
def test_a_dim_of_categories(simulated, panel):
    """It and the label of the same name are in different groups."""
    variant = load_variant("by_category")
    tree = _of_prior(variant, OPTIONS.data(OPTIONS.lags(simulated[0])), panel)
    assert tree["posterior"]["slope_category"].dims == ("chain", "draw", "category")
    assert tree["constant_data"]["category"].dims == ("benchmark",)
    assert len(az.summary(tree, var_names=["slope_category", "slope", "error_sd"], kind="stats")) == 1 + 8 + 1


@pytest.mark.slow
def test_other_views_are_replicated_without_bounds(simulated, panel):
    lags = OPTIONS.lags(simulated[0])
    variant = load_variant("catch_up")
    data = OPTIONS.data(lags, view=variant.view)
    tree = _of_prior(variant, data, panel)
    assert "upper_limit" not in tree["constant_data"]
    assert "never bounds" in tree["posterior_predictive"].attrs["recorded"]
    assert tree["observed_data"]["lag"].attrs["long_name"].startswith("time until")
    assert tree["observed_data"].sizes["observation"] == int(data.observed.sum())


@pytest.mark.slow
def test_a_panel_without_bounds(simulated, panel, figures):
    data = OPTIONS.data(OPTIONS.lags(simulated[0]))
    exact = data.only(data.censoring == 0)
    exact = replace(
        exact,
        **{n: getattr(exact, n)[:0] for n in data.ARRAYS if n.startswith("censored_")},
        stretch_real=exact.stretch_real[:0],
    )
    tree = _of_prior(load_variant("hierarchical_iid"), exact, panel)
    assert "excess_raw" not in tree["posterior"]
    assert "stretch" not in tree["constant_data"].dims
    az.plot_forest(tree, var_names=["slope"])


def test_every_shipped_variable_has_a_unit(simulated):
    lags = OPTIONS.lags(simulated[0])
    for name in list_variants():
        variant = load_variant(name)
        data = OPTIONS.data(lags, view=variant.view)
        names = [v.name for v in built_model(variant, data).unobserved_RVs]
        unknown = [n for n in names if variable_units(n, variant.priors) == "unknown"]
        assert unknown == [], name


@pytest.mark.parametrize(
    "name, words, units",
    [
        ("a", "Normal(8, 5) months", "months"),
        ("a", "Normal(log 6, 0.5) log months", "1"),
        ("a", "LogNormal(log 0.7, 0.5) a year", "1/year"),
        ("a", "HalfNormal(1.5) months/year per root year", "months/year^1.5"),
        ("a", "Beta(2, 2)", "1"),
        ("a", "HalfNormal(2) points", "points"),
        ("b", "HalfNormal(2) points", "unknown"),
        ("b_raw", "HalfNormal(2) points", "1"),
        ("slope", "HalfNormal(2) points", "months/year"),
    ],
)
def test_units_are_read_from_the_words_of_priors(name, words, units):
    assert variable_units(name, {"a": words}) == units


@pytest.mark.slow
def test_what_cannot_be_written_is_refused(fit, prior, panel):
    with pytest.raises(ConfigError, match="attribute 'made' is None: give text or a number"):
        complete_tree(fit, prior, panel, seed=1, attrs={"made": None})
    with pytest.raises(ConfigError, match="give at least 2"):
        complete_tree(fit, prior, panel, seed=1, draws=1)
