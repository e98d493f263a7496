"""Effective draws per second: the default variant, its plain form on three samplers, and bambi."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.measure import Row, installed, isolated, seconds

__all__ = ["ONE_CLOCK", "default_data", "effective", "rate", "sampling_section"]

# Their own clock counts compilation as sampling, so that there is no time of sampling alone.
ONE_CLOCK = ("numpyro",)


def sampling_section(*, full: bool, say: Callable[[str], None], draws: int | None = None) -> dict[str, Any]:
    """Minimum bulk ESS per second over hyperparameters, sampling alone and with compilation.

    Every sampler starts in a process of its own with an empty cache of compiled code, and gets the same draws, chains,
    cores and target acceptance.
    """
    draws = draws or (2500 if full else 1000)
    tune = min(1000, max(draws, 50))
    peers = {
        "the plain form on PyMC's own NUTS": ("pymc", ">= 5 x", None, partial(pymc_case, sampler="pymc")),
        "the plain form on nutpie": ("plain", ">= 2 x", None, partial(nutpie_case, plain=True)),
        "the plain form on numpyro": ("numpyro", "", "numpyro", partial(pymc_case, sampler="numpyro")),
        "bambi, straight lines with independent errors, PyMC's NUTS": ("bambi", "", "bambi", bambi_case),
    }
    say("sampling: nutpie")
    with tempfile.TemporaryDirectory() as cache:
        own = isolated(nutpie_case, env=_fresh(cache), draws=draws, tune=tune).value
    cases = {"nutpie": own}
    rows, skipped = [], []
    for words, (name, goal, package, case) in peers.items():
        if package and not installed(package):
            skipped.append(f"{words}: {package} is not installed (uv run --with {package} python -m benchmarks.run)")
            say(f"sampling: skipped {skipped[-1]}")
            continue
        say(f"sampling: {words}")
        with tempfile.TemporaryDirectory() as cache:
            cases[name] = isolated(case, env=_fresh(cache), draws=draws, tune=tune).value
        for label, whole in (("sampling alone", False), ("compile and sampling", True)):
            if name in ONE_CLOCK and not whole:
                continue
            ours, peer = rate(own, whole=whole), rate(cases[name], whole=whole)
            note = f"smallest of the hyperparameters; peer: {words}"
            rows.append(Row(f"bulk ESS, {label}, vs {name}", ours, peer, "per s", ours / peer, goal, note))
        if goal:
            worst = min(
                own["ess"][p] / own["sample"] / (cases[name]["ess"][p] / cases[name]["sample"]) for p in own["ess"]
            )
            note = "smallest ratio of any hyperparameter, sampling alone"
            rows.append(Row(f"bulk ESS, every hyperparameter, vs {name}", None, None, "", worst, goal, note))
    return {"rows": [r.as_dict() for r in rows], "cases": cases, "draws": draws, "tune": tune, "skipped": skipped}


def rate(case: dict[str, Any], *, whole: bool) -> float:
    """Smallest bulk ESS of the hyperparameters per second."""
    return min(case["ess"].values()) / (case["sample"] + (case["compile"] if whole else 0.0))


def default_data():
    """Model arrays of the bundled default analysis."""
    from gapmodel.modeling.options import LagOptions
    from gapmodel.scores.selection import select
    from gapmodel.sources import bundled

    options = LagOptions()
    return options.data(options.lags(select(bundled.load())))


def effective(posterior, names) -> dict[str, float]:
    """Bulk ESS of each named quantity."""
    import arviz as az

    return {name: float(az.ess(posterior[[name]], method="bulk")[name].min()) for name in names}


def nutpie_case(*, draws: int, tune: int, plain: bool = False) -> dict[str, Any]:
    """The default variant as the package samples it: integrated, with lines and shock put back; or the `plain` form."""
    from gapmodel.inference.sampling import SamplerSettings, compile_variant
    from gapmodel.modeling.registry import load_variant

    variant, data = load_variant(), default_data()
    variant = variant.plain() if plain else variant
    compiling, compiled = seconds(lambda: compile_variant(variant, data))
    sampling, fit = seconds(lambda: compiled.sample(SamplerSettings(draws=draws, tune=tune)))
    return {
        "compile": compiling,
        "sample": sampling,
        "ess": effective(fit.posterior, variant.priors),
        "divergences": int(fit.idata["sample_stats"]["diverging"].sum()),
        "target_accept": fit.settings.target_accept,
    }


def pymc_case(*, sampler: str, draws: int, tune: int) -> dict[str, Any]:
    """The plain form through `pymc.sample`; what its sampler's own clock does not count is called compiling."""
    import pymc as pm

    from gapmodel.modeling.registry import load_variant

    variant, data = load_variant(), default_data()
    model = variant.build(data)
    more = {"model": model, "nuts_sampler": sampler}
    return _through_pymc(pm.sample, variant.priors, variant.sampler, draws=draws, tune=tune, **more)


def bambi_case(*, draws: int, tune: int) -> dict[str, Any]:
    """A straight line per benchmark, partly pooled, independent errors, censored lags as bounds; bambi's own priors."""
    import bambi
    import pandas as pd

    data = default_data()
    b, t = np.nonzero(data.observed > 0)
    side = data.censoring[b, t]
    frame = pd.DataFrame(
        {
            "lag": data.value[b, t],
            "status": np.select([side > 0, side < 0], ["right", "left"], "none"),
            "years": data.years[t],
            "benchmark": data.benchmark[b],
        }
    )
    model = bambi.Model("censored(lag, status) ~ 1 + years + (1 + years | benchmark)", frame)
    names = ("Intercept", "years", "1|benchmark_sigma", "years|benchmark_sigma", "sigma")
    return _through_pymc(model.fit, names, {}, draws=draws, tune=tune, inference_method="pymc")


def _through_pymc(
    sample: Callable, names, wishes: dict[str, float], *, draws: int, tune: int, **more
) -> dict[str, Any]:
    from gapmodel.inference.sampling import SamplerSettings

    settings = SamplerSettings(draws=draws, tune=tune)
    settings = replace(settings, target_accept=max(settings.target_accept, wishes.get("target_accept", 0.0)))
    start = time.perf_counter()
    tree = sample(
        draws=draws,
        tune=tune,
        chains=settings.chains,
        cores=settings.cores,
        random_seed=settings.seed,
        target_accept=settings.target_accept,
        progressbar=False,
        compute_convergence_checks=False,
        **more,
    )
    whole = time.perf_counter() - start
    posterior = tree["posterior"].to_dataset()
    sampling = float(posterior.attrs.get("sampling_time", tree["posterior"].attrs.get("sampling_time")))
    return {
        "compile": whole - sampling,
        "sample": sampling,
        "ess": effective(posterior, names),
        "divergences": int(tree["sample_stats"]["diverging"].sum()),
        "target_accept": settings.target_accept,
    }


def _fresh(cache: str) -> dict[str, str]:
    """An empty place for compiled code; two devices, so that numpyro too runs chains side by side."""
    flags = {"PYTENSOR_FLAGS": f"base_compiledir={cache}", "NUMBA_CACHE_DIR": cache}
    return flags | {"XLA_FLAGS": "--xla_force_host_platform_device_count=4"}
