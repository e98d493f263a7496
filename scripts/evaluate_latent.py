"""How the model of the scores does on the bundled data: capability, held-out scores, calibration, decomposition.

    uv run scripts/evaluate_latent.py --out results/reference/latent

Three fits of one compiled model: to all scores, without a tenth of them at random, and without the models released
after a date. Capability is held against Epoch's published index, and held-out scores against a line through that index
by benchmark. The index was computed from the very scores that are held out: that favours the line.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from studies.latent_recovery import hide, index_predictions, predicted_scores, prediction_summary

from gapmodel.files.atomic import atomic_text, csv_text, write_json
from gapmodel.inference.capability import capability, decomposition, lag_by_category, score_calibration
from gapmodel.inference.convergence import convergence_checks, diagnostics
from gapmodel.inference.sampling import SamplerSettings, compile_variant
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.score_data import as_score_data
from gapmodel.scores.selection import select
from gapmodel.sources import bundled

INDEX = "Epoch Capabilities Index"
SHARE = 0.1

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--snapshot", default="epoch_2026-08")
parser.add_argument("--variant", default="latent_frontier")
parser.add_argument("--later-than", default="2025-07-31", help="predict the models released after this date")
parser.add_argument("--draws", type=int, default=4000)
parser.add_argument("--tune", type=int, default=1000)
parser.add_argument("--chains", type=int, default=4)
parser.add_argument("--seed", type=int, default=20260811)
parser.add_argument("--out", type=Path, default=Path("results/evaluate_latent"))

if __name__ == "__main__":
    args = parser.parse_args()
    table = bundled.load(args.snapshot)
    options = LagOptions()
    data = as_score_data(options.data(options.lags(select(table)), view="scores"))
    published = table.table[table.table["benchmark"] == INDEX].set_index("model")["score"]
    variant = load_variant(args.variant)
    settings = SamplerSettings(draws=args.draws, tune=args.tune, chains=args.chains, seed=args.seed)
    compiled = compile_variant(variant, data)

    fit = compiled.sample(settings)
    thin = fit.posterior.isel(draw=slice(None, None, max(1, args.draws * args.chains // 1000)))
    value = pd.Series(capability(variant, thin, data, seed=args.seed).value.mean(axis=0), data.model)
    common = value.index.intersection(published.index)
    summary = {
        "data_sha256": table.sha256,
        "variant_sha256": variant.sha256,
        "sampler": settings.as_dict(),
        "diagnostics": diagnostics(convergence_checks(fit.idata)),
        "index": {
            "name": INDEX,
            "models": len(common),
            "pearson": float(stats.pearsonr(value[common], published[common])[0]),
            "spearman": float(stats.spearmanr(value[common], published[common])[0]),
        },
    }
    dates = [data.month[-1] - np.timedelta64(365 * k, "D") for k in (2, 1, 0)]
    tables = {
        "calibration.csv": score_calibration(variant, thin, data, seed=args.seed + 1),
        "decomposition.csv": decomposition(variant, fit.posterior, data, dates),
        "categories.csv": lag_by_category(variant, fit.posterior, data, data.month[-1]),
    }
    rng = np.random.default_rng(args.seed)
    exact = data.score_exact > 0
    later = data.model_years > data.years_at(args.later_than)[0]
    for name, cells in (
        ("a tenth at random", exact & (rng.random(len(exact)) < SHARE)),
        ("later models", exact & later[data.score_model]),
    ):
        fitted = hide(data, cells)
        # Bounds of later models must not tell either.
        known = ~later[data.score_model[data.bound_score]] if name == "later models" else np.ones(len(data.bound_score))
        fitted = replace(fitted, bound_sign=np.where(known, data.bound_sign, 0.0))
        posterior = compiled.with_data(fitted).sample(settings).posterior
        thin = posterior.isel(draw=slice(None, None, max(1, args.draws * args.chains // 1000)))
        predicted = predicted_scores(variant, thin, fitted, cells, seed=args.seed + 2)
        line = index_predictions(data, cells, published)
        both = line["predicted"].notna().to_numpy()
        summary[name] = {
            "latent_frontier": prediction_summary(predicted[both]),
            "line through the index": prediction_summary(line[both]),
        }
        tables[f"{name.replace(' ', '_')}.csv"] = predicted
    args.out.mkdir(parents=True, exist_ok=True)
    for name, content in tables.items():
        atomic_text(args.out / name, csv_text(content))
    write_json(args.out / "summary.json", summary)
    print(summary)
    print(tables["calibration.csv"].to_string(index=False))
    print(tables["decomposition.csv"].to_string(index=False))
    print(tables["categories.csv"].to_string(index=False))
