"""Files that one already has, each read for what it says; what changed between two tables, and what it does to lags."""

import json
import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest

from gapmodel.cli.app import main
from gapmodel.errors import DataError, UnknownNameError
from gapmodel.lags.panel import compute_lags
from gapmodel.scores.table import validate_scores
from gapmodel.sources.convert.formats import ConvertOptions, convert
from gapmodel.sources.diff import diff_panels, diff_scores
from gapmodel.sources.joining.assemble import assemble

DAY = 1 / 30.4375

LMARENA = """Rank* (UB),Model,Arena Score,95% CI,Votes,Organization,License,Release date
1,[Alder-1](https://x.example/a?(b)),1450,+5/-3,"12,345",Alder,Proprietary,2025-01-10
2,"<a href=""https://x.example"">Birch 7B</a>",1400,±4,100,Birch,Apache 2.0,2025-02-10
3,Cedar 1,1390,,100,Cedar,-,2025-03-10
"""


def test_lmarena_csv():
    found = convert("lmarena", LMARENA.encode(), "arena.csv")
    rows = found.rows.set_index("model")
    assert rows["score"].to_dict() == {"Alder-1": 1450, "Birch 7B": 1400, "Cedar 1": 1390}
    assert rows.loc["Alder-1", "score_se"] == pytest.approx(4 / 1.96)
    assert rows.loc["Birch 7B", "score_se"] == pytest.approx(4 / 1.96)
    assert np.isnan(rows.loc["Cedar 1", "score_se"])
    assert found.models["weights"].tolist() == ["closed", "open", None]
    scores = assemble(found, kind="lmarena", today=date(2026, 1, 1)).validated()
    assert set(scores.table["model"]) == {"Alder-1", "Birch 7B"}, "a licence that is not stated settles nothing"
    assert scores.benchmarks.loc["LMArena", "unit"] == "Elo"


def test_lmarena_json_takes_the_newest_day_and_one_benchmark_a_category():
    rows = [
        {"model_name": n, "rating": r, "rating_lower": r - 9.8, "rating_upper": r + 9.8, "category": c,
         "license": "MIT", "organization": "Oak", "leaderboard_publish_date": d}
        for n, r, c, d in [("A", 1, "text", "2025-01-01"), ("A", 2, "text", "2025-02-01"),
                           ("A", 3, "code", "2025-02-01")]
    ]  # fmt: skip
    for content in (
        json.dumps({"rows": [{"row_idx": k, "row": r} for k, r in enumerate(rows)]}),
        "\n".join(map(json.dumps, rows)),
    ):
        found = convert("lmarena", content.encode(), "a.json", ConvertOptions(benchmark="Arena"))
        assert found.rows.set_index("benchmark")["score"].to_dict() == {"Arena text": 2, "Arena code": 3}
        assert found.rows["score_se"].tolist() == pytest.approx([5.0, 5.0])


WIDE = """Model,Release date,Weights,MMLU,GSM8K,Remark
A,2025-01-10,closed,0.9,0.95,fast
B,2025-02-10,open,0.8,-,
C,2025-03-10,open,n/a,0,slow
"""


def test_a_column_of_days_under_another_name_is_told_with_the_option_that_takes_it():
    text = WIDE.replace("Release date", "Erschienen").replace("Weights", "Lizenz").replace("closed", "Proprietary")
    found = convert("wide-csv", text.replace("open", "MIT").encode(), "mine.csv")
    assert ("column", "Erschienen", "holds days: --date 'Erschienen' takes them for releases") in found.left_out
    chosen = ConvertOptions(date="Erschienen", flag="Lizenz")
    found = convert("wide-csv", text.replace("open", "MIT").encode(), "mine.csv", chosen)
    models = assemble(found, kind="wide-csv", today=date(2026, 1, 1)).validated().table.drop_duplicates("model")
    assert dict(zip(models["model"], models["weights"], strict=True)) == {"A": "closed", "B": "open", "C": "open"}


