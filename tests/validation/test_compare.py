"""Folds leak nothing; elpd, its errors and stacking weights by hand; a comparison folder resumes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gapmodel.cli.printing import print_comparison
from gapmodel.errors import ConfigError, GapmodelError, InsufficientDataError
from gapmodel.files.atomic import file_hashes
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.validation.comparison import Plan, compare_variants
from gapmodel.validation.comparison_table import STACKED, Comparison
from gapmodel.validation.folds import (
    BENCHMARK,
    FUTURE,
    benchmark_folds,
    elpd_table,
    future_folds,
    stacked_quantiles,
    stacking_weights,
)
from tests.support.sampler import prior_draws


@pytest.fixture(scope="module")
def data(simulated):
    scores, _ = simulated
    return LagOptions().data(LagOptions().lags(scores))


def test_future_folds_cover_the_last_months_once_and_see_nothing_of_them(data):
    folds = future_folds(data, blocks=4, months_ahead=3)
    covered = np.sum([fold.cells for fold in folds], axis=0)
    assert covered[:, :-12].sum() == 0
    assert (covered[:, -12:] == 1).all()
    for fold in folds:
        first = np.flatnonzero(fold.cells.any(axis=0))[0]
        assert fold.train.observed[:, first:].sum() == 0
        assert fold.train.lag[:, first:].sum() == 0
        real = fold.train.censored_sign != 0
        assert (fold.train.censored_month[real] < first).all()
        assert fold.name == str(data.month[first - 1])
        assert len(fold.train.censored_bound) == len(data.censored_bound), "one shape, one compilation"


def test_later_lags_do_not_reach_the_fitted_panel(data):
    first = future_folds(data, blocks=4)[0]
    late = first.cells | (np.arange(len(data.month)) >= len(data.month) - 12)[None, :]
    scrambled = replace(
        data,
        lag=np.where(late & (data.lag != 0), data.lag + 50.0, data.lag),
        censored_bound=np.where(
            late[data.censored_benchmark, data.censored_month], data.censored_bound + 50.0, data.censored_bound
        ),
    )
    other = future_folds(scrambled, blocks=4)[0]
    for name, value in first.train.arrays.items():
        np.testing.assert_array_equal(value, other.train.arrays[name], err_msg=name)


def test_benchmark_folds_leave_one_out(data):
    for k, fold in enumerate(benchmark_folds(data)):
        assert fold.name == data.benchmark[k]
        assert fold.train.observed[k].sum() == 0
        assert fold.train.observed.sum() == data.observed.sum() - data.observed[k].sum()
        assert fold.cells.sum() == len(data.month)


def test_too_short_a_panel_is_refused(data):
    with pytest.raises(InsufficientDataError, match="fewer blocks"):
        future_folds(data, blocks=20, months_ahead=3)


def _cells(**lpd):
    """One lag per fold and benchmark; `lpd` gives variant → values by fold."""
    rows = []
    for variant, values in lpd.items():
        for k, value in enumerate(values):
            rows.append(
                {"variant": variant, "kind": FUTURE, "fold": str(k), "benchmark": "a", "month": str(k), "lpd": value}
            )
    return pd.DataFrame(rows)


def test_elpd_and_its_error_come_from_folds():
    a, b = np.array([-1.0, -2.0, -3.0, -4.0]), np.array([-3.0, -4.5, -4.0, -8.0])
    table = elpd_table(_cells(good=a, bad=b), kind=FUTURE).set_index("variant")
    assert table.loc["good", "elpd"] == pytest.approx(a.sum())
    assert table.loc["good", "difference"] == 0.0
    assert table.loc["bad", "difference"] == pytest.approx((b - a).sum())
    assert table.loc["bad", "se"] == pytest.approx(np.sqrt(4) * (b - a).std(ddof=1))
    assert "4 folds" in table.loc["bad", "warning"]
    near = elpd_table(_cells(good=a, near=a - 0.1), kind=FUTURE).set_index("variant")
    assert "below 4" in near.loc["near", "warning"]


def test_months_within_a_fold_count_as_one_fact():
    """The same lags in one fold twice: twice the difference, twice its error."""
    once = _cells(good=np.zeros(6), bad=np.arange(6.0) - 6.0)
    twice = pd.concat([once, once.assign(month=once["month"] + "b")])
    one, two = (elpd_table(c, kind=FUTURE).set_index("variant").loc["bad"] for c in (once, twice))
    assert two["difference"] == pytest.approx(2 * one["difference"])
    assert two["se"] == pytest.approx(2 * one["se"])


def test_variants_on_different_lags_are_not_compared():
    cells = _cells(a=np.zeros(4), b=np.zeros(4)).iloc[:-1]
    with pytest.raises(InsufficientDataError, match="same held-out lags"):
        elpd_table(cells, kind=FUTURE)


def test_stacking_weights_by_hand():
    # Each of two experts is right (density 2) where the other is wrong (density 1): 3 times and once.
    right, wrong = np.log(2.0), 0.0
    cells = _cells(a=[right, right, right, wrong], b=[wrong, wrong, wrong, right])
    # Maximise 3 log(1 + w) + log(2 - w): 3 (2 - w) = 1 + w, so w = 5/4, beyond the simplex: all to a.
    assert stacking_weights(cells)["a"] == pytest.approx(1.0, abs=1e-4)
    right = np.log(4.0)
    cells = _cells(a=[right, right, right, wrong], b=[wrong, wrong, wrong, right])
    # 3 log(1 + 3 w) + log(4 - 3 w): 9 (4 - 3 w) = 3 (1 + 3 w), so w = 33/36.
    assert stacking_weights(cells)["a"] == pytest.approx(33 / 36, abs=1e-5)


def test_stacked_quantiles_keep_never():
    draws = {"a": np.array([1.0, 2.0, 3.0, 4.0]), "b": np.full(8, np.inf)}
    weights = pd.Series({"a": 0.25, "b": 0.75})
    assert stacked_quantiles(draws, weights, [0.1, 0.2, 0.5]).tolist() == [2.0, 4.0, np.inf]


def _printed(passed, capsys, tmp_path):
    rows = [
        {
            "variant": name, "gap_median": 5.0, "gap_lower": 3.8, "gap_upper": 7.0,
            "slope_median": -1.0, "slope_lower": -2.4, "slope_upper": 1.4,
            "probability_12_months": 0.03, "probability_never": 0.55, "weight": 0.5,
            "flagged": "", "passed": ok, "note": "" if ok else "checks failed: rhat_max 1.2",
        }
        for name, ok in passed.items()
    ]  # fmt: skip
    print_comparison(Comparison(pd.DataFrame(rows), pd.DataFrame(), {}, "2025-06-30", ()), tmp_path)
    return capsys.readouterr().out


def test_the_dagger_of_a_failed_check_is_explained_below_the_table(capsys, tmp_path):
    table, _, below = _printed({"levelling": True, "hierarchical_iid": False}, capsys, tmp_path).rpartition("┘")
    assert "│ levelling  " in table
    assert "│ hierarchical_iid † │" in table, "a cut name is no name"
    assert "† a check failed: not citable" in below.splitlines()
    assert "†" not in _printed({"levelling": True, "hierarchical_iid": True}, capsys, tmp_path)


SMALL = SamplerSettings(draws=60, tune=150, chains=2)


@pytest.fixture(scope="module")
def compared(simulated, tmp_path_factory):
    scores, _ = simulated
    folder = tmp_path_factory.mktemp("comparison") / "out"
    plan = Plan(settings=SMALL, fold_settings=SMALL, blocks=2, leave_benchmark_out=True)
    variants = ["pooled", "hierarchical_iid", "catch_up"]
    told = []
    with pytest.MonkeyPatch.context() as patch:
        prior_draws(patch)
        result = compare_variants(scores, variants, folder, plan, progress=lambda *what: told.append(what))
    return scores, variants, folder, plan, result, told


def test_two_workers_give_the_same(simulated, tmp_path, without_sampler):
    scores, _ = simulated
    plan = Plan(settings=SMALL, fold_settings=SMALL, blocks=2, leave_benchmark_out=False)
    names = ["pooled", "hierarchical_iid"]
    one = compare_variants(scores, names, tmp_path / "one", plan)
    two = compare_variants(scores, [load_variant(name) for name in names], tmp_path / "two", plan, workers=2)
    pd.testing.assert_frame_equal(one.table, two.table)


def test_comparison_has_a_row_a_variant_and_the_mixture(compared):
    _, _, folder, _, result, told = compared
    table = result.table.set_index("variant")
    assert set(table.index) == {"pooled", "hierarchical_iid", "catch_up", STACKED}
    assert table["weight"].drop(STACKED).sum() == pytest.approx(1.0)
    assert np.isnan(table.loc["catch_up", "difference_future"])
    assert "not scored" in table.loc["catch_up", "note"]
    assert table.loc[STACKED, "gap_lower"] <= table.loc[STACKED, "gap_median"] <= table.loc[STACKED, "gap_upper"]
    assert not table["passed"].any(), "120 draws cannot pass the gate"
    assert {"comparison.csv", "comparison.md", "cells.csv", "stacked.json", "spec.json"} <= {
        p.name for p in folder.iterdir()
    }
    assert told[-1][1:] == (told[-1][2], told[-1][2])
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert set(result.cells["kind"]) == {FUTURE, BENCHMARK}


def test_an_interrupted_comparison_resumes_with_the_same_numbers(compared, without_sampler):
    scores, variants, folder, plan, result, _ = compared
    before = (folder / "comparison.csv").read_bytes()
    jobs = file_hashes(folder / "jobs")
    lost = sorted(name for name in jobs if "pooled" in name)[-2:]
    stamps = {name: (folder / "jobs" / name).stat().st_mtime_ns for name in jobs}
    (folder / "jobs" / lost[0]).unlink()
    (folder / "jobs" / lost[1]).write_bytes((folder / "jobs" / lost[1]).read_bytes()[:40])
    (folder / "comparison.csv").unlink()
    again = compare_variants(scores, variants, folder, plan)
    assert (folder / "comparison.csv").read_bytes() == before
    assert file_hashes(folder / "jobs") == jobs
    made = [name for name, stamp in stamps.items() if (folder / "jobs" / name).stat().st_mtime_ns != stamp]
    assert sorted(made) == lost, "nothing else is fitted again"
    pd.testing.assert_series_equal(again.table["weight"], result.table["weight"])


def test_a_folder_of_other_settings_is_refused(compared):
    scores, variants, folder, plan, *_ = compared
    with pytest.raises(ConfigError, match="other data or settings"):
        compare_variants(scores, variants, folder, replace(plan, blocks=3))
    with pytest.raises(ConfigError, match="at least two"):
        compare_variants(scores, variants[:1], folder, plan)


def test_what_an_earlier_version_left_is_refused_by_its_name(compared, tmp_path):
    scores, variants, _, plan, *_ = compared
    (tmp_path / "variants").mkdir()
    (tmp_path / "variants" / "pooled.nc").touch()
    (tmp_path / "spec.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"earlier version \(variants/\*\.nc\).*give a new folder"):
        compare_variants(scores, variants, tmp_path, plan)


def test_a_fit_that_fails_is_named_and_the_others_are_kept(simulated, tmp_path):
    scores, _ = simulated

    def fails(data):
        raise ZeroDivisionError("no such luck")

    plan = Plan(settings=SMALL, fold_settings=SMALL, blocks=2, leave_benchmark_out=False)
    broken = replace(load_variant("pooled"), name="broken", build=fails)
    with pytest.raises(GapmodelError, match=r"'broken \w+ fit' failed \(.*ZeroDivisionError: no such luck\)"):
        compare_variants(scores, ["pooled", broken], tmp_path / "out", plan)
    assert len(list((tmp_path / "out" / "jobs").glob("pooled-*"))) == 3
    assert not (tmp_path / "out" / "comparison.csv").exists()
    unsendable = replace(broken, build=(line for line in ()).__next__)
    with pytest.raises(ConfigError, match="give variants by name or file"):
        compare_variants(scores, ["pooled", unsendable], tmp_path / "other", plan)
