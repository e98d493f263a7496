"""Which benchmarks an analysis pools: the default set, or those named; never a composite with its parts."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from gapmodel.errors import ConfigError
from gapmodel.scores.table import Scores

__all__ = ["select"]


def select(
    scores: Scores,
    *,
    benchmarks: list[str] | None = None,
    exclude_benchmarks: list[str] | None = None,
    categories: list[str] | None = None,
    exclude_organizations: list[str] | None = None,
    visibilities: list[str] | None = None,
    everything: bool = False,
) -> Scores:
    """Take the subset of a table that an analysis pools.

    Parameters
    ----------
    scores : Scores
    benchmarks, categories : list of str, optional
        Named benchmarks are taken whether or not they are in the default set.
    exclude_benchmarks, exclude_organizations : list of str, optional
    visibilities : list of str, optional
        ``public``, ``semi-private``, ``private``: whether the questions of a benchmark are published.
    everything : bool
        Opt-in benchmarks too. Without it a table that has a ``default_set`` column gives those marked true.

    Returns
    -------
    Scores
        Without composites, except one that is alone. Its ``whole`` is `scores`, and the benchmarks that are left out
        stand ``beside`` it.

    Raises
    ------
    ConfigError
        A composite is named together with other benchmarks.
    UnknownNameError, InsufficientDataError
        See `Scores.subset`.
    """
    default_only = not everything and benchmarks is None and "default_set" in scores.benchmarks
    chosen = scores.subset(
        benchmarks=benchmarks,
        exclude_benchmarks=exclude_benchmarks,
        categories=categories,
        exclude_organizations=exclude_organizations,
        visibilities=visibilities,
        default_set_only=default_only,
    )
    chosen = replace(chosen, whole=scores if scores.whole is None else scores.whole)
    composite = chosen.composite
    if not composite.any() or len(chosen.benchmarks) == 1:
        return _with_others(chosen, scores, exclude_organizations)
    names = list(chosen.benchmarks.index[composite])
    if benchmarks is not None:
        raise ConfigError(f"'{names[0]}' is a composite of other benchmarks and is never pooled: run it alone")
    chosen = chosen.subset(benchmarks=list(chosen.benchmarks.index[~composite]))
    return _with_others(chosen, scores, exclude_organizations)


def _with_others(chosen: Scores, scores: Scores, exclude_organizations: list[str] | None) -> Scores:
    """`chosen`, with the other benchmarks of `scores` beside it; composites hold no scores of their own."""
    others = scores.benchmarks.index[~scores.composite].difference(chosen.benchmarks.index)
    tables, info = [scores.table[scores.table["benchmark"].isin(others)]], [scores.benchmarks.loc[others]]
    if scores.beside is not None:
        tables.append(scores.beside.table)
        info.append(scores.beside.benchmarks)
    table = pd.concat(tables, ignore_index=True)
    if exclude_organizations:
        table = table[~table["organization"].isin(exclude_organizations)]
    if table.empty:
        return replace(chosen, beside=None)
    present = pd.concat(info).loc[sorted(table["benchmark"].unique())]
    return replace(chosen, beside=replace(scores, table=table, benchmarks=present, whole=None, beside=None).rehashed())
