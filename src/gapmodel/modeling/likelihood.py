r"""Pieces that variants share: data into the model, censored lags, errors correlated in time.

Censored lags are augmented (Tanner and Wong 1987, doi:10.1080/01621459.1987.10478458): how far a lag lies beyond its
bound is a parameter of the model, :math:`y = c \pm 4\,\mathrm{softplus}(z)`, and :math:`y` then enters the error
process as an observed lag would. Until a record of the group behind, a lag changes by one day per day whether its level
is known or not, and so does its bound: one :math:`z` serves the whole stretch. Integrated over :math:`z` this is
exactly the likelihood of what is known, the steps within a stretch and a bound on its level. (Bounds taken as separate
facts, one :math:`z` per month, say less than is known; on the bundled data they doubled the slope.)

Errors follow an Ornstein-Uhlenbeck process seen at month-ends, that is an AR(1) for which spacing may be irregular:
:math:`e_i \mid e_{i-1} \sim N(\rho\, e_{i-1},\ \sigma^2 (1-\rho^2))` with :math:`\rho = \exp(-\Delta_i / \ell)`.
"""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from gapmodel.modeling.panel_data import EXCESS_SCALE, PanelData

__all__ = ["add_data", "censored_lags", "model_coords", "ou_errors", "ou_path"]

_LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)


def model_coords(data: PanelData) -> dict[str, object]:
    """Coordinates of a model, for ``pm.Model(coords=...)``.

    Parameters
    ----------
    data : PanelData
        B benchmarks, C categories, T months, R censored stretches.

    Returns
    -------
    dict
        ``benchmark`` (B names), ``category`` (C names), ``month`` (T month-ends, ISO text), ``stretch`` (0 to R - 1).
    """
    return {
        "benchmark": data.benchmark,
        "category": data.category,
        "month": np.datetime_as_string(data.month, unit="D"),
        "stretch": np.arange(len(data.stretch_real)),
    }


def add_data(data: PanelData) -> dict:
    """Register every array of `data` as `pm.Data` in the model on the stack.

    Parameters
    ----------
    data : PanelData

    Returns
    -------
    dict
        Name → variable, for the names in ``data.ARRAYS``; shapes and units as `PanelData` documents them.
    """
    return {name: pm.Data(name, value) for name, value in data.arrays.items()}


def censored_lags(d: dict):
    """Lags with the censored cells filled by latent values.

    Adds the free variable ``excess_raw`` (stretch), whose standard normal density is replaced by the Jacobian
    of the excess, so that a priori the latent lag has no distribution other than the error process's.
    Padding keeps the standard normal and touches nothing.

    Parameters
    ----------
    d : dict
        From `add_data`; the model has the coordinates of `model_coords`.

    Returns
    -------
    tensor, shape (benchmark, month), months
        The lag where it was observed exactly, 0 where nothing was.
    """
    raw = pm.Normal("excess_raw", 0.0, 1.0, dims="stretch")
    log_jacobian = np.log(EXCESS_SCALE) - pt.softplus(-raw)
    pm.Potential("excess_measure", (d["stretch_real"] * (log_jacobian + 0.5 * raw**2 + _LOG_SQRT_2PI)).sum())
    sign = d["censored_sign"]
    real = pt.abs(sign)
    latent = d["censored_bound"] + sign * EXCESS_SCALE * pt.softplus(raw)[d["censored_stretch"]]
    # inc_subtensor: padding adds exactly zero, wherever it points.
    cells = d["lag"][d["censored_benchmark"], d["censored_month"]]
    return pt.inc_subtensor(cells, real * latent)


def ou_errors(name: str, error, d: dict, *, sd, length=None) -> None:
    """Add the log density of errors to the model.

    Parameters
    ----------
    name : str
        Of the potential; other modules look for ``errors``.
    error : tensor, shape (benchmark, month), months
        Lag less what the model expects; finite also where not observed, though it does not count there.
    d : dict
        From `add_data`.
    sd : tensor, months
        Stationary standard deviation; scalar, or one per benchmark with shape (benchmark, 1).
    length : tensor, months, optional
        Correlation length; None for independent errors.
    """
    if length is None:
        centre, scale = pt.zeros_like(error), sd * pt.ones_like(error)
    else:
        before = pt.take_along_axis(error, d["previous"], axis=1)
        rho = pt.exp(-d["gap"] / length) * (1.0 - d["first"])
        centre, scale = rho * before, sd * pt.sqrt(1.0 - rho**2)
    z = (error - centre) / scale
    pm.Potential(name, (d["observed"] * (-0.5 * z**2 - _LOG_SQRT_2PI - pt.log(scale))).sum())


def ou_path(raw, years, *, sd, length):
    """Stationary OU path from standard normal steps.

    ``path_i = rho_i path_{i-1} + sd sqrt(1 - rho_i^2) raw_i``, written as one triangular product because a scan
    compiles and differentiates slowly.

    Parameters
    ----------
    raw : tensor, shape (month,)
        Standard normal.
    years : tensor, shape (month,), years
        Ascending times.
    sd : tensor, scalar, months
        Stationary standard deviation.
    length : tensor, scalar, months
        Correlation length.

    Returns
    -------
    tensor, shape (month,), months
    """
    months = 12.0 * years
    distance = pt.maximum(months[:, None] - months[None, :], 0.0)
    # A step of 1e6 months starts the path at its stationary law (an infinite one has no gradient).
    step = pt.concatenate([np.array([1e6]), months[1:] - months[:-1]])
    innovation_sd = pt.sqrt(1.0 - pt.exp(-2.0 * step / length))
    return sd * (pt.tril(pt.exp(-distance / length)) * innovation_sd[None, :] @ raw)
