"""Time and memory as benchmarks are added: simulated panels of 36 months, from scores to posterior."""

from __future__ import annotations

import ctypes
import statistics
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import Row, isolated, seconds

if TYPE_CHECKING:
    from gapmodel.inference.sampling import CompiledVariant

__all__ = ["growth_case", "growth_section"]

SIZES = (30, 100, 300, 1000)
SMALL_SIZES = (30, 100)
GRADIENTS = 1000


def growth_section(*, full: bool, say: Callable[[str], None], draws: int | None = None) -> dict[str, Any]:
    """Small: two sizes and few draws; full: four sizes and a quarter of the default draws."""
    curve = []
    for n in SIZES if full else SMALL_SIZES:
        say(f"growth: {n} benchmarks")
        got = isolated(growth_case, n_benchmarks=n, draws=draws or (2500 if full else 200))
        curve.append({"benchmarks": n, **got.value, "peak_gb": got.peak_gb})
    rows = []
    for c in curve:
        goal = "<= 600 s" if c["benchmarks"] == 1000 else ""
        words = f"{c['benchmarks']} benchmarks, {c['cells']:,} lags"
        total = c["lags"] + c["compile"] + c["sample"]
        note = f"{c['draws']} draws and {c['tune']} tuning draws x 4 chains; compile {c['compile']:.0f} s"
        rows.append(Row(f"scores → posterior, {words}", total, None, "s", goal=goal, note=note))
        goal = "<= 4 GB" if c["benchmarks"] == 1000 else ""
        rows.append(Row(f"peak memory, {words}", c["peak_gb"], None, "GB", goal=goal, note="of the whole process"))
    if len(curve) > 1:
        power = np.polyfit(np.log([c["cells"] for c in curve]), np.log([c["gradient"] for c in curve]), 1)[0]
        note = f"{curve[0]['cells']:,} to {curve[-1]['cells']:,} lags; 1: linear"
        rows.append(
            Row("growth of the time of one gradient", float(power), None, "power of lags", goal="<= 1", note=note)
        )
    return {"rows": [row.as_dict() for row in rows], "curve": curve}


def growth_case(*, n_benchmarks: int, draws: int) -> dict[str, Any]:
    """Seconds of each stage, and of one gradient."""
    from gapmodel.inference.sampling import SamplerSettings, compile_variant
    from gapmodel.lags.panel import compute_lags
    from gapmodel.modeling.panel_data import panel_data
    from gapmodel.modeling.registry import load_variant
    from gapmodel.scores.table import validate_scores
    from gapmodel.simulation.frontiers import simulate_scores

    frame, info, _ = simulate_scores(seed=1, n_benchmarks=n_benchmarks, n_months=36)
    scores = validate_scores(frame, info, today=date(2027, 1, 1))
    variant = load_variant()
    lags, data = seconds(lambda: panel_data(compute_lags(scores).panel))
    compiling, compiled = seconds(lambda: compile_variant(variant, data))
    settings = SamplerSettings(draws=draws, tune=min(1000, max(draws, 50)))
    sampling, fit = seconds(lambda: compiled.sample(settings))
    return {
        "scores": len(frame),
        "cells": int((data.observed > 0).sum()),
        "lags": lags,
        "compile": compiling,
        "sample": sampling,
        "gradient": gradient_seconds(compiled),
        "draws": settings.draws,
        "tune": settings.tune,
        "divergences": int(fit.idata["sample_stats"]["diverging"].sum()),
    }


def gradient_seconds(variant: CompiledVariant) -> float:
    """Median time of the log density with its gradient, called as the sampler calls it, near the prior's centre."""
    compiled = variant.compiled
    at = np.full(compiled.n_dim, 0.1)
    if variant.kernel:
        density = variant.kernel.density
        return statistics.median(seconds(lambda: density(at))[0] for _ in range(GRADIENTS))
    out, value = np.zeros(compiled.n_dim), np.zeros(1)
    function = compiled.compiled_logp_func.ctypes
    pointer = ctypes.POINTER(ctypes.c_double)
    arguments = (compiled.n_dim, *(array.ctypes.data_as(pointer) for array in (at, out, value)))
    shared = compiled.user_data.ctypes.data

    def call() -> None:
        if function(*arguments, shared):
            raise RuntimeError("the log density cannot be computed at this point")

    return statistics.median(seconds(call)[0] for _ in range(GRADIENTS))
