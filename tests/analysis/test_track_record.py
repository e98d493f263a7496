"""What simulations found, in words."""

from pathlib import Path

import pandas as pd

from gapmodel.analysis.track_record import known_truth, known_truth_sentence, out_of_time, out_of_time_sentence
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
    assert known_truth_sentence(rows) == (
        "On simulated frontiers whose lag is constant, closing or opening, 90 % intervals covered: "
        "slope 94-97 % and gap 91-95 % with dense evaluations; slope 87 % and gap 91 % with sparse evaluations; "
        "slope 80 % and gap 80 % on less tidy tables (worst: lab stops), from at least 12 tables of each kind. "
        "Where a closing had ended, they covered the slope of the last year in 40-47 % and the gap in 93 %. "
        "False alarms: with constant lag, zero within a year got a probability above one half in at most 4 % of "
        "tables; with a lag that was closing, but did not reach zero within a year, in up to 30 %."
    )


def test_without_a_table_it_says_so():
    assert "unchecked" in known_truth_sentence([])
    assert "unchecked" in known_truth_sentence(known_truth("a_users_own"))


def test_every_shipped_variant_of_lags_has_a_table():
    # That of a model of the scores stands in docs/latent.md.
    for name in (name for name in list_variants() if not load_variant(name).view.of_scores):
        rows = known_truth(name)
        assert {row["scenario"] for row in rows} >= {"constant", "closing", "opening"}, name
        assert pd.DataFrame(rows).duplicated(["regime", "scenario"]).sum() == 0
    assert {"dense", "sparse", "everything"} <= {row["regime"] for row in known_truth(DEFAULT_VARIANT)}


def test_past_forecasts_are_said_to_be_of_the_bundled_data():
    # The sentence stands beside answers on a user's own table, which nobody replayed.
    average = {"coverage_90": 0.96, "horizons": {"3": {"not_beaten": ["last_value"]}, "6": {"not_beaten": []}}}
    found = {
        "cutoffs": 9, "first": "2024-06-30", "last": "2026-06-30",
        "targets": {"average": average, "benchmark": {"coverage_90": 0.974}},
    }  # fmt: skip
    assert out_of_time_sentence(found) == (
        "Replayed on the bundled data at 9 past dates (2024-06-30 to 2026-06-30), 90 % intervals covered 96 % of the "
        "average lags that came and 97 % of the benchmarks'. Simple forecasts of the average by CRPS, not beaten: "
        "3 months ahead last value."
    )
    assert "on the bundled data" in out_of_time_sentence(out_of_time(DEFAULT_VARIANT))
    assert "unchecked" in out_of_time_sentence(out_of_time("a_users_own"))


def test_fits_that_failed_their_checks_are_counted():
    found = {
        "cutoffs": 9, "first": "2024-06-30", "last": "2026-06-30", "fits": 9, "fits_failed": 3,
        "targets": {"average": {"coverage_90": 0.96, "horizons": {}}, "benchmark": {"coverage_90": 0.974}},
    }  # fmt: skip
    assert "to 2026-06-30; 3 of its 9 fits did not pass their convergence checks), 90 %" in out_of_time_sentence(found)
    assert "did not pass" not in out_of_time_sentence({**found, "fits_failed": 0})
    assert out_of_time(DEFAULT_VARIANT)["snapshot"] == "epoch_2026-08"


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
