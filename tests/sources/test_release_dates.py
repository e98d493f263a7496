"""Every score is dated by the version that was scored: the rule, the review, and both bundled tables held to them."""

import re
from datetime import date
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gapmodel.audit import audit_scores
from gapmodel.audit.name_dates import NEAR_DAYS, contradiction, stated_dates
from gapmodel.errors import ConfigError
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.selection import select
from gapmodel.scores.table import validate_scores
from gapmodel.sources import bundled
from gapmodel.sources.epoch.releases import HUB, INDEX, REVIEW, base_label, release_table

REVIEWED = Path(str(resources.files("gapmodel.data"))) / "review"


@pytest.fixture(scope="module")
def versions():
    """Every version of both snapshots, once per snapshot."""
    parts = [bundled.load(name).table.assign(snapshot=name) for name in bundled.SNAPSHOTS]
    table = pd.concat(parts).dropna(subset="version").drop_duplicates(["snapshot", "version"])
    return table.assign(base=table["version"].map(base_label))


# The rule


def frame(*rows):
    return pd.DataFrame(rows, columns=["version", "family", "date"], dtype=object)


def overrides(*rows):
    columns = ["model", "version", "release_date", "announced_date"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


GROUPS = frame(("ash-0101", "Ash", "2025-01-01"), ("ash-0601_high", "Ash", "2025-01-01"))
VERSIONS = frame(("ash-0101", "Ash", "2025-01-01"), ("ash-0601", "Ash", "2025-06-01"), ("oak-1", "Oak", None))


def test_a_version_has_its_own_date_and_not_that_of_its_group():
    found = release_table(GROUPS, VERSIONS, overrides(), strict=False)
    assert found.loc["ash-0101", ["model", "release_date", "date_source"]].tolist() == ["Ash", "2025-01-01", HUB]
    # The effort is a setting: the version without it is found, five months later, and is a release of its own.
    assert found.loc["ash-0601_high", ["model", "release_date"]].tolist() == ["Ash, ash-0601", "2025-06-01"]
    assert found.loc["ash-0601_high", "other_date"] == "2025-01-01"
    assert found.loc["oak-1", "unsettled"] == "no release date"


def test_two_sources_that_differ_need_a_review():
    found = release_table(GROUPS, VERSIONS, overrides())
    assert found.loc["ash-0101", "unsettled"] == ""
    assert "the hub says 2025-06-01, the index 2025-01-01" in found.loc["ash-0601_high", "unsettled"]
    row = ("Ash (Jun 2025)", "ash-0601", "2025-06-02", "2025-05-20")
    found = release_table(GROUPS, VERSIONS, overrides(row)).loc["ash-0601_high"]
    assert found[["model", "release_date", "announced_date", "date_source", "unsettled"]].tolist() == [
        "Ash (Jun 2025)", "2025-06-02", "2025-05-20", REVIEW, "",
    ]  # fmt: skip


def test_versions_of_two_weeks_are_one_release_and_later_ones_another():
    near = frame(("a-1", "A", "2025-01-01"), ("a-2", "A", "2025-01-15"), ("a-3", "A", "2025-01-16"))
    found = release_table(frame(), near, overrides())
    assert found["release_date"].tolist() == ["2025-01-01", "2025-01-01", "2025-01-16"]
    assert found["model"].tolist() == ["A", "A", "A, a-3"]


def test_a_group_without_a_version_in_the_hub_keeps_its_date():
    found = release_table(GROUPS, frame(), overrides())
    assert set(found["date_source"]) == {INDEX}
    assert set(found["release_date"]) == {"2025-01-01"}


@pytest.mark.parametrize(
    ("label", "base"),
    [
        ("o3-2025-04-16_high", "o3-2025-04-16"),
        ("gemini-2.5-flash-preview-04-17 (16K thinking)", "gemini-2.5-flash-preview-04-17"),
        ("claude-opus-4-5-20251101_64K", "claude-opus-4-5-20251101"),
        ("Qwen-1_8B", "Qwen-1_8B"),
        ("open_llama_7b", "open_llama_7b"),
    ],
)
def test_efforts_and_budgets_are_no_part_of_a_version(label, base):
    assert base_label(label) == base


# Names


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("GPT-4o (Nov 2024)", ["Nov 2024"]),
        ("gpt-4o-2024-11-20", ["2024-11-20"]),
        ("claude-opus-4-5-20251101", ["20251101"]),
        ("mistral-large-2411", ["2411"]),
        ("gpt-4-0125-preview", ["0125"]),
        ("chatgpt-4o-01-29-2025", ["01-29-2025"]),
        ("gemini-2.5-flash-preview-09-2025", ["09-2025"]),
        ("Gemini 1.5 Pro (Sept 2024)", ["Sept 2024"]),
        ("gemini-1.5-pro-002", []),
        ("Llama-3.1-405B", []),
        ("Qwen2.5-72B", []),
        ("Marsh 2024", []),
        ("model-9999", []),
    ],
)
def test_dates_in_names(name, texts):
    assert [s.text for s in stated_dates(name)] == texts


