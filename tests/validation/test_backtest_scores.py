"""Scores and tables of a backtest: what a job scores, skill and Brier scores by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from gapmodel.modeling.options import LagOptions
from gapmodel.validation.forecasts import AVERAGE, forecast, forecast_job
from gapmodel.validation.replay import prepare
from gapmodel.validation.skill import brier_table, goals, skill_table
from tests.support.replays import CUTOFFS, SETTINGS


@pytest.fixture(scope="module")
def pairs(simulated):
    return prepare(simulated[0], LagOptions(), CUTOFFS)[0]


def test_a_job_scores_what_it_says(pairs):
    replay, outcome = pairs[1]
    result = forecast_job(method="last_value", replay=replay, outcome=outcome, settings=SETTINGS.as_dict())
    assert result == forecast_job(method="last_value", replay=replay, outcome=outcome, settings=SETTINGS.as_dict())
    json.dumps(result, allow_nan=False)
    made, _ = forecast("last_value", replay, SETTINGS)
    cells = pd.DataFrame(result["cells"])
    single = cells[cells["target"] == "benchmark"]
    assert len(single) == (replay.eligible[:, None] & ~np.isnan(outcome.value)).sum()
    row = single[single["censoring"] == 0].iloc[0]
    b = list(replay.data.benchmark).index(row["benchmark"])
    assert row["mean"] == made.centre[0, b, row["horizon"] - 1]
    assert row["q50"] == pytest.approx(row["mean"], abs=0.01)
    assert row["q95"] - row["q50"] == pytest.approx(1.645 * made.scale[0, b, row["horizon"] - 1], rel=0.01)
    average = cells[cells["target"] == AVERAGE]
    for _, row in average.iterrows():
        known = outcome.known[:, row["horizon"] - 1] & replay.eligible
        assert row["n_benchmarks"] == known.sum() >= 3
        assert row["outcome"] == pytest.approx(outcome.value[known, row["horizon"] - 1].mean())
    below = pd.DataFrame(result["below"])
    observed = average.set_index("horizon")["outcome"]
    for _, row in below.iterrows():
        assert row["happened"] == bool((observed[observed.index <= row["horizon"]] <= row["threshold"]).any())
    # More months and higher thresholds only make it likelier.
    for _, group in below.groupby("threshold"):
        assert group.sort_values("horizon")["probability"].is_monotonic_increasing
    for _, group in below.groupby("horizon"):
        assert group.sort_values("threshold")["probability"].is_monotonic_increasing


def _forecasts():
    rows = []
    for method, error in (("model", 1.0), ("naive", 2.0)):
        for k, cutoff in enumerate(("2024-03-31", "2024-06-30")):
            rows += [
                {
                    "method": method, "cutoff": cutoff, "target": "benchmark", "benchmark": b, "horizon": h,
                    "outcome": 5.0, "censoring": int(b == "z"), "mean": 5.0 + error, "crps": error * (1 + k),
                    "log_score": -error, "pit": 0.5, "q05": 4.0, "q10": 4.5, "q25": 4.9, "q50": 5.0,
                    "q75": 4.95 if k else 6.0, "q90": 7.0, "q95": 8.0,
                }
                for b in ("y", "z") for h in (1, 3)
            ]  # fmt: skip
    return pd.DataFrame(rows)


def test_skill_by_hand():
    forecasts = _forecasts()
    # A cell that one method lacks counts for none.
    lacking = (forecasts["method"] == "naive") & (forecasts["benchmark"] == "z") & (forecasts["horizon"] == 3)
    forecasts = forecasts[~(lacking & (forecasts["cutoff"] == "2024-06-30"))]
    table = skill_table(forecasts, baselines=["naive", "model", "absent"], spacing=3).set_index(["method", "horizon"])
    assert table.loc[("model", "all"), "n"] == 7
    assert table.loc[("model", "1"), ["n", "n_censored", "cutoffs"]].tolist() == [4, 2, 2]
    assert table.loc[("model", "1"), "crps"] == 1.5
    # Totals -1 and +1 about the mean: sqrt(2 · 2) / 4.
    assert table.loc[("model", "1"), "crps_se"] == pytest.approx(0.5)
    assert table.loc[("model", "1"), "skill_naive"] == pytest.approx(0.5)
    assert table.loc[("model", "1"), "skill_naive_se"] == pytest.approx(0.0)
    # The 50 % interval ends at 6 or 4.95: exact outcomes are inside or not, and so are those of at least 5.
    assert table.loc[("model", "1"), "coverage_50"] == 0.5
    assert table.loc[("model", "1"), "coverage_90"] == 1.0
    assert table.loc[("model", "1"), "bias"] == 1.0
    assert table.loc[("model", "1"), "width_90"] == 4.0
    assert "skill_absent" not in table
    reached = goals(table.reset_index(), method="model", baselines=["naive"])["benchmark"]
    assert reached["coverage_held"] is False, "100 % is too much"
    assert reached["crps_held"] is True
    assert goals(table.reset_index(), method="naive", baselines=["model"])["benchmark"]["horizons"]["3"][
        "not_beaten"
    ] == ["model"]


def test_brier_by_hand():
    below = pd.DataFrame(
        {
            "method": ["a", "a", "b"], "cutoff": ["x", "y", "x"], "kind": "observed", "horizon": 6, "threshold": 3.0,
            "probability": [0.8, 0.5, 0.1], "happened": [True, True, True],
        }
    )  # fmt: skip
    table = brier_table(below, spacing=3).set_index(["method", "horizon"])
    assert table.loc[("a", "6"), "brier"] == pytest.approx(0.04), "the cutoff that b lacks does not count"
    assert table.loc[("b", "all"), "brier"] == pytest.approx(0.81)
