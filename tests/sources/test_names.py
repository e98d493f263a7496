"""Names matched in the open, and open or closed settled with an origin or not at all."""

import io
import os
import subprocess
import sys
from datetime import date
from importlib import resources
from pathlib import Path

import pandas as pd
import pytest

from gapmodel.errors import DataError
from gapmodel.sources.facts import (
    FACTS,
    bundled_facts,
    confirmed_date,
    iso_day,
    llm_stats_facts,
    models_dev_facts,
    moving_name,
)
from gapmodel.sources.joining.names import load_aliases, match_names, names_report, normalise, owner_and_name
from gapmodel.sources.joining.weights import read_overrides, settle_models

TODAY = date(2026, 8, 11)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Qwen/Qwen3-235B_A22B (2507)", "qwen 3 235b a22b 2507"),
        ("DeepSeek-V3.1", "deepseek v3.1"),
        ("GPT‑5", "gpt 5"),
        ("Llama 3-70B", "meta-llama/Llama-3-70B"),
        ("DeepSeek R1 05/28", "deepseek-ai/DeepSeek-R1-0528"),
        ("Ash Pro (Preview 05/06)", "ash-pro-preview-05-06"),
        ("OpenAI: Ash (11/20/2024)", "ash-2024-11-20"),
        ("Ash 13/5/24", "Ash 2024/05/13"),
        ("Mistral 2025/3", "Mistral 2025-03"),
        ("Ash-1 (FC/Prompt)", "lab/Ash-1 (FC prompt)"),
        ("Ash w/ thinking", "Ash with thinking"),
        ("Ash w/o tools", "Ash without tools"),
    ],
)
def test_spellings_of_one_name(one, other):
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("GPT-4.1", "GPT-41"), ("GPT-3.5", "GPT-35"), ("o1", "o1-pro"), ("Qwen2.5-7B", "Qwen2.5-72B"), ("K2+", "K2")],
        # A day with slashes is part of its name, and which number is the month is not always said.
        *[("DeepSeek R1 05/28", "DeepSeek V3 05/28"), ("Ash 03/04/2025", "Ash 2025-03-04"), ("Ash 05/28", "28")],
        *[("Ash w/ thinking", "Oak w/ thinking"), ("Ash (FC/prompt)", "Oak (FC/prompt)")],
    ],
)
def test_names_that_stay_apart(one, other):
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize("name", ["01-ai/Yi-34B", "lab-8/70-mini", "h2oai/4", "lab/05-28", "host/lab/Yi (05/28)"])
def test_owners_stay_owners(name):
    owner, own = owner_and_name(name)
    assert f"{owner}/{own}" == name
    assert normalise(name) == normalise(own)


def test_only_equal_names_are_joined_and_similar_ones_are_shown():
    known = ["Claude Sonnet 4.5", "GPT-4.5", "Falcon 40B Instruct", "twin-1", "Twin 1"]
    names = [
        "Claude 4.5 Sonnet",
        "GPT-4.1",
        "Falcon-40B-Instruct",
        "Falcon 40B Instruction",
        "TWIN_1",
        "GPT-4.5",
        "Birch",
    ]
    found = {m.name: m for m in match_names(names, known)}
    assert (found["GPT-4.5"].status, found["GPT-4.5"].how) == ("joined", "same name")
    assert (found["Falcon-40B-Instruct"].known, found["Falcon-40B-Instruct"].how) == (known[2], "same spelling")
    # The same words in another order are as similar as can be, and still not joined.
    assert (found["Claude 4.5 Sonnet"].status, found["Claude 4.5 Sonnet"].similarity) == ("fuzzy", 100.0)
    assert (found["Falcon 40B Instruction"].status, found["Falcon 40B Instruction"].known) == ("fuzzy", known[2])
    assert found["GPT-4.1"].status == "unmatched", "another number is another model, however similar"
    assert (found["TWIN_1"].status, found["TWIN_1"].known) == ("ambiguous", "Twin 1; twin-1")
    assert found["Birch"].status == "unmatched"
    report = names_report(found.values())
    assert list(report) == ["name", "status", "how", "known", "similarity"]
    assert report["status"].value_counts().to_dict() == {"joined": 2, "fuzzy": 2, "unmatched": 2, "ambiguous": 1}


def test_an_alias_joins_in_either_direction(tmp_path):
    for known, name in (("Claude Sonnet 4.5", "Claude 4.5 Sonnet"), ("Claude 4.5 Sonnet", "Claude Sonnet 4.5")):
        (match,) = match_names([name], [known], aliases=load_aliases())
        assert (match.status, match.how, match.known) == ("joined", "alias", known)
    (tmp_path / "mine.csv").write_text("name,known_name,why\nMy Birch,Birch-7B,ours\n")
    (match,) = match_names(["my birch"], ["birch 7b"], aliases=load_aliases(tmp_path / "mine.csv"))
    assert match.status == "joined"


