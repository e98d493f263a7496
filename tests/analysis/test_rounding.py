"""Rounding: steps by hand, and two runs of one posterior with different seeds show the same numbers."""

import json
import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gapmodel.analysis.rounding import (
    MONTH_STEPS,
    PROBABILITY_STEPS,
    RoundedNumber,
    draws_factor,
    mean_mcse,
    probability_error,
    quantile_mcse,
    rerun_probability,
    round_date,
    round_number,
)
from gapmodel.cite import collect
from gapmodel.runs.parts import FolderParts
from gapmodel.runs.run import Run


def test_a_step_flips_as_often_as_the_formula_says():
    rng = np.random.default_rng(1)
    mcse, step, n = 0.03, 0.5, 200_000
    centre = rng.uniform(0, 10, n)
    first, second = (np.floor((centre + rng.normal(0, mcse, n)) / step + 0.5) for _ in range(2))
    share = float((first != second).mean())
    expected = rerun_probability(mcse, step)
    assert expected == pytest.approx(2 / np.sqrt(np.pi) * 0.03 / 0.5)
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / n)


@pytest.mark.parametrize(
    ("mcse", "step"),
    # The smallest step h with 1.1284 s / h ≤ 0.05, that is h ≥ 22.57 s.
    [(0.0, 0.1), (0.0001, 0.1), (0.0088, 0.2), (0.009, 0.5), (0.022, 0.5), (0.023, 1.0), (0.05, 2.0), (0.2, 5.0)],
)
def test_the_step_is_the_smallest_that_holds(mcse, step):
    assert round_number(6.83, mcse, MONTH_STEPS).step == step


def test_a_step_is_never_coarser_than_the_posterior_sd():
    assert round_number(6.83, 0.2, MONTH_STEPS, sd=1.64).step == 1.0
    assert round_number(0.32, 0.01, PROBABILITY_STEPS).step == 0.1
    assert round_number(6.83, 0.0, MONTH_STEPS, sd=0.01).step == 0.1


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [(6.83, 1.0, "7"), (6.83, 0.5, "7"), (6.6, 0.5, "6.5"), (6.04, 0.1, "6.0"),
     (6.2, 0.1, "6.2"), (-1.24, 0.5, "−1"), (-0.2, 1.0, "0"),
     (0.25, 0.5, "0.5"), (12.4, 5.0, "10"), (0.123, 0.05, "0.10")],
)  # fmt: skip
def test_numbers_are_written_to_their_step(value, step, text):
    assert RoundedNumber(value, 0.0, step).text == text


def test_errors_of_quantiles_follow_the_normal_law():
    assert quantile_mcse(1.0, 0.5) == pytest.approx(np.sqrt(np.pi / 2))
    assert quantile_mcse(1.0, 0.05) == pytest.approx(quantile_mcse(1.0, 0.95))
    rng = np.random.default_rng(2)
    draws = rng.normal(size=(4000, 1000))
    for prob in (0.05, 0.5, 0.95):
        observed = np.quantile(draws, prob, axis=1).std(ddof=1)
        # The SD of 4000 values has a relative error of 1 / √8000; quantiles of 1000 draws are near normal.
        assert quantile_mcse(1 / np.sqrt(1000), prob) == pytest.approx(observed, rel=0.05)


def test_errors_are_taken_for_no_smaller_than_they_may_be():
    assert mean_mcse(sd=2.0, mcse=0.5, n_draws=1000) == 0.5
    assert mean_mcse(sd=2.0, mcse=0.01, n_draws=1000) == pytest.approx(0.1)
    assert probability_error(0.0, 0.0, 999) == pytest.approx(np.sqrt(0.0005 * 0.9995 / 999))


def test_draws_factor_is_the_square_of_the_missing_precision():
    number = RoundedNumber(6.8, 0.04431, 1.0)  # 1.1284 · 0.04431 / 0.05 = 1.0
    assert draws_factor(number, 0.1) == pytest.approx(100.0, rel=1e-3)
    assert draws_factor(number, 5.0) == 1.0


