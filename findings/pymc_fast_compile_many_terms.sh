#!/usr/bin/env bash
# pymc 6.4.0 (pytensor as it pins). Guess: mode FAST_COMPILE gives the numbers of the default mode, only slower. Seen: the
# log density of a model with more than 31 terms raises NotImplementedError there ("does not support more than 32
# operands"): all terms become one addition, which Python's mode cannot do; 20 terms are no trouble. Way round: compile
# the terms apart (`logp(sum=False)`) and add them outside.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet pymc==6.4.0
"$place/env/bin/python" - <<'PY'
import pymc as pm
import pytensor


def value(terms):
    with pm.Model() as model:
        for k in range(terms):
            pm.Normal(f"x{k}")
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        return float(model.compile_fn(model.logp(), inputs=model.value_vars)(model.initial_point()))


few = value(20)
try:
    value(40)
except NotImplementedError as error:
    said = str(error).splitlines()[0]
else:
    said = "evaluated"
print(f"20 terms: {few:.3f}; 40 terms: {said}")
assert "more than 32" in said
PY
