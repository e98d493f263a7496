"""A user's variant that misbehaves in any way: one error with file and line, before anything is sampled."""

import io
import os
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cloudpickle
import numpy as np
import pytest
import xarray as xr

from gapmodel.errors import GapmodelError
from gapmodel.inference.contract import check_contract
from gapmodel.inference.sampling import built_model
from gapmodel.modeling.options import LagOptions
from gapmodel.modeling.registry import load_variant

GOOD = '''
"""Own."""
import numpy as np
import pymc as pm
import xarray as xr
from gapmodel.modeling.variant import linear_trend

def build(data):
    with pm.Model(coords={"benchmark": range(data.observed.shape[0])}) as model:
        intercept = pm.Normal("intercept", 5, 5, dims="benchmark")
        slope = pm.Normal("slope", 0, 1, dims="benchmark")
        pm.Normal("intercept_population", 5, 5)
        pm.Normal("slope_population", 0, 1)
        error = pm.HalfNormal("error_sd", 2)
        MORE
        pm.Normal("y", intercept.sum(), error, observed=1.0)
    return model

def trend(samples, years):
    found = linear_trend(samples, years)
    return RETURNED
'''.lstrip()
TREND_LINE = GOOD[: GOOD.index("def trend")].count("\n") + 1
MORE_LINE = GOOD[: GOOD.index("MORE")].count("\n") + 1
RETURN_LINE = GOOD[: GOOD.index("return RETURNED")].count("\n") + 1
CASES = {
    "a count": ("pm.Poisson('jumps', 3)", "found", f"own.py, line {MORE_LINE}: the parameter 'jumps' is discrete"),
    "yes or no": ("pm.Bernoulli('on', 0.5)", "found", f"own.py, line {MORE_LINE}: the parameter 'on' is discrete"),
    "nothing": ("pass", "None", f"own.py, line {TREND_LINE}: trend returns NoneType: return an xarray.Dataset"),
    "an array": ("pass", "np.zeros(3)", f"own.py, line {TREND_LINE}: trend returns ndarray"),
    "a part": ("pass", "found[['population_mean']]", f"own.py, line {TREND_LINE}: trend gives no 'benchmark_trend'"),
    "a dim less": ("pass", "found.mean('draw')", f"own.py, line {TREND_LINE}: benchmark_trend of the trend has dims"),
    "other dims": ("pass", "found.rename(time='when')", f"own.py, line {TREND_LINE}: benchmark_trend of the trend has"),
    "fewer times": (
        "pass",
        "found.isel(time=[0])",
        "benchmark_trend of the trend has 1 times",
    ),
    "text": ("pass", "found.astype(str)", f"own.py, line {TREND_LINE}: benchmark_trend of the trend is "),
    "not finite": ("pass", "found * np.nan", "benchmark_trend is not finite everywhere"),
    "an error": ("pass", "1 / 0", f"own.py, line {RETURN_LINE}: trend fails: ZeroDivisionError"),
    "an index": ("pass", "[][1]", f"own.py, line {RETURN_LINE}: trend fails: IndexError"),
    "an exit": ("pass", "exit(0)", f"own.py, line {RETURN_LINE}: trend fails: SystemExit"),
    "a long word": ("pass", "samples['a\\x1b[2J' * 999]", f"own.py, line {RETURN_LINE}: trend fails: KeyError"),
    "build fails": (
        "raise RuntimeError('a\\nb\\x1b[2J')",
        "found",
        f"own.py, line {MORE_LINE}: build fails: RuntimeError: a b",
    ),
    "build exits": ("raise SystemExit(0)", "found", f"own.py, line {MORE_LINE}: build fails: SystemExit"),
    "an exit of the process": (
        "import os; os._exit(0)",
        "found",
        f"own.py, line {MORE_LINE}: build fails: SystemExit: os._exit(0)",
    ),
    "an error of no kind": (
        "raise BaseException('x')",
        "found",
        f"own.py, line {MORE_LINE}: build fails: BaseException: x",
    ),
    "no density": ("pm.Normal('far', 0, -1)", "found", "own.py"),
}


#: What the model must be compiled for.
WHOLE = ("not finite", "no density")


def samples():
    one, each = np.ones((1, 2)), np.ones((1, 2, 3))
    names = ("intercept_population", "slope_population")
    return xr.Dataset(
        {name: (("chain", "draw"), one) for name in names}
        | {name: (("chain", "draw", "benchmark"), each) for name in ("intercept", "slope")}
    )


