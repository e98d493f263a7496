"""From a file of any usual kind to one table of cells: CSV and its kin, JSON, YAML, pages, spreadsheets, parquet.

What the file is, is told by its content; its name decides nothing but YAML. A table has object cells and an index
``line``: the line of a text file or the row of a sheet, else the number of the record.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import importlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from gapmodel.errors import DataError, UnknownNameError, nearest, quoted
from gapmodel.sources.artificial_analysis.records import load_json
from gapmodel.sources.convert.cells import cell_text, link_text
from gapmodel.sources.convert.kinds import FEATHER, PACKED, PARQUET, TABLES, ZIP, has_html_table, why_unread
from gapmodel.sources.convert.nested import records_table
from gapmodel.sources.convert.pages import PageTable, html_tables, markdown_tables
from gapmodel.sources.epoch.hub import HUB_INDEX
from gapmodel.sources.web.archive import MAX_FILE_BYTES, read_archive

__all__ = ["Sheet", "file_kind", "plain_content", "read_content", "read_folder", "read_sheet", "structure"]

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_OPEN: dict[str, Callable[[io.BytesIO], Any]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
_HOW = 'save it as CSV, or run pip install "gapmodel[tables]"'


@dataclass(frozen=True)
class Sheet:
    """One table of a file.

    Attributes
    ----------
    table : pandas.DataFrame
        Object cells, index ``line``; columns are text, each once.
    notes : tuple of str
        What was done to read it.
    left_out : tuple of (kind, name, reason)
    semicolons : bool
        Cells are separated by semicolons, so that decimals may have a comma.
    """

    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str, str], ...] = ()
    semicolons: bool = False


def file_kind(file: Path) -> str:
    """``epoch`` for a folder or archive of Epoch AI's hub, else ``auto``."""
    if file.is_dir():
        return "epoch"
    if file.suffix.lower() == ".zip" and file.is_file():
        try:
            with zipfile.ZipFile(file) as archive:
                return "epoch" if any(HUB_INDEX in name for name in archive.namelist()) else "auto"
        except (OSError, zipfile.BadZipFile):
            pass
    return "auto"


def read_content(file: Path) -> bytes:
    """The bytes of a file.

    Raises
    ------
    DataError
        It cannot be read.
    """
    try:
        return file.read_bytes()
    except IsADirectoryError:
        raise DataError(f"{file}: this is a folder; name a file in it, or say --from epoch for a hub export") from None
    except FileNotFoundError:
        near = nearest(file.name, [f.name for f in file.parent.iterdir()]) if file.parent.is_dir() else ""
        raise DataError(f"{file}: no such file{near or '; check the name'}") from None
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}); check the name") from None


def read_folder(file: Path) -> dict[str, bytes]:
    """The CSV files of a folder, its folders or an archive, by name.

    Raises
    ------
    DataError
        There is none, or two have one name.
    """
    if not file.is_dir():
        content = read_content(file)
        if not content.startswith(ZIP):
            raise DataError(f"{file}: neither a folder nor a zip archive; give Epoch's hub export as one of them")
        return read_archive(content, what=str(file))
    found: dict[str, bytes] = {}
    for path in sorted(file.rglob("*.csv")):
        if path.name in found:
            raise DataError(f"{file}: two files are named {quoted(path.name)}; which counts is not settled")
        found[path.name] = read_content(path)
    if not found:
        raise DataError(f"{file}: no CSV file in this folder; give the folder of Epoch's hub export")
    return found


