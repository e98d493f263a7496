"""One benchmark in two units: percent and fractions, raw and normalised scores."""

from __future__ import annotations

import numpy as np

__all__ = ["NEAR_SHARE", "scale_line"]

#: Scores that differ by less, as a share of their range, are one score.
NEAR_SHARE = 2e-3
_MIN_SHARED, _MEETS = 5, 0.8


def scale_line(before: np.ndarray, after: np.ndarray) -> tuple[float, float] | None:
    """The straight line from one unit to the other.

    Parameters
    ----------
    before, after : numpy.ndarray, shape (n,)
        Scores of the same models.

    Returns
    -------
    start, factor : float
        ``after = start + factor * before``, where that meets at least four fifths of the scores; ``None`` where half of
        them are the same in both, where fewer than five are shared, or where no such line exists.

    Notes
    -----
    The median over pairs of models of the slopes between them (Theil 1950; Sen 1968), so that a few scores that were
    made again do not move it.

    Examples
    --------
    >>> import numpy as np
    >>> scale_line(np.array([0.25, 0.4, 0.55, 0.7, 0.85]), np.array([0.0, 0.2, 0.4, 0.6, 0.8]))
    (-0.3333..., 1.3333...)
    """
    size = float(np.ptp(after)) if len(after) else 0.0
    near = NEAR_SHARE * (size or 1.0)
    if len(before) < _MIN_SHARED or (np.abs(after - before) <= near).mean() >= 0.5 or size == 0.0:
        return None
    gaps = before[:, None] - before[None, :]
    apart = np.triu(np.abs(gaps) > 0.05 * float(np.ptp(before)), 1)
    factor = float(np.median(((after[:, None] - after[None, :])[apart]) / gaps[apart])) if apart.any() else 0.0
    start = float(np.median(after - factor * before))
    meets = np.abs(start + factor * before - after) <= near
    return (start, factor) if factor > 0 and meets.mean() >= _MEETS else None
