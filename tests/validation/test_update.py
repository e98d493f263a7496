"""Epoch's live files from a local server, and `gapmodel update` from the fetch to the words about the answer."""

import io
import json
import sys
import zipfile
from datetime import date
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from gapmodel.analysis.sentences import estimate_text, never_number
from gapmodel.analysis.wording import Wording
from gapmodel.cli.app import main
from gapmodel.cli.changes import _next_name
from gapmodel.errors import DataError, GapmodelError
from gapmodel.lags.panel import compute_lags
from gapmodel.runs.reader import read_run
from gapmodel.sources.epoch.hub import HUB_INDEX
from gapmodel.sources.epoch.live import EpochFiles, build_snapshot
from gapmodel.sources.snapshot import FILES, check_place, read_snapshot
from gapmodel.sources.web.http import SourceError
from gapmodel.validation.update import movement, run_update
from tests.support.aa_server import Answer, LocalServer
from tests.support.runs import make_run

TODAY = date(2026, 3, 5)
BENCHMARKS = ("GPQA diamond", "Brand New Bench", "Chess Puzzles")


def csv(rows):
    return pd.DataFrame(rows).to_csv(index=False).encode()


def epoch_files(*, last=14, gain=0.0):
    """Index and hub files of made-up models, one per month and group in turn; `gain` raises the last open model."""
    models, scores, versions, raw = [], [], [], []
    for k in range(last):
        side = "Open" if k % 2 else "API"
        name, day = f"Larch {side} {k}", f"{2025 + (k // 12)}-{k % 12 + 1:02d}-10"
        access = "Open weights (unrestricted)" if k % 2 else "API access"
        models.append(
            {"Model": name, "eci": 100 + k, "eci_ci_low": 98.0 + k, "eci_ci_high": 102.0 + k, "date": day,
             "Organization": "Larch", "Country (of organization)": "Finland", "Model accessibility": access}
        )  # fmt: skip
        score = round((k + 1 - 3 * (k % 2)) / 20 + 0.1, 3) + (gain if k == last - 1 else 0.0)
        for benchmark in BENCHMARKS:
            scores.append(
                {"benchmark": benchmark, "model": name, "model_version": f"larch-{k}", "performance": score,
                 "source": "Epoch evaluations"}
            )  # fmt: skip
        versions.append(
            {"Model version": f"larch-{k}", "Model name": name, "Release date": day, "Organization": "Larch",
             "Country": "Finland", "Model accessibility": access}
        )  # fmt: skip
        raw.append({"Model version": f"larch-{k}", "mean_score": 0.25 + 0.75 * score, "stderr": 0.03})
    index = {"eci_benchmarks.csv": csv(scores), "eci_scores.csv": csv(models)}
    hub = {HUB_INDEX: csv(versions), "gpqa_diamond.csv": csv(raw), "unheard_of.csv": csv([{"x": 1}])}
    return index, hub


def zipped(hub):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in hub.items():
            archive.writestr(f"benchmark_data/{name}", content)
    return buffer.getvalue()


def snapshot_of(**keywords):
    index, hub = epoch_files(**keywords)
    return build_snapshot(EpochFiles(index, hub), today=TODAY)


def test_live_files_become_a_snapshot_by_the_rules_of_the_bundled_ones():
    snapshot = snapshot_of()
    scores = snapshot.validated()
    assert set(scores.benchmarks.index) == {*BENCHMARKS, "Epoch Capabilities Index"}
    assert scores.benchmarks.loc["GPQA diamond", "title"] == "GPQA Diamond"
    assert scores.benchmarks.loc["Brand New Bench", "category"] == "uncategorised"
    assert any("Brand New Bench" in note for note in snapshot.notes)
    assert set(scores.table["weights_origin"]) == {"Epoch AI"}
    gpqa = scores.table[scores.table["benchmark"] == "GPQA diamond"]
    # Raw scores and errors joined over the version: 0.03 on the scale from chance, 0.25, to 1.
    assert gpqa["score_se"].tolist() == pytest.approx([0.04] * 14)
    reasons = snapshot.left_out.set_index("name")["reason"]
    assert reasons["unheard_of.csv"] == "not among the reviewed files of the hub"
    assert reasons["chess_puzzles.csv"].startswith("Epoch's files lack chess_puzzles.csv")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (csv([{"Model version": "larch-1", "score": 0.5}]), "no column 'mean_score'"),
        (csv([{"Model version": "larch-1", "mean_score": 50, "stderr": 1}]), "unit has changed"),
        (b"", "cannot be read as a table"),
    ],
)
def test_a_hub_file_that_changed_costs_its_errors_and_no_more(content, reason):
    index, hub = epoch_files()
    snapshot = build_snapshot(EpochFiles(index, hub | {"gpqa_diamond.csv": content}), today=TODAY)
    assert reason in snapshot.left_out.set_index("name").loc["gpqa_diamond.csv", "reason"]
    assert "score_se" in snapshot.validated().table
    gpqa = snapshot.validated().table.query("benchmark == 'GPQA diamond'")
    assert len(gpqa) == 14
    assert gpqa["score_se"].isna().all()


