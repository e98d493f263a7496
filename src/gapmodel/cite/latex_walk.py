r"""Where in a LaTeX file a placeholder stands, and what of the file is set at all.

The file is taken apart as TeX does (control words and signs, comments, groups), with a stack of what is open. What a
file defines for itself is known where it says so by the usual commands (``\lstnewenvironment``,
``\DefineVerbatimEnvironment``, ``\MakeShortVerb``); nothing is run, and signs keep their usual meaning throughout. The
parser of pylatexenc 2.11 is not used: it takes ``lstlisting`` for text, and runs out of stack on nested braces.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["LatexPlaceholder", "first_command", "latex_placeholders", "set_text"]

_NAME = r"\{\{\s*(?P<name>[A-Za-z][\w-]*(?:\.[\w-]+)+)\s*\}\}"
_PLACEHOLDER = re.compile(_NAME)
_SIGN = re.compile(
    rf"{_NAME}|\\(?P<word>[A-Za-z@]+)\*?|\\(?P<sign>.)|(?P<comment>%[^\n]*)|(?P<brace>[{{}}])|(?P<dollar>\$\$?)",
    re.DOTALL,
)
_ENVIRONMENT = re.compile(r"\s*\{\s*([A-Za-z@]+\*?)\s*\}")
_OPTIONS = re.compile(r"\s*(?:\[(?:[^\[\]\n]|\n(?![ \t]*\n))*\]\s*)*")
_ADDRESS = re.compile(r"\{(?:[^{}\n]|\{\{[^{}\n]*\}\})*\}")
_CONDITIONAL = re.compile(r"%[^\n]*|\\(if[A-Za-z@]*|fi|else)(?![A-Za-z@])")
_OWN_VERBATIM = re.compile(
    r"\\(?:lstnewenvironment|DefineVerbatimEnvironment|newverbatim|NewTCBListing|newtcblisting|newminted)\s*"
    r"(?:\[[^\[\]{}]*\])?\{([A-Za-z@]+\*?)\}"
)
_SHORT_VERBATIM = re.compile(
    r"\\(?:MakeShortVerb|DefineShortVerb|lstMakeShortInline)\*?(?:\[[^\[\]{}]*\])?\{?\\([^\sA-Za-z])"
)

_VERBATIM = frozenset(
    {"verbatim", "Verbatim", "BVerbatim", "LVerbatim", "SaveVerbatim", "VerbatimOut", "alltt", "lstlisting", "minted",
     "comment", "filecontents", "verbatimtab", "tcblisting", "pycode", "luacode", "asy"}
)  # fmt: skip
_VERBATIM_WORDS = frozenset({"verb", "Verb", "lstinline", "mintinline", "path", "SaveVerb"})
_MATHEMATICS = frozenset(
    {"math", "displaymath", "equation", "eqnarray", "align", "alignat", "aligned", "alignedat", "flalign", "gather",
     "gathered", "multline", "split", "cases", "array", "matrix", "pmatrix", "bmatrix", "vmatrix", "Vmatrix", "dmath",
     "xalignat", "subarray", "smallmatrix", "IEEEeqnarray", "darray", "dgroup"}
)  # fmt: skip
_TEXT_IN_MATHEMATICS = frozenset(
    {"text", "mbox", "hbox", "textrm", "textbf", "textit", "textsf", "texttt", "textnormal", "textup", "textsc",
     "intertext", "shortintertext", "parbox", "fbox", "makebox"}
)  # fmt: skip
_ADDRESSES = frozenset({"url", "href", "nolinkurl"})
#: Commands whose argument is a name, a file or an address.
_NAMES = frozenset(
    {"label", "ref", "eqref", "pageref", "autoref", "cref", "Cref", "nameref", "vref", "hyperref", "hypertarget",
     "hyperlink", "cite", "citep", "citet", "citealp", "citealt", "citeauthor", "citeyear", "nocite", "parencite",
     "textcite", "autocite", "footcite", "bibitem", "url", "href", "nolinkurl", "includegraphics", "includepdf",
     "input", "include", "includeonly", "subfile", "bibliography", "bibliographystyle", "addbibresource", "usepackage",
     "documentclass", "RequirePackage", "LoadClass", "graphicspath", "hspace", "vspace", "setlength", "addtolength",
     "setcounter", "addtocounter", "pagestyle", "thispagestyle", "newlabel", "lstinputlisting", "inputminted", "begin",
     "end", "ensuremath", "newenvironment", "renewenvironment"}
)  # fmt: skip


@dataclass(frozen=True)
class LatexPlaceholder:
    """As `gapmodel.cite.places.Place`."""

    name: str
    start: int
    end: int
    code: bool = False
    barred: str = ""


def latex_placeholders(text: str) -> list[LatexPlaceholder]:
    r"""Every placeholder of a LaTeX file, in order.

    Examples
    --------
    >>> [(p.code, p.barred[:11]) for p in latex_placeholders(r"{{a.b}} \verb|{{a.b}}| $x {{a.b}}$ % {{a.b}}")]
    [(False, ''), (True, ''), (False, 'mathematics'), (True, '')]
    """
    found = _walk(text).found
    out = []
    for match in _PLACEHOLDER.finditer(text):
        # Those that the walk did not come by are in what it left out.
        barred = found.get(match.start())
        out.append(LatexPlaceholder(match["name"], *match.span(), barred is None, barred or ""))
    return out


def set_text(text: str) -> str:
    r"""The file without its comments and verbatim text, in the same places: blanks stand for them.

    The sign of a comment stays: it joins the lines before and after.

    Examples
    --------
    >>> set_text(r"a \verb|\b| c % d")
    'a \\verb     c %  '
    """
    parts, end = [], 0
    for start, stop in _walk(text).left_out:
        kept = "%" if text[start] == "%" else ""
        parts += [text[end:start], kept + re.sub(r"[^\n]", " ", text[start + len(kept) : stop])]
        end = stop
    return "".join([*parts, text[end:]])


def first_command(text: str, name: str) -> int | None:
    """Position of the first such control word that is no comment and not verbatim; None without."""
    match = re.search(rf"\\{name}(?![A-Za-z@])", set_text(text))
    return match.start() if match else None


@dataclass
class _Walk:
    """What was come by.

    `found` holds the placeholders in what is set, by position, with what bars each; `left_out` the spans that are not
    read as LaTeX. Each frame of `stack` is what opened it, and what bars a placeholder in it.
    """

    found: dict[int, str] = field(default_factory=dict)
    left_out: list[tuple[int, int]] = field(default_factory=list)
    stack: list[tuple[str, str]] = field(default_factory=list)
    opened: Counter[str] = field(default_factory=Counter)

    @property
    def barred(self) -> str:
        return self.stack[-1][1] if self.stack else ""

    def push(self, opener: str, barred: str) -> None:
        self.stack.append((opener, barred))
        self.opened[opener] += 1

    def pop(self, opener: str) -> bool:
        """Close what `opener` opened, with all inside it that was left open; False where nothing is."""
        if not self.opened[opener]:
            return False
        while True:
            closed, _ = self.stack.pop()
            self.opened[closed] -= 1
            if closed == opener:
                return True

    def skip(self, start: int, end: int) -> int:
        self.left_out.append((start, end))
        return end


def _walk(text: str) -> _Walk:
    walk, at, line = _Walk(), 0, _Lines(text)
    names = {match[1] for match in _OWN_VERBATIM.finditer(text)}
    own = _VERBATIM | names | {f"{name}code" for name in names}  # as \\newminted calls them
    short = "".join(sorted({match[1] for match in _SHORT_VERBATIM.finditer(text)}))
    sign = re.compile(f"{_SIGN.pattern}|(?P<short>[{re.escape(short)}])", re.DOTALL) if short else _SIGN
    group: tuple[int, str] | None = None  # where a group begins whose meaning a command gave, and that meaning
    named_until = 0
    ends: dict[str, int] = {}
    while True:
        match = sign.search(text, at)
        if match is None:
            break
        start, at = match.span()
        word = match["word"]
        if match["name"]:
            walk.found[start] = "the options of a command" if start < named_until else walk.barred
        elif match["comment"]:
            walk.skip(start, at)
        elif short and match["short"]:
            at = walk.skip(start, _verbatim_end(text, start))
        elif match["brace"] == "{":
            walk.push("{", group[1] if group and group[0] == start else walk.barred)
        elif match["brace"]:
            walk.pop("{")
        elif match["dollar"]:
            at = _dollar(walk, text, start, line)
        elif match["sign"]:
            if match["sign"] in "([":
                walk.push(match["sign"], _mathematics(line, start))
            elif match["sign"] in ")]":
                walk.pop("(["[")]".index(match["sign"])])
        elif word == "begin" and (name := _ENVIRONMENT.match(text, at)):
            plain = name[1].rstrip("*")
            if name[1] in own or plain in own:
                at = walk.skip(name.end(), _after(text, f"\\end{{{name[1]}}}", name.end(), ends))
            else:
                walk.push(f"\\{name[1]}", _mathematics(line, start) if plain in _MATHEMATICS else walk.barred)
                at = name.end()
        elif word == "end" and (name := _ENVIRONMENT.match(text, at)):
            walk.pop(f"\\{name[1]}")
            at = name.end()
            if name[1] == "document":
                walk.skip(at, len(text))
                break
        elif word == "iffalse":
            at = walk.skip(at, _conditional_end(text, at))
        elif word in _VERBATIM_WORDS:
            begin = _past(_OPTIONS, text, at)
            if word in ("mintinline", "SaveVerb") and (argument := re.compile(r"\{[^{}\n]*\}").match(text, begin)):
                begin = argument.end()
            if text[begin : begin + 1] == "{":
                group = (begin, "the argument of a command for code")
                at = begin
            elif begin < len(text):
                at = walk.skip(begin, _verbatim_end(text, begin))
        elif word:
            if word in _NAMES:
                named_until = _past(_OPTIONS, text, at)
                group = (named_until, f"the argument of \\{word}")
                if word in _ADDRESSES and (address := _ADDRESS.match(text, named_until)):
                    # A per cent sign begins no comment in it.
                    named_until = address.end()
                    for inner in _PLACEHOLDER.finditer(text, *address.span()):
                        walk.found[inner.start()] = group[1]
                    at = named_until
            elif word in _TEXT_IN_MATHEMATICS:
                group = (_past(_OPTIONS, text, at), _outside_mathematics(walk))
    return walk


class _Lines:
    """Line of a position; positions come in order."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def __call__(self, position: int) -> int:
        self._line += self._text.count("\n", self._at, position)
        self._at = max(self._at, position)
        return self._line


