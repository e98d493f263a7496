"""Simulated tables: as before by default, each complication does what it says, and false alarms are counted."""

import json

import numpy as np
import pandas as pd
import pytest

from gapmodel.errors import UnknownNameError
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import REGIMES, SCENARIOS, simulate_scores
from gapmodel.simulation.irregularities import Releases, burst_times, distil, retirement
from gapmodel.validation.false_alarms import false_alarm_table, run_false_alarms, too_many_alarms
from gapmodel.validation.recovery import KNOWN_TRUTH_REGIMES, STRAIGHT_LINE, recovery_table

COLUMNS = ["benchmark", "model", "release_date", "weights", "score"]


def _valid(frame, info, truth):
    end = pd.Timestamp(truth.months[-1]).date()
    return validate_scores(frame, info, today=max(end, frame["release_date"].max().date()), as_of=end)


# What was there before.


@pytest.mark.parametrize(
    ("keywords", "rows", "total"),
    [
        ({"seed": 0}, 2183, 719.1372672848034),
        ({"seed": 3, "scenario": "closing", **REGIMES["sparse"]}, 562, 185.82818289427001),
        ({"seed": 11, "scenario": "opening", "open_releases_per_month": 1.5}, 1309, 445.7225863491907),
    ],
)
def test_defaults_give_the_tables_that_published_numbers_rest_on(keywords, rows, total):
    frame, _, _ = simulate_scores(**keywords)
    assert list(frame.columns) == COLUMNS
    assert len(frame) == rows
    assert frame["score"].sum() == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize("regime", sorted(REGIMES))
def test_every_regime_makes_a_valid_table_and_the_same_one_twice(regime):
    made = simulate_scores(seed=5, **REGIMES[regime])
    pd.testing.assert_frame_equal(made[0], simulate_scores(seed=5, **REGIMES[regime])[0])
    lags = LagOptions(cutoff=made[2].months[-1]).lags(_valid(*made))
    assert lags.panel["observed"].sum() > 100


def test_shortfalls_in_time_and_in_capability_are_the_same_at_a_constant_pace_and_only_then():
    def scores(pace_sd, kind):
        return simulate_scores(seed=7, pace_sd=pace_sd, shortfall_in=kind, retired_by="never")[0]["score"].to_numpy()

    np.testing.assert_allclose(scores(0.0, "time"), scores(0.0, "capability"), rtol=1e-9)
    assert np.abs(scores(0.3, "time") - scores(0.3, "capability")).max() > 0.01


def test_unknown_names_are_refused_with_the_known_ones():
    for keywords, names in (
        ({"scenario": "opned"}, "closing_then_flat"),
        ({"retired_by": "age"}, "both"),
        ({"stopped_group": "China"}, "open"),
        ({"shortfall_in": "years"}, "capability"),
    ):
        with pytest.raises(UnknownNameError, match=names):
            simulate_scores(seed=1, **keywords)


# The truth.


@pytest.mark.parametrize("scenario", ["constant", "closing", "opening"])
def test_both_slopes_of_a_linear_lag_agree(scenario):
    truth = simulate_scores(seed=1, scenario=scenario)[2]
    assert truth.recent_slope == pytest.approx(truth.slope, abs=1e-9)


def test_closing_then_flat_by_hand():
    """9 falling to 4 over 60 % of 36 months, flat in the last 12."""
    truth = simulate_scores(seed=1, scenario="closing_then_flat")[2]
    assert truth.recent_slope == 0.0
    assert truth.lag[-1] == pytest.approx(4.0)
    months = 1095 / 30.4375  # three years to the end of December 2025
    first = 9.0 - 5.0 * (30 / 30.4375 / months) / 0.6
    assert truth.lag[0] == pytest.approx(first)
    assert -2.0 < truth.slope < -1.0


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_zero_within_a_year_is_false_in_every_scenario(scenario):
    truth = simulate_scores(seed=1, scenario=scenario)[2]
    assert truth.lag[-1] + min(truth.recent_slope, 0.0) > 0.5


