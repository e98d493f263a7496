"""What the scripts that write pages share: the committed results, and tables in Markdown."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference"


def read_json(path: str) -> dict[str, Any]:
    """A JSON file below the reference results."""
    return json.loads((REFERENCE / path).read_text(encoding="utf-8"))


def read_csv(path: str) -> pd.DataFrame:
    """A table below the reference results."""
    return pd.read_csv(REFERENCE / path)


def markdown(head: list[str], rows: list[list[str]], *, left: int) -> str:
    """A Markdown table; the first `left` columns are text."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * left + "---:|" * (len(head) - left)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
