"""A sampler that is interrupted, or that ends too early, gives no posterior: part of one would pass for all of it."""

import _thread
import threading

import pytest
import xarray as xr

from gapmodel.inference.sampling import SamplerSettings, compile_variant
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.scores.selection import select
from gapmodel.sources import bundled


@pytest.fixture(scope="module")
def compiled():
    return compile_variant(load_variant("shared_shock"), LagOptions().data(LagOptions().lags(select(bundled.load()))))


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.2, 1.0, 4.0])  # before any draw, among them, after the warm-up
def test_an_interrupt_ends_it(compiled, seconds):
    timer = threading.Timer(seconds, _thread.interrupt_main)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            compiled.sample(SamplerSettings(draws=100_000, tune=200, chains=2))
    finally:
        timer.cancel()


@pytest.mark.slow
def test_fewer_draws_than_asked_for_are_no_posterior(compiled, monkeypatch):
    class Short:
        def __init__(self, *_, **__):
            pass

        def wait(self):
            points = xr.Dataset({"point": (("chain", "draw", "dim"), [[[0.0] * compiled.kernel.n_dim] * 7] * 2)})
            return xr.DataTree.from_dict({"posterior": points})

    monkeypatch.setattr("gapmodel.inference.sampling.nutpie.sample", Short)
    with pytest.raises(RuntimeError, match="before all draws were made"):
        compiled.sample(SamplerSettings(draws=60, tune=60, chains=2))
