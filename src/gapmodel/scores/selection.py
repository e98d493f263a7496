"""Which benchmarks an analysis pools: the default set, or those named; never a composite with its parts."""

from __future__ import annotations

from dataclasses import replace

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
        Without composites, except one that is alone. Its ``whole`` is `scores`.

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
        return chosen
    names = list(chosen.benchmarks.index[composite])
    if benchmarks is not None:
        raise ConfigError(f"'{names[0]}' is a composite of other benchmarks and is never pooled: run it alone")
    return chosen.subset(benchmarks=list(chosen.benchmarks.index[~composite]))
