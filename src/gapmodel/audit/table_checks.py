"""What a table shows without its lags: values on another scale, columns that were not read, leaders left out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.lags.frontier import FrontierTable
from gapmodel.lags.sides import Sides, both_sides
from gapmodel.scores.columns import OPTIONAL, REQUIRED
from gapmodel.scores.groups import CLOSED, OPEN, Group
from gapmodel.scores.table import Scores

__all__ = ["leaders_left_out", "left_out_leaders", "unread_columns"]

Finding = tuple[str, str, str, str]  # check, benchmark, model, detail

_KNOWN = {*REQUIRED, *OPTIONAL, "weights_origin", "weights_date_origin", "country", "raw_score", "record_id"}
_LOOKS = {
    "a date": re.compile(r"date|release|publish|announce|launch|since", re.I),
    "a flag of open weights": re.compile(r"open|closed|propriet|weights|licen[cs]e|accessib", re.I),
    "a standard error": re.compile(
        r"std|stderr|(^|[_ ])se($|[_ ])|error|(^|[_ 0-9%])ci($|[_ ])|conf|interval|margin", re.I
    ),
}
_DATE = re.compile(r"(19|20)[0-9]{2}-[01]?[0-9](-[0-3]?[0-9])?([T ].*)?")


def unread_columns(table: pd.DataFrame) -> list[Finding]:
    """Columns beside the documented ones that look like a date, a flag or a standard error, by name or by content."""
    found = []
    for name in [str(c) for c in table if c not in _KNOWN and not str(c).endswith("_origin")]:
        looks = [what for what, pattern in _LOOKS.items() if pattern.search(name)]
        texts = {str(v) for v in table[name].dropna().unique()}
        if not looks and texts and all(_DATE.fullmatch(t) for t in texts):
            looks = ["a date"]
        if looks:
            found.append(("columns_not_read", "", "", f"column '{name}' looks like {looks[0]} and was not read"))
    return found


def leaders_left_out(scores: Scores, left_out: pd.DataFrame) -> pd.DataFrame:
    """What `left_out_leaders` finds of open and closed models, as a table ``check, benchmark, model, detail``.

    Where the table has no model of one group, or none on a benchmark, every score that was left out may set a record.
    """
    found: list[Finding] = []
    present = set(scores.table["weights"])
    if len(left_out) and {"open", "closed"} <= present:
        sides = both_sides(scores, CLOSED, OPEN)
        found = left_out_leaders(left_out, sides, (CLOSED, OPEN))
        left_out, absent = left_out[~left_out["benchmark"].isin(sides.names)], {"open", "closed"}
    else:
        absent = {"open", "closed"} - present
    for row in left_out.sort_values("score", ascending=False, kind="stable").to_dict("records"):
        groups = sorted(absent & ({"open", "closed"} if pd.isna(row["weights"]) else {row["weights"]}))
        if groups:
            text = f"{row['score']:g} against no record of the {groups[-1]} frontier; left out: {row['reason']}"
            found.append(("left_out_leads", str(row["benchmark"]), str(row["model"]), text))
    return pd.DataFrame(found, columns=["check", "benchmark", "model", "detail"])


def left_out_leaders(left_out: pd.DataFrame | None, sides: Sides, groups: tuple[Group, Group]) -> list[Finding]:
    """Scores that were left out though they would set a record of a group that they may belong to.

    Parameters
    ----------
    left_out : pandas.DataFrame or None
        ``benchmark, model, score`` and ``release_date, weights, reason``, missing where not known.
    sides : Sides
    groups : (Group, Group)

    Returns
    -------
    list of Finding
        Largest lead first. A score without a date is held against the last record of the group.
    """
    if left_out is None or not len(left_out):
        return []
    found: list[tuple[float, Finding]] = []
    for row in left_out.to_dict("records"):
        if row["benchmark"] not in sides.names:
            continue
        b = sides.names.index(row["benchmark"])
        level = float(sides.sign[b]) * float(row["score"])
        tables = zip(groups, (sides.leader, sides.follower), strict=True)
        weights = None if pd.isna(row["weights"]) else str(row["weights"])
        for group, table in tables:
            if weights is not None and not _may_be(weights, group):
                continue
            best = _level_at(table, b, row["release_date"])
            if level > best:
                before = "no record" if best == -np.inf else f"{float(sides.sign[b]) * best:g}"
                text = f"{row['score']:g} against {before} of the {group.name} frontier; left out: {row['reason']}"
                size = (level - best) / float(sides.scale[b]) if best > -np.inf else np.inf
                found.append((size, ("left_out_leads", str(row["benchmark"]), str(row["model"]), text)))
                break
    return [finding for _, finding in sorted(found, key=lambda f: (-f[0], f[1]))]


def _may_be(weights: str, group: Group) -> bool:
    """Whether a model with these weights can belong to the group; other conditions cannot be known."""
    return all((weights in values) != negated for column, values, negated in group.conditions if column == "weights")


def _level_at(table: FrontierTable, b: int, day: Any) -> float:
    """Level of a group's frontier on a day, or its last one; -inf before the first."""
    own = slice(table.start[b], table.start[b + 1])
    dates, levels = table.dates[own], table.levels[own]
    if not pd.isna(day):
        levels = levels[dates <= np.datetime64(str(day)[:10], "D")]
    return float(levels[-1]) if len(levels) else -np.inf
