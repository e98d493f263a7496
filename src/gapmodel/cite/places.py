"""Where in a manuscript a placeholder stands: in text that readers see, in code or a comment, or where no mark can be.

Placeholders are exchanged for words that occur nowhere, the manuscript goes through a parser, and each word is looked
for in what comes out: Markdown through markdown-it (CommonMark with tables, front matter, footnotes, definition lists
and mathematics between dollar signs), HTML, also that inside Markdown, through libxml2. LaTeX has no grammar that could
be parsed without running it; `gapmodel.cite.latex_walk` reads it sign by sign as TeX does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gapmodel.cite.latex_walk import latex_placeholders
from gapmodel.cite.targets import LATEX, MARKDOWN, MARKDOWN_HTML

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

__all__ = ["Place", "places"]

_PLACEHOLDER = re.compile(r"\{\{([^{}\n]*)\}\}")
#: Elements whose text is shown letter by letter: examples, which are left alone.
_CODE = frozenset({"code", "kbd", "listing", "plaintext", "pre", "samp", "tt", "var", "xmp"})
#: Elements that cannot hold a comment, or are not shown.
_NO_COMMENT = {
    "iframe": "a frame", "noembed": "text that is not shown", "noframes": "text that is not shown",
    "noscript": "text that is not always shown", "script": "a script", "style": "a style", "template": "a template",
    "textarea": "a form", "title": "a title",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A placeholder, and what stands around it.

    Attributes
    ----------
    name : str
        What is between the braces.
    start, end : int
        Positions in the text, with the braces.
    target : str
        How text is escaped there: a name of `gapmodel.cite.targets`.
    code : bool
        In code, verbatim text or a comment, or escaped: it is left alone.
    barred : str
        Where no mark can be: what that is. Empty elsewhere.
    """

    name: str
    start: int
    end: int
    target: str
    code: bool = False
    barred: str = ""


def places(text: str, target: str) -> list[Place]:
    """Every pair of doubled braces of a manuscript, in order.

    Time grows with the length of the text, whatever stands in it.

    Parameters
    ----------
    text : str
    target : {'markdown', 'html', 'latex'}
        In LaTeX only names with a dot count, since braces are often doubled there.

    Returns
    -------
    list of Place

    Examples
    --------
    >>> [(p.name, p.code, p.barred) for p in places("{{a.b}} `{{c.d}}` [x]({{e.f}})", "markdown")]
    [('a.b', False, ''), ('c.d', True, ''), ('e.f', False, 'an attribute of a tag or the address of a link')]
    """
    if target == LATEX:
        found = latex_placeholders(text)
        return [Place(p.name, p.start, p.end, LATEX, p.code, p.barred) for p in found]
    # Tags of Quarto and Hugo, `{{< … >}}` and `{{% … %}}`, are theirs.
    matches = [m for m in _PLACEHOLDER.finditer(text) if not m[1].startswith(("<", "%"))]
    if not matches:
        return []
    tracer = _Tracer(text)
    traced = tracer.put(text, [m.start() for m in matches])
    seen = _in_markdown(traced, tracer) if target == MARKDOWN else _in_html(traced, tracer)
    out = []
    for k, match in enumerate(matches):
        escaped = target == MARKDOWN and _backslashes(text, match.start()) % 2 == 1
        kinds = seen.get(k, {_UNSEEN})
        barred = sorted(kind.barred for kind in kinds if kind.barred)
        code = escaped or any(kind.code for kind in kinds)
        how = next((kind.target for kind in kinds if kind.target), target)
        # An example may stand in an attribute that a parser makes of it (the language of a code block).
        out.append(Place(match[1].strip(), *match.span(), how, code, "" if code or not barred else barred[0]))
    return out


@dataclass(frozen=True)
class _Seen:
    """What one sight of a word says of it."""

    code: bool = False
    barred: str = ""
    target: str = ""


_TEXT, _EXAMPLE = _Seen(), _Seen(code=True)
_ATTRIBUTE = _Seen(barred="an attribute of a tag or the address of a link")
_UNSEEN = _Seen(barred="what readers do not see (a tag, or a link or footnote that nothing names)")
_RAW = _Seen(target=MARKDOWN_HTML)


class _Tracer:
    """Words that a text does not have, one per placeholder; they begin with a digit, which no tag and no list does."""

    def __init__(self, text: str) -> None:
        taken = {int(number) for number in re.findall(r"0z([0-9]{1,9})q", text.lower())}
        self._salt = next(k for k in range(len(taken) + 1) if k not in taken)
        self._word = re.compile(rf"0z{self._salt}q([0-9]+)q", re.IGNORECASE)

    def put(self, text: str, starts: list[int]) -> str:
        """`text` with a word in place of the opening braces at each of `starts`."""
        parts, end = [], 0
        for k, start in enumerate(starts):
            parts += [text[end:start], f"0z{self._salt}q{k}q"]
            end = start + 2
        return "".join([*parts, text[end:]])

    def find(self, text: str) -> list[int]:
        """Which words a text holds."""
        return [int(number) for number in self._word.findall(text)] if text else []


