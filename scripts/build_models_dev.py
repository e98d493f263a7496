"""Build src/gapmodel/data/models_dev_weights.csv from models.dev; rebuilding gives the same bytes.

    uv run scripts/build_models_dev.py RAW_FOLDER

RAW_FOLDER holds models_dev_2026-07-02/models.jsonl, one canonical model a line. Facts only: name, release date and
the open-weights flag (models.dev, MIT licence, Copyright (c) 2025 models.dev). Entries of providers are left out: they
give a model several flags, and false is their default.
"""

import argparse
import json
from pathlib import Path

import pandas as pd

from gapmodel.store import atomic_text

TARGET = Path(__file__).parents[1] / "src" / "gapmodel" / "data" / "models_dev_weights.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("raw", type=Path, metavar="RAW_FOLDER")
    parser.add_argument("--out", type=Path, default=TARGET)
    args = parser.parse_args()
    lines = (args.raw / "models_dev_2026-07-02" / "models.jsonl").read_text(encoding="utf-8").splitlines()
    models = pd.DataFrame([json.loads(line) for line in lines])
    models["open_weights"] = models["open_weights"].map({True: "true", False: "false"})
    table = models[["name", "release_date", "open_weights"]].sort_values("name")
    if table["name"].duplicated().any() or table.isna().any(axis=None):
        raise SystemExit("models.jsonl has a name twice, or a model without a date or flag: settle it first")
    atomic_text(args.out, table.to_csv(index=False, lineterminator="\n"))


if __name__ == "__main__":
    main()
