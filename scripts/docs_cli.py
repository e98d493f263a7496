"""The reference of the command line, from the application itself."""

from __future__ import annotations

from typing import Any

import typer

__all__ = ["cli_page", "commands"]

INTRO = """# Command line

Written from the program at build. Exit codes: 0 done, 1 bad input, 2 a check failed, 130 interrupted. Options that can
be repeated are given once for each value: `--pool A --pool B`.
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
