#!/usr/bin/env bash
# arviz 1.3.0 (arviz-plots 1.3.2). Guess: dims of a model may have any name. Seen: `plot_prior_posterior` stacks prior and
# posterior along a dim that it calls "group" itself, so that a model with a dim of that name (closed and open groups of
# models, say) raises "conflicting sizes for dimension 'group'"; the same draws with the dim renamed are drawn.
# Way round: rename such a dim before plotting.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet arviz==1.3.0 arviz-plots==1.3.2 arviz-base==1.3.1 arviz-stats==1.3.3 matplotlib
MPLBACKEND=agg "$place/env/bin/python" - <<'PY'
import arviz as az
import numpy as np
import xarray as xr

draws = np.random.default_rng(0).normal(size=(2, 100, 3))


def drawn(dim):
    one = xr.Dataset({"speed": (("chain", "draw", dim), draws)}, coords={dim: ["a", "b", "c"]})
    try:
        az.plot_prior_posterior(xr.DataTree.from_dict({"posterior": one, "prior": one}), backend="matplotlib")
    except ValueError as error:
        return str(error)
    return "drawn"


found = {dim: drawn(dim) for dim in ("group", "side")}
print(found)
assert "conflicting sizes for dimension 'group'" in found["group"] and found["side"] == "drawn"
PY
