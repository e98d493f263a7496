"""Compile a variant once, sample it many times. Returns results and never writes files."""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import nutpie.compiled_pyfunc
import pymc as pm
import pytensor
import xarray as xr
from threadpoolctl import threadpool_limits

from gapmodel.errors import ConfigError, InsufficientDataError, quoted
from gapmodel.inference.native import native
from gapmodel.inference.watch import Watch
from gapmodel.modeling.kernel import Kernel
from gapmodel.modeling.own_code import called, line_of
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.variant import Variant

__all__ = ["CompiledVariant", "Fit", "SamplerSettings", "built_model", "compile_variant", "fit_variant", "sample_prior"]

_LOW_RANK_MOST = 200  # parameters
_POINT = "point"  # of a kernel, on the unconstrained scale


@dataclass(frozen=True)
class SamplerSettings:
    """Everything passed to the sampler, as passed.

    Attributes
    ----------
    draws, tune : int
        Of each chain; `draws` is large because a reported probability must have an MCSE of at most 0.01, and because a
        claim shows only digits that another seed would give too.
    chains : int
    seed : int
        From 0 to 2**32 - 1.
    target_accept : float
        Mean acceptance probability that the step size is tuned to.
    cores : int
        Chains that run side by side.
    sampler : str
        ``"nutpie"``, the only one.

    Raises
    ------
    ConfigError
        A setting is out of range.
    """

    draws: int = 10_000
    tune: int = 1000
    chains: int = 4
    seed: int = 20260811
    target_accept: float = 0.95
    cores: int = 2
    sampler: str = "nutpie"

    def __post_init__(self) -> None:
        for name in ("draws", "tune", "chains", "cores", "seed"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Integral):
                raise ConfigError(f"{name} is {value!r}: give a whole number")
        for name, least, most in (("draws", 50, 10**6), ("tune", 50, 10**6), ("chains", 2, 1000), ("cores", 1, 1000)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}: give at least {least}")
            if getattr(self, name) > most:
                raise ConfigError(f"{name} is {getattr(self, name)}: give at most {most}")
        if not 0.5 <= self.target_accept < 1.0:
            raise ConfigError(f"target_accept is {self.target_accept}: give a number from 0.5 to below 1")
        if self.sampler != "nutpie":
            raise ConfigError(f"sampler is '{self.sampler}': there is one, nutpie")
        if not 0 <= self.seed < 2**32:
            raise ConfigError(f"seed is {self.seed}: give a whole number from 0 to 4294967295")

    def as_dict(self) -> dict[str, Any]:
        """As a plain dictionary, for the manifest."""
        return asdict(self)

    @classmethod
    def from_dict(cls, recorded: Mapping[str, Any]) -> SamplerSettings:
        """From what `as_dict` gives; entries that are no settings are left out."""
        return cls(**{name: value for name, value in recorded.items() if name in {f.name for f in fields(cls)}})

    def quick(self) -> SamplerSettings:
        """A small version for trying things out; its results are marked as not citable."""
        return replace(self, draws=400, tune=500, chains=2)


@dataclass(frozen=True)
class Fit:
    """Posterior of one variant on one panel.

    Attributes
    ----------
    variant : Variant
    data : PanelData
    settings : SamplerSettings
    idata : xarray.DataTree
        Groups ``posterior`` and ``sample_stats``, dims ``chain, draw`` first.
    sampled_as : dict
        What the sampler worked on and how: ``form``, "plain" or "integrated"; ``compiled``, "kernel", or "model" where
        PyMC's was; ``adaptation`` of the mass matrix, and ``mass_matrix_gamma`` where the variant sets it.
    """

    variant: Variant
    data: PanelData
    settings: SamplerSettings
    idata: xr.DataTree
    sampled_as: dict[str, str | float] = field(default_factory=dict)

    @property
    def posterior(self) -> xr.Dataset:
        """The posterior as a Dataset, dims ``chain, draw`` first."""
        return self.idata["posterior"].to_dataset()


