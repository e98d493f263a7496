"""Tables in pages of Markdown and HTML, as rows of cells."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

import pandas as pd
from lxml import etree, html

__all__ = ["PageTable", "html_tables", "markdown_tables"]

# Elements that say something about a cell and are no part of it: notes, and what was struck out.
_BESIDE = (
    "//sup | //sub | //del | //s | //strike"
    " | //td//a[starts-with(@href, '#') and normalize-space(..) != normalize-space(.)]"
    " | //*[contains(@class, 'tooltip') or contains(@class, 'footnote') or contains(@class, 'sr-only')]"
)

#: Rows with their lines, the header first. Of HTML rows are counted within the table: headings may span several.
PageTable = list[tuple[int, list[Any]]]


def html_tables(text: str) -> tuple[list[PageTable], list[str]]:
    """The tables of a page of HTML, or of Markdown that holds some.

    Cells are text; one that links to a page is a link of Markdown. Notes and struck-out text are left out. Headings
    above one another are joined, cells over several rows or columns stand in each. What was left out or repeated is
    said in the second part of the result.

    Examples
    --------
    >>> html_tables("<table><tr><th>Model<th>Acc</tr><tr><td>Ash-1<td>0.40<sup>2</sup></tr></table>")
    ([[(1, ['Model', 'Acc']), (2, ['Ash-1', '0.40'])]], ['1 note or struck-out text in cells is not read (2)'])
    """
    said: list[str] = []
    try:
        page = html.fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
        said += _put_aside(page)
        plain = html.tostring(page, encoding="unicode")
        # With links cells are pairs of text, so that pandas makes no numbers of names.
        frames = pd.read_html(io.StringIO(plain), flavor="lxml", extract_links="all", keep_default_na=False)
    except (ValueError, etree.LxmlError):  # pandas' word for no table, and pages that end within a tag
        return [], []
    found = []
    for frame in frames:
        header = [_heading(column) for column in frame.columns]
        rows: list[list[Any]] = [header] if any(header) else []
        rows += [[_cell(cell) for cell in row] for row in frame.to_numpy(dtype=object).tolist()]
        if len(rows) > 1:
            found.append(list(enumerate(rows, start=1)))
    return found, said


def _put_aside(page: Any) -> list[str]:
    """Take from a page what is no part of its cells, and say what it was and what counts more than once."""
    said = []
    notes = [n for n in page.xpath(_BESIDE) if n.xpath("ancestor::td | ancestor::th")]
    texts = [text for note in notes if (text := _words([note]))]
    for note in notes:
        if note.getparent() is not None:
            note.drop_tree()
    if texts:
        what = "note or struck-out text in cells is" if len(texts) == 1 else "notes and struck-out texts in cells are"
        said.append(f"{len(texts)} {what} not read ({_few(texts)})")
    hidden = page.xpath("//tr[contains(translate(@style, ' ', ''), 'display:none') or @hidden]")
    if hidden:
        rows = "row that the page hides is" if len(hidden) == 1 else "rows that the page hides are"
        said.append(f"{len(hidden)} {rows} not read ({_few([_words(row) for row in hidden])})")
    wide = [
        text for cell in page.xpath("//tr[count(*) > 1]/td[@colspan > 1]") if re.search(r"\d", text := _words([cell]))
    ]
    if wide:
        cells = "cell over several columns counts" if len(wide) == 1 else "cells over several columns count"
        said.append(f"{len(wide)} {cells} in each ({_few(wide)})")
    return said


def _words(cells: Iterable[Any]) -> str:
    return " ".join(" ".join(cell.text_content().split()) for cell in cells)


def _few(texts: list[str]) -> str:
    return ", ".join(text[:40] for text in texts[:5]) + (" ..." if len(texts) > 5 else "")


def _heading(column: Any) -> str:
    """Text of a heading: of one level a pair of text and link, of several a pair for each; a number where none is."""
    if not isinstance(column, tuple):
        return ""
    levels = column if isinstance(column[0], tuple) else (column,)
    return " ".join(dict.fromkeys(str(level[0]).strip() for level in levels if level[0]))


def _cell(cell: Any) -> str | None:
    text, link = cell if isinstance(cell, tuple) else (cell, None)
    if not isinstance(text, str):  # a row that is shorter than others
        return None
    if link and re.fullmatch(r"https?://[^\s()]+", link) and not re.search(r"[\[\]()]", text):
        return f"[{text}]({link})"
    return text


def markdown_tables(text: str) -> list[PageTable]:
    """The tables of a text in Markdown.

    Examples
    --------
    >>> markdown_tables("| Model | Acc |\\n|---|---|\\n| Ash-1 | 0.4 |")
    [[(1, ['Model', 'Acc']), (3, ['Ash-1', '0.4'])]]
    """
    lines = text.splitlines()
    tables: list[PageTable] = []
    for k, line in enumerate(lines):
        rule = line.strip().strip("|")
        if k == 0 or "|" not in line or not re.fullmatch(r"[\s|:+-]*-{2,}[\s|:+-]*", rule) or "|" not in lines[k - 1]:
            continue
        rows = [(k, _bars(lines[k - 1]))]
        for n, row in enumerate(lines[k + 1 :], start=k + 2):
            if "|" not in row:
                break
            rows.append((n, _bars(row)))
        if len(rows) > 1:
            tables.append(rows)
    return tables


def _bars(line: str) -> list[Any]:
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
