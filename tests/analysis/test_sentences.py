"""The answer in words: the headline and its verdict on every side of zero, and zero lag with never and the prior."""

import copy
import json
from pathlib import Path

import pandas as pd
import pytest

from gapmodel.analysis.forms import shipped_range
from gapmodel.analysis.sentences import (
    cited_headline,
    estimand,
    estimate_text,
    headline,
    limits,
    right_edge,
    slope_sentence,
    standing,
    verdict,
    year_end,
    zero_long,
    zero_short,
)
from gapmodel.analysis.wording import LANGUAGES, Wording
from tests.support.scriptfile import load_script

REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "august_2026" / "summary.json"
FALLING, RISING, UNCLEAR = (-1.2, -3.0, -0.4), (1.2, 0.4, 3.0), (-1.2, -3.0, 0.6)


@pytest.fixture
def summary():
    return copy.deepcopy(json.loads(REFERENCE.read_text(encoding="utf-8")))


def with_estimates(summary, *, gap=None, slope=None):
    """The summary with other medians and interval ends, all exact to tenths."""
    summary["zero_lag"]["n_draws"] = 10**9
    for key, numbers in (("average_gap_months", gap), ("slope_months_per_year", slope)):
        if numbers is not None:
            median, lower, upper = numbers
            summary[key] |= {"median": median, "mcse": 0.0, "sd": 1.0}
            summary[key]["interval"] |= {"lower": lower, "upper": upper}
    return summary


@pytest.mark.parametrize(
    ("gap", "slope", "said"),
    [
        ((6.8, 4.2, 9.5), UNCLEAR, "about 6.8 months behind closed ones (90 % interval 4.2 to 9.5); whether the gap is "
         "closing is not settled."),
        ((6.8, 4.2, 9.5), FALLING, "about 6.8 months behind closed ones (90 % interval 4.2 to 9.5); the gap is "
         "closing."),
        ((6.8, 4.2, 9.5), RISING, "about 6.8 months behind closed ones (90 % interval 4.2 to 9.5); the gap is "
         "widening."),
        ((1.0, 0.2, 2.0), UNCLEAR, "about 1.0 months behind closed ones (90 % interval 0.2 to 2.0); whether the gap is "
         "closing is not settled."),
        ((-2.0, -3.1, -1.0), UNCLEAR, "about 2.0 months ahead of closed ones (90 % interval 1.0 to 3.1); whether the "
         "lead is growing is not settled."),
        ((-2.0, -3.1, -1.0), FALLING, "about 2.0 months ahead of closed ones (90 % interval 1.0 to 3.1); the lead is "
         "growing."),
        ((-2.0, -3.1, -1.0), RISING, "about 2.0 months ahead of closed ones (90 % interval 1.0 to 3.1); the lead is "
         "shrinking."),
        ((0.5, -1.0, 2.0), UNCLEAR, "about 0.5 months behind closed ones (90 % interval 1.0 ahead to 2.0 behind); who "
         "leads is not settled, nor the trend."),
        ((-0.5, -2.0, 1.0), FALLING, "about 0.5 months ahead of closed ones (90 % interval 2.0 ahead to 1.0 behind); "
         "who leads is unsettled; open models are gaining."),
        ((0.01, -2.0, 1.0), RISING, "about level with closed ones (90 % interval 2.0 months ahead to 1.0 behind); who "
         "leads is unsettled; open models are slipping."),
        ((0.01, 0.0, 1.2), UNCLEAR, "about level with closed ones (90 % interval 0.0 to 1.2 months behind); who leads "
         "is not settled, nor the trend."),
        ((-0.01, -1.2, 0.0), UNCLEAR, "about level with closed ones (90 % interval 0.0 to 1.2 months ahead); who leads "
         "is not settled, nor the trend."),
        ((-0.6, -1.2, 0.0), UNCLEAR, "about 0.6 months ahead of closed ones (90 % interval 0.0 to 1.2); who leads is "
         "not settled, nor the trend."),
        ((0.6, 0.0, 1.2), UNCLEAR, "about 0.6 months behind closed ones (90 % interval 0.0 to 1.2); who leads is not "
         "settled, nor the trend."),
    ],
)  # fmt: skip
def test_the_headline_on_every_side_of_zero(summary, gap, slope, said):
    sentence = headline(with_estimates(summary, gap=gap, slope=slope))
    assert sentence == f"On 31 July 2026 open models were {said}"
    assert len(sentence.split()) <= 30
    assert all(headline(summary, language=language) for language in LANGUAGES)


