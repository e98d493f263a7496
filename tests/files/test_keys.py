"""No file takes its place with a key of the environment in it, in any spelling, by any way of writing."""

import ast
import base64
import html
import json
from pathlib import Path
from urllib.parse import quote

import pytest
import xarray as xr
from matplotlib.figure import Figure

from gapmodel.errors import ConfigError
from gapmodel.files.atomic import atomic_bytes, atomic_netcdf, atomic_text, write_json
from gapmodel.files.folder_swap import place_files, staging_folder, swap_folder
from gapmodel.files.keys import refuse_secrets
from gapmodel.plot.save import save_figure
from gapmodel.sources.snapshot import swap_in
from gapmodel.sources.web.cache import Cache, Entry

KEY = 'aa-"7f/3\\k+=&Zq'
SPELLINGS = {
    "raw": KEY,
    "json": json.dumps(KEY),
    "json_ascii": "".join(f"\\u{ord(c):04X}" for c in KEY),
    "url": quote(KEY, safe=""),
    "url_all": "".join(f"%{ord(c):02x}" for c in KEY),
    "html": html.escape(KEY),
    "hex": KEY.encode().hex().upper(),
    **{f"base64_{k}": base64.b64encode(b"x" * k + KEY.encode() + b"more").decode() for k in range(4)},
    "base64_url": base64.urlsafe_b64encode(b"?" + KEY.encode()).decode(),
}
PACKAGE = Path(__file__).parents[2] / "src" / "gapmodel"


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("AA_API_KEY", KEY)
    return KEY


@pytest.mark.parametrize("how", SPELLINGS)
def test_every_spelling_of_a_key_is_refused(key, tmp_path, how):
    with pytest.raises(ConfigError, match="value of AA_API_KEY") as caught:
        atomic_text(tmp_path / "a.txt", f"before {SPELLINGS[how]} after")
    assert KEY not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_password_of_a_proxy_is_one_too(monkeypatch, tmp_path):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:pass%2Fword9@localhost:1")
    with pytest.raises(ConfigError, match="value of HTTPS_PROXY"):
        atomic_text(tmp_path / "a", "pass/word9")


def test_other_text_and_short_words_are_written(monkeypatch, tmp_path):
    monkeypatch.setenv("AA_API_KEY", "short")
    atomic_text(tmp_path / "a", "short")
    refuse_secrets(KEY.encode(), "a", {"AA_API_KEY": KEY[::-1], "OTHER": KEY})


def test_every_way_of_writing_looks(key, tmp_path):
    figure = Figure()
    figure.text(0.1, 0.1, "x")
    figure.suptitle(KEY)
    place, staging = tmp_path / "run", staging_folder(tmp_path / "run")
    (staging / "deep").mkdir()
    (staging / "deep" / "a.txt").write_text(KEY)
    cache = Cache(tmp_path / "cache")
    for write in (
        lambda: atomic_bytes(tmp_path / "a", KEY.encode()),
        lambda: write_json(tmp_path / "a.json", {"k": [KEY]}),
        lambda: atomic_netcdf(tmp_path / "a.nc", xr.Dataset(attrs={"key": KEY})),
        lambda: swap_folder(staging, place),
        lambda: place_files(staging, tmp_path, ["deep/a.txt"]),
        lambda: swap_in(staging, place),
        lambda: cache.store("http://localhost", Entry(KEY.encode(), "0", "2026-01-01")),
    ):
        with pytest.raises(ConfigError, match="value of AA_API_KEY"):
            write()
    save_figure(Figure(), tmp_path / "figure")
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert {name for name in left if KEY in (tmp_path / name).read_bytes().decode("latin1")} == {
        f"{staging.name}/deep/a.txt"
    }
    assert not place.exists()


def test_nothing_writes_past_the_last_look():
    """Files are written by `gapmodel.files`; two others write into a folder that is looked through, or for a crash."""
    allowed = {"sources/snapshot.py": 1, "cli/app.py": 1}
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith("files/"):
            continue
        calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        count = 0
        for call in calls:
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            mode = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            opens = called in ("open", "fdopen") and any(m in ("w", "wb", "a", "x", "xb", "wt") for m in mode)
            count += opens or called in ("write_text", "write_bytes", "to_netcdf", "to_parquet")
        if count:
            found[name] = count
    assert found == allowed
