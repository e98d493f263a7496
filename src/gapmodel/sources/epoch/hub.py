"""Epoch AI's benchmarking hub: importers of its files, for the bundled tables and for live data alike.

The Capabilities Index files hold normalised scores, one row per model and benchmark; the hub export holds raw scores,
one row per model version. What a human settled (weights that the sources leave open, titles and categories, columns
of the hub's files) is in ``data/review/``.

Files are given as a mapping of name to bytes, so that a folder, an archive and a download are the same thing.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd

from gapmodel.errors import DataError, nearest
from gapmodel.scores.rescaling import NEAR_SHARE, scale_line
from gapmodel.sources.epoch.releases import base_label, release_table

__all__ = [
    "CREDIT",
    "ECI",
    "HUB_INDEX",
    "Files",
    "Review",
    "benchmark_dates",
    "hub_faults",
    "hub_models",
    "hub_rows",
    "index_models",
    "index_of_files",
    "index_rows",
    "load_review",
    "model_table",
    "releases",
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
_DATES = ("release_date", "announced_date", "date_source")


@dataclass(frozen=True)
class Review:
    """What a human settled.

    Attributes
    ----------
    info : pandas.DataFrame
        Index ``benchmark``: title, category, and where the hub export holds scores and days of evaluation; text cells.
    overrides : pandas.DataFrame
        Index ``model``: weights, weights_date, licence_tier, organization, reason, evidence; text cells.
    dates : pandas.DataFrame
        ``model, version, release_date, announced_date, other_date, reason, source``, one row per release; text cells.
    default_sets : pandas.DataFrame
        ``snapshot, benchmark``: the default set of each bundled snapshot, as settled when it was published.
    """

    info: pd.DataFrame
    overrides: pd.DataFrame
    dates: pd.DataFrame
    default_sets: pd.DataFrame


def load_review() -> Review:
    """Read the reviewed tables that come with the package."""
    folder = resources.files("gapmodel.data") / "review"
    info, overrides, dates, sets = (
        pd.read_csv(io.BytesIO((folder / f"{name}.csv").read_bytes()), dtype=str)
        for name in ("benchmark_info", "weights_overrides", "date_overrides", "default_sets")
    )
    return Review(info.set_index("benchmark"), overrides.set_index("model"), dates, sets)


def model_table(table: pd.DataFrame, overrides: pd.DataFrame) -> pd.DataFrame:
    """One row per model: dates, weights (``unknown`` where not stated), tier, organization; overrides applied.

    Parameters
    ----------
    table : pandas.DataFrame
        ``model, release_date, announced_date, date_source``, each model once, with Epoch's columns of its properties.
    overrides : pandas.DataFrame
        See `Review`.

    Returns
    -------
    pandas.DataFrame
        ``model, release_date, announced_date, date_source, weights, licence_tier, organization, country,
        weights_date`` and ``weights_origin``: who stated the weights, the publisher or the review.
    """
    access = table[_ACCESS]
    country = next((c for c in table.columns if c.startswith("Country")), None)
    models = table[["model", *_DATES]].assign(
        weights=np.select(
            [
                access.isin(["API access", "Hosted access (no API)"]),
                access.str.startswith("Open weights", na=False),
            ],
            ["closed", "open"],
            default="unknown",
        ),
        licence_tier=access.map(_TIERS),
        organization=table["Organization"],
        country=pd.Series(pd.NA, index=table.index) if country is None else table[country],
        weights_date=pd.Series(pd.NA, index=table.index, dtype=object),
    )
    models["weights_origin"] = models["weights"].map({"open": "Epoch AI", "closed": "Epoch AI"})
    models = models.set_index("model")
    for model, row in overrides[overrides.index.isin(models.index)].iterrows():
        for column in ("weights", "weights_date", "licence_tier", "organization"):
            if not pd.isna(row[column]):
                models.loc[model, column] = row[column]
        if not pd.isna(row["weights"]):
            models.loc[model, "weights_origin"] = "gapmodel review"
    return models.reset_index()


def releases(index: Files, hub: Files, review: Review, *, strict: bool = True) -> pd.DataFrame:
    """The release of every version that either file names, see `gapmodel.sources.epoch.releases.release_table`.

    Parameters
    ----------
    index, hub : mapping of str to bytes
        Without files of the index, the hub export alone.
    review : Review
    strict : bool
        Leave out versions that two files date differently and nobody has reviewed.

    Raises
    ------
    DataError
        A file is missing, cannot be read, or lacks a column.
    """
    groups = pd.DataFrame(columns=["model_version", "model", "date"], dtype=object)
    if index:
        rows = _read(index, INDEX_BENCHMARKS, ["model", "model_version"])
        days = _read(index, INDEX_SCORES, ["Model", "date"]).drop_duplicates("Model").set_index("Model")["date"]
        groups = rows[["model_version", "model"]].drop_duplicates()
        groups = groups.assign(date=groups["model"].map(days))
    found = _read(hub, HUB_INDEX, ["Model version", "Model name", "Release date"]).dropna(subset=["Model version"])
    versions = found[["Model version", "Model name", "Release date"]].drop_duplicates("Model version")
    names = ["version", "family", "date"]
    return release_table(groups.set_axis(names, axis=1), versions.set_axis(names, axis=1), review.dates, strict=strict)


def index_of_files(hub: Files) -> bytes:
    """The hub's index of models as far as its other files give it: versions with dates and makers, no flags.

    For an export that lacks it. The name of a model is that of its version without effort.
    """
    columns = ["Model version", "Release date", "Organization"]
    parts = []
    for name in sorted(hub):
        try:
            parts.append(pd.read_csv(io.BytesIO(hub[name]), dtype=str).reindex(columns=columns))
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError):
            continue  # told where the scores are read
    table = pd.concat([pd.DataFrame(columns=columns), *parts]).dropna(subset=["Model version", "Release date"])
    table = table.drop_duplicates("Model version")
    table["Model name"] = [base_label(str(version)) for version in table["Model version"]]
    table[_ACCESS] = "Unknown"
    return table.to_csv(index=False).encode()


def index_models(index: Files, review: Review, released: pd.DataFrame) -> pd.DataFrame:
    """Releases of the Capabilities Index, as `model_table`: the properties are those of their group.

    Parameters
    ----------
    index : mapping of str to bytes
    review : Review
    released : pandas.DataFrame
        From `releases`.

    Raises
    ------
    DataError
        The file is missing, cannot be read, or lacks a column.
    """
    needed = ["Model", "date", "Organization", _ACCESS, "eci", "eci_ci_low", "eci_ci_high"]
    groups = _read(index, INDEX_SCORES, needed).rename(columns={"Model": "family"})
    usable = released[released["unsettled"] == ""]
    mine = usable[usable["family"].isin(groups["family"])].drop_duplicates("model")
    return model_table(mine.merge(groups, on="family", validate="many_to_one"), review.overrides)


def hub_models(hub: Files, review: Review, released: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Releases of the hub export, as `model_table`.

    Where the export leaves the weights of a release blank and `known` states them for the same name, that word is
    taken.

    Parameters
    ----------
    hub : mapping of str to bytes
    review : Review
    released : pandas.DataFrame
        From `releases`.
    known : pandas.DataFrame
        As `model_table`.

    Raises
    ------
    DataError
        The hub's index is missing, cannot be read, or lacks a column.
    """
    index = _read(hub, HUB_INDEX, ["Model version", "Model name", "Release date", "Organization", _ACCESS])
    usable = released[released["unsettled"] == ""]
    index = index.drop(columns="Release date").merge(usable, left_on="Model version", right_index=True)
    index = index.sort_values(["model", "Model version"])
    access = index.dropna(subset=[_ACCESS]).groupby("model")[_ACCESS]
    single = access.first()[access.agg(lambda values: len(set(values)) == 1)]
    first = index.groupby("model").first(skipna=True).reset_index()
    first[_ACCESS] = first["model"].map(single)
    # Versions that the index of models lacks have what the review says of them.
    unlisted = usable[~usable["model"].isin(first["model"])].drop_duplicates("model")
    first = pd.concat([first, unlisted[["model", *_DATES]]], ignore_index=True)
    models = model_table(first, review.overrides).set_index("model")
    stated = known.set_index("model")
    columns = ["weights", "licence_tier", "weights_origin"]
    for model in models.index[models["weights"].eq("unknown")].intersection(stated.index):
        models.loc[model, columns] = stated.loc[model, columns]
    return models.reset_index()


