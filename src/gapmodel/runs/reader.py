"""A run folder read back, whole, unaltered and of one voice, or not at all."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile, ZipFile

from gapmodel.analysis.schema import Summary, check_file, check_run
from gapmodel.errors import DataError
from gapmodel.files.strict_json import parse_json
from gapmodel.runs.parts import BundledParts, FolderParts, check_hash
from gapmodel.runs.run import Run

__all__ = ["ARCHIVE", "read_run", "reference_run", "verify_files"]

MANIFEST, SUMMARY, CHECKS = "manifest.json", "summary.json", "checks.json"
#: Large, and left out of committed runs; where they are, they must be those that the run wrote.
_MAY_LACK = (".nc", ".pdf")
#: The run that comes with the package (``scripts/bundle_reference.py``), and what it lacks of its folder.
ARCHIVE = "reference_run.zip"
_NOT_BUNDLED = (".png", ".svg")


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
    return _assembled(FolderParts(folder, {}))


def reference_run() -> Run:
    """The run that comes with the package: the default variant on the newest bundled data, all its draws taken.

    Returns
    -------
    Run
        What ``results/reference/august_2026`` of the repository holds, without pictures: no draws, nothing to sample.

    Raises
    ------
    DataError
        The installed package is damaged.

    Examples
    --------
    >>> reference_run().gap == read_run("results/reference/august_2026").gap
    True
    """
    source = resources.files("gapmodel.data") / ARCHIVE
    try:
        with ZipFile(BytesIO(source.read_bytes())) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except (OSError, BadZipFile):
        raise DataError(f"the reference run ({ARCHIVE}) cannot be read: install gapmodel again") from None
    return _assembled(BundledParts(Path(ARCHIVE), {}, files))


def _assembled(parts: FolderParts) -> Run:
    manifest = _checked(parts, MANIFEST)[0]
    found = {}
    for name in (SUMMARY, CHECKS):
        found[name], content = _checked(parts, name)
        check_hash(content, name, manifest["files"], parts.folder)
    check_run(found[SUMMARY], found[CHECKS], manifest, where=str(parts.folder))
    return Run(cast(Summary, found[SUMMARY]), found[CHECKS], manifest, replace(parts, hashes=manifest["files"]))


def verify_files(run: Run) -> None:
    """Check every file of a run from a folder against its manifest; a run in memory has none.

    Raises
    ------
    DataError
        A file is missing, or is not the one that the run wrote.
    """
    if isinstance(run.parts, FolderParts):
        may_lack = _MAY_LACK + _NOT_BUNDLED if isinstance(run.parts, BundledParts) else _MAY_LACK
        for name in run.manifest["files"]:
            if run.has(name) or not name.endswith(may_lack):
                run.parts.verified(name)


def _checked(parts: FolderParts, name: str) -> tuple[dict[str, Any], bytes]:
    folder = parts.folder
    try:
        content = parts.content(name)
        parsed = parse_json(content)
    except FileNotFoundError:
        raise DataError(
            f"'{folder}' is not a whole run, it has no {name}: give a folder that `gapmodel run` wrote"
        ) from None
    except (OSError, ValueError):
        raise DataError(f"'{folder / name}' cannot be read as JSON: it is damaged, run it again") from None
    check_file(parsed, name, where=str(folder / name))
    return parsed, content
