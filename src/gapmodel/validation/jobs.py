"""Many independent jobs on cores or machines: each kept in a file when it is done, resumed, retried, reported.

Dask distributed runs them, always by the same path: in this process (``workers=1``: no start-up to speak of, and what
was compiled stays at hand), in worker processes of this machine, or on a scheduler that is running somewhere. A
result is what its file says, so that a resumed sweep, one worker or many give the same.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloudpickle

from gapmodel.errors import ConfigError, GapmodelError, expect
from gapmodel.files.atomic import plain_value, remove_leftovers, writable_folder, write_json
from gapmodel.files.in_use import alone_in
from gapmodel.validation.job_forms import job_file, read_job, result_fault

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["LostSchedulerError", "failed_jobs", "job_path", "open_jobs", "pickled", "run_jobs"]

_FAILED = "failed.json"
_SECONDS_TO_CONNECT = 20
_LONGEST_REASON = 500
_THIS_MACHINE = "127.0.0.1:0"


class LostSchedulerError(GapmodelError):
    """The scheduler went away while jobs were running."""


def open_jobs(folder: Path, spec: dict[str, Any]) -> Path:
    """Make or reopen a folder of resumable jobs; what they are jobs of is kept in ``spec.json``.

    Raises
    ------
    ConfigError
        The folder cannot be written, or holds jobs of another specification, or other files.
    """
    writable_folder(folder)
    path = folder / "spec.json"
    wanted = json.loads(json.dumps(spec, default=plain_value))
    if path.is_file():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise ConfigError(f"'{path}' is damaged: give a new folder as --out, or remove this one") from None
        if found != wanted:
            raise ConfigError(f"'{folder}' holds jobs on other data or settings: give a new folder as --out")
    elif folder.is_dir() and any(not p.name.startswith(".spec.json-") for p in folder.iterdir()):
        raise ConfigError(f"'{folder}' holds other files: give a new folder as --out")
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, wanted)
    return folder


def run_jobs(
    function: Callable[..., dict[str, Any] | list[dict[str, Any]]],
    jobs: Mapping[str, Mapping[str, Any]],
    folder: Path,
    *,
    spec: Mapping[str, Any],
    workers: int = 1,
    scheduler: str | None = None,
    retries: int = 2,
    form: str | None = None,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> dict[str, Any]:
    """Call `function` for every job that has no result in `folder` yet, and keep each result when it is there.

    Parameters
    ----------
    function : callable
        At the top level of a module, so that a worker can import it. Returns plain values: what JSON can hold, without
        NaN and infinity. All randomness comes from its arguments.
    jobs : mapping
        Name → keyword arguments, which can be pickled. Names identify jobs across invocations and may be any text.
    folder : pathlib.Path
        Gets ``spec.json``, ``jobs/*.json`` and, where jobs failed, ``failed.json`` (name → reason).
    spec : mapping
        What determines every result: data, settings, versions. A folder of another one is refused.
    workers : int
        Processes of one thread; 1 runs the jobs in this process.
    scheduler : str, optional
        Address of a running Dask scheduler, ``tcp://host:port``; `workers` then plays no part. Its workers need this
        version of the package.
    retries : int
        How often a job is started again after the worker that ran it died. (A scheduler that is running already goes
        by its own setting, ``distributed.scheduler.allowed-failures``.)
    form : str, optional
        Of `gapmodel.validation.job_forms.RESULTS`, which a result must have when it is kept and when it is read.
    progress : callable
        Told the job that ended last, the number of jobs that are over, and of all.

    Returns
    -------
    dict
        Name → result as read from its file, in the order of `jobs`, without those that failed. A job that raises is
        reported in ``failed.json`` and run again by the next invocation; the others go on. A file that is cut off,
        altered or has not the form is no result: its job is run again.

    Raises
    ------
    ConfigError
        The folder holds jobs of another specification, or another process is at work there; a number is out of range;
        the scheduler cannot be reached.
    LostSchedulerError
        The scheduler went away. What was done by then is kept.
    """
    expect(workers, int, "workers", "give a whole number")
    if workers < 1 or retries < 0:
        raise ConfigError(f"{workers} workers and {retries} retries: give at least 1 and 0")
    with alone_in(folder):
        open_jobs(folder, dict(spec))
        remove_leftovers(folder)
        (folder / "jobs").mkdir(exist_ok=True)
        finished = {name for name in jobs if _read(folder, name, form) is not None}
        missing = [name for name in jobs if name not in finished]
        failed = {name: reason for name, reason in failed_jobs(folder).items() if name in missing}
        _write_failed(folder, failed)
        total = len(jobs)
        progress("starting" if missing else "done", total - len(missing), total)
        if missing:
            with _client(workers, scheduler, retries) as client:
                for k, (name, outcome) in enumerate(_outcomes(client, function, {n: jobs[n] for n in missing}), 1):
                    reason = _kept(folder, name, outcome, form)
                    now = {n: r for n, r in failed.items() if n != name} | ({name: reason} if reason else {})
                    if now != failed:
                        _write_failed(folder, failed := now)
                    progress(name, total - len(missing) + k, total)
        results = {name: _read(folder, name, form) for name in jobs}
    return {name: result for name, result in results.items() if result is not None}


def _kept(folder: Path, name: str, outcome: str | BaseException, form: str | None) -> str:
    """Keep the result of a job; the reason where it failed, else nothing."""
    if isinstance(outcome, BaseException):
        return _reason(outcome)
    result = json.loads(outcome)
    if form is not None and (fault := result_fault(result, form)):
        return f"its result is not as it should be: {fault}"[:_LONGEST_REASON]
    write_json(job_path(folder, name), job_file(name, result))
    return ""


def job_path(folder: Path, name: str) -> Path:
    """File of a job's result. The name may be any text: it is reduced to safe letters, and a hash tells it apart."""
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60]
    return folder / "jobs" / f"{slug}-{hashlib.sha256(name.encode()).hexdigest()[:12]}.json"


def failed_jobs(folder: Path) -> dict[str, str]:
    """Name → reason of the jobs that the last invocation could not do."""
    path = folder / _FAILED
    try:
        failed = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError:  # not whole; the jobs have no result, and are run again
        return {}
    return failed if isinstance(failed, dict) else {}


def _read(folder: Path, name: str, form: str | None) -> Any | None:
    """What a job's file says, or None where there is none, or what is there is no result of this job."""
    path = job_path(folder, name)
    return read_job(path.read_bytes(), name, form) if path.is_file() else None


def _write_failed(folder: Path, failed: Mapping[str, str]) -> None:
    if failed:
        write_json(folder / _FAILED, dict(sorted(failed.items())))
    else:
        (folder / _FAILED).unlink(missing_ok=True)


def _reason(error: BaseException) -> str:
    return traceback.format_exception_only(error)[-1].strip()[:_LONGEST_REASON]


def pickled(name: str, content: Any) -> bytes:
    """What can be sent to a worker, functions of notebooks and of variants' files with it.

    Raises
    ------
    ConfigError
        An object of the user's cannot be sent.
    """
    try:
        return cloudpickle.dumps(content)
    except Exception as error:  # whatever the object raises
        raise ConfigError(f"'{name}' cannot be sent to a worker ({error}): give variants by name or file") from error


def _call(task: bytes) -> str:
    """Run one job on a worker; its result as JSON, so that what cannot be kept is the job's failure."""
    function, keywords = cloudpickle.loads(task)
    return json.dumps(function(**keywords), allow_nan=False, default=plain_value)


def _outcomes(client: Client, function: Callable, jobs: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Name and JSON text, or the exception, of each job in the order in which they end."""
    from distributed import as_completed

    names: dict[Future, str] = {}
    for name, keywords in jobs.items():
        # Pickled here: Dask would look into the arguments for references to other tasks.
        names[client.submit(_call, pickled(name, (function, dict(keywords))), pure=False)] = name
    ended = as_completed(list(names), loop=client.loop, with_results=True, raise_errors=False)
    for future, outcome in ended:
        name = names.pop(future)  # the last reference: the scheduler may forget the result
        if isinstance(outcome, str):
            yield name, outcome
        elif isinstance(outcome, tuple):
            yield name, outcome[1]
        else:
            raise LostSchedulerError("the scheduler went away: give the command again, finished jobs are kept")


@contextmanager
def _client(workers: int, scheduler: str | None, retries: int) -> Iterator[Client]:
    """Connect to the scheduler, or start one on this machine."""
    import dask
    from distributed import Client, LocalCluster

    with ExitStack() as stack:
        if scheduler is not None:
            try:
                client = stack.enter_context(Client(scheduler, timeout=_SECONDS_TO_CONNECT, set_as_default=False))
                client.wait_for_workers(1, timeout=_SECONDS_TO_CONNECT)
            except (OSError, ValueError) as error:  # a timeout is an OSError
                raise ConfigError(
                    f"no scheduler with workers at '{scheduler}' ({type(error).__name__}): give the address that "
                    "'dask scheduler' prints, tcp://host:port, and start 'dask worker' with the same address"
                ) from error
        else:
            stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": retries}))
            cluster = LocalCluster(
                n_workers=workers,
                processes=workers > 1,
                threads_per_worker=1,
                memory_limit=None,  # the default restarts a worker at a share of the memory
                # Scheduler and workers serve pages, which cannot be switched off: on this machine alone.
                dashboard_address=_THIS_MACHINE,
                worker_dashboard_address=_THIS_MACHINE,
                silence_logs=logging.CRITICAL,  # a lost worker is not news: its jobs run again or are reported
            )
            client = stack.enter_context(Client(stack.enter_context(cluster), set_as_default=False))
        yield client
