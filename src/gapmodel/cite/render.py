"""Filling the placeholders of a manuscript from the claims of a run.

``{{gap.average}}`` stands for the number with unit and interval, ``{{gap.average.value}}``, ``.unit``, ``.interval``
and ``.sentence`` for its parts. Code and comments are left alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from gapmodel.cite.claims import Claims
from gapmodel.cite.targets import HTML, LATEX, LATEX_DEFINITION, MARKDOWN, line_counter, marked, target_of
from gapmodel.errors import ConfigError, DataError, UnknownNameError
from gapmodel.files.atomic import atomic_text

__all__ = ["Placeholder", "placeholders", "read_manuscript", "render_file", "render_text"]

_ANY = re.compile(r"\{\{([^{}\n]*)\}\}")
# Doubled braces are common in LaTeX; names of claims have a dot.
_PLACEHOLDER = {
    MARKDOWN: _ANY,
    HTML: _ANY,
    LATEX: re.compile(r"\{\{\s*([A-Za-z][\w-]*(?:\.[\w-]+)+)\s*\}\}"),
}
_TAG = r"<[A-Za-z/][^<>]*>"
_LEFT_ALONE = {
    MARKDOWN: re.compile(
        r"^ {0,3}(?P<fence>```+|~~~+)[^\n]*\n.*?(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)"
        r"|(?P<tick>(?<!`)`+(?!`))(?:.(?!\n\n))*?.(?<!`)(?P=tick)(?!`)|<!--.*?-->",
        re.DOTALL | re.MULTILINE,
    ),
    HTML: re.compile(r"<!--.*?-->", re.DOTALL),
    LATEX: re.compile(
        r"(?<!\\)(?:\\\\)*%[^\n]*|\\begin\{(?P<env>verbatim\*?|lstlisting|minted|comment)\}.*?\\end\{(?P=env)\}"
        r"|\\verb\*?(?P<bar>[^A-Za-z\s*]).*?(?P=bar)",
        re.DOTALL,
    ),
}
# A comment inside these would be shown, or would break them.
_FORBIDDEN = {
    MARKDOWN: re.compile(rf"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$|{_TAG}", re.DOTALL | re.MULTILINE),
    HTML: re.compile(rf"<(?P<raw>title|textarea|script|style)\b.*?</(?P=raw)\s*>|{_TAG}", re.DOTALL | re.IGNORECASE),
}


@dataclass(frozen=True)
class Placeholder:
    """Where a claim is asked for.

    Attributes
    ----------
    name : str
        The claim, with the part of it where one is named.
    start, end : int
        Positions in the text, with the braces.
    line : int
        From 1 on.
    """

    name: str
    start: int
    end: int
    line: int


def placeholders(text: str, target: str, *, file: str = "manuscript") -> list[Placeholder]:
    """Every placeholder outside code and comments.

    Parameters
    ----------
    text : str
    target : {'markdown', 'html', 'latex'}
        See `gapmodel.cite.targets.target_of`.
    file : str
        What messages call the text.

    Returns
    -------
    list of Placeholder
        In order.

    Raises
    ------
    ConfigError
        One stands where a mark cannot: in front matter, a tag, a title or a script.
    """
    alone = [match.span() for match in _LEFT_ALONE[target].finditer(text)]
    forbidden = _FORBIDDEN.get(target)
    barred = [match.span() for match in forbidden.finditer(text)] if forbidden else []
    number = line_counter(text)
    found = []
    for match in _PLACEHOLDER[target].finditer(text):
        at = match.start()
        if _inside(at, alone):
            continue
        line = number(at)
        if _inside(at, barred):
            raise ConfigError(
                f"{file}, line {line}: '{match[0]}' stands in front matter, a tag, a title or a script, where it could "
                "not be verified later: move it into the text"
            )
        found.append(Placeholder(match[1].strip(), *match.span(), line))
    return found


def render_text(text: str, claims: Claims, target: str, *, file: str = "manuscript") -> tuple[str, int]:
    """Fill the placeholders of a text.

    Parameters
    ----------
    text : str
    claims : Claims
    target, file
        See `placeholders`.

    Returns
    -------
    text : str
    count : int
        How many placeholders it had.

    Raises
    ------
    UnknownNameError
        Placeholders that name no claim; all are listed, with file, line and the nearest name.
    ConfigError
        See `placeholders`.
    """
    found = placeholders(text, target, file=file)
    faults, parts, end = [], [], 0
    for item in found:
        try:
            parts += [text[end : item.start], marked(claims, item.name, target)]
        except UnknownNameError as error:
            faults.append(f"{file}, line {item.line}: {error}")
        end = item.end
    if faults:
        raise UnknownNameError("\n".join(faults))
    body = "".join([*parts, text[end:]])
    if found and target == LATEX and LATEX_DEFINITION not in body:
        body = _with_definition(body)
    return body, len(found)


def render_file(manuscript: Path, claims: Claims, out: Path | None = None) -> tuple[Path, int]:
    """Write the filled manuscript.

    Parameters
    ----------
    manuscript : pathlib.Path
    claims : Claims
    out : pathlib.Path, optional
        Default: ``<name>.rendered.<ending>`` beside the manuscript.

    Returns
    -------
    out : pathlib.Path
    count : int
        How many placeholders were filled.

    Raises
    ------
    DataError
        The manuscript cannot be read.
    ConfigError
        Its ending is none of Markdown, HTML and LaTeX, it has no placeholder, or `out` is the manuscript, is of another
        kind or cannot be written.
    UnknownNameError
        See `render_text`.
    """
    target = target_of(manuscript)
    text = read_manuscript(manuscript)
    out = out or manuscript.with_name(f"{manuscript.stem}.rendered{manuscript.suffix}")
    if out.exists() and out.samefile(manuscript):
        raise ConfigError(f"'{out}' is the manuscript itself, which is never overwritten: give another --out")
    if out.is_dir():
        raise ConfigError(f"output '{out}' is a folder: give a file")
    if target_of(out) != target:
        raise ConfigError(f"'{out.name}' is another kind of file than '{manuscript.name}': give the same ending")
    body, count = render_text(text, claims, target, file=str(manuscript))
    if not count:
        raise ConfigError(f"'{manuscript}' has no placeholder such as {{{{gap.average}}}}: nothing to fill")
    if claims.draft:
        body = _draft_notice(body, target)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        atomic_text(out, body)
    except OSError as error:
        raise ConfigError(f"cannot write '{out}': {error.strerror or error}") from error
    return out, count


def read_manuscript(path: Path) -> str:
    """Text of a manuscript; line ends become ``\\n``.

    Raises
    ------
    DataError
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"no manuscript '{path}': check the name") from None
    except UnicodeDecodeError:
        raise DataError(f"manuscript '{path}' is not UTF-8: save it as UTF-8") from None
    except OSError as error:
        raise DataError(f"manuscript '{path}' cannot be read: {error.strerror or error}") from None


def _inside(at: int, spans: list[tuple[int, int]]) -> bool:
    """Whether a position lies in one of the spans, which are in order and apart."""
    k = bisect_right(spans, at, key=lambda span: span[0]) - 1
    return k >= 0 and at < spans[k][1]


def _with_definition(body: str) -> str:
    at = re.search(r"^[ \t]*\\documentclass", body, re.MULTILINE)
    start = at.start() if at else 0
    return f"{body[:start]}{LATEX_DEFINITION}\n{body[start:]}"


def _draft_notice(body: str, target: str) -> str:
    notice = "DRAFT: the run behind these numbers is not citable"
    if target == LATEX:
        return f"% {notice}\n{body}"
    # Front matter and a document type must stay first.
    return f"{body.rstrip()}\n\n<!-- {notice} -->\n"
