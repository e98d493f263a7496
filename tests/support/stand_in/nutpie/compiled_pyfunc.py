"""The part of nutpie's that takes a log density in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class PyFuncModel:
    n_dim: int
    name: str
    make_initial_point_fn: Callable


def from_pyfunc(ndim, make_logp_fn, make_expand_fn, dtypes, shapes, names, *, make_initial_point_fn):
    return PyFuncModel(ndim, names[0], make_initial_point_fn)
