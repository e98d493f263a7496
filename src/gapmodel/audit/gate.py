"""The gate on the data: named checks of the table and its lags, beside those of the sampling.

Each check is *ok*, a *warning* or *blocking*. A blocking one holds claims back until somebody accepts it by its name,
with a reason. Thresholds were chosen on simulated tables and the bundled ones, see ``docs/data-gate.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from gapmodel.audit.placement import placements
from gapmodel.audit.second_source import OneSource
from gapmodel.audit.series import copied_models, copies, mixed_units, stand_ins, uninformative
from gapmodel.errors import ConfigError, UnknownNameError, nearest, quoted, some_of
from gapmodel.lags.panel import Lags
from gapmodel.scores.rescaling import against_the_others
from gapmodel.scores.table import Scores
from gapmodel.units import DAYS_PER_MONTH

__all__ = ["DATA_CHECKS", "DataCheck", "DataFinding", "accepted_checks", "data_checks", "predictive_gate"]

Status = Literal["ok", "warning", "blocking"]

#: Check → what it is about, for people.
DATA_CHECKS = {
    "dates_out_of_line": "a date is far from where the other models of its group or maker put the model",
    "sources_disagree": "another source has another date or another flag",
    "one_source": "dates and flags that one source alone states, so that no second one could contradict them",
    "against_names": "a date or flag is not what the name of the model, or others of the same name, say",
    "record_unbeaten": "no other model beats the records of a model for a year",
    "moves_gap": "without the model the mean lag of the last year moves by more than its standard deviation",
    "carries_months": "more than a quarter of the benchmark-months rest on one model",
    "duplicate_series": "two benchmarks, or two models, have the same scores",
    "unit_jump": "percentages and fractions in one benchmark, or a number that stands for no score",
    "chance_level": "scores that agree neither with time nor with the other benchmarks, or run against them",
    "bounds": "lags that are only known to be at least or at most so much",
    "few_benchmarks": "fewer than five benchmarks have lags",
    "few_months": "fewer than twelve months have lags",
    "placeholder_dates": "dates that stand for another, such as the first of January",
    "predictive": "the model does not reproduce what it usually does",
}

MIN_BENCHMARKS, MIN_MONTHS = 5, 12
#: Robust standard deviations and months by which a model is ahead of its group: to be looked at, and hardly possible.
Z_WARNING, Z_BLOCKING = 3.0, 8.0
AHEAD_WARNING, AHEAD_BLOCKING = 9.0, 24.0
#: So many models of its group came while its records stood; without them the era was merely thin.
PASSED_BLOCKING = 3
ALONE_BLOCKING = 24.0
UNBEATEN_MONTHS = 12.0
#: Days by which two sources may differ without another half-year: beyond what is a matter of versions.
SOURCE_BLOCKING_DAYS = 180
#: Share of the benchmark-months that rest on dates and flags of one source alone.
ONE_SOURCE_WARNING = 0.25
#: Standard deviations of the mean lag of a year; the smallest that a posterior of the gap has had is about a month.
LEAST_SD, SD_BLOCKING = 1.0, 2.5
SHARE_WARNING, SHARE_BLOCKING = 0.25, 0.5
BOUNDS_WARNING, BOUNDS_BLOCKING = 0.5, 0.75
CHANCE_BLOCKING = 0.25
_MIN_PLACEHOLDERS, _ODDS = 3, 1e-4
_PLACEHOLDER_BLOCKING, _ONE_DAY, _MONTH_ONLY = 0.2, 0.5, 0.5
_MAKER_MONTHS, _MAKER_MODELS = 24.0, 3
_SHOWN = 5


@dataclass(frozen=True)
class DataFinding:
    """One thing that a check found.

    Attributes
    ----------
    model, benchmark : str
        Empty where it is about none.
    row : int or None
        Line of the scores file, where it is known.
    detail : str
    blocking : bool
    """

    model: str
    benchmark: str
    row: int | None
    detail: str
    blocking: bool = False

    @property
    def text(self) -> str:
        """In one line."""
        name = " on ".join(part for part in (self.model, self.benchmark) if part)
        place = ", ".join(part for part in (name, f"line {self.row}" if self.row else "") if part)
        return f"{place}: {self.detail}" if place else self.detail


@dataclass(frozen=True)
class DataCheck:
    """One named check of the data.

    Attributes
    ----------
    name : str
        Of `DATA_CHECKS`.
    status : {'ok', 'warning', 'blocking'}
    findings : tuple of DataFinding
        Blocking ones first.
    accepted : str
        Why somebody accepted it; empty where nobody did.
    note : str
        What a check without findings has to say: how little it found, or that it could not look.
    """

    name: str
    status: Status
    findings: tuple[DataFinding, ...] = ()
    accepted: str = ""
    note: str = ""

    @property
    def holds_back(self) -> bool:
        """Whether claims wait for it."""
        return self.status == "blocking" and not self.accepted

    @property
    def summary(self) -> str:
        """The first finding, and how many more there are; the note where there is none."""
        if not self.findings:
            return self.note
        more = len(self.findings) - 1
        return self.findings[0].text + (f" (and {more} more)" if more else "")

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "name": self.name,
            "status": self.status,
            "accepted": self.accepted,
            "findings": [
                {"model": f.model, "benchmark": f.benchmark, "row": f.row, "detail": f.detail, "blocking": f.blocking}
                for f in self.findings
            ],
            **({"note": self.note} if self.note else {}),
        }


def data_checks(
    scores: Scores,
    lags: Lags,
    records: pd.DataFrame,
    moves: Mapping[str, float],
    *,
    confirmed: Iterable[str] = (),
    disagree: Mapping[str, tuple[str, bool]] | None = None,
    lone: OneSource | None = None,
    unlike: Sequence[tuple[str, str]] = (),
) -> tuple[DataCheck, ...]:
    """Check a table and its lags; needs no posterior.

    Parameters
    ----------
    scores : Scores
        What the lags were computed from, as known at the cutoff.
    lags : Lags
        With their frontiers.
    records : pandas.DataFrame
        From `gapmodel.audit.records.frontier_records`.
    moves : mapping
        Model → change of the mean lag without it, from `gapmodel.audit.moves.moves_without`.
    confirmed : iterable of str
        Models whose date a person or another source has confirmed: it is not suspected.
    disagree : mapping, optional
        Model → what another source says, in words, and whether that is another flag, or a date of another half-year.
    lone : OneSource, optional
        What rests on dates and flags of one source alone.
    unlike : sequence of tuple
        Model and text, from `gapmodel.audit.names.against_names`.

    Returns
    -------
    tuple of DataCheck
        In the order of `DATA_CHECKS`, without ``predictive``.
    """
    panel, table = lags.panel, scores.table
    find = _Finder(scores)
    placed = placements(lags.known)
    found = {
        "dates_out_of_line": _dates(placed, table, {*confirmed, *(disagree or {})}, find),
        "sources_disagree": _sources(disagree or {}, find),
        "one_source": _lone(lone, find),
        "against_names": [DataFinding(model, "", find(model), text) for model, text in unlike],
        "record_unbeaten": _unbeaten(placed, find),
        "moves_gap": _moves(panel, moves, find),
        "carries_months": _carries(panel, records, find),
        "duplicate_series": _copies(table, find),
        "unit_jump": _units(table, records, find),
        "chance_level": _chance(panel, scores),
        "bounds": _bounds(panel),
        "few_benchmarks": _few(int(panel["observed"].any("month").sum()), MIN_BENCHMARKS, "benchmarks have lags"),
        "few_months": _few(int(panel["observed"].any("benchmark").sum()), MIN_MONTHS, "months have lags"),
        "placeholder_dates": _placeholders(table),
    }
    notes = {"one_source": _lone_note(lone)}
    return tuple(_check(name, found[name], notes.get(name, "")) for name in DATA_CHECKS if name in found)


def predictive_gate(rows: Sequence[Mapping[Any, Any]]) -> DataCheck:
    """What the model does not reproduce, beyond what it never does.

    Parameters
    ----------
    rows : sequence of mapping
        ``statistic, tail_probability, flagged`` of the posterior predictive checks.

    Returns
    -------
    DataCheck
        Saw teeth (`USUAL`) are left out: with Gaussian errors no variant reproduces them, on clean tables neither.
    """
    odd = [row for row in rows if row["flagged"] and row["statistic"] not in USUAL]
    findings = [
        DataFinding(
            "", "", None, f"{row['statistic'].replace('_', ' ')}: tail probability {row['tail_probability']:.3g}"
        )
        for row in odd
    ]
    blocking = len(odd) >= PREDICTIVE_BLOCKING
    return _check("predictive", [replace(f, blocking=blocking) for f in findings])


#: Statistics that every variant misses on every table.
USUAL = ("tooth_length", "tooth_size")
PREDICTIVE_BLOCKING = 3  # a guess: not chosen on simulated tables, see ``docs/data-gate.md``


def accepted_checks(checks: Sequence[DataCheck], accept: Mapping[str, str]) -> tuple[DataCheck, ...]:
    """The checks, those named accepted with their reason.

    Parameters
    ----------
    checks : sequence of DataCheck
    accept : mapping
        Name of a check → why its finding is no reason to hold claims back.

    Returns
    -------
    tuple of DataCheck
        What does not block needs no acceptance, and is as it was.

    Raises
    ------
    UnknownNameError
        No such check.
    ConfigError
        A reason is missing.
    """
    for name, reason in accept.items():
        if name not in DATA_CHECKS:
            raise UnknownNameError(f"no check {quoted(name)}{nearest(name, DATA_CHECKS) or some_of(DATA_CHECKS)}")
        if not isinstance(reason, str) or not any(sign.isalnum() for sign in reason):
            raise ConfigError(f'{name} is accepted without a reason: give --accept {name}:"why it may stand"')
        if not " ".join(reason.split()).isprintable():
            raise ConfigError(f"the reason for {name}, {quoted(reason)}, holds a sign that nobody sees: type it again")
    return tuple(
        replace(c, accepted=" ".join(accept[c.name].split())) if c.name in accept and c.status == "blocking" else c
        for c in checks
    )


class _Finder:
    """Lines of a model or of a score in the user's file."""

    def __init__(self, scores: Scores) -> None:
        self._lines = scores.lines

    def __call__(self, model: str, benchmark: str | None = None) -> int | None:
        if self._lines is None:
            return None
        mine = self._lines[self._lines["model"] == model]
        if benchmark is not None:
            mine = mine[mine["benchmark"] == benchmark]
        return int(mine["line"].iloc[0]) if len(mine) else None


