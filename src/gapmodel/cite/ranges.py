"""What the variants of a comparison folder say of zero lag."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gapmodel.analysis.forms import VariantRange
from gapmodel.analysis.schema import check_form
from gapmodel.errors import ConfigError, DataError, quoted
from gapmodel.files.safe_csv import csv_table
from gapmodel.runs.run import Run

__all__ = ["VariantRange", "read_ranges"]

_STACKED = "stacked"


def read_ranges(folder: Path | str, run: Run) -> VariantRange:
    """Read a folder that ``gapmodel compare`` wrote.

    Raises
    ------
    DataError
        It is not a whole comparison.
    ConfigError
        It compares on other data, options or horizon than the run's.
    """
    folder = Path(folder)
    spec = _json(folder, folder / "spec.json")
    pairs = {
        "data": (spec.get("data_sha256"), run.summary["data"]["sha256"]),
        "horizon": (spec.get("horizon_years"), run.summary["zero_lag"]["horizon_years"]),
        "options": (spec.get("options"), run.summary["options"]),
    }
    for what, (theirs, ours) in pairs.items():
        if theirs != ours:
            shown = f" ({quoted(str(theirs)[:12])}, the run has '{str(ours)[:12]}')" if what != "options" else ""
            raise ConfigError(
                f"comparison '{folder}' has other {what} than the run{shown}: "
                "run `gapmodel compare` with the data and options of the run"
            )
    try:
        table = csv_table((folder / "comparison.csv").read_bytes())[["variant", "passed"]]
    except (OSError, ValueError, KeyError):
        raise DataError(
            f"comparison '{folder}' has no readable comparison.csv: let `gapmodel compare` finish"
        ) from None
    table = table[table["variant"] != _STACKED]
    kept = sorted(table.loc[table["passed"].astype(str) == "True", "variant"].astype(str))
    zero = {}
    for name in kept:
        if name != Path(name).name:
            raise DataError(f"comparison '{folder}': '{name}' in comparison.csv is no name of a variant")
        content = _json(folder, folder / "variants" / f"{name}.json")
        if "zero_lag" not in content:
            raise DataError(f"comparison '{folder}': {name} has no zero-lag answer, run `gapmodel compare` again")
        zero[name] = content["zero_lag"]
        check_form(zero[name], "zero_lag", where=f"{folder}/variants/{name}.json", again="run `gapmodel compare` again")
        if _reported(zero[name]) != _reported(run.summary["zero_lag"]):
            raise ConfigError(
                f"comparison '{folder}': {name} reports other dates than the run, run `gapmodel compare` again"
            )
    return VariantRange(zero, len(table))


def _reported(zero: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    return [row["date"] for row in zero["probability_by"]], sorted(zero["date_quantiles"])


def _json(folder: Path, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, ValueError):
        name = path.relative_to(folder)
        raise DataError(f"'{folder}' is no comparison, {name} is missing or damaged: give a folder that "
                        "`gapmodel compare` wrote") from None  # fmt: skip
    if not isinstance(content, dict):
        raise DataError(f"'{path}' is not a JSON object: run `gapmodel compare` again")
    return content
