"""A comparison folder: every variant fitted, scored on held-out lags, weighed and stacked. An interrupted one resumes.

Each fit and each fold is written when it is done, and read back where it is there already.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from gapmodel.analysis import analyse
from gapmodel.compare import (
    BENCHMARK,
    FUTURE,
    Fold,
    benchmark_folds,
    elpd_table,
    future_folds,
    score_fold,
    stacked_quantiles,
    stacking_weights,
)
from gapmodel.crossing import HORIZON_YEARS, QUANTILES, crossing_draws, crossing_grid
from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.fit import CompiledVariant, SamplerSettings, compile_variant
from gapmodel.gap import INTERVAL_PROB, trend_draws
from gapmodel.lag import LagResult
from gapmodel.lagoptions import LagOptions
from gapmodel.scores import Scores
from gapmodel.store import atomic_netcdf, atomic_text, csv_table, csv_text, open_jobs, write_json
from gapmodel.variant import PanelData, Variant
from gapmodel.views import MONTHLY

__all__ = ["FIT_SETTINGS", "HEADINGS", "STACKED", "Comparison", "Plan", "compare_variants", "display_rows", "markdown"]

STACKED = "stacked"
AHEAD_MONTHS = 12
_QUANTITIES = ("gap", "slope", "days")
_WEIGHT_THAT_COUNTS = 0.01
FIT_SETTINGS = SamplerSettings(draws=2500)
_FOLD_SETTINGS = SamplerSettings(draws=500, tune=500, chains=2)


@dataclass(frozen=True)
class Plan:
    """What a comparison does.

    Attributes
    ----------
    settings, fold_settings : SamplerSettings
        Of the whole fits, and of the refits without a fold.
    options : LagOptions
    blocks, months_ahead : int
        Leave-future-out folds, see `gapmodel.compare.future_folds`.
    leave_benchmark_out : bool
    horizon_years : float
    """

    settings: SamplerSettings = FIT_SETTINGS
    fold_settings: SamplerSettings = _FOLD_SETTINGS
    options: LagOptions = field(default_factory=LagOptions)
    blocks: int = 8
    months_ahead: int = 3
    leave_benchmark_out: bool = True
    horizon_years: float = HORIZON_YEARS

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "sampler": self.settings.as_dict(),
            "fold_sampler": self.fold_settings.as_dict(),
            "options": self.options.as_dict(),
            "blocks": self.blocks,
            "months_ahead": self.months_ahead,
            "leave_benchmark_out": self.leave_benchmark_out,
            "horizon_years": self.horizon_years,
        }


@dataclass(frozen=True)
class Comparison:
    """What came of it.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a variant, then `STACKED`: ``variant, summary``, median and bounds of the 90 % equal-tailed interval of
        gap (months, at ``as_of``) and slope (months a year), ``probability_12_months``, ``probability_never`` (within
        the horizon), ``elpd_*``, ``difference_*``, ``se_*``, ``warning_*`` for each kind of fold, ``weight``,
        ``flagged`` (statistics that its posterior does not reproduce, see `gapmodel.ppc`), ``passed`` and ``note``
        (failed checks, or why the variant is not scored).
    cells : pandas.DataFrame
        Held-out lags, see `gapmodel.compare.score_fold`.
    stacked : dict
        Mixture of the posteriors: quantiles of gap, slope and zero date, probabilities, weights.
    as_of : str
    credits : tuple of str
    """

    table: pd.DataFrame
    cells: pd.DataFrame
    stacked: dict[str, Any]
    as_of: str
    credits: tuple[str, ...]


def compare_variants(
    scores: Scores,
    variants: Sequence[Variant],
    folder: Path,
    plan: Plan,
    *,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> Comparison:
    """Fit, score, weigh and stack `variants`, and write ``comparison.csv``, ``comparison.json`` and ``cells.csv``.

    Parameters
    ----------
    scores : Scores
    variants : sequence of Variant
        Those that are not fitted to monthly lags are fitted, but not scored.
    folder : pathlib.Path
        Where finished fits and folds are kept; a folder of another data set or plan is refused.
    plan : Plan
    progress : callable
        Told a label, the jobs done, and all jobs.

    Raises
    ------
    ConfigError
        The folder holds another comparison, or fewer than two variants were given.
    InsufficientDataError
        The data allow no folds.
    """
    if len(variants) < 2:
        raise ConfigError("a comparison needs at least two variants")
    names = [variant.name for variant in variants]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"two variants are called '{name}': name each once, or rename a file")
    lags = plan.options.lags(scores)
    target = plan.options.data(lags)
    folds = future_folds(target, blocks=plan.blocks, months_ahead=plan.months_ahead)
    if plan.leave_benchmark_out:
        folds += benchmark_folds(target)
    open_jobs(folder, {"data_sha256": scores.sha256, **plan.as_dict()})
    jobs = [_Jobs(variant, scores, lags, plan, folder) for variant in variants]
    total = sum(1 + len(folds) * job.scored for job in jobs)
    done = 0
    fits: list[dict[str, Any]] = []
    cells: list[pd.DataFrame] = []
    skipped: dict[str, str] = {}
    for job in jobs:
        progress(f"{job.variant.name}: fit", done, total)
        done += 1
        try:
            fits.append(job.fit())
        except InsufficientDataError as error:
            skipped[job.variant.name] = str(error)
            done += len(folds) * job.scored
            continue
        if not job.scored:
            continue
        for rows, fold in zip(job.score(target, folds), folds, strict=True):
            cells.append(rows)
            done += 1
            progress(f"{job.variant.name}: without {fold.name}", done, total)
        job.compiled = None  # memory
    progress("done", total, total)
    if sum(job.scored and job.variant.name not in skipped for job in jobs) < 2:
        raise ConfigError("fewer than two variants of monthly lags could be fitted: nothing to compare")
    return _conclude(fits, pd.concat(cells, ignore_index=True), skipped, folder, scores.credits)


class _Jobs:
    """Fits of one variant, each read back where an earlier run of the same file wrote it."""

    def __init__(self, variant: Variant, scores: Scores, lags: LagResult, plan: Plan, folder: Path) -> None:
        self.variant, self.scores, self.lags, self.plan = variant, scores, lags, plan
        self.stem = folder / "variants" / variant.name
        self.compiled: CompiledVariant | None = None
        self.scored = variant.view == MONTHLY
        self.stem.parent.mkdir(parents=True, exist_ok=True)
        if not self._whole():
            for ending in ("json", "nc", "csv"):
                self._path(ending).unlink(missing_ok=True)

    def _whole(self) -> bool:
        """Whether the files of the fit are there, of this variant, and can be read; damaged ones are made again."""
        try:
            row = json.loads(self._path("json").read_text(encoding="utf-8"))
            with xr.open_dataset(self._path("nc"), engine="h5netcdf") as draws:
                draws.load()
            if self._path("csv").is_file():
                csv_table(self._path("csv").read_bytes())[["kind", "fold"]]
        except (OSError, ValueError, KeyError):
            return False
        return isinstance(row, dict) and row.get("sha256") == self.variant.sha256

    def _path(self, ending: str) -> Path:
        return self.stem.with_name(f"{self.variant.name}.{ending}")

    def _compile(self, data: PanelData) -> CompiledVariant:
        if self.compiled is None:
            self.compiled = compile_variant(self.variant, data)
        return self.compiled

    def fit(self) -> dict[str, Any]:
        """Row of the whole fit, with its draws of gap, slope and days to zero."""
        if not self._path("json").is_file():
            self._fit()
        row = json.loads(self._path("json").read_text(encoding="utf-8"))
        with xr.open_dataset(self._path("nc"), engine="h5netcdf") as draws:
            return row | {"draws": draws.load()}

    def _fit(self) -> None:
        plan = self.plan
        compiled = self._compile(plan.options.data(self.lags, view=self.variant.view))
        analysis = analyse(
            self.scores,
            self.variant,
            plan.settings,
            options=plan.options,
            horizon_years=plan.horizon_years,
            compiled=compiled,
        )
        s = analysis.summary
        grid = crossing_grid(s["zero_lag"]["start"], horizon_years=plan.horizon_years)
        days = crossing_draws(trend_draws(analysis.fit, grid)["average"])["touched"]
        draws = xr.Dataset({"gap": analysis.draws["average_gap"], "slope": analysis.draws["slope"], "days": days})
        atomic_netcdf(self._path("nc"), draws.drop_vars([c for c in draws.coords if c not in draws.dims]))
        failed = [f"{c.name} {c.value:.3g}" for c in analysis.checks if not c.passed]
        note = f"checks failed: {', '.join(failed)}" if failed else ""
        if not self.scored:
            note = f"fitted to the {self.variant.view} view: other data, not scored; {note}".rstrip("; ")
        write_json(
            self._path("json"),
            {
                "variant": self.variant.name,
                "sha256": self.variant.sha256,
                "summary": self.variant.summary,
                "priors": self.variant.priors,
                "passed": not failed,
                "note": note,
                "start": s["zero_lag"]["start"],
                "diagnostics": s["diagnostics"],
                "predictive_checks": s["predictive_checks"],
                "average_gap_months": s["average_gap_months"],
                "slope_months_per_year": s["slope_months_per_year"],
                "zero_lag": s["zero_lag"],
            },
        )

    def score(self, target: PanelData, folds: Sequence[Fold]) -> Iterator[pd.DataFrame]:
        """Held-out lags of each fold in turn."""
        path = self._path("csv")
        done = csv_table(path.read_bytes()) if path.is_file() else pd.DataFrame(columns=["kind", "fold"])
        for k, fold in enumerate(folds):
            rows = done[(done["kind"] == fold.kind) & (done["fold"] == fold.name)]
            if rows.empty:
                settings = replace(self.plan.fold_settings, seed=self.plan.fold_settings.seed + k)
                rows = score_fold(self._compile(target), target, fold, settings)
                done = pd.concat([done, rows], ignore_index=True)
                atomic_text(path, csv_text(done, digits=17))
            yield rows


def _conclude(fits, cells: pd.DataFrame, skipped: dict[str, str], folder: Path, credits: tuple[str, ...]) -> Comparison:
    start = pd.Timestamp(fits[0]["start"])
    table = pd.DataFrame([_row(fit) for fit in fits]).set_index("variant")
    for kind in (FUTURE, BENCHMARK):
        if (cells["kind"] == kind).any():
            scores = elpd_table(cells, kind=kind).set_index("variant")
            table = table.join(scores[["elpd", "difference", "se", "warning"]].add_suffix(f"_{kind}"))
    weights = stacking_weights(cells, kind=FUTURE)
    table["weight"] = weights
    draws = {fit["variant"]: {name: fit["draws"][name].to_numpy().ravel() for name in _QUANTITIES} for fit in fits}
    stacked = _stack(draws, weights, start)
    table = table.sort_values(["difference_future", "gap_median"], ascending=[False, True], na_position="last")
    table.loc[STACKED] = {
        **{column: np.nan for column in table},
        **stacked["row"],
        "summary": "mixture of the posteriors with the stacking weights",
        "flagged": "",
        "passed": bool(table.loc[weights.index[weights > _WEIGHT_THAT_COUNTS], "passed"].all()),
        "note": "",
    }
    table = table.reset_index()
    comparison = Comparison(table, cells, stacked, str(start.date()), credits)
    atomic_text(folder / "comparison.csv", csv_text(table))
    atomic_text(folder / "cells.csv", csv_text(cells))
    write_json(
        folder / "stacked.json", {"as_of": comparison.as_of, **stacked, "skipped": skipped, "credits": list(credits)}
    )
    atomic_text(folder / "comparison.md", markdown(comparison))
    return comparison


def _row(fit: dict[str, Any]) -> dict[str, Any]:
    out = {"variant": fit["variant"], "summary": fit["summary"]}
    for name, key in (("gap", "average_gap_months"), ("slope", "slope_months_per_year")):
        interval = fit[key]["interval"]
        out |= {f"{name}_median": fit[key]["median"], f"{name}_lower": interval["lower"]}
        out |= {f"{name}_upper": interval["upper"]}
    days = fit["draws"]["days"].to_numpy()
    return out | _probabilities(days, np.full(days.size, 1.0 / days.size), pd.Timestamp(fit["start"])) | {
        "flagged": ", ".join(row["statistic"] for row in fit["predictive_checks"] if row["flagged"]),
        "passed": fit["passed"], "note": fit["note"],
    }  # fmt: skip


def _probabilities(days: np.ndarray, mass: np.ndarray, start: pd.Timestamp) -> dict[str, float]:
    year = (start + pd.offsets.MonthEnd(AHEAD_MONTHS) - start).days
    flat = days.ravel()
    return {
        "probability_12_months": float(mass[flat <= year].sum()),
        "probability_never": float(mass[np.isinf(flat)].sum()),
    }


def _stack(draws: dict[str, dict[str, np.ndarray]], weights: pd.Series, start: pd.Timestamp) -> dict[str, Any]:
    """The mixture of posteriors, as one more row and in full."""
    ends = [(1 - INTERVAL_PROB) / 2, 0.5, (1 + INTERVAL_PROB) / 2]
    row: dict[str, float] = {}
    for name in ("gap", "slope"):
        lower, median, upper = stacked_quantiles({k: v[name] for k, v in draws.items()}, weights, ends)
        row |= {f"{name}_median": float(median), f"{name}_lower": float(lower), f"{name}_upper": float(upper)}
    used = [name for name in weights.index if weights[name] > 0]
    days = np.concatenate([draws[name]["days"] for name in used])
    mass = np.concatenate([np.full(draws[n]["days"].size, weights[n] / draws[n]["days"].size) for n in used])
    row |= _probabilities(days, mass, start) | {"weight": 1.0}
    quantiles = stacked_quantiles({k: v["days"] for k, v in draws.items()}, weights, QUANTILES)
    dates = [None if np.isinf(q) else str((start + pd.Timedelta(days=ceil(q))).date()) for q in quantiles]
    return {
        "row": row,
        "date_quantiles": {f"{p:g}": d for p, d in zip(QUANTILES, dates, strict=True)},
        "weights": {str(k): float(v) for k, v in weights.sort_values(ascending=False).items()},
    }


HEADINGS = (
    "variant",
    "gap, months",
    "slope, months/year",
    "P(zero in 12 months)",
    "P(not in horizon)",
    "elpd, months ahead",
    "elpd, new benchmark",
    "weight",
    "not reproduced",
)


def display_rows(comparison: Comparison) -> list[list[str]]:
    """Cells of `HEADINGS` as text: medians with 90 % intervals, elpd differences ± one SE; † failed a check."""
    out = []
    for record in comparison.table.to_dict("records"):
        row = {str(k): v for k, v in record.items()}
        cells = [f"{row['variant']}{'' if row['passed'] else ' †'}"]
        cells += [_interval(row, name) for name in ("gap", "slope")]
        cells += [f"{row[f'probability_{name}']:.2f}" for name in ("12_months", "never")]
        cells += [_difference(row, kind) for kind in (FUTURE, BENCHMARK)]
        cells.append("" if pd.isna(row["weight"]) else f"{row['weight']:.2f}")
        cells.append(str(row["flagged"]).replace("_", " "))
        out.append(cells)
    return out


def markdown(comparison: Comparison) -> str:
    """The table as Markdown, for a README: what each variant says and how well it predicted."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---|" + "---:|" * (len(HEADINGS) - 1)]
    lines += ["| " + " | ".join(cells) + " |" for cells in display_rows(comparison)]
    failed = comparison.table[~comparison.table["passed"].astype(bool)]
    notes = [f"† {row['variant']}: {row['note']}" for row in failed.to_dict("records")]
    return "\n".join([*lines, "", *notes]).rstrip() + "\n"


def _interval(row: dict[str, Any], name: str) -> str:
    return f"{row[f'{name}_median']:.1f} ({row[f'{name}_lower']:.1f} to {row[f'{name}_upper']:.1f})"


def _difference(row: dict[str, Any], kind: str) -> str:
    value = row.get(f"difference_{kind}")
    return "" if value is None or pd.isna(value) else f"{value:.1f} ± {row[f'se_{kind}']:.1f}"
