"""Lags 1 to 12 months ahead from the model of the scores, against the forecasts of a backtest.

    uv run scripts/forecast_latent.py --backtest results/reference/trust/backtest --out results/reference/latent

At every cutoff of the backtest the model is fitted to the scores known then; releases to come are drawn, and lags read
off them (`studies.latent_forecasts`). Outcomes and scores are those of the backtest, on the cells that both forecast.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from studies.latent_forecasts import forecast_lags

from gapmodel.files.atomic import atomic_text, csv_text
from gapmodel.inference.convergence import convergence_checks, diagnostics
from gapmodel.inference.sampling import SamplerSettings, fit_variant
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.score_data import as_score_data
from gapmodel.scores.selection import select
from gapmodel.sources import bundled
from gapmodel.stats.proper_scores import clustered_mean, covers
from gapmodel.validation.forecasts import Forecast, score_forecast
from gapmodel.validation.replay import prepare

METHODS = ("shared_shock", "last_value", "historical_mean")
HORIZONS = (3, 6, 12)
KERNEL = 0.5  # months; width of the normals that stand for draws in PIT and log score, which are not reported

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--snapshot", default="epoch_2026-08")
parser.add_argument("--variant", default="latent_frontier")
parser.add_argument("--backtest", type=Path, default=Path("results/reference/trust/backtest"))
parser.add_argument("--draws", type=int, default=4000)
parser.add_argument("--tune", type=int, default=1000)
parser.add_argument("--chains", type=int, default=4)
parser.add_argument("--seed", type=int, default=20260811)
parser.add_argument("--out", type=Path, default=Path("results/forecast_latent"))


def forecast_rows(args, theirs: pd.DataFrame) -> pd.DataFrame:
    """Scored forecasts of the model of the scores, one row per cell."""
    scores, options = select(bundled.load(args.snapshot)), LagOptions()
    pairs, _ = prepare(scores, options, [pd.Timestamp(c) for c in sorted(theirs["cutoff"].unique())])
    variant = load_variant(args.variant)
    settings = SamplerSettings(draws=args.draws, tune=args.tune, chains=args.chains, seed=args.seed)
    rows = []
    for replay, outcome in pairs:
        then = replace(options, cutoff=pd.Timestamp(replay.cutoff))
        data = as_score_data(then.data(then.lags(scores), view="scores"))
        fit = fit_variant(variant, data, settings)
        thin = fit.posterior.isel(draw=slice(None, None, max(1, args.draws * args.chains // 500)))
        made = np.full((thin.sizes["chain"] * thin.sizes["draw"], *outcome.value.shape), np.nan)
        place = [int(np.flatnonzero(replay.data.benchmark == name)[0]) for name in data.benchmark]
        made[:, place] = forecast_lags(variant, thin, data, replay.data.month[replay.ahead], seed=args.seed)
        forecast = Forecast(made, made, np.full_like(made, KERNEL))
        found = score_forecast(forecast, replay, outcome, seed=args.seed)["cells"]
        worst = diagnostics(convergence_checks(fit.idata))["rhat_max"]
        print(replay.cutoff, f"{len(found)} cells, R-hat {worst:.3f}", flush=True)
        rows += [{"cutoff": str(replay.cutoff), "rhat": worst, **row} for row in found]
    return pd.DataFrame(rows).drop(columns=["log_score", "pit"])


def comparison(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """CRPS and coverage on the cells that all methods forecast, by target and horizon."""
    keys = ["cutoff", "target", "benchmark", "horizon"]
    every = {"latent_frontier": ours} | {name: theirs[theirs["method"] == name] for name in METHODS}
    cells = set.intersection(*(set(part[keys].itertuples(index=False, name=None)) for part in every.values()))
    out = []
    for target in ("benchmark", "average"):
        for horizon in HORIZONS:
            for name, part in every.items():
                kept = part[[row in cells for row in part[keys].itertuples(index=False, name=None)]]
                kept = kept[(kept["target"] == target) & (kept["horizon"] == horizon)]
                mean = clustered_mean(kept["crps"], kept["cutoff"], overlap=-(-horizon // 3))
                inside = covers(kept["q05"], kept["q95"], kept["outcome"], kept["censoring"])
                row = {"target": target, "horizon": horizon, "method": name, "n": mean.n, "cutoffs": mean.clusters}
                out.append(row | {"crps": mean.value, "crps_se": mean.se, "covered90": float(np.mean(inside))})
    return pd.DataFrame(out)


if __name__ == "__main__":
    args = parser.parse_args()
    known = pd.read_csv(args.backtest / "forecasts.csv", dtype={"cutoff": str})
    made = forecast_rows(args, known)
    table = comparison(made, known)
    args.out.mkdir(parents=True, exist_ok=True)
    atomic_text(args.out / "lag_forecasts.csv", csv_text(made.round(4)))
    atomic_text(args.out / "lag_skill.csv", csv_text(table.round(4)))
    print(table.round(2).to_string(index=False))
