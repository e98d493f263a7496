"""Options typed again and again, from ``gapmodel.toml`` in the working directory.

What is typed goes before the file, the file before defaults. Its keys are options as typed, without the dashes (a flag
is true or false); a table is of one command (``[run]``, ``[data.convert]``), and keys before all tables are of every
command that has them. A key that no command has is refused, whichever command was asked for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from gapmodel.errors import ConfigError, nearest, quoted, some_of

__all__ = [
    "FILE",
    "blamed",
    "commands_of",
    "default_map",
    "read_settings",
    "refuse_blanks",
    "refuse_repeats",
    "say_taken",
    "taken_words",
]

FILE = "gapmodel.toml"


def read_settings(path: Path) -> dict[str, Any]:
    """The file as it stands; empty where there is none.

    Raises
    ------
    ConfigError
        It cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise ConfigError(f"'{path}' is not UTF-8 text: save it as such, or remove it") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"'{path}' is no valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"'{path}' cannot be read: {error.strerror}") from None


def default_map(settings: Mapping[str, Any], group: Any) -> dict[str, Any]:
    """Defaults of every command, in the form that click reads.

    Parameters
    ----------
    settings : mapping
        From `read_settings`.
    group : click.Group
        The whole command line.

    Returns
    -------
    dict
        Command → parameter → value, nested as commands are.

    Raises
    ------
    ConfigError
        A key that is no command and no option, or a value that is no text, number, truth value, or list of these.
    """
    commands = dict(commands_of(group))
    everywhere: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    for key, value in settings.items():
        (tables if isinstance(value, Mapping) else everywhere)[key] = value
    known = sorted({key for command in commands.values() for key in _options(command)})
    for key in everywhere:
        if key not in known:
            raise ConfigError(f"{FILE}: no command has an option {quoted(key)}{nearest(key, known) or some_of(known)}")
    own = dict(_flat(tables, commands))
    result: dict[str, Any] = {}
    for path, command in commands.items():
        options = _options(command)
        given = {key: value for key, value in everywhere.items() if key in options} | own.get(path, {})
        for key, value in given.items():
            if key not in options:
                where = f"{FILE}, [{'.'.join(path)}]"
                hint = nearest(key, options) or some_of(sorted(options))
                raise ConfigError(f"{where}: the command has no option {quoted(key)}{hint}")
            place = result
            for name in path:
                place = place.setdefault(name, {})
            place[options[key].name] = _value(key, value, options[key])
    return result


def say_taken(group: Any, tell: Callable[[str], None]) -> None:
    """Let every command say, before it begins, what it took from the file."""
    for command in dict(commands_of(group)).values():
        command.invoke = partial(_said, command.invoke, tell)


def refuse_blanks(group: Any) -> None:
    """Let every command refuse an option or argument that is given and empty, from the file too.

    An empty path would mean the working directory, an empty address every address, an empty name the default.
    """
    for command in dict(commands_of(group)).values():
        for parameter in command.params:
            parameter.process_value = partial(_filled, parameter, parameter.process_value)


def refuse_repeats(group: Any) -> None:
    """Let every command refuse an option that takes one value and is typed twice: one of them would be dropped."""
    for command in dict(commands_of(group)).values():
        command.make_parser = partial(_strict, command.make_parser)


def blamed(text: str, settings: Mapping[str, Any]) -> str:
    """Where to look for an option that an error names, where the file (from `read_settings`) has it."""
    named = sorted(f"--{key}" for key in set(_keys(settings)) if f"'--{key}'" in text)
    return f" ({FILE} has {' and '.join(named)})" if named else ""


def taken_words(ctx: Any) -> list[str]:
    """What a command took from the file, as it would be typed.

    Parameters
    ----------
    ctx : click.Context or None
        Of the command; without one nothing was taken.
    """
    words: list[str] = []
    for parameter in () if ctx is None else ctx.command.params:
        source = ctx.get_parameter_source(parameter.name)
        if source is not None and source.name == "DEFAULT_MAP":
            words += _typed(parameter, ctx.params[parameter.name])
    return words


