#!/usr/bin/env bash
# pymc 6.4.0 (pytensor as it pins). Guess: `pm.Data` keeps integers, or refuses what it cannot hold, as it refuses
# fractions for integers. Seen: 64-bit integers become 32-bit ones and wrap without a word: a time in milliseconds,
# 1735689600000 (1 January 2025), becomes 522812416 (7 January 1970), from an array and from a list; `pm.set_data`
# makes 0 of 2**40, where it refuses 1.5. Way round: give floats, or days since the first release.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m uv venv --quiet "$place/env"
python3 -m uv pip install --quiet --python "$place/env" pymc==6.4.0
"$place/env/bin/python" - <<'PY'
import warnings

import numpy as np
import pymc as pm

day = 1735689600000
with pm.Model(), warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    kept = {
        "array": pm.Data("array", np.array([day])).get_value(),
        "list": pm.Data("list", [day]).get_value(),
        "floats": pm.Data("floats", np.array([float(day)])).get_value(),
    }
    later = pm.Data("later", np.array([1]))
    pm.set_data({"later": np.array([2**40])})
    try:
        pm.set_data({"later": np.array([1.5])})
    except TypeError as error:
        said = str(error)
    else:
        said = "taken"
print({name: (str(value.dtype), int(value[0])) for name, value in kept.items()})
print(f"set to 2**40: {later.get_value()}; to 1.5: {said[:60]} ...; warnings: {len(caught)}")
assert kept["array"][0] == kept["list"][0] == 522812416 and kept["floats"][0] == day
assert later.get_value()[0] == 0 and "without risking loss of precision" in said and not caught
PY
