"""What a page is made from: a verified run, and optional folders beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.analysis.replays import (
    PastAnswers,
    answered_questions,
    past_answers,
    read_questions,
    read_replays,
    shipped_questions,
    shipped_replays,
)
from gapmodel.errors import DataError
from gapmodel.files.safe_csv import csv_table
from gapmodel.lags.measures import Waiting, score_gaps, waiting
from gapmodel.lags.views import settled_catch_up
from gapmodel.report.facts import Facts, Maker, known_facts
from gapmodel.report.frontiers import BenchmarkFrontiers, benchmark_frontiers
from gapmodel.runs.run import Run

__all__ = ["MAX_DRAWS", "PageData", "Thinned", "read_page_data"]

MAX_DRAWS = 1000


@dataclass(frozen=True)
class Thinned:
    """Evenly thinned draws of each benchmark at the reported date.

    Attributes
    ----------
    names : list of str
        Benchmarks of the rows.
    gap, slope : numpy.ndarray, shape (n_benchmarks, n_kept)
        Months, and months per year.
    n_draws : int
        Of the run, before thinning.
    """

    names: list[str]
    gap: np.ndarray
    slope: np.ndarray
    n_draws: int


@dataclass(frozen=True)
class PageData:
    """Everything that the sections read.

    Attributes
    ----------
    run : Run
    benchmarks : pandas.DataFrame
        ``per_benchmark.csv`` sorted by title, and a row without numbers for each benchmark that has lags but was left
        out of the model.
    lags, lines, monthly, curve : pandas.DataFrame
        The tables of the run.
    frontiers : dict
        Benchmark → `BenchmarkFrontiers`.
    bands : pandas.DataFrame or None
        ``trend_bands.csv``; runs of earlier versions have none.
    draws : Thinned or None
        None where the folder holds no ``draws.nc``, as committed runs do.
    audit : dict or None
        ``audit.json``, see `gapmodel.audit.Audit.as_dict`; runs of earlier versions have none.
    comparison, skill, multiverse : pandas.DataFrame or None
    past : PastAnswers or str
        The answer at earlier cutoffs, or why there is none.
    questions : list of dict or str
        The other ready questions, or why there are none.
    facts : Facts or str
        What the table of scores knows beyond the run, or why it is not at hand.
    score_gaps : pandas.DataFrame
        See `gapmodel.lags.measures.score_gaps`.
    catch_up : pandas.DataFrame
        Waiting times of the leader's records, by the start-up rules of the run.
    waited : Waiting or None
        What they say together.
    """

    run: Run
    benchmarks: pd.DataFrame
    lags: pd.DataFrame
    frontiers: dict[str, BenchmarkFrontiers]
    lines: pd.DataFrame
    monthly: pd.DataFrame
    curve: pd.DataFrame
    bands: pd.DataFrame | None
    draws: Thinned | None
    audit: dict[str, Any] | None = None
    comparison: pd.DataFrame | None = None
    skill: pd.DataFrame | None = None
    multiverse: pd.DataFrame | None = None
    past: PastAnswers | str = "no replay was looked for"
    questions: list[dict[str, Any]] | str = "none was looked for"
    facts: Facts | str = "they were not looked for"
    score_gaps: pd.DataFrame | None = None
    catch_up: pd.DataFrame | None = None
    waited: Waiting | None = None

    @property
    def summary(self) -> Mapping[str, Any]:
        """``summary.json`` of the run."""
        return self.run.summary

    @property
    def titles(self) -> dict[str, str]:
        """Benchmark → title."""
        return dict(zip(self.benchmarks["benchmark"], self.benchmarks["title"], strict=True))

    @property
    def known(self) -> Facts:
        """`facts`, empty where they are not at hand."""
        return self.facts if isinstance(self.facts, Facts) else Facts(pd.DataFrame())

    @property
    def record_makers(self) -> dict[str, Maker]:
        """Model → its maker, of the models that hold a record, where one is known."""
        models = {r.model for pair in self.frontiers.values() for r in (*pair.leader, *pair.follower)}
        makers = self.known.makers
        return {model: makers[model] for model in sorted(models & set(makers))}


def read_page_data(
    run: Run,
    *,
    comparison: Path | None = None,
    trust: Path | None = None,
    sensitivity: Path | None = None,
    questions: Path | None = None,
) -> PageData:
    """Read what the page shows.

    Parameters
    ----------
    run : Run
    comparison, trust, sensitivity : pathlib.Path, optional
        Folders with ``comparison.csv``, ``skill.csv`` and ``multiverse.csv``.
    questions : pathlib.Path, optional
        Folder with ``questions.json``.

    Returns
    -------
    PageData

    Raises
    ------
    DataError
        A table of the run is missing or altered, a given folder lacks its table, or the table lacks a column.
    """
    modelled, lags = run.table("per_benchmark.csv"), run.table("lags.csv")
    facts, catch_up = known_facts(run), _catch_up(run, lags)
    known = (facts.lower_is_better(), facts.errors) if isinstance(facts, Facts) else (_read_off(run.frontiers), {})
    return PageData(
        run=run,
        benchmarks=_every_benchmark(modelled, lags),
        lags=lags,
        frontiers=benchmark_frontiers(run.frontiers, lags, run.table("release.csv")),
        lines=run.table("baseline_lines.csv"),
        monthly=run.table("baseline_monthly.csv"),
        curve=run.table("zero_lag_curve.csv"),
        bands=run.table("trend_bands.csv") if run.has("trend_bands.csv") else None,
        draws=_thinned(run, list(modelled["benchmark"])) if run.has("draws.nc") else None,
        audit=run.audit,
        comparison=_beside(comparison, "comparison.csv", _COMPARISON),
        skill=_beside(trust, "skill.csv", ()),
        multiverse=_beside(sensitivity, "multiverse.csv", ()),
        facts=facts,
        score_gaps=score_gaps(lags, lower_is_better=known[0], errors=known[1]),
        catch_up=catch_up,
        waited=waiting(catch_up),
        past=past_answers(_replays(trust), run.summary),
        questions=answered_questions(
            shipped_questions() if questions is None else read_questions(questions), run.summary
        ),
    )


def _catch_up(run: Run, lags: pd.DataFrame) -> pd.DataFrame:
    options = run.options
    first = lags.drop_duplicates("benchmark").set_index("benchmark")
    leader, follower = (pd.to_datetime(first[f"{role}_first"]) for role in ("leader", "follower"))
    start_up = (options.leader_start_up_months, options.follower_start_up_months)
    rows = run.table("catch_up.csv")
    return settled_catch_up(rows[rows["benchmark"].isin(first.index)], leader, follower, *start_up).reset_index(
        drop=True
    )


def _read_off(records: pd.DataFrame) -> dict[str, bool]:
    """Whether lower is better, from records that go down."""
    down = records.groupby(["benchmark", "role"])["level"].diff() < 0
    return {str(name): bool(any_) for name, any_ in down.groupby(records["benchmark"]).any().items()}


def _replays(trust: Path | None) -> dict[str, Any] | None:
    """Of the given folder, where it is a backtest; else those of the package."""
    given = trust is not None and (trust / "backtest.json").is_file()
    return read_replays(trust) if trust is not None and given else shipped_replays()


_COMPARISON = (
    "variant", "summary", "gap_median", "gap_lower", "gap_upper", "slope_median", "slope_lower", "slope_upper",
    "probability_12_months", "probability_never", "passed",
)  # fmt: skip


def _every_benchmark(modelled: pd.DataFrame, lags: pd.DataFrame) -> pd.DataFrame:
    seen = lags[["benchmark", "title", "category"]].drop_duplicates("benchmark")
    others = seen[~seen["benchmark"].isin(modelled["benchmark"])]
    table = pd.concat([modelled, others], ignore_index=True) if len(others) else modelled.copy()
    table["title"] = table["title"].fillna(table["benchmark"]).astype(str)
    table["category"] = table["category"].fillna("").astype(str)
    return table.sort_values("title", key=lambda t: t.str.casefold(), kind="stable", ignore_index=True)


def _thinned(run: Run, names: list[str]) -> Thinned | None:
    draws = run.dataset("draws.nc")
    if not {"benchmark_gap", "benchmark_slope"} <= set(draws.data_vars):
        return None
    flat = []
    for name in ("benchmark_gap", "benchmark_slope"):
        values = draws[name].sel(benchmark=names).transpose("benchmark", "chain", "draw").to_numpy()
        flat.append(values.reshape(len(names), -1))
    n = flat[0].shape[1]
    kept = np.unique(np.linspace(0, n - 1, min(n, MAX_DRAWS)).round().astype(int))
    return Thinned(names, flat[0][:, kept].astype(float), flat[1][:, kept].astype(float), n)


def _beside(folder: Path | None, name: str, columns: tuple[str, ...]) -> pd.DataFrame | None:
    if folder is None:
        return None
    path = Path(folder) / name
    try:
        table = csv_table(path.read_bytes())
    except OSError:
        raise DataError(f"'{folder}' has no readable {name}: give the folder that holds it") from None
    except ValueError:  # pandas' errors and those of decoding
        raise DataError(f"'{path}' cannot be read as CSV: it is damaged, make it again") from None
    missing = [c for c in columns if c not in table]
    if missing:
        raise DataError(f"'{path}' lacks the column '{missing[0]}': make it again with this version")
    return table
