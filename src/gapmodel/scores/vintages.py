"""When each score could be known, and the table as it was on a day: a vintage.

A model is released on one day and run on a benchmark on another. Whoever looks at a table of scores by release date
sees scores that nobody had on that day (pseudo real time, in the words of forecasters); a real-time vintage has those
alone that had been measured.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.errors import ConfigError, nearest, quoted
from gapmodel.scores.groups import CLOSED, OPEN, Group
from gapmodel.scores.table import Scores

__all__ = ["KNOWN_BY", "KnownDays", "known_days"]

#: Rules of when a score is known.
RELEASE, EVALUATION = KNOWN_BY = ("release", "evaluation")

_DAY = "datetime64[D]"


@dataclass(frozen=True, eq=False)
class KnownDays:
    """Day from which each score of a table is known.

    Attributes
    ----------
    scores : Scores
    day : numpy.ndarray, shape (n_rows,), datetime64[D]
        In the order of the table.
    rule : {'release', 'evaluation'}
    beside : KnownDays or None
        Of what is ``beside`` the scores.
    n_own, n_drawn, n_released : int
        Scores that are known from their own day of evaluation, after a drawn delay, and from their release.
    """

    scores: Scores
    day: np.ndarray
    rule: str
    n_own: int = 0
    n_drawn: int = 0
    n_released: int = 0
    beside: KnownDays | None = None

    def on(self, cutoff: Any) -> Scores:
        """The scores that were known on a day, the day itself included.

        Raises
        ------
        InsufficientDataError
            There were none.
        """
        if self.rule == RELEASE:  # `Scores.as_of_cutoff` does it, by the dates that the analysis goes by
            return self.scores
        day = pd.Timestamp(cutoff)
        left = self.scores.where(
            self.day <= np.datetime64(day.date(), "D"), f"no score was known by {day.date()}: choose a later cutoff"
        )
        beside = self.beside
        return left.with_beside(lambda other: beside.on(day) if beside else other)

    @property
    def sha256(self) -> str:
        """Hash of the days."""
        return hashlib.sha256(self.day.astype("datetime64[D]").astype("int64").tobytes()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        counts = {"own_days": self.n_own, "drawn_delays": self.n_drawn, "by_release": self.n_released}
        return {"rule": self.rule, **counts, "sentence": self.sentence}

    @property
    def sentence(self) -> str:
        """The rule and how many scores it dates in which way, for the output of a command."""
        if self.rule == RELEASE:
            return "scores known from the release of the model (pseudo real time)"
        if not self.n_own:
            return "no score has a day of evaluation: all known from the release of the model (pseudo real time)"
        dated = f"scores known from their evaluation (real-time vintages): {self.n_own} with a day of their own"
        return f"{dated}, {self.n_drawn} after a drawn delay"


def known_days(
    scores: Scores,
    rule: str = EVALUATION,
    *,
    leader: Group = CLOSED,
    follower: Group = OPEN,
    seed: int = 0,
) -> KnownDays:
    """Day on which each score could be known.

    By evaluation this is the score's own day of evaluation where the table has one (``evaluated_date``, or
    `Scores.evaluations` beside it), and not before the release. Else a delay is drawn: from the delays of its group
    among scores with a day of their own, of models that were released when the benchmark was already being run (of
    older models the day tells when the benchmark began). It counts from the first day that is possible: the release, or
    ``earliest`` where that is later; delays beyond ``latest`` and beyond the day of the table are not drawn. A group
    without delays takes those of all; without any, scores are known from the release.

    Parameters
    ----------
    scores : Scores
        Delays are those of ``scores.whole`` where it has one, so that a choice of benchmarks changes no day.
    rule : {'evaluation', 'release'}
    leader, follower : Group
    seed : int
        A delay depends on the seed, the names in its row, and the delays to draw from; on no score.

    Returns
    -------
    KnownDays

    Raises
    ------
    ConfigError
        There is no such rule.

    Examples
    --------
    >>> from datetime import date
    >>> from gapmodel.scores.table import validate_scores
    >>> rows = [("b", "A", "2025-01-01", "closed", 0.1, "2025-01-03"), ("b", "B", "2025-02-01", "closed", 0.2, None)]
    >>> columns = ["benchmark", "model", "release_date", "weights", "score", "evaluated_date"]
    >>> scores = validate_scores(pd.DataFrame(rows, columns=columns), today=date(2025, 6, 1))
    >>> known_days(scores).day.astype(str).tolist()
    ['2025-01-03', '2025-02-01']
    """
    if rule not in KNOWN_BY:
        raise ConfigError(f"known_by is {quoted(rule)}{nearest(rule, KNOWN_BY) or ': choose release or evaluation'}")
    release = scores.table["release_date"].to_numpy(_DAY)
    if rule == RELEASE:
        return KnownDays(scores, release, rule, n_released=len(release))
    start, latest, own = _bounds(scores)
    dated = ~np.isnat(own)
    day = np.where(dated, own, start)
    pools = _pools(scores if scores.whole is None else scores.whole, leader, follower)
    for group, pool in zip((None, leader, follower), pools, strict=True):
        rows = ~dated if group is None else ~dated & group.mask(scores.table)
        if rows.any() and len(pool):
            longest = (latest[rows] - start[rows]).astype(float)  # NaN: without limit
            day[rows] = start[rows] + _draw(pool, longest, _uniforms(scores.table[rows], seed))
    drawn = int((~dated).sum()) if len(pools[0]) else 0
    beside = None
    if scores.beside is not None:
        other = scores.beside if scores.whole is None else replace(scores.beside, whole=scores.whole)
        beside = known_days(other, rule, leader=leader, follower=follower, seed=seed)
    return KnownDays(scores, day, rule, int(dated.sum()), drawn, len(day) - int(dated.sum()) - drawn, beside)


def _bounds(scores: Scores) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First and last day on which each score can have become known, and its own day; NaT where not known."""
    table = scores.table
    release = table["release_date"].to_numpy(_DAY)
    nothing = np.full(len(table), np.datetime64("NaT", "D"))
    own, earliest, latest = nothing, nothing, nothing
    if "evaluated_date" in table:
        own = table["evaluated_date"].to_numpy(_DAY)
    elif scores.evaluations is not None:
        key = ["benchmark", "model"]
        beside = table[key].merge(scores.evaluations, on=key, how="left", validate="many_to_one")
        own, earliest, latest = (beside[c].to_numpy(_DAY) for c in ("evaluated_date", "earliest", "latest"))
    start = np.fmax(release, earliest)
    if scores.as_of is not None:
        latest = np.fmin(latest, np.datetime64(scores.as_of.date(), "D"))
    return start, np.where(latest < start, start, latest), np.where(np.isnat(own), own, np.maximum(own, release))


