"""The local server of runs: what it lists and serves, and what it refuses."""

import hashlib
import http.client
import json
import re
import shutil
import socket
import threading

import pytest

from gapmodel.analysis.sentences import headline
from gapmodel.errors import ConfigError
from gapmodel.report import make_server, read_page_data
from gapmodel.report.server import find_runs
from gapmodel.report.text import prose
from gapmodel.runs.reader import read_run
from tests.support.commandline import caller
from tests.support.runs import SCRIPT, make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("report") / "run", titles={0: SCRIPT}, models={0: SCRIPT})


@pytest.fixture(scope="module")
def data(run):
    return read_page_data(read_run(run))


@pytest.fixture
def called(monkeypatch, capsys, tmp_path):
    return caller(tmp_path, monkeypatch, capsys)


@pytest.fixture(scope="module")
def site(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(run, folder / "a")
    make_run(folder / "deep" / "b", seed=5, quick=True)
    other = make_run(folder / "other", seed=6)
    manifest = json.loads((other / "manifest.json").read_text())
    summary = json.loads((other / "summary.json").read_text())
    del summary["average_gap_months"]["interval"]
    text = json.dumps(summary)
    manifest["files"]["summary.json"] = hashlib.sha256(text.encode()).hexdigest()
    (other / "summary.json").write_text(text)
    (other / "manifest.json").write_text(json.dumps(manifest))
    (folder / "damaged").mkdir()
    (folder / "damaged" / "manifest.json").write_text("{")
    (folder / "secret.txt").write_text("secret")
    (folder / "a" / "secret.txt").write_text("secret")
    (folder / "a" / "skipped.csv").unlink()
    (folder / "a" / "skipped.csv").symlink_to(folder / "secret.txt")
    server = make_server(folder, port=0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def ask(port, path, *, method="GET", host=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest(method, path, skip_host=host is not None)
    if host is not None:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer, content


def test_the_index_lists_runs_with_their_answer(site, data):
    answer, page = ask(site, "/")
    assert answer.status == 200
    assert data.run.run_id in page
    assert prose(headline(data.summary)) in page
    assert "Citable: all checks passed." in page
    assert "Quick run for trying out" in page
    assert 'href="/runs/deep/b/"' in page
    assert "damaged" in page
    assert "cannot be read as JSON" in page
    assert "field required" in page, "one run of another version hides no other"
    assert "<script" not in page


def test_pages_and_listed_files_are_served(site):
    answer, page = ask(site, "/runs/a/")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'id="answer-sentence"' in page
    answer, text = ask(site, "/runs/a/files/lags.csv")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert text.startswith("benchmark,month,lag_months")
    answer, text = ask(site, "/runs/a/", method="HEAD")
    assert (answer.status, text) == (200, "")


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt", "/../secret.txt", "/%2e%2e/secret.txt", "/runs/../secret.txt", "/runs/a/files/../../secret.txt",
        "/runs/a/files/..%2f..%2fsecret.txt", "/runs/a/files/secret.txt", "/runs/a/files//etc/passwd", "/runs/a/files/",
        "/runs/a/files/%00", "/runs/", "/runs/deep/", "/runs/a/../../", "/runs/a/files/skipped.csv",
    ],
)  # fmt: skip
def test_nothing_else_is_served(site, path):
    answer, text = ask(site, path)
    assert answer.status == 404
    assert "secret" not in text


def test_damaged_runs_foreign_names_and_other_methods_are_refused(site):
    assert ask(site, "/runs/damaged/")[0].status == 500
    assert ask(site, "/", host="evil.example")[0].status == 403
    assert ask(site, "/", host=f"localhost:{site}")[0].status == 200
    assert ask(site, "/", method="POST")[0].status == 501
    assert ask(site, "/", host="[")[0].status == 400


def test_the_server_is_local_unless_told_otherwise(tmp_path):
    server = make_server(tmp_path, port=0)
    try:
        assert server.server_address[0] == "127.0.0.1"
        with pytest.raises(ConfigError, match="give another --port"):
            make_server(tmp_path, port=server.server_address[1])
    finally:
        server.server_close()
    if socket.has_ipv6:
        try:
            make_server(tmp_path, host="::1", port=0).server_close()
        except ConfigError as error:  # a machine may have it switched off
            assert "Cannot assign requested address" in str(error) or "not supported" in str(error)
    with pytest.raises(ConfigError, match="no folder"):
        make_server(tmp_path / "none")
    with pytest.raises(ConfigError, match="0 to 65535"):
        make_server(tmp_path, port=70000)


def test_runs_are_found_at_and_below_a_folder_but_not_through_links(tmp_path, run):
    assert find_runs(run) == {"run": run}
    (tmp_path / "a" / "b").mkdir(parents=True)
    shutil.copy(run / "manifest.json", tmp_path / "a" / "b")
    (tmp_path / ".hidden").mkdir()
    shutil.copy(run / "manifest.json", tmp_path / ".hidden")
    (tmp_path / "link").symlink_to(run)
    assert find_runs(tmp_path) == {"a/b": tmp_path / "a" / "b"}


def test_serve_says_where_and_stops_on_interrupt(called, tmp_path, monkeypatch):
    from http.server import ThreadingHTTPServer

    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", interrupted)
    code, out, err = called("serve", tmp_path, "--port", "0")
    assert code == 0
    assert re.search(r"http://127\.0\.0\.1:\d+/", out)
    assert err == ""
