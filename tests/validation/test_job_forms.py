"""Files of jobs: one that is cut off, altered or of no form is never averaged in."""

import json
from typing import get_args, get_type_hints

import pytest

from gapmodel.validation.job_forms import RESULTS, SweepRow, job_file, read_job, result_fault
from gapmodel.validation.jobs import failed_jobs, job_path, run_jobs

ROW = {
    "gap_mean": 5.0, "gap_median": 5.0, "gap_lower": 1.0, "gap_upper": 9.0, "gap_lower50": 4.0, "gap_upper50": 6.0,
    "slope_mean": 0.0, "slope_median": 0.0, "slope_lower": -1.0, "slope_upper": 1.0,
    "probability_12": 0.1, "probability_24": 0.2, "probability_60": 0.3, "probability_never": 0.5,
    "n_benchmarks": 5, "n_lags": 90, "n_censored": 3, "rhat_max": 1.0, "divergences": 0, "passed": True,
}  # fmt: skip
SPEC = {"what": "rows"}


def row(*, number):
    return {**ROW, "n_lags": number}


def sweep(folder):
    jobs = {f"job {k}": {"number": k} for k in range(3)}
    return run_jobs(row, jobs, folder, spec=SPEC, form="sweep")


def test_a_row_has_every_key_of_its_form_and_passes():
    assert set(ROW) == set(get_type_hints(SweepRow))
    assert result_fault(ROW, "sweep") == ""
    assert all(get_args(form) or get_type_hints(form) for form in RESULTS.values())


@pytest.mark.parametrize("key", ROW)
@pytest.mark.parametrize("value", [None, "x", -1e9, True, [], "gone"])
def test_a_changed_value_is_no_result_even_where_its_hash_is_put_right(key, value):
    changed = {k: v for k, v in ROW.items() if k != key} if value == "gone" else {**ROW, key: value}
    valid = result_fault(changed, "sweep") == ""
    assert (read_job(json.dumps(job_file("job", changed)).encode(), "job", "sweep") is not None) == valid
    # Some values are as good as others: no R-hat, a mean somewhere, and a horizon that ends earlier.
    free = key in ("gap_mean", "slope_mean", "rhat_max", "gap_lower", "slope_lower") and not isinstance(
        value, str | list
    )
    ahead = key in ("probability_12", "probability_24", "probability_60") and value == "gone"
    assert not valid or free or ahead or (key == "passed" and value is True), (key, value)


@pytest.mark.parametrize(
    "how", ["cut off", "altered", "renamed", "of another version", "emptied", "a list", "not UTF-8"]
)
def test_a_damaged_file_is_made_again_and_changes_no_average(how, tmp_path):
    first = sweep(tmp_path / "out")
    path = job_path(tmp_path / "out", "job 1")
    whole = path.read_bytes()
    content = json.loads(whole)
    path.write_bytes(
        {
            "cut off": whole[: len(whole) // 2],
            "altered": whole.replace(b'"gap_median": 5.0', b'"gap_median": 6.0'),
            "renamed": json.dumps({**content, "job": "job 2"}).encode(),
            "of another version": json.dumps({**content, "schema_version": 2}).encode(),
            "emptied": json.dumps(job_file("job 1", {})).encode(),
            "a list": b"[]",
            "not UTF-8": b"\xff" + whole,
        }[how]
    )
    assert path.read_bytes() != whole
    assert sweep(tmp_path / "out") == first
    assert path.read_bytes() == whole


def test_a_result_without_its_form_is_a_failed_job(tmp_path):
    jobs = {"good": {"number": 1}, "bad": {"number": -1}}
    assert list(run_jobs(row, jobs, tmp_path / "out", spec=SPEC, form="sweep")) == ["good"]
    assert "n_lags" in failed_jobs(tmp_path / "out")["bad"]
