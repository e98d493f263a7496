"""What the page of a run says: numbers, and frontiers with their arrows."""

import json
import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from gapmodel.lags.panel import compute_lags, panel_table
from gapmodel.report.frontiers import Record, benchmark_frontiers
from gapmodel.report.text import day, json_block, number
from gapmodel.scores.table import validate_scores

# ---- text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(6.83, 1, "6.8"), (-1.23, 1, "−1.2"), (-0.04, 1, "0.0"), (None, 1, ""), (np.nan, 2, "")],
)
def test_numbers(value, digits, text):
    assert number(value, digits) == text


def test_dates():
    assert day("2026-07-31") == "31 July 2026"
    assert day(None) == ""


def test_json_cannot_leave_its_element():
    content = {"a": "</script><!-- & \u2028", "b": [1.5, None]}
    text = json_block(content)
    assert not re.search("[<>&\u2028]", text)
    assert json.loads(text) == content


# ---- frontiers


def test_frontiers_and_arrows_of_the_documented_example():
    rows = [
        ("C1", "2024-01-10", "closed", 0.40), ("O1", "2024-02-15", "open", 0.30), ("C2", "2024-03-20", "closed", 0.60),
        ("O2", "2024-05-01", "open", 0.50), ("C3", "2024-06-05", "closed", 0.80), ("O3", "2024-09-12", "open", 0.90),
        ("C4", "2024-09-25", "closed", 0.70),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["model", "release_date", "weights", "score"]).assign(benchmark="b")
    lags = compute_lags(validate_scores(table, today=date(2024, 11, 1)), cutoff="2024-10-31")
    monthly = panel_table(lags.panel).assign(month=lambda t: pd.to_datetime(t["month"]))
    pair = benchmark_frontiers(lags.frontiers, monthly, lags.release)["b"]
    assert [r.model for r in pair.leader] == ["C1", "C2", "C3"]
    assert pair.follower[1] == Record("2024-05-01", 0.5, "O2")
    releases = [a for a in pair.arrows if not a.monthly]
    # O1 is censored at C1; O2's level was C2's first; O3 takes the lead and has no lag.
    assert [(a.start, a.end, a.censoring) for a in releases] == [
        ("2024-01-10", "2024-02-15", 1), ("2024-03-20", "2024-05-01", 0), ("2024-09-12", "2024-09-12", 0),
    ]  # fmt: skip
    last = pair.arrows[-1]
    assert (last.start, last.end, last.level, last.monthly) == ("2024-09-12", "2024-10-31", 0.8, True)
    assert last.lag_months == pytest.approx(-49 / 30.4375)


def test_a_follower_from_before_the_first_leader_is_on_the_frontier():
    rows = [("O1", "2024-01-15", "open", 0.3), ("C1", "2024-02-10", "closed", 0.5), ("O2", "2024-06-01", "open", 0.6),
            ("C2", "2024-06-20", "closed", 0.9)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["model", "release_date", "weights", "score"]).assign(benchmark="b")
    lags = compute_lags(validate_scores(table, today=date(2024, 8, 1)), cutoff="2024-07-31")
    monthly = panel_table(lags.panel).assign(month=lambda t: pd.to_datetime(t["month"]))
    assert "O1" not in set(lags.release["model"])
    pair = benchmark_frontiers(lags.frontiers, monthly, lags.release)["b"]
    assert pair.follower[0] == Record("2024-01-15", 0.3, "O1")
