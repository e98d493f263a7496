"""Fit one variant to one table and read the answer off the draws. Copy this file and edit it.

uv run scripts/fit.py
"""

from pathlib import Path

from gapmodel.analysis.analyse import analyse
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.runs.writer import write_analysis
from gapmodel.scores.selection import select
from gapmodel.sources import bundled

# Your own: csv.read_scores("scores.csv", "benchmarks.csv", today=date.today()) with `from gapmodel.sources import csv`.
scores = select(bundled.load("epoch_2026-08"))
variant = load_variant("shared_shock")  # or the path of your own file
options = LagOptions(cutoff=None)  # "2025-12-31" replays the data as they were then
settings = SamplerSettings(draws=10_000, tune=1000, chains=4, seed=20260811)

analysis = analyse(scores, variant, settings, options=options)

gap = analysis.draws["average_gap"]  # dims (chain, draw), months
print(f"average gap: {float(gap.median()):.1f} months, P(below 6 months) = {float((gap < 6).mean()):.2f}")
print(f"all checks passed: {analysis.summary['diagnostics']['passed']}")
write_analysis(analysis, Path("results/my_fit"), options=options, command=Path(__file__).name)
