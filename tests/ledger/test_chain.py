"""A ledger is added to and never changed: what was altered, exchanged, left out or made up is refused."""

import json
import shutil
from datetime import date

import pytest

import gapmodel as gm
from gapmodel.errors import ConfigError, DataError
from gapmodel.ledger.chain import read_ledger
from gapmodel.ledger.forms import entry_digest
from gapmodel.modeling.options import LagOptions
from gapmodel.validation.replay import cutoff_dates, prepare
from tests.support.commandline import caller
from tests.support.ledgers import add_made_up

SAID = {
    "who": "Larch", "link": "https://example.org/gap", "published": "2025-07-01", "sentence": "zero in September 2025",
    "months": 0.0, "on": "2025-09-03",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(simulated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledger") / "ledger"
    pairs, _ = prepare(simulated[0], LagOptions(), cutoff_dates("2025-06-30", first="2024-12-31"))
    for replay, _ in pairs:
        add_made_up(folder, simulated[0], replay, draws=20)
    gm.ledger_add(folder, published=SAID, today=date(2026, 1, 2))
    return folder


@pytest.fixture
def ledger(made, tmp_path):
    return shutil.copytree(made, tmp_path / "ledger")


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def signed(change):
    """An edit that gives the entry the hash of its new content."""

    def both(content):
        change(content)
        content["sha256"] = entry_digest(content)

    return both


def test_what_was_added_is_read(ledger, tmp_path, monkeypatch, capsys):
    found = gm.ledger_show(ledger)
    assert found.table["kind"].tolist() == ["forecast", "forecast", "published"]
    assert found.entries[0]["before"] is None
    assert "the chain holds" in repr(found)
    code, out, _ = caller(tmp_path, monkeypatch, capsys)("ledger", "show", "--ledger", ledger)
    assert code == 0
    assert found.head in out
    assert "zero in September 2025" in out
    forecast = found.entries[0]["forecast"]
    assert len(forecast["draws"]["lag"]) == 20
    assert forecast["draws"]["of"] == 60
    assert forecast["months"][0] > forecast["cutoff"]


def test_one_entry_is_added_without_touching_the_others(ledger, simulated):
    before = {p.name: p.read_bytes() for p in ledger.iterdir()}
    gm.ledger_add(ledger, published=SAID | {"months": 1.0}, today=date(2026, 1, 2))
    assert {p.name: p.read_bytes() for p in ledger.iterdir() if p.name in before} == before
    assert len(gm.ledger_show(ledger).entries) == 4
    with pytest.raises(ConfigError, match=r"0004.json' \(entry 4\) says the very same"):
        gm.ledger_add(ledger, published=SAID | {"months": 1.0}, today=date(2026, 1, 3))
    with pytest.raises(DataError, match=r"what is to be entry 5 has no valid 'published.link' .*: give it right"):
        gm.ledger_add(ledger, published=SAID | {"link": "javascript:0"}, today=date(2026, 1, 3))
    with pytest.raises(ConfigError, match="set the clock right"):
        gm.ledger_add(ledger, published=SAID | {"months": 2.0}, today=date(2025, 12, 31))


def _higher(content):
    content["forecast"]["benchmarks"][0]["quantiles"][0][-1] += 0.01


def _other_sentence(content):
    content["forecast"]["sentence"] = "another"


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("0001.json", _higher, r"0001.json' \(entry 1\) is not what was added"),
        ("0003.json", lambda c: c["published"].update(months=3.0), r"\(entry 3\) is not what was added"),
        # With a hash of its own put right, the next entry tells.
        ("0001.json", signed(_other_sentence), r"0002.json' \(entry 2\) is not bound to entry 1"),
        ("0002.json", signed(_higher), r"0003.json' \(entry 3\) is not bound to entry 2"),
        ("0002.json", signed(lambda c: c.update(number=3)), "says that it is entry 3: put the files back"),
        ("0003.json", signed(lambda c: c.update(entered="2025-12-01")), "entries are in the order of their days"),
        ("0003.json", signed(lambda c: c.update(entered="2025-06-01")), "entered before it was published"),
        ("0001.json", signed(lambda c: c["forecast"]["months"].reverse()), "months are out of order"),
        ("0001.json", signed(lambda c: c["forecast"]["draws"]["lag"][0].pop()), "not of its benchmarks"),
        ("0001.json", signed(lambda c: c["forecast"].update(more=1)), "no valid 'forecast.more'"),
        ("0001.json", lambda c: c.update(schema_version=2), "has form '2', this version reads 1"),
        ("0003.json", signed(lambda c: c.update(kind="forecast")), "its kind is forecast, what it holds is not"),
    ],
)  # fmt: skip
def test_an_altered_entry_is_refused_by_file_and_number(ledger, name, change, says):
    edit(ledger / name, change)
    with pytest.raises(DataError, match=says):
        read_ledger(ledger)
    with pytest.raises(DataError, match=says):
        gm.ledger_add(ledger, published=SAID | {"months": 1.0}, today=date(2026, 1, 2))
    assert not (ledger / "0004.json").exists()


def test_files_that_are_gone_or_exchanged_are_refused(ledger):
    one, two = (ledger / f"000{k}.json" for k in (1, 2))
    content = one.read_bytes(), two.read_bytes()
    one.unlink()
    with pytest.raises(DataError, match="has no 0001.json, the next file is 0002.json"):
        read_ledger(ledger)
    one.write_bytes(content[1])
    two.write_bytes(content[0])
    with pytest.raises(DataError, match=r"0001.json' \(entry 1\) says that it is entry 2"):
        read_ledger(ledger)
    one.write_bytes(content[0].replace(b'"number": 1', b'"number": 1, "number": 1', 1))
    with pytest.raises(DataError, match="the key 'number' is there twice"):
        read_ledger(ledger)
    one.write_bytes(content[0][:100])
    with pytest.raises(DataError, match=r"0001.json' \(entry 1\) cannot be read as JSON"):
        read_ledger(ledger)
    with pytest.raises(DataError, match="no ledger"):
        read_ledger(ledger / "none")


def test_white_space_alone_is_seen_by_the_next_entry(ledger):
    edit(ledger / "0001.json", lambda content: None)
    with pytest.raises(DataError, match=r"\(entry 2\) is not bound to entry 1"):
        read_ledger(ledger)


@pytest.mark.parametrize(
    ("published", "says"),
    [
        ({}, "lacks"),
        (SAID | {"day": 1}, "has no day"),
        (SAID | {"on": "2025-01-01"}, "a forecast is about a later day"),
        (SAID | {"on": "autumn"}, "give an ISO date"),
        (SAID | {"link": "their page"}, r"no valid 'published.link' .*'\^https\?://\\S\+\$'"),
        (SAID | {"interval": (3, 1)}, "ends before it begins"),
        (SAID | {"interval": (3, 6)}, r"months is 0.0, outside its interval \(3, 6\)"),
        (SAID | {"months": 500_000}, "at most 1200"),
        (SAID | {"months": float("nan")}, "months is nan"),
    ],
)
def test_a_statement_that_says_too_little_is_refused(tmp_path, published, says):
    with pytest.raises(gm.errors.GapmodelError, match=says):
        gm.ledger_add(tmp_path / "ledger", published=published)
    assert not (tmp_path / "ledger").exists()