@dataclass(frozen=True)
class CompiledVariant:
    """A variant compiled for one shape of panel.

    Attributes
    ----------
    variant : Variant
    data : PanelData
    compiled : nutpie.CompiledModel
    recover : callable, optional
        Where it is the variant's integrated form: draws, after sampling, what is integrated out.
    kernel : Kernel, optional
        What `compiled` calls, where that is no model of PyMC.
    """

    variant: Variant
    data: PanelData
    compiled: Any
    recover: Callable | None = None
    kernel: Kernel | None = None

    def with_data(self, data: PanelData) -> CompiledVariant:
        """The same compiled model with another panel of the same shape; compiles nothing.

        Parameters
        ----------
        data : PanelData
            Every array of the shape that was compiled for, see `panel_data` for grids and padding; of any shape where
            there is a kernel.

        Raises
        ------
        ValueError
            The shapes differ (the compiled code would silently read out of bounds).
        """
        if data is self.data:
            return self
        if self.kernel:
            return compile_variant(self.variant, data)
        used = {variable.name for variable in self.compiled.shared_var_keys}
        for name, value in data.arrays.items():
            if value.shape != getattr(self.data, name).shape:
                raise ValueError(f"{name} has shape {value.shape}, compiled for {getattr(self.data, name).shape}")
        updates = {name: value for name, value in data.arrays.items() if name in used}
        return replace(self, data=data, compiled=self.compiled.with_data(**updates))

    def sample(self, settings: SamplerSettings, *, progress: Callable | None = None) -> Fit:
        """Draw from the posterior with nutpie's NUTS.

        Parameters
        ----------
        settings : SamplerSettings
        progress : callable, optional
            Called with a list of nutpie's ``ChainProgress`` from a background thread.

        Returns
        -------
        Fit
            With everything that the plain form has, also where the integrated one was sampled; its settings are those
            that were used.

        Raises
        ------
        InsufficientDataError
            The lags have no scatter at all, and chains go where errors are nothing: there is no posterior.
        """
        settings = self.settings(settings)
        why = self.kernel.unbounded() if self.kernel and self.kernel.unbounded else ""
        idata = self._watched(settings, progress, why) if why else self.run_sampler(settings, progress=progress)
        if self.recover:
            seed = int(np.random.SeedSequence(settings.seed).generate_state(1)[0])
            samples = self.recover(idata["posterior"].to_dataset(), self.data, seed=seed)
            idata["posterior"] = xr.DataTree(samples)
        sampled_as: dict[str, str | float] = {
            "form": "integrated" if self._integrated else "plain",
            "compiled": "kernel" if self.kernel else "model",
            "adaptation": self.adaptation,
            **self._shrinkage,
        }
        return Fit(self.variant, self.data, settings, _relabelled(idata, self.data), sampled_as)

    def _watched(self, settings: SamplerSettings, progress: Callable | None, why: str) -> xr.DataTree:
        """`run_sampler` where the density is unbounded, stopped with `why` once a chain goes there."""
        assert self.kernel
        watch = Watch(self.kernel)
        watched = replace(self, compiled=_callable(self.kernel, watch.density))
        idata = watched.run_sampler(settings, progress=progress)
        if watch.fell:
            raise InsufficientDataError(why)
        return idata

    def settings(self, settings: SamplerSettings) -> SamplerSettings:
        """`settings`, with `target_accept` raised to the least that the variant asks for."""
        least = self.variant.sampler.get("target_accept", 0.0)
        return replace(settings, target_accept=max(settings.target_accept, least))

    @property
    def adaptation(self) -> str:
        """Kind of nutpie's mass matrix.

        Of the integrated form's few parameters some go hand in hand (scale and length of the errors): steps along both
        at once. With hundreds of censored stretches that costs more than it gains. A variant may ask for its own.
        """
        if "adaptation" in self.variant.sampler:
            return self.variant.sampler["adaptation"]
        return "low_rank" if self._integrated and self.compiled.n_dim <= _LOW_RANK_MOST else "diag"

    @property
    def _integrated(self) -> bool:
        return self.kernel.form == "integrated" if self.kernel else self.recover is not None

    @property
    def _shrinkage(self) -> dict[str, float]:
        """How much a mass matrix of low rank is drawn to a diagonal one, where the variant says so."""
        return {k: v for k, v in self.variant.sampler.items() if k == "mass_matrix_gamma"}

    def run_sampler(self, settings: SamplerSettings, *, progress: Callable | None = None) -> xr.DataTree:
        """The sampler alone: draws of what the compiled model has, nothing recovered; arguments as for `sample`.

        Raises
        ------
        RuntimeError
            It ended with fewer draws than were asked for.
        """
        # Chains run side by side already; threads of linear algebra below them would fight for the same cores.
        with threadpool_limits(limits=1, user_api="blas"):
            sampler = nutpie.sample(
                self.compiled,
                draws=settings.draws,
                tune=settings.tune,
                chains=settings.chains,
                cores=settings.cores,
                seed=settings.seed,
                target_accept=settings.target_accept,
                adaptation=self.adaptation,
                **self._shrinkage,
                save_warmup=False,
                progress_bar=False,
                progress_callback=progress,
                progress_rate=200,
                blocking=False,
            )
            try:
                idata = sampler.wait()
            except BaseException:
                # Waiting itself, nutpie takes Ctrl-C for the end of sampling and gives what was drawn by then.
                sampler.cancel()
                raise
        drawn = idata["posterior"].sizes
        if (drawn["chain"], drawn["draw"]) != (settings.chains, settings.draws):
            raise RuntimeError("the sampler ended before all draws were made")
        if self.kernel:
            points = idata["posterior"].to_dataset()
            coords = {name: points[name] for name in ("chain", "draw")}
            samples = xr.Dataset(self.kernel.expand(points[_POINT].to_numpy()), coords=coords)
            idata["posterior"] = xr.DataTree(samples)
        return idata


