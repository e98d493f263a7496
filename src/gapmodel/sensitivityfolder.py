"""Folders of sensitivity and influence: sweeps that resume, their tables and their figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.errors import ConfigError
from gapmodel.fit import SamplerSettings, fit_variant
from gapmodel.lagoptions import LagOptions
from gapmodel.multiverse import FACTORS, REFERENCE, influence, multiverse
from gapmodel.plot import plot_influence, plot_specifications, save_figure
from gapmodel.powerscale import THRESHOLD, power_scaling
from gapmodel.registry import load_variant
from gapmodel.scores import Scores
from gapmodel.store import atomic_text, csv_text
from gapmodel.sweep import run_sweep
from gapmodel.variant import Variant
from gapmodel.views import SCORES

__all__ = ["Outcome", "influence_folder", "sensitivity_folder"]


@dataclass(frozen=True)
class Outcome:
    """Tables of a folder, and what they say in a few lines.

    Attributes
    ----------
    tables : dict
        File name → table.
    lines : tuple of str
    credits : tuple of str
    """

    tables: dict[str, pd.DataFrame]
    lines: tuple[str, ...]
    credits: tuple[str, ...]


def sensitivity_folder(
    table: Scores,
    chosen: Scores,
    options: LagOptions,
    variant: str,
    folder: Path,
    *,
    settings: SamplerSettings,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> Outcome:
    """Write ``multiverse.csv``, ``power_scaling.csv`` and ``multiverse.png`` and ``.svg``.

    Parameters
    ----------
    table, chosen : Scores
        Everything at hand, and the subset that the reference analysis uses.
    options : LagOptions
    variant : str
        Name or path.
    folder : pathlib.Path
        Resumes there.
    settings : SamplerSettings
        Of each fit.

    Raises
    ------
    ConfigError
        The folder holds a sweep of other data or settings, or the variant is fitted to scores.
    """
    loaded = _of_lags(variant)
    choices = multiverse(table, chosen, options)
    spec: dict[str, Any] = {"kind": "sensitivity", "data_sha256": table.sha256}
    rows = run_sweep(choices, variant, folder, settings=settings, spec=spec, workers=workers, progress=progress)
    lags = options.lags(chosen)
    fit = fit_variant(loaded, options.data(lags, view=loaded.view), settings)
    scaling = power_scaling(fit, lags.panel["month"].to_numpy()[-1])
    tables = {"multiverse.csv": rows, "power_scaling.csv": scaling}
    for name, content in tables.items():
        atomic_text(folder / name, csv_text(content))
    factorial = rows[rows["part"].isin([REFERENCE, "factorial"])]
    figure = plot_specifications(factorial, factors=list(FACTORS), reference=REFERENCE, note=" ".join(table.credits))
    save_figure(figure, folder / "multiverse")
    return Outcome(tables, (*_spread(factorial), *_singles(rows), _scaled(scaling)), table.credits)


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
    """Write ``influence.csv`` and ``influence.png`` and ``.svg``; parameters as for `sensitivity_folder`."""
    _of_lags(variant)
    choices = influence(chosen, options)
    spec: dict[str, Any] = {"kind": "influence", "data_sha256": chosen.sha256}
    rows = run_sweep(choices, variant, folder, settings=settings, spec=spec, workers=workers, progress=progress)
    reference, others = rows.iloc[0], rows.iloc[1:]
    for column in ("gap_median", "slope_median", "probability_12", "probability_60"):
        rows[f"change_of_{column}"] = rows[column] - float(reference[column])
    atomic_text(folder / "influence.csv", csv_text(rows))
    figure = plot_influence(others, reference=reference, note=" ".join(chosen.credits))
    save_figure(figure, folder / "influence")
    lines = [_row_line("with everything", reference)]
    for kind in ("benchmark", "organization", "model"):
        mine = rows[rows["kind"] == kind].dropna(subset=["change_of_slope_median"])
        if mine.empty:
            continue
        largest = mine.iloc[int(mine["change_of_slope_median"].abs().argmax())]
        words = f"without the {kind} {largest['left_out']} (moves the slope most, of {len(mine)})"
        lines.append(_row_line(words, largest))
    return Outcome({"influence.csv": rows}, tuple(lines), chosen.credits)


def _of_lags(name: str) -> Variant:
    """The variant; one of the scores is refused, since a sweep fits every choice to a panel of lags."""
    variant = load_variant(name)
    if variant.view == SCORES:
        raise ConfigError(
            f"'{variant.name}' is fitted to scores, and sensitivity and influence refit lags: give a variant of lags"
        )
    return variant


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
