"""Which variant predicts better: leave-future-out, leave-one-benchmark-out, stacking.

Months of one benchmark are one saw tooth, so leaving out single months and predicting them from their neighbours
(plain LOO) rewards whatever interpolates. Here a fold is a block of months ahead of everything fitted, or a whole
benchmark. Every fold is refitted exactly; nothing is approximated by importance sampling. Each held-out lag is
scored alone given the fitted panel; differences get their standard error from folds, never from months.

Leave-future-out: Bürkner, Gabry and Vehtari (2020, doi:10.1080/00949655.2020.1783262). Stacking: Yao, Vehtari, Simpson
and Gelman (2018, doi:10.1214/17-BA1091). Warnings: Sivula, Magnusson, Matamoros and Vehtari (2020, arXiv:2008.10296).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gapmodel.errors import InsufficientDataError
from gapmodel.inference.sampling import CompiledVariant, SamplerSettings
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.predictive import log_predictive_density

__all__ = [
    "BENCHMARK",
    "FUTURE",
    "Fold",
    "benchmark_folds",
    "elpd_table",
    "future_folds",
    "score_fold",
    "stacked_quantiles",
    "stacking_weights",
]

FUTURE, BENCHMARK = "future", "benchmark"

# Below these a normal approximation of the difference misleads (Sivula et al.).
_SMALL_DIFFERENCE = 4.0
_FEW_FOLDS = 10


@dataclass(frozen=True)
class Fold:
    """One split: what is fitted and which cells of the whole panel are predicted.

    Attributes
    ----------
    kind : str
        `FUTURE` or `BENCHMARK`.
    name : str
        ISO date of the last month that is fitted, or the benchmark left out.
    train : PanelData
        Of the shape of the whole panel.
    cells : numpy.ndarray of bool, shape (B, T)
        Those that were not observed do not count.
    """

    kind: str
    name: str
    train: PanelData
    cells: np.ndarray


def future_folds(data: PanelData, *, blocks: int = 8, months_ahead: int = 3) -> list[Fold]:
    """Rolling origin: the last `blocks` × `months_ahead` months in blocks, each predicted from all months before it.

    Parameters
    ----------
    data : PanelData
    blocks : int
    months_ahead : int, months
        Length of a block.

    Returns
    -------
    list of Fold
        In order of time; a block in which nothing was observed has none.

    Raises
    ------
    InsufficientDataError
        Fewer than 12 months, or no lag, remain before the first block.
    """
    n = len(data.month)
    folds = []
    for start in range(n - blocks * months_ahead, n, months_ahead):
        column = np.arange(n)
        before, inside = column < start, (column >= start) & (column < start + months_ahead)
        everywhere = np.ones((len(data.benchmark), 1), dtype=bool)
        train = data.only(everywhere & before)
        if start < 12 or not train.observed.any():
            raise InsufficientDataError(
                f"{n} months are too few for {blocks} blocks of {months_ahead} months ahead: ask for fewer blocks"
            )
        if (data.observed[:, inside] > 0).any():
            last = np.datetime_as_string(data.month[start - 1], unit="D")
            folds.append(Fold(FUTURE, str(last), train, everywhere & inside))
    return folds


def benchmark_folds(data: PanelData) -> list[Fold]:
    """Each benchmark left out in turn and predicted from the others.

    Parameters
    ----------
    data : PanelData

    Returns
    -------
    list of Fold
        One per benchmark, in their order.

    Raises
    ------
    InsufficientDataError
        Fewer than three benchmarks.
    """
    if len(data.benchmark) < 3:
        raise InsufficientDataError(
            f"leaving one benchmark out needs at least three, the panel has {len(data.benchmark)}"
        )
    folds = []
    for k, name in enumerate(data.benchmark):
        cells = np.zeros(data.observed.shape, dtype=bool)
        cells[k] = True
        folds.append(Fold(BENCHMARK, str(name), data.only(~cells), cells))
    return folds


def score_fold(compiled: CompiledVariant, data: PanelData, fold: Fold, settings: SamplerSettings) -> pd.DataFrame:
    """Refit without the fold and score what it holds.

    Parameters
    ----------
    compiled : CompiledVariant
        For the shape of `data`.
    data : PanelData
        The whole panel, from which the fold was made.
    fold : Fold
    settings : SamplerSettings

    Returns
    -------
    pandas.DataFrame
        One row per held-out lag or bound: ``variant, kind, fold, benchmark, month`` (ISO), ``lpd`` (log predictive
        density, or probability of a bound; nats), ``divergences`` (of the fit).
    """
    fit = compiled.with_data(fold.train).sample(settings)
    rows, columns = np.nonzero(fold.cells & (data.observed > 0))
    return pd.DataFrame(
        {
            "variant": compiled.variant.name,
            "kind": fold.kind,
            "fold": fold.name,
            "benchmark": data.benchmark[rows],
            "month": np.datetime_as_string(data.month[columns], unit="D"),
            "lpd": log_predictive_density(compiled.variant, fit.posterior, fold.train, data, fold.cells),
            "divergences": int(fit.idata["sample_stats"]["diverging"].sum()),
        }
    )


def elpd_table(cells: pd.DataFrame, *, kind: str) -> pd.DataFrame:
    """Expected log predictive density of each variant and its difference to the best.

    Parameters
    ----------
    cells : pandas.DataFrame
        Rows of `score_fold`; every variant on the same cells.
    kind : str
        `FUTURE` or `BENCHMARK`.

    Returns
    -------
    pandas.DataFrame
        Best first. ``elpd`` is the sum over cells (nats), ``difference`` is to the best (0 or less), ``se`` its
        standard error from the folds' differences, ``folds``, ``cells``, and ``warning``, which is not empty
        where the difference says little.

    Raises
    ------
    InsufficientDataError
        Variants were scored on different cells.
    """
    scores = _matrix(cells[cells["kind"] == kind])
    by_fold = scores.groupby(level="fold").sum()
    elpd = scores.sum()
    best = elpd.idxmax()
    rows = []
    for name in elpd.sort_values(ascending=False, kind="stable").index:
        difference = by_fold[name] - by_fold[best]
        n = len(difference)
        se = float(np.sqrt(n) * difference.std(ddof=1)) if n > 1 and name != best else 0.0
        warnings = []
        if name != best:
            if n < _FEW_FOLDS:
                warnings.append(f"{n} folds only")
            if abs(difference.sum()) < _SMALL_DIFFERENCE:
                warnings.append("difference below 4")
            elif abs(difference.sum()) < 2 * se:
                warnings.append("within 2 se")
        rows.append((name, elpd[name], difference.sum(), se, n, len(scores), "; ".join(warnings)))
    return pd.DataFrame(rows, columns=["variant", "elpd", "difference", "se", "folds", "cells", "warning"])


def stacking_weights(cells: pd.DataFrame, *, kind: str = FUTURE, tolerance: float = 1e-9) -> pd.Series:
    """Weights of the mixture that would have predicted the held-out lags best.

    The mixture's likelihood is concave in the weights; EM climbs it.

    Parameters
    ----------
    cells : pandas.DataFrame
        Rows of `score_fold`; every variant on the same cells.
    kind : str
        `FUTURE` or `BENCHMARK`.
    tolerance : float
        EM stops where no weight changes by as much in a step.

    Returns
    -------
    pandas.Series
        Variant → weight; they sum to 1.

    Raises
    ------
    InsufficientDataError
        Variants were scored on different cells.
    """
    scores = _matrix(cells[cells["kind"] == kind])
    density = np.exp(scores.to_numpy() - scores.to_numpy().max(axis=1, keepdims=True))
    weights = np.full(density.shape[1], 1.0 / density.shape[1])
    for _ in range(100_000):
        share = density * weights
        new = (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
        done = np.abs(new - weights).max() < tolerance
        weights = new
        if done:
            break
    return pd.Series(weights, index=scores.columns, name="weight")


def stacked_quantiles(draws: Mapping[str, np.ndarray], weights: pd.Series, probs) -> np.ndarray:
    """Quantiles of the mixture of posteriors; infinite values (never) are kept as outcomes.

    Parameters
    ----------
    draws : mapping
        Variant → draws of one quantity, shape (n_draws,).
    weights : pandas.Series
        From `stacking_weights`.
    probs : array_like

    Returns
    -------
    numpy.ndarray, shape as `probs`, in the unit of the draws
        Values that were drawn: the inverse of the empirical distribution function.
    """
    names = [name for name in weights.index if weights[name] > 0]
    values = np.concatenate([np.ravel(draws[name]) for name in names])
    mass = np.concatenate([np.full(np.size(draws[name]), weights[name] / np.size(draws[name])) for name in names])
    return np.quantile(values, probs, weights=mass, method="inverted_cdf")


def _matrix(cells: pd.DataFrame) -> pd.DataFrame:
    """Held-out lags × variants."""
    scores = cells.pivot_table(index=["fold", "benchmark", "month"], columns="variant", values="lpd")
    if scores.isna().to_numpy().any():
        raise InsufficientDataError("the variants were not scored on the same held-out lags")
    return scores
