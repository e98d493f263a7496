"""What became of the statements of a ledger, by the rules and the code of the backtest.

A statement is due when the table reaches the end of its month. History that was rescored or redated since a forecast is
told apart from new models: the same forecast is also scored against the lags that follow from the scores, dates and
flags of its own table, with what both tables lack in common taken from the newer one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gapmodel.cite.reproduce import selection_of
from gapmodel.errors import DataError, GapmodelError, InsufficientDataError, UnknownNameError, quoted
from gapmodel.ledger.chain import Ledger
from gapmodel.ledger.entries import forecast_of_entry
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.names import benchmark_named
from gapmodel.scores.selection import select
from gapmodel.scores.table import Scores
from gapmodel.sources import bundled
from gapmodel.stats.proper_scores import brier_score, covers, crps
from gapmodel.units import month_ends
from gapmodel.validation.baseline_forecasts import FEWEST_CELLS
from gapmodel.validation.decomposition import between, decompose_lags
from gapmodel.validation.forecasts import AVERAGE, score_cells
from gapmodel.validation.replay import HORIZONS, Outcome, outcomes_of
from gapmodel.validation.skill import brier_table, skill_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["LedgerScores", "independent_cutoffs", "score_ledger"]

#: Changes of `gapmodel.validation.decomposition.CHANGES` that are no history: models and benchmarks that came.
_CAME = ("models", "benchmarks")
_CELL = ["entry", "target", "benchmark", "month"]


@dataclass(frozen=True, eq=False)
class LedgerScores:
    """Due statements of a ledger against a table.

    Attributes
    ----------
    forecasts : pandas.DataFrame
        One row per forecast of a benchmark or of the average that has an outcome: ``entry, method, cutoff``, the
        columns of `gapmodel.validation.forecasts.score_rows`; ``foreseen``, whether the entry was added before the
        month ended; ``outcome_then, crps_then``: against the history as it was in the entry's own table (NaN where that
        table is not at hand).
    below : pandas.DataFrame
        See `gapmodel.validation.skill.brier_table`, with ``entry`` and ``foreseen``.
    zero : pandas.DataFrame
        One row per due P(zero by a date): ``entry, method, cutoff, date, probability, happened, brier, foreseen``;
        it happened where the average of the known lags was at or below zero at some month-end by then.
    published : pandas.DataFrame
        One row per published statement that is due: ``entry, who, benchmark, on, months, month, outcome, censoring,
        crps, covered``.
    skill, brier : pandas.DataFrame
        From `gapmodel.validation.skill`, by method; of two entries of one method and cutoff the first counts.
    history : pandas.DataFrame
        What moved the lags since each entry's table, see `gapmodel.validation.decomposition.decompose_lags`, with
        ``entry``.
    independent : pandas.DataFrame
        One row per method and horizon: ``method, horizon, outcomes, cutoffs, independent``; cutoffs whose forecasts
        share no month.
    notes : tuple of str
        What is not due, could not be scored, or was scored on less.
    """

    forecasts: pd.DataFrame
    below: pd.DataFrame
    zero: pd.DataFrame
    published: pd.DataFrame
    skill: pd.DataFrame
    brier: pd.DataFrame
    history: pd.DataFrame
    independent: pd.DataFrame
    notes: tuple[str, ...]
    credits: tuple[str, ...] = field(default=(), repr=False)

    @property
    def by_entry(self) -> pd.DataFrame:
        """One row per entry and target: ``entry, method, cutoff, target, n, foreseen`` (how many), ``crps, coverage_90,
        crps_then, outcome_moved`` (months: how far rescored and redated history moved the outcomes; NaN where unknown).
        """
        rows = []
        for (entry, target), part in self.forecasts.groupby(["entry", "target"]) if len(self.forecasts) else ():
            inside = covers(part["q05"], part["q95"], part["outcome"], part["censoring"])
            rows.append(
                {
                    "entry": entry,
                    "method": part["method"].iloc[0],
                    "cutoff": part["cutoff"].iloc[0],
                    "target": target,
                    "n": len(part),
                    "foreseen": int(part["foreseen"].sum()),
                    "crps": float(part["crps"].mean()),
                    "coverage_90": float(inside.mean()),
                    "crps_then": float(part["crps_then"].mean()),
                    "outcome_moved": float((part["outcome"] - part["outcome_then"]).mean()),
                }
            )
        names = ["entry", "method", "cutoff", "target", "n", "foreseen", "crps", "coverage_90", "crps_then"]
        return pd.DataFrame(rows, columns=[*names, "outcome_moved"])

    def plot(self) -> Figure:
        """Calibration of all due forecasts, see `gapmodel.plot.plot_ledger`.

        Raises
        ------
        InsufficientDataError
            Nothing is due.
        """
        from gapmodel.plot import plot_ledger

        if self.forecasts.empty:
            raise InsufficientDataError("no forecast of the ledger is due: score it against a later table")
        return plot_ledger(self.forecasts, self.independent, note=" ".join(self.credits))

    def __repr__(self) -> str:
        head = (
            f"{len(self.forecasts)} due lags of {self.forecasts['entry'].nunique()} forecasts, {len(self.zero)} due "
            f"probabilities of zero, {len(self.published)} due published statements"
        )
        return "\n".join([head, *(f"  {note}" for note in self.notes)])


def score_ledger(ledger: Ledger, scores: Scores, *, tables: Sequence[Scores] = ()) -> LedgerScores:
    """Score every due statement of a ledger.

    Parameters
    ----------
    ledger : Ledger
    scores : Scores
        A later table. Benchmarks of a forecast that were not chosen from it are taken from the whole of it.
    tables : sequence of Scores
        Tables on which forecasts of the ledger were made, so that rescored history is told apart; bundled ones are
        found by themselves.

    Returns
    -------
    LedgerScores

    Raises
    ------
    DataError
        A table in `tables` is that of no entry.
    """
    olds = _Tables(ledger, tables)
    parts: dict[str, list[Any]] = {name: [] for name in ("forecasts", "below", "zero", "published", "history")}
    notes: list[str] = []
    for entry in ledger.entries:
        number = int(entry["number"])
        if entry["kind"] == "published":
            rows, said = _score_statement(number, entry["published"], scores)
            parts["published"] += rows
            notes += said
            continue
        made = entry["forecast"]
        found, said = _score_entry(number, made, scores, olds.of(made), entry["entered"])
        for name, rows in found.items():
            parts[name] += rows
        notes += said
    tables_of = {name: pd.DataFrame(rows) for name, rows in parts.items() if name != "history"}
    history = pd.concat(parts["history"], ignore_index=True) if parts["history"] else pd.DataFrame()
    forecasts, below = tables_of["forecasts"], tables_of["below"]
    skill, brier = _tables_by_method(forecasts, below)
    return LedgerScores(
        forecasts=forecasts,
        below=below,
        zero=tables_of["zero"],
        published=tables_of["published"],
        skill=skill,
        brier=brier,
        history=history,
        independent=_independent(forecasts),
        notes=tuple(notes),
        credits=tuple(scores.credits),
    )


def _score_entry(
    number: int, made: Mapping[str, Any], scores: Scores, old: Scores | None, entered: str
) -> tuple[dict[str, list[Any]], list[str]]:
    """Rows of one forecast, and what is to be said of it."""
    label = f"entry {number}, {made['run']['model']} as of {made['cutoff']}"
    names = [row["benchmark"] for row in made["benchmarks"]]
    options = replace(LagOptions.from_dict(made["options"]), cutoff=None)
    try:
        table = _covering(scores, names)
        grid = _Grid.of(table, options, made["cutoff"], names)
    except (InsufficientDataError, UnknownNameError) as error:
        return {}, [f"{label}: not scored, the table has no lags for it ({error})"]
    lacking = [name for name in names if name not in table.benchmarks.index]
    notes = [f"{label}: the table lacks {', '.join(lacking)}; scored on the other benchmarks"] if lacking else []
    if not len(grid.months):
        return {}, [*notes, f"{label}: nothing is due, the table ends on {grid.last}"]
    found = _scored(made, grid)
    base = {"entry": number, "method": made["run"]["model"], "cutoff": made["cutoff"]}

    def own(row: Mapping[str, Any]) -> dict[str, Any]:
        return {**base, **row, "foreseen": entered <= str(row["month"])}

    cells = pd.DataFrame([own(row) for row in found["cells"]])
    then, history, said = _history(made, table, old, options, grid, label)
    notes += said
    if not cells.empty:
        cells["outcome_then"] = cells["crps_then"] = np.nan
        if then is not None:
            before = pd.DataFrame([own(row) for row in then["cells"]]).set_index(_CELL)
            key = pd.MultiIndex.from_frame(cells[_CELL])
            for column, source in (("outcome_then", "outcome"), ("crps_then", "crps")):
                cells[column] = before[source].reindex(key).to_numpy()
    zero = _score_zero(made, grid)
    out: dict[str, list[Any]] = {
        "forecasts": cells.to_dict("records"),
        "below": [own(row) for row in found["below"]],
        "zero": [{**base, **row, "foreseen": entered <= str(row["date"])} for row in zero],
    }
    if history is not None:
        out["history"] = [history.assign(entry=number)]
    return out, notes


@dataclass(frozen=True)
class _Grid:
    """Outcomes after a cutoff, on the benchmarks of table and forecast."""

    benchmarks: list[str]
    months: np.ndarray  # all after the cutoff, ISO text
    eligible: np.ndarray
    outcome: Outcome
    last: str

    @classmethod
    def of(cls, table: Scores, options: LagOptions, cutoff: str, names: Sequence[str]) -> _Grid:
        full = options.lags(table)
        own = pd.DatetimeIndex(full.panel["month"].to_numpy())
        months = month_ends(own[0], own[-1]).to_numpy().astype("datetime64[D]")
        benchmarks = sorted({*names, *(str(b) for b in full.panel["benchmark"].to_numpy())})
        outcome = outcomes_of(full, options, months, np.array(benchmarks))
        later = np.flatnonzero(months > np.datetime64(cutoff, "D"))
        return cls(
            benchmarks,
            np.datetime_as_string(months[later], unit="D"),
            np.isin(benchmarks, list(names)),
            outcome.at(later),
            str(own[-1].date()),
        )


def _scored(made: Mapping[str, Any], grid: _Grid) -> dict[str, Any]:
    """Rows of `score_cells`; where the entry keeps some of its draws, with the quantiles as they were stated."""
    due = min(len(grid.months), len(made["months"]), HORIZONS)
    found = score_cells(
        forecast_of_entry(made, grid.benchmarks, due),
        grid.outcome.at(np.arange(due)),
        cutoff=made["cutoff"],
        months=grid.months[:due],
        benchmarks=grid.benchmarks,
        eligible=grid.eligible,
        seed=int(made["seed"]),
    )
    kept = made["draws"]
    if kept["decimals"] is None and len(kept["lag"]) == kept["of"]:  # every draw is there, to the last digit
        return found
    stated = {row["benchmark"]: row for row in made["benchmarks"]}
    labels = [f"q{round(100 * p):02d}" for p in made["probabilities"]]
    for row in found["cells"]:
        said = stated.get(row["benchmark"])
        if row["target"] == AVERAGE and row["n_benchmarks"] == len(stated):
            said = made["average"]
        if said is not None:  # an average over fewer benchmarks has those of the kept draws
            at = row["horizon"] - 1
            row |= dict(zip(labels, said["quantiles"][at], strict=True)) | {"mean": said["mean"][at]}
    return found


def _score_zero(made: Mapping[str, Any], grid: _Grid) -> list[dict[str, Any]]:
    """Due probabilities of zero, by the average over the known lags of the forecast's benchmarks."""
    inside = grid.eligible[:, None] & grid.outcome.known
    n = inside.sum(axis=0)
    total = np.where(inside, grid.outcome.value, 0.0).sum(axis=0)
    average = np.where(n >= FEWEST_CELLS, total / np.maximum(n, 1), np.nan)
    rows = []
    for said in made["zero"]:
        upto = average[grid.months <= said["date"]]
        happened = bool((upto <= 0.0).any())
        if not happened and (said["date"] > grid.months[-1] or np.isnan(upto).all()):
            continue
        score = float(brier_score(said["probability"], happened))
        rows.append({"date": said["date"], "probability": said["probability"], "happened": happened, "brier": score})
    return rows


