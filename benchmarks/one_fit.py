"""Effective draws per second of one variant on the bundled data, printed as JSON; run by an older version too.

python benchmarks/one_fit.py VARIANT DRAWS
"""

import json
import sys
import time


def one_fit(name: str, draws: int) -> dict[str, float]:
    """Quantity → bulk ESS per second of sampling: hyperparameters, and the population's lag at each month."""
    import arviz as az

    try:
        from gapmodel.inference.sampling import SamplerSettings, compile_variant
        from gapmodel.modeling.options import LagOptions
        from gapmodel.modeling.registry import load_variant
    except ModuleNotFoundError:  # where 1.0.0rc1 has them
        from gapmodel.fit import SamplerSettings, compile_variant
        from gapmodel.lagoptions import LagOptions
        from gapmodel.registry import load_variant
    from gapmodel.sources import bundled

    try:
        from gapmodel.scores.selection import select
    except ModuleNotFoundError:
        from gapmodel.selection import select

    variant, options = load_variant(name), LagOptions()
    data = options.data(options.lags(select(bundled.load())), view=variant.view)
    compiled = compile_variant(variant, data)
    start = time.perf_counter()
    fit = compiled.sample(SamplerSettings(draws=draws, tune=1000))
    seconds = time.perf_counter() - start
    posterior = fit.posterior
    # Hyperparameters have no dims of their own, and are those that the variant gives a prior.
    found = {n: posterior[n] for n in variant.priors if n in posterior and posterior[n].ndim == 2}
    path = variant.trend(posterior, data.years)["population_mean"]
    found |= {f"lag, month {k}": path.isel(time=k) for k in range(path.sizes["time"])} if name != "shared_shock" else {}
    return {n: float(az.ess(values.to_numpy(), method="bulk")) / seconds for n, values in found.items()}


if __name__ == "__main__":
    print(json.dumps(one_fit(sys.argv[1], int(sys.argv[2]))))
