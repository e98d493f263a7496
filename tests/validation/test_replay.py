"""As-of replay without leakage, and a whole small backtest: written, resumed, with faults."""

import json
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gapmodel.cli.app import main
from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.files.atomic import file_hashes
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.table import validate_scores
from gapmodel.scores.vintages import known_days
from gapmodel.units import DAYS_PER_MONTH
from gapmodel.validation.baseline_forecasts import NAIVE_METHODS
from gapmodel.validation.forecasts import forecast
from gapmodel.validation.replay import cutoff_dates, prepare
from tests.support.replays import CUTOFFS, SETTINGS
from tests.support.vintages import ROWS, by_hand

# The least that has every part: a level and a slope, a shock that runs on, independent errors.
TINY = '''"""One line, a shock, independent errors."""
import pymc as pm
import pytensor.tensor as pt
from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors
PRIORS = {"intercept_population": "Normal(8, 5) months"}
def build(data):
    with pm.Model(coords=model_coords(data)) as model:
        d = add_data(data)
        level, rate = pm.Normal("intercept_population", 8.0, 5.0), pm.Normal("slope_population", 0.0, 3.0)
        shock = pm.Normal("shock", 0.0, 1.0, dims="month")
        each = pt.ones(len(data.benchmark))
        level = pm.Deterministic("intercept", level * each, dims="benchmark")
        rate = pm.Deterministic("slope", rate * each, dims="benchmark")
        mean = level[:, None] + rate[:, None] * d["years"] + shock
        ou_errors("errors", censored_lags(d) - mean, d, sd=pm.HalfNormal("error_sd", 4.0))
    return model
'''


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("variant") / "tiny.py"
    path.write_text(TINY)
    return str(path)


@pytest.fixture(scope="module")
def pairs(simulated):
    return prepare(simulated[0], LagOptions(), CUTOFFS)[0]


def _scrambled(scores, cutoff):
    """Every score released after the cutoff another one, and every model of then in the other group."""
    table = scores.table.reset_index(drop=True)
    late = table["release_date"] > cutoff
    assert 0.1 < late.mean() < 0.9
    rng = np.random.default_rng(0)
    table.loc[late, "score"] = rng.permutation(table.loc[late, "score"].to_numpy())
    table.loc[late, "weights"] = table.loc[late, "weights"].map({"open": "closed", "closed": "open"})
    columns = ["benchmark", "model", "release_date", "weights", "score"]
    info = scores.benchmarks.reset_index()[["benchmark", "category"]]
    return validate_scores(table[columns], info, today=table["release_date"].max().date())


def test_cutoffs_are_quarter_ends_before_the_last_month():
    assert [str(d.date()) for d in CUTOFFS] == ["2024-06-30", "2024-09-30", "2024-12-31", "2025-03-31"]
    assert len(cutoff_dates("2025-06-30", monthly=True)) == 12
    assert str(cutoff_dates("2025-07-31", first="2025-06-01")[-1].date()) == "2025-06-30"
    with pytest.raises(ConfigError, match="--monthly"):
        cutoff_dates("2025-06-30", first="2025-04-30")


def test_nothing_after_the_cutoff_matters(simulated, pairs, tiny):
    scores, _ = simulated
    cutoff = CUTOFFS[1]
    replay, outcome = pairs[1]
    other, changed = next(
        pair
        for pair in prepare(_scrambled(scores, cutoff), LagOptions(), CUTOFFS)[0]
        if pair[0].cutoff == np.datetime64(cutoff, "D")
    )
    assert not np.array_equal(outcome.value, changed.value, equal_nan=True), "the outcome did change"
    for name, array in replay.data.arrays.items():
        np.testing.assert_array_equal(getattr(other.data, name), array, err_msg=name)
    for name in ("month", "value", "exact", "published"):
        np.testing.assert_array_equal(getattr(other.history, name), getattr(replay.history, name), err_msg=name)
    assert other.data.reference_date == replay.data.reference_date
    for method in (*NAIVE_METHODS, tiny):
        before, _ = forecast(method, replay, SETTINGS)
        after, _ = forecast(method, other, SETTINGS)
        for name in ("draws", "centre", "scale", "trend", "average_sd"):
            np.testing.assert_array_equal(getattr(before, name), getattr(after, name), err_msg=f"{method} {name}")


