r"""Models of lags with their lines and all that benchmarks share integrated out: log density, gradient, exact draws.

A lag is a mean, a deviation of its benchmark's level, another times a weight of the month (the time, for a straight
line; a decay, for a curve that levels), what all benchmarks share (the shock; a path whose slope is an OU process, for
a damped trend) and the error. Scales of zero take a part out.

Given the scales and lengths, lags are jointly Gaussian. OU errors are whitened by their recursion, so that everything
else is least squares with a prior: the deviations of each benchmark's line, two numbers that are independent of the
other benchmarks' given what is shared, and shock and slopes of the path, whose own precisions are tridiagonal. The
lines are eliminated first (a 2 × 2 system each), then what is shared (Cholesky, of the size of the month grid and of
the half-years that it spans): linear in the number of lags.

The gradient is Fisher's identity, :math:`\nabla \log p(y) = E[\nabla \log p(y, u, z) \mid y]`: the joint density is
a sum of squares, so that means and covariances of what is integrated out suffice. It costs as much again as the
density, less than running the operations backwards would.

Loops stand where NumPy has expressions of whole arrays, each of which numba compiles for a second or more.

Source: normal linear models with a known covariance, Gelman and Hill (2007), chapter 18; Fisher's identity, Douc,
Moulines and Stoffer (2014), appendix D.
"""

from __future__ import annotations

import numpy as np

from gapmodel.modeling.compiled import compiled

__all__ = [
    "HYPERPARAMETERS",
    "conditional_draws",
    "line_likelihood",
    "log_density",
    "log_likelihood",
    "path_likelihood",
    "weighted_density",
]

#: In the order in which the functions take them; months, months per year, months, months, months, months.
HYPERPARAMETERS = ("intercept_sd", "slope_sd", "shock_sd", "shock_length", "error_sd", "error_length")
_LOG_2PI = np.log(2.0 * np.pi)
_LENGTHS = 16  # of gaps, kept at a time


@compiled
def _whitened(lag, observed, previous, gap, first, weight, relative, hyper):
    """Step and scale of each error, and the cross products of whitened lags, lines and shock.

    Line i of benchmark b is column 2 b + i of `shock_line`, times its standard deviation already.
    """
    line_sd, error_length = hyper[:2], hyper[5]
    n_b, n_t = lag.shape
    rho, scale = np.zeros((n_b, n_t)), np.ones((n_b, n_t))
    shock_shock, shock_lag, shock_line = np.zeros((n_t, n_t)), np.zeros(n_t), np.zeros((n_t, 2 * n_b))
    line_line, line_lag = np.zeros((n_b, 2, 2)), np.zeros((n_b, 2))
    total, error_sd, log_sd = 0.0, 0.0, 0.0
    # Months have few lengths: what follows from one serves again.
    n_known, oldest, known, steps = 0, 0, np.empty(_LENGTHS), np.empty((_LENGTHS, 3))
    for b in range(n_b):
        if hyper[4] * relative[b] != error_sd:
            error_sd, n_known, oldest = hyper[4] * relative[b], 0, 0
            log_sd = np.log(error_sd)
        for t in range(n_t):
            if observed[b, t] == 0.0:
                continue
            r, s, log_s, p = 0.0, error_sd, log_sd, previous[b, t]
            if first[b, t] == 0.0:
                months, k = gap[b, t], 0
                while k < n_known and known[k] != months:
                    k += 1
                if k == n_known:
                    if n_known < _LENGTHS:
                        n_known += 1
                    else:
                        k, oldest = oldest, (oldest + 1) % _LENGTHS
                    known[k] = months
                    steps[k, 0] = np.exp(-months / error_length)
                    steps[k, 1] = error_sd * np.sqrt(-np.expm1(-2.0 * months / error_length))
                    steps[k, 2] = np.log(steps[k, 1])
                r, s, log_s = steps[k, 0], steps[k, 1], steps[k, 2]
            rho[b, t], scale[b, t] = r, s
            y = (lag[b, t] - r * lag[b, p]) / s
            x0, x1 = line_sd[0] * (1.0 - r) / s, line_sd[1] * (weight[t] - r * weight[p]) / s
            here, before = 1.0 / s, -r / s
            total += y * y + 2.0 * log_s + _LOG_2PI
            line_lag[b, 0] += x0 * y
            line_lag[b, 1] += x1 * y
            line_line[b, 0, 0] += x0 * x0
            line_line[b, 0, 1] += x0 * x1
            line_line[b, 1, 1] += x1 * x1
            shock_shock[t, t] += here * here
            shock_shock[p, p] += before * before
            shock_shock[t, p] += here * before
            shock_shock[p, t] += here * before
            shock_lag[t] += here * y
            shock_lag[p] += before * y
            shock_line[t, 2 * b] += here * x0
            shock_line[t, 2 * b + 1] += here * x1
            shock_line[p, 2 * b] += before * x0
            shock_line[p, 2 * b + 1] += before * x1
        line_line[b, 1, 0] = line_line[b, 0, 1]
    return rho, scale, total, shock_shock, shock_lag, shock_line, line_line, line_lag


