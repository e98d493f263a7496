"""Forecasts without a fit: random joint draws around the last lags, as a ledger keeps them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from gapmodel.ledger.add import add_forecast
from gapmodel.ledger.chain import Ledger
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.scores.table import Scores
from gapmodel.validation.backtest import BACKTEST_SETTINGS
from gapmodel.validation.forecasts import Forecast
from gapmodel.validation.replay import Replay

__all__ = ["add_made_up", "made_up"]


def made_up(replay: Replay, *, seed: int, draws: int = 60) -> Forecast:
    """Draws, centres, scales and trends of every benchmark and month of a replay."""
    rng = np.random.default_rng(seed)
    shape = (draws, len(replay.data.benchmark), len(replay.ahead))
    trend = 5.0 + rng.normal(0, 1.5, (draws, 1, 1)) + rng.normal(0, 1.0, shape)
    centre, scale = trend + rng.normal(0, 0.5, shape), rng.uniform(0.5, 2.0, shape)
    drawn = centre + scale * rng.standard_normal(shape)
    # In the order of memory that a choice of months leaves.
    return Forecast(*(values[:, :, np.arange(shape[2])] for values in (drawn, centre, scale, trend)))


def add_made_up(
    folder: Path, scores: Scores, replay: Replay, *, seed: int = 1, today: date = date(2026, 1, 1), **keep
) -> Ledger:
    """Add such a forecast of the default variant to a ledger."""
    return add_forecast(
        folder, made_up(replay, seed=seed), replay, scores=scores, options=LagOptions(),
        model=load_variant("shared_shock"), settings=BACKTEST_SETTINGS, sentence=f"as of {replay.cutoff}", today=today,
        **keep,
    )  # fmt: skip
