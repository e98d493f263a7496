r"""Hierarchical straight lines, errors correlated in time within a benchmark.

.. math::
    y_{bt} &= \alpha_b + \beta_b x_t + e_{bt}, \qquad e_b \sim \mathrm{OU}(\sigma, \ell) \\
    \alpha_b &\sim N(\mu_\alpha, \tau_\alpha), \qquad \beta_b \sim N(\mu_\beta, \tau_\beta)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. Censored lags enter as bounds. An OU process has standard deviation :math:`\sigma` and correlation
:math:`\exp(-\Delta/\ell)` at a distance of :math:`\Delta` months.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
intercept_population, months N(8, 5)                 published gaps lie between 0 and 18 months
intercept_sd, months         HalfN(5)                benchmarks differ by months, rarely by more than a year
slope_population, months/yr  N(0, 3)                 no direction favoured; 6 per year closes any gap in 2 years
slope_sd, months/yr          HalfN(1.5)              half the spread of the mean slope
error_sd, months             HalfN(4)                height of the saw teeth
error_length, months         LogN(log 5, 0.6)        open records of one benchmark come every 2 to 13 months
============================ ======================= =============================================================

What identifies it: the decay of a benchmark's residuals gives the length. Benchmarks count as independent of each
other, though one release moves many at once, so the average is still too certain: `shared_shock` adds that.

Source: OU errors in panels, Jones and Boadi-Boateng (1991).
"""

import numpy as np
import pymc as pm

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors
from gapmodel.modeling.variant import PanelData

PRIORS = {
    "intercept_population": "Normal(8, 5) months",
    "intercept_sd": "HalfNormal(5) months",
    "slope_population": "Normal(0, 3) months/year",
    "slope_sd": "HalfNormal(1.5) months/year",
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

        error_sd = pm.HalfNormal("error_sd", 4.0)
        error_length = pm.LogNormal("error_length", np.log(5.0), 0.6)
        mean = intercept[:, None] + slope[:, None] * d["years"][None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=error_sd, length=error_length)
    return model
