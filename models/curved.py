r"""`shared_shock` with a smooth curve around the mean line (Hilbert-space Gaussian process).

.. math::
    y_{bt} &= \alpha_b + \beta_b x_t + f(x_t) + u_t + e_{bt}, \qquad
    f \sim \mathrm{GP}(0,\ \sigma_f^2 e^{-\Delta^2 / 2 \ell_f^2}) \\
    \alpha_b &\sim N(\mu_\alpha, \tau_\alpha), \qquad \beta_b \sim N(\mu_\beta, \tau_\beta), \qquad
    u \sim \mathrm{OU}(\sigma_u, \ell_u), \qquad e_b \sim \mathrm{OU}(\sigma_e, \ell_e)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. Censored lags enter as bounds. :math:`f` is shared by all benchmarks and expanded in 40 sines on the
interval from 6.5 years before the reference date to 16.5 years after it; it is good down to lengths of half a year,
and in the far future keeps its prior around the line.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
intercept_population, months N(8, 5)                 published gaps lie between 0 and 18 months
intercept_sd, months         HalfN(5)                benchmarks differ by months, rarely by more than a year
slope_population, months/yr  N(0, 3)                 no direction favoured; 6 per year closes any gap in 2 years
slope_sd, months/yr          HalfN(1.5)              half the spread of the mean slope
curve_sd, months             HalfN(1.5)              bends of a few months around the line
curve_length, years          LogN(log 1.5, 0.3)      slower than the shock, faster than the panel is long
shock_sd, months             HalfN(2)                one release moves many benchmarks by a few months
shock_length, months         LogN(log 3, 0.5)        some open record, on any benchmark, comes every 1 to 7 months
error_sd, months             HalfN(4)                height of the saw teeth
error_length, months         LogN(log 5, 0.6)        open records of one benchmark come every 2 to 13 months
============================ ======================= =============================================================

What identifies it: bends slower than the shock. Curve, shock and line divide the same few slow movements, so each is
known less than their sum; the line alone decides the far future.

Source: Riutort-Mayol, Bürkner, Andersen, Solin and Vehtari (2023).
"""

import numpy as np
import pymc as pm
import xarray as xr

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors, ou_path
from gapmodel.modeling.variant import PanelData, linear_trend

CENTRE, HALF, N_SINES = 5.0, 11.5, 40  # years, years
FREQUENCY = np.arange(1, N_SINES + 1) * np.pi / (2.0 * HALF)

SAMPLER = {"target_accept": 0.99}

PRIORS = {
    "intercept_population": "Normal(8, 5) months",
    "intercept_sd": "HalfNormal(5) months",
    "slope_population": "Normal(0, 3) months/year",
    "slope_sd": "HalfNormal(1.5) months/year",
    "curve_sd": "HalfNormal(1.5) months",
    "curve_length": "LogNormal(log 1.5, 0.3) years",
    "shock_sd": "HalfNormal(2) months",
    "shock_length": "LogNormal(log 3, 0.5) months",
    "error_sd": "HalfNormal(4) months",
    "error_length": "LogNormal(log 5, 0.6) months",
}


def build(data: PanelData) -> pm.Model:
    """Return the PyMC model for `data`."""
    with pm.Model(coords=model_coords(data) | {"sine": np.arange(1, N_SINES + 1)}) as model:
        d = add_data(data)
        intercept_population = pm.Normal("intercept_population", 8.0, 5.0)
        intercept_sd = pm.HalfNormal("intercept_sd", 5.0)
        slope_population = pm.Normal("slope_population", 0.0, 3.0)
        slope_sd = pm.HalfNormal("slope_sd", 1.5)
        intercept_raw = pm.Normal("intercept_raw", 0.0, 1.0, dims="benchmark")
        slope_raw = pm.Normal("slope_raw", 0.0, 1.0, dims="benchmark")
        intercept = pm.Deterministic("intercept", intercept_population + intercept_sd * intercept_raw, dims="benchmark")
        slope = pm.Deterministic("slope", slope_population + slope_sd * slope_raw, dims="benchmark")

        curve_sd = pm.HalfNormal("curve_sd", 1.5)
        curve_length = pm.LogNormal("curve_length", np.log(1.5), 0.3)
        curve_raw = pm.Normal("curve_raw", 0.0, 1.0, dims="sine")
        density = (
            curve_sd**2 * np.sqrt(2.0 * np.pi) * curve_length * pm.math.exp(-0.5 * (FREQUENCY * curve_length) ** 2)
        )
        weight = pm.Deterministic("curve_weight", pm.math.sqrt(density) * curve_raw, dims="sine")

        shock_sd = pm.HalfNormal("shock_sd", 2.0)
        shock_length = pm.LogNormal("shock_length", np.log(3.0), 0.5)
        shock_raw = pm.Normal("shock_raw", 0.0, 1.0, dims="month")
        shock = pm.Deterministic(
            "shock", ou_path(shock_raw, d["years"], sd=shock_sd, length=shock_length), dims="month"
        )

        error_sd = pm.HalfNormal("error_sd", 4.0)
        error_length = pm.LogNormal("error_length", np.log(5.0), 0.6)
        x = d["years"]
        curve = weight @ (pm.math.sin(FREQUENCY[:, None] * (x[None, :] - CENTRE + HALF)) / np.sqrt(HALF))
        mean = intercept[:, None] + slope[:, None] * x[None, :] + (curve + shock)[None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=error_sd, length=error_length)
    return model


def trend(samples: xr.Dataset, years: np.ndarray) -> xr.Dataset:
    """Straight lines with the shared curve added."""
    years = np.asarray(years, dtype=float)
    basis = np.sin(FREQUENCY[:, None] * (years[None, :] - CENTRE + HALF)) / np.sqrt(HALF)
    curve = xr.dot(samples["curve_weight"], xr.DataArray(basis, dims=("sine", "time")), dim="sine")
    lines = linear_trend(samples, years)
    return lines.assign(
        benchmark_trend=lines["benchmark_trend"] + curve, population_mean=lines["population_mean"] + curve
    )
