"""Write the page of a run."""

from __future__ import annotations

from pathlib import Path

from gapmodel.errors import expect
from gapmodel.files.atomic import atomic_text
from gapmodel.report.data_files import data_target, write_data_files
from gapmodel.report.page import build_page, check_page_path
from gapmodel.report.source import read_page_data
from gapmodel.runs.run import Run

__all__ = ["write_report"]


def write_report(
    run: Run,
    path: str | Path,
    *,
    comparison: str | Path | None = None,
    trust: str | Path | None = None,
    sensitivity: str | Path | None = None,
    questions: str | Path | None = None,
    data: bool = False,
) -> Path:
    """Write the page of a run: one HTML file that needs no network.

    Parameters
    ----------
    run : Run
    path : path-like
        Ends in ``.html``.
    comparison, trust, sensitivity, questions : path-like, optional
        Folders of studies that the page shows too.
    data : bool
        Write the numbers too, into ``data/`` beside the page, see `gapmodel.report.data_files`.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ConfigError
        The path does not end in ``.html``, or cannot be written.
    DataError
        See `gapmodel.report.source.read_page_data`.

    Examples
    --------
    >>> from gapmodel.runs.reader import read_run
    >>> write_report(read_run("results/reference/august_2026"), "page.txt")
    Traceback (most recent call last):
    ...
    gapmodel.errors.ConfigError: 'page.txt' is no page: give a file that ends in .html
    """
    expect(run, Run, "run", "give what gm.fit or gm.read_run gives")
    target = Path(path)
    check_page_path(target)
    beside = {
        name: None if folder is None else Path(folder)
        for name, folder in {
            "comparison": comparison,
            "trust": trust,
            "sensitivity": sensitivity,
            "questions": questions,
        }.items()
    }
    numbers = target.parent / "data"
    if data:
        data_target(numbers)
    read = read_page_data(run, **beside)
    page = build_page(read)
    target.parent.mkdir(parents=True, exist_ok=True)
    if data:
        write_data_files(read, numbers)
    atomic_text(target, page)
    return target
