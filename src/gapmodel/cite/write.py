"""The files of ``gapmodel cite``, all made before the first is written."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from gapmodel.cite.bib import bibliography
from gapmodel.cite.claims import Claims
from gapmodel.cite.claims_file import claims_text
from gapmodel.cite.latex import macro_file
from gapmodel.cite.tables import cited_tables, latex_tables, markdown_tables
from gapmodel.cite.targets import MARKDOWN, escape, line_guard, marked
from gapmodel.errors import ConfigError
from gapmodel.files.atomic import atomic_text, writable_folder
from gapmodel.files.folder_swap import place_files
from gapmodel.runs.run import Run

__all__ = ["citation_files", "write_citation"]

#: Name of a file → what every one that was written has, of earlier versions too.
_OURS = {
    "CITATION.bib": "{gapmodel",
    "claims.json": '"claims"',
    "claims.md": "<!--gapmodel ",
    "claims.tex": r"\gapmodelclaim",
    "tables.md": "<!--gapmodel ",
    "tables.tex": r"\gapmodelclaim",
}


def citation_files(run: Run, claims: Claims) -> dict[str, str]:
    """Name → content of every file."""
    tables = cited_tables(run, claims)
    return {
        "CITATION.bib": bibliography(claims),
        "claims.json": claims_text(claims),
        "claims.md": _page(claims),
        "claims.tex": macro_file(claims),
        "tables.md": markdown_tables(tables, claims),
        "tables.tex": latex_tables(tables, claims),
    }


def write_citation(run: Run, claims: Claims, folder: Path) -> list[Path]:
    """Write the files into `folder`, each whole and all of one run; other files in it stay.

    Parameters
    ----------
    run : Run
    claims : Claims
        Of that run.
    folder : pathlib.Path

    Returns
    -------
    list of pathlib.Path
        The files of `citation_files`.

    Raises
    ------
    ConfigError
        The folder cannot be written, or has a file of one of these names that is something else.
    """
    files = citation_files(run, claims)
    writable_folder(folder)
    for name in files:
        if (folder / name).exists() and not _is_ours(folder / name):
            raise ConfigError(f"'{folder / name}' is no file of gapmodel cite and would be lost: give another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".citation-", dir=folder))
        try:
            for name, content in files.items():
                atomic_text(staging / name, content)
            place_files(staging, folder, files)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"cannot write claims to '{folder}': {error.strerror or error}") from error
    return [folder / name for name in files]


def _is_ours(path: Path) -> bool:
    """Whether a file is what was written under its name before."""
    try:
        return _OURS[path.name] in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _page(claims: Claims) -> str:
    source = claims.source
    heading = "Claims (DRAFT, not citable)" if claims.draft else "Claims"
    lines = [
        f"# {heading}",
        "",
        escape(claims.title(), MARKDOWN) + ".",
        "",
        f"Run `{source.run_id}`. Every number is rounded to a step that another seed would leave alone with a "
        "probability of about 95 %; `claims.json` holds each number, its step and its Monte Carlo standard error.",
        "",
        *(escape(credit, MARKDOWN) for credit in source.credits),
    ]
    if source.manifest_sha256:
        lines += ["", f"Manifest SHA-256 `{source.manifest_sha256}`."]
    for name, reason in source.accepted.items():
        lines += ["", f"Data check `{name}` would hold these claims back and was accepted: {escape(reason, MARKDOWN)}"]
    for warning in source.data_warnings:
        lines += ["", f"Data check that warns: {escape(warning, MARKDOWN)}"]
    for claim in claims:
        sentence = line_guard("") + marked(claims, f"{claim.id}.sentence", MARKDOWN)
        lines += ["", f"## `{claim.id}`", "", f"**{marked(claims, claim.id, MARKDOWN)}**", "", sentence]
    return "\n".join(lines) + "\n"
