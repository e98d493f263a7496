"""Whole commands of this version and an older one, in turn: wall time, memory, effective draws."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.growth_section import growth_case
from benchmarks.measure import isolated

__all__ = ["TARGETS", "Target", "missed", "targets_section", "targets_table"]

ROOT = Path(__file__).parents[1]
EFFECTIVE = ("latent_frontier", "shared_shock")


@dataclass(frozen=True)
class Target:
    """What was asked for.

    Attributes
    ----------
    what : str
    limit : float
        Of the ratio of this version to the older one, or of the figure itself where `own`.
    least : bool
        Whether the limit is the least, not the most.
    own : bool
    """

    what: str
    limit: float
    least: bool = False
    own: bool = False


TARGETS = {
    "run warm": Target("`gapmodel run`, warm, wall", 0.25),
    "run cold": Target("`gapmodel run`, empty caches, wall", 0.4),
    "run memory": Target("`gapmodel run`, warm, peak memory", 0.35),
    "ess latent_frontier": Target("`latent_frontier`, smallest bulk ESS per second, sampling alone", 5.0, least=True),
    "ess shared_shock": Target("default, bulk ESS per second of every hyperparameter", 2.0, least=True),
    "sweeps": Target("`sensitivity` and `influence`, two workers, wall", 0.33),
    "backtest": Target("quarterly backtest of the default, one worker, wall", 0.33),
    "backtest workers": Target("the same, two workers: times as fast as one", 1.7, least=True, own=True),
    "calibrate": Target("calibration of the default, wall", 0.33),
    "many seconds": Target("1,000 benchmarks × 36 months, default draws, seconds", 300.0, own=True),
    "many memory": Target("the same, peak memory, GB", 2.0, own=True),
    "lags": Target("`gapmodel lags`, wall", 0.5),
}


@dataclass(frozen=True)
class Spent:
    """One process: wall seconds, and the most memory that it or one of its own processes held, GB."""

    seconds: float
    gb: float
    output: str = ""


def targets_section(
    *, full: bool, say: Callable[[str], None], against: str, only: Sequence[str] = (), repeat: int | None = None
) -> dict[str, Any]:
    """Each work of `TARGETS` in this version and the one at commit `against`, in turn.

    Parameters
    ----------
    full : bool
        Medians of five, and the sweeps, backtest, calibration and the thousand benchmarks too: hours. Otherwise one
        of each of the rest.
    say : callable
    against : str
        Commit of this repository, checked out and set up beside it.
    only : sequence of str
        Keys of `TARGETS`, where not all that `full` asks for.
    repeat : int, optional
        In place of five, or one.

    Returns
    -------
    dict
        ``rows``: key → ``ours``, ``theirs``, ``ratio``, ``runs`` of each; ``against``.
    """
    repeat = repeat or (5 if full else 1)
    quick = ("run warm", "run cold", "run memory", "ess latent_frontier", "ess shared_shock", "lags")
    wanted = set(only or (TARGETS if full else quick))
    rows: dict[str, dict[str, Any]] = {}
    with _older(against, say) as older, tempfile.TemporaryDirectory() as folder:
        both = {"ours": _Version(ROOT, Path(folder) / "ours"), "theirs": _Version(older, Path(folder) / "theirs")}

        def turns(key: str, work: Callable[[_Version], float], times: int) -> None:
            if key not in wanted:
                return
            found: dict[str, list[float]] = {name: [] for name in both}
            for k in range(times):
                for name, version in both.items():
                    found[name].append(work(version))
                    say(f"{key}, {k + 1} of {times}, {name}: {found[name][-1]:.3g}")
            rows[key] = _row({name: statistics.median(values) for name, values in found.items()}, found)

        if wanted & {"run warm", "run memory"}:
            for version in both.values():
                version.command("run", "--quiet")  # fills its caches
            found: dict[str, list[Spent]] = {name: [] for name in both}
            for k in range(repeat):
                for name, version in both.items():
                    found[name].append(version.command("run", "--quiet"))
                    say(f"run, {k + 1} of {repeat}, {name}: {found[name][-1].seconds:.1f} s")
            for key, of in (("run warm", lambda s: s.seconds), ("run memory", lambda s: s.gb)):
                values = {name: [of(s) for s in spent] for name, spent in found.items()}
                rows[key] = _row({name: statistics.median(v) for name, v in values.items()}, values)
        turns("run cold", lambda v: v.command("run", "--quiet", cold=True).seconds, repeat)
        turns("lags", lambda v: v.command("lags").seconds, repeat)
        for variant in EFFECTIVE:
            _rates(f"ess {variant}", variant, both, rows, wanted, say, full=full)
        turns(
            "sweeps",
            lambda v: sum(v.command(c, "--quiet", "--workers", "2").seconds for c in ("sensitivity", "influence")),
            1,
        )
        backtest = ("backtest", "shared_shock", "--quiet", "--workers")
        turns("backtest", lambda v: v.command(*backtest, "1").seconds, 1)
        if "backtest workers" in wanted:
            one, two = (both["ours"].command(*backtest, n).seconds for n in ("1", "2"))
            rows["backtest workers"] = {"ours": one / two, "runs": {"one": one, "two": two}}
        turns("calibrate", lambda v: v.command("calibrate", "--quiet", "--n", "300").seconds, 1)
        if wanted & {"many seconds", "many memory"}:
            got = isolated(growth_case, n_benchmarks=1000, draws=10_000)
            taken = sum(got.value[stage] for stage in ("lags", "compile", "sample"))
            for key, value in (("many seconds", taken), ("many memory", got.peak_gb)):
                rows[key] = {"ours": value, "runs": {"ours": [value]}}
    return {"against": against, "repeat": repeat, "rows": {key: rows[key] for key in TARGETS if key in rows}}


def missed(found: Mapping[str, Any]) -> list[str]:
    """Keys of `TARGETS` that were measured and not met, or not measured."""
    return [key for key in TARGETS if key not in found["rows"] or not _met(key, found["rows"][key])]


def targets_table(found: Mapping[str, Any]) -> str:
    """All targets, those not measured too, as a Markdown table."""
    lines = [f"Against commit {found['against']}, in turn; medians of {found['repeat']} for single runs.", ""]
    lines += ["| work | ours | theirs | ratio | target | met |", "|---|--:|--:|--:|--:|---|"]
    for key, target in TARGETS.items():
        row = found["rows"].get(key)
        limit = f"{'at least' if target.least else 'at most'} {target.limit:g}"
        if row is None:
            lines.append(f"| {target.what} | | | | {limit} | not measured |")
            continue
        ours, theirs, ratio = (f"{row[k]:.3g}" if row.get(k) is not None else "" for k in ("ours", "theirs", "ratio"))
        met = "yes" if _met(key, row) else "**no**"
        lines.append(f"| {target.what} | {ours} | {theirs} | {ratio} | {limit} | {met} |")
    return "\n".join([*lines, ""])


def _met(key: str, row: Mapping[str, Any]) -> bool:
    target = TARGETS[key]
    value = row["ours"] if target.own else row["ratio"]
    return bool(value >= target.limit if target.least else value <= target.limit)


def _row(medians: Mapping[str, float], runs: Mapping[str, Any]) -> dict[str, Any]:
    return {**medians, "ratio": medians["ours"] / medians["theirs"], "runs": dict(runs)}


def _rates(key, variant, both, rows, wanted, say, *, full: bool) -> None:
    """Effective draws per second of each quantity, and the ratio of the target: of the smallest, or the smallest."""
    if key not in wanted:
        return
    found = {}
    for name, version in both.items():
        spent = version.python(str(ROOT / "benchmarks" / "one_fit.py"), variant, "10000" if full else "2000")
        found[name] = json.loads(spent.output.splitlines()[-1])
        say(f"{key}, {name}: {min(found[name].values()):.3g} per s")
    if variant == "shared_shock":
        worst = min(found["ours"], key=lambda n: found["ours"][n] / found["theirs"][n])
        rows[key] = _row({name: of[worst] for name, of in found.items()}, found) | {"quantity": worst}
    else:
        rows[key] = _row({name: min(of.values()) for name, of in found.items()}, found)


@dataclass(frozen=True)
class _Version:
    """A checkout with its environment, and a folder for caches and results."""

    root: Path
    scratch: Path

    def command(self, *words: str, cold: bool = False) -> Spent:
        with tempfile.TemporaryDirectory(dir=self._scratch()) as out:
            given = (str(self.root / ".venv" / "bin" / "gapmodel"), *words, "--out", f"{out}/result")
            return self._spent(given, self._cache(out if cold else None))

    def python(self, *words: str) -> Spent:
        return self._spent((str(self.root / ".venv" / "bin" / "python"), *words), self._cache(None))

    def _scratch(self) -> Path:
        self.scratch.mkdir(parents=True, exist_ok=True)
        return self.scratch

    def _cache(self, folder: str | None) -> dict[str, str]:
        place = f"{folder or self._scratch()}/cache"
        return {"NUMBA_CACHE_DIR": place, "PYTENSOR_FLAGS": f"base_compiledir={place}"}

    def _spent(self, words: Sequence[str], env: Mapping[str, str]) -> Spent:
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            start = time.perf_counter()
            process = subprocess.Popen(
                words, cwd=self._scratch(), env=os.environ | dict(env), stdout=output, stderr=errors
            )
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            errors.seek(0)
            # Exit code 2: done, and a check of the result failed.
            if process.returncode not in (0, 2):
                raise RuntimeError(f"{' '.join(words[:4])} ended with {process.returncode}: {errors.read()[-2000:]}")
            return Spent(seconds, used.ru_maxrss * 1024 / 1e9, output.read())


@contextmanager
def _older(commit: str, say: Callable[[str], None]) -> Iterator[Path]:
    """A worktree of `commit` with its own environment, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "older"
        say(f"setting up {commit}")
        _quiet("git", "worktree", "add", "--detach", str(place), commit, cwd=ROOT)
        try:
            _quiet("uv", "sync", "--locked", "--quiet", cwd=place)
            yield place
        finally:
            _quiet("git", "worktree", "remove", "--force", str(place), cwd=ROOT)


def _quiet(*words: str, cwd: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, env=env)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[:4])}: {done.stderr.strip()[-2000:]}")
