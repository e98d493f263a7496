"""What makes real tables of scores less tidy than independent releases: bursts, students of closed models, retirement.

Used by `gapmodel.simulation.frontiers`; dates are months from the beginning of the simulated panel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

__all__ = ["HISTORY", "RETIREMENT", "Releases", "burst_times", "distil", "retirement"]

HISTORY = 24.0  # months of releases before the panel, so that old levels exist

#: A benchmark takes no release after the first closed score above a limit, after both groups have one, or never.
RETIREMENT = ("closed", "both", "never")

_BURST_MONTHS = 0.5
_DELAY_SHARE = (0.2, 0.8)  # of the latent lag, between teacher and student


@dataclass(frozen=True)
class Releases:
    """n releases of one group.

    Attributes
    ----------
    t : numpy.ndarray, shape (n,), months
    short : numpy.ndarray, shape (n,), months
        Shortfall behind the group's frontier.
    exists : numpy.ndarray of bool, shape (n,) or ()
        False for those that never come.
    student, teacher : numpy.ndarray of int, shape (k,)
        Open releases made from a closed one, and which.
    """

    t: np.ndarray
    short: np.ndarray
    exists: np.ndarray = field(default_factory=lambda: np.array(True))
    student: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    teacher: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))


def burst_times(t: np.ndarray, span: float, *, share: float, per_year: float, rng: np.random.Generator) -> np.ndarray:
    """Move a share of releases to just after the nearest burst.

    Parameters
    ----------
    t : numpy.ndarray, shape (n,), months
    span : float, months
        Length of the panel; bursts come from `HISTORY` before its beginning on.
    share : float
        Probability that a release moves.
    per_year : float
        Expected bursts per year; there is at least one in all.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray, shape (n,), months
        In the order of `t`; those that moved come within half a month after their burst.
    """
    centres = np.sort(
        rng.uniform(-HISTORY, span - _BURST_MONTHS, max(1, rng.poisson(per_year * (span + HISTORY) / 12.0)))
    )
    moved = rng.random(len(t)) < share
    nearest = centres[np.abs(t[:, None] - centres[None, :]).argmin(axis=1)]
    return np.where(moved, nearest + rng.uniform(0.0, _BURST_MONTHS, len(t)), t)


def distil(
    closed: Releases,
    made: Releases,
    latent_lag: Callable[[np.ndarray], np.ndarray],
    span: float,
    *,
    share: float,
    rng: np.random.Generator,
) -> Releases:
    """Make a share of the open releases `made` students, each of another closed release.

    Parameters
    ----------
    closed, made : Releases
    latent_lag : callable
        Months from the beginning of the panel → lag, months; arrays of one shape.
    span : float, months
        Length of the panel; students that would come after it never do.
    share : float
        Probability that an open release is a student; there are no more students than closed releases.
    rng : numpy.random.Generator

    Returns
    -------
    Releases
        `made` with its students and their teachers: a student comes after its teacher by 20 to 80 % of the lag at the
        teacher's date, and has the teacher's shortfall.
    """
    student = np.flatnonzero(rng.random(len(made.t)) < share)
    teacher = rng.permutation(len(closed.t))[: len(student)]
    student = student[: len(teacher)]
    t, short = made.t.copy(), made.short.copy()
    t[student] = closed.t[teacher] + rng.uniform(*_DELAY_SHARE, len(student)) * latent_lag(closed.t[teacher])
    short[student] = closed.short[teacher]
    return Releases(t, short, made.exists & (t <= span), student, teacher)


def retirement(run: list[tuple], rule: str, limit: float) -> float:
    """Month of the last release that a benchmark takes; infinite where it goes on.

    Parameters
    ----------
    run : list of tuple
        Scores on the benchmark: group ("closed" or "open"), two fields that play no part, month, score.
    rule : {'closed', 'both', 'never'}
        See `RETIREMENT`.
    limit : float, in the unit of the scores
        Scores above it count.

    Returns
    -------
    float, months from the beginning of the panel
        The first such score of the closed group; the later one of both groups' first; or infinity.
    """
    if rule == "never":
        return np.inf
    groups = ("closed",) if rule == "closed" else ("closed", "open")
    return max(min((t for g, _, _, t, s in run if g == group and s > limit), default=np.inf) for group in groups)
