"""Artificial Analysis: pages that must fit together, records as scores, the key, and a made-up dump end to end."""

import json
import logging
import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gapmodel.baseline import published_baseline
from gapmodel.cli import main
from gapmodel.errors import ConfigError, DataError
from gapmodel.lag import compute_lags
from gapmodel.selection import select
from gapmodel.sources import artificial_analysis as aa
from gapmodel.sources.aa_records import UNSTATED, import_records, parse_saved, split_effort
from gapmodel.sources.assemble import assemble
from gapmodel.sources.http import SourceError, StatusError
from gapmodel.sources.snapshot import FILES, read_snapshot, write_snapshot
from tests.aa_server import (
    COMPOSITES,
    KEY,
    SINGLE,
    Answer,
    ArtificialAnalysis,
    LocalServer,
    json_answer,
    legacy_dump,
    made_up_records,
    record,
)

INDEX = "artificial_analysis_intelligence_index"


@pytest.fixture(scope="module")
def records():
    return made_up_records()


@pytest.fixture
def api(records):
    server = LocalServer()
    yield ArtificialAnalysis(server, records)
    server.close()


@pytest.fixture
def client():
    return aa.client_with_key(KEY, sleep=lambda seconds: None)


def imported(*records, version="4.1", tier="pro"):
    return import_records(records, version=version, tier=tier, what="the test")


# Pages


def test_all_pages_are_read_with_the_key(api, client, records):
    dump = aa.fetch_dump(client, base_url=api.base_url)
    assert [r["id"] for r in dump.records] == [r["id"] for r in records]
    assert (dump.tier, dump.version) == ("pro", "4.1")
    pages = -(-len(records) // 50)
    assert pages > 2
    assert api.server.paths() == [f"/api/v2/language/models?page={k}" for k in range(1, pages + 1)]
    assert dump.quota == {"limit": "100", "remaining": "90"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"intelligence_index_version": 4.2}, "index version is 4.1 on page 1 and 4.2 on page 2"),
        ({"tier": "free"}, "tier is pro on page 1 and free on page 2"),
        ({"pagination": {"page": 2, "total_pages": 9}}, "number of pages is"),
        ({"pagination": {"page": 3, "total_pages": 3}}, "to be page 3"),
        ({"pagination": None}, "not the shape"),
        ({"data": {"models": []}}, "not the shape"),
        ({"data": [1, 2]}, "not the shape"),
    ],
    ids=["version", "tier", "count", "number", "no pagination", "no list", "no records"],
)
def test_pages_that_do_not_fit_together_are_refused(change, words, api, client):
    api.edit = lambda page, envelope: envelope | change if page == 2 else envelope
    with pytest.raises(SourceError, match=words):
        aa.fetch_dump(client, base_url=api.base_url)


def test_a_model_on_two_pages_means_that_the_list_moved(api, client, records):
    api.edit = lambda page, envelope: envelope | {"data": [records[0], *envelope["data"][1:]]}
    with pytest.raises(SourceError, match="stands on two pages"):
        aa.fetch_dump(client, base_url=api.base_url)


def test_an_absurd_number_of_pages_is_not_asked_for(api, client):
    api.edit = lambda page, envelope: envelope | {"pagination": {"page": 1, "total_pages": 10**9}}
    with pytest.raises(SourceError, match="1000000000 pages"):
        aa.fetch_dump(client, base_url=api.base_url)
    assert len(api.server.requests) == 1


def test_a_quota_that_does_not_reach_is_told_before_it_is_spent(api, client):
    api.remaining = 1
    with pytest.raises(SourceError, match="the quota has 1"):
        aa.fetch_dump(client, base_url=api.base_url)
    assert len(api.server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(body=b"<!DOCTYPE html><title>Sign in</title>"), "HTML and not JSON"),
        (Answer(body=b'{"tier": "pro", "data": [{"id"'), "ends early"),
        (Answer(body=b'{"tier": NaN}'), "no whole JSON"),
        (Answer(body=b"[" * 100_000), "no whole JSON"),
        (Answer(401, b'{"error": "API key is required"}'), "API key is required"),
        (Answer(410, b'{"error": "retired"}'), "410"),
        (Answer(500), "error of its own"),
    ],
    ids=["html", "cut", "nan", "deep", "401", "410", "500"],
)
def test_faults_have_clear_words(answer, words, api, client):
    api.edit = lambda page, envelope: answer
    with pytest.raises((SourceError, DataError), match=words):
        aa.fetch_dump(client, base_url=api.base_url)


