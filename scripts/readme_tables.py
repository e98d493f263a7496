"""What the scripts that write pages share: the committed results, intervals in words, tables in Markdown."""

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


def interval(estimate: dict[str, Any]) -> str:
    """Bounds of an interval in words."""
    return f"{estimate['interval']['lower']:.1f} to {estimate['interval']['upper']:.1f}"


def markdown(head: list[str], rows: list[list[str]], *, left: int) -> str:
    """A Markdown table; the first `left` columns are text."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * left + "---:|" * (len(head) - left)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def chances(zero: dict[str, Any], dates: list[str]) -> str:
    """The probabilities of zero by some dates of a summary."""
    by = {row["date"]: row["probability"] for row in zero["probability_by"]}
    return ", ".join(f"{by[d]:.2f} by {d}" for d in dates)
