r"""One straight line for all benchmarks, independent errors: the published analysis made Bayesian.

.. math::
    y_{bt} = \alpha + \beta x_t + e_{bt}, \qquad e_{bt} \sim N(0, \sigma)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. Censored lags enter as bounds.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
intercept_population, months N(8, 5)                 published gaps lie between 0 and 18 months
slope_population, months/yr  N(0, 3)                 no direction favoured; 6 per year closes any gap in 2 years
error_sd, months             HalfN(4)                height of the saw teeth
============================ ======================= =============================================================

What identifies it: everything, easily, and wrongly: 400 months of one saw tooth per benchmark count as 400 independent
facts, and a benchmark that enters the panel with another level passes for a trend. Its intervals are far too narrow;
it is here as the published line with intervals, to be compared with and not cited. Unlike that line it uses bounds.

Source: Gelman, Carlin, Stern, Dunson, Vehtari and Rubin (2013), chapter 14.
"""

import pymc as pm
import pytensor.tensor as pt

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors
from gapmodel.modeling.variant import PanelData

PRIORS = {
    "intercept_population": "Normal(8, 5) months",
    "slope_population": "Normal(0, 3) months/year",
    "error_sd": "HalfNormal(4) months",
}


def build(data: PanelData) -> pm.Model:
    """Return the PyMC model for `data`."""
    with pm.Model(coords=model_coords(data)) as model:
        d = add_data(data)
        intercept_population = pm.Normal("intercept_population", 8.0, 5.0)
        slope_population = pm.Normal("slope_population", 0.0, 3.0)
        each = pt.ones(len(data.benchmark))
        intercept = pm.Deterministic("intercept", intercept_population * each, dims="benchmark")
        slope = pm.Deterministic("slope", slope_population * each, dims="benchmark")

        error_sd = pm.HalfNormal("error_sd", 4.0)
        mean = intercept[:, None] + slope[:, None] * d["years"][None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=error_sd)
    return model
