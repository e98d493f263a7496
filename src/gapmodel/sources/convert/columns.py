"""What the columns of a table are: the model, dates, flags, benchmarks, their errors, and what is none of these.

A column has a role when its name is one of a list and its cells can be read that way, so that a benchmark called
*Open* stays a benchmark. Whoever knows better says so (`Chosen`); every column is told in `Taken`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gapmodel.errors import DataError, UnknownNameError, nearest, quoted
from gapmodel.sources.artificial_analysis.evaluations import is_composite
from gapmodel.sources.convert.cells import (
    SHORT_YEAR,
    Unreadable,
    cell_text,
    column_key,
    is_number,
    links_weights,
    open_or_closed,
    read_day,
)
from gapmodel.sources.convert.vocabulary import (
    BENCHMARK,
    BOARD,
    COMPOSITE,
    EVALUATED,
    MODEL,
    NO_SCORE,
    ROLE_NAMES,
    SCORE,
    WITH_OTHERS,
)

__all__ = ["ROLES", "Chosen", "Columns", "Taken", "is_inverted", "is_licence", "read_columns"]

ROLES = ("model", "benchmark", "score", *ROLE_NAMES)
_DAYS = ("release_date", "weights_date", "announced_date")
_ALWAYS = re.compile(
    r"(^|[ _])(n|no|num|number|#|total|avg|average|mean|median|max|min|input|output|price|cost|model|training|train)"
    r"[ _](of )?.*(context|length|words|tokens|questions|steps|turns|calls|compute|size|days|cost|price|time|params)"
    r"|(context|sequence)[ _](window|length|size|len)|(api|llm|tool)[ _]calls$|(^|[ _])top[ _][pk]$|time to first",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\((b|bn|billions?|m|gb|mb|tok/s|tokens?/s|usd|\$|s|sec|ms|words|co2.*|flops?|kg|hours?|h)\)|\$", re.I
)
_ERROR = r"(std\.? ?err(or)?|stderr|standard error|s\.?e\.?m\.?|s\.?e\.?|error of the mean|margin of error)"
_CI = r"((95|90)? ?(%|pct|percent)? ?(ci|conf(idence)?( interval)?|interval))"
_TRUTH = frozenset(("0", "1", "0.0", "1.0", "true", "false", "yes", "no"))
_INDEX = re.compile(r"(intelligence|coding|agentic|math|quality|capabilit\w+|reasoning|overall)[ _]index", re.I)
_DIRECTIONS = frozenset(("direction", *(f"{way}{verb}better" for way in ("higher", "lower") for verb in ("is", ""))))
_MANY_CELLS, _NEARLY = 3, 0.9
_LOW, _HIGH = r"(lower|low|lo|lb|min|q025|q?2\.5)", r"(upper|up|high|hi|ub|max|q975|q?97\.5)"
_SPREAD = re.compile(r"(^|[ _])(std|stdev|sd|std dev|standard deviation|var|variance|iqr|sigma|σ)([ _]|$)", re.I)
# Shares of answers in the right form; the best of several runs beside their mean.
_FORM = re.compile(r"well[ _-]?formed|(edit|output|answer|correct|valid)[ _](edit[ _])?format", re.I)
_BEST_OF = re.compile(r"(best|max|maximum|highest)[ _]score\b", re.I)


@dataclass(frozen=True)
class Chosen:
    """What a person says of columns; empty where nothing is said.

    Attributes
    ----------
    model, date, flag : str or None
    benchmarks : tuple of str
        These alone are benchmarks.
    ignored : tuple of str
    """

    model: str | None = None
    date: str | None = None
    flag: str | None = None
    benchmarks: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What one column was taken for.

    Attributes
    ----------
    column : str
    role : str
        One of `ROLES`, ``score_se``, or ``not read``.
    why : str
        For ``not read`` the reason; else more about it.
    """

    column: str
    role: str
    why: str = ""


@dataclass
class Columns:
    """The columns of a table by what they hold.

    Attributes
    ----------
    model : str
    benchmarks : list of str
        Of a wide table; one column of scores where `benchmark` names them row by row.
    benchmark : str or None
        Column with the names of the benchmarks.
    roles : dict
        Role → columns, the best first: a cell that is empty in one is taken from the next.
    errors : dict
        Benchmark column → columns of its error: one of the error itself or of an interval as text, or two of its ends.
    composites : list of str
        Benchmarks that are averages of others.
    evaluated : str or None
        Column with the day of a board.
    links : tuple of str
        Columns with links, some of them to weights.
    taken : list of Taken
        One per column, in the order of the table.
    """

    model: str
    benchmarks: list[str] = field(default_factory=list)
    benchmark: str | None = None
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    errors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    composites: list[str] = field(default_factory=list)
    evaluated: str | None = None
    links: tuple[str, ...] = ()
    taken: list[Taken] = field(default_factory=list)


