"""Known vulnerabilities of what gapmodel needs to run, at the locked versions.

    uv run --group audit scripts/audit.py

One fails it. Where the database of advisories cannot be reached nothing fails, and the last line says of how many
packages advisories were looked up.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def vulnerabilities(report: dict[str, Any]) -> tuple[list[str], int, int]:
    """Those in a report of pip-audit; of how many packages advisories were looked up, and of how many not."""
    packages = report["dependencies"]
    looked_up = [package for package in packages if "skip_reason" not in package]
    found = [f"{p['name']} {p['version']}: {v['id']}" for p in looked_up for v in p["vulns"]]
    return found, len(looked_up), len(packages) - len(looked_up)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "requirements.txt"
        uv = os.environ.get("UV", "uv")  # `uv run` names itself there
        export = (uv, "export", "--locked", "--no-dev", "--no-emit-project", "--quiet", "--output-file", str(pins))
        subprocess.run(export, cwd=ROOT, check=True)
        # Its exit code is 1 for a finding and for a failure alike: the report tells them apart.
        tool = Path(sys.executable).with_name("pip-audit")
        audit = (str(tool), "--requirement", str(pins), "--disable-pip", "--format=json")
        done = subprocess.run(audit, capture_output=True, text=True)
    try:
        found, looked_up, skipped = vulnerabilities(json.loads(done.stdout))
    except json.JSONDecodeError:
        print(done.stderr.strip())
        print("no advisories could be looked up")
        return 0
    for problem in found:
        print(problem)
    print(f"advisories looked up for {looked_up} packages, not for {skipped}: {len(found)} found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