def _filled(parameter: Any, process: Callable[[Any, Any], Any], ctx: Any, value: Any) -> Any:
    source = ctx.get_parameter_source(parameter.name)
    typed = source is not None and source.name in ("COMMANDLINE", "DEFAULT_MAP")
    given = typed and not ctx.resilient_parsing  # as while a shell completes a line
    values = value if isinstance(value, list | tuple) else [value]
    if given and any(isinstance(each, str) and not each.strip() for each in values):
        name = max(parameter.opts, key=len) if parameter.param_type_name == "option" else parameter.name.upper()
        where = f" ({FILE} has it)" if source.name == "DEFAULT_MAP" else ""
        raise ConfigError(f"{name} is empty{where}: give a value, or leave it out")
    return process(ctx, value)


def _strict(make_parser: Callable[[Any], Any], ctx: Any) -> Any:
    parser = make_parser(ctx)
    if not ctx.resilient_parsing:  # as while a shell completes a line
        parser.parse_args = partial(_once, parser.parse_args)
    return parser


def _once(parse: Callable[..., tuple[Any, Any, list[Any]]], *args: Any, **options: Any) -> Any:
    parsed = parse(*args, **options)
    typed = parsed[2]
    single = [p for p in typed if p.param_type_name == "option" and not (p.multiple or p.is_flag or p.count)]
    for parameter in single:
        if sum(each is parameter for each in single) > 1:
            raise ConfigError(f"{max(parameter.opts, key=len)} is given twice: give it once")
    return parsed


def _said(invoke: Callable[[Any], Any], tell: Callable[[str], None], ctx: Any) -> Any:
    if words := taken_words(ctx):
        tell(f"from {FILE}: {' '.join(words)}")
    return invoke(ctx)


def _keys(settings: Mapping[str, Any]) -> Iterable[str]:
    """Options that the file has, of all commands and of one."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _keys(value)
        else:
            yield key


def _typed(parameter: Any, value: Any) -> Iterator[str]:
    option = max(parameter.opts, key=len)
    if isinstance(value, bool):
        yield from [option] if value else parameter.secondary_opts[:1]
        return
    for each in value if isinstance(value, list | tuple) else [value]:
        yield from (option, str(each))


def commands_of(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that is not a group of others, by the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, (*path, name))
        else:
            yield (*path, name), command


def _options(command: Any) -> dict[str, Any]:
    """Options by the names that are typed, without dashes."""
    found = {}
    for parameter in command.params:
        for option in parameter.opts:
            if option.startswith("--") and option != "--help":
                found[option.removeprefix("--")] = parameter
    return found


def _flat(
    tables: Mapping[str, Any], commands: Mapping[tuple[str, ...], Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for key, value in tables.items():
        here = (*path, key)
        if here in commands:
            yield here, dict(value)
        elif isinstance(value, Mapping) and any(name[: len(here)] == here for name in commands):
            yield from _flat(value, commands, here)
        else:
            known = sorted(".".join(name) for name in commands)
            text = ".".join(here)
            raise ConfigError(f"{FILE}: there is no command {quoted(text)}{nearest(text, known) or some_of(known)}")


def _value(key: str, value: Any, parameter: Any) -> Any:
    """The value as the command takes it; what kind of text or number it is, the command checks."""
    several = value if parameter.multiple and isinstance(value, list) else [value]
    for each in several:
        if not isinstance(each, str | int | float) or (parameter.is_flag != isinstance(each, bool)):
            kind = "true or false" if parameter.is_flag else "a text or a number"
            more = ", or a list of these" if parameter.multiple else ""
            raise ConfigError(f"{FILE}: {quoted(key)} is {each!r}: give {kind}{more}")
        if "Path" in str(parameter.type_descriptor.annotation) and not isinstance(each, str):
            raise ConfigError(f"{FILE}: {quoted(key)} is the number {each}: give a name, in quotes")
    return several if parameter.multiple else value
