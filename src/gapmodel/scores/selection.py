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
    whole = scores if scores.whole is None else scores.whole
    chosen = replace(scores, beside=_of_capability(scores), whole=whole).subset(
        benchmarks=benchmarks,
        exclude_benchmarks=exclude_benchmarks,
        categories=categories,
        exclude_organizations=exclude_organizations,
        visibilities=visibilities,
        default_set_only=default_only,
    )
    composite = chosen.composite
    if composite.any() and len(chosen.benchmarks) > 1:
        names = list(chosen.benchmarks.index[composite])
        if benchmarks is not None:
            raise ConfigError(f"'{names[0]}' is a composite of other benchmarks and is never pooled: run it alone")
        chosen = chosen.subset(benchmarks=list(chosen.benchmarks.index[~composite]))
    own = chosen.benchmarks.index
    return chosen.with_beside(lambda b: b.where(~b.table["benchmark"].isin(own).to_numpy(), "none"))


def _of_capability(scores: Scores) -> Scores:
    """All scores that tell of a model's capability: of every benchmark but composites, which hold none of their own."""
    single = scores.benchmarks.index[~scores.composite]
    tables, info = [scores.table[scores.table["benchmark"].isin(single)]], [scores.benchmarks.loc[single]]
    if scores.beside is not None:
        tables.append(scores.beside.table)
        info.append(scores.beside.benchmarks)
    table = pd.concat(tables, ignore_index=True)
    return replace(scores, table=table, benchmarks=pd.concat(info), whole=None, beside=None)
