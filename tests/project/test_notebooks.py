"""The notebooks run from the first cell to the last, and are kept without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
IDS = [path.stem for path in NOTEBOOKS]


def test_there_are_four():
    assert [name[:2] for name in IDS] == ["01", "02", "03", "04"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_it_is_valid_and_holds_no_outputs(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    words = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "citable" in words or "cite" in words
    assert "prior" in words or "before data" in words


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_what_the_site_shows_was_run_from_these_cells(path):
    kept = nbformat.read(ROOT / "results" / "reference" / "notebooks" / path.name, as_version=4)
    notebook = nbformat.read(path, as_version=4)
    assert [(c.cell_type, c.source) for c in kept.cells] == [(c.cell_type, c.source) for c in notebook.cells], (
        "uv run scripts/run_notebooks.py"
    )
    outputs = [output for cell in kept.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert "/tmp" not in "".join(str(o.get("text", "")) + str(o.get("data", {}).get("text/plain", "")) for o in outputs)


# The first runs in `test_packaging`, outside the checkout, on what is installed.
@pytest.mark.parametrize("path", NOTEBOOKS[1:], ids=IDS[1:])
def test_it_runs(path, tmp_path, request):
    notebook = nbformat.read(path, as_version=4)
    # That one samples; what a cell does with draws it does with draws from the prior.
    if not request.config.getoption("--every-variant"):
        request.getfixturevalue("without_sampler")
    place = {"metadata": {"path": str(tmp_path)}}
    # A cell that raises, and one that takes longer, fail the test.
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not list(tmp_path.iterdir()), "a notebook leaves no files where it is run"