def plain_content(content: bytes, file: str) -> tuple[bytes, str]:
    """What is packed in gzip, bzip2, xz or a zip archive of one table, and its name; anything else as it is.

    Raises
    ------
    DataError
        The archive is damaged, far too large, or holds several tables.
    """
    packed = next((found for magic, found in PACKED.items() if content.startswith(magic)), None)
    if packed is not None:
        name, ending = packed
        try:
            with _OPEN[name](io.BytesIO(content)) as stream:
                inner = stream.read(MAX_FILE_BYTES + 1)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise DataError(f"{file}: a damaged {name} file ({error}); save it again") from None
        if len(inner) > MAX_FILE_BYTES:
            raise DataError(f"{file}: it unpacks to more than {MAX_FILE_BYTES // 2**20} MB; unpack it, and cut it down")
        return plain_content(inner, file.removesuffix(ending))
    if content.startswith(ZIP) and _inside(content) == "zip":
        files = read_archive(content, what=file, ext=TABLES)
        if len(files) == 1:
            ((name, inner),) = files.items()
            return inner, name
        names = ", ".join(sorted(files)[:5])
        raise DataError(f"{file}: it holds {len(files)} tables ({names} ...); give one, or a hub export --from epoch")
    return content, file


def structure(content: bytes, file: str) -> Any:
    """What a JSON or YAML file says, as lists, dicts and values; ``None`` for any other kind.

    Raises
    ------
    DataError
        It begins like one and is damaged.
    """
    if content.startswith((ZIP, PARQUET, FEATHER)) or why_unread(content):
        return None
    text, _ = _decode(content, file)
    start = text.lstrip()[:1]
    if start in ("{", "["):
        if not re.match(r"\s*\[[^\]\n]*\]\([^)]*\)", text):  # a link of Markdown
            return _json(text, file)
    elif file.lower().endswith((".yml", ".yaml")) or _like_yaml(text):
        return _yaml(text, file)
    return None


def read_sheet(content: bytes, file: str, *, sheet: str | None = None, transposed: bool | None = None) -> Sheet:
    """The table of a file.

    Parameters
    ----------
    content : bytes
    file : str
        What messages call it.
    sheet : str, optional
        Which sheet of a spreadsheet; default: the first that has a table.
    transposed : bool, optional
        Of a mapping of mappings: whether the inner names are models; default: as the names tell.

    Raises
    ------
    DataError
        It is no table, or a package is needed to read it; the text says what to do.
    """
    if content.startswith((PARQUET, FEATHER)):
        return _frame(_parquet(content, file), file)
    if content.startswith(ZIP):
        kind = _inside(content)
        if kind != "xlsx":
            raise DataError(f"{file}: this is {kind}, which is not read; save it as .xlsx or CSV")
        return _spreadsheet(content, file, sheet)
    unread = why_unread(content)
    if unread:
        raise DataError(f"{file}: this is {unread}")
    data = structure(content, file)
    if data is not None:
        table, notes, left_out = records_table(data, file, transposed=transposed)
        return Sheet(table, tuple(notes), tuple(left_out))
    text, notes = _decode(content, file)
    if file.lower().endswith((".xlsx", ".parquet", ".feather")) and not (text.lstrip()[:1] == "<" or _delimited(text)):
        raise DataError(f"{file}: the content is plain text, which the name denies; save the table again")
    tables, form = markdown_tables(text), "Markdown"
    if has_html_table(text, file):
        more, said_of_page = html_tables(text)
        notes = [*notes, *said_of_page]
        tables, form = tables + more, "Markdown and HTML" if tables and more else "HTML" if more else form
    if tables:
        return _of_page(tables, form, file, notes)
    if text.lstrip()[:1] == "<":
        raise DataError(
            f"{file}: this is a page of HTML without a table in it (a script may draw it); export it as CSV or JSON, "
            "or copy the table"
        )
    if re.search(r"(?m)^(#{1,6} |```|!?\[[^\]]+\]\()", text) and file.lower().endswith((".md", ".markdown")):
        raise DataError(f"{file}: a page of Markdown without a table in it; give the file that has the table")
    delimiter = _delimiter(text)
    said = [] if delimiter == "," else [f"cells are separated by {_DELIMITERS[delimiter]}"]
    return _headed(_cells(text, delimiter, file), file, [*notes, *said], semicolons=delimiter == ";")


