"""The default model as a kernel, which is its integrated form, and the draws of what was integrated out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from gapmodel.modeling.kernel import Kernel, KernelVariable, scalar_variables
from gapmodel.modeling.marginal import HYPERPARAMETERS, conditional_draws, log_likelihood
from gapmodel.modeling.panel_data import EXCESS_SCALE, PanelData
from gapmodel.modeling.predictive import latent_lags
from gapmodel.modeling.priors import Normal

__all__ = ["draw_lines_and_shock", "lines_and_shock_kernel"]

_MOST_CELLS = 10**7  # lags of that many at once, 80 megabytes
_CELLS = ("observed", "previous", "gap", "first", "years")
_CENSORED = (
    "censored_benchmark",
    "censored_month",
    "censored_bound",
    "censored_sign",
    "censored_stretch",
    "stretch_real",
)
_POPULATION = ("intercept_population", "slope_population")


def lines_and_shock_kernel(data: PanelData, priors: Mapping[str, str]) -> Kernel | None:
    """The integrated form of `models/shared_shock.py` for `data`.

    Parameters
    ----------
    data : PanelData
    priors : mapping of str to str
        `Variant.priors`.

    Returns
    -------
    Kernel
        None for a single benchmark, which has no shock, and for priors that kernels have no code for.
    """
    scalars = scalar_variables(priors, (*_POPULATION, *HYPERPARAMETERS), real=_POPULATION)
    if scalars is None or len(data.benchmark) == 1:
        return None
    excess = KernelVariable("excess_raw", Normal(0, 1), dims=("stretch",), shape=data.stretch_real.shape)
    return Kernel(
        variables=(*scalars, excess),
        likelihood=log_likelihood,
        arguments=(EXCESS_SCALE, *(np.ascontiguousarray(getattr(data, name)) for name in ("lag", *_CELLS, *_CENSORED))),
        form="integrated",
        complete=draw_lines_and_shock,
        complete_prior=_prior_lines_and_shock,
    )


def draw_lines_and_shock(samples: xr.Dataset, data: PanelData, *, seed: int) -> xr.Dataset:
    """Exact draws of what the integrated form leaves out, one for each draw of everything else.

    Parameters
    ----------
    samples : xarray.Dataset
        Dims ``chain, draw``: `HYPERPARAMETERS`, ``intercept_population``, ``slope_population``, ``excess_raw``.
    data : PanelData
        What the draws were conditioned on.
    seed : int

    Returns
    -------
    xarray.Dataset
        `samples`, and under the names of the plain form ``intercept``, ``slope``, ``shock`` and their standard normal
        ``_raw`` counterparts.
    """
    shape = (samples.sizes["chain"], samples.sizes["draw"])
    n = shape[0] * shape[1]
    flat = {name: samples[name].transpose("chain", "draw", ...).to_numpy().reshape(n, -1) for name in samples}
    hypers = np.column_stack([flat[name] for name in HYPERPARAMETERS])
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((n, len(data.month))), rng.standard_normal((n, len(data.benchmark), 2))
    cells = [getattr(data, name) for name in _CELLS]
    shock, line = np.empty_like(noise[0]), np.empty_like(noise[1])
    block = max(1, _MOST_CELLS // data.lag.size)
    for k in (slice(start, start + block) for start in range(0, n, block)):
        population = flat["intercept_population"][k] + flat["slope_population"][k] * data.years
        excess = xr.Dataset({"excess_raw": (("chain", "draw", "stretch"), flat["excess_raw"][None, k])})
        lags = latent_lags(excess, data) - population[:, None, :]
        shock[k], line[k] = conditional_draws(*[lags, *cells, hypers[k], noise[0][k], noise[1][k]])

    def of(values: np.ndarray, *dims: str) -> xr.DataArray:
        return xr.DataArray(values.reshape(*shape, *values.shape[1:]), dims=("chain", "draw", *dims))

    out = {
        "intercept_raw": of(line[:, :, 0], "benchmark"),
        "slope_raw": of(line[:, :, 1], "benchmark"),
        "shock": of(shock, "month"),
        "shock_raw": of(_standardised_path(shock, data.years, hypers[:, 2], hypers[:, 3]), "month"),
    }
    return _with_lines(samples.assign(out))


def _prior_lines_and_shock(samples: xr.Dataset, data: PanelData, *, seed: int) -> xr.Dataset:
    """The same given no lags."""
    shape = (samples.sizes["chain"], samples.sizes["draw"])
    rng = np.random.default_rng(seed)

    def normal(dim: str, n: int) -> xr.DataArray:
        return xr.DataArray(rng.standard_normal((*shape, n)), dims=("chain", "draw", dim))

    benchmark, month = len(data.benchmark), len(data.month)
    samples = samples.assign(
        intercept_raw=normal("benchmark", benchmark),
        slope_raw=normal("benchmark", benchmark),
        shock_raw=normal("month", month),
    )
    sd, length, raw = (samples[name].to_numpy() for name in ("shock_sd", "shock_length", "shock_raw"))
    shock = raw * sd[..., None]
    for t, months in enumerate(12.0 * np.diff(data.years), start=1):
        rho = np.exp(-months / length)
        shock[..., t] = rho * shock[..., t - 1] + np.sqrt(1.0 - rho**2) * shock[..., t]
    return _with_lines(samples.assign(shock=(("chain", "draw", "month"), shock)))


def _with_lines(samples: xr.Dataset) -> xr.Dataset:
    return samples.assign(
        intercept=samples["intercept_population"] + samples["intercept_sd"] * samples["intercept_raw"],
        slope=samples["slope_population"] + samples["slope_sd"] * samples["slope_raw"],
    )


def _standardised_path(path: np.ndarray, years: np.ndarray, sd: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The standard normal steps that `gapmodel.modeling.likelihood.ou_path` turns into `path`, shape (n_draws,
    month)."""
    rho = np.exp(-12.0 * np.diff(years) / length[:, None])
    steps = (path[:, 1:] - rho * path[:, :-1]) / np.sqrt(1.0 - rho**2)
    return np.concatenate([path[:, :1], steps], axis=1) / sd[:, None]
