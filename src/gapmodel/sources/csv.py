"""Reading ``scores.csv`` and ``benchmarks.csv`` from disk; the format is in ``docs/scores-format.md``."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from gapmodel.errors import DataError, check_file_name, nearest, quoted
from gapmodel.scores.columns import REQUIRED
from gapmodel.scores.faults import fault_report
from gapmodel.scores.table import Scores, validate_scores
from gapmodel.sources.convert.cells import column_key, is_number
from gapmodel.sources.convert.kinds import has_html_table, kind_of, why_unread
from gapmodel.sources.convert.vocabulary import BENCHMARK, BOARD, SCORE

__all__ = ["parse_table", "read_scores"]

_OTHER_TABLE = 3  # columns of a scores file that are not there: it is another table, not one with a fault
_FOLDER = ", or gapmodel data convert {} where it is an export of Epoch AI's hub"
_MARK = b"\xef\xbb\xbf"  # the byte order mark of UTF-8


def read_scores(
    scores_path: str | PathLike[str],
    benchmarks_path: str | PathLike[str] | None = None,
    *,
    today: date,
) -> Scores:
    """Read and validate a scores file, and a benchmarks file where there is one.

    Parameters
    ----------
    scores_path : path-like
    benchmarks_path : path-like, optional
    today : datetime.date
        Dates after it are faults.

    Returns
    -------
    Scores
        `snapshot` is the name of the scores file, `as_of` is ``None``, and there are no credits.

    Raises
    ------
    DataError
        A file cannot be read as a table, or its cells have faults; messages name files as given here.
    """
    for path in (scores_path, benchmarks_path):
        if path is not None:
            check_file_name(Path(path).name)
    content = _read(scores_path)
    form = _other_form(content, str(scores_path))
    if form:
        raise DataError(f"{scores_path}: this is {form}: gapmodel data convert {scores_path} makes scores of it")
    try:
        table = parse_table(content, str(scores_path))
    except DataError as error:
        raise _other_table(_header(content), str(scores_path)) or error from None
    other = _other_table([str(name) for name in table], str(scores_path))
    if other is not None:
        raise other
    info = None if benchmarks_path is None else parse_table(_read(benchmarks_path), str(benchmarks_path))
    return validate_scores(
        table,
        info,
        today=today,
        file=str(scores_path),
        benchmarks_file="benchmarks" if benchmarks_path is None else str(benchmarks_path),
        snapshot=Path(scores_path).name,
    )


def _other_table(header: list[str], file: str) -> DataError | None:
    """What to do with a table that is none of scores: most of the columns of one are not there."""
    missing = [name for name in REQUIRED if name not in header]
    if len(missing) < _OTHER_TABLE or not any(header):
        return None
    if any(is_number(name) for name in header):
        return DataError(f"{file}, line 1: this is a row and no header; write {','.join(REQUIRED)} above it")
    keys = {column_key(name) for name in header}
    long = keys & {*BENCHMARK, *BOARD} and keys & set(SCORE)
    form = "a long table with other columns" if long else "a wide table"
    lacks = f"it has no column {', '.join(missing)}"
    return DataError(f"{file}: this is {form}: gapmodel data convert {file} makes scores of it ({lacks})")


def _header(content: bytes) -> list[str]:
    """Names in the first line of a CSV file; nothing where there is none."""
    try:
        lines = content.removeprefix(_MARK).decode(errors="replace").splitlines()
        return next(([cell.strip() for cell in cells] for cells in csv.reader(lines) if any(cells)), [])
    except csv.Error:
        return []


def _other_form(content: bytes, file: str) -> str:
    """What a file is that holds a table, though not as commas and UTF-8; empty text where it may be a scores file."""
    if why_unread(content):
        raise DataError(f"{file}: this is {why_unread(content)}")
    if kind_of(content):
        return kind_of(content)
    head = content[:20_000].removeprefix(_MARK).decode("utf-8", errors="replace")
    lines = [line for line in head.splitlines() if line.strip()]
    first = lines[0].strip() if lines else ""
    if first[:1] == "<" and has_html_table(content.decode(errors="replace"), file):
        return "a page of HTML with a table"
    if first[:1] == "<":
        raise DataError(f"{file}: this is a page of HTML, not a table; export it as CSV or JSON, or copy the table")
    if first[:1] in ("{", "["):
        return "JSON"
    if file.lower().endswith((".yml", ".yaml")) or re.match(r"- [\w.+-]+:(\s|$)", first):
        return "YAML"
    for sign, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if "," not in first and first.count(sign) >= 2:
            return f"a table with {name} between its cells"
    return ""


def parse_table(content: bytes, file: str) -> pd.DataFrame:
    """Split the bytes of a CSV file into text cells.

    Parameters
    ----------
    content : bytes
    file : str
        What messages call it.

    Returns
    -------
    pandas.DataFrame
        Object columns; index ``line``, the line of the file on which a row begins (the header is line 1).
        Rows without any text are left out.

    Raises
    ------
    DataError
        Not UTF-8, not comma-separated, empty, no rows, unnamed or repeated columns, rows of the wrong length, a quote
        that is not closed, a cell that is too long.
    """
    text = _decode(content, file)
    table = _plain_table(content, file)
    if table is not None:
        return table
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((start, [cell.strip() for cell in cells]))
            start = reader.line_num + 1
    except csv.Error as error:
        if "field larger" in str(error):
            raise DataError(
                f"{file}, line {start}: a cell is longer than {csv.field_size_limit():,} characters"
            ) from None
        fix = 'close every quote, and write "" for a quote inside a quoted cell'
        raise DataError(f"{file}, line {start}: a quoted cell does not end where it should; {fix}") from None
    if not records:
        raise DataError(f"{file}: the file is empty; give a header line and one row per score")
    (top, header), rows = records[0], records[1:]
    _check_header(header, file, top)
    if not rows:
        raise DataError(f"{file}: the file has a header and no rows; add one row per line")
    width = len(header)
    ragged = [
        (file, line, "", f"{len(cells)} cells under {width} columns; {_ragged_fix(len(cells), width)}")
        for line, cells in rows
        if len(cells) != width
    ]
    if ragged:
        raise DataError(fault_report(ragged))
    index = pd.Index([line for line, _ in rows], name="line")
    return pd.DataFrame([[c or None for c in cells] for _, cells in rows], columns=header, index=index, dtype=object)


def _plain_table(content: bytes, file: str) -> pd.DataFrame | None:
    """The table of a plain file, or None: no quotes, every line a row of two cells or more, all of the header's width.

    In such a file line numbers count themselves, and splitting at the commas is all that reading means; pandas does it
    ten times as fast as the general way, with the same result.
    """
    content = content.removeprefix(_MARK)
    if b'"' in content or _MARK in content or content.count(b"\r") != content.count(b"\r\n"):
        return None
    content = content.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"
    header, _, body = content.partition(b"\n")
    width = header.count(b",") + 1
    signs = np.frombuffer(body, dtype=np.uint8)
    ends = np.flatnonzero(signs == ord("\n"))
    commas = np.searchsorted(np.flatnonzero(signs == ord(",")), ends)
    if width < 2 or not len(ends) or (np.diff(commas, prepend=0) != width - 1).any():
        return None
    # Cells that are too long for the general way are left to it.
    if max(len(header), np.diff(ends, prepend=-1).max()) > csv.field_size_limit():
        return None
    names = [name.strip() for name in header.decode().split(",")]
    if not any(names):
        return None
    _check_header(names, file, 1)
    cells = pd.read_csv(
        io.BytesIO(body),
        header=None,
        dtype=object,
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
        index_col=False,
        low_memory=False,
    )
    columns = {name: _stripped(cells[k].to_numpy(dtype=object)) for k, name in enumerate(names)}
    table = pd.DataFrame(columns, index=pd.Index(np.arange(2, len(cells) + 2), name="line"), dtype=object)
    filled = np.logical_or.reduce([column != np.array(None) for column in columns.values()])
    return table if filled.all() else None


def _stripped(cells: np.ndarray) -> np.ndarray:
    """Without white space around, ``None`` where nothing is left."""
    code, found = pd.factorize(cells)
    return np.array([*(cell.strip() or None for cell in found), None], dtype=object)[code]


def _check_header(header: list[str], file: str, line: int) -> None:
    for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(header) == 1 and delimiter in header[0]:
            raise DataError(f"{file}: cells are separated by {name}; save the file with commas and decimal points")
    for number, name in enumerate(header, start=1):
        if not name:
            fix = "name it, or remove it (a table saved by pandas needs index=False)"
            raise DataError(f"{file}, line {line}: column {number} has no name; {fix}")
        if header.count(name) > 1:
            raise DataError(f"{file}, line {line}: column {quoted(name)} occurs {header.count(name)} times; keep one")


def _ragged_fix(found: int, width: int) -> str:
    if found > width:
        return "put cells that contain a comma in double quotes"
    return "write a comma for each empty cell"


def _decode(content: bytes, file: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{file}: the text is UTF-16; save it as UTF-8")
    if why_unread(content) or kind_of(content):
        what = why_unread(content).split(";")[0].removesuffix(", which is not read") or kind_of(content)
        raise DataError(f"{file}: this is {what}, not text; export the table as CSV")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{file}, line {line}: the text is not UTF-8; save the file as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"{file}, line {line}: the text has a NUL byte; export the table as CSV in UTF-8 again")
    return text


def _read(path: str | PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        folder = Path(path).parent
        near = nearest(Path(path).name, [f.name for f in folder.iterdir()]) if folder.is_dir() else ""
        raise DataError(f"{path}: no such file{near or '; check the name'}") from None
    except (IsADirectoryError, PermissionError) as error:
        if Path(path).is_dir():
            more = "" if (Path(path) / "scores.csv").exists() else _FOLDER.format(path)
            raise DataError(f"{path}: this is a directory; name a file in it, such as scores.csv{more}") from None
        raise DataError(f"{path}: no permission to read it; {_reason(error)}") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({_reason(error)}); check the name") from None


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