def _history(
    made: Mapping[str, Any], table: Scores, old: Scores | None, options: LagOptions, grid: _Grid, label: str
) -> tuple[dict[str, Any] | None, pd.DataFrame | None, list[str]]:
    """The rows against history as it was then, what moved the lags, and what is to be said."""
    if made["data"]["sha256"] == table.sha256:
        return _scored(made, grid), None, []  # the very table: nothing was rescored
    if old is None:
        return None, None, [f"{label}: rescored history is not told apart, for its table is not at hand: give it"]
    try:
        kept = _Grid.of(
            between(old, table, _CAME), options, made["cutoff"], [r["benchmark"] for r in made["benchmarks"]]
        )
        return _scored(made, kept), decompose_lags(old, table, options), []
    except GapmodelError as error:
        return None, None, [f"{label}: rescored history cannot be told apart ({error})"]


def _score_statement(number: int, said: Mapping[str, Any], scores: Scores) -> tuple[list[dict[str, Any]], list[str]]:
    """A published statement: a point, and an interval where it has one, against the end of its month."""
    label = f"entry {number}, {said['who']} on {said['on']}"
    options, name = LagOptions(), _meant(said, scores)
    if name == "":
        return [], [f"{label}: not scored, the table '{scores.snapshot}' has no benchmark {quoted(said['benchmark'])}"]
    try:
        table = scores if name is None else select(_whole(scores), benchmarks=[name])
        names = [str(name) for name in table.benchmarks.index]
        before = str((pd.Timestamp(said["on"]) - pd.offsets.MonthEnd(1)).date())
        grid = _Grid.of(table, options, before, names)
    except (InsufficientDataError, UnknownNameError) as error:
        return [], [f"{label}: not scored ({error})"]
    if not len(grid.months):
        return [], [f"{label}: not due, the table ends on {grid.last}"]
    seen = grid.outcome.at(np.array([0]))
    if said["benchmark"] is None:
        known = seen.known[:, 0]
        if known.sum() < FEWEST_CELLS:
            return [], [f"{label}: not scored, fewer than {FEWEST_CELLS} benchmarks have a lag at {grid.months[0]}"]
        value, sign, low, high = float(seen.value[known, 0].mean()), 0, -np.inf, np.inf
    else:
        value, sign = float(seen.value[0, 0]), int(seen.censoring[0, 0])
        low, high = float(seen.low[0, 0]), float(seen.high[0, 0])
        if np.isnan(value):
            return [], [f"{label}: not scored, {names[0]} has no lag at {grid.months[0]}"]
    interval = said["interval"]
    covered = None if interval is None else bool(covers(interval["lower"], interval["upper"], value, sign))
    row = {
        "entry": number,
        "who": said["who"],
        "benchmark": said["benchmark"] or AVERAGE,
        "on": said["on"],
        "months": said["months"],
        "month": str(grid.months[0]),
        "outcome": value,
        "censoring": sign,
        "crps": float(crps(np.full(2, said["months"]), value, low=low, high=high)),
        "covered": covered,
    }
    return [row], []


