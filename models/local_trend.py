r"""`shared_shock` with a mean slope that drifts as a random walk: forecasts widen.

.. math::
    y_{bt} &= \alpha_b + \beta_b x_t + g(x_t) + u_t + e_{bt}, \qquad
    g'' \text{ steps at knots half a year apart by } N(0, \sigma_d \sqrt{1/2}) \\
    \alpha_b &\sim N(\mu_\alpha, \tau_\alpha), \qquad \beta_b \sim N(\mu_\beta, \tau_\beta), \qquad
    u \sim \mathrm{OU}(\sigma_u, \ell_u), \qquad e_b \sim \mathrm{OU}(\sigma_e, \ell_e)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. Censored lags enter as bounds. :math:`g` is shared by all benchmarks, piecewise linear, with :math:`g(0) =
g'(0) = 0`; :math:`\mu_\beta` is the slope at the reference date and :math:`\sigma_d` in months/year per root year.
Knots lie from 6 years before it to 16 after; beyond them the slope stays. Steps after the data keep their prior, and
so every draw has a future of its own.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
intercept_population, months N(8, 5)                 published gaps lie between 0 and 18 months
intercept_sd, months         HalfN(5)                benchmarks differ by months, rarely by more than a year
slope_population, months/yr  N(0, 3)                 no direction favoured; 6 per year closes any gap in 2 years
slope_sd, months/yr          HalfN(1.5)              half the spread of the mean slope
drift_sd                     HalfN(1.5)              within a year the slope changes by about one month per year
shock_sd, months             HalfN(2)                one release moves many benchmarks by a few months
shock_length, months         LogN(log 3, 0.5)        some open record, on any benchmark, comes every 1 to 7 months
error_sd, months             HalfN(4)                height of the saw teeth
error_length, months         LogN(log 5, 0.6)        open records of one benchmark come every 2 to 13 months
============================ ======================= =============================================================

What identifies it: bends of the mean that last longer than the shock. Three years of data hold little about the
drift, so its prior matters; read P(zero) with that in mind.

Source: local linear trend, Harvey (1989), chapter 2.
"""

import numpy as np
import pymc as pm
import xarray as xr

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors, ou_path
from gapmodel.modeling.variant import PanelData, linear_trend

SPACING = 0.5  # years
KNOTS = np.arange(-6.25, 16.5, SPACING)
# Before the reference date the walk runs backwards.
SIDE = np.sign(KNOTS)

PRIORS = {
    "intercept_population": "Normal(8, 5) months",
    "intercept_sd": "HalfNormal(5) months",
    "slope_population": "Normal(0, 3) months/year",
    "slope_sd": "HalfNormal(1.5) months/year",
    "drift_sd": "HalfNormal(1.5) months/year per root year",
    "shock_sd": "HalfNormal(2) months",
    "shock_length": "LogNormal(log 3, 0.5) months",
    "error_sd": "HalfNormal(4) months",
    "error_length": "LogNormal(log 5, 0.6) months",
}


def build(data: PanelData) -> pm.Model:
    """Return the PyMC model for `data`."""
    with pm.Model(coords=model_coords(data) | {"knot": np.arange(len(KNOTS))}) as model:
        d = add_data(data)
        intercept_population = pm.Normal("intercept_population", 8.0, 5.0)
        intercept_sd = pm.HalfNormal("intercept_sd", 5.0)
        slope_population = pm.Normal("slope_population", 0.0, 3.0)
        slope_sd = pm.HalfNormal("slope_sd", 1.5)
        intercept_raw = pm.Normal("intercept_raw", 0.0, 1.0, dims="benchmark")
        slope_raw = pm.Normal("slope_raw", 0.0, 1.0, dims="benchmark")
        intercept = pm.Deterministic("intercept", intercept_population + intercept_sd * intercept_raw, dims="benchmark")
        slope = pm.Deterministic("slope", slope_population + slope_sd * slope_raw, dims="benchmark")

        drift_sd = pm.HalfNormal("drift_sd", 1.5)
        step_raw = pm.Normal("step_raw", 0.0, 1.0, dims="knot")
        step = pm.Deterministic("slope_step", drift_sd * np.sqrt(SPACING) * step_raw, dims="knot")

        shock_sd = pm.HalfNormal("shock_sd", 2.0)
        shock_length = pm.LogNormal("shock_length", np.log(3.0), 0.5)
        shock_raw = pm.Normal("shock_raw", 0.0, 1.0, dims="month")
        shock = pm.Deterministic(
            "shock", ou_path(shock_raw, d["years"], sd=shock_sd, length=shock_length), dims="month"
        )

        error_sd = pm.HalfNormal("error_sd", 4.0)
        error_length = pm.LogNormal("error_length", np.log(5.0), 0.6)
        x = d["years"]
        bend = step @ pm.math.maximum(SIDE[:, None] * (x[None, :] - KNOTS[:, None]), 0.0)
        mean = intercept[:, None] + slope[:, None] * x[None, :] + (bend + shock)[None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=error_sd, length=error_length)
    return model


def trend(samples: xr.Dataset, years: np.ndarray) -> xr.Dataset:
    """Straight lines with the shared bend added."""
    years = np.asarray(years, dtype=float)
    basis = np.maximum(SIDE[:, None] * (years[None, :] - KNOTS[:, None]), 0.0)
    bend = xr.dot(samples["slope_step"], xr.DataArray(basis, dims=("knot", "time")), dim="knot")
    lines = linear_trend(samples, years)
    return lines.assign(
        benchmark_trend=lines["benchmark_trend"] + bend, population_mean=lines["population_mean"] + bend
    )
