"""``report`` and ``serve``: the page of a run, and a local index of runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gapmodel.cli.saying import say

if TYPE_CHECKING:
    from gapmodel.runs.run import Run

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (report, serve):
        app.command()(command)


def report(
    run: Annotated[
        Path | None, typer.Argument(help="Run folder; without one, the reference run that comes with gapmodel.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="HTML file; default: report.html in the run folder, or here without a run."),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    comparison: Annotated[Path | None, typer.Option(help="Folder of `compare`: adds the variants.")] = None,
    trust: Annotated[Path | None, typer.Option(help="Folder with skill.csv: adds out-of-time skill.")] = None,
    sensitivity: Annotated[
        Path | None, typer.Option(help="Folder with multiverse.csv: adds the specification curve.")
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(help="Folder of `ask all`: adds the answers to the other ready questions.")
    ] = None,
    data: Annotated[
        bool, typer.Option("--data/--no-data", help="Write the numbers too, as CSV files in data/ beside the page.")
    ] = True,
    figure: Annotated[
        str | None,
        typer.Option(
            "--figure",
            help="With --embed: this figure alone (trend, zero, boxes, frontiers, forest, points, waiting, past).",
        ),
    ] = None,
    embed: Annotated[bool, typer.Option("--embed", help="Write one figure as one HTML file for another page.")] = False,
    link: Annotated[str, typer.Option(help="With --embed: address of the whole page, to link to.")] = "",
) -> int:
    """Write the page of a run: one HTML file that needs no network."""
    from gapmodel.analysis.sentences import accepted_text, headline, standing
    from gapmodel.report import write_report
    from gapmodel.report.text import bundled_note
    from gapmodel.runs.reader import read_run, reference_run

    saved = reference_run() if run is None else read_run(run)
    if figure or embed or link:
        return _embed(saved, figure, out or (run or Path()) / f"{figure}.html", embed=embed, link=link)
    target = write_report(
        saved,
        out or (run or Path()) / "report.html",
        comparison=comparison,
        trust=trust,
        sensitivity=sensitivity,
        questions=questions,
        data=data,
    )
    if run is None:
        say(bundled_note(saved))
    say(f"written to {target}" + (f"; its numbers to {target.parent / 'data'}" if data else ""))
    refused = standing(saved.summary)
    if refused:
        say(refused)
    if show:
        import webbrowser

        webbrowser.open(target.resolve().as_uri())
    for line in accepted_text(saved.summary):
        say(line)
    say(headline(saved.summary))
    return 0 if saved.checks["passed"] and saved.summary["data_gate"]["passed"] else 2


def _embed(run: Run, figure: str | None, out: Path, *, embed: bool, link: str) -> int:
    from gapmodel.errors import ConfigError
    from gapmodel.report.embed import write_figure

    if not (figure and embed):
        raise ConfigError("--figure, --embed and --link go together: gapmodel report --figure trend --embed")
    target = write_figure(run, figure, out, link=link)
    say(f"written to {target}, {target.stat().st_size / 1000:.0f} kB")
    if not link:
        say("it links to nothing: --link ADDRESS of the whole page")
    return 0 if run.checks["passed"] and run.summary["data_gate"]["passed"] else 2


def serve(
    folder: Annotated[Path, typer.Argument(help="Folder that holds runs.")] = Path("results"),
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on; others than loopback let other machines in.")] = (
        "127.0.0.1"
    ),
) -> int:
    """Show the runs of a folder in the browser, on this machine alone, until interrupted."""
    from gapmodel.report.server import LOOPBACK, make_server

    server = make_server(folder, host=host, port=port)
    name = f"[{host}]" if ":" in host else host
    if host not in LOOPBACK:
        say(f"anyone who can reach {host} can read these runs", error=True)
    say(f"runs of {folder}: http://{name}:{server.server_address[1]}/ (stop with Ctrl-C)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        say("stopped")
    finally:
        server.server_close()
    return 0
