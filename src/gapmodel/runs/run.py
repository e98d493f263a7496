"""`Run`: one answer with all that belongs to it, the same type from memory and from a folder."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import xarray as xr

from gapmodel.analysis.schema import Summary, reasons_against
from gapmodel.analysis.sentences import estimate_text, headline, zero_short
from gapmodel.errors import ConfigError
from gapmodel.lags.panel import Lags
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant
from gapmodel.modeling.variant import Variant
from gapmodel.runs.estimates import Estimate, Probability
from gapmodel.runs.parts import BundledParts, FolderParts, MemoryParts
from gapmodel.scores.names import benchmark_named

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    # To read a run needs no sampler.
    from gapmodel.analysis.analyse import Analysis
    from gapmodel.inference.sampling import SamplerSettings

__all__ = ["Run", "RunFigures"]


@dataclass(frozen=True, eq=False)
class Run:
    """The answer of one variant on one table.

    Attributes
    ----------
    summary : dict
        The content of ``summary.json``, of the form `gapmodel.analysis.schema.Summary`.
    checks : dict
        ``passed``, and ``checks``: name, value, threshold and rule of each.
    manifest : dict
        Identity: run id, variant, data, options, sampler, versions, hash of the code.
    parts : MemoryParts or FolderParts
        Tables and draws, from where they are.

    Examples
    --------
    >>> import gapmodel as gm
    >>> run = gm.read_run("results/reference/august_2026")
    >>> run.gap.unit, run.citable
    ('months', True)
    >>> run.probability_zero("2027-12-31").never == run.summary["zero_lag"]["probability_never"]
    True
    """

    summary: Summary
    checks: dict[str, Any]
    manifest: dict[str, Any]
    parts: MemoryParts | FolderParts = field(repr=False)

    @property
    def folder(self) -> Path:
        """Where the run lies; of one in memory the name that it would have under ``results/``."""
        return self.parts.folder if isinstance(self.parts, FolderParts) else Path("results") / self.run_id

    @property
    def bundled(self) -> bool:
        """Whether this is the run that comes with the package, see `gapmodel.runs.reader.reference_run`."""
        return isinstance(self.parts, BundledParts)

    @property
    def run_id(self) -> str:
        """Variant and hash of everything that determines the numbers."""
        return str(self.manifest["run_id"])

    @property
    def citable(self) -> bool:
        """True when every check passed, or was accepted by name, and the run was not a quick one."""
        return not self.reasons_against

    @property
    def reasons_against(self) -> list[str]:
        """Why it may not be cited, one reason per item; empty where it may."""
        return reasons_against(self.summary["quick"], self.checks)

    @property
    def gap(self) -> Estimate:
        """Average gap over the included benchmarks, months."""
        return Estimate.of(self.summary["average_gap_months"], unit="months", n_draws=self._n_draws)

    @property
    def slope(self) -> Estimate:
        """Change of the average gap over the 12 months before, months per year."""
        return Estimate.of(self.summary["slope_months_per_year"], unit="months/year", n_draws=self._n_draws)

    @property
    def _n_draws(self) -> int:
        return int(self.summary["zero_lag"]["n_draws"])

    def probability_zero(self, date: str | Date | pd.Timestamp) -> Probability:
        """Probability that the average trend is at or below zero at some month-end up to `date`.

        Parameters
        ----------
        date : date-like
            The last month-end on or before it counts.

        Raises
        ------
        ConfigError
            Before the day of the answer, or beyond the horizon.
        """
        zero, day = self.summary["zero_lag"], _day(date)
        curve = self.table("zero_lag_curve.csv")
        if day < curve["date"].iloc[0] or day > pd.Timestamp(zero["horizon"]):
            raise ConfigError(
                f"{day.date()} is outside {zero['start']} to {zero['horizon']}: give a date between, or fit again with "
                "another horizon_years"
            )
        row = curve[curve["date"] <= day].iloc[-1]
        return Probability(
            float(row["probability"]), float(row["mcse"]), float(row["prior"]), zero["probability_never"],
            str(row["date"].date()), zero["horizon"], self._n_draws, int(self.summary["prior"]["draws"]),
        )  # fmt: skip

    def zero_date(self, q: float) -> Date | None:
        """Date by which the average trend has reached zero with probability `q`.

        Returns
        -------
        datetime.date or None
            None: not within the horizon.

        Raises
        ------
        ConfigError
            `q` is not between 0 and 1, or neither the summary nor draws have it.
        """
        if isinstance(q, str) or not 0.0 < q < 1.0:
            raise ConfigError(f"q is {q!r}: give a probability between 0 and 1")
        zero = self.summary["zero_lag"]
        known = zero["date_quantiles"]
        if f"{q:g}" not in known:
            if not self.has("draws.nc"):
                raise ConfigError(f"the run holds no draws: give one of {', '.join(known)}")
            from gapmodel.inference.crossing import date_quantiles

            known = date_quantiles(self.draws["touched"], zero["start"], probs=(q,))
        text = known[f"{q:g}"]
        return None if text is None else Date.fromisoformat(text)

    @cached_property
    def idata(self) -> xr.DataTree:
        """Everything for ArviZ, see `gapmodel.inference.tree.complete_tree`.

        Raises
        ------
        DataError
            The folder holds no ``posterior.nc``, as committed runs do not.
        """
        return self.parts.tree()

    @property
    def draws(self) -> xr.Dataset:
        """Draws of gap, slope and time to zero; dims (chain, draw), and benchmark for some.

        Raises
        ------
        DataError
            The folder holds no ``draws.nc``.
        """
        return self.dataset("draws.nc")

    @property
    def lags(self) -> Lags:
        """The lag panel and its other views.

        Raises
        ------
        DataError
            The folder holds no ``lags.nc``.
        """
        if isinstance(self.parts, MemoryParts):
            return self.parts.analysis.lags
        tables = {name: self.table(f"{name}.csv") for name in ("release", "catch_up", "skipped", "frontiers")}
        return Lags(panel=self.dataset("lags.nc"), sides=None, **tables)

    @property
    def frontiers(self) -> pd.DataFrame:
        """Records of both frontiers: ``benchmark, role, date, model, level``."""
        return self.table("frontiers.csv")

    @property
    def per_benchmark(self) -> pd.DataFrame:
        """One row per benchmark, see `gapmodel.analysis.summary.benchmark_table`."""
        return self.table("per_benchmark.csv")

    @property
    def audit(self) -> dict[str, Any] | None:
        """What the lags rest on, see `gapmodel.audit.Audit.as_dict`; None for a folder without ``audit.json``.

        Raises
        ------
        DataError
            The file is not the one that the run wrote.
        """
        return self.parts.audit()

    @property
    def options(self) -> LagOptions:
        """The choices by which scores became lags."""
        return LagOptions.from_dict(self.summary["options"])

    @property
    def settings(self) -> SamplerSettings:
        """Those that were used."""
        from gapmodel.inference.sampling import SamplerSettings

        return SamplerSettings.from_dict(self.manifest["sampler"])

    @property
    def variant(self) -> Variant:
        """The variant, loaded again for a run from a folder.

        Raises
        ------
        UnknownNameError
            It is a file of the user: load that.
        """
        if isinstance(self.parts, MemoryParts):
            return self.parts.analysis.fit.variant
        return load_variant(self.manifest["variant"]["name"])

    @property
    def plot(self) -> RunFigures:
        """The figures: ``run.plot.trend()``."""
        return RunFigures(self)

    def has(self, name: str) -> bool:
        """Whether the run has this file (committed runs hold no netCDF files)."""
        return self.parts.has(name)

    def table(self, name: str) -> pd.DataFrame:
        """A table of the run by its file name; dates are parsed, empty cells are missing.

        Raises
        ------
        DataError
            The file is missing, or is not the one that the run wrote.
        """
        return self.parts.table(name)

    def dataset(self, name: str) -> xr.Dataset:
        """``lags.nc`` or ``draws.nc``, loaded.

        Raises
        ------
        DataError
            As `table`.
        """
        return self.parts.dataset(name)

    def save(self, folder: str | Path | None = None, *, command: str = "gm.fit") -> Path:
        """Write the run folder.

        Parameters
        ----------
        folder : path-like, optional
            Default: ``results/<run id>``. An earlier run in it is replaced.
        command : str
            Recorded in the manifest.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        ConfigError
            The folder cannot be written, holds something other than a run, or the run was read from a folder.
        """
        from gapmodel.runs.writer import write_run

        if not isinstance(self.parts, MemoryParts):
            raise ConfigError(f"the run lies in '{self.folder}' already: copy that folder")
        return write_run(self, Path(folder) if folder is not None else self.folder, command=command)

    def _lines(self) -> list[tuple[str, str]]:
        data = self.summary["data"]
        rows = [
            ("answer", headline(self.summary)),
            ("slope", estimate_text(self.summary, "slope_months_per_year")),
            ("zero", zero_short(self.summary)),
        ]
        failed = [check["name"] for check in self.checks["checks"] if not check["passed"]]
        failed += self.summary["data_gate"]["blocking"]
        rows += [
            ("data", f"{data['snapshot']}, {data['n_benchmarks']} benchmarks, {data['n_lags']} monthly lags, "
                     f"{data['n_right_censored'] + data['n_left_censored']} of them bounds"),
            ("checks", "all passed" if not failed else f"failed: {', '.join(failed)}"),
            ("citable", "yes" if self.citable else "no, a quick run" if self.summary["quick"] else "no"),
        ]  # fmt: skip
        return rows

    def __repr__(self) -> str:
        head = f"Run {self.run_id}: {self.summary['follower']} behind {self.summary['leader']}"
        return "\n".join([head, *(f"  {name:8} {text}" for name, text in self._lines())])

    def _repr_html_(self) -> str:
        left = "text-align:left"
        rows = "".join(
            f"<tr><th style='{left}'>{html.escape(n)}</th><td style='{left}'>{html.escape(t)}</td></tr>"
            for n, t in self._lines()
        )
        return f"<table><caption>Run {html.escape(self.run_id)}</caption>{rows}</table>"


@dataclass(frozen=True)
class RunFigures:
    """The figures of a run, drawn when asked for; each returns a `matplotlib.figure.Figure`.

    Of a run that was read they are drawn from its tables, which have no 50 % intervals over benchmarks.
    """

    run: Run

    def trend(self, *, forms: Mapping[str, pd.DataFrame] | None = None) -> Figure:
        """The average gap over time with its band, and the lags that it rests on.

        Parameters
        ----------
        forms : mapping, optional
            Variant → ``trend_bands.csv`` of its run, for the range over forms of the trend.
        """
        from gapmodel.runs.figures import run_note, trend_figure

        run = self.run
        note = run_note(run.summary, run=run.run_id)
        bands, lags = run.table("trend_bands.csv"), run.table("lags.csv")
        return trend_figure(run.summary, bands, lags, forms=forms, note=note)

    def zero_probability(self) -> Figure:
        """P(zero by date), posterior beside prior."""
        from gapmodel.runs.figures import run_note, zero_figure

        note = run_note(self.run.summary, run=self.run.run_id)
        return zero_figure(self.run.summary, self.run.table("zero_lag_curve.csv"), note=note)

    def forest(self) -> Figure:
        """Gap and slope of each benchmark."""
        return self._figure("forest")

    def benchmark(self, name: str) -> Figure:
        """Both frontiers of one benchmark, and its lag, bounds drawn as bounds.

        Parameters
        ----------
        name : str
            Name, title or identifier, in any case.

        Raises
        ------
        UnknownNameError
            The run has no such benchmark.
        """
        from gapmodel.plot import plot_benchmark
        from gapmodel.runs.figures import run_note

        lags, records = self.run.table("lags.csv"), self.run.frontiers
        known = lags[["benchmark", "title"]].drop_duplicates("benchmark").set_index("benchmark")
        chosen = benchmark_named(name, known)
        return plot_benchmark(
            records[records["benchmark"] == chosen],
            lags[lags["benchmark"] == chosen],
            note=run_note(self.run.summary, run=self.run.run_id),
        )

    def frontiers(self) -> Figure:
        """Both frontiers of each benchmark."""
        return self._figure("frontiers")

    def panel(self) -> Figure:
        """Monthly lags of each benchmark, bounds marked."""
        return self._figure("lag_panel")

    def monthly(self) -> Figure:
        """Monthly lags over benchmarks, with the published line."""
        return self._figure("monthly_boxes")

    def _figure(self, name: str) -> Figure:
        from gapmodel.runs.figures import run_figure, table_figure

        if not isinstance(self.run.parts, MemoryParts):
            return table_figure(self.run, name)
        return run_figure(self.run.parts.analysis, name, run=self.run.run_id)


def _day(date: str | Date | pd.Timestamp) -> pd.Timestamp:
    try:
        if isinstance(date, int | float):  # which would be nanoseconds since 1970
            raise ValueError
        day = pd.Timestamp(date)
    except ValueError:
        raise ConfigError(f"'{date}' is no date: give an ISO date, 2027-12-31") from None
    if pd.isna(day):
        raise ConfigError("the date is missing: give an ISO date, 2027-12-31")
    return day


def run_of(analysis: Analysis, *, inputs: Mapping[str, Any] | None = None, command: str = "gm.fit") -> Run:
    """The run of an analysis, in memory.

    Parameters
    ----------
    analysis : Analysis
    inputs : mapping, optional
        Which table and which subset of it, without machine paths, so that the run can be made again.
    command : str
        As the user gave it, without machine paths.
    """
    from gapmodel.runs.writer import manifest_of

    manifest = manifest_of(analysis, inputs=inputs, command=command)
    return Run(cast(Summary, analysis.summary), analysis.checks_entry, manifest, MemoryParts(analysis))
