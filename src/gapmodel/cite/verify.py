"""Checking a manuscript against a run: is every cited claim there, of these data, and as it was rendered?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gapmodel.analysis.wording import LANGUAGES
from gapmodel.cite.beside import latex_definitions, read_as
from gapmodel.cite.claims import Claims
from gapmodel.cite.claims_file import contradictions, read_claims
from gapmodel.cite.collect import collect
from gapmodel.cite.latex import PREFIX, macro_names
from gapmodel.cite.latex_walk import set_text
from gapmodel.cite.ranges import VariantRange
from gapmodel.cite.render import placeholders, read_manuscript
from gapmodel.cite.targets import (
    LATEX,
    MARKDOWN,
    MARKDOWN_HTML,
    Mark,
    broken_marks,
    escape,
    find_marks,
    line_counter,
    run_label,
    target_of,
)
from gapmodel.errors import UnknownNameError
from gapmodel.runs.run import Run

__all__ = ["Finding", "verify"]

_INPUT = re.compile(
    r"(?<!\\)\\(?:(?:input|include|subfile|InputIfFileExists)\s*\{(?P<whole>[^{}]+)\}"
    r"|(?:sub)?(?:import|inputfrom|includefrom)\*?\s*\{(?P<folder>[^{}]*)\}\s*\{(?P<name>[^{}]+)\}"
    r"|input\s+(?P<bare>[^\s{}\\%]+))"
)
_DEFINITION = re.compile(rf"\\newcommand\{{\\({PREFIX}[A-Z][A-Za-z]*)\}}")
_DEFINED_MARK = re.compile(rf"{_DEFINITION.pattern}\{{(?=\\gapmodelclaim)")
_REDEFINED = re.compile(
    rf"\\(?:renewcommand|providecommand|DeclareRobustCommand|def|gdef|edef|xdef|let)\*?\s*\{{?\\({PREFIX}[A-Z][A-Za-z]*)"
)
# With what TeX takes away behind a macro: blanks, the end of the line, and the blanks of the next.
_USE = re.compile(rf"\\({PREFIX}[A-Z][A-Za-z]*)[ \t]*(?:\n[ \t]*(?!\n))?")
# As `render` escapes: HTML inside Markdown has its own way.
_FORMS = {MARKDOWN: (MARKDOWN, MARKDOWN_HTML)}
_NOT_CLAIMS = {f"{PREFIX}{name}" for name in ("RunId", "ManifestHash", "DataHash", "DataName", "Model", "Credit")}


@dataclass(frozen=True)
class Finding:
    """One cited claim, or what stands in the place of one.

    Attributes
    ----------
    file : str
    line : int
    reference : str
    status : str
        ``ok``; ``stale`` (other data, another run that says something else, or another comparison), ``altered`` (the
        text was edited), ``missing`` (the run has no such claim), ``unrendered`` (a placeholder was left), ``broken``
        (half a mark), ``unchecked`` (the sentence needs the comparison that it was rendered with).
    found, expected : str
    """

    file: str
    line: int
    reference: str
    status: str
    found: str = ""
    expected: str = ""

    @property
    def holds(self) -> bool:
        """Whether the claim may stay as it is."""
        return self.status == "ok"


def verify(manuscript: Path, run: Run, *, ranges: VariantRange | None = None) -> list[Finding]:
    """Every cited claim of a manuscript, in order; LaTeX files that it inputs are followed.

    Parameters
    ----------
    manuscript : pathlib.Path
        Rendered Markdown, HTML or LaTeX, LaTeX that uses the macros of ``claims.tex``, or a ``claims.json``.
    run : Run
    ranges : VariantRange, optional
        The comparison that was used for rendering.

    Raises
    ------
    CheckError
        The run is not citable.
    DataError, ConfigError
        The manuscript cannot be read.
    """
    if manuscript.suffix == ".json":
        return _of_file(manuscript, run, ranges)
    target = target_of(manuscript)
    by_language = {language: collect(run, language=language, ranges=ranges) for language in LANGUAGES}
    # What TeX does not set (comments, verbatim text) cites nothing.
    texts = {path: set_text(text) if target == LATEX else text for path, text in _files(manuscript, target).items()}
    used = {m[1] for text in texts.values() for m in _USE.finditer(_DEFINITION.sub("", text))} - _NOT_CLAIMS
    findings: list[Finding] = []
    names = macro_names(by_language["en"])
    for path, text in texts.items():
        defined = {match.end(): match[1] for match in _DEFINED_MARK.finditer(text)} if target == LATEX else {}
        mine = [Finding(str(path), line, "a mark", "broken") for line in broken_marks(text, target)]
        for mark in find_marks(text, target):
            # Of a file of macros that a manuscript inputs, those count that the manuscript uses.
            if mark.start in defined and path != manuscript and defined[mark.start] not in used:
                continue
            finding = _judge(str(path), mark, run, by_language, ranges, target)
            macro = defined.get(mark.start)
            if macro and finding.status == "ok" and names.get(mark.reference) != macro:
                wants = f"\\{names.get(mark.reference)}"
                finding = Finding(
                    str(path), mark.line, f"\\{macro}", "altered", f"the number of {mark.reference}", wants
                )
            mine.append(finding)
        for item in placeholders(text, target, file=str(path))[0]:
            mine.append(Finding(str(path), item.line, item.name, "unrendered", expected="render the manuscript"))
        findings += sorted(mine, key=lambda f: f.line)
    return findings + _macros(texts, by_language["en"])


def _of_file(path: Path, run: Run, ranges: VariantRange | None) -> list[Finding]:
    """One finding per claim of a ``claims.json``, and one per part of it that is of another run."""
    content = read_claims(path)
    claims = collect(run, language=content["language"], ranges=ranges, draft=content["draft"])
    wrong = {name: (found, expected) for name, found, expected in contradictions(content, claims)}
    names = [*wrong, *(claim["id"] for claim in content["claims"] if claim["id"] not in wrong)]
    stale = content["source"]["data"]["sha256"] != claims.source.data_sha256
    bad = "stale" if stale else "altered"
    return [Finding(str(path), 0, name, bad if name in wrong else "ok", *wrong.get(name, ("", ""))) for name in names]


def _files(manuscript: Path, target: str) -> dict[Path, str]:
    texts: dict[Path, str] = {}
    waiting = [manuscript]
    while waiting:
        path = waiting.pop(0)
        if path in texts:
            continue
        texts[path] = read_manuscript(path)
        if target == LATEX:
            # TeX looks for inputs from the folder of the main file.
            for match in _INPUT.finditer(set_text(texts[path])):
                name = (match["whole"] or match["bare"] or f"{match['folder']}/{match['name']}").strip()
                inputs = [manuscript.parent / name, manuscript.parent / f"{name}.tex"]
                waiting += [p for p in inputs if p.suffix == ".tex" and p.is_file()][:1]
    return texts


def _judge(
    file: str, mark: Mark, run: Run, by_language: dict[str, Claims], ranges: VariantRange | None, target: str
) -> Finding:
    found, here = " ".join(mark.text.split()), (file, mark.line, mark.reference)
    if mark.read_as:
        return Finding(*here, "altered", " ".join(mark.read_as.split()), found)
    claims = by_language.get(mark.language, by_language["en"])
    expected = None
    try:
        if claims.has(mark.reference):
            claim, variant = claims.resolve(mark.reference)
            texts = [" ".join(escape(claim.texts[variant], how).split()) for how in _FORMS.get(target, (target,))]
            expected = found if found in texts else texts[0]
        elif mark.data == claims.source.data_sha256[:12]:
            claims.resolve(mark.reference)
    except UnknownNameError as error:
        return Finding(*here, "missing", found, str(error))
    if mark.data != claims.source.data_sha256[:12]:
        return Finding(
            *here, "stale", f"{found} (data {mark.data})", f"{expected} (data {claims.source.data_sha256[:12]})"
        )
    if not mark.intact:
        return Finding(*here, "altered", found, expected or "")
    ours = claims.source.manifest_sha256[:12]
    if mark.run == run_label(run.run_id) and mark.manifest and ours and mark.manifest != ours:
        return Finding(
            *here, "stale", f"{found} (manifest {mark.manifest})", f"manifest {ours}: the run was made again or altered"
        )
    if found == expected:
        return Finding(*here, "ok", found, found)
    given = "none" if ranges is None else ranges.fingerprint
    if mark.comparison != "none" and given == "none":
        return Finding(*here, "unchecked", found, "give --comparison: it was rendered with one")
    same = mark.run == run_label(run.run_id) and mark.comparison == given
    return Finding(*here, "altered" if same else "stale", found, expected or "")


def _text(claims: Claims, reference: str) -> str:
    claim, variant = claims.resolve(reference)
    return claim.texts[variant]


def _macros(texts: dict[Path, str], claims: Claims) -> list[Finding]:
    """Macros that are used, but that no claim of the run or no file of the manuscript defines."""
    names = macro_names(claims)
    known, shown = set(names.values()), {name: _text(claims, reference) for reference, name in names.items()}
    defined = {m[1] for text in texts.values() for m in _DEFINITION.finditer(text)}
    own = {name: body for text in texts.values() for name, body in latex_definitions(text).items()}
    out = []
    for path, text in texts.items():
        file, line_of = str(path), line_counter(text)
        found = [
            Finding(file, line_of(match.start()), f"\\{match[1]}", "altered", "defined again", "as in claims.tex")
            for match in _REDEFINED.finditer(text)
            if match[1] in known
        ]
        bare = _DEFINITION.sub(lambda match: " " * len(match[0]), text)
        for use in _USE.finditer(bare):
            name, here = use[1], (file, line_of(use.start()), f"\\{use[1]}")
            if name in known and name in defined:
                glued = read_as(bare, use.start(), use.end(), shown[name], latex=True, macros=own)
                if glued:
                    found.append(Finding(*here, "altered", glued, shown[name]))
            elif name not in _NOT_CLAIMS:
                hint = "input claims.tex of the run" if name in known else "the run has no such claim"
                found.append(Finding(*here, "missing", expected=hint))
        out += sorted(found, key=lambda finding: finding.line)
    return out
