"""Measure, and write a table of ratios and a plot to ``benchmarks/results``.

``python -m benchmarks.run`` runs every section but the backtest in a small form; ``--only lags`` one of them;
``--full`` the sizes that goals are about. ``--against COMMIT`` measures whole commands against an older version
instead, and ends with exit code 1 where a target is missed or, with ``--full``, not measured. A section's results are
kept until it is run again, so that the table can be made in several goes; each says on which machine and with which
versions it ran. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.backtest_section import backtest_section
from benchmarks.growth_section import growth_section
from benchmarks.lag_section import lag_section
from benchmarks.measure import setting
from benchmarks.profile_section import profile_section
from benchmarks.refit_section import refit_section
from benchmarks.sampling_section import sampling_section
from benchmarks.targets import TARGETS, missed, targets_section, targets_table

RESULTS = Path(__file__).parent / "results"
SECTIONS: dict[str, Callable[..., dict[str, Any]]] = {
    "lags": lag_section,
    "sampling": sampling_section,
    "refit": refit_section,
    "growth": growth_section,
    "backtest": backtest_section,
    "profile": profile_section,
}


def main() -> None:
    """Run the sections asked for, then write the table and the plot from all results there are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=SECTIONS, help="this section (repeatable)")
    parser.add_argument("--full", action="store_true", help="the sizes that goals are about; takes an hour or more")
    parser.add_argument("--backtest", action="store_true", help="the backtest too")
    parser.add_argument("--draws", type=int, help="draws per chain in the sections that sample, to try them out")
    parser.add_argument("--against", metavar="COMMIT", help="whole commands against this version, in turn")
    parser.add_argument("--target", action="append", choices=TARGETS, help="with --against: this one (repeatable)")
    parser.add_argument("--repeat", type=int, help="with --against: how often, in place of 5 or 1")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.against:
        sys.exit(_against(given))
    chosen = given.only or [name for name in SECTIONS if name != "backtest" or given.backtest]
    for name in chosen:
        keywords = {} if name == "lags" else {"draws": given.draws}
        found = SECTIONS[name](full=given.full, say=print, **keywords)
        about = {"setting": setting(), "full": given.full, "draws given": given.draws}
        _write(given.out / f"{name}.json", json.dumps({"about": about, **found}, indent=1) + "\n")
    results = {
        name: json.loads(_path(given.out, name).read_text()) for name in SECTIONS if _path(given.out, name).exists()
    }
    text = table(results)
    _write(given.out / "table.md", text)
    print(text)

    from benchmarks.picture import picture
    from gapmodel.plot.save import save_figure

    for path in save_figure(picture(results), given.out / "speed"):
        if path.suffix == ".pdf":
            path.unlink()


def _against(given: argparse.Namespace) -> int:
    """Exit code; results of targets measured before are kept."""
    found = targets_section(
        full=given.full, say=print, against=given.against, only=given.target or (), repeat=given.repeat
    )
    about = {"setting": setting(), "full": given.full}
    path = _path(given.out, "targets")
    before = json.loads(path.read_text()) if path.exists() else {}
    kept = before.get("rows", {}) if before.get("against") == given.against else {}
    new = {key: row | {"about": about} for key, row in found["rows"].items()}
    found["rows"] = {key: (kept | new)[key] for key in TARGETS if key in kept | new}
    _write(path, json.dumps(found, indent=1) + "\n")
    text = targets_table(found)
    _write(given.out / "targets.md", text)
    print(text)
    short = [key for key in missed(found) if given.full or key in found["rows"]]
    print(f"missed: {', '.join(short)}" if short else "all met")
    return 1 if short else 0


def table(results: dict[str, dict[str, Any]]) -> str:
    """The rows of all sections as a Markdown table each, with machine and versions."""
    parts = ["# Speed, measured by `python -m benchmarks.run`", ""]
    for name, found in results.items():
        about = found["about"]
        kind = "full" if about["full"] else "small"
        parts += [f"## {name} ({kind})", ""]
        parts += ["| what | ours | peer | unit | ratio | goal | note |", "|---|--:|--:|---|--:|---|---|"]
        for row in found["rows"]:
            numbers = [_number(row[key]) for key in ("ours", "peer")]
            cells = [row["what"], *numbers, row["unit"], _number(row["ratio"]), row["goal"], row["note"]]
            parts.append(f"| {' | '.join(cells)} |")
        parts += [""] + [f"Skipped: {text}." for text in found.get("skipped", [])]
        parts += [", ".join(f"{key} {value}" for key, value in about["setting"].items()) + ".", ""]
    return "\n".join(parts)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


if __name__ == "__main__":
    main()
