"""Files of claims: macros, escaping, bibliography, and the tables of a notebook and a terminal."""

import io
import json
import re
from itertools import pairwise

import pytest
from rich.console import Console

from gapmodel.cite import Claims, collect
from gapmodel.cite.latex import macro_names
from gapmodel.cite.targets import HTML, LATEX, MARKDOWN, escape, find_marks
from gapmodel.cite.write import citation_files, write_citation
from gapmodel.errors import ConfigError
from gapmodel.runs.reader import read_run
from tests.support.citedruns import FILES, HOSTILE, edited_run


def test_macros_are_of_letters_and_unique_even_where_names_collide(tmp_path):
    def edit(summary, checks):
        for row, name in zip(summary["per_benchmark"], ("arc 2", "arc two", "arc two value", "x_1")):
            row["benchmark"] = name

    names = macro_names(collect(read_run(edited_run(tmp_path / "run", edit))))
    assert all(re.fullmatch("gm[A-Za-z]+", name) for name in names.values())
    assert len(set(names.values())) == len(names)
    assert names["gap.average.full"] == "gmGapAverage"
    assert names["gap.average.interval"] == "gmGapAverageInterval"
    assert names["zero.date.q05.value"] == "gmZeroDateQZeroFiveValue"


def test_every_macro_is_defined_once_with_the_escaped_text(run, claims):
    content = citation_files(run, claims)["claims.tex"]
    defined = re.findall(r"\\newcommand\{\\(gm[A-Za-z]+)\}", content)
    assert len(set(defined)) == len(defined)
    assert set(macro_names(claims).values()) <= set(defined)
    marks = {mark.reference: mark for mark in find_marks(content, LATEX)}
    assert marks["gap.average.interval"].text == claims["gap.average"].texts["interval"]
    assert r"90\,\% interval" in marks["gap.average.full"].text


def test_text_from_data_is_escaped_for_its_target(tmp_path):
    def edit(summary, checks):
        summary["per_benchmark"][0]["title"] = f"{HOSTILE}\nsecond\x07 line"

    run = read_run(edited_run(tmp_path / "run", edit))
    claims = collect(run)
    files = citation_files(run, claims)
    assert "<script>" not in files["claims.md"] + files["tables.md"] + claims._repr_html_()
    assert "second line" in next(c for c in claims if c.id.startswith("gap.benchmark.")).sentence
    row = next(line for line in files["tables.md"].splitlines() if "A\\_b" in line)
    assert re.sub(r"\\\|", "", row).count("|") == 8, "a bar in a title makes no new cell"
    title = escape(HOSTILE, LATEX)
    assert title in files["tables.tex"]
    assert not re.search(r"(?<!\\)[$&%_]", title.replace("\\,", ""))
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(claims)
    assert "gap.average" in console.export_text()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (MARKDOWN, "a\\_b \\*c\\* &lt;d&gt; −1 50 %"),
        (HTML, "a_b *c* &lt;d&gt; −1 50 %"),
        (LATEX, r"a\_b *c* \textless{}d\textgreater{} \ensuremath{-}1 50\,\%"),
    ],
)
def test_escaping(target, expected):
    assert escape("a_b *c* <d> −1 50 %", target) == expected


def test_files_are_deterministic_whole_and_leave_others_alone(run, claims, tmp_path):
    folder = tmp_path / "new" / "citation"
    write_citation(run, claims, folder)
    (folder / "notes.txt").write_text("the user's")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_citation(run, claims, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert set(before) == FILES | {"notes.txt"}
    content = json.loads(before["claims.json"])
    assert len(content["claims"]) == len(claims)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is a file"):
        write_citation(run, claims, tmp_path / "file")


@pytest.mark.parametrize("name", ["CITATION.bib", "claims.json", "claims.md", "claims.tex", "tables.md", "tables.tex"])
def test_a_file_of_somebody_else_is_never_replaced(name, run, claims, tmp_path):
    write_citation(run, claims, tmp_path)
    write_citation(run, claims, tmp_path)
    (tmp_path / name).write_text("my own notes on gapmodel\n")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ConfigError, match=f"{name}' is no file of gapmodel cite"):
        write_citation(run, claims, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_bibliography_names_tool_data_and_papers(run, claims):
    content = citation_files(run, claims)["CITATION.bib"]
    keys = re.findall(r"^@\w+\{([^,]+),$", content, re.MULTILINE)
    assert len(set(keys)) == len(keys)
    assert keys[0] == "gapmodel"
    assert f"version = {{{run.manifest['versions']['gapmodel']}}}" in content
    for credit in run.summary["credits"]:
        assert escape(credit, LATEX) in content
    assert "10.1214/20-BA1221" in content
    assert "10.1214/17-BA1091" not in content, "stacking is cited with a comparison alone"
    balanced = content.replace(r"\{", "").replace(r"\}", "")
    assert balanced.count("{") == balanced.count("}")


def test_the_table_of_a_notebook_and_of_a_terminal_show_every_claim(claims):
    html = claims._repr_html_()
    assert html.count("<tr>") == len(claims) + 1
    assert isinstance(claims, Claims)
    assert claims.__rich__().row_count == len(claims)


@pytest.mark.parametrize("title", ["[5pt] x", "* y"])
def test_a_title_is_no_option_of_the_line_break_before_it(tmp_path, title):
    def edit(summary, checks):
        summary["per_benchmark"][1]["title"] = title

    run = read_run(edited_run(tmp_path / "run", edit))
    rows = citation_files(run, collect(run))["tables.tex"].splitlines()
    assert any(row.startswith("{}" + title) for row in rows)
    after = [row for before, row in pairwise(rows) if before.endswith(r"\\")]
    assert after
    assert not [row for row in after if row.lstrip().startswith(("[", "*"))]
