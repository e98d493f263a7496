"""Revision triangle: by hand, without later scores, between tables, and from the command line."""

import json
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gapmodel import api
from gapmodel.cli.app import main
from gapmodel.errors import ConfigError, InsufficientDataError
from gapmodel.modeling.options import LagOptions
from gapmodel.units import DAYS_PER_MONTH
from gapmodel.validation.revisions import monthly_revisions, revision_summary, revision_triangle, table_revisions
from tests.support.vintages import ROWS, by_hand

APRIL, MAY, JUNE = (pd.Timestamp(day) for day in ("2025-04-30", "2025-05-31", "2025-06-30"))


@pytest.fixture
def seen():
    return revision_triangle(by_hand(), months_later=[0, 1, 2], first="2025-04-30")


def test_the_triangle_by_hand(seen):
    # At the end of April and May V (.4) is the best open model known, and B had reached that on 20 February. Since 20
    # June Y (.5) is known too, released in April: C had reached that on 5 March, 13 days later. Z is level with D.
    rows = [
        (APRIL, APRIL, 0, 69),
        (APRIL, MAY, 1, 69),
        (APRIL, JUNE, 2, 56),
        (MAY, MAY, 0, 100),
        (MAY, JUNE, 1, 87),
        (JUNE, JUNE, 0, 51),
    ]
    expected = pd.DataFrame(rows, columns=["month", "vintage", "months_later", "days"])
    for name in ("month", "vintage", "months_later"):
        assert seen[name].tolist() == expected[name].tolist()
    np.testing.assert_allclose(seen["lag_months"], expected["days"] / DAYS_PER_MONTH)
    assert (seen["censoring"] == 0).all()
    assert set(seen["draw"]) == {0}, "nothing is drawn"

    summary = revision_summary(seen).set_index(["first_seen", "months_later"])
    one, two = summary.loc[(0, 1)], summary.loc[(0, 2)]
    np.testing.assert_allclose([one["change"], two["change"]], [-6.5 / DAYS_PER_MONTH, -13 / DAYS_PER_MONTH])
    assert one[["n", "months", "revised", "unseen"]].tolist() == [2, 2, 0.5, 0.0]
    monthly = monthly_revisions(seen).set_index(["month", "months_later"])
    april = monthly.loc[(APRIL, 2), ["first_lag", "later_lag"]].astype(float)
    np.testing.assert_allclose(april * DAYS_PER_MONTH, [69, 56])


def test_a_month_that_was_not_seen_then_is_counted():
    # With V run in June only, the window of the end of April ends with March: X is the last open model that was run.
    rows = [(*row[:5], "2025-06-21") if row[1] == "V" else row for row in ROWS]
    seen = revision_triangle(by_hand(rows), months_later=[0, 2], first="2025-03-31")
    assert APRIL not in seen.loc[seen["months_later"] == 0, "month"].tolist()
    assert seen.loc[seen["month"] == APRIL, "months_later"].tolist() == [2]


def test_by_release_alone_no_month_is_revised():
    seen = revision_triangle(by_hand(dated=False), months_later=[0, 1, 2], first="2025-04-30")
    assert (revision_summary(seen)["change"] == 0).all()
    assert len(revision_summary(seen)) > 0


def test_a_revision_does_not_depend_on_what_is_known_later(simulated):
    scores = simulated[0]
    rng = np.random.default_rng(2)
    table = scores.table.assign(
        evaluated_date=scores.table["release_date"] + pd.to_timedelta(rng.integers(0, 150, len(scores.table)), "D")
    )
    cutoff = pd.Timestamp("2024-12-31")
    late = (table["evaluated_date"] > cutoff).to_numpy()
    assert 0.1 < late.mean() < 0.9
    changed = table.copy()
    changed.loc[late, "score"] = rng.permutation(table.loc[late, "score"].to_numpy())
    one, two = (revision_triangle(replace(scores, table=t), first="2024-06-30") for t in (table, changed))
    assert not one.equals(two), "later vintages did change"
    one, two = (seen[seen["vintage"] <= cutoff].reset_index(drop=True) for seen in (one, two))
    assert len(one) > 50
    pd.testing.assert_frame_equal(one, two)
    assert (revision_summary(one)["change"] != 0).any()