def benchmark_dates(index: Files, info: pd.DataFrame) -> pd.Series:
    """Day on which each benchmark was published, ISO text, index ``benchmark``; those without one are left out.

    The date of the index files; where they have none, the reviewed one of `info`.

    Raises
    ------
    DataError
        The file is missing, cannot be read, or lacks a column.
    """
    rows = _read(index, INDEX_BENCHMARKS, ["benchmark", "benchmark_release_date"])
    stated = rows.dropna(subset="benchmark_release_date").groupby("benchmark")["benchmark_release_date"].first()
    return stated.combine_first(info["published_date"].dropna())


def index_rows(index: Files, hub: Files, info: pd.DataFrame, released: pd.DataFrame) -> pd.DataFrame:
    """Scores of the Capabilities Index files, the index itself, and benchmarks that the hub export alone has.

    Raw scores and standard errors are joined where the hub export matches without doubt.

    Parameters
    ----------
    index, hub : mapping of str to bytes
    info : pandas.DataFrame
        See `Review`.
    released : pandas.DataFrame
        From `releases`.

    Returns
    -------
    pandas.DataFrame
        ``benchmark, model, version, score, source, raw_score, score_se, file_date, evaluated_date``: scores of the
        index files are normalised (chance is 0), those of the hub raw fractions, those of the index itself points;
        errors are in the unit of ``score``. A group has one score on a benchmark, that of its best version. The index
        labels it with one version of the group, which need not be that one: where the hub export has the score, the
        version is its.

    Raises
    ------
    DataError
        A file is missing, cannot be read, or lacks a column.
    """
    base = _read(index, INDEX_BENCHMARKS, ["benchmark", "model", "model_version", "performance", "source"])
    rows = base.rename(columns={"performance": "score", "model_version": "version", "model": "group"})
    rows = rows[["benchmark", "group", "version", "score", "source"]].assign(file_date=None, evaluated_date=None)
    rows["raw_score"], rows["score_se"] = np.nan, np.nan
    for benchmark, entry in info[info["hub_file"].notna() & info.index.isin(base["benchmark"])].iterrows():
        mine = rows[rows["benchmark"] == benchmark]
        found = _scored_versions(mine, hub_scores(hub, entry), released)
        rows.loc[found.index, found.columns] = found
    rows["model"] = _release_names(rows["version"], released)
    extra = hub_rows(hub, info[~info.index.isin(base["benchmark"])], released)
    scores = _read(index, INDEX_SCORES, ["Model", "eci"]).dropna(subset=["eci"])
    points = pd.DataFrame({"benchmark": ECI, "model": scores["Model"], "score": scores["eci"], "source": "Epoch AI"})
    # Half the 90 % interval over the normal quantile.
    points["score_se"] = (scores["eci_ci_high"] - scores["eci_ci_low"]) / 2.0 / 1.6449
    return pd.concat([rows.drop(columns="group"), extra, points], ignore_index=True)


