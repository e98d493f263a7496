"""The reference run and its claims; a file that cites another run has fixtures of its own."""

import pytest

from gapmodel.cite import collect
from gapmodel.runs.reader import read_run
from tests.support.citedruns import REFERENCE


@pytest.fixture(scope="module")
def run():
    return read_run(REFERENCE)


@pytest.fixture(scope="module")
def claims(run):
    return collect(run)
