"""What other tables say of a model: release dates and flags, by which tables are joined and checked.

No table is right alone. models.dev has the first of a month for a day, the day of a checkpoint, or that of another
version; so a date that is taken from it needs a second source (`confirmed_date`). Names that move on (``latest``) are
in none.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

import pandas as pd

from gapmodel.sources import bundled
from gapmodel.sources.epoch.releases import SAME_RELEASE_DAYS
from gapmodel.sources.joining.names import load_aliases, match_names, normalise

__all__ = [
    "BUNDLED",
    "FACTS",
    "LLM_STATS",
    "MODELS_DEV",
    "bundled_facts",
    "confirmed_date",
    "iso_day",
    "known_names",
    "llm_stats_facts",
    "models_dev_facts",
    "moving_name",
    "other_sources",
]

BUNDLED, MODELS_DEV, LLM_STATS = "bundled table", "models.dev", "LLM Stats"
FACTS = ("release_date", "weights", "weights_date", "announced_date", "licence_tier", "organization")


@lru_cache(maxsize=1)
def bundled_facts() -> pd.DataFrame:
    """Models of the bundled snapshots, the newest snapshot's word first, then the other releases and versions of Epoch
    AI's files, then models that public tables name and these lack; index ``model``, text, ``None`` where empty."""
    parts = [bundled.load(name).table.drop_duplicates("model").set_index("model") for name in bundled.SNAPSHOTS]
    table = pd.concat([part.reindex(columns=list(FACTS)) for part in parts])
    for column in ("release_date", "weights_date", "announced_date"):
        table[column] = [None if pd.isna(day) else str(day.date()) for day in pd.to_datetime(table[column])]
    table = pd.concat([table, _facts("epoch_releases"), _other_releases()])
    return _objects(table[~table.index.duplicated()])


@lru_cache(maxsize=1)
def models_dev_facts() -> pd.DataFrame:
    """Models of models.dev; index ``model``. Its release date is that of the model, not of its weights."""
    return _facts("models_dev_weights")


@lru_cache(maxsize=1)
def llm_stats_facts() -> pd.DataFrame:
    """Models of LLM Stats; index ``model``."""
    return _facts("llm_stats_releases")


@lru_cache(maxsize=1)
def known_names() -> frozenset[str]:
    """Normal forms of the names that any table here has, see `gapmodel.sources.joining.names.normalise`."""
    tables = (bundled_facts(), models_dev_facts(), llm_stats_facts())
    return frozenset(normalise(str(name)) for table in tables for name in table.index)


def moving_name(name: str) -> bool:
    """Whether a name stands for another model every few months, so that no date belongs to it.

    Examples
    --------
    >>> moving_name("ash-latest"), moving_name("ash-latest-2025-03-26"), moving_name("ash-latest (20250326)")
    (True, False, False)
    """
    return "latest" in name.casefold() and re.search(r"20\d\d-?\d\d-?\d\d\)?$", name.strip()) is None


def confirmed_date(said: Mapping[str, str | None]) -> tuple[str | None, str]:
    """The release date that the sources give, where it can be relied on.

    Parameters
    ----------
    said : mapping
        Source → its date, ISO text or ``None``.

    Returns
    -------
    day : str or None
        That of the bundled table, which is reviewed; else that of models.dev where LLM Stats has one within
        `SAME_RELEASE_DAYS`.
    origin : str
        Which sources gave and confirm it; why there is none, where there is none.

    Examples
    --------
    >>> confirmed_date({"models.dev": "2025-01-31", "LLM Stats": "2025-01-30"})
    ('2025-01-31', 'models.dev; LLM Stats')
    >>> confirmed_date({"models.dev": "2024-11-01"})
    (None, 'only models.dev dates it (2024-11-01)')
    """
    days = {source: text for source, text in said.items() if iso_day(text) is not None}
    if BUNDLED in days:
        return days[BUNDLED], BUNDLED
    one, other = (iso_day(days.get(source)) for source in (MODELS_DEV, LLM_STATS))
    if one is not None and other is not None:
        if abs((one - other).days) <= SAME_RELEASE_DAYS:
            return days[MODELS_DEV], f"{MODELS_DEV}; {LLM_STATS}"
        return None, f"{MODELS_DEV} dates it {one}, {LLM_STATS} {other}"
    alone = next(iter(days.items()), None)
    return None, "" if alone is None else f"only {alone[0]} dates it ({alone[1]})"


def other_sources(names: Iterable[str], *, snapshot: str = "") -> dict[str, pd.DataFrame]:
    """What other tables say of these models, for an audit.

    Parameters
    ----------
    names : iterable of str
    snapshot : str
        A bundled snapshot is not held against itself.

    Returns
    -------
    dict
        Source → table, index the names found in it; ``release_date`` and ``weights``, text, ``None`` where empty.
    """
    tables = {} if snapshot in bundled.SNAPSHOTS else {BUNDLED: bundled_facts()}
    tables[MODELS_DEV] = models_dev_facts()
    aliases, wanted = load_aliases(), [name for name in names if not moving_name(name)]
    out = {}
    for source, table in tables.items():
        joined = {m.name: m.known for m in match_names(wanted, table.index, aliases=aliases) if m.status == "joined"}
        rows = table.loc[list(joined.values()), ["release_date", "weights"]].set_axis(list(joined), axis=0)
        rows["release_date"] = [text if iso_day(text) else None for text in rows["release_date"]]
        out[source] = _objects(rows)
    return out


def iso_day(text: Any) -> date | None:
    """A whole ISO day as a date; ``None`` for anything else, as for a month alone or an empty cell."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else None
    except ValueError:
        return None


def _facts(name: str) -> pd.DataFrame:
    content = (resources.files("gapmodel.data") / f"{name}.csv").read_bytes()
    table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False).set_index("name")
    table["weights"] = table["open_weights"].map({"true": "open", "false": "closed"})
    return _objects(table.rename_axis("model").reindex(columns=list(FACTS)))


def _other_releases() -> pd.DataFrame:
    """The reviewed table of other releases, each model under all of its names."""
    content = (resources.files("gapmodel.data") / "review" / "other_releases.csv").read_bytes()
    table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    names = (table["name"] + ";" + table["other_names"]).str.strip(";").str.split(";")
    return _objects(table.assign(model=names).explode("model").set_index("model").reindex(columns=list(FACTS)))


def _objects(table: pd.DataFrame) -> pd.DataFrame:
    """Text cells, ``None`` where empty; an explicit dtype, since pandas would put NaN for None."""
    columns = {c: [None if pd.isna(v) or str(v).strip() == "" else str(v).strip() for v in table[c]] for c in table}
    return pd.DataFrame(columns, index=table.index.astype(object), dtype=object)
