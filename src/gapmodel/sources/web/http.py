"""Downloads that end in whole content or in a clear error: time-outs, retries, conditional requests, a cache.

A secret header is sent to the first host only, over an encrypted connection only (or to this machine), and its value
is removed from every text that leaves this module, so that a server that repeats it puts it nowhere.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import sleep as real_sleep
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from gapmodel.errors import GapmodelError
from gapmodel.files.keys import spellings
from gapmodel.sources.web.cache import Cache, Entry

__all__ = ["Client", "Fetched", "SourceError", "StatusError"]

ATTEMPTS = 4
LONGEST_WAIT_SECONDS = 60.0
MAX_BYTES = 100 * 2**20
_REDIRECTS = (301, 302, 303, 307, 308)
_LOCAL = ("127.0.0.1", "localhost", "::1")


@contextmanager
def _quiet() -> Iterator[None]:
    """At level DEBUG httpcore tells the headers of answers, in which a server may repeat the key."""
    loggers = [logging.getLogger(name) for name in ("httpx", "httpcore")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


class SourceError(GapmodelError):
    """A source could not be read; nothing was written, and an earlier snapshot is as it was."""


class StatusError(SourceError):
    """The server answered with an error.

    Attributes
    ----------
    status : int
    headers : dict of str
        Lower-case names.
    """

    def __init__(self, text: str, *, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(text)
        self.status = status
        self.headers = {k.lower(): v for k, v in headers.items()}


class _Transient(Exception):
    """An attempt failed in a way that may pass; `error` is what to say if it does not."""

    def __init__(self, error: SourceError, *, wait_seconds: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class Fetched:
    """Content of one URL.

    Attributes
    ----------
    url : str
        As asked for.
    content : bytes
    sha256 : str
    date : str
        When the content was downloaded, ISO with time zone; of a cached copy: when that was.
    headers : dict of str
        Lower-case names; empty for a copy from the cache without a request.
    from_cache : bool
        The server said that the cached copy is still right, or no request was made.
    """

    url: str
    content: bytes = field(repr=False)
    sha256: str
    date: str
    headers: dict[str, str]
    from_cache: bool

    def record(self) -> dict[str, Any]:
        """What a snapshot keeps of it."""
        return {"url": self.url, "date": self.date, "sha256": self.sha256, "bytes": len(self.content)}


class Client:
    """Downloads over HTTP.

    Parameters
    ----------
    cache : Cache, optional
        Where copies are kept. Without it nothing is kept and every request is unconditional.
    secret_header : (str, str), optional
        Name and value of a header that goes to the host of the URL asked for and nowhere else.
    offline : bool
        Ask no server: take copies from the cache, or fail.
    now, sleep : callable
        The clock and the pause between attempts; for tests.
    """

    def __init__(
        self,
        *,
        cache: Cache | None = None,
        secret_header: tuple[str, str] | None = None,
        offline: bool = False,
        max_bytes: int = MAX_BYTES,
        connect_timeout_seconds: float = 10.0,
        read_timeout_seconds: float = 60.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Any] = real_sleep,
    ) -> None:
        self._cache, self._secret, self._offline, self._max_bytes = cache, secret_header, offline, max_bytes
        self._spellings = spellings(secret_header[1]) if secret_header and secret_header[1] else None
        self._now, self._sleep = now, sleep
        self._timeout = httpx.Timeout(read_timeout_seconds, connect=connect_timeout_seconds)
        self._backoff = wait_exponential_jitter(initial=1.0, max=20.0, jitter=1.0)

    def get(self, url: str, *, what: str) -> Fetched:
        """Download `url`.

        Parameters
        ----------
        what : str
            What messages call it, such as ``Epoch's benchmark_data.zip``.

        Raises
        ------
        StatusError
            The server refuses: 401, 403, 404, 410, 429, 5xx and others.
        SourceError
            No connection, a time-out, a body that ends early or is too large, a redirect that is not followed.
        """
        self._check_url(url, what)
        kept = self._cache.load(url) if self._cache else None
        if self._offline:
            if kept is None:
                raise SourceError(f"{what} is not in the cache: fetch it once without --offline")
            return Fetched(url, kept.content, kept.sha256, kept.date, {}, True)
        attempts = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=self._wait,
            retry=retry_if_exception_type(_Transient),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return attempts(self._attempt, url, what, kept)
        except _Transient as failure:
            raise failure.error from None

    def _wait(self, state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome else None
        asked = failure.wait_seconds if isinstance(failure, _Transient) else None
        return self._backoff(state) if asked is None else asked

    def _attempt(self, url: str, what: str, kept: Entry | None) -> Fetched:
        headers = {"User-Agent": "gapmodel", "Accept": "*/*"}
        headers |= kept.conditions() if kept else {}
        try:
            # Environment proxies are used, but no credentials from a .netrc file.
            with _quiet(), self._session(what) as client:
                status, answer, body = self._follow(client, url, what, headers)
        except httpx.TimeoutException:
            raise _Transient(SourceError(f"{what}: no answer from {_host(url)} in time; try again later")) from None
        except httpx.ConnectError:
            text = f"{what}: no connection to {_host(url)}; check the network, or use --offline for the cached copy"
            raise _Transient(SourceError(text)) from None
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            text = f"{what}: {_host(url)} ended the answer before it was whole; try again later"
            raise _Transient(SourceError(text)) from None
        except httpx.DecodingError:
            raise SourceError(f"{what}: the compressed answer of {_host(url)} is damaged; try again later") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceError(f"{what}: the download failed ({type(error).__name__}); check the URL") from None
        if status == 304 and kept is not None:
            return Fetched(url, kept.content, kept.sha256, kept.date, answer, True)
        if status != 200:
            self._refuse(status, answer, body, what, url)
        body = self._clean(body)
        entry = Entry(
            content=body,
            sha256=hashlib.sha256(body).hexdigest(),
            date=self._now().isoformat(timespec="seconds"),
            etag=answer.get("etag"),
            last_modified=answer.get("last-modified"),
        )
        if self._cache:
            # A cache that cannot be written costs a download the next time, and no more.
            with suppress(OSError):
                self._cache.store(url, entry)
        return Fetched(url, body, entry.sha256, entry.date, answer, False)

    def _session(self, what: str) -> httpx.Client:
        try:
            return httpx.Client(timeout=self._timeout, follow_redirects=False, trust_env=True)
        except (ValueError, TypeError, ImportError, httpx.InvalidURL):
            # What is wrong is not repeated: the address may hold a password.
            raise SourceError(
                f"{what}: the address of the proxy in the environment cannot be read; set HTTPS_PROXY and HTTP_PROXY "
                "to http://host:port, or remove them"
            ) from None

    def _follow(
        self, client: httpx.Client, url: str, what: str, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body behind at most five redirects."""
        target = url
        for _ in range(6):
            secret = dict([self._secret]) if self._secret else {}
            with client.stream("GET", target, headers=headers | secret) as response:
                answer = {k.lower(): self._clean_text(v) for k, v in response.headers.items()}
                if response.status_code not in _REDIRECTS:
                    return response.status_code, answer, self._body(response, what)
            try:
                target = urljoin(target, answer.get("location", ""))
            except ValueError:
                raise SourceError(f"{what}: {_host(url)} redirects to no address; try again later") from None
            self._check_url(target, f"{what}, redirected by {_host(url)}")
            # Custom headers are not dropped by anyone else on the way to another host.
            if self._secret and _origin(target) != _origin(url):
                raise SourceError(f"{what}: {_host(url)} redirects to another host; the key is not sent there")
            if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
                raise SourceError(f"{what}: {_host(url)} redirects to an unencrypted address; this is not followed")
        raise SourceError(f"{what}: {_host(url)} redirects without end; check the URL")

    def _body(self, response: httpx.Response, what: str) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes(2**16):
            size += len(part)
            if size > self._max_bytes:
                limit = f"{self._max_bytes / 2**20:.0f} MiB"
                raise SourceError(f"{what}: the answer is larger than {limit}, far more than expected; check the URL")
            parts.append(part)
        return b"".join(parts)

    def _refuse(self, status: int, headers: dict[str, str], body: bytes, what: str, url: str) -> None:
        said = self._clean_text(_said(body))
        text = f"{what}: {_explain(status, _host(url))}{f' (the server says: {said})' if said else ''}"
        error = StatusError(text, status=status, headers=headers)
        if status == 429:
            pause = self._retry_after(headers)
            if pause is not None and pause > LONGEST_WAIT_SECONDS:
                text = f"{text}; it asks to wait {pause / 60:.0f} minutes"
                raise StatusError(text, status=status, headers=headers)
            raise _Transient(error, wait_seconds=pause)
        if status >= 500:
            pause = self._retry_after(headers)
            raise _Transient(error, wait_seconds=None if pause is None else min(pause, LONGEST_WAIT_SECONDS))
        raise error

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Seconds that the server asks to wait: given as a number or as a date."""
        text = headers.get("retry-after", "").strip()
        if text.isdecimal():
            return float(text)
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
        return max(0.0, (until - self._now()).total_seconds())

    def _check_url(self, url: str, what: str) -> None:
        try:
            parts = urlsplit(url)
            httpx.URL(url)  # knows more of what cannot be asked for
            parts.port  # noqa: B018  # is read here: it may be no number
        except (ValueError, httpx.InvalidURL):
            raise SourceError(f"{what}: the URL cannot be read; check its host, port and brackets") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SourceError(f"{what}: the URL must begin with https:// and name a host")
        if parts.username or parts.password:
            raise SourceError(f"{what}: the URL holds a user name or password; give it without")
        if self._secret and parts.scheme != "https" and parts.hostname not in _LOCAL:
            raise SourceError(f"{what}: the key is sent over https only; give an https:// URL")

    def _clean(self, body: bytes) -> bytes:
        return self._spellings.sub(b"[key]", body) if self._spellings else body

    def _clean_text(self, text: str) -> str:
        return (
            self._spellings.sub(b"[key]", text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
            if (self._spellings)
            else text
        )


def _explain(status: int, host: str) -> str:
    words = {
        401: "the key is missing or not valid (401); set AA_API_KEY, or store the key in the keyring",
        403: f"{host} refuses access (403); the key's tier may not cover this",
        404: "not found (404); the address has changed, or the URL is wrong",
        410: "this address is retired (410); update gapmodel, or convert a file saved before",
        429: "too many requests (429); the quota is used up, try again later",
    }
    if status >= 500:
        return f"{host} has an error of its own ({status}); try again later"
    return words.get(status, f"{host} answers with status {status}; check the URL")


def _said(body: bytes) -> str:
    """The server's own words, where it sends them as ``{"error": ...}``; short, without control characters."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    text = content.get("error") if isinstance(content, dict) else None
    return "".join(c for c in text if c.isprintable())[:200] if isinstance(text, str) else ""


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the server"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
