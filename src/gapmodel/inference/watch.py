"""Ending a sampler that falls into a place where the density has no bound."""

from __future__ import annotations

import math

import numpy as np

from gapmodel.modeling.kernel import Kernel

__all__ = ["Watch"]

#: Months: a third of a day, below which no error of a lag is.
_NO_ERROR = 0.01
#: So many evaluations there are no visit on the way from a start that was drawn there.
_STAYS = 2000
#: More than by what the energy of a step may be off.
_DIVERGES = 1e5


class Watch:
    """The density of a kernel, and one that falls with every call once errors stay next to nothing.

    Every step is then a divergence, and chains end in no time. An error would not do, nor a density that is none: the
    sampler has threads of its own, which take no error and start nowhere then.

    Parameters
    ----------
    kernel : Kernel
        With a variable ``error_sd``, else nothing is watched.

    Attributes
    ----------
    fell : bool
        Whether that has happened: the draws are worth nothing.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel, self._visits, self._fall, self.fell = kernel, 0, 0.0, False
        sizes = np.cumsum([0, *(variable.size for variable in kernel.variables)])
        names = [variable.name for variable in kernel.variables]
        self._place = int(sizes[names.index("error_sd")]) if "error_sd" in names else None

    def density(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """See `gapmodel.modeling.kernel.Kernel.density`."""
        if self._place is not None and x[self._place] < math.log(_NO_ERROR):
            self._visits += 1
            self.fell = self.fell or self._visits > _STAYS
        if self.fell:
            self._fall -= _DIVERGES
            return self._fall, np.ones_like(x)
        return self._kernel.density(x)
