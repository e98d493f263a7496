"""Scores from the cells of a table: units, errors, zeros, and which of several scores of one model counts."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from statistics import fmean, stdev
from typing import Any

import pandas as pd

from gapmodel.errors import quoted
from gapmodel.scores.rescaling import other_scale
from gapmodel.sources.convert.cells import Unreadable, cell_text, read_number
from gapmodel.sources.convert.columns import Columns
from gapmodel.sources.convert.reading import Reading, Row, Score
from gapmodel.sources.convert.scales import known_benchmark

__all__ = ["best_scores", "measured", "on_one_scale", "scores_by_benchmark"]

# More scores of one model on one benchmark than a board repeats: rows of questions.
_QUESTIONS = 20
# Of a board in hundreds or thousands nearly all scores are.
_MANY = 0.6


def scores_by_benchmark(rows: list[Row], columns: Columns, to: Reading, title: str | None) -> dict[str, list[Score]]:
    """Scores by benchmark; percentages among fractions are made fractions."""
    groups: dict[str, list[Row]] = {}
    column_of: dict[str, str] = {}
    if columns.benchmark is not None:
        (column,) = columns.benchmarks
        for row in rows:
            name = cell_text(row.cells[columns.benchmark])
            if name is None:
                to.left_out.append(("row", f"line {row.line}", f"column {quoted(columns.benchmark)} is empty"))
                continue
            board = " ".join(name.split())
            board = f"{title} {board}" if title else board
            groups.setdefault(board, []).append(row)
            column_of[board] = column
    else:
        only = title if len(columns.benchmarks) == 1 else None
        for column in columns.benchmarks:
            groups[only or column], column_of[only or column] = rows, column
    out: dict[str, list[Score]] = {}
    for name, mine in groups.items():
        column = column_of[name]
        errors = columns.errors.get(column, ())
        scores, behind = [], 0
        for row in mine:
            try:
                found = read_number(row.cells[column])
            except Unreadable as error:
                to.fault("score", row.line, column, str(error))
                continue
            if found is None:
                continue
            value, percent, more = found
            behind += bool(more)
            scores.append(Score(row, column, value, percent, _error(row, errors, value)))
        if behind:
            to.notes.append(f"column {quoted(column)}: what stands behind {behind} numbers is not read (± 1.2, a mark)")
        signs = {s.percent for s in scores}
        bare = [abs(s.value) for s in scores if not s.percent]
        if len(signs) == 2 and max(bare) <= 1.0:
            for score in scores:
                if score.percent:
                    score.value /= 100.0
                    score.se = None if score.se is None else score.se / 100.0
                    score.percent = False
            to.notes.append(f"column {quoted(column)}: percentages are read as fractions, as the rest of it is")
        out[name] = scores
    return out


def _error(row: Row, errors: tuple[str, ...], value: float) -> float | None:
    """Standard error from a column of it, or from a 95 % interval: two ends, ``+5/-4``, ``±5``, ``[0.81, 0.85]``."""
    if len(errors) >= 2:
        ends = [_number(row.cells[c]) for c in errors[-2:]]
        if ends[0] is not None and ends[1] is not None and ends[1] >= ends[0]:
            return (ends[1] - ends[0]) / 2.0 / 1.96
        if len(errors) == 2:
            return None
    if not errors:
        return None
    text = cell_text(row.cells[errors[0]])
    if text is None:
        return None
    spread = re.search(r"(^|_| )(ci|conf|interval)|95|±", re.sub(r"[\s_]+", " ", errors[0]), re.I)
    numbers = [abs(float(n)) for n in re.findall(r"\d+(?:\.\d+)?", text)]
    if not spread:
        se = _number(row.cells[errors[0]])
        return se if se is not None and se >= 0 else None
    if len(numbers) == 2 and not re.search(r"[±+]", text) and numbers[0] <= value <= numbers[1]:
        return (numbers[1] - numbers[0]) / 2.0 / 1.96
    return sum(numbers) / len(numbers) / 1.96 if numbers else None


def _number(cell: Any) -> float | None:
    try:
        found = read_number(cell)
    except Unreadable:
        return None
    return None if found is None else found[0]


def on_one_scale(name: str, scores: list[Score], to: Reading) -> list[Score]:
    """Scores of one benchmark without those on another scale, which are faults."""
    if not scores or {name, scores[0].column} & set(to.options.as_is):
        return scores
    frame = pd.DataFrame(
        {"benchmark": name, "model": [str(k) for k in range(len(scores))], "score": [s.value for s in scores]}
    )
    odd = _thousandths(scores) | {int(k): text for (_, k), text in other_scale(frame).items()}
    for k, text in odd.items():
        fix = f"write it so, or say --as-is {quoted(scores[k].column)} where all numbers of the column are right"
        to.fault("scale", scores[k].row.line, scores[k].column, f"{text} {fix}")
    return [s for k, s in enumerate(scores) if k not in odd]


def _thousandths(scores: list[Score]) -> dict[int, str]:
    """Scores that are among the others once multiplied by a thousand: a point or comma that groups digits."""
    values = [s.value for s in scores]
    large = [v for v in values if v >= 100.0]
    if len(large) < _MANY * len(values) or len(large) == len(values):
        return {}
    low, high = 0.8 * min(large), 1.25 * max(large)
    odd = {k: v for k, v in enumerate(values) if v < 100.0 and low <= 1000.0 * v <= high}
    return {
        k: f"{v:g} among {min(large):g} to {max(large):g}: {1000.0 * v:g}, with digits grouped?" for k, v in odd.items()
    }


def measured(name: str, scores: list[Score], to: Reading) -> list[Score]:
    """Scores without zeros that mean "not run": where a guess scores more, unless a person says otherwise."""
    zeros = [s for s in scores if s.value == 0.0]
    rest = [s.value for s in scores if s.value != 0.0]
    if not zeros or to.options.zeros == "measured":
        return scores
    lines = ", ".join(str(s.row.line) for s in zeros[:10]) + (" ..." if len(zeros) > 10 else "")
    known = known_benchmark(name)
    chance = (known.chance if known and known.chance else 0.0) * (100.0 if max(rest, default=0.0) > 1.0 else 1.0)
    below = sum(value < chance for value in rest)
    guess = chance > 0.0 and below <= len(rest) / 5
    if to.options.zeros == "missing" or guess:
        why = f"a guess scores {chance:g}" if guess else "--zeros missing"
        to.notes.append(
            f"{name}: a score of 0 is taken as not measured, {why}; lines {lines}"
            + (" (--zeros measured)" if guess else "")
        )
        to.left_out += [
            ("cell", f"line {s.row.line}, column {s.column}", f"0 of {s.row.name} taken as not measured") for s in zeros
        ]
        return [s for s in scores if s.value != 0.0]
    if len(scores) > len(zeros):
        to.notes.append(f"{name}: {len(zeros)} scores of 0 are taken as measured, lines {lines} (--zeros missing)")
    return scores


def _mean(scores: list[Score]) -> Score:
    """Their mean, with its standard error."""
    values = [s.value for s in scores]
    return replace(scores[0], value=fmean(values), se=stdev(values) / math.sqrt(len(values)) or None)


def _lines(scores: list[Score]) -> str:
    shown = ", ".join(str(s.row.line) for s in scores[:10])
    return shown + (f" and {len(scores) - 10} more" if len(scores) > 10 else "")


def best_scores(
    name: str, scores: list[Score], names: Mapping[int, str], lower: bool, to: Reading
) -> Iterable[dict[str, Any]]:
    """One score per model: a row that is there twice counts once, of different ones the one that was asked for, and of
    variants the best."""
    better: Callable[[Score], float] = (lambda s: s.value) if lower else (lambda s: -s.value)
    of_model: dict[str, dict[str, list[Score]]] = defaultdict(lambda: defaultdict(list))
    for score in scores:
        of_model[names[score.row.line]][score.row.variant].append(score)
    twice = 0
    for model, variants in of_model.items():
        kept = []
        for variant, same in variants.items():
            values = {s.value for s in same}
            if len(values) == 1 and (to.options.keep != "mean" or len(same) == 1):
                twice += len(same) - 1
            elif to.options.keep == "mean":
                same = [_mean(same)]
                to.left_out.append(
                    ("cell", f"{model} on {name}", f"{len(variants[variant])} scores: their mean counts")
                )
            elif to.options.keep in ("best", "first", "last"):
                same = sorted(same, key=better if to.options.keep == "best" else lambda s: s.row.line)
                same = same[-1:] if to.options.keep == "last" else same
                lines = _lines(variants[variant])
                to.left_out.append(
                    ("cell", f"{model} on {name}", f"several scores, on lines {lines}: --keep {to.options.keep}")
                )
            else:
                said = " and ".join(f"{s.value:g} on line {s.row.line}" for s in same[:4])
                count = "two" if len(same) == 2 else str(len(same))
                whose = f"{quoted(model)} ({variant})" if variant else quoted(model)
                fix = "--keep best takes the best"
                if len(same) > _QUESTIONS:
                    fix = "rows of single questions or runs? --keep mean averages them, --keep best takes the best"
                text = f"{whose} has {count} scores, {said}; {fix}"
                to.fault("repeat", same[-1].row.line, same[0].column, text)
                continue
            kept.append(same[0])
        if kept:
            best = min(kept, key=better)
            yield {
                "benchmark": name,
                "model": model,
                "score": best.value,
                "score_se": best.se,
                "variant": best.row.variant or None,
            }
    if twice:
        to.notes.append(f"{name}: {twice} rows are there twice with the same score, and count once")
    if to.options.keep == "mean":
        several = sum(len(same) > 1 for v in of_model.values() for same in v.values())
        if several:
            to.notes.append(f"{name}: {several} models have several scores; their mean counts (--keep)")
    elif to.options.keep:
        several = sum(len({s.value for s in same}) > 1 for v in of_model.values() for same in v.values())
        if several:
            to.notes.append(f"{name}: {several} models have several scores; the {to.options.keep} counts (--keep)")
