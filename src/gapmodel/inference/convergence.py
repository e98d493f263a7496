"""The gate that a posterior must pass before its numbers may be cited: named checks with thresholds.

Thresholds follow Vehtari et al. (2021, doi:10.1214/20-BA1221) for R-hat and ESS and Betancourt (2016,
arXiv:1604.00695) for BFMI.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import arviz as az
import numpy as np
import xarray as xr

__all__ = ["Check", "convergence_checks", "diagnostics", "mcse_check"]

RHAT_MAX = 1.01
ESS_MIN = 400.0
BFMI_MIN = 0.3
MCSE_PROBABILITY_MAX = 0.01


@dataclass(frozen=True)
class Check:
    """One named result.

    Attributes
    ----------
    name : str
    value, threshold : float
    rule : str
        ``"<="`` or ``">="``.
    passed : bool
    detail : str
        Where the worst value was found.
    """

    name: str
    value: float
    rule: str
    threshold: float
    passed: bool
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As a plain dictionary."""
        return asdict(self)


def _check(name: str, value: float, rule: str, threshold: float, detail: str = "") -> Check:
    # NaN passes nothing.
    passed = value <= threshold if rule == "<=" else value >= threshold
    return Check(name, float(value), rule, threshold, bool(passed), detail)


def convergence_checks(idata: xr.DataTree, *, cores: int = 1) -> list[Check]:
    """R-hat, bulk and tail ESS, divergences and BFMI over every sampled quantity.

    Parameters
    ----------
    idata : xarray.DataTree
        Groups ``posterior`` and ``sample_stats``.
    cores : int
        Threads; the checks do not depend on it.
    """
    posterior = idata["posterior"].to_dataset()
    with ThreadPoolExecutor(cores) as pool:
        worst = {
            "rhat_max": _extreme(_of_each(az.rhat, posterior, pool), largest=True),
            "ess_bulk_min": _extreme(_of_each(partial(az.ess, method="bulk"), posterior, pool), largest=False),
            "ess_tail_min": _extreme(_of_each(partial(az.ess, method="tail"), posterior, pool), largest=False),
        }
    stats = idata["sample_stats"].to_dataset()
    energy = stats["energy"].to_numpy()
    # Definition 4.2 of Betancourt (2016), per chain.
    bfmi = np.square(np.diff(energy, axis=1)).mean(axis=1) / energy.var(axis=1)
    return [
        _check("rhat_max", worst["rhat_max"][0], "<=", RHAT_MAX, worst["rhat_max"][1]),
        _check("ess_bulk_min", worst["ess_bulk_min"][0], ">=", ESS_MIN, worst["ess_bulk_min"][1]),
        _check("ess_tail_min", worst["ess_tail_min"][0], ">=", ESS_MIN, worst["ess_tail_min"][1]),
        _check("divergences", float(stats["diverging"].sum()), "<=", 0.0),
        _check("bfmi_min", float(bfmi.min()), ">=", BFMI_MIN),
    ]


def mcse_check(mcse: dict[str, float]) -> Check:
    """The largest Monte Carlo standard error of the reported probabilities, name → MCSE."""
    name = max(mcse, key=lambda key: mcse[key])
    return _check("mcse_probability_max", mcse[name], "<=", MCSE_PROBABILITY_MAX, name)


def diagnostics(checks: list[Check]) -> dict[str, Any]:
    """Values by name, None where one is not finite, with ``passed`` for all of them together."""
    out: dict[str, Any] = {check.name: check.value if np.isfinite(check.value) else None for check in checks}
    out["divergences"] = int(out["divergences"])
    out["passed"] = all(check.passed for check in checks)
    return out


def _of_each(function: Callable[[xr.Dataset], xr.Dataset], posterior: xr.Dataset, pool: Executor) -> xr.Dataset:
    """`function` of each variable by itself: sorting and transforming, most of the work, let go of Python's lock."""
    names = list(posterior.data_vars)
    found = pool.map(function, (posterior[[name]] for name in names))
    return xr.Dataset({name: of[name] for name, of in zip(names, found, strict=True)})


def _extreme(values: xr.Dataset, *, largest: bool) -> tuple[float, str]:
    best, where = (-np.inf, "") if largest else (np.inf, "")
    for name, array in values.data_vars.items():
        flat = array.to_numpy().ravel()
        if not len(flat):  # a panel without bounds has no excesses
            continue
        if not np.isfinite(flat).all():
            return float("nan"), f"{name} (not finite)"
        k = int(flat.argmax() if largest else flat.argmin())
        if (flat[k] > best) if largest else (flat[k] < best):
            index = np.unravel_index(k, array.shape)
            label = ", ".join(str(array[d].to_numpy()[i]) for d, i in zip(array.dims, index, strict=True))
            best, where = float(flat[k]), f"{name}[{label}]" if label else str(name)
    return best, where
