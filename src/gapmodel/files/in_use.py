"""One command at a time in a folder that fills up bit by bit: a second one is refused, and told which process has it.

A run takes its place at once, so that runs take turns (`gapmodel.files.folder_swap`). A sweep, a snapshot and a ledger
are read, changed and written by one process for minutes; a second one would do the same work, or undo it.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path

from gapmodel.errors import ConfigError, printable
from gapmodel.files.atomic import writable_folder

try:
    import fcntl
except ImportError:  # Not on Windows.
    fcntl = None  # type: ignore[assignment]

__all__ = ["alone_in"]

_held: ContextVar[frozenset[Path]] = ContextVar("held", default=frozenset())
_ATTEMPTS = 100


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes out of `folder` until the end; the same caller may enter again.

    The lock is on a hidden file beside the folder, ``.NAME.in-use``, which says whose it is. It goes with its process,
    so that what a killed one leaves keeps nobody out. Where a disk has no locks, nobody is kept out.

    Raises
    ------
    ConfigError
        Another process is at work there, which the text names; or the folder cannot be written.
    """
    place = writable_folder(folder).resolve()
    if place in _held.get():
        yield
        return
    path = place.with_name(f".{place.name}.in-use")
    missing = [parent for parent in path.parents if not parent.exists()]
    handle = _locked(path, folder)
    token = _held.set(_held.get() | {place})
    try:
        yield
    finally:
        _held.reset(token)
        if handle is not None:
            path.unlink(missing_ok=True)  # before it is unlocked: whoever comes then makes another
            os.close(handle)
        with contextlib.suppress(OSError):  # what was made for the lock alone: it holds something, or is gone
            for parent in missing:
                parent.rmdir()


def _locked(path: Path, folder: Path) -> int | None:
    """Descriptor of the locked file; None where there are no locks."""
    if fcntl is None:
        return None
    for _ in range(_ATTEMPTS):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # the folder went with another command in between
            continue
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_ino == path.stat().st_ino:
                os.ftruncate(handle, 0)
                os.write(handle, _owner().encode())
                return handle
        except BlockingIOError:
            who = printable(os.pread(handle, 200, 0).decode(errors="replace")) or "another process"
            os.close(handle)
            raise ConfigError(
                f"'{folder}' is in use by {who}: wait until it has ended and give the command again, or choose another "
                "folder"
            ) from None
        except FileNotFoundError:  # the one before removed it in between
            pass
        except OSError:  # a disk without locks
            os.close(handle)
            return None
        os.close(handle)
    return None


def _owner() -> str:
    now = datetime.now().astimezone()
    return f"process {os.getpid()} on {socket.gethostname()} since {now:%Y-%m-%d %H:%M %z}"
