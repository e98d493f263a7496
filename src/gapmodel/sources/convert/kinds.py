"""What a file is by its first bytes: kinds that `data convert` reads, and kinds that it does not, with what to do."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from pathlib import PurePath

__all__ = [
    "FEATHER",
    "PACKED",
    "PARQUET",
    "TABLES",
    "ZIP",
    "has_ending_of_a_table",
    "has_html_table",
    "kind_of",
    "why_unread",
]

#: Ends of the names of files that hold a table.
TABLES = (
    ".csv",
    ".tsv",
    ".txt",
    ".json",
    ".jsonl",
    ".yml",
    ".yaml",
    ".md",
    ".html",
    ".htm",
    ".xlsx",
    ".parquet",
    ".feather",
)

_PAGES = (".md", ".markdown", ".html", ".htm")
ZIP, PARQUET, FEATHER = b"PK\x03\x04", b"PAR1", b"ARROW1"
#: Packed single files: first bytes → name and the end of file names.
PACKED = {b"\x1f\x8b": ("gzip", ".gz"), b"BZh91AY&SY": ("bzip2", ".bz2"), b"\xfd7zXZ\x00": ("xz", ".xz")}
_READ = {
    ZIP: "a spreadsheet or zip archive",
    PARQUET: "a parquet file",
    FEATHER: "a feather file",
    **{magic: f"packed with {name}" for magic, (name, _) in PACKED.items()},
    b"\xff\xfe": "a table in UTF-16",
    b"\xfe\xff": "a table in UTF-16",
}
_LOOKED_AT, _ODD_SHARE = 4096, 0.02  # bytes; of those that no text has
_CONTROLS = [bytes([k]) for k in (*range(1, 9), *range(14, 32), 127)]
_UNREAD = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls), which is not read; save it as .xlsx or CSV",
    b"\x28\xb5\x2f\xfd": "packed with Zstandard, which is not read; unpack it",
    b"7z\xbc\xaf\x27\x1c": "packed with 7-Zip, which is not read; unpack it",
    b"SQLite format 3": "an SQLite database, which is not read; export its table as CSV",
    b"\x89HDF": "a file of HDF5, which is not read; save its table as CSV or parquet",
    b"\x80\x04\x95": "a Python pickle, which is not read; save the table as CSV or parquet",
    **dict.fromkeys(
        (b"%PDF", b"\x89PNG", b"\xff\xd8\xff"),
        "a document or picture and no table; copy the table into a spreadsheet",
    ),
}


def has_ending_of_a_table(name: str) -> bool:
    """Whether a name is that of a file with a table, of a kind that is read or not.

    Examples
    --------
    >>> [has_ending_of_a_table(name) for name in ("Board.XLSX", "scores.csv.gz", "epoch_2026-08")]
    [True, True, False]
    """
    packed = tuple(ending for _, ending in PACKED.values())
    return PurePath(name).suffix.lower() in (*TABLES, *packed, ".zip", ".xls", ".ods", ".numbers", ".ipc", ".arrow")


def kind_of(content: bytes) -> str:
    """What a file is that is no text and that ``data convert`` reads, in words; empty for any other."""
    return next((kind for magic, kind in _READ.items() if content.startswith(magic)), "")


def why_unread(content: bytes) -> str:
    """What a file is that ``data convert`` does not read, and what to do; empty for any other.

    Examples
    --------
    >>> why_unread(b"%PDF-1.7"), kind_of(b"BZh91AY&SY")
    ('a document or picture and no table; copy the table into a spreadsheet', 'packed with bzip2')
    >>> why_unread(bytes(range(1, 256)) * 9), why_unread("Modèle;Score".encode("latin-1"))
    ('no kind of file that is known; save the table as CSV', '')
    """
    why = next((why for magic, why in _UNREAD.items() if content.startswith(magic)), "")
    if why or content.startswith(tuple(_READ)):
        return why
    start = content[:_LOOKED_AT]
    try:
        # The start may end within a sign. Single control characters in a text are faults of their cells.
        getincrementaldecoder("utf-8")().decode(start)
        return ""
    except UnicodeDecodeError:
        pass
    odd = sum(start.count(byte) for byte in _CONTROLS)
    return "no kind of file that is known; save the table as CSV" if odd > _ODD_SHARE * len(start) else ""


def has_html_table(text: str, file: str) -> bool:
    """Whether a text is a page, and a table of HTML begins in it.

    Examples
    --------
    >>> has_html_table("# Board <table><tr>", "a.md"), has_html_table("model,note\\nA,<table>", "a.csv")
    (True, False)
    """
    page = file.lower().endswith(_PAGES) or text.lstrip()[:1] == "<"
    return page and re.search(r"<table[\s>]", text, re.IGNORECASE) is not None
