"""A kernel as nutpie's threads call it without Python: functions of C in place of callables."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from nutpie.compiled_pyfunc import PyFuncModel

from gapmodel.modeling.callback import copying, packed
from gapmodel.modeling.kernel import Kernel

__all__ = ["NativeModel", "native"]


@dataclass(frozen=True)
class NativeModel(PyFuncModel):
    """A model of callables whose density is also a function of C, which is what is sampled.

    Attributes
    ----------
    density, copy : numba CFunc
    words : numpy.ndarray of int64
        What they are given, see `gapmodel.modeling.callback.packed`.
    """

    density: Any = field(kw_only=True)
    copy: Any = field(kw_only=True)
    words: np.ndarray = field(kw_only=True)

    def _make_sampler(self, settings, init_mean, cores, progress_type, extra_callback, extra_callback_rate, store):
        from nutpie import _lib

        model = self._make_model(init_mean)
        return _lib.PySampler.from_pymc(
            settings, cores, model, progress_type, extra_callback, extra_callback_rate, store
        )

    def _make_model(self, init_mean):
        from nutpie import _lib

        place = self.words.ctypes.data
        return _lib.PyMcModel(
            _lib.LogpFunc(self.density.address, place, self),
            _lib.ExpandFunc(self.n_dim, self.n_dim, self.copy.address, place, self),
            self._variables,
            self.n_dim,
            self._dim_sizes,
            self._coords,
            self._make_initial_points,
            None,
        )


def native(model: Any, kernel: Kernel) -> Any:
    """`model`, which calls `kernel` through Python, without that where the kernel is a function of C too."""
    if kernel.callback is None or not isinstance(model, PyFuncModel):
        return model
    same = {each.name: getattr(model, each.name) for each in fields(model)}
    words = packed((*kernel.tables, *kernel.arguments))
    return NativeModel(**same, density=kernel.callback(), copy=copying(), words=words)
