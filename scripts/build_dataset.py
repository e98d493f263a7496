"""Build the bundled tables of facts from the publishers' files; rebuilding gives the same bytes.

    uv run scripts/build_dataset.py RAW_FOLDER

RAW_FOLDER holds epoch_eci_2026-08-11/ and epoch_hub_2026-05-14/ as their publishers gave them. What a human settled
(weights that the sources leave open, titles and categories) stands in src/gapmodel/data/review/.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from gapmodel.store import atomic_text
from gapmodel.units import months_between

ECI = "Epoch Capabilities Index"
TIERS = {
    "Open weights (unrestricted)": "unrestricted",
    "Open weights (restricted use)": "restricted",
    "Open weights (non-commercial)": "non-commercial",
    "API access": "proprietary",
    "Hosted access (no API)": "proprietary",
}
COLUMNS = [
    "benchmark", "model", "release_date", "weights", "weights_date", "score", "score_se", "organization", "country",
    "licence_tier", "source", "raw_score",
]  # fmt: skip
LICENCE = "CC BY 4.0"
CREDITS = """# Credits

- Epoch AI, 'AI Benchmarking Hub'. Published online at epoch.ai. Retrieved from 'https://epoch.ai/benchmarks'.
  Licensed CC BY 4.0; changes made.

Changes: benchmarks chosen by a rule, one row a model and benchmark (best over reasoning efforts, agents and hosts),
weights and licences reviewed (see ../review/weights_overrides.csv), standard errors joined where they match without
doubt, categories and titles added. Aider polyglot and Terminal-Bench rows originate under Apache-2.0. Release dates and
open-weights flags of models.dev (MIT licence, Copyright (c) 2025 models.dev) were looked up for the review.
"""
MIN_MODELS, MIN_JOINT_MONTHS, DEFAULT_JOINT_MONTHS = 5, 6.0, 12.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("raw", type=Path, metavar="RAW_FOLDER")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "src" / "gapmodel" / "data")
    args = parser.parse_args()
    review = Path(__file__).parents[1] / "src" / "gapmodel" / "data" / "review"
    info = pd.read_csv(review / "benchmark_info.csv", dtype=str).set_index("benchmark")
    overrides = pd.read_csv(review / "weights_overrides.csv", dtype=str).set_index("model")
    eci = args.raw / "epoch_eci_2026-08-11"
    hub = args.raw / "epoch_hub_2026-05-14"

    august_models = model_table(pd.read_csv(eci / "eci_scores.csv"), "Model", "date", overrides)
    may_models, versions = hub_models(hub, overrides, august_models)
    left_out = []
    for name, models, rows in (
        ("epoch_2026-08", august_models, august_rows(eci, hub, info, versions, august_models)),
        ("epoch_2026-05", may_models, may_rows(hub, info, versions)),
    ):
        rows = rows.merge(models, on="model", how="left", validate="many_to_one")
        rows["weights"] = rows["weights"].fillna("unknown")
        settled = rows["weights"].isin(["open", "closed"]) & rows["release_date"].notna()
        for model, group in rows[~settled].groupby("model"):
            weights = group["weights"].iloc[0]
            reason = {"unreleased": "never released", "unknown": "weights not settled"}.get(weights, "no release date")
            left_out.append((name, "model", model, reason))
        rows, about, dropped = choose(rows[settled], info)
        left_out += [(name, "benchmark", *pair) for pair in dropped]
        write(rows, about, args.out / name)
    table = pd.DataFrame(left_out, columns=["snapshot", "kind", "name", "reason"]).sort_values(
        ["snapshot", "kind", "name"]
    )
    atomic_text(args.out / "left_out.csv", table.to_csv(index=False, lineterminator="\n"))


def model_table(table: pd.DataFrame, name: str, day: str, overrides: pd.DataFrame) -> pd.DataFrame:
    """One row a model: release date, weights, tier, organization; overrides applied."""
    access = table["Model accessibility"]
    country = next(c for c in table.columns if c.startswith("Country"))
    models = pd.DataFrame(
        {
            "model": table[name],
            "release_date": table[day],
            "weights": np.select(
                [
                    access.isin(["API access", "Hosted access (no API)"]),
                    access.str.startswith("Open weights", na=False),
                ],
                ["closed", "open"],
                default="unknown",
            ),
            "licence_tier": access.map(TIERS),
            "organization": table["Organization"],
            "country": table[country],
        }
    ).set_index("model")
    models["weights_date"] = pd.NA
    for model, row in overrides[overrides.index.isin(models.index)].iterrows():
        for column in ("weights", "weights_date", "licence_tier", "organization"):
            if not pd.isna(row[column]):
                models.loc[model, column] = row[column]
    return models.reset_index()


def hub_models(hub: Path, overrides: pd.DataFrame, august: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Models of the hub export, and the model of each version. Versions of one model share its first date."""
    index = pd.read_csv(hub / "epoch_capabilities_index.csv").dropna(subset=["Model version", "Model name"])
    versions = index.drop_duplicates("Model version").set_index("Model version")["Model name"]
    index = index.sort_values(["Model name", "Release date", "Model version"])
    access = index.dropna(subset=["Model accessibility"]).groupby("Model name")["Model accessibility"]
    single = access.first()[access.agg(lambda values: len(set(values)) == 1)]
    first = index.groupby("Model name").first(skipna=True).reset_index()
    first["Model accessibility"] = first["Model name"].map(single)
    models = model_table(first, "Model name", "Release date", overrides).set_index("model")
    # Where May left the weights blank and August states them for the same name, August's word is taken.
    known = august.set_index("model")
    for model in models.index[models["weights"].eq("unknown")].intersection(known.index):
        models.loc[model, ["weights", "licence_tier"]] = known.loc[model, ["weights", "licence_tier"]]
    return models.reset_index(), versions


