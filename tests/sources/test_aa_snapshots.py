"""Artificial Analysis end to end: a made-up dump becomes a snapshot, is refreshed, analysed and reported."""

import json
import logging
import sys
from datetime import date

import pandas as pd
import pytest
import xarray as xr

from gapmodel.cli.app import main
from gapmodel.errors import ConfigError
from gapmodel.lags.panel import compute_lags
from gapmodel.lags.published_line import published_baseline
from gapmodel.scores.selection import select
from gapmodel.sources.joining.assemble import assemble
from gapmodel.sources.snapshot import FILES, read_snapshot, write_snapshot
from tests.support.aa_server import (
    INDEX,
    KEY,
    SINGLE,
    Answer,
    ArtificialAnalysis,
    LocalServer,
    imported,
    json_answer,
    legacy_dump,
    made_up_records,
    record,
)


@pytest.fixture(scope="module")
def records():
    return made_up_records()


@pytest.fixture
def api(records):
    server = LocalServer()
    yield ArtificialAnalysis(server, records)
    server.close()


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
    from gapmodel.scores.table import validate_scores

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
    code, _, error = run(*convert, "--overrides", "flags.csv", "--allow-left-out")
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


def test_the_published_shape_is_fitted_and_reported(api, run, tmp_path, without_sampler):
    assert run(*FETCH, api.base_url)[0] == 0
    files = ("--scores", "snap/scores.csv", "--benchmarks", "snap/benchmarks.csv", "--out", "run")
    code, out, error = run("fit", "hierarchical_ou", *files, "--quick", "--draws", "60", "--tune", "150", "--quiet")
    # So few draws cannot pass the gate: written all the same, and not citable.
    assert code == 2, error
    assert "not citable" in out
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["data"]["n_benchmarks"] == len(SINGLE)
    lags = pd.read_csv(tmp_path / "run" / "lags.csv")
    # The simulated lag is 5 months; benchmarks' own deviations and one data set's saw teeth lie about it.
    assert abs(lags.loc[lags["censoring"] == 0, "lag_months"].mean() - 5.0) < 2.0
    assert summary["baseline"]["mean"]["n_months"] > 12
    # The page is written and says so too.
    assert run("report", "run")[0] == 2
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Artificial Analysis" in page
    assert "not citable" in page.lower()