@pytest.mark.parametrize(
    ("mcse_days", "first", "last"),
    [(0.0, "2032-02-01", "2032-02-29"), (3.0, "2032-01-01", "2032-03-31"), (15.0, "2032-01-01", "2032-12-31"),
     (30.0, "2032-01-01", "2033-12-31"), (60.0, "2030-01-01", "2034-12-31"), (900.0, "2030-01-01", "2039-12-31")],
)  # fmt: skip
def test_dates_are_given_as_the_period_that_holds_them(mcse_days, first, last):
    assert round_date("2032-02-28", mcse_days).period == (pd.Timestamp(first), pd.Timestamp(last))


def test_a_period_does_not_begin_before_the_run():
    date = round_date("2032-02-28", 60.0, earliest="2031-07-31")
    assert date.period == (pd.Timestamp("2031-07-31"), pd.Timestamp("2034-12-31"))
    assert round_date(None, 60.0).period is None


# Two seeds, one posterior ------------------------------------------------------------------------------------------

CHAINS, DRAWS, BENCHMARKS, SEEDS = 4, 2500, 5, 4
START, HORIZON_YEARS = pd.Timestamp("2026-07-31"), 10
AHEAD = (0.5, 1, 2, 3, 5, 10)


def _chains(rng, *shape, correlation):
    """Autocorrelated standard normal draws, dims (..., chain, draw): the sampler's efficiency is (1 - ρ) / (1 + ρ)."""
    from scipy.signal import lfilter

    noise = rng.standard_normal((*shape, CHAINS, DRAWS + 60)) * np.sqrt(1 - correlation**2)
    return lfilter([1.0], [1.0, -correlation], noise, axis=-1)[..., 60:]


def _mcse(values):
    import arviz as az
    import xarray as xr

    names = ("run", "chain", "draw")
    return np.asarray(az.mcse(xr.DataArray(values, dims=names, name="x"), method="mean"))


def _entries(values):
    """Summary entries, one per run, of values with dims (run, chain, draw)."""
    flat = values.reshape(len(values), -1)
    lower, median, upper = np.quantile(flat, [0.05, 0.5, 0.95], axis=1)
    return [
        {
            "date": "2026-07-31", "mean": m, "median": q, "sd": s, "mcse": e,
            "interval": {"prob": 0.9, "kind": "equal-tailed", "lower": a, "upper": b},
        }
        for m, q, s, e, a, b in zip(flat.mean(1), median, flat.std(1, ddof=1), _mcse(values), lower, upper)
    ]  # fmt: skip