def test_throttling_is_waited_out(api, records):
    waits = []
    api.edit = lambda page, envelope: Answer(429, headers={"Retry-After": "3"}) if page == 2 and not waits else envelope
    client = aa.client_with_key(KEY, sleep=waits.append)
    assert len(aa.fetch_dump(client, base_url=api.base_url).records) == len(records)
    assert waits == [3.0]


def test_a_free_key_gets_the_free_tier_and_is_told(api, client):
    api.covers = "free"
    found, dump = aa.fetch_imported(client, base_url=api.base_url)
    assert dump.tier == "free"
    assert any("does not cover the Pro endpoint" in note for note in found.notes)
    assert any("only composite indices" in note for note in found.notes)
    assert set(found.rows["benchmark"]) == {f"{key} v4.1" for key in COMPOSITES}
    with pytest.raises(StatusError, match="tier"):
        aa.fetch_dump(client, base_url=api.base_url, tier="pro")


def test_the_retired_endpoint_is_explained(api, client):
    with pytest.raises(StatusError, match="retired .410."):
        client.get(f"{api.base_url}/data/llms/models", what="Artificial Analysis")


# Records


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GPT-5 (high)", ("GPT-5", "high")),
        ("Claude Opus 5 (Adaptive Reasoning, Max Effort)", ("Claude Opus 5", "Adaptive Reasoning, Max Effort")),
        ("Gemini 2.5 Flash (Non-reasoning)", ("Gemini 2.5 Flash", "Non-reasoning")),
        ("Gemini 2.5 Flash Preview (Sep '25) (Reasoning)", ("Gemini 2.5 Flash Preview (Sep '25)", "Reasoning")),
        ("GPT-4o (Nov '24)", ("GPT-4o (Nov '24)", "")),
        ("Grok 3 mini Reasoning (high)", ("Grok 3 mini Reasoning", "high")),
        ("(high)", ("(high)", "")),
    ],
)
def test_efforts_are_told_from_names(name, expected):
    assert split_effort(name) == expected


def test_efforts_are_folded_by_the_best_on_each_evaluation():
    found = imported(
        record("A 1 (high)", hle=0.3, scicode=0.2, aime=None),
        record("A 1 (low)", hle=0.1, scicode=0.4),
        record("A 1", hle=0.3),
    )
    rows = found.rows.set_index("benchmark")
    assert set(rows["model"]) == {"A 1"}
    # Equal scores: the effort that comes first in the alphabet, and none comes before all.
    assert rows["score"].to_dict() == {"hle": 0.3, "scicode": 0.4}
    assert rows["variant"].to_dict() == {"hle": "", "scicode": "low"}
    assert rows.loc["scicode", "record_id"] == record("A 1 (low)")["id"]


def test_records_of_another_day_or_maker_are_models_of_their_own():
    found = imported(
        record("A 1 (high)", day="2025-01-15", hle=0.3),
        record("A 1 (low)", day="2025-03-01", hle=0.9),
        record("B 1", hle=0.5),
        record("B 1", maker="Birch", hle=0.6),
    )
    assert found.rows.set_index("model")["score"].to_dict() == {
        "A 1": 0.3, "A 1 (low)": 0.9, "B 1 (Alder)": 0.5, "B 1 (Birch)": 0.6,
    }  # fmt: skip


def test_null_and_absent_are_not_measured_and_zero_is():
    found = imported(record("A", hle=None, scicode=0), record("B", hle=0.1))
    assert len(found.rows) == 2
    assert found.rows.set_index("benchmark").loc["scicode", "score"] == 0.0


def test_unknown_keys_and_evaluations_are_tolerated():
    found = imported(record("A", new_fraction=0.5, new_elo=1200, new_index=40) | {"surprise": {"x": [1]}})
    about = found.benchmarks.set_index("benchmark")
    assert about["default_set"].to_dict() == {"new_elo": "false", "new_fraction": "true", "new_index v4.1": "false"}
    assert about.loc["new_index v4.1", "composite_of"] == "not stated"
    assert np.isnan(about.loc["new_elo", "ceiling"])
    assert any("new_elo, new_fraction" in note for note in found.notes)


def test_a_unit_that_changed_costs_the_benchmark():
    found = imported(record("A", hle=31.0, scicode=0.5))
    assert set(found.rows["benchmark"]) == {"scicode"}
    assert found.left_out == (("benchmark", "hle", "a score of 31 on a scale to 1: its unit has changed"),)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (record("A", hle="0.5"), "'hle' is '0.5' and not a number"),
        (record("A", hle=True), "not a number"),
        ({"name": "A"}, "no id"),
        (record("A", hle=0.5) | {"evaluations": [1]}, "no object"),
        (record("A"), "no record has a score"),
    ],
)
def test_records_that_cannot_be_read(bad, words):
    with pytest.raises(DataError, match=words):
        imported(bad)


