"""What the commands of the ledger and Python both call: show it and score it; `gapmodel.ledger.add` adds to it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gapmodel import __version__
from gapmodel.files.atomic import atomic_text, csv_text, writable_folder, write_json
from gapmodel.ledger.chain import Ledger, read_ledger
from gapmodel.ledger.scoring import LedgerScores, score_ledger
from gapmodel.plot import save_figure
from gapmodel.scores.table import Scores, expect_scores

__all__ = ["TABLES", "ledger_score", "ledger_show", "write_ledger_scores"]

#: Tables of `LedgerScores` that are written, by the names of their files.
TABLES = ("forecasts", "below", "zero", "published", "skill", "brier", "by_entry", "independent", "history")


def ledger_show(folder: str | Path) -> Ledger:
    """Read a ledger and check its chain.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    Ledger
        ``table`` has one row per entry; ``head`` is the hash to write down.

    Raises
    ------
    DataError
        A file is missing, damaged, altered or out of order; the text names it and what to do.

    Examples
    --------
    >>> ledger_show("results/ledger").table["kind"].tolist()[:2]
    ['forecast', 'published']
    """
    return read_ledger(folder)


def ledger_score(
    folder: str | Path | Ledger, scores: Scores, *, tables: Iterable[Scores] = (), out: str | Path | None = None
) -> LedgerScores:
    """Score every due statement of a ledger against a later table, by the backtest's own rules.

    Parameters
    ----------
    folder : path-like or Ledger
    scores : Scores
    tables : iterable of Scores
        Tables on which its forecasts were made, where they are not bundled: then rescored and redated history is told
        apart from new models.
    out : path-like, optional
        Folder for tables and figure.

    Returns
    -------
    LedgerScores

    Raises
    ------
    ConfigError
        `scores` are no scores, or `out` cannot be written.
    DataError
        The ledger was altered; a table is that of no entry.

    Examples
    --------
    None of the committed entries is due in the table that the forecasts were made on:

    >>> from gapmodel.sources.load import load_scores
    >>> for note in ledger_score("results/ledger", load_scores()).notes:
    ...     print(note)
    entry 1, shared_shock as of 2026-07-31: nothing is due, the table ends on 2026-07-31
    entry 2, Doubleword on 2026-12-03: not scored, the table 'epoch_2026-08' has no benchmark 'Artificial Analysis \
Intelligence Index'
    entry 3, damped as of 2026-07-31: nothing is due, the table ends on 2026-07-31
    """
    expect_scores(scores)
    if out is not None:
        writable_folder(Path(out))
    ledger = folder if isinstance(folder, Ledger) else read_ledger(folder)
    found = score_ledger(ledger, scores, tables=tuple(tables))
    if out is not None:
        write_ledger_scores(found, ledger, scores, Path(out))
    return found


def write_ledger_scores(found: LedgerScores, ledger: Ledger, scores: Scores, folder: Path) -> None:
    """Write every table of `TABLES` that has rows, ``ledger.json``, and the figure where a forecast is due."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        table = getattr(found, name)
        if len(table):
            atomic_text(folder / f"{name}.csv", csv_text(table))
        else:
            (folder / f"{name}.csv").unlink(missing_ok=True)
    about = {
        "gapmodel": __version__,
        "entries": len(ledger.entries),
        "head": ledger.head,
        "data": {"sha256": scores.sha256, "snapshot": scores.snapshot},
        "notes": list(found.notes),
        "credits": list(scores.credits),
    }
    write_json(folder / "ledger.json", about)
    if len(found.forecasts):
        save_figure(found.plot(), folder / "calibration")
