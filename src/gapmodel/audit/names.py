"""What names say of dates and flags: the one sign of a late date or a wrong flag that a table holds by itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

import pandas as pd

from gapmodel.audit.name_dates import contradiction
from gapmodel.scores.names import spelling

__all__ = ["against_names"]

#: Days by which a model may follow a later one by its name: smaller ones of a family come after the largest.
LATE_DAYS = 180
#: So many others of a name must agree, for one to be unlike them.
LEAST_ALIKE = 3
#: Where more of a family are out of order, its numbers are no order.
MOST_OUT_OF_ORDER = 0.25
_WORD = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?[A-Za-z]*")
_VERSION = re.compile(r"(\d{1,2}(?:\.\d+)?)(?![bkmtx])[a-z]?")  # 70b, 128k and 8x22b are sizes
_HIGHEST_VERSION = 20.0


def against_names(table: pd.DataFrame, settled: Mapping[str, Collection[str]]) -> list[tuple[str, str]]:
    """Models whose date or flag is not what their names, or others of the same name, say.

    Parameters
    ----------
    table : pandas.DataFrame
        Scores.
    settled : mapping
        ``release_date`` and ``weights`` → models of which these are reviewed or confirmed: they are not suspected.

    Returns
    -------
    list of tuple
        Model and text, in the order of the table.
    """
    models = table.drop_duplicates("model").set_index("model")
    days = {str(model): pd.Timestamp(day) for model, day in models["release_date"].items()}
    flags = {str(model): str(flag) for model, flag in models["weights"].items()}
    found: dict[str, list[str]] = defaultdict(list)
    for about, says in (
        ("release_date", _stated(table, days)),
        ("release_date", _out_of_order(days)),
        ("", _respelt(days, flags)),
        ("weights", _other_flag(flags)),
    ):
        for model, text in says:
            if model not in settled.get(about, ()):
                found[model].append(text)
    return [(model, "; ".join(found[model])) for model in days if model in found]


def _stated(table: pd.DataFrame, days: Mapping[str, pd.Timestamp]) -> Iterator[tuple[str, str]]:
    """Dates in names and versions that are not those of the release."""
    versions = table["version"] if "version" in table else table["model"]
    pairs = pd.DataFrame({"model": table["model"], "version": versions}).drop_duplicates()
    seen: set[str] = set()
    for model, version in pairs.itertuples(index=False):
        names = [model] if pd.isna(version) else [model, version]
        stated = next((text for name in names if (text := contradiction(str(name), days[model].date()))), "")
        if stated and model not in seen:
            seen.add(model)
            yield model, f"a name of it says {stated}, it is dated {days[model].date()}"


def _out_of_order(days: Mapping[str, pd.Timestamp]) -> Iterator[tuple[str, str]]:
    """Models that came long after one with a higher number in the same name."""
    families: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for model in days:
        family, version = _family(model)
        if version is not None:
            families[family].append((version, model))
    for members in families.values():
        late = []
        for version, model in members:
            before = [(days[other], other) for number, other in members if number > version]
            first, other = min(before, default=(days[model], model))
            if (days[model] - first).days > LATE_DAYS:
                late.append((model, f"dated {days[model].date()}, {(days[model] - first).days} days after {other}"))
        if len(late) <= max(1, MOST_OUT_OF_ORDER * len(members)):
            yield from late


def _respelt(days: Mapping[str, pd.Timestamp], flags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Models whose names differ in case, blanks, hyphens or underscores alone: one model in two spellings."""
    first: dict[str, str] = {}
    for model in days:
        other = first.setdefault(spelling(model), model)
        if other != model:
            yield model, f"'{other}', {flags[other]} of {days[other].date()}, in another spelling"


def _other_flag(flags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Models that are open where all others whose names begin alike are closed, or the other way round."""
    families: dict[str, list[str]] = defaultdict(list)
    for model in flags:
        words = _words(model)
        if words and words[0].isalpha():
            families[words[0]].append(model)
    for name, members in families.items():
        for model in members:
            others = {flags[other] for other in members if other != model}
            if len(members) > LEAST_ALIKE and len(others) == 1 and flags[model] not in others:
                yield model, f"{flags[model]}, while all {len(members) - 1} others named '{name}' are {others.pop()}"


def _family(name: str) -> tuple[str, float | None]:
    """Words before the first number of a name, and that number; none where it can be no version.

    Examples
    --------
    >>> _family("Ash Sonnet 4.5 (Sep 2025)"), _family("Ash-4o"), _family("Ash 70B")
    (('ash sonnet', 4.5), ('ash', 4.0), ('ash', None))
    """
    words = _words(name)
    first = next((k for k, word in enumerate(words) if word[0].isdigit()), len(words))
    number = _VERSION.fullmatch(words[first]) if first < len(words) else None
    version = float(number[1]) if number and float(number[1]) <= _HIGHEST_VERSION else None
    return " ".join(words[:first]), version


def _words(name: str) -> list[str]:
    return _WORD.findall(re.sub(r"\(.*?\)", " ", name).casefold())
