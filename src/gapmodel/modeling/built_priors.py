"""Priors of a model that is built: what they are, read off its random variables, and others in their place."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pymc as pm
from pymc.distributions.distribution import SymbolicRandomVariable
from pymc.logprob.transforms import LogOddsTransform, LogTransform
from pymc.model.fgraph import fgraph_from_model, model_free_rv, model_from_fgraph
from pytensor.compile.mode import Mode
from pytensor.graph.basic import Variable
from pytensor.graph.traversal import ancestors
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.random.op import RandomVariable

from gapmodel.errors import ConfigError, UnknownNameError, nearest, quoted, some_of
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.priors import (
    DISTRIBUTIONS,
    Beta,
    Exponential,
    Gamma,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    LogNormal,
    Normal,
    Prior,
    PriorWords,
    StudentT,
    Uniform,
    read_words,
)
from gapmodel.modeling.variant import Variant

__all__ = ["model_priors", "prior_words", "with_priors", "words_faults"]

# PyMC's name of a random variable's op → the prior with the parameters that the op has.
_READ: dict[str, Callable[..., Prior | None]] = {
    "Normal": Normal,
    "HalfNormal": lambda loc, sigma: None if loc else HalfNormal(sigma),
    "StudentT": StudentT,
    "HalfStudentT": HalfStudentT,
    "LogNormal": LogNormal,
    "Gamma": lambda alpha, scale: Gamma(alpha, _rounded(1.0 / scale)),
    "InverseGamma": InverseGamma,
    "Exponential": lambda scale: Exponential(_rounded(1.0 / scale)),
    "Uniform": Uniform,
    "Beta": Beta,
}
# Values of a graph of constants and data, without compiling it.
_INTERPRETED = Mode(linker="py", optimizer="None")
_RANDOM = (RandomVariable, SymbolicRandomVariable)
# Draws that a hyperparameter scales and shifts are called so by all files, and are no prior of their own.
_BUILDING_BLOCK = "_raw"


def with_priors(variant: Variant, priors: Mapping[str, Prior]) -> Variant:
    """The same variant with other priors for some of its parameters.

    Parameters
    ----------
    variant : Variant
    priors : mapping of str to Prior
        Name of a free scalar of the model → its prior, in the parameter's own unit. It may allow no value that the
        parameter cannot take.

    Returns
    -------
    Variant
        Both of its forms, the words of its priors and its hash changed, and not `shipped`: what is known of the file
        is not known of it. `variant` itself without priors. What they name is looked up when it is built.

    Raises
    ------
    ConfigError
        A value is no `Prior`. When it is built: the parameter is no free scalar with a prior of its own, or cannot take
        all values that the prior allows.
    UnknownNameError
        When it is built: the model has no such parameter.

    Examples
    --------
    >>> from gapmodel.modeling.registry import load_variant
    >>> sceptical = with_priors(load_variant("pooled"), {"slope_population": Normal(0, 1)})
    >>> sceptical.priors["slope_population"]
    'Normal(0, 1) months/year'
    """
    for name, prior in priors.items():
        if not isinstance(prior, Prior):
            raise ConfigError(f"the prior of '{name}' is {quoted(prior)}: give one such as Normal(0, 1)")
    if not priors:
        return variant
    given = dict(priors)

    def changed(form: Callable) -> Callable:
        def build(data: PanelData) -> pm.Model | None:
            model = form(data)
            return None if model is None else _with_other_priors(model, given)

        return build

    said = json.dumps({name: str(given[name]) for name in sorted(given)})
    build = changed(variant.build)
    return replace(
        variant,
        build=build,
        of_build=build if variant.of_build else None,
        integrated=changed(variant.integrated) if variant.integrated else None,
        priors=_changed_words(variant.priors, given),
        # A hash again, since names of jobs have the first digits alone.
        sha256=hashlib.sha256(f"{variant.sha256} with priors {said}".encode()).hexdigest(),
        shipped=False,
        other_priors={**variant.other_priors, **{name: str(prior) for name, prior in given.items()}},
    )


def model_priors(model: pm.Model) -> dict[str, str]:
    """Priors as a model has them, in words.

    Parameters
    ----------
    model : pymc.Model

    Returns
    -------
    dict
        Name → words, such as ``Normal(0, 3)``, of each random variable whose parameters depend on no other one, and of
        each scalar that is such a one shifted or scaled by constants: ``2 + Gamma(2, 0.1)``. Numbers have six digits.
        Left out are the standard normal draws whose names end in ``_raw``. A distribution that is none of
        `gapmodel.modeling.priors.DISTRIBUTIONS` is given as ``Cauchy with parameters 0, 1``, its numbers in the order
        in which PyMC's operator has them.
    """
    found = {name: built.words for name, built in _built_priors(model).items()}
    return {name: words for name, words in found.items() if not name.endswith(_BUILDING_BLOCK)}


def prior_words(variant: Variant, model: pm.Model) -> dict[str, str]:
    """Hyperparameter → its prior in words: those of the variant's file, or, where it has none, off its `model`."""
    return dict(variant.priors) or model_priors(model)


