"""What simulations found, in words."""

from pathlib import Path

import pandas as pd

from gapmodel.analysis.track_record import evidence, known_truth, out_of_time
from gapmodel.modeling.registry import DEFAULT_VARIANT, list_variants, load_variant

ROOT = Path(__file__).parents[2]


def _row(regime, scenario, slope, gap, zero=0.0, n=100):
    return {
        "regime": regime, "method": "m", "scenario": scenario, "n": n,
        "slope_coverage": slope, "gap_coverage": gap, "zero_within_12_months": zero,
    }  # fmt: skip


def test_straight_lags_and_ended_closings_are_told_apart():
    rows = [
        _row("dense", "constant", 0.97, 0.95, zero=0.02),
        _row("dense", "closing", 0.94, 0.91, zero=0.3),
        _row("sparse", "constant", 0.87, 0.91, zero=0.01),
        _row("lab_stops", "constant", 0.8, 0.8, zero=0.04, n=12),
        _row("dense", "closing_then_flat", 0.4, 0.93, n=30),
        _row("sparse", "closing_then_flat", 0.47, 0.93, n=30),
    ]
    assert evidence(rows, None)[:-1] == [
        (
            "Known lag, simulated with dense and sparse evaluations",
            "90 % intervals covered the gap in 91-95 % and the slope in 87-97 %, in at least 100 tables of each kind",
        ),
        (
            "Known lag, harder tables",
            "less tidy tables (worst: lab stops): the gap in 80 % and the slope in 80 %; a closing that had ended: the "
            "gap in 93 % and the slope in 40-47 %",
        ),
        (
            "False alarms: zero within a year given more than even odds, though not reached",
            "constant lag: at most 4 % of tables; closing lag: at most 30 % of tables",
        ),
    ]


def test_tables_like_our_own_come_first_and_rows_are_five_at_most():
    rows = [
        _row(regime, scenario, 0.9, 0.9)
        for regime in ("dense", "bursts", "replayed")
        for scenario in ("constant", "closing", "opening", "closing_then_flat")
    ]
    found = evidence(rows, out_of_time(DEFAULT_VARIANT))
    assert len(found) == 5
    assert found[0][0] == "Known lag, simulated on the dates and evaluations of real tables"
    assert len(evidence(known_truth(DEFAULT_VARIANT), out_of_time(DEFAULT_VARIANT))) <= 5


def test_without_a_table_it_says_so():
    for known in ([], known_truth("a_users_own")):
        assert "unchecked" in evidence(known, None)[0][1]
        assert "unchecked" in evidence(known, out_of_time("a_users_own"))[1][1]


def test_every_shipped_variant_of_lags_has_a_table():
    # That of a model of the scores stands in docs/latent.md.
    for name in (name for name in list_variants() if not load_variant(name).view.of_scores):
        rows = known_truth(name)
        assert {row["scenario"] for row in rows} >= {"constant", "closing", "opening"}, name
        assert pd.DataFrame(rows).duplicated(["regime", "scenario"]).sum() == 0
    assert {"dense", "sparse", "everything"} <= {row["regime"] for row in known_truth(DEFAULT_VARIANT)}


def test_past_forecasts_are_said_to_be_of_the_bundled_data():
    # The row stands beside answers on a user's own table, which nobody replayed.
    average = {"coverage_90": 0.96, "horizons": {"3": {"not_beaten": ["last_value"]}, "6": {"not_beaten": []}}}
    found = {
        "cutoffs": 9, "first": "2024-06-30", "last": "2026-06-30",
        "targets": {"average": average, "benchmark": {"coverage_90": 0.974}},
    }  # fmt: skip
    assert evidence([], found)[-1] == (
        "Forecasts on the bundled data at 9 past dates (2024-06-30 to 2026-06-30)",
        "90 % intervals covered 96 % of the average lags that came and 97 % of the benchmarks'; simple forecasts of "
        "the average not beaten by CRPS: last value (3 months ahead)",
    )
    assert "on the bundled data" in evidence([], out_of_time(DEFAULT_VARIANT))[-1][0]


def test_fits_that_failed_their_checks_are_counted():
    found = {
        "cutoffs": 9, "first": "2024-06-30", "last": "2026-06-30", "fits": 9, "fits_failed": 3,
        "targets": {"average": {"coverage_90": 0.96, "horizons": {}}, "benchmark": {"coverage_90": 0.974}},
    }  # fmt: skip
    said = evidence([], found)[-1][1]
    assert said.endswith("not beaten by CRPS: none; 3 of 9 fits did not pass their checks")
    assert "did not pass" not in evidence([], {**found, "fits_failed": 0})[-1][1]
    assert out_of_time(DEFAULT_VARIANT)["snapshot"] == "epoch_2026-08"


def test_criteria_of_the_protocol_stand_beside_the_forecasts():
    found = {
        "cutoffs": 9, "first": "2024-06-30", "last": "2026-06-30",
        "targets": {"average": {"coverage_90": 0.96, "horizons": {}}, "benchmark": {"coverage_90": 0.974}},
        "protocol": {"met": ["known truth"], "missed": ["forecasts (intervals too wide)", "width"]},
    }  # fmt: skip
    assert evidence([], found)[-1][1].endswith(
        "Criteria of the protocol for the choice of a model met: known truth; missed: forecasts (intervals too wide); "
        "width"
    )
    # The default is the model that passes what comes first, and no committed result says that it passes all.
    judged = out_of_time(DEFAULT_VARIANT)["protocol"]
    assert judged["met"][0] == "known truth"
    assert judged["missed"]


def test_what_is_known_of_a_shipped_variant_is_not_said_of_another_file_of_its_name(tmp_path):
    shipped = load_variant(DEFAULT_VARIANT)
    source = next(ROOT.glob(f"models/{DEFAULT_VARIANT}.py")).read_text(encoding="utf-8")
    copy, changed = tmp_path / "a" / f"{DEFAULT_VARIANT}.py", tmp_path / "b" / f"{DEFAULT_VARIANT}.py"
    for path, text in ((copy, source), (changed, source + "\n")):
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
    assert shipped.shipped
    assert load_variant(str(copy)).shipped
    assert not load_variant(str(changed)).shipped
