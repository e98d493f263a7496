"""``claims.json``: every place of it changed, and held against the run."""

import copy
import json

import pytest

from gapmodel.cite import collect
from gapmodel.cite.claims_file import check_claims, claims_text, contradictions, read_claims
from gapmodel.cite.verify import verify
from gapmodel.errors import DataError, GapmodelError
from tests.runs.test_mutations import CHANGES, changed, paths


@pytest.fixture(scope="module")
def content(claims):
    return json.loads(claims_text(claims))


def test_what_is_written_is_read_and_agrees_in_another_language_too(run, claims, content, tmp_path):
    path = tmp_path / "claims.json"
    path.write_text(claims_text(claims))
    assert read_claims(path) == content
    assert contradictions(content, claims) == []
    assert contradictions(content, collect(run, language="zh")) == []
    findings = verify(path, run)
    assert len(findings) == len(content["claims"])
    assert all(f.holds for f in findings)


def test_every_change_is_refused_or_told(claims, content):
    silent = []
    names = list(CHANGES)
    for k, path in enumerate(paths(content)):
        for name in (names[k % len(names)], names[(k + 3) % len(names)]):
            other = changed(content, path, CHANGES[name])
            if other == content:
                continue
            try:
                check_claims(other, where="claims.json")
            except GapmodelError as error:
                assert "\n" not in str(error)
                assert "\x1b" not in str(error)
                continue
            # Hash of a comparison and language say only what texts are compared with.
            if not contradictions(other, claims) and path not in [("language",), ("comparison",)]:
                silent.append((path, name))
    assert silent == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c["claims"][0]["value"].update(value=99.0, shown=99.0), "gap.average is outside its interval"),
        (lambda c: c["claims"][0]["value"].update(shown=9.5), "gap.average is shown as 9.5"),
        (lambda c: c["claims"].append(copy.deepcopy(c["claims"][0])), "gap.average is there twice"),
        (lambda c: c["claims"][0]["source"].update(seed=1), "of another source than the file"),
        (lambda c: c.update(schema_version=2), "has form '2', this version reads 3"),
        (lambda c: c.pop("schema_version"), "no file of claims of this version"),
        (lambda c: [p["checks"].update(passed=False) for p in (c["source"], *(x["source"] for x in c["claims"]))],
         "passed is not what the checks say"),
    ],
)  # fmt: skip
def test_ranges_and_rules_across_the_file(content, change, words):
    other = copy.deepcopy(content)
    change(other)
    with pytest.raises(DataError, match=words):
        check_claims(other, where="claims.json")


def test_numbers_and_runs_of_another_are_told(run, content, tmp_path):
    other = copy.deepcopy(content)
    other["claims"][0]["value"].update(value=6.6)
    for part in (other["source"], *(claim["source"] for claim in other["claims"])):
        part["manifest_sha256"] = "0" * 64
    path = tmp_path / "claims.json"
    path.write_text(json.dumps(other))
    wrong = [f for f in verify(path, run) if not f.holds]
    assert [f.reference for f in wrong] == ["source", "gap.average"]
    assert {f.status for f in wrong} == {"altered"}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema_version": 3, "schema_version": 3}', "nul", "\ufeff{}"])
def test_what_is_no_such_file_is_one_line(text, tmp_path):
    path = tmp_path / "claims.json"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_claims(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="check the name"):
        read_claims(tmp_path / "other.json")
