"""The page in a real browser: silent, offline, readable, accessible, and its controls change what they should."""

import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest

from gapmodel.analysis.rounding import round_estimate, round_probability
from gapmodel.analysis.sentences import estimate_text, headline, never_number, prior_number, slope_sentence, zero_short
from gapmodel.analysis.wording import Wording
from gapmodel.report import build_page, read_page_data
from gapmodel.runs.reader import read_run, reference_run
from tests.support.runs import make_comparison, make_replay, make_run

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(
    not CHROMIUM.is_file(), reason="no browser at /usr/bin/chromium: apt-get install chromium"
)

ATTACK = "<script>window.pwned=1</script>"
PICTURE = '<img src=x onerror="window.pwned=1"> & $x$ {{y}}'
FORMULA = '=HYPERLINK("http://x")'
LONG = f"A benchmark whose title goes on and on: version 2.1 (private, tiers 1 to 4, {40 * 'long'})"


def write_page(folder, path, **optional):
    path.write_text(build_page(read_page_data(read_run(folder), **optional)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small run whose strings are hostile."""
    path = tmp_path_factory.mktemp("browser") / "run"
    return make_run(path, titles={0: ATTACK, 1: PICTURE}, models={k: f"{ATTACK}{k}" for k in range(40)} | {45: FORMULA})


@pytest.fixture(scope="module")
def small(folder):
    comparison = make_comparison(folder.parent / "comparison", variants=("shared_shock", ATTACK))
    replay = make_replay(folder.parent / "replay", read_run(folder).summary)
    return write_page(folder, folder.parent / "small.html", comparison=comparison, trust=replay)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """37 benchmarks, one with a long title; not citable."""
    path = tmp_path_factory.mktemp("large")
    return write_page(
        make_run(path / "run", n_benchmarks=37, n_months=36, titles={3: LONG}, quick=True), path / "p.html"
    )


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser):
    """Open a file; at the end nothing may have been complained of or asked for."""
    contexts, faults = [], []

    def open_page(path, *, width=1440, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, has_touch=width < 500, is_mobile=width < 500
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda request: None if request.url.startswith(("file:", "data:", "blob:")) else faults.append(request.url),
        )
        page.goto(path.as_uri())
        page.locator("head > script").wait_for(state="attached")  # the drawing library, which has run by then
        assert page.evaluate("Boolean(window.Plotly)")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def draw_all(page):
    page.evaluate("document.querySelectorAll('.plot').forEach((node) => draw(node))")
    assert page.evaluate("[...document.querySelectorAll('.plot')].every((n) => n.querySelector('svg.main-svg'))")


def plain(text):
    return text.replace("−", "-").replace("\xa0", " ")


# ---- what is on it


def test_numbers_equal_the_summary(visit, small, folder):
    page, summary = visit(small), read_run(folder).summary
    assert page.inner_text("#answer-sentence") == headline(summary)
    said = [estimate_text(summary, key) for key in ("average_gap_months", "slope_months_per_year")]
    assert f"All 4 benchmarks: gap {said[0]}, slope {said[1]} on " in page.inner_text("#choice")
    zero = page.inner_text("#zero-sentence")
    assert zero == f"{slope_sentence(summary)} {zero_short(summary)}"


def test_one_number_has_one_text(visit, small, folder):
    page, summary = visit(small), read_run(folder).summary
    draw_all(page)
    never = Wording().probability(never_number(summary["zero_lag"]))
    assert f"not by {summary['zero_lag']['horizon'][:4]}: {never}" in page.inner_text("#fig-zero .plot")
    assert f", {never} (" in page.inner_text("#zero-sentence")
    assert never in page.inner_text("#fig-zero figcaption")
    # The bands say at the day of the answer what the answer says.
    gap = round_estimate(summary["average_gap_months"], summary["zero_lag"]["n_draws"])
    words = Wording()
    ends = words("interval", lower=gap.lower.text, upper=gap.upper.text)
    said = page.evaluate("page.bands.said[page.bands.date.indexOf(page.asOf)]")
    assert [said[0], said[2]] == [words.with_unit("months", gap.value), ends]
    row = page.locator(f"#gap-table tr[data-month='{summary['average_gap_months']['date']}'] td.n")
    assert row.nth(2).text_content() == gap.value.text
    # No script words a number of the posterior by itself.
    assert page.evaluate("typeof prob") == "undefined"


@pytest.mark.parametrize(
    "n, sd, values",
    [
        (600, 1.63, (5.69, 3.08, 8.37)),
        (20_000, 0.21, (-1.249, -1.6, 0.04)),
        (50, 30.0, (412.0, 380.0, 460.0)),
        (1000, 0.0, (2.0, 2.0, 2.0)),
    ],
)
def test_the_rounding_of_the_scripts_is_that_of_the_answer(visit, small, n, sd, values):
    mid, low, high = values
    entry = {"median": mid, "sd": sd, "mcse": 0.0, "interval": {"lower": low, "upper": high, "prob": 0.9}}
    shown = round_estimate(entry, n)
    found = visit(small).evaluate("(given) => stats.roundedEstimate(given)", {"shown": values, "sd": sd, "n": n})
    assert [plain(number.text) for number in (shown.value, shown.lower, shown.upper)] == found


def test_strings_from_data_are_text(visit, small):
    page = visit(small)
    draw_all(page)
    assert page.evaluate("window.pwned") is None
    assert page.locator("#frontiers h3", has_text=ATTACK).count() == 1
    assert page.locator("#frontiers h3", has_text=PICTURE).count() == 1
    # Hover over a record: the label shows the model's name as it is.
    node = page.locator(".plot[data-figure=frontier]").first
    node.scroll_into_view_if_needed()
    curve = node.evaluate("(n) => n.data.findIndex((t) => (t.hovertext || []).some((s) => s.includes('pwned')))")
    assert curve >= 0
    node.evaluate(
        """(n, curve) => Plotly.Fx.hover(n, [{curveNumber: curve,
            pointNumber: n.data[curve].hovertext.findIndex((s) => s.includes('pwned'))}])""",
        curve,
    )
    assert ATTACK in node.locator(".hoverlayer").text_content()
    assert page.locator("main img, main script, #frontiers a:not(.term)").count() == 0
    assert page.evaluate("window.pwned") is None


def test_the_page_forbids_scripts_that_it_did_not_bring(browser, small):
    page = browser.new_page()
    page.goto(small.as_uri())
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.pwned = 1'; document.body.append(s)"
    )
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')") == "refused"
    page.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_37_benchmarks_fit_without_overlap(visit, large, width):
    page = visit(large, width=width)
    draw_all(page)
    assert page.locator(".banner").inner_text().startswith("Quick run")
    assert page.locator("#frontiers figure").count() == 37
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    overlaps = page.evaluate(
        """() => [...document.querySelectorAll('.plot')].flatMap((plot) => {
            const texts = [...plot.querySelectorAll('.main-svg text')].filter((t) => t.textContent.trim());
            const boxes = texts.map((t) => [t.textContent, t.getBoundingClientRect()]);
            const frame = plot.getBoundingClientRect();
            const found = [];
            boxes.forEach(([text, a], i) => {
                const cut = a.left < frame.left - 1 || a.right > frame.right + 1;
                if (cut) found.push(`${plot.dataset.figure}: ${text} is cut`);
                boxes.slice(i + 1).forEach(([other, b]) => {
                    const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                    const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                    if (w > 1 && h > 2) found.push(`${plot.dataset.figure}: ${text} / ${other}`);
                });
            });
            return found;
        })"""
    )
    assert overlaps == []


@pytest.mark.parametrize(
    ("width", "scheme", "opened"), [(1440, "light", False), (1440, "dark", False), (390, "light", True)]
)
def test_axe_finds_no_fault(visit, small, width, scheme, opened):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(small, width=width, scheme=scheme)
    draw_all(page)
    # Long tables are many equal rows: three stand for all.
    page.evaluate("document.querySelectorAll('tbody tr:nth-child(n+4)').forEach((row) => row.remove())")
    page.evaluate(f"document.querySelectorAll('details').forEach((d) => {{ d.open = {str(opened).lower()}; }})")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found] == []


def test_the_theme_follows_the_system_and_the_button(visit, small):
    page = visit(small, scheme="dark")
    page.locator("#fig-gap").scroll_into_view_if_needed()
    page.wait_for_selector("#fig-gap svg.main-svg")
    paper = """() => [getComputedStyle(document.body).backgroundColor,
        document.querySelector('#fig-gap .plot').layout.paper_bgcolor]"""
    assert page.evaluate(paper) == ["rgb(21, 24, 28)", "#15181c"]
    page.click("#theme")
    assert page.evaluate(paper) == ["rgb(255, 255, 255)", "#ffffff"]
    assert page.inner_text("#theme") == "Dark page"


def test_printing_draws_every_figure(visit, small):
    page = visit(small)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("[...document.querySelectorAll('.plot')].every((n) => n.querySelector('svg.main-svg'))")
    page.emulate_media(media="print")
    assert not page.locator("#controls").is_visible()
    assert page.locator("#fig-gap .plot").is_visible()


# ---- controls


def test_the_horizon_slider_reads_the_curve(visit, small, folder):
    page, run = visit(small), read_run(folder)
    curve, words = run.table("zero_lag_curve.csv"), Wording()
    n_draws = run.summary["zero_lag"]["n_draws"]
    slider = page.locator("#horizon")
    for k in (12, 60, 61):
        if k == 61:
            slider.press("ArrowRight")
        elif k == 60:
            slider.evaluate("(node) => { node.value = 60; node.dispatchEvent(new Event('input')); }")
        row = curve.iloc[k]
        said = page.inner_text("#horizon-answer")
        shown = words.probability(round_probability(row["probability"], row["mcse"], n_draws))
        assert f"{row['date'].day} {row['date']:%B %Y}: {shown} (Monte Carlo error {row['mcse']:.3f})" in said
        assert f"prior alone {words.probability(prior_number(run.summary, row['prior']))}" in said
    assert slider.get_attribute("aria-valuetext") in said
    drawn = page.evaluate(
        "document.querySelector('.plot[data-figure=zero]').data?.[4].y[0] ?? page.zero.probability[61]"
    )
    assert drawn == pytest.approx(curve["probability"][61])


def raw_means(page):
    rows = page.evaluate(
        """[...document.querySelectorAll('#gap-table tbody tr')].map((tr) =>
            [tr.dataset.month, ...['mean', 'n'].map((raw) => tr.querySelector(`[data-raw=${raw}]`).dataset.v)])"""
    )
    return {month: float(mean) for month, mean, n in rows if n and int(n) > 0}


def test_raw_means_signed_clamped_and_chosen(visit, small, folder):
    page, run = visit(small), read_run(folder)
    lags = run.table("lags.csv")
    exact = lags[(lags["censoring"] == 0) & lags["lag_months"].notna()]
    assert (exact["lag_months"] < 0).any(), "nothing to set to zero"

    def expected(table, lag):
        return {str(m.date()): v for m, v in lag.groupby(table["month"]).mean().items()}

    before = raw_means(page)
    assert before == pytest.approx(expected(exact, exact["lag_months"]), rel=1e-5)
    page.check("input[value=clamped]")
    monthly = run.table("baseline_monthly.csv")
    assert raw_means(page) == pytest.approx(
        {str(m.date()): v for m, v in zip(monthly["month"], monthly["mean"])}, rel=1e-5
    )
    page.check("input[value=signed]")
    page.select_option("#category", label="science")
    mine = exact[exact["category"] == "science"]
    assert raw_means(page) == pytest.approx(expected(mine, mine["lag_months"]), rel=1e-5)
    page.select_option("#category", label="all")
    assert raw_means(page) == before


def test_the_choice_is_in_the_address(visit, small, folder):
    page = visit(small)
    category = page.locator("#category option").nth(1).get_attribute("value")
    page.select_option("#category", category)
    page.check('input[name="lag"][value="clamped"]')
    page.locator("#horizon").evaluate("e => { e.value = 3; e.dispatchEvent(new Event('input')); }")
    said = [page.locator(name).text_content() for name in ("#choice", "#horizon-answer")]
    address = page.url
    page.reload()
    assert [page.locator(name).text_content() for name in ("#choice", "#horizon-answer")] == said
    assert page.locator("#category").input_value() == category
    assert page.is_checked('input[name="lag"][value="clamped"]')
    assert page.url == address
    names = read_run(folder).per_benchmark["benchmark"].astype(str)
    chosen = json.dumps([names.iloc[0], ATTACK])
    page.goto("about:blank")
    page.goto(f"{small.as_uri()}#choice?{urlencode({'benchmarks': chosen, 'horizon': '1999-01-01'})}")
    text = page.locator("#choice").text_content()
    assert text.startswith(f"The link asks for what this page does not have: {ATTACK}, the date 1999-01-01. 1 of ")
    page.click("text=Choose benchmarks")
    page.click('[data-choose="all"]')
    assert page.url == f"{small.as_uri()}#"


def test_dates_in_view_and_what_is_not_there_are_in_the_address(visit, small):
    page = visit(small)
    months = page.locator("#from option").evaluate_all("(options) => options.map((o) => o.value)")
    page.select_option("#from", months[-3])
    page.select_option("#to", months[-2])
    assert page.evaluate("document.querySelector('#fig-gap .plot').layout.xaxis.range[1]")[:7] >= months[-2][:7]
    page.reload()
    assert [page.locator(f"#{end}").input_value() for end in ("from", "to")] == [months[-3], months[-2]]
    page.select_option("#from", months[-1])  # later than the end, which gives way
    assert page.locator("#to").input_value() == ""
    page.goto("about:blank")
    page.goto(
        f"{small.as_uri()}#choice?{urlencode({'visibility': 'secret', 'mark': 'lab:Nobody', 'from': '1999-01-31'})}"
    )
    said = page.locator("#choice").text_content()
    assert all(words in said for words in ("questions that are secret", "lab Nobody", "the date 1999-01-31"))
    # A folder keeps no scores: what they would allow is grey and says why.
    assert page.is_disabled("#mark")
    assert "a folder keeps no scores" in page.inner_text("#mark-why")


def test_labs_visibility_and_scale_of_the_reference_run(visit, tmp_path):
    (tmp_path / "page.html").write_text(build_page(read_page_data(reference_run())), encoding="utf-8")
    page = visit(tmp_path / "page.html")
    page.select_option("#mark", "country:China")
    page.check('input[value="logit"]')
    page.select_option("#visibility", "cprivate")
    count = page.evaluate("state.chosen.size")
    assert f"Shown: the {count} benchmarks with private questions." == page.inner_text("#frontiers .scope")
    assert page.inner_text("#frontier-mark") == "Highlighted: China."
    page.reload()
    assert [page.locator(f"#{name}").input_value() for name in ("mark", "visibility")] == ["country:China", "cprivate"]
    assert page.is_checked('input[value="logit"]')
    page.select_option("#visibility", "")  # all of them again
    node = page.locator(".plot[data-figure=frontier]").first
    names = node.evaluate("(n) => draw(n) || n.layout.annotations.map((a) => a.text)")
    held = "(n) => [page.frontiers[n.dataset.key]].flatMap((f) => [...f.leader, ...f.follower]).map((r) => r[2])"
    records = node.evaluate(held)
    assert names
    assert all(any(record.startswith(re.sub("<.*?>|…", "", name)) for record in records) for name in names)
    assert node.evaluate("(n) => n.layout.yaxis.ticktext.includes('0.95')")


def test_the_mean_of_chosen_benchmarks_comes_from_their_draws(visit, small, folder):
    page, run = visit(small), read_run(folder)
    draws, table = run.dataset("draws.nc"), run.table("per_benchmark.csv")
    page.locator(".choice summary").click()
    titles = page.locator(".choice .checks li")
    order = sorted(range(len(table)), key=lambda k: table["title"][k].casefold())
    assert titles.all_inner_texts() == [table["title"][k] for k in order]
    titles.nth(0).locator("input").uncheck()
    kept = [table["benchmark"][k] for k in order[1:]]
    values = draws["benchmark_gap"].sel(benchmark=kept).mean("benchmark").to_numpy().ravel()
    # The page has two digits of each draw; the rule of the digits shown is that of the answer.
    low, mid, high = np.quantile(values, [0.05, 0.5, 0.95])
    entry = {"median": mid, "sd": values.std(), "mcse": 0.0, "interval": {"lower": low, "upper": high, "prob": 0.9}}
    assert f"gap {Wording().estimate('months', round_estimate(entry, values.size))}" in page.inner_text("#choice")
    assert page.locator("#frontiers figure:visible").count() == 3
    page.locator("#fig-forest").scroll_into_view_if_needed()
    page.wait_for_selector("#fig-forest svg.main-svg")
    assert page.evaluate("document.querySelector('.plot[data-figure=forest]').data[2].y.length") == 3

    page.click("[data-choose=none]")
    assert page.inner_text("#choice") == "No benchmark is chosen."
    titles.nth(2).locator("input").check()
    entry = next(row for row in run.summary["per_benchmark"] if row["benchmark"] == table["benchmark"][order[2]])
    shown = round_estimate(entry["gap_months"], run.summary["zero_lag"]["n_draws"])
    assert f"gap {Wording().estimate('months', shown)}, slope" in page.inner_text("#choice")
    page.click("[data-choose=all]")
    assert page.inner_text("#choice").startswith("All 4 benchmarks")


def test_without_draws_the_choice_says_so(visit, tmp_path):
    page = visit(write_page(make_run(tmp_path / "run", keep_draws=False), tmp_path / "p.html"))
    assert page.inner_text("#choice").startswith("All 4 benchmarks: gap")
    page.locator(".choice summary").click()
    page.locator(".choice .checks input").nth(0).uncheck()
    assert "kept no draws" in page.inner_text("#choice")
    draw_all(page)


def test_variants_can_be_hidden(visit, small):
    page = visit(small)
    page.locator("#fig-variants").scroll_into_view_if_needed()
    page.wait_for_selector("#fig-variants svg.main-svg")
    count = "document.querySelector('.plot[data-figure=variants]').data.filter((t) => t.mode === 'markers')[0].x.length"
    assert page.evaluate(count) == 2
    page.locator("#fig-variants fieldset input").nth(0).uncheck()
    assert page.evaluate(count) == 1
    page.locator("#fig-variants details summary").click()
    assert page.locator("#variants-table tbody tr:visible").count() == 2


# ---- what a choice changes, and what it does not


def test_the_first_figure_stands_above_all_but_the_sentence(visit, small):
    page = visit(small, width=390)
    page.wait_for_selector("#fig-gap svg.main-svg")
    top, bottom = page.evaluate(
        "(({top, bottom}) => [top, bottom])(document.querySelector('#fig-gap .plot').getBoundingClientRect())"
    )
    assert top < 0.6 * 900, "the figure begins on the first screen of a phone"
    assert bottom < 900
    above = "[...document.querySelectorAll('nav, form, #zero-sentence')].map((n) => n.getBoundingClientRect().top)"
    assert min(page.evaluate(above)) > bottom


def test_after_a_choice_every_part_says_what_it_is_of(visit, large):
    page = visit(large)
    page.evaluate("document.querySelectorAll('.plot:not([data-key])').forEach((node) => draw(node))")
    name = page.locator("#category option").nth(1).text_content()
    page.select_option("#category", label=name)
    count = page.evaluate("state.chosen.size")
    mine = f"the {count} benchmarks in {name}"
    assert 1 < count < 37
    said = {figure: page.inner_text(f"#fig-{figure} .scope") for figure in ("gap", "zero", "boxes", "forest")}
    assert said["gap"].startswith(f"Rings: {mine}. Bands and published line: all 37 benchmarks. A choice does not")
    assert said["zero"].startswith("All 37 benchmarks. A choice does not change it: ")
    assert said["boxes"] == f"Boxes, means and triangles: {mine}."
    assert said["forest"].startswith(f"Blue rows: {mine}. Grey rows are over the benchmarks that they name")
    assert page.inner_text("#frontiers .scope") == f"Shown: {mine}."
    assert page.locator("#gap-table caption").text_content() == f"Months; raw means of {mine}"
    # What stays is grey.
    legend = page.inner_text("#fig-gap .legend")
    assert f"raw monthly mean, {mine}" in legend
    assert "posterior median, all 37 benchmarks" in legend
    median = "(t) => t.mode === 'lines' && t.hoverinfo === 'text'"
    drawn = page.evaluate(f"document.querySelector('#fig-gap .plot').data.find({median}).line.color")
    assert drawn == page.evaluate("colours().muted")
    filtered = "getComputedStyle(document.querySelector('#fig-zero .plot')).filter"
    assert page.evaluate(filtered) == "grayscale(1)"
    rows = page.evaluate("document.querySelector('#fig-forest .plot').layout.annotations.map((a) => a.text)")
    assert f"<b>average of {mine}</b>" in rows
    assert "<b>average of all 37</b>" in rows
    page.select_option("#category", label="all")
    assert page.inner_text("#fig-zero .scope") == "All 37 benchmarks."
    assert page.evaluate(filtered) == "none"


def test_terms_are_explained_in_place(visit, small):
    page = visit(small)
    note, term = page.locator("#term-note"), page.locator("#fig-gap figcaption a.term").first
    words = page.locator(term.get_attribute("href")).text_content()
    term.scroll_into_view_if_needed()
    assert not note.is_visible()
    term.hover()
    assert note.inner_text().startswith(f"{words}: ")
    assert term.get_attribute("aria-describedby") == "term-note"
    page.keyboard.press("Escape")
    assert not note.is_visible()
    # By keys alone: it is shown when the focus comes, and Enter leads nowhere else.
    page.locator("#fig-gap summary").first.focus()
    address = page.url
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.className") == "term"
    assert note.is_visible()
    page.keyboard.press("Enter")
    assert page.url == address
    page.keyboard.press("Tab")
    assert not note.is_visible()


def test_a_tap_explains_a_term_within_the_screen(visit, small):
    page = visit(small, width=390)
    note = page.locator("#term-note")
    for term in page.locator("#meaning a.term").all():
        term.tap()
        box = note.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        page.keyboard.press("Escape")  # it may lie over the next one
    page.locator("h1").tap()
    assert not note.is_visible()


def test_the_cutoff_slider_shows_the_answer_as_it_stood(visit, small):
    page = visit(small)
    slider = page.locator("#cutoff")
    slider.scroll_into_view_if_needed()
    page.wait_for_selector("#fig-past svg.main-svg")
    assert page.inner_text("#cutoff-answer").startswith("As of 30 September 2023: gap 5 months")
    slider.press("ArrowRight")
    assert page.inner_text("#cutoff-answer").startswith("As of 31 March 2024: gap 5 months")
    assert slider.get_attribute("aria-valuetext") == "31 March 2024"
    assert page.url.endswith("#choice?cutoff=2024-03-31")
    assert page.evaluate("document.querySelector('#fig-past .plot').data[0].x[0]") == "2024-04-30"
    page.reload()
    assert page.locator("#cutoff").input_value() == "1"
    page.goto("about:blank")
    page.goto(f"{small.as_uri()}#choice?cutoff=1999-01-31")
    assert "does not have: an answer as of 1999-01-31." in page.locator("#choice").text_content()
    assert page.locator("#cutoff").input_value() == "0"


def test_controls_that_change_nothing_are_grey_and_say_why(visit, small):
    page = visit(small)
    assert page.is_enabled("input[value=clamped]")
    assert page.get_attribute('[data-choose="all"]', "aria-disabled") == "true"
    assert page.locator('[data-choose="all"]').get_attribute("title") == "All are chosen"
    positive = page.evaluate(
        """page.benchmarks.findIndex((_, k) => page.lags.b.includes(k)
            && !page.lags.lag.some((v, i) => v < 0 && page.lags.b[i] === k))"""
    )
    page.evaluate(f"state.chosen = new Set([{positive}]); apply()")
    assert positive >= 0
    assert page.is_disabled("input[value=clamped]")
    assert page.inner_text("#signs-why") == "No lag of these benchmarks is negative: the two are the same."
    assert page.get_attribute("input[value=clamped]", "aria-describedby") == "signs-why"


def test_a_link_within_the_page_keeps_the_choice(visit, small):
    page = visit(small)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.check("input[value=clamped]")
    address = page.url
    page.click('nav a[href="#checks"]')
    assert page.url == address
    assert page.evaluate("document.activeElement.id") == "checks"
    page.click("#link")
    page.locator("#linked:not(:empty)").wait_for()  # a polled function is evaluated, which the page forbids
    assert page.evaluate("navigator.clipboard.readText()") == address


# ---- downloads and copying


def download(page, figure, kind):
    with page.expect_download() as waiting:
        page.locator(f"#fig-{figure} [data-download={kind}]").click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_figures_and_their_data_are_downloaded(visit, small, folder):
    page, run = visit(small), read_run(folder)
    name, picture = download(page, "gap", "svg")
    assert name == f"{run.run_id}_gap.svg"
    assert picture.startswith(b"<svg")
    for words in (
        "Average gap over time",
        "Made-up scores of a simulation",
        run.run_id,
        headline(run.summary).split("(")[0].strip()[:40],
    ):
        assert words.encode() in picture
    name, picture = download(page, "frontier-0", "png")
    assert (picture[:8], bool(re.fullmatch(r"[\w.-]+\.png", name))) == (b"\x89PNG\r\n\x1a\n", True)
    _, text = download(page, "zero", "csv")
    rows = list(csv.reader(io.StringIO(text.decode())))
    curve = run.table("zero_lag_curve.csv")
    assert len(rows) == len(curve) + 1
    assert float(rows[61][1]) == pytest.approx(curve["probability"][60])


def test_a_formula_in_the_data_is_defused_in_csv(visit, small):
    page = visit(small)
    _, text = download(page, "lags", "csv")
    cells = [cell for row in csv.reader(io.StringIO(text.decode())) for cell in row]
    assert not any(cell.startswith("=") for cell in cells)
    page.evaluate("document.body.append(element('table', {id: 'x'}, element('tr', {}, element('td', {}, '=1+1'))))")
    assert page.evaluate("csvOf(document.getElementById('x'))") == "'=1+1\n"


def test_the_citation_is_copied(visit, small):
    page = visit(small)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-copy=cite-sentence]").click()
    page.locator("#copied:not(:empty)").wait_for()  # a polled function is evaluated, which the page forbids
    assert page.inner_text("#copied") == "Copied."
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#cite-sentence").text_content()
