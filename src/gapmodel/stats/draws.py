"""Draws of all chains as plain arrays."""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["flat"]


def flat(array: xr.DataArray, *dims: str) -> np.ndarray:
    """Draws of all chains in one first axis, then `dims` in this order (all that are left, where none is named).

    Parameters
    ----------
    array : xarray.DataArray, dims (chain, draw, ...)
        Other dims may have size zero.

    Returns
    -------
    numpy.ndarray, shape (n_chains * n_draws, ...)
    """
    values = array.transpose("chain", "draw", *(dims or (...,))).to_numpy()
    return values.reshape(values.shape[0] * values.shape[1], *values.shape[2:])
