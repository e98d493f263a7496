r"""Exponential approach to a floor: the gap closes (or opens) ever more slowly.

.. math::
    y_{bt} &= \phi_b + \delta_b e^{-r x_t} + u_t + e_{bt}, \qquad r > 0 \\
    \phi_b &\sim N(\mu_\phi, \tau_\phi), \qquad \delta_b \sim N(\mu_\delta, \tau_\delta), \qquad
    u \sim \mathrm{OU}(\sigma_u, \ell_u), \qquad e_b \sim \mathrm{OU}(\sigma_e, \ell_e)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. Censored lags enter as bounds. :math:`\phi_b` is the floor and :math:`\delta_b` the excess over it at the
reference date. The average reaches zero only where its floor is below zero.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
floor_population, months     N(6, 4)                 where published gaps lie; may be below zero
floor_sd, months             HalfN(4)                benchmarks differ by months
excess_population, months    N(0, 2)                 no direction favoured; with the rate, slopes of `shared_shock`
excess_sd, months            HalfN(1)                half the spread of the mean excess
rate, 1/yr                   LogN(log 0.7, 0.5)      half of the way in 4 months to 3 years
shock_sd, months             HalfN(2)                one release moves many benchmarks by a few months
shock_length, months         LogN(log 3, 0.5)        some open record, on any benchmark, comes every 1 to 7 months
error_sd, months             HalfN(4)                height of the saw teeth
error_length, months         LogN(log 5, 0.6)        open records of one benchmark come every 2 to 13 months
============================ ======================= =============================================================

What identifies it: a trend that is steeper early than late. Where the trend is nearly straight, floor and rate are
not told apart by the data, and P(zero) leans on the prior of the floor.

Source: asymptotic regression, Pinheiro and Bates (2000), appendix C.1; otherwise as `shared_shock`.
"""

import numpy as np
import pymc as pm
import xarray as xr

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors, ou_path
from gapmodel.modeling.variant import PanelData

PRIORS = {
    "floor_population": "Normal(6, 4) months",
    "floor_sd": "HalfNormal(4) months",
    "excess_population": "Normal(0, 2) months",
    "excess_sd": "HalfNormal(1) months",
    "rate": "LogNormal(log 0.7, 0.5) a year",
    "shock_sd": "HalfNormal(2) months",
    "shock_length": "LogNormal(log 3, 0.5) months",
    "error_sd": "HalfNormal(4) months",
    "error_length": "LogNormal(log 5, 0.6) months",
}


def build(data: PanelData) -> pm.Model:
    """Return the PyMC model for `data`."""
    with pm.Model(coords=model_coords(data)) as model:
        d = add_data(data)
        floor_population = pm.Normal("floor_population", 6.0, 4.0)
        floor_sd = pm.HalfNormal("floor_sd", 4.0)
        excess_population = pm.Normal("excess_population", 0.0, 2.0)
        excess_sd = pm.HalfNormal("excess_sd", 1.0)
        rate = pm.LogNormal("rate", np.log(0.7), 0.5)
        floor_raw = pm.Normal("floor_raw", 0.0, 1.0, dims="benchmark")
        excess_start_raw = pm.Normal("excess_start_raw", 0.0, 1.0, dims="benchmark")
        floor = pm.Deterministic("floor", floor_population + floor_sd * floor_raw, dims="benchmark")
        excess = pm.Deterministic("excess", excess_population + excess_sd * excess_start_raw, dims="benchmark")

        shock_sd = pm.HalfNormal("shock_sd", 2.0)
        shock_length = pm.LogNormal("shock_length", np.log(3.0), 0.5)
        shock_raw = pm.Normal("shock_raw", 0.0, 1.0, dims="month")
        shock = pm.Deterministic(
            "shock", ou_path(shock_raw, d["years"], sd=shock_sd, length=shock_length), dims="month"
        )

        error_sd = pm.HalfNormal("error_sd", 4.0)
        error_length = pm.LogNormal("error_length", np.log(5.0), 0.6)
        decay = pm.math.exp(-rate * d["years"])
        mean = floor[:, None] + excess[:, None] * decay[None, :] + shock[None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=error_sd, length=error_length)
    return model


def trend(samples: xr.Dataset, years: np.ndarray) -> xr.Dataset:
    """Curves of the benchmarks, and of the population with its spread."""
    decay = np.exp(-samples["rate"] * xr.DataArray(np.asarray(years, dtype=float), dims="time"))
    return xr.Dataset(
        {
            "benchmark_trend": samples["floor"] + samples["excess"] * decay,
            "population_mean": samples["floor_population"] + samples["excess_population"] * decay,
            "population_sd": np.sqrt(samples["floor_sd"] ** 2 + (samples["excess_sd"] * decay) ** 2),
        }
    )
