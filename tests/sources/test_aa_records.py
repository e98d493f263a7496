"""Artificial Analysis: records as scores, efforts folded, shapes and versions that do not mix."""

import json
from datetime import date

import numpy as np
import pytest

from gapmodel.errors import DataError
from gapmodel.sources.artificial_analysis.records import UNSTATED, import_records, parse_saved
from gapmodel.sources.joining.assemble import assemble
from gapmodel.sources.joining.variants import effort_in_bracket
from tests.support.aa_server import INDEX, imported, legacy_dump, record


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
    assert effort_in_bracket(name) == expected


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
