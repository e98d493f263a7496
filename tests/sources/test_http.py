"""Downloads against a local server: retries, refusals, faults and malice; the key goes nowhere it should not."""

import gzip
import hashlib
import io
import logging
import stat
import zipfile
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from gapmodel.sources.web.archive import read_archive
from gapmodel.sources.web.cache import Cache
from gapmodel.sources.web.http import ATTEMPTS, Client, SourceError, StatusError
from tests.support.aa_server import KEY, Answer, LocalServer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def server():
    server = LocalServer()
    yield server
    server.close()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def client(tmp_path, waits):
    return Client(cache=Cache(tmp_path / "cache"), now=lambda: NOW, sleep=waits.append)


def test_a_whole_answer_has_date_and_hash(server, client):
    server.answers["/a"] = Answer(body=b"1,2\n")
    found = client.get(f"{server.url}/a", what="a")
    assert found.content == b"1,2\n"
    assert found.record() == {
        "url": f"{server.url}/a",
        "date": "2026-11-24T12:00:00+00:00",
        "sha256": hashlib.sha256(b"1,2\n").hexdigest(),
        "bytes": 4,
    }
    assert not found.from_cache


@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "400"), (401, "AA_API_KEY"), (403, "tier"), (404, "not found"), (410, "retired")],
)
def test_refusals_are_explained_and_not_repeated(status, words, server, client, waits):
    server.answers["/a"] = Answer(status, b'{"error": "no \\u001b[31mway"}')
    with pytest.raises(StatusError, match=words) as error:
        client.get(f"{server.url}/a", what="the file")
    assert error.value.status == status
    assert str(error.value).startswith("the file: ")
    assert "the server says: no [31mway" in str(error.value), "without control characters"
    assert len(server.requests) == 1
    assert waits == []


def test_server_errors_are_tried_again_with_growing_pauses(server, client, waits):
    server.answers["/a"] = Answer(503)
    with pytest.raises(StatusError, match="error of its own"):
        client.get(f"{server.url}/a", what="a")
    assert len(server.requests) == ATTEMPTS
    # Exponential from one second, with up to one second of jitter.
    assert all(2**k <= wait <= 2**k + 1 for k, wait in enumerate(waits))


def test_a_passing_error_passes(server, client):
    server.answers["/a"] = [Answer(500), Answer(502), Answer(body=b"x")]
    assert client.get(f"{server.url}/a", what="a").content == b"x"


@pytest.mark.parametrize("form", [lambda: "7", lambda: format_datetime(NOW + timedelta(seconds=7), usegmt=True)])
def test_retry_after_is_kept(form, server, client, waits):
    server.answers["/a"] = [Answer(429, headers={"Retry-After": form()}), Answer(body=b"x")]
    assert client.get(f"{server.url}/a", what="a").content == b"x"
    assert waits == [7.0]


def test_a_long_retry_after_is_told_and_not_waited_for(server, client, waits):
    server.answers["/a"] = Answer(429, headers={"Retry-After": "7200"})
    with pytest.raises(StatusError, match="120 minutes"):
        client.get(f"{server.url}/a", what="a")
    assert len(server.requests) == 1
    assert waits == []


def test_a_body_that_ends_early_is_no_answer(server, client, tmp_path):
    server.answers["/a"] = [Answer(body=b"x" * 100, cut=40)]
    with pytest.raises(SourceError, match="before it was whole"):
        client.get(f"{server.url}/a", what="a")
    assert len(server.requests) == ATTEMPTS
    assert not (tmp_path / "cache").exists()


