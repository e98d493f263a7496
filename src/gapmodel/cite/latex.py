"""``claims.tex``: one macro per number, with units and interval variants."""

from __future__ import annotations

import hashlib
import re

from gapmodel.cite.claims import DEFAULT_VARIANT, Claims
from gapmodel.cite.targets import LATEX, LATEX_DEFINITION, escape, marked

__all__ = ["PREFIX", "macro_file", "macro_names"]

PREFIX = "gm"
_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def macro_names(claims: Claims) -> dict[str, str]:
    """Claim and variant (``gap.average.interval``) → macro of letters alone (``gmGapAverageInterval``).

    Digits are spelled; the full text has no suffix. A name that is taken gets letters from a hash of the claim.
    """
    out: dict[str, str] = {}
    taken: set[str] = set()
    for claim in claims:
        for variant in claim.texts:
            name = PREFIX + _camel(claim.id) + ("" if variant == DEFAULT_VARIANT else variant.capitalize())
            if name in taken:
                digest = hashlib.sha256(f"{claim.id}.{variant}".encode()).hexdigest()[:8]
                name += "X" + "".join(chr(ord("a") + int(c, 16)) for c in digest)
            taken.add(name)
            out[f"{claim.id}.{variant}"] = name
    return out


def macro_file(claims: Claims) -> str:
    """The whole file, for ``\\input`` before or after ``\\begin{document}``."""
    names = macro_names(claims)
    title = " ".join(claims.title().split())
    lines = [
        f"% {title}",
        "% One macro per number: \\gmGapAverage is the number with unit and interval; ...Value, ...Unit, ...Interval",
        "% and ...Sentence are its parts. Write \\gmGapAverage{} before a space. Chinese needs XeLaTeX or LuaLaTeX.",
        LATEX_DEFINITION,
    ]
    source = claims.source
    for name, value in (
        ("RunId", source.run_id),
        ("ManifestHash", source.manifest_sha256[:12] or "none"),
        ("DataHash", source.data_sha256[:12]),
        ("DataName", source.data_name),
        ("Model", source.model),
        ("Credit", " ".join(source.credits)),
    ):
        lines.append(f"\\newcommand{{\\{PREFIX}{name}}}{{{escape(value, LATEX)}}}")
    for claim in claims:
        lines.append(f"% {claim.id}")
        for variant in claim.texts:
            reference = f"{claim.id}.{variant}"
            lines.append(f"\\newcommand{{\\{names[reference]}}}{{{marked(claims, reference, LATEX)}}}")
    return "\n".join(lines) + "\n"


def _camel(name: str) -> str:
    spelled = re.sub(r"[0-9]", lambda m: f" {_DIGITS[int(m[0])]} ", name)
    return "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z]+", spelled))