def august_rows(eci: Path, hub: Path, info: pd.DataFrame, versions: pd.Series, models: pd.DataFrame) -> pd.DataFrame:
    """Scores of the August table, with raw scores and standard errors where the hub matches without doubt."""
    base = pd.read_csv(eci / "eci_benchmarks.csv")
    rows = base.rename(columns={"performance": "score"})[["benchmark", "model", "model_version", "score", "source"]]
    rows["raw_score"], rows["score_se"] = np.nan, np.nan
    for benchmark, entry in info[info["score_se_column"].notna()].iterrows():
        raw = hub_scores(hub, entry).drop_duplicates("Model version", keep=False).set_index("Model version")
        mine = rows.index[rows["benchmark"] == benchmark]
        found = raw.reindex(rows.loc[mine, "model_version"])
        floor = float(entry["random_baseline"])
        scaled = ((found["score"] - floor) / (1.0 - floor)).clip(0.0, 1.0).to_numpy()
        same = np.abs(scaled - rows.loc[mine, "score"].to_numpy()) < 1e-3
        rows.loc[mine[same], "raw_score"] = found["score"].to_numpy()[same]
        rows.loc[mine[same], "score_se"] = (found["se"].to_numpy() / (1.0 - floor))[same]
    extra = may_rows(hub, info[~info.index.isin(base["benchmark"])], versions)
    extra = extra[extra["model"].isin(models["model"])]
    scores = pd.read_csv(eci / "eci_scores.csv").dropna(subset=["eci"])
    index = pd.DataFrame({"benchmark": ECI, "model": scores["Model"], "score": scores["eci"], "source": "Epoch AI"})
    # Half the 90 % interval over the normal quantile.
    index["score_se"] = (scores["eci_ci_high"] - scores["eci_ci_low"]) / 2.0 / 1.6449
    return pd.concat([rows.drop(columns="model_version"), extra, index], ignore_index=True)


