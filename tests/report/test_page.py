"""The page of a run as HTML, and the command that writes it: without a browser."""

import hashlib
import html
import json
import re
from dataclasses import replace

import pandas as pd
import pytest

import gapmodel as gm
from gapmodel.analysis.sentences import headline, standing, zero_short
from gapmodel.analysis.track_record import published_gaps
from gapmodel.errors import ConfigError, DataError
from gapmodel.files.folder_swap import DERIVED
from gapmodel.report import build_page, read_page_data
from gapmodel.report.audit import audit
from gapmodel.report.data_files import METADATA, NAMES
from gapmodel.report.embed import EMBEDDED
from gapmodel.report.payload import page_payload
from gapmodel.report.source import MAX_DRAWS
from gapmodel.runs.reader import read_run, reference_run, verify_files
from tests.support.citedruns import REFERENCE
from tests.support.commandline import caller
from tests.support.runs import SCRIPT, make_comparison, make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("report") / "run", titles={0: SCRIPT}, models={0: SCRIPT})


@pytest.fixture(scope="module")
def data(run):
    return read_page_data(read_run(run))


@pytest.fixture
def called(monkeypatch, capsys, tmp_path):
    return caller(tmp_path, monkeypatch, capsys)


# ---- the page


def test_the_page_asks_nothing_of_the_network(data):
    page = build_page(data)
    without_plotly = re.sub(r"<script>.*?</script>", "", page, flags=re.S)
    # A link is followed by its reader; anything else would be loaded.
    assert not re.search(r"""(src|(?<!<a )href)=["'](?!#|data:)""", without_plotly)
    assert "url(" not in without_plotly
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    assert len(page) < 3e6
    assert page == build_page(data)


def test_published_gaps_are_beside_open_and_closed_alone(data):
    page = build_page(data)
    assert '<section id="published"' in page
    for row in published_gaps().itertuples():
        assert f'<a href="{row.link}">' in page
    options = data.summary["options"]
    china = options | {"follower": {"name": "China", "condition": "country=China"}}
    other = replace(data.run, summary=data.summary | {"options": china})
    assert '<section id="published"' not in build_page(replace(data, run=other))


def test_strings_from_data_are_escaped(data):
    page = build_page(data)
    assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<script") == 3  # the data, plotly.js, the page's own


def test_sections_are_left_out_where_there_is_no_data(run, tmp_path):
    saved = read_run(run)
    page = build_page(read_page_data(saved))
    for name in ("variants", "multiverse", "skill"):
        assert f'<section id="{name}"' not in page
    other = tmp_path / "other"
    make_comparison(other)
    pd.DataFrame(
        {"target": ["average"] * 3, "method": ["a"] * 3, "horizon": ["3", "6", "all"], "crps": [1, 2, 1.5]}
    ).to_csv(other / "skill.csv", index=False)
    pd.DataFrame({"gap_median": [2.0, 1.0], "gap_lower": [1.0, 0.5], "gap_upper": [3.0, 2.0]}).to_csv(
        other / "multiverse.csv", index=False
    )
    full = read_page_data(saved, comparison=other, trust=other, sensitivity=other)
    payload = page_payload(full)
    assert payload["skill"] == {"lines": {"a": [[3.0, 1.0], [6.0, 2.0]]}}
    assert payload["multiverse"] == [[1.0, 0.5, 2.0], [2.0, 1.0, 3.0]]
    page = build_page(full)
    for name in ("variants", "multiverse", "skill"):
        assert f'<section id="{name}"' in page


def test_foreign_columns_give_a_table_without_a_figure(run, tmp_path):
    pd.DataFrame({"question": ["x"], "answer": [SCRIPT]}).to_csv(tmp_path / "skill.csv", index=False)
    page = build_page(read_page_data(read_run(run), trust=tmp_path))
    assert '<section id="skill"' in page
    assert 'data-figure="skill"' not in page
    assert SCRIPT not in page


