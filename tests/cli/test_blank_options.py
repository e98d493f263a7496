"""Options and arguments that are given and empty, or typed twice: refused in one line by every command."""

import sys

import pytest
import typer

from gapmodel.cli.app import app, main
from gapmodel.cli.settings_file import commands_of

COMMANDS = dict(commands_of(typer.main.get_command(app)))


def taking_text(command):
    """Options that take a value which may be blank text."""
    return [
        max(p.opts, key=len)
        for p in command.params
        if p.param_type_name == "option"
        and not p.is_flag
        and p.nargs == 1
        and p.type_descriptor.annotation not in (int, float, bool)
    ]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_blank_value_is_refused(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = COMMANDS[path]
    needed = ["x" for p in command.params if p.param_type_name == "argument" and p.required]
    cases = [([*needed, option, blank], option) for option in taking_text(command) for blank in ("", " \t")]
    if needed:
        cases.append((["", *needed[1:]], "is empty"))
    for words, name in cases:
        monkeypatch.setattr(sys, "argv", ["gapmodel", *path, *words])
        with pytest.raises(SystemExit) as stop:
            main()
        error = capsys.readouterr().err
        assert (stop.value.code, error.count("\n")) == (1, 1), (words, error)
        assert f"{name} is empty" in error or (name == "is empty" and name in error), (words, error)
    assert list(tmp_path.iterdir()) == []


def test_a_blank_value_in_the_settings_file_is_blamed_on_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gapmodel.toml").write_text('out = ""\n')
    monkeypatch.setattr(sys, "argv", ["gapmodel", "run"])
    with pytest.raises(SystemExit):
        main()
    assert "--out is empty (gapmodel.toml has it)" in capsys.readouterr().err


def taking_one_value(command):
    return [
        (max(p.opts, key=len), p)
        for p in command.params
        if p.param_type_name == "option" and not (p.is_flag or p.multiple or p.count)
    ]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_an_option_that_takes_one_value_is_typed_once(path, tmp_path, monkeypatch, capsys):
    """The first of two would be dropped silently."""
    monkeypatch.chdir(tmp_path)
    needed = ["x" for p in COMMANDS[path].params if p.param_type_name == "argument" and p.required]
    for option, parameter in taking_one_value(COMMANDS[path]):
        once = [option, *["1"] * parameter.nargs]
        monkeypatch.setattr(sys, "argv", ["gapmodel", *path, *needed, *once, *once])
        with pytest.raises(SystemExit) as stop:
            main()
        assert (stop.value.code, capsys.readouterr().err) == (1, f"gapmodel: {option} is given twice: give it once\n")
    assert list(tmp_path.iterdir()) == []


def test_two_priors_of_one_parameter_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    priors = [word for sd in ("2", "3") for word in ("--prior", f"error_sd=HalfNormal({sd})")]
    monkeypatch.setattr(sys, "argv", ["gapmodel", "run", *priors])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    assert "--prior names 'error_sd' twice" in capsys.readouterr().err
