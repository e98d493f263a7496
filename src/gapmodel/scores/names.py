"""Names from data as identifiers and as one line of text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

import pandas as pd

from gapmodel.errors import UnknownNameError, nearest, quoted, some_of

__all__ = ["benchmark_named", "clean", "hidden_sign", "look_alike", "one_form", "slugs", "spelling"]

# Cyrillic and Greek letters that are printed as Latin ones are.
_LIKE_LATIN = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u04bb\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420"
    "\u0421\u0422\u0423\u0425\u0406\u0408\u0405\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u03bf\u03bd"
)
# Signs without ink that Unicode counts among letters and accents: fillers, joiners, selectors of a variant.
_INKLESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Name → identifier of lower-case ASCII letters, digits and underscores, unique and independent of order.

    Names that would share one, or that have no such letters, get a hash of the name.
    """
    names = list(names)
    plain = {name: _slug(name) for name in names}
    taken = list(plain.values())
    out = {}
    for name in names:
        digest = hashlib.sha256(name.encode()).hexdigest()[:6]
        unique = bool(plain[name]) and taken.count(plain[name]) == 1
        out[name] = plain[name] if unique else f"{plain[name] or 'b'}_{digest}"
    return out


def _slug(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", folded).strip("_")


def one_form(text: str) -> str:
    """The one form (NFC) in which names are kept and compared: an accent is part of its letter.

    Examples
    --------
    >>> one_form("Mode\\u0301lisation") == "Mod\\xe9lisation"
    True
    """
    return unicodedata.normalize("NFC", text)


def look_alike(text: str) -> str | None:
    """The first letter of a word in Latin letters that is another script's and looks like one of them; None without.

    Examples
    --------
    >>> look_alike("\u0430lpha") == "\u0430", look_alike("\u03c4-bench"), look_alike("\u0413\u0438\u0433\u0430")
    (True, None, None)
    """
    if text.isascii():
        return None
    for word in re.findall(r"[^\W\d_]+", text):
        if re.search("[A-Za-z]", word) and (found := next((sign for sign in word if sign in _LIKE_LATIN), None)):
            return found
    return None


def spelling(name: str) -> str:
    """What two spellings of one name have in common: neither case, blanks, hyphens nor underscores.

    Examples
    --------
    >>> spelling("GPQA Diamond") == spelling("gpqa-diamond"), spelling("GPT-4.1") == spelling("GPT-41")
    (True, False)
    """
    return re.sub(r"[\s_-]+", "", name.casefold())


def hidden_sign(text: str) -> str | None:
    """The first sign that nobody sees, or that looks like a blank and is none; None without.

    Examples
    --------
    >>> hidden_sign("GPT-4"), hidden_sign("GPT\\u200b-4")
    (None, '\\u200b')
    """
    if text.isascii() and text.isprintable():
        return None
    for sign in text:
        kind = unicodedata.category(sign)
        if kind in ("Cc", "Cf", "Cs", "Zl", "Zp") or (kind == "Zs" and sign != " ") or _INKLESS.match(sign):
            return sign
    return None


def clean(text: str) -> str:
    """Text from data on one line, without control characters."""
    plain = "".join(" " if unicodedata.category(c).startswith("C") else c for c in str(text))
    return " ".join(plain.split())


def benchmark_named(text: str, benchmarks: pd.DataFrame) -> str:
    """The benchmark that a user means: by its name, title or identifier of a citation, in any case.

    Parameters
    ----------
    text : str
    benchmarks : pandas.DataFrame
        Index ``benchmark``; ``title``.

    Raises
    ------
    UnknownNameError
        None is called so, or several are.

    Examples
    --------
    >>> info = pd.DataFrame({"title": ["GPQA Diamond"]}, index=["gpqa_diamond"])
    >>> benchmark_named("GPQA diamond", info), benchmark_named("Gpqa_Diamond", info)
    ('gpqa_diamond', 'gpqa_diamond')
    """
    text = one_form(str(text).strip())
    names = [str(name) for name in benchmarks.index]
    if text in names:
        return text
    identifiers = slugs(names)
    called = {name: {name.casefold(), str(benchmarks["title"][name]).casefold(), identifiers[name]} for name in names}
    found = [name for name in names if str(text).casefold() in called[name]]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownNameError(f"{quoted(text)} is the title of {' and '.join(map(quoted, found))}: give one of them")
    known = [*names, *(str(title) for title in benchmarks["title"])]
    raise UnknownNameError(f"unknown benchmark {quoted(text)}{nearest(text, known) or some_of(names)}")
