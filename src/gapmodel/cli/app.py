"""The command line. Heavy packages are imported inside the commands, so that help stays quick."""

from __future__ import annotations

import errno
import io
import os
import re
import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import typer.exceptions
from typer.core import TyperGroup

from gapmodel.cli import (
    asking,
    auditing,
    backtest,
    calibrate,
    changes,
    citing,
    fitting,
    ledger,
    reporting,
    revisions,
    sensitivity,
    sources,
    tables,
)
from gapmodel.cli.saying import say
from gapmodel.cli.settings_file import (
    FILE,
    blamed,
    default_map,
    read_settings,
    refuse_blanks,
    refuse_repeats,
    say_taken,
)
from gapmodel.errors import GapmodelError, printable

__all__ = ["app", "main"]

_INTERRUPTED, _CRASHED = 130, 70
_LONGEST_WORD = 400
_COMPLETE = "_GAPMODEL_COMPLETE"  # set by the shell that asks for the words that may follow
_SECRET_WORDS, _SHORTEST_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL"), 4

#: Headings of the help, and the commands below each.
SECTIONS = {
    "Answer": ("run", "ask", "fit", "lags", "report", "serve"),
    "Trust": ("compare", "sensitivity", "influence", "backtest", "revisions", "calibrate", "false-alarms", "ledger"),
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
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (
    *(
        fitting,
        asking,
        citing,
        sensitivity,
        reporting,
        tables,
        sources,
        auditing,
        changes,
        backtest,
        revisions,
        calibrate,
        ledger,
    ),
):
    group.register(app)


def main() -> None:
    """Run the command line: exit 0 when done, 1 on bad input, 2 when a check failed, 70 on a fault of the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names and signs that the terminal's encoding lacks are shown as question marks.
            stream.reconfigure(errors="replace")
    settings: dict[str, Any] = {}
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warned
            group = typer.main.get_command(app)
            settings = read_settings(Path(FILE))
            defaults = default_map(settings, group)
            say_taken(group, lambda text: say(text, error=True))
            refuse_blanks(group)
            refuse_repeats(group)
            code = group.main(standalone_mode=False, default_map=defaults)
    except typer.exceptions.TyperException as error:
        # Of the framework's errors those of usage have a message; the help that stands for no arguments has not.
        text = error.format_message() if hasattr(error, "format_message") else str(error)
        _complain(text + blamed(text, settings) + _remedy(text))
    except GapmodelError as error:
        _complain(str(error))
    except (KeyboardInterrupt, typer.Abort):
        _interrupted()
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # whoever read the output went away
            raise
        if _COMPLETE in os.environ or any(word in sys.argv for word in ("--show-completion", "--install-completion")):
            raise  # the framework ends so when it has completed a line
        # No command ends so: it is the code of a user's variant, which would pass for success.
        _complain(f"the code of a variant ended the program{_place(stop)}: remove sys.exit from it")
    except OSError as error:
        _complain(f"{_where(error)}{error.strerror or error}; {_os_remedy(error)}")
    except BaseException as error:
        _crashed(error)
    else:
        if code == _INTERRUPTED:  # what the framework makes of Ctrl-C
            _interrupted()
        sys.exit(code if isinstance(code, int) else 0)


def _warned(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """What a library warns of, on one line: no path of its source, nothing that steers the terminal."""
    said = " ".join(printable(str(message)).split())
    say(f"gapmodel: warning of a library ({category.__name__}): {said[:300]}", error=True)


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


def _os_remedy(error: OSError) -> str:
    """What to do about an error of the system."""
    if error.errno in (errno.ENAMETOOLONG, errno.EINVAL, errno.ENOTDIR, errno.EISDIR, errno.ELOOP):
        return "give another name"
    if error.errno == errno.ENOENT:
        return "check the name"
    return "make room or check permissions, and try again"


def _place(error: BaseException) -> str:
    """`` (line 3 of own.py)``: the last line outside this package and the libraries, where there is one."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        name = Path(frame.filename)
        if not {"site-packages", "gapmodel"} & set(name.parts[:-1]) and name.suffix == ".py":
            return f" (line {frame.lineno} of {name.name})"
    return ""


def _crashed(error: BaseException) -> NoReturn:
    """One line for what no one foresaw; the rest goes into a file, without secrets."""
    kind = type(error).__name__
    said = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())[:200]
    text = _without_secrets("".join(traceback.format_exception(error)))
    try:
        handle, name = tempfile.mkstemp(prefix="gapmodel-crash-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        where = f"; please report it with the file '{name}'"
    except OSError:
        where = ""
    _complain(
        f"an error that should not happen ({kind}: {_without_secrets(said)}){_place(error)}{where}", code=_CRASHED
    )


def _without_secrets(text: str) -> str:
    """`text` without the values of environment variables that hold keys, tokens and passwords."""
    from gapmodel.files.keys import known_secrets

    named = [value for name, value in os.environ.items() if any(word in name.upper() for word in _SECRET_WORDS)]
    for value in (*named, *known_secrets()):
        if len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "[removed]")
    return text


def _complain(text: str, *, code: int = 1) -> NoReturn:
    # A name of 100,000 signs is told by its beginning.
    text = re.sub(rf"\S{{{_LONGEST_WORD},}}", lambda word: f"{word[0][: _LONGEST_WORD // 2]}...{word[0][-9:]}", text)
    say(f"gapmodel: {text}", error=True)
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
        say(f"gapmodel {versions.pop('gapmodel')}, code {code_sha256()[:12]}")
        say(", ".join(f"{name} {number}" for name, number in versions.items()))
        raise typer.Exit


if __name__ == "__main__":
    main()
