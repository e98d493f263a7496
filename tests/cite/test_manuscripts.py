"""Manuscripts: filling, and finding what is missing, stale or altered; the commands and their exit codes."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from gapmodel.analysis.schema import manifest_digest
from gapmodel.cite import collect, read_ranges
from gapmodel.cite.render import render_file, render_text
from gapmodel.cite.targets import HTML, LATEX, LATEX_DEFINITION, MARKDOWN, find_marks
from gapmodel.cite.verify import verify
from gapmodel.cite.write import write_citation
from gapmodel.cli.app import main
from gapmodel.errors import ConfigError, DataError, UnknownNameError
from gapmodel.runs.reader import read_run
from tests.support.citedruns import HOSTILE, comparison, edited_run, quick

PAGE = """---
title: A page
---
# The gap is {{gap.average.unit}}

Open models are {{gap.average}} behind. {{ zero.never.sentence }}

| benchmark | interval |
|---|---|
| GPQA | {{gap.benchmark.gpqa_diamond.interval}} |

Write `{{gap.average}}` for it:

```
{{not.a.claim}}
```
"""
PAPER = r"""\documentclass{article}
\begin{document}
\section{A gap of {{gap.average.unit}}} % {{not.a.claim}}
Open models are {{gap.average}} behind; \textbf{{bold}}. {{zero.never.sentence}}
\begin{verbatim}
{{gap.average}}
\end{verbatim}
\end{document}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return read_run(edited_run(tmp_path_factory.mktemp("reference") / "run"))


@pytest.fixture
def page(run, tmp_path):
    """A rendered Markdown page."""
    (tmp_path / "page.md").write_text(PAGE)
    return render_file(tmp_path / "page.md", collect(run))[0]


@pytest.fixture
def paper(run, tmp_path):
    """A rendered LaTeX paper."""
    (tmp_path / "paper.tex").write_text(PAPER)
    return render_file(tmp_path / "paper.tex", collect(run))[0]


def statuses(path, run, **keywords):
    return {f.reference: f.status for f in verify(path, run, **keywords) if not f.holds}


def test_placeholders_are_filled_and_code_is_left_alone(run, page):
    claims, text = collect(run), page.read_text()
    assert page.name == "page.rendered.md"
    marks = {mark.reference: mark.text for mark in find_marks(text, MARKDOWN)}
    assert set(marks) == {
        "gap.average.unit", "gap.average.full", "zero.never.sentence", "gap.benchmark.gpqa_diamond.interval",
    }  # fmt: skip
    assert marks["gap.average.full"] == claims["gap.average"].texts["full"]
    assert "`{{gap.average}}`" in text
    assert "{{not.a.claim}}" in text
    assert (page.parent / "page.md").read_text() == PAGE
    # What a reader sees is the text without the marks.
    assert f"# The gap is {claims['gap.average'].texts['unit']}\n" in re.sub(r"<!--.*?-->", "", text)
    assert [f.status for f in verify(page, run)] == ["ok"] * 4


def test_latex_and_html_are_escaped_as_such(run, paper):
    text = paper.read_text()
    assert text.startswith(LATEX_DEFINITION)
    assert r"\textbf{{bold}}" in text
    assert "% {{not.a.claim}}" in text
    assert r"epoch\_2026-08" in text
    assert [f.status for f in verify(paper, run)] == ["ok"] * 3
    html, count, _ = render_text("<p>{{gap.average}}</p>", collect(run), HTML)
    assert count == 1
    assert html.startswith("<p><!--gapmodel gap.average.full;")


def test_unknown_placeholders_are_all_named_with_file_line_and_the_nearest(run, tmp_path):
    path = tmp_path / "page.md"
    path.write_text("x\n{{gap.averag}}\n\n{{gap.average.valu}} {{gap.average}}\n")
    with pytest.raises(UnknownNameError) as error:
        render_file(path, collect(run))
    assert "page.md, line 2: unknown claim 'gap.averag': did you mean 'gap.average'?" in str(error.value)
    assert "page.md, line 4: claim 'gap.average' has no 'valu': did you mean 'value'?" in str(error.value)
    assert [p.name for p in tmp_path.iterdir()] == ["page.md"], "nothing is written"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.md", "---\ntitle: {{gap.average}}\n---\n", "line 2.*front matter"),
        ("a.html", '<img alt="{{gap.average}}">', "a tag"),
        ("a.html", "<title>{{gap.average}}</title>", "a title"),
        ("a.md", "no placeholder", "nothing to fill"),
        ("a.docx", "{{gap.average}}", "ends in none of"),
    ],
)
def test_what_could_not_be_verified_later_is_refused(run, tmp_path, name, text, expected):
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=expected):
        render_file(tmp_path / name, collect(run))


