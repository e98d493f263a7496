"""The panel of lags, its table, the views by release and by catch-up, and the example of the documentation."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gapmodel.lags.panel import panel_table
from gapmodel.lags.sides import benchmark_frontiers
from tests.support.timelines import TIMELINE, analyse, floored, make, months, window

# --- the panel and its table


def test_panel_contents():
    panel = analyse(make(*TIMELINE, as_of="2024-09-30")).panel
    assert panel["lag"].dims == ("benchmark", "month")
    assert panel["lag"].attrs["units"] == "months"
    cell = panel.sel(benchmark="x", month="2024-06-30")
    assert (str(cell["leader_model"].item()), str(cell["follower_model"].item())) == ("C3", "O2")
    assert (int(cell["n_leader"]), int(cell["n_follower"])) == (3, 2)
    assert str(cell["follower_date"].to_numpy())[:10] == "2024-05-01"
    assert str(panel["leader_first"].to_numpy()[0])[:10] == "2024-01-10"
    assert panel.attrs["grace_months"] == 3


def test_month_grid_is_shared_and_windows_are_not():
    later = [(m, str(pd.Timestamp(d) + pd.DateOffset(months=6))[:10], w, s, "y") for m, d, w, s in TIMELINE]
    later = [(f"late-{m}", *rest) for m, *rest in later]
    result = analyse(make(*TIMELINE, *later), grace_months=0)
    assert window(result, "x") == ("2024-02-29", "2024-06-30")
    assert window(result, "y") == ("2024-08-31", "2024-12-31")
    expected = pd.date_range("2024-02-29", "2024-12-31", freq="ME")
    assert result.panel["month"].to_numpy().tolist() == expected.as_unit("ns").to_numpy().tolist()


def test_variants_count_one_model():
    rows = [*TIMELINE, ("C3", "2024-06-05", "closed", 0.85)]
    scores = make(*rows, variant=[None] * len(TIMELINE) + ["high effort"])
    cell = analyse(scores).panel.sel(benchmark="x", month="2024-06-30")
    assert int(cell["n_leader"]) == 3
    assert float(cell["leader_level"]) == 0.85


def test_panel_table():
    result = analyse(make(*TIMELINE), grace_months=0)
    table = panel_table(result.panel)
    assert list(table.columns[:4]) == ["benchmark", "month", "lag_months", "censoring"]
    assert table["month"].tolist() == [f"2024-0{k}-{d}" for k, d in [(2, 29), (3, 31), (4, 30), (5, 31), (6, 30)]]
    assert table.loc[3, "lag_months"] == months("2024-05-31", "2024-03-20")
    assert table["censoring"].tolist() == [1, 1, 1, 0, 0]


# --- two further views


def test_release_view():
    release = analyse(make(*TIMELINE)).release
    assert release["model"].tolist() == ["O1", "O2", "O3"]
    assert release["date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-15", "2024-05-01", "2024-09-12"]
    assert release["level"].tolist() == [0.3, 0.5, 0.9]
    assert release["lag_months"].tolist() == [
        months("2024-02-15", "2024-01-10"),
        months("2024-05-01", "2024-03-20"),
        0.0,
    ]
    assert release["censoring"].tolist() == [1, 0, 0]


def test_lags_keep_the_records_that_were_their_frontiers():
    result = analyse(make(*TIMELINE))
    pair = benchmark_frontiers(make(*TIMELINE))["x"]
    for role, frontier in zip(("leader", "follower"), pair, strict=True):
        mine = result.frontiers[result.frontiers["role"] == role]
        assert mine["model"].tolist() == frontier.models.tolist()
        assert mine["level"].tolist() == frontier.levels.tolist()
        assert mine["date"].tolist() == [pd.Timestamp(day) for day in frontier.dates]


def test_release_view_without_history():
    """An open record before any closed model has no lag; the next one on record has."""
    scores = make(
        ("O1", "2024-01-15", "open", 0.3),
        ("C1", "2024-02-10", "closed", 0.5),
        ("O2", "2024-03-15", "open", 0.4),
    )
    release = analyse(scores).release
    assert release["model"].tolist() == ["O2"]
    assert release["lag_months"].tolist() == [months("2024-03-15", "2024-02-10")]


def test_catch_up_view():
    catch_up = analyse(make(*TIMELINE)).catch_up
    assert catch_up["model"].tolist() == ["C1", "C2", "C3"]
    assert catch_up["months"].tolist() == [
        months("2024-05-01", "2024-01-10"),  # O2
        months("2024-09-12", "2024-03-20"),  # O3
        months("2024-09-12", "2024-06-05"),
    ]
    assert catch_up["censoring"].tolist() == [0, 0, 0]
    assert catch_up["matched_date"].dt.strftime("%m-%d").tolist() == ["05-01", "09-12", "09-12"]


def test_catch_up_is_censored_at_the_end_of_the_window():
    catch_up = analyse(make(*TIMELINE), grace_months=2).catch_up  # to 31 August
    assert catch_up["months"].tolist() == [
        months("2024-05-01", "2024-01-10"),
        months("2024-08-31", "2024-03-20"),
        months("2024-08-31", "2024-06-05"),
    ]
    assert catch_up["censoring"].tolist() == [0, 1, 1]
    assert catch_up["matched_date"].isna().tolist() == [False, True, True]


def test_catch_up_counts_the_last_day_of_the_window():
    scores = make(
        ("C1", "2024-01-10", "closed", 0.4),
        ("O0", "2024-01-15", "open", 0.1),
        ("O1", "2024-03-31", "open", 0.5),
        ("C2", "2024-03-31", "closed", 0.6),
    )
    result = analyse(scores, grace_months=0)
    assert window(result) == ("2024-01-31", "2024-03-31")
    assert result.catch_up["months"].tolist() == [months("2024-03-31", "2024-01-10"), 0.0]
    assert result.catch_up["censoring"].tolist() == [0, 1]


def test_catch_up_equal_score_matches_and_an_earlier_match_is_negative():
    scores = make(
        ("O0", "2024-01-05", "open", 0.1),
        ("O1", "2024-02-10", "open", 0.5),
        ("C1", "2024-01-20", "closed", 0.2),
        ("C2", "2024-04-20", "closed", 0.5),
    )
    catch_up = analyse(scores).catch_up
    assert catch_up["months"].tolist() == [
        months("2024-02-10", "2024-01-20"),
        -months("2024-04-20", "2024-02-10"),
    ]
    assert catch_up["censoring"].tolist() == [0, 0]


def test_catch_up_by_the_first_open_level_is_left_censored():
    rows = (("C1", "2024-01-20", "closed", 0.3), ("O1", "2024-02-10", "open", 0.5))
    first = analyse(floored(*rows, ("C2", "2024-05-20", "closed", 0.6))).catch_up
    assert first["censoring"].tolist() == [-1, 1]
    after_floor = analyse(floored(*rows, ("O0", "2024-01-05", "open", 0.2))).catch_up
    assert after_floor["censoring"].tolist() == [0]


def test_views_without_rows():
    scores = floored(
        ("C1", "2024-01-10", "closed", 0.4),
        ("O1", "2024-02-15", "open", 0.2),
        ("C2", "2024-04-10", "closed", 0.5),
    )
    result = analyse(scores)
    assert len(result.release) == 0
    assert {"leader", "follower", "lag_months", "censoring"} <= set(result.release.columns)
    assert result.catch_up["censoring"].tolist() == [1, 1]


# --- the documentation


def test_worked_example_of_the_documentation():
    text = (Path(__file__).parents[2] / "docs" / "lag.md").read_text(encoding="utf-8")

    def rows(header: str) -> list[list[str]]:
        lines = text.split(f"\n| {header} |")[1].split("\n\n")[0].splitlines()[2:]
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]

    scores = make(*rows("model | release_date | weights | score"), as_of="2024-10-31")
    result = analyse(scores, grace_months=1)
    table = panel_table(result.panel)
    got = table[["month", "leader_level", "follower_level", "lag_months", "censoring"]].to_numpy().tolist()
    expected = rows("month | closed | open | lag_months | censoring | why")
    assert [[m, f"{a:.2f}", f"{b:.2f}", f"{c:.3f}", str(d)] for m, a, b, c, d in got] == [r[:5] for r in expected]

    for view, header, number in (
        (result.release, "date | model | lag_months | censoring", "lag_months"),
        (result.catch_up, "date | model | months | censoring | matched_date", "months"),
    ):
        shown = view.assign(**{number: view[number].map("{:.3f}".format)})[header.split(" | ")].astype(str)
        assert shown.to_numpy().tolist() == rows(header)
