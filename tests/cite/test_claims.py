"""Claims of a run: identifiers, sentences, bounds, ranges over variants, refusal and drafts."""

import json
import re
import string
from dataclasses import replace

import pytest

from gapmodel.analysis.rounding import RoundedDate
from gapmodel.analysis.sentences import date_error
from gapmodel.analysis.wording import CATALOGUE
from gapmodel.cite import VariantRange, collect, read_ranges
from gapmodel.cite.write import citation_files
from gapmodel.errors import CheckError, ConfigError, DataError, UnknownNameError
from gapmodel.runs.reader import read_run
from gapmodel.scores.names import slugs
from tests.support.citedruns import FILES, comparison, edited_run, quick


def failed(summary, checks):
    summary["citable"] = False
    summary["diagnostics"]["passed"] = False
    checks["passed"] = False
    checks["checks"][0] |= {"passed": False, "value": 1.2}


def test_identifiers_are_readable_unique_and_cover_what_is_reported(run, claims):
    names = [claim.id for claim in claims]
    assert len(set(names)) == len(names)
    zero = run.summary["zero_lag"]
    wanted = {"gap.average", "gap.population", "gap.new_benchmark", "slope.average", "slope.population", "zero.never"}
    wanted |= {"zero.already", "baseline.slope", "zero.date.q05", "zero.date.q50", "gap.benchmark.gpqa_diamond"}
    wanted |= {f"zero.by.{row['date']}" for row in zero["probability_by"]}
    assert wanted <= set(names)
    assert all(re.fullmatch(r"[a-z0-9_.-]+", name) for name in names)


def test_shown_numbers_agree_with_the_summary_to_their_step(run, claims):
    summary = run.summary
    for name, key in (("gap.average", "average_gap_months"), ("slope.average", "slope_months_per_year")):
        claim, entry = claims[name], summary[key]
        shown = {"value": entry["median"], "lower": entry["interval"]["lower"], "upper": entry["interval"]["upper"]}
        for part, number in claim.numbers().items():
            assert number.value == shown[part]
            assert abs(float(number.text.replace("−", "-")) - shown[part]) <= number.step / 2 + 1e-12
        assert claim.prob == entry["interval"]["prob"]
        assert claim.interval_kind == "equal-tailed"
    for row in summary["zero_lag"]["probability_by"]:
        claim = claims[f"zero.by.{row['date']}"]
        if 0.05 <= row["probability"] <= 0.95:
            assert abs(float(claim.texts["value"]) - row["probability"]) <= claim.value.step / 2 + 1e-12


def test_a_claim_is_complete_by_itself(run, claims):
    record = claims["gap.average"].as_dict()
    source = record["source"]
    assert source["data"] == {
        "name": run.summary["data"]["snapshot"],
        "sha256": run.summary["data"]["sha256"],
        "as_of": run.summary["data"]["as_of"],
    }
    assert source["seed"] == run.summary["seed"]
    assert source["model"] == run.summary["model"]
    assert source["versions"]["pymc"] == run.manifest["versions"]["pymc"]
    assert source["checks"]["passed"]
    assert {check["name"] for check in source["checks"]["results"]} >= {"rhat_max", "divergences"}
    assert record["interval"]["prob"] == 0.9
    assert record["value"]["mcse"] > 0
    assert record["unit"] == "months"


def test_the_sentence_of_the_gap_says_date_value_and_interval(tmp_path):
    def edit(summary, checks):
        entry = summary["average_gap_months"]
        entry |= {"median": 5.34, "sd": 1.0, "mcse": 0.0001}
        entry["interval"] |= {"lower": 3.62, "upper": 7.09}
        summary["data"]["as_of"] = summary["zero_lag"]["start"] = "2026-02-28"
        for name, other in summary.items():
            if name.endswith(("_months", "_per_year")):
                other["date"] = "2026-02-28"
        summary["zero_lag"]["n_draws"] = 100_000_000

    run = read_run(edited_run(tmp_path / "run", edit))
    sentence = collect(run)["gap.average"].sentence
    assert sentence.startswith(
        "On 28 February 2026 open models were about 5.3 months behind closed ones (90 % interval 3.6 to 7.1); whether "
    )
    data = run.summary["data"]
    source = (
        f"(Average of {data['n_benchmarks']} benchmarks; model {run.summary['model']}, data {data['snapshot']}, seed "
    )
    assert source in sentence


def test_a_lead_is_worded_as_a_lead(tmp_path):
    def edit(summary, checks):
        for name in ("average_gap_months", "population_mean_gap_months"):
            summary[name] |= {"median": -2.1, "sd": 2.5, "mcse": 0.02}
            summary[name]["interval"] |= {"lower": -6.2, "upper": 2.2}

    claims = collect(read_run(edited_run(tmp_path / "run", edit)))
    assert (
        "open models were about 2 months ahead of closed ones (90 % interval 6 ahead to 2 b"
        in claims["gap.average"].sentence
    )
    claim = claims["gap.population"]
    assert "open models were 2 months ahead of closed models" in claim.sentence
    assert "below zero means ahead" in claim.sentence
    assert claim.texts["value"].startswith("−2")


