"""The reference of the command line, from the application itself."""

from __future__ import annotations

from typing import Any

import typer

__all__ = ["cli_page", "commands"]

INTRO = """# Command line

Written from the program at build. Exit codes: 0 done, 1 bad input, 2 a check failed, 130 interrupted. Options that can
be repeated are given once for each value: `--pool A --pool B`.

## Options from a file

Options that are typed again and again can stand in `gapmodel.toml` in the working directory, named as typed, without
the dashes. Keys before all tables are of every command that has them; a table is of one command.

```toml
seed = 20260811
[run]
out = "results/mine"
accept = ["few_models: a new benchmark"]
[data.convert]
keep = "best"
```

What is typed goes before the file, the file before defaults. What a command took from the file it says on standard
error, and a run has it beside its command in `manifest.json`. A key, command or value that cannot be meant is refused,
with the nearest name.

## Completion in the shell

`gapmodel --install-completion` lets bash, zsh, fish or PowerShell complete commands and options, from the next
shell on; `gapmodel --show-completion` prints what it would install.
"""


def commands() -> list[tuple[str, Any, Any]]:
    """``(name, command, context)`` of every command, in the order of the help; subcommands as ``data fetch``."""
    from gapmodel.cli.app import app

    root = typer.main.get_command(app)
    return _below(root, root.context_class(root, info_name="gapmodel"), "")


def _below(group: Any, context: Any, prefix: str) -> list[tuple[str, Any, Any]]:
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.context_class(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            found += _below(command, inner, f"{prefix}{name} ")
        else:
            found.append((f"{prefix}{name}", command, inner))
    return found


def cli_page() -> str:
    """The page as Markdown: usage, help, arguments and options of each command."""
    parts = [INTRO]
    for name, command, context in commands():
        usage = command.get_usage(context).removeprefix("Usage: ")
        parts.append(f"## gapmodel {name}\n\n{command.help or ''}\n\n```text\n{usage}\n```\n")
        for title, wanted in (("argument", "argument"), ("option", "option")):
            records = [p.get_help_record(context) for p in command.params if p.param_type_name == wanted]
            rows = [f"| {_code(what)} | {_cell(text)} |" for what, text in filter(None, records)]
            if rows:
                parts.append(f"| {title} | |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
