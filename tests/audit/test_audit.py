"""The audit: what rests on each record, and that each kind of fault is found where it is planted and nowhere else."""

import json
import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest

from gapmodel.audit import audit_scores
from gapmodel.audit.audit import CHECKS
from gapmodel.audit.moves import moves_without
from gapmodel.audit.records import records_of_cells
from gapmodel.audit.table_checks import unread_columns
from gapmodel.cli.app import main
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.rescaling import other_scale
from gapmodel.scores.selection import select
from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import simulate_scores
from gapmodel.sources import bundled
from gapmodel.sources.facts import other_sources

TODAY = date(2026, 1, 1)


def rows(n=12, benchmarks=("a", "b")):
    """Closed and open models in turn, one per month; open ones come two steps after the closed score they match."""
    out = []
    for k in range(n):
        day = f"{2024 + k // 12}-{k % 12 + 1:02d}-05"
        for benchmark in benchmarks:
            out.append((benchmark, f"Fir {k}", day, "closed", 0.2 + 0.05 * k))
            out.append((benchmark, f"Elm {k}", day, "open", 0.2 + 0.05 * (k - 2)))
    return pd.DataFrame(out, columns=["benchmark", "model", "release_date", "weights", "score"])


def checked(table, **keywords):
    return validate_scores(table, today=TODAY, as_of="2025-12-31", **keywords)


def flagged(audit, check):
    return {r["model"] for r in audit.records.to_dict("records") if check in r["flags"]}


def test_a_clean_table_has_no_flag():
    audit = audit_scores(checked(rows()))
    assert audit.clean
    assert (audit.n_flagged, audit.n_months) == (0, 26)


def test_months_are_those_that_rest_on_a_record():
    # By hand: one closed record, overtaken by a second; the open level lies below the first throughout.
    table = pd.DataFrame(
        [
            ("a", "C1", "2024-01-10", "closed", 0.4), ("a", "C2", "2024-03-10", "closed", 0.6),
            ("a", "O1", "2024-04-10", "open", 0.3), ("a", "O2", "2024-06-10", "open", 0.5),
            ("a", "C3", "2024-08-01", "closed", 0.1), ("a", "O3", "2024-08-01", "open", 0.1),
        ],
        columns=["benchmark", "model", "release_date", "weights", "score"],
    )  # fmt: skip
    scores = validate_scores(table, today=TODAY, as_of="2024-08-31")
    records = audit_scores(scores).records.set_index("model")
    # April and May rest on O1 and C1, June to August on O2 and C2.
    assert records["months"].to_dict() == {"C1": 2, "C2": 3, "O1": 2, "O2": 3}
    assert records.loc["C2", ["runner_up", "margin"]].tolist() == ["C1", pytest.approx(0.2)]
    assert records.loc["C1", "runner_up"] is None
    assert records["months"].is_monotonic_decreasing


def test_months_of_both_groups_add_up_on_the_bundled_table():
    scores = select(bundled.load())
    panel = LagOptions().lags(scores).panel
    audit = audit_scores(scores)
    for group in ("closed", "open"):
        total = audit.records.loc[audit.records["group"] == group, "months"].sum()
        assert 0.9 * audit.n_months < total <= audit.n_months  # a follower at the floor has no record
    assert audit.n_months == int(panel["observed"].sum())
    assert audit.records["months"].is_monotonic_decreasing


def planted(change):
    """A table in which `change`, a function of the frame, has planted a fault."""
    table = rows()
    for column in ("version", "score_se", "date_source", "weights_origin"):
        table[column] = pd.Series([None] * len(table), dtype=object)
    change(table)
    return checked(table)


def test_a_name_that_contradicts_its_date():
    def change(table):
        table.loc[table["model"] == "Fir 3", "version"] = "fir-3-2024-11-20"

    assert flagged(audit_scores(planted(change)), "name_contradicts_date") == {"Fir 3"}

    def reviewed(table):
        change(table)
        table.loc[table["model"] == "Fir 3", "date_source"] = "my review of 2025"

    audit = audit_scores(planted(reviewed))
    (row,) = [r for r in audit.records.to_dict("records") if r["model"] == "Fir 3" and r["benchmark"] == "a"]
    assert row["settled"] == ("name_contradicts_date",)
    assert row["flags"] == ()
    assert audit.clean


def test_another_source_with_another_date_or_flag():
    facts = pd.DataFrame(
        {"release_date": ["2024-05-05", "2024-06-25", None], "weights": [None, "open", "closed"]},
        index=["Fir 3", "Fir 5", "Elm 6"], dtype=object,
    )  # fmt: skip
    audit = audit_scores(checked(rows()), facts={"a source": facts})
    assert flagged(audit, "sources_disagree") == {"Fir 3", "Fir 5", "Elm 6"}
    details = dict(zip(audit.records["model"], audit.records["details"], strict=True))
    assert details["Fir 3"]["sources_disagree"] == "a source dates it 2024-05-05, the table 2024-04-05"
    assert "a source says open, the table closed" in details["Fir 5"]["sources_disagree"]