@pytest.mark.parametrize("language", CATALOGUE)
def test_zero_lag_never_stands_without_never_and_horizon(run, language):
    other = {"data": run.summary["data"] | {"sha256": "0" * 64}}  # on which no other variant was fitted
    claims = collect(replace(run, summary=run.summary | other), language=language)
    horizon = {"en": "31 July 2036", "zh": "2036 年 7 月 31 日"}[language]
    never = claims["zero.never"].texts["value"]
    zero = [claim for claim in claims if claim.id.startswith("zero.")]
    for claim in zero:
        assert horizon in claim.sentence
        assert horizon in claim.texts["full"]
        if not claim.id.startswith("zero.prior"):
            assert never in claim.sentence
            assert CATALOGUE[language]["range.none"] in claim.sentence


def test_small_and_large_probabilities_are_bounds_unless_a_backtest_supports_them(tmp_path):
    def edit(summary, checks):
        for row, p in zip(summary["zero_lag"]["probability_by"], (0.0, 0.021, 0.049, 0.051, 0.949, 0.951)):
            row |= {"probability": p, "mcse": 0.0001}
        for row in summary["zero_lag"]["probability_by"][6:]:
            row["probability"] = 0.951
        summary["zero_lag"] |= {"n_draws": 100_000_000, "probability_never": 1 - 0.951}

    run = read_run(edited_run(tmp_path / "run", edit))
    dates = [row["date"] for row in run.summary["zero_lag"]["probability_by"][:6]]
    bounds = [collect(run)[f"zero.by.{date}"].texts["value"] for date in dates]
    assert bounds == ["below 0.05", "below 0.05", "below 0.05", "0.05", "0.95", "above 0.95"]
    numbers = [collect(run, backtest_supports=True)[f"zero.by.{date}"].texts["value"] for date in dates]
    assert numbers == ["below 0.01", "0.02", "0.05", "0.05", "0.95", "0.95"]


def test_the_range_over_variants_is_given_where_there_is_a_comparison(run, tmp_path):
    zero = run.summary["zero_lag"]
    row = next(row for row in zero["probability_by"] if 0.2 < row["probability"] < 0.5)
    folder = comparison(
        tmp_path / "c", run.summary, {"pooled": (True, 0.0), "shared_shock": (True, 1.0), "bad": (False, 1.4)}
    )
    ranges = read_ranges(folder, run)
    claim = collect(run, ranges=ranges)[f"zero.by.{row['date']}"]
    assert claim.compared["variants"] == ["pooled", "shared_shock"]
    assert "Over the 2 variants compared, it runs from below 0.05 to" in claim.sentence
    never = f"{zero['probability_never']:.1f}"  # ranges are to tenths
    assert f"and not by the horizon from {never} to above 0.95." in claim.sentence
    assert "left out: 1 of 3" in claim.sentence
    assert ranges.probability(row["date"]) == (0.0, pytest.approx(row["probability"]))
    assert "which gives no range" in collect(run, ranges=VariantRange({}, 3))["zero.never"].sentence


def test_a_comparison_on_other_data_is_refused(run, tmp_path):
    folder = comparison(tmp_path / "c", run.summary, {"pooled": (True, 0.5), "shared_shock": (True, 1.0)})
    spec = json.loads((folder / "spec.json").read_text())
    for key, value, what in (
        ("data_sha256", "0" * 64, "other data"),
        ("horizon_years", 5.0, "other horizon"),
        ("options", {"cutoff": "2025-01-31"}, "other options"),
    ):
        (folder / "spec.json").write_text(json.dumps(spec | {key: value}))
        with pytest.raises(ConfigError, match=what):
            read_ranges(folder, run)
    (folder / "spec.json").write_text(json.dumps(spec))
    path = folder / "variants" / "pooled.json"
    path.write_text(path.read_text().replace(run.summary["zero_lag"]["probability_by"][0]["date"], "2000-01-31"))
    with pytest.raises(ConfigError, match="pooled reports other dates"):
        read_ranges(folder, run)
    with pytest.raises(DataError, match="is no comparison"):
        read_ranges(tmp_path, run)


