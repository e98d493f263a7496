"""Known-truth table of the default model, independent errors and the straight line, as every run quotes it.

    uv run scripts/check_default.py --n 100 --out results/reference/check_default && uv run scripts/publish_evidence.py

The same jobs as `gapmodel false-alarms`, in the same kind of folder: finished jobs are kept, and the script goes on
where it stopped.
"""

import argparse
from pathlib import Path

import pandas as pd

from gapmodel.files.atomic import atomic_text
from gapmodel.runs.progress import Jobs
from gapmodel.simulation.frontiers import SCENARIOS
from gapmodel.validation.false_alarms import run_false_alarms
from gapmodel.validation.recovery import KNOWN_TRUTH_REGIMES, STRAIGHT_LINE, recovery_table

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--n", type=int, default=100, help="tables of each regime and scenario")
parser.add_argument("--first-seed", type=int, default=0)
parser.add_argument("--methods", nargs="+", default=["shared_shock", "hierarchical_iid", STRAIGHT_LINE])
parser.add_argument("--regimes", nargs="+", choices=KNOWN_TRUTH_REGIMES, default=["dense", "sparse"])
parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=["constant", "closing", "opening"])
parser.add_argument("--workers", type=int, default=1)
parser.add_argument("--scheduler", default=None)
parser.add_argument("--out", type=Path, default=Path("results/false_alarms"))

if __name__ == "__main__":  # worker processes import this file
    args = parser.parse_args()
    with Jobs(quiet=False) as jobs:
        found = run_false_alarms(
            args.methods,
            args.out,
            n=args.n,
            first_seed=args.first_seed,
            regimes=args.regimes,
            scenarios=args.scenarios,
            workers=args.workers,
            scheduler=args.scheduler,
            progress=jobs.tick,
        )
    parts = [recovery_table(rows).assign(regime=name) for name, rows in found.rows.groupby("regime", sort=False)]
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "regime", table.pop("regime"))
    text = table.to_csv(index=False, float_format="%.3f", lineterminator="\n")
    atomic_text(args.out / "table.csv", text)
    for job, reason in found.failed.items():
        print(f"JOB FAILED {job}: {reason}")
    print(table.round(2).to_string(index=False))
