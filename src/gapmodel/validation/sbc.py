"""Simulation-based calibration: is the true value any draw among those of the posterior?

Parameters are drawn from the prior, a panel from the model, and the panel is censored as the real one is. Fitted to
that panel, a correct model and sampler give draws among which the truth has a uniform rank (Talts, Betancourt, Simpson,
Vehtari and Gelman 2018, arXiv:1804.06788), for parameters and for whatever is computed from them and the data. Of the
latter the log density of the lags is the one that notices when the data are used wrongly or not at all (Modrák et al.
2023, doi:10.1214/23-BA1404).

Why not the package simuk: it draws data from ``observed=`` variables or a simulator that names them, and puts them back
with ``pm.observe``, compiling and sampling each simulation by ``pm.sample``. Here the likelihood is a potential of
arrays that are ``pm.Data``, the latent lags beyond their bounds are parameters whose prior draws mean nothing (their
truth comes from the simulated panel), and a model is compiled once for all simulations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import arviz as az
import numpy as np
import xarray as xr

from gapmodel.inference.capability import replicate_scores, with_scores
from gapmodel.inference.compile_cache import compiled_for
from gapmodel.inference.crossing import crossing_draws, crossing_grid
from gapmodel.inference.gap import gap_draws, trend_draws
from gapmodel.inference.sampling import Fit, SamplerSettings
from gapmodel.modeling.built_priors import model_priors
from gapmodel.modeling.panel_data import EXCESS_SCALE, PanelData
from gapmodel.modeling.predictive import latent_lags, replicate_lags
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.score_data import as_score_data
from gapmodel.modeling.variant import Variant
from gapmodel.stats.draws import flat

__all__ = [
    "CROSSING_MONTHS",
    "THINNED_DRAWS",
    "Simulation",
    "censor",
    "error_log_density",
    "quantities",
    "randomised_rank",
    "rank_simulation",
    "simulate",
    "simulation_job",
]

CROSSING_MONTHS = 24
#: Draws among which the truth is ranked; few, so that they are nearly independent.
THINNED_DRAWS = 100


@dataclass(frozen=True)
class Simulation:
    """One panel with known truth.

    Attributes
    ----------
    data : PanelData
        Censored.
    truth : xarray.Dataset
        One draw (dims ``chain, draw`` of size 1) of everything in the model.
    """

    data: PanelData
    truth: xr.Dataset


def simulate(variant: Variant, prior: xr.Dataset, data: PanelData, *, seed: int) -> Simulation:
    """Draw a panel from one prior draw, and censor it; for a model of the scores: scores, some of them as bounds.

    Parameters
    ----------
    variant : Variant
    prior : xarray.Dataset
        One draw of `gapmodel.inference.sampling.sample_prior`.
    data : PanelData
        Which cells are observed, which stretches may be censored, and where.
    seed : int

    Returns
    -------
    Simulation
    """
    panel_seed, censor_seed = (int(s) for s in np.random.SeedSequence(seed).generate_state(2))
    if variant.view.of_scores:
        scores = as_score_data(data)
        logit = replicate_scores(variant, prior, scores, seed=panel_seed, given_scores=False)[0]
        return Simulation(with_scores(scores, logit), prior)
    lags = replicate_lags(variant, prior, data, seed=panel_seed)[0]
    censored, raw = censor(lags, data, rng=np.random.default_rng(censor_seed))
    truth = prior.assign(excess_raw=(("chain", "draw", "stretch"), raw[None, None]))
    return Simulation(censored, truth)


def censor(lags: np.ndarray, data: PanelData, *, rng: np.random.Generator) -> tuple[PanelData, np.ndarray]:
    """Censor the stretches of `data` at the limits of `data` (type I: limits are fixed, lags are not).

    A stretch that begins beyond its limit, the bound of its first cell, shows its steps from month to month, and its
    level only as beyond the limit: what the months of a real censored stretch show. A stretch that begins on the near
    side of its limit is seen exactly.

    Parameters
    ----------
    lags : numpy.ndarray, shape (B, T), months
    data : PanelData
    rng : numpy.random.Generator
        For the parameter of padding.

    Returns
    -------
    data : PanelData
        Of the same shapes; stretches that are seen are padding.
    excess_raw : numpy.ndarray, shape (R,)
        The model's parameter for how far each stretch lies beyond its limit. Of padding: standard normal, as in the
        model.
    """
    real = data.censored_sign != 0
    rows, columns = data.censored_benchmark[real], data.censored_month[real]
    stretch, sign = data.censored_stretch[real], data.censored_sign[real]
    value = lags[rows, columns]
    found, first = np.unique(stretch, return_index=True)  # cells run in the order of months
    beyond = np.full(len(data.stretch_real), -np.inf)
    beyond[found] = sign[first] * (value[first] - data.censored_bound[real][first])
    hidden = beyond > 0.0
    unseen = hidden[stretch]
    lag = np.where(data.observed > 0, lags, 0.0)
    lag[rows, columns] = np.where(unseen, 0.0, value)
    new_sign, bound = np.zeros(len(real)), np.zeros(len(real))
    new_sign[real] = np.where(unseen, sign, 0.0)
    bound[real] = np.where(unseen, value - sign * np.where(unseen, beyond[stretch], 0.0), 0.0)
    raw = rng.standard_normal(len(hidden))
    excess = beyond[hidden] / EXCESS_SCALE
    raw[hidden] = excess + np.log(-np.expm1(-excess))  # the inverse of softplus
    return (
        replace(data, lag=lag, censored_bound=bound, censored_sign=new_sign, stretch_real=hidden.astype(float)),
        raw,
    )


def quantities(fit: Fit, samples: xr.Dataset) -> xr.Dataset:
    """What is ranked, from the posterior or from the truth alike.

    Parameters
    ----------
    fit : Fit
    samples : xarray.Dataset
        Draws from its posterior, or the truth as one draw.

    Returns
    -------
    xarray.Dataset, dims (chain, draw)
        Every hyperparameter of the variant (of one with an axis of its own, the average over it), ``average_gap`` at
        the last month (months), ``average_slope``, its change over the last 12 (months per year), whether it touches
        zero within `CROSSING_MONTHS` (0 or 1), and, of a model of lags, `error_log_density` as ``log_likelihood``.
    """
    end = fit.data.month[-1]
    out: dict[str, xr.DataArray] = {}
    for name in fit.variant.priors or model_priors(fit.variant.build(fit.data)):
        if name in samples:
            extra = [dim for dim in samples[name].dims if dim not in ("chain", "draw")]
            out[name] = samples[name].mean(extra) if extra else samples[name]
    gaps = gap_draws(fit, end, seed=0, samples=samples)
    path = trend_draws(fit, crossing_grid(end, horizon_years=CROSSING_MONTHS / 12), samples=samples, each=False)[
        "average"
    ]
    out["average_gap"], out["average_slope"] = gaps["average_gap"], gaps["slope"]
    out[f"zero_within_{CROSSING_MONTHS}_months"] = (crossing_draws(path)["touched"] < np.inf).astype(float)
    if not fit.variant.view.of_scores:
        out["log_likelihood"] = error_log_density(fit.variant, samples, fit.data)
    return xr.Dataset({name: values.reset_coords(drop=True) for name, values in out.items()})


def error_log_density(variant: Variant, samples: xr.Dataset, data: PanelData) -> xr.DataArray:
    """Log density of all lags, those beyond their bounds filled in from the draws.

    The potential ``errors`` of `gapmodel.modeling.likelihood.ou_errors`, written again in NumPy. Given the panel it is
    a function of parameters and latent lags, so that it can be ranked: the truth has the latent lags that were
    simulated.

    Parameters
    ----------
    variant : Variant
        Of lags.
    samples : xarray.Dataset, dims (chain, draw, ...)
        With ``excess_raw`` and ``error_sd``; see `gapmodel.modeling.predictive` for what is read by name.
    data : PanelData

    Returns
    -------
    xarray.DataArray, dims (chain, draw), nats
    """
    shape = (samples.sizes["chain"], samples.sizes["draw"])

    error = latent_lags(samples, data) - flat(
        variant.trend(samples, data.years)["benchmark_trend"], "benchmark", "time"
    )
    if "shock" in samples:
        error = error - flat(samples["shock"], "month")[:, None, :]
    sd = flat(samples["error_sd"])[:, None, None]
    if "error_scale" in samples:
        sd = sd * flat(samples["error_scale"], "benchmark")[:, :, None]
    rho = np.zeros(1)
    if "error_length" in samples:
        rho = np.exp(-data.gap / flat(samples["error_length"])[:, None, None]) * (1.0 - data.first)
    before = error[:, np.arange(len(data.benchmark))[:, None], data.previous]
    scale = sd * np.sqrt(1.0 - rho**2)
    z = (error - rho * before) / scale
    density = data.observed * (-0.5 * z**2 - 0.5 * np.log(2.0 * np.pi) - np.log(scale))
    return xr.DataArray(density.sum(axis=(1, 2)).reshape(shape), dims=("chain", "draw"))


def randomised_rank(truth: float, draws: np.ndarray, *, uniform: float) -> float:
    """Rank of the truth among the draws as a number in (0, 1), uniform where all of them are draws alike.

    Parameters
    ----------
    truth : float
    draws : numpy.ndarray, shape (n,)
    uniform : float
        A uniform random number: fills the step between two ranks, and breaks ties (of 0 and 1, say).

    Returns
    -------
    float
    """
    below, equal = np.count_nonzero(draws < truth), np.count_nonzero(draws == truth)
    return float((below + uniform * (equal + 1)) / (len(draws) + 1))


def rank_simulation(fit: Fit, truth: xr.Dataset, *, seed: int) -> list[dict[str, Any]]:
    """Rank each quantity's truth among thinned draws.

    What the fitted model does not have is no part of its truth, so that a model can be held against data from another.

    Parameters
    ----------
    fit : Fit
        To the simulated panel.
    truth : xarray.Dataset
        Of `Simulation`.
    seed : int
        Of the random part of the ranks.

    Returns
    -------
    list of dict
        One row per quantity: ``quantity, u`` (see `randomised_rank`), ``truth``, posterior ``mean`` and ``sd``, ``ess``
        (bulk, of all draws; None where draws do not differ).
    """
    posterior = fit.posterior
    draws = quantities(fit, posterior)
    true = quantities(fit, truth[[name for name in truth.data_vars if name in posterior]])
    n = draws.sizes["chain"] * draws.sizes["draw"]
    # One chain after the other: of evenly spaced draws each chain gives its share.
    kept = np.linspace(0, n - 1, min(THINNED_DRAWS, n)).round().astype(int)
    rng = np.random.default_rng(seed)
    rows = []
    for name in map(str, draws.data_vars):
        values = draws[name].transpose("chain", "draw").to_numpy()
        value = float(true[name].item())
        ess = float(az.ess(values, method="bulk"))
        rows.append(
            {
                "quantity": name,
                "u": randomised_rank(value, values.ravel()[kept], uniform=float(rng.random())),
                "truth": value,
                "mean": float(values.mean()),
                "sd": float(values.std(ddof=1)),
                "ess": ess if np.isfinite(ess) else None,
            }
        )
    return rows


def simulation_job(
    *, variant: str, data: PanelData, prior: xr.Dataset, seed: int, settings: dict[str, Any]
) -> dict[str, Any]:
    """Simulate, fit and rank once.

    Parameters
    ----------
    variant : str
        Name or file.
    data, prior
        As in `simulate`.
    seed : int
        Of this simulation.
    settings : dict
        Keywords of `SamplerSettings`; their seed is replaced.

    Returns
    -------
    dict
        ``ranks``: rows of `rank_simulation`; ``divergences``.
    """
    panel_seed, sampler_seed, rank_seed = (int(s) for s in np.random.SeedSequence(seed).generate_state(3))
    chosen = load_variant(variant)
    simulation = simulate(chosen, prior, data, seed=panel_seed)
    fit = compiled_for(chosen, simulation.data).sample(SamplerSettings(**{**settings, "seed": sampler_seed}))
    ranks = rank_simulation(fit, simulation.truth, seed=rank_seed)
    return {"ranks": ranks, "divergences": int(fit.idata["sample_stats"]["diverging"].sum())}
