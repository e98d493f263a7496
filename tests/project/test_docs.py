"""The documentation: its code runs, its commands exist, its links lead somewhere, its site builds and stands alone."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import numpy as np
import pytest
import typer
import typer.exceptions
from PIL import Image

import gapmodel as gm
from gapmodel.analysis.sentences import headline

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SCRIPTS = str(ROOT / "scripts")

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`gapmodel ([^`\n]+)`")
# A template of a file of one's own; another test holds it to the contract of variants.
_NOT_RUN = {"variants.md"}


def _blocks(page: Path) -> list[tuple[str, str]]:
    return _FENCE.findall(page.read_text(encoding="utf-8"))


def _python() -> list:
    found = [(page, code) for page in PAGES for language, code in _blocks(page) if language == "python"]
    return [pytest.param(page, code, id=f"{page.name}-{k}") for k, (page, code) in enumerate(found)]


@pytest.mark.parametrize("page, code", _python())
def test_python_on_the_pages_runs(page, code, tmp_path, monkeypatch, capsys):
    compiled = compile(code, page.name, "exec")
    if page.name in _NOT_RUN:
        return
    csv = [text for language, text in _blocks(ROOT / "docs" / "scores-format.md") if language == "csv"]
    for name, text in zip(("scores.csv", "benchmarks.csv"), csv, strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "results").symlink_to(ROOT / "results")
    monkeypatch.chdir(tmp_path)
    exec(compiled, {"__name__": "docs"})
    # What a page says that its code prints, it prints.
    printed = capsys.readouterr().out
    shown = [text for language, text in _blocks(page) if language == "text"]
    if page.name == "walk.md":
        assert printed in shown


def _shell_lines() -> list:
    found = []
    for page in PAGES:
        for language, code in _blocks(page):
            if language in ("", "sh", "bash", "yaml"):
                for line in code.splitlines():
                    for part in line.partition("#")[0].split("&&"):
                        words = part.strip().removeprefix("- run: ").removeprefix("uv run ")
                        if words.startswith("gapmodel "):
                            found.append((page.name, words))
    return [pytest.param(line, id=f"{name}: {line}") for name, line in dict.fromkeys(found)]


def _parse(line: str, *, whole: bool = True) -> None:
    """Parse a line by the application, as far as its commands' own code; `whole`: arguments must be there."""
    from gapmodel.cli.app import app

    # Brackets and placeholders of a synopsis.
    words = shlex.split(re.sub(r"[\[\]]", "", line).replace(" N", " 1"))[1:]
    command, context = typer.main.get_command(app), None
    while hasattr(command, "list_commands") and words:
        if words == ["--version"] or words == ["--help"]:
            return
        inner = command.get_command(None, words[0])
        assert inner is not None, f"no command {words[0]}"
        context = command.context_class(command, info_name=words[0], parent=context)
        command, words = inner, words[1:]
    if not whole and hasattr(command, "list_commands"):  # a group by itself
        return
    try:
        command.make_context("gapmodel", words, parent=context)
    except typer.exceptions.TyperException as error:
        text = error.format_message() if hasattr(error, "format_message") else ""
        if whole or "Missing argument" not in text:
            raise AssertionError(f"{line}: {text or type(error).__name__}") from error


@pytest.mark.parametrize("line", _shell_lines())
def test_commands_on_the_pages_parse(line):
    _parse(line)


def test_commands_in_sentences_parse():
    found = {f"gapmodel {words}" for page in PAGES for words in _INLINE.findall(page.read_text(encoding="utf-8"))}
    for line in sorted(found):
        _parse(line.partition(" …")[0], whole=False)
    assert len(found) > 20


@pytest.mark.parametrize("line", ["gapmodel runn", "gapmodel run --no-such-option", "gapmodel cite"])
def test_a_wrong_command_would_be_found(line):
    with pytest.raises(AssertionError):
        _parse(line)