def test_the_manuscript_is_never_overwritten(run, tmp_path):
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    (tmp_path / "link.md").symlink_to(path)
    for out in (path, tmp_path / "link.md"):
        with pytest.raises(ConfigError, match="never overwritten"):
            render_file(path, collect(run), out)
    with pytest.raises(ConfigError, match="another kind of file"):
        render_file(path, collect(run), tmp_path / "page.tex")
    with pytest.raises(DataError, match="no manuscript"):
        render_file(tmp_path / "none.md", collect(run))
    assert path.read_text() == PAGE


def test_a_changed_digit_and_a_dropped_interval_are_altered(run, page, paper):
    for path in (page, paper):
        text, claims = path.read_text(), collect(run)
        full = next(
            m.text for m in find_marks(text, MARKDOWN if path == page else LATEX) if m.reference == "gap.average.full"
        )
        digit = next(c for c in full if c.isdigit())
        path.write_text(text.replace(full, full.replace(digit, str((int(digit) + 1) % 10), 1)))
        assert statuses(path, run) == {"gap.average.full": "altered"}
        path.write_text(text.replace(full, claims["gap.average"].texts["unit"]))
        assert statuses(path, run) == {"gap.average.full": "altered"}
        finding = next(f for f in verify(path, run) if not f.holds)
        assert finding.expected == full
        path.write_text(text.replace(full, full.replace(" ", "\n", 1)))
        assert statuses(path, run) == {}, "an editor may break lines"


@pytest.mark.parametrize(
    ("form", "holds"),
    [
        ("{}", True),
        ("{}.", True),
        ("{}, 7", True),
        ("4–{}", True),
        ("{}<sup>2</sup>", True),
        ("1{}", False),
        ("-{}", False),
        ("**2**{}", False),
        ("{}4", False),
        ("{}.4", False),
        ("{}**,4**", False),
        ("{}e1", False),
        ("&minus;{}", False),
        ("&#49;{}", False),
        ("{}&#x34;", False),
        ("1\u200b{}", False),
        ("<small>1</small>{}", False),
        ("4&ndash;{}", True),
    ],
)
@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_what_is_glued_to_a_number_and_read_as_part_of_it_is_altered(form, holds, suffix, run, tmp_path):
    path = tmp_path / f"page{suffix}"
    path.write_text(f"A gap of {form.format('{{gap.average.value}}')} months.\n")
    render_file(path, collect(run), tmp_path / f"out{suffix}")
    found = statuses(tmp_path / f"out{suffix}", run)
    assert found == ({} if holds else {"gap.average.value": "altered"})


@pytest.mark.parametrize(
    ("form", "holds"),
    [
        ("{}", True),
        ("4--{}", True),
        ("\\item {}", True),
        ("\\textbf{{Gap:}}{}", True),
        ("{}\\footnotemark[1]", True),
        ("{}\\textsuperscript{{1}}", True),
        ("{}\\,months", True),
        ("$-$ {}", True),
        ("$-${}", False),
        ("\\textminus {}", False),
        ("\\ensuremath{{-}}{}", False),
        ("$1${}", False),
        ("1\\,{}", False),
        ("1\\hspace{{0pt}}{}", False),
        ("1\\kern0pt {}", False),
        ("1%\n{}", False),
        ("\\textbf{{1}}{}", False),
        ("{}\\,4", False),
        ("{}%\n  4", False),
        ("{{{}}}4", False),
    ],
)
def test_what_is_glued_in_latex_is_altered(form, holds, run, tmp_path):
    path = tmp_path / "page.tex"
    path.write_text(f"A gap of {form.format('{{gap.average.value}}')} so.\n")
    render_file(path, collect(run), tmp_path / "out.tex")
    assert statuses(tmp_path / "out.tex", run) == ({} if holds else {"gap.average.value": "altered"})