def test_too_large_an_answer_is_refused_plain_and_compressed(server):
    client = Client(max_bytes=2**20)
    server.answers["/plain"] = Answer(body=b"x" * (2**20 + 1))
    bomb = gzip.compress(b"\0" * (50 * 2**20))
    assert len(bomb) < 2**17
    server.answers["/bomb"] = Answer(body=bomb, headers={"Content-Encoding": "gzip"})
    for path in ("/plain", "/bomb"):
        with pytest.raises(SourceError, match="larger than 1 MiB"):
            client.get(server.url + path, what="a")
    server.answers["/damaged"] = Answer(body=b"no gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceError, match="damaged"):
        client.get(f"{server.url}/damaged", what="a")


def test_conditional_requests(server, client):
    def answer(request):
        if request.headers.get("if-none-match") == '"one"':
            return Answer(304)
        return Answer(body=b"one", headers={"ETag": '"one"', "Last-Modified": "Mon, 01 Jun 2026 00:00:00 GMT"})

    server.answers["/a"] = answer
    first = client.get(f"{server.url}/a", what="a")
    again = client.get(f"{server.url}/a", what="a")
    assert (first.from_cache, again.from_cache) == (False, True)
    assert again.content == b"one"
    assert server.requests[1].headers["if-modified-since"] == "Mon, 01 Jun 2026 00:00:00 GMT"
    server.answers["/a"] = Answer(body=b"two", headers={"ETag": '"two"'})
    assert client.get(f"{server.url}/a", what="a").content == b"two"
    assert client.get(f"{server.url}/a", what="a").content == b"two"
    assert server.requests[-1].headers["if-none-match"] == '"two"'


def test_a_damaged_copy_counts_as_none(server, client, tmp_path):
    server.answers["/a"] = Answer(body=b"one", headers={"ETag": '"one"'})
    client.get(f"{server.url}/a", what="a")
    (copy,) = (tmp_path / "cache").glob("*.bin")
    copy.write_bytes(b"other")
    client.get(f"{server.url}/a", what="a")
    assert "if-none-match" not in server.requests[1].headers
    assert copy.read_bytes() == b"one"


def test_offline_takes_the_copy_or_says_that_there_is_none(server, client, tmp_path):
    server.answers["/a"] = Answer(body=b"one")
    client.get(f"{server.url}/a", what="a")
    offline = Client(cache=Cache(tmp_path / "cache"), offline=True)
    assert offline.get(f"{server.url}/a", what="a").content == b"one"
    with pytest.raises(SourceError, match="not in the cache"):
        offline.get(f"{server.url}/b", what="b")
    assert len(server.requests) == 1


def test_no_network(client, waits):
    gone = LocalServer()
    gone.close()
    with pytest.raises(SourceError, match="no connection to 127.0.0.1"):
        client.get(f"{gone.url}/a", what="a")
    assert len(waits) == ATTEMPTS - 1


def test_time_out(server):
    import time

    server.answers["/a"] = lambda request: time.sleep(0.3) or Answer()
    with pytest.raises(SourceError, match="in time"):
        Client(read_timeout_seconds=0.05, sleep=lambda s: None).get(f"{server.url}/a", what="a")


def test_redirects_without_a_key_are_followed_and_end(server, client):
    other = LocalServer()
    other.answers["/b"] = Answer(body=b"there")
    server.answers["/a"] = Answer(302, headers={"Location": f"{other.url}/b"})
    server.answers["/loop"] = Answer(301, headers={"Location": "/loop"})
    assert client.get(f"{server.url}/a", what="a").content == b"there"
    with pytest.raises(SourceError, match="without end"):
        client.get(f"{server.url}/loop", what="a")
    server.answers["/file"] = Answer(302, headers={"Location": "file:///etc/passwd"})
    with pytest.raises(SourceError, match="https://"):
        client.get(f"{server.url}/file", what="a")
    other.close()


def test_the_key_goes_to_no_other_host(server):
    other = LocalServer()
    server.answers["/a"] = Answer(307, headers={"Location": f"{other.url}/steal?x=1"})
    client = Client(secret_header=("x-api-key", KEY))
    with pytest.raises(SourceError, match="the key is not sent there"):
        client.get(f"{server.url}/a", what="a")
    assert server.requests[0].headers["x-api-key"] == KEY
    assert other.requests == []
    other.close()


@pytest.mark.parametrize("url", ["http://artificialanalysis.ai/a", "ftp://x/a", "https://user:pass@x/a", "nonsense"])
def test_addresses_that_are_not_asked(url):
    with pytest.raises(SourceError, match="https|user name"):
        Client(secret_header=("x-api-key", KEY)).get(url, what="a")


def test_a_key_that_the_server_repeats_is_taken_out_everywhere(server, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    client = Client(cache=Cache(tmp_path), secret_header=("x-api-key", KEY), sleep=lambda s: None)
    server.answers["/a"] = Answer(body=b'{"you sent": "%s"}' % KEY.encode(), headers={"ETag": f'"{KEY}"'})
    server.answers["/b"] = Answer(401, b'{"error": "bad key %s"}' % KEY.encode())
    found = client.get(f"{server.url}/a", what="a")
    with pytest.raises(StatusError) as error:
        client.get(f"{server.url}/b", what="b")
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    texts = [found.content, repr(found).encode(), str(found.headers).encode(), str(error.value).encode(), kept]
    texts.append(caplog.text.encode())
    assert not any(KEY.encode() in text for text in texts)
    assert b"[key]" in kept


def archive(files, **attributes):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in attributes.items():
                setattr(info, key, value)
            target.writestr(info, content)
    return buffer.getvalue()


def test_an_archive_is_read_by_names_without_folders():
    content = archive({"data/a.csv": "1", "data/README.md": "x", "__MACOSX/data/a.csv": "y"})
    assert read_archive(content, what="a") == {"a.csv": b"1"}


@pytest.mark.parametrize(
    "name", ["../a.csv", "/etc/a.csv", "x/../../a.csv", "..\\a.csv", "C:\\a.csv", "\\\\host\\a.csv"]
)
def test_paths_out_of_the_archive_are_refused(name):
    with pytest.raises(SourceError, match="leads out of its folder"):
        read_archive(archive({"good.csv": "1", name: "2"}), what="a")


def test_links_in_an_archive_are_refused():
    link = archive({"a.csv": "/etc/passwd"}, external_attr=(stat.S_IFLNK | 0o777) << 16, create_system=3)
    with pytest.raises(SourceError, match="leads out of its folder"):
        read_archive(link, what="a")


def test_zip_bombs_are_not_unpacked():
    big = archive({"a.csv": b"0" * 2**22})
    assert len(big) < 2**14
    with pytest.raises(SourceError, match="far more than expected"):
        read_archive(big, what="a", max_file_bytes=2**20)
    many = archive({f"{k}.csv": b"0" * 2**18 for k in range(8)})
    with pytest.raises(SourceError, match="far more than expected"):
        read_archive(many, what="a", max_total_bytes=2**20)
    with pytest.raises(SourceError, match="8 files"):
        read_archive(many, what="a", max_files=7)


def test_an_archive_that_lies_about_its_sizes_is_damaged():
    content = bytearray(archive({"a.csv": b"0" * 2**20}))
    true = (2**20).to_bytes(4, "little")
    assert content.count(true) == 2
    lied = bytes(content).replace(true, (10).to_bytes(4, "little"))
    with pytest.raises(SourceError, match="not a whole zip archive"):
        read_archive(lied, what="a")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>", "not a whole zip"),
        (archive({"a.csv": "1" * 1000})[:60], "not a whole zip"),
        (archive({"a.txt": "1"}), "no .csv file"),
        (archive({"x/a.csv": "1", "y/a.csv": "2"}), "two files named"),
    ],
    ids=["html", "cut", "no table", "twice"],
)
def test_archives_that_cannot_be_used(content, words):
    with pytest.raises(SourceError, match=words):
        read_archive(content, what="a")


