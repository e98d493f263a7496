"""Copy what the committed backtest found into the package, so that every run quotes it beside its answer.

uv run scripts/publish_evidence.py
"""

import json
from pathlib import Path

from gapmodel.store import write_json

ROOT = Path(__file__).parents[1]

found = json.loads((ROOT / "results/reference/trust/backtest/backtest.json").read_text(encoding="utf-8"))
cutoffs = sorted(found["cutoffs"])
about = {"cutoffs": len(cutoffs), "first": cutoffs[0], "last": cutoffs[-1], "citable": found["citable"]}
write_json(ROOT / "src/gapmodel/data/backtest.json", {"about": about, "methods": found["methods"]})