def _backslashes(text: str, end: int) -> int:
    start = end
    while start and text[start - 1] == "\\":
        start -= 1
    return end - start


# HTML ---------------------------------------------------------------------------------------------------------------


def _in_html(traced: str, tracer: _Tracer) -> dict[int, set[_Seen]]:
    from lxml import etree

    target = _Sights(tracer)
    parser = etree.HTMLParser(target=target, huge_tree=True)
    parser.feed(traced)
    return parser.close()


class _Sights:
    """What libxml2 tells of a page, kept as what was seen of each word."""

    def __init__(self, tracer: _Tracer) -> None:
        self._tracer = tracer
        self._seen: dict[int, set[_Seen]] = {}
        self._open: list[str] = []
        self._code = self._inside = 0
        self._text: list[str] = []

    def start(self, tag: str, attributes: Any) -> None:
        self._flush()
        self._note(_ATTRIBUTE, tag, *attributes.keys(), *attributes.values())
        self._open.append(tag)
        self._code += tag in _CODE
        self._inside += tag in _NO_COMMENT

    def end(self, tag: str) -> None:
        self._flush()
        self._open.pop()
        self._code -= tag in _CODE
        self._inside -= tag in _NO_COMMENT

    def data(self, text: str) -> None:
        # A text comes in pieces, which may part a word.
        self._text.append(text)

    def comment(self, text: str) -> None:
        self._flush()
        self._note(_EXAMPLE, text)

    def pi(self, name: str, text: str | None = None) -> None:
        self._flush()
        self._note(_EXAMPLE, name, text or "")

    def doctype(self, *parts: str | None) -> None:
        self._note(_Seen(barred="the document type"), *(part or "" for part in parts))

    def close(self) -> dict[int, set[_Seen]]:
        self._flush()
        return self._seen

    def _flush(self) -> None:
        if not self._text:
            return
        text, self._text = "".join(self._text), []
        words = self._tracer.find(text)
        if not words:
            return
        sight = _TEXT
        if self._inside:
            sight = _Seen(barred=next(_NO_COMMENT[tag] for tag in reversed(self._open) if tag in _NO_COMMENT))
        elif self._code:
            sight = _EXAMPLE
        self._add(words, sight)

    def _note(self, sight: _Seen, *texts: str) -> None:
        for text in texts:
            self._add(self._tracer.find(text), sight)

    def _add(self, words: Iterable[int], sight: _Seen) -> None:
        for k in words:
            self._seen.setdefault(k, set()).add(sight)


# Markdown -----------------------------------------------------------------------------------------------------------


def _in_markdown(traced: str, tracer: _Tracer) -> dict[int, set[_Seen]]:
    end = _FRONT_MATTER_END.match(traced)
    if end and end[1] == "...":
        # pandoc ends front matter so, too.
        traced = f"{traced[: end.start(1)]}---{traced[end.end(1) :]}"
    reader = _reader()
    environment: dict[str, Any] = {}
    tokens = reader.parse(traced, environment)
    seen: dict[int, set[_Seen]] = {}
    for token in (each for block in tokens for each in (block, *(block.children or ()))):
        sight = _SIGHTS.get(token.type)
        if sight is None:
            continue
        for k in tracer.find(f"{token.content} {token.info}"):
            seen.setdefault(k, set()).add(sight)
        if sight is not _RAW:
            # Left out of the page, where its text would be seen in an element of its own.
            token.content = token.info = ""
    page = reader.renderer.render(tokens, reader.options, environment)
    for k, kinds in _in_html(page, tracer).items():
        seen.setdefault(k, set()).update(kinds)
    return {k: kinds if kinds != {_RAW} else {_UNSEEN} for k, kinds in seen.items()}


_FRONT_MATTER_END = re.compile(r"---[ \t]*\n(?:(?!(?:---|\.\.\.)[ \t]*$).*\n)*(---|\.\.\.)[ \t]*$", re.MULTILINE)
_MATHEMATICS = _Seen(barred="mathematics (a dollar sign that begins none is written \\$)")
_SIGHTS = {
    "code_block": _EXAMPLE, "code_inline": _EXAMPLE, "fence": _EXAMPLE, "front_matter": _Seen(barred="front matter"),
    "html_block": _RAW, "math_block": _MATHEMATICS, "math_block_label": _MATHEMATICS, "math_inline": _MATHEMATICS,
    "math_inline_double": _MATHEMATICS,
}  # fmt: skip


def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.front_matter import front_matter_plugin

    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    reader.use(front_matter_plugin).use(footnote_plugin, inline=False).use(deflist_plugin)
    # As pandoc has it: $5 and $6 is no mathematics.
    return reader.use(dollarmath_plugin, allow_space=False, allow_digits=False, allow_labels=False, double_inline=True)
