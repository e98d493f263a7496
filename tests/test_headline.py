"""One run has one answer: the same bytes wherever it is said."""

import re
from html import unescape
from pathlib import Path

import pytest

from gapmodel.analysis.sentences import headline
from gapmodel.cite import collect
from gapmodel.cli.printing import print_answer
from gapmodel.report import build_page, read_page_data
from gapmodel.report.server import RunIndex, index_page
from gapmodel.runs.reader import read_run
from tests.support.citedruns import REFERENCE
from tests.support.commandline import caller

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def run():
    return read_run(REFERENCE)


@pytest.fixture(scope="module")
def answer(run):
    return headline(run.summary).encode()


def seen(html):
    """The bytes that a reader of HTML sees."""
    return unescape(re.sub(r"<[^>]*>", "", html)).encode()


def found(pattern, text):
    """What the one group of `pattern` holds in a page, as a reader sees it."""
    return seen(re.search(pattern, text, re.DOTALL).group(1))


def test_the_answer_has_thirty_words_at_most(answer):
    assert len(answer.decode().split()) <= 30


@pytest.mark.parametrize("page", ["README.md", "docs/start.md"])
def test_readme_and_first_page_of_the_docs(answer, page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert found(r"<!-- (?:answer|headline) -->\n\*\*(.*?)\*\*\n", text) == answer


def test_the_last_line_of_run_and_fit(run, answer, capsys):
    print_answer(run, Path("results") / run.run_id)
    assert capsys.readouterr().out.splitlines()[-1].encode() == answer


def test_the_page_and_its_copy_button(run, answer):
    page = build_page(read_page_data(run))
    assert found(r'<p class="answer" id="answer-sentence">(.*?)</p>', page) == answer
    assert 'data-copy="cite-sentence"' in page
    assert found(r'<pre id="cite-sentence"[^>]*>(.*?)</pre>', page) == answer


def test_the_list_of_runs(answer):
    page = index_page(RunIndex(REFERENCE.parent))
    assert answer in [seen(text) for text in re.findall(r"<p>(.*?)</p>", page)]


def test_the_run_in_python_and_in_a_notebook(run, answer):
    assert found(r"\n  answer   (.*?)\n", repr(run)) == answer
    assert found(r"answer</th><td[^>]*>(.*?)</td>", run._repr_html_()) == answer


def test_cite(run, answer, tmp_path, monkeypatch, capsys):
    code, out, _ = caller(tmp_path, monkeypatch, capsys)("cite", REFERENCE, "--out", tmp_path / "citation")
    assert code == 0
    assert out.splitlines()[-1].encode() == answer
    assert collect(run)["gap.average"].sentence.encode().startswith(answer + b" (")
    assert answer in (tmp_path / "citation" / "claims.md").read_bytes()
