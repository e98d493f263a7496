"""Fetch, compare, refit when something changed, and say how the answer moved and why.

What fetches, what computes lags and what fits are arguments: this module decides only what happens in which order. The
new snapshot takes its place after the fit, so that an update that fails anywhere can be repeated.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from gapmodel.analysis.sentences import estimate_text, never_number, probability_by
from gapmodel.analysis.wording import Wording
from gapmodel.scores.table import Scores
from gapmodel.sources.diff import PanelDiff, ScoresDiff, diff_panels, diff_scores, plain_rows
from gapmodel.sources.snapshot import Snapshot, is_snapshot, read_snapshot, stage_snapshot, swap_in

__all__ = ["Update", "movement", "run_update"]


@dataclass(frozen=True)
class Update:
    """What an update did.

    Attributes
    ----------
    old, new : Scores
        `old` is ``None`` where there was no snapshot to compare with.
    scores, panel : ScoresDiff, PanelDiff or None
        Against `old`.
    summary : dict or None
        Summary of the new fit; ``None`` where nothing changed, so that the earlier answer stands.
    moved : pandas.DataFrame or None
        See `movement`; ``None`` without a fit or an earlier answer.
    why : pandas.DataFrame or None
        What moved the answer, see `gapmodel.validation.decomposition.decompose_answer`; ``None`` where nothing was
        refitted, or nobody asked.
    """

    old: Scores | None
    new: Scores
    scores: ScoresDiff | None
    panel: PanelDiff | None
    summary: Mapping[str, Any] | None
    moved: pd.DataFrame | None
    why: pd.DataFrame | None = None

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "old": None if self.old is None else {"snapshot": self.old.snapshot, "sha256": self.old.sha256},
            "new": {"snapshot": self.new.snapshot, "sha256": self.new.sha256},
            "refitted": self.summary is not None,
            "scores": None if self.scores is None else self.scores.as_dict(),
            "panel": None if self.panel is None else self.panel.as_dict(),
            "moved": None if self.moved is None else self.moved.to_dict("records"),
            "why": None if self.why is None else plain_rows(self.why),
        }


def run_update(
    folder: Path,
    *,
    fetch: Callable[[], Snapshot],
    panel: Callable[[Scores], xr.Dataset],
    fit: Callable[[Scores], Mapping[str, Any]],
    earlier: Mapping[str, Any] | None = None,
    answered: str | None = None,
    force: bool = False,
    explain: Callable[[Scores, Scores], pd.DataFrame] | None = None,
) -> Update:
    """Bring the snapshot in `folder` and the answer up to date.

    Parameters
    ----------
    folder : pathlib.Path
        The snapshot; it need not exist yet.
    fetch : callable
        Gives today's snapshot.
    panel : callable
        Scores → lag panel.
    fit : callable
        Scores → summary, as in ``summary.json``. Called when scores or lags changed, or without an earlier answer.
    earlier : dict, optional
        Summary of the last fit.
    answered : str, optional
        SHA-256 of the scores of that fit. Where `folder` holds others, an update was killed after the new snapshot had
        taken its place, or somebody fetched in between: the fit is then made again, against the snapshot that the
        answer was of where it is still there.
    explain : callable, optional
        Old and new scores → what moved the answer between them. Called after a fit where there was an earlier table
        with other scores.
    force : bool
        Fit even where nothing changed, as for other options than those of `earlier`.

    Returns
    -------
    Update

    Raises
    ------
    GapmodelError
        From any step. The snapshot in `folder` is then as it was.
    """
    snapshot = fetch()
    staging = stage_snapshot(snapshot, folder)
    try:
        new = read_snapshot(staging)
        old = _answered(folder, answered)
        scores = None if old is None else diff_scores(old, new)
        lags = None if old is None else diff_panels(panel(old), panel(new))
        same = scores is not None and lags is not None and scores.same_content and lags.empty
        other_answer = old is not None and answered not in (None, old.sha256)
        if same and earlier is not None and not force and not other_answer:
            return Update(old, new, scores, lags, None, None)
        summary = fit(new)
        moved = None if earlier is None else movement(earlier, summary)
        why = None if old is None or same or explain is None else explain(old, new)
        if not same:
            swap_in(staging, folder, keep_previous=old is not None and old.sha256 != read_snapshot(folder).sha256)
        return Update(old, new, scores, lags, summary, moved, why)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _answered(folder: Path, sha256: str | None) -> Scores | None:
    """The snapshot that the last answer is of; the latest one where that is not known, or it is gone."""
    if not is_snapshot(folder):
        return None
    latest, previous = read_snapshot(folder), folder.resolve().with_name(f"{folder.resolve().name}.previous")
    if sha256 not in (None, latest.sha256) and is_snapshot(previous):
        before = read_snapshot(previous)
        return before if before.sha256 == sha256 else latest
    return latest


def movement(old: Mapping[str, Any], new: Mapping[str, Any]) -> pd.DataFrame:
    """How the answer moved: one row per quantity.

    Parameters
    ----------
    old, new : dict
        Two summaries, as in ``summary.json``.

    Returns
    -------
    pandas.DataFrame
        ``quantity, unit, old, new, change, old_said, new_said``: medians, and probabilities at the dates that both
        report; what was said of both, rounded and with 90 % intervals. A gap is that on the day of its own data, named
        in ``quantity``.
    """
    rows: list[tuple[Any, ...]] = []
    words = Wording()
    for key, word, unit in (
        ("average_gap_months", "average gap", "months"),
        ("slope_months_per_year", "slope", "months/year"),
        ("new_benchmark_gap_months", "gap of a new benchmark", "months"),
    ):
        a, b = old[key], new[key]
        days = f"{a['date']} → {b['date']}" if a["date"] != b["date"] else a["date"]
        said = (estimate_text(summary, key) for summary in (old, new))
        rows.append((f"{word}, {days}", unit, a["median"], b["median"], *said))
    before, after = old["zero_lag"], new["zero_lag"]
    given = {row["date"]: row["probability"] for row in before["probability_by"]}
    for row in after["probability_by"]:
        if row["date"] in given:
            said = (words.probability(probability_by(summary, row["date"])) for summary in (old, new))
            rows.append((f"P(zero by {row['date']})", "", given[row["date"]], row["probability"], *said))
    ends = [before["horizon"]] + [after["horizon"]] * (before["horizon"] != after["horizon"])
    word = f"P(not by {' → '.join(ends)})"
    said = (words.probability(never_number(zero)) for zero in (before, after))
    rows.append((word, "", before["probability_never"], after["probability_never"], *said))
    table = pd.DataFrame(rows, columns=["quantity", "unit", "old", "new", "old_said", "new_said"])
    table.insert(4, "change", table["new"] - table["old"])
    return table
