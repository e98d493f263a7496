"""Reference draws of the default model on the bundled data, kept as posteriordb keeps its own.

    uv run scripts/reference_posterior.py

Ten chains, thinned until draws are nearly independent, 10,000 in all; a file of draws, and beside it a file that says
what made them and what was checked. A test holds new fits, by nutpie and by PyMC's own NUTS, against them.
Source of the form: Magnusson and others (2024), posteriordb.
"""

import gzip
import hashlib
import json
from pathlib import Path

import arviz as az
import numpy as np
import xarray as xr

from gapmodel.files.atomic import write_json
from gapmodel.inference.convergence import convergence_checks
from gapmodel.inference.gap import gap_draws
from gapmodel.inference.sampling import Fit, SamplerSettings, fit_variant
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import DEFAULT_VARIANT, load_variant
from gapmodel.runs.provenance import package_versions
from gapmodel.scores.selection import select
from gapmodel.sources import bundled

OUT = Path(__file__).parents[1] / "results" / "reference" / "posterior"
SNAPSHOT = "epoch_2026-08"
THIN = 20
# The model as written has funnels, so its steps are small.
SETTINGS = SamplerSettings(draws=1000 * THIN, tune=2000, chains=10, seed=20260811, target_accept=0.995)


def quantities(fit: Fit) -> xr.Dataset:
    """Hyperparameters, average gap (months) and its slope (months per year); dims ``chain, draw``."""
    gaps = gap_draws(fit, fit.data.month[-1], seed=fit.settings.seed)
    return fit.posterior[list(fit.variant.priors)].assign(
        average_gap=gaps["average_gap"].drop_vars("time", errors="ignore"),
        slope=gaps["slope"].drop_vars("time", errors="ignore"),
    )


if __name__ == "__main__":
    # The model as written; fits, which sample its integrated form, are held against these draws.
    variant = load_variant(DEFAULT_VARIANT).plain()
    scores = select(bundled.load(SNAPSHOT))
    options = LagOptions()
    fit = fit_variant(variant, options.data(options.lags(scores)), SETTINGS)
    thinned = quantities(fit).isel(draw=slice(None, None, THIN))
    draws = {str(name): np.round(values.to_numpy(), 5).tolist() for name, values in thinned.data_vars.items()}
    name = f"{variant.name}-{SNAPSHOT}"
    OUT.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(json.dumps(draws).encode(), mtime=0)
    (OUT / f"{name}.json.gz").write_bytes(packed)
    write_json(
        OUT / f"{name}.info.json",
        {
            "name": name,
            "draws_sha256": hashlib.sha256(packed).hexdigest(),
            "data": {"snapshot": SNAPSHOT, "sha256": scores.sha256, "options": options.as_dict()},
            "variant": {"name": variant.name, "file": variant.path, "sha256": variant.sha256},
            "inference": {"method": "NUTS", "thin": THIN, **SETTINGS.as_dict()},
            "versions": package_versions(),
            "checks": [check.as_dict() for check in convergence_checks(fit.idata)],
            "ess_bulk_of_thinned": {str(k): float(az.ess(thinned[k], method="bulk")) for k in thinned.data_vars},
            "layout": "quantity -> chains -> draws; months, months/year",
        },
    )
    print(json.dumps(json.loads((OUT / f"{name}.info.json").read_text())["ess_bulk_of_thinned"], indent=1))