def _mathematics(line: _Lines, start: int) -> str:
    return f"mathematics that begins in line {line(start)} (\\text{{...}} makes text of it, \\$ is a dollar sign)"


def _outside_mathematics(walk: _Walk) -> str:
    return "" if walk.barred.startswith("mathematics") else walk.barred


def _dollar(walk: _Walk, text: str, start: int, line: _Lines) -> int:
    """Begin or end mathematics; the position after the sign."""
    inner = walk.stack[-1][0] if walk.stack else ""
    double = text.startswith("$$", start)
    if inner == "$" or (inner == "$$" and double):
        walk.pop(inner)
        return start + len(inner)
    walk.push("$$" if double else "$", _mathematics(line, start))
    return start + (2 if double else 1)


def _after(text: str, end: str, start: int, known: dict[str, int]) -> int:
    """Position after the next `end`; the end of the text without one, which `known` keeps."""
    if known.get(end) == -1:
        return len(text)
    known[end] = text.find(end, start)
    return len(text) if known[end] == -1 else known[end]


def _past(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Position after what the pattern matches there, if anything."""
    match = pattern.match(text, at)
    return match.end() if match else at


@lru_cache(maxsize=256)
def _until(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf"[^\n{re.escape(delimiter)}]*")


def _verbatim_end(text: str, start: int) -> int:
    """Position after the delimiter that ends what the one at `start` began, or the end of the line."""
    end = _past(_until(text[start]), text, start + 1)
    return end + (text[end : end + 1] == text[start])


def _conditional_end(text: str, start: int) -> int:
    depth = 1
    for match in _CONDITIONAL.finditer(text, start):
        word = match[1] or ""
        if word.startswith("if") and word not in ("iff", "ifthenelse"):
            depth += 1
        elif word == "fi" or (word == "else" and depth == 1):
            depth -= 1
        if depth == 0:
            return match.start()
    return len(text)
