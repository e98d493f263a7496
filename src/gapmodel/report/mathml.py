"""The equations of the page as MathML, which browsers draw without scripts or fonts from elsewhere."""

from __future__ import annotations

__all__ = ["CROSSING", "ESTIMANDS", "LAG", "SHARED_SHOCK"]


def _i(name: str) -> str:
    return f"<mi>{name}</mi>"


def _o(sign: str) -> str:
    return f"<mo>{sign}</mo>"


def _sub(base: str, index: str) -> str:
    return f"<msub>{base}<mrow>{index}</mrow></msub>"


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def _text(words: str) -> str:
    return f"<mtext>{words}</mtext>"


def _call(name: str, argument: str) -> str:
    return _row(name, _o("("), argument, _o(")"))


def _block(*lines: str) -> str:
    rows = "".join(f'<mtr><mtd style="text-align:left">{line}</mtd></mtr>' for line in lines)
    return f'<math display="block"><mtable>{rows}</mtable></math>'


_B, _T, _S = _i("b"), _i("t"), _i("s")
_BT = _B + _T
_FIRST = _i("min")
_WHERE = _text("&#160;&#160;&#160;&#160;where&#160;")

LAG = _block(
    _row(
        _call(_text("lag"), _T), _o("="), _T, _o("−"), _FIRST, _o("{"), _S, _o(":"), _call(_i("L"), _S), _o("≥"),
        _call(_i("F"), _T), _o("}"),
    ),
    _row(_WHERE, _call(_i("F"), _T), _o("≤"), _call(_i("L"), _T), _text(",")),
    _row(
        _call(_text("lag"), _T), _o("="), _FIRST, _o("{"), _S, _o(":"), _call(_i("F"), _S), _o("&gt;"),
        _call(_i("L"), _T), _o("}"), _o("−"), _T,
    ),
    _row(_WHERE, _call(_i("F"), _T), _o("&gt;"), _call(_i("L"), _T)),
)  # fmt: skip

SHARED_SHOCK = _block(
    _row(
        _sub(_i("y"), _BT), _o("="), _sub(_i("α"), _B), _o("+"), _sub(_i("β"), _B), _sub(_i("x"), _T), _o("+"),
        _sub(_i("u"), _T), _o("+"), _sub(_i("e"), _BT),
    ),
    _row(
        _sub(_i("α"), _B), _o("∼"), _call(_i("N"), _sub(_i("μ"), _i("α")) + _o(",") + _sub(_i("τ"), _i("α"))),
        _text(",&#160;&#160;"), _sub(_i("β"), _B), _o("∼"),
        _call(_i("N"), _sub(_i("μ"), _i("β")) + _o(",") + _sub(_i("τ"), _i("β"))),
    ),
    _row(
        _i("u"), _o("∼"), _call(_text("OU"), _sub(_i("σ"), _i("u")) + _o(",") + _sub(_i("ℓ"), _i("u"))),
        _text(",&#160;&#160;"), _sub(_i("e"), _B), _o("∼"),
        _call(_text("OU"), _sub(_i("σ"), _i("e")) + _o(",") + _sub(_i("ℓ"), _i("e"))),
    ),
)  # fmt: skip

ESTIMANDS = _block(
    _row(
        _call(_text("gap"), _T), _o("="), f"<mfrac><mn>1</mn>{_i('B')}</mfrac>",
        f"<munder>{_o('∑')}{_B}</munder>", _call(_sub(_i("f"), _B), _T),
    ),
    _row(
        _call(_text("slope"), _T), _o("="), _call(_text("gap"), _T), _o("−"),
        _call(_text("gap"), _T + _o("−") + _text("1 year")),
    ),
)  # fmt: skip

CROSSING = _block(
    _row(
        _i("Z"), _o("="), _FIRST, _o("{"), _T, _o("≥"), _sub(_T, "<mn>0</mn>"), _o(":"), _call(_text("gap"), _T),
        _o("≤"), "<mn>0</mn>", _o("}"),
    ),
    _row(
        _text("P(zero by&#160;"), _i("d"), _text(")"), _o("="),
        _text("share of draws with&#160;"), _i("Z"), _o("≤"), _i("d"),
    ),
)  # fmt: skip
