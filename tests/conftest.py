"""Fixtures shared by tests: a simulated table, and each variant compiled once for the whole session."""

from datetime import date
from itertools import islice
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
# With the seconds that each takes by itself: every worker begins with its share of the longest.
SLOW = {
    "analysis/test_analyse.py": 50, "cite/test_reproduce.py": 20, "inference/test_capability.py": 10,
    "inference/test_tree.py": 20, "ledger/test_runs.py": 20, "modeling/test_kernel.py": 10,
    "modeling/test_latent_density.py": 20, "modeling/test_line_forms.py": 40,
    "modeling/test_marginal.py": 40, "modeling/test_prior_sets.py": 20, "modeling/test_priors.py": 30,
    "modeling/test_own_code.py": 15, "modeling/test_score_data.py": 1, "project/test_second_implementation.py": 30,
    "modeling/test_variants.py": 60, "sources/test_aa_snapshots.py": 20, "validation/test_compare.py": 30,
    "validation/test_decomposition.py": 20, "validation/test_forecasts.py": 5,
    "validation/test_latent_recovery.py": 100, "validation/test_recovery.py": 120,
    "validation/test_reference_posterior.py": 30, "validation/test_replay.py": 40, "validation/test_sbc.py": 110,
    "validation/test_sensitivity.py": 40, "validation/test_update.py": 20,
    "test_api.py": 20,
}  # fmt: skip
SYSTEM = {
    "cite/test_manuscripts.py": 30, "cli/test_commands.py": 140, "files/test_folder_swap.py": 10,
    "files/test_writing.py": 5, "project/test_docs.py": 30, "project/test_faults_system.py": 10,
    "project/test_killed_commands.py": 60,
    "project/test_notebooks.py": 70, "project/test_packaging.py": 90, "report/test_browser.py": 30,
    "validation/test_job_forms.py": 5, "validation/test_jobs.py": 20,
    "validation/test_resumed_sweeps.py": 10,
}  # fmt: skip


def pytest_collection_modifyitems(config, items):
    for item in items:
        name = item.path.relative_to(ROOT).as_posix()
        if name in SLOW or name in SYSTEM:
            item.add_marker(pytest.mark.slow if name in SLOW else pytest.mark.system)
    left_out = [item for item in items if "every_variant" in item.keywords]
    if left_out and not config.getoption("--every-variant"):
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if "every_variant" not in item.keywords]


@pytest.hookimpl(tryfirst=True)  # before xdist tells the order; what -m and -k leave out is gone
def pytest_collection_finish(session):
    """Order of the tests for `--dist worksteal`, which deals them out in equal numbers, in order."""
    workers = getattr(session.config, "workerinput", {}).get("workercount", 1)
    if workers > 1:
        session.items[:] = _dealt(session.items, workers)


def _dealt(items, workers):
    """As many tests for each worker: first its share of long files, longest first, then short ones, whole."""
    files = {}
    for item in items:
        files.setdefault(item.path.relative_to(ROOT).as_posix(), []).append(item)
    seconds = {name: (SLOW | SYSTEM).get(name, 0) for name in files}
    shares, load = [[] for _ in range(workers)], [0] * workers
    for name in sorted(files, key=lambda name: -seconds[name]):
        k = load.index(min(load))
        if seconds[name]:
            shares[k] += files[name]
            load[k] += seconds[name]
    short = iter([item for name, tests in files.items() if not seconds[name] for item in tests])
    size = -(-len(items) // workers)
    return [item for share in shares for item in (*share, *islice(short, max(0, size - len(share))))]


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


@pytest.fixture
def without_sampler(monkeypatch):
    """Fits are draws from the prior: for what a fit is needed for, and not its posterior."""
    from tests.support.sampler import prior_draws

    prior_draws(monkeypatch)


def binomial_range(n: int, p: float, *, tail: float = 1e-3) -> tuple[int, int]:
    """Counts out of n that a true probability p leaves with probability below `tail` on each side."""
    from scipy import stats

    low, high = stats.binom.ppf([tail, 1 - tail], n, p)
    return int(low), int(np.ceil(high))