@pytest.mark.parametrize("day", ["3/4/24", "03-04-24", "4.3.24", "Mar-24", "5 Mar '24"])
def test_a_year_of_two_digits_is_said_to_be_one(day):
    text = WIDE.replace("2025-01-10", day).replace("2025-02-10", day).replace("2025-03-10", day)
    with pytest.raises(DataError, match="has a year of two digits; write year-month-day"):
        convert("wide-csv", text.encode(), "mine.csv")


def test_a_stated_direction_is_never_passed_over():
    text = WIDE.replace("Remark", "Higher is better").replace("fast", "no").replace("slow", "no")
    with pytest.raises(DataError, match=r"'Higher is better' says which way is better, .* \(--lower BENCHMARK\)"):
        convert("wide-csv", text.encode(), "mine.csv")
    chosen = ConvertOptions(ignored=("Higher is better",))
    assert len(convert("wide-csv", text.encode(), "mine.csv", chosen).rows)


def test_a_wide_table():
    found = convert("wide-csv", WIDE.encode(), "mine.csv")
    assert {(r.benchmark, r.model): r.score for r in found.rows.itertuples()} == {
        ("MMLU", "A"): 0.9, ("GSM8K", "A"): 0.95, ("MMLU", "B"): 0.8, ("GSM8K", "C"): 0.0,
    }  # fmt: skip
    assert found.left_out == (("column", "Remark", "holds no number"),)
    scores = assemble(found, kind="wide-csv", today=date(2026, 1, 1)).validated()
    assert set(scores.table["weights_origin"]) == {"mine.csv"}
    chosen = convert("wide-csv", WIDE.encode(), "mine.csv", ConvertOptions(columns=("GSM8K",)))
    assert set(chosen.rows["benchmark"]) == {"GSM8K"}


def test_hugging_face_json():
    flat = [{"fullname": "org/A", "IFEval": 80.5, "BBH": None, "Upload To Hub Date": "2025-01-01"}]
    nested = [
        {"model": {"name": "org/A"}, "evaluations": {"IFEval": {"value": 80.5, "normalized_score": 7}}, "tags": [1]}
    ]
    card = {"model-index": [{"name": "A", "results": [
        {"dataset": {"name": "IFEval"}, "metrics": [{"type": "acc", "value": 80.5}]}]}]}  # fmt: skip
    for content, name, benchmark in (
        (flat, "org/A", "IFEval"), ({"data": nested}, "org/A", "IFEval"), (card, "A", "IFEval (acc)"),
    ):  # fmt: skip
        found = convert("hf-json", json.dumps(content).encode(), "a.json", ConvertOptions(weights="open"))
        assert found.rows[["benchmark", "model", "score"]].to_numpy().tolist() == [[benchmark, name, 80.5]]
        assert found.models.loc[name, ["weights", "weights_origin"]].tolist() == ["open", "stated by the user"]


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("wide-csv", "Model,MMLU\nA,0.5\nB,fifty\n", "line 3, column MMLU: 'fifty' is no number"),
        ("wide-csv", "Model,MMLU\nA,0.5\nA,0.6\n", "two scores"),
        ("wide-csv", "Model,Note\nA,x\n", "no model has a score"),
        ("wide-csv", "Name of it,MMLU\nA,0.5\n", "no column with the model"),
        ("wide-csv", "Model,MMLU\n,0.5\n", "every row needs a model"),
        ("lmarena", "Model,Votes\nA,5\n", "no column with the score"),
        ("lmarena", "<html><table>", "page of HTML"),
        ("hf-json", "[1, 2]", "no list of records"),
        ("hf-json", '[{"model": "A", "x": 1}', "no whole JSON"),
        ("artificial-analysis", "<html>", "HTML"),
    ],
)
def test_files_that_cannot_be_read(kind, content, words):
    with pytest.raises(DataError, match=words):
        convert(kind, content.encode(), "file")


def test_unknown_kinds_and_columns():
    with pytest.raises(UnknownNameError, match="did you mean 'lmarena'"):
        convert("lm-arena", b"", "file")
    with pytest.raises(UnknownNameError, match="did you mean 'MMLU'"):
        convert("wide-csv", WIDE.encode(), "f", ConvertOptions(columns=("MMMU",)))


