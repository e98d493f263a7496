"""Multiverse and influence name what they change; one sweep end to end, with its files, resumed with the same bytes."""

import json

import numpy as np
import pandas as pd
import pymc as pm
import pytest

from gapmodel.errors import ConfigError
from gapmodel.inference.power_scaling import QUANTITIES, errors_of, power_scaling
from gapmodel.inference.sampling import SamplerSettings, compile_variant
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.prior_sets import applies
from gapmodel.modeling.registry import load_variant
from gapmodel.plot import plot_influence, plot_specifications
from gapmodel.scores.selection import select
from gapmodel.sources import bundled
from gapmodel.validation.multiverse import FACTORS, REFERENCE, influence, multiverse, near_ceiling
from gapmodel.validation.sensitivity import _failures, influence_folder
from gapmodel.validation.sweep import NOT_FITTED, Choice, run_sweep

SMALL = SamplerSettings(draws=60, tune=150, chains=2, seed=3)


@pytest.fixture(scope="module")
def bundle():
    table = bundled.load()
    return table, select(table)


def test_the_factorial_crosses_all_factors_and_starts_with_the_reference(bundle):
    choices = multiverse(*bundle, LagOptions())
    factorial = [c for c in choices if c.labels["part"] in (REFERENCE, "factorial")]
    assert len(factorial) == np.prod([len(levels) for levels in FACTORS.values()])
    assert choices[0].name == REFERENCE
    assert choices[0].options == LagOptions()
    assert len({c.name for c in choices}) == len(choices)
    zero = next(c for c in factorial if c.name == "clamped at zero, grace 0")
    assert zero.options == LagOptions(clamp=True, grace_months=0)


def test_benchmarks_near_the_ceiling_are_those_that_have_reached_it(bundle):
    table, chosen = bundle
    near = near_ceiling(chosen, LagOptions())
    assert "OTIS Mock AIME 2024-2025" in near
    assert "CritPt" not in near
    best = table.table[table.table["weights"] == "closed"].groupby("benchmark")["score"].max()
    assert all(best[name] >= 0.95 for name in near)


def test_single_changes_cover_what_is_promised(bundle):
    changes = {c.labels["change"]: c for c in multiverse(*bundle, LagOptions()) if c.labels["part"] != "factorial"}
    assert changes["Epoch Capabilities Index alone"].scores.benchmarks.index.tolist() == ["Epoch Capabilities Index"]
    assert "Epoch Capabilities Index" not in changes["opt-in benchmarks too"].scores.benchmarks.index
    assert sum(name.startswith("priors:") for name in changes) >= 3
    assert any(name.startswith("mathematics alone") for name in changes)


def test_influence_leaves_out_one_unit_each(bundle):
    _, chosen = bundle
    choices = influence(chosen, LagOptions())
    kinds = pd.Series([c.labels["kind"] for c in choices]).value_counts()
    assert kinds[REFERENCE] == 1
    assert kinds["benchmark"] == len(chosen.benchmarks)
    for choice in choices[1:]:
        kind, name = choice.labels["kind"], choice.labels["left_out"]
        assert name not in set(choice.scores.table[kind].dropna())
        assert choice.labels["records"] > 0
    # A model that never set a record in a window is not on the list.
    listed = {c.labels["left_out"] for c in choices if c.labels["kind"] == "model"}
    panel = LagOptions().lags(chosen).panel
    setters = {str(m) for r in ("leader_model", "follower_model") for m in np.unique(panel[r].to_numpy().astype(str))}
    assert listed <= setters


def test_a_sweep_resumes_and_names_what_cannot_be_done(simulated, tmp_path, without_sampler):
    scores, _ = simulated
    folder = tmp_path / "sweep"
    choices = [
        Choice(REFERENCE, scores, LagOptions()),
        Choice("without one", scores.subset(exclude_benchmarks=["bench-00"]), LagOptions(), labels={"x": 1}),
        Choice("too late", scores, LagOptions(first_month="2025-06-20")),
        Choice("same again", scores, LagOptions()),
    ]
    settings = {"settings": SMALL, "spec": {"test": 1}}
    first = run_sweep(choices, "hierarchical_iid", folder, **settings).set_index("name")
    assert first.loc["without one", "n_benchmarks"] == first.loc[REFERENCE, "n_benchmarks"] - 1
    assert first.loc["too late", "problem"]
    assert np.isnan(first.loc["too late", "gap_median"])
    # One seed, one compiled model: equal choices give equal numbers.
    numbers = ["gap_median", "gap_lower", "slope_median", "probability_12", "probability_never"]
    assert first.loc["same again", numbers].tolist() == first.loc[REFERENCE, numbers].tolist()
    assert first.loc["without one", "gap_median"] != first.loc[REFERENCE, "gap_median"]
    kept = sorted((folder / "jobs").iterdir())
    kept[0].unlink()
    stamps = {p: p.stat().st_mtime_ns for p in kept[1:]}
    again = run_sweep(choices, "hierarchical_iid", folder, **settings).set_index("name")
    pd.testing.assert_frame_equal(first, again)
    assert all(p.stat().st_mtime_ns == stamp for p, stamp in stamps.items())
    with pytest.raises(ConfigError, match="other data or settings"):
        run_sweep(choices[:2], "hierarchical_iid", folder, **settings)
    assert json.loads((folder / "spec.json").read_text())["test"] == 1


