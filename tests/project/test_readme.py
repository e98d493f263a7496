"""The README says what the committed results say, and its commands, links and code exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.scriptfile import load_script

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_numbers_are_those_of_the_committed_results():
    script = load_script("update_readme")
    for page in script.PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert script.filled(text) == text, f"{page}: uv run scripts/update_readme.py"
        assert text.count("<!-- end of") == len(re.findall(r"<!-- (?!end of)", text)), page


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    # Code is not prose: its brackets are no links.
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"


def test_it_is_read_in_two_minutes():
    words = re.findall(r"\w[^\s|]*", re.sub(r"<!--.*?-->", "", README))
    assert len(words) <= 400


def test_every_command_named_exists():
    done = subprocess.run(
        [sys.executable, "-m", "gapmodel.cli.app", "--help"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    known = set(re.findall(r"^  ([a-z-]+)  ", done.stdout, re.MULTILINE))
    pages = [README, *(p.read_text(encoding="utf-8") for p in (ROOT / "docs").glob("*.md"))]
    named = {w for page in pages for w in re.findall(r"(?:`|^|uv run )gapmodel ([a-z][a-z-]+)", page, re.MULTILINE)}
    assert named <= known
    assert len(named) > 12
    assert {"run", "fit", "compare", "sensitivity", "influence", "backtest", "calibrate", "cite", "report"} <= known


def test_every_variant_stands_in_its_table():
    page = (ROOT / "docs" / "variants.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) == {
        p.stem for p in (ROOT / "models").glob("*.py") if not p.stem.startswith("_")
    }


def test_the_template_of_a_variant_keeps_the_contract(simulated, tmp_path):
    from gapmodel.inference.contract import check_contract
    from gapmodel.modeling.options import LagOptions
    from gapmodel.modeling.registry import load_variant

    page = (ROOT / "docs" / "variants.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)
    path = tmp_path / "mine.py"
    path.write_text(code, encoding="utf-8")
    scores, _ = simulated
    check_contract(load_variant(str(path)), LagOptions().data(LagOptions().lags(scores)))
