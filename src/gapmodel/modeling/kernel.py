"""A variant's log density and gradient as compiled code that is kept on disk, where no graph is built or compiled.

A shipped variant may have a function ``kernel(data, priors) -> Kernel | None`` beside its `build`, which stays the
reference: tests hold the two together. Here is what kernels share: priors, the way to the unconstrained scale and back,
and prior draws.

All that a likelihood calls stands in one file, and the priors are a function of their own: see
`gapmodel.modeling.compiled`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from gapmodel.modeling.compiled import compiled
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.priors import (
    Exponential,
    Gamma,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    LogNormal,
    Normal,
    Prior,
    StudentT,
    read_words,
)

__all__ = ["Kernel", "KernelVariable", "prior_density", "scalar_variables"]

_FLAT, _NORMAL, _STUDENT, _LOG_NORMAL, _POWER = range(5)
_LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True)
class KernelVariable:
    """One variable of a kernel: a stretch of its unconstrained vector.

    Attributes
    ----------
    name : str
        As in the model that `build` gives.
    prior : Prior, optional
        Of each element, a priori independent; None where its density is part of the likelihood.
    dims : tuple of str
    shape : tuple of int
    positive : bool
        Sampled as its logarithm, which a prior of positive values asks for by itself.
    """

    name: str
    prior: Prior | None = None
    dims: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    positive: bool = False

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def logarithm(self) -> bool:
        """Whether the unconstrained value is the logarithm."""
        return self.positive or (self.prior is not None and self.prior.support[0] == 0.0)


@dataclass(frozen=True)
class Kernel:
    """Log density of a variant for one panel, with its gradient, on the unconstrained scale.

    Attributes
    ----------
    variables : tuple of KernelVariable
        In their order in the unconstrained vector.
    likelihood : callable
        Compiled: ``likelihood(values, *arguments) -> (float, gradient)``, in `values` on the scale of the variables,
        shape (n_dim,). It holds everything but the priors of `variables` and the change of scale.
    arguments : tuple
        Arrays of the panel, contiguous and of one type each, so that nothing is compiled twice.
    form : str
        "plain", or "integrated" where some of what `build` has is integrated out.
    complete : callable
        ``complete(samples, data, seed) -> xarray.Dataset``: posterior samples of `variables`, with everything else
        that the model of `build` has.
    complete_prior : callable, optional
        The same for prior draws; None where only PyMC draws them.
    unbounded : callable, optional
        ``unbounded() -> str``: why the density grows without bound as errors go to zero; empty where it does not. A
        sampler may never come near that place, and is stopped where it does (`gapmodel.inference.watch`).
    callback : callable, optional
        ``callback()``: the whole density as a function of C, of `gapmodel.modeling.callback`; it takes `tables` and
        `arguments` as words.
    tables : tuple of numpy.ndarray
        Of each element of the unconstrained vector: whether it is a logarithm, the family of its prior, and the numbers
        of that.
    """

    variables: tuple[KernelVariable, ...]
    likelihood: Callable[..., tuple[float, np.ndarray]]
    arguments: tuple
    form: str
    complete: Callable[..., xr.Dataset]
    complete_prior: Callable[..., xr.Dataset] | None = None
    unbounded: Callable[[], str] | None = None
    callback: Callable[[], Any] | None = None
    tables: tuple[np.ndarray, np.ndarray, np.ndarray] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        sizes = [variable.size for variable in self.variables]
        logarithm = np.repeat([int(variable.logarithm) for variable in self.variables], sizes)
        coded = [_coded(variable.prior) for variable in self.variables]
        families = np.repeat(np.array([code for code, _ in coded], dtype=np.int64), sizes)
        numbers = np.repeat(np.array([numbers for _, numbers in coded], dtype=float), sizes, axis=0)
        object.__setattr__(self, "tables", (logarithm, families, numbers))

    @cached_property
    def n_dim(self) -> int:
        """Length of the unconstrained vector."""
        return sum(variable.size for variable in self.variables)

    def density(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Log density and its gradient.

        Parameters
        ----------
        x : numpy.ndarray of float, shape (n_dim,)
            Unconstrained.

        Returns
        -------
        value : float
            NaN where the likelihood cannot be computed, which the sampler counts as a divergence.
        gradient : numpy.ndarray, shape (n_dim,)
        """
        prior, gradient, values, scale = prior_density(x, *self.tables)
        try:
            value, of_values = self.likelihood(values, *self.arguments)
        except (ArithmeticError, np.linalg.LinAlgError):
            return math.nan, gradient
        return prior + value, gradient + scale * of_values

    def expand(self, points: np.ndarray) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
        """Variables on their own scale.

        Parameters
        ----------
        points : numpy.ndarray, shape (n_chains, n_draws, n_dim)
            Unconstrained.

        Returns
        -------
        dict
            Name → dims and values, as `xarray.Dataset` takes them; dims ``chain, draw`` first.
        """
        found, start = {}, 0
        for variable in self.variables:
            part = points[..., start : start + variable.size].reshape(*points.shape[:2], *variable.shape)
            found[variable.name] = (
                ("chain", "draw", *variable.dims),
                np.exp(part) if variable.logarithm else part.copy(),
            )
            start += variable.size
        return found

    def prior_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draws from the priors, and standard normal ones where a variable has none; shape (n, n_dim), unconstrained.

        Chains start from such a draw.
        """
        parts = []
        for variable in self.variables:
            size = (n, variable.size)
            drawn = rng.standard_normal(size) if variable.prior is None else _drawn(variable.prior, size, rng)
            logarithm = variable.logarithm and variable.prior is not None
            parts.append(np.log(np.maximum(drawn, np.finfo(float).tiny)) if logarithm else drawn)
        return np.concatenate(parts, axis=1)

    def prior_draws(self, data: PanelData, *, draws: int, seed: int) -> xr.Dataset | None:
        """Prior draws of everything that the model of `build` has, dims ``chain`` (1), ``draw``; None without
        `complete_prior`."""
        if self.complete_prior is None:
            return None
        own, rest = np.random.SeedSequence(seed).spawn(2)
        points = self.prior_points(draws, np.random.default_rng(own))[None]
        samples = xr.Dataset(self.expand(points), coords={"chain": [0], "draw": np.arange(draws)})
        return self.complete_prior(samples, data, seed=int(rest.generate_state(1)[0]))


def scalar_variables(
    words: Mapping[str, str], names: tuple[str, ...], *, real: tuple[str, ...] = ()
) -> tuple[KernelVariable, ...] | None:
    """Hyperparameters of a kernel from a variant's words of its priors.

    Parameters
    ----------
    words : mapping of str to str
        `Variant.priors`.
    names : tuple of str
        All that the kernel has, in its order.
    real : tuple of str
        Those that may have any sign; the others are positive.

    Returns
    -------
    tuple of KernelVariable
        None where the words name other parameters, or a prior that a kernel has no code for: that is left to the model
        of `build`, which says what is wrong with it if something is.
    """
    if set(words) != set(names):
        return None
    found = []
    for name in names:
        said = read_words(words[name])
        prior = said.prior if said and (said.shift, said.scale) == (0.0, 1.0) else None
        if prior is None or type(prior) not in _CODES or not (name in real or prior.support[0] == 0.0):
            return None
        found.append(KernelVariable(name, prior))
    return tuple(found)


def _normal(mu: float, sigma: float) -> tuple:
    return _NORMAL, (mu, sigma, 0.0, -math.log(sigma) - _LOG_SQRT_2PI)


def _student(nu: float, mu: float, sigma: float) -> tuple:
    constant = math.lgamma(0.5 * (nu + 1.0)) - math.lgamma(0.5 * nu) - 0.5 * math.log(nu * math.pi) - math.log(sigma)
    return _STUDENT, (mu, sigma, nu, constant)


def _half(coded: tuple) -> tuple:
    family, (a, b, c, constant) = coded
    return family, (a, b, c, constant + math.log(2.0))


# Class → number of its density, its three parameters and the constant.
_CODES: dict[type | None, Callable] = {
    Normal: lambda p: _normal(p.mu, p.sigma),
    HalfNormal: lambda p: _half(_normal(0.0, p.sigma)),
    StudentT: lambda p: _student(p.nu, p.mu, p.sigma),
    HalfStudentT: lambda p: _half(_student(p.nu, 0.0, p.sigma)),
    LogNormal: lambda p: (_LOG_NORMAL, _normal(p.mu, p.sigma)[1]),
    Gamma: lambda p: (
        _POWER, (p.alpha - 1.0, p.beta, 0.0, p.alpha * math.log(p.beta) - math.lgamma(p.alpha)),
    ),
    InverseGamma: lambda p: (
        _POWER, (-p.alpha - 1.0, 0.0, p.beta, p.alpha * math.log(p.beta) - math.lgamma(p.alpha)),
    ),
    Exponential: lambda p: (_POWER, (0.0, p.lam, 0.0, math.log(p.lam))),
}  # fmt: skip
_DRAWS: dict[type, Callable] = {
    Normal: lambda p, size, rng: rng.normal(p.mu, p.sigma, size),
    HalfNormal: lambda p, size, rng: np.abs(rng.normal(0.0, p.sigma, size)),
    StudentT: lambda p, size, rng: p.mu + p.sigma * rng.standard_t(p.nu, size),
    HalfStudentT: lambda p, size, rng: p.sigma * np.abs(rng.standard_t(p.nu, size)),
    LogNormal: lambda p, size, rng: rng.lognormal(p.mu, p.sigma, size),
    Gamma: lambda p, size, rng: rng.gamma(p.alpha, 1.0 / p.beta, size),
    InverseGamma: lambda p, size, rng: p.beta / rng.gamma(p.alpha, 1.0, size),
    Exponential: lambda p, size, rng: rng.exponential(1.0 / p.lam, size),
}


def _coded(prior: Prior | None) -> tuple[int, tuple[float, float, float, float]]:
    return (_FLAT, (0.0, 0.0, 0.0, 0.0)) if prior is None else _CODES[type(prior)](prior)


def _drawn(prior: Prior, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    return _DRAWS[type(prior)](prior, size, rng)


@compiled
def prior_density(x, logarithm, families, numbers):
    """Log density of priors, coded as in `Kernel.tables`, in the unconstrained `x`, and its gradient; the values, and
    their derivative in `x`."""
    n = len(x)
    total, gradient, values, scale = 0.0, np.zeros(n), np.empty(n), np.ones(n)
    for i in range(n):
        v = x[i]
        if logarithm[i]:
            v = np.exp(x[i])
            scale[i] = v
            total += x[i]
            gradient[i] = 1.0
        values[i] = v
        a, b, c, constant = numbers[i]
        of_value = 0.0
        if families[i] == _NORMAL:
            z = (v - a) / b
            total += constant - 0.5 * z * z
            of_value = -z / b
        elif families[i] == _STUDENT:
            z = (v - a) / b
            total += constant - 0.5 * (c + 1.0) * np.log1p(z * z / c)
            of_value = -(c + 1.0) * z / (b * (c + z * z))
        elif families[i] == _LOG_NORMAL:
            z = (x[i] - a) / b
            total += constant - 0.5 * z * z - x[i]
            gradient[i] -= z / b + 1.0
        elif families[i] == _POWER:
            total += constant + a * x[i] - b * v - c / v
            gradient[i] += a
            of_value = c / (v * v) - b
        gradient[i] += scale[i] * of_value
    return total, gradient, values, scale
