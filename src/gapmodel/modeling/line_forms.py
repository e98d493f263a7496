"""What makes up the mean of a lag in each shipped variant of lags, for `gapmodel.modeling.marginal_kernel`.

Each form says in arrays what its file in `models/` says in PyMC, which tests hold it to.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr
from scipy import special

from gapmodel.modeling.kernel import KernelVariable, scalar_variables
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.priors import Gamma, Normal, read_words
from gapmodel.units import MONTHS_PER_YEAR

__all__ = ["FORMS", "LineForm", "SharedPath", "Values"]

#: Variable → values, draws first; scalars have shape (n, 1).
Values = dict[str, np.ndarray]
_LINE = ("intercept_population", "slope_population")
_SPREAD = ("intercept_sd", "slope_sd")
_SHOCK = ("shock_sd", "shock_length")
_ERROR = ("error_sd", "error_length")
# Errors a month apart have a correlation of exp(-1e6), which is zero, and no number on the way is infinite.
_INDEPENDENT = 1e-6
_WITHOUT_SHOCK = (0.0, 1.0)


@dataclass(frozen=True)
class SharedPath:
    """A path that all benchmarks share, integrated out with the shock: its slope is an OU process on regular knots.

    Attributes
    ----------
    basis : numpy.ndarray, shape (K, T), years
        How long the path has had the slope of each of the K knots that the months touch, by each month.
    first, knots : int
        Number of the first of these K, and of all knots.
    every : float
        Months from one knot to the next.
    sd, length, raw, slope : str
        Variables: standard deviation and length of the process, its standardised steps, and itself, on all knots.
    """

    basis: np.ndarray
    first: int
    knots: int
    every: float
    sd: str = "trend_sd"
    length: str = "trend_length"
    raw: str = "trend_raw"
    slope: str = "trend_slope"

    @property
    def inside(self) -> slice:
        """The knots that the months touch."""
        return slice(self.first, self.first + len(self.basis))


@dataclass(frozen=True)
class LineForm:
    """A variant of lags as mean, deviations of each benchmark, shock and errors.

    Attributes
    ----------
    variables : tuple of KernelVariable
        All but the excess of the stretches.
    hyper : tuple of str or float
        `gapmodel.modeling.marginal.HYPERPARAMETERS`: the variable that it is, or a number.
    mean : callable
        ``mean(values) -> array``, months, of shape (n, B, T) or one that broadcasts to it.
    of_mean : callable
        ``of_mean(values, gradient) -> Values``: gradient of a value in the variables, with the first axis 1, given its
        `gradient` in the mean, shape (B, T).
    deviations : tuple of str
        Names of the two standardised deviations of each benchmark that are integrated out; none where they are not.
    derive : callable
        ``derive(samples) -> samples``: with everything else that the model has.
    weight, of_weight : callable, optional
        As `mean`, of the second deviation, shape (n, T); None where it is the time.
    relative, of_relative : callable, optional
        As `mean`, standard deviations of the errors in units of ``error_sd``, shape (n, B); None where all are 1.
    prior : callable, optional
        ``prior(values) -> (float, Values)``: log density, and gradient, of variables whose prior depends on others.
    is_line : bool
        All there is are intercept and slope of the population and `HYPERPARAMETERS`, in this order.
    path : SharedPath, optional
        All there is are level of the population, `HYPERPARAMETERS`, and standard deviation and length of the path, in
        this order.
    draw_prior : callable, optional
        ``draw_prior(samples, rng) -> samples``: those variables drawn from it.
    """

    variables: tuple[KernelVariable, ...]
    hyper: tuple[str | float, ...]
    mean: Callable[[Values], np.ndarray]
    of_mean: Callable[[Values, np.ndarray], Values]
    deviations: tuple[str, ...] = ("intercept_raw", "slope_raw")
    derive: Callable[[xr.Dataset], xr.Dataset] = field(default=lambda samples: _with_lines(samples))
    weight: Callable[[Values], np.ndarray] | None = None
    of_weight: Callable[[Values, np.ndarray], Values] | None = None
    relative: Callable[[Values], np.ndarray] | None = None
    of_relative: Callable[[Values, np.ndarray], Values] | None = None
    prior: Callable[[Values], tuple[float, Values]] | None = None
    draw_prior: Callable[[xr.Dataset, np.random.Generator], xr.Dataset] | None = None
    is_line: bool = False
    path: SharedPath | None = None

    @property
    def shared(self) -> bool:
        """Whether there is a shock."""
        return isinstance(self.hyper[2], str)


def _with_lines(
    samples: xr.Dataset,
    names: tuple[str, str] = ("intercept", "slope"),
    raw: tuple[str, str] = ("intercept_raw", "slope_raw"),
    centre: str | None = None,
) -> xr.Dataset:
    return samples.assign(
        {
            name: samples[centre if centre and name == names[1] else f"{name}_population"]
            + samples[f"{name}_sd"] * samples[standard]
            for name, standard in zip(names, raw, strict=True)
        }
    )


def _on(line: Values, add: Values) -> Values:
    return line | {name: line.get(name, 0.0) + value for name, value in add.items()}


def _line(values: Values, years: np.ndarray, names: tuple[str, str] = _LINE) -> np.ndarray:
    """Shape (n, 1, T)."""
    return (values[names[0]] + values[names[1]] * years)[:, None, :]


def _of_line(gradient: np.ndarray, years: np.ndarray, names: tuple[str, str] = _LINE) -> Values:
    by_month = gradient.sum(axis=0)
    return {names[0]: np.array([[by_month.sum()]]), names[1]: np.array([[by_month @ years]])}


def _standard(name: str, dim: str, size: int) -> KernelVariable:
    return KernelVariable(name, Normal(0, 1), dims=(dim,), shape=(size,))


def straight(data: PanelData, priors: Mapping[str, str]) -> LineForm | None:
    """`shared_shock` and `catch_up`; without the shock `hierarchical_ou` and `hierarchical_iid`; `pooled`.

    What is absent from `priors` is left out.
    """
    lines, shock, correlated = _SPREAD[0] in priors, _SHOCK[0] in priors, _ERROR[1] in priors
    names = _LINE + _SPREAD * lines + _SHOCK * shock + (_ERROR if correlated else _ERROR[:1])
    scalars = scalar_variables(priors, names, real=_LINE)
    if scalars is None:
        return None
    ones = np.ones(len(data.benchmark))

    def same_for_all(samples: xr.Dataset) -> xr.Dataset:
        return samples.assign(
            {
                name: samples[f"{name}_population"] * xr.DataArray(ones, dims="benchmark")
                for name in ("intercept", "slope")
            }
        )

    form = LineForm(
        scalars,
        (
            *(_SPREAD if lines else (0.0, 0.0)),
            *(_SHOCK if shock else _WITHOUT_SHOCK),
            _ERROR[0],
            _ERROR[1] if correlated else _INDEPENDENT,
        ),
        lambda values: _line(values, data.years),
        lambda values, gradient: _of_line(gradient, data.years),
        is_line=lines and shock and correlated,
    )
    return form if lines else replace(form, deviations=(), derive=same_for_all)


def no_pooling(data: PanelData, priors: Mapping[str, str]) -> LineForm | None:
    """`no_pooling`: lines whose population is given."""
    said = {name: read_words(priors.get(name, "")) for name in ("intercept", "slope")}
    own = {name: one.prior for name, one in said.items() if one and isinstance(one.prior, Normal)}
    scalars = scalar_variables({n: words for n, words in priors.items() if n not in own}, _ERROR[:1])
    if scalars is None or len(own) != 2:
        return None
    level, slope = own["intercept"], own["slope"]
    mean = (level.mu + slope.mu * data.years)[None, None, :]

    def derive(samples: xr.Dataset) -> xr.Dataset:
        lines = {n: prior.mu + prior.sigma * samples[f"{n}_raw"] for n, prior in own.items()}
        return samples.drop_vars([f"{n}_raw" for n in own]).assign(lines)

    return LineForm(
        scalars,
        (level.sigma, slope.sigma, *_WITHOUT_SHOCK, _ERROR[0], _INDEPENDENT),
        lambda values: mean,
        lambda values, gradient: {},
        derive=derive,
    )


def by_category(data: PanelData, priors: Mapping[str, str]) -> LineForm | None:
    """`by_category`."""
    scalars = scalar_variables(priors, (*_LINE, *_SPREAD, "slope_category_sd", *_SHOCK, *_ERROR), real=_LINE)
    if scalars is None:
        return None
    years, category = data.years, data.category_of

    def mean(values: Values) -> np.ndarray:
        away = (values["slope_category_sd"] * values["category_raw"])[:, category]
        return _line(values, years) + away[:, :, None] * years

    def of_mean(values: Values, gradient: np.ndarray) -> Values:
        of_away = np.bincount(category, gradient @ years, minlength=len(data.category))
        return _of_line(gradient, years) | {
            "slope_category_sd": np.array([[values["category_raw"][0] @ of_away]]),
            "category_raw": values["slope_category_sd"] * of_away,
        }

    def derive(samples: xr.Dataset) -> xr.Dataset:
        of_category = samples["slope_population"] + samples["slope_category_sd"] * samples["category_raw"]
        samples = samples.assign(
            slope_category=of_category, mine=of_category.isel(category=xr.DataArray(category, dims="benchmark"))
        )
        return _with_lines(samples, centre="mine").drop_vars("mine")

    return LineForm(
        (*scalars, _standard("category_raw", "category", len(data.category))),
        (*_SPREAD, *_SHOCK, *_ERROR),
        mean,
        of_mean,
        derive=derive,
    )


def levelling(data: PanelData, priors: Mapping[str, str]) -> LineForm | None:
    """`levelling`: the second deviation decays."""
    population = ("floor_population", "excess_population")
    scalars = scalar_variables(
        priors, (*population, "floor_sd", "excess_sd", "rate", *_SHOCK, *_ERROR), real=population
    )
    if scalars is None:
        return None

    def decay(values: Values) -> np.ndarray:
        return np.exp(-values["rate"] * data.years)

    def of_decay(values: Values, gradient: np.ndarray) -> Values:
        return {"rate": np.array([[-(gradient * data.years) @ decay(values)[0]]])}

    def of_mean(values: Values, gradient: np.ndarray) -> Values:
        of_excess = gradient.sum(axis=0) * values["excess_population"][0]
        return _of_line(gradient, decay(values)[0], population) | of_decay(values, of_excess)

    return LineForm(
        scalars,
        ("floor_sd", "excess_sd", *_SHOCK, *_ERROR),
        lambda values: _line(values, decay(values), population),
        of_mean,
        deviations=("floor_raw", "excess_start_raw"),
        derive=lambda samples: _with_lines(samples, ("floor", "excess"), ("floor_raw", "excess_start_raw")),
        weight=decay,
        of_weight=of_decay,
    )


def _bent(
    data: PanelData,
    scalars: tuple[KernelVariable, ...] | None,
    raw: KernelVariable,
    basis: np.ndarray,
    scale: Callable[[Values], np.ndarray],
    of_scale: Callable[[Values, np.ndarray], Values],
    weights: str,
) -> LineForm | None:
    """Straight lines and a shared bend, ``(scale * raw) @ basis``, `basis` of shape (K, T) and `scale` of (n, K)."""
    if scalars is None:
        return None

    def mean(values: Values) -> np.ndarray:
        return _line(values, data.years) + ((scale(values) * values[raw.name]) @ basis)[:, None, :]

    def of_mean(values: Values, gradient: np.ndarray) -> Values:
        of_weights = (basis @ gradient.sum(axis=0))[None]
        return (
            _of_line(gradient, data.years)
            | {raw.name: of_weights * scale(values)}
            | of_scale(values, of_weights * values[raw.name])
        )

    def derive(samples: xr.Dataset) -> xr.Dataset:
        n = samples.sizes["chain"] * samples.sizes["draw"]
        values = {
            v.name: samples[v.name].transpose("chain", "draw", ...).to_numpy().reshape(n, -1) for v in (*scalars, raw)
        }
        found = (scale(values) * values[raw.name]).reshape(samples[raw.name].shape)
        return _with_lines(samples.assign({weights: (samples[raw.name].dims, found)}))

    return LineForm((*scalars, raw), (*_SPREAD, *_SHOCK, *_ERROR), mean, of_mean, derive=derive)


def local_trend(data: PanelData, priors: Mapping[str, str]) -> LineForm | None:
    """`local_trend`."""
    model = importlib.import_module("gapmodel.models.local_trend")
    basis = np.maximum(model.SIDE[:, None] * (data.years[None, :] - model.KNOTS[:, None]), 0.0)
    unit = np.sqrt(model.SPACING)
    return _bent(
        data,
        scalar_variables(priors, (*_LINE, *_SPREAD, "drift_sd", *_SHOCK, *_ERROR), real=_LINE),
        _standard("step_raw", "knot", len(model.KNOTS)),
        basis,
        lambda values: values["drift_sd"] * unit,
        lambda values, of_scale: {"drift_sd": np.array([[of_scale.sum() * unit]])},
        "slope_step",
    )


def damped(data: PanelData, priors: Mapping[str, str]) -> LineForm | None:
    """`damped`: the shared path is the integral of an OU process, and the lines' slopes have mean zero."""
    hyper = (*_SPREAD, *_SHOCK, *_ERROR)
    level, *trend = "intercept_population", "trend_sd", "trend_length"
    scalars = scalar_variables(priors, (level, *hyper, *trend), real=(level,))
    if scalars is None:
        return None
    model = importlib.import_module("gapmodel.models.damped")
    within = model.within(data.years)
    touched = np.flatnonzero(within.any(axis=1))
    first, last = (touched[0], touched[-1]) if len(touched) else (0, 0)
    path = SharedPath(
        np.ascontiguousarray(within[first : last + 1]), int(first), len(model.KNOTS), MONTHS_PER_YEAR * model.SPACING
    )

    def derive(samples: xr.Dataset) -> xr.Dataset:
        return samples.assign(
            intercept=samples[level] + samples["intercept_sd"] * samples["intercept_raw"],
            slope=samples["slope_sd"] * samples["slope_raw"],
        )

    return LineForm(
        scalars,
        hyper,
        lambda values: values[level][:, None, :],
        lambda values, gradient: {level: np.array([[gradient.sum()]])},
        derive=derive,
        path=path,
    )


