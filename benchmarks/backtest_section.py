"""The backtest of the default variant: wall time with one and two workers, and with every fit from scratch."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, isolated, seconds

__all__ = ["backtest_section"]


def backtest_section(*, full: bool, say: Callable[[str], None], draws: int | None = None) -> dict[str, Any]:
    """Small: the cutoffs of the last year; full: all of the default backtest. One variant, no baselines."""
    keywords = {"draws": draws or (1000 if full else 200), "first": None if full else "2025-09-30"}
    times = {}
    for workers in (1, 2):
        say(f"backtest: {workers} worker{'s' if workers > 1 else ''}")
        with tempfile.TemporaryDirectory() as folder:
            times[workers] = isolated(backtest_case, folder=folder, workers=workers, **keywords).value
    say("backtest: every fit from scratch")
    scratch = isolated(scratch_case, **keywords).value
    n = f"{scratch['fits']} fits of {keywords['draws']} draws x 4 chains"
    rows = [
        Row("backtest, 1 worker vs from scratch", times[1], scratch["seconds"], "s", scratch["seconds"] / times[1],
            ">= 5 x", f"{n}; peer: build, compile, sample at every cutoff, cached code allowed, no forecasts scored"),
        Row("backtest, 2 workers vs 1", times[2], times[1], "s", times[1] / times[2], "", n),
    ]  # fmt: skip
    return {"rows": [row.as_dict() for row in rows], "times": {str(k): v for k, v in times.items()}, "scratch": scratch}


def backtest_case(*, folder: str, workers: int, draws: int, first: str | None) -> float:
    """Seconds of a whole backtest, files and figure included."""
    from gapmodel.validation.backtest import run_backtest

    scores, plan = _plan(draws, first)
    return seconds(lambda: run_backtest(scores, Path(folder) / "backtest", plan, workers=workers))[0]


def scratch_case(*, draws: int, first: str | None) -> dict[str, Any]:
    """Seconds of the fits alone, each compiled from scratch."""
    import pandas as pd

    from gapmodel.inference.sampling import fit_variant
    from gapmodel.modeling.registry import load_variant
    from gapmodel.validation.replay import cutoff_dates, prepare

    scores, plan = _plan(draws, first)
    variant = load_variant()
    last = pd.Timestamp(plan.options.lags(scores).panel["month"].to_numpy()[-1])
    pairs, _ = prepare(scores, plan.options, cutoff_dates(last, first=plan.first))
    taken = [seconds(lambda data=replay.data: fit_variant(variant, data, plan.settings))[0] for replay, _ in pairs]
    return {"fits": len(taken), "seconds": sum(taken)}


def _plan(draws: int, first: str | None):
    from dataclasses import replace

    from gapmodel.modeling.registry import DEFAULT_VARIANT
    from gapmodel.scores.selection import select
    from gapmodel.sources import bundled
    from gapmodel.validation.backtest import BACKTEST_SETTINGS, BacktestPlan
    from gapmodel.validation.baseline_forecasts import LAST_VALUE

    settings = replace(BACKTEST_SETTINGS, draws=draws, tune=min(BACKTEST_SETTINGS.tune, max(draws, 50)))
    keywords = {} if first is None else {"first": first}
    # One simple baseline: a table of skill needs something to compare with.
    plan = BacktestPlan((DEFAULT_VARIANT,), baselines=(LAST_VALUE,), settings=settings, **keywords)
    return select(bundled.load()), plan
