"""The answer as it stood at past cutoffs: on the page where a replay belongs to the run, else why not."""

import json
import re

import pytest

from gapmodel.analysis.replays import answered_questions, past_answers, read_questions, read_replays, shipped_replays
from gapmodel.errors import DataError
from gapmodel.report import build_page, read_page_data
from gapmodel.report.past import past_payload
from gapmodel.runs.reader import read_run
from tests.support.runs import make_replay, make_run


def words_of(page):
    return re.sub("<[^>]*>", "", page)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return read_run(make_run(tmp_path_factory.mktemp("past") / "run"))


def test_each_cutoff_says_what_was_said_and_what_came(run, tmp_path):
    data = read_page_data(run, trust=make_replay(tmp_path / "t", run.summary))
    said = past_payload(data)["said"]
    assert said[0].startswith("As of 30 September 2023: gap 5 months (90 % interval 3 to 7), slope −1 month per year (")
    assert "over 4 benchmarks; zero within 12 months 0.1, not within ten years 0.5. What came: in 6 months" in said[0]
    assert "was −9.2 to" in said[0] or "was −9.3 to" in said[0]
    assert "5 of them inside the 90 % interval." in said[0]
    page = build_page(data)
    assert '<input type="range" id="cutoff" min="0" max="1"' in page
    assert "known from their evaluation" in words_of(page)
    assert "11 of 12 lie inside the 90 % intervals" in words_of(page)


def test_jobs_of_earlier_versions_kept_no_answer_and_their_forecasts_are_shown(run, tmp_path):
    data = read_page_data(run, trust=make_replay(tmp_path / "t", run.summary, answers=False))
    payload = past_payload(data)
    assert payload["gap"] == [None, None]
    assert payload["said"][1].startswith(
        "As of 31 March 2024 the average lag of 30 April 2024 was forecast as 5 months"
    )


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"data": {"sha256": "f" * 64, "snapshot": "other_data"}}, "of other data (other_data, SHA-256 ffffffffffff)"),
        ({"options": {"grace_months": 9}}, "of other choices"),
        ({"fits": []}, "lacks the variant"),
    ],
)
def test_a_replay_of_something_else_is_no_slider_and_says_why(run, tmp_path, other, words):
    data = read_page_data(run, trust=make_replay(tmp_path / "t", run.summary, **other))
    page = build_page(data)
    assert words in words_of(page)
    assert "A replay makes them: gapmodel backtest" in words_of(page)
    assert 'id="cutoff"' not in page
    assert past_payload(data) is None


def test_a_run_on_a_table_of_its_own_has_no_replay(run):
    assert isinstance(past_answers(shipped_replays(), run.summary), str)
    assert past_answers(None, run.summary) == "no replay of its data was made"


def test_a_damaged_replay_is_one_error(run, tmp_path):
    folder = make_replay(tmp_path / "t", run.summary)
    (folder / "backtest.json").write_text(json.dumps({"data": 1}))
    with pytest.raises(DataError, match="has no readable replay .*make it again with gapmodel backtest"):
        read_replays(folder)


# ---- ready questions


def answer(summary, **other):
    return {
        "part": "", "answer": "On a day models were behind.", "folder": "a", "run": "r", "model": summary["model"],
        "data_sha256": summary["data"]["sha256"], "benchmarks": 4, "citable": True, "n_draws": 4000, "never": 0.25,
        "gap": summary["average_gap_months"], "slope": summary["slope_months_per_year"],
    } | other  # fmt: skip


def asked(folder, summary, **other):
    rows = [
        {"question": "open-closed", "about": None, "text": "Usual?", "lacks": "", "answers": [answer(summary)]},
        {"question": "china-us", "about": None, "text": "China?", "lacks": "", "answers": [answer(summary, **other)]},
        {"question": "lab", "about": "A<b>", "text": "One lab?", "lacks": "", "answers": [answer(summary)]},
        {"question": "lab", "about": "B", "text": "One lab?", "lacks": "", "answers": [answer(summary)]},
        {"question": "lab", "about": "Tiny", "text": "One lab?", "lacks": "the data are too thin", "answers": []},
    ]
    folder.mkdir()
    content = {"data_sha256": summary["data"]["sha256"], "snapshot": "", "questions": rows}
    (folder / "questions.json").write_text(json.dumps(content, default=float))
    return folder


def test_each_question_has_its_part_and_what_is_too_thin_is_named(run, tmp_path):
    page = build_page(read_page_data(run, questions=asked(tmp_path / "q", run.summary)))
    section = page[page.index('<section id="questions"') :].partition("</section>")[0]
    words = words_of(section)
    assert "Usual?" not in words
    assert re.search('id="question-china-us">China\\?</h3><p>On a day', section)
    assert "A&lt;b&gt;" in section
    assert "Not answered: 1" in words
    assert "Tiny: the data are too thin" in words
    assert "gapmodel ask lab" in words


def test_questions_of_another_table_or_variant_are_not_shown(run, tmp_path):
    found = read_questions(asked(tmp_path / "q", run.summary, model="pooled"))
    assert answered_questions(found, run.summary) == "the answers at hand are of another variant (pooled, shared_shock)"
    other = {**found, "data_sha256": "0"}
    assert answered_questions(other, run.summary) == "the answers at hand are of other data"
    page = build_page(read_page_data(run))
    assert "None is shown: they were not asked of its data. gapmodel ask all" in words_of(page) or "other data" in page
    (tmp_path / "q" / "questions.json").write_text("{}")
    with pytest.raises(DataError, match="no readable questions.json .*make it by gapmodel ask all"):
        read_questions(tmp_path / "q")