def test_an_index_file_that_changed_is_an_error():
    index, hub = epoch_files()
    changed = pd.read_csv(io.BytesIO(index["eci_benchmarks.csv"])).rename(columns={"performance": "score"})
    with pytest.raises(DataError, match="no column 'performance'"):
        build_snapshot(EpochFiles(index | {"eci_benchmarks.csv": csv(changed)}, hub), today=TODAY)


# Through the commands


@pytest.fixture
def server():
    server = LocalServer()
    serve(server)
    yield server
    server.close()


def serve(server, **keywords):
    index, hub = epoch_files(**keywords)
    for name, content in index.items():
        server.answers[f"/{name}"] = Answer(body=content)
    server.answers["/benchmark_data.zip"] = Answer(body=zipped(hub))


@pytest.fixture
def run(server, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAPMODEL_CACHE", str(tmp_path / "cache"))

    def call(*words):
        urls = {
            "--eci-benchmarks-url": "eci_benchmarks.csv",
            "--eci-scores-url": "eci_scores.csv",
            "--archive-url": "benchmark_data.zip",
        }
        options = [word for option, path in urls.items() for word in (option, f"{server.url}/{path}")]
        monkeypatch.setattr(sys, "argv", ["gapmodel", *map(str, words), *options])
        with pytest.raises(SystemExit) as stop:
            main()
        out = capsys.readouterr()
        return stop.value.code, out.out, out.err

    return call


def test_fetch_epoch(run, tmp_path):
    code, out, error = run("data", "fetch", "epoch")
    assert code == 0, error
    assert "CC BY 4.0" in out
    folder = tmp_path / "snapshots" / "epoch"
    assert {p.name for p in folder.iterdir()} == set(FILES)
    source = json.loads((folder / "source.json").read_text())
    assert [d["url"].rsplit("/", 1)[1] for d in source["downloads"]] == [
        "eci_benchmarks.csv", "eci_scores.csv", "benchmark_data.zip",
    ]  # fmt: skip
    assert read_snapshot(folder).as_of == pd.Timestamp(source["date"])


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/eci_scores.csv", Answer(body=b"<!doctype html>"), "HTML and not CSV"),
        ("/eci_benchmarks.csv", Answer(404), "not found"),
        ("/benchmark_data.zip", Answer(body=zipped({"../../evil.csv": b"1"})), "leads out of its folder"),
        ("/benchmark_data.zip", Answer(body=zipped({"a.csv": b"1"})[:40]), "not a whole zip archive"),
        ("/benchmark_data.zip", Answer(body=zipped({"a.csv": b"1"})), "lack epoch_capabilities_index.csv"),
    ],
    ids=["html", "404", "traversal", "cut", "other files"],
)
def test_a_failed_fetch_leaves_the_last_snapshot(path, answer, words, run, server, tmp_path):
    run("data", "fetch", "epoch")
    folder = tmp_path / "snapshots" / "epoch"
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    server.answers[path] = answer
    code, _, error = run("data", "fetch", "epoch")
    assert code == 1
    assert words in error
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert {p.name for p in folder.parent.iterdir()} == {"epoch"}
    assert not list(tmp_path.rglob("evil.csv"))


