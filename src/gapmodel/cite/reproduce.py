"""Running a finished run again from its manifest, to see that its claims come out again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

from gapmodel.analysis.analyse import analyse
from gapmodel.analysis.schema import Summary
from gapmodel.cite.collect import collect, source_of
from gapmodel.cite.differences import Difference, compare_claims
from gapmodel.errors import ConfigError, GapmodelError
from gapmodel.modeling.built_priors import with_priors
from gapmodel.modeling.priors import read_prior
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.variant import Variant
from gapmodel.runs.run import Run
from gapmodel.scores.selection import select
from gapmodel.scores.table import Scores
from gapmodel.sources import bundled, csv

__all__ = ["differences_of", "original_scores", "original_variant", "reproduce", "selection_of"]


def reproduce(
    run: Run,
    *,
    scores: Path | None = None,
    benchmarks: Path | None = None,
    variant: str | None = None,
    seed: int | None = None,
    stage: Callable[[str], None] = lambda text: None,
    progress: Callable | None = None,
) -> list[Difference]:
    """Make the run again and compare.

    Parameters
    ----------
    run : Run
    scores, benchmarks : pathlib.Path, optional
        The user's own tables, where the run was not on bundled data.
    variant : str, optional
        Path of the user's own variant, where it was not a shipped one.
    seed : int, optional
        Another seed than the run's.
    stage, progress : callable, optional
        As in `gapmodel.analysis.analyse.analyse`.

    Returns
    -------
    list of Difference
        See `gapmodel.cite.differences.compare_claims`.

    Raises
    ------
    ConfigError
        Data or variant are not those of the run.
    UnknownNameError
        The variant is no shipped one, and no path was given.
    """
    table = original_scores(run, scores=scores, benchmarks=benchmarks)
    model = original_variant(run, path=variant)
    settings = run.settings
    if seed is not None:
        settings = replace(settings, seed=seed)
    analysis = analyse(
        table,
        model,
        settings,
        options=run.options,
        horizon_years=run.summary["zero_lag"]["horizon_years"],
        quick=run.summary["quick"],
        stage=stage,
        progress=progress,
    )
    return differences_of(run, analysis.summary)


def differences_of(run: Run, summary: dict[str, Any]) -> list[Difference]:
    """Differences of the run's claims to those of another summary."""
    again = replace(run, summary=cast(Summary, summary))
    claims = [collect(r, draft=True) for r in (run, again)]
    return compare_claims(claims[0], claims[1], zero=run.summary["zero_lag"])


def original_scores(run: Run, *, scores: Path | None = None, benchmarks: Path | None = None) -> Scores:
    """The table that the run pooled.

    Which subset it was, the manifest says under ``inputs``; for older runs, whose manifest does not, the benchmarks are
    those of the summary.

    Parameters
    ----------
    run : Run
    scores, benchmarks : pathlib.Path, optional
        The user's own tables, where the run was not on bundled data.

    Returns
    -------
    Scores

    Raises
    ------
    ConfigError
        It is not to be had, or the content differs from that of the run.
    DataError
        The files cannot be read.
    """
    data, inputs = run.manifest["data"], run.manifest.get("inputs") or {}
    if scores is not None:
        table = csv.read_scores(scores, benchmarks, today=date.today())
    elif data["snapshot"] in bundled.SNAPSHOTS:
        table = bundled.load(data["snapshot"])
    else:
        raise ConfigError(f"the run is on '{data['snapshot']}', which is not bundled: give that file as --scores")
    wanted = source_of(run).data_sha256
    if table.sha256 == wanted:
        return table
    try:
        chosen = select(table, **_selection(run, inputs))
    except GapmodelError as error:
        raise ConfigError(f"the scores are not those of the run: {error}") from error
    if chosen.sha256 != wanted:
        raise ConfigError(
            f"the scores are not those of the run: their hash is {chosen.sha256[:12]}, the run's {wanted[:12]}. "
            "Give the very files that the run was on, or the snapshot of its time"
        )
    return chosen


def original_variant(run: Run, *, path: str | None = None) -> Variant:
    """The variant of the run.

    Raises
    ------
    ConfigError
        Its file has another content now.
    UnknownNameError
        It is no shipped variant, and no path was given.
    """
    recorded = run.manifest["variant"]
    model = load_variant(path or recorded["name"])
    other = recorded.get("other_priors") or {}
    model = with_priors(model, {name: read_prior(text) for name, text in other.items()})
    if model.sha256 != recorded["sha256"]:
        raise ConfigError(
            f"variant '{model.name}' is not that of the run: its hash is {model.sha256[:12]}, the run's "
            f"{recorded['sha256'][:12]}. Install the version of gapmodel that the manifest names "
            f"({run.manifest['versions'].get('gapmodel', 'unknown')}), or give the file as --variant"
        )
    return model


def selection_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords of `gapmodel.scores.selection.select`, from the ``inputs`` of a manifest."""
    return {
        "benchmarks": inputs.get("benchmark") or None,
        "exclude_benchmarks": inputs.get("exclude_benchmark") or None,
        "categories": inputs.get("category") or None,
        "exclude_organizations": inputs.get("exclude_organization") or None,
        "visibilities": inputs.get("visibility") or None,
        "everything": bool(inputs.get("all_benchmarks")),
    }


def _selection(run: Run, inputs: dict[str, Any]) -> dict[str, Any]:
    """The same of a run; for older ones, whose manifest has no inputs, the benchmarks of the summary."""
    if inputs:
        return selection_of(inputs)
    rows = [*run.summary["per_benchmark"], *run.summary["skipped"]]
    return {"benchmarks": sorted({row["benchmark"] for row in rows})}
