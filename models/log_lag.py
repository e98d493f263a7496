r"""Straight lines in the logarithm of the mean lag: the trend never crosses zero, by construction.

.. math::
    y_{bt} &= \exp(\alpha_b + \beta_b x_t) + u_t + e_{bt} \\
    \alpha_b &\sim N(\mu_\alpha, \tau_\alpha), \qquad \beta_b \sim N(\mu_\beta, \tau_\beta), \qquad
    u \sim \mathrm{OU}(\sigma_u, \ell_u), \qquad e_b \sim \mathrm{OU}(\sigma_e, \ell_e)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. Censored lags enter as bounds. The mean is positive and its logarithm is linear; errors stay in months, so
that leads are possible and densities compare with those of the other variants. P(zero) is 0 for every date: not a
finding but the form, and the reason why the form matters.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
log_intercept_population     N(log 6, 0.5)           published gaps lie between 2 and 16 months
log_intercept_sd             HalfN(0.3)              benchmarks differ by a factor of 1.3 to 2
log_slope_population, 1/yr   N(0, 0.35)              no direction favoured; the gap halves or doubles in 1 year at most
log_slope_sd, 1/yr           HalfN(0.2)              about half the spread of the mean slope
shock_sd, months             HalfN(2)                one release moves many benchmarks by a few months
shock_length, months         LogN(log 3, 0.5)        some open record, on any benchmark, comes every 1 to 7 months
error_sd, months             HalfN(4)                height of the saw teeth
error_length, months         LogN(log 5, 0.6)        open records of one benchmark come every 2 to 13 months
============================ ======================= =============================================================

What identifies it: as `shared_shock`; over three years a line and an exponential differ little.

Source: Gelman and Hill (2007), chapter 4, on logarithms of positive quantities; otherwise as `shared_shock`.
"""

import numpy as np
import pymc as pm
import xarray as xr

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors, ou_path
from gapmodel.modeling.variant import PanelData

# The exponential of a fully censored benchmark is bounded by nothing but its prior.
SAMPLER = {"target_accept": 0.995}

PRIORS = {
    "log_intercept_population": "Normal(log 6, 0.5) log months",
    "log_intercept_sd": "HalfNormal(0.3)",
    "log_slope_population": "Normal(0, 0.35) a year",
    "log_slope_sd": "HalfNormal(0.2) a year",
    "shock_sd": "HalfNormal(2) months",
    "shock_length": "LogNormal(log 3, 0.5) months",
    "error_sd": "HalfNormal(4) months",
    "error_length": "LogNormal(log 5, 0.6) months",
}


def build(data: PanelData) -> pm.Model:
    """Return the PyMC model for `data`."""
    with pm.Model(coords=model_coords(data)) as model:
        d = add_data(data)
        intercept_population = pm.Normal("log_intercept_population", np.log(6.0), 0.5)
        intercept_sd = pm.HalfNormal("log_intercept_sd", 0.3)
        slope_population = pm.Normal("log_slope_population", 0.0, 0.35)
        slope_sd = pm.HalfNormal("log_slope_sd", 0.2)
        intercept_raw = pm.Normal("intercept_raw", 0.0, 1.0, dims="benchmark")
        slope_raw = pm.Normal("slope_raw", 0.0, 1.0, dims="benchmark")
        intercept = pm.Deterministic(
            "log_intercept", intercept_population + intercept_sd * intercept_raw, dims="benchmark"
        )
        slope = pm.Deterministic("log_slope", slope_population + slope_sd * slope_raw, dims="benchmark")

        shock_sd = pm.HalfNormal("shock_sd", 2.0)
        shock_length = pm.LogNormal("shock_length", np.log(3.0), 0.5)
        shock_raw = pm.Normal("shock_raw", 0.0, 1.0, dims="month")
        shock = pm.Deterministic(
            "shock", ou_path(shock_raw, d["years"], sd=shock_sd, length=shock_length), dims="month"
        )

        error_sd = pm.HalfNormal("error_sd", 4.0)
        error_length = pm.LogNormal("error_length", np.log(5.0), 0.6)
        mean = pm.math.exp(intercept[:, None] + slope[:, None] * d["years"][None, :]) + shock[None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=error_sd, length=error_length)
    return model


def trend(samples: xr.Dataset, years: np.ndarray) -> xr.Dataset:
    """Exponentials; the population's mean is its median benchmark, its spread by the delta method."""
    at = xr.DataArray(np.asarray(years, dtype=float), dims="time")
    middle = np.exp(samples["log_intercept_population"] + samples["log_slope_population"] * at)
    spread = np.sqrt(samples["log_intercept_sd"] ** 2 + (samples["log_slope_sd"] * at) ** 2)
    return xr.Dataset(
        {
            "benchmark_trend": np.exp(samples["log_intercept"] + samples["log_slope"] * at),
            "population_mean": middle,
            "population_sd": middle * spread,
        }
    )
