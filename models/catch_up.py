r"""Survival model of the months until a closed record is matched, with a trend in the record's date.

.. math::
    T_{br} &= \alpha_b + \beta_b x_r + u_r + e_{br} \\
    \alpha_b &\sim N(\mu_\alpha, \tau_\alpha), \qquad \beta_b \sim N(\mu_\beta, \tau_\beta), \qquad
    u \sim \mathrm{OU}(\sigma_u, \ell_u), \qquad e_b \sim \mathrm{OU}(\sigma_e, \ell_e)

:math:`T_{br}` is the time (months) from closed record :math:`r` of benchmark :math:`b` to the first open model at or
above it, negative where open was there first; :math:`x_r` is the record's date in years from the reference date. A
record not yet matched at the end of the window is right-censored, one that the first open model already matched is
left-censored; records and matches of a benchmark's start-up are bounds. Of several records in one month the last
counts.

A location-scale survival model on the scale of months, not of log months: a time can be zero or negative, and zero is
what is asked about. Records that one open release matches together have correlated errors.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
intercept_population, months N(8, 5)                 published gaps lie between 0 and 18 months
intercept_sd, months         HalfN(5)                benchmarks differ by months, rarely by more than a year
slope_population, months/yr  N(0, 3)                 no direction favoured; 6 per year closes any gap in 2 years
slope_sd, months/yr          HalfN(1.5)              half the spread of the mean slope
shock_sd, months             HalfN(2)                one release moves many benchmarks by a few months
shock_length, months         LogN(log 3, 0.5)        some open record, on any benchmark, comes every 1 to 7 months
error_sd, months             HalfN(4)                height of the saw teeth
error_length, months         LogN(log 5, 0.6)        open records of one benchmark come every 2 to 13 months
============================ ======================= =============================================================

What identifies it: matched records give level and trend, unmatched ones pull the recent end up. It looks forward from
a closed record where the lag looks back from the open frontier, so its numbers are near those of the lag models but
answer another question, and its densities are of other data: it takes no part in predictive comparison.

Source: Klein and Moeschberger (2003), chapters 3 and 12; otherwise as `shared_shock`.
"""

import numpy as np
import pymc as pm

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors, ou_path
from gapmodel.modeling.variant import PanelData

VIEW = "catch_up"

PRIORS = {
    "intercept_population": "Normal(8, 5) months",
    "intercept_sd": "HalfNormal(5) months",
    "slope_population": "Normal(0, 3) months/year",
    "slope_sd": "HalfNormal(1.5) months/year",
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
        slope_sd = pm.HalfNormal("slope_sd", 1.5)
        intercept_raw = pm.Normal("intercept_raw", 0.0, 1.0, dims="benchmark")
        slope_raw = pm.Normal("slope_raw", 0.0, 1.0, dims="benchmark")
        intercept = pm.Deterministic("intercept", intercept_population + intercept_sd * intercept_raw, dims="benchmark")
        slope = pm.Deterministic("slope", slope_population + slope_sd * slope_raw, dims="benchmark")

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
