"""Scores against hand computations, integrals and their own propriety; errors against simulated overlap."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from gapmodel.stats.proper_scores import (
    brier_score,
    clustered_mean,
    clustered_ratio,
    covers,
    crps,
    mixture_cdf,
    mixture_log_score,
    randomised_pit,
)


def test_crps_by_hand():
    # Draws 0, 1, 4 and outcome 2: mean |x - y| = 5/3; pairs differ by 1, 4, 3, on average 8/3.
    assert crps(np.array([4.0, 0.0, 1.0]), 2.0) == pytest.approx(5 / 3 - 4 / 3)
    # At least 2: draws 0, 1, 2; mean distance 1; pairs 1, 2, 1.
    assert crps(np.array([4.0, 0.0, 1.0]), 2.0, high=2.0) == pytest.approx(1 - 4 / 6)
    # At most 2: draws 2, 2, 4; mean distance 2/3; pairs 0, 2, 2.
    assert crps(np.array([4.0, 0.0, 1.0]), 2.0, low=2.0) == pytest.approx(2 / 3 - 4 / 6)


def test_crps_is_fair_in_the_number_of_draws():
    rng = np.random.default_rng(1)
    y = 0.7
    exact = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / np.sqrt(np.pi)
    few = crps(rng.normal(size=(3, 200_000)), np.full(200_000, y))
    assert few.mean() == pytest.approx(exact, abs=4 * few.std() / np.sqrt(few.size))


@pytest.mark.parametrize("sign", [1, -1])
def test_censored_crps_is_the_integral_over_what_is_known(sign):
    c = 1.2
    n = 20_000
    quantiles = stats.norm.ppf((np.arange(n) + 0.5) / n)
    if sign > 0:
        expected, _ = quad(lambda z: stats.norm.cdf(z) ** 2, -12, c)
    else:
        expected, _ = quad(lambda z: stats.norm.sf(z) ** 2, c, 12)
    limits = {"high": c} if sign > 0 else {"low": c}
    assert crps(quantiles, c, **limits) == pytest.approx(expected, abs=2e-3)


def test_scores_work_cell_by_cell():
    draws = np.random.default_rng(2).normal(size=(50, 2, 3))
    value, sign = np.arange(6.0).reshape(2, 3), np.array([[0, 1, -1], [1, 0, 0]])
    each = [[crps(draws[:, i, j], value[i, j], high=value[i, j] + sign[i, j]) for j in range(3)] for i in range(2)]
    np.testing.assert_allclose(crps(draws, value, high=value + sign), each)
    centre, scale = draws, np.abs(draws) + 0.1
    each = [
        [mixture_log_score(centre[:, i, j], scale[:, i, j], value[i, j], sign[i, j]) for j in range(3)]
        for i in range(2)
    ]
    np.testing.assert_allclose(mixture_log_score(centre, scale, value, sign), each)


def test_mixture_scores_by_hand():
    centre, scale = np.array([0.0, 3.0]), np.array([1.0, 2.0])
    density = (stats.norm.pdf(1.0) + stats.norm.pdf(1.0, 3.0, 2.0)) / 2
    below = (stats.norm.cdf(1.0) + stats.norm.cdf(1.0, 3.0, 2.0)) / 2
    assert mixture_log_score(centre, scale, 1.0) == pytest.approx(np.log(density))
    assert mixture_log_score(centre, scale, 1.0, 1) == pytest.approx(np.log(1 - below))
    assert mixture_log_score(centre, scale, 1.0, -1) == pytest.approx(np.log(below))
    assert mixture_cdf(centre, scale, 1.0) == pytest.approx(below)


def test_censored_scores_are_proper():
    """The truth scores better than forecasts that are off, though a third of the outcomes is seen as a bound."""
    rng = np.random.default_rng(3)
    n = 20_000
    truth, limit = rng.normal(size=n), rng.normal(0.8, 0.5, n)
    sign = (truth > limit).astype(int)
    value = np.minimum(truth, limit)
    assert 0.15 < sign.mean() < 0.45
    grid = stats.norm.ppf((np.arange(200) + 0.5) / 200)
    ideal = crps(np.repeat(grid[:, None], n, axis=1), value, high=limit)
    ideal_log = mixture_log_score(np.zeros((1, n)), np.ones((1, n)), value, sign)
    for centre, scale in ((0.3, 1.0), (-0.3, 1.0), (0.0, 1.3), (0.0, 0.75)):
        worse = crps(np.repeat(centre + scale * grid[:, None], n, axis=1), value, high=limit) - ideal
        assert worse.mean() > 3 * worse.std() / np.sqrt(n)
        log = mixture_log_score(np.full((1, n), centre), np.full((1, n), scale), value, sign) - ideal_log
        assert log.mean() < -3 * log.std() / np.sqrt(n)


def test_pit_is_uniform_with_censoring():
    rng = np.random.default_rng(4)
    n = 4000
    truth, limit = rng.normal(size=n), rng.normal(size=n)
    for sign in (1, -1):
        cut = (sign * truth > sign * limit).astype(int) * sign
        value = np.where(cut != 0, limit, truth)
        pit = randomised_pit(stats.norm.cdf(value), cut, rng.random(n))
        assert stats.kstest(pit, stats.uniform.cdf).pvalue > 1e-3


def test_coverage_rule():
    np.testing.assert_array_equal(covers(1.0, 3.0, [0.5, 1.0, 3.0, 3.5]), [False, True, True, False])
    # At least 2: [1, 3] reaches it; at least 4: it does not. At most 0.5: it does not.
    np.testing.assert_array_equal(covers(1.0, 3.0, [2.0, 4.0, 0.5, 2.0], [1, 1, -1, -1]), [True, False, False, True])


def test_brier_by_hand():
    np.testing.assert_allclose(brier_score([0.8, 0.8, 0.5], [True, False, True]), [0.04, 0.64, 0.25])


def test_clustered_mean_by_hand():
    # Cluster totals of deviations from the mean 3: a: -3, b: +3 → variance 18 · 2/1 over 4².
    got = clustered_mean([1.0, 2.0, 4.0, 5.0], ["a", "a", "b", "b"], overlap=1)
    assert got.value == 3.0
    assert got.se == pytest.approx(np.sqrt(18 * 2) / 4)
    assert (got.n, got.clusters) == (4, 2)
    # Four clusters -3, -1, 1, 3; overlap 2 adds 2 · 1/2 · (3 - 1 + 3) = 5 to 20, times 4/3, over 4².
    got = clustered_mean([0.0, 2.0, 4.0, 6.0], [1, 2, 3, 4], overlap=2)
    assert got.se == pytest.approx(np.sqrt(25 * 4 / 3) / 4)
    # Alternating clusters would make it smaller than independent ones: it stays.
    got = clustered_mean([0.0, 6.0, 0.0, 6.0], [1, 2, 3, 4], overlap=2)
    assert got.se == pytest.approx(np.sqrt(36 * 4 / 3) / 4)


def test_months_of_a_cutoff_are_not_independent():
    """Copying every outcome of a cutoff tenfold changes nothing."""
    rng = np.random.default_rng(5)
    values, cutoffs = rng.normal(size=6), np.arange(6)
    once = clustered_mean(values, cutoffs, overlap=3)
    ten = clustered_mean(np.repeat(values, 10), np.repeat(cutoffs, 10), overlap=3)
    assert ten.se == pytest.approx(once.se)
    assert ten.n == 60


def test_error_covers_the_scatter_of_overlapping_forecasts():
    """Errors that are sums over four overlapping quarters: the stated error is near the scatter of the mean."""
    rng = np.random.default_rng(6)
    means, stated, naive = [], [], []
    for _ in range(600):
        values = np.convolve(rng.normal(size=43), np.ones(4), "valid")
        got = clustered_mean(values, np.arange(40), overlap=4)
        means.append(got.value)
        stated.append(got.se**2)
        naive.append(values.var(ddof=1) / 40)
    scatter = np.var(means)
    # Bartlett's weights give at most 1 - (sum of 2 (k/4)(1 - k/4)) / 4 = 0.69 of it; independence gives a quarter.
    assert 0.5 * scatter < np.mean(stated) < 1.1 * scatter
    assert np.mean(naive) < 0.35 * scatter


def test_ratio_by_hand():
    got = clustered_ratio([1.0, 2.0], [2.0, 4.0], [0, 1], overlap=1)
    assert (got.value, got.se) == (0.5, 0.0)
    # 3/4: residuals 1 - 3/4 · 1 and 2 - 3/4 · 3, both ∓ 1/4.
    got = clustered_ratio([1.0, 2.0], [1.0, 3.0], [0, 1], overlap=1)
    assert got.value == 0.75
    assert got.se == pytest.approx(np.sqrt(2 * (1 / 16) * 2) / 4)


def test_nothing_and_one_cluster_have_no_error():
    assert np.isnan(clustered_mean([], [], overlap=1).value)
    alone = clustered_mean([1.0, 3.0], [0, 0], overlap=1)
    assert alone.value == 2.0
    assert np.isnan(alone.se)
