#!/usr/bin/env bash
# The oldest versions that pyproject.toml allows, then the newest there are: a small run and the tests of the core with
# each, in a copy of the last commit. Before a release; about fifteen minutes.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT
git clone -q "$root" "$copy/gapmodel"
cd "$copy/gapmodel"
for resolution in lowest-direct highest; do
    echo "== $resolution"
    uv sync --quiet --no-dev --upgrade --resolution "$resolution"
    uv pip install --quiet pytest pytest-xdist hypothesis
    # A quick run is not citable, and says so by its exit code.
    .venv/bin/gapmodel run --quick --quiet --out "$copy/$resolution" || [ $? -eq 2 ]
    .venv/bin/pytest -q tests/test_{analysis,baseline,cli,crossing,frontier,integrated,lag,lag_properties,likelihood,saved,scores,variants}.py
done
