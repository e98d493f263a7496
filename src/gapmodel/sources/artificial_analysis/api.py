"""Artificial Analysis' data API: the key, the pages, and the checks across them.

Their data are never bundled with this package and never published again by it: a fetch writes to the user's disk.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gapmodel.errors import ConfigError
from gapmodel.files.keys import KEY_VARIABLES, remember
from gapmodel.sources.artificial_analysis.records import import_records, load_json
from gapmodel.sources.snapshot import Imported
from gapmodel.sources.web.cache import Cache
from gapmodel.sources.web.http import Client, Fetched, SourceError, StatusError

__all__ = ["BASE_URL", "KEY_VARIABLE", "TIERS", "Dump", "api_key", "client_with_key", "fetch_dump", "fetch_imported"]

BASE_URL = "https://artificialanalysis.ai/api/v2"
(KEY_VARIABLE,) = KEY_VARIABLES
KEYRING = ("gapmodel", "artificial-analysis")
PATHS = {"pro": "/language/models", "free": "/language/models/free"}
TIERS = ("auto", "pro", "free")
MAX_PAGES = 100


@dataclass(frozen=True)
class Dump:
    """All pages of one tier.

    Attributes
    ----------
    records : list of dict
    tier, version : str
        As every page states them.
    pages : list of Fetched
    quota : dict of str
        What the last answer said of it: ``limit, remaining, reset`` where given.
    notes : tuple of str
    """

    records: list[dict[str, Any]]
    tier: str
    version: str
    pages: list[Fetched]
    quota: dict[str, str]
    notes: tuple[str, ...] = ()


def api_key(environment: Mapping[str, str] | None = None) -> str:
    """The key: from ``AA_API_KEY``, else from the system's keyring where the extra ``keyring`` is installed.

    Raises
    ------
    ConfigError
        There is none, or it cannot be one; the text does not repeat it.
    """
    key = (os.environ if environment is None else environment).get(KEY_VARIABLE, "").strip() or _from_keyring()
    if not key:
        raise ConfigError(
            f"no key for Artificial Analysis: set the environment variable {KEY_VARIABLE}, or install "
            f"gapmodel[keyring] and run `keyring set {' '.join(KEYRING)}`"
        )
    if not (key.isascii() and key.isprintable()) or " " in key or len(key) < 8:
        raise ConfigError(f"what {KEY_VARIABLE} or the keyring holds is no key: it is too short, or has odd characters")
    return key


def _from_keyring() -> str:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return ""
    try:
        key = (keyring.get_password(*KEYRING) or "").strip()
    except keyring.errors.KeyringError:
        return ""
    if key:
        remember(key, "the keyring")
    return key


def client_with_key(key: str, *, cache: Cache | None = None, offline: bool = False, **keywords: Any) -> Client:
    """A client that sends the key as ``x-api-key``; other keywords as for `gapmodel.sources.web.http.Client`."""
    return Client(cache=cache, secret_header=("x-api-key", key), offline=offline, **keywords)


def fetch_dump(client: Client, *, base_url: str = BASE_URL, tier: str = "auto") -> Dump:
    """Download all pages.

    Parameters
    ----------
    client : Client
        From `client_with_key`.
    base_url : str
    tier : {'auto', 'pro', 'free'}
        ``auto`` asks for the Pro endpoint, and where the key does not cover it for the Free one.

    Returns
    -------
    Dump

    Raises
    ------
    ConfigError
        Unknown tier.
    SourceError
        See `Client.get`; pages of an unknown shape or that do not fit together; too many pages; a quota that does not
        reach for all of them.
    DataError
        A page is no whole JSON.
    """
    if tier not in TIERS:
        raise ConfigError(f"unknown tier '{tier}': choose {', '.join(TIERS)}")
    if tier != "auto":
        return _pages(client, base_url, tier)
    try:
        return _pages(client, base_url, "pro")
    except StatusError as error:
        if error.status != 403:
            raise
    dump = _pages(client, base_url, "free")
    note = "the key does not cover the Pro endpoint: the Free one was read"
    return Dump(dump.records, dump.tier, dump.version, dump.pages, dump.quota, (note, *dump.notes))


def fetch_imported(client: Client, *, base_url: str = BASE_URL, tier: str = "auto") -> tuple[Imported, Dump]:
    """Download all pages and read them as scores.

    Parameters
    ----------
    client, base_url, tier
        See `fetch_dump`.

    Returns
    -------
    imported : Imported
    dump : Dump
        The pages that it was made from.

    Raises
    ------
    ConfigError, SourceError
        See `fetch_dump`.
    DataError
        See `fetch_dump` and `gapmodel.sources.artificial_analysis.records.import_records`.
    """
    dump = fetch_dump(client, base_url=base_url, tier=tier)
    found = import_records(dump.records, version=dump.version, tier=dump.tier, what="Artificial Analysis")
    about = {**found.about, "downloads": [page.record() for page in dump.pages]}
    return Imported(
        found.rows, found.models, found.benchmarks, found.credits, found.left_out, (*dump.notes, *found.notes), about
    ), dump


def _pages(client: Client, base_url: str, tier: str) -> Dump:
    def get(number: int) -> tuple[Fetched, dict[str, Any]]:
        page = client.get(
            f"{base_url.rstrip('/')}{PATHS[tier]}?page={number}", what=f"Artificial Analysis, page {number}"
        )
        return page, _envelope(page, number)

    page, envelope = get(1)
    pages, records = [page], list(envelope["data"])
    facts = _facts(envelope)
    total = facts["total_pages"]
    if total > MAX_PAGES:
        raise SourceError(f"Artificial Analysis announces {total} pages, more than {MAX_PAGES}: nothing is read")
    remaining = quota(page).get("remaining", "")
    if remaining.isdecimal() and int(remaining) < total - 1 and not page.from_cache:
        reset = quota(page).get("reset")
        when = f" (it is filled again at {reset})" if reset else ""
        raise SourceError(f"Artificial Analysis: {total - 1} more pages are needed and the quota has {remaining}{when}")
    for number in range(2, total + 1):
        page, envelope = get(number)
        _require_equal(facts, _facts(envelope), number)
        pages.append(page)
        records += envelope["data"]
    ids = [record.get("id") for record in records]
    if len(set(map(str, ids))) < len(ids):
        raise SourceError("Artificial Analysis: a model is on two pages, the list changed between them: fetch again")
    return Dump(records, str(facts["tier"]), str(facts["version"]), pages, quota(pages[-1]))


def _envelope(page: Fetched, number: int) -> dict[str, Any]:
    what = f"Artificial Analysis, page {number}"
    content = load_json(page.content, what)
    content = content if isinstance(content, dict) else {}
    pagination, data = content.get("pagination"), content.get("data")
    known = isinstance(data, list) and all(isinstance(r, dict) for r in data)
    known = known and {"tier", "intelligence_index_version"} <= content.keys()
    if not known or not isinstance(pagination, dict):
        raise SourceError(f"{what}: not the shape that is known (tier, version, pagination, data); update gapmodel")
    if pagination.get("page") != number or not _is_count(pagination.get("total_pages")):
        raise SourceError(f"{what}: it says of itself to be page {pagination.get('page')!r}; fetch again")
    return content


def _facts(envelope: dict[str, Any]) -> dict[str, Any]:
    return {
        "tier": envelope["tier"],
        "version": envelope["intelligence_index_version"],
        "total_pages": envelope["pagination"]["total_pages"],
    }


def _require_equal(first: dict[str, Any], other: dict[str, Any], number: int) -> None:
    words = {"tier": "tier", "version": "index version", "total_pages": "number of pages"}
    for key, word in words.items():
        if first[key] != other[key]:
            text = f"the {word} is {first[key]} on page 1 and {other[key]} on page {number}"
            raise SourceError(
                f"Artificial Analysis: {text}: the data changed between them, nothing is kept; fetch again"
            )


def quota(page: Fetched) -> dict[str, str]:
    """``limit, remaining, reset`` as the headers give them."""
    names = {"limit": "x-ratelimit-limit", "remaining": "x-ratelimit-remaining", "reset": "x-ratelimit-reset"}
    return {name: page.headers[header] for name, header in names.items() if header in page.headers}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
