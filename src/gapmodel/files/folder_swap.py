"""Replace a folder atomically, safe against kills and concurrent writers.

A folder is written under a hidden name beside its place and renamed. What was there before is renamed first and
removed last; where a process was killed in between, the next one that writes there (`settle_folder`) puts it back or
finishes the work. Processes that do this at one place take turns (`alone_beside`).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from gapmodel.files.keys import refuse_secrets_in

try:
    import fcntl
except ImportError:  # Not on Windows.
    fcntl = None  # type: ignore[assignment]

__all__ = ["DERIVED", "MANIFEST", "alone_beside", "place_files", "settle_folder", "staging_folder", "swap_folder"]

MANIFEST = "manifest.json"

#: What commands make from a run and put into its folder: of the numbers that it held then, so they go with them.
DERIVED = frozenset(
    {
        "report.html",
        *(f"data/{name}.csv" for name in ("answer", "trend", "zero", "lags", "benchmarks", "frontiers", "score_gaps")),
        "data/waiting.csv",
        "data/metadata.json",
        *(f"citation/{name}" for name in ("CITATION.bib", "claims.json", "claims.md", "claims.tex")),
        *(f"citation/{name}" for name in ("tables.md", "tables.tex")),
    }
)
_SECONDS_UNTIL_ABANDONED = 3600
_ATTEMPTS = 100


def staging_folder(folder: Path) -> Path:
    """Make a hidden folder beside `folder`, on the same disk."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f".{folder.name}.new-", dir=folder.parent))


@contextlib.contextmanager
def alone_beside(folder: Path) -> Iterator[None]:
    """Wait for other processes that put a run into `folder` or beside it, and keep them out meanwhile.

    The lock is on the parent folder itself, so that no file is left behind, and goes with its process. Where there is
    none to lock, or the disk has no locks, it does not wait.
    """
    handle = None
    try:
        with contextlib.suppress(OSError):
            handle = os.open(folder.parent, os.O_RDONLY)
            if fcntl:
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def swap_folder(staging: Path, folder: Path) -> None:
    """Put the run `staging` in the place of `folder`, which may hold an earlier run; both have the same parent.

    Files that the earlier run's manifest does not list are the user's, and move along, except those of `DERIVED`.
    Of several processes that do this at once the last one's run stays, whole.

    Raises
    ------
    OSError
        `staging` cannot be moved; what was in `folder` is back in its place.
    ConfigError
        A file of it holds a key (`gapmodel.files.keys`); nothing is changed.
    """
    refuse_secrets_in(staging)
    with alone_beside(folder):
        try:
            _replace(staging, folder)
        finally:
            settle_folder(folder)


def _replace(staging: Path, folder: Path) -> None:
    for attempt in range(_ATTEMPTS):
        with contextlib.suppress(FileNotFoundError):
            folder.rename(_hidden_name(folder, "old"))
        try:
            staging.rename(folder)
        except OSError as error:
            # Not empty: on a disk without locks another process put its run there in between.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or attempt == _ATTEMPTS - 1:
                raise
        else:
            return


def settle_folder(folder: Path) -> None:
    """Finish what a killed process left half done: an earlier run that was moved aside, or a run that it was writing.

    The earlier run is put back where nothing has taken its place; else its foreign files move, and the rest goes. To be
    called within `alone_beside`.
    """
    # Listed first: what is listed and has not left a gap has been replaced by something whole.
    aside = sorted(_beside(folder, "old"), key=_age, reverse=True)
    if aside and not folder.exists():
        _rename(aside.pop(), folder)
    for old in aside:
        if _keep_foreign_files(old, folder):
            # Another name first: one that is half removed must not be taken for a run.
            _rename(old, _hidden_name(folder, "gone"))
    abandoned = [staging for staging in _beside(folder, "new") if _age(staging) > _SECONDS_UNTIL_ABANDONED]
    for waste in (*_beside(folder, "gone"), *abandoned):
        shutil.rmtree(waste, ignore_errors=True)


def place_files(staging: Path, folder: Path, names: Iterable[str]) -> None:
    """Move files that belong together from `staging` into `folder`, below which it lies.

    The earlier ones go first: a process that is killed in between leaves files missing, and never a mixture. Several
    processes take turns.

    Parameters
    ----------
    staging, folder : pathlib.Path
    names : iterable of str
        Files in `staging`.

    Raises
    ------
    OSError
        A file cannot be moved.
    ConfigError
        A file holds a key (`gapmodel.files.keys`); nothing is changed.
    """
    names = list(names)
    refuse_secrets_in(staging)
    with alone_beside(staging):
        for name in names:
            (folder / name).unlink(missing_ok=True)
        for name in names:
            (staging / name).replace(folder / name)


def _beside(folder: Path, kind: str) -> list[Path]:
    name = re.compile(rf"\.{re.escape(folder.name)}\.{kind}-[a-z0-9_]+")
    beside = folder.parent.iterdir() if folder.parent.is_dir() else ()
    return [path for path in beside if name.fullmatch(path.name)]


def _hidden_name(folder: Path, kind: str) -> Path:
    return folder.with_name(f".{folder.name}.{kind}-{secrets.token_hex(8)}")


def _age(path: Path) -> float:
    """Seconds since something was put into a folder or taken out; 0 where it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _keep_foreign_files(old: Path, folder: Path) -> bool:
    """Move the user's files; False where `folder` went away meanwhile and some are still in `old`."""
    written = _written(old)
    for path in sorted(p for p in old.rglob("*") if p.is_file() and p.name != MANIFEST):
        name = path.relative_to(old)
        if name.as_posix() in written or name.as_posix() in DERIVED or (folder / name).exists():
            continue
        for parent in reversed(name.parents[:-1]):
            if not _make(folder / parent):
                return False
        if not _rename(path, folder / name) and path.exists():
            return False
    return True


def _written(old: Path) -> set[str]:
    """Files that the run wrote; none where its manifest is missing or damaged, so that nothing of it is lost."""
    try:
        files = json.loads((old / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return set(files) if isinstance(files, dict) else set()


def _make(folder: Path) -> bool:
    # Without its parents: the run's own folder must never come to be like this.
    try:
        folder.mkdir(exist_ok=True)
    except (FileNotFoundError, FileExistsError, NotADirectoryError):
        return False
    return True


def _rename(source: Path, target: Path) -> bool:
    try:
        source.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        return False
    return True
