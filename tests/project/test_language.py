"""Plain English in what people read: one word list, each entry with the better word."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What is counted per what: "one row per model", "one file per job".
_COUNTED = (
    "analysis|builder|card|column|compiled model|fault|file|line|macro|module|page|panel|point|reason|record|row|"
    "straight line|value|variant"
)

#: Regular expression (a blank: any white space) → the better word. Only words without false alarms.
WORDS = {
    r"\b[Mm]end(s|ed|ing)?\b": "fix",
    r"\b[Aa]new\b": "again",
    rf"\b[Oo]ne ({_COUNTED}) an?\b(?! few)": "per: one row per model",
    r"\b[Mm]onths?\)? a (year|month)\b(?! (later|earlier|ago|before|after))": "per: months per year",
    r"\b[Aa] (day a day|month a month|year a year)\b": "per: one day per day",
    r"\b[Oo]ne (day a day|month a month)\b": "per: one day per day",
    r"\b([Dd]raws|[Ss]imulations|fits|jobs|files) a (chain|panel|second|variant|process)\b": "per: draws per chain",
    r"\bESS a second\b": "per: ESS per second",
    r"\b(below|beneath) `{0,2}results/": "under: under `results/`",
    r"\b[Ww]hat came of (it|an?|the)\b": "result: the result of a comparison",
    r"\bwithout a word\b": "silently",
    r"\b(is|are|was|were) tried\b": "tested",
    r"\b[Hh]alf-written\b": "partial",
    r"\b(number|version|figure)s? stands? in\b(?! for)": "is, are: the numbers are in the table",
    r"\bstands? (in|on|there) (two|twice|the table)\b": "is, are: is in the table twice",
    r"\band not[.;:]": "say what is meant instead of ending a clause on 'and not'",
    r"\b(says?|said) nothing of\b": "about: says nothing about price",
}

#: The test itself, and a script that holds the words of committed data (CREDITS.md), which stay as they were published.
SKIPPED = {"tests/project/test_language.py", "scripts/build_dataset.py"}

FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/**/*.md",
        "notebooks/*.ipynb",
        *(
            f"{folder}/**/*{ending}"
            for folder in ("src", "scripts", "models", "tests")
            for ending in (".py", ".js", ".sh")
        ),
        "tests/data/bad/cases.toml",
    )
    for path in ROOT.glob(pattern)
)


def hits(text: str) -> list[tuple[int, str, str]]:
    """Line number, found words and the better word of each hit, in the order of the list; words may span lines."""
    found = []
    for pattern, better in WORDS.items():
        # A line of a wrapped comment begins with its sign.
        spread = pattern.replace(" ", r"(?:\s+(?:#:?\s+)?)")
        for match in re.finditer(spread, text):
            found.append((text.count("\n", 0, match.start()) + 1, " ".join(match[0].split()), better))
    return found


def test_the_words_are_plain():
    faults = [
        f"{name}:{line}: '{words}'; better: {better}"
        for name in FILES
        if name not in SKIPPED
        for line, words, better in hits((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert not faults, "\n" + "\n".join(faults)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("One row a benchmark.", 1),
        ("first\none row\n    a benchmark", 2),
        ("# a slope in months\n# a year", 1),
        ("The lag grows by a day a day.", 1),
        ("10,000 draws a chain", 1),
        ("a folder below `results/`", 1),
        ("Say how to mend it.", 1),
    ],
)
def test_a_hit_is_found_with_its_line(text, line):
    assert [found[0] for found in hits(text)] == [line]


@pytest.mark.parametrize(
    "text",
    ["zero within a year", "three months a year later", "recommend", "one row and a column", "a score below a floor"],
)
def test_plain_words_are_no_hits(text):
    assert hits(text) == []
