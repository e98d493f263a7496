"""The examples in docstrings of public functions run, and every public function has one."""

import doctest
import importlib

import pytest

import gapmodel as gm
from tests.conftest import ROOT

MODULES = [
    "gapmodel.analysis.schema", "gapmodel.api", "gapmodel.lags.measures", "gapmodel.modeling.options",
    "gapmodel.modeling.priors", "gapmodel.modeling.registry", "gapmodel.runs.estimates", "gapmodel.runs.reader",
    "gapmodel.runs.run", "gapmodel.scores.names", "gapmodel.sources.load", "gapmodel.validation.studies",
]  # fmt: skip
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
