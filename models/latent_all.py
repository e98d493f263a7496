r"""`latent_frontier` fitted to the scores on all benchmarks of the table, also those that the average leaves out.

The model and its priors are those of ``models/latent_frontier.py``. What it adds is data: opt-in benchmarks, those on
which only one group was run, those that an analysis does not choose. Every score of a model tells of its capability,
and so of the frontiers; lags of such benchmarks are drawn from the same population, but are no part of the average.

Source: as for ``latent_frontier``.
"""

from gapmodel.models.latent_frontier import PRIORS, SAMPLER, build, kernel, trend

__all__ = ["PRIORS", "SAMPLER", "VIEW", "build", "kernel", "trend"]

VIEW = "all_scores"
