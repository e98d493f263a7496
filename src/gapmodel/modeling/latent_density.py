r"""Log density of `latent_frontier` and its gradient, as one compiled function.

The same posterior as that of the PyMC model in ``models/latent_frontier.py``, which the tests hold it to. Written out
because a score needs no exponential of its own (steepness and noise are those of its benchmark, pace is linear between
knots): a pass over the scores and one back cost a fifth of what a graph of whole arrays takes.

Shares enter by their logit, vectors that sum to zero by an isometry of one dimension less (Householder reflection), as
in PyMC.
"""

from __future__ import annotations

import math

import numpy as np

from gapmodel.modeling.compiled import compiled

__all__ = ["latent_log_density"]

_LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
_SQRT_HALF = math.sqrt(0.5)
_NUGGET = 1e-6  # months², on the diagonal of the path's covariance


@compiled
def _log_cdf(z):
    """Log of the standard normal distribution function, and its derivative."""
    if z > -20.0:
        below = 0.5 * math.erfc(-z * _SQRT_HALF)
        log_density = -0.5 * z * z - _LOG_SQRT_2PI
        if z > 5.0:
            return math.log1p(-0.5 * math.erfc(z * _SQRT_HALF)), math.exp(log_density) / below
        return math.log(below), math.exp(log_density) / below
    # Asymptotic series of Mills' ratio; below -20 its eighth term is under 1e-15.
    inverse = 1.0 / (z * z)
    term, series = 1.0, 1.0
    for k in range(1, 9):
        term *= -(2.0 * k - 1.0) * inverse
        series += term
    return -0.5 * z * z - _LOG_SQRT_2PI - math.log(-z) + math.log(series), -z / series


@compiled
def _zero_sum(free, out):
    """Vector that sums to zero, one longer than `free` and as long in the Euclidean sense."""
    n = len(out)
    total = 0.0
    for value in free:
        total += value
    root = math.sqrt(n)
    norm = total / (root + n)
    for k in range(n - 1):
        out[k] = free[k] - norm
    out[n - 1] = norm - total / root - norm


@compiled
def _of_zero_sum(of_out, of_free):
    """Add the gradient with respect to the free vector."""
    n = len(of_out)
    root = math.sqrt(n)
    every = 0.0
    for k in range(n - 1):
        every += of_out[k]
    # free[j] enters every element by the norm, and the last one by the total.
    common = -every / (root + n) - of_out[n - 1] / root
    for k in range(n - 1):
        of_free[k] += of_out[k] + common


@compiled
def _normal(value, mean, sd):
    """Log density of a normal variable, and its derivative."""
    z = (value - mean) / sd
    return -_LOG_SQRT_2PI - math.log(sd) - 0.5 * z * z, -z / sd


@compiled
def _place(at, start, spacing, last):
    """Knot to the left of `at`, and how far along: both within the knots, and the unclipped distance."""
    along = (at - start) / spacing
    k = math.floor(along)
    if k < 0:
        k = 0
    elif k > last - 1:
        k = last - 1
    return k, along


@compiled
def _progress(at, start, spacing, rate, total):
    """Integral of the pace from the first knot to `at`, and the pace there."""
    last = len(rate) - 1
    k, along = _place(at, start, spacing, last)
    if along < 0.0:
        return spacing * rate[0] * along, rate[0]
    if along > last:
        return spacing * (total[last] + rate[last] * (along - last)), rate[last]
    u = along - k
    step = rate[k + 1] - rate[k]
    return spacing * (total[k] + rate[k] * u + 0.5 * step * u * u), rate[k] + step * u


@compiled
def _of_progress(weight, at, start, spacing, of_rate, of_total):
    """Add `weight` times the gradient of `_progress` with respect to the pace."""
    last = len(of_rate) - 1
    k, along = _place(at, start, spacing, last)
    weight *= spacing
    if along < 0.0:
        of_rate[0] += weight * along
    elif along > last:
        of_total[last] += weight
        of_rate[last] += weight * (along - last)
    else:
        u = along - k
        of_total[k] += weight
        of_rate[k] += weight * (u - 0.5 * u * u)
        of_rate[k + 1] += weight * 0.5 * u * u


