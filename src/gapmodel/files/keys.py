"""The last look at a file before it takes its place: no key that this process was given is in it, in any spelling.

Keys come from the environment, or are remembered by what reads them elsewhere, as from the user's keyring.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gapmodel.errors import ConfigError

__all__ = ["KEY_VARIABLES", "known_secrets", "refuse_secrets", "refuse_secrets_in", "remember", "spellings"]

#: Variables whose whole value is a key that a download sends.
KEY_VARIABLES = ("AA_API_KEY",)
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_ENTITIES = {'"': "quot", "&": "amp", "'": "apos", "<": "lt", ">": "gt"}
_SHORTEST = 8  # shorter ones are words of any text, and no key
#: Keys that did not come from the environment: secret → where from.
_remembered: dict[str, str] = {}


@lru_cache(maxsize=8)
def spellings(secret: str) -> re.Pattern[bytes]:
    """A secret as it is, with any of its characters escaped (for JSON, a URL or HTML), in base64 and in hexadecimals.

    Examples
    --------
    >>> bool(spellings("k-012345").search(b"x=k%2d01234\\\\u0035"))
    True
    """
    each = []
    for c in secret:
        forms = {re.escape(c), rf"\\u{ord(c):04x}", rf"%{ord(c):02x}", rf"&\#{ord(c)};", rf"&\#x{ord(c):x};"}
        if c in '"\\/':
            forms.add(re.escape("\\" + c))
        if c in _ENTITIES:
            forms.add(f"&{_ENTITIES[c]};")
        # Case matters for the letter itself, and not for the digits of an escape.
        each.append("(?:" + "|".join([re.escape(c), *(f"(?i:{f})" for f in sorted(forms - {re.escape(c)}))]) + ")")
    plain = secret.encode()
    whole = [f"(?i:{plain.hex()})"]
    for before in range(3):
        # Of the signs of base64 those that hold nothing of what stands before or after.
        start, end = -(-before * 8 // 6), (before + len(plain)) * 8 // 6
        for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
            whole.append(re.escape(encode(b"\0" * before + plain)[start:end].decode()))
    return re.compile("|".join(["".join(each), *whole]).encode())


def remember(secret: str, origin: str) -> None:
    """Look for `secret` too, from now on in this process; messages name its `origin`, such as ``the keyring``."""
    _remembered[secret] = origin


def known_secrets() -> list[str]:
    """All keys that files are searched for."""
    return [secret for _, secret in _secrets(os.environ)]


def refuse_secrets(content: bytes, name: str | Path, environment: Mapping[str, str] | None = None) -> None:
    """Refuse to write a file that holds a key from the environment, or the password of a proxy.

    Raises
    ------
    ConfigError
        It holds one; the text names the variable and repeats no key.
    """
    for variable, secret in _secrets(os.environ if environment is None else environment):
        if spellings(secret).search(content):
            raise ConfigError(
                f"'{name}' would hold the value of {variable}: it is not written. The data or the options repeat it: "
                "take it out of them, and exchange the key"
            )


def refuse_secrets_in(place: Path, name: str | None = None) -> None:
    """The same for a file called `name`, or every file of a folder, that is about to take its place.

    Nothing is read where there is no key.
    """
    if not _secrets(os.environ):
        return
    if place.is_file():
        refuse_secrets(place.read_bytes(), name or place.name)
    for path in sorted(p for p in place.rglob("*") if p.is_file()):
        refuse_secrets(path.read_bytes(), path.relative_to(place))


def _secrets(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    found = [(name, environment.get(name, "").strip()) for name in KEY_VARIABLES]
    for name in environment:
        if name.lower() in _PROXIES:
            try:
                password = urlsplit(environment[name]).password or ""
            except ValueError:
                continue
            found.append((name, unquote(password)))
    found += [(origin, secret) for secret, origin in _remembered.items()]
    return [(name, secret) for name, secret in found if len(secret) >= _SHORTEST]
