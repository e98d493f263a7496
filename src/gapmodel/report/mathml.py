"""The equations of the page as MathML, which browsers draw without scripts or fonts from elsewhere."""

from __future__ import annotations

__all__ = ["CROSSING", "DAMPED", "ESTIMANDS", "LAG", "SHARED_SHOCK"]


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
    # A phone is narrower than some: they scroll, and the keyboard reaches them.
    return (
        '<div class="formula" role="group" tabindex="0" aria-label="Formula">'
        f'<math display="block"><mtable>{rows}</mtable></math></div>'
    )


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


def _normal(spread: str, mean: str = "<mn>0</mn>") -> str:
    return _call(_i("N"), mean + _o(",") + _sub(_i("τ"), _i(spread)))


def _ou(name: str) -> str:
    return _call(_text("OU"), _sub(_i("σ"), _i(name)) + _o(",") + _sub(_i("ℓ"), _i(name)))


def _lags(slope: str, *trend: str, path: tuple[str, ...] = ()) -> str:
    """A lag as its benchmark's line, what is added to its trend, shock and error; then their distributions."""
    line = (_sub(_i("y"), _BT), _o("="), _sub(_i("α"), _B), _o("+"), _sub(_i("β"), _B), _sub(_i("x"), _T))
    level = _normal("α", _sub(_i("μ"), _i("α")))
    return _block(
        _row(*line, *trend, _o("+"), _sub(_i("u"), _T), _o("+"), _sub(_i("e"), _BT)),
        _row(_sub(_i("α"), _B), _o("∼"), level, _NEXT, _sub(_i("β"), _B), _o("∼"), slope),
        _row(*path, _i("u"), _o("∼"), _ou("u"), _NEXT, _sub(_i("e"), _B), _o("∼"), _ou("e")),
    )


_NEXT = _text(",&#160;&#160;")
DAMPED = _lags(
    _normal("β"), _o("+"), _call(_i("g"), _sub(_i("x"), _T)), path=(_i("g′"), _o("∼"), _ou("s"), _NEXT)
)  # fmt: skip
SHARED_SHOCK = _lags(_normal("β", _sub(_i("μ"), _i("β"))))

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