def hub_rows(hub: Files, info: pd.DataFrame, released: pd.DataFrame) -> pd.DataFrame:
    """Raw scores of the hub export, the best over efforts, agents and hosts of each release.

    Parameters
    ----------
    hub : mapping of str to bytes
    info : pandas.DataFrame
        See `Review`; benchmarks without a ``hub_file`` are passed over.
    released : pandas.DataFrame
        From `releases`.

    Returns
    -------
    pandas.DataFrame
        ``benchmark, model, version, score, score_se, source``, ``file_date``, the file's own date, and
        ``evaluated_date``, missing where the file has none; scores and errors as fractions.

    Raises
    ------
    DataError
        A file is missing, cannot be read, or lacks a column.
    """
    columns = ["benchmark", "model", "version", "score", "score_se", "source", "file_date", "evaluated_date"]
    tables = []
    for benchmark, entry in info[info["hub_file"].notna()].iterrows():
        scores = hub_scores(hub, entry)
        scores = scores.dropna(subset=["Model version", "score"])
        scores["model"] = _release_names(scores["Model version"], released)
        scores = scores.sort_values(["model", "score", "Model version"])
        best = scores.groupby("model").tail(1)
        tables.append(
            pd.DataFrame(
                {
                    "benchmark": benchmark,
                    "model": best["model"],
                    "version": best["Model version"],
                    "score": best["score"],
                    "score_se": best["se"],
                    "source": "Epoch AI Benchmarking Hub",
                    "file_date": best["file_date"],
                    "evaluated_date": best["evaluated_date"],
                }
            )
        )
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _scored_versions(rows: pd.DataFrame, raw: pd.DataFrame, released: pd.DataFrame) -> pd.DataFrame:
    """Whose score each row of the index is, as far as the hub export tells.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of one benchmark: ``group, version, score``.
    raw : pandas.DataFrame
        From `hub_scores`, of the same benchmark.
    released : pandas.DataFrame
        From `releases`.

    Returns
    -------
    pandas.DataFrame
        ``version, raw_score, score_se, evaluated_date`` of the rows for which a version of the group has the score;
        index as `rows`. Of several the first released, and of one day the label.
    """
    raw = raw.assign(group=raw["Model version"].map(released["family"])).dropna(subset="group")
    raw["day"] = raw["Model version"].map(released["release_date"]).fillna("9999")
    best = raw.groupby("group")["score"].max()
    shared = rows[rows["group"].isin(best.index)]
    line = scale_line(shared["group"].map(best).to_numpy(dtype=float), shared["score"].to_numpy(dtype=float))
    start, factor = line or (0.0, 1.0)
    raw["scaled"] = (start + factor * raw["score"]).clip(0.0, 1.0)
    near = NEAR_SHARE * float(np.ptp(rows["score"])) if len(rows) else 0.0
    found = {}
    of_group = dict(list(raw.groupby("group")))
    for index, row in zip(rows.index, rows.to_dict("records"), strict=True):
        same = of_group.get(row["group"], raw.iloc[:0])
        same = same[(same["scaled"] - row["score"]).abs() <= near]
        if len(same):
            label = same["Model version"] != row["version"]
            one = same.assign(label=label).sort_values(["day", "label", "Model version"]).iloc[0]
            found[index] = (one["Model version"], one["score"], one["se"] * factor, one["evaluated_date"])
    columns = ["version", "raw_score", "score_se", "evaluated_date"]
    return pd.DataFrame.from_dict(found, orient="index", columns=columns)


