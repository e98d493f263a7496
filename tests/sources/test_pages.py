"""Tables in saved pages of HTML and Markdown: what is read of them, and what is said of the rest."""

from gapmodel.sources.convert.formats import ConvertOptions, convert


def read(content, name):
    return convert("auto", content.encode(), name, ConvertOptions())


def scores(found):
    """(benchmark, model) → score."""
    return {(r.benchmark, r.model): r.score for r in found.rows.itertuples()}


def test_a_page_of_html_has_joined_headings_links_and_no_footnotes():
    page = """<html><body><table><tr><td>Menu</td><td>About</td></tr><tr><td>x</td><td>y</td></tr></table><table>
    <thead><tr><th rowspan=2>Model</th><th rowspan=2>License</th><th colspan=2>Maths</th></tr>
    <tr><th>Easy</th><th>Hard<sup>1</sup></th></tr></thead>
    <tr><td><a href="https://huggingface.co/a/GPT-4-Turbo">A nice name</a></td><td>MIT</td><td>40.1%</td>
    <td>3<sup>1</sup></td></tr>
    <tr><td>Elm-1</td><td>Proprietary</td><td>50 %</td><td style="display:none">9</td><td>4</td></tr>
    </table></body></html>"""
    found = read(page, "board.html")
    assert scores(found) == {
        ("Maths Easy", "A nice name"): 40.1, ("Maths Easy", "Elm-1"): 50.0,
        ("Maths Hard", "A nice name"): 3.0, ("Maths Hard", "Elm-1"): 4.0,
    }  # fmt: skip
    assert found.spellings["A nice name"] == ("A nice name", "GPT-4-Turbo")
    assert any("of 2 tables in HTML that on table 2" in note for note in found.notes)
    assert ("table", "table 1", "1 rows under Menu, About; another table is read") in found.left_out


def test_what_a_page_strikes_out_hides_or_repeats_is_said():
    page = """<table><tr><th>Model</th><th>License</th><th>A</th><th>B</th></tr>
    <tr><td>Ash</td><td>MIT</td><td><del>6</del><ins>7</ins>1</td><td>40.5<a href="#fn1">3</a></td></tr>
    <tr><td>Elm</td><td>Proprietary</td><td colspan=2>51.5</td></tr>
    <tr style="display: none"><td>Fir</td><td>MIT</td><td>99</td><td>98</td></tr>
    <tr><td>Oak</td><td>MIT</td><td>44<span class="tooltip">4</span></td><td>45</td></tr></table>"""
    found = read(page, "t.html")
    assert scores(found) == {
        ("A", "Ash"): 71.0, ("B", "Ash"): 40.5, ("A", "Elm"): 51.5, ("B", "Elm"): 51.5, ("A", "Oak"): 44.0,
        ("B", "Oak"): 45.0,
    }  # fmt: skip
    assert [note for note in found.notes if "not read" in note or "in each" in note] == [
        "3 notes and struck-out texts in cells are not read (6, 3, 4)",
        "1 row that the page hides is not read (Fir MIT 99 98)",
        "1 cell over several columns counts in each (51.5)",
    ]


def test_struck_out_text_of_markdown_is_no_part_of_a_number():
    assert scores(read("| Model | acc |\n|---|---|\n| A | ~~6~~7 |\n| B | <s>5</s>1.5 |", "t.md")) == {
        ("acc", "A"): 7.0, ("acc", "B"): 1.5,
    }  # fmt: skip


def test_a_link_to_weights_that_two_models_share_names_neither():
    link = "https://huggingface.co/a/Base-7B"
    page = (
        f"| Model | acc |\n|---|---|\n| [Tuned A]({link}) | 0.4 |\n| [Tuned B]({link}) | 0.5 |\n| [C]({link}2) | 0.6 |"
    )
    assert read(page, "t.md").spellings == {"Tuned A": ("Tuned A",), "Tuned B": ("Tuned B",), "C": ("Base-7B2", "C")}
