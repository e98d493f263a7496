"""Why the two bundled snapshots answer differently: the same model, one difference taken away at a time.

uv run scripts/explain_snapshots.py
"""

from pathlib import Path

from gapmodel.fit import SamplerSettings
from gapmodel.lagoptions import LagOptions
from gapmodel.selection import select
from gapmodel.sources import bundled
from gapmodel.store import atomic_text, csv_text
from gapmodel.sweep import Choice, run_sweep

OUT = Path("results/reference/snapshots")
may, august = (select(bundled.load(name)) for name in ("epoch_2026-05", "epoch_2026-08"))
common = sorted(set(may.benchmarks.index) & set(august.benchmarks.index))
then = LagOptions(cutoff="2026-03-31")  # the last complete month of the May snapshot

choices = [
    Choice("May snapshot", may, then),
    Choice("May snapshot, common benchmarks", may.subset(benchmarks=common), then),
    Choice("August snapshot as of March, common benchmarks", august.subset(benchmarks=common), then),
    Choice("August snapshot as of March", august, then),
    Choice("August snapshot, common benchmarks", august.subset(benchmarks=common), LagOptions()),
    Choice("August snapshot", august, LagOptions()),
]
table = run_sweep(
    choices,
    "shared_shock",
    OUT,
    settings=SamplerSettings(draws=1500, tune=700, chains=4),
    spec={"script": "explain_snapshots"},
    progress=lambda label, done, total: print(f"{done}/{total} {label}", flush=True),
)
columns = ["name", "n_benchmarks", "n_lags", "n_censored", "gap_median", "gap_lower", "gap_upper"]
columns += ["slope_median", "slope_lower", "slope_upper", "probability_24", "probability_60"]
atomic_text(OUT / "snapshots.csv", csv_text(table[columns]))
print(table[columns].round(2).to_string(index=False))