def test_optional_folders_must_hold_their_table(run, tmp_path):
    with pytest.raises(DataError, match=r"no readable comparison\.csv"):
        read_page_data(read_run(run), comparison=tmp_path)
    (tmp_path / "comparison.csv").write_text("variant,summary\na,b\n")
    with pytest.raises(DataError, match="lacks the column 'gap_median'"):
        read_page_data(read_run(run), comparison=tmp_path)
    (tmp_path / "comparison.csv").write_text("")
    with pytest.raises(DataError, match="cannot be read as CSV"):
        read_page_data(read_run(run), comparison=tmp_path)


def test_draws_are_thinned_and_absent_draws_are_said(tmp_path):
    rich = read_page_data(read_run(make_run(tmp_path / "rich", draws=700)))
    assert rich.draws.n_draws == 1400
    assert rich.draws.gap.shape == (4, MAX_DRAWS)
    poor = read_page_data(read_run(make_run(tmp_path / "poor", keep_draws=False)))
    assert poor.draws is None
    assert "kept no draws" in build_page(poor)


def test_a_run_without_bands_still_has_a_page(tmp_path):
    folder = make_run(tmp_path / "run")
    (folder / "trend_bands.csv").unlink()
    data = read_page_data(read_run(folder))
    assert data.bands is None
    assert "kept no bands" in build_page(data)


def test_a_run_without_frontiers_is_refused_by_their_name(tmp_path):
    folder = make_run(tmp_path / "run")
    (folder / "frontiers.csv").unlink()
    with pytest.raises(DataError, match=r"no readable frontiers\.csv: run it again"):
        read_page_data(read_run(folder))


@pytest.mark.parametrize(
    ("keywords", "words"), [({"quick": True}, "Quick run for trying out"), ({"passed": False}, "Checks failed")]
)
def test_what_may_not_be_cited_says_so_and_gives_no_citation(tmp_path, keywords, words):
    saved = read_run(make_run(tmp_path / "run", **keywords))
    assert standing(saved.summary).startswith(words)
    page = build_page(read_page_data(saved))
    assert f'<p class="banner" role="note">{words}' in page
    assert 'id="cite-sentence"' not in page


def test_a_citable_run_has_no_banner(data):
    page = build_page(data)
    assert standing(data.summary) is None
    assert 'role="note"' not in page
    assert 'id="cite-sentence"' in page


# ---- what the answer rests on


def record(**changed):
    row = {
        "benchmark": "elsewhere", "group": "closed", "model": f"{SCRIPT} & co", "version": None,
        "release_date": "2024-03-02", "date_source": "review", "weights": "closed", "weights_origin": None,
        "score": 0.8125, "score_se": None, "runner_up": None, "margin": None, "months": 3, "model_months": 3,
        "flags": [],
    }  # fmt: skip
    return row | changed


def audited(data, *, records=(), findings=(), months=0, flagged=0):
    found = {"months": months, "months_on_flagged_records": flagged, "records": list(records)}
    return audit(replace(data, audit=found | {"findings": list(findings), "checks": {"few_models": "so few <8"}})).html


def test_the_first_records_are_open_and_all_are_on_the_page(run, data):
    found = json.loads((run / "audit.json").read_text(encoding="utf-8"))
    page = build_page(data)
    section = page[page.index('<section id="audit"') : page.index('<section id="data"')]
    assert f"{found['months_on_flagged_records']} of {found['months']} benchmark-months rest on flagged" in section
    first, rest = re.findall(r"<details( open)?><summary>(.*?records.*?)</summary>.*?<tbody>(.*?)</tbody>", section)
    n = len(found["records"])
    assert [first[:2], rest[:2]] == [
        (" open", f"The 15 of {n} records with most months"), ("", f"The other {n - 15} records"),
    ]  # fmt: skip
    assert (first[2].count("<tr>"), rest[2].count("<tr>")) == (15, n - 15)
    for check, meaning in found["checks"].items():
        assert f"<dt>{check.replace('_', ' ')}</dt><dd>{meaning}</dd>" in section
    assert "no column was left unread" in section


