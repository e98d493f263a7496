"""Where time and memory of ``gapmodel run`` go, by stage, with empty caches and again."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.measure import Row, isolated

__all__ = ["STAGES", "profile_section"]

EVERY = 0.01  # seconds
# Stage → packages or modules of gapmodel; the innermost frame that is of one of them says where the time goes.
_PLACES = {
    "read scores": ("sources", "scores", "data"),
    "lags": ("lags",),
    "data gate": ("audit",),
    "prior and kernel": ("modeling", "inference.contract"),
    "sample": ("inference.sampling",),
    "checks of the fit": ("inference.convergence", "inference.power_scaling", "inference.predictive_checks"),
    "summarise": ("inference", "analysis", "stats", "cite", "validation"),
    "figures": ("plot", "runs.figures"),
    "write": ("runs", "files"),
}
STAGES = ("import", "compile", *_PLACES, "other")


def profile_section(*, full: bool, say: Callable[[str], None], draws: int | None = None) -> dict[str, Any]:
    """The default run on the bundled data, twice over one cache of compiled code; the same in small and full."""
    cases = {}
    with tempfile.TemporaryDirectory() as cache:
        env = {"NUMBA_CACHE_DIR": cache, "PYTENSOR_FLAGS": f"base_compiledir={cache}"}
        for name in ("cold", "warm"):
            say(f"profile: {name}")
            cases[name] = isolated(profile_case, env=env, draws=draws).value
    rows = [
        Row(f"{stage}, {name}", case["seconds"].get(stage, 0.0), None, "s", note=f"{case['gb'].get(stage, 0.0):.2f} GB")
        for name, case in cases.items()
        for stage in STAGES
        if case["seconds"].get(stage, 0.0) >= EVERY
    ]
    return {"rows": [row.as_dict() for row in rows], "cases": cases}


def profile_case(*, draws: int | None) -> dict[str, Any]:
    """Seconds of each stage, and the most memory that the process held in it, by looking every hundredth second."""
    seconds: Counter[str] = Counter()
    most: dict[str, float] = {}
    done = threading.Event()
    main = threading.main_thread().ident

    def watch() -> None:
        before = time.perf_counter()
        while not done.wait(EVERY):
            now = time.perf_counter()
            frame = sys._current_frames().get(main)
            stage = _stage(frame) if frame else "other"
            seconds[stage] += now - before
            most[stage] = max(most.get(stage, 0.0), _held_gb())
            before = now

    watcher = threading.Thread(target=watch, daemon=True)
    start = time.perf_counter()
    watcher.start()
    with tempfile.TemporaryDirectory() as folder:
        code = _run(["run", "--quiet", "--out", f"{folder}/run", *(["--draws", str(draws)] if draws else [])])
    whole = time.perf_counter() - start
    done.set()
    watcher.join()
    return {"seconds": dict(seconds), "gb": most, "whole": whole, "exit": code}


def _run(words: list[str]) -> int:
    from gapmodel.cli.app import main

    sys.argv = ["gapmodel", *words]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _stage(frame: FrameType | None) -> str:
    """Of a stack: importing, compiling, or the innermost place of gapmodel."""
    place = None
    while frame is not None:
        file = frame.f_code.co_filename
        if "importlib._bootstrap" in file:
            return "import"
        if "/numba/core/" in file:
            return "compile"
        if place is None:
            place = _place(file)
        frame = frame.f_back
    return place or "other"


def _place(file: str) -> str | None:
    parts = Path(file).with_suffix("").parts
    if "gapmodel" not in parts:
        return None
    below = ".".join(parts[len(parts) - parts[::-1].index("gapmodel") :])
    matches = [(len(name), stage) for stage, names in _PLACES.items() for name in names if below.startswith(name)]
    return max(matches)[1] if matches else None


def _held_gb() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / 1e9