@compiled
def _ou_steps(months, sd, length):
    """Step and scale of a stationary OU process at its times, `months` after the one before."""
    rho, scale = np.zeros(len(months)), np.full(len(months), sd)
    for t in range(1, len(months)):
        rho[t] = np.exp(-months[t] / length)
        scale[t] = sd * np.sqrt(-np.expm1(-2.0 * months[t] / length))
    return rho, scale


@compiled
def _since(years):
    """Months from each time to the one before; 0 for the first."""
    months = np.zeros(len(years))
    for t in range(1, len(years)):
        months[t] = 12.0 * (years[t] - years[t - 1])
    return months


@compiled
def _eliminate(shock_shock, shock_lag, shock_line, line_line, line_lag, shared):
    """Lines out: what the lags say of what is shared, as precision and right-hand side; covariance and mean of each
    line given nothing shared, regression of lines on it; squares explained and log determinant so far.
    """
    n_t, n_b = len(shock_lag), len(line_lag)
    covariance, mean = np.zeros((n_b, 2, 2)), np.zeros((n_b, 2))
    regression = np.zeros((n_t, 2 * n_b))
    right, explained, log_det = shock_lag.copy(), 0.0, 0.0
    for b in range(n_b):
        e00, e01, e11 = 1.0 + line_line[b, 0, 0], line_line[b, 0, 1], 1.0 + line_line[b, 1, 1]
        det = e00 * e11 - e01 * e01
        c00, c01, c11 = e11 / det, -e01 / det, e00 / det
        covariance[b, 0, 0], covariance[b, 0, 1], covariance[b, 1, 0], covariance[b, 1, 1] = c00, c01, c01, c11
        z0, z1 = c00 * line_lag[b, 0] + c01 * line_lag[b, 1], c01 * line_lag[b, 0] + c11 * line_lag[b, 1]
        mean[b, 0], mean[b, 1] = z0, z1
        log_det += np.log(det)
        explained += line_lag[b, 0] * z0 + line_lag[b, 1] * z1
        if not shared:
            continue
        for t in range(n_t):
            f0, f1 = shock_line[t, 2 * b], shock_line[t, 2 * b + 1]
            regression[t, 2 * b], regression[t, 2 * b + 1] = f0 * c00 + f1 * c01, f0 * c01 + f1 * c11
            right[t] -= f0 * z0 + f1 * z1
    if not shared:
        return np.zeros((n_t, n_t)), np.zeros(n_t), covariance, mean, regression, explained, log_det
    information = regression @ shock_line.T
    for t in range(n_t):
        for p in range(n_t):
            information[t, p] = shock_shock[t, p] - information[t, p]
    return information, right, covariance, mean, regression, explained, log_det


