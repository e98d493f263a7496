r"""Scores as model arrays: the logit of each score between floor and ceiling, its sampling variance, who and when.

A score :math:`y` in the benchmark's own unit becomes the share :math:`p = (y - \mathrm{floor}) / (\mathrm{ceiling} -
\mathrm{floor})` of the way from the worst score to the best (also where lower is better), and the logit
:math:`z = \log p - \log(1 - p)`.

Floor and ceiling are those of the benchmarks table, or as `gapmodel.scores.rescaling.share_of_scale` settles it.

Sampling variance: with a standard error :math:`e` of :math:`p` that of :math:`z` is :math:`e / (p (1-p))` (delta
method). A score without one on a benchmark where others have it gets the error that the median of their implied sample
sizes :math:`p (1 - p) / e^2` would give. Where a benchmark has none at all the variance is zero, and the noise that the
model infers stands for everything.

Scores within `BOUND_SHARE` of floor or ceiling, or nearer to it than half an item of the sample, are bounds: the logit
is at most, or at least, the one at that distance.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.modeling.panel_data import PanelData
from gapmodel.scores.groups import CLOSED, OPEN, Group
from gapmodel.scores.rescaling import share_of_scale
from gapmodel.scores.table import Scores
from gapmodel.units import MONTHS_PER_YEAR

__all__ = ["BOUND_SHARE", "PACE_SPACING", "ScoreData", "as_score_data", "score_data"]

BOUND_SHARE = 0.005
#: Months between the knots of the leader's pace, from three years before the panel to one after it.
PACE_SPACING = 3.0
_BEFORE, _AFTER = 36.0, 12.0


@dataclass(frozen=True)
class ScoreData(PanelData):
    """A lag panel, for the months and benchmarks that answers are about, and N scores of M models.

    The scores may be on I benchmarks, more than those of the panel. K of the scores are bounds, of L models. Only the
    scores enter the model; the lags of the panel do not. Padding has zero in ``model_real``, ``score_exact``,
    ``bound_sign`` and ``bounded_real``.

    Attributes
    ----------
    item : numpy.ndarray, shape (I,), str
        Benchmarks that have scores: those of the panel first, in its order.
    model : numpy.ndarray, shape (M,), str
        Names, in order of release; "" for padding.
    model_years : numpy.ndarray, shape (M,)
        Release (of the weights, see `Group.availability`) in years from the reference date.
    model_follower : numpy.ndarray of float, shape (M,)
        1 for a model of the follower, 0 for one of the leader.
    model_real : numpy.ndarray of float, shape (M,)
    score_benchmark, score_model : numpy.ndarray of int, shape (N,)
        Places in `item` and in `model`.
    score_logit : numpy.ndarray, shape (N,)
        Logit of the score, or of its bound.
    score_variance : numpy.ndarray, shape (N,)
        Sampling variance of the logit, 0 where not known.
    score_exact : numpy.ndarray of float, shape (N,)
        1 for a score, 0 for a bound.
    bound_score : numpy.ndarray of int, shape (K,)
        Which scores are bounds.
    bound_model : numpy.ndarray of int, shape (K,)
        Place in `bounded` of the model of each.
    bound_sign : numpy.ndarray of float, shape (K,)
        +1: the logit is at least the bound (near the ceiling); -1: at most; 0: padding.
    bounded : numpy.ndarray of int, shape (L,)
        Models that have a bound.
    bounded_real : numpy.ndarray of float, shape (L,)
    pace_knots : numpy.ndarray, shape (J,), months from the reference date
        Where the leader's pace has its knots, `PACE_SPACING` apart.
    anchor : numpy.ndarray, shape (2,), months from the reference date
        First and last month of the panel, between which the leader's mean pace is one.
    """

    item: np.ndarray
    model: np.ndarray
    model_years: np.ndarray
    model_follower: np.ndarray
    model_real: np.ndarray
    score_benchmark: np.ndarray
    score_model: np.ndarray
    score_logit: np.ndarray
    score_variance: np.ndarray
    score_exact: np.ndarray
    bound_score: np.ndarray
    bound_model: np.ndarray
    bound_sign: np.ndarray
    bounded: np.ndarray
    bounded_real: np.ndarray
    pace_knots: np.ndarray
    anchor: np.ndarray

    ARRAYS: ClassVar[tuple[str, ...]] = (
        "model_years",
        "model_follower",
        "model_real",
        "score_benchmark",
        "score_model",
        "score_logit",
        "score_variance",
        "score_exact",
        "bound_score",
        "bound_model",
        "bound_sign",
        "bounded",
        "bounded_real",
        "pace_knots",
        "anchor",
    )

    @property
    def item_dim(self) -> str:
        """Name of the dimension of `item`: ``item`` where it has more than the panel's benchmarks."""
        return "benchmark" if len(self.item) == len(self.benchmark) else "item"

    def progress(self, pace: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Integral of a pace from the first of `pace_knots`: linear between knots, constant beyond them.

        Parameters
        ----------
        pace : numpy.ndarray, shape (n_draws, J), months of progress per month
        at : numpy.ndarray, shape (n_draws or 1, n), months from the reference date

        Returns
        -------
        numpy.ndarray, shape (n_draws, n), months of progress
        """
        along = (at - self.pace_knots[0]) / PACE_SPACING
        along = np.broadcast_to(along, (len(pace), along.shape[-1]))
        last = pace.shape[1] - 1
        k = np.clip(np.floor(along), 0, last - 1).astype(int)
        u = np.clip(along - k, 0.0, 1.0)
        steps = np.cumsum(0.5 * (pace[:, 1:] + pace[:, :-1]), axis=1)
        total = np.concatenate([np.zeros((len(pace), 1)), steps], axis=1)
        left, right = np.take_along_axis(pace, k, axis=1), np.take_along_axis(pace, k + 1, axis=1)
        beyond = pace[:, :1] * np.minimum(along, 0.0) + pace[:, -1:] * np.maximum(along - last, 0.0)
        return PACE_SPACING * (np.take_along_axis(total, k, axis=1) + left * u + 0.5 * (right - left) * u**2 + beyond)

    def only(self, keep: np.ndarray) -> PanelData:
        """Not for scores: hiding lags would hide no score.

        Raises
        ------
        ConfigError
            Always.
        """
        raise ConfigError("months of the lag panel cannot be hidden from a model of the scores: use a cutoff")


def as_score_data(data: PanelData) -> ScoreData:
    """`data` itself.

    Raises
    ------
    ConfigError
        It holds lags only.
    """
    if not isinstance(data, ScoreData):
        raise ConfigError("this variant is fitted to scores, not to lags: its data come from the view 'scores'")
    return data


def score_data(
    panel: PanelData,
    scores: Scores,
    *,
    leader: Group = CLOSED,
    follower: Group = OPEN,
    every: bool = False,
    pad_scores: tuple[int, int, int, int] | None = None,
) -> ScoreData:
    """Scores of the panel's benchmarks as model arrays.

    Of several scores of one model on one benchmark the best counts. Scores from after the last month of the panel (when
    the window of every benchmark has ended, or in a month that is not yet over) take part.

    Parameters
    ----------
    panel : PanelData
    scores : Scores
        As known at the cutoff.
    leader, follower : Group
        Models of neither take no part.
    every : bool
        Those of the other benchmarks too, which have no lag or stand ``beside`` the scores.
    pad_scores : (int, int, int, int), optional
        Pad models, scores, bounds and models with a bound to these numbers.

    Returns
    -------
    ScoreData

    Raises
    ------
    InsufficientDataError
        A group has no score.
    ValueError
        A number in `pad_scores` is below what there is.
    """
    table, info = scores.table, scores.benchmarks
    item = panel.benchmark
    if every:
        if scores.beside is not None:
            table = pd.concat([table, scores.beside.table], ignore_index=True)
            info = pd.concat([info, scores.beside.benchmarks])
        item = np.concatenate([item, np.sort(info.index.difference(list(item)).to_numpy().astype(str))])
    number = {name: k for k, name in enumerate(item)}
    inside = table["benchmark"].isin(number).to_numpy(dtype=bool)
    role = np.where(leader.mask(table), 0, np.where(follower.mask(table), 1, -1))
    date = np.where(role == 1, follower.availability(table), leader.availability(table))
    rows = np.flatnonzero(inside & (role >= 0))
    for k, group in enumerate((leader, follower)):
        if not (role[rows] == k).any():
            raise InsufficientDataError(f"no score of the {group.name} group on the benchmarks of the panel")
    benchmark = table["benchmark"].map(number).to_numpy()[rows].astype(int)
    names = table["model"].to_numpy(dtype=object)[rows].astype(str)
    share, error = _shares(table, info, rows, benchmark, item)
    order = np.lexsort((-share, names, benchmark))
    benchmark, names, share, error, rows = (a[order] for a in (benchmark, names, share, error, rows))
    best = np.ones(len(rows), dtype=bool)
    best[1:] = (benchmark[1:] != benchmark[:-1]) | (names[1:] != names[:-1])
    benchmark, names, share, error, rows = (a[best] for a in (benchmark, names, share, error, rows))

    logit, variance, sign = _logits(share, error, benchmark, len(number))
    found, first, which = np.unique(names, return_index=True, return_inverse=True)
    by_date = np.lexsort((found, date[rows[first]]))
    place = np.empty(len(found), dtype=int)
    place[by_date] = np.arange(len(found))
    at = rows[first][by_date]
    bounds = np.flatnonzero(sign)
    of_model = place[which.ravel()]
    bounded, bound_model = np.unique(of_model[bounds], return_inverse=True)
    needed = (len(found), len(rows), len(bounds), len(bounded))
    sizes = pad_scores or needed
    if any(s < n for s, n in zip(sizes, needed, strict=True)):
        raise ValueError(f"pad_scores is {sizes}, but there are {needed} models, scores, bounds and models with one")

    def padded(values: Any, size: int) -> np.ndarray:
        values = np.asarray(values)
        return np.concatenate([values, np.zeros(size - len(values), dtype=values.dtype)])

    months = MONTHS_PER_YEAR * panel.years
    knots = (
        months[0]
        - _BEFORE
        + PACE_SPACING * np.arange(int(np.ceil((months[-1] - months[0] + _BEFORE + _AFTER) / PACE_SPACING)) + 1)
    )
    return ScoreData(
        **{f.name: getattr(panel, f.name) for f in fields(PanelData)},
        item=item,
        model=padded(found[by_date], sizes[0]),
        model_years=padded(panel.years_at(date[at]), sizes[0]),
        model_follower=padded((role[at] == 1).astype(float), sizes[0]),
        model_real=padded(np.ones(len(found)), sizes[0]),
        score_benchmark=padded(benchmark, sizes[1]),
        score_model=padded(of_model, sizes[1]),
        score_logit=padded(logit, sizes[1]),
        score_variance=padded(variance, sizes[1]),
        score_exact=padded((sign == 0.0).astype(float), sizes[1]),
        bound_score=padded(bounds, sizes[2]),
        bound_model=padded(bound_model, sizes[2]),
        bound_sign=padded(sign[bounds], sizes[2]),
        bounded=padded(bounded, sizes[3]),
        bounded_real=padded(np.ones(len(bounded)), sizes[3]),
        pace_knots=knots,
        anchor=months[[0, -1]],
    )


def _shares(table, info, rows, benchmark, names) -> tuple[np.ndarray, np.ndarray]:
    """Share of the way from floor to ceiling, and its standard error (NaN where not known), by row."""
    score = table["score"].to_numpy(dtype=float)[rows]
    error = table["score_se"].to_numpy(dtype=float)[rows] if "score_se" in table else np.full(len(rows), np.nan)
    share, length = share_of_scale(score, benchmark, info.loc[names])
    return share, error / length


def _logits(share, error, benchmark, n_benchmarks) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logit (or its bound), sampling variance of the logit, and +1, -1 or 0 for bounds."""
    product = share * (1.0 - share)
    known = (error > 0.0) & (product > 0.0)
    implied = np.where(known, product / np.where(known, error, 1.0) ** 2, np.nan)
    size = np.full(n_benchmarks, np.inf)
    for b in np.unique(benchmark[known]):
        size[b] = np.median(implied[known & (benchmark == b)])
    own = np.where(known, implied, size[benchmark])
    margin = np.maximum(BOUND_SHARE, np.minimum(0.5 / size[benchmark], 0.25))
    sign = np.where(share <= margin, -1.0, np.where(share >= 1.0 - margin, 1.0, 0.0))
    kept = np.clip(share, margin, 1.0 - margin)
    variance = 1.0 / (own * kept * (1.0 - kept))
    # What noise there is on a score beyond its bound is in the bound.
    return np.log(kept) - np.log1p(-kept), np.where(sign == 0.0, variance, 0.0), sign
