"""Which version was scored, and since when the public could use it: releases from the labels of Epoch AI's files.

A file of scores labels each with a version (``gpt-4o-2024-11-20``, ``o3-2025-04-16_high``). The index files give one
date per group of versions, the earliest; the hub export dates each version. A *release* is what one day brought: the
versions of a group whose dates lie within `SAME_RELEASE_DAYS`, which share a name and a date here. Efforts, hosts and
token budgets are settings of one version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

__all__ = ["SAME_RELEASE_DAYS", "base_label", "release_table"]

#: Versions of one group further apart than this are releases of their own; two sources further apart disagree.
SAME_RELEASE_DAYS = 14

HUB, INDEX, REVIEW = "Epoch AI (version)", "Epoch AI (group)", "review"
_EFFORT = re.compile(
    r"(_(low|medium|high|xhigh|max|promax|prounknown|minimal|none|unknown|thinking|\d+[kK])|\s*\([^()]*thinking\))+$"
)
_COLUMNS = ["family", "model", "release_date", "announced_date", "date_source", "other_date", "unsettled"]


def base_label(label: str) -> str:
    """A version's label without its effort or token budget.

    Examples
    --------
    >>> base_label("o3-2025-04-16_high"), base_label("gemini-2.5-flash-preview-04-17 (16K thinking)")
    ('o3-2025-04-16', 'gemini-2.5-flash-preview-04-17')
    """
    return _EFFORT.sub("", label)


def release_table(
    groups: pd.DataFrame, versions: pd.DataFrame, overrides: pd.DataFrame, *, strict: bool = True
) -> pd.DataFrame:
    """The release of every version.

    Parameters
    ----------
    groups : pandas.DataFrame
        ``version, family, date``: labels of the index files with their group and its date; text.
    versions : pandas.DataFrame
        ``version, family, date``: labels of the hub export with the model's name and their own date; text, missing
        where the export has none.
    overrides : pandas.DataFrame
        What a human settled, see `gapmodel.sources.epoch.hub.Review`: ``model, version, release_date, announced_date``.
        A row with versions (separated by ``;``) names and dates these, also where neither file lists them; one without
        versions dates a whole family.
    strict : bool
        Leave out versions whose two dates are more than `SAME_RELEASE_DAYS` apart and not reviewed; else the
        version's own date is taken, as that of the group is the date of another version.

    Returns
    -------
    pandas.DataFrame
        Index ``version``; text, missing where not known: ``family`` (as the index files have it, where they know the
        version), ``model`` (name of the release), ``release_date, announced_date, date_source``, ``other_date`` (what
        the other file says, where it differs) and ``unsettled`` (why the release cannot be used, empty where it can).
    """
    by_version, by_family = _overrides(overrides)
    table = _labels(groups, versions, {base: str(row["model"]) for base, row in by_version.items()})
    reviewed = table["base"].map(lambda b: b in by_version) | table["family"].map(lambda f: f in by_family)
    hub, index = pd.to_datetime(table["hub_date"]), pd.to_datetime(table["index_date"])
    apart = (hub - index).abs().dt.days
    day = hub.fillna(index)
    table["model"] = table["family"]
    table["date_source"] = hub.notna().map({True: HUB, False: INDEX})
    table["other_date"] = table["index_date"].where(hub.notna() & (apart > 0))
    table["unsettled"] = ""
    far = (apart > SAME_RELEASE_DAYS) & ~reviewed
    if strict:
        words = "the hub says " + table["hub_date"].astype(str) + ", the index " + table["index_date"].astype(str)
        table.loc[far, "unsettled"] = words[far] + ": date_overrides.csv has to settle it"
    for _, rows in table[~reviewed].groupby("family"):
        for first, members in _clusters(day[rows.index]):
            day[members] = first
            if first > day[rows.index].min():
                table.loc[members, "model"] = table["family"][members] + ", " + table["base"][members]
    table["release_date"] = day.dt.strftime("%Y-%m-%d")
    table["announced_date"] = pd.Series(pd.NA, index=table.index, dtype=object)
    for label, base, family in zip(table.index, table["base"], table["family"], strict=True):
        row = by_version.get(str(base), by_family.get(str(family)))
        if row is None:
            continue
        said = table.loc[label, ["hub_date", "index_date"]].dropna().astype(str)
        table.loc[label, ["model", "release_date", "announced_date"]] = row[["model", "release_date", "announced_date"]]
        table.loc[label, "date_source"] = REVIEW
        table.loc[label, "other_date"] = min(set(said) - {str(row["release_date"])}, default=pd.NA)
    table.loc[table["release_date"].isna() & (table["unsettled"] == ""), "unsettled"] = "no release date"
    return table[_COLUMNS]


def _labels(groups: pd.DataFrame, versions: pd.DataFrame, reviewed: dict[str, str]) -> pd.DataFrame:
    """One row per label of either file or of the review: base, family, and what both files say of its date."""
    labels = pd.Index(sorted({*groups["version"], *versions["version"], *reviewed}), name="version")
    table = pd.DataFrame({"base": [base_label(str(label)) for label in labels]}, index=labels, dtype=object)
    for name, source in (("index", groups), ("hub", versions)):
        own = source.assign(base=source["version"].map(base_label)).sort_values(["base", "date", "version"])
        exact = own.drop_duplicates("version").set_index("version")["date"]
        of_base = own.dropna(subset=["date"]).groupby("base")["date"].first()
        family = own.dropna(subset=["family"]).groupby("base")["family"].first()
        table[f"{name}_date"] = exact.reindex(labels).astype(object).fillna(table["base"].map(of_base))
        table[f"{name}_family"] = table["base"].map(family)
    family = table["index_family"].astype(object).fillna(table["hub_family"])
    table["family"] = family.fillna(table["base"].map(reviewed))
    return table.dropna(subset=["family"])


def _overrides(overrides: pd.DataFrame) -> tuple[dict[str, pd.Series], dict[str, pd.Series]]:
    """Rows by the versions they name, and by the family they are about."""
    by_version: dict[str, pd.Series] = {}
    by_family: dict[str, pd.Series] = {}
    for _, row in overrides.iterrows():
        if pd.isna(row["version"]):
            by_family[str(row["model"])] = row
        for label in [] if pd.isna(row["version"]) else str(row["version"]).split(";"):
            by_version[label.strip()] = row
    return by_version, by_family


def _clusters(days: pd.Series) -> Iterable[tuple[pd.Timestamp, pd.Index]]:
    """First day and labels of each release among the dated versions of a family."""
    days = days.dropna().sort_values(kind="stable")
    while len(days):
        near = days <= days.iloc[0] + pd.Timedelta(days=SAME_RELEASE_DAYS)
        yield days.iloc[0], days.index[near]
        days = days[~near]
