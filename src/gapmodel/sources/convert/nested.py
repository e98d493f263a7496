"""From nested records (JSON, YAML) to one flat table: lists, mappings, pages, model cards, boards of boards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from gapmodel.errors import DataError
from gapmodel.sources.convert.cells import cell_text, column_key, is_number
from gapmodel.sources.convert.vocabulary import NO_SCORE, WITH_OTHERS
from gapmodel.sources.facts import known_names
from gapmodel.sources.joining.names import normalise

__all__ = ["records_table"]

LeftOut = tuple[str, str, str]
_MODEL = {"model", "modelname", "fullname", "modeldisplayname", "displayname", "name", "modelversion", "llm", "modelid"}
_SCORE = ("score", "value", "rating", "accuracy", "acc", "mean", "mean_score", "elo", "result")
_NAME = ("name", "benchmark", "dataset", "task", "metric", "eval", "id")
_DEEP = 8


def records_table(
    data: Any, file: str, *, transposed: bool | None = None
) -> tuple[pd.DataFrame, list[str], list[LeftOut]]:
    """A table with one row per record.

    Parameters
    ----------
    data : list or dict
    file : str
        What messages call it.
    transposed : bool, optional
        Of a mapping of mappings: whether the inner names are the models; default: as the names tell.

    Returns
    -------
    table : pandas.DataFrame
        Object cells, index ``line``: the number of the record.
    notes : list of str
    left_out : list of (kind, name, reason)

    Raises
    ------
    DataError
        There are no records in it.
    """
    notes: list[str] = []
    left_out: list[LeftOut] = []
    records = _records(data, file, notes, left_out, transposed)
    if not records:
        bare = isinstance(data, list) and data and all(isinstance(r, list) for r in data)
        fix = "put a row with the names of the columns first" if bare else "give a list of objects, one per model"
        raise DataError(f"{file}: {'rows without a header' if bare else 'no list of records'}; {fix}")
    flat = _flat(records, left_out)
    names = list(dict.fromkeys(name for record in flat for name in record))
    if not names:
        raise DataError(f"{file}: no model in its records; give a list of objects, one per model")
    table = pd.DataFrame({name: pd.Series([r.get(name) for r in flat], dtype=object) for name in names})
    return table.set_axis(pd.RangeIndex(1, len(flat) + 1, name="line")), notes, list(dict.fromkeys(left_out))


def _records(
    data: Any, file: str, notes: list[str], left_out: list[LeftOut], transposed: bool | None
) -> list[dict[str, Any]]:
    if isinstance(data, dict):
        header = next((data[k] for k in ("columns", "headers", "header") if isinstance(data.get(k), list)), None)
        rows = next((data[k] for k in ("data", "rows", "values") if isinstance(data.get(k), list)), None)
        if header and rows and all(isinstance(row, list) for row in rows):
            heads = [str(h.get("name", h)) if isinstance(h, dict) else str(h) for h in header]
            return _under(heads, rows, file)
        if isinstance(data.get("model-index"), list):
            return [data]
        boards = list(_boards(data))
        if boards:
            return _join_boards(boards, left_out)
        columns = [k for k, v in data.items() if isinstance(v, list) and v and not isinstance(v[0], dict | list)]
        if len({len(data[k]) for k in columns}) == 1 and any(column_key(k) in _MODEL for k in columns):
            return [dict(zip(columns, row, strict=True)) for row in zip(*(data[k] for k in columns), strict=True)]
        inner = {str(k): v for k, v in data.items() if isinstance(v, dict)}
        if inner and len(inner) == len(data):
            return _mapping(inner, notes, transposed)
        for key, value in inner.items():  # one mapping among facts about the file
            if len(value) > 1 and all(isinstance(v, dict) for v in value.values()):
                left_out += [("column", str(k), "not part of a record") for k in data if k != key]
                return _mapping({str(k): v for k, v in value.items()}, notes, transposed)
        return [data] if any(column_key(k) in _MODEL for k in data) else []
    if isinstance(data, list) and data:
        if all(isinstance(r, dict) for r in data):
            boards = list(_boards({"": data}))
            return _join_boards(boards, left_out)
        if all(isinstance(r, list) for r in data) and all(isinstance(c, str) for c in data[0]):
            return _under([str(c) for c in data[0]], data[1:], file)
    return []


def _under(heads: list[str], rows: list[list[Any]], file: str) -> list[dict[str, Any]]:
    """Rows as records; none may be longer than the header."""
    for k, row in enumerate(rows, start=1):
        if len(row) > len(heads):
            raise DataError(f"{file}, row {k}: more cells than the header has columns; give each cell a column")
    return [dict(zip(heads, row, strict=False)) for row in rows]


def _boards(data: Any, title: str = "", depth: int = 0) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Lists of records of models, with the title of the board that each is on, however deep."""
    if depth > _DEEP:
        return
    if isinstance(data, dict):
        for value in data.values():
            if isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
                rows = [v["row"] if isinstance(v.get("row"), dict) else v for v in value]
                inner = [
                    b for v in rows for b in _boards(_lists(v), str(v.get("name") or v.get("title") or ""), depth + 1)
                ]
                if (inner and not any(_own_model(v) for v in rows)) or (
                    inner and all("results" in v or "entries" in v or "leaderboard" in v for v in rows)
                ):
                    yield from inner
                elif any(_own_model(v) for v in rows) or depth == 0:
                    yield title, rows
            elif isinstance(value, dict):
                yield from _boards(_lists(value), title, depth + 1)


