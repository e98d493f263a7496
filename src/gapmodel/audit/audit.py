"""The audit of a table: what speaks against the records that its frontiers rest on, and what the table left unread.

Everything here is a reason to look, not a verdict: a person settles it, and says so in ``date_source`` or
``weights_origin`` with the word *review*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.audit.gate import SOURCE_BLOCKING_DAYS, DataCheck, data_checks
from gapmodel.audit.moves import moves_without
from gapmodel.audit.name_dates import contradiction
from gapmodel.audit.names import against_names
from gapmodel.audit.records import frontier_records, months_resting_on
from gapmodel.audit.second_source import APART_DAYS, confirmed, one_source, reviewed
from gapmodel.audit.table_checks import left_out_leaders, unread_columns
from gapmodel.lags.panel import Lags
from gapmodel.lags.sides import Sides
from gapmodel.modeling.options import LagOptions
from gapmodel.scores.groups import Group
from gapmodel.scores.rescaling import other_scale
from gapmodel.scores.table import Scores

__all__ = ["CHECKS", "Audit", "audit_scores"]

MIN_RECORDS, MIN_MODELS = 3, 8
#: Months by which the average may move when one model is taken out.
MOST_MOVED = 1.0

CHECKS = {
    "name_contradicts_date": "a date in the name of the model or version is not that of its release",
    "sources_disagree": "another source has another date or another flag",
    "few_records": f"the months of the benchmark rest on fewer than {MIN_RECORDS} records of the leader",
    "few_models": f"the group has fewer than {MIN_MODELS} models on the benchmark",
    "margin_within_error": "the standard error of the score is larger than its margin over the runner-up",
    "moves_average": f"without the model the average moves by more than {MOST_MOVED:g} month",
    "other_scale": "a value on another scale than the rest",
    "left_out_leads": "a score that was left out would set a record",
    "columns_not_read": "a column that looks like a date, a flag or a standard error was not read",
}


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes
    ----------
    records : pandas.DataFrame
        See `gapmodel.audit.records.frontier_records`; with ``flags`` and ``settled``, tuples of names of `CHECKS`
        (the second where a person has settled it), and ``details``, a dict of text by flag.
    findings : pandas.DataFrame
        What is not about a record: ``check, benchmark, model, detail``.
    n_months, n_flagged : int
        Observed benchmark-months, and those that rest on a record with a flag that nobody settled.
    checks : tuple of DataCheck
        The gate on the data, see `gapmodel.audit.gate`.
    """

    records: pd.DataFrame
    findings: pd.DataFrame
    n_months: int
    n_flagged: int
    checks: tuple[DataCheck, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether no record has a flag that nobody settled, and nothing else was found about the table."""
        return not len(self.findings) and not self.records["flags"].map(bool).any()

    @property
    def blocking(self) -> list[DataCheck]:
        """Checks that hold claims back."""
        return [check for check in self.checks if check.holds_back]

    def as_dict(self) -> dict[str, Any]:
        """As plain values; a missing number or text is ``None``."""
        records = []
        for row in self.records.to_dict("records"):
            plain = {str(k): _plain(v) for k, v in row.items() if k not in ("flags", "settled", "details")}
            records.append({**plain, "flags": _flags(row)})
        return {
            "schema_version": 1,
            "months": self.n_months,
            "months_on_flagged_records": self.n_flagged,
            "records": records,
            "findings": [{str(k): _plain(v) for k, v in row.items()} for row in self.findings.to_dict("records")],
            "checks": CHECKS,
            "gate": [check.as_dict() for check in self.checks],
        }


def audit_scores(
    scores: Scores,
    options: LagOptions | None = None,
    *,
    lags: Lags | None = None,
    facts: Mapping[str, pd.DataFrame] | None = None,
    left_out: pd.DataFrame | None = None,
) -> Audit:
    """Look at every record that sets a frontier.

    Parameters
    ----------
    scores : Scores
        The subset that an analysis pools.
    options : LagOptions, optional
        Cutoff, groups, window and date rules.
    lags : Lags, optional
        Those of `scores` under `options`, where they are at hand.
    facts : mapping of str to pandas.DataFrame, optional
        Other sources by name, index ``model`` (the names of `scores`), columns ``release_date`` and ``weights`` as
        text, missing where not known; see `gapmodel.sources.facts.other_sources`.
    left_out : pandas.DataFrame, optional
        Scores of the source that the table leaves out: ``benchmark, model, score, release_date, weights``, the last
        two missing where not known.

    Returns
    -------
    Audit

    Raises
    ------
    GapmodelError
        See `gapmodel.lags.panel.compute_lags`.
    """
    options, facts = options or LagOptions(), facts or {}
    groups = (options.leader, options.follower)
    lags = lags or options.lags(scores)
    panel, sides = lags.panel, lags.known
    dated = sides.scores
    records = frontier_records(dated, sides, panel, groups)
    flags: list[dict[str, str]] = [{} for _ in range(len(records))]
    for found in (
        _names(records, dated),
        _errors(records),
        _sizes(records, sides, groups),
        _scales(records, dated),
    ):
        for row, name, text in found:
            flags[row].setdefault(name, text)
    disputes: list[list[_Dispute]] = [[] for _ in range(len(records))]
    for row, dispute in _sources(records, dated, facts):
        disputes[row].append(dispute)
    for row, said in enumerate(disputes):
        if said:
            flags[row]["sources_disagree"] = "; ".join(d.text for d in said)
    moves = moves_without(dated, sides, panel, groups, records["model"].unique())
    for model, change in moves.items():
        if abs(change) <= MOST_MOVED:
            continue
        for k in np.flatnonzero(records["model"] == model).tolist():
            flags[k]["moves_average"] = f"the mean lag of the last year moves by {change:+.1f} months without it"
    rows = records.to_dict("records")
    settled = [_settled(row, found, said) for row, found, said in zip(rows, flags, disputes, strict=True)]
    records["flags"] = [tuple(f for f in found if f not in s) for found, s in zip(flags, settled, strict=True)]
    records["settled"] = settled
    records["details"] = pd.Series(flags, index=records.index, dtype=object)
    known = confirmed(dated.table, facts)
    findings = [*left_out_leaders(left_out, sides, groups), *unread_columns(dated.table)]
    return Audit(
        records,
        pd.DataFrame(findings, columns=["check", "benchmark", "model", "detail"]),
        int(panel["observed"].sum()),
        months_resting_on(records[records["flags"].map(bool)], sides, panel, groups),
        data_checks(
            dated,
            lags,
            records,
            moves,
            confirmed=known["release_date"],
            disagree=_hidden(dated, sides, groups, records, facts) | _disagreeing(records, disputes),
            lone=one_source(records, facts, sides, panel, groups),
            unlike=against_names(dated.table, known),
        ),
    )


@dataclass(frozen=True)
class _Dispute:
    """Another source dates a model otherwise than the table, or gives it the other flag."""

    source: str
    theirs: date | str
    mine: date | str

    @property
    def about_date(self) -> bool:
        return isinstance(self.theirs, date)

    @property
    def far(self) -> bool:
        """Whether it holds claims back: the other flag, or a date far away."""
        if isinstance(self.theirs, date) and isinstance(self.mine, date):
            return abs((self.theirs - self.mine).days) >= SOURCE_BLOCKING_DAYS
        return True

    @property
    def text(self) -> str:
        return f"{self.source} {'dates it' if self.about_date else 'says'} {self.theirs}, the table {self.mine}"


def _disagreeing(records: pd.DataFrame, disputes: list[list[_Dispute]]) -> dict[str, tuple[str, bool]]:
    """Model → what another source says of it, and whether that is far off; where nobody has settled it."""
    out: dict[str, tuple[str, bool]] = {}
    for row, said in zip(records.to_dict("records"), disputes, strict=True):
        if "sources_disagree" in row["flags"] and row["months"] > 0:
            out.setdefault(str(row["model"]), ("; ".join(d.text for d in said), any(d.far for d in said)))
    return out


def _hidden(
    scores: Scores,
    sides: Sides,
    groups: tuple[Group, Group],
    records: pd.DataFrame,
    facts: Mapping[str, pd.DataFrame],
) -> dict[str, tuple[str, bool]]:
    """The same of models that set no record as they are dated and flagged, and would set one by the other source.

    A date that is too late, or the wrong flag, takes a model off the frontier, so that no record shows it.
    """
    table = scores.table
    of_model = table.drop_duplicates("model").set_index("model")
    origins = [
        of_model.get(c, pd.Series(None, of_model.index, dtype=object)) for c in ("date_source", "weights_origin")
    ]
    with_months = set(records.loc[records["months"] > 0, "model"])
    out: dict[str, tuple[str, bool]] = {}
    for source, known in facts.items():
        for model in known.index.intersection(of_model.index):
            if model in with_months or any(reviewed(origin[model]) for origin in origins):
                continue
            mine, flag = _day(of_model.loc[model, "release_date"]), of_model.loc[model, "weights"]
            theirs, weights = known.loc[model, "release_date"], known.loc[model, "weights"]
            day = mine if pd.isna(theirs) else date.fromisoformat(str(theirs))
            # A date of theirs that is later cannot make it a record.
            disputes = [_Dispute(source, day, mine)] if (mine - day).days > APART_DAYS else []
            if not pd.isna(weights) and weights != flag:
                disputes.append(_Dispute(source, str(weights), str(flag)))
            if not disputes or not any(d.far for d in disputes):
                continue
            rows = table.loc[table["model"] == model, ["benchmark", "model", "score"]]
            moved = rows.assign(release_date=str(day), weights=flag if pd.isna(weights) else weights, reason="")
            if leads := left_out_leaders(moved, sides, groups):
                text = "; ".join(d.text for d in disputes)
                out.setdefault(str(model), (f"{text}, by which it would set a record on {leads[0][1]}", True))
    return out


Found = Iterable[tuple[int, str, str]]


def _names(records: pd.DataFrame, scores: Scores) -> Found:
    released = scores.table.drop_duplicates("model").set_index("model")["release_date"]
    for k, row in enumerate(records.to_dict("records")):
        for name in (row["model"], row["version"]):
            day = _day(released[row["model"]])
            stated = "" if name is None or pd.isna(name) else contradiction(str(name), day)
            if stated:
                yield k, "name_contradicts_date", f"'{name}' says {stated}, the release is {day}"


def _errors(records: pd.DataFrame) -> Found:
    for k in np.flatnonzero((records["score_se"] > records["margin"]).to_numpy()):
        row = records.iloc[k]
        text = f"{row['margin']:.3g} ahead of {row['runner_up']}, error {row['score_se']:.3g}"
        yield int(k), "margin_within_error", text


def _sizes(records: pd.DataFrame, sides: Sides, groups: tuple[Group, Group]) -> Found:
    tables = {groups[0].name: sides.leader, groups[1].name: sides.follower}
    carrying = records[records["months"] > 0].groupby(["benchmark", "group"]).size()
    for k, row in enumerate(records.to_dict("records")):
        b, table = sides.names.index(row["benchmark"]), tables[row["group"]]
        n_records = int(carrying.get((row["benchmark"], row["group"]), 0))
        n_models = int(np.diff(table.evaluated_start)[b])
        if row["group"] == groups[0].name and n_records < MIN_RECORDS:
            words = f"{n_records} {row['group']} record{'' if n_records == 1 else 's'}"
            yield k, "few_records", f"all months of {row['benchmark']} rest on {words}"
        if n_models < MIN_MODELS:
            yield k, "few_models", f"{n_models} {row['group']} models on {row['benchmark']}"


def _scales(records: pd.DataFrame, scores: Scores) -> Found:
    odd = other_scale(scores.table)
    for k, row in enumerate(records.to_dict("records")):
        text = odd.get((row["benchmark"], row["model"]))
        if text:
            yield k, "other_scale", text


def _sources(
    records: pd.DataFrame, scores: Scores, facts: Mapping[str, pd.DataFrame]
) -> Iterable[tuple[int, _Dispute]]:
    released = scores.table.drop_duplicates("model").set_index("model")["release_date"]
    for source, table in facts.items():
        for k, row in enumerate(records.to_dict("records")):
            if row["model"] not in table.index:
                continue
            other = table.loc[row["model"]]
            mine = _day(released[row["model"]])
            theirs = None if pd.isna(other["release_date"]) else date.fromisoformat(str(other["release_date"]))
            if theirs is not None and abs((theirs - mine).days) > APART_DAYS:
                yield k, _Dispute(source, theirs, mine)
            if not pd.isna(other["weights"]) and other["weights"] != row["weights"]:
                yield k, _Dispute(source, str(other["weights"]), str(row["weights"]))


def _settled(row: Mapping[Any, Any], found: Mapping[str, str], disputes: list[_Dispute]) -> tuple[str, ...]:
    """Flags that a person has looked at: the origin of the date, or of the flag, says so."""
    dated, flagged = (reviewed(row[c]) for c in ("date_source", "weights_origin"))
    about_flag = any(not d.about_date for d in disputes)
    about_date = any(d.about_date for d in disputes)
    out = ["name_contradicts_date"] if dated and "name_contradicts_date" in found else []
    if (about_date or about_flag) and (dated or not about_date) and (flagged or not about_flag):
        out.append("sources_disagree")
    return tuple(out)


def _flags(row: Mapping[Any, Any]) -> list[dict[str, Any]]:
    return [{"check": name, "detail": text, "settled": name in row["settled"]} for name, text in row["details"].items()]


def _day(value: Any) -> date:
    return pd.Timestamp(value).date()


def _plain(value: Any) -> Any:
    if isinstance(value, np.datetime64 | pd.Timestamp):
        return None if pd.isna(value) else str(_day(value))
    if isinstance(value, np.generic):
        value = value.item()
    return None if value is None or (isinstance(value, float) and not np.isfinite(value)) else value