def test_a_name_that_a_spreadsheet_would_run_is_left_out(tmp_path):
    content = WIDE + '"=cmd|x",2025-03-10,open,0.1,0.1,\n'
    found = assemble(convert("wide-csv", content.encode(), "f"), kind="k", today=date(2026, 1, 1))
    assert "=cmd" not in found.scores
    from gapmodel.sources.snapshot import write_snapshot

    write_snapshot(found, tmp_path / "s")
    assert ",'=cmd|x," in (tmp_path / "s" / "left_out.csv").read_text()


def test_convert_from_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text(WIDE)
    words = ["data", "convert", "mine.csv", "--from", "wide-csv", "--out", "mine", "--taken", "2026-01-01"]
    monkeypatch.setattr(sys, "argv", ["gapmodel", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert "4 scores of 3 models on 2 benchmarks, 2 open and 1 closed" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["gapmodel", "data", "validate", "mine/scores.csv", "mine/benchmarks.csv"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0


# What changed

EXAMPLE = """C1 2024-01-10 closed 0.40
O1 2024-02-15 open 0.30
C2 2024-03-20 closed 0.60
O2 2024-05-01 open 0.50
C3 2024-06-05 closed 0.80
O3 2024-09-12 open 0.90
C4 2024-09-25 closed 0.70"""


def example(text=EXAMPLE):
    """The example of docs/lag.md."""
    rows = [line.split() for line in text.splitlines()]
    table = pd.DataFrame(rows, columns=["model", "release_date", "weights", "score"]).assign(benchmark="b")
    return validate_scores(table, today=date(2024, 11, 1), as_of="2024-10-31")


def changes(old, new):
    return diff_scores(old, new), diff_panels(compute_lags(old).panel, compute_lags(new).panel)


def test_nothing_changed():
    scores, panel = changes(example(), example())
    assert scores.empty
    assert scores.same_content
    assert panel.empty
    assert panel.mean_change == 0.0
    assert panel.n_months_common == 9


def test_a_revised_score_moves_the_months_that_it_dates():
    scores, panel = changes(example(), example(EXAMPLE.replace("closed 0.60", "closed 0.45")))
    assert scores.scores_revised.to_dict("records") == [{"benchmark": "b", "model": "C2", "old": 0.6, "new": 0.45}]
    assert not scores.models_added
    # May: from 72 days behind to 30 days ahead. June to August: 0.50 is then dated by C3, 77 days later than C2.
    assert (panel.n_months_changed, panel.n_months_common, panel.n_months_added) == (4, 9, 0)
    assert panel.mean_change == pytest.approx(-(102 + 3 * 77) * DAY / 9)
    (row,) = panel.by_benchmark.to_dict("records")
    assert row["last_old"] == row["last_new"] == pytest.approx(-49 * DAY)


def test_a_new_model_lengthens_the_window():
    before = "\n".join(line for line in EXAMPLE.splitlines() if not line.startswith("O3"))
    scores, panel = changes(example(before), example())
    assert scores.models_added == ("O3",)
    assert len(scores.scores_added) == 1
    # Without O3 the window ends a month after O2, at the end of June.
    assert (panel.n_months_changed, panel.n_months_added, panel.n_months_common) == (0, 4, 5)
    (row,) = panel.by_benchmark.to_dict("records")
    assert row["records"] == "O3"
    assert (row["last_old"], row["last_new"]) == (pytest.approx(102 * DAY), pytest.approx(-49 * DAY))
    back = changes(example(), example(before))
    assert back[0].models_removed == ("O3",)
    assert back[1].n_months_removed == 4


def test_a_revised_date_and_flag_are_told():
    scores, _ = changes(
        example(),
        example(
            EXAMPLE.replace("O2 2024-05-01", "O2 2024-05-09").replace("C4 2024-09-25 closed", "C4 2024-09-25 open")
        ),
    )
    assert scores.models_revised.to_numpy().tolist() == [
        ["C4", "weights", "closed", "open"],
        ["O2", "release_date", "2024-05-01", "2024-05-09"],
    ]
    assert not scores.empty


def test_variants_are_compared_each_and_a_benchmark_that_goes_is_told():
    def with_variants(*scores):
        rows = [("b", "A", "2024-01-01", "open", s, v) for s, v in scores] + [("c", "B", "2024-01-01", "closed", 1, "")]
        columns = ["benchmark", "model", "release_date", "weights", "score", "variant"]
        return validate_scores(pd.DataFrame(rows, columns=columns), today=date(2025, 1, 1))

    old, new = with_variants((0.1, "low"), (0.3, "high")), with_variants((0.2, "low"), (0.3, "high"))
    found = diff_scores(old, new.subset(benchmarks="b"))
    assert found.scores_revised[["variant", "old", "new"]].to_numpy().tolist() == [["low", 0.1, 0.2]]
    assert found.benchmarks_removed == ("c",)
    assert json.loads(json.dumps(found.as_dict()))["scores_removed"][0]["model"] == "B"


@pytest.mark.parametrize(
    "words", [("epoch_2026-05", "epoch_2026-08"), ("epoch_2026-05", "epoch_2026-8"), ("no.csv", "x")]
)
def test_diff_from_the_command_line(words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["gapmodel", "data", "diff", *words, "--json"])
    with pytest.raises(SystemExit) as stop:
        main()
    out = capsys.readouterr()
    if words[1] != "epoch_2026-08":
        assert stop.value.code == 1
        assert "give a folder, a scores.csv" in out.err
        return
    content = json.loads(out.out)
    assert content["panel"]["months_changed"] > 0
    assert {"mean_change_months", "by_benchmark", "months_common"} <= content["panel"].keys()
    assert "GLM-5.2" in content["scores"]["models_added"]


TWICE = """model,release_date,weights,organization,a,b
M1,2024-01-01,open,Oak,1,
M1,{},{},{},,2
"""


def test_rows_of_one_model_fill_each_others_blanks_and_must_not_differ():
    found = convert("wide-csv", TWICE.format("", "", "").encode(), "w.csv")
    assert found.models.loc["M1", ["release_date", "weights", "organization"]].tolist() == ["2024-01-01", "open", "Oak"]
    assert len(found.rows) == 2
    with pytest.raises(DataError, match="line 3: 'M1' has release_date '2023-01-01' here and '2024-01-01' in an earli"):
        convert("wide-csv", TWICE.format("2023-01-01", "open", "Oak").encode(), "w.csv")


@pytest.mark.parametrize("header", ["model,Model,a", "model,Release date,release_date,a"])
def test_two_columns_that_say_the_same_are_refused(header):
    cells = ",".join(["M1"] + ["2024-01-01"] * (header.count(",") - 1) + ["1"])
    with pytest.raises(DataError, match="say the same; keep one"):
        convert("wide-csv", f"{header}\n{cells}\n".encode(), "w.csv")


@pytest.mark.parametrize(
    ("kind", "content", "says"),
    [
        ("hf-json", '[{"model": "M", "a": 1' + "0" * 400 + "}]", "no number|no model"),
        ("hf-json", r'[{"model": "M\ud800", "a": 1}]', "no whole JSON"),
        ("hf-json", '[{"model-index": [{"name": "M", "results": [{"dataset": 5, "metrics": 5}]}]}]', "no model has"),
        ("hf-json", '[{"model-index": [7]}]', "no column|no model"),
        ("artificial-analysis", r'{"data": [{"name": "\ud800"}]}', "no whole JSON"),
    ],
)
def test_odd_json_is_one_clear_error(kind, content, says):
    with pytest.raises(DataError, match=says):
        convert(kind, content.encode(), "odd.json")


def test_days_of_a_leaderboard_may_be_numbers_and_text():
    rows = [{"model": n, "score": 1, "leaderboard_publish_date": d} for n, d in (("A", "2025-01-01"), ("B", 20250201))]
    found = convert("lmarena", json.dumps(rows).encode(), "a.json")
    assert len(found.rows) == 1
