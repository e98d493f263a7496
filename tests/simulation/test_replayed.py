"""Simulated tables on the pattern of a real one: what is taken from it, and that the truth is true."""

import numpy as np
import pandas as pd
import pytest

from gapmodel.errors import InsufficientDataError, UnknownNameError
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.selection import select
from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import SCENARIOS, simulate_scores
from gapmodel.simulation.replayed import evaluation_pattern, simulate_replayed
from gapmodel.sources.load import read_table
from gapmodel.validation.recovery import STRAIGHT_LINE, Recovery, recovery_job

MONTHS = pd.date_range("2023-01-31", periods=36, freq="ME").to_numpy("datetime64[D]")


def _valid(frame, info):
    return validate_scores(frame, info, today=frame["release_date"].max().date())


@pytest.fixture(scope="module")
def table():
    frame, info, _ = simulate_scores(seed=3, pace_sd=0.0)
    return _valid(frame, info)


@pytest.fixture(scope="module")
def pattern(table):
    return evaluation_pattern(table, MONTHS)


def test_releases_and_evaluations_are_those_of_the_table(table, pattern):
    frame, info, _ = simulate_replayed(pattern, seed=0)
    keys = ["benchmark", "model", "release_date", "weights"]
    of_table = table.table[keys].astype({"release_date": "datetime64[ns]"})
    simulated = frame[keys].astype({"release_date": "datetime64[ns]"})
    assert set(simulated.itertuples(index=False)) == set(of_table.itertuples(index=False))
    assert len(simulated) == len(of_table)
    assert sorted(info["benchmark"]) == sorted(table.benchmarks.index)


def test_records_fall_short_of_nothing_and_others_do(pattern):
    for group in (pattern.follower, ~pattern.follower):
        assert (pattern.shortfall[group] == 0.0).sum() >= 3
        assert (pattern.shortfall[group] >= 0.0).all()
        assert np.median(pattern.shortfall[group]) > 0.5


def test_shortfalls_and_difficulties_of_simulated_scores_come_back(table, pattern):
    # Simulated shortfalls are exponential with means of 2 and 12 months, half and half: 7 on average. Records, which
    # have a small one, are taken to have none, which shifts all.
    assert 3.0 < pattern.shortfall.mean() < 10.0
    # At a pace of one the leader's progress reaches half-way while the benchmark is in use.
    assert np.median(pattern.difficulty) == pytest.approx(18.0, abs=18.0)


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_the_truth_is_true(pattern, scenario):
    """Without noise and at an even pace, an open score is what the closed frontier gave a lag earlier."""
    quiet = type(pattern)(**{**vars(pattern), "noise": np.zeros_like(pattern.noise)})
    frame, _, truth = simulate_replayed(quiet, seed=1, scenario=scenario, pace_sd=0.0)
    score = frame["score"].to_numpy()
    inside = (score > 1e-6) & (score < 1.0 - 1e-6)
    b, i = pattern.score_benchmark, pattern.score_model
    logit = np.log(score / (1.0 - score))
    level = logit / pattern.steepness[b] + pattern.difficulty[b] + pattern.shortfall[i]
    t = pattern.elapsed(pattern.date[i])
    within = inside & (t >= 0.0) & (t <= pattern.elapsed(MONTHS)[-1])
    lag = t - level
    closed = within & ~pattern.follower[i]
    assert np.allclose(lag[closed], 0.0, atol=1e-6)
    opened = within & pattern.follower[i]
    want = np.interp(t[opened], pattern.elapsed(MONTHS), truth.lag) + truth.benchmark_offset[b[opened]]
    # The truth is given at month-ends: between those of a bend it is off by a part of a month's change.
    before_first = t[opened] < pattern.elapsed(MONTHS)[0]
    assert np.allclose(lag[opened][~before_first], want[~before_first], atol=0.05)


def test_deviations_have_mean_zero_over_what_is_averaged(pattern):
    averaged = list(pattern.benchmark[:5])
    _, _, truth = simulate_replayed(pattern, seed=2, averaged=averaged)
    assert truth.benchmark_offset[:5].mean() == pytest.approx(0.0, abs=1e-12)
    assert abs(truth.benchmark_offset.mean()) > 1e-6


def test_one_seed_gives_all_scenarios_the_same_closed_scores(pattern):
    closed = [
        frame.loc[frame["weights"] == "closed", "score"].to_numpy()
        for frame, _, _ in (simulate_replayed(pattern, seed=4, scenario=name) for name in SCENARIOS)
    ]
    assert all(np.array_equal(one, closed[0]) for one in closed)
    other, _, _ = simulate_replayed(pattern, seed=5)
    assert not np.array_equal(other.loc[other["weights"] == "closed", "score"].to_numpy(), closed[0])


def test_unknown_names_and_too_few_records_are_refused(table, pattern):
    with pytest.raises(UnknownNameError, match="unknown scenario 'falling'"):
        simulate_replayed(pattern, seed=0, scenario="falling")
    with pytest.raises(UnknownNameError, match="no benchmark 'GPQA'"):
        simulate_replayed(pattern, seed=0, averaged=["GPQA"])
    frame = table.table
    few = frame[(frame["weights"] == "closed") | frame["model"].isin(frame.query("weights == 'open'")["model"][:2])]
    info = table.benchmarks.loc[few["benchmark"].unique()].reset_index()[["benchmark", "category"]]
    with pytest.raises(InsufficientDataError, match="records of the open group"):
        evaluation_pattern(_valid(few[["benchmark", "model", "release_date", "weights", "score"]], info), MONTHS)


def test_tables_on_the_bundled_pattern_look_like_it():
    """Exact lags of tables with a constant lag of about the size that was found: their mean, spread and number."""

    def shape(scores, options):
        panel = options.lags(scores).panel
        exact = panel["lag"].where(panel["observed"] & (panel["censoring"] == 0)).to_numpy()
        return np.nanmean(exact), np.nanstd(exact), int(panel["observed"].sum())

    real = select(read_table("epoch_2026-08"))
    mean, spread, cells = shape(real, LagOptions())
    recovery = Recovery(SamplerSettings(), simulation={"replayed": "epoch_2026-08"})
    shapes = []
    for seed in range(12):
        scores, truth = recovery.simulated("constant", seed)
        shapes.append(shape(scores, LagOptions(cutoff=truth.months[-1])))
    means, spreads, sizes = map(np.array, zip(*shapes, strict=True))
    # The same windows, but for the days of weights and of announcements at their edges.
    assert np.abs(sizes - cells).max() < 0.05 * cells
    # The measured lag is unbiased for the latent one, 5 months: within 4 standard errors of the mean of 12.
    assert abs(means.mean() - 5.0) < 4.0 * means.std(ddof=1) / np.sqrt(12) + 0.25
    assert abs(means.mean() - mean) < 1.5
    assert 0.7 < spreads.mean() / spread < 1.6


def test_a_method_is_held_against_replayed_tables():
    job = {"method": STRAIGHT_LINE, "seed": 0, "simulation": {"replayed": "epoch_2026-08"}, "settings": {}}
    row = recovery_job(scenario="constant", **job)
    assert row["gap_truth"] == 5.0
    assert row["slope_truth"] == 0.0
    assert row == recovery_job(scenario="constant", **job)
    assert recovery_job(scenario="opening", **job)["gap_truth"] == pytest.approx(8.0)
