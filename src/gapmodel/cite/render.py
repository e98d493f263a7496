"""Filling the placeholders of a manuscript from the claims of a run.

``{{gap.average}}`` stands for the number with unit and interval, ``{{gap.average.value}}``, ``.unit``, ``.interval``
and ``.sentence`` for its parts. Code and comments are left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gapmodel.cite.claims import Claims
from gapmodel.cite.latex_walk import first_command, set_text
from gapmodel.cite.places import places
from gapmodel.cite.targets import LATEX, LATEX_DEFINITION, MARKDOWN, line_counter, line_guard, marked, target_of
from gapmodel.errors import ConfigError, DataError, UnknownNameError, printable, quoted
from gapmodel.files.atomic import atomic_text

__all__ = ["Placeholder", "placeholders", "read_manuscript", "render_file", "render_text"]

# Overrides of the direction of text.
_TURNED = re.compile("[\N{LEFT-TO-RIGHT OVERRIDE}\N{RIGHT-TO-LEFT OVERRIDE}]|<bdo\\b", re.IGNORECASE)
_SHOWN = 20


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
    target : str
        How text is escaped there: a name of `gapmodel.cite.targets`.
    """

    name: str
    start: int
    end: int
    line: int
    target: str


def placeholders(text: str, target: str, *, file: str = "manuscript") -> tuple[list[Placeholder], list[int]]:
    """Every placeholder of a text.

    Parameters
    ----------
    text : str
    target : {'markdown', 'html', 'latex'}
        See `gapmodel.cite.targets.target_of`.
    file : str
        What messages call the text.

    Returns
    -------
    found : list of Placeholder
        Those outside code, verbatim text and comments, in order.
    left : list of int
        Lines of those inside, which stay as they are.

    Raises
    ------
    ConfigError
        Some stand where a mark cannot: in front matter, an attribute, a title, a script, the address of a link,
        mathematics. Each with line and what that is, twenty at most and the count of the rest.
    """
    number = line_counter(text)
    found, left, faults = [], [], []
    for place in places(text, target):
        line = number(place.start)
        if place.code:
            left.append(line)
        elif place.barred:
            faults.append(
                f"{file}, line {line}: '{printable(text[place.start : place.end])}' stands in {place.barred}, where it "
                "could not be verified later: move it into the text"
            )
        else:
            found.append(Placeholder(place.name, place.start, place.end, line, place.target))
    if faults:
        raise ConfigError(_listed(faults))
    return found, left


def render_text(text: str, claims: Claims, target: str, *, file: str = "manuscript") -> tuple[str, int, list[int]]:
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
        How many placeholders were filled.
    left : list of int
        See `placeholders`.

    Raises
    ------
    UnknownNameError
        Placeholders that name no claim: file, line and the nearest name, of twenty at most and the count of the rest.
    ConfigError
        See `placeholders`.
    """
    found, left = placeholders(text, target, file=file)
    faults: list[str] = []
    parts, end, unknown = [], 0, 0
    for item in found:
        try:
            if len(faults) < _SHOWN:  # the nearest name takes a while
                filled = marked(claims, item.name, item.target)
            elif not claims.has(item.name):
                unknown += 1
                continue
        except UnknownNameError as error:
            faults.append(f"{file}, line {item.line}: {printable(str(error))}")
            continue
        if item.target == MARKDOWN:
            filled = line_guard(text[text.rfind("\n", 0, item.start) + 1 : item.start]) + filled
        parts += [text[end : item.start], filled]
        end = item.end
    if faults:
        raise UnknownNameError(_listed(faults, len(faults) + unknown))
    body = "".join([*parts, text[end:]])
    if found and target == LATEX and LATEX_DEFINITION not in set_text(body):
        body = _with_definition(body)
    return body, len(found), left


def render_file(manuscript: Path, claims: Claims, out: Path | None = None) -> tuple[Path, int, list[int]]:
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
    left : list of int
        See `placeholders`.

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
    body, count, left = render_text(text, claims, target, file=str(manuscript))
    if not count:
        beside = f" outside code and comments (lines {_some(left)})" if left else ""
        raise ConfigError(f"'{manuscript}' has no placeholder such as {{{{gap.average}}}}{beside}: nothing to fill")
    if claims.draft:
        body = _draft_notice(body, target)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        atomic_text(out, body)
    except OSError as error:
        raise ConfigError(f"cannot write '{out}': {error.strerror or error}") from error
    return out, count, left


def read_manuscript(path: Path) -> str:
    """Text of a manuscript; line ends become ``\\n``.

    Raises
    ------
    DataError
        It cannot be read, or turns the direction of its text round, so that 6.5 would be read as 5.6.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"no manuscript '{path}': check the name") from None
    except UnicodeDecodeError:
        raise DataError(f"manuscript '{path}' is not UTF-8: save it as UTF-8") from None
    except OSError as error:
        raise DataError(f"manuscript '{path}' cannot be read: {error.strerror or error}") from None
    if turned := _TURNED.search(text):
        line = line_counter(text)(turned.start())
        raise DataError(f"manuscript '{path}', line {line}: {quoted(turned[0])} turns digits round: take it out")
    return text


def _listed(faults: list[str], total: int | None = None) -> str:
    """The first of the faults, one a line, and how many more there are."""
    more = (len(faults) if total is None else total) - _SHOWN
    return "\n".join([*faults[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])


def _some(lines: list[int]) -> str:
    """Lines for a message."""
    lines = sorted(set(lines))
    return ", ".join(map(str, lines[:_SHOWN])) + (f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else "")


def _with_definition(body: str) -> str:
    start = first_command(body, "documentclass") or 0
    return f"{body[:start]}{LATEX_DEFINITION}\n{body[start:]}"


def _draft_notice(body: str, target: str) -> str:
    notice = "DRAFT: the run behind these numbers is not citable"
    if target == LATEX:
        return f"% {notice}\n{body}"
    # Front matter and a document type must stay first.
    return f"{body.rstrip()}\n\n<!-- {notice} -->\n"