def _meant(said: Mapping[str, Any], scores: Scores) -> str | None:
    """The benchmark of a statement, by name or the only one that goes on with a version; empty where there is none."""
    if said["benchmark"] is None:
        return None
    info, text = _whole(scores).benchmarks, str(said["benchmark"])
    begins = [str(name) for name in info.index if str(name).casefold().startswith(text.casefold())]
    if len(begins) == 1:
        return begins[0]
    try:
        return benchmark_named(text, info)
    except UnknownNameError:
        return ""


def _whole(scores: Scores) -> Scores:
    return scores if scores.whole is None else scores.whole


def _covering(scores: Scores, names: Sequence[str]) -> Scores:
    """The table with those benchmarks of a forecast that were not chosen from it, where the whole of it has them."""
    whole = _whole(scores)
    more = [name for name in names if name not in scores.benchmarks.index and name in whole.benchmarks.index]
    return select(whole, benchmarks=[*map(str, scores.benchmarks.index), *more]) if more else scores


class _Tables:
    """The tables that forecasts were made on, by their hash."""

    def __init__(self, ledger: Ledger, tables: Sequence[Scores]) -> None:
        forecasts = [(e["number"], e["forecast"]) for e in ledger.entries if e["kind"] == "forecast"]
        self._found: dict[str, Scores] = {}
        for table in tables:
            mine = [chosen for _, made in forecasts if (chosen := _chosen(table, made)) is not None]
            if not mine:
                known = [f"{ledger.where(n)} was made on {made['data']['sha256'][:12]}" for n, made in forecasts[-1:]]
                raise DataError(
                    f"the table '{table.snapshot}' is that of no entry: its hash is {table.sha256[:12]}, "
                    f"{''.join(known) or 'no entry is a forecast'}; give the very table that a forecast was made on, "
                    "or leave it out"
                )
            self._found |= {chosen.sha256: chosen for chosen in mine}

    def of(self, made: Mapping[str, Any]) -> Scores | None:
        """The table of an entry; None where it is not at hand."""
        wanted, name = made["data"]["sha256"], made["data"]["snapshot"]
        if wanted not in self._found and name in bundled.SNAPSHOTS:
            chosen = _chosen(bundled.load(name), made)
            if chosen is not None:
                self._found[wanted] = chosen
        return self._found.get(wanted)


