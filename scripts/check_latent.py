"""Known-truth check of the model of the scores: does the 90 % band of the lag path cover the path?

    uv run scripts/check_latent.py --n 50

Tables of 40 benchmarks, of which 60 % of the evaluations are missing, with releases of 500 models of which those
within reach of a benchmark are run. Finished jobs are kept, and the script goes on where it stopped. Table k has seed k
and the scenario k modulo their number.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import pymc
from studies.latent_recovery import SIZES, path_job, path_table

from gapmodel import __version__
from gapmodel.files.atomic import atomic_text, csv_text
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.registry import load_variant
from gapmodel.simulation.frontiers import SCENARIOS
from gapmodel.validation.jobs import failed_jobs, run_jobs

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--n", type=int, default=50, help="tables")
parser.add_argument("--first-seed", type=int, default=0)
parser.add_argument("--size", choices=SIZES, default="large")
parser.add_argument("--variant", default="latent_frontier", help="name or file")
parser.add_argument("--draws", type=int, default=500)
parser.add_argument("--tune", type=int, default=500)
parser.add_argument("--workers", type=int, default=1)
parser.add_argument("--scheduler", default=None)
parser.add_argument("--out", type=Path, default=Path("results/check_latent"))

if __name__ == "__main__":  # worker processes import this file
    args = parser.parse_args()
    settings = SamplerSettings(draws=args.draws, tune=args.tune, chains=2, target_accept=0.9)
    if args.workers > 1 or args.scheduler:
        settings = replace(settings, cores=1)
    variant = load_variant(args.variant)
    names = list(SCENARIOS)
    jobs = {
        f"{variant.name} {variant.sha256[:12]} {names[seed % len(names)]} {seed:05d}": {
            "variant": args.variant,
            "scenario": names[seed % len(names)],
            "seed": seed,
            "simulation": SIZES[args.size],
            "settings": settings.as_dict(),
        }
        for seed in range(args.first_seed, args.first_seed + args.n)
    }
    folder = args.out / args.size
    spec = {
        "simulation": SIZES[args.size],
        "versions": {"gapmodel": __version__, "pymc": pymc.__version__},
        "sampler": {k: v for k, v in settings.as_dict().items() if k not in ("seed", "cores")},
    }
    results = run_jobs(
        path_job,
        jobs,
        folder,
        spec=spec,
        workers=args.workers,
        scheduler=args.scheduler,
        progress=lambda label, done, total: print(f"{done}/{total} {label}", flush=True),
    )
    for job, reason in failed_jobs(folder).items():
        print(f"JOB FAILED {job}: {reason}")
    if results:
        table = path_table(list(results.values()))
        atomic_text(folder / "table.csv", csv_text(table.round(3)))
        print(table.round(2).to_string(index=False))
