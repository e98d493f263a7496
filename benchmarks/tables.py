"""Large tables of scores, made by a rule."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["score_table"]


def score_table(*, benchmarks: int, scores_each: int, seed: int = 1, n_months: int = 48) -> pd.DataFrame:
    """Scores of four times as many models as stand on one benchmark, half of them open, released over `n_months`.

    Open models are half a year behind on average; benchmarks differ in difficulty by four years.

    Returns
    -------
    pandas.DataFrame
        In the format of ``scores.csv``, benchmarks x scores_each rows in no order of dates.
    """
    rng = np.random.default_rng(seed)
    n_models = 4 * scores_each
    day = np.sort(rng.integers(0, int(n_months * 30.4375), n_models))
    is_open = rng.random(n_models) < 0.5
    benchmark = np.repeat(np.arange(benchmarks), scores_each)
    model = np.concatenate([rng.choice(n_models, scores_each, replace=False) for _ in range(benchmarks)])
    years = day[model] / 365.25 - 0.5 * is_open[model] - rng.exponential(0.5, len(model))
    score = 1.0 / (1.0 + np.exp(-1.5 * (years - rng.uniform(0.0, 4.0, benchmarks)[benchmark])))
    dates = np.datetime_as_string(np.datetime64("2022-01-01") + day)
    return pd.DataFrame(
        {
            "benchmark": np.char.add("benchmark ", benchmark.astype(str)),
            "model": np.char.add("model ", model.astype(str)),
            "release_date": dates[model],
            "weights": np.where(is_open[model], "open", "closed"),
            "score": score.round(4),
        }
    )
