"""Markdown, HTML and LaTeX: escaping of plain text, and marks around a cited claim that readers do not see.

A mark travels with its text through edits, merges and copies of paragraphs, and needs no second file. In Markdown and
HTML it is a pair of comments; in LaTeX a macro that prints its second argument alone.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from html import escape as _html
from pathlib import Path

from gapmodel.cite.beside import latex_definitions, read_as
from gapmodel.cite.claims import Claims
from gapmodel.errors import ConfigError

__all__ = [
    "LATEX_DEFINITION",
    "TARGETS",
    "Mark",
    "broken_marks",
    "escape",
    "find_marks",
    "line_counter",
    "line_guard",
    "marked",
    "run_label",
    "target_of",
]

MARKDOWN, HTML, LATEX = "markdown", "html", "latex"
#: HTML inside Markdown: what CommonMark leaves as it is, and pandoc reads as Markdown again.
MARKDOWN_HTML = "html in markdown"
TARGETS = {".md": MARKDOWN, ".markdown": MARKDOWN, ".qmd": MARKDOWN, ".html": HTML, ".htm": HTML, ".tex": LATEX}
LATEX_DEFINITION = r"\providecommand{\gapmodelclaim}[2]{#2}"

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "^": r"\textasciicircum{}",
    "_": r"\_", "~": r"\textasciitilde{}", "%": r"\%", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "−": r"\ensuremath{-}", "\u00a0": "~", "–": "--", "—": "---", "’": "'",
    "≤": r"\ensuremath{\leq}", "≥": r"\ensuremath{\geq}",
}  # fmt: skip
_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~$^])")
_COMMENT = re.compile(r"<!--gapmodel (?P<fields>[^<>]*)-->|<!--gapmodel |<!--/gapmodel-->")
_MACRO = re.compile(r"\\gapmodelclaim\{(?P<fields>[^{}\\]*)\}\{")
#: Ways to define a macro by its name as text, which a reader of the file takes for none.
_BY_NAME = re.compile(
    r"\\(?:csname\s*|(?:@namedef|csdef|csgdef|csedef|cslet|csletcs)\s*\{\s*)gapmodelclaim(?![A-Za-z])"
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
# What may stand in a line before the first word of a block: quotes, points of lists, notes, definitions.
_LINE_START = re.compile(r"[\s>]*(?:(?:[-+*:~]|[0-9]{1,9}[.)]|\[\^[^\]\s]*\]:)[\s>]+)*")


@dataclass(frozen=True)
class Mark:
    """One cited claim in a manuscript.

    Attributes
    ----------
    reference : str
        Claim and variant: ``gap.average.interval``.
    data, run, manifest, language, comparison, digest : str
        First characters of the data hash, run identifier, first characters of the hash of the run's manifest (empty in
        marks of earlier versions and of runs in memory), language of the wording, hash of the comparison (``none``
        without), and hash of the text as it was rendered.
    text : str
        As it stands in the manuscript now.
    line : int
    start : int
        Position in the manuscript.
    read_as : str
        The number as a reader takes it where more is glued to the text; empty where nothing is.
    """

    reference: str
    data: str
    run: str
    manifest: str
    language: str
    comparison: str
    digest: str
    text: str
    line: int
    start: int = 0
    read_as: str = ""

    @property
    def intact(self) -> bool:
        """Whether the text is the one that was rendered; line breaks and other white space do not matter."""
        return digest(self.text) == self.digest


def target_of(path: Path) -> str:
    """Which of Markdown, HTML and LaTeX a file is, by the end of its name.

    Raises
    ------
    ConfigError
        None of them.
    """
    target = TARGETS.get(path.suffix.lower())
    if target is None:
        raise ConfigError(
            f"'{path.name}' ends in none of {', '.join(TARGETS)}: rename it, so that text is escaped right"
        )
    return target


def escape(text: str, target: str) -> str:
    """Plain text for a target."""
    return _ESCAPES[target](text)


def _latex(text: str) -> str:
    return re.sub(r" (?=\\%)", r"\\,", "".join(_LATEX.get(c, c) for c in text))


def _markdown(text: str) -> str:
    # `&` and `<` would begin an entity or a tag.
    return _MARKDOWN.sub(r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _markdown_html(text: str) -> str:
    return _MARKDOWN.sub(lambda match: f"&#{ord(match[1])};", _html(text, quote=False))


_ESCAPES: dict[str, Callable[[str], str]] = {
    MARKDOWN: _markdown,
    MARKDOWN_HTML: _markdown_html,
    HTML: lambda text: _html(text),
    LATEX: _latex,
}


def line_counter(text: str) -> Callable[[int], int]:
    """A function from a position in `text` to its line, the first being 1."""
    ends = [match.start() for match in re.finditer("\n", text)]
    return lambda position: bisect_left(ends, position) + 1


def run_label(run_id: str) -> str:
    """A run identifier without characters that would end a mark."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", run_id)


