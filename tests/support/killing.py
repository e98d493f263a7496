"""Commands that are killed at a chosen file operation, in forks of one process that has imported everything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.faultsteps import ROOT
from tests.support.sampler import STAND_IN

__all__ = ["Commands", "Ended"]

_STEPS = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link")
_LONGEST = 300


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes
    ----------
    code : int
        Of the process; negative for a signal.
    steps : int
        File operations below the folder that it was called from.
    out, error : str
    """

    code: int
    steps: int
    out: str
    error: str


class Commands:
    """Calls of commands; draws are from the prior. One process imports everything, and forks for each call."""

    def __init__(self, **environment: str) -> None:
        path = os.pathsep.join([str(STAND_IN), str(ROOT)])
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.support.killing import serve; serve()"],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": "0"} | environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def begin(self, *words: object, cwd: Path, at: int = 0, how: str = "", env=None) -> Path:
        """Start a command.

        Parameters
        ----------
        *words
            Of the command line, without ``gapmodel``.
        cwd : pathlib.Path
        at : int
            File operation at which something happens; 0 for never.
        how : {'SIGKILL', 'SIGINT', 'wait'}
            What: a signal to itself; or, at the first operation after it has the folder ``out`` for itself, waiting for
            a signal.
        env : mapping, optional
            More of the environment.

        Returns
        -------
        pathlib.Path
            Folder of what the command says, for `end`.
        """
        said = Path(f"{cwd}-said-{time.monotonic_ns()}")
        said.mkdir()
        call = {"words": [str(w) for w in words], "cwd": str(cwd), "at": at, "how": how}
        call |= {"said": str(said), "env": dict(env or {})}
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        return said

    def end(self, said: Path) -> Ended:
        """Wait for a command that `begin` started."""
        deadline = time.monotonic() + _LONGEST
        while not (said / "code").is_file():
            assert self._process.poll() is None, "the process that starts commands is gone"
            assert time.monotonic() < deadline, "a command does not end"
            time.sleep(0.01)
        steps = len((said / "steps").read_bytes())
        out, error = ((said / name).read_text() for name in ("out", "error"))
        return Ended(int((said / "code").read_text()), steps, out, error)

    def __call__(self, *words: object, cwd: Path, **keywords) -> Ended:
        """Start a command and wait for it."""
        return self.end(self.begin(*words, cwd=cwd, **keywords))

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait(timeout=60)


def serve() -> None:
    """Import what commands import, then one fork for each line of standard input."""
    import distributed  # noqa: F401
    import matplotlib.pyplot  # noqa: F401
    import pymc  # noqa: F401

    import gapmodel.api
    import gapmodel.cli.printing
    import gapmodel.runs.writer  # noqa: F401

    _lighten()
    _warm()
    running: dict[int, Path] = {}
    signal.signal(signal.SIGCHLD, lambda *_: _reap(running))
    for line in sys.stdin:
        call = json.loads(line)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        child = os.fork()
        if not child:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
            _call(call)
        running[child] = Path(call["said"])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    for child, said in list(running.items()):
        _ended(said, os.waitpid(child, 0)[1])


def _lighten() -> None:
    """Figures are a few bytes, and a sweep has a few choices: neither is what is tested."""
    import matplotlib.figure

    from gapmodel.validation import sensitivity

    def save(figure, name, **_):
        if hasattr(name, "write"):
            name.write(b"figure")
        else:
            Path(name).write_bytes(b"figure")

    matplotlib.figure.Figure.savefig = save
    for name in ("multiverse", "influence"):
        whole = getattr(sensitivity, name)
        setattr(sensitivity, name, lambda *given, whole=whole: whole(*given)[:4])


def _warm() -> None:
    """What is compiled once per process is compiled before it forks."""
    from datetime import date

    from gapmodel import api
    from gapmodel.inference.sampling import SamplerSettings
    from gapmodel.scores.table import validate_scores
    from gapmodel.simulation.frontiers import simulate_scores

    frame, info, _ = simulate_scores(seed=1, n_benchmarks=3, n_months=14)
    scores = validate_scores(frame, info, today=date(2040, 1, 1))
    api.fit(scores, "pooled", settings=SamplerSettings(draws=100, tune=50, chains=2))


def _reap(running: dict[int, Path]) -> None:
    while running:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        _ended(running.pop(child), status)


def _ended(said: Path, status: int) -> None:
    (said / ".code").write_text(str(os.waitstatus_to_exitcode(status)))
    (said / ".code").rename(said / "code")


def _call(call: Mapping) -> None:
    from gapmodel.cli.app import main

    said, code = Path(call["said"]), 3
    signal.alarm(_LONGEST)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, name in ((1, "out"), (2, "error")):
        os.dup2(os.open(said / name, os.O_WRONLY | os.O_CREAT), number)
    try:
        os.environ.update(call["env"])
        os.chdir(call["cwd"])
        sys.argv = ["gapmodel", *call["words"]]
        sys.addaudithook(_hook(call, os.open(said / "steps", os.O_WRONLY | os.O_CREAT)))
        main()
    except SystemExit as stop:
        code = stop.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _hook(call: Mapping, log: int):
    seen, here = 0, call["cwd"]
    mark = here + "/.out.in-use"

    def hook(event, arguments):
        nonlocal seen
        if event == "open":
            if not (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
                return
        elif event not in _STEPS:
            return
        if not isinstance(arguments[0], str | os.PathLike):
            return
        path = os.path.join(here, os.fspath(arguments[0]))  # noqa: PTH118
        if not path.startswith(here + "/"):
            return
        seen += 1
        os.write(log, b".")
        if call["how"] == "wait" and path != mark and os.access(mark, os.F_OK):
            signal.pause()
        elif seen == call["at"]:
            os.kill(os.getpid(), signal.Signals[call["how"]])

    return hook
