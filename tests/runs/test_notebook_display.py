"""What a notebook shows of a run: progress in one line that is empty at the end, figures, and their footers."""

import io
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure
from PIL import Image

import gapmodel as gm
from gapmodel.runs import progress

REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "august_2026"


class _Handle:
    def __init__(self):
        self.shown = []

    def update(self, content):
        self.shown.append(content.data)


@pytest.fixture
def handle(monkeypatch):
    """What a notebook displays while jobs run."""
    found = _Handle()

    def display(content, *, display_id):
        found.update(content)
        return found

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_UPDATES", 0.0)
    return found


def test_progress_is_one_line_that_is_empty_at_the_end(handle):
    with progress.Jobs(quiet=False) as jobs:
        jobs.tick("fit <1>", 1, 3)
        jobs.tick("fit <1>", 2, 3)
    assert "fit &lt;1&gt; <progress value='1' max='3'>" in handle.shown[1]
    assert "2/3" in handle.shown[2]
    assert handle.shown[3:] == [""]


def test_quiet_shows_nothing(handle, capsys):
    with progress.Stages(quiet=True) as stages:
        stages.stage("lags")
    assert handle.shown == []
    assert capsys.readouterr() == ("", "")


def test_figures_are_pictures_without_pyplot():
    figure = gm.read_run(REFERENCE).plot.zero_probability()
    data, about = InteractiveShell.instance().display_formatter.format(figure)
    assert Image.open(io.BytesIO(data["image/png"])).size[0] == 1440
    assert about["image/png"] == {"width": 720}
    assert isinstance(figure, Figure)


def test_the_figure_of_zero_has_the_credits():
    run = gm.read_run(REFERENCE)
    words = " ".join(" ".join(text.get_text().split()) for text in run.plot.zero_probability().texts)
    assert f"run {run.run_id}. {run.summary['credits'][0]}" in words


def test_simulated_scores_end_with_the_last_month():
    scores = gm.simulate_scores(seed=3, n_benchmarks=4, n_months=24)
    assert scores.snapshot == "simulated constant, seed 3"
    assert str(scores.table["release_date"].max())[:10] <= "2024-12-31"