def curved(data: PanelData, priors: Mapping[str, str]) -> LineForm | None:
    """`curved`."""
    model = importlib.import_module("gapmodel.models.curved")
    frequency = model.FREQUENCY
    basis = np.sin(frequency[:, None] * (data.years[None, :] - model.CENTRE + model.HALF)) / np.sqrt(model.HALF)

    def scale(values: Values) -> np.ndarray:
        sd, length = values["curve_sd"], values["curve_length"]
        return sd * np.sqrt(np.sqrt(2.0 * np.pi) * length) * np.exp(-0.25 * (frequency * length) ** 2)

    def of_scale(values: Values, gradient: np.ndarray) -> Values:
        length = values["curve_length"]
        weighted = gradient * scale(values)
        return {
            "curve_sd": weighted.sum(axis=1, keepdims=True) / values["curve_sd"],
            "curve_length": (weighted * (0.5 / length - 0.5 * frequency**2 * length)).sum(axis=1, keepdims=True),
        }

    return _bent(
        data,
        scalar_variables(priors, (*_LINE, *_SPREAD, "curve_sd", "curve_length", *_SHOCK, *_ERROR), real=_LINE),
        KernelVariable("curve_raw", Normal(0, 1), dims=("sine",), shape=(model.N_SINES,)),
        basis,
        scale,
        of_scale,
        "curve_weight",
    )