@pytest.mark.parametrize("define", ["\\expandafter\\def\\csname gapmodelclaim\\endcsname", "\\csdef{gapmodelclaim}"])
def test_a_mark_that_is_defined_by_its_name_is_broken(define, run, paper):
    paper.write_text(f"{define}#1#2{{2 months}}\n{paper.read_text()}")
    assert statuses(paper, run) == {"a mark": "broken"}


def test_what_is_glued_to_a_macro_is_altered_too(run, tmp_path):
    write_citation(run, collect(run), tmp_path / "citation")
    main_file = tmp_path / "main.tex"
    for text, holds in (
        ("\\gmGapAverageValue{} 4", True),
        ("\\gmGapAverageValue.", True),
        ("\\gmGapAverageValue 4", False),
        ("\\gmGapAverageValue{}4", False),
        ("1\\gmGapAverageValue{}", False),
        ("--\\gmGapAverageValue{}", False),
        ("13/\\gmGapAverageValue{}", False),
        ("\\gmGapAverageValue{}k", False),
        ("\\gmGapAverageValue{}kilo", True),
        ("\\gmGapAverageValue{}\N{VULGAR FRACTION ONE HALF}", False),
        ("so --- \\gmGapAverageValue{}", True),
        ("1%\n\\gmGapAverageValue{}", False),
        ("\\gmGapAverageValue\n4", False),
        ("\\gmGapAverageValue%\n4", False),
        ("\\gmGapAverageValue\n\n4", True),
        ("$-$\\gmGapAverageValue{}", False),
        ("\\newcommand{\\one}{1}\\one\\gmGapAverageValue{}", False),
        ("\\noindent\\gmGapAverageValue{}", True),
    ):
        main_file.write_text(f"\\input{{citation/claims}}\n{text}\n")
        assert statuses(main_file, run) == ({} if holds else {"\\gmGapAverageValue": "altered"}), text


def test_other_data_make_every_claim_stale(run, page, tmp_path):
    other = read_run(edited_run(tmp_path / "other", lambda s, c: s["data"].update(sha256="f" * 64)))
    assert set(statuses(page, other).values()) == {"stale"}
    assert "f" * 12 in verify(page, other)[0].expected


def _another(run, folder, edit):
    """The run under another name, changed by `edit`."""
    edited_run(folder, edit)
    manifest = json.loads((folder / "manifest.json").read_text().replace(run.run_id, "pooled-1"))
    (folder / "manifest.json").write_text(json.dumps(manifest | {"sha256": manifest_digest(manifest)}))
    return read_run(folder)


def test_another_run_on_the_same_data_is_stale_where_it_says_otherwise(run, page, tmp_path):
    def edit(summary, checks):
        entry = summary["average_gap_months"]
        entry["median"] += 4
        entry["interval"] = entry["interval"] | {"upper": entry["interval"]["upper"] + 4}

    assert statuses(page, _another(run, tmp_path / "other", edit)) == {
        "gap.average.unit": "stale",
        "gap.average.full": "stale",
    }


def test_a_claim_that_the_run_lacks_is_missing(run, page, tmp_path):
    def edit(summary, checks):
        summary["per_benchmark"] = [r for r in summary["per_benchmark"] if r["benchmark"] != "GPQA diamond"]
        summary["data"]["n_benchmarks"] -= 1

    found = statuses(page, _another(run, tmp_path / "other", edit))
    assert found["gap.benchmark.gpqa_diamond.interval"] == "missing"
    assert "missing" not in {status for mark, status in found.items() if "gpqa" not in mark}


def test_half_marks_and_left_placeholders_are_found(run, page, paper):
    text = page.read_text()
    page.write_text(text.replace("<!--/gapmodel-->", "", 1) + "\n{{slope.average}}\n")
    found = statuses(page, run)
    assert found["a mark"] == "broken"
    assert found["slope.average"] == "unrendered"
    page.write_text(text + "<!--/gapmodel-->\n")
    assert statuses(page, run) == {"a mark": "broken"}
    broken = paper.read_text()
    at = broken.index("\\gapmodelclaim{gap.average.full")
    paper.write_text(broken[:at] + "\\gapmodelclaim" + broken[broken.index("}{", at) + 1 :])
    assert statuses(paper, run) == {"a mark": "broken"}


