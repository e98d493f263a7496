"""Priors as values: the distributions that a parameter can be given, written and read as ``Normal(0, 1)``.

Names and parameters are those of PyMC, which is not needed here; `gapmodel.modeling.built_priors` has those of models.
"""

from __future__ import annotations

import math
import re
from dataclasses import InitVar, dataclass, field, fields
from numbers import Real
from typing import ClassVar

from gapmodel.errors import ConfigError, UnknownNameError, nearest, quoted, some_of

__all__ = [
    "DISTRIBUTIONS",
    "Beta",
    "Exponential",
    "Gamma",
    "HalfNormal",
    "HalfStudentT",
    "InverseGamma",
    "LogNormal",
    "Normal",
    "Prior",
    "PriorWords",
    "StudentT",
    "Uniform",
    "parse_prior",
    "read_prior",
    "read_words",
]

_REAL, _POSITIVE, _UNIT = (-math.inf, math.inf), (0.0, math.inf), (0.0, 1.0)
#: Parameters that may take any finite value; all others are above 0.
_LOCATIONS = ("mu", "lower", "upper")
_MOST_DIGITS = 6  # of a number that is written as it is where its exponential is shorter
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_LOGARITHM = re.compile(rf"log(?:\s+({_NUMBER})|\s*\(\s*({_NUMBER})\s*\))")
# A name, and in parentheses what may hold one further pair of them: log(3).
_CALL = re.compile(r"([A-Za-z_]\w*)\s*\(((?:[^()]|\([^()]*\))*)\)")
_SHIFTED = re.compile(rf"\s*(?:({_NUMBER})\s*\+\s*)?(?:({_NUMBER})\s*\*\s*)?")


@dataclass(frozen=True)
class Prior:
    """One distribution with its parameters, see the classes of `DISTRIBUTIONS`.

    Numbers are kept as floats. ``str`` is exact: `read_prior` reads an equal prior from it.

    Raises
    ------
    ConfigError
        A parameter is no number, not finite, or out of its range.
    """

    #: What `str` of a plain one looks like, for messages.
    example: ClassVar[str] = ""
    _support: ClassVar[tuple[float, float]] = _REAL

    def __post_init__(self) -> None:
        for name, value in self.parameters.items():
            object.__setattr__(self, name, _checked(value, f"{name} of {type(self).__name__}", name))

    @property
    def parameters(self) -> dict[str, float]:
        """PyMC's name of each parameter → value, in their order."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest value that it allows."""
        return self._support

    def __str__(self) -> str:
        return f"{type(self).__name__}({', '.join(_written(value) for value in self.parameters.values())})"


@dataclass(frozen=True)
class Normal(Prior):
    """Normal with mean `mu` and standard deviation `sigma`.

    Examples
    --------
    >>> str(Normal(0, 3))
    'Normal(0, 3)'
    """

    mu: float
    sigma: float
    example: ClassVar[str] = "Normal(0, 1)"


@dataclass(frozen=True)
class HalfNormal(Prior):
    """Absolute value of a normal with mean 0 and standard deviation `sigma`."""

    sigma: float
    example: ClassVar[str] = "HalfNormal(1)"
    _support: ClassVar[tuple[float, float]] = _POSITIVE


@dataclass(frozen=True)
class StudentT(Prior):
    """Student's t with `nu` degrees of freedom, location `mu` and scale `sigma`."""

    nu: float
    mu: float
    sigma: float
    example: ClassVar[str] = "StudentT(4, 0, 1)"


@dataclass(frozen=True)
class HalfStudentT(Prior):
    """Absolute value of a Student's t with `nu` degrees of freedom, location 0 and scale `sigma`."""

    nu: float
    sigma: float
    example: ClassVar[str] = "HalfStudentT(4, 1)"
    _support: ClassVar[tuple[float, float]] = _POSITIVE


@dataclass(frozen=True)
class LogNormal(Prior):
    """Exponential of a normal with mean `mu` and standard deviation `sigma`; the median is ``exp(mu)``.

    Examples
    --------
    >>> str(LogNormal(math.log(3), 0.5))
    'LogNormal(log 3, 0.5)'
    """

    mu: float
    sigma: float
    example: ClassVar[str] = "LogNormal(log 3, 0.5)"
    _support: ClassVar[tuple[float, float]] = _POSITIVE


