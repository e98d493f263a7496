"""The examples in docstrings run, and every public function has one."""

import doctest
import importlib
from pathlib import Path

import pytest

import gapmodel as gm
from tests.conftest import ROOT

PACKAGE = Path(gm.__file__).parent
MODULES = sorted(
    ".".join(("gapmodel", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in PACKAGE.rglob("*.py")
    if "models" not in path.relative_to(PACKAGE).parts and ">>> " in path.read_text()
)
FUNCTIONS = [name for name in gm.__all__ if name[0].islower() and name not in ("errors", "__version__")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, monkeypatch):
    monkeypatch.chdir(ROOT.parent)
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert found.attempted
    assert not found.failed


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_has_an_example(name):
    assert "\nExamples\n" in (getattr(gm, name).__doc__ or "").replace("    Examples", "Examples"), name
