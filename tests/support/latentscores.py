"""Eleven scores on two benchmarks, as data of the model of the scores."""

from datetime import date

import numpy as np
import pandas as pd

from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.score_data import ScoreData
from gapmodel.scores.table import validate_scores

# Three leaders and three followers on two benchmarks; "low" is better downwards, from 10 to 2.
ROWS = [
    ("up", "C1", "2024-01-10", "closed", 0.2, np.nan),
    ("up", "C2", "2024-05-20", "closed", 0.6, 0.05),
    ("up", "C3", "2024-10-15", "closed", 0.9, np.nan),
    ("up", "O1", "2024-02-15", "open", 0.1, np.nan),
    ("up", "O2", "2024-08-01", "open", 0.5, np.nan),
    ("up", "O3", "2024-12-12", "open", 1.0, np.nan),
    ("low", "C1", "2024-01-10", "closed", 8.0, np.nan),
    ("low", "C2", "2024-05-20", "closed", 5.0, np.nan),
    ("low", "C3", "2024-10-15", "closed", 3.0, np.nan),
    ("low", "O2", "2024-08-01", "open", 10.0, np.nan),
    ("low", "O3", "2024-12-12", "open", 4.0, np.nan),
]
INFO = pd.DataFrame(
    [("up", "higher", 0.0, 1.0), ("low", "lower", 10.0, 2.0)],
    columns=["benchmark", "direction", "lower_bound", "ceiling"],
)
OPTIONS = LagOptions(cutoff="2024-12-31", leader_start_up_months=0.0, follower_start_up_months=0.0)


def table(rows=ROWS, info=INFO):
    columns = ["benchmark", "model", "release_date", "weights", "score", "score_se"]
    return validate_scores(pd.DataFrame(rows, columns=columns), info, today=date(2025, 1, 1))


def small_data() -> ScoreData:
    return OPTIONS.data(OPTIONS.lags(table()), view="scores")
