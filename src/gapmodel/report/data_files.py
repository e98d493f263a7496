"""The numbers of a page as CSV files with one description of all, for whoever draws them again or checks them.

Names of files and columns are stable: `FORMAT` is raised where one changes its meaning.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from gapmodel.analysis.sentences import headline
from gapmodel.errors import ConfigError
from gapmodel.files.atomic import atomic_text, csv_text, staging_folder, writable_folder
from gapmodel.files.folder_swap import place_files
from gapmodel.report.payload import over_benchmarks
from gapmodel.report.source import PageData

__all__ = ["FORMAT", "METADATA", "NAMES", "data_files", "data_target", "write_data_files"]

FORMAT = 1
METADATA = "metadata.json"
_KIND = "gapmodel page data"

_QUANTILE = "posterior quantile"
_COLUMNS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "answer.csv": (
        "The answer: medians and equal-tailed intervals at the date.",
        {
            "quantity": ("", "gap or its change over the last 12 months, and over which benchmarks"),
            "unit": ("", "months, or months per year; below zero the follower leads, or gains"),
            "date": ("ISO date", "of the answer"),
            "median": ("unit", _QUANTILE),
            "lower": ("unit", "lower end of the interval"),
            "upper": ("unit", "upper end of the interval"),
            "probability": ("1", "of the interval"),
            "mcse": ("unit", "Monte Carlo standard error of the mean"),
        },
    ),
    "trend.csv": (
        "Posterior of the average gap by month; after the date of the answer the trend is extended.",
        {"date": ("ISO date", "month-end"), "mean": ("months", "posterior mean")}
        | {f"q{q}": ("months", f"{_QUANTILE} {int(q)} %") for q in ("05", "10", "25", "50", "75", "90", "95")},
    ),
    "zero.csv": (
        "Probability that the average gap has reached zero by a month-end.",
        {
            "date": ("ISO date", "month-end"),
            "probability": ("1", "posterior"),
            "mcse": ("1", "Monte Carlo standard error of it"),
            "sustained": ("1", "reached and held for three more months"),
            "prior": ("1", "before any data"),
        },
    ),
    "lags.csv": (
        "The lag of each benchmark in each month, what the model sees.",
        {
            "benchmark": ("", "name"),
            "month": ("ISO date", "month-end"),
            "lag_months": ("months", "of the follower behind the leader; empty where there is none"),
            "censoring": ("", "0 exact, 1 at least this, -1 at most this"),
            "leader_model": ("", "best model of the leader"),
            "follower_model": ("", "best model of the follower"),
        },
    ),
    "benchmarks.csv": (
        "Gap and slope of each benchmark at the date.",
        {
            "benchmark": ("", "name"),
            "category": ("", "of the benchmark"),
            "gap_median": ("months", _QUANTILE),
            "gap_lower": ("months", "lower end of the 90 % interval"),
            "gap_upper": ("months", "upper end of the 90 % interval"),
            "slope_median": ("months per year", _QUANTILE),
            "slope_lower": ("months per year", "lower end of the 90 % interval"),
            "slope_upper": ("months per year", "upper end of the 90 % interval"),
        },
    ),
    "frontiers.csv": (
        "Records of both groups on every benchmark.",
        {
            "benchmark": ("", "name"),
            "role": ("", "leader or follower"),
            "date": ("ISO date", "from which the record counts"),
            "model": ("", "that set it"),
            "level": ("of the benchmark", "its score"),
        },
    ),
    "score_gaps.csv": (
        "The gap in points: best scores of both groups at the last month-end at which each benchmark was run.",
        {
            "benchmark": ("", "name"),
            "month": ("ISO date", "month-end"),
            "leader_model": ("", "best model of the leader"),
            "leader_level": ("of the benchmark", "its score"),
            "follower_model": ("", "best model of the follower"),
            "follower_level": ("of the benchmark", "its score"),
            "difference": ("of the benchmark", "above zero the follower is behind"),
            "noise": ("of the benchmark", "half width of its 90 % interval by the errors of both; empty if unknown"),
            "within_noise": ("", "whether the difference is inside it; empty if unknown"),
        },
    ),
    "waiting.csv": (
        "How long each record of the leader waited to be matched.",
        {
            "benchmark": ("", "name"),
            "date": ("ISO date", "of the record"),
            "model": ("", "that set it"),
            "months": ("months", "until it was matched, or the bound"),
            "censoring": ("", "0 exact, 1 at least this, -1 at most this"),
            "matched_date": ("ISO date", "empty where it is not matched yet"),
        },
    ),
}
#: What `write_data_files` writes.
NAMES = (*_COLUMNS, METADATA)


def data_files(data: PageData) -> dict[str, str]:
    """Name → content of every file, the description last; the same run gives the same bytes."""
    tables = {
        "answer.csv": _answer(data),
        "trend.csv": data.bands,
        "zero.csv": data.curve,
        "lags.csv": data.lags,
        "benchmarks.csv": data.benchmarks,
        "frontiers.csv": data.run.frontiers,
        "score_gaps.csv": data.score_gaps,
        "waiting.csv": data.catch_up,
    }
    texts, described = {}, []
    for name, (about, columns) in _COLUMNS.items():
        table = tables[name]
        if table is None:  # a run that kept none
            continue
        kept = [column for column in columns if column in table]
        texts[name] = csv_text(_plain_days(table[kept]))
        described.append(
            {
                "name": name,
                "about": about,
                "rows": len(table),
                "sha256": hashlib.sha256(texts[name].encode()).hexdigest(),
                "columns": [{"name": c, "unit": columns[c][0], "about": columns[c][1]} for c in kept],
            }
        )
    texts[METADATA] = json.dumps(_metadata(data, described), indent=2, ensure_ascii=False) + "\n"
    return texts


def data_target(folder: Path) -> Path:
    """Check early that the files can go into `folder`: it is new, empty, or holds those of an earlier page.

    Raises
    ------
    ConfigError
        It holds other files, or cannot be written to.
    """
    writable_folder(folder)
    there = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    foreign = [name for name in there if name not in NAMES]
    if there and not foreign and not _of_a_page(folder / METADATA):
        foreign = there
    if foreign:
        raise ConfigError(
            f"'{folder}' holds files that are not of a page ({foreign[0]}): give another --out, or --no-data"
        )
    return folder


def write_data_files(data: PageData, folder: Path) -> None:
    """Write them all, or none; a process that is killed leaves files missing and never a mixture.

    Raises
    ------
    ConfigError
        See `data_target`.
    """
    data_target(folder)
    texts = data_files(data)
    folder.mkdir(parents=True, exist_ok=True)
    staging = staging_folder(folder)
    try:
        for name, text in texts.items():
            atomic_text(staging / name, text)
        for name in set(NAMES) - set(texts):
            (folder / name).unlink(missing_ok=True)
        place_files(staging, folder, texts)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _of_a_page(path: Path) -> bool:
    return path.is_file() and f'"kind": "{_KIND}"' in path.read_text(encoding="utf-8", errors="replace")


def _answer(data: PageData) -> pd.DataFrame:
    s, rows = data.summary, []
    for label, gap, slope in over_benchmarks(s):
        for key, what, unit in ((gap, "gap", "months"), (slope, "slope", "months per year")):
            if key is not None:
                entry = s[key]
                ends = entry["interval"]
                rows.append(
                    {
                        "quantity": f"{what}, {label}", "unit": unit, "date": s["average_gap_months"]["date"],
                        "median": entry["median"], "lower": ends["lower"], "upper": ends["upper"],
                        "probability": ends["prob"], "mcse": entry["mcse"],
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def _plain_days(table: pd.DataFrame) -> pd.DataFrame:
    days = [c for c in table if pd.api.types.is_datetime64_any_dtype(table[c])]
    return table.assign(**{str(c): table[c].dt.strftime("%Y-%m-%d") for c in days})


def _metadata(data: PageData, described: list[dict[str, Any]]) -> dict[str, Any]:
    s, m = data.summary, data.run.manifest
    return {
        "kind": _KIND,
        "format": FORMAT,
        "title": f"How far {s['follower']} models are behind {s['leader']} models",
        "answer": headline(s),
        "citable": s["citable"],
        "run": data.run.run_id,
        "manifest_sha256": m["sha256"],
        "as_of": s["data"]["as_of"],
        "data": {"snapshot": s["data"]["snapshot"], "sha256": s["data"]["sha256"]},
        "sources": list(s["credits"]),
        "licence": "as each of the sources says; changes were made",
        "next_update": None,
        "update": "No date is set: the numbers change when the run is repeated on newer data (gapmodel update).",
        "files": described,
    }
