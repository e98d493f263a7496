"""What stands right beside a cited number and would be read as part of it: a digit, a decimal part, a sign."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from html import unescape

__all__ = ["latex_definitions", "read_as"]

# So far is looked in either direction, so that time grows with the length of a manuscript alone.
_NEAR = 200
_SIGNS = "-+\N{MINUS SIGN}\N{PLUS-MINUS SIGN}\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}\N{SMALL HYPHEN-MINUS}"
_SIGNS += "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH PLUS SIGN}"
_PARTS = "/\N{FRACTION SLASH}"
_FRACTIONS = "\u00bc-\u00be\u2150-\u215e\u2189"
_AFTER = re.compile(rf"(?:[.,{_PARTS}]|[eE][+-]?)?\d[\d.,]*|[{_FRACTIONS}]|[kKMBG](?![A-Za-z])")
_BEFORE = re.compile(rf"(?:\d[\d.,]*[{_PARTS}]?|(?<![\w)\]}}.,])[{re.escape(_SIGNS)}])\Z")
# Comments, tags that set letters in another way (not higher: that is a note), emphasis, where mathematics begins.
_UNSEEN = re.compile(
    r"<!--(?:(?!-->).)*-->|</?(?:b|em|font|i|mark|small|span|strong|u)\b[^<>]*>|\\[()]|[*_~$]", re.DOTALL
)
_OPEN_COMMENT = re.compile(r"\A(?:(?!<!--).)*?-->", re.DOTALL)
# In LaTeX: a sign that is set, what is not set or only moves, what sets its argument in another way.
_LATEX = re.compile(
    r"(?P<set>\\[%$&#_{}])|(?P<minus>\\(?:textminus|minus)(?![A-Za-z])\s*|---?)"
    r"|(?P<gone>%[^\n]*\n[ \t]*|\\[,!;:>/-]|\\(?:thinspace|negthinspace|medspace|thickspace|relax|allowbreak|nobreak"
    r"|protect|leavevmode|null|empty)(?![A-Za-z])\s*"
    r"|\\[hm]?(?:space|skip|kern)\*?\s*(?:\{[^{}]*\}|-?[\d.]*\s*(?:pt|em|ex|mu|mm|cm|in|sp|bp))\s?"
    r"|\\(?:text(?:bf|it|rm|sf|tt|sl|sc|up|md|normal)?|emph|math(?:rm|bf|it|sf|tt|normal)?|mbox|hbox|ensuremath|underline"
    r"|num|bf|it|rm|sf|tt|bfseries|itshape|rmfamily|sffamily|ttfamily)(?![A-Za-z])\s*|[{}$])"
    r"|(?P<word>\\[A-Za-z@]+\s*)"
)
_DEFINED = re.compile(r"\\(?:(?:re)?newcommand\*?\s*\{?|def\s*)\\([A-Za-z]+)\}?\s*\{([^{}]{0,40})\}")


def latex_definitions(text: str) -> dict[str, str]:
    """Macros without arguments that a LaTeX file defines as something short."""
    return dict(_DEFINED.findall(text))


def read_as(
    text: str, start: int, end: int, body: str, *, latex: bool = False, macros: Mapping[str, str] | None = None
) -> str:
    """The number as a reader takes it where more is glued to what is cited; empty where nothing is.

    Parameters
    ----------
    text : str
        A manuscript.
    start, end : int
        Where a mark begins and ends in it, or what stands for one.
    body : str
        What readers see of it.
    latex : bool
        Whether the manuscript is LaTeX; else it is HTML, or Markdown.
    macros : mapping of str to str, optional
        What `latex_definitions` gives.

    Returns
    -------
    str

    Examples
    --------
    >>> text = "a gap of 1<!--a-->6.5<!--b-->4 months"
    >>> read_as(text, 10, 29, "6.5"), read_as("a gap of 6.5.", 9, 12, "6.5"), read_as("6.5<sup>1</sup>", 0, 3, "6.5")
    ('16.54', '', '')
    >>> read_as("a gap of $-$6.5", 12, 15, "6.5", latex=True)
    '-6.5'
    """
    body = body.strip()
    before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    if latex:
        before, after = _latex_seen(before, macros or {}), _latex_seen(after, macros or {})
    else:
        before, after = _seen(_OPEN_COMMENT.sub("", before)), _seen(after)
    glued = _BEFORE.search(before) if body[:1].isdigit() else None
    more = _AFTER.match(after) if body[-1:].isdigit() else None
    if glued is None and more is None:
        return ""
    return f"{glued[0] if glued else ''}{body}{more[0] if more else ''}"


def _seen(text: str) -> str:
    """HTML and Markdown without tags that do not part words, entities as what they stand for."""
    shown = unescape(_UNSEEN.sub("", text))
    return "".join(sign for sign in shown if unicodedata.category(sign) != "Cf")


def _latex_seen(text: str, macros: Mapping[str, str]) -> str:
    def shown(match: re.Match[str]) -> str:
        if match["gone"] is not None:
            return ""
        if match["minus"] is not None:
            return {"--": "\N{EN DASH}", "---": "\N{EM DASH}"}.get(match["minus"], "-")
        if match["set"] is not None:
            return "|"
        # A macro that is not known parts words.
        return macros.get(match["word"].strip()[1:], "|")

    return _LATEX.sub(shown, text)
