"""A lag path that is known is recovered from scores simulated with it."""

import numpy as np
from scipy import stats
from studies.latent_recovery import SIZES, path_job, path_table

from gapmodel.inference.sampling import SamplerSettings


def test_a_known_lag_path_is_recovered():
    """A closing and an opening lag: the path within four posterior SD everywhere, and told apart."""
    settings = SamplerSettings(draws=300, tune=300, chains=2, target_accept=0.9).as_dict()
    rows = [
        path_job(variant="latent_frontier", scenario=s, seed=k, simulation=SIZES["small"], settings=settings)
        for k, s in ((21, "closing"), (22, "opening"))
    ]
    for row in rows:
        truth, median = np.array(row["truth"]), np.array(row["median"])
        sd = (np.array(row["upper"]) - np.array(row["lower"])) / (2 * stats.norm.ppf(0.95))
        assert (np.abs(median - truth) < 4 * sd).all()
        assert sd[-1] < 3.0, "the scores say something: the prior alone has an SD above 5"
    assert rows[0]["median"][-1] < rows[1]["median"][-1]
    line = path_table(rows).set_index("scenario").loc["all"]
    assert line["n"] == 2
