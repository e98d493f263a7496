"""What a comparison asks for, and the fits and folds of one variant, each kept in a file and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from gapmodel.analysis.analyse import analyse
from gapmodel.files.atomic import atomic_netcdf, atomic_text, csv_table, csv_text, write_json
from gapmodel.inference.crossing import HORIZON_YEARS, crossing_draws, crossing_grid
from gapmodel.inference.gap import trend_draws
from gapmodel.inference.sampling import CompiledVariant, SamplerSettings, compile_variant
from gapmodel.lags.panel import Lags
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.variant import Variant
from gapmodel.scores.table import Scores
from gapmodel.validation.folds import Fold, benchmark_folds, future_folds, score_fold

__all__ = ["FIT_SETTINGS", "Plan", "VariantJobs", "fold_list", "variant_job"]

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
        Leave-future-out folds, see `gapmodel.validation.folds.future_folds`.
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


class VariantJobs:
    """Fits of one variant, each read back where an earlier run of the same file wrote it.

    Parameters
    ----------
    variant : Variant
    scores : Scores
    lags : Lags
        Of `scores`, under the plan's options.
    plan : Plan
    folder : pathlib.Path
        Of the comparison; files are ``variants/<name>.*`` in it.
    """

    def __init__(self, variant: Variant, scores: Scores, lags: Lags, plan: Plan, folder: Path) -> None:
        self.variant, self.scores, self.lags, self.plan = variant, scores, lags, plan
        self.stem = folder / "variants" / variant.name
        self.compiled: CompiledVariant | None = None
        self.scored = variant.view.monthly_lags
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
        """Row of the whole fit.

        Returns
        -------
        dict
            What ``variants/<name>.json`` holds, and ``draws``, an xarray.Dataset of ``gap`` (months), ``slope``
            (months per year) and ``days`` (to zero, ``inf`` for never), dims (chain, draw).
        """
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
            note = f"fitted to the {self.variant.view.name} view: other data, not scored; {note}".rstrip("; ")
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
        """Held-out lags of each fold in turn.

        Parameters
        ----------
        target : PanelData
            The whole panel.
        folds : sequence of Fold
            Of `target`.

        Yields
        ------
        pandas.DataFrame
            See `gapmodel.validation.folds.score_fold`.
        """
        path = self._path("csv")
        done = csv_table(path.read_bytes()) if path.is_file() else pd.DataFrame(columns=["kind", "fold"])
        for k, fold in enumerate(folds):
            rows = done[(done["kind"] == fold.kind) & (done["fold"] == fold.name)]
            if rows.empty:
                settings = replace(self.plan.fold_settings, seed=(self.plan.fold_settings.seed + k) % 2**32)
                rows = score_fold(self._compile(target), target, fold, settings)
                done = pd.concat([done, rows], ignore_index=True)
                atomic_text(path, csv_text(done, digits=17))
            yield rows


def fold_list(target: PanelData, plan: Plan) -> list[Fold]:
    """The folds of a plan: blocks of months, and benchmarks where asked for."""
    folds = future_folds(target, blocks=plan.blocks, months_ahead=plan.months_ahead)
    return [*folds, *benchmark_folds(target)] if plan.leave_benchmark_out else list(folds)


def variant_job(*, variant: str, scores: Scores, plan: Plan, folder: str) -> dict[str, Any]:
    """Everything of one variant, left in the files of the comparison's folder; for a worker.

    Parameters
    ----------
    variant : str
        Name or path.
    scores : Scores
    plan : Plan
    folder : str
        Of the comparison.

    Returns
    -------
    dict
        ``variant``, and ``folds``, their number.
    """
    lags = plan.options.lags(scores)
    job = VariantJobs(load_variant(variant), scores, lags, plan, Path(folder))
    job.fit()
    scored = 0
    if job.scored:
        target = plan.options.data(lags)
        scored = sum(1 for _ in job.score(target, fold_list(target, plan)))
    return {"variant": job.variant.name, "folds": scored}
