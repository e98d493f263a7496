"""Draw the pictures of the trend and of P(zero) of the committed runs again, from their tables; samples nothing.

    uv run scripts/redraw_trend.py

The range over variants is that of the committed runs and of `forms`, on the same data and choices, where their checks
passed.
"""

import json

import pandas as pd
from readme_tables import REFERENCE, read_json

from gapmodel.analysis.schema import manifest_digest
from gapmodel.files.atomic import file_hashes, write_json
from gapmodel.plot import save_figure
from gapmodel.runs.reader import read_run


def main() -> None:
    """Draw them, and write their new hashes into the manifests."""
    runs = {path.parent: read_run(path.parent) for path in sorted(REFERENCE.glob("*/manifest.json"))}
    fitted = {
        path.parent: read_json(str(path.parent / "summary.json")) for path in REFERENCE.glob("**/trend_bands.csv")
    }
    for folder, run in runs.items():
        forms = {
            other["model"]: pd.read_csv(path / "trend_bands.csv", parse_dates=["date"])
            for path, other in sorted(fitted.items())
            if other["model"] != run.summary["model"]
            and other["citable"]
            and other["data"]["sha256"] == run.summary["data"]["sha256"]
            and other["options"] == run.summary["options"]
        }
        save_figure(run.plot.trend(forms=forms), folder / "figures" / "average_trend")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        save_figure(run.plot.zero_probability(), folder / "figures" / "zero_probability")
        again = ("figures/average_trend", "figures/zero_probability")
        drawn = {n: h for n, h in file_hashes(folder).items() if n.startswith(again)}
        manifest["files"] |= drawn
        manifest["sha256"] = manifest_digest(manifest)
        write_json(folder / "manifest.json", manifest)
        print(folder.name, ", ".join(forms) or "no other forms")


if __name__ == "__main__":
    main()
