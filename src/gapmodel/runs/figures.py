"""The figures of a run, from its analysis; draws nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.figure import Figure

from gapmodel.analysis.sentences import headline, never_number, standing
from gapmodel.analysis.wording import Wording
from gapmodel.inference.gap import INTERVAL_PROB, summary_row
from gapmodel.lags.panel import panel_table, table_panel
from gapmodel.lags.published_line import Baseline
from gapmodel.plot import (
    plot_average_trend,
    plot_forest,
    plot_frontiers,
    plot_monthly_boxes,
    plot_panel,
    plot_zero_probability,
)

if TYPE_CHECKING:  # to draw a run that was read needs no sampler
    from gapmodel.analysis.analyse import Analysis
    from gapmodel.runs.run import Run

__all__ = ["FIGURES", "run_figure", "run_figures", "run_note", "table_figure", "trend_figure", "zero_figure"]


FIGURES = ("frontiers", "lag_panel", "monthly_boxes", "average_trend", "zero_probability", "forest")


def run_figures(analysis: Analysis, *, run: str) -> dict[str, Figure]:
    """Name → figure, of all `FIGURES`.

    Parameters
    ----------
    analysis : Analysis
    run : str
        Run id, for the footer.
    """
    return {name: run_figure(analysis, name, run=run) for name in FIGURES}


def run_figure(analysis: Analysis, name: str, *, run: str) -> Figure:
    """One of `FIGURES`.

    Parameters
    ----------
    analysis : Analysis
    name : str
    run : str
        Run id, for the footer.
    """
    s, panel = analysis.summary, analysis.lags.panel
    note = run_note(s, run=run)
    if name == "frontiers":
        info = analysis.scores.benchmarks
        return plot_frontiers(
            analysis.lags.frontiers,
            panel,
            direction={str(k): str(v) for k, v in info["direction"].items()},
            units={str(k): str(v) for k, v in info["unit"].dropna().items()},
            note=note,
        )
    if name == "lag_panel":
        return plot_panel(panel, note=note)
    if name == "monthly_boxes":
        return plot_monthly_boxes(panel, analysis.baseline, note=note)
    if name == "average_trend":
        return trend_figure(s, analysis.bands, panel_table(panel), note=note)
    if name == "zero_probability":
        return zero_figure(s, analysis.curve, note=note)
    return _forest(analysis, note)


def table_figure(run: Run, name: str) -> Figure:
    """A figure of a run that was read, from its tables: ``frontiers``, ``lag_panel``, ``monthly_boxes`` or ``forest``.

    The 50 % intervals over benchmarks are in no table, and are not drawn.
    """
    s, note = run.summary, run_note(run.summary, run=run.run_id)
    if name == "forest":
        rows = [
            _entry_row(f"average of all {s['data']['n_benchmarks']}", s, "average_gap_months", "slope_months_per_year"),
            _entry_row("population mean", s, "population_mean_gap_months", "population_slope_months_per_year"),
        ]
        over = pd.DataFrame([row for row in rows if row])
        return _forest_figure(s, run.per_benchmark, over, note)
    panel = table_panel(run.table("lags.csv"))
    if name == "frontiers":
        return plot_frontiers(run.frontiers, panel, note=note)
    if name == "lag_panel":
        return plot_panel(panel, note=note)
    baseline = Baseline(
        run.table("baseline_lines.csv"),
        run.table("baseline_monthly.csv"),
        clamped=s["baseline"]["clamped_at_zero"],
        censored=s["baseline"]["censored_months"],
    )
    return plot_monthly_boxes(panel, baseline, note=note)


def _entry_row(label: str, summary: Mapping[str, Any], gap: str, slope: str) -> dict[str, Any]:
    row: dict[str, Any] = {"benchmark": label}
    for name, key in (("gap", gap), ("slope", slope)):
        if key not in summary:
            return {}
        ends = summary[key]["interval"]
        row |= {
            f"{name}_median": summary[key]["median"],
            f"{name}_lower": ends["lower"],
            f"{name}_upper": ends["upper"],
        }
    return row


def run_note(summary: Mapping[str, Any], *, run: str) -> str:
    """Footer of a figure: whether it may be cited, the run and the credits of the data."""
    return " ".join([*filter(None, [standing(summary)]), f"run {run}.", *summary["credits"]])


def trend_figure(
    summary: Mapping[str, Any],
    bands: pd.DataFrame,
    lags: pd.DataFrame,
    *,
    forms: Mapping[str, pd.DataFrame] | None = None,
    note: str,
) -> Figure:
    """The headline picture from the summary of a run, its ``trend_bands.csv`` and its ``lags.csv``.

    Parameters
    ----------
    forms : mapping, optional
        ``trend_bands.csv`` of runs with other forms of the trend.
    """
    lags = lags.assign(month=pd.to_datetime(lags["month"]))
    start = summary["zero_lag"]["start"]
    fitted = bool(summary["predictive_checks"])  # they are of monthly lags: other models have none
    return plot_average_trend(
        bands, lags, as_of=start, forms=forms, fitted=fitted, subtitle=headline(summary), note=note
    )


def zero_figure(summary: Mapping[str, Any], curve: pd.DataFrame, *, note: str) -> Figure:
    """P(zero by date) from the summary of a run and its ``zero_lag_curve.csv``."""
    zero = summary["zero_lag"]
    return plot_zero_probability(
        curve[["date", "probability", "mcse", "sustained"]],
        prior=curve[["date", "prior"]].rename(columns={"prior": "probability"}),
        never=zero["probability_never"],
        never_text=Wording().probability(never_number(zero)),
        horizon=zero["horizon"],
        note=f"{note} {zero['n_draws']:,} draws.",
    )


def _forest(analysis: Analysis, note: str) -> Figure:
    summary = pd.DataFrame(
        [
            summary_row(label, analysis.draws[gap], analysis.draws[slope])
            for label, gap, slope in (
                (f"average of all {analysis.summary['data']['n_benchmarks']}", "average_gap", "slope"),
                ("population mean", "population_mean", "population_slope"),
            )
        ]
    )
    return _forest_figure(analysis.summary, analysis.per_benchmark, summary, note)


def _forest_figure(summary: Mapping[str, Any], rows: pd.DataFrame, over: pd.DataFrame, note: str) -> Figure:
    return plot_forest(
        pd.concat([rows, over], ignore_index=True),
        date=summary["zero_lag"]["start"],
        summary=tuple(over["benchmark"]),
        note=f"{note} {INTERVAL_PROB:.0%} equal-tailed intervals.",
    )
