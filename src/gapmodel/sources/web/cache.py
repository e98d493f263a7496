"""Copies of downloads on disk, each with its date and hash; a damaged copy counts as none."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from gapmodel.files.atomic import atomic_bytes

__all__ = ["Cache", "Entry", "default_cache_folder"]


@dataclass(frozen=True)
class Entry:
    """One copy.

    Attributes
    ----------
    content : bytes
    sha256 : str
    date : str
        When it was downloaded, ISO with time zone.
    etag, last_modified : str or None
        What the server gave to ask again by.
    """

    content: bytes = field(repr=False)
    sha256: str
    date: str
    etag: str | None = None
    last_modified: str | None = None

    def conditions(self) -> dict[str, str]:
        """Headers that ask for the content only where it has changed."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value}


def default_cache_folder() -> Path:
    """``GAPMODEL_CACHE``, or the user's cache folder."""
    given = os.environ.get("GAPMODEL_CACHE")
    return Path(given) if given else Path(platformdirs.user_cache_dir("gapmodel")) / "downloads"


class Cache:
    """Copies by URL. Request headers are not kept, and so no key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, url: str) -> Entry | None:
        """The copy of `url`, or ``None`` where there is none or it is damaged."""
        about, body = self._paths(url)
        try:
            record = json.loads(about.read_text(encoding="utf-8"))
            content = body.read_bytes()
            if record["url"] != url or record["sha256"] != hashlib.sha256(content).hexdigest():
                return None
            return Entry(content, record["sha256"], record["date"], record.get("etag"), record.get("last_modified"))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def store(self, url: str, entry: Entry) -> None:
        """Keep a copy. The record is written last: until then the older record does not fit, and counts as none."""
        about, body = self._paths(url)
        self.folder.mkdir(parents=True, exist_ok=True)
        record = {
            "url": url,
            "date": entry.date,
            "sha256": entry.sha256,
            "etag": entry.etag,
            "last_modified": entry.last_modified,
        }
        atomic_bytes(body, entry.content)
        atomic_bytes(about, (json.dumps(record, indent=2) + "\n").encode())

    def _paths(self, url: str) -> tuple[Path, Path]:
        name = hashlib.sha256(url.encode()).hexdigest()[:32]
        return self.folder / f"{name}.json", self.folder / f"{name}.bin"
