"""Write the tables and numbers of the README from the committed results, between their markers.

    uv run scripts/update_readme.py

A test checks that the README is what this script writes.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from gapmodel.evidence import known_truth_sentence
from gapmodel.store import atomic_text

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference"


def read_json(path: str) -> dict[str, Any]:
    """A JSON file below the reference results."""
    return json.loads((REFERENCE / path).read_text(encoding="utf-8"))


def read_csv(path: str) -> pd.DataFrame:
    """A table below the reference results."""
    return pd.read_csv(REFERENCE / path)


def answer() -> str:
    """What the tool found, in a few sentences."""
    s = read_json("august_2026/summary.json")
    gap, slope, zero = s["average_gap_months"], s["slope_months_per_year"], s["zero_lag"]
    by = {row["date"]: row["probability"] for row in zero["probability_by"]}
    dates = ["2027-12-31", "2029-12-31", zero["horizon"]]
    chances = ", ".join(f"{by[d]:.2f} by {d}" for d in dates)
    return (
        f"**On {gap['date']}, open-weight models were {gap['median']:.1f} months behind closed ones** (90 % interval "
        f"{interval(gap)}), averaged over {s['data']['n_benchmarks']} benchmarks of Epoch AI. Whether the gap is "
        f"closing is not settled: its trend is {slope['median']:+.1f} months a year (90 % interval {interval(slope)}). "
        f"The probability that the average trend has reached zero is {chances}; with probability "
        f"{zero['probability_never']:.2f} it does not within {zero['horizon_years']:g} years. The prior alone says "
        f"{prior(zero, dates[0])}, {prior(zero, dates[1])} and {prior(zero, dates[2])} for the same dates, so the far "
        f"ones rest on the straight form of the trend, not on data.\n\n{known_truth_sentence(s['known_truth'])}"
    )


def interval(estimate: dict[str, Any]) -> str:
    """Bounds of an interval in words."""
    return f"{estimate['interval']['lower']:.1f} to {estimate['interval']['upper']:.1f}"


def prior(zero: dict[str, Any], date: str) -> str:
    """The prior's probability by a date."""
    return f"{next(row['probability'] for row in zero['prior_probability_by'] if row['date'] == date):.2f}"


def known_truth() -> str:
    """Coverage and false alarms on simulated frontiers."""
    table = read_csv("check_default/table.csv")
    rows = [
        [
            str(r.regime),
            str(r.method),
            str(r.scenario),
            f"{r.slope_coverage:.2f}",
            f"{r.slope_bias:+.2f}",
            f"{r.slope_width:.1f}",
            f"{r.gap_coverage:.2f}",
            f"{r.gap_bias:+.2f}",
            f"{r.gap_width:.1f}",
            f"{r.zero_within_12_months:.2f}",
        ]
        for r in table.itertuples()
    ]
    head = ["evaluations", "method", "true lag", "slope: coverage", "bias", "width", "gap: coverage", "bias", "width"]
    return markdown([*head, "P(zero in a year) > 0.5"], rows, left=3)


def variants() -> str:
    """The comparison's own table."""
    return (REFERENCE / "comparison" / "comparison.md").read_text(encoding="utf-8").strip()


def snapshots() -> str:
    """The two snapshots, one difference taken away at a time."""
    rows = [
        [
            str(r.name_),
            str(r.n_benchmarks),
            f"{r.gap_median:.1f} ({r.gap_lower:.1f} to {r.gap_upper:.1f})",
            f"{r.slope_median:+.1f} ({r.slope_lower:+.1f} to {r.slope_upper:+.1f})",
            f"{r.probability_24:.2f}",
        ]
        for r in read_csv("snapshots/snapshots.csv").rename(columns={"name": "name_"}).itertuples()
    ]
    head = ["data", "benchmarks", "gap on 2026-03-31, months", "slope, months/year", "P(zero in 24 months)"]
    return markdown(head, rows, left=1)


def markdown(head: list[str], rows: list[list[str]], *, left: int) -> str:
    """A Markdown table; the first `left` columns are text."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * left + "---:|" * (len(head) - left)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


BLOCKS: dict[str, Callable[[], str]] = {
    "answer": answer,
    "known truth": known_truth,
    "variants": variants,
    "snapshots": snapshots,
}


def filled(text: str) -> str:
    """The README with every block written anew."""
    for name, make in BLOCKS.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = f"{before}{begin}\n{make()}\n{end}{after}"
    return text


if __name__ == "__main__":
    readme = ROOT / "README.md"
    atomic_text(readme, filled(readme.read_text(encoding="utf-8")))
