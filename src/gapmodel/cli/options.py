"""Options that commands share, as frozen groups, and what they stand for.

A command names the groups that it takes as parameters; `grouped` spreads their fields into options of the command
line. Nothing here imports PyMC before it is needed: what can be wrong with the input is found first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from gapmodel.errors import ConfigError, quoted

if TYPE_CHECKING:
    from gapmodel.inference.sampling import SamplerSettings
    from gapmodel.modeling.options import LagOptions
    from gapmodel.scores.table import Scores

__all__ = [
    "Accept",
    "DataOptions",
    "Horizon",
    "Json",
    "LagChoice",
    "Out",
    "Prior",
    "Quiet",
    "SamplerOptions",
    "TableOptions",
    "Workers",
    "grouped",
]

Out = Annotated[Path | None, typer.Option("--out", help="Output folder; default: under results/.")]
Horizon = Annotated[
    float, typer.Option("--horizon-years", "--horizon", help="Years ahead within which a crossing counts.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress display.")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Processes that run jobs side by side.")]
Prior = Annotated[
    list[str] | None,
    typer.Option("--prior", help='Another prior, such as "error_sd=HalfNormal(2)" (repeatable).'),
]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept", help='Accept a data check that holds claims back, with the reason: CHECK:"reason" (repeatable).'
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")]


@dataclass(frozen=True)
class TableOptions:
    """Which table of scores."""

    scores: Annotated[Path | None, typer.Option("--scores", help="Your scores.csv; default: the bundled data.")] = None
    benchmarks: Annotated[Path | None, typer.Option("--benchmarks", help="Your benchmarks.csv.")] = None
    snapshot: Annotated[str, typer.Option(help="Bundled snapshot, if no --scores.")] = "epoch_2026-08"

    def read(self) -> Scores:
        """Read and validate the table; a fetched snapshot comes with its credits and its day.

        Raises
        ------
        ConfigError
            A benchmarks file without a scores file.
        DataError, UnknownNameError
            A file has faults; no such snapshot.
        """
        from gapmodel.sources.load import DEFAULT_SNAPSHOT, read_snapshot_named, read_table

        if self.scores is None and self.benchmarks is not None:
            raise ConfigError("--benchmarks goes with --scores: give both")
        if self.scores is None:
            return read_snapshot_named(self.snapshot)
        if self.snapshot != DEFAULT_SNAPSHOT:
            raise ConfigError("--snapshot is in place of --scores: give one of them")
        return read_table(self.scores, benchmarks=self.benchmarks)


@dataclass(frozen=True)
class DataOptions(TableOptions):
    """Which scores of it."""

    pool: Annotated[
        list[str] | None, typer.Option("--pool", "--benchmark", help="Only this benchmark (repeatable).")
    ] = None
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", "--exclude-benchmark", help="Leave out this benchmark (repeatable)."),
    ] = None
    category: Annotated[list[str] | None, typer.Option("--category", help="Only this category (repeatable).")] = None
    exclude_organization: Annotated[
        list[str] | None, typer.Option("--exclude-organization", help="Leave out its models (repeatable).")
    ] = None
    visibility: Annotated[
        list[str] | None,
        typer.Option("--visibility", help="Only benchmarks whose questions are public, semi-private or private."),
    ] = None
    everything: Annotated[
        bool, typer.Option("--everything", "--all-benchmarks", help="Opt-in benchmarks too, not only the default set.")
    ] = False

    def names(self) -> dict[str, str | None]:
        """Of files and snapshot, without folders, for the manifest."""
        return {
            "scores": None if self.scores is None else self.scores.name,
            "benchmarks": None if self.benchmarks is None else self.benchmarks.name,
            "snapshot": self.snapshot,
        }

    def select(self) -> Scores:
        """Read the table and take the subset that the options name."""
        from gapmodel.sources.load import pooled

        return pooled(
            self.read(),
            origin=self.names(),
            pool=self.pool or None,
            exclude=self.exclude or (),
            categories=self.category or None,
            exclude_organizations=self.exclude_organization or (),
            visibilities=self.visibility or None,
            everything=self.everything,
        )


@dataclass(frozen=True)
class LagChoice:
    """How scores become lags."""

    cutoff: Annotated[str | None, typer.Option(help="As-of replay: nothing released after this ISO date is seen.")] = (
        None
    )
    leader: Annotated[str | None, typer.Option(help="Group that leads: weights=closed, country=China ...")] = None
    follower: Annotated[str | None, typer.Option(help="Group that follows: weights=open ...")] = None
    grace_months: Annotated[
        int | None,
        typer.Option(
            "--grace-months", "--grace", help="Months that a benchmark's window lasts beyond its last evaluation."
        ),
    ] = None
    first_month: Annotated[
        str | None, typer.Option("--first-month", "--since", help="Leave out months before this ISO date.")
    ] = None
    tolerance: Annotated[
        float, typer.Option(help="Share of a benchmark's scale within which the follower counts as level.")
    ] = 0.0
    clamp: Annotated[bool, typer.Option("--clamp", help="Set leads to zero, as the published analysis did.")] = False
    dates: Annotated[
        str, typer.Option(help="A model counts from its first public use (access) or its announcement (announced).")
    ] = "access"
    open_date: Annotated[
        str, typer.Option(help="An open model counts from the day of its weights (weights) or of any form (api).")
    ] = "weights"

    def options(self) -> LagOptions:
        """As `LagOptions`.

        Raises
        ------
        ConfigError
            A date, a group or a rule cannot be read.
        """
        from gapmodel.modeling.options import LagOptions, read_day
        from gapmodel.scores.groups import parse_group

        keywords: dict[str, Any] = {}
        for name, option, text in (
            ("cutoff", "--cutoff", self.cutoff),
            ("first_month", "--first-month", self.first_month),
        ):
            if text is not None:
                keywords[name] = read_day(text, option)
        for role, text in (("leader", self.leader), ("follower", self.follower)):
            if text is not None:
                keywords[role] = parse_group(text)
        if self.grace_months is not None:
            keywords["grace_months"] = self.grace_months
        same = {name: getattr(self, name) for name in ("tolerance", "clamp", "dates", "open_date")}
        return LagOptions(**keywords, **same)


@dataclass(frozen=True)
class SamplerOptions:
    """How the posterior is sampled."""

    seed: Annotated[int | None, typer.Option(help="Seed of every random draw.")] = None
    draws: Annotated[int | None, typer.Option(help="Posterior draws per chain.")] = None
    tune: Annotated[int | None, typer.Option(help="Tuning draws per chain.")] = None
    chains: Annotated[int | None, typer.Option(help="Chains.")] = None
    quick: Annotated[bool, typer.Option("--quick", help="Small run for trying out; marked as not citable.")] = False

    def settings(self) -> SamplerSettings:
        """The default sampler settings, or the quick ones, with what was given in their place."""
        from gapmodel.inference.sampling import SamplerSettings

        settings = SamplerSettings().quick() if self.quick else SamplerSettings()
        given = {name: getattr(self, name) for name in ("seed", "draws", "tune", "chains")}
        return replace(settings, **{name: value for name, value in given.items() if value is not None})


def accepted(texts: list[str] | None) -> dict[str, str]:
    """Check → reason, from texts of ``--accept``.

    Raises
    ------
    ConfigError
        A text is not of the form CHECK:reason, or one check is named twice.
    UnknownNameError
        No such check.
    """
    from gapmodel.audit.gate import accepted_checks

    found: dict[str, str] = {}
    for text in texts or ():
        name, colon, reason = text.partition(":")
        if not colon:
            raise ConfigError(f'--accept {quoted(text)} gives no reason: write --accept CHECK:"reason"')
        if name.strip() in found:
            raise ConfigError(f"--accept names {quoted(name.strip())} twice: give one reason")
        found[name.strip()] = reason.strip()
    accepted_checks((), found)
    return found


def grouped[R](command: Callable[..., R]) -> Callable[..., R]:
    """Spread the dataclass parameters of a command into options of their own."""
    hints = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    groups: dict[str, tuple[Any, list[str]]] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        kind = hints[name]
        if isinstance(kind, type) and is_dataclass(kind):
            types = get_type_hints(kind, include_extras=True)
            groups[name] = (kind, [f.name for f in fields(kind)])
            parameters += [
                inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=types[f.name])
                for f in fields(kind)
            ]
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[name]))

    @wraps(command)
    def spread(**given: Any) -> R:
        collected = {
            name: kind(**{field: given.pop(field) for field in names}) for name, (kind, names) in groups.items()
        }
        return command(**collected, **given)

    spread.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    spread.__annotations__ = {p.name: p.annotation for p in parameters}
    del spread.__wrapped__  # type: ignore[attr-defined]
    return spread
