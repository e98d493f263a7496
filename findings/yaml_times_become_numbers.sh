#!/usr/bin/env bash
# PyYAML 6.0.3. Guess: a duration such as 4:49 (hours and minutes that a model works by itself, say) is text, or a
# time, in each row alike. Seen: `safe_load` makes a number to the base of 60 of it, but only without a zero in front:
# of one column 4:49 is 289, 1:05:00 is 3900, 12:30.5 is 750.5, while 04:49, 0:45 and 1:75 stay text. Way round: put
# them in quotes, or load with `BaseLoader`, which leaves all of them as text.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m uv venv --quiet "$place/env"
python3 -m uv pip install --quiet --python "$place/env" PyYAML==6.0.3
"$place/env/bin/python" - <<'PY'
import yaml

cells = ["4:49", "1:05:00", "12:30.5", "04:49", "0:45", "1:75"]
column = "\n".join(f"- horizon: {cell}" for cell in cells)
safe, base = ([row["horizon"] for row in yaml.load(column, Loader=kind)] for kind in (yaml.SafeLoader, yaml.BaseLoader))
print(dict(zip(cells, safe, strict=True)))
assert safe == [289, 3900, 750.5, "04:49", "0:45", "1:75"] and base == cells
PY