@compiled
def _add_ou(precision, start, rho, scale):
    """Add the precision of an OU process to the block of `precision` from `start` on; log determinant of its
    covariance."""
    log_det = 0.0
    for k in range(len(rho)):
        t, weight = start + k, 1.0 / (scale[k] * scale[k])
        precision[t, t] += weight
        log_det += 2.0 * np.log(scale[k])
        if k:
            precision[t - 1, t - 1] += rho[k] * rho[k] * weight
            precision[t, t - 1] -= rho[k] * weight
            precision[t - 1, t] -= rho[k] * weight
    return log_det


@compiled
def _of_ou(mean, cov, start, months, rho, scale, sd, length):
    """Gradient in `sd` and `length` of the expected log density of an OU process with these moments."""
    of_sd, of_length = 0.0, 0.0
    for k in range(len(rho)):
        t = start + k
        square = mean[t] * mean[t] + cov[t, t]
        d_rho = 0.0
        if k:
            both = mean[t] * mean[t - 1] + cov[t, t - 1]
            before = mean[t - 1] * mean[t - 1] + cov[t - 1, t - 1]
            square += rho[k] * (rho[k] * before - 2.0 * both)
            d_rho = (both - rho[k] * before) / (scale[k] * scale[k])
        d_scale = square / (scale[k] * scale[k] * scale[k]) - 1.0 / scale[k]
        of_sd += d_scale * scale[k] / sd
        if k:
            of_one = rho[k] * months[k] / (length * length)
            of_length += of_one * (d_rho - d_scale * sd * sd * rho[k] / scale[k])
    return of_sd, of_length


@compiled
def _put(block, whole, row, column):
    for i in range(block.shape[0]):
        for j in range(block.shape[1]):
            whole[row + i, column + j] = block[i, j]


@compiled
def _shared(information, right, basis, shock_steps, path_steps):
    """Precision of shock and path given the lags, its right-hand side, and log determinant of their prior covariance.

    The path enters the lags of a month as ``slope @ basis``: what they say of it is what they say of the shock.
    """
    n_t, n_k = len(right), len(basis)
    precision, full = np.zeros((n_t + n_k, n_t + n_k)), np.zeros(n_t + n_k)
    _put(information, precision, 0, 0)
    for t in range(n_t):
        full[t] = right[t]
    log_det = _add_ou(precision, 0, shock_steps[0], shock_steps[1])
    if n_k:
        of_path = basis @ information
        of_right = basis @ right
        _put(of_path, precision, n_t, 0)
        _put(of_path.T, precision, 0, n_t)
        _put(of_path @ basis.T, precision, n_t, n_t)
        for i in range(n_k):
            full[n_t + i] = of_right[i]
        log_det += _add_ou(precision, n_t, path_steps[0], path_steps[1])
    return precision, full, log_det


@compiled
def _inverse_factor(lower):
    """Inverse of a lower triangular matrix; whole rows at a time, which compiles to vector instructions."""
    n = len(lower)
    out = np.zeros((n, n))
    for i in range(n):
        for k in range(i):
            weight = lower[i, k]
            for j in range(k + 1):
                out[i, j] -= weight * out[k, j]
        for j in range(i):
            out[i, j] /= lower[i, i]
        out[i, i] = 1.0 / lower[i, i]
    return out