def _check(name: str, findings: list[DataFinding], note: str = "") -> DataCheck:
    ordered = sorted(findings, key=lambda f: not f.blocking)
    status: Status = "ok" if not findings else "blocking" if ordered[0].blocking else "warning"
    return DataCheck(name, status, tuple(ordered), note="" if findings else note)


def _sources(disagree: Mapping[str, tuple[str, bool]], find: _Finder) -> list[DataFinding]:
    return [DataFinding(model, "", find(model), text, far) for model, (text, far) in disagree.items()]


def _lone(lone: OneSource | None, find: _Finder) -> list[DataFinding]:
    if lone is None or lone.share < ONE_SOURCE_WARNING:
        return []
    most = list(lone.of_model.items())[:_SHOWN]
    each = [DataFinding(m, "", find(m), f"{n} benchmark-months rest on it, and one source alone") for m, n in most]
    return [DataFinding("", "", None, _lone_text(lone)), *each]


def _lone_note(lone: OneSource | None) -> str:
    if lone is None or not lone.looked_at:
        return "not looked at: no second source knows a model that sets a record"
    return _lone_text(lone)


def _lone_text(lone: OneSource) -> str:
    rest = f"{lone.resting} of {lone.n_months} benchmark-months rest on models"
    return f"{rest} whose date and flag one source alone states: no second one could contradict them"


