"""All that repeats a fit: comparison, backtest, calibration, false alarms, sensitivity, updates."""
