"""What a further fit of a compiled variant costs."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measure import Row, isolated, seconds
from benchmarks.sampling_section import default_data

__all__ = ["refit_section"]


def refit_section(*, full: bool, say: Callable[[str], None], draws: int | None = None) -> dict[str, Any]:
    """A warm refit against its own sampling, and against starting from the model's file."""
    say("refit")
    with tempfile.TemporaryDirectory() as cache:
        case = isolated(
            refit_case,
            env={"PYTENSOR_FLAGS": f"base_compiledir={cache}", "NUMBA_CACHE_DIR": cache},
            draws=draws or (2500 if full else 1000),
            repeat=5 if full else 3,
        ).value
    warm, alone, scratch = case["warm"], case["alone"], case["scratch"]
    rows = [
        Row("warm refit, share of its own sampling", warm, alone, "s", warm / alone, "<= 1.2",
            "new data into the compiled model, sampling, lines and shock put back; peer: the sampling call alone"),
        Row("warm refit vs from scratch", warm, scratch, "s", scratch / warm, ">= 5 x",
            "peer: build, compile and sample; cached code of an earlier compilation may be used"),
        Row("warm refit vs first fit", warm, case["first"], "s", case["first"] / warm, "",
            "peer: the same with an empty cache of compiled code"),
    ]  # fmt: skip
    return {"rows": [row.as_dict() for row in rows], "case": case}


def refit_case(*, draws: int, repeat: int) -> dict[str, Any]:
    """Medians of `repeat` refits, each without the cells of another tenth of the panel."""
    from gapmodel.inference.sampling import SamplerSettings, compile_variant, fit_variant
    from gapmodel.modeling.registry import load_variant

    variant, data = load_variant(), default_data()
    settings = SamplerSettings(draws=draws, tune=min(1000, max(draws, 50)))
    first, compiled = seconds(lambda: compile_variant(variant, data))
    cold, _ = seconds(lambda: compiled.sample(settings))
    warm, alone, scratch = [], [], []
    rng = np.random.default_rng(1)
    for _ in range(repeat):
        other = data.only(rng.random(data.observed.shape) < 0.9)
        warm.append(seconds(lambda other=other: compiled.with_data(other).sample(settings))[0])
        ready = compiled.with_data(other)
        alone.append(seconds(lambda ready=ready: ready.run_sampler(ready.settings(settings)))[0])
        scratch.append(seconds(lambda other=other: fit_variant(variant, other, settings))[0])
    middle = statistics.median
    return {"first": first + cold, "warm": middle(warm), "alone": middle(alone), "scratch": middle(scratch)}
