"""One table in any form: what is converted is the same, and other commands say that `data convert` reads it."""

import sys
from datetime import date, timedelta
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gapmodel.cli.app import main
from gapmodel.errors import DataError, InsufficientDataError
from gapmodel.lags.panel import compute_lags
from gapmodel.sources.convert.formats import ConvertOptions, convert
from gapmodel.sources.csv import read_scores
from gapmodel.sources.joining.assemble import assemble
from gapmodel.sources.load import load_scores
from tests.sources.forms import USUAL, forms, said

TODAY = date(2026, 6, 1)
FEW = settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
COLUMNS = ["model", "release_date", "license", "arithmetic", "spelling"]
NAMES = ["Ash-1 (high)", "Ash-1 (low)", "Birch 7B", "Cédre 2", "lab/Dogwood-8B", "Elm 2.5", "Fir 05/28", "Gum-3@azure"]


@st.composite
def tables(draw):
    """Models of one leaderboard: benchmarks in percent or in fractions, empty cells, any days and flags."""
    names = draw(st.permutations(NAMES))[: draw(st.integers(4, len(NAMES)))]
    days = {name.split(" (")[0]: date(2024, 1, 1) + timedelta(days=draw(st.integers(0, 600))) for name in names}
    open_ = {name.split(" (")[0]: draw(st.booleans()) for name in names}
    columns = {}
    for column in COLUMNS[3:]:
        cells = draw(st.lists(st.one_of(st.none(), st.integers(20, 990)), min_size=len(names), max_size=len(names)))
        cells[0], unit = 500, draw(st.sampled_from([10.0, 1000.0]))
        columns[column] = [None if v is None else v / unit for v in cells]
    keys = [name.split(" (")[0] for name in names]
    first = {"model": names, "release_date": [str(days[k]) for k in keys]}
    first["license"] = ["Apache 2.0" if open_[k] else "Proprietary" for k in keys]
    return pd.DataFrame(first | columns, columns=COLUMNS)


def read(content, name="t.csv", **options):
    return convert("auto", content, name, ConvertOptions(taken=TODAY, **options))


def plain(table):
    return read(table.to_csv(index=False).encode())


@FEW
@given(table=tables(), data=st.data())
def test_form_of_the_file_and_order_of_columns_and_rows_change_nothing(table, data):
    expected = said(plain(table))
    order, rows = data.draw(st.permutations(COLUMNS)), data.draw(st.permutations(range(len(table))))
    for content, name in forms(table.iloc[list(rows)][list(order)]):
        assert said(read(content, name)) == expected, name


@FEW
@given(table=tables(), case=st.sampled_from([str.upper, str.title, str.capitalize, str.swapcase]), spaces=st.booleans())
def test_case_and_spaces_of_the_header_change_nothing_but_names_of_benchmarks(table, case, spaces):
    expected = said(plain(table))
    heads = [case(c.replace("_", " ") if spaces else c) for c in table]
    for content, name in forms(table.set_axis(heads, axis=1)):
        found = said(read(content, name))
        assert str(found).casefold() == str(expected).casefold(), name


@FEW
@given(table=tables(), signs=st.booleans())
def test_scale_changes_no_model_no_share_of_the_scale_and_no_lag(table, signs):
    other = table.copy()
    for column in COLUMNS[3:]:
        factor = 100.0 if table[column].max() <= 1.0 else 0.01
        cells = [None if pd.isna(v) else round(factor * v, 6) for v in table[column]]
        percent = signs and factor > 1.0
        other[column] = [None if v is None else f"{v}%" if percent else str(v) for v in cells]
    one, two = plain(table), plain(other)
    assert one.models.fillna("").to_dict() == two.models.fillna("").to_dict()
    np.testing.assert_allclose(shares(one), shares(two), rtol=0, atol=1e-9)
    np.testing.assert_equal(lags(one), lags(two))


def lags(found):
    """Lags in months, or why there are none."""
    try:
        return compute_lags(assemble(found, kind="file", today=TODAY).validated()).panel["lag"].to_numpy()
    except InsufficientDataError as error:
        return str(error)


