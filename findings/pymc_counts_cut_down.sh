#!/usr/bin/env bash
# pymc 6.4.0. Guess: an observed count that is no whole number (a share of tasks solved times their number, say) is
# refused or has probability zero. Seen: `pm.Binomial` and `pm.Poisson` cut it down to the whole number below without
# a word, as an array and as `pm.Data`: 2.999999 is 2, and 0.29, 0.57 and 0.58 of 100, which floating point makes a
# little less than 29, 57 and 58, are 28, 56 and 57. Way round: `np.rint`, after a check that it changes nothing.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m uv venv --quiet "$place/env"
python3 -m uv pip install --quiet --python "$place/env" pymc==6.4.0
"$place/env/bin/python" - <<'PY'
import warnings

import numpy as np
import pymc as pm

solved = 100 * np.array([0.29, 0.57, 0.58])
with pm.Model() as model, warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    tasks = pm.Binomial("tasks", n=100, p=0.4, observed=solved)
    runs = pm.Poisson("runs", 3.0, observed=pm.Data("counts", np.array([1.5, 2.999999])))
    used = {rv.name: model.rvs_to_values[rv].eval().tolist() for rv in (tasks, runs)}
    density = {name: float(value) for name, value in model.point_logps().items()}
print(f"observed {solved} and [1.5, 2.999999]; used {used}; log densities {density}; warnings: {len(caught)}")
assert used == {"tasks": [28, 56, 57], "runs": [1, 2]}
assert all(np.isfinite(list(density.values()))) and not caught
PY
