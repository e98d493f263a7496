"""An option or argument that is given and empty: refused in one line, whichever command it is of; nothing is kept."""

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
