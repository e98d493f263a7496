r"""Lines about a mean path whose slope reverts to zero: a damped trend (the default).

.. math::
    y_{bt} &= \alpha_b + \beta_b x_t + g(x_t) + u_t + e_{bt}, \qquad
    g' \sim \mathrm{OU}(\sigma_s, \ell_s), \quad g(0) = 0 \\
    \alpha_b &\sim N(\mu_\alpha, \tau_\alpha), \qquad \beta_b \sim N(0, \tau_\beta), \qquad
    u \sim \mathrm{OU}(\sigma_u, \ell_u), \qquad e_b \sim \mathrm{OU}(\sigma_e, \ell_e)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. Censored lags enter as bounds. :math:`g` is shared by all benchmarks; its slope is constant over half a year
and correlated over :math:`\ell_s` months. Where that is long the trend is a straight line, where :math:`\sigma_s` is
small it is constant, between them it bends and levels off: what is expected of the slope :math:`h` months ahead is
:math:`e^{-h / \ell_s}` times what it is now. Knots lie from 6 years before the reference date to 16 after; after the
data the slope keeps its prior, and so every draw has a future of its own. Beyond the knots a draw's slope is what is
expected of it; data of more than 12 years are refused.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
intercept_population, months N(8, 5)                 published gaps lie between 0 and 18 months
intercept_sd, months         HalfN(5)                benchmarks differ by months, rarely by more than a year
trend_sd, months/yr          HalfN(3)                no direction favoured; 6 per year closes any gap in 2 years
trend_length, months         LogN(log 18, 0.8)       the slope lasts for 5 months to 6 years
slope_sd, months/yr          HalfN(1.5)              half the spread of the mean slope
shock_sd, months             HalfN(2)                one release moves many benchmarks by a few months
shock_length, months         LogN(log 3, 0.5)        some open record, on any benchmark, comes every 1 to 7 months
error_sd, months             HalfN(4)                height of the saw teeth
error_length, months         LogN(log 5, 0.6)        open records of one benchmark come every 2 to 13 months
============================ ======================= =============================================================

What identifies it: how long the mean keeps rising or falling. Three years of data hold little about that, so the
priors of the trend matter; read P(zero) with that in mind.

Source: damped trend, Gardner and McKenzie (1985), in continuous time.
"""

import numpy as np
import pymc as pm
import xarray as xr

from gapmodel.errors import ConfigError
from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors, ou_path
from gapmodel.modeling.variant import PanelData, linear_trend

SPACING = 0.5  # years
KNOTS = np.arange(-6.25, 16.5, SPACING)

PRIORS = {
    "intercept_population": "Normal(8, 5) months",
    "intercept_sd": "HalfNormal(5) months",
    "trend_sd": "HalfNormal(3) months/year",
    "trend_length": "LogNormal(log 18, 0.8) months",
    "slope_sd": "HalfNormal(1.5) months/year",
    "shock_sd": "HalfNormal(2) months",
    "shock_length": "LogNormal(log 3, 0.5) months",
    "error_sd": "HalfNormal(4) months",
    "error_length": "LogNormal(log 5, 0.6) months",
}


def within(years: np.ndarray) -> np.ndarray:
    """How long each stretch between knots lasts from the reference date to `years`, shape (knot, time), years.

    Raises `gapmodel.errors.ConfigError` where that is beyond the knots.
    """
    if np.min(years) < KNOTS[0] or np.max(years) > KNOTS[-1] + SPACING:
        raise ConfigError(
            f"the months cover {np.ptp(years):.1f} years, and the path of 'damped' is made for 12: leave out early "
            "ones with --first-month, or fit 'shared_shock'"
        )
    return np.clip(years[None, :] - KNOTS[:, None], 0.0, SPACING) - np.clip(-KNOTS[:, None], 0.0, SPACING)


def build(data: PanelData) -> pm.Model:
    """Return the PyMC model for `data`."""
    within(data.years)
    with pm.Model(coords=model_coords(data) | {"knot": np.arange(len(KNOTS))}) as model:
        d = add_data(data)
        intercept_population = pm.Normal("intercept_population", 8.0, 5.0)
        intercept_sd = pm.HalfNormal("intercept_sd", 5.0)
        trend_sd = pm.HalfNormal("trend_sd", 3.0)
        trend_length = pm.LogNormal("trend_length", np.log(18.0), 0.8)
        slope_sd = pm.HalfNormal("slope_sd", 1.5)
        intercept_raw = pm.Normal("intercept_raw", 0.0, 1.0, dims="benchmark")
        slope_raw = pm.Normal("slope_raw", 0.0, 1.0, dims="benchmark")
        intercept = pm.Deterministic("intercept", intercept_population + intercept_sd * intercept_raw, dims="benchmark")
        slope = pm.Deterministic("slope", slope_sd * slope_raw, dims="benchmark")

        trend_raw = pm.Normal("trend_raw", 0.0, 1.0, dims="knot")
        path = ou_path(trend_raw, KNOTS, sd=trend_sd, length=trend_length)
        path = pm.Deterministic("trend_slope", path, dims="knot")

        shock_sd = pm.HalfNormal("shock_sd", 2.0)
        shock_length = pm.LogNormal("shock_length", np.log(3.0), 0.5)
        shock_raw = pm.Normal("shock_raw", 0.0, 1.0, dims="month")
        shock = pm.Deterministic(
            "shock", ou_path(shock_raw, d["years"], sd=shock_sd, length=shock_length), dims="month"
        )

        error_sd = pm.HalfNormal("error_sd", 4.0)
        error_length = pm.LogNormal("error_length", np.log(5.0), 0.6)
        x = d["years"]
        elapsed = pm.math.clip(x[None, :] - KNOTS[:, None], 0.0, SPACING) - np.clip(-KNOTS[:, None], 0.0, SPACING)
        bend = path @ elapsed
        mean = intercept[:, None] + slope[:, None] * x[None, :] + (bend + shock)[None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=error_sd, length=error_length)
    return model


def trend(samples: xr.Dataset, years: np.ndarray) -> xr.Dataset:
    """The shared path, and each benchmark's line about it."""
    years = np.asarray(years, dtype=float)
    inside = np.clip(years, KNOTS[0], KNOTS[-1] + SPACING)
    bend = xr.dot(samples["trend_slope"], xr.DataArray(within(inside), dims=("knot", "time")), dim="knot")
    # Beyond the knots, an OU process is expected to decay by its own length, in either direction of time.
    length = samples["trend_length"] / 12.0  # years
    for knot, beyond in ((0, np.minimum(years - inside, 0.0)), (-1, np.maximum(years - inside, 0.0))):
        if beyond.any():
            away = xr.DataArray(beyond, dims="time")
            bend = bend + samples["trend_slope"].isel(knot=knot) * np.sign(away) * length * -np.expm1(
                -abs(away) / length
            )
    lines = linear_trend(samples.assign(slope_population=0.0), years)
    return lines.assign(
        benchmark_trend=lines["benchmark_trend"] + bend, population_mean=lines["population_mean"] + bend
    )