def _dates(placed: pd.DataFrame, table: pd.DataFrame, confirmed: set[str], find: _Finder) -> list[DataFinding]:
    out: list[DataFinding] = []
    said: set[str] = set()
    early = (placed["z"] >= Z_WARNING) & (placed["ahead"] >= AHEAD_WARNING)
    suspects = placed[early | (placed["alone"] >= ALONE_BLOCKING)]
    for row in suspects.sort_values("z", ascending=False).to_dict("records"):
        model = str(row["model"])
        if model in confirmed or model in said:
            continue
        said.add(model)
        far = row["z"] >= Z_BLOCKING and row["ahead"] >= AHEAD_BLOCKING and row["passed_by"] >= PASSED_BLOCKING
        alone = row["alone"] >= ALONE_BLOCKING
        day = pd.Timestamp(row["day"]).date()
        if alone:
            text = f"dated {day}, {row['alone']:.0f} months from every other model"
        else:
            text = (
                f"dated {day}, {row['ahead']:.0f} months ahead of its group ({row['z']:.1f} standard deviations), "
                f"while {row['passed_by']:.0f} others came"
            )
        out.append(DataFinding(model, "", find(model), text, bool(far or alone)))
    return out + [f for f in _makers(table, find) if f.model not in said and f.model not in confirmed]


