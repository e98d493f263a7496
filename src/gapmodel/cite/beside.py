"""What stands right beside a cited number and would be read as part of it: a digit, a decimal part, a sign."""

from __future__ import annotations

import re

__all__ = ["read_as"]

# So far is looked in either direction, so that time grows with the length of a manuscript alone.
_NEAR = 200
# What readers do not see: comments, tags that set letters in another way (not higher: that is a note), emphasis.
_UNSEEN = r"(?:<!--(?:(?!-->).)*-->|</?(?:b|em|i|mark|span|strong|u)\b[^<>]*>|[*_~{}])*"
_AFTER = re.compile(rf"{_UNSEEN}((?:[.,]|[eE][+-]?)?[0-9][0-9.,]*)", re.DOTALL)
_BEFORE = re.compile(rf"((?:[0-9][0-9.,]*|(?<![\w)\]}}.,])[-\N{{MINUS SIGN}}]))({_UNSEEN})\Z", re.DOTALL)


def read_as(text: str, start: int, end: int, body: str) -> str:
    """The number as a reader takes it where more is glued to what is cited; empty where nothing is.

    Parameters
    ----------
    text : str
        A manuscript.
    start, end : int
        Where a mark begins and ends in it, or what stands for one.
    body : str
        What readers see of it.

    Returns
    -------
    str

    Examples
    --------
    >>> text = "a gap of 1<!--a-->6.5<!--b-->4 months"
    >>> read_as(text, 10, 29, "6.5"), read_as("a gap of 6.5.", 9, 12, "6.5"), read_as("6.5<sup>1</sup>", 0, 3, "6.5")
    ('16.54', '', '')
    """
    body = body.strip()
    before = _BEFORE.search(text[max(0, start - _NEAR) : start]) if body[:1].isdigit() else None
    after = _AFTER.match(text[end : end + _NEAR]) if body[-1:].isdigit() else None
    if before is None and after is None:
        return ""
    return f"{before[1] if before else ''}{body}{after[1] if after else ''}"
