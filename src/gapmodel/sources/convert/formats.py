"""Files that one already has, by kind: what is known of a publisher's files, over the rules for any table.

Each importer says what its file says and nothing more; open/closed flags and dates that a file lacks are joined by
`gapmodel.sources.joining.weights`. Without a kind it is told by the content (`kind_of`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from gapmodel.errors import UnknownNameError, nearest, quoted
from gapmodel.sources.artificial_analysis.records import import_records, parse_saved
from gapmodel.sources.convert.cells import column_key, is_number, read_number
from gapmodel.sources.convert.files import Sheet, plain_content, read_sheet, structure
from gapmodel.sources.convert.table import ConvertOptions, Preset, read_models
from gapmodel.sources.snapshot import Imported

__all__ = ["KINDS", "ConvertOptions", "convert"]

_CHOICES = {
    "weights": ("open", "closed"),
    "keep": ("best", "mean", "first", "last"),
    "zeros": ("missing", "measured"),
} | {"date_order": ("dmy", "mdy")}


_LEAST_RATING = 200.0


def convert(kind: str, content: bytes, file: str, options: ConvertOptions | None = None) -> Imported:
    """Read a file of a known kind.

    Parameters
    ----------
    kind : str
        One of `KINDS`; ``auto`` tells it by the content.
    content : bytes
    file : str
        What messages call it.
    options : ConvertOptions, optional

    Returns
    -------
    Imported

    Raises
    ------
    UnknownNameError
        No such kind, a column that the file lacks, or an option with a value that it does not have.
    DataError
        The file is not of this kind, or has cells that cannot be read.
    """
    if kind not in KINDS:
        raise UnknownNameError(f"unknown kind {quoted(kind)}{nearest(kind, KINDS) or f': choose {", ".join(KINDS)}'}")
    options = options or ConvertOptions()
    for name, choices in _CHOICES.items():
        if getattr(options, name) not in (None, *choices):
            said = f"--{name.replace('_', '-')} is {quoted(getattr(options, name))}"
            raise UnknownNameError(f"{said}: write {' or '.join(choices)}")
    content, file = plain_content(content, file)
    found = KINDS[kind](content, file, options)
    if options.weights is not None:
        models = found.models.copy()
        blank = models["weights"].isna() if "weights" in models else pd.Series(True, index=models.index)
        models.loc[blank, "weights"], models.loc[blank, "weights_origin"] = options.weights, "stated by the user"
        found = replace(found, models=models)
    return found


def _auto(content: bytes, file: str, options: ConvertOptions) -> Imported:
    if _is_artificial_analysis(structure(content, file)):
        return _artificial_analysis(content, file, options)
    sheet = _sheet(content, file, options)
    arena = replace(_arena(sheet, options), least=_LEAST_RATING) if _is_arena(sheet.table) else None
    return read_models(sheet, file, options, arena)


def _artificial_analysis(content: bytes, file: str, options: ConvertOptions) -> Imported:
    records, tier, version = parse_saved(content, file)
    return import_records(records, version=version, tier=tier, what=file)


def _lmarena(content: bytes, file: str, options: ConvertOptions) -> Imported:
    """A leaderboard of preferences: model, rating, and where given interval, organization, licence, category."""
    sheet = _sheet(content, file, options)
    return read_models(sheet, file, options, _arena(sheet, options))


def _table(content: bytes, file: str, options: ConvertOptions) -> Imported:
    """Any table: one row per model, per score, or per benchmark."""
    return read_models(_sheet(content, file, options), file, options)


def _sheet(content: bytes, file: str, options: ConvertOptions) -> Sheet:
    return read_sheet(content, file, sheet=options.sheet, transposed=options.transposed)


def _arena(sheet: Sheet, options: ConvertOptions) -> Preset:
    # Ratings of a model are one score per category, whatever else the board counts.
    about = {"category": "preference", "unit": "Elo", "direction": "higher", "lower_bound": None, "ceiling": None}
    credit = "LMArena, https://lmarena.ai/ (check the terms of the file you have)"
    title = options.benchmark or "LMArena"
    return Preset(title, {**about, "source": "LMArena", "proposed": "direction"}, (credit,), "LMArena")


def _is_artificial_analysis(data: Any) -> bool:
    pages = data if isinstance(data, list) else [data]
    first = next((p.get("data") for p in pages[:1] if isinstance(p, dict)), None)
    if not isinstance(first, list) or not first or not isinstance(first[0], dict):
        return False
    keys = (
        " ".join(map(str, first[0].get("evaluations") or {})) if isinstance(first[0].get("evaluations"), dict) else ""
    )
    return "model_creator" in first[0] or "artificial_analysis" in keys


def _is_arena(table: pd.DataFrame) -> bool:
    keys = {column_key(c) for c in table}
    rated = keys & {"arenascore", "arenaelorating", "arenaelo", "rating", "elo", "score"}
    arena = keys & {
        "arenascore",
        "arenaelorating",
        "arenaelo",
        "ratingq975",
        "ratingupper",
        "rankub",
        "votes",
        "numbattles",
    }
    if not (rated and arena):
        return False
    # Win rates in percent have such columns too: ratings lie about a thousand.
    cells = [cell for c in table if column_key(c) in rated for cell in table[c] if is_number(cell)]
    values = sorted(found[0] for cell in cells if (found := read_number(cell)) is not None)
    return bool(values) and values[len(values) // 2] > _LEAST_RATING


Importer = Callable[[bytes, str, ConvertOptions], Imported]
KINDS: dict[str, Importer] = {
    "artificial-analysis": _artificial_analysis,
    "lmarena": _lmarena,
    # Names of 1.0.0rc1 for a table.
    "wide-csv": _table,
    "hf-json": _table,
    "table": _table,
    "auto": _auto,
}
