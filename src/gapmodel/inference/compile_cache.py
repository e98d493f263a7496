"""Variants compiled in this process: compiling takes ten times as long as a fit, and panels of one shape share it."""

from __future__ import annotations

from gapmodel.inference.sampling import CompiledVariant, compile_variant
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.variant import Variant

__all__ = ["compiled_for"]

# Compiled code is some tens of megabytes.
_MOST_KEPT = 8
_compiled: dict[tuple, CompiledVariant] = {}


def compiled_for(variant: Variant, data: PanelData) -> CompiledVariant:
    """`variant` with `data` in it, compiled at the first call with this shape of panel in this process."""
    shapes = tuple(array.shape for array in data.arrays.values())
    # The code too: a variant may have been changed after it was read from its file.
    key = (variant.name, variant.sha256, getattr(variant.build, "__code__", None), len(data.category), shapes)
    if key not in _compiled:
        if len(_compiled) >= _MOST_KEPT:
            _compiled.pop(next(iter(_compiled)))
        _compiled[key] = compile_variant(variant, data)
    return _compiled[key].with_data(data)
