"""The page of a run as HTML, its sentences and frontiers, and the local server: without a browser."""

import copy
import http.client
import json
import re
import shutil
import sys
import threading
from datetime import date

import numpy as np
import pandas as pd
import pytest

from gapmodel.cli import main
from gapmodel.errors import ConfigError, DataError
from gapmodel.lag import compute_lags, panel_table
from gapmodel.report import answer_sentence, build_page, make_server, read_page_data, standing
from gapmodel.report.answer import zero_sentence
from gapmodel.report.frontiers import Record, benchmark_frontiers
from gapmodel.report.payload import page_payload
from gapmodel.report.server import find_runs
from gapmodel.report.source import MAX_DRAWS
from gapmodel.report.text import day, json_block, number, probability, prose
from gapmodel.saved import read_run
from gapmodel.scores import validate_scores
from tests.runs import make_comparison, make_run

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("report") / "run", titles={0: SCRIPT}, models={0: SCRIPT})


@pytest.fixture(scope="module")
def data(run):
    return read_page_data(read_run(run))


@pytest.fixture
def called(monkeypatch, capsys, tmp_path):
    def call(*words):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["gapmodel", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, *capsys.readouterr()

    return call


# ---- text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(6.83, 1, "6.8"), (-1.23, 1, "−1.2"), (-0.04, 1, "0.0"), (None, 1, ""), (np.nan, 2, "")],
)
def test_numbers(value, digits, text):
    assert number(value, digits) == text


def test_probabilities_and_dates():
    assert [probability(p) for p in (0.0, 0.004, 0.0148, 0.996, 1.0)] == [
        "under 0.01", "under 0.01", "0.01", "over 0.99", "over 0.99",
    ]  # fmt: skip
    assert day("2026-07-31") == "31 July 2026"
    assert day(None) == ""


def test_json_cannot_leave_its_element():
    content = {"a": "</script><!-- & \u2028", "b": [1.5, None]}
    text = json_block(content)
    assert not re.search("[<>&\u2028]", text)
    assert json.loads(text) == content


def with_estimates(summary, *, gap, slope):
    out = copy.deepcopy(summary)
    for key, (median, lower, upper) in (("average_gap_months", gap), ("slope_months_per_year", slope)):
        out[key] |= {
            "median": median,
            "interval": {"prob": 0.9, "kind": "equal-tailed", "lower": lower, "upper": upper},
        }
    return out


@pytest.mark.parametrize(
    ("gap", "slope", "said"),
    [
        (
            (6.8, 4.2, 9.5),
            (-1.2, -3.0, 0.6),
            ["6.8 months behind closed", "4.2 to 9.5", "closing or widening cannot be"],
        ),
        ((6.8, 4.2, 9.5), (-1.2, -3.0, -0.2), ["was narrowing (slope −1.2", "no date of arrival may be concluded"]),
        ((6.8, 4.2, 9.5), (1.2, 0.1, 3.0), ["was widening (slope +1.2"]),
        ((0.5, -1.0, 2.0), (1.2, 0.1, 3.0), ["which of the two leads cannot be concluded"]),
        ((-2.0, -3.0, -1.0), (-1.2, -3.0, -0.2), ["2.0 months ahead of closed", "1.0 to 3.0", "was widening"]),
    ],
)
def test_the_answer_says_what_may_not_be_concluded(data, gap, slope, said):
    sentence = answer_sentence(with_estimates(data.summary, gap=gap, slope=slope))
    for words in said:
        assert words in sentence


def test_zero_comes_with_never_and_prior(data):
    zero = data.summary["zero_lag"]
    sentence = zero_sentence(data.summary)
    assert f"within 10 years, {probability(zero['probability_never'])}" in sentence
    assert "prior alone" in sentence
    assert f"{zero['n_draws']:,} draws" in sentence


# ---- frontiers


def test_frontiers_and_arrows_of_the_documented_example():
    rows = [
        ("C1", "2024-01-10", "closed", 0.40), ("O1", "2024-02-15", "open", 0.30), ("C2", "2024-03-20", "closed", 0.60),
        ("O2", "2024-05-01", "open", 0.50), ("C3", "2024-06-05", "closed", 0.80), ("O3", "2024-09-12", "open", 0.90),
        ("C4", "2024-09-25", "closed", 0.70),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["model", "release_date", "weights", "score"]).assign(benchmark="b")
    lags = compute_lags(validate_scores(table, today=date(2024, 11, 1)), cutoff="2024-10-31")
    monthly = panel_table(lags.panel)
    monthly["month"] = pd.to_datetime(monthly["month"])
    pair = benchmark_frontiers(monthly, lags.release, lags.catch_up)
    assert [r.model for r in pair.leader] == ["C1", "C2", "C3"]
    assert pair.follower[1] == Record("2024-05-01", 0.5, "O2")
    releases = [a for a in pair.arrows if not a.monthly]
    # O1 is censored at C1; O2's level was C2's first; O3 takes the lead and has no lag.
    assert [(a.start, a.end, a.censoring) for a in releases] == [
        ("2024-01-10", "2024-02-15", 1), ("2024-03-20", "2024-05-01", 0), ("2024-09-12", "2024-09-12", 0),
    ]  # fmt: skip
    last = pair.arrows[-1]
    assert (last.start, last.end, last.level, last.monthly) == ("2024-09-12", "2024-10-31", 0.8, True)
    assert last.lag_months == pytest.approx(-49 / 30.4375)


