"""Open or closed, and since when: what a source leaves blank is joined from other tables, each with its origin.

In order: the user's overrides file, which is above everything; what the source itself states, which no table replaces;
and where the source is silent, the bundled tables and models.dev. Where these two disagree, or neither knows the name,
the model stays unsettled: it is listed and left out, never guessed. A date of models.dev counts where a second source
confirms it (`gapmodel.sources.facts`).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from gapmodel.errors import DataError, quoted
from gapmodel.sources.epoch.releases import SAME_RELEASE_DAYS
from gapmodel.sources.facts import (
    BUNDLED,
    FACTS,
    LLM_STATS,
    MODELS_DEV,
    bundled_facts,
    confirmed_date,
    iso_day,
    llm_stats_facts,
    models_dev_facts,
    moving_name,
)
from gapmodel.sources.joining.names import Match, match_names, names_report

__all__ = ["MODEL_COLUMNS", "Settled", "read_overrides", "settle_models"]

MODEL_COLUMNS = (
    *("release_date", "weights", "weights_date", "announced_date", "licence_tier", "organization", "country"),
    *("weights_origin", "date_source", "weights_date_origin"),
)
OVERRIDES = "overrides file"
Row = dict[str, str | None]
_ORIGINS = {"release_date": "date_source", "weights": "weights_origin", "weights_date": "weights_date_origin"}
_DATES = ("release_date", "weights_date", "announced_date")


@dataclass(frozen=True)
class Settled:
    """Models with what was joined.

    Attributes
    ----------
    models : pandas.DataFrame
        Index ``model``, columns `MODEL_COLUMNS`; text, ``None`` where empty. Settled models only.
    left_out : tuple of (kind, name, reason)
    names : pandas.DataFrame
        One row per model and table: ``name, table, status, how, known, similarity, days_apart`` (between the release
        dates; positive where the table's is later).
    """

    models: pd.DataFrame
    left_out: tuple[tuple[str, str, str], ...]
    names: pd.DataFrame


def settle_models(
    models: pd.DataFrame,
    *,
    today: date,
    aliases: Mapping[str, str] | None = None,
    overrides: pd.DataFrame | None = None,
    spellings: Mapping[str, tuple[str, ...]] | None = None,
) -> Settled:
    """Fill what the source leaves blank.

    Parameters
    ----------
    models : pandas.DataFrame
        Index ``model``; columns of `MODEL_COLUMNS` where known, with ``weights`` ``open``, ``closed``, ``unreleased``
        or empty, and ``weights_origin`` where the source states the weights.
    today : datetime.date
        Models released later are left out.
    aliases : mapping, optional
        See `gapmodel.sources.joining.names.match_names`.
    overrides : pandas.DataFrame, optional
        See `read_overrides`.
    spellings : mapping of str to tuple of str, optional
        Model → further names of it: where its own is in no table, these are looked up.

    Returns
    -------
    Settled
    """
    table = _rows(models.reindex(columns=list(MODEL_COLUMNS)))
    tables = {BUNDLED: bundled_facts(), MODELS_DEV: models_dev_facts(), LLM_STATS: llm_stats_facts()}
    if overrides is not None:
        tables = {OVERRIDES: overrides, **tables}
    matched: dict[str, dict[str, Row]] = {}
    reports = []
    for origin, frame in tables.items():
        facts = _rows(frame)
        joinable = [name for name in table if origin == OVERRIDES or not moving_name(name)]
        known = {name: facts[name]["release_date"] for name in facts} if origin != OVERRIDES else {}
        matches = _match(joinable, facts, aliases, spellings or {}, known)
        matched[origin] = {m.name: facts[m.known] for m in matches if m.status == "joined" and m.known}
        report = names_report(matches)
        report.insert(1, "table", origin)
        days = [_days_apart(table[m.name], facts.get(m.known or "")) for m in matches]
        report["days_apart"] = pd.Series(days, dtype="Int64")
        reports.append(report)
    left_out = []
    if overrides is not None:
        used = set(reports[0].loc[reports[0]["status"] == "joined", "known"])
        left_out += [("override", str(name), "no model of this name") for name in overrides.index if name not in used]
    for model, row in table.items():
        for column, value in matched.get(OVERRIDES, {}).get(model, {}).items():
            if value is not None:
                row[column] = value
                if column in _ORIGINS:
                    row[_ORIGINS[column]] = OVERRIDES
        said = {origin: matched[origin][model] for origin in tables if model in matched[origin] and origin != OVERRIDES}
        reason = _join(row, said) or _unusable(row, today)
        if moving_name(model) and reason.endswith("overrides file"):
            reason = f"the name moves on to other versions; {reason}"
        if reason:
            left_out.append(("model", model, reason))
    gone = {name for kind, name, _ in left_out if kind == "model"}
    kept = {name: row for name, row in table.items() if name not in gone}
    settled = pd.DataFrame(list(kept.values()), index=list(kept), columns=list(MODEL_COLUMNS), dtype=object)
    names = pd.concat(reports, ignore_index=True).sort_values(["name", "table"], ignore_index=True)
    return Settled(settled, tuple(left_out), names)


def _match(
    names: list[str],
    facts: Mapping[str, Row],
    aliases: Mapping[str, str] | None,
    spellings: Mapping[str, tuple[str, ...]],
    days: Mapping[str, str | None],
) -> list[Match]:
    """Each name's match; where it has none, that of its other spellings, where these say the same."""
    matches = [_agreed(m, facts) for m in match_names(names, facts, aliases=aliases, days=days)]
    open_ = {m.name: m for m in matches if m.status != "joined"}
    more = {other: name for name in open_ for other in spellings.get(name, ()) if other != name}
    found: dict[str, list[Match]] = {}
    for other in match_names([o for o in more if not moving_name(o)], facts, aliases=aliases, days=days):
        match = _agreed(other, facts)
        if match.status == "joined" and match.known:
            found.setdefault(more[match.name], []).append(match)
    for name, same in found.items():
        said = {(facts[m.known]["release_date"], facts[m.known]["weights"]) for m in same if m.known}
        if len(said) == 1:
            open_[name] = replace(same[0], name=name)
    return [open_.get(m.name, m) for m in matches]


def _agreed(match: Match, facts: Mapping[str, Row]) -> Match:
    """A name that is spelt as several known ones, joined where these say nothing different."""
    if match.status != "ambiguous" or match.known is None:
        return match
    same = [name for name in match.known.split("; ") if name in facts]
    said = [{facts[name][column] for name in same} - {None} for column in ("release_date", "weights")]
    if not same or any(len(values) > 1 for values in said):
        return match
    fullest = max(same, key=lambda name: sum(value is not None for value in facts[name].values()))
    return replace(match, status="joined", known=fullest)


def _join(row: Row, said: dict[str, Row]) -> str:
    """Fill one model in place; returns why its weights or its date stay unsettled, or nothing."""
    if row["weights"] is None:
        flags = [(o, facts["weights"]) for o, facts in said.items() if facts["weights"] and o != LLM_STATS]
        if len({flag for _, flag in flags}) > 1:
            words = " and ".join(f"{origin} says {flag}" for origin, flag in flags)
            return f"{words}: settle it in an overrides file"
        if not flags:
            return "open or closed is not known: add it to an overrides file"
        row["weights"] = flags[0][1]
        row["weights_origin"] = "; ".join(origin for origin, _ in flags)
    if row["release_date"] is None:
        row["release_date"], origin = confirmed_date({o: facts["release_date"] for o, facts in said.items()})
        if row["release_date"] is None:
            return f"{origin or 'no release date'}: add it to an overrides file"
        row["date_source"] = origin
    for origin, facts in said.items():
        if row["weights"] != facts["weights"]:
            continue
        # Of another release of that name the table's further dates say nothing.
        apart = _days_apart(row, facts)
        same = apart is not None and abs(apart) <= SAME_RELEASE_DAYS
        later = (facts["weights_date"] or "") >= row["release_date"]
        if row["weights"] == "open" and row["weights_date"] is None and same and later:
            row["weights_date"], row["weights_date_origin"] = facts["weights_date"], origin
        if row["announced_date"] is None and same and (facts["announced_date"] or "9") <= row["release_date"]:
            row["announced_date"] = facts["announced_date"]
        if row["licence_tier"] is None and same:
            row["licence_tier"] = facts["licence_tier"]
    if row["weights"] != "open":
        row["weights_date"] = row["weights_date_origin"] = None
    return ""


def _unusable(row: Row, today: date) -> str:
    if row["weights"] == "unreleased":
        return "never released"
    if row["weights"] not in ("open", "closed"):
        return f"weights are {quoted(row['weights'])}, neither open nor closed"
    if row["release_date"] is None:
        return "no release date: add it to an overrides file"
    for column in _DATES:
        text = row[column]
        if text is None:
            continue
        day = iso_day(text)
        if day is None:
            return f"{column} is {quoted(text)}, not a date: add it to an overrides file"
        if day > today:
            return f"{column} {text} is after the day of the download, {today}"
    if row["weights_date"] is not None and row["weights_date"] < row["release_date"]:
        return f"weights_date {row['weights_date']} is before the release on {row['release_date']}"
    if row["announced_date"] is not None and row["announced_date"] > row["release_date"]:
        return f"the release on {row['release_date']} is before its announcement on {row['announced_date']}"
    return ""


def read_overrides(path: Path) -> pd.DataFrame:
    """Read an overrides file: CSV, ``model`` and any of ``weights, weights_date, release_date, announced_date,
    licence_tier, organization``; other columns (a reason, evidence) are for people.

    Returns
    -------
    pandas.DataFrame
        Index ``model``, text, ``None`` where empty.

    Raises
    ------
    DataError
    """
    try:
        table = pd.read_csv(io.BytesIO(path.read_bytes()), dtype=str, keep_default_na=False)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError):
        raise DataError(f"{path}: this is no CSV table; give columns model and weights") from None
    if "model" not in table or not set(FACTS) & set(table):
        raise DataError(f"{path}: give a column model and at least one of {', '.join(FACTS)}")
    table = _objects(table.set_index("model").reindex(columns=list(FACTS)))
    if table.index.duplicated().any():
        raise DataError(f"{path}: {quoted(table.index[table.index.duplicated()][0])} is there twice; keep one")
    for model, row in _rows(table).items():
        if row["weights"] not in (None, "open", "closed", "unreleased"):
            raise DataError(f"{path}: weights of {quoted(model)} is {quoted(row['weights'])}; write open or closed")
        for column in _DATES:
            if row[column] is not None and iso_day(row[column]) is None:
                raise DataError(f"{path}: {column} of {quoted(model)} is {quoted(row[column])}; write 2025-02-01")
    return table


def _objects(table: pd.DataFrame) -> pd.DataFrame:
    """Text cells, ``None`` where empty; an explicit dtype, since pandas would put NaN for None."""
    columns = {c: [None if pd.isna(v) or str(v).strip() == "" else str(v).strip() for v in table[c]] for c in table}
    return pd.DataFrame(columns, index=table.index.astype(object), dtype=object)


def _days_apart(row: Row, facts: Row | None) -> int | None:
    mine, theirs = iso_day(row["release_date"]), iso_day(None if facts is None else facts["release_date"])
    return None if mine is None or theirs is None else (theirs - mine).days


def _rows(table: pd.DataFrame) -> dict[str, Row]:
    """Index → cells as text, ``None`` where empty."""
    records = _objects(table).to_dict("records")
    return {str(name): {str(k): v for k, v in row.items()} for name, row in zip(table.index, records, strict=True)}