def _lists(record: dict[str, Any]) -> dict[str, Any]:
    """The parts of a record that may hold further records of models: no model cards, no lists of scores."""
    return {
        key: value
        for key, value in record.items()
        if isinstance(value, dict) or (isinstance(value, list) and not _scores_list(value) and key != "model-index")
    }


def _own_model(record: dict[str, Any]) -> bool:
    return "model-index" in record or any(column_key(k) in _MODEL for k in record)


def _join_boards(boards: list[tuple[str, list[dict[str, Any]]]], left_out: list[LeftOut]) -> list[dict[str, Any]]:
    titled = [b for b in boards if b[0]]
    if len(boards) > 1 and len(titled) == len(boards):
        return [{"benchmark": title, **row} for title, rows in boards for row in rows]
    _, rows = max(reversed(boards), key=lambda b: len(b[1]))  # of several days the last
    for other, rest in boards:
        if rest is not rows:
            left_out.append(("list", other or "without a title", f"{len(rest)} records; the longest list is read"))
    return rows


def _mapping(data: dict[str, dict[str, Any]], notes: list[str], transposed: bool | None) -> list[dict[str, Any]]:
    """Records of ``{model: {benchmark: score}}``, of its transpose, and of ``{board: {model: {facts}}}``."""
    if any(column_key(k) in _MODEL for k in data):  # columns of a data frame: {column: {row: cell}}
        rows = dict.fromkeys(r for column in data.values() for r in column)
        return [{name: column.get(r) for name, column in data.items()} for r in rows]
    inner = dict.fromkeys(str(k) for value in data.values() for k in value)
    if transposed is None:
        transposed = _like_models(inner) > _like_models(data)
    which = "inner" if transposed else "outer"
    notes.append(f"a mapping of mappings: the {which} names are taken as models (--transposed or --not-transposed)")
    if not transposed:
        return [{"model": name, **value} for name, value in data.items()]
    if any(isinstance(v, dict) for value in data.values() for v in value.values()):
        return [
            {"benchmark": board, "model": name, **(facts if isinstance(facts, dict) else {"score": facts})}
            for board, models in data.items()
            for name, facts in models.items()
        ]
    return [{"model": name, **{board: models.get(name) for board, models in data.items()}} for name in inner]


def _like_models(names: Any) -> float:
    """Share of names that are known models."""
    names = list(names)
    return sum(normalise(str(name)) in known_names() for name in names) / max(len(names), 1)


