"""What is built from the sources, installed where no checkout is, finds its entry point, variants, data and assets."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from sysconfig import get_path

import pytest
from packaging.requirements import Requirement

from gapmodel.modeling.registry import list_variants
from gapmodel.runs.provenance import code_sha256

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference" / "august_2026"
UV = os.environ.get("UV") or shutil.which("uv")

_INSIDE = """
import json
from pathlib import Path
import gapmodel
from gapmodel.analysis.wording import LANGUAGES
from gapmodel.modeling.registry import list_variants, load_variant
from gapmodel.sources.bundled import SNAPSHOTS, load

print(json.dumps({
    "place": str(Path(gapmodel.__file__).parent),
    "variants": {name: load_variant(name).sha256 for name in list_variants()},
    "snapshots": {name: load(name).sha256 for name in SNAPSHOTS},
    "languages": list(LANGUAGES),
}))
"""


def run(*words, cwd):
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")}
    words = [str(word) for word in words]
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, and the wheel that is built from it; the checkout stays as it is."""
    source = tmp_path_factory.mktemp("build") / "source"
    source.mkdir()
    junk = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.pyc")
    for name in ("src", "models"):
        shutil.copytree(ROOT / name, source / name, ignore=junk)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, source / name)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", source.parent / "dist", source, cwd=source.parent)
    (sdist,), (wheel,) = (list((source.parent / "dist").glob(ending)) for ending in ("*.tar.gz", "*.whl"))
    return sdist, wheel


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """A fresh environment with the wheel in it; what it depends on comes from this one."""
    if UV is None:
        pytest.skip("uv is not at hand")
    place = tmp_path_factory.mktemp("elsewhere")
    venv.create(place / "env", symlinks=True)
    python = place / "env" / "bin" / "python"
    run(UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, built[1], cwd=ROOT)
    (packages,) = (place / "env" / "lib").glob("python*/site-packages")
    # A path in a .pth file is added without the .pth files in it, so the editable install there plays no part.
    (packages / "dependencies.pth").write_text(get_path("purelib") + "\n")
    return place


def _sources() -> set[str]:
    found = {f"gapmodel/{p.relative_to(ROOT / 'src' / 'gapmodel')}" for p in (ROOT / "src" / "gapmodel").rglob("*")
             if p.is_file() and "__pycache__" not in p.parts}  # fmt: skip
    return found | {f"gapmodel/models/{p.name}" for p in (ROOT / "models").glob("*.py")}


def test_one_version_stands_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (locked,) = (p for p in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
                 if p["name"] == "gapmodel")  # fmt: skip
    cited = dict(re.findall(r"^(version|date-released): (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M))
    newest = re.findall(r"^## (\S+) \((.+)\)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)[0]
    assert version("gapmodel") == locked["version"] == cited["version"] == newest[0] == project["version"]
    assert cited["date-released"] == newest[1]
    supported = [f"Programming Language :: Python :: 3.{k}" for k in (12, 13)]
    assert set(supported) <= set(project["classifiers"])
    assert project["requires-python"] == ">=3.12"


def test_every_dependency_has_a_lower_and_an_upper_bound():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for text in chain(project["dependencies"], *project["optional-dependencies"].values()):
        bounds = sorted(s.operator for s in Requirement(text).specifier)
        assert bounds == ["<", ">="], f"{text}: scripts/check_bounds.sh tries both ends"


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(built):
    with zipfile.ZipFile(built[1]) as wheel:
        names = set(wheel.namelist())
        (metadata,) = (wheel.read(n).decode() for n in names if n.endswith(".dist-info/METADATA"))
    about = {n for n in names if ".dist-info/" in n}
    assert names - about == _sources()
    assert any(n.endswith("licenses/LICENSE") for n in about)
    assert f"Version: {version('gapmodel')}\n" in metadata
    assert "License-Expression: Apache-2.0\n" in metadata


def test_the_sdist_holds_the_sources_and_no_results(built):
    with tarfile.open(built[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "src/gapmodel/report/style.css"} <= names
    assert {f"models/{p.name}" for p in (ROOT / "models").glob("*.py")} <= names
    assert not [name for name in names if name.startswith(("results", ".git", ".venv"))]


def test_the_installed_package_finds_variants_data_and_wordings(installed):
    from gapmodel.analysis.wording import LANGUAGES
    from gapmodel.modeling.registry import load_variant
    from gapmodel.sources.bundled import SNAPSHOTS, load

    found = json.loads(run(installed / "env" / "bin" / "python", "-c", _INSIDE, cwd=installed))
    assert Path(found["place"]).is_relative_to(installed)
    assert found["variants"] == {name: load_variant(name).sha256 for name in list_variants()}
    assert len(found["variants"]) == len(list((ROOT / "models").glob("[!_]*.py"))) >= 12
    assert found["snapshots"] == {name: load(name).sha256 for name in SNAPSHOTS}
    assert found["languages"] == list(LANGUAGES)


def test_the_first_notebook_runs_outside_the_checkout(installed):
    cells = json.loads((ROOT / "notebooks" / "01_first_look.ipynb").read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    (installed / "first_look.py").write_text(code, encoding="utf-8")
    run(installed / "env" / "bin" / "python", "first_look.py", cwd=installed)


def test_the_installed_commands_work(installed):
    command = installed / "env" / "bin" / "gapmodel"
    shutil.copytree(REFERENCE, installed / "run", ignore=shutil.ignore_patterns("*.nc"))
    first = run(command, "--version", cwd=installed).splitlines()[0]
    assert first == f"gapmodel {version('gapmodel')}, code {code_sha256()[:12]}", "that of the checkout"
    assert [line.split(":")[0].removesuffix(" (default)") for line in run(command, "models", cwd=installed).splitlines()
            ] == list(list_variants())  # fmt: skip
    assert "written to" in run(command, "lags", "--out", "lags", cwd=installed)
    assert "reference run" in run(command, "report", cwd=installed)
    run(command, "report", "run", cwd=installed)
    page = (installed / "run" / "report.html").read_text(encoding="utf-8")
    for asset in (ROOT / "src" / "gapmodel" / "report").glob("*.js"):
        assert asset.read_text(encoding="utf-8").strip().splitlines()[-1] in page, asset.name
    run(command, "cite", "run", "--lang", "zh", cwd=installed)
    assert (installed / "run" / "citation" / "claims.tex").stat().st_size > 1000
