"""What stands beside the answer of a run, where it is of the same data and variant.

What runs at earlier dates would have said, from a backtest, with what came later; and the answers to the other ready
questions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gapmodel.analysis.track_record import lasting_options, shipped_json
from gapmodel.errors import DataError
from gapmodel.files.safe_csv import csv_table

__all__ = [
    "PastAnswers",
    "answered_questions",
    "past_answers",
    "read_questions",
    "read_replays",
    "shipped_questions",
    "shipped_replays",
]

_AVERAGES = ("cutoff", "month", "outcome", "q05", "q25", "q50", "q75", "q95", "n_benchmarks")


@dataclass(frozen=True)
class PastAnswers:
    """Answers of one variant at past cutoffs.

    Attributes
    ----------
    known_by : str
        In words: when a score counts as known.
    answers : pandas.DataFrame
        One row per cutoff, see `gapmodel.validation.forecasts.answer_at`; empty where the backtest kept none.
    averages : pandas.DataFrame
        One row per cutoff and later month: quantiles of the forecast of the average lag, and the ``outcome`` over
        ``n_benchmarks``; months.
    """

    known_by: str
    answers: pd.DataFrame
    averages: pd.DataFrame


def read_replays(folder: Path) -> dict[str, Any]:
    """Past answers of every variant of a backtest folder, with what they are of, as plain values.

    Parameters
    ----------
    folder : pathlib.Path
        Of ``gapmodel backtest``.

    Returns
    -------
    dict
        ``data_sha256, options`` (without the cutoff)``, known_by``, ``snapshot``, and ``methods``: name → ``answers``
        and ``averages``, lists of records.

    Raises
    ------
    DataError
        Its summary or its forecasts cannot be read.
    """
    try:
        about = json.loads((folder / "backtest.json").read_text(encoding="utf-8"))
        forecasts = csv_table((folder / "forecasts.csv").read_bytes())
        kept = folder / "answers.csv"
        answers = csv_table(kept.read_bytes()) if kept.is_file() else pd.DataFrame(columns=["method", "cutoff"])
        options = lasting_options(about["options"])
        averages = forecasts[forecasts["target"] == "average"]
        fitted = {fit["method"] for fit in about["fits"]}
        methods = {
            name: {
                "answers": _records(answers[answers["method"] == name].drop(columns="method")),
                "averages": _records(averages.loc[averages["method"] == name, list(_AVERAGES)]),
            }
            for name in sorted(fitted)
        }
        rule = about.get("known_by", {}).get("rule", "release")
        return {"data_sha256": about["data"]["sha256"], "snapshot": about["data"]["snapshot"], "options": options,
                "known_by": rule, "methods": methods}  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"'{folder}' has no readable replay ({type(error).__name__}: {error}): make it again with gapmodel backtest"
        ) from None


def read_questions(folder: Path) -> dict[str, Any]:
    """``questions.json`` of ``gapmodel ask all``.

    Raises
    ------
    DataError
        It cannot be read, or has another form.
    """
    path = folder / "questions.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        parts = [answer for row in found["questions"] for answer in row["answers"]]
        if not all({"gap", "slope", "answer", "model", "n_draws", "never"} <= set(answer) for answer in parts):
            raise ValueError("an answer lacks a part")
        found["data_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"'{folder}' has no readable questions.json ({type(error).__name__}: {error}): make it by gapmodel ask all"
        ) from None
    return found


def shipped_questions() -> dict[str, Any] | None:
    """Those of the bundled data (from ``scripts/publish_evidence.py``); None where the package has none."""
    return shipped_json("questions.json")


def answered_questions(found: Mapping[str, Any] | None, summary: Mapping[str, Any]) -> list[dict[str, Any]] | str:
    """The ready questions on the table and with the model of a run, the usual one left out; else why there are none."""
    if found is None:
        return "they were not asked of its data"
    if found["data_sha256"] != summary["data"]["sha256"]:
        return "the answers at hand are of other data"
    models = {answer["model"] for row in found["questions"] for answer in row["answers"]}
    if models != {summary["model"]}:
        return f"the answers at hand are of another variant ({', '.join(sorted(models)) or 'none'})"
    return [row for row in found["questions"] if row["question"] != "open-closed"]


def shipped_replays() -> dict[str, Any] | None:
    """Those of the bundled data (from ``scripts/publish_evidence.py``); None where the package has none."""
    return shipped_json("replays.json")


def past_answers(found: Mapping[str, Any] | None, summary: Mapping[str, Any]) -> PastAnswers | str:
    """The past answers that belong to a run: same data, choices and variant; else why there are none.

    Parameters
    ----------
    found : mapping or None
        From `read_replays` or `shipped_replays`.
    summary : mapping
        Of the run.
    """
    variant, data = summary["model"], summary["data"]
    if found is None:
        return "no replay of its data was made"
    if found["data_sha256"] != data["sha256"]:
        return (
            f"the replay at hand is of other data ({found['snapshot'] or 'a table of its own'}, SHA-256 "
            f"{found['data_sha256'][:12]})"
        )
    if found["options"] != lasting_options(summary["options"]):
        return "the replay at hand is of other choices (groups, windows or dates)"
    mine = found["methods"].get(variant)
    if mine is None or not mine["averages"]:
        return f"the replay at hand lacks the variant {variant}"
    words = {
        "release": "scores count as known from the release of their model",
        "evaluation": "scores count as known from their evaluation, where its day is unknown after a drawn delay",
    }
    return PastAnswers(words[found["known_by"]], pd.DataFrame(mine["answers"]), pd.DataFrame(mine["averages"]))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    text = table.astype({name: str for name in ("cutoff", "month") if name in table})
    return json.loads(text.to_json(orient="records", double_precision=4))
