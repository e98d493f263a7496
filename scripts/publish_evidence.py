"""Copy what the committed checks found into the package, so that every run quotes it beside its answer.

uv run scripts/publish_evidence.py

From `check_default` (most tables, three methods), `trust/false_alarms` (fewer tables, every method) and `trust/untidy`
(default and straight line in every regime): where two have a row, the one with more tables.
"""

import json
from pathlib import Path

import pandas as pd

from gapmodel.files.atomic import atomic_text, write_json

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference"
PACKAGE = ROOT / "src" / "gapmodel" / "data"

KEY = ["regime", "method", "scenario"]


def known_truth() -> pd.DataFrame:
    """One row per regime, method and scenario."""
    checked = pd.read_csv(REFERENCE / "check_default" / "table.csv")
    columns = [name for name in checked.columns if name != "mc_error_of_a_share"]
    sweeps = [
        pd.read_csv(REFERENCE / "trust" / name / "false_alarms.csv")[columns] for name in ("false_alarms", "untidy")
    ]
    every = pd.concat([checked[columns], *sweeps], ignore_index=True)
    most = every.sort_values("n", ascending=False, kind="stable").drop_duplicates(KEY)
    return most.sort_values(KEY, kind="stable")


if __name__ == "__main__":
    atomic_text(
        PACKAGE / "known_truth.csv", known_truth().to_csv(index=False, float_format="%.3f", lineterminator="\n")
    )
    found = json.loads((REFERENCE / "trust" / "backtest" / "backtest.json").read_text(encoding="utf-8"))
    cutoffs = sorted(found["cutoffs"])
    about = {
        "snapshot": found["data"]["snapshot"], "cutoffs": len(cutoffs), "first": cutoffs[0], "last": cutoffs[-1],
    }  # fmt: skip
    fits = {
        name: {"fits": len(mine), "fits_failed": sum(not fit["passed"] for fit in mine)}
        for name in found["methods"]
        for mine in [[fit for fit in found["fits"] if fit["method"] == name]]
    }
    write_json(PACKAGE / "backtest.json", {"about": about, "fits": fits, "methods": found["methods"]})
