"""Listing and loading model variants: the shipped ones by name, a user's own by path."""

from __future__ import annotations

import ast
import difflib
import hashlib
import importlib.resources
import importlib.util
import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from gapmodel.errors import ConfigError, UnknownNameError, check_file_name, expect, nearest, quoted, some_of
from gapmodel.lags.views import MONTHLY, view_named
from gapmodel.modeling.own_code import called, own_trend
from gapmodel.modeling.variant import Variant, linear_trend

__all__ = ["DEFAULT_VARIANT", "chosen_variant", "list_variants", "load_variant", "variant_card"]

_SAMPLER_KEYS = ("target_accept", "adaptation", "mass_matrix_gamma")
DEFAULT_VARIANT = "damped"


def list_variants() -> dict[str, str]:
    """Shipped variants, name → first line of the docstring, without importing them (no PyMC).

    Examples
    --------
    >>> next(iter(list_variants()))
    'damped'
    """
    found = {}
    for entry in importlib.resources.files("gapmodel.models").iterdir():
        name, dot, ending = entry.name.rpartition(".")
        if dot and ending == "py" and not name.startswith("_"):
            found[name] = _first_line(entry.read_text(encoding="utf-8"))
    return dict(sorted(found.items(), key=lambda item: (item[0] != DEFAULT_VARIANT, item[0])))


def variant_card(name: str) -> dict[str, str]:
    """What the file of a shipped variant says of it, without importing it (no PyMC).

    Returns
    -------
    dict
        ``name``; ``text``, its docstring, which is the model; ``file`` and ``sha256``.

    Raises
    ------
    UnknownNameError
        No such variant; the text suggests the nearest.

    Examples
    --------
    >>> variant_card("pooled")["text"].splitlines()[0]
    'One straight line for all benchmarks, independent errors: the published analysis made Bayesian.'
    """
    path = _shipped_path(name)
    content = path.read_bytes()
    text = ast.get_docstring(ast.parse(content)) or ""
    return {"name": name, "text": text.strip(), "file": path.name, "sha256": hashlib.sha256(content).hexdigest()}


