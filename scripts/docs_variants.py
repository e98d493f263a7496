"""Pages of the variants: their docstrings as Markdown, with the numbers of the committed comparison.

A variant that is not in the comparison has those of its own run, where one is committed.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

__all__ = ["docstring_markdown", "variant_names", "variant_page"]

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference"
COMPARISON = REFERENCE / "comparison"

_RULE = re.compile(r"^=+( =+)+$")


def variant_names() -> list[str]:
    """Names of the shipped variants, the default first."""
    from gapmodel.modeling.registry import list_variants

    return list(list_variants())


def variant_page(name: str) -> str:
    """The page of one variant."""
    source = f"models/{name}.py"
    doc = ast.get_docstring(ast.parse((ROOT / source).read_text(encoding="utf-8"))) or ""
    summary, _, rest = doc.partition("\n")
    return (
        f"# `{name}`\n\n{summary}\n\nThe model in the file: [`{source}`](../../{source}). "
        "All variants beside each other: [model variants](../variants.md).\n\n"
        f"## Model\n\n{docstring_markdown(rest)}\n\n## What it says\n\n{_numbers(name)}\n"
    )


def docstring_markdown(text: str) -> str:
    """The reStructuredText that docstrings of variants use, as Markdown: equations, simple tables, literals.

    A ``.. math::`` block becomes ``$$``, with its lines aligned at ``&``; a role ``:math:`` becomes ``$``.
    """
    lines, out = text.strip("\n").split("\n"), []
    k = 0
    while k < len(lines):
        if lines[k].startswith(".. math::"):
            block, k = _indented(lines, k + 1)
            body = "\n".join(block)
            if "&" in body:
                body = f"\\begin{{split}}\n{body}\n\\end{{split}}"
            out += ["$$", body, "$$", ""]
        elif _RULE.match(lines[k]):
            table, k = _table(lines, k)
            out += table
        else:
            out.append(_inline(lines[k]))
            k += 1
    # A role may be broken over two lines.
    return re.sub(r":math:`([^`]+)`", _role, "\n".join(out)).strip()


def _role(match: re.Match[str]) -> str:
    return f"${' '.join(match[1].split())}$"


def _inline(line: str) -> str:
    return line.replace("``", "`")


def _indented(lines: list[str], k: int) -> tuple[list[str], int]:
    block = []
    while k < len(lines) and (lines[k].startswith(" ") or not lines[k].strip()):
        block.append(lines[k].strip())
        k += 1
    return [line for line in block if line], k


def _table(lines: list[str], k: int) -> tuple[list[str], int]:
    """A simple table that starts at line `k`: a rule, the head, a rule, rows, a rule."""
    starts = [m.start() for m in re.finditer(r"=+", lines[k])]
    ends = [*(s - 1 for s in starts[1:]), None]
    stop = [j for j in range(k + 1, len(lines)) if _RULE.match(lines[j])][1]
    rows = []
    for line in (lines[k + 1], *lines[k + 3 : stop]):
        cells = [line[a:b].strip().replace("|", "\\|") for a, b in zip(starts, ends, strict=True)]
        rows.append(f"| {' | '.join(cells)} |")
    return [rows[0], "|---" * len(starts) + "|", *rows[1:]], stop + 1


def _numbers(name: str) -> str:
    """What a fit of the variant said; of one that is compared, its row of the comparison."""
    table = pd.read_csv(COMPARISON / "comparison.csv", keep_default_na=True).set_index("variant")
    if name in table.index:
        fit, sampler = _json(COMPARISON / "variants" / f"{name}.json"), _json(COMPARISON / "spec.json")["sampler"]
        return _said(fit, sampler, "the comparison of all variants", table.loc[name])
    folder = REFERENCE / name
    if not (folder / "summary.json").is_file():
        return "It is not in the comparison of variants, and no full run of it is committed yet."
    return _said(_json(folder / "summary.json"), _json(folder / "manifest.json")["sampler"], "its run", None)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _said(fit: dict[str, Any], sampler: dict[str, Any], source: str, row: Any) -> str:
    """Gap, slope, checks and probabilities of a fit, with the scores of `row`, where it has any."""
    zero, checks = fit["zero_lag"], fit["diagnostics"]
    priors = {r["date"]: r["probability"] for r in zero["prior_probability_by"]}
    shown = [r for r in zero["probability_by"] if r["date"].endswith("12-31") or r["date"] == zero["horizon"]]
    gap, slope = fit["average_gap_months"], fit["slope_months_per_year"]
    rows = [
        ["average gap, months", f"{gap['median']:.1f} ({_interval(gap, '.1f')})"],
        ["slope, months/year", f"{slope['median']:+.1f} ({_interval(slope, '+.1f')})"],
    ]
    if row is not None and pd.notna(row.elpd_future):
        rows += [
            ["elpd of months ahead, difference to the best", _difference(row.difference_future, row.se_future)],
            ["elpd of new benchmarks, difference to the best", _difference(row.difference_benchmark, row.se_benchmark)],
            ["weight in the stack", f"{row.weight:.2f}"],
            ["not reproduced", _words(row.flagged)],
        ]
    verdict = "passed" if checks["passed"] else "failed"
    rows.append(
        [
            f"convergence ({verdict})",
            f"R-hat at most {checks['rhat_max']:.3f}, bulk ESS at least {checks['ess_bulk_min']:.0f}, "
            f"{checks['divergences']} divergences",
        ]
    )
    note = f"\n\nNote: {row.note}." if row is not None and isinstance(row.note, str) and row.note else ""
    quantities = "\n".join(f"| {label} | {value} |" for label, value in rows)
    chances = "\n".join(f"| {r['date']} | {r['probability']:.2f} | {priors[r['date']]:.2f} |" for r in shown)
    return (
        f"On {zero['start']}, from {source} on the bundled data "
        f"({sampler['chains']} chains of {sampler['draws']} draws; medians and 90 % intervals):\n\n"
        f"| quantity | value |\n|---|---|\n{quantities}{note}\n\n"
        f"Probability that the average trend has reached zero, and what the prior alone says:\n\n"
        f"| by | posterior | prior alone |\n|---|---:|---:|\n{chances}\n"
        f"| not within {zero['horizon_years']:g} years | {zero['probability_never']:.2f} "
        f"| {zero['prior_probability_never']:.2f} |"
    )


def _interval(estimate: dict[str, Any], how: str) -> str:
    bounds = estimate["interval"]
    return f"{bounds['lower']:{how}} to {bounds['upper']:{how}}"


def _difference(value: float, error: float) -> str:
    return "the best" if value == 0 else f"{value:.1f} ± {error:.1f}"


def _words(flagged: object) -> str:
    return flagged.replace("_", " ") if isinstance(flagged, str) and flagged else "nothing was flagged"
