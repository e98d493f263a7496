"""Progress on standard error: of one run by stages and draws, and of many jobs."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from time import perf_counter
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["Jobs", "Stages"]

_STAGES = {
    "lags": "lags from scores",
    "compile": "compiling the model",
    "sample": "sampling",
    "sample again": "sampling again with smaller steps",
    "summarise": "prior, checks and summaries",
    "write": "figures and files",
}


_SECONDS_BETWEEN_UPDATES = 0.5


@dataclass
class _NotebookBar:
    """One line of a notebook that is updated in place, and empty at the end.

    The bar of Rich needs ipywidgets there, and warns at every update without them.
    """

    disable: bool = False
    _handle: Any = None
    _shown: float = 0.0
    _began: float = field(default_factory=perf_counter)
    _now: dict[str, Any] = field(default_factory=dict)

    def add_task(self, description: str, *, total: float) -> TaskID:
        self._now = {"description": description, "completed": 0.0, "total": total}
        return TaskID(0)

    def start(self) -> None:
        from IPython.display import display

        self._handle = display(self._line(), display_id=True)

    def update(self, _: TaskID, **changed: Any) -> None:
        stage_changed = changed.get("description", self._now["description"]) != self._now["description"]
        self._now |= changed
        if self._handle and (stage_changed or perf_counter() - self._shown > _SECONDS_BETWEEN_UPDATES):
            self._shown = perf_counter()
            self._handle.update(self._line())

    def stop(self) -> None:
        from IPython.display import HTML

        if self._handle:
            self._handle.update(HTML(""))
            self._handle = None

    def _line(self) -> Any:
        from IPython.display import HTML

        now = self._now
        bar = f"<progress value='{now['completed']:.0f}' max='{now['total']:.0f}'></progress>"
        count = f"{now['completed']:.0f}/{now['total']:.0f}, {perf_counter() - self._began:.0f} s"
        return HTML(f"<p>{html.escape(now['description'])} {bar} {count}</p>")


def _bar(quiet: bool) -> Progress | _NotebookBar:
    console = Console(stderr=True)
    if console.is_jupyter and not quiet:
        return _NotebookBar()
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=quiet or not console.is_terminal,
        transient=True,
    )


def _close(progress: Progress | _NotebookBar) -> None:
    # Rich 14 ends even a bar that shows nothing with an empty line.
    if not progress.disable:
        progress.stop()


class Stages:
    """Progress of one run: named stages, and the sampler's draws with the time that remains."""

    def __init__(self, *, quiet: bool, start: float | None = None) -> None:
        self._start = perf_counter() if start is None else start
        self._marks: list[tuple[str, float]] = []
        self._progress = _bar(quiet)
        self._task = self._progress.add_task("starting", total=len(_STAGES))

    def __enter__(self) -> Stages:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._marks.append(("end", perf_counter()))
        _close(self._progress)

    def stage(self, name: str) -> None:
        """Begin a stage."""
        self._marks.append((name, perf_counter()))
        done = len(self._marks) - 1
        self._progress.update(self._task, description=_STAGES.get(name, name), total=len(_STAGES), completed=done)

    def sampling(self, chains: list[Any]) -> None:
        """Show the sampler's draws; called by nutpie from its own thread."""
        total = sum(chain.total_draws for chain in chains)
        done = sum(chain.finished_draws for chain in chains)
        if total:
            self._progress.update(self._task, total=total, completed=done)

    def seconds(self) -> dict[str, float]:
        """Duration of each finished stage, and since the start, in seconds."""
        now = perf_counter()
        ends = [t for _, t in self._marks[1:]] + [now]
        out = {name: round(end - t, 2) for (name, t), end in zip(self._marks, ends, strict=True) if name != "end"}
        return {**out, "total": round(now - self._start, 2)}


class Jobs:
    """Progress of many jobs with one bar: what runs, how many are done, and the time that remains."""

    def __init__(self, *, quiet: bool) -> None:
        self._progress = _bar(quiet)
        self._task = self._progress.add_task("starting", total=1)

    def __enter__(self) -> Jobs:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _close(self._progress)

    def tick(self, label: str, done: int, total: int) -> None:
        """Say what runs now, and how many of the jobs are done."""
        self._progress.update(self._task, description=label, completed=done, total=total)
