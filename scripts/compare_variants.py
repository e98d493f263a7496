"""Compare a few variants on one table. Copy this file and edit it.

uv run scripts/compare_variants.py
"""

from pathlib import Path

from gapmodel.scores.selection import select
from gapmodel.sources import bundled
from gapmodel.validation.comparison import Plan, compare_variants
from gapmodel.validation.comparison_table import markdown

scores = select(bundled.load("epoch_2026-08"))  # or gapmodel.sources.csv.read_scores("scores.csv", today=...)
variants = ["damped", "hierarchical_ou", "levelling"]  # or paths of your own
plan = Plan(blocks=8, months_ahead=3, leave_benchmark_out=False)

comparison = compare_variants(scores, variants, Path("results/my_comparison"), plan, progress=print)
print(markdown(comparison))
print({name: round(weight, 2) for name, weight in comparison.stacked["weights"].items()})
