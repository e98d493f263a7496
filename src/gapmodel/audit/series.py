"""Whether a table's series are what they seem: copies of each other, two units in one, scores that say nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from gapmodel.scores.rescaling import other_scale

__all__ = ["copied_models", "copies", "mixed_units", "stand_ins", "uninformative"]

# Two benchmarks are compared on the models that both have, where that is most of the smaller one.
_MIN_SHARED, _SHARE_SHARED, _MIN_DISTINCT = 6, 0.8, 5
#: Four in five residuals of a copy are within this share of the central spread; of a near copy.
COPY, NEAR_COPY = 0.01, 0.05
#: Rank correlation of a copy that was bent, as by a logarithm, on so many models.
_BENT_TAU, _BENT_SHARED = 0.99, 10
_MIN_EQUAL = 4
_MIN_MODELS, _USUAL_Z = 10, 1.96
# By how much the rank correlation with the other benchmarks rises once units are alike.
_BETTER, _MIN_VALUES = 0.15, 6
# Numbers in place of a score: how many of a benchmark's, and how far from the others in widths of those.
_NINES = [float("9" * digits) for digits in range(3, 8)]
_MOST_STAND_INS, _MIN_JUDGED, _BELOW, _ABOVE = 0.25, 8, 0.1, 1.0


def _wide(table: pd.DataFrame) -> pd.DataFrame:
    """Model × benchmark, the mean where a model has several scores."""
    return table.pivot_table(index="model", columns="benchmark", values="score", aggfunc="mean", observed=True)


def copies(table: pd.DataFrame) -> list[tuple[str, str, bool, str]]:
    """Benchmarks that have the scores of another, in the same unit or another.

    Parameters
    ----------
    table : pandas.DataFrame
        ``benchmark, model, score``.

    Returns
    -------
    list of (str, str, bool, str)
        A benchmark, the one whose copy it seems, whether to the last digits, and what is alike in words.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("a", f"m{k}", k**2 / 100) for k in range(8)] + [("b", f"m{k}", float(k**2)) for k in range(8)]
    >>> copies(pd.DataFrame(rows, columns=["benchmark", "model", "score"]))[0][:3]
    ('b', 'a', True)
    """
    wide = _wide(table)
    names, values = [str(name) for name in wide], wide.to_numpy()
    known = ~np.isnan(values)
    shared = known.T.astype(np.int64) @ known
    count = np.diag(shared)
    enough = (shared >= _MIN_SHARED) & (shared >= _SHARE_SHARED * np.minimum(count[:, None], count[None, :]))
    found = []
    for b, a in zip(*np.nonzero(np.tril(enough, k=-1)), strict=True):
        both = known[:, a] & known[:, b]
        says = _alike(values[both, a], values[both, b])
        if says is not None:
            exact, words = says
            found.append((names[b], names[a], exact, f"{words} on {int(shared[a, b])} models as '{names[a]}'"))
    return found


def _alike(x: np.ndarray, y: np.ndarray) -> tuple[bool, str] | None:
    if min(len(np.unique(x)), len(np.unique(y))) < _MIN_DISTINCT:
        return None
    spread = float(np.subtract(*np.quantile(y, [0.75, 0.25])))
    if spread > 0.0 and abs(np.corrcoef(x, y)[0, 1]) > 0.9:
        line = stats.linregress(x, y)
        off = float(np.quantile(np.abs(y - line.intercept - line.slope * x), 0.8)) / spread
        if off < NEAR_COPY:
            scaled = "" if np.allclose(x, y, rtol=1e-6, atol=0.0) else " up to scale"
            return off < COPY, f"the same scores{scaled}" if off < COPY else "nearly the same scores up to scale"
    if len(x) >= _BENT_SHARED and abs(stats.kendalltau(x, y).statistic) >= _BENT_TAU:
        return False, "the same order of scores"
    return None


def copied_models(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Models that have every score of another: the same model under two names.

    Returns
    -------
    list of (str, str, str)
        A model, the one whose scores it has, and what is alike in words. At least four shared benchmarks count.
    """
    by_scores: dict[tuple, list[str]] = {}
    for model, rows in table.groupby("model", sort=True):
        pairs = tuple(sorted(zip(rows["benchmark"], rows["score"], strict=True)))
        if len(pairs) >= _MIN_EQUAL and len({score for _, score in pairs}) >= 2:
            by_scores.setdefault(pairs, []).append(str(model))
    return [
        (name, names[0], f"the same scores on all {len(pairs)} benchmarks as '{names[0]}'")
        for pairs, names in by_scores.items()
        for name in names[1:]
    ]


