"""`gapmodel.modeling.marginal` as part of a PyMC model, and the draws of what was integrated out."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping

import numba
import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from gapmodel.modeling import marginal
from gapmodel.modeling.marginal import HYPERPARAMETERS, conditional_draws, log_density
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.predictive import latent_lags

__all__ = ["draw_lines_and_shock", "integrated_errors"]

_MOST_CELLS = 10**7  # lags of that many at once, 80 megabytes
_CELLS = ("observed", "previous", "gap", "first", "years")


class _IntegratedErrors(Op):
    """Log density of lags less the population's line; its gradients are outputs two and three."""

    __props__ = ()

    def make_node(self, *inputs):
        return Apply(self, [pt.as_tensor(x) for x in inputs], [pt.dscalar(), pt.dmatrix(), pt.dvector()])

    def perform(self, node, inputs, outputs):
        for storage, value in zip(outputs, log_density(*inputs), strict=True):
            storage[0] = np.asarray(value)

    def pullback(self, inputs, outputs, cotangents):
        # Of the value alone: its gradients are not differentiated again.
        of_value, *others = cotangents
        if any(not isinstance(other.type, DisconnectedType) for other in others):
            raise NotImplementedError("second derivatives of the integrated density")
        none = [DisconnectedType()() for _ in inputs[1:-1]]
        return [of_value * outputs[1], *none, of_value * outputs[2]]

    def connection_pattern(self, node):
        return [[i in (0, len(node.inputs) - 1), True, True] for i in range(len(node.inputs))]


@register_funcify_default_op_cache_key(_IntegratedErrors)
def _compiled(op, **keywords):
    @numba.njit(error_model="numpy")
    def integrated_errors(lag, observed, previous, gap, first, years, hyper):
        value, of_lag, of_hyper = log_density(lag, observed, previous, gap, first, years, hyper)
        return np.asarray(value), of_lag, of_hyper

    # Code compiled from an earlier text of the density must not be found in the cache.
    text = inspect.getsource(marginal).encode()
    return integrated_errors, int.from_bytes(hashlib.sha256(text).digest()[:7])


def integrated_errors(name: str, lag, d: dict, hyper: Mapping) -> None:
    """Add the log density of lags to the model, with deviations of lines, shock and errors integrated out.

    Parameters
    ----------
    name : str
        Of the potential.
    lag : tensor, shape (benchmark, month), months
        Less the population's line.
    d : dict
        From `gapmodel.modeling.likelihood.add_data`.
    hyper : mapping
        Name → scalar of each of `gapmodel.modeling.marginal.HYPERPARAMETERS`.
    """
    _compile_draws()
    inputs = (lag, *(d[cell] for cell in _CELLS), pt.stack([hyper[key] for key in HYPERPARAMETERS]))
    pm.Potential(name, _IntegratedErrors().make_node(*inputs).outputs[0])


def _compile_draws() -> None:
    """Compile with the model what draws after sampling, so that the first fit does not wait for it."""
    cell = np.zeros((1, 1))
    cells = (cell, cell.astype(np.int64), cell, cell, cell[0])
    conditional_draws(*[np.zeros((0, 1, 1)), *cells, np.zeros((0, 6)), cell[:0], np.zeros((0, 1, 2))])


def draw_lines_and_shock(samples: xr.Dataset, data: PanelData, *, seed: int) -> xr.Dataset:
    """Exact draws of what `integrated_errors` integrates out, one for each draw of everything else.

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
    out["intercept"] = samples["intercept_population"] + samples["intercept_sd"] * out["intercept_raw"]
    out["slope"] = samples["slope_population"] + samples["slope_sd"] * out["slope_raw"]
    return samples.assign(out)


def _standardised_path(path: np.ndarray, years: np.ndarray, sd: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The standard normal steps that `gapmodel.modeling.likelihood.ou_path` turns into `path`, shape (n_draws,
    month)."""
    rho = np.exp(-12.0 * np.diff(years) / length[:, None])
    steps = (path[:, 1:] - rho * path[:, :-1]) / np.sqrt(1.0 - rho**2)
    return np.concatenate([path[:, :1], steps], axis=1) / sd[:, None]