def _makers(table: pd.DataFrame, find: _Finder) -> list[DataFinding]:
    """Models that are years from every other of their maker."""
    if "organization" not in table:
        return []
    out = []
    models = table.drop_duplicates("model")[["model", "organization", "release_date"]].dropna()
    for maker, rows in models.groupby("organization"):
        if len(rows) < _MAKER_MODELS:
            continue
        rows = rows.sort_values("release_date")
        months = rows["release_date"].to_numpy("datetime64[D]").astype(np.int64) / DAYS_PER_MONTH
        before, after = np.diff(months, prepend=-np.inf), np.diff(months, append=np.inf)
        for model, away, day in zip(rows["model"], np.minimum(before, after), rows["release_date"], strict=True):
            if away >= _MAKER_MONTHS:
                text = f"dated {day.date()}, {away:.0f} months from every other model of {maker}"
                out.append(DataFinding(str(model), "", find(model), text))
    return out


def _unbeaten(placed: pd.DataFrame, find: _Finder) -> list[DataFinding]:
    # On a single benchmark it is usual: few models were run on it.
    odd = placed[(placed["unbeaten"] >= UNBEATEN_MONTHS) & (placed["n"] >= 2)]
    return [
        DataFinding(
            str(row["model"]), "", find(str(row["model"])),
            f"no other model beats its {row['n']} records for {row['unbeaten']:.0f} months",
        )
        for row in odd.sort_values("unbeaten", ascending=False).to_dict("records")
    ]  # fmt: skip


def gap_sd(panel: xr.Dataset) -> float:
    """Standard error of the mean lag of the last year, from benchmark to benchmark; months, at least `LEAST_SD`."""
    recent = panel.isel(month=slice(-12, None))
    means = recent["lag"].where(recent["observed"]).mean("month").dropna("benchmark").to_numpy()
    return max(LEAST_SD, float(means.std(ddof=1) / np.sqrt(len(means)))) if len(means) > 1 else LEAST_SD


def _moves(panel: xr.Dataset, moves: Mapping[str, float], find: _Finder) -> list[DataFinding]:
    sd = gap_sd(panel)
    large = sorted(((abs(v), v, m) for m, v in moves.items() if np.isfinite(v) and abs(v) > sd), reverse=True)
    return [
        DataFinding(
            str(model), "", find(str(model)),
            f"without it the mean lag of the last year moves by {change:+.1f} months (standard deviation {sd:.1f})",
            size > SD_BLOCKING * sd,
        )
        for size, change, model in large
    ]  # fmt: skip


