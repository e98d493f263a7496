"""Pieces of HTML: figure frames, tables, buttons. Arguments ``*_html`` are taken as they are; all else is escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gapmodel.report.text import esc, number, prose

__all__ = [
    "Cell",
    "Row",
    "Section",
    "buttons",
    "definition_list",
    "figure",
    "paragraphs",
    "scope",
    "scroll",
    "table",
    "table_block",
]


# The values of a table's row, and its data attributes.
type Row = tuple[Sequence[Any], dict[str, Any]]


@dataclass(frozen=True)
class Section:
    """A part of the page: anchor, heading, content."""

    name: str
    heading: str
    html: str


@dataclass(frozen=True)
class Cell:
    """A table cell: a number with its shown digits or text, or text; `attributes` are ``data-*`` names and values."""

    value: Any
    digits: int = 1
    attributes: tuple[tuple[str, Any], ...] = ()
    text: str | None = None

    def html(self) -> str:
        """As ``td``; numbers carry their unrounded value for the CSV download."""
        extra = "".join(f' data-{name}="{esc(value)}"' for name, value in self.attributes)
        value = self.value
        if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
            return f'<td class="n"{extra}></td>'
        if isinstance(value, bool):
            return f"<td{extra}>{'yes' if value else 'no'}</td>"
        if hasattr(value, "item"):
            value = value.item()
        if isinstance(value, float) and self.digits and value.is_integer() and abs(value) >= 100:
            value = int(value)  # a count
        if isinstance(value, int):
            return f'<td class="n" data-v="{value}"{extra}>{value}</td>'
        if isinstance(value, float):
            shown = number(value, self.digits) if self.text is None else esc(self.text)
            return f'<td class="n" data-v="{value:.6g}"{extra}>{shown}</td>'
        return f"<td{extra}>{esc(value)}</td>"


def table(
    columns: Sequence[str],
    rows: Iterable[Row],
    *,
    caption: str,
    name: str = "",
    digits: int = 2,
) -> str:
    """A table whose first column heads the rows.

    Parameters
    ----------
    columns : sequence of str
    rows : iterable of Row
        A value may be a `Cell`; others become one with `digits`.
    caption : str
    name : str
        Anchor; none by default.
    digits : int
        Behind the point, of numbers that are no `Cell`.

    Returns
    -------
    str
        HTML.
    """
    head = "".join(f'<th scope="col">{esc(c)}</th>' for c in columns)
    body = []
    for values, attributes in rows:
        first, *others = values
        extra = "".join(f' data-{key}="{esc(value)}"' for key, value in attributes.items())
        cells = "".join((c if isinstance(c, Cell) else Cell(c, digits)).html() for c in others)
        body.append(f'<tr{extra}><th scope="row">{esc(first)}</th>{cells}</tr>')
    mark = f' id="{esc(name)}"' if name else ""
    start = f"<table{mark}><caption>{esc(caption)}</caption><thead><tr>{head}</tr></thead>"
    return f"{start}<tbody>{''.join(body)}</tbody></table>"


def scroll(content_html: str, *, label: str) -> str:
    """A region that scrolls by itself, reachable by keyboard, so that the page never scrolls sideways."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{esc(label)}">{content_html}</div>'


def buttons(kinds: Sequence[str], *, of: str) -> str:
    """Download buttons of a figure or table."""
    parts = [
        f'<button type="button" data-download="{kind}" aria-label="{kind.upper()} of {esc(of)}">{kind.upper()}</button>'
        for kind in kinds
    ]
    return f'<div class="tools">{"".join(parts)}</div>'


def figure(
    name: str,
    *,
    title: str,
    caption: str,
    alt: str,
    table_html: str,
    builder: str | None = None,
    key: int | None = None,
    heading: str = "h3",
    controls_html: str = "",
    attributes: str = "",
    scope_html: str = "",
) -> str:
    """A figure: title, legend and drawing (made by the scripts), caption in words, downloads, data table.

    Parameters
    ----------
    name : str
        Anchor, ``fig-<name>``.
    alt : str
        What the drawing shows, for those who do not see it.
    builder : str, optional
        Name of the drawing function, if not `name`; `key` says which of its drawings, which share one legend.
    controls_html : str
        Put between title and drawing.
    scope_html : str
        What it is of, see `scope`; put below the title.
    """
    ident = f"fig-{esc(name)}"
    which = "" if key is None else f' data-key="{key}"'
    legend = '<ul class="legend" aria-hidden="true"></ul>' if key is None else ""
    return f"""<figure id="{ident}" aria-labelledby="{ident}-title"{attributes}>
<{heading} id="{ident}-title">{esc(title)}</{heading}>
{scope_html}{controls_html}{legend}
<div class="plot" data-figure="{esc(builder or name)}"{which} role="img" aria-label="{esc(alt)}"></div>
<figcaption>{prose(caption)}</figcaption>
<div class="under"><details><summary>Data table</summary>{scroll(table_html, label=f"Data: {title}")}</details>
{buttons(("svg", "png", "csv"), of=title)}</div>
</figure>"""


def scope(words: str, *, follows: str = "", fixed: str = "") -> str:
    """Line that says of which benchmarks a part of the page is, kept true by the scripts when some are chosen.

    Parameters
    ----------
    words : str
        While all are chosen.
    follows : str
        What follows a choice (``Rings``, or ``All``).
    fixed : str
        What a choice cannot change and why; a part that only has this is greyed by a choice.
    """
    return (
        f'<p class="scope" data-all="{esc(words)}" data-follows="{esc(follows)}" data-fixed="{esc(fixed)}">'
        f"{esc(words)}</p>"
    )


def paragraphs(*texts: str) -> str:
    """Escaped paragraphs."""
    return "".join(f"<p>{prose(text)}</p>" for text in texts)


def definition_list(entries: Iterable[tuple[str, Any]]) -> str:
    """Terms with what they are; entries without a value are left out."""
    rows = [f"<dt>{esc(k)}</dt><dd>{esc(v)}</dd>" for k, v in entries if v not in (None, "")]
    return f'<dl class="facts">{"".join(rows)}</dl>'


def table_block(name: str, *, title: str, table_html: str, opened: bool = True) -> str:
    """A table of its own with a CSV download."""
    shown = " open" if opened else ""
    return (
        f'<div id="fig-{esc(name)}" class="block" data-table><div class="under">'
        f"<details{shown}><summary>{esc(title)}</summary>{scroll(table_html, label=title)}</details>"
        f"{buttons(('csv',), of=title)}</div></div>"
    )
