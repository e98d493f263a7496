"""``calibrate`` and ``false-alarms``: are a model's intervals right on panels and tables whose truth is known?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gapmodel.cli.backtest import Scheduler
from gapmodel.cli.console import output
from gapmodel.cli.options import DataOptions, Json, LagChoice, Out, Quiet, Workers, grouped
from gapmodel.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gapmodel.inference.sampling import SamplerSettings
    from gapmodel.validation.calibration import Calibration
    from gapmodel.validation.false_alarms import FalseAlarms

__all__ = ["register"]

ALL = "all"

Draws = Annotated[int, typer.Option(help="Posterior draws per chain, of two.")]
Tune = Annotated[int, typer.Option(help="Tuning draws per chain.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(grouped(calibrate))
    app.command("false-alarms")(grouped(false_alarms))


def calibrate(
    data: DataOptions,
    lag: LagChoice,
    variants: Annotated[
        list[str] | None,
        typer.Argument(help="Variant names or .py files; 'all': all shipped; default: the default variant."),
    ] = None,
    n: Annotated[int, typer.Option("--n", help="Simulations per variant.")] = 300,
    simulated: Annotated[
        str | None,
        typer.Option(
            "--simulated", help="Take the observation pattern from a simulated table of this regime, not from the data."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the whole calibration.")] = 20260811,
    draws: Draws = 500,
    tune: Tune = 500,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Simulate panels from each variant, fit it to them, and test that the truths' ranks are uniform; resumes."""
    lag.options()
    if simulated is None:
        table: Any = data.select()
        credits = table.credits
    else:
        table, credits = _simulated(simulated, lag), ()

    from gapmodel import api
    from gapmodel.cli import printing
    from gapmodel.modeling.registry import DEFAULT_VARIANT
    from gapmodel.runs import progress

    names = _chosen(variants, [DEFAULT_VARIANT])
    folder = out or Path("results") / "calibration"
    source = f"a simulated table, regime {simulated}" if simulated else f"snapshot {table.snapshot}"
    with progress.Jobs(quiet=quiet) as jobs:
        result = api.calibrate(
            names,
            table,
            options=lag.options(),
            n=n,
            settings=_settings(seed=seed, draws=draws, tune=tune),
            note=" ".join([f"Observed cells and censored stretches of {source}.", *credits]),
            folder=folder,
            workers=workers,
            scheduler=scheduler,
            progress=jobs.tick,
        ).detail
    if as_json:
        printing.print_json(result.table)
    else:
        _print_calibration(result)
        printing.print_lines([], credits, folder)
    return 0 if result.passed else 2


