"""Other priors for a variant, made from those that its file writes: wider, narrower, sceptical of a trend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fnmatch import fnmatch

import pymc as pm
from pymc.model.fgraph import fgraph_from_model, model_from_fgraph

from gapmodel.errors import UnknownNameError, nearest
from gapmodel.modeling.built_priors import prior_words
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.priors import HalfNormal, LogNormal, Normal, read_words
from gapmodel.modeling.variant import Variant

__all__ = ["PRIOR_SETS", "applies", "with_prior_set", "with_spread"]

# Set → pattern of hyperparameter names → factor of the prior's scale.
PRIOR_SETS: dict[str, dict[str, float]] = {
    "as written": {},
    "wide": {"*": 2.0},
    "narrow": {"*": 0.5},
    "sceptical of a trend": {"*slope_population": 1 / 3, "trend_sd": 1 / 3},
}

# Distribution → position of its scale among its parameters.
_SCALE = {"normal": 1, "halfnormal": 1, "lognormal": 1}


def with_prior_set(variant: Variant, name: str) -> Variant:
    """The same variant under a set of `PRIOR_SETS`.

    Parameters
    ----------
    variant : Variant
    name : str

    Returns
    -------
    Variant
        Both of its forms and its words changed, and the name of the set in its hash; `variant` itself for a set that
        changes nothing.

    Raises
    ------
    UnknownNameError
        No such set.
    """
    if name not in PRIOR_SETS:
        raise UnknownNameError(f"unknown prior set '{name}'{nearest(name, PRIOR_SETS)}")
    factors = PRIOR_SETS[name]
    if not factors:
        return variant

    def changed(form: Callable) -> Callable:
        def build(data: PanelData) -> pm.Model | None:
            model = form(data)
            return None if model is None else with_spread(model, factors, names=tuple(prior_words(variant, model)))

        return build

    build = changed(variant.build)
    return replace(
        variant,
        build=build,
        of_build=build if variant.of_build else None,
        integrated=changed(variant.integrated) if variant.integrated else None,
        priors={parameter: _scaled(words, _factor(parameter, factors)) for parameter, words in variant.priors.items()},
        sha256=f"{variant.sha256} with priors {name}",
    )


def _factor(name: str, factors: Mapping[str, float]) -> float | None:
    return next((factor for pattern, factor in factors.items() if fnmatch(name, pattern)), None)


def _scaled(words: str, factor: float | None) -> str:
    """Words with the scale of their prior multiplied, where `with_spread` multiplies it."""
    said = read_words(str(words))
    if factor is None or said is None or not isinstance(said.prior, Normal | HalfNormal | LogNormal):
        return words
    return str(replace(said, prior=replace(said.prior, sigma=said.prior.sigma * factor)))


def applies(variant: Variant, name: str) -> bool:
    """Whether a set of `PRIOR_SETS` names a hyperparameter of the variant; otherwise it would change nothing.

    Of a variant whose file has no words of its priors it is taken to, since they are known only when it is built.
    """
    patterns = PRIOR_SETS[name]
    return (
        not patterns
        or not variant.priors
        or any(fnmatch(parameter, pattern) for parameter in variant.priors for pattern in patterns)
    )


def with_spread(model: pm.Model, factors: Mapping[str, float], *, names: tuple[str, ...]) -> pm.Model:
    """A copy of `model` with the scales of some hyperpriors multiplied.

    Parameters
    ----------
    model : pymc.Model
    factors : mapping
        Pattern of names (``*`` for all) → factor; of several that fit the first counts. Normal, half-normal and
        log-normal priors have a scale; others stay.
    names : tuple of str
        The hyperparameters; nothing else is touched.

    Returns
    -------
    pymc.Model
    """
    graph, memo = fgraph_from_model(model)
    pairs = []
    for rv in model.free_RVs:
        scale = _factor(rv.name, factors)
        position = _SCALE.get(getattr(rv.owner.op, "name", ""))
        if rv.name not in names or scale is None or position is None:
            continue
        inside = memo[rv].owner.inputs[0]  # the random variable that the model's node wraps
        op = inside.owner.op
        parameters = list(op.dist_params(inside.owner))
        parameters[position] = parameters[position] * scale
        inputs = [*inside.owner.inputs[: len(inside.owner.inputs) - len(parameters)], *parameters]
        pairs.append((inside, op.make_node(*inputs).outputs[1]))
    graph.replace_all(pairs, import_missing=True)
    return model_from_fgraph(graph, mutate_fgraph=True)