def words_faults(words: Mapping[str, str], model: pm.Model) -> list[str]:
    """Where words of priors say something else than a model has.

    Compared are distribution and parameters, at three significant digits, where the words begin with a distribution;
    what follows it, such as units, and other words are not.

    Parameters
    ----------
    words : mapping of str to str
        As in `Variant.priors`.
    model : pymc.Model

    Returns
    -------
    list of str
        One sentence a fault, with the parameter, the words and what the model has.
    """
    built = _built_priors(model)
    dependent = {rv.name: rv for rv in model.free_RVs if rv.name not in built}
    faults = []
    for name, text in words.items():
        said = read_words(str(text))
        if said is None:
            continue
        start = f"PRIORS says '{text}' of '{name}', which the model draws from"
        if name in built and not _agree(said, built[name]):
            unread = said.prior is None and said.distribution in DISTRIBUTIONS and built[name].prior is not None
            how = f" (its parameters cannot be read: write '{built[name].words}' and then the unit)" if unread else ""
            faults.append(f"{start} {built[name].words}{how}: change one of them")
        elif name in dependent:
            found = _distribution(dependent[name])
            if not _same_name(said.distribution, found):
                faults.append(f"{start} {found}: change one of them")
            elif said.prior is not None:
                faults.append(f"{start} {found} with parameters that depend on other ones: name those in the words")
    return faults


@dataclass(frozen=True)
class _Built:
    """Prior of a variable: ``shift + scale * prior``.

    Attributes
    ----------
    distribution : str
        Its name in PyMC.
    prior : Prior, optional
        None for a distribution that there is no class of, or whose parameters differ along the variable.
    words : str
    shift, scale : float
    """

    distribution: str
    prior: Prior | None
    words: str
    shift: float = 0.0
    scale: float = 1.0


def _built_priors(model: pm.Model) -> dict[str, _Built]:
    """Of each free variable whose parameters depend on no other, and of each scalar that is one shifted or scaled."""
    found = {rv.name: _read(rv) for rv in model.free_RVs if not _random(_parameters(rv))}
    for derived in model.deterministics:
        within = set(ancestors([derived])) if derived.ndim == 0 else set()
        inside = [rv for rv in model.free_RVs if rv in within]
        line = _line(derived, inside[0]) if len(inside) == 1 and inside[0].name in found else None
        if line is not None and line[1] != 0.0:
            of = found[inside[0].name]
            shift, scale = (_rounded(value) for value in line)
            words = PriorWords(of.words, of.prior, shift=shift, scale=scale)
            found[derived.name] = replace(of, words=str(words), shift=shift, scale=scale)
    return found


def _read(rv: Variable) -> _Built:
    name = _distribution(rv)
    if name.startswith("CustomDist"):
        return _Built(name, None, "CustomDist, whose density is in the code")
    values = [np.unique(_value(parameter)) for parameter in _parameters(rv)]
    if any(value.size != 1 for value in values):
        return _Built(name, None, f"{name} with parameters that differ along it")
    numbers = [_rounded(float(value[0])) for value in values]
    try:
        prior = _READ[name](*numbers) if name in _READ else None
    except ConfigError:  # out of range, which the model says itself when it is used
        prior = None
    said = ", ".join(f"{number:g}" for number in numbers)
    return _Built(name, prior, str(prior) if prior else f"{name} with parameters {said}" if said else name)


