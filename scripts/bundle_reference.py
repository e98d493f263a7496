"""Put the text files of the reference run into the package, so that `gapmodel report` has a run to show at once.

uv run scripts/bundle_reference.py

A test checks that the archive holds what the committed run holds. Pictures are left out: they are drawn again.
"""

import io
import json
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from gapmodel.files.atomic import atomic_bytes
from gapmodel.runs.reader import ARCHIVE, read_run

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference" / "august_2026"


def archive(folder: Path) -> bytes:
    """The JSON and CSV files of a run, in order of their names and without times."""
    run = read_run(folder)
    names = ["manifest.json", *sorted(n for n in run.manifest["files"] if n.endswith((".json", ".csv")))]
    stream = io.BytesIO()
    with ZipFile(stream, "w") as zipped:
        for name in names:
            entry = ZipInfo(name)  # of 1980, whenever it is made
            zipped.writestr(entry, (folder / name).read_bytes(), ZIP_DEFLATED, 9)
    return stream.getvalue()


if __name__ == "__main__":
    content = archive(REFERENCE)
    atomic_bytes(ROOT / "src" / "gapmodel" / "data" / ARCHIVE, content)
    print(f"{len(content) / 1000:.0f} kB of run {json.loads((REFERENCE / 'manifest.json').read_text())['run_id']}")
