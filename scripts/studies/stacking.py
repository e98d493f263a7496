"""Does stacking find the variant that made the data?

Panels are drawn from a variant at parameters that a real panel makes plausible (draws from its posterior: at draws from
the prior an extra part is often too small to matter), with the observation pattern of that panel; the variants are
scored on the panel's last months as in a comparison, and weighed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gapmodel import __version__
from gapmodel.errors import UnknownNameError
from gapmodel.inference.compile_cache import compiled_for
from gapmodel.inference.sampling import SamplerSettings
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.panel_data import PanelData
from gapmodel.modeling.predictive import replicate_lags
from gapmodel.modeling.registry import load_variant
from gapmodel.scores.table import Scores
from gapmodel.validation.folds import future_folds, score_fold, stacking_weights
from gapmodel.validation.jobs import run_jobs

__all__ = ["NESTED_IN", "run_stacking_check", "uncensored"]

# Generating variant → those that contain it as a special case.
NESTED_IN = {
    "hierarchical_iid": ("hierarchical_iid", "hierarchical_ou", "shared_shock"),
    "hierarchical_ou": ("hierarchical_ou", "shared_shock"),
    "shared_shock": ("shared_shock",),
}


def run_stacking_check(
    scores: Scores,
    folder: Path,
    *,
    generators: Sequence[str],
    n: int,
    settings: SamplerSettings,
    blocks: int = 8,
    workers: int = 1,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> pd.DataFrame:
    """Weights of the variants in `NESTED_IN` and of ``pooled`` on panels of each generator.

    Parameters
    ----------
    scores : Scores
        Of the real panel, made with the default `LagOptions`.
    folder : pathlib.Path
        Of resumable jobs, see `gapmodel.validation.jobs.run_jobs`.
    generators : sequence of str
        Of `NESTED_IN`.
    n : int
        Panels a generator; more can be added to a folder later.
    settings : SamplerSettings
        Of every fit, of a generator to the real panel and of each variant to a fold.
    blocks : int
        Of three months each, held out at the end of a panel (`gapmodel.validation.folds.future_folds`).
    workers, progress
        See `gapmodel.validation.jobs.run_jobs`.

    Returns
    -------
    pandas.DataFrame
        One row per panel: ``generator, panel``, the weight of each variant, ``most_weight`` and ``found`` (it went to
        the generator or to a variant that nests it). Jobs that failed have no row.

    Raises
    ------
    ConfigError
        The folder holds another check.
    """
    unknown = sorted(set(generators) - set(NESTED_IN))
    if unknown:
        raise UnknownNameError(f"'{unknown[0]}' is no generator of this check: choose one of {', '.join(NESTED_IN)}")
    options = LagOptions()
    real = options.data(options.lags(scores))
    data = uncensored(real)
    names = ["pooled", *NESTED_IN]
    jobs = {
        f"{generator} {k}": {
            "generator": generator,
            "panel": k,
            "real": real,
            "data": data,
            "names": names,
            "settings": settings,
            "blocks": blocks,
        }
        for generator in generators
        for k in range(n)
    }
    spec = {
        "data_sha256": scores.sha256,
        "sampler": settings.as_dict(),
        "blocks": blocks,
        "variants": {name: load_variant(name).sha256 for name in {*names, *generators}},
        "versions": {"gapmodel": __version__},
    }
    results = run_jobs(_panel, jobs, folder, spec=spec, workers=workers, progress=progress)
    return pd.DataFrame(results.values())


def uncensored(data: PanelData) -> PanelData:
    """`data` with its bounds taken for lags, shapes unchanged: the pattern of observation alone counts here."""
    return replace(
        data,
        lag=np.where(data.observed > 0, data.value, 0.0),
        censored_sign=np.zeros_like(data.censored_sign),
        stretch_real=np.zeros_like(data.stretch_real),
    )


def _panel(
    generator: str,
    panel: int,
    real: PanelData,
    data: PanelData,
    names: list[str],
    settings: SamplerSettings,
    blocks: int,
) -> dict[str, Any]:
    made = load_variant(generator)
    posterior = compiled_for(made, real).sample(settings).posterior
    one = posterior.isel(chain=[panel % posterior.sizes["chain"]], draw=[(37 * panel) % posterior.sizes["draw"]])
    lag = np.where(data.observed > 0, replicate_lags(made, one, data, seed=2000 + panel)[0], 0.0)
    seen = replace(data, lag=lag)
    cells = []
    for name in names:
        compiled = compiled_for(load_variant(name), data)
        for k, fold in enumerate(future_folds(seen, blocks=blocks)):
            cells.append(score_fold(compiled, seen, fold, replace(settings, seed=(settings.seed + k) % 2**32)))
    weights = stacking_weights(pd.concat(cells, ignore_index=True))
    most = str(weights.idxmax())
    return {
        "generator": generator,
        "panel": panel,
        **{str(k): float(v) for k, v in weights.items()},
        "most_weight": most,
        "found": most in NESTED_IN[generator],
    }
