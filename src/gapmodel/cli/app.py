"""The command line. Heavy packages are imported inside the commands, so that help stays quick."""

from __future__ import annotations

import io
import sys
from typing import Annotated, Any, NoReturn

import typer
import typer.exceptions
from typer.core import TyperGroup

from gapmodel.cli import (
    auditing,
    backtest,
    calibrate,
    changes,
    citing,
    fitting,
    reporting,
    revisions,
    sensitivity,
    sources,
    tables,
)
from gapmodel.errors import GapmodelError

__all__ = ["app", "main"]

_INTERRUPTED = 130

#: Headings of the help, and the commands below each.
SECTIONS = {
    "Answer": ("run", "fit", "lags", "report", "serve"),
    "Trust": ("compare", "sensitivity", "influence", "backtest", "revisions", "calibrate", "false-alarms"),
    "Cite": ("cite", "render", "verify", "reproduce"),
    "Data": ("data", "update"),
    "Models": ("variants",),
}


class Commands(TyperGroup):
    """The commands, listed by subject."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """One section of the help per subject; a command that none has comes last."""
        shown = {name: command for name in self.list_commands(ctx) if (command := self.get_command(ctx, name))}
        shown = {name: command for name, command in shown.items() if not command.hidden}
        taken = {name for names in SECTIONS.values() for name in names}
        sections = {**SECTIONS, "Others": tuple(name for name in shown if name not in taken)}
        width = max(map(len, shown)) + 2
        for title, names in sections.items():
            rows = [(n.ljust(width), shown[n].get_short_help_str(limit=70)) for n in names if n in shown]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


app = typer.Typer(
    name="gapmodel",
    cls=Commands,
    help="How far open-weight language models lag behind closed ones, with honest uncertainty.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (
    *(fitting, citing, sensitivity, reporting, tables, sources, auditing, changes, backtest, revisions, calibrate),
):
    group.register(app)


def main() -> None:
    """Run the command line: exit 0 when done, 1 on bad input, 2 when a check failed."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names and signs that the terminal's encoding lacks are shown as question marks.
            stream.reconfigure(errors="replace")
    try:
        code = app(standalone_mode=False)
    except typer.exceptions.TyperException as error:
        # Of the framework's errors those of usage have a message; the help that stands for no arguments has not.
        text = error.format_message() if hasattr(error, "format_message") else str(error)
        _complain(text + _remedy(text))
    except GapmodelError as error:
        _complain(str(error))
    except (KeyboardInterrupt, typer.Abort):
        _interrupted()
    except OSError as error:
        _complain(f"{_where(error)}{error.strerror or error}; make room or check permissions, and try again")
    else:
        if code == _INTERRUPTED:  # what the framework makes of Ctrl-C
            _interrupted()
        sys.exit(code if isinstance(code, int) else 0)


def _remedy(text: str) -> str:
    """What to do about an error of usage that does not say it itself."""
    if "unexpected extra argument" not in text:
        return ""
    return ": a scores table goes with --scores FILE" if ".csv" in text else ": see --help of the command"


def _interrupted() -> NoReturn:
    _complain(
        "interrupted; no partial files were written. Finished jobs are kept: run the same command again to resume",
        code=_INTERRUPTED,
    )


def _where(error: OSError) -> str:
    return f"cannot read or write '{error.filename}': " if error.filename else ""


def _complain(text: str, *, code: int = 1) -> NoReturn:
    print(f"gapmodel: {text}", file=sys.stderr)
    sys.exit(code)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print version, hash of the code and versions of libraries, and stop.")
    ] = False,
) -> None:
    if version:
        from gapmodel.runs.provenance import code_sha256, package_versions

        versions = package_versions()
        print(f"gapmodel {versions.pop('gapmodel')}, code {code_sha256()[:12]}")
        print(", ".join(f"{name} {number}" for name, number in versions.items()))
        raise typer.Exit


if __name__ == "__main__":
    main()
