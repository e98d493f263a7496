"""Fit one variant to one table and read the answer. Copy this file and edit it: uv run scripts/fit.py"""

import gapmodel as gm

scores = gm.load_scores()  # or gm.load_scores("scores.csv", benchmarks="benchmarks.csv")
run = gm.fit(scores, "damped")  # cutoff="2025-12-31" replays the data as they stood then
gap = run.draws["average_gap"]  # dims (chain, draw), months
print(run)
print(f"P(below 6 months) = {float((gap < 6).mean()):.2f}")
run.save("results/my_fit")
