"""Matching model names of one source to those of another, in the open: what was joined, how, and what was not.

Only equal names are joined: equal after spelling is levelled (case, hyphens, an ``organization/`` in front), or made
equal by an alias table. A similar name is shown as a suggestion and never used; to use it, write it into the alias
table. Numbers in a name are never taken for similar: ``GPT-4.1`` is no spelling of ``GPT-4.5``.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path

import pandas as pd
from rapidfuzz import fuzz, process

from gapmodel.errors import DataError
from gapmodel.sources.epoch.releases import SAME_RELEASE_DAYS

__all__ = ["FUZZY_CUTOFF", "Match", "load_aliases", "match_names", "names_report", "normalise", "with_owner"]

# Token-sort ratio from rapidfuzz, 0 to 100. Suggestions only, so this decides what is worth a look.
FUZZY_CUTOFF = 85.0

_NUMBER = re.compile(r"\d+(?:\.\d+)*")
# Makers as they stand in front of a name with a colon: "OpenAI: GPT-5".
_MAKERS = frozenset(
    (
        *("ai21", "alibaba", "allenai", "amazon", "anthropic", "arcee ai", "baidu", "bytedance"),
        *("bytedance seed", "cohere", "deepseek", "google", "google deepmind", "ibm", "inception", "inclusionai"),
        *("inflection", "liquidai", "meta", "meta llama", "microsoft", "minimax", "mistral", "mistral ai"),
        *("mistralai", "moonshot ai", "moonshotai", "nous", "nousresearch", "nvidia", "openai", "perplexity"),
        *("qwen", "reka", "stepfun", "tencent", "upstage", "writer", "x-ai", "xai"),
        *("xiaomi", "z.ai", "zai", "zhipu", "zhipu ai"),
    )
)


@dataclass(frozen=True)
class Match:
    """What became of one name.

    Attributes
    ----------
    name : str
        As the source has it.
    status : str
        ``joined``, ``fuzzy`` (a suggestion, not used), ``ambiguous`` (several known names are spelt alike, not
        used) or ``unmatched``.
    how : str
        ``same name``, ``same spelling``, ``same name and day``, ``alias`` or nothing.
    known : str or None
        The known name; for ``fuzzy`` the most similar one, for ``ambiguous`` all of them.
    similarity : float
        0 to 100.
    """

    name: str
    status: str
    how: str
    known: str | None
    similarity: float


def normalise(name: str) -> str:
    """A name with its spelling levelled: ``Qwen/Qwen3-235B_A22B (2507)`` → ``qwen3 235b a22b 2507``.

    Examples
    --------
    >>> normalise("anthropic/claude-3-7-sonnet") == normalise("Anthropic: Claude 3.7 Sonnet"), normalise("Ivy-3-11")
    (True, 'ivy3 11')
    """
    text = with_owner(unicodedata.normalize("NFKC", name).casefold().strip())
    text = text.rsplit("/", 1)[-1]
    text = re.sub(r"[\s_\-‐-―()\[\],:]+", " ", text).strip()
    # Addresses that allow no point: glm-4p7, claude-3-5-sonnet. Of two single digits the second is no size or day.
    text = re.sub(r"(?<=\d)p(?=\d)", ".", text)
    text = re.sub(r"(?<![\d.])(\d) (\d)(?![\w.])", r"\1.\2", text)
    # "qwen 3" and "qwen3" are one spelling; a dot stays, since 3.5 is not 35.
    return re.sub(r"(?<=[^\W\d]) (?=\d)", "", text)


def with_owner(name: str) -> str:
    """A name whose maker stands before a colon with it before a slash: ``OpenAI: GPT-5`` → ``OpenAI/GPT-5``."""
    owner, colon, rest = name.partition(": ")
    return f"{owner}/{rest.strip()}" if colon and owner.strip().casefold() in _MAKERS and "/" not in rest else name


def match_names(
    names: Iterable[str],
    known: Iterable[str],
    *,
    aliases: Mapping[str, str] | None = None,
    fuzzy_cutoff: float = FUZZY_CUTOFF,
    days: Mapping[str, str | None] | None = None,
) -> list[Match]:
    """Match each of `names` to one of `known`.

    Parameters
    ----------
    names : iterable of str
        Matched once each, in sorted order.
    known : iterable of str
    aliases : mapping, optional
        Name → another name of the same model, in either direction; spelling is levelled on both sides.
    fuzzy_cutoff : float
        Least similarity of a suggestion.
    days : mapping of str to str or None, optional
        Known name → its release date, ISO text. A name that ends in a day is then joined to the known name before
        it, where that was released within `SAME_RELEASE_DAYS` of that day.

    Returns
    -------
    list of Match
        One per name, sorted by name.
    """
    known = sorted(set(known))
    exact = set(known)
    spelt: dict[str, list[str]] = {}
    for target in known:
        spelt.setdefault(normalise(target), []).append(target)
    same: dict[str, set[str]] = {}
    for pair in (aliases or {}).items():
        one, other = map(normalise, pair)
        group = same.get(one, {one}) | same.get(other, {other})
        same |= dict.fromkeys(group, group)
    numbers: dict[tuple[str, ...], list[str]] = {}
    for form in sorted(spelt):
        numbers.setdefault(_numbers(form), []).append(form)
    matches = []
    for name in sorted(set(names)):
        form = normalise(name)
        alias = sorted(same.get(form, set()) & spelt.keys() - {form})
        if name in exact:
            matches.append(Match(name, "joined", "same name", name, 100.0))
        elif form in spelt:
            matches.append(_joined(name, spelt[form], "same spelling"))
        elif alias:
            matches.append(_joined(name, [target for other in alias for target in spelt[other]], "alias"))
        elif dated := _dated(name, spelt, days or {}):
            matches.append(_joined(name, dated, "same name and day"))
        else:
            matches.append(_suggestion(name, form, numbers.get(_numbers(form), []), spelt, fuzzy_cutoff))
    return matches


def names_report(matches: Iterable[Match]) -> pd.DataFrame:
    """One row per name: ``name, status, how, known, similarity``."""
    rows = [(m.name, m.status, m.how, m.known, round(m.similarity, 1)) for m in matches]
    return pd.DataFrame(rows, columns=["name", "status", "how", "known", "similarity"])


def load_aliases(path: Path | None = None) -> dict[str, str]:
    """The alias table of the package, and over it the user's: CSV columns ``name, known_name``, one model per line.

    Raises
    ------
    DataError
        The file cannot be read, or lacks a column, or gives one name two meanings.
    """
    bundled = (resources.files("gapmodel.data") / "name_aliases.csv").read_bytes()
    aliases = _aliases(bundled, "name_aliases.csv")
    if path is not None:
        try:
            aliases |= _aliases(path.read_bytes(), str(path))
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    return aliases


def _aliases(content: bytes, file: str) -> dict[str, str]:
    try:
        table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError):
        raise DataError(f"{file}: this is no CSV table; give columns name and known_name") from None
    for column in ("name", "known_name"):
        if column not in table:
            raise DataError(f"{file}: no column '{column}'; give columns name and known_name")
    aliases: dict[str, str] = {}
    for name, known in zip(table["name"], table["known_name"], strict=True):
        if aliases.setdefault(name, known) != known:
            raise DataError(f"{file}: '{name}' stands for '{aliases[name]}' and for '{known}'; keep one")
    return aliases


def _joined(name: str, targets: list[str], how: str) -> Match:
    if len(targets) > 1:
        return Match(name, "ambiguous", how, "; ".join(targets), 100.0)
    return Match(name, "joined", how, targets[0], 100.0)


def _dated(name: str, spelt: Mapping[str, list[str]], days: Mapping[str, str | None]) -> list[str]:
    """Known names that are the name without the day at its end, released about that day."""
    found = re.fullmatch(r"(.*[^\s_\-@(])[\s_\-@(]+(20\d\d)[-_]?(\d\d)[-_]?(\d\d)\)?", name)
    if found is None:
        return []
    try:
        day = date(*(int(found[k]) for k in (2, 3, 4)))
    except ValueError:
        return []
    near = []
    for known in spelt.get(normalise(found[1]), []):
        text = days.get(known)
        if text and len(text) == 10 and abs((date.fromisoformat(text) - day).days) <= SAME_RELEASE_DAYS:
            near.append(known)
    return near


def _suggestion(name: str, form: str, forms: list[str], spelt: dict[str, list[str]], cutoff: float) -> Match:
    choices = {other: _tokens(other) for other in forms}
    found = process.extractOne(_tokens(form), choices, scorer=fuzz.token_sort_ratio, score_cutoff=cutoff)
    if found is None:
        return Match(name, "unmatched", "", None, 0.0)
    return Match(name, "fuzzy", "", "; ".join(spelt[found[2]]), float(found[1]))


def _tokens(form: str) -> str:
    return re.sub(r"(?<=[^\W\d])(?=\d)", " ", form)


def _numbers(form: str) -> tuple[str, ...]:
    # Sorted, so that "claude 4 sonnet" suggests "claude sonnet 4".
    return tuple(sorted(_NUMBER.findall(form)))