@pytest.mark.parametrize(
    ("name", "day", "stated"),
    [
        ("GPT-4o (Nov 2024)", date(2024, 5, 13), "Nov 2024"),
        ("GPT-4o (Nov 2024)", date(2024, 12, 14), ""),
        ("GPT-4o (Nov 2024)", date(2024, 12, 15), "Nov 2024"),
        ("grok-2-1212", date(2024, 8, 13), "1212"),
        ("grok-2-1212", date(2025, 12, 20), ""),  # a name without a year contradicts no year
        ("x-1231", date(2025, 1, 5), ""),
        ("o3-2025-04-16_high", date(2024, 12, 20), "2025-04-16"),
    ],
)
def test_names_that_contradict_a_date(name, day, stated):
    assert contradiction(name, day) == stated


# The bundled tables


def test_every_name_with_a_date_has_that_date_or_a_review(versions):
    for row in versions.itertuples():
        for name in (row.model, row.version):
            if contradiction(name, row.release_date.date()):
                assert row.date_source == REVIEW, (name, row.release_date)
    assert sum(bool(stated_dates(v)) for v in versions["version"]) > 150


def test_a_version_has_one_date_and_one_name_in_both_snapshots(versions):
    each = versions.groupby("base")
    for column in ("release_date", "model"):
        assert each[column].agg(lambda values: len(set(values))).max() == 1, column
    assert (each.size() == 2).sum() > 100


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("o3", "2025-04-16"), ("GPT-4o (Nov 2024)", "2024-11-20"), ("GPT-4o (Aug 2024)", "2024-08-06"),
        ("Gemini 1.5 Flash (Sep 2024)", "2024-09-24"), ("Grok-2 (Dec 2024)", "2024-12-12"),
        ("Mistral Large 2 (Nov 2024)", "2024-11-18"), ("Gemini 2.0 Flash (Feb 2025)", "2025-02-05"),
        ("GPT-3.5 Turbo (Nov 2023)", "2023-11-06"), ("GPT-3.5 Turbo (Jan 2024)", "2024-01-25"),
    ],
)  # fmt: skip
def test_versions_that_1_0_0rc1_had_on_the_day_of_another(model, day):
    for name in bundled.SNAPSHOTS:
        table = bundled.load(name).table
        assert set(table.loc[table["model"] == model, "release_date"]) == {pd.Timestamp(day)}, name