def test_a_replay_is_the_panel_of_that_day(simulated, pairs):
    scores, _ = simulated
    for cutoff, (replay, outcome) in zip(CUTOFFS, pairs):
        options = LagOptions(cutoff=cutoff)
        alone = options.data(options.lags(scores))
        months = np.isin(replay.data.month, alone.month)
        rows = np.isin(replay.data.benchmark, alone.benchmark)
        np.testing.assert_array_equal(replay.data.value[np.ix_(rows, months)], alone.value)
        assert replay.data.observed.sum() == alone.observed.sum()
        assert replay.data.reference_date == alone.reference_date
        assert replay.history.month[-1] == np.datetime64(cutoff, "D")
        assert replay.data.month[replay.ahead[0]] == np.datetime64(cutoff + pd.offsets.MonthEnd(1), "D")
        assert outcome.value.shape == (len(replay.data.benchmark), len(replay.ahead))
    shapes = {tuple(a.shape for a in replay.data.arrays.values()) for replay, _ in pairs}
    assert len(shapes) == 1, "one compiled model serves every cutoff"


def test_outcomes_are_the_lags_of_all_data_and_lie_within_their_limits(simulated, pairs):
    options = LagOptions()
    full = options.data(options.lags(simulated[0]))
    bounds = 0
    for replay, outcome in pairs:
        months = replay.data.month[replay.ahead]
        at = np.ix_(np.isin(full.benchmark, replay.data.benchmark), np.isin(full.month, months))
        rows = np.isin(replay.data.benchmark, full.benchmark)
        known = outcome.known[rows]
        np.testing.assert_array_equal(outcome.value[rows][known], full.value[at][known])
        np.testing.assert_array_equal(outcome.censoring[rows], full.censoring[at])
        seen = ~np.isnan(outcome.value)
        assert (outcome.low[seen] <= outcome.value[seen]).all()
        assert (outcome.value[seen] <= outcome.high[seen]).all()
        right = outcome.censoring > 0
        np.testing.assert_array_equal(outcome.value[right], outcome.high[right])
        assert (outcome.value[rows][right[rows]] <= full.value[at][right[rows]]).all()
        bounds += right.sum()
    assert bounds > 0


# --- scores known by their evaluation ---------------------------------------------------------------------------------

WHOLE = LagOptions(leader_start_up_months=0.0, follower_start_up_months=0.0)


def test_a_replay_by_evaluation_worked_out_by_hand():
    """At the end of May the best open model that had been run was V (.4); that of April, Y (.5), came on 20 June."""
    scores = by_hand()
    known = known_days(scores)
    (replay, _), (later, _) = prepare(
        scores, WHOLE, [pd.Timestamp("2025-05-31"), pd.Timestamp("2025-06-30")], known=known
    )[0]
    months = replay.history.month.astype(str).tolist()
    assert months == ["2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31"]
    # Until V the only open model stands below the closed ones' first level: a bound, the age of A.
    np.testing.assert_allclose(replay.history.value[0] * DAYS_PER_MONTH, [49, 80, 69, 100])
    assert replay.history.exact[0].tolist() == [False, False, True, True]
    assert str(later.history.month[-1]) == "2025-06-30"
    np.testing.assert_allclose(later.history.value[0] * DAYS_PER_MONTH, [49, 80, 56, 87, 51])
    (by_release, _), *_ = prepare(scores, WHOLE, [pd.Timestamp("2025-05-31")])[0]
    np.testing.assert_allclose(by_release.history.value[0] * DAYS_PER_MONTH, [49, 80, 56, 87])


def test_a_replay_goes_up_to_its_cutoff_where_nothing_new_had_been_run():
    """Without Z no open model of May or June had been run, so that windows end with May."""
    scores = by_hand([row for row in ROWS if row[1] != "Z"])
    ((replay, outcome),) = prepare(scores, WHOLE, [pd.Timestamp("2025-06-30")], known=known_days(scores))[0]
    assert str(replay.cutoff) == str(replay.history.month[-1]) == "2025-06-30"
    assert np.isnan(replay.history.value[0, -1])
    assert outcome.value.shape == (1, 0), "no data go further"


@pytest.mark.parametrize("dated", [True, False])
def test_without_delays_both_replays_are_the_same(simulated, pairs, dated):
    scores = simulated[0]
    if dated:
        scores = replace(scores, table=scores.table.assign(evaluated_date=scores.table["release_date"]))
    known = known_days(scores)
    assert known.n_own == (len(scores.table) if dated else 0)
    again, _ = prepare(scores, LagOptions(), CUTOFFS, known=known)
    for (replay, outcome), (other, same) in zip(pairs, again, strict=True):
        assert replay.cutoff == other.cutoff
        for name, array in replay.data.arrays.items():
            np.testing.assert_array_equal(getattr(other.data, name), array, err_msg=name)
        for name in ("month", "value", "exact", "published"):
            np.testing.assert_array_equal(getattr(other.history, name), getattr(replay.history, name), err_msg=name)
        np.testing.assert_array_equal(outcome.value, same.value)


