"""The gate on the data: each planted fault is named, clean tables are not blocked, and nothing goes by silently."""

from datetime import date

import pandas as pd
import pytest

from gapmodel.audit import audit_scores
from gapmodel.audit.gate import DATA_CHECKS, DataCheck, DataFinding, accepted_checks, predictive_gate
from gapmodel.errors import ConfigError, UnknownNameError
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.selection import select
from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import simulate_scores
from gapmodel.simulation.planted import plant_fault
from gapmodel.sources import bundled

TODAY = date(2040, 1, 1)


def audited(frame, info):
    return audit_scores(validate_scores(frame, info, today=TODAY))


@pytest.fixture(scope="module")
def clean():
    frame, info, _ = simulate_scores(seed=3, n_benchmarks=6, n_months=24)
    audit = audited(frame, info)
    carrying = audit.records[audit.records["model_months"] > 0]
    return frame, info, audit, {g: rows["model"].iloc[0] for g, rows in carrying.groupby("group")}


def test_a_clean_table_is_not_held_back(clean):
    audit = clean[2]
    assert not audit.blocking
    assert {c.name for c in audit.checks} == set(DATA_CHECKS) - {"predictive"}


@pytest.mark.parametrize(
    ("fault", "group", "check"),
    [
        ("date ten years early", "open", "dates_out_of_line"),
        ("date ten years early", "closed", "dates_out_of_line"),
        ("one score in percent", "open", "unit_jump"),
        ("a benchmark twice", "open", "duplicate_series"),
        ("a benchmark twice, in percent", "open", "duplicate_series"),
        ("a benchmark under eight names", "closed", "duplicate_series"),
        ("all dates on 1 January", "open", "placeholder_dates"),
    ],
)
def test_a_planted_fault_blocks_and_is_named(clean, fault, group, check):
    frame, info, _, model = clean
    made = plant_fault(frame, info, fault, model=model[group], seed=1)
    audit = audited(made.scores, made.benchmarks)
    (found,) = [c for c in audit.checks if c.name == check]
    assert found.holds_back
    named = {f.model for f in found.findings} | {f.benchmark for f in found.findings}
    assert not made.names or named & made.names
    if check == "dates_out_of_line":
        (finding,) = [f for f in found.findings if f.model in made.names]
        # The line is that of the file: the header is the first.
        assert made.scores["model"].iloc[finding.row - 2] == finding.model


def test_a_table_of_two_benchmarks_and_one_at_chance_are_told(clean):
    frame, info, *_ = clean
    few = frame[frame["benchmark"].isin(["bench-00", "bench-01"])]
    assert [c.name for c in audited(few, info).blocking] == ["few_benchmarks"]
    flat = frame.copy()
    mine = flat["benchmark"] == "bench-02"
    flat.loc[mine, "score"] = [0.25 + 0.01 * ((7 * k) % 5) for k in range(int(mine.sum()))]
    found = {c.name: c for c in audited(flat, info).checks}["chance_level"]
    assert [f.benchmark for f in found.findings] == ["bench-02"]


def test_the_bundled_tables_are_not_held_back():
    for name in bundled.SNAPSHOTS:
        scores = select(bundled.load(name))
        assert not audit_scores(scores, lags=LagOptions().lags(scores)).blocking, name


def test_only_what_blocks_is_accepted_and_only_by_its_name():
    blocking = DataCheck("bounds", "blocking", (DataFinding("", "", None, "too many", True),))
    warning = DataCheck("few_months", "warning", (DataFinding("", "", None, "few"),))
    checks = accepted_checks((blocking, warning), {"bounds": " known\n so ", "few_months": "no need"})
    assert [(c.accepted, c.holds_back) for c in checks] == [("known so", False), ("", False)]
    with pytest.raises(UnknownNameError, match="did you mean 'bounds'"):
        accepted_checks((blocking,), {"bound": "why"})
    with pytest.raises(ConfigError, match="without a reason"):
        accepted_checks((blocking,), {"bounds": " "})


def test_saw_teeth_are_no_news_and_three_others_block():
    rows = [{"statistic": s, "tail_probability": 0.0, "flagged": True} for s in ("tooth_length", "tooth_size")]
    assert predictive_gate(rows).status == "ok"
    rows += [{"statistic": s, "tail_probability": 0.0, "flagged": True} for s in ("maximum", "correlation")]
    assert predictive_gate(rows).status == "warning"
    rows.append({"statistic": "share_negative", "tail_probability": 0.0, "flagged": True})
    assert predictive_gate(rows).status == "blocking"


@pytest.mark.parametrize("fault", ["date one year late", "other flag"])
def test_another_source_sees_what_takes_a_model_off_the_frontier(clean, fault):
    frame, info, audit, _ = clean
    carrying = audit.records[audit.records["model_months"] > 0]["model"].unique()
    models = frame.drop_duplicates("model").set_index("model")
    facts = pd.DataFrame({"release_date": models["release_date"].dt.strftime("%Y-%m-%d"), "weights": models["weights"]})
    right = audit_scores(validate_scores(frame, info, today=TODAY), facts={"another": facts})
    assert {c.name: c.status for c in right.checks}["sources_disagree"] == "ok"
    hidden = 0
    for model in carrying[:6]:
        made = plant_fault(frame, info, fault, model=model, seed=1)
        found = audit_scores(validate_scores(made.scores, made.benchmarks, today=TODAY), facts={"another": facts})
        hidden += model not in set(found.records["model"])
        (check,) = [c for c in found.checks if c.name == "sources_disagree"]
        assert check.holds_back
        assert [f.model for f in check.findings] == [model]
    assert hidden, "none was off the frontier: then the records alone would have shown it"
