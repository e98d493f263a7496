"""The page: sections in the reader's order, styles and scripts in one file that asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from gapmodel.analysis.sentences import accepted_text, headline, standing
from gapmodel.errors import ConfigError
from gapmodel.files.atomic import writable_folder
from gapmodel.report import background, benchmarks, results, studies
from gapmodel.report.audit import audit
from gapmodel.report.html import Section
from gapmodel.report.measures import measures
from gapmodel.report.other_questions import questions
from gapmodel.report.past import past
from gapmodel.report.payload import page_payload
from gapmodel.report.source import PageData
from gapmodel.report.terms import glossary, with_terms
from gapmodel.report.text import esc, json_block

__all__ = [
    "SCRIPTS",
    "SECTIONS",
    "Place",
    "asset",
    "build_page",
    "check_page_path",
    "policy",
]

SCRIPTS = ("core.js", "stats.js", "figures.js", "controls.js")

# In the reader's order; a section without data is None and leaves no trace.
SECTIONS: tuple[Callable[[PageData], Section | None], ...] = (
    results.zero,
    results.evidence,
    past,
    results.boxes,
    benchmarks.frontiers,
    benchmarks.forest,
    measures,
    questions,
    studies.comparison,
    studies.sensitivity,
    studies.skill,
    background.elsewhere,
    background.checks,
    background.method,
    audit,
    background.data_table,
    background.citing,
    background.provenance,
)


@dataclass(frozen=True)
class Place:
    """Where a page stands, of one that is part of a site.

    Attributes
    ----------
    documentation : str
        Address of the documentation, for a link at the top.
    picture : str
        Address of the picture that a preview of a link shows; whole, where the site has an address.
    address : str
        Of the page itself; empty where the site has none.
    """

    documentation: str
    picture: str
    address: str = ""


def build_page(data: PageData, *, place: Place | None = None) -> str:
    """The whole page as one HTML document; the same run gives the same bytes (with the same zlib).

    Parameters
    ----------
    data : PageData
    place : Place, optional
        Of a page in a site; a file by itself links to nothing.
    """
    first, gap, meaning = results.answer(data), results.gap(data), results.meaning(data)
    choice = results.controls(data)
    words = glossary()
    sections = [section for make in SECTIONS if (section := make(data)) is not None]
    links = "".join(
        f'<li><a href="#{s.name}">{esc(s.heading)}</a></li>' for s in [gap, meaning, choice, *sections, words]
    )
    refused = standing(data.summary)
    notes = [*([refused] if refused else []), *accepted_text(data.summary)]
    banner = "\n".join(f'<p class="banner" role="note">{esc(note)}</p>' for note in notes)
    plotly, packed = _plotly()
    own = _closed("\n".join(asset(name) for name in SCRIPTS))
    rest = "\n".join([*(_section(s) for s in sections), _as_section(words, words.html)])
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy([plotly, own])}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{esc(first.heading)} {esc(data.run.run_id)}</title>
{_preview(first.heading, headline(data.summary), place)}
<link rel="icon" href="data:,">
<style>
{asset("style.css")}
</style>
</head>
<body>
<a class="skip" href="#main">Skip to the answer</a>
<header><p><strong>gapmodel</strong> <span class="quiet">run {esc(data.run.run_id)}</span></p>
<p class="top">{_documentation(place)}<button type="button" id="theme">Dark page</button></p></header>
<main id="main">
{banner}
<section id="answer" aria-labelledby="answer-title">
<h1 id="answer-title">{esc(first.heading)}</h1>
{with_terms(first.html)}
</section>
<div class="columns">
<div class="first">
<section id="{gap.name}" aria-labelledby="fig-gap-title">
{with_terms(gap.html)}
</section>
{_section(meaning)}
</div>
<div class="side">
<nav aria-label="On this page">
<details open><summary>On this page</summary><ul>{links}</ul></details></nav>
{_section(choice)}
</div>
<div class="body">
{rest}
</div>
</div>
</main>
<footer><p>{esc(" ".join(data.summary["credits"]))}</p></footer>
<noscript><p class="banner">Figures and controls need scripts; all numbers are in the data tables.</p></noscript>
<script type="application/json" id="page-data">{json_block(page_payload(data))}</script>
<script type="text/plain" id="plotly">{packed}</script>
<script>{own}</script>
</body>
</html>
"""


def _preview(title: str, description: str, place: Place | None) -> str:
    """What a link to the page shows of it elsewhere: title and answer, and in a site its picture."""
    named = [("name", "description", description), ("property", "og:type", "article"),
             ("property", "og:title", title), ("property", "og:description", description)]  # fmt: skip
    if place is not None:
        named += [("property", "og:image", place.picture), ("property", "og:image:alt", description)]
        named += [("property", "og:url", place.address)] if place.address else []
        named.append(("name", "twitter:card", "summary_large_image"))
    return "\n".join(f'<meta {kind}="{name}" content="{esc(content)}">' for kind, name, content in named)


def _documentation(place: Place | None) -> str:
    return "" if place is None else f'<a href="{esc(place.documentation)}">Documentation</a> '


def check_page_path(path: Path) -> None:
    """Check early that a page can go there.

    Raises
    ------
    ConfigError
        It does not end in ``.html``, is a folder, or cannot be written.
    """
    if path.is_dir():
        raise ConfigError(f"'{path}' is a folder: give another file that ends in .html, or remove it")
    if path.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"'{path}' is no page: give a file that ends in .html")
    writable_folder(path.parent)


def policy(scripts: list[str]) -> str:
    """Content security policy: no network at all, and no script but these, whatever the data hold."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def asset(name: str) -> str:
    """Text of a style or script that is shipped with the package."""
    return (resources.files("gapmodel.report") / name).read_text(encoding="utf-8")


def _section(section: Section) -> str:
    return _as_section(section, with_terms(section.html))


def _as_section(section: Section, content_html: str) -> str:
    return (
        f'<section id="{section.name}" aria-labelledby="{section.name}-title">\n'
        f'<h2 id="{section.name}-title">{esc(section.heading)}</h2>\n{content_html}\n</section>'
    )


@cache
def _plotly() -> tuple[str, str]:
    """The drawing library, and the same compressed for the page, which unpacks it: a third of its size."""
    from plotly.offline import get_plotlyjs

    text = get_plotlyjs()
    return text, base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _closed(script: str) -> str:
    """A script that cannot end its element early."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
