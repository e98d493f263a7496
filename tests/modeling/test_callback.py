"""Densities as functions of C: the numbers of the kernel, and the draws that a sampler has by calling it in Python."""

import ast
import ctypes
import errno
from pathlib import Path

import numpy as np
import pytest

from gapmodel.inference.native import NativeModel
from gapmodel.inference.sampling import SamplerSettings, compile_variant
from gapmodel.modeling import callback
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.scores.selection import select
from gapmodel.sources import bundled

VARIANTS = ["damped", "shared_shock", "latent_frontier"]


@pytest.fixture(scope="module")
def lags():
    """The bundled panel."""
    return LagOptions().lags(select(bundled.load()))


def kernel_of(lags, name):
    variant = load_variant(name)
    return variant.kernel(LagOptions().data(lags, view=variant.view), variant.priors)


def called(kernel, point):
    """What the function of C says of a point: its code, density and gradient."""
    words = callback.packed((*kernel.tables, *kernel.arguments))
    x, gradient, total = np.array(point), np.empty_like(point), np.empty(1)
    doubles = ctypes.POINTER(ctypes.c_double)
    given = [array.ctypes.data_as(doubles) for array in (x, gradient, total)]
    code = kernel.callback().ctypes(len(x), *given, words.ctypes.data)
    return code, total[0], gradient


@pytest.mark.parametrize("name", VARIANTS)
def test_it_is_the_density_of_the_kernel_to_the_last_digit(lags, name):
    kernel = kernel_of(lags, name)
    for point in kernel.prior_points(20, np.random.default_rng(1)):
        value, gradient = kernel.density(point)
        code, total, of_point = called(kernel, point)
        assert (code, total) == (0, value)
        np.testing.assert_array_equal(of_point, gradient)


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -800.0, 800.0])
def test_where_there_is_no_density_it_says_so(lags, name, bad):
    kernel = kernel_of(lags, name)
    point = kernel.prior_points(1, np.random.default_rng(1))[0]
    point[4] = bad  # a standard deviation
    value, gradient = kernel.density(point)
    assert (called(kernel, point)[0] == 0) == (np.isfinite(value) and np.isfinite(gradient).all())


def test_words_hold_what_was_packed():
    arrays = (np.array([True, False]), np.arange(6.0).reshape(2, 3), 2.5, (np.array([7, 8]), np.zeros((0, 4))))
    words = callback.packed(arrays)
    assert words[0] == len(words)
    start, rows, columns = words[4:7]
    assert words[start : start + rows * columns].view(float).reshape(rows, columns).tolist() == arrays[1].tolist()
    assert words[words[1] : words[1] + words[3]].tolist() == [1, 0]
    assert words[words[7]].view(float) == 2.5
    assert words[words[10] : words[10] + words[12]].tolist() == [7, 8]
    assert tuple(words[14:16]) == (0, 4)


def test_kept_code_is_of_all_files_that_it_calls():
    """Code compiled from another file is stale when that file changes, unless the key of the code knows the file."""
    tree = ast.parse(Path(callback.__file__).read_text())
    taken = {n.module: {a.name for a in n.names} for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    called_there = {m for m in taken if m.startswith("gapmodel.modeling.") and m != "gapmodel.modeling.compiled"}
    assert {m.rpartition(".")[2] for m in called_there} == taken["gapmodel.modeling"]


@pytest.mark.slow
def test_draws_are_those_of_the_kernel_called_in_python(lags, monkeypatch):
    settings = SamplerSettings(draws=60, tune=100, chains=2, seed=3)
    variant, data = load_variant("shared_shock"), LagOptions().data(lags)
    compiled = compile_variant(variant, data)
    assert isinstance(compiled.compiled, NativeModel)
    monkeypatch.setattr("gapmodel.inference.sampling.native", lambda model, kernel: model)
    in_python = compile_variant(variant, data)
    assert not isinstance(in_python.compiled, NativeModel)
    posterior = compiled.sample(settings).posterior
    assert posterior.sizes["draw"] == 60
    assert posterior.identical(in_python.sample(settings).posterior)


def test_without_a_folder_to_write_to_it_is_compiled_all_the_same(monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)  # with which numba looks for a place
    callback.copying.cache_clear()
    x, out = np.array([1.5, 2.5]), np.empty(2)
    doubles = ctypes.POINTER(ctypes.c_double)
    given = [array.ctypes.data_as(doubles) for array in (x, out)]
    assert callback.copying().ctypes(2, 2, *given, None) == 0
    assert out.tolist() == [1.5, 2.5]
    callback.copying.cache_clear()