def may_rows(hub: Path, info: pd.DataFrame, versions: pd.Series) -> pd.DataFrame:
    """Raw scores of the hub export, the best over efforts, agents and hosts of each model."""
    tables = []
    for benchmark, entry in info[info["hub_file"].notna()].iterrows():
        scores = hub_scores(hub, entry)
        scores["model"] = scores["Model version"].map(versions)
        scores = scores.dropna(subset=["model", "score"]).sort_values(["model", "score", "Model version"])
        best = scores.groupby("model").tail(1)
        tables.append(
            pd.DataFrame(
                {
                    "benchmark": benchmark,
                    "model": best["model"],
                    "score": best["score"],
                    "score_se": best["se"],
                    "source": "Epoch AI Benchmarking Hub",
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def hub_scores(hub: Path, entry: pd.Series) -> pd.DataFrame:
    """``Model version, score, se`` of one hub file, as a fraction."""
    table = pd.read_csv(hub / f"{entry['hub_file']}.csv")
    scale = float(entry["hub_scale"])
    out = pd.DataFrame({"Model version": table["Model version"]})
    text = table[entry["hub_column"]].astype(str).str.rstrip("%")
    out["score"] = pd.to_numeric(text, errors="coerce") * scale
    column = entry["score_se_column"]
    out["se"] = np.nan if pd.isna(column) else pd.to_numeric(table[column], errors="coerce") * scale
    return out.dropna(subset=["score"])


def choose(rows: pd.DataFrame, info: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, list[tuple[str, str]]]:
    """Apply the inclusion rule and the default set; returns rows, benchmarks table and what was dropped."""
    kept, dropped = [], []
    for key, group in rows.groupby("benchmark"):
        benchmark = str(key)
        sides = [group[group["weights"] == w] for w in ("open", "closed")]
        counts = [len(s) for s in sides]
        if min(counts) < MIN_MODELS:
            dropped.append((benchmark, f"{counts[0]} open and {counts[1]} closed models, {MIN_MODELS} of each needed"))
            continue
        days = [pd.to_datetime(s["weights_date"].fillna(s["release_date"])) for s in sides]
        joint = float(months_between(min(d.max() for d in days), max(d.min() for d in days)))
        if joint < MIN_JOINT_MONTHS:
            dropped.append((benchmark, f"joint window of {joint:.1f} months, {MIN_JOINT_MONTHS:g} needed"))
            continue
        kept.append((benchmark, joint))
    about = pd.DataFrame(kept, columns=["benchmark", "joint_months"]).set_index("benchmark")
    about = about.join(info[["title", "category", "marked", "note", "random_baseline"]])
    is_index = about.index == ECI
    about.loc[is_index, ["title", "category"]] = [ECI, "composite"]
    missing = about.index[about["category"].isna()]
    if len(missing):
        raise SystemExit(f"benchmark_info.csv lacks {', '.join(missing)}: add a title and a category")
    about["unit"] = np.where(is_index, "ECI points", "fraction")
    about["direction"] = "higher"
    # August scores are normalised, so chance is 0 there; May scores are raw, so chance is the floor.
    raw = rows["score"].notna().any() and ECI not in set(rows["benchmark"])
    about["lower_bound"] = np.where(
        is_index, np.nan, about["random_baseline"].astype(float).fillna(0.0) if raw else 0.0
    )
    about["ceiling"] = np.where(is_index, np.nan, 1.0)
    about["composite_of"] = np.where(is_index, "all benchmarks of the index", "")
    about["source"], about["licence"] = "Epoch AI", LICENCE
    about["default_set"] = (about["joint_months"] >= DEFAULT_JOINT_MONTHS) & ~is_index
    about["joint_months"] = about["joint_months"].round(1)
    return rows[rows["benchmark"].isin(about.index)], about.drop(columns="random_baseline"), dropped


def write(rows: pd.DataFrame, about: pd.DataFrame, folder: Path) -> None:
    """Write one snapshot, sorted, with fixed number formats."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = rows.reindex(columns=COLUMNS).sort_values(["benchmark", "release_date", "model"])
    atomic_text(folder / "scores.csv", rows.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    about["default_set"] = about["default_set"].map({True: "true", False: "false"})
    order = ["title", "category", "unit", "direction", "lower_bound", "ceiling", "composite_of", "source", "licence"]
    about = about[[*order, "default_set", "joint_months", "marked", "note"]]
    atomic_text(folder / "CREDITS.md", CREDITS)
    atomic_text(folder / "benchmarks.csv", about.sort_index().to_csv(float_format="%g", lineterminator="\n"))


if __name__ == "__main__":
    main()
