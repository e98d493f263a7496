"""The shipped tables obey their own rules; the rebuild gives the same bytes where the raw files are at hand."""

import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pandas as pd
import pytest

from gapmodel.scores.selection import select
from gapmodel.sources import bundled

ECI = "Epoch Capabilities Index"
DATA = Path(str(resources.files("gapmodel.data")))


@pytest.fixture(params=bundled.SNAPSHOTS)
def snapshot(request):
    return bundled.load(request.param)


def test_inclusion_and_default_rules_hold(snapshot):
    table, info = snapshot.table, snapshot.benchmarks
    left = pd.read_csv(DATA / "left_out.csv")
    kept = left[left["reason"].str.startswith("kept; opt-in")]
    opt_in = set(zip(kept["snapshot"], kept["name"], strict=True))
    for name, rows in table.groupby("benchmark"):
        days = rows["weights_date"].fillna(rows["release_date"])
        sides = [days[rows["weights"] == w] for w in ("open", "closed")]
        assert min(len(s) for s in sides) >= 5
        joint = (min(s.max() for s in sides) - max(s.min() for s in sides)).days / 30.4375
        assert joint >= 6
        chosen = bool(info.loc[name, "default_set"])
        assert not chosen or (joint >= 12 and name != ECI)
        if joint >= 12 and name != ECI and not chosen:  # a corrected date does not change what is pooled
            assert (snapshot.snapshot, name) in opt_in


def test_scores_stand_on_their_scale(snapshot):
    table = snapshot.table[snapshot.table["benchmark"] != ECI]
    assert table["score"].between(0, 1).all()
    assert (snapshot.benchmarks.drop(ECI, errors="ignore")["lower_bound"] >= 0).all()


def test_the_index_is_never_pooled_with_its_parts():
    scores = bundled.load("epoch_2026-08")
    assert ECI not in select(scores).benchmarks.index
    assert ECI not in select(scores, everything=True).benchmarks.index
    assert list(select(scores, benchmarks=[ECI]).benchmarks.index) == [ECI]


def test_one_frontiermath_version_a_tier():
    names = select(bundled.load("epoch_2026-08")).benchmarks.index
    assert sum("FrontierMath-Tier-4" in n for n in names) <= 1
    assert sum(n.startswith("FrontierMath") and "Tier-4" not in n for n in names) == 1


def test_overrides_are_reviewed_and_applied():
    review = pd.read_csv(DATA / "review" / "weights_overrides.csv", dtype=str)
    assert review["reason"].notna().all()
    assert review["evidence"].notna().all()
    assert review["model"].is_unique
    table = bundled.load("epoch_2026-08").table.drop_duplicates("model").set_index("model")
    assert table.loc["GLM-5.1", "weights"] == "open"
    assert table.loc["Kimi K3", "weights_date"] == pd.Timestamp("2026-07-27")
    unreleased = review.loc[review["weights"] == "unreleased", "model"]
    assert not set(unreleased) & set(table.index)


def test_credit_line(snapshot):
    assert any("CC BY 4.0" in line and "Epoch AI" in line for line in snapshot.credits)


def test_left_out_is_listed_with_reasons():
    left = pd.read_csv(DATA / "left_out.csv")
    assert left.notna().all(axis=None)


@pytest.mark.skipif("GAPMODEL_RAW" not in os.environ, reason="GAPMODEL_RAW names no folder with the raw files")
def test_rebuild_is_byte_identical(tmp_path):
    script = Path(__file__).parents[2] / "scripts" / "build_dataset.py"
    subprocess.run([sys.executable, script, os.environ["GAPMODEL_RAW"], "--out", tmp_path], check=True)
    for path in sorted(p for p in tmp_path.rglob("*") if p.is_file()):
        assert path.read_bytes() == (DATA / path.relative_to(tmp_path)).read_bytes(), path.name
