"""Scores with a known lag."""