@compiled
def weighted_density(lag, observed, previous, gap, first, years, weight, relative, hyper, basis, path):
    """Log density of the lags, and its gradient.

    Parameters
    ----------
    lag : numpy.ndarray, shape (B, T), months
        Less their mean; whatever where not observed.
    observed, previous, gap, first, years : numpy.ndarray
        See `gapmodel.modeling.panel_data.PanelData`.
    weight : numpy.ndarray, shape (T,)
        Of a benchmark's second deviation in each month.
    relative : numpy.ndarray, shape (B,)
        Standard deviations of the errors in units of ``error_sd``.
    hyper : numpy.ndarray, shape (6,)
        See `HYPERPARAMETERS`; ``slope_sd`` per unit of `weight`. A ``shock_sd`` of zero leaves the shock out, zeros of
        the first two the deviations, and an ``error_length`` far below the gaps makes errors independent. What is left
        out has no gradient: it is NaN, or means nothing.
    basis : numpy.ndarray, shape (K, T), years
        How long a shared path has had each of its K slopes by each month; K is 0 where there is none. It needs a shock.
    path : numpy.ndarray, shape (3,)
        Standard deviation (months per year) and length (months) of the OU process of these slopes, and the months from
        one to the next.

    Returns
    -------
    value : float
    of_lag : numpy.ndarray, shape (B, T)
    of_weight : numpy.ndarray, shape (T,)
    of_relative : numpy.ndarray, shape (B,)
    of_hyper : numpy.ndarray, shape (6,)
    of_path : numpy.ndarray, shape (2,)
    """
    intercept_sd, slope_sd, shock_sd, shock_length, error_length = hyper[0], hyper[1], hyper[2], hyper[3], hyper[5]
    shared = shock_sd > 0.0
    n_b, n_t = lag.shape
    rho, scale, total, shock_shock, shock_lag, shock_line, line_line, line_lag = _whitened(
        lag, observed, previous, gap, first, weight, relative, hyper
    )
    information, right, covariance, mean, regression, explained, log_det = _eliminate(
        shock_shock, shock_lag, shock_line, line_line, line_lag, shared
    )
    of_lag, of_weight, of_relative, of_hyper = np.zeros((n_b, n_t)), np.zeros(n_t), np.zeros(n_b), np.zeros(6)
    of_path = np.zeros(2)
    # What is shared by all lags of a month: mean, covariance, and covariance with the lines.
    cov, u, cross = np.zeros((n_t, n_t)), np.zeros(n_t), np.zeros((n_t, 2 * n_b))
    value = -0.5 * (total - explained + log_det)
    if shared:
        months, every = _since(years), np.full(len(basis), path[2])
        shock_steps, path_steps = _ou_steps(months, shock_sd, shock_length), _ou_steps(every, path[0], path[1])
        precision, full, log_det = _shared(information, right, basis, shock_steps, path_steps)
        factor = _inverse_factor(np.linalg.cholesky(precision))
        cov_of_parts = factor.T @ factor
        parts = cov_of_parts @ full
        value += 0.5 * (full @ parts - log_det)
        for t in range(len(full)):
            value += np.log(factor[t, t])
        of_hyper[2], of_hyper[3] = _of_ou(
            parts, cov_of_parts, 0, months, shock_steps[0], shock_steps[1], shock_sd, shock_length
        )
        u, cov = parts[:n_t].copy(), cov_of_parts[:n_t, :n_t].copy()
        if len(basis):
            of_path[0], of_path[1] = _of_ou(
                parts, cov_of_parts, n_t, every, path_steps[0], path_steps[1], path[0], path[1]
            )
            of_months = np.ascontiguousarray(cov_of_parts[:n_t, n_t:]) @ basis
            of_squares = basis.T @ (np.ascontiguousarray(cov_of_parts[n_t:, n_t:]) @ basis)
            of_path_lag = parts[n_t:] @ basis
            for t in range(n_t):
                u[t] += of_path_lag[t]
                for p in range(n_t):
                    cov[t, p] += of_months[t, p] + of_months[p, t] + of_squares[t, p]
        cross = (cov @ regression) * -1.0
    for b in range(n_b):
        i, j = 2 * b, 2 * b + 1
        z0, z1 = mean[b, 0], mean[b, 1]
        c00, c01, c11 = covariance[b, 0, 0], covariance[b, 0, 1], covariance[b, 1, 1]
        for t in range(n_t if shared else 0):
            z0 -= regression[t, i] * u[t]
            z1 -= regression[t, j] * u[t]
            c00 -= regression[t, i] * cross[t, i]
            c01 -= regression[t, i] * cross[t, j]
            c11 -= regression[t, j] * cross[t, j]
        # A standardised line times what the lags still say of it, in expectation.
        g0, g1 = z0 * line_lag[b, 0], z1 * line_lag[b, 1]
        g0 -= (c00 + z0 * z0) * line_line[b, 0, 0] + (c01 + z0 * z1) * line_line[b, 0, 1]
        g1 -= (c01 + z0 * z1) * line_line[b, 0, 1] + (c11 + z1 * z1) * line_line[b, 1, 1]
        for t in range(n_t if shared else 0):
            g0 -= shock_line[t, i] * (u[t] * z0 + cross[t, i])
            g1 -= shock_line[t, j] * (u[t] * z1 + cross[t, j])
        of_hyper[0] += g0 / intercept_sd
        of_hyper[1] += g1 / slope_sd
        error_sd = hyper[4] * relative[b]
        for t in range(n_t):
            if observed[b, t] == 0.0:
                continue
            p, r, s = previous[b, t], rho[b, t], scale[b, t]
            # Errors in expectation, and covariances of what is subtracted from the lags: line (a, c) and shock.
            a, c = intercept_sd, slope_sd * weight[t]
            error = lag[b, t] - a * z0 - c * z1 - u[t]
            variance = a * a * c00 + 2.0 * a * c * c01 + c * c * c11 + cov[t, t]
            variance += 2.0 * (a * cross[t, i] + c * cross[t, j])
            with_slope = -(a * c01 + c * c11 + cross[t, j])  # of the error and the second deviation
            if first[b, t] == 1.0:
                of_lag[b, t] -= error / (s * s)
                of_weight[t] += slope_sd * (error * z1 + with_slope) / (s * s)
                d_scale = (error * error + variance) / (s * s * s) - 1.0 / s
                of_hyper[4] += d_scale * relative[b]
                of_relative[b] += d_scale * hyper[4]
                continue
            q = slope_sd * weight[p]
            earlier = lag[b, p] - a * z0 - q * z1 - u[p]
            of_earlier = a * a * c00 + 2.0 * a * q * c01 + q * q * c11 + cov[p, p]
            of_earlier += 2.0 * (a * cross[p, i] + q * cross[p, j])
            of_both = a * a * c00 + a * (c + q) * c01 + c * q * c11 + cov[t, p]
            of_both += a * (cross[t, i] + cross[p, i]) + c * cross[p, j] + q * cross[t, j]
            innovation = error - r * earlier
            of_lag[b, t] -= innovation / (s * s)
            of_lag[b, p] += r * innovation / (s * s)
            with_slope += r * (a * c01 + q * c11 + cross[p, j])
            of_one = slope_sd * (innovation * z1 + with_slope) / (s * s)
            of_weight[t] += of_one
            of_weight[p] -= r * of_one
            square = innovation * innovation + variance + r * (r * of_earlier - 2.0 * of_both)
            d_scale = square / (s * s * s) - 1.0 / s
            d_rho = (innovation * earlier + of_both - r * of_earlier) / (s * s)
            of_hyper[4] += d_scale * s / hyper[4]
            of_relative[b] += d_scale * s / relative[b]
            of_length = r * gap[b, t] / (error_length * error_length)
            of_hyper[5] += of_length * (d_rho - d_scale * error_sd * error_sd * r / s)
    return value, of_lag, of_weight, of_relative, of_hyper, of_path


