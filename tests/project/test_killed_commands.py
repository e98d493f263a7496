"""Commands that fill a folder, killed or interrupted at a random file operation, comes to the same bytes when it
is given again; a second one in the same folder is refused, and told which process has it."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
from pathlib import Path

import pandas as pd
import pytest

from gapmodel.files.folder_swap import MANIFEST
from gapmodel.files.in_use import alone_in
from gapmodel.simulation.frontiers import simulate_scores
from tests.support.aa_server import KEY, ArtificialAnalysis, LocalServer, made_up_records
from tests.support.killing import Commands

FILES = ("--scores", "scores.csv")
QUICK = ("--quick", "--draws", 100, "--tune", 50, "--chains", 2, "--seed", 5, "--quiet")
FEW = ("--draws", 100, "--tune", 50, "--quiet")
FETCHED = ("artificial-analysis", "--base-url")
#: Command → its words, and the folder that it fills.
COMMANDS = {
    "run": ("run", *FILES, *QUICK, "--out", "out"),
    "compare": (
        "compare", "pooled", "shared_shock", *FILES, *QUICK, "--blocks", 2, "--months-ahead", 1, "--future-only",
        "--out", "out",
    ),
    "sensitivity": ("sensitivity", "pooled", *FILES, *QUICK, "--out", "out"),
    "influence": ("influence", "pooled", *FILES, *QUICK, "--out", "out"),
    "backtest": (
        "backtest", "pooled", *FILES, *QUICK, "--first", "2023-09-30", "--baselines", "last_value", "--out", "out",
    ),
    "calibrate": ("calibrate", "pooled", *FILES, "--n", 2, *FEW, "--out", "out"),
    "false-alarms": (
        "false-alarms", "straight_line", "--n", 3, "--regime", "dense", "--scenario", "constant", *FEW, "--out", "out",
    ),
    "fetch": ("data", "fetch", *FETCHED, "URL", "--out", "out"),
    "update": (
        "update", "--source", *FETCHED, "URL", "--folder", "out", "--out", "runs", *QUICK, "--explain-draws", 0,
    ),
}  # fmt: skip
KILLED, INTERRUPTED = -9, 130


@pytest.fixture(scope="module")
def api():
    server = LocalServer()
    records = made_up_records()
    yield ArtificialAnalysis(server, records[::2])
    server.close()


@pytest.fixture(scope="module")
def call(api):
    commands = Commands(AA_API_KEY=KEY)

    def words(name):
        return [api.base_url if word == "URL" else word for word in COMMANDS[name]]

    def call(name, place, **keywords):
        begin = commands.begin(*words(name), cwd=place, env={"GAPMODEL_CACHE": str(place / "cache")}, **keywords)
        return begin if keywords.get("how") == "wait" else commands.end(begin)

    call.end = commands.end
    yield call
    commands.close()


@pytest.fixture(scope="module")
def start(api, call, tmp_path_factory):
    """Folder in which a command is given: a table, and for ``update`` and ``fetch`` what an earlier one has left."""
    home = tmp_path_factory.mktemp("start")
    frame, info, _ = simulate_scores(seed=7, n_benchmarks=3, n_months=16)
    frame = frame.assign(release_date=pd.to_datetime(frame["release_date"]).dt.strftime("%Y-%m-%d"))

    def make(name):
        place = home / name
        if not place.exists():
            place.mkdir()
            if name in ("fetch", "update"):
                whole, api.records = api.records, api.records[::2]
                assert call(name, place).code in (0, 2)
                api.records = whole
            else:
                frame.to_csv(place / "scores.csv", index=False)
                info.to_csv(place / "benchmarks.csv", index=False)
        return place

    return make


def content(place):
    """Relative name → bytes of what a command left, without the cache and the seconds that things took."""
    out = {}
    for path in sorted(p for p in place.rglob("*") if p.is_file()):
        name = path.relative_to(place).as_posix()
        if name.startswith("cache/"):
            continue
        data = path.read_bytes()
        if path.name == MANIFEST:
            data = json.dumps({k: v for k, v in json.loads(data).items() if k != "duration_seconds"}).encode()
        if path.name == "source.json":
            data = re.sub(rb"T[0-9:.]+(Z|\+00:00)", b"", data)
        out[name] = data
    return out


def settled(found):
    """Without the hidden folders of runs and snapshots that were being written: they go when they are an hour old."""
    return {name: data for name, data in found.items() if not re.match(r"(runs/)?\.[a-z0-9_-]+[.-]new-", name)}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_comes_to_the_same_bytes(name, call, start, tmp_path):
    place = Path(shutil.copytree(start(name), tmp_path / "whole"))
    whole = call(name, place)
    assert whole.code in (0, 2), whole.error
    expected = content(place)
    assert not [part for part in expected if part.startswith(".")], "nothing hidden is left"
    place = Path(shutil.copytree(start(name), tmp_path / "stopped"))
    steps = random.Random(name)
    for how, code in (("SIGKILL", KILLED), ("SIGINT", INTERRUPTED)):
        stopped = call(name, place, at=steps.randint(1, whole.steps), how=how)
        # The second time less is left to do, and an interruption at the last step comes too late.
        assert stopped.code in ((code,) if how == "SIGKILL" else (code, whole.code)), stopped
    # An update that was interrupted after its last file had ended: the next one finds that nothing changed.
    ended = name == "update" and expected.items() <= content(place).items()
    again = call(name, place)
    assert (again.code, again.error) == (0 if ended else whole.code, whole.error)
    assert settled(content(place)) == expected


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "run"])
def test_a_second_command_in_the_same_folder_is_refused_and_told_by_whom(name, call, start, tmp_path):
    place = Path(shutil.copytree(start(name), tmp_path / "both"))
    first = call(name, place, how="wait")
    waiting = tmp_path / "both" / ".out.in-use"
    while not (waiting.is_file() and waiting.read_text()):
        assert not (first / "code").exists(), "the first ended before it had the folder"
    before = content(place)
    second = call(name, place)
    assert second.code == 1
    holder = re.fullmatch(r"process (\d+) on .*", waiting.read_text())
    assert f"'out' is in use by process {holder[1]} on " in second.error
    assert second.error.count("\n") == 1
    assert content(place) == before
    os.kill(int(holder[1]), signal.SIGKILL)
    assert call.end(first).code == KILLED
    with alone_in(place / "out"):  # what the killed one has left keeps nobody out
        assert waiting.read_text() != holder[0]
    assert not waiting.exists()
