#!/usr/bin/env bash
# arviz 1.3.0 (arviz-stats 1.3.3). Guess: a second coordinate on a dim, such as a title beside a benchmark's name, is
# carried along or ignored by `az.summary`. Seen: where one variable has the dim and another has not, summary raises
# "coordinate 'title' not present in all datasets"; without the second coordinate the same draws are summarised.
# Way round: keep titles in constant_data, not on the posterior.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet arviz==1.3.0 arviz-stats==1.3.3 arviz-base==1.3.1
"$place/env/bin/python" - <<'PY'
import arviz as az
import numpy as np
import xarray as xr

rng = np.random.default_rng(0)
dims = ("chain", "draw")
draws = xr.Dataset(
    {"average": (dims, rng.normal(size=(2, 100))), "gap": ((*dims, "benchmark"), rng.normal(size=(2, 100, 3)))},
    coords={"benchmark": ["a", "b", "c"], "title": ("benchmark", ["A", "B", "C"])},
)
try:
    az.summary(xr.DataTree.from_dict({"posterior": draws}))
except ValueError as error:
    said = str(error)
else:
    said = "nothing"
rows = az.summary(xr.DataTree.from_dict({"posterior": draws.drop_vars("title")})).shape[0]
print(f"with a second coordinate: {said}; without: {rows} rows")
assert "title" in said and "not present in all datasets" in said and rows == 4
PY
