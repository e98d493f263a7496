r"""`shared_shock` with a mean slope for each category (coding, mathematics, agentic, knowledge …).

.. math::
    y_{bt} &= \alpha_b + \beta_b x_t + u_t + e_{bt} \\
    \alpha_b &\sim N(\mu_\alpha, \tau_\alpha), \qquad \beta_b \sim N(\gamma_{c(b)}, \tau_\beta), \qquad
    \gamma_c \sim N(\mu_\beta, \tau_\gamma) \\
    u &\sim \mathrm{OU}(\sigma_u, \ell_u), \qquad e_b \sim \mathrm{OU}(\sigma_e, \ell_e)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. Censored lags enter as bounds. :math:`c(b)` is the category of benchmark :math:`b`.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
intercept_population, months N(8, 5)                 published gaps lie between 0 and 18 months
intercept_sd, months         HalfN(5)                benchmarks differ by months, rarely by more than a year
slope_population, months/yr  N(0, 3)                 no direction favoured; 6 per year closes any gap in 2 years
slope_category_sd, months/yr HalfN(1)                categories differ less than benchmarks do
slope_sd, months/yr          HalfN(1.2)              with the categories, that of `shared_shock`
shock_sd, months             HalfN(2)                one release moves many benchmarks by a few months
shock_length, months         LogN(log 3, 0.5)        some open record, on any benchmark, comes every 1 to 7 months
error_sd, months             HalfN(4)                height of the saw teeth
error_length, months         LogN(log 5, 0.6)        open records of one benchmark come every 2 to 13 months
============================ ======================= =============================================================

What identifies it: categories with several benchmarks. Many have one or two; their slope is then nearly that of the
benchmark, and :math:`\tau_\gamma` leans on its prior. `slope_category` holds the slopes by category.

Source: Gelman and Hill (2007), chapter 13.
"""

import numpy as np
import pymc as pm
import xarray as xr

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors, ou_path
from gapmodel.modeling.variant import PanelData

PRIORS = {
    "intercept_population": "Normal(8, 5) months",
    "intercept_sd": "HalfNormal(5) months",
    "slope_population": "Normal(0, 3) months/year",
    "slope_category_sd": "HalfNormal(1) months/year",
    "slope_sd": "HalfNormal(1.2) months/year",
    "shock_sd": "HalfNormal(2) months",
    "shock_length": "LogNormal(log 3, 0.5) months",
    "error_sd": "HalfNormal(4) months",
    "error_length": "LogNormal(log 5, 0.6) months",
}


def build(data: PanelData) -> pm.Model:
    """Return the PyMC model for `data`."""
    with pm.Model(coords=model_coords(data)) as model:
        d = add_data(data)
        intercept_population = pm.Normal("intercept_population", 8.0, 5.0)
        intercept_sd = pm.HalfNormal("intercept_sd", 5.0)
        slope_population = pm.Normal("slope_population", 0.0, 3.0)
        slope_category_sd = pm.HalfNormal("slope_category_sd", 1.0)
        slope_sd = pm.HalfNormal("slope_sd", 1.2)
        intercept_raw = pm.Normal("intercept_raw", 0.0, 1.0, dims="benchmark")
        category_raw = pm.Normal("category_raw", 0.0, 1.0, dims="category")
        slope_raw = pm.Normal("slope_raw", 0.0, 1.0, dims="benchmark")
        intercept = pm.Deterministic("intercept", intercept_population + intercept_sd * intercept_raw, dims="benchmark")
        slope_category = pm.Deterministic(
            "slope_category", slope_population + slope_category_sd * category_raw, dims="category"
        )
        slope = pm.Deterministic("slope", slope_category[d["category_of"]] + slope_sd * slope_raw, dims="benchmark")

        shock_sd = pm.HalfNormal("shock_sd", 2.0)
        shock_length = pm.LogNormal("shock_length", np.log(3.0), 0.5)
        shock_raw = pm.Normal("shock_raw", 0.0, 1.0, dims="month")
        shock = pm.Deterministic(
            "shock", ou_path(shock_raw, d["years"], sd=shock_sd, length=shock_length), dims="month"
        )

        error_sd = pm.HalfNormal("error_sd", 4.0)
        error_length = pm.LogNormal("error_length", np.log(5.0), 0.6)
        mean = intercept[:, None] + slope[:, None] * d["years"][None, :] + shock[None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=error_sd, length=error_length)
    return model


def trend(samples: xr.Dataset, years: np.ndarray) -> xr.Dataset:
    """Straight lines; a new benchmark belongs to a new category."""
    at = xr.DataArray(np.asarray(years, dtype=float), dims="time")
    slope_variance = samples["slope_sd"] ** 2 + samples["slope_category_sd"] ** 2
    return xr.Dataset(
        {
            "benchmark_trend": samples["intercept"] + samples["slope"] * at,
            "population_mean": samples["intercept_population"] + samples["slope_population"] * at,
            "population_sd": np.sqrt(samples["intercept_sd"] ** 2 + slope_variance * at**2),
        }
    )