@dataclass(frozen=True)
class Gamma(Prior):
    """Gamma with shape `alpha` and rate `beta`, or with mean `mu` and standard deviation `sigma`, kept as the former.

    Examples
    --------
    >>> str(Gamma(mu=2, sigma=1))
    'Gamma(4, 2)'
    """

    alpha: float = math.nan
    beta: float = math.nan
    mu: InitVar[float | None] = field(default=None, kw_only=True)
    sigma: InitVar[float | None] = field(default=None, kw_only=True)
    example: ClassVar[str] = "Gamma(2, 0.1)"
    _support: ClassVar[tuple[float, float]] = _POSITIVE

    def __post_init__(self, mu: float | None, sigma: float | None) -> None:
        moments, shape = [v is not None for v in (mu, sigma)], [v == v for v in (self.alpha, self.beta)]
        if moments + shape not in ([True, True, False, False], [False, False, True, True]):
            raise ConfigError("Gamma takes alpha and beta, or mu and sigma: write 'Gamma(2, 0.1)'")
        if mu is not None and sigma is not None:
            # The mean of a gamma is above 0, unlike that of a normal.
            mean, sd = _checked(mu, "mu of Gamma", "mean"), _checked(sigma, "sigma of Gamma", "sigma")
            object.__setattr__(self, "alpha", (mean / sd) ** 2)
            object.__setattr__(self, "beta", mean / sd**2)
        super().__post_init__()


@dataclass(frozen=True)
class InverseGamma(Prior):
    """Reciprocal of a gamma: shape `alpha`, scale `beta`."""

    alpha: float
    beta: float
    example: ClassVar[str] = "InverseGamma(3, 2)"
    _support: ClassVar[tuple[float, float]] = _POSITIVE


@dataclass(frozen=True)
class Exponential(Prior):
    """Exponential with rate `lam`; the mean is ``1 / lam``."""

    lam: float
    example: ClassVar[str] = "Exponential(1)"
    _support: ClassVar[tuple[float, float]] = _POSITIVE


@dataclass(frozen=True)
class Uniform(Prior):
    """Uniform between `lower` and `upper`."""

    lower: float
    upper: float
    example: ClassVar[str] = "Uniform(0, 1)"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lower >= self.upper:
            raise ConfigError(
                f"lower of Uniform is {_written(self.lower)}, upper {_written(self.upper)}: give the smaller one first"
            )

    @property
    def support(self) -> tuple[float, float]:
        """`lower` and `upper`."""
        return self.lower, self.upper


@dataclass(frozen=True)
class Beta(Prior):
    """Beta with shapes `alpha` and `beta`, between 0 and 1."""

    alpha: float
    beta: float
    example: ClassVar[str] = "Beta(2, 2)"
    _support: ClassVar[tuple[float, float]] = _UNIT


#: Name → class.
DISTRIBUTIONS: dict[str, type[Prior]] = {
    kind.__name__: kind
    for kind in (
        Normal, HalfNormal, StudentT, HalfStudentT, LogNormal, Gamma, InverseGamma, Exponential, Uniform, Beta,
    )
}  # fmt: skip
# What may stand in the parentheses by keyword alone.
_KEYWORDS_ALONE = {"Gamma": ("mu", "sigma")}


def parse_prior(text: str) -> tuple[str, Prior]:
    """Read ``parameter=Distribution(...)``.

    Parameters
    ----------
    text : str
        Such as ``slope_population=Normal(0, 1)``; parameters of the distribution by position or by name, numbers in
        digits or as ``log 3``.

    Returns
    -------
    str
        Name of the parameter; whether a model has it is not looked at.
    Prior

    Raises
    ------
    ConfigError
        It is not written like that, or a number is out of range.
    UnknownNameError
        No such distribution, or the distribution has no such parameter.

    Examples
    --------
    >>> parse_prior("slope_population=Normal(0, sigma=1)")
    ('slope_population', Normal(mu=0.0, sigma=1.0))
    """
    name, equals, words = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name.strip()):
        raise ConfigError(
            f"{quoted(text)} is no prior: write the parameter, an equals sign and its prior, "
            "such as 'error_sd=HalfNormal(2)'"
        )
    return name.strip(), read_prior(words)


def read_prior(text: str) -> Prior:
    """Read ``Distribution(...)``, as `parse_prior` does what follows its equals sign."""
    call = _CALL.fullmatch(text.strip())
    if not call:
        raise ConfigError(f"{quoted(text.strip())} is no distribution: write it like 'Normal(0, 1)'")
    return _from_call(call[1], call[2])