def test_update_fits_first_then_only_when_something_changed(run, server, tmp_path, monkeypatch):
    from gapmodel.cli import changes, fitting, printing

    fitted = []

    def fit_to_folder(data, lag, sampler, variant, horizon, out, *, quiet, accept=()):
        table = data.select()
        fitted.append((sorted(table.benchmarks.index), table.credits))
        make_run(out, gap=6.0 - 2.0 * (len(fitted) - 1))
        summary = {"diagnostics": {"passed": True}, "data_gate": {"passed": True}}
        return SimpleNamespace(summary=summary, checks={"passed": True}), out

    monkeypatch.setattr(fitting, "fit_to_folder", fit_to_folder)
    monkeypatch.setattr(printing, "print_answer", lambda analysis, folder: print(f"answer in {folder}"))
    explained = []

    def explain(chosen, *others, **keywords):
        explained.append([sorted(table.benchmarks.index) for table in chosen])
        return pd.DataFrame({"change": ["old", "scores"], "gap": [6.0, np.nan], "passed": [True, None]})

    monkeypatch.setattr(changes, "_answer_steps", explain)
    words = ("update", "--exclude-benchmark", "Chess Puzzles", "--all-benchmarks")
    code, out, error = run(*words)
    assert code == 0, error
    assert "no earlier snapshot" in out
    assert "answer in " in out
    assert fitted[0][0] == ["Brand New Bench", "GPQA diamond"]
    assert "CC BY 4.0" in fitted[0][1][0], "credits come with the snapshot into the run"

    code, out, error = run(*words)
    assert code == 0, error
    assert "nothing changed: the earlier answer stands" in out
    assert len(fitted) == 1

    code, out, error = run(*words, "--grace", "2")
    assert code == 0, error
    assert len(fitted) == 2, "other options are another question"
    assert "asked with other options" in out
    run(*words)
    assert len(fitted) == 3
    assert explained == [], "other options explain themselves: the table is the same"
    serve(server, gain=0.2)
    code, out, error = run(*words, "--json")
    assert code == 0, error
    assert len(fitted) == 4
    assert explained == [[["Brand New Bench", "GPQA diamond"]] * 2]
    content = json.loads(out)
    assert content["refitted"]
    assert {(r["benchmark"], r["model"]) for r in content["scores"]["scores_revised"]} == {
        (benchmark, "Larch Open 13") for benchmark in BENCHMARKS
    }  # fmt: skip
    gap = content["moved"][0]
    assert gap["quantity"].startswith("average gap")
    assert gap["change"] == pytest.approx(-2.0, abs=0.5)
    assert {row["benchmark"] for row in content["panel"]["by_benchmark"]} == {"Brand New Bench", "GPQA diamond"}
    assert content["why"][1] == {"change": "scores", "gap": None, "passed": None}
    latest = json.loads((tmp_path / "results" / "update-epoch" / "latest.json").read_text())
    assert latest["update"] == content
    assert read_run(tmp_path / "results" / "update-epoch" / latest["run"]).summary["average_gap_months"]


def test_a_first_update_fits_and_writes_a_run(run, tmp_path, without_sampler):
    words = ["--all-benchmarks", "--variant", "pooled", "--quick", "--draws", 50, "--tune", 100, "--quiet", "--json"]
    code, out, error = run("update", *words)
    assert code == 2, f"so small a sample passes no check\n{error}"
    assert json.loads(out)["refitted"]
    runs = tmp_path / "results" / "update-epoch"
    latest = json.loads((runs / "latest.json").read_text())
    manifest = json.loads((runs / latest["run"] / "manifest.json").read_text())
    assert manifest["inputs"]["snapshot"] == latest["run"] == manifest["data"]["snapshot"]
    assert manifest["inputs"]["all_benchmarks"] is True