@pytest.mark.parametrize(
    ("text", "words"),
    [("a,b\n1,2\n", "no column 'name'"), ("name,known_name\nA,B\nA,C\n", "stands for 'B' and for 'C'"), ("", "no CSV")],
)
def test_alias_tables_that_cannot_be_used(text, words, tmp_path):
    path = tmp_path / "aliases.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        load_aliases(path)
    with pytest.raises(DataError, match="cannot be read"):
        load_aliases(tmp_path / "none.csv")


def table(**models):
    return pd.DataFrame.from_dict(models, orient="index").rename_axis("model")


def test_models_dev_table_holds_facts_only():
    facts = models_dev_facts()
    assert len(facts) == 214
    assert not any(moving_name(name) for name in facts.index)
    assert set(facts["weights"]) == {"open", "closed"}
    assert facts["weights_date"].isna().all(), "its dates are those of models"


@pytest.mark.skipif("GAPMODEL_RAW" not in os.environ, reason="GAPMODEL_RAW names no folder with the raw files")
def test_the_tables_of_facts_are_rebuilt_to_the_same_bytes(tmp_path):
    script = Path(__file__).parents[2] / "scripts" / "build_release_facts.py"
    subprocess.run([sys.executable, script, os.environ["GAPMODEL_RAW"], "--out", tmp_path], check=True)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (resources.files("gapmodel.data") / path.name).read_bytes(), path.name


def _dates(name):
    return {
        "models.dev": models_dev_facts().loc[name, "release_date"],
        "LLM Stats": llm_stats_facts().loc[name, "release_date"],
    }


def test_a_date_needs_a_second_source():
    assert confirmed_date({"bundled table": "2025-01-01", "models.dev": "2024-01-01"}) == (
        "2025-01-01",
        "bundled table",
    )
    assert confirmed_date({"models.dev": "2024-12-01", "LLM Stats": "2025-03-01"})[0] is None
    assert confirmed_date({"models.dev": "2026-01"}) == (None, "")


def test_a_name_that_moves_on_is_joined_to_nothing():
    settled = settle_models(table(**{"gpt-4o-latest": {"release_date": None}}), today=TODAY)
    assert len(settled.models) == 0
    assert "latest" not in " ".join(settled.names["known"].dropna())


def test_further_dates_are_joined_to_the_same_release_only():
    settled = settle_models(table(**{"Kimi K3": {"release_date": "2025-02-01", "weights": "open"}}), today=TODAY)
    row = settled.models.loc["Kimi K3"]
    assert (row["release_date"], row["weights_date"], row["licence_tier"]) == ("2025-02-01", None, None)


def test_what_a_source_leaves_blank_is_joined_with_its_origin():
    dev, own = models_dev_facts(), bundled_facts()
    new = [m for m in dev.index if normalise(m) not in set(map(normalise, own.index))]
    only_dev = next(m for m in new if m not in llm_stats_facts().index)
    confirmed = next(m for m in new if m in llm_stats_facts().index and confirmed_date(_dates(m))[0])
    both = next(m for m in own.index if m in dev.index)
    settled = settle_models(
        table(
            **{
                only_dev: {"release_date": None, "weights": None},
                confirmed: {"release_date": None, "weights": None},
                both: {"release_date": "2025-01-01", "weights": None},
                "Kimi-K3": {"release_date": "2026-07-16", "weights": "open", "weights_origin": "the source"},
                "Nobody's 1": {"release_date": "2025-01-01", "weights": None},
            }
        ),
        today=TODAY,
    )
    models = settled.models
    assert (models.loc[confirmed, "weights"], models.loc[confirmed, "weights_origin"]) == (
        dev.loc[confirmed, "weights"],
        "models.dev",
    )
    assert models.loc[confirmed, "date_source"] == "models.dev; LLM Stats"
    assert models.loc[both, "weights_origin"] == "bundled table; models.dev"
    assert models.loc[both, "release_date"] == "2025-01-01", "a date that the source states stays"
    # Weights that came later than the API model: the date is joined, and the frontier uses it.
    assert models.loc["Kimi-K3", ["weights_origin", "weights_date", "weights_date_origin"]].tolist() == [
        "the source", "2026-07-27", "bundled table",
    ]  # fmt: skip
    assert settled.left_out == (
        (
            "model",
            only_dev,
            f"only models.dev dates it ({dev.loc[only_dev, 'release_date']}): add it to an overrides file",
        ),
        ("model", "Nobody's 1", "open or closed is not known: add it to an overrides file"),
    )
    row = settled.names.set_index(["name", "table"]).loc[(both, "bundled table")]
    assert row["days_apart"] == (date.fromisoformat(own.loc[both, "release_date"]) - date(2025, 1, 1)).days