def read_columns(table: pd.DataFrame, file: str, chosen: Chosen | None = None) -> Columns:
    """Say of every column what it holds.

    Parameters
    ----------
    table : pandas.DataFrame
    file : str
        What messages call it.
    chosen : Chosen, optional

    Raises
    ------
    UnknownNameError
        A chosen column is not there.
    DataError
        There is no column with models, or two columns say the same.
    """
    chosen = chosen or Chosen()
    names = [str(c) for c in table]
    for option, column in [("--model", chosen.model), ("--date", chosen.date), ("--flag", chosen.flag)] + [
        (o, c) for o, many in (("--column", chosen.benchmarks), ("--ignore", chosen.ignored)) for c in many
    ]:
        if column is not None and column not in names:
            known = nearest(column, names) or f": it has {', '.join(names[:12])}"
            raise UnknownNameError(f"{file}: no column {quoted(column)}{known} ({option})")
    left = [n for n in names if n not in chosen.ignored]
    model = chosen.model or _model_column(table, left, file)
    _check_directions(table, [n for n in left if n not in chosen.benchmarks], file)
    out = Columns(model)
    said = {model: Taken(model, "model")} | {n: Taken(n, "not read", "--ignore") for n in chosen.ignored}
    out.links = tuple(n for n in left if any(map(links_weights, table[n])))
    left = [n for n in left if n != model]
    _check_twins(table, left, file)
    free = [n for n in left if n not in chosen.benchmarks]
    out.roles = _roles(table, free, chosen)
    for role, columns in out.roles.items():
        said |= {c: Taken(c, role, "then " if k else "") for k, c in enumerate(columns)}
    free = [n for n in free if n not in said]
    evaluated = [n for n in free if column_key(n) in EVALUATED]
    out.evaluated = next((n for n in evaluated if column_key(n) == "leaderboardpublishdate"), None)
    said |= {n: Taken(n, "not read", "the day of an evaluation or a change, no release") for n in evaluated}
    free = [n for n in free if n not in said]
    board = _first(free, (*BENCHMARK, *BOARD), lambda n: not _mostly_numbers(table[n]) and _filled(table[n]))
    score = _first(free, SCORE, lambda n: _mostly_numbers(table[n]))
    numbers = [n for n in free if _mostly_numbers(table[n])]
    if board and score and not chosen.benchmarks and (column_key(board) in BENCHMARK or _many(table[board])):
        out.benchmark, out.benchmarks = board, [score]
        said |= {board: Taken(board, "benchmark"), score: Taken(score, "score")}
    elif chosen.benchmarks:
        out.benchmarks = list(chosen.benchmarks)
        said |= {n: Taken(n, "benchmark", "--column") for n in chosen.benchmarks}
    else:
        out.benchmarks = [n for n in numbers if not _no_score(n, table[n])]
        counts = _counts_of_grades(table, out.benchmarks)
        out.benchmarks = [n for n in out.benchmarks if n not in counts]
        said |= {n: Taken(n, "not read", "how many answers had this grade, no score") for n in counts}
    free = [n for n in free if n not in said]
    _drop_twins(table, out, said)
    free = [n for n in free if n not in said]
    out.errors = _errors([n for n in free if any(re.search(r"\d", str(c)) for c in table[n])], out.benchmarks, table)
    errors = {column: benchmark for benchmark, columns in out.errors.items() for column in columns}
    out.benchmarks = [n for n in out.benchmarks if n not in errors]
    for n in free:
        if n in errors:
            said[n] = Taken(n, "score_se", f"of {errors[n]}")
        elif n in out.benchmarks:
            said[n] = Taken(n, "benchmark")
        elif n in said:
            continue
        elif not any(cell_text(c) is not None for c in table[n]):
            said[n] = Taken(n, "not read", "empty")
        elif n in numbers and (chosen.benchmarks or out.benchmark):
            said[n] = Taken(n, "not read", "not named as a benchmark" if chosen.benchmarks else "beside the score")
        elif n in numbers:
            said[n] = Taken(n, "not read", _no_score(n, table[n]) or "no score")
        elif n in out.links:
            said[n] = Taken(n, "weights", "where it links to weights at huggingface.co")
        elif any(is_number(c) for c in table[n]):
            said[n] = Taken(n, "not read", "holds mostly text (--column takes it as a benchmark)")
        else:
            said[n] = Taken(n, "not read", _unread_days(table[n], out.roles) or "holds no number")
    parts = [n for n in out.benchmarks if not _composite(n)]
    # An average of one column is that column under another name.
    out.composites = [n for n in out.benchmarks if _composite(n)] if len(parts) > 1 else []
    said |= {n: Taken(n, "benchmark", "a composite of the others, not pooled with them") for n in out.composites}
    out.taken = [said[n] for n in names if n in said]
    return out


