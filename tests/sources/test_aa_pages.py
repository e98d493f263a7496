"""Artificial Analysis: pages that must fit together, what goes wrong while they are fetched, and the key."""

import sys

import pytest

from gapmodel.errors import ConfigError, DataError
from gapmodel.files.keys import refuse_secrets
from gapmodel.sources.artificial_analysis import api as aa
from gapmodel.sources.web.http import SourceError, StatusError
from tests.support.aa_server import COMPOSITES, KEY, Answer, ArtificialAnalysis, LocalServer, made_up_records


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
    with pytest.raises(SourceError, match="is on two pages"):
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
        (Answer(body=b'{"tier": NaN}'), "NaN is no number of JSON"),
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
    monkeypatch.setattr("gapmodel.files.keys._remembered", {})
    assert aa.api_key({}) == KEY
    assert asked == [("gapmodel", "artificial-analysis")]
    # It is in the last look at files, as one from the environment is.
    with pytest.raises(ConfigError, match="would hold the value of the keyring"):
        refuse_secrets(KEY.encode(), "a.csv", {})
