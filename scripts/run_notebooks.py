"""Run the notebooks as a reader would, and keep them with their outputs for the site; minutes, since they sample.

    uv run scripts/run_notebooks.py

The notebooks themselves stay without outputs. A test checks that what is kept has their cells.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import nbformat
from nbclient import NotebookClient
from readme_tables import REFERENCE, ROOT

from gapmodel.files.atomic import atomic_text


def executed(path: Path) -> str:
    """A notebook with outputs, as text; without what differs between two runs of the same numbers."""
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        place = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=1200, kernel_name="python3", resources=place).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            # Progress is redrawn all the time: its last state says nothing to a reader.
            cell.outputs = [
                o for o in cell.outputs if o.get("name") != "stderr" and o.output_type != "update_display_data"
            ]
    text = nbformat.writes(notebook) + "\n"
    return re.sub(rf"{re.escape(gettempdir())}/tmp\w{{8}}/", "", text)  # a reader has another folder


if __name__ == "__main__":
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        target = REFERENCE / "notebooks" / path.name
        target.parent.mkdir(exist_ok=True)
        atomic_text(target, executed(path))
        print(target.relative_to(ROOT))