def _composite(name: str) -> bool:
    """Whether a column is an average of others by its name; Artificial Analysis' and other indices are."""
    index = name.startswith(("artificial_analysis_", "aa_")) and is_composite(name)
    bare = re.sub(r"\s*[(\[][^()\[\]]*[)\]]\s*$", "", name)  # how it is weighted, or over what
    return column_key(name) in COMPOSITE or column_key(bare) in COMPOSITE or index or bool(_INDEX.search(name))


def _drop_twins(table: pd.DataFrame, out: Columns, said: dict[str, Taken]) -> None:
    """Of two columns with the same numbers, and of a mean and a best of several runs, the first alone counts."""
    values: dict[tuple[Any, ...], str] = {}
    mean = next((n for n in out.benchmarks if column_key(n) in ("meanscore", "score", "mean", "accuracy")), None)
    for name in list(out.benchmarks):
        cells = tuple(cell_text(c) for c in table[name])
        other = values.setdefault(cells, name) if len(set(cells) - {None}) >= _MANY_CELLS else name
        why = f"the same numbers as column {quoted(other)}" if other != name else ""
        if not why and mean is not None and _BEST_OF.match(name):
            why = f"a best of several, beside column {quoted(mean)}"
        if why and out.benchmark is None and said.get(name, Taken(name, "")).why != "--column":
            out.benchmarks.remove(name)
            said[name] = Taken(name, "not read", why)


def _check_directions(table: pd.DataFrame, names: list[str], file: str) -> None:
    """A column that says which way is better is not read, and must not be passed over."""
    for name in names:
        if column_key(name) in _DIRECTIONS and not _mostly_numbers(table[name]) and _filled(table[name]):
            raise DataError(
                f"{file}: column {quoted(name)} says which way is better, which is not read: name the benchmarks on "
                f"which lower is better (--lower BENCHMARK), and leave the column out (--ignore {quoted(name)})"
            )


def _check_twins(table: pd.DataFrame, names: list[str], file: str) -> None:
    """Two spellings of one column are one where their cells do not meet, and else a question."""
    keys: dict[str, str] = {}
    roles = {k for role in ("release_date", "weights") for k in ROLE_NAMES[role]}
    for name in names:
        other = keys.setdefault(column_key(name), name)
        if other != name and column_key(name) in roles:
            both = [cell_text(a) and cell_text(b) for a, b in zip(table[other], table[name], strict=True)]
            if any(both):
                raise DataError(f"{file}: columns {quoted(other)} and {quoted(name)} say the same; keep one (--ignore)")


def is_licence(column: str) -> bool:
    """Whether the words of a flag name licences."""
    return bool(re.search("li[cz]en", column_key(column)))


def is_inverted(column: str) -> bool:
    """Whether a flag asks if a model is closed."""
    key = column_key(column)
    return key.removeprefix("is").startswith(("closed", "proprietary"))


def _model_column(table: pd.DataFrame, names: list[str], file: str) -> str:
    keys: dict[str, str] = {}
    for name in names:
        other = keys.setdefault(column_key(name), name)
        if other != name and column_key(name) in MODEL:
            raise DataError(f"{file}: columns {quoted(other)} and {quoted(name)} say the same; keep one (--model)")
    found = [keys[k] for k in MODEL if k in keys and not _mostly_numbers(table[keys[k]])]
    if found:
        # The first that names nearly every row that any of them names.
        filled = [_share(cell_text(c) is not None for c in table[n]) for n in found]
        return next(n for n, share in zip(found, filled, strict=True) if share >= _NEARLY * max(filled))
    texts = [n for n in names if not _mostly_numbers(table[n])]
    # A column without a name, as the index of a data frame has none; or the one column of text.
    bare = [n for n in texts if re.fullmatch(r"column \d+|Unnamed: \d+|index", n)]
    if len(bare) == 1:
        return bare[0]
    like = [n for n in names if re.search(r"model|llm", n, re.I) and not _mostly_numbers(table[n]) and _many(table[n])]
    if len(like) == 1:
        return like[0]
    raise DataError(
        f"{file}: no column with the model; call it 'model', or name it with --model. It has {', '.join(names[:12])}"
    )