def test_an_error_larger_than_the_margin():
    def change(table):
        table["score_se"] = 0.01
        table.loc[table["model"] == "Elm 7", "score_se"] = 0.06

    assert flagged(audit_scores(planted(change)), "margin_within_error") == {"Elm 7"}


def test_few_records_and_few_models():
    few = rows().query("benchmark == 'a' or (weights == 'open') or model in ['Fir 0', 'Fir 11']")
    audit = audit_scores(checked(few))
    for check in ("few_records", "few_models"):
        where = {(r["benchmark"], r["group"]) for r in audit.records.to_dict("records") if check in r["flags"]}
        assert where == {("b", "closed")}, check


def test_a_model_that_carries_the_average():
    table = rows()
    table = table[~table["model"].isin([f"Fir {k}" for k in range(3, 9)])]
    table.loc[table["model"] == "Fir 2", "score"] = 0.7  # everything until the ninth rests on it
    scores = checked(table)
    audit = audit_scores(scores)
    moved = flagged(audit, "moves_average")
    assert "Fir 2" in moved
    groups = (LagOptions().leader, LagOptions().follower)
    lags = LagOptions().lags(scores)
    change = moves_without(scores, lags.known, lags.panel, groups, ["Fir 2", "Elm 1"])
    # Against the slow way: the lags of a table without it, on the same months.
    seen = lags.panel["observed"].isel(month=slice(-12, None))
    for model, quick in change.items():
        other = LagOptions().lags(scores.subset(exclude_models=[model])).panel["lag"].reindex_like(seen)
        slow = float((other - lags.panel["lag"]).where(seen).mean())
        assert quick == pytest.approx(slow, abs=1e-9), model


def test_a_value_on_another_scale():
    def change(table):
        table.loc[(table["model"] == "Fir 5") & (table["benchmark"] == "a"), "score"] = 45.0

    audit = audit_scores(planted(change))
    assert flagged(audit, "other_scale") == {"Fir 5"}
    assert "45 where the rest lies between" in str(audit.records["details"].tolist())


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        ([0.4, 0.3, 82.0, 0.7, 0.6], {"2"}),
        ([40, 30, 0.82, 70, 60], {"2"}),
        ([0.001, 0.3, 0.5, 0.7, 0.6], set()),  # a low fraction is no hundredth
        ([1200.0, 1300.0, 1250.0, 1400.0], set()),
        ([3.0, 30.0, 300.0, 3000.0], set()),  # a wide scale
        ([0.4, 40.0], set()),  # of two nobody knows which
        ([0.9, 7.5, 12, 25, 40, 70], set()),  # one far below the rest is nothing rare
        ([0.5, 7, 12, 25, 40, 70], set()),
        ([0.6, 0.0, 0.0, 8, 15, 30], set()),  # nor where others score nothing
        ([0.3, 0.9, 20, 22, 30, 33, 35, 40, 60, 61], {"0", "1"}),
    ],
)
def test_scales(values, odd):
    table = pd.DataFrame({"benchmark": "b", "model": [str(k) for k in range(len(values))], "score": values})
    assert {model for _, model in other_scale(table)} == odd


def test_columns_that_were_not_read():
    table = rows().assign(release="2024-01-01", is_open=True, acc_ci_low=0.1, colour="green", day="2024-01-02")
    found = {detail.split("'")[1]: detail for _, _, _, detail in unread_columns(checked(table).table)}
    assert set(found) == {"release", "is_open", "acc_ci_low", "day"}
    assert "a flag of open weights" in found["is_open"]
    assert "a standard error" in found["acc_ci_low"]
    assert "a date" in found["day"]


def test_a_score_that_was_left_out_and_would_lead():
    left = pd.DataFrame(
        [
            ("a", "Yew", 0.99, "2024-06-01", None, "open or closed is not known"),
            ("a", "Ash", 0.01, None, None, "no date"),
            ("a", "Oak", 0.3, "2024-05-01", "open", "no date"),
            ("none", "Oak", 9.9, None, None, "no date"),
        ],
        columns=["benchmark", "model", "score", "release_date", "weights", "reason"],
    )
    found = audit_scores(checked(rows()), left_out=left).findings
    assert found["model"].tolist() == ["Yew", "Oak"]
    assert found["detail"].iloc[0].startswith("0.99 against 0.4 of the closed frontier; left out: open or closed")
    assert "0.3 against 0.25 of the open frontier" in found["detail"].iloc[1]