# Complications.


def test_bursts_move_releases_together_and_leave_their_number():
    t = np.sort(np.random.default_rng(1).uniform(-24.0, 36.0, 400))
    moved = burst_times(t, 36.0, share=1.0, per_year=3.0, rng=np.random.default_rng(2))
    bins = np.arange(-24.0, 36.5, 0.5)
    spread, clustered = (np.histogram(x, bins)[0] for x in (t, moved))
    assert moved.min() >= -24.0
    assert moved.max() <= 36.0
    assert len(moved) == 400
    # About 15 bursts touch two half-month bins each, of 120; apart, 400 releases leave few bins empty.
    assert np.count_nonzero(clustered) <= 40 < 100 < np.count_nonzero(spread)
    np.testing.assert_array_equal(burst_times(t, 36.0, share=0.0, per_year=3.0, rng=np.random.default_rng(2)), t)


def test_students_follow_their_teachers_and_keep_the_shortfalls():
    rng = np.random.default_rng(3)
    closed, made = (Releases(np.sort(rng.uniform(-24, 36, 100)), rng.exponential(5.0, 100)) for _ in range(2))
    tied = distil(closed, made, lambda t: np.full_like(t, 5.0), 36.0, share=0.6, rng=rng)
    delay = tied.t[tied.student] - closed.t[tied.teacher]
    assert 40 < len(tied.student) < 80
    assert len(set(tied.teacher)) == len(tied.teacher)
    assert delay.min() >= 0.2 * 5.0
    assert delay.max() <= 0.8 * 5.0
    np.testing.assert_array_equal(tied.short[tied.student], closed.short[tied.teacher])
    # Ability in months of the closed frontier: below the teacher's by the lag that the delay leaves.
    below = (closed.t - closed.short)[tied.teacher] - (tied.t - 5.0 - tied.short)[tied.student]
    np.testing.assert_allclose(below, 5.0 - delay)
    assert not tied.exists[tied.t > 36.0].any()


def test_students_have_their_teachers_deviations():
    """Logits with noise less those without are deviations times a constant: most students share one with a teacher."""
    keywords = {"seed": 4, "n_benchmarks": 1, "missing": 0.0, "start_spread": 0.0, "retired_by": "never"}

    def shared(distilled_share):
        noisy, bare = (
            simulate_scores(distilled_share=distilled_share, noise_months=noise, **keywords)[0] for noise in (1.5, 0.0)
        )
        logit = [np.log(frame["score"] / (1.0 - frame["score"])) for frame in (noisy, bare)]
        deviation = logit[0] - logit[1]
        theirs = deviation[noisy["weights"] == "closed"].to_numpy()
        own = deviation[noisy["weights"] == "open"].to_numpy()
        assert len(own) > 50
        return np.mean(np.abs(own[:, None] - theirs[None, :]).min(axis=1) < 1e-9)

    assert shared(0.0) == 0.0
    # All but those whose teacher was released too long before the benchmark.
    assert shared(1.0) > 0.7


@pytest.mark.parametrize("group", ["open", "closed"])
def test_a_lab_that_stops_leaves_gaps_in_its_group_alone(group):
    base, less = (
        simulate_scores(seed=6, retired_by="never", stopped_group=group, stopped_share=share)[0] for share in (0.0, 0.6)
    )
    half = pd.Timestamp("2023-01-01") + pd.Timedelta(days=1095 / 2)
    late = base["release_date"] > half
    mine = base["weights"] == group
    left = (less["release_date"] > half) & (less["weights"] == group)
    before, kept = base[late & mine]["model"].nunique(), less[left]["model"].nunique()
    # About 45 models, of which 40 % stay: a standard error of 7 %.
    assert kept / before == pytest.approx(0.4, abs=0.25)
    rest = (base[~(late & mine)], less[~left])
    pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in rest))


