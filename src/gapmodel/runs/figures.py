"""The figures of a run, from its analysis; draws nothing itself."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from gapmodel.analysis.analyse import Analysis
from gapmodel.inference.gap import INTERVAL_PROB, summary_row
from gapmodel.plot import (
    plot_average_trend,
    plot_forest,
    plot_frontiers,
    plot_monthly_boxes,
    plot_panel,
    plot_zero_probability,
)

__all__ = ["run_figures"]


def run_figures(analysis: Analysis, *, run: str) -> dict[str, Figure]:
    """Name → figure: frontiers, lag_panel, monthly_boxes, average_trend, zero_probability, forest.

    Parameters
    ----------
    analysis : Analysis
    run : str
        Run id, for the footer.
    """
    s, panel, curve = analysis.summary, analysis.lags.panel, analysis.curve
    mark = "" if s["citable"] else "quick run: not citable. " if s["quick"] else "CHECKS FAILED: not citable. "
    note = f"{mark}run {run}. " + " ".join(analysis.scores.credits)
    zero = s["zero_lag"]
    info = analysis.scores.benchmarks
    summary = pd.DataFrame(
        [
            summary_row(label, analysis.draws[gap], analysis.draws[slope])
            for label, gap, slope in (
                ("average of these benchmarks", "average_gap", "slope"),
                ("population mean", "population_mean", "population_slope"),
            )
        ]
    )
    return {
        "frontiers": plot_frontiers(
            analysis.frontiers,
            panel,
            direction={str(k): str(v) for k, v in info["direction"].items()},
            units={str(k): str(v) for k, v in info["unit"].dropna().items()},
            note=note,
        ),
        "lag_panel": plot_panel(panel, note=note),
        "monthly_boxes": plot_monthly_boxes(panel, analysis.baseline, note=note),
        "average_trend": plot_average_trend(
            analysis.trend, panel, as_of=zero["start"], note=f"{note} Bands: equal-tailed, up to 90 %."
        ),
        "zero_probability": plot_zero_probability(
            curve[["date", "probability", "mcse", "sustained"]],
            prior=curve[["date", "prior"]].rename(columns={"prior": "probability"}),
            never=zero["probability_never"],
            horizon=zero["horizon"],
            note=f"{note} {zero['n_draws']:,} draws.",
        ),
        "forest": plot_forest(
            pd.concat([analysis.per_benchmark, summary], ignore_index=True),
            date=zero["start"],
            summary=tuple(summary["benchmark"]),
            note=f"{note} {INTERVAL_PROB:.0%} equal-tailed intervals.",
        ),
    }
