"""Tables that hold less than usual: what a model is given, or what they are refused for, before sampling."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from gapmodel.errors import InsufficientDataError
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import simulate_scores


@pytest.fixture(scope="module")
def table():
    frame, info, _ = simulate_scores(seed=7, n_benchmarks=6, n_months=30)
    return frame, info


def prepared(frame, info):
    """Lags and the data of a model."""
    scores = validate_scores(frame, info, today=date(2026, 1, 1))
    lags = LagOptions().lags(scores)
    return lags, LagOptions().data(lags)


def test_one_benchmark(table):
    frame, info = table
    name = frame["benchmark"].iloc[0]
    _, data = prepared(frame[frame["benchmark"] == name], info)
    assert list(data.benchmark) == [name]


def test_one_group_on_half_of_the_benchmarks(table):
    frame, info = table
    names = sorted(frame["benchmark"].unique())
    lags, data = prepared(frame[~(frame["benchmark"].isin(names[:3]) & (frame["weights"] == "open"))], info)
    assert sorted(data.benchmark) == names[3:]
    assert lags.skipped.set_index("benchmark")["reason"].to_dict() == dict.fromkeys(names[:3], "no open model")


def test_without_a_bound(table):
    frame, info = table
    lowest = frame.groupby("benchmark", as_index=False)["score"].min()
    old = lowest.assign(score=lowest["score"] - 1.0, model="old", release_date="2022-01-01", weights="closed")
    lags, data = prepared(pd.concat([frame, old], ignore_index=True), info)
    assert not (lags.panel["censoring"] > 0).any()
    assert (data.censored_sign >= 0).all()


def test_with_bounds_alone_it_is_refused(table):
    """The first closed model is the best of all: no level is dated by a later one."""
    frame, info = table
    first = frame[frame["weights"] == "closed"].sort_values("release_date").groupby("benchmark").head(1)
    best = frame.groupby("benchmark")["score"].max() + 1.0
    frame = frame.copy()
    frame.loc[first.index, "score"] = first["benchmark"].map(best)
    with pytest.raises(InsufficientDataError, match="0 of them uncensored.*scores of earlier leading models"):
        prepared(frame, info)
