"""Sampling, convergence checks, gap and crossing, predictive checks, power-scaling."""
