"""Leaderboards in the shapes in which they are published: columns, scores, flags and the share that comes in."""

from datetime import date
from pathlib import Path

import pytest

from gapmodel.errors import DataError
from gapmodel.sources.convert.formats import ConvertOptions, convert
from gapmodel.sources.joining.assemble import assemble
from tests.sources.shapes import MODELS, NAMES, shapes

SHAPES = shapes()
TODAY = date(2026, 6, 1)


def read(shape, **more):
    return convert("auto", shape.content, shape.file, ConvertOptions(**{"taken": TODAY, **shape.options, **more}))


@pytest.mark.parametrize("title", SHAPES)
def test_scores_directions_and_models_of_a_shape(title):
    shape = SHAPES[title]
    found = read(shape)
    got = {}
    for row in found.rows.itertuples():
        got.setdefault(row.benchmark, {})[row.model] = row.score
    composites = set(found.benchmarks.loc[found.benchmarks["composite_of"].fillna("") != "", "benchmark"])
    assert set(got) == set(shape.scores)
    for benchmark, scores in shape.scores.items():
        bare = {name.removesuffix("_high"): value for name, value in got[benchmark].items()}
        assert bare == pytest.approx(scores), benchmark
    directions = found.benchmarks.set_index("benchmark")["direction"]
    assert set(directions.index[directions == "lower"]) == set(shape.lower)
    named = {"Average", "artificial_analysis_intelligence_index", "avg_score", "Avg.", "wAvg. (inc)", "wAvg. (dec)"}
    assert composites <= named
    snapshot = assemble(found, kind="file", today=TODAY)
    left = {name for kind, name in snapshot.left_out[["kind", "name"]].itertuples(index=False) if kind == "model"}
    settled = {m for column in shape.scores.values() for m in column} - left
    assert len(settled) == shape.settled, sorted(left)


@pytest.mark.parametrize("title", SHAPES)
def test_the_share_that_comes_in_is_stated(title):
    docs = (Path(__file__).parents[2] / "docs" / "sources.md").read_text()
    assert f"| {title} | {len(MODELS)} | {SHAPES[title].settled} |" in docs


def test_flags_that_a_shape_states():
    flags = {m[0]: "open" if m[2] else "closed" for m in MODELS}
    stated = read(SHAPES["Artificial Analysis, pages of the site: flags and grades"]).models["weights"]
    assert stated.to_dict() == flags
    linked = read(SHAPES["EvalPlus and BigCodeBench: a mapping with links to weights"]).models
    assert linked["weights"].dropna().to_dict() == {n: f for n, f in flags.items() if f == "open"}
    assert set(linked["weights_origin"].dropna()) == {"results.json (a link to its weights)"}


def test_scales_that_a_shape_means():
    def about(title, benchmark):
        return read(SHAPES[title]).benchmarks.set_index("benchmark").loc[benchmark]

    assert about("LMArena: ratings, licences and no dates", "LMArena")[["unit", "ceiling"]].tolist() == ["Elo", None]
    hard = about("Arena-Hard: win rates in the columns of ratings", "score")
    assert hard[["unit", "ceiling"]].tolist() == ["percent", 100.0]
    swe = about("SWE-bench: a table with % Resolved in fractions", "% Resolved")
    assert swe[["unit", "ceiling"]].tolist() == ["fraction", 1.0]
    hub = about("Epoch AI's hub: one file, no flags", "gpqa_diamond")
    assert hub[["lower_bound", "ceiling"]].tolist() == [0.25, 1.0]
    assert about("METR: minutes, with days and makers", "Time Horizon (80%)").isna()["ceiling"]


def test_what_a_shape_has_besides_is_named():
    left = {title: read(shape).left_out for title, shape in SHAPES.items()}
    assert ("table", "line 3", "20 rows under Option, Default; another table is read") in left[
        "Vectara: the second table of a page in Markdown"
    ]
    assert ("row", "line 12", "the cell of column 'Model' is empty") in left[
        "SWE-bench: boards of systems, the model among the tags"
    ]
    days = [name for kind, name, _ in left["A board of each day, one a line"] if kind == "list"]
    assert len(days) >= 2
    twins = [why for _, name, why in left["Epoch AI's hub: one file, no flags"] if name.startswith("Best score")]
    assert twins == ["a best of several, beside column 'mean_score'"]


def test_rows_of_questions_ask_for_their_mean():
    with pytest.raises(DataError, match="rows of single questions or runs\\? --keep mean averages them"):
        read(SHAPES["LiveCodeBench: a row per question"], keep=None)
    found = read(SHAPES["LiveCodeBench: a row per question"])
    assert set(found.rows["model"]) == set(NAMES)
    assert found.rows["score_se"].between(0, 20).all()


def test_a_grade_is_no_percentage_without_a_word():
    text = "model,release,open,grade\nA,2024-01-10,true,1.87\nB,2024-02-10,false,1.2\nC,2024-03-10,true,1.5\n"
    (row,) = convert("auto", text.encode(), "t.csv").benchmarks.to_dict("records")
    assert "ceiling (100, though the best is 1.87)" in row["proposed"]


def test_days_of_one_release_that_differ_by_little_are_its_first():
    text = "model,release,open,acc\nAsh-1,2024-01-12,true,0.4\nAsh-1,2024-01-10,true,0.4\nB,2024-01-10,false,0.6\n"
    found = convert("auto", text.encode(), "t.csv")
    assert found.models.loc["Ash-1", "release_date"] == "2024-01-10"
    assert any("a few days apart: the earliest counts (Ash-1)" in note for note in found.notes)
    with pytest.raises(DataError, match="has release_date '2024-03-10' here and '2024-01-12'"):
        convert("auto", text.replace("2024-01-10,true", "2024-03-10,true").encode(), "t.csv")


def test_rows_without_a_header_say_so():
    with pytest.raises(DataError, match="rows without a header; put a row with the names of the columns first"):
        convert("auto", b'[["Ash-1", 73.9, 72.9], ["Elm-2", 73.8, 72.1]]', "t.json")
