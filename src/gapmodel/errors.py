"""The exception tree: every error a user can cause is a `GapmodelError` whose text says how to fix it."""

from __future__ import annotations

__all__ = [
    "CheckError",
    "ConfigError",
    "DataError",
    "GapmodelError",
    "InsufficientDataError",
    "UnknownNameError",
]


class GapmodelError(Exception):
    """Base class; the command line prints its text and exits 1, without a traceback."""


class DataError(GapmodelError):
    """A scores or benchmarks table cannot be used; the text names file, row, column, value and fix."""


class InsufficientDataError(GapmodelError):
    """Nothing is left to analyse (one group absent, a single month, an empty subset)."""


class UnknownNameError(GapmodelError):
    """A variant, benchmark, category or option value that does not exist; the text suggests the nearest."""


class ConfigError(GapmodelError):
    """A setting is out of range or an output place cannot be written."""


class CheckError(GapmodelError):
    """A result failed its checks where only a checked result may be used."""