def digest(text: str) -> str:
    """Hash of a text with its white space made even."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]


def line_guard(before: str) -> str:
    """What keeps a mark in Markdown part of its line: a comment that begins a line makes HTML of the whole line.

    Parameters
    ----------
    before : str
        The line up to the mark.

    Returns
    -------
    str
        An empty element where the mark would begin a block, else nothing.
    """
    return "<span></span>" if _LINE_START.fullmatch(before) else ""


def marked(claims: Claims, reference: str, target: str) -> str:
    """The escaped text of a claim inside its mark.

    Parameters
    ----------
    claims : Claims
    reference : str
        Name of a claim, with the part of it where one is wanted.
    target : {'markdown', 'html', 'latex', 'html in markdown'}

    Returns
    -------
    str

    Raises
    ------
    UnknownNameError
        See `Claims.resolve`.
    """
    claim, variant = claims.resolve(reference)
    text, source = escape(claim.texts[variant], target), claims.source
    fields = (
        f"{claim.id}.{variant}", f"data={source.data_sha256[:12]}", f"run={run_label(source.run_id)}",
        *([f"manifest={source.manifest_sha256[:12]}"] if source.manifest_sha256 else []),
        f"lang={claims.language}", f"comparison={claims.comparison or 'none'}", f"text={digest(text)}",
    )  # fmt: skip
    if target == LATEX:
        return rf"\gapmodelclaim{{{';'.join(fields)}}}{{{text}}}"
    return f"<!--gapmodel {';'.join(fields)}-->{text}<!--/gapmodel-->"


def find_marks(text: str, target: str) -> list[Mark]:
    """Every cited claim of a manuscript, in order; marks that cannot be read are left to `broken_marks`."""
    number = line_counter(text)
    found = []
    macros = latex_definitions(text) if target == LATEX else {}
    for start, end, head, body in _read(text, target)[0]:
        reference, _, rest = head.partition(";")
        fields = dict(part.split("=", 1) for part in rest.split(";") if "=" in part)
        if {"data", "run", "lang", "comparison", "text"} <= fields.keys():
            line = number(start)
            found.append(
                Mark(
                    reference.strip(),
                    fields["data"],
                    fields["run"],
                    fields.get("manifest", ""),
                    fields["lang"],
                    fields["comparison"],
                    fields["text"].strip(),
                    body,
                    line,
                    start,
                    read_as(text, start, end, body, latex=target == LATEX, macros=macros),
                )
            )
    return found


def broken_marks(text: str, target: str) -> list[int]:
    """Lines with the beginning or the end of a mark that has lost its other half or its fields."""
    number = line_counter(text)
    spans, halves = _read(text, target)
    good = {mark.start for mark in find_marks(text, target)}
    return sorted({number(at) for at in (*halves, *({start for start, *_ in spans} - good))})


def _read(text: str, target: str) -> tuple[list[tuple[int, int, str, str]], list[int]]:
    """Positions of beginning and end, fields and text of each whole mark, and positions of halves of others."""
    spans: list[tuple[int, int, str, str]] = []
    if target == LATEX:
        ends = _closing_braces(text)
        for match in _MACRO.finditer(text):
            end = ends.get(match.end() - 1)
            if end is not None:
                spans.append((match.start(), end + 1, match["fields"], text[match.end() : end]))
        whole = {start for start, *_ in spans}
        # The definition of the macro is no use of it.
        uses = re.finditer(r"(?<!\\providecommand\{)\\gapmodelclaim(?![A-Za-z])", text)
        by_name = [match.start() for match in _BY_NAME.finditer(text)]
        return spans, [*by_name, *(use.start() for use in uses if use.start() not in whole)]
    halves: list[int] = []
    begun = None
    for match in _COMMENT.finditer(text):
        if match[0] != "<!--/gapmodel-->":
            # A mark that lost its end does not reach into the next one.
            halves += [begun.start()] if begun else []
            begun = match
        elif begun is None:
            halves.append(match.start())
        else:
            body = text[begun.end() : match.start()]
            spans.append((begun.start(), match.end(), begun["fields"] or "", body))
            begun = None
    return spans, halves + ([begun.start()] if begun else [])


def _closing_braces(text: str) -> dict[int, int]:
    """Position of each opening brace → that of the one that closes it."""
    ends, open_ = {}, []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            open_.append(match.start())
        elif match[0] == "}" and open_:
            ends[open_.pop()] = match.start()
    return ends
