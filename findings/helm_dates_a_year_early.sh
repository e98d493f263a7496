#!/usr/bin/env bash
# crfm-helm 0.5.16, the model metadata in the wheel. Guess: a release date is within days of the source that its own
# line names. Seen: Kimi K2 Instruct is dated 2024-07-14, and the line names an article of 2025/07/14; its version
# 0905 is dated 2024-09-05, and Kimi K2 Thinking 2024-11-06. All three have `access: open`: taken as they are, an open
# model leads a year before it was released. Way round: hold dates of a table against a second one before they set a
# frontier.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m uv venv --quiet "$place/env"
python3 -m uv pip install --quiet --python "$place/env" --no-deps crfm-helm==0.5.16 PyYAML==6.0.3
"$place/env/bin/python" - <<'PY'
import re
from importlib.metadata import distribution

import yaml

(path,) = [f.locate() for f in distribution("crfm-helm").files if str(f).endswith("config/model_metadata.yaml")]
text = path.read_text(encoding="utf-8")
kimi = [m for m in yaml.safe_load(text)["models"] if m["name"].startswith("moonshotai/kimi-k2")]
for model in kimi:
    print(model["name"], model["release_date"], model["access"])
(line,) = [line.strip() for line in text.splitlines() if "release_date" in line and "kimi-k2-ai-rivaling" in line]
found = re.search(r"release_date: (\d{4})-(\d\d)-(\d\d) .*/(\d{4})/(\d\d)/(\d\d)/", line)
print(line)
assert found and found[1] == "2024" and found[4] == "2025" and found.group(2, 3) == found.group(5, 6)
assert {m["release_date"].year for m in kimi} == {2024} and {m["access"] for m in kimi} == {"open"}
PY
