r"""Saw teeth as they are: a lag rises by a month per month, and at a record falls to a level that is what is uncertain.

.. math::
    y_{bt} &= y_{b,t-1} + 1 \quad\text{until a record, which comes in a month with probability } p_b \\
    y_{bt} &= \alpha_b + \beta_b x_t + \phi\,(\text{lag before the record} - \text{its mean}) + u_t + e_{bt}
    \quad\text{at a record} \\
    \alpha_b &\sim N(\mu_\alpha, \tau_\alpha), \quad \beta_b \sim N(\mu_\beta, \tau_\beta), \quad
    \operatorname{logit} p_b \sim N(\mu_p, \tau_p), \quad u_t \sim N(0, \sigma_u), \quad e \sim N(0, \sigma_e)

:math:`y_{bt}` is the signed monthly lag (months), :math:`x_t` is in years from the reference date, in the middle of the
panel. The trend of a lag is the level after a record and the mean age of the record, :math:`\alpha_b + \beta_b x +
(1 - p_b) / p_b`. Censored lags enter as bounds on the level of their tooth.

============================ ======================= =============================================================
parameter                    prior                   reason
============================ ======================= =============================================================
intercept_population, months N(5, 5)                 published gaps, less the mean age of a record
intercept_sd, months         HalfN(5)                benchmarks differ by months, rarely by more than a year
slope_population, months/yr  N(0, 3)                 no direction favoured; 6 per year closes any gap in 2 years
slope_sd, months/yr          HalfN(1.5)              half the spread of the mean slope
carried                      Beta(1.5, 3)            share of the lag before a record that is left after it
record_logit_population      N(-1, 0.7)              a record every 2 to 9 months
record_logit_sd              HalfN(0.5)              benchmarks differ by a factor of 2 or so
shock_sd, months             HalfN(2)                one release moves many benchmarks by a few months
error_sd, months             HalfN(4)                where in its reach a record lands
============================ ======================= =============================================================

Why: between records a month adds nothing to what is known, which correlated errors can only approximate. What a record
leaves of the lag before it (growth and collapse) is one number, :math:`\phi`. Months with a record on many benchmarks
are one release: :math:`u_t` is shared.

What identifies it: the levels at records, about as many facts as there are teeth, and the lengths of the teeth.

Source: growth-collapse processes, Boxma, Perry, Stadje and Zacks (2006); partial pooling, Gelman and Hill (2007),
chapter 13.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from gapmodel.modeling.likelihood import add_data, censored_lags, model_coords
from gapmodel.modeling.variant import PanelData, linear_trend

SAME_TOOTH = 0.02  # months by which a rise may differ from the time that passed
APART = 1e4  # months between the stand-ins of two stretches of bounds, so that none continues another
LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)

PRIORS = {
    "intercept_population": "Normal(5, 5) months",
    "intercept_sd": "HalfNormal(5) months",
    "slope_population": "Normal(0, 3) months/year",
    "slope_sd": "HalfNormal(1.5) months/year",
    "carried": "Beta(1.5, 3)",
    "record_logit_population": "Normal(-1, 0.7)",
    "record_logit_sd": "HalfNormal(0.5)",
    "shock_sd": "HalfNormal(2) months",
    "error_sd": "HalfNormal(4) months",
}


def build(data: PanelData) -> pm.Model:
    """Return the PyMC model for `data`."""
    with pm.Model(coords=model_coords(data)) as model:
        d = add_data(data)
        intercept_population = pm.Normal("intercept_population", 5.0, 5.0)
        intercept_sd = pm.HalfNormal("intercept_sd", 5.0)
        slope_population = pm.Normal("slope_population", 0.0, 3.0)
        slope_sd = pm.HalfNormal("slope_sd", 1.5)
        carried = pm.Beta("carried", 1.5, 3.0)
        intercept_raw = pm.Normal("intercept_raw", 0.0, 1.0, dims="benchmark")
        slope_raw = pm.Normal("slope_raw", 0.0, 1.0, dims="benchmark")
        intercept = pm.Deterministic("intercept", intercept_population + intercept_sd * intercept_raw, dims="benchmark")
        slope = pm.Deterministic("slope", slope_population + slope_sd * slope_raw, dims="benchmark")

        record_logit_population = pm.Normal("record_logit_population", -1.0, 0.7)
        record_logit_sd = pm.HalfNormal("record_logit_sd", 0.5)
        record_raw = pm.Normal("record_raw", 0.0, 1.0, dims="benchmark")
        logit = record_logit_population + record_logit_sd * record_raw
        record = pm.Deterministic("record_probability", pm.math.sigmoid(logit), dims="benchmark")

        shock_sd = pm.HalfNormal("shock_sd", 2.0)
        shock = shock_sd * pm.Normal("shock_raw", 0.0, 1.0, dims="month")
        error_sd = pm.HalfNormal("error_sd", 4.0)

        starts, goes_on = _teeth(d)
        at_risk = d["observed"] * (1.0 - d["first"])
        log_none = pt.log1p(-record)[:, None] * d["gap"]
        pm.Potential("lengths", (at_risk * (goes_on * log_none + starts * pt.log1p(-pt.exp(log_none)))).sum())

        lag = censored_lags(d)
        line = intercept[:, None] + slope[:, None] * d["years"][None, :]
        before = pt.take_along_axis(lag, d["previous"], axis=1) + d["gap"]
        away = before - line - (1.0 / record)[:, None]
        level = line + (1.0 - d["first"]) * carried * away + shock[None, :]
        # A benchmark's first lag is the level after a record and the age that it had by then.
        age = d["first"] * ((1.0 - record) / record)[:, None]
        scale = pt.sqrt(error_sd**2 + age * age)
        z = (lag - level - age) / scale
        pm.Potential("errors", (starts * (-0.5 * z**2 - LOG_SQRT_2PI - pt.log(scale))).sum())
    return model


def _teeth(d):
    """1 where a tooth starts, and 1 where one goes on; shape (benchmark, month)."""
    stand_in = pt.abs(d["censored_sign"]) * (d["censored_bound"] + APART * (1.0 + d["censored_stretch"]))
    seen = pt.inc_subtensor(d["lag"][d["censored_benchmark"], d["censored_month"]], stand_in)
    rise = seen - pt.take_along_axis(seen, d["previous"], axis=1) - d["gap"]
    goes_on = d["observed"] * (1.0 - d["first"]) * (pt.abs(rise) < SAME_TOOTH)
    return d["observed"] - goes_on, goes_on


def trend(samples: xr.Dataset, years: np.ndarray) -> xr.Dataset:
    """The line of the levels after records, and the mean age of a record."""
    lines = linear_trend(samples, years)
    age = 1.0 / samples["record_probability"] - 1.0
    population = np.exp(-samples["record_logit_population"] + 0.5 * samples["record_logit_sd"] ** 2)
    return lines.assign(
        benchmark_trend=lines["benchmark_trend"] + age, population_mean=lines["population_mean"] + population
    )
