"""The package against `second_implementation`, which was written from docs/ alone."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import gapmodel as gm
from gapmodel.errors import InsufficientDataError
from gapmodel.inference.crossing import crossing_draws, crossing_grid, share_by
from gapmodel.modeling.variant import panel_data
from gapmodel.scores.table import validate_scores
from tests.project import second_implementation as second

N_TABLES = 200
DRAWS = 4_000
THEIRS = 50_000  # of the second implementation


def random_tables(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.Timestamp | None]:
    """A small table with all that makes a lag hard: ties, floors, ceilings, both directions, days shared by releases,
    benchmarks that start late, end early or lack a group, weights that come late, and a snapshot date or none."""
    rng = np.random.default_rng([20260802, seed])
    n_models, n_benchmarks = int(rng.integers(6, 22)), int(rng.integers(1, 5))
    days = pd.date_range("2024-01-15", "2025-04-20")
    days = days[days.is_month_end | days.is_month_start | (rng.random(len(days)) < 0.1)]  # crowded, at month-ends too
    is_open = rng.random(n_models) < 0.5
    released = rng.choice(days.to_numpy().astype("datetime64[D]"), n_models)
    late = np.where(rng.random(n_models) < 0.3, rng.integers(0, 90, n_models), 0)
    skill = (released - released.min()) / np.timedelta64(800, "D") + rng.normal(0, 0.15, n_models)
    rows, about = [], []
    for b in range(n_benchmarks):
        lower = bool(rng.random() < 0.4)
        floor = rng.choice([None, 0.0, 0.25])
        share = np.clip(np.round(8 * (skill + rng.normal(0, 0.1, n_models))) / 8, 0, 1)  # ties on a grid of eighths
        # Late starts, early ends, one group missing, groups that hardly meet, and any mixture.
        first, last = np.sort(rng.choice(days.to_numpy(), 2)) if rng.random() < 0.4 else (days[0], days[-1])
        run = (released >= first) & (released <= last) & (rng.random(n_models) < 0.8)
        if rng.random() < 0.1:
            run &= is_open == (rng.random() < 0.5)
        for k in np.flatnonzero(run):
            for variant in ("", "high")[: 1 + (rng.random() < 0.2)]:
                score = share[k] - (rng.integers(0, 3) / 8 if variant else 0)
                # Error rates from 100 down to 0, or shares from 0 up to 1.
                rows.append(
                    {
                        "benchmark": f"b{b}",
                        "model": f"m{k}",
                        "variant": variant,
                        "release_date": released[k],
                        "weights": "open" if is_open[k] else "closed",
                        "score": 100 * (1 - score) if lower else score,
                        "weights_date": released[k] + np.timedelta64(int(late[k]), "D")
                        if is_open[k] and late[k]
                        else np.datetime64("NaT", "D"),
                    }
                )
        bound = np.nan if floor is None else 100 * (1 - floor) if lower else floor
        ceiling = (0.0 if lower else 1.0) if rng.random() < 0.5 else np.nan
        about.append(
            {
                "benchmark": f"b{b}",
                "direction": "lower" if lower else "higher",
                "lower_bound": bound,
                "ceiling": ceiling,
            }
        )
    taken_on = pd.Timestamp(rng.choice(days[days > "2024-09-01"])) if rng.random() < 0.6 else None
    if rng.random() < 0.2:
        taken_on = pd.Timestamp("2025-08-31")
    return pd.DataFrame(rows), pd.DataFrame(about), taken_on


def their_panel(lags: gm.Lags) -> pd.DataFrame:
    """The package's panel, one row per lag."""
    names = ["lag", "censoring", "stretch", "observed"]
    table = lags.panel[names].to_dataframe().reset_index()[["benchmark", "month", *names]]
    return table[table.pop("observed")].sort_values(["benchmark", "month"], ignore_index=True)


