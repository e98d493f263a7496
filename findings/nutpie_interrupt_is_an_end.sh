#!/usr/bin/env bash
# nutpie 0.16.11. Guess: Ctrl-C while `nutpie.sample` waits raises KeyboardInterrupt, as anywhere in a script. Seen: it
# is taken for the end of sampling. What was drawn by then comes back as if it were all, without an exception or a
# warning, and the script goes on with it. Way round: `blocking=False`, and `wait()` on what that gives, which lets the
# exception by.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m uv venv --quiet "$place/env"
python3 -m uv pip install --quiet --python "$place/env" nutpie==0.16.11 arviz==1.3.0
"$place/env/bin/python" - <<'PY'
import _thread
import threading
import warnings

import numpy as np
import nutpie
from nutpie.compiled_pyfunc import from_pyfunc

ASKED = 1_000_000
model = from_pyfunc(
    2,
    lambda: lambda x: (-0.5 * float(x @ x), -x),
    lambda *seeds: lambda x: {"x": np.array(x)},
    [np.dtype("float64")],
    [(2,)],
    ["x"],
)
options = {"draws": ASKED, "tune": 100, "chains": 2, "cores": 2, "seed": 1, "progress_bar": False, "save_warmup": False}


def interrupted(work):
    timer = threading.Timer(4.0, _thread.interrupt_main)
    timer.start()
    try:
        return work()
    finally:
        timer.cancel()


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    drawn = interrupted(lambda: nutpie.sample(model, **options))["posterior"].sizes["draw"]
print(f"asked for {ASKED} draws, interrupted, got {drawn}; warnings: {[str(w.message) for w in caught]}")
assert 0 < drawn < ASKED and not caught

sampler = nutpie.sample(model, blocking=False, **options)
try:
    interrupted(sampler.wait)
    raised = False
except KeyboardInterrupt:
    sampler.cancel()
    raised = True
print(f"waited for by hand: KeyboardInterrupt raised: {raised}")
assert raised
PY
