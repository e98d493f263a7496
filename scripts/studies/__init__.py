"""Checks that are run once per release and are not installed."""
