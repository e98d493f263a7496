"""Files that are not what they should be: one clear message each, never a traceback of another library."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapmodel.errors import DataError
from gapmodel.scores.table import validate_scores
from gapmodel.sources.csv import parse_table, read_scores

TODAY = date(2026, 8, 1)
HEADER = b"benchmark,model,release_date,weights,score\n"
ROW = b"x,A,2025-01-01,closed,0.5\n"
FORMAT = Path(__file__).parents[2] / "docs" / "scores-format.md"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def message(content: bytes | None = None, *, path="scores.csv", benchmarks=None) -> str:
    if content is not None:
        Path(path).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_scores(path, benchmarks, today=TODAY)
    # The cause is ours: no chained error of another library is shown.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


def read(content: bytes) -> pd.DataFrame:
    Path("scores.csv").write_bytes(content)
    return read_scores("scores.csv", today=TODAY).table


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "scores.csv: the file is empty; give a header line and one row per score"),
        (b"\xef\xbb\xbf", "scores.csv: the file is empty; give a header line and one row per score"),
        (b"\n \n,,\n", "scores.csv: the file is empty; give a header line and one row per score"),
        (HEADER, "scores.csv: the file has a header and no rows; add one row per line"),
        (HEADER + b",,,,\n\n", "scores.csv: the file has a header and no rows; add one row per line"),
        (
            HEADER.replace(b",", b";") + ROW.replace(b",", b";").replace(b"0.5", b"0,5"),
            "scores.csv: this is a table with semicolons between its cells: "
            "gapmodel data convert scores.csv makes scores of it",
        ),
        (
            HEADER.replace(b",", b"\t") + ROW.replace(b",", b"\t"),
            "scores.csv: this is a table with tabs between its cells: "
            "gapmodel data convert scores.csv makes scores of it",
        ),
        (
            HEADER + ROW + b"x,B,2025-01-01,open,0,5\nx,C,2025-01-01,open\n",
            (
                "2 faults:\n"
                "scores.csv, line 3: 6 cells under 5 columns; put cells that contain a comma in double quotes\n"
                "scores.csv, line 4: 4 cells under 5 columns; write a comma for each empty cell"
            ),
        ),
        (
            HEADER.replace(b"model", b"score") + ROW,
            "scores.csv, line 1: column 'score' occurs 2 times; keep one",
        ),
        (
            b"," + HEADER + b"0," + ROW,
            (
                "scores.csv, line 1: column 1 has no name; name it, or remove it "
                "(a table saved by pandas needs index=False)"
            ),
        ),
        (
            HEADER + ROW + b"x,B\xe9,2025-01-01,open,1\n",
            "scores.csv, line 3: the text is not UTF-8; save the file as UTF-8",
        ),
        (
            (HEADER + ROW).decode().encode("utf-16"),
            "scores.csv: this is a table in UTF-16: gapmodel data convert scores.csv makes scores of it",
        ),
        (
            HEADER + b"x,A\0,2025-01-01,open,1\n",
            "scores.csv, line 2: the text has a NUL byte; export the table as CSV in UTF-8 again",
        ),
        (
            HEADER + ROW + b'x,"B,2025-01-01,open,1\n' + ROW,
            (
                "scores.csv, line 3: a quoted cell does not end where it should; "
                'close every quote, and write "" for a quote inside a quoted cell'
            ),
        ),
        (
            HEADER + b'x,"B"7B,2025-01-01,open,1\n',
            (
                "scores.csv, line 2: a quoted cell does not end where it should; "
                'close every quote, and write "" for a quote inside a quoted cell'
            ),
        ),
        (
            b"PK\x03\x04rest",
            "scores.csv: this is a spreadsheet or zip archive: gapmodel data convert scores.csv makes scores of it",
        ),
        (b"\x1f\x8brest", "scores.csv: this is packed with gzip: gapmodel data convert scores.csv makes scores of it"),
    ],
)
def test_file_faults(folder, content, says):
    assert message(content) == says


def test_missing_file_names_the_nearest(folder):
    assert message(path="scores.csv") == "scores.csv: no such file; check the name"
    Path("scores.csv").write_bytes(HEADER + ROW)
    assert message(path="score.csv") == "score.csv: no such file: did you mean 'scores.csv'?"
    assert message(path="no/such/scores.csv") == "no/such/scores.csv: no such file; check the name"
    assert message(path="scores.csv", benchmarks="b.csv").startswith("b.csv: no such file")


def test_directory_instead_of_a_file(folder):
    Path("data").mkdir()
    assert message(path="data") == (
        "data: this is a directory; name a file in it, such as scores.csv, or gapmodel data convert data where it is "
        "an export of Epoch AI's hub"
    )


def test_no_permission(folder, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert message(path="scores.csv") == "scores.csv: no permission to read it; Permission denied"


def test_other_failures_of_the_system(folder):
    Path("scores.csv").write_bytes(HEADER + ROW)
    assert message(path="scores.csv/x").startswith("scores.csv/x: cannot be read (Not a directory)")
    assert message(path="a" * 5000).endswith("check the name")
    assert message(path="a\0b").endswith("holds a sign that nobody sees: rename it")


def test_the_file_is_named_as_given(folder):
    Path("sub").mkdir()
    assert message(HEADER, path="sub/scores.csv").startswith("sub/scores.csv: ")
    Path("scores.csv").write_bytes(HEADER + ROW)
    Path("sub/b.csv").write_bytes(b"benchmark,ceiling\nx,1%\n")
    assert message(path="scores.csv", benchmarks="sub/b.csv").startswith("sub/b.csv, line 2, column ceiling: '1%'")
    assert read_scores(folder / "scores.csv", today=TODAY).snapshot == "scores.csv"


def test_lines_are_those_of_the_file(folder):
    note = b'x,A,2025-01-01,closed,0.5,"two\nlines"\n'
    text = message(HEADER.replace(b"score", b"score,note") + note + b"\n,,,,,\nx,B,2025-01-01,open,50%,\n")
    assert text.startswith("scores.csv, line 6, column score: '50%' is not a number")


def test_all_faults_of_both_files_at_once(folder):
    Path("b.csv").write_bytes(b"benchmark,ceiling\nx,0.4\nx,nan\n")
    lines = message(HEADER + ROW + b"x,B,2025-13-01,open,NA\n", benchmarks="b.csv").splitlines()
    assert lines[0] == "5 faults:"
    assert [line.split(":")[0] for line in lines[1:]] == [
        "scores.csv, line 2, column score",
        "scores.csv, line 3, column release_date",
        "scores.csv, line 3, column score",
        "b.csv, line 3, column benchmark",
        "b.csv, line 3, column ceiling",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + HEADER + ROW,
        (HEADER + ROW).replace(b"\n", b"\r\n"),
        (HEADER + ROW).replace(b"\n", b"\r"),
        (HEADER + ROW).rstrip(b"\n"),
        b"\n" + HEADER + b"\n,,,,\n" + ROW + b"\n\n",
        (HEADER + ROW).replace(b",", b" , "),
        HEADER + b'"x","A","2025-01-01","closed","0.5"\n',
    ],
)
def test_harmless_differences_of_files(folder, content):
    Path("plain.csv").write_bytes(HEADER + ROW)
    plain = read_scores("plain.csv", today=TODAY)
    Path("scores.csv").write_bytes(content)
    assert read_scores("scores.csv", today=TODAY).sha256 == plain.sha256


def test_text_is_kept_as_written(folder):
    row = 'NA,"a, ""b"" é",2025-01-01,open,1\n'.encode()
    table = read(HEADER + row + b"null,007,2025-01-01,open,1\n")
    assert table["benchmark"].tolist() == ["NA", "null"]
    assert table["model"].tolist() == ['a, "b" é', "007"]


def test_a_table_written_by_pandas_reads_back(folder):
    table = read(HEADER.replace(b"score", b"score,odd") + b"x,A,2025-01-01,closed,0.1,\nx,B,2025-01-02,open,1e-7,u\n")
    table.to_csv("again.csv", index=False)
    again = read_scores("again.csv", today=TODAY)
    pd.testing.assert_frame_equal(again.table, table)


def test_the_example_of_the_documentation_is_valid(folder):
    blocks = FORMAT.read_text(encoding="utf-8").split("```csv\n")[1:]
    for name, block in zip(("scores.csv", "benchmarks.csv"), blocks, strict=True):
        Path(name).write_text(block.split("```")[0], encoding="utf-8")
    scores = read_scores("scores.csv", "benchmarks.csv", today=TODAY)
    assert scores.benchmarks["direction"].to_dict() == {"arithmetic": "higher", "word error rate": "lower"}
    assert len(scores.subset(categories="mathematics", first="2024-01-01").table) == 3


@settings(deadline=None, max_examples=200)
@given(content=st.binary(max_size=60) | st.text("x,;\"\n\r\0 %-1é'", max_size=60).map(str.encode))
def test_any_bytes_give_a_table_or_a_data_error(content):
    for prefix in (b"", HEADER, HEADER + ROW):
        try:
            validate_scores(parse_table(prefix + content, "scores.csv"), today=TODAY)
        except DataError as error:
            assert str(error).strip()
            assert "scores" in str(error)
