"""The gate on the data: each planted fault is named, clean tables are not blocked, and nothing goes by silently."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from gapmodel.audit import audit_scores
from gapmodel.audit.gate import DATA_CHECKS, DataCheck, DataFinding, accepted_checks, predictive_gate
from gapmodel.audit.names import against_names
from gapmodel.audit.series import stand_ins
from gapmodel.errors import ConfigError, UnknownNameError
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.selection import select
from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import simulate_scores
from gapmodel.simulation.planted import plant_fault
from gapmodel.sources import bundled
from gapmodel.sources.facts import MODELS_DEV, other_sources

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


def facts_of(frame, models):
    """A second source that says the same of these models."""
    rows = frame.drop_duplicates("model").set_index("model").loc[models]
    return pd.DataFrame({"release_date": rows["release_date"].dt.strftime("%Y-%m-%d"), "weights": rows["weights"]})


def check_of(audit, name):
    return next(c for c in audit.checks if c.name == name)


def test_months_on_one_source_warn_from_a_quarter_and_name_the_models_with_most(clean):
    frame, info, audit, _ = clean
    carrying = audit.records[audit.records["model_months"] > 0].drop_duplicates("model")
    models, scores = carrying["model"].tolist(), validate_scores(frame, info, today=TODAY)
    nothing = check_of(audit, "one_source")
    assert (nothing.status, nothing.summary) == (
        "ok", "not looked at: no second source knows a model that sets a record",
    )  # fmt: skip
    for known in range(1, len(models) + 1):
        # Those with fewest months are known first.
        found = check_of(audit_scores(scores, facts={"another": facts_of(frame, models[-known:])}), "one_source")
        resting, total = (int(word) for word in found.summary.split()[:3:2])
        assert found.status == ("ok" if resting < 0.25 * total else "warning")
        assert not found.holds_back
        assert [f.model for f in found.findings][1:] == (models[:-known][:5] if found.findings else [])
    assert (resting, found.status) == (0, "ok")


@pytest.mark.parametrize(
    ("dated", "flagged", "twice"),
    [
        (None, None, False),
        ("another", "another", False),  # what was taken from the second source has no second one
        ("another; a third", None, True),
        ("my review", None, True),
        (None, "my review", True),
        ("a file.csv", "another", True),
    ],
)
def test_the_source_of_a_value_is_no_second_one(clean, dated, flagged, twice):
    frame, info, *_ = clean
    table = frame.assign(date_source=dated or "another", weights_origin=flagged or "another")
    facts = {"another": facts_of(frame, sorted(frame["model"].unique()))}
    found = audit_scores(validate_scores(table, info, today=TODAY), facts=facts)
    assert check_of(found, "one_source").status == ("ok" if twice else "warning")


NAMED = [
    ("Ash 1", "2024-01-05", "closed"), ("Ash 2", "2024-04-05", "closed"), ("Ash 3", "2024-07-05", "closed"),
    ("Ash-4o (Oct 2024)", "2024-10-05", "closed"), ("Elm 1 8B", "2024-02-05", "open"),
    ("Elm 2 70B", "2024-05-05", "open"), ("Elm 3", "2024-08-05", "open"), ("Elm 4", "2024-11-05", "open"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, {}),
        ({"Ash 2": ("2025-04-05", "closed")}, {"Ash 2": "dated 2025-04-05, 274 days after Ash 3"}),
        ({"Ash-4o (Oct 2024)": ("2025-10-05", "closed")}, {"Ash-4o (Oct 2024)": "a name of it says Oct 2024"}),
        ({"Elm 3": ("2024-08-05", "closed")}, {"Elm 3": "closed, while all 3 others named 'elm' are open"}),
        ({"Ash 1": ("2025-01-05", "open")}, {"Ash 1": "after Ash 2; open, while all 3 others"}),
        # Numbers that are out of order anyway say nothing, nor do names with either flag.
        ({"Ash 1": ("2025-12-05", "closed"), "Ash 2": ("2025-11-05", "closed")}, {}),
        ({"Ash 1": ("2024-01-05", "open"), "Ash 2": ("2024-04-05", "open")}, {}),
    ],
)
def test_names_tell_of_late_dates_and_other_flags(change, found):
    rows = [(name, *change.get(name, (day, flag))) for name, day, flag in NAMED]
    table = pd.DataFrame(rows, columns=["model", "release_date", "weights"])
    table["release_date"] = pd.to_datetime(table["release_date"])
    nothing = {"release_date": set(), "weights": set()}
    told = dict(against_names(table, nothing))
    assert set(told) == set(found)
    assert all(text in told[model] for model, text in found.items())
    assert against_names(table, {column: set(table["model"]) for column in nothing}) == []


@pytest.mark.parametrize("fault", ["date one year late", "other flag"])
def test_a_fault_in_a_bundled_table_is_seen_where_a_second_source_knows_the_model(fault):
    scores = select(bundled.load())
    facts = other_sources(scores.table["model"].unique(), snapshot=scores.snapshot)
    clean = audit_scores(scores, facts=facts)
    known = facts[MODELS_DEV].index[facts[MODELS_DEV].notna().all(axis=1)]
    model = next(m for m in clean.records["model"] if m in known)
    made = plant_fault(scores.table, scores.benchmarks, fault, model=model, seed=1)
    found = check_of(audit_scores(replace(scores, table=made.scores), facts=facts), "sources_disagree")
    assert (found.status, [f.model for f in found.findings]) == ("blocking", [model])
    # Without it, nothing blocks.
    assert not audit_scores(replace(scores, table=made.scores)).blocking


def test_a_model_in_two_spellings_is_named():
    table = pd.DataFrame(
        {
            "model": ["GPT-4 Turbo", "gpt 4-turbo", "GPT-4"],
            "release_date": ["2024-01-01", "2024-06-01", "2023-03-14"],
            "weights": ["closed", "open", "closed"],
        }
    )
    (found,) = against_names(table, {"release_date": (), "weights": ()})
    assert found == ("gpt 4-turbo", "'GPT-4 Turbo', closed of 2024-01-01, in another spelling")


@pytest.mark.parametrize(
    ("scores", "odd"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, -1.0], {"m7"}),
        ([10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, -99.0, -99.0], {"m7", "m8"}),
        ([10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 9999.0], {"m7"}),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, -0.02], set()),  # corrected for chance
        ([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0, 5.0], set()),
        ([900.0, 950.0, 999.0, 1010.0, 1020.0, 1030.0, 1040.0, 1050.0], set()),
        ([1.0, 4.0, 15.0, 60.0, 120.0, 240.0, 480.0, 1100.0], set()),  # a scale that doubles
        ([0.1, 0.2, 0.3, -1.0], set()),  # too few to say
    ],
)
def test_numbers_that_stand_for_no_score_are_found(scores, odd):
    table = pd.DataFrame({"benchmark": "a", "model": [f"m{k}" for k in range(len(scores))], "score": scores})
    assert {model for _, model in stand_ins(table)} == odd


def test_a_number_that_stands_for_no_score_and_sets_a_record_blocks(clean):
    frame, info, _, model = clean
    frame, info = frame.copy(), info.copy()
    name = frame.loc[frame["model"] == model["open"], "benchmark"].iloc[0]
    mine = frame["benchmark"] == name
    frame.loc[mine, "score"] = 1.0 - frame.loc[mine, "score"].astype(float)
    info.loc[info["benchmark"] == name, ["direction", "lower_bound", "ceiling"]] = ["lower", None, None]
    frame.loc[mine & (frame["model"] == model["open"]), "score"] = -1.0
    (found,) = [c for c in audited(frame, info).checks if c.name == "unit_jump"]
    assert found.holds_back
    assert {(f.model, f.benchmark) for f in found.findings} == {(model["open"], name)}


def test_a_reason_has_words_in_it():
    for reason in ('""', "--", " . "):
        with pytest.raises(ConfigError, match="without a reason"):
            accepted_checks((), {"few_benchmarks": reason})


def test_a_benchmark_whose_direction_is_turned_round_blocks(clean):
    frame, info, _, _ = clean
    name = info["benchmark"].iloc[0]
    turned = info.astype(object).copy()
    turned.loc[turned["benchmark"] == name, ["direction", "lower_bound", "ceiling"]] = ["lower", None, None]
    (found,) = [c for c in audited(frame, turned).checks if c.name == "chance_level"]
    assert found.holds_back
    assert [f.benchmark for f in found.findings if "the other one" in f.detail] == [name]
    (held,) = [c for c in audited(frame, info).checks if c.name == "chance_level"]
    assert held.status == "ok"