@compiled
def _no_path(n_t):
    return np.zeros((0, n_t)), np.ones(3)


@compiled
def log_density(lag, observed, previous, gap, first, years, hyper):
    """`weighted_density` of lags around straight lines: the value, and its gradient in `lag` and `hyper`."""
    value, of_lag, _, _, of_hyper, _ = weighted_density(
        lag, observed, previous, gap, first, years, years, np.ones(len(lag)), hyper, *_no_path(len(years))
    )
    return value, of_lag, of_hyper


@compiled
def log_likelihood(
    mean,
    weight,
    relative,
    hyper,
    basis,
    path,
    raw,
    width,
    lag,
    observed,
    previous,
    gap,
    first,
    years,
    cell_benchmark,
    cell_month,
    bound,
    sign,
    stretch,
    real,
):
    """Log density of the lags given everything but lines, shock and errors, and its gradient.

    Parameters
    ----------
    mean : numpy.ndarray, shape (B, T), months
    weight, relative, hyper, basis, path : numpy.ndarray
        See `weighted_density`.
    raw : numpy.ndarray, shape (R,)
        The unconstrained excess of each stretch, whose standard normal density the measure of the excess replaces where
        it is `real`.
    width : float, months
        `gapmodel.modeling.panel_data.EXCESS_SCALE`.
    lag, observed, previous, gap, first, years, cell_benchmark, cell_month, bound, sign, stretch, real : numpy.ndarray
        See `gapmodel.modeling.panel_data.PanelData`: ``censored_benchmark`` and so on, ``stretch_real``.

    Returns
    -------
    value : float
    of_mean, of_weight, of_relative, of_hyper, of_path, of_raw : numpy.ndarray
    """
    of_raw, softplus, logistic, total = np.zeros(len(raw)), np.zeros(len(raw)), np.zeros(len(raw)), 0.0
    for r in range(len(raw)):
        softplus[r] = max(raw[r], 0.0) + np.log1p(np.exp(-abs(raw[r])))
        logistic[r] = 1.0 / (1.0 + np.exp(-raw[r]))
        # softplus(-raw) = softplus(raw) - raw
        total += real[r] * (np.log(width) - softplus[r] + raw[r] + 0.5 * raw[r] * raw[r] + 0.5 * _LOG_2PI)
        of_raw[r] = real[r] * (1.0 - logistic[r] + raw[r])
    error = lag.copy()
    for k in range(len(sign)):
        away = sign[k] * width * softplus[stretch[k]]
        error[cell_benchmark[k], cell_month[k]] += abs(sign[k]) * (bound[k] + away)
    for b in range(len(lag)):
        for t in range(len(years)):
            error[b, t] -= mean[b, t]
    value, of_error, of_weight, of_relative, of_hyper, of_path = weighted_density(
        error, observed, previous, gap, first, years, weight, relative, hyper, basis, path
    )
    for k in range(len(sign)):
        of_cell = abs(sign[k]) * sign[k] * of_error[cell_benchmark[k], cell_month[k]]
        of_raw[stretch[k]] += of_cell * width * logistic[stretch[k]]
    for b in range(len(lag)):
        for t in range(len(years)):
            of_error[b, t] *= -1.0
    return total + value, of_error, of_weight, of_relative, of_hyper, of_path, of_raw


