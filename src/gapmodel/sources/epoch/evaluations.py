"""When the scores of Epoch AI's tables could be known: days of evaluation, and bounds where there is none."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

__all__ = ["evaluation_days", "plausible_days"]


def plausible_days(evaluated: pd.Series, released: pd.Series) -> pd.Series:
    """Days of evaluation (ISO text), missing where before the release: they are of another model or version."""
    early = pd.to_datetime(evaluated) < pd.to_datetime(released) - pd.Timedelta(days=1)
    return evaluated.mask(early)


def evaluation_days(
    rows: pd.DataFrame, published: pd.Series, export: pd.DataFrame, *, export_taken: date
) -> pd.DataFrame:
    """Day of evaluation of each score, or the days between which it lies, as far as the files tell.

    Parameters
    ----------
    rows : pandas.DataFrame
        Scores of a table with ``benchmark, model, release_date, evaluated_date``, one row per benchmark and model.
    published : pandas.Series
        Day on which each benchmark was published, ISO text.
    export : pandas.DataFrame
        Rows of the hub export, see `gapmodel.sources.epoch.hub.hub_rows`.
    export_taken : datetime.date
        Day of the export.

    Returns
    -------
    pandas.DataFrame
        ``benchmark, model, evaluated_date, earliest, latest``, ISO text or missing, in the order of benchmark and
        model; scores about which nothing is known are left out. The day is that of the row that has the score, else of
        the model's best score in the export; one before the release of the model is of another model or version, and
        left out. A score that the export has was known when it was taken; one on a benchmark of the export, of a model
        released by then, that it lacks was not.
    """
    key = ["benchmark", "model"]
    days = rows[[*key, "release_date", "evaluated_date"]].merge(
        export[[*key, "evaluated_date"]], on=key, how="left", suffixes=("", "_there"), indicator=True, validate="1:1"
    )
    there = days["_merge"] == "both"
    days["evaluated_date"] = days["evaluated_date"].fillna(days["evaluated_date_there"])
    days["evaluated_date"] = plausible_days(days["evaluated_date"], days["release_date"])
    open_ = days["evaluated_date"].isna()
    absent = ~there & days["benchmark"].isin(export["benchmark"]) & (days["release_date"] <= str(export_taken))
    days["earliest"] = days["benchmark"].map(published).where(open_)
    days.loc[open_ & absent, "earliest"] = str(export_taken + timedelta(days=1))
    days["latest"] = pd.Series(str(export_taken), days.index).where(open_ & there)
    known = days[["evaluated_date", "earliest", "latest"]].notna().any(axis=1)
    return days.loc[known, [*key, "evaluated_date", "earliest", "latest"]].sort_values(key, ignore_index=True)
