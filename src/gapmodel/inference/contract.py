"""Checks that every variant must pass, shipped or a user's own, run without sampling the posterior."""

from __future__ import annotations

import numpy as np
import xarray as xr

from gapmodel.errors import ConfigError, GapmodelError, printable
from gapmodel.inference.sampling import built_model, sample_prior
from gapmodel.modeling.built_priors import words_faults
from gapmodel.modeling.own_code import TREND_DIMS, called, checked_trend
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.predictive import replicate_lags
from gapmodel.modeling.variant import Variant

__all__ = ["check_contract"]


def check_contract(variant: Variant, data: PanelData) -> None:
    """Build the variant on `data`, draw from its prior, and look at what comes out.

    Checked: the log density at the initial point is finite; what the trend returns, its dims and that it is finite, in
    the past and ten years ahead; that lags can be replicated from the draws; that `PRIORS`, where there is one, names
    parameters, and, where its words begin with a distribution, that the model has that one with those parameters.

    Parameters
    ----------
    variant : Variant
    data : PanelData
        Of the variant's view.

    Raises
    ------
    ConfigError
        The variant cannot be built or drawn from; else all that is wrong, one fault per line.
    """
    model = built_model(variant, data)
    try:
        start = model.initial_point()
        density = float(model.compile_logp()(start))
        prior = sample_prior(variant, data, draws=20, seed=0)
    except GapmodelError:
        raise
    except Exception as error:  # a user's file may fail in any way
        said = printable(" ".join(str(error).split()))[:300]
        raise ConfigError(f"{variant.path}: the model cannot be drawn from: {type(error).__name__}: {said}") from error
    given = ", ".join(f"{name} = {words}" for name, words in variant.other_priors.items())
    told = f", with the priors that were given: {given}" if given else ""
    faults = [] if np.isfinite(density) else [f"log density at the initial point is {density}{told}"]
    faults += [f"PRIORS names '{name}', which the model lacks" for name in variant.priors if name not in prior]
    faults += words_faults(variant.priors, model)
    faults += _trend_faults(variant, prior, data)
    if not faults:
        try:
            shape = replicate_lags(variant, prior, data, seed=0).shape
        except (KeyError, ValueError) as error:
            faults.append(
                f"lags cannot be replicated ({type(error).__name__}: {error}): name the error's scale error_sd"
            )
        else:
            if shape != (20, *data.observed.shape):
                faults.append(f"replicated lags have shape {shape}, must be {(20, *data.observed.shape)}")
    if faults:
        lines = "\n".join(f"- {fault}" for fault in faults)
        raise ConfigError(f"variant '{variant.path}' does not keep the contract (docs/variants.md):\n{lines}")


def _trend_faults(variant: Variant, samples: xr.Dataset, data: PanelData) -> list[str]:
    years = np.append(data.years, data.years[-1] + 10.0)
    try:
        trend = called(variant.path, "trend", variant.trend, samples, years)
        checked_trend(trend, len(years), where=variant.path)
    except ConfigError as error:
        return [str(error)]
    return [f"{name} is not finite everywhere" for name in TREND_DIMS if not np.isfinite(trend[name]).all()]