def _chosen(table: Scores, made: Mapping[str, Any]) -> Scores | None:
    """The subset of a table that a forecast was made on; None where it is another table."""
    wanted, inputs = made["data"]["sha256"], made["data"]["inputs"]
    if table.sha256 == wanted:
        return table
    try:
        chosen = select(table, **selection_of(inputs)) if inputs else None
    except GapmodelError:  # another table need not have the benchmarks
        return None
    return chosen if chosen is not None and chosen.sha256 == wanted else None


def _tables_by_method(forecasts: pd.DataFrame, below: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Skill and Brier scores, each method by itself: methods of a ledger forecast on other days."""
    skill, brier = [], []
    for method, rows in forecasts.groupby("method") if len(forecasts) else ():
        firsts = rows.groupby("cutoff")["entry"].min()
        spacing = _spacing(firsts.index)
        skill.append(skill_table(rows[rows["entry"].isin(firsts)], baselines=(), spacing=spacing))
        mine = below[(below["method"] == method) & below["entry"].isin(firsts)] if len(below) else below
        if len(mine):
            brier.append(brier_table(mine, spacing=spacing))
    return _stacked(skill), _stacked(brier)


def _stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _spacing(cutoffs: Sequence[str] | pd.Index) -> int:
    """Months between the nearest two cutoffs; the horizon for one."""
    days = pd.DatetimeIndex(sorted(set(cutoffs)))
    steps = np.diff(12 * days.year + days.month)
    return int(steps.min()) if len(steps) else HORIZONS


def independent_cutoffs(cutoffs: Sequence[str], horizon: int) -> int:
    """How many forecasts share no month: cutoffs that are `horizon` months apart, taken from the first on.

    Examples
    --------
    >>> independent_cutoffs(["2025-03-31", "2025-06-30", "2025-09-30"], 6)
    2
    """
    count, last = 0, -np.inf
    for day in pd.DatetimeIndex(sorted(set(cutoffs))):
        month = 12 * day.year + day.month
        if month - last >= horizon:
            count, last = count + 1, month
    return count


def _independent(forecasts: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for method, part in forecasts.groupby("method") if len(forecasts) else ():
        for horizon, here in part.groupby("horizon"):
            cutoffs, ahead = sorted(set(here["cutoff"])), int(str(horizon))
            rows.append(
                {
                    "method": method,
                    "horizon": ahead,
                    "outcomes": len(here),
                    "cutoffs": len(cutoffs),
                    "independent": independent_cutoffs(cutoffs, ahead),
                }
            )
    return pd.DataFrame(rows, columns=["method", "horizon", "outcomes", "cutoffs", "independent"])