@pytest.mark.parametrize(("edit", "reason"), [(failed, r"check rhat_max failed: 1\.2"), (quick, "it is a quick run")])
def test_an_uncitable_run_gives_no_claims_but_drafts(tmp_path, edit, reason):
    run = read_run(edited_run(tmp_path / "run", edit))
    with pytest.raises(CheckError, match=reason):
        collect(run)
    claims = collect(run, draft=True)
    assert claims.draft
    for claim in claims:
        assert claim.draft
        assert claim.sentence.startswith("[DRAFT, not citable] ")
        assert all(text.endswith("[DRAFT]") for kind, text in claim.texts.items() if kind != "sentence")
    files = citation_files(run, claims)
    assert set(files) == FILES
    assert all("DRAFT" in content for content in files.values())
    assert all(record["draft"] for record in json.loads(files["claims.json"])["claims"])


def test_draft_does_not_mark_a_citable_run(run):
    assert not collect(run, draft=True).draft


def test_languages_have_the_same_templates():
    names = {language: set(templates) for language, templates in CATALOGUE.items()}
    assert names["en"] == names["zh"]
    calendar = {"month", "number", "day", "year"}  # months have names in one language and numbers in the other
    for key in names["en"]:
        fields = [{f for _, f, _, _ in string.Formatter().parse(CATALOGUE[lang][key]) if f} for lang in ("en", "zh")]
        assert fields[0] - calendar == fields[1] - calendar, key


def test_unknown_names_are_answered_with_the_nearest(run, claims):
    with pytest.raises(UnknownNameError, match="did you mean 'gap.average'"):
        claims.resolve("gap.averge")
    with pytest.raises(UnknownNameError, match="did you mean 'interval'"):
        claims.resolve("gap.average.intervall")
    with pytest.raises(UnknownNameError, match="has no 'interval'"):
        claims.resolve("zero.never.interval")
    with pytest.raises(UnknownNameError, match="unknown language 'de'"):
        collect(run, language="de")


def test_slugs_are_safe_unique_and_independent_of_order():
    names = ["GPQA Diamond", "gpqa_diamond", "Mañana & Co.", "数学", "MMLU"]
    found = slugs(names)
    assert found["Mañana & Co."] == "manana_co"
    assert found["MMLU"] == "mmlu"
    assert found["数学"].startswith("b_")
    assert found["GPQA Diamond"] != found["gpqa_diamond"]
    assert len(set(found.values())) == len(names)
    assert slugs(reversed(names)) == found


def test_the_error_of_a_date_is_that_of_the_probability_over_the_slope():
    zero = {
        "start": "2026-01-31", "probability_already": 0.0, "n_draws": 10_000,
        "probability_by": [
            {"date": "2026-05-11", "probability": 0.1, "mcse": 0.004},
            {"date": "2026-11-27", "probability": 0.5, "mcse": 0.01},
        ],
    }  # fmt: skip
    # 200 days for a rise of 0.4: 0.002 per day; 0.01 / 0.002.
    assert date_error(zero, "2026-08-01", 0.25) == pytest.approx(5.0)


def test_quantiles_beyond_the_horizon_are_said_so(tmp_path):
    def edit(summary, checks):
        summary["zero_lag"]["date_quantiles"]["0.5"] = None

    claim = collect(read_run(edited_run(tmp_path / "run", edit)))["zero.date.q50"]
    assert isinstance(claim.value, RoundedDate)
    assert claim.texts["value"] == "not within the horizon"
    assert "with probability 0.5 is not within the horizon;" in claim.sentence


def test_the_error_of_being_there_already_is_that_of_correlated_draws(tmp_path):
    """0.52 with an MCSE of 0.02 is given in tenths; taken for independent draws it would be given in hundredths."""

    def edit(summary, checks):
        summary["zero_lag"] |= {"probability_already": 0.52, "probability_already_mcse": 0.02, "n_draws": 10_000_000}

    claim = collect(read_run(edited_run(tmp_path / "run", edit)))["zero.already"]
    assert claim.value.mcse == 0.02
    assert claim.value.step == 0.1


def test_a_prior_probability_of_none_of_the_draws_is_not_sure(tmp_path):
    def edit(summary, checks):
        for row in summary["zero_lag"]["prior_probability_by"]:
            row["probability"] = 0.0

    run = read_run(edited_run(tmp_path / "run", edit))
    claims = [claim for claim in collect(run) if claim.id.startswith("zero.prior.by.")]
    assert claims
    assert all(claim.value.mcse > 0 for claim in claims), "else another seed with one draw there would fail reproduce"


def test_a_summary_that_lacks_an_entry_is_told_so(tmp_path):
    def edit(summary, checks):
        del summary["average_gap_months"]["interval"]

    with pytest.raises(DataError, match=r"no valid 'average_gap_months.interval' .*: make the run again"):
        collect(read_run(edited_run(tmp_path / "run", edit)))


def test_dates_that_can_be_cited_are_listed(claims):
    with pytest.raises(UnknownNameError, match=r"P\(zero\) is given by 2026-12-31, "):
        claims.resolve("zero.by.2028-03-31")
