"""Copies of the reference run with parts changed, and comparisons with it."""

import hashlib
import json
import shutil
from pathlib import Path

from gapmodel.analysis.schema import manifest_digest

REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "august_2026"
FILES = {"claims.json", "claims.md", "claims.tex", "tables.tex", "tables.md", "CITATION.bib"}
HOSTILE = 'A_b $5% & <script>alert(1)</script> | \\input{x} {{gap.average}} [bold]"'


def edited_run(folder, edit=lambda summary, checks: None):
    """A copy of the reference run's JSON files, changed and hashed again."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("summary.json", "checks.json", "manifest.json"):
        shutil.copy(REFERENCE / name, folder / name)
    parts = {name: json.loads((folder / f"{name}.json").read_text()) for name in ("summary", "checks", "manifest")}
    edit(parts["summary"], parts["checks"])
    summary, manifest = parts["summary"], parts["manifest"]
    # What the files say together stays of one voice, as a run writes it.
    manifest |= {"data": summary["data"] | {"credits": summary["credits"]}, "options": summary["options"]}
    manifest["files"] = {}
    for name in ("summary", "checks"):
        content = json.dumps(parts[name])
        (folder / f"{name}.json").write_text(content)
        parts["manifest"]["files"][f"{name}.json"] = hashlib.sha256(content.encode()).hexdigest()
    manifest["sha256"] = manifest_digest(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def comparison(folder, summary, variants):
    """A comparison folder: variant → (passed, how its P(zero by date) and P(never) differ from the run's)."""
    (folder / "variants").mkdir(parents=True)
    zero = summary["zero_lag"]
    spec = {"data_sha256": summary["data"]["sha256"], "horizon_years": zero["horizon_years"]}
    (folder / "spec.json").write_text(json.dumps(spec | {"options": summary["options"]}))
    lines = ["variant,summary,passed"]
    for name, (passed, factor) in variants.items():
        lines.append(f'{name},"what, it says",{passed}')
        rows = [row | {"probability": factor * row["probability"]} for row in zero["probability_by"]]
        never = 1 - rows[-1]["probability"]
        content = {"zero_lag": zero | {"probability_by": rows, "probability_never": never}}
        (folder / "variants" / f"{name}.json").write_text(json.dumps(content))
    (folder / "comparison.csv").write_text("\n".join([*lines, "stacked,mixture,False"]) + "\n")
    return folder


def quick(summary, checks):
    summary |= {"quick": True, "citable": False}