def test_reviewed_dates_have_a_reason_and_a_source_and_are_applied():
    review = pd.read_csv(REVIEWED / "date_overrides.csv", dtype=str)
    assert review[["model", "release_date", "reason", "source"]].notna().all(axis=None)
    assert review["model"].is_unique
    assert review["source"].str.startswith("https://").all()
    assert (review["announced_date"].fillna("0") < review["release_date"]).all()
    of_model = review.set_index("model")["release_date"]
    for name in bundled.SNAPSHOTS:
        table = bundled.load(name).table.drop_duplicates("model").set_index("model")
        both = table.index.intersection(of_model.index)
        assert (table.loc[both, "release_date"] == pd.to_datetime(of_model[both])).all()
        assert (table.loc[both, "date_source"] == REVIEW).all()


@pytest.mark.parametrize("name", bundled.SNAPSHOTS)
def test_every_record_of_the_default_set_was_looked_at(name):
    looked = pd.read_csv(REVIEWED / "frontier_records.csv", dtype=str, keep_default_na=False)
    looked = looked[looked["snapshot"] == name]
    records = audit_scores(select(bundled.load(name))).records
    found = {
        (
            r["benchmark"],
            r["group"],
            r["model"],
            str(pd.Timestamp(r["release_date"]).date()),
            r["weights"],
            f"{r['score']:.6g}",
        )
        for r in records.to_dict("records")
    }
    columns = ["benchmark", "group", "model", "counts_from", "weights", "score"]
    assert found == set(looked[columns].itertuples(index=False, name=None))
    assert looked["looked_at"].str.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}").all()


def test_visibility_of_every_benchmark_has_a_source():
    info = pd.read_csv(REVIEWED / "benchmark_info.csv", dtype=str)
    assert set(info["visibility"].dropna()) == {"public", "semi-private", "private"}
    assert info.loc[info["visibility"].notna(), "visibility_source"].str.match("https?://").all()
    assert info["visibility_note"].notna().all()
    for name in bundled.SNAPSHOTS:
        default = bundled.load(name).benchmarks.query("default_set")
        assert default["visibility"].notna().all()


# The rules an analyst may choose


def small(**columns):
    rows = [("C1", "2024-01-10", "closed", 0.4), ("C2", "2024-04-10", "closed", 0.6), ("O1", "2024-08-10", "open", 0.5)]
    rows += [("C3", "2024-10-01", "closed", 0.3), ("O2", "2024-10-02", "open", 0.2)]  # they keep the window open
    table = pd.DataFrame(rows, columns=["model", "release_date", "weights", "score"]).assign(benchmark="b")
    for name, cells in columns.items():
        table[name] = pd.Series([*cells, None, None], dtype=object)
    return validate_scores(table, today=date(2025, 1, 1), as_of="2024-10-31")


def last_lag(scores, **options):
    panel = LagOptions(**options).lags(scores).panel
    return float(panel["lag"].to_numpy()[0, -1])


def test_a_model_may_count_from_its_announcement():
    scores = small(announced_date=[None, "2024-02-10", None])
    months = (date(2024, 4, 10) - date(2024, 2, 10)).days / 30.4375
    assert last_lag(scores, dates="announced") - last_lag(scores) == pytest.approx(months)
    assert scores.dated() is scores


def test_an_open_model_may_count_from_its_api():
    scores = small(weights_date=[None, None, "2024-09-20"])
    first = [
        LagOptions(open_date=rule).lags(scores).panel["month"].to_numpy()[0].astype("datetime64[M]")
        for rule in ("weights", "api")
    ]
    assert first == [np.datetime64("2024-09"), np.datetime64("2024-08")]


def test_rules_that_do_not_exist():
    with pytest.raises(ConfigError, match="dates is 'first': choose access or announced"):
        small().dated(dates="first")
    with pytest.raises(ConfigError, match="open_date is 'hub': choose weights or api"):
        LagOptions(open_date="hub").lags(small())


def test_docs_say_how_near_a_name_must_be():
    text = (Path(__file__).parents[2] / "docs" / "lag.md").read_text(encoding="utf-8")
    assert re.search(rf"\b{NEAR_DAYS} days\b", text)