def test_retirement_by_hand():
    run = [("closed", 0, "", 3.0, 0.97), ("closed", 1, "", 1.0, 0.5), ("open", 0, "", 7.0, 0.96)]
    assert retirement(run, "closed", 0.95) == 3.0
    assert retirement(run, "both", 0.95) == 7.0
    assert retirement(run, "both", 0.965) == np.inf
    assert retirement(run, "never", 0.95) == np.inf


def test_revisions_touch_the_latest_scores_alone():
    """First scores of the last 6 months are off; reruns stand beside, with the date of their model."""
    plain = {"seed": 8, "retired_by": "never"}
    base = simulate_scores(**plain)[0]
    off = simulate_scores(revised_share=1.0, **plain)[0]
    pd.testing.assert_frame_equal(base.drop(columns="score"), off.drop(columns="score"))
    end = pd.Timestamp("2025-12-31")
    changed = base["score"] != off["score"]
    age = (end - base["release_date"]).dt.days / 30.4375
    assert changed.any()
    assert age[changed].max() < 6.1
    assert changed[age < 5.9].all()
    twice = simulate_scores(rerun_share=0.4, **plain)[0]
    again = twice[twice["variant"] == "rerun"]
    pd.testing.assert_frame_equal(twice[twice["variant"] == ""].drop(columns="variant").reset_index(drop=True), base)
    assert len(again) / len(base) == pytest.approx(0.4, abs=0.05)
    merged = again.merge(base, on=["benchmark", "model"], suffixes=("", "_first"))
    assert len(merged) == len(again)
    assert (merged["release_date"] == merged["release_date_first"]).all()
    assert (merged["score"] != merged["score_first"]).all()


@pytest.mark.parametrize("regime", ["dense", "bursts", "distillation", "retired_early"])
def test_regimes_that_keep_the_measured_lag_near_the_latent_one(regime):
    """Mean exact lag late in the period over 6 tables: within what tables differ by, of the latent 5 months."""
    means = []
    for seed in range(6):
        made = simulate_scores(seed=seed, **REGIMES[regime])
        panel = LagOptions(cutoff=made[2].months[-1]).lags(_valid(*made)).panel
        late = panel["lag"].where(panel["observed"] & (panel["censoring"] == 0)).isel(month=slice(18, None))
        means.append(float(late.mean("month").mean("benchmark")))
    error = np.std(means, ddof=1) / np.sqrt(len(means))
    assert abs(np.mean(means) - 5.0) < 4 * error + 0.5  # lags that are only bounds are the longer ones


# False alarms.


def _rows(scenario, gap, slope, *, n, alarms, truths=(5.0, 0.0, 0.0), regime="dense", method="a"):
    """n rows of one kind: intervals of ± 1 about estimates, and so many announcements of zero."""
    truth = dict(zip(("gap_truth", "slope_truth", "period_slope_truth"), truths))
    row = {"regime": regime, "method": method, "scenario": scenario, **truth}
    for name, value in (("gap", gap), ("slope", slope)):
        row |= {name: value, f"{name}_lower": value - 1.0, f"{name}_upper": value + 1.0}
    for name in ("gap", "slope", "period_slope"):
        value = row["slope" if "slope" in name else "gap"]
        row[f"{name}_covered"] = abs(value - row[f"{name}_truth"]) <= 1.0
    return [row | {"seed": k, "probability_12": 0.9 if k < alarms else 0.1, "divergences": 0} for k in range(n)]


def test_table_by_hand():
    rows = _rows("constant", 5.5, -2.0, n=8, alarms=2)
    rows += _rows("closing_then_flat", 4.0, 0.2, n=4, alarms=0, truths=(4.0, 0.0, -1.5))
    table = false_alarm_table(pd.DataFrame(rows)).set_index("scenario")
    constant, flat = table.loc["constant"], table.loc["closing_then_flat"]
    assert constant["gap_coverage"] == 1.0
    assert constant["slope_coverage"] == 0.0
    assert constant["gap_bias"] == pytest.approx(0.5)
    assert constant["slope_width"] == pytest.approx(2.0)
    assert constant["zero_within_12_months"] == 0.25
    # (2 + 1) / (8 + 2) = 0.3
    assert constant["zero_within_12_months_mcse"] == pytest.approx(np.sqrt(0.3 * 0.7 / 8))
    assert constant["gap_coverage_mcse"] == pytest.approx(np.sqrt(0.9 * 0.1 / 8))
    assert (flat["slope_coverage"], flat["period_slope_coverage"]) == (1.0, 0.0)
    assert flat["period_slope_bias"] == pytest.approx(1.7)


