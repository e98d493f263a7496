"""Log densities as functions of C, which the threads of a sampler call without Python's lock.

Called through Python, two chains hand the lock to each other at every step, and gain little by a second core. A
function of C takes no arrays of Python: what a density needs stands in one array of 8-byte words, from which every call
takes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np

from gapmodel.modeling import kernel, latent_density, marginal
from gapmodel.modeling.compiled import compiled
from gapmodel.modeling.kernel import prior_density
from gapmodel.modeling.latent_density import latent_log_density
from gapmodel.modeling.marginal import line_likelihood, path_likelihood

__all__ = ["copying", "lines_density", "packed", "path_density", "scores_density"]

_DOUBLES = numba.types.CPointer(numba.types.double)
_DENSITY = numba.types.int64(numba.types.uint64, _DOUBLES, _DOUBLES, _DOUBLES, numba.types.voidptr)
_COPY = numba.types.int64(numba.types.uint64, numba.types.uint64, _DOUBLES, _DOUBLES, numba.types.voidptr)
#: Of what the function is asked: there is a density, there is none.
_FINE, _NONE = 0, 1
_PRIORS = 3  # entries of the words, before those of the likelihood


def packed(arrays: Iterable[Any]) -> np.ndarray:
    """Arrays as words: how many there are of them, then where each begins and its two lengths, then all of them.

    Parameters
    ----------
    arrays : iterable of numpy.ndarray or float
        Whole or real numbers, of at most two dimensions; for a tuple among them its parts.

    Returns
    -------
    numpy.ndarray of int64, shape (n_words,)

    Examples
    --------
    >>> packed((np.array([7, 8]), np.ones((1, 2))))[:9].tolist()
    [11, 7, 1, 2, 9, 1, 2, 7, 8]
    """
    flat = [each for one in arrays for each in (one if isinstance(one, tuple) else (one,))]
    wide = [np.asarray(a).astype(np.int64 if np.asarray(a).dtype.kind in "biu" else np.float64) for a in flat]
    head, start = [], 1 + 3 * len(wide)
    for array in wide:
        head += [start, *(1, 1, *array.shape)[-2:]]
        start += array.size
    return np.concatenate([[start], head, *(array.reshape(-1).view(np.int64) for array in wide)])


@compiled
def _whole(words, k):
    start = words[1 + 3 * k]
    return words[start : start + words[3 + 3 * k]]


@compiled
def _real(words, k):
    return _whole(words, k).view(np.float64)


@compiled
def _wholes(words, k):
    start, rows, columns = words[1 + 3 * k], words[2 + 3 * k], words[3 + 3 * k]
    return words[start : start + rows * columns].reshape((rows, columns))


@compiled
def _reals(words, k):
    return _wholes(words, k).view(np.float64)


@compiled
def _panel(words, k):
    """What `gapmodel.modeling.marginal.log_likelihood` takes after ``width``."""
    return (
        _reals(words, k),
        _reals(words, k + 1),
        _wholes(words, k + 2),
        _reals(words, k + 3),
        _reals(words, k + 4),
        _real(words, k + 5),
        _whole(words, k + 6),
        _whole(words, k + 7),
        _real(words, k + 8),
        _real(words, k + 9),
        _whole(words, k + 10),
        _real(words, k + 11),
    )


@compiled
def _of_scores(values, words, k):
    return latent_log_density(
        values,
        _whole(words, k)[0],
        _real(words, k + 1),
        _real(words, k + 2),
        _real(words, k + 3),
        _whole(words, k + 4),
        _whole(words, k + 5),
        _real(words, k + 6),
        _real(words, k + 7),
        _real(words, k + 8),
        _whole(words, k + 9),
        _whole(words, k + 10),
        _real(words, k + 11),
        _whole(words, k + 12),
        _real(words, k + 13),
        _real(words, k + 14),
        _real(words, k + 15),
        _real(words, k + 16)[0],
        _real(words, k + 17)[0],
        _real(words, k + 18),
        (_whole(words, k + 19)[0], _whole(words, k + 20)[0]),
        _real(words, k + 21)[0],
        _real(words, k + 22)[0],
    )


@compiled
def _started(n, x, user):
    """What is given, as arrays: the words, and what the priors make of the point."""
    words = numba.carray(user, numba.carray(user, (1,), np.int64)[0], np.int64)
    return words, prior_density(numba.carray(x, (n,)), _whole(words, 0), _whole(words, 1), _reals(words, 2))


@compiled
def _ended(n, gradient_, total_, prior, likelihood):
    """Density and gradient put where they are asked for."""
    gradient, total = numba.carray(gradient_, (n,)), numba.carray(total_, (1,))
    value, of_values = likelihood
    of_the_prior, of_prior, _, scale = prior
    for i in range(n):
        gradient[i] = of_prior[i] + scale[i] * of_values[i]
        if not np.isfinite(gradient[i]):
            return _NONE
    total[0] = of_the_prior + value
    return _FINE if np.isfinite(total[0]) else _NONE


# The three that follow differ by one call alone, and cannot share it: code that is kept on disk may hold no other
# compiled function, and one for all would compile all three. Numba knows no `except` but of any exception.


@cache
def lines_density() -> Any:
    """That of `gapmodel.modeling.marginal.line_likelihood` with the priors, as nutpie calls it; compiled at first."""
    # Code is kept by the file of a function and what it holds: here, by all files that it calls.
    sources = _sources()

    def density(n, x, gradient, total, user):
        sources  # noqa: B018
        words, prior = _started(n, x, user)
        try:
            likelihood = line_likelihood(prior[2], _real(words, _PRIORS)[0], _panel(words, _PRIORS + 1))
        except Exception:
            return _NONE
        return _ended(n, gradient, total, prior, likelihood)

    return _kept(_DENSITY, density)


@cache
def path_density() -> Any:
    """As `lines_density`, of `gapmodel.modeling.marginal.path_likelihood`."""
    sources = _sources()

    def density(n, x, gradient, total, user):
        sources  # noqa: B018
        words, prior = _started(n, x, user)
        basis, every, width = _reals(words, _PRIORS), _real(words, _PRIORS + 1)[0], _real(words, _PRIORS + 2)[0]
        try:
            likelihood = path_likelihood(prior[2], basis, every, width, _panel(words, _PRIORS + 3))
        except Exception:
            return _NONE
        return _ended(n, gradient, total, prior, likelihood)

    return _kept(_DENSITY, density)


@cache
def scores_density() -> Any:
    """As `lines_density`, of `gapmodel.modeling.latent_density.latent_log_density`."""
    sources = _sources()

    def density(n, x, gradient, total, user):
        sources  # noqa: B018
        words, prior = _started(n, x, user)
        try:
            likelihood = _of_scores(prior[2], words, _PRIORS)
        except Exception:
            return _NONE
        return _ended(n, gradient, total, prior, likelihood)

    return _kept(_DENSITY, density)


@cache
def copying() -> Any:
    """What is kept of a draw: the point itself."""

    def copy(n, expanded, x_, out_, user):
        x, out = numba.carray(x_, (n,)), numba.carray(out_, (n,))
        for i in range(n):
            out[i] = x[i]
        return _FINE

    return _kept(_COPY, copy)


def _kept(signature: Any, function: Callable[..., int]) -> Any:
    """Compiled, and kept on disk where `gapmodel.modeling.compiled.compiled` keeps functions."""
    try:
        return numba.cfunc(signature, error_model="numpy", cache=True)(function)
    except RuntimeError:
        return numba.cfunc(signature, error_model="numpy")(function)


def _sources() -> str:
    files = sorted({Path(str(module.__file__)) for module in (kernel, latent_density, marginal)})
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