def test_a_follower_from_before_the_first_leader_is_on_the_frontier():
    rows = [("O1", "2024-01-15", "open", 0.3), ("C1", "2024-02-10", "closed", 0.5), ("O2", "2024-06-01", "open", 0.6),
            ("C2", "2024-06-20", "closed", 0.9)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["model", "release_date", "weights", "score"]).assign(benchmark="b")
    lags = compute_lags(validate_scores(table, today=date(2024, 8, 1)), cutoff="2024-07-31")
    monthly = panel_table(lags.panel).assign(month=lambda t: pd.to_datetime(t["month"]))
    assert "O1" not in set(lags.release["model"])
    assert benchmark_frontiers(monthly, lags.release, lags.catch_up).follower[0] == Record("2024-01-15", 0.3, "O1")


# ---- the page


def test_the_page_asks_nothing_of_the_network(data):
    page = build_page(data)
    without_plotly = re.sub(r"<script>.*?</script>", "", page, flags=re.S)
    assert not re.search(r"""(src|href)=["'](?!#|data:)""", without_plotly)
    assert "url(" not in without_plotly
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    assert len(page) < 8e6
    assert page == build_page(data)


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


# ---- the command


def test_report_writes_one_file(called, run, tmp_path):
    target = tmp_path / "deep" / "page.html"
    code, out, _ = called("report", run, "--out", target, "--comparison", make_comparison(tmp_path / "c"))
    assert code == 0
    assert "written to" in out
    assert '<section id="variants"' in target.read_text(encoding="utf-8")
    assert [p.name for p in target.parent.iterdir()] == ["page.html"]


def test_report_of_failed_checks_exits_2(called, tmp_path):
    folder = make_run(tmp_path / "run", passed=False)
    code, out, _ = called("report", folder)
    assert code == 2
    assert "not citable" in out
    assert (folder / "report.html").is_file()
    read_run(folder)  # the page in it does not disturb the run


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


# ---- the server


@pytest.fixture(scope="module")
def site(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(run, folder / "a")
    make_run(folder / "deep" / "b", seed=5, quick=True)
    (folder / "damaged").mkdir()
    (folder / "damaged" / "manifest.json").write_text("{")
    (folder / "secret.txt").write_text("secret")
    (folder / "a" / "secret.txt").write_text("secret")
    (folder / "a" / "skipped.csv").unlink()
    (folder / "a" / "skipped.csv").symlink_to(folder / "secret.txt")
    server = make_server(folder, port=0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def ask(port, path, *, method="GET", host=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest(method, path, skip_host=host is not None)
    if host is not None:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer, content


def test_the_index_lists_runs_with_their_answer(site, data):
    answer, page = ask(site, "/")
    assert answer.status == 200
    assert data.run.run_id in page
    assert prose(answer_sentence(data.summary)) in page
    assert "Citable: all checks passed." in page
    assert "Quick run for trying out" in page
    assert 'href="/runs/deep/b/"' in page
    assert "damaged" in page
    assert "cannot be read as JSON" in page
    assert "<script" not in page


def test_pages_and_listed_files_are_served(site):
    answer, page = ask(site, "/runs/a/")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'id="answer-sentence"' in page
    answer, text = ask(site, "/runs/a/files/lags.csv")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert text.startswith("benchmark,month,lag_months")
    answer, text = ask(site, "/runs/a/", method="HEAD")
    assert (answer.status, text) == (200, "")


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt", "/../secret.txt", "/%2e%2e/secret.txt", "/runs/../secret.txt", "/runs/a/files/../../secret.txt",
        "/runs/a/files/..%2f..%2fsecret.txt", "/runs/a/files/secret.txt", "/runs/a/files//etc/passwd", "/runs/a/files/",
        "/runs/a/files/%00", "/runs/", "/runs/deep/", "/runs/a/../../", "/runs/a/files/skipped.csv",
    ],
)  # fmt: skip
def test_nothing_else_is_served(site, path):
    answer, text = ask(site, path)
    assert answer.status == 404
    assert "secret" not in text


def test_damaged_runs_foreign_names_and_other_methods_are_refused(site):
    assert ask(site, "/runs/damaged/")[0].status == 500
    assert ask(site, "/", host="evil.example")[0].status == 403
    assert ask(site, "/", host=f"localhost:{site}")[0].status == 200
    assert ask(site, "/", method="POST")[0].status == 501


def test_the_server_is_local_unless_told_otherwise(tmp_path):
    server = make_server(tmp_path, port=0)
    try:
        assert server.server_address[0] == "127.0.0.1"
        with pytest.raises(ConfigError, match="give another --port"):
            make_server(tmp_path, port=server.server_address[1])
    finally:
        server.server_close()
    with pytest.raises(ConfigError, match="no folder"):
        make_server(tmp_path / "none")
    with pytest.raises(ConfigError, match="0 to 65535"):
        make_server(tmp_path, port=70000)


def test_runs_are_found_at_and_below_a_folder_but_not_through_links(tmp_path, run):
    assert find_runs(run) == {"run": run}
    (tmp_path / "a" / "b").mkdir(parents=True)
    shutil.copy(run / "manifest.json", tmp_path / "a" / "b")
    (tmp_path / ".hidden").mkdir()
    shutil.copy(run / "manifest.json", tmp_path / ".hidden")
    (tmp_path / "link").symlink_to(run)
    assert find_runs(tmp_path) == {"a/b": tmp_path / "a" / "b"}


def test_serve_says_where_and_stops_on_interrupt(called, tmp_path, monkeypatch):
    from http.server import ThreadingHTTPServer

    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", interrupted)
    code, out, err = called("serve", tmp_path, "--port", "0")
    assert code == 0
    assert re.search(r"http://127\.0\.0\.1:\d+/", out)
    assert err == ""
