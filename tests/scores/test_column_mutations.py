"""Every column of both tables, changed in every way: one error that names file, column and fix, or an answer that says
what was done. The columns are those of the schema, so that a new one is tested too."""

from datetime import date

import pandas as pd
import pytest

from gapmodel.cli.app import main
from gapmodel.scores.columns import BENCHMARK_COLUMNS, OPTIONAL, REQUIRED
from gapmodel.scores.faults import readers
from gapmodel.scores.table import validate_scores
from gapmodel.simulation.frontiers import simulate_scores
from gapmodel.sources.csv import read_scores

TODAY = date(2026, 8, 1)
TABLES = {"scores.csv": (*REQUIRED, *OPTIONAL), "benchmarks.csv": (*BENCHMARK_COLUMNS, "default_set")}
READERS = dict(zip(TABLES, readers(TODAY)))
DATES = [name for table in READERS.values() for name in table if table[name]("2999-01-01") != table[name]("2020-01-01")]


def whole():
    """A valid table that has every column of the schema."""
    frame, info, _ = simulate_scores(seed=7, n_benchmarks=2, n_months=6)
    frame["release_date"] = frame["release_date"].dt.strftime("%Y-%m-%d")
    frame = frame.assign(variant="base", score_se=0.01)
    is_open = frame["weights"] == "open"
    values = {
        "weights_date": frame["release_date"].where(is_open, ""),
        "announced_date": frame["release_date"],
        "evaluated_date": "2026-07-01",
        "date_source": "page of the maker",
        "version": frame["model"] + " v1",
        "organization": "lab " + frame["model"].str[-1],
        "source": "board",
        "licence_tier": is_open.map({True: "permissive", False: "none"}),
    }
    frame = frame.assign(**values)
    info = info.assign(
        title="Title " + info["benchmark"], unit="share", direction="higher", lower_bound=0.0, ceiling=1.0,
        composite_of="", source="board", licence="CC", visibility="private", answers_public_since="2026-01-01",
        default_set="true",
    )  # fmt: skip
    return {"scores.csv": frame.astype(str), "benchmarks.csv": info.astype(str)}


WHOLE = whole()


def typo(name, k):
    """A letter less, more, other, and two exchanged, the k-th."""
    return (name[:-1], name + "x", name[:-2] + "_" + name[-1], name[:-2] + name[-1] + name[-2])[k]


#: What may be done to a column: table, name → table.
CHANGES = {
    "missing": lambda t, c: t.drop(columns=c),
    "twice": lambda t, c: pd.concat([t, t[c]], axis=1),
    **{f"typo {k}": lambda t, c, k=k: t.rename(columns={c: typo(c, k)}) for k in range(4)},
    "in capitals": lambda t, c: t.rename(columns={c: c.upper()}),
    "emptied": lambda t, c: t.assign(**{c: ""}),
    "one cell empty": lambda t, c: t.assign(**{c: ["", *t[c].iloc[1:]]}),
    "of another type": lambda t, c: t.assign(**{c: ["zz" if v != "zz" else "7" for v in t[c]]}),
    "one cell of another type": lambda t, c: t.assign(**{c: ["zz", *t[c].iloc[1:]]}),
    "out of range": lambda t, c: t.assign(**{c: ["2999-01-01" if c in DATES else "-1e400", *t[c].iloc[1:]]}),
    "with a control character": lambda t, c: t.assign(**{c: ["a\x1b[2J", *t[c].iloc[1:]]}),
    "exchanged with the next": lambda t, c: t.rename(columns=(pair := beside(t, c)) | {v: k for k, v in pair.items()}),
    "of all rows alike": lambda t, c: t.assign(**{c: t[c].iloc[0]}),
}


def beside(table, name):
    names = list(table)
    return {name: names[(names.index(name) + 1) % len(names)]}


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """What `data validate` says of the tables that are given: exit code, output and error."""
    monkeypatch.chdir(tmp_path)

    def call(tables):
        for name, table in tables.items():
            table.to_csv(tmp_path / name, index=False)
        monkeypatch.setattr("sys.argv", ["gapmodel", "data", "validate", "scores.csv", "benchmarks.csv"])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, *capsys.readouterr()

    return call


def test_the_tables_have_every_column_and_are_valid(call):
    assert {name: set(table) for name, table in WHOLE.items()} == {name: set(c) for name, c in TABLES.items()}
    assert call(WHOLE)[0] == 0
    assert validate_scores(WHOLE["scores.csv"], WHOLE["benchmarks.csv"], today=TODAY).table["score"].notna().all()


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("file", TABLES)
def test_a_changed_column_is_one_clear_error_or_is_read_as_it_says(file, how, call):
    silent = []
    clean = read(call, WHOLE)
    for column in TABLES[file]:
        before = WHOLE[file]
        changed = CHANGES[how](before.copy(), column)
        code, out, error = call({**WHOLE, file: changed})
        assert code in (0, 1, 2), (column, code, error)
        assert (error + out).replace("\n", "").isprintable(), column
        if code == 1:
            # Bounds in the wrong column of benchmarks.csv are told by the scores beyond them.
            assert file in error or "scores.csv, line" in error, (column, error)
            named = [c for c in (*TABLES[file], *map(str, changed)) if c in error]
            assert named, (column, error)
            assert len(error) < 4000, column
            continue
        if how == "twice" or how.startswith("typo") or how == "in capitals":
            silent.append(column)  # a column that is not read, and nothing says so
        found = read_scores("scores.csv", "benchmarks.csv", today=TODAY)
        if how in ("of another type", "one cell of another type", "out of range") and checked(file, column):
            silent.append(column)
        if how == "missing" and column in REQUIRED:
            silent.append(column)
        if how == "emptied" and column in REQUIRED:
            silent.append(column)
        # What is read is what stands there. An empty cell may stand for a default, or for what other rows of the
        # model say, as the format has it.
        same = changed.reset_index(drop=True).equals(before.reset_index(drop=True))
        assert same or found.sha256 != clean.sha256 or how in ("missing", "emptied", "one cell empty"), column
    assert silent == []


def checked(file, column):
    """Whether the schema says what the cells of a column may be."""
    return READERS[file][column]("zz") is not None


def read(call, tables):
    call(tables)
    return read_scores("scores.csv", "benchmarks.csv", today=TODAY)