def test_a_record_stands_with_its_sources_and_flags(data):
    flags = [
        {"check": "sources_disagree", "detail": "other dates it 2024-01-01", "settled": True},
        {"check": "few_models", "detail": f"3 models & {SCRIPT}", "settled": False},
    ]
    full = record(benchmark="bench-01", weights_origin="Epoch AI", runner_up="B", margin=0.01234, flags=flags)
    html = audited(data, records=[full, record()], months=3, flagged=1)
    assert "1 of 3 benchmark-months rests on a flagged record." in html
    assert "All 2 records" in html
    assert "2024-03-02, review" in html
    assert "closed, Epoch AI" in html
    assert 'data-v="0.01234">0.0123<' in html
    assert ">Sources disagree (reviewed): other dates it 2024-01-01. Few models: 3 models &amp; &lt;script&gt;" in html
    assert "so few &lt;8" in html
    assert SCRIPT not in html
    title = data.benchmarks.set_index("benchmark").loc["bench-01", "title"]
    assert f'<th scope="row">{title}</th>' in html
    assert '<th scope="row">elsewhere</th>' in html
    assert "None" not in html


def test_findings_are_listed(data):
    findings = [
        {"check": "left_out_leads", "benchmark": "elsewhere", "model": SCRIPT, "detail": "0.9 against 0.8"},
        {"check": "columns_not_read", "benchmark": "", "model": "", "detail": "column 'since' looks like a date"},
    ]
    html = audited(data, findings=findings)
    assert "None of 0 benchmark-months rest on flagged records." in html
    assert "2 findings" in html
    assert '<th scope="row">left out leads</th><td>elsewhere</td><td>&lt;script&gt;' in html
    assert "column &#x27;since&#x27; looks like a date" in html


def test_a_run_without_an_audit_says_so_and_an_altered_one_is_refused(tmp_path):
    folder = make_run(tmp_path / "run")
    (folder / "audit.json").write_text("{}")
    with pytest.raises(DataError, match="altered"):
        read_page_data(read_run(folder))
    (folder / "audit.json").unlink()
    data = read_page_data(read_run(folder))
    assert data.audit is None
    assert "before records were audited" in re.sub("<[^>]*>", "", build_page(data))


# ---- the command


def test_report_writes_one_file(called, run, tmp_path):
    target = tmp_path / "deep" / "page.html"
    code, out, _ = called("report", run, "--out", target, "--comparison", make_comparison(tmp_path / "c"))
    assert code == 0
    assert "written to" in out
    assert '<section id="variants"' in target.read_text(encoding="utf-8")
    assert sorted(p.name for p in target.parent.iterdir()) == ["data", "page.html"]
    code, out, _ = called("report", run, "--out", tmp_path / "alone" / "page.html", "--no-data")
    assert [p.name for p in (tmp_path / "alone").iterdir()] == ["page.html"]


def test_the_numbers_lie_beside_the_page_and_are_described(run, tmp_path):
    saved = read_run(run)
    gm.write_report(saved, tmp_path / "page.html", data=True)
    first = {p.name: p.read_bytes() for p in (tmp_path / "data").iterdir()}
    assert set(first) == set(NAMES)
    assert {f"data/{name}" for name in NAMES} <= DERIVED
    about = json.loads(first[METADATA])
    assert about["answer"] == headline(saved.summary)
    assert about["sources"] == saved.summary["credits"]
    assert [f["name"] for f in about["files"]] == [n for n in NAMES if n != METADATA]
    for file in about["files"]:
        table = pd.read_csv(tmp_path / "data" / file["name"])
        assert list(table.columns) == [c["name"] for c in file["columns"]], "every column is described"
        assert len(table) == file["rows"] > 0
        assert hashlib.sha256(first[file["name"]]).hexdigest() == file["sha256"]
    answer = pd.read_csv(tmp_path / "data" / "answer.csv").iloc[0]
    assert answer["median"] == pytest.approx(saved.gap.median, rel=1e-5)
    gm.write_report(saved, tmp_path / "page.html", data=True)
    assert first == {p.name: p.read_bytes() for p in (tmp_path / "data").iterdir()}


