"""Epoch AI's benchmarking hub: importers of its files, for the bundled tables and for live data alike.

The Capabilities Index files hold normalised scores, one row a model and benchmark; the hub export holds raw scores,
one row a model version. What a human settled (weights that the sources leave open, titles and categories, columns
of the hub's files) stands in ``data/review/``.

Files are given as a mapping of name to bytes, so that a folder, an archive and a download are the same thing.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd

from gapmodel.errors import DataError
from gapmodel.scorefaults import nearest

__all__ = [
    "CREDIT",
    "ECI",
    "HUB_INDEX",
    "Files",
    "Review",
    "hub_faults",
    "hub_models",
    "hub_rows",
    "index_models",
    "index_rows",
    "load_review",
    "model_table",
]

Files = Mapping[str, bytes]

ECI = "Epoch Capabilities Index"
HUB_INDEX = "epoch_capabilities_index.csv"
INDEX_BENCHMARKS, INDEX_SCORES = "eci_benchmarks.csv", "eci_scores.csv"
CREDIT = (
    "Epoch AI, 'AI Benchmarking Hub'. Published online at epoch.ai. Retrieved from 'https://epoch.ai/benchmarks'. "
    "Licensed CC BY 4.0; changes made."
)
_TIERS = {
    "Open weights (unrestricted)": "unrestricted",
    "Open weights (restricted use)": "restricted",
    "Open weights (non-commercial)": "non-commercial",
    "API access": "proprietary",
    "Hosted access (no API)": "proprietary",
}
_ACCESS = "Model accessibility"


@dataclass(frozen=True)
class Review:
    """What a human settled.

    Attributes
    ----------
    info : pandas.DataFrame
        Index ``benchmark``: title, category, and where the hub export holds the scores; text cells.
    overrides : pandas.DataFrame
        Index ``model``: weights, weights_date, licence_tier, organization, reason, evidence; text cells.
    """

    info: pd.DataFrame
    overrides: pd.DataFrame


def load_review() -> Review:
    """Read the reviewed tables that come with the package."""
    folder = resources.files("gapmodel.data") / "review"
    tables = [
        pd.read_csv(io.BytesIO((folder / f"{name}.csv").read_bytes()), dtype=str)
        for name in ("benchmark_info", "weights_overrides")
    ]
    return Review(tables[0].set_index("benchmark"), tables[1].set_index("model"))


def model_table(table: pd.DataFrame, name: str, day: str, overrides: pd.DataFrame) -> pd.DataFrame:
    """One row a model: release date, weights (``unknown`` where not stated), tier, organization; overrides applied.

    Parameters
    ----------
    table : pandas.DataFrame
        A file of Epoch's, each model once.
    name, day : str
        Its columns with the model's name and release date.
    overrides : pandas.DataFrame
        See `Review`.

    Returns
    -------
    pandas.DataFrame
        ``model, release_date, weights, licence_tier, organization, country, weights_date`` and ``weights_origin``: who
        stated the weights, the publisher or the review.
    """
    access = table[_ACCESS]
    country = next((c for c in table.columns if c.startswith("Country")), None)
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
            "licence_tier": access.map(_TIERS),
            "organization": table["Organization"],
            "country": pd.NA if country is None else table[country],
        }
    ).set_index("model")
    models["weights_date"] = pd.NA
    models["weights_origin"] = models["weights"].map({"open": "Epoch AI", "closed": "Epoch AI"})
    for model, row in overrides[overrides.index.isin(models.index)].iterrows():
        for column in ("weights", "weights_date", "licence_tier", "organization"):
            if not pd.isna(row[column]):
                models.loc[model, column] = row[column]
        if not pd.isna(row["weights"]):
            models.loc[model, "weights_origin"] = "gapmodel review"
    return models.reset_index()


def index_models(index: Files, review: Review) -> pd.DataFrame:
    """Models of the Capabilities Index, as `model_table`.

    Raises
    ------
    DataError
        The file is missing, cannot be read, or lacks a column.
    """
    needed = ["Model", "date", "Organization", _ACCESS, "eci", "eci_ci_low", "eci_ci_high"]
    return model_table(_read(index, INDEX_SCORES, needed), "Model", "date", review.overrides)


def hub_models(hub: Files, overrides: pd.DataFrame, known: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Models of the hub export, and the model of each version. Versions of one model share its first date.

    Where the export leaves the weights blank and `known` states them for the same name, that word is taken.

    Parameters
    ----------
    hub : mapping of str to bytes
    overrides : pandas.DataFrame
        See `Review`.
    known : pandas.DataFrame
        As `model_table`.

    Returns
    -------
    models : pandas.DataFrame
        As `model_table`.
    versions : pandas.Series
        Model version → model.

    Raises
    ------
    DataError
        The hub's index is missing, cannot be read, or lacks a column.
    """
    index = _read(hub, HUB_INDEX, ["Model version", "Model name", "Release date", "Organization", _ACCESS])
    index = index.dropna(subset=["Model version", "Model name"])
    versions = index.drop_duplicates("Model version").set_index("Model version")["Model name"]
    index = index.sort_values(["Model name", "Release date", "Model version"])
    access = index.dropna(subset=[_ACCESS]).groupby("Model name")[_ACCESS]
    single = access.first()[access.agg(lambda values: len(set(values)) == 1)]
    first = index.groupby("Model name").first(skipna=True).reset_index()
    first[_ACCESS] = first["Model name"].map(single)
    models = model_table(first, "Model name", "Release date", overrides).set_index("model")
    stated = known.set_index("model")
    columns = ["weights", "licence_tier", "weights_origin"]
    for model in models.index[models["weights"].eq("unknown")].intersection(stated.index):
        models.loc[model, columns] = stated.loc[model, columns]
    return models.reset_index(), versions


