"""What a model variant is, and the trend of the plainest ones. Files of variants find what they import here."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from gapmodel.lags.views import MONTHLY, View, view_named
from gapmodel.modeling.panel_data import PanelData, panel_data

__all__ = ["PanelData", "Variant", "linear_trend", "panel_data"]


@dataclass(frozen=True)
class Variant:
    """One statistical claim about the panel: a file in `models/` or a user's own.

    Attributes
    ----------
    name : str
    summary : str
        First line of the module's docstring.
    build : callable
        ``build(data: PanelData) -> pymc.Model``.
    trend : callable
        ``trend(samples: xarray.Dataset, years: numpy.ndarray) -> xarray.Dataset``, see `linear_trend`.
    priors : dict
        Prior of each hyperparameter in words, as the file has them; empty where it has none, see
        `gapmodel.modeling.built_priors.prior_words`.
    path : str
        File name.
    view : View or str
        What the model is fitted to, see `gapmodel.lags.views`; a name is read as the view of that name.
    sha256 : str
        Of the file.
    shipped : bool
        The file is one of the package, to the byte: what is known of that one holds of it.
    sampler : dict
        Settings that the variant asks for: ``target_accept``, the least that is used, and ``adaptation``, ``"diag"`` or
        ``"low_rank"``, the kind of mass matrix, with ``mass_matrix_gamma``, nutpie's regularisation of the latter.
    other_priors : dict
        Parameter → prior in words, of those given in place of the file's; see
        `gapmodel.modeling.built_priors.with_priors`.
    integrated : callable, optional
        ``integrated(data) -> pymc.Model``: the same posterior with fewer parameters, which is sampled in place of
        `build`; None where there is no such form for `data`.
    recover : callable, optional
        ``recover(samples, data, seed) -> xarray.Dataset``: `samples` of the integrated form with everything that those
        of `build` have.
    kernel : callable, optional
        ``kernel(data, priors) -> gapmodel.modeling.kernel.Kernel``: what is sampled, as code that is compiled already,
        with the priors in words; None where it has no code for `data` or `priors`, and a model is compiled.
    of_build : callable, optional
        The `build` of which `integrated`, `recover` and `kernel` are forms. Beside another one, such as a copy made
        with ``dataclasses.replace`` has, they are forms of nothing and not kept.
    """

    name: str
    summary: str
    build: Callable
    trend: Callable
    priors: dict[str, str]
    path: str
    view: View = MONTHLY
    sha256: str = ""
    shipped: bool = False
    sampler: dict[str, Any] = field(default_factory=dict)
    other_priors: dict[str, str] = field(default_factory=dict)
    integrated: Callable | None = None
    recover: Callable | None = None
    kernel: Callable | None = None
    of_build: Callable | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "view", view_named(self.view))
        if self.build is not self.of_build:
            for form in ("integrated", "recover", "kernel", "of_build"):
                object.__setattr__(self, form, None)

    def __repr__(self) -> str:
        priors = "\n".join(f"  {name}: {text}" for name, text in list(self.priors.items())[:8])
        more = f"\n  and {len(self.priors) - 8} more" if len(self.priors) > 8 else ""
        own = "" if self.shipped else ", not as shipped" if self.other_priors else ", a file of the user"
        return f"Variant {self.name} ({self.view.name} view{own}): {self.summary}\n{priors}{more}".rstrip()

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>" for name, text in self.priors.items()
        )
        head = f"{html.escape(self.name)}: {html.escape(self.summary)}"
        return f"<table><caption>{head}</caption>{rows}</table>"

    def plain(self) -> Variant:
        """The same variant, to be sampled as `build` gives it."""
        return replace(self, integrated=None, recover=None, kernel=None)


def linear_trend(samples: xr.Dataset, years: np.ndarray) -> xr.Dataset:
    """Trends of a variant that is linear in time.

    Parameters
    ----------
    samples : xarray.Dataset
        With ``intercept`` and ``slope`` (dims ``chain, draw, benchmark``) and ``intercept_population``,
        ``slope_population``, ``intercept_sd``, ``slope_sd`` (dims ``chain, draw``; a spread that is absent is zero).
    years : numpy.ndarray, shape (n_times,)
        Years since the reference date.

    Returns
    -------
    xarray.Dataset
        ``benchmark_trend`` (chain, draw, benchmark, time), ``population_mean`` and ``population_sd``
        (chain, draw, time), months.
    """
    at = xr.DataArray(np.asarray(years, dtype=float), dims="time")
    mean = samples["intercept_population"] + samples["slope_population"] * at
    variance = samples.get("intercept_sd", 0.0) ** 2 + (samples.get("slope_sd", 0.0) * at) ** 2
    return xr.Dataset(
        {
            "benchmark_trend": samples["intercept"] + samples["slope"] * at,
            "population_mean": mean,
            "population_sd": np.sqrt(variance) + xr.zeros_like(mean),
        }
    )
