"""Equations as MathML, made at build: no script and no font from elsewhere."""

from __future__ import annotations

import html
import re

from latex2mathml.converter import convert

__all__ = ["mathml", "with_mathml"]

# What `pymdownx.arithmatex` leaves in generic mode, and what a docstring's ``:math:`` role becomes.
_SPAN = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
_BLOCK = re.compile(r'<div class="arithmatex">\\\[(.*?)\\\]</div>', re.DOTALL)
_ROLE = re.compile(r":math:<code>(.*?)</code>", re.DOTALL)

_UPRIGHT = re.compile(r'<mrow>((?:<mi mathvariant="normal">\w</mi>){2,})</mrow>')


def mathml(latex: str, *, block: bool = False) -> str:
    """One equation as a ``<math>`` element."""
    made = convert(latex.strip(), display="block" if block else "inline")
    # The tilde and the colon are relations, which want room at their sides.
    made = made.replace("<mi>&#x0007E;</mi>", "<mo>&#x0223C;</mo>").replace("<mi>:</mi>", '<mo lspace="0.28em">:</mo>')
    # Browsers align cells by style alone.
    made = re.sub(r'columnalign="(left|right)"', r'style="text-align:\1"', made)
    # A word in upright letters is one identifier.
    return _UPRIGHT.sub(lambda m: f"<mi>{re.sub('<[^>]+>', '', m[1])}</mi>", made)


def with_mathml(page: str) -> str:
    """A page of HTML with its equations drawn."""
    page = _BLOCK.sub(lambda m: f'<div class="equation">{mathml(html.unescape(m[1]), block=True)}</div>', page)
    page = _SPAN.sub(lambda m: mathml(html.unescape(m[1])), page)
    return _ROLE.sub(lambda m: mathml(html.unescape(m[1])), page)
