"""Build the tables of dates and flags by which other tables are joined and checked; rebuilding gives the same bytes.

    uv run scripts/build_release_facts.py RAW_FOLDER

RAW_FOLDER holds the publishers' files. Facts only: name, release date and open or closed. A model
of LLM Stats has a row for its name, and one for its identifier where that is spelt otherwise.

- epoch_releases.csv: every version and release of Epoch AI's hub export and index (CC BY 4.0), reviewed dates applied.
- llm_stats_releases.csv: models of LLM Stats (CC BY 4.0, Copyright (c) 2024 jc), to confirm dates of others.
- models_dev_weights.csv: models of models.dev (MIT licence, Copyright (c) 2025 models.dev). Entries of providers are
  left out: they give a model several flags, and false is their default. A name that moves on (``latest``) is no model.
"""

import argparse
import json
from pathlib import Path

import pandas as pd

from gapmodel.files.atomic import atomic_text
from gapmodel.sources.epoch import hub as epoch
from gapmodel.sources.epoch.releases import base_label
from gapmodel.sources.joining.names import normalise

TARGET = Path(__file__).parents[1] / "src" / "gapmodel" / "data"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("raw", type=Path, metavar="RAW_FOLDER")
    parser.add_argument("--out", type=Path, default=TARGET)
    args = parser.parse_args()
    for name, table in (
        ("epoch_releases", epoch_releases(args.raw)),
        ("llm_stats_releases", llm_stats(args.raw)),
        ("models_dev_weights", models_dev(args.raw)),
    ):
        if table["name"].duplicated().any():
            twice = table.loc[table["name"].duplicated(), "name"].iloc[0]
            raise SystemExit(f"{name} has '{twice}' twice: settle it first")
        atomic_text(args.out / f"{name}.csv", table.sort_values("name").to_csv(index=False, lineterminator="\n"))


def epoch_releases(raw: Path) -> pd.DataFrame:
    """Versions without their effort, and the names of their releases."""
    index, hub = (
        {path.name: path.read_bytes() for path in sorted((raw / folder).glob("*.csv"))}
        for folder in ("epoch_eci_2026-08-11", "epoch_hub_2026-05-14")
    )
    review = epoch.load_review()
    released = epoch.releases(index, hub, review)
    known = epoch.index_models(index, review, released)
    models = pd.concat([known, epoch.hub_models(hub, review, released, known)]).drop_duplicates("model")
    weights = models.set_index("model")["weights"].where(lambda w: w.isin(["open", "closed"]))
    usable = released[released["unsettled"] == ""].reset_index()
    usable["base"] = usable["version"].map(lambda label: base_label(str(label)))
    names = pd.concat([usable.assign(name=usable[column]) for column in ("model", "base")])
    names = names.drop_duplicates("name")
    # Two spellings of one name with one date are one entry: names are joined by their spelling levelled.
    names = names[~names.assign(name=names["name"].map(normalise)).duplicated(["name", "release_date"])].copy()
    names["open_weights"] = names["model"].map(weights).map({"open": "true", "closed": "false"})
    return names[["name", "release_date", "open_weights"]]


def llm_stats(raw: Path) -> pd.DataFrame:
    """Models with their release dates; the flag follows from the licence."""
    models = pd.read_csv(raw / "llm_stats_2025-10-16" / "models.csv", dtype=str)
    models = models.dropna(subset=["name", "release_date"]).drop_duplicates("name")
    models["open_weights"] = models["license_id"].ne("proprietary").map({True: "true", False: "false"})
    return with_identifiers(models, "model_id")


def models_dev(raw: Path) -> pd.DataFrame:
    """Canonical models, one per line of the file."""
    lines = (raw / "models_dev_2026-07-02" / "models.jsonl").read_text(encoding="utf-8").splitlines()
    models = pd.DataFrame([json.loads(line) for line in lines])
    models["open_weights"] = models["open_weights"].map({True: "true", False: "false"})
    if models[["name", "release_date", "open_weights"]].isna().any(axis=None):
        raise SystemExit("models.jsonl has a model without a date or flag: settle it first")
    table = models[["name", "release_date", "open_weights"]]
    return table[~table["name"].str.contains("latest", case=False)]


def with_identifiers(models: pd.DataFrame, column: str) -> pd.DataFrame:
    """Names, and the identifiers of the same models where these are spelt otherwise: tables name models by either."""
    identifiers = models.assign(name=models[column].str.rsplit("/", n=1).str[-1])
    table = pd.concat([models, identifiers])[["name", "release_date", "open_weights"]]
    return table[~table["name"].map(normalise).duplicated()]


if __name__ == "__main__":
    main()