def load_variant(name: str | Path = DEFAULT_VARIANT) -> Variant:
    """Load a shipped variant by name, or a user's file by a path ending in ``.py``.

    A variant module has a docstring (the model), ``build(data) -> pymc.Model`` and, unless its trend is linear in time,
    ``trend(samples, years)`` as `gapmodel.modeling.variant.linear_trend`; ``PRIORS`` (name → words) where words are to
    say more than `gapmodel.modeling.built_priors.model_priors` reads off the model, such as units; ``VIEW`` where
    it is not fitted to monthly lags (see `gapmodel.lags.views`); ``SAMPLER`` where it asks for a smaller step or
    another mass matrix. A shipped one may have ``integrated`` and ``recover``, the form that is sampled (see
    `gapmodel.modeling.variant.Variant`), and a kernel in this package.

    Raises
    ------
    UnknownNameError
        No such variant; the text suggests the nearest.
    ConfigError
        A user's file is missing, fails to import, or lacks a part.

    Examples
    --------
    >>> load_variant("levelling").view.name
    'monthly'
    """
    expect(name, (str, Path), "the variant", "give its name, or the path of a file")
    own = isinstance(name, Path) or name.endswith(".py")
    name = str(name)
    if own:
        path = Path(name)
        check_file_name(path.name)
        if not path.is_file():
            raise ConfigError(f"no variant file '{name}': give the path of an existing .py file")
    else:
        path = _shipped_path(name)
    spec = importlib.util.spec_from_file_location(f"gapmodel_variant_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"cannot import the variant file '{name}'")
    module = importlib.util.module_from_spec(spec)
    called(path.name, "import", spec.loader.exec_module, module)
    if not hasattr(module, "build"):
        raise ConfigError(f"variant file '{name}' lacks 'build': see docs/variants.md")
    priors = getattr(module, "PRIORS", {})
    for part, fits, what in (
        ("build", callable(module.build), "a function"),
        ("trend", callable(getattr(module, "trend", linear_trend)), "a function"),
        ("PRIORS", isinstance(priors, Mapping), "a dictionary"),
        ("SAMPLER", isinstance(getattr(module, "SAMPLER", {}), Mapping), "a dictionary"),
    ):
        if not fits:
            raise ConfigError(f"variant file '{name}': '{part}' is not {what}: see docs/variants.md")
    sampler = dict(getattr(module, "SAMPLER", {}))
    for key in sampler:
        if key not in _SAMPLER_KEYS:
            hint = nearest(str(key), _SAMPLER_KEYS) or some_of(_SAMPLER_KEYS)
            raise ConfigError(f"variant file '{name}': 'SAMPLER' has no key {quoted(key)}{hint}")
    if sampler.get("adaptation", "diag") not in ("diag", "low_rank"):
        raise ConfigError(f"variant file '{name}': the adaptation in 'SAMPLER' is neither 'diag' nor 'low_rank'")
    accept = sampler.get("target_accept", 0.5)
    if isinstance(accept, bool) or not isinstance(accept, int | float) or not 0.5 <= accept < 1.0:
        raise ConfigError(
            f"variant file '{name}': 'target_accept' in 'SAMPLER' is {accept!r}: give a number from 0.5 to below 1"
        )
    gamma = sampler.get("mass_matrix_gamma", 0.0)
    number = isinstance(gamma, int | float) and not isinstance(gamma, bool)
    usable = number and 0.0 < gamma < math.inf and sampler.get("adaptation") == "low_rank"
    if "mass_matrix_gamma" in sampler and not usable:
        raise ConfigError(
            f"variant file '{name}': 'mass_matrix_gamma' in 'SAMPLER' is {gamma!r}: "
            "give a number above 0, with 'adaptation': 'low_rank'"
        )
    try:
        view = view_named(getattr(module, "VIEW", MONTHLY))
    except ConfigError as error:
        raise ConfigError(f"variant file '{name}': {error}") from None
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Variant(
        name=path.stem,
        summary=(module.__doc__ or "").strip().split("\n")[0],
        build=module.build,
        trend=own_trend(path.name, getattr(module, "trend", linear_trend))
        if own
        else getattr(module, "trend", linear_trend),
        priors=dict(priors),
        path=path.name,
        view=view,
        sha256=sha256,
        shipped=not own or sha256 == _shipped_sha256(path.name),
        sampler=sampler,
        # Not of a user's file: in a copy of a shipped one whose `build` was changed they are of another model.
        integrated=None if own else getattr(module, "integrated", None),
        recover=None if own else getattr(module, "recover", None),
        kernel=None if own else _kernel(path.stem),
        of_build=None if own else module.build,
    )


def chosen_variant(variant: str | Path | Variant, *, priors: Mapping[str, Any] | None = None) -> Variant:
    """A variant by name, path or itself, with other priors where given.

    Examples
    --------
    >>> chosen_variant("shared_shock").name
    'shared_shock'
    """
    model = variant if isinstance(variant, Variant) else load_variant(variant)
    if priors:
        from gapmodel.modeling.built_priors import with_priors

        model = with_priors(model, priors)
    return model


def _kernel(name: str) -> Callable | None:
    """Of a shipped variant; not named in its file, whose hash is that of the statistical claim."""
    if name in ("latent_frontier", "latent_all"):
        return importlib.import_module("gapmodel.modeling.latent_kernel").latent_kernel
    marginal = importlib.import_module("gapmodel.modeling.marginal_kernel")
    return partial(marginal.marginal_kernel, name)


def _shipped_path(name: str) -> Path:
    shipped = list_variants()
    if name not in shipped:
        near = difflib.get_close_matches(name, shipped, n=1, cutoff=0.4)
        hint = f"did you mean '{near[0]}'?" if near else f"choose one of {', '.join(shipped)}"
        if name.endswith(".py"):
            hint = f"a file of your own is fitted, gapmodel fit {name}"
        raise UnknownNameError(f"unknown variant '{name}': {hint}")
    return Path(str(importlib.resources.files("gapmodel.models").joinpath(f"{name}.py")))


def _shipped_sha256(file: str) -> str:
    """Hash of the shipped variant of this file name; empty where there is none."""
    entry = importlib.resources.files("gapmodel.models").joinpath(file)
    return hashlib.sha256(entry.read_bytes()).hexdigest() if entry.is_file() else ""


def _first_line(source: str) -> str:
    doc = ast.get_docstring(ast.parse(source)) or ""
    return doc.strip().split("\n")[0]