def false_alarms(
    variants: Annotated[
        list[str] | None,
        typer.Argument(
            help="Variant names, .py files, straight_line; 'all': all shipped that are fitted to lags, and the line; "
            "default: the default variant and the line."
        ),
    ] = None,
    n: Annotated[int, typer.Option("--n", help="Simulated tables of each regime and scenario.")] = 100,
    regime: Annotated[list[str] | None, typer.Option("--regime", help="Only this regime (repeatable).")] = None,
    scenario: Annotated[list[str] | None, typer.Option("--scenario", help="Only this scenario (repeatable).")] = None,
    first_seed: Annotated[int, typer.Option("--first-seed", help="Seed of the first table.")] = 0,
    draws: Draws = 500,
    tune: Tune = 500,
    workers: Workers = 1,
    scheduler: Scheduler = None,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Apply methods to simulated tables with a known lag: coverage, bias, and zero announced wrongly; resumes."""
    from gapmodel.simulation.frontiers import SCENARIOS
    from gapmodel.validation.recovery import KNOWN_TRUTH_REGIMES

    regimes, scenarios = tuple(regime or KNOWN_TRUTH_REGIMES), tuple(scenario or SCENARIOS)

    from gapmodel import api
    from gapmodel.cli import printing
    from gapmodel.modeling.registry import DEFAULT_VARIANT
    from gapmodel.runs import progress
    from gapmodel.validation.false_alarms import too_many_alarms
    from gapmodel.validation.recovery import STRAIGHT_LINE

    names = _chosen(variants, [DEFAULT_VARIANT, STRAIGHT_LINE], also=[STRAIGHT_LINE], of_lags=True)
    folder = out or Path("results") / "false_alarms"
    with progress.Jobs(quiet=quiet) as jobs:
        result = api.false_alarms(
            names,
            folder=folder,
            n=n,
            first_seed=first_seed,
            regimes=regimes,
            scenarios=scenarios,
            settings=_settings(seed=0, draws=draws, tune=tune),
            workers=workers,
            scheduler=scheduler,
            progress=jobs.tick,
        ).detail
    bad = too_many_alarms(result.table)
    bad = bad[bad["method"] != STRAIGHT_LINE]  # there to be compared with
    lines = [
        f"TOO MANY FALSE ALARMS {row['method']}, {row['regime']}: {row['zero_within_12_months']:.0%} of tables with a "
        "constant lag"
        for row in bad.to_dict("records")
    ]
    if as_json:
        printing.print_json(result.table)
    else:
        _print_false_alarms(result)
        printing.print_lines(lines, [], folder)
    return 0 if bad.empty and not result.failed else 2


def _settings(*, seed: int, draws: int, tune: int) -> SamplerSettings:
    from gapmodel.inference.sampling import SamplerSettings

    return SamplerSettings(draws=draws, tune=tune, chains=2, seed=seed)


def _chosen(
    given: list[str] | None, default: list[str], *, also: list[str] | None = None, of_lags: bool = False
) -> list[str]:
    """Names as given, with `ALL` spelt out; `of_lags`: as the variants that are fitted to lags, and not to scores."""
    from gapmodel.modeling.registry import list_variants, load_variant

    names = list(given or default)
    if ALL not in names:
        return names
    shipped = [name for name in list_variants() if not of_lags or not load_variant(name).view.of_scores]
    return [*shipped, *(also or [])]


def _simulated(regime: str, lag: LagChoice) -> Any:
    """One simulated table of a regime, as scores."""
    import pandas as pd

    from gapmodel.scores.table import validate_scores
    from gapmodel.simulation.frontiers import REGIMES, simulate_scores

    if regime not in REGIMES:
        raise UnknownNameError(f"unknown regime '{regime}': choose one of {', '.join(REGIMES)}")
    if lag.leader is not None or lag.follower is not None:
        raise ConfigError("a simulated table has open and closed models only: leave out --leader and --follower")
    frame, info, truth = simulate_scores(seed=0, **REGIMES[regime])
    end = pd.Timestamp(truth.months[-1]).date()
    return validate_scores(frame, info, today=end, as_of=end)


def _print_calibration(result: Calibration) -> None:
    """One line per quantity, and what failed."""
    from rich.table import Table

    console = output()
    for variant, part in result.table.groupby("variant", sort=False):
        verdict = "passes" if part["passed"].all() else "FAILS"
        view = Table(title=f"{variant}: {part['n'].max()} simulations, {verdict}", title_justify="left")
        for name in ("quantity", "deviation", "p", "p adjusted", "band of 95 %", "mean rank", "spread", "ESS"):
            view.add_column(name, justify="left" if name in ("quantity", "band of 95 %") else "right")
        for row in part.to_dict("records"):
            view.add_row(*_cells(row), style=None if row["passed"] else "red")
        console.print(view)
    console.print(
        "mean rank 0.5 and spread 1 where calibrated; spread above 1: intervals too narrow; mean rank below 0.5: the "
        "posterior lies too high. A variant fails where an adjusted p is below 0.05."
    )
    _print_failed(result.failed)


def _cells(row: Mapping[Any, Any]) -> list[str]:
    from rich.markup import escape

    return [
        escape(str(row["quantity"])),
        f"{row['max_deviation']:.3f}",
        f"{row['p_value']:.4f}",
        f"{row['p_adjusted']:.4f}",
        "inside" if row["inside_band"] else "outside",
        f"{row['mean']:.2f}",
        f"{row['spread']:.2f}",
        "" if row["ess_median"] != row["ess_median"] else f"{row['ess_median']:.0f}",
    ]


def _print_false_alarms(result: FalseAlarms) -> None:
    """One line per regime and scenario for each method."""
    from rich.markup import escape
    from rich.table import Table

    console = output()
    for method, part in result.table.groupby("method", sort=False):
        view = Table(title=escape(f"{method}: {part['n'].max()} tables of each kind"), title_justify="left")
        for name in ("regime", "scenario", "gap covered", "gap bias", "slope covered", "slope bias", "zero announced"):
            view.add_column(name, justify="left" if name in ("regime", "scenario") else "right")
        for row in part.to_dict("records"):
            view.add_row(
                row["regime"],
                row["scenario"],
                *(
                    f"{row[name]:{form}} ± {row[f'{name}_mcse']:{form.lstrip('+')}}"
                    for name, form in (
                        ("gap_coverage", ".0%"),
                        ("gap_bias", "+.2f"),
                        ("slope_coverage", ".0%"),
                        ("slope_bias", "+.2f"),
                        ("zero_within_12_months", ".0%"),
                    )
                ),
            )
        console.print(view)
    console.print("Coverage of 90 % intervals; slope over the last 12 months; ±: Monte Carlo standard error.")
    _print_failed(result.failed)


def _print_failed(failed: Mapping[str, str]) -> None:
    from rich.markup import escape

    for job, reason in failed.items():
        output().print(escape(f"JOB FAILED {job}: {reason}"), style="red")