def test_a_swap_that_was_killed_half_way_is_put_right(run, tmp_path):
    run("data", "fetch", "epoch")
    folder = tmp_path / "snapshots" / "epoch"
    content = {p.name: p.read_bytes() for p in folder.iterdir()}
    folder.rename(folder.with_name("epoch.previous"))  # where a kill between two renames leaves it
    check_place(folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == content
    assert [p.name for p in folder.parent.iterdir()] == ["epoch"]


def test_update_names_the_sources(run):
    code, _, error = run("update", "--source", "epok")
    assert code == 1
    assert "choose epoch or artificial-analysis" in error


# The order of things, without commands


def panel(scores):
    return compute_lags(scores.subset(benchmarks="GPQA diamond")).panel


@pytest.fixture
def summary(tmp_path):
    return read_run(make_run(tmp_path / "run")).summary


def test_a_fit_that_fails_keeps_the_old_snapshot_so_that_the_update_can_be_repeated(tmp_path, summary):
    place = tmp_path / "place"
    run_update(place, fetch=snapshot_of, panel=panel, fit=lambda scores: summary)
    before = {p.name: p.read_bytes() for p in place.iterdir()}

    def fails(scores):
        raise DataError("the fit failed")

    for keywords in (
        {"fetch": lambda: snapshot_of(gain=0.2), "fit": fails},
        {"fetch": lambda: (_ for _ in ()).throw(SourceError("no network")), "fit": lambda scores: summary},
    ):
        with pytest.raises(GapmodelError):
            run_update(place, panel=panel, earlier=summary, **keywords)
        assert {p.name: p.read_bytes() for p in place.iterdir()} == before
        assert {p.name for p in tmp_path.iterdir()} == {"place", "run"}
    done = run_update(place, fetch=lambda: snapshot_of(gain=0.2), panel=panel, fit=lambda s: summary, earlier=summary)
    assert not done.panel.empty
    assert done.moved["change"].eq(0).all(), "the same answer did not move"
    assert read_snapshot(place).sha256 == done.new.sha256


def test_a_new_model_that_moves_no_lag_is_refitted_and_told(tmp_path, summary):
    place = tmp_path / "place"
    run_update(place, fetch=lambda: snapshot_of(last=12), panel=panel, fit=lambda scores: summary)
    done = run_update(place, fetch=lambda: snapshot_of(last=13), panel=panel, fit=lambda s: summary, earlier=summary)
    assert done.scores.models_added == ("Larch API 12",)
    assert done.summary is summary


def test_an_update_that_was_killed_is_held_against_the_answer_even_when_the_data_moved_on_twice(tmp_path, summary):
    place = tmp_path / "place"
    answered = run_update(place, fetch=snapshot_of, panel=panel, fit=lambda scores: summary).new.sha256
    for gain in (0.2, 0.25, 0.3):
        # Each but the last is killed after its snapshot took the place, before the answer is written down.
        done = run_update(
            place, fetch=partial(snapshot_of, gain=gain), panel=panel, fit=lambda scores: summary, earlier=summary,
            answered=answered,
        )  # fmt: skip
        assert done.old.sha256 == answered
        assert read_snapshot(place).sha256 == done.new.sha256
        assert read_snapshot(tmp_path / "place.previous").sha256 == answered
        assert {p.name for p in tmp_path.iterdir()} == {"place", "place.previous", "run"}


@pytest.mark.parametrize(
    ("last", "name"),
    [(None, "epoch_2026-03-05"), ("epoch_2026-03-04", "epoch_2026-03-05"), ("epoch_2026-03-05", "epoch_2026-03-05-2"),
     ("epoch_2026-03-05-2", "epoch_2026-03-05-3"), ("epoch_2026-03-05-9", "epoch_2026-03-05-10"),
     ("epoch_2026-03-05-of-mine", "epoch_2026-03-05")],
)  # fmt: skip
def test_a_run_never_takes_the_place_of_the_last_answer(last, name):
    assert _next_name("epoch_2026-03-05", None if last is None else {"run": last}) == name


def test_movement_names_both_days_and_compares_common_dates_only(summary):
    later = json.loads(json.dumps(summary))
    later["average_gap_months"] |= {"date": "2031-01-31", "median": summary["average_gap_months"]["median"] - 1.5}
    for row in later["zero_lag"]["probability_by"]:
        row["probability"] = 0.5
    gone = later["zero_lag"]["probability_by"].pop(0)
    table = movement(summary, later).set_index("quantity")
    assert table["change"].iloc[0] == pytest.approx(-1.5)
    assert table.index[0] == f"average gap, {summary['average_gap_months']['date']} → 2031-01-31"
    assert table["old_said"].iloc[0] == estimate_text(summary, "average_gap_months")
    assert table["new_said"].iloc[0] == estimate_text(later, "average_gap_months")
    assert table["old_said"].iloc[-1] == Wording().probability(never_number(summary["zero_lag"]))
    assert f"P(zero by {gone['date']})" not in table.index
    for row in summary["zero_lag"]["probability_by"][1:]:
        assert table.loc[f"P(zero by {row['date']})", "change"] == pytest.approx(0.5 - row["probability"])
