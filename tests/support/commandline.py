"""Commands called in the process of the tests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gapmodel.cli.app import main

__all__ = ["caller"]


def caller(folder: Path, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Calls of a command with its words, from `folder`: exit code, standard output and standard error."""

    def call(*words):
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["gapmodel", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, *capsys.readouterr()

    return call
