"""Folders of sensitivity and influence: sweeps that resume, their tables and their figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gapmodel.errors import ConfigError
from gapmodel.files.atomic import atomic_text, csv_text
from gapmodel.inference.power_scaling import THRESHOLD, errors_of, power_scaling
from gapmodel.inference.sampling import SamplerSettings, fit_variant
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.variant import Variant
from gapmodel.plot import plot_influence, plot_specifications, save_figure
from gapmodel.scores.table import Scores
from gapmodel.validation.multiverse import FACTORS, REFERENCE, influence, multiverse
from gapmodel.validation.sweep import NOT_FITTED, run_sweep

__all__ = ["Outcome", "influence_folder", "sensitivity_folder"]


@dataclass(frozen=True)
class Outcome:
    """Tables of a folder, and what they say in a few lines.

    Attributes
    ----------
    tables : dict
        File name → table; the first is that of the sweep.
    lines : tuple of str
    credits : tuple of str
    passed : bool
        Every fit was made and passed its convergence checks.
    draw : callable
        Draws the figure.
    """

    tables: dict[str, pd.DataFrame]
    lines: tuple[str, ...]
    credits: tuple[str, ...]
    passed: bool
    draw: Callable[[], Figure] = field(repr=False)


def sensitivity_folder(
    chosen: Scores,
    options: LagOptions,
    variant: str,
    folder: Path,
    *,
    settings: SamplerSettings,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> Outcome:
    """Write ``multiverse.csv``, ``power_scaling.csv`` and ``multiverse.png``, ``.svg`` and ``.pdf``.

    Parameters
    ----------
    chosen : Scores
        What the reference analysis uses; other choices pool benchmarks of its ``whole`` table, where it has one.
    options : LagOptions
    variant : str
        Name or path.
    folder : pathlib.Path
        Resumes there.
    settings : SamplerSettings
        Of each fit.
    workers, progress
        See `gapmodel.validation.jobs.run_jobs`.

    Returns
    -------
    Outcome

    Raises
    ------
    ConfigError
        The folder holds a sweep of other data or settings, or the variant is not fitted to monthly lags, or has no
        potential ``errors`` to scale.
    InsufficientDataError
        See `gapmodel.validation.sweep.run_sweep`.
    """
    loaded = _of_lags(variant)
    table = chosen if chosen.whole is None else chosen.whole
    lags = options.lags(chosen)
    data = options.data(lags)
    errors_of(loaded.build(data))  # what cannot be scaled is said before anything is sampled
    choices = multiverse(table, chosen, options)
    spec: dict[str, Any] = {"kind": "sensitivity", "data_sha256": table.sha256}
    rows = run_sweep(choices, variant, folder, settings=settings, spec=spec, workers=workers, progress=progress)
    fit = fit_variant(loaded, data, settings)
    scaling = power_scaling(fit, lags.panel["month"].to_numpy()[-1])
    factorial = rows[rows["part"].isin([REFERENCE, "factorial"])]
    note = " ".join(table.credits)

    def draw() -> Figure:
        return plot_specifications(factorial, factors=list(FACTORS), reference=REFERENCE, note=note)

    lines = [*_spread(factorial), *_singles(rows), _scaled(scaling)]
    return _written({"multiverse.csv": rows, "power_scaling.csv": scaling}, lines, table.credits, draw, folder)


def influence_folder(
    chosen: Scores,
    options: LagOptions,
    variant: str,
    folder: Path,
    *,
    settings: SamplerSettings,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> Outcome:
    """Write ``influence.csv`` and ``influence.png``, ``.svg`` and ``.pdf``.

    Parameters
    ----------
    chosen, options, variant, folder, settings, workers, progress
        See `sensitivity_folder`.

    Returns
    -------
    Outcome
        Its table has the rows of `gapmodel.validation.sweep.run_sweep`, and ``change_of_…`` of gap, slope and
        probabilities: the difference to the reference.

    Raises
    ------
    ConfigError
        The folder holds a sweep of other data or settings, or the variant is not fitted to monthly lags.
    InsufficientDataError
        See `gapmodel.validation.sweep.run_sweep`.
    """
    _of_lags(variant)
    choices = influence(chosen, options)
    spec: dict[str, Any] = {"kind": "influence", "data_sha256": chosen.sha256}
    rows = run_sweep(choices, variant, folder, settings=settings, spec=spec, workers=workers, progress=progress)
    reference, others = rows.iloc[0], rows.iloc[1:]
    for column in ("gap_median", "slope_median", "probability_12", "probability_60"):
        rows[f"change_of_{column}"] = rows[column] - float(reference[column])
    lines = [_row_line("with everything", reference)]
    for kind in ("benchmark", "organization", "model"):
        mine = rows[rows["kind"] == kind].dropna(subset=["change_of_slope_median"])
        if mine.empty:
            continue
        largest = mine.iloc[int(mine["change_of_slope_median"].abs().argmax())]
        doubt = "" if largest["passed"] else ", a check failed"
        words = f"without the {kind} {largest['left_out']} (moves the slope most, of {len(mine)}{doubt})"
        lines.append(_row_line(words, largest))
    note = " ".join(chosen.credits)
    return _written(
        {"influence.csv": rows}, lines, chosen.credits,
        lambda: plot_influence(others, reference=reference, note=note), folder,
    )  # fmt: skip


def _written(
    tables: dict[str, pd.DataFrame],
    lines: list[str],
    credits: tuple[str, ...],
    draw: Callable[[], Figure],
    folder: Path,
) -> Outcome:
    """Write tables and figure; the lines end with what failed in the first table."""
    for name, content in tables.items():
        atomic_text(folder / name, csv_text(content))
    first = next(iter(tables))
    save_figure(draw(), folder / first.removesuffix(".csv"))
    failures = _failures(tables[first])
    return Outcome(tables, (*lines, *failures), credits, not failures, draw)


def _of_lags(name: str) -> Variant:
    """The variant; one of another view is refused, since a sweep fits every choice to a panel of monthly lags."""
    variant = load_variant(name)
    if not variant.view.monthly_lags:
        raise ConfigError(
            f"'{variant.name}' is fitted to the {variant.view.name} view, and sensitivity and influence refit monthly "
            "lags: give a variant of those"
        )
    return variant


def _failures(rows: pd.DataFrame) -> list[str]:
    """How many fits did not pass, in words; none where all did."""
    done = rows.dropna(subset=["slope_median"])
    failed = done[~done["passed"].astype(bool)]
    lines = []
    if not failed.empty:
        divergent = int((failed["divergences"] > 0).sum())
        lines.append(
            f"CHECK FAILED in {len(failed)} of {len(done)} fits (R-hat up to {failed['rhat_max'].max():.2f}, "
            f"divergences in {divergent}, else too few effective draws), see the column passed: give more draws, "
            "and do not cite those rows"
        )
    missing = int((rows["problem"] == NOT_FITTED).sum())
    return lines + ([f"CHECK FAILED: {missing} fits failed altogether, see failed.json"] if missing else [])


def _row_line(words: str, row: pd.Series) -> str:
    return (
        f"{words}: gap {row['gap_median']:.1f} ({row['gap_lower']:.1f} to {row['gap_upper']:.1f}) months, slope "
        f"{row['slope_median']:+.1f} ({row['slope_lower']:+.1f} to {row['slope_upper']:+.1f}) months/year, "
        f"P(zero within 60 months) {row['probability_60']:.2f}"
    )


def _spread(rows: pd.DataFrame) -> list[str]:
    """The reference, and the range of medians over the factorial."""
    done = rows.dropna(subset=["slope_median"])
    gap, slope = (np.quantile(done[f"{what}_median"], [0.0, 0.5, 1.0]) for what in ("gap", "slope"))
    low, high = done["probability_24"].min(), done["probability_24"].max()
    excludes = ((done["slope_lower"] > 0) | (done["slope_upper"] < 0)).mean()
    return [
        _row_line(REFERENCE, rows.iloc[0]),
        f"{len(done)} analyses: medians of the gap {gap[0]:.1f} to {gap[2]:.1f} months (middle {gap[1]:.1f}), of the "
        f"slope {slope[0]:+.1f} to {slope[2]:+.1f} months/year (middle {slope[1]:+.1f}), P(zero within 24 months) "
        f"{low:.2f} to {high:.2f}; the 90 % interval of the slope excludes zero in {excludes:.0%}",
    ]


def _singles(rows: pd.DataFrame) -> list[str]:
    lines = []
    for row in rows[rows["part"].isin(["single", "priors"])].to_dict("records"):
        text = row["problem"] or _row_line("", pd.Series(row)).removeprefix(": ")
        lines.append(f"{row['change']}: {text}")
    return lines


def _scaled(scaling: pd.DataFrame) -> str:
    flagged = scaling[scaling["flagged"]]
    if flagged.empty:
        return f"power-scaling: no hyperprior moves the gap, the slope or P(zero) beyond {THRESHOLD}"
    parts = [f"{row['scaled']} on {row['quantity']} {row['sensitivity']:.2f}" for row in flagged.to_dict("records")]
    return f"power-scaling beyond {THRESHOLD}: {'; '.join(parts)}"
