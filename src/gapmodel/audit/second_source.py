"""What a second source says of dates and flags: which it confirms, and how much rests on what it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import xarray as xr

from gapmodel.audit.records import months_resting_on
from gapmodel.lags.sides import Sides
from gapmodel.scores.groups import Group
from gapmodel.sources.facts import BUNDLED

__all__ = ["APART_DAYS", "ORIGINS", "OneSource", "confirmed", "one_source", "reviewed"]

#: Two sources of a date that are further apart disagree.
APART_DAYS = 14
#: What is stated of a model → the column that says by whom.
ORIGINS = {"release_date": "date_source", "weights": "weights_origin"}
#: The bundled table is made from this publisher's: the two are one source.
_PUBLISHER = {BUNDLED: "Epoch AI"}


@dataclass(frozen=True)
class OneSource:
    """How much rests on models whose date and flag one source alone states.

    Attributes
    ----------
    of_model : mapping
        Such a model → observed benchmark-months that rest on its records, most first.
    resting, n_months : int
        Months that rest on any of them, and all.
    looked_at : bool
        False where no second source knows a model of these records.
    """

    of_model: Mapping[str, int]
    resting: int
    n_months: int
    looked_at: bool

    @property
    def share(self) -> float:
        """Of the months; 0 where nothing was looked at."""
        return self.resting / max(self.n_months, 1) if self.looked_at else 0.0


def one_source(
    records: pd.DataFrame,
    facts: Mapping[str, pd.DataFrame],
    sides: Sides,
    panel: xr.Dataset,
    groups: tuple[Group, Group],
) -> OneSource:
    """How much rests on dates and flags that no second source could contradict.

    Parameters
    ----------
    records : pandas.DataFrame
        From `gapmodel.audit.records.frontier_records`.
    facts : mapping of str to pandas.DataFrame
        See `gapmodel.audit.audit_scores`.
    sides : Sides
    panel : xarray.Dataset
    groups : (Group, Group)
        Those of the records.

    Returns
    -------
    OneSource
        A date or flag that a person has reviewed counts as stated twice.
    """
    carrying = records[records["months"] > 0]
    models = carrying.drop_duplicates("model").to_dict("records")
    lone = {
        str(row["model"])
        for row in models
        if not any(_twice(str(row["model"]), column, row[origin], facts) for column, origin in ORIGINS.items())
    }
    rows = carrying[carrying["model"].isin(lone)]
    months = rows.drop_duplicates("model").set_index("model")["model_months"]
    return OneSource(
        {str(model): int(n) for model, n in months.sort_values(ascending=False, kind="stable").items()},
        months_resting_on(rows, sides, panel, groups),
        int(panel["observed"].sum()),
        any(_said(str(row["model"]), column, facts) for row in models for column in ORIGINS),
    )


def confirmed(table: pd.DataFrame, facts: Mapping[str, pd.DataFrame]) -> dict[str, set[str]]:
    """Models whose date or flag a person has reviewed or another source confirms.

    Parameters
    ----------
    table : pandas.DataFrame
        Scores.
    facts : mapping of str to pandas.DataFrame

    Returns
    -------
    dict
        ``release_date`` and ``weights`` → names of models.
    """
    out: dict[str, set[str]] = {column: set() for column in ORIGINS}
    for row in table.drop_duplicates("model").to_dict("records"):
        model, day = str(row["model"]), pd.Timestamp(row["release_date"]).date()
        said = {column: _said(model, column, facts).values() for column in ORIGINS}
        alike = {
            "release_date": any(
                abs((date.fromisoformat(text) - day).days) <= APART_DAYS for text in said["release_date"]
            ),
            "weights": row["weights"] in said["weights"],
        }
        for column, origin in ORIGINS.items():
            if alike[column] or reviewed(row.get(origin)):
                out[column].add(model)
    return out


def reviewed(origin: object) -> bool:
    """Whether the origin of a date or flag says that a person has looked at it."""
    return "review" in str(origin).casefold()


def _said(model: str, column: str, facts: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Source → what it says of a model."""
    known: dict[str, Any] = {s: table.loc[model, column] for s, table in facts.items() if model in table.index}
    return {source: str(value) for source, value in known.items() if not pd.isna(value)}


def _twice(model: str, column: str, origin: Any, facts: Mapping[str, pd.DataFrame]) -> bool:
    """Whether two sources state it, or a person has reviewed it."""
    named = [] if origin is None or pd.isna(origin) else str(origin).split(";")
    first = {part.partition(" (")[0].strip() for part in named} or {"the table"}
    return reviewed(origin) or len({_PUBLISHER.get(name, name) for name in {*first, *_said(model, column, facts)}}) > 1
