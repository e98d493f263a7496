"""How much the priors matter: power-scaling of the hyperpriors, without another fit.

The prior is raised to a power near 1 and the posterior reweighted; what moves by more than `THRESHOLD` is sensitive.
Only hyperpriors are scaled: the distributions of benchmark effects, shocks and errors are part of the model. Source:
Kallioinen, Paananen, Bürkner and Vehtari (2024, doi:10.1007/s11222-023-10366-5), as implemented in ArviZ.
"""

from __future__ import annotations

import arviz as az
import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import xarray as xr
from pymc.stats import compute_log_prior

from gapmodel.errors import ConfigError
from gapmodel.inference.crossing import crossing_draws, crossing_grid
from gapmodel.inference.gap import gap_draws, trend_draws
from gapmodel.inference.sampling import Fit
from gapmodel.modeling.built_priors import prior_words

__all__ = ["QUANTITIES", "THRESHOLD", "errors_of", "power_scaling"]

THRESHOLD = 0.05
QUANTITIES = {"average_gap": "average gap", "slope": "slope", "reached": "P(zero within 5 years)"}
_REACHED_YEARS = 5


def power_scaling(fit: Fit, date, *, max_draws: int = 4000) -> pd.DataFrame:
    """Sensitivity of the gap, the slope and the crossing indicator to each hyperprior, to all, and to the likelihood.

    Parameters
    ----------
    fit : Fit
    date : date-like
        Of the gap and slope; the crossing is counted from it.
    max_draws : int
        Draws are thinned to this number.

    Returns
    -------
    pandas.DataFrame
        One row per (quantity, what is scaled): ``quantity, scaled, sensitivity, flagged``. `scaled` is a
        hyperparameter, ``all priors`` or ``likelihood`` (not for the crossing). For the priors flagged
        means sensitive (above `THRESHOLD`), for the likelihood that the data say little (below it).

    Raises
    ------
    ConfigError
        The variant's model has no potential ``errors``.
    """
    chains, draws = fit.posterior.sizes["chain"], fit.posterior.sizes["draw"]
    thin = max(1, int(np.ceil(chains * draws / max_draws)))
    every = slice(None, None, thin)
    posterior = fit.posterior.isel(draw=every)
    gaps = gap_draws(fit, date, seed=0).isel(draw=every)
    days = crossing_draws(trend_draws(fit, crossing_grid(date, horizon_years=_REACHED_YEARS), each=False)["average"])[
        "touched"
    ]
    quantities = xr.Dataset(
        {
            "average_gap": gaps["average_gap"].drop_vars("benchmark", errors="ignore"),
            "slope": gaps["slope"],
            "reached": (days.isel(draw=every) < np.inf).astype(float),
        }
    )
    model = fit.variant.build(fit.data)
    priors = prior_words(fit.variant, model)
    names = [rv.name for rv in model.free_RVs if rv.name in priors]
    # A hyperprior may be written of a shifted variable (nu above two).
    names += [rv.name for rv in model.free_RVs if any(rv.name.startswith(f"{p}_above") for p in priors)]
    names = list(dict.fromkeys(names))
    tree = xr.DataTree.from_dict({"posterior": posterior})
    prior = compute_log_prior(tree, var_names=names, model=model, extend_inferencedata=False, progressbar=False)
    tree = xr.DataTree.from_dict(
        {
            "posterior": quantities,
            "log_prior": prior,
            "log_likelihood": xr.Dataset({"errors": _log_likelihood(model, posterior)}),
        }
    )
    # A uniform prior is the same to every power, which ArviZ has no answer to.
    flat = {name for name in names if float(np.ptp(prior[name].to_numpy())) == 0.0}
    rows = []
    for group, chosen in [("prior", [name]) for name in names] + [("prior", names), ("likelihood", ["errors"])]:
        same = group == "prior" and set(chosen) <= flat
        found = dict.fromkeys(QUANTITIES, 0.0) if same else az.psense(tree, group=group, group_var_names=chosen)
        label = "likelihood" if group == "likelihood" else chosen[0] if len(chosen) == 1 else "all priors"
        for name, words in QUANTITIES.items():
            if group == "likelihood" and name == "reached":
                continue  # a probability near one half stays there however sharp the posterior becomes
            value = float(found[name])
            flagged = value < THRESHOLD if group == "likelihood" else value > THRESHOLD
            rows.append((words, label, value, bool(flagged)))
    return pd.DataFrame(rows, columns=["quantity", "scaled", "sensitivity", "flagged"])


def errors_of(model: pm.Model):
    """The potential that holds the density of the lags.

    Raises
    ------
    ConfigError
        The model has none of that name.
    """
    found = next((p for p in model.potentials if p.name == "errors"), None)
    if found is None:
        raise ConfigError(
            "the model has no potential called 'errors', whose density would be scaled: "
            "give your `ou_errors` or `pm.Potential` that name (docs/variants.md)"
        )
    return found


def _log_likelihood(model, posterior: xr.Dataset) -> xr.DataArray:
    """Log density of the errors at each draw, dims (chain, draw)."""
    potential = errors_of(model)
    inputs = [rv for rv in model.free_RVs if rv.name in posterior]
    # One number per draw: compiling would take longer than the loop.
    function = pytensor.function(inputs, potential, on_unused_input="ignore", mode="FAST_COMPILE")
    flat = [posterior[rv.name].to_numpy() for rv in inputs]
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    values = [[function(*(array[c, d] for array in flat)) for d in range(draws)] for c in range(chains)]
    return xr.DataArray(np.array(values), dims=("chain", "draw"))