def _distribution(rv: Variable) -> str:
    """Its name in PyMC."""
    op = rv.owner.op
    printed = getattr(op, "_print_name", None)
    return printed[0] if printed else type(op).__name__.removesuffix("RV")


def _parameters(rv: Variable) -> list[Variable]:
    try:
        return list(rv.owner.op.dist_params(rv.owner))
    except (AttributeError, NotImplementedError, ValueError):  # of an operator that does not say which they are
        return [variable for variable in rv.owner.inputs if hasattr(variable, "ndim")]


def _random(variables: list[Variable]) -> bool:
    """Whether something random goes into them."""
    return any(v.owner is not None and isinstance(v.owner.op, _RANDOM) for v in ancestors(variables))


def _value(variable: Variable) -> np.ndarray:
    return np.asarray(variable.eval(mode=_INTERPRETED))


def _line(variable: Variable, rv: Variable) -> tuple[float, float] | None:
    """`shift` and `scale` where `variable` is ``shift + scale * rv``, else None."""
    if variable is rv:
        return 0.0, 1.0
    if not _random([variable]):
        value = _value(variable)
        return (float(value.reshape(-1)[0]), 0.0) if value.size == 1 else None
    node = variable.owner
    if node is None or isinstance(node.op, _RANDOM):
        return None
    op = type(node.op.scalar_op).__name__ if isinstance(node.op, Elemwise) else type(node.op).__name__
    parts = [_line(part, rv) for part in node.inputs]
    lines = [part for part in parts if part is not None]
    if len(lines) != len(parts):
        return None
    if op in ("Identity", "Cast", "DimShuffle", "ViewOp"):
        return lines[0]
    if op == "Neg":
        return -lines[0][0], -lines[0][1]
    if op == "Add":
        return sum(shift for shift, _ in lines), sum(scale for _, scale in lines)
    if op == "Sub":
        (shift, scale), (less, less_scale) = lines
        return shift - less, scale - less_scale
    if op == "Mul" and sum(scale != 0.0 for _, scale in lines) == 1:
        factor = math.prod(shift for shift, scale in lines if scale == 0.0)
        shift, scale = next(line for line in lines if line[1] != 0.0)
        return factor * shift, factor * scale
    if op == "TrueDiv" and lines[1][1] == 0.0 and lines[1][0] != 0.0:
        return lines[0][0] / lines[1][0], lines[0][1] / lines[1][0]
    return None


def _rounded(number: float) -> float:
    """Six digits, of the exponential where only that is short: PyMC computes some parameters in single precision."""
    plain = float(f"{number:.6g}")
    if abs(number) < 50.0:
        logarithm = math.log(float(f"{math.exp(number):.4g}"))
        if math.isclose(logarithm, number, rel_tol=2e-7) and abs(logarithm - number) < abs(plain - number):
            return logarithm
    return plain


def _agree(said: PriorWords, built: _Built) -> bool:
    if not _same_name(said.distribution, built.distribution):
        return False
    if built.prior is None:
        return True  # there is nothing to compare with but the name
    if said.prior is None:
        return False
    pairs = [(said.shift, built.shift), (said.scale, built.scale)]
    pairs += zip(said.prior.parameters.values(), built.prior.parameters.values(), strict=True)
    return all(math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-9) or f"{a:.3g}" == f"{b:.3g}" for a, b in pairs)


def _same_name(said: str, found: str) -> bool:
    return said.casefold() == found.casefold()


def _changed_words(words: Mapping[str, str], priors: Mapping[str, Prior]) -> dict[str, str]:
    """Words with other distributions in them, units and shifts kept; none stay none, and are read off the model."""
    changed = dict(words)
    for name, prior in priors.items() if words else ():
        # Words may be about a shifted variable: nu, where the model draws nu_above_two.
        about = next((key for key in words if key == name or name.startswith(f"{key}_above")), name)
        said = read_words(str(words.get(about, "")))
        changed[about] = str(replace(said, prior=prior) if said else prior)
    return changed