def test_nothing_known_after_the_cutoff_matters(simulated):
    scores, cutoff = simulated[0], CUTOFFS[1]
    rng = np.random.default_rng(1)
    days = scores.table["release_date"] + pd.to_timedelta(rng.integers(0, 150, len(scores.table)), "D")
    table = scores.table.assign(evaluated_date=days)
    late = (days > cutoff).to_numpy()
    assert (late & (table["release_date"] <= cutoff).to_numpy()).sum() > 20, "models of before, run later"
    changed = table.copy()
    changed.loc[late, "score"] = rng.permutation(table.loc[late, "score"].to_numpy())
    found = []
    for each in (table, changed):
        one = replace(scores, table=each)
        found += [p for p, _ in prepare(one, LagOptions(), CUTOFFS, known=known_days(one))[0] if p.cutoff == cutoff]
    for name, array in found[0].data.arrays.items():
        np.testing.assert_array_equal(getattr(found[1].data, name), array, err_msg=name)
    by_release, _ = prepare(replace(scores, table=table), LagOptions(), [cutoff])
    assert not np.array_equal(by_release[0][0].history.value, found[0].history.value, equal_nan=True)


def test_too_early_a_cutoff_is_skipped_with_its_reason(simulated):
    early = pd.Timestamp("2023-03-31")
    kept, skipped = prepare(simulated[0], LagOptions(), [early, *CUTOFFS[:1]])
    assert len(kept) == 1
    assert "too few" in skipped["2023-03-31"]
    with pytest.raises(InsufficientDataError, match="every cutoff"):
        prepare(simulated[0], LagOptions(), [early])


# --- the whole --------------------------------------------------------------------------------------------------------


