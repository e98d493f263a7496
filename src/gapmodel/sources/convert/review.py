"""A review file: what a table leaves open, for a person to fill in, and what was filled in read back.

CSV, one row per model: ``model``, what to fill in (``release_date, weights, weights_date, known_name``), and for
people ``leads, reason, suggestion, note``. A filled row settles the model as an overrides file does; ``known_name``
joins it to the model of that name, as an alias file does. Rows that were filled in stay in the file, for the next
table of the same kind.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gapmodel.errors import ConfigError, DataError, quoted
from gapmodel.files.atomic import atomic_text
from gapmodel.files.safe_csv import neutral_table, restored
from gapmodel.sources.convert.cells import Unreadable, cell_text, open_or_closed, read_day
from gapmodel.sources.facts import FACTS
from gapmodel.sources.snapshot import Snapshot

__all__ = ["COLUMNS", "Review", "read_review", "review_table", "write_review"]

_FILLED = ("release_date", "weights", "weights_date", "known_name")
COLUMNS = ("model", *_FILLED, "leads", "reason", "suggestion", "note")


@dataclass(frozen=True)
class Review:
    """What a person filled in.

    Attributes
    ----------
    table : pandas.DataFrame
        `COLUMNS`, text, empty where nothing is said.
    """

    table: pd.DataFrame

    @property
    def filled(self) -> pd.DataFrame:
        """The rows in which something is filled in."""
        return self.table[(self.table[list(_FILLED)] != "").any(axis=1)]

    def over(self, keywords: dict[str, Any]) -> dict[str, Any]:
        """Keywords of `gapmodel.sources.joining.assemble.assemble` with this; an overrides file goes before it."""
        rows = self.filled.set_index("model")
        facts = rows.reindex(columns=list(FACTS)).replace("", None).astype(object)
        facts = facts.where(facts.notna(), None)
        facts = facts[facts.notna().any(axis=1)]
        own = keywords.get("overrides")
        if own is not None:
            facts = pd.concat([own, facts[~facts.index.isin(own.index)]])
        names = {str(m): str(k) for m, k in rows["known_name"].items() if k}
        aliases = {**(keywords.get("aliases") or {}), **names}
        return {**keywords, "overrides": facts if len(facts) else own, "aliases": aliases}


def read_review(path: Path) -> Review | None:
    """What a review file says; ``None`` where there is no file yet.

    Raises
    ------
    DataError
        It is no such table, or a cell that was filled in cannot be read; all such cells are named.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    try:
        table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError):
        raise DataError(f"{path}: this is no CSV table; let convert write it, and fill it in") from None
    if "model" not in table or not set(_FILLED) & set(table):
        raise DataError(f"{path}: no review file, it lacks the column model or those to fill in; give another name")
    table = table.reindex(columns=list(COLUMNS)).fillna("").map(str.strip)
    table["model"] = table["model"].map(restored)
    faults = []
    for line, row in enumerate(table.to_dict("records"), start=2):
        for column in ("release_date", "weights_date"):
            try:
                day = read_day(row[column])
                table.loc[line - 2, column] = "" if day is None else str(day.day)
            except Unreadable as error:
                faults.append(f"{path}, line {line}, column {column}: {error}")
        if cell_text(row["weights"]) is not None:
            flag = open_or_closed(row["weights"])
            table.loc[line - 2, "weights"] = flag or ""
            if flag is None:
                text = f"{quoted(row['weights'])} says neither open nor closed; write open or closed"
                faults.append(f"{path}, line {line}, column weights: {text}")
        else:
            table.loc[line - 2, "weights"] = ""
    for name in table.loc[table["model"].duplicated(), "model"].unique():
        faults.append(f"{path}: {quoted(name)} is there twice; keep one row")
    if faults:
        raise DataError("\n".join(faults))
    return Review(table)


def review_table(snapshot: Snapshot, leads: Mapping[str, str], earlier: Review | None = None) -> pd.DataFrame:
    """What is open in a snapshot, those that would lead first; with the rows that were filled in before.

    Parameters
    ----------
    snapshot : Snapshot
    leads : mapping of str to str
        Model that is left out and would lead → where.
    earlier : Review, optional

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`.
    """
    before = Review(pd.DataFrame(columns=list(COLUMNS))) if earlier is None else earlier
    filled = before.filled
    open_ = snapshot.left_out[snapshot.left_out["kind"] == "model"]
    known = snapshot.unused.drop_duplicates("model").set_index("model")
    names = snapshot.names[snapshot.names["status"].isin(["fuzzy", "ambiguous"])]
    suggestions = names.dropna(subset="known").groupby("name")["known"].agg(lambda k: "; ".join(dict.fromkeys(k)))
    top = snapshot.unused.groupby("model")["benchmark"].nunique()
    rows = []
    for row in open_.to_dict("records"):
        name, reason = str(row["name"]), str(row["reason"])
        if name in set(filled["model"]) or reason in ("nothing measured", "never released"):
            continue
        said = known.loc[name] if name in known.index else pd.Series(dtype=object)
        rows.append(
            {
                "model": name,
                "release_date": "",
                "weights": "",
                "leads": "",
                "reason": reason,
                "suggestion": suggestions.get(name, ""),
                "note": "; ".join(
                    f"{column} {said[column]}"
                    for column in ("release_date", "weights")
                    if isinstance(said.get(column), str)
                ),
                "scores": int(top.get(name, 0)),
            }
        )
    table = pd.DataFrame(rows, columns=[*COLUMNS, "scores"])
    table["leads"] = table["model"].map(leads).fillna("")
    table = table.sort_values(["leads", "scores", "model"], ascending=[False, False, True], key=_order)
    return pd.concat([filled, table[list(COLUMNS)]], ignore_index=True).fillna("")


def write_review(path: Path, table: pd.DataFrame) -> None:
    """Write a review file.

    Raises
    ------
    ConfigError
        The place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_text(path, neutral_table(table).to_csv(index=False, lineterminator="\n"))
    except OSError as error:
        raise ConfigError(f"cannot write '{path}' ({error.strerror or error}): choose another --review") from None


def _order(column: pd.Series) -> pd.Series:
    return column.ne("") if column.name == "leads" else column
