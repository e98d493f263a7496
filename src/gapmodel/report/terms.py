"""Terms of the field on the page: the first use in each section leads to what it means, and a glossary has them all."""

from __future__ import annotations

import re

from gapmodel.analysis.glossary import TERMS, Term, mark_terms
from gapmodel.report.html import Section
from gapmodel.report.text import esc

__all__ = ["glossary", "with_terms"]

# Elements in whose text terms are marked, and those inside them in which they are not.
_IN = frozenset({"p", "li", "figcaption", "th", "dt", "dd", "h3"})
_NOT_IN = frozenset(
    {"a", "button", "label", "output", "code", "pre", "math", "tbody", "select", "fieldset", "summary", "nav", "svg"}
)
_VOID = frozenset({"input", "br", "img", "meta", "hr"})
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)((?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>")


def with_terms(html: str) -> str:
    """HTML of a section with the first use of each term as a link to the glossary.

    Text of data stands in tables and labels, and is left alone.
    """
    parts, seen, place = [], set[str](), 0
    open_tags: list[str] = []
    for tag in _TAG.finditer(html):
        parts.append(_marked(html[place : tag.start()], open_tags, seen))
        parts.append(tag[0])
        place = tag.end()
        name = tag[2].lower()
        if tag[1]:
            while open_tags and open_tags.pop() != name:
                pass
        elif name not in _VOID and not tag[3].endswith("/"):
            open_tags.append("label" if 'class="scope"' in tag[3] else name)
    return "".join([*parts, html[place:]])


def _marked(text: str, open_tags: list[str], seen: set[str]) -> str:
    if not text.strip() or not _IN.intersection(open_tags) or _NOT_IN.intersection(open_tags):
        return text
    return mark_terms(text, _link, seen=seen)


def _link(words: str, term: Term) -> str:
    return f'<a class="term" href="#{term.key}">{words}</a>'


def glossary() -> Section:
    """All terms, where links lead to without scripts and where one can read on."""
    rows = "".join(
        f'<dt id="{term.key}" tabindex="-1">{esc(term.name)}</dt><dd>{esc(term.meaning)}</dd>' for term in TERMS
    )
    return Section("glossary", "Glossary", f'<dl class="facts">{rows}</dl>')
