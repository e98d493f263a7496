"""Reading a zip archive that someone else made: in memory, within limits, and never to a path it names."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import PurePosixPath

from gapmodel.errors import quoted
from gapmodel.sources.web.http import SourceError

__all__ = ["read_archive"]

MAX_FILES = 1000
MAX_FILE_BYTES = 50 * 2**20
MAX_TOTAL_BYTES = 200 * 2**20


def read_archive(
    content: bytes,
    *,
    what: str,
    ext: str | tuple[str, ...] = ".csv",
    max_files: int = MAX_FILES,
    max_file_bytes: int = MAX_FILE_BYTES,
    max_total_bytes: int = MAX_TOTAL_BYTES,
) -> dict[str, bytes]:
    """Files of a zip archive by their name without folders.

    Parameters
    ----------
    content : bytes
    what : str
        What messages call the archive.
    ext : str or tuple of str
        Other files are left alone, but their names are checked too.
    max_files, max_file_bytes, max_total_bytes : int
        Limits on what is unpacked; sizes are counted while unpacking, not believed.

    Returns
    -------
    dict of str to bytes

    Raises
    ------
    SourceError
        Not a zip archive, damaged, locked, too large, with paths out of its folder, or two files of one name.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > max_files:
                raise SourceError(f"{what} holds {len(entries)} files, more than {max_files}: it is not read")
            for entry in entries:
                _check_name(entry, what)
            files: dict[str, bytes] = {}
            total = 0
            for entry in entries:
                name = PurePosixPath(entry.filename).name
                # macOS adds a shadow of each file.
                if entry.is_dir() or not name.endswith(ext) or entry.filename.startswith("__MACOSX/"):
                    continue
                if name in files:
                    raise SourceError(f"{what} holds two files named {quoted(name)}: which counts is not settled")
                limit = min(max_file_bytes, max_total_bytes - total)
                with archive.open(entry) as stream:
                    data = stream.read(limit + 1)
                if len(data) > limit:
                    raise SourceError(f"{what} unpacks to far more than expected, at {quoted(name)}: it is not read")
                files[name], total = data, total + len(data)
    except RuntimeError:
        raise SourceError(f"{what} is locked with a password: it is not read") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise SourceError(f"{what} is not a whole zip archive ({error}): fetch it again") from None
    if not files:
        endings = ext if isinstance(ext, str) else " or ".join(ext)
        raise SourceError(f"{what} holds no {endings} file: the publisher has changed it")
    return files


def _check_name(entry: zipfile.ZipInfo, what: str) -> None:
    # The name as it stands in the archive: `filename` has been cut at NUL and turned to forward slashes.
    name = entry.orig_filename
    parts = name.replace("\\", "/").split("/")
    outside = name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name
    if outside or stat.S_ISLNK(entry.external_attr >> 16):
        raise SourceError(f"{what} holds the path {quoted(name)}, which leads out of its folder: nothing is read")