def _carries(panel: xr.Dataset, records: pd.DataFrame, find: _Finder) -> list[DataFinding]:
    total = max(int(panel["observed"].sum()), 1)
    shares = records.groupby("model")["months"].sum() / total
    return [
        DataFinding(
            str(m), "", find(str(m)), f"{share:.0%} of {total} benchmark-months rest on it", share > SHARE_BLOCKING
        )
        for m, share in shares[shares > SHARE_WARNING].sort_values(ascending=False).items()
    ]


def _copies(table: pd.DataFrame, find: _Finder) -> list[DataFinding]:
    out = [DataFinding("", b, None, text, exact) for b, _, exact, text in copies(table)]
    return out + [DataFinding(m, "", find(m), text) for m, _, text in copied_models(table)]


def _units(table: pd.DataFrame, records: pd.DataFrame, find: _Finder) -> list[DataFinding]:
    carrying = {(r["benchmark"], r["model"]) for r in records[records["months"] > 0].to_dict("records")}
    return [
        DataFinding(model, benchmark, find(model, benchmark), text, (benchmark, model) in carrying)
        for (benchmark, model), text in (mixed_units(table) | stand_ins(table)).items()
    ]


def _chance(panel: xr.Dataset, scores: Scores) -> list[DataFinding]:
    """Benchmarks that tell models apart the wrong way round, then those that hardly do."""
    months = panel["observed"].sum("month").to_series()
    months = months[months > 0]
    direction = scores.benchmarks["direction"]
    turned = against_the_others(scores.table, {str(b): each == "lower" for b, each in direction.items()})
    flat = [(b, text) for b, text in uninformative(scores.table) if b in months.index]
    share = sum(months[b] for b, _ in flat) / max(months.sum(), 1)
    reversed_text = (
        "models do worse the better they do on the others (rank correlation {:.1f}), as {} is better: "
        "its direction seems to be the other one"
    )
    return [
        *(
            DataFinding("", b, None, reversed_text.format(r, direction[b]), True)
            for b, r in turned.items()
            if b in months
        ),
        *(DataFinding("", b, None, text, share > CHANCE_BLOCKING) for b, text in flat),
    ]


def _bounds(panel: xr.Dataset) -> list[DataFinding]:
    total, bounds = int(panel["observed"].sum()), int((panel["censoring"] != 0).sum())
    share = bounds / max(total, 1)
    text = f"{bounds} of {total} monthly lags are bounds"
    return [DataFinding("", "", None, text, share > BOUNDS_BLOCKING)] if share > BOUNDS_WARNING else []


def _few(number: int, least: int, what: str) -> list[DataFinding]:
    return [DataFinding("", "", None, f"{number} {what}: fewer than {least}", True)] if number < least else []


def _placeholders(table: pd.DataFrame) -> list[DataFinding]:
    """Days on which more models came out than chance allows."""
    days = table.drop_duplicates("model")["release_date"]
    n = len(days)
    out = []
    for what, hit, odds, blocks in (
        ("on a first of January", (days.dt.month == 1) & (days.dt.day == 1), 1 / 365, _PLACEHOLDER_BLOCKING),
        ("on the first of a month", days.dt.day == 1, 12 / 365, np.inf),
        ("on the last of a month", days.dt.is_month_end, 12 / 365, np.inf),
        ("on the fifteenth of a month", days.dt.day == 15, 12 / 365, np.inf),
    ):
        k = int(hit.sum())
        if k >= _MIN_PLACEHOLDERS and k > _MONTH_ONLY * n * (odds > 1 / 365) and stats.binom.sf(k - 1, n, odds) < _ODDS:
            out.append(DataFinding("", "", None, f"{k} of {n} models are dated {what}", k > blocks * n))
    day, most = days.value_counts().index[0], int(days.value_counts().iloc[0])
    if n >= 2 * _MIN_PLACEHOLDERS and most > _ONE_DAY * n:
        out.append(DataFinding("", "", None, f"{most} of {n} models are dated {day.date()}", True))
    return out
