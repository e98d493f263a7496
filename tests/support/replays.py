"""When a small backtest forecasts, and how it samples."""

from gapmodel.inference.sampling import SamplerSettings
from gapmodel.validation.replay import cutoff_dates

CUTOFFS = cutoff_dates("2025-06-30")
SETTINGS = SamplerSettings(draws=60, tune=100, chains=2, seed=3)
