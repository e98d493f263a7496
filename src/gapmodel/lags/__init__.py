"""Frontiers, the definition of the lag, the panel of monthly lags, and its other views."""
