"""Draw the headline picture of the committed runs again, from their tables; samples nothing.

    uv run scripts/redraw_trend.py

The range over forms of the trend is that of the other variants' committed runs on the same data and choices.
"""

import json

from readme_tables import REFERENCE

from gapmodel.files.atomic import file_hashes, write_json
from gapmodel.plot import save_figure
from gapmodel.runs.reader import read_run


def main() -> None:
    """Draw them, and write their new hashes into the manifests."""
    runs = {path.parent: read_run(path.parent) for path in sorted(REFERENCE.glob("*/manifest.json"))}
    for folder, run in runs.items():
        forms = {
            other.manifest["variant"]["name"]: other.table("trend_bands.csv")
            for other in runs.values()
            if other.manifest["variant"]["name"] != run.manifest["variant"]["name"]
            and other.manifest["data"]["sha256"] == run.manifest["data"]["sha256"]
            and other.summary["options"] == run.summary["options"]
        }
        save_figure(run.plot.trend(forms=forms), folder / "figures" / "average_trend")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        drawn = {n: h for n, h in file_hashes(folder).items() if n.startswith("figures/average_trend")}
        manifest["files"] |= drawn
        write_json(folder / "manifest.json", manifest)
        print(folder.name, ", ".join(forms) or "no other forms")


if __name__ == "__main__":
    main()
