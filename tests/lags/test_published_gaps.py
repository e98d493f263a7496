"""Other publishers' definitions: exact small cases, and the committed table made again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gapmodel.errors import InsufficientDataError
from gapmodel.lags.panel import compute_lags
from gapmodel.lags.published_gaps import horizontal_distance, lags_at_crossings, lags_of_model, mean_of_months
from tests.support.scriptfile import load_script
from tests.support.timelines import make, months


def frontiers(**sides) -> pd.DataFrame:
    """Records as (ISO date, level) of each role."""
    rows = [(role, date, level) for role, records in sides.items() for date, level in records]
    return pd.DataFrame(rows, columns=["role", "date", "level"]).assign(date=lambda t: pd.to_datetime(t["date"]))


def test_levels_count_by_their_width():
    """Three quarters of the common levels at 60 days, one quarter at none."""
    found = frontiers(
        leader=[("2026-01-01", 0.0), ("2026-01-02", 3.0), ("2026-05-01", 4.0)],
        follower=[("2026-01-01", 0.0), ("2026-03-03", 3.0), ("2026-05-01", 5.0)],
    )
    assert horizontal_distance(found) == pytest.approx(0.75 * 60 / 30.4375)


def test_levels_that_one_side_alone_has_do_not_count():
    found = frontiers(
        leader=[("2025-01-01", 2.0), ("2026-01-01", 3.0), ("2026-02-01", 9.0)],
        follower=[("2024-06-01", 0.0), ("2026-01-31", 3.0)],
    )
    assert horizontal_distance(found) == pytest.approx(30 / 30.4375)


@pytest.mark.parametrize(
    "sides",
    [{"leader": [("2026-01-01", 1.0)]}, {"leader": [("2026-01-01", 5.0)], "follower": [("2026-01-01", 1.0)]}],
)
def test_without_a_common_level_it_is_refused(sides):
    with pytest.raises(InsufficientDataError):
        horizontal_distance(frontiers(**sides))


SCORES = make(
    ("C1", "2025-01-01", "closed", 0.5),
    ("C2", "2025-04-01", "closed", 0.7),
    ("O1", "2025-03-02", "open", 0.4),
    ("O2", "2025-06-01", "open", 0.6),
    ("O3", "2025-08-01", "open", 0.9),
    ("C1", "2025-01-01", "closed", 12.0, "y"),
    ("C2", "2025-04-01", "closed", 9.0, "y"),
    ("O2", "2025-06-01", "open", 10.0, "y"),
    benchmarks={"benchmark": ["x", "y"], "direction": ["higher", "lower"]},
)


def test_a_model_against_the_first_at_its_level_or_better():
    found = lags_of_model(SCORES, "O2").set_index("benchmark")
    expected = months("2025-06-01", "2025-04-01")
    assert found["lag_months"].tolist() == pytest.approx([expected, expected])
    best = lags_of_model(SCORES, "O3")
    assert not best["reached"].item()
    assert np.isnan(best["lag_months"].item())
    with pytest.raises(InsufficientDataError, match="O9"):
        lags_of_model(SCORES, "O9")


def test_bounds_and_earlier_records_are_left_out():
    lags = compute_lags(SCORES, cutoff="2025-08-31", grace_months=6)
    # O1 is a bound; O2 on x is behind C2 by two months, and O3 leads on its day.
    expected = months("2025-06-01", "2025-04-01")
    assert sorted(lags_at_crossings(lags, first="2025-01-01")) == pytest.approx([0.0, expected, expected])
    assert lags_at_crossings(lags, first="2025-07-01") == pytest.approx([0.0])
    # The ends of June and July on both benchmarks, of August on both with x in the lead.
    june, july, august = (months(end, "2025-04-01") for end in ("2025-06-30", "2025-07-31", "2025-08-31"))
    lead = -months("2025-08-31", "2025-08-01")
    assert mean_of_months(lags.panel, first="2025-06") == pytest.approx((2 * june + 2 * july + august + lead) / 6)


def test_the_committed_table_is_what_the_bundled_data_give():
    script = load_script("published_gaps")
    text = script.table().to_csv(index=False, float_format="%.1f", lineterminator="\n")
    for path in script.TARGETS:
        assert path.read_text(encoding="utf-8") == text, "uv run scripts/published_gaps.py"
