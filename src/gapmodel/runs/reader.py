"""A run folder read back, whole, unaltered and of one voice, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from gapmodel.analysis.schema import Summary, check_file, check_run
from gapmodel.errors import DataError
from gapmodel.files.strict_json import parse_json
from gapmodel.runs.parts import FolderParts, check_hash
from gapmodel.runs.run import Run

__all__ = ["read_run", "verify_files"]

MANIFEST, SUMMARY, CHECKS = "manifest.json", "summary.json", "checks.json"
#: Large, and left out of committed runs; where they are, they must be those that the run wrote.
_MAY_LACK = (".nc", ".pdf")


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
        It is not a run, a file is missing, damaged or was altered after the run, it is of a version whose form this one
        does not read, or its files contradict each other.

    Examples
    --------
    >>> read_run("results/reference/august_2026").gap.unit
    'months'
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"no run folder '{folder}': give a folder that `gapmodel run` wrote")
    manifest = _checked(folder, MANIFEST)[0]
    found = {}
    for name in (SUMMARY, CHECKS):
        found[name], content = _checked(folder, name)
        check_hash(content, name, manifest["files"], folder)
    check_run(found[SUMMARY], found[CHECKS], manifest, where=str(folder))
    return Run(cast(Summary, found[SUMMARY]), found[CHECKS], manifest, FolderParts(folder, manifest["files"]))


def verify_files(run: Run) -> None:
    """Check every file of a run from a folder against its manifest; a run in memory has none.

    Raises
    ------
    DataError
        A file is missing, or is not the one that the run wrote.
    """
    if isinstance(run.parts, FolderParts):
        for name in run.manifest["files"]:
            if run.has(name) or not name.endswith(_MAY_LACK):
                run.parts.verified(name)


def _checked(folder: Path, name: str) -> tuple[dict[str, Any], bytes]:
    try:
        content = (folder / name).read_bytes()
        parsed = parse_json(content)
    except FileNotFoundError:
        raise DataError(
            f"'{folder}' is not a whole run, it has no {name}: give a folder that `gapmodel run` wrote"
        ) from None
    except (OSError, ValueError):
        raise DataError(f"'{folder / name}' cannot be read as JSON: it is damaged, run it again") from None
    check_file(parsed, name, where=str(folder / name))
    return parsed, content
