"""What moved the lags from one table to the next: each planted change is found under its own name, and they add up."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.selection import select
from gapmodel.scores.table import validate_scores
from gapmodel.sources import bundled
from gapmodel.validation.decomposition import CHANGES, between, decompose_answer, decompose_lags, on_scale_of

TODAY = date(2026, 1, 1)


def rows(n=14, benchmarks=("a", "b")):
    """Closed and open models in turn, one per month, on two benchmarks."""
    out = []
    for k in range(n):
        day = f"{2024 + k // 12}-{k % 12 + 1:02d}-05"
        for number, benchmark in enumerate(benchmarks):
            out.append((benchmark, f"Fir {k}", day, "closed", round(0.2 + 0.04 * k, 3)))
            out.append((benchmark, f"Elm {k}", day, "open", round(0.2 + 0.04 * (k - 2 - number), 3)))
    return pd.DataFrame(out, columns=["benchmark", "model", "release_date", "weights", "score"])


def table(frame, *, as_of="2025-02-28", info=None):
    return validate_scores(frame, info, today=TODAY, as_of=as_of)


def moved(old, new, **options):
    steps = decompose_lags(old, new, LagOptions(**options)).set_index("change")
    return {name: steps.loc[name, "n_changed"] for name in CHANGES if steps.loc[name, "n_changed"]}, steps


def test_nothing_moved():
    assert moved(table(rows()), table(rows()))[0] == {}


def test_a_date_alone():
    later = rows()
    later.loc[later["model"] == "Fir 3", "release_date"] = "2024-04-25"
    found, steps = moved(table(rows()), table(later))
    assert set(found) == {"dates"}
    assert steps.loc["dates", "moved"] < 0  # the level was reached later, so it is younger
    assert steps["mean_lag"].iloc[-1] == pytest.approx(steps["mean_lag"].iloc[0] + steps["moved"].sum())


def test_a_flag_alone():
    changed = rows()
    changed.loc[changed["model"] == "Fir 5", "weights"] = "open"
    assert set(moved(table(rows()), table(changed))[0]) == {"flags"}


def test_a_score_alone():
    changed = rows()
    changed.loc[(changed["model"] == "Elm 9") & (changed["benchmark"] == "a"), "score"] = 0.6
    assert set(moved(table(rows()), table(changed))[0]) == {"scores"}


def test_a_model_that_was_added_late():
    before = rows().query("model != 'Elm 8'")
    assert set(moved(table(before), table(rows()))[0]) == {"models"}


def test_a_benchmark_that_left():
    assert set(moved(table(rows()), table(rows(benchmarks=("a",))))[0]) == {"benchmarks"}


def test_months_that_came_since():
    found, steps = moved(table(rows(12), as_of="2024-12-31"), table(rows(14)))
    assert set(found) == {"since"}
    assert steps.loc["since", "n_lags"] == steps.loc["old", "n_lags"] + 4


def test_all_at_once_end_at_the_new_table():
    old, new = (select(bundled.load(name)) for name in ("epoch_2026-05", "epoch_2026-08"))
    last = between(old, new, list(CHANGES))
    assert last.sha256 == new.sha256
    steps = decompose_lags(old, new, LagOptions())
    panel = LagOptions().lags(new).panel
    assert steps["n_lags"].iloc[-1] == int(panel["observed"].sum())
    assert steps["moved"].sum() == pytest.approx(steps["mean_lag"].iloc[-1] - steps["mean_lag"].iloc[0])
    # Both snapshots have one date for one version, and two scales of one score are no rescoring.
    assert steps.set_index("change").loc[["dates", "flags", "scores"], "n_changed"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("start", "factor"), [(0.0, 100.0), (-1 / 3, 4 / 3), (5.0, 2.0)])
def test_another_unit_is_no_rescoring(start, factor):
    info = pd.DataFrame({"benchmark": ["a", "b"], "lower_bound": [0.0, 0.0], "ceiling": [1.0, 1.0]})
    other = rows().assign(score=lambda t: start + factor * t["score"])
    old, new = table(rows(), info=info), table(other)
    same = on_scale_of(new, old)
    assert same.table["score"].to_numpy() == pytest.approx(new.table["score"].to_numpy())
    assert same.benchmarks["ceiling"].tolist() == pytest.approx([start + factor] * 2)
    assert LagOptions().lags(same).panel["lag"].equals(LagOptions().lags(old).panel["lag"])
    assert on_scale_of(old, old) is old


def test_scores_made_again_are_no_other_unit():
    rng = np.random.default_rng(1)
    again = rows().assign(score=lambda t: (t["score"] + rng.normal(0, 0.05, len(t))).round(3))
    old = table(rows())
    assert on_scale_of(table(again), old) is old


def test_the_answer_adds_up(tmp_path, without_sampler):
    changed = rows(14)
    changed.loc[changed["model"] == "Fir 3", "release_date"] = "2024-04-25"
    old, new = table(rows(12), as_of="2024-12-31"), table(changed)
    settings = SamplerSettings(draws=100, tune=150, chains=2, seed=1)
    steps = decompose_answer(old, new, LagOptions(), "hierarchical_iid", tmp_path, settings=settings)
    assert steps["change"].tolist() == ["old", *CHANGES, "interaction"]
    steps = steps.set_index("change")
    for what in ("gap", "slope"):
        total = steps.loc["since", what] - steps.loc["old", what]
        assert steps[f"{what}_moved"].sum() == pytest.approx(total)
        alone = steps[f"{what}_alone"].sum()
        assert alone == pytest.approx(steps.loc["benchmarks", what] - steps.loc["old", what])
        # Nothing else was changed at the old date, so that the date alone is the whole, by the same seed exactly.
        assert steps.loc["interaction", f"{what}_alone"] == pytest.approx(0.0, abs=1e-9)
    assert steps.loc["flags", "gap_moved"] == 0.0
