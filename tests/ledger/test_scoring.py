"""What becomes of the statements of a ledger: the backtest's figures, and what rescored history changes in them."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

import gapmodel as gm
from gapmodel.errors import DataError
from gapmodel.ledger.entries import forecast_of_entry
from gapmodel.ledger.scoring import independent_cutoffs, score_ledger
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.selection import select
from gapmodel.validation.backtest import BACKTEST_SETTINGS
from gapmodel.validation.forecasts import score_forecast
from gapmodel.validation.replay import cutoff_dates, prepare
from gapmodel.validation.skill import brier_table, skill_table
from tests.support.commandline import caller
from tests.support.ledgers import add_made_up, made_up

SEED = BACKTEST_SETTINGS.seed


@pytest.fixture(scope="module")
def pairs(simulated):
    return prepare(simulated[0], LagOptions(), cutoff_dates("2025-06-30"))[0]


@pytest.fixture(scope="module")
def whole(simulated, pairs, tmp_path_factory):
    """A ledger of every past quarter, whose entries keep all draws to the last digit."""
    folder = tmp_path_factory.mktemp("ledger") / "ledger"
    for k, (replay, _) in enumerate(pairs):
        add_made_up(folder, simulated[0], replay, seed=k, draws=None, decimals=None)
    return gm.ledger_show(folder)


def same(found, wanted):
    pd.testing.assert_frame_equal(found[wanted.columns].reset_index(drop=True), wanted, check_exact=True)


def test_a_ledger_of_past_quarters_has_the_figures_of_the_backtest_to_the_last_digit(simulated, pairs, whole):
    found = gm.ledger_score(whole, simulated[0])
    cells, below = [], []
    for k, (replay, outcome) in enumerate(pairs):
        wanted = score_forecast(made_up(replay, seed=k), replay, outcome, seed=SEED)
        about = {"method": "shared_shock", "cutoff": str(replay.cutoff)}
        cells += [about | row for row in wanted["cells"]]
        below += [about | row for row in wanted["below"]]
    cells, below = pd.DataFrame(cells), pd.DataFrame(below)
    assert set(cells["censoring"]) > {0}, "bounds are among the outcomes"
    assert len(pairs) >= 4
    same(found.forecasts, cells)
    same(found.below, below)
    same(found.skill, skill_table(cells, baselines=(), spacing=3))
    same(found.brier, brier_table(below, spacing=3))
    assert found.notes == ()
    assert found.independent.set_index("horizon").loc[2, ["cutoffs", "independent"]].tolist() == [len(pairs)] * 2


def test_few_draws_keep_the_stated_quantiles(simulated, pairs, tmp_path):
    replay, outcome = pairs[1]
    made = made_up(replay, seed=4, draws=2000)
    from gapmodel.ledger.add import add_forecast
    from gapmodel.modeling.registry import load_variant

    add_forecast(
        tmp_path / "ledger", made, replay, scores=simulated[0], options=LagOptions(), sentence="as of then",
        model=load_variant("shared_shock"), settings=BACKTEST_SETTINGS, today=date(2026, 1, 1), draws=500,
    )  # fmt: skip
    found = gm.ledger_score(tmp_path / "ledger", simulated[0]).forecasts
    wanted = pd.DataFrame(score_forecast(made, replay, outcome, seed=SEED)["cells"])
    single = (wanted["target"] == "benchmark").to_numpy()
    quantiles = ["mean", "q05", "q50", "q95"]
    np.testing.assert_allclose(found.loc[single, quantiles], wanted.loc[single, quantiles], rtol=1e-12)
    # Five hundred of two thousand draws: an error of about 0.05 months each.
    assert abs((found["crps"] - wanted["crps"]).mean()) < 0.05
    assert (found["crps"] - wanted["crps"]).abs().max() < 0.4


def test_an_entry_gives_back_its_forecast(pairs, whole):
    replay, _ = pairs[0]
    made = made_up(replay, seed=0)
    names = [str(name) for name in replay.data.benchmark]
    again = forecast_of_entry(whole.entries[0]["forecast"], names, len(replay.ahead))
    for part in ("draws", "centre", "scale", "trend"):
        np.testing.assert_array_equal(getattr(again, part)[:, replay.eligible], getattr(made, part)[:, replay.eligible])
        assert np.isnan(getattr(again, part)[:, ~replay.eligible]).all()


def test_a_table_without_a_benchmark_scores_the_others_and_says_so(simulated, whole):
    scores = simulated[0]
    gone, *others = [str(name) for name in scores.benchmarks.index]
    found = score_ledger(whole, select(scores.subset(benchmarks=others)))
    assert gone not in set(found.forecasts["benchmark"])
    assert set(found.forecasts["benchmark"]) >= set(others) - {"average"}
    assert sum(f"lacks {gone}" in note for note in found.notes) >= len(whole.entries) - 1
    # What was not chosen is in the whole of the table, and is taken from it.
    chosen = score_ledger(whole, select(scores, benchmarks=others))
    assert gone in set(chosen.forecasts["benchmark"])


def test_a_table_of_the_day_has_nothing_due(simulated, pairs, tmp_path):
    scores = simulated[0]
    replay, _ = pairs[-1]
    add_made_up(tmp_path / "ledger", scores, replay)
    early = scores.table["release_date"] <= pd.Timestamp(replay.cutoff)
    then = replace(scores, table=scores.table[early]).rehashed()
    found = gm.ledger_score(tmp_path / "ledger", then)
    assert found.forecasts.empty
    assert any("nothing is due" in note for note in found.notes)
    with pytest.raises(gm.errors.InsufficientDataError, match="score it against a later table"):
        found.plot()


def test_redated_history_is_told_apart_from_new_models(simulated, pairs, tmp_path):
    scores = simulated[0]
    replay, _ = pairs[0]
    day = pd.Timestamp(replay.cutoff)
    table = scores.table
    then = replace(scores, table=table[table["release_date"] <= day], as_of=day).rehashed()
    add_made_up(tmp_path / "ledger", then, replay)
    later = score_ledger(gm.ledger_show(tmp_path / "ledger"), scores, tables=[then])
    rows = later.by_entry.set_index("target")
    assert rows.loc["benchmark", "outcome_moved"] == pytest.approx(0.0), "new models alone move no history"
    assert rows.loc["benchmark", "crps_then"] == pytest.approx(rows.loc["benchmark", "crps"])

    moved = table.assign(release_date=table["release_date"].where(
        (table["release_date"] > day) | (table["weights"] == "open"), table["release_date"] + pd.Timedelta(days=61)
    ))  # fmt: skip
    redated = replace(scores, table=moved).rehashed()
    found = score_ledger(gm.ledger_show(tmp_path / "ledger"), redated, tables=[then])
    rows = found.by_entry.set_index("target")
    assert -2.2 < rows.loc["benchmark", "outcome_moved"] < -0.2, "closed models two months later: shorter lags"
    assert rows.loc["benchmark", "crps_then"] == pytest.approx(later.by_entry["crps"].iloc[-1], abs=0.1)
    steps = found.history.set_index("change")["moved"]
    assert steps["dates"] < -0.2
    assert steps["flags"] == steps["scores"] == 0.0

    unknown = score_ledger(gm.ledger_show(tmp_path / "ledger"), redated)
    assert unknown.by_entry["outcome_moved"].isna().all()
    assert any("table is not at hand" in note for note in unknown.notes)
    with pytest.raises(DataError, match=r"is that of no entry: .*0001.json' \(entry 1\) was made on"):
        score_ledger(gm.ledger_show(tmp_path / "ledger"), redated, tables=[redated])


def test_published_statements_are_points_on_a_benchmark_or_the_average(simulated, tmp_path):
    scores = simulated[0]
    name = str(scores.benchmarks.index[0])
    lags = LagOptions().lags(scores).panel
    said = {"who": "Larch", "link": "https://example.org", "published": "2024-12-01", "sentence": "so many months"}
    folder, today = tmp_path / "ledger", date(2026, 1, 1)
    for more in (
        {"months": 1.0, "on": "2025-03-03", "benchmark": name.upper()},
        {"months": 1.0, "on": "2025-03-03", "interval": (0.0, 30.0)},
        {"months": 0.0, "on": "2030-01-01"},
        {"months": 0.0, "on": "2025-03-03", "benchmark": "An index"},
    ):
        gm.ledger_add(folder, published=said | more, today=today)
    found = gm.ledger_score(folder, scores)
    rows = found.published.set_index("entry")
    assert rows["month"].tolist() == ["2025-03-31"] * 2
    at = lags.sel(benchmark=name, month="2025-03-31")
    if int(at["censoring"]) == 0:
        assert rows.loc[1, "outcome"] == pytest.approx(float(at["lag"]))
        assert rows.loc[1, "crps"] == pytest.approx(abs(float(at["lag"]) - 1.0))
    assert rows.loc[1, "covered"] is None
    assert rows.loc[2, "benchmark"] == "average"
    assert bool(rows.loc[2, "covered"])
    assert "entry 3, Larch on 2030-01-01: not due" in " ".join(found.notes)
    assert "has no benchmark 'An index'" in found.notes[-1]


def test_probabilities_of_zero_are_scored_when_they_are_due(simulated, pairs, whole, tmp_path):
    entry = dict(whole.entries[0]["forecast"])
    last = str(pairs[-1][0].data.month[-1])
    from gapmodel.ledger.chain import append

    entry["zero"] = [{"date": d, "probability": 0.25} for d in (entry["months"][0], entry["months"][2], "2040-01-31")]
    ledger = append(tmp_path / "ledger", "forecast", entry, entered=date(2026, 1, 1))
    rows = score_ledger(ledger, simulated[0]).zero
    assert rows["date"].tolist() == entry["months"][:1] + entry["months"][2:3]
    assert (rows["date"] <= last).all()
    assert not rows["happened"].any(), "the lag of this table is five months"
    assert rows["brier"].tolist() == [0.0625] * 2


def test_forecasts_that_share_no_month():
    days = ["2024-06-30", "2024-09-30", "2024-12-31", "2025-06-30", "2025-06-30"]
    assert [independent_cutoffs(days, h) for h in (1, 3, 6, 12)] == [4, 4, 3, 2]
    assert independent_cutoffs([], 3) == 0


def test_the_command_scores_and_writes(simulated_files, pairs, simulated, tmp_path, monkeypatch, capsys):
    add_made_up(tmp_path / "ledger", simulated[0], pairs[0][0])
    call = caller(simulated_files, monkeypatch, capsys)
    words = ("ledger", "score", "--ledger", tmp_path / "ledger", "--scores", "scores.csv", "--benchmarks",
             "benchmarks.csv")  # fmt: skip
    code, out, error = call(*words, "--table", "scores.csv", "--out", "scored")
    assert code == 0, error
    assert "Due forecasts" in out
    names = {p.name for p in (simulated_files / "scored").iterdir()}
    assert {"forecasts.csv", "skill.csv", "brier.csv", "by_entry.csv", "calibration.png", "ledger.json"} <= names
    assert "history.csv" not in names
    code, out, error = call(*words, "--json")
    assert code == 0, error
    assert '"by_entry"' in out