def test_the_range_over_variants_is_verified_with_its_comparison(run, tmp_path):
    folder = comparison(tmp_path / "c", run.summary, {"pooled": (True, 0.5), "shared_shock": (True, 1.0)})
    ranges = read_ranges(folder, run)
    (tmp_path / "page.md").write_text("{{zero.never.sentence}} {{gap.average}}")
    path, _, _ = render_file(tmp_path / "page.md", collect(run, ranges=ranges))
    assert statuses(path, run, ranges=ranges) == {}
    assert statuses(path, run) == {"zero.never.sentence": "unchecked"}
    changed = comparison(tmp_path / "d", run.summary, {"pooled": (True, 0.1), "shared_shock": (True, 1.0)})
    assert statuses(path, run, ranges=read_ranges(changed, run)) == {"zero.never.sentence": "stale"}


def test_chinese_pages_are_verified_in_chinese(run, tmp_path):
    (tmp_path / "page.md").write_text("{{gap.average.sentence}}")
    path, _, _ = render_file(tmp_path / "page.md", collect(run, language="zh"))
    assert "区间" in path.read_text()
    assert statuses(path, run) == {}


def test_macros_of_claims_tex_are_verified_where_they_are_used(run, tmp_path):
    write_citation(run, collect(run), tmp_path / "citation")
    main_file = tmp_path / "main.tex"
    main_file.write_text("\\input{citation/claims}\n\\gmGapAverage{} \\gmRunId{} % \\gmNothing\n")
    assert {f.reference: f.status for f in verify(main_file, run)} == {"gap.average.full": "ok"}
    main_file.write_text("\\input{citation/claims}\n\\gmGapAverageX{}\n")
    assert statuses(main_file, run) == {"\\gmGapAverageX": "missing"}
    main_file.write_text("\\gmGapAverage{}\n")
    assert statuses(main_file, run) == {"\\gmGapAverage": "missing"}
    macros = tmp_path / "citation" / "claims.tex"
    assert len(verify(macros, run)) == len(find_marks(macros.read_text(), LATEX)) > 100
    macros.write_text(re.sub(r"(gmGapAverageInterval\}.*\{)[^{}]*\}\}", r"\g<1>0 to 1}}", macros.read_text()))
    main_file.write_text("\\input{citation/claims}\n\\gmGapAverage{} \\gmGapAverageInterval\n")
    assert statuses(main_file, run) == {"gap.average.interval": "altered"}


@pytest.mark.parametrize("define", ["renewcommand{\\gmGapAverage}", "renewcommand*\\gmGapAverage", "def\\gmGapAverage"])
def test_a_macro_that_is_defined_again_or_under_another_name_is_altered(define, run, tmp_path):
    write_citation(run, collect(run), tmp_path / "citation")
    main_file, macros = tmp_path / "main.tex", tmp_path / "citation" / "claims.tex"
    main_file.write_text(f"\\input{{citation/claims}}\n\\{define}{{2 months}}\n\\gmGapAverage{{}}\n")
    assert statuses(main_file, run) == {"\\gmGapAverage": "altered"}
    swapped = (
        macros.read_text().replace("{\\gmGapAverage}", "{\\gmX}").replace("{\\gmGapPopulation}", "{\\gmGapAverage}")
    )
    macros.write_text(swapped.replace("{\\gmX}", "{\\gmGapPopulation}"))
    main_file.write_text("\\input{citation/claims}\n\\gmGapAverage{}\n")
    assert statuses(main_file, run) == {"\\gmGapAverage": "altered"}


