"""Terms of the field: one source for the page and the documentation."""

import re

from gapmodel.analysis.glossary import TERMS
from gapmodel.report import build_page, read_page_data
from gapmodel.report.terms import with_terms
from gapmodel.runs.reader import reference_run
from tests.support.citedruns import REFERENCE as RUN


def test_terms_are_in_order_and_no_form_has_two_meanings():
    assert [t.name.casefold() for t in TERMS] == sorted(t.name.casefold() for t in TERMS)
    forms = [form.casefold() for t in TERMS for form in (t.name, *t.forms)]
    assert len(forms) == len(set(forms))


def test_the_first_use_is_marked_in_text_alone():
    html = '<p>A lag, &lt;lag&gt;, and <code>prior</code> <a href="#x">record</a>.</p><label>gap</label><td>draw</td>'
    marked = with_terms(html)
    assert re.findall(r'<a class="term" href="#([\w-]+)">(\w+)</a>', marked) == [("term-lag", "lag")]
    assert re.sub(r"<a class=\"term\"[^>]*>(\w+)</a>", r"\1", marked) == html
    assert with_terms('<figcaption title="lag > gap">x</figcaption>') == '<figcaption title="lag > gap">x</figcaption>'


def test_every_term_is_on_the_page_and_leads_to_its_meaning():
    folder = RUN.parent
    data = read_page_data(
        reference_run(),
        comparison=folder / "comparison",
        trust=folder / "trust" / "backtest",
        sensitivity=folder / "sensitivity",
    )
    page = build_page(data)
    used = set(re.findall(r'<a class="term" href="#([\w-]+)"', page))
    assert used == {term.key for term in TERMS}
    assert all(page.count(f'<dt id="{key}"') == 1 for key in used)


def test_the_documentation_has_the_same_words():
    from docs_hooks import ROOT, glossary_page

    page = glossary_page()
    for term in TERMS:
        assert f"{term.name}\n:   {term.meaning}" in page
        assert (ROOT / "docs" / term.page.partition("#")[0]).is_file()
