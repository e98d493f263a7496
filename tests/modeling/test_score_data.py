"""Scores as data of the model of the scores: logits, bounds, sampling variances, what is left out or refused."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import special

from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.inference.contract import check_contract
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.score_data import BOUND_SHARE, ScoreData, score_data
from gapmodel.scores.groups import parse_group
from gapmodel.scores.table import validate_scores
from tests.support.latentscores import INFO, OPTIONS, ROWS, small_data, table


@pytest.fixture(scope="module")
def variant():
    return load_variant("latent_frontier")


@pytest.fixture(scope="module")
def data() -> ScoreData:
    return small_data()


def test_scores_become_logits_and_bounds(data):
    assert data.benchmark.tolist() == ["low", "up"]
    assert data.model.tolist() == ["C1", "O1", "C2", "O2", "C3", "O3"], "in order of release"
    assert data.model_follower.tolist() == [0, 1, 0, 1, 0, 1]
    name = [(str(data.benchmark[b]), str(data.model[i])) for b, i in zip(data.score_benchmark, data.score_model)]
    logit = dict(zip(name, data.score_logit, strict=True))
    # Where lower is better, 8 of a worst 10 and a best 2 is a quarter of the way.
    assert logit["low", "C1"] == pytest.approx(np.log(0.25 / 0.75))
    assert logit["up", "C3"] == pytest.approx(np.log(9.0))
    bounds = {name[k]: s for k, s in zip(data.bound_score, data.bound_sign, strict=True)}
    assert bounds == {("low", "O2"): -1.0, ("up", "O3"): 1.0}
    # The one standard error of "up" implies 0.6 x 0.4 / 0.05**2 = 96 items: half an item is a bound there.
    assert logit["up", "O3"] == pytest.approx(special.logit(1 - 0.5 / 96))
    assert logit["low", "O2"] == pytest.approx(special.logit(BOUND_SHARE))
    assert [str(data.model[k]) for k in data.bounded] == ["O2", "O3"]
    assert np.flatnonzero(data.score_exact == 0).tolist() == sorted(data.bound_score)


def test_sampling_variance_comes_from_the_errors_that_are_known(data):
    name = [(str(data.benchmark[b]), str(data.model[i])) for b, i in zip(data.score_benchmark, data.score_model)]
    variance = dict(zip(name, data.score_variance, strict=True))
    assert variance["up", "C2"] == pytest.approx((0.05 / (0.6 * 0.4)) ** 2)
    assert variance["up", "C1"] == pytest.approx(1 / (96 * 0.2 * 0.8)), "as large a sample"
    assert {variance["low", m] for m in ("C1", "C2", "C3", "O3")} == {0.0}, "none known"


def test_a_scale_without_bounds_gets_them_from_its_scores():
    info = INFO.assign(lower_bound=np.nan, ceiling=np.nan)
    shares = {}
    for top in (1.0, 100.0, 250.0):
        rows = [(b, m, d, w, s / 10 * top if b == "up" else s, np.nan) for b, m, d, w, s, _ in ROWS]
        rows = [(b, m, d, w, s if b != "up" else s * 10, e) for b, m, d, w, s, e in rows]
        found = OPTIONS.data(OPTIONS.lags(table(rows, info)), view="scores")
        one = (found.score_benchmark == 1) & (found.score_model == 0)
        shares[top] = float(special.expit(found.score_logit[one][0]))
    assert shares[1.0] == pytest.approx(0.2)
    assert shares[100.0] == pytest.approx(0.2)
    # 25 to 250, widened by 11.25 on either side.
    assert shares[250.0] == pytest.approx((50 - 13.75) / 247.5)


def test_the_best_of_several_scores_counts_and_other_groups_take_no_part():
    again = [("up", "C1", "2024-01-10", "closed", 0.3, np.nan)]
    rows = [(*r, "first") for r in ROWS] + [(*again[0], "again")]
    frame = pd.DataFrame(
        rows, columns=["benchmark", "model", "release_date", "weights", "score", "score_se", "variant"]
    )
    scores = validate_scores(frame, INFO, today=date(2025, 1, 1))
    lags = OPTIONS.lags(scores)
    found = OPTIONS.data(lags, view="scores")
    assert len(found.score_logit) == len(ROWS)
    assert np.isclose(found.score_logit, special.logit(0.3)).sum() == 1
    nobody = parse_group("model=C9", name="nobody")
    with pytest.raises(InsufficientDataError, match="nobody"):
        score_data(OPTIONS.data(lags), scores, follower=nobody)


def test_what_comes_after_the_cutoff_is_not_in_the_data():
    early = replace(OPTIONS, cutoff="2024-10-31")
    full = early.data(early.lags(table()), view="scores")
    cut = early.data(early.lags(table([r for r in ROWS if r[2] <= "2024-10-31"])), view="scores")
    for name, value in full.arrays.items():
        np.testing.assert_array_equal(value, cut.arrays[name], err_msg=name)


def test_other_data_and_options_are_refused(variant, data):
    with pytest.raises(ConfigError, match="fitted to scores"):
        variant.build(OPTIONS.data(OPTIONS.lags(table())))
    with pytest.raises(ConfigError, match="clamp, tolerance and a first month"):
        replace(OPTIONS, clamp=True).data(OPTIONS.lags(table()), view="scores")
    with pytest.raises(ConfigError, match="cutoff"):
        data.only(np.ones_like(data.observed, dtype=bool))
    with pytest.raises(ValueError, match="pad_scores"):
        OPTIONS.data(OPTIONS.lags(table()), view="scores", pad_scores=(6, 11, 1, 2))


def test_contract(variant, data):
    check_contract(variant, data)
