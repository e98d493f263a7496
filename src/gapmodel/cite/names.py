"""Names from data as identifiers and as one line of text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

__all__ = ["clean", "slugs"]


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


def clean(text: str) -> str:
    """Text from data on one line, without control characters."""
    plain = "".join(" " if unicodedata.category(c).startswith("C") else c for c in str(text))
    return " ".join(plain.split())
