"""`gapmodel.modeling.marginal` as part of a PyMC model."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping

import numba
import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from gapmodel.modeling import marginal
from gapmodel.modeling.marginal import HYPERPARAMETERS, log_density
from gapmodel.modeling.marginal_kernel import draw_lines_and_shock

__all__ = ["draw_lines_and_shock", "integrated_errors"]

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
    inputs = (lag, *(d[cell] for cell in _CELLS), pt.stack([hyper[key] for key in HYPERPARAMETERS]))
    pm.Potential(name, _IntegratedErrors().make_node(*inputs).outputs[0])