def mixed_units(table: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Percentages among fractions and fractions among percentages, single ones and many.

    Parameters
    ----------
    table : pandas.DataFrame
        ``benchmark, model, release_date, score``.

    Returns
    -------
    dict
        (benchmark, model) → what is odd, in words; of two kinds the rarer one is odd.
    """
    found = other_scale(table)
    alone = {benchmark for benchmark, _ in found}
    level = table.groupby("benchmark")["score"].rank(pct=True)
    # A model's standing on the other benchmarks, which units do not touch much.
    total, count = level.groupby(table["model"]).transform("sum"), level.groupby(table["model"]).transform("size")
    elsewhere = (total - level) / (count - 1).where(count > 1)
    for benchmark, rows in table.groupby("benchmark", sort=False):
        if benchmark not in alone:
            found |= dict(_two_units(str(benchmark), rows, elsewhere.loc[rows.index]))
    return found


def stand_ins(table: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Numbers that stand for a score that is not there: -1 or -99 among scores of at least 0, 999 far above all others.

    Parameters
    ----------
    table : pandas.DataFrame
        ``benchmark, model, score``. Benchmarks with fewer than eight scores are not judged.

    Returns
    -------
    dict
        (benchmark, model) → what is odd, in words.

    Examples
    --------
    >>> rows = [("a", f"m{k}", score) for k, score in enumerate([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, -1.0])]
    >>> stand_ins(pd.DataFrame(rows, columns=["benchmark", "model", "score"]))
    {('a', 'm7'): '-1 where all 7 other scores are from 0.1 to 0.7: it seems to stand for no score'}
    """
    found: dict[tuple[str, str], str] = {}
    for benchmark, rows in table.groupby("benchmark", sort=False):
        score = rows["score"].to_numpy(dtype=float)
        for odd in (score < 0.0, np.isin(score, _NINES)):
            others = score[~odd]
            if not 0 < odd.sum() <= _MOST_STAND_INS * len(score) or len(score) < _MIN_JUDGED or others.min() < 0.0:
                continue
            value, far = score[odd][0], max(float(np.ptp(others)), np.finfo(float).tiny)
            away = -value if value < 0.0 else value - others.max()
            # One number only, and not the tail of a scale that goes on beyond zero.
            if (score[odd] != value).any() or away < (_BELOW if value < 0.0 else _ABOVE) * far:
                continue
            text = f"{value:g} where all {len(others)} other scores are from {others.min():g} to {others.max():g}"
            found |= {(str(benchmark), str(m)): f"{text}: it seems to stand for no score" for m in rows["model"][odd]}
    return found


def _two_units(benchmark: str, rows: pd.DataFrame, elsewhere: pd.Series) -> Iterator[tuple[tuple[str, str], str]]:
    """Where scores agree with other benchmarks, or with time, only once the fractions among them are percentages."""
    score = rows["score"].to_numpy(dtype=float)
    fraction, percent = (score > 0.0) & (score <= 1.0), score > 1.5
    if score.min() < 0.0 or score.max() > 100.0 or min(fraction.sum(), percent.sum()) < 2:
        return
    by_others = elsewhere.to_numpy(dtype=float)
    days = rows["release_date"].astype("int64").to_numpy(dtype=float)
    known = ~np.isnan(by_others)
    with_others = known.sum() >= _MIN_MODELS
    x, against = (score[known], by_others[known]) if with_others else (score, days)
    if len(x) < _MIN_VALUES or len(np.unique(against)) < 2:
        return
    alike = np.where((x > 0.0) & (x <= 1.0), 100.0 * x, x)
    before, after = (abs(float(stats.spearmanr(values, against).statistic)) for values in (x, alike))
    if after < before + _BETTER:
        return
    odd = percent if percent.sum() <= fraction.sum() else fraction
    kind, other = ("percentage", "fractions") if odd is percent else ("fraction", "percentages")
    for model, value in zip(rows["model"][odd], score[odd], strict=True):
        yield (
            (benchmark, str(model)),
            f"{value:g} seems a {kind} among {other}, with {int(odd.sum()) - 1} others of {len(score)} scores",
        )


def uninformative(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Benchmarks whose scores agree neither with those of the others nor with time, as scores at chance level do.

    Parameters
    ----------
    table : pandas.DataFrame
        ``benchmark, model, release_date, score``.

    Returns
    -------
    list of (str, str)
        A benchmark, and what it lacks in words. Those with fewer than ten models are not judged.
    """
    wide = _wide(table)
    ranks = wide.rank(pct=True)
    day = table.groupby("model")["release_date"].min().reindex(wide.index).astype("int64").to_numpy(dtype=float)
    total, count = ranks.sum(axis=1), ranks.notna().sum(axis=1)
    found = []
    for name in wide:
        here = wide[name].notna().to_numpy()
        others = ((total - ranks[name].fillna(0.0)) / (count - 1).where(count > 1)).to_numpy()
        score = wide[name].to_numpy()
        compared = here & ~np.isnan(others)
        scores_of = [(score[compared], others[compared]), (score[here], day[here])]
        # Where no model is on another benchmark, time alone speaks.
        judged = [(x, y) for x, y in scores_of if len(x) >= _MIN_MODELS]
        if judged and all(_unrelated(x, y) for x, y in judged):
            text = f"{int(here.sum())} scores from {score[here].min():g} to {score[here].max():g} do not rise with time"
            found.append((str(name), text + (", nor with scores elsewhere" if len(judged) == 2 else "")))
    return found


def _unrelated(x: np.ndarray, y: np.ndarray) -> bool:
    if len(np.unique(x)) < 2 or len(np.unique(y)) < 2:
        return True
    # Absolute: where lower is better, a good score falls.
    rho = min(abs(float(stats.spearmanr(x, y).statistic)), 0.999)
    return float(np.arctanh(rho) * np.sqrt(len(x) - 3)) < _USUAL_Z
