"""How fast the package is, against other ways of doing the same; ``python -m benchmarks.run``."""