def test_a_locked_archive_is_told():
    content = bytearray(archive({"a.csv": "1"}))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        at = content.index(mark) + (6 if mark == b"PK\x03\x04" else 8)
        content[at] |= 1
    with pytest.raises(SourceError, match="password"):
        read_archive(bytes(content), what="a")


# --- addresses that cannot be read

BAD_TARGETS = (
    "http://[",
    "http://127.0.0.1:port/",
    "http://127.0.0.1:99999999/",
    "ftp://x/",
    "//",
    "http://",
)


@pytest.mark.parametrize("target", BAD_TARGETS)
def test_a_redirect_to_no_address_is_one_line(target, server, client):
    server.answers["/a"] = Answer(302, headers={"Location": target})
    with pytest.raises(SourceError) as caught:
        client.get(f"{server.url}/a", what="the file")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("the file")


@pytest.mark.parametrize("target", BAD_TARGETS)
def test_an_address_that_cannot_be_read_is_one_line(target, client):
    with pytest.raises(SourceError, match="^the file: the URL "):
        client.get(target, what="the file")


@pytest.mark.parametrize(
    "proxy", ["nonsense://me:s3cretword@h", "http://[", "http://h:port", "://", "http://me:s3cretword@ h"]
)
def test_a_proxy_that_cannot_be_read_is_one_line_without_its_password(proxy, client, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(SourceError) as caught:
        client.get("http://example.invalid/a", what="the file")
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