def test_the_headline_of_the_reference_run_is_rounded_by_its_monte_carlo_error(summary):
    gap, slope = summary["average_gap_months"], summary["slope_months_per_year"]
    gap |= {"median": 5.9, "sd": 1.6, "mcse": 0.007}
    gap["interval"] |= {"lower": 3.1, "upper": 8.4}
    slope |= {"median": -1.4, "sd": 1.0, "mcse": 0.005}
    slope["interval"] |= {"lower": -3.2, "upper": 0.26}
    assert headline(summary) == (
        "On 31 July 2026 open models were about 6 months behind closed ones (90 % interval 3 to 8); whether the gap is "
        "closing is not settled."
    )


def test_one_month_is_no_plural_and_groups_have_their_names(summary):
    summary |= {"leader": "United States of America", "follower": "China"}
    summary["average_gap_months"] |= {"median": 1.1, "sd": 1.6, "mcse": 0.03}
    summary["average_gap_months"]["interval"] |= {"lower": 0.9, "upper": 4.0}
    assert headline(summary).startswith(
        "On 31 July 2026 China models were about 1 month behind United States of America ones (90 % interval "
    )


def test_the_verdict_agrees_with_the_interval_that_is_shown(summary):
    """An interval that ends just below zero, but is shown to end at zero, settles nothing."""
    slope = summary["slope_months_per_year"]
    slope |= {"median": -1.5, "sd": 1.0, "mcse": 0.005}
    for upper, settled in ((0.3, "not settled"), (-0.1, "not settled"), (-0.3, "closing")):
        slope["interval"] |= {"lower": -3.0, "upper": upper}
        assert verdict(summary) == settled
        assert (" to 0;" in slope_sentence(summary)) == (upper == -0.1)
    slope["interval"] |= {"lower": 0.3, "upper": 3.0}
    assert verdict(summary) == "opening"


