"""Keep heavy packages out of commands that use none of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_dask"]


@contextmanager
def without_dask() -> Iterator[None]:
    """Within, xarray takes Dask for not installed, unless one of them was imported before: it asks once whether it is.

    It imports Dask to ask whether an array is one of Dask's, and distributed to ask for a scheduler before it writes a
    file: a second, and the answer is no wherever nobody imported them.
    """
    absent = not {"dask", "xarray"} & sys.modules.keys()
    if absent:
        # What Python's import system takes for "not there".
        sys.modules["dask"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if absent:
            sys.modules.pop("dask", None)
