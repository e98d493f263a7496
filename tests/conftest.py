"""Fixtures shared by tests: a simulated table, and each variant compiled once for the whole session."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import simulate_scores

# Its assertions are part of tests, and say as much where they fail.
pytest.register_assert_rewrite("tests.support.faultsteps")


def pytest_addoption(parser):
    parser.addoption("--every-variant", action="store_true", help="test every variant, not two for all (nightly)")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--every-variant"):
        return
    left_out = [item for item in items if "every_variant" in item.keywords]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if "every_variant" not in item.keywords]


@pytest.fixture(scope="session")
def simulated():
    """Scores with a constant latent lag of 5 months, and the truth."""
    frame, info, truth = simulate_scores(seed=7, n_benchmarks=8, n_months=30)
    return validate_scores(frame, info, today=date(2026, 1, 1)), truth


@pytest.fixture
def simulated_files(tmp_path):
    """The same as files in the documented format."""
    frame, info, _ = simulate_scores(seed=7, n_benchmarks=8, n_months=30)
    frame = frame.assign(release_date=pd.to_datetime(frame["release_date"]).dt.strftime("%Y-%m-%d"))
    frame.to_csv(tmp_path / "scores.csv", index=False)
    info.to_csv(tmp_path / "benchmarks.csv", index=False)
    return tmp_path


def binomial_range(n: int, p: float, *, tail: float = 1e-3) -> tuple[int, int]:
    """Counts out of n that a true probability p leaves with probability below `tail` on each side."""
    from scipy import stats

    low, high = stats.binom.ppf([tail, 1 - tail], n, p)
    return int(low), int(np.ceil(high))