def tried(variant, data, *, whole):
    if whole:
        check_contract(variant, data)
    built_model(variant, data)
    variant.trend(samples(), np.array([0.0, 1.0]))


@pytest.fixture(scope="module")
def data(simulated):
    scores, _ = simulated
    options = LagOptions()
    return options.data(options.lags(scores))


def own(folder, more="pass", returned="found"):
    (folder / "own.py").write_text(GOOD.replace("MORE", textwrap.dedent(more)).replace("RETURNED", returned))
    return load_variant(folder / "own.py")


@pytest.mark.parametrize("kind", CASES)
def test_misbehaviour_is_one_error_with_file_and_line(kind, tmp_path, data):
    more, returned, says = CASES[kind]
    variant = own(tmp_path, more, returned)
    with pytest.raises(GapmodelError) as caught:
        tried(variant, data, whole=kind in WHOLE)
    text = str(caught.value)
    assert says in text
    assert text.replace("\n", "").isprintable()
    assert len(text) < 1500


def test_a_good_one_passes_and_can_be_sent_to_another_process(tmp_path, data):
    variant = own(tmp_path)
    check_contract(variant, data)
    sent = cloudpickle.loads(cloudpickle.dumps(variant))
    check_contract(sent, data)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x = 1\nraise ValueError('a\\nb')", "own.py, line 2: import fails: ValueError: a b"),
        ("def f():\n    [][1]\nf()", "own.py, line 2: import fails: IndexError"),
        ("x = (", "own.py: import fails: SyntaxError"),
        ("x = 1\nexit()", "own.py, line 2: import fails: SystemExit"),
        ("x = '\0'", "own.py: import fails: SyntaxError"),
    ],
)
def test_a_file_that_cannot_be_imported_says_where(source, says, tmp_path):
    (tmp_path / "own.py").write_text(source)
    with pytest.raises(GapmodelError) as caught:
        load_variant(tmp_path / "own.py")
    assert str(caught.value).startswith(says)


MOVING = {
    "another place": "os.chdir('/')",
    "no streams": "sys.stdout = sys.stderr = None",
    "closed streams": "sys.stdout.close(); sys.stderr.close()",
    "another exit": "os._exit = print",
    "a child that ends": "\nif not os.fork(): os._exit(0)\nassert os.wait()[1] == 0",
}


@pytest.mark.parametrize("code", MOVING.values(), ids=MOVING)
def test_code_that_moves_the_process_or_takes_the_terminal_has_no_effect_beyond_its_call(
    code, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(GOOD.replace("import numpy as np", f"import os, sys; {code}\nimport numpy as np"))
    streams, leave = (sys.stdout, sys.stderr), os._exit
    load_variant("own.py")
    assert (Path.cwd(), sys.stdout, sys.stderr, os._exit) == (tmp_path, *streams, leave)
    print("said")
    print("told", file=sys.stderr)
    assert capsys.readouterr() == ("said\n", "told\n")


def test_what_it_prints_goes_to_standard_error(tmp_path, capsys):
    (tmp_path / "own.py").write_text(GOOD.replace("import numpy as np", "print('own')\nimport numpy as np"))
    load_variant(tmp_path / "own.py")
    assert capsys.readouterr() == ("", "own\n")


def test_a_removed_working_directory_is_no_fault_of_the_code(tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(GOOD)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    load_variant(tmp_path / "own.py")


@pytest.mark.parametrize("stream", [None, "closed"])
def test_it_is_called_where_there_is_no_output(stream, tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(GOOD)
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", stream and closed)
    monkeypatch.setattr(sys, "stderr", stream and closed)
    load_variant(tmp_path / "own.py")


def test_threads_do_not_put_back_what_another_holds(tmp_path):
    (tmp_path / "own.py").write_text(GOOD.replace("import numpy as np", "import time; time.sleep(0.05)"))
    before = (sys.stdout, sys.stderr, os._exit, Path.cwd())
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(load_variant, tmp_path / "own.py") for _ in range(8)]
        load_variant(tmp_path / "own.py")
        assert all(each.result().name == "own" for each in waiting)
    assert (sys.stdout, sys.stderr, os._exit, Path.cwd()) == before