def compare_panels(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    ours = ours[ours["lag"].notna()].sort_values(["benchmark", "month"], ignore_index=True)
    assert list(zip(ours["benchmark"], ours["month"], strict=True)) == list(
        zip(theirs["benchmark"], theirs["month"], strict=True)
    )
    np.testing.assert_array_equal(ours["lag"], theirs["lag"])
    np.testing.assert_array_equal(ours["censoring"], theirs["censoring"])


def compare_stretches(ours: pd.DataFrame, data) -> None:
    """Bounds after the start-up, and which of them share one unknown."""
    observed = [(str(b), pd.Timestamp(m)) for b in data.benchmark for m in data.month]
    value, censoring = data.value.ravel(), data.censoring.ravel()
    theirs = {
        at: (v, c) for at, v, c, seen in zip(observed, value, censoring, data.observed.ravel(), strict=True) if seen
    }
    mine = {
        (b, m): (v, c)
        for b, m, v, c in ours[["benchmark", "month", "lag", "censoring"]].itertuples(index=False, name=None)
    }
    assert mine.keys() == theirs.keys()
    np.testing.assert_array_equal([mine[at] for at in mine], [theirs[at] for at in mine])
    assert set(map(tuple, stretches(ours, data).values())) == set(map(tuple, their_stretches(data).values()))


def stretches(ours: pd.DataFrame, data) -> dict:
    bounds = ours[ours["censoring"] != 0]
    return {k: sorted(zip(g["benchmark"], g["month"], strict=True)) for k, g in bounds.groupby("stretch", sort=False)}


def their_stretches(data) -> dict:
    found: dict = {}
    for b, t, k in zip(data.censored_benchmark, data.censored_month, data.censored_stretch, strict=True):
        found.setdefault(int(k), []).append((str(data.benchmark[b]), pd.Timestamp(data.month[t])))
    return {k: sorted(cells) for k, cells in found.items()}


@pytest.fixture(scope="module")
def bundled() -> gm.Scores:
    return gm.load_scores()


@pytest.fixture(scope="module")
def panel(bundled) -> pd.DataFrame:
    return second.lag_panel(bundled.table, bundled.benchmarks.reset_index(), bundled.as_of)


@pytest.fixture(scope="module")
def fitted(panel) -> pd.DataFrame:
    return second.start_up(panel)


@pytest.fixture(scope="module")
def data(bundled):
    return gm.LagOptions().data(gm.compute_lags(bundled))


def test_lags_of_the_bundled_data(bundled, panel, fitted, data):
    compare_panels(panel, their_panel(gm.compute_lags(bundled)))
    compare_stretches(fitted, data)
    assert np.datetime64(second.middle(panel), "D") == data.reference_date


def test_lags_of_random_tables():
    met: dict[str, int] = dict.fromkeys(
        ["lags", "leads", "bounds", "lead bounds", "no lag", "refused", "too few", "fitted"], 0
    )
    for seed in range(N_TABLES):
        table, about, taken_on = random_tables(seed)
        grace = seed % 4
        ours = second.lag_panel(table, about, taken_on, grace_months=grace)
        checked = validate_scores(table, about, today=date(2026, 1, 1), as_of=taken_on)
        try:
            lags = gm.compute_lags(checked, cutoff=taken_on, grace_months=grace)
        except InsufficientDataError:
            assert ours.empty, seed
            met["refused"] += 1
            continue
        compare_panels(ours, their_panel(lags))
        met["lags"] += int((ours["side"] == 1).sum())
        met["leads"] += int((ours["side"] == -1).sum())
        met["bounds"] += int((ours["censoring"] == 1).sum())
        met["lead bounds"] += int((ours["censoring"] == -1).sum())
        met["no lag"] += int(ours["lag"].isna().sum())
        try:
            compare_stretches(
                second.start_up(ours, 0, 0),
                panel_data(lags.panel, leader_start_up_months=0, follower_start_up_months=0),
            )
        except InsufficientDataError:
            met["too few"] += 1
        fitted = second.start_up(ours)
        if len(fitted) < 3 or (fitted["censoring"] != 0).all():
            continue
        data = gm.LagOptions().data(lags)
        compare_stretches(fitted, data)
        assert np.datetime64(second.middle(ours), "D") == data.reference_date
        met["fitted"] += 1
    # Every kind occurs often enough to be a test of it.
    assert min(met.values()) >= 10, met


def points(kernel, n: int, seed: int = 3) -> list[tuple[np.ndarray, dict[str, float]]]:
    """Unconstrained points from the prior, with the hyperparameters on their own scale."""
    found = []
    for point in kernel.prior_points(n, np.random.default_rng(seed)):
        values = kernel.expand(point[None, None])
        theta = {name: np.squeeze(v) for name, (_, v) in values.items() if name != "excess_raw"}
        found.append((point, theta))
    return found


def z_by_stretch(point: np.ndarray, fitted: pd.DataFrame, data) -> dict:
    """The package's unknown of each stretch, under our names of them: by the months that a stretch has."""
    n = len(data.stretch_real)
    of_cells = {tuple(cells): k for k, cells in their_stretches(data).items()}
    return {name: point[-n:][of_cells[tuple(cells)]] for name, cells in stretches(fitted, data).items()}


def test_the_page_has_the_priors():
    page = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
    for name, words in gm.load_variant().priors.items():
        assert f"| `{name}` | {words} |" in page


def test_log_density_of_the_bundled_data(fitted, data):
    variant = gm.load_variant()
    kernel = variant.kernel(data, variant.priors)
    for point, theta in points(kernel, 20):
        ours = second.log_density(theta, z_by_stretch(point, fitted, data), fitted, pd.Timestamp(data.reference_date))
        assert kernel.density(point)[0] == pytest.approx(ours, rel=1e-8, abs=1e-8)


def test_answers_from_the_same_draws(bundled, without_sampler):
    run = gm.fit(bundled, quick=True, draws=100, tune=50, progress=False, seed=5)
    drawn = run.idata["posterior"]
    intercept, slope, path = (
        drawn[name].transpose("chain", "draw", ...).to_numpy() for name in ("intercept", "slope", "trend_slope")
    )
    intercept, slope, path = (values.reshape(-1, values.shape[-1]) for values in (intercept, slope, path))
    reference = pd.Timestamp(run.parts.analysis.fit.data.reference_date)
    t = pd.Timestamp(run.summary["average_gap_months"]["date"])
    grid = [second.month_end(t, k) for k in range(124)]
    days = np.array([(d - t).days for d in grid])
    gap = second.average_gap(intercept, slope, path, grid, reference)
    year_before = second.average_gap(intercept, slope, path, [t - pd.Timedelta(days=365.25)], reference)[:, 0]

    assert run.gap.median == pytest.approx(np.median(gap[:, 0]), rel=1e-10)
    lower, upper = np.quantile(gap[:, 0], [0.05, 0.95])
    interval = run.summary["average_gap_months"]["interval"]
    assert (interval["lower"], interval["upper"]) == pytest.approx((lower, upper), rel=1e-10)
    assert run.slope.median == pytest.approx(np.median(gap[:, 0] - year_before), rel=1e-8)

    first, lasting = (second.crossing_days(gap, days, horizon=120, lasting=k) for k in (0, 3))
    curve = run.table("zero_lag_curve.csv")
    assert len(curve) == 121
    for k in range(121):
        assert run.probability_zero(grid[k]).value == np.mean(first <= days[k])
        assert curve["sustained"][k] == np.mean(lasting <= days[k])
    assert run.summary["zero_lag"]["probability_never"] == np.mean(np.isinf(first))
    assert 0 < np.mean(np.isinf(first)) < 1


def test_crossing_given_the_hyperparameters(fitted, data):
    """Trends drawn by the package against the normal law that they have given the rest, to Monte Carlo error."""
    variant = gm.load_variant()
    kernel = variant.kernel(data, variant.priors)
    reference, t = pd.Timestamp(data.reference_date), pd.Timestamp(data.month[-1])
    grid = crossing_grid(t)
    checked = 0
    for seed, (point, theta) in enumerate(points(kernel, 5, seed=8)):
        repeated = np.tile(point, (1, DRAWS, 1))
        samples = xr.Dataset(kernel.expand(repeated), coords={"chain": [0], "draw": np.arange(DRAWS)})
        complete = kernel.complete(samples, data, seed=seed)
        trend = variant.trend(complete, data.years_at(grid.to_numpy()))
        path = trend["benchmark_trend"].mean("benchmark").assign_coords(time=grid)
        touched = crossing_draws(path)["touched"]
        z = z_by_stretch(point, fitted, data)
        months = np.arange(0, 121, 6)
        mean, covariance = second.trend_given(theta, z, fitted, reference, list(grid))
        expected = second.shares_at_zero(mean, covariance, THEIRS, seed)
        for k in months[1:]:
            p = expected[k]
            share = share_by(touched, [grid[k]], t)[0]
            assert share == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) * (1 / DRAWS + 1 / THEIRS)) + 1e-4)
            checked += 0.02 < p < 0.98
        mean, covariance = mean[months], covariance[np.ix_(months, months)]
        averages = path.isel(chain=0, time=months)
        error = np.sqrt(np.diag(covariance) / DRAWS)
        np.testing.assert_array_less(np.abs(averages.mean("draw") - mean), 4 * error)
        np.testing.assert_allclose(averages.var("draw"), np.diag(covariance), rtol=4 * np.sqrt(2 / DRAWS))
    assert checked >= 10
