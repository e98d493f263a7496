#!/usr/bin/env bash
# arviz 1.3.0 (arviz-stats 1.3.3). Guess: a parameter with a uniform prior is not sensitive to the power of its prior:
# zero, or a tick. Seen: `az.psense_summary(prior_var_names=...)` for that prior alone raises "All tail values are the
# same", and nothing of the likelihood is shown either; asked together with another prior, the same draws are
# summarised. Way round: leave terms of the prior that are constant over the draws out of prior_var_names.
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
slope, share = rng.normal(size=(2, 500)), rng.uniform(size=(2, 500))
score = rng.normal(-1.0, 0.1, size=(2, 500, 6)) - slope[..., None] ** 2 / 4
tree = xr.DataTree.from_dict(
    {
        "posterior": xr.Dataset({"slope": (dims, slope), "share": (dims, share)}),
        "log_prior": xr.Dataset({"slope": (dims, -(slope**2) / 2), "share": (dims, np.zeros((2, 500)))}),
        "log_likelihood": xr.Dataset({"score": ((*dims, "month"), score)}),
    }
)


def asked(**names):
    try:
        return f"{len(az.psense_summary(tree, **names))} rows"
    except ValueError as error:
        return str(error)


found = {"both": asked(), "normal": asked(prior_var_names=["slope"]), "uniform": asked(prior_var_names=["share"])}
print(found)
assert found == {"both": "2 rows", "normal": "2 rows", "uniform": "All tail values are the same"}
PY
