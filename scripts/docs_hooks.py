"""What MkDocs does at build beyond Markdown: pages made from code and results, links to the repository, equations.

Pages are written for two readers, the site and a repository browser. So a link to a file outside ``docs/`` is written
as it is in the repository, and leads in the site to the page that shows this file.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from docs_cli import cli_page
from docs_math import with_mathml
from docs_variants import variant_names, variant_page
from mkdocs.structure.files import File, Files, InclusionLevel

from gapmodel.analysis.glossary import TERMS
from gapmodel.analysis.sentences import headline
from gapmodel.files.atomic import atomic_bytes, atomic_text
from gapmodel.report import Place, build_page, read_page_data
from gapmodel.runs.reader import reference_run

ROOT = Path(__file__).parents[1]

# Packages with a page of their modules, in the order of the data flow. The commands have their own page.
PACKAGES = {
    "scores": "Scores",
    "lags": "Lags",
    "sources": "Sources of scores",
    "simulation": "Simulated scores",
    "modeling": "Models",
    "inference": "Answers and checks",
    "audit": "Audit of inputs",
    "analysis": "Analysis",
    "runs": "Runs",
    "validation": "Comparison, backtest, calibration",
    "plot": "Figures",
    "report": "Page",
    "ledger": "Forecasts that are kept",
    "cite": "Citation",
    "stats": "Numbers without a model",
    "files": "Files",
}
# Before the public functions; the classes are on the pages of their packages.
FRONT_DOOR = """# The package