def _of_kernel(variant: Variant, data: PanelData, kernel: Kernel) -> CompiledVariant:
    # Numba compiles, or reads from the disk, here and not while it is sampled.
    start = kernel.prior_points(1, np.random.default_rng(0))
    kernel.density(start[0])
    kernel.complete(xr.Dataset(kernel.expand(start[None])), data, seed=0)
    model = native(_callable(kernel, kernel.density), kernel)
    return CompiledVariant(variant, data, model, kernel.complete, kernel)


def _callable(kernel: Kernel, density: Callable) -> Any:
    """For nutpie, which calls the kernel from its threads, without a graph to compile."""
    return nutpie.compiled_pyfunc.from_pyfunc(
        kernel.n_dim,
        lambda: density,
        # Brought to their own scale after sampling, all draws at once.
        lambda *seeds: lambda x: {_POINT: np.array(x, dtype=np.float64)},
        [np.dtype("float64")],
        [(kernel.n_dim,)],
        [_POINT],
        make_initial_point_fn=lambda seed: kernel.prior_points(1, np.random.default_rng(seed))[0],
    )


def _relabelled(idata: xr.DataTree, data: PanelData) -> xr.DataTree:
    """Coordinates of the data that were sampled, not of those that were compiled."""
    idata["posterior"] = xr.DataTree(_labelled(idata["posterior"].to_dataset(), data))
    return idata


def _labelled(samples: xr.Dataset, data: PanelData) -> xr.Dataset:
    labels = {
        "benchmark": data.benchmark, "month": np.datetime_as_string(data.month, unit="D"), "category": data.category,
        "stretch": np.arange(len(data.stretch_real)),
    }  # fmt: skip
    return samples.assign_coords({name: label for name, label in labels.items() if name in samples.dims})