@pytest.mark.parametrize(
    ("quick", "passed", "words"), [(True, True, "Quick run for trying out"), (False, False, "Checks failed")]
)
def test_what_may_not_be_cited_is_marked(summary, quick, passed, words):
    citable = headline(summary)
    assert standing(summary) is None
    summary |= {"citable": False, "quick": quick}
    summary["diagnostics"]["passed"] = passed
    assert headline(summary) == f"[DRAFT, not citable] {citable}"
    assert standing(summary).startswith(words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_cited_headline_has_the_headline_and_its_source(summary, language):
    cited = cited_headline(summary, Wording(language))
    assert cited.startswith(headline(summary, language=language))
    for part in ("15", summary["model"], summary["data"]["snapshot"], str(summary["seed"])):
        assert part in cited


def test_zero_lag_has_its_date_never_and_the_priors_own(summary):
    zero = summary["zero_lag"]
    summary["data"]["sha256"] = "other data, on which no other variant was fitted"
    zero["n_draws"] = summary["prior"]["draws"] = 10**9
    zero |= {"probability_never": 0.221, "prior_probability_never": 0.58}
    values = {"2027-12-31": (0.106, 0.244), "2029-12-31": (0.443, 0.322), zero["horizon"]: (0.779, 0.42)}
    for row, prior in zip(zero["probability_by"], zero["prior_probability_by"], strict=True):
        row["mcse"] = 0.0
        if row["date"] in values:
            row["probability"], prior["probability"] = values[row["date"]]
    assert year_end(zero) == "2027-12-31"
    assert zero_short(summary) == (
        "The probability that the gap reaches zero by 31 December 2027 is 0.11 (prior alone: 0.24); that it does not "
        "by 31 July 2036, 0.22 (prior alone: 0.58). What other forms of the trend say on these data is not known: "
        "compare them."
    )
    long = zero_long(summary)
    assert "0.11 by 31 December 2027 (prior alone: 0.24), 0.44 by 31 December 2029 (prior alone: 0.32), 0.78 by" in long
    assert "none up to the horizon, 31 July 2036, 0.22 (prior alone: 0.58)" in long
    assert "no mean; its median is " in long


def test_zero_lag_has_the_range_over_variants_where_they_were_fitted(summary):
    forms = shipped_range(summary)
    assert forms.passed >= 5
    assert forms.zero[summary["model"]]["probability_never"] == summary["zero_lag"]["probability_never"]
    for sentence in (zero_short(summary), zero_long(summary)):
        assert f" over {forms.passed} variants; prior alone: " in sentence
        assert "not known" not in sentence
    summary["zero_lag"]["probability_never"] = 0.123
    assert shipped_range(summary).entry("probability_never")[0] == 0.123, "a run's own answer counts, not the shipped"
    own = summary | {"model": "mine"}
    assert shipped_range(own).passed == forms.passed + 1
    for other in (summary | {"options": {}}, summary | {"data": summary["data"] | {"sha256": "0"}}):
        assert shipped_range(other) is None


def test_the_shipped_range_is_that_of_the_committed_runs(summary):
    script = load_script("publish_evidence")
    shipped = Path(script.PACKAGE / "forms.json").read_text(encoding="utf-8")
    assert json.loads(shipped) == script.forms(), "uv run scripts/publish_evidence.py"


def test_a_date_beyond_the_horizon_is_not_asked_for(summary):
    zero = summary["zero_lag"]
    zero |= {"horizon": "2027-07-31", "date_quantiles": {"0.5": None}}
    for key in ("probability_by", "prior_probability_by"):
        zero[key] = [row for row in zero[key] if row["date"] <= "2027-07-31"]
    assert "by 31 July 2027 is below 0.05" in zero_short(summary)
    assert "its median is not within the horizon" in zero_long(summary)
    assert zero_long(summary).count("31 July 2027") == 2


def test_what_is_averaged_and_what_may_not_be_concluded(summary):
    assert "average over 15 benchmarks:" in estimand(summary)
    summary["data"]["n_benchmarks"] = 1
    assert "average over 1 benchmark:" in estimand(summary)


def test_the_right_edge_is_said(summary):
    rows = summary["per_benchmark"]
    summary["still_run"] = {"within_months": 6, "benchmarks": [rows[0]["benchmark"], rows[1]["benchmark"]]}
    rows[0]["last_month"], rows[1]["last_month"] = "2026-05-31", "2026-06-30"
    text = right_edge(summary)
    assert text.startswith("Of 15 benchmarks 2 are still run, through 30 June 2026. In replays of these data")
    summary["options"] = {**summary["options"], "grace_months": 2}
    assert right_edge(summary).endswith("is not known: `gapmodel revisions`."), "other choices, other lags"
    summary["still_run"]["benchmarks"] = []
    assert right_edge(summary).startswith("None of them is still run. How much")
    shipped = json.loads(
        (REFERENCE.parents[3] / "src" / "gapmodel" / "data" / "revisions.json").read_text(encoding="utf-8")
    )
    committed = pd.read_csv(REFERENCE.parents[1] / "trust" / "revisions" / "summary.csv").set_index("months_later")
    first = committed[(committed["source"] == "as-of replay") & (committed["first_seen"] == 0)]["change"]
    assert shipped["change"] == {str(k): v for k, v in first.items()}


def test_benchmarks_that_ended_are_told_from_those_still_run(summary):
    for key in ("still_run", "still_run_gap_months"):
        summary.pop(key, None)
    assert "still run" not in estimand(summary), "runs made before it was computed do not say it"
    summary["still_run_gap_months"] = summary["new_benchmark_gap_months"]
    shown = estimate_text(summary, "still_run_gap_months")
    for names, said in (
        (list("abcdefghijklmno"), " All of them are still run."),
        (list("abc"), f" Those that are no longer run count too; over the 3 still run it is {shown}."),
        ([], " None of them is still run."),
    ):
        summary["still_run"] = {"within_months": 6, "benchmarks": names}
        text = estimand(summary)
        assert said in text
        assert text.endswith(f"it is {estimate_text(summary, 'population_mean_gap_months')}.")
    assert estimate_text(summary, "new_benchmark_gap_months") in limits(summary)[1]
