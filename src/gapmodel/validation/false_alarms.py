"""A false-alarm folder: methods on simulated tables, tidy and less so, whose lag is known. It resumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pymc
from scipy import stats

from gapmodel import __version__
from gapmodel.errors import ConfigError, InsufficientDataError, UnknownNameError
from gapmodel.files.atomic import atomic_text, csv_text
from gapmodel.inference.gap import INTERVAL_PROB
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.plot import plot_false_alarms, save_figure
from gapmodel.simulation.frontiers import SCENARIOS
from gapmodel.validation.calibration import load_variants
from gapmodel.validation.jobs import failed_jobs, run_jobs
from gapmodel.validation.recovery import KNOWN_TRUTH_REGIMES, STRAIGHT_LINE, recovery_job

__all__ = [
    "FALSE_ALARM_GOAL",
    "FALSE_ALARM_SETTINGS",
    "FalseAlarms",
    "false_alarm_table",
    "run_false_alarms",
    "too_many_alarms",
]

FALSE_ALARM_SETTINGS = SamplerSettings(draws=500, tune=500, chains=2)
#: Zero within 12 months may get P > 0.5 in at most this share of tables with a constant lag.
FALSE_ALARM_GOAL = 0.05

# More than the goal by chance alone: at most this often.
_LEVEL = 0.01


@dataclass(frozen=True)
class FalseAlarms:
    """Result of a false-alarm study.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row per regime, method, scenario and seed: see `gapmodel.validation.recovery.Recovery.job`.
    table : pandas.DataFrame
        See `false_alarm_table`.
    failed : dict
        Job → reason.
    """

    rows: pd.DataFrame
    table: pd.DataFrame
    failed: dict[str, str]


def run_false_alarms(
    methods: Sequence[str],
    folder: Path,
    *,
    n: int = 100,
    first_seed: int = 0,
    regimes: Sequence[str] = tuple(KNOWN_TRUTH_REGIMES),
    scenarios: Sequence[str] = tuple(SCENARIOS),
    settings: SamplerSettings = FALSE_ALARM_SETTINGS,
    workers: int = 1,
    scheduler: str | None = None,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> FalseAlarms:
    """Apply every method to `n` tables of every regime and scenario, and write the folder.

    Written: ``spec.json``, ``jobs/``, ``rows.csv``, ``false_alarms.csv``, a figure of that name, and ``failed.json``
    where jobs failed. A job depends on its method, regime, scenario and seed alone: more of each can be added to a
    folder later. One seed gives all methods the same table.

    Parameters
    ----------
    methods : sequence of str
        `STRAIGHT_LINE`, and variants by name or file.
    folder : pathlib.Path
    n, first_seed : int
        Tables of each kind, and the seed of the first.
    regimes, scenarios : sequence of str
        Of `gapmodel.validation.recovery.KNOWN_TRUTH_REGIMES` and `gapmodel.simulation.frontiers.SCENARIOS`.
    settings : SamplerSettings
        The seed is each table's.
    workers, scheduler, progress
        See `gapmodel.validation.jobs.run_jobs`.

    Returns
    -------
    FalseAlarms

    Raises
    ------
    ConfigError
        A number is out of range, two variants share a name, or the folder holds another sweep.
    UnknownNameError
        No such method, regime or scenario.
    InsufficientDataError
        Every job failed.
    """
    if n < 1 or first_seed < 0:
        raise ConfigError(f"{n} tables from seed {first_seed}: give at least 1, from 0 on")
    for what, given, known in (("regime", regimes, KNOWN_TRUTH_REGIMES), ("scenario", scenarios, SCENARIOS)):
        for name in given:
            if name not in known:
                raise UnknownNameError(f"unknown {what} '{name}': choose one of {', '.join(known)}")
    variants = load_variants([name for name in methods if name != STRAIGHT_LINE])
    loaded = {given: (variant.name, variant.sha256[:12]) for given, variant in variants.items()}
    if STRAIGHT_LINE in methods:
        loaded[STRAIGHT_LINE] = (STRAIGHT_LINE, "-")
    sampler = replace(settings, cores=1 if workers > 1 or scheduler else settings.cores).as_dict()
    spec = {
        "simulations": {name: dict(keywords) for name, keywords in KNOWN_TRUTH_REGIMES.items()},
        "versions": {"gapmodel": __version__, "pymc": pymc.__version__},
        # The seed is each table's; how many chains run side by side changes nothing.
        "sampler": {name: value for name, value in sampler.items() if name not in ("seed", "cores")},
    }
    jobs = {
        f"{name} {sha256} {regime} {scenario} {seed:05d}": {
            "method": given,
            "scenario": scenario,
            "seed": seed,
            "simulation": dict(KNOWN_TRUTH_REGIMES[regime]),
            "settings": sampler,
        }
        for given, (name, sha256) in loaded.items()
        for regime in dict.fromkeys(regimes)
        for scenario in dict.fromkeys(scenarios)
        for seed in range(first_seed, first_seed + n)
    }
    results = run_jobs(
        recovery_job, jobs, folder, form="recovery", spec=spec, workers=workers, scheduler=scheduler, progress=progress
    )
    failed = {job: reason for job, reason in failed_jobs(folder).items() if job in jobs}
    if not results:
        raise InsufficientDataError(f"no job could be done: {next(iter(failed.values()), '')}")
    rows = pd.DataFrame([{"regime": job.split(" ")[-3], **result} for job, result in results.items()])
    table = false_alarm_table(rows)
    atomic_text(folder / "rows.csv", csv_text(rows))
    atomic_text(folder / "false_alarms.csv", csv_text(table))
    note = f"{table['n'].max()} tables of each kind." + (f" {len(failed)} jobs failed." if failed else "")
    save_figure(plot_false_alarms(table, wanted=INTERVAL_PROB, note=note), folder / "false_alarms")
    return FalseAlarms(rows, table, failed)


def false_alarm_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Coverage, bias, width and announcements of zero, with Monte Carlo standard errors.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``regime`` and the columns of `gapmodel.validation.recovery.Recovery.job`.

    Returns
    -------
    pandas.DataFrame
        One row per ``method, regime, scenario``, in the order of their first rows: ``n``; for gap (months, at the last
        month) and slope (months per year, over the last 12 months) ``_coverage`` of the 90 % interval, ``_bias`` and
        ``_width``; ``period_slope_coverage`` and ``period_slope_bias``, the same interval against the least-squares
        slope over the whole period; ``zero_within_12_months``, the share of tables with P(zero within 12 months) above
        0.5. Each share and bias has an ``_mcse``; that of a share is at (x + 1) / (n + 2), so that it is not zero where
        a share is 0 or 1.
    """
    out = []
    for (method, regime, scenario), group in rows.groupby(["method", "regime", "scenario"], sort=False):
        n = len(group)
        row: dict[str, Any] = {"method": method, "regime": regime, "scenario": scenario, "n": n}
        for name, interval in (("gap", "gap"), ("slope", "slope"), ("period_slope", "slope")):
            error = group[interval] - group[f"{name}_truth"]
            row |= _share(f"{name}_coverage", group[f"{name}_covered"])
            row |= {f"{name}_bias": error.mean(), f"{name}_bias_mcse": error.std(ddof=1) / np.sqrt(n)}
            if name == interval:
                row[f"{name}_width"] = (group[f"{name}_upper"] - group[f"{name}_lower"]).mean()
        out.append(row | _share("zero_within_12_months", group["probability_12"] > 0.5))
    return pd.DataFrame(out)


def too_many_alarms(table: pd.DataFrame, *, goal: float = FALSE_ALARM_GOAL) -> pd.DataFrame:
    """Rows with a constant lag in which more tables than `goal` announce zero, beyond chance.

    Beyond chance: a method that does so in a share `goal` of all tables shows as many in under 1 % of such rows.

    Parameters
    ----------
    table : pandas.DataFrame
        From `false_alarm_table`.
    goal : float
        Share of tables, from 0 to 1.

    Returns
    -------
    pandas.DataFrame
        Those rows of `table`.
    """
    constant = table[table["scenario"] == "constant"]
    alarms = (constant["zero_within_12_months"] * constant["n"]).round()
    return constant[stats.binom.sf(alarms - 1, constant["n"], goal) < _LEVEL]


def _share(name: str, happened: pd.Series) -> dict[str, float]:
    n, x = len(happened), int(happened.sum())
    near = (x + 1) / (n + 2)
    return {name: x / n, f"{name}_mcse": float(np.sqrt(near * (1 - near) / n))}
