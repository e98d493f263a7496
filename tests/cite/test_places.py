"""Where placeholders are filled and where not: each kind of place in Markdown, HTML and LaTeX, and time."""

import contextlib
import re
from html import unescape
from time import process_time

import pytest

from gapmodel.cite import collect
from gapmodel.cite.places import _reader, places
from gapmodel.cite.render import placeholders, render_text
from gapmodel.cite.targets import HTML, LATEX, MARKDOWN, broken_marks, find_marks
from gapmodel.cite.verify import verify
from gapmodel.errors import ConfigError, UnknownNameError
from gapmodel.runs.reader import read_run
from tests.support.citedruns import edited_run

X = "{{gap.average}}"


def kinds(text, target):
    return ["code" if p.code else "barred" if p.barred else "text" for p in places(text, target)]


TEXT = {
    MARKDOWN: [
        X, f"# {X}\n", f"- {X}\n", f"1. a\n\n   {X}\n", f"> {X}", f"| a |\n|---|\n| {X} |\n", f"**{X}**", f"[{X}](b)",
        f"a[^1]\n\n[^1]: b\n\n    {X}\n", f"term\n: {X}\n", f"$5 and $6, {X}", f"\\$a {X} b\\$", f"<div>\n{X}\n</div>",
        f"<div>\n\n{X}\n</div>", f"`a {X}", f"a\n    {X}", f"\\\\{X}", f"---\na: b\n...\n{X}", f"~~{X}~~",
        f"0z0q0q {X}",
        f"<b>{X}</b>", f"a < b {X} > c", f"<pre></pre>\n\n{X}",
    ],
    HTML: [X, f"<p>{X}", f"<b a='>'>{X}</b>", f"<pre></pre>{X}", f"<!-- a -->{X}", f"<script>a</script>{X}", f"a<{X}"],
    LATEX: [
        X, f"\\textbf{{{X}}}", f"\\$ {X} \\$", f"\\% {X}", f"$a$ {X} $b$", f"$$a$$ {X}", f"$\\text{{a {X}}}$",
        f"\\(a\\){X}",
        f"\\begin{{align*}}a\\end{{align*}} {X}", f"\\verb|a| {X}", f"\\label{{a}} {X}", f"\\\\% a\n{X}",
        f"\\url{{a%b}}{X}",
        f"\\begin{{verbatim}}$ {{ \\end{{verbatim}} {X}", f"\\iffalse $ \\ifx a \\fi \\fi {X}", f"\\section[a]{{{X}}}",
        f"\\href{{a}}{{{X}}}", f"\\begin{{tabular}}{{l}}{X}\\end{{tabular}}", f"\\caption{{{X}}}", f"a | b {X}",
    ],
}  # fmt: skip
CODE = {
    MARKDOWN: [
        f"`{X}`", f"``a ` {X}``", f"```\n{X}\n```", f"~~~ {X}\n", f"```\n{X}", f"    {X}", f"\t{X}",
        f"- a\n\n      {X}\n",
        f"a\n\n    {X}\n", f"<!-- {X} -->", f"<!-- {X}", f"a <!-- {X} --> b", f"<pre>{X}</pre>",
        f"<pre>\n\n{X}\n\n</pre>",
        f"a <code>{X}</code>", f"<div><pre>\n{X}\n</pre></div>", f"\\{X}", f">     {X}\n", f"<pre>{X}", f"<!---{X}-->",
    ],
    HTML: [
        f"<!-- {X} -->", f"<!-- {X}", f"<pre>{X}</pre>", f"<pre>{X}", f"<PRE><b>{X}</b></PRE>", f"<code>{X}</code>",
        f"<xmp>{X}</xmp>", f"<plaintext>{X}", f"<kbd>{X}</kbd>", f"<? {X} ?>", f"<! {X}>",
    ],
    LATEX: [
        f"% {X}", f"\\\\% {X}", f"a%{X}\nb", f"\\verb|{X}|", f"\\verb*+{X}+",
        f"\\begin{{verbatim}}{X}\\end{{verbatim}}",
        f"\\begin{{verbatim}}{X}", f"\\begin{{lstlisting}}[a=b]\n{X}\\end{{lstlisting}}", f"\\lstinline[a]!{X}!",
        f"\\begin{{minted}}{{python}}{X}\\end{{minted}}", f"\\mintinline{{c}}|{X}|",
        f"\\begin{{comment}}{X}\\end{{comment}}",
        f"\\iffalse {X} \\fi", f"\\iffalse \\ifx a\\fi {X} \\fi", f"\\end{{document}} {X}",
        f"\\lstnewenvironment{{own}}{{}}{{}}\\begin{{own}}{X}\\end{{own}}", f"\\MakeShortVerb{{\\|}} |{X}|",
        f"\\begin{{Verbatim*}}{X}\\end{{Verbatim*}}",
    ],
}  # fmt: skip
BARRED = {
    MARKDOWN: [
        f"[a]({X})", f"[a](b '{X}')", f"![{X}](b)", f"<http://a/{X}>", f"[a]: {X}\n\n[a]", f"[a]: b '{X}'\n\n[a]",
        f"[{X}]: b\n", f"---\na: {X}\n---\n", f"---\na: {X}\n...\nb", f"<a b='{X}'>c</a>",
        f"<div title='>{X}'>\n", f"<script>\n\n{X}", f"${X}$", f"$$\n{X}\n$$", f"a $$b {X}$$", f"<title>{X}</title>",
        f"<textarea>\n{X}</textarea>", f"<style>{X}", f"<b\na='{X}'>", f"[^1]: {X}", "> " * 40 + X,
    ],
    HTML: [
        f"<p a='{X}'>", f"<p a={X}>", f"<p {X}>", f"<p a='>' b='{X}'>", f"<p a='{X}", f"<title>{X}",
        f"<title>{X}</title>",
        f"<script>{X}</script>", f"<script>{X}", f"<script>'</scrip' {X}", f"<style>{X}", f"<textarea>{X}</textarea>",
        f"<script><!-- <b> --> {X}", f"<!DOCTYPE {X}>", f"<iframe>{X}</iframe>", f"<p\n{X}",
        f"<template>{X}</template>",
        f"<SCRIPT >{X}</SCRIPT>", f"</p {X}>",
    ],
    LATEX: [
        f"${X}$", f"$${X}$$", f"\\({X}\\)", f"\\[{X}\\]", f"\\begin{{equation}}{X}\\end{{equation}}", f"$a {X}",
        f"\\begin{{align*}}a&{{b}} {X}\\end{{align*}}", f"\\label{{{X}}}", f"\\ref{{a {X}}}", f"\\url{{{X}}}",
        f"\\href{{{X}}}{{a}}",
        f"\\includegraphics[width={X}]{{a}}", f"$\\text{{a $b {X}$}}$", f"\\input{{{X}}}", f"\\begin{{ {X}}}",
        f"${{\\bf {X}}}$",
        f"\\lstinline{{{X}}}", f"\\cite[p.~3]{{{X}}}",
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return read_run(edited_run(tmp_path_factory.mktemp("reference") / "run"))


@pytest.fixture(scope="module")
def claims(run):
    return collect(run)


@pytest.mark.parametrize(("kind", "cases"), [("text", TEXT), ("code", CODE), ("barred", BARRED)])
@pytest.mark.parametrize("target", [MARKDOWN, HTML, LATEX])
def test_what_stands_around_a_placeholder_is_known(kind, cases, target):
    found = {text: kinds(text, target) for text in cases[target]}
    assert {text: got for text, got in found.items() if got != [kind] * text.count(X)} == {}


def test_tags_of_other_tools_are_theirs():
    assert kinds("{{< include a.md >}} {{% b %}}", MARKDOWN) == []


@pytest.mark.parametrize("text", TEXT[MARKDOWN])
def test_readers_of_markdown_see_what_they_would_with_the_number_typed_in(claims, text):
    # A comment at the beginning of a line would turn the whole line into HTML.
    text = text.replace(X, "{{gap.average.sentence}} *so*")
    filled, count, left = render_text(text, claims, MARKDOWN)
    assert (count, left) == (text.count("{{"), [])
    assert len(find_marks(filled, MARKDOWN)) == count

    def seen(page):
        page = re.sub(r"<!--.*?-->|<span></span>", "", _reader().render(page.replace("\n...\n", "\n---\n"), {}))
        return unescape(page)

    sentence = claims["gap.average"].sentence
    if "<div>\n{{" in text:  # HTML as it is, where stars are stars
        assert f"{sentence} *so*" in seen(filled)
    else:
        assert seen(filled) == seen(text.replace("{{gap.average.sentence}}", "0z7q7q")).replace("0z7q7q", sentence)


def test_a_filled_manuscript_verifies_wherever_the_claim_stands(run, claims, tmp_path):
    for target, ending in ((MARKDOWN, "md"), (HTML, "html"), (LATEX, "tex")):
        for text in [*TEXT[target], *(["<div>\n{{gap.average.sentence}}\n</div>"] if target != LATEX else [])]:
            (tmp_path / f"a.{ending}").write_text(render_text(text, claims, target)[0])
            findings = verify(tmp_path / f"a.{ending}", run)
            assert [f.status for f in findings] == ["ok"] * len(findings), text
            assert findings, text


def test_twenty_errors_are_shown_and_the_rest_is_counted(claims):
    for text, error, word in (
        ("{{a.b}}\n", UnknownNameError, "unknown claim"),
        ("[a]({{a.b}})\n", ConfigError, "stands in"),
    ):
        with pytest.raises(error) as caught:
            render_text(text * 1000, claims, MARKDOWN)
        lines = str(caught.value).splitlines()
        assert len(lines) == 21
        assert sum(word in line for line in lines) == 20
        assert lines[-1] == "and 980 more"


def test_what_is_left_alone_is_said(claims):
    assert render_text(f"{X}\n`{X}`\n\n    {X}\n", claims, MARKDOWN)[1:] == (1, [2, 4])


def test_names_cannot_steer_the_terminal(claims):
    with pytest.raises(UnknownNameError) as caught:
        render_text("{{a.\x1b[2J\u202eb}}", claims, MARKDOWN)
    assert str(caught.value).isprintable()


def test_halves_of_marks_are_found_beside_whole_ones(claims):
    whole = render_text(f"a {X}", claims, HTML)[0]
    begin = whole[2 : whole.index("-->") + 3]
    assert broken_marks(f"{begin} b\n{whole}\nc<!--/gapmodel-->", HTML) == [1, 3]
    assert len(find_marks(f"{begin} b\n{whole}", HTML)) == 1


PATTERNS = [
    "[", "]", "![", "[a](", "[a]: b\n", "*a", "`a", "``` ", "<", "<a ", "<a b='", "<!--", "<!---->", "</", "&",
    "\\", "$", "$a",
    "> ", "- ", "{", "}", "{{", "{{a.b", "[^a]", "|", "a\n", "\n", "<b>", "<pre>", "<script>", "<?", "<![CDATA[",
    "<!A", "x_*y",
    "\\begin{a}", "\\end{a}", "\\begin{verbatim}", "\\verb|", "\\label[", "\\iffalse ", "%", "\\(", "|a", "\\text{",
    "{\\verb ",
    "<!--gapmodel ", "<!--gapmodel a-->", "<!--/gapmodel-->", "\\gapmodelclaim{a}{", "\\newcommand{\\gmA}{", "\\input{",
    "\\MakeShortVerb{\\|}", f"{X} ",
]  # fmt: skip


@pytest.mark.parametrize("target", [MARKDOWN, HTML, LATEX])
def test_time_grows_with_the_length_whatever_is_repeated(target):
    # 8 times the length: 8 times the work where it is linear, 64 times where it is quadratic.
    slow = {}
    for pattern in PATTERNS:
        for _ in range(3):  # a machine that does something else in between does not do so thrice
            short, long = (_seconds(f"{X} {pattern * (size // len(pattern))}", target) for size in (1_000, 8_000))
            if long < 26 * max(short, 1e-3):
                break
        else:
            slow[pattern] = short, long
    assert slow == {}


def _seconds(text, target):
    start = process_time()
    with contextlib.suppress(ConfigError):
        placeholders(text, target)
    broken_marks(text, target)
    return process_time() - start