def test_tables_that_disagree_settle_nothing(monkeypatch):
    from gapmodel.sources.joining import weights

    empty = dict.fromkeys(FACTS)
    one = table(A=empty | {"weights": "open"})
    monkeypatch.setattr(weights, "bundled_facts", lambda: one)
    monkeypatch.setattr(weights, "models_dev_facts", lambda: one.assign(weights="closed"))
    monkeypatch.setattr(weights, "llm_stats_facts", lambda: one.iloc[:0])
    settled = settle_models(table(A={"release_date": "2025-01-01"}), today=TODAY)
    assert (
        settled.left_out[0][2] == "bundled table says open and models.dev says closed: settle it in an overrides file"
    )


def test_the_users_overrides_are_above_everything(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(
        "model,weights,weights_date,release_date,reason\n"
        "a-1,closed,,,taken down\nB 1,open,2026-02-01,2026-01-05,\nC 1,unreleased,,,\nZ 9,open,,,\n"
    )
    stated = {
        "release_date": "2025-05-05",
        "weights": "open",
        "weights_origin": "the source",
        "weights_date": "2025-06-01",
    }
    settled = settle_models(
        table(**{"A 1": stated, "B 1": {"release_date": None}, "C 1": stated}),
        today=TODAY,
        overrides=read_overrides(path),
    )
    models = settled.models
    assert models.loc["A 1", ["weights", "weights_origin", "weights_date"]].tolist() == [
        "closed",
        "overrides file",
        None,
    ]
    assert models.loc["B 1", ["release_date", "weights_date", "date_source"]].tolist() == [
        "2026-01-05", "2026-02-01", "overrides file",
    ]  # fmt: skip
    assert ("model", "C 1", "never released") in settled.left_out
    assert ("override", "Z 9", "no model of this name") in settled.left_out


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"release_date": "2026-08-12", "weights": "open"}, "after the day of the download"),
        ({"release_date": "2025-04", "weights": "open"}, "not a date"),
        ({"release_date": None, "weights": "open"}, "no release date"),
        ({"release_date": "2025-04-01", "weights": "maybe"}, "neither open nor closed"),
        ({"release_date": "2025-04-01", "weights": "open", "weights_date": "2025-03-01"}, "before the release"),
    ],
)
def test_models_that_cannot_be_used_are_listed(properties, words):
    settled = settle_models(table(Zelkova=properties), today=TODAY)
    assert len(settled.models) == 0
    assert words in settled.left_out[0][2]


def test_other_releases_are_reviewed_and_join_under_each_of_their_names():
    content = (resources.files("gapmodel.data") / "review" / "other_releases.csv").read_bytes()
    rows = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False).to_dict("records")
    assert len(rows) > 50
    spelt = [[row["name"], *filter(None, row["other_names"].split(";"))] for row in rows]
    known = [{normalise(name) for name in names} for names in spelt]
    assert sum(map(len, known)) == len(set().union(*known)), "two models have one name"
    for row in rows:
        assert iso_day(row["release_date"]) is not None, row["name"]
        assert row["weights"] in ("open", "closed"), row["name"]
        assert row["reason"] != "", row["name"]
        assert all(link.startswith("https://") for link in row["source"].split("; ")), row["name"]
    every = [name for names in spelt for name in names]
    blank = pd.DataFrame(index=every, columns=["release_date", "weights"], dtype=object)
    settled = settle_models(blank, today=date(2026, 11, 30), aliases=load_aliases())
    assert settled.left_out == ()
    for row, names in zip(rows, spelt, strict=True):
        found = settled.models.loc[names]
        assert set(found["release_date"]) == {row["release_date"]}, names
        assert set(found["weights"]) == {row["weights"]}, names


def test_a_moving_name_with_a_day_is_a_version():
    named = table(**{"chatgpt-4o-latest-20250326": {}, "chatgpt-4o-latest": {}})
    settled = settle_models(named, today=TODAY, aliases=load_aliases())
    assert settled.models["release_date"].to_dict() == {"chatgpt-4o-latest-20250326": "2025-03-27"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model,why\nA,x\n", "at least one of"),
        ("model,weights\nA,oepn\n", "write open or closed"),
        ("model,weights\nA,open\nA,closed\n", "twice"),
        ("model,weights,weights_date\nA,open,1.2.2025\n", "write 2025-02-01"),
    ],
)
def test_overrides_that_cannot_be_used(text, words, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        read_overrides(path)
