#!/usr/bin/env bash
# arviz 1.3.0 (arviz-stats 1.3.3). Guess: `az.compare` pairs observations by their labels, or refuses models whose
# labels differ. Seen: it pairs them by position. The same log likelihood with its months in another order is another
# model, with a standard error of the difference that is not zero; and models of other months altogether are compared
# without a word. Way round: sort and compare the coordinates before (`xr.align(join="exact")`).
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

rng = np.random.default_rng(0)
dims = ("chain", "draw")
level = rng.normal(size=(2, 500))
terms = rng.normal(-1.0, 0.1, size=(2, 500, 6)) - np.arange(6)


def tree(values, months):
    groups = {"posterior": {"level": (dims, level)}, "log_likelihood": {"lag": ((*dims, "month"), values)}}
    months = {"month": months}
    return xr.DataTree.from_dict({n: xr.Dataset(g, months if n != "posterior" else None) for n, g in groups.items()})


months = [f"2025-{k:02}" for k in range(1, 7)]
start = tree(terms, months)
others = {
    "same": tree(terms, months),
    "another order": tree(terms[..., ::-1], months[::-1]),
    "other months": tree(terms, [f"2019-{k:02}" for k in range(1, 7)]),
}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    errors = {name: float(az.compare({"start": start, name: other})["dse"].max()) for name, other in others.items()}
print(f"standard error of the difference: {errors}; warnings: {[str(w.message) for w in caught]}")
assert errors["same"] == 0.0 and errors["another order"] > 1.0 and errors["other months"] == 0.0
PY