def test_a_real_latex_document_compiles(tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed: apt-get install texlive-latex-base texlive-latex-recommended")

    def edit(summary, checks):
        summary["per_benchmark"][0]["title"] = HOSTILE.replace("{{gap.average}}", "{x}")

    run = read_run(edited_run(tmp_path / "run", edit))
    claims = collect(run)
    write_citation(run, claims, tmp_path / "citation")
    first = claims.claims[5].id
    body = (
        "\\documentclass{article}\n\\input{citation/claims}\n\\begin{document}\n\\tableofcontents\n"
        "\\section{A gap of \\gmGapAverageUnit}\nOpen models are \\gmGapAverage{} behind. \\gmZeroNeverSentence{}\n\n"
        f"{{{{{first}.sentence}}}} Slope {{{{slope.average}}}}.\n\n\\input{{citation/tables}}\n"
        "See \\cite{gapmodel,vehtari2021rhat}.\n"
        "\\bibliographystyle{plain}\n\\bibliography{citation/CITATION}\n\\end{document}\n"
    )
    (tmp_path / "paper.tex").write_text(body)
    path, _, _ = render_file(tmp_path / "paper.tex", claims, tmp_path / "built.tex")
    assert all(f.holds for f in verify(path, run))
    for command in (["pdflatex"], ["bibtex", "built"], ["pdflatex"], ["pdflatex"]):
        words = command if command[0] == "bibtex" else [*command, "-halt-on-error", "-interaction=nonstopmode", "built"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "built.pdf").read_bytes().startswith(b"%PDF")
    assert "undefined" not in done.stdout.lower()


# Commands ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def called(tmp_path, monkeypatch, capsys):
    """Call a command in this process: exit code, standard output, standard error."""

    def call(*words):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["gapmodel", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return stop.value.code, captured.out, captured.err

    return call


def test_commands_from_cite_to_verify(called, tmp_path):
    edited_run(tmp_path / "run")
    (tmp_path / "page.md").write_text(PAGE)
    code, out, _ = called("cite", "run")
    assert code == 0
    assert "gap.average" in out
    assert {p.name for p in (tmp_path / "run" / "citation").iterdir()} >= {"claims.json", "CITATION.bib"}
    assert called("render", "page.md", "run", "--out", "out.md")[0] == 0
    code, out, _ = called("verify", "out.md", "run")
    assert code == 0
    assert "4 cited claims hold" in out
    path = tmp_path / "out.md"
    path.write_text(path.read_text().replace(" months", " weeks", 1))
    code, out, _ = called("verify", "out.md", "run")
    assert code == 2
    assert "altered" in out
    code, _, error = called("verify", "run/summary.json", "run")
    assert code == 1
    assert "is no file of claims" in error
    code, out, _ = called("verify", "run/citation/claims.json", "run")
    assert code == 0
    assert "cited claims hold" in out
    (tmp_path / "plain.md").write_text("no claim here")
    code, _, error = called("verify", "plain.md", "run")
    assert code == 2
    assert "cites no claim" in error


def test_commands_refuse_an_uncitable_run_with_exit_2(called, tmp_path):
    edited_run(tmp_path / "run", quick)
    (tmp_path / "page.md").write_text(PAGE)
    for words in (["cite", "run"], ["render", "page.md", "run"], ["verify", "page.md", "run"]):
        code, _, error = called(*words)
        assert code == 2
        assert "quick run" in error
        # `verify` refuses in the same words, and has no such option.
        assert "With --draft, `gapmodel cite` and `gapmodel render` give claims" in error
    assert not (tmp_path / "run" / "citation").exists()
    assert not (tmp_path / "page.rendered.md").exists()
    assert called("cite", "run", "--draft", "--lang", "zh")[0] == 0
    assert called("render", "page.md", "run", "--draft")[0] == 0
    assert (tmp_path / "page.rendered.md").read_text().count("DRAFT") >= 5
    assert called("cite", "run", "--lang", "de", "--draft")[0] == 1


@pytest.mark.parametrize("turned", ["\N{RIGHT-TO-LEFT OVERRIDE}6.5", '<bdo dir="rtl">6.5</bdo>'])
def test_text_that_is_set_the_other_way_round_is_refused(turned, tmp_path, run):
    (tmp_path / "paper.md").write_text(f"One.\n{turned}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"paper.md', line 2: .* turns digits round: take it out"):
        verify(tmp_path / "paper.md", run)


@pytest.mark.parametrize(
    "words",
    ["\\input sub/part", "\\import{sub/}{part}", "\\subimport*{sub}{part}", "\\subfile{sub/part}",
     "\\InputIfFileExists{sub/part}{}{}"],
)  # fmt: skip
def test_every_way_to_input_a_file_is_followed(words, tmp_path, run):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "part.tex").write_text("\\gmGapAverageX{}\n")
    (tmp_path / "paper.tex").write_text(f"{words}\n")
    assert statuses(tmp_path / "paper.tex", run) == {"\\gmGapAverageX": "missing"}