def test_data_of_others_is_left_alone(run, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "lags.csv").write_text("mine")
    with pytest.raises(ConfigError, match=r"not of a page \(lags\.csv\): give another --out, or --no-data"):
        gm.write_report(read_run(run), tmp_path / "page.html", data=True)
    assert (tmp_path / "data" / "lags.csv").read_text() == "mine"
    assert not (tmp_path / "page.html").exists()


def test_the_bundled_run_is_the_committed_one():
    bundled, committed = reference_run(), read_run(REFERENCE)
    kept = {n for n in committed.manifest["files"] if n.endswith((".json", ".csv"))}
    assert bundled.manifest == committed.manifest, "uv run scripts/bundle_reference.py"
    assert kept == {n for n in bundled.manifest["files"] if bundled.has(n)}
    verify_files(bundled)
    assert not bundled.has("figures/average_trend.png")
    with pytest.raises(DataError, match=r"no readable draws\.nc"):
        bundled.dataset("draws.nc")


def test_report_without_a_run_shows_the_reference_run_and_says_so(called, tmp_path):
    code, out, _ = called("report", "--out", tmp_path / "page.html")
    assert code == 0
    answer = headline(read_run(REFERENCE).summary)
    assert out.splitlines()[-1] == answer
    assert "This is the reference run that comes with gapmodel" in out
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert f'<meta name="description" content="{answer}">' in page
    assert '<p class="quiet" id="bundled">This is the reference run' in page
    assert 'id="bundled"' not in build_page(read_page_data(read_run(REFERENCE)))


def test_report_of_failed_checks_exits_2(called, tmp_path):
    folder = make_run(tmp_path / "run", passed=False)
    code, out, _ = called("report", folder)
    assert code == 2
    assert "not citable" in out
    assert (folder / "report.html").is_file()
    read_run(folder)  # the page in it does not disturb the run


@pytest.mark.parametrize("figure", EMBEDDED)
def test_one_figure_stands_in_another_page(called, tmp_path, figure):
    words = ("report", "--figure", figure, "--embed", "--link", "https://example.org/gap", "--out")
    assert called(*words, tmp_path / "a.html")[0] == 0
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    run = read_run(REFERENCE)
    assert len(page.encode()) < 300_000
    assert "<svg role=" in page
    said = re.search(r"<figcaption><p>(.*?)</p>", page)[1]
    assert said.startswith(headline(run.summary))
    more = {
        "zero": zero_short(run.summary),
        "points": "within the noise",
        "waiting": "Half were matched within",
        "past": "intervals that it gave hold what is said of those dates now",
    }
    assert more.get(figure, "") in said
    assert '<a href="https://example.org/gap"' in page
    assert all(html.escape(credit, quote=True) in page for credit in run.summary["credits"])
    assert "<script" not in page
    assert not re.search(r"""(src|(?<!<a )href)=["'](?!#|data:)""", page.replace("xlink:href", ""))
    called(*words, tmp_path / "b.html")
    assert page == (tmp_path / "b.html").read_text(encoding="utf-8")


def test_a_figure_that_is_not_there_is_said(called, tmp_path):
    code, _, err = called("report", "--figure", "trends", "--embed", "--out", tmp_path / "a.html")
    assert (code, "did you mean 'trend'" in err) == (1, True)
    folder = make_run(tmp_path / "run")
    code, _, err = called("report", folder, "--figure", "past", "--embed", "--out", tmp_path / "a.html")
    assert (code, "no answers at earlier dates (" in err) == (1, True)
    code, _, err = called("report", "--embed")
    assert (code, "go together" in err) == (1, True)
    assert list(tmp_path.glob("*.html")) == []


def test_report_errors_write_nothing(called, tmp_path):
    folder = make_run(tmp_path / "run")
    code, _, err = called("report", folder, "--out", tmp_path)
    assert code == 1
    assert "ends in .html" in err
    (folder / "lags.csv").write_text("altered")
    code, _, err = called("report", folder)
    assert code == 1
    assert "altered" in err
    assert not (folder / "report.html").exists()
    code, _, err = called("report", tmp_path / "none")
    assert code == 1
    assert "no run folder" in err
