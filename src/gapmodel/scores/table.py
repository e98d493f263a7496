"""The scores table: its validation, and the subsets an analysis may ask for.

The format is in ``docs/scores-format.md``. It all works on data frames; `gapmodel.sources` reads files.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from gapmodel.errors import (
    ConfigError,
    DataError,
    InsufficientDataError,
    UnknownNameError,
    expect,
    nearest,
    quoted,
    some_of,
)
from gapmodel.scores.columns import (
    BENCHMARK_COLUMNS,
    OPTIONAL,
    REQUIRED,
    as_objects,
    complete,
    fill_model_properties,
    typed_columns,
)
from gapmodel.scores.distinct import json_rows, text_cells, together
from gapmodel.scores.faults import (
    benchmark_faults,
    fault_report,
    readers,
    row_faults,
    schema_faults,
    without,
    wrong_values,
)
from gapmodel.scores.names import benchmark_named, one_form

__all__ = ["Scores", "expect_scores", "validate_scores"]

_SORT = ["benchmark", "release_date", "model", "variant"]
DATE_RULES, OPEN_RULES = ("access", "announced"), ("weights", "api")


@dataclass(frozen=True, eq=False)
class Scores:
    """Validated scores; made by `validate_scores` only.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per (benchmark, model, variant), sorted by benchmark, release date, model and variant, with a
        `RangeIndex`. Dates are datetime64[ns] (``weights_date`` is ``NaT`` where not given), ``score`` and
        ``score_se`` float in the benchmark's own unit, text is object with ``None`` where empty. Optional
        columns where given; unknown columns last, in alphabetical order.
    benchmarks : pandas.DataFrame
        One row for every benchmark of `table`, index ``benchmark``, all documented columns. ``lower_bound``
        and ``ceiling`` are float, ``NaN`` where there is none; ``default_set``, where given, is bool.
    sha256 : str
        Hash of the content; row order, column order, number formatting and empty columns do not change it.
    credits : tuple of str
        Lines to print wherever results of the data are shown.
    snapshot : str
        Name of the data: a bundled snapshot, or the file name.
    as_of : pandas.Timestamp or None
        Day on which the data were taken; ``None`` where unknown.
    whole : Scores or None
        The table that this is a subset of, where `gapmodel.scores.selection.select` made it; sensitivity needs it.
    beside : Scores or None
        The benchmarks of `whole` that `gapmodel.scores.selection.select` left out, under the same conditions on models:
        no part of the average, but they say how capable models are. No part of the hash.
    origin : mapping
        Which table and which subset of it, as plain values without machine paths: recorded in the manifest of a run.
    left_out : pandas.DataFrame or None
        Scores that the source of the table leaves out, for the audit.
    evaluations : pandas.DataFrame or None
        Days of evaluation that come beside the table, see `gapmodel.scores.vintages`; no part of the hash.
    lines : pandas.DataFrame or None
        ``benchmark, model, line``: where each score was in its file, for messages; no part of the hash.
    """

    table: pd.DataFrame
    benchmarks: pd.DataFrame
    sha256: str
    credits: tuple[str, ...]
    snapshot: str
    as_of: pd.Timestamp | None
    whole: Scores | None = field(default=None, repr=False)
    beside: Scores | None = field(default=None, repr=False)
    origin: Mapping[str, Any] = field(default_factory=dict, repr=False)
    left_out: pd.DataFrame | None = field(default=None, repr=False)
    evaluations: pd.DataFrame | None = field(default=None, repr=False)
    lines: pd.DataFrame | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        info, table = self.benchmarks, self.table
        counts = f"{len(table)} scores of {table['model'].nunique()} models on {len(info)} benchmarks"
        released = f"{table['release_date'].min().date()} to {table['release_date'].max().date()}"
        shown = ", ".join(str(title) for title in info["title"].head(6))
        more = f" and {len(info) - 6} others" if len(info) > 6 else ""
        return f"Scores '{self.snapshot}': {counts}\n  released {released}\n  {shown}{more}"

    def _repr_html_(self) -> str:
        counted = self.table.groupby("benchmark").agg(
            models=("model", "nunique"), first=("release_date", "min"), last=("release_date", "max")
        )
        counted.insert(0, "title", self.benchmarks["title"])
        for column in ("first", "last"):
            counted[column] = counted[column].dt.strftime("%Y-%m-%d")
        caption = f"<p>Scores {html.escape(quoted(self.snapshot))}: {len(self.table)} rows</p>"
        return caption + counted.to_html(max_rows=20, escape=True)

    @property
    def undescribed(self) -> list[str]:
        """Benchmarks that are taken as higher is better, with neither floor nor ceiling: nobody may have said so."""
        info = self.benchmarks
        bare = (info["direction"] == "higher") & info["lower_bound"].isna() & info["ceiling"].isna()
        return [str(name) for name in info.index[bare]]

    @property
    def composite(self) -> pd.Series:
        """Whether each benchmark is a composite of others; bool, index ``benchmark``."""
        parts = self.benchmarks["composite_of"]
        return parts.notna() & (parts.astype(str).str.strip() != "")

    def subset(
        self,
        *,
        benchmarks: str | Iterable[str] | None = None,
        exclude_benchmarks: str | Iterable[str] | None = None,
        categories: str | Iterable[str] | None = None,
        first: Any = None,
        last: Any = None,
        organizations: str | Iterable[str] | None = None,
        exclude_organizations: str | Iterable[str] | None = None,
        licence_tiers: str | Iterable[str] | None = None,
        visibilities: str | Iterable[str] | None = None,
        models: str | Iterable[str] | None = None,
        exclude_models: str | Iterable[str] | None = None,
        default_set_only: bool = False,
    ) -> Scores:
        """Keep the rows that meet every condition; benchmarks left without rows go.

        A row without an organization or licence tier meets no list of them, and no list excludes it; nor does a
        benchmark without a visibility.

        Parameters
        ----------
        benchmarks, categories, visibilities, organizations, licence_tiers, models : str or iterable of str, optional
            Keep these alone.
        exclude_benchmarks, exclude_organizations, exclude_models : str or iterable of str, optional
            Leave these out.
        first, last : date-like, optional
            Bounds of the release date, both included.
        default_set_only : bool
            Keep the benchmarks that the data mark as their default set.

        Returns
        -------
        Scores
            With a hash of its own; credits, name and day of the data stay.

        Raises
        ------
        UnknownNameError
            A name does not occur in the data, or the data lack the column.
        ConfigError
            A date cannot be read, or `default_set_only` with data that mark no default set.
        InsufficientDataError
            Nothing is left.
        """
        table, keep = self.table, np.ones(len(self.table), dtype=bool)
        category, visibility = (table["benchmark"].map(self.benchmarks[c]) for c in ("category", "visibility"))
        for what, column, names, negated in (
            ("benchmark", table["benchmark"], benchmarks, False),
            ("benchmark", table["benchmark"], exclude_benchmarks, True),
            ("category", category, categories, False),
            ("visibility", visibility, visibilities, False),
        ):
            if names is not None:
                if what == "benchmark":
                    names = [benchmark_named(name, self.benchmarks) for name in _listed(names)]
                keep &= _among(column, names, what) != negated
        of_models: dict[str, Any] = {
            "first": first,
            "last": last,
            "organizations": organizations,
            "exclude_organizations": exclude_organizations,
            "licence_tiers": licence_tiers,
            "models": models,
            "exclude_models": exclude_models,
        }
        keep &= _of_models(table, **of_models)
        if default_set_only:
            if "default_set" not in self.benchmarks:
                raise ConfigError(
                    "the data mark no default set: add a column default_set (true or false) to benchmarks"
                )
            keep &= table["benchmark"].map(self.benchmarks["default_set"]).to_numpy(dtype=bool)
        left = self.where(keep, "no score is left: change the conditions, or give a table that has such scores")
        return left.with_beside(lambda b: b.where(_of_models(b.table, **of_models, strict=False), "none"))

    def with_beside(self, change: Callable[[Scores], Scores]) -> Scores:
        """The same with `change` made to what is `beside` it, which goes where nothing of it is left."""
        if self.beside is None:
            return self
        try:
            return replace(self, beside=change(self.beside))
        except InsufficientDataError:
            return replace(self, beside=None)

    def dated(self, *, dates: str = "access", open_date: str = "weights") -> Scores:
        """The same scores under another rule of what counts as the day of a model.

        Parameters
        ----------
        dates : {'access', 'announced'}
            The first day of public use, or that of the announcement where the table gives one (``announced_date``).
        open_date : {'weights', 'api'}
            Open models count from the day on which their weights could be downloaded (``weights_date``), or from
            their release in any form.

        Returns
        -------
        Scores
            ``release_date`` and ``weights_date`` are those of the rule. The table itself for the default rules.

        Raises
        ------
        ConfigError
            No such rule.
        """
        for name, value, known in (("dates", dates, DATE_RULES), ("open_date", open_date, OPEN_RULES)):
            if value not in known:
                raise ConfigError(
                    f"{name} is {quoted(value)}{nearest(value, known) or f': choose {" or ".join(known)}'}"
                )
        table = self.table
        announced = dates == "announced" and "announced_date" in table
        undated = open_date == "api" and "weights_date" in table
        if not announced and not undated:
            return self
        table = table.copy()
        if announced:
            given = table["announced_date"].notna()
            table["release_date"] = table["announced_date"].where(given, table["release_date"])
        if undated:
            table["weights_date"] = np.datetime64("NaT", "ns")
        left = replace(self, table=table).rehashed()
        return left.with_beside(lambda beside: beside.dated(dates=dates, open_date=open_date))

    def rehashed(self) -> Scores:
        """The same rows in the order and with the hash of their present content."""
        order = [c for c in _SORT if c in self.table]
        table = self.table.sort_values(order, kind="stable", na_position="first", ignore_index=True)
        return replace(self, table=table, sha256=_hash(table, self.benchmarks))

    def as_of_cutoff(self, cutoff: Any) -> Scores:
        """The data as they could have been known on `cutoff`, the day itself included.

        Rows of models released later go. So do rows of open models whose weights came later: on the cutoff
        such a model could not be downloaded, so it cannot be on the open frontier; nor is it counted as
        closed, for the closed frontier would lose a level when the weights come. `as_of` becomes the cutoff
        where that is earlier.

        Parameters
        ----------
        cutoff : date-like

        Returns
        -------
        Scores

        Raises
        ------
        ConfigError
            The cutoff is not a date.
        InsufficientDataError
            Nothing was released by then.
        """
        day = _day(cutoff, "cutoff")
        keep = (self.table["release_date"] <= day).to_numpy()
        if "weights_date" in self.table:
            keep = keep & ~(self.table["weights_date"] > day).to_numpy()
        left = self.where(keep, f"no score was out by {day.date()}: choose a later cutoff")
        left = left.with_beside(lambda beside: beside.as_of_cutoff(day))
        return replace(left, as_of=day if self.as_of is None else min(day, self.as_of))

    def where(self, keep: np.ndarray, empty: str) -> Scores:
        """The rows where `keep` (bool, shape (n_rows,)) holds; benchmarks left without rows go.

        Raises
        ------
        InsufficientDataError
            With the text `empty`: none is left.
        """
        if not keep.any():
            raise InsufficientDataError(empty)
        table = self.table.loc[keep].reset_index(drop=True)
        info = self.benchmarks.loc[sorted(table["benchmark"].unique())]
        return replace(self, table=table, benchmarks=info, sha256=_hash(table, info))


def expect_scores(scores: Any) -> None:
    """Refuse what is no table of scores.

    Raises
    ------
    ConfigError
    """
    expect(scores, Scores, "scores", "give what gm.load_scores gives, gm.load_scores('scores.csv') for a file")


def validate_scores(
    table: pd.DataFrame,
    benchmarks: pd.DataFrame | None = None,
    *,
    today: date,
    file: str = "scores",
    benchmarks_file: str = "benchmarks",
    snapshot: str = "scores",
    credits: Iterable[str] = (),
    as_of: Any = None,
) -> Scores:
    """Check both tables and give them types.

    Parameters
    ----------
    table, benchmarks : pandas.DataFrame
        As in ``docs/scores-format.md``; cells may be text or typed. An index named ``line`` holds the line
        numbers for messages, else rows count from line 2 (line 1 is the header).
    today : datetime.date
        Dates after it are faults.
    file, benchmarks_file : str
        What messages call the tables.
    snapshot, credits, as_of
        See `Scores`.

    Returns
    -------
    Scores
        Benchmarks that `benchmarks` lacks have the defaults of `gapmodel.scores.columns.complete`; what one row says
        of a model's weights date and licence tier stands in all of its rows.

    Raises
    ------
    DataError
        Lists all faults of both tables at once (20, then how many more), each with its fix.
    ConfigError
        `as_of` is not a date.
    """
    raw, cells = as_objects(table, file)
    none = pd.DataFrame({"benchmark": []})
    raw_info, info_cells = as_objects(none if benchmarks is None else benchmarks, benchmarks_file)
    if not len(raw):
        raise DataError(f"{file}: the table has no rows; add one row per benchmark and model")
    of_scores, of_benchmarks = readers(pd.Timestamp(today).date())
    wrong, info_wrong = wrong_values(cells, of_scores), wrong_values(info_cells, of_benchmarks)
    faults = schema_faults(raw, cells, REQUIRED, (*REQUIRED, *OPTIONAL), of_scores, wrong, file)
    about = (*BENCHMARK_COLUMNS, "default_set")
    faults += schema_faults(raw_info, info_cells, ("benchmark",), about, of_benchmarks, info_wrong, benchmarks_file)
    # Faulty cells become missing, so that the checks across rows still see all the others.
    info = typed_columns(raw_info, without(info_cells, info_wrong))
    cells = without(cells, wrong)
    typed = typed_columns(raw, cells)
    faults += benchmark_faults(info, benchmarks_file) + row_faults(typed, cells, info, file)
    if faults:
        raise DataError(fault_report(faults, order=(file, benchmarks_file), columns=[*raw, *raw_info]))

    fill_model_properties(typed, cells)
    lines = typed[["benchmark", "model"]].assign(line=typed.index.to_numpy())
    known = [c for c in (*REQUIRED, *OPTIONAL) if c in typed]
    typed = typed[known + sorted(str(c) for c in set(typed) - set(known))]
    order = np.argsort(together(*(cells[c].ranked() for c in _SORT if c in cells)), kind="stable")
    typed = typed.iloc[order].reset_index(drop=True)
    info = complete(info, sorted(cells["benchmark"].distinct))
    day = None if as_of is None else _day(as_of, "as_of")
    return Scores(typed, info, _hash(typed, info), tuple(credits), snapshot, day, lines=lines)


def _hash(table: pd.DataFrame, info: pd.DataFrame) -> str:
    """Of the JSON text of both tables, each a list of column names and of rows of texts."""
    digest = hashlib.sha256(b"[")
    for frame, end in ((table, ", "), (info.reset_index(), "]")):
        columns = sorted(str(c) for c in frame if frame[c].notna().any())
        digest.update(f"[{json.dumps(columns)}".encode())
        for rows in json_rows([text_cells(frame[c]) for c in columns]):
            digest.update(f", {rows}".encode())
        digest.update(f"]{end}".encode())
    return digest.hexdigest()


def _of_models(
    table, *, first, last, organizations, exclude_organizations, licence_tiers, models, exclude_models, strict=True
) -> np.ndarray:
    """Rows that meet the conditions of `Scores.subset` on models; `strict`: names that do not occur are refused."""
    keep = np.ones(len(table), dtype=bool)
    for what, names, negated in (
        ("organization", organizations, False),
        ("organization", exclude_organizations, True),
        ("licence_tier", licence_tiers, False),
        ("model", models, False),
        ("model", exclude_models, True),
    ):
        if names is not None:
            keep &= _among(table.get(what), names, what, strict=strict) != negated
    if first is not None:
        keep &= (table["release_date"] >= _day(first, "first")).to_numpy()
    if last is not None:
        keep &= (table["release_date"] <= _day(last, "last")).to_numpy()
    return keep


def _among(column: pd.Series | None, names: str | Iterable[str], what: str, *, strict: bool = True) -> np.ndarray:
    if column is None:
        raise UnknownNameError(f"the data have no column {what}: add it to the scores table")
    wanted = [one_form(str(name).strip()) for name in _listed(names)]
    present = set(column.dropna())
    if not present:
        where = "the benchmarks table" if what in ("category", "visibility") else "the table"
        raise UnknownNameError(f"no row of the data has a {what}: add the column {what} to {where}")
    for name in wanted if strict else ():
        if name not in present:
            known = sorted(present)
            raise UnknownNameError(f"unknown {what} {quoted(name)}{nearest(name, known) or some_of(known)}")
    return column.isin(wanted).to_numpy(dtype=bool)


def _listed(names: str | Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _day(value: Any, name: str) -> pd.Timestamp:
    try:
        day = pd.Timestamp(value).tz_localize(None).normalize().as_unit("ns")
    except (ValueError, TypeError, AttributeError):
        day = None
    if day is None or pd.isna(day):
        raise ConfigError(f"{name} is {quoted(value)}: write year-month-day, such as 2025-02-01")
    return day
