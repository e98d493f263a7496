"""How far open-weight language models lag behind closed ones, with honest uncertainty.

The public names are loaded on first use, so that ``import gapmodel`` imports no numerical package.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _TYPE_CHECKING:
    from gapmodel import errors as errors
    from gapmodel.api import (
        ask,
        backtest,
        calibrate,
        claims,
        compare,
        compute_lags,
        false_alarms,
        fit,
        influence,
        ledger_add,
        ledger_score,
        ledger_show,
        list_variants,
        load_scores,
        load_variant,
        read_run,
        reference_run,
        revisions,
        sensitivity,
        simulate_scores,
        variant_card,
        write_report,
    )
    from gapmodel.inference.sampling import SamplerSettings
    from gapmodel.lags.panel import Lags
    from gapmodel.modeling.options import LagOptions
    from gapmodel.modeling.priors import (
        Beta,
        Exponential,
        Gamma,
        HalfNormal,
        HalfStudentT,
        InverseGamma,
        LogNormal,
        Normal,
        StudentT,
        Uniform,
    )
    from gapmodel.modeling.variant import Variant
    from gapmodel.runs.run import Run
    from gapmodel.scores.table import Scores

__all__ = [
    "Beta",
    "Exponential",
    "Gamma",
    "HalfNormal",
    "HalfStudentT",
    "InverseGamma",
    "LagOptions",
    "Lags",
    "LogNormal",
    "Normal",
    "Run",
    "SamplerSettings",
    "Scores",
    "StudentT",
    "Uniform",
    "Variant",
    "__version__",
    "ask",
    "backtest",
    "calibrate",
    "claims",
    "compare",
    "compute_lags",
    "errors",
    "false_alarms",
    "fit",
    "influence",
    "ledger_add",
    "ledger_score",
    "ledger_show",
    "list_variants",
    "load_scores",
    "load_variant",
    "read_run",
    "reference_run",
    "revisions",
    "sensitivity",
    "simulate_scores",
    "variant_card",
    "write_report",
]

__version__ = _version("gapmodel")

# Where a name is, unless it is in `gapmodel.api`. Loading scores, computing lags and reading names need no sampler.
_PLACES = {
    "Lags": "gapmodel.lags.panel",
    "LagOptions": "gapmodel.modeling.options",
    "Run": "gapmodel.runs.run",
    "SamplerSettings": "gapmodel.inference.sampling",
    "Scores": "gapmodel.scores.table",
    "Variant": "gapmodel.modeling.variant",
    "list_variants": "gapmodel.modeling.registry",
    "load_scores": "gapmodel.sources.load",
    "load_variant": "gapmodel.modeling.registry",
    "variant_card": "gapmodel.modeling.registry",
}


_PRIORS = (
    *("Beta", "Exponential", "Gamma", "HalfNormal", "HalfStudentT", "InverseGamma", "LogNormal", "Normal", "StudentT"),
    "Uniform",
)
_PLACES |= dict.fromkeys(_PRIORS, "gapmodel.modeling.priors")


def __getattr__(name: str) -> _Any:
    if name == "errors":
        return _import_module("gapmodel.errors")
    if name not in __all__:
        raise AttributeError(f"module 'gapmodel' has no attribute '{name}'")
    value = getattr(_import_module(_PLACES.get(name, "gapmodel.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