def student_t(data: PanelData, priors: Mapping[str, str]) -> LineForm | None:
    """`student_t`: a scale of the errors of each benchmark."""
    said = read_words(priors.get("nu", ""))
    if said is None or not isinstance(said.prior, Gamma) or (said.shift, said.scale) != (2.0, 1.0):
        return None
    line = straight(data, {name: words for name, words in priors.items() if name != "nu"})
    if line is None or not line.shared or not line.deviations:
        return None
    dims, shape = ("benchmark",), (len(data.benchmark),)

    def prior(values: Values) -> tuple[float, Values]:
        half, precision = 1.0 + 0.5 * values["nu_above_two"], values["error_precision"]
        log = np.log(precision)
        value = (half * np.log(half) - special.gammaln(half) + (half - 1.0) * log - half * precision).sum()
        of_half = (np.log(half) + 1.0 - special.digamma(half) + log - precision).sum(axis=1, keepdims=True)
        return float(value), {"nu_above_two": 0.5 * of_half, "error_precision": (half - 1.0) / precision - half}

    def draw_prior(samples: xr.Dataset, rng: np.random.Generator) -> xr.Dataset:
        half = 1.0 + 0.5 * samples["nu_above_two"].to_numpy()[..., None]
        return samples.assign(error_precision=(("chain", "draw", "benchmark"), rng.gamma(half * np.ones(shape)) / half))

    def derive(samples: xr.Dataset) -> xr.Dataset:
        return _with_lines(samples).assign(
            nu=2.0 + samples["nu_above_two"], error_scale=samples["error_precision"] ** -0.5
        )

    return LineForm(
        (
            *line.variables,
            KernelVariable("nu_above_two", said.prior),
            KernelVariable("error_precision", None, dims, shape, positive=True),
        ),
        line.hyper,
        line.mean,
        line.of_mean,
        derive=derive,
        relative=lambda values: values["error_precision"] ** -0.5,
        of_relative=lambda values, gradient: {"error_precision": -0.5 * gradient * values["error_precision"] ** -1.5},
        prior=prior,
        draw_prior=draw_prior,
    )


#: Variant → its form.
FORMS: dict[str, Callable[[PanelData, Mapping[str, str]], LineForm | None]] = {
    **dict.fromkeys(("shared_shock", "catch_up", "hierarchical_ou", "hierarchical_iid", "pooled"), straight),
    "no_pooling": no_pooling,
    "by_category": by_category,
    "levelling": levelling,
    "local_trend": local_trend,
    "damped": damped,
    "curved": curved,
    "student_t": student_t,
}
