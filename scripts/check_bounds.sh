#!/usr/bin/env bash
# The oldest versions that pyproject.toml allows on the oldest Python, then the newest there are on the newest, then the
# locked ones on every other Python that this machine has: a small run and the tests of the core with each, in a copy of
# the last commit. Before a release; about eight minutes each.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT
# uv stumbles over pyenv's shims of versions that are not switched on, so those are looked for themselves.
installed() {
    ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python 2>/dev/null | tail -n 1 | grep . ||
        uv python find --no-project --no-python-downloads "$1" 2>/dev/null
}
pythons=()
for python in 3.12 3.13 3.14; do
    if found="$(installed "$python")"; then
        pythons+=("$found")
    else
        echo "== Python $python is not on this machine: not tested"
    fi
done
git clone -q "$root" "$copy/gapmodel"
cd "$copy/gapmodel"

# check NAME PYTHON OPTION...: set up by `uv sync OPTION...`, run, test
check() {
    echo "== $1 versions, $("$2" --version)"
    uv sync --quiet --no-dev --python "$2" "${@:3}"
    uv pip install --quiet pytest pytest-xdist hypothesis
    # A quick run is not citable, and says so by its exit code.
    .venv/bin/gapmodel run --quick --quiet --out "$copy/run" || [ $? -eq 2 ]
    .venv/bin/pytest -q tests/analysis/test_analyse.py tests/cli/test_commands.py tests/inference/test_crossing.py \
        tests/lags/test_{definition,floors,frontier,groups,properties,published_line,views,window}.py \
        tests/modeling/test_{likelihood,marginal,variants}.py tests/runs/test_reader.py \
        tests/scores/test_{faults,subsets,table}.py
}
for python in "${pythons[@]}"; do
    # The Python of .python-version has all tests with every push.
    [[ "$("$python" --version)" == *" $(cat .python-version)".* ]] || check locked "$python" --locked
done
check oldest "${pythons[0]}" --upgrade --resolution lowest-direct
check newest "${pythons[-1]}" --upgrade --resolution highest