@dataclass(frozen=True)
class PriorWords:
    """A prior in the words of a variant's file: ``shift + scale * distribution``, then what they add, such as units.

    Attributes
    ----------
    distribution : str
        Its name as it stands there.
    prior : Prior, optional
        None where distribution or parameters are others than `read_prior` reads.
    shift, scale : float
    rest : str
        What follows.
    """

    distribution: str
    prior: Prior | None
    shift: float = 0.0
    scale: float = 1.0
    rest: str = ""

    def __str__(self) -> str:
        shift = f"{_written(self.shift)} + " if self.shift else ""
        scale = f"{_written(self.scale)} * " if self.scale != 1.0 else ""
        return f"{shift}{scale}{self.prior or self.distribution}{self.rest}"


def read_words(words: str) -> PriorWords | None:
    """What words such as ``2 + Gamma(2, 0.1) months`` say; None where they do not begin with a distribution.

    Examples
    --------
    >>> read_words("LogNormal(log 3, 0.5) months").rest
    ' months'
    """
    before = _SHIFTED.match(words)
    start = before.end() if before else 0
    call = _CALL.match(words, start)
    if not before or not call:
        return None
    try:
        prior = _from_call(call[1], call[2])
    except (ConfigError, UnknownNameError):
        prior = None
    shift, scale = float(before[1] or 0.0), float(before[2] or 1.0)
    return PriorWords(call[1], prior, shift=shift, scale=scale, rest=words[call.end() :])


def _from_call(name: str, inside: str) -> Prior:
    if name not in DISTRIBUTIONS:
        raise UnknownNameError(
            f"unknown distribution {quoted(name)}{nearest(name, DISTRIBUTIONS) or some_of(DISTRIBUTIONS)}"
        )
    kind = DISTRIBUTIONS[name]
    known = [f.name for f in fields(kind)]
    allowed = [*known, *_KEYWORDS_ALONE.get(name, ())]
    say = f"write it like '{kind.example}'"
    given: dict[str, float] = {}
    by_name = False
    for k, part in enumerate(inside.split(",") if inside.strip() else []):
        left, equals, right = part.rpartition("=")
        parameter = left.strip()
        if equals:
            by_name = True
            if parameter not in allowed:
                raise UnknownNameError(
                    f"{name} has no parameter {quoted(parameter)}{nearest(parameter, allowed) or some_of(allowed)}"
                )
        elif by_name:
            raise ConfigError(
                f"{name}({inside}): {quoted(part.strip())} follows a parameter that is named: name it too"
            )
        elif k >= len(known):
            raise ConfigError(f"{name}({inside}) has too many parameters: {name} takes {' and '.join(known)}; {say}")
        else:
            parameter = known[k]
        if parameter in given:
            raise ConfigError(f"{name}({inside}) gives {parameter} twice: leave one of them out")
        given[parameter] = _read_number(right.strip(), f"{parameter} of {name}")
    missing = [parameter for parameter in known if parameter not in given]
    if missing and not set(given) & set(_KEYWORDS_ALONE.get(name, ())):
        raise ConfigError(f"{name}({inside}) lacks {' and '.join(missing)}: {say}")
    return kind(**given)


def _read_number(text: str, what: str) -> float:
    if re.fullmatch(_NUMBER, text):
        return float(text)
    logarithm = _LOGARITHM.fullmatch(text)
    if logarithm:
        of = float(logarithm[1] or logarithm[2])
        if of > 0:
            return math.log(of)
    raise ConfigError(
        f"{what} is {quoted(text)}: write a number such as 0.5, or the logarithm of one above 0 as 'log 3'"
    )


def _checked(value: object, what: str, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ConfigError(f"{what} is {quoted(value)}: give a number")
    number = float(value)
    if not math.isfinite(number):
        raise ConfigError(f"{what} is {number}: give a finite number")
    if name not in _LOCATIONS and number <= 0:
        raise ConfigError(f"{what} is {_written(number)}: give a number above 0")
    return number


def _written(number: float) -> str:
    """The shortest text that is read back as this number; ``log 3`` where that is what it is."""
    text = repr(number).removesuffix(".0")
    if len(text.lstrip("-").replace(".", "")) > _MOST_DIGITS and abs(number) < 50.0:
        short = float(f"{math.exp(number):.4g}")
        if math.log(short) == number:
            return f"log {repr(short).removesuffix('.0')}"
    return text