def shares(found):
    """Scores from 0 to 1 between the bounds that are proposed, sorted by benchmark and model."""
    rows = found.rows.merge(found.benchmarks, on="benchmark").sort_values(["benchmark", "model"])
    return ((rows["score"] - rows["lower_bound"]) / (rows["ceiling"] - rows["lower_bound"])).to_numpy(dtype=float)


RUN = pytest.param(("run", "--scores"), marks=pytest.mark.skipif(find_spec("pymc") is None, reason="run needs PyMC"))


@pytest.mark.parametrize("words", [("data", "validate"), ("lags", "--scores"), ("data", "audit"), RUN])
def test_every_other_form_of_a_table_leads_to_convert(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    table = USUAL.rename(columns={"release_date": "release"})
    for k, (content, name) in enumerate(forms(table)):
        file = f"{k}_{name}"
        (tmp_path / file).write_bytes(content)
        monkeypatch.setattr(sys, "argv", ["gapmodel", *words, file])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr().err
        assert stop.value.code == 1, (file, said)
        assert f"gapmodel data convert {file} makes scores of it" in said, (file, said)
        assert said.count("\n") == 1, said
    assert {path.name for path in tmp_path.iterdir()} == {f"{k}_{n}" for k, (_, n) in enumerate(forms(table))}


def test_a_table_in_python_leads_to_convert_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = next(content for content, name in forms(USUAL) if name == "t.xlsx")
    (tmp_path / "board.xlsx").write_bytes(content)
    with pytest.raises(DataError, match=r"a spreadsheet or zip archive: gapmodel data convert board\.xlsx"):
        load_scores("board.xlsx")
    (tmp_path / "board.csv").write_bytes("Modèle,Score\nÉlan,0.5\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"a wide table: gapmodel data convert board\.csv"):
        load_scores("board.csv")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0rest", "an old Excel file (.xls), which is not read; save it as .xlsx or CSV"),
        (b"%PDF-1.7", "a document or picture and no table; copy the table into a spreadsheet"),
        (b"\x28\xb5\x2f\xfdrest", "packed with Zstandard, which is not read; unpack it"),
        (b"SQLite format 3\0", "an SQLite database, which is not read; export its table as CSV"),
        (b"\x80\x04\x95rest", "a Python pickle, which is not read; save the table as CSV or parquet"),
    ],
)
def test_what_nothing_reads_says_the_same_everywhere(content, words, tmp_path):
    (tmp_path / "t.bin").write_bytes(content)
    said = []
    for reading in (lambda path: read_scores(path, today=TODAY), lambda path: read(path.read_bytes(), str(path))):
        with pytest.raises(DataError) as caught:
            reading(tmp_path / "t.bin")
        said.append(str(caught.value))
    assert said == [f"{tmp_path / 't.bin'}: this is {words}"] * 2


@pytest.mark.parametrize("magic", [b"BZh91AY&SYrest", b"\xfd7zXZ\x00rest", b"ARROW1rest"])
def test_damaged_files_of_further_kinds(magic):
    with pytest.raises(DataError, match="damaged"):
        read(magic)


def test_a_benchmarks_file_of_another_form_is_to_be_csv(tmp_path):
    (tmp_path / "scores.csv").write_text("benchmark,model,release_date,weights,score\na,A,2024-01-01,open,0.5\n")
    for content, name in forms(USUAL):
        if name in ("t.xlsx", "t.parquet", "t.csv.xz", "t.feather"):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(DataError, match=rf"{name}: this is .*, not text; export the table as CSV"):
                read_scores(tmp_path / "scores.csv", tmp_path / name, today=TODAY)


def test_a_folder_without_scores_names_both_ways(tmp_path):
    with pytest.raises(DataError, match="name a file in it, such as scores.csv, or gapmodel data convert"):
        read_scores(tmp_path, today=TODAY)
    (tmp_path / "scores.csv").touch()
    with pytest.raises(DataError, match="such as scores.csv$"):
        read_scores(tmp_path, today=TODAY)
