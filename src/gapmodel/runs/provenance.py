"""What code made a number: versions, and a hash of the package's own files."""

from __future__ import annotations

import hashlib
import importlib.resources
import platform
from importlib.metadata import version

__all__ = ["code_sha256", "package_versions"]

_PACKAGES = ("gapmodel", "pymc", "pytensor", "nutpie", "numba", "arviz", "numpy", "pandas", "xarray")


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that a posterior depends on; imports none of them."""
    return {"python": platform.python_version(), **{package: version(package) for package in _PACKAGES}}


def code_sha256() -> str:
    """Hash of the package's Python files, variants included: the same in a checkout and in what was built from it.

    The version of a package says what was released; between releases this tells one state of the code from another.
    """
    files = {}
    # In a checkout the variants lie outside the package's own folder.
    for part, name in (("gapmodel", "gapmodel"), ("gapmodel.models", "gapmodel/models")):
        todo = [(importlib.resources.files(part), name)]
        while todo:
            folder, place = todo.pop()
            for item in folder.iterdir():
                if item.is_dir():
                    todo.append((item, f"{place}/{item.name}"))
                elif item.name.endswith(".py"):
                    files[f"{place}/{item.name}"] = hashlib.sha256(item.read_bytes()).hexdigest()
    return hashlib.sha256("\n".join(f"{digest}  {name}" for name, digest in sorted(files.items())).encode()).hexdigest()