def test_one_id_for_two_records_is_refused_and_a_repeated_record_is_one():
    one = record("A", hle=0.5)
    assert len(imported(one, dict(one)).rows) == 1
    with pytest.raises(DataError, match="stands for two records"):
        imported(one, one | {"name": "B"})


def test_versions_of_an_index_never_mix():
    old = imported(record("A", **{INDEX: 50.0}), version="4.1")
    new = imported(record("A", **{INDEX: 31.0}), version="4.2")
    assert not set(old.rows["benchmark"]) & set(new.rows["benchmark"])
    assert set(new.benchmarks["title"]) == {"Artificial Analysis Intelligence Index (4.2)"}


def test_the_retired_shape_is_read_under_the_present_names():
    content = json.dumps(legacy_dump([record("A", gpqa=0.5, lcr=0.3, tau2=0.2, **{INDEX: 40.0})])).encode()
    records, tier, version = parse_saved(content, "old.json")
    assert (tier, version) == ("not stated", UNSTATED)
    found = import_records(records, version=version, tier=tier, what="old.json")
    names = {"gpqa_diamond", "aa_lcr", "tau2_telecom", f"{INDEX} ({UNSTATED})"}
    assert set(found.rows["benchmark"]) == names
    assert any("does not state its index version" in note for note in found.notes)


def test_saved_pages_must_be_whole():
    page = {"tier": "pro", "intelligence_index_version": 4.1, "pagination": {"page": 1, "total_pages": 2}, "data": []}
    with pytest.raises(DataError, match="1 of 2 pages"):
        parse_saved(json.dumps(page).encode(), "p1.json")
    other = page | {"intelligence_index_version": 4.2}
    with pytest.raises(DataError, match="several tiers or index versions"):
        parse_saved(json.dumps([page, other]).encode(), "both.json")
    with pytest.raises(DataError, match="no list 'data'"):
        parse_saved(b'{"models": []}', "other.json")


def test_the_flag_of_the_source_is_kept_with_its_origin():
    found = imported(
        record("A", open_weights=True, hle=0.1),
        record("B", open_weights=False, hle=0.2),
        record("C", hle=0.3),
        record("D", day=None, open_weights=True, hle=0.3),
        record("E (high)", open_weights=True, hle=0.3),
        record("E (low)", open_weights=False, hle=0.3),
    )
    snapshot = assemble(found, kind="artificial-analysis", today=date(2026, 11, 24))
    table = snapshot.validated().table.set_index("model")
    assert table["weights"].to_dict() == {"A": "open", "B": "closed"}
    assert set(table["weights_origin"]) == {"Artificial Analysis"}
    left = snapshot.left_out.set_index("name")["reason"]
    assert left["C"].startswith("open or closed is not known")
    assert left["D"].startswith("no release date")
    assert left["E"].startswith("open or closed is not known"), "records that disagree settle nothing"


# The key


def test_the_key_comes_from_the_environment_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert aa.api_key({"AA_API_KEY": f" {KEY} \n"}) == KEY
    with pytest.raises(ConfigError, match="AA_API_KEY"):
        aa.api_key({})


@pytest.mark.parametrize("key", ["s3cr3t!", "with space in it", "line\nbreak-in-key", "schlüssel-mit-umlaut"])
def test_what_cannot_be_a_key_is_not_repeated(key):
    with pytest.raises(ConfigError) as error:
        aa.api_key({"AA_API_KEY": key})
    assert key not in str(error.value)


def test_the_keyring_is_asked_where_it_is_installed(monkeypatch):
    from types import ModuleType

    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})
    keyring.errors = errors
    asked = []
    keyring.get_password = lambda *words: asked.append(words) or KEY
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    assert aa.api_key({}) == KEY
    assert asked == [("gapmodel", "artificial-analysis")]