@pytest.fixture
def called(simulated_files, monkeypatch, capsys):
    def call(*words):
        monkeypatch.chdir(simulated_files)
        monkeypatch.setattr(sys, "argv", ["gapmodel", "backtest", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return stop.value.code, said.out, said.err

    return call


FILES = ["--scores", "scores.csv", "--benchmarks", "benchmarks.csv", "--quiet"]
SMALL = ["--quick", "--draws", 60, "--tune", 100, "--seed", 3]


def test_a_backtest_is_written_resumed_and_the_same(called, simulated_files, tiny, without_sampler):
    names = ["--methods", "last_value", "--methods", "line_mean"]
    code, out, error = called(tiny, *FILES, *SMALL, *names, "--out", "a")
    assert code == 2, error  # quick
    assert "not citable" in out
    folder = simulated_files / "a"
    assert {p.name for p in folder.iterdir()} == {
        "spec.json", "jobs", "forecasts.csv", "answers.csv", "below.csv", "skill.csv", "brier.csv", "backtest.json",
        "skill.png", "skill.svg", "skill.pdf",
    }  # fmt: skip
    summary = json.loads((folder / "backtest.json").read_text())
    assert summary["cutoffs"] == ["2024-06-30", "2024-09-30", "2024-12-31", "2025-03-31"]
    assert summary["known_by"]["rule"] == "release"
    assert set(summary["methods"]["tiny"]) == {"benchmark", "average"}
    assert len(summary["fits"]) == 4
    assert summary["citable"] is False
    forecasts = pd.read_csv(folder / "forecasts.csv")
    assert set(forecasts["method"]) == {"tiny", "last_value", "line_mean"}
    assert forecasts["horizon"].between(1, 12).all()
    months = pd.to_datetime(forecasts["month"])
    ahead = 12 * (months.dt.year - pd.to_datetime(forecasts["cutoff"]).dt.year) + (
        months.dt.month - pd.to_datetime(forecasts["cutoff"]).dt.month
    )
    assert (ahead == forecasts["horizon"]).all()
    skill = pd.read_csv(folder / "skill.csv", dtype={"horizon": str})
    total = skill[(skill["horizon"] == "all") & (skill["target"] == "benchmark")].set_index("method")
    for method, group in forecasts[forecasts["target"] == "benchmark"].groupby("method"):
        assert total.loc[method, "crps"] == pytest.approx(group["crps"].mean(), rel=1e-5)
        assert total.loc[method, "n"] == len(group)

    # Half of the jobs are lost: what is there is not done again, and the folder comes out the same.
    before = file_hashes(folder)
    jobs = sorted((folder / "jobs").iterdir())
    assert len(jobs) == 12
    kept = {p: p.stat().st_mtime_ns for p in jobs[::2]}
    for path in jobs[1::2]:
        path.unlink()
    called(tiny, *FILES, *SMALL, *names, "--out", "a")
    assert file_hashes(folder) == before
    assert {p: p.stat().st_mtime_ns for p in kept} == kept

    answers = pd.read_csv(folder / "answers.csv")
    assert list(answers["cutoff"]) == summary["cutoffs"]
    assert (answers["gap_lower"] < answers["gap_median"]).all()
    assert (answers["gap_median"] < answers["gap_upper"]).all()
    assert (
        answers[["zero_12_months", "never"]].to_numpy().clip(0, 1).tolist()
        == answers[["zero_12_months", "never"]].to_numpy().tolist()
    )
    assert answers["n_benchmarks"].is_monotonic_increasing
    # Jobs that lack what a job has, as those of earlier versions do, are done again.
    for path in sorted((folder / "jobs").iterdir()):
        job = json.loads(path.read_text())
        job["result"].pop("answer")
        path.write_text(json.dumps(job))
    called(tiny, *FILES, *SMALL, *names, "--out", "a")
    assert file_hashes(folder) == before
    assert pd.read_csv(folder / "forecasts.csv").equals(forecasts)

    code, _, error = called(tiny, *FILES, *SMALL, *names, "--grace", 2, "--out", "a")
    assert code == 1
    assert "other data or settings" in error


def test_a_backtest_by_evaluation_says_so(called, simulated_files, tiny):
    path = simulated_files / "scores.csv"
    table = pd.read_csv(path)
    names = ["--methods", "last_value", "--known-by", "evaluation"]
    table["evaluated_date"] = table["release_date"]
    table.loc[::2, "evaluated_date"] = None
    table.to_csv(path, index=False)
    code, out, error = called(tiny, *FILES, *SMALL, *names, "--out", "a")
    assert code == 2, error
    n = len(table) - table["evaluated_date"].notna().sum()
    assert f"{len(table) - n} with a day of their own, {n} after a drawn delay" in " ".join(out.split())
    assert json.loads((simulated_files / "a" / "backtest.json").read_text())["known_by"]["rule"] == "evaluation"
    code, _, error = called(tiny, *FILES, *SMALL, *names[:-2], "--out", "a")
    assert code == 1
    assert "other data or settings" in error


def test_a_variant_that_fails_does_not_sink_the_rest(called, simulated_files):
    (simulated_files / "broken.py").write_text(
        # It can be built for all that is known today, and for no panel of an earlier day.
        TINY.replace(
            "        d = add_data(data)\n",
            "        d = add_data(data)\n        if not data.observed[:, -1].any():\n"
            "            raise RuntimeError('no such thing')\n",
        )
    )
    code, out, _ = called("broken.py", *FILES, "--methods", "last_value", "--methods", "historical_mean", "--out", "a")
    assert code == 2
    assert "JOB FAILED broken" in out
    assert "no such thing" in " ".join(out.split())
    summary = json.loads((simulated_files / "a" / "backtest.json").read_text())
    assert len(summary["failed_jobs"]) == 4
    assert summary["citable"] is False
    assert set(pd.read_csv(simulated_files / "a" / "skill.csv")["method"]) == {"last_value", "historical_mean"}


BAD = {
    "date": (["--from", "30.6.2024"], "--first is '30.6.2024'"),
    "late": (["--from", "2025-06-30"], "no cutoff"),
    "rule": (["--known-by", "evalution"], "did you mean 'evaluation'"),
    "baseline": (["--methods", "last_valu"], "last_value"),
    "variant": (["shared_shok"], "did you mean 'shared_shock'"),
    "view": (["catch_up"], "catch_up view"),
    "workers": (["--methods", "last_value", "--workers", 0], "'--workers'"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error(case, called, simulated_files):
    words, expected = BAD[case]
    before = {p.name for p in simulated_files.iterdir()}
    code, _, error = called(*FILES, *words)
    assert code == 1
    assert expected in error
    assert {p.name for p in simulated_files.iterdir()} == before, "nothing is left behind"


def test_chains_side_by_side_change_nothing(pairs, tiny):
    """Workers sample their chains one after the other: the numbers are those of this process."""
    one, _ = forecast(tiny, pairs[0][0], replace(SETTINGS, cores=1))
    two, _ = forecast(tiny, pairs[0][0], replace(SETTINGS, cores=2))
    np.testing.assert_array_equal(one.draws, two.draws)