def posterior_summaries(rng, *, gap, gap_sd, slope, slope_sd, correlation):
    """Summaries of `SEEDS` runs on one posterior, an average trend and benchmarks around it."""
    common = _chains(rng, SEEDS, 2, correlation=correlation)
    own = _chains(rng, SEEDS, 2 * BENCHMARKS, correlation=correlation)
    average, change = gap + gap_sd * common[:, 0], slope + slope_sd * common[:, 1]
    named = {
        "average_gap_months": average,
        "population_mean_gap_months": average + 0.3 * gap_sd * own[:, 0],
        "new_benchmark_gap_months": average + 2.0 * own[:, 1],
        "slope_months_per_year": change,
        "population_slope_months_per_year": change + 0.3 * slope_sd * own[:, 2],
    }
    entries = {key: _entries(values) for key, values in named.items()}
    centres = rng.normal(0, 2, (2, BENCHMARKS))
    gaps = [_entries(average + centres[0, b] + 1.2 * own[:, b]) for b in range(BENCHMARKS)]
    slopes = [_entries(change + centres[1, b] / 4 + 0.6 * own[:, BENCHMARKS + b]) for b in range(BENCHMARKS)]
    with np.errstate(divide="ignore"):
        years = np.where(average <= 0, 0.0, np.where(change < 0, -average / change, np.inf))
    dates = [str((START + pd.DateOffset(months=round(12 * a))).date()) for a in AHEAD]
    reached = [years <= a for a in AHEAD]
    shares = [r.mean((1, 2)) for r in reached]
    errors = [_mcse(r.astype(float)) for r in reached]
    quantiles = {}
    for p in (0.05, 0.1, 0.25, 0.5, 0.75):
        when = np.quantile(years.reshape(SEEDS, -1), p, axis=1, method="inverted_cdf")
        quantiles[f"{p:g}"] = [
            None if y > HORIZON_YEARS else str((START + pd.Timedelta(days=np.ceil(365.25 * y))).date()) for y in when
        ]
    prior = [{"date": d, "probability": 0.3} for d in dates]
    out = []
    for k in range(SEEDS):
        by = [{"date": d, "probability": s[k], "mcse": e[k]} for d, s, e in zip(dates, shares, errors)]
        rows = [
            {"benchmark": f"b {b}", "title": f"B {b}", "gap_months": gaps[b][k], "slope_months_per_year": slopes[b][k]}
            for b in range(BENCHMARKS)
        ]
        zero = {
            "start": str(START.date()), "horizon": dates[-1], "horizon_years": HORIZON_YEARS,
            "n_draws": CHAINS * DRAWS, "probability_already": float((average[k] <= 0).mean()), "probability_by": by,
            "probability_never": 1 - by[-1]["probability"], "prior_probability_never": 0.7,
            "date_quantiles": {q: days[k] for q, days in quantiles.items()}, "prior_probability_by": prior,
        }  # fmt: skip
        data = {"sha256": "a" * 64, "snapshot": "made up", "n_benchmarks": BENCHMARKS, "n_models": 9, "n_scores": 99}
        out.append(
            {
                **{key: values[k] for key, values in entries.items()},
                "per_benchmark": rows, "zero_lag": zero, "leader": "closed", "follower": "open", "model": "m",
                "data": data | {"as_of": str(START.date())}, "seed": k, "quick": False, "citable": True, "skipped": [],
                "credits": [], "options": {}, "prior": {"draws": 4000},
                "baseline": {"mean": {"slope_months_per_year": 0.5, "zero_date": None}},
            }
        )  # fmt: skip
    return out


def saved(summary):
    manifest = {"run_id": "m-0", "variant": {"sha256": "b" * 64}, "sampler": {}, "versions": {"gapmodel": "0"}}
    return Run(summary, {"passed": True, "checks": []}, manifest, FolderParts(Path("made-up"), {}))


def shown_numbers(claims):
    """What each number of Monte Carlo origin shows; a probability counts as its words, bounds being bounds."""
    out = {}
    for claim in claims:
        if claim.id.startswith("zero.") and not claim.id.startswith("zero.prior."):
            out[claim.id] = claim.texts["value"]
        elif claim.id.startswith(("gap.", "slope.")):
            out |= {f"{claim.id} {name}": number.text for name, number in claim.numbers().items()}
    return out


def test_two_seeds_show_the_same_in_at_least_95_per_cent_of_the_numbers():
    rng = np.random.default_rng(20)
    same, by_kind = [], {"zero": [], "gap": [], "slope": []}
    for _ in range(24):
        summaries = posterior_summaries(
            rng,
            gap=rng.uniform(2, 10), gap_sd=np.exp(rng.uniform(np.log(0.6), np.log(3))),
            slope=rng.uniform(-3, 0.5), slope_sd=np.exp(rng.uniform(np.log(0.4), np.log(2))),
            correlation=rng.uniform(0.0, 0.45),
        )  # fmt: skip
        shown = [shown_numbers(collect(saved(s))) for s in summaries]
        assert len(shown[0]) == 3 * (5 + 2 * BENCHMARKS) + len(AHEAD) + 2 + 5
        for one, other in combinations(shown, 2):
            for name in one:
                same.append(one[name] == other[name])
                by_kind[name.split(".")[0]].append(same[-1])
    assert np.mean(same) >= 0.95
    assert all(np.mean(v) >= 0.93 for v in by_kind.values()), "no kind of number is much worse than the rest"


def test_a_date_whose_error_is_without_limit_has_none_in_plain_values():
    """Where P(zero) does not rise, a quantile of the date may lie anywhere."""
    plain = round_date("2030-06-30", math.inf, earliest="2026-07-31").as_dict()
    assert plain["mcse_days"] is None
    json.dumps(plain, allow_nan=False)
    assert round_date("2030-06-30", 10.0, earliest="2026-07-31").as_dict()["mcse_days"] == 10.0