def _decode(content: bytes, file: str) -> tuple[str, list[str]]:
    """Text of a file in UTF-8, UTF-16 or, where it is neither, Windows-1252."""
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    name = next((name for mark, name in marks.items() if content.startswith(mark)), "utf-8")
    if name == "utf-8":
        # Without a mark, in text of UTF-16 nearly every second byte is zero.
        first, second = ([byte == 0 for byte in content[k:400:2]] for k in (0, 1))
        if len(second) > 1 and sum(second) > 0.8 * len(second) and not any(first):
            name = "utf-16-le"
        elif len(second) > 1 and sum(first) > 0.8 * len(first) and not any(second):
            name = "utf-16-be"
    try:
        text = content.decode(name)
    except UnicodeDecodeError as error:
        text, name = content.decode("cp1252", errors="replace"), "Windows-1252"
        if re.search(r"[\x00-\x08\x0e-\x1f\ufffd]", text):  # no text of that kind either
            line = content.count(b"\n", 0, error.start) + 1
            raise DataError(f"{file}, line {line}: the text is not UTF-8; save the file as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"{file}, line {line}: the text has a NUL byte; export the table in UTF-8 again")
    said = name.upper() if name.startswith("utf-16") else name
    return text, [f"the text is {said}, read as such"] if name in ("Windows-1252",) or name.startswith("utf-16") else []


def _json(text: str, file: str) -> Any:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines):
        return [load_json(line.encode(errors="replace"), f"{file}, line {k}") for k, line in enumerate(lines, start=1)]
    return load_json(text.encode(errors="replace"), file)


def _like_yaml(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")][:200]
    like = sum(bool(re.match(r"\s*(- )?[\w.+'\" /()-]+:(\s|$)|\s*- ", line)) for line in lines)
    return len(lines) > 1 and like == len(lines)


def _yaml(text: str, file: str) -> Any:
    # Every value as text, as in CSV: no date, truth or number is made of a name, and no object of anything.
    yaml = _package("yaml", "PyYAML", file)
    try:
        return getattr(yaml, "CBaseLoader", yaml.BaseLoader)(text).get_single_data()
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise DataError(f"{file}{where}: no valid YAML; fix it there, or export the table as CSV") from None


def _parquet(content: bytes, file: str) -> pd.DataFrame:
    kind, read = ("parquet", pd.read_parquet) if content.startswith(PARQUET) else ("feather", pd.read_feather)
    _package("pyarrow", f"{kind} files", file)
    try:
        return read(io.BytesIO(content))
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: a damaged {kind} file ({error}); save it again") from None


def _spreadsheet(content: bytes, file: str, sheet: str | None) -> Sheet:
    openpyxl = _package("openpyxl", "spreadsheets", file)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True, read_only=False)
    except Exception as error:  # of damaged files it lets anything through
        raise DataError(f"{file}: a spreadsheet that cannot be read ({error}); save it again, or as CSV") from None
    names = list(book.sheetnames)
    if sheet is not None and sheet not in names:
        raise UnknownNameError(f"{file}: no sheet {quoted(sheet)}{nearest(sheet, names)}; it has {', '.join(names)}")
    filled = [n for n in names if getattr(book[n], "max_row", 0) > 1 and getattr(book[n], "max_column", 0) > 1]
    if not filled and sheet is None:
        raise DataError(f"{file}: no sheet holds a table; give a header row and one row per model")
    tables: dict[str, Sheet] = {}
    wrong: DataError | None = None
    for name in [sheet] if sheet is not None else filled:
        rows = [(k, list(row)) for k, row in enumerate(book[name].iter_rows(values_only=True), start=1)]
        try:
            tables[name] = _headed(rows, file if len(filled) < 2 else f"{file}, sheet {name}", [])
        except DataError as error:
            wrong = error
    formulas = _without_value(openpyxl, content, book, list(tables))
    if formulas:
        where = ", ".join(formulas[:10]) + (f" and {len(formulas) - 10} more" if len(formulas) > 10 else "")
        fix = "open the file in a spreadsheet program and save it, or save it as CSV"
        raise DataError(f"{file}, {where}: formulas without their values; {fix}")
    if not tables:
        raise wrong or DataError(f"{file}: no sheet holds a table")
    # The sheet with models in it; others are named, so that nothing is lost unseen.
    of_models = [n for n, t in tables.items() if any(re.match(r"(?i)model|name|llm", str(c)) for c in t.table)]
    chosen = (of_models or list(tables))[0]
    others = [n for n in filled if n != chosen]
    note = (f"sheet {quoted(chosen)} is read, not {', '.join(map(quoted, others))} (--sheet)",) if others else ()
    hidden = tuple(("sheet", n, "another sheet is read (--sheet)") for n in others)
    found = tables[chosen]
    return Sheet(found.table, (*note, *found.notes), (*found.left_out, *hidden))


