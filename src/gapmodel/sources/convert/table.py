"""From a table of any usual form to what a source says: one set of rules for every kind of file.

Wide (a column per benchmark), long (a row per score) or transposed (a column per model). Rows of one model under
several efforts, hosts or spellings are one model (`gapmodel.sources.joining.variants`); of its variants the best
counts on each benchmark. What is not read is in ``left_out``, and what cannot be read in one list of faults.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath
from statistics import median
from typing import Any

import pandas as pd

from gapmodel.errors import DataError, UnknownNameError, nearest, quoted
from gapmodel.scores.rescaling import against_the_others
from gapmodel.sources.convert.cells import (
    Unreadable,
    cell_text,
    column_key,
    day_order,
    link_text,
    linked_name,
    links_weights,
    open_or_closed,
    read_day,
    with_points,
)
from gapmodel.sources.convert.columns import Chosen, Columns, Taken, is_inverted, is_licence, read_columns
from gapmodel.sources.convert.faults import refuse
from gapmodel.sources.convert.files import Sheet
from gapmodel.sources.convert.reading import ConvertOptions, Reading, Row
from gapmodel.sources.convert.scales import known_benchmark, lower_is_better, propose
from gapmodel.sources.convert.table_scores import best_scores, measured, on_one_scale, scores_by_benchmark
from gapmodel.sources.convert.vocabulary import COMPOSITE, MODEL, NO_SCORE, ROLE_NAMES, SCORE
from gapmodel.sources.epoch.releases import SAME_RELEASE_DAYS
from gapmodel.sources.facts import bundled_facts, iso_day, known_names
from gapmodel.sources.joining.names import match_names, normalise
from gapmodel.sources.joining.variants import identity, split_names
from gapmodel.sources.snapshot import Imported

__all__ = ["ConvertOptions", "Preset", "read_models"]

_DATES = ("release_date", "weights_date", "announced_date")
_USUAL = {*SCORE, *COMPOSITE, "winrate"} | {name for names in ROLE_NAMES.values() for name in names}
_OF_A_MODEL = (*_DATES, "weights", "licence_tier")


@dataclass(frozen=True)
class Preset:
    """What is known of a table because its publisher is.

    Attributes
    ----------
    title : str or None
        Name of its only benchmark.
    about : mapping
        For ``benchmarks.csv``, over what is proposed.
    credits : tuple of str
    source : str or None
        Of the scores; default: the file.
    least : float or None
        `about` holds for benchmarks whose median score is above it; default: for all.
    """

    title: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    credits: tuple[str, ...] = ()
    source: str | None = None
    least: float | None = None

    def about_board(self, values: list[float]) -> Mapping[str, Any]:
        """What is known of a benchmark with these scores."""
        return self.about if self.least is None or median(values) > self.least else {}


def read_models(sheet: Sheet, file: str, options: ConvertOptions, preset: Preset | None = None) -> Imported:
    """What a table says of models and their scores.

    Parameters
    ----------
    sheet : Sheet
        See `gapmodel.sources.convert.files.read_sheet`.
    file : str
        What messages call it.
    options : ConvertOptions
    preset : Preset, optional

    Raises
    ------
    DataError
        No model has a score; or cells that cannot be read, all in one list, unless they are to be left out.
    UnknownNameError
        A column that is not there.
    """
    preset = preset or Preset()
    to = Reading(file, options, left_out=list(sheet.left_out), notes=list(sheet.notes))
    pointed = {str(c): with_points(list(sheet.table[c]), likely=sheet.semicolons) for c in sheet.table}
    table = _upright(pd.DataFrame(pointed, index=sheet.table.index, dtype=object), to)
    chosen = Chosen(options.model, options.date, options.flag, options.columns, options.ignored)
    columns = read_columns(table, file, chosen)
    if not columns.benchmarks and preset.title:
        raise DataError(f"{file}: no column with the score; name it with --column")
    title = options.benchmark or preset.title or _title_of_file(columns, to)
    table = _newest_day(table, columns, to)
    rows = _rows(table, columns, to)
    if columns.roles.get("release_date") and not options.date:
        _drop_days_of_runs(rows, columns, to)
    boards = scores_by_benchmark(rows, columns, to, title)
    boards = {name: on_one_scale(name, scores, to) for name, scores in boards.items()}
    boards = {name: measured(name, scores, to) for name, scores in boards.items()}
    for name in options.lower:
        if name not in boards:
            raise UnknownNameError(f"{file}: no benchmark {quoted(name)} (--lower){nearest(name, boards)}")
    lower = {name: name in options.lower or (not options.lower and lower_is_better(name)) for name in boards}
    # Rows whose scores are unreadable are still of their models: what these say must agree.
    models, names = _models(rows, to)
    out = [line for name, scores in boards.items() for line in best_scores(name, scores, names, lower[name], to)]
    if to.faults and not options.leave_out:
        raise refuse(to.faults, file)
    to.left_out += [("cell", f.place, f.text) for f in to.faults]
    if not out:
        raise DataError(f"{file}: no model has a score; name the columns that are benchmarks with --column")
    frame = pd.DataFrame(out)
    with_scores = set(frame["model"])
    for model in [m for m in models if m not in with_scores]:
        to.left_out.append(("model", model, "nothing measured"))
        del models[model]
    to.left_out += [("column", t.column, t.why) for t in columns.taken if t.role == "not read"]
    parts = "; ".join(sorted(b for b in boards if b not in columns.composites))
    about = pd.DataFrame(
        [
            {
                **propose(
                    name,
                    [s.value for s in scores],
                    percent=any(s.percent for s in scores),
                    lower=lower[name],
                    composite_of=parts if name in columns.composites else "",
                ),
                **preset.about_board([s.value for s in scores]),
            }
            for name, scores in sorted(boards.items())
            if scores
        ]
    )
    frame["source"] = preset.source or file
    for column in ("score_se", "variant"):
        if frame[column].isna().all():
            frame = frame.drop(columns=column)
    if not preset.about:
        to.notes += _scale_notes(about, lower) + _direction_notes(frame, lower)
    properties = pd.DataFrame.from_dict(models, orient="index", dtype=object)
    return Imported(
        frame,
        properties,
        about,
        preset.credits,
        tuple(dict.fromkeys(to.left_out)),
        tuple(to.notes),
        {"file": file},
        taken=tuple(columns.taken),
        spellings={m: tuple(sorted(s)) for m, s in _spellings(rows, names, columns).items() if m in models},
    )


def _spellings(rows: Sequence[Row], names: Mapping[int, str], columns: Columns) -> Mapping[str, set[str]]:
    """Model → its names in the table, and that of the weights to which its name alone links."""
    spelt, linked = defaultdict(set), defaultdict(set)
    for row in rows:
        spelt[names[row.line]].add(row.name)
        link = linked_name(row.cells[columns.model])
        if link:
            linked[split_names([link])[link].model].add(names[row.line])
    for link, models in linked.items():
        if len(models) == 1:
            spelt[models.pop()].add(link)
    return spelt


def _title_of_file(columns: Columns, to: Reading) -> str | None:
    """The name of the file, where its only benchmark is called *score* or the like and the file as a known one is."""
    stem = PurePath(to.file).name.split(".")[0].removesuffix("_external")
    only = columns.benchmarks[0] if len(columns.benchmarks) == 1 and columns.benchmark is None else None
    if only is None or column_key(only) not in {*SCORE, *COMPOSITE} or known_benchmark(stem) is None:
        return None
    to.notes.append(f"column {quoted(only)} is named after the file, {stem} (--benchmark)")
    return stem


def _upright(table: pd.DataFrame, to: Reading) -> pd.DataFrame:
    """Rows per model: a table with a column per model is turned."""
    first = str(table.columns[0])
    named = column_key(first) in ("benchmark", "benchmarks", "metric", "task", "eval", "evaluation", "test")
    others = [str(c) for c in table.columns[1:]]
    if not named and column_key(first) not in MODEL:
        named = _models_across([cell_text(c) or "" for c in table[first]], others, bare=column_key(first) == "column1")
    models = any(re.fullmatch(r"(model|llm)s?( ?name)?|name", c.strip(), re.I) for c in (first, *others))
    scores = {"score", "value", "result", "accuracy", "rating"} & {column_key(c) for c in others}
    turned = to.options.transposed
    if turned is None:
        turned = named and not models and not scores and len(others) > 1
    if not turned or len(others) < 1:
        return table
    labels = [cell_text(cell) or f"row {line}" for line, cell in zip(table.index, table[first], strict=True)]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise DataError(f"{to.file}: {quoted(twice[0])} is there twice in column {quoted(first)}; rename one of them")
    to.notes.append("models are the columns of this table: it is read turned (--not-transposed)")
    rows = {"model": others} | {label: [table[o].iloc[k] for o in others] for k, label in enumerate(labels)}
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(others) + 1, name="line"), dtype=object)


def _models_across(cells: list[str], heads: list[str], *, bare: bool) -> bool:
    """Whether the names of a table's columns are the models and the cells of its first column the benchmarks.

    Known models and known words decide; a first column without a name needs no more than that there be more of them
    across, any other that half of the heads, three at least, are known models and no cell is.
    """
    models = [sum(normalise(n) in known_names() for n in names) / max(len(names), 1) for names in (heads, cells)]
    if not bare:
        return models[0] >= 0.5 and models[0] * len(heads) >= 3 and models[1] == 0.0
    words = [sum(_of_a_table(n) for n in names) / max(len(names), 1) for names in (heads, cells)]
    return models[0] + words[1] > models[1] + words[0]


def _of_a_table(name: str) -> bool:
    """Whether a name is one that columns have: a role, a score, a known benchmark, a word that says that it is none."""
    key = column_key(name)
    return (
        key in _USUAL or known_benchmark(name) is not None or bool({*re.split(r"[\W_]+", name.casefold())} & NO_SCORE)
    )


def _newest_day(table: pd.DataFrame, columns: Columns, to: Reading) -> pd.DataFrame:
    """Of a board of several days the newest: ratings of different days are not on one scale."""
    if columns.evaluated is None:
        return table
    days = table[columns.evaluated].map(cell_text)
    newest = days.dropna().max()
    gone = int((days.notna() & (days != newest)).sum())
    if gone:
        to.notes.append(f"of several days in column {quoted(columns.evaluated)} the newest counts, {newest}")
        to.left_out.append(("row", f"{gone} rows", f"of days before {newest}"))
    return table[days == newest] if days.notna().any() else table


def _rows(table: pd.DataFrame, columns: Columns, to: Reading) -> list[Row]:
    records = [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
    named = [link_text(record[columns.model]) for record in records]
    split = split_names([name for name in named if name], known_names())
    orders = {c: to.options.date_order or day_order(list(table[c])) for r in _DATES for c in columns.roles.get(r, ())}
    rows = []
    for line, name, record in zip(table.index, named, records, strict=True):
        if not name:
            if any(cell_text(cell) is not None for cell in record.values()):
                to.left_out.append(("row", f"line {line}", f"the cell of column {quoted(columns.model)} is empty"))
            continue
        said = [cell_text(record[c]) for c in columns.roles.get("variant", ())]
        variant = ", ".join(filter(None, (split[name].variant, *said)))
        facts = _facts(record, columns, int(line), orders, to)
        rows.append(Row(int(line), name, split[name].model, variant, facts, record))
    if not rows:
        what = "every row needs a model; name its column with --model"
        raise DataError(f"{to.file}: column {quoted(columns.model)} is empty; {what}")
    merged = {row.name for row in rows if split[row.name].variant}
    if merged:
        models = len({identity(split[name].model) for name in merged})
        shown = ", ".join(sorted(merged)[:4]) + (" ..." if len(merged) > 4 else "")
        to.notes.append(
            f"efforts and hosts in {len(merged)} names, of {models} models: the best of each counts ({shown})"
        )
    return rows


def _facts(
    record: Mapping[str, Any], columns: Columns, line: int, orders: Mapping[str, str | None], to: Reading
) -> dict[str, str | None]:
    """What a row says of its model; days as ISO text, cells that cannot be read as they are."""
    found: dict[str, str | None] = {"release_date": None, "weights": None}
    for role, names in columns.roles.items():
        if role == "variant":
            continue
        said: list[tuple[str, str]] = []
        for column in names:
            text = cell_text(record[column])
            if text is None:
                continue
            try:
                value = _flag(column, text) if role == "weights" else text
                if role in _DATES:
                    day = read_day(record[column], order=orders[column], serial=True)
                    value = None if day is None else str(day.day)
                    if day is not None and day.month_only:
                        end = min(day.day, to.options.taken or day.day)
                        value = str(end) if end >= day.day.replace(day=1) else value
                        found["date_precision"] = "month"
            except Unreadable as error:
                to.fault("flag" if role == "weights" else "date", line, column, str(error))
                value = text
            if value is not None:
                said.append((column, value))
        if role == "weights" and len({value for _, value in said}) > 1:
            words = " and ".join(f"column {quoted(c)} says {v}" for c, v in said)
            to.fault("contradiction", line, "", f"{words}; fix one, or name one with --flag")
            said = []
        found[role] = said[0][1] if said else None
    if any(links_weights(record[c]) for c in columns.links):
        found["linked"] = "yes"
    return found


def _flag(column: str, text: str) -> str | None:
    licence, inverted = is_licence(column), is_inverted(column)
    value = open_or_closed(text, licence=licence, inverted=inverted)
    word = text.casefold()
    if value is None and not licence and word not in ("other", "custom", "unspecified", "not specified", "commercial"):
        raise Unreadable(f"{quoted(text)} says neither open nor closed; write open or closed")
    return value


def _drop_days_of_runs(rows: list[Row], columns: Columns, to: Reading) -> None:
    """A column called *date* is that of runs where models have several, or known models other days throughout."""
    (column, *_) = columns.roles["release_date"]
    if column_key(column) != "date":
        return
    days: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if iso_day(row.facts["release_date"]):
            days[row.key].add(str(row.facts["release_date"]))
    several = sum(len(found) > 1 for found in days.values())
    names = {row.model: row.key for row in rows}
    known = bundled_facts()["release_date"]
    apart = []
    for match in match_names(names, known.index):
        stated, settled = days.get(names[match.name]), iso_day(known.get(match.known)) if match.known else None
        if match.status == "joined" and stated and settled is not None:
            first = date.fromisoformat(min(stated))
            apart.append(abs((first - settled).days) > SAME_RELEASE_DAYS)
    if several >= 2 or (len(apart) >= 5 and sum(apart) > len(apart) / 2):
        why = f"{several} models have several" if several >= 2 else f"{sum(apart)} of {len(apart)} known models differ"
        to.notes.append(
            f"column {quoted(column)} holds days of runs and not of releases ({why}); dates are joined instead "
            f"(--date {column} takes it)"
        )
        for row in rows:
            row.facts["release_date"] = row.facts["date_precision"] = None
        to.faults = [f for f in to.faults if f.column != column]
        del columns.roles["release_date"]
        columns.taken = [
            Taken(t.column, "not read", "days of runs, not of releases") if t.column == column else t
            for t in columns.taken
        ]


def _models(rows: list[Row], to: Reading) -> tuple[dict[str, dict[str, Any]], dict[int, str]]:
    """What is said of each model, and the model of each line.

    Rows of one model fill each other's blanks. Variants with release dates of their own are models of their own.
    """
    by_key: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_key[row.key].append(row)
    models: dict[str, dict[str, Any]] = {}
    names: dict[int, str] = {}
    for mine in by_key.values():
        days = sorted({str(r.facts["release_date"]) for r in mine if r.facts["release_date"]})
        apart = len(days) > 1 and any(r.variant and r.name != r.model for r in mine)
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in mine:
            other = apart and row.facts["release_date"] not in (None, days[0])
            groups[row.name if other else min(mine, key=lambda r: (r.variant != "", r.line)).model].append(row)
        for name, group in groups.items():
            models[name] = _together(name, group, to)
            names |= {row.line: name for row in group}
        if apart and len(groups) > 1:
            to.notes.append(f"{', '.join(sorted(groups))}: other release dates, so other models")
    origin = to.file
    if to.near:
        shown = ", ".join(sorted(to.near)[:4]) + (" ..." if len(to.near) > 4 else "")
        to.notes.append(f"{len(to.near)} models have release dates a few days apart: the earliest counts ({shown})")
    linked = 0
    for facts in models.values():
        facts["weights_origin"] = origin if facts.get("weights") else None
        if facts.pop("linked", None) and not facts.get("weights"):
            facts["weights"], facts["weights_origin"] = "open", f"{origin} (a link to its weights)"
            linked += 1
        if facts.pop("date_precision", None) and facts.get("release_date"):
            facts["date_source"] = f"{origin} (month alone, its last day)"
    if linked:
        to.notes.append(f"{linked} models are taken as open since the table links to their weights at huggingface.co")
    months = sum(str(f.get("date_source") or "").endswith("last day)") for f in models.values())
    if months:
        to.notes.append(f"{months} models are dated by a month alone: its last day is taken")
    return models, names


def _together(name: str, rows: list[Row], to: Reading) -> dict[str, Any]:
    out: dict[str, Any] = {}
    first: dict[str, Row] = {}
    for row in rows:
        for key, value in row.facts.items():
            if out.get(key) is None:
                out[key], first[key] = value, row
            elif key == "release_date" and value is not None and (day := _near(out[key], value)):
                if out[key] != value:
                    to.near.add(name)
                out[key] = day
            elif value is not None and value != out[key] and key in _OF_A_MODEL:
                there = f"{quoted(out[key])} in an earlier row, line {first[key].line}"
                text = f"{quoted(row.name)} has {key} {quoted(value)} here and {there}"
                to.fault("contradiction", row.line, "", f"{text}; fix one, or give two models two names")
                if to.options.leave_out:
                    out[key] = f"{out[key]} or {value}"  # neither: the model is left out
    return out


def _near(one: str, other: str) -> str | None:
    """The earlier of two days of one release; nothing where they are further apart."""
    days = [iso_day(one), iso_day(other)]
    if days[0] is None or days[1] is None or abs((days[0] - days[1]).days) > SAME_RELEASE_DAYS:
        return None
    return str(min(days[0], days[1]))


def _scale_notes(about: pd.DataFrame, lower: Mapping[str, bool]) -> list[str]:
    if not len(about):
        return []
    notes = [f"taken as benchmarks: {', '.join(about['benchmark'])}"]
    down = [str(n) for n in about["benchmark"] if lower[str(n)]]
    notes.append(
        f"lower is better: {', '.join(down)}; higher on the others" if down else "higher is better on all of them"
    )
    notes.append("benchmarks.csv holds what was proposed for each (direction, ceiling, floor): look at it")
    return notes


def _direction_notes(scores: pd.DataFrame, lower: Mapping[str, bool]) -> list[str]:
    now = "".join(f" --lower {quoted(name)}" for name, down in lower.items() if down)
    notes = []
    for name, correlation in against_the_others(scores, lower).items():
        said = f"{quoted(name)} runs against the others (median rank correlation {correlation:.2f})"
        if lower[name]:
            notes.append(f"{said}: is higher better there? Then name with --lower those on which lower is better")
        else:
            notes.append(
                f"{said}: is lower better there? Then add{now} --lower {quoted(name)}; --ignore if it is no score"
            )
    return notes
