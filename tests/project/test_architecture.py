"""Imports run one way between packages; the core and the help are free of PyMC; the top holds packages."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "gapmodel"

# From the bottom up: a package may import those above it in this list only. Data are read, not imported.
ORDER = [
    "errors", "units", "stats", "files", "scores", "simulation", "lags", "sources", "modeling", "inference", "audit",
    "analysis", "plot", "runs", "validation", "report", "cite", "ledger", "api", "cli",
]  # fmt: skip
# Packages whose tests pass where neither PyMC nor ArviZ is installed.
WITHOUT_PYMC = ["errors", "units", "stats", "files", "scores", "simulation", "lags", "sources"]
HEAVY = {"pymc", "pytensor", "arviz", "arviz_base", "arviz_stats", "arviz_plots", "nutpie", "numba"}


def _imports(path: Path) -> set[str]:
    """What of gapmodel a file imports, by the name below ``gapmodel``; other packages by their own name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            if parts[0] == "gapmodel":
                found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
            else:
                found.add(parts[0])
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            found |= {name[1] if name[0] == "gapmodel" and len(name) > 1 else name[0] for name in names}
    return found


def _files(name: str) -> list[Path]:
    place = SOURCE / name
    return sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]


def test_the_top_holds_packages_and_three_modules():
    top = {p.name.removesuffix(".py") for p in SOURCE.iterdir() if p.suffix in ("", ".py")} - {"__pycache__"}
    assert top == {*ORDER, "data", "__init__"}
    assert {p.stem for p in SOURCE.glob("*.py")} == {"__init__", "errors", "units", "api"}


@pytest.mark.parametrize("package", ORDER)
def test_imports_run_one_way(package):
    above = set(ORDER[ORDER.index(package) + 1 :])
    wrong = {str(p.relative_to(SOURCE)): _imports(p) & above for p in _files(package)}
    assert {name: arrows for name, arrows in wrong.items() if arrows} == {}


@pytest.mark.parametrize("package", WITHOUT_PYMC)
def test_the_core_names_no_sampler(package):
    assert {str(p): _imports(p) & HEAVY for p in _files(package) if _imports(p) & HEAVY} == {}


def test_variants_import_only_model_pieces():
    for path in (ROOT / "models").glob("*.py"):
        assert _imports(path) & {*ORDER, "cli"} <= {"errors", "modeling"}, path.name


def test_no_file_is_longer_than_one_subject_needs():
    files = [p for folder in ("src", "models", "scripts", "benchmarks", "tests") for p in (ROOT / folder).rglob("*.py")]
    lengths = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in files}
    assert {name for name, n in lengths.items() if n > 600} == set()


def test_tests_mirror_the_source():
    folders = {p.name for p in (ROOT / "tests").iterdir() if p.is_dir()} - {"__pycache__", "data", "support", "project"}
    assert folders <= set(ORDER)


def test_light_commands_import_no_pymc():
    code = (
        "import sys\n"
        "import gapmodel\n"
        "assert not {'numpy', 'pandas'} & set(sys.modules), 'import gapmodel'\n"
        "from gapmodel.cli import app\n"
        "for command in (['--help'], ['lags', '--help'], ['variants']):\n"
        "    sys.argv = ['gapmodel', *command]\n"
        "    try: app.main()\n"
        "    except SystemExit: pass\n"
        "    heavy = {'pymc', 'arviz', 'nutpie', 'pytensor'}\n"
        "    heavy |= {'numpy', 'pandas'} if '--help' in command else set()\n"
        "    assert not heavy & set(sys.modules), command\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_commands_without_a_model_import_only_what_they_use(tmp_path):
    code = (
        "import sys\n"
        "from gapmodel.cli import app\n"
        "sys.argv = ['gapmodel', *sys.argv[1:]]\n"
        "try: app.main()\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "heavy = {'pymc', 'arviz', 'nutpie', 'numba', 'scipy', 'dask', 'distributed', 'matplotlib', 'gapmodel.audit'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    for words in (
        ["lags", "--out", "lags"],
        ["data", "show"],
        ["data", "validate", str(SOURCE / "data/epoch_2026-08/scores.csv")],
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (words, done.stderr)
