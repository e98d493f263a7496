"""Imports run one way; the core and the help are free of PyMC; nothing draws or reads at import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "gapmodel"

# From the bottom up: a module may import those above it in this list only.
ORDER = [
    "errors", "units", "console", "draws", "csvtext", "scorefaults", "scoretypes", "scores", "rescaling", "sources",
    "selection", "frontier", "groups", "behind", "sides", "lag", "update", "views",
    "baseline", "scoring", "uniformity", "naive", "untidy", "simulate", "evidence", "swap", "store", "jobs", "saved",
    "paneldata", "variant", "scoredata", "lagoptions", "audit", "likelihood", "predictive", "integrated",
    "integratedop",
    "registry", "fit", "compilecache", "checks", "gap", "crossing", "latent", "latentforecast",
    "sbc", "ppc", "priors", "powerscale", "contract", "compare", "summary", "analysis", "recovery", "latentcheck",
    "comparisonjobs", "comparisontable", "comparison", "sweep", "multiverse", "decomposition", "stackingcheck",
    "replay", "backtest", "skill", "plot", "calibration", "falsealarm", "sensitivityfolder", "trustfolder", "report",
    "figures", "provenance", "runfolder", "progressbar", "terminal", "cite", "commands", "cli",
]  # fmt: skip
WITHOUT_PYMC = ORDER[: ORDER.index("audit") + 1]


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gapmodel"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
    return found


def _modules():
    for path in sorted(SOURCE.rglob("*.py")):
        top = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        if top not in ("__init__", "data"):
            yield top, path


ROOT = SOURCE.parents[1]


def test_no_file_is_longer_than_one_subject_needs():
    files = [p for folder in ("src", "models", "scripts", "benchmarks", "tests") for p in (ROOT / folder).rglob("*.py")]
    lengths = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in files}
    assert {name for name, n in lengths.items() if n > 600} == set()


def test_every_module_has_its_place():
    assert {top for top, _ in _modules()} - {"cells"} <= set(ORDER)


@pytest.mark.parametrize(("top", "path"), [pytest.param(t, p, id=str(p.relative_to(SOURCE))) for t, p in _modules()])
def test_imports_run_one_way(top, path):
    if top == "cells":
        assert _imports(path) <= {"errors", "units", "cells"}
        return
    allowed = {*ORDER[: ORDER.index(top) + 1], "cells", "__version__"}
    assert _imports(path) <= allowed


def test_variants_import_only_model_pieces():
    for path in (SOURCE.parents[1] / "models").glob("*.py"):
        assert _imports(path) <= {"variant", "likelihood", "integratedop", "scoredata"}, path.name


@pytest.mark.parametrize("command", [["--help"], ["lags", "--help"], ["models"]])
def test_light_commands_import_no_pymc(command):
    code = (
        "import sys; from gapmodel import cli; sys.argv = ['gapmodel', *%r]\n"
        "try: cli.main()\nexcept SystemExit: pass\n"
        "assert not {'pymc', 'arviz', 'nutpie', 'pytensor'} & set(sys.modules)" % command
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_core_imports_no_pymc():
    names = ", ".join(f"gapmodel.{name}" for name in WITHOUT_PYMC)
    code = f"import sys, {names}; assert not {{'pymc', 'arviz', 'pytensor'}} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
