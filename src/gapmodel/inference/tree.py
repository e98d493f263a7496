"""A fit as one tree for ArviZ: draws, replicated lags, data and their labels, with the units of every variable.

Groups are those of the InferenceData schema, so that ``az.plot_prior_posterior``, ``az.plot_ppc_dist``,
``az.plot_forest`` and ``az.summary`` take the tree as it is. Observed months of all benchmarks lie on one dim
``observation``: ArviZ pools what it compares, and months that nobody saw must not be among the replicates. Titles and
categories of benchmarks are not beside the draws, since `arviz.summary` fails where variables with and without a dim
share a dataset with a second coordinate along it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from gapmodel.errors import ConfigError
from gapmodel.inference.predictive_checks import censoring_limits
from gapmodel.inference.sampling import Fit
from gapmodel.modeling.panel_data import LEADER_START_UP_MONTHS, PanelData
from gapmodel.modeling.predictive import replicate_lags
from gapmodel.modeling.score_data import ScoreData
from gapmodel.units import DAYS_PER_YEAR

__all__ = ["LOO_NOTE", "complete_tree", "stretch_labels", "variable_units"]

LOO_NOTE = (
    "No log_likelihood group, on purpose: leave-one-out (az.loo) would mislead. Errors are correlated in time and one "
    "release moves many benchmarks, so that a month left out is told by its neighbours. Compare variants with "
    "'gapmodel compare', whose folds leave the future out."
)

# Their density comes from a potential, which draws from the prior leave out.
_WITHOUT_PRIOR_DRAWS = ("excess_raw", "shortfall_raw")
# ArviZ itself makes a dim of this name where it sets prior beside posterior.
_TAKEN_DIMS = {"group": "side"}

# Units of what a variant derives from its parameters; those of the parameters are in the words of its priors.
_DERIVED_UNITS = {
    **dict.fromkeys(
        ("intercept", "shock", "floor", "excess", "offset", "deviation", "lag_path", "difficulty"), "months"
    ),
    **dict.fromkeys(("slope", "slope_category", "slope_step", "trend_slope", "offset_slope"), "months/year"),
    "log_slope": "1/year",
    "curve_weight": "months year^0.5",
    **dict.fromkeys(("log_intercept", "log_steepness", "log_steepness_relative", "log_noise_logits"), "1"),
    **dict.fromkeys(("log_noise_level", "difficulty_logits", "log_pace", "pace"), "1"),
    **dict.fromkeys(("nu_above_two", "error_precision", "error_scale"), "1"),
}
_WORDED_UNITS = {
    "": "1",
    ", of the logarithm": "1",
    "log months": "1",
    "a year": "1/year",
    "months/year per root year": "months/year^1.5",
}
_CENSORING = {"units": "1", "long_name": "+1: at least what was observed; -1: at most; 0: exact, or none"}
_YEARS = {"units": "years", "long_name": "time since the reference date"}


def complete_tree(
    fit: Fit,
    prior: xr.Dataset,
    panel: xr.Dataset,
    *,
    seed: int,
    draws: int = 1000,
    leader_start_up_months: float = LEADER_START_UP_MONTHS,
    attrs: Mapping[str, str | int | float] = {},
) -> xr.DataTree:
    """Everything that ArviZ can look at in one fit, labelled.

    Parameters
    ----------
    fit : Fit
    prior : xarray.Dataset, dims (chain, draw, …)
        From `gapmodel.inference.sampling.sample_prior` with the variant and data of `fit`.
    panel : xarray.Dataset
        The monthly panel, from `gapmodel.lags.panel.compute_lags`, with every benchmark of the fit.
    seed : int
        Chooses the draws that are replicated, and replicates them.
    draws : int
        Lags are replicated for at most this number of draws, the same ones of each chain; at least one per chain.
    leader_start_up_months : float, months
        As in `gapmodel.modeling.panel_data.panel_data`: beyond it replicates of the monthly lag are bounds.
    attrs : mapping
        Further attributes of the root: hashes of data and code, seeds, versions.

    Returns
    -------
    xarray.DataTree
        Attributes of the root: ``variant``, ``variant_sha256``, ``view``, ``reference_date``, ``data_sha256``,
        ``sampler_seed``, ``predictive_seed``, ``loo_note``, ``absent_groups`` (which, and why), and `attrs`. Months are
        datetime64 everywhere; all variables have ``units``. Groups:

        ``posterior``, ``prior``
            Dims ``chain, draw`` first, all draws; stretches have the labels of `stretch_labels`. Variables of size zero
            are left out, since ArviZ cannot plot them; so are from ``prior`` those whose draws are not from it. The
            group's attribute ``no_draws_of`` names them. A dim ``group`` becomes ``side``.
        ``sample_stats``
            Of the sampler.
        ``posterior_predictive``, ``prior_predictive``
            ``lag`` (chain, draw, observation), months. Of the view ``monthly`` it is what would have been recorded,
            that is the bound where the replicated lag lies beyond one. Draws keep their labels. Not for ``scores``.
        ``observed_data``
            ``lag`` (observation), months: the lag, or its bound. For ``scores``: ``score_logit`` (observation). In
            these three groups each observation has coordinates ``benchmark``, ``title``, ``category``, ``month`` and
            ``censoring``.
        ``constant_data``
            Dims (benchmark, month), with coordinates ``title`` and ``category`` of each benchmark: ``observed`` (1 for
            a lag or a bound), ``censoring`` (+1 for "at least", -1 for "at most", else 0), ``upper_limit`` and
            ``lower_limit`` beyond which a lag would have been a bound (view ``monthly``; months; NaN where not
            observed), and the label of the cell's censored stretch, ``stretch_label``. ``years`` (month) since the
            reference date. Of each stretch its ``stretch_sign`` and ``stretch_cells``. For ``scores`` (observation):
            ``censoring``, ``score_variance``, ``model_follower``, ``years``.

    Raises
    ------
    ConfigError
        `draws` is below the number of chains, or an attribute is neither text nor a number.

    Examples
    --------
    >>> tree = complete_tree(fit, prior, lags.panel, seed=1)  # doctest: +SKIP
    >>> az.plot_ppc_dist(tree, kind="ecdf")  # doctest: +SKIP
    >>> az.plot_prior_posterior(tree, var_names=list(fit.variant.priors))  # doctest: +SKIP
    """
    for name, value in attrs.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ConfigError(f"attribute '{name}' is {value!r}: give text or a number")
    data = fit.data
    titles = panel["title"].sel(benchmark=data.benchmark).to_numpy().astype(object)
    groups = {
        "posterior": _labelled(fit.posterior, fit),
        "prior": _labelled(prior, fit, without=_WITHOUT_PRIOR_DRAWS),
        "sample_stats": _sample_stats(fit.idata["sample_stats"].to_dataset()),
    }
    absent = "log_likelihood: see loo_note"
    if isinstance(data, ScoreData):
        groups |= _score_groups(data, titles)
        absent += (
            "; posterior_predictive, prior_predictive: this variant is fitted to scores, and a lag has no distribution "
            "around its trend that could be compared with a panel"
        )
    else:
        groups |= _lag_groups(fit, prior, panel, titles, seed=seed, draws=draws, start_up=leader_start_up_months)
    order = ("posterior", "prior", "posterior_predictive", "prior_predictive", "observed_data", "constant_data")
    tree = xr.DataTree.from_dict({name: groups[name] for name in (*order, "sample_stats") if name in groups})
    tree.attrs = {
        "variant": fit.variant.name,
        "variant_sha256": fit.variant.sha256,
        "view": fit.variant.view.name,
        "reference_date": str(data.reference_date),
        **{name: str(panel.attrs[name]) for name in ("leader", "follower", "data_sha256") if name in panel.attrs},
        "sampler_seed": fit.settings.seed,
        "predictive_seed": seed,
        "loo_note": LOO_NOTE,
        "absent_groups": absent,
        **attrs,
    }
    return tree


def stretch_labels(data: PanelData) -> np.ndarray:
    """Name each censored stretch by its benchmark and first month, ``"gpqa_diamond 2025-01"``.

    Parameters
    ----------
    data : PanelData

    Returns
    -------
    numpy.ndarray of object, shape (R,), str
        All different; ``"padding 1"``, ``"padding 2"``, … where there is no stretch.
    """
    real = data.censored_sign != 0
    cells = (data.censored_stretch[real], data.censored_benchmark[real], data.censored_month[real])
    first: dict[int, tuple[int, int]] = {}
    for stretch, benchmark, month in zip(*cells, strict=True):
        earlier = first.get(int(stretch), (benchmark, month))
        first[int(stretch)] = (benchmark, min(earlier[1], month))
    labels, padding = [], 0
    for k in range(len(data.stretch_real)):
        padding += k not in first
        labels.append(_cell_label(data, *first[k]) if k in first else f"padding {padding}")
    return np.array(labels, dtype=object)


def variable_units(name: str, priors: Mapping[str, str]) -> str:
    """Unit of a variant's variable: from the words of its prior, else from what variants call it.

    Parameters
    ----------
    name : str
    priors : mapping
        Name → words, as `gapmodel.modeling.variant.Variant.priors`.

    Returns
    -------
    str
        ``"months"``, ``"months/year"``, …; ``"1"`` without dimension, logarithms among them; ``"unknown"`` for a
        variable of a user's own that neither tells.

    Examples
    --------
    >>> variable_units("shock_sd", {"shock_sd": "HalfNormal(2) months"})
    'months'
    >>> variable_units("slope", {})
    'months/year'
    """
    if name in priors:
        words = re.sub(r"^.*\)", "", priors[name]).strip()
        return _WORDED_UNITS.get(words, words)
    # Standard normals that a variant scales.
    return "1" if name.endswith("_raw") else _DERIVED_UNITS.get(name, "unknown")


def _labelled(samples: xr.Dataset, fit: Fit, *, without: tuple[str, ...] = ()) -> xr.Dataset:
    """Draws with labels and units, without variables of size zero and those of `without`."""
    data = fit.data
    left_out = [str(n) for n, v in samples.data_vars.items() if not v.size or n in without]
    kept = samples.drop_vars(left_out)
    # Dims and labels that only the left out variables had.
    kept = kept.drop_vars([d for d in kept.coords if d not in kept.dims or not any(d in v.dims for v in kept.values())])
    kept = kept.rename({old: new for old, new in _TAKEN_DIMS.items() if old in kept.dims})
    labels: dict[str, object] = {"benchmark": data.benchmark.astype(object), "month": _nanoseconds(data.month)}
    if len(data.stretch_real):
        labels["stretch"] = stretch_labels(data)
    kept = kept.assign_coords({name: value for name, value in labels.items() if name in kept.dims})
    kept.attrs = {"no_draws_of": ", ".join(sorted({*left_out}))} if left_out else {}
    for name in kept.data_vars:
        kept[name].attrs = {"units": variable_units(str(name), fit.variant.priors)}
    return kept


def _sample_stats(stats: xr.Dataset) -> xr.Dataset:
    """Statistics of the sampler; text that is missing as "", which is how netCDF reads it back."""
    for name, values in stats.items():
        if values.dtype == object:
            text = np.array(["" if v is None else str(v) for v in values.to_numpy().ravel()], dtype=object)
            stats[name] = (values.dims, text.reshape(values.shape))
        stats[name].attrs = {"units": "1"}
    # Not the time of day: the same fit gives the same tree.
    stats.attrs = {name: value for name, value in stats.attrs.items() if str(name).startswith("inference_library")}
    return stats


def _lag_groups(
    fit: Fit, prior: xr.Dataset, panel: xr.Dataset, titles: np.ndarray, *, seed: int, draws: int, start_up: float
) -> dict[str, xr.Dataset]:
    """Replicates, data and constants of a variant that is fitted to lags."""
    data, view = fit.data, fit.variant.view
    rows, columns = np.nonzero(data.observed > 0)
    upper, lower = np.full(data.observed.shape, np.inf), np.full(data.observed.shape, -np.inf)
    if view.monthly_lags:
        upper, lower = censoring_limits(panel, data, leader_start_up_months=start_up)
    coords = {
        "observation": np.array([_cell_label(data, *cell) for cell in np.argwhere(data.observed > 0)], dtype=object),
        **_benchmark_labels(data, titles, rows, dim="observation"),
        "month": ("observation", _nanoseconds(data.month[columns])),
        "censoring": ("observation", data.censoring[rows, columns].astype(np.int8)),
    }
    attrs = {"units": "months", "long_name": view.long_name}
    recorded = (
        "as the lag would have been recorded: replaced by the bound where it lies beyond one"
        if view.monthly_lags
        else "lags themselves, never bounds: compare with the observed ones only where censoring is 0"
    )
    # Four independent streams of one seed: which draws, and their noise, of either group.
    seeds = [int(s) for s in np.random.SeedSequence(seed).generate_state(4)]
    groups = {}
    for k, (name, samples) in enumerate((("posterior", fit.posterior), ("prior", prior))):
        chosen = _thinned(samples, draws, seed=seeds[2 * k])
        lags = replicate_lags(fit.variant, chosen, data, seed=seeds[2 * k + 1])[:, rows, columns]
        lags = np.clip(lags, lower[rows, columns], upper[rows, columns])
        shape = (chosen.sizes["chain"], chosen.sizes["draw"], len(rows))
        groups[f"{name}_predictive"] = xr.Dataset(
            {"lag": (("chain", "draw", "observation"), lags.reshape(shape), attrs)},
            coords={"chain": chosen["chain"].to_numpy(), "draw": chosen["draw"].to_numpy(), **coords},
            attrs={"recorded": recorded},
        )
    observed = {"lag": ("observation", data.value[rows, columns], attrs)}
    limits = {"upper": upper, "lower": lower} if view.monthly_lags else {}
    return groups | {
        "observed_data": xr.Dataset(observed, coords=coords),
        "constant_data": _lag_constants(data, titles, limits),
    }


def _lag_constants(data: PanelData, titles: np.ndarray, limits: dict[str, np.ndarray]) -> xr.Dataset:
    """What is known of each cell of the grid beside its lag, and of each stretch."""
    grid = ("benchmark", "month")
    constant = xr.Dataset(
        {
            "observed": (
                grid,
                data.observed.astype(np.int8),
                {"units": "1", "long_name": "1: a lag or a bound; 0: none"},
            ),
            "censoring": (grid, data.censoring.astype(np.int8), _CENSORING),
            "years": ("month", data.years, _YEARS),
        },
        coords={**_benchmark_labels(data, titles), "month": _nanoseconds(data.month)},
    )
    for side, limit in limits.items():
        words = f"{side} limit beyond which a lag would have been a bound"
        constant[f"{side}_limit"] = (
            grid,
            np.where(data.observed > 0, limit, np.nan),
            {"units": "months", "long_name": words},
        )
    real = data.censored_sign != 0
    if not real.any():
        return constant
    labels, stretch = stretch_labels(data), data.censored_stretch[real]
    of_cell = np.full(data.observed.shape, "", dtype=object)
    of_cell[data.censored_benchmark[real], data.censored_month[real]] = labels[stretch]
    sign = np.zeros(len(labels), dtype=np.int8)
    sign[stretch] = data.censored_sign[real]
    count = np.bincount(stretch, minlength=len(labels))
    return constant.assign(
        stretch_sign=("stretch", sign, {"units": "1", "long_name": "censoring of its cells; 0: padding"}),
        stretch_cells=("stretch", count, {"units": "1", "long_name": "number of censored cells"}),
    ).assign_coords(stretch=labels, stretch_label=(grid, of_cell))


def _score_groups(data: ScoreData, titles: np.ndarray) -> dict[str, xr.Dataset]:
    """Scores and what is known of them, without padding."""
    sign = np.zeros(len(data.score_logit))
    real = data.bound_sign != 0
    sign[data.bound_score[real]] = data.bound_sign[real]
    used = (data.score_exact > 0) | (sign != 0)
    model, rows = data.score_model[used], data.score_benchmark[used]
    released = data.reference_date + np.round(DAYS_PER_YEAR * data.model_years[model]).astype("timedelta64[D]")
    names = [f"{data.item[b]} {data.model[i]}" for b, i in zip(rows, model, strict=True)]
    coords = {
        "observation": np.array(names, dtype=object),
        **_item_labels(data, titles, rows),
        "model": ("observation", data.model[model].astype(object)),
        "released": ("observation", _nanoseconds(released)),
        "month": ("observation", _nanoseconds(_month_end(released))),
        "censoring": ("observation", sign[used].astype(np.int8)),
    }
    logit = {"units": "1", "long_name": "logit of the score between floor and ceiling, or of its bound"}
    variance = {"units": "1", "long_name": "sampling variance of the logit, 0 where not known"}
    follower = {"units": "1", "long_name": "1: a model of the follower; 0: of the leader"}
    constant = {
        "score_variance": ("observation", data.score_variance[used], variance),
        "model_follower": ("observation", data.model_follower[model].astype(np.int8), follower),
        "censoring": ("observation", sign[used].astype(np.int8), _CENSORING),
        "years": ("observation", data.model_years[model], _YEARS),
    }
    observed = {"score_logit": ("observation", data.score_logit[used], logit)}
    labels = {"observation": coords["observation"], **_benchmark_labels(data, titles)}
    return {"observed_data": xr.Dataset(observed, coords=coords), "constant_data": xr.Dataset(constant, coords=labels)}


def _thinned(samples: xr.Dataset, draws: int, *, seed: int) -> xr.Dataset:
    """At most `draws` draws, the same ones of each chain, in order and with their labels."""
    chains, length = samples.sizes["chain"], samples.sizes["draw"]
    if draws < chains:
        raise ConfigError(f"draws is {draws}, but there are {chains} chains: give at least {chains}")
    size = min(length, draws // chains)
    return samples.isel(draw=np.sort(np.random.default_rng(seed).choice(length, size=size, replace=False)))


def _benchmark_labels(
    data: PanelData, titles: np.ndarray, rows: np.ndarray | slice = slice(None), *, dim: str = "benchmark"
) -> dict[str, tuple]:
    """Name, title and category of the benchmarks in `rows`, along `dim`."""
    category = data.category[data.category_of].astype(object)
    names = {"benchmark": data.benchmark.astype(object), "title": titles, "category": category}
    return {name: (dim, values[rows]) for name, values in names.items()}


def _item_labels(data: ScoreData, titles: np.ndarray, rows: np.ndarray) -> dict[str, tuple]:
    """The same of scores; a benchmark that the panel lacks has its name as the title and no category."""
    beside = data.item[len(data.benchmark) :].astype(object)
    category = data.category[data.category_of].astype(object)
    names = {
        "benchmark": data.item.astype(object),
        "title": np.concatenate([titles, beside]),
        "category": np.concatenate([category, np.full(len(beside), "", dtype=object)]),
    }
    return {name: ("observation", values[rows]) for name, values in names.items()}


def _cell_label(data: PanelData, benchmark: Any, month: Any) -> str:
    return f"{data.benchmark[benchmark]} {np.datetime_as_string(data.month[month], unit='M')}"


def _month_end(days: np.ndarray) -> np.ndarray:
    return (days.astype("datetime64[M]") + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")


def _nanoseconds(days: np.ndarray) -> np.ndarray:
    """The unit that xarray reads back from netCDF; of two units in one calculation the results go wrong."""
    return days.astype("datetime64[ns]")
