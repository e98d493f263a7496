#!/usr/bin/env bash
# arviz 1.3.0 (arviz-plots 1.3.2). Guess: a parameter vector of length zero (a panel without a censored stretch, say) is
# left out of a forest plot, as `summary` leaves it out. Seen: `summary` does; `plot_forest` raises "zero-size array to
# reduction operation maximum". Way round: drop empty variables first.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet arviz==1.3.0 arviz-plots==1.3.2 arviz-base==1.3.1 arviz-stats==1.3.3 matplotlib
MPLBACKEND=agg "$place/env/bin/python" - <<'PY'
import arviz as az
import numpy as np
import xarray as xr

dims = ("chain", "draw")
tree = xr.DataTree.from_dict(
    {
        "posterior": xr.Dataset(
            {
                "slope": (dims, np.random.default_rng(0).normal(size=(2, 100))),
                "excess": ((*dims, "stretch"), np.zeros((2, 100, 0))),
            }
        )
    }
)
rows = list(az.summary(tree).index)
try:
    az.plot_forest(tree, backend="matplotlib")
except ValueError as error:
    said = str(error)
else:
    said = "drawn"
print(f"summary: {rows}; plot_forest: {said}")
assert rows == ["slope"] and "zero-size array" in said
PY
