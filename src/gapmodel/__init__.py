"""How far open-weight language models lag behind closed ones, with honest uncertainty."""

from importlib.metadata import version as _version

__all__ = ["__version__"]

__version__ = _version("gapmodel")
