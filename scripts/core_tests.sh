#!/usr/bin/env bash
# Tests of scores, lags and sources in an environment without PyMC, ArviZ, nutpie and numba.
set -euo pipefail
cd "$(dirname "$0")/.."
core=$(mktemp -d)
trap 'rm -rf "$core"' EXIT
python3 -m uv venv --quiet "$core/env"
python3 -m uv export --quiet --locked --no-dev --extra tables --no-emit-project --no-hashes --prune pymc --prune arviz --prune nutpie \
    --prune numba --prune plotly --prune distributed >"$core/requirements.txt"
python3 -m uv pip install --quiet --python "$core/env" --requirement "$core/requirements.txt" pytest hypothesis
python3 -m uv pip install --quiet --python "$core/env" --no-deps --editable .
"$core/env/bin/python" -c "import importlib.util as u; assert not any(map(u.find_spec, ('pymc', 'arviz', 'numba')))"
"$core/env/bin/python" -m pytest --override-ini addopts= -q -m "not slow and not system" \
    tests/stats tests/scores tests/lags tests/sources \
    --ignore tests/sources/test_fuzz.py --deselect tests/sources/test_convert.py::test_diff_from_the_command_line
