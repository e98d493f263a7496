"""A calibration folder: simulations of every variant, ranks, tables and figures. An interrupted one resumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pymc
import xarray as xr

from gapmodel import __version__
from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.files.atomic import atomic_text, csv_text
from gapmodel.inference.sampling import SamplerSettings, sample_prior
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.variant import Variant
from gapmodel.plot import plot_ecdf_differences, save_figure
from gapmodel.stats.uniformity import BAND_PROB, holm, uniformity
from gapmodel.validation.jobs import failed_jobs, run_jobs
from gapmodel.validation.sbc import THINNED_DRAWS, simulation_job

__all__ = [
    "CALIBRATION_SETTINGS",
    "Calibration",
    "calibration_table",
    "load_variants",
    "prior_draws",
    "run_calibration",
]

CALIBRATION_SETTINGS = SamplerSettings(draws=500, tune=500, chains=2)
#: A variant passes unless one of its quantities has a p-value below this, adjusted for their number.
LEVEL = 1.0 - BAND_PROB

# Prior draws are taken in blocks of this size, so that draw k does not depend on how many are wanted.
_BLOCK = 500


@dataclass(frozen=True)
class Calibration:
    """Result of a calibration.

    Attributes
    ----------
    ranks : pandas.DataFrame
        One row per simulation and quantity: ``variant, simulation``, the columns of
        `gapmodel.validation.sbc.rank_simulation`, ``divergences``.
    table : pandas.DataFrame
        See `calibration_table`.
    failed : dict
        Job → reason.
    """

    ranks: pd.DataFrame
    table: pd.DataFrame
    failed: dict[str, str]

    @property
    def passed(self) -> bool:
        """Every variant passes, and no job failed."""
        return bool(self.table["passed"].all()) and not self.failed


def run_calibration(
    variants: Sequence[str],
    panels: Mapping[str, PanelData],
    folder: Path,
    *,
    n: int = 300,
    settings: SamplerSettings = CALIBRATION_SETTINGS,
    about: Mapping[str, Any],
    note: str = "",
    workers: int = 1,
    scheduler: str | None = None,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> Calibration:
    """Simulate, fit and rank `n` times for each variant, and write the folder.

    Written: ``spec.json``, ``jobs/``, ``ranks.csv``, ``calibration.csv``, a figure ``ecdf_<variant>`` each, and
    ``failed.json`` where jobs failed. Simulation k of a variant depends on the seed and k alone: more simulations or
    variants can be added to a folder later.

    Parameters
    ----------
    variants : sequence of str
        Names or files.
    panels : mapping
        View → panel whose observed cells and censored stretches are used; one for the view of each variant.
    folder : pathlib.Path
    n : int
        Simulations per variant.
    settings : SamplerSettings
        Its seed is that of the whole calibration.
    about : mapping
        What the panels were made from, for ``spec.json``.
    note : str
        Footer of the figures.
    workers, scheduler, progress
        See `gapmodel.validation.jobs.run_jobs`.

    Returns
    -------
    Calibration

    Raises
    ------
    ConfigError
        `n` is too small, two variants share a name, or the folder holds another calibration.
    UnknownNameError
        No such variant.
    InsufficientDataError
        Fewer than two simulations could be fitted.
    """
    if n < 2:
        raise ConfigError(f"{n} simulations: give at least 2 (300 to see deviations of 0.09)")
    chosen = load_variants(variants)
    cores = 1 if workers > 1 or scheduler else settings.cores
    sampler = replace(settings, cores=cores).as_dict()
    spec = {
        "calibration on": dict(about),
        "versions": {"gapmodel": __version__, "pymc": pymc.__version__},
        # How many chains run side by side changes nothing.
        "sampler": {name: value for name, value in sampler.items() if name != "cores"},
        "thinned_draws": THINNED_DRAWS,
    }
    jobs: dict[str, dict[str, Any]] = {}
    owner: dict[str, tuple[str, int]] = {}
    for given, variant in chosen.items():
        data = panels[variant.view.name]
        prior = prior_draws(variant, data, n=n, seed=settings.seed)
        for k in range(n):
            name = f"{variant.name} {variant.sha256[:12]} {k:04d}"
            owner[name] = (variant.name, k)
            jobs[name] = {
                "variant": given,
                "data": data,
                "prior": prior.isel(draw=[k]),
                "seed": int(np.random.SeedSequence([settings.seed, k]).generate_state(1)[0]),
                "settings": sampler,
            }
    results = run_jobs(
        simulation_job,
        jobs,
        folder,
        form="calibration",
        spec=spec,
        workers=workers,
        scheduler=scheduler,
        progress=progress,
    )
    rows = [
        {"variant": owner[job][0], "simulation": owner[job][1], **row, "divergences": result["divergences"]}
        for job, result in results.items()
        for row in result["ranks"]
    ]
    failed = {job: reason for job, reason in failed_jobs(folder).items() if job in jobs}
    if len(results) < 2:
        raise InsufficientDataError(f"fewer than two simulations were fitted: {next(iter(failed.values()), '')}")
    ranks = pd.DataFrame(rows)
    calibration = Calibration(ranks, calibration_table(ranks), failed)
    atomic_text(folder / "ranks.csv", csv_text(ranks))
    atomic_text(folder / "calibration.csv", csv_text(calibration.table))
    for variant_name, part in ranks.groupby("variant", sort=False):
        of_variant = calibration.table[calibration.table["variant"] == variant_name]
        figure = plot_ecdf_differences(
            part,
            of_variant,
            title=f"Calibration of {variant_name}: ranks of the truth in {of_variant['n'].max()} simulations",
            note=note,
        )
        save_figure(figure, folder / f"ecdf_{variant_name}")
    return calibration


def prior_draws(variant: Variant, data: PanelData, *, n: int, seed: int) -> xr.Dataset:
    """The first `n` of an endless row of prior draws.

    Parameters
    ----------
    variant : Variant
    data : PanelData
    n : int
    seed : int
        Of the whole row: draw k is the same whatever `n` is.

    Returns
    -------
    xarray.Dataset, dims ``chain`` (1) and ``draw`` (`n`) first
        As `gapmodel.inference.sampling.sample_prior` gives.
    """
    blocks = [
        sample_prior(
            variant, data, draws=_BLOCK, seed=int(np.random.SeedSequence([seed, 1, k]).generate_state(1)[0])
        ).drop_vars(("chain", "draw"), errors="ignore")
        for k in range(-(-n // _BLOCK))
    ]
    return xr.concat(blocks, dim="draw").isel(draw=slice(n))


def calibration_table(ranks: pd.DataFrame) -> pd.DataFrame:
    """Are the ranks of each quantity uniform?

    Parameters
    ----------
    ranks : pandas.DataFrame
        ``variant, quantity, u, ess``.

    Returns
    -------
    pandas.DataFrame
        One row per variant and quantity: ``n``; ``max_deviation, p_value, mean, spread`` as in
        `gapmodel.stats.uniformity.Uniformity`; ``inside_band``: within the simultaneous band of 95 %, which 5 % of
        quantities of a perfect model are not; ``p_adjusted``: by Holm's method over the quantities of the variant;
        ``ess_median``, and ``low_ess``: share of simulations with less effective draws than `THINNED_DRAWS`, whose
        ranks are a little too extreme; ``passed``: ``p_adjusted`` is at least 0.05.
    """
    tables = []
    for variant, part in ranks.groupby("variant", sort=False):
        rows = []
        for quantity, group in part.groupby("quantity", sort=False):
            found = uniformity(group["u"].to_numpy())
            ess = group["ess"].astype(float)
            rows.append(
                {
                    "variant": variant,
                    "quantity": quantity,
                    "n": found.n,
                    "max_deviation": found.max_deviation,
                    "p_value": found.p_value,
                    "inside_band": found.inside,
                    "mean": found.mean,
                    "spread": found.spread,
                    "ess_median": ess.median(),
                    "low_ess": (ess < THINNED_DRAWS).mean(),
                }
            )
        table = pd.DataFrame(rows)
        table.insert(6, "p_adjusted", holm(table["p_value"].to_numpy()))
        tables.append(table.assign(passed=table["p_adjusted"] >= LEVEL))
    return pd.concat(tables, ignore_index=True)


def load_variants(names: Sequence[str]) -> dict[str, Variant]:
    """What a worker loads each variant by → the variant.

    Raises
    ------
    ConfigError
        Two have one name.
    UnknownNameError
        No such variant.
    """
    out: dict[str, Variant] = {}
    for given in dict.fromkeys(names):
        variant = load_variant(given)
        if variant.name in {other.name for other in out.values()}:
            raise ConfigError(f"two variants are called '{variant.name}': rename a file")
        out[str(Path(given).resolve()) if given.endswith(".py") else given] = variant
    return out
