"""Two measures beside months: differences of scores against their noise, and waiting times of records."""

import numpy as np
import pandas as pd
import pytest

from gapmodel import load_scores
from gapmodel.lags.measures import score_gaps, waiting
from gapmodel.lags.panel import panel_table, table_panel
from gapmodel.modeling.options import LagOptions


@pytest.fixture(scope="module")
def lags():
    return LagOptions().lags(load_scores())


@pytest.fixture(scope="module")
def table(lags):
    rows = panel_table(lags.panel)
    return rows.assign(month=pd.to_datetime(rows["month"]))


def test_where_lower_is_better_the_sign_turns():
    row = {
        "benchmark": "A", "month": pd.Timestamp("2026-01-31"), "leader_model": "x", "leader_level": 3.0,
        "follower_model": "y", "follower_level": 4.0,
    }  # fmt: skip
    found = score_gaps(pd.DataFrame([row]), lower_is_better={"A": True}, errors={("A", "x"): 0.5}).iloc[0]
    assert found["difference"] == 1.0
    assert np.isnan(found["noise"])  # the error of one is not known, and none is assumed
    assert found["within_noise"] is None


def test_a_difference_as_large_as_its_noise_is_within_it():
    row = {
        "benchmark": "A", "month": pd.Timestamp("2026-01-31"), "leader_model": "x", "leader_level": 0.5,
        "follower_model": "y", "follower_level": 0.42,
    }  # fmt: skip
    errors = {("A", "x"): 0.03, ("A", "y"): 0.04}  # 1.645 * 0.05 = 0.082
    assert score_gaps(pd.DataFrame([row]), lower_is_better={}, errors=errors)["within_noise"].tolist() == [True]


def test_differences_are_those_of_the_best_scores_of_the_bundled_table(lags, table):
    found = score_gaps(table, lower_is_better={}, errors={}).set_index("benchmark")
    scores = lags.sides.scores.table
    for name, row in found.iterrows():
        day = row["month"]
        known = scores[(scores["benchmark"] == name) & (scores["release_date"] <= day)]
        opened = (known["weights"] == "open") & (known["weights_date"].fillna(known["release_date"]) <= day)
        best = {True: known[opened]["score"].max(), False: known[known["weights"] == "closed"]["score"].max()}
        assert row["difference"] == pytest.approx(best[False] - best[True]), name


def test_waiting_times_are_those_of_a_second_computation(lags):
    rows = lags.catch_up
    found = waiting(rows)
    times, seen = rows["months"].to_numpy(), rows["censoring"].to_numpy() <= 0
    share, median = 1.0, None
    for t in sorted(set(times[seen])):
        share *= 1 - ((times == t) & seen).sum() / (times >= t).sum()
        if share <= 0.5 and median is None:
            median = t
    assert found.median == median
    assert found.lower <= found.median <= found.upper
    assert (found.records, found.matched) == (len(rows), int(seen.sum()))
    by = [t for t in sorted(set(times[seen])) if t <= 6]
    early = 1 - np.prod([1 - ((times == t) & seen).sum() / (times >= t).sum() for t in by])
    assert found.within[6] == pytest.approx(early)


def test_records_not_matched_yet_lengthen_the_median():
    rows = pd.DataFrame({"benchmark": ["A", "B", "C"], "months": [1.0, 2.0, 3.0], "censoring": [0, 0, 0]})
    assert waiting(rows).median == 2.0
    assert waiting(rows.assign(censoring=[0, 1, 1])).median == float("inf")
    assert waiting(rows[:0]) is None
    assert np.isnan(waiting(rows).within[6])  # nothing was seen for so long


def test_a_panel_from_its_table_has_what_figures_draw(lags, table):
    panel = table_panel(table)
    assert panel.attrs["leader"] == lags.panel.attrs["leader"]
    for name in ("lag", "censoring", "in_window", "observed", "leader_level", "follower_level"):
        given = lags.panel[name].where(lags.panel["in_window"]) if name.endswith("level") else lags.panel[name]
        np.testing.assert_array_equal(
            panel[name].to_numpy(), given.sel(benchmark=panel["benchmark"]).to_numpy(), err_msg=name
        )
