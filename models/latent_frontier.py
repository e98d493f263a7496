r"""Two latent frontiers fitted to the scores themselves: an item-response curve per benchmark, the lag as a parameter.

.. math::
    z_{ib} &= d_b\,(\theta_{ib} - \kappa_b) + \eta_{ib}, \qquad
    \eta_{ib} \sim N\!\left(0,\ d_b^2 \nu_b^2 + v_{ib}\right) \\
    \theta_{ib} &= C(t_i) - s_i \quad\text{(leader)}, \qquad
    \theta_{ib} = C\bigl(t_i - \mathrm{lag}_b(t_i)\bigr) - s_i \quad\text{(follower)} \\
    C'(t) &= r(t) > 0, \quad C(0) = 0, \quad \bar r = 1, \qquad
    \log r \sim \mathrm{OU}(\sigma_r, 6) \text{ at knots a quarter apart} \\
    \mathrm{lag}_b(t) &= \mu + \beta x_t + g(x_t) + a_b + h_b x_t, \qquad
    a_b \sim N(0, \tau_a),\quad h_b \sim N(0, \tau_h),\quad g \sim \mathrm{OU}(\sigma_g, \ell_g) \\
    s_i &\sim \pi_G\,\mathrm{Exp}(m_G) + (1 - \pi_G)\,\mathrm{Exp}(m_G + n_G), \qquad G \text{ the group of } i

:math:`z_{ib}` is the logit of model :math:`i`'s score on benchmark :math:`b` between floor and ceiling and
:math:`v_{ib}` its sampling variance (see `gapmodel.modeling.score_data`; scores at floor or ceiling are bounds);
:math:`t` is in months and :math:`x` in years from the reference date. :math:`C` is the leader's frontier and
:math:`C(t - \mathrm{lag}(t))` the follower's: the lag is how long ago the leader stood where the follower stands, or
negative. A release falls short of its group's frontier by :math:`s_i \ge 0`, in months of the leader's progress, as
all of capability is: difficulty :math:`\kappa_b`, noise :math:`\nu_b` of a model on a benchmark, shortfall. A flagship
falls short little (:math:`m`), a small model much. What the two groups have in common in how far releases fall short,
even if its form is wrong, moves both frontiers alike and not the lag.

The shortfalls are integrated out in closed form (an exponentially modified Gaussian by model, `shortfall_density`), so
that the posterior has neither their boundary at zero nor their number. Only models with a score at floor or ceiling
keep theirs as a parameter: given it, a bound on a score is a normal tail. (With the scores beyond their bounds as
parameters instead, all those of one model move together, in a narrow valley that the sampler hardly leaves.)

Inside, capability is measured in logits of the average benchmark, of which the scores say much, and not in months of
progress: how many logits the leader gains in a month (`log_steepness_population`) is known far less well than how
benchmarks and models lie to each other, and in months all of these would move together. The priors are on months.

============================= ====================== =============================================================
parameter                     prior                  reason
============================= ====================== =============================================================
lag_level, months             N(8, 5)                published gaps lie between 0 and 18 months
lag_slope, months/yr          N(0, 3)                no direction favoured; 6 per year closes any gap in 2 years
offset_sd, months             HalfN(5)               benchmarks differ by months, rarely by more than a year
offset_slope_sd, months/yr    HalfN(1)               a third of the spread of the common slope
deviation_sd, months          LogN(log 2, 0.6)       the common path bends by a few months, as releases come in waves
deviation_length, months      LogN(log 12, 0.5)      and does so over half a year to two years
pace_sd                       LogN(log 0.5, 0.5)     a standard deviation of a fifth to a factor of three
flagship, months              LogN(log 3, 0.5)       the better releases lie 1 to 8 months below the frontier
small_extra, months           LogN(log 9, 0.6)       small ones 3 to 30 months further
flagship_share                Beta(2, 2)             neither kind is absent
log_steepness_population      N(log 0.12, 0.5)       from 20 to 80 % in one to five years of progress
steepness_sd                  HalfN(0.5)             benchmarks differ by a factor of 2 or so
difficulty_population, months N(0, 15)               half-way scores are reached about when benchmarks are in use
difficulty_sd, months         HalfN(15)              over a few years of progress
log_noise_population          N(log 3, 0.6)          one model on one benchmark: off by 1 to 10 months
log_noise                     N(population, 0.5)     benchmarks differ by a factor of 2 or so
============================= ====================== =============================================================

What identifies it: location, by :math:`C(0) = 0` at the reference date; scale, by a mean pace of one between the first
and the last month of the panel, so that a unit of capability is a month of the leader's average progress; direction, by
:math:`d_b > 0`: a benchmark cannot be reversed. The leader's scores alone give :math:`C`, steepness and difficulty; the
follower's then give the lag. How far the frontier lies above the releases is told by the shape of their spread, and
rests on its form; the lag does so only where the groups differ in it. Offsets and the common level are told apart by
their priors, as in every hierarchical model.

Pace is stationary, with a memory of half a year: a frontier moves in bursts, and with smoother pace (knots half a year
apart, a random walk between them) bands of the lag were too narrow on simulated tables. A random walk as fine as this
would run off before the data. Beyond the leader's last release nothing is known of :math:`C` but this prior, to which
pace returns. It is needed there only for a follower that is ahead. The lag after the data is its line, with the
deviation :math:`g` going on by its prior, and needs no :math:`C` at all. Which benchmarks a release is run on is taken
to say nothing about its capability beyond its scores there.

Pace and path are parameters at their knots and not as innovations, since scores see them. That makes a funnel where
their spread nears zero, which its prior keeps it from.

Source: item response with frontiers is ours; the response curve is that of the two-parameter logistic model (Birnbaum
1968), with scores as in Epoch's capabilities index (Ho et al. 2025); exponential shortfall behind a frontier with
Gaussian noise is the stochastic frontier of Aigner, Lovell and Schmidt (1977) and Meeusen and van den Broeck (1977).
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from pymc.distributions.dist_math import normal_lcdf

from gapmodel.modeling.score_data import PACE_SPACING, as_score_data
from gapmodel.modeling.variant import PanelData

VIEW = "scores"
# The path of the lag, the pace and the shortfalls move together: steps along all at once. Warm-up has too few draws to
# tell every direction of hundreds of parameters from noise, hence the shrinkage to a diagonal mass matrix.
SAMPLER = {"target_accept": 0.97, "adaptation": "low_rank", "mass_matrix_gamma": 1.0}

SPACING = 0.5  # years, of the knots of the lag's deviation
PACE_LENGTH = 6.0  # months, over which the pace is correlated; quarterly knots say little of it, so not inferred
KNOTS = np.arange(-6.25, 16.5, SPACING)
# Knots near the data: there the path itself is the parameter, since the data see it well, and not its parts.
NEAR = np.abs(KNOTS) <= 2.3
SHORTFALL_SCALE = 0.5  # logits on the average benchmark; width of the softplus
# Not inferred: benchmarks may be equally noisy, and a spread near zero makes a funnel.
NOISE_SD = 0.5
LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)

PRIORS = {
    "lag_level": "Normal(8, 5) months",
    "lag_slope": "Normal(0, 3) months/year",
    "offset_sd": "HalfNormal(5) months",
    "offset_slope_sd": "HalfNormal(1) months/year",
    "deviation_sd": "LogNormal(log 2, 0.6) months",
    "deviation_length": "LogNormal(log 12, 0.5) months",
    "pace_sd": "LogNormal(log 0.5, 0.5), of the logarithm",
    "flagship": "LogNormal(log 3, 0.5) months",
    "small_extra": "LogNormal(log 9, 0.6) months",
    "flagship_share": "Beta(2, 2)",
    "log_steepness_population": "Normal(log 0.12, 0.5)",
    "steepness_sd": "HalfNormal(0.5)",
    "difficulty_population": "Normal(0, 15) months",
    "difficulty_sd": "HalfNormal(15) months",
    "log_noise_population": "Normal(log 3, 0.6)",
    "log_noise": "Normal(log_noise_population, 0.5)",
}


def build(data: PanelData) -> pm.Model:
    """Return the PyMC model for `data`, a `gapmodel.modeling.score_data.ScoreData`."""
    scores = as_score_data(data)
    # With benchmarks that only tell of capability there are more items than benchmarks.
    item = scores.item_dim
    coords = {
        item: scores.item,
        "benchmark": scores.benchmark,
        "group": ["leader", "follower"],
        "knot": np.arange(len(KNOTS)),
        "near_knot": np.arange(int(NEAR.sum())),
        "far_knot": np.arange(int((~NEAR).sum())),
        "pace_knot": np.arange(len(scores.pace_knots)),
        "bounded_model": np.arange(len(scores.bounded)),
    }
    with pm.Model(coords=coords) as model:
        d = {name: pm.Data(name, value) for name, value in scores.arrays.items()}
        rate = _pace(d, len(scores.pace_knots))
        lag = _lag(d, item, len(scores.item), len(scores.benchmark))
        log_steepness_population = pm.Normal("log_steepness_population", np.log(0.12), 0.5)
        steepness_sd = pm.HalfNormal("steepness_sd", 0.5)
        relative = pm.ZeroSumNormal("log_steepness_relative", sigma=steepness_sd, dims=item)
        pm.Deterministic("log_steepness", log_steepness_population + relative, dims=item)
        unit = pt.exp(log_steepness_population)  # logits, on the average benchmark, of a month of progress

        difficulty_population = pm.Normal("difficulty_population", 0.0, 15.0)
        difficulty_sd = pm.HalfNormal("difficulty_sd", 15.0)
        difficulty = pm.Normal("difficulty_logits", unit * difficulty_population, unit * difficulty_sd, dims=item)
        pm.Deterministic("difficulty", difficulty / unit, dims=item)
        noise_level = pm.Normal("log_noise_level", np.log(3.0) + log_steepness_population, 0.6)
        pm.Deterministic("log_noise_population", noise_level - log_steepness_population)
        log_noise = pm.Normal("log_noise_logits", noise_level, NOISE_SD, dims=item)
        pm.Deterministic("log_noise", log_noise - log_steepness_population, dims=item)
        flagship = pm.LogNormal("flagship", np.log(3.0), 0.5, dims="group")
        small_extra = pm.LogNormal("small_extra", np.log(9.0), 0.6, dims="group")
        flagship_share = pm.Beta("flagship_share", 2.0, 2.0, dims="group")

        b, i, exact = d["score_benchmark"], d["score_model"], d["score_exact"]
        group = d["model_follower"].astype("int64")
        short, long = unit * flagship[group], unit * (flagship + small_extra)[group]
        share = flagship_share[group]
        effective = 12.0 * d["model_years"][i] - d["model_follower"][i] * lag
        start = d["pace_knots"][0]
        frontier = unit * (progress(rate, effective, start) - progress(rate, 0.0, start))
        # What a score says of its model's shortfall, and how precisely.
        seen = frontier - difficulty[b] - d["score_logit"] * pt.exp(-relative[b])
        variance = pt.exp(2.0 * log_noise[b]) + d["score_variance"] * pt.exp(-2.0 * relative[b])
        weight = exact / variance
        by_model = pt.zeros_like(d["model_years"])
        precision = by_model[i].inc(weight)
        mean = by_model[i].inc(weight * seen) / pt.maximum(precision, 1e-12)
        about_mean = -0.5 * weight * (seen - mean[i]) ** 2
        scale = exact * (0.5 * pt.log(variance) + LOG_SQRT_2PI + relative[b])

        # Models that have a bound keep their shortfall as a parameter, with its density in place of the normal.
        m, bounded_real = d["bounded"], d["bounded_real"]
        raw = pm.Normal("shortfall_raw", 0.0, 1.0, dims="bounded_model")
        shortfall = SHORTFALL_SCALE * pt.softplus(raw)
        log_jacobian = np.log(SHORTFALL_SCALE) - pt.softplus(-raw) + 0.5 * raw**2 + LOG_SQRT_2PI
        given = -0.5 * precision[m] * (shortfall - mean[m]) ** 2
        kept = given + exponentials(shortfall, short[m], long[m], share[m]) + log_jacobian
        k, sign = d["bound_score"], d["bound_sign"]
        beyond = sign * (seen[k] - shortfall[d["bound_model"]]) / pt.sqrt(variance[k])
        bounds = pt.abs(sign) * normal_lcdf(0.0, 1.0, beyond)

        # All others have it integrated out; any precision does for padding and for the former.
        free = by_model[m].inc(bounded_real)
        integrated = d["model_real"] * (1.0 - free)
        of_model = shortfall_density(mean, precision + 1.0 - integrated, short, long, share)
        of_models = (integrated * of_model).sum() + (bounded_real * kept).sum()
        pm.Potential("scores", (about_mean - scale).sum() + of_models + bounds.sum())
    return model


def exponentials(shortfall, flagship, small, share):
    """Log density of a shortfall (months): two exponentials of these means, the first with this share."""
    return pt.logaddexp(
        pt.log(share) - pt.log(flagship) - shortfall / flagship, pt.log1p(-share) - pt.log(small) - shortfall / small
    )


def shortfall_density(mean, precision, flagship, small, share):
    r"""Log of :math:`\int_0^\infty e^{-\frac12 P (s - m)^2} p(s)\,ds`, with `p` two exponentials of given means.

    For one of them, :math:`\lambda = 1/\text{mean}`: :math:`\lambda \sqrt{2\pi/P}\, e^{-\lambda m + \lambda^2/2P}\,
    \Phi\{(m - \lambda/P)\sqrt P\}`.

    Parameters
    ----------
    mean, precision : tensor, months and 1/months²
        Of the Gaussian in which a model's scores see its shortfall.
    flagship, small, share : tensor, months, months and the share of the first
    """

    def one(length):
        rate = 1.0 / length
        below = normal_lcdf(0.0, 1.0, (mean - rate / precision) * pt.sqrt(precision))
        return pt.log(rate) + LOG_SQRT_2PI - 0.5 * pt.log(precision) - rate * mean + 0.5 * rate**2 / precision + below

    return pt.logaddexp(pt.log(share) + one(flagship), pt.log1p(-share) + one(small))


def progress(rate, at, start):
    """Integral of the pace from the first knot to `at`; its shape.

    The pace is `rate` (knot) at knots `PACE_SPACING` months apart from `start` on, linear between them and constant
    beyond the first and the last, so that progress has a continuous slope in `at`.
    """
    along = (at - start) / PACE_SPACING
    last = rate.shape[0] - 1
    k = pt.clip(pt.floor(along), 0, last - 1).astype("int64")
    total = pt.concatenate([pt.zeros(1), pt.cumsum(0.5 * (rate[1:] + rate[:-1]))])
    u = pt.clip(along - k, 0.0, 1.0)
    beyond = rate[0] * pt.minimum(along, 0.0) + rate[-1] * pt.maximum(along - last, 0.0)
    return PACE_SPACING * (total[k] + rate[k] * u + 0.5 * (rate[k + 1] - rate[k]) * u**2 + beyond)


def _pace(d, knots):
    """Pace at its knots, months of progress per month, with mean one between the two anchors."""
    pace_sd = pm.LogNormal("pace_sd", np.log(0.5), 0.5)
    at = PACE_SPACING * np.arange(knots)
    root = np.linalg.cholesky(np.exp(-np.abs(np.subtract.outer(at, at)) / PACE_LENGTH))
    # The scores see the pace itself: it is the parameter, and not its innovations.
    free = pt.exp(pm.MvNormal("log_pace", np.zeros(knots), chol=pace_sd * root, dims="pace_knot"))
    first, last = d["anchor"][0], d["anchor"][1]
    start = d["pace_knots"][0]
    mean = (progress(free, last, start) - progress(free, first, start)) / (last - first)
    return pm.Deterministic("pace", free / mean, dims="pace_knot")


def _lag(d, item, items, benchmarks):
    """Lag of each score's benchmark at its model's release, months; shape (score,)."""
    level = pm.Normal("lag_level", 8.0, 5.0)
    slope = pm.Normal("lag_slope", 0.0, 3.0)
    offset_sd = pm.HalfNormal("offset_sd", 5.0)
    offset_slope_sd = pm.HalfNormal("offset_slope_sd", 1.0)
    deviation_sd = pm.LogNormal("deviation_sd", np.log(2.0), 0.6)
    deviation_length = pm.LogNormal("deviation_length", np.log(12.0), 0.5)

    # Offsets are their mean and what is left: scores see the path of the average benchmark, mean offset included.
    n = float(items)
    mean_offset = offset_sd / pt.sqrt(n) * pm.Normal("mean_offset_raw", 0.0, 1.0)
    mean_slope = offset_slope_sd / pt.sqrt(n) * pm.Normal("mean_offset_slope_raw", 0.0, 1.0)
    offset = mean_offset + offset_sd * pm.ZeroSumNormal("offset_raw", 1.0, dims=item)
    offset_slope = mean_slope + offset_slope_sd * pm.ZeroSumNormal("offset_slope_raw", 1.0, dims=item)
    pm.Deterministic("offset", offset[:benchmarks], dims="benchmark")
    pm.Deterministic("offset_slope", offset_slope[:benchmarks], dims="benchmark")
    if items > benchmarks:
        pm.Deterministic("item_offset", offset, dims=item)
        pm.Deterministic("item_offset_slope", offset_slope, dims=item)

    near = KNOTS[NEAR]
    line = level + mean_offset + (slope + mean_slope) * near
    distance = 12.0 * np.abs(np.subtract.outer(near, near))
    covariance = deviation_sd**2 * pt.exp(-distance / deviation_length) + 1e-6 * np.eye(len(near))
    path = pm.MvNormal("lag_path", line, cov=covariance, dims="near_knot")
    raw = pm.Normal("deviation_raw", 0.0, 1.0, dims="far_knot")
    phi = pt.exp(-12.0 * SPACING / deviation_length)
    step = deviation_sd * pt.sqrt(1.0 - phi**2)
    first = int(np.flatnonzero(NEAR)[0])
    after = len(KNOTS) - first - len(near)

    def outward(edge, shocks, count):
        # An OU process is the same in both directions; powers of phi in place of a loop.
        power = np.subtract.outer(np.arange(1, count + 1), np.arange(1, count + 1))
        weights = pt.exp(-12.0 * SPACING * np.maximum(power, 0) / deviation_length) * (power >= 0)
        return edge * phi ** np.arange(1, count + 1) + step * (weights @ shocks)

    inside = path - line
    before = outward(inside[0], raw[:first], first)[::-1]
    beyond = outward(inside[-1], raw[first:], after)
    deviation = pm.Deterministic("deviation", pt.concatenate([before, inside, beyond]), dims="knot")
    x = d["model_years"]
    along = pt.clip((x - KNOTS[0]) / SPACING, 0.0, len(KNOTS) - 1.0)
    k = pt.clip(pt.floor(along), 0, len(KNOTS) - 2).astype("int64")
    common = level + slope * x + deviation[k] + (along - k) * (deviation[k + 1] - deviation[k])
    b, i = d["score_benchmark"], d["score_model"]
    return common[i] + offset[b] + offset_slope[b] * x[i]


def trend(samples: xr.Dataset, years: np.ndarray) -> xr.Dataset:
    """The lag path of each benchmark, and of the population of benchmarks with its spread."""
    at = np.asarray(years, dtype=float)
    along = np.clip((at - KNOTS[0]) / SPACING, 0.0, len(KNOTS) - 1.0)
    hat = np.maximum(1.0 - np.abs(along[None, :] - np.arange(len(KNOTS))[:, None]), 0.0)
    x = xr.DataArray(at, dims="time")
    deviation = xr.dot(samples["deviation"], xr.DataArray(hat, dims=("knot", "time")), dim="knot")
    mean = samples["lag_level"] + samples["lag_slope"] * x + deviation
    variance = samples["offset_sd"] ** 2 + (samples["offset_slope_sd"] * x) ** 2
    return xr.Dataset(
        {
            "benchmark_trend": mean + samples["offset"] + samples["offset_slope"] * x,
            "population_mean": mean,
            "population_sd": np.sqrt(variance) + xr.zeros_like(mean),
        }
    )
