"""Fixtures shared by tests: a simulated table, and each variant compiled once for the whole session."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import simulate_scores

ROOT = Path(__file__).parent
# Its assertions are part of tests, and say as much where they fail.
pytest.register_assert_rewrite("tests.support.faultsteps")


def pytest_addoption(parser):
    parser.addoption(
        "--every-variant", action="store_true", help="test every variant where two stand for all (nightly)"
    )


# Files that compile or sample models, and files that start processes, browsers or LaTeX; the others are the fast lane.
SLOW = {
    "analysis/test_analyse.py", "cite/test_reproduce.py", "inference/test_capability.py", "inference/test_tree.py",
    "modeling/test_latent_density.py", "modeling/test_marginal.py", "modeling/test_prior_sets.py",
    "modeling/test_priors.py", "modeling/test_score_data.py", "modeling/test_variants.py",
    "sources/test_aa_snapshots.py", "validation/test_compare.py", "validation/test_decomposition.py",
    "validation/test_forecasts.py", "validation/test_latent_recovery.py", "validation/test_recovery.py",
    "validation/test_reference_posterior.py", "validation/test_replay.py", "validation/test_sbc.py",
    "validation/test_sensitivity.py", "validation/test_studies.py", "validation/test_update.py", "test_api.py",
}  # fmt: skip
SYSTEM = {
    "cite/test_manuscripts.py", "cli/test_commands.py", "files/test_folder_swap.py", "files/test_writing.py",
    "project/test_docs.py", "project/test_faults_system.py", "project/test_notebooks.py", "project/test_packaging.py",
    "report/test_browser.py", "validation/test_jobs.py", "validation/test_resumed_sweeps.py",
}  # fmt: skip


def pytest_collection_modifyitems(config, items):
    for item in items:
        name = item.path.relative_to(ROOT).as_posix()
        if name in SLOW or name in SYSTEM:
            item.add_marker(pytest.mark.slow if name in SLOW else pytest.mark.system)
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
