"""Fits without a sampler: `prior_draws` puts draws from the prior in place of nutpie's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["STAND_IN", "prior_draws"]

STAND_IN = Path(__file__).parent / "stand_in"


def prior_draws(patch: pytest.MonkeyPatch) -> None:
    """Until `patch` is undone, fits take prior draws (`tests.support.stand_in.nutpie`), in child processes too."""
    from tests.support.stand_in import nutpie

    patch.setattr("gapmodel.inference.sampling.nutpie", nutpie)
    patch.setattr("gapmodel.inference.compile_cache._compiled", {})
    # Workers that are spawned have the parent's path, commands and kernels that of the environment.
    patch.syspath_prepend(STAND_IN)
    patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(STAND_IN), os.environ.get("PYTHONPATH")])))
