r"""Hierarchical linear trends, OU errors, a shock shared by all benchmarks, censored lags.

.. math::
    y_{bt} &= \alpha_b + \beta_b x_t + u_t + e_{bt} \\
    \alpha_b &\sim N(\mu_\alpha, \tau_\alpha), \qquad \beta_b \sim N(\mu_\beta, \tau_\beta) \\
    u &\sim \mathrm{OU}(\sigma_u, \ell_u), \qquad e_b \sim \mathrm{OU}(\sigma_e, \ell_e)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of
the panel. An OU process has standard deviation :math:`\sigma` and correlation :math:`\exp(-\Delta/\ell)` at a
distance of :math:`\Delta` months. Censored lags enter as bounds on :math:`y_{bt}`.

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

Why each part. A lag is a saw tooth: +1 month per month until an open release drops it, so months are not independent
(OU errors). One release moves many benchmarks (shock :math:`u`): without it the average looks far too certain. A
quarter of the lags are only bounds: without them the gap is biased down. The start-up of a benchmark is handled
before the model, by dates alone, see `gapmodel.modeling.variant.panel_data`.

Lengths: were releases a Poisson process, the age of the latest record would have correlation :math:`\exp(-\Delta/m)`
with :math:`m` the mean time between records. Shared releases follow each other faster than one benchmark's records,
hence the shorter shock. A prior of log 5, 0.6 for both made intervals of the gap half as wide again as their error on
densely run simulated benchmarks.

Errors are Gaussian: the drops of a saw tooth are what carries the level, not outliers.

With a single benchmark nothing is shared and the shock is left out: two OU paths that are only seen as their sum have
no separate values, and no sampler finds them.

What identifies it: benchmarks that overlap in time separate the shock from their own errors; the mean slope and the
shock's slow part are told apart only by the length of the panel, which is why its interval is wide. Where benchmarks
do not overlap, a change in which benchmarks are run can pass for a trend.

Two forms. `build` is the model as written above, `integrated` the same with the deviations of the lines and the shock
integrated out exactly (`gapmodel.modeling.marginal`): a third of the parameters and none of their funnels. Fits sample
the second, and draw lines and shock afterwards from their exact conditional distribution (`recover`).

Source: censored data augmentation, Tanner and Wong (1987); partial pooling, Gelman and Hill (2007), chapter 13; OU
errors in panels, Jones and Boadi-Boateng (1991).
"""

import numpy as np
import pymc as pm

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords, ou_errors, ou_path
from gapmodel.modeling.marginal_op import draw_lines_and_shock, integrated_errors
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
}


def hyperparameters(*, shared: bool) -> dict:
    """Add the parameters that all benchmarks have in common; without the shock's where nothing is `shared`."""
    p = {
        "intercept_population": pm.Normal("intercept_population", 8.0, 5.0),
        "intercept_sd": pm.HalfNormal("intercept_sd", 5.0),
        "slope_population": pm.Normal("slope_population", 0.0, 3.0),
        "slope_sd": pm.HalfNormal("slope_sd", 1.5),
    }
    if shared:
        p["shock_sd"] = pm.HalfNormal("shock_sd", 2.0)
        p["shock_length"] = pm.LogNormal("shock_length", np.log(3.0), 0.5)
    p["error_sd"] = pm.HalfNormal("error_sd", 4.0)
    p["error_length"] = pm.LogNormal("error_length", np.log(5.0), 0.6)
    return p


def build(data: PanelData) -> pm.Model:
    """Return the PyMC model for `data`."""
    shared = len(data.benchmark) > 1
    with pm.Model(coords=model_coords(data)) as model:
        d = add_data(data)
        p = hyperparameters(shared=shared)
        intercept_raw = pm.Normal("intercept_raw", 0.0, 1.0, dims="benchmark")
        slope_raw = pm.Normal("slope_raw", 0.0, 1.0, dims="benchmark")
        intercept = p["intercept_population"] + p["intercept_sd"] * intercept_raw
        slope = p["slope_population"] + p["slope_sd"] * slope_raw
        intercept = pm.Deterministic("intercept", intercept, dims="benchmark")
        slope = pm.Deterministic("slope", slope, dims="benchmark")

        mean = intercept[:, None] + slope[:, None] * d["years"][None, :]
        if shared:
            shock_raw = pm.Normal("shock_raw", 0.0, 1.0, dims="month")
            shock = ou_path(shock_raw, d["years"], sd=p["shock_sd"], length=p["shock_length"])
            mean = mean + pm.Deterministic("shock", shock, dims="month")[None, :]
        ou_errors("errors", censored_lags(d) - mean, d, sd=p["error_sd"], length=p["error_length"])
    return model


def integrated(data: PanelData) -> pm.Model | None:
    """Return the same model without lines and shock; None for a single benchmark, which has no shock."""
    if len(data.benchmark) == 1:
        return None
    with pm.Model(coords=model_coords(data)) as model:
        d = add_data(data)
        p = hyperparameters(shared=True)
        line = p["intercept_population"] + p["slope_population"] * d["years"]
        integrated_errors("errors", censored_lags(d) - line[None, :], d, p)
    return model


recover = draw_lines_and_shock
