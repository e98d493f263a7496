r"""The default with heavy tails: Student-t innovations of the errors.

.. math::
    y_{bt} &= \alpha_b + \beta_b x_t + u_t + e_{bt}, \qquad
    e_{bt} \mid e_{b,t-1} \sim t_\nu(\rho\, e_{b,t-1},\ \sigma \sqrt{1 - \rho^2}), \quad \rho = e^{-\Delta / \ell_e} \\
    \alpha_b &\sim N(\mu_\alpha, \tau_\alpha), \qquad \beta_b \sim N(\mu_\beta, \tau_\beta), \qquad
    u \sim \mathrm{OU}(\sigma_u, \ell_u)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. Censored lags enter as bounds. The first error of a benchmark is :math:`t_\nu(0, \sigma)`; with unequal
spacing the process is not exactly stationary.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
intercept_population, months N(8, 5)                 published gaps lie between 0 and 18 months
intercept_sd, months         HalfN(5)                benchmarks differ by months, rarely by more than a year
slope_population, months/yr  N(0, 3)                 no direction favoured; 6 a year closes any gap in 2 years
slope_sd, months/yr          HalfN(1.5)              half the spread of the mean slope
shock_sd, months             HalfN(2)                one release moves many benchmarks by a few months
shock_length, months         LogN(log 3, 0.5)        some open record, on any benchmark, comes every 1 to 7 months
error_sd, months             HalfN(4)                height of the saw teeth
error_length, months         LogN(log 5, 0.6)        open records of one benchmark come every 2 to 13 months
nu                           2 + Gamma(2, 0.1)       from heavy tails to nearly Gaussian; the variance exists
============================ ======================= =============================================================

What identifies it: the size of the saw tooth's drops against its steady rise. With few tails :math:`\nu` is large and
the default comes back. Beware: most monthly changes are +1 and the few large drops carry the level, so that taking
them for outliers can move the level towards the rising flank.

Source: Juárez and Steel (2010) for the prior of :math:`\nu`; otherwise as `shared_shock`.
"""

import numpy as np
import pymc as pm

from gapmodel.likelihood import add_data, censored_lags, model_coords, ou_errors, ou_path
from gapmodel.variant import PanelData

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
        mean = intercept[:, None] + slope[:, None] * d["years"][None, :] + shock[None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=error_sd, length=error_length, nu=nu)
    return model
