"""In place of nutpie, where a fit need only exist: independent draws from the prior, in a second.

What sampled the integrated form is put back by the variant as ever, given the data. `tests.conftest` puts it into the
process of the tests; processes that they start find it first if this folder is on ``PYTHONPATH``.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass, field, replace

import numpy as np
import pymc as pm
import xarray as xr

from . import compiled_pyfunc

__all__ = ["CompiledModel", "compile_pymc_model", "compiled_pyfunc", "sample"]


@dataclass(frozen=True)
class CompiledModel:
    """What `gapmodel.inference.sampling` asks of a compiled model."""

    model: pm.Model
    values: dict = field(default_factory=dict)

    @property
    def n_dim(self):
        return sum(value.size for value in self.model.initial_point().values())

    @property
    def shared_var_keys(self):
        return {variable: variable.name for variable in self.model.data_vars}

    def with_data(self, **updates):
        return replace(self, values=self.values | updates)


def compile_pymc_model(model):
    return CompiledModel(model)


@dataclass(frozen=True)
class Drawn:
    """A sampler that is done at once."""

    tree: xr.DataTree

    def wait(self):
        return self.tree

    def cancel(self):
        pass


def sample(compiled, *, draws, chains, seed, progress_callback=None, blocking, **settings):
    """Draws in `chains` chains; they depend on the model, its data and the seed alone."""
    assert not blocking  # a sampler that is waited for takes Ctrl-C for its end
    flat = (_of_kernel if isinstance(compiled, compiled_pyfunc.PyFuncModel) else _of_model)(
        compiled, draws * chains, seed
    )
    parts = [
        flat.isel(draw=slice(k * draws, (k + 1) * draws)).assign_coords(draw=np.arange(draws)) for k in range(chains)
    ]
    posterior = xr.concat(parts, xr.Variable("chain", np.arange(chains)))
    energy = np.random.default_rng(seed).normal(size=(chains, draws))
    stats = {"diverging": (("chain", "draw"), np.zeros((chains, draws), bool)), "energy": (("chain", "draw"), energy)}
    return Drawn(xr.DataTree.from_dict({"posterior": posterior, "sample_stats": xr.Dataset(stats)}))


def _of_kernel(compiled, n, seed):
    """The points that chains would start from, which are draws from the prior."""
    seeds = np.random.SeedSequence(seed).generate_state(n, np.uint64)
    points = np.stack([compiled.make_initial_point_fn(int(own)) for own in seeds])
    return xr.Dataset({compiled.name: (("draw", "dim"), points)})


def _of_model(compiled, n, seed):
    for name, value in compiled.values.items():
        variable = compiled.model[name]
        # PyMC keeps whole numbers in 32 bits and refuses wider ones, which nutpie casts.
        variable.set_value(np.asarray(value, dtype=variable.type.dtype))
    logger = logging.getLogger("pymc")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*[Pp]otential.*")
            tree = pm.sample_prior_predictive(
                n, compiled.model, random_seed=seed, compile_kwargs={"mode": "FAST_COMPILE"}
            )
    finally:
        logger.setLevel(level)
    flat = tree["prior"].to_dataset().isel(chain=0, drop=True)
    return flat[sorted(flat)]  # PyMC gives them in the order of a set, another in each process
