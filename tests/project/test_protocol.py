"""The results of the protocol are those of the committed tables, judged by its own limits."""

import numpy as np
import pandas as pd
import pytest

from tests.support.scriptfile import load_script


@pytest.fixture(scope="module")
def script():
    return load_script("protocol_results")


def _rows(method: str, *, covered: int, half_width: float, probability: float = 0.0) -> pd.DataFrame:
    """100 tables with a truth of 5, of which `covered` are covered."""
    n = 100
    rows = {"regime": "replayed", "method": method, "scenario": "constant", "seed": np.arange(n)}
    for name in ("gap", "slope"):
        inside = np.arange(n) < covered
        estimate = np.where(inside, 5.0, 5.0 + 2.0 * half_width)
        rows |= {
            f"{name}_truth": 5.0,
            name: estimate,
            f"{name}_covered": inside,
            f"{name}_width": 2.0 * half_width,
        }
    return pd.DataFrame(rows | {"probability_12": probability})


def test_committed_results_are_those_of_the_rows(script):
    table = script.truth_table(script.read_rows())
    committed = pd.read_csv(script.FOLDER / "known_truth.csv", keep_default_na=False)
    pd.testing.assert_frame_equal(table, committed, check_dtype=False, rtol=1e-5)


def test_a_share_fails_beyond_monte_carlo_error_alone(script):
    # At a limit of 0.85, 79 of 100 are as extreme in 7 % of samples and 78 in 4 %.
    assert not script.outside(0.79, 100, low=0.85)
    assert script.outside(0.78, 100, low=0.85)
    assert script.outside(1.0, 100, high=0.95)
    assert not script.outside(1.0, 50, high=0.95)


def test_each_criterion_fails_by_name(script):
    unit = _rows("shared_shock", covered=100, half_width=2.0)
    narrow = _rows("narrow", covered=90, half_width=1.2)
    wide = _rows("wide", covered=90, half_width=1.8)
    wrong = _rows("wrong", covered=60, half_width=1.0, probability=0.9)
    table = script.truth_table(pd.concat([unit, narrow, wide, wrong])).set_index("method")
    assert table.loc["narrow", "gap_ratio"] == pytest.approx(0.6)
    assert table.loc["narrow", "fails"] == ""
    assert table.loc["wide", "fails"] == "gap's width, slope's width"
    assert table.loc["shared_shock", "fails"] == "gap covered, slope covered"
    assert table.loc["wrong", "fails"] == (
        "gap covered, gap in a scenario, slope covered, slope in a scenario, zero announced"
    )


def test_widths_are_compared_on_tables_that_both_were_run_on(script):
    unit = _rows("shared_shock", covered=90, half_width=2.0)
    unit.loc[unit["seed"] >= 50, ["gap_width", "slope_width"]] = 100.0
    other = _rows("other", covered=45, half_width=1.0).head(50)
    assert script.truth_table(pd.concat([unit, other])).set_index("method").loc["other", "gap_ratio"] == 0.5


def test_out_of_time_compares_the_same_outcomes(script):
    """Differences are of pairs: an outcome that one method has not forecast counts for none."""
    rng = np.random.default_rng(4)
    cutoffs = pd.date_range("2025-01-31", periods=12, freq="ME")
    shared = pd.DataFrame({"target": "average", "benchmark": "", "horizon": 3, "cutoff": cutoffs, "censoring": 0})
    shared["outcome"] = rng.normal(6.0, 2.0, 12)
    parts = []
    for k, method in enumerate(("damped", *script.BASELINES)):
        mine = shared.assign(method=method, q05=2.0, q95=10.0, crps=1.0 + 0.25 * k + 0.5 * shared.index)
        parts.append(mine)
    parts[0].loc[0, "crps"] = 99.0
    table = script.out_of_time(pd.concat([parts[0], *(part.iloc[1:] for part in parts[1:])])).set_index("method")
    assert (table["n"] == 11).all()
    assert table.loc["damped", "crps"] == pytest.approx(1.0 + 0.5 * 6)
    assert table.loc["damped", list(script.BASELINES)].tolist() == pytest.approx([-0.25, -0.5, -0.75])
    # A difference that is the same at all cutoffs is certain, however much the scores themselves vary.
    assert table.loc["damped", "levelling_se"] == pytest.approx(0.0, abs=1e-12)
    assert table.loc["damped", "coverage_90"] == np.mean(shared["outcome"].iloc[1:].between(2.0, 10.0))
    assert np.isnan(table.loc["levelling", "levelling"])