def _roles(table: pd.DataFrame, names: list[str], chosen: Chosen) -> dict[str, tuple[str, ...]]:
    roles: dict[str, tuple[str, ...]] = {}
    spelt: dict[str, list[str]] = {}
    for name in names:
        spelt.setdefault(column_key(name), []).append(name)
    for role, usual in ROLE_NAMES.items():
        own = {"release_date": chosen.date, "weights": chosen.flag}.get(role)
        if own is not None:
            roles[role] = (own,)
            continue
        others = {chosen.date, chosen.flag}
        found = [n for k in usual for n in spelt.get(k, ()) if n not in others and _can_be(role, table[n])]
        # A usual name with something in brackets or behind: "Open weights?", "Released (US)".
        for name in names:
            bare = column_key(re.sub(r"\([^()]*\)", "", name))
            if name not in found and name not in others and bare in usual and _can_be(role, table[name]):
                found.append(name)
        if role == "weights" and not found:
            found = [n for n in names if n not in others and _speaks(table[n])]
        if role == "release_date" and len(found) > 1:  # beside another, a bare "date" is that of something else
            found = [n for n in found if column_key(n) != "date"]
        if found:
            roles[role] = tuple(dict.fromkeys(found))
    return roles


def _can_be(role: str, column: pd.Series) -> bool:
    texts = [text for text in map(cell_text, column) if text is not None]
    if role in _DAYS:
        serials = _numbers_alone(texts)
        return bool(texts) and _share(_is_day(t, serial=serials) for t in texts) >= 0.5
    if role == "weights":
        name = str(column.name)
        if column_key(name) in ("type", "modeltype", "availability", "access", "category"):
            return _speaks(column)
        licence, inverted = is_licence(name), is_inverted(name)
        # Grades of openness, 0 to 3 say, are no flag.
        if any(is_number(text) for text in texts) and not set(texts) <= _TRUTH:
            return False
        return any(open_or_closed(text, licence=licence, inverted=inverted) for text in texts)
    if role == "variant":
        return bool(texts) and not _numbers_alone(texts)
    return bool(texts)


def _speaks(column: pd.Series) -> bool:
    """Whether a column of any name says open or closed in words, and nothing else."""
    texts = [text for text in map(cell_text, column) if text is not None]
    words = [t for t in texts if re.search(r"open|closed|propriet", t, re.I)]
    return len(set(texts)) > 1 and len(words) == len(texts) and all(open_or_closed(t) for t in texts)


def _unread_days(column: pd.Series, roles: dict[str, tuple[str, ...]]) -> str:
    """Of a column of another name that may hold releases, where none does: the option that takes it."""
    texts = [text for text in map(cell_text, column) if text is not None]
    known = "release_date" in roles or len(texts) < _MANY_CELLS
    if not known and _share(_is_day(t, serial=False) for t in texts) >= _NEARLY:
        return f"holds days: --date {quoted(str(column.name))} takes them for releases"
    return ""


def _is_day(text: str, *, serial: bool) -> bool:
    try:
        return (
            read_day(text, order="dmy" if re.match(r"(1[3-9]|2\d|3[01])[/-]", text) else "mdy", serial=serial)
            is not None
        )
    except Unreadable:
        short = SHORT_YEAR.fullmatch(" ".join(text.casefold().split()))
        return bool(short or re.match(r"(19|20)\d\d([-/.]|$)|(q[1-4]|h[12])\b", text, re.I))


def _numbers_alone(texts: list[str]) -> bool:
    return bool(texts) and all(re.fullmatch(r"\d+(\.\d+)?", t) for t in texts)


def _share(flags: Iterable[bool]) -> float:
    said = list(flags)
    return sum(said) / max(len(said), 1)


def _filled(column: pd.Series) -> bool:
    return _share(cell_text(c) is not None for c in column) > 0.5


def _many(column: pd.Series) -> bool:
    return len({cell_text(c) for c in column} - {None}) > 1


def _mostly_numbers(column: pd.Series) -> bool:
    """Whether at least half of the cells that say something are numbers, one at least."""
    said = [c for c in column if cell_text(c) is not None]
    return bool(said) and any(map(is_number, said)) and _share(map(is_number, said)) >= 0.5


def _first(names: list[str], usual: tuple[str, ...], holds: Callable[[str], bool]) -> str | None:
    keys: dict[str, str] = {}
    for name in names:
        keys.setdefault(column_key(name), name)
    return next((keys[k] for k in usual if k in keys and holds(keys[k])), None)


