"""The command line. Heavy packages are imported inside the commands, so that help stays quick."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import typer.exceptions

from gapmodel.errors import ConfigError, GapmodelError

if TYPE_CHECKING:
    from gapmodel.fit import SamplerSettings
    from gapmodel.scores import Scores

__all__ = ["app", "main"]

app = typer.Typer(
    name="gapmodel",
    help="How far open-weight language models lag behind closed ones, with honest uncertainty.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data_app = typer.Typer(help="Look at and check score tables.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(data_app, name="data")

ScoresFile = Annotated[Path | None, typer.Option("--scores", help="Your scores.csv; default: the bundled data.")]
BenchmarksFile = Annotated[Path | None, typer.Option("--benchmarks", help="Your benchmarks.csv.")]
Snapshot = Annotated[str, typer.Option(help="Bundled snapshot, if no --scores.")]
Benchmark = Annotated[list[str] | None, typer.Option("--benchmark", help="Only this benchmark (repeatable).")]
ExcludeBenchmark = Annotated[
    list[str] | None, typer.Option("--exclude-benchmark", help="Leave out this benchmark (repeatable).")
]
Category = Annotated[list[str] | None, typer.Option("--category", help="Only this category (repeatable).")]
Exclude = Annotated[list[str] | None, typer.Option("--exclude-organization", help="Leave out its models (repeatable).")]
AllBenchmarks = Annotated[
    bool, typer.Option("--all-benchmarks", help="Opt-in benchmarks too, not only the default set.")
]
Cutoff = Annotated[str | None, typer.Option(help="As-of replay: nothing released after this ISO date is seen.")]
Leader = Annotated[str | None, typer.Option(help="Group that leads, as a condition: weights=closed.")]
Follower = Annotated[str | None, typer.Option(help="Group that follows, as a condition: weights=open.")]
Grace = Annotated[int | None, typer.Option(help="Months that a benchmark's window lasts beyond its last evaluation.")]
Out = Annotated[Path | None, typer.Option("--out", help="Output folder; default results/<run-id>/.")]
Seed = Annotated[int | None, typer.Option(help="Seed of every random draw.")]
Draws = Annotated[int | None, typer.Option(help="Posterior draws a chain.")]
Tune = Annotated[int | None, typer.Option(help="Tuning draws a chain.")]
Chains = Annotated[int | None, typer.Option(help="Chains.")]
Quick = Annotated[bool, typer.Option("--quick", help="Small run for trying out; marked as not citable.")]
Horizon = Annotated[float, typer.Option(help="Years ahead within which a crossing counts.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress display.")]


def main() -> None:
    """Run the command line: exit 0 when done, 1 on bad input, 2 when a check failed."""
    try:
        code = app(standalone_mode=False)
    except typer.exceptions.TyperException as error:
        # Of the framework's errors those of usage have a message; the help that stands for no arguments has not.
        _complain(error.format_message() if hasattr(error, "format_message") else str(error))
    except GapmodelError as error:
        _complain(str(error))
    except (KeyboardInterrupt, typer.Abort):
        _complain("interrupted; nothing was written", code=130)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _complain(text: str, *, code: int = 1) -> None:
    print(f"gapmodel: {text}", file=sys.stderr)
    sys.exit(code)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        print(f"gapmodel {installed('gapmodel')}")
        raise typer.Exit


@app.command()
def run(
    scores: ScoresFile = None,
    benchmarks: BenchmarksFile = None,
    snapshot: Snapshot = "epoch_2026-08",
    benchmark: Benchmark = None,
    exclude_benchmark: ExcludeBenchmark = None,
    category: Category = None,
    exclude_organization: Exclude = None,
    all_benchmarks: AllBenchmarks = False,
    cutoff: Cutoff = None,
    leader: Leader = None,
    follower: Follower = None,
    grace: Grace = None,
    horizon: Horizon = 10.0,
    out: Out = None,
    seed: Seed = None,
    draws: Draws = None,
    tune: Tune = None,
    chains: Chains = None,
    quick: Quick = False,
    quiet: Quiet = False,
) -> int:
    """Do everything: lags, baseline, default model, checks, figures, and the answer."""
    return _fit(None, **locals())


@app.command()
def fit(
    variant: Annotated[str | None, typer.Argument(help="Variant name, or the path of your own .py file.")] = None,
    scores: ScoresFile = None,
    benchmarks: BenchmarksFile = None,
    snapshot: Snapshot = "epoch_2026-08",
    benchmark: Benchmark = None,
    exclude_benchmark: ExcludeBenchmark = None,
    category: Category = None,
    exclude_organization: Exclude = None,
    all_benchmarks: AllBenchmarks = False,
    cutoff: Cutoff = None,
    leader: Leader = None,
    follower: Follower = None,
    grace: Grace = None,
    horizon: Horizon = 10.0,
    out: Out = None,
    seed: Seed = None,
    draws: Draws = None,
    tune: Tune = None,
    chains: Chains = None,
    quick: Quick = False,
    quiet: Quiet = False,
) -> int:
    """Fit one variant, and write and print the same as `run`."""
    return _fit(**locals())


@app.command()
def compare(
    variants: Annotated[list[str] | None, typer.Argument(help="Variant names or files; default: all shipped.")] = None,
    scores: ScoresFile = None,
    benchmarks: BenchmarksFile = None,
    snapshot: Snapshot = "epoch_2026-08",
    benchmark: Benchmark = None,
    exclude_benchmark: ExcludeBenchmark = None,
    category: Category = None,
    exclude_organization: Exclude = None,
    all_benchmarks: AllBenchmarks = False,
    cutoff: Cutoff = None,
    leader: Leader = None,
    follower: Follower = None,
    grace: Grace = None,
    horizon: Horizon = 10.0,
    blocks: Annotated[int, typer.Option(help="Blocks of months that are predicted from all months before them.")] = 8,
    months_ahead: Annotated[int, typer.Option(help="Months in a block.")] = 3,
    future_only: Annotated[bool, typer.Option("--future-only", help="Leave no benchmark out: half the time.")] = False,
    out: Out = None,
    seed: Seed = None,
    draws: Draws = None,
    tune: Tune = None,
    chains: Chains = None,
    quick: Quick = False,
    quiet: Quiet = False,
) -> int:
    """Fit variants side by side, score them on held-out lags, weigh and stack them; resumes where it stopped."""
    if blocks < 2 or months_ahead < 1:
        raise ConfigError("give --blocks of at least 2 and --months-ahead of at least 1")
    keywords = _lag_keywords(cutoff, leader, follower, grace)
    table = _read(
        scores,
        benchmarks,
        snapshot,
        benchmark=benchmark,
        exclude_benchmark=exclude_benchmark,
        category=category,
        exclude_organization=exclude_organization,
        all_benchmarks=all_benchmarks,
    )
    from dataclasses import replace

    from gapmodel import terminal
    from gapmodel.analysis import LagOptions
    from gapmodel.comparison import Plan, compare_variants
    from gapmodel.figures import comparison_figure
    from gapmodel.plot import save_figure
    from gapmodel.registry import list_variants, load_variant

    chosen = [load_variant(name) for name in variants or list_variants()]
    settings = _settings(quick, seed=seed, draws=draws, tune=tune, chains=chains)
    plan = Plan(
        settings=settings,
        options=LagOptions(**keywords),
        blocks=blocks,
        months_ahead=months_ahead,
        leave_benchmark_out=not future_only,
        horizon_years=horizon,
    )
    plan = replace(plan, fold_settings=replace(plan.fold_settings, seed=settings.seed))
    folder = out or Path("results") / "comparison"
    with terminal.Jobs(quiet=quiet) as jobs:
        comparison = compare_variants(table, chosen, folder, plan, progress=jobs.tick)
    save_figure(comparison_figure(comparison), folder / "comparison")
    terminal.print_comparison(comparison, folder)
    return 0 if bool(comparison.table["passed"].all()) and not quick else 2


@app.command()
def lags(
    scores: ScoresFile = None,
    benchmarks: BenchmarksFile = None,
    snapshot: Snapshot = "epoch_2026-08",
    benchmark: Benchmark = None,
    exclude_benchmark: ExcludeBenchmark = None,
    category: Category = None,
    exclude_organization: Exclude = None,
    all_benchmarks: AllBenchmarks = False,
    cutoff: Cutoff = None,
    leader: Leader = None,
    follower: Follower = None,
    grace: Grace = None,
    out: Out = None,
) -> int:
    """Compute the lag panel alone and write it as CSV and netCDF."""
    from gapmodel import terminal
    from gapmodel.baseline import published_baseline
    from gapmodel.lag import compute_lags
    from gapmodel.store import writable_folder, write_lags

    table = _read(
        scores,
        benchmarks,
        snapshot,
        benchmark=benchmark,
        exclude_benchmark=exclude_benchmark,
        category=category,
        exclude_organization=exclude_organization,
        all_benchmarks=all_benchmarks,
    )
    folder = writable_folder(out or Path("results") / "lags")
    result = compute_lags(table, **_lag_keywords(cutoff, leader, follower, grace))
    terminal.print_lags(result, published_baseline(result.panel))
    write_lags(result, folder)
    print(f"written to {folder}")
    return 0


@app.command()
def models() -> int:
    """List the model variants."""
    from gapmodel.registry import DEFAULT_VARIANT, list_variants

    for name, summary in list_variants().items():
        print(f"{name}{' (default)' if name == DEFAULT_VARIANT else ''}: {summary}")
    return 0


@data_app.command("show")
def data_show(
    scores: ScoresFile = None,
    benchmarks: BenchmarksFile = None,
    snapshot: Snapshot = "epoch_2026-08",
) -> int:
    """List the benchmarks of a score table: models, dates, set, category."""
    from gapmodel import terminal

    table = _read_table(scores, benchmarks, snapshot)
    terminal.print_data(table)
    return 0


@data_app.command("validate")
def data_validate(
    scores: Annotated[Path, typer.Argument(help="scores.csv")],
    benchmarks: Annotated[Path | None, typer.Argument(help="benchmarks.csv")] = None,
) -> int:
    """Check your own files against the format; every fault is listed at once."""
    table = _read_table(scores, benchmarks, "")
    print(
        f"valid: {len(table.table)} scores, {table.table['model'].nunique()} models, "
        f"{len(table.benchmarks)} benchmarks, sha256 {table.sha256[:12]}"
    )
    return 0


def _read_table(scores: Path | None, benchmarks: Path | None, snapshot: str) -> Scores:
    from gapmodel.sources import bundled, csv

    if scores is None and benchmarks is not None:
        raise ConfigError("--benchmarks goes with --scores: give both")
    return bundled.load(snapshot) if scores is None else csv.read_scores(scores, benchmarks, today=date.today())


def _read(
    scores, benchmarks, snapshot, *, benchmark, exclude_benchmark, category, exclude_organization, all_benchmarks
) -> Scores:
    """Read the table and take the subset that the options name."""
    from gapmodel.selection import select

    return select(
        _read_table(scores, benchmarks, snapshot),
        benchmarks=benchmark or None,
        exclude_benchmarks=exclude_benchmark or None,
        categories=category or None,
        exclude_organizations=exclude_organization or None,
        everything=all_benchmarks,
    )


def _lag_keywords(cutoff, leader, follower, grace) -> dict:
    from gapmodel.groups import parse_group

    keywords: dict = {}
    if cutoff is not None:
        try:
            keywords["cutoff"] = datetime.strptime(cutoff, "%Y-%m-%d")
        except ValueError:
            raise ConfigError(f"--cutoff is '{cutoff}': give an ISO date, 2026-01-31") from None
    if leader is not None:
        keywords["leader"] = parse_group(leader)
    if follower is not None:
        keywords["follower"] = parse_group(follower)
    if grace is not None:
        keywords["grace_months"] = grace
    return keywords


def _fit(
    variant, *, scores, benchmarks, snapshot, benchmark, exclude_benchmark, category, exclude_organization,
    all_benchmarks, cutoff, leader, follower, grace, horizon, out, seed, draws, tune, chains, quick, quiet,
) -> int:  # fmt: skip
    from time import perf_counter

    # What can be wrong with the input is found before PyMC is imported.
    from gapmodel.crossing import crossing_grid
    from gapmodel.store import run_target

    keywords = _lag_keywords(cutoff, leader, follower, grace)
    crossing_grid(date(2026, 1, 31), horizon_years=horizon)
    table = _read(
        scores,
        benchmarks,
        snapshot,
        benchmark=benchmark,
        exclude_benchmark=exclude_benchmark,
        category=category,
        exclude_organization=exclude_organization,
        all_benchmarks=all_benchmarks,
    )
    if out is not None:
        run_target(out)

    from gapmodel import terminal
    from gapmodel.analysis import LagOptions, analyse
    from gapmodel.registry import DEFAULT_VARIANT, load_variant
    from gapmodel.runfolder import run_id, write_analysis

    chosen = load_variant(variant or DEFAULT_VARIANT)
    options = LagOptions(**keywords)
    settings = _settings(quick, seed=seed, draws=draws, tune=tune, chains=chains)
    name = run_id(chosen, table, settings, options, horizon_years=horizon)
    folder = run_target(out or Path("results") / name)

    clock = terminal.Stages(quiet=quiet, start=perf_counter())
    with clock:
        analysis = analyse(
            table,
            chosen,
            settings,
            options=options,
            horizon_years=horizon,
            quick=quick,
            stage=clock.stage,
            progress=clock.sampling,
        )
        clock.stage("write")
        write_analysis(
            analysis,
            folder,
            options=options,
            command=_command(),
            duration_seconds=clock.seconds(),
        )
    terminal.print_answer(analysis, folder)
    return 0 if analysis.summary["diagnostics"]["passed"] else 2


def _settings(quick: bool, **given) -> SamplerSettings:
    """The default sampler settings, or the quick ones, with what the options give in their place."""
    from dataclasses import replace

    from gapmodel.fit import SamplerSettings

    settings = SamplerSettings().quick() if quick else SamplerSettings()
    return replace(settings, **{name: value for name, value in given.items() if value is not None})


def _command() -> str:
    """The command as given, without the folders of paths."""
    words = [Path(w).name if "/" in w and not w.startswith("-") else w for w in sys.argv[1:]]
    return " ".join(["gapmodel", *words])


if __name__ == "__main__":
    main()