def _strict_arithmetic():
    """IEEE arithmetic in compiled code.

    Under numba's fastmath the order of a sum depends on what gets inlined, which differs between code compiled now and
    code read from the cache: one seed would then give two posteriors.
    """
    return pytensor.config.change_flags(numba__fastmath=False)


def compile_variant(variant: Variant, data: PanelData) -> CompiledVariant:
    """Build and compile a variant for the shape of `data` (seconds to half a minute), in its integrated form if any.

    Where the variant has a kernel for `data`, that is taken: compiled once per machine, and no model is built.

    Parameters
    ----------
    variant : Variant
    data : PanelData
        Of the variant's view.

    Returns
    -------
    CompiledVariant

    Raises
    ------
    ConfigError
        The variant builds no model with parameters, or its code fails; the text names the file.
    """
    kernel = _kernel(variant, data)
    if kernel:
        return _of_kernel(variant, data, kernel)
    model = called(variant.path, "build", variant.integrated, data) if variant.integrated else None
    recover = None if model is None else variant.recover
    if model is None:
        model = built_model(variant, data)
    with _strict_arithmetic():
        return CompiledVariant(variant, data, nutpie.compile_pymc_model(model), recover)


def _kernel(variant: Variant, data: PanelData) -> Kernel | None:
    return variant.kernel(data, variant.priors) if variant.kernel else None


def built_model(variant: Variant, data: PanelData) -> pm.Model:
    """What the variant's `build` gives for `data`.

    Raises
    ------
    ConfigError
        It fails, gives no model with parameters, or one with a discrete parameter; the text names the line of the
        user's file.
    """
    model = called(variant.path, "build", variant.build, data)
    if not isinstance(model, pm.Model) or not model.free_RVs:
        raise ConfigError(f"{variant.path}: build returns no pymc.Model with parameters: see docs/variants.md")
    for parameter in model.free_RVs:
        if parameter.dtype[0] in "iub":  # int, uint, bool
            source = inspect.getsourcefile(variant.build) if inspect.isfunction(variant.build) else None
            line = line_of(Path(source) if source else None, str(parameter.name))
            raise ConfigError(
                f"{variant.path}{line}: the parameter {quoted(parameter.name)} is discrete, which is not sampled here: "
                "sum it out, or take a continuous one"
            )
    return model


def fit_variant(
    variant: Variant, data: PanelData, settings: SamplerSettings, *, progress: Callable | None = None
) -> Fit:
    """Compile and sample in one call.

    Parameters
    ----------
    variant : Variant
    data : PanelData
        Of the variant's view.
    settings : SamplerSettings
    progress : callable, optional
        See `CompiledVariant.sample`.

    Returns
    -------
    Fit

    Raises
    ------
    ConfigError
        See `compile_variant`.
    """
    return compile_variant(variant, data).sample(settings, progress=progress)


def sample_prior(variant: Variant, data: PanelData, *, draws: int = 4000, seed: int) -> xr.Dataset:
    """Draw every parameter from the prior.

    Likelihood potentials play no part: only hyperparameters, benchmark effects and paths mean anything
    here, not the latent censored lags.

    Parameters
    ----------
    variant : Variant
        Always in its plain form.
    data : PanelData
        Of the variant's view.
    draws : int
    seed : int

    Returns
    -------
    xarray.Dataset
        Free and deterministic variables; dims ``chain`` (1) and ``draw`` first.
    """
    kernel = _kernel(variant, data)
    drawn = kernel.prior_draws(data, draws=draws, seed=seed) if kernel else None
    if drawn is not None:
        return _labelled(drawn, data)
    model = built_model(variant, data)
    logger = logging.getLogger("pymc")
    level = logger.level
    # PyMC warns that potentials are left out, which is what a prior draw is meant to do.
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), _strict_arithmetic():
            warnings.filterwarnings("ignore", message=".*[Pp]otential.*")
            tree = pm.sample_prior_predictive(draws=draws, model=model, random_seed=seed)
    finally:
        logger.setLevel(level)
    return tree["prior"].to_dataset()
