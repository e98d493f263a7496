"""A run folder is read back whole and unaltered, or not at all."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from gapmodel.errors import DataError
from gapmodel.runs.reader import read_run

REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "august_2026"


@pytest.fixture
def run(tmp_path):
    # As committed: a run made here keeps its large files too.
    return Path(shutil.copytree(REFERENCE, tmp_path / "run", ignore=shutil.ignore_patterns("*.nc")))


def test_the_reference_run_reads_back(run):
    saved = read_run(run)
    assert saved.run_id.startswith("damped-")
    assert saved.citable
    assert len(saved.table("per_benchmark.csv")) == saved.summary["data"]["n_benchmarks"]
    assert saved.table("trend_bands.csv")["date"].is_monotonic_increasing
    assert not saved.has("posterior.nc"), "large files are not committed"
    with pytest.raises(DataError, match=r"no readable lags\.nc"):
        saved.dataset("lags.nc")


@pytest.mark.parametrize("name", ["summary.json", "checks.json"])
def test_an_altered_file_is_refused(run, name):
    path = run / name
    path.write_text(path.read_text().replace("true", "false", 1))
    with pytest.raises(DataError, match="altered"):
        read_run(run)


def test_an_altered_table_is_refused_when_it_is_read(run):
    path = run / "per_benchmark.csv"
    path.write_text(path.read_text().replace("1", "2", 1))
    with pytest.raises(DataError, match="altered"):
        read_run(run).table("per_benchmark.csv")


@pytest.mark.parametrize("name", ["summary.json", "checks.json", "manifest.json"])
def test_a_truncated_or_missing_file_is_refused(run, name):
    path = run / name
    path.write_text(path.read_text()[:40])
    with pytest.raises(DataError, match="damaged"):
        read_run(run)
    path.unlink()
    with pytest.raises(DataError, match="not a whole run"):
        read_run(run)


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(DataError, match="no run folder"):
        read_run(tmp_path / "none")
    (tmp_path / "manifest.json").write_text(json.dumps({"run_id": "x"}))
    with pytest.raises(DataError, match="earlier gapmodel"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "key"),
    [("manifest.json", "versions"), ("summary.json", "average_gap_months"), ("summary.json", "zero_lag"),
     ("checks.json", "checks")],
)  # fmt: skip
def test_a_run_of_another_shape_is_told_so(run, name, key):
    content = json.loads((run / name).read_text())
    for other in ({k: v for k, v in content.items() if k != key}, {**content, key: 7}):
        text = json.dumps(other)
        (run / name).write_text(text)
        if name != "manifest.json":
            manifest = json.loads((run / "manifest.json").read_text())
            manifest["files"][name] = hashlib.sha256(text.encode()).hexdigest()
            (run / "manifest.json").write_text(json.dumps(manifest))
        says = f"{name}' (lacks|has no valid) '{key}.*(this is no run of this version, run it again|make the run again)"
        with pytest.raises(DataError, match=says):
            read_run(run)
