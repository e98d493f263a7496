"""Variants of lags as kernels, lines and shock integrated out, and the draws of what was integrated out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import product

import numpy as np
import xarray as xr

from gapmodel.modeling.callback import lines_density, path_density
from gapmodel.modeling.kernel import Kernel, KernelVariable
from gapmodel.modeling.line_forms import FORMS, LineForm, SharedPath, Values
from gapmodel.modeling.marginal import (
    HYPERPARAMETERS,
    conditional_draws,
    line_likelihood,
    log_likelihood,
    path_likelihood,
)
from gapmodel.modeling.panel_data import EXCESS_SCALE, PanelData
from gapmodel.modeling.predictive import latent_lags
from gapmodel.modeling.priors import Normal
from gapmodel.units import MONTHS_PER_YEAR

__all__ = ["draw_lines_and_shock", "marginal_kernel"]

_MOST_STEPS = 10**9  # of a least-squares fit, below a second; larger panels are not looked at
_NOTHING = 1e-6  # of the largest lag
_MOST_CELLS = 10**7  # lags of that many at once, 80 megabytes
_CELLS = ("observed", "previous", "gap", "first", "years")
_CENSORED = (
    "censored_benchmark",
    "censored_month",
    "censored_bound",
    "censored_sign",
    "censored_stretch",
    "stretch_real",
)
_POPULATION = ("intercept_population", "slope_population")
_SHOCK = ("shock_sd", "shock_length")


def marginal_kernel(name: str, data: PanelData, priors: Mapping[str, str]) -> Kernel | None:
    """The integrated form of a shipped variant of lags for `data`.

    Parameters
    ----------
    name : str
        One of `gapmodel.modeling.line_forms.FORMS`.
    data : PanelData
    priors : mapping of str to str
        `Variant.priors`.

    Returns
    -------
    Kernel
        None for priors that kernels have no code for.
    """
    if name == "shared_shock" and len(data.benchmark) == 1:
        priors = {parameter: words for parameter, words in priors.items() if parameter not in _SHOCK}
    form = FORMS[name](data, priors)
    if form is None:
        return None
    # Padding serves compiled graphs, which have one shape. Here it would only be parameters of which nothing is said,
    # and a mass matrix of low rank takes ten times as long with a hundred of them.
    cells, stretches = data.censored_sign != 0.0, data.stretch_real != 0.0
    place = np.cumsum(stretches) - 1
    censored = {name: getattr(data, name)[cells] for name in _CENSORED if name.startswith("censored")}
    censored |= {"censored_stretch": place[censored["censored_stretch"]], "stretch_real": data.stretch_real[stretches]}
    found = (*(getattr(data, name) for name in ("lag", *_CELLS)), *(censored[name] for name in _CENSORED))
    excess = KernelVariable("excess_raw", Normal(0, 1), dims=("stretch",), shape=(int(stretches.sum()),))
    variables = (*form.variables, excess)
    arrays = tuple(np.ascontiguousarray(array) for array in found)
    whole: tuple[Callable, tuple, Callable | None] = line_likelihood, (EXCESS_SCALE, arrays), lines_density
    if form.path:
        whole = path_likelihood, (form.path.basis, form.path.every, EXCESS_SCALE, arrays), path_density
    elif not form.is_line:
        whole = _likelihood(form, variables, data, arrays), (), None
    likelihood, arguments, callback = whole
    return Kernel(
        variables=variables,
        likelihood=likelihood,
        arguments=arguments,
        form="integrated",
        complete=partial(_completed, form=form),
        complete_prior=partial(_prior, form=form),
        unbounded=partial(_without_scatter, data, form),
        callback=callback,
    )


def _without_scatter(data: PanelData, form: LineForm) -> str:
    """Why the density grows without bound as errors and scales go to zero together; empty where it does not.

    Where some parts of `form` have every lag exactly, the scale of the errors and those of all other parts may vanish
    together. The density then goes as that scale to the power of parts minus lags, and the room in which k scales are
    that small as its k-th power.
    """
    b, t = np.nonzero(data.observed)
    n_b, n_t, n_s = len(data.benchmark), len(data.month), len(data.stretch_real)
    if len(b) * (2 * n_b + n_t + n_s) ** 2 > _MOST_STEPS:
        return ""
    lags, years, stretch = data.value[b, t], data.years[t], data.stretch[b, t]
    own, month = np.eye(n_b)[b], np.eye(n_t)[t]
    parts = [own, own * years[:, None]] * bool(form.deviations) + [month] * form.shared
    for used in product((False, True), repeat=len(parts)):
        # The mean line stays, and how far each stretch lies beyond its bound.
        base = [np.column_stack([np.ones_like(years), years]), np.eye(n_s + 1)[stretch][:, :n_s]]
        design = np.hstack(base + [part for part, take in zip(parts, used, strict=True) if take])
        solved, _, rank, _ = np.linalg.lstsq(design, lags, rcond=None)
        vanishing = 1 + used.count(False)
        exact = np.abs(lags - design @ solved).max() <= _NOTHING * max(1.0, np.abs(lags).max())
        if exact and len(b) - rank >= vanishing:
            return (
                f"without errors the variant can have all {len(b)} monthly lags exactly, so that nothing is left from "
                "which to learn how large errors are. Benchmarks may be copies of one another, or hold one record "
                "each: more benchmarks, or months with records of their own, add to them"
            )
    return ""


def _likelihood(form: LineForm, variables: tuple[KernelVariable, ...], data: PanelData, arrays: tuple):
    """Of a kernel: from its values to the parts of a lag, and the gradient back."""
    ends = np.cumsum([variable.size for variable in variables])
    places = {v.name: slice(end - v.size, end) for v, end in zip(variables, ends, strict=True)}
    excess = places["excess_raw"]
    years, ones = np.ascontiguousarray(data.years), np.ones(len(data.benchmark))
    no_path = np.zeros((0, len(years))), np.ones(3)
    fixed = np.array([0.0 if isinstance(of, str) else of for of in form.hyper])
    free = [(k, places[of].start) for k, of in enumerate(form.hyper) if isinstance(of, str)]
    into, taken = np.array([k for k, _ in free]), np.array([start for _, start in free])

    @np.errstate(all="ignore")  # a step of the warm-up far out has no density, and the sampler refuses it
    def likelihood(point: np.ndarray) -> tuple[float, np.ndarray]:
        values = {name: point[None, place] for name, place in places.items()}
        hyper = fixed.copy()
        hyper[into] = point[taken]
        mean = np.empty(data.lag.shape)
        mean[:] = form.mean(values)[0]
        weight = years if form.weight is None else form.weight(values)[0]
        relative = ones if form.relative is None else form.relative(values)[0]
        value, of_mean, of_weight, of_relative, of_hyper, _, of_excess = log_likelihood(
            mean, weight, relative, hyper, *no_path, point[excess], EXCESS_SCALE, *arrays
        )
        parts = [form.of_mean(values, of_mean)]
        if form.of_weight:
            parts.append(form.of_weight(values, of_weight))
        if form.of_relative:
            parts.append(form.of_relative(values, of_relative[None]))
        if form.prior:
            own, of_own = form.prior(values)
            value += own
            parts.append(of_own)
        gradient = np.zeros(len(point))
        gradient[excess] = of_excess
        gradient[taken] = of_hyper[into]
        for part in parts:
            for name, of_one in part.items():
                gradient[places[name]] += of_one[0]
        return value, gradient

    return likelihood


def _completed(samples: xr.Dataset, data: PanelData, *, seed: int, form: LineForm) -> xr.Dataset:
    padding, rest = np.random.SeedSequence(seed).spawn(2)
    samples = _padded(samples, data, np.random.default_rng(padding))
    return _with_integrated(samples, data, seed=int(rest.generate_state(1)[0]), form=form)


def _padded(samples: xr.Dataset, data: PanelData, rng: np.random.Generator) -> xr.Dataset:
    """`samples` with the excess of padded stretches too, which is their prior."""
    real = data.stretch_real != 0.0
    shape = (samples.sizes["chain"], samples.sizes["draw"], len(real))
    excess = rng.standard_normal(shape) if not real.all() else np.empty(shape)
    excess[..., real] = samples["excess_raw"].transpose("chain", "draw", "stretch").to_numpy()
    return samples.drop_vars("excess_raw").assign(excess_raw=(("chain", "draw", "stretch"), excess))


def draw_lines_and_shock(samples: xr.Dataset, data: PanelData, *, seed: int) -> xr.Dataset:
    """Exact draws of what the integrated form of the default leaves out, one for each draw of everything else.

    Parameters
    ----------
    samples : xarray.Dataset
        Dims ``chain, draw``: `HYPERPARAMETERS`, ``intercept_population``, ``slope_population``, ``excess_raw``.
    data : PanelData
        What the draws were conditioned on.
    seed : int

    Returns
    -------
    xarray.Dataset
        `samples`, and under the names of the plain form ``intercept``, ``slope``, ``shock`` and their standard normal
        ``_raw`` counterparts.
    """
    words = dict.fromkeys(_POPULATION, "Normal(0, 1)") | dict.fromkeys(HYPERPARAMETERS, "HalfNormal(1)")  # not used
    form = FORMS["shared_shock"](data, words)
    assert form is not None
    return _with_integrated(samples, data, seed=seed, form=form)


def _with_integrated(samples: xr.Dataset, data: PanelData, *, seed: int, form: LineForm) -> xr.Dataset:
    """`samples` with deviations and shock drawn given everything else, and with what follows from them."""
    shape = (samples.sizes["chain"], samples.sizes["draw"])
    n, n_t, n_b = shape[0] * shape[1], len(data.month), len(data.benchmark)
    if not form.deviations and not form.shared:
        return form.derive(samples)
    flat: Values = {
        str(name): samples[name].transpose("chain", "draw", ...).to_numpy().reshape(n, -1) for name in samples
    }
    hypers = np.column_stack([flat[of] if isinstance(of, str) else np.full((n, 1), of) for of in form.hyper])
    path = form.path
    basis, paths = np.zeros((0, n_t)), np.ones((n, 3))
    if path:
        basis, paths = path.basis, np.column_stack([flat[path.sd], flat[path.length], np.full(n, path.every)])
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((n, n_t)), rng.standard_normal((n, len(basis))), rng.standard_normal((n, n_b, 2))
    cells = [getattr(data, name) for name in _CELLS]
    shock, slope, line = (np.empty_like(one) for one in noise)
    block = max(1, _MOST_CELLS // data.lag.size)
    for k in (slice(start, start + block) for start in range(0, n, block)):
        values = {name: value[k] for name, value in flat.items()}
        excess = xr.Dataset({"excess_raw": (("chain", "draw", "stretch"), values["excess_raw"][None])})
        lags = latent_lags(excess, data) - form.mean(values)
        weights = form.weight(values) if form.weight else np.repeat(data.years[None], len(lags), axis=0)
        relatives = form.relative(values) if form.relative else np.ones((len(lags), n_b))
        shock[k], slope[k], line[k] = conditional_draws(
            lags, *cells, weights, relatives, hypers[k], basis, paths[k], *(one[k] for one in noise)
        )

    def of(values: np.ndarray, *dims: str) -> xr.DataArray:
        return xr.DataArray(values.reshape(*shape, *values.shape[1:]), dims=("chain", "draw", *dims))

    out = {name: of(line[:, :, i], "benchmark") for i, name in enumerate(form.deviations)}
    if form.shared:
        out["shock"] = of(shock, "month")
        months = MONTHS_PER_YEAR * np.diff(data.years)
        out["shock_raw"] = of(_standardised_path(shock, months, hypers[:, 2], hypers[:, 3]), "month")
    if path:
        slopes = _beyond(slope, path, paths, rng)
        every = np.full(path.knots - 1, path.every)
        out[path.slope] = of(slopes, "knot")
        out[path.raw] = of(_standardised_path(slopes, every, paths[:, 0], paths[:, 1]), "knot")
    return form.derive(samples.assign(out))


def _prior(samples: xr.Dataset, data: PanelData, *, seed: int, form: LineForm) -> xr.Dataset:
    """The same given no lags."""
    shape = (samples.sizes["chain"], samples.sizes["draw"])
    rng = np.random.default_rng(seed)
    samples = _padded(samples, data, rng)
    if form.draw_prior:
        samples = form.draw_prior(samples, rng)

    def normal(dim: str, n: int) -> xr.DataArray:
        return xr.DataArray(rng.standard_normal((*shape, n)), dims=("chain", "draw", dim))

    samples = samples.assign({name: normal("benchmark", len(data.benchmark)) for name in form.deviations})
    if form.shared:
        samples = samples.assign(shock_raw=normal("month", len(data.month)))
        sd, length, raw = (samples[name].to_numpy() for name in (*_SHOCK, "shock_raw"))
        shock = _path(raw, MONTHS_PER_YEAR * np.diff(data.years), sd, length)
        samples = samples.assign(shock=(("chain", "draw", "month"), shock))
    if form.path:
        path = form.path
        samples = samples.assign({path.raw: normal("knot", path.knots)})
        raw, sd, length = (samples[name].to_numpy() for name in (path.raw, path.sd, path.length))
        slopes = _path(raw, np.full(path.knots - 1, path.every), sd, length)
        samples = samples.assign({path.slope: (("chain", "draw", "knot"), slopes)})
    return form.derive(samples)


def _beyond(inside: np.ndarray, path: SharedPath, paths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Slopes at all knots given those `inside`, of shape (n, K): an OU process is the same in either direction."""
    n = len(inside)
    slopes = np.empty((n, path.knots))
    slopes[:, path.inside] = inside
    rho = np.exp(-path.every / paths[:, 1])
    fresh = paths[:, 0] * np.sqrt(-np.expm1(-2.0 * path.every / paths[:, 1]))
    for k in range(path.first - 1, -1, -1):
        slopes[:, k] = rho * slopes[:, k + 1] + fresh * rng.standard_normal(n)
    for k in range(path.inside.stop, path.knots):
        slopes[:, k] = rho * slopes[:, k - 1] + fresh * rng.standard_normal(n)
    return slopes


def _path(raw: np.ndarray, months: np.ndarray, sd: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The OU path of standard normal steps, times last; `months` from each to the next."""
    path = raw * sd[..., None]
    for t, elapsed in enumerate(months, start=1):
        rho = np.exp(-elapsed / length)
        path[..., t] = rho * path[..., t - 1] + np.sqrt(-np.expm1(-2.0 * elapsed / length)) * path[..., t]
    return path


def _standardised_path(path: np.ndarray, months: np.ndarray, sd: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The standard normal steps that `gapmodel.modeling.likelihood.ou_path` turns into `path`, shape (n_draws, time);
    `months` from each time to the next."""
    rho = np.exp(-months / length[:, None])
    steps = (path[:, 1:] - rho * path[:, :-1]) / np.sqrt(-np.expm1(-2.0 * months / length[:, None]))
    return np.concatenate([path[:, :1], steps], axis=1) / sd[:, None]
