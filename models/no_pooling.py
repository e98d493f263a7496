r"""One straight line per benchmark, nothing shared, independent errors.

.. math::
    y_{bt} = \alpha_b + \beta_b x_t + e_{bt}, \qquad e_{bt} \sim N(0, \sigma), \qquad
    \alpha_b \sim N(8, 7), \quad \beta_b \sim N(0, 3.4)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. Censored lags enter as bounds.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
intercept, months            N(8, 7)                 as wide as the hierarchical prior of one benchmark
slope, months/yr             N(0, 3.4)               as wide as the hierarchical prior of one benchmark
error_sd, months             HalfN(4)                height of the saw teeth
============================ ======================= =============================================================

What identifies it: each benchmark's own months. There is no population: population mean and spread are the mean and
standard deviation over the benchmarks in the panel, so that a new benchmark is like one of those. A benchmark with
few months keeps its prior slope and pulls the average about. Here to show what pooling does.

Source: Gelman and Hill (2007), chapter 12.
"""

import numpy as np
import pymc as pm
import xarray as xr

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors
from gapmodel.modeling.variant import PanelData

PRIORS = {
    "intercept": "Normal(8, 7) months",
    "slope": "Normal(0, 3.4) months/year",
    "error_sd": "HalfNormal(4) months",
}


def build(data: PanelData) -> pm.Model:
    """Return the PyMC model for `data`."""
    with pm.Model(coords=model_coords(data)) as model:
        d = add_data(data)
        intercept = pm.Normal("intercept", 8.0, 7.0, dims="benchmark")
        slope = pm.Normal("slope", 0.0, 3.4, dims="benchmark")

        error_sd = pm.HalfNormal("error_sd", 4.0)
        mean = intercept[:, None] + slope[:, None] * d["years"][None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=error_sd)
    return model


def trend(samples: xr.Dataset, years: np.ndarray) -> xr.Dataset:
    """Lines of the benchmarks, with their mean and standard deviation as population."""
    lines = samples["intercept"] + samples["slope"] * xr.DataArray(np.asarray(years, dtype=float), dims="time")
    return xr.Dataset(
        {
            "benchmark_trend": lines,
            "population_mean": lines.mean("benchmark"),
            "population_sd": lines.std("benchmark"),
        }
    )
