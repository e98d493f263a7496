"""Write a figure as PNG, SVG and PDF: atomically, and the same bytes every time."""

from __future__ import annotations

import io
import os
from pathlib import Path

from matplotlib.figure import Figure

from gapmodel.files.atomic import atomic_bytes
from gapmodel.plot.style import styled

__all__ = ["save_figure"]

# Neither the time nor the version of Matplotlib goes into the files.
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def save_figure(fig: Figure, path_stem: str | os.PathLike[str]) -> list[Path]:
    """Write ``<path_stem>.png`` (200 dpi), ``.svg`` (text as outlines) and ``.pdf`` (fonts embedded, for papers).

    Each file is complete or absent: it is written beside its place and moved there. Missing folders are made.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
    path_stem : path-like
        Path without suffix; dots in its last part are kept.

    Returns
    -------
    list of pathlib.Path
        The PNG, the SVG, the PDF.
    """
    stem = Path(path_stem)
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind, metadata in _METADATA.items():
        buffer = io.BytesIO()
        with styled():
            fig.savefig(buffer, format=kind, metadata=metadata)
        path = stem.with_name(f"{stem.name}.{kind}")
        atomic_bytes(path, buffer.getvalue())
        paths.append(path)
    return paths