def test_records_of_every_cell_give_its_lag():
    """The records of a cell are those from which its lag follows."""
    scores = select(bundled.load())
    lags = LagOptions().lags(scores)
    sides = lags.known
    used = records_of_cells(sides, lags.panel)
    seen = lags.panel["observed"].to_numpy()
    months = np.broadcast_to(lags.panel["month"].to_numpy().astype("datetime64[D]"), seen.shape)[seen]
    lag = lags.panel["lag"].to_numpy()[seen]
    since = np.where(
        lag >= 0, sides.leader.dates[used["leader"]], sides.follower.dates[used["follower"]]
    )  # fmt: skip
    assert np.abs(lag) == pytest.approx((months - since).astype(float) / 30.4375)


# The bundled tables and the command


def test_what_the_bundled_tables_rest_on():
    for name in bundled.SNAPSHOTS:
        scores = select(bundled.load(name))
        facts = other_sources(scores.table["model"].unique(), snapshot=name)
        audit = audit_scores(scores, facts=facts, left_out=bundled.unused(name))
        assert not any(
            {"name_contradicts_date", "sources_disagree", "other_scale"} & set(f) for f in audit.records["flags"]
        )
        assert len(audit.records) > 200
    thin = {
        r["benchmark"]
        for r in audit_scores(select(bundled.load())).records.to_dict("records")
        if {"few_records", "few_models"} & set(r["flags"])
    }
    assert {"GSM8K", "MMLU", "The Agent Company"} <= thin


def call(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["gapmodel", *map(str, words)])
    with pytest.raises(SystemExit) as done:
        main()
    return done.value.code, capsys.readouterr()


def test_the_command(monkeypatch, capsys, tmp_path):
    code, out = call(monkeypatch, capsys, "data", "audit", "--json")
    said = json.loads(out.out)
    assert code == 0
    assert set(said["checks"]) == set(CHECKS)
    assert said["months_on_flagged_records"] < said["months"]
    assert call(monkeypatch, capsys, "data", "audit", "--strict")[0] == 2
    path = tmp_path / "scores.csv"
    # Six benchmarks that are no copies of each other, and maker by maker no date that stands out.
    table = rows(18, benchmarks="abcdef")
    table["score"] += np.random.default_rng(1).normal(0.0, 0.03, len(table))
    table["release_date"] = pd.to_datetime(table["release_date"]) + pd.to_timedelta(table.index // 12 * 7 % 23, "D")
    table["release_date"] = table.groupby("model")["release_date"].transform("first")
    table.to_csv(path, index=False)
    code, out = call(monkeypatch, capsys, "data", "audit", path, "--strict")
    assert (code, "benchmark-months rest on flagged records" in out.out) == (0, True), out.out
    rows().to_csv(path, index=False)
    code, out = call(monkeypatch, capsys, "data", "audit", path)
    assert code == 2
    assert "DATA CHECK blocks, few benchmarks: 2 benchmarks have lags" in out.out
    assert "b: the same scores on 24 models as 'a'" in out.out
    code, out = call(monkeypatch, capsys, "data", "audit", tmp_path / "none.csv")
    assert code == 1
    assert "none.csv" in out.err


def test_a_source_whose_name_reads_like_a_finding_counts_for_what_it_says():
    # Days and kinds are data: neither a date nor a verb in the name of a source makes a dispute a far one.
    facts = pd.DataFrame(
        {"release_date": ["2024-05-05"], "weights": [None]}, index=["Fir 3"], dtype=object,
    )  # fmt: skip
    audit = audit_scores(checked(rows()), facts={"who says so, 1999-01-01": facts})
    (check,) = [c for c in audit.checks if c.name == "sources_disagree"]
    assert check.status != "blocking"
    assert flagged(audit, "sources_disagree") == {"Fir 3"}


def test_the_command_takes_a_description_from_elsewhere(monkeypatch, capsys, tmp_path):
    """As ``data validate`` does: what is better decides which scores are records."""
    frame, info, _ = simulate_scores(seed=3, n_benchmarks=6, n_months=24)
    monkeypatch.chdir(tmp_path)
    frame.to_csv("scores.csv", index=False)
    (tmp_path / "elsewhere").mkdir()
    info.assign(direction="lower", lower_bound=None, ceiling=None).to_csv("elsewhere/info.csv", index=False)
    said = []
    for words in (("scores.csv",), ("scores.csv", "elsewhere/info.csv")):
        monkeypatch.setattr(sys, "argv", ["gapmodel", "data", "audit", *words, "--json"])
        with pytest.raises(SystemExit):
            main()
        said.append(json.loads(capsys.readouterr().out)["records"])
    assert said[0] != said[1]
