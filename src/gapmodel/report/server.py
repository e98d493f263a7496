"""A small local index of runs: pages made when asked for, and the files that a run's manifest lists. Reads only.

Addresses are looked up, never turned into paths: what is not in the index, or not in a manifest, does not exist.
"""

from __future__ import annotations

import hashlib
import mimetypes
import socket
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from urllib.parse import quote, unquote, urlsplit

from gapmodel.analysis.sentences import headline, standing
from gapmodel.errors import ConfigError, DataError, GapmodelError
from gapmodel.report.page import asset, build_page, policy
from gapmodel.report.source import read_page_data
from gapmodel.report.text import day, esc, prose
from gapmodel.runs.reader import read_run
from gapmodel.runs.run import Run

__all__ = ["RunIndex", "find_runs", "index_page", "make_server"]

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_DEPTH = 3
_PAGES_KEPT = 8


def find_runs(folder: Path) -> dict[str, Path]:
    """Run folders at or below `folder`, at most three levels down: address (``may_2026/a``) → path, sorted.

    Folders that cannot be read, links, and names that start with a dot are passed over.
    """
    found: dict[str, Path] = {}
    level = [folder]
    for _ in range(_DEPTH + 1):
        following: list[Path] = []
        for path in level:
            if (path / "manifest.json").is_file():
                found["run" if path == folder else path.relative_to(folder).as_posix()] = path
                continue
            try:
                inside = list(path.iterdir())
            except OSError:
                continue
            following += [p for p in inside if p.is_dir() and not p.is_symlink() and p.name[0] != "."]
        level = following
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class RunIndex:
    """What is served: the folder, looked through again at each request, so that new runs appear."""

    folder: Path

    def run(self, address: str) -> Run | None:
        """The run at an address of the index; None where there is none."""
        path = find_runs(self.folder).get(address)
        return None if path is None else read_run(path)

    def file(self, run: Run, name: str) -> bytes | None:
        """A file that the run's manifest lists, unaltered; None for every other name."""
        wanted = run.manifest["files"].get(name)
        if wanted is None:
            return None
        root = run.folder.resolve()
        path = (root / name).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            return None
        content = path.read_bytes()
        return content if hashlib.sha256(content).hexdigest() == wanted else None


def _not_shown(address: str, reason: str) -> str:
    return f'<h2>{esc(address)}</h2><p class="quiet">Cannot be shown: {esc(reason)}</p>'


def index_page(index: RunIndex) -> str:
    """The list of runs: id, date, answer, and whether it may be cited."""
    items = []
    for address, path in find_runs(index.folder).items():
        link = f"/runs/{quote(address)}/"
        try:
            run = read_run(path)
            words = standing(run.summary) or "Citable: all checks passed."
            body = (
                f'<h2><a href="{esc(link)}">{esc(run.run_id)}</a></h2><p>{prose(headline(run.summary))}</p>'
                f'<p class="quiet">{esc(address)}; data to {esc(day(run.summary["data"]["as_of"]))}. {esc(words)}</p>'
            )
        except GapmodelError as error:
            body = _not_shown(address, str(error))
        except Exception as error:  # one run that nobody foresaw hides no other
            body = _not_shown(address, f"it is damaged ({type(error).__name__}): run it again")
        items.append(f"<li>{body}</li>")
    content = f'<ul class="runs">{"".join(items)}</ul>' if items else "<p>No run in this folder yet.</p>"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy([])}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>gapmodel: runs</title>
<link rel="icon" href="data:,">
<style>
{asset("style.css")}
</style>
</head>
<body>
<header><p><strong>gapmodel</strong></p></header>
<main><h1>Runs</h1>
{content}
</main>
</body>
</html>
"""


def make_server(folder: Path, *, host: str = "127.0.0.1", port: int = 8000) -> ThreadingHTTPServer:
    """A server that is bound and not yet running; call ``serve_forever``, and ``server_close`` at the end.

    Parameters
    ----------
    folder : pathlib.Path
        Looked through for runs.
    host : str
        A loopback address, unless the runs are meant for others to see.
    port : int
        0 takes a free one.

    Raises
    ------
    ConfigError
        No such folder, or the address cannot be had.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ConfigError(f"no folder '{folder}': give a folder that holds runs")
    if not host.strip():
        raise ConfigError("--host is empty, which would listen on every address: give 127.0.0.1, or 0.0.0.0 to mean it")
    if not 0 <= port <= 65535:
        raise ConfigError(f"--port is {port}: give 0 to 65535")
    handler = type("Handler", (_Handler,), {"index": RunIndex(folder), "local": host in LOOPBACK, "pages": _Pages()})
    kind = type(
        "Server", (ThreadingHTTPServer,), {"address_family": socket.AF_INET6 if ":" in host else socket.AF_INET}
    )
    try:
        return kind((host, port), handler)
    except OSError as error:
        raise ConfigError(f"cannot serve on {host} port {port} ({error.strerror}): give another --port") from None


class _Pages:
    """Pages made before, by run folder and hash of its manifest."""

    def __init__(self) -> None:
        self._made: dict[tuple[Path, str], str] = {}
        self._lock = Lock()

    def of(self, run: Run) -> str:
        key = (run.folder, hashlib.sha256((run.folder / "manifest.json").read_bytes()).hexdigest())
        with self._lock:
            if key not in self._made:
                while len(self._made) >= _PAGES_KEPT:
                    self._made.pop(next(iter(self._made)))
                self._made[key] = build_page(read_page_data(run))
            return self._made[key]


class _Handler(BaseHTTPRequestHandler):
    index: RunIndex
    pages: _Pages
    local: bool
    server_version = "gapmodel"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal quiet."""

    def _answer(self, *, body: bool) -> None:
        # A page elsewhere could make its name point to this machine and read the answer: only own names count.
        plain = "text/plain; charset=utf-8"
        try:
            name = urlsplit(f"//{self.headers.get('Host', '')}").hostname
            path = unquote(urlsplit(self.path).path)
        except ValueError:
            return self._send(400, plain, b"no address\n", body=body)
        if self.local and name not in LOOPBACK:
            return self._send(403, plain, b"unknown host name\n", body=body)
        try:
            status, kind, content = self._content(path)
        except DataError as error:
            status, kind, content = 500, plain, f"{error}\n".encode()
        return self._send(status, kind, content, body=body)

    def _content(self, path: str) -> tuple[int, str, bytes]:
        missing = 404, "text/plain; charset=utf-8", b"not found\n"
        if path == "/":
            return 200, "text/html; charset=utf-8", index_page(self.index).encode()
        if not path.startswith("/runs/"):
            return missing
        address, _, name = path.removeprefix("/runs/").partition("/files/")
        run = self.index.run(address.removesuffix("/"))
        if run is None:
            return missing
        if not name:
            page = self.pages.of(run).encode() if path.endswith("/") and "/files/" not in path else None
            return missing if page is None else (200, "text/html; charset=utf-8", page)
        content = self.index.file(run, name)
        if content is None:
            return missing
        # Nothing of a run is shown as a page of this server: a picture may hold a script.
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return (
            200,
            kind if kind in ("text/csv", "application/json", "image/png") else "application/octet-stream",
            content,
        )

    def _send(self, status: int, kind: str, content: bytes, *, body: bool) -> None:
        self.send_response(status)
        for key, value in {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Frame-Options": "DENY",
            "Cache-Control": "no-store",
        }.items():
            self.send_header(key, value)
        self.end_headers()
        if body:
            self.wfile.write(content)
