"""Tables in pages of Markdown and HTML, as rows of cells."""

from __future__ import annotations

import io
import re
from typing import Any

import pandas as pd
from lxml import etree, html

__all__ = ["PageTable", "has_html_table", "html_tables", "markdown_tables"]

#: Rows with their lines, the header first. Of HTML rows are counted within the table: headings may span several.
PageTable = list[tuple[int, list[Any]]]
_ENDS = (".md", ".markdown", ".html", ".htm")


def has_html_table(text: str, file: str) -> bool:
    """Whether a text is a page, and a table of HTML begins in it.

    Examples
    --------
    >>> has_html_table("# Board <table><tr>", "a.md"), has_html_table("model,note\\nA,<table>", "a.csv")
    (True, False)
    """
    page = file.lower().endswith(_ENDS) or text.lstrip()[:1] == "<"
    return page and re.search(r"<table[\s>]", text, re.IGNORECASE) is not None


def html_tables(text: str) -> list[PageTable]:
    """The tables of a page of HTML, or of Markdown that holds some.

    Cells are text; one that links to a page is a link of Markdown, and a raised sign, a footnote, is left out. Headings
    above one another are joined, cells over several rows or columns stand in each.

    Examples
    --------
    >>> html_tables("<table><tr><th>Model<th>Acc</tr><tr><td>Ash-1<td>0.40<sup>2</sup></tr></table>")
    [[(1, ['Model', 'Acc']), (2, ['Ash-1', '0.40'])]]
    """
    try:
        page = html.fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
        for raised in page.xpath("//sup | //sub"):
            raised.drop_tree()
        plain = html.tostring(page, encoding="unicode")
        # With links cells are pairs of text, so that pandas makes no numbers of names.
        frames = pd.read_html(io.StringIO(plain), flavor="lxml", extract_links="all", keep_default_na=False)
    except (ValueError, etree.LxmlError):  # pandas' word for no table, and pages that end within a tag
        return []
    found = []
    for frame in frames:
        header = [_heading(column) for column in frame.columns]
        rows: list[list[Any]] = [header] if any(header) else []
        rows += [[_cell(cell) for cell in row] for row in frame.to_numpy(dtype=object).tolist()]
        if len(rows) > 1:
            found.append(list(enumerate(rows, start=1)))
    return found


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
