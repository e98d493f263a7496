"""A run folder read back, whole and unaltered or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from gapmodel.analysis.schema import Summary, check_summary
from gapmodel.errors import DataError
from gapmodel.runs.parts import FolderParts, check_hash
from gapmodel.runs.run import Run

__all__ = ["read_run"]

MANIFEST, SUMMARY, CHECKS = "manifest.json", "summary.json", "checks.json"
_OF_MANIFEST = ("files", "data", "sampler", "variant", "versions")


def read_run(folder: Path | str) -> Run:
    """Read a run folder.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    Run
        Draws and lags are read when asked for, where the folder has them.

    Raises
    ------
    DataError
        It is not a run, a file is missing or damaged, the summary was altered after the run, or it is of a version
        whose form this one does not read.

    Examples
    --------
    >>> read_run("results/reference/august_2026").gap.unit
    'months'
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"no run folder '{folder}': give a folder that `gapmodel run` wrote")
    manifest = _json(folder, MANIFEST)
    for key, kind in {"run_id": str, **dict.fromkeys(_OF_MANIFEST, dict)}.items():
        if not isinstance(manifest.get(key), kind):
            raise DataError(f"'{folder / MANIFEST}' lacks '{key}': this is no run of this version, run it again")
    found = {}
    for name in (SUMMARY, CHECKS):
        found[name] = _json(folder, name)
        check_hash((folder / name).read_bytes(), name, manifest["files"], folder)
    check_summary(found[SUMMARY], where=str(folder / SUMMARY))
    if not isinstance(found[CHECKS].get("checks"), list):
        raise DataError(f"'{folder / CHECKS}' lacks 'checks': this is no run of this version, run it again")
    return Run(cast(Summary, found[SUMMARY]), found[CHECKS], manifest, FolderParts(folder, manifest["files"]))


def _json(folder: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"'{folder}' is not a whole run, it has no {name}: give a folder that `gapmodel run` wrote"
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        raise DataError(f"'{folder / name}' cannot be read as JSON: it is damaged, run it again") from None
    if not isinstance(content, dict):
        raise DataError(f"'{folder / name}' is not a JSON object: it is damaged, run it again")
    return content
