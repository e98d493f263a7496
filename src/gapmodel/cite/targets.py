"""Markdown, HTML and LaTeX: escaping of plain text, and marks around a cited claim that readers do not see.

A mark travels with its text through edits, merges and copies of paragraphs, and needs no second file. In Markdown and
HTML it is a pair of comments; in LaTeX a macro that prints its second argument alone.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape as _html
from pathlib import Path

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
    "marked",
    "run_label",
    "target_of",
]

MARKDOWN, HTML, LATEX = "markdown", "html", "latex"
TARGETS = {".md": MARKDOWN, ".markdown": MARKDOWN, ".qmd": MARKDOWN, ".html": HTML, ".htm": HTML, ".tex": LATEX}
LATEX_DEFINITION = r"\providecommand{\gapmodelclaim}[2]{#2}"

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "^": r"\textasciicircum{}",
    "_": r"\_", "~": r"\textasciitilde{}", "%": r"\%", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "−": r"\ensuremath{-}", "\u00a0": "~", "–": "--", "—": "---", "’": "'",
    "≤": r"\ensuremath{\leq}", "≥": r"\ensuremath{\geq}",
}  # fmt: skip
_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~$^])")
_COMMENT = re.compile(r"<!--gapmodel ([^>]*?)-->(.*?)<!--/gapmodel-->", re.DOTALL)
_MACRO = re.compile(r"\\gapmodelclaim\{([^{}]*)\}\{")


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


_ESCAPES: dict[str, Callable[[str], str]] = {MARKDOWN: _markdown, HTML: lambda text: _html(text), LATEX: _latex}


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


def marked(claims: Claims, reference: str, target: str) -> str:
    """The escaped text of a claim inside its mark.

    Parameters
    ----------
    claims : Claims
    reference : str
        Name of a claim, with the part of it where one is wanted.
    target : {'markdown', 'html', 'latex'}

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
    for start, head, body in _spans(text, target):
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
                )
            )
    return found


def broken_marks(text: str, target: str) -> list[int]:
    """Lines with the beginning or the end of a mark that has lost its other half or its fields."""
    number = line_counter(text)
    starts = {start for start, _, _ in _spans(text, target)}
    good = {mark.line for mark in find_marks(text, target)}
    if target == LATEX:
        # The definition of the macro is no use of it.
        beginnings = [m.start() for m in re.finditer(r"(?<!\\providecommand\{)\\gapmodelclaim(?![A-Za-z])", text)]
        lost = len(beginnings) != len(starts)
    else:
        beginnings = [m.start() for m in re.finditer(r"<!--gapmodel ", text)]
        lost = len(beginnings) != len(starts) or text.count("<!--/gapmodel-->") != len(starts)
    lines = {number(at) for at in beginnings if at not in starts}
    lines |= {number(start) for start in starts} - good
    if lost and not lines:
        lines = {number(m.start()) for m in re.finditer(r"<!--/gapmodel-->", text)} - good
    return sorted(lines)


def _spans(text: str, target: str) -> Iterator[tuple[int, str, str]]:
    """Position, fields and text of each mark."""
    if target != LATEX:
        for match in _COMMENT.finditer(text):
            # A mark that lost its end would reach into the next one.
            if "<!--gapmodel " not in match[2]:
                yield match.start(), match[1], match[2]
        return
    for match in _MACRO.finditer(text):
        end = _closing_brace(text, match.end())
        if end is not None:
            yield match.start(), match[1], text[match.end() : end]


def _closing_brace(text: str, start: int) -> int | None:
    depth, k = 1, start
    while k < len(text):
        if text[k] == "\\":
            k += 2
            continue
        depth += (text[k] == "{") - (text[k] == "}")
        if depth == 0:
            return k
        k += 1
    return None
