"""When scores could be known: own days, delays that are drawn, and the table of a day."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gapmodel.errors import ConfigError, DataError, InsufficientDataError
from gapmodel.scores.vintages import known_days
from gapmodel.sources import bundled
from gapmodel.sources.load import load_scores
from tests.support.vintages import ROWS, by_hand


def undated(*models):
    """The table by hand, without the days of these models."""
    return by_hand([(*row[:5], None) if row[1] in models else row for row in ROWS])


def day_of(known, model):
    return str(known.day[(known.scores.table["model"] == model).to_numpy()][0])


def delays(known):
    return (known.day - known.scores.table["release_date"].to_numpy("datetime64[D]")).astype(int)


def test_scores_are_seen_from_their_own_day():
    known = known_days(by_hand())
    assert (known.n_own, known.n_drawn, known.n_released) == (8, 0, 0)
    assert "8 with a day of their own, 0 after a drawn delay" in known.sentence
    assert set(known.on("2025-06-13").table["model"]) == {"A", "B", "C", "D", "X", "V"}
    assert set(known.on("2025-06-14").table["model"]) == {"A", "B", "C", "D", "X", "V", "Z"}
    assert len(known.on("2025-06-20").table) == 8
    with pytest.raises(InsufficientDataError, match="no score was known by 2025-01-09"):
        known.on("2025-01-09")


def test_a_benchmark_without_a_score_does_not_exist():
    later = [("c", *row[1:5], "2025-07-01") for row in ROWS]
    known = known_days(by_hand([*ROWS, *later]))
    assert list(known.on("2025-06-30").benchmarks.index) == ["b"]
    assert list(known.on("2025-07-01").benchmarks.index) == ["b", "c"]


def test_a_delay_is_one_of_those_of_the_group():
    # Closed delays are 0, 0, 1; open ones 71 (Y), 0 (V), 2 (Z): X came when the benchmark was run already.
    drawn = [known_days(undated("D", "X"), seed=seed) for seed in range(60)]
    assert {(k.n_own, k.n_drawn) for k in drawn} == {(6, 2)}
    assert {day_of(k, "D") for k in drawn} == {"2025-05-10", "2025-05-11"}
    assert {day_of(k, "X") for k in drawn} == {"2025-02-01", "2025-02-03", "2025-04-13"}
    assert day_of(known_days(undated("D", "X"), seed=5), "X") == day_of(drawn[5], "X")


def test_delays_of_models_older_than_the_benchmark_are_not_drawn():
    rows = [row if row[3] == "closed" else (*row[:5], "2025-07-01") for row in ROWS[:-1]]
    rows = [("c", *row[1:]) if row[3] == "open" else row for row in rows]  # c was first run when all were out
    known = [known_days(by_hand([*rows, (*ROWS[-1][:5], None)]), seed=seed) for seed in range(30)]
    # No open delay is left, so those of all: closed ones of a day at most, not the months of c.
    assert {day_of(k, "Z") for k in known} == {"2025-06-12", "2025-06-13"}


def test_no_delay_goes_beyond_the_day_of_the_table_or_the_days_that_are_known():
    scores = undated("Z")
    scores = replace(scores, as_of=pd.Timestamp("2025-06-15"))
    assert {day_of(known_days(scores, seed=seed), "Z") for seed in range(60)} == {"2025-06-12"}, "71 days do not fit"

    beside = pd.DataFrame(
        {
            "benchmark": "b",
            "model": [row[1] for row in ROWS],
            "evaluated_date": pd.to_datetime([row[5] if row[1] not in "VXZ" else None for row in ROWS]),
            "earliest": pd.to_datetime([{"V": "2025-05-01"}.get(row[1]) for row in ROWS]),
            "latest": pd.to_datetime([{"Z": "2025-06-20"}.get(row[1]) for row in ROWS]),
        }
    )
    scores = replace(by_hand(dated=False), evaluations=beside)
    found = [known_days(scores, seed=seed) for seed in range(60)]
    # The one open delay is 71 (Y): V has it from its earliest day on, Z less, since it was seen by its latest.
    assert {day_of(k, "V") for k in found} == {"2025-07-11"}
    assert {day_of(k, "Z") for k in found} == {"2025-06-20"}


def test_a_day_does_not_depend_on_other_rows_or_on_scores():
    scores = undated("D", "X")
    once = known_days(scores, seed=4)
    columns = ["benchmark", "model", "release_date", "weights", "score", "evaluated_date"]
    others = [(*row[:4], 0.99 - row[4], row[5]) for row in scores.table[columns].itertuples(index=False, name=None)]
    others.append(("a", "Q", "2025-07-01", "open", 0.1, None))
    changed = known_days(by_hand(others), seed=4)
    for model in ("D", "X"):
        assert day_of(changed, model) == day_of(once, model)
    part = scores.subset(models=["A", "X"])
    assert day_of(known_days(replace(part, whole=scores), seed=4), "X") == day_of(once, "X")


def test_without_days_scores_are_known_from_the_release_and_that_is_said():
    known = known_days(by_hand(dated=False))
    assert (delays(known) == 0).all()
    assert (known.n_own, known.n_drawn, known.n_released) == (0, 0, 8)
    assert "no score has a day of evaluation" in known.sentence
    assert known.as_dict()["sentence"] == known.sentence


def test_an_unknown_rule_is_refused():
    with pytest.raises(ConfigError, match="did you mean 'evaluation'"):
        known_days(by_hand(), "evalution")


def test_a_day_before_the_release_is_a_fault():
    with pytest.raises(DataError) as caught:
        by_hand([*ROWS[:-1], (*ROWS[-1][:5], "2025-06-10")])
    assert str(caught.value) == (
        "scores, line 9, column evaluated_date: '2025-06-10' is before the release date '2025-06-12'; fix one of them, "
        "or leave the cell empty"
    )
    a_day = by_hand([*ROWS[:-1], (*ROWS[-1][:5], "2025-06-11")])  # time zones
    assert day_of(known_days(a_day), "Z") == "2025-06-12"


@pytest.mark.parametrize("name", bundled.SNAPSHOTS)
def test_bundled_days_are_those_of_scores_and_lie_where_they_can(name):
    scores = load_scores(name, everything=True)
    beside, key = bundled.evaluations(name), ["benchmark", "model"]
    assert not beside.duplicated(key).any()
    joined = beside.merge(scores.table, on=key, how="left", validate="one_to_one")
    assert set(beside["benchmark"]) <= set(scores.whole.benchmarks.index)
    own = joined[joined["evaluated_date"].notna() & joined["release_date"].notna()]
    assert len(own) > 300
    assert (own["evaluated_date"] >= own["release_date"] - pd.Timedelta(days=1)).all()
    assert beside[["evaluated_date", "latest"]].max().max() <= scores.as_of
    assert (beside["latest"] >= beside["earliest"]).sum() == (beside[["earliest", "latest"]].notna().all(axis=1)).sum()
    known = known_days(scores)
    assert (delays(known) >= 0).all()
    assert known.day.max() <= np.datetime64(scores.as_of.date())
    assert known.n_own == len(own)
    assert known.n_released == 0
