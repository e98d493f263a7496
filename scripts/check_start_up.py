"""What the two start-up rules do: the default model on simulated frontiers with a known lag, under other rules.

uv run scripts/check_start_up.py --n 30
"""

import argparse
from pathlib import Path

import pandas as pd

from gapmodel import __version__
from gapmodel.files.atomic import atomic_text, csv_text
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.runs.progress import Jobs
from gapmodel.simulation.frontiers import REGIMES
from gapmodel.validation.jobs import run_jobs
from gapmodel.validation.recovery import recovery_job, recovery_table

# Months of a leader's start-up, in which what it reaches is a bound; months of joint record that are left out.
RULES = {"none": (0.0, 0.0), "bounds": (3.0, 0.0), "left out": (0.0, 6.0), "both": (3.0, 6.0)}
SCENARIOS = ("constant", "closing", "opening")

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--n", type=int, default=30, help="tables of each regime and scenario")
parser.add_argument("--workers", type=int, default=1)
parser.add_argument("--out", type=Path, default=Path("results/reference/check_start_up"))

if __name__ == "__main__":  # worker processes import this file
    args = parser.parse_args()
    settings = SamplerSettings(draws=500, tune=500, chains=2).as_dict()
    keys = [
        (rule, regime, scenario, seed)
        for rule in RULES
        for regime in ("dense", "sparse")
        for scenario in SCENARIOS
        for seed in range(args.n)
    ]
    jobs = {
        " ".join(map(str, (rule, regime, scenario, seed))): {
            "method": "shared_shock",
            "scenario": scenario,
            "seed": seed,
            "simulation": REGIMES[regime],
            "settings": settings,
            "options": LagOptions(leader_start_up_months=RULES[rule][0], follower_start_up_months=RULES[rule][1]),
        }
        for rule, regime, scenario, seed in keys
    }
    with Jobs(quiet=False) as progress:
        found = run_jobs(
            recovery_job,
            jobs,
            args.out,
            spec={
                "script": "check_start_up",
                "settings": settings,
                "variant": load_variant("shared_shock").sha256,
                "versions": {"gapmodel": __version__},
            },
            workers=args.workers,
            progress=progress.tick,
        )
    rows = pd.DataFrame(
        [
            {**found[" ".join(map(str, key))], "method": f"{key[1]}, {key[0]}"}
            for key in keys
            if " ".join(map(str, key)) in found
        ]
    )
    table = recovery_table(rows).rename(columns={"method": "evaluations, rule"})
    atomic_text(args.out / "table.csv", csv_text(table, digits=3))
    print(table.round(2).to_string(index=False))
