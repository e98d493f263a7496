#!/usr/bin/env bash
# pandas 3.1.1. Guess: with `errors="coerce"`, `pd.to_datetime` drops what is no date. Seen: it drops what is not
# written like the first entry. Of a column of release dates that are days and months (2024-03, as model cards have
# them too) the days are dropped where a month is first, the months where a day is: the same rows in another order
# give other dates, without a warning. With `format="ISO8601"` all are read, a month alone as its first day. Way
# round: tell months from days by pattern first, and read each by its format.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m uv venv --quiet "$place/env"
python3 -m uv pip install --quiet --python "$place/env" pandas==3.1.1
"$place/env/bin/python" - <<'PY'
import warnings

import pandas as pd

cells = ["2024-03", "2024-04-18", "2025-01-20"]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    up, down = ([str(d) for d in pd.to_datetime(order, errors="coerce").date] for order in (cells, cells[::-1]))
    iso = [str(d) for d in pd.to_datetime(cells, format="ISO8601").date]
print(f"month first: {up}; day first: {down[::-1]}; ISO8601: {iso}; warnings: {len(caught)}")
assert up == ["2024-03-01", "NaT", "NaT"] and down[::-1] == ["NaT", *cells[1:]] and iso[0] == "2024-03-01"
assert not caught
PY