`import gapmodel as gm` gives the functions below ([how to use them](../python.md)), and from the pages of their
packages the types: [`Scores`](scores.md#gapmodel.scores.table.Scores), [`Lags`](lags.md#gapmodel.lags.panel.Lags),
[`LagOptions`](modeling.md#gapmodel.modeling.options.LagOptions),
[`Variant`](modeling.md#gapmodel.modeling.variant.Variant), [the priors](modeling.md#gapmodel.modeling.priors.Normal),
[`SamplerSettings`](inference.md#gapmodel.inference.sampling.SamplerSettings), [`Run`](runs.md#gapmodel.runs.run.Run).
Errors are in `gm.errors`. Studies return a [`Study`](validation.md#gapmodel.validation.study.Study), claims are
[`Claims`](cite.md#gapmodel.cite.claims.Claims).
"""
# Beside the first page.
PREVIEW = ROOT / "results" / "reference" / "august_2026" / "figures" / "average_trend.png"
# Files of the repository that are pages of their own in the site.
TAKEN = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changes.md"}

_PICTURES = (".png", ".svg")
_TYPE = re.compile(r"<code>([^<]*(?:, shape\([^<]*|\w - like[^<]*))</code>")
_LANGUAGES = {".py": "python", ".sh": "bash", ".json": "json", ".toml": "toml", ".csv": "text"}
_CODE_OR_LINK = re.compile(r"```.*?```|`[^`\n]*`|\]\(([^)\s]+)\)", re.DOTALL)


def generated_pages() -> dict[str, tuple[str, str]]:
    """Page in the site → its Markdown, and the file of the repository from which its links are written."""
    pages = {f"variants/{name}.md": (variant_page(name), f"docs/variants/{name}.md") for name in variant_names()}
    pages["index.md"] = (front_stub(), "docs/index.md")
    pages["glossary.md"] = (glossary_page(), "docs/glossary.md")
    pages["cli.md"] = (cli_page(), "docs/cli.md")
    pages["api/gapmodel.md"] = (f"{FRONT_DOOR}\n::: gapmodel.api\n", "docs/api/gapmodel.md")
    for name, title in PACKAGES.items():
        parts = [f"# {title}\n", f"## `gapmodel.{name}`\n\n::: gapmodel.{name}\n"]
        parts += [f"## `gapmodel.{module}`\n\n::: gapmodel.{module}\n" for module in modules_of(name)]
        pages[f"api/{name}.md"] = ("\n".join(parts), f"docs/api/{name}.md")
    for name, page in TAKEN.items():
        pages[page] = ((ROOT / name).read_text(encoding="utf-8"), name)
    for path in notebook_files():
        pages[f"notebooks/{path.stem}.md"] = (notebook_page(path), f"notebooks/{path.name}")
    return pages


def front_stub() -> str:
    """What search finds of the first page, which `on_post_build` writes over."""
    return f"# The answer\n\n{headline(reference_run().summary)}\n"


def glossary_page() -> str:
    """The words that the page of a run explains in place."""
    entries = [f"{term.name}\n:   {term.meaning} [More]({term.page}).\n" for term in TERMS]
    return "\n".join(["# Glossary\n\nThe page of a run explains these words where they stand.\n", *entries])


def front_page(config: Any) -> str:
    """The page of the reference run, as the first page of the site."""
    home = config.site_url or ""
    place = Place(documentation="start.html", picture=urljoin(home, PREVIEW.name), address=home)
    return build_page(read_page_data(reference_run()), place=place)


def on_post_build(config: Any) -> None:
    """Write the first page, and the picture that a preview of a link to it shows."""
    site = Path(config.site_dir)
    atomic_text(site / "index.html", front_page(config))
    atomic_bytes(site / PREVIEW.name, PREVIEW.read_bytes())


def modules_of(package: str) -> list[str]:
    """The modules of a package, those of packages in it too, as dotted names below ``gapmodel``."""
    source = ROOT / "src" / "gapmodel"
    files = sorted(p for p in (source / package).rglob("*.py") if p.stem != "__init__")
    return [".".join(p.relative_to(source).with_suffix("").parts) for p in files]


def notebook_files() -> list[Path]:
    """The notebooks, in order."""
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def notebook_page(path: Path) -> str:
    """A notebook as Markdown, with the outputs that ``scripts/run_notebooks.py`` kept: to run it takes minutes."""
    kept = ROOT / "results" / "reference" / "notebooks" / path.name
    notebook = json.loads(kept.read_text(encoding="utf-8"))
    parts = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        parts += (
            [text] if cell["cell_type"] == "markdown" else [f"```python\n{text}\n```", *map(_output, cell["outputs"])]
        )
    place = f"`notebooks/{path.name}`"
    note = f"*This page is {place} with its outputs. Open the file with Jupyter, where `gapmodel` is installed.*"
    return "\n\n".join([parts[0], note, *parts[1:]]) + "\n"


def _output(output: dict[str, Any]) -> str:
    """One output of a cell: a picture, a table, or text."""
    data = output.get("data", {})
    if "image/png" in data:
        picture = "".join(data["image/png"]).replace("\n", "")
        return f'<p><img alt="Figure drawn by the cell above" src="data:image/png;base64,{picture}"></p>'
    if "text/html" in data:
        lines = "".join(data["text/html"]).splitlines()  # a blank line would end the HTML
        return "<div>" + "\n".join(line for line in lines if line.strip()) + "</div>"
    text = "".join(output["text"] if output["output_type"] == "stream" else data.get("text/plain", ""))
    return f"```text\n{text.rstrip()}\n```"


def on_config(config: Any) -> None:
    """Fill the parts of the navigation that are lists of what there is."""
    lists: dict[str, list[Any]] = {
        "Variants": [{name: f"variants/{name}.md"} for name in variant_names()],
        "Notebooks": [f"notebooks/{path.stem}.md" for path in notebook_files()],
        "API": [{"The package": "api/gapmodel.md"}, *({title: f"api/{name}.md"} for name, title in PACKAGES.items())],
    }
    _fill(config.nav, lists)


def _fill(nav: list, lists: dict[str, list]) -> None:
    for entry in nav:
        if isinstance(entry, dict):
            for title, value in entry.items():
                if isinstance(value, list):
                    value += lists.get(title, [])
                    _fill(value, lists)


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages and every file of the repository that a page links to."""
    config["origins"] = origins = {}
    texts = [(f.src_uri, f.content_string, f"docs/{f.src_uri}") for f in files.documentation_pages()]
    for page, (text, origin) in generated_pages().items():
        files.append(File.generated(config, page, content=text))
        texts.append((page, text, origin))
    for page, text, origin in texts:
        origins[page] = origin
        for target in _outside(text, origin):
            if target not in TAKEN and files.get_file_from_path(site_path(target)) is None:
                files.append(_shown(config, target))
    return files


def _outside(text: str, origin: str) -> list[str]:
    """Files of the repository outside ``docs/`` to which a text links."""
    found = []
    for match in _CODE_OR_LINK.finditer(text):
        target = repository_path(match[1], origin) if match[1] else None
        if target and not target.startswith("docs/") and target != "README.md" and (ROOT / target).is_file():
            found.append(target)
    return found


def repository_path(link: str, origin: str) -> str | None:
    """Path in the repository of a relative link in the file `origin`; None for any other link."""
    path = link.partition("#")[0]
    if not path or re.match(r"[a-z]+:", link):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), path))


def site_path(target: str) -> str:
    """Page or file of the site that shows `target`, a path in the repository."""
    if target.startswith("docs/"):
        return target.removeprefix("docs/")
    if target == "README.md":
        return "index.md"
    if target in TAKEN:
        return TAKEN[target]
    path = Path(target)
    if path.suffix == ".ipynb":
        return f"notebooks/{path.stem}.md"
    if target == "models":
        return "variants.md"
    if path.suffix in _PICTURES:
        return f"repository/{target}"
    return f"repository/{target}" if path.suffix == ".md" else f"repository/{target}.md"


def _shown(config: Any, target: str) -> File:
    """A file of the repository as a file of the site: pictures as they are, text as a page."""
    page = site_path(target)
    if page.endswith(_PICTURES):
        return File.generated(config, page, abs_src_path=str(ROOT / target))
    text = (ROOT / target).read_text(encoding="utf-8")
    if not target.endswith(".md"):
        language = _LANGUAGES.get(Path(target).suffix, "text")
        text = f"# {target}\n\n````{language}\n{text.rstrip()}\n````\n"
    return File.generated(config, page, content=text, inclusion=InclusionLevel.NOT_IN_NAV)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead links to files of the repository to where the site has them."""
    here = page.file.src_uri
    origin = config["origins"].get(here)
    if origin is None:  # a file of the repository that is only shown
        return markdown
    if here == "variants.md":
        markdown = re.sub(r"^\| `(\w+)`", r"| [`\1`](variants/\1.md)", markdown, flags=re.MULTILINE)

    def lead(match: re.Match[str]) -> str:
        link = match[1]
        target = repository_path(link, origin) if link else None
        if target is None or (target.startswith("docs/") and origin.startswith("docs/")):
            return match[0]
        anchor = link.partition("#")[2]
        place = site_path(target)
        if target == "README.md":
            anchor = ""
        relative = posixpath.relpath(place, posixpath.dirname(here) or ".")
        return f"]({relative}{f'#{anchor}' if anchor else ''})"

    return _CODE_OR_LINK.sub(lead, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Draw the equations, and write types as docstrings have them."""
    return with_mathml(_TYPE.sub(lambda match: f"<code>{as_written(match[1])}</code>", html))


def as_written(kind: str) -> str:
    """A docstring's type that was parsed as code, ``(array_like, shape(n))``, as it was: ``array_like, shape (n,)``."""
    if kind.startswith("(") and kind.endswith(")"):
        kind = kind[1:-1]
    kind = re.sub(r"shape\(([^(),]+)\)", r"shape (\1,)", kind.replace(" - like", "-like"))
    return kind.replace("shape(", "shape (")