# End to end


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Run a command in this process in an empty folder: exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AA_API_KEY", KEY)
    monkeypatch.setenv("GAPMODEL_CACHE", str(tmp_path / "cache"))

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["gapmodel", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        out = capsys.readouterr()
        return stop.value.code, out.out, out.err

    return call


FETCH = ("data", "fetch", "artificial-analysis", "--out", "snap", "--base-url")


def test_the_key_is_nowhere_on_disk_nor_in_what_is_said(api, run, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    said = [*run(*FETCH, api.base_url)[1:]]
    assert (tmp_path / "snap" / "source.json").is_file()
    api.edit = lambda page, envelope: Answer(401, b'{"error": "wrong key: %s"}' % KEY.encode())
    said += run(*FETCH, api.base_url)[1:]
    api.edit = lambda page, envelope: envelope | {"tier": KEY} if page == 2 else envelope
    said += run(*FETCH, api.base_url)[1:]
    assert any(request.headers["x-api-key"] == KEY for request in api.server.requests)
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert len(files) > len(FILES), "the cache is among them"
    assert not [p for p in files if KEY.encode() in p.read_bytes() or KEY in p.name]
    assert not any(KEY in text for text in [*said, caplog.text])


def test_a_failed_refresh_leaves_the_snapshot_as_it_was(api, run, tmp_path):
    assert run(*FETCH, api.base_url)[0] == 0
    before = {p.name: p.read_bytes() for p in (tmp_path / "snap").iterdir()}
    assert set(before) == set(FILES)
    for fault in (
        lambda page, envelope: envelope | {"intelligence_index_version": 5.0 + page},
        lambda page, envelope: json_answer(envelope) if page == 1 else Answer(500, b"{}", {"Retry-After": "0"}),
        lambda page, envelope: Answer(body=b"<html>"),
        # Whole pages of which no record can be used.
        lambda page, envelope: envelope | {"data": [r | {"release_date": "2031-01-01"} for r in envelope["data"]]},
    ):
        api.edit = fault
        code, _, error = run(*FETCH, api.base_url)
        assert code == 1
        assert error.startswith("gapmodel: ")
        assert {p.name: p.read_bytes() for p in (tmp_path / "snap").iterdir()} == before
        assert {p.name for p in tmp_path.iterdir()} == {"snap", "cache"}


def expected_scores(records):
    """The table that the importer should give, made by hand from the records: best effort, floors of two scales."""
    rows = []
    for r in records:
        name = r["name"].split(" (")[0]
        renamed = {"gpqa": "gpqa_diamond", "lcr": "aa_lcr", "tau2": "tau2_telecom"}
        for key in SINGLE:
            value = r["evaluations"][key]
            if value is not None:
                rows.append((renamed.get(key, key), name, r["release_date"], name.startswith("Oak"), value))
    table = pd.DataFrame(rows, columns=["benchmark", "model", "release_date", "open", "score"])
    table = table.sort_values("score").groupby(["benchmark", "model"], as_index=False).last()
    table["weights"] = table.pop("open").map({True: "open", False: "closed"})
    floors = pd.DataFrame({"benchmark": sorted(set(table["benchmark"]))})
    floors["lower_bound"] = floors["benchmark"].map({"gpqa_diamond": 0.25, "mmlu_pro": 0.1}).fillna(0.0)
    return table, floors


def test_a_dump_of_18_evaluations_end_to_end(api, run, tmp_path, records):
    from gapmodel.scores import validate_scores

    code, out, error = run(*FETCH, api.base_url)
    assert code == 0, error
    assert "not for redistribution" in out
    scores = read_snapshot(tmp_path / "snap")
    assert len(scores.benchmarks) == 18
    assert scores.credits[0].startswith("Artificial Analysis, https://artificialanalysis.ai/")
    pooled = select(scores)
    assert len(pooled.benchmarks) == 15, "the composites are not pooled with their parts"
    table, floors = expected_scores(records)
    by_hand = validate_scores(table, floors, today=date(2026, 11, 24), as_of=scores.as_of)
    panel, expected = compute_lags(pooled).panel, compute_lags(by_hand).panel
    xr.testing.assert_allclose(panel["lag"], expected["lag"].reset_coords(drop=True).assign_coords(panel["lag"].coords))
    assert (panel["censoring"].to_numpy() == expected["censoring"].to_numpy()).all()
    files = ("--scores", "snap/scores.csv", "--benchmarks", "snap/benchmarks.csv", "--out", "lags")
    assert run("lags", *files)[0] == 0
    written = pd.read_csv(tmp_path / "lags" / "lags.csv")
    assert set(written["benchmark"]) <= set(pooled.benchmarks.index)
    line = published_baseline(panel).lines.set_index("benchmark").loc["mean over benchmarks"]
    same = published_baseline(expected).lines.set_index("benchmark").loc["mean over benchmarks"]
    assert line["slope_months_per_year"] == pytest.approx(same["slope_months_per_year"])


def test_the_retired_dump_needs_flags_and_takes_them_from_an_overrides_file(run, tmp_path):
    saved = made_up_records(flags=False)
    (tmp_path / "old.json").write_text(json.dumps(legacy_dump(saved)))
    convert = ("data", "convert", "old.json", "--from", "artificial-analysis", "--out", "old", "--taken", "2026-10-01")
    code, _, error = run(*convert)
    assert code == 1
    assert "open or closed is not known" in error
    assert not (tmp_path / "old").exists()
    names = sorted({r["name"].split(" (")[0] for r in saved})
    flags = pd.DataFrame({"model": names, "weights": ["open" if n.startswith("Oak") else "closed" for n in names]})
    flags["weights_date"] = ""
    late = names.index(next(n for n in names if n.startswith("Oak")))
    flags.loc[late, "weights_date"] = "2026-09-01"
    flags.drop(index=late + 1).to_csv(tmp_path / "flags.csv", index=False)
    code, _, error = run(*convert, "--overrides", "flags.csv")
    assert code == 0, error
    scores = read_snapshot(tmp_path / "old")
    table = scores.table.drop_duplicates("model").set_index("model")
    assert set(table["weights_origin"]) == {"overrides file"}
    assert table.loc[names[late], "weights_date"] == pd.Timestamp("2026-09-01")
    assert names[late + 1] not in table.index
    left = pd.read_csv(tmp_path / "old" / "left_out.csv")
    assert list(left.loc[left["kind"] == "model", "name"]) == [names[late + 1]]
    assert scores.as_of == pd.Timestamp("2026-10-01")
    assert len(select(scores).benchmarks) == 15


def test_a_free_snapshot_is_analysed_one_index_at_a_time(api, run, tmp_path):
    api.covers = "free"
    names = sorted({r["name"].split(" (")[0] for r in api.records})
    flags = pd.DataFrame({"model": names, "weights": ["open" if n.startswith("Oak") else "closed" for n in names]})
    flags.to_csv(tmp_path / "flags.csv", index=False)
    code, out, error = run(*FETCH, api.base_url, "--overrides", "flags.csv")
    assert code == 0, error
    assert "only composite indices are given" in " ".join(out.split())
    files = ("--scores", "snap/scores.csv", "--benchmarks", "snap/benchmarks.csv", "--out", "lags")
    code, _, error = run("lags", *files)
    assert code == 1
    assert run("lags", *files, "--benchmark", f"{INDEX} v4.1")[0] == 0
    about = json.loads((tmp_path / "snap" / "source.json").read_text())
    assert (about["tier"], about["intelligence_index_version"]) == ("free", "4.1")
    assert all(set(d) == {"url", "date", "sha256", "bytes"} for d in about["downloads"])


def test_a_second_fetch_keeps_the_last_snapshot_beside_it(api, run, tmp_path):
    run(*FETCH, api.base_url)
    api.records = api.records[:-1]
    run(*FETCH, api.base_url)
    old, new = (read_snapshot(tmp_path / name) for name in ("snap.previous", "snap"))
    assert len(new.table) < len(old.table)
    code, out, _ = run("data", "diff", "snap.previous", "snap", "--json")
    content = json.loads(out)
    assert code == 0
    assert len(content["scores"]["scores_removed"]) == len(old.table) - len(new.table)
    assert content["scores"]["scores_added"] == []


def test_a_snapshot_does_not_replace_other_files(tmp_path):
    snapshot = assemble(imported(record("A", open_weights=True, hle=0.1)), kind="k", today=date(2026, 1, 1))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x")
    with pytest.raises(ConfigError, match="not a snapshot"):
        write_snapshot(snapshot, tmp_path / "mine")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["notes.txt"]


def test_the_published_shape_is_fitted_and_reported(api, run, tmp_path):
    assert run(*FETCH, api.base_url)[0] == 0
    files = ("--scores", "snap/scores.csv", "--benchmarks", "snap/benchmarks.csv", "--out", "run")
    code, out, error = run("run", *files, "--quick", "--draws", "60", "--tune", "150", "--quiet")
    # So few draws cannot pass the gate: written all the same, and not citable.
    assert code == 2, error
    assert "not citable" in out
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["data"]["n_benchmarks"] == len(SINGLE)
    interval = summary["average_gap_months"]["interval"]
    # The simulated lag is 5 months; the interval is of one data set, so a month is allowed on each side.
    assert interval["lower"] - 1 < 5.0 < interval["upper"] + 1
    assert summary["baseline"]["mean"]["n_months"] > 12
    # The page is written and says so too.
    assert run("report", "run")[0] == 2
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Artificial Analysis" in page
    assert "not citable" in page.lower()