def _flat(records: list[dict[str, Any]], left_out: list[LeftOut]) -> list[dict[str, Any]]:
    """Records without nesting. A path has one name in all of them: its last part, or the whole where that is in two."""
    cards = [
        r["model-index"][0] if isinstance(r.get("model-index"), list) and r["model-index"] else None for r in records
    ]
    leaves = [
        [] if card else [(path, value) for path, value in _leaves(record, (), left_out)]
        for record, card in zip(records, cards, strict=True)
    ]
    places: dict[str, set[tuple[str, ...]]] = {}
    for path, value in (leaf for record in leaves for leaf in record):
        if value is not None:
            places.setdefault(path[-1], set()).add(path)
    out = []
    for mine, card in zip(leaves, cards, strict=True):
        flat: dict[str, Any] = _card(card) if card else {}
        for path, value in mine:
            # Below "pricing" or "limits" a name means nothing without them.
            whole = len(places.get(path[-1], ())) > 1 or any(_counts(part) for part in path[:-1])
            name = " ".join((".".join(path) if whole else path[-1]).split())
            if flat.get(name) is None:
                flat[name] = value
        out.append(flat)
    return out


def _leaves(value: Any, path: tuple[str, ...], left_out: list[LeftOut]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and len(path) < _DEEP:
        if path and column_key(path[-1]) in _MODEL | {"creator", "organization", "modelcreator", "developer"}:
            named = next((value[k] for k in ("name", "display_name", "id", "slug") if cell_text(value.get(k))), None)
            if named is not None:
                yield path, named
                value = {k: v for k, v in value.items() if k not in ("name", "display_name", "id", "slug")}
        score = next((k for k in _SCORE if path and k in value and is_number(value[k])), None)
        if score is not None and not any(isinstance(v, dict | list) for v in value.values()):
            yield path, value[score]
            left_out += [("column", ".".join((*path, str(k))), f"beside {score!r}") for k in value if k != score]
            return
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)), left_out)
    elif isinstance(value, list):
        named = _scores_list(value)
        if named is not None:
            for name, item in named.items():
                yield (*path, name), item
        elif path:
            # Tags such as "Model: Ash-1" are columns of their own.
            tags = [str(item).split(": ", 1) for item in value if isinstance(item, str)]
            pairs = [(tag[0].strip(), tag[1].strip()) for tag in tags if len(tag) == 2]
            if pairs and len(pairs) == len(value):
                once = {key: text for key, text in pairs if [k for k, _ in pairs].count(key) == 1}
                for key, text in once.items():
                    yield (*path, key), text
                twice = sorted({key for key, _ in pairs} - set(once))
                left_out += [("column", ".".join((*path, key)), "several in one record") for key in twice]
            else:
                left_out.append(("column", ".".join(path), "a list inside a record"))
    else:
        yield path or ("value",), value


def _counts(part: str) -> bool:
    return bool({*re.split(r"[^a-z0-9]+", part.casefold())} & NO_SCORE - WITH_OTHERS)


def _scores_list(value: list[Any]) -> dict[str, Any] | None:
    """``[{"name": "MMLU", "score": 0.9}, ...]`` as a mapping; ``None`` where it is something else."""
    found: dict[str, Any] = {}
    for item in value:
        if not isinstance(item, dict):
            return None
        name = next((item[k] for k in _NAME if isinstance(item.get(k), str)), None)
        score = next((item[k] for k in _SCORE if k in item and is_number(item[k])), None)
        if name is None or score is None or _own_facts(item):
            return None
        found.setdefault(name, score)
    return found if found and _like_models(found) < 0.5 else None


def _own_facts(item: dict[str, Any]) -> bool:
    """Whether an entry is a model and not a score: it has a date or flag of its own."""
    keys = {column_key(k) for k in item}
    facts = {"releasedate", "weights", "license", "openweights", "organization", "model", "osmodel", "date"}
    return bool(keys & (facts | {"rank", "votes"}))


def _card(card: Any) -> dict[str, Any]:
    if not isinstance(card, dict):
        return {}
    out: dict[str, Any] = {"model": card.get("name")}
    for result in _objects(card.get("results")):
        data = next((d for d in (result.get("dataset"), result.get("task")) if isinstance(d, dict) and d), {})
        for metric in _objects(result.get("metrics")):
            title = f"{data.get('name') or data.get('type')} ({metric.get('name') or metric.get('type')})"
            out.setdefault(title, metric.get("value"))
    return out


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
