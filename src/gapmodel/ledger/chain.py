"""The files of a ledger: one per entry, numbered, each with the hash of the one before. They are added, never changed.

What a hash of an entry binds: every byte of all entries before it. What it cannot see is that the last ones were taken
away; so the hash of the last entry (`Ledger.head`) is what to publish or to write down.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from gapmodel.errors import ConfigError, DataError
from gapmodel.files.atomic import atomic_text, plain_value, writable_folder
from gapmodel.files.in_use import alone_in
from gapmodel.files.strict_json import parse_json
from gapmodel.ledger.forms import LEDGER_VERSION, check_entry, entry_digest

__all__ = ["Ledger", "append", "entry_name", "read_ledger"]


@dataclass(frozen=True, eq=False)
class Ledger:
    """Entries whose chain holds.

    Attributes
    ----------
    folder : pathlib.Path
    entries : tuple of mapping
        As `gapmodel.ledger.forms.Entry`, in their order.
    head : str or None
        SHA-256 of the file of the last entry; None where there is none.
    """

    folder: Path
    entries: tuple[Mapping[str, Any], ...] = field(repr=False)
    head: str | None

    @property
    def table(self) -> pd.DataFrame:
        """One row per entry: ``number, entered, kind, about`` (cutoff or day stated), ``who, says``."""
        rows = []
        for entry in self.entries:
            row = {"number": entry["number"], "entered": entry["entered"], "kind": entry["kind"]}
            if entry["kind"] == "forecast":
                made = entry["forecast"]
                row |= {"about": made["cutoff"], "who": made["run"]["model"], "says": made["sentence"]}
            else:
                said = entry["published"]
                row |= {"about": said["on"], "who": said["who"], "says": said["sentence"]}
            rows.append(row)
        return pd.DataFrame(rows, columns=["number", "entered", "kind", "about", "who", "says"])

    def where(self, number: int) -> str:
        """What a message calls an entry."""
        return f"'{self.folder / entry_name(number)}' (entry {number})"

    def __repr__(self) -> str:
        rows = [f"  {r['number']}  {r['entered']}  {r['who']}: {r['says']}" for r in self.table.to_dict("records")]
        state = "the chain holds" if rows else "no entry yet"
        return "\n".join([f"Ledger '{self.folder}': {len(rows)} entries, {state}", *rows[-8:]])


def entry_name(number: int) -> str:
    """File of an entry: ``0001.json``."""
    return f"{number:04d}.json"


def read_ledger(folder: str | Path) -> Ledger:
    """Read a ledger, every entry checked and the chain with them.

    Parameters
    ----------
    folder : path-like

    Raises
    ------
    DataError
        There is no such folder; a file is missing, damaged, altered, out of order or no entry. The text names file and
        number, and what to do.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"no ledger '{folder}': give the folder that `gapmodel ledger add` wrote")
    files = sorted(p for p in folder.iterdir() if p.suffix == ".json")
    entries: list[Mapping[str, Any]] = []
    before, day = None, ""
    for number, path in enumerate(files, start=1):
        where = f"'{path}' (entry {number})"
        if path.name != entry_name(number):
            raise DataError(
                f"'{folder}' has no {entry_name(number)}, the next file is {path.name}: put entry {number} back; "
                "entries are numbered without a gap, and nothing else in the folder ends in .json"
            )
        try:
            content = path.read_bytes()
            entry = parse_json(content)
        except (OSError, ValueError) as error:
            raise DataError(f"{where} cannot be read as JSON ({error}): put the file back as it was added") from None
        check_entry(entry, where=where)
        if entry["number"] != number:
            raise DataError(f"{where} says that it is entry {entry['number']}: put the files back in their order")
        if entry["before"] != before:
            raise DataError(
                f"{where} is not bound to entry {number - 1}: that one was altered, exchanged or left out; put it back "
                "as it was added, what follows cannot be trusted until then"
            )
        if entry["entered"] < day:
            raise DataError(
                f"{where} was entered on {entry['entered']}, the one before on {day}: entries are in the order of "
                "their days, put the files back in theirs"
            )
        before, day = hashlib.sha256(content).hexdigest(), entry["entered"]
        entries.append(entry)
    return Ledger(folder, tuple(entries), before)


def append(folder: str | Path | Ledger, kind: str, content: Mapping[str, Any], *, entered: date) -> Ledger:
    """Add one entry, after every earlier one was checked.

    Parameters
    ----------
    folder : path-like or Ledger
        Made where it is not there; a ledger that was just read or added to is not read again.
    kind : {'forecast', 'published'}
    content : mapping
        See `gapmodel.ledger.forms`.
    entered : datetime.date
        Today.

    Returns
    -------
    Ledger
        With the new entry.

    Raises
    ------
    ConfigError
        The folder cannot be written, or another process adds to it; the very statement is there already; the last entry
        is of a later day.
    DataError
        See `read_ledger`; the content is no entry.
    """
    ledger = folder if isinstance(folder, Ledger) else Ledger(Path(folder), (), None)
    with alone_in(ledger.folder):
        return _appended(ledger, folder, kind, content, entered)


def _appended(
    ledger: Ledger, given: str | Path | Ledger, kind: str, content: Mapping[str, Any], entered: date
) -> Ledger:
    place = writable_folder(ledger.folder)
    if ledger is not given and place.is_dir():
        ledger = read_ledger(place)
    plain = json.loads(json.dumps(content, allow_nan=False, default=plain_value))
    for entry in ledger.entries:
        if entry.get(kind) == plain:
            raise ConfigError(f"{ledger.where(entry['number'])} says the very same: a statement is entered once")
    number = len(ledger.entries) + 1
    if ledger.entries and ledger.entries[-1]["entered"] > entered.isoformat():
        last = ledger.entries[-1]
        raise ConfigError(
            f"{ledger.where(last['number'])} was entered on {last['entered']}, after {entered}: set the clock right"
        )
    made: dict[str, Any] = {
        "schema_version": LEDGER_VERSION,
        "number": number,
        "entered": entered.isoformat(),
        "before": ledger.head,
        "kind": kind,
        kind: plain,
    }
    made["sha256"] = entry_digest(made)
    path = place / entry_name(number)
    check_entry(made, where=f"what is to be entry {number}", again="give it right, nothing was added")
    place.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise ConfigError(f"'{path}' is there by now: another process added an entry, add this one again")
    text = _text(made) + "\n"
    atomic_text(path, text)
    return Ledger(place, (*ledger.entries, made), hashlib.sha256(text.encode()).hexdigest())


def _text(value: Any, indent: str = "") -> str:
    """JSON with one line per field, per row of numbers, and per draw."""
    inner = indent + " "
    if isinstance(value, dict) and value:
        lines = [f"{inner}{json.dumps(k, ensure_ascii=False)}: {_text(v, inner)}" for k, v in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        deep = isinstance(value[0], dict) or isinstance(value[0][0] if value[0] else None, list)
        if deep:
            return "[\n" + ",\n".join(f"{inner}{_text(v, inner)}" for v in value) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
