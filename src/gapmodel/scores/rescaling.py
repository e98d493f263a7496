"""Units of scores: one benchmark in two of them, and each benchmark's scale from its worst score to its best."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

__all__ = ["NEAR_SHARE", "against_the_others", "other_scale", "scale_line", "share_of_scale"]

#: Scores that differ by less, as a share of their range, are one score.
NEAR_SHARE = 2e-3
_MIN_SHARED, _MEETS = 5, 0.8
# Percentages among fractions, or fractions among percentages; fractions may be a little beyond one.
_FRACTION, _APART, _NEAR, _MIN_VALUES = 1.5, 8.0, 1.5, 3
# How much likelier the other scale must be: a model of its own far below the rest of a board is nothing rare.
_LIKELIER = 30.0
# Before any score is seen the logits of a board spread about 1 around their mean, as sure as from so many scores.
_PRIOR_COUNT = 3
_EDGE = 1e-3
# Rank correlation with the other benchmarks, over so many models, at which the direction may be the other one.
_AGAINST, _MANY_MODELS = -0.5, 8


def other_scale(table: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Percentages among fractions, and fractions among percentages; on each benchmark those that are fewer.

    A fraction among percentages is named only where the board is much likelier with it read as a percentage than with a
    model that far below the rest.

    Parameters
    ----------
    table : pandas.DataFrame
        ``benchmark, model, score``.

    Returns
    -------
    dict
        (benchmark, model) → what is odd, in words.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"benchmark": "b", "model": list("pqrst"), "score": [0.4, 0.3, 82.0, 0.7, 0.5]})
    >>> other_scale(table)
    {('b', 'r'): '82 where the rest lies between 0.3 and 0.7: is it 0.82?'}
    """
    out: dict[tuple[str, str], str] = {}
    for benchmark, rows in table.groupby("benchmark", sort=False):
        values = rows["score"].to_numpy(dtype=float)
        small, large = (values > 0) & (values <= _FRACTION), values > _FRACTION
        if len(values) < _MIN_VALUES or not small.any() or not large.any() or values.max() > 100.0 * _FRACTION:
            continue
        fewer_large = large.sum() <= small.sum()
        odd, rest = (large, values[small]) if fewer_large else (small, values[large])
        right = values / 100.0 if fewer_large else 100.0 * values
        # Apart, and on the other scale no worse than the rest: else it is one scale with a long way to go.
        if values[large].min() < _APART * values[small].max() or right[odd].min() * _NEAR < rest.min():
            continue
        # Minutes, or ratings: read as a percentage, what is low would lie beyond all of the rest and beyond 100.
        if not fewer_large and right[odd].max() > max(100.0, rest.max()):
            continue
        if not fewer_large:
            board = np.append(rest, values[values == 0.0])
            gains = np.array([_gain(board, values[k : k + 1]) for k in range(len(values))])
            # Where all of them make a second scale, each needs no more than to be likelier on it.
            odd = odd & (gains > (0.0 if _gain(board, values[odd]) > np.log(_LIKELIER) else np.log(_LIKELIER)))
        for k in np.flatnonzero(odd):
            out[str(benchmark), str(rows["model"].iloc[k])] = (
                f"{values[k]:g} where the rest lies between {rest.min():g} and {rest.max():g}: is it {right[k]:.12g}?"
            )
    return out


def _gain(percentages: np.ndarray, scores: np.ndarray) -> float:
    """How much better a board fits where scores are fractions than where they are percentages too, in nats.

    Logits of a board are taken as normal, with a flat prior of the mean and a scaled inverse chi-squared one of the
    variance; those near 0 and 1 as a thousandth away.
    """

    def log_evidence(shares: np.ndarray) -> float:
        p = np.clip(np.append(percentages / 100.0, shares), _EDGE, 1.0 - _EDGE)
        logits = np.log(p / (1.0 - p))
        squares = float(((logits - logits.mean()) ** 2).sum())
        return -(_PRIOR_COUNT + len(p) - 1) / 2.0 * float(np.log(_PRIOR_COUNT + squares))

    return log_evidence(scores) - log_evidence(scores / 100.0)


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


def share_of_scale(score: np.ndarray, benchmark: np.ndarray, info: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Share of the way from the worst score to the best, and how long the way is.

    Floor and ceiling are those of `info`. Where it names none: 0 and 1 if all scores lie within them, else 0 and 100 if
    all do, else the range of the scores, widened on either side by a twentieth.

    Parameters
    ----------
    score : numpy.ndarray, shape (n,)
    benchmark : numpy.ndarray of int, shape (n,)
        Row of each score's benchmark in `info`.
    info : pandas.DataFrame
        One row per benchmark, each with a score: ``lower_bound, ceiling, direction``.

    Returns
    -------
    share : numpy.ndarray, shape (n,)
        From 0 to 1, higher is better.
    length : numpy.ndarray, shape (n,), score units
        From worst to best on the benchmark of each score, above 0.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> info = pd.DataFrame({"lower_bound": [np.nan], "ceiling": [np.nan], "direction": ["higher"]})
    >>> share_of_scale(np.array([20.0, 50.0]), np.array([0, 0]), info)
    (array([0.2, 0.5]), array([100., 100.]))
    """
    floor, ceiling = (info[c].to_numpy(dtype=float).copy() for c in ("lower_bound", "ceiling"))
    lower = info["direction"].to_numpy() == "lower"
    for b in np.flatnonzero(np.isnan(floor) | np.isnan(ceiling)):
        own = score[benchmark == b]
        low, high = own.min(), own.max()
        if low >= 0.0 and high <= 1.0:
            low, high = 0.0, 1.0
        elif low >= 0.0 and high <= 100.0:
            low, high = 0.0, 100.0
        else:
            spread = (high - low) or 1.0
            low, high = low - spread / 20.0, high + spread / 20.0
        worst, top = (high, low) if lower[b] else (low, high)
        floor[b] = worst if np.isnan(floor[b]) else floor[b]
        ceiling[b] = top if np.isnan(ceiling[b]) else ceiling[b]
    length = (ceiling - floor)[benchmark]
    return np.clip((score - floor[benchmark]) / length, 0.0, 1.0), np.abs(length)


def against_the_others(scores: pd.DataFrame, lower: Mapping[str, bool]) -> dict[str, float]:
    """Benchmarks on which models do worse the better they do on the others: their direction may be the other one.

    Parameters
    ----------
    scores : pandas.DataFrame
        ``benchmark, model, score``.
    lower : mapping of str to bool
        Benchmark → whether a lower score is taken as better.

    Returns
    -------
    dict
        Benchmark → median of its rank correlations with the others, over at least 8 models each.

    Examples
    --------
    >>> rows = [(b, m, k if b != "spill" else -k) for b in ("x", "y", "spill") for k, m in enumerate("abcdefgh")]
    >>> against_the_others(pd.DataFrame(rows, columns=["benchmark", "model", "score"]), {"x": False, "y": False})
    {'spill': -1.0}
    """
    ranks = scores.pivot_table(index="model", columns="benchmark", values="score").rank(pct=True)
    ranks *= [-1.0 if lower.get(str(name), False) else 1.0 for name in ranks]
    pairs = ranks.corr(min_periods=_MANY_MODELS)
    medians = {str(name): float(pairs[name].drop(name).median()) for name in pairs}
    return {name: median for name, median in medians.items() if median <= _AGAINST}
