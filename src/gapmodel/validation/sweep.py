"""One model, many analyses: the same estimands under other choices, compiled once for all of them.

All panels are laid on one grid of benchmarks × months and padded to one number of bounds; benchmarks that an analysis
lacks take part in no average.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.errors import GapmodelError, InsufficientDataError
from gapmodel.inference.compile_cache import compiled_for
from gapmodel.inference.convergence import convergence_checks
from gapmodel.inference.crossing import HORIZON_YEARS, crossing_draws, crossing_grid, probability_by
from gapmodel.inference.gap import gap_draws, summary_row, trend_draws
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.lags.views import MONTHLY, View
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.prior_sets import applies, with_prior_set
from gapmodel.modeling.registry import load_variant
from gapmodel.scores.table import Scores
from gapmodel.validation.jobs import run_jobs

__all__ = ["AHEAD_MONTHS", "NOT_FITTED", "Choice", "run_sweep"]

AHEAD_MONTHS = (12, 24, 60)
#: The problem of a choice whose job failed.
NOT_FITTED = "the fit failed, see failed.json"


@dataclass(frozen=True)
class Choice:
    """One analysis of a sweep.

    Attributes
    ----------
    name : str
        Unique in its sweep.
    scores : Scores
    options : LagOptions
    view : str
        See `gapmodel.lags.views`.
    priors : str
        See `gapmodel.modeling.prior_sets.PRIOR_SETS`.
    as_of : numpy.datetime64, optional
        Month-end of its gaps; default: that of the reference.
    labels : dict
        What the choice stands for, column → value; kept in the table.
    """

    name: str
    scores: Scores = field(repr=False)
    options: LagOptions
    view: View = MONTHLY
    priors: str = "as written"
    as_of: Any = None
    labels: dict[str, Any] = field(default_factory=dict)


def run_sweep(
    choices: Sequence[Choice],
    variant: str,
    folder: Path,
    *,
    settings: SamplerSettings,
    spec: dict[str, Any],
    horizon_years: float = HORIZON_YEARS,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> pd.DataFrame:
    """Fit `variant` under every choice; resumes what an earlier invocation left.

    Parameters
    ----------
    choices : sequence of Choice
        The first is the reference, to whose last month all gaps refer that name no month of their own.
    variant : str
        Name or path.
    folder : pathlib.Path
        Of resumable jobs, see `gapmodel.validation.jobs.run_jobs`.
    settings : SamplerSettings
        The same seed for all, so that differences are those of the choices.
    spec : dict
        What determines the results beside the choices, see `run_jobs`.
    horizon_years : float
    workers, progress
        See `run_jobs`.

    Returns
    -------
    pandas.DataFrame
        One row per choice, in their order: ``name``, the labels, ``n_benchmarks, n_lags, n_censored``, gap (months) and
        slope (months per year) with 90 % intervals as `gapmodel.inference.gap.summary_row` names them,
        ``probability_12``, ``_24`` and ``_60`` = P(zero within so many months; not beyond the horizon),
        ``probability_never`` (within the horizon), ``rhat_max``, ``divergences``, ``passed`` (the convergence checks)
        and ``problem`` (not empty where the choice leaves too little or its fit failed, the numbers then missing).

    Raises
    ------
    InsufficientDataError
        No choice leaves enough.
    ConfigError
        The folder holds another sweep.
    GapmodelError
        Every fit failed.
    """
    panels: dict[str, PanelData] = {}
    problems: dict[str, str] = {}
    lags = {choice.name: choice.options.lags(choice.scores) for choice in choices[:1]}
    as_of = lags[choices[0].name].panel["month"].to_numpy()[-1]
    chosen = load_variant(variant)
    for choice in choices:
        if not applies(chosen, choice.priors):
            problems[choice.name] = f"'{chosen.name}' has none of the parameters that this set of priors is about"
            continue
        try:
            panels[choice.name] = choice.options.data(choice.options.lags(choice.scores), view=choice.view)
        except InsufficientDataError as error:
            problems[choice.name] = str(error)
    if not panels:
        raise InsufficientDataError(f"no choice leaves enough data: {problems[choices[0].name]}")
    common = _common_grid(list(panels.values()))
    jobs = {
        choice.name: {
            "choice": replace(choice, labels={}),
            "grid": common,
            "variant": variant,
            "settings": settings,
            "as_of": as_of if choice.as_of is None else choice.as_of,
            "horizon_years": horizon_years,
        }
        for choice in choices
        if choice.name in panels
    }
    names = {
        "choices": [
            [c.name, c.view.name, c.priors, c.scores.sha256, len(c.scores.table), c.options.as_dict()] for c in choices
        ]
    }
    spec = {**spec, **names, "sampler": settings.as_dict(), "variant": chosen.sha256}
    results = run_jobs(_fit_choice, jobs, folder, form="sweep", spec=spec, workers=workers, progress=progress)
    rows = []
    for choice in choices:
        row = results.get(choice.name, {"problem": problems.get(choice.name, NOT_FITTED)})
        rows.append({"name": choice.name, **choice.labels, "problem": "", "passed": False, **row})
    if not results:
        raise GapmodelError(f"no fit of the sweep succeeded: see failed.json in '{folder}'")
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class _Grid:
    """One shape for all panels of a sweep."""

    months: tuple[str, ...]
    benchmarks: tuple[str, ...]
    pad: tuple[int, int]

    def data(self, choice: Choice) -> PanelData:
        lags = choice.options.lags(choice.scores)
        return choice.options.data(
            lags,
            view=choice.view,
            months=np.array(self.months, dtype="datetime64[D]"),
            benchmarks=np.array(self.benchmarks),
            pad_censored=self.pad,
        )


def _common_grid(panels: Sequence[PanelData]) -> _Grid:
    months = sorted({str(m) for p in panels for m in p.month})
    benchmarks = sorted({str(b) for p in panels for b in p.benchmark})
    pad = (max(len(p.censored_bound) for p in panels), max(len(p.stretch_real) for p in panels))
    return _Grid(tuple(months), tuple(benchmarks), pad)


def _fit_choice(
    choice: Choice,
    grid: _Grid,
    variant: str,
    settings: SamplerSettings,
    as_of: np.datetime64,
    horizon_years: float,
) -> dict[str, Any]:
    data = grid.data(choice)
    fit = compiled_for(with_prior_set(load_variant(variant), choice.priors), data).sample(settings)
    present = data.benchmark[data.observed.any(axis=1)]
    gaps = gap_draws(fit, as_of, seed=settings.seed, benchmarks=present)
    path = crossing_grid(as_of, horizon_years=horizon_years)
    days = crossing_draws(trend_draws(fit, path, benchmarks=present, each=False)["average"])["touched"]
    ahead = [k for k in AHEAD_MONTHS if k <= round(12 * horizon_years)]
    reached, _ = probability_by(days, [path[k] for k in ahead], path[0])
    row = summary_row("", gaps["average_gap"], gaps["slope"])
    checks = convergence_checks(fit.idata)
    values = {check.name: check.value for check in checks}
    return {
        **{key: value for key, value in row.items() if key != "benchmark"},
        **{f"probability_{k}": float(p) for k, p in zip(ahead, reached, strict=True)},
        "probability_never": float(np.isinf(days).mean()),
        "n_benchmarks": len(present),
        "n_lags": int(data.observed.sum()),
        "n_censored": int((data.censored_sign != 0).sum()),
        "rhat_max": values["rhat_max"],
        "divergences": int(values["divergences"]),
        "passed": all(check.passed for check in checks),
    }
