"""Matching model names of one source to those of another, in the open: what was joined, how, and what was not.

Only equal names are joined: equal after spelling is levelled (case, hyphens, an ``organization/`` in front, days with
slashes), or made equal by an alias table. A similar name is shown as a suggestion and never used; to use it, write it
into the alias table. Numbers in a name are never taken for similar: ``GPT-4.1`` is no spelling of ``GPT-4.5``.
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

__all__ = ["FUZZY_CUTOFF", "Match", "load_aliases", "match_names", "names_report", "normalise", "owner_and_name"]

# Token-sort ratio from rapidfuzz, 0 to 100. Suggestions only, so this decides what is worth a look.
FUZZY_CUTOFF = 85.0

_NUMBER = re.compile(r"\d+(?:\.\d+)*")
# Slashes that belong to a name: of a day at its end, within a bracket, of "w/" and "w/o".
_NUMBERS = r"(?:0?[1-9]|[12]\d|3[01])"
_DAY = re.compile(rf"(?<![^\s_\-(\[,@])(20\d\d|{_NUMBERS})/({_NUMBERS})(?:/(20\d\d|\d\d))?(?=[\s)\],]|$)")
_HYPHENED = re.compile(r"(?<=[\s_\-(])(?<!20\d\d[-_])(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?=[\s)\],]|$)")
_BRACKET = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_WITH = re.compile(r"(?<!\w)w/(?:o(?=\s|$))?", re.IGNORECASE)
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
    >>> normalise("DeepSeek R1 05/28"), normalise("lab/Ash-1 (11/20/2024)")
    ('deepseek r1 0528', 'ash1 2024 11 20')
    """
    _, text = owner_and_name(unicodedata.normalize("NFKC", name).casefold().strip())
    text = _WITH.sub(lambda found: " without " if found[0].endswith("o") else " with ", _DAY.sub(_levelled_day, text))
    text = _HYPHENED.sub(r"\1\2", text.replace("/", " "))
    text = re.sub(r"[\s_\-‐-―()\[\],:]+", " ", text).strip()
    # Addresses that allow no point: glm-4p7, claude-3-5-sonnet. Of two single digits the second is no size or day.
    text = re.sub(r"(?<=\d)p(?=\d)", ".", text)
    text = re.sub(r"(?<![\d.])(\d) (\d)(?![\w.])", r"\1.\2", text)
    # "qwen 3" and "qwen3" are one spelling; a dot stays, since 3.5 is not 35.
    return re.sub(r"(?<=[^\W\d]) (?=\d)", "", text)


def owner_and_name(name: str) -> tuple[str, str]:
    """What stands in front of a name with a slash, or a maker's name with a colon; and the name itself.

    Examples
    --------
    >>> owner_and_name("OpenAI: GPT-5"), owner_and_name("host/lab/Ash-1"), owner_and_name("Ash 05/28 (FC/prompt)")
    (('OpenAI', 'GPT-5'), ('host/lab', 'Ash-1'), ('', 'Ash 05/28 (FC/prompt)'))
    """
    hidden = name
    for own in (_BRACKET, _DAY, _WITH):
        hidden = own.sub(lambda found: found[0].replace("/", "\0"), hidden)
    cut = hidden.rfind("/")
    if cut >= 0:
        return name[:cut], name[cut + 1 :]
    owner, colon, rest = name.partition(": ")
    return (owner.strip(), rest.strip()) if colon and owner.strip().casefold() in _MAKERS else ("", name)


def _levelled_day(found: re.Match[str]) -> str:
    """A day with slashes as names have it with hyphens: ``05/28`` → ``0528``, ``11/20/2024`` → ``2024 11 20``."""
    first, second, third = found.groups()
    if third is None:
        return f"{first} {int(second):02}" if len(first) == 4 else f"{int(first):02}{int(second):02}"
    if len(first) == 4:
        return f"{first} {int(second):02} {int(third):02}"
    if int(first) <= 12 and int(second) <= 12:  # which is the month is not said
        return found[0].replace("/", " ")
    month, day = sorted((int(first), int(second)))
    return f"{int(third) % 2000 + 2000} {month:02} {day:02}"


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
    found = re.fullmatch(r"(.*[^\s_\-@(])[\s_\-@(]+(20\d\d)[-_/]?(\d\d)[-_/]?(\d\d)\)?", name)
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