def index_rows(index: Files, hub: Files, info: pd.DataFrame, versions: pd.Series, models: pd.DataFrame) -> pd.DataFrame:
    """Scores of the Capabilities Index files, the index itself, and benchmarks that the hub export alone has.

    Raw scores and standard errors are joined where the hub export matches without doubt.

    Parameters
    ----------
    index, hub : mapping of str to bytes
    info : pandas.DataFrame
        See `Review`.
    versions : pandas.Series
        From `hub_models`.
    models : pandas.DataFrame
        From `index_models`.

    Returns
    -------
    pandas.DataFrame
        ``benchmark, model, score, source, raw_score, score_se``: scores of the index files are normalised (chance is
        0), those of the hub raw fractions, those of the index itself points; errors are in the unit of ``score``.

    Raises
    ------
    DataError
        A file is missing, cannot be read, or lacks a column.
    """
    base = _read(index, INDEX_BENCHMARKS, ["benchmark", "model", "model_version", "performance", "source"])
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
    extra = hub_rows(hub, info[~info.index.isin(base["benchmark"])], versions)
    extra = extra[extra["model"].isin(models["model"])]
    scores = _read(index, INDEX_SCORES, ["Model", "eci"]).dropna(subset=["eci"])
    points = pd.DataFrame({"benchmark": ECI, "model": scores["Model"], "score": scores["eci"], "source": "Epoch AI"})
    # Half the 90 % interval over the normal quantile.
    points["score_se"] = (scores["eci_ci_high"] - scores["eci_ci_low"]) / 2.0 / 1.6449
    return pd.concat([rows.drop(columns="model_version"), extra, points], ignore_index=True)


def hub_rows(hub: Files, info: pd.DataFrame, versions: pd.Series) -> pd.DataFrame:
    """Raw scores of the hub export, the best over efforts, agents and hosts of each model.

    Parameters
    ----------
    hub : mapping of str to bytes
    info : pandas.DataFrame
        See `Review`; benchmarks without a ``hub_file`` are passed over.
    versions : pandas.Series
        From `hub_models`.

    Returns
    -------
    pandas.DataFrame
        ``benchmark, model, score, score_se, source``; scores and errors as fractions.

    Raises
    ------
    DataError
        A file is missing, cannot be read, or lacks a column.
    """
    columns = ["benchmark", "model", "score", "score_se", "source"]
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
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def hub_scores(hub: Files, entry: pd.Series) -> pd.DataFrame:
    """``Model version, score, se`` of one hub file, as a fraction."""
    needed = [c for c in ("Model version", entry["hub_column"], entry["score_se_column"]) if not pd.isna(c)]
    table = _read(hub, f"{entry['hub_file']}.csv", needed)
    scale = float(entry["hub_scale"])
    out = pd.DataFrame({"Model version": table["Model version"]})
    text = table[entry["hub_column"]].astype(str).str.rstrip("%")
    out["score"] = pd.to_numeric(text, errors="coerce") * scale
    column = entry["score_se_column"]
    out["se"] = np.nan if pd.isna(column) else pd.to_numeric(table[column], errors="coerce") * scale
    return out.dropna(subset=["score"])


def hub_faults(hub: Files, info: pd.DataFrame) -> dict[str, str]:
    """Benchmarks of `info` whose hub file cannot be used, and why; empty for an export of the known shape."""
    faults = {}
    for benchmark, entry in info[info["hub_file"].notna()].iterrows():
        try:
            scores = hub_scores(hub, entry)
        except DataError as error:
            faults[str(benchmark)] = str(error)
            continue
        if len(scores) and scores["score"].max() > 1.0 + 1e-9:
            faults[str(benchmark)] = f"a score of {scores['score'].max():g} on a scale to 1: its unit has changed"
    return faults


def _read(files: Files, name: str, needed: list[str]) -> pd.DataFrame:
    if name not in files:
        raise DataError(f"Epoch's files lack {name}{nearest(name, files)}")
    try:
        table = pd.read_csv(io.BytesIO(files[name]))
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"{name} cannot be read as a table ({error}): fetch it again") from None
    missing = [c for c in needed if c not in table]
    if missing:
        raise DataError(f"{name} has no column '{missing[0]}': Epoch's format has changed; use an earlier snapshot")
    return table
