"""Functions compiled by numba, kept on disk where there is room for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

__all__ = ["compiled"]


def compiled(function: Callable[..., Any]) -> Any:
    """`function` as compiled code: arithmetic as NumPy's, without Python's lock, kept between processes.

    Kept code is of the file of `function` alone: a change of what it calls in another one goes unnoticed, so that it
    must call nothing compiled there. Where neither the package nor the user has a folder to write to, numba refuses to
    keep anything; the function is then compiled in each process.
    """
    try:
        return numba.njit(error_model="numpy", nogil=True, cache=True)(function)
    except RuntimeError:
        return numba.njit(error_model="numpy", nogil=True)(function)