def _slug(heading: str) -> str:
    """The anchor of a heading, as repository browsers make it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def test_anchors_between_the_pages_exist():
    texts = {page: re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL) for page in PAGES}
    anchors = {page.resolve(): {_slug(h) for h in re.findall(r"^#+ (.*)$", text, re.M)} for page, text in texts.items()}
    checked = 0
    for page, text in texts.items():
        for target, anchor in re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", text):
            place = (page.parent / target).resolve() if target else page.resolve()
            assert anchor in anchors[place], f"{page.name}: {target}#{anchor}"
            checked += 1
    assert checked > 5


@pytest.fixture(scope="module")
def hooks():
    """The hooks of the site, with the modules beside them."""
    if find_spec("mkdocs") is None or find_spec("latex2mathml") is None:
        pytest.skip("the docs group is not installed: uv sync --group docs")
    sys.path.insert(0, SCRIPTS)
    try:
        import docs_cli
        import docs_hooks
        import docs_math
        import docs_variants

        yield {"cli": docs_cli, "hooks": docs_hooks, "math": docs_math, "variants": docs_variants}
    finally:
        sys.path.remove(SCRIPTS)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site, without a network and without a warning."""
    if find_spec("mkdocs") is None or find_spec("material") is None or find_spec("mkdocstrings") is None:
        pytest.skip("the docs group is not installed: uv sync --group docs")
    folder = tmp_path_factory.mktemp("site") / "site"
    # Proxies that lead nowhere: a build that asks the network fails.
    nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        # The theme's note on its own future is no warning of this build.
        env={**os.environ, **nowhere, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return folder


class _Page(HTMLParser):
    """What a page refers to and what it can be referred to by."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: set[str] = set()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        for name in ("src", "srcset", "poster", "data"):
            if given.get(name) and tag != "a":
                self.loaded.append(given[name])
        if tag == "link" and given.get("href"):
            self.loaded.append(given["href"])


@pytest.fixture(scope="module")
def pages(site):
    return {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


_REMOTE = re.compile(r"^(https?:)?//")


def test_the_site_loads_nothing_from_elsewhere(site, pages):
    assert len(pages) > 30
    for path, page in pages.items():
        for target in page.loaded:
            assert not _REMOTE.match(target), f"{path.name} loads {target}"
        assert "fonts.g" not in re.sub(r"<script>.*?</script>", "", path.read_text("utf-8"), flags=re.DOTALL)
    for sheet in site.rglob("*.css"):
        found = re.findall(r"url\(\s*['\"]?((?:https?:)?//[^)]+)|@import[^;]+//", sheet.read_text(encoding="utf-8"))
        assert not found, f"{sheet.name}: {found}"


def test_links_and_anchors_of_the_site_lead_somewhere(site, pages):
    checked = 0
    for path, page in pages.items():
        if path.name == "404.html":  # its links are absolute, for it is shown at any address
            continue
        for target in [*page.links, *page.loaded]:
            if re.match(r"[a-z]+:", target) or target.startswith("//"):
                continue
            name, _, anchor = unquote(target).partition("#")
            place = (path.parent / name).resolve() if name else path
            place = place / "index.html" if place.is_dir() else place
            assert place.is_file(), f"{path.relative_to(site)}: {target}"
            if anchor and place.suffix == ".html" and not anchor.startswith("__"):
                assert anchor in pages[place].ids, f"{path.relative_to(site)}: {target}"
            checked += 1
    assert checked > 1000


def test_the_first_page_is_the_answer_and_a_link_to_it_shows_it(site, hooks):
    text = (site / "index.html").read_text(encoding="utf-8")
    answer = headline(gm.reference_run().summary)
    assert f'<p class="answer" id="answer-sentence">{answer[:20]}' in text
    shown = dict(re.findall(r'<meta (?:name|property)="([\w:]+)" content="([^"]*)">', text))
    assert shown["description"] == shown["og:description"] == answer
    assert (site / shown["og:image"]).read_bytes() == hooks["hooks"].PREVIEW.read_bytes()
    assert '<a href="start.html">Documentation</a>' in text
    # A preview elsewhere needs a whole address, where the site has one.
    config = SimpleNamespace(site_url="https://example.org/gap/")
    text = hooks["hooks"].front_page(config)
    assert 'property="og:image" content="https://example.org/gap/average_trend.png"' in text
    assert 'property="og:url" content="https://example.org/gap/"' in text


def test_every_variant_has_a_page_with_equations_priors_and_committed_numbers(site, pages):
    import pandas as pd

    table = pd.read_csv(ROOT / "results" / "reference" / "comparison" / "comparison.csv").set_index("variant")
    names = {path.stem for path in (ROOT / "models").glob("[!_]*.py")}
    assert {path.stem for path in (site / "variants").glob("*.html")} == names
    for name in names:
        path = site / "variants" / f"{name}.html"
        text = path.read_text(encoding="utf-8")
        assert pages[path].tags.count("math") > 1
        if name in table.index:
            row = table.loc[name]
            assert pages[path].tags.count("table") >= 3
            assert "<td>error_sd, months</td>" in text
            assert f"{row['gap_median']:.1f} ({row['gap_lower']:.1f} to {row['gap_upper']:.1f})" in text
            assert f"{row['probability_never']:.2f}" in text
        else:
            assert ("<td>lag_level, months</td>" if name.startswith("latent") else "<td>error_sd, months</td>") in text
            ran = (ROOT / "results" / "reference" / name / "summary.json").is_file()
            assert ("no full run of it is committed yet" in text) == (not ran)
        article = text.split("<article")[1].split("</article>")[0]
        assert not re.findall(r"\$\$|:math:|\\begin|\.\. math|={5,}", article), name


def test_no_page_shows_the_source_of_an_equation(site, pages):
    for path in pages:
        if "repository" not in path.parts:
            article = path.read_text(encoding="utf-8").split("<article")[-1].split("</article>")[0]
            prose = re.sub(r"<pre.*?</pre>|<code.*?</code>|<script.*?</script>", "", article, flags=re.DOTALL)
            assert not re.findall(r":math:|\\mathrm|\\frac|\\sum|arithmatex", prose), path.name


def test_lists_are_lists(site, pages):
    for path in pages:
        for text in re.findall(r"<p>(.*?)</p>", path.read_text(encoding="utf-8"), flags=re.DOTALL):
            assert not re.search(r"^\s*(?:- |\d+\. |\| )", text, flags=re.MULTILINE), f"{path.name}: {text[:80]}"


def test_the_command_line_page_has_every_command_and_option(site, hooks):
    text = (site / "cli.html").read_text(encoding="utf-8")
    found = hooks["cli"].commands()
    assert len(found) > 15
    for name, command, _ in found:
        assert f"gapmodel {name}" in text
        for parameter in command.params:
            for option in parameter.opts if parameter.param_type_name == "option" else []:
                assert option in text, f"{name} {option}"


def test_the_api_pages_have_the_public_names(site, hooks):
    packages = hooks["hooks"].PACKAGES
    names = {path.stem for path in (site / "api").glob("*.html")}
    assert names == {"gapmodel", *packages}
    source = ROOT / "src" / "gapmodel"
    assert {p.name for p in source.iterdir() if (p / "__init__.py").is_file()} - {"cli", "data"} == set(packages)
    for package in packages:
        text = (site / "api" / f"{package}.html").read_text(encoding="utf-8")
        ids = set(re.findall(r'id="(gapmodel[\w.]+)"', text))
        for name in hooks["hooks"].modules_of(package):
            module = importlib.import_module(f"gapmodel.{name}")
            # What a module has from another one is on the page of that.
            own = [n for n in getattr(module, "__all__", ()) if _documented(getattr(module, n), module.__name__)]
            missing = [n for n in own if f"gapmodel.{name}.{n}" not in ids]
            assert not missing, f"{name}: {missing}"


def _documented(value: object, module: str) -> bool:
    return callable(value) and bool(value.__doc__) and getattr(value, "__module__", None) == module


def test_the_page_of_the_package_shows_each_verb_with_an_example(site):
    from gapmodel import api

    text = (site / "api" / "gapmodel.html").read_text(encoding="utf-8")
    parts = re.split(r'id="gapmodel\.api\.(\w+)"', text)
    shown = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert set(shown) == set(api.__all__)
    assert [name for name, part in shown.items() if "Examples" not in part or "&gt;&gt;&gt;" not in part] == []
    assert {name for name in gm.__all__ if name.islower() and name not in ("errors", "__version__")} <= set(shown)


def test_docstrings_become_markdown(hooks):
    text = "\n".join(
        ["Words :math:`a_b` and ``code``.", "", ".. math::", r"    y &= \alpha \\", "    z &= 1", "", "After.", "",
         "===== =====", "one   two", "===== =====", "a     b|c", "===== ====="]
    )  # fmt: skip
    assert hooks["variants"].docstring_markdown(text).split("\n") == [
        "Words $a_b$ and `code`.", "", "$$", r"\begin{split}", r"y &= \alpha \\", "z &= 1", r"\end{split}", "$$", "",
        "After.", "", "| one | two |", "|---|---|", r"| a | b\|c |",
    ]  # fmt: skip


def test_links_to_the_repository_are_led_to_pages(hooks):
    path, place = hooks["hooks"].repository_path, hooks["hooks"].site_path
    assert path("../README.md", "docs/index.md") == "README.md"
    assert path("https://example.org", "docs/index.md") is None
    assert path("#here", "docs/index.md") is None
    assert place("README.md") == "index.md"
    assert place("docs/lag.md") == "lag.md"
    assert place("models/pooled.py") == "repository/models/pooled.py.md"
    assert (
        place("results/reference/comparison/comparison.png") == "repository/results/reference/comparison/comparison.png"
    )


def test_types_are_shown_as_docstrings_have_them(site, hooks):
    assert hooks["hooks"].as_written("(array_like, shape(n))") == "array_like, shape (n,)"
    assert hooks["hooks"].as_written("date - like") == "date-like"
    for page in (site / "api").glob("*.html"):
        assert not re.findall(r"<code>[^<]*(?:\w - like|, shape\()[^<]*</code>", page.read_text(encoding="utf-8"))


def test_pictures_of_the_concepts_are_those_that_the_script_draws(tmp_path):
    sys.path.insert(0, SCRIPTS)
    try:
        import build_concepts
    finally:
        sys.path.remove(SCRIPTS)
    committed = {path.stem for path in build_concepts.FOLDER.glob("*.png")}
    assert committed == set(build_concepts.PICTURES)
    page = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")
    assert committed == set(re.findall(r"\]\(concepts/(\w+)\.png\)", page))
    for name in sorted(committed):
        again = np.asarray(Image.open(build_concepts.draw(name, tmp_path)).convert("L"), dtype=float)
        shown = np.asarray(Image.open(build_concepts.FOLDER / f"{name}.png").convert("L"), dtype=float)
        assert again.shape == shown.shape, name
        # Another version of the font renderer may shade an edge differently, not move a line.
        assert np.abs(again - shown).mean() < 0.5, name
    first = (tmp_path / "lag.png").read_bytes()
    assert build_concepts.draw("lag", tmp_path).read_bytes() == first
