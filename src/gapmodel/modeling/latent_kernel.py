"""`latent_frontier` as a kernel: its density without a graph compiler, and its parameters from unconstrained draws."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr
from scipy import special

from gapmodel.modeling.callback import scores_density
from gapmodel.modeling.kernel import Kernel, KernelVariable, scalar_variables
from gapmodel.modeling.latent_density import latent_log_density
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.score_data import PACE_SPACING, ScoreData, as_score_data

__all__ = ["latent_kernel"]

_REAL = ("lag_level", "lag_slope", "log_steepness_population", "difficulty_population")
_GROUPS = ("flagship", "small_extra")
#: With a prior of its own that may be any of those that kernels know; in the order of the density's arguments.
_SCALARS = (
    "pace_sd",
    "lag_level",
    "lag_slope",
    "offset_sd",
    "offset_slope_sd",
    "deviation_sd",
    "deviation_length",
    "log_steepness_population",
    "steepness_sd",
    "difficulty_population",
    "difficulty_sd",
    *_GROUPS,
)
_FLOATS = np.float64


def latent_kernel(data: PanelData, priors: Mapping[str, str]) -> Kernel | None:
    """The model of `models/latent_frontier.py` for `data`, also where its scores are on more benchmarks.

    Parameters
    ----------
    data : PanelData
        A `gapmodel.modeling.score_data.ScoreData`.
    priors : mapping of str to str
        `Variant.priors`.

    Returns
    -------
    Kernel
        None for priors that it has no code for.
    """
    model = importlib.import_module("gapmodel.models.latent_frontier")
    constants = (
        PACE_SPACING, model.PACE_LENGTH, model.KNOTS, model.NEAR, model.SHORTFALL_SCALE, model.NOISE_SD,
    )  # fmt: skip
    data = as_score_data(data)
    fixed = {name: words for name, words in model.PRIORS.items() if name not in _SCALARS}
    if {name: words for name, words in priors.items() if name not in _SCALARS} != fixed:
        return None
    scalars = scalar_variables({n: priors[n] for n in _SCALARS if n in priors}, _SCALARS, real=_REAL)
    if scalars is None:
        return None
    _, _, knots, near, *_ = constants
    inside = np.flatnonzero(near)
    items = len(data.item)
    item = data.item_dim

    def vector(name: str, dim: str, size: int) -> KernelVariable:
        return KernelVariable(name, dims=(dim,), shape=(size,))

    variables = (
        *(replace(v, dims=("group",), shape=(2,)) if v.name in _GROUPS else v for v in scalars),
        KernelVariable("log_noise_level"),
        KernelVariable("mean_offset_raw"),
        KernelVariable("mean_offset_slope_raw"),
        vector("share_logit", "group", 2),
        vector("log_pace", "pace_knot", len(data.pace_knots)),
        vector("lag_path", "near_knot", len(inside)),
        vector("deviation_raw", "far_knot", len(knots) - len(inside)),
        vector("offset_free", "contrast", items - 1),
        vector("offset_slope_free", "contrast", items - 1),
        vector("relative_free", "contrast", items - 1),
        vector("difficulty_logits", item, items),
        vector("log_noise_logits", item, items),
        vector("shortfall_raw", "bounded_model", len(data.bounded)),
    )

    def complete(samples: xr.Dataset, data: PanelData, *, seed: int) -> xr.Dataset:
        return _completed(samples, as_score_data(data), knots, inside)

    return Kernel(
        variables=variables,
        likelihood=latent_log_density,
        arguments=_arguments(data, constants, inside),
        form="plain",
        complete=complete,
        callback=scores_density,
    )


def _arguments(data: ScoreData, constants: tuple, inside: np.ndarray) -> tuple:
    """Those of `latent_log_density` after the parameters: scores in the order of their models."""
    spacing, length, knots, _, shortfall_scale, noise_sd = constants
    order = np.argsort(data.score_model, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return (
        len(data.item),
        *(np.ascontiguousarray(a, dtype=_FLOATS) for a in (data.model_years, data.model_follower, data.model_real)),
        np.searchsorted(data.score_model[order], np.arange(len(data.model) + 1)).astype(np.int64),
        np.ascontiguousarray(data.score_benchmark[order], dtype=np.int64),
        *(
            np.ascontiguousarray(a[order], dtype=_FLOATS)
            for a in (data.score_logit, data.score_variance, data.score_exact)
        ),
        place[data.bound_score].astype(np.int64),
        np.ascontiguousarray(data.bound_model, dtype=np.int64),
        np.ascontiguousarray(data.bound_sign, dtype=_FLOATS),
        np.ascontiguousarray(data.bounded, dtype=np.int64),
        *(np.ascontiguousarray(a, dtype=_FLOATS) for a in (data.bounded_real, data.pace_knots, data.anchor)),
        float(spacing),
        float(length),
        np.ascontiguousarray(knots, dtype=_FLOATS),
        (int(inside[0]), int(inside[-1]) + 1),
        float(shortfall_scale),
        float(noise_sd),
    )


def _completed(samples: xr.Dataset, data: ScoreData, knots, inside) -> xr.Dataset:
    """Everything that the model of `build` has, under its names."""
    item = data.item_dim
    s = samples.drop_vars(["offset_free", "offset_slope_free", "relative_free", "share_logit"])
    level, unit = samples["log_steepness_population"], np.exp(samples["log_steepness_population"])
    offset = _zero_sum(samples["offset_free"], item)
    offset_slope = _zero_sum(samples["offset_slope_free"], item)
    relative = _zero_sum(samples["relative_free"], item)
    root = np.sqrt(len(data.item))
    mean_offset = samples["offset_sd"] / root * samples["mean_offset_raw"]
    mean_slope = samples["offset_slope_sd"] / root * samples["mean_offset_slope_raw"]
    every = mean_offset + samples["offset_sd"] * offset
    every_slope = mean_slope + samples["offset_slope_sd"] * offset_slope
    own = {item: slice(len(data.benchmark))}
    s = s.assign(
        offset_raw=offset,
        offset_slope_raw=offset_slope,
        log_steepness_relative=relative,
        flagship_share=special.expit(samples["share_logit"]),
        log_steepness=level + relative,
        difficulty=samples["difficulty_logits"] / unit,
        log_noise_population=samples["log_noise_level"] - level,
        log_noise=samples["log_noise_logits"] - level,
        offset=every.isel(own).rename({item: "benchmark"}),
        offset_slope=every_slope.isel(own).rename({item: "benchmark"}),
        pace=_pace(samples["log_pace"], data),
    )
    if item == "item":
        s = s.assign(item_offset=every, item_offset_slope=every_slope).assign_coords(item=data.item)
    line = samples["lag_level"] + mean_offset
    slope = samples["lag_slope"] + mean_slope
    near = xr.DataArray(knots[inside], dims="near_knot")
    path = (samples["lag_path"] - line - slope * near).transpose("chain", "draw", "near_knot").to_numpy()
    far = samples["deviation_raw"].transpose("chain", "draw", "far_knot").to_numpy()
    keep = np.exp(-12.0 * (knots[1] - knots[0]) / samples["deviation_length"].to_numpy())
    step = samples["deviation_sd"].to_numpy() * np.sqrt(1.0 - keep**2)
    before, after = [path[..., 0]], [path[..., -1]]
    for k in range(inside[0]):
        before.append(keep * before[-1] + step * far[..., k])
    for k in range(inside[0], far.shape[-1]):
        after.append(keep * after[-1] + step * far[..., k])
    parts = [np.stack(before[:0:-1], axis=-1), path, np.stack(after[1:], axis=-1)]
    s = s.assign(deviation=(("chain", "draw", "knot"), np.concatenate(parts, axis=-1)))
    counted = {n: np.arange(s.sizes[n]) for n in ("pace_knot", "near_knot", "far_knot", "knot", "bounded_model")}
    return s.assign_coords({"group": ["leader", "follower"], **counted})


def _zero_sum(free: xr.DataArray, item: str) -> xr.DataArray:
    """As `gapmodel.modeling.latent_density` does it."""
    values = free.transpose("chain", "draw", "contrast").to_numpy()
    n = values.shape[-1] + 1
    total = values.sum(axis=-1, keepdims=True)
    out = np.concatenate([values - total / (np.sqrt(n) + n), -total / np.sqrt(n)], axis=-1)
    return xr.DataArray(out, dims=("chain", "draw", item))


def _pace(log_pace: xr.DataArray, data: ScoreData) -> xr.DataArray:
    """Pace with a mean of one between the two anchors."""
    free = np.exp(log_pace.transpose("chain", "draw", "pace_knot").to_numpy())
    made = data.progress(free.reshape(-1, free.shape[-1]), data.anchor[None, :])
    mean = np.diff(made, axis=1) / np.diff(data.anchor)
    return xr.DataArray(free / mean.reshape(*free.shape[:2], 1), dims=("chain", "draw", "pace_knot"))
