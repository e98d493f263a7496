"""JSON that somebody may have damaged or made up: whole, finite, each key once, and never deeper than it can be."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["NotStrictError", "no_constant", "once", "parse_json"]

_DEEPEST = 60


class NotStrictError(ValueError):
    """What Python reads as JSON, and no other program reads alike; `fix` says what to write."""

    def __init__(self, text: str, fix: str) -> None:
        super().__init__(text)
        self.fix = fix


def parse_json(content: bytes | str) -> Any:
    """Parse JSON.

    Parameters
    ----------
    content : bytes or str
        UTF-8, where bytes.

    Returns
    -------
    object

    Raises
    ------
    ValueError
        Not JSON or not UTF-8; NaN or infinity, which JSON has not; a key twice in one object; nested too deeply. The
        text says which.

    Examples
    --------
    >>> parse_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ...
    gapmodel.files.strict_json.NotStrictError: the key 'a' is there twice in one record
    """
    text = content.decode("utf-8") if isinstance(content, bytes) else content
    try:
        found = json.loads(text, object_pairs_hook=once, parse_constant=no_constant)
        _depth(found)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return found


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """``object_pairs_hook``: each key once."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStrictError(
            f"the key {twice[:40]!r} is there twice in one record", "keep one, or give two models two names"
        )
    return found


def no_constant(text: str) -> Any:
    """``parse_constant``: neither NaN nor infinity."""
    raise NotStrictError(f"{text} is no number of JSON", "write null where nothing was measured")


def _depth(content: Any, level: int = 0) -> None:
    if level > _DEEPEST:
        raise ValueError("it is nested too deeply")
    for part in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        if isinstance(part, dict | list):
            _depth(part, level + 1)
        elif isinstance(part, float) and part in (float("inf"), float("-inf")):
            raise ValueError("a number is too large")
