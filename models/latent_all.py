r"""`latent_frontier` fitted to the scores on all benchmarks of the table, also those that the average leaves out.

.. math::
    z_{ib} &= d_b\,(\theta_{ib} - \kappa_b) + \eta_{ib} \quad\text{for every benchmark } b \text{ of the table} \\
    \mathrm{gap}(t) &= \frac{1}{|A|} \sum_{b \in A} \mathrm{lag}_b(t) \quad\text{over the chosen ones, } A

Everything else is as in ``models/latent_frontier.py``, its priors too:

============================= ====================== =============================================================
parameter                     prior                  reason
============================= ====================== =============================================================
lag_level, months             N(8, 5)                published gaps lie between 0 and 18 months
lag_slope, months/yr          N(0, 3)                no direction favoured; 6 per year closes any gap in 2 years
offset_sd, months             HalfN(5)               benchmarks differ by months, rarely by more than a year
offset_slope_sd, months/yr    HalfN(1)               a third of the spread of the common slope
deviation_sd, months          LogN(log 2, 0.6)       the common path bends by a few months, as releases come in waves
deviation_length, months      LogN(log 12, 0.5)      and does so over half a year to two years
pace_sd                       LogN(log 0.5, 0.5)     a standard deviation of a fifth to a factor of three
flagship, months              LogN(log 3, 0.5)       the better releases lie 1 to 8 months below the frontier
small_extra, months           LogN(log 9, 0.6)       small ones 3 to 30 months further
flagship_share                Beta(2, 2)             neither kind is absent
log_steepness_population      N(log 0.12, 0.5)       from 20 to 80 % in one to five years of progress
steepness_sd                  HalfN(0.5)             benchmarks differ by a factor of 2 or so
difficulty_population, months N(0, 15)               half-way scores are reached about when benchmarks are in use
difficulty_sd, months         HalfN(15)              over a few years of progress
log_noise_population          N(log 3, 0.6)          one model on one benchmark: off by 1 to 10 months
log_noise                     N(population, 0.5)     benchmarks differ by a factor of 2 or so
============================= ====================== =============================================================

Why: every score of a model tells of its capability, and so of the frontiers, also on opt-in benchmarks and on those
that one group alone was run on. Lags of such benchmarks are drawn from the same population, but are no part of the
average.

What identifies it: as for ``latent_frontier``; :math:`A` is no part of the likelihood.

What it gets wrong: which models are run changes. Of the open ones many small models were run in 2023 and 2024, hardly
any but the best since; the model takes the spread of releases behind their frontier for the same at all times, and the
difference for progress. On tables with a known lag and the releases of the bundled table its gap is too small and zero
is announced too early (docs/protocol.md). The same holds of ``latent_frontier``.

Source: as for ``latent_frontier``.
"""

from gapmodel.models.latent_frontier import PRIORS, SAMPLER, build, trend

__all__ = ["PRIORS", "SAMPLER", "VIEW", "build", "trend"]

VIEW = "all_scores"