@compiled
def line_likelihood(values, width, panel):
    """`log_likelihood` of straight lines, whole, which takes two thirds of the time that it takes in parts.

    Parameters
    ----------
    values : numpy.ndarray, shape (8 + R,)
        Intercept and slope of the population, `HYPERPARAMETERS`, and the unconstrained excess of each stretch.
    width, panel
        What `log_likelihood` takes from there on; `panel` is a tuple.

    Returns
    -------
    value : float
    gradient : numpy.ndarray, shape (8 + R,)
    """
    (n_b, n_t), years = panel[0].shape, panel[5]
    mean, gradient = np.empty((n_b, n_t)), np.zeros(len(values))
    for b in range(n_b):
        for t in range(n_t):
            mean[b, t] = values[0] + values[1] * years[t]
    basis, path = _no_path(n_t)
    value, of_mean, _, _, of_hyper, _, of_raw = log_likelihood(
        mean, years, np.ones(n_b), values[2:8], basis, path, values[8:], width, *panel
    )
    for k in range(6):
        gradient[2 + k] = of_hyper[k]
    for k in range(len(of_raw)):
        gradient[8 + k] = of_raw[k]
    for b in range(n_b):
        for t in range(n_t):
            gradient[0] += of_mean[b, t]
            gradient[1] += of_mean[b, t] * years[t]
    return value, gradient