@compiled
def _one_exponential(mean, precision, length):
    """Log of an exponential density in a Gaussian; its derivatives by mean, precision and length."""
    rate = 1.0 / length
    root = math.sqrt(precision)
    below, mills = _log_cdf(mean * root - rate / root)
    value = math.log(rate) + _LOG_SQRT_2PI - math.log(root) - rate * mean + 0.5 * rate * rate / precision + below
    of_mean = -rate + mills * root
    of_precision = (
        -0.5 / precision - 0.5 * rate * rate / (precision * precision) + 0.5 * mills * (mean + rate / precision) / root
    )
    of_rate = length - mean + rate / precision - mills / root
    return value, of_mean, of_precision, -of_rate * rate * rate


@compiled
def _mixture(logit, first, second):
    """Log of a share times exp(first) and the rest times exp(second), their weights, and its derivative in it."""
    rest = math.log1p(math.exp(-abs(logit)))
    a, b = first - rest - max(-logit, 0.0), second - rest - max(logit, 0.0)
    top = max(a, b)
    ea, eb = math.exp(a - top), math.exp(b - top)
    weight = ea / (ea + eb)
    return top + math.log(ea + eb), weight, 1.0 - weight, weight - 1.0 / (1.0 + math.exp(-logit))


@compiled
def latent_log_density(
    x,
    n_benchmarks,
    model_years,
    model_follower,
    model_real,
    model_start,
    score_benchmark,
    score_logit,
    score_variance,
    score_exact,
    bound_score,
    bound_model,
    bound_sign,
    bounded,
    bounded_real,
    pace_knots,
    anchor,
    pace_spacing,
    pace_length,
    knots,
    near,
    shortfall_scale,
    noise_sd,
):
    """Log density of the scores and of all parameters whose priors are not independent ones, with its gradient.

    Parameters
    ----------
    x : numpy.ndarray, shape (n,)
        In the order of the variables of `gapmodel.modeling.latent_kernel.latent_kernel`.
    n_benchmarks : int
    model_years, model_follower, model_real : numpy.ndarray, shape (M,)
    model_start : numpy.ndarray of int, shape (M + 1,)
        Scores are sorted by model; those of model i are from place i to the next.
    score_benchmark, score_logit, score_variance, score_exact : numpy.ndarray, shape (N,)
    bound_score, bound_model, bound_sign : numpy.ndarray, shape (K,)
    bounded, bounded_real : numpy.ndarray, shape (L,)
    pace_knots : numpy.ndarray, shape (J,), months
    anchor : numpy.ndarray, shape (2,), months
    pace_spacing, pace_length : float, months
    knots : numpy.ndarray, shape (Q,), years
        Of the lag's deviation.
    near : (int, int)
        First and one past the last of the knots at which the path itself is the parameter.
    shortfall_scale, noise_sd : float

    Returns
    -------
    value : float
    gradient : numpy.ndarray, shape (n,)
    """
    n_b, n_j, n_q, n_l = n_benchmarks, len(pace_knots), len(knots), len(bounded)
    near_first, near_end = near
    n_near = near_end - near_first
    n_far = n_q - n_near
    gradient = np.zeros(len(x))

    # --- Parameters, in the order of `latent_kernel`.
    pace_sd = x[0]
    level, slope = x[1], x[2]
    offset_sd, offset_slope_sd, deviation_sd, deviation_length = x[3], x[4], x[5], x[6]
    log_unit, steepness_sd = x[7], x[8]
    difficulty_population, difficulty_sd = x[9], x[10]
    flagship, extra = x[11:13], x[13:15]
    noise_level, mean_offset_raw, mean_slope_raw = x[15], x[16], x[17]
    share_logit = x[18:20]
    at = 20
    log_pace, of_log_pace = x[at : at + n_j], gradient[at : at + n_j]
    at += n_j
    path, of_path = x[at : at + n_near], gradient[at : at + n_near]
    at += n_near
    far, of_far = x[at : at + n_far], gradient[at : at + n_far]
    at += n_far
    offset_free, of_offset_free = x[at : at + n_b - 1], gradient[at : at + n_b - 1]
    at += n_b - 1
    slope_free, of_slope_free = x[at : at + n_b - 1], gradient[at : at + n_b - 1]
    at += n_b - 1
    relative_free, of_relative_free = x[at : at + n_b - 1], gradient[at : at + n_b - 1]
    at += n_b - 1
    difficulty, of_difficulty = x[at : at + n_b], gradient[at : at + n_b]
    at += n_b
    log_noise, of_log_noise = x[at : at + n_b], gradient[at : at + n_b]
    at += n_b
    raw, of_raw = x[at : at + n_l], gradient[at : at + n_l]

    value = 0.0

    # --- Pace: an OU process at equal steps, of which the values are the parameters.
    phi = math.exp(-pace_spacing / pace_length)
    step_sd = math.sqrt(1.0 - phi * phi) * pace_sd
    squares = (log_pace[0] / pace_sd) ** 2
    of_log_pace[0] -= log_pace[0] / (pace_sd * pace_sd)
    for j in range(1, n_j):
        z = (log_pace[j] - phi * log_pace[j - 1]) / step_sd
        squares += z * z
        of_log_pace[j] -= z / step_sd
        of_log_pace[j - 1] += phi * z / step_sd
    value -= 0.5 * squares + n_j * (_LOG_SQRT_2PI + math.log(pace_sd)) + (n_j - 1) * 0.5 * math.log(1.0 - phi * phi)
    of_pace_sd = (squares - n_j) / pace_sd

    free, rate, total = np.empty(n_j), np.empty(n_j), np.zeros(n_j)
    for j in range(n_j):
        free[j] = math.exp(log_pace[j])
    for j in range(1, n_j):
        total[j] = total[j - 1] + 0.5 * (free[j] + free[j - 1])
    start = pace_knots[0]
    first_to, _ = _progress(anchor[0], start, pace_spacing, free, total)
    last_to, _ = _progress(anchor[1], start, pace_spacing, free, total)
    mean_pace = (last_to - first_to) / (anchor[1] - anchor[0])
    for j in range(n_j):
        rate[j] = free[j] / mean_pace
        total[j] /= mean_pace
    of_rate, of_total = np.zeros(n_j), np.zeros(n_j)
    origin, _ = _progress(0.0, start, pace_spacing, rate, total)

    # --- Lag: line, offsets, and a path that is a parameter near the data.
    for k in (16, 17):
        v, d = _normal(x[k], 0.0, 1.0)
        value += v
        gradient[k] += d
    offset, of_offset = np.empty(n_b), np.zeros(n_b)
    offset_slope, of_offset_slope = np.empty(n_b), np.zeros(n_b)
    relative, of_relative = np.empty(n_b), np.zeros(n_b)
    _zero_sum(offset_free, offset)
    _zero_sum(slope_free, offset_slope)
    _zero_sum(relative_free, relative)
    for k in range(n_b - 1):
        value -= 0.5 * (offset_free[k] ** 2 + slope_free[k] ** 2) + 2.0 * _LOG_SQRT_2PI
        of_offset_free[k] -= offset_free[k]
        of_slope_free[k] -= slope_free[k]
    root_b = math.sqrt(n_b)
    mean_offset = offset_sd / root_b * mean_offset_raw
    mean_slope = offset_slope_sd / root_b * mean_slope_raw
    for b in range(n_b):
        offset[b] = mean_offset + offset_sd * offset[b]
        offset_slope[b] = mean_slope + offset_slope_sd * offset_slope[b]

    covariance = np.empty((n_near, n_near))
    for p in range(n_near):
        for q in range(n_near):
            distance = 12.0 * abs(knots[near_first + p] - knots[near_first + q])
            covariance[p, q] = deviation_sd**2 * math.exp(-distance / deviation_length)
    residual = np.empty(n_near)
    for p in range(n_near):
        residual[p] = path[p] - (level + mean_offset + (slope + mean_slope) * knots[near_first + p])
    nugget = covariance + _NUGGET * np.eye(n_near)
    lower = np.linalg.cholesky(nugget)
    inverse = np.linalg.inv(nugget)
    alpha = inverse @ residual
    value -= 0.5 * (residual @ alpha) + n_near * _LOG_SQRT_2PI
    for p in range(n_near):
        value -= math.log(lower[p, p])
    of_log_sd, of_log_length = 0.0, 0.0
    for p in range(n_near):
        for q in range(n_near):
            of_covariance = 0.5 * (alpha[p] * alpha[q] - inverse[p, q])
            distance = 12.0 * abs(knots[near_first + p] - knots[near_first + q])
            of_log_sd += of_covariance * 2.0 * covariance[p, q]
            of_log_length += of_covariance * covariance[p, q] * distance / deviation_length
    of_residual = -alpha

    for k in range(n_far):
        value -= 0.5 * far[k] ** 2 + _LOG_SQRT_2PI
        of_far[k] -= far[k]
    deviation, of_deviation = np.empty(n_q), np.zeros(n_q)
    for p in range(n_near):
        deviation[near_first + p] = residual[p]
    gap = 12.0 * (knots[1] - knots[0])
    keep = math.exp(-gap / deviation_length)
    step = deviation_sd * math.sqrt(1.0 - keep * keep)
    for k in range(near_first):
        q = near_first - 1 - k
        deviation[q] = keep * deviation[q + 1] + step * far[k]
    for k in range(n_q - near_end):
        q = near_end + k
        deviation[q] = keep * deviation[q - 1] + step * far[near_first + k]

    # --- Items: steepness, difficulty, noise.
    of_log_unit, of_log_steepness_sd, of_log_difficulty_sd = 0.0, 0.0, 0.0
    log_steepness_sd, log_difficulty_sd = math.log(steepness_sd), math.log(difficulty_sd)
    for k in range(n_b - 1):
        z = relative_free[k] / steepness_sd
        value -= 0.5 * z * z + _LOG_SQRT_2PI + log_steepness_sd
        of_relative_free[k] -= z / steepness_sd
        of_log_steepness_sd += z * z - 1.0
    unit = math.exp(log_unit)
    for b in range(n_b):
        z = (difficulty[b] - unit * difficulty_population) / (unit * difficulty_sd)
        value -= 0.5 * z * z + _LOG_SQRT_2PI + log_unit + log_difficulty_sd
        of_difficulty[b] -= z / (unit * difficulty_sd)
        gradient[9] += z / difficulty_sd
        of_log_difficulty_sd += z * z - 1.0
        of_log_unit += z * difficulty_population / difficulty_sd + z * z - 1.0
    v, d = _normal(noise_level, math.log(3.0) + log_unit, 0.6)
    value += v
    gradient[15] += d
    of_log_unit -= d
    variance_of, scale_of = np.empty(n_b), np.empty(n_b)
    for b in range(n_b):
        v, d = _normal(log_noise[b], noise_level, noise_sd)
        value += v
        of_log_noise[b] += d
        gradient[15] -= d
        variance_of[b] = math.exp(2.0 * log_noise[b])
        scale_of[b] = math.exp(-relative[b])

    # --- Groups: how far releases fall short.
    small = flagship + extra
    of_flagship, of_small, of_share_logit = np.zeros(2), np.zeros(2), np.zeros(2)
    for g in range(2):
        # Beta(2, 2) of a share, by its logit: 6 s² (1 - s)².
        logit = share_logit[g]
        value += math.log(6.0) - 2.0 * (2.0 * math.log1p(math.exp(-abs(logit))) + abs(logit))
        of_share_logit[g] = 2.0 - 4.0 / (1.0 + math.exp(-logit))

    # --- Scores, model by model.
    n_s = len(score_logit)
    seen, at_s, pace_at, variance = np.empty(n_s), np.empty(n_s), np.empty(n_s), np.empty(n_s)
    of_seen, of_variance = np.zeros(n_s), np.zeros(n_s)
    n_m = len(model_years)
    mean_of, precision_of = np.zeros(n_m), np.zeros(n_m)
    is_bounded = np.zeros(n_m)
    for k in range(n_l):
        is_bounded[bounded[k]] += bounded_real[k]
    last_q = n_q - 1
    spacing_q = knots[1] - knots[0]
    of_level, of_slope = 0.0, 0.0
    # Of models with a bound, by which the gradients of mean and precision come later.
    of_mean_of, of_precision_of = np.zeros(n_m), np.zeros(n_m)

    for i in range(n_m):
        years, follower = model_years[i], model_follower[i]
        g = 1 if follower > 0.5 else 0
        common = 0.0
        if g == 1:
            q, along = _place(min(max(years, knots[0]), knots[last_q]), knots[0], spacing_q, last_q)
            common = level + slope * years + deviation[q] + (along - q) * (deviation[q + 1] - deviation[q])
        precision, weighted = 0.0, 0.0
        for s in range(model_start[i], model_start[i + 1]):
            b = score_benchmark[s]
            when = 12.0 * years
            if g == 1:
                when -= common + offset[b] + offset_slope[b] * years
            to, pace = _progress(when, start, pace_spacing, rate, total)
            at_s[s], pace_at[s] = when, pace
            seen[s] = unit * (to - origin) - difficulty[b] - score_logit[s] * scale_of[b]
            variance[s] = variance_of[b] + score_variance[s] * scale_of[b] * scale_of[b]
            w = score_exact[s] / variance[s]
            precision += w
            weighted += w * seen[s]
        mean = weighted / max(precision, 1e-12)
        mean_of[i], precision_of[i] = mean, precision
        for s in range(model_start[i], model_start[i + 1]):
            if score_exact[s] == 0.0:
                continue
            b = score_benchmark[s]
            away = seen[s] - mean
            w = 1.0 / variance[s]
            log_variance = 2.0 * log_noise[b] if score_variance[s] == 0.0 else math.log(variance[s])
            value -= 0.5 * (w * away * away + log_variance) + _LOG_SQRT_2PI + relative[b]
            # The mean is where the sum of squares is least, so its own derivative drops out.
            of_seen[s] -= w * away
            of_variance[s] += 0.5 * w * (w * away * away - 1.0)
            of_relative[b] -= 1.0
        if model_real[i] != 0.0 and is_bounded[i] == 0.0:
            short, long = unit * flagship[g], unit * small[g]
            v1, m1, p1, l1 = _one_exponential(mean, precision, short)
            v2, m2, p2, l2 = _one_exponential(mean, precision, long)
            v, w1, w2, of_logit = _mixture(share_logit[g], v1, v2)
            value += v
            of_mean_of[i] = w1 * m1 + w2 * m2
            of_precision_of[i] = w1 * p1 + w2 * p2
            of_short, of_long = w1 * l1, w2 * l2
            of_flagship[g] += unit * of_short
            of_small[g] += unit * of_long
            of_log_unit += of_short * short + of_long * long
            of_share_logit[g] += of_logit

    # --- Models with a score at floor or ceiling: their shortfall is a parameter.
    shortfall, of_shortfall = np.empty(n_l), np.zeros(n_l)
    for k in range(n_l):
        # softplus
        size = max(raw[k], 0.0) + math.log1p(math.exp(-abs(raw[k])))
        shortfall[k] = shortfall_scale * size
        value -= 0.5 * raw[k] ** 2 + _LOG_SQRT_2PI
        of_raw[k] -= raw[k]
        if bounded_real[k] == 0.0:
            continue
        i = bounded[k]
        g = 1 if model_follower[i] > 0.5 else 0
        away = shortfall[k] - mean_of[i]
        value += -0.5 * precision_of[i] * away * away
        of_precision_of[i] += -0.5 * away * away
        of_mean_of[i] += precision_of[i] * away
        of_shortfall[k] -= precision_of[i] * away
        short, long = unit * flagship[g], unit * small[g]
        v1, v2 = -math.log(short) - shortfall[k] / short, -math.log(long) - shortfall[k] / long
        v, w1, w2, of_logit = _mixture(share_logit[g], v1, v2)
        value += v
        of_short, of_long = w1 * (shortfall[k] / short - 1.0) / short, w2 * (shortfall[k] / long - 1.0) / long
        of_flagship[g] += unit * of_short
        of_small[g] += unit * of_long
        of_log_unit += of_short * short + of_long * long
        of_share_logit[g] += of_logit
        of_shortfall[k] -= w1 / short + w2 / long
        value += math.log(shortfall_scale) - (size - raw[k]) + 0.5 * raw[k] ** 2 + _LOG_SQRT_2PI
        sigmoid = 1.0 / (1.0 + math.exp(-raw[k]))
        of_raw[k] += 1.0 - sigmoid + raw[k]
    for k in range(len(bound_score)):
        if bound_sign[k] == 0.0:
            continue
        s, m = bound_score[k], bound_model[k]
        root = math.sqrt(variance[s])
        beyond = bound_sign[k] * (seen[s] - shortfall[m]) / root
        v, mills = _log_cdf(beyond)
        value += v
        of_seen[s] += mills * bound_sign[k] / root
        of_shortfall[m] -= mills * bound_sign[k] / root
        of_variance[s] -= 0.5 * mills * beyond / variance[s]
    for k in range(n_l):
        of_raw[k] += of_shortfall[k] * shortfall_scale / (1.0 + math.exp(-raw[k]))

    # --- Back through the scores.
    of_origin = 0.0
    for i in range(n_m):
        years, follower = model_years[i], model_follower[i]
        of_common = 0.0
        precision, mean = max(precision_of[i], 1e-12), mean_of[i]
        of_mean, of_precision = of_mean_of[i], of_precision_of[i]
        for s in range(model_start[i], model_start[i + 1]):
            b = score_benchmark[s]
            ds, dv = of_seen[s], of_variance[s]
            if score_exact[s] != 0.0:
                w = 1.0 / variance[s]
                ds += of_mean * w / precision
                of_w = of_precision + of_mean * (seen[s] - mean) / precision
                dv -= of_w * w * w
            of_to = ds * unit
            of_log_unit += ds * (seen[s] + difficulty[b] + score_logit[s] * scale_of[b])
            of_origin -= of_to
            _of_progress(of_to, at_s[s], start, pace_spacing, of_rate, of_total)
            of_difficulty[b] -= ds
            of_relative[b] += ds * score_logit[s] * scale_of[b]
            of_relative[b] -= 2.0 * dv * score_variance[s] * scale_of[b] * scale_of[b]
            of_log_noise[b] += 2.0 * dv * variance_of[b]
            if follower > 0.5:
                of_lag = -of_to * pace_at[s]
                of_common += of_lag
                of_offset[b] += of_lag
                of_offset_slope[b] += of_lag * years
        if follower > 0.5:
            of_level += of_common
            of_slope += of_common * years
            q, along = _place(min(max(years, knots[0]), knots[last_q]), knots[0], spacing_q, last_q)
            of_deviation[q] += of_common * (1.0 - (along - q))
            of_deviation[q + 1] += of_common * (along - q)
    # A log variance that is twice the log noise was differentiated by the variance: the same.
    _of_progress(of_origin, 0.0, start, pace_spacing, of_rate, of_total)

    # --- Back through pace.
    behind = 0.0
    for j in range(n_j - 1, 0, -1):
        behind += of_total[j]
        of_rate[j] += 0.5 * behind
        of_rate[j - 1] += 0.5 * behind
    scaled = 0.0
    for j in range(n_j):
        scaled += of_rate[j] * rate[j]
    of_free, of_cumulated = np.zeros(n_j), np.zeros(n_j)
    of_mean_pace = -scaled / mean_pace
    weight = of_mean_pace / (anchor[1] - anchor[0])
    _of_progress(weight, anchor[1], start, pace_spacing, of_free, of_cumulated)
    _of_progress(-weight, anchor[0], start, pace_spacing, of_free, of_cumulated)
    behind = 0.0
    for j in range(n_j - 1, 0, -1):
        behind += of_cumulated[j]
        of_free[j] += 0.5 * behind
        of_free[j - 1] += 0.5 * behind
    for j in range(n_j):
        of_log_pace[j] += free[j] * (of_free[j] + of_rate[j] / mean_pace)

    # --- Back through the lag.
    of_keep, of_step = 0.0, 0.0
    for k in range(near_first - 1, -1, -1):
        q = near_first - 1 - k
        of_far[k] += step * of_deviation[q]
        of_step += far[k] * of_deviation[q]
        of_keep += deviation[q + 1] * of_deviation[q]
        of_deviation[q + 1] += keep * of_deviation[q]
    for k in range(n_q - near_end - 1, -1, -1):
        q = near_end + k
        of_far[near_first + k] += step * of_deviation[q]
        of_step += far[near_first + k] * of_deviation[q]
        of_keep += deviation[q - 1] * of_deviation[q]
        of_deviation[q - 1] += keep * of_deviation[q]
    of_log_sd += of_step * step
    of_keep -= of_step * deviation_sd * keep / math.sqrt(1.0 - keep * keep)
    of_log_length += of_keep * keep * gap / deviation_length
    of_mean_offset, of_mean_slope = 0.0, 0.0
    for p in range(n_near):
        d = of_residual[p] + of_deviation[near_first + p]
        of_path[p] += d
        of_level -= d
        of_mean_offset -= d
        of_slope -= d * knots[near_first + p]
        of_mean_slope -= d * knots[near_first + p]
    of_log_offset_sd, of_log_offset_slope_sd = 0.0, 0.0
    for b in range(n_b):
        of_mean_offset += of_offset[b]
        of_mean_slope += of_offset_slope[b]
        of_log_offset_sd += of_offset[b] * (offset[b] - mean_offset)
        of_log_offset_slope_sd += of_offset_slope[b] * (offset_slope[b] - mean_slope)
        of_offset[b] *= offset_sd
        of_offset_slope[b] *= offset_slope_sd
    of_log_offset_sd += of_mean_offset * mean_offset
    of_log_offset_slope_sd += of_mean_slope * mean_slope
    _of_zero_sum(of_offset, of_offset_free)
    _of_zero_sum(of_offset_slope, of_slope_free)
    _of_zero_sum(of_relative, of_relative_free)
    gradient[0] = of_pace_sd
    gradient[1], gradient[2] = of_level, of_slope
    gradient[3], gradient[4] = of_log_offset_sd / offset_sd, of_log_offset_slope_sd / offset_slope_sd
    gradient[5], gradient[6] = of_log_sd / deviation_sd, of_log_length / deviation_length
    gradient[7], gradient[8] = of_log_unit, of_log_steepness_sd / steepness_sd
    gradient[10] = of_log_difficulty_sd / difficulty_sd
    gradient[16] += of_mean_offset * offset_sd / root_b
    gradient[17] += of_mean_slope * offset_slope_sd / root_b
    for g in range(2):
        gradient[11 + g] = of_flagship[g] + of_small[g]
        gradient[13 + g] = of_small[g]
        gradient[18 + g] = of_share_logit[g]
    return value, gradient