def _without_value(openpyxl: Any, content: bytes, book: Any, names: list[str]) -> list[str]:
    """Cells with a formula that no program has computed: they would read as empty."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if not any(b"<f>" in archive.read(n) or b"<f " in archive.read(n) for n in archive.namelist() if "/sheet" in n):
            return []
    written = openpyxl.load_workbook(io.BytesIO(content), data_only=False)
    return [
        f"cell {cell.coordinate}" + (f" of sheet {name}" if len(names) > 1 else "")
        for name in names
        for row in written[name].iter_rows()
        for cell in row
        if cell.data_type == "f" and book[name][cell.coordinate].value is None
    ]


def _frame(frame: pd.DataFrame, file: str) -> Sheet:
    """A data frame that another program wrote; an index with a name, or of text, is a column."""
    named = [name for name in frame.index.names if name is not None]
    if named or not pd.api.types.is_numeric_dtype(frame.index):
        frame = frame.reset_index()
    if not len(frame) or not len(frame.columns):
        raise DataError(f"{file}: the table is empty; give one row per model")
    columns = {str(c): [None if _missing(v) else _plain(v) for v in frame[c]] for c in frame}
    table = pd.DataFrame(columns, index=pd.RangeIndex(1, len(frame) + 1, name="line"), dtype=object)
    return Sheet(table)


def _delimited(text: str) -> bool:
    return any(sign in text.lstrip().partition("\n")[0] for sign in _DELIMITERS)


def _headed(rows: list[tuple[int, list[Any]]], file: str, notes: list[str], *, semicolons: bool = False) -> Sheet:
    """A table from rows of cells: lines above the header are passed over, empty rows and columns go."""
    rows = [(k, [None if _missing(c) or c == "" else c for c in row]) for k, row in rows]
    rows = [(k, row) for k, row in rows if any(c is not None for c in row)]
    if not rows:
        raise DataError(f"{file}: the file is empty; give a header row and one row per model")
    width = max(sum(c is not None for c in row) for _, row in rows)
    top = 0
    while top < len(rows) - 1 and sum(c is not None for c in rows[top][1]) < min(2, width):
        top += 1
    left_out = [("row", f"line {k}", "a title above the header") for k, _ in rows[:top]]
    line, header = rows[top]
    body = rows[top + 1 :]
    if not body:
        raise DataError(f"{file}: the file has a header and no rows; add one row per model")
    long = [k for k, row in body if any(c is not None for c in row[len(header) :])]
    if long:
        where = ", ".join(map(str, long[:10])) + (f" and {len(long) - 10} more" if len(long) > 10 else "")
        fix = "put cells that contain the separator in double quotes"
        raise DataError(f"{file}, line {where}: more cells than the header has columns; {fix}")
    columns: dict[str, list[Any]] = {}
    for j, cell in enumerate(header):
        cell = re.sub("❤\ufe0f?", " likes", cell) if isinstance(cell, str) else cell
        name = link_text(cell) or ("" if cell is None else str(cell).strip())
        values = [row[j] if j < len(row) else None for _, row in body]
        values = [v.strip() if isinstance(v, str) else v for v in values]
        if not name and all(v is None for v in values):
            continue
        if not name:
            if [str(v) for v in values] == [str(k + int(str(values[0]) == "1")) for k in range(len(values))]:
                left_out.append(("column", f"column {j + 1}", "numbers of rows"))
                continue
            name = f"column {j + 1}"
        if name in columns:
            if [str(v) for v in columns[name]] == [str(v) for v in values]:
                left_out.append(("column", name, "there twice, with the same cells"))
                continue
            raise DataError(f"{file}, line {line}: column {quoted(name)} is there twice; rename one of them")
        columns[name] = values
    table = pd.DataFrame(columns, index=pd.Index([k for k, _ in body], name="line"), dtype=object)
    if top:
        notes = [*notes, f"the header is line {line}; the {top} above it are passed over"]
    return Sheet(table, tuple(notes), tuple(left_out), semicolons)


def _cells(text: str, delimiter: str, file: str) -> list[tuple[int, list[Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    rows, start = [], 1
    try:
        for cells in reader:
            rows.append((start, [cell.strip() for cell in cells]))
            start = reader.line_num + 1
    except csv.Error as error:
        if "field larger" in str(error):
            raise DataError(f"{file}, line {start}: a cell is longer than {csv.field_size_limit():,} signs") from None
        fix = 'close every quote, and write "" for a quote inside a quoted cell'
        raise DataError(f"{file}, line {start}: a quoted cell does not end where it should; {fix}") from None
    return rows


def _delimiter(text: str) -> str:
    """What separates cells: the sign that cuts most lines into the same number of cells."""
    lines = [line for line in text.splitlines() if line.strip()][:200]
    best, found = (0.0, 0), ","
    for sign in _DELIMITERS:
        counts = [len(row) for row in csv.reader(lines, delimiter=sign, skipinitialspace=True)]
        usual = max(set(counts), key=lambda n: (counts.count(n), n), default=1)
        rank = (counts.count(usual) / max(len(counts), 1) if usual > 1 else 0.0, usual)
        if rank > best:
            best, found = rank, sign
    return found


def _of_page(tables: list[PageTable], form: str, file: str, notes: list[str]) -> Sheet:
    """The largest table that has models, else the largest; the others are named, so that nothing is lost unseen."""

    def names_models(rows: PageTable) -> bool:
        return any(re.match(r"(?i)model|name|llm", link_text(cell)) for cell in rows[0][1])

    chosen = max(tables, key=lambda rows: (names_models(rows), len(rows)))
    others = [rows for rows in tables if rows is not chosen]
    if form == "Markdown":
        places = [f"line {rows[0][0]}" for rows in tables]
    else:
        places = [f"table {k}" for k in range(1, len(tables) + 1)]
    place = dict(zip(map(id, tables), places, strict=True))
    said = f"a table in {form}" if not others else f"of {len(tables)} tables in {form} that on {place[id(chosen)]}"
    if form == "HTML":
        said += "; its rows count as lines, from 1 for the header"
    found = _headed(chosen, file, [*notes, said])
    hidden = [
        ("table", place[id(rows)], f"{len(rows) - 1} rows under {_shown(rows[0][1])}; another table is read")
        for rows in others
    ]
    return Sheet(found.table, found.notes, (*found.left_out, *hidden))


def _shown(header: list[Any]) -> str:
    names = [link_text(cell) for cell in header if cell_text(cell)]
    return ", ".join(names[:4]) + (" ..." if len(names) > 4 else "")


def _inside(content: bytes) -> str:
    """What a zip archive is: ``xlsx``, another document, or ``zip``."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [PurePosixPath(name).as_posix() for name in archive.namelist()]
    except zipfile.BadZipFile:
        return "a damaged zip archive"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names or "mimetype" in names or "word/document.xml" in names:
        return "a document of another program"
    return "a Numbers document" if any(name.endswith(".iwa") for name in names) else "zip"


def _package(name: str, what: str, file: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise DataError(f"{file}: reading {what} needs the package {name}; {_HOW}") from None


def _missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _plain(value: Any) -> Any:
    """A value of NumPy as one of Python."""
    item: Callable[[], Any] | None = getattr(value, "item", None)
    return item() if item is not None and not isinstance(value, pd.Timestamp) else value
