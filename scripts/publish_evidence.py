"""Copy what the committed checks found into the package, so that every run quotes it beside its answer.

uv run scripts/publish_evidence.py

From `check_default` (most tables, three methods), `protocol` (the headline's candidates, replayed tables too),
`trust/false_alarms` (fewer tables, every method), `trust/untidy` and `trust/untidy_damped` (lines and the default in
the less tidy regimes): where two have a row, the one with more tables. From `forms` and the runs of the default data:
what each variant says of zero lag on them. From `trust/revisions`: how much months are revised. From `trust/backtest`
and `protocol`: forecasts at past dates, and which criteria of docs/protocol.md each variant met. From
`trust/backtest_known` (`trust/backtest` where there is none): the answer at each past cutoff. From `questions`: the
answers to the ready questions.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
from protocol_results import BASELINES, UNIT

from gapmodel.analysis.forms import KEPT, compared_on
from gapmodel.analysis.replays import read_questions, read_replays
from gapmodel.analysis.track_record import lasting_options
from gapmodel.files.atomic import atomic_text, write_json
from gapmodel.modeling.registry import DEFAULT_VARIANT
from gapmodel.validation.false_alarms import false_alarm_table
from gapmodel.validation.revisions import REPLAY
from gapmodel.validation.skill import GOAL_COVERAGE

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference"
PACKAGE = ROOT / "src" / "gapmodel" / "data"

KEY = ["regime", "method", "scenario"]


def known_truth() -> pd.DataFrame:
    """One row per regime, method and scenario."""
    checked = pd.read_csv(REFERENCE / "check_default" / "table.csv")
    columns = [name for name in checked.columns if name != "mc_error_of_a_share"]
    sweeps = [
        pd.read_csv(REFERENCE / "trust" / name / "false_alarms.csv")[columns]
        for name in ("false_alarms", "untidy", "untidy_damped")
    ]
    tables = [false_alarm_table(pd.read_csv(path)) for path in sorted((REFERENCE / "protocol").glob("*/rows.csv"))]
    every = pd.concat([checked[columns], *(table[columns] for table in tables), *sweeps], ignore_index=True)
    most = every.sort_values("n", ascending=False, kind="stable").drop_duplicates(KEY)
    return most.sort_values(KEY, kind="stable")


def forms() -> dict[str, Any]:
    """Zero lag by variant on the data and choices of the reference run."""
    folders = [REFERENCE / "august_2026", REFERENCE / "latent_frontier", *sorted((REFERENCE / "forms").iterdir())]
    own, *others = [json.loads((folder / "summary.json").read_text(encoding="utf-8")) for folder in folders]
    about = compared_on(own)
    alike = [s for s in others if s["data"]["sha256"] == about["data_sha256"] and s["options"] == about["options"]]
    zero = {s["model"]: {key: s["zero_lag"][key] for key in KEPT} for s in [own, *alike] if s["citable"]}
    return {"about": about, "zero": zero, "failed": sorted(s["model"] for s in alike if not s["citable"])}


def revisions() -> dict[str, Any]:
    """Mean change of the lag of a month from its end to some months later, in replays of the bundled data; months."""
    folder = REFERENCE / "trust" / "revisions"
    about = json.loads((folder / "revisions.json").read_text(encoding="utf-8"))
    table = pd.read_csv(folder / "summary.csv")
    rows = table[(table["source"] == REPLAY) & (table["first_seen"] == 0)]
    options = lasting_options(about["options"])
    change = {str(row["months_later"]): row["change"] for row in rows.to_dict("records")}
    return {"data_sha256": about["data"]["sha256"], "options": options, "change": change}


def protocol() -> dict[str, dict[str, list[str]]]:
    """Variant → criteria of docs/protocol.md that it met and missed, of those that were run on all of its tables."""
    folder = REFERENCE / "protocol"
    truth = pd.read_csv(folder / "known_truth.csv", keep_default_na=False).set_index("regime").loc[["all"]]
    ahead = pd.read_csv(folder / "out_of_time.csv")
    found = {}
    for row in truth.to_dict("records"):
        name, fails = row["method"], [part for part in row["fails"].split(", ") if part]
        calibration = REFERENCE / "trust" / f"calibration{'' if name == DEFAULT_VARIANT else f'_{name}'}"
        even = bool(pd.read_csv(calibration / "calibration.csv")["passed"].all())
        wide = [part for part in fails if part.endswith("width")]
        mine = ahead[ahead["method"] == name]
        behind = [other.replace("_", " ") for other in BASELINES if (mine[other] >= 0.0).any()]
        forecasts = [f"not better at every horizon than {_listed(behind)}"] * bool(behind)
        shares = mine["coverage_90"]
        forecasts += ["intervals too narrow"] * bool((shares < GOAL_COVERAGE[0]).any())
        forecasts += ["intervals too wide"] * bool((shares > GOAL_COVERAGE[1]).any())
        judged = {
            "known truth": sorted(set(fails) - set(wide)) + ["calibration by simulation"] * (not even),
            "forecasts": forecasts,
        }
        if name != UNIT:
            judged["width"] = [f"not enough narrower than {UNIT}"] * bool(wide)
        found[name] = {
            "met": [criterion for criterion, why in judged.items() if not why],
            "missed": [f"{criterion} ({', '.join(why)})" for criterion, why in judged.items() if why],
        }
    return found


def _listed(names: list[str]) -> str:
    """``a, b or c``."""
    return " or ".join([", ".join(names[:-1]), *names[-1:]] if len(names) > 1 else names)


if __name__ == "__main__":
    write_json(PACKAGE / "forms.json", forms())
    write_json(PACKAGE / "revisions.json", revisions())
    if (REFERENCE / "questions").is_dir():  # made after the first runs
        write_json(PACKAGE / "questions.json", read_questions(REFERENCE / "questions"))
    known = REFERENCE / "trust" / "backtest_known"  # scores known from their evaluation: nearer to what was seen then
    write_json(PACKAGE / "replays.json", read_replays(known if known.is_dir() else REFERENCE / "trust" / "backtest"))
    atomic_text(
        PACKAGE / "known_truth.csv", known_truth().to_csv(index=False, float_format="%.3f", lineterminator="\n")
    )
    found = json.loads((REFERENCE / "trust" / "backtest" / "backtest.json").read_text(encoding="utf-8"))
    cutoffs = sorted(found["cutoffs"])
    about = {
        "snapshot": found["data"]["snapshot"], "cutoffs": len(cutoffs), "first": cutoffs[0], "last": cutoffs[-1],
    }  # fmt: skip
    fits = {
        name: {"fits": len(mine), "fits_failed": sum(not fit["passed"] for fit in mine)}
        for name in found["methods"]
        for mine in [[fit for fit in found["fits"] if fit["method"] == name]]
    }
    write_json(
        PACKAGE / "backtest.json", {"about": about, "fits": fits, "methods": found["methods"], "protocol": protocol()}
    )
