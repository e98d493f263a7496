"""What a notebook and the command line both call: load, fit, read, compare, test, cite.

Everything here is also in ``gapmodel`` itself: ``import gapmodel as gm``, ``gm.fit(gm.load_scores())``.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import fields, replace
from datetime import date
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.analysis.analyse import analyse
from gapmodel.analysis.questions import DEFAULT_QUESTION, parts_of
from gapmodel.cite.claims import Claims
from gapmodel.cite.collect import collect
from gapmodel.cite.ranges import read_ranges
from gapmodel.errors import ConfigError, expect
from gapmodel.inference.contract import check_contract
from gapmodel.inference.crossing import HORIZON_YEARS, crossing_grid
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.lags.panel import Lags
from gapmodel.ledger.actions import ledger_score, ledger_show
from gapmodel.ledger.add import ledger_add
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import DEFAULT_VARIANT, chosen_variant, list_variants, load_variant, variant_card
from gapmodel.modeling.variant import Variant
from gapmodel.report import write_report
from gapmodel.runs.progress import Stages
from gapmodel.runs.reader import read_run, reference_run, verify_files
from gapmodel.runs.run import Run, run_of
from gapmodel.scores.groups import Group
from gapmodel.scores.table import Scores, expect_scores, validate_scores
from gapmodel.simulation import frontiers as simulation
from gapmodel.sources.facts import other_sources
from gapmodel.sources.load import load_scores
from gapmodel.validation.studies import backtest, calibrate, compare, false_alarms, influence, revisions, sensitivity

__all__ = [
    "ask",
    "backtest",
    "calibrate",
    "chosen_variant",
    "claims",
    "compare",
    "compute_lags",
    "false_alarms",
    "fit",
    "influence",
    "ledger_add",
    "ledger_score",
    "ledger_show",
    "list_variants",
    "load_scores",
    "load_variant",
    "read_run",
    "reference_run",
    "revisions",
    "sensitivity",
    "simulate_scores",
    "variant_card",
    "write_report",
]


def compute_lags(scores: Scores, options: LagOptions | None = None, **choices: Any) -> Lags:
    """Monthly lags of the follower behind the leader.

    Parameters
    ----------
    scores : Scores
    options : LagOptions, optional
    **choices
        Fields of `LagOptions` in place of those of `options`: ``cutoff, leader, follower, first_month`` ...

    Returns
    -------
    Lags
        ``panel`` has dims (benchmark, month); lags in months.

    Raises
    ------
    ConfigError, UnknownNameError, InsufficientDataError
        See `gapmodel.lags.panel.compute_lags`.

    Examples
    --------
    >>> lags = compute_lags(load_scores(), cutoff="2026-03-31")
    >>> lags.panel["lag"].dims, str(lags.panel["month"].values[-1])[:10]
    (('benchmark', 'month'), '2026-03-31')
    """
    return _options(options, choices).lags(_checked(scores))


def fit(
    scores: Scores,
    variant: str | Path | Variant = DEFAULT_VARIANT,
    *,
    options: LagOptions | None = None,
    cutoff: str | date | None = None,
    leader: str | Group | None = None,
    follower: str | Group | None = None,
    settings: SamplerSettings | None = None,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    seed: int | None = None,
    priors: Mapping[str, Any] | None = None,
    horizon_years: float = HORIZON_YEARS,
    quick: bool = False,
    accept: Mapping[str, str] | None = None,
    progress: bool = True,
    stages: Stages | None = None,
    command: str = "gm.fit",
) -> Run:
    """Fit one variant to one table.

    Parameters
    ----------
    scores : Scores
    variant : str, path or Variant
        A shipped one by name, or a file of your own, which is checked against the contract first.
    options : LagOptions, optional
        How scores become lags; `cutoff`, `leader` and `follower` are fields of it by name.
    settings : SamplerSettings, optional
        `draws` and `tune` (of each chain), `chains` and `seed` are fields of it by name.
    priors : mapping, optional
        Parameter → prior in place of the variant's, see `gapmodel.modeling.priors`.
    horizon_years : float
        How far ahead a crossing counts.
    quick : bool
        A small run for trying out, marked as not citable.
    accept : mapping, optional
        Name of a data check that would hold claims back → why its finding may stand; see `gapmodel.audit.gate`.
    progress : bool
        Show it.
    stages, command
        Of the command line: its display, which it opens and closes itself, and what it records.

    Returns
    -------
    Run
        Whether or not its checks passed; nothing is written.

    Raises
    ------
    GapmodelError
        See `gapmodel.analysis.analyse.analyse`.

    Examples
    --------
    >>> run = fit(load_scores(pool=["gpqa diamond", "SimpleBench"]), "pooled", quick=True, progress=False)
    >>> run.gap.unit, run.citable
    ('months', False)
    """
    scores = _checked(scores)
    chosen = _options(options, {"cutoff": cutoff, "leader": leader, "follower": follower})
    crossing_grid(date(2026, 1, 31), horizon_years=horizon_years)
    if settings is not None:
        expect(settings, SamplerSettings, "settings", "give gm.SamplerSettings(...)")
    if priors is not None:
        expect(priors, Mapping, "priors", 'give a mapping such as {"slope_sd": "HalfNormal(2)"}')
    if accept is not None:
        expect(accept, Mapping, "accept", 'give a mapping such as {"moves_gap": "why it may stand"}')
    base = settings or SamplerSettings()
    if quick and settings is None:
        base = base.quick()
    named: dict[str, Any] = {"draws": draws, "tune": tune, "chains": chains, "seed": seed}
    asked = replace(base, **{name: value for name, value in named.items() if value is not None})
    model = chosen_variant(variant, priors=priors)
    if not model.shipped:
        check_contract(model, chosen.data(chosen.lags(scores), view=model.view))
    shown = stages or Stages(quiet=not progress)
    with nullcontext() if stages is not None else shown:
        analysis = analyse(
            scores,
            model,
            asked,
            options=chosen,
            horizon_years=horizon_years,
            quick=quick,
            stage=shown.stage,
            progress=shown.sampling,
            facts=other_sources(scores.table["model"].unique(), snapshot=scores.snapshot),
            left_out=scores.left_out,
            accept=accept,
        )
    return run_of(analysis, inputs=scores.origin, command=command)


def ask(
    question: str = DEFAULT_QUESTION, about: str | None = None, *, scores: Scores | None = None, **choices: Any
) -> dict[str, Run]:
    """Answer a ready question with the default model.

    Parameters
    ----------
    question : str
        One of `gapmodel.analysis.questions.QUESTIONS`: ``open-closed``, ``public-private``, ``china-us``, ``licence``,
        ``category``, ``lab``.
    about : str, optional
        The category or the lab, of a question about one.
    scores : Scores, optional
        A table, of which all is at hand; default: the bundled data.
    **choices
        Keywords of `fit`: ``quick, seed, draws, progress`` ...

    Returns
    -------
    dict of str to Run
        By part of the question; one with an empty name, where it has no parts.

    Raises
    ------
    UnknownNameError, ConfigError, InsufficientDataError
        See `gapmodel.analysis.questions.parts_of`.

    Examples
    --------
    >>> ask("category")
    Traceback (most recent call last):
    ...
    gapmodel.errors.ConfigError: the question 'category' is about one category: gapmodel ask category CATEGORY
    """
    table = load_scores() if scores is None else _checked(scores)
    whole = table if table.whole is None else table.whole
    parts = parts_of(question, about, whole=whole, origin=_files(table))
    return {part.label: fit(part.scores, options=part.options, **choices) for part in parts}


def claims(run: Run, *, language: str = "en", comparison: str | Path | None = None, draft: bool = False) -> Claims:
    """The claims of a run: numbers rounded by their Monte Carlo error, in sentences.

    Parameters
    ----------
    run : Run
    language : str
        ``en`` or ``zh``.
    comparison : path-like, optional
        Folder of a comparison on the same data, for the range over variants.
    draft : bool
        Take a run that is not citable too, and watermark its claims.

    Raises
    ------
    CheckError
        The run is not citable and `draft` is false.
    DataError
        The comparison is on other data.

    Examples
    --------
    >>> found = claims(read_run("results/reference/august_2026"))
    >>> found["gap.average"].unit
    'months'
    """
    expect(run, Run, "run", "give what gm.fit or gm.read_run gives")
    verify_files(run)
    ranges = None if comparison is None else read_ranges(comparison, run)
    return collect(run, language=language, ranges=ranges, draft=draft)


def simulate_scores(*, seed: int, scenario: str = "constant", regime: str = "dense", **choices: Any) -> Scores:
    """Scores with a known lag.

    Parameters
    ----------
    seed : int
    scenario, regime : str
        Of `gapmodel.simulation.frontiers`: how the lag moves, and how tidy the evaluations are.
    **choices
        Keywords of `gapmodel.simulation.frontiers.simulate_scores`; `gapmodel.simulation` also gives the truth.

    Raises
    ------
    UnknownNameError, ConfigError
        No such scenario or regime; a choice is out of range.

    Examples
    --------
    >>> simulate_scores(seed=3, n_benchmarks=4, n_months=24).snapshot
    'simulated constant, seed 3'
    """
    from gapmodel.errors import UnknownNameError, nearest, some_of

    for what, name, known in (("scenario", scenario, simulation.SCENARIOS), ("regime", regime, simulation.REGIMES)):
        if name not in known:
            raise UnknownNameError(f"unknown {what} '{name}'{nearest(name, known) or some_of(known)}")
    keywords = list(signature(simulation.simulate_scores).parameters)
    for name in choices:
        if name not in keywords:
            raise UnknownNameError(f"unknown choice '{name}'{nearest(name, keywords) or some_of(keywords)}")
    expect(seed, (int, np.integer), "seed", "give a whole number of at least 0")
    if seed < 0:
        raise ConfigError(f"seed is {seed}: give a whole number of at least 0")
    table, info, truth = simulation.simulate_scores(
        seed=seed, scenario=scenario, **{**simulation.REGIMES[regime], **choices}
    )
    day = max(pd.Timestamp(truth.months[-1]), pd.Timestamp(table["release_date"].max())).date()
    return validate_scores(table, info, today=day, snapshot=f"simulated {scenario}, seed {seed}")


def _files(scores: Scores) -> dict[str, Any]:
    """Names of the files of a table, from the choice that was recorded of it."""
    return {name: (scores.origin or {}).get(name) for name in ("scores", "benchmarks", "snapshot")}


def _checked(scores: Any) -> Scores:
    expect_scores(scores)
    return scores


def _options(options: LagOptions | None, choices: Mapping[str, Any]) -> LagOptions:
    known = {f.name for f in fields(LagOptions)}
    unknown = sorted(set(choices) - known)
    if unknown:
        from gapmodel.errors import nearest

        raise ConfigError(f"there is no choice '{unknown[0]}'{nearest(unknown[0], known)}")
    given = {name: value for name, value in choices.items() if value is not None}
    if options is not None:
        expect(options, LagOptions, "options", "give gm.LagOptions(...)")
    return replace(options or LagOptions(), **given)
