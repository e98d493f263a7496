"""Figures: each function draws what it is given and returns a `matplotlib.figure.Figure`."""

from gapmodel.plot.benchmark import plot_benchmark
from gapmodel.plot.boxes import plot_monthly_boxes
from gapmodel.plot.calibration import plot_ecdf_differences, plot_false_alarms
from gapmodel.plot.comparison import plot_comparison
from gapmodel.plot.forest import SUMMARY_ROWS, plot_forest
from gapmodel.plot.frontiers import plot_frontiers
from gapmodel.plot.ledger import plot_ledger
from gapmodel.plot.panel import plot_panel
from gapmodel.plot.past import plot_past
from gapmodel.plot.points import plot_points, plot_waiting
from gapmodel.plot.probability import plot_zero_probability
from gapmodel.plot.revisions import plot_revisions
from gapmodel.plot.save import save_figure
from gapmodel.plot.skill import plot_skill
from gapmodel.plot.specification import plot_influence, plot_specifications
from gapmodel.plot.style import plain
from gapmodel.plot.trend import plot_average_trend

__all__ = [
    "SUMMARY_ROWS",
    "plain",
    "plot_average_trend",
    "plot_benchmark",
    "plot_comparison",
    "plot_ecdf_differences",
    "plot_false_alarms",
    "plot_forest",
    "plot_frontiers",
    "plot_influence",
    "plot_ledger",
    "plot_monthly_boxes",
    "plot_panel",
    "plot_past",
    "plot_points",
    "plot_revisions",
    "plot_skill",
    "plot_specifications",
    "plot_waiting",
    "plot_zero_probability",
    "save_figure",
]