def test_power_scaling_sees_a_strong_prior(simulated):
    """Three months of one benchmark: the data say next to nothing of the slope, so that its prior decides."""
    scores, _ = simulated
    options = LagOptions()
    full = options.data(options.lags(scores))
    # With a shock: three lags on one line let the scale of errors go to zero where nothing else is random.
    variant = load_variant("shared_shock")
    little = full.only((np.cumsum(full.observed, axis=1) <= 3) & (np.arange(len(full.benchmark)) == 0)[:, None])
    settings = SamplerSettings(draws=500, tune=500, chains=2, seed=1)
    compiled = compile_variant(variant, full)
    weak = power_scaling(compiled.with_data(little).sample(settings), full.month[-1]).set_index(["quantity", "scaled"])
    assert weak.loc[("slope", "slope_population"), "flagged"]
    strong = power_scaling(compiled.sample(settings), full.month[-1]).set_index(["quantity", "scaled"])
    key = ("slope", "slope_population")
    assert strong.loc[key, "sensitivity"] < weak.loc[key, "sensitivity"] / 2
    assert set(strong.index.get_level_values(0)) == set(QUANTITIES.values())
    assert not strong.loc[("slope", "likelihood"), "flagged"]


def _rows(n):
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"name": [REFERENCE, *(f"choice {k}" for k in range(1, n))]})
    for what in ("gap", "slope"):
        table[f"{what}_median"] = rng.normal(size=n)
        table[f"{what}_lower"], table[f"{what}_upper"] = table[f"{what}_median"] - 1, table[f"{what}_median"] + 1
    table["probability_24"] = table["probability_60"] = rng.uniform(0, 0.4, n)
    table["a"] = rng.choice(["one", "two"], n)
    table["kind"], table["left_out"] = rng.choice(["benchmark", "organization", "model"], n), table["name"]
    return table


def test_figures_draw_every_analysis():
    table = _rows(20)
    fig = plot_specifications(table, factors=["a"], reference=REFERENCE)
    grid = fig.axes[3]
    assert [t.get_text() for t in grid.get_yticklabels()] == [f"a: {v}" for v in dict.fromkeys(table["a"])]
    assert len(fig.axes[2].patches) == 20
    fig = plot_influence(table.iloc[1:], reference=table.iloc[0], top=5)
    assert [len(ax.patches) for ax in fig.axes] == [5, 5, 5]
    largest = (table["gap_median"].iloc[1:] - table["gap_median"].iloc[0]).abs().idxmax()
    assert fig.axes[0].get_yticklabels()[0].get_text() == table.loc[largest, "name"]


@pytest.mark.parametrize("name", ["catch_up", "latent_frontier"])
def test_variants_that_are_not_of_monthly_lags_are_refused(bundle, tmp_path, name):
    with pytest.raises(ConfigError, match="monthly lags"):
        influence_folder(bundle[1], LagOptions(), name, tmp_path / "out", settings=SMALL)
    assert not (tmp_path / "out").exists()


def test_a_set_of_priors_that_names_no_parameter_is_told_and_not_fitted(simulated, tmp_path, without_sampler):
    scores, _ = simulated
    choices = [
        Choice("reference", scores, LagOptions()),
        Choice("sceptical", scores, LagOptions(), priors="sceptical of a trend"),
    ]
    assert applies(load_variant("shared_shock"), "sceptical of a trend")
    assert not applies(load_variant("no_pooling"), "sceptical of a trend")
    assert applies(load_variant("no_pooling"), "wide")
    table = run_sweep(choices, "no_pooling", tmp_path, settings=SMALL, spec={}).set_index("name")
    assert "none of the parameters" in table.loc["sceptical", "problem"]
    assert np.isnan(table.loc["sceptical", "gap_median"])
    assert table.loc["reference", "problem"] == ""


def test_fits_that_did_not_pass_are_counted_and_said():
    rows = pd.DataFrame(
        {
            "slope_median": [1.0, 2.0, np.nan, np.nan], "passed": [True, False, False, False],
            "rhat_max": [1.0, 1.04, np.nan, np.nan], "divergences": [0, 3, np.nan, np.nan],
            "problem": ["", "", NOT_FITTED, "too little data"],
        }
    )  # fmt: skip
    lines = _failures(rows)
    assert lines[0].startswith("CHECK FAILED in 1 of 2 fits (R-hat up to 1.04, divergences in 1, else too few")
    assert lines[1] == "CHECK FAILED: 1 fits failed altogether, see failed.json"
    assert _failures(rows.iloc[:1]) == []


def test_a_model_without_the_density_that_is_scaled_is_told_before_anything_is_sampled():
    with pm.Model() as model:
        pm.Potential("density", pm.Normal("x"))
    with pytest.raises(ConfigError, match="'errors'"):
        errors_of(model)
