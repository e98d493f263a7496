#!/usr/bin/env bash
# arviz 1.3.0 (arviz-stats 1.3.3). Guess: an observation that is impossible under one draw (a density of zero, log
# -inf) is among those that `az.loo` calls very bad. Seen: elpd and its error are nan, the observation is in none of
# the classes of Pareto k, the five others are "good, 100.0%", and `az.compare` with such a model raises "cannot
# convert float NaN to integer", which names neither model nor observation. Way round: look for -inf in log_likelihood
# before.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m uv venv --quiet "$place/env"
python3 -m uv pip install --quiet --python "$place/env" arviz==1.3.0 arviz-stats==1.3.3 arviz-base==1.3.1
"$place/env/bin/python" - <<'PY'
import warnings

import arviz as az
import numpy as np
import xarray as xr

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
dims = ("chain", "draw")
level, terms = rng.normal(size=(2, 500)), rng.normal(-1.0, 0.1, size=(2, 500, 6))


def tree(values):
    groups = {"posterior": {"level": (dims, level)}, "log_likelihood": {"score": ((*dims, "month"), values)}}
    return xr.DataTree.from_dict({name: xr.Dataset(group) for name, group in groups.items()})


impossible = terms.copy()
impossible[0, 0, 2] = -np.inf
found = az.loo(tree(impossible), pointwise=True)
print(found)
try:
    az.compare({"one": tree(terms), "other": tree(impossible)})
except ValueError as error:
    said = str(error)
else:
    said = "a table"
print(f"compare: {said}")
counts = [int(line.split()[-2]) for line in str(found).splitlines() if line.lstrip().startswith("(")]
assert np.isnan(found.elpd) and counts == [5, 0, 0] and "NaN to integer" in said
PY
