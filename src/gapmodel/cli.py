"""The command line. Heavy packages are imported inside the commands, so that help stays quick."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
import typer.exceptions

from gapmodel.commands import calibration, citing, fitting, reporting, sensitivity, sources, tables, trust
from gapmodel.errors import GapmodelError

__all__ = ["app", "main"]

app = typer.Typer(
    name="gapmodel",
    help="How far open-weight language models lag behind closed ones, with honest uncertainty.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (fitting, citing, sensitivity, reporting, tables, sources, trust, calibration):
    group.register(app)


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


if __name__ == "__main__":
    main()
