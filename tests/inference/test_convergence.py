"""The gate's checks, against ArviZ on the whole posterior."""

import arviz as az
import numpy as np
import pytest
import xarray as xr

from gapmodel.inference.convergence import convergence_checks


def _sampled() -> xr.DataTree:
    rng = np.random.default_rng(20260811)
    dims = ("chain", "draw")
    posterior = xr.Dataset(
        {
            "error_sd": (dims, rng.gamma(2.0, size=(4, 300))),
            "intercept": ((*dims, "benchmark"), rng.standard_normal((4, 300, 3)).cumsum(axis=1)),
            "excess_raw": ((*dims, "stretch"), np.empty((4, 300, 0))),
        },
        coords={"benchmark": ["a", "b", "c"]},
    )
    stats = {"energy": (dims, rng.standard_normal((4, 300))), "diverging": (dims, np.zeros((4, 300), dtype=bool))}
    return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": xr.Dataset(stats)})


@pytest.mark.parametrize("cores", [1, 2, 5])
def test_checks_are_those_of_the_whole_posterior_on_any_number_of_cores(cores):
    tree = _sampled()
    posterior = tree["posterior"].to_dataset()
    found = {check.name: check for check in convergence_checks(tree, cores=cores)}
    assert found["rhat_max"].value == max(float(of.max()) for of in az.rhat(posterior).data_vars.values() if of.size)
    for kind in ("bulk", "tail"):
        least = min(float(of.min()) for of in az.ess(posterior, method=kind).data_vars.values() if of.size)
        assert found[f"ess_{kind}_min"].value == least
        assert found[f"ess_{kind}_min"].detail.startswith("intercept[")
    assert not found["rhat_max"].passed
    assert found["divergences"].passed