def _with_other_priors(model: pm.Model, priors: Mapping[str, Prior]) -> pm.Model:
    """A copy of `model` in which some free scalars have other priors."""
    for name, prior in priors.items():
        _check(name, prior, model)
    graph, memo = fgraph_from_model(model)
    for name, prior in priors.items():
        with pm.Model(model=None) as other:
            # Double precision: PyTensor takes Python's 1 for an int8, and its reciprocal for a float32.
            drawn = getattr(pm, type(prior).__name__)(
                name, **{key: np.float64(value) for key, value in prior.parameters.items()}
            )
        there = model_free_rv(drawn, other.rvs_to_values[drawn], other.rvs_to_transforms[drawn], name)
        graph.replace(memo[model[name]], there, import_missing=True)
    return model_from_fgraph(graph, mutate_fgraph=True)


def _check(name: str, prior: Prior, model: pm.Model) -> None:
    """Refuse a prior that `model` has no place for."""
    built = _built_priors(model)
    free = {rv.name: rv for rv in model.free_RVs}
    places = [n for n, rv in free.items() if rv.ndim == 0 and n in built and not n.endswith(_BUILDING_BLOCK)]
    if name not in places:
        if name not in free and name not in {derived.name for derived in model.deterministics}:
            raise UnknownNameError(
                f"the model has no parameter {quoted(name)}{nearest(name, places) or some_of(places)}"
            )
        why, instead = _why_not(name, model, built)
        raise ConfigError(
            f"'{name}' can be given no prior: {why}{some_of([n for n in instead if n in places] or places)}"
        )
    lowest, highest = _range(free[name], model)
    low, high = prior.support
    if low < lowest or high > highest:
        fitting = [k for k, d in DISTRIBUTIONS.items() if d._support == (lowest, highest)]
        within = "above 0" if highest == math.inf else f"between {lowest:g} and {highest:g}"
        raise ConfigError(
            f"'{name}' is {within}, but {prior} allows other values: use {', '.join(fitting)}, or a Uniform {within}"
        )


def _why_not(name: str, model: pm.Model, built: Mapping[str, _Built]) -> tuple[str, list[str]]:
    """What is in the way, and the parameters that it comes from."""
    variable = model[name]
    within = set(ancestors([variable]))
    sources = [rv.name for rv in model.free_RVs if rv is not variable and rv in within]
    if variable not in model.free_RVs:
        return "it is computed from other parameters", sources
    if variable.ndim:
        dims = ", ".join(str(d) for d in model.named_vars_to_dims.get(name, ())) or "element"
        return f"it is not one number but one for each {dims}", sources
    if name in built:
        return "it is a standard normal draw that other parameters scale", []
    return "it depends on other parameters", sources


def _range(rv: Variable, model: pm.Model) -> tuple[float, float]:
    """Values that a parameter can take in the model, told from the prior that its file gives it.

    A uniform prior is taken for a choice within the line, or the numbers above 0, or those up to 1, as its bounds lie.
    """
    name, transform = _distribution(rv), model.rvs_to_transforms[rv]
    if rv.type.dtype.startswith("float") and not name.startswith("CustomDist"):
        if name in ("Uniform", "TruncatedNormal"):
            bounds = [float(_value(parameter)) for parameter in _parameters(rv)[-2:]]
            return (0.0 if bounds[0] >= 0.0 else -math.inf, 1.0 if 0.0 <= bounds[0] < bounds[1] <= 1.0 else math.inf)
        if transform is None:
            return -math.inf, math.inf
        if isinstance(transform, LogTransform):
            return 0.0, math.inf
        if isinstance(transform, LogOddsTransform):
            return 0.0, 1.0
    raise ConfigError(
        f"'{rv.name}' can be given no prior: the model draws it from {name}, which leaves open what values it "
        "can take; change the file of the variant"
    )