def test_draws_are_averaged():
    scores = by_hand([(*row[:5], None) if row[1] == "Z" else row for row in ROWS])
    options = {"months_later": [0, 1], "first": "2025-04-30"}
    seen = revision_triangle(scores, draws=8, **options)
    assert seen["draw"].nunique() == 8
    alone = pd.concat([revision_triangle(scores, draws=1, seed=k, **options).assign(draw=k) for k in range(8)])
    pd.testing.assert_frame_equal(seen, alone.reset_index(drop=True))
    assert revision_summary(seen)["n"].max() <= 2, "a lag counts once, whatever the draws"


def test_two_tables_of_different_days():
    older = by_hand([row for row in ROWS if row[1] not in "YZ"], as_of="2025-06-10", snapshot="june")
    seen = table_revisions(older, by_hand(snapshot="july"))
    assert set(seen["source"]) == {"june to july"}
    cells = seen[seen["month"] == MAY].set_index("vintage")
    np.testing.assert_allclose(cells["lag_months"] * DAYS_PER_MONTH, [100, 87])
    assert cells["months_later"].tolist() == [0, 1]
    assert seen["month"].max() == MAY, "the older table shows no later month"
    with pytest.raises(ConfigError, match="exchange them"):
        table_revisions(by_hand(), older)
    with pytest.raises(ConfigError, match="has no day"):
        table_revisions(by_hand(as_of=None), older)


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"months_later": [-1]}, "whole numbers"),
        ({"months_later": [0.5]}, "whole numbers"),
        ({"months_later": []}, "whole numbers"),
        ({"draws": 0}, "draws is 0"),
        ({"first": "30.6.2024"}, "first is '30.6.2024'"),
        ({"options": LagOptions(cutoff="2025-05-31")}, "leave the cutoff out"),
    ],
)
def test_bad_choices_are_refused(keywords, words):
    with pytest.raises(ConfigError, match=words):
        revision_triangle(by_hand(), **keywords)


def test_too_late_a_first_month_is_refused():
    with pytest.raises(InsufficientDataError, match="no lag was known at a month-end from 2026-01-31 on"):
        revision_triangle(by_hand(), first="2026-01-31")


def test_the_command_writes_what_python_gives(tmp_path, monkeypatch, capsys):
    by_hand().table.to_csv(tmp_path / "scores.csv", index=False)
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["gapmodel", "revisions", "--scores", "scores.csv", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return stop.value.code, said.out, said.err

    code, out, error = call("--first", "2025-04-30", "--months-later", 0, "--months-later", 2, "--out", "a")
    assert code == 0, error
    assert "8 with a day of their own" in out
    names = {"revisions.csv", "monthly.csv", "summary.csv", "revisions.json", "revisions.png", "revisions.svg"}
    assert {p.name for p in (tmp_path / "a").iterdir()} == {*names, "revisions.pdf"}
    assert json.loads((tmp_path / "a" / "revisions.json").read_text())["known_by"]["own_days"] == 8
    from gapmodel.sources.load import load_scores

    study = api.revisions(load_scores(tmp_path / "scores.csv"), first="2025-04-30", months_later=[0, 2])
    written = pd.read_csv(tmp_path / "a" / "summary.csv")
    assert written["change"].tolist() == pytest.approx(study.table["change"].tolist(), rel=1e-4)
    assert study.files["summary.csv"] == (tmp_path / "a" / "summary.csv").read_bytes()
    assert len(study.plot().axes) == 2

    for words, expected in (
        (["--older", "nowhere"], "no 'nowhere'"),
        (["--older", "scores.csv"], "has no day"),
        (["--first", "1.5.2025"], "--first is '1.5.2025'"),
        (["--months-later", -3], "whole numbers"),
    ):
        code, _, error = call(*words, "--out", "b")
        assert code == 1
        assert expected in error
        assert not (tmp_path / "b").exists()