def _pools(scores: Scores, leader: Group, follower: Group) -> list[np.ndarray]:
    """Delays of all, of the leader and of the follower, in days, ascending; those of all where a group has none."""
    table = scores.table
    own = pd.Series(_bounds(scores)[2], table.index)
    began = own.groupby(table["benchmark"]).transform("min")
    used = (own.notna() & (table["release_date"] >= began)).to_numpy()
    delay = (own - table["release_date"]).dt.days.to_numpy(dtype=float)
    every = np.sort(delay[used])
    of_group = [np.sort(delay[used & group.mask(table)]) for group in (leader, follower)]
    return [every, *(pool if len(pool) else every for pool in of_group)]


def _draw(pool: np.ndarray, longest: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """A delay of `pool` for each uniform number, none above `longest`; that itself where all are. Whole days."""
    fitting = np.searchsorted(pool, np.where(np.isnan(longest), np.inf, longest), side="right")
    chosen = pool[np.minimum((uniform * fitting).astype(int), len(pool) - 1)]
    return np.where(fitting > 0, chosen, longest).astype("timedelta64[D]")


def _uniforms(table: pd.DataFrame, seed: int) -> np.ndarray:
    """A number from [0, 1) for each row, by its names and the seed alone: other rows do not change it."""
    variant = table["variant"] if "variant" in table else [None] * len(table)
    keys = zip(table["benchmark"], table["model"], variant, strict=True)
    digests = (hashlib.sha256(repr((seed, *key)).encode()).digest() for key in keys)
    return np.array([int.from_bytes(digest[:6], "big") / 2**48 for digest in digests])
