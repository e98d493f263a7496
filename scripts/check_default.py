"""Known-truth table of the default model, independent errors and the straight line.

    uv run scripts/check_default.py --n 100

Every finished job is appended to OUT/jobs.csv at once; start the script again and it goes on where it stopped.
"""

import argparse
from pathlib import Path

import pandas as pd
from rich.progress import track

from gapmodel.fit import SamplerSettings
from gapmodel.recovery import STRAIGHT_LINE, Recovery, recovery_table
from gapmodel.registry import load_variant
from gapmodel.simulate import REGIMES, SCENARIOS
from gapmodel.store import atomic_text

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--n", type=int, default=100, help="data sets a scenario")
parser.add_argument("--first-seed", type=int, default=0)
parser.add_argument("--methods", nargs="+", default=["shared_shock", "hierarchical_iid", STRAIGHT_LINE])
parser.add_argument("--regime", choices=REGIMES, default="dense", help="how densely benchmarks are run")
parser.add_argument("--scenarios", nargs="+", default=list(SCENARIOS))
parser.add_argument("--out", type=Path, default=Path("results/reference/check_default"))
parser.add_argument("--publish", action="store_true", help="also update the table that runs quote")
args = parser.parse_args()

settings = SamplerSettings(draws=500, tune=500, chains=2)
recovery = Recovery(settings, simulation=REGIMES[args.regime])
methods = {name: name if name == STRAIGHT_LINE else load_variant(name) for name in args.methods}

args.out.mkdir(parents=True, exist_ok=True)
path = args.out / f"jobs_{args.regime}.csv"
done = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=["method", "scenario", "seed"])
finished = set(zip(done["method"], done["scenario"], done["seed"], strict=True))
seeds = range(args.first_seed, args.first_seed + args.n)
jobs = [(m, s, k) for m in methods for s in args.scenarios for k in seeds if (m, s, k) not in finished]
for name, scenario, seed in track(jobs, description="jobs"):
    row = pd.DataFrame([recovery.job(methods[name], scenario, seed)])
    row.to_csv(path, mode="a", header=not path.exists(), index=False, float_format="%.5g")

tables = []
for regime in REGIMES:
    jobs_file = args.out / f"jobs_{regime}.csv"
    if jobs_file.exists():
        tables.append(recovery_table(pd.read_csv(jobs_file)).assign(regime=regime))
table = pd.concat(tables, ignore_index=True)
table.insert(0, "regime", table.pop("regime"))
text = table.to_csv(index=False, float_format="%.3f", lineterminator="\n")
atomic_text(args.out / "table.csv", text)
if args.publish:
    # The copy that every run quotes beside its answer.
    atomic_text(Path(__file__).parents[1] / "src" / "gapmodel" / "data" / "known_truth.csv", text)
print(table.round(2).to_string(index=False))