def _no_score(name: str, column: pd.Series) -> str:
    """Why a column of numbers is no benchmark, by its name; nothing where it may be one."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = [w for w in re.split(r"[^0-9A-Za-z#$%]+", spaced.casefold()) if w]
    if _SPREAD.search(spaced):
        return "a spread, no score"
    if _FORM.search(spaced):
        return "a share of answers in the right form, no score"
    counted = len(words) > 1 and words[0] == "n"
    if counted or _UNIT.search(spaced) or "#" in words or _ALWAYS.search(" ".join(words)):
        return "a count, size or price, no score"
    hits = [w for w in words if w in NO_SCORE]
    if hits and not all(h in WITH_OTHERS and len(words) > 1 for h in hits):
        return "a count, size or price, no score"
    if re.search(rf"(^| ){_CI}([ %]|$)|(^| ){_ERROR}$", re.sub(r"[_\s]+", " ", spaced), re.I):
        return "an interval or error, of which benchmark is not clear"
    if words and words[0] in ("unnamed", "column") and len(words) == 2:
        return "a column without a name"
    return ""


def _counts_of_grades(table: pd.DataFrame, names: list[str]) -> list[str]:
    """Of columns such as ``score_0, score_1`` those with whole numbers that add up to the same in nearly every row."""
    stems: dict[str, list[str]] = {}
    for name in names:
        found = re.fullmatch(r"(.*?)[ _-]?\d{1,2}", name)
        if found:
            stems.setdefault(found[1].casefold(), []).append(name)
    counts = []
    for columns in stems.values():
        cells = table[columns].map(lambda cell: cell_text(cell) or "")
        rows = cells[cells.apply(lambda row: row.str.fullmatch(r"\d+(\.0)?").all(), axis=1)]
        if len(columns) > 1 and len(rows) >= _MANY_CELLS and rows.nunique().max() > 1:
            usual = rows.astype(float).sum(axis=1).value_counts(normalize=True).iloc[0]
            counts += columns if usual >= _NEARLY else []
    return counts


def _errors(names: list[str], benchmarks: list[str], table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Columns of errors and intervals, by the benchmark that they are of."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        spaced = re.sub(r"[_\s]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).strip()
        for kind, pattern in (
            ("low", rf"(.*?)[ ]?{_CI}? ?{_LOW}( bound)?( {_CI})?"),
            ("high", rf"(.*?)[ ]?{_CI}? ?{_HIGH}( bound)?( {_CI})?"),
            ("se", rf"(.*?)[ ]?\(?{_ERROR}\)?"),
            ("ci", rf"(.*?)[ ]?\(?{_CI}\)?( ?[(]?±[)]?)?"),
        ):
            match = re.fullmatch(pattern, spaced, re.I)
            if match is None:
                continue
            base = match[1].strip(" -:()")
            owner = _owner(base, [b for b in benchmarks if b != name])
            # Ends of an interval: both, or a name with "ci" in it.
            if owner is not None and found.setdefault(owner, {}).setdefault(kind, name) == name:
                break
    out: dict[str, tuple[str, ...]] = {}
    for owner, kinds in found.items():
        if "se" in kinds:
            out[owner] = (kinds["se"],)
        elif "low" in kinds and "high" in kinds:
            out[owner] = (kinds["low"], kinds["high"])
        elif "ci" in kinds:
            out[owner] = (kinds["ci"],)
        if owner in out and {"low", "high"} <= kinds.keys() and out[owner] != (kinds["low"], kinds["high"]):
            out[owner] = (*out[owner], kinds["low"], kinds["high"])
    return out


def _owner(base: str, benchmarks: list[str]) -> str | None:
    """The benchmark that an error belongs to: the one of that name, or the only one."""
    key = column_key(base)
    scores = [b for b in benchmarks if not _interval_name(b)]
    same = [b for b in scores if column_key(b) == key or column_key(re.sub(r"(?i)mean|score|$", "", b)) == key]
    if key and same:
        return same[0]
    starts = [b for b in scores if key and column_key(b).startswith(key)]
    if len(starts) == 1:
        return starts[0]
    return scores[0] if len(scores) == 1 and (not key or key in ("rating", "score", "elo", "accuracy")) else None


def _interval_name(name: str) -> bool:
    spaced = re.sub(r"[_\s]+", " ", name)
    return bool(re.search(rf"(^| ){_CI}( |$)|(^| ){_ERROR}$|( |^)({_LOW}|{_HIGH})$", spaced, re.I))
