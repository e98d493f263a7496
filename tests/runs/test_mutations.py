"""Every key of every JSON file of a run and a comparison, changed in every way: refused in one error, or of no use.

Hashes are put right after each change, as somebody would who means to: what is tested is the form, not the hash.
"""

import copy
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from gapmodel.analysis.schema import manifest_digest
from gapmodel.cite import collect, read_ranges
from gapmodel.cite.write import citation_files
from gapmodel.errors import GapmodelError
from gapmodel.report.server import RunIndex, index_page
from gapmodel.runs.reader import read_run, verify_files
from tests.support.citedruns import comparison, edited_run

NAMES = ("summary.json", "checks.json", "manifest.json")
DEEP: dict = {}
for _ in range(70):
    DEEP = {"a": DEEP}
GONE = object()
CHANGES = {
    "removed": GONE, "null": None, "empty": "", "text": "zz\x1b[2J", "number": -7.5, "huge": 10**400, "flag": True,
    "list": [], "object": {}, "deep": DEEP, "nested": [[{"a": None}]],
}  # fmt: skip


def paths(content, at=()):
    """Every place in a JSON file: of a list its first entry stands for the others."""
    parts = content.items() if isinstance(content, dict) else list(enumerate(content))[:1]
    for key, value in parts:
        yield (*at, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*at, key))


def turns(k, path):
    """The changes of one place: at the top several, below one, each in its turn (all take minutes)."""
    names = list(CHANGES)
    return [names[(k + step) % len(names)] for step in (range(0, 11, 3) if len(path) == 1 else range(1))]


def changed(content, path, value):
    out = copy.deepcopy(content)
    inner = out
    for key in path[:-1]:
        inner = inner[key]
    if value is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = copy.deepcopy(value)
    return out


def write(folder, parts):
    """The files, with hashes that fit where there is room for them."""
    manifest = copy.deepcopy(parts["manifest.json"])
    for name in ("summary.json", "checks.json"):
        text = json.dumps(parts[name])
        (folder / name).write_text(text)
        if isinstance(manifest.get("files"), dict) and name in manifest["files"]:
            manifest["files"][name] = hashlib.sha256(text.encode()).hexdigest()
    if isinstance(manifest.get("sha256"), str) and len(manifest["sha256"]) == 64:
        manifest["sha256"] = manifest_digest(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def read_all(folder):
    """What `cite`, `render` and `verify` say: the claims and all files of a citation, without hashes of the run."""
    run = read_run(folder)
    verify_files(run)
    claims = collect(run, draft=True)
    files = citation_files(run, claims)
    return json.dumps([claim.texts for claim in claims]), sorted(files), run.run_id


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return edited_run(tmp_path_factory.mktemp("reference") / "run")


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_key_is_refused_in_one_error_or_changes_no_claim_silently(name, run, tmp_path):
    folder = Path(shutil.copytree(run, tmp_path / "run"))
    parts = {n: json.loads((run / n).read_text()) for n in NAMES}
    tried = refused = 0
    failures = []
    for k, path in enumerate(paths(parts[name])):
        for how in turns(k, path):
            value = CHANGES[how]
            if name == "manifest.json" and path[0] in ("files", "sha256") and how != "removed":
                continue  # hashes themselves: tests/runs/test_damage.py
            write(folder, {**parts, name: changed(parts[name], path, value)})
            tried += 1
            try:
                read_all(folder)
            except GapmodelError as error:
                refused += 1
                if len(str(error)) > 2000 or not str(error).replace("\n", "").isprintable():
                    failures.append((path, how, "unclear", str(error)[:80]))
            except Exception as error:
                failures.append((path, how, type(error).__name__, str(error)[:80]))
    assert failures == []
    # Most changes break the form. Others are of what is only repeated, or are valid themselves.
    assert refused > 0.5 * tried, (refused, tried)


@pytest.mark.parametrize("name", NAMES)
def test_no_changed_run_hides_another_in_the_index(name, run, tmp_path):
    shutil.copytree(run, tmp_path / "good")
    folder = Path(shutil.copytree(run, tmp_path / "bad"))
    parts = {n: json.loads((run / n).read_text()) for n in NAMES}
    for path in [p for p in paths(parts[name]) if len(p) == 1]:
        for value in (None, "zz\x1b[2J"):
            write(folder, {**parts, name: changed(parts[name], path, value)})
            page = index_page(RunIndex(tmp_path))
            assert "/runs/good/" in page
            assert "bad" in page
            assert "\x1b" not in page


def test_a_changed_key_of_a_comparison_is_read_or_refused_in_one_error(run, tmp_path):
    saved = read_run(run)
    folder = comparison(tmp_path / "c", saved.summary, {"pooled": (True, 0.5), "shared_shock": (True, 1.0)})
    failures, tried = [], 0
    for name in ("spec.json", "variants/pooled.json"):
        before = (folder / name).read_text()
        content = json.loads(before)
        for k, path in enumerate(paths(content)):
            for how in turns(k, path):
                value = CHANGES[how]
                (folder / name).write_text(json.dumps(changed(content, path, value)))
                tried += 1
                try:
                    ranges = read_ranges(folder, saved)
                    collect(saved, ranges=ranges)
                except GapmodelError as error:
                    if not str(error).replace("\n", "").isprintable():
                        failures.append((name, path, how, "unclear"))
                except Exception as error:
                    failures.append((name, path, how, type(error).__name__, str(error)[:80]))
        (folder / name).write_text(before)
    assert failures == []
    assert tried > 40
