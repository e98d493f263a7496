r"""`shared_shock` with heavy tails: the errors of each benchmark follow a Student-t process.

.. math::
    y_{bt} &= \alpha_b + \beta_b x_t + u_t + s_b e_{bt}, \qquad s_b^{-2} \sim \mathrm{Gamma}(\nu/2, \nu/2) \\
    \alpha_b &\sim N(\mu_\alpha, \tau_\alpha), \qquad \beta_b \sim N(\mu_\beta, \tau_\beta) \\
    u &\sim \mathrm{OU}(\sigma_u, \ell_u), \qquad e_b \sim \mathrm{OU}(\sigma_e, \ell_e)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. Censored lags enter as bounds. Integrated over its scale :math:`s_b`, the path :math:`s_b e_b` is
multivariate Student-t: a benchmark whose lags stray far weighs less.

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
nu                           2 + Gamma(2, 0.1)       from heavy tails to nearly Gaussian; the variance exists
============================ ======================= =============================================================

What identifies it: how unequal the benchmarks' errors are. Where they are equal :math:`\nu` is large and
`shared_shock` comes back.

Why the tails are those of whole benchmarks and not of single months: between records a lag changes by exactly one day
per day, so that Student-t innovations find a spike at a slope of 12 months per year with a scale near zero, and take
the drops, which carry the level, for outliers. That form was tested, did not converge, and predicted worst of all.

Source: Shah, Wilson and Ghahramani (2014) for the process, Juárez and Steel (2010) for the prior of :math:`\nu`;
otherwise as `shared_shock`.
"""

import numpy as np
import pymc as pm

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors, ou_path
from gapmodel.modeling.variant import PanelData

PRIORS = {
    "intercept_population": "Normal(8, 5) months",
    "intercept_sd": "HalfNormal(5) months",
    "slope_population": "Normal(0, 3) months/year",
    "slope_sd": "HalfNormal(1.5) months/year",
    "shock_sd": "HalfNormal(2) months",
    "shock_length": "LogNormal(log 3, 0.5) months",
    "error_sd": "HalfNormal(4) months",
    "error_length": "LogNormal(log 5, 0.6) months",
    "nu": "2 + Gamma(2, 0.1)",
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
        nu = pm.Deterministic("nu", 2.0 + pm.Gamma("nu_above_two", 2.0, 0.1))
        precision = pm.Gamma("error_precision", nu / 2.0, nu / 2.0, dims="benchmark")
        scale = pm.Deterministic("error_scale", precision**-0.5, dims="benchmark")
        mean = intercept[:, None] + slope[:, None] * d["years"][None, :] + shock[None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=error_sd * scale[:, None], length=error_length)
    return model
