"""Does stacking find the variant that made the data: panels from known variants, weights of all.

    uv run scripts/check_stacking.py --n 10

Every panel is a resumable job; the table says how often the generating variant, or one that nests it, got most weight.
"""

import argparse
from pathlib import Path

import pandas as pd
from studies.stacking import NESTED_IN, run_stacking_check

from gapmodel.files.atomic import atomic_text, csv_text
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.scores.selection import select
from gapmodel.sources import bundled

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--n", type=int, default=10, help="panels per generating variant")
parser.add_argument("--generators", nargs="+", default=list(NESTED_IN), choices=list(NESTED_IN))
parser.add_argument("--out", type=Path, default=Path("results/reference/check_stacking"))
args = parser.parse_args()

rows = run_stacking_check(
    select(bundled.load()),
    args.out,
    generators=args.generators,
    n=args.n,
    settings=SamplerSettings(draws=300, tune=400, chains=2),
    progress=lambda label, done, total: print(f"{done}/{total} {label}", flush=True),
)
atomic_text(args.out / "table.csv", csv_text(rows))
print(rows.to_string(index=False))
print(pd.crosstab(rows["generator"], rows["most_weight"]).to_string())