@compiled
def path_likelihood(values, basis, every, width, panel):
    """`log_likelihood` of lines about a shared path, whole.

    Parameters
    ----------
    values : numpy.ndarray, shape (9 + R,)
        Level of the population, `HYPERPARAMETERS`, standard deviation and length of the path's slope, and the
        unconstrained excess of each stretch.
    basis : numpy.ndarray, shape (K, T), years
    every : float, months
        See `weighted_density`.
    width, panel
        What `log_likelihood` takes from there on; `panel` is a tuple.

    Returns
    -------
    value : float
    gradient : numpy.ndarray, shape (9 + R,)
    """
    (n_b, n_t), years = panel[0].shape, panel[5]
    mean, gradient, path = np.full((n_b, n_t), values[0]), np.zeros(len(values)), np.empty(3)
    path[0], path[1], path[2] = values[7], values[8], every
    value, of_mean, _, _, of_hyper, of_path, of_raw = log_likelihood(
        mean, years, np.ones(n_b), values[1:7], basis, path, values[9:], width, *panel
    )
    gradient[0] = of_mean.sum()
    for k in range(6):
        gradient[1 + k] = of_hyper[k]
    gradient[7], gradient[8] = of_path[0], of_path[1]
    for k in range(len(of_raw)):
        gradient[9 + k] = of_raw[k]
    return value, gradient


@compiled
def conditional_draws(
    lags,
    observed,
    previous,
    gap,
    first,
    years,
    weights,
    relatives,
    hypers,
    basis,
    paths,
    shock_noise,
    path_noise,
    line_noise,
):
    """One exact draw of shock, path and lines for each draw of everything else.

    Parameters
    ----------
    lags : numpy.ndarray, shape (n_draws, B, T), months
        Less their mean.
    observed, previous, gap, first, years : numpy.ndarray
        As in `weighted_density`.
    weights, relatives, hypers : numpy.ndarray, shapes (n_draws, T), (n_draws, B) and (n_draws, 6)
        Of each draw, as there.
    basis : numpy.ndarray, shape (K, T), years
    paths : numpy.ndarray, shape (n_draws, 3)
        Of each draw, as there.
    shock_noise, path_noise, line_noise : numpy.ndarray, shapes (n_draws, T), (n_draws, K) and (n_draws, B, 2)
        Standard normal.

    Returns
    -------
    shock : numpy.ndarray, shape (n_draws, T), months
    slope : numpy.ndarray, shape (n_draws, K), months per year
        Of the path.
    line : numpy.ndarray, shape (n_draws, B, 2)
        Deviations of each benchmark, in their standard deviations.
    """
    n_draws, n_b, n_t = lags.shape
    shock, slope, line = np.zeros((n_draws, n_t)), np.zeros((n_draws, len(basis))), np.zeros((n_draws, n_b, 2))
    months = _since(years)
    for k in range(n_draws):
        hyper, path = hypers[k], paths[k]
        shared = hyper[2] > 0.0
        _, _, _, shock_shock, shock_lag, shock_line, line_line, line_lag = _whitened(
            lags[k], observed, previous, gap, first, weights[k], relatives[k], hyper
        )
        information, right, covariance, mean, regression, _, _ = _eliminate(
            shock_shock, shock_lag, shock_line, line_line, line_lag, shared
        )
        u = np.zeros(n_t)
        if shared:
            every = np.full(len(basis), path[2])
            steps = _ou_steps(months, hyper[2], hyper[3]), _ou_steps(every, path[0], path[1])
            precision, full, _ = _shared(information, right, basis, steps[0], steps[1])
            factor = _inverse_factor(np.linalg.cholesky(precision))
            parts = factor.T @ (factor @ full + np.concatenate((shock_noise[k], path_noise[k])))
            shock[k], slope[k] = parts[:n_t], parts[n_t:]
            u = shock[k] + slope[k] @ basis
        for b in range(n_b):
            away0, away1 = mean[b, 0], mean[b, 1]
            for t in range(n_t):
                away0 -= regression[t, 2 * b] * u[t]
                away1 -= regression[t, 2 * b + 1] * u[t]
            sd = np.sqrt(covariance[b, 0, 0])
            tilt = covariance[b, 0, 1] / sd
            rest = np.sqrt(covariance[b, 1, 1] - tilt * tilt)
            line[k, b, 0] = away0 + sd * line_noise[k, b, 0]
            line[k, b, 1] = away1 + tilt * line_noise[k, b, 0] + rest * line_noise[k, b, 1]
    return shock, slope, line
