"""Ready questions: what each compares, and what it says where the table cannot answer it."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from gapmodel.analysis.questions import QUESTIONS, every_question, parts_of
from gapmodel.analysis.sentences import headline
from gapmodel.errors import ConfigError, InsufficientDataError, UnknownNameError
from gapmodel.modeling.registry import DEFAULT_VARIANT
from gapmodel.runs.reader import read_run
from gapmodel.sources.load import read_snapshot_named
from tests.support.commandline import caller

ABOUT = {"category": "knowledge", "lab": "deepseek"}


@pytest.fixture(scope="module")
def whole():
    return read_snapshot_named("epoch_2026-08")


def asked(whole, question, about=None):
    return parts_of(question, about, whole=whole, origin={})


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_has_lags_on_the_bundled_data(whole, question):
    parts = asked(whole, question, ABOUT.get(question))
    assert len(parts) == (2 if question == "public-private" else 1)
    for part in parts:
        assert int(part.options.lags(part.scores).panel["observed"].sum()) > 30


def test_what_is_compared(whole):
    (china,) = asked(whole, "china-us")
    assert [china.options.leader.name, china.options.follower.expression] == ["US", "country=China"]
    (free,) = asked(whole, "licence")
    assert free.options.follower.expression == "licence_tier=unrestricted"
    (lab,) = asked(whole, "lab", "deepseek")
    assert lab.options.follower.name == "DeepSeek"
    ours = lab.options.follower.mask(whole.table)
    assert set(whole.table.loc[ours, "organization"]) == {"DeepSeek", "DeepSeek,Peking University"}
    assert not (ours & lab.options.leader.mask(whole.table)).any()
    (category,) = asked(whole, "category", "knowledge")
    assert set(category.scores.benchmarks["category"]) == {"knowledge"}
    public, other = asked(whole, "public-private")
    assert set(public.scores.benchmarks["visibility"]) == {"public"}
    assert set(other.scores.benchmarks["visibility"]) == {"private", "semi-private"}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("emptied", [False, True])
def test_a_column_that_is_missing_is_named(whole, question, emptied):
    for need in QUESTIONS[question].needs:
        table, _, column = need.partition(".")
        if (table, column) == ("scores", "weights"):
            continue  # a table without it is refused when it is read
        frames = {"scores": "table", "benchmarks": "benchmarks"}
        frame = getattr(whole, frames[table])
        poor = frame.assign(**{column: None}) if emptied else frame.drop(columns=column)
        with pytest.raises(UnknownNameError, match=f"'{question}' needs the column '{column}' of {table}.csv"):
            asked(replace(whole, **{frames[table]: poor}), question, ABOUT.get(question))


def test_thin_data_and_wrong_names_are_said(whole):
    with pytest.raises(UnknownNameError, match="did you mean 'china-us'"):
        asked(whole, "china-usa")
    with pytest.raises(ConfigError, match="is about one lab: gapmodel ask lab LAB"):
        asked(whole, "lab")
    with pytest.raises(ConfigError, match="takes no name"):
        asked(whole, "china-us", "knowledge")
    with pytest.raises(UnknownNameError, match="no model of the table is of the lab 'nobody'"):
        asked(whole, "lab", "nobody")
    chinese = whole.table["country"] == "China"
    none = replace(whole, table=whole.table[~chinese].reset_index(drop=True))
    with pytest.raises(UnknownNameError, match="cannot answer the question 'china-us': .*'China'"):
        asked(none, "china-us")
    one = whole.table[chinese & (whole.table["benchmark"] == "GPQA diamond")].head(1).assign(score=0.0)
    few = pd.concat([whole.table[~chinese], one]).sort_values("benchmark", ignore_index=True)
    few = replace(whole, table=few)
    with pytest.raises(InsufficientDataError, match="too thin for the question 'china-us'"):
        asked(few, "china-us")


@pytest.mark.slow
def test_an_answer_is_a_run_of_the_default_model(tmp_path, monkeypatch, capsys, without_sampler):
    called = caller(tmp_path, monkeypatch, capsys)
    code, out, err = called("ask", "china-us", "--quick", "--quiet", "--draws", "50", "--tune", "50")
    assert code == 2, err  # a quick run may not be cited
    made = read_run(tmp_path / "results" / "questions" / "china-us")
    assert made.manifest["variant"]["name"] == DEFAULT_VARIANT
    assert [made.summary["leader"], made.summary["follower"]] == ["US", "Chinese"]
    assert out.splitlines()[-1] == headline(made.summary)


def test_ask_alone_lists_the_questions(tmp_path, monkeypatch, capsys):
    called = caller(tmp_path, monkeypatch, capsys)
    code, out, _ = called("ask")
    assert code == 0
    for question in QUESTIONS.values():
        assert question.command in out
        assert question.text in out
        assert ", ".join(question.needs) in out
    code, _, err = called("ask", "lab", "nobody")
    assert code == 1
    assert "no model of the table" in err
    assert not (tmp_path / "results").exists()


def test_every_question_is_answered_or_says_what_is_too_thin(whole):
    rows = list(every_question(whole=whole, origin={}))
    subjects = {name: [about for asked, about, _ in rows if asked.name == name] for name in QUESTIONS}
    assert subjects["open-closed"] == [None]
    assert subjects["category"] == sorted(set(whole.benchmarks["category"]), key=str.casefold)
    assert "DeepSeek" in subjects["lab"]
    assert not any("," in lab for lab in subjects["lab"])
    thin = {about: parts for asked, about, parts in rows if isinstance(parts, str)}
    assert thin, "some lab has a handful of scores"
    assert all("too thin for the question" in reason or "cannot answer" in reason for reason in thin.values())
    without = replace(whole, table=whole.table.drop(columns="country"))
    (china,) = [parts for asked, _, parts in every_question(whole=without, origin={}) if asked.name == "china-us"]
    assert "needs the column 'country' of scores.csv" in china


@pytest.mark.slow
def test_ask_all_keeps_every_answer_for_the_page(tmp_path, monkeypatch, capsys, without_sampler):
    import gapmodel.analysis.questions as module

    some = {name: QUESTIONS[name] for name in ("open-closed", "china-us")}
    monkeypatch.setattr(module, "QUESTIONS", some)
    called = caller(tmp_path, monkeypatch, capsys)
    code, out, error = called("ask", "all", "--quick", "--draws", "50", "--tune", "50", "--out", "q", "--quiet")
    assert code == 2, error  # quick
    kept = json.loads((tmp_path / "q" / "questions.json").read_text())
    (usual,), (china,) = (row["answers"] for row in kept["questions"])
    assert kept["data_sha256"] == usual["data_sha256"]
    assert [usual["folder"], china["folder"]] == ["open-closed", "china-us"]
    run = read_run(tmp_path / "q" / "china-us")
    assert china["answer"] == headline(run.summary)
    assert f"  {china['answer']}\nwritten to" in out
    assert called("ask", "all", "me")[0] == 1
    # Once more: what is whole is kept, what was damaged is made again.
    words = ("ask", "all", "--quick", "--draws", "50", "--tune", "50", "--out", "q", "--quiet")
    before = (tmp_path / "q" / "questions.json").read_bytes()
    (tmp_path / "q" / "china-us" / "per_benchmark.csv").write_text("benchmark\n")
    code, out, error = called(*words)
    assert code == 2, error
    assert out.count("kept from before") == 1
    assert (tmp_path / "q" / "questions.json").read_bytes() == before
    assert called(*words)[1].count("kept from before") == 2
    assert "kept from before" not in called(*words, "--seed", "3")[1]


def test_ask_all_goes_on_where_lags_are_too_few(tmp_path, monkeypatch, capsys, without_sampler):
    import gapmodel.analysis.questions as module
    from gapmodel.errors import InsufficientDataError

    def refuse(*args, **keywords):
        raise InsufficientDataError("18 monthly lags")

    monkeypatch.setattr(module, "QUESTIONS", {"open-closed": QUESTIONS["open-closed"]})
    monkeypatch.setattr("gapmodel.api.fit", refuse)
    called = caller(tmp_path, monkeypatch, capsys)
    code, out, error = called("ask", "all", "--quick", "--out", "q", "--quiet")
    assert code == 0, error
    assert "not answered: 18 monthly lags" in out