def _release_names(versions: pd.Series, released: pd.DataFrame) -> pd.Series:
    """Name of each version's release; the version itself where it cannot be used, so that it is listed as such."""
    names = released.loc[released["unsettled"] == "", "model"]
    return versions.map(names).fillna(versions)


def hub_scores(hub: Files, entry: pd.Series) -> pd.DataFrame:
    """``Model version, score, se`` of a hub file as fractions, ``file_date``, its release date, ``evaluated_date``."""
    needed = [c for c in ("Model version", entry["hub_column"], entry["score_se_column"]) if not pd.isna(c)]
    table = _read(hub, f"{entry['hub_file']}.csv", needed)
    scale = float(entry["hub_scale"])
    out = pd.DataFrame({"Model version": table["Model version"]})
    text = table[entry["hub_column"]].astype(str).str.rstrip("%")
    out["score"] = pd.to_numeric(text, errors="coerce") * scale
    column = entry["score_se_column"]
    out["file_date"] = table.get("Release date", pd.NA)
    # A moment in UTC, or a day.
    out["evaluated_date"] = None
    if (when := entry.get("evaluated_column")) in table:
        days = table[when].astype("str").str[:10]
        out["evaluated_date"] = days.where(days.str.fullmatch(r"\d{4}-\d{2}-\d{2}", na=False), None).astype(object)
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
