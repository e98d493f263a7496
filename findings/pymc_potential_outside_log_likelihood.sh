#!/usr/bin/env bash
# pymc 6.4.0, arviz 1.3.0. Guess: `pm.compute_log_likelihood` counts the terms of `pm.Potential`, or warns that it
# leaves them out, as `pm.sample_prior_predictive` does. Seen: bounds that enter by a Potential (scores known only to
# be below a limit, say) are left out without a word, so that `az.loo` judges a model by its five exact scores and
# says nothing of three bounds. Way round: `pm.Censored` with `observed`, or terms of your own in the group
# log_likelihood.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m uv venv --quiet "$place/env"
python3 -m uv pip install --quiet --python "$place/env" pymc==6.4.0 arviz==1.3.0 arviz-stats==1.3.3 arviz-base==1.3.1
"$place/env/bin/python" - <<'PY'
import logging
import warnings

import arviz as az
import numpy as np
import pymc as pm
import xarray as xr

logging.disable(logging.WARNING)
rng = np.random.default_rng(0)
with pm.Model():
    level = pm.Normal("level")
    pm.Normal("exact", level, 1.0, observed=rng.normal(size=5))
    pm.Potential("bounds", pm.logcdf(pm.Normal.dist(level, 1.0), np.array([0.0, 1.0, 2.0])).sum())
    with warnings.catch_warnings(record=True) as before:
        warnings.simplefilter("always")
        pm.sample_prior_predictive(5, random_seed=0)
    draws = xr.Dataset({"level": (("chain", "draw"), rng.normal(scale=0.3, size=(2, 200)))})
    with warnings.catch_warnings(record=True) as after:
        warnings.simplefilter("always")
        tree = pm.compute_log_likelihood(xr.DataTree.from_dict({"posterior": draws}), progressbar=False)
names = list(tree["log_likelihood"].data_vars)
told = [sum("Potential" in str(w.message) for w in caught) for caught in (before, after)]
count = az.loo(tree).n_data_points
print(f"terms: {names}; observations of loo: {count}")
print(f"warnings that name Potentials: {told[0]} of the prior, {told[1]} of the log likelihood")
assert names == ["exact"] and count == 5 and told[0] > 0 and told[1] == 0
PY