def test_false_alarms_beyond_chance():
    """11 of 100 under a goal of 5 % happen in 1.1 % of cases, 12 in 0.4 %; other scenarios do not count."""
    rows = _rows("constant", 5.0, 0.0, n=100, alarms=11) + _rows("closing", 5.0, 0.0, n=100, alarms=90)
    assert too_many_alarms(false_alarm_table(pd.DataFrame(rows))).empty
    rows = _rows("constant", 5.0, 0.0, n=100, alarms=12)
    assert len(too_many_alarms(false_alarm_table(pd.DataFrame(rows)))) == 1


def test_sweep_resumes_and_takes_more(tmp_path):
    few = {"regimes": ["sparse"], "scenarios": ["constant", "closing_then_flat"]}
    first = run_false_alarms([STRAIGHT_LINE], tmp_path, n=2, **few)
    assert {p.name for p in tmp_path.iterdir()} == {
        "spec.json", "jobs", "rows.csv", "false_alarms.csv", "false_alarms.png", "false_alarms.svg", "false_alarms.pdf",
    }  # fmt: skip
    assert not first.failed
    ticks = []
    more = run_false_alarms([STRAIGHT_LINE], tmp_path, n=3, **few, progress=lambda *tick: ticks.append(tick))
    assert ticks[0] == ("starting", 4, 6)
    old = more.rows[more.rows["seed"] < 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(old, first.rows)
    published = pd.read_csv(tmp_path / "false_alarms.csv")
    assert published["n"].tolist() == [3, 3]
    # The columns of the table that runs quote.
    columns = [
        "method", "scenario", "n", "slope_coverage", "slope_bias", "slope_width", "gap_coverage", "gap_bias",
        "gap_width", "zero_within_12_months", "mc_error_of_a_share",
    ]  # fmt: skip
    assert list(recovery_table(more.rows).columns) == columns


def test_sweep_refuses_unknown_kinds(tmp_path):
    for keywords, name in (({"regimes": ["dens"]}, "distillation"), ({"scenarios": ["flat"]}, "closing_then_flat")):
        with pytest.raises(UnknownNameError, match=name):
            run_false_alarms([STRAIGHT_LINE], tmp_path / "no", n=1, **keywords)
    with pytest.raises(UnknownNameError, match="straight_line|shared_shock"):
        run_false_alarms(["straight_lin"], tmp_path / "no", n=1)
    assert not (tmp_path / "no").exists()


def test_commands(tmp_path, monkeypatch, capsys):
    from gapmodel.cli.app import main

    def call(*words):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["gapmodel", *words])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, capsys.readouterr()

    words = ["false-alarms", "straight_line", "--regime", "sparse", "--scenario", "constant", "--n", "2", "--quiet"]
    code, text = call(*words)
    assert code == 0
    assert "straight_line: 2 tables of each kind" in text.out
    spec = json.loads((tmp_path / "results" / "false_alarms" / "spec.json").read_text())
    assert set(spec["simulations"]) == set(KNOWN_TRUTH_REGIMES)
    for bad, name in (
        (["false-alarms", "--regime", "dens"], "distillation"),
        (["calibrate", "--simulated", "dens"], "distillation"),
        (["calibrate", "--simulated", "dense", "--leader", "country=US"], "--leader"),
        (["calibrate", "shared_shok"], "did you mean 'shared_shock'"),
    ):
        code, text = call(*bad)
        assert code == 1
        assert name in text.err
